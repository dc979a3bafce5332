//! Where the bits of the codewords lie (ISO/IEC 16022, annex F).

/// A place in the inner square: row, column.
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

struct Inner {
    side: i32,
    /// `None` where nothing was placed yet.
    cells: Vec<Option<bool>>,
}

/// The dark modules of the inner square, row by row.
pub(super) fn place(words: &[u8], side: u32) -> Vec<bool> {
    let side = i32::try_from(side).expect("at most 132");
    let mut inner = Inner { side, cells: vec![None; (side * side).unsigned_abs() as usize] };
    let mut left = words.iter().copied();
    let (mut row, mut col) = (4, 0);
    while row < side || col < side {
        if let Some(shape) = inner.corner(row, col) {
            inner.set(&mut left, shape.map(|(r, c)| (r.rem_euclid(side), c.rem_euclid(side))));
        }
        while row >= 0 && col < side {
            inner.utah(&mut left, row, col);
            (row, col) = (row - 2, col + 2);
        }
        (row, col) = (row + 1, col + 3);
        while row < side && col >= 0 {
            inner.utah(&mut left, row, col);
            (row, col) = (row + 2, col - 2);
        }
        (row, col) = (row + 3, col + 1);
    }
    inner.fill_last_corner();
    inner.cells.into_iter().map(Option::unwrap_or_default).collect()
}

impl Inner {
    fn at(&self, (row, col): Place) -> usize {
        (row * self.side + col).unsigned_abs() as usize
    }

    fn corner(&self, row: i32, col: i32) -> Option<[Place; 8]> {
        let side = self.side;
        if row == side && col == 0 {
            Some(CORNERS[0])
        } else if row == side - 2 && col == 0 && side % 4 != 0 {
            Some(CORNERS[if side % 8 == 4 { 2 } else { 1 }])
        } else if row == side + 4 && col == 2 && side % 8 == 0 {
            Some(CORNERS[3])
        } else {
            None
        }
    }

    /// Sets the bits of the next codeword at these places.
    fn set(&mut self, left: &mut impl Iterator<Item = u8>, places: [Place; 8]) {
        let word = left.next().unwrap_or_default();
        for (bit, place) in places.into_iter().enumerate() {
            let at = self.at(place);
            self.cells[at] = Some(word >> (7 - bit) & 1 == 1);
        }
    }

    /// An ordinary codeword, if its last bit is inside and still free.
    fn utah(&mut self, left: &mut impl Iterator<Item = u8>, row: i32, col: i32) {
        let inside = (0..self.side).contains(&row) && (0..self.side).contains(&col);
        if inside && self.cells[self.at((row, col))].is_none() {
            self.set(left, UTAH.map(|(r, c)| self.wrapped(row + r, col + c)));
        }
    }

    /// What leaves at the top or the left comes in again at the far side, shifted.
    fn wrapped(&self, mut row: i32, mut col: i32) -> Place {
        let shift = 4 - (self.side + 4) % 8;
        if row < 0 {
            (row, col) = (row + self.side, col + shift);
        }
        if col < 0 {
            (row, col) = (row + shift, col + self.side);
        }
        (row, col)
    }

    /// Where the codewords leave the last four modules free, two of them are dark.
    fn fill_last_corner(&mut self) {
        let last = self.cells.len() - 1;
        if self.cells[last].is_none() {
            let before = self.at((self.side - 2, self.side - 2));
            self.cells[last] = Some(true);
            self.cells[before] = Some(true);
        }
    }
}
