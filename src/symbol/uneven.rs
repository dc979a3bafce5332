//! Rows and columns that do not lie where a smooth map wants them: the web ran faster and slower
//! under the print head, or the label lies around something.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a lattice has at most some hundred columns"
)]
use super::grey::Grey;
use super::tone::Turn;
use super::warp::Warp;
use std::f32::consts::TAU;

/// Places along an axis where it is known how far rows or columns are moved, and modules from one
/// to the next.
const KNOTS: usize = 84;
const APART: f32 = 2.0;
/// Places in a module at which the brightness is looked at.
const FINE: usize = 6;
/// Of those, how many from beat to beat: a row is not mistaken for the next one as long as it moves
/// by less than a module from one to the other.
const STEP: usize = 2;
/// Lines of modules that are looked at along an axis at most.
const LINES: usize = 20;
/// Modules to both sides whose edges say where a row lies: wide first, then narrow.
const REACHES: [f32; 2] = [2.0, 1.6];
/// A beat this much weaker than the strongest says nothing.
const WEAKEST: f32 = 0.12;

/// How far rows and columns are moved, in modules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Uneven {
    /// Column and row of the first knots.
    first: (f32, f32),
    across: [f32; KNOTS],
    down: [f32; KNOTS],
}

impl Uneven {
    /// How far the column is moved.
    pub(super) fn across(&self, u: f32) -> f32 {
        between(&self.across, u - self.first.0)
    }

    /// How far the row is moved.
    pub(super) fn down(&self, v: f32) -> f32 {
        between(&self.down, v - self.first.1)
    }

    /// The same for other coordinates, turned by right angles: `place` says where they lie here.
    pub(super) fn seen_from(
        &self,
        (wide, high): (f32, f32),
        place: impl Fn(f32, f32) -> (f32, f32),
    ) -> Self {
        let origin = place(0.0, 0.0);
        let turned = |(x, y): (f32, f32), (u, v): (f32, f32)| {
            (x - origin.0) * self.across(u) + (y - origin.1) * self.down(v)
        };
        let (right, below) = (place(1.0, 0.0), place(0.0, 1.0));
        let at = |n: usize| n as f32 * APART - APART;
        let across = |n: usize| turned(right, place(at(n), high / 2.0));
        let down = |n: usize| turned(below, place(wide / 2.0, at(n)));
        Self {
            first: (-APART, -APART),
            across: std::array::from_fn(across),
            down: std::array::from_fn(down),
        }
    }
}

/// The number between knots; beyond the last one as there.
fn between(knots: &[f32; KNOTS], at: f32) -> f32 {
    let at = (at / APART).clamp(0.0, KNOTS as f32 - 1.001);
    let knot = at as usize;
    knots[knot] + (knots[knot + 1] - knots[knot]) * (at - knot as f32)
}

/// The same map with every row and column where its edges are seen, for columns and rows from …
/// to. If these are surely the `ends` of the symbol, the first and the last ones stay where they
/// are. `None` where the edges say nothing.
pub(super) fn evened(
    grey: &Grey<'_>,
    warp: &Warp,
    (cols, rows): ((f32, f32), (f32, f32)),
    ends: bool,
) -> Option<Warp> {
    let empty = Uneven { first: (cols.0, rows.0), across: [0.0; KNOTS], down: [0.0; KNOTS] };
    let mut uneven = warp.uneven().map_or(empty, |known| {
        let knot = |n: usize| n as f32 * APART;
        Uneven {
            first: empty.first,
            across: std::array::from_fn(|n| known.across(cols.0 + knot(n))),
            down: std::array::from_fn(|n| known.down(rows.0 + knot(n))),
        }
    });
    let mut warp = *warp;
    for reach in REACHES {
        let down = misses(grey, |u, v| warp.at(u, v), cols, rows, reach, ends)?;
        let across = misses(grey, |v, u| warp.at(u, v), rows, cols, reach, ends)?;
        for (n, (a, b)) in uneven.across.iter_mut().zip(&mut uneven.down).enumerate() {
            *a += across[n.min(across.len() - 1)];
            *b += down[n.min(down.len() - 1)];
        }
        warp = warp.with(&uneven);
    }
    Some(warp)
}

/// By how much lines are missed, at every knot from … to along them; `lines` are those that are
/// looked at to see it.
fn misses(
    grey: &Grey<'_>,
    at: impl Fn(f32, f32) -> (f32, f32),
    lines: (f32, f32),
    (from, to): (f32, f32),
    reach: f32,
    ends: bool,
) -> Option<Vec<f32>> {
    let count = (lines.1 - lines.0).max(0.0) as usize;
    let places = ((to - from).max(0.0) as usize) * FINE + 1;
    if count < 4 || places < 4 * FINE {
        return None;
    }
    let mut edges = vec![[0.0_f32; 2]; places];
    let step = count.div_ceil(LINES);
    for line in (0..count).step_by(step) {
        let u = lines.0 + line as f32 + 0.5;
        // Within a module the map is straight.
        let (mut start, mut values) = (at(u, from), Vec::with_capacity(places));
        for module in 1..=places / FINE {
            let end = at(u, from + module as f32);
            let step = ((end.0 - start.0) / FINE as f32, (end.1 - start.1) / FINE as f32);
            values.extend(
                (0..FINE)
                    .map(|n| n as f32)
                    .map(|n| grey.between(start.0 + n * step.0, start.1 + n * step.1)),
            );
            start = end;
        }
        values.push(grey.between(start.0, start.1));
        let slopes = values.iter().zip(&values[2..]).map(|(before, next)| next - before);
        for (edge, slope) in edges[1..].iter_mut().zip(slopes) {
            edge[usize::from(slope < 0.0)] += slope * slope;
        }
    }
    let mut misses = unrolled(&beats(&edges, reach));
    if let (true, [first, .., last]) = (ends, &misses[..]) {
        let whole = f32::midpoint(*first, *last).round();
        for miss in &mut misses {
            *miss -= whole;
        }
    }
    Some(misses.into_iter().step_by(APART as usize * FINE / STEP).collect())
}

