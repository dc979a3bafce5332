//! From the bytes of a picture file to grey pixels, within limits, or why not.
use crate::symbol::{Coloured, Grey};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageFormat, ImageReader,
};
use std::io::Cursor;
use std::path::Path;

/// Most pixels of a picture. The largest industrial sensors have 151 million (Sony IMX411).
pub const MOST_PIXELS: u64 = 160_000_000;
/// Of four colours of 16 bits.
const BYTES_A_PIXEL: u64 = 8;
/// Memory that decoding one file may take.
const MOST_DECODED_BYTES: u64 = 1 << 30;
/// Largest file: that many pixels of 16 bits without compression.
const MOST_FILE_BYTES: u64 = 2 * MOST_PIXELS;

/// Endings of names that a folder of pictures is searched for.
pub const ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "pgm", "pnm", "ppm", "bmp", "tif", "tiff"];

/// One grey picture, row by row from the top, one byte a pixel, 0 is black.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// The pixels.
    pub luma: Vec<u8>,
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// Why there are no pixels.
#[derive(Debug, thiserror::Error)]
pub enum NoPicture {
    /// The file cannot be opened or read.
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The first bytes are of no picture that is known here.
    #[error(
        "it is no picture of a kind that is known here; wanted PNG, JPEG, PGM, PPM, BMP or TIFF"
    )]
    Unknown,
    /// More than is taken.
    #[error(
        "the picture is too large ({found}); at most {} million pixels are taken: cut the part \
         with the symbol out of it",
        most / 1_000_000
    )]
    TooLarge {
        /// Its measure.
        found: String,
        /// Most pixels that are taken.
        most: u64,
    },
    /// It begins as a picture and does not go on as one.
    // The decoders' errors repeat their own sources.
    #[error("the picture is broken: {0}")]
    Broken(image::ImageError),
}

impl Picture {
    /// Reads a file. It waits for the disk.
    pub fn open(file: &Path) -> Result<Self, NoPicture> {
        let bytes = std::fs::metadata(file)?.len();
        if bytes > MOST_FILE_BYTES {
            let found = format!("a file of {bytes} bytes");
            return Err(NoPicture::TooLarge { found, most: MOST_PIXELS });
        }
        Self::read(&std::fs::read(file)?)
    }

    /// Reads PNG, JPEG, PNM, BMP or TIFF, told by the first bytes. Colour and 16 bits become
    /// 8 bits of grey; what is transparent is white, as on paper.
    pub fn read(bytes: &[u8]) -> Result<Self, NoPicture> {
        Self::read_up_to(bytes, MOST_PIXELS)
    }

    /// The same where so many pixels are taken, and eight bytes of memory for each.
    pub fn read_up_to(bytes: &[u8], most: u64) -> Result<Self, NoPicture> {
        if bytes.is_empty() {
            return Err(NoPicture::Empty);
        }
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
        let known = reader.format().ok_or(NoPicture::Unknown)?;
        let broken = |error| broken(error, most);
        let mut decoder = reader.into_decoder().map_err(broken)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > most {
            let found = format!("{width} x {height} pixels");
            return Err(NoPicture::TooLarge { found, most });
        }
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(MOST_DECODED_BYTES.min(most * BYTES_A_PIXEL));
        decoder.set_limits(limits).map_err(broken)?;
        let mut pixels = DynamicImage::from_decoder(decoder).map_err(broken)?;
        if known == ImageFormat::Pnm {
            brighten(&mut pixels, brightest(bytes));
        }
        let grey = on_paper(pixels).into_luma8();
        Ok(Self { width, height, luma: grey.into_raw() })
    }

    /// For the reader and the grader.
    pub fn grey(&self) -> Grey<'_> {
        Grey::new(&self.luma, self.width, self.height).expect("decoded with these measures")
    }
}

/// How many pixels a file says to have; nothing if it is no picture. Nothing is decoded.
pub fn pixels(bytes: &[u8]) -> Option<u64> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let (width, height) = reader.into_dimensions().ok()?;
    Some(u64::from(width) * u64::from(height))
}

/// The drawing in a PNG that [`png`] made.
pub fn drawing(png: &[u8]) -> Option<Coloured> {
    let drawn = image::load_from_memory_with_format(png, ImageFormat::Png).ok()?.into_rgb8();
    Some(Coloured { width: drawn.width(), height: drawn.height(), rgb: drawn.into_raw() })
}

/// A drawing as PNG.
pub fn png(drawing: &Coloured) -> Vec<u8> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&drawing.rgb, drawing.width, drawing.height, ExtendedColorType::Rgb8)
        .expect("measures and bytes fit, and memory takes everything");
    png
}

fn broken(error: image::ImageError, most: u64) -> NoPicture {
    if matches!(error, image::ImageError::Limits(_)) {
        return NoPicture::TooLarge { found: "it needs too much memory".to_owned(), most };
    }
    if matches!(error, image::ImageError::Unsupported(_)) {
        return NoPicture::Unknown;
    }
    NoPicture::Broken(error)
}

