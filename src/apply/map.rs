//! What a PLC says by numbered events, and what we order and let pass (pure). What it means is
//! `docs/plc/markwright.v1.md`; where it stands is [`EventsMap`].
use super::events::EventsMap;
use super::points::WordOrder;
use crate::line::{Conditions, Light, PlcCounts, PlcEvent, Run, Tag};
use std::collections::VecDeque;

/// What is ordered once: each stands in one number only.
pub(super) const CLEAR_PAD: u16 = 1 << 5;
pub(super) const TRIGGER_CAMERA: u16 = 1 << 6;
pub(super) const MOVE_GATE: u16 = 1 << 7;
const ONCE: u16 = CLEAR_PAD | TRIGGER_CAMERA | MOVE_GATE;

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
    pub(super) counts: Option<PlcCounts>,
    /// Kind and tag by slot.
    events: Vec<(u16, Tag)>,
}

/// A block, or an event in it, that no PLC with this map would give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Nonsense {
    #[error("a block of {found} registers, wanted {wanted}")]
    Length { found: usize, wanted: u16 },
    #[error("event {seq} is of kind {kind}, which the map does not know")]
    Kind { seq: u16, kind: u16 },
}

impl Block {
    /// Reads the block of registers.
    pub(super) fn read(map: &EventsMap, words: &[u16]) -> Result<Self, Nonsense> {
        if words.len() != usize::from(map.block.len) {
            return Err(Nonsense::Length { found: words.len(), wanted: map.block.len });
        }
        let word = |at: u16| words[map.block.index(at)];
        let (at, slots, order) = map.events;
        let ring = &words[map.block.index(at)..][..usize::from(slots) * 3];
        let event = |slot: &[u16]| (slot[0], Tag(order.join([slot[1], slot[2]])));
        let wide = |(at, order): (u16, WordOrder)| order.join([word(at), word(at + 1)]);
        let counts = map.counts.map(|places| {
            let [infeed, applied, passed, reject_ordered, reject_confirmed, verdict_late] =
                places.map(wide);
            PlcCounts {
                boot: word(map.boot),
                infeed,
                applied,
                passed,
                reject_ordered,
                reject_confirmed,
                verdict_late,
            }
        });
        Ok(Self {
            map_version: word(map.version.0),
            boot: word(map.boot),
            heartbeat: word(map.heartbeat),
            conditions: map.conditions(word(map.status)),
            command_echo: word(map.command_echo),
            verdict_echo: word(map.verdict_echo),
            event_seq: word(map.event_seq),
            counts,
            events: ring.chunks_exact(3).map(event).collect(),
        })
    }

    /// The event of this number. Only those of the last turn of the ring are still there.
    fn event(&self, seq: u16) -> Result<PlcEvent, Nonsense> {
        let (kind, tag) = self.events[usize::from(seq) % self.events.len()];
        Ok(match kind {
            1 => PlcEvent::ProductArrived(tag),
            2 => PlcEvent::Applied(tag),
            3 => PlcEvent::NotApplied(tag),
            4 => PlcEvent::Triggered(tag),
            5 => PlcEvent::Passed(tag),
            6 => PlcEvent::RejectConfirmed(tag),
            7 => PlcEvent::RejectUnconfirmed(tag),
            8 => PlcEvent::PadCleared,
            9 => PlcEvent::Touching(tag),
            10 => PlcEvent::NotOrdered(tag),
            11 => PlcEvent::GateMoved,
            kind => return Err(Nonsense::Kind { seq, kind }),
        })
    }

    /// The events after number `heard`, oldest first; nothing if some of them are gone.
    pub(super) fn events_after(&self, heard: u16) -> Result<Option<Vec<PlcEvent>>, Nonsense> {
        let new = self.event_seq.wrapping_sub(heard);
        if usize::from(new) > self.events.len() {
            return Ok(None);
        }
        let events = (1..=new).map(|n| self.event(heard.wrapping_add(n)));
        events.collect::<Result<_, _>>().map(Some)
    }
}

/// What we want of the machine, as a level: what is not yet carried out is written again with the
/// next number, and never two numbers at once.
#[derive(Debug)]
pub(super) struct Orders {
    wanted: u16,
    /// Which of [`ONCE`] are wanted.
    once: u16,
    pub(super) written: u16,
    pub(super) seq: u16,
}

impl Orders {
    /// Goes on after the number that the PLC carried out last, and orders that nothing runs: what was
    /// ordered before this connection must not go on with its first beat. The next number may stand
    /// in the PLC already, written by the connection before this one and not yet taken up. The one
    /// after that is new to it in any case.
    pub(super) fn after(echo: u16) -> Self {
        Self { wanted: 0, once: 0, written: 0, seq: echo.wrapping_add(2) }
    }

