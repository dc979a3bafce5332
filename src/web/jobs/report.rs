//! The report of a batch as a page, as a document, and for programs.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{paper, paper_pdf, pictures};
use crate::access::Permission;
use crate::line::RejectReason;
use crate::store::{Batch, Person};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "pages/batch.html")]
struct BatchPage {
    frame: Frame,
    line: String,
    batch: Batch,
    facts: Vec<(&'static str, String)>,
    sums: Vec<String>,
}

impl BatchPage {
    /// What finds the code with this serial number.
    fn scan_of(&self, serial: &str) -> String {
        format!("01{}21{serial}", self.batch.job.wanted.gtin)
    }
}

fn reason(reason: Option<RejectReason>) -> &'static str {
    reason.map_or("rejected", RejectReason::words)
}

async fn load(
    state: &WebState,
    person: &Person,
    (line, id): &(String, i64),
) -> Result<Batch, Refusal> {
    must(person, Permission::SeeLine)?;
    state.job(line, *id).await?;
    state.store.batch(*id).await?.ok_or_else(|| Refusal::not_found("job of this number"))
}

pub(super) async fn page(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(of): Path<(String, i64)>,
) -> Result<impl IntoResponse, Refusal> {
    let batch = load(&state, &person, &of).await?;
    let facts = paper::facts(&batch);
    let sums = paper::sums(&batch.sums);
    Ok(Page(BatchPage { frame: Frame::of(Some(person)), line: of.0, batch, facts, sums }))
}

pub(super) async fn json(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(of): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    let batch = load(&state, &person, &of).await?;
    Ok(Json(paper::json(&batch)).into_response())
}

/// Drawn on a thread that may take its time.
pub(super) async fn pdf(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(of): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    let batch = load(&state, &person, &of).await?;
    let id = batch.job.id;
    let small = pictures::of_job(&state, &of.0, id).await?;
    let drawn = tokio::task::spawn_blocking(move || paper_pdf::pdf(&batch, &small)).await;
    let bytes = match drawn {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(problem)) => {
            tracing::error!(%problem, "the report of a batch cannot be drawn");
            return Err(Refusal::cannot_be_made());
        }
        Err(problem) => {
            tracing::error!(%problem, "the report of a batch cannot be drawn");
            return Err(Refusal::cannot_be_made());
        }
    };
    let head = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"batch-job-{id}.pdf\"")),
    ];
    Ok((head, bytes).into_response())
}
