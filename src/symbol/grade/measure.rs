//! All measurements of one symbol, put together.
#![expect(
    clippy::cast_precision_loss,
    reason = "a symbol with its quiet zone has some ten thousand modules at most"
)]
use super::aperture::Disc;
use super::conditions::Conditions;
use super::correction::{self, Blocks};
use super::fixed::{Fixed, Seen};
use super::placed::{self, Placed};
use super::scale;
use super::tones::Tones;
use super::{Cause, Grade, Kind, Parameter};
use crate::symbol::cells::Cells;
use crate::symbol::grey::Grey;
use crate::symbol::layout::{Layout, NO_WORD};
use crate::symbol::reader::Symbol;

pub(super) fn measure(grey: &Grey<'_>, symbol: &Symbol, conditions: &Conditions) -> Grade {
    let Some(layout) = Layout::of(symbol) else { return nothing(symbol, conditions, 0) };
    let placed = placed::place(grey, symbol, &layout);
    let module = f32::midpoint(placed.pitch.0, placed.pitch.1);
    let work = Work { grey, symbol, conditions, layout: &layout, placed: &placed };
    let grades = conditions.apertures(module).into_iter().map(|aperture| work.through(aperture));
    let best = grades.reduce(|best, other| if other.overall > best.overall { other } else { best });
    best.unwrap_or_else(|| nothing(symbol, conditions, 0))
}

/// What is there while a symbol is measured.
struct Work<'a> {
    grey: &'a Grey<'a>,
    symbol: &'a Symbol,
    conditions: &'a Conditions,
    layout: &'a Layout,
    placed: &'a Placed,
}

/// The codewords and what they come to.
struct Words {
    wrong: Vec<usize>,
    unused: f32,
    /// Lowest value and grade.
    modulation: (f32, u8),
    margin: (f32, u8),
}

