//! Forms, and how the system says no.
use super::super::OmsError;
use super::super::problem::in_one_line;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

/// The error body, as a working client has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    error: Value,
    message: Value,
    detail: Value,
    details: Value,
}

impl Complaint {
    fn words(&self) -> String {
        let error = if let Value::Number(number) = &self.error {
            format!("error {number}")
        } else {
            flat(&self.error)
        };
        let parts = [flat(&self.detail), flat(&self.message), flat(&self.details), error];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(flat).collect::<Vec<_>>().join(", "),
        Value::Object(map) => map
            .iter()
            .map(|(key, one)| format!("{key}: {}", flat(one)))
            .collect::<Vec<_>>()
            .join(", "),
        other @ (Value::Bool(_) | Value::Number(_)) => other.to_string(),
    }
}

/// Sorts an answer that is not a success. Only what the system itself says proves that nothing was
/// done; a page without its JSON may come from a proxy on the way.
pub(super) fn refusal(what: &'static str, status: u16, body: &[u8]) -> OmsError {
    let said = serde_json::from_slice::<Complaint>(body).map(|complaint| complaint.words());
    let is_own = said.as_ref().is_ok_and(|words| !words.is_empty());
    let words = said.ok().filter(|words| !words.is_empty());
    let words = words.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let words = in_one_line(&words);
    match status {
        401 => OmsError::Unauthorized { what, status },
        400 | 413 | 422 => OmsError::Refused { what, status, words },
        402..=499 if is_own && status != 429 => OmsError::Refused { what, status, words },
        _ => OmsError::Failing { what, status, words, again_after: None },
    }
}

/// Fields as the body of a form.
pub(super) fn form(base: &Url, fields: &[(&str, &str)]) -> String {
    let mut url = base.clone();
    url.query_pairs_mut().clear().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_become_one_line_without_check_parts() {
        let body = r#"{"error":12,"message":"bad labels","details":["0104810093011694212k6rsrti\u001d93#SzU is not ours","x"]}"#;
        let error = refusal("report", 400, body.as_bytes()).to_string();
        assert_eq!(
            error,
            "report: refused with 400: bad labels; 0104810093011694212k6rsrti… is not ours, x; error 12"
        );
    }

    #[test]
    fn only_some_troubles_prove_that_nothing_happened() {
        let own = r#"{"message":"no such order"}"#;
        let page = "<h1>Not found</h1>";
        for (status, body, proven) in [
            (400, "", true),
            (401, "", true),
            (404, own, true),
            (404, page, false),
            (429, own, false),
            (500, own, false),
            (302, "", false),
        ] {
            let error = refusal("ask", status, body.as_bytes());
            assert_eq!(error.nothing_happened(), proven, "{status} {body}");
        }
    }

    #[test]
    fn a_form_hides_nothing_of_a_password() {
        let base = Url::parse("http://x/").unwrap();
        assert_eq!(
            form(&base, &[("username", "a@b.by"), ("password", "p&s=ж +")]),
            "username=a%40b.by&password=p%26s%3D%D0%B6+%2B"
        );
    }
}
