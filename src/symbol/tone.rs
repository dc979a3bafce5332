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
        self.re.hypot(self.im)
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
const LANES: usize = 4;

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
    let (mut gx, mut gy) = ([0.0; WIDEST], [0.0; WIDEST]);
    let lanes = width.next_multiple_of(LANES);
    let wheel = |rate: f32, from: f32| {
        let (mut turn, step) = (Turn::unit(-TAU * rate * from), Turn::unit(-TAU * rate));
        let mut out = ([0.0; WIDEST], [0.0; WIDEST]);
        for at in 0..width {
            (out.0[at], out.1[at]) = (turn.re, turn.im);
            turn = turn.times(step);
        }
        out
    };
    let wheels = by.map(|by| wheel(by.0, left as f32 - x));
    let ways = by.map(|by| {
        let length = by.0.hypot(by.1);
        (by.0 / length, by.1 / length)
    });
    let mut beats = [Beat::default(); 2];
    let mut turns = by.map(|by| Turn::unit(-TAU * by.1 * (rows.start as f32 - y)));
    let steps = by.map(|by| Turn::unit(-TAU * by.1));
    for row in rows {
        slopes(grey, row, left, &mut gx[..width], &mut gy[..width]);
        for axis in 0..2 {
            let turn = turns[axis];
            turns[axis] = turn.times(steps[axis]);
            let sums = row_beat(&gx[..lanes], &gy[..lanes], ways[axis], &wheels[axis]);
            let beat = &mut beats[axis];
            beat.rising = beat.rising.plus(sums.rising.times(turn));
            beat.falling = beat.falling.plus(sums.falling.times(turn));
            beat.power += sums.power;
        }
    }
    beats
}

/// Sums of one row, whose length is a multiple of the lanes: so they are added side by side.
fn row_beat(
    gx: &[f32],
    gy: &[f32],
    way: (f32, f32),
    wheel: &([f32; WIDEST], [f32; WIDEST]),
) -> Beat {
    let mut sums = [[0.0_f32; LANES]; 5];
    let slopes = gx.chunks_exact(LANES).zip(gy.chunks_exact(LANES));
    let wheel = wheel.0.chunks_exact(LANES).zip(wheel.1.chunks_exact(LANES));
    for ((gx, gy), (re, im)) in slopes.zip(wheel) {
        for lane in 0..LANES {
            let slope = gx[lane] * way.0 + gy[lane] * way.1;
            let (up, down) = (slope.max(0.0), slope.min(0.0));
            let (up, down) = (up * up, down * down);
            sums[0][lane] += up * re[lane];
            sums[1][lane] += up * im[lane];
            sums[2][lane] += down * re[lane];
            sums[3][lane] += down * im[lane];
            sums[4][lane] += up + down;
        }
    }
    let sum = |at: usize| sums[at].iter().sum::<f32>();
    Beat {
        rising: Turn { re: sum(0), im: sum(1) },
        falling: Turn { re: sum(2), im: sum(3) },
        power: sum(4),
    }
}
