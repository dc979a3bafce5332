//! The print head: from the fields of a label to black dots.
use super::canvas::{Bitmap, Turn, as_place, fill};
use super::font;
use super::label::{Field, Label, Shape};
use super::matrix::{self, MatrixWish};
use image::{GrayImage, Luma};

/// A label as it is burnt.
#[derive(Debug, Clone)]
pub(super) struct Burnt {
    pub(super) raster: GrayImage,
    symbols: Vec<Symbol>,
    /// Symbols that could not be drawn.
    pub(super) errors: u64,
    /// A void pattern lies over it.
    pub(super) voided: bool,
}

/// A symbol that lies wholly on the label.
#[derive(Debug, Clone)]
struct Symbol {
    data: String,
    /// One dot a module, as it lies on the label.
    drawn: Bitmap,
    turn: Turn,
    /// Its upper left corner.
    at: (u32, u32),
    /// Dots along one side of a module.
    module: u32,
}

impl Symbol {
    /// The row below its last one.
    fn end(&self) -> u32 {
        self.at.1 + self.module * as_dots(self.drawn.height)
    }

    /// Whether a camera can read it on this label: each module is black where most of it is.
    fn is_readable(&self, raster: &GrayImage) -> bool {
        let black = |x: usize, y: usize| {
            let (left, top) =
                (self.at.0 + self.module * as_dots(x), self.at.1 + self.module * as_dots(y));
            let dots = (top..top + self.module)
                .flat_map(|y| (left..left + self.module).map(move |x| (x, y)));
            let black = dots.filter(|(x, y)| raster.get_pixel(*x, *y).0[0] == 0).count();
            black * 2 > (self.module * self.module) as usize
        };
        let (width, height) = (self.drawn.width, self.drawn.height);
        let upright = |symbol: &Bitmap| symbol.turned(self.turn.back());
        let seen = Bitmap::of(width, height, black);
        matrix::reads_the_same(&upright(&self.drawn), &upright(&seen))
    }
}

impl Burnt {
    /// A sheet of this size with nothing on it.
    pub(super) fn nothing(label: &Label) -> Self {
        let raster = GrayImage::from_pixel(label.width, label.length, Luma([255]));
        Self { raster, symbols: Vec::new(), errors: 0, voided: false }
    }

    /// Burns the whole label.
    pub(super) fn new(label: &Label) -> Self {
        let mut burnt = Self::nothing(label);
        for field in &label.fields {
            burnt.field(field, label);
        }
        burnt
    }

    /// What each symbol carries that a camera could read.
    pub(super) fn codes(&self) -> Vec<String> {
        let readable = self.symbols.iter().filter(|symbol| symbol.is_readable(&self.raster));
        readable.map(|symbol| symbol.data.clone()).collect()
    }

    /// Not one dot is black.
    pub(super) fn is_blank(&self) -> bool {
        self.raster.pixels().all(|dot| dot.0[0] == 255)
    }

    /// Dots of the head burn nothing: columns stay white, each given by its first dot and how
    /// many there are.
    pub(super) fn whiten(&mut self, dead: &[(u32, u32)]) {
        for (first, count) in dead {
            let size = (i64::from(*count), i64::from(self.raster.height()));
            fill(&mut self.raster, (i64::from(*first), 0), size, 255);
        }
    }

    /// Prints the void pattern over it: stripes across.
    pub(super) fn overprint(&mut self) {
        self.voided = true;
        self.symbols.clear();
        for y in (0..self.raster.height()).step_by(16) {
            fill(&mut self.raster, (0, i64::from(y)), (i64::from(u32::MAX), 8), 0);
        }
    }

    /// What is on the label when the head stopped after this many rows: symbols that were cut
    /// are not symbols.
    pub(super) fn cut_after(mut self, rows: u32) -> Self {
        for (_, y, dot) in self.raster.enumerate_pixels_mut() {
            if y >= rows {
                *dot = Luma([255]);
            }
        }
        self.symbols.retain(|symbol| symbol.end() <= rows);
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
            Shape::Bars { height, narrow, turn } => {
                self.stamp(field, &bars(data, *height, *narrow), *turn);
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
                let at = self.stamp(field, &symbol, turn);
                self.remember(carried, at, (&dots, turn), module);
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

    /// A symbol counts if it lies wholly on the label.
    fn remember(
        &mut self,
        data: String,
        (x, y): (i64, i64),
        (dots, turn): (&Bitmap, Turn),
        module: usize,
    ) {
        let drawn = dots.turned(turn);
        let right = x + as_place(drawn.width * module);
        let end = y + as_place(drawn.height * module);
        let (width, length) = self.raster.dimensions();
        if let (Ok(x), Ok(y), Ok(module)) = (x.try_into(), y.try_into(), module.try_into())
            && right <= i64::from(width)
            && end <= i64::from(length)
        {
            self.symbols.push(Symbol { data, drawn, turn, at: (x, y), module });
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

/// Stripes as wide as Code 128 would have them, eleven modules a character.
fn bars(data: &[u8], height: usize, narrow: usize) -> Bitmap {
    let data = &data[..data.len().min(80)];
    let modules = data.len() * 11 + 35;
    Bitmap::of(modules * narrow, height, |x, _| {
        let module = x / narrow;
        let byte = data.get(module / 11).copied().unwrap_or(b'#');
        module.is_multiple_of(2)
            || byte.rotate_left(u32::try_from(module % 8).unwrap_or(0)) & 1 == 1
    })
}

fn as_dots(modules: usize) -> u32 {
    u32::try_from(modules).unwrap_or(u32::MAX)
}

/// Field data as text; outside UTF-8 every high byte is a character of its own.
fn readable(data: &[u8], utf8: bool) -> String {
    if utf8 {
        String::from_utf8_lossy(data).into_owned()
    } else {
        data.iter().map(|b| char::from(*b)).collect()
    }
}
