//! The JSON of True API, as documented and as it was seen to come.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the kinds of JSON, one or two are looked for"
)]
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Words of an error that are kept.
const WORDS_KEPT: usize = 500;
/// Errors of a document that are kept.
const ERRORS_KEPT: usize = 200;

#[derive(Serialize)]
struct CreateBody<'a> {
    document_format: &'a str,
    product_document: String,
    #[serde(rename = "type")]
    document_type: &'a str,
    signature: &'a str,
}

/// Body of `POST /lk/documents/create`.
pub(super) fn create_body(document_type: &str, document: &[u8], signature: &str) -> Vec<u8> {
    let product_document = STANDARD.encode(document);
    let body = CreateBody { document_format: "MANUAL", product_document, document_type, signature };
    serde_json::to_vec(&body).expect("texts become JSON")
}

/// Answer to it: the document's name, as plain text, as JSON text, or in an object.
pub(super) struct Created;

impl Created {
    pub(super) fn read(answer: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(answer).ok()?.trim();
        let name = match serde_json::from_str::<Value>(text) {
            Ok(Value::String(name)) => name,
            Ok(Value::Object(object)) => {
                let known = ["value", "id", "document_id", "documentId", "uuid"];
                known.into_iter().find_map(|key| object.get(key)?.as_str().map(str::to_owned))?
            }
            Ok(_) => return None,
            Err(_) => text.to_owned(),
        };
        let is_name = |name: &str| {
            (1..=100).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        is_name(&name).then_some(name)
    }
}

/// How far True API is with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentStatus {
    /// `CHECKED_OK`: taken, with effect.
    Taken,
    /// `CHECKED_NOT_OK` and its like: nothing of it has effect.
    NotTaken,
    /// Anything else: wait and ask again.
    UnderWay,
}

impl DocumentStatus {
    /// Words that are final besides the two documented ones: from public clients.
    fn read(word: &str) -> Self {
        match word {
            "CHECKED_OK" | "ACCEPTED" => Self::Taken,
            "CHECKED_NOT_OK" | "PARSE_ERROR" | "PROCESSING_ERROR" | "CANCELLED" => Self::NotTaken,
            _ => Self::UnderWay,
        }
    }
}

/// A document as True API knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentInfo {
    /// How far it is.
    pub status: DocumentStatus,
    /// Its own word for that.
    pub word: String,
    /// What stands against it, in its words.
    pub errors: Vec<String>,
}

/// Answer to `GET /doc/{id}/info`: a list of one, or the one alone.
pub(super) fn read_info(answer: &[u8]) -> Option<DocumentInfo> {
    let whole: Value = serde_json::from_slice(answer).ok()?;
    let one = match &whole {
        Value::Array(list) => list.first()?,
        one => one,
    };
    let word = one.get("status")?.as_str()?.to_owned();
    let mut errors = Vec::new();
    for key in ["errors", "error", "errorMessage", "error_message", "downloadDesc"] {
        if let Some(said) = one.get(key) {
            collect(said, &mut errors);
        }
    }
    errors.truncate(ERRORS_KEPT);
    Some(DocumentInfo { status: DocumentStatus::read(&word), word, errors })
}

/// Whether the content that is shown with a document holds this code; nothing where none is shown.
pub(super) fn shows(answer: &[u8], code: &str) -> Option<bool> {
    let whole: Value = serde_json::from_slice(answer).ok()?;
    let one = match &whole {
        Value::Array(list) => list.first()?,
        one => one,
    };
    let contents = ["body", "content", "product_document", "products", "products_list", "sntins"];
    let shown: Vec<&Value> = contents
        .iter()
        .filter_map(|key| one.get(key))
        .filter(|content| !content.is_null() && content.as_str() != Some(""))
        .collect();
    (!shown.is_empty()).then(|| shown.iter().any(|content| holds(content, code)))
}

/// Whether a text in there is this code. Content may be a text with JSON in it.
fn holds(content: &Value, code: &str) -> bool {
    match content {
        Value::String(text) if text == code => true,
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => holds(&inner, code),
            _ => false,
        },
        Value::Array(list) => list.iter().any(|one| holds(one, code)),
        Value::Object(object) => object.values().any(|one| holds(one, code)),
        _ => false,
    }
}

/// Errors were seen as texts, as lists, and as objects with several texts.
fn collect(said: &Value, errors: &mut Vec<String>) {
    match said {
        Value::String(text) if !text.trim().is_empty() => {
            let text = super::problem::without_check_parts(text);
            errors.push(text.chars().filter(|c| !c.is_control()).take(WORDS_KEPT).collect());
        }
        Value::Array(list) => list.iter().for_each(|one| collect(one, errors)),
        Value::Object(object) => {
            let mut texts = Vec::new();
            object.values().for_each(|one| collect(one, &mut texts));
            if !texts.is_empty() {
                errors.push(texts.join(": ").chars().take(WORDS_KEPT).collect());
            }
        }
        _ => {}
    }
}

/// Answer to `GET /doc/list`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentList {
    #[serde(default)]
    pub(super) results: Vec<ListedDocument>,
    #[serde(default)]
    pub(super) next_page: bool,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedDocument {
    pub(super) number: String,
    /// As it came: the next page is asked for by it.
    #[serde(default)]
    pub(super) doc_date: String,
}

