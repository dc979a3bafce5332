//! Who sends a request: extractors for handlers.
use super::WebState;
use super::page::Refusal;
use crate::store::{Person, PersonId};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;

/// Under which name a session remembers the number of its person.
pub(super) const PERSON_KEY: &str = "person";

/// Whoever sends the request, signed in or not.
#[derive(Debug, Clone)]
pub(super) struct Visitor(pub(super) Option<Person>);

/// Somebody who is signed in. Everybody else is sent to the sign-in page and, for a page that was
/// only looked at, back again.
#[derive(Debug, Clone)]
pub(super) struct SignedIn(pub(super) Person);

impl FromRequestParts<WebState> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Response> {
        let session =
            Session::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let id: Option<i64> = session.get(PERSON_KEY).await.map_err(|problem| {
            tracing::error!(%problem, "a session cannot be read");
            let words = "Markwright cannot read who you are just now. Try again.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, words).into_response()
        })?;
        let Some(id) = id else { return Ok(Self(None)) };
        let person = state.store.person(PersonId(id)).await;
        person.map(Self).map_err(|problem| Refusal::from(problem).into_response())
    }
}

impl FromRequestParts<WebState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Response> {
        let Visitor(person) = Visitor::from_request_parts(parts, state).await?;
        person.map(Self).ok_or_else(|| Redirect::to(&sign_in_for(parts)).into_response())
    }
}

fn sign_in_for(parts: &Parts) -> String {
    match parts.method {
        Method::GET => format!("/sign-in?next={}", parts.uri.path()),
        _ => "/sign-in".to_owned(),
    }
}
