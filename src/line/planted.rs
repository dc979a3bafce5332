//! Errors that can be planted in the line, to see that the simulation finds them. None is in any
//! build but that of the unit tests: everywhere else the question is a constant.

/// One error. Where it is asked for, the comment there says nothing: what is wrong is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planted {
    /// A code that was handed over and not confirmed goes back to stock when the printer is lost.
    SentGoesBack,
    /// Any code of the row passes on any product.
    AnyCodePasses,
    /// A label that nobody could read passes.
    UnreadPasses,
    /// A reject that the bin's eye saw is not settled as one.
    BinIsGood,
    /// A product that vanished keeps its code as it was.
    VanishedKeepsCode,
    /// A belt that the PLC forgot is forgotten without a record.
    BeltForgotten,
    /// A pass is spoken again and again.
    PassAgain,
    /// A drain that does not end forgets the labels on the pad.
    DrainForgets,
    /// Of two products that touch, only the second is rejected.
    OneOfAPair,
    /// A good product in the bin stays verified.
    FalseEjectIgnored,
    /// A product that was never read passes after a restart.
    RestartPasses,
    /// A reject that the bin's eye did not see is forgotten.
    RejectUncounted,
    /// A code that was verified before passes on a second product.
    DuplicatePasses,
    /// What the store knows nothing good of passes.
    StrangePasses,
    /// A product of which the store says nothing in time passes.
    SilencePasses,
    /// The store's answer is taken for the product behind.
    AnswerOfAnother,
    /// A code that was read a moment ago is new all the same.
    SeenIsNew,
    /// The belt runs although a reject might not end in the bin.
    RejectsBlindly,
}

#[cfg(not(test))]
impl Planted {
    /// Whether the line has this error: never.
    pub(super) const fn is_in(self) -> bool {
        let _ = self;
        false
    }
}

#[cfg(test)]
mod switch {
    use super::Planted;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Planted>> = const { Cell::new(None) };
    }

    impl Planted {
        /// Whether the line has this error, on this thread.
        pub(in crate::line) fn is_in(self) -> bool {
            PLANTED.get() == Some(self)
        }

        /// From now on every line of this thread has this error, or none.
        pub(in crate::line) fn plant(error: Option<Self>) {
            PLANTED.set(error);
        }
    }
}
