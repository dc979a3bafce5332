//! What a label looks like (pure): design to placed elements to ZPL, bitmap and PDF.
//!
//! A [`Design`] is data in millimetres. [`place`] puts it on the dots of one print head for one
//! code and its goods; every output draws that same [`Placed`], so that a preview, a PDF and the
//! printed label cannot differ in what they carry.
mod bitmap;
mod design;
mod face;
mod paper;
mod place;
mod problem;
mod tongue;
mod wording;

pub use bitmap::{Raster, preview_png, raster};
pub use design::{
    Align, Bar, BarcodeElement, CodeElement, CodeForm, Design, Element, Module, PictureElement,
    SymbolElement, Symbology, TextElement, design, designs,
};
pub use paper::{
    Document, Grid, MOST_PAGES, MapCell, Paper, PaperProblem, SheetProblem, SheetSettings, Tile,
    eps_of, pdf_of, stream_csv, stream_pdf, stream_sheets, symbol_svg,
};
pub use place::{Dots, Form, Item, Nearest, Picture, Placed, SymbolPlace, place};
pub use problem::DesignProblem;
pub use tongue::{Head, LabelFormat, Language};
pub use wording::Goods;
