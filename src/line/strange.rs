//! A text that no label between here and the printer carries, and that this process has not seen: the
//! store is asked whether it was verified before.
//!
//! The product is rejected at once, whatever the store says. Its answer tells a copy from a label of
//! somebody else: a copy among our labels means that the row cannot be trusted, and stops the line.
use super::carried::Asked;
use super::reading::Seen;
use super::{Found, Line, Record, RejectReason, StopReason, Tag, Verdict, hash};

impl Line {
    /// Asks, unless the label is by the books on a product of the belt: whose picture it is will show.
    pub(super) fn ask_whether_known(&mut self, seen: Seen, text: &str) {
        if self.belt.carrier_of(text).is_some() {
            return;
        }
        let Some(product) = self.belt.product(seen.tag) else { return };
        product.asked = Some(Asked { seen, text: text.to_owned(), found: None });
        self.to_look_up.push((seen.tag, text.to_owned()));
    }

    /// The store says what it was.
    pub(super) fn note_strange_known(&mut self, tag: Tag, found: Found, records: &mut Vec<Record>) {
        let asked = self.belt.product(tag).and_then(|product| product.asked.take());
        if found != Found::Not(RejectReason::Duplicate) {
            return;
        }
        if let Some(Asked { seen, text, .. }) = asked {
            self.verified.insert(hash(&text));
            if self.challenges.is_test(tag) {
                return self.note_test_is_copy(&text);
            }
            self.note_copy(seen, records);
        }
        self.latch(StopReason::DuplicateSeen);
    }

    /// Another label than ours is in the row: what follows cannot be trusted.
    fn note_copy(&mut self, seen: Seen, records: &mut Vec<Record>) {
        self.lose_step(seen.tag, records);
        let verdict = Verdict::Bad(RejectReason::Duplicate);
        let Some(product) = self.belt.product(seen.tag) else { return };
        if product.verdict == Some(Verdict::Bad(RejectReason::Foreign)) {
            product.verdict = Some(verdict);
            self.say_verdict(seen, verdict, records);
        }
    }
}
