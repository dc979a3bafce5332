//! Whether a printer's counter fits to the labels that have left it (pure).
//!
//! Both are read in one moment. They differ when a label came out that is not ours, or one of ours
//! was lost; and, with some printers perhaps, always: one that counts the label under the head
//! twice, or moves its counter a moment early or late. Which it is shows when all that is out came
//! out, so nothing is sent until then; a printer that was right is not doubted again for the same, and
//! gets its labels, but they are told only when it rests. One that counts late may rest and fit for a
//! moment with a label too many, so it must go on fitting for as long as a label takes.
use std::time::Duration;
use tokio::time::Instant;

/// What counts later than this is seen to do so within a few labels, because the driver looks more
/// often; what counts sooner may never be seen to.
const MAY_COUNT_LATE_BY: Duration = Duration::from_millis(100);

/// When a printer was asked how it stands, and when it had answered. What it said was so at some
/// moment between them: it is sure to have been so *since* the later one, and *until* the earlier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Before the first question.
    pub(super) asked: Instant,
    /// After the last answer.
    pub(super) answered: Instant,
}

/// How the counter of one connection behaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Fits {
    /// By so much it may be behind or ahead: at rest it was right each time.
    behind: isize,
    ahead: isize,
    /// Since when it has been behind or ahead at every look.
    odd_since: Option<Instant>,
    /// The farthest behind and ahead since it is doubted.
    doubted: Option<(isize, isize)>,
    /// Since when it has rested and fitted at every look.
    calm_since: Option<Instant>,
    /// Whether it has done so for long enough.
    is_calm: bool,
    /// Whether it rested at the last look.
    rests: bool,
}

