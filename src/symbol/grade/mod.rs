//! The grade of a symbol's print (pure): ISO/IEC 15415 for labels, ISO/IEC 29158 for marks in the
//! material. What is measured how, and which numbers are from memory: `docs/grading.md`.
mod aperture;
mod conditions;
mod correction;
mod edges;
mod fixed;
mod kind;
mod measure;
mod next;
mod placed;
mod scale;
mod slip;
mod tones;

pub use conditions::{Angle, Aperture, Calibration, Conditions, Edition, Standard};
pub use fixed::Segment;
pub use kind::{Cause, Kind};
pub use next::Next;

use super::cells::Cells;
use super::grey::Grey;
use super::reader::Symbol;
use super::warp::Warp;

/// A measured value and its grade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// As the standard counts it: shares from 0 to 1. Of decode 1 or 0; of fixed pattern damage
    /// the worst damaged share of a segment; of modulation and reflectance margin the lowest
    /// modulation of a module that belongs to a codeword (a wrong one counts as 0 for the margin).
    pub value: f32,
    /// 4.0 best, 0.0 worst.
    pub grade: f32,
}

/// How well a symbol is printed. All numbers are finite, whatever the picture is.
///
/// Rows and columns are those of the symbol as it is seen, turned so that its solid sides are at
/// the left and at the bottom (of a symbol seen from behind: of what is seen).
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// In the order of [`Kind::ALL`].
    pub parameters: [Parameter; 8],
    /// Pieces of the fixed patterns.
    pub segments: Vec<Segment>,
    /// Print growth from column to column and from row to row: (D − 0.50) / 0.15, where D is the
    /// dark share of the clock track; positive is too dark. Not graded.
    pub growth: (f32, f32),
    /// The lowest grade of all parameters.
    pub overall: f32,
    /// How values became grades.
    pub edition: Edition,
    /// By which rules.
    pub standard: Standard,
    /// Diameter of the aperture in pixels.
    pub aperture_px: f32,
    /// The same in millimetres, where the camera's scale is known.
    pub aperture_mm: Option<f32>,
    /// Whether reflectances come from a card; else from grey values.
    pub calibrated: bool,
    /// Reflectance between dark and light.
    pub threshold: f32,
    /// Highest reflectance, Rmax.
    pub brightest: f32,
    /// Lowest reflectance, Rmin.
    pub darkest: f32,
    /// Upper left, upper right, lower right, lower left in pixels of the whole picture; the solid
    /// sides meet at the last.
    pub corners: [(f32, f32); 4],
    /// From modules to pixels, fitted to the edges of all modules.
    pub grid: Warp,
    /// Rows of modules as seen, without quiet zone.
    pub rows: u32,
    /// Columns of modules as seen, without quiet zone.
    pub cols: u32,
    /// Reflectance of every module, with one module of quiet zone around.
    pub reflectance: Cells,
    /// Modulation of every module, the same way.
    pub modulation: Cells,
    /// Modules whose colour differs from the corrected symbol: row, column, −1 is quiet zone.
    pub damaged: Vec<(i32, i32)>,
    /// Mean pitch of columns and rows in pixels.
    pub x_dimension_px: f32,
    /// The same in millimetres, where the camera's scale is known.
    pub x_dimension_mm: Option<f32>,
    /// The lowest modulation of a module of the right colour inside of the symbol, and its row
    /// and column (ISO/IEC 15426-2 compares it).
    pub contrast_uniformity: (f32, (i32, i32)),
    /// Reflectance of the darkest light module and of the lightest dark one.
    pub nearest: (f32, f32),
    /// Mean reflectance of light cells and its grade; only with ISO/IEC 29158.
    pub minimum_reflectance: Option<Parameter>,
    /// Codewords that are wrong at the threshold.
    pub corrected: usize,
    /// Their places among data words, then correction words.
    pub wrong_words: Vec<usize>,
    /// Codewords of error correction; each wrong word uses two.
    pub budget: usize,
    /// Light modules on dark ground.
    pub inverted: bool,
    /// Seen from behind.
    pub mirrored: bool,
    /// For each column how much lighter its dark modules are than the usual dark module, as share
    /// of the contrast: a dot of the print head that fails is a column (or row) near 1.
    pub columns_light: Vec<f32>,
    /// The same for each row.
    pub rows_light: Vec<f32>,
    /// What can be told about the direction of the faults.
    pub causes: Vec<Cause>,
    /// Wavelength of the light in nanometres.
    pub wavelength_nm: u32,
    /// Angle of the light.
    pub angle: Angle,
}

/// Grades a symbol that [`super::find`] read in this (whole) picture.
///
/// The text counts as right: colours of modules are compared with the corrected codewords.
pub fn grade(grey: &Grey<'_>, symbol: &Symbol, conditions: &Conditions) -> Grade {
    measure::measure(grey, symbol, conditions)
}

impl Grade {
    /// Minimum reflectance difference: the darkest light module less the lightest dark one.
    pub fn mrd(&self) -> f32 {
        self.nearest.0 - self.nearest.1
    }

    /// One parameter.
    pub fn of(&self, kind: Kind) -> Parameter {
        self.parameters[kind as usize]
    }

    /// The letter of the overall grade: A from 3.5 on, B 2.5, C 1.5, D 0.5, else F.
    pub fn letter(&self) -> char {
        letter(self.overall)
    }

    /// `grade/aperture/wavelength/angle`, the angle left out where it is 45 degrees. The aperture
    /// in thousandths of an inch; where the camera's scale is not known as share of a module,
    /// `0.8X`.
    pub fn notation(&self) -> String {
        let aperture = match self.aperture_mm {
            Some(mm) => format!("{:02.0}", mm / 0.0254),
            None => format!("{:.1}X", self.aperture_px / self.x_dimension_px.max(0.1)),
        };
        let start = format!("{:.1}/{aperture}/{}", self.overall, self.wavelength_nm);
        match self.angle {
            Angle::Deg45 => start,
            other @ (Angle::Deg45Q
            | Angle::Deg30Q
            | Angle::Deg30T
            | Angle::Deg30S
            | Angle::Deg90) => format!("{start}/{}", other.word()),
        }
    }

    /// What a parameter says to an operator: its words, before them what is known of the
    /// direction. `None` for a parameter of grade 4 of which there is nothing to say.
    pub fn advice(&self, kind: Kind) -> Option<String> {
        let causes: Vec<&str> = self.causes_of(kind).map(Cause::words).collect();
        if self.of(kind).grade > 3.95 {
            return None;
        }
        Some(if causes.is_empty() { kind.words().to_owned() } else { causes.join(" ") })
    }

    fn causes_of(&self, kind: Kind) -> impl Iterator<Item = Cause> {
        self.causes.iter().copied().filter(move |cause| cause.explains(kind))
    }
}

/// The letter of a grade.
pub fn letter(grade: f32) -> char {
    let grade = grade + 1e-3;
    let table = [(3.5, 'A'), (2.5, 'B'), (1.5, 'C'), (0.5, 'D')];
    table.into_iter().find(|(from, _)| grade >= *from).map_or('F', |(_, letter)| letter)
}
