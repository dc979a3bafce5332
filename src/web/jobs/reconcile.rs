//! Closing a job: both sums, what stands open, and who signs.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{not_so, pictures, refused, typed};
use crate::access::Permission;
use crate::store::{
    Amendments, Bin, BinCount, Closure, Job, JobSums, Phase, Reconciliation, Second, SignIn,
    Signature,
};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "pages/reconcile.html")]
struct ReconcilePage {
    frame: Frame,
    line: String,
    job: Job,
    /// As they were signed, once the job is closed.
    sums: JobSums,
    now: JobSums,
    /// What is kept of the signed sums is not what the signatures name.
    spoiled: bool,
    amendments: Amendments,
    /// What stands in the way, and can be signed for.
    open: Vec<String>,
    /// What must be done first: nobody can sign that away.
    first: Option<String>,
    pool: Reconciliation,
    /// What should lie in the bin now.
    bin: Bin,
    bin_counts: Vec<BinCount>,
    closure: Option<Closure>,
    signatures: Vec<Signature>,
    may_control: bool,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id)): Path<(String, i64)>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let job = state.job(&line, id).await?;
    let now = state.store.job_sums(&job).await?;
    let (open, first) = (now.open(), must_come_first(&state, &job).await?);
    let pool = state.store.reconcile(&line, &job.wanted.pool).await?;
    let bin = state.store.bin(&line).await?;
    let bin_counts = state.store.bin_counts_of(&job).await?;
    let closure = state.store.closure(id).await?;
    let signed = closure.as_ref().map(Closure::signed_sums);
    let spoiled = signed == Some(None);
    let sums = signed.flatten().unwrap_or_else(|| now.clone());
    let amendments = state.store.amendments_of(id).await?;
    let signatures = state.store.signatures_of(id).await?;
    let frame = Frame::of(Some(person));
    let may_control = frame.may(Permission::ControlLine);
    let page = ReconcilePage {
        frame,
        line,
        job,
        sums,
        now,
        spoiled,
        amendments,
        open,
        first,
        pool,
        bin,
        bin_counts,
        closure,
        signatures,
        may_control,
    };
    Ok(Page(page))
}

impl ReconcilePage {
    /// Whether the bin can be counted for this job: while it runs, too, when the bin is full.
    fn counts_bin(&self) -> bool {
        self.may_control
            && self.closure.is_none()
            && self.job.started_at.is_some()
            && self.job.wanted.scenario.has_bin()
    }
}

async fn must_come_first(state: &WebState, job: &Job) -> Result<Option<String>, Refusal> {
    if job.ended_at.is_none() {
        return Ok(Some("The job has not ended: press Stop beside it, or let it end.".to_owned()));
    }
    let clears = state.rules(&job.wanted.line).clearance;
    if clears && job.started_at.is_some() && !state.store.is_cleared(job, Phase::After).await? {
        return Ok(Some("The line is not cleared after this job: clear it first.".to_owned()));
    }
    Ok(None)
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The second person, where one signs.
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn close(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id)): Path<(String, i64)>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let job = state.job(&line, id).await?;
    let second =
        if asked.name.trim().is_empty() { None } else { Some(second(&state, &asked).await?) };
    let clears = state.rules(&line).clearance && job.started_at.is_some();
    pictures::keep(&state, &line, id).await?;
    state.store.close_job(&job, clears, &person, second.as_ref()).await.map_err(refused)?;
    tracing::info!(line, person = person.name, job = id, "a job is closed");
    Ok(Redirect::to(&format!("/lines/{line}/jobs/{id}/reconcile")))
}

#[derive(Deserialize)]
pub(super) struct Counted {
    #[serde(default)]
    counted: String,
    /// The number was counted twice.
    #[serde(default)]
    sure: Option<String>,
}

pub(super) async fn count_bin(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id)): Path<(String, i64)>,
    Form(said): Form<Counted>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let job = state.job(&line, id).await?;
    let counted: u32 = said
        .counted
        .trim()
        .parse()
        .map_err(|_| not_so("Type how many products were in the bin: a number."))?;
    let sure = said.sure.is_some();
    let count = state.store.count_bin(&job, u64::from(counted), sure, &person.name);
    count.await.map_err(refused)?;
    tracing::info!(line, person = person.name, job = id, counted, "the bin is counted");
    Ok(Redirect::to(&format!("/lines/{line}/jobs/{id}/reconcile")))
}

/// Name and password once more: whoever is signed in at this screen is not asked.
async fn second(state: &WebState, asked: &Asked) -> Result<Second, Refusal> {
    let closed =
        |_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The door is closed. Try again.");
    let place = state.sign_ins.acquire().await.map_err(closed)?;
    let answer = state.store.check_password(&asked.name, &asked.password).await?;
    drop(place);
    match answer {
        SignIn::Welcome(person) => Ok(Second { person, reason: typed(&asked.reason) }),
        SignIn::Wrong => Err(not_so(
            "Name and password of the second person do not belong together. Type them again.",
        )),
        SignIn::Locked { .. } => Err(not_so(
            "Too many wrong passwords of the second person. Wait a minute and try again.",
        )),
    }
}
