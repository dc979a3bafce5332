//! The alarms of a line: what stands, by priority, what is put aside, what happened; and the
//! buttons with which people answer. Nothing of it changes what the line does.
mod card;

use super::WebState;
use super::desk::Desk;
use super::line_page::must_see;
use super::orders::sentence;
use super::page::{Frame, Page, Refusal, RefusalJson, must};
use super::signed_in::{SignedIn, Visitor};
use super::words;
use crate::access::Permission;
use crate::alarm::{Flood, shown};
use crate::line::StopReason;
use crate::store::{AlarmAnswer, AlarmNow, AlarmStep, StoreError};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Json, Router};
use card::{Board, StepView};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Steps of the history on one page.
const STEPS_SHOWN: u32 = 100;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 300;
/// For how long an alarm may be shelved, in minutes; the last one is a shift.
pub(super) const SHELVES: [u64; 4] = [15, 60, 240, 480];

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/lines/{name}/alarms", get(page).post(answer))
        .route("/api/lines/{name}/alarms", get(for_programs))
}

#[derive(Template)]
#[template(path = "pages/alarms.html")]
struct AlarmsPage {
    frame: Frame,
    line: String,
    board: Board,
    /// Why the line does not run, if it does not.
    why: Option<words::Advice>,
    steps: Vec<StepView>,
    /// The last step of this page, if others follow.
    next: Option<i64>,
    may_answer: bool,
    may_remove: bool,
}

#[derive(Deserialize)]
struct Place {
    before: Option<i64>,
}

async fn page(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    Query(Place { before }): Query<Place>,
) -> Result<Response, Refusal> {
    must_see(&state, person.as_ref())?;
    let desk = state.desk(&name)?;
    let why = {
        let view = desk.line.view.borrow();
        view.why.map(|why| words::advice(why, view.state, desk.line.scenario))
    };
    let board = board(&state, desk).await?;
    let steps = state.store.alarm_steps(&name, before, STEPS_SHOWN).await?;
    let next = steps.last().filter(|_| steps.len() == STEPS_SHOWN as usize).map(|last| last.id);
    let steps = steps.iter().map(StepView::of).collect();
    let frame = Frame::of(person);
    let may_answer = frame.may(Permission::AnswerAlarms);
    let may_remove = frame.may(Permission::RemoveAlarms);
    let page = AlarmsPage { frame, line: name, board, why, steps, next, may_answer, may_remove };
    Ok(Page(page).into_response())
}

async fn board(state: &WebState, desk: &Desk) -> Result<Board, StoreError> {
    let now = Micros::now();
    let line = desk.line.name.as_str();
    let mut known = state.store.alarms(line).await?;
    let flood: Flood = state.store.alarm_flood(line, now).await?;
    if known.iter().any(|now| now.alarm.reason.is_of_stock()) {
        // With the minutes that are left now, not with those of the moment when it came.
        let stood: Vec<_> = known.iter().map(|now| now.alarm.reason).collect();
        let fresh = state.store.stock_troubles(&desk.line.pool, &stood, now).await?;
        for AlarmNow { alarm, .. } in &mut known {
            let same = fresh.iter().find(|reason| reason.kind() == alarm.reason.kind());
            alarm.reason = same.copied().unwrap_or(alarm.reason);
        }
    }
    let alarms = known.iter().map(|now| now.alarm.clone()).collect();
    Ok(Board::of(&shown(alarms, flood.is_flood), flood, &known, now))
}

async fn for_programs(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    Query(Place { before }): Query<Place>,
) -> Result<Response, RefusalJson> {
    must_see(&state, person.as_ref())?;
    let desk = state.desk(&name)?;
    let board = board(&state, desk).await?;
    let steps: Vec<AlarmStep> = state.store.alarm_steps(&name, before, STEPS_SHOWN).await?;
    let steps: Vec<_> = steps.iter().map(StepView::of).collect();
    Ok(Json(json!({ "line": name, "board": board, "steps": steps })).into_response())
}

/// What the buttons of the page say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Acknowledge,
    AcknowledgeAll,
    Reset,
    Shelve,
    Unshelve,
    TakeOut,
    PutBack,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "do")]
    wanted: Wanted,
    #[serde(default)]
    kind: String,
    minutes: Option<u64>,
    #[serde(default)]
    reason: String,
}

impl Wanted {
    const fn permission(self) -> Permission {
        match self {
            Self::TakeOut | Self::PutBack => Permission::RemoveAlarms,
            Self::Acknowledge
            | Self::AcknowledgeAll
            | Self::Reset
            | Self::Shelve
            | Self::Unshelve => Permission::AnswerAlarms,
        }
    }
}

impl Asked {
    fn reason(&self) -> Result<StopReason, Refusal> {
        let unknown = || not_so("There is no such alarm. Look at the page again.");
        self.kind.parse().map_err(|_| unknown())
    }

    fn answer(&self) -> Result<AlarmAnswer, Refusal> {
        Ok(match self.wanted {
            Wanted::Acknowledge | Wanted::AcknowledgeAll => AlarmAnswer::Acknowledge,
            Wanted::Reset => AlarmAnswer::Reset,
            Wanted::Unshelve => AlarmAnswer::Unshelve,
            Wanted::PutBack => AlarmAnswer::PutBack,
            Wanted::Shelve => {
                let minutes = self.minutes.filter(|minutes| SHELVES.contains(minutes));
                let asked = "Say for how long: 15 min, 1 h, 4 h or 8 h.";
                AlarmAnswer::Shelve(Duration::from_mins(minutes.ok_or_else(|| not_so(asked))?))
            }
            Wanted::TakeOut => {
                let reason: String = self.reason.trim().chars().take(REASON_CHARS_MAX).collect();
                if reason.is_empty() {
                    return Err(not_so("Say why it is taken out of service: the reason is kept."));
                }
                AlarmAnswer::TakeOut(reason)
            }
        })
    }
}

fn not_so(words: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
}

async fn answer(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    must(&person, asked.wanted.permission())?;
    state.desk(&line)?;
    let done = if asked.wanted == Wanted::AcknowledgeAll {
        state.store.acknowledge_alarms(&line, &person.name).await.map(|_| ())
    } else {
        let (reason, answer) = (asked.reason()?, asked.answer()?);
        state.store.answer_alarm(&line, reason, &answer, &person.name).await
    };
    done.map_err(refused)?;
    tracing::info!(line, person = person.name, kind = asked.kind, "a person answers an alarm");
    Ok(Redirect::to(&format!("/lines/{line}/alarms")))
}

fn refused(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        return Refusal::new(StatusCode::CONFLICT, sentence(&why));
    }
    problem.into()
}
