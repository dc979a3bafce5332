//! What a symbol is (pure): text to modules, grey picture to text.
//!
//! The symbol is GS1 `DataMatrix`: ISO/IEC 16022 ECC 200 with FNC1 first.
mod cells;
mod correction;
mod decode;
mod encodation;
mod encode;
mod finder;
pub mod grade;
mod grey;
mod modules;
mod overlay;
mod placement;
mod lattice;
mod locate;
mod read;
mod reader;
mod tone;
pub mod trend;
mod warp;
mod sharpen;
mod sizes;
mod text;

pub use cells::Cells;
pub use encodation::{Capacity, Meaning, capacity, explain};
pub use encode::{Separator, Size, SymbolProblem, encode_gs1};
pub use grey::{Grey, Region};
pub use modules::{Modules, Run};
pub use overlay::{Coloured, LEVEL_COLOURS, close_up, level, overlay};
pub use read::{Found, read};
pub use reader::{Hints, Symbol, find, find_all};
pub use sizes::SIDES;
pub use warp::Warp;
