//! When a device was last heard. A driver notes it, a page shows the age.
use super::clock::Micros;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// When a device was last heard. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct LastWord(Arc<AtomicI64>);

impl LastWord {
    /// The device said something just now.
    pub fn heard(&self) {
        self.0.store(Micros::now().0, Ordering::Relaxed);
    }

    /// How long it has been silent; nothing if it was never heard.
    pub fn age(&self) -> Option<Duration> {
        let heard = self.0.load(Ordering::Relaxed);
        (heard != 0).then(|| Micros(heard).age())
    }
}
