//! The font of labels: widths, and letters as grey dots.
use ab_glyph::{Font, FontRef, PxScale, point};
use image::GrayImage;
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
#[expect(clippy::cast_precision_loss, reason = "a line has some hundred dots")]
pub(super) fn draw(picture: &mut GrayImage, words: &str, x: f32, y: f32, line: u32) {
    let (mut x, y) = (x, y + baseline(line));
    for letter in words.chars() {
        let id = FACE.glyph_id(letter);
        let glyph = id.with_scale_and_position(PxScale::from(line as f32), point(x, y));
        if let Some(outline) = FACE.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, cover| {
                darken(picture, corner.x + dx as f32, corner.y + dy as f32, cover);
            });
        }
        x += FACE.h_advance_unscaled(id) * in_line(line);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked or clamped before"
)]
fn darken(picture: &mut GrayImage, x: f32, y: f32, cover: f32) {
    if x < 0.0 || y < 0.0 {
        return;
    }
    if let Some(dot) = picture.get_pixel_mut_checked(x as u32, y as u32) {
        let ink = (cover.clamp(0.0, 1.0) * 255.0) as u8;
        dot.0[0] = dot.0[0].saturating_sub(ink);
    }
}