impl Work<'_> {
    fn through(&self, aperture: f32) -> Grade {
        let (layout, conditions) = (self.layout, self.conditions);
        let reflectance = self.reflectance(aperture);
        let tones = Tones::of(&reflectance, conditions.standard, conditions.edition);
        let dark: Vec<bool> = reflectance
            .iter()
            .map(|value| (*value < tones.threshold) != self.symbol.inverted)
            .collect();
        let level = |value: &f32| scale::tenths(conditions.edition, scale::MODULATION, *value);
        let levels: Vec<u8> = tones.modulation.iter().map(level).collect();
        let words = self.words(&dark, &levels, &tones.modulation);
        let (edition, standard) = (conditions.edition, conditions.standard);
        let fixed = Seen { layout, levels: &levels, dark: &dark, edition, standard }.fixed();
        let mut grade = nothing(self.symbol, conditions, layout.shape.correction);
        grade.parameters = self.parameters(&tones, &words, &fixed);
        grade.segments = fixed.segments;
        grade.minimum_reflectance = tones.minimum.map(|(value, grade)| parameter(value, grade));
        let all = grade.parameters.iter().chain(&grade.minimum_reflectance);
        grade.overall = all.map(|parameter| parameter.grade).fold(4.0, f32::min);
        grade.aperture_px = aperture;
        grade.aperture_mm = conditions.scale().map(|scale| aperture / scale);
        (grade.threshold, grade.brightest, grade.darkest) =
            (tones.threshold, tones.brightest, tones.darkest);
        grade.nearest = self.nearest(&reflectance, tones.threshold);
        grade.contrast_uniformity = self.uniformity(&tones.modulation, &dark);
        let differs = |at: &usize| dark[*at] != layout.dark[*at];
        grade.damaged = (0..dark.len()).filter(differs).map(|at| layout.place(at)).collect();
        grade.corrected = words.wrong.len();
        grade.wrong_words = words.wrong;
        let light = self.light(&reflectance);
        (grade.columns_light, grade.rows_light) = light;
        grade.reflectance = Cells::new(layout.width(), reflectance);
        grade.modulation = Cells::new(layout.width(), tones.modulation);
        self.place(&mut grade);
        grade.causes = causes(&grade, self.placed.pitch);
        grade
    }

    fn place(&self, grade: &mut Grade) {
        let module = f32::midpoint(self.placed.pitch.0, self.placed.pitch.1);
        let (wide, high) = (self.layout.cols as f32, self.layout.rows as f32);
        let corners = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)];
        grade.grid = self.placed.grid;
        grade.corners = corners.map(|(u, v)| self.placed.grid.at(u, v));
        grade.growth = self.placed.growth;
        grade.x_dimension_px = module;
        grade.x_dimension_mm = self.conditions.scale().map(|scale| module / scale);
    }

    /// Every module through the aperture.
    fn reflectance(&self, aperture: f32) -> Vec<f32> {
        let line = self.conditions.calibration.and_then(|card| card.line());
        let (factor, addend) = line.unwrap_or((1.0 / 255.0, 0.0));
        let disc = Disc::new(aperture);
        let seen = |at: &(f32, f32)| (disc.at(self.grey, *at) * factor + addend).clamp(0.0, 1.0);
        self.placed.middles.iter().map(seen).collect()
    }

    fn words(&self, dark: &[bool], levels: &[u8], values: &[f32]) -> Words {
        let layout = self.layout;
        let mut bad = vec![false; layout.shape.words()];
        let mut lowest = (1.0_f32, 1.0_f32);
        for (cell, word) in layout.words.iter().enumerate().filter(|(_, word)| **word != NO_WORD) {
            let wrong = dark[cell] != layout.dark[cell];
            bad[usize::from(*word)] |= wrong;
            lowest.0 = lowest.0.min(values[cell]);
            lowest.1 = lowest.1.min(if wrong { 0.0 } else { values[cell] });
        }
        let blocks = Blocks::of(layout);
        let edition = self.conditions.edition;
        let modulation = correction::word_levels(layout, |cell| levels[cell]);
        let margin: Vec<u8> =
            modulation.iter().zip(&bad).map(|(level, bad)| if *bad { 0 } else { *level }).collect();
        Words {
            unused: blocks.unused(|word| bad[word]),
            wrong: (0..bad.len()).filter(|word| bad[*word]).collect(),
            modulation: (lowest.0, blocks.overlay(edition, &modulation)),
            margin: (lowest.1, blocks.overlay(edition, &margin)),
        }
    }

    fn parameters(&self, tones: &Tones, words: &Words, fixed: &Fixed) -> [Parameter; 8] {
        let edition = self.conditions.edition;
        let decoded = words.unused >= 0.0;
        let by = |table, value| parameter(value, scale::tenths(edition, table, value));
        Kind::ALL.map(|kind| match kind {
            Kind::Decode => {
                parameter(f32::from(u8::from(decoded)), if decoded { scale::BEST } else { 0 })
            }
            Kind::SymbolContrast => parameter(tones.contrast, tones.contrast_grade),
            Kind::Modulation => parameter(words.modulation.0, words.modulation.1),
            Kind::ReflectanceMargin => parameter(words.margin.0, words.margin.1),
            Kind::AxialNonUniformity => by(scale::AXIAL, self.placed.axial),
            Kind::GridNonUniformity => by(scale::GRID, self.placed.uneven),
            Kind::FixedPatternDamage => parameter(fixed.worst, fixed.grade),
            Kind::UnusedErrorCorrection => by(scale::UNUSED, words.unused.max(0.0)),
        })
    }

    /// The darkest light module and the lightest dark one, as they are seen.
    fn nearest(&self, reflectance: &[f32], threshold: f32) -> (f32, f32) {
        let inner = || (0..reflectance.len()).filter(|at| !self.layout.is_quiet(*at));
        let values = || inner().map(|at| reflectance[at]);
        let light = values().filter(|v| *v >= threshold).fold(f32::MAX, f32::min);
        let dark = values().filter(|v| *v < threshold).fold(f32::MIN, f32::max);
        if light > 1.0 || dark < 0.0 { (0.0, 0.0) } else { (light, dark) }
    }

    fn uniformity(&self, modulation: &[f32], dark: &[bool]) -> (f32, (i32, i32)) {
        let layout = self.layout;
        let right = |at: &usize| !layout.is_quiet(*at) && dark[*at] == layout.dark[*at];
        let lowest =
            (0..dark.len()).filter(right).min_by(|a, b| modulation[*a].total_cmp(&modulation[*b]));
        lowest.map_or((0.0, (0, 0)), |at| (modulation[at], layout.place(at)))
    }

    /// How much lighter than usual the dark modules of each column and row are.
    fn light(&self, reflectance: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let layout = self.layout;
        let mean = |wanted: bool| {
            let cells = (0..reflectance.len())
                .filter(|at| !layout.is_quiet(*at) && layout.dark[*at] == wanted);
            let (sum, count) =
                cells.fold((0.0, 0.0_f32), |(sum, count), at| (sum + reflectance[at], count + 1.0));
            sum / count.max(1.0)
        };
        let (dark, light) = (mean(true), mean(false));
        let contrast = light - dark;
        let mut lines = (vec![(0.0, 0.0_f32); layout.cols], vec![(0.0, 0.0_f32); layout.rows]);
        for row in 0..layout.rows {
            for col in 0..layout.cols {
                let at = (row + 1) * layout.width() + col + 1;
                if layout.dark[at] {
                    for line in [&mut lines.0[col], &mut lines.1[row]] {
                        *line = (line.0 + reflectance[at] - dark, line.1 + 1.0);
                    }
                }
            }
        }
        let share = |(sum, count): &(f32, f32)| {
            if contrast.abs() < 0.01 { 0.0 } else { sum / count.max(1.0) / contrast }
        };
        (lines.0.iter().map(share).collect(), lines.1.iter().map(share).collect())
    }
}

