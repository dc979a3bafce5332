//! What a reading means for the product that shows it.
use super::belt::{OnProduct, Place};
use super::planted::Planted;
use super::{
    FrameOf, Line, Mode, Pad, PictureId, Quality, Reading, Record, RejectReason, StopReason, Tag,
    VERDICTS_KEPT, Verdict, VerdictView, hash,
};
use crate::code::{Code, CodeId, CodeState, Step};

/// AIM identifier of a GS1 DataMatrix: ECC 200 with FNC1 first (ISO/IEC 16022, annex N).
pub(super) const GS1_DATAMATRIX: &str = "]d2";

/// What the camera saw.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(super) struct Seen {
    /// The product; on a roll, the number of the trigger.
    pub(super) tag: Tag,
    pub(super) picture: Option<PictureId>,
    pub(super) quality: Option<Quality>,
}

impl Seen {
    pub(super) const fn new(tag: Tag, reading: &Reading, picture: Option<PictureId>) -> Self {
        let quality = match reading {
            Reading::Nothing => None,
            Reading::Symbol { quality, .. } => *quality,
        };
        Self { tag, picture, quality }
    }
}

impl Line {
    pub(super) fn note_reading(
        &mut self,
        of: FrameOf,
        tag: Tag,
        reading: &Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        if !self.settings.scenario.prints() {
            return self.note_carried(of, Seen::new(tag, reading, picture), reading, records);
        }
        let Some(product) = self.belt.product(tag) else { return };
        if product.verdict.is_some() {
            return self.note_of_flushed(tag, reading, picture, records);
        }
        if self.challenges.is_test(tag) {
            return self.note_test_reading(tag, reading, picture, records);
        }
        let Some(product) = self.belt.product(tag) else { return };
        let labelled = product.code.is_some();
        let seen = Seen::new(tag, reading, picture);
        match reading {
            Reading::Nothing if labelled && Planted::UnreadPasses.is_in() => {
                self.judge_good(seen, "", records);
            }
            Reading::Nothing if labelled => self.judge_seen(seen, RejectReason::NoRead, records),
            Reading::Nothing => self.judge_seen(seen, RejectReason::NoLabel, records),
            Reading::Symbol { identifier, .. } if identifier != GS1_DATAMATRIX => {
                self.judge_seen(seen, RejectReason::NotGs1, records);
            }
            Reading::Symbol { text, .. } => self.note_text(of, seen, text, records),
        }
    }

    fn note_text(&mut self, of: FrameOf, seen: Seen, text: &str, records: &mut Vec<Record>) {
        let tag = seen.tag;
        let counted = matches!(of, FrameOf::Count(_));
        match self.belt.place_of(tag, text) {
            Place::Here if self.is_low(seen.quality) => {
                self.judge_seen(seen, RejectReason::LowGrade, records);
            }
            // Whatever else the line is there for: only in Production something is found good.
            Place::Here if self.mode != Mode::Production => {
                self.judge_seen(seen, RejectReason::InDoubt, records);
            }
            Place::Here => self.judge_good(seen, text, records),
            Place::Later(_) if Planted::AnyCodePasses.is_in() => {
                self.judge_good(seen, text, records);
            }
            Place::Later(_) if counted => {
                // Was a label lost, or a frame? The books must not be set right by a guess.
                self.frames_out_of_step(records);
                self.lose_step(tag, records);
                self.judge_seen(seen, RejectReason::WrongCode, records);
            }
            Place::Later(at) => {
                self.move_up(tag, at, records);
                self.judge_seen(seen, RejectReason::WrongCode, records);
            }
            Place::Nowhere
                if self.verified.contains(&hash(text)) && Planted::DuplicatePasses.is_in() =>
            {
                self.judge_good(seen, text, records);
            }
            Place::Nowhere if self.verified.contains(&hash(text)) => {
                // Another label than ours is in the row: what follows cannot be trusted.
                self.lose_step(tag, records);
                self.judge_seen(seen, RejectReason::Duplicate, records);
                if counted {
                    self.frames_out_of_step(records);
                } else {
                    self.latch(StopReason::DuplicateSeen);
                }
            }
            Place::Nowhere if counted && self.belt.carrier_of(text).is_some() => {
                // The frame shows a product that has its verdict.
                self.frames_out_of_step(records);
                self.lose_step(tag, records);
                self.judge_seen(seen, RejectReason::WrongCode, records);
            }
            Place::Nowhere => self.note_strange(seen, text, records),
        }
    }

