//! Products that came with their labels: from a roll, printed on the pack, or put on by hand.
//!
//! The line has no code that a product should carry: the store is asked what was read, and the
//! product passes only if that is a code of the job, printed and never read before. The step to
//! `verified` is durable before the pass is spoken, and the store lets no code take it twice.
use super::belt::OnProduct;
use super::planted::Planted;
use super::reading::{GS1_DATAMATRIX, Seen};
use super::{
    Fate, Found, FrameOf, Line, Mode, Product, Reading, Record, RejectReason, Scenario, Tag,
    Verdict, hash,
};
use crate::code::{CodeId, CodeState, CodeText};
use std::time::Instant;

/// What was read on a product, while the store is asked.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Asked {
    pub(super) seen: Seen,
    pub(super) text: String,
    /// What the store said.
    pub(super) found: Option<Found>,
}

impl Line {
    /// A frame of a product that came with its label.
    pub(super) fn note_carried(
        &mut self,
        of: FrameOf,
        seen: Seen,
        reading: &Reading,
        records: &mut Vec<Record>,
    ) {
        let Some(product) = self.belt.product(seen.tag) else { return };
        if product.verdict.is_some() || product.asked.is_some() {
            return;
        }
        match reading {
            // With nothing that a product should carry, a frame of its neighbour looks as good.
            _ if matches!(of, FrameOf::Count(_)) => {
                self.judge_carried(seen, RejectReason::PictureUnsure, records);
                self.frames_out_of_step(records);
            }
            Reading::Nothing => self.judge_carried(seen, RejectReason::NoRead, records),
            Reading::Symbol { identifier, .. } if identifier != GS1_DATAMATRIX => {
                self.judge_carried(seen, RejectReason::NotGs1, records);
            }
            // Only in Production something is found good; its code is not used up by that.
            Reading::Symbol { .. } if self.mode != Mode::Production => {
                self.judge_carried(seen, RejectReason::InDoubt, records);
            }
            Reading::Symbol { text, .. } => self.ask_for(seen, text),
        }
    }

    fn ask_for(&mut self, seen: Seen, text: &str) {
        let Some(product) = self.belt.product(seen.tag) else { return };
        product.picture = seen.picture;
        product.asked = Some(Asked { seen, text: text.to_owned(), found: None });
        self.to_look_up.push((seen.tag, text.to_owned()));
    }

    /// The store says what was read. Whoever has a verdict keeps it: the answer came too late.
    pub(super) fn note_known(&mut self, tag: Tag, found: Found, records: &mut Vec<Record>) {
        if self.settings.scenario.prints() {
            return self.note_strange_known(tag, found, records);
        }
        let next = Tag(tag.0 + 1);
        let mixed = Planted::AnswerOfAnother.is_in() && self.belt.product(next).is_some();
        let tag = if mixed { next } else { tag };
        if let Some(asked) = self.belt.product(tag).and_then(|product| product.asked.as_mut()) {
            asked.found = Some(found);
        }
        self.judge_known(tag, records);
    }

    /// Reading and answer are there. A PLC that was away for a moment tells late, and the camera does
    /// not wait for it: before the PLC has told of the trigger, it may still tell that the product
    /// touches another one.
    pub(super) fn judge_known(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let unjudged = |product: &&mut Product| product.verdict.is_none();
        let Some(product) = self.belt.product(tag).filter(unjudged) else { return };
        let triggered = product.picture_due.is_some();
        let known = |asked: &mut Asked| triggered && asked.found.is_some();
        let Some(Asked { seen, text, found: Some(found) }) = product.asked.take_if(known) else {
            return;
        };
        if self.settings.scenario == Scenario::Manual {
            return self.settle_by_hand(seen, &text, found, records);
        }
        match found {
            Found::Not(_) if Planted::StrangePasses.is_in() => {
                self.judge_good(seen, &text, records);
            }
            Found::Not(reason) => self.judge_carried(seen, reason, records),
            Found::New(_) if self.challenges.is_test(tag) => {
                self.note_test_seen(None);
                self.judge(seen, RejectReason::Challenge, records);
            }
            Found::New(_) if self.was_read(&text) => {
                self.judge_carried(seen, RejectReason::Duplicate, records);
            }
            Found::New(_) if self.mode != Mode::Production => {
                self.judge_carried(seen, RejectReason::InDoubt, records);
            }
            Found::New(code) => {
                self.note_carries(tag, code, &text, records);
                if self.is_low(seen.quality) {
                    self.judge_carried(seen, RejectReason::LowGrade, records);
                } else {
                    self.judge_good(seen, &text, records);
                }
            }
        }
    }

