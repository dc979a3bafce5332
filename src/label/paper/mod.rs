//! What goes on paper instead of through a print head: documents, label files, sheets.
//!
//! Whatever is drawn is drawn with a [`Pen`], in millimetres from the upper left corner.
mod csv;
mod document;
mod eps;
mod ink;
mod leaf;
mod letters;
mod objects;
mod pdf;
mod sheet;
mod subset;
mod svg;

pub use csv::stream_csv;
pub use document::{Document, MapCell, Tile};
pub use eps::eps_of;
pub use pdf::{MOST_PAGES, pdf_of, stream_pdf};
pub use sheet::{Grid, Paper, SheetProblem, SheetSettings, stream_sheets};
pub use svg::symbol_svg;

use super::place::Item;
use super::{DesignProblem, Placed, face};
use crate::code::CodeText;
use crate::symbol::{Run, Separator, Size, encode_gs1};
use std::io;

/// Why nothing is on the paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperProblem {
    /// The labels cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DesignProblem),
    /// They do not lie on a sheet.
    #[error(transparent)]
    Sheet(#[from] SheetProblem),
    /// Nobody takes the bytes.
    #[error("write the labels")]
    Write(#[from] io::Error),
}

/// A rectangle in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    /// Left edge.
    x: f32,
    /// Upper edge.
    y: f32,
    /// Width.
    width: f32,
    /// Height.
    height: f32,
}

/// Draws in black on one page.
trait Pen {
    /// Words in the font of labels, which stand on the line `base`; `em` is the size of the font.
    fn words(&mut self, text: &str, x: f32, base: f32, em: f32);

    /// A filled rectangle.
    fn bar(&mut self, area: Area);

    /// Black cells of a grid whose upper left corner is at (x, y): a symbol or a picture.
    fn cells(&mut self, x: f32, y: f32, cell: f32, black: &[Run]);
}

/// Draws what is the same on every label of a form.
#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
fn draw_fixed(pen: &mut impl Pen, label: &Placed) {
    let mm = |dots: u32| dots as f32 / label.dots_per_mm;
    for item in &label.items {
        match item {
            Item::Words { x, y, line, text } => words(pen, label, text, *x, *y, *line),
            Item::Serial { .. } => {}
            Item::Bar(bar) => {
                let (width, height) = (mm(bar.width), mm(bar.height));
                pen.bar(Area { x: mm(bar.x), y: mm(bar.y), width, height });
            }
            Item::Picture(picture) => {
                let at = picture.at;
                let run = |dots: super::Dots| Run {
                    x: dots.x - at.x,
                    y: dots.y - at.y,
                    length: dots.width,
                };
                let black: Vec<Run> = picture.runs().map(run).collect();
                pen.cells(mm(at.x), mm(at.y), mm(1), &black);
            }
        }
    }
}

/// Draws what belongs to one code: its symbol and its serial number.
#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
fn draw_changing(pen: &mut impl Pen, label: &Placed, code: &CodeText) -> Result<(), DesignProblem> {
    let mm = |dots: u32| dots as f32 / label.dots_per_mm;
    let serial = label.serial_of(code)?;
    let symbol = &label.symbol;
    let modules = encode_gs1(code.as_str(), Size::Side(symbol.side), Separator::Fnc1)?;
    pen.cells(mm(symbol.x), mm(symbol.y), mm(symbol.module), &modules.runs());
    for item in &label.items {
        if let Item::Serial { x, y, line, after } = item {
            words(pen, label, &format!("{serial}{after}"), *x, *y, *line);
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a label has some thousand dots")]
fn words(pen: &mut impl Pen, label: &Placed, text: &str, x: f32, y: u32, line: u32) {
    let base = (y as f32 + face::baseline(line)) / label.dots_per_mm;
    pen.words(text, x / label.dots_per_mm, base, face::em(line) / label.dots_per_mm);
}
