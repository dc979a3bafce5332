//! The font of labels: widths, and letters as grey dots.
use ab_glyph::{Font, FontRef, PxScale, point};
use image::GrayImage;
use std::collections::HashMap;
use std::sync::LazyLock;

/// PT Sans Narrow: Latin and all of Cyrillic, narrow, free to ship (its licence lies beside it).
pub(super) const TTF: &[u8] = include_bytes!("../../templates/fonts/PTSansNarrow-Regular.ttf");

static FACE: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(TTF).expect("a test draws with the shipped font"));

/// Whether the font draws this character.
pub(super) fn has(letter: char) -> bool {
    FACE.glyph_id(letter).0 != 0
}

/// Width of the words in dots, in lines of this height.
pub(super) fn advance(words: &str, line: u32) -> f32 {
    let units: f32 = words.chars().map(|c| FACE.h_advance_unscaled(FACE.glyph_id(c))).sum();
    units * in_line(line)
}

/// Dots from the top of a line to the foot of its letters without tail.
pub(super) fn baseline(line: u32) -> f32 {
    FACE.ascent_unscaled() * in_line(line)
}

/// Size of the font (side of its em square) in dots, in lines of this height.
pub(super) fn em(line: u32) -> f32 {
    FACE.units_per_em().unwrap_or(1000.0) * in_line(line)
}

/// Dots a font unit.
#[expect(clippy::cast_precision_loss, reason = "a line has some hundred dots")]
fn in_line(line: u32) -> f32 {
    line as f32 / FACE.height_unscaled()
}

/// Draws the words in black, their line starting at (x, y). What is outside is cut off.
pub(super) fn draw(picture: &mut GrayImage, words: &str, x: f32, y: f32, line: u32) {
    let mut x = x;
    for letter in words.chars() {
        if let Some(stamp) = Stamp::of(letter, line, x, y) {
            stamp.press(picture, 0, 0);
        }
        x += FACE.h_advance_unscaled(FACE.glyph_id(letter)) * in_line(line);
    }
}

/// The dots of a letter.
struct Stamp {
    /// Its upper left corner.
    x: i32,
    y: i32,
    width: usize,
    /// How black each dot is, row by row.
    ink: Vec<u8>,
}

impl Stamp {
    /// The letter where its line starts at (x, y); a space has no dots.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a line has some hundred dots"
    )]
    fn of(letter: char, line: u32, x: f32, y: f32) -> Option<Self> {
        let place = point(x, y + baseline(line));
        let glyph =
            FACE.glyph_id(letter).with_scale_and_position(PxScale::from(line as f32), place);
        let outline = FACE.outline_glyph(glyph)?;
        let bounds = outline.px_bounds();
        let width = bounds.width() as usize;
        let mut ink = vec![0; width * bounds.height() as usize];
        outline.draw(|across, down, cover| {
            let at = down as usize * width + across as usize;
            ink[at] = (cover.clamp(0.0, 1.0) * 255.0) as u8;
        });
        Some(Self { x: bounds.min.x as i32, y: bounds.min.y as i32, width, ink })
    }

    /// Darkens the picture with the letter, moved right and down. What is outside is cut off.
    fn press(&self, picture: &mut GrayImage, right: i32, down: i32) {
        let rows = self.ink.chunks(self.width.max(1));
        for (row, y) in rows.zip(self.y.saturating_add(down)..) {
            for (ink, x) in row.iter().zip(self.x.saturating_add(right)..) {
                let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { continue };
                if let Some(dot) = picture.get_pixel_mut_checked(x, y) {
                    dot.0[0] = dot.0[0].saturating_sub(*ink);
                }
            }
        }
    }
}

/// Letters that were drawn once, to be drawn again without their outlines.
#[derive(Default)]
pub(super) struct Stamps(HashMap<(char, u32, u8), Option<Stamp>>);

impl Stamps {
    /// As [`draw`], with letters on quarters of a dot.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a label has some thousand dots"
    )]
    pub(super) fn draw(&mut self, picture: &mut GrayImage, words: &str, x: f32, y: u32, line: u32) {
        let mut x = x;
        for letter in words.chars() {
            let quarters = (x * 4.0).round() as u32;
            let part = (quarters % 4) as u8;
            let stamp = self.0.entry((letter, line, part));
            let stamp =
                stamp.or_insert_with(|| Stamp::of(letter, line, f32::from(part) / 4.0, 0.0));
            if let Some(stamp) = stamp {
                stamp.press(picture, (quarters / 4).cast_signed(), y.cast_signed());
            }
            x += FACE.h_advance_unscaled(FACE.glyph_id(letter)) * in_line(line);
        }
    }
}
