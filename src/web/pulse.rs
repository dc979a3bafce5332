//! What a view does not say by itself: since when the line is in its state, and how fast it makes
//! good products.
use crate::line::{LineState, LineView};
use crate::telemetry::clock::Micros;
use std::collections::VecDeque;

/// Over how long the rate is measured: one minute, in microseconds.
const WINDOW_MICROS: i64 = 60_000_000;
/// A rate over less than this is noise: five seconds, in microseconds.
const WINDOW_MICROS_MIN: i64 = 5_000_000;
/// Samples are at least this far apart: half a second, in microseconds.
const APART_MICROS: i64 = 500_000;

/// Follows the views of one line.
#[derive(Debug)]
pub(super) struct Pulse {
    state: LineState,
    since: Micros,
    samples: VecDeque<(Micros, u64)>,
    last_rate: Option<f64>,
}

impl Pulse {
    pub(super) fn new(at: Micros, view: &LineView) -> Self {
        let mut pulse =
            Self { state: view.state, since: at, samples: VecDeque::new(), last_rate: None };
        pulse.beat(at, view);
        pulse
    }

    /// Takes notice of a view. More often is more exact; once a second is enough.
    pub(super) fn beat(&mut self, at: Micros, view: &LineView) {
        if view.state != self.state {
            (self.state, self.since) = (view.state, at);
        }
        let another_job = self.samples.back().is_some_and(|(_, done)| *done > view.done);
        if self.state != LineState::Execute || another_job {
            self.samples.clear();
        }
        if self.state == LineState::Execute {
            self.sample(at, view.done);
        }
    }

    /// When the line came into its state, as far as this program saw it.
    pub(super) fn since(&self) -> Micros {
        self.since
    }

    /// Good products a minute now: over the last minute of running; nothing just after a start.
    pub(super) fn per_minute(&self) -> Option<f64> {
        let ((from, was), (to, is)) = (self.samples.front()?, self.samples.back()?);
        let micros = to.0 - from.0;
        #[expect(clippy::cast_precision_loss, reason = "a minute of products fits an f64")]
        let rate = || (is - was) as f64 * 60_000_000.0 / micros as f64;
        (micros >= WINDOW_MICROS_MIN).then(rate)
    }

    /// The same, or what it was when the line last ran: what the forecast of codes counts with.
    pub(super) fn per_minute_running(&self) -> Option<f64> {
        self.per_minute().or(self.last_rate)
    }

    fn sample(&mut self, at: Micros, done: u64) {
        if self.samples.back().is_none_or(|(last, _)| at.0 - last.0 >= APART_MICROS) {
            self.samples.push_back((at, done));
        }
        while self.samples.front().is_some_and(|(first, _)| at.0 - first.0 > WINDOW_MICROS) {
            self.samples.pop_front();
        }
        self.last_rate = self.per_minute().or(self.last_rate);
    }
}

#[cfg(test)]
mod tests {
    use super::super::look::tests::view;
    use super::*;

    fn second(n: i64) -> Micros {
        Micros(1_000_000 * n)
    }

    #[test]
    fn ten_products_a_second_are_six_hundred_a_minute() {
        let mut now = view(LineState::Execute);
        let mut pulse = Pulse::new(second(0), &now);
        assert_eq!(pulse.per_minute(), None, "no rate out of nothing");
        for n in 1..=90 {
            now.done += 10;
            pulse.beat(second(n), &now);
        }
        assert!((pulse.per_minute().unwrap() - 600.0).abs() < 0.1);
        assert!(pulse.samples.len() <= 121, "{}", pulse.samples.len());
    }

    #[test]
    fn a_held_line_keeps_the_rate_it_had_for_the_forecast() {
        let mut now = view(LineState::Execute);
        let mut pulse = Pulse::new(second(0), &now);
        for n in 1..=10 {
            now.done += 1;
            pulse.beat(second(n), &now);
        }
        now.state = LineState::Held;
        pulse.beat(second(20), &now);
        assert_eq!(pulse.per_minute(), None);
        assert!((pulse.per_minute_running().unwrap() - 60.0).abs() < 0.1);
        assert_eq!(pulse.since(), second(20));
    }

    #[test]
    fn another_job_starts_its_rate_anew() {
        let mut now = view(LineState::Execute);
        now.done = 500;
        let mut pulse = Pulse::new(second(0), &now);
        pulse.beat(second(30), &now);
        now.done = 0;
        pulse.beat(second(31), &now);
        assert_eq!(pulse.samples.len(), 1);
    }
}
