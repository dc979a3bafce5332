//! The life of a code: every legal arrow, in one function.
use std::fmt;
use std::str::FromStr;

/// Where one code is on its way.
///
/// That the state system was told is a fact beside the state (`told_at` in the store), because the
/// sums of a job are sums of fates, and telling does not change a fate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum CodeState {
    /// In our store, promised to nobody.
    Stored,
    /// Its label was handed to a printer; it is never handed over again.
    Sent,
    /// The printer said the label came out.
    Printed,
    /// The label is on a product.
    Applied,
    /// It was read back on its product, equal and good enough.
    Verified,
    /// Sight was lost after `Sent`; evidence or a person with a reason must decide.
    Doubtful,
    /// Its label was spoiled or discarded before it reached a product.
    Scrapped,
    /// Its label is on a product that was rejected.
    Rejected,
    /// Taken for quality control.
    Sampled,
}

/// One step of that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Step {
    /// Handed to a printer.
    Send,
    /// Came out of the printer.
    Print,
    /// Put on a product.
    Apply,
    /// Read back, good.
    Verify,
    /// Sight was lost.
    Doubt,
    /// Discarded before it reached a product.
    Scrap,
    /// Its product was rejected.
    Reject,
    /// Taken for quality control.
    Sample,
}

/// A step that no code in this state can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {from} code cannot take the step {step:?}")]
pub struct IllegalStep {
    /// The state that the code is in.
    pub from: CodeState,
    /// The step that was asked of it.
    pub step: Step,
}

impl CodeState {
    /// Every state, in the order of a code's way.
    pub const ALL: [Self; 9] = [
        Self::Stored,
        Self::Sent,
        Self::Printed,
        Self::Applied,
        Self::Verified,
        Self::Doubtful,
        Self::Scrapped,
        Self::Rejected,
        Self::Sampled,
    ];

    /// The whole way of a code. No arrow leads back to `Stored`: that is the promise that no
    /// code is printed twice. The table `life` of the migrations holds the same arrows; a test
    /// compares them.
    pub const fn after(self, step: Step) -> Result<Self, IllegalStep> {
        use CodeState as S;
        Ok(match (self, step) {
            (S::Stored, Step::Send) => S::Sent,
            (S::Sent, Step::Print) => S::Printed,
            (S::Printed, Step::Apply) => S::Applied,
            // A label on a roll is validated by hand: applied and read in one act.
            (S::Printed | S::Applied | S::Doubtful, Step::Verify) => S::Verified,
            // A verified code falls back into doubt when its product was never seen at the gate.
            (S::Sent | S::Printed | S::Applied | S::Verified, Step::Doubt) => S::Doubtful,
            (S::Stored | S::Sent | S::Printed | S::Doubtful, Step::Scrap) => S::Scrapped,
            // The gate may refuse a verified product: the verdict came too late.
            (S::Sent | S::Printed | S::Applied | S::Verified | S::Doubtful, Step::Reject) => {
                S::Rejected
            }
            (S::Printed | S::Applied | S::Verified | S::Doubtful, Step::Sample) => S::Sampled,
            (from, step) => return Err(IllegalStep { from, step }),
        })
    }

    /// The word for this state in the store, on the pages and in topics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Sent => "sent",
            Self::Printed => "printed",
            Self::Applied => "applied",
            Self::Verified => "verified",
            Self::Doubtful => "doubtful",
            Self::Scrapped => "scrapped",
            Self::Rejected => "rejected",
            Self::Sampled => "sampled",
        }
    }
}

impl fmt::Display for CodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for CodeState {
    type Err = UnknownState;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// A word that names no state of a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no state of a code")]
pub struct UnknownState(String);

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Send,
        Self::Print,
        Self::Apply,
        Self::Verify,
        Self::Doubt,
        Self::Scrap,
        Self::Reject,
        Self::Sample,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_arrow_leads_back_to_stored() {
        for from in CodeState::ALL {
            for step in Step::ALL {
                assert_ne!(from.after(step), Ok(CodeState::Stored), "{from} {step:?}");
            }
        }
    }

    #[test]
    fn only_a_stored_code_can_be_sent() {
        for from in CodeState::ALL {
            assert_eq!(from.after(Step::Send).is_ok(), from == CodeState::Stored, "{from}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for state in CodeState::ALL {
            assert_eq!(state.word().parse(), Ok(state));
        }
    }
}