/// What is transparent becomes white.
fn on_paper(pixels: DynamicImage) -> DynamicImage {
    if !pixels.color().has_alpha() {
        return pixels;
    }
    let mut seen = pixels.into_luma_alpha8();
    for pixel in seen.pixels_mut() {
        let [grey, alpha] = pixel.0.map(u32::from);
        let mixed = (grey * alpha + 255 * (255 - alpha) + 127) / 255;
        pixel.0 = [mixed.to_le_bytes()[0], 255];
    }
    DynamicImage::ImageLumaA8(seen)
}

/// The value of white in the head of a plain or raw grey or colour map: cameras with 10 or 12 bits
/// write 1023 or 4095.
fn brightest(bytes: &[u8]) -> Option<u32> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1_000)]).into_owned();
    let kind = head.get(..2)?;
    if !["P2", "P3", "P5", "P6"].contains(&kind) {
        return None;
    }
    let without_comments = head[2..].lines().map(|line| line.split('#').next().unwrap_or_default());
    let words: Vec<&str> = without_comments.flat_map(str::split_whitespace).take(3).collect();
    words.get(2)?.parse().ok()
}

/// Stretches values up to `white` over the whole range: the decoder leaves them as they are.
fn brighten(pixels: &mut DynamicImage, white: Option<u32>) {
    let partial = |white: &u32| (1..65_535).contains(white) && *white != 255;
    let Some(white) = white.filter(partial) else { return };
    let wide = |value: &mut u16| {
        let stretched = (u32::from(*value).min(white) * 65_535 + white / 2) / white;
        *value = u16::try_from(stretched).unwrap_or(u16::MAX);
    };
    let narrow = |value: &mut u8| {
        let stretched = (u32::from(*value).min(white) * 255 + white / 2) / white;
        *value = u8::try_from(stretched).unwrap_or(u8::MAX);
    };
    if let Some(grey) = pixels.as_mut_luma8() {
        grey.iter_mut().for_each(narrow);
    } else if let Some(colour) = pixels.as_mut_rgb8() {
        colour.iter_mut().for_each(narrow);
    } else if let Some(grey) = pixels.as_mut_luma16() {
        grey.iter_mut().for_each(wide);
    } else if let Some(colour) = pixels.as_mut_rgb16() {
        colour.iter_mut().for_each(wide);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageBuffer, Luma, LumaA, Rgb};

    fn bytes(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_format_gives_the_same_pixels() {
        let grey = GrayImage::from_fn(9, 5, |x, y| Luma([(x * 20 + y * 7).to_le_bytes()[0]]));
        let picture = DynamicImage::from(grey.clone());
        for format in [ImageFormat::Png, ImageFormat::Pnm, ImageFormat::Bmp, ImageFormat::Tiff] {
            let read = Picture::read(&bytes(&picture, format)).unwrap();
            assert_eq!((read.width, read.height, &read.luma), (9, 5, grey.as_raw()), "{format:?}");
        }
    }

    #[test]
    fn sixteen_bits_colour_and_transparency_become_grey() {
        let deep = ImageBuffer::from_pixel(2, 2, Luma([0x8000_u16]));
        let colour = ImageBuffer::from_pixel(2, 2, Rgb([200_u8, 200, 200]));
        let glass = ImageBuffer::from_pixel(2, 2, LumaA([0_u8, 0]));
        for (picture, grey) in [
            (DynamicImage::ImageLuma16(deep), 128),
            (DynamicImage::ImageRgb8(colour), 200),
            (DynamicImage::ImageLumaA8(glass), 255),
        ] {
            let read = Picture::read(&bytes(&picture, ImageFormat::Png)).unwrap();
            assert!(read.luma.iter().all(|v| v.abs_diff(grey) <= 1), "{:?}", read.luma);
        }
    }

    #[test]
    fn a_grey_map_of_ten_bits_keeps_its_whole_range() {
        let map = [&b"P5 # a camera\n2 1\n1023\n"[..], &[3, 255, 0, 0]].concat();
        assert_eq!(Picture::read(&map).unwrap().luma, [255, 0]);
    }

    #[test]
    fn a_drawing_comes_back_from_its_png_and_pixels_are_known_before_decoding() {
        let rgb = (0..9 * 5 * 3).collect();
        let drawn = Coloured { width: 9, height: 5, rgb };
        let file = png(&drawn);
        assert_eq!(pixels(&file), Some(45));
        let again = drawing(&file).unwrap();
        assert_eq!((again.width, again.height, again.rgb), (9, 5, drawn.rgb));
        assert_eq!((pixels(b"a text"), drawing(b"a text").is_none()), (None, true));
        assert_eq!(pixels(b"P5 20000 20000 255\n"), Some(400_000_000));
    }

    #[test]
    fn what_is_no_picture_says_so() {
        assert!(matches!(Picture::read(b""), Err(NoPicture::Empty)));
        assert!(matches!(Picture::read(b"hello, I am a text"), Err(NoPicture::Unknown)));
        let png = bytes(&DynamicImage::new_luma8(40, 40), ImageFormat::Png);
        assert!(matches!(Picture::read(&png[..50]), Err(NoPicture::Broken(_))));
        let huge = Picture::read(b"P5 20000 20000 255\n");
        assert!(huge.unwrap_err().to_string().contains("20000 x 20000 pixels"));
    }
}
