//! Finds the `DataMatrix` on a print head's raster, so that the fake camera can be aimed at it like a real one by its fitter.
use image::GrayImage;

/// Where a square symbol lies on a raster, in dots, without its quiet zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolPlace {
    /// Its left edge.
    pub x: u32,
    /// Its upper edge.
    pub y: u32,
    /// Its side.
    pub side: u32,
    /// Modules along the side.
    pub modules: u32,
}

/// The smallest side that counts, in dots; ten modules of two dots.
const LEAST_SIDE: u32 = 20;

/// The biggest upright square symbol: a solid left and lower edge of one length, and an upper
/// edge that alternates module by module (ISO/IEC 16022, finder pattern).
pub fn find_symbol(raster: &GrayImage) -> Option<SymbolPlace> {
    let mut best: Option<SymbolPlace> = None;
    for y in 0..raster.height() {
        let mut x = 0;
        while x < raster.width() {
            let run = run_right(raster, x, y);
            let least = best.map_or(LEAST_SIDE, |b| b.side + 1);
            if run >= least && !is_black(raster, x, y + 1) {
                best = symbol_above(raster, x, y, run).or(best);
            }
            x += run.max(1);
        }
    }
    best
}

fn symbol_above(raster: &GrayImage, x: u32, bottom: u32, side: u32) -> Option<SymbolPlace> {
    let up = (0..=bottom).rev().take_while(|y| is_black(raster, x, *y)).count();
    if u32::try_from(up).ok()? != side {
        return None;
    }
    let top = bottom + 1 - side;
    let modules = alternations(raster, x, top, side)?;
    Some(SymbolPlace { x, y: top, side, modules })
}

/// How many modules alternate along the upper edge; an even number of even widths, or nothing.
fn alternations(raster: &GrayImage, x: u32, y: u32, side: u32) -> Option<u32> {
    let colour = |at: u32| is_black(raster, x + at, y);
    let changes = (1..side).filter(|at| colour(*at) != colour(at - 1)).count();
    let modules = u32::try_from(changes).ok()? + 1;
    let even = modules >= 10 && modules.is_multiple_of(2) && side.is_multiple_of(modules);
    let width = side / modules;
    let regular = even && (0..side).all(|at| colour(at) == (at / width).is_multiple_of(2));
    regular.then_some(modules)
}

fn run_right(raster: &GrayImage, x: u32, y: u32) -> u32 {
    let row = usize::try_from(y * raster.width()).unwrap_or_default();
    let (from, to) = (row + x as usize, row + raster.width() as usize);
    let run = raster.as_raw()[from..to].iter().take_while(|dot| **dot < 128).count();
    u32::try_from(run).unwrap_or_default()
}

fn is_black(raster: &GrayImage, x: u32, y: u32) -> bool {
    raster.get_pixel_checked(x, y).is_some_and(|dot| dot.0[0] < 128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::labels::{blank_label, draw_label};

    #[test]
    fn the_symbol_is_found_where_it_was_drawn() {
        let label = draw_label(1, "0104810093011694212k6rsrti\u{1d}93#SzU");
        let found = find_symbol(&label.raster).unwrap();
        assert_eq!((found.x, found.y), (60, 60));
        assert_eq!(found.side, found.modules * 4);
    }

    #[test]
    fn a_symbol_of_several_regions_is_found() {
        let code =
            format!("0104810093011694215AbCdEfGhIjKl\u{1d}91EE11\u{1d}92{}", "aB3".repeat(29));
        let found = find_symbol(&draw_label(1, &code).raster).unwrap();
        assert!(found.modules >= 36, "{found:?}");
    }

    #[test]
    fn there_is_no_symbol_on_a_blank_label() {
        assert_eq!(find_symbol(&blank_label(1).raster), None);
    }
}
