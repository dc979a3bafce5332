//! The map of a symbol that was read, by its modules: which ones are dark is known now, so every
//! change between two of them says where the lattice really lies, however blurred it is.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "a symbol has at most 144 modules a side"
)]
use super::grey::Grey;
use super::layout::Layout;
use super::reader::Symbol;
use super::warp::{Line, Sight, Warp};

/// How often the map is fitted anew at most: a miss of more than half a module is seen in parts.
const TURNS: usize = 2;
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
/// One that misses more than this is not only a little beside the lattice.
const LARGE: f32 = 0.1;
/// So much better must a map be that is not one of the lattice.
const BETTER: f32 = 0.02;

/// The map of a symbol, fitted to its modules in the picture where it misses them. `refine` looks
/// for the lattice that is there.
pub(super) fn settled(grey: &Grey<'_>, symbol: &Symbol, refine: impl Fn(&Warp) -> Warp) -> Warp {
    let Some(layout) = Layout::of(symbol) else { return symbol.grid };
    let known = Known { grey, layout: &layout, inverted: symbol.inverted };
    let grid = symbol.grid;
    let mut best = (grid, known.sights(&grid).1);
    let offer = |best: &mut (Warp, f32), warp: Warp, less: f32| {
        let miss = known.sights(&warp).1;
        if miss < best.1 - less {
            *best = (warp, miss);
        }
    };
    if best.1 > SMALL {
        offer(&mut best, refine(&grid.even()), -BETTER);
    }
    if best.1 > LARGE {
        let followed = known.followed(&best.0);
        offer(&mut best, followed, BETTER);
    }
    best.0
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
    /// The best map on the way from this one.
    fn followed(&self, warp: &Warp) -> Warp {
        let (mut sights, miss) = self.sights(warp);
        let mut best = (*warp, miss);
        for _ in 0..TURNS {
            let terms = match sights.len() {
                0..6 => break,
                6..9 => 4,
                9..25 => 6,
                _ => 10,
            };
            let Some(next) = best.0.fitted(&sights, terms) else { break };
            let (seen, miss) = self.sights(&next);
            if miss >= best.1 {
                break;
            }
            (best, sights) = ((next, miss), seen);
        }
        best.0
    }

    /// Where the tiles of the symbol really lie, and by how many modules they are missed on
    /// average.
    fn sights(&self, warp: &Warp) -> (Vec<Sight>, f32) {
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
        let (mut sights, mut missed) = (Vec::with_capacity(tiles.len()), 0.0);
        for (at, tile) in tiles.iter().enumerate() {
            let (Some(a), Some(b)) = (tile[0].miss(), tile[1].miss()) else {
                missed += LOST;
                continue;
            };
            missed += a.hypot(b);
            let middle = |n: usize, count: usize, length: usize| {
                (n as f32 + 0.5) * length as f32 / count as f32
            };
            let (u, v) = (middle(at % across, across, cols), middle(at / across, down, rows));
            let (x, y) = warp.at(u + a, v + b);
            sights.push(Sight { u, v, x, y, weight: 1.0 });
        }
        (sights, missed / tiles.len() as f32)
    }

    /// Whether a module is dark in the picture.
    fn dark(&self, row: usize, col: usize) -> bool {
        self.layout.dark[self.layout.at(row as i32, col as i32)] != self.inverted
    }

    fn value(&self, line: &Line<'_>, u: f32) -> f32 {
        let (x, y) = line.at(u);
        self.grey.between(x, y)
    }
}
