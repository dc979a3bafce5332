//! A grey picture, out of the bytes of a frame (pure).
use super::ends::kind_of;
use std::io::Cursor;

/// Longest side that is taken, in pixels; no line camera has more.
const LONGEST_SIDE: u32 = 8192;
/// Memory that decoding one frame may take.
const MOST_DECODED_BYTES: u64 = 128 * 1024 * 1024;

/// One grey picture, row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) luma: Vec<u8>,
}

/// Why the bytes of a frame are no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPicture {
    #[error("frames of type '{0}' are not known")]
    Kind(String),
    #[error("neither grey map nor JPEG, PNG or BMP")]
    Unnamed,
    #[error("not a binary grey map with 8 bits a pixel")]
    GreyMap,
    #[error("broken picture")]
    Broken(#[from] image::ImageError),
}

impl Picture {
    /// Reads a frame of this content type.
    pub(super) fn read(kind: &str, body: &[u8]) -> Result<Self, NoPicture> {
        match kind {
            "image/x-portable-graymap" => grey_map(body).ok_or(NoPicture::GreyMap),
            "image/jpeg" | "image/jpg" => coded(body, image::ImageFormat::Jpeg),
            "image/png" => coded(body, image::ImageFormat::Png),
            "image/bmp" | "image/x-ms-bmp" => coded(body, image::ImageFormat::Bmp),
            "" | "application/octet-stream" => match kind_of(body) {
                Some(kind) => Self::read(kind, body),
                None => Err(NoPicture::Unnamed),
            },
            other => Err(NoPicture::Kind(other.to_owned())),
        }
    }
}

fn coded(body: &[u8], format: image::ImageFormat) -> Result<Picture, NoPicture> {
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    let mut reader = image::ImageReader::with_format(Cursor::new(body), format);
    reader.limits(limits);
    let grey = reader.decode()?.into_luma8();
    Ok(Picture { width: grey.width(), height: grey.height(), luma: grey.into_raw() })
}

fn grey_map(body: &[u8]) -> Option<Picture> {
    let (width, height, start) = grey_map_head(body)?;
    let pixels = &body[start..];
    let len = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    (pixels.len() == len).then(|| Picture { width, height, luma: pixels.to_vec() })
}

/// Reads `P5 width height 255` and exactly one blank; `#` begins a comment. Width, height, and
/// where the pixels begin.
pub(super) fn grey_map_head(body: &[u8]) -> Option<(u32, u32, usize)> {
    let mut rest = body.strip_prefix(b"P5")?;
    let width = take_number(&mut rest)?;
    let height = take_number(&mut rest)?;
    let brightest = take_number(&mut rest)?;
    let (blank, pixels) = rest.split_first()?;
    let sides = 1..=LONGEST_SIDE;
    let fits = sides.contains(&width) && sides.contains(&height) && brightest == 255;
    (fits && blank.is_ascii_whitespace()).then(|| (width, height, body.len() - pixels.len()))
}

fn take_number(rest: &mut &[u8]) -> Option<u32> {
    loop {
        match rest.first()? {
            b'#' => *rest = &rest[rest.iter().position(|b| *b == b'\n')?..],
            b if b.is_ascii_whitespace() => *rest = &rest[1..],
            _ => break,
        }
    }
    let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(len);
    *rest = after;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_grey_map_is_read_with_and_without_comments() {
        for head in ["P5 3 2 255\n", "P5\n# camera 1\n3 2\n255\n"] {
            let body = [head.as_bytes(), b"\x00\x0a \xff12"].concat();
            let picture = Picture::read("image/x-portable-graymap", &body).unwrap();
            assert_eq!((picture.width, picture.height), (3, 2));
            assert_eq!(picture.luma, b"\x00\x0a \xff12");
        }
    }

    #[test]
    fn a_grey_map_with_missing_pixels_or_other_depth_is_refused() {
        for body in ["P5 3 2 255\n12345", "P5 3 2 65535\n123456", "P2 1 1 255\n0", "P5 0 0 255\n"] {
            let read = Picture::read("image/x-portable-graymap", body.as_bytes());
            assert!(matches!(read, Err(NoPicture::GreyMap)), "{body}");
        }
    }

    #[test]
    fn coded_pictures_are_read_by_type_or_by_how_they_begin_and_their_ruins_refused() {
        let grey = image::GrayImage::from_pixel(16, 8, image::Luma([200]));
        for (kind, format) in [
            ("image/png", image::ImageFormat::Png),
            ("image/jpeg", image::ImageFormat::Jpeg),
            ("image/bmp", image::ImageFormat::Bmp),
        ] {
            let mut body = Cursor::new(Vec::new());
            grey.write_to(&mut body, format).unwrap();
            let picture = Picture::read(kind, body.get_ref()).unwrap();
            assert_eq!((picture.width, picture.height, picture.luma.len()), (16, 8, 128));
            assert!(Picture::read("", body.get_ref()).unwrap() == picture, "{kind}");
            assert!(matches!(
                Picture::read(kind, &body.get_ref()[..20]),
                Err(NoPicture::Broken(_))
            ));
        }
        assert!(matches!(Picture::read("video/mp4", b""), Err(NoPicture::Kind(_))));
        assert!(matches!(Picture::read("", b"<html>"), Err(NoPicture::Unnamed)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(body in "P5[ #\n0-9]{0,40}") {
            let _ = Picture::read("image/x-portable-graymap", body.as_bytes());
        }
    }
}
