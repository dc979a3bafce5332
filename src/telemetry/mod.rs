//! What is said of what happens: logs, and the only wall clock.
pub mod clock;
mod last_word;

pub use last_word::LastWord;
