//! A grey picture, looked at without a copy, and smaller copies of it.

/// One byte a pixel, 0 is black. Coordinates are pixels, the middle of the first pixel is (0, 0).
#[derive(Debug, Clone, Copy)]
pub struct Grey<'a> {
    luma: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

/// The part of a picture to look at, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl<'a> Grey<'a> {
    /// A picture row by row from the top. `None` where the bytes do not match the measures.
    pub fn new(luma: &'a [u8], width: u32, height: u32) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let fits = width > 0 && height > 0 && width.checked_mul(height)? == luma.len();
        fits.then_some(Self { luma, stride: width, width, height })
    }

    /// A part of it. `None` where that is empty or not inside.
    pub fn part(&self, region: Region) -> Option<Self> {
        let (x, y) = (region.x as usize, region.y as usize);
        let (width, height) = (region.width as usize, region.height as usize);
        let inside = x.checked_add(width)? <= self.width && y.checked_add(height)? <= self.height;
        if width == 0 || height == 0 || !inside {
            return None;
        }
        let end = (y + height - 1) * self.stride + x + width;
        let luma = &self.luma[y * self.stride + x..end];
        Some(Self { luma, stride: self.stride, width, height })
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// One row.
    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        &self.luma[y * self.stride..y * self.stride + self.width]
    }

    /// The pixel nearest to a place; outside of the picture the nearest one that there is.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a negative number becomes zero, and the other end is cut off"
    )]
    pub(super) fn nearest(&self, x: f32, y: f32) -> f32 {
        let x = ((x + 0.5) as usize).min(self.width - 1);
        let y = ((y + 0.5) as usize).min(self.height - 1);
        f32::from(self.luma[y * self.stride + x])
    }

    /// The brightness between four pixels.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the picture first, and pictures are far smaller than 2^24"
    )]
    pub(super) fn between(&self, x: f32, y: f32) -> f32 {
        let x = x.max(0.0).min((self.width - 1) as f32);
        let y = y.max(0.0).min((self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, below) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (across, down) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| f32::from(self.luma[y * self.stride + x]);
        let upper = at(left, top) + (at(right, top) - at(left, top)) * across;
        let lower = at(left, below) + (at(right, below) - at(left, below)) * across;
        upper + (lower - upper) * down
    }

    /// The picture at half its size, each pixel the mean of four: bytes, width, height. `None` if
    /// there would be nothing left.
    pub(super) fn halved(&self) -> Option<Owned> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width == 0 || height == 0 {
            return None;
        }
        let mut luma = Vec::with_capacity(width * height);
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            luma.extend(pairs.map(|(a, b)| {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                ((sum + 2) >> 2).to_le_bytes()[0]
            }));
        }
        Some(Owned { luma, width, height })
    }
}

/// A picture that owns its pixels.
pub(super) struct Owned {
    luma: Vec<u8>,
    width: usize,
    height: usize,
}

impl Owned {
    pub(super) fn new(luma: Vec<u8>, width: usize, height: usize) -> Self {
        Self { luma, width, height }
    }

    pub(super) fn grey(&self) -> Grey<'_> {
        Grey { luma: &self.luma, stride: self.width, width: self.width, height: self.height }
    }
}
