//! The graded parameters: their names, and what on the press makes them bad.

/// A graded parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whether the reference way of decoding reads it.
    Decode,
    /// Brightest less darkest module.
    SymbolContrast,
    /// How far the modules lie from the threshold.
    Modulation,
    /// The same, a module of the wrong colour counting as nothing.
    ReflectanceMargin,
    /// Columns and rows of different pitch.
    AxialNonUniformity,
    /// Modules that lie beside their place.
    GridNonUniformity,
    /// Damage of solid sides, clock tracks and quiet zone.
    FixedPatternDamage,
    /// What error correction has left.
    UnusedErrorCorrection,
}

impl Kind {
    /// In the order of every list of parameters.
    pub const ALL: [Self; 8] = [
        Self::Decode,
        Self::SymbolContrast,
        Self::Modulation,
        Self::ReflectanceMargin,
        Self::AxialNonUniformity,
        Self::GridNonUniformity,
        Self::FixedPatternDamage,
        Self::UnusedErrorCorrection,
    ];

    /// Its key in machine-readable reports.
    pub fn key(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::SymbolContrast => "sc",
            Self::Modulation => "mod",
            Self::ReflectanceMargin => "rm",
            Self::AxialNonUniformity => "anu",
            Self::GridNonUniformity => "gnu",
            Self::FixedPatternDamage => "fpd",
            Self::UnusedErrorCorrection => "uec",
        }
    }

    /// Its name in the standard.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "Decode",
            Self::SymbolContrast => "Symbol contrast",
            Self::Modulation => "Modulation",
            Self::ReflectanceMargin => "Reflectance margin",
            Self::AxialNonUniformity => "Axial non-uniformity",
            Self::GridNonUniformity => "Grid non-uniformity",
            Self::FixedPatternDamage => "Fixed pattern damage",
            Self::UnusedErrorCorrection => "Unused error correction",
        }
    }

    /// What on the press lowers it and what to do.
    pub fn words(self) -> &'static str {
        match self {
            Self::Decode => {
                "Only a patient reader can read it: look at the other parameters for the reason; clean the head, \
                 check ribbon and darkness, and check focus and light of the camera."
            }
            Self::SymbolContrast => {
                "Dark is not dark or light is not light: raise the darkness, check that the ribbon suits the label \
                 and is not used up, use whiter labels; check light and calibration of the camera."
            }
            Self::Modulation => {
                "Modules of one colour are not alike: uneven print or edges that run. Adjust the darkness, print \
                 more slowly, check ribbon, pressure of the head and platen roller; check that the light is even."
            }
            Self::ReflectanceMargin => {
                "Modules have the wrong colour or nearly so: voids, spots or wrinkles of the ribbon. Clean the head, \
                 check ribbon tension and label surface."
            }
            Self::AxialNonUniformity => {
                "The symbol is longer in one direction than in the other: the feed slips or the speed is wrong, or \
                 the camera does not look straight at the label."
            }
            Self::GridNonUniformity => {
                "Modules lie beside their places: the feed is jerky, the label was wrinkled or moved while it was \
                 printed or applied, or the camera looks at it askew. Check platen roller, speed and how the label is applied."
            }
            Self::FixedPatternDamage => {
                "The frame of the symbol is damaged or something stands in its quiet zone: look for a dead dot of \
                 the print head, for print too near to the symbol, and for the label's edge."
            }
            Self::UnusedErrorCorrection => {
                "Modules were read with the wrong colour and had to be corrected: look for dead dots, voids, spots \
                 and scratches; clean the head and check ribbon and label surface."
            }
        }
    }
}

/// What can be told apart beyond the parameter: the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Dark modules are too large in both directions.
    Grown,
    /// Dark modules are too small in both directions.
    Shrunk,
    /// Dark modules are too large from row to row only.
    GrownDown,
    /// Dark modules are too large from column to column only.
    GrownAcross,
    /// Columns lie farther apart than rows.
    WideColumns,
    /// Rows lie farther apart than columns.
    WideRows,
    /// A column of dark modules is too light.
    LightColumn,
    /// A row of dark modules is too light.
    LightRow,
    /// Dark is not dark.
    PaleDark,
    /// Light is not light.
    GreyLight,
}

impl Cause {
    /// In words that an operator can act on. Columns and rows are those of the symbol with its
    /// solid sides at the left and at the bottom.
    pub fn words(self) -> &'static str {
        match self {
            Self::Grown => {
                "Dark modules are too large: the head is too hot or the pressure too high. Lower the darkness or \
                 print faster."
            }
            Self::Shrunk => {
                "Dark modules are too small: the head is too cold or too fast, or the ribbon does not take. Raise \
                 the darkness or print more slowly; check ribbon and label."
            }
            Self::GrownDown => {
                "Dark modules run from row to row: the print drags along the feed, or the picture is blurred by \
                 movement. Lower the darkness or the speed; shorten the exposure of the camera."
            }
            Self::GrownAcross => {
                "Dark modules run from column to column: the print drags along the feed of a turned symbol, or the \
                 picture is blurred by movement. Lower the darkness or the speed; shorten the exposure."
            }
            Self::WideColumns => {
                "Columns lie farther apart than rows: if rows follow each other in the direction of the feed, the \
                 feed slips (clean or change the platen roller, check the speed), else it runs too fast; or the \
                 camera is tilted."
            }
            Self::WideRows => {
                "Rows lie farther apart than columns: if rows follow each other in the direction of the feed, the \
                 label is pulled through too fast (check tension and speed), else the feed slips; or the camera is \
                 tilted."
            }
            Self::LightColumn => {
                "One column is too light from top to bottom: a dot of the print head is dirty or dead. Clean the \
                 head, then test it."
            }
            Self::LightRow => {
                "One row is too light from end to end: a dot of the print head is dirty or dead if the symbol is \
                 printed turned, else the ribbon has a wrinkle. Clean the head, check the ribbon."
            }
            Self::PaleDark => {
                "Dark modules are grey: raise the darkness, check that the ribbon suits the label and is not used \
                 up, clean the head."
            }
            Self::GreyLight => {
                "Light modules are grey: the label is not white enough, it was smeared, or the camera has too \
                 little light. Check light, exposure and calibration first."
            }
        }
    }
}

impl Cause {
    /// Whether it makes this parameter bad.
    pub fn explains(self, kind: Kind) -> bool {
        use Kind::{
            AxialNonUniformity, Decode, FixedPatternDamage, Modulation, ReflectanceMargin,
            SymbolContrast, UnusedErrorCorrection,
        };
        let kinds: &[Kind] = match self {
            Self::Grown | Self::Shrunk | Self::GrownDown | Self::GrownAcross => {
                &[Modulation, ReflectanceMargin, FixedPatternDamage, Decode]
            }
            Self::WideColumns | Self::WideRows => &[AxialNonUniformity],
            Self::LightColumn | Self::LightRow => {
                &[Modulation, ReflectanceMargin, FixedPatternDamage, UnusedErrorCorrection, Decode]
            }
            Self::PaleDark | Self::GreyLight => &[SymbolContrast],
        };
        kinds.contains(&kind)
    }
}
