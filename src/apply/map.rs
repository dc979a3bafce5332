//! The register map `markwright.v1` (pure): `docs/plc/markwright.v1.md` in code.
use crate::line::{Conditions, Light, PlcEvent, Run, Tag};
use std::collections::VecDeque;

/// The map that we speak.
pub(super) const MAP_VERSION: u16 = 1;
/// Input registers in one read.
pub(super) const BLOCK_LEN: u16 = 125;
/// Where heartbeat, command and its number are written.
pub(super) const COMMAND_AT: u16 = 0;
/// Where the number of the newest verdict and the ring of verdicts are written.
pub(super) const VERDICT_AT: u16 = 3;

const EVENT_SLOTS: u16 = 32;
const EVENTS_AT: usize = 29;
const VERDICT_SLOTS: u16 = 8;
const VERDICT_PASS: u16 = 1;
const CLEAR_PAD: u16 = 1 << 5;

/// What the PLC says in one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) map_version: u16,
    pub(super) boot: u16,
    pub(super) heartbeat: u16,
    pub(super) conditions: Conditions,
    pub(super) command_echo: u16,
    pub(super) verdict_echo: u16,
    pub(super) event_seq: u16,
    events: Vec<u16>,
}

/// A block, or an event in it, that no PLC with this map would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Nonsense {
    #[error("a block of {0} registers, wanted {BLOCK_LEN}")]
    Length(usize),
    #[error("event {seq} is of kind {kind}, which the map does not know")]
    Kind { seq: u16, kind: u16 },
}

impl Block {
    /// Reads the block of input registers.
    pub(super) fn read(words: &[u16]) -> Result<Self, Nonsense> {
        if words.len() != usize::from(BLOCK_LEN) {
            return Err(Nonsense::Length(words.len()));
        }
        Ok(Self {
            map_version: words[0],
            boot: words[1],
            heartbeat: words[2],
            conditions: conditions(words[3]),
            command_echo: words[4],
            verdict_echo: words[5],
            event_seq: words[28],
            events: words[EVENTS_AT..].to_vec(),
        })
    }

    /// The event of this number. Only the last 32 are still there.
    fn event(&self, seq: u16) -> Result<PlcEvent, Nonsense> {
        let at = usize::from(seq % EVENT_SLOTS) * 3;
        let tag = Tag(u32::from(self.events[at + 1]) << 16 | u32::from(self.events[at + 2]));
        Ok(match self.events[at] {
            1 => PlcEvent::ProductArrived(tag),
            2 => PlcEvent::Applied(tag),
            3 => PlcEvent::NotApplied(tag),
            4 => PlcEvent::Triggered(tag),
            5 => PlcEvent::Passed(tag),
            6 => PlcEvent::RejectConfirmed(tag),
            7 => PlcEvent::RejectUnconfirmed(tag),
            8 => PlcEvent::PadCleared,
            kind => return Err(Nonsense::Kind { seq, kind }),
        })
    }

    /// The events after number `heard`, oldest first; nothing if some of them are gone.
    pub(super) fn events_after(&self, heard: u16) -> Result<Option<Vec<PlcEvent>>, Nonsense> {
        let new = self.event_seq.wrapping_sub(heard);
        if new > EVENT_SLOTS {
            return Ok(None);
        }
        let events = (1..=new).map(|n| self.event(heard.wrapping_add(n)));
        events.collect::<Result<_, _>>().map(Some)
    }
}

fn conditions(status: u16) -> Conditions {
    let bit = |n: u16| status & 1 << n != 0;
    Conditions {
        fault: bit(3),
        blocked: bit(4),
        starved: bit(5),
        emergency_stop: bit(6),
        guard_open: bit(7),
        air_low: bit(8),
        bin_full: bit(9),
    }
}

/// What we want of the machine, as a level: what is not yet carried out is written again with the
/// next number, and never two numbers at once.
#[derive(Debug)]
pub(super) struct Orders {
    wanted: u16,
    clear_wanted: bool,
    written: Option<u16>,
    seq: u16,
    any: bool,
}

impl Orders {
    /// Goes on after the number that the PLC carried out last. Nothing is wanted yet.
    pub(super) fn after(echo: u16) -> Self {
        Self { wanted: 0, clear_wanted: false, written: None, seq: echo, any: false }
    }

    pub(super) fn run(&mut self, run: Run) {
        self.want(0b11, u16::from(run.belt) | u16::from(run.infeed) << 1);
    }

