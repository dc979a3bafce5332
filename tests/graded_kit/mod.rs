//! Pictures for the tests of grading, in files.
#![allow(dead_code, reason = "each test program needs a part of it")]
#![allow(missing_docs, unreachable_pub, reason = "a test")]
use crate::symbol_kit::{Fault, Scene, scene};
use image::{DynamicImage, GrayImage};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// A scene of a dairy code.
pub fn drawn(fault: Fault, seed: u64) -> (DynamicImage, String) {
    let Scene { luma, width, height, text, .. } = scene(fault, 31, (320, 240), seed);
    let (width, height) = (u32::try_from(width).unwrap(), u32::try_from(height).unwrap());
    (GrayImage::from_raw(width, height, luma).unwrap().into(), text)
}

/// Writes a picture; the ending says which format. Gives the file.
pub fn written(picture: &DynamicImage, folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(name);
    picture.save(&file).unwrap();
    file
}

/// A picture as PNG.
pub fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}
