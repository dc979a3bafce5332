//! The states of an alarm and the steps between them (ANSI/ISA-18.2-2016, alarm state transition
//! diagram).
use std::fmt;
use std::str::FromStr;

/// How an alarm is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its cause does not stand, and nobody has to do anything.
    Normal,
    /// Its cause stands, and nobody has taken notice yet.
    Unacknowledged,
    /// Its cause stands, and somebody has taken notice.
    Acknowledged,
    /// Its cause is gone, and nobody has taken notice.
    ReturnedUnacknowledged,
    /// Its cause is gone, it stays until somebody resets it, and nobody has taken notice.
    LatchedUnacknowledged,
    /// Its cause is gone, somebody has taken notice, and it stays until somebody resets it.
    LatchedAcknowledged,
    /// Put aside by a person, until a time.
    Shelved,
    /// Not shown while another alarm stands that brings it about.
    SuppressedByDesign,
    /// Taken away by a person until a person brings it back.
    OutOfService,
}

/// What can happen to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Its cause came.
    Raise,
    /// Its cause came back so soon that it is the same occurrence.
    Repeat,
    /// Its cause is gone.
    Clear,
    /// A person takes notice.
    Acknowledge,
    /// A person lets go of a latched alarm.
    Reset,
    /// A person puts it aside for a time.
    Shelve,
    /// The time is over, or a person brings it back.
    Unshelve,
    /// An alarm came that brings it about.
    Suppress,
    /// That alarm is gone.
    Unsuppress,
    /// A person takes it out of service.
    TakeOut,
    /// A person brings it back into service.
    PutBack,
}

/// How an alarm stands: what is shown, and what is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// What is shown.
    pub state: State,
    /// Whether its cause stands.
    pub active: bool,
    /// Whether it stays until a person resets it.
    pub latched: bool,
}

/// A step that an alarm cannot take as it stands. Says what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the alarm is {state}: {advice}")]
pub struct IllegalStep {
    /// How it is shown.
    pub state: State,
    /// The step.
    pub step: Step,
    advice: &'static str,
}

impl Condition {
    /// Nothing was ever heard of it.
    pub const NEW: Self = Self { state: State::Normal, active: false, latched: false };

    /// How it stands after a step. `latches`: whether an alarm of this kind stays until a person
    /// resets it.
    pub fn after(self, step: Step, latches: bool) -> Result<Self, IllegalStep> {
        use State as S;
        let next = match (step, self.state) {
            (Step::Raise | Step::Repeat, _) if self.active => None,
            (Step::Clear, _) if !self.active => None,
            (Step::Raise | Step::Repeat, state) => {
                let state = if state.is_hidden() { state } else { came(state, step) };
                Some(Self { state, active: true, latched: self.latched || latches })
            }
            (Step::Clear, state) => {
                let state = if state.is_hidden() { state } else { self.gone() };
                Some(Self { state, active: false, ..self })
            }
            (Step::Acknowledge, S::Unacknowledged) => Some(self.shown(S::Acknowledged)),
            (Step::Acknowledge, S::ReturnedUnacknowledged) => Some(self.shown(S::Normal)),
            (Step::Acknowledge, S::LatchedUnacknowledged) => {
                Some(self.shown(S::LatchedAcknowledged))
            }
            (Step::Reset, S::LatchedUnacknowledged) => {
                Some(Self { latched: false, ..self.shown(S::ReturnedUnacknowledged) })
            }
            (Step::Reset, S::LatchedAcknowledged) => {
                Some(Self { latched: false, ..self.shown(S::Normal) })
            }
            (Step::Shelve, state) if !state.is_hidden() => Some(self.shown(S::Shelved)),
            (Step::Suppress, state) if !state.is_hidden() => {
                Some(self.shown(S::SuppressedByDesign))
            }
            (Step::TakeOut, state) if state != S::OutOfService => Some(self.shown(S::OutOfService)),
            (Step::Unshelve, S::Shelved)
            | (Step::Unsuppress, S::SuppressedByDesign)
            | (Step::PutBack, S::OutOfService) => Some(self.back()),
            (
                Step::Acknowledge
                | Step::Reset
                | Step::Shelve
                | Step::Unshelve
                | Step::Suppress
                | Step::Unsuppress
                | Step::TakeOut
                | Step::PutBack,
                _,
            ) => None,
        };
        next.ok_or_else(|| IllegalStep { state: self.state, step, advice: self.advice(step) })
    }

