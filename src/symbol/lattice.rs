//! The lattice of modules in a piece of a picture: its direction and pitch from the beat of the
//! edges, then followed outwards as far as it goes. No finder is needed for it.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    reason = "pixels of a picture are far below 2^24, and the letters are those of the formulas"
)]
use super::grey::Grey;
use super::tone::{EMPTY, LANES, Tile, Turn, slopes, tile};
use super::warp::{Sight, Warp};
use std::f32::consts::TAU;

/// Side of the window in which a lattice begins, in pixels: wide, so that there is much to go by,
/// or narrow, where perspective bends it.
pub(super) const WINDOWS: [usize; 2] = [80, 44];
/// Slowest and fastest beat that is looked for, in modules a pixel.
const SLOWEST: f32 = 1.0 / 13.0;
const FASTEST: f32 = 0.5;
/// Beats that are tried between them.
const STEPS: usize = 72;
/// Pixels that all edges together must take up along one direction.
const NARROWEST: f32 = 8.0;
/// Beats kept for each axis.
const KEPT: usize = 4;
/// Half of a tile's side, in modules.
const REACH: f32 = 2.0;
/// Modules from tile to tile.
const STRIDE: f32 = 4.0;
/// Tiles of a strip that are all looked at: so an uneven feed is followed in symbols up to 32 x 32.
const LONG: usize = 6;
/// How well the first tiles must agree with the lattice: all 1, by chance 0.
const AGREE: f32 = 0.45;
/// A lattice is followed no farther than this from where it began, in modules: the largest symbol
/// and a little.
const FARTHEST: f32 = 156.0;

/// A lattice of modules, as far as it goes.
#[derive(Debug, Clone)]
pub(super) struct Lattice {
    /// From lattice to pixels.
    pub(super) warp: Warp,
    /// By how much dark edges stand out, as an angle of the beat, along both axes.
    pub(super) growth: (f32, f32),
    /// Columns from … to, rows from … to.
    pub(super) cols: (i32, i32),
    pub(super) rows: (i32, i32),
}

/// How a lattice is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Care {
    /// Strips without a beat after which a side is given up.
    pub(super) patience: u8,
    /// Terms of the map while there are only nine tiles: 4 is steady, 6 follows perspective.
    pub(super) few: usize,
    /// With so many tiles the map may bend twice, as behind an uneven feed.
    pub(super) many: usize,
}

/// A lattice that may be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    warp: Warp,
    growth: (f32, f32),
    /// How clear its beat is, 0 to 1.
    pub(super) clear: f32,
    /// Half of the window's side, in modules.
    reach: f32,
}

/// One beat along one axis of a window.
#[derive(Debug, Clone, Copy, Default)]
struct Peak {
    /// Modules a pixel.
    rate: f32,
    /// Angle of the lattice lines at the middle of the window.
    phase: f32,
    growth: f32,
    clear: f32,
}

/// What the window around a place shows.
pub(super) struct View {
    /// Lattices that may be there, the clearest first.
    pub(super) starts: Vec<Start>,
    /// How blurred its sharpest edge is: sigma of a Gaussian, in pixels.
    pub(super) blur: f32,
}

/// Looks at the window around a place.
pub(super) fn view(grey: &Grey<'_>, (x, y): (usize, usize), window: usize) -> View {
    let nothing = View { starts: Vec::new(), blur: 0.0 };
    let span = |at: usize, end: usize| {
        let side = window.min(end.saturating_sub(2)) / LANES * LANES;
        let from = at.saturating_sub(side / 2).clamp(1, (end - 1).saturating_sub(side).max(1));
        (from, side)
    };
    let ((left, width), (top, height)) = (span(x, grey.width()), span(y, grey.height()));
    if width < 12 || height < 12 {
        return nothing;
    }
    let window = Window::new(grey, left, top, width, height);
    let Some((angle, steepest)) = window.direction() else { return nothing };
    let ways = window.ways(angle);
    let [across, down] = ways.map(|way| window.peaks(way));
    let middle = (left as f32 + (width - 1) as f32 / 2.0, top as f32 + (height - 1) as f32 / 2.0);
    let mut starts = Vec::new();
    for a in across.iter().filter(|peak| peak.clear > 0.0) {
        for b in down.iter().filter(|peak| peak.clear > 0.0) {
            let ratio = a.rate / b.rate;
            if !(0.72..1.39).contains(&ratio) {
                continue;
            }
            starts.push(start(*a, *b, ways, middle, width.min(height)));
        }
    }
    starts.sort_by(|a: &Start, b| b.clear.total_cmp(&a.clear));
    let blur = contrast(grey, left, top, width, height) / (steepest / 32.0 * TAU.sqrt());
    View { starts, blur }
}

