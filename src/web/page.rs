//! What every page has in common: HTML answers, the frame around a page, and the page that says no.
use crate::access::{Permission, may};
use crate::store::{Person, StoreError};
use askama::Template;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use tower_http::csrf::ProtectionError;

/// A page as an answer. `Page(template).into_response()`.
pub(super) struct Page<T>(pub(super) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(problem) => {
                tracing::error!(%problem, "a page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// What `parts/layout.html` needs: every page template has a field `frame` of this type.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Who looks at the page, if signed in.
    pub(super) person: Option<Person>,
}

impl Frame {
    pub(super) fn of(person: Option<Person>) -> Self {
        Self { person }
    }

    /// Whether the person may do this; nobody may do nothing.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.person.as_ref().is_some_and(|person| may(person.role, permission))
    }

    /// Whether to offer a way to the lines: to everybody but those who may not see them.
    pub(super) fn shows_lines(&self) -> bool {
        self.person.is_none() || self.may(Permission::SeeLine)
    }

    /// Whether to offer to grade pictures: to those who may see the lines and are signed in.
    pub(super) fn shows_grading(&self) -> bool {
        self.may(Permission::SeeLine)
    }

    /// Whether to offer a way to the documents for the state system.
    pub(super) fn shows_papers(&self) -> bool {
        self.may(Permission::MakePapers)
    }

    /// Whether to offer a way to the orders.
    pub(super) fn shows_orders(&self) -> bool {
        self.may(Permission::OrderLabels) || self.may(Permission::SeeEveryOrder)
    }
}

/// A "no" with its reason and a way out. Every handler may end with it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What and why, and what to do: whole sentences.
    pub(super) words: String,
    /// Where to go from here.
    pub(super) way_out: &'static str,
    pub(super) way_out_words: &'static str,
}

#[derive(Template)]
#[template(path = "pages/refusal.html")]
struct RefusalPage {
    title: &'static str,
    refusal: Refusal,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: words.into(), way_out: "/", way_out_words: "To the first page" }
    }

    /// Another way out than the first page.
    pub(super) fn with_way_out(self, way_out: &'static str, way_out_words: &'static str) -> Self {
        Self { way_out, way_out_words, ..self }
    }

    /// Nothing is there.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no {what} here."))
    }

    /// It should be here and cannot be made; why is in the log.
    pub(super) fn cannot_be_made() -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// For answers of axum and its layers, which have a status and no page.
    fn of_status(status: StatusCode) -> Self {
        let words = match status {
            StatusCode::NOT_FOUND => "There is no such page.",
            StatusCode::METHOD_NOT_ALLOWED => "This address does not take that kind of request.",
            StatusCode::PAYLOAD_TOO_LARGE => "That was too much at once. Send less.",
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
                "It took too long and was given up. Try again."
            }
            status if status.is_client_error() => {
                "The request was not understood. Go back and fill in the form again."
            }
            _ => "Something went wrong in Markwright. It is in its log. Try again.",
        };
        Self::new(status, words)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = match self.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::UNAUTHORIZED => "Sign in first",
            StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => "Not now",
            status if status.is_client_error() => "Not understood",
            _ => "Something went wrong",
        };
        (self.status, Page(RefusalPage { title, refusal: self })).into_response()
    }
}

/// The same for a program: its words as JSON.
pub(super) struct RefusalJson(Refusal);

impl IntoResponse for RefusalJson {
    fn into_response(self) -> Response {
        let Self(Refusal { status, words, .. }) = self;
        (status, Json(json!({ "error": words }))).into_response()
    }
}

impl<E: Into<Refusal>> From<E> for RefusalJson {
    fn from(problem: E) -> Self {
        Self(problem.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(problem: StoreError) -> Self {
        let source = std::error::Error::source(&problem).map(ToString::to_string);
        tracing::error!(%problem, source, "the store refused a page");
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Refuses whoever may not do this.
pub(super) fn must(person: &Person, permission: Permission) -> Result<(), Refusal> {
    if may(person.role, permission) {
        return Ok(());
    }
    let words = format!(
        "You are signed in as {} ({}), and that role may not {}.",
        person.name,
        person.role,
        permission.words()
    );
    let refusal = Refusal::new(StatusCode::FORBIDDEN, words);
    Err(if may(person.role, Permission::OrderLabels) {
        refusal.with_way_out("/orders", "To your orders")
    } else {
        refusal
    })
}

/// Puts a page around the bare errors of axum and its layers, so that nobody stands before an
/// empty window. JSON stays JSON.
pub(super) async fn dress_errors(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_bare = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    if !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    if response.extensions().get::<ProtectionError>().is_some() {
        let words = "The request came from a page of another site and was refused. \
                     If it was you, open Markwright itself and try again.";
        return Refusal::new(status, words).into_response();
    }
    Refusal::of_status(status).into_response()
}
