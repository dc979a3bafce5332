//! Codes of every form: made by chance, taken apart, put together again, spoiled.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "codes/make.rs"]
mod make;
#[path = "codes/parse.rs"]
mod parse;
#[path = "codes/restore.rs"]
mod restore;
#[path = "codes/symbols.rs"]
mod symbols;
