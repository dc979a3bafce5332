//! Which frame shows which product: triggers of the PLC and frames of the camera, put together by
//! number, and counted against each other whenever the belt stands.
//!
//! A camera that is told the tag with its trigger is certain. One that only counts is certain from a
//! standstill on, and as long as everything comes in its time: a frame that nobody was triggered
//! for, a label that another product should carry, or sums that differ at the next standstill end
//! that, and nothing passes on such a camera's word before the belt has stood still again. Where the
//! next product was before the camera already when a frame came, that frame may be of either: it
//! passes nobody. So the pass of a counted frame is spoken when that cannot be told any more,
//! `trigger_within` after the frame; with tags it is spoken at once.
use super::belt::Product;
use super::{FrameOf, Line, PictureId, Reading, Record, RejectReason, StopReason, Tag, Verdict};
use std::collections::VecDeque;
use std::time::Instant;

/// Frames that wait for the PLC to tell of their trigger; more of them are drift. A PLC is asked
/// every few milliseconds, so that one or two are usual.
const EARLY_MAX: usize = 8;
/// Triggers that wait for their frame. No belt holds more products between camera and gate.
const OPEN_MAX: usize = 64;

/// A frame that came before the PLC told of its trigger.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Early {
    of: FrameOf,
    reading: Reading,
    picture: Option<PictureId>,
    #[serde(with = "super::at::moment")]
    due: Instant,
}

/// A trigger whose frame did not come yet.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Open {
    n: u32,
    tag: Tag,
    /// Its frame is late from then on.
    #[serde(with = "super::at::moment")]
    due: Instant,
}

/// A product that was found good by number.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Last {
    tag: Tag,
    /// The trigger of the next product, had there been one before the frame came, is told by then.
    #[serde(with = "super::at::moment")]
    until: Instant,
    /// Rejects in a row before it.
    rejects: u32,
}

/// How triggers and frames stand to each other.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Frames {
    /// Whether this camera counts its triggers.
    counts: bool,
    /// Whether frame `base + n` surely shows the product of trigger `n`.
    certain: bool,
    /// The last frame number when the two were found to agree.
    base: u32,
    /// The last frames before that may have been lost, so that the camera has counted further: only
    /// the very next number says that it has not.
    vague: bool,
    /// The last frame number since the camera came.
    counted: u32,
    /// Triggers since the two were found to agree.
    triggers: u32,
    /// The last product that was found good by number, while a next trigger makes that unsure.
    last: Option<Last>,
    /// Triggers whose frame did not come yet.
    open: VecDeque<Open>,
    /// Frames whose trigger was not told yet.
    early: VecDeque<Early>,
    /// While the belt stands: when everything that happened before has been told.
    #[serde(with = "super::at::due")]
    quiet_due: Option<Instant>,
}

impl Frames {
    /// When a frame has waited too long for its trigger, a product is no longer unsure, or the belt
    /// has stood long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        let early = self.early.iter().filter(|_| self.counts).map(|early| early.due);
        let sure = self.last.as_ref().map(|last| last.until);
        early.chain(sure).chain(self.quiet_due).min()
    }

    /// Whether a next trigger may still say that this product's frame was of another one.
    pub(super) fn are_unsure_of(&self, tag: Tag) -> bool {
        self.last.as_ref().is_some_and(|last| last.tag == tag)
    }

    fn forget(&mut self) {
        self.open.clear();
        self.early.clear();
    }

    /// From now on the next frame is that of the next trigger.
    fn agree(&mut self) {
        self.vague = !(self.certain && self.sums_agree());
        self.forget();
        (self.base, self.triggers, self.certain) = (self.counted, 0, true);
    }

    fn take_open(&mut self, n: u32) -> Option<Open> {
        let at = self.open.iter().position(|open| open.n == n)?;
        self.open.remove(at)
    }

    fn take_early(&mut self, of: FrameOf) -> Option<Early> {
        let at = self.early.iter().position(|early| early.of == of)?;
        self.early.remove(at)
    }

    /// Whether as many frames as triggers were counted.
    fn sums_agree(&self) -> bool {
        self.early.is_empty() && (!self.counts || self.counted - self.base == self.triggers)
    }
}