/// The beat of the edges that rise and that fall, at every step.
fn beats(edges: &[[f32; 2]], reach: f32) -> Vec<Turn> {
    let turns: Vec<Turn> = (0..FINE).map(|n| Turn::unit(-TAU * n as f32 / FINE as f32)).collect();
    let half = (reach * FINE as f32) as usize;
    let window = |far: f32| 1.0 + (TAU / 2.0 * far / (half + 1) as f32).cos();
    let beat = |knot: usize| {
        let middle = knot * STEP;
        let mut both = [Turn::default(); 2];
        for n in middle.saturating_sub(half)..(middle + half + 1).min(edges.len()) {
            let weight = window(n.abs_diff(middle) as f32);
            for (sum, edge) in both.iter_mut().zip(&edges[n]) {
                let turn = turns[n % FINE];
                let weight = weight * edge;
                *sum = sum.plus(Turn { re: turn.re * weight, im: turn.im * weight });
            }
        }
        both
    };
    let count = edges.len() / STEP + 1;
    let beats: Vec<[Turn; 2]> = (0..count).map(beat).collect();
    let product = beats
        .iter()
        .fold(Turn::default(), |sum, [rising, falling]| sum.plus(rising.times(falling.mirrored())));
    let growth = product.angle() / 2.0;
    beats
        .iter()
        .map(|[rising, falling]| {
            rising.times(Turn::unit(-growth)).plus(falling.times(Turn::unit(growth)))
        })
        .collect()
}

/// The misses that these beats mean, each the nearest to its neighbour's, from the middle outwards.
fn unrolled(lines: &[Turn]) -> Vec<f32> {
    let most = lines.iter().map(|line| line.length()).fold(0.0, f32::max);
    let middle = lines.len() / 2;
    let near = middle.saturating_sub(4)..(middle + 5).min(lines.len());
    let start = near.max_by(|a, b| lines[*a].length().total_cmp(&lines[*b].length()));
    let start = start.unwrap_or(middle);
    let mut misses = vec![0.0; lines.len()];
    let miss = |at: usize, before: f32| {
        if lines[at].length() < WEAKEST * most {
            return before;
        }
        let miss = -lines[at].angle() / TAU;
        miss + (before - miss).round()
    };
    misses[start] = miss(start, 0.0);
    for at in start + 1..lines.len() {
        misses[at] = miss(at, misses[at - 1]);
    }
    for at in (0..start).rev() {
        misses[at] = miss(at, misses[at + 1]);
    }
    misses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_wobble_are_found_to_a_tenth_of_a_module() {
        let (pitch, side, modules) = (6.0_f32, 180_u32, 30.0_f32);
        let swing = |v: f32| 0.35 * (v * TAU / 13.0).sin();
        let dark = |u: f32, v: f32| {
            let cell = (u as u32).wrapping_mul(7919) ^ (v as u32).wrapping_mul(104_729);
            cell.wrapping_mul(0x9e37_79b9) >> 31 == 0
        };
        let fine = [-0.375, -0.125, 0.125, 0.375];
        let luma: Vec<u8> = (0..side * side)
            .map(|at| {
                let (x, y) = ((at % side) as f32, (at / side) as f32);
                let samples = fine.iter().flat_map(|dy| fine.map(|dx| (x + dx, y + dy)));
                let places = samples.map(|(x, y)| (x / pitch, y / pitch));
                let ink = places.filter(|(u, v)| dark(*u, (v + swing(*v)).max(0.0))).count();
                200 - 10 * ink as u8
            })
            .collect();
        let grey = Grey::new(&luma, side, side).unwrap();
        let warp = Warp::straight((0.0, 0.0), (pitch, 0.0), (0.0, pitch));
        let whole = ((0.0, modules), (0.0, modules));
        let found = evened(&grey, &warp, whole, true).unwrap();
        for row in 3_u8..27 {
            // The row that is printed at v is v + swing(v): found is where v of the print lies.
            let row = f32::from(row);
            let at = found.at(10.0, row).1 / pitch;
            assert!((at + swing(at) - row).abs() < 0.12, "row {row} at {at}");
        }
        let (right, below) = found.at(20.0, 10.0);
        assert!((right / pitch - 20.0).abs() < 0.1, "{right} {below}");
    }
}
