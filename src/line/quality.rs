//! How well a symbol was printed, as the line remembers it.

/// The grades of one symbol, in tenths of a grade: 40 is A, 0 is F (ISO/IEC 15415).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality {
    /// The overall grade.
    pub overall: u8,
    /// The grade of each parameter that was measured, in the order of [`Quality::KEYS`].
    pub parameters: [Option<u8>; 8],
    /// Print growth across and along the rows, in hundredths: 0 is as it should be, ±100 is the
    /// limit.
    pub growth: Option<(i16, i16)>,
    /// Whether the camera was calibrated with a card of known reflectance.
    pub calibrated: bool,
}

impl Quality {
    /// The parameters by their short names: decode, symbol contrast, modulation, reflectance
    /// margin, axial non-uniformity, grid non-uniformity, fixed pattern damage, unused error
    /// correction.
    pub const KEYS: [&'static str; 8] = ["decode", "sc", "mod", "rm", "anu", "gnu", "fpd", "uec"];
}
