//! From a grey picture to the text of the symbol in it: our own reader first, another one as a
//! second opinion.
use super::expected::Expected;
use super::grey::{Grey, Region};
use super::locate::places;
use super::reader::{self, Hints, MOST_PIXELS, Symbol};
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::{
    BinaryBitmap, DecodeHints, ImmutableReader, Luma8Source, LuminanceSource, RXingResult,
    RXingResultMetadataType, RXingResultMetadataValue,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// A symbol that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its text: separators as character 29, no leading FNC1.
    pub text: String,
    /// AIM identifier; `]d2` only where FNC1 is the first codeword (ISO/IEC 16022, annex N).
    pub identifier: String,
    /// Its corners in pixels of the whole picture, in the order in which the reader walks them.
    pub corners: [(f32, f32); 4],
}

impl From<Symbol> for Found {
    fn from(symbol: Symbol) -> Self {
        let Symbol { text, identifier, corners, .. } = symbol;
        Self { text, identifier: identifier.to_owned(), corners }
    }
}

/// Reads the `DataMatrix` in a grey picture (one byte a pixel, row by row, 0 is black): our own
/// reader first; rxing where that finds nothing. `None` also for a picture whose bytes do not
/// match its measures, and for a region that is not inside.
///
/// Decoding runs on the caller's thread. rxing is foreign code that walks damaged pictures; should
/// it panic there (none of the random pictures of the tests makes it), the panic ends here and
/// counts as "nothing found".
pub fn read(luma: &[u8], width: u32, height: u32, region: Option<Region>) -> Option<Found> {
    read_within(luma, width, height, region, None, &|| Duration::MAX)
}

/// What rxing may take for a pixel. The longest that the development set showed is 0.13.
const OPINION_A_PIXEL: Duration = Duration::from_nanos(200);

/// The same while there is time `left`, with the code that is expected. rxing cannot be
/// interrupted: it is asked only where the time that is left covers the longest it may take.
pub fn read_within(
    luma: &[u8],
    width: u32,
    height: u32,
    region: Option<Region>,
    expected: Option<&Expected>,
    left: &dyn Fn() -> Duration,
) -> Option<Found> {
    let grey = Grey::new(luma, width, height)?;
    let hints = Hints { region, ..Hints::default() };
    let found = reader::find_within(&grey, &hints, expected, left).map(Found::from);
    found.or_else(|| opinion(luma, width, height, region, left))
}

/// Places that it is asked about where the whole picture would take too long.
const PLACES: usize = 2;
/// So many pixels around a place: its quiet zone.
const AROUND: u32 = 16;

/// The second opinion alone, for who has asked our own reader already: of the whole where the time
/// is enough, else of the busiest places.
pub fn opinion(
    luma: &[u8],
    width: u32,
    height: u32,
    region: Option<Region>,
    left: &dyn Fn() -> Duration,
) -> Option<Found> {
    let grey = Grey::new(luma, width, height)?;
    let whole = region.unwrap_or(Region { x: 0, y: 0, width, height });
    let part = grey.part(whole).filter(|part| part.width() * part.height() <= MOST_PIXELS)?;
    let in_time = |at: &Region| {
        let pixels = u32::try_from(u64::from(at.width) * u64::from(at.height));
        pixels.is_ok_and(|pixels| left() >= OPINION_A_PIXEL.saturating_mul(pixels))
    };
    let ask = |at: Region| {
        let opinion = || second_opinion(luma, width, height, at);
        catch_unwind(AssertUnwindSafe(opinion)).ok().flatten()
    };
    if in_time(&whole) {
        return ask(whole);
    }
    if left().is_zero() {
        return None;
    }
    let places = places(&part, PLACES).into_iter().map(|place| with_margin(place, whole));
    places.filter(in_time).find_map(ask)
}

