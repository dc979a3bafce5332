//! A smooth map from the lattice of modules to pixels, fitted to places that were measured.
#![expect(clippy::many_single_char_names, reason = "the letters of the formulas")]
use super::uneven::Uneven;

/// Most terms of the polynomials.
const TERMS_MOST: usize = 10;

/// Polynomials in the lattice's coordinates: up to the third power, so that perspective and a
/// curved surface are followed; where the web ran unevenly, of rows and columns that were moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warp {
    middle: (f32, f32),
    scale: f32,
    terms: usize,
    x: [f32; TERMS_MOST],
    y: [f32; TERMS_MOST],
    uneven: Option<Uneven>,
}

/// A row of the lattice in pixels.
pub(super) struct Line<'a> {
    middle: f32,
    by: f32,
    x: [f32; 4],
    y: [f32; 4],
    uneven: Option<&'a Uneven>,
}

impl Line<'_> {
    pub(super) fn at(&self, u: f32) -> (f32, f32) {
        let u = self.uneven.map_or(u, |uneven| u + uneven.across(u));
        let u = (u - self.middle) * self.by;
        let value = |of: &[f32; 4]| of[0] + u * (of[1] + u * (of[2] + u * of[3]));
        (value(&self.x), value(&self.y))
    }
}

/// A place of the lattice and where it was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    pub(super) u: f32,
    pub(super) v: f32,
    pub(super) x: f32,
    pub(super) y: f32,
    /// How much it counts.
    pub(super) weight: f32,
}

fn powers(u: f32, v: f32) -> [f32; TERMS_MOST] {
    [1.0, u, v, u * v, u * u, v * v, u * u * v, u * v * v, u * u * u, v * v * v]
}

impl Warp {
    /// The lattice with this origin and these steps to the next column and the next row.
    pub(super) fn straight(origin: (f32, f32), across: (f32, f32), down: (f32, f32)) -> Self {
        let mut warp = Self {
            middle: (0.0, 0.0),
            scale: 1.0,
            terms: 3,
            x: [0.0; 10],
            y: [0.0; 10],
            uneven: None,
        };
        warp.x[..3].copy_from_slice(&[origin.0, across.0, down.0]);
        warp.y[..3].copy_from_slice(&[origin.1, across.1, down.1]);
        warp
    }

    /// The pixel of a place of the lattice.
    pub fn at(&self, u: f32, v: f32) -> (f32, f32) {
        let (u, v) = self.moved_by(u, v);
        let powers = powers((u - self.middle.0) / self.scale, (v - self.middle.1) / self.scale);
        let (mut x, mut y) = (0.0, 0.0);
        for ((power, a), b) in powers.iter().zip(&self.x).zip(&self.y).take(self.terms) {
            x += a * power;
            y += b * power;
        }
        (x, y)
    }

    /// The same place in the coordinates of the polynomials.
    fn moved_by(&self, u: f32, v: f32) -> (f32, f32) {
        let move_by = |uneven: &Uneven| (u + uneven.across(u), v + uneven.down(v));
        self.uneven.as_ref().map_or((u, v), move_by)
    }

    /// The same map of rows and columns that are moved.
    pub(super) fn with(mut self, uneven: &Uneven) -> Self {
        self.uneven = Some(*uneven);
        self
    }

    /// How rows and columns are moved.
    pub(super) fn uneven(&self) -> Option<&Uneven> {
        self.uneven.as_ref()
    }

