//! A patch of the card in a picture: its mean grey, or why it cannot be trusted (pure).
use crate::symbol::Region;

/// A patch that is smaller than this on a side says little.
const LEAST_SIDE: u32 = 8;
/// Greys by which pixels of an even patch may scatter (root of the mean square). Cameras of lines
/// have 1 to 4.
const MOST_SCATTER: f32 = 6.0;
/// More of the pixels than this at the end of the range, and the end is cut off.
const MOST_CUT_OFF: f32 = 0.01;

/// What a patch looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Mean grey, 0 to 255.
    pub grey: f32,
    /// Root of the mean square of what pixels differ from it by.
    pub scatter: f32,
}

/// Why a patch is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PatchProblem {
    /// Not in the picture.
    #[error("the patch {0} is not inside of the picture of {1} x {2} pixels")]
    Outside(String, u32, u32),
    /// Too small.
    #[error("the patch {0} is too small; wanted at least {LEAST_SIDE} x {LEAST_SIDE} pixels")]
    Small(String),
    /// Pixels at 255.
    #[error(
        "the patch {place} is over-exposed: {percent:.0} % of its pixels are at the end of the \
         range; shorten the exposure or take light away, then take the picture again"
    )]
    OverExposed {
        /// Which.
        place: String,
        /// How much of it.
        percent: f32,
    },
    /// Pixels at 0.
    #[error(
        "the patch {place} is cut off at black: {percent:.0} % of its pixels are 0; raise the \
         camera's black level, then take the picture again"
    )]
    CutOff {
        /// Which.
        place: String,
        /// How much of it.
        percent: f32,
    },
    /// Not one grey.
    #[error(
        "the patch {place} is not even: its pixels scatter by {scatter:.1} greys; wanted at most \
         {MOST_SCATTER}: is the rectangle inside of the patch, the light even, the picture sharp?"
    )]
    Uneven {
        /// Which.
        place: String,
        /// By how much.
        scatter: f32,
    },
}

/// Measures a patch of a grey picture (one byte a pixel, row by row).
#[expect(clippy::cast_precision_loss, reason = "millions of pixels at most")]
pub fn measure(
    luma: &[u8],
    (width, height): (u32, u32),
    at: Region,
) -> Result<Measured, PatchProblem> {
    let place = format!("{},{},{},{}", at.x, at.y, at.width, at.height);
    let ends = (at.x.checked_add(at.width), at.y.checked_add(at.height));
    let inside = ends.0.is_some_and(|x| x <= width) && ends.1.is_some_and(|y| y <= height);
    if !inside {
        return Err(PatchProblem::Outside(place, width, height));
    }
    if at.width < LEAST_SIDE || at.height < LEAST_SIDE {
        return Err(PatchProblem::Small(place));
    }
    let rows = luma.chunks_exact(width as usize).skip(at.y as usize).take(at.height as usize);
    let row = |row: &'_ [u8]| row[at.x as usize..(at.x + at.width) as usize].to_vec();
    let pixels: Vec<u8> = rows.flat_map(row).collect();
    let count = pixels.len() as f32;
    let share = |of: &dyn Fn(u8) -> bool| pixels.iter().filter(|v| of(**v)).count() as f32 / count;
    let (white, black) = (share(&|v| v >= 254), share(&|v| v == 0));
    if white > MOST_CUT_OFF {
        return Err(PatchProblem::OverExposed { place, percent: white * 100.0 });
    }
    if black > MOST_CUT_OFF {
        return Err(PatchProblem::CutOff { place, percent: black * 100.0 });
    }
    let mean = pixels.iter().map(|v| f64::from(*v)).sum::<f64>() / f64::from(count);
    let squares = pixels.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>();
    #[expect(clippy::cast_possible_truncation, reason = "0 to 255")]
    let (grey, scatter) = (mean as f32, (squares / f64::from(count)).sqrt() as f32);
    if scatter > MOST_SCATTER {
        return Err(PatchProblem::Uneven { place, scatter });
    }
    Ok(Measured { grey, scatter })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Region = Region { x: 0, y: 0, width: 16, height: 16 };

    fn of(pixel: impl Fn(u8) -> u8, at: Region) -> Result<Measured, PatchProblem> {
        let luma: Vec<u8> = (0..=255).map(pixel).collect();
        measure(&luma, (16, 16), at)
    }

    #[test]
    fn an_even_patch_has_its_mean() {
        let found = of(|n| 100 + n % 3, ALL).unwrap();
        assert!((found.grey - 101.0).abs() < 0.02 && found.scatter < 1.0, "{found:?}");
        let right = Region { x: 8, y: 0, width: 8, height: 8 };
        let found = of(|n| if n % 16 < 8 { 20 } else { 200 }, right).unwrap();
        assert_eq!(found, Measured { grey: 200.0, scatter: 0.0 });
    }

    #[test]
    fn what_cannot_be_trusted_is_refused() {
        assert!(matches!(of(|_| 255, ALL), Err(PatchProblem::OverExposed { .. })));
        assert!(matches!(of(|_| 0, ALL), Err(PatchProblem::CutOff { .. })));
        assert!(matches!(of(|n| n / 2 + 10, ALL), Err(PatchProblem::Uneven { .. })));
        assert!(matches!(of(|_| 9, Region { width: 17, ..ALL }), Err(PatchProblem::Outside(..))));
        assert!(matches!(of(|_| 9, Region { x: u32::MAX, ..ALL }), Err(PatchProblem::Outside(..))));
        assert!(matches!(of(|_| 9, Region { width: 7, ..ALL }), Err(PatchProblem::Small(_))));
    }
}
