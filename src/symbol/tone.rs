//! The beat of the module edges in a piece of a picture: along a lattice of modules all edges lie
//! at whole numbers, whatever the data are.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "pixels of a picture are far below 2^24, and the letters are those of the formulas"
)]
use super::grey::Grey;
use super::warp::{Sight, Warp};
use std::f32::consts::TAU;

/// A complex number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    pub(super) re: f32,
    pub(super) im: f32,
}

impl Turn {
    pub(super) fn unit(angle: f32) -> Self {
        let (im, re) = angle.sin_cos();
        Self { re, im }
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    pub(super) fn length(self) -> f32 {
        (self.re * self.re + self.im * self.im).sqrt()
    }

    pub(super) fn angle(self) -> f32 {
        self.im.atan2(self.re)
    }

    pub(super) fn mirrored(self) -> Self {
        Self { re: self.re, im: -self.im }
    }
}

/// Pixels of a row of a tile at most; tiles of larger modules are looked at in a smaller copy.
const WIDEST: usize = 96;
/// Numbers that are added side by side.
pub(super) const LANES: usize = 4;

/// Slopes of one row of pixels (Scharr), for columns `from..from + out.0.len()`. The row must have
/// neighbours on all sides.
pub(super) fn slopes(grey: &Grey<'_>, y: usize, from: usize, gx: &mut [f32], gy: &mut [f32]) {
    let width = gx.len();
    let cut = |y: usize| &grey.row(y)[from - 1..=from + width];
    let (above, here, below) = (cut(y - 1), cut(y), cut(y + 1));
    for at in 0..width {
        let [a, b, c] = [above[at], above[at + 1], above[at + 2]].map(i16::from);
        let [d, f] = [here[at], here[at + 2]].map(i16::from);
        let [g, h, i] = [below[at], below[at + 1], below[at + 2]].map(i16::from);
        let across = 3 * (c - a + i - g) + 10 * (f - d);
        let down = 3 * (g - a + i - c) + 10 * (h - b);
        gx[at] = f32::from(across);
        gy[at] = f32::from(down);
    }
}

/// How the edges that rise and those that fall beat along one axis.
#[derive(Debug, Clone, Copy, Default)]
struct Beat {
    rising: Turn,
    falling: Turn,
    power: f32,
}

impl Beat {
    /// Where the lattice line lies between the two, which print growth moves apart, and how sure
    /// that is (0 to 1).
    fn line(&self, growth: f32, power: f32) -> (f32, f32) {
        let rising = self.rising.times(Turn::unit(-growth));
        let falling = self.falling.times(Turn::unit(growth));
        let both = rising.plus(falling);
        (both.angle(), both.length() / power.max(1.0))
    }
}

/// What a tile of the lattice shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile {
    /// Where the middle of the tile really is.
    pub(super) sight: Sight,
    /// By how much it was missed, in modules.
    pub(super) miss: (f32, f32),
    /// How clear the beat is along both axes, 0 to 1.
    pub(super) clear: f32,
    /// Strength of the edges a pixel.
    pub(super) strength: f32,
}

/// Looks at the square of `reach` modules around a place of the lattice. `None` outside of the
/// picture and where the lattice is too large or too small to be seen.
pub(super) fn tile(
    grey: &Grey<'_>,
    warp: &Warp,
    (u, v): (f32, f32),
    reach: f32,
    growth: (f32, f32),
) -> Option<Tile> {
    let (x, y) = warp.at(u, v);
    let (across, down) = warp.steps(u, v);
    let area = across.0 * down.1 - across.1 * down.0;
    let pitch = area.abs().sqrt();
    if !(1.5..40.0).contains(&pitch) {
        return None;
    }
    let half = (reach * pitch).min(WIDEST as f32 / 2.0 - 1.0);
    let span = |middle: f32, end: usize| {
        let from = (middle - half).round().max(1.0) as usize;
        let to = (middle + half).round().clamp(0.0, end as f32 - 1.0) as usize;
        (to > from + 4).then_some((from, to))
    };
    let ((left, right), (top, bottom)) = (span(x, grey.width())?, span(y, grey.height())?);
    let width = right - left;
    let by = [(down.1 / area, -down.0 / area), (-across.1 / area, across.0 / area)];
    let beats = beats(grey, by, (x, y), (left, width), top..bottom);
    // Half of all edges: an axis without edges of its own has no clear beat.
    let power = f32::midpoint(beats[0].power, beats[1].power);
    let (phase_u, clear_u) = beats[0].line(growth.0, power);
    let (phase_v, clear_v) = beats[1].line(growth.1, power);
    let miss = (-phase_u / TAU, -phase_v / TAU);
    let sight = Sight {
        u,
        v,
        x: x + miss.0 * across.0 + miss.1 * down.0,
        y: y + miss.0 * across.1 + miss.1 * down.1,
        weight: clear_u.min(clear_v),
    };
    let pixels = (width * (bottom - top)) as f32;
    let strength = (beats[0].power + beats[1].power) / pixels;
    Some(Tile { sight, miss, clear: clear_u.min(clear_v), strength })
}

