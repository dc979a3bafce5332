//! Facts: what happened. Writes records, never commands.
use super::belt::{Label, OnProduct};
use super::planted::Planted;
use super::quality::Wear;
use super::{
    CameraEvent, Cause, ChallengeSeen, Conditions, Device, Event, Fate, InBin, Line, Pad, PlcEvent,
    PrinterEvent, Product, Record, RejectReason, Since, StopReason, Tag, Verdict,
};
use crate::code::{CodeId, CodeState, Step};
use std::time::Instant;

impl Line {
    pub(super) fn note(&mut self, now: Instant, event: Event, records: &mut Vec<Record>) {
        match event {
            Event::Wake => {}
            Event::Operator(request) => self.note_request(now, request, records),
            Event::Mode(mode) => self.note_mode(mode, records),
            Event::Hand(hand) => self.note_hand(now, hand),
            Event::Release(reason) => self.note_release(reason),
            Event::CodesArrived(codes) => {
                self.refilling = false;
                self.refill_at = None;
                self.stock.extend(codes);
            }
            Event::CodesExhausted => {
                self.refilling = false;
                self.refill_at = Some(now + self.settings.refill_after);
            }
            Event::Known { tag, found } => self.note_known(tag, found, records),
            Event::Scanned { tag, text } => self.note_scanned(now, tag, &text),
            Event::Decided(codes) => self.in_doubt.retain(|_, id| !codes.contains(id)),
            Event::ChallengeEvery { every, left, used } => {
                self.challenge_every(now, every, left, used);
            }
            Event::Challenge { kind, shows } => self.note_challenge(kind, shows, records),
            Event::Printer(event) => self.note_printer(now, event, records),
            Event::Plc(event) => self.note_plc(now, event, records),
            Event::Camera(event) => self.note_camera(now, event, records),
        }
    }

    fn note_camera(&mut self, now: Instant, event: CameraEvent, records: &mut Vec<Record>) {
        match event {
            CameraEvent::Up => {
                self.camera = Device::Up;
                self.roll.camera_came();
                self.camera_came(now);
            }
            CameraEvent::Down(cause) => {
                self.camera = Device::Down(cause);
                self.lose_count();
            }
            CameraEvent::Read { of, reading, picture } => {
                if self.note_frame_by_hand(of, &reading, picture) {
                    return;
                }
                if self.settings.scenario.has_belt() {
                    self.note_frame(now, of, reading, picture, records);
                } else {
                    self.note_roll_reading(now, of, &reading, picture, records);
                }
            }
            CameraEvent::Wears { along, column, share } => {
                self.trend.note_wear(Wear { along, column, share });
            }
        }
    }

    fn note_printer(&mut self, now: Instant, event: PrinterEvent, records: &mut Vec<Record>) {
        match event {
            PrinterEvent::Up => {
                self.printer = Device::Up;
                self.blocked = None;
                self.gives_back = false;
            }
            PrinterEvent::NotWritten(id) => self.take_back(id, records),
            PrinterEvent::Down(cause) => {
                self.gives_back = false;
                self.printer = Device::Down(cause);
                self.blocked = None;
                self.is_not_only_hot(cause);
                self.lose_printer(records);
                self.note_hands_in_printer(cause);
                if cause == Cause::CounterOff {
                    // A label that nobody sent lies somewhere among the others.
                    self.pad = Pad::Uncertain;
                }
            }
            PrinterEvent::Blocked(cause) => {
                self.blocked = Some(cause);
                self.is_not_only_hot(cause);
                self.print_due = None;
                self.note_hands_in_printer(cause);
            }
            PrinterEvent::Unblocked => {
                self.blocked = None;
                self.await_print(now);
            }
            PrinterEvent::Printed(id) => self.note_printed(now, id, records),
            PrinterEvent::MaybeTwice(id) => self.note_maybe_twice(id, records),
            PrinterEvent::MarkPrinted => self.note_mark_out(now, records),
        }
    }

    /// Labels come out in the order in which they were sent: this one, and all before it.
    fn note_printed(&mut self, now: Instant, id: CodeId, records: &mut Vec<Record>) {
        if self.settings.scenario.is_roll() {
            return self.note_label_out(now, id, records);
        }
        let Some(at) = self.belt.pad.iter().position(|label| label.code.id == id) else { return };
        for label in self.belt.pad.iter_mut().take(at + 1).filter(|label| !label.printed) {
            label.printed = true;
            records.push(Record::Moved { code: label.code.id, step: Step::Print });
        }
        self.await_print(now);
    }

