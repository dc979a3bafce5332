//! The points of a register map as they stand in a file: table, address, type, word order. Pure.
use std::collections::BTreeMap;
use std::fmt;
use toml::{Table as Toml, Value};

/// One of the four tables of a Modbus device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// A bit that we write (functions 1, 5).
    Coil,
    /// A bit that we read (function 2).
    DiscreteInput,
    /// A word that we write (functions 3, 16).
    HoldingRegister,
    /// A word that we read (function 4).
    InputRegister,
}

impl Table {
    const ALL: [(&str, Self); 4] = [
        ("coil", Self::Coil),
        ("discrete_input", Self::DiscreteInput),
        ("holding_register", Self::HoldingRegister),
        ("input_register", Self::InputRegister),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, table)| *table == self).map_or("", |(word, _)| word)
    }

    fn of_bits(self) -> bool {
        matches!(self, Self::Coil | Self::DiscreteInput)
    }
}

/// What stands at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A coil or an input.
    Bit,
    /// One word.
    U16,
    /// Two words.
    U32,
    /// A ring of events: kind, then the tag as two words.
    Event,
    /// A ring of verdicts: the tag as two words, then the verdict.
    Verdict,
}

impl Type {
    const ALL: [(&str, Self); 5] = [
        ("bit", Self::Bit),
        ("u16", Self::U16),
        ("u32", Self::U32),
        ("event", Self::Event),
        ("verdict", Self::Verdict),
    ];

    fn words(self) -> u16 {
        match self {
            Self::Bit | Self::U16 => 1,
            Self::U32 => 2,
            Self::Event | Self::Verdict => 3,
        }
    }
}

/// In which order the four bytes of a 32-bit value stand in two words; A is the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordOrder {
    Abcd,
    Cdab,
    Badc,
    Dcba,
}

impl WordOrder {
    const ALL: [(&str, Self); 4] =
        [("ABCD", Self::Abcd), ("CDAB", Self::Cdab), ("BADC", Self::Badc), ("DCBA", Self::Dcba)];

    /// The value of two words, the lower address first.
    pub(super) fn join(self, [first, second]: [u16; 2]) -> u32 {
        let (high, low) = match self {
            Self::Abcd => (first, second),
            Self::Cdab => (second, first),
            Self::Badc => (first.swap_bytes(), second.swap_bytes()),
            Self::Dcba => (second.swap_bytes(), first.swap_bytes()),
        };
        u32::from(high) << 16 | u32::from(low)
    }

    /// The two words of a value, the lower address first.
    pub(super) fn split(self, value: u32) -> [u16; 2] {
        let [a, b, c, d] = value.to_be_bytes();
        let bytes = match self {
            Self::Abcd => [[a, b], [c, d]],
            Self::Cdab => [[c, d], [a, b]],
            Self::Badc => [[b, a], [d, c]],
            Self::Dcba => [[d, c], [b, a]],
        };
        bytes.map(u16::from_be_bytes)
    }
}

/// One point of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) table: Table,
    /// Counted from 0, as on the wire.
    pub(super) at: u16,
    pub(super) kind: Type,
    /// How many stand one after the other.
    pub(super) count: u16,
    pub(super) order: WordOrder,
    /// The only value that a right device has here.
    pub(super) must_be: Option<u16>,
    /// A contact that is open when it has something to say.
    pub(super) inverted: bool,
    /// Names of single bits, where they have a meaning of their own.
    pub(super) bits: BTreeMap<String, u16>,
    /// For people.
    pub(super) meaning: String,
}

impl Point {
    /// The first address behind it. `u32`, because the last address is 65535.
    pub(super) fn end(&self) -> u32 {
        u32::from(self.at) + u32::from(self.kind.words()) * u32::from(self.count)
    }
}

/// Points by name.
pub(super) type Points = BTreeMap<String, Point>;

/// Where points stand together: the table, the first address, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) table: Table,
    pub(super) at: u16,
    pub(super) len: u16,
}

