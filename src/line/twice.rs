//! A label of a roll that came out and may have come out once more.
use super::{Line, Record};
use crate::code::{Code, CodeId};

impl Line {
    /// A label that came out may have come out again. A camera sees the second one by itself, on a
    /// roll as on a belt; without one, nobody may use either.
    pub(super) fn note_maybe_twice(&mut self, id: CodeId, records: &mut Vec<Record>) {
        let Some(at) = self.roll.last_out.iter().position(|(code, _)| code.id == id) else {
            return;
        };
        let Some((code, job)) = self.roll.last_out.remove(at) else { return };
        self.is_maybe_twice(&code, records);
        if job == self.order.job {
            self.order.done = self.order.done.saturating_sub(1);
            self.roll.good = self.roll.good.saturating_sub(1);
        }
    }

    fn is_maybe_twice(&mut self, code: &Code, records: &mut Vec<Record>) {
        records.push(Record::MaybeTwice { code: code.id });
        self.in_doubt.insert(code.text.as_str().to_owned(), code.id);
    }

    /// While nobody looked at the printer, somebody may have let it print its last row again.
    pub(super) fn restore_last_out(&mut self, last: &[Code], records: &mut Vec<Record>) {
        if self.settings.scenario.has_belt() || self.settings.roll.camera {
            return;
        }
        for code in last.iter().take(self.settings.roll.labels_per_row.max(1)) {
            self.is_maybe_twice(code, records);
            self.order.done = self.order.done.saturating_sub(1);
        }
    }
}
