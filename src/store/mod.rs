//! Remembered: what must survive. Asked by intent, one file a subject.
mod open;

pub use open::{Store, StoreError};
