//! Where the edges between modules really lie, along the rows and along the columns.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a symbol has at most 144 modules a side"
)]
use crate::symbol::cells::Cells;
use crate::symbol::grey::Grey;
use crate::symbol::layout::Layout;
use crate::symbol::warp::Warp;

/// Share of the usual contrast that both sides of an edge must differ by.
const CLEAR: f32 = 0.3;
/// Brightness may go so far beyond that of both modules (noise) before it is cut off (spots).
const BEYOND: f32 = 0.25;
/// Symbols of fewer modules are looked at along three lines in each row instead of one.
const FEW: usize = 500;
/// Places that are looked at between two modules at most.
const TAPS: usize = 16;
/// Where those lines lie, from the middle of the row.
const LINES: [f32; 3] = [0.0, -0.22, 0.22];

/// An edge between two modules of different colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// The line of the lattice on which it should lie.
    pub(super) line: usize,
    /// The row (or column) that it was seen in.
    pub(super) row: usize,
    /// How far beyond that line it was seen, in modules.
    pub(super) off: f32,
    /// 1 where the module before it is the dark one: print growth moves it on; else −1.
    pub(super) sign: f32,
}

/// The edges of one axis.
pub(super) struct Axis {
    pub(super) edges: Vec<Edge>,
    /// How far the dark modules of the clock tracks reach beyond their edges at the threshold, the
    /// mean in modules. Both directions of edges count alike, so that the place of the lattice
    /// does not matter.
    pub(super) growth: f32,
}

