//! A kept picture with marks for people: what was read in it, or where nothing could be read.
use super::reading::Spot;
use super::shelf::Shown;
use crate::symbol::{Coloured, Grey, Region, overlay, places};

/// Around what was read, and around what was not.
const READ: [u8; 3] = [46, 160, 67];
const UNREAD: [u8; 3] = [208, 0, 208];
/// Under words.
const BACK: [u8; 3] = [255, 255, 255];
/// Words are so many dots high and wide, with a dot between them.
const HIGH: u32 = 7;
const WIDE: u32 = 5;
/// One dot of a word is a pixel for so many pixels of the picture.
const PIXELS_A_DOT: u32 = 320;

/// The picture with its marks: the graded symbol module by module, a symbol without a grade by its
/// border, and where nothing was read the likeliest place, or the whole frame, with words. To look
/// for that place takes milliseconds, and no verdict waits here.
pub(super) fn marked(shown: &Shown) -> Option<Coloured> {
    let picture = &shown.picture;
    let grey = Grey::new(&picture.luma, picture.width, picture.height)?;
    let mut drawing = overlay(&grey, shown.grade.as_ref());
    if shown.grade.is_some() {
        return Some(drawing);
    }
    match shown.spot {
        Spot::Read(corners) => outline(&mut drawing, corners, READ),
        Spot::Unread => unread(&mut drawing, places(&grey, 1).first()),
    }
    Some(drawing)
}

/// What looks most like a symbol, or that nothing does.
fn unread(drawing: &mut Coloured, likely: Option<&Region>) {
    if let Some(at) = likely {
        frame(drawing, (at.x, at.y, at.width, at.height));
        words(drawing, "NOT READ");
    } else {
        let whole = (0, 0, drawing.width, drawing.height);
        frame(drawing, whole);
        words(drawing, "NO SYMBOL SEEN");
    }
}

fn dot(drawing: &mut Coloured, (x, y): (u32, u32), colour: [u8; 3]) {
    if x < drawing.width && y < drawing.height {
        let at = (y as usize * drawing.width as usize + x as usize) * 3;
        drawing.rgb[at..at + 3].copy_from_slice(&colour);
    }
}

/// A frame two pixels wide along the inside of a part.
fn frame(drawing: &mut Coloured, (x, y, width, height): (u32, u32, u32, u32)) {
    let (right, bottom) = (x + width, y + height);
    for n in 0..2 {
        for along in x..right {
            dot(drawing, (along, y + n), UNREAD);
            dot(drawing, (along, bottom.saturating_sub(1 + n)), UNREAD);
        }
        for down in y..bottom {
            dot(drawing, (x + n, down), UNREAD);
            dot(drawing, (right.saturating_sub(1 + n), down), UNREAD);
        }
    }
}

/// Lines from corner to corner.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is outside of the picture is not drawn; pictures are far smaller than 2^24"
)]
fn outline(drawing: &mut Coloured, corners: [(f32, f32); 4], colour: [u8; 3]) {
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 20_000.0) as u16;
        for step in 0..steps {
            let part = f32::from(step) / f32::from(steps);
            let (x, y) = ((from.0 + dx * part).round(), (from.1 + dy * part).round());
            if x >= 0.0 && y >= 0.0 {
                dot(drawing, (x as u32, y as u32), colour);
            }
        }
    }
}

/// Words in the upper left corner, as large as the picture allows.
fn words(drawing: &mut Coloured, words: &str) {
    let scale = (drawing.width / PIXELS_A_DOT).max(1);
    let dots = u32::try_from(words.len()).unwrap_or(u32::MAX) * (WIDE + 1) + 1;
    for (x, y) in (0..HIGH + 2).flat_map(|y| (0..dots).map(move |x| (x, y))) {
        let (letter, col) = (x.saturating_sub(1) / (WIDE + 1), x.saturating_sub(1) % (WIDE + 1));
        let letter = words.as_bytes().get(letter as usize).map_or([0; 7], |name| glyph(*name));
        let row = y.checked_sub(1).and_then(|row| letter.get(row as usize)).copied().unwrap_or(0);
        let ink = x > 0 && col < WIDE && row >> (WIDE - 1 - col) & 1 == 1;
        let colour = if ink { UNREAD } else { BACK };
        for n in 0..scale * scale {
            let at = (3 + x * scale + n % scale, 3 + y * scale + n / scale);
            dot(drawing, at, colour);
        }
    }
}

