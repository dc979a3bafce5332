//! Brightness out of the raw frames of a camera (pure).
use super::picture::Picture;

/// One byte a pixel, in rows of `stride` bytes (0: as wide as the picture).
pub(super) fn grey(bytes: &[u8], sides: (u32, u32), stride: usize) -> Option<Picture> {
    rows(bytes, sides, stride, 1)
}

/// Two pixels in four bytes: brightness, blue, brightness, red.
pub(super) fn yuyv(bytes: &[u8], sides: (u32, u32), stride: usize) -> Option<Picture> {
    rows(bytes, sides, stride, 2)
}

/// The first of every `step` bytes. Nothing if bytes are missing.
fn rows(bytes: &[u8], (width, height): (u32, u32), stride: usize, step: usize) -> Option<Picture> {
    let row = width as usize * step;
    let stride = stride.max(row);
    let needed = stride.checked_mul((height as usize).checked_sub(1)?)?.checked_add(row)?;
    if width == 0 || bytes.len() < needed {
        return None;
    }
    let rows = bytes.chunks(stride).take(height as usize);
    let luma = rows.flat_map(|chunk| chunk[..row].iter().step_by(step).copied()).collect();
    Some(Picture { width, height, luma })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(picture: Option<Picture>) -> Option<Vec<u8>> {
        picture.map(|picture| picture.luma)
    }

    #[test]
    fn padding_and_colours_are_left_out() {
        assert_eq!(luma(grey(b"abcdef", (3, 2), 0)), Some(b"abcdef".to_vec()));
        assert_eq!(luma(grey(b"abc_def", (3, 2), 4)), Some(b"abcdef".to_vec()));
        assert_eq!(luma(yuyv(b"aUbVcUdV", (2, 2), 4)), Some(b"abcd".to_vec()));
        assert_eq!(luma(yuyv(b"aUbV__cUdV__", (2, 2), 6)), Some(b"abcd".to_vec()));
    }

    #[test]
    fn a_frame_that_is_too_short_is_no_picture() {
        assert!(grey(b"abcde", (3, 2), 0).is_none());
        assert!(yuyv(b"aUbVcUd", (2, 2), 4).is_none());
        assert!(grey(b"", (0, 0), 0).is_none());
        assert!(grey(b"abc", (u32::MAX, u32::MAX), usize::MAX).is_none());
    }
}
