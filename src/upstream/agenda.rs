//! When each open order or report is looked at next, so that waiting for one delays no other.
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// When each open thing is due. What is not on it is due at once; a restart forgets it.
#[derive(Debug)]
pub struct Agenda {
    first: Duration,
    longest: Duration,
    at: HashMap<i64, (Instant, Duration)>,
}

impl Agenda {
    /// Waits `first` after a look that found nothing new, then twice as long after each further
    /// one, at most `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, at: HashMap::new() }
    }

    /// Whether it is time to look at this one.
    pub fn is_due(&self, id: i64) -> bool {
        self.at.get(&id).is_none_or(|(due, _)| *due <= Instant::now())
    }

    /// Nothing new: look again later than the last time.
    pub fn later(&mut self, id: i64) {
        let wait = self.at.get(&id).map_or(self.first, |(_, last)| (*last * 2).min(self.longest));
        self.at.insert(id, (Instant::now() + wait, wait.max(self.first)));
    }

    /// Look again after exactly this long.
    pub fn after(&mut self, id: i64, wait: Duration) {
        self.at.insert(id, (Instant::now() + wait, self.first));
    }

    /// Something moved: look again at once.
    pub fn now(&mut self, id: i64) {
        self.at.remove(&id);
    }

    /// Everything is due at once.
    pub fn all_now(&mut self) {
        self.at.clear();
    }

    /// Forgets what is no longer open.
    pub fn keep_only(&mut self, open: &HashSet<i64>) {
        self.at.retain(|id, _| open.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_waits_double_up_to_the_longest() {
        let mut agenda = Agenda::new(Duration::from_secs(1), Duration::from_secs(3));
        assert!(agenda.is_due(7));
        for wait in [1, 2, 3, 3] {
            agenda.later(7);
            tokio::time::advance(Duration::from_millis(wait * 1000 - 1)).await;
            assert!(!agenda.is_due(7));
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(agenda.is_due(7));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_moved_is_due_at_once_and_starts_with_the_short_wait() {
        let mut agenda = Agenda::new(Duration::from_secs(1), Duration::from_mins(1));
        agenda.later(7);
        agenda.later(7);
        agenda.now(7);
        assert!(agenda.is_due(7));
        agenda.later(7);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(agenda.is_due(7));
    }
}
