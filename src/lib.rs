//! Markwright: from a marking code to a verified label on a product, and back to the state system.
//!
//! The modules stand in the order of a code's way. Who may name whom is in
//! `tests/architecture.rs`; the reasons are in `docs/ARCHITECTURE.md`.

// The simulation is part of the unit tests, too, and names the crate as every other test does.
#[cfg(test)]
extern crate self as markwright;

pub mod code;
pub mod symbol;
pub mod label;
pub mod line;
pub mod order;
pub mod access;
pub mod alarm;
pub mod oee;
pub mod files;

pub mod upstream;
pub mod pull;
pub mod store;
pub mod print;
pub mod apply;
pub mod verify;
pub mod report;
pub mod papers;

pub mod calibration;
pub mod grading;
pub mod centre;
pub mod publish;
pub mod web;

pub mod config;
pub mod crew;
pub mod dial;
pub mod drive;
pub mod record;
pub mod telemetry;

pub mod app;
pub mod cli;
pub mod sim;
