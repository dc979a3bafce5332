//! The walk from state to state: what ends a state, and what begins with one.
use super::{Cause, Line, LineState, Mode, Pad, Record, STANDS, StopReason};
use std::time::Instant;

impl Line {
    /// The next state, if things stand so that this one is over.
    pub(super) fn next_state(&mut self) -> Option<(LineState, Option<StopReason>)> {
        use LineState as S;
        if self.state.may_abort_itself()
            && let Some(reason) = self.reason_to_abort()
        {
            return Some((S::Aborting, Some(reason)));
        }
        if self.state.drains() {
            self.why = self.endangers_rejects();
        }
        let next = match self.state {
            S::Stopped if self.wishes.reset => S::Resetting,
            S::Resetting => S::Idle,
            S::Clearing => S::Stopped,
            S::Aborting => S::Aborted,
            S::Starting => return self.after_starting(),
            S::Unholding | S::Unsuspending => return self.after_unholding(),
            S::Execute => return self.after_execute(),
            S::Holding if self.has_settled() => S::Held,
            S::Held if self.goes_on_for_test() || self.has_cooled() => S::Unholding,
            S::Suspending => S::Suspended,
            S::Suspended if self.may_unsuspend() => S::Unsuspending,
            // Nothing runs that would have to be emptied.
            S::Stopping if self.mode != Mode::Production => S::Stopped,
            S::Stopping if self.is_empty() => S::Stopped,
            S::Completing if self.is_empty() && self.is_short() && !self.wishes.ends_early => {
                let off = StopReason::Printer(Cause::CounterOff);
                let reason = self.latched.first().copied().or_else(|| self.device_trouble());
                return Some((S::Holding, Some(reason.unwrap_or(off))));
            }
            S::Completing if self.is_empty() => S::Complete,
            // At rest until somebody asks, or not yet settled or empty.
            S::Stopped
            | S::Idle
            | S::Held
            | S::Aborted
            | S::Complete
            | S::Holding
            | S::Suspended
            | S::Stopping
            | S::Completing => return None,
        };
        Some((next, self.why.filter(|_| matches!(next, S::Held | S::Suspended | S::Aborted))))
    }

    /// Waits in Starting, with the reason shown, until everything is there.
    fn after_starting(&mut self) -> Option<(LineState, Option<StopReason>)> {
        if self.mode != Mode::Production {
            self.why = self.reason_to_abort().or_else(|| self.trouble_of_maintenance());
            return self.why.is_none().then_some((LineState::Execute, None));
        }
        self.why = self.reason_to_wait();
        (self.why.is_none() && self.is_ready()).then_some((LineState::Execute, None))
    }

    /// Goes on, or falls back to Held with the reason.
    fn after_unholding(&mut self) -> Option<(LineState, Option<StopReason>)> {
        if self.mode != Mode::Production {
            let trouble = self.trouble_of_maintenance();
            let next = if trouble.is_some() { LineState::Holding } else { LineState::Execute };
            return Some((next, trouble));
        }
        if let Some(reason) = self.reason_to_wait() {
            return Some((LineState::Holding, Some(reason)));
        }
        let waits = self.reason_to_suspend().filter(|_| self.state == LineState::Unsuspending);
        if let Some(reason) = waits {
            return Some((LineState::Suspending, Some(reason)));
        }
        self.is_ready().then_some((LineState::Execute, None))
    }

    fn after_execute(&mut self) -> Option<(LineState, Option<StopReason>)> {
        if self.mode != Mode::Production {
            return self.trouble_of_maintenance().map(|reason| (LineState::Holding, Some(reason)));
        }
        if self.is_enough() || self.used_up() {
            return Some((LineState::Completing, None));
        }
        if self.roll_is_full() {
            self.latch(StopReason::RollFull);
        }
        if let Some(reason) = self.reason_to_hold() {
            return Some((LineState::Holding, Some(reason)));
        }
        self.reason_to_suspend().map(|reason| (LineState::Suspending, Some(reason)))
    }

    pub(super) fn pad_is_ready(&self) -> bool {
        !self.settings.scenario.has_pad() || self.pad == Pad::Known
    }

    fn is_ready(&self) -> bool {
        self.pad_is_ready() && self.frames_are_ready()
    }

    /// Whether nothing is under way that a hold should wait for.
    fn has_settled(&self) -> bool {
        let printing = self.unprinted() > 0 && self.can_print();
        let reading = self.belt.waits_for_picture() || self.roll.reading_due().is_some();
        self.settle_due.is_none() || !(printing || reading || self.has_marks_to_print())
    }

