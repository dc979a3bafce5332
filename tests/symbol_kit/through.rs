//! Symbols as a function of the place sees them: for what no camera but a press does to them.
use super::{Chance, lens::blur};

/// Samples along the side of a pixel.
const FINE: usize = 4;

/// A picture of these modules: `place` says where a pixel lies in the symbol, in modules from its
/// upper left corner; `ink` whether there is ink in a dark module, by the place in it from its
/// middle; `ground` what is beside the symbol.
pub fn through(
    (dark, cols): &(Vec<bool>, usize),
    (width, height): (usize, usize),
    place: impl Fn(f32, f32) -> (f32, f32),
    ink: impl Fn(f32, f32) -> bool,
    ground: impl Fn(f32, f32) -> bool,
) -> Vec<u8> {
    let rows = dark.len() / cols;
    let black = |x: f32, y: f32| {
        let (u, v) = place(x, y);
        let inside = u >= 0.0 && v >= 0.0 && u < *cols as f32 && v < rows as f32;
        if !inside {
            return ground(u, v);
        }
        dark[v as usize * cols + u as usize] && ink(u.fract() - 0.5, v.fract() - 0.5)
    };
    let sample = |at: usize, n: usize| at as f32 + (n as f32 + 0.5) / FINE as f32 - 0.5;
    let mut picture: Vec<f32> = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let samples = (0..FINE * FINE).map(|n| (sample(x, n % FINE), sample(y, n / FINE)));
            let share = samples.filter(|(x, y)| black(*x, *y)).count() as f32;
            picture.push(205.0 - 165.0 * share / (FINE * FINE) as f32);
        }
    }
    blur(&mut picture, width, 0.5);
    let mut chance = Chance::new(17);
    picture.iter().map(|value| (value + 2.0 * chance.normal()).round() as u8).collect()
}
