//! A pen whose ink is a stream of PDF operators.
use super::subset::Subset;
use super::{Area, Pen};
use crate::symbol::Run;
use pdf_writer::{Content, Name, Settings, Str};

/// Units of a page a millimetre: dots of a 300 dpi head, so that what lies on whole dots has short
/// numbers.
pub(super) const UNITS_PER_MM: f32 = 300.0 / 25.4;
/// Points a unit.
pub(super) const POINTS: f32 = 72.0 / 300.0;

/// Cells along the side of a block: small enough for short numbers, large enough that few edges of
/// blocks show as fine lines in viewers that smooth.
const BLOCK: u32 = 8;

/// Name of the font on every page.
pub(super) const FONT: Name<'_> = Name(b"F");

/// Draws into a content stream whose units are [`UNITS_PER_MM`], downwards.
pub(super) struct Ink<'a> {
    pub(super) content: &'a mut Content,
    pub(super) letters: &'a mut Subset,
}

/// An empty content stream.
pub(super) fn content() -> Content {
    Content::with_settings(Settings { pretty: false })
}

/// Turns a page of this height so that its units are [`UNITS_PER_MM`], from the upper left corner.
pub(super) fn turn(content: &mut Content, height_mm: f32) {
    let height = height_mm * UNITS_PER_MM * POINTS;
    content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
}

impl Pen for Ink<'_> {
    fn words(&mut self, text: &str, x: f32, base: f32, em: f32) {
        let letters = self.letters.encoded(text);
        self.content.begin_text().set_font(FONT, units(em));
        self.content.set_text_matrix([1.0, 0.0, 0.0, -1.0, units(x), units(base)]);
        self.content.show(Str(&letters)).end_text();
    }

    fn bar(&mut self, Area { x, y, width, height }: Area) {
        self.content.rect(units(x), units(y), units(width), units(height)).fill_nonzero();
    }

    /// Runs of black cells, in blocks that have their own origin: there, nearly all numbers have one
    /// digit and recur, which halves the file of large symbols. No run is cut in two.
    #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
    fn cells(&mut self, x: f32, y: f32, cell: f32, black: &[Run]) {
        if black.is_empty() {
            return;
        }
        let place = |run: &Run| (run.y / BLOCK, run.x / BLOCK);
        let mut runs = black.to_vec();
        // They come row by row; sorting keeps that order within a block.
        for rows in runs.chunk_by_mut(|a, b| a.y / BLOCK == b.y / BLOCK) {
            rows.sort_by_key(|run| run.x / BLOCK);
        }
        let cell = units(cell);
        self.content.save_state().transform([cell, 0.0, 0.0, cell, units(x), units(y)]);
        let mut origin = (0.0, 0.0);
        for runs in runs.chunk_by(|a, b| place(a) == place(b)) {
            let (row, column) = place(&runs[0]);
            let next = ((column * BLOCK) as f32, (row * BLOCK) as f32);
            if next != origin {
                let (right, down) = (next.0 - origin.0, next.1 - origin.1);
                self.content.transform([1.0, 0.0, 0.0, 1.0, right, down]);
                origin = next;
            }
            for run in runs {
                let (x, y) = ((run.x % BLOCK) as f32, (run.y % BLOCK) as f32);
                self.content.rect(x, y, run.length as f32, 1.0);
            }
            self.content.fill_nonzero();
        }
        self.content.restore_state();
    }
}

/// Hundredths of a unit are below a thousandth of a millimetre.
pub(super) fn units(mm: f32) -> f32 {
    (mm * UNITS_PER_MM * 100.0).round() / 100.0
}
