//! What the fake camera sees: the very raster that the printer made, on a product, through a lens. Pure and seeded.
mod find;
mod lens;

pub use find::{SymbolPlace, find_symbol};

use super::PrintedLabel;
use super::dice::Dice;
use image::GrayImage;
use serde::{Deserialize, Serialize};

/// How the camera is set up and how bad its world is.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneSettings {
    /// Width of a frame in pixels.
    pub width: u32,
    /// Height of a frame in pixels.
    pub height: u32,
    /// Pixels along one module of the symbol.
    pub px_per_module: f64,
    /// A label lies at most this far from straight, in degrees.
    pub rotation_degrees: f64,
    /// A label lies at most this far from the middle of the frame, in pixels.
    pub shift_px: f64,
    /// The size of one module differs by at most this share from label to label.
    pub zoom_share: f64,
    /// Standard deviation of the sensor's noise, in grey levels.
    pub noise_levels: f64,
    /// How many times a frame is blurred over its neighbours (binomial 1-2-1, both ways).
    pub blur_passes: u32,
    /// The light falls off by at most this share from the middle to an edge.
    pub light_share: f64,
}

impl Default for SceneSettings {
    fn default() -> Self {
        Self {
            width: 640,
            height: 480,
            px_per_module: 7.0,
            rotation_degrees: 4.0,
            shift_px: 40.0,
            zoom_share: 0.08,
            noise_levels: 6.0,
            blur_passes: 1,
            light_share: 0.2,
        }
    }
}

/// What is to be seen of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// As printed.
    Clean,
    /// Something lies over the symbol or the head is dead there: nobody can read it.
    Spoiled,
    /// The place of the symbol stayed white.
    NoSymbol,
    /// No label on the product.
    NoLabel,
}

/// One frame of a product, with a label that looks like `look` on it.
pub fn picture(
    settings: &SceneSettings,
    label: Option<&PrintedLabel>,
    look: Look,
    dice: &mut Dice,
) -> GrayImage {
    let mut frame = match label {
        Some(label) if look != Look::NoLabel => labelled(settings, label, look, dice),
        Some(_) | None => lens::bare_product(settings),
    };
    lens::expose(&mut frame, settings, dice);
    frame
}

/// The frame as a file: portable greymap, binary, 8 bit (netpbm `P5`).
pub fn portable_greymap(frame: &GrayImage) -> Vec<u8> {
    let mut file = format!("P5\n{} {}\n255\n", frame.width(), frame.height()).into_bytes();
    file.extend_from_slice(frame.as_raw());
    file
}

fn labelled(
    settings: &SceneSettings,
    label: &PrintedLabel,
    look: Look,
    dice: &mut Dice,
) -> GrayImage {
    let symbol = find_symbol(&label.raster);
    let view = lens::View::aim(settings, &label.raster, symbol, dice);
    // Where no symbol is found, whatever there is must not be readable either: the whole label.
    let all = (0, 0, label.raster.width(), label.raster.height());
    let area = symbol.map_or(all, |symbol| (symbol.x, symbol.y, symbol.side, symbol.side));
    match look {
        Look::Spoiled => lens::shoot(settings, &spoil(&label.raster, area, dice), &view),
        Look::NoSymbol => lens::shoot(settings, &painted(&label.raster, area, 255), &view),
        Look::Clean | Look::NoLabel => lens::shoot(settings, &label.raster, &view),
    }
}

/// Left, top, width and height, in dots.
type Area = (u32, u32, u32, u32);

/// Hides half of the symbol, which is more than its error correction can mend: a dead part of
/// the head leaves a white band along the web, a smear leaves a dark one across it.
fn spoil(raster: &GrayImage, (left, top, width, height): Area, dice: &mut Dice) -> GrayImage {
    let share = dice.unit();
    // Truncated: a whole number of dots up to a half of the symbol.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let shift = |size: u32| (share * f64::from(size / 2)) as u32;
    if dice.chance(0.5) {
        painted(raster, (left + shift(width), top, width / 2, height), 255)
    } else {
        painted(raster, (left, top + shift(height), width, height / 2), 30)
    }
}

fn painted(raster: &GrayImage, (left, top, width, height): Area, grey: u8) -> GrayImage {
    let mut raster = raster.clone();
    for y in top..(top + height).min(raster.height()) {
        for x in left..(left + width).min(raster.width()) {
            raster.put_pixel(x, y, image::Luma([grey]));
        }
    }
    raster
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::labels::draw_label;

    const CODE: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

    fn shot(look: Look, seed: u64) -> GrayImage {
        let label = draw_label(1, CODE);
        picture(&SceneSettings::default(), Some(&label), look, &mut Dice::new(seed))
    }

    #[test]
    fn the_same_seed_gives_the_same_picture() {
        assert_eq!(shot(Look::Clean, 5), shot(Look::Clean, 5));
        assert_ne!(shot(Look::Clean, 5), shot(Look::Clean, 6));
    }

    #[test]
    fn an_empty_product_shows_neither_paper_nor_ink() {
        let frame = picture(&SceneSettings::default(), None, Look::NoLabel, &mut Dice::new(1));
        let odd = frame.pixels().filter(|p| !(50..170).contains(&p.0[0])).count();
        assert_eq!(odd, 0);
    }

    #[test]
    fn a_portable_greymap_has_its_head_and_all_pixels() {
        let file = portable_greymap(&shot(Look::Clean, 1));
        assert!(file.starts_with(b"P5\n640 480\n255\n"));
        assert_eq!(file.len(), 15 + 640 * 480);
    }
}
