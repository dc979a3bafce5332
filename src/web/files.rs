//! Reports that people carry as files to systems without an interface, and shipments of Electronic
//! Mark.
use super::WebState;
use super::page::{Frame, Page, Refusal, must};
use super::signed_in::SignedIn;
use crate::access::Permission;
use crate::code::CodeId;
use crate::files::{self, Unwritable, Writer};
use crate::store::{
    FileChoice, FileReport, MarkShipment, MarkSteps, NewShipment, Store, StoreError,
};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// Reports and shipments that are shown.
const SHOWN: u32 = 100;
/// Codes that are fetched from the store at once.
const PART: u32 = 5_000;
/// Codes in one shipment (docs/electronic-mark.md).
const SHIPPED_MAX: u32 = 30_000;
/// Characters of a reason, a number or anything else that is typed.
const WORDS_MAX: usize = 300;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/files", get(show).post(make))
        .route("/files/{report}", post(say))
        .route("/files/{report}/{form}", get(download))
        .route("/lines/{name}/jobs/{id}/codes/{form}", get(copy))
        .route("/lines/{name}/jobs/{id}/ship", get(ship_form).post(ship))
}

#[derive(Template)]
#[template(path = "pages/files.html")]
struct FilesPage {
    frame: Frame,
    reports: Vec<FileReport>,
    forms: [files::Form; 4],
    may_carry: bool,
    /// Lines whose codes can come in files.
    lines: Vec<String>,
}

async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let reports = state.store.file_reports(SHOWN).await?;
    let frame = Frame::of(Some(person));
    let may_carry = frame.may(Permission::DecideDoubts);
    let names = state.desks().iter().map(|desk| desk.line.name.clone());
    let lines = names.filter(|name| state.rules(name).goods.is_some()).collect();
    Ok(Page(FilesPage { frame, reports, forms: files::Form::ALL, may_carry, lines }))
}

/// What is to go into a report; an empty field means everything.
#[derive(Deserialize)]
struct Choice {
    what: String,
    #[serde(default)]
    job: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

async fn make(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Form(asked): Form<Choice>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    let choice = choice(&asked)?;
    let made = state.store.make_file_reports(&choice, &person.name).await?;
    if made.is_empty() {
        let words =
            "There is nothing to tell: all codes of this choice are told, or have no fate yet.";
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    }
    tracing::info!(person = person.name, ?made, "reports by file");
    Ok(Redirect::to("/files"))
}

fn choice(asked: &Choice) -> Result<FileChoice, Refusal> {
    let tellings = FileChoice::tellings(&asked.what);
    let tellings = tellings.ok_or_else(|| not_so("Choose applied, rejected, or all."))?;
    let job = match asked.job.trim() {
        "" => None,
        number => Some(number.parse().map_err(|_| not_so("A job is named by its number."))?),
    };
    let day = |text: &str| -> Result<Option<Date>, Refusal> {
        let wrong = |_| not_so("A day is written as 2026-11-30.");
        let text = text.trim();
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
    };
    let beginning = |day: Date| {
        let at = day.to_zoned(TimeZone::system()).map_err(|_| not_so("No day begins there."))?;
        Ok::<_, Refusal>(Micros(at.timestamp().as_microsecond()))
    };
    let from = day(&asked.from)?.map(beginning).transpose()?;
    let after = |day: Date| day.tomorrow().map_err(|_| not_so("No day comes after it."));
    let to = day(&asked.to)?.map(after).transpose()?.map(beginning).transpose()?;
    Ok(FileChoice { tellings, job, from, to })
}

#[derive(Deserialize)]
struct Verdict {
    verdict: String,
    #[serde(default)]
    reason: String,
}

async fn say(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(report): Path<i64>,
    Form(said): Form<Verdict>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    let reason = typed(&said.reason);
    let refused = match (said.verdict.as_str(), reason.is_empty()) {
        ("taken", _) => None,
        ("refused", false) => Some(reason.as_str()),
        _ => return Err(not_so("Say why the file was refused.")),
    };
    state.store.file_report_is(report, refused, &person.name).await.map_err(cannot)?;
    Ok(Redirect::to("/files"))
}

async fn download(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((report, form)): Path<(i64, String)>,
) -> Result<Response, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    let known = state.store.file_report(report).await?;
    known.ok_or_else(|| Refusal::not_found("report by file of this number"))?;
    let source = Source::Reports(vec![report]);
    answer(state.store, &form, source, &format!("report-{report}"))
}

/// A copy of everything that became of a job's codes: nothing is told by it.
async fn copy(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id, form)): Path<(String, i64, String)>,
) -> Result<Response, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    state.job_of(&line, id).await?;
    let tellings = FileChoice::tellings("all").unwrap_or_default();
    let choice = FileChoice { tellings, job: Some(id), ..FileChoice::default() };
    answer(state.store, &form, Source::Copy(choice), &format!("job-{id}"))
}

