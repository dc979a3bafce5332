//! The pages and the commands over real sockets.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod arrays;
mod commands;
mod pages;
mod refused;
mod rolls;
#[path = "../store_kit/mod.rs"]
mod store_kit;
#[path = "../web_house/mod.rs"]
mod web_house;
