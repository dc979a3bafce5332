//! Whole sites: the daemon, fake devices over real sockets, bad luck, and the account at the end.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a test"
)]
#[path = "../broker/mod.rs"]
mod broker;
mod codes;
#[path = "../daemon_kit/mod.rs"]
mod daemon_kit;
mod faults;
mod kill;
mod mqtt;
mod no_job;
mod operator;
mod packs;
mod plc;
mod plc_proxy;
mod printer;
mod roll_kit;
mod rolls;
#[path = "../site_kit/mod.rs"]
mod site_kit;
