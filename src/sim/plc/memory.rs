//! The registers of the fake PLC, exactly by `docs/plc/markwright.v1.md`. Pure.
use std::collections::BTreeSet;

/// Input registers, read in one block.
pub const INPUT_REGISTERS: usize = 125;
/// Holding registers.
pub const HOLDING_REGISTERS: usize = 28;

const EVENT_SLOTS: usize = 32;
const VERDICT_SLOTS: u16 = 8;

/// What an event of the ring says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum EventKind {
    /// A product arrived.
    Arrived = 1,
    /// A label was applied.
    Applied = 2,
    /// No label was at the applicator.
    NotApplied = 3,
    /// The camera was triggered.
    Triggered = 4,
    /// It left on the good side.
    Passed = 5,
    /// Pushed out, and the eye of the bin saw it.
    RejectConfirmed = 6,
    /// Pushed out, and the eye of the bin did not see it.
    RejectUnseen = 7,
    /// The pad is clear.
    PadCleared = 8,
    /// It touches the product before it.
    Touching = 9,
    /// The eye of the bin saw it, and the gate was not to push it out.
    NotOrdered = 10,
    /// The gate opened and fell once by hand.
    GateMoved = 11,
}

/// A command as it stands in its register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Command(pub u16);

impl Command {
    /// The belt shall run.
    pub const fn belt(self) -> bool {
        self.0 & 1 != 0
    }

    /// New products may enter.
    pub const fn infeed(self) -> bool {
        self.0 & 2 != 0
    }

    /// Labels at the applicator shall be thrown away.
    pub const fn clear_pad(self) -> bool {
        self.0 & 32 != 0
    }

    /// The camera shall be triggered once.
    pub const fn trigger_camera(self) -> bool {
        self.0 & 64 != 0
    }

    /// The gate shall open and fall once.
    pub const fn move_gate(self) -> bool {
        self.0 & 128 != 0
    }
}

/// Counts since the PLC started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Products seen by the infeed eye.
    pub infeed: u32,
    /// Labels applied.
    pub applied: u32,
    /// Products that left on the good side.
    pub passed: u32,
    /// Products that the gate pushed out.
    pub reject_ordered: u32,
    /// Products that the eye of the bin saw.
    pub reject_confirmed: u32,
    /// Passes for a product already past the gate.
    pub verdict_late: u32,
}

/// Everything that the PLC forgets when it starts anew.
#[derive(Debug, Clone)]
pub struct Memory {
    boot: u16,
    holding: [u16; HOLDING_REGISTERS],
    events: [[u16; 3]; EVENT_SLOTS],
    event_seq: u16,
    command_seq_echo: u16,
    verdict_seq_echo: u16,
    last_tag: u32,
    /// Products between the eye and the gate; its shift register.
    on_belt: BTreeSet<u32>,
    passes: BTreeSet<u32>,
    /// Counts since the start.
    pub counts: Counts,
    /// Grows with every healthy scan.
    pub heartbeat: u16,
}

impl Memory {
    /// A PLC that has just started.
    pub fn started(boot: u16) -> Self {
        Self {
            boot: boot.max(1),
            holding: [0; HOLDING_REGISTERS],
            events: [[0; 3]; EVENT_SLOTS],
            event_seq: 0,
            command_seq_echo: 0,
            verdict_seq_echo: 0,
            last_tag: 0,
            on_belt: BTreeSet::new(),
            passes: BTreeSet::new(),
            counts: Counts::default(),
            heartbeat: 0,
        }
    }

    /// The number of this start.
    pub fn boot(&self) -> u16 {
        self.boot
    }

    /// The next tag, for a product at the infeed eye.
    pub fn give_tag(&mut self) -> u32 {
        self.last_tag += 1;
        self.on_belt.insert(self.last_tag);
        self.counts.infeed += 1;
        self.event(EventKind::Arrived, self.last_tag);
        self.last_tag
    }

    /// Whether the shift register has no product between the infeed eye and the gate.
    pub fn is_clear(&self) -> bool {
        self.on_belt.is_empty()
    }

    /// A product reached the gate: whether a pass was heard for it. It and every product that
    /// should have come before it have left the shift register.
    pub fn at_gate(&mut self, tag: u32) -> bool {
        let pass = self.passes.contains(&tag);
        self.on_belt = self.on_belt.split_off(&(tag + 1));
        self.passes = self.passes.split_off(&(tag + 1));
        pass
    }

    /// Adds an event to the ring.
    pub fn event(&mut self, kind: EventKind, tag: u32) {
        self.event_seq = self.event_seq.wrapping_add(1);
        let [high, low] = halves(tag);
        self.events[usize::from(self.event_seq) % EVENT_SLOTS] = [kind as u16, high, low];
    }

    /// A command that was not carried out yet; it is echoed now.
    pub fn new_command(&mut self) -> Option<Command> {
        let seq = self.holding[2];
        let new = seq != self.command_seq_echo;
        self.command_seq_echo = seq;
        new.then_some(Command(self.holding[1]))
    }

    /// The heartbeat that the other side wrote last.
    pub fn pc_heartbeat(&self) -> u16 {
        self.holding[0]
    }

    /// The holding registers.
    pub fn holding(&self) -> &[u16] {
        &self.holding
    }

    /// Writes holding registers and takes up the verdicts that are new. Returns the tags on the
    /// belt that got a pass by it, or nothing if there are no such registers.
    pub fn write(&mut self, address: u16, values: &[u16]) -> Option<Vec<u32>> {
        let from = usize::from(address);
        self.holding.get_mut(from..from + values.len())?.copy_from_slice(values);
        Some(self.take_up_verdicts())
    }

