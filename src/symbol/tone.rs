//! The beat of the module edges in a piece of a picture: along a lattice of modules all edges lie
//! at whole numbers, whatever the data are.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a picture are far below 2^24"
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

/// Brightness of the columns of a row, smoothed across the row, and how steep they are; a little
/// more of them than the widest tile has.
pub(super) type Columns = [[i16; WIDEST + 8]; 2];

/// None yet.
pub(super) const EMPTY: Columns = [[0; WIDEST + 8]; 2];

/// Slopes of one row of pixels (Scharr), for columns `from..from + gx.len()`, not more than the
/// widest tile. The row must have neighbours on all sides.
pub(super) fn slopes(
    grey: &Grey<'_>,
    y: usize,
    from: usize,
    (gx, gy): (&mut [f32], &mut [f32]),
    [smooth, steep]: &mut Columns,
) {
    let width = gx.len();
    // Whole eights where the picture goes so far.
    let end = (from - 1 + (width + 2).next_multiple_of(8)).min(grey.width());
    let cut = |y: usize| &grey.row(y)[from - 1..end];
    let (above, here, below) = (cut(y - 1), cut(y), cut(y + 1));
    let eights = above.as_chunks::<8>().0.iter().zip(here.as_chunks::<8>().0);
    let eights = eights.zip(below.as_chunks::<8>().0);
    let to = smooth.as_chunks_mut::<8>().0.iter_mut().zip(steep.as_chunks_mut::<8>().0);
    for ((smooth, steep), ((above, here), below)) in to.zip(eights) {
        for n in 0..8 {
            let [above, here, below] = [above[n], here[n], below[n]].map(i16::from);
            smooth[n] = 3 * (above + below) + 10 * here;
            steep[n] = below - above;
        }
    }
    for n in above.len() / 8 * 8..above.len() {
        let [above, here, below] = [above[n], here[n], below[n]].map(i16::from);
        smooth[n] = 3 * (above + below) + 10 * here;
        steep[n] = below - above;
    }
    for (gx, (left, right)) in gx.iter_mut().zip(smooth.iter().zip(&smooth[2..])) {
        *gx = f32::from(right - left);
    }
    let sides = steep.iter().zip(&steep[1..]).zip(&steep[2..]);
    for (gy, ((left, middle), right)) in gy.iter_mut().zip(sides) {
        *gy = f32::from(3 * (left + right) + 10 * middle);
    }
}

