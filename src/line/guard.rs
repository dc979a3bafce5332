//! The guard against rejects: so many in a row, or so many among the last ones.
use super::StopReason;
use std::collections::VecDeque;

/// So many rejects among so many verdicts stop the line. `of` = 0: they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct RejectShare {
    /// So many rejects …
    pub most: u32,
    /// … among so many verdicts.
    pub of: u32,
}

/// The last verdicts, as far as the guard needs them.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Guard {
    in_a_row: u32,
    /// The last verdicts, newest last: whether they were rejects.
    last: VecDeque<bool>,
}

impl Guard {
    pub(super) const fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Rejects among the last verdicts.
    pub(super) fn among_last(&self, share: RejectShare) -> u32 {
        let of = usize::try_from(share.of).unwrap_or(usize::MAX);
        let bad = self.last.iter().rev().take(of).filter(|bad| **bad).count();
        u32::try_from(bad).unwrap_or(u32::MAX)
    }

    pub(super) fn good(&mut self, share: RejectShare) {
        self.in_a_row = 0;
        self.keep(false, share);
    }

    pub(super) fn bad(&mut self, share: RejectShare) {
        self.in_a_row += 1;
        self.keep(true, share);
    }

    /// The last verdict was good and is not any more; `before` it so many were rejected in a row.
    pub(super) fn turned_bad(&mut self, before: u32) {
        self.in_a_row = before + 1;
        if let Some(last_good) = self.last.iter_mut().rev().find(|bad| !**bad) {
            *last_good = true;
        }
    }

    /// A person has looked: it begins anew.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn reason(&self, in_a_row_max: u32, share: RejectShare) -> Option<StopReason> {
        if in_a_row_max <= self.in_a_row {
            return Some(StopReason::TooManyRejects);
        }
        let many = share.of > 0 && share.most > 0 && self.among_last(share) >= share.most;
        many.then_some(StopReason::TooManyOfLast)
    }

    fn keep(&mut self, bad: bool, share: RejectShare) {
        self.last.push_back(bad);
        while self.last.len() > usize::try_from(share.of).unwrap_or(usize::MAX) {
            self.last.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: RejectShare = RejectShare { most: 3, of: 5 };

    #[test]
    fn three_of_the_last_five_stop_the_line_and_three_of_six_do_not() {
        let mut guard = Guard::default();
        for bad in [true, false, true, false, false, true] {
            if bad { guard.bad(SHARE) } else { guard.good(SHARE) }
        }
        assert_eq!(guard.reason(9, SHARE), None);
        guard.bad(SHARE);
        assert_eq!(guard.reason(9, SHARE), Some(StopReason::TooManyOfLast));
        guard.forget();
        assert_eq!(guard.reason(9, SHARE), None);
    }

    #[test]
    fn without_a_share_only_those_in_a_row_count() {
        let mut guard = Guard::default();
        let none = RejectShare::default();
        (0..8).for_each(|_| guard.bad(none));
        assert_eq!(guard.reason(9, none), None);
        guard.bad(none);
        assert_eq!(guard.reason(9, none), Some(StopReason::TooManyRejects));
    }

    #[test]
    fn a_good_one_that_turned_bad_is_one_reject_and_no_good_one() {
        let mut guard = Guard::default();
        guard.bad(SHARE);
        let before = guard.in_a_row();
        guard.good(SHARE);
        guard.turned_bad(before);
        assert_eq!((guard.in_a_row(), guard.among_last(SHARE)), (2, 2));
        assert_eq!(guard.last, [true, true]);
    }
}
