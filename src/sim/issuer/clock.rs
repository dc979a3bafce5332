//! The issuer's clock: it can run faster than ours, and be put forward.
use crate::telemetry::clock::Micros;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::time::Instant;

/// What time it is.
pub(super) fn wall_ms() -> i64 {
    Micros::now().0 / 1_000
}

/// Time as the issuer has it, in milliseconds since 1970. All clones are the same clock.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    starts_at_ms: i64,
    begun: Instant,
    /// Its seconds in one of ours.
    speed: f64,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that shows this now.
    pub(super) fn new(starts_at_ms: i64, speed: f64) -> Self {
        Self { starts_at_ms, begun: Instant::now(), speed, ahead_ms: Arc::default() }
    }

    /// What it shows.
    pub(super) fn now_ms(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "centuries fit")]
        let passed = (self.begun.elapsed().as_secs_f64() * 1_000.0 * self.speed) as i64;
        self.starts_at_ms + passed + self.ahead_ms.load(Ordering::SeqCst)
    }

    /// Puts it forward.
    pub(super) fn pass(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }
}