    /// Whether this text was found on a product of this process: what the store was asked before
    /// that became durable says nothing about it.
    fn was_read(&self, text: &str) -> bool {
        self.verified.contains(&hash(text)) && !Planted::SeenIsNew.is_in()
    }

    /// This product carries this code, and no other product may.
    fn note_carries(&mut self, tag: Tag, id: CodeId, text: &str, records: &mut Vec<Record>) {
        self.verified.insert(hash(text));
        let Some(product) = self.belt.product(tag) else { return };
        let text = Some(CodeText::new(text.to_owned()));
        product.code = Some(OnProduct { id, text, state: CodeState::Printed });
        records.push(Record::ProductLabelled { tag, code: Some(id) });
    }

    fn judge_carried(&mut self, seen: Seen, reason: RejectReason, records: &mut Vec<Record>) {
        if self.challenges.is_test(seen.tag) {
            self.note_test_seen(Some(reason));
            return self.judge(seen, RejectReason::Challenge, records);
        }
        let its = self.belt.product(seen.tag).is_some_and(|product| product.code.is_some());
        self.judge(seen, reason, records);
        let code = self.belt.product(seen.tag).and_then(|product| product.code.as_ref());
        let code = code.filter(|_| its).map(|code| code.id);
        self.say_grade(seen, code, records);
    }

    /// Its picture did not come in time, or the store did not say what is on it.
    pub(super) fn judge_late(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let Some(product) = self.belt.product(tag) else { return };
        let Some(Asked { seen, text, .. }) = product.asked.take() else {
            return self.judge_bad(tag, RejectReason::NoPicture, records);
        };
        if self.settings.scenario == Scenario::Manual {
            return self.settle_by_hand(seen, &text, Found::Not(RejectReason::NoAnswer), records);
        }
        if Planted::SilencePasses.is_in() {
            return self.judge_good(seen, &text, records);
        }
        self.judge_carried(seen, RejectReason::NoAnswer, records);
    }

    /// A person scanned the label of a product that he has in his hand. A line that does not run
    /// takes no scan; the label that was good just now is not another one.
    pub(super) fn note_scanned(&mut self, now: Instant, tag: Tag, text: &str) {
        let takes = self.settings.scenario == Scenario::Manual && self.produces();
        if !takes || self.belt.product(tag).is_some() {
            return;
        }
        if self.scanned_good.as_deref() == Some(text) {
            let seen = Seen { tag, picture: None, quality: None };
            return self.show_verdict(seen, Verdict::Good);
        }
        let mut product = Product::new(tag);
        product.picture_due = Some(now + self.settings.picture_within);
        self.belt.products.push_back(product);
        self.ask_for(Seen { tag, picture: None, quality: None }, text);
    }

    /// The product comes into the books with its verdict and its fate: a person has it in his hand,
    /// and puts it to the good ones or into the bin as the page says.
    fn settle_by_hand(&mut self, seen: Seen, text: &str, found: Found, records: &mut Vec<Record>) {
        let tag = seen.tag;
        let found = match found {
            Found::New(_) if self.was_read(text) => Found::Not(RejectReason::Duplicate),
            found @ (Found::New(_) | Found::Not(_)) => found,
        };
        records.push(Record::ProductSeen { tag });
        let fate = match found {
            Found::New(code) => {
                self.note_carries(tag, code, text, records);
                self.judge_good(seen, text, records);
                self.scanned_good = Some(text.to_owned());
                self.order.done += 1;
                Fate::Verified
            }
            Found::Not(reason) => {
                self.judge(seen, reason, records);
                self.scanned_good = None;
                Fate::Rejected
            }
        };
        self.take_product(tag);
        self.to_pass.clear();
        records.push(Record::ProductSettled { tag, fate });
    }
}
