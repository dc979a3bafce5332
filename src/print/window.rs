//! The labels that a printer has got and not yet counted (pure).
use crate::code::CodeId;
use std::collections::VecDeque;

/// Labels in flight, oldest first, and the count up to which the printer accounted for them.
#[derive(Debug)]
pub(super) struct Window {
    out: VecDeque<CodeId>,
    most: usize,
    labels_per_count: usize,
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
    #[error("label counter moved by {counted} with {out} labels out")]
    Ahead {
        /// By how much it moved.
        counted: u64,
        /// How many labels were out.
        out: usize,
    },
}

impl Window {
    /// Nothing is out, and the printer's counter stands at `count`.
    pub(super) fn new(most: usize, labels_per_count: usize, count: u64) -> Self {
        let (most, labels_per_count) = (most.max(1), labels_per_count.max(1));
        Self { out: VecDeque::with_capacity(most), most, labels_per_count, count }
    }

    /// Whether one more label may go out.
    pub(super) fn has_room(&self) -> bool {
        self.out.len() < self.most
    }

    /// Whether every label sent was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The label of this code goes out now.
    pub(super) fn send(&mut self, code: CodeId) {
        self.out.push_back(code);
    }

    /// The counter stands at `now`: gives the labels that it accounts for, in order. Where labels
    /// stand side by side, the last row may hold fewer than the others. `together`: only all of
    /// them or none, for when one of them may be missing and nobody knows which.
    pub(super) fn counted(&mut self, now: u64, together: bool) -> Result<Vec<CodeId>, CounterOff> {
        let before = self.count;
        let counted = now.checked_sub(before).ok_or(CounterOff::Backwards { before, now })?;
        let rows = self.out.len().div_ceil(self.labels_per_count);
        let ahead = CounterOff::Ahead { counted, out: self.out.len() };
        let counted = usize::try_from(counted).map_err(|_| ahead)?;
        if counted > rows {
            return Err(ahead);
        }
        if together && counted < rows {
            return Ok(Vec::new());
        }
        self.count = now;
        let printed = (counted * self.labels_per_count).min(self.out.len());
        Ok(self.out.drain(..printed).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: impl IntoIterator<Item = i64>) -> Vec<CodeId> {
        numbers.into_iter().map(CodeId).collect()
    }

    fn sent(labels_per_count: usize, labels: i64) -> Window {
        let mut window = Window::new(4, labels_per_count, 100);
        for code in ids(1..=labels) {
            window.send(code);
        }
        window
    }

    #[test]
    fn labels_are_counted_in_the_order_in_which_they_went_out() {
        let mut window = sent(1, 3);
        assert_eq!(window.counted(100, false), Ok(vec![]));
        assert_eq!(window.counted(102, false), Ok(ids([1, 2])));
        assert_eq!(window.counted(103, false), Ok(ids([3])));
        assert!(window.is_empty());
    }

    #[test]
    fn a_full_window_has_no_room_until_a_label_is_counted() {
        let mut window = sent(1, 4);
        assert!(!window.has_room());
        assert_eq!(window.counted(101, false), Ok(ids([1])));
        assert!(window.has_room());
    }

    #[test]
    fn a_counter_that_runs_backwards_or_ahead_is_off() {
        assert_eq!(
            sent(1, 2).counted(99, false),
            Err(CounterOff::Backwards { before: 100, now: 99 })
        );
        assert_eq!(sent(1, 2).counted(103, false), Err(CounterOff::Ahead { counted: 3, out: 2 }));
        assert_eq!(sent(1, 0).counted(101, false), Err(CounterOff::Ahead { counted: 1, out: 0 }));
        assert!(sent(1, 1).counted(u64::MAX, false).is_err());
    }

    #[test]
    fn where_one_may_be_missing_all_are_counted_or_none() {
        let mut window = sent(1, 3);
        assert_eq!(window.counted(102, true), Ok(vec![]));
        assert_eq!(window.counted(103, true), Ok(ids([1, 2, 3])));
    }

    #[test]
    fn two_labels_side_by_side_are_one_count() {
        let mut window = sent(2, 3);
        assert_eq!(window.counted(101, false), Ok(ids([1, 2])));
        assert_eq!(window.counted(102, false), Ok(ids([3])));
        assert!(sent(2, 3).counted(103, false).is_err());
    }
}
