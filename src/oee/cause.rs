//! Why a line stood: what is proposed, and what a person picks.
use crate::line::{LineState, StopReason};
use std::borrow::Cow;
use std::str::FromStr;

/// Why a line stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopCause {
    /// Its own first cause.
    Trouble(StopReason),
    /// Its job was done, and the next one was not begun.
    JobDone,
    /// A person held or stopped it.
    Asked,
    /// It had not been started.
    NotStarted,
    /// The program did not run.
    NotKnown,
    /// What a person says.
    People(PeopleCause),
}

/// What a person can say beside what is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeopleCause {
    /// Labels or ribbon were changed.
    Material,
    /// A jam was cleared.
    Jam,
    /// Something was cleaned.
    Cleaning,
    /// The line was set up for another job.
    Changeover,
    /// No products came.
    NoProducts,
    /// The machine after the line took none.
    Outfeed,
    /// A break, or nobody was there.
    Break,
    /// Something was repaired or adjusted.
    Repair,
    /// Something else.
    Other,
}

/// What a person may pick for a stop: what is proposed first, ten at most.
pub fn choices(proposed: StopCause) -> Vec<StopCause> {
    let people = PeopleCause::ALL.map(StopCause::People);
    std::iter::once(proposed).chain(people.into_iter().filter(|cause| *cause != proposed)).collect()
}

impl StopCause {
    /// What is proposed for a stop that begins in this state (nothing = the program did not run)
    /// with this cause.
    pub const fn proposed(state: Option<LineState>, why: Option<StopReason>) -> Self {
        use LineState as S;
        match (state, why) {
            (None, _) => Self::NotKnown,
            (_, Some(reason)) => Self::Trouble(reason),
            (Some(S::Completing | S::Complete), None) => Self::JobDone,
            (Some(S::Starting | S::Idle | S::Resetting | S::Unholding | S::Unsuspending), None) => {
                Self::NotStarted
            }
            (Some(_), None) => Self::Asked,
        }
    }

    /// The word in the store and for programs.
    pub fn kind(self) -> Cow<'static, str> {
        match self {
            Self::Trouble(reason) => reason.kind(),
            Self::JobDone => "job_done".into(),
            Self::Asked => "asked".into(),
            Self::NotStarted => "not_started".into(),
            Self::NotKnown => "not_known".into(),
            Self::People(cause) => cause.word().into(),
        }
    }

    /// For a person.
    pub fn words(self) -> String {
        match self {
            Self::Trouble(reason) => reason.words().cause,
            Self::JobDone => "The job was done".to_owned(),
            Self::Asked => "Held or stopped by a person".to_owned(),
            Self::NotStarted => "Not started".to_owned(),
            Self::NotKnown => "Not known: the program did not run".to_owned(),
            Self::People(cause) => cause.words().to_owned(),
        }
    }
}

impl FromStr for StopCause {
    type Err = UnknownStopCause;
    fn from_str(kind: &str) -> Result<Self, Self::Err> {
        let own = [Self::JobDone, Self::Asked, Self::NotStarted, Self::NotKnown];
        let people = PeopleCause::ALL.map(Self::People);
        let known = own.into_iter().chain(people).find(|cause| cause.kind() == kind);
        let trouble = || kind.parse().map(Self::Trouble).ok();
        known.or_else(trouble).ok_or_else(|| UnknownStopCause(kind.to_owned()))
    }
}

/// A word that names no cause of a stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no cause of a stop")]
pub struct UnknownStopCause(String);

impl PeopleCause {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Material,
        Self::Jam,
        Self::Cleaning,
        Self::Changeover,
        Self::NoProducts,
        Self::Outfeed,
        Self::Break,
        Self::Repair,
        Self::Other,
    ];

    /// The word in the store and for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Material => "material",
            Self::Jam => "jam",
            Self::Cleaning => "cleaning",
            Self::Changeover => "changeover",
            Self::NoProducts => "no_products",
            Self::Outfeed => "outfeed",
            Self::Break => "break",
            Self::Repair => "repair",
            Self::Other => "other",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Material => "Labels or ribbon changed",
            Self::Jam => "Jam cleared",
            Self::Cleaning => "Cleaning",
            Self::Changeover => "Set up for another job",
            Self::NoProducts => "No products came",
            Self::Outfeed => "Outfeed blocked",
            Self::Break => "Break, or nobody there",
            Self::Repair => "Repair or adjustment",
            Self::Other => "Something else",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_cause_is_read_back_and_no_word_means_two() {
        let own =
            [StopCause::JobDone, StopCause::Asked, StopCause::NotStarted, StopCause::NotKnown];
        let people = PeopleCause::ALL.map(StopCause::People);
        let all: Vec<_> =
            StopReason::every().map(StopCause::Trouble).chain(own).chain(people).collect();
        for cause in &all {
            assert_eq!(cause.kind().parse().as_ref(), Ok(cause));
        }
        let kinds: BTreeSet<_> = all.iter().map(|cause| cause.kind()).collect();
        assert_eq!(kinds.len(), all.len());
        assert!("nothing_of_that".parse::<StopCause>().is_err());
    }

    #[test]
    fn ten_causes_at_most_and_the_proposed_one_first() {
        for proposed in [StopCause::Asked, StopCause::People(PeopleCause::Jam)] {
            let choices = choices(proposed);
            assert!(choices.len() <= 10);
            assert_eq!(choices[0], proposed);
            assert_eq!(choices.iter().collect::<BTreeSet<_>>().len(), choices.len());
        }
    }
}
