//! A PLC, or only remote inputs and outputs, that counts and has no tags: where its counters, inputs
//! and coils stand, and what was read there (pure).
use super::points::{Keys, Point, Points, Span, Table, Type, WordOrder, idle, take};
use crate::line::Conditions;
use std::collections::BTreeMap;
use std::time::Duration;

/// Counters in the order of [`Counts`].
const COUNTERS: [&str; 7] =
    ["infeed", "applied", "not_applied", "triggered", "gate", "passed", "binned"];
const INPUTS: [&str; 9] = [
    "beat_back",
    "pad_clear",
    "emergency_stop",
    "guard_open",
    "fault",
    "blocked",
    "starved",
    "air_low",
    "bin_full",
];
/// Inputs that a line cannot do without: whoever stops the belt must be known, because products travel
/// in time that it runs.
const INPUTS_NEEDED: usize = 4;
const COILS: [&str; 8] = [
    "beat",
    "run_belt",
    "open_infeed",
    "clear_pad",
    "pass",
    "light_green",
    "light_amber",
    "light_red",
];
/// Coils that a line cannot do without.
const COILS_NEEDED: usize = 5;

/// Where everything stands, and how products travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CountsMap {
    pub(super) counters: Span,
    pub(super) inputs: Span,
    pub(super) coils: Span,
    counter_at: [Option<(u16, Type, WordOrder)>; 7],
    input_at: BTreeMap<&'static str, (u16, bool)>,
    coil_at: BTreeMap<&'static str, u16>,
    pub(super) travel: Travel,
}

/// How products travel between camera and gate, in time that the belt runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Travel {
    /// The least time between two products at the gate.
    pub(super) apart: Duration,
    /// From the camera's trigger to the gate's eye, at least.
    pub(super) gate_after: Duration,
    /// And at most.
    pub(super) gate_within: Duration,
}

/// What the counters show; nothing for one that is not there.
pub(super) type Counts = [Option<Count>; 7];

/// One counter: it wraps at its own width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    value: u32,
    wide: bool,
}

impl Count {
    /// A counter of 32 bits.
    #[cfg(test)]
    pub(super) fn wide(value: u32) -> Self {
        Self { value, wide: true }
    }

    /// How many were counted since `before`.
    pub(super) fn since(self, before: Self) -> u32 {
        let more = self.value.wrapping_sub(before.value);
        if self.wide { more } else { more & 0xffff }
    }
}

/// The inputs that are not conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inputs {
    pub(super) beat_back: bool,
    pub(super) pad_clear: bool,
    pub(super) conditions: Conditions,
}

impl CountsMap {
    /// Puts the points of a file together; names everything that does not fit.
    pub(super) fn of(
        keys: &mut Keys,
        mut says: Points,
        mut hears: Points,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let travel = travel(keys, problems);
        idle(&says, [&[]; 3], problems);
        idle(&hears, [&[]; 3], problems);
        let mut counter_at = [None; 7];
        let mut counters = Vec::new();
        for (slot, name) in counter_at.iter_mut().zip(COUNTERS) {
            if let Some(point) = counter(&mut says, name, problems) {
                *slot = Some((point.at, point.kind, point.order));
                counters.push(point);
            }
        }
        let mut input_at = BTreeMap::new();
        let inputs = bits(&mut says, (&INPUTS, INPUTS_NEEDED, Table::DiscreteInput), problems);
        for (name, point) in &inputs {
            input_at.insert(*name, (point.at, point.inverted));
        }
        let coils = bits(&mut hears, (&COILS, COILS_NEEDED, Table::Coil), problems);
        let coil_at = coils.iter().map(|(name, point)| (*name, point.at)).collect();
        problems.extend(says.keys().map(|name| format!("says.{name}: means nothing here")));
        problems.extend(hears.keys().map(|name| format!("hears.{name}: means nothing here")));
        let mut together = |what: &str, points: &[&Point]| {
            let span = Span::of(points.iter().copied());
            if span.is_none() {
                problems.push(format!("{what}: wanted in one table, within one read"));
            }
            span
        };
        let counters = together("counters", &counters.iter().collect::<Vec<_>>());
        let inputs = together("inputs", &inputs.iter().map(|(_, p)| p).collect::<Vec<_>>());
        let coils = together("coils", &coils.iter().map(|(_, p)| p).collect::<Vec<_>>());
        let (counters, inputs, coils) = (counters?, inputs?, coils?);
        Some(Self { counters, inputs, coils, counter_at, input_at, coil_at, travel })
    }

