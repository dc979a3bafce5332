//! Black dots on a label: small pictures, their turns, and how they are burnt into the sheet.
use image::{GrayImage, Luma};

/// How a field is turned, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Turn {
    /// `N`: not at all.
    #[default]
    None,
    /// `R`: 90 degrees.
    Right,
    /// `I`: 180 degrees.
    Over,
    /// `B`: 270 degrees.
    Left,
}

impl Turn {
    /// The turn that a ZPL letter names.
    pub(super) fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'N' => Some(Self::None),
            b'R' => Some(Self::Right),
            b'I' => Some(Self::Over),
            b'B' => Some(Self::Left),
            _ => None,
        }
    }
}

impl Turn {
    /// The turn that undoes this one.
    pub(super) fn back(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Right => Self::Left,
            Self::Over => Self::Over,
            Self::Left => Self::Right,
        }
    }

    /// The turn by so many degrees clockwise.
    pub(super) fn from_degrees(degrees: u32) -> Option<Self> {
        match degrees {
            0 => Some(Self::None),
            90 => Some(Self::Right),
            180 => Some(Self::Over),
            270 => Some(Self::Left),
            _ => None,
        }
    }
}

/// A picture of dots; `true` is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bitmap {
    pub(super) width: usize,
    pub(super) height: usize,
    dots: Vec<bool>,
}

impl Bitmap {
    /// A white picture.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, dots: vec![false; width * height] }
    }

    /// A picture from rows of bytes, the highest bit left (as `^GF` has them).
    pub(super) fn from_rows(bytes: &[u8], bytes_per_row: usize) -> Self {
        let rows = bytes.len() / bytes_per_row.max(1);
        let mut bitmap = Self::new(bytes_per_row * 8, rows);
        for (at, dot) in bitmap.dots.iter_mut().enumerate() {
            *dot = bytes[at / 8] & (0x80 >> (at % 8)) != 0;
        }
        bitmap
    }

    /// Whether the dot is black. Outside it is white.
    pub(super) fn get(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.dots[y * self.width + x]
    }

    /// Makes one dot black.
    pub(super) fn blacken(&mut self, x: usize, y: usize) {
        if x < self.width && y < self.height {
            self.dots[y * self.width + x] = true;
        }
    }

    /// The same picture in another size, each dot taken from the nearest one.
    pub(super) fn stretched(&self, width: usize, height: usize) -> Self {
        let (from_x, from_y) = (self.width, self.height);
        Self::of(width, height, |x, y| self.get(x * from_x / width, y * from_y / height))
    }

    /// The same picture, turned.
    pub(super) fn turned(&self, turn: Turn) -> Self {
        let (w, h) = (self.width, self.height);
        match turn {
            Turn::None => self.clone(),
            Turn::Right => Self::of(h, w, |x, y| self.get(y, h - 1 - x)),
            Turn::Over => Self::of(w, h, |x, y| self.get(w - 1 - x, h - 1 - y)),
            Turn::Left => Self::of(h, w, |x, y| self.get(w - 1 - y, x)),
        }
    }

    /// Burns the picture into the sheet with its upper left corner at `x`, `y` dots. What lies
    /// outside the sheet is cut off.
    pub(super) fn burn(&self, sheet: &mut GrayImage, x: i64, y: i64) {
        for row in 0..self.height {
            for column in (0..self.width).filter(|column| self.get(*column, row)) {
                put(sheet, x + as_place(column), y + as_place(row), 0);
            }
        }
    }

    /// A picture from what each dot is.
    pub(super) fn of(width: usize, height: usize, dot: impl Fn(usize, usize) -> bool) -> Self {
        let mut bitmap = Self::new(width, height);
        for at in 0..width * height {
            bitmap.dots[at] = dot(at % width, at / width);
        }
        bitmap
    }
}

/// Fills a rectangle with one grey value; what lies outside the sheet is cut off.
pub(super) fn fill(sheet: &mut GrayImage, at: (i64, i64), size: (i64, i64), grey: u8) {
    let (width, height) = (i64::from(sheet.width()), i64::from(sheet.height()));
    for y in at.1.max(0)..(at.1 + size.1).min(height) {
        for x in at.0.max(0)..(at.0 + size.0).min(width) {
            put(sheet, x, y, grey);
        }
    }
}

fn put(sheet: &mut GrayImage, x: i64, y: i64, grey: u8) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
    if x < sheet.width() && y < sheet.height() {
        sheet.put_pixel(x, y, Luma([grey]));
    }
}

/// A number of dots as a place on the sheet.
pub(super) fn as_place(dots: usize) -> i64 {
    i64::try_from(dots).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_right_turns_give_the_same_picture() {
        let picture = Bitmap::from_rows(&[0b1010_0000, 0b0000_0001, 0b1111_0000], 1);
        let mut turned = picture.clone();
        for _ in 0..4 {
            turned = turned.turned(Turn::Right);
        }
        assert_eq!(turned, picture);
        assert_eq!(picture.turned(Turn::Right).turned(Turn::Left), picture);
        assert_eq!(picture.turned(Turn::Over).turned(Turn::Over), picture);
    }

    #[test]
    fn a_right_turn_brings_the_upper_left_dot_to_the_upper_right() {
        let picture = Bitmap::from_rows(&[0b1000_0000, 0], 1);
        assert!(picture.turned(Turn::Right).get(1, 0));
    }
}
