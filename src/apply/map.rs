//! A PLC that speaks by numbered events: the block that is read, and the words that are written (pure).
//! Where each stands is data, see [`EventsMap`]; what they mean is `docs/plc/markwright.v1.md`.
use super::points::{Point, Points, Span, Table, Type, WordOrder, take};
use crate::line::{Conditions, Light, PlcEvent, Run, Tag};
use std::collections::{BTreeMap, VecDeque};

const VERDICT_PASS: u16 = 1;
/// Bits of an order, as [`EventsMap::of`] finds their places.
const ORDER_BITS: [&str; 6] =
    ["belt_runs", "infeed_open", "light_green", "light_amber", "light_red", "clear_pad"];
const CLEAR_PAD: u16 = 1 << 5;
/// Bits of the status that become conditions.
const STATUS_BITS: [&str; 7] =
    ["fault", "blocked", "starved", "emergency_stop", "guard_open", "air_low", "bin_full"];
/// What a PLC may count or tell besides; nobody reads it.
const NOT_READ: [&str; 8] = [
    "infeed_count",
    "applied_count",
    "passed_count",
    "reject_ordered_count",
    "reject_confirmed_count",
    "verdict_late_count",
    "belt_speed",
    "reserved",
];

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventsMap {
    /// One read of everything that is said, so that it belongs together.
    pub(super) block: Span,
    /// Heartbeat, command and its number.
    pub(super) orders: Span,
    /// Number of the newest verdict and their ring.
    pub(super) verdicts: Span,
    version: (u16, u16),
    boot: u16,
    heartbeat: u16,
    status: u16,
    status_bits: BTreeMap<String, u16>,
    command_echo: u16,
    verdict_echo: u16,
    event_seq: u16,
    events: (u16, u16, WordOrder),
    pc_heartbeat: u16,
    command: u16,
    command_bits: BTreeMap<String, u16>,
    command_seq: u16,
    verdict_seq: u16,
    ring: (u16, u16, WordOrder),
}

impl EventsMap {
    /// Puts the points of a file together; names everything that does not fit.
    pub(super) fn of(
        mut says: Points,
        mut hears: Points,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let read = [Table::InputRegister, Table::HoldingRegister];
        let write = [Table::HoldingRegister];
        let all_said: Vec<_> =
            says.values().filter(|point| point.kind != Type::Bit).cloned().collect();
        let block = Span::of(&all_said);
        if block.is_none() {
            problems.push("says: wanted all points in one table, within 125 registers".into());
        }
        let mut said = |name: &str, kind| take(&mut says, name, (kind, &read), problems);
        let version = said("map_version", Type::U16);
        let boot = said("boot_id", Type::U16);
        let heartbeat = said("heartbeat", Type::U16);
        let status = said("status", Type::U16);
        let command_echo = said("command_seq_echo", Type::U16);
        let verdict_echo = said("verdict_seq_echo", Type::U16);
        let event_seq = said("event_seq", Type::U16);
        let events = said("events", Type::Event);
        says.retain(|name, _| !NOT_READ.contains(&name.as_str()));
        let mut heard = |name: &str, kind| take(&mut hears, name, (kind, &write), problems);
        let pc_heartbeat = heard("pc_heartbeat", Type::U16);
        let command = heard("command", Type::U16);
        let command_seq = heard("command_seq", Type::U16);
        let verdict_seq = heard("verdict_seq", Type::U16);
        let verdicts = heard("verdicts", Type::Verdict);
        problems.extend(says.keys().map(|name| format!("says.{name}: means nothing here")));
        problems.extend(hears.keys().map(|name| format!("hears.{name}: means nothing here")));
        let (version, events, verdicts) = (version?, events?, verdicts?);
        let (status, command) = (status?, command?);
        let (pc_heartbeat, command_seq, verdict_seq) = (pc_heartbeat?, command_seq?, verdict_seq?);
        let orders = together(
            "pc_heartbeat, command, command_seq",
            [&pc_heartbeat, &command, &command_seq],
            problems,
        );
        let written = together("verdict_seq, verdicts", [&verdict_seq, &verdicts], problems);
        let must_be = version.must_be.unwrap_or_else(|| {
            problems.push(
                "map_version: found no must_be, wanted the number that a right PLC shows".into(),
            );
            0
        });
        check_bits("status", &status, &STATUS_BITS, problems);
        check_bits("command", &command, &ORDER_BITS, problems);
        // Numbers wrap from 65535 to 0: only then does number n stay in slot n mod the ring.
        for (name, ring) in [("events", &events), ("verdicts", &verdicts)] {
            if !matches!(ring.count, 4 | 8 | 16 | 32) {
                problems.push(format!("{name}.count: found {}, wanted 4, 8, 16 or 32", ring.count));
            }
        }
        Some(Self {
            block: block?,
            orders: orders?,
            verdicts: written?,
            version: (version.at, must_be),
            boot: boot?.at,
            heartbeat: heartbeat?.at,
            status: status.at,
            status_bits: status.bits,
            command_echo: command_echo?.at,
            verdict_echo: verdict_echo?.at,
            event_seq: event_seq?.at,
            events: (events.at, events.count, events.order),
            pc_heartbeat: pc_heartbeat.at,
            command: command.at,
            command_bits: command.bits,
            command_seq: command_seq.at,
            verdict_seq: verdict_seq.at,
            ring: (verdicts.at, verdicts.count, verdicts.order),
        })
    }

