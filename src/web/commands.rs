//! What people and programs ask of a line: commands, its mode, its parts by hand, the release of
//! what waits for somebody with the right. Everything is noted before the line hears of it.
use super::WebState;
use super::desk::Desk;
use super::page::{Refusal, RefusalJson, must};
use super::signed_in::{SignedIn, Visitor};
use super::words;
use crate::access::Permission;
use crate::line::{Event, Handshake, LineView, Mode, Request, StatusTags, StopReason, Written};
use crate::store::{Person, status_json};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;

/// The longest note of what was found.
const FOUND_CHARS_MAX: usize = 300;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/lines/{name}/requests", post(request))
        .route("/lines/{name}/mode", post(mode))
        .route("/lines/{name}/hand", post(hand))
        .route("/lines/{name}/release", post(release))
        .route("/api/lines/{name}/command", post(command))
}

#[derive(Deserialize)]
struct Ask {
    request: String,
}

async fn request(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
    Form(ask): Form<Ask>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let desk = state.desk(&name)?;
    let request = Request::named(&ask.request)
        .ok_or_else(|| not_understood("A line knows no such request."))?;
    let view = desk.line.view.borrow().clone();
    view.offers(request).map_err(|because| not_now(&name, &view, &because))?;
    ask_line(&state, desk, &person, Event::Operator(request), request.name()).await
}

#[derive(Deserialize)]
struct AskMode {
    mode: String,
}

async fn mode(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
    Form(ask): Form<AskMode>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ChangeMode)?;
    let desk = state.desk(&name)?;
    let mode: Mode = ask.mode.parse().map_err(|_| not_understood("A line has no such mode."))?;
    let view = desk.line.view.borrow().clone();
    view.offers_mode(mode).map_err(|because| not_now(&name, &view, &because))?;
    ask_line(&state, desk, &person, Event::Mode(mode), &format!("mode {mode}")).await
}

#[derive(Deserialize)]
struct AskHand {
    hand: String,
}

async fn hand(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
    Form(ask): Form<AskHand>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let desk = state.desk(&name)?;
    let found = words::HANDS.into_iter().find(|(_, word, _)| *word == ask.hand);
    let (hand, _, label) =
        found.ok_or_else(|| not_understood("Nothing of that name is moved by hand."))?;
    let view = desk.line.view.borrow().clone();
    view.offers_hand(hand).map_err(|because| not_now(&name, &view, &because))?;
    ask_line(&state, desk, &person, Event::Hand(hand), &format!("by hand: {label}")).await
}

#[derive(Deserialize)]
struct AskRelease {
    reason: String,
    /// What was found, for the books.
    found: String,
}

/// Somebody with the right says that he has seen to it, and what he found.
async fn release(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
    Form(ask): Form<AskRelease>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ReleaseLatch)?;
    let desk = state.desk(&name)?;
    let reason = ask.reason.parse::<StopReason>();
    let reason = reason.map_err(|_| not_understood("There is no alarm of that name."))?;
    let view = desk.line.view.borrow().clone();
    if !view.to_release().any(|standing| standing == reason) {
        return Err(not_now(&name, &view, "That alarm does not stand any more."));
    }
    let found = ask.found.trim();
    if found.is_empty() || found.chars().count() > FOUND_CHARS_MAX {
        let words = "Write what was found, in a few words: where the product was, and what became \
                     of it.";
        let refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
        return Err(refusal.with_way_out("/", "Back to the line"));
    }
    let what = format!("release {}: {found}", reason.kind());
    ask_line(&state, desk, &person, Event::Release(reason), &what).await
}

/// Notes who asks what, then hands it over.
async fn ask_line(
    state: &WebState,
    desk: &Desk,
    person: &Person,
    event: Event,
    what: &str,
) -> Result<Redirect, Refusal> {
    let place = desk.place().await?;
    let name = &desk.line.name;
    state.store.note(&person.name, "asked a line", &format!("{name}: {what}")).await?;
    tracing::info!(line = name, person = person.name, request = what, "a person asks");
    place.send(event);
    Ok(Redirect::to(&format!("/lines/{name}")))
}

fn not_understood(words: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, words)
}

fn not_now(name: &str, view: &LineView, because: &str) -> Refusal {
    let words = format!("{name} is {} now. {because}", view.state);
    Refusal::new(StatusCode::CONFLICT, words).with_way_out("/", "Back to the line")
}

/// A value of a tag: its number, or its name.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrName {
    Number(i64),
    Name(String),
}

/// What a program writes: Command tags by their standard names, each of them or none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Tags {
    unit_mode: Option<NumberOrName>,
    unit_mode_change_request: Option<bool>,
    cntrl_cmd: Option<NumberOrName>,
    cmd_change_request: Option<bool>,
}

