//! A label of a roll that came out and may have come out once more.
use super::{LastOut, Line, Pad, Record};
use crate::code::{Code, CodeId};

impl Line {
    /// A label that came out may have come out again. A camera sees the second one by itself, on a
    /// roll as on a belt; without one, nobody may use either.
    pub(super) fn note_maybe_twice(&mut self, id: CodeId, records: &mut Vec<Record>) {
        if self.settings.scenario.has_belt() {
            // The second one may lie among the labels that wait for products.
            self.pad = Pad::Uncertain;
        }
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

    /// Whether labels were taken back at the end of a job and codes are there to replace them.
    pub(super) fn is_short(&self) -> bool {
        let codes_left = !self.stock.is_empty() || self.refilling;
        !self.settings.has_camera() && codes_left && self.order.done < self.order.planned
    }

    fn is_maybe_twice(&mut self, code: &Code, records: &mut Vec<Record>) {
        records.push(Record::MaybeTwice { code: code.id });
        self.in_doubt.insert(code.text.as_str().to_owned(), code.id);
    }

    /// While nobody looked at the printer, somebody may have let it print its last row again.
    pub(super) fn restore_last_out(&mut self, last: &LastOut, records: &mut Vec<Record>) {
        if !self.settings.scenario.is_roll() || self.settings.roll.camera {
            return;
        }
        // A row begins where a full one would: see `begin_row`.
        let across = u32::try_from(self.settings.roll.labels_per_row.max(1)).unwrap_or(u32::MAX);
        let row = |place: u32| place.saturating_sub(1) / across;
        for (_, code) in last.counting.iter().filter(|(place, _)| row(*place) == row(last.place)) {
            self.is_maybe_twice(code, records);
            self.order.done = self.order.done.saturating_sub(1);
        }
    }
}