/// A letter of the few words that are written here: row by row, five dots each.
fn glyph(letter: u8) -> [u8; 7] {
    match letter {
        b'A' => [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
        b'B' => [0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e],
        b'D' => [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e],
        b'E' => [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f],
        b'L' => [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f],
        b'M' => [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11],
        b'N' => [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11],
        b'O' => [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e],
        b'R' => [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11],
        b'S' => [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e],
        b'T' => [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
        b'Y' => [0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture::Picture;
    use super::*;

    fn shown(spot: Spot) -> Shown {
        let picture = Picture { width: 160, height: 120, luma: vec![90; 160 * 120] };
        Shown { picture, spot, grade: None }
    }

    fn pixel(drawing: &Coloured, x: usize, y: usize) -> [u8; 3] {
        let at = (y * 160 + x) * 3;
        drawing.rgb[at..at + 3].try_into().unwrap()
    }

    #[test]
    fn where_nothing_was_read_the_likeliest_place_is_framed_with_words() {
        let at = Region { x: 40, y: 50, width: 60, height: 30 };
        let mut drawing = Coloured { width: 160, height: 120, rgb: vec![90; 160 * 120 * 3] };
        unread(&mut drawing, Some(&at));
        for (x, y) in [(40, 50), (99, 50), (40, 79), (99, 79), (70, 51), (41, 60)] {
            assert_eq!(pixel(&drawing, x, y), UNREAD, "{x} {y}");
        }
        assert_eq!(pixel(&drawing, 70, 60), [90; 3], "what is in it can be seen");
        assert_eq!(pixel(&drawing, 39, 60), [90; 3]);
        let written = (3..52).filter(|x| (3..12).any(|y| pixel(&drawing, *x, y) == UNREAD));
        assert!(written.count() > 30, "words");
    }

    #[test]
    fn the_likeliest_place_is_looked_for_when_the_picture_is_drawn() {
        let mut shown = shown(Spot::Unread);
        // Modules of four pixels between (40, 40) and (88, 88) that no reader reads.
        for (row, col) in (0..144_usize).map(|n| (n / 12, n % 12)) {
            let dark = row.wrapping_mul(7) ^ col.wrapping_mul(5) ^ (row * col);
            for n in 0..16 {
                let at = (40 + row * 4 + n / 4) * 160 + 40 + col * 4 + n % 4;
                shown.picture.luma[at] = if dark & 2 == 0 { 20 } else { 220 };
            }
        }
        let drawing = marked(&shown).unwrap();
        // Windows are larger than the modules: the frame reaches the left edge, not the right one.
        let right = (0..120).flat_map(|y| (100..155).map(move |x| (x, y)));
        let framed = right.filter(|(x, y)| pixel(&drawing, *x, *y) == UNREAD).count();
        assert!(framed > 60, "{framed} pixels of a frame around it");
        assert_ne!(pixel(&drawing, 159, 119), UNREAD, "and not around everything");
    }

    #[test]
    fn where_nothing_looks_like_a_symbol_the_whole_frame_is_marked() {
        let drawing = marked(&shown(Spot::Unread)).unwrap();
        for (x, y) in [(0, 0), (159, 0), (0, 119), (159, 119), (80, 118)] {
            assert_eq!(pixel(&drawing, x, y), UNREAD, "{x} {y}");
        }
        assert_eq!(pixel(&drawing, 80, 60), [90; 3]);
    }

    #[test]
    fn every_letter_of_the_words_is_there() {
        for letter in "NOT READ NO SYMBOL SEEN".bytes().filter(|letter| *letter != b' ') {
            assert!(glyph(letter) != [0; 7], "{}", char::from(letter));
        }
    }

    #[test]
    fn a_symbol_without_a_grade_has_a_border_also_where_it_leaves_the_picture() {
        let corners = [(100.0, 20.0), (200.0, 20.0), (200.0, 70.0), (100.0, -20.0)];
        let drawing = marked(&shown(Spot::Read(corners))).unwrap();
        assert_eq!(pixel(&drawing, 120, 20), READ);
        assert_eq!(pixel(&drawing, 60, 20), [90; 3]);
    }
}