/// From the darkest to the brightest pixel.
fn contrast(grey: &Grey<'_>, left: usize, top: usize, width: usize, height: usize) -> f32 {
    let (mut low, mut high) = (u8::MAX, 0);
    for y in top..top + height {
        for pixel in &grey.row(y)[left..left + width] {
            (low, high) = (low.min(*pixel), high.max(*pixel));
        }
    }
    f32::from(high.saturating_sub(low))
}

fn start(a: Peak, b: Peak, ways: [(f32, f32); 2], (x, y): (f32, f32), side: usize) -> Start {
    // Columns grow by a.rate along the first way, rows by b.rate along the second.
    let [p, q] = ways;
    let area = p.0 * q.1 - p.1 * q.0;
    let across = (q.1 / area / a.rate, -q.0 / area / a.rate);
    let down = (-p.1 / area / b.rate, p.0 / area / b.rate);
    // The beat e^(-i·2π·rate·u) of lines at u = u0 + n / rate has the angle -2π·rate·u0.
    let (u0, v0) = (-a.phase / TAU, -b.phase / TAU);
    let origin = (x + u0 * across.0 + v0 * down.0, y + u0 * across.1 + v0 * down.1);
    let reach = side as f32 / 2.0 * a.rate.min(b.rate);
    // Modules are square, but for some stretch by the feed.
    let stretch = (a.rate / b.rate).ln() / 0.12;
    let square = 1.0 / (1.0 + stretch * stretch);
    Start {
        warp: Warp::straight(origin, across, down),
        growth: (a.growth, b.growth),
        clear: (a.clear * b.clear).sqrt() * square,
        reach,
    }
}

/// Slopes of a square piece of the picture.
struct Window {
    width: usize,
    gx: Vec<f32>,
    gy: Vec<f32>,
}

impl Window {
    fn new(grey: &Grey<'_>, left: usize, top: usize, width: usize, height: usize) -> Self {
        let (mut gx, mut gy) = (vec![0.0; width * height], vec![0.0; width * height]);
        let mut columns = EMPTY;
        for (row, (gx, gy)) in gx.chunks_mut(width).zip(gy.chunks_mut(width)).enumerate() {
            slopes(grey, top + row, left, (gx, gy), &mut columns);
        }
        Self { width, gx, gy }
    }

    /// The slopes of every other row: they say as much about directions.
    fn some(&self) -> impl Iterator<Item = (&[f32; LANES], &[f32; LANES])> {
        let rows = self.gx.chunks(self.width).zip(self.gy.chunks(self.width)).step_by(2);
        rows.flat_map(|(gx, gy)| gx.as_chunks().0.iter().zip(gy.as_chunks().0))
    }

    /// The direction of the edges, taken modulo a right angle, and the steepest of them. `None`
    /// where there are none.
    fn direction(&self) -> Option<(f32, f32)> {
        let [mut re, mut im, mut power, mut most] = [[0.0_f32; LANES]; 4];
        for (gx, gy) in self.some() {
            for lane in 0..LANES {
                let (x, y) = (gx[lane], gy[lane]);
                let (a, b) = (x * x - y * y, 2.0 * x * y);
                let length = x * x + y * y + 1.0;
                let by = 1.0 / length;
                re[lane] += (a * a - b * b) * by;
                im[lane] += 2.0 * a * b * by;
                power[lane] += length;
                most[lane] = if length > most[lane] { length } else { most[lane] };
            }
        }
        let sum = |of: [f32; LANES]| of.iter().sum::<f32>();
        let (re, im, power) = (sum(re), sum(im), sum(power));
        let most = most.into_iter().fold(0.0, f32::max);
        let mean = 2.0 * power / self.gx.len() as f32;
        // A slope of one grey value a pixel is 32 here.
        (mean > 4000.0).then(|| (im.atan2(re) / 4.0, most.sqrt()))
    }

