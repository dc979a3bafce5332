//! A picture of a symbol to a graded report: as words, JSON, a page, a document.
mod json;
mod paper;
mod picture;
mod words;

pub use json::{full, short, unopened};
pub use paper::pdf;

pub use picture::{ENDINGS, MOST_PIXELS, NoPicture, Picture, drawing, pixels, png};
pub use words::{Part, Row, SegmentRow, whole_percent};

use crate::calibration::Calibration;
use crate::symbol::grade::{self, Conditions, Grade};
use crate::symbol::{self, Expected, Hints, Symbol};
use crate::telemetry::clock::Micros;
use std::time::Duration;
use tokio::time::Instant;

/// What is known and wanted before a picture is graded. Nothing of it is needed.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Where the symbol is, how large it is.
    pub hints: Hints,
    /// The code that must be there.
    pub expected: Option<String>,
    /// Edition, standard, aperture, light.
    pub conditions: Conditions,
    /// The camera's calibration. Its pixels a millimetre count where the conditions name none.
    pub calibration: Option<Calibration>,
    /// The least grade that passes, 0 to 4.
    pub wanted: Option<f32>,
    /// How long to look for the symbol; a second where nothing is said.
    pub deep_within: Option<Duration>,
}

/// A picture that was looked at, with everything that a report of it says.
#[derive(Debug, Clone)]
pub struct Report {
    /// The name of the picture.
    pub file: String,
    /// Its width and height.
    pub pixels: (u32, u32),
    /// When it was graded.
    pub at: Micros,
    /// How long reading and grading took, in milliseconds.
    pub ms: f64,
    /// What was asked, conditions complete.
    pub ask: Ask,
    /// What was found; nothing where nothing can be read.
    pub found: Option<Found>,
}

/// A symbol and its grade.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was read.
    pub symbol: Symbol,
    /// How well it is printed.
    pub grade: Grade,
}

/// How long to look for a symbol, where nothing else is said.
const DEEP_WITHIN: Duration = Duration::from_secs(1);

/// Says how much is left of the time `within` since `begun`. Its clock is never set back, as that
/// of the wall may be.
pub fn time_left(begun: Instant, within: Duration) -> impl Fn() -> Duration {
    move || within.saturating_sub(begun.elapsed())
}

/// Milliseconds since `begun`.
pub fn ms_since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// Reads and grades the symbol in a picture.
pub fn look(file: &str, picture: &Picture, ask: &Ask) -> Report {
    let mut ask = ask.clone();
    if let Some(card) = &ask.calibration {
        let line = grade::Calibration {
            dark: (card.dark.grey, card.dark.reflectance),
            light: (card.light.grey, card.light.reflectance),
        };
        ask.conditions.calibration = Some(line);
        ask.conditions.px_per_mm = ask.conditions.px_per_mm.or(card.px_per_mm);
    }
    let begun = Instant::now();
    let grey = picture.grey();
    let expected = ask.expected.as_deref().map(Expected::new);
    let left = time_left(begun, ask.deep_within.unwrap_or(DEEP_WITHIN));
    let found = symbol::find_within(&grey, &ask.hints, expected.as_ref(), &left).map(|symbol| {
        let grade = grade::grade(&grey, &symbol, &ask.conditions);
        Found { symbol, grade }
    });
    let (at, ms) = (Micros::now(), ms_since(begun));
    let pixels = (picture.width, picture.height);
    Report { file: file.to_owned(), pixels, at, ms, ask, found }
}

impl Report {
    /// The overall grade; 0.0 where nothing can be read.
    pub fn overall(&self) -> f32 {
        self.found.as_ref().map_or(0.0, |found| found.grade.overall)
    }

    /// Its letter.
    pub fn letter(&self) -> char {
        grade::letter(self.overall())
    }

    /// Whether it is the expected code; `None` where none is expected.
    pub fn is_expected(&self) -> Option<bool> {
        let expected = self.ask.expected.as_ref()?;
        Some(self.found.as_ref().is_some_and(|found| found.symbol.text == *expected))
    }

    /// Whether it can be read, is what was expected, and has the grade that was wanted.
    pub fn passes(&self) -> bool {
        let good = self.ask.wanted.is_none_or(|wanted| self.overall() + 1e-3 >= wanted);
        self.found.is_some() && good && self.is_expected() != Some(false)
    }

    /// Why it does not pass.
    pub fn failure(&self) -> Option<String> {
        if self.found.is_none() {
            return Some("no symbol can be read".to_owned());
        }
        if self.is_expected() == Some(false) {
            return Some("another code than expected".to_owned());
        }
        let wanted = self.ask.wanted.filter(|_| !self.passes())?;
        let (overall, letter) = (self.overall(), grade::letter(wanted));
        Some(format!("grade {overall:.1}, wanted {wanted:.1} {letter}"))
    }
}
