//! A label as a grey picture: for previews, and to see what will be printed.
use super::face::{self, Stamps};
use super::place::{Dots, Item, Placed, SymbolPlace, place};
use super::{Design, DesignProblem, Goods};
use crate::code::CodeText;
use crate::symbol::{Separator, Size, encode_gs1};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageEncoder, Luma};

const WHITE: Luma<u8> = Luma([255]);

/// Draws labels of one form, one picture a code. What is the same on all of them is drawn once.
pub struct Raster {
    placed: Placed,
    /// The label without its symbol and its serial number.
    still: GrayImage,
    stamps: Stamps,
}

impl Raster {
    /// Draws what stays.
    pub fn new(placed: Placed) -> Self {
        let mut still = GrayImage::from_pixel(placed.width, placed.height, WHITE);
        for item in &placed.items {
            draw(&mut still, item);
        }
        Self { placed, still, stamps: Stamps::default() }
    }

    /// The label of a code: one pixel a dot, 0 is black; letters have grey edges.
    pub fn of(&mut self, code: &CodeText) -> Result<GrayImage, DesignProblem> {
        let serial = self.placed.serial_of(code)?;
        let SymbolPlace { x, y, module, side, .. } = self.placed.symbol;
        let modules = encode_gs1(code.as_str(), Size::Side(side), Separator::Fnc1)?;
        let mut picture = self.still.clone();
        for run in modules.runs() {
            let (x, y) = (x + run.x * module, y + run.y * module);
            fill(&mut picture, Dots { x, y, width: run.length * module, height: module });
        }
        for item in &self.placed.items {
            if let Item::Serial { x, y, line, after } = item {
                let said = format!("{serial}{after}");
                self.stamps.draw(&mut picture, &said, *x, *y, *line);
            }
        }
        Ok(picture)
    }

    /// The same as PNG.
    pub fn png_of(&mut self, code: &CodeText) -> Result<Vec<u8>, DesignProblem> {
        png(&self.of(code)?)
    }
}

/// Draws the label of one code. For many, keep a [`Raster`].
pub fn raster(placed: &Placed, code: &CodeText) -> Result<GrayImage, DesignProblem> {
    Raster::new(placed.clone()).of(code)
}

/// The label of one code as PNG, straight from a design: the picture that a customer sees before
/// ordering.
pub fn preview_png(
    design: &Design,
    goods: &Goods,
    sample: &CodeText,
    dots_per_mm: f32,
) -> Result<Vec<u8>, DesignProblem> {
    Raster::new(place(design, goods, sample, dots_per_mm)?).png_of(sample)
}

/// Most rows of a label are like the row above them: filtered by it, the fast way of packing is
/// enough.
fn png(picture: &GrayImage) -> Result<Vec<u8>, DesignProblem> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up)
        .write_image(picture, picture.width(), picture.height(), ExtendedColorType::L8)
        .map_err(|e| DesignProblem::NotWritten { what: "picture", why: e.to_string() })?;
    Ok(png)
}

/// Draws what is the same on every label.
#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
fn draw(picture: &mut GrayImage, item: &Item) {
    match item {
        Item::Words { x, y, line, text } => face::draw(picture, text, *x, *y as f32, *line),
        Item::Serial { .. } => {}
        Item::Bar(dots) => fill(picture, *dots),
        Item::Picture(drawn) => drawn.runs().for_each(|dots| fill(picture, dots)),
    }
}

/// Blackens a rectangle. What is outside is cut off.
fn fill(picture: &mut GrayImage, at: Dots) {
    let width = picture.width() as usize;
    let (x, y) = (at.x as usize, at.y as usize);
    for row in picture.chunks_exact_mut(width.max(1)).skip(y).take(at.height as usize) {
        let end = (x + at.width as usize).min(width);
        row[x.min(end)..end].fill(0);
    }
}
