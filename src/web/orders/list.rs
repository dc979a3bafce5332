//! The list of orders: a customer's own, or everybody's.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal};
use super::super::signed_in::SignedIn;
use super::viewer;
use crate::access::Permission;
use crate::store::LabelOrder;
use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;

#[derive(Template)]
#[template(path = "pages/orders_list.html")]
struct ListPage {
    frame: Frame,
    orders: Vec<LabelOrder>,
}

impl ListPage {
    fn may_order(&self) -> bool {
        self.frame.may(Permission::OrderLabels)
    }

    fn shows_customers(&self) -> bool {
        self.frame.may(Permission::SeeEveryOrder)
    }
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Refusal> {
    let orders = state.store.label_orders(viewer(&person)?).await?;
    Ok(Page(ListPage { frame: Frame::of(Some(person)), orders }))
}
