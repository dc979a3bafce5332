//! What is drawn on a label beside the symbol, in dots.

/// Something on the label that is not the symbol, in dots.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// One line of words that is the same on every label.
    Words {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: u32,
        /// Height of the line.
        line: u32,
        /// What it says.
        text: String,
    },
    /// The serial number, with what stands behind it.
    Serial {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: u32,
        /// Height of the line.
        line: u32,
        /// What stands behind it.
        after: String,
    },
    /// A filled rectangle.
    Bar(Dots),
    /// A picture of black dots.
    Picture(Picture),
}

/// Black dots on white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it stands, and its size.
    pub at: Dots,
    /// Row after row, eight dots a byte, the leftmost dot highest; 1 is black. A row begins with a
    /// new byte.
    pub bits: Vec<u8>,
}

impl Picture {
    /// Whether the dot in this column and row of the picture is black.
    pub fn is_black(&self, column: u32, row: u32) -> bool {
        let row_bytes = self.at.width.div_ceil(8) as usize;
        let byte = self.bits.get(row as usize * row_bytes + column as usize / 8);
        byte.is_some_and(|byte| byte >> (7 - column % 8) & 1 == 1)
    }

    /// Its black dots as horizontal runs: the first dot's place on the label, and how many.
    pub fn runs(&self) -> impl Iterator<Item = Dots> + '_ {
        (0..self.at.height).flat_map(move |row| {
            let mut column = 0;
            std::iter::from_fn(move || {
                let black = |column: &u32| self.is_black(*column, row);
                let first = (column..self.at.width).find(black)?;
                let end = (first..self.at.width).find(|c| !black(c)).unwrap_or(self.at.width);
                column = end;
                let (x, y) = (self.at.x + first, self.at.y + row);
                Some(Dots { x, y, width: end - first, height: 1 })
            })
        })
    }
}

/// A rectangle of whole dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dots {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Dots {
    /// Whether the two have a dot in common.
    pub(in crate::label) fn meets(self, other: Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}
