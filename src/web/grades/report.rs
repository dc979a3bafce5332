//! The report of a graded picture: page, document, JSON.
use super::super::WebState;
use super::super::line_page;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::shelf::Graded;
use super::{calibration_of, chart};
use crate::access::Permission;
use crate::grading::{self, Ask, Report};
use crate::store::Person;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// The least grade of a reject: what most state systems and buyers ask for.
const LEAST: f32 = 1.5;

#[derive(Template)]
#[template(path = "pages/grade.html")]
struct ReportPage {
    frame: Frame,
    report: Report,
    /// Where its other forms are.
    address: String,
    way_back: String,
    way_back_words: String,
    /// The drawing of the symbol, as PNG in base 64.
    drawing: Option<String>,
    map: String,
    histogram: String,
}

/// A report and where it came from.
struct Shown {
    graded: Arc<Graded>,
    address: String,
    way_back: String,
    way_back_words: String,
}

pub(super) async fn of_upload(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let shown = upload(&state, &person, &id)?;
    Ok(page(shown, person))
}

pub(super) async fn of_upload_pdf(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    pdf(upload(&state, &person, &id)?).await
}

pub(super) async fn of_upload_json(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    Ok(json(&upload(&state, &person, &id)?))
}

pub(super) async fn of_reject(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(file): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let shown = reject(&state, &person, file).await?;
    Ok(page(shown, person))
}

pub(super) async fn of_reject_pdf(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(file): Path<(String, String)>,
) -> Result<Response, Refusal> {
    pdf(reject(&state, &person, file).await?).await
}

pub(super) async fn of_reject_json(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(file): Path<(String, String)>,
) -> Result<Response, Refusal> {
    Ok(json(&reject(&state, &person, file).await?))
}

fn upload(state: &WebState, person: &Person, id: &str) -> Result<Shown, Refusal> {
    must(person, Permission::SeeLine)?;
    Ok(Shown {
        graded: state.grades.get(id)?,
        address: format!("/grade/{id}"),
        way_back: "/grade".to_owned(),
        way_back_words: "Grade another picture".to_owned(),
    })
}

/// The kept picture of a line, graded with the calibration of that line, if it has one.
async fn reject(
    state: &WebState,
    person: &Person,
    (line, file): (String, String),
) -> Result<Shown, Refusal> {
    must(person, Permission::SeeLine)?;
    let bytes = line_page::kept_picture(state, &line, &file).await?;
    let calibration = calibration_of(state, &line).await;
    let ask = Ask { calibration, wanted: Some(LEAST), ..Ask::default() };
    let name = format!("{line}, picture {file}");
    let graded = state.grades.grade(name, bytes.into(), ask).await?;
    let graded = graded.map_err(|problem| {
        let words = format!("The kept picture {file} cannot be graded: {problem}.");
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
    })?;
    Ok(Shown {
        graded: Arc::new(graded),
        address: format!("/lines/{line}/pictures/{file}/grade"),
        way_back: format!("/lines/{line}"),
        way_back_words: format!("Line {line}"),
    })
}

fn page(shown: Shown, person: Person) -> Response {
    let Shown { graded, address, way_back, way_back_words } = shown;
    let drawing = graded.drawing.as_ref().map(|png| STANDARD.encode(png));
    let report = graded.report.clone();
    let grade = report.found.as_ref().map(|found| &found.grade);
    let map = grade.map_or_else(String::new, chart::module_map);
    let histogram = grade.map_or_else(String::new, |g| chart::histogram(&report.histogram(), g));
    let frame = Frame::of(Some(person));
    let page =
        ReportPage { frame, report, address, way_back, way_back_words, drawing, map, histogram };
    Page(page).into_response()
}

fn json(shown: &Shown) -> Response {
    Json(grading::full(&shown.graded.report)).into_response()
}

/// Drawn on a thread that may take its time.
async fn pdf(shown: Shown) -> Result<Response, Refusal> {
    let graded = shown.graded;
    let drawn = tokio::task::spawn_blocking(move || {
        let drawing = graded.drawing.as_deref().and_then(grading::drawing);
        grading::pdf(&[(graded.report.clone(), drawing)])
    });
    let bytes = match drawn.await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(problem)) => {
            tracing::error!(%problem, "a report of a grade cannot be drawn");
            return Err(Refusal::cannot_be_made());
        }
        Err(problem) => {
            tracing::error!(%problem, "a report of a grade cannot be drawn");
            return Err(Refusal::cannot_be_made());
        }
    };
    let head = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"verification-report.pdf\""),
    ];
    Ok((head, bytes).into_response())
}