    /// The pixels of a whole row of places: quicker than one by one.
    pub(super) fn line(&self, v: f32) -> Line<'_> {
        let v = self.moved_by(0.0, v).1;
        let v = (v - self.middle.1) / self.scale;
        let along = |of: &[f32; TERMS_MOST]| {
            let flat = of[0] + v * (of[2] + v * (of[5] + v * of[9]));
            [flat, of[1] + v * (of[3] + v * of[7]), of[4] + v * of[6], of[8]]
        };
        let (x, y) = (along(&self.x), along(&self.y));
        Line { middle: self.middle.0, by: 1.0 / self.scale, x, y, uneven: self.uneven() }
    }

    /// The same as a function.
    pub(super) fn along(&self, v: f32) -> impl Fn(f32) -> (f32, f32) + use<'_> {
        let line = self.line(v);
        move |u| line.at(u)
    }

    /// The steps, in pixels, from a place to the next column and to the next row.
    pub fn steps(&self, u: f32, v: f32) -> ((f32, f32), (f32, f32)) {
        let (u, v) = self.moved_by(u, v);
        let (u, v) = ((u - self.middle.0) / self.scale, (v - self.middle.1) / self.scale);
        let by_u = [0.0, 1.0, 0.0, v, 2.0 * u, 0.0, 2.0 * u * v, v * v, 3.0 * u * u, 0.0];
        let by_v = [0.0, 0.0, 1.0, u, 0.0, 2.0 * v, u * u, 2.0 * u * v, 0.0, 3.0 * v * v];
        let (mut across, mut down) = ((0.0, 0.0), (0.0, 0.0));
        for term in 1..self.terms {
            across.0 += self.x[term] * by_u[term];
            across.1 += self.y[term] * by_u[term];
            down.0 += self.x[term] * by_v[term];
            down.1 += self.y[term] * by_v[term];
        }
        let scale = 1.0 / self.scale;
        ((across.0 * scale, across.1 * scale), (down.0 * scale, down.1 * scale))
    }

    /// The best map with this many terms (3: straight, 4: a quadrilateral, 6, 10: bent), sights
    /// that do not fit counting less. `None` if they do not determine it.
    pub(super) fn fit(sights: &[Sight], terms: usize) -> Option<Self> {
        Self::fit_again(sights, terms, 2)
    }

    /// The same with so many turns in which what does not fit loses its weight.
    pub(super) fn fit_again(sights: &[Sight], terms: usize, turns: usize) -> Option<Self> {
        let mut warp = Self::fit_once(sights, terms, |sight| sight.weight)?;
        for _ in 0..turns {
            let miss = |sight: &Sight| {
                let (x, y) = warp.at(sight.u, sight.v);
                ((x - sight.x).powi(2) + (y - sight.y).powi(2)).sqrt()
            };
            let mut misses: Vec<f32> = sights.iter().map(miss).collect();
            let half = misses.len() / 2;
            let (_, middle, _) = misses.select_nth_unstable_by(half, f32::total_cmp);
            let usual = middle.max(0.03);
            let weight = |sight: &Sight| {
                let miss = miss(sight) / (3.0 * usual);
                sight.weight / (1.0 + miss * miss)
            };
            let weights: Vec<f32> = sights.iter().map(weight).collect();
            let mut at = 0;
            warp = Self::fit_once(sights, terms, |_| {
                at += 1;
                weights[at - 1]
            })?;
        }
        Some(warp)
    }

    /// The same map without rows and columns that are moved.
    pub(super) fn even(self) -> Self {
        Self { uneven: None, ..self }
    }

    fn fit_once(
        sights: &[Sight],
        terms: usize,
        mut weight: impl FnMut(&Sight) -> f32,
    ) -> Option<Self> {
        if sights.len() < terms {
            return None;
        }
        let span = |of: fn(&Sight) -> f32| {
            let low = sights.iter().map(of).fold(f32::MAX, f32::min);
            let high = sights.iter().map(of).fold(f32::MIN, f32::max);
            (f32::midpoint(low, high), (high - low) / 2.0)
        };
        let ((u, half_u), (v, half_v)) = (span(|s| s.u), span(|s| s.v));
        let scale = half_u.max(half_v).max(1.0);
        let mut sums = [[0.0_f64; TERMS_MOST + 2]; TERMS_MOST];
        for sight in sights {
            let powers = powers((sight.u - u) / scale, (sight.v - v) / scale).map(f64::from);
            // All products of a row at once: that is quicker than only those that are needed.
            let mut columns = [0.0; TERMS_MOST + 2];
            columns[..TERMS_MOST].copy_from_slice(&powers);
            columns[TERMS_MOST..].copy_from_slice(&[sight.x, sight.y].map(f64::from));
            let weight = f64::from(weight(sight));
            for (sums, power) in sums.iter_mut().zip(&powers).take(terms) {
                let factor = weight * power;
                for (sum, column) in sums.iter_mut().zip(&columns) {
                    *sum += factor * column;
                }
            }
        }
        let (x, y) = solve(&mut sums, terms)?;
        Some(Self { middle: (u, v), scale, terms, x, y, uneven: None })
    }

    /// The same map in other coordinates of the lattice: `place` says where those lie in these,
    /// turned by right angles.
    pub(super) fn seen_from(
        &self,
        size: (f32, f32),
        place: impl Fn(f32, f32) -> (f32, f32),
    ) -> Option<Self> {
        let uneven = self.uneven.map(|uneven| uneven.seen_from(size, &place));
        let warp = Self { uneven: None, ..*self }.bent(size, 0, place)?;
        Some(Self { uneven, ..warp })
    }

    /// The same where `place` is bent, too: with so many terms at least.
    pub(super) fn bent(
        &self,
        (cols, rows): (f32, f32),
        terms: usize,
        place: impl Fn(f32, f32) -> (f32, f32),
    ) -> Option<Self> {
        let fifths = || (0_u8..5).map(|n| f32::from(n) / 4.0);
        let places = fifths().flat_map(|down| fifths().map(move |across| (across, down)));
        let sights: Vec<Sight> = places
            .map(|(across, down)| {
                let (c, r) = (across * cols, down * rows);
                let (u, v) = place(c, r);
                let (x, y) = self.at(u, v);
                let (u, v) = self.moved_by(c, r);
                Sight { u, v, x, y, weight: 1.0 }
            })
            .collect();
        let warp = Self::fit_once(&sights, self.terms.max(terms), |sight| sight.weight)?;
        Some(Self { uneven: self.uneven, ..warp })
    }

    /// The same map for a picture of which this one's begins at `origin`.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a picture are far below 2^24")]
    pub(super) fn moved(mut self, origin: (u32, u32)) -> Self {
        self.x[0] += origin.0 as f32;
        self.y[0] += origin.1 as f32;
        self
    }

    /// The same map for the picture of which this one's is a copy of double the size.
    pub(super) fn halved(mut self) -> Self {
        self.x = self.x.map(|term| term / 2.0);
        self.y = self.y.map(|term| term / 2.0);
        self.x[0] -= 0.25;
        self.y[0] -= 0.25;
        self
    }

    /// The same map for the picture of which this one's is a copy of half the size, so often.
    pub(super) fn doubled(mut self, times: usize) -> Self {
        for _ in 0..times {
            self.x = self.x.map(|term| 2.0 * term);
            self.y = self.y.map(|term| 2.0 * term);
            self.x[0] += 0.5;
            self.y[0] += 0.5;
        }
        self
    }
}

