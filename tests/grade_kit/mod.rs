//! Draws symbols whose reflectance and geometry are known: every pixel is the mean of what lies
//! under it, exactly, by the area that each piece of a module covers. Symbols come from an encoder
//! that is not ours. The middle of the first pixel is (0, 0).
#![allow(dead_code, reason = "each test needs a part of it")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::many_single_char_names,
    clippy::float_cmp,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a drawing"
)]
use datamatrix::placement::MatrixMap;
use datamatrix::{DataMatrix, SymbolList, SymbolSize};
use markwright::symbol::grade::{Conditions, Grade, Kind, Segment, grade};
use markwright::symbol::{Grey, Hints, find};

/// Tolerances of reflectance and of print growth; docs/grading.md names them.
pub const REFLECTANCE: f32 = 0.02;
pub const GROWTH: f32 = 0.15;

type Place = (f64, f64);

/// A printed symbol.
pub struct Print {
    pub rows: usize,
    pub cols: usize,
    pub dark: Vec<bool>,
    /// Reflectance of label and ink, 0 to 1.
    pub light: f64,
    pub ink: f64,
    /// Modules of another reflectance: row, column (−1 is quiet zone), reflectance.
    pub odd: Vec<(i32, i32, f64)>,
    /// Dark modules reach so many modules beyond each edge, across and down.
    pub growth: Place,
    /// Where the lines between columns and between rows lie beside their places, in modules.
    pub columns: Vec<f64>,
    pub lines: Vec<f64>,
    /// Pixels a module across and down.
    pub module: Place,
    pub degrees: f64,
    /// Seen from behind.
    pub mirrored: bool,
    /// Frame, and where in it the middle of the symbol lies beside its middle.
    pub frame: (usize, usize),
    pub beside: Place,
}

pub struct Picture {
    pub luma: Vec<u8>,
    pub width: usize,
    pub height: usize,
}

impl Print {
    /// A symbol of this size with a text that fills it about half.
    pub fn new(size: SymbolSize) -> Self {
        let list = || SymbolList::with_whitelist([size]);
        let text = |length: usize| "Aq7bRt0Zk".chars().cycle().take(length).collect::<String>();
        let map = [80, 40, 20, 8, 3, 1]
            .into_iter()
            .find_map(|length| DataMatrix::encode_gs1(text(length).as_bytes(), list()).ok())
            .unwrap()
            .bitmap();
        let (rows, cols) = (map.height(), map.width());
        let mut dark = vec![false; rows * cols];
        for (x, y) in map.pixels() {
            dark[y * cols + x] = true;
        }
        Self {
            rows,
            cols,
            dark,
            light: 0.86,
            ink: 0.06,
            odd: Vec::new(),
            growth: (0.0, 0.0),
            columns: vec![0.0; cols + 1],
            lines: vec![0.0; rows + 1],
            module: (6.0, 6.0),
            degrees: 0.0,
            mirrored: false,
            frame: (rows.max(cols) * 10 + 60, rows.max(cols) * 10 + 60),
            beside: (0.21, -0.37),
        }
    }

    pub fn at(&self, row: usize, col: usize) -> bool {
        self.dark[row * self.cols + col]
    }

    pub fn flip(&mut self, row: usize, col: usize) {
        self.dark[row * self.cols + col] ^= true;
    }

    /// The codewords as they stand there, by another implementation of the placement.
    pub fn words(&self) -> Vec<u8> {
        // That implementation refuses a damaged frame.
        let mut whole = self.dark.clone();
        let (down, across) = regions(self.rows, self.cols);
        let (high, wide) = (self.rows / down, self.cols / across);
        for (at, dark) in whole.iter_mut().enumerate() {
            let (row, col) = (at / self.cols % high, at % self.cols % wide);
            if col == 0 || row == high - 1 {
                *dark = true;
            } else if row == 0 {
                *dark = col % 2 == 0;
            } else if col == wide - 1 {
                *dark = row % 2 == 1;
            }
        }
        MatrixMap::try_from_bits(&whole, self.cols).unwrap().0.codewords()
    }

