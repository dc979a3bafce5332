//! One order: how it stands, what happened to it, and what can be done about it now.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{no_order, order_of, refused, viewer};
use crate::access::Permission;
use crate::code::{CodeState, Duty};
use crate::order::{Delivery, OrderId, OrderState, OrderStep};
use crate::store::{
    AsideView, LabelOrder, Left, OrderCounts, OrderEvent, Person, StoreError, WantView,
};
use crate::telemetry::clock::{self, Micros};
use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

/// Lines of an array that the page names.
const ASIDE_SHOWN: u32 = 50;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 300;

#[derive(Template)]
#[template(path = "pages/orders_order.html")]
struct OrderPage {
    frame: Frame,
    order: LabelOrder,
    counts: OrderCounts,
    told: u32,
    want: Option<WantView>,
    events: Vec<OrderEvent>,
    aside_all: u32,
    aside: Vec<AsideView>,
}

impl OrderPage {
    /// Whether the goods must be marked today.
    fn duty(&self) -> Duty {
        self.order.sale.duty(&self.order.hs_code, clock::today())
    }

    fn has_roll(&self) -> bool {
        self.order.delivery == Delivery::Roll && self.order.job_id.is_some()
    }

    fn left(&self) -> Left {
        self.counts.left(self.order.quantity)
    }

    fn decides(&self) -> bool {
        self.frame.may(Permission::DecideOrders)
    }

    fn may_cancel(&self) -> bool {
        self.order.state == OrderState::Submitted && self.frame.may(Permission::OrderLabels)
    }

    fn may_decide(&self) -> bool {
        self.order.state == OrderState::Submitted && self.decides()
    }

    fn may_hand_over(&self) -> bool {
        self.order.state == OrderState::Printed && self.decides()
    }

    fn may_close(&self) -> bool {
        self.order.state == OrderState::HandedOver && self.decides() && self.left().open == 0
    }

    fn may_write_off(&self) -> bool {
        self.order.state.takes_scans() && self.left().open > 0
    }

    /// Whether codes are missing that nobody is going to bring by himself.
    fn lacks_codes(&self) -> bool {
        let waits = matches!(self.order.state, OrderState::Accepted | OrderState::InPrint);
        waits
            && self.decides()
            && self.left().missing > 0
            && self.order.want_id.is_some()
            && !self.want.as_ref().is_some_and(WantView::is_open)
    }

    fn may_go_on_without(&self) -> bool {
        self.order.state == OrderState::InPrint
            && self.decides()
            && self.left().missing > 0
            && !self.want.as_ref().is_some_and(WantView::is_open)
    }

    fn has_file(&self) -> bool {
        self.order.delivery == Delivery::Pdf && self.order.state.gives_file()
    }

    fn doubtful(&self) -> u32 {
        self.counts.of(CodeState::Doubtful)
    }

    fn verified(&self) -> u32 {
        self.counts.of(CodeState::Verified)
    }

    fn written_off(&self) -> u32 {
        self.counts.of(CodeState::Scrapped) + self.counts.of(CodeState::Rejected)
    }

    fn is_waiting(&self) -> bool {
        matches!(
            self.order.state,
            OrderState::Accepted | OrderState::CodesReceived | OrderState::InPrint
        )
    }
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse, Refusal> {
    let order = order_of(&state, id, &person).await?;
    let (store, id) = (&state.store, order.id);
    let (aside_all, aside) = store.label_order_aside(id, ASIDE_SHOWN).await?;
    Ok(Page(OrderPage {
        frame: Frame::of(Some(person)),
        counts: store.label_order_counts(id).await?,
        told: store.label_order_told(id).await?,
        want: store.label_order_want(id).await?,
        events: store.label_order_events(id).await?,
        order,
        aside_all,
        aside,
    }))
}

/// What the buttons of the page say.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Accept,
    Decline,
    Cancel,
    HandOver,
    Close,
    WantCodes,
    GoOnWithout,
    WriteOff,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "do")]
    wanted: Wanted,
    #[serde(default)]
    reason: String,
}

pub(super) async fn act(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    let order = order_of(&state, id, &person).await?;
    let needs = match asked.wanted {
        Wanted::Cancel => Some(Permission::OrderLabels),
        Wanted::WriteOff => None,
        Wanted::Accept
        | Wanted::Decline
        | Wanted::HandOver
        | Wanted::Close
        | Wanted::WantCodes
        | Wanted::GoOnWithout => Some(Permission::DecideOrders),
    };
    if let Some(permission) = needs {
        must(&person, permission)?;
    }
    let reason: String = asked.reason.trim().chars().take(REASON_CHARS_MAX).collect();
    if matches!(asked.wanted, Wanted::Decline | Wanted::WriteOff) && reason.is_empty() {
        let words = "Say why: the reason is kept with the order.";
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
            .with_way_out("/orders", "To the orders"));
    }
    carry_out(&state, &person, &order, asked.wanted, &reason).await?;
    Ok(Redirect::to(&format!("/orders/{}", order.id)))
}

async fn carry_out(
    state: &WebState,
    person: &Person,
    order: &LabelOrder,
    wanted: Wanted,
    reason: &str,
) -> Result<(), Refusal> {
    let (store, id, now) = (&state.store, order.id, Micros::now());
    let step = match wanted {
        Wanted::Accept => OrderStep::Accept,
        Wanted::Decline => OrderStep::Decline,
        Wanted::Cancel => OrderStep::Cancel,
        Wanted::HandOver => OrderStep::HandOver,
        Wanted::Close => OrderStep::Close,
        Wanted::WantCodes => {
            let wanted = store.want_codes_for_order(id, Some(person.id), 0, now).await;
            return wanted.map(drop).map_err(refused);
        }
        Wanted::GoOnWithout => {
            return store.go_on_without(id, person.id, now).await.map_err(refused);
        }
        Wanted::WriteOff => {
            let written_off = store.write_off_rest(id, person.id, reason, now).await;
            return written_off.map(drop).map_err(refused);
        }
    };
    let stepped = store.step_label_order(id, step, viewer(person)?, reason, now).await;
    stepped.map_err(refused)?.map(drop).ok_or_else(no_order)
}

pub(super) async fn file(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
) -> Result<Response, Refusal> {
    let order = order_of(&state, id, &person).await?;
    if order.delivery != Delivery::Pdf || !order.state.gives_file() {
        return Err(no_file());
    }
    let path = state.orders.orders_dir.join(order.id.file_name());
    let file = tokio::fs::File::open(&path).await.map_err(|problem| {
        tracing::error!(%problem, ?path, "the file of an order cannot be read");
        no_file()
    })?;
    note_download(&state, &person, order.id).await?;
    let name = format!("attachment; filename=\"labels-{}.pdf\"", order.id);
    let head =
        [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((head, Body::from_stream(ReaderStream::new(file))).into_response())
}

fn no_file() -> Refusal {
    Refusal::not_found("file of this order").with_way_out("/orders", "To the orders")
}

/// A file that was fetched twice may be printed twice: the history says so.
async fn note_download(state: &WebState, person: &Person, id: OrderId) -> Result<(), StoreError> {
    let now = Micros::now();
    state.store.note_label_order(id, Some(person.id), "PDF downloaded", "", now).await
}