impl Span {
    /// What one request must cover to have all these points; nothing if one request cannot.
    pub(super) fn of<'a>(points: impl IntoIterator<Item = &'a Point> + Clone) -> Option<Self> {
        let first = points.clone().into_iter().min_by_key(|point| point.at)?;
        let end = points.clone().into_iter().map(Point::end).max()?;
        let len = u16::try_from(end - u32::from(first.at)).ok()?;
        let same = points.into_iter().all(|point| point.table == first.table);
        // Modbus Application Protocol V1.1b3, 6.1 to 6.4: 2000 bits or 125 registers in one read.
        let most = if first.table.of_bits() { 2000 } else { 125 };
        (same && len <= most).then_some(Self { table: first.table, at: first.at, len })
    }

    /// Characters on a serial line of a read and its answer, with unit and checksum (Modbus
    /// Application Protocol V1.1b3, 6.1 to 6.4).
    pub(super) fn read_characters(self) -> u32 {
        let len = u32::from(self.len);
        8 + 5 + if self.table.of_bits() { len.div_ceil(8) } else { 2 * len }
    }

    /// Where an address of this span stands in what was read.
    pub(super) fn index(self, at: u16) -> usize {
        usize::from(at.saturating_sub(self.at))
    }
}

/// A table that is taken apart key by key; every problem is collected.
pub(super) struct Keys {
    at: String,
    table: Toml,
}

impl Keys {
    pub(super) fn new(at: &str, table: Toml) -> Self {
        Self { at: at.to_owned(), table }
    }

    fn wrong(
        &self,
        key: &str,
        found: Option<&Value>,
        wanted: impl fmt::Display,
        problems: &mut Vec<String>,
    ) {
        let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let dot = if self.at.is_empty() { "" } else { "." };
        problems.push(format!("{}{dot}{key}: found {found}, wanted {wanted}", self.at));
    }

    pub(super) fn text(&mut self, key: &str, problems: &mut Vec<String>) -> String {
        match self.table.remove(key) {
            Some(Value::String(text)) if !text.is_empty() => text,
            other => {
                self.wrong(key, other.as_ref(), "text in quotes", problems);
                String::new()
            }
        }
    }

    /// One of these words; `usual` if the key may be missing and is.
    pub(super) fn word<T: Copy, const N: usize>(
        &mut self,
        key: &str,
        words: [(&str, T); N],
        usual: Option<T>,
        problems: &mut Vec<String>,
    ) -> T {
        let value = self.table.remove(key);
        let text = value.as_ref().and_then(Value::as_str);
        let meant = words.iter().find(|(word, _)| Some(*word) == text).map(|(_, meant)| *meant);
        match (meant, usual) {
            (Some(meant), _) => meant,
            (None, Some(usual)) if value.is_none() => usual,
            _ => {
                let wanted = words.map(|(word, _)| format!("\"{word}\"")).join(", ");
                self.wrong(key, value.as_ref(), format_args!("one of {wanted}"), problems);
                words[0].1
            }
        }
    }

