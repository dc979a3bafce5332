//! The map of a symbol that was read, by its modules: which ones are dark is known now, so every
//! change between two of them says where the lattice really lies, however blurred it is.
#![expect(clippy::cast_precision_loss, reason = "a symbol has at most 144 modules a side")]
use super::grey::Grey;
use super::layout::Layout;
use super::reader::Symbol;
use super::warp::{Line, Warp};

/// Modules of a tile's side, and tiles along a side at least.
const TILE: usize = 6;
const FEWEST: usize = 3;
/// So many rows are not all looked at.
const MANY: usize = 25;
/// Modules to both sides of a change between which its slope is taken.
const NEAR: f32 = 0.125;
/// Changes of a tile that must go the right way, as a share of all their contrast.
const AGREE: f32 = 0.25;
/// What a tile counts as missed that does not agree, in modules.
const LOST: f32 = 0.5;
/// A map that misses less on average, in modules, is as exact as can be seen.
const SMALL: f32 = 0.03;
/// The lattice is more exact than lines around it, though its map seems to miss so much more.
const SLACK: f32 = 0.02;

/// The map of a symbol; that of the lattice that `refine` sees near it, where the modules lie as
/// well or better by that one.
pub(super) fn settled(grey: &Grey<'_>, symbol: &Symbol, refine: impl Fn(&Warp) -> Warp) -> Warp {
    let Some(layout) = Layout::of(symbol) else { return symbol.grid };
    let known = Known { grey, layout: &layout, inverted: symbol.inverted };
    let grid = symbol.grid;
    let miss = known.miss(&grid);
    if miss < SMALL {
        return grid;
    }
    let lattice = refine(&grid.even());
    if known.miss(&lattice) < miss + SLACK { lattice } else { grid }
}

/// A symbol whose modules are known.
struct Known<'a> {
    grey: &'a Grey<'a>,
    layout: &'a Layout,
    inverted: bool,
}

/// What the changes of a tile along one axis add up to, those to light and those to dark apart.
#[derive(Clone, Copy, Default)]
struct Changes {
    /// Brightness there less the mean of both modules, slope at the change, and contrast.
    off: [f32; 2],
    slope: [f32; 2],
    contrast: [f32; 2],
    all: f32,
}

impl Changes {
    /// By how many modules they are missed; those to light and those to dark are moved apart by
    /// print growth.
    fn miss(&self) -> Option<f32> {
        let miss = |way: usize| {
            let agree = self.contrast[way] > AGREE * self.all;
            let slope = self.slope[way].max(self.contrast[way]);
            agree.then(|| (-self.off[way] / slope).clamp(-0.5, 0.5))
        };
        Some(f32::midpoint(miss(0)?, miss(1)?))
    }

    /// Adds the brightness of a module, at the change, of the next module, and close to the
    /// change on both sides.
    fn add(&mut self, dark: bool, [here, middle, next]: [f32; 3], [before, behind]: [f32; 2]) {
        let sign = if dark { 1.0 } else { -1.0 };
        let way = usize::from(dark);
        self.off[way] += sign * (middle - f32::midpoint(here, next));
        self.slope[way] += sign * (behind - before) / (2.0 * NEAR);
        self.contrast[way] += sign * (next - here);
        self.all += (next - here).abs();
    }
}

impl Known<'_> {
    /// By how many modules the tiles of the symbol are missed on average.
    fn miss(&self, warp: &Warp) -> f32 {
        let (rows, cols) = (self.layout.rows, self.layout.cols);
        let count = |length: usize| ((length + TILE / 2) / TILE).max(FEWEST);
        let (down, across) = (count(rows), count(cols));
        let mut tiles = vec![[Changes::default(); 2]; down * across];
        // Of many rows every other one says enough.
        for row in (0..rows).step_by(if rows < MANY { 1 } else { 2 }) {
            let v = row as f32 + 0.5;
            let lines = [0.0, 0.5, 1.0, 0.5 - NEAR, 0.5 + NEAR].map(|far| warp.line(v + far));
            let tiles = &mut tiles[row * down / rows * across..][..across];
            for col in 0..cols {
                let tile = &mut tiles[col * across / cols];
                let (u, dark) = (col as f32 + 0.5, self.dark(row, col));
                if col + 1 < cols && dark != self.dark(row, col + 1) {
                    let value = |far: f32| self.value(&lines[0], u + far);
                    let near = [0.5 - NEAR, 0.5 + NEAR].map(value);
                    tile[0].add(dark, [0.0, 0.5, 1.0].map(value), near);
                }
                if row + 1 < rows && dark != self.dark(row + 1, col) {
                    let [here, middle, next, before, behind] =
                        lines.each_ref().map(|line| self.value(line, u));
                    tile[1].add(dark, [here, middle, next], [before, behind]);
                }
            }
        }
        let miss = |tile: &[Changes; 2]| Some(tile[0].miss()?.hypot(tile[1].miss()?));
        tiles.iter().map(|tile| miss(tile).unwrap_or(LOST)).sum::<f32>() / tiles.len() as f32
    }

    /// Whether a module is dark in the picture.
    fn dark(&self, row: usize, col: usize) -> bool {
        self.layout.dark[(row + 1) * self.layout.width() + col + 1] != self.inverted
    }

    fn value(&self, line: &Line<'_>, u: f32) -> f32 {
        let (x, y) = line.at(u);
        self.grey.between(x, y)
    }
}
