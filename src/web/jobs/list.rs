//! The jobs of a line, with what can be done with each now.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use crate::access::Permission;
use crate::code::CodeId;
use crate::label;
use crate::store::{Job, JobVerb, Phase};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::IntoResponse;

/// Jobs that the list shows: the newest.
const JOBS_SHOWN: u32 = 100;

#[derive(Template)]
#[template(path = "pages/jobs.html")]
struct JobsPage {
    frame: Frame,
    line: String,
    jobs: Vec<Row>,
    doubts: u64,
    may_control: bool,
    /// How often a challenge test is passed, in hours.
    challenge_hours: Option<u64>,
}

/// A job of the list.
struct Row {
    job: Job,
    verbs: Vec<JobVerb>,
    /// Which clearance is to be given before the next step.
    clearance: Option<Phase>,
    /// The verb that most people come for.
    first: Option<JobVerb>,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    state.desk(&line)?;
    let rules = state.rules(&line);
    let mut jobs = Vec::new();
    for job in state.store.jobs_of(&line, JOBS_SHOWN).await? {
        if job.control.cleared_at.is_none() || job.wanted.scenario.is_roll() {
            jobs.push(row(&state, job, rules.clearance).await?);
        }
    }
    let (_, doubts) = state.store.doubts(&line, CodeId(0), 1).await?;
    let frame = Frame::of(Some(person));
    let may_control = frame.may(Permission::ControlLine);
    let challenge_hours = rules.challenge_every.map(|every| every.as_secs() / 3_600);
    Ok(Page(JobsPage { frame, line, jobs, doubts, may_control, challenge_hours }))
}

async fn row(state: &WebState, job: Job, clears: bool) -> Result<Row, Refusal> {
    let phase = match (job.started_at.is_some(), job.ended_at.is_some()) {
        (false, false) => Some(Phase::Before),
        (true, true) if job.control.closed_at.is_none() => Some(Phase::After),
        _ => None,
    };
    let clearance = match phase.filter(|_| clears) {
        Some(phase) if !state.store.is_cleared(&job, phase).await? => Some(phase),
        _ => None,
    };
    let verbs = job.verbs();
    let wanted = [JobVerb::Start, JobVerb::Resume];
    let first = wanted.into_iter().find(|verb| verbs.contains(verb) && clearance.is_none());
    Ok(Row { job, verbs, clearance, first })
}

#[derive(Template)]
#[template(path = "pages/job_new.html")]
struct NewPage {
    frame: Frame,
    line: String,
    designs: Vec<String>,
    gtin: String,
}

pub(super) async fn form(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::ControlLine)?;
    let prints = state.desk(&line)?.line.scenario.prints();
    let last = state.store.jobs_of(&line, 1).await?.pop();
    let gtin = last.map(|job| job.wanted.gtin.to_string()).unwrap_or_default();
    // A line that prints nothing offers no design.
    let designs = label::designs().iter().filter(|_| prints);
    let designs = designs.map(|design| design.name.clone()).collect();
    Ok(Page(NewPage { frame: Frame::of(Some(person)), line, designs, gtin }))
}