    const fn shown(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// What is shown when the cause of a shown alarm goes.
    const fn gone(self) -> State {
        match (self.state, self.latched) {
            (State::Acknowledged, true) => State::LatchedAcknowledged,
            (State::Acknowledged, false) => State::Normal,
            (_, true) => State::LatchedUnacknowledged,
            (_, false) => State::ReturnedUnacknowledged,
        }
    }

    /// Shown again: whatever stands is to be taken notice of anew.
    const fn back(self) -> Self {
        self.shown(match (self.active, self.latched) {
            (true, _) => State::Unacknowledged,
            (false, true) => State::LatchedUnacknowledged,
            (false, false) => State::Normal,
        })
    }

    /// What to do instead of a step that cannot be taken.
    const fn advice(self, step: Step) -> &'static str {
        use State as S;
        match (step, self.state) {
            (Step::Raise | Step::Repeat, _) => "its cause stands already",
            (Step::Clear, _) => "its cause does not stand",
            (_, S::Shelved) => "bring it back from the shelf first",
            (_, S::OutOfService) => "bring it back into service first",
            (_, S::SuppressedByDesign) => "remove the cause that brings it about first",
            (Step::Acknowledge, _) => "there is nothing to acknowledge",
            (Step::Reset, _) if self.active => "its cause still stands; remove that first",
            (Step::Reset, _) => "there is nothing to reset",
            (Step::Unshelve, _) => "it is not on the shelf",
            (Step::PutBack, _) => "it is in service",
            (Step::Shelve | Step::Suppress | Step::Unsuppress | Step::TakeOut, _) => {
                "look at it again: it has changed"
            }
        }
    }
}