    pub(super) fn show(&mut self, light: Light) {
        let bits = match light {
            Light::Off => 0,
            Light::Green => 1 << 2,
            Light::Amber => 1 << 3,
            Light::Red => 1 << 4,
        };
        self.want(0b1_1100, bits);
    }

    pub(super) fn clear_pad(&mut self) {
        self.clear_wanted = true;
        self.any = true;
    }

    fn want(&mut self, mask: u16, bits: u16) {
        self.wanted = self.wanted & !mask | bits;
        self.any = true;
    }

    /// Whether a new command must be written, given the number that was carried out last.
    pub(super) fn is_due(&self, echo: u16) -> bool {
        let differs =
            self.clear_wanted || self.written.map(|w| w & !CLEAR_PAD) != Some(self.wanted);
        self.any && differs && echo == self.seq
    }

    /// Makes the new command. "Clear the pad" is part of one number only.
    pub(super) fn advance(&mut self) {
        let clear = if self.clear_wanted { CLEAR_PAD } else { 0 };
        self.clear_wanted = false;
        self.written = Some(self.wanted | clear);
        self.seq = self.seq.wrapping_add(1);
    }

    /// The registers from [`COMMAND_AT`].
    pub(super) fn registers(&self, heartbeat: u16) -> [u16; 3] {
        [heartbeat, self.written.unwrap_or(0), self.seq]
    }
}

/// The verdicts that are spoken: passes.
#[derive(Debug)]
pub(super) struct Passes {
    waiting: VecDeque<Tag>,
    ring: [u16; 24],
    seq: u16,
}

/// Passes that may wait for a place in the ring: a belt that carries more products between camera
/// and gate is not known.
const PASSES_WAITING: usize = 64;

impl Passes {
    /// Goes on after the number that the PLC took up last.
    pub(super) fn after(echo: u16) -> Self {
        Self { waiting: VecDeque::new(), ring: [0; 24], seq: echo }
    }

    /// This product may pass. False if the PLC has not taken up so many that it will never do.
    #[must_use]
    pub(super) fn push(&mut self, tag: Tag) -> bool {
        self.waiting.push_back(tag);
        self.waiting.len() <= PASSES_WAITING
    }

    /// Puts waiting passes into the ring as far as there is room: never more than eight that the
    /// PLC has not taken up. True if there is something to write.
    pub(super) fn advance(&mut self, echo: u16) -> bool {
        let before = self.seq;
        while self.seq.wrapping_sub(echo) < VERDICT_SLOTS
            && let Some(Tag(tag)) = self.waiting.pop_front()
        {
            self.seq = self.seq.wrapping_add(1);
            let at = usize::from(self.seq % VERDICT_SLOTS) * 3;
            let [_, _, low @ ..] = tag.to_be_bytes();
            let [high @ .., _, _] = tag.to_be_bytes();
            let slot = [u16::from_be_bytes(high), u16::from_be_bytes(low), VERDICT_PASS];
            self.ring[at..at + 3].copy_from_slice(&slot);
        }
        self.seq != before
    }