impl Tags {
    fn written(&self) -> Result<Written, Refusal> {
        let mode = |name: &str| name.parse::<Mode>().ok().map(Mode::number);
        let command = |name: &str| Request::named(name).map(Request::number);
        Ok(Written {
            unit_mode: number(self.unit_mode.as_ref(), "UnitMode", mode)?,
            unit_mode_change_request: self.unit_mode_change_request,
            cntrl_cmd: number(self.cntrl_cmd.as_ref(), "CntrlCmd", command)?,
            cmd_change_request: self.cmd_change_request,
        })
    }
}

fn number(
    value: Option<&NumberOrName>,
    tag: &str,
    named: impl Fn(&str) -> Option<u8>,
) -> Result<Option<i64>, Refusal> {
    match value {
        None => Ok(None),
        Some(NumberOrName::Number(number)) => Ok(Some(*number)),
        Some(NumberOrName::Name(name)) => match named(name) {
            Some(number) => Ok(Some(number.into())),
            None => Err(not_understood(&format!("{tag} knows no \"{name}\"."))),
        },
    }
}

/// The change-request handshake: values are kept, a raised request is taken once.
async fn command(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    tags: Result<Json<Tags>, JsonRejection>,
) -> Result<Response, RefusalJson> {
    let person = person
        .ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "Sign in to control a line."))?;
    must(&person, Permission::ControlLine)?;
    let desk = state.desk(&name)?;
    let Json(tags) = tags.map_err(|problem| not_understood(&problem.body_text()))?;
    if tags.unit_mode_change_request == Some(true) {
        must(&person, Permission::ChangeMode)?;
    }
    Ok(write(&state, desk, &person, tags.written()?).await?)
}

async fn write(
    state: &WebState,
    desk: &Desk,
    person: &Person,
    written: Written,
) -> Result<Response, Refusal> {
    // The mailbox first: what is taken by the handshake must reach the line.
    let place = desk.place().await?;
    let view = desk.line.view.borrow().clone();
    let answers = handshake(desk).write(now(), written, &view);
    let mut place = Some(place);
    let mut errors = Vec::new();
    for answer in answers {
        match answer {
            Ok(event) => {
                let noted = note(state, desk, person, &event).await;
                if let Err(problem) = noted {
                    handshake(desk).take_back();
                    return Err(problem);
                }
                // A mode, and Stop or Abort behind it in the same write: each has its place.
                match place.take() {
                    Some(place) => place.send(event),
                    None => tell(desk, event).await?,
                }
            }
            Err(refused) => errors.push(refused.to_string()),
        }
    }
    let mut body = tags_of(desk);
    if errors.is_empty() {
        return Ok((StatusCode::ACCEPTED, Json(body)).into_response());
    }
    body["error"] =
        format!("{} is {} now. {}", desk.line.name, view.state, errors.join(" ")).into();
    Ok((StatusCode::CONFLICT, Json(body)).into_response())
}

/// Tells the line what the handshake has taken; takes it back if the line does not listen.
async fn tell(desk: &Desk, event: Event) -> Result<(), Refusal> {
    let told = desk.tell(event).await;
    if told.is_err() {
        handshake(desk).take_back();
    }
    told
}

async fn note(
    state: &WebState,
    desk: &Desk,
    person: &Person,
    event: &Event,
) -> Result<(), Refusal> {
    let what = if let Event::Mode(mode) = event {
        format!("mode {mode}")
    } else if let Event::Operator(request) = event {
        request.name().to_owned()
    } else {
        // The handshake hands over nothing else.
        return Ok(());
    };
    let name = &desk.line.name;
    tracing::info!(line = name, person = person.name, request = what, "a program asks");
    Ok(state.store.note(&person.name, "asked a line", &format!("{name}: {what}")).await?)
}

/// Command and Status tags of a line, and which commands it takes now.
pub(super) fn tags_of(desk: &Desk) -> Value {
    let view = desk.line.view.borrow().clone();
    let mut handshake = handshake(desk);
    let status: StatusTags = handshake.status(now(), &view);
    let tags = handshake.tags();
    let taken = Request::ALL.into_iter().filter(|request| view.offers(*request).is_ok());
    let taken: Vec<_> = taken.map(|r| json!({"ID": r.number(), "Name": r.name()})).collect();
    json!({
        "Command": {
            "UnitMode": tags.unit_mode,
            "UnitModeChangeRequest": tags.unit_mode_change_request,
            "CntrlCmd": tags.cntrl_cmd,
            "CmdChangeRequest": tags.cmd_change_request,
        },
        "Status": status_json(&status),
        "AvailableCommands": taken,
    })
}

fn handshake(desk: &Desk) -> MutexGuard<'_, Handshake> {
    desk.handshake.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
