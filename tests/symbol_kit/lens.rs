//! What lens, light and movement do to a picture.
use super::{Chance, Fault, Pose};
use std::f32::consts::TAU;

pub(super) fn blur(picture: &mut [f32], width: usize, sigma: f32) {
    let half = (3.5 * sigma).ceil() as usize;
    let bell = |at: usize| (-0.5 * ((at as f32 - half as f32) / sigma).powi(2)).exp();
    let kernel: Vec<f32> = (0..=2 * half).map(bell).collect();
    let sum: f32 = kernel.iter().sum();
    let kernel: Vec<f32> = kernel.into_iter().map(|tap| tap / sum).collect();
    let mut line = vec![0.0; width + 2 * half];
    for row in picture.chunks_exact_mut(width) {
        for (at, cell) in line.iter_mut().enumerate() {
            *cell = row[at.saturating_sub(half).min(width - 1)];
        }
        row.fill(0.0);
        for (tap, weight) in kernel.iter().enumerate() {
            for (out, value) in row.iter_mut().zip(&line[tap..]) {
                *out += weight * value;
            }
        }
    }
    let across = picture.to_vec();
    let height = picture.len() / width;
    for (y, row) in picture.chunks_exact_mut(width).enumerate() {
        row.fill(0.0);
        for (tap, weight) in kernel.iter().enumerate() {
            let from = (y + tap).saturating_sub(half).min(height - 1) * width;
            for (out, value) in row.iter_mut().zip(&across[from..]) {
                *out += weight * value;
            }
        }
    }
}

/// Mean of so many pixels side by side.
pub(super) fn smear(picture: &mut [f32], width: usize, length: usize) {
    for row in picture.chunks_exact_mut(width) {
        let old = row.to_vec();
        for (x, out) in row.iter_mut().enumerate() {
            let from = x.saturating_sub(length / 2);
            let to = (from + length).min(width);
            *out = old[from..to].iter().sum::<f32>() / (to - from) as f32;
        }
    }
}

pub(super) fn light(
    fault: Fault,
    pose: &Pose,
    picture: &mut [f32],
    width: usize,
    chance: &mut Chance,
) {
    let height = picture.len() / width;
    let weakest = match fault {
        Fault::Uneven => 0.22,
        Fault::Mixed => 0.45,
        _ => 1.0,
    };
    let (sin, cos) = chance.within(0.0, TAU).sin_cos();
    let spot = pose.pixel(pose.cols * chance.within(0.2, 0.8), pose.rows * chance.within(0.2, 0.8));
    let size = pose.module * pose.cols * 0.09;
    for (at, value) in picture.iter_mut().enumerate() {
        let (x, y) = ((at % width) as f32, (at / width) as f32);
        if weakest < 1.0 {
            let along = (x / width as f32 - 0.5) * cos + (y / height as f32 - 0.5) * sin;
            let part = along / (sin.abs() + cos.abs()) + 0.5;
            *value *= weakest + (1.0 - weakest) * part;
        }
        if fault == Fault::Glare {
            let far = ((x - spot.0).powi(2) + (y - spot.1).powi(2)) / (size * size);
            *value += 260.0 * (-far / 2.0).exp();
        }
    }
}
