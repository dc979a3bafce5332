//! Signing, sign-in, and the documents of True API.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod daemon_kit;
#[path = "truth/gost.rs"]
mod gost;
#[path = "truth/house.rs"]
mod house;
mod orders_kit;
#[path = "truth/killed.rs"]
mod killed;
#[path = "truth/pages.rs"]
mod pages;
#[path = "truth/papers.rs"]
mod papers;
#[path = "truth/sign.rs"]
mod sign;
#[path = "truth/status.rs"]
mod status;
#[path = "truth/token.rs"]
mod token;
mod web_house;
