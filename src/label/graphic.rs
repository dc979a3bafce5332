//! Words and pictures as a `^GFA` graphic, so that no font needs to exist in the printer.
use super::{Picture, face};
use image::{GrayImage, Luma};
use std::fmt::Write;

/// The command that draws one line of words from the current field origin.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a label has some thousand dots"
)]
pub(super) fn words(text: &str, line: u32) -> String {
    // One dot to the right holds what leans out of the last letter.
    let width = face::advance(text, line).ceil() as u32 + 1;
    let mut picture = GrayImage::from_pixel(width, line, Luma([255]));
    face::draw(&mut picture, text, 0.0, 0.0, line);
    // Dark is what ink covers by two fifths: at half and more, thin strokes fall apart.
    let dark = |x, y| picture.get_pixel_checked(x, y).is_some_and(|dot: &Luma<u8>| dot.0[0] < 153);
    command(width, line, dark)
}

/// The command that draws a picture from the current field origin.
pub(super) fn picture(picture: &Picture) -> String {
    command(picture.at.width, picture.at.height, |x, y| picture.is_black(x, y))
}

fn command(width: u32, height: u32, dark: impl Fn(u32, u32) -> bool) -> String {
    let row_bytes = width.div_ceil(8);
    let total = row_bytes * height;
    let mut command = format!("^GFA,{total},{total},{row_bytes},");
    let mut above = None;
    for y in 0..height {
        let row = nibbles(|x| dark(x, y), row_bytes * 2);
        if above.as_ref() == Some(&row) {
            command.push(':');
        } else {
            pack(&row, &mut command);
        }
        above = Some(row);
    }
    command
}

/// One row as half bytes, the leftmost dot highest.
fn nibbles(dark: impl Fn(u32) -> bool, count: u32) -> Vec<u8> {
    (0..count)
        .map(|at| (0..4).fold(0, |bits, bit| bits << 1 | u8::from(dark(at * 4 + bit))))
        .collect()
}

/// Packs one row: `,` and `!` stand for a rest of zeros and ones, letters for repetitions (ZPL II
/// programming guide, "Alternative Data Compression Scheme").
fn pack(row: &[u8], command: &mut String) {
    let (last, filler) = match row.last() {
        Some(0) => (0, ','),
        Some(15) => (15, '!'),
        Some(_) | None => (16, ' '),
    };
    let kept = row.iter().rposition(|n| *n != last).map_or(0, |at| at + 1);
    for same in row[..kept].chunk_by(|a, b| a == b) {
        repeat(same.len(), command);
        // Writing to a string cannot fail.
        let _ = write!(command, "{:X}", same[0]);
    }
    if kept < row.len() {
        command.push(filler);
    }
}

/// `g`…`z` are 20…400 in twenties, `G`…`Y` are 1…19; one alone needs no letter.
fn repeat(count: usize, command: &mut String) {
    let letter = |first: u8, step: usize| char::from(first + u8::try_from(step - 1).unwrap_or(19));
    let mut left = count;
    while left >= 20 {
        let twenties = (left / 20).min(20);
        command.push(letter(b'g', twenties));
        left -= twenties * 20;
    }
    if left > 1 || (left == 1 && count > 20) {
        command.push(letter(b'G', left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(row: &[u8]) -> String {
        let mut command = String::new();
        pack(row, &mut command);
        command
    }

    #[test]
    fn repetitions_are_packed_as_the_guide_says() {
        assert_eq!(packed(&[0; 8]), ",");
        assert_eq!(packed(&[15; 8]), "!");
        assert_eq!(packed(&[1, 2, 2, 0, 0]), "1H2,");
        assert_eq!(packed(&[&[7; 20][..], &[1]].concat()), "g71");
        assert_eq!(packed(&[&[7; 41][..], &[1]].concat()), "hG71");
        assert_eq!(packed(&[&[7; 421][..], &[1]].concat()), "zgG71");
    }
}
