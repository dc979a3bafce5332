//! The rows of labels that a printer has got and not yet counted (pure).
use crate::code::CodeId;
use std::collections::VecDeque;

/// What makes the printer count by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Out {
    /// Labels of codes, side by side.
    Row(Vec<CodeId>),
    /// A label that carries no code.
    Mark,
}

/// What is in flight, oldest first, and the count up to which the printer accounted for it.
#[derive(Debug)]
pub(super) struct Window {
    out: VecDeque<Out>,
    most: usize,
    count: u64,
}

/// The counter says something that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CounterOff {
    /// It is lower than before.
    #[error("label counter ran backwards from {before} to {now}")]
    Backwards {
        /// The count before.
        before: u64,
        /// The count now.
        now: u64,
    },
    /// It counted labels that nobody sent.
    #[error("label counter moved by {counted} with {out} out")]
    Ahead {
        /// By how much it moved.
        counted: u64,
        /// How many rows were out.
        out: usize,
    },
}

impl Window {
    /// Nothing is out, and the printer's counter stands at `count`.
    pub(super) fn new(most: usize, count: u64) -> Self {
        let most = most.max(1);
        Self { out: VecDeque::with_capacity(most), most, count }
    }

    /// Whether one more row may go out.
    pub(super) fn has_room(&self) -> bool {
        self.out.len() < self.most
    }

    /// Whether everything sent was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// This goes out now.
    pub(super) fn send(&mut self, out: Out) {
        self.out.push_back(out);
    }

    /// How many are out.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// The count up to which everything is accounted for.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The counter stands at `now`, and at least `held` labels are still in the printer: gives what
    /// came out, in order. A count that is higher than what can have left the printer is not
    /// believed yet: somebody may have pressed feed.
    pub(super) fn counted(&mut self, now: u64, held: usize) -> Result<Vec<Out>, CounterOff> {
        let moved = self.moved(now)?;
        Ok(self.take(moved.min(self.out.len().saturating_sub(held))))
    }

    /// The counter stands at `now`, and a fault stopped the printer since the last look. Of what it
    /// counted the last one may be spoilt; those before it are out.
    pub(super) fn counted_before_fault(&mut self, now: u64) -> Result<Vec<Out>, CounterOff> {
        let moved = self.moved(now)?;
        Ok(self.take(moved.saturating_sub(1)))
    }

    /// Everything that is out came out, although nothing counts it.
    pub(super) fn all_out(&mut self) -> Vec<Out> {
        self.take(self.out.len())
    }

    fn moved(&self, now: u64) -> Result<usize, CounterOff> {
        let before = self.count;
        let counted = now.checked_sub(before).ok_or(CounterOff::Backwards { before, now })?;
        let ahead = CounterOff::Ahead { counted, out: self.out.len() };
        let moved = usize::try_from(counted).map_err(|_| ahead)?;
        if moved > self.out.len() { Err(ahead) } else { Ok(moved) }
    }

    fn take(&mut self, rows: usize) -> Vec<Out> {
        self.count += rows as u64;
        self.out.drain(..rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(codes: &[i64]) -> Out {
        Out::Row(codes.iter().copied().map(CodeId).collect())
    }

    fn sent(rows: i64) -> Window {
        let mut window = Window::new(4, 100);
        for code in 1..=rows {
            window.send(row(&[code]));
        }
        window
    }

    #[test]
    fn rows_are_counted_in_the_order_in_which_they_went_out() {
        let mut window = sent(3);
        assert_eq!(window.counted(100, 0), Ok(vec![]));
        assert_eq!(window.counted(102, 0), Ok(vec![row(&[1]), row(&[2])]));
        assert_eq!(window.counted(103, 0), Ok(vec![row(&[3])]));
        assert!(window.is_empty());
    }

    #[test]
    fn a_full_window_has_no_room_until_a_row_is_counted() {
        let mut window = sent(4);
        assert!(!window.has_room());
        assert_eq!(window.counted(101, 0), Ok(vec![row(&[1])]));
        assert!(window.has_room());
    }

    #[test]
    fn a_counter_that_runs_backwards_or_ahead_is_off() {
        assert_eq!(sent(2).counted(99, 0), Err(CounterOff::Backwards { before: 100, now: 99 }));
        assert_eq!(sent(2).counted(103, 0), Err(CounterOff::Ahead { counted: 3, out: 2 }));
        assert_eq!(sent(0).counted(101, 0), Err(CounterOff::Ahead { counted: 1, out: 0 }));
        assert!(sent(1).counted(u64::MAX, 0).is_err());
    }

    #[test]
    fn what_is_still_in_the_printer_is_not_out_whatever_the_counter_says() {
        let mut window = sent(3);
        assert_eq!(window.counted(102, 3), Ok(vec![]));
        assert_eq!(window.counted(102, 1), Ok(vec![row(&[1]), row(&[2])]));
        assert_eq!(window.counted(103, 9), Ok(vec![]));
        assert_eq!(window.counted(103, 0), Ok(vec![row(&[3])]));
    }

    #[test]
    fn of_what_was_counted_when_a_fault_came_the_last_one_is_not_out() {
        let mut window = sent(3);
        assert_eq!(window.counted_before_fault(100), Ok(vec![]));
        assert_eq!(window.counted_before_fault(102), Ok(vec![row(&[1])]));
        assert_eq!(window.counted_before_fault(104), Err(CounterOff::Ahead { counted: 3, out: 2 }));
        assert_eq!(window.len(), 2);
    }

    #[test]
    fn labels_side_by_side_and_labels_without_a_code_are_one_count_each() {
        let mut window = Window::new(4, 7);
        window.send(Out::Mark);
        window.send(row(&[1, 2]));
        assert_eq!(window.counted(9, 0), Ok(vec![Out::Mark, row(&[1, 2])]));
    }
}
