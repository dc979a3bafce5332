//! A symbol by its outline: the four straight lines around a lump of modules. Stretched, slanted
//! and unevenly fed symbols have it, too, and small ones that hold too little lattice.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a picture are far below 2^24"
)]
use super::finder::{By, Frame};
use super::grey::{Grey, Region};
use super::hull::{self, Point};
use super::look::Look;
use super::reader::Symbol;
use super::sizes::{SHAPES, Shape};
use super::uneven;
use super::warp::{Sight, Warp};

/// Side of the fields in which a lump is followed, in pixels, and fields that a gap may be wide.
const FIELD: usize = 4;
const GAP: usize = 2;
/// Less contrast than this, in grey values, is none.
const FAINTEST: f32 = 12.0;
/// The shortest side of an outline, in pixels.
const SHORTEST: f32 = 16.0;
/// How dark each solid side must be, and how well one of the others must alternate.
const SOLID: f32 = 0.2;
const CLOCK: f32 = 0.3;
/// How well the finder must fit between these lines, and how many sizes are tried.
const FITS: f32 = 0.34;
const SIZES: usize = 4;
/// Pixels that are looked at at most.
pub(super) const MOST: usize = 350_000;

/// A size that may lie between four corners.
struct Guess {
    shape: &'static Shape,
    mirrored: bool,
    /// Corners from the upper left one, clockwise.
    corners: [Point; 4],
    fit: f32,
}

impl Look<'_> {
    /// Looks for a symbol in the outline of the lump at this place, inside of this part of the
    /// picture.
    pub(super) fn outlined(&self, part: Region, at: (usize, usize)) -> Option<Symbol> {
        let here = self.here.part(part)?;
        if here.width() * here.height() > MOST {
            return None;
        }
        let (dark, light) = tones(&here)?;
        let middle = f32::midpoint(dark, light);
        [false, true].into_iter().take_while(|_| !self.task.over()).find_map(|inverted| {
            let ink = Ink { grey: &here, level: middle.ceil() as u8, inverted };
            let corners = hull::corners(&hull::around(&lump(&ink, at)))?;
            let corners = corners.map(|(x, y)| (x + part.x as f32, y + part.y as f32));
            let sign = if inverted { -1.0 } else { 1.0 };
            let tone = |x: f32, y: f32| {
                let value = (2.0 * middle - 2.0 * self.here.between(x, y)) / (light - dark);
                sign * value.clamp(-1.0, 1.0)
            };
            let guesses = guesses(&corners, tone, |shape| self.wanted(shape));
            guesses.iter().take(SIZES).find_map(|guess| self.between(guess, inverted))
        })
    }

    fn between(&self, guess: &Guess, inverted: bool) -> Option<Symbol> {
        if self.task.over() {
            return None;
        }
        let Guess { shape, mirrored, fit, .. } = *guess;
        let frame =
            Frame { shape, col: 0, row: 0, turned: 0, inverted, mirrored, by: By::Outline, fit };
        let (rows, cols) = frame.seen();
        let size = (cols as f32, rows as f32);
        let warp = quadrilateral(&guess.corners, size)?;
        let whole = ((0.0, size.0), (0.0, size.1));
        let even = |warp: &Warp| uneven::evened(self.here, warp, whole, true);
        self.seen(&warp, &frame).or_else(|| self.seen(&even(&warp)?, &frame))
    }
}

/// The ink of a part of a picture.
struct Ink<'a> {
    grey: &'a Grey<'a>,
    /// Darker than this, or with `inverted` not.
    level: u8,
    inverted: bool,
}

impl Ink<'_> {
    /// Whether it is there; single pixels do not count.
    fn at(&self, x: usize, y: usize) -> bool {
        let mean = self.grey.four(x as f32 + 0.5, y as f32 + 0.5);
        (mean < f32::from(self.level)) != self.inverted
    }
}