    /// Whether the PLC, which shows this number, has carried out what was written last.
    pub(super) fn are_carried_out(&self, echo: u16) -> bool {
        echo == self.seq
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

    /// One of [`ONCE`].
    pub(super) fn once(&mut self, bit: u16) {
        self.once |= bit;
    }

    fn want(&mut self, mask: u16, bits: u16) {
        self.wanted = self.wanted & !mask | bits;
    }

    /// Whether a new command must be written, given the number that was carried out last.
    pub(super) fn is_due(&self, echo: u16) -> bool {
        let differs = self.once != 0 || self.written & !ONCE != self.wanted;
        differs && self.are_carried_out(echo)
    }

    /// Makes the new command. What is ordered once is part of one number only.
    pub(super) fn advance(&mut self) {
        self.written = self.wanted | std::mem::take(&mut self.once);
        self.seq = self.seq.wrapping_add(1);
    }
}

/// The verdicts that are spoken: passes.
#[derive(Debug)]
pub(super) struct Passes {
    waiting: VecDeque<Tag>,
    pub(super) ring: Vec<Option<Tag>>,
    pub(super) seq: u16,
}

/// Passes that may wait for a place in the ring: a belt that carries more products between camera
/// and gate is not known.
const PASSES_WAITING: usize = 64;

impl Passes {
    /// Goes on after the number that the PLC took up last, in a ring of so many slots.
    pub(super) fn after(echo: u16, slots: u16) -> Self {
        Self { waiting: VecDeque::new(), ring: vec![None; usize::from(slots)], seq: echo }
    }

    /// This product may pass. False if the PLC has not taken up so many that it will never do.
    #[must_use]
    pub(super) fn push(&mut self, tag: Tag) -> bool {
        self.waiting.push_back(tag);
        self.waiting.len() <= PASSES_WAITING
    }

    /// Puts waiting passes into the ring as far as there is room: never more than it has slots
    /// that the PLC has not taken up. True if there is something to write.
    pub(super) fn advance(&mut self, echo: u16) -> bool {
        let before = self.seq;
        while usize::from(self.seq.wrapping_sub(echo)) < self.ring.len()
            && let Some(tag) = self.waiting.pop_front()
        {
            self.seq = self.seq.wrapping_add(1);
            let slot = usize::from(self.seq) % self.ring.len();
            self.ring[slot] = Some(tag);
        }
        self.seq != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map() -> EventsMap {
        let profile = crate::apply::PlcProfile::usual();
        let crate::apply::profile::Map::Events(map) = profile.map else { panic!("{profile:?}") };
        map
    }

    fn block(event_seq: u16, events: &[(u16, u16, u32)]) -> Block {
        let mut words = [0; 125];
        (words[0], words[1], words[28]) = (1, 7, event_seq);
        for (seq, kind, tag) in events {
            let at = 29 + usize::from(seq % 32) * 3;
            words[at] = *kind;
            words[at + 1] = u16::try_from(tag >> 16).unwrap();
            words[at + 2] = u16::try_from(tag & 0xffff).unwrap();
        }
        Block::read(&map(), &words).unwrap()
    }

    #[test]
    fn every_kind_of_event_becomes_its_fact() {
        let kinds: Vec<_> = (1..=11).map(|n| (n, n, 0x1_0002)).collect();
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
            PlcEvent::Touching(tag),
            PlcEvent::NotOrdered(tag),
            PlcEvent::GateMoved,
        ];
        assert_eq!(block(11, &kinds).events_after(0), Ok(Some(wanted)));
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
        assert_eq!(
            block(1, &[(1, 12, 1)]).events_after(0),
            Err(Nonsense::Kind { seq: 1, kind: 12 })
        );
        let short = Nonsense::Length { found: 124, wanted: 125 };
        assert_eq!(Block::read(&map(), &[1; 124]), Err(short));
    }

    #[test]
    fn every_status_bit_becomes_its_condition() {
        let map = map();
        let conditions = |status| map.conditions(status);
        let told = |status| {
            let Conditions { ready, belt_runs, pad_clear, .. } = conditions(status);
            [ready, belt_runs, pad_clear]
        };
        assert_eq!(told(0b111), [Some(true); 3]);
        assert_eq!(told(0b001), [Some(true), Some(false), Some(false)]);
        assert_eq!(told(0b010), [Some(false), Some(true), Some(false)]);
        assert_eq!(told(0b100), [Some(false), Some(false), Some(true)]);
        assert!(conditions(1 << 3).fault);
        assert!(conditions(1 << 4).blocked);
        assert!(conditions(1 << 5).starved);
        assert!(conditions(1 << 6).emergency_stop);
        assert!(conditions(1 << 7).guard_open);
        assert!(conditions(1 << 8).air_low);
        assert!(conditions(1 << 9).bin_full);
    }

