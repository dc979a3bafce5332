//! Grading a picture: one that somebody brings, or the kept one of a reject. The report as a page,
//! a document, and JSON.
mod chart;
mod form;
mod glances;
mod rejects;
mod report;
mod shelf;

pub(super) use shelf::Shelf;

use super::WebState;
use crate::calibration::Calibration;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::routing::get;
use std::path::Path;
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;

/// The largest file that is taken: 20 million grey pixels without compression.
const UPLOAD_BYTES_MAX: usize = 24 * 1024 * 1024;
/// How long an answer may take: a phone sends its pictures slowly.
const ANSWER_WITHIN: Duration = Duration::from_mins(2);

const STYLE: &str = include_str!("../../../templates/assets/grade.css");

pub(super) fn routes() -> Router<WebState> {
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN);
    let style =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    let kept = "/lines/{name}/pictures/{file}/grade";
    Router::new()
        .route("/grade", get(form::show).post(form::take))
        .route("/grade/{id}", get(report::of_upload))
        .route("/grade/{id}/report.pdf", get(report::of_upload_pdf))
        .route("/grade/{id}/report.json", get(report::of_upload_json))
        .route(kept, get(report::of_reject))
        .route(&format!("{kept}/report.pdf"), get(report::of_reject_pdf))
        .route(&format!("{kept}/report.json"), get(report::of_reject_json))
        .route("/lines/{name}/rejects", get(rejects::show))
        .route("/assets/grade.css", get(async move || (style, STYLE)))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
        .layer(timeout)
}

/// What the disk says of calibrations; it is waited for on a thread that may.
async fn from_disk<T: Send + 'static>(
    state: &WebState,
    ask: impl FnOnce(&Path) -> T + Send + 'static,
) -> Option<T> {
    let folder = state.settings.calibration_dir.clone();
    tokio::task::spawn_blocking(move || ask(&folder)).await.ok()
}

/// The calibration of a line's camera, if one is kept.
pub(super) async fn calibration_of(state: &WebState, line: &str) -> Option<Calibration> {
    let name = line.to_owned();
    from_disk(state, move |folder| Calibration::of_line(folder, &name)).await.flatten()
}