fn parameter(value: f32, tenths: u8) -> Parameter {
    Parameter {
        value: if value.is_finite() { value } else { 0.0 },
        grade: f32::from(tenths) / 10.0,
    }
}

/// Growth that is told, of what is measured as print growth.
const GROWN: f32 = 0.3;
/// Columns and rows that are told as too light.
const LIGHT: f32 = 0.35;
/// Reflectance that dark modules should stay below, and light ones above.
const DARK_MOST: f32 = 0.25;
const LIGHT_LEAST: f32 = 0.60;

fn causes(grade: &Grade, pitch: (f32, f32)) -> Vec<Cause> {
    let (x, y) = grade.growth;
    let tall = grade.of(Kind::AxialNonUniformity).grade < 4.0;
    let light = |lines: &[f32]| lines.iter().any(|share| *share > LIGHT);
    let poor = grade.of(Kind::SymbolContrast).grade < 4.0;
    let all = [
        (Cause::Grown, x > GROWN && y > GROWN),
        (Cause::Shrunk, x < -GROWN && y < -GROWN),
        (Cause::GrownAcross, x > GROWN && y <= GROWN),
        (Cause::GrownDown, y > GROWN && x <= GROWN),
        (Cause::WideColumns, tall && pitch.0 > pitch.1),
        (Cause::WideRows, tall && pitch.1 > pitch.0),
        (Cause::LightColumn, light(&grade.columns_light)),
        (Cause::LightRow, light(&grade.rows_light)),
        (Cause::PaleDark, poor && grade.darkest > DARK_MOST),
        (Cause::GreyLight, poor && grade.brightest < LIGHT_LEAST),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(cause, _)| cause).collect()
}

/// The grade of what cannot be measured, and the frame for what can.
fn nothing(symbol: &Symbol, conditions: &Conditions, budget: usize) -> Grade {
    let (rows, cols) =
        if symbol.mirrored { (symbol.cols, symbol.rows) } else { (symbol.rows, symbol.cols) };
    Grade {
        parameters: [parameter(0.0, 0); 8],
        segments: Vec::new(),
        growth: (0.0, 0.0),
        overall: 0.0,
        edition: conditions.edition,
        standard: conditions.standard,
        aperture_px: 0.0,
        aperture_mm: None,
        calibrated: conditions.calibration.is_some_and(|card| card.line().is_some()),
        threshold: 0.0,
        brightest: 0.0,
        darkest: 0.0,
        corners: symbol.corners,
        grid: symbol.grid,
        rows,
        cols,
        reflectance: Cells::new(1, Vec::new()),
        modulation: Cells::new(1, Vec::new()),
        damaged: Vec::new(),
        x_dimension_px: 0.0,
        x_dimension_mm: None,
        contrast_uniformity: (0.0, (0, 0)),
        nearest: (0.0, 0.0),
        minimum_reflectance: None,
        corrected: 0,
        wrong_words: Vec::new(),
        budget,
        inverted: symbol.inverted,
        mirrored: symbol.mirrored,
        columns_light: Vec::new(),
        rows_light: Vec::new(),
        causes: Vec::new(),
        wavelength_nm: conditions.wavelength_nm,
        angle: conditions.angle,
    }
}
