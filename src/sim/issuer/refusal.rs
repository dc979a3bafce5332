//! How the station says no: the error body of its interface.
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    /// The field that is wrong; none: the request as a whole.
    field: Option<String>,
    text: String,
    code: u32,
}

impl Refusal {
    /// A field is wrong.
    pub(super) fn field(name: impl Into<String>, text: impl Into<String>) -> Self {
        let (field, text) = (Some(name.into()), text.into());
        Self { status: StatusCode::BAD_REQUEST, field, text, code: 1010 }
    }

    /// The request cannot be done as things stand.
    pub(super) fn state(text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, field: None, text: text.into(), code: 1020 }
    }

    /// There is no such thing.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        let text = format!("{what} {id} not found");
        Self { status: StatusCode::NOT_FOUND, field: None, text, code: 1030 }
    }

    /// The token is wrong.
    pub(super) fn token() -> Self {
        let text = "clientToken is missing or wrong".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, field: None, text, code: 1040 }
    }

    /// The station has a bad moment.
    pub(super) fn internal() -> Self {
        let text = "internal error, try again in 30 seconds".to_owned();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, field: None, text, code: 500 }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, field, text, code } = self;
        let body = match field {
            Some(name) => json!({
                "fieldErrors": [{ "fieldError": text, "fieldName": name, "errorCode": code }],
                "globalErrors": [],
                "success": false,
            }),
            None => json!({
                "fieldErrors": [],
                "globalErrors": [{ "error": text, "errorCode": code }],
                "success": false,
            }),
        };
        (status, Json(body)).into_response()
    }
}
