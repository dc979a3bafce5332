//! Signing in and out.
use super::WebState;
use super::page::{Frame, Page, Refusal};
use super::signed_in::{PERSON_KEY, Visitor};
use super::words;
use crate::access::{Permission, may};
use crate::store::{Person, SignIn};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use tower_sessions::Session;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage {
    frame: Frame,
    /// Where to go afterwards; empty: where the role belongs.
    next: String,
    name: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    next: String,
}

async fn form(Visitor(person): Visitor, Query(wanted): Query<Wanted>) -> impl IntoResponse {
    let (next, name) = (wanted.next, String::new());
    Page(SignInPage { frame: Frame::of(person), next, name, problem: None })
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(state): State<WebState>,
    session: Session,
    Form(given): Form<Credentials>,
) -> Result<Response, Refusal> {
    // Hashing is heavy: whoever comes when too many are at the door waits, within the time limit.
    let closed = |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The door is closed.");
    let place = state.sign_ins.acquire().await.map_err(closed)?;
    let answer = state.store.check_password(&given.name, &given.password).await?;
    drop(place);
    let problem = match answer {
        SignIn::Welcome(person) => return welcome(&session, &person, &given.next).await,
        SignIn::Wrong => "Name and password do not belong together.".to_owned(),
        SignIn::Locked { until } => {
            let micros = until.0 - Micros::now().0;
            let seconds = u64::try_from(micros).unwrap_or_default().div_ceil(1_000_000);
            format!("Too many wrong passwords. Try again in {}.", words::span(&seconds))
        }
    };
    let (frame, next, name) = (Frame::of(None), given.next, given.name);
    let page = Page(SignInPage { frame, next, name, problem: Some(problem) });
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

async fn welcome(session: &Session, person: &Person, next: &str) -> Result<Response, Refusal> {
    // A new number, so that a session that somebody else planted is worth nothing.
    let signed = async {
        session.cycle_id().await?;
        session.insert(PERSON_KEY, person.id.0).await
    };
    signed.await.map_err(|problem| {
        tracing::error!(%problem, "a session cannot be kept");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "You could not be signed in. Try again.")
    })?;
    Ok(Redirect::to(after_sign_in(person, next)).into_response())
}

/// Only ways inside this house are gone: a link from elsewhere must not lead a person elsewhere
/// under the cover of our sign-in.
fn after_sign_in<'a>(person: &Person, next: &'a str) -> &'a str {
    let is_inside = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control());
    match may(person.role, Permission::SeeLine) {
        _ if is_inside => next,
        true => "/",
        false => "/orders",
    }
}

async fn sign_out(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    session: Session,
) -> Result<Redirect, Refusal> {
    session.flush().await.map_err(|problem| {
        tracing::error!(%problem, "a session cannot be ended");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "You are still signed in. Try again.")
    })?;
    if let Some(person) = person {
        state.store.note(&person.name, "signed out", "").await?;
    }
    Ok(Redirect::to("/sign-in"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::store::PersonId;

    #[test]
    fn a_sign_in_leads_only_to_pages_of_this_house() {
        let person = |role| Person { id: PersonId(1), name: "Anna".to_owned(), role };
        let operator = person(Role::Operator);
        assert_eq!(after_sign_in(&operator, "/lines/one"), "/lines/one");
        for elsewhere in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil"]
        {
            assert_eq!(after_sign_in(&operator, elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(after_sign_in(&person(Role::Customer), ""), "/orders");
    }
}
