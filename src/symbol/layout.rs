//! How the symbol should look: every module's colour, and which codeword it belongs to.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a symbol has at most 144 modules a side"
)]
use super::placement::{self, ALWAYS_DARK, ALWAYS_LIGHT};
use super::reader::Symbol;
use super::sizes::{SHAPES, Shape};

/// A module that belongs to no codeword.
pub(super) const NO_WORD: u16 = u16::MAX;

/// The corrected symbol as it is seen (solid sides at the left and at the bottom), with one module
/// of quiet zone around it.
pub(super) struct Layout {
    /// The size in the table.
    pub(super) shape: &'static Shape,
    /// The same as it is seen: turned, where the symbol is seen from behind.
    pub(super) seen: Shape,
    /// Rows and columns as seen, without quiet zone.
    pub(super) rows: usize,
    pub(super) cols: usize,
    /// Row by row with quiet zone: which modules are to be dark.
    pub(super) dark: Vec<bool>,
    /// The same: codewords.
    pub(super) words: Vec<u16>,
}

impl Layout {
    /// `None` for a size that does not exist.
    pub(super) fn of(symbol: &Symbol) -> Option<Self> {
        let shape = SHAPES.iter().find(|s| (s.rows, s.cols) == (symbol.rows, symbol.cols))?;
        let seen = if symbol.mirrored { turned(shape) } else { *shape };
        let (rows, cols) = (seen.rows as usize, seen.cols as usize);
        let cells = (rows + 2) * (cols + 2);
        let (dark, words) = (vec![false; cells], vec![NO_WORD; cells]);
        let mut layout = Self { shape, seen, rows, cols, dark, words };
        layout.draw_finders();
        layout.draw_words(symbol);
        Some(layout)
    }

    /// Columns with quiet zone.
    pub(super) fn width(&self) -> usize {
        self.cols + 2
    }

    /// Where a module stands in the lists; −1 is the quiet zone.
    pub(super) fn at(&self, row: i32, col: i32) -> usize {
        debug_assert!(row >= -1 && col >= -1);
        (row + 1).unsigned_abs() as usize * self.width() + (col + 1).unsigned_abs() as usize
    }

    /// Row and column of a place in the lists.
    pub(super) fn place(&self, at: usize) -> (i32, i32) {
        let (row, col) = (at / self.width(), at % self.width());
        ((row as i32) - 1, (col as i32) - 1)
    }

    /// Whether a place in the lists is quiet zone.
    pub(super) fn is_quiet(&self, at: usize) -> bool {
        let (row, col) = (at / self.width(), at % self.width());
        row == 0 || col == 0 || row > self.rows || col > self.cols
    }

    fn draw_finders(&mut self) {
        for row in 0..self.seen.rows {
            for col in 0..self.seen.cols {
                let at = (row as usize + 1) * self.width() + col as usize + 1;
                self.dark[at] = self.seen.fixed(row, col).unwrap_or(false);
            }
        }
    }

    fn draw_words(&mut self, symbol: &Symbol) {
        let (rows, cols) = self.shape.region();
        let (_, inner_cols) = self.shape.inner();
        for (at, bit) in (0_u32..).zip(placement::map(self.shape)) {
            let (row, col) = (at / inner_cols, at % inner_cols);
            let row = row / (rows - 2) * rows + row % (rows - 2) + 1;
            let col = col / (cols - 2) * cols + col % (cols - 2) + 1;
            let (row, col) = if symbol.mirrored {
                (self.shape.cols - 1 - col, self.shape.rows - 1 - row)
            } else {
                (row, col)
            };
            let cell = (row as usize + 1) * self.width() + col as usize + 1;
            if matches!(*bit, ALWAYS_DARK | ALWAYS_LIGHT) {
                self.dark[cell] = *bit == ALWAYS_DARK;
                continue;
            }
            let word = symbol.words.get(usize::from(bit / 8)).copied().unwrap_or_default();
            self.dark[cell] = word >> (7 - bit % 8) & 1 == 1;
            self.words[cell] = bit / 8;
        }
    }

    /// The block of error correction that each codeword belongs to.
    pub(super) fn blocks(&self) -> Vec<u8> {
        let shape = self.shape;
        let mut blocks = vec![0; shape.words()];
        for block in 0..shape.blocks {
            for at in super::correction::places(block, shape) {
                blocks[at] = block as u8;
            }
        }
        blocks
    }
}

/// Rows for columns.
fn turned(shape: &Shape) -> Shape {
    Shape { rows: shape.cols, cols: shape.rows, down: shape.across, across: shape.down, ..*shape }
}
