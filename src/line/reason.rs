//! Why a product must not pass.

/// Why a product must not pass.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum RejectReason {
    /// No label was on it.
    NoLabel,
    /// No symbol could be read.
    NoRead,
    /// The symbol is not a GS1 DataMatrix.
    NotGs1,
    /// Another code of this job than the one it should carry.
    WrongCode,
    /// A code that was already verified on another product.
    Duplicate,
    /// A code that is not of this job.
    Foreign,
    /// A code whose fate was in doubt.
    InDoubt,
    /// No picture came in time.
    NoPicture,
    /// The gate rejected it, although it was good: the verdict came too late.
    LateVerdict,
    /// The right code, printed worse than the line's least grade.
    LowGrade,
    /// Frames and triggers do not belong together: what was read may be another product's.
    PictureUnsure,
    /// It touched another product: nobody could tell the two apart.
    Touching,
    /// It was on the belt when the program started, and nobody had read it: it is flushed.
    Flushed,
    /// It was good and had its pass, and fell into the bin all the same.
    FalseEject,
    /// A test product: it must be rejected, whatever it shows.
    Challenge,
    /// A text of the job's goods that the store does not have: no code of ours.
    UnknownCode,
    /// A code of the job's goods from the array of another job.
    OtherJob,
    /// A code whose label was scrapped, rejected or taken as a sample.
    UsedUp,
    /// A code of the job whose label nobody has printed, by the books.
    NotPrinted,
    /// The store did not say in time what was read.
    NoAnswer,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 20] = [
        Self::NoLabel,
        Self::NoRead,
        Self::NotGs1,
        Self::WrongCode,
        Self::Duplicate,
        Self::Foreign,
        Self::InDoubt,
        Self::NoPicture,
        Self::LateVerdict,
        Self::LowGrade,
        Self::PictureUnsure,
        Self::Touching,
        Self::Flushed,
        Self::FalseEject,
        Self::Challenge,
        Self::UnknownCode,
        Self::OtherJob,
        Self::UsedUp,
        Self::NotPrinted,
        Self::NoAnswer,
    ];

    /// The word in the store and in topics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoLabel => "no_label",
            Self::NoRead => "no_read",
            Self::NotGs1 => "not_gs1",
            Self::WrongCode => "wrong_code",
            Self::Duplicate => "duplicate",
            Self::Foreign => "foreign",
            Self::InDoubt => "in_doubt",
            Self::NoPicture => "no_picture",
            Self::LateVerdict => "late_verdict",
            Self::LowGrade => "low_grade",
            Self::PictureUnsure => "picture_unsure",
            Self::Touching => "touching",
            Self::Flushed => "flushed",
            Self::FalseEject => "false_eject",
            Self::Challenge => "challenge",
            Self::UnknownCode => "unknown_code",
            Self::OtherJob => "other_job",
            Self::UsedUp => "used_up",
            Self::NotPrinted => "not_printed",
            Self::NoAnswer => "no_answer",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoLabel => "no label on the product",
            Self::NoRead => "symbol not readable",
            Self::NotGs1 => "not a GS1 DataMatrix",
            Self::WrongCode => "another code than expected",
            Self::Duplicate => "code was already on another product",
            Self::Foreign => "code is not of this job",
            Self::InDoubt => "code was in doubt",
            Self::NoPicture => "no picture in time",
            Self::LateVerdict => "verdict came after the gate",
            Self::LowGrade => "printed below the least grade",
            Self::PictureUnsure => "nobody knows which product the picture shows",
            Self::Touching => "products touched each other",
            Self::Flushed => "was on the belt when the program started",
            Self::FalseEject => "a good product fell into the bin",
            Self::Challenge => "test product of a challenge",
            Self::UnknownCode => "code is in no array of ours",
            Self::OtherJob => "code is of another job",
            Self::UsedUp => "code was used up: its label was spoiled, rejected or a sample",
            Self::NotPrinted => "code was never printed, by the books",
            Self::NoAnswer => "the store did not answer in time",
        }
    }
}
