//! What a symbol is (pure): text to modules, grey picture to text.
//!
//! The symbol is GS1 `DataMatrix`: ISO/IEC 16022 ECC 200 with FNC1 first.
mod cells;
mod correction;
mod decode;
mod encodation;
mod encode;
mod expected;
mod finder;
pub mod grade;
mod grey;
mod hull;
mod modules;
mod outline;
mod overlay;
mod placement;
mod lattice;
mod layout;
mod locate;
mod read;
mod look;
mod reader;
mod search;
mod settle;
mod tone;
pub mod trend;
mod warp;
mod sharpen;
mod sizes;
mod text;
mod uneven;

pub use cells::Cells;
pub use encodation::{Capacity, Meaning, capacity, explain};
pub use encode::{Separator, Size, SymbolProblem, encode_gs1};
pub use expected::Expected;
pub use grey::{Grey, Region};
pub use locate::places;
pub use modules::{Modules, Run};
pub use overlay::{Coloured, LEVEL_COLOURS, close_up, level, overlay};
pub use read::{Found, opinion, read, read_within};
pub use reader::{Hints, MOST_PIXELS, Symbol, find, find_all, find_within};
pub use sizes::SIDES;
pub use warp::Warp;
