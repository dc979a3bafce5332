//! The station's interface, version 3, over HTTP.
use super::desk::{Closing, Desk, Query};
use super::refusal::Refusal;
use super::reports::Kind;
use super::wire::Knife;
use super::{Office, Trouble};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Query as Asked, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// No body is longer: 30,000 codes of 140 characters fill about 5 MB.
const LONGEST_BODY: usize = 16 << 20;

type Answer = Result<Json<Value>, Refusal>;
type Here = State<Arc<Office>>;

/// The whole interface.
pub(super) fn router(office: Arc<Office>) -> Router {
    let api = Router::new()
        .route("/ping", get(async |here: Here| here.read(|desk, _| Ok(desk.ping()))))
        .route("/order", post(order))
        .route(
            "/order/status",
            get(async |here: Here, q| here.ask(q, |d, q, now| d.status(q, now))),
        )
        .route("/order/list", get(async |here: Here| here.read(|desk, now| Ok(desk.list(now)))))
        .route("/codes", get(async |here: Here, q| here.ask(q, Desk::codes)))
        .route(
            "/order/codes/blocks",
            get(async |here: Here, q| here.ask(q, |d, q, now| d.blocks(q, now))),
        )
        .route("/order/codes/retry", get(async |here: Here, q| here.ask(q, Desk::retry)))
        .route("/order/close", post(close))
        .route(
            "/utilisation",
            post(async |here: Here, body| report(&here, Kind::Utilisation, &body)),
        )
        .route("/dropout", post(async |here: Here, body| report(&here, Kind::Dropout, &body)))
        .route(
            "/report/info",
            get(async |here: Here, q| here.ask(q, |d, q, now| d.report_info(q, now))),
        )
        .route(
            "/receipts/receipt",
            get(async |here: Here, q| here.ask(q, |d, q, now| d.receipt(q, now))),
        )
        .route(
            "/receipts/document",
            get(async |here: Here, q| here.ask(q, |d, q, _| d.document(q))),
        );
    Router::new()
        .nest("/api/v3", api)
        .merge(super::electronic_mark::router(&office.mark))
        .layer(middleware::from_fn_with_state(Arc::clone(&office), door))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(office)
}

async fn order(here: Here, body: Bytes) -> Answer {
    let new = parse(&body)?;
    here.read(|desk, now| desk.order(new, now))
}

async fn close(here: Here, body: Bytes) -> Answer {
    let closing: Closing = parse(&body)?;
    here.read(|desk, _| desk.close(&closing))
}

fn report(here: &Office, kind: Kind, body: &Bytes) -> Answer {
    let new = parse(body)?;
    here.read(|desk, now| desk.report(kind, &new, now))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::field("body", error.to_string()))
}

impl Office {
    fn read(&self, how: impl FnOnce(&mut Desk, i64) -> Result<Value, Refusal>) -> Answer {
        let now = self.now_ms();
        self.with(|desk| {
            let answer = how(desk, now).map(Json);
            desk.ledger.flush();
            answer
        })
    }

    fn ask(
        &self,
        Asked(query): Asked<Query>,
        how: impl FnOnce(&mut Desk, &Query, i64) -> Result<Value, Refusal>,
    ) -> Answer {
        self.read(|desk, now| how(desk, &query, now))
    }

    /// Token, installation and signature, in this order.
    fn check(&self, request: &Request, query: &Query) -> Result<(), Refusal> {
        let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
        if header("clientToken") != Some(self.client_token.as_str()) {
            return Err(Refusal::token());
        }
        if query.get("omsId") != Some(&self.oms_id) {
            return Err(Refusal::field("omsId", "is missing or wrong"));
        }
        let unsigned = header("X-Signature").unwrap_or_default().is_empty();
        if self.wants_signature && request.method() == "POST" && unsigned {
            return Err(Refusal::state("X-Signature is missing"));
        }
        Ok(())
    }
}

/// Every request comes through here: it is counted, checked, and may meet with trouble.
async fn door(
    State(office): Here,
    ConnectInfo(knife): ConnectInfo<Knife>,
    Asked(query): Asked<Query>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let trouble = office.with(|desk| {
        *desk.requests.entry(path.clone()).or_default() += 1;
        desk.trouble(&path)
    });
    if trouble == Some(Trouble::Error500) {
        return Refusal::internal().into_response();
    }
    let is_station = path.starts_with("/api/");
    if let Err(refusal) = if is_station { office.check(&request, &query) } else { Ok(()) } {
        return refusal.into_response();
    }
    let response = next.run(request).await;
    match trouble {
        Some(Trouble::Slow(by)) => tokio::time::sleep(by).await,
        Some(Trouble::LostAnswer) => knife.cut(),
        Some(Trouble::Garbled) => return garble(response).await,
        Some(Trouble::Error500) | None => {}
    }
    response
}

/// Half of the answer, under a good status.
async fn garble(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove("content-length");
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, Body::from(bytes.slice(..bytes.len() / 2)))
}
