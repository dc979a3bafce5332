//! The square sizes of ECC 200 (ISO/IEC 16022:2006, table 7).

/// One square size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Square {
    /// Modules along one side, finder included, quiet zone not.
    pub(super) side: u32,
    /// Data codewords.
    pub(super) data: usize,
    /// Error correction codewords, over all blocks.
    pub(super) correction: usize,
    /// Reed-Solomon blocks that the codewords are dealt to in turn.
    pub(super) blocks: usize,
    /// Data regions along one side, each with a finder of its own.
    pub(super) regions: u32,
}

impl Square {
    /// Modules along one side without finders: what the codewords are placed in.
    pub(super) const fn inner(&self) -> u32 {
        self.side - 2 * self.regions
    }
}

const fn square(side: u32, data: usize, correction: usize, blocks: usize, regions: u32) -> Square {
    Square { side, data, correction, blocks, regions }
}

/// All of them, from small to large.
pub(super) const SQUARES: [Square; 24] = [
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
        sides[at] = SQUARES[at].side;
        at += 1;
    }
    sides
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codewords_of_every_size_fill_its_inner_square() {
        for square in SQUARES {
            let modules = square.inner() * square.inner();
            let words = u32::try_from(square.data + square.correction).unwrap();
            // Where four modules are left over they hold a fixed pattern.
            assert_eq!(modules - words * 8, modules % 8, "{}", square.side);
            assert_eq!(square.correction % square.blocks, 0, "{}", square.side);
        }
    }
}
