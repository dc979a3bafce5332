//! Draws camera-like pictures of one symbol each, spoilt in a known way, the same in every run.
//! The symbols come from an encoder that is not ours, and the geometry is known to a fraction of
//! a pixel. Pixel coordinates: the middle of the first pixel is (0, 0).
#![allow(dead_code, reason = "each test needs a part of it")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::many_single_char_names,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a drawing"
)]
mod lens;
pub mod through;

use datamatrix::{DataMatrix, SymbolList};
use lens::{blur, light, smear};
use markwright::symbol::Grey;

/// Samples along the side of a pixel.
const FINE: usize = 3;

/// What is wrong with the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Clean,
    /// Any rotation.
    Turned,
    /// Out of focus: sigma 0.38 to 0.60 modules.
    Blur,
    /// Noise of sigma 22.
    Noise,
    /// Light from 22 to 100 %.
    Uneven,
    /// Contrast 14 to 24 %.
    Faint,
    /// One module in a hundred flipped, and a spot of two or three modules.
    Damage,
    /// A burnt-out dot of the print head: a light line.
    Dot,
    /// The dot that prints the solid side on the left is burnt out.
    Leg,
    /// Dark modules larger or smaller by 0.12 to 0.22 modules an edge.
    Growth,
    /// A little of everything, any rotation.
    Mixed,
    /// Seen from behind.
    Mirrored,
    /// Light on dark.
    Inverted,
    /// The camera is not upright: perspective.
    Tilted,
    /// On a round bottle.
    Curved,
    /// Fed too fast or too slowly: up to 12 %.
    Stretched,
    /// A bright spot.
    Glare,
    /// Print beside the symbol, nearer than one module.
    Crowded,
    /// Moved while the shutter was open: 0.6 to 0.9 modules.
    Motion,
}

/// The ten conditions of the development set.
pub const TEN: [Fault; 10] = [
    Fault::Clean,
    Fault::Turned,
    Fault::Blur,
    Fault::Noise,
    Fault::Uneven,
    Fault::Faint,
    Fault::Damage,
    Fault::Dot,
    Fault::Growth,
    Fault::Mixed,
];

/// What a line meets beside those.
pub const MORE: [Fault; 9] = [
    Fault::Leg,
    Fault::Mirrored,
    Fault::Inverted,
    Fault::Tilted,
    Fault::Curved,
    Fault::Stretched,
    Fault::Glare,
    Fault::Crowded,
    Fault::Motion,
];

/// A picture and the truth about it.
pub struct Scene {
    pub luma: Vec<u8>,
    pub width: usize,
    pub height: usize,
    pub text: String,
    pub rows: usize,
    pub cols: usize,
    /// Pixels a module.
    pub module: f32,
    /// Upper left, upper right, lower right, lower left of the symbol as it is seen.
    pub corners: [(f32, f32); 4],
}

impl Scene {
    /// As the reader takes it.
    pub fn grey(&self) -> Grey<'_> {
        Grey::new(&self.luma, self.width as u32, self.height as u32).unwrap()
    }
}

/// A small generator, so that every failure can be run again.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            chance.bits();
        }
        chance
    }

    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.bits() % bound as u64).unwrap()
    }

    pub fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.bits() & 0xff_ffff) as f32 / 16_777_216.0
    }

    /// Roughly normal.
    fn normal(&mut self) -> f32 {
        let bits = self.bits();
        let sum: u32 = (0..4).map(|n| (bits >> (12 * n) & 0xfff) as u32).sum();
        (sum as f32 / 4096.0 - 2.0) * 1.732
    }
}

/// A marking code of 31, 85 or 129 characters.
pub fn code(length: usize, chance: &mut Chance) -> String {
    const SERIAL: &[u8] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!%&*+-./_,:;=<>?";
    let mut some = |count: usize, of: &[u8]| -> String {
        (0..count).map(|_| char::from(of[chance.below(of.len())])).collect()
    };
    let (digits, hex) = (b"0123456789", b"0123456789ABCDEF");
    let base64 = &SERIAL[..62];
    let gtin = some(14, digits);
    match length {
        31 => format!("01{gtin}21{}\u{1d}93{}", some(6, SERIAL), some(4, base64)),
        85 => format!(
            "01{gtin}21{}\u{1d}91{}\u{1d}92{}=",
            some(13, SERIAL),
            some(4, hex),
            some(43, base64)
        ),
        129 => format!(
            "01{gtin}21{}\u{1d}91{}\u{1d}92{}==",
            some(13, SERIAL),
            some(4, hex),
            some(86, base64)
        ),
        other => some(other, base64),
    }
}