impl Line {
    /// The camera counts from one again. What it shows is not certain before the belt has stood.
    pub(super) fn camera_came(&mut self, now: Instant) {
        self.lose_count();
        (self.frames.base, self.frames.counted) = (0, 0);
        self.wait_for_quiet(now);
    }

    /// Nobody knows any more which frame belongs to which trigger.
    pub(super) fn lose_count(&mut self) {
        self.frames.certain = false;
        self.frames.forget();
    }

    /// The belt stands, or something that is told late may still come.
    pub(super) fn wait_for_quiet(&mut self, now: Instant) {
        let quiet = self.settings.picture_within + self.settings.trigger_within;
        let stands = self.settings.scenario.has_belt() && !self.belt_runs();
        self.frames.quiet_due = stands.then(|| now + quiet);
    }

    /// The belt begins to move, or stops.
    pub(super) fn note_belt(&mut self, now: Instant, ran: bool, runs: bool) {
        match (ran, runs) {
            (true, false) => self.wait_for_quiet(now),
            (false, true) => {
                let quiet = self.frames.quiet_due.take().is_none();
                if quiet && self.camera.is_up() {
                    self.frames.agree();
                }
            }
            (true, true) | (false, false) => {}
        }
    }

    /// Whether the belt may move: whatever it begins with must be certain.
    pub(super) fn frames_are_ready(&self) -> bool {
        let needed = !self.frames.certain && self.settings.scenario.has_belt();
        !needed || self.frames.quiet_due.is_none()
    }

    /// The camera was triggered for a product.
    pub(super) fn note_triggered(&mut self, now: Instant, tag: Tag, records: &mut Vec<Record>) {
        if self.note_trigger_by_hand(tag) {
            return;
        }
        let due = now + self.settings.picture_within;
        if !self.settings.scenario.has_pad() {
            // No applicator came before: nobody may have told of it yet.
            self.note_unseen_arrival(tag, records);
        }
        if let Some(product) = self.belt.product(tag) {
            product.picture_due = Some(due);
            if self.settings.asks_for_pictures {
                self.to_take.push(tag);
            }
        }
        self.judge_known(tag, records);
        self.wait_for_quiet(now);
        // The frame before may have been of this product, if that was before the camera already.
        // Its pass was not spoken yet; and where a fact is heard late, what counts is that.
        if self.frames.last.as_ref().is_some_and(|last| last.tag != tag) {
            self.doubt_last(records);
        }
        let frames = &mut self.frames;
        if !frames.certain {
            return;
        }
        frames.triggers += 1;
        let n = frames.triggers;
        if frames.take_early(FrameOf::Tag(tag)).is_some() {
            return;
        }
        let early = frames.take_early(FrameOf::Count(frames.base + n));
        if let Some(Early { of, reading, picture, due }) = early {
            self.note_by_number((of, tag), &reading, picture, due, records);
            return;
        }
        frames.open.push_back(Open { n, tag, due });
        if frames.open.len() > OPEN_MAX {
            frames.open.pop_front();
        }
    }

    /// The camera counted a frame that is of no product.
    pub(super) fn skip_frame(&mut self, count: u32) {
        self.frames.counted = self.frames.counted.max(count);
    }

    /// A frame came.
    pub(super) fn note_frame(
        &mut self,
        now: Instant,
        of: FrameOf,
        reading: Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        self.frames.counts = matches!(of, FrameOf::Count(_));
        self.wait_for_quiet(now);
        match of {
            FrameOf::Tag(tag) => {
                let untold = self.belt.product(tag).is_some_and(|p| p.picture_due.is_none());
                self.note_reading(of, tag, &reading, picture, records);
                if untold && self.frames.certain {
                    self.let_wait(now, of, Reading::Nothing, None, records);
                }
            }
            FrameOf::Count(count) => self.note_counted(now, count, reading, picture, records),
        }
    }

