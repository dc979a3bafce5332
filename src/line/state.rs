//! The states of a line: PackML (ANSI/ISA-TR88.00.02), seventeen states by their standard names
//! and numbers.
use std::fmt;
use std::str::FromStr;

/// A state of the line.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[repr(u8)]
pub enum LineState {
    /// Getting from Aborted to Stopped.
    Clearing = 1,
    /// At rest; needs a reset.
    Stopped = 2,
    /// Getting ready to run.
    Starting = 3,
    /// Ready to start.
    Idle = 4,
    /// Waiting for a machine before or after the line.
    Suspended = 5,
    /// Running.
    Execute = 6,
    /// Finishing what is on the belt.
    Stopping = 7,
    /// Stopping at once.
    Aborting = 8,
    /// Stopped at once; needs clearing.
    Aborted = 9,
    /// Coming to a hold.
    Holding = 10,
    /// Held for a reason of our own: labels, ribbon, codes, a device, a person.
    Held = 11,
    /// Going on after a hold.
    Unholding = 12,
    /// Coming to a wait.
    Suspending = 13,
    /// Going on after a wait.
    Unsuspending = 14,
    /// Getting from Stopped or Complete to Idle.
    Resetting = 15,
    /// The job is done; finishing what is on the belt.
    Completing = 16,
    /// The job is done.
    Complete = 17,
}

impl LineState {
    /// Every state, by number.
    pub const ALL: [Self; 17] = [
        Self::Clearing,
        Self::Stopped,
        Self::Starting,
        Self::Idle,
        Self::Suspended,
        Self::Execute,
        Self::Stopping,
        Self::Aborting,
        Self::Aborted,
        Self::Holding,
        Self::Held,
        Self::Unholding,
        Self::Suspending,
        Self::Unsuspending,
        Self::Resetting,
        Self::Completing,
        Self::Complete,
    ];

    /// The standard's number (tag `StateCurrent` of TR88.00.02; other publications number
    /// otherwise, so that the name always goes with it).
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clearing => "Clearing",
            Self::Stopped => "Stopped",
            Self::Starting => "Starting",
            Self::Idle => "Idle",
            Self::Suspended => "Suspended",
            Self::Execute => "Execute",
            Self::Stopping => "Stopping",
            Self::Aborting => "Aborting",
            Self::Aborted => "Aborted",
            Self::Holding => "Holding",
            Self::Held => "Held",
            Self::Unholding => "Unholding",
            Self::Suspending => "Suspending",
            Self::Unsuspending => "Unsuspending",
            Self::Resetting => "Resetting",
            Self::Completing => "Completing",
            Self::Complete => "Complete",
        }
    }

    /// Whether the belt moves, as long as rejecting is safe.
    pub const fn belt_runs(self) -> bool {
        matches!(self, Self::Execute | Self::Stopping | Self::Completing)
    }

    /// Whether the belt is to get empty.
    pub(super) const fn drains(self) -> bool {
        matches!(self, Self::Stopping | Self::Completing)
    }

    /// Whether the command Stop is accepted (ANSI/ISA-TR88.00.02, state model).
    pub const fn may_stop(self) -> bool {
        !matches!(
            self,
            Self::Stopped | Self::Stopping | Self::Clearing | Self::Aborting | Self::Aborted
        )
    }

    /// Whether the command Abort is accepted.
    pub const fn may_abort(self) -> bool {
        !matches!(self, Self::Aborting | Self::Aborted)
    }

    /// States in which the machine's own trouble aborts the line; in the others nothing moves, and
    /// a start waits for the trouble to go.
    pub(super) const fn may_abort_itself(self) -> bool {
        matches!(
            self,
            Self::Execute
                | Self::Holding
                | Self::Unholding
                | Self::Suspending
                | Self::Suspended
                | Self::Unsuspending
                | Self::Completing
                | Self::Stopping
        )
    }

    /// Whether nothing moves and nothing will without a request.
    pub const fn is_at_rest(self) -> bool {
        matches!(self, Self::Stopped | Self::Aborted | Self::Complete | Self::Idle)
    }
}

impl fmt::Display for LineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for LineState {
    type Err = UnknownLineState;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| UnknownLineState(name.to_owned()))
    }
}

/// A word that names no state of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no state of a line")]
pub struct UnknownLineState(String);
