//! Validating applied labels with a hand scanner or by typing.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal};
use super::super::signed_in::SignedIn;
use super::{at, no_order, order_of, refused, sentence, viewer};
use crate::code::CodeState;
use crate::order::{OrderId, Scan};
use crate::store::{LabelOrder, OrderCounts, ScanView};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use serde::{Deserialize, Serialize};

/// Scans that the page shows.
const SCANS_SHOWN: u32 = 10;
/// Characters of a scan; the longest code has 127, each as six with everything shown.
const SCAN_CHARS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "pages/orders_validate.html")]
struct ValidatePage {
    frame: Frame,
    order: LabelOrder,
    counts: OrderCounts,
    last: Option<Judged>,
    scans: Vec<ScanView>,
}

/// The result of one scan, as the page shows it.
#[derive(Debug, Clone, Serialize)]
struct Judged {
    /// `good`, `duplicate`, `foreign`, `malformed`.
    verdict: &'static str,
    /// Beside the verdict: why, and what to do.
    words: String,
    /// Labels validated so far.
    validated: u32,
    /// Labels still to be validated.
    left: u32,
    /// When, for the list.
    at: String,
}

impl ValidatePage {
    fn validated(&self) -> u32 {
        self.counts.of(CodeState::Verified)
    }

    fn left(&self) -> u32 {
        self.counts.to_validate() + self.counts.of(CodeState::Doubtful)
    }

    fn takes_scans(&self) -> bool {
        self.order.state.takes_scans()
    }
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse, Refusal> {
    let order = order_of(&state, id, &person).await?;
    let counts = state.store.label_order_counts(order.id).await?;
    let scans = state.store.last_scans(order.id, SCANS_SHOWN).await?;
    Ok(Page(ValidatePage { frame: Frame::of(Some(person)), order, counts, last: None, scans }))
}

#[derive(Deserialize)]
pub(super) struct Input {
    scan: String,
}

/// Answers with the page, or with JSON where the script asks for it.
pub(super) async fn scan(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
    headers: HeaderMap,
    Form(input): Form<Input>,
) -> Result<Response, Refusal> {
    if input.scan.chars().count() > SCAN_CHARS_MAX {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "That is not one code."));
    }
    let (viewer, now) = (viewer(&person)?, Micros::now());
    let scanned = state.store.scan_label(OrderId(id), viewer, &input.scan, now).await;
    let scanned = scanned.map_err(refused)?.ok_or_else(no_order)?;
    let last = result_of(&scanned.scan, &scanned.counts, now);
    let accepts = headers.get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
    if accepts.is_some_and(|kinds| kinds.starts_with("application/json")) {
        return Ok(Json(last).into_response());
    }
    let scans = state.store.last_scans(OrderId(id), SCANS_SHOWN).await?;
    let (order, counts) = (scanned.order, scanned.counts);
    let frame = Frame::of(Some(person));
    Ok(Page(ValidatePage { frame, order, counts, last: Some(last), scans }).into_response())
}

fn result_of(scan: &Scan, counts: &OrderCounts, now: Micros) -> Judged {
    let words = if let Scan::Duplicate { when, .. } = scan {
        format!("Validated before, on {}. Is it on two products?", at(Micros(*when)))
    } else {
        sentence(&scan.words())
    };
    Judged {
        verdict: scan.word(),
        words,
        validated: counts.of(CodeState::Verified),
        left: counts.to_validate() + counts.of(CodeState::Doubtful),
        at: at(now),
    }
}