impl Fits {
    /// Whether nothing may be sent until all that is out came out.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted.is_some()
    }

    /// Whether labels may be told that this look shows to be out: then nothing else came out, and
    /// the last of them is what a reprint would print. With a habit, a label that was lost and one
    /// that was printed again can look like none: then only rest tells.
    pub(super) fn may_tell(&self, ahead: isize) -> bool {
        let has_habit = self.behind != 0 || self.ahead != 0;
        // At rest, too, of a printer of which nothing is known: it may be one that counts late.
        self.doubted.is_none() && ahead == 0 && (self.is_calm || !(has_habit || self.rests))
    }

    /// Takes what one look shows: how far ahead the counter was, and whether the printer rests.
    /// A difference that stands for as long as a label takes is doubted even if it is known.
    pub(super) fn see(&mut self, look: Look, ahead: isize, rests: bool, label_takes: Duration) {
        let now = look.answered;
        if ahead == 0 {
            self.odd_since = None;
        }
        let stands = ahead != 0 && now >= *self.odd_since.get_or_insert(now) + label_takes;
        if let Some((least, most)) = &mut self.doubted {
            (*least, *most) = ((*least).min(ahead), (*most).max(ahead));
        } else if stands || ahead < self.behind || ahead > self.ahead {
            self.doubted = Some((ahead.min(0), ahead.max(0)));
        }
        if ahead == 0 {
            self.odd_since = None;
        }
        self.rests = rests;
        self.is_calm = rests && ahead == 0 && self.is_calm_for(look, label_takes);
        if self.is_calm {
            self.believe();
        } else if !rests || ahead != 0 {
            self.calm_since = None;
        }
    }

    /// Whether what rests and fits has done so for long enough: what is counted late, comes late. A
    /// printer that never was behind may have been so between two looks, so that it is not believed
    /// at the first look either: for a moment a late count hides a copy.
    fn is_calm_for(&mut self, look: Look, label_takes: Duration) -> bool {
        let is_late = self.behind < 0 || self.doubted.is_some_and(|(least, _)| least < 0);
        let since = *self.calm_since.get_or_insert(look.answered);
        look.asked >= since + if is_late { label_takes } else { label_takes.min(MAY_COUNT_LATE_BY) }
    }

    /// Everything was cancelled: nothing is out that could be odd. What it is like stays known.
    pub(super) fn begin_anew(&mut self) {
        (self.odd_since, self.doubted) = (None, None);
        (self.calm_since, self.is_calm, self.rests) = (None, false, false);
    }

    /// All that is out came out and was counted. More than one label is no habit.
    fn believe(&mut self) {
        let Some((least, most)) = self.doubted.take() else { return };
        self.behind = self.behind.min(least.max(-1));
        self.ahead = self.ahead.max(most.min(1));
        self.odd_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKES: Duration = Duration::from_secs(1);

    /// Asked and answered in no time.
    fn at(now: Instant) -> Look {
        Look { asked: now, answered: now }
    }

    #[test]
    fn the_first_difference_is_doubted_and_a_printer_that_was_right_is_not_doubted_for_it_again() {
        let now = Instant::now();
        for odd in [1, -1] {
            let mut fits = Fits::default();
            fits.see(at(now), 0, false, TAKES);
            assert!(!fits.is_doubted());
            fits.see(at(now), odd, false, TAKES);
            assert!(fits.is_doubted());
            fits.see(at(now), 0, false, TAKES);
            assert!(fits.is_doubted(), "only rest shows it");
            fits.see(at(now), 0, true, TAKES);
            assert!(fits.is_doubted(), "it has only just come to rest");
            fits.see(at(now + MAY_COUNT_LATE_BY), 0, true, TAKES);
            assert_eq!(fits.is_doubted(), odd < 0, "what counts late may still count one more");
            fits.see(at(now + TAKES), 0, true, TAKES);
            assert!(!fits.is_doubted());
            fits.see(at(now), odd, false, TAKES);
            assert!(!fits.is_doubted(), "it is its habit");
            fits.see(at(now), 2 * odd, false, TAKES);
            assert!(fits.is_doubted());
        }
    }

    #[test]
    fn labels_are_told_where_nothing_else_can_have_come_out_and_with_a_habit_only_at_rest() {
        let now = Instant::now();
        let mut fits = Fits::default();
        assert!(fits.may_tell(0) && !fits.may_tell(1) && !fits.may_tell(-1));
        fits.see(at(now), 1, false, TAKES);
        assert!(!fits.may_tell(0), "it is doubted");
        fits.see(at(now), 0, true, TAKES);
        fits.see(at(now + MAY_COUNT_LATE_BY), 0, true, TAKES);
        assert!(fits.may_tell(0) && !fits.may_tell(1));
        fits.see(at(now), 0, false, TAKES);
        assert!(!fits.may_tell(0), "it does not rest");
    }

    #[test]
    fn a_printer_that_was_never_seen_to_count_late_is_not_believed_at_the_first_look_at_rest() {
        let now = Instant::now();
        let mut fits = Fits::default();
        fits.see(at(now), 0, false, TAKES);
        assert!(fits.may_tell(0), "labels follow each other: a copy among them is seen");
        // A label was printed again, and its count is late for the first time that anybody looks.
        fits.see(at(now), 0, true, TAKES);
        assert!(!fits.may_tell(0));
        fits.see(at(now + MAY_COUNT_LATE_BY / 2), 1, true, TAKES);
        assert!(fits.is_doubted());
    }

    #[test]
    fn a_slow_answer_says_nothing_of_the_time_that_it_took() {
        let now = Instant::now();
        let mut fits = Fits::default();
        fits.see(at(now), 0, true, TAKES);
        // What it says may have been so at once: not for as long as a late count hides a copy.
        let slow = Look { asked: now + TAKES / 100, answered: now + TAKES };
        fits.see(slow, 0, true, TAKES);
        assert!(!fits.may_tell(0));
        fits.see(at(now + TAKES), 0, true, TAKES);
        assert!(fits.may_tell(0));
    }

    #[test]
    fn a_printer_that_counts_late_is_believed_when_it_has_rested_for_as_long_as_a_label_takes() {
        let now = Instant::now();
        let mut fits = Fits::default();
        fits.see(at(now), -1, false, TAKES);
        fits.see(at(now), 0, true, TAKES);
        assert!(fits.is_doubted() && !fits.may_tell(0));
        fits.see(at(now + TAKES), 0, true, TAKES);
        assert!(!fits.is_doubted() && fits.may_tell(0));
        // A label was printed again: for a moment its late count hides it.
        let later = now + 3 * TAKES;
        fits.see(at(later), -1, false, TAKES);
        fits.see(at(later), 0, true, TAKES);
        assert!(!fits.may_tell(0));
        fits.see(at(later + TAKES / 10), 1, true, TAKES);
        assert!(fits.is_doubted());
    }

    #[test]
    fn a_habit_that_stands_for_as_long_as_a_label_takes_is_doubted_again() {
        let now = Instant::now();
        let mut fits = Fits::default();
        fits.see(at(now), 1, false, TAKES);
        fits.see(at(now), 0, true, TAKES);
        let now = now + MAY_COUNT_LATE_BY;
        fits.see(at(now), 0, true, TAKES);
        fits.see(at(now), 1, false, TAKES);
        fits.see(at(now + TAKES / 2), 1, false, TAKES);
        assert!(!fits.is_doubted());
        fits.see(at(now + TAKES), 1, false, TAKES);
        assert!(fits.is_doubted());
    }

    #[test]
    fn a_habit_stays_known_when_everything_is_cancelled() {
        let now = Instant::now();
        let mut fits = Fits::default();
        fits.see(at(now), -1, false, TAKES);
        fits.begin_anew();
        assert!(fits.may_tell(0), "what was doubted is gone");
        fits.see(at(now), -1, false, TAKES);
        fits.see(at(now), 0, true, TAKES);
        fits.see(at(now + TAKES), 0, true, TAKES);
        fits.begin_anew();
        fits.see(at(now + TAKES), -1, false, TAKES);
        assert!(!fits.is_doubted());
    }

    #[test]
    fn a_counter_that_does_not_fit_at_rest_stays_in_doubt() {
        let mut fits = Fits::default();
        fits.see(at(Instant::now()), -1, true, TAKES);
        assert!(fits.is_doubted());
    }
}
