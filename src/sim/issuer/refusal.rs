//! How the state system says no: the error bodies of its interfaces.
use super::Country;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A request that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The field that is wrong; none: the request as a whole.
    field: Option<String>,
    text: String,
    code: u32,
}

/// Whose error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    /// The stations of a country.
    Station(Country),
    /// True API.
    TrueApi,
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>, code: u32) -> Self {
        Self { status, field: None, text: text.into(), code }
    }

    /// A field is wrong.
    pub(super) fn field(name: impl Into<String>, text: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, text, 1010);
        Self { field: Some(name.into()), ..refusal }
    }

    /// The same, of a field inside this one.
    pub(super) fn within(self, outer: &str) -> Self {
        Self { field: self.field.map(|name| format!("{outer}.{name}")), ..self }
    }

    /// The request cannot be done as things stand.
    pub(super) fn state(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text, 1020)
    }

    /// There is no such thing.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} {id} not found"), 1030)
    }

    /// The token is wrong.
    pub(super) fn token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "the token is missing, wrong, replaced or old", 1040)
    }

    /// Who asks may not.
    pub(super) fn forbidden(text: impl Into<String>, code: u32) -> Self {
        Self::new(StatusCode::FORBIDDEN, text, code)
    }

    /// The signature contains the body (CRPT "API СУЗ 3.0", page 421).
    pub(super) fn attached() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the signature is attached, not detached", 1050)
    }

    /// The station has a bad moment.
    pub(super) fn internal() -> Self {
        let text = "internal error, try again in 30 seconds";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text, 500)
    }

    /// Too many requests. That this is 429 is not documented.
    pub(super) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests", 429)
    }

    /// Any status.
    pub(super) fn by_script(status: u16, text: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self::new(status, text, 1090)
    }

    /// The answer, as this interface words it.
    pub(super) fn answer(self, tongue: Tongue) -> Response {
        let body = match tongue {
            Tongue::Station(Country::Ru | Country::Uz) => self.with_codes(),
            Tongue::Station(Country::Kz | Country::Kg) => self.plain(),
            Tongue::TrueApi => json!({
                "code": self.code.to_string(),
                "error_message": self.text,
                "description": self.field.unwrap_or_default(),
            }),
        };
        (self.status, Json(body)).into_response()
    }

    fn with_codes(&self) -> Value {
        let (text, code) = (&self.text, self.code);
        match &self.field {
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
        }
    }

    /// As the swagger of Kazakhstan has it (`RestResult`).
    fn plain(&self) -> Value {
        let text = &self.text;
        match &self.field {
            Some(name) => json!({
                "fieldErrors": [{ "fieldError": text, "fieldName": name }],
                "globalErrors": [],
                "success": false,
            }),
            None => json!({ "fieldErrors": [], "globalErrors": [text], "success": false }),
        }
    }
}