type Solution = ([f32; TERMS_MOST], [f32; TERMS_MOST]);

/// Normal equations by Cholesky; only the upper half is filled.
#[expect(clippy::cast_possible_truncation, reason = "pixels fit")]
fn solve(sums: &mut [[f64; TERMS_MOST + 2]; TERMS_MOST], terms: usize) -> Option<Solution> {
    for pivot in 0..terms {
        let head = sums[pivot][pivot];
        if head < 1e-9 {
            return None;
        }
        for row in pivot + 1..terms {
            let factor = sums[pivot][row] / head;
            for col in (row..terms).chain([TERMS_MOST, TERMS_MOST + 1]) {
                sums[row][col] -= factor * sums[pivot][col];
            }
        }
    }
    let (mut x, mut y) = ([0.0_f64; TERMS_MOST], [0.0_f64; TERMS_MOST]);
    for row in (0..terms).rev() {
        let (mut a, mut b) = (sums[row][TERMS_MOST], sums[row][TERMS_MOST + 1]);
        for col in row + 1..terms {
            a -= sums[row][col] * x[col];
            b -= sums[row][col] * y[col];
        }
        (x[row], y[row]) = (a / sums[row][row], b / sums[row][row]);
    }
    let all = x.iter().chain(&y).all(|term| term.is_finite());
    all.then(|| (x.map(|term| term as f32), y.map(|term| term as f32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_lattice_is_found_again_although_some_sights_are_wrong() {
        let bend = |u: f32, v: f32| {
            (10.0 + 5.0 * u + 0.2 * v + 0.004 * u * u, 20.0 - 0.1 * u + 5.5 * v + 0.003 * u * v)
        };
        let mut sights: Vec<Sight> = (0_u8..64)
            .map(|n| {
                let (u, v) = (f32::from(n % 8) * 4.0, f32::from(n / 8) * 4.0);
                let (x, y) = bend(u, v);
                Sight { u, v, x, y, weight: 1.0 }
            })
            .collect();
        for wrong in [3, 30, 61] {
            sights[wrong].x += 3.0;
        }
        let warp = Warp::fit(&sights, 6).unwrap();
        for (u, v) in [(0.0, 0.0), (30.0, 0.0), (13.0, 7.0), (28.0, 28.0)] {
            let (found, wanted) = (warp.at(u, v), bend(u, v));
            assert!((found.0 - wanted.0).abs() < 0.05 && (found.1 - wanted.1).abs() < 0.05);
        }
        let (row, at) = (warp.along(3.5)(11.0), warp.at(11.0, 3.5));
        assert!((row.0 - at.0).hypot(row.1 - at.1) < 1e-3, "{row:?} {at:?}");
        let (across, _) = warp.steps(10.0, 0.0);
        assert!((across.0 - 5.08).abs() < 0.01, "{across:?}");
        assert_eq!(Warp::fit(&sights[..5], 6), None);
    }
}
