//! Remembered: what must survive. Asked by intent, one file a subject.
mod open;
mod orders;
mod people;
mod screen;

pub use open::{Store, StoreError};
pub use orders::{
    AsideView, OrderJob, LabelOrder, Left, OrderCounts, OrderEvent, ScanView, Scanned, Viewer,
    WantView,
};
pub use people::{
    FAILURES_MAX, LOCKED_FOR_MICROS, NAME_CHARS_MAX, Note, PASSWORD_CHARS_MIN, Person, PersonId,
    SignIn,
};
pub use screen::{JobOnScreen, ScreenFacts, UNTOLD_COUNTED_MAX, Untold};
