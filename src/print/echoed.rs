//! Which of the rows that were sent the printer has said back (pure).
//!
//! This makes a counter of a printer that has none: it counts rows whose labels were all said back.
use std::collections::VecDeque;

/// The rows that are not said back yet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Echoed {
    due: VecDeque<Due>,
    count: u64,
}

#[derive(Debug)]
struct Due {
    sent: Vec<u8>,
    /// Labels with codes that are still to be said back: a mark has none.
    labels: usize,
    /// Where in `sent` the field of each label stands that was said back.
    heard: Vec<usize>,
}

/// A label was said back that is not due: it came out twice, or is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("printer says back a label that is not due")]
pub(super) struct NotDue;

impl Echoed {
    /// A row with so many codes goes out.
    pub(super) fn send(&mut self, sent: &[u8], labels: usize) {
        self.due.push_back(Due { sent: sent.to_vec(), labels, heard: Vec::new() });
    }

    /// The printer says back a label: it must be of the oldest row that is due, which stands in
    /// what was sent as it is said back.
    pub(super) fn hear(&mut self, data: &[u8]) -> Result<(), NotDue> {
        while self.due.front().is_some_and(|due| due.labels == 0) {
            self.pass();
        }
        let due = self.due.front_mut().ok_or(NotDue)?;
        let field = [b"^FD", data, b"^FS"].concat();
        let at = due.sent.windows(field.len()).position(|window| window == field);
        // One label said back twice is not its neighbour.
        let at = at.filter(|at| !due.heard.contains(at)).ok_or(NotDue)?;
        due.heard.push(at);
        due.labels -= 1;
        if due.labels == 0 {
            self.pass();
        }
        Ok(())
    }

    /// Rows that were said back since the beginning. Marks are not said back: they count as soon
    /// as so many rows (`left`) have left the printer.
    pub(super) fn count(&mut self, left: u64) -> u64 {
        while self.count < left && self.due.front().is_some_and(|due| due.labels == 0) {
            self.pass();
        }
        self.count
    }

    fn pass(&mut self) {
        self.due.pop_front();
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Echoed {
        let mut echoed = Echoed::default();
        echoed.send(b"^FDleader^FS", 0);
        echoed.send(b"^FN1^FD|1a^FS^FN3^FD|1b^FS", 2);
        echoed.send(b"^FN1^FD|1c^FS", 1);
        echoed
    }

    #[test]
    fn a_row_counts_when_each_of_its_labels_was_said_back_and_a_mark_when_it_has_left() {
        let mut echoed = sent();
        assert_eq!((echoed.count(0), echoed.count(1)), (0, 1));
        assert_eq!(echoed.hear(b"|1a"), Ok(()));
        assert_eq!(echoed.count(2), 1);
        assert_eq!(echoed.hear(b"|1b"), Ok(()));
        assert_eq!(echoed.count(2), 2);
        assert_eq!(echoed.hear(b"|1c"), Ok(()));
        assert_eq!(echoed.count(3), 3);
    }

    #[test]
    fn one_label_of_a_row_that_is_said_back_twice_does_not_count_its_neighbour() {
        let mut echoed = sent();
        echoed.hear(b"|1a").unwrap();
        assert_eq!(echoed.hear(b"|1a"), Err(NotDue));
        assert_eq!(echoed.count(2), 1);
    }

    #[test]
    fn a_label_that_is_said_back_twice_or_was_never_sent_is_not_due() {
        let mut echoed = sent();
        echoed.hear(b"|1a").unwrap();
        echoed.hear(b"|1b").unwrap();
        for strange in [&b"|1b"[..], b"|1x", b"|1", b""] {
            assert_eq!(echoed.hear(strange), Err(NotDue));
        }
        echoed.hear(b"|1c").unwrap();
        assert_eq!(echoed.hear(b"|1c"), Err(NotDue));
    }
}
