//! When a printer is asked next, so that asking never slows printing (pure).
//!
//! Every answer costs the printer time. While labels are out it is asked when the next one can have
//! come out at the earliest, by the cycle that was measured, and then more and more seldom.
use std::time::Duration;
use tokio::time::Instant;

/// A measured cycle is late by up to a pause between two questions, and labels differ.
const EARLIEST: f64 = 0.8;

/// The rhythm of asking.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// The pause between two questions when a label is due.
    tight: Duration,
    /// The longest pause while labels are out.
    wide: Duration,
    /// How long a label takes.
    cycle: Option<Duration>,
    /// When the last label came out, if the printer had the next one already.
    busy_since: Option<Instant>,
    /// When the next label can have come out at the earliest.
    due: Option<Instant>,
}

impl Pace {
    pub(super) fn new(tight: Duration, wide: Duration) -> Self {
        Self { tight, wide: wide.max(tight), cycle: None, busy_since: None, due: None }
    }

    /// A label was sent to a printer that had none.
    pub(super) fn begins(&mut self, now: Instant) {
        self.busy_since = Some(now);
        self.due = Some(now + self.earliest());
    }

    /// So many labels came out since the last time; `more` are in the printer.
    pub(super) fn came_out(&mut self, now: Instant, labels: usize, more: bool) {
        let labels = u32::try_from(labels).unwrap_or(u32::MAX).max(1);
        if let Some(since) = self.busy_since {
            let found = (now - since) / labels;
            self.cycle = Some(self.cycle.map_or(found, |cycle| (cycle * 3 + found) / 4));
        }
        self.busy_since = more.then_some(now);
        self.due = more.then(|| now + self.earliest());
    }

    /// The printer does not print for a reason of its own: what it needs for a label says nothing.
    pub(super) fn interrupted(&mut self) {
        self.busy_since = None;
        self.due = None;
    }

    /// The pause before the next question; the last answer took this long.
    pub(super) fn pause(&self, now: Instant, answer_took: Duration) -> Duration {
        let pause = match self.due {
            Some(due) if now < due => (due - now).min(self.wide),
            Some(due) => ((now - due) / 4).clamp(self.tight, self.wide),
            None => self.tight,
        };
        // At most half of its time goes into answers.
        pause.max(answer_took)
    }

    fn earliest(&self) -> Duration {
        self.cycle.map_or(self.tight, |cycle| cycle.mul_f64(EARLIEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIGHT: Duration = Duration::from_millis(25);
    const WIDE: Duration = Duration::from_millis(500);

    /// Prints labels of `cycle` and counts the questions for each, and how late each is noticed.
    fn run(cycle: Duration, labels: u32) -> (u32, Duration) {
        let start = Instant::now();
        let mut pace = Pace::new(TIGHT, WIDE);
        let (mut now, mut asked, mut late) = (start, 0, Duration::ZERO);
        pace.begins(now);
        let mut out = 0;
        while out < labels {
            now += pace.pause(now, Duration::from_millis(2));
            asked += 1;
            let there = u32::try_from((now - start).as_micros() / cycle.as_micros()).unwrap();
            if there > out {
                late = late.max((now - start).saturating_sub(cycle * there));
                pace.came_out(now, (there - out) as usize, true);
                out = there;
            }
        }
        (asked, late)
    }

    #[tokio::test(start_paused = true)]
    async fn a_fast_printer_is_asked_little_more_than_once_a_label_and_noticed_in_time() {
        let cycle = Duration::from_millis(116);
        let (asked, late) = run(cycle, 100);
        assert!(asked <= 300, "{asked} questions for 100 labels");
        assert!(late <= cycle / 2, "{late:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_printer_is_not_asked_all_the_time() {
        let (asked, late) = run(Duration::from_secs(2), 20);
        assert!(asked <= 20 * 20, "{asked} questions for 20 labels");
        assert!(late <= WIDE, "{late:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_long_overdue_is_asked_for_more_and_more_seldom() {
        let now = Instant::now();
        let mut pace = Pace::new(TIGHT, WIDE);
        pace.begins(now);
        assert_eq!(pace.pause(now + Duration::from_millis(30), Duration::ZERO), TIGHT);
        assert_eq!(pace.pause(now + Duration::from_mins(1), Duration::ZERO), WIDE);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_answers_are_asked_for_at_most_half_of_the_time() {
        let pace = Pace::new(TIGHT, WIDE);
        let slow = Duration::from_millis(300);
        assert_eq!(pace.pause(Instant::now(), slow), slow);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_printer_is_not_taken_for_the_time_of_a_label() {
        let now = Instant::now();
        let mut pace = Pace::new(TIGHT, WIDE);
        pace.begins(now);
        pace.came_out(now + Duration::from_millis(100), 1, true);
        pace.interrupted();
        pace.came_out(now + Duration::from_mins(1), 1, true);
        assert_eq!(pace.cycle, Some(Duration::from_millis(100)));
    }
}
