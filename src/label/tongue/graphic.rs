//! Black dots as the commands of printers want them.
use crate::label::place::{Dots, Picture};
use std::fmt::Write;

/// Bytes of one picture in ZPL at most. `^GF` takes 99,999 (ZPL II Programming Guide); programs that
/// read ZPL take fewer, zplkit 25,000.
const BAND_BYTES: u32 = 24_000;
/// File header, picture header and two colours of a bitmap file.
const BMP_HEAD: u32 = 14 + 40 + 8;

impl Picture {
    fn row_bytes(&self) -> u32 {
        self.at.width.div_ceil(8)
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.bits.chunks(self.row_bytes() as usize)
    }
}

/// A picture in bands, one below the other, each with its name.
pub(super) fn bands(picture: &Picture, name: &str) -> impl Iterator<Item = (String, Picture)> {
    let row = picture.row_bytes();
    let high = (BAND_BYTES / row).max(1);
    let bands = (0_u32..).zip(picture.bits.chunks((high * row) as usize));
    bands.map(move |(band, bits)| {
        let height = u32::try_from(bits.len()).unwrap_or_default() / row;
        let at = Dots { y: picture.at.y + band * high, height, ..picture.at };
        let name = if band == 0 { name.to_owned() } else { format!("{name}{band}") };
        (name, Picture { at, bits: bits.to_vec() })
    })
}

/// Stores a picture in the printer's memory, packed.
pub(super) fn download(picture: &Picture, name: &str) -> String {
    let mut commands = String::new();
    for (name, band) in bands(picture, name) {
        let (total, row) = (band.bits.len(), band.row_bytes());
        // Writing to a string cannot fail, here and below.
        let _ = write!(commands, "~DGR:{name}.GRF,{total},{row},");
        pack(band.rows(), &mut commands);
        commands.push_str("\r\n");
    }
    commands
}

/// Fields that draw a picture with its dots at hand, moved to the right by `x`.
pub(super) fn fields(picture: &Picture, x: u32, zpl: &mut String) {
    for (_, band) in bands(picture, "") {
        let (left, top, total) = (x + band.at.x, band.at.y, band.bits.len());
        let _ = write!(zpl, "^FO{left},{top}^GFA,{total},{total},{},", band.row_bytes());
        pack(band.rows(), zpl);
        zpl.push_str("^FS");
    }
}

/// Draws a picture with its dots at hand in TSPL, where a 0 is black.
pub(super) fn bitmap(picture: &Picture, x: u32, tspl: &mut Vec<u8>) {
    let (left, top, row) = (x + picture.at.x, picture.at.y, picture.row_bytes());
    let height = picture.at.height;
    tspl.extend(format!("BITMAP {left},{top},{row},{height},0,").into_bytes());
    let begin = tspl.len();
    tspl.extend(picture.bits.iter().map(|eight| !eight));
    without_commands(&mut tspl[begin..]);
    tspl.extend(b"\r\n");
}

/// Makes one dot white wherever dots would read `ESC !`: some printers take that for a command that
/// is obeyed at once, even among the bytes of a picture.
fn without_commands(dots: &mut [u8]) {
    for at in 1..dots.len() {
        if dots[at - 1..=at] == *b"\x1b!" {
            dots[at] |= 0x10;
        }
    }
}

/// A bitmap file of one bit a dot, 0 black and 1 white, rows from below.
pub(super) fn bmp(picture: &Picture) -> Vec<u8> {
    let row = picture.row_bytes().next_multiple_of(4);
    let size = bmp_size(picture);
    let mut file = b"BM".to_vec();
    let planes_and_bits = 1 | 1 << 16;
    let head = [size, 0, BMP_HEAD, 40, picture.at.width, picture.at.height, planes_and_bits, 0];
    // No packing, size of the dots, no resolution, two colours, both of which matter.
    let rest = [size - BMP_HEAD, 0, 0, 2, 2, 0x0000_0000, 0x00ff_ffff];
    file.extend(head.into_iter().chain(rest).flat_map(u32::to_le_bytes));
    for dots in picture.bits.chunks(picture.row_bytes() as usize).rev() {
        file.extend(dots.iter().map(|eight| !eight));
        file.extend((dots.len()..row as usize).map(|_| 0xff));
    }
    without_commands(&mut file[BMP_HEAD as usize..]);
    file
}

/// Bytes of that file.
pub(super) fn bmp_size(picture: &Picture) -> u32 {
    BMP_HEAD + picture.row_bytes().next_multiple_of(4) * picture.at.height
}

/// Packs rows: `:` is the row above once more.
fn pack<'a>(rows: impl Iterator<Item = &'a [u8]>, command: &mut String) {
    let mut above = None;
    for row in rows {
        if above == Some(row) {
            command.push(':');
        } else {
            let nibbles: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
            pack_row(&nibbles, command);
        }
        above = Some(row);
    }
}
/// Packs one row: `,` and `!` stand for a rest of zeros and ones, letters for repetitions (ZPL II
/// programming guide, "Alternative Data Compression Scheme").
fn pack_row(row: &[u8], command: &mut String) {
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
    use crate::label::place::Dots;

    #[test]
    fn no_command_of_the_printer_comes_out_of_dots() {
        let at = Dots { x: 3, y: 4, width: 32, height: 1 };
        let picture = Picture { at, bits: [0x1b, 0x21, 0x1b, 0x21].map(|eight: u8| !eight).into() };
        let mut tspl = Vec::new();
        bitmap(&picture, 10, &mut tspl);
        assert_eq!(tspl, b"BITMAP 13,4,4,1,0,\x1b1\x1b1\r\n");
        assert!(bmp(&picture).ends_with(b"\x1b1\x1b1"));
    }

    fn packed(row: &[u8]) -> String {
        let mut command = String::new();
        pack_row(row, &mut command);
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
