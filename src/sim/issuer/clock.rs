//! The issuer's clock: it can run faster than ours.
use tokio::time::Instant;

/// Time as the issuer has it, in milliseconds since 1970. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    starts_at_ms: i64,
    begun: Instant,
    /// Its seconds in one of ours.
    speed: f64,
}

impl Clock {
    /// A clock that shows this now.
    pub(super) fn new(starts_at_ms: i64, speed: f64) -> Self {
        Self { starts_at_ms, begun: Instant::now(), speed }
    }

    /// What it shows.
    pub(super) fn now_ms(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "centuries fit")]
        let passed = (self.begun.elapsed().as_secs_f64() * 1_000.0 * self.speed) as i64;
        self.starts_at_ms + passed
    }
}
