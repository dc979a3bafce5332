//! The print head: from the fields of a label to black dots.
use super::canvas::{Bitmap, Turn, as_place, fill};
use super::font;
use super::format::{Field, Label, Shape};
use super::matrix::{self, MatrixWish};
use image::{GrayImage, Luma};

/// A label as it is burnt.
#[derive(Debug, Clone)]
pub(super) struct Burnt {
    pub(super) raster: GrayImage,
    symbols: Vec<Symbol>,
    /// Symbols that could not be drawn.
    pub(super) errors: u64,
}

/// A symbol that lies wholly on the label.
#[derive(Debug, Clone)]
struct Symbol {
    data: String,
    /// The row below its last one.
    end: u32,
}

impl Burnt {
    /// Burns the whole label.
    pub(super) fn new(label: &Label) -> Self {
        let raster = GrayImage::from_pixel(label.width, label.length, Luma([255]));
        let mut burnt = Self { raster, symbols: Vec::new(), errors: 0 };
        for field in &label.fields {
            burnt.field(field, label);
        }
        burnt
    }

    /// What each wholly burnt symbol carries.
    pub(super) fn codes(&self) -> Vec<String> {
        self.symbols.iter().map(|s| s.data.clone()).collect()
    }

    /// What is on the label when the head stopped after this many rows: symbols that were cut
    /// are not symbols.
    pub(super) fn cut_after(mut self, rows: u32) -> Self {
        for (_, y, dot) in self.raster.enumerate_pixels_mut() {
            if y >= rows {
                *dot = Luma([255]);
            }
        }
        self.symbols.retain(|s| s.end <= rows);
        self
    }

    fn field(&mut self, field: &Field, label: &Label) {
        let data = field.data.as_deref().unwrap_or_default();
        match &field.shape {
            Shape::Default { height, width, turn } | Shape::Text { height, width, turn } => {
                let text = readable(data, label.utf8);
                self.stamp(field, &font::draw(&text, *height, *width), *turn);
            }
            Shape::Matrix { wish, bar_height, turn } => {
                self.matrix(field, data, wish, *bar_height, *turn, label.validate);
            }
            Shape::Picture { bitmap, magnify } => {
                let (width, height) = (bitmap.width * magnify.0, bitmap.height * magnify.1);
                self.stamp(field, &bitmap.stretched(width, height), Turn::None);
            }
            Shape::Frame { width, height, thick, grey } => {
                let (x, y) = corner(field, (*width, *height), Turn::None);
                let right = (x + width - thick, y);
                let below = (x, y + height - thick);
                for (at, size) in [
                    ((x, y), (*width, *thick)),
                    (below, (*width, *thick)),
                    ((x, y), (*thick, *height)),
                    (right, (*thick, *height)),
                ] {
                    fill(&mut self.raster, at, size, *grey);
                }
            }
        }
    }

    fn matrix(
        &mut self,
        field: &Field,
        data: &[u8],
        wish: &MatrixWish,
        bar_height: usize,
        turn: Turn,
        validate: bool,
    ) {
        match matrix::draw(data, wish) {
            Ok((dots, carried)) => {
                let fallback = (bar_height / dots.height).max(1);
                let module = if wish.module == 0 { fallback } else { wish.module };
                let symbol = dots.stretched(dots.width * module, dots.height * module);
                let (x, y) = self.stamp(field, &symbol, turn);
                self.remember(carried, (x, y), &symbol.turned(turn));
            }
            Err(why) => {
                self.errors += 1;
                if validate {
                    let text = font::draw(&format!("INVALID-{}", why.letter()), 20, 0);
                    self.stamp(field, &text, turn);
                }
            }
        }
    }

    fn remember(&mut self, data: String, (x, y): (i64, i64), symbol: &Bitmap) {
        let (right, end) = (x + as_place(symbol.width), y + as_place(symbol.height));
        let (width, length) = self.raster.dimensions();
        if x >= 0 && y >= 0 && right <= i64::from(width) && end <= i64::from(length) {
            let end = u32::try_from(end).expect("on the label");
            self.symbols.push(Symbol { data, end });
        }
    }

    fn stamp(&mut self, field: &Field, picture: &Bitmap, turn: Turn) -> (i64, i64) {
        let size = (as_place(picture.width), as_place(picture.height));
        let (x, y) = corner(field, size, turn);
        picture.turned(turn).burn(&mut self.raster, x, y);
        (x, y)
    }
}

/// The upper left corner of a turned field. `^FT` names the corner that was the lower left one
/// before the turn; `size` is the size before the turn.
fn corner(field: &Field, size: (i64, i64), turn: Turn) -> (i64, i64) {
    let (x, y) = field.at;
    match (field.typeset, turn) {
        (false, _) | (true, Turn::Right) => (x, y),
        (true, Turn::None) => (x, y - size.1),
        (true, Turn::Over) => (x - size.0, y),
        (true, Turn::Left) => (x - size.1, y - size.0),
    }
}

/// Field data as text; outside UTF-8 every high byte is a character of its own.
fn readable(data: &[u8], utf8: bool) -> String {
    if utf8 {
        String::from_utf8_lossy(data).into_owned()
    } else {
        data.iter().map(|b| char::from(*b)).collect()
    }
}
