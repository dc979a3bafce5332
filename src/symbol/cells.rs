//! The cells of a lattice: how bright each is, and how dark that is among its neighbours.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a lattice has at most some hundred columns"
)]
use super::grey::{Grey, PARTS};
use super::warp::Warp;

/// Side of the blocks whose brightest and darkest cells make the local scale.
const BLOCK: usize = 6;
/// Less contrast than this, in grey values, is none.
const FAINTEST: f32 = 6.0;

/// Numbers on a grid, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    cols: usize,
    values: Vec<f32>,
}

impl Cells {
    pub(super) fn new(cols: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(values.len() % cols.max(1), 0);
        Self { cols, values }
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.cols.max(1)
    }

    /// One value. Panics outside.
    pub fn at(&self, row: usize, col: usize) -> f32 {
        self.values[row * self.cols + col]
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Brightness of the cells whose corner is at `from`: a few pixels around each middle.
    pub(super) fn glance(
        grey: &Grey<'_>,
        warp: &Warp,
        from: (i32, i32),
        size: (usize, usize),
    ) -> Self {
        let mut values = Vec::with_capacity(size.0 * size.1);
        for row in 0..size.1 {
            let line = warp.line((from.1 + row as i32) as f32 + 0.5);
            values.extend((0..size.0).map(|col| {
                let (x, y) = line.at((from.0 + col as i32) as f32 + 0.5);
                grey.four(x, y)
            }));
        }
        Self::new(size.0, values)
    }

    /// Mean brightness of `share` of the side of each cell, around its middle.
    pub(super) fn measure(
        grey: &Grey<'_>,
        warp: &Warp,
        from: (i32, i32),
        size: (usize, usize),
        share: f32,
    ) -> Self {
        let middle = (from.0 as f32 + size.0 as f32 / 2.0, from.1 as f32 + size.1 as f32 / 2.0);
        let (across, down) = warp.steps(middle.0, middle.1);
        let pitch = (across.0 * down.1 - across.1 * down.0).abs().sqrt();
        let taps = ((pitch * share / 1.5).ceil() as usize).clamp(2, 6);
        let place = |tap: usize| ((tap as f32 + 0.5) / taps as f32 - 0.5) * share;
        let places = (0..taps * taps).map(|tap| (place(tap % taps), place(tap / taps)));
        let parts = |at: f32| (at * PARTS as f32).round() as i32;
        let around = places
            .map(|(a, b)| (parts(a * across.0 + b * down.0), parts(a * across.1 + b * down.1)));
        let around: Vec<(i32, i32)> = around.collect();
        let by = 1.0 / (PARTS * PARTS * taps * taps) as f32;
        let mut values = Vec::with_capacity(size.0 * size.1);
        for row in 0..size.1 {
            let line = warp.line((from.1 + row as i32) as f32 + 0.5);
            values.extend((0..size.0).map(|col| {
                let (x, y) = line.at((from.0 + col as i32) as f32 + 0.5);
                grey.sum((x, y), &around) as f32 * by
            }));
        }
        Self::new(size.0, values)
    }

    /// How dark each cell is between the lightest and the darkest ones around it: 1 is dark, -1
    /// light, 0 undecided or without contrast.
    pub(super) fn darkness(&self) -> Self {
        let (cols, rows) = (self.cols, self.rows());
        let (across, down) = (cols.div_ceil(BLOCK), rows.div_ceil(BLOCK));
        let mut ends = vec![(f32::MAX, f32::MIN); across * down];
        for (at, value) in self.values.iter().enumerate() {
            let end = &mut ends[at / cols / BLOCK * across + at % cols / BLOCK];
            *end = (end.0.min(*value), end.1.max(*value));
        }
        let wide = |col: usize, row: usize| {
            let mut end = (f32::MAX, f32::MIN);
            for r in row.saturating_sub(1)..(row + 2).min(down) {
                for c in col.saturating_sub(1)..(col + 2).min(across) {
                    let other = ends[r * across + c];
                    end = (end.0.min(other.0), end.1.max(other.1));
                }
            }
            end
        };
        let wide: Vec<(f32, f32)> =
            (0..across * down).map(|at| wide(at % across, at / across)).collect();
        let values = self.values.iter().enumerate().map(|(at, value)| {
            let (dark, light) = wide[at / cols / BLOCK * across + at % cols / BLOCK];
            let contrast = light - dark;
            if contrast < FAINTEST { 0.0 } else { (light + dark - 2.0 * value) / contrast }
        });
        Self::new(cols, values.collect())
    }

    /// The same with one scale for all.
    pub(super) fn darkness_of_all(&self) -> Self {
        self.darkness_as_in((0, self.cols), (0, self.rows()))
    }

    /// Dark for light.
    pub(super) fn negative(mut self) -> Self {
        for value in &mut self.values {
            *value = -*value;
        }
        self
    }

    /// The same with one scale for all, that of the cells from … to (columns, then rows): where
    /// the ground beside the label is darker than the ink, the neighbours mislead.
    pub(super) fn darkness_as_in(&self, cols: (usize, usize), rows: (usize, usize)) -> Self {
        let inside = (rows.0..rows.1.min(self.rows()))
            .flat_map(|row| (cols.0..cols.1.min(self.cols)).map(move |col| (row, col)));
        let values: Vec<f32> = inside.map(|(row, col)| self.at(row, col)).collect();
        let (dark, light) = classes(&values);
        let contrast = (light - dark).max(1.0);
        let darkness = |value: &f32| ((light + dark - 2.0 * value) / contrast).clamp(-1.0, 1.0);
        Self::new(self.cols, self.values.iter().map(darkness).collect())
    }
}

/// Means of the dark and of the light values: each the mean of what is nearer to it.
fn classes(values: &[f32]) -> (f32, f32) {
    let low = values.iter().copied().fold(f32::MAX, f32::min);
    let high = values.iter().copied().fold(f32::MIN, f32::max);
    let (mut dark, mut light) = (low, high);
    for _ in 0..6 {
        let middle = f32::midpoint(dark, light);
        let (mut sums, mut counts) = ([0.0; 2], [0.0_f32; 2]);
        for value in values {
            let side = usize::from(*value > middle);
            sums[side] += value;
            counts[side] += 1.0;
        }
        (dark, light) = (sums[0] / counts[0].max(1.0), sums[1] / counts[1].max(1.0));
    }
    (dark, light)
}