    /// The input registers.
    pub fn inputs(&self, map_version: u16, status: u16, belt_speed: u16) -> [u16; INPUT_REGISTERS] {
        let mut all = [0; INPUT_REGISTERS];
        let head = [map_version, self.boot, self.heartbeat, status];
        all[..4].copy_from_slice(&head);
        all[4..6].copy_from_slice(&[self.command_seq_echo, self.verdict_seq_echo]);
        let c = self.counts;
        let counts =
            [c.infeed, c.applied, c.passed, c.reject_ordered, c.reject_confirmed, c.verdict_late];
        for (pair, count) in all[6..18].chunks_exact_mut(2).zip(counts) {
            pair.copy_from_slice(&halves(count));
        }
        all[18] = belt_speed;
        all[28] = self.event_seq;
        for (slot, event) in all[29..].chunks_exact_mut(3).zip(self.events) {
            slot.copy_from_slice(&event);
        }
        all
    }

    fn take_up_verdicts(&mut self) -> Vec<u32> {
        let newest = self.holding[3];
        let unheard = newest.wrapping_sub(self.verdict_seq_echo);
        // More than the ring holds: these numbers go on from an earlier start, so do its verdicts.
        let new = if unheard > VERDICT_SLOTS { 0 } else { unheard };
        let numbers = (0..new).rev().map(|back| newest.wrapping_sub(back));
        self.verdict_seq_echo = newest;
        numbers.filter_map(|number| self.take_up(number)).collect()
    }

    fn take_up(&mut self, number: u16) -> Option<u32> {
        let at = 4 + 3 * usize::from(number % VERDICT_SLOTS);
        let [high, low, verdict] = [self.holding[at], self.holding[at + 1], self.holding[at + 2]];
        let tag = u32::from(high) << 16 | u32::from(low);
        if verdict != 1 || tag == 0 || tag > self.last_tag {
            // Not a pass, or a tag of an earlier start: it must not pass a product to come.
            return None;
        }
        if !self.on_belt.contains(&tag) {
            self.counts.verdict_late += 1;
            return None;
        }
        self.passes.insert(tag).then_some(tag)
    }
}

fn halves(value: u32) -> [u16; 2] {
    let bytes = value.to_be_bytes();
    [u16::from_be_bytes([bytes[0], bytes[1]]), u16::from_be_bytes([bytes[2], bytes[3]])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(memory: &mut Memory, seq: u16, tag: u16) -> Vec<u32> {
        memory.write(4 + 3 * (seq % 8), &[0, tag, 1]).unwrap();
        memory.write(3, &[seq]).unwrap()
    }

    #[test]
    fn only_a_product_that_was_passed_may_pass() {
        let mut memory = Memory::started(5);
        let (a, b) = (memory.give_tag(), memory.give_tag());
        assert_eq!(pass(&mut memory, 1, 2), [b]);
        assert!(!memory.at_gate(a));
        assert!(memory.at_gate(b));
    }

    #[test]
    fn a_verdict_written_twice_counts_once() {
        let mut memory = Memory::started(5);
        let tag = memory.give_tag();
        assert_eq!(pass(&mut memory, 1, 1), [tag]);
        assert!(pass(&mut memory, 1, 1).is_empty());
        assert_eq!(memory.inputs(1, 0, 0)[5], 1);
    }

    #[test]
    fn a_verdict_for_a_product_past_the_gate_is_counted_as_late() {
        let mut memory = Memory::started(5);
        let tag = memory.give_tag();
        memory.at_gate(tag);
        assert!(pass(&mut memory, 1, 1).is_empty());
        assert_eq!(memory.counts.verdict_late, 1);
    }

    #[test]
    fn a_pass_from_before_a_restart_passes_nobody_to_come() {
        let mut memory = Memory::started(6);
        assert!(pass(&mut memory, 1, 1).is_empty());
        let tag = memory.give_tag();
        assert!(!memory.at_gate(tag));
    }

    #[test]
    fn verdicts_numbered_from_before_a_restart_are_not_taken_up() {
        let mut memory = Memory::started(6);
        let tag = memory.give_tag();
        assert!(pass(&mut memory, 57, 1).is_empty());
        assert_eq!(memory.inputs(1, 0, 0)[5], 57);
        assert!(!memory.at_gate(tag));
    }

    #[test]
    fn event_number_n_stands_in_slot_n_mod_32_and_wraps_to_zero() {
        let mut memory = Memory::started(1);
        memory.event(EventKind::PadCleared, 0);
        assert_eq!(memory.inputs(1, 0, 0)[32..35], [8, 0, 0]);
        for _ in 0..65_534 {
            memory.event(EventKind::Arrived, 0x1_0002);
        }
        assert_eq!(memory.inputs(1, 0, 0)[28], 65_535);
        memory.event(EventKind::Passed, 0x1_0003);
        let inputs = memory.inputs(1, 0, 0);
        assert_eq!(inputs[28], 0);
        assert_eq!(inputs[29..32], [5, 1, 3]);
    }

    #[test]
    fn a_command_acts_once_a_number() {
        let mut memory = Memory::started(1);
        memory.write(0, &[1, 0b11, 7]).unwrap();
        assert_eq!(memory.new_command(), Some(Command(3)));
        assert_eq!(memory.new_command(), None);
        assert_eq!(memory.inputs(1, 0, 0)[4], 7);
    }

    #[test]
    fn registers_that_are_not_there_cannot_be_written() {
        assert_eq!(Memory::started(1).write(27, &[1, 2]), None);
    }
}