    /// A text that is of no label between here and the printer.
    fn note_strange(&mut self, seen: Seen, text: &str, records: &mut Vec<Record>) {
        let tag = seen.tag;
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
            self.ask_whether_known(seen, text);
            RejectReason::Foreign
        };
        self.judge_seen(seen, reason, records);
    }

    /// Whether a symbol is printed worse than the line allows.
    pub(super) fn is_low(&self, quality: Option<Quality>) -> bool {
        let least = self.settings.quality.least_grade;
        quality.is_some_and(|quality| least.is_some_and(|least| quality.overall < least))
    }

    /// Labels and products do not match any more: from this product on, every label is in doubt.
    pub(super) fn lose_step(&mut self, tag: Tag, records: &mut Vec<Record>) {
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

    pub(super) fn judge_good(&mut self, seen: Seen, text: &str, records: &mut Vec<Record>) {
        let Seen { tag, picture, .. } = seen;
        let Some(product) = self.belt.product(tag) else { return };
        Self::step_of(product, Step::Verify, records);
        product.verdict = Some(Verdict::Good);
        product.picture = picture;
        self.verified.insert(hash(text));
        self.guard.good(self.settings.rejects_of_last);
        self.to_pass.push(tag);
        self.keep_one_in_many(picture);
        self.say_verdict(seen, Verdict::Good, records);
        self.note_grade(seen, true, records);
    }

    /// The picture says that the product must not pass.
    fn judge_seen(&mut self, seen: Seen, reason: RejectReason, records: &mut Vec<Record>) {
        self.judge(seen, reason, records);
        self.note_grade(seen, reason == RejectReason::LowGrade, records);
    }

    /// The product must not pass, and its code, if it has one, is used up.
    pub(super) fn judge_bad(&mut self, tag: Tag, reason: RejectReason, records: &mut Vec<Record>) {
        let picture = self.belt.product(tag).and_then(|product| product.picture);
        self.judge(Seen { tag, picture, quality: None }, reason, records);
    }

    pub(super) fn judge(&mut self, seen: Seen, reason: RejectReason, records: &mut Vec<Record>) {
        // A test product is counted apart, whatever is seen of it.
        let is_test = self.challenges.is_test(seen.tag);
        let reason = if is_test { RejectReason::Challenge } else { reason };
        let Some(product) = self.belt.product(seen.tag) else { return };
        let doubtful = product.code.as_ref().is_some_and(|code| code.text.is_none());
        // A code that was in doubt before is settled by the bin, not by the camera.
        if !doubtful {
            Self::step_of(product, Step::Reject, records);
        }
        product.verdict = Some(Verdict::Bad(reason));
        product.picture = seen.picture;
        if !is_test {
            self.guard.bad(self.settings.rejects_of_last);
        }
        self.to_keep.extend(seen.picture);
        self.say_verdict(seen, Verdict::Bad(reason), records);
    }

    pub(super) fn say_verdict(&mut self, seen: Seen, verdict: Verdict, records: &mut Vec<Record>) {
        let Seen { tag, picture, .. } = seen;
        records.push(Record::ProductJudged { tag, verdict, picture });
        self.show_verdict(seen, verdict);
    }

    pub(super) fn show_verdict(&mut self, seen: Seen, verdict: Verdict) {
        let Seen { tag, picture, quality } = seen;
        self.verdicts.push_front(VerdictView { tag, verdict, picture, quality });
        self.verdicts.truncate(VERDICTS_KEPT);
    }

    /// The grade of a symbol goes into the books; `is_its` tells whether it is the one that should
    /// be there.
    fn note_grade(&mut self, seen: Seen, is_its: bool, records: &mut Vec<Record>) {
        let product = self.belt.product(seen.tag).filter(|_| is_its);
        let code = product.and_then(|product| product.code.as_ref()).map(|code| code.id);
        self.say_grade(seen, code, records);
    }

    pub(super) fn say_grade(
        &mut self,
        seen: Seen,
        code: Option<CodeId>,
        records: &mut Vec<Record>,
    ) {
        let Seen { tag, picture, quality: Some(quality) } = seen else { return };
        self.trend.see(&quality, self.settings.quality.least_grade);
        records.push(Record::Graded { code, tag, quality, picture });
    }

    /// One picture in so many of good symbols is kept.
    pub(super) fn keep_one_in_many(&mut self, picture: Option<PictureId>) {
        let one_in = self.settings.quality.keep_one_in;
        self.good_since_kept += u32::from(picture.is_some());
        if one_in > 0 && self.good_since_kept >= one_in {
            self.good_since_kept = 0;
            self.to_keep.extend(picture);
        }
    }
}
