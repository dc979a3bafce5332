//! The modes of a line: what it is there for just now (PackML, ANSI/ISA-TR88.00.02, unit modes).
use super::LineState;
use std::fmt;
use std::str::FromStr;

/// What the line is there for. Only in Production a code is printed and a product gets a label.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[repr(u8)]
pub enum Mode {
    /// Goods are made.
    #[default]
    Production = 1,
    /// The belt runs empty, so that somebody can look at it: the infeed is closed, nothing is
    /// printed, the gate rejects whatever comes.
    Maintenance = 2,
    /// A setter moves one thing at a time: [`super::Hand`].
    Manual = 3,
}

impl Mode {
    /// Every mode, by number.
    pub const ALL: [Self; 3] = [Self::Production, Self::Maintenance, Self::Manual];

    /// The standard's number (tag `UnitModeCurrent`; 0 is no mode).
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Maintenance => "Maintenance",
            Self::Manual => "Manual",
        }
    }

    /// Whether this state exists in this mode; the others are disabled.
    pub const fn has(self, state: LineState) -> bool {
        use LineState as S;
        match self {
            Self::Production => true,
            // An empty belt waits for no neighbour, and completes nothing.
            Self::Maintenance => !matches!(
                state,
                S::Suspending | S::Suspended | S::Unsuspending | S::Completing | S::Complete
            ),
            // Everything stands until a hand moves it: there is nothing to hold.
            Self::Manual => {
                Self::Maintenance.has(state)
                    && !matches!(state, S::Holding | S::Held | S::Unholding)
            }
        }
    }

    /// Whether the mode may change in this state: nothing moves, nothing is under way that a hold
    /// would keep, and the state exists in every mode.
    pub const fn may_change_in(state: LineState) -> bool {
        matches!(state, LineState::Stopped | LineState::Idle | LineState::Aborted)
    }

    /// What it means, in one sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Production => "Goods are made.",
            Self::Maintenance => "The belt runs empty; no code is printed, no product passes.",
            Self::Manual => "One thing at a time by hand; no code is printed, no product passes.",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// A word that names no mode of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no mode; there are Production, Maintenance and Manual")]
pub struct UnknownMode(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_changed_where_its_state_exists_in_every_mode() {
        let states = LineState::ALL.into_iter().filter(|state| Mode::may_change_in(*state));
        for state in states {
            assert!(Mode::ALL.into_iter().all(|mode| mode.has(state)), "{state}");
            assert!(!state.belt_runs(), "{state}");
        }
    }

    #[test]
    fn every_mode_is_read_back() {
        for mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        assert!("Semi".parse::<Mode>().is_err());
    }
}