    fn reason_to_abort(&self) -> Option<StopReason> {
        if !self.settings.scenario.has_belt() {
            return None;
        }
        if !self.plc.is_up() {
            return Some(StopReason::Plc(self.plc.cause()));
        }
        [
            (self.conditions.emergency_stop, StopReason::EmergencyStop),
            (self.conditions.guard_open, StopReason::GuardOpen),
            (self.conditions.fault, StopReason::MachineFault),
            (self.conditions.ready == Some(false), StopReason::NotReady),
        ]
        .into_iter()
        .find_map(|(stands, reason)| stands.then_some(reason))
    }

    fn reason_to_hold(&self) -> Option<StopReason> {
        if let Some(reason) = self.latched.first() {
            return Some(*reason);
        }
        if let Some(reason) = self.device_trouble().or_else(|| self.challenge_trouble()) {
            return Some(reason);
        }
        if !self.pad_is_ready() {
            return Some(StopReason::LabelsOutOfStep);
        }
        (self.lacks_codes() && self.labels_under_way() == 0).then_some(StopReason::NoCodes)
    }

    fn device_trouble(&self) -> Option<StopReason> {
        if self.settings.scenario.prints() && !self.printer.is_up() {
            return Some(StopReason::Printer(self.printer.cause()));
        }
        if let Some(cause) = self.blocked {
            return Some(StopReason::Printer(cause));
        }
        if self.settings.has_camera() && !self.camera.is_up() {
            return Some(StopReason::Camera(self.camera.cause()));
        }
        self.gate_trouble()
    }

    /// Printer and camera may be taken apart then; the gate may not, while the belt is to run.
    fn trouble_of_maintenance(&self) -> Option<StopReason> {
        self.endangers_rejects().filter(|_| self.mode == Mode::Maintenance)
    }

    /// Why it cannot run yet.
    fn reason_to_wait(&self) -> Option<StopReason> {
        let to_release = || self.to_release();
        let trouble = self.reason_to_abort().or_else(to_release).or_else(|| self.device_trouble());
        trouble.or_else(|| self.challenge_trouble()).or_else(|| {
            let prints = self.settings.scenario.prints();
            let none = prints && self.stock.is_empty() && self.labels_under_way() == 0;
            (none && self.wants_labels() && !self.used_up() && !self.is_enough())
                .then_some(StopReason::NoCodes)
        })
    }

    /// A line that is held because its print head was too hot alone goes on when that has cooled:
    /// nobody had to do anything about it.
    fn has_cooled(&self) -> bool {
        let was_hot = self.why == Some(StopReason::Printer(Cause::TooHot));
        was_hot && self.can_print() && self.latched.is_empty()
    }

    /// More is wrong with the printer than heat: that is for a person.
    pub(super) fn is_not_only_hot(&mut self, cause: Cause) {
        if self.why == Some(StopReason::Printer(Cause::TooHot)) {
            self.why = Some(StopReason::Printer(cause));
        }
    }

    /// A neighbour that is not ready.
    pub(super) fn reason_to_suspend(&self) -> Option<StopReason> {
        [
            (self.conditions.blocked, StopReason::Blocked),
            (self.conditions.starved, StopReason::Starved),
        ]
        .into_iter()
        .find_map(|(stands, reason)| stands.then_some(reason))
    }

    /// The only way of changing state.
    pub(super) fn enter(
        &mut self,
        now: Instant,
        next: LineState,
        why: Option<StopReason>,
        records: &mut Vec<Record>,
    ) {
        use LineState as S;
        records.push(Record::Line { from: self.state, to: next, why });
        self.state = next;
        self.why = why;
        self.by_hand.run = STANDS;
        self.wishes.suspended &= matches!(next, S::Suspending | S::Suspended);
        self.drain_due = next.drains().then(|| now + self.settings.drain_within);
        self.drain_paused = false;
        self.follow_belt(now);
        self.settle_due = (next == S::Holding).then(|| now + self.settings.settle_within);
        if next == S::Resetting {
            self.wishes.reset = false;
            self.wishes.ends_early = false;
        }
        self.enter_with_roll(next);
        self.scrap_at_rest(records);
        if next == S::Aborting && self.settings.scenario.has_belt() {
            // Nobody watched the pad while the machine was stopped by force.
            self.pad = Pad::Uncertain;
        }
    }
}