    /// The directions across both kinds of edges: a camera that is not upright sees them not quite
    /// at a right angle.
    fn ways(&self, angle: f32) -> [(f32, f32); 2] {
        let (sin, cos) = angle.sin_cos();
        let [mut p, mut pq, mut q, mut qp] = [[0.0_f32; LANES]; 4];
        for (gx, gy) in self.some() {
            for lane in 0..LANES {
                let (x, y) = (gx[lane], gy[lane]);
                let (a, b) = (x * cos + y * sin, y * cos - x * sin);
                let (aa, bb, ab) = (a * a, b * b, a * b);
                let by = 1.0 / (aa + bb + 1.0);
                // Within 22 degrees of one of them; corners of modules are neither.
                let (along, across) = ((aa - 5.8 * bb) * by, (bb - 5.8 * aa) * by);
                let along = if along > 0.0 { along } else { 0.0 };
                let across = if across > 0.0 { across } else { 0.0 };
                p[lane] += along * aa;
                pq[lane] += along * ab;
                q[lane] += across * bb;
                qp[lane] += across * ab;
            }
        }
        let sum = |of: [f32; LANES]| of.iter().sum::<f32>();
        let (p, q) = ((1.0, sum(pq) / sum(p).max(1.0)), (sum(qp) / sum(q).max(1.0), 1.0));
        [p, q].map(|(a, b)| {
            let length = a.hypot(b);
            ((a * cos - b * sin) / length, (a * sin + b * cos) / length)
        })
    }

    /// The clearest beats along one direction.
    fn peaks(&self, way: (f32, f32)) -> [Peak; KEPT] {
        let profile = self.profile(way);
        let power: f32 = profile.iter().map(|bin| bin[0] + bin[1]).sum();
        let squares: f32 = profile.iter().map(|bin| (bin[0] + bin[1]).powi(2)).sum();
        let mut peaks = [Peak::default(); KEPT];
        if power * power < NARROWEST * squares {
            return peaks;
        }
        let middle = profile.len() as f32 / 2.0;
        let rate = |at: f32| SLOWEST + (FASTEST - SLOWEST) * at / (STEPS - 1) as f32;
        let four = |at: usize| {
            let rates = [0, 1, 2, 3].map(|n| rate((LANES * at + n) as f32));
            beat(&profile, rates, middle)
        };
        let spectrum: Vec<(Turn, Turn)> = (0..STEPS / LANES).flat_map(four).collect();
        let size: Vec<f32> = spectrum
            .iter()
            .map(|(rising, falling)| (rising.length() + falling.length()) / power.max(1.0))
            .collect();
        // A few edges beat at any rate: what counts is by how much one rate stands out.
        let mut sorted = size.clone();
        let (_, usual, _) = sorted.select_nth_unstable_by(STEPS / 2, f32::total_cmp);
        let usual = *usual;
        for at in 0..STEPS {
            let left = if at > 0 { size[at - 1] } else { 0.0 };
            let right = if at + 1 < STEPS { size[at + 1] } else { 0.0 };
            if size[at] < left || size[at] < right || size[at] - usual <= peaks[KEPT - 1].clear {
                continue;
            }
            let bend = 2.0 * size[at] - left - right;
            let shift = if bend > 0.0 { (right - left) / bend / 2.0 } else { 0.0 };
            let shift = if at == 0 || at + 1 == STEPS { 0.0 } else { shift };
            let rate = rate(at as f32 + shift);
            let (rising, falling) = beat(&profile, [rate; LANES], middle)[0];
            let growth = rising.times(falling.mirrored()).angle() / 2.0;
            let line = rising.times(Turn::unit(-growth)).plus(falling.times(Turn::unit(growth)));
            peaks[KEPT - 1] = Peak { rate, phase: line.angle(), growth, clear: size[at] - usual };
            peaks.sort_by(|a, b| b.clear.total_cmp(&a.clear));
        }
        peaks
    }

