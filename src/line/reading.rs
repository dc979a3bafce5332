//! What a reading means for the product that shows it.
use super::belt::{OnProduct, Place};
use super::{
    Line, Pad, PictureId, Reading, Record, RejectReason, StopReason, Tag, VERDICTS_KEPT, Verdict,
    VerdictView, hash,
};
use crate::code::{Code, CodeState, Step};

/// AIM identifier of a GS1 DataMatrix: ECC 200 with FNC1 first (ISO/IEC 16022, annex N).
pub(super) const GS1_DATAMATRIX: &str = "]d2";

impl Line {
    pub(super) fn note_reading(
        &mut self,
        tag: Tag,
        reading: &Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let Some(product) = self.belt.product(tag) else { return };
        if product.verdict.is_some() {
            return;
        }
        let labelled = product.code.is_some();
        match reading {
            Reading::Nothing if labelled => {
                self.judge_bad(tag, RejectReason::NoRead, picture, records);
            }
            Reading::Nothing => {
                self.judge_bad(tag, RejectReason::NoLabel, picture, records);
            }
            Reading::Symbol { identifier, .. } if identifier != GS1_DATAMATRIX => {
                self.judge_bad(tag, RejectReason::NotGs1, picture, records);
            }
            Reading::Symbol { text, .. } => self.note_text(tag, text, picture, records),
        }
    }

    fn note_text(
        &mut self,
        tag: Tag,
        text: &str,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        match self.belt.place_of(tag, text) {
            Place::Here => self.judge_good(tag, text, picture, records),
            Place::Later(at) => {
                self.move_up(tag, at, records);
                self.judge_bad(tag, RejectReason::WrongCode, picture, records);
            }
            Place::Nowhere if self.verified.contains(&hash(text)) => {
                // Another label than ours is in the row: what follows cannot be trusted.
                self.lose_step(tag, records);
                self.judge_bad(tag, RejectReason::Duplicate, picture, records);
                self.latch(StopReason::DuplicateSeen);
            }
            Place::Nowhere => {
                let reason = if let Some(id) = self.in_doubt.remove(text) {
                    // Where the books know of this label, or know that they know of none, it is
                    // no news: the labels that follow are as good as before.
                    let on = self.belt.product(tag).and_then(|product| product.code.as_ref());
                    if on.is_some_and(|other| other.id != id) {
                        self.lose_step(tag, records);
                    }
                    self.put_on(tag, id, None, CodeState::Doubtful, records);
                    RejectReason::InDoubt
                } else {
                    self.doubt_label_of(tag, records);
                    RejectReason::Foreign
                };
                self.judge_bad(tag, reason, picture, records);
            }
        }
    }

    /// Labels and products do not match any more: from this product on, every label is in doubt.
    fn lose_step(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let (labels, tags) = self.belt.take_row(tag);
        for (code, _) in labels {
            self.doubt(&code, records);
        }
        records.extend(tags.into_iter().map(|tag| Record::ProductLabelled { tag, code: None }));
        self.print_due = None;
        self.pad = Pad::Uncertain;
        self.latch(StopReason::LabelsOutOfStep);
    }

    /// The product shows something else than its label: nobody knows where that is.
    fn doubt_label_of(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let Some(product) = self.belt.product(tag) else { return };
        let Some(OnProduct { id, text, .. }) = product.code.take() else { return };
        if let Some(text) = text {
            self.doubt(&Code { id, text }, records);
        }
        records.push(Record::ProductLabelled { tag, code: None });
    }

    /// The picture shows a label that should come later: those before it were lost. They are in
    /// doubt, and the products after this one carry the labels that follow.
    fn move_up(&mut self, tag: Tag, at: usize, records: &mut Vec<Record>) {
        let (labels, tags) = self.belt.take_row(tag);
        let mut labels = labels.into_iter();
        for (code, _) in labels.by_ref().take(at) {
            self.doubt(&code, records);
        }
        // The product that shows it may have had no label by our books: it comes first all the same.
        let others = tags.into_iter().filter(|other| *other != tag);
        for on in std::iter::once(tag).chain(others) {
            let Some((code, state)) = labels.next() else {
                records.push(Record::ProductLabelled { tag: on, code: None });
                continue;
            };
            if state == CodeState::Sent {
                records.push(Record::Moved { code: code.id, step: Step::Print });
            }
            let was = if state == CodeState::Sent { CodeState::Printed } else { state };
            self.put_on(on, code.id, Some(code.text), was, records);
        }
        for (code, state) in labels {
            let printed = state != CodeState::Sent;
            self.belt.pad.push_back(super::belt::Label { code, printed });
        }
        if self.belt.unprinted() == 0 {
            self.print_due = None;
        }
    }

    fn judge_good(
        &mut self,
        tag: Tag,
        text: &str,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let Some(product) = self.belt.product(tag) else { return };
        Self::step_of(product, Step::Verify, records);
        product.verdict = Some(Verdict::Good);
        product.picture = picture;
        self.verified.insert(hash(text));
        self.rejects_in_a_row = 0;
        self.to_pass.push(tag);
        self.say_verdict(tag, Verdict::Good, picture, records);
    }

    /// The product must not pass, and its code, if it has one, is used up.
    pub(super) fn judge_bad(
        &mut self,
        tag: Tag,
        reason: RejectReason,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let Some(product) = self.belt.product(tag) else { return };
        let doubtful = product.code.as_ref().is_some_and(|code| code.text.is_none());
        // A code that was in doubt before is settled by the bin, not by the camera.
        if !doubtful {
            Self::step_of(product, Step::Reject, records);
        }
        product.verdict = Some(Verdict::Bad(reason));
        let picture = picture.or(product.picture);
        product.picture = picture;
        self.rejects_in_a_row += 1;
        self.to_keep.extend(picture);
        self.say_verdict(tag, Verdict::Bad(reason), picture, records);
    }

    fn say_verdict(
        &mut self,
        tag: Tag,
        verdict: Verdict,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        records.push(Record::ProductJudged { tag, verdict, picture });
        self.show_verdict(tag, verdict, picture);
    }

    pub(super) fn show_verdict(&mut self, tag: Tag, verdict: Verdict, picture: Option<PictureId>) {
        self.verdicts.push_front(VerdictView { tag, verdict, picture });
        self.verdicts.truncate(VERDICTS_KEPT);
    }
}
