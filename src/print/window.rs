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
    /// The codes of the row that came out last: a printer that is asked to prints it again.
    last: Vec<CodeId>,
}

/// How far it was known for certain that nothing but our labels came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Where the counter stood.
    pub(super) count: u64,
    /// The codes of the last row.
    pub(super) last: Vec<CodeId>,
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
    /// Nothing is out.
    pub(super) fn new(most: usize, told: Told) -> Self {
        let (most, Told { count, last }) = (most.max(1), told);
        Self { out: VecDeque::with_capacity(most), most, count, last }
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

    /// The counter stands at `now`, and up to `held` labels are still in the printer: gives what
    /// came out, in order. That is what was counted and has left the printer, both: a count may be
    /// of a label that somebody fed, and a label that has left may be a lost one.
    pub(super) fn counted(&mut self, now: u64, held: usize) -> Result<Vec<Out>, CounterOff> {
        let rows = self.moved(now)?.min(self.left(held));
        Ok(self.take(rows))
    }

    /// By how many labels the counter is ahead of what has left a printer that holds `held`, or
    /// behind it (negative).
    pub(super) fn ahead(&self, now: u64, held: usize) -> Result<isize, CounterOff> {
        Ok(self.moved(now)?.cast_signed() - self.left(held).cast_signed())
    }

    /// Whether nothing came out that the books do not have.
    pub(super) fn is_up_to_date(&self, now: u64, held: usize) -> bool {
        now == self.count && self.left(held) == 0
    }

    /// The count at which everything that has left a printer which holds `held` is counted.
    pub(super) fn due(&self, held: usize) -> u64 {
        self.count + self.left(held) as u64
    }

    fn left(&self, held: usize) -> usize {
        self.out.len().saturating_sub(held)
    }

    /// What is known for certain, for the next connection.
    pub(super) fn told(&self) -> Told {
        Told { count: self.count, last: self.last.clone() }
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
        let out: Vec<_> = self.out.drain(..rows).collect();
        match out.last() {
            Some(Out::Row(codes)) => self.last.clone_from(codes),
            Some(Out::Mark) => self.last.clear(),
            None => {}
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(codes: &[i64]) -> Out {
        Out::Row(codes.iter().copied().map(CodeId).collect())
    }

    fn at(count: u64) -> Told {
        Told { count, last: Vec::new() }
    }

    fn sent(rows: i64) -> Window {
        let mut window = Window::new(4, at(100));
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
        assert!(window.is_empty() && window.is_up_to_date(103, 0));
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
        assert_eq!(sent(0).ahead(101, 0), Err(CounterOff::Ahead { counted: 1, out: 0 }));
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
    fn a_counter_is_ahead_by_a_label_that_was_fed_and_behind_by_one_that_was_lost() {
        assert_eq!(sent(3).ahead(101, 3), Ok(1), "fed; ours are all in the printer");
        assert_eq!(sent(3).ahead(102, 2), Ok(1));
        assert_eq!(sent(3).ahead(101, 2), Ok(0));
        assert_eq!(sent(3).ahead(100, 2), Ok(-1));
        assert!(sent(3).is_up_to_date(100, 3) && !sent(3).is_up_to_date(100, 2));
    }

    #[test]
    fn the_row_that_came_out_last_is_known_until_a_mark_follows() {
        let mut window = sent(2);
        assert_eq!(window.told(), at(100));
        window.counted(102, 0).unwrap();
        assert_eq!(window.told(), Told { count: 102, last: vec![CodeId(2)] });
        window.send(Out::Mark);
        window.counted(103, 0).unwrap();
        assert_eq!(window.told(), at(103));
    }

    #[test]
    fn labels_side_by_side_and_labels_without_a_code_are_one_count_each() {
        let mut window = Window::new(4, at(7));
        window.send(Out::Mark);
        window.send(row(&[1, 2]));
        assert_eq!(window.counted(9, 0), Ok(vec![Out::Mark, row(&[1, 2])]));
    }
}
