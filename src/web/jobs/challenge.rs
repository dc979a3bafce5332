//! Challenge tests: which cases are passed, and the next one.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{not_so, refused};
use crate::access::Permission;
use crate::line::{ChallengeKind, ChallengeResult, Event, LineState, Request};
use crate::store::Challenge;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "pages/challenge.html")]
struct ChallengePage {
    frame: Frame,
    line: String,
    job: Option<i64>,
    cases: Vec<Case>,
    /// All of the job, the newest first.
    past: Vec<Challenge>,
    hours: Option<u64>,
    may_control: bool,
    standing: LineState,
    under_way: bool,
}

/// One of the four.
struct Case {
    kind: ChallengeKind,
    what_to_do: &'static str,
    last: Option<Challenge>,
}

const fn what_to_do(kind: ChallengeKind) -> &'static str {
    match kind {
        ChallengeKind::NoSymbol => "A product whose label place is covered with white.",
        ChallengeKind::BadSymbol => {
            "A product with a label that nobody can read: half of the symbol is black."
        }
        ChallengeKind::Duplicate => {
            "A product with a label that was on another one. Scan that label here first. Before the first job, there is none: leave this case out."
        }
        ChallengeKind::Foreign => {
            "A product with a label of other goods. Scan that label here first."
        }
    }
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let standing = state.desk(&line)?.line.view.borrow().state;
    let job = state.store.running_job(&line).await?.map(|job| job.id);
    let mut past = match job {
        Some(id) => state.store.challenges_of(id).await?,
        None => Vec::new(),
    };
    past.reverse();
    let last = |kind| past.iter().find(|one| one.kind == kind).cloned();
    let case = |kind| Case { kind, what_to_do: what_to_do(kind), last: last(kind) };
    let cases = ChallengeKind::ALL.into_iter().map(case).collect();
    let under_way = past.iter().any(|one| one.result.is_none());
    let hours = state.rules(&line).challenge_every.map(|every| every.as_secs() / 3_600);
    let frame = Frame::of(Some(person));
    let may_control = frame.may(Permission::ControlLine);
    let page =
        ChallengePage { frame, line, job, cases, past, hours, may_control, standing, under_way };
    Ok(Page(page))
}

/// How a case stands, as a mark, a word and a class.
fn mark(case: &Case) -> (&'static str, &'static str, &'static str) {
    match case.last.as_ref().map(|last| last.result) {
        None => ("○", "not tested yet", ""),
        Some(None) => ("…", "put the product on the belt", "waits"),
        Some(Some(ChallengeResult::Rejected)) => ("✓", "rejected, as it must be", ""),
        Some(Some(ChallengeResult::Failed)) => ("✕", "FAILED", "bad"),
        Some(Some(ChallengeResult::GivenUp)) => ("○", "given up", ""),
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    kind: String,
    #[serde(default)]
    scan: String,
}

/// The case is remembered with the person's name; then the line awaits the product, and goes on if it
/// stands.
pub(super) async fn begin(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let desk = state.desk(&line)?;
    let kind: ChallengeKind = asked.kind.parse().map_err(|_| not_so("There is no such case."))?;
    let Some(job) = state.store.running_job(&line).await? else {
        let words = format!("{line} is on no job: start one first, then test.");
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    };
    let standing = desk.line.view.borrow().state;
    let go_on = go_on(standing).ok_or_else(|| {
        let words = format!("{line} is {standing}: bring it to Execute or Held first, then test.");
        Refusal::new(StatusCode::CONFLICT, words)
    })?;
    let begun = state.store.begin_challenge(&job, kind, &asked.scan, &person.name).await;
    let shows = begun.map_err(refused)?;
    let asks = std::iter::once(Event::Challenge { kind, shows });
    for event in asks.chain(go_on.iter().map(|request| Event::Operator(*request))) {
        desk.tell(event).await?;
    }
    tracing::info!(line, person = person.name, kind = kind.word(), "a challenge begins");
    Ok(Redirect::to(&format!("/lines/{line}/challenge")))
}

/// What brings the line to run from here, if a test may.
const fn go_on(state: LineState) -> Option<&'static [Request]> {
    match state {
        // A line that comes to a hold for the test goes on by itself when it hears of one.
        LineState::Execute | LineState::Starting | LineState::Holding | LineState::Unholding => {
            Some(&[])
        }
        LineState::Held | LineState::Idle => Some(&[Request::Start]),
        LineState::Stopped => Some(&[Request::Reset, Request::Start]),
        LineState::Clearing
        | LineState::Suspended
        | LineState::Stopping
        | LineState::Aborting
        | LineState::Aborted
        | LineState::Suspending
        | LineState::Unsuspending
        | LineState::Resetting
        | LineState::Completing
        | LineState::Complete => None,
    }
}