/// The modules of a symbol, of an encoder that is not ours: row by row, and columns.
pub fn encoded(text: &str, sizes: SymbolList) -> Option<(Vec<bool>, usize)> {
    let map = DataMatrix::encode_gs1(text.as_bytes(), sizes).ok()?.bitmap();
    let mut dark = vec![false; map.width() * map.height()];
    for (x, y) in map.pixels() {
        dark[y * map.width() + x] = true;
    }
    Some((dark, map.width()))
}

/// A picture of a marking code.
pub fn scene(fault: Fault, length: usize, size: (usize, usize), seed: u64) -> Scene {
    let mut chance =
        Chance::new(seed ^ (length as u64) << 32 ^ (size.0 as u64) << 20 ^ (fault as u64) << 10);
    let text = code(length, &mut chance);
    let sizes = SymbolList::default().enforce_square();
    let (dark, cols) = encoded(&text, sizes).expect("it fits");
    let modules: &[f32] = if size.0 > 640 { &[4.0, 5.0, 6.0, 8.0] } else { &[4.0, 5.0, 6.0] };
    let module = modules[chance.below(modules.len())];
    drawn(fault, &text, (dark, cols), module, size, &mut chance)
}

/// Draws these modules with so many pixels a module.
pub fn drawn(
    fault: Fault,
    text: &str,
    (dark, cols): (Vec<bool>, usize),
    module: f32,
    (width, height): (usize, usize),
    chance: &mut Chance,
) -> Scene {
    let rows = dark.len() / cols;
    let pose = Pose::new(fault, (rows, cols), module, (width, height), chance);
    let ink = Ink::new(fault, dark, cols, chance);
    let mut picture = ground(width, height, chance);
    pose.draw(&ink, &mut picture, width);
    writing(&pose, &ink, &mut picture, width, chance);
    let sigma = match fault {
        Fault::Blur => chance.within(0.38, 0.60) * module,
        Fault::Mixed => chance.within(0.15, 0.32) * module,
        _ => 0.5,
    };
    blur(&mut picture, width, sigma);
    if fault == Fault::Motion {
        smear(&mut picture, width, (chance.within(0.6, 0.9) * module).round() as usize);
    }
    light(fault, &pose, &mut picture, width, chance);
    let noise = match fault {
        Fault::Noise => 22.0,
        Fault::Mixed => 6.0,
        _ => 2.2,
    };
    let luma = picture.iter().map(|v| (v + noise * chance.normal()).round() as u8).collect();
    let (w, h) = (cols as f32, rows as f32);
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(u, v)| pose.pixel(u, v));
    let (rows, cols) = (rows, cols);
    Scene { luma, width, height, text: text.to_owned(), rows, cols, module, corners }
}

/// Where the symbol stands and how it is bent.
struct Pose {
    middle: (f32, f32),
    angle: f32,
    module: f32,
    rows: f32,
    cols: f32,
    /// Modules are so much longer in the feed direction.
    stretch: f32,
    /// Perspective: how much the scale changes from one side to the other.
    tilt: (f32, f32),
    /// Radius of the bottle, in modules; 0 is flat.
    radius: f32,
}

impl Pose {
    fn new(
        fault: Fault,
        (rows, cols): (usize, usize),
        module: f32,
        (width, height): (usize, usize),
        chance: &mut Chance,
    ) -> Self {
        let (rows, cols) = (rows as f32, cols as f32);
        let any = matches!(fault, Fault::Turned | Fault::Mixed | Fault::Mirrored | Fault::Inverted);
        let degrees = if any { chance.within(0.0, 360.0) } else { chance.within(-2.0, 2.0) };
        let angle = degrees.to_radians();
        let reach = (rows.max(cols) / 2.0 + 3.0) * module * (angle.cos().abs() + angle.sin().abs());
        let mut place = |length: usize| {
            let length = length as f32;
            let room = (length / 2.0 - reach - 2.0).max(0.0);
            length / 2.0 + chance.within(-room, room)
        };
        let middle = (place(width), place(height));
        let tilted = fault == Fault::Tilted;
        let mut tilt = || if tilted { chance.within(-0.16, 0.16) } else { 0.0 };
        let tilt = (tilt(), tilt());
        let stretch = if fault == Fault::Stretched { chance.within(0.88, 1.12) } else { 1.0 };
        let radius = if fault == Fault::Curved { cols * chance.within(0.9, 1.5) } else { 0.0 };
        Self { middle, angle, module, rows, cols, stretch, tilt, radius }
    }