    /// The registers from [`VERDICT_AT`].
    pub(super) fn registers(&self) -> Vec<u16> {
        std::iter::once(self.seq).chain(self.ring).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(event_seq: u16, events: &[(u16, u16, u32)]) -> Block {
        let mut words = [0; 125];
        (words[0], words[1], words[28]) = (1, 7, event_seq);
        for (seq, kind, tag) in events {
            let at = 29 + usize::from(seq % 32) * 3;
            words[at] = *kind;
            words[at + 1] = u16::try_from(tag >> 16).unwrap();
            words[at + 2] = u16::try_from(tag & 0xffff).unwrap();
        }
        Block::read(&words).unwrap()
    }

    #[test]
    fn every_kind_of_event_becomes_its_fact() {
        let kinds: Vec<_> = (1..=8).map(|n| (n, n, 0x1_0002)).collect();
        let tag = Tag(65538);
        let wanted = vec![
            PlcEvent::ProductArrived(tag),
            PlcEvent::Applied(tag),
            PlcEvent::NotApplied(tag),
            PlcEvent::Triggered(tag),
            PlcEvent::Passed(tag),
            PlcEvent::RejectConfirmed(tag),
            PlcEvent::RejectUnconfirmed(tag),
            PlcEvent::PadCleared,
        ];
        assert_eq!(block(8, &kinds).events_after(0), Ok(Some(wanted)));
    }

    #[test]
    fn events_go_on_over_the_end_of_their_numbers() {
        let block = block(1, &[(65535, 1, 10), (0, 1, 11), (1, 1, 12)]);
        let wanted = [10, 11, 12].map(|tag| PlcEvent::ProductArrived(Tag(tag))).to_vec();
        assert_eq!(block.events_after(65534), Ok(Some(wanted)));
    }

    #[test]
    fn a_whole_ring_is_caught_up_and_one_more_is_lost() {
        let events: Vec<_> = (1..=32).map(|n| (n, 4, u32::from(n))).collect();
        assert_eq!(block(32, &events).events_after(0).unwrap().unwrap().len(), 32);
        assert_eq!(block(33, &events).events_after(0), Ok(None));
    }

    #[test]
    fn an_unknown_kind_and_a_short_block_are_nonsense() {
        assert_eq!(block(1, &[(1, 9, 1)]).events_after(0), Err(Nonsense::Kind { seq: 1, kind: 9 }));
        assert_eq!(Block::read(&[1; 124]), Err(Nonsense::Length(124)));
    }

    #[test]
    fn every_status_bit_becomes_its_condition() {
        assert_eq!(conditions(0b111), Conditions::default());
        assert!(conditions(1 << 3).fault);
        assert!(conditions(1 << 4).blocked);
        assert!(conditions(1 << 5).starved);
        assert!(conditions(1 << 6).emergency_stop);
        assert!(conditions(1 << 7).guard_open);
        assert!(conditions(1 << 8).air_low);
        assert!(conditions(1 << 9).bin_full);
    }

    #[test]
    fn nothing_is_ordered_before_somebody_wants_something() {
        let orders = Orders::after(9);
        assert!(!orders.is_due(9));
        assert_eq!(orders.registers(3), [3, 0, 9]);
    }

    #[test]
    fn standing_still_is_ordered_too() {
        let mut orders = Orders::after(9);
        orders.run(Run { belt: false, infeed: false });
        assert!(orders.is_due(9));
        orders.advance();
        assert_eq!(orders.registers(0), [0, 0, 10]);
        assert!(!orders.is_due(10));
    }

    #[test]
    fn the_next_order_waits_until_the_last_one_is_carried_out() {
        let mut orders = Orders::after(0);
        orders.clear_pad();
        orders.advance();
        orders.run(Run { belt: true, infeed: true });
        orders.show(Light::Green);
        assert!(!orders.is_due(0), "the pad is not cleared yet");
        assert!(orders.is_due(1));
        orders.advance();
        assert_eq!(orders.registers(0), [0, 0b111, 2], "and it is cleared once");
        orders.show(Light::Red);
        orders.advance();
        assert_eq!(orders.registers(0), [0, 0b1_0011, 3]);
    }

    #[test]
    fn a_pass_stands_in_the_slot_of_its_number() {
        let mut passes = Passes::after(6);
        assert!(passes.push(Tag(0x0001_0203)) && passes.push(Tag(5)));
        assert!(passes.advance(6));
        let registers = passes.registers();
        assert_eq!(registers[0], 8);
        assert_eq!(registers[1 + 7 * 3..], [1, 0x0203, 1]);
        assert_eq!(registers[1..4], [0, 5, 1]);
        assert!(!passes.advance(8), "nothing new");
    }

    #[test]
    fn passes_that_the_plc_never_takes_up_are_not_piled_up_for_ever() {
        let mut passes = Passes::after(0);
        let taken = (0..100).take_while(|tag| {
            let taken = passes.push(Tag(*tag));
            passes.advance(0);
            taken
        });
        assert_eq!(taken.count(), 8 + PASSES_WAITING);
    }

    proptest! {
        #[test]
        fn never_more_than_eight_passes_are_not_taken_up(
            start: u16, pushes in proptest::collection::vec(0..5_u16, 1..40),
        ) {
            let (mut passes, mut echo, mut tag) = (Passes::after(start), start, 0);
            for pushed in pushes {
                for _ in 0..pushed {
                    tag += 1;
                    let _ = passes.push(Tag(tag));
                }
                passes.advance(echo);
                let out = passes.registers()[0].wrapping_sub(echo);
                prop_assert!(out <= 8);
                echo = echo.wrapping_add(out.min(2));
            }
        }

        #[test]
        fn no_registers_make_a_reader_panic(words in proptest::collection::vec(any::<u16>(), 125), heard: u16) {
            let _ = Block::read(&words).map(|block| block.events_after(heard));
        }
    }
}
