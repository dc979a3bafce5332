//! How a printer stands, in words that hold for every language (pure).
use crate::line::Cause;

/// How it stands. Made from an answer, never from silence: silence is not health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own in the answers")]
pub(super) struct Health {
    /// What keeps it from printing.
    pub(super) trouble: Option<Cause>,
    /// Nothing is left in it that it could print.
    pub(super) empty: bool,
    /// Labels that are in it and not out yet; nothing where it does not say.
    pub(super) held: Option<Held>,
    /// It takes no more data for now.
    pub(super) full: bool,
    /// A format has begun and not ended.
    pub(super) partial_format: bool,
    /// A printed label waits to be taken.
    pub(super) label_waits: bool,
    /// It moves labels that no format asked for.
    pub(super) feeds: bool,
    /// It gave no answer just before: a fault may have come and gone.
    pub(super) was_silent: bool,
}

/// How many labels are in a printer. Its words leave room: the label under the head may be counted
/// beside those that wait, or among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Held {
    /// Surely so many.
    pub(super) least: usize,
    /// Surely no more than this.
    pub(super) most: usize,
}

impl Health {
    /// A fault that may have come in the middle of a label, whether it still stands or not.
    pub(super) fn fault(&self) -> Option<Cause> {
        let passed = self.was_silent.then_some(Cause::Silent);
        self.trouble.filter(|cause| spoils(*cause)).or(passed)
    }
}

/// Everything that one look at a printer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    /// Its label counter, read before its health, so that nothing is counted that a later fault
    /// spoilt. Nothing where it has none.
    pub(super) count: Option<u64>,
    /// How it stands.
    pub(super) health: Health,
    /// It says that it would print a label again that met an error, although that was switched
    /// off: the power was gone in between, or somebody else sets it.
    pub(super) reprints: bool,
}

/// Whether a trouble may have come in the middle of a label: then the label under the head, and
/// whether it was counted, are not known. Paused and too hot printers finish their label.
pub(super) fn spoils(trouble: Cause) -> bool {
    match trouble {
        Cause::OutOfLabels | Cause::OutOfRibbon | Cause::HeadOpen | Cause::Faulty => true,
        Cause::Paused
        | Cause::TooHot
        | Cause::Unreachable
        | Cause::Silent
        | Cause::Garbled
        | Cause::WrongDevice
        | Cause::Swapped
        | Cause::CounterOff
        | Cause::HeartbeatLost
        | Cause::Miscounted => false,
    }
}

/// The worst of what stands: what a person must mend first.
pub(super) fn worst<const N: usize>(standing: [(bool, Cause); N]) -> Option<Cause> {
    standing.into_iter().find_map(|(stands, cause)| stands.then_some(cause))
}
