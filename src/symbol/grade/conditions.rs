//! Under which conditions a symbol is graded: standard, edition, aperture, light, calibration.

/// How measured values become grades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// ISO/IEC 15415:2011: whole grades.
    #[default]
    Y2011,
    /// ISO/IEC 15415:2024: grades to a tenth.
    Y2024,
}

impl Edition {
    /// "2011" or "2024".
    pub fn word(self) -> &'static str {
        match self {
            Self::Y2011 => "2011",
            Self::Y2024 => "2024",
        }
    }

    /// The edition of that year.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Y2011, Self::Y2024].into_iter().find(|edition| edition.word() == word)
    }
}

/// By which rules contrast and modulation are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standard {
    /// ISO/IEC 15415: printed labels.
    #[default]
    Iso15415,
    /// ISO/IEC 29158: marks made in metal or plastic itself.
    Iso29158,
}

impl Standard {
    /// "15415" or "29158".
    pub fn word(self) -> &'static str {
        match self {
            Self::Iso15415 => "15415",
            Self::Iso29158 => "29158",
        }
    }

    /// The standard of that number.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Iso15415, Self::Iso29158].into_iter().find(|standard| standard.word() == word)
    }
}

/// The disc that each module is seen through.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Aperture {
    /// By the table of GS1 where pixels a millimetre are known, else 0.8 of a module. For
    /// ISO/IEC 29158 half a module and 0.8 of a module, the better one.
    #[default]
    ByXDimension,
    /// So many modules.
    OfX(f32),
    /// So many millimetres; without pixels a millimetre 0.8 of a module.
    Millimetres(f32),
}

/// Where the light comes from: degrees to the surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Angle {
    /// 45 degrees from all around; not written down.
    #[default]
    Deg45,
    /// 45 degrees from four sides.
    Deg45Q,
    /// 30 degrees from four sides.
    Deg30Q,
    /// 30 degrees from two sides.
    Deg30T,
    /// 30 degrees from one side.
    Deg30S,
    /// Straight from above.
    Deg90,
}

impl Angle {
    const ALL: [Self; 6] =
        [Self::Deg45, Self::Deg45Q, Self::Deg30Q, Self::Deg30T, Self::Deg30S, Self::Deg90];

    /// As it stands in the notation of a grade.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deg45 => "45",
            Self::Deg45Q => "45Q",
            Self::Deg30Q => "30Q",
            Self::Deg30T => "30T",
            Self::Deg30S => "30S",
            Self::Deg90 => "90",
        }
    }

    /// The angle of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|angle| angle.word() == word)
    }
}

/// Two patches of a card whose reflectance is known: between them lies a straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Grey value (0 to 255) and reflectance (0 to 1) of the dark patch.
    pub dark: (f32, f32),
    /// The same of the light patch.
    pub light: (f32, f32),
}

impl Calibration {
    /// Factor and addend that make a reflectance of a grey value. `None` if the patches do not
    /// tell light from dark.
    pub fn line(&self) -> Option<(f32, f32)> {
        let factor = (self.light.1 - self.dark.1) / (self.light.0 - self.dark.0);
        let addend = self.dark.1 - factor * self.dark.0;
        (factor > 0.0 && factor.is_finite() && addend.is_finite()).then_some((factor, addend))
    }
}

/// Everything that a grade depends on beside the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Whole grades, or tenths.
    pub edition: Edition,
    /// Labels, or marks in the material itself.
    pub standard: Standard,
    /// The disc that modules are seen through.
    pub aperture: Aperture,
    /// Pixels a millimetre of the label, where the camera's scale is known.
    pub px_per_mm: Option<f32>,
    /// Without it grey 0 to 255 counts as reflectance 0 to 1.
    pub calibration: Option<Calibration>,
    /// Wavelength of the light in nanometres; only written down.
    pub wavelength_nm: u32,
    /// Angle of the light; only written down.
    pub angle: Angle,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            edition: Edition::default(),
            standard: Standard::default(),
            aperture: Aperture::default(),
            px_per_mm: None,
            calibration: None,
            wavelength_nm: 660,
            angle: Angle::default(),
        }
    }
}

impl Conditions {
    /// Pixels a millimetre, if that is a number to count with.
    pub(super) fn scale(&self) -> Option<f32> {
        self.px_per_mm.filter(|scale| scale.is_finite() && *scale > 0.0)
    }

    /// Diameters of the discs to be tried, in pixels, for modules of so many pixels.
    pub(super) fn apertures(&self, module: f32) -> Vec<f32> {
        let sane = |share: f32| share.is_finite() && (0.05..=4.0).contains(&share);
        let share = match (self.aperture, self.scale()) {
            (Aperture::OfX(share), _) => share,
            (Aperture::Millimetres(mm), Some(scale)) => mm * scale / module,
            (Aperture::ByXDimension, _) if self.standard == Standard::Iso29158 => {
                return vec![SHARE_FINE * module, SHARE * module];
            }
            (Aperture::ByXDimension, Some(scale)) => {
                by_x_dimension(module / scale) * scale / module
            }
            (Aperture::ByXDimension | Aperture::Millimetres(_), None) => SHARE,
        };
        vec![if sane(share) { share } else { SHARE } * module]
    }
}

/// Aperture where nothing else is laid down (ISO/IEC 15415, 7.3.3: 80 % of the X dimension).
const SHARE: f32 = 0.8;
/// The finer one of ISO/IEC 29158.
const SHARE_FINE: f32 = 0.5;

/// Aperture in millimetres by X dimension in millimetres, after the symbol specification tables of
/// GS1 (from memory, see docs/grading.md): 08 from 0.396 mm on, 06 from 0.255 mm on, else 05; and
/// never more than 0.8 of a module.
fn by_x_dimension(x: f32) -> f32 {
    const TABLE: [(f32, f32); 3] = [(0.396, 0.200), (0.255, 0.150), (0.0, 0.125)];
    // A measured module may miss its nominal size by a few percent.
    let row = TABLE.into_iter().find(|(from, _)| x >= from * 0.97);
    row.map_or(SHARE * x, |(_, aperture)| aperture.min(SHARE * x))
}
