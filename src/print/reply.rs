//! What the bytes that a printer has sent so far amount to (pure).

/// No answer to any question is longer; more is nonsense.
pub(super) const LONGEST_ANSWER: usize = 4096;

/// What the bytes so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply<T> {
    /// More must come.
    NotYet,
    /// The whole answer.
    Is(T),
    /// This can never become an answer.
    Nonsense,
}

impl<T> Reply<T> {
    /// The same for another reading of the answer.
    pub(super) fn map<U>(self, read: impl FnOnce(T) -> U) -> Reply<U> {
        match self {
            Self::NotYet => Reply::NotYet,
            Self::Is(told) => Reply::Is(read(told)),
            Self::Nonsense => Reply::Nonsense,
        }
    }
}
