//! Symbols: drawn, read and graded.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::many_single_char_names,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test"
)]
mod both_ways;
mod expected;
mod grade;
mod grade_any;
mod grade_cli;
mod grade_frames;
#[path = "../grade_kit/mod.rs"]
mod grade_kit;
#[path = "../graded_kit/mod.rs"]
mod graded_kit;
mod million;
mod read;
#[path = "../symbol_kit/mod.rs"]
mod symbol_kit;
mod trend;
