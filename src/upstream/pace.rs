//! Never more calls a second than the station likes.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Gives each call its own place in time, so that no second holds more calls than allowed.
#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most this many calls a second; at least one. A twentieth slower: two calls that left in
    /// time may arrive closer together, and the station counts those that arrive.
    pub(super) fn new(calls_per_second: u32) -> Self {
        let second = Duration::from_millis(1_050);
        Self { gap: second / calls_per_second.max(1), next: Mutex::new(None) }
    }

    /// Waits for the next free place.
    pub(super) async fn my_turn(&self) {
        tokio::time::sleep_until(self.take_place()).await;
    }

    /// Nobody calls for this long: the station asked for it.
    pub(super) fn rest(&self, wait: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + wait;
        *next = Some(next.map_or(until, |next| next.max(until)));
    }

    fn take_place(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let place = next.map_or(now, |next| next.max(now));
        *next = Some(place + self.gap);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn eleven_calls_take_a_second() {
        let pace = Pace::new(10);
        let start = Instant::now();
        for _ in 0..11 {
            pace.my_turn().await;
        }
        assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_saves_up_no_calls() {
        let pace = Pace::new(10);
        pace.my_turn().await;
        tokio::time::advance(Duration::from_mins(1)).await;
        let start = Instant::now();
        for _ in 0..11 {
            pace.my_turn().await;
        }
        assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_rests_when_the_station_asks_for_it() {
        let pace = Pace::new(10);
        let start = Instant::now();
        pace.rest(Duration::from_secs(7));
        pace.my_turn().await;
        assert!(start.elapsed() >= Duration::from_secs(7), "{:?}", start.elapsed());
    }
}
