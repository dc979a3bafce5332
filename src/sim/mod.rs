//! A fake plant that speaks the real protocols over real sockets and keeps a ledger of what physically happened.
//!
//! The fake plant shares no encoder, parser or driver with the rest of the crate: a fake built
//! from them would agree with their faults.

pub mod alone;
pub mod belt;
pub mod camera;
pub mod challenge;
pub mod dice;
pub mod faults;
pub mod floor;
pub mod issuer;
pub mod judge;
pub mod labels;
pub mod ledger;
pub mod packs;
pub mod plant;
pub mod plc;
pub mod printer;
pub mod reader;
pub mod scene;
mod script;
pub mod stage;

pub use script::ScriptError;

/// A label that came out of the fake printer: what is physically on the web.
#[derive(Debug, Clone)]
pub struct PrintedLabel {
    /// Counted from one over the life of the printer.
    pub number: u64,
    /// What the head burnt: 0 is black, 255 is white.
    pub raster: image::GrayImage,
    /// Dots of the head a millimetre.
    pub dots_per_mm: f32,
    /// The data of each `DataMatrix` on it, as the printer drew it (GS as character 29, without the
    /// leading FNC1); empty for a blank label.
    pub codes: Vec<String>,
    /// Only a part of it was printed.
    pub partial: bool,
}
