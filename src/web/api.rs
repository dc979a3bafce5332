//! The same facts for programs.
use super::WebState;
use super::commands::tags_of;
use super::line_page::must_see;
use super::look::LineNow;
use super::page::RefusalJson;
use super::signed_in::Visitor;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/api/lines/{name}", get(line)).route("/healthz", get(health))
}

/// How a line stands, and the same as `PackTags`.
#[derive(Serialize)]
struct LineJson {
    #[serde(flatten)]
    now: LineNow,
    packml: Value,
}

async fn line(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
) -> Result<Response, RefusalJson> {
    must_see(&state, person.as_ref())?;
    let desk = state.desk(&name)?;
    Ok(Json(LineJson { now: desk.look(), packml: tags_of(desk) }).into_response())
}

/// Whether every line still has somebody who drives it.
async fn health(State(state): State<WebState>) -> Response {
    let lines: Vec<_> = state
        .desks()
        .iter()
        .map(|desk| json!({ "name": desk.line.name, "alive": desk.is_alive() }))
        .collect();
    let ok = state.desks().iter().all(|desk| desk.is_alive());
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ok": ok, "lines": lines }))).into_response()
}
