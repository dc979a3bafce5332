//! Modules seen through a round aperture: the mean brightness of a disc, pixels at its edge
//! counting by the area that is covered.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "places in a picture are far below 2^24; those outside are cut off"
)]
use crate::symbol::grey::Grey;

/// Places inside of a pixel, along each axis, for which a disc is drawn.
const PHASES: usize = 8;
/// Chords through each row of pixels.
const CHORDS: usize = 4;
/// Larger discs are not needed: their mean does not change any more, but the time does.
const WIDEST: f32 = 96.0;

/// Numbers that are added side by side.
const LANES: usize = 4;

/// Discs of one size in all their places inside of a pixel.
pub(super) struct Disc {
    /// Pixels along the side of the square around it, and the length of a row of weights.
    side: usize,
    stride: usize,
    /// Weights for each phase, row by row; they sum up to one.
    weights: Vec<f32>,
}

impl Disc {
    /// A disc of so many pixels' diameter; less than one pixel is one pixel.
    pub(super) fn new(diameter: f32) -> Self {
        let radius = diameter.clamp(1.0, WIDEST) / 2.0;
        // Pixel 0 lies at −0.5 … 0.5, the middle of the disc somewhere in it.
        let reach = radius.ceil() as usize;
        let side = 2 * reach + 1;
        let stride = side.next_multiple_of(LANES);
        let mut disc = Self { side, stride, weights: vec![0.0; PHASES * PHASES * side * stride] };
        for phase in 0..PHASES * PHASES {
            let (across, down) = (phase % PHASES, phase / PHASES);
            if across < PHASES / 2 && down < PHASES / 2 {
                let part = |at: usize| (at as f32 + 0.5) / PHASES as f32 - 0.5 + reach as f32;
                disc.draw(phase, radius, (part(across), part(down)));
            } else {
                disc.mirror(phase);
            }
        }
        disc
    }

    /// Draws one phase: the middle of the disc at this place of its square.
    fn draw(&mut self, phase: usize, radius: f32, (x, y): (f32, f32)) {
        let area = self.side * self.stride;
        let weights = &mut self.weights[phase * area..(phase + 1) * area];
        for (row, weights) in weights.chunks_exact_mut(self.stride).enumerate() {
            for chord in 0..CHORDS {
                let down = row as f32 - 0.5 + (chord as f32 + 0.5) / CHORDS as f32 - y;
                let half = (radius * radius - down * down).max(0.0).sqrt();
                let (left, right) = (x - half + 0.5, x + half + 0.5);
                for (col, weight) in weights[..self.side].iter_mut().enumerate() {
                    let col = col as f32;
                    *weight += ((col + 1.0).min(right) - col.max(left)).max(0.0);
                }
            }
        }
        let scale = 1.0 / weights.iter().sum::<f32>();
        for weight in weights {
            *weight *= scale;
        }
    }

    /// Makes a phase from the one that lies opposite of the middle of the pixel.
    fn mirror(&mut self, phase: usize) {
        let other = |at: usize| at.min(PHASES - 1 - at);
        let (across, down) = (phase % PHASES, phase / PHASES);
        let from = other(down) * PHASES + other(across);
        let turn = |flip: bool, at: usize| if flip { self.side - 1 - at } else { at };
        let (flip_across, flip_down) = (other(across) != across, other(down) != down);
        let area = self.side * self.stride;
        for row in 0..self.side {
            for col in 0..self.side {
                let (r, c) = (turn(flip_down, row), turn(flip_across, col));
                self.weights[phase * area + row * self.stride + col] =
                    self.weights[from * area + r * self.stride + c];
            }
        }
    }

    /// The brightness seen through the disc at a place. Outside of the picture the nearest pixel
    /// counts.
    pub(super) fn at(&self, grey: &Grey<'_>, (x, y): (f32, f32)) -> f32 {
        let (x, y) = (inside(x, grey.width()), inside(y, grey.height()));
        let (col, row) = ((x + 0.5).floor(), (y + 0.5).floor());
        let phase = |part: f32| (((part + 0.5) * PHASES as f32) as usize).min(PHASES - 1);
        let phase = phase(y - row) * PHASES + phase(x - col);
        let area = self.side * self.stride;
        let weights = &self.weights[phase * area..(phase + 1) * area];
        let reach = (self.side / 2) as isize;
        let (left, top) = (col as isize - reach, row as isize - reach);
        let fits = |from: isize, size: usize, length: usize| {
            usize::try_from(from).ok().filter(|from| from + size <= length)
        };
        let left_in = fits(left, self.stride, grey.width());
        match (left_in, fits(top, self.side, grey.height())) {
            (Some(left), Some(top)) => self.sum(grey, weights, left, top),
            _ => self.sum_at_the_border(grey, weights, left, top),
        }
    }

    fn sum(&self, grey: &Grey<'_>, weights: &[f32], left: usize, top: usize) -> f32 {
        let mut sums = [0.0_f32; LANES];
        for (row, weights) in weights.chunks_exact(self.stride).enumerate() {
            let pixels = &grey.row(top + row)[left..left + self.stride];
            let pairs = pixels.chunks_exact(LANES).zip(weights.chunks_exact(LANES));
            for (pixels, weights) in pairs {
                for lane in 0..LANES {
                    sums[lane] += f32::from(pixels[lane]) * weights[lane];
                }
            }
        }
        sums.iter().sum()
    }

    fn sum_at_the_border(&self, grey: &Grey<'_>, weights: &[f32], left: isize, top: isize) -> f32 {
        let cut = |at: isize, length: usize| at.clamp(0, length as isize - 1).unsigned_abs();
        let mut sum = 0.0;
        for (row, weights) in weights.chunks_exact(self.stride).enumerate() {
            let pixels = grey.row(cut(top + row as isize, grey.height()));
            for (col, weight) in weights[..self.side].iter().enumerate() {
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
