//! Decisions: what to do about how things stand. A second call adds nothing.
use super::planted::Planted;
use super::{
    Command, Device, Light, Line, LineSettings, LineState, Mode, Outcome, Pad, PlcCommand,
    PrinterCommand, Record, Run, StopReason, Tag,
};
use std::time::Instant;

/// Codes that the camera is told of. A picture shows one of the first of them, as long as no label
/// is lost.
const EXPECTED_MAX: usize = 8;

impl Line {
    pub(super) fn decide(&mut self, now: Instant, out: &mut Outcome) {
        self.follow_belt(now);
        self.decide_late(now, out);
        self.follow_belt(now);
        // Seventeen states: a longer walk would be a circle.
        for _ in 0..LineState::ALL.len() {
            let Some((next, why)) = self.next_state() else { break };
            self.enter(now, next, why, &mut out.records);
        }
        self.decide_alarms(&mut out.records);
        self.keep_plc_counts(&mut out.records);
        self.decide_spoken(out);
        self.decide_once(out);
        self.decide_clear(now, out);
        self.decide_print(now, out);
        self.decide_refill(out);
        self.decide_tell(out);
        self.watch_belt(now);
        self.decide_expected(out);
    }

    /// What should have happened by now and did not.
    fn decide_late(&mut self, now: Instant, out: &mut Outcome) {
        self.decide_challenge(now);
        self.watch_belt(now);
        if self.belt_due.take_if(|due| *due <= now).is_some() {
            self.latch(StopReason::BeltStands);
        }
        self.by_hand.once.give_up(now);
        let records = &mut out.records;
        self.decide_unread(now, records);
        self.decide_frames(now, records);
        while let Some(tag) = self.belt.picture_late(now) {
            self.judge_late(tag, records);
        }
        if self.print_due.is_some_and(|due| due <= now) {
            self.lose_printer(records);
            self.latch(StopReason::PrintLate);
            self.cancel(&mut out.commands);
        }
        let (in_a_row, share) = (self.settings.rejects_in_a_row_max, self.settings.rejects_of_last);
        if self.mode == Mode::Production
            && let Some(reason) = self.guard.reason(in_a_row, share)
        {
            self.latch(reason);
        }
        if self.refill_at.is_some_and(|due| due <= now) {
            self.refill_at = None;
        }
        if self.drain_due.is_some_and(|due| due <= now) {
            self.drain_due = None;
            if self.unprinted() > 0 {
                self.cancel(&mut out.commands);
            }
            self.give_up(records);
        }
        if self.settle_due.is_some_and(|due| due <= now) {
            self.settle_due = None;
        }
    }

    /// What was put in doubt must not come out after all.
    fn cancel(&self, commands: &mut Vec<Command>) {
        if self.printer.is_up() {
            commands.push(Command::Printer(PrinterCommand::Cancel));
        }
    }

    /// Labels and marks handed to the printer that did not come out yet.
    pub(super) fn unprinted(&self) -> usize {
        self.belt.unprinted() + self.roll.unprinted()
    }

    pub(super) fn lacks_codes(&self) -> bool {
        self.stock.len() < self.row_least() && self.refill_at.is_some() && self.wants_labels()
    }

    /// The job's codes are used up, and no more will come: it ends short, also right after a start.
    pub(super) fn used_up(&self) -> bool {
        self.settings.ends_with_codes && self.lacks_codes() && self.labels_under_way() == 0
    }

    /// Whether everything is made that was asked for; spare labels, if there are codes for them.
    pub(super) fn is_enough(&self) -> bool {
        let (done, planned) = (self.order.done, self.order.planned);
        let no_spare = self.lacks_codes() && self.labels_under_way() == 0;
        planned > 0 && (done >= self.goal() || (done >= planned && no_spare))
    }

    pub(super) const fn goal(&self) -> u64 {
        self.settings.roll.goal(self.order.planned)
    }

    /// Labels that are on their way to a good end, and those that reached it.
    pub(super) fn promised(&self) -> u64 {
        let on_products = self.belt.products.iter().filter(|product| product.may_turn_out_good());
        self.order.done + (on_products.count() + self.labels_under_way()) as u64
    }

    pub(super) fn wants_labels(&self) -> bool {
        self.order.planned == 0 || self.promised() < self.goal()
    }

