//! Remembered: what must survive. Asked by intent, one file a subject.
mod append;
mod codes;
mod counts;
mod goods;
mod jobs;
mod open;
mod outbox;
mod restore;
mod views;
mod words;

pub use codes::Imported;
pub use counts::{ProductTally, Reconciliation, Tally};
pub use goods::Goods;
pub use jobs::{Job, JobState, NewJob, UnknownJobWord};
pub use open::{Store, StoreError};
pub use outbox::Message;
pub use restore::LineLeft;
pub use views::{AlarmRow, JournalRow, ProductRow, Trace};
pub use words::{alarm_kind, alarm_words};