    #[test]
    fn what_the_plc_counted_is_read_where_it_counts_everything() {
        let mut words = [0; 125];
        words[1] = 7;
        for (n, at) in (6..18).enumerate() {
            words[at] = u16::try_from(n).unwrap();
        }
        let counts = Block::read(&map(), &words).unwrap().counts.unwrap();
        assert_eq!((counts.boot, counts.infeed, counts.applied), (7, 1, 0x2_0003));
        assert_eq!((counts.passed, counts.reject_ordered), (0x4_0005, 0x6_0007));
        assert_eq!((counts.reject_confirmed, counts.verdict_late), (0x8_0009, 0xa_000b));
        let text = include_str!("../../line-configs/plc/markwright.v1.toml");
        let mut fewer: toml::Table = text.parse().unwrap();
        fewer["says"].as_table_mut().unwrap().remove("passed_count");
        let profile = crate::apply::PlcProfile::parse(&fewer.to_string()).unwrap();
        let crate::apply::profile::Map::Events(map) = profile.map else { panic!() };
        assert_eq!(Block::read(&map, &words).unwrap().counts, None);
    }

    #[test]
    fn of_a_bit_that_has_no_place_nothing_is_told() {
        let mut map = map();
        for name in ["ready", "belt_runs", "pad_clear"] {
            map.status_bits.remove(name);
        }
        assert_eq!(map.conditions(0), Conditions::default());
        assert_eq!(map.conditions(0b111), Conditions::default());
    }

    #[test]
    fn a_connection_begins_with_the_order_that_nothing_runs_under_a_number_that_nobody_wrote() {
        let orders = Orders::after(9);
        // 10 may be an order of the connection before, which the PLC has not taken up yet.
        assert_eq!(map().order_words(3, &orders), [3, 0, 11]);
        assert!(!orders.is_due(9), "nothing else is wanted");
        assert_eq!(map().order_words(0, &Orders::after(65_534)), [0, 0, 0]);
    }

    #[test]
    fn nothing_is_ordered_before_the_old_order_is_ended() {
        let mut orders = Orders::after(9);
        orders.run(Run { belt: true, infeed: false });
        assert!(!orders.is_due(9) && !orders.is_due(10));
        assert!(orders.is_due(11));
        orders.advance();
        assert_eq!(map().order_words(0, &orders), [0, 1, 12]);
    }

    #[test]
    fn standing_still_is_ordered_once() {
        let mut orders = Orders::after(9);
        orders.run(Run { belt: false, infeed: false });
        assert!(!orders.is_due(11), "it was ordered with the connection");
        orders.run(Run { belt: true, infeed: false });
        orders.advance();
        orders.run(Run { belt: false, infeed: false });
        assert!(orders.is_due(12));
        orders.advance();
        assert_eq!(map().order_words(0, &orders), [0, 0, 13]);
        assert!(!orders.is_due(13));
    }

    #[test]
    fn the_next_order_waits_until_the_last_one_is_carried_out() {
        let mut orders = Orders::after(0);
        orders.once(CLEAR_PAD);
        assert!(orders.is_due(2));
        orders.advance();
        orders.run(Run { belt: true, infeed: true });
        orders.show(Light::Green);
        assert!(!orders.is_due(2), "the pad is not cleared yet");
        assert!(orders.is_due(3));
        orders.advance();
        assert_eq!(map().order_words(0, &orders), [0, 0b111, 4], "and it is cleared once");
        orders.show(Light::Red);
        orders.advance();
        assert_eq!(map().order_words(0, &orders), [0, 0b1_0011, 5]);
    }

    #[test]
    fn a_pass_stands_in_the_slot_of_its_number() {
        let mut passes = map().passes_after(6);
        assert!(passes.push(Tag(0x0001_0203)) && passes.push(Tag(5)));
        assert!(passes.advance(6));
        let registers = map().verdict_words(&passes);
        assert_eq!(registers[0], 8);
        assert_eq!(registers[1 + 7 * 3..], [1, 0x0203, 1]);
        assert_eq!(registers[1..4], [0, 5, 1]);
        assert!(!passes.advance(8), "nothing new");
    }

    #[test]
    fn passes_that_the_plc_never_takes_up_are_not_piled_up_for_ever() {
        let mut passes = map().passes_after(0);
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
            let (mut passes, mut echo, mut tag) = (map().passes_after(start), start, 0);
            for pushed in pushes {
                for _ in 0..pushed {
                    tag += 1;
                    let _ = passes.push(Tag(tag));
                }
                passes.advance(echo);
                let out = map().verdict_words(&passes)[0].wrapping_sub(echo);
                prop_assert!(out <= 8);
                echo = echo.wrapping_add(out.min(2));
            }
        }

        #[test]
        fn no_registers_make_a_reader_panic(words in proptest::collection::vec(any::<u16>(), 125), heard: u16) {
            let _ = Block::read(&map(), &words).map(|block| block.events_after(heard));
        }
    }
}
