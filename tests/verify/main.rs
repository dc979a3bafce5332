//! The camera driver: every source of pictures, readers, and what is expected of them.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test"
)]
mod aravis;
mod config;
mod driver;
mod expected;
mod readers;
mod sources;
#[path = "../symbol_kit/mod.rs"]
mod symbol_kit;
mod verify_kit;
