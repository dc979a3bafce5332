//! A reading out of a grey picture (pure): first where the last symbol was, then everywhere.
use super::picture::Picture;
use crate::line::Reading;
use crate::symbol::{self, Found, Region};

/// A region smaller than this holds no symbol that could be read.
const SMALLEST_SIDE: u32 = 16;

/// Reads one picture. `near` is where a symbol was seen last; the answer carries where to look for
/// the next one.
pub(super) fn read(picture: &Picture, near: Option<Region>) -> (Reading, Option<Region>) {
    let find = |region| symbol::read(&picture.luma, picture.width, picture.height, region);
    let near = near.and_then(|near| within(near, picture));
    let Some(found) = near.and_then(|near| find(Some(near))).or_else(|| find(None)) else {
        return (Reading::Nothing, None);
    };
    let next = around(&found);
    (Reading::Symbol { text: found.text, identifier: found.identifier, quality: None }, next)
}

/// The part of a region that lies within a picture, if looking there first saves time.
fn within(region: Region, picture: &Picture) -> Option<Region> {
    let (x, y) = (region.x.min(picture.width), region.y.min(picture.height));
    let width = region.width.min(picture.width - x);
    let height = region.height.min(picture.height - y);
    let area = |width, height| u64::from(width) * u64::from(height);
    let small = area(width, height) * 2 < area(picture.width, picture.height);
    (small && width.min(height) >= SMALLEST_SIDE).then_some(Region { x, y, width, height })
}

/// The place of this symbol with its own size around it, because products do not stand exactly
/// where the last one stood.
fn around(found: &Found) -> Option<Region> {
    let (x, width) = span(found.corners.iter().map(|(x, _)| *x))?;
    let (y, height) = span(found.corners.iter().map(|(_, y)| *y))?;
    Some(Region { x, y, width, height })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
fn span(values: impl Iterator<Item = f32> + Clone) -> Option<(u32, u32)> {
    let low = values.clone().reduce(f32::min)?;
    let high = values.reduce(f32::max)?;
    let pixels = |value: f32| value.clamp(0.0, 1e6) as u32;
    let start = pixels(low - (high - low));
    Some((start, pixels(high + (high - low)) - start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datamatrix::{DataMatrix, SymbolList};

    const TEXT: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

    fn symbol(text: &str, gs1: bool) -> DataMatrix {
        let sizes = || SymbolList::default().enforce_square();
        let made = if gs1 {
            DataMatrix::encode_gs1(text.as_bytes(), sizes())
        } else {
            DataMatrix::encode(text.as_bytes(), sizes())
        };
        made.unwrap()
    }

    fn picture_of(symbol: &DataMatrix, left: usize, top: usize) -> Picture {
        let (width, height, module) = (480, 360, 5);
        let mut luma = vec![220; width * height];
        for (x, y) in symbol.bitmap().pixels() {
            let (x, y) = (left + x * module, top + y * module);
            for (x, y) in (0..module * module).map(|n| (x + n % module, y + n / module)) {
                luma[y * width + x] = 30;
            }
        }
        Picture { width: 480, height: 360, luma }
    }

    fn is_gs1(text: &str) -> Reading {
        Reading::Symbol { text: text.to_owned(), identifier: "]d2".to_owned(), quality: None }
    }

    #[test]
    fn a_gs1_symbol_is_read_with_its_separator() {
        let (reading, place) = read(&picture_of(&symbol(TEXT, true), 200, 100), None);
        assert_eq!(reading, is_gs1(TEXT));
        let place = place.unwrap();
        assert!(place.x < 200 && place.x + place.width > 310, "{place:?}");
        assert!(place.y < 100 && place.y + place.height > 210, "{place:?}");
    }

    #[test]
    fn a_symbol_without_leading_fnc1_is_not_gs1() {
        for text in [TEXT, "0104", "abcd\u{1d}ef"] {
            let (reading, _) = read(&picture_of(&symbol(text, false), 40, 40), None);
            let wanted =
                Reading::Symbol { text: text.into(), identifier: "]d1".into(), quality: None };
            assert_eq!(reading, wanted);
        }
    }

    #[test]
    fn it_is_found_where_the_last_one_was_and_elsewhere() {
        let first = picture_of(&symbol(TEXT, true), 60, 60);
        let (_, near) = read(&first, None);
        assert_eq!(read(&first, near).0, is_gs1(TEXT));
        assert_eq!(read(&picture_of(&symbol(TEXT, true), 340, 220), near).0, is_gs1(TEXT));
    }

    #[test]
    fn an_empty_or_tiny_picture_has_nothing_to_read() {
        for (width, height) in [(320, 240), (1, 1), (7, 3)] {
            let picture = Picture { width, height, luma: vec![200; (width * height) as usize] };
            let near = Region { x: 300, y: 200, width: 100, height: 100 };
            assert_eq!(read(&picture, Some(near)), (Reading::Nothing, None));
        }
    }
}