    /// The pixel of a place in modules.
    fn pixel(&self, u: f32, v: f32) -> (f32, f32) {
        let (mut a, b) = (u - self.cols / 2.0, (v - self.rows / 2.0) * self.stretch);
        if self.radius > 0.0 {
            a = self.radius * (a / self.radius).sin();
        }
        let depth = 1.0 + self.tilt.0 * a / self.cols + self.tilt.1 * b / self.rows;
        let (x, y) = (a * self.module / depth, b * self.module / depth);
        let (sin, cos) = self.angle.sin_cos();
        (self.middle.0 + x * cos - y * sin, self.middle.1 + x * sin + y * cos)
    }

    /// The place in modules of a pixel.
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = ((x - self.middle.0) / self.module, (y - self.middle.1) / self.module);
        let (sin, cos) = self.angle.sin_cos();
        let (p, q) = (dx * cos + dy * sin, dy * cos - dx * sin);
        // p = a / (1 + s a + t b), q = b / (1 + s a + t b).
        let (s, t) = (self.tilt.0 / self.cols, self.tilt.1 / self.rows);
        let depth = 1.0 / (1.0 - s * p - t * q).max(0.2);
        let (mut a, b) = (p * depth, q * depth);
        if self.radius > 0.0 {
            a = self.radius * (a / self.radius).clamp(-1.0, 1.0).asin();
        }
        (a + self.cols / 2.0, b / self.stretch + self.rows / 2.0)
    }

    fn draw(&self, ink: &Ink, picture: &mut [f32], width: usize) {
        let margin = 7.0;
        let ends = [(-margin, -margin), (self.cols + margin, -margin)]
            .into_iter()
            .chain([(-margin, self.rows + margin), (self.cols + margin, self.rows + margin)])
            .map(|(u, v)| self.pixel(u, v));
        let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
        for (x, y) in ends {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let (last_x, last_y) = ((width - 1) as f32, (picture.len() / width - 1) as f32);
        for y in low.1.max(0.0) as usize..=high.1.clamp(0.0, last_y) as usize {
            for x in low.0.max(0.0) as usize..=high.0.clamp(0.0, last_x) as usize {
                let mut sum = 0.0;
                let old = picture[y * width + x];
                for n in 0..FINE * FINE {
                    let part = |n: usize| (n as f32 + 0.5) / FINE as f32 - 0.5;
                    let (u, v) = self.place(x as f32 + part(n % FINE), y as f32 + part(n / FINE));
                    sum += ink.at(u, v).unwrap_or(old);
                }
                picture[y * width + x] = sum / (FINE * FINE) as f32;
            }
        }
    }
}

/// The label: reflectance at each place.
struct Ink {
    cols: usize,
    rows: usize,
    /// Grey value of every module.
    modules: Vec<f32>,
    light: f32,
    dark: f32,
    growth: f32,
    mirrored: bool,
    /// Across or down, place and half width in modules.
    line: Option<(bool, f32, f32)>,
    crowded: bool,
}

impl Ink {
    fn new(fault: Fault, mut bits: Vec<bool>, cols: usize, chance: &mut Chance) -> Self {
        let rows = bits.len() / cols;
        let (mut dark, mut light) = (chance.within(18.0, 40.0), chance.within(195.0, 225.0));
        match fault {
            Fault::Faint => {
                let (middle, contrast) = (chance.within(90.0, 150.0), chance.within(36.0, 61.0));
                (dark, light) = (middle - contrast / 2.0, middle + contrast / 2.0);
            }
            Fault::Mixed => light = dark + chance.within(102.0, 153.0),
            Fault::Noise => (dark, light) = (60.0, 200.0),
            Fault::Inverted => (dark, light) = (light, dark),
            _ => {}
        }
        if matches!(fault, Fault::Damage | Fault::Mixed) {
            for _ in 0..=bits.len() / if fault == Fault::Damage { 100 } else { 125 } {
                let (row, col) = (1 + chance.below(rows - 2), 1 + chance.below(cols - 2));
                bits[row * cols + col] ^= true;
            }
        }
        if fault == Fault::Damage {
            let (row, col) = (2 + chance.below(rows - 7), 2 + chance.below(cols - 7));
            let (side, colour) = (2 + chance.below(2), chance.below(2) == 0);
            for n in 0..side * side {
                bits[(row + n / side) * cols + col + n % side] = colour;
            }
        }
        let uneven = if fault == Fault::Faint { 0.9 } else { 3.0 };
        let shade = |dark_one: &bool| {
            let ink = if *dark_one { dark } else { light };
            ink + uneven * chance.normal()
        };
        let modules = bits.iter().map(shade).collect();
        let growth = match fault {
            Fault::Growth if chance.below(2) == 0 => chance.within(0.12, 0.22),
            Fault::Growth => -chance.within(0.12, 0.22),
            Fault::Mixed => chance.within(-0.08, 0.12),
            _ => 0.0,
        };
        let leg = (fault == Fault::Leg).then(|| (true, chance.within(0.4, 0.6), 0.45));
        let line = leg.or_else(|| {
            (fault == Fault::Dot).then(|| {
                let across = chance.below(2) == 0;
                let length = if across { cols } else { rows } as f32;
                (across, chance.within(3.0, length - 3.0), chance.within(0.175, 0.4))
            })
        });
        let (mirrored, crowded) = (fault == Fault::Mirrored, fault == Fault::Crowded);
        Self { cols, rows, modules, light, dark, growth, mirrored, line, crowded }
    }