/// How the edges of a tile beat along one axis.
#[derive(Debug, Clone, Copy, Default)]
struct Beat {
    /// Of the rising and of the falling ones, which print growth moves apart, put together.
    both: Turn,
    power: f32,
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
    let most = (grey.width() - 1 - left) / LANES * LANES;
    let width = ((right - left + LANES / 2) / LANES * LANES).min(most);
    let by = [(down.1 / area, -down.0 / area), (-across.1 / area, across.0 / area)];
    let axes = [(by[0], growth.0), (by[1], growth.1)]
        .map(|(by, growth)| Axis::new(by, growth, (left as f32 - x, top as f32 - y)));
    let beats = beats(grey, axes, (left, width), top..bottom);
    // Half of all edges: an axis without edges of its own has no clear beat.
    let power = f32::midpoint(beats[0].power, beats[1].power).max(1.0);
    let [phase_u, phase_v] = beats.map(|beat| beat.both.angle());
    let [clear_u, clear_v] = beats.map(|beat| beat.both.length() / power);
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

/// Growth, as an angle, that moves no lattice line by a hundredth of a module, although there are
/// not as many rising edges in a tile as falling ones.
const LITTLE: f32 = 0.25;

/// One axis of the lattice in a box of pixels.
struct Axis {
    /// The direction in which its coordinate grows.
    way: (f32, f32),
    /// Where its beat begins, and how it goes on from column to column and from row to row.
    turn: Turn,
    across: Turn,
    down: Turn,
    /// Print growth as a turn; none where it is little.
    growth: Option<Turn>,
}

impl Axis {
    /// `by` says how fast the coordinate grows with x and with y, `corner` where the box begins.
    fn new(by: (f32, f32), growth: f32, corner: (f32, f32)) -> Self {
        let length = (by.0 * by.0 + by.1 * by.1).sqrt();
        Self {
            way: (by.0 / length, by.1 / length),
            turn: Turn::unit(-TAU * (by.0 * corner.0 + by.1 * corner.1)),
            across: Turn::unit(-TAU * by.0),
            down: Turn::unit(-TAU * by.1),
            growth: (growth.abs() > LITTLE).then(|| Turn::unit(growth)),
        }
    }
}

/// Fills in the beat column by column.
fn turn_wheel([re, im]: &mut [[f32; WIDEST]; 2], step: Turn, width: usize) {
    let two = step.times(step);
    let (four, three) = (two.times(two), two.times(step));
    let turns = [Turn { re: 1.0, im: 0.0 }, step, two, three];
    let (mut now_re, mut now_im) = (turns.map(|turn| turn.re), turns.map(|turn| turn.im));
    let chunks = re.chunks_exact_mut(LANES).zip(im.chunks_exact_mut(LANES));
    for (re, im) in chunks.take(width / LANES) {
        re.copy_from_slice(&now_re);
        im.copy_from_slice(&now_im);
        for lane in 0..LANES {
            let (a, b) = (now_re[lane], now_im[lane]);
            now_re[lane] = a * four.re - b * four.im;
            now_im[lane] = a * four.im + b * four.re;
        }
    }
}

/// Both beats over a box of pixels.
fn beats(
    grey: &Grey<'_>,
    mut axes: [Axis; 2],
    (left, width): (usize, usize),
    rows: std::ops::Range<usize>,
) -> [Beat; 2] {
    let [mut gx, mut gy] = [[0.0; WIDEST]; 2];
    let mut wheels = [[[0.0; WIDEST]; 2]; 2];
    for (wheel, axis) in wheels.iter_mut().zip(&axes) {
        turn_wheel(wheel, axis.across, width);
    }
    let mut sums = [Sums::default(); 2];
    let mut columns = EMPTY;
    for row in rows {
        slopes(grey, row, left, (&mut gx[..width], &mut gy[..width]), &mut columns);
        for ((sums, axis), wheel) in sums.iter_mut().zip(&mut axes).zip(&wheels) {
            sums.add(&gx[..width], &gy[..width], axis, wheel);
            axis.turn = axis.turn.times(axis.down);
        }
    }
    [0, 1].map(|at| sums[at].beat(axes[at].growth))
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
    fn add(&mut self, gx: &[f32], gy: &[f32], axis: &Axis, wheel: &[[f32; WIDEST]; 2]) {
        let wheel = wheel[0].chunks_exact(LANES).zip(wheel[1].chunks_exact(LANES));
        let slopes = gx.chunks_exact(LANES).zip(gy.chunks_exact(LANES));
        let [mut a, mut b, mut c, mut d] = [[0.0_f32; LANES]; 4];
        let way = axis.way;
        if axis.growth.is_some() {
            for ((gx, gy), (re, im)) in slopes.zip(wheel) {
                for lane in 0..LANES {
                    let slope = gx[lane] * way.0 + gy[lane] * way.1;
                    let (all, signed) = (slope * slope, slope * slope.abs());
                    a[lane] += all * re[lane];
                    b[lane] += all * im[lane];
                    c[lane] += signed * re[lane];
                    d[lane] += signed * im[lane];
                    self.power[lane] += all;
                }
            }
            turned(&mut self.signed, c, d, axis.turn);
        } else {
            for ((gx, gy), (re, im)) in slopes.zip(wheel) {
                for lane in 0..LANES {
                    let slope = gx[lane] * way.0 + gy[lane] * way.1;
                    let all = slope * slope;
                    a[lane] += all * re[lane];
                    b[lane] += all * im[lane];
                    self.power[lane] += all;
                }
            }
        }
        turned(&mut self.all, a, b, axis.turn);
    }

    fn beat(&self, growth: Option<Turn>) -> Beat {
        let sum = |of: &[Lanes; 2]| Turn { re: of[0].iter().sum(), im: of[1].iter().sum() };
        let (all, signed) = (sum(&self.all), sum(&self.signed));
        // Rising edges turned back by the growth and falling ones turned on by it.
        let both = growth.map_or(all, |growth| Turn {
            re: all.re * growth.re + signed.im * growth.im,
            im: all.im * growth.re - signed.re * growth.im,
        });
        Beat { both, power: self.power.iter().sum() }
    }
}

/// Adds the beat of a row.
fn turned(sums: &mut [Lanes; 2], re: Lanes, im: Lanes, turn: Turn) {
    for lane in 0..LANES {
        sums[0][lane] += re[lane] * turn.re - im[lane] * turn.im;
        sums[1][lane] += re[lane] * turn.im + im[lane] * turn.re;
    }
}
