//! Pages about rolls: the passport of a job or an order, codes in doubt.
mod doubts;
mod paper;
mod passport;

use super::WebState;
use super::orders::at;
use axum::Router;
use axum::routing::get;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/lines/{name}/jobs/{id}/passport", get(passport::of_job))
        .route("/lines/{name}/jobs/{id}/passport.pdf", get(passport::of_job_pdf))
        .route("/lines/{name}/jobs/{id}/passport.json", get(passport::of_job_json))
        .route("/orders/{id}/passport", get(passport::of_order))
        .route("/orders/{id}/passport.pdf", get(passport::of_order_pdf))
        .route("/orders/{id}/passport.json", get(passport::of_order_json))
        .route("/lines/{name}/doubtful", get(doubts::show).post(doubts::decide))
}