    fn wants_products(&self) -> bool {
        if let Some(test_product) = self.wants_test_product() {
            return test_product;
        }
        let coming = self.order.done + self.belt.hopeful() as u64;
        let enough = self.order.planned > 0 && coming >= self.order.planned;
        // When codes run out, no product enters that could not get a label.
        let no_label = self.stock.is_empty()
            && self.refill_at.is_some()
            && self.belt.unlabelled() >= self.belt.pad.len();
        !(enough || no_label)
    }

    fn decide_alarms(&mut self, records: &mut Vec<Record>) {
        let standing = self.standing();
        let came = standing.iter().filter(|reason| !self.alarms.contains(reason));
        records.extend(came.map(|reason| Record::AlarmRaised(*reason)));
        let gone = self.alarms.iter().filter(|reason| !standing.contains(reason));
        records.extend(gone.map(|reason| Record::AlarmCleared(*reason)));
        let kept = self.alarms.iter().copied().filter(|reason| standing.contains(reason));
        let new = standing.iter().copied().filter(|reason| !self.alarms.contains(reason));
        self.alarms = kept.chain(new).collect();
    }

    /// Every trouble that stands now. A device that never spoke is no trouble before a start.
    fn standing(&self) -> Vec<StopReason> {
        let mut standing = self.latched.clone();
        if let Device::Down(cause) = self.plc {
            standing.push(StopReason::Plc(cause));
        }
        if let Device::Down(cause) = self.printer {
            standing.push(StopReason::Printer(cause));
        }
        standing.extend(self.blocked.map(StopReason::Printer));
        if let Device::Down(cause) = self.camera {
            standing.push(StopReason::Camera(cause));
        }
        standing.extend(self.trend.warnings());
        let conditions = self.conditions;
        // Why it is not ready says more than that it is not.
        let said_why = conditions.emergency_stop || conditions.guard_open || conditions.fault;
        let flags = [
            (conditions.ready == Some(false) && !said_why, StopReason::NotReady),
            (conditions.emergency_stop, StopReason::EmergencyStop),
            (conditions.guard_open, StopReason::GuardOpen),
            (conditions.fault, StopReason::MachineFault),
            (conditions.bin_full, StopReason::BinFull),
            (conditions.air_low, StopReason::AirLow),
            (self.lacks_codes(), StopReason::NoCodes),
        ];
        standing.extend(self.challenge_trouble());
        standing.extend(flags.into_iter().filter_map(|(stands, reason)| stands.then_some(reason)));
        standing
    }

    /// Only a good product is spoken for, and only when nothing can make it unsure any more: the gate
    /// takes silence for a no, and a pass is not taken back.
    fn decide_spoken(&mut self, out: &mut Outcome) {
        if self.plc.is_up() {
            let good = |tag: &Tag| self.belt.is_good(*tag);
            let wanted = std::mem::take(&mut self.to_pass).into_iter().filter(good);
            let (unsure, sure): (Vec<_>, Vec<_>) =
                wanted.partition(|tag| self.frames.are_unsure_of(*tag));
            self.to_pass = unsure;
            if Planted::PassAgain.is_in() {
                self.to_pass.extend(&sure);
            }
            out.commands.extend(sure.into_iter().map(|tag| Command::Plc(PlcCommand::Pass(tag))));
        }
        let look_up = |(tag, text)| Command::LookUp { tag, text };
        out.commands.extend(self.to_look_up.drain(..).map(look_up));
        out.commands.extend(self.to_take.drain(..).map(Command::TakePicture));
        out.commands.extend(self.to_keep.drain(..).map(Command::KeepPicture));
    }

    /// Which labels the camera may see next, whenever that changes.
    fn decide_expected(&mut self, out: &mut Outcome) {
        let next = || self.belt.to_be_read().chain(self.roll.to_be_read()).take(EXPECTED_MAX);
        if self.settings.has_camera() && !next().eq(&self.expected) {
            let codes: Vec<_> = next().cloned().collect();
            self.expected.clone_from(&codes);
            out.commands.push(Command::Expect(codes));
        }
    }

