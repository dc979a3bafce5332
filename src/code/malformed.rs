//! Why a text is not a code.
use super::{GtinProblem, ProductGroup};

/// Why a text is not a code, in words that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing there.
    #[error("empty")]
    Empty,
    /// A code starts with `01`.
    #[error("a code starts with 01 and a GTIN; found '{0}'")]
    NoGtin(String),
    /// The GTIN is wrong.
    #[error("GTIN: {0}")]
    Gtin(#[from] GtinProblem),
    /// `21` must follow the GTIN.
    #[error("after the GTIN comes 21 and the serial number; found '{0}'")]
    NoSerial(String),
    /// The separator between serial and check part is missing.
    #[error("the GS separator (character 29) before the check part was lost on the way")]
    GsLost,
    /// A separator was lost, and nobody can say where it stood. The readings do not show check parts.
    #[error(
        "a GS separator (character 29) was lost, and there are two ways to read it: {0}; or {1}"
    )]
    TwoReadings(String, String),
    /// The serial has a length that no known group uses.
    #[error("serial number of {found} characters with this check part fits no product group")]
    Serial {
        /// Its length.
        found: usize,
    },
    /// The check part is missing.
    #[error("the check part (91 and 92, or 93) is missing")]
    NoCheckPart,
    /// The check part is not what the group uses.
    #[error("check part: found '{found}', wanted 93 + 4, or 91 + 4 and 92 + 44 or 88 characters")]
    CheckPart {
        /// Identifiers and lengths as found.
        found: String,
    },
    /// Something else than the fields that may follow a check part.
    #[error(
        "after the check part: found '{found}'; only 3103, 335Y, 97, 30, 310Y and 311Y may stand there, each once"
    )]
    AfterCheckPart {
        /// Identifiers and lengths as found.
        found: String,
    },
    /// A code of another group than the caller knows it to be of.
    #[error("it has the form of {found}, not of {wanted}")]
    OtherGroup {
        /// The first group whose form it has.
        found: ProductGroup,
        /// The group that was asked for.
        wanted: ProductGroup,
    },
    /// A code of another form than the one that was ordered.
    #[error("it has the form of template {found}; template {wanted} was ordered")]
    OtherTemplate {
        /// The number of the form that it has.
        found: u32,
        /// The number that the order named.
        wanted: u32,
    },
    /// The number of a box or a pallet.
    #[error("this is the number of a box or pallet (SSCC), not the code of a product")]
    Sscc,
    /// A character that no code can contain.
    #[error("character {found:?} at place {place} cannot be part of a code")]
    Character {
        /// The character.
        found: char,
        /// Counted from one.
        place: usize,
    },
}