    /// The next label must come out in time, if one is awaited.
    pub(super) fn await_print(&mut self, now: Instant) {
        let awaited = self.unprinted() > 0 && self.blocked.is_none();
        self.print_due = awaited.then(|| now + self.settings.print_within);
    }

    fn note_plc(&mut self, now: Instant, event: PlcEvent, records: &mut Vec<Record>) {
        match event {
            PlcEvent::Up(since) => {
                self.plc = Device::Up;
                self.told = None;
                if since == Since::Lost {
                    self.lose_belt(records);
                    self.lose_count();
                }
                // What was said before may not have arrived; saying it again harms nothing.
                let good = |product: &&Product| product.verdict == Some(Verdict::Good);
                self.to_pass = self.belt.products.iter().filter(good).map(|p| p.tag).collect();
                self.wait_for_quiet(now);
            }
            PlcEvent::Down(cause) => {
                self.plc = Device::Down(cause);
                self.conditions = Conditions::default();
                self.lose_count();
                // Whether a next product came is told too late.
                self.doubt_last(records);
            }
            PlcEvent::Heard { boot, seq } => records.push(Record::Heard { boot, seq }),
            PlcEvent::Condition(conditions) => self.conditions = conditions,
            PlcEvent::ProductArrived(tag) => self.note_arrival(tag, records),
            PlcEvent::Applied(tag) => self.note_applied(now, tag, records),
            PlcEvent::NotApplied(tag) => {
                self.note_unseen_arrival(tag, records);
                let labels = self.settings.scenario.has_pad();
                let waits = self.belt.product(tag).is_some_and(|product| product.verdict.is_none());
                if waits && labels && !self.challenges.is_test(tag) {
                    self.judge_bad(tag, RejectReason::NoLabel, records);
                }
            }
            PlcEvent::Triggered(tag) => self.note_triggered(now, tag, records),
            PlcEvent::Passed(tag) => self.note_passed(tag, records),
            PlcEvent::RejectConfirmed(tag) => self.note_rejected(tag, true, records),
            PlcEvent::RejectUnconfirmed(tag) => self.note_rejected(tag, false, records),
            PlcEvent::PadCleared => self.note_pad_cleared(records),
            PlcEvent::Touching(tag) => self.note_touching(tag, records),
            PlcEvent::NotOrdered(tag) => self.note_not_ordered(tag, records),
            PlcEvent::GateMoved => self.note_gate_moved(),
            PlcEvent::Counted(counts) => self.plc_counts = Some(counts),
        }
    }

    /// A product entered. Told again, it changes nothing.
    pub(super) fn note_arrival(&mut self, tag: Tag, records: &mut Vec<Record>) {
        if self.belt.product(tag).is_none() {
            records.push(Record::ProductSeen { tag });
            // After a loss a product may be heard of late, behind one that came after it.
            let place = self.belt.products.partition_point(|product| product.tag < tag);
            self.belt.products.insert(place, Product::new(tag));
            self.note_test_arrival(tag);
            self.note_full_belt(records);
        }
    }

    /// The oldest label of the pad is on this product. Whatever the printer said of it, it came
    /// out. Where the pad is not known, nobody knows which label that was: the picture may tell.
    fn note_applied(&mut self, now: Instant, tag: Tag, records: &mut Vec<Record>) {
        self.note_unseen_arrival(tag, records);
        if self.pad != Pad::Known || !self.settings.scenario.has_pad() {
            return;
        }
        let Some(Label { code, printed }) = self.belt.pad.pop_front() else { return };
        if !printed {
            records.push(Record::Moved { code: code.id, step: Step::Print });
            self.await_print(now);
        }
        self.put_on(tag, code.id, Some(code.text), CodeState::Printed, records);
    }

    /// Records that a label is on a product.
    pub(super) fn put_on(
        &mut self,
        tag: Tag,
        id: CodeId,
        text: Option<crate::code::CodeText>,
        was: CodeState,
        records: &mut Vec<Record>,
    ) {
        if let Some(other) = self.belt.take_off(id) {
            records.push(Record::ProductLabelled { tag: other, code: None });
        }
        let Some(product) = self.belt.product(tag) else { return };
        // Wherever the label is that it had by the books, it is not here.
        let other = product.code.take();
        self.doubt_on(other, records);
        let Some(product) = self.belt.product(tag) else { return };
        product.code = Some(OnProduct { id, text, state: was });
        Self::step_of(product, Step::Apply, records);
        records.push(Record::ProductLabelled { tag, code: Some(id) });
    }