    /// The pixel of a place in modules.
    pub fn pixel(&self, u: f64, v: f64) -> Place {
        let (u, v) = (moved(&self.columns, u), moved(&self.lines, v));
        let (a, b) = (u - self.cols as f64 / 2.0, v - self.rows as f64 / 2.0);
        let (a, b) = (a * self.module.0, b * self.module.1);
        // From behind: the anti-diagonal stays, so that the solid sides stay left and below.
        let (a, b) = if self.mirrored { (-b, -a) } else { (a, b) };
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let middle = (self.frame.0 as f64 / 2.0, self.frame.1 as f64 / 2.0);
        (middle.0 + self.beside.0 + a * cos - b * sin, middle.1 + self.beside.1 + a * sin + b * cos)
    }

    /// Upper left, upper right, lower right, lower left of what is seen.
    pub fn corners(&self) -> [Place; 4] {
        let (w, h) = (self.cols as f64, self.rows as f64);
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(u, v)| self.pixel(u, v));
        if self.mirrored { [corners[2], corners[1], corners[0], corners[3]] } else { corners }
    }

    fn is_dark(&self, row: i32, col: i32) -> bool {
        let inside = (0..self.rows as i32).contains(&row) && (0..self.cols as i32).contains(&col);
        inside && self.at(row as usize, col as usize)
    }

    /// Reflectance of a piece of a module; `side` says in which margin of it the piece lies.
    fn piece(&self, (row, col): (i32, i32), side: (i32, i32)) -> f64 {
        let grown = self.growth.0 + self.growth.1 >= 0.0;
        let mut dark = self.is_dark(row, col);
        for (down, across) in [(side.0, 0), (0, side.1), side] {
            let other = self.is_dark(row + down, col + across);
            dark = if grown { dark || other } else { dark && other };
        }
        let own = dark == self.is_dark(row, col);
        let odd = self.odd.iter().find(|(r, c, _)| own && (*r, *c) == (row, col));
        odd.map_or(if dark { self.ink } else { self.light }, |(_, _, value)| *value)
    }

    /// The picture, as reflectance of every pixel.
    pub fn reflectance(&self) -> Vec<f64> {
        let mut picture = vec![self.light; self.frame.0 * self.frame.1];
        let cuts = |growth: f64| {
            let growth = growth.abs();
            if growth < 1e-6 { vec![0.0, 1.0] } else { vec![0.0, growth, 1.0 - growth, 1.0] }
        };
        let (across, down) = (cuts(self.growth.0), cuts(self.growth.1));
        let side = |at: usize, cuts: &[f64]| if cuts.len() < 3 { 0 } else { at as i32 - 1 };
        for row in -2..self.rows as i32 + 2 {
            for col in -2..self.cols as i32 + 2 {
                for (b, v) in down.windows(2).enumerate() {
                    for (a, u) in across.windows(2).enumerate() {
                        let value = self.piece((row, col), (side(b, &down), side(a, &across)));
                        if (value - self.light).abs() < 1e-9 {
                            continue;
                        }
                        let (u, v) = ([u[0], u[1]], [v[0], v[1]]);
                        let (col, row) = (f64::from(col), f64::from(row));
                        let quad = [(0, 0), (1, 0), (1, 1), (0, 1)]
                            .map(|(a, b)| self.pixel(col + u[a], row + v[b]));
                        paint(&mut picture, self.frame, &quad, value - self.light);
                    }
                }
            }
        }
        picture
    }

    pub fn picture(&self) -> Picture {
        picture(&self.reflectance(), self.frame.0)
    }

    /// The same with noise of so many grey values.
    pub fn noisy(&self, clean: &[f64], sigma: f64, chance: &mut Chance) -> Picture {
        let noisy: Vec<f64> = clean.iter().map(|v| v + sigma / 255.0 * chance.normal()).collect();
        picture(&noisy, self.frame.0)
    }

    pub fn graded(&self, conditions: &Conditions) -> Grade {
        self.picture().graded(conditions).expect("it is read")
    }

    /// With the usual conditions.
    pub fn grade(&self) -> Grade {
        self.graded(&Conditions::default())
    }
}

impl Picture {
    pub fn grey(&self) -> Grey<'_> {
        Grey::new(&self.luma, self.width as u32, self.height as u32).unwrap()
    }

    pub fn graded(&self, conditions: &Conditions) -> Option<Grade> {
        let symbol = find(&self.grey(), &Hints::default())?;
        Some(grade(&self.grey(), &symbol, conditions))
    }
}

