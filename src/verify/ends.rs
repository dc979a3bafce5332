//! Where a picture ends by its own format, found while its bytes come in (pure).

/// How far the bytes of a picture have been looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends {
    at: usize,
    /// Within the coded pixels of a JPEG.
    in_scan: bool,
}

/// Where the picture ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// After so many bytes.
    At(usize),
    /// More bytes must come.
    Later,
    /// These bytes do not begin any picture whose end can be found.
    Unknown,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The content type of a picture by how it begins.
pub(super) fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, ..] => Some("image/jpeg"),
        [b'P', b'5', ..] => Some("image/x-portable-graymap"),
        [b'B', b'M', ..] => Some("image/bmp"),
        _ if bytes.starts_with(PNG) => Some("image/png"),
        _ => None,
    }
}

impl Ends {
    /// Looks on in the same picture, of which more bytes may be there than the last time.
    pub(super) fn of(&mut self, bytes: &[u8]) -> End {
        match kind_of(bytes) {
            Some("image/jpeg") => self.of_jpeg(bytes),
            Some("image/png") => self.of_png(bytes),
            Some("image/bmp") => of_bmp(bytes),
            Some(_) => of_grey_map(bytes),
            None if bytes.len() < PNG.len() => End::Later,
            None => End::Unknown,
        }
    }

    /// Segments with lengths, so that a small picture inside of them is not taken for the end;
    /// coded pixels in which `FF` is followed by zero or a restart marker.
    fn of_jpeg(&mut self, bytes: &[u8]) -> End {
        self.at = self.at.max(2);
        loop {
            if self.in_scan && !self.skip_scan(bytes) {
                return End::Later;
            }
            match bytes.get(self.at..) {
                Some([0xff, 0xd9, ..]) => return End::At(self.at + 2),
                // Filling, and markers without a length.
                Some([0xff, 0xff, ..]) => self.at += 1,
                Some([0xff, 0x01 | 0xd0..=0xd8, ..]) => self.at += 2,
                Some([0xff, marker, high, low, ..]) => {
                    let len = usize::from(u16::from_be_bytes([*high, *low]));
                    self.at += 2 + len.max(2);
                    self.in_scan = *marker == 0xda;
                }
                Some([other, ..]) if *other != 0xff => return End::Unknown,
                Some(_) | None => return End::Later,
            }
        }
    }

    /// Goes on to the next marker; says whether it is there.
    fn skip_scan(&mut self, bytes: &[u8]) -> bool {
        while let Some(rest) = bytes.get(self.at..) {
            let Some(next) = rest.iter().position(|byte| *byte == 0xff) else {
                self.at = bytes.len();
                return false;
            };
            self.at += next;
            match rest.get(next + 1) {
                None => return false,
                Some(0x00 | 0xd0..=0xd7) => self.at += 2,
                Some(0xff) => self.at += 1,
                Some(_) => {
                    self.in_scan = false;
                    return true;
                }
            }
        }
        false
    }

    fn of_png(&mut self, bytes: &[u8]) -> End {
        self.at = self.at.max(PNG.len());
        while let Some([a, b, c, d, kind @ ..]) = bytes.get(self.at..) {
            let Some(kind) = kind.get(..4) else { return End::Later };
            let len = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            let Some(end) = self.at.checked_add(len).and_then(|at| at.checked_add(12)) else {
                return End::Unknown;
            };
            if kind == b"IEND" {
                return if end <= bytes.len() { End::At(end) } else { End::Later };
            }
            self.at = end;
        }
        End::Later
    }
}

fn of_bmp(bytes: &[u8]) -> End {
    let Some([a, b, c, d]) = bytes.get(2..6) else { return End::Later };
    let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    match len {
        ..26 => End::Unknown,
        len if len <= bytes.len() => End::At(len),
        _ => End::Later,
    }
}

fn of_grey_map(bytes: &[u8]) -> End {
    // No head of a grey map is longer.
    let head = &bytes[..bytes.len().min(1024)];
    match super::picture::grey_map_head(head) {
        Some((width, height, start)) => {
            let end = start + width as usize * height as usize;
            if end <= bytes.len() { End::At(end) } else { End::Later }
        }
        None if head.len() < 1024 => End::Later,
        None => End::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picture(format: image::ImageFormat) -> Vec<u8> {
        let grey = image::GrayImage::from_fn(40, 30, |x, y| {
            image::Luma([(x * 31 + y * 57 + x * y * 7).to_le_bytes()[0]])
        });
        let mut file = std::io::Cursor::new(Vec::new());
        grey.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn pictures() -> [Vec<u8>; 4] {
        let grey_map = [b"P5\n40 30\n255\n".as_slice(), &[7; 1200]].concat();
        let coded = [image::ImageFormat::Jpeg, image::ImageFormat::Png, image::ImageFormat::Bmp];
        let [jpeg, png, bmp] = coded.map(picture);
        [jpeg, png, bmp, grey_map]
    }

    #[test]
    fn a_picture_ends_where_it_ends_whatever_follows_and_not_before() {
        for picture in pictures() {
            let end = End::At(picture.len());
            assert_eq!(Ends::default().of(&picture), end);
            assert_eq!(Ends::default().of(&[&picture[..], b"\r\n--frame"].concat()), end);
            let mut growing = Ends::default();
            for len in 0..picture.len() {
                assert_eq!(growing.of(&picture[..len]), End::Later, "{len} of {}", picture.len());
            }
            assert_eq!(growing.of(&picture), end);
        }
    }

    #[test]
    fn a_small_picture_within_a_jpeg_is_not_its_end() {
        let jpeg = picture(image::ImageFormat::Jpeg);
        let len = u16::try_from(jpeg.len() + 2).unwrap().to_be_bytes();
        let with = [&jpeg[..2], b"\xff\xe1", &len, &jpeg, &jpeg[2..]].concat();
        assert_eq!(Ends::default().of(&with), End::At(with.len()));
    }

    #[test]
    fn what_is_no_picture_has_no_end() {
        for bytes in [b"<html></html>".as_slice(), b"\xff\xd8nonsense", b"BM\0\0\0\0\0\0\0\0"] {
            assert_eq!(Ends::default().of(bytes), End::Unknown, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_give_an_end_outside(
            start in prop_oneof![
                Just(&b""[..]), Just(&b"\xff\xd8\xff"[..]), Just(PNG), Just(&b"BM"[..]),
                Just(&b"P5 4 4 255 "[..])
            ],
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [start, &bytes].concat();
            if let End::At(end) = Ends::default().of(&bytes) {
                prop_assert!(end <= bytes.len());
            }
        }
    }
}
