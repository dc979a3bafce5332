//! Sending and receiving: the client of HTTP, bodies, and how the system says no.
use super::super::OmsError;
use super::super::problem::{WORDS_KEPT, without_check_parts};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// The largest answer that is read: an array is a thousand codes, a list of orders longer.
const ANSWER_MAX: usize = 32 << 20;

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
    let words: String =
        without_check_parts(&words).chars().filter(|c| !c.is_control()).take(WORDS_KEPT).collect();
    let words = if words.trim().is_empty() { "no words".to_owned() } else { words };
    match status {
        401 => OmsError::Unauthorized { what, status },
        400 | 413 | 422 => OmsError::Refused { what, status, words },
        402..=499 if is_own && status != 429 => OmsError::Refused { what, status, words },
        _ => OmsError::Failing { what, status, words, again_after: None },
    }
}

/// What becomes of a call that got no whole answer.
pub(super) fn unreachable(what: &'static str) -> impl Fn(reqwest::Error) -> OmsError {
    move |source| OmsError::Unreachable {
        what,
        nothing_sent: source.is_connect(),
        source: source.without_url(),
    }
}

/// The whole body of an answer.
pub(super) async fn read_body(
    what: &'static str,
    mut answer: Response,
) -> Result<Vec<u8>, OmsError> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable(what))? {
        if body.len() + part.len() > ANSWER_MAX {
            return Err(OmsError::Garbled { what, why: "it does not end".to_owned() });
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// Errors of the parser quote what they stumble over, which may be a code: only the place is told.
pub(super) fn read_json<T: DeserializeOwned>(
    what: &'static str,
    body: &[u8],
) -> Result<T, OmsError> {
    serde_json::from_slice(body).map_err(|error| {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        let why = format!("not the expected JSON ({kind:?} at line {line}, column {column})");
        OmsError::Garbled { what, why }
    })
}

/// Fields as the body of a form.
pub(super) fn form(base: &Url, fields: &[(&str, &str)]) -> String {
    let mut url = base.clone();
    url.query_pairs_mut().clear().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

pub(super) fn http_client(base: &Url) -> Result<Client, OmsError> {
    // Somebody may have chosen the cryptography already: that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let mut builder = Client::builder()
        .default_headers(headers)
        // The token goes nowhere else.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // A call may change the system: only its callers know whether to repeat it.
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(10));
    if base.scheme() == "http" {
        // A machine without certificates of its own can still talk to a system in the house.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|why| OmsError::Settings(format!("cannot use TLS: {why}")))
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
