//! The passport of a job or of an order.
use super::super::WebState;
use super::super::orders::order_of;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::paper;
use crate::access::Permission;
use crate::store::{Passport, Person};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Template)]
#[template(path = "pages/passport.html")]
struct PassportPage {
    frame: Frame,
    title: String,
    /// Where it came from, and where its other forms are.
    way_back: String,
    way_back_words: String,
    address: String,
    sheets: Vec<Passport>,
}

/// Passports of one thing.
struct Bundle {
    title: String,
    way_back: String,
    way_back_words: String,
    address: String,
    sheets: Vec<Passport>,
}

pub(super) async fn of_job(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(job): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    let bundle = job_bundle(&state, &person, &job).await?;
    Ok(page(bundle, person))
}

pub(super) async fn of_job_pdf(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(job): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    pdf(job_bundle(&state, &person, &job).await?).await
}

pub(super) async fn of_job_json(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(job): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    let bundle = job_bundle(&state, &person, &job).await?;
    let sheet = bundle.sheets.first().ok_or_else(no_passport)?;
    Ok(Json(paper::json(sheet)).into_response())
}

pub(super) async fn of_order(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(order): Path<i64>,
) -> Result<Response, Refusal> {
    let bundle = order_bundle(&state, &person, order).await?;
    Ok(page(bundle, person))
}

pub(super) async fn of_order_pdf(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(order): Path<i64>,
) -> Result<Response, Refusal> {
    pdf(order_bundle(&state, &person, order).await?).await
}

pub(super) async fn of_order_json(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(order): Path<i64>,
) -> Result<Response, Refusal> {
    let bundle = order_bundle(&state, &person, order).await?;
    let jobs: Vec<_> = bundle.sheets.iter().map(paper::json).collect();
    Ok(Json(json!({ "order": order, "jobs": jobs })).into_response())
}

async fn job_bundle(
    state: &WebState,
    person: &Person,
    (line, job): &(String, i64),
) -> Result<Bundle, Refusal> {
    must(person, Permission::SeeLine)?;
    state.desk(line)?;
    let sheet = state.store.passport(*job).await?;
    let is_it = |sheet: &Passport| is_roll(sheet) && sheet.job.wanted.line == *line;
    let sheet = sheet.filter(is_it).ok_or_else(no_passport)?;
    Ok(Bundle {
        title: format!("Roll passport: job {job}"),
        way_back: format!("/lines/{line}/jobs"),
        way_back_words: format!("Jobs of {line}"),
        address: format!("/lines/{line}/jobs/{job}/passport"),
        sheets: vec![sheet],
    })
}

/// The order's own customer may see it, too.
async fn order_bundle(state: &WebState, person: &Person, id: i64) -> Result<Bundle, Refusal> {
    let order = order_of(state, id, person).await?;
    let mut sheets = Vec::new();
    for job in state.store.jobs_of_pool(&order.id.pool()).await? {
        sheets.extend(state.store.passport(job).await?.filter(is_roll));
    }
    if sheets.is_empty() {
        return Err(no_passport());
    }
    Ok(Bundle {
        title: format!("Roll passport: order {}", order.id),
        way_back: format!("/orders/{}", order.id),
        way_back_words: format!("Order {}", order.id),
        address: format!("/orders/{}/passport", order.id),
        sheets,
    })
}

fn is_roll(sheet: &Passport) -> bool {
    sheet.job.wanted.scenario.is_roll()
}

fn no_passport() -> Refusal {
    Refusal::not_found("roll with a passport")
}

fn page(bundle: Bundle, person: Person) -> Response {
    let Bundle { title, way_back, way_back_words, address, sheets } = bundle;
    let frame = Frame::of(Some(person));
    Page(PassportPage { frame, title, way_back, way_back_words, address, sheets }).into_response()
}

/// Drawn on a thread that may take its time: a roll with many labels in doubt has many pages.
async fn pdf(bundle: Bundle) -> Result<Response, Refusal> {
    let title = bundle.title.clone();
    let drawn = tokio::task::spawn_blocking(move || paper::pdf(&bundle.title, &bundle.sheets));
    let bytes = match drawn.await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(problem)) => {
            tracing::error!(%problem, "a passport cannot be drawn");
            return Err(Refusal::cannot_be_made());
        }
        Err(problem) => {
            tracing::error!(%problem, "a passport cannot be drawn");
            return Err(Refusal::cannot_be_made());
        }
    };
    let name = title.replace(": ", "-").replace(' ', "-").to_lowercase();
    let head = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")),
    ];
    Ok((head, bytes).into_response())
}