/// What is looked at.
pub(super) struct Look<'a> {
    grey: &'a Grey<'a>,
    layout: &'a Layout,
    /// Brightness and middle of every module, with quiet zone.
    levels: Vec<f32>,
    middles: Vec<(f32, f32)>,
    taps: usize,
    lines: &'static [f32],
    contrast: f32,
    threshold: f32,
    /// −1 for light modules on dark ground.
    polarity: f32,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        grey: &'a Grey<'a>,
        grid: &Warp,
        samples: &Cells,
        layout: &'a Layout,
        inverted: bool,
    ) -> Self {
        let size = (layout.cols + 2, layout.rows + 2);
        let levels = samples.values().to_vec();
        let (across, down) = grid.steps(layout.cols as f32 / 2.0, layout.rows as f32 / 2.0);
        let pitch = (across.0 * down.1 - across.1 * down.0).abs().sqrt();
        let polarity = if inverted { -1.0 } else { 1.0 };
        let mean = |dark: bool| {
            let cells = levels.iter().zip(&layout.dark).filter(|(_, is)| **is == dark);
            let (sum, count) = cells.fold((0.0, 0.0_f32), |(s, n), (v, _)| (s + v, n + 1.0));
            sum / count.max(1.0)
        };
        let (dark, light) = (mean(true), mean(false));
        Self {
            grey,
            layout,
            middles: middles(grid, size),
            taps: (pitch.ceil() as usize).clamp(5, TAPS),
            lines: if layout.rows * layout.cols < FEW { &LINES } else { &LINES[..1] },
            contrast: ((light - dark) * polarity).max(1.0),
            threshold: ends(&levels),
            polarity,
            levels,
        }
    }

    /// Edges along the rows (`down` false), or along the columns.
    pub(super) fn axis(&self, down: bool) -> Axis {
        let layout = self.layout;
        let (rows, length) =
            if down { (layout.cols, layout.rows) } else { (layout.rows, layout.cols) };
        let step = if down { layout.width() } else { 1 };
        let mut edges = Vec::with_capacity(rows * length / 2 * self.lines.len());
        let mut clock = [(0.0_f32, 0.0_f32); 2];
        for row in 0..rows {
            let is_clock = self.is_clock(down, row);
            for line in 0..=length {
                let before = if down {
                    layout.at(line as i32 - 1, row as i32)
                } else {
                    layout.at(row as i32, line as i32 - 1)
                };
                let Some(sign) = self.sign(before, before + step) else { continue };
                for aside in self.lines {
                    let profile = self.profile(before, step, down, *aside);
                    let profile = &profile[..self.taps];
                    let off = self.mean(profile, before, before + step) - 0.5;
                    edges.push(Edge { line, row, off, sign });
                    if is_clock
                        && (1..length).contains(&line)
                        && let Some(cross) = self.crossing(profile)
                    {
                        let sum = &mut clock[usize::from(sign > 0.0)];
                        *sum = (sum.0 + sign * (cross - 0.5), sum.1 + 1.0);
                    }
                }
            }
        }
        let [falling, rising] = clock.map(|(sum, count)| sum / count.max(1.0));
        Axis { edges, growth: f32::midpoint(falling, rising) }
    }

    /// Whether a row (or column) is a clock track.
    fn is_clock(&self, down: bool, row: usize) -> bool {
        let (high, wide) = self.layout.seen.region();
        let row = row as u32;
        if down { row % wide == wide - 1 } else { row.is_multiple_of(high) }
    }

    /// The direction of the edge between two modules, if there is to be one and one is seen.
    fn sign(&self, before: usize, after: usize) -> Option<f32> {
        let (dark, next) = (self.layout.dark[before], self.layout.dark[after]);
        if dark == next {
            return None;
        }
        let sign = if dark { 1.0 } else { -1.0 };
        let step = (self.levels[after] - self.levels[before]) * self.polarity * sign;
        (step > CLEAR * self.contrast).then_some(sign)
    }

    /// Brightness from the middle of one module to the middle of the next.
    fn profile(&self, before: usize, step: usize, down: bool, aside: f32) -> [f32; TAPS] {
        let (from, to) = (self.middles[before], self.middles[before + step]);
        let way = (to.0 - from.0, to.1 - from.1);
        // Rows lie to the right of the way along columns, and below that along rows.
        let side = if down { (way.1, -way.0) } else { (-way.1, way.0) };
        let from = (from.0 + aside * side.0, from.1 + aside * side.1);
        let mut profile = [0.0; TAPS];
        let step = 1.0 / self.taps as f32;
        let mut part = 0.5 * step;
        for value in &mut profile[..self.taps] {
            *value = self.grey.between(from.0 + part * way.0, from.1 + part * way.1);
            part += step;
        }
        profile
    }

    /// The share of the way that is as bright as its beginning: there lies the edge, whatever the
    /// blur is.
    fn mean(&self, profile: &[f32], before: usize, after: usize) -> f32 {
        let (first, last) = (self.levels[before], self.levels[after]);
        let scale = 1.0 / (first - last);
        let share = |value: &f32| ((value - last) * scale).clamp(-BEYOND, 1.0 + BEYOND);
        profile.iter().map(share).sum::<f32>() / self.taps as f32
    }

    /// The share of the way after which the threshold is crossed.
    fn crossing(&self, profile: &[f32]) -> Option<f32> {
        let over = |value: f32| value >= self.threshold;
        let at = profile.windows(2).position(|pair| over(pair[0]) != over(pair[1]))?;
        let part = (self.threshold - profile[at]) / (profile[at + 1] - profile[at]);
        Some((at as f32 + 0.5 + part) / self.taps as f32)
    }
}

/// Half way between the brightest and the darkest module.
fn ends(levels: &[f32]) -> f32 {
    let low = levels.iter().copied().fold(f32::MAX, f32::min);
    let high = levels.iter().copied().fold(f32::MIN, f32::max);
    f32::midpoint(low, high)
}

/// The middles of all modules with their quiet zone, row by row.
pub(super) fn middles(grid: &Warp, (cols, rows): (usize, usize)) -> Vec<(f32, f32)> {
    let mut middles = Vec::with_capacity(cols * rows);
    for row in 0..rows {
        let along = grid.along(row as f32 - 0.5);
        middles.extend((0..cols).map(|col| along(col as f32 - 0.5)));
    }
    middles
}
