//! Hand scanners: every fault of theirs, and the command that tests one.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod command;
mod table;
