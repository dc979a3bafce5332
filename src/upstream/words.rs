//! The words of a refusal by True API, in one line.
use super::problem::in_one_line;
use serde::Deserialize;

/// Spelled in every way that was seen; a text with another form is shown as it is.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Complaint {
    error_message: Option<String>,
    #[serde(rename = "errorMessage")]
    error_message_2: Option<String>,
    description: Option<String>,
    message: Option<String>,
    #[serde(rename = "rejectionReason")]
    reason: Option<String>,
}

/// What the other end says, short, without control characters and check parts of codes.
pub(super) fn words(body: &[u8]) -> String {
    let complaint: Complaint = serde_json::from_slice(body).unwrap_or_default();
    let Complaint { error_message, error_message_2, description, message, reason } = complaint;
    let mut said: Vec<String> = Vec::new();
    for part in [error_message, error_message_2, description, message, reason].into_iter().flatten()
    {
        if !part.trim().is_empty() && !said.contains(&part) {
            said.push(part);
        }
    }
    if said.is_empty() {
        // The station complains in another form, and registers installations.
        super::problem::words(body)
    } else {
        in_one_line(&said.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_becomes_one_line() {
        assert_eq!(words(br#"{"error_message":"no such document"}"#), "no such document");
        let both = br#"{"code":"2","error_message":"wrong","description":"detached"}"#;
        assert_eq!(words(both), "wrong; detached");
        let station = br#"{"fieldErrors":[],"globalErrors":[{"error":"no such key","errorCode":1060}],"success":false}"#;
        assert_eq!(words(station), "no such key (1060)");
        assert_eq!(words(b"<h1>Bad</h1>\n"), "<h1>Bad</h1>");
        assert_eq!(words(b" "), "no words");
    }

    #[test]
    fn check_parts_of_codes_do_not_get_into_words() {
        let body = r#"{"error_message":"0104810093011694212k6rsrti\u001d93#SzU is bad"}"#;
        assert_eq!(words(body.as_bytes()), "0104810093011694212k6rsrti… is bad");
    }
}