/// A place within a part of the picture, in pixels of the picture, with its quiet zone.
fn with_margin(place: Region, whole: Region) -> Region {
    let span = |from: u32, length: u32, most: u32| {
        let start = from.saturating_sub(AROUND);
        (start, (from + length + AROUND).min(most) - start)
    };
    let ((x, width), (y, height)) =
        (span(place.x, place.width, whole.width), span(place.y, place.height, whole.height));
    Region { x: whole.x + x, y: whole.y + y, width, height }
}

fn second_opinion(luma: &[u8], width: u32, height: u32, at: Region) -> Option<Found> {
    if at.width == 0 || at.height == 0 {
        return None;
    }
    let source = Luma8Source::new_with_slice(luma, width, height).ok()?;
    let inside = at.x.checked_add(at.width)? <= width && at.y.checked_add(at.height)? <= height;
    let source = inside.then_some(source)?;
    let source =
        source.crop(at.x as usize, at.y as usize, at.width as usize, at.height as usize).ok()?;
    let mut picture = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let result = DataMatrixReader.immutable_decode_with_hints(&mut picture, &hints).ok()?;
    found(&result, at)
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a picture are far below 2^24")]
fn found(result: &RXingResult, at: Region) -> Option<Found> {
    let corners = result.getPoints().iter();
    let corners: Vec<_> = corners.map(|p| (p.x + at.x as f32, p.y + at.y as f32)).collect();
    Some(Found {
        text: result.getText().to_owned(),
        identifier: identifier(result),
        corners: corners.try_into().ok()?,
    })
}

/// rxing calls it `]d2` also where FNC1 stands behind three characters; the codewords say better.
fn identifier(result: &RXingResult) -> String {
    let said = result.getRXingResultMetadata().get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER);
    let first_is_fnc1 = result.getRawBytes().first() == Some(&232);
    match said {
        Some(RXingResultMetadataValue::SymbologyIdentifier(word))
            if word != "]d2" || first_is_fnc1 =>
        {
            word.clone()
        }
        _ => "]d1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::sizes::SQUARES;
    use crate::symbol::{Modules, correction, placement};

    /// Words without a pattern, the same in every run.
    fn chance(seed: u32) -> impl Iterator<Item = u8> {
        let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
        std::iter::from_fn(move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            Some(state.to_be_bytes()[0])
        })
    }

    /// Draws the symbol of these data words: picture and its side.
    fn drawn(mut words: Vec<u8>, square: usize) -> (Vec<u8>, u32) {
        let square = &SQUARES[square];
        correction::append(&mut words, square);
        let inner = placement::place(&words, square.inner());
        let modules = Modules::framed(square, &inner);
        let (pixels, width) = (3, (square.rows + 4) * 3);
        let dark = |x: u32, y: u32| {
            let (x, y) = (x / pixels, y / pixels);
            x >= 2 && y >= 2 && modules.get(x - 2, y - 2)
        };
        let luma: Vec<u8> = (0..width * width)
            .map(|at| if dark(at % width, at / width) { 0 } else { 255 })
            .collect();
        (luma, width)
    }

    #[test]
    fn codewords_that_mean_nothing_are_no_panic() {
        for seed in 0..3_000 {
            let square = seed as usize % 13;
            let words: Vec<u8> = chance(seed + 1).take(SQUARES[square].data).collect();
            let (luma, width) = drawn(words, square);
            let whole = Region { x: 0, y: 0, width, height: width };
            // Past the guard of `read`: a panic must fail here.
            second_opinion(&luma, width, width, whole);
            if seed % 25 == 0 {
                reader::find(&Grey::new(&luma, width, width).unwrap(), &Hints::default());
            }
        }
    }

    #[test]
    fn fnc1_behind_three_characters_does_not_make_it_gs1() {
        let words = [b'a' + 1, b'b' + 1, b'c' + 1, 232, b'd' + 1, b'e' + 1, b'f' + 1, 129];
        let (luma, width) = drawn(words.to_vec(), 2);
        let found = read(&luma, width, width, None).unwrap();
        assert_eq!((found.text.as_str(), found.identifier.as_str()), ("abc\u{1d}def", "]d1"));
    }
}
