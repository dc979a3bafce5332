//! From a grey picture to the text of the symbol in it.
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::{
    BinaryBitmap, DecodeHints, ImmutableReader, Luma8Source, LuminanceSource, RXingResult,
    RXingResultMetadataType, RXingResultMetadataValue,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The part of a picture to look at, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// A symbol that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its text: separators as character 29, no leading FNC1.
    pub text: String,
    /// AIM identifier; `]d2` only where FNC1 is the first codeword (ISO/IEC 16022, annex N).
    pub identifier: String,
    /// Its corners in pixels of the whole picture, in the order in which the decoder walks them.
    pub corners: Vec<(f32, f32)>,
}

/// Reads the DataMatrix in a grey picture (one byte a pixel, row by row, 0 is black): a fast pass
/// first, a thorough one if that finds nothing. `None` also for a picture whose bytes do not match
/// its measures, and for a region that is not inside.
///
/// Decoding runs on the caller's thread. rxing is foreign code that walks damaged pictures; should
/// it panic there, the panic ends here and counts as "nothing found".
pub fn read(luma: &[u8], width: u32, height: u32, region: Option<Region>) -> Option<Found> {
    let whole = Region { x: 0, y: 0, width, height };
    let region = region.unwrap_or(whole);
    [false, true].into_iter().find_map(|thorough| {
        let pass = || one_pass(luma, width, height, region, thorough);
        catch_unwind(AssertUnwindSafe(pass)).ok().flatten()
    })
}

fn one_pass(luma: &[u8], width: u32, height: u32, at: Region, thorough: bool) -> Option<Found> {
    if at.width == 0 || at.height == 0 {
        return None;
    }
    let source = Luma8Source::new_with_slice(luma, width, height).ok()?;
    let inside = at.x.checked_add(at.width)? <= width && at.y.checked_add(at.height)? <= height;
    let source = inside.then_some(source)?;
    let source = source
        .crop(at.x as usize, at.y as usize, at.width as usize, at.height as usize)
        .ok()?;
    let mut picture = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(thorough), ..DecodeHints::default() };
    let result = DataMatrixReader.immutable_decode_with_hints(&mut picture, &hints).ok()?;
    Some(found(&result, at))
}

#[expect(clippy::cast_precision_loss, reason = "pixels of a picture are far below 2^24")]
fn found(result: &RXingResult, at: Region) -> Found {
    let corners = result.getPoints().iter();
    Found {
        text: result.getText().to_owned(),
        identifier: identifier(result),
        corners: corners.map(|p| (p.x + at.x as f32, p.y + at.y as f32)).collect(),
    }
}

/// rxing calls it `]d2` also where FNC1 stands behind four characters; the codewords say better.
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