    /// The number that a PLC with this map shows.
    pub(super) fn version(&self) -> u16 {
        self.version.1
    }

    fn conditions(&self, status: u16) -> Conditions {
        let bit = |name: &str| self.status_bits.get(name).is_some_and(|n| status & 1 << n != 0);
        Conditions {
            fault: bit("fault"),
            blocked: bit("blocked"),
            starved: bit("starved"),
            emergency_stop: bit("emergency_stop"),
            guard_open: bit("guard_open"),
            air_low: bit("air_low"),
            bin_full: bit("bin_full"),
        }
    }

    /// The registers of [`Self::orders`].
    pub(super) fn order_words(&self, heartbeat: u16, orders: &Orders) -> Vec<u16> {
        let command = orders.written.unwrap_or(0);
        let set = ORDER_BITS.iter().enumerate().filter(|(n, _)| command & 1 << n != 0);
        let places = set.filter_map(|(_, name)| self.command_bits.get(*name));
        let word = places.fold(0, |word, place| word | 1 << place);
        let mut words = vec![0; usize::from(self.orders.len)];
        words[self.orders.index(self.pc_heartbeat)] = heartbeat;
        words[self.orders.index(self.command)] = word;
        words[self.orders.index(self.command_seq)] = orders.seq;
        words
    }

    /// The registers of [`Self::verdicts`].
    pub(super) fn verdict_words(&self, passes: &Passes) -> Vec<u16> {
        let mut words = vec![0; usize::from(self.verdicts.len)];
        words[self.verdicts.index(self.verdict_seq)] = passes.seq;
        let (at, _, order) = self.ring;
        let at = self.verdicts.index(at);
        for (slot, tag) in words[at..].chunks_exact_mut(3).zip(&passes.ring) {
            let Some(Tag(tag)) = tag else { continue };
            let [first, second] = order.split(*tag);
            slot.copy_from_slice(&[first, second, VERDICT_PASS]);
        }
        words
    }

    /// Passes that go on after the number that the PLC took up last.
    pub(super) fn passes_after(&self, echo: u16) -> Passes {
        Passes::after(echo, self.ring.1)
    }
}

fn together<const N: usize>(
    names: &str,
    points: [&Point; N],
    problems: &mut Vec<String>,
) -> Option<Span> {
    let words: u32 = points.iter().map(|point| point.end() - u32::from(point.at)).sum();
    // One write is at most 123 registers (Modbus Application Protocol V1.1b3, 6.12), and a gap in it
    // would be written, too.
    let span = Span::of(points).filter(|span| u32::from(span.len) == words && words <= 123);
    if span.is_none() {
        problems.push(format!("{names}: wanted side by side without a gap, within 123 registers"));
    }
    span
}

fn check_bits(name: &str, point: &Point, known: &[&str], problems: &mut Vec<String>) {
    for wanted in known {
        if !point.bits.contains_key(*wanted) {
            problems.push(format!("{name}.bits.{wanted}: found nothing, wanted 0 to 15"));
        }
    }
    let unread = ["ready", "belt_runs", "pad_clear"];
    for found in point.bits.keys().map(String::as_str) {
        if !known.contains(&found) && !(name == "status" && unread.contains(&found)) {
            problems.push(format!("{name}.bits.{found}: means nothing here"));
        }
    }
    let mut places: Vec<_> = point.bits.values().collect();
    places.sort();
    if places.windows(2).any(|pair| pair[0] == pair[1]) {
        problems.push(format!("{name}.bits: two names for one bit"));
    }
}

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
        Ok(Self {
            map_version: word(map.version.0),
            boot: word(map.boot),
            heartbeat: word(map.heartbeat),
            conditions: map.conditions(word(map.status)),
            command_echo: word(map.command_echo),
            verdict_echo: word(map.verdict_echo),
            event_seq: word(map.event_seq),
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
}

/// The verdicts that are spoken: passes.
#[derive(Debug)]
pub(super) struct Passes {
    waiting: VecDeque<Tag>,
    ring: Vec<Option<Tag>>,
    seq: u16,
}

/// Passes that may wait for a place in the ring: a belt that carries more products between camera
/// and gate is not known.
const PASSES_WAITING: usize = 64;

impl Passes {
    fn after(echo: u16, slots: u16) -> Self {
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
        let short = Nonsense::Length { found: 124, wanted: 125 };
        assert_eq!(Block::read(&map(), &[1; 124]), Err(short));
    }

    #[test]
    fn every_status_bit_becomes_its_condition() {
        let map = map();
        let conditions = |status| map.conditions(status);
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
        assert_eq!(map().order_words(3, &orders), [3, 0, 9]);
    }

    #[test]
    fn standing_still_is_ordered_too() {
        let mut orders = Orders::after(9);
        orders.run(Run { belt: false, infeed: false });
        assert!(orders.is_due(9));
        orders.advance();
        assert_eq!(map().order_words(0, &orders), [0, 0, 10]);
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
        assert_eq!(map().order_words(0, &orders), [0, 0b111, 2], "and it is cleared once");
        orders.show(Light::Red);
        orders.advance();
        assert_eq!(map().order_words(0, &orders), [0, 0b1_0011, 3]);
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
