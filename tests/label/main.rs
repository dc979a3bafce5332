//! Labels: designs and their rules, every output, and what programs that are not ours make of it.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, missing_docs, reason = "a test")]
mod bitmap;
mod cli;
mod designs;
mod document;
mod label_kit;
#[path = "../label_oracle/mod.rs"]
mod label_oracle;
mod nearest;
mod pdf;
mod rules;
mod sheet;
mod tspl;
mod zpl;
