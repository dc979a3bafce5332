//! A graded symbol drawn over its picture: the grid, the corners, how well each module is
//! modulated, and which ones are wrong.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a picture are far below 2^24, and places are clamped before they are cut"
)]
use super::grade::Grade;
use super::grey::Grey;

/// Colours of the levels F, D, C, B, A, as verifiers show them: red, orange, yellow, yellow-green,
/// green.
pub const LEVEL_COLOURS: [[u8; 3]; 5] =
    [[214, 40, 40], [247, 127, 0], [250, 208, 44], [160, 205, 50], [46, 160, 67]];
/// What is wrong: no level has this colour.
const WRONG: [u8; 3] = [208, 0, 208];
const GRID: [u8; 3] = [0, 90, 255];
/// Share of the colour in what is seen: the print must show through.
const TINT: f32 = 0.42;
/// Side of a module, in pixels of the drawing, from which on its grid is drawn.
const ROOM_FOR_GRID: f32 = 7.0;
/// Wanted side of a module in a close-up, and the longest side of that, in pixels.
const CLOSE_MODULE: f32 = 14.0;
const CLOSE_SIDE: f32 = 1_000.0;

/// A picture in colour: three bytes a pixel (red, green, blue), row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coloured {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The bytes.
    pub rgb: Vec<u8>,
}

/// The level of a module's modulation (0 to 1): 4 is A, 0 is F (ISO/IEC 15415, table 8).
pub fn level(modulation: f32) -> usize {
    [0.2, 0.3, 0.4, 0.5].into_iter().filter(|least| modulation >= *least).count()
}

/// The whole picture with the symbol marked in it. Without a grade: the picture alone.
pub fn overlay(grey: &Grey<'_>, grade: Option<&Grade>) -> Coloured {
    let mut canvas = Canvas::whole(grey);
    if let Some(grade) = grade {
        canvas.mark(grade);
    }
    canvas.finish()
}

/// The symbol with its quiet zone, enlarged so that each module is seen.
pub fn close_up(grey: &Grey<'_>, grade: &Grade) -> Coloured {
    let (rows, cols) = size(grade);
    let around = [(-2.0, -2.0), (cols + 2.0, -2.0), (-2.0, rows + 2.0), (cols + 2.0, rows + 2.0)];
    let ends = around.map(|(u, v)| grade.grid.at(u, v));
    let span = |of: fn(&(f32, f32)) -> f32, most: usize| {
        let low = ends.iter().map(of).fold(f32::MAX, f32::min).max(0.0).floor();
        let high = ends.iter().map(of).fold(f32::MIN, f32::max).min(most as f32).ceil();
        (low.min(most as f32 - 1.0), (high - low).max(1.0))
    };
    let ((x, width), (y, height)) = (span(|p| p.0, grey.width()), span(|p| p.1, grey.height()));
    let scale = (CLOSE_MODULE / pitch(grade)).min(CLOSE_SIDE / width.max(height));
    let mut canvas = Canvas::new(grey, (x, y), (width, height), scale);
    canvas.mark(grade);
    canvas.finish()
}

/// Rows and columns of modules, without the quiet zone.
fn size(grade: &Grade) -> (f32, f32) {
    let modules = |all: usize| all.saturating_sub(2) as f32;
    (modules(grade.modulation.rows()), modules(grade.modulation.cols()))
}

/// Side of a module in pixels.
fn pitch(grade: &Grade) -> f32 {
    let (rows, cols) = size(grade);
    let (across, down) = grade.grid.steps(cols / 2.0, rows / 2.0);
    (across.0 * down.1 - across.1 * down.0).abs().sqrt().max(0.1)
}

type Place = (f32, f32);

/// A drawing of a part of a picture, so many of its pixels for one of the picture's.
struct Canvas {
    from: Place,
    scale: f32,
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Canvas {
    fn whole(grey: &Grey<'_>) -> Self {
        let (width, height) = (grey.width(), grey.height());
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            rgb.extend(grey.row(y).iter().flat_map(|value| [*value; 3]));
        }
        Self { from: (0.0, 0.0), scale: 1.0, width, height, rgb }
    }

    /// A part of the picture, enlarged.
    fn new(grey: &Grey<'_>, from: Place, (width, height): Place, scale: f32) -> Self {
        let pixels = |length: f32| ((length * scale).round() as usize).max(1);
        let (width, height) = (pixels(width), pixels(height));
        let mut rgb = Vec::with_capacity(width * height * 3);
        let source = |at: usize, from: f32| (at as f32 + 0.5) / scale - 0.5 + from;
        for y in 0..height {
            for x in 0..width {
                let value = grey.between(source(x, from.0), source(y, from.1));
                rgb.extend([value.round() as u8; 3]);
            }
        }
        Self { from, scale, width, height, rgb }
    }

