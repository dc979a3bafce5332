//! Whether a reject would end in the bin. While that is not sure, nothing moves past the gate, whatever
//! the line is there for and in whatever state it is.
use super::planted::Planted;
use super::{Line, LineState, LineView, Mode, STANDS, StopReason};
use std::time::Instant;

impl StopReason {
    /// Whether rejecting is not safe while it stands: the gate cannot push out, the bin cannot take, or
    /// a reject got lost and nobody with the right has seen to it.
    pub const fn endangers_rejects(self) -> bool {
        matches!(self, Self::BinFull | Self::AirLow) || self.needs_release()
    }
}

impl LineView {
    /// Why the belt must not move now, if a reject might not end in the bin.
    pub fn endangers_rejects(&self) -> Option<StopReason> {
        self.alarms.iter().copied().find(|reason| reason.endangers_rejects())
    }
}

impl Line {
    /// What keeps gate and bin from taking rejects: it passes by itself.
    pub(super) fn gate_trouble(&self) -> Option<StopReason> {
        [
            (self.conditions.bin_full, StopReason::BinFull),
            (self.conditions.air_low, StopReason::AirLow),
        ]
        .into_iter()
        .find_map(|(stands, reason)| stands.then_some(reason))
    }

    /// What stands until somebody with the right has released it.
    pub(super) fn to_release(&self) -> Option<StopReason> {
        self.latched.iter().copied().find(|reason| reason.needs_release())
    }

    /// Why a reject might not end in the bin.
    pub(super) fn endangers_rejects(&self) -> Option<StopReason> {
        let has_gate = self.settings.scenario.has_belt();
        self.to_release().or_else(|| self.gate_trouble()).filter(|_| has_gate)
    }

    /// Whether the belt moves.
    pub(super) fn belt_runs(&self) -> bool {
        let asked = match self.mode {
            Mode::Production => self.state.belt_runs(),
            Mode::Maintenance => self.state == LineState::Execute,
            Mode::Manual => self.state == LineState::Execute && self.by_hand.run.belt,
        };
        asked && (self.endangers_rejects().is_none() || Planted::RejectsBlindly.is_in())
    }

    /// Takes notice when the belt begins to move or stops. What a hand lets run does not go on by
    /// itself: somebody may have a hand in it.
    pub(super) fn follow_belt(&mut self, now: Instant) {
        let runs = self.belt_runs();
        let ran = self.belt_ran.replace(runs).unwrap_or(runs);
        self.note_belt(now, ran, runs);
        let stands = self.endangers_rejects().is_some();
        if stands && self.mode == Mode::Manual {
            self.by_hand.run = STANDS;
        }
        self.follow_drain(now, stands);
    }

    /// The time in which the belt must get empty counts only while it may run.
    fn follow_drain(&mut self, now: Instant, stands: bool) {
        if !self.state.drains() {
            return;
        }
        let paused = std::mem::replace(&mut self.drain_paused, stands);
        if stands {
            self.drain_due = None;
        } else if paused {
            self.drain_due = Some(now + self.settings.drain_within);
        }
    }
}
