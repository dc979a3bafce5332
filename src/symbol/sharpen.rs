//! A blurred picture made sharp again, as far as its noise allows; or a sharp one blurred.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a picture are far below 2^24"
)]
use super::grey::{Grey, Owned};
use std::f32::consts::{PI, TAU};

/// Share of the signal below which a frequency is left alone (Wiener). Prints have little noise
/// where the optics are at fault.
const NOISE: f32 = 0.012;

/// Undoes a Gaussian blur of `sigma` pixels.
pub(super) fn sharpened(grey: &Grey<'_>, sigma: f32) -> Owned {
    filtered(grey, &kernel(sigma))
}

/// Blurs a picture, so that marks of separate dots become modules that touch.
pub(super) fn blurred(grey: &Grey<'_>, sigma: f32) -> Owned {
    let half = (2.5 * sigma).ceil() as i16;
    let tap = |at: i16| (-0.5 * (f32::from(at) / sigma).powi(2)).exp();
    let taps: Vec<f32> = (-half..=half).map(tap).collect();
    let sum: f32 = taps.iter().sum();
    filtered(grey, &taps.into_iter().map(|tap| tap / sum).collect::<Vec<_>>())
}

/// The same filter, which is the same to both sides, along rows and along columns.
fn filtered(grey: &Grey<'_>, kernel: &[f32]) -> Owned {
    let (width, height) = (grey.width(), grey.height());
    let half = kernel.len() / 2;
    let mut line = vec![0.0_f32; width + 2 * half];
    let mut across = vec![0.0_f32; width * height];
    for (y, out) in across.chunks_exact_mut(width).enumerate() {
        let row = grey.row(y);
        for (at, cell) in line.iter_mut().enumerate() {
            *cell = f32::from(row[at.saturating_sub(half).min(width - 1)]);
        }
        for (out, pixel) in out.iter_mut().zip(&line[half..]) {
            *out = kernel[half] * pixel;
        }
        for (tap, weight) in kernel[..half].iter().enumerate() {
            let sides = line[tap..].iter().zip(&line[2 * half - tap..]);
            for (out, (left, right)) in out.iter_mut().zip(sides) {
                *out += weight * (left + right);
            }
        }
    }
    let mut luma = Vec::with_capacity(width * height);
    let mut sum = vec![0.0_f32; width];
    for y in 0..height {
        let row = |tap: usize| {
            let row = (y + tap).saturating_sub(half).min(height - 1);
            &across[row * width..][..width]
        };
        for (sum, value) in sum.iter_mut().zip(row(half)) {
            *sum = kernel[half] * value + 0.5;
        }
        for (tap, weight) in kernel[..half].iter().enumerate() {
            let sides = row(tap).iter().zip(row(2 * half - tap));
            for (sum, (above, below)) in sum.iter_mut().zip(sides) {
                *sum += weight * (above + below);
            }
        }
        luma.extend(sum.iter().map(|value| *value as u8));
    }
    Owned::new(luma, width, height)
}

/// The filter that undoes the blur, along one direction.
fn kernel(sigma: f32) -> Vec<f32> {
    const STEPS: usize = 128;
    let half = (4.5 * sigma).ceil() as usize;
    let gain = |rate: f32| {
        let left = (-2.0 * (PI * sigma * rate).powi(2)).exp();
        left / (left * left + NOISE)
    };
    let tap = |at: usize| {
        let place = at as f32 - half as f32;
        let sum: f32 = (0..STEPS)
            .map(|step| {
                let rate = (step as f32 + 0.5) / (2 * STEPS) as f32;
                gain(rate) * (TAU * rate * place).cos()
            })
            .sum();
        sum / STEPS as f32
    };
    let taps: Vec<f32> = (0..=2 * half).map(tap).collect();
    let sum: f32 = taps.iter().sum();
    taps.into_iter().map(|tap| tap / sum).collect()
}
