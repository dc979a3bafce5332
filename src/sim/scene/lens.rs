//! From a raster to a grey frame: placing, sampling, blur, uneven light, noise.
use super::{SceneSettings, SymbolPlace};
use crate::sim::dice::Dice;
use image::GrayImage;
use std::ops::Range;

/// Grey levels of paper, burnt ribbon and a plastic cup under a ring light, as cameras on lines show them.
const PAPER: i32 = 215;
const INK: i32 = 45;
const PRODUCT: u8 = 105;
/// Pixels that stay free between the symbol's quiet zone and the edge of the frame.
const MARGIN_PX: f64 = 8.0;
/// Positions on a raster are counted in 1/65536 of a dot.
const FINE: f64 = 65536.0;

/// How the frame lies on the raster: the position under the first pixel, and the way to the next
/// pixel of a row and of a column, in dots.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    start: (f64, f64),
    right: (f64, f64),
    down: (f64, f64),
}

impl View {
    /// Aims at the symbol, or at the whole label where no symbol was found, with seeded errors of
    /// rotation, place and size that keep the symbol and its quiet zone in the frame.
    pub(super) fn aim(
        settings: &SceneSettings,
        raster: &GrayImage,
        symbol: Option<SymbolPlace>,
        dice: &mut Dice,
    ) -> Self {
        let (frame_w, frame_h) = (f64::from(settings.width), f64::from(settings.height));
        let turn = dice.swing(settings.rotation_degrees).to_radians();
        let (sin, cos) = turn.sin_cos();
        let (centre, (w, h), wanted) = target(settings, raster, symbol, dice);
        let (box_w, box_h) = (w * cos.abs() + h * sin.abs(), w * sin.abs() + h * cos.abs());
        let room = |frame: f64| (frame - 2.0 * MARGIN_PX).max(1.0);
        let fits = (room(frame_w) / box_w).min(room(frame_h) / box_h);
        let scale = wanted.min(fits);
        let play = |frame: f64, size: f64| ((room(frame) - size * scale) / 2.0).max(0.0);
        let shift_x = dice.swing(settings.shift_px.min(play(frame_w, box_w)));
        let shift_y = dice.swing(settings.shift_px.min(play(frame_h, box_h)));
        let (right, down) = ((cos / scale, sin / scale), (-sin / scale, cos / scale));
        let (back_x, back_y) = (frame_w / 2.0 + shift_x, frame_h / 2.0 + shift_y);
        let start = (
            centre.0 - back_x * right.0 - back_y * down.0,
            centre.1 - back_x * right.1 - back_y * down.1,
        );
        Self { start, right, down }
    }
}

/// Middle and size of what must be in view, in dots, and the wanted pixels a dot.
fn target(
    settings: &SceneSettings,
    raster: &GrayImage,
    symbol: Option<SymbolPlace>,
    dice: &mut Dice,
) -> ((f64, f64), (f64, f64), f64) {
    let Some(symbol) = symbol else {
        let (w, h) = (f64::from(raster.width()), f64::from(raster.height()));
        return ((w / 2.0, h / 2.0), (w, h), settings.px_per_module);
    };
    let side = f64::from(symbol.side);
    let module = side / f64::from(symbol.modules);
    let zoom = 1.0 + dice.swing(settings.zoom_share);
    let middle = (f64::from(symbol.x) + side / 2.0, f64::from(symbol.y) + side / 2.0);
    let with_quiet_zone = side + 2.0 * module;
    (middle, (with_quiet_zone, with_quiet_zone), settings.px_per_module * zoom / module)
}

/// A product without a label.
pub(super) fn bare_product(settings: &SceneSettings) -> GrayImage {
    GrayImage::from_pixel(settings.width, settings.height, image::Luma([PRODUCT]))
}

/// Samples the raster under each pixel, bilinear; where there is no label, the product shows.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "frames and rasters are far smaller than 32767 dots"
)]
pub(super) fn shoot(settings: &SceneSettings, raster: &GrayImage, view: &View) -> GrayImage {
    let mut frame = bare_product(settings);
    let (w, h) = (f64::from(raster.width()) - 1.0, f64::from(raster.height()) - 1.0);
    let step = ((view.right.0 * FINE) as i64, (view.right.1 * FINE) as i64);
    let width = settings.width as usize;
    for (y, row) in (0u32..).zip(frame.chunks_exact_mut(width)) {
        let u = view.start.0 + view.down.0 * f64::from(y);
        let v = view.start.1 + view.down.1 * f64::from(y);
        let across = inside(u, view.right.0, w, width);
        let along = inside(v, view.right.1, h, width);
        let seen = across.start.max(along.start)..across.end.min(along.end);
        if seen.is_empty() {
            continue;
        }
        let first = seen.start as f64;
        let from = (
            ((u + first * view.right.0) * FINE) as i64,
            ((v + first * view.right.1) * FINE) as i64,
        );
        sample_row(&mut row[seen], raster, from, step);
    }
    frame
}

