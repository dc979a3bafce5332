//! A GS1 `DataMatrix` out of a grey picture (pure): first where the last one was, then everywhere,
//! then everywhere with more effort.
use super::picture::Picture;
use crate::line::Reading;
use rxing::{BarcodeFormat, DecodeHints, RXingResult, RXingResultMetadataType};
use rxing::{RXingResultMetadataValue, helpers};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The codeword FNC1; a symbol that begins with it is GS1 `DataMatrix` (ISO/IEC 16022, 11.2).
const FNC1: u8 = 232;

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

/// Reads one picture. `near` is where a symbol was seen last; the answer carries where this one is.
pub(super) fn read(picture: &Picture, near: Option<Region>) -> (Reading, Option<Region>) {
    let whole = Region { left: 0, top: 0, width: picture.width, height: picture.height };
    let near = near.map(|near| near.within(whole)).filter(|near| near.is_worth_it(whole));
    let attempts = near.map(|near| (near, false)).into_iter();
    for (region, try_harder) in attempts.chain([(whole, false), (whole, true)]) {
        if let Some(symbol) = attempt(picture, region, try_harder) {
            return (reading(&symbol), Region::around(&symbol, region));
        }
    }
    (Reading::Nothing, None)
}

fn attempt(picture: &Picture, region: Region, try_harder: bool) -> Option<RXingResult> {
    let luma = region.cut_out(picture);
    let mut hints = DecodeHints { TryHarder: Some(try_harder), ..DecodeHints::default() };
    // A picture is foreign material: a panic of the library on it is a picture without a symbol.
    catch_unwind(AssertUnwindSafe(|| {
        let kind = Some(BarcodeFormat::DATA_MATRIX);
        helpers::detect_in_luma_with_hints(luma, region.width, region.height, kind, &mut hints).ok()
    }))
    .unwrap_or(None)
}

fn reading(symbol: &RXingResult) -> Reading {
    let text = symbol.getText();
    let text = text.strip_prefix('\u{1d}').unwrap_or(text).to_owned();
    Reading::Symbol { text, identifier: identifier(symbol) }
}

/// The library takes an FNC1 after four characters for a leading one, too; the first codeword
/// does not lie.
fn identifier(symbol: &RXingResult) -> String {
    if symbol.getRawBytes().first() == Some(&FNC1) {
        return "]d2".to_owned();
    }
    match symbol.getRXingResultMetadata().get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER) {
        Some(RXingResultMetadataValue::SymbologyIdentifier(id)) if id != "]d2" => id.clone(),
        _ => "]d1".to_owned(),
    }
}

impl Region {
    /// The part of this region that lies within another one.
    fn within(self, whole: Self) -> Self {
        let left = self.left.min(whole.width);
        let top = self.top.min(whole.height);
        let width = self.width.min(whole.width - left);
        let height = self.height.min(whole.height - top);
        Self { left, top, width, height }
    }

    /// Whether looking here first saves time, and there is something to see.
    fn is_worth_it(self, whole: Self) -> bool {
        let area = |region: Self| u64::from(region.width) * u64::from(region.height);
        area(self) * 2 < area(whole) && self.width.min(self.height) >= 16
    }

    /// Where to look for the next symbol: this one with its own size around it, because products
    /// do not stand exactly where the last one stood.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
    fn around(symbol: &RXingResult, searched: Self) -> Option<Self> {
        let points = symbol.getPoints();
        let span = |values: Vec<f32>| {
            let low = values.iter().copied().reduce(f32::min)?;
            let high = values.iter().copied().reduce(f32::max)?;
            let margin = high - low;
            let low = (low - margin).clamp(0.0, 1e6) as u32;
            Some((low, (high + margin).clamp(0.0, 1e6) as u32 - low))
        };
        let (left, width) = span(points.iter().map(|p| p.x).collect())?;
        let (top, height) = span(points.iter().map(|p| p.y).collect())?;
        Some(Self { left: searched.left + left, top: searched.top + top, width, height })
    }

    fn cut_out(self, picture: &Picture) -> Vec<u8> {
        let row = picture.width as usize;
        let (left, width) = (self.left as usize, self.width as usize);
        let rows = picture.luma.chunks_exact(row).skip(self.top as usize);
        let rows = rows.take(self.height as usize);
        rows.flat_map(|pixels| &pixels[left..left + width]).copied().collect()
    }
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
        Reading::Symbol { text: text.to_owned(), identifier: "]d2".to_owned() }
    }

    #[test]
    fn a_gs1_symbol_is_read_with_its_separator() {
        let (reading, place) = read(&picture_of(&symbol(TEXT, true), 200, 100), None);
        assert_eq!(reading, is_gs1(TEXT));
        let place = place.unwrap();
        assert!(place.left < 200 && place.left + place.width > 310, "{place:?}");
        assert!(place.top < 100 && place.top + place.height > 210, "{place:?}");
    }

    #[test]
    fn a_symbol_without_leading_fnc1_is_not_gs1() {
        for text in [TEXT, "0104", "abcd\u{1d}ef"] {
            let (reading, _) = read(&picture_of(&symbol(text, false), 40, 40), None);
            let wanted = Reading::Symbol { text: text.into(), identifier: "]d1".into() };
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
            let near = Region { left: 300, top: 200, width: 100, height: 100 };
            assert_eq!(read(&picture, Some(near)), (Reading::Nothing, None));
        }
    }
}
