//! Errors that can be planted in what goes to and comes from state systems, to see that the campaign
//! finds them. Only the feature `planted` has them in a build, and there the environment names one:
//! everywhere else the question is a constant.

/// One error. Where it is asked for, the comment there says nothing: what is wrong is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// An order is written down only after it was placed.
    OrderUnwritten,
    /// An order whose answer was lost is taken for one that was not placed.
    DoubtIsProof,
    /// Blocks are not compared with the station's list after a doubt.
    BlocksUncompared,
    /// Of the station's list of blocks only the first is looked at.
    FirstBlockOnly,
    /// A block that is here is fetched again and counted twice.
    BlockTwice,
    /// The last code is taken together with others.
    LastWithOthers,
    /// An order that brought less than was wanted says nothing of it.
    LossUntold,
    /// A report is over when it was sent, whatever became of it.
    ToldWhenSent,
    /// A report without an answer is sent once more, and nobody writes that down.
    SentUncounted,
    /// A report without an answer is taken for one that was not sent.
    SentIsUnsent,
    /// What our own first sending told is taken for somebody else's.
    DuplicateIsForeign,
    /// Every call has a token of its own.
    TokenEachTime,
    /// Calls go as they come.
    NoPace,
    /// Electronic Mark: a group of orders is written down only after it was placed.
    GroupUnwritten,
    /// Electronic Mark: a labelling report is over as soon as it has a name.
    LabelledWhenNamed,
    /// Electronic Mark: a report without an answer is taken for one that arrived.
    LostIsDone,
}

#[cfg(not(feature = "planted"))]
impl Planted {
    /// Whether this build has the error: never.
    pub(crate) const fn is_in(self) -> bool {
        let _ = self;
        false
    }
}

#[cfg(feature = "planted")]
impl Planted {
    /// Whether `MARKWRIGHT_PLANTED` names the error.
    pub(crate) fn is_in(self) -> bool {
        static NAMED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
        let named = NAMED.get_or_init(|| std::env::var("MARKWRIGHT_PLANTED").ok());
        named.as_deref() == Some(&*format!("{self:?}"))
    }
}
