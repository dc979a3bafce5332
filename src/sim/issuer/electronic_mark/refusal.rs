//! How the operator says no. The shape of its errors is not public: one object with a number, words,
//! and, where codes are meant, what is wrong with each.
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A request that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    words: String,
    /// Codes with their own reasons.
    details: Vec<Value>,
}

impl Refusal {
    /// Something in the request is wrong, or cannot be done as things stand.
    pub(super) fn wrong(words: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, words: words.into(), details: Vec::new() }
    }

    /// Some of its codes cannot take this step.
    pub(super) fn codes(words: impl Into<String>, details: Vec<Value>) -> Self {
        Self { details, ..Self::wrong(words) }
    }

    /// There is no such thing.
    pub(super) fn not_found(what: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::wrong(format!("{what} not found")) }
    }

    /// Name or password is wrong, or the token is missing, unknown or too old.
    pub(super) fn unknown(words: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::wrong(words) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, words, details } = self;
        let body =
            json!({ "code": status.as_u16(), "message": words, "details": Value::Array(details) });
        (status, Json(body)).into_response()
    }
}