    /// `None` beside the label.
    fn at(&self, u: f32, v: f32) -> Option<f32> {
        let (cols, rows) = (self.cols as f32, self.rows as f32);
        if u < -5.0 || v < -5.0 || u > cols + 5.0 || v > rows + 5.0 {
            return None;
        }
        if self.crowded && (v < -0.6 || u > cols + 0.7) {
            // Words above and beside.
            let stroke =
                ((u * 0.7).floor() as i32 * 5 + (v * 0.9).floor() as i32 * 3).rem_euclid(4);
            return Some(if stroke == 0 { self.dark } else { self.light });
        }
        if let Some((across, place, half)) = self.line
            && ((if across { u } else { v }) - place).abs() < half
        {
            return Some(self.light);
        }
        let here = self.module(u, v);
        if self.growth == 0.0 {
            return Some(here);
        }
        let reach = self.growth.abs();
        let darker = (self.growth > 0.0) == (self.dark < self.light);
        let near = [(reach, 0.0), (-reach, 0.0), (0.0, reach), (0.0, -reach)];
        let near = near.map(|(du, dv)| self.module(u + du, v + dv));
        Some(near.into_iter().fold(here, |a, b| if darker { a.min(b) } else { a.max(b) }))
    }

    fn module(&self, u: f32, v: f32) -> f32 {
        let (col, row) = (u.floor() as i32, v.floor() as i32);
        let inside = (0..self.cols as i32).contains(&col) && (0..self.rows as i32).contains(&row);
        if !inside {
            return self.light;
        }
        let (col, row) = (col as usize, row as usize);
        // Seen from behind, then turned so that the solid sides are at the left and at the bottom.
        let at = if self.mirrored {
            (self.rows - 1 - col) * self.cols + self.cols - 1 - row
        } else {
            row * self.cols + col
        };
        self.modules[at]
    }
}

/// A soft, uneven background.
fn ground(width: usize, height: usize, chance: &mut Chance) -> Vec<f32> {
    const STEP: usize = 32;
    let cols = width / STEP + 2;
    let knots: Vec<f32> =
        (0..cols * (height / STEP + 2)).map(|_| 105.0 + 12.0 * chance.normal()).collect();
    let soft = |part: f32| part * part * (3.0 - 2.0 * part);
    let mut picture = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let at = y / STEP * cols + x / STEP;
            let a = soft((x % STEP) as f32 / STEP as f32);
            let b = soft((y % STEP) as f32 / STEP as f32);
            let upper = knots[at] * (1.0 - a) + knots[at + 1] * a;
            let lower = knots[at + cols] * (1.0 - a) + knots[at + cols + 1] * a;
            picture.push(upper * (1.0 - b) + lower * b);
        }
    }
    picture
}

/// Two lines of words made of strokes, away from the label.
fn writing(pose: &Pose, ink: &Ink, picture: &mut [f32], width: usize, chance: &mut Chance) {
    let height = picture.len() / width;
    for top in [8, height - 26] {
        let left = 5 + chance.below(width / 3);
        for letter in 0..14 {
            let strokes = chance.bits();
            for n in 0..16 * 11 {
                let (x, y) = (left + letter * 13 + n % 11, top + n / 11);
                let on = strokes >> (n % 11 / 3 + 4 * (n / 11 / 4)) & 1 == 1;
                if !on || x >= width || y >= height {
                    continue;
                }
                let (u, v) = pose.place(x as f32, y as f32);
                if ink.at(u, v).is_none() {
                    picture[y * width + x] = ink.dark;
                }
            }
        }
    }
}