    fn note_counted(
        &mut self,
        now: Instant,
        count: u32,
        reading: Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let frames = &mut self.frames;
        let n = count.saturating_sub(frames.base);
        let is_new = count > frames.counted;
        frames.counted = frames.counted.max(count);
        if !frames.certain {
            return;
        }
        if is_new && std::mem::take(&mut frames.vague) && n != 1 {
            return self.frames_out_of_step(records);
        }
        let of = FrameOf::Count(count);
        if let Some(Open { tag, due, .. }) = frames.take_open(n) {
            if due <= now && !self.shows_its_own(tag, &reading) {
                return self.frames_out_of_step(records);
            }
            let next_came = n < self.frames.triggers;
            let until = now + self.settings.trigger_within;
            self.note_by_number((of, tag), &reading, picture, until, records);
            if next_came {
                self.doubt_last(records);
            }
        } else if is_new && n > frames.triggers {
            self.let_wait(now, of, reading, picture, records);
        } else if is_new {
            self.frames_out_of_step(records);
        }
    }

    /// A frame and a product have the same number. Whether it was not the frame of the next product
    /// is sure only when the trigger of that, had there been one by then, would have been told.
    fn note_by_number(
        &mut self,
        (of, tag): (FrameOf, Tag),
        reading: &Reading,
        picture: Option<PictureId>,
        until: Instant,
        records: &mut Vec<Record>,
    ) {
        let rejects = self.guard.in_a_row();
        self.note_reading(of, tag, reading, picture, records);
        let good = self.belt.is_good(tag);
        self.frames.last = good.then_some(Last { tag, until, rejects });
    }

    /// The last product that was found good by number may be another one: it is a reject like every
    /// other, and counts as one.
    pub(super) fn doubt_last(&mut self, records: &mut Vec<Record>) {
        let Some(Last { tag, rejects, .. }) = self.frames.last.take() else { return };
        if self.doubt_good(tag, RejectReason::PictureUnsure, records) {
            self.guard.turned_bad(rejects);
        }
    }

    /// The PLC did not tell yet of the trigger for this frame.
    fn let_wait(
        &mut self,
        now: Instant,
        of: FrameOf,
        reading: Reading,
        picture: Option<PictureId>,
        records: &mut Vec<Record>,
    ) {
        let waits = self.frames.early.iter().any(|early| early.of == of);
        if !waits && self.frames.early.len() >= EARLY_MAX {
            return self.frames_out_of_step(records);
        }
        let due = now + self.settings.trigger_within;
        if !waits {
            self.frames.early.push_back(Early { of, reading, picture, due });
        }
    }

    /// When a frame is late, the time tells no more whose it is, and neither does that of the frames
    /// behind it. Only the label of its own product does.
    fn shows_its_own(&self, tag: Tag, reading: &Reading) -> bool {
        let Reading::Symbol { text, .. } = reading else { return false };
        self.belt.carrier_of(text) == Some(tag)
    }

    /// Frames and triggers do not belong together: what is on the belt and was found good by number
    /// may have been another product.
    pub(super) fn frames_out_of_step(&mut self, records: &mut Vec<Record>) {
        self.lose_count();
        self.latch(StopReason::FramesOutOfStep);
        if !self.frames.counts {
            return;
        }
        let good = |product: &&Product| product.verdict == Some(Verdict::Good);
        let tags: Vec<_> = self.belt.products.iter().filter(good).map(|p| p.tag).collect();
        for tag in tags {
            self.doubt_good(tag, RejectReason::PictureUnsure, records);
        }
    }

    /// What should have come by now: triggers of frames, and agreement when the belt stands.
    pub(super) fn decide_frames(&mut self, now: Instant, records: &mut Vec<Record>) {
        let frames = &mut self.frames;
        let late = frames.counts && frames.early.front().is_some_and(|early| early.due <= now);
        let quiet = frames.quiet_due.is_some_and(|due| due <= now);
        if quiet {
            frames.quiet_due = None;
        }
        if late || (quiet && frames.certain && !frames.sums_agree()) {
            self.frames_out_of_step(records);
        }
        self.frames.last.take_if(|last| last.until <= now);
    }
}
