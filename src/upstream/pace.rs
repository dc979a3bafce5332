//! Never more calls a second than the station likes.
use super::planted::Planted;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Lets calls go one by one, so far apart that no second holds more than allowed.
#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    next: Mutex<Option<Instant>>,
    /// Whoever holds it is the next to go.
    first: tokio::sync::Mutex<()>,
}

impl Pace {
    /// At most this many calls a second; at least one. A fifth slower: the station counts calls
    /// that arrive, and one that needs a new connection arrives later than those after it.
    pub(super) fn new(calls_per_second: u32) -> Self {
        let second = Duration::from_millis(1_200);
        let gap = second / calls_per_second.max(1);
        Self { gap, next: Mutex::new(None), first: tokio::sync::Mutex::default() }
    }

    /// Waits until the next call may go. Counted from when the last one went, not from when it
    /// might have gone: on a busy machine some wake up late.
    pub(super) async fn my_turn(&self) {
        if Planted::NoPace.is_in() {
            return;
        }
        let _first = self.first.lock().await;
        while let Some(until) = self.not_yet() {
            tokio::time::sleep_until(until).await;
        }
    }

    /// Nobody calls for this long: the station asked for it.
    pub(super) fn rest(&self, wait: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + wait;
        *next = Some(next.map_or(until, |next| next.max(until)));
    }

    /// Until when to wait; nothing: the call goes now.
    fn not_yet(&self) -> Option<Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let until = next.filter(|next| *next > now);
        if until.is_none() {
            *next = Some(now + self.gap);
        }
        until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::Poll;

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

    #[tokio::test(start_paused = true)]
    async fn who_waits_already_rests_too() {
        let pace = Pace::new(10);
        let start = Instant::now();
        pace.my_turn().await;
        let rest = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            pace.rest(Duration::from_secs(7));
        };
        tokio::join!(pace.my_turn(), rest);
        assert!(start.elapsed() >= Duration::from_secs(7), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_late_brings_nobody_closer() {
        let pace = Pace::new(10);
        pace.my_turn().await;
        let mut second = std::pin::pin!(pace.my_turn());
        let waits = poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending()));
        assert!(waits.await);
        // Nobody looks after it for a while.
        tokio::time::advance(Duration::from_millis(500)).await;
        second.await;
        let start = Instant::now();
        pace.my_turn().await;
        assert!(start.elapsed() >= Duration::from_millis(120), "{:?}", start.elapsed());
    }
}
