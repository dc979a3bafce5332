//! Where the modules really are: the lattice fitted to the edges of all modules, print growth
//! being an unknown of its own, and line by line how far each one lies beside it.
#![expect(
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    reason = "a symbol has at most 144 modules a side, and the letters are those of the formulas"
)]
use super::edges::{Axis, Edge, Look, middles};
use super::slip;
use crate::symbol::cells::Cells;
use crate::symbol::grey::Grey;
use crate::symbol::layout::Layout;
use crate::symbol::reader::Symbol;
use crate::symbol::warp::Warp;

/// Print growth of D = 0.65 is 1 (ISO/IEC 16022, annex M.2).
const GROWTH_UNIT: f32 = 0.15;
/// Fewer edges than this along an axis say nothing.
const FEWEST: usize = 12;
/// With fewer edges than this the bend of the reader's lattice is kept.
const FEW: usize = 120;
/// A lattice that is to move farther than this, in modules, is not believed.
const FARTHEST: f32 = 0.6;
/// Modules of a line that are looked at together.
const BAND: usize = 8;
/// Edges of a band that differ more from the middle one do not count.
const ODD: f32 = 0.12;
/// So many edges lying right are believed to be there before any was seen.
const DOUBT: f32 = 0.5;

/// Terms of the polynomials, and of those with print growth.
const TERMS: usize = 10;
const UNKNOWNS: usize = TERMS + 1;

/// The lattice of a symbol and how even it is.
pub(super) struct Placed {
    pub(super) grid: Warp,
    /// Print growth along rows and columns: (D − 0.50) / 0.15.
    pub(super) growth: (f32, f32),
    /// Pixels between columns and between rows.
    pub(super) pitch: (f32, f32),
    /// Axial non-uniformity.
    pub(super) axial: f32,
    /// Grid non-uniformity.
    pub(super) uneven: f32,
    /// The middles of all modules in the lattice, with quiet zone.
    pub(super) middles: Vec<(f32, f32)>,
}

pub(super) fn place(grey: &Grey<'_>, symbol: &Symbol, layout: &Layout) -> Placed {
    let cells = (layout.cols + 2, layout.rows + 2);
    let samples = if (symbol.samples.cols(), symbol.samples.rows()) == cells {
        symbol.samples.clone()
    } else {
        Cells::measure(grey, &symbol.grid, (-1, -1), cells, 0.5)
    };
    let (start, samples) =
        slip::mended(grey, symbol, &samples, layout).unwrap_or((symbol.grid, samples));
    let look = Look::new(grey, &start, &samples, layout, symbol.inverted);
    let axes = [look.axis(false), look.axis(true)];
    let size = (layout.cols as f32, layout.rows as f32);
    let fits = [Fit::of(&axes[0].edges, false, size), Fit::of(&axes[1].edges, true, size)];
    let terms = if fits[0].full && fits[1].full { TERMS } else { 0 };
    let grid = start.bent(size, terms, |u, v| (u + fits[0].at(u, v), v + fits[1].at(u, v)));
    let grid = grid.unwrap_or(start);
    let lines = [
        Lines::of(&axes[0], &fits[0], (layout.cols, layout.rows)),
        Lines::of(&axes[1], &fits[1], (layout.rows, layout.cols)),
    ];
    let middles = middles(&grid, cells);
    let actual = Actual { grid, lines, cols: layout.cols, rows: layout.rows };
    let corners = actual.corners();
    let pitch = pitch(&corners, size);
    let growth = (axes[0].growth / GROWTH_UNIT, axes[1].growth / GROWTH_UNIT);
    Placed {
        grid,
        growth: (sane(growth.0), sane(growth.1)),
        pitch,
        axial: sane((pitch.0 - pitch.1).abs() / f32::midpoint(pitch.0, pitch.1)),
        uneven: sane(actual.uneven(&corners, &middles) / f32::midpoint(pitch.0, pitch.1)),
        middles,
    }
}