pub fn picture(reflectance: &[f64], width: usize) -> Picture {
    let luma = reflectance.iter().map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8).collect();
    Picture { luma, width, height: reflectance.len() / width }
}

/// Data regions down and across.
pub fn regions(rows: usize, cols: usize) -> (usize, usize) {
    match (rows, cols) {
        (8 | 12 | 16, 32 | 36 | 48) => (1, 2),
        (32..=52, _) => (2, 2),
        (64..=104, _) => (4, 4),
        (120.., _) => (6, 6),
        _ => (1, 1),
    }
}

/// A place on an axis whose whole numbers were moved.
fn moved(off: &[f64], at: f64) -> f64 {
    let line = (at.floor().max(0.0) as usize).min(off.len() - 2);
    let part = (at - line as f64).clamp(0.0, 1.0);
    at + off[line] * (1.0 - part) + off[line + 1] * part
}

/// Adds a convex piece to every pixel by the area that it covers.
fn paint(picture: &mut [f64], (width, height): (usize, usize), quad: &[Place], value: f64) {
    let ends = |of: fn(&Place) -> f64, length: usize| {
        let low = quad.iter().map(of).fold(f64::MAX, f64::min);
        let high = quad.iter().map(of).fold(f64::MIN, f64::max);
        let cut = |at: f64| at.round().clamp(0.0, length as f64 - 1.0) as usize;
        if high < -0.5 || low > length as f64 - 0.5 { 1..1 } else { cut(low)..cut(high) + 1 }
    };
    for y in ends(|p| p.1, height) {
        for x in ends(|p| p.0, width) {
            picture[y * width + x] += value * covered(quad, x as f64, y as f64);
        }
    }
}

/// The area of a pixel under a convex piece.
fn covered(quad: &[Place], x: f64, y: f64) -> f64 {
    let mut piece = quad.to_vec();
    for (axis, end, keep) in
        [(0, x - 0.5, 1.0), (0, x + 0.5, -1.0), (1, y - 0.5, 1.0), (1, y + 0.5, -1.0)]
    {
        let depth = |p: &Place| keep * (if axis == 0 { p.0 } else { p.1 } - end);
        let mut cut = Vec::with_capacity(piece.len() + 2);
        for at in 0..piece.len() {
            let (a, b) = (piece[at], piece[(at + 1) % piece.len()]);
            let (da, db) = (depth(&a), depth(&b));
            if da >= 0.0 {
                cut.push(a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                let part = da / (da - db);
                cut.push((a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part));
            }
        }
        piece = cut;
    }
    let area: f64 = (0..piece.len())
        .map(|at| {
            let (a, b) = (piece[at], piece[(at + 1) % piece.len()]);
            a.0 * b.1 - b.0 * a.1
        })
        .sum();
    area.abs() / 2.0
}

/// A small generator, so that every failure can be run again.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// From 0 to 1.
    pub fn part(&mut self) -> f64 {
        (self.bits() & 0xff_ffff) as f64 / 16_777_216.0
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    pub fn normal(&mut self) -> f64 {
        let (a, b) = (self.part().max(1e-9), self.part());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

pub fn near(found: f32, wanted: f64, within: f32, what: &str) {
    assert!(
        (f64::from(found) - wanted).abs() <= f64::from(within),
        "{what}: {found}, not {wanted}"
    );
}

pub fn value(grade: &Grade, kind: Kind) -> f32 {
    grade.of(kind).value
}

pub fn whole(grade: &Grade) -> Vec<f32> {
    grade.parameters.iter().map(|parameter| parameter.grade).collect()
}

/// Pixels between the true corners and those of the grade.
pub fn off(grade: &Grade, print: &Print) -> f64 {
    let pairs = grade.corners.iter().zip(print.corners());
    pairs.map(|(a, b)| (f64::from(a.0) - b.0).hypot(f64::from(a.1) - b.1)).fold(0.0, f64::max)
}

/// A symbol of so many pixels a module, slightly turned.
pub fn print(size: SymbolSize, pixels: f64) -> Print {
    let mut print = Print::new(size);
    print.module = (pixels, pixels);
    print.degrees = 3.0;
    print
}

pub fn segment<'a>(grade: &'a Grade, name: &str) -> Vec<&'a Segment> {
    grade.segments.iter().filter(|segment| segment.name == name).collect()
}