    fn finish(self) -> Coloured {
        Coloured { width: self.width as u32, height: self.height as u32, rgb: self.rgb }
    }

    fn mark(&mut self, grade: &Grade) {
        let (rows, cols) = size(grade);
        let (first, last_row, last_col) = (-1_i32, rows as i32, cols as i32);
        for row in first..=last_row {
            for col in first..=last_col {
                let value = grade.modulation.at((row + 1) as usize, (col + 1) as usize);
                let module = self.module(grade, row, col);
                self.fill(&module, LEVEL_COLOURS[level(value)], TINT);
            }
        }
        let side = pitch(grade) * self.scale;
        if side >= ROOM_FOR_GRID {
            for row in 0..last_row {
                for col in 0..last_col {
                    let module = self.module(grade, row, col);
                    self.outline(&module, GRID, 0.5);
                }
            }
        }
        self.frame(grade);
        for (row, col) in &grade.damaged {
            let module = self.module(grade, *row, *col);
            self.outline(&module, WRONG, 1.0);
            if side >= ROOM_FOR_GRID {
                self.line(module[0], module[2], WRONG, 1.0);
                self.line(module[1], module[3], WRONG, 1.0);
            }
        }
    }

    /// The border of the symbol and a cross at each corner.
    fn frame(&mut self, grade: &Grade) {
        let (rows, cols) = size(grade);
        let mut border: Vec<Place> = Vec::new();
        border.extend((0..cols as i32).map(|col| grade.grid.at(col as f32, 0.0)));
        border.extend((0..rows as i32).map(|row| grade.grid.at(cols, row as f32)));
        border.extend((1..=cols as i32).rev().map(|col| grade.grid.at(col as f32, rows)));
        border.extend((1..=rows as i32).rev().map(|row| grade.grid.at(0.0, row as f32)));
        let border: Vec<Place> = border.into_iter().map(|place| self.here(place)).collect();
        self.outline(&border, GRID, 1.0);
        let arm = (pitch(grade) * self.scale).max(3.0);
        for (u, v) in [(0.0, 0.0), (cols, 0.0), (cols, rows), (0.0, rows)] {
            let (x, y) = self.here(grade.grid.at(u, v));
            self.line((x - arm, y), (x + arm, y), WRONG, 1.0);
            self.line((x, y - arm), (x, y + arm), WRONG, 1.0);
        }
    }

    /// The corners of a module in this drawing.
    fn module(&self, grade: &Grade, row: i32, col: i32) -> [Place; 4] {
        let (u, v) = (col as f32, row as f32);
        [(u, v), (u + 1.0, v), (u + 1.0, v + 1.0), (u, v + 1.0)]
            .map(|(u, v)| self.here(grade.grid.at(u, v)))
    }

    fn here(&self, (x, y): Place) -> Place {
        ((x - self.from.0 + 0.5) * self.scale - 0.5, (y - self.from.1 + 0.5) * self.scale - 0.5)
    }

    fn blend(&mut self, x: usize, y: usize, colour: [u8; 3], share: f32) {
        let at = (y * self.width + x) * 3;
        for (value, ink) in self.rgb[at..at + 3].iter_mut().zip(colour) {
            let mixed = f32::from(*value) * (1.0 - share) + f32::from(ink) * share;
            *value = mixed.round() as u8;
        }
    }

    /// Every pixel whose middle lies inside of these four corners.
    fn fill(&mut self, corners: &[Place; 4], colour: [u8; 3], share: f32) {
        let span = |of: fn(&Place) -> f32, most: usize| {
            let low = corners.iter().map(of).fold(f32::MAX, f32::min).clamp(0.0, most as f32);
            let high = corners.iter().map(of).fold(f32::MIN, f32::max).clamp(-1.0, most as f32);
            (low.ceil() as usize, ((high + 1.0).floor() as usize).min(most))
        };
        let ((left, right), (top, bottom)) =
            (span(|p| p.0, self.width), span(|p| p.1, self.height));
        for y in top..bottom {
            for x in left..right {
                if inside(corners, (x as f32, y as f32)) {
                    self.blend(x, y, colour, share);
                }
            }
        }
    }

    /// Lines from place to place and back to the first.
    fn outline(&mut self, places: &[Place], colour: [u8; 3], share: f32) {
        for at in 0..places.len() {
            self.line(places[at], places[(at + 1) % places.len()], colour, share);
        }
    }

