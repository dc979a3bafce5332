//! The sizes of ECC 200 (ISO/IEC 16022:2006, table 7).

/// One size, square or rectangular. Rows and columns are modules, finder included, quiet zone not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Modules from top to bottom.
    pub(super) rows: u32,
    /// Modules from left to right.
    pub(super) cols: u32,
    /// Data codewords.
    pub(super) data: usize,
    /// Error correction codewords, over all blocks.
    pub(super) correction: usize,
    /// Reed-Solomon blocks that the codewords are dealt to in turn.
    pub(super) blocks: usize,
    /// Data regions from top to bottom, each with a finder of its own.
    pub(super) down: u32,
    /// Data regions from left to right.
    pub(super) across: u32,
}

impl Shape {
    /// Rows and columns without finders: what the codewords are placed in.
    pub(super) const fn inner(&self) -> (u32, u32) {
        (self.rows - 2 * self.down, self.cols - 2 * self.across)
    }

    /// Codewords of data and correction together.
    pub(super) const fn words(&self) -> usize {
        self.data + self.correction
    }

    /// Rows and columns of one data region with its finder.
    pub(super) const fn region(&self) -> (u32, u32) {
        (self.rows / self.down, self.cols / self.across)
    }

    /// What the finders say about a module: `None` where data stands.
    pub(super) const fn fixed(&self, row: u32, col: u32) -> Option<bool> {
        let (rows, cols) = self.region();
        let (down, across) = (row % rows, col % cols);
        if across == 0 || down == rows - 1 {
            Some(true)
        } else if down == 0 {
            Some(across.is_multiple_of(2))
        } else if across == cols - 1 {
            Some(!down.is_multiple_of(2))
        } else {
            None
        }
    }
}

const fn square(side: u32, data: usize, correction: usize, blocks: usize, regions: u32) -> Shape {
    Shape { rows: side, cols: side, data, correction, blocks, down: regions, across: regions }
}

const fn flat(rows: u32, cols: u32, data: usize, correction: usize, across: u32) -> Shape {
    Shape { rows, cols, data, correction, blocks: 1, down: 1, across }
}

/// The rectangular ones, from small to large.
pub(super) const RECTANGLES: [Shape; 6] = [
    flat(8, 18, 5, 7, 1),
    flat(8, 32, 10, 11, 2),
    flat(12, 26, 16, 14, 1),
    flat(12, 36, 22, 18, 2),
    flat(16, 36, 32, 24, 2),
    flat(16, 48, 49, 28, 2),
];

/// The extended rectangular ones (DMRE, ISO/IEC 21471), in the order of that table.
pub(super) const EXTENDED: [Shape; 18] = [
    flat(8, 48, 18, 15, 2),
    flat(8, 64, 24, 18, 4),
    flat(8, 80, 32, 22, 4),
    flat(8, 96, 38, 28, 4),
    flat(8, 120, 49, 32, 6),
    flat(8, 144, 63, 36, 6),
    flat(12, 64, 43, 27, 4),
    flat(12, 88, 64, 36, 4),
    flat(16, 64, 62, 36, 4),
    flat(20, 36, 44, 28, 2),
    flat(20, 44, 56, 34, 2),
    flat(20, 64, 84, 42, 4),
    flat(22, 48, 72, 38, 2),
    flat(24, 48, 80, 41, 2),
    flat(24, 64, 108, 46, 4),
    flat(26, 40, 70, 38, 2),
    flat(26, 48, 90, 42, 2),
    flat(26, 64, 118, 50, 4),
];

/// Every size: the squares, then the rectangles.
pub(super) const SHAPES: [Shape; 48] = {
    let mut all = [SQUARES[0]; 48];
    let mut at = 0;
    while at < 48 {
        all[at] = match at {
            0..24 => SQUARES[at],
            24..30 => RECTANGLES[at - 24],
            _ => EXTENDED[at - 30],
        };
        at += 1;
    }
    all
};

/// The squares, from small to large.
pub(super) const SQUARES: [Shape; 24] = [
    square(10, 3, 5, 1, 1),
    square(12, 5, 7, 1, 1),
    square(14, 8, 10, 1, 1),
    square(16, 12, 12, 1, 1),
    square(18, 18, 14, 1, 1),
    square(20, 22, 18, 1, 1),
    square(22, 30, 20, 1, 1),
    square(24, 36, 24, 1, 1),
    square(26, 44, 28, 1, 1),
    square(32, 62, 36, 1, 2),
    square(36, 86, 42, 1, 2),
    square(40, 114, 48, 1, 2),
    square(44, 144, 56, 1, 2),
    square(48, 174, 68, 1, 2),
    square(52, 204, 84, 2, 2),
    square(64, 280, 112, 2, 4),
    square(72, 368, 144, 4, 4),
    square(80, 456, 192, 4, 4),
    square(88, 576, 224, 4, 4),
    square(96, 696, 272, 4, 4),
    square(104, 816, 336, 6, 4),
    square(120, 1050, 408, 6, 6),
    square(132, 1304, 496, 8, 6),
    square(144, 1558, 620, 10, 6),
];

/// The sides that a square symbol can have, in modules.
pub const SIDES: [u32; 24] = {
    let mut sides = [0; 24];
    let mut at = 0;
    while at < 24 {
        sides[at] = SQUARES[at].rows;
        at += 1;
    }
    sides
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codewords_of_every_size_fill_its_inner_part() {
        for shape in SHAPES {
            let (rows, cols) = shape.inner();
            let words = u32::try_from(shape.words()).unwrap();
            // Where four modules are left over they hold a fixed pattern.
            assert_eq!(rows * cols - words * 8, rows * cols % 8, "{shape:?}");
            assert_eq!(shape.correction % shape.blocks, 0, "{shape:?}");
        }
    }
}
