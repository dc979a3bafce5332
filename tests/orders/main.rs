//! Label orders: in the store, at the centre, on their pages.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod centre;
#[path = "../orders_kit/mod.rs"]
mod orders_kit;
mod pages;
mod store;
#[path = "../web_house/mod.rs"]
mod web_house;
