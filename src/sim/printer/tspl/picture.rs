//! Pictures as TSPL printers store them: BMP and PCX, both with one bit a dot.
use super::super::canvas::Bitmap;
use super::super::label::LARGEST_GRAPHIC;

/// Reads a BMP with one bit a dot. Nothing where it is none.
pub(super) fn bmp(file: &[u8]) -> Option<Bitmap> {
    let (data, header) = (le32(file, 10)?, le32(file, 14)?);
    let (width, height) = (le32(file, 18)?, le32(file, 22)?);
    if !file.starts_with(b"BM") || le16(file, 28)? != 1 {
        return None;
    }
    // A height below zero: the first row is the upper one.
    let upside_down = height.cast_signed() > 0;
    let (width, height) = size(width, height.cast_signed().unsigned_abs())?;
    let per_row = width.div_ceil(32) * 4;
    let palette = 14 + usize::try_from(header).ok()?;
    let light = |entry: usize| -> Option<u32> {
        let colour = file.get(palette + entry * 4..)?.get(..3)?;
        Some(colour.iter().map(|part| u32::from(*part)).sum())
    };
    let one_is_black = light(1)? < light(0)?;
    let rows = file.get(usize::try_from(data).ok()?..)?.get(..per_row * height)?;
    Some(Bitmap::of(width, height, |x, y| {
        let y = if upside_down { height - 1 - y } else { y };
        bit(rows, per_row, x, y) == one_is_black
    }))
}

/// Reads a PCX with one bit a dot. Nothing where it is none.
pub(super) fn pcx(file: &[u8]) -> Option<Bitmap> {
    if file.first() != Some(&10) || file.get(3) != Some(&1) || file.get(65) != Some(&1) {
        return None;
    }
    let side = |from, to| (1 + le16(file, to)?).checked_sub(le16(file, from)?);
    let (width, height) = size(side(4, 8)?, side(6, 10)?)?;
    let per_row = usize::try_from(le16(file, 66)?).ok()?;
    if per_row * 8 < width || per_row * height > LARGEST_GRAPHIC {
        return None;
    }
    let rows = unpacked(file.get(128..)?, per_row * height);
    let one_is_black = file.get(16..19)? > file.get(19..22)?;
    Some(Bitmap::of(width, height, |x, y| bit(&rows, per_row, x, y) == one_is_black))
}

/// Run lengths: a byte from 0xC0 on says how often the next one comes. What is missing is 0.
fn unpacked(packed: &[u8], wanted: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(wanted);
    let mut rest = packed.iter();
    while rows.len() < wanted
        && let Some(byte) = rest.next()
    {
        let (count, value) = match byte {
            0xC0.. => (usize::from(byte & 0x3F), rest.next().copied().unwrap_or_default()),
            _ => (1, *byte),
        };
        rows.extend(std::iter::repeat_n(value, count));
    }
    rows.resize(wanted, 0);
    rows
}

fn bit(rows: &[u8], per_row: usize, x: usize, y: usize) -> bool {
    rows[y * per_row + x / 8] & (0x80 >> (x % 8)) != 0
}

fn size(width: u32, height: u32) -> Option<(usize, usize)> {
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    (width.checked_mul(height)? <= LARGEST_GRAPHIC * 8).then_some((width, height))
}

fn le16(file: &[u8], at: usize) -> Option<u32> {
    let bytes: [u8; 2] = file.get(at..at + 2)?.try_into().ok()?;
    Some(u32::from(u16::from_le_bytes(bytes)))
}

fn le32(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(picture: &Bitmap) -> Vec<String> {
        let dot = |x, y| if picture.get(x, y) { '#' } else { '.' };
        (0..picture.height).map(|y| (0..picture.width).map(|x| dot(x, y)).collect()).collect()
    }

    fn a_bmp(height: i32, palette: [u8; 8]) -> Vec<u8> {
        let mut file = b"BM".to_vec();
        file.extend([0; 8]);
        for word in [62_u32, 40, 3, height.cast_unsigned()] {
            file.extend(word.to_le_bytes());
        }
        file.extend([1, 0, 1, 0]);
        file.resize(54, 0);
        file.extend(palette);
        file.extend([0b1010_0000, 0, 0, 0, 0b1100_0000, 0, 0, 0]);
        file
    }

    #[test]
    fn a_bmp_is_read_from_below_or_from_above() {
        let one_is_black = [255, 255, 255, 0, 0, 0, 0, 0];
        assert_eq!(rows(&bmp(&a_bmp(2, one_is_black)).unwrap()), ["##.", "#.#"]);
        assert_eq!(rows(&bmp(&a_bmp(-2, one_is_black)).unwrap()), ["#.#", "##."]);
        let zero_is_black = [0, 0, 0, 0, 255, 255, 255, 0];
        assert_eq!(rows(&bmp(&a_bmp(-2, zero_is_black)).unwrap()), [".#.", "..#"]);
        assert!(bmp(&a_bmp(3, one_is_black)).is_none(), "too short");
        assert!(bmp(b"BM").is_none());
    }

    #[test]
    fn a_pcx_is_unpacked() {
        let mut file = vec![10, 5, 1, 1, 0, 0, 0, 0, 15, 0, 1, 0];
        file.resize(128, 0);
        (file[65], file[66]) = (1, 2);
        file[19..22].fill(255);
        file.extend([0xC2, 0x0F, 0xC1, 0xFF, 0x00]);
        assert_eq!(rows(&pcx(&file).unwrap()), ["####....####....", "........########"]);
        assert!(pcx(&file[..100]).is_none());
    }
}