/// What is shown when the cause comes. What was acknowledged and is back at once needs no second
/// acknowledgement.
const fn came(state: State, step: Step) -> State {
    match (step, state) {
        (Step::Repeat, State::Normal | State::LatchedAcknowledged) => State::Acknowledged,
        _ => State::Unacknowledged,
    }
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Normal,
        Self::Unacknowledged,
        Self::Acknowledged,
        Self::ReturnedUnacknowledged,
        Self::LatchedUnacknowledged,
        Self::LatchedAcknowledged,
        Self::Shelved,
        Self::SuppressedByDesign,
        Self::OutOfService,
    ];

    /// The word in the store and in topics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Unacknowledged => "unacknowledged",
            Self::Acknowledged => "acknowledged",
            Self::ReturnedUnacknowledged => "returned_unacknowledged",
            Self::LatchedUnacknowledged => "latched_unacknowledged",
            Self::LatchedAcknowledged => "latched_acknowledged",
            Self::Shelved => "shelved",
            Self::SuppressedByDesign => "suppressed_by_design",
            Self::OutOfService => "out_of_service",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Unacknowledged => "not acknowledged",
            Self::Acknowledged => "acknowledged",
            Self::ReturnedUnacknowledged => "gone, not acknowledged",
            Self::LatchedUnacknowledged => "gone, latched, not acknowledged",
            Self::LatchedAcknowledged => "gone, latched, acknowledged",
            Self::Shelved => "shelved",
            Self::SuppressedByDesign => "suppressed by design",
            Self::OutOfService => "out of service",
        }
    }

    /// Whether somebody decided that it is not shown among the others.
    pub const fn is_hidden(self) -> bool {
        matches!(self, Self::Shelved | Self::SuppressedByDesign | Self::OutOfService)
    }

    /// Whether somebody must take notice.
    pub const fn is_unacknowledged(self) -> bool {
        matches!(
            self,
            Self::Unacknowledged | Self::ReturnedUnacknowledged | Self::LatchedUnacknowledged
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl FromStr for State {
    type Err = UnknownState;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.word() == word);
        found.ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// A word that names no state of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no state of an alarm")]
pub struct UnknownState(String);

impl Step {
    /// Every step.
    pub const ALL: [Self; 11] = [
        Self::Raise,
        Self::Repeat,
        Self::Clear,
        Self::Acknowledge,
        Self::Reset,
        Self::Shelve,
        Self::Unshelve,
        Self::Suppress,
        Self::Unsuppress,
        Self::TakeOut,
        Self::PutBack,
    ];

    /// The word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Repeat => "repeat",
            Self::Clear => "clear",
            Self::Acknowledge => "acknowledge",
            Self::Reset => "reset",
            Self::Shelve => "shelve",
            Self::Unshelve => "unshelve",
            Self::Suppress => "suppress",
            Self::Unsuppress => "unsuppress",
            Self::TakeOut => "take_out",
            Self::PutBack => "put_back",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    fn walk(steps: &[Step], latches: bool) -> State {
        let mut condition = Condition::NEW;
        for step in steps {
            condition = condition.after(*step, latches).unwrap();
        }
        condition.state
    }

    #[test]
    fn an_alarm_is_normal_again_when_its_cause_is_gone_and_somebody_took_notice() {
        use Step::{Acknowledge, Clear, Raise};
        assert_eq!(walk(&[Raise], false), State::Unacknowledged);
        assert_eq!(walk(&[Raise, Acknowledge, Clear], false), State::Normal);
        assert_eq!(walk(&[Raise, Clear], false), State::ReturnedUnacknowledged);
        assert_eq!(walk(&[Raise, Clear, Acknowledge], false), State::Normal);
    }

    #[test]
    fn a_latched_alarm_stays_until_somebody_resets_it() {
        use Step::{Acknowledge, Clear, Raise, Reset};
        assert_eq!(walk(&[Raise, Clear], true), State::LatchedUnacknowledged);
        assert_eq!(walk(&[Raise, Acknowledge, Clear], true), State::LatchedAcknowledged);
        assert_eq!(walk(&[Raise, Acknowledge, Clear, Reset], true), State::Normal);
        assert_eq!(walk(&[Raise, Clear, Reset], true), State::ReturnedUnacknowledged);
        let stands = Condition { state: State::Acknowledged, active: true, latched: true };
        let problem = stands.after(Reset, true).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "the alarm is acknowledged: its cause still stands; remove that first"
        );
    }

    #[test]
    fn what_was_hidden_is_shown_anew_as_it_stands_by_then() {
        use Step::{Acknowledge, Clear, PutBack, Raise, Shelve, TakeOut, Unshelve};
        assert_eq!(walk(&[Raise, Acknowledge, Shelve, Unshelve], false), State::Unacknowledged);
        assert_eq!(walk(&[Raise, Shelve, Clear, Unshelve], false), State::Normal);
        assert_eq!(walk(&[Raise, Shelve, Clear, Unshelve], true), State::LatchedUnacknowledged);
        assert_eq!(walk(&[TakeOut, Raise], false), State::OutOfService);
        assert_eq!(walk(&[TakeOut, Raise, PutBack], false), State::Unacknowledged);
    }

    #[test]
    fn what_comes_back_at_once_needs_no_second_acknowledgement() {
        use Step::{Acknowledge, Clear, Raise, Repeat};
        assert_eq!(walk(&[Raise, Acknowledge, Clear, Repeat], false), State::Acknowledged);
        assert_eq!(walk(&[Raise, Clear, Repeat], false), State::Unacknowledged);
        assert_eq!(walk(&[Raise, Acknowledge, Clear, Repeat], true), State::Acknowledged);
    }

    /// Every condition that can come about.
    fn reachable(latches: bool) -> BTreeSet<Condition> {
        let mut known = BTreeSet::from([Condition::NEW]);
        loop {
            let next: BTreeSet<_> = known
                .iter()
                .flat_map(|c| Step::ALL.into_iter().filter_map(|s| c.after(s, latches).ok()))
                .collect();
            let before = known.len();
            known.extend(next);
            if known.len() == before {
                return known;
            }
        }
    }

    #[test]
    fn every_state_is_reached_and_what_is_shown_is_so() {
        let all: BTreeSet<_> =
            [false, true].into_iter().flat_map(reachable).map(|c| c.state).collect();
        assert_eq!(all, State::ALL.into_iter().collect());
        for condition in [false, true].into_iter().flat_map(reachable) {
            let stands = matches!(condition.state, State::Unacknowledged | State::Acknowledged);
            assert!(condition.state.is_hidden() || condition.active == stands, "{condition:?}");
        }
    }

    #[test]
    fn the_document_has_the_table_of_steps() {
        let mut table = String::from("| State |");
        let mut rule = String::from("\n|---|");
        for step in Step::ALL {
            let _ = write!(table, " {} |", step.word());
            rule += "---|";
        }
        table += &rule;
        for state in State::ALL {
            let _ = write!(table, "\n| {} |", state.word());
            for step in Step::ALL {
                let of = |latches| {
                    let found: BTreeSet<_> = reachable(latches)
                        .into_iter()
                        .filter(|c| c.state == state)
                        .filter_map(|c| c.after(step, latches).ok())
                        .map(|c| c.state.word())
                        .collect();
                    found
                };
                let next: Vec<_> = of(false).union(&of(true)).copied().collect();
                let _ = write!(table, " {} |", next.join(", "));
            }
        }
        let document = include_str!("../../docs/alarms.md");
        assert!(document.contains(&table), "docs/alarms.md should say:\n{table}");
    }

    proptest! {
        #[test]
        fn a_cause_that_stands_is_never_shown_as_normal(
            steps in prop::collection::vec(0..Step::ALL.len(), 0..60), latches: bool,
        ) {
            let mut condition = Condition::NEW;
            for step in steps {
                let step = Step::ALL[step];
                if let Ok(next) = condition.after(step, latches) {
                    condition = next;
                }
                prop_assert!(!(condition.active && condition.state == State::Normal));
                prop_assert!(!condition.latched || condition.state != State::Normal);
            }
        }
    }
}
