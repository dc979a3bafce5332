//! What goes on paper instead of through a print head: documents, label files, sheets.
//!
//! Whatever is drawn is drawn with a [`Pen`], in millimetres from the upper left corner.
mod document;
mod leaf;
mod letters;

pub use document::Document;

use crate::symbol::Run;

/// A rectangle in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    /// Left edge.
    pub(super) x: f32,
    /// Upper edge.
    pub(super) y: f32,
    /// Width.
    pub(super) width: f32,
    /// Height.
    pub(super) height: f32,
}

/// Draws in black on one page.
pub(super) trait Pen {
    /// Words in the font of labels, which stand on the line `base`; `em` is the size of the font.
    fn words(&mut self, text: &str, x: f32, base: f32, em: f32);

    /// A filled rectangle.
    fn bar(&mut self, area: Area);

    /// Black cells of a grid whose upper left corner is at (x, y): a symbol or a picture.
    fn cells(&mut self, x: f32, y: f32, cell: f32, black: &[Run]);
}
