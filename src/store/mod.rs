//! Remembered: what must survive. Asked by intent, one file a subject.
mod open;
mod orders;

pub use open::{Store, StoreError};
pub use orders::{
    AsideView, JobState, LabelOrder, Left, OrderCounts, OrderEvent, ScanView, Scanned, Viewer,
    WantView,
};