    /// Strength of the edges that rise and that fall, pixel by pixel along one direction; the
    /// middle of the window is in the middle.
    fn profile(&self, way: (f32, f32)) -> Vec<[f32; 2]> {
        /// Parts of a pixel.
        const PARTS: f32 = 65_536.0;
        let (width, height) = (self.width, self.gx.len() / self.width);
        let half =
            f32::midpoint(width as f32 * way.0.abs(), height as f32 * way.1.abs()).ceil() + 1.0;
        // Four quarters of a row go side by side, each into bins of its own: none waits for another.
        let quarter = width / LANES;
        let mut bins = vec![[[0.0_f32; 2]; LANES]; 2 * half as usize + 1];
        let corner =
            half - way.0 * (width - 1) as f32 / 2.0 - way.1 * (height - 1) as f32 / 2.0 + 0.5;
        let step = (way.0 * PARTS) as i32;
        for (row, (gx, gy)) in self.gx.chunks(width).zip(self.gy.chunks(width)).enumerate() {
            let start = corner + way.1 * row as f32;
            let mut at =
                [0, 1, 2, 3].map(|lane| ((start + way.0 * (lane * quarter) as f32) * PARTS) as i32);
            for n in 0..quarter {
                for lane in 0..LANES {
                    let slope = gx[lane * quarter + n] * way.0 + gy[lane * quarter + n] * way.1;
                    bins[(at[lane] >> 16) as usize][lane][usize::from(slope < 0.0)] +=
                        slope * slope;
                    at[lane] += step;
                }
            }
        }
        let sum = |lanes: [[f32; 2]; LANES]| {
            lanes.into_iter().fold([0.0; 2], |sum, lane| [sum[0] + lane[0], sum[1] + lane[1]])
        };
        bins.into_iter().map(sum).collect()
    }
}

/// The beat of some rates in a profile, seen from its middle.
fn beat(profile: &[[f32; 2]], rates: [f32; LANES], middle: f32) -> [(Turn, Turn); LANES] {
    // Bin n covers the places from n - middle to n + 1 - middle - 0.5 and is entered by its middle.
    let turns = rates.map(|rate| Turn::unit(TAU * rate * (middle - 0.5)));
    let steps = rates.map(|rate| Turn::unit(-TAU * rate));
    let (mut re, mut im) = (turns.map(|turn| turn.re), turns.map(|turn| turn.im));
    let (by_re, by_im) = (steps.map(|step| step.re), steps.map(|step| step.im));
    let mut sums = [[0.0_f32; LANES]; 4];
    for [up, down] in profile {
        for lane in 0..LANES {
            let (x, y) = (re[lane], im[lane]);
            sums[0][lane] += up * x;
            sums[1][lane] += up * y;
            sums[2][lane] += down * x;
            sums[3][lane] += down * y;
            re[lane] = x * by_re[lane] - y * by_im[lane];
            im[lane] = x * by_im[lane] + y * by_re[lane];
        }
    }
    [0, 1, 2, 3].map(|lane| {
        let turn = |at: usize| Turn { re: sums[at][lane], im: sums[at + 1][lane] };
        (turn(0), turn(2))
    })
}

/// The side of the lattice that is being followed.
struct Front {
    /// Columns from, rows from, columns to, rows to.
    ends: [f32; 4],
    /// Strips that each may still fail.
    open: [u8; 4],
}

impl Start {
    /// Side of a module in pixels.
    pub(super) fn pitch(&self) -> f32 {
        let (across, down) = self.warp.steps(0.0, 0.0);
        (across.0 * down.1 - across.1 * down.0).abs().sqrt()
    }

    /// Whether it is no beat that would be slower still.
    pub(super) fn inside(&self) -> bool {
        self.pitch() < 0.97 / SLOWEST
    }

