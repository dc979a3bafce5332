//! What the PLC program makes of its orders: belt, pad, and what a setter has done once.
use super::Floor;
use crate::sim::camera::Shot;
use crate::sim::ledger::LabelPlace;
use crate::sim::plc::memory::{Command, EventKind};
use crate::sim::scene::Look;
use std::time::Duration;

/// Without a change of the other side's heartbeat for so long, belt and infeed stop and the command is
/// forgotten (`docs/plc/markwright.v1.md`, holding register 0).
pub(super) const PC_SILENCE_LIMIT: Duration = Duration::from_secs(1);
/// The gate is open for so long when a setter moves it.
const GATE_BY_HAND: Duration = Duration::from_millis(300);

impl Floor {
    pub(super) fn watch_pc(&mut self, step: Duration) {
        let beat = self.memory.pc_heartbeat();
        if beat == self.pc_heartbeat {
            self.pc_silent = self.pc_silent.saturating_add(step);
        } else {
            (self.pc_heartbeat, self.pc_silent) = (beat, Duration::ZERO);
        }
        if self.pc_silent >= PC_SILENCE_LIMIT && !self.faults.talk.keeps_command {
            // Beats that come back are no order: movement must be asked for anew.
            self.forget_command();
        }
    }

    pub(super) fn obey(&mut self) {
        if let Some(command) = self.memory.new_command() {
            self.command = command;
            self.picture_wanted |= command.trigger_camera();
            if command.move_gate() && !command.belt() && self.memory.is_clear() {
                self.gate_by_hand = Some(GATE_BY_HAND);
            }
            if command.clear_pad() {
                self.clearing = Some(Duration::ZERO);
                while let Some((label, _)) = self.pad.pop_front() {
                    self.move_label(label, LabelPlace::Waste);
                }
            }
        }
        if !self.is_ready() {
            self.open_guard_for_a_moment();
        }
    }

    /// A guard opens and closes between two looks at the status: no bit tells of it.
    pub fn open_guard_for_a_moment(&mut self) {
        self.forget_command();
        self.gate_by_hand = None;
    }

    /// A machine never starts by itself when a guard is closed again (EN ISO 13849-1, 5.2.2). Nor does
    /// the applicator go on to clear the pad.
    fn forget_command(&mut self) {
        self.command = Command::default();
        self.clearing = None;
    }

    /// Whether the machine runs, or could at once.
    pub(super) fn is_ready(&self) -> bool {
        let machine = self.faults.machine;
        let hurt = machine.fault || machine.emergency_stop || machine.guard_open;
        !(hurt || machine.not_ready)
    }

    /// A gate that a hand has opened falls after its time; before that the belt does not move.
    pub(super) fn let_gate_fall(&mut self, step: Duration) {
        let Some(left) = self.gate_by_hand else { return };
        self.gate_by_hand = left.checked_sub(step).filter(|left| !left.is_zero());
        if self.gate_by_hand.is_none() {
            self.memory.event(EventKind::GateMoved, 0);
        }
    }

    pub(super) fn clear_pad(&mut self, step: Duration) {
        let Some(quiet) = self.clearing else { return };
        let quiet = quiet + step;
        if quiet >= self.settings.pad_quiet && self.web_empty {
            self.clearing = None;
            self.memory.event(EventKind::PadCleared, 0);
        } else {
            self.clearing = Some(quiet);
        }
    }

    /// What stands before the camera, and is no product to whoever asked.
    pub(super) fn trigger_by_hand(&mut self) -> Shot {
        self.memory.event(EventKind::Triggered, 0);
        self.triggers += 1;
        let product = self.belt.before_camera();
        let label = product.and_then(|product| product.label.clone());
        let look = if label.is_some() { Look::Clean } else { Look::NoLabel };
        let product = product.map_or(0, |product| product.number);
        Shot { product, tag: 0, trigger: self.triggers, look, label }
    }
}