    /// A product passed the gate. A good one before it should have passed first: it is gone. One
    /// that was to be rejected may still be on its way to the eye of the bin.
    fn note_overtaken(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let most = self.settings.passes_before_bin_eye_max;
        let mut gone = Vec::new();
        for product in self.belt.products.iter_mut().filter(|product| product.tag < tag) {
            product.overtaken += 1;
            if product.verdict == Some(Verdict::Good) || product.overtaken > most {
                gone.push(product.tag);
            }
        }
        for tag in gone {
            self.note_missing(tag, records);
        }
    }

    /// Rejected products come by the eye of the bin in the order of their tags.
    fn note_gone_before(&mut self, tag: Tag, records: &mut Vec<Record>) {
        while let Some(front) = self.belt.products.front().filter(|product| product.tag < tag) {
            self.note_missing(front.tag, records);
        }
    }

    pub(super) fn note_missing(&mut self, tag: Tag, records: &mut Vec<Record>) {
        let product = self.take_product(tag);
        self.unaccount(product, records);
        self.latch(StopReason::ProductMissing);
    }

    fn unaccount(&mut self, product: Option<Product>, records: &mut Vec<Record>) {
        let Some(product) = product else { return };
        if self.challenges.is_test(product.tag) {
            self.fail_challenge(ChallengeSeen::Vanished, records);
        }
        if !Planted::VanishedKeepsCode.is_in() {
            self.doubt_on(product.code, records);
        }
        records.push(Record::ProductSettled { tag: product.tag, fate: Fate::Unaccounted });
    }

    pub(super) fn take_product(&mut self, tag: Tag) -> Option<Product> {
        let at = self.belt.products.iter().position(|product| product.tag == tag)?;
        self.belt.products.remove(at)
    }

    fn note_passed(&mut self, tag: Tag, records: &mut Vec<Record>) {
        self.note_overtaken(tag, records);
        if self.challenges.is_test(tag) {
            self.fail_challenge(ChallengeSeen::Passed, records);
        }
        let Some(product) = self.take_product(tag) else { return };
        if product.verdict == Some(Verdict::Good) {
            self.order.done += 1;
            self.note_left(tag);
            records.push(Record::ProductSettled { tag, fate: Fate::Verified });
        } else {
            self.unaccount(Some(product), records);
            self.latch(StopReason::BadProductPassed);
        }
    }

    fn note_rejected(&mut self, tag: Tag, confirmed: bool, records: &mut Vec<Record>) {
        self.note_gone_before(tag, records);
        if self.belt.product(tag).is_none() {
            return self.note_flushed(tag, confirmed, records);
        }
        if confirmed {
            if self.challenges.is_test(tag) {
                self.note_test_in_bin(records);
            }
            return self.put_in_bin(tag, RejectReason::LateVerdict, records);
        }
        // The gate moved, and nothing fell: nobody knows where product and label are.
        self.latch(StopReason::RejectUnconfirmed);
        records.push(Record::Bin { tag, what: InBin::Unseen });
        if self.challenges.is_test(tag) {
            self.fail_challenge(ChallengeSeen::Unconfirmed, records);
        }
        let product = self.take_product(tag);
        self.unaccount(product.filter(|_| !Planted::RejectUncounted.is_in()), records);
    }

    /// What lay on the pad is waste: known labels are scrapped, the others stay in doubt.
    fn note_pad_cleared(&mut self, records: &mut Vec<Record>) {
        match self.pad {
            Pad::Clearing(_) => {}
            Pad::Uncertain => return,
            Pad::Known => {
                // A second, late answer: labels that we counted on are gone.
                self.pad = Pad::Uncertain;
                self.latch(StopReason::LabelsOutOfStep);
                return;
            }
        }
        for Label { code, printed } in std::mem::take(&mut self.belt.pad) {
            if printed {
                records.push(Record::Moved { code: code.id, step: Step::Scrap });
            } else {
                self.doubt(&code, records);
            }
        }
        self.pad = Pad::Known;
        self.print_due = None;
    }

    /// The PLC does not know what became of the products on the belt.
    fn lose_belt(&mut self, records: &mut Vec<Record>) {
        while let Some(product) = self.belt.products.pop_front() {
            if !Planted::BeltForgotten.is_in() {
                self.unaccount(Some(product), records);
            }
        }
        self.pad = Pad::Uncertain;
    }

    /// Empties everything at the end of a drain that did not end.
    pub(super) fn give_up(&mut self, records: &mut Vec<Record>) {
        self.lose_belt(records);
        for Label { code, .. } in std::mem::take(&mut self.belt.pad) {
            if !Planted::DrainForgets.is_in() {
                self.doubt(&code, records);
            }
        }
        self.give_up_roll(records);
        self.print_due = None;
    }
}
