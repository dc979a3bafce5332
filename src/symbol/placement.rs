//! Where the bits of the codewords lie (ISO/IEC 16022, annex F).
use super::sizes::{SHAPES, Shape};
use std::sync::OnceLock;

/// A place in the inner part: row, column.
type Place = (i32, i32);

/// The eight bits of an ordinary codeword around its last one, highest first.
const UTAH: [Place; 8] =
    [(-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0)];

/// The four shapes at the corners; negative places count from the far side.
const CORNERS: [[Place; 8]; 4] = [
    [(-1, 0), (-1, 1), (-1, 2), (0, -2), (0, -1), (1, -1), (2, -1), (3, -1)],
    [(-3, 0), (-2, 0), (-1, 0), (0, -4), (0, -3), (0, -2), (0, -1), (1, -1)],
    [(-3, 0), (-2, 0), (-1, 0), (0, -2), (0, -1), (1, -1), (2, -1), (3, -1)],
    [(-1, 0), (-1, -1), (0, -3), (0, -2), (0, -1), (1, -3), (1, -2), (1, -1)],
];

/// A module that holds no bit of a codeword, but is fixed: light.
pub(super) const ALWAYS_LIGHT: u16 = u16::MAX;
/// The same, dark.
pub(super) const ALWAYS_DARK: u16 = u16::MAX - 1;

struct Inner {
    rows: i32,
    cols: i32,
    /// `None` where nothing was placed yet.
    cells: Vec<Option<u16>>,
    next: u16,
}

/// The dark modules of the inner part, row by row.
pub(super) fn place(words: &[u8], (rows, cols): (u32, u32)) -> Vec<bool> {
    let dark = |bit: u16| match bit {
        ALWAYS_DARK => true,
        ALWAYS_LIGHT => false,
        bit => {
            let word = words.get(usize::from(bit / 8)).copied().unwrap_or_default();
            word >> (7 - bit % 8) & 1 == 1
        }
    };
    bits(rows, cols).into_iter().map(dark).collect()
}

/// For each module of the inner part, row by row: codeword times eight plus bit, highest first.
pub(super) fn map(shape: &Shape) -> &'static [u16] {
    static MAPS: [OnceLock<Vec<u16>>; SHAPES.len()] = [const { OnceLock::new() }; SHAPES.len()];
    let at = SHAPES.iter().position(|known| known == shape).expect("every shape is in the table");
    MAPS[at].get_or_init(|| {
        let (rows, cols) = shape.inner();
        bits(rows, cols)
    })
}

fn bits(rows: u32, cols: u32) -> Vec<u16> {
    let (rows, cols) = (rows.cast_signed(), cols.cast_signed());
    let cells = vec![None; (rows * cols).unsigned_abs() as usize];
    let mut inner = Inner { rows, cols, cells, next: 0 };
    let (mut row, mut col) = (4, 0);
    while row < rows || col < cols {
        if let Some(shape) = inner.corner(row, col) {
            inner.set(shape.map(|(r, c)| (r.rem_euclid(rows), c.rem_euclid(cols))));
        }
        while row >= 0 && col < cols {
            inner.utah(row, col);
            (row, col) = (row - 2, col + 2);
        }
        (row, col) = (row + 1, col + 3);
        while row < rows && col >= 0 {
            inner.utah(row, col);
            (row, col) = (row + 2, col - 2);
        }
        (row, col) = (row + 3, col + 1);
    }
    inner.fill_last_corner();
    inner.cells.into_iter().map(|bit| bit.unwrap_or(ALWAYS_LIGHT)).collect()
}

impl Inner {
    fn at(&self, (row, col): Place) -> usize {
        (row * self.cols + col).unsigned_abs() as usize
    }

    fn corner(&self, row: i32, col: i32) -> Option<[Place; 8]> {
        if row == self.rows && col == 0 {
            Some(CORNERS[0])
        } else if row == self.rows - 2 && col == 0 && self.cols % 8 == 4 {
            Some(CORNERS[2])
        } else if row == self.rows - 2 && col == 0 && self.cols % 4 != 0 {
            Some(CORNERS[1])
        } else if row == self.rows + 4 && col == 2 && self.cols % 8 == 0 {
            Some(CORNERS[3])
        } else {
            None
        }
    }

    /// Gives these places to the bits of the next codeword.
    fn set(&mut self, places: [Place; 8]) {
        for (bit, place) in (self.next..).zip(places) {
            let at = self.at(place);
            self.cells[at] = Some(bit);
        }
        self.next += 8;
    }

    /// An ordinary codeword, if its last bit is inside and still free.
    fn utah(&mut self, row: i32, col: i32) {
        let inside = (0..self.rows).contains(&row) && (0..self.cols).contains(&col);
        if inside && self.cells[self.at((row, col))].is_none() {
            self.set(UTAH.map(|(r, c)| self.wrapped(row + r, col + c)));
        }
    }

    /// What leaves at the top or the left comes in again at the far side, shifted.
    fn wrapped(&self, mut row: i32, mut col: i32) -> Place {
        if row < 0 {
            (row, col) = (row + self.rows, col + 4 - (self.rows + 4) % 8);
        }
        if col < 0 {
            (row, col) = (row + 4 - (self.cols + 4) % 8, col + self.cols);
        }
        // Only in the extended rectangles (ISO/IEC 21471, annex E).
        if row >= self.rows {
            row -= self.rows;
        }
        (row, col)
    }

    /// Where the codewords leave the last four modules free, two of them are dark.
    fn fill_last_corner(&mut self) {
        let last = self.cells.len() - 1;
        if self.cells[last].is_none() {
            let before = self.at((self.rows - 2, self.cols - 2));
            self.cells[last] = Some(ALWAYS_DARK);
            self.cells[before] = Some(ALWAYS_DARK);
        }
    }
}
