//! The PLC driver: with scripted PLCs, with slow and wrong ones, with Modbus servers that are not ours.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test"
)]
mod driver;
mod faults;
mod others;
mod plc_kit;
#[path = "../sim_hands/mod.rs"]
mod sim_hands;
