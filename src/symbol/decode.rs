//! From the darkness of the modules to codewords and text.
use super::cells::Cells;
use super::correction::{self, Corrected};
use super::expected::Expected;
use super::placement::{self, ALWAYS_DARK, ALWAYS_LIGHT};
use super::sizes::Shape;
use super::text::{self, Said};

/// A symbol's words, put right.
#[derive(Debug, Clone)]
pub(super) struct Decoded {
    pub(super) said: Said,
    /// Data words, then correction words, as they should be.
    pub(super) words: Vec<u8>,
    pub(super) corrected: Corrected,
}

/// Modules of an upright symbol without quiet zone, positive is dark.
pub(super) struct Seen<'a> {
    pub(super) shape: &'static Shape,
    pub(super) darkness: &'a Cells,
    /// The cells lie this far from the border of the grid.
    pub(super) margin: usize,
    pub(super) mirrored: bool,
}

impl Seen<'_> {
    /// Darkness of the module in this row and column of the symbol as it is meant.
    fn module(&self, row: usize, col: usize) -> f32 {
        let (rows, cols) = (self.shape.rows as usize, self.shape.cols as usize);
        let (row, col) = if self.mirrored { (cols - 1 - col, rows - 1 - row) } else { (row, col) };
        self.darkness.at(row + self.margin, col + self.margin)
    }

    /// Reads the words: compares them with the expected ones first, and corrects them where they
    /// are others. Nothing is taken for erased: that would bring wrong texts nearer.
    pub(super) fn decode(&self, expected: Option<&Expected>) -> Option<Decoded> {
        let mut words = self.words();
        for right in expected.into_iter().flat_map(|expected| expected.words(self.shape)) {
            if let Some(corrected) = correction::compare(&words, right, self.shape) {
                let said = text::say(&right[..self.shape.data])?;
                return Some(Decoded { said, words: right.to_vec(), corrected });
            }
        }
        let corrected = correction::correct(&mut words, &[], self.shape)?;
        let said = text::say(&words[..self.shape.data])?;
        Some(Decoded { said, words, corrected })
    }

    /// The words as they stand there.
    fn words(&self) -> Vec<u8> {
        let mut words = vec![0_u8; self.shape.words()];
        let (rows, cols) = self.shape.region();
        let (_, inner_cols) = self.shape.inner();
        for (at, bit) in (0_u32..).zip(placement::map(self.shape)) {
            let fixed = matches!(*bit, ALWAYS_DARK | ALWAYS_LIGHT);
            let (row, col) = (at / inner_cols, at % inner_cols);
            let row = row / (rows - 2) * rows + row % (rows - 2) + 1;
            let col = col / (cols - 2) * cols + col % (cols - 2) + 1;
            if !fixed && self.module(row as usize, col as usize) > 0.0 {
                words[usize::from(bit / 8)] |= 0x80 >> (bit % 8);
            }
        }
        words
    }
}