/// Where the codes of a file come from.
enum Source {
    Reports(Vec<i64>),
    Copy(FileChoice),
}

/// A file that is being written while it is sent: it never lies in memory as a whole.
struct Sending {
    store: Store,
    source: Source,
    writer: Writer<Vec<u8>>,
    after: CodeId,
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Sending {
    /// The next part of the file, and what is left to do; nothing at its end.
    async fn next(mut self) -> Result<(Bytes, Option<Self>), SendError> {
        let codes = match &self.source {
            Source::Reports(reports) => {
                self.store.codes_of_files(reports, self.after, PART).await?
            }
            Source::Copy(choice) => self.store.codes_of_choice(choice, self.after, PART).await?,
        };
        let Some(last) = codes.last() else {
            return Ok((self.writer.finish()?.into(), None));
        };
        self.after = CodeId(last.id);
        for code in &codes {
            self.writer.row(&code.row())?;
        }
        let part = std::mem::take(self.writer.get_mut());
        Ok((part.into(), Some(self)))
    }
}

fn answer(store: Store, form: &str, source: Source, name: &str) -> Result<Response, Refusal> {
    let form: files::Form = form.parse().map_err(|_| Refusal::not_found("form of a file"))?;
    let reports = if let Source::Reports(reports) = &source { reports.as_slice() } else { &[] };
    let head = crate::store::file_head("all", reports);
    let writer = Writer::new(form, Vec::new(), &head).map_err(|_| Refusal::cannot_be_made())?;
    let begun = Sending { store, source, writer, after: CodeId(0) };
    let parts = futures_util::stream::try_unfold(Some(begun), |sending| async {
        match sending {
            None => Ok::<_, SendError>(None),
            Some(sending) => sending.next().await.map(Some),
        }
    });
    let named = format!("attachment; filename=\"{name}.{form}\"");
    let head = [
        (header::CONTENT_TYPE, form.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, named),
    ];
    Ok((head, Body::from_stream(parts)).into_response())
}

#[derive(Template)]
#[template(path = "pages/ship.html")]
struct ShipPage {
    frame: Frame,
    line: String,
    job: i64,
    steps: MarkSteps,
    shipments: Vec<MarkShipment>,
    may_ship: bool,
}

async fn ship_form(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id)): Path<(String, i64)>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    state.job_of(&line, id).await?;
    let steps = state.store.mark_steps(id).await?;
    let shipments = state.store.shipments().await?;
    let frame = Frame::of(Some(person));
    let may_ship = frame.may(Permission::DecideDoubts);
    Ok(Page(ShipPage { frame, line, job: id, steps, shipments, may_ship }))
}

#[derive(Deserialize)]
struct Shipping {
    waybill: String,
    number: String,
    agent: String,
    country: String,
    day: String,
    #[serde(default)]
    papers: String,
}

async fn ship(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id)): Path<(String, i64)>,
    Form(asked): Form<Shipping>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    state.job_of(&line, id).await?;
    let agent = asked.agent.trim().parse();
    let agent =
        agent.map_err(|_| not_so("A partner is named by a number (markwright mark agents)."))?;
    let day: Date =
        asked.day.trim().parse().map_err(|_| not_so("A day is written as 2026-11-30."))?;
    let papers = if asked.papers.trim().is_empty() { "{}" } else { asked.papers.trim() };
    let papers: serde_json::Value =
        serde_json::from_str(papers).map_err(|_| not_so("The papers are no JSON."))?;
    let number = typed(&asked.number);
    if number.is_empty() {
        return Err(not_so("A waybill has a number."));
    }
    let new = NewShipment {
        waybill: typed(&asked.waybill),
        number,
        agent,
        country: typed(&asked.country),
        day: day.to_string(),
        papers: papers.to_string(),
        person: person.name.clone(),
    };
    let made = state.store.make_shipment(id, &new, SHIPPED_MAX).await.map_err(cannot)?;
    let Some(shipment) = made else {
        let words = "No code of this job can leave: none is produced, or all left already.";
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    };
    let words = format!("shipment {shipment}: job {id}, waybill {} {}", new.waybill, new.number);
    state.store.note(&person.name, "ordered a shipment", &words).await?;
    Ok(Redirect::to(&format!("/lines/{line}/jobs/{id}/ship")))
}

impl WebState {
    /// Whether this line has this job.
    async fn job_of(&self, line: &str, id: i64) -> Result<(), Refusal> {
        self.desk(line)?;
        let job = self.store.job(id).await?.filter(|job| job.wanted.line == line);
        job.map(|_| ()).ok_or_else(|| Refusal::not_found("job of this number"))
    }
}

fn typed(text: &str) -> String {
    text.trim().chars().take(WORDS_MAX).collect()
}

/// What contradicts what is remembered is the person's business; anything else is ours.
fn cannot(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        return Refusal::new(StatusCode::CONFLICT, super::orders::sentence(&why));
    }
    problem.into()
}

fn not_so(words: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
}
