//! What a line made of its time: availability × performance × quality, a bar of its states, the
//! causes of its stops, and the question why it stood.
mod draw;
mod look;

use super::WebState;
use super::desk::Desk;
use super::line_page::must_see;
use super::orders::sentence;
use super::page::{Frame, Page, Refusal, RefusalJson, must};
use super::signed_in::{SignedIn, Visitor};
use super::words;
use crate::access::Permission;
use crate::oee::{Window, account};
use crate::store::StoreError;
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use look::{Look, Looked};
use serde::Deserialize;
use serde_json::json;

/// Characters of what somebody adds to a cause.
const NOTE_CHARS_MAX: usize = 300;
/// Jobs that are looked through for the one that ran last.
const JOBS_BACK: u32 = 50;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/lines/{name}/oee", get(page))
        .route("/lines/{name}/oee/stops", post(say))
        .route("/api/lines/{name}/oee", get(for_programs))
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// The shift that runs, or the last one.
    #[default]
    Shift,
    /// The one before.
    LastShift,
    /// The day so far.
    Day,
    /// The day before.
    Yesterday,
    /// The job that runs, or the one that ran last.
    Job,
}

impl Over {
    const ALL: [Self; 5] = [Self::Shift, Self::LastShift, Self::Day, Self::Yesterday, Self::Job];

    const fn word(self) -> &'static str {
        match self {
            Self::Shift => "shift",
            Self::LastShift => "last_shift",
            Self::Day => "day",
            Self::Yesterday => "yesterday",
            Self::Job => "job",
        }
    }

    /// On its button.
    const fn words(self) -> &'static str {
        match self {
            Self::Shift => "Shift",
            Self::LastShift => "Shift before",
            Self::Day => "Today",
            Self::Yesterday => "Yesterday",
            Self::Job => "Job",
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    over: Over,
}

#[derive(Template)]
#[template(path = "pages/oee.html")]
struct OeePage {
    frame: Frame,
    line: String,
    over: Over,
    look: Option<Look>,
    may_answer: bool,
}

async fn page(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    Query(Asked { over }): Query<Asked>,
) -> Result<Response, Refusal> {
    must_see(&state, person.as_ref())?;
    let look = look(&state, state.desk(&name)?, over).await?;
    let frame = Frame::of(person);
    let may_answer = frame.may(Permission::AnswerAlarms);
    Ok(Page(OeePage { frame, line: name, over, look, may_answer }).into_response())
}

async fn for_programs(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    Query(Asked { over }): Query<Asked>,
) -> Result<Response, RefusalJson> {
    must_see(&state, person.as_ref())?;
    let body = match look(&state, state.desk(&name)?, over).await? {
        Some(look) => look.as_json(&name, over.word()),
        None => json!({ "line": name, "over": over.word(), "nothing": NOTHING }),
    };
    Ok(Json(body).into_response())
}

/// Where there is nothing to look at.
const NOTHING: &str = "No such shift or job was begun in the last two weeks.";

/// Nothing if there is no such shift or job.
async fn look(state: &WebState, desk: &Desk, over: Over) -> Result<Option<Look>, StoreError> {
    let (store, name, plan) = (&state.store, &desk.line.name, &desk.line.plan);
    let now = Micros::now();
    let mut job = None;
    let window = match over {
        Over::Shift => plan.shifts.shift(now, 0),
        Over::LastShift => plan.shifts.shift(now, 1),
        Over::Day => Some(plan.shifts.whole_day(now, 0)),
        Over::Yesterday => Some(plan.shifts.whole_day(now, 1)),
        Over::Job => {
            let jobs = store.jobs_of(name, JOBS_BACK).await?;
            jobs.into_iter().find_map(|of| {
                job = Some(of.id);
                let (from, to) = (of.started_at?, of.ended_at.unwrap_or(now));
                Some(Window { name: format!("job {}", of.id), from, to })
            })
        }
    };
    let Some(window) = window else { return Ok(None) };
    let end = window.to.min(now);
    let planned = plan.shifts.windows(window.from, end);
    let spans = store.spans(name, (window.from, end)).await?;
    let said = store.stops_said(name, &spans).await?;
    let counts = store.made(name, (window.from, end), job).await?;
    let account = account(&spans, &planned, now);
    Ok(Some(Look::of(&Looked { now, plan, window, planned, account, counts, said })))
}

#[derive(Deserialize)]
struct Said {
    stop: i64,
    cause: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    over: Over,
}

async fn say(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Form(said): Form<Said>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::AnswerAlarms)?;
    state.desk(&line)?;
    let cause = said.cause.parse().map_err(|_| {
        let words = "There is no such cause. Pick one of the list.";
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
    })?;
    let note: String = said.note.trim().chars().take(NOTE_CHARS_MAX).collect();
    let done = state.store.say_stop(&line, said.stop, (cause, &note), &person.name).await;
    done.map_err(refused)?;
    Ok(Redirect::to(&format!("/lines/{line}/oee?over={}", said.over.word())))
}

fn refused(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        return Refusal::new(StatusCode::CONFLICT, sentence(&why));
    }
    problem.into()
}
