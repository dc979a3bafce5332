//! What a symbol is (pure): text to modules, grey picture to text.
//!
//! The symbol is GS1 `DataMatrix`: ISO/IEC 16022 ECC 200 with FNC1 first.
mod correction;
mod encode;
mod modules;
mod placement;
mod read;
mod sizes;

pub use encode::{Separator, Size, SymbolProblem, encode_gs1};
pub use modules::{Modules, Run};
pub use read::{Found, Region, read};
pub use sizes::SIDES;