    /// A line one pixel wide; its last pixel belongs to the next one.
    fn line(&mut self, from: Place, to: Place, colour: [u8; 3], share: f32) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 100_000.0);
        for step in 0..steps as u32 {
            let part = step as f32 / steps;
            let (x, y) = ((from.0 + dx * part).round(), (from.1 + dy * part).round());
            let seen = (0.0..self.width as f32).contains(&x);
            if seen && (0.0..self.height as f32).contains(&y) {
                self.blend(x as usize, y as usize, colour, share);
            }
        }
    }
}

/// Whether a place is on the same side of all four edges. Of an edge that two modules share, it
/// belongs to one of them.
fn inside(corners: &[Place; 4], (x, y): Place) -> bool {
    let side = |at: usize| {
        let ((ax, ay), (bx, by)) = (corners[at], corners[(at + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    };
    let sides = [side(0), side(1), side(2), side(3)];
    sides.iter().all(|side| *side >= 0.0) || sides.iter().all(|side| *side < 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::grade::{Conditions, grade};
    use super::super::reader::{Hints, find};
    use super::super::{Separator, Size, encode_gs1};
    use super::*;

    /// A symbol with `pixels` a module and so much white around; one module of it is the other way.
    fn drawn(pixels: u32, quiet: u32, wrong: (u32, u32)) -> (Vec<u8>, u32) {
        let code = "0104810093011694212k6rsrti\u{1d}93#SzU";
        let modules = encode_gs1(code, Size::Smallest, Separator::Fnc1).unwrap();
        let side = modules.side() * pixels + 2 * quiet;
        let dark = |x: u32, y: u32| {
            let inside = |at: u32| at >= quiet && at < side - quiet;
            let (col, row) = (x.wrapping_sub(quiet) / pixels, y.wrapping_sub(quiet) / pixels);
            inside(x) && inside(y) && modules.get(col, row) != ((row, col) == wrong)
        };
        let pixel = |at: u32| if dark(at % side, at / side) { 20 } else { 220 };
        ((0..side * side).map(pixel).collect(), side)
    }

    fn graded(luma: &[u8], side: u32) -> Grade {
        let grey = Grey::new(luma, side, side).unwrap();
        let symbol = find(&grey, &Hints::default()).unwrap();
        grade(&grey, &symbol, &Conditions::default())
    }

    fn pixel(drawing: &Coloured, x: u32, y: u32) -> [u8; 3] {
        let at = ((y * drawing.width + x) * 3) as usize;
        drawing.rgb[at..at + 3].try_into().unwrap()
    }

    #[test]
    fn good_modules_are_green_and_a_wrong_one_is_crossed_out() {
        let (luma, side) = drawn(10, 30, (5, 7));
        let grey = Grey::new(&luma, side, side).unwrap();
        let grade = graded(&luma, side);
        assert_eq!(grade.damaged, [(5, 7)]);
        let drawing = overlay(&grey, Some(&grade));
        assert_eq!((drawing.width, drawing.height), (side, side));
        // Beside the middle of a module, where neither grid nor cross is.
        let [r, g, b] = pixel(&drawing, 30 + 3, 30 + 5);
        assert!(g > r && g > b, "{r} {g} {b}");
        let crossed = (0..10).filter(|n| pixel(&drawing, 30 + 70 + n, 30 + 50 + n) == WRONG);
        assert!(crossed.count() > 5);
        assert_eq!(pixel(&drawing, 2, 2), [220; 3], "beside the symbol it is the picture");
    }

    #[test]
    fn without_a_grade_it_is_the_picture() {
        let (luma, side) = drawn(4, 8, (99, 99));
        let drawing = overlay(&Grey::new(&luma, side, side).unwrap(), None);
        let grey: Vec<u8> = drawing.rgb.chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!(grey, luma);
    }

    #[test]
    fn a_close_up_is_enlarged_and_has_a_largest_side() {
        for (pixels, quiet) in [(4, 4), (5, 5), (70, 140)] {
            let (luma, side) = drawn(pixels, quiet, (99, 99));
            let grey = Grey::new(&luma, side, side).unwrap();
            let drawing = close_up(&grey, &graded(&luma, side));
            assert!(drawing.width.max(drawing.height) <= 1_000, "{pixels} {quiet}");
            assert_eq!(drawing.rgb.len(), (drawing.width * drawing.height * 3) as usize);
            assert!(drawing.width >= 300, "{}", drawing.width);
        }
    }

    #[test]
    fn levels_begin_at_their_thresholds() {
        assert_eq!([0.0, 0.19, 0.2, 0.3, 0.4, 0.5, 1.0].map(level), [0, 0, 1, 2, 3, 4, 4]);
    }
}
