//! How long the codes of every line last, and which of them die soon; for people and programs.
use super::WebState;
use super::line_page::must_see;
use super::orders::at;
use super::page::{Frame, Page, Refusal, RefusalJson};
use super::signed_in::Visitor;
use crate::store::{Dying, Outlook, StoreError, Want};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

/// Codes that die within this time are shown.
const DYING_WITHIN_DAYS: i64 = 14;
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/stock", get(show)).route("/api/stock", get(as_json))
}

/// One line's pool.
struct Row {
    line: String,
    pool: String,
    outlook: Outlook,
}

/// What the page and the JSON say.
struct Facts {
    rows: Vec<Row>,
    dying: Vec<Dying>,
    expired: u64,
    wants: Vec<Want>,
}

async fn facts(state: &WebState) -> Result<Facts, StoreError> {
    let mut rows = Vec::new();
    for desk in state.desks().iter().filter(|desk| desk.line.scenario.prints()) {
        let (line, pool) = (desk.line.name.clone(), desk.line.pool.clone());
        let outlook = state.store.outlook(&pool).await?;
        rows.push(Row { line, pool, outlook });
    }
    let soon = Micros(Micros::now().0 + DYING_WITHIN_DAYS * DAY);
    Ok(Facts {
        rows,
        dying: state.store.dying_before(soon).await?,
        expired: state.store.expired_codes().await?,
        wants: state.store.open_wants().await?,
    })
}

#[derive(Template)]
#[template(path = "pages/stock.html")]
struct StockPage {
    frame: Frame,
    facts: Facts,
}

async fn show(
    State(state): State<WebState>,
    Visitor(person): Visitor,
) -> Result<impl IntoResponse, Refusal> {
    must_see(&state, person.as_ref())?;
    let facts = facts(&state).await?;
    Ok(Page(StockPage { frame: Frame::of(person), facts }))
}

async fn as_json(
    State(state): State<WebState>,
    Visitor(person): Visitor,
) -> Result<Response, RefusalJson> {
    must_see(&state, person.as_ref())?;
    Ok(Json(json_of(&facts(&state).await?)).into_response())
}

fn json_of(facts: &Facts) -> Value {
    let line = |row: &Row| {
        let Outlook { in_hand, coming, per_hour, minutes_left, .. } = row.outlook;
        json!({
            "line": row.line, "pool": row.pool, "in_hand": in_hand, "coming": coming,
            "per_hour": per_hour.round(), "minutes_left": minutes_left,
            "minutes_with_coming": row.outlook.minutes_with_coming,
            "order_takes_minutes": row.outlook.order_takes.as_secs() / 60,
            "short": row.outlook.is_short(),
        })
    };
    let dying = |dying: &Dying| {
        json!({
            "pool": dying.pool, "gtin": dying.gtin, "codes": dying.codes,
            "expires_at": at(dying.at), "days_left": days_left(dying.at),
        })
    };
    let want = |want: &Want| {
        json!({
            "want": want.id, "pool": want.pool, "gtin": want.gtin.as_str(),
            "quantity": want.quantity, "taken": want.taken, "state": want.state.word(),
            "problem": want.problem,
        })
    };
    json!({
        "lines": facts.rows.iter().map(line).collect::<Vec<_>>(),
        "expiring": facts.dying.iter().map(dying).collect::<Vec<_>>(),
        "expired": facts.expired,
        "coming": facts.wants.iter().map(want).collect::<Vec<_>>(),
    })
}

fn days_left(at: Micros) -> i64 {
    (at.0 - Micros::now().0).max(0) / DAY
}
