//! Everything that is the same on every label, drawn once into black dots.
use crate::label::face;
use crate::label::place::{Dots, Item, Picture, Placed};
use image::{GrayImage, Luma};

/// Dark is what ink covers by two fifths: at half and more, thin strokes of letters fall apart.
const DARK: u8 = 153;

/// What all labels have in common, cropped to its black dots; none where they have nothing.
pub(super) fn of(placed: &Placed) -> Option<Picture> {
    let mut drawn = white(placed.width, placed.height);
    for item in &placed.items {
        draw(&mut drawn, item);
    }
    cropped(&drawn)
}

/// One line of words on its own, cropped to its black dots; none where they have none.
pub(super) fn words(text: &str, x: f32, y: u32, line: u32, within: (u32, u32)) -> Option<Picture> {
    let mut drawn = white(within.0, within.1);
    put_words(&mut drawn, text, x, y, line);
    cropped(&drawn)
}

pub(super) fn white(width: u32, height: u32) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([255]))
}

#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
pub(super) fn put_words(drawn: &mut GrayImage, text: &str, x: f32, y: u32, line: u32) {
    face::draw(drawn, text, x, y as f32, line);
}

pub(super) fn fill(drawn: &mut GrayImage, dots: Dots) {
    for y in dots.y..dots.y + dots.height {
        for x in dots.x..dots.x + dots.width {
            if let Some(dot) = drawn.get_pixel_mut_checked(x, y) {
                *dot = Luma([0]);
            }
        }
    }
}

fn draw(drawn: &mut GrayImage, item: &Item) {
    match item {
        Item::Words { x, y, line, text } => put_words(drawn, text, *x, *y, *line),
        Item::Bar(dots) => fill(drawn, *dots),
        Item::Picture(picture) => picture.runs().for_each(|dots| fill(drawn, dots)),
        // Changes from label to label.
        Item::Serial { .. } => {}
    }
}

/// The black dots and the smallest rectangle around them.
pub(super) fn cropped(drawn: &GrayImage) -> Option<Picture> {
    let dark = || drawn.enumerate_pixels().filter(|(_, _, dot)| dot.0[0] < DARK);
    let (left, right) = (dark().map(|d| d.0).min()?, dark().map(|d| d.0).max()?);
    let (top, foot) = (dark().map(|d| d.1).min()?, dark().map(|d| d.1).max()?);
    let at = Dots { x: left, y: top, width: right - left + 1, height: foot - top + 1 };
    let row_bytes = at.width.div_ceil(8);
    let mut bits = vec![0; (row_bytes * at.height) as usize];
    for (x, y, _) in dark() {
        let (column, row) = (x - left, y - top);
        bits[(row * row_bytes + column / 8) as usize] |= 0x80 >> (column % 8);
    }
    Some(Picture { at, bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_cropped_to_its_black_dots() {
        let mut drawn = white(40, 20);
        assert_eq!(cropped(&drawn), None);
        fill(&mut drawn, Dots { x: 5, y: 3, width: 9, height: 2 });
        let picture = cropped(&drawn).unwrap();
        assert_eq!(picture.at, Dots { x: 5, y: 3, width: 9, height: 2 });
        assert_eq!(picture.bits, [0xff, 0x80, 0xff, 0x80]);
    }
}
