//! Evidence of a printer without a counter: one label is in it, it was seen busy, and is at rest
//! again without a trouble (pure).
use super::fits::Look;
use super::health::Health;
use std::time::Duration;
use tokio::time::Instant;

/// What is known of the one label that is in the printer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Drain {
    /// The printer was seen at work on it.
    began: bool,
    /// Since when it was at rest at every look.
    rests_since: Option<Instant>,
}

/// What a look says of the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is not out, or not surely.
    NotYet,
    /// It came out.
    Out,
    /// Something else moved: what came out is not known.
    Strange,
}

impl Drain {
    /// The printer was seen at work on the label, so that the time until it came out is its own.
    pub(super) fn was_seen(&self) -> bool {
        self.began
    }

    /// The next look may be the one that counts: the label was not seen yet, or rests.
    pub(super) fn is_eager(&self) -> bool {
        !self.began || self.rests_since.is_some()
    }

    /// Takes one look. A short label may come out between two looks: then it counts as out when
    /// the printer was at rest for as long as a label takes (`label_takes`).
    pub(super) fn see(&mut self, look: Look, health: &Health, label_takes: Duration) -> Seen {
        if health.feeds {
            return Seen::Strange;
        }
        if !health.empty || health.trouble.is_some() {
            self.began |= !health.empty && health.trouble.is_none();
            self.rests_since = None;
            return Seen::NotYet;
        }
        let Some(since) = self.rests_since else {
            // Between the making of the picture and the printing it may rest for a moment: one
            // look is no proof.
            self.rests_since = Some(look.answered);
            return Seen::NotYet;
        };
        if self.began || look.asked >= since + label_takes { Seen::Out } else { Seen::NotYet }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Cause;

    const TAKES: Duration = Duration::from_secs(1);
    const REST: Health = Health {
        trouble: None,
        empty: true,
        held: None,
        full: false,
        partial_format: false,
        label_waits: false,
        feeds: false,
        was_silent: false,
    };
    const BUSY: Health = Health { empty: false, ..REST };

    /// Looks every 20 ms.
    fn see(looks: &[Health]) -> Vec<Seen> {
        let start = Instant::now();
        let mut drain = Drain::default();
        let at = |n: usize| start + Duration::from_millis(20) * u32::try_from(n).unwrap();
        let look = |n: usize| Look { asked: at(n), answered: at(n) };
        looks.iter().enumerate().map(|(n, health)| drain.see(look(n), health, TAKES)).collect()
    }

    #[test]
    fn a_label_is_out_when_a_busy_printer_rests_at_two_looks() {
        let seen = see(&[REST, BUSY, BUSY, REST, REST]);
        assert_eq!(seen.iter().position(|seen| *seen == Seen::Out), Some(4));
        let between = see(&[BUSY, REST, BUSY, REST, REST]);
        assert_eq!(between.iter().position(|seen| *seen == Seen::Out), Some(4));
    }

    #[test]
    fn a_label_that_nobody_saw_being_printed_is_out_after_the_time_of_a_label() {
        let seen = see(&[REST; 60]);
        assert_eq!(seen.iter().position(|seen| *seen == Seen::Out), Some(50));
    }

    #[test]
    fn a_paused_printer_proves_nothing() {
        let paused = Health { trouble: Some(Cause::Paused), ..REST };
        assert!(see(&[paused; 200]).iter().all(|seen| *seen == Seen::NotYet));
        assert!(see(&[BUSY, paused, REST, paused, REST]).iter().all(|seen| *seen == Seen::NotYet));
    }

    #[test]
    fn a_label_that_is_fed_beside_it_makes_it_doubtful() {
        let feeds = Health { feeds: true, ..BUSY };
        assert_eq!(see(&[BUSY, feeds]).last(), Some(&Seen::Strange));
    }
}
