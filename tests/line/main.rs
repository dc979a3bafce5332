//! The line as a pure machine: facts in, records and commands out.
#![allow(
    clippy::disallowed_methods,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test"
)]
mod carried;
mod facts;
mod frames;
mod gate;
#[path = "../line_bench/mod.rs"]
mod line_bench;
mod machine;
mod packml;
mod recordings;
mod roll;