    /// Characters on a serial line of its longest request with the answer.
    pub(super) fn longest_exchange(&self) -> u32 {
        let reads = [self.counters, self.inputs, self.coils].map(Span::read_characters);
        reads.into_iter().max().unwrap_or(0)
    }

    /// What the registers of [`Self::counters`] count.
    pub(super) fn counts(&self, words: &[u16]) -> Counts {
        self.counter_at.map(|place| {
            let (at, kind, order) = place?;
            let at = self.counters.index(at);
            let wide = kind == Type::U32;
            let value =
                if wide { order.join([words[at], words[at + 1]]) } else { u32::from(words[at]) };
            Some(Count { value, wide })
        })
    }

    /// What the bits of [`Self::inputs`] say. A contact that is not wired says nothing.
    pub(super) fn read_inputs(&self, bits: &[bool]) -> Inputs {
        let says = |name: &str| {
            let place = self.input_at.get(name);
            place.is_some_and(|(at, inverted)| bits[self.inputs.index(*at)] != *inverted)
        };
        Inputs {
            beat_back: says("beat_back"),
            pad_clear: says("pad_clear"),
            conditions: Conditions {
                emergency_stop: says("emergency_stop"),
                guard_open: says("guard_open"),
                blocked: says("blocked"),
                starved: says("starved"),
                air_low: says("air_low"),
                bin_full: says("bin_full"),
                fault: says("fault"),
                pad_clear: Some(says("pad_clear")),
                // A module without a program knows neither.
                ready: None,
                belt_runs: None,
            },
        }
    }

    /// Our coils, by name and address.
    pub(super) fn coil_places(&self) -> impl Iterator<Item = (&'static str, u16)> {
        self.coil_at.iter().map(|(name, at)| (*name, *at))
    }
}

fn travel(keys: &mut Keys, problems: &mut Vec<String>) -> Travel {
    let mut ms = |key| {
        let number = keys.number(key, (1, 60_000), None, problems);
        Duration::from_millis(number.into())
    };
    let travel = Travel {
        apart: ms("products_apart_ms"),
        gate_after: ms("gate_after_ms"),
        gate_within: ms("gate_within_ms"),
    };
    if travel.apart < Duration::from_millis(200) {
        problems
            .push("products_apart_ms: wanted 200 or more, because we only see each reading".into());
    }
    if travel.gate_after * 8 < travel.apart * 5 {
        problems.push(
            "gate_after_ms: wanted at least 5/8 of products_apart_ms, or a product could be at the \
             gate before its trigger is known"
                .into(),
        );
    }
    if travel.gate_after >= travel.gate_within {
        problems.push("gate_within_ms: wanted more than gate_after_ms".into());
    } else if travel.gate_within.saturating_sub(travel.gate_after) > travel.apart / 2 {
        problems.push(
            "gate_within_ms: wanted at most half of products_apart_ms more than gate_after_ms, or \
             nobody could say which product is at the gate"
                .into(),
        );
    }
    travel
}

fn counter(says: &mut Points, name: &str, problems: &mut Vec<String>) -> Option<Point> {
    // A line whose applicator never misses has nothing to wire there.
    if name == "not_applied" && !says.contains_key(name) {
        return None;
    }
    let wide = says.get(name).is_some_and(|point| point.kind == Type::U32);
    let kind = if wide { Type::U32 } else { Type::U16 };
    take(says, name, (kind, &[Table::InputRegister, Table::HoldingRegister]), problems)
}

fn bits<const N: usize>(
    points: &mut Points,
    (names, needed, table): (&[&'static str; N], usize, Table),
    problems: &mut Vec<String>,
) -> Vec<(&'static str, Point)> {
    let mut found = Vec::new();
    for (n, name) in names.iter().enumerate() {
        if n >= needed && !points.contains_key(*name) {
            continue;
        }
        if let Some(point) = take(points, name, (Type::Bit, &[table]), problems) {
            found.push((*name, point));
        }
    }
    found
}
