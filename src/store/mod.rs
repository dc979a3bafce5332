//! Remembered: what must survive. Asked by intent, one file a subject.
mod open;
mod reports;
mod wants;

pub use open::{Store, StoreError};
pub use reports::{Report, ReportEnd, ReportKind, ReportState, Telling, Told, Unreported, Untold};
pub use wants::{BlockStored, NewBlock, Stock, Want, WantState};
