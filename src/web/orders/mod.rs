//! Orders of labels: the customer's pages and the manager's.
mod form;
mod list;
mod order_page;
mod preview;
mod remarkings;
mod upload;
mod validate;

use super::WebState;
use super::page::{Refusal, must};
use crate::access::{Permission, may};
use crate::order::{Limits, OrderId, PriceList};
use crate::store::{LabelOrder, Person, StoreError, Viewer};
use crate::telemetry::clock::Micros;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;

/// What the pages of orders have to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSettings {
    /// Where the centre keeps the files of orders.
    pub orders_dir: PathBuf,
    /// What labels cost.
    pub prices: PriceList,
    /// Labels in one order.
    pub quantity_max: u32,
}

/// The largest request: an array of 100,000 long codes has 13 MB.
const UPLOAD_BYTES_MAX: usize = 20 * 1024 * 1024;
/// How long an answer may take: an upload over a phone's network is slow.
const ANSWER_WITHIN: Duration = Duration::from_mins(3);
/// Characters in a name of goods: what two lines of the smallest design hold.
const NAME_CHARS_MAX: usize = 60;

/// Labels in one file. It is drawn and sent piece by piece, so that memory is no limit; 100,000
/// labels are some 60 MB (578 bytes a label: docs/performance.md), which a customer can still open.
const FILE_LABELS_MAX: u32 = 100_000;

const SCRIPT: &str = include_str!("../../../templates/assets/orders.js");
const STYLE: &str = include_str!("../../../templates/assets/orders.css");

/// Everything under `/orders`.
pub(super) fn routes() -> Router<WebState> {
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN);
    let script = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), NO_CACHE];
    let style = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), NO_CACHE];
    Router::new()
        .route("/orders", get(list::show))
        .route("/orders/new", get(form::show).post(form::place))
        .route("/orders/remarkings", get(remarkings::show).post(remarkings::place))
        .route("/orders/preview.png", get(preview::show))
        .route("/orders/{id}", get(order_page::show).post(order_page::act))
        .route("/orders/{id}/labels.pdf", get(order_page::file))
        .route("/orders/{id}/validate", get(validate::show).post(validate::scan))
        .route("/assets/orders.js", get(async move || (script, SCRIPT)))
        .route("/assets/orders.css", get(async move || (style, STYLE)))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
        .layer(timeout)
}

const NO_CACHE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

impl OrderSettings {
    fn limits(&self) -> Limits {
        Limits {
            quantity_max: self.quantity_max,
            file_max: FILE_LABELS_MAX,
            name_max: NAME_CHARS_MAX,
            designs: crate::label::designs().iter().map(|d| d.name.clone()).collect(),
        }
    }
}

/// What this person may see of the orders.
fn viewer(person: &Person) -> Result<Viewer, Refusal> {
    if may(person.role, Permission::SeeEveryOrder) {
        return Ok(Viewer::Centre(person.id));
    }
    must(person, Permission::OrderLabels)?;
    Ok(Viewer::Customer(person.id))
}

/// The order, if there is one that this person may see. To anybody else it does not exist.
pub(super) async fn order_of(
    state: &WebState,
    id: i64,
    person: &Person,
) -> Result<LabelOrder, Refusal> {
    let found = state.store.label_order(OrderId(id), viewer(person)?).await?;
    found.ok_or_else(no_order)
}

fn no_order() -> Refusal {
    Refusal::not_found("order of this number").with_way_out("/orders", "To the orders")
}

/// A step that cannot be taken now is the person's business; anything else is ours.
fn refused(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        let refusal = Refusal::new(StatusCode::CONFLICT, sentence(&why));
        return refusal.with_way_out("/orders", "To the orders");
    }
    problem.into()
}

/// A reason as a sentence of its own; nothing where there is none.
pub(super) fn sentence(why: &str) -> String {
    let mut letters = why.trim_end_matches('.').chars();
    let Some(first) = letters.next() else { return String::new() };
    format!("{}{}.", first.to_uppercase(), letters.as_str())
}

/// A time for a person, in the time zone of this house.
pub(super) fn at(time: Micros) -> String {
    Timestamp::from_microsecond(time.0).map_or_else(
        |_| String::new(),
        |t| t.to_zoned(TimeZone::system()).strftime("%d.%m.%Y %H:%M:%S").to_string(),
    )
}

/// A verdict as one big word; the shape before it is for those who do not see its colour.
fn big_word(verdict: &str) -> &'static str {
    match verdict {
        "good" => "✔ Good",
        "duplicate" => "2× Duplicate",
        "foreign" => "✖ Foreign",
        _ => "? Malformed",
    }
}
