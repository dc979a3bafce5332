//! Where a PLC that speaks by numbered events has its points: from the points of a file to the
//! requests that cover them (pure).
use super::map::{Orders, Passes};
use super::points::{Point, Points, Span, Table, Type, WordOrder, idle, take};
use crate::line::{Conditions, Tag};
use std::collections::BTreeMap;

const VERDICT_PASS: u16 = 1;
/// Bits of an order, as [`EventsMap::of`] finds their places.
const ORDER_BITS: [&str; 8] = [
    "belt_runs",
    "infeed_open",
    "light_green",
    "light_amber",
    "light_red",
    "clear_pad",
    "trigger_camera",
    "move_gate",
];
/// The first ones are in every map. The others are for a setter: a PLC that cannot do it has a map
/// without them.
const ORDER_BITS_NEEDED: usize = 6;
/// Bits of the status that become conditions.
const STATUS_BITS: [&str; 7] =
    ["fault", "blocked", "starved", "emergency_stop", "guard_open", "air_low", "bin_full"];
/// Bits of the status that a map may leave out: then nobody asks after what they say.
const STATUS_BITS_MORE: [&str; 3] = ["ready", "belt_runs", "pad_clear"];
/// What a PLC may count besides, in the order of [`EventsMap::counts`]; it is kept for people.
const COUNTS: [&str; 6] = [
    "infeed_count",
    "applied_count",
    "passed_count",
    "reject_ordered_count",
    "reject_confirmed_count",
    "verdict_late_count",
];
/// What it may tell besides; nobody reads it.
const NOT_READ: [&str; 2] = ["belt_speed", "reserved"];

/// Unit, function, address, count, length and checksum of a write, and its answer (Modbus Application
/// Protocol V1.1b3, 6.12).
const WRITE_CHARACTERS: u32 = 9 + 8;

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventsMap {
    /// One read of everything that is said, so that it belongs together.
    pub(super) block: Span,
    /// Heartbeat, command and its number.
    pub(super) orders: Span,
    /// Number of the newest verdict and their ring.
    pub(super) verdicts: Span,
    pub(super) version: (u16, u16),
    pub(super) boot: u16,
    pub(super) heartbeat: u16,
    pub(super) status: u16,
    pub(super) status_bits: BTreeMap<String, u16>,
    pub(super) command_echo: u16,
    pub(super) verdict_echo: u16,
    pub(super) event_seq: u16,
    pub(super) events: (u16, u16, WordOrder),
    /// Where it counts, if it counts everything in 32 bits.
    pub(super) counts: Option<[(u16, WordOrder); 6]>,
    pub(super) pc_heartbeat: u16,
    pub(super) command: u16,
    pub(super) command_bits: BTreeMap<String, u16>,
    pub(super) command_seq: u16,
    pub(super) verdict_seq: u16,
    pub(super) ring: (u16, u16, WordOrder),
}

impl EventsMap {
    /// Puts the points of a file together; names everything that does not fit.
    pub(super) fn of(
        mut says: Points,
        mut hears: Points,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        idle(&says, [&["map_version"], &["status"], &["events", "reserved"]], problems);
        idle(&hears, [&[], &["command"], &["verdicts"]], problems);
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
        let counts = counts(&mut says);
        says.retain(|name, _| !NOT_READ.contains(&name.as_str()));
        let mut ours = |name: &str, kind| take(&mut hears, name, (kind, &write), problems);
        let pc_heartbeat = ours("pc_heartbeat", Type::U16);
        let command = ours("command", Type::U16);
        let command_seq = ours("command_seq", Type::U16);
        let verdict_seq = ours("verdict_seq", Type::U16);
        let verdicts = ours("verdicts", Type::Verdict);
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
        let must_be = must_be(&version, problems);
        check_bits("status", &status, (&STATUS_BITS, &STATUS_BITS_MORE), problems);
        check_bits("command", &command, ORDER_BITS.split_at(ORDER_BITS_NEEDED), problems);
        check_rings([("events", &events), ("verdicts", &verdicts)], problems);
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
            counts,
            pc_heartbeat: pc_heartbeat.at,
            command: command.at,
            command_bits: command.bits,
            command_seq: command_seq.at,
            verdict_seq: verdict_seq.at,
            ring: (verdicts.at, verdicts.count, verdicts.order),
        })
    }

    /// Characters on a serial line of its longest request with the answer.
    pub(super) fn longest_exchange(&self) -> u32 {
        let written = self.orders.len.max(self.verdicts.len);
        self.block.read_characters().max(WRITE_CHARACTERS + 2 * u32::from(written))
    }

    /// The number that a PLC with this map shows.
    pub(super) fn version(&self) -> u16 {
        self.version.1
    }

    /// Whether a bit of the command has a place.
    pub(super) fn can(&self, order: &str) -> bool {
        self.command_bits.contains_key(order)
    }

    pub(super) fn conditions(&self, status: u16) -> Conditions {
        let told = |name: &str| self.status_bits.get(name).map(|n| status & 1 << n != 0);
        let bit = |name: &str| told(name) == Some(true);
        Conditions {
            fault: bit("fault"),
            blocked: bit("blocked"),
            starved: bit("starved"),
            emergency_stop: bit("emergency_stop"),
            guard_open: bit("guard_open"),
            air_low: bit("air_low"),
            bin_full: bit("bin_full"),
            ready: told("ready"),
            belt_runs: told("belt_runs"),
            pad_clear: told("pad_clear"),
        }
    }

    /// The registers of [`Self::orders`].
    pub(super) fn order_words(&self, heartbeat: u16, orders: &Orders) -> Vec<u16> {
        let set = ORDER_BITS.iter().enumerate().filter(|(n, _)| orders.written & 1 << n != 0);
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

/// The number that a right PLC shows.
fn must_be(version: &Point, problems: &mut Vec<String>) -> u16 {
    version.must_be.unwrap_or_else(|| {
        let why = "map_version: found no must_be, wanted the number that a right PLC shows";
        problems.push(why.into());
        0
    })
}

/// Numbers wrap from 65535 to 0: only then does number n stay in slot n mod the ring.
fn check_rings(rings: [(&str, &Point); 2], problems: &mut Vec<String>) {
    for (name, ring) in rings {
        if !matches!(ring.count, 4 | 8 | 16 | 32) {
            problems.push(format!("{name}.count: found {}, wanted 4, 8, 16 or 32", ring.count));
        }
    }
}

/// All of them or none: half an account is none.
fn counts(says: &mut Points) -> Option<[(u16, WordOrder); 6]> {
    let found = COUNTS.map(|name| says.remove(name).filter(|point| point.kind == Type::U32));
    let mut places = [(0, WordOrder::Abcd); 6];
    for (place, point) in places.iter_mut().zip(found) {
        let point = point?;
        *place = (point.at, point.order);
    }
    Some(places)
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

fn check_bits(
    name: &str,
    point: &Point,
    (known, others): (&[&str], &[&str]),
    problems: &mut Vec<String>,
) {
    for wanted in known {
        if !point.bits.contains_key(*wanted) {
            problems.push(format!("{name}.bits.{wanted}: found nothing, wanted 0 to 15"));
        }
    }
    for found in point.bits.keys().map(String::as_str) {
        if !(known.contains(&found) || others.contains(&found)) {
            problems.push(format!("{name}.bits.{found}: means nothing here"));
        }
    }
    let mut places: Vec<_> = point.bits.values().collect();
    places.sort();
    if places.windows(2).any(|pair| pair[0] == pair[1]) {
        problems.push(format!("{name}.bits: two names for one bit"));
    }
}