/// One row of the answer to `POST /cises/info`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedCode {
    #[serde(default)]
    cis_info: CisInfo,
    #[serde(default)]
    error_message: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CisInfo {
    cis: Option<String>,
    requested_cis: Option<String>,
    status: Option<String>,
    status_ex: Option<String>,
    owner_inn: Option<String>,
}

/// How one code stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code, without its check part.
    pub code: String,
    /// `EMITTED`, `APPLIED`, `INTRODUCED`, `RETIRED`, `WRITTEN_OFF`, …; empty where it is not known.
    pub status: String,
    /// A special state, or empty.
    pub special: String,
    /// The owner's number, or empty.
    pub owner: String,
    /// What stands against the answer.
    pub problem: Option<String>,
}

impl CodeInfo {
    /// What its status says to a person; nothing for a word that is not known here.
    pub fn means(&self) -> Option<&'static str> {
        match self.status.as_str() {
            "EMITTED" => Some("given out, not reported as applied"),
            "APPLIED" => Some("reported as applied, not in circulation yet"),
            "INTRODUCED" => Some("in circulation"),
            "RETIRED" | "WITHDRAWN" => Some("out of circulation"),
            "WRITTEN_OFF" => Some("written off"),
            _ => None,
        }
    }
}

impl From<ListedCode> for CodeInfo {
    fn from(row: ListedCode) -> Self {
        let CisInfo { cis, requested_cis, status, status_ex, owner_inn } = row.cis_info;
        Self {
            code: requested_cis.or(cis).unwrap_or_default(),
            status: status.unwrap_or_default(),
            special: status_ex.unwrap_or_default(),
            owner: owner_inn.unwrap_or_default(),
            problem: row.error_message.filter(|words| !words.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_name_of_a_document_is_found_in_every_form_that_was_seen() {
        let name = Some("1f7cb2f4-8f2a-4b9e-9c3d-2a4f8e1d0c11".to_owned());
        for answer in [
            "1f7cb2f4-8f2a-4b9e-9c3d-2a4f8e1d0c11\n",
            "\"1f7cb2f4-8f2a-4b9e-9c3d-2a4f8e1d0c11\"",
            r#"{"value":"1f7cb2f4-8f2a-4b9e-9c3d-2a4f8e1d0c11"}"#,
        ] {
            assert_eq!(Created::read(answer.as_bytes()), name);
        }
        for answer in ["", "<html>", "null", "{}", "[1]"] {
            assert_eq!(Created::read(answer.as_bytes()), None, "{answer}");
        }
    }

    #[test]
    fn a_document_is_read_alone_or_in_a_list_with_its_errors() {
        let ok =
            read_info(br#"[{"number":"d","status":"CHECKED_OK","type":"LK_REMARK"}]"#).unwrap();
        assert_eq!((ok.status, ok.errors.len()), (DocumentStatus::Taken, 0));
        let bad = read_info(
            br#"{"status":"CHECKED_NOT_OK","errors":["0104 is not APPLIED",{"cis":"0105","error":"no"}]}"#,
        );
        let bad = bad.unwrap();
        assert_eq!(bad.status, DocumentStatus::NotTaken);
        assert_eq!(bad.errors, ["0104 is not APPLIED", "0105: no"]);
        let wait = read_info(br#"[{"status":"IN_PROGRESS"}]"#).unwrap();
        assert_eq!(wait.status, DocumentStatus::UnderWay);
        assert!(read_info(b"[]").is_none());
    }

    #[test]
    fn the_codes_of_a_document_are_found_where_its_content_is_shown() {
        let code = "0104\"5";
        let shown = json!([{"status": "CHECKED_OK", "body": {"products": [{"uit_code": code}]}}]);
        assert_eq!(shows(shown.to_string().as_bytes(), code), Some(true));
        assert_eq!(shows(shown.to_string().as_bytes(), "0104"), Some(false));
        let inner = json!({"sntins": [code]}).to_string();
        let text = json!({"status": "CHECKED_OK", "content": inner});
        assert_eq!(shows(text.to_string().as_bytes(), code), Some(true));
        let hidden = json!([{"status": "CHECKED_OK", "body": null}]);
        assert_eq!(shows(hidden.to_string().as_bytes(), code), None);
    }

    #[test]
    fn the_bytes_of_a_document_arrive_as_they_were_signed() {
        let document = "{\"cis\":\"0104\u{1d}\"}\n".as_bytes();
        let body = create_body("LK_REMARK", document, "c2ln");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["type"], "LK_REMARK");
        assert_eq!(body["document_format"], "MANUAL");
        let arrived = STANDARD.decode(body["product_document"].as_str().unwrap()).unwrap();
        assert_eq!(arrived, document);
    }

    #[test]
    fn how_a_code_stands_is_read_also_where_it_is_not_known() {
        let rows: Vec<ListedCode> = serde_json::from_str(
            r#"[{"cisInfo":{"requestedCis":"01","cis":"01","status":"RETIRED",
                 "statusEx":"REMARK_RETIRED","ownerInn":"7700000001"}},
                {"cisInfo":{"requestedCis":"02"},"errorMessage":"not found","errorCode":"404"}]"#,
        )
        .unwrap();
        let infos: Vec<_> = rows.into_iter().map(CodeInfo::from).collect();
        assert_eq!(
            (infos[0].status.as_str(), infos[0].special.as_str()),
            ("RETIRED", "REMARK_RETIRED")
        );
        assert_eq!((infos[1].code.as_str(), infos[1].status.as_str()), ("02", ""));
        assert_eq!(infos[1].problem.as_deref(), Some("not found"));
    }
}