/// Both beats over a box of pixels. `by` says how fast each coordinate of the lattice grows with
/// x and with y.
fn beats(
    grey: &Grey<'_>,
    by: [(f32, f32); 2],
    (x, y): (f32, f32),
    (left, width): (usize, usize),
    rows: std::ops::Range<usize>,
) -> [Beat; 2] {
    let [mut gx, mut gy, mut all, mut signed] = [[0.0; WIDEST]; 4];
    let lanes = width.next_multiple_of(LANES);
    let wheels = by.map(|by| wheel(by.0, left as f32 - x, width));
    let ways = by.map(|by| {
        let length = by.0.hypot(by.1);
        (by.0 / length, by.1 / length)
    });
    let mut sums = [Sums::default(); 2];
    let mut turns = by.map(|by| Turn::unit(-TAU * by.1 * (rows.start as f32 - y)));
    let steps = by.map(|by| Turn::unit(-TAU * by.1));
    for row in rows {
        slopes(grey, row, left, &mut gx[..width], &mut gy[..width]);
        for axis in 0..2 {
            let way = ways[axis];
            let slopes = gx[..lanes].iter().zip(&gy[..lanes]);
            let squares = all[..lanes].iter_mut().zip(&mut signed[..lanes]);
            for ((all, signed), (gx, gy)) in squares.zip(slopes) {
                let slope = gx * way.0 + gy * way.1;
                *all = slope * slope;
                *signed = slope * slope.abs();
            }
            let wheel = &wheels[axis];
            sums[axis].add(&all[..lanes], &signed[..lanes], wheel, turns[axis]);
            turns[axis] = turns[axis].times(steps[axis]);
        }
    }
    sums.map(|sums| sums.beat())
}

/// The beat of columns.
fn wheel(rate: f32, from: f32, width: usize) -> [[f32; WIDEST]; 2] {
    let (mut turn, step) = (Turn::unit(-TAU * rate * from), Turn::unit(-TAU * rate));
    let mut out = [[0.0; WIDEST]; 2];
    let [re, im] = &mut out;
    for (re, im) in re.iter_mut().zip(im).take(width) {
        (*re, *im) = (turn.re, turn.im);
        turn = turn.times(step);
    }
    out
}

type Lanes = [f32; LANES];

/// What the rows of a tile add up to, side by side.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Of the squares of all slopes.
    all: [Lanes; 2],
    /// Of the same with their sign: what rises less what falls.
    signed: [Lanes; 2],
    power: Lanes,
}

impl Sums {
    /// Adds a row, whose length is a multiple of the lanes.
    fn add(&mut self, all: &[f32], signed: &[f32], wheel: &[[f32; WIDEST]; 2], turn: Turn) {
        let (re, im) = (&wheel[0][..all.len()], &wheel[1][..all.len()]);
        for (sums, row) in [(&mut self.all, all), (&mut self.signed, signed)] {
            let (a, b) = (dot(row, re), dot(row, im));
            for lane in 0..LANES {
                sums[0][lane] += a[lane] * turn.re - b[lane] * turn.im;
                sums[1][lane] += a[lane] * turn.im + b[lane] * turn.re;
            }
        }
        for all in all.chunks_exact(LANES) {
            for (power, all) in self.power.iter_mut().zip(all) {
                *power += all;
            }
        }
    }

    fn beat(&self) -> Beat {
        let sum = |of: &[Lanes; 2]| Turn { re: of[0].iter().sum(), im: of[1].iter().sum() };
        let (all, signed) = (sum(&self.all), sum(&self.signed));
        let half = |sign: f32| Turn {
            re: f32::midpoint(all.re, sign * signed.re),
            im: f32::midpoint(all.im, sign * signed.im),
        };
        Beat { rising: half(1.0), falling: half(-1.0), power: self.power.iter().sum() }
    }
}

fn dot(a: &[f32], b: &[f32]) -> Lanes {
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums
}
