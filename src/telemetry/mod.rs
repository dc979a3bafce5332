//! What is said of what happens: logs, the only wall clock, and what drivers and pages know of a
//! device beside the line.
pub mod clock;
mod identity;
mod last_word;

pub use identity::{Changes, Identity};
pub use last_word::LastWord;