    /// Follows the lattice outwards over all tiles in which it beats, until the time is `over`.
    pub(super) fn follow(
        &self,
        grey: &Grey<'_>,
        care: Care,
        over: impl Fn() -> bool,
    ) -> Option<Lattice> {
        let patience = care.patience;
        let mut warp = self.warp;
        let mut sights: Vec<Sight> = Vec::new();
        let near = (self.reach - REACH).max(0.0);
        let count = (near / STRIDE).floor().max(0.0);
        let end = count * STRIDE + REACH;
        let (mut strength, mut agree, mut all) = (0.0_f32, 0.0, 0.0);
        for v in steps(-count * STRIDE, count * STRIDE) {
            for u in steps(-count * STRIDE, count * STRIDE) {
                if let Some(tile) = tile(grey, &warp, (u, v), REACH, self.growth) {
                    strength = strength.max(tile.strength);
                    let near = (TAU * tile.miss.0).cos() + (TAU * tile.miss.1).cos();
                    agree += tile.strength * near / 2.0;
                    all += tile.strength;
                    sights.extend(accepted(&tile, 0.0, 0.35));
                }
            }
        }
        if sights.is_empty() || agree < AGREE * all {
            return None;
        }
        warp = refit(&sights, care, 1).unwrap_or(warp);
        let mut fitted = end;
        let mut front = Front { ends: [-end, -end, end, end], open: [patience; 4] };
        while let Some(side) = front.next() {
            if over() {
                return None;
            }
            // Once around is fitted together.
            if front.ends[side].abs() > fitted {
                fitted = front.ends[side].abs();
                warp = refit(&sights, care, 0).unwrap_or(warp);
            }
            let fresh = front.strip(side);
            let looked: Vec<Tile> = fresh
                .iter()
                .filter_map(|place| tile(grey, &warp, *place, REACH, self.growth))
                .collect();
            let good: Vec<Sight> =
                looked.iter().filter_map(|tile| accepted(tile, strength * 0.15, 0.25)).collect();
            let beats = good.len() * 3 >= fresh.len().max(1);
            front.open[side] = if beats { patience } else { front.open[side] - 1 };
            front.advance(side);
            if beats {
                sights.extend(good);
            }
        }
        warp = refit(&sights, care, 1).unwrap_or(warp);
        let whole = |from: f32, to: f32| (from.floor() as i32 - 1, to.ceil() as i32 + 1);
        Some(Lattice {
            warp,
            growth: self.growth,
            cols: whole(front.ends[0], front.ends[2]),
            rows: whole(front.ends[1], front.ends[3]),
        })
    }
}

impl Front {
    /// The next side to go on with: the one that is nearest to the start.
    fn next(&self) -> Option<usize> {
        let open = (0..4).filter(|side| self.open[*side] > 0 && self.ends[*side].abs() < FARTHEST);
        open.min_by(|a, b| self.ends[*a].abs().total_cmp(&self.ends[*b].abs()))
    }

    /// Middles of the tiles beyond a side.
    fn strip(&self, side: usize) -> Vec<(f32, f32)> {
        let along = (side + 1) % 2;
        let beyond = self.ends[side] + if side < 2 { -REACH } else { REACH };
        let places = steps(self.ends[along] + REACH, self.ends[along + 2] - REACH + 0.1);
        // Every other tile of a long strip says enough, like the black fields of a chessboard.
        let odd = (self.ends[side].abs() / STRIDE) as usize % 2;
        let long = places.size_hint().0 > LONG;
        let places = places.enumerate().filter(move |(n, _)| !long || n % 2 == odd);
        places
            .map(|(_, at)| at)
            .map(|at| if side.is_multiple_of(2) { (beyond, at) } else { (at, beyond) })
            .collect()
    }

    fn advance(&mut self, side: usize) {
        self.ends[side] += if side < 2 { -STRIDE } else { STRIDE };
    }
}

fn steps(from: f32, to: f32) -> impl Iterator<Item = f32> {
    let count = ((to - from) / STRIDE).floor().max(-1.0) as i32;
    (0..=count).map(move |at| from + STRIDE * at as f32)
}

fn accepted(tile: &Tile, weakest: f32, farthest: f32) -> Option<Sight> {
    let near = tile.miss.0.abs().max(tile.miss.1.abs()) < farthest;
    (near && tile.clear > 0.1 && tile.strength >= weakest).then_some(tile.sight)
}

/// The wider the lattice, the more it may bend. In so many turns what does not fit loses its weight.
fn refit(sights: &[Sight], care: Care, turns: usize) -> Option<Warp> {
    let terms = match sights.len() {
        0..3 => return None,
        3..9 => 3,
        9..12 => care.few,
        count if count < care.many => 6,
        _ => 10,
    };
    Warp::fit_again(sights, terms, turns)
}
