//! The printer driver: what works, what goes wrong, how fast it is, both languages.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, missing_docs, reason = "a test")]
mod driver;
mod faults;
mod pace;
mod print_kit;
mod tspl;
