//! What a line made of its time (pure): shifts, stops and their causes, counts, availability ×
//! performance × quality (names of ISO 22400-2).
mod account;
mod cause;
mod counts;
mod figures;
mod shifts;

pub use account::{Account, NOT_KNOWN, Piece, Span, Stop, account, cover};
pub use cause::{PeopleCause, StopCause, UnknownStopCause, choices};
pub use counts::{Counts, NOT_PRODUCTION};
pub use figures::{Bar, Figures, pareto};
pub use shifts::{Days, Shift, ShiftProblem, Shifts, Window, clock, offset};

use std::time::Duration;

/// What is planned for a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// When it should run.
    pub shifts: Shifts,
    /// Products a minute that it makes if nothing stands in its way; nothing if nobody said so.
    pub design_per_minute: Option<f32>,
    /// Nobody is asked about stops that are shorter.
    pub micro_stop: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        let micro_stop = Duration::from_mins(2);
        Self { shifts: Shifts::default(), design_per_minute: None, micro_stop }
    }
}
