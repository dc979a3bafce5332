//! A grey picture, looked at without a copy, and smaller copies of it.

/// Parts of a pixel that are told from each other where brightness between pixels is asked for.
pub(super) const PARTS: usize = 256;

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

    /// The mean of the four pixels around a place; outside of the picture the nearest ones that
    /// there are.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is outside is pulled in"
    )]
    pub(super) fn four(&self, x: f32, y: f32) -> f32 {
        // Rounded down, but for what is far outside; `floor` would be a call.
        let (x, y) = ((x + 1.0) as i32 - 1, (y + 1.0) as i32 - 1);
        let (left, top) = (x.max(0) as usize, y.max(0) as usize);
        let sum = if x >= 0 && y >= 0 && left + 1 < self.width && top + 1 < self.height {
            let at = top * self.stride + left;
            let (upper, lower) = (&self.luma[at..at + 2], &self.luma[at + self.stride..][..2]);
            u16::from(upper[0]) + u16::from(upper[1]) + u16::from(lower[0]) + u16::from(lower[1])
        } else {
            let pull = |at: i32, end: usize| (at.max(0) as usize).min(end - 1);
            let at = |dx, dy| {
                let (x, y) = (
                    pull(x.saturating_add(dx), self.width),
                    pull(y.saturating_add(dy), self.height),
                );
                u16::from(self.luma[y * self.stride + x])
            };
            at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)
        };
        f32::from(sum) / 4.0
    }

    /// The brightness between four pixels; outside of the picture that of its border.
    #[expect(clippy::cast_precision_loss, reason = "at most 2^24")]
    pub(super) fn between(&self, x: f32, y: f32) -> f32 {
        self.finely(x, y) as f32 / (PARTS * PARTS) as f32
    }

    /// The same times the square of the parts.
    fn finely(&self, x: f32, y: f32) -> u32 {
        self.sum((x, y), &[(0, 0)])
    }

    /// The sum of the same over places around one, which are given in parts of a pixel.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the picture first, and pictures are far smaller than 2^23"
    )]
    pub(super) fn sum(&self, (x, y): (f32, f32), around: &[(i32, i32)]) -> u32 {
        let parts = |at: f32| (at * PARTS as f32 + 0.5) as i32;
        let (x, y) = (parts(x), parts(y));
        let pull = |at: i32, end: usize| (at.max(0) as usize).min((end - 1) * PARTS);
        let mut sum = 0;
        for (dx, dy) in around {
            let (x, y) =
                (pull(x.saturating_add(*dx), self.width), pull(y.saturating_add(*dy), self.height));
            let (left, top) = (x / PARTS, y / PARTS);
            let (across, down) = ((x % PARTS) as u32, (y % PARTS) as u32);
            let at = top * self.stride + left;
            let four = if left + 1 < self.width && top + 1 < self.height {
                let both = &self.luma[at..at + self.stride + 2];
                [both[0], both[1], both[self.stride], both[self.stride + 1]]
            } else {
                let right = usize::from(left + 1 < self.width);
                let below = if top + 1 < self.height { self.stride } else { 0 };
                [0, right, below, below + right].map(|beside| self.luma[at + beside])
            };
            // Both rows at once: the brightness of neighbours in two halves of a number.
            let four = four.map(u32::from);
            let (left, right) = (four[0] | four[2] << 16, four[1] | four[3] << 16);
            let both = left * (PARTS as u32 - across) + right * across;
            sum += (both & 0xffff) * (PARTS as u32 - down) + (both >> 16) * down;
        }
        sum
    }

    /// The picture in double size, with edges as sharp as they were (Catmull and Rom).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a brightness is cut to its range"
    )]
    pub(super) fn twice(&self) -> Owned {
        // A quarter of a pixel beside a pixel's middle, towards its next one.
        const TAPS: [f32; 4] = [-0.0703, 0.8672, 0.2266, -0.0235];
        let (width, height) = (2 * self.width, 2 * self.height);
        // The pixels that make one of double size, along one direction.
        let four = |at: usize, end: usize| {
            let home = at / 2 + 2;
            let pull = |at: usize| at.saturating_sub(2).min(end - 1);
            if at % 2 == 1 {
                [home - 1, home, home + 1, home + 2].map(pull)
            } else {
                [home + 1, home, home - 1, home - 2].map(pull)
            }
        };
        let sum = |values: [f32; 4]| values.iter().zip(TAPS).map(|(a, b)| a * b).sum::<f32>();
        let mut across = Vec::with_capacity(width * self.height);
        for y in 0..self.height {
            let row = self.row(y);
            across.extend((0..width).map(|x| sum(four(x, self.width).map(|x| f32::from(row[x])))));
        }
        let mut luma = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = four(y, self.height).map(|y| &across[y * width..][..width]);
            luma.extend((0..width).map(|x| (sum(rows.map(|row| row[x])) + 0.5) as u8));
        }
        Owned { luma, width, height }
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
