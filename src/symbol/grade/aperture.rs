//! Modules seen through a round aperture: the mean brightness of a disc, pixels at its edge
//! counting by the area that is covered.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in a picture are far below 2^24; those outside are cut off"
)]
use crate::symbol::grey::Grey;

/// Places inside of a pixel, along each axis, for which a disc is drawn.
const PHASES: usize = 8;
/// Chords through each row of pixels.
const CHORDS: usize = 4;
/// Larger discs are not needed: their mean does not change any more, but the time does.
const WIDEST: f32 = 96.0;

/// Discs of one size in all their places inside of a pixel.
pub(super) struct Disc {
    /// Pixels along the side of the square around it.
    side: usize,
    /// Weights for each phase, row by row; they sum up to one.
    weights: Vec<f32>,
}

impl Disc {
    /// A disc of so many pixels' diameter; less than one pixel is one pixel.
    pub(super) fn new(diameter: f32) -> Self {
        let radius = diameter.clamp(1.0, WIDEST) / 2.0;
        // Pixel 0 lies at −0.5 … 0.5, the middle of the disc somewhere in it.
        let reach = (radius + 0.5).ceil() as usize;
        let side = 2 * reach + 1;
        let mut weights = Vec::with_capacity(PHASES * PHASES * side * side);
        for phase in 0..PHASES * PHASES {
            let part = |at: usize| (at as f32 + 0.5) / PHASES as f32 - 0.5 + reach as f32;
            draw(&mut weights, side, radius, (part(phase % PHASES), part(phase / PHASES)));
        }
        Self { side, weights }
    }

    /// The brightness seen through the disc at a place. Outside of the picture the nearest pixel
    /// counts.
    pub(super) fn at(&self, grey: &Grey<'_>, (x, y): (f32, f32)) -> f32 {
        let (x, y) = (inside(x, grey.width()), inside(y, grey.height()));
        let (col, row) = ((x + 0.5).floor(), (y + 0.5).floor());
        let phase = |part: f32| (((part + 0.5) * PHASES as f32) as usize).min(PHASES - 1);
        let phase = phase(y - row) * PHASES + phase(x - col);
        let area = self.side * self.side;
        let weights = &self.weights[phase * area..(phase + 1) * area];
        let reach = (self.side / 2) as isize;
        let (left, top) = (col as isize - reach, row as isize - reach);
        let fits = |from: isize, length: usize| {
            usize::try_from(from).ok().filter(|from| from + self.side <= length)
        };
        match (fits(left, grey.width()), fits(top, grey.height())) {
            (Some(left), Some(top)) => self.sum(grey, weights, left, top),
            _ => self.sum_at_the_border(grey, weights, left, top),
        }
    }

    fn sum(&self, grey: &Grey<'_>, weights: &[f32], left: usize, top: usize) -> f32 {
        let mut sum = 0.0;
        for (row, weights) in weights.chunks_exact(self.side).enumerate() {
            let pixels = &grey.row(top + row)[left..left + self.side];
            for (pixel, weight) in pixels.iter().zip(weights) {
                sum += f32::from(*pixel) * weight;
            }
        }
        sum
    }

    fn sum_at_the_border(&self, grey: &Grey<'_>, weights: &[f32], left: isize, top: isize) -> f32 {
        let cut = |at: isize, length: usize| at.clamp(0, length as isize - 1).unsigned_abs();
        let mut sum = 0.0;
        for (row, weights) in weights.chunks_exact(self.side).enumerate() {
            let pixels = grey.row(cut(top + row as isize, grey.height()));
            for (col, weight) in weights.iter().enumerate() {
                sum += f32::from(pixels[cut(left + col as isize, grey.width())]) * weight;
            }
        }
        sum
    }
}

/// A place in the picture, or at most a good way beside it; what is no number is in the corner.
fn inside(at: f32, length: usize) -> f32 {
    if at.is_nan() { 0.0 } else { at.clamp(-256.0, length as f32 + 256.0) }
}

/// Adds the weights of a disc around a place, in pixels of its square.
fn draw(weights: &mut Vec<f32>, side: usize, radius: f32, (x, y): (f32, f32)) {
    let from = weights.len();
    for row in 0..side {
        let begin = weights.len();
        weights.resize(begin + side, 0.0);
        for chord in 0..CHORDS {
            let down = row as f32 - 0.5 + (chord as f32 + 0.5) / CHORDS as f32 - y;
            let half = (radius * radius - down * down).max(0.0).sqrt();
            if half == 0.0 {
                continue;
            }
            for (col, weight) in weights[begin..].iter_mut().enumerate() {
                let (low, high) = (col as f32 - 0.5, col as f32 + 0.5);
                *weight += (high.min(x + half) - low.max(x - half)).max(0.0);
            }
        }
    }
    let sum: f32 = weights[from..].iter().sum();
    for weight in &mut weights[from..] {
        *weight /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_through_the_middle_of_the_disc_counts_half_wherever_the_disc_lies() {
        let (width, height) = (40_u32, 30_u32);
        for part in [0.0_f32, 0.13, 0.25, 0.5, 0.71, 0.94] {
            // Light from x = 20 + part on, the pixel there by its area.
            let luma: Vec<u8> = (0..width * height)
                .map(|at| {
                    let light = ((at % width) as f32 + 0.5 - (20.0 + part)).clamp(0.0, 1.0);
                    (light * 200.0).round() as u8
                })
                .collect();
            let grey = Grey::new(&luma, width, height).unwrap();
            for diameter in [2.0, 3.2, 6.4, 9.0] {
                let seen = Disc::new(diameter).at(&grey, (20.0 + part, 15.3));
                // Half a phase is a sixteenth of a pixel.
                let most = 200.0 / 16.0 * 1.3 / diameter + 1.0;
                assert!((seen - 100.0).abs() < most, "{diameter} {part}: {seen}");
            }
        }
    }

    #[test]
    fn beside_the_picture_the_nearest_pixels_are_seen() {
        let luma = [10, 10, 10, 90, 90, 90, 90, 90, 90];
        let grey = Grey::new(&luma, 3, 3).unwrap();
        let disc = Disc::new(4.0);
        for (place, wanted) in [((-40.0, 1e30), 90.0), ((1.0, -1e9), 10.0)] {
            assert!((disc.at(&grey, place) - wanted).abs() < 0.01, "{place:?}");
        }
        assert!(disc.at(&grey, (f32::NAN, f32::INFINITY)).is_finite());
    }
}