    fn decide_clear(&mut self, now: Instant, out: &mut Outcome) {
        use LineState as S;
        let wanted = match (self.state, self.pad) {
            (_, Pad::Clearing(again)) => again <= now,
            (_, Pad::Known | Pad::Uncertain) if self.mode != Mode::Production => {
                std::mem::take(&mut self.by_hand.clears)
            }
            (S::Starting | S::Unholding | S::Unsuspending, Pad::Uncertain) => true,
            (S::Stopping | S::Completing, Pad::Known | Pad::Uncertain) => {
                let drained = self.belt.products.is_empty() && self.belt.unprinted() == 0;
                drained && !self.belt.pad.is_empty()
            }
            (_, Pad::Known | Pad::Uncertain) => false,
        };
        if wanted && self.settings.scenario.has_pad() {
            // Asked again even while the PLC is away: the deadline must move on.
            self.pad = Pad::Clearing(now + self.settings.clear_within);
            if self.plc.is_up() {
                out.commands.push(Command::Plc(PlcCommand::ClearPad));
            }
        }
    }

    /// Whether the printer takes labels.
    pub(super) fn can_print(&self) -> bool {
        self.printer.is_up() && self.blocked.is_none() && !self.gives_back
    }

    fn decide_print(&mut self, now: Instant, out: &mut Outcome) {
        if self.settings.scenario.is_roll() {
            return self.decide_roll(now, out);
        }
        if !self.settings.scenario.prints() {
            return;
        }
        let able = self.makes_goods() && self.can_print() && self.pad_is_ready();
        let LineSettings { labels_ahead, rows_in_printer, .. } = self.settings;
        while able
            && self.belt.pad.len() < labels_ahead
            && self.belt.unprinted() < rows_in_printer.max(1)
            && self.wants_labels()
        {
            let Some(code) = self.stock.pop_front() else { break };
            self.send(code.id, &mut out.records);
            let row = vec![code.clone()];
            out.commands.push(Command::Printer(PrinterCommand::Row(row)));
            self.belt.pad.push_back(super::belt::Label { code, printed: false });
            self.print_due.get_or_insert(now + self.settings.print_within);
        }
    }

    fn decide_refill(&mut self, out: &mut Outcome) {
        use LineState as S;
        let rests = matches!(self.state, S::Stopped | S::Clearing | S::Aborted | S::Complete);
        let low = self.settings.scenario.prints() && self.stock.len() < self.settings.stock_low;
        let rests = rests || self.mode != Mode::Production;
        if low && !rests && !self.refilling && self.refill_at.is_none() {
            self.refilling = true;
            let want = self.settings.stock_full - self.stock.len();
            out.commands.push(Command::Refill { want });
        }
    }

    /// Outputs follow the state; after a connection the line says how it stands once more.
    fn decide_tell(&mut self, out: &mut Outcome) {
        if !self.plc.is_up() || !self.settings.scenario.has_belt() {
            return;
        }
        let run = Run {
            belt: self.belt_runs(),
            infeed: self.by_hand.run.infeed || (self.produces() && self.wants_products()),
        };
        let tell = (run, self.light());
        if self.told != Some(tell) {
            self.told = Some(tell);
            out.commands.push(Command::Plc(PlcCommand::Run(run)));
            out.commands.push(Command::Plc(PlcCommand::Show(tell.1)));
        }
    }

    /// A belt that was ordered to run must run soon, and go on. A PLC that forgot its order, because
    /// a guard was open for less than a cycle or our heartbeat stood, says nothing else of it.
    fn watch_belt(&mut self, now: Instant) {
        let ordered = self.mode == Mode::Production && self.plc.is_up() && self.belt_runs();
        let stands = ordered && self.conditions.belt_runs == Some(false);
        let due = self.belt_due.unwrap_or(now + self.settings.belt_within);
        self.belt_due = stands.then_some(due);
    }

    fn light(&self) -> Light {
        use LineState as S;
        match self.state {
            S::Execute if self.mode == Mode::Production => Light::Green,
            S::Held | S::Holding | S::Aborting | S::Aborted => Light::Red,
            S::Stopped | S::Idle | S::Complete => Light::Off,
            // Not in Production.
            S::Execute
            | S::Clearing
            | S::Starting
            | S::Suspended
            | S::Stopping
            | S::Unholding
            | S::Suspending
            | S::Unsuspending
            | S::Resetting
            | S::Completing => Light::Amber,
        }
    }
}
