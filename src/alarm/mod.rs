//! Alarms by ISA-18.2 (pure): their states and legal steps, how urgent each one is, which one came
//! first, and when there are too many of them to look at one by one.
mod burst;
mod flood;
mod rating;
mod standing;
mod state;

pub use burst::{BURST_GAP, begins_burst, is_warning};
pub use flood::{Flood, Group, Shown, flood, group_of, shown};
pub use rating::{Priority, Rating, latches, rate, suppressed_by};
pub use standing::{Alarm, Came, DEADBAND, SHELVED_AT_MOST, Since};
pub use state::{Condition, IllegalStep, State, Step, UnknownState};