fn sane(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

/// Mean pitch of columns and of rows in pixels.
fn pitch(corners: &[(f32, f32); 4], (wide, high): (f32, f32)) -> (f32, f32) {
    let far = |a: usize, b: usize| {
        let (a, b) = (corners[a], corners[b]);
        (a.0 - b.0).hypot(a.1 - b.1)
    };
    let least = |pitch: f32| if pitch.is_finite() { pitch.max(0.1) } else { 1.0 };
    (
        least(f32::midpoint(far(0, 1), far(3, 2)) / wide),
        least(f32::midpoint(far(0, 3), far(1, 2)) / high),
    )
}

/// How far the lattice lies beside the one of the reader along one axis: a polynomial.
struct Fit {
    terms: [f32; UNKNOWNS],
    down: bool,
    size: (f32, f32),
    /// With all terms.
    full: bool,
}

impl Fit {
    /// The best polynomial through the edges, those that do not fit counting less.
    fn of(edges: &[Edge], down: bool, size: (f32, f32)) -> Self {
        let mut fit = Self { terms: [0.0; UNKNOWNS], down, size, full: edges.len() >= FEW };
        if edges.len() < FEWEST {
            return fit;
        }
        let count = if fit.full { TERMS } else { 4 };
        let rows: Vec<[f32; UNKNOWNS]> = edges.iter().map(|edge| fit.row(edge)).collect();
        let mut weights = vec![1.0_f32; edges.len()];
        // First straight, to see which edges do not fit.
        for count in [3, count] {
            let Some(terms) = solved(&rows, edges, &weights, count) else { return fit };
            fit.terms = terms;
            if count > 3 {
                break;
            }
            let miss = |(row, edge): (&[f32; UNKNOWNS], &Edge)| edge.off - product(row, &terms);
            let misses: Vec<f32> = rows.iter().zip(edges).map(miss).collect();
            let mut sizes: Vec<f32> = misses.iter().map(|miss| miss.abs()).collect();
            let half = sizes.len() / 2;
            let usual = sizes.select_nth_unstable_by(half, f32::total_cmp).1.max(0.02);
            for (weight, miss) in weights.iter_mut().zip(&misses) {
                *weight = 1.0 / (1.0 + (miss / (3.5 * usual)).powi(2));
            }
        }
        let ends = [(0.0, 0.0), (size.0, 0.0), (0.0, size.1), size];
        let believed = |(u, v): &(f32, f32)| fit.at(*u, *v).abs() < FARTHEST;
        if !ends.iter().all(believed) {
            fit.terms = [0.0; UNKNOWNS];
        }
        fit
    }

    /// How far the lattice's place (u, v) lies beside.
    fn at(&self, u: f32, v: f32) -> f32 {
        product(&self.powers(u, v), &self.terms)
    }

    fn powers(&self, u: f32, v: f32) -> [f32; UNKNOWNS] {
        let scale = self.size.0.max(self.size.1) / 2.0;
        let (a, b) = ((u - self.size.0 / 2.0) / scale, (v - self.size.1 / 2.0) / scale);
        [1.0, a, b, a * b, a * a, b * b, a * a * b, a * b * b, a * a * a, b * b * b, 0.0]
    }

    fn row(&self, edge: &Edge) -> [f32; UNKNOWNS] {
        let (line, row) = (edge.line as f32, edge.row as f32 + 0.5);
        let mut powers = if self.down { self.powers(row, line) } else { self.powers(line, row) };
        powers[TERMS] = edge.sign;
        powers
    }
}

fn product(row: &[f32; UNKNOWNS], terms: &[f32; UNKNOWNS]) -> f32 {
    row.iter().zip(terms).map(|(a, b)| a * b).sum()
}

/// Least squares with the first terms and print growth. `None` if the edges do not determine them.
fn solved(
    rows: &[[f32; UNKNOWNS]],
    edges: &[Edge],
    weights: &[f32],
    count: usize,
) -> Option<[f32; UNKNOWNS]> {
    let mut sums = [[0.0_f32; UNKNOWNS + 1]; UNKNOWNS];
    let used: Vec<usize> = (0..count).chain([TERMS]).collect();
    for ((row, edge), weight) in rows.iter().zip(edges).zip(weights) {
        let mut right = [0.0; UNKNOWNS + 1];
        right[..UNKNOWNS].copy_from_slice(row);
        right[UNKNOWNS] = edge.off;
        for at in &used {
            let factor = row[*at] * weight;
            for (sum, value) in sums[*at].iter_mut().zip(&right) {
                *sum += factor * value;
            }
        }
    }
    let mut sums = sums.map(|row| row.map(f64::from));
    for (at, pivot) in used.iter().enumerate() {
        let line = sums[*pivot];
        if line[*pivot].is_nan() || line[*pivot] < 1e-4 {
            return None;
        }
        for row in &used[at + 1..] {
            let factor = sums[*row][*pivot] / line[*pivot];
            for (sum, value) in sums[*row].iter_mut().zip(&line) {
                *sum -= factor * value;
            }
        }
    }
    back(&sums, &used)
}

/// The second half of the elimination.
#[expect(clippy::cast_possible_truncation, reason = "modules fit")]
fn back(sums: &[[f64; UNKNOWNS + 1]; UNKNOWNS], used: &[usize]) -> Option<[f32; UNKNOWNS]> {
    let mut terms = [0.0_f64; UNKNOWNS];
    for (at, pivot) in used.iter().enumerate().rev() {
        let others: f64 = used[at + 1..].iter().map(|col| sums[*pivot][*col] * terms[*col]).sum();
        terms[*pivot] = (sums[*pivot][UNKNOWNS] - others) / sums[*pivot][*pivot];
    }
    terms.iter().all(|term| term.is_finite()).then(|| terms.map(|term| term as f32))
}

/// How far each line of the lattice lies beside the smooth one, band by band.
struct Lines {
    bands: usize,
    off: Vec<f32>,
}

impl Lines {
    /// `size`: modules along the axis, and rows across it.
    fn of(axis: &Axis, fit: &Fit, size: (usize, usize)) -> Self {
        let bands = (size.1 / BAND).max(1);
        let cells = (size.0 + 1) * bands;
        let place = |edge: &Edge| {
            let band = (edge.row * bands / size.1).min(bands - 1);
            edge.line * bands + band
        };
        let mut ends = vec![0_usize; cells + 1];
        for edge in &axis.edges {
            ends[place(edge) + 1] += 1;
        }
        for at in 0..cells {
            ends[at + 1] += ends[at];
        }
        let (mut next, mut misses) = (ends.clone(), vec![0.0_f32; axis.edges.len()]);
        for edge in &axis.edges {
            let next = &mut next[place(edge)];
            misses[*next] = edge.off - product(&fit.row(edge), &fit.terms);
            *next += 1;
        }
        let off = ends.windows(2).map(|span| usual(&mut misses[span[0]..span[1]])).collect();
        Self { bands, off }
    }

    /// At a line and a row across it, 0 to 1.
    fn at(&self, line: usize, row: f32) -> f32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a few bands"
        )]
        let band = ((row * self.bands as f32) as usize).min(self.bands - 1);
        self.off[line * self.bands + band]
    }
}

