//! The store: what is written is kept, whole, in order and once.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod grades;
mod line;
mod plc_counts;
mod rolls;
mod stock;
#[path = "../store_kit/mod.rs"]
mod store_kit;