    /// A number; `usual` if the key may be missing and is.
    pub(super) fn number(
        &mut self,
        key: &str,
        (from, to): (u16, u16),
        usual: Option<u16>,
        problems: &mut Vec<String>,
    ) -> u16 {
        let value = self.table.remove(key);
        let number = value.as_ref().and_then(Value::as_integer).and_then(|n| u16::try_from(n).ok());
        match (number.filter(|number| (from..=to).contains(number)), usual) {
            (Some(number), _) => number,
            (None, Some(usual)) if value.is_none() => usual,
            _ => {
                self.wrong(key, value.as_ref(), format_args!("{from} to {to}"), problems);
                from
            }
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn flag(&mut self, key: &str, problems: &mut Vec<String>) -> bool {
        match self.table.remove(key) {
            None => false,
            Some(Value::Boolean(flag)) => flag,
            other => {
                self.wrong(key, other.as_ref(), "true or false", problems);
                false
            }
        }
    }

    pub(super) fn table(&mut self, key: &str, problems: &mut Vec<String>) -> Toml {
        match self.table.remove(key) {
            Some(Value::Table(table)) => table,
            other => {
                self.wrong(key, other.as_ref(), "a table", problems);
                Toml::new()
            }
        }
    }

    fn bits(&mut self, problems: &mut Vec<String>) -> BTreeMap<String, u16> {
        if !self.has("bits") {
            return BTreeMap::new();
        }
        let table = self.table("bits", problems);
        let names: Vec<_> = table.keys().cloned().collect();
        let mut keys = Keys::new(&format!("{}.bits", self.at), table);
        names
            .into_iter()
            .map(|name| {
                let bit = keys.number(&name, (0, 15), None, problems);
                (name, bit)
            })
            .collect()
    }

    /// Whatever is left was not asked for.
    pub(super) fn end(self, problems: &mut Vec<String>) {
        let dot = if self.at.is_empty() { "" } else { "." };
        let left =
            self.table.keys().map(|key| format!("{}{dot}{key}: means nothing here", self.at));
        problems.extend(left);
    }
}

/// The points of one table of a file, and everything that is wrong with them.
pub(super) fn points(
    at: &str,
    table: Toml,
    order: WordOrder,
    problems: &mut Vec<String>,
) -> Points {
    let mut points = Points::new();
    for (name, value) in table {
        let Value::Table(table) = value else {
            problems.push(format!("{at}.{name}: found {value}, wanted a table of a point"));
            continue;
        };
        let keys = Keys::new(&format!("{at}.{name}"), table);
        points.insert(name, point(keys, order, problems));
    }
    points
}

fn point(mut keys: Keys, usual: WordOrder, problems: &mut Vec<String>) -> Point {
    let table = keys.word("table", Table::ALL, None, problems);
    let bit = table.of_bits().then_some(Type::Bit);
    let kind = keys.word("type", Type::ALL, bit, problems);
    let must_be =
        keys.has("must_be").then(|| keys.number("must_be", (0, u16::MAX), None, problems));
    let point = Point {
        table,
        at: keys.number("at", (0, u16::MAX), None, problems),
        kind,
        count: keys.number("count", (1, 125), Some(1), problems),
        order: keys.word("word_order", WordOrder::ALL, Some(usual), problems),
        must_be,
        inverted: keys.flag("inverted", problems),
        bits: keys.bits(problems),
        meaning: keys.text("meaning", problems),
    };
    if point.inverted && table != Table::DiscreteInput {
        problems.push(format!("{}.inverted: only a discrete_input can be", keys.at));
    }
    if table.of_bits() != (kind == Type::Bit) {
        problems.push(format!("{}.type: a {} cannot be of this type", keys.at, table.word()));
    }
    if point.end() > 0x1_0000 {
        problems.push(format!("{}.at: ends behind address 65535", keys.at));
    }
    keys.end(problems);
    point
}

/// The word order of a file.
pub(super) fn word_order(keys: &mut Keys, problems: &mut Vec<String>) -> WordOrder {
    keys.word("word_order", WordOrder::ALL, Some(WordOrder::Abcd), problems)
}

/// Points that were taken for the same place.
pub(super) fn overlaps(points: &Points, problems: &mut Vec<String>) {
    let mut placed: Vec<_> = points.iter().collect();
    placed.sort_by_key(|(_, point)| (point.table as u8, point.at));
    for pair in placed.windows(2) {
        let [(before, first), (after, second)] = pair else { continue };
        if first.table == second.table && first.end() > u32::from(second.at) {
            problems.push(format!("{after}: stands where {before} stands already"));
        }
    }
}

/// Keys that do nothing at their points: nobody shall believe that they do. `must_be`, `bits` and
/// `count` may stand at these names.
pub(super) fn idle(
    points: &Points,
    [must_be, bits, count]: [&[&str]; 3],
    problems: &mut Vec<String>,
) {
    for (name, point) in points {
        let found = [
            ("must_be", point.must_be.is_some(), must_be),
            ("bits", !point.bits.is_empty(), bits),
            ("count", point.count != 1, count),
        ];
        for (key, found, may) in found {
            if found && !may.contains(&name.as_str()) {
                problems.push(format!("{name}.{key}: means nothing here"));
            }
        }
    }
}

/// Takes the point of this name out, if it is of the right type in one of the right tables.
pub(super) fn take(
    points: &mut Points,
    name: &str,
    (kind, tables): (Type, &[Table]),
    problems: &mut Vec<String>,
) -> Option<Point> {
    let Some(point) = points.remove(name) else {
        problems.push(format!("{name}: found nothing, wanted a point of this name"));
        return None;
    };
    if point.kind != kind || !tables.contains(&point.table) {
        let type_word = Type::ALL.iter().find(|(_, known)| *known == kind).map_or("", |(w, _)| w);
        let tables: Vec<_> = tables.iter().map(|table| table.word()).collect();
        problems.push(format!("{name}: wanted type {type_word} in {}", tables.join(" or ")));
    }
    Some(point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_word_order_has_its_bytes_where_its_name_says() {
        let value = 0x0102_0304;
        let words = WordOrder::ALL.map(|(_, order)| order.split(value));
        assert_eq!(words, [[0x0102, 0x0304], [0x0304, 0x0102], [0x0201, 0x0403], [0x0403, 0x0201]]);
    }

    proptest! {
        #[test]
        fn what_is_split_is_joined_again(value: u32, which in 0..4_usize) {
            let (_, order) = WordOrder::ALL[which];
            prop_assert_eq!(order.join(order.split(value)), value);
        }
    }
}