/// The mean of those values that lie near the middle one.
fn usual(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let half = values.len() / 2;
    let middle = *values.select_nth_unstable_by(half, f32::total_cmp).1;
    let near = values.iter().filter(|value| (**value - middle).abs() < ODD);
    let (sum, count) = near.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / (count + DOUBT)
}

/// The lattice as it is, not smoothed.
struct Actual {
    grid: Warp,
    lines: [Lines; 2],
    cols: usize,
    rows: usize,
}

impl Actual {
    /// The pixel of a place, given how far it lies beside the smooth lattice.
    fn pixel(&self, (u, v): (f32, f32), (du, dv): (f32, f32)) -> (f32, f32) {
        let (x, y) = self.grid.at(u, v);
        let (across, down) = self.grid.steps(u, v);
        (x + du * across.0 + dv * down.0, y + du * across.1 + dv * down.1)
    }

    /// Upper left, upper right, lower right, lower left.
    fn corners(&self) -> [(f32, f32); 4] {
        [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(right, below)| {
            let (col, row) = (right * self.cols, below * self.rows);
            let off = (self.lines[0].at(col, below as f32), self.lines[1].at(row, right as f32));
            self.pixel((col as f32, row as f32), off)
        })
    }

    /// The farthest that the middle of a module lies from where the four corners put it, in
    /// pixels (ISO/IEC 15415, 7.8.7).
    fn uneven(&self, corners: &[(f32, f32); 4], middles: &[(f32, f32)]) -> f32 {
        let (wide, high) = (self.cols as f32, self.rows as f32);
        let mut most = 0.0_f32;
        for row in 0..self.rows {
            let v = (row as f32 + 0.5) / high;
            let (across, down) = self.grid.steps(wide / 2.0, row as f32 + 0.5);
            for col in 0..self.cols {
                let u = (col as f32 + 0.5) / wide;
                let lines = &self.lines;
                let du = f32::midpoint(lines[0].at(col, v), lines[0].at(col + 1, v));
                let dv = f32::midpoint(lines[1].at(row, u), lines[1].at(row + 1, u));
                let (x, y) = middles[(row + 1) * (self.cols + 2) + col + 1];
                let ideal = between(corners, u, v);
                let miss = (
                    x + du * across.0 + dv * down.0 - ideal.0,
                    y + du * across.1 + dv * down.1 - ideal.1,
                );
                most = most.max(miss.0 * miss.0 + miss.1 * miss.1);
            }
        }
        most.sqrt()
    }
}

/// The place at these shares of the way between four corners.
fn between(corners: &[(f32, f32); 4], a: f32, b: f32) -> (f32, f32) {
    let mix = |of: fn(&(f32, f32)) -> f32| {
        let [p, q, r, s] = corners.each_ref().map(of);
        let (upper, lower) = (p + (q - p) * a, s + (r - s) * a);
        upper + (lower - upper) * b
    };
    (mix(|corner| corner.0), mix(|corner| corner.1))
}