/// Means of the dark and of the light half of the pixels. `None` without contrast.
fn tones(grey: &Grey<'_>) -> Option<(f32, f32)> {
    let mut counts = [0_u32; 256];
    for y in 0..grey.height() {
        for pixel in grey.row(y) {
            counts[usize::from(*pixel)] += 1;
        }
    }
    let low = counts.iter().position(|count| *count > 0)?;
    let high = counts.iter().rposition(|count| *count > 0)?;
    let (mut dark, mut light) = (low as f32, high as f32);
    for _ in 0..8 {
        let middle = f32::midpoint(dark, light);
        let (mut sums, mut all) = ([0.0_f32; 2], [0.0_f32; 2]);
        for (value, count) in counts.iter().enumerate() {
            let side = usize::from(value as f32 > middle);
            sums[side] += value as f32 * *count as f32;
            all[side] += *count as f32;
        }
        (dark, light) = (sums[0] / all[0].max(1.0), sums[1] / all[1].max(1.0));
    }
    (light - dark > FAINTEST).then_some((dark, light))
}

/// The outermost ink of every row of the lump at a place: fields with ink that lie close together.
fn lump(ink: &Ink<'_>, at: (usize, usize)) -> Vec<Point> {
    let (cols, rows) = (ink.grey.width() / FIELD, ink.grey.height() / FIELD);
    if cols == 0 || rows == 0 {
        return Vec::new();
    }
    let mut counts = vec![0_u8; cols * rows];
    let mut columns = vec![0_u8; cols * FIELD];
    for (row, counts) in counts.chunks_exact_mut(cols).enumerate() {
        columns.fill(0);
        for y in row * FIELD..(row + 1) * FIELD {
            for (count, pixel) in columns.iter_mut().zip(ink.grey.row(y)) {
                *count += u8::from((*pixel < ink.level) != ink.inverted);
            }
        }
        for (count, columns) in counts.iter_mut().zip(columns.as_chunks::<FIELD>().0) {
            *count = columns.iter().sum();
        }
    }
    let fields: Vec<bool> = counts.into_iter().map(|count| count > 2).collect();
    let home = ((at.0 / FIELD).min(cols - 1), (at.1 / FIELD).min(rows - 1));
    let far = |n: &usize| (n % cols).abs_diff(home.0).max((n / cols).abs_diff(home.1));
    let Some(start) = (0..fields.len()).filter(|n| fields[*n]).min_by_key(far) else {
        return Vec::new();
    };
    let mut seen = vec![false; fields.len()];
    let mut open = vec![start];
    seen[start] = true;
    while let Some(field) = open.pop() {
        let (col, row) = (field % cols, field / cols);
        for row in row.saturating_sub(GAP)..(row + GAP + 1).min(rows) {
            for col in col.saturating_sub(GAP)..(col + GAP + 1).min(cols) {
                let next = row * cols + col;
                if fields[next] && !seen[next] {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
    }
    let mut points = Vec::new();
    for y in 0..rows * FIELD {
        let line = &seen[y / FIELD * cols..][..cols];
        let inked = |x: &usize| line[x / FIELD] && ink.at(*x, y);
        let ends = ((0..cols * FIELD).find(inked), (0..cols * FIELD).rev().find(inked));
        if let (Some(left), Some(right)) = ends {
            // `four` looks half a pixel to the right and down.
            points.push((left as f32, y as f32 + 0.5));
            points.push((right as f32 + 1.0, y as f32 + 0.5));
        }
    }
    points
}

/// Sizes whose finder fits between four corners, the best first.
fn guesses(
    corners: &[Point; 4],
    tone: impl Fn(f32, f32) -> f32,
    wanted: impl Fn(&Shape) -> bool,
) -> Vec<Guess> {
    let side = |at: usize| {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        (a.0 - b.0).hypot(a.1 - b.1)
    };
    if (0..4).any(|at| side(at) < SHORTEST) {
        return Vec::new();
    }
    let mut guesses = Vec::new();
    for turned in 0..4 {
        let turned_by = [0, 1, 2, 3].map(|at| corners[(at + turned) % 4]);
        let wide = f32::midpoint(side(turned), side((turned + 2) % 4));
        let high = f32::midpoint(side((turned + 1) % 4), side((turned + 3) % 4));
        for shape in SHAPES.iter().filter(|shape| wanted(shape)) {
            for mirrored in [false, true] {
                let (rows, cols) =
                    if mirrored { (shape.cols, shape.rows) } else { (shape.rows, shape.cols) };
                let stretch = wide / high * rows as f32 / cols as f32;
                let same = mirrored && rows == cols;
                let tight = wide < 1.5 * cols as f32 || high < 1.5 * rows as f32;
                if same || tight || !(0.55..1.8).contains(&stretch) {
                    continue;
                }
                let fit = border(&turned_by, (cols as f32, rows as f32), &tone);
                if fit > FITS {
                    guesses.push(Guess { shape, mirrored, corners: turned_by, fit });
                }
            }
        }
    }
    guesses.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    guesses
}

/// How well the border fits that of a symbol of this size: solid at the left and at the bottom,
/// alternating at the top and at the right.
fn border(corners: &[Point; 4], (cols, rows): (f32, f32), tone: &impl Fn(f32, f32) -> f32) -> f32 {
    let plane = Plane::new(corners);
    let value = |u: f32, v: f32| {
        let (x, y) = plane.at(u / cols, v / rows);
        tone(x, y)
    };
    let mean = |of: &dyn Fn(f32) -> f32, count: f32| {
        (0..count as u16).map(|n| of(f32::from(n))).sum::<f32>() / count
    };
    let sign = |n: f32| if n % 2.0 < 0.5 { 1.0 } else { -1.0 };
    // The solid sides tell most of what is no symbol from one.
    let left = mean(&|n| value(0.5, n + 0.5), rows);
    if left < SOLID {
        return 0.0;
    }
    let bottom = mean(&|n| value(n + 0.5, rows - 0.5), cols);
    if bottom < SOLID {
        return 0.0;
    }
    let top = mean(&|n| sign(n) * value(n + 0.5, 0.5), cols);
    let right = mean(&|n| -sign(n) * value(cols - 0.5, n + 0.5), rows);
    if top.max(right) < CLOCK { 0.0 } else { (left + bottom + top + right) / 4.0 }
}

/// A flat thing seen from somewhere: places of the unit square in pixels.
struct Plane {
    x: [f32; 3],
    y: [f32; 3],
    w: [f32; 2],
}

impl Plane {
    /// With these corners (from the upper left one, clockwise).
    #[expect(clippy::many_single_char_names, reason = "corners and coefficients of a map")]
    fn new(corners: &[Point; 4]) -> Self {
        let [a, b, c, d] = *corners;
        let sum = (a.0 - b.0 + c.0 - d.0, a.1 - b.1 + c.1 - d.1);
        let (p, q) = ((b.0 - c.0, b.1 - c.1), (d.0 - c.0, d.1 - c.1));
        let area = p.0 * q.1 - q.0 * p.1;
        let area = if area.abs() < 1e-6 { 1e-6 } else { area };
        let g = (sum.0 * q.1 - q.0 * sum.1) / area;
        let h = (p.0 * sum.1 - sum.0 * p.1) / area;
        Self {
            x: [a.0, b.0 - a.0 + g * b.0, d.0 - a.0 + h * d.0],
            y: [a.1, b.1 - a.1 + g * b.1, d.1 - a.1 + h * d.1],
            w: [g, h],
        }
    }

    fn at(&self, u: f32, v: f32) -> Point {
        let w = 1.0 + self.w[0] * u + self.w[1] * v;
        let value = |of: &[f32; 3]| (of[0] + of[1] * u + of[2] * v) / w;
        (value(&self.x), value(&self.y))
    }
}

/// The map of a flat symbol with these corners and so many columns and rows.
fn quadrilateral(corners: &[Point; 4], (cols, rows): (f32, f32)) -> Option<Warp> {
    let plane = Plane::new(corners);
    let eighths = || (0_u8..9).map(|n| f32::from(n) / 8.0);
    let places = eighths().flat_map(|down| eighths().map(move |across| (across, down)));
    let sights: Vec<Sight> = places
        .map(|(across, down)| {
            let (x, y) = plane.at(across, down);
            Sight { u: across * cols, v: down * rows, x, y, weight: 1.0 }
        })
        .collect();
    Warp::fit_again(&sights, 10, 0)
}
