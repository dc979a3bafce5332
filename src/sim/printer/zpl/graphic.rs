//! Graphics as ZPL sends them: hexadecimal with run lengths, or Base64 with a checksum.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::Read as _;

/// Why a graphic is not drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum BadGraphic {
    #[error("character {0:?} is neither a digit nor a run length")]
    Hex(char),
    #[error("checksum {found}, wanted {wanted:04X}")]
    Checksum { found: String, wanted: u16 },
    #[error("not Base64")]
    Base64,
    #[error("cannot be inflated")]
    Inflate,
    #[error("more than {0} bytes")]
    TooLong(usize),
}

/// Reads the data part of `^GFA`, `~DG` or `~DY`: `total` bytes with `row` bytes in each row.
/// Missing bytes are white, as on the real printer.
pub(in super::super) fn decode(
    data: &[u8],
    total: usize,
    row: usize,
) -> Result<Vec<u8>, BadGraphic> {
    let mut bytes = match data.get(..5) {
        Some(b":Z64:") => inflate(&base64(&data[5..])?, total)?,
        Some(b":B64:") => base64(&data[5..])?,
        _ => hexadecimal(data, total, row)?,
    };
    if bytes.len() > total {
        return Err(BadGraphic::TooLong(total));
    }
    bytes.resize(total, 0);
    Ok(bytes)
}

/// Base64 text, a colon, and four hexadecimal digits of checksum over the text.
fn base64(data: &[u8]) -> Result<Vec<u8>, BadGraphic> {
    let colon = data.iter().rposition(|b| *b == b':').ok_or(BadGraphic::Base64)?;
    let (text, sum) = (&data[..colon], &data[colon + 1..]);
    let found = String::from_utf8_lossy(sum).into_owned();
    let wanted = checksum(text);
    if u16::from_str_radix(&found, 16) != Ok(wanted) {
        return Err(BadGraphic::Checksum { found, wanted });
    }
    STANDARD.decode(text).map_err(|_| BadGraphic::Base64)
}

/// CRC-16 with polynomial 0x1021 and start value 0 (XMODEM), over the Base64 text (ZPL II
/// Programming Guide, "ZB64 encoding and compression").
pub(super) fn checksum(text: &[u8]) -> u16 {
    text.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

fn inflate(packed: &[u8], total: usize) -> Result<Vec<u8>, BadGraphic> {
    let mut bytes = Vec::new();
    let limit = total as u64 + 1;
    let unpacked = flate2::read::ZlibDecoder::new(packed).take(limit).read_to_end(&mut bytes);
    unpacked.map_err(|_| BadGraphic::Inflate)?;
    Ok(bytes)
}

/// Hexadecimal digits with run lengths: `G`…`Y` repeat the next digit 1…19 times, `g`…`z` 20…400
/// times, `,` fills the row with white, `!` with black, `:` repeats the row above.
fn hexadecimal(data: &[u8], total: usize, row: usize) -> Result<Vec<u8>, BadGraphic> {
    let wide = row * 2;
    let mut digits: Vec<u8> = Vec::with_capacity(total * 2);
    let mut run = 0;
    for byte in data {
        match byte {
            b'G'..=b'Y' => run += usize::from(byte - b'F'),
            b'g'..=b'z' => run += usize::from(byte - b'f') * 20,
            b',' => fill_row(&mut digits, wide, 0),
            b'!' => fill_row(&mut digits, wide, 15),
            b':' => repeat_row(&mut digits, wide),
            _ => {
                let digit = char::from(*byte).to_digit(16);
                let digit = digit.ok_or_else(|| BadGraphic::Hex(char::from(*byte)))?;
                let digit = u8::try_from(digit).expect("one hexadecimal digit");
                digits.extend(std::iter::repeat_n(digit, run.max(1)));
                run = 0;
            }
        }
        if digits.len() > total * 2 {
            return Err(BadGraphic::TooLong(total));
        }
    }
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect())
}

fn fill_row(digits: &mut Vec<u8>, wide: usize, digit: u8) {
    let wide = wide.max(1);
    let end = (digits.len() / wide + 1) * wide;
    digits.resize(end, digit);
}

fn repeat_row(digits: &mut Vec<u8>, wide: usize) {
    match digits.len().checked_sub(wide) {
        Some(start) => digits.extend_from_within(start..),
        None => fill_row(digits, wide, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_lengths_rows_and_repeats_are_read() {
        // Two rows of four bytes: F eight times; then the row again; then black; then white.
        let read = decode(b"NF:!,", 16, 4).unwrap();
        assert_eq!(read, [[255; 12].as_slice(), &[0; 4]].concat());
        assert_eq!(decode(b"gGAG5", 11, 11).unwrap(), [[0xAA; 10].as_slice(), &[0xA5]].concat());
    }

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(checksum(b"123456789"), 0x31C3);
    }

    #[test]
    fn a_wrong_checksum_drops_the_graphic() {
        let text = STANDARD.encode([1, 2, 3, 4]);
        let good = format!(":B64:{text}:{:04X}", checksum(text.as_bytes()));
        assert_eq!(decode(good.as_bytes(), 4, 2).unwrap(), [1, 2, 3, 4]);
        let bad = format!(":B64:{text}:{:04X}", checksum(text.as_bytes()) ^ 1);
        assert!(matches!(decode(bad.as_bytes(), 4, 2), Err(BadGraphic::Checksum { .. })));
    }

    #[test]
    fn deflated_graphics_are_read() {
        // Made with Python's zlib, base64 and binascii.crc_hqx: the bytes 0 to 63.
        let sent = ":Z64:eNpjYGRiZmFlY+fg5OLm4eXjFxAUEhYRFROXkJSSlpGVk1dQVFJWUVVT19DU0tbR1dM3MDQyNjE1M7ewtLK2sbWzBwCq4Afh:173F";
        assert_eq!(decode(sent.as_bytes(), 64, 8).unwrap(), (0..64).collect::<Vec<u8>>());
        assert_eq!(decode(sent.as_bytes(), 63, 9), Err(BadGraphic::TooLong(63)));
    }

    #[test]
    fn too_much_is_refused() {
        assert_eq!(decode(b"FFFF", 1, 1), Err(BadGraphic::TooLong(1)));
        assert_eq!(decode(b"F#", 1, 1), Err(BadGraphic::Hex('#')));
    }
}
