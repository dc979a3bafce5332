//! Pictures of a design: read from PNG once, scaled to the dots of a head when a label is placed.
use image::imageops::{FilterType, resize};
use image::{GrayImage, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The largest side of a picture that is read, in pixels: 300 mm at 300 dpi are fewer.
const SIDE_MAX: u32 = 4096;

/// Pictures that are shipped, drawn by us, by their names.
const SHIPPED: [(&str, &[u8]); 3] = [
    ("conformity", include_bytes!("../../../templates/pictures/conformity.png")),
    ("keep-dry", include_bytes!("../../../templates/pictures/keep-dry.png")),
    ("wash-30", include_bytes!("../../../templates/pictures/wash-30.png")),
];

/// A grey picture, 0 is black. Empty as long as it was not loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::label) struct Art(GrayImage);

impl Art {
    /// The PNG of a shipped picture.
    pub(super) fn shipped(name: &str) -> Option<&'static [u8]> {
        SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, png)| *png)
    }

    /// The names of the shipped pictures, for messages.
    pub(super) fn names() -> String {
        SHIPPED.map(|(name, _)| name).join(", ")
    }

    /// Reads a PNG; what is transparent is white.
    pub(super) fn read(png: &[u8]) -> Result<Self, image::ImageError> {
        let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
        let mut limits = Limits::default();
        limits.max_image_width = Some(SIDE_MAX);
        limits.max_image_height = Some(SIDE_MAX);
        reader.limits(limits);
        let pixels = reader.decode()?.into_luma_alpha8();
        let grey = GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
            let [grey, alpha] = pixels.get_pixel(x, y).0.map(u32::from);
            let seen = (grey * alpha + 255 * (255 - alpha)) / 255;
            image::Luma([u8::try_from(seen).expect("a mean of two bytes")])
        });
        Ok(Self(grey))
    }

    /// Its size within these bounds, proportions kept; `None` where there is no picture.
    #[expect(clippy::cast_possible_truncation, reason = "not more than the bounds")]
    pub(in crate::label) fn fitted(&self, width: u32, height: u32) -> Option<(u32, u32)> {
        let (own_width, own_height) = (u64::from(self.0.width()), u64::from(self.0.height()));
        if own_width == 0 || own_height == 0 || width == 0 || height == 0 {
            return None;
        }
        let (width, height) = (u64::from(width), u64::from(height));
        let fitted = if own_width * height > width * own_height {
            (width, own_height * width / own_width)
        } else {
            (own_width * height / own_height, height)
        };
        Some((fitted.0.max(1) as u32, fitted.1.max(1) as u32))
    }

    /// Its dots in this size, eight a byte, the leftmost highest, 1 is black.
    pub(in crate::label) fn dots(&self, width: u32, height: u32) -> Vec<u8> {
        let grey = resize(&self.0, width, height, FilterType::Triangle);
        grey.as_raw()
            .chunks(width as usize)
            .flat_map(|row| row.chunks(8))
            .map(|eight| {
                let bit = |(at, grey): (usize, &u8)| u8::from(*grey < 128) << (7 - at);
                eight.iter().enumerate().map(bit).sum()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_picture_is_read_and_keeps_its_proportions() {
        for (name, png) in SHIPPED {
            let art = Art::read(png).unwrap();
            let (width, height) = art.fitted(96, 96).unwrap();
            assert_eq!(width.max(height), 96, "{name}");
            let dots = art.dots(width, height);
            let black: u32 = dots.iter().map(|byte| byte.count_ones()).sum();
            assert!(black > 500 && black < width * height * 3 / 4, "{name}: {black}");
        }
        assert_eq!(Art::default().fitted(96, 96), None);
    }

    #[test]
    fn what_is_transparent_is_white() {
        let mut png = Cursor::new(Vec::new());
        let pixels = [[0, 0, 0, 255], [0, 0, 0, 0], [200, 200, 200, 255]];
        let picture = image::RgbaImage::from_fn(3, 1, |x, _| image::Rgba(pixels[x as usize]));
        picture.write_to(&mut png, ImageFormat::Png).unwrap();
        let art = Art::read(png.get_ref()).unwrap();
        assert_eq!(art.dots(3, 1), [0b1000_0000]);
        assert!(Art::read(b"no picture").is_err());
    }
}
