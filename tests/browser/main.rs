//! The pages in a real browser, on a panel and on a phone.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
#[path = "../graded_kit/mod.rs"]
mod graded_kit;
mod grades;
mod orders;
#[path = "../orders_walk/mod.rs"]
mod orders_walk;
mod quality;
mod rejects;
mod rolls;
mod scanner;
#[path = "../store_kit/mod.rs"]
mod store_kit;
#[path = "../symbol_kit/mod.rs"]
mod symbol_kit;
mod web;
#[path = "../web_house/mod.rs"]
mod web_house;