/// The pixels of a row whose position `from + step * x` lies safely between 0 and `end`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the width of a frame"
)]
fn inside(from: f64, step: f64, end: f64, width: usize) -> Range<usize> {
    const SAFE: f64 = 0.05;
    if step.abs() < 1e-9 {
        return if (SAFE..end - SAFE).contains(&from) { 0..width } else { 0..0 };
    }
    let (a, b) = ((SAFE - from) / step, (end - SAFE - from) / step);
    let clamp = |x: f64| x.clamp(0.0, width as f64) as usize;
    clamp(a.min(b).ceil())..clamp(a.max(b).floor())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions inside the raster and grey levels, both small and positive"
)]
fn sample_row(row: &mut [u8], raster: &GrayImage, from: (i64, i64), step: (i64, i64)) {
    let (dots, stride) = (raster.as_raw().as_slice(), raster.width() as usize);
    let (mut u, mut v) = from;
    for pixel in row {
        let at = (v >> 16) as usize * stride + (u >> 16) as usize;
        let (fu, fv) = (((u >> 8) & 255) as i32, ((v >> 8) & 255) as i32);
        let (upper, lower) = (&dots[at..at + 2], &dots[at + stride..at + stride + 2]);
        let top = i32::from(upper[0]) * (256 - fu) + i32::from(upper[1]) * fu;
        let bottom = i32::from(lower[0]) * (256 - fu) + i32::from(lower[1]) * fu;
        let white = (top * (256 - fv) + bottom * fv) >> 16;
        *pixel = (INK + (white * (PAPER - INK)) / 255) as u8;
        u += step.0;
        v += step.1;
    }
}

/// What lens and sensor add: blur, light that falls off to one side, noise.
pub(super) fn expose(frame: &mut GrayImage, settings: &SceneSettings, dice: &mut Dice) {
    for _ in 0..settings.blur_passes {
        blur(frame);
    }
    shade(frame, settings, dice);
}

/// One binomial pass over the neighbours, both ways. The edge pixels stay as they are.
fn blur(frame: &mut GrayImage) {
    let width = frame.width() as usize;
    let mut rows: Vec<u8> = frame.as_raw().clone();
    for (soft, sharp) in rows.chunks_exact_mut(width).zip(frame.chunks_exact(width)) {
        for (pixel, near) in soft[1..].iter_mut().zip(sharp.windows(3)) {
            *pixel = mean(near[0], near[1], near[2]);
        }
    }
    for (y, row) in frame.chunks_exact_mut(width).enumerate().skip(1) {
        let Some(near) = rows.get((y - 1) * width..(y + 2) * width) else { continue };
        let (above, rest) = near.split_at(width);
        let (level, below) = rest.split_at(width);
        for (((pixel, a), b), c) in row.iter_mut().zip(above).zip(level).zip(below) {
            *pixel = mean(*a, *b, *c);
        }
    }
}

fn mean(a: u8, b: u8, c: u8) -> u8 {
    let sum = u16::from(a) + 2 * u16::from(b) + u16::from(c);
    u8::try_from(sum / 4).unwrap_or(u8::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to grey levels; light is a number near 65536"
)]
fn shade(frame: &mut GrayImage, settings: &SceneSettings, dice: &mut Dice) {
    let (w, h) = (f64::from(settings.width), f64::from(settings.height));
    let (fall_x, fall_y) =
        (dice.swing(settings.light_share) / w, dice.swing(settings.light_share) / h);
    let noise = noise_strip(settings, dice);
    let per_pixel = (fall_x * 2.0 * FINE) as i32;
    let width = settings.width as usize;
    for (y, row) in (0u32..).zip(frame.chunks_exact_mut(width)) {
        let at_left = 1.0 - fall_x * w + fall_y * (2.0 * f64::from(y) - h);
        let mut light = (at_left * FINE) as i32;
        let from = dice.below(noise.len() - width);
        for (pixel, grain) in row.iter_mut().zip(&noise[from..from + width]) {
            let lit = (i32::from(*pixel) * light) >> 16;
            *pixel = (lit + i32::from(*grain)).clamp(0, 255) as u8;
            light += per_pixel;
        }
    }
}

/// Noise to be laid over rows from random places; about normal, as a sum of four even chances.
#[expect(clippy::cast_possible_truncation, reason = "a few grey levels")]
fn noise_strip(settings: &SceneSettings, dice: &mut Dice) -> Vec<i16> {
    // Four even chances between -1 and 1 have a variance of 4/3.
    let reach = settings.noise_levels / (4.0f64 / 3.0).sqrt();
    let grain = |_| (0..4).map(|_| dice.swing(reach)).sum::<f64>().round() as i16;
    (0..settings.width * 8).map(grain).collect()
}
