//! Style and script: part of the program, so that a page needs nothing from elsewhere.
use super::WebState;
use axum::Router;
use axum::http::header;
use axum::routing::get;

const STYLE: &str = include_str!("../../templates/assets/markwright.css");
const QUALITY_STYLE: &str = include_str!("../../templates/assets/quality.css");
const STANDING_STYLE: &str = include_str!("../../templates/assets/standing.css");
const FRESH_SCRIPT: &str = include_str!("../../templates/assets/fresh.js");
const SCRIPT: &str = include_str!("../../templates/assets/live.js");
const ICON: &str = include_str!("../../templates/assets/icon.svg");

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/assets/markwright.css", get(async || as_kind("text/css; charset=utf-8", STYLE)))
        .route(
            "/assets/quality.css",
            get(async || as_kind("text/css; charset=utf-8", QUALITY_STYLE)),
        )
        .route(
            "/assets/standing.css",
            get(async || as_kind("text/css; charset=utf-8", STANDING_STYLE)),
        )
        .route(
            "/assets/fresh.js",
            get(async || as_kind("text/javascript; charset=utf-8", FRESH_SCRIPT)),
        )
        .route("/assets/live.js", get(async || as_kind("text/javascript; charset=utf-8", SCRIPT)))
        .route("/assets/icon.svg", get(async || as_kind("image/svg+xml", ICON)))
}

/// Asked for again with every page: after an upgrade nobody shall see new pages in an old dress.
fn as_kind(
    kind: &'static str,
    text: &'static str,
) -> ([(header::HeaderName, &'static str); 2], &'static str) {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}
