//! The fake plant itself, device by device.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod alone;
mod camera;
mod issuer;
mod printer;
mod printer_moods;
mod printer_tongues;
mod scene;
#[path = "../sim_hands/mod.rs"]
mod sim_hands;
mod sim_printer_kit;
mod world;
