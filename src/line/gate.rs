//! What the stations tell that is no product's usual way: touching products, what falls into the bin
//! without being told to, and more products than a belt can hold.
use super::planted::Planted;
use super::reading::Seen;
use super::{
    Fate, InBin, Line, PictureId, Reading, Record, RejectReason, StopReason, Tag, Verdict,
};
use crate::code::{CodeState, Step};

/// Products that left as good and may still be seen falling into the bin: the way from the gate to
/// the bin's eye is shorter than that.
const LEFT_KEPT: usize = 64;

impl Line {
    /// Two products that touch are one to every eye: labels and pictures may be of either, so that
    /// both are rejected.
    pub(super) fn note_touching(&mut self, tag: Tag, records: &mut Vec<Record>) {
        self.note_arrival(tag, records);
        let before = tag.0.checked_sub(1).map(Tag);
        for one in before.filter(|_| !Planted::OneOfAPair.is_in()).into_iter().chain([tag]) {
            match self.belt.product(one).map(|product| product.verdict) {
                Some(None) => self.judge_bad(one, RejectReason::Touching, records),
                // Its pass may have been spoken; the gate obeys its own eyes, or an alarm follows.
                Some(Some(Verdict::Good)) => {
                    self.doubt_good(one, RejectReason::Touching, records);
                }
                Some(Some(Verdict::Bad(_))) | None => {}
            }
        }
    }

    /// A product is at the applicator that nobody saw entering: facts were lost, and whatever they
    /// said of it is not known. It is flushed.
    pub(super) fn note_unseen_arrival(&mut self, tag: Tag, records: &mut Vec<Record>) {
        if self.belt.product(tag).is_none() {
            self.note_arrival(tag, records);
            self.judge_flushed(tag, records);
        }
    }

    /// Its fate is the bin. It is no reject of the line's own doing, and none in a row.
    fn judge_flushed(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let Some(product) = self.belt.product(tag) else { return };
        let verdict = Verdict::Bad(RejectReason::Flushed);
        product.verdict = Some(verdict);
        self.say_verdict(Seen { tag, picture: None, quality: None }, verdict, records);
    }

    /// Whatever was good about it, it does not pass as this product. Says whether it would have.
    pub(super) fn doubt_good(
        &mut self,
        tag: Tag,
        reason: RejectReason,
        records: &mut Vec<Record>,
    ) -> bool {
        let good = |product: &&mut super::Product| product.verdict == Some(Verdict::Good);
        let Some(product) = self.belt.product(tag).filter(good) else { return false };
        let verdict = Verdict::Bad(reason);
        product.verdict = Some(verdict);
        let picture = product.picture;
        Self::step_of(product, Step::Doubt, records);
        // A second label with this text is a duplicate all the same: one was seen.
        if let Some(code) = &mut product.code {
            code.text = None;
        }
        self.to_keep.extend(picture);
        self.say_verdict(Seen { tag, picture, quality: None }, verdict, records);
        true
    }

    /// The bin's eye saw what the gate was not told to push out.
    pub(super) fn note_not_ordered(&mut self, tag: Tag, records: &mut Vec<Record>) {
        if tag == Tag(0) {
            self.latch(StopReason::BinNotOrdered);
            records.push(Record::Bin { tag, what: InBin::NotOrdered });
            return;
        }
        self.latch(StopReason::FalseEject);
        if self.belt.product(tag).is_some() {
            self.put_in_bin(tag, RejectReason::FalseEject, records);
        } else if !Planted::FalseEjectIgnored.is_in() {
            let left = self.left.iter().position(|left| *left == tag);
            if left.and_then(|at| self.left.remove(at)).is_some() {
                self.order.done = self.order.done.saturating_sub(1);
            }
            records.push(Record::CameBack { tag });
        }
    }

    /// A product of the belt was seen falling into the bin; `if_good` is why, if it was good.
    pub(super) fn put_in_bin(
        &mut self,
        tag: Tag,
        if_good: RejectReason,
        records: &mut Vec<Record>,
    ) {
        match self.belt.product(tag).map(|product| product.verdict) {
            Some(Some(Verdict::Good)) => self.judge_bad(tag, if_good, records),
            Some(None) => self.judge_bad(tag, RejectReason::NoPicture, records),
            Some(Some(Verdict::Bad(_))) => {}
            None => return,
        }
        let Some(mut product) = self.take_product(tag) else { return };
        // A code in doubt that is known to be on this product is in doubt no more.
        Self::step_of(&mut product, Step::Reject, records);
        let fate = if Planted::BinIsGood.is_in() { Fate::Unaccounted } else { Fate::Rejected };
        records.push(Record::ProductSettled { tag, fate });
    }

    /// A product that the line does not know came by the gate and was pushed out.
    pub(super) fn note_flushed(&mut self, tag: Tag, confirmed: bool, records: &mut Vec<Record>) {
        let what = if confirmed { InBin::Flushed } else { InBin::Unseen };
        records.push(Record::Bin { tag, what });
        if !confirmed {
            self.latch(StopReason::RejectUnconfirmed);
        }
    }

    /// It left on the good side.
    pub(super) fn note_left(&mut self, tag: Tag) {
        self.left.push_back(tag);
        if self.left.len() > LEFT_KEPT {
            self.left.pop_front();
        }
    }

    /// No belt holds more than it is long: where the eyes of gate and bin tell nothing, the oldest
    /// products are not there any more.
    pub(super) fn note_full_belt(&mut self, records: &mut Vec<Record>) {
        let most = self.settings.on_belt_max;
        while most > 0
            && self.belt.products.len() > most
            && let Some(front) = self.belt.products.front()
        {
            self.note_missing(front.tag, records);
        }
    }

    /// Whoever is flushed is rejected whatever a picture shows. It may still tell which code in
    /// doubt is on it: with the product, that code ends in the bin.
    pub(super) fn note_of_flushed(
        &mut self,
        tag: Tag,
        reading: &Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let flushed = Verdict::Bad(RejectReason::Flushed);
        let Some(product) = self.belt.product(tag) else { return };
        if product.verdict != Some(flushed) || product.picture.is_some() {
            return;
        }
        product.picture = picture;
        let Reading::Symbol { text, .. } = reading else { return };
        if let Some(id) = self.in_doubt.remove(text.as_str()) {
            self.put_on(tag, id, None, CodeState::Doubtful, records);
        }
    }
}
