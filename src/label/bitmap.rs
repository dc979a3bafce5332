//! A label as a grey picture: for previews, and to see what will be printed.
use super::place::{Dots, Item, Placed, place};
use super::{Design, DesignProblem, Goods, face};
use crate::code::CodeText;
use crate::symbol::{Separator, Size, encode_gs1};
use image::{GrayImage, ImageFormat, Luma};
use std::io::Cursor;

const WHITE: Luma<u8> = Luma([255]);
const BLACK: Luma<u8> = Luma([0]);

/// Draws the label of one code: one pixel a dot, 0 is black; letters have grey edges.
pub fn raster(placed: &Placed, code: &CodeText) -> Result<GrayImage, DesignProblem> {
    let serial = placed.serial_of(code)?;
    let symbol = &placed.symbol;
    let modules = encode_gs1(code.as_str(), Size::Side(symbol.side), Separator::Fnc1)?;
    let mut picture = GrayImage::from_pixel(placed.width, placed.height, WHITE);
    for run in modules.runs() {
        let (x, y) = (symbol.x + run.x * symbol.module, symbol.y + run.y * symbol.module);
        fill(&mut picture, Dots { x, y, width: run.length * symbol.module, height: symbol.module });
    }
    for item in &placed.items {
        draw(&mut picture, item, serial);
    }
    Ok(picture)
}

/// The same as PNG, straight from a design: the picture that a customer sees before ordering.
pub fn preview_png(
    design: &Design,
    goods: &Goods,
    sample: &CodeText,
    dots_per_mm: f32,
) -> Result<Vec<u8>, DesignProblem> {
    let picture = raster(&place(design, goods, sample, dots_per_mm)?, sample)?;
    let mut png = Cursor::new(Vec::new());
    picture
        .write_to(&mut png, ImageFormat::Png)
        .map_err(|e| DesignProblem::NotWritten { what: "picture", why: e.to_string() })?;
    Ok(png.into_inner())
}

#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
fn draw(picture: &mut GrayImage, item: &Item, serial: &str) {
    match item {
        Item::Words { x, y, line, text } => face::draw(picture, text, *x, *y as f32, *line),
        Item::Serial { x, y, line, before, after } => {
            let text = format!("{before}{serial}{after}");
            face::draw(picture, &text, *x, *y as f32, *line);
        }
        Item::Bar(dots) => fill(picture, *dots),
        Item::Picture(drawn) => drawn.runs().for_each(|dots| fill(picture, dots)),
    }
}

fn fill(picture: &mut GrayImage, at: Dots) {
    for (x, y) in
        (at.y..at.y + at.height).flat_map(|y| (at.x..at.x + at.width).map(move |x| (x, y)))
    {
        picture.put_pixel(x, y, BLACK);
    }
}
