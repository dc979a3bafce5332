//! What the issuer remembers of every code: the truth that tests compare with. Codes are made again
//! from their numbers when somebody asks; only their marks are kept.
use super::codes::{self, Mould};
use super::groups::Template;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// What became of one code, as far as the issuer knows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fate {
    /// The order that it was given out in; `known` for a code that was brought along.
    pub order: String,
    /// Its product group, where that is known.
    pub group: Option<String>,
    /// How often it left the issuer: once, and once more with each repeated block. At most 255, as
    /// the other counts.
    pub given: u32,
    /// How often a report said that it was applied, whether that was taken or not.
    pub utilised: u32,
    /// How often a report said that it was spoiled, whether that was taken or not.
    pub dropped: u32,
    /// How often a document said that it came into circulation, whether that was taken or not.
    pub introduced: u32,
    /// How the issuer sees it now.
    pub standing: Standing,
}

/// How the issuer sees a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Given out (EMITTED).
    Given,
    /// Applied to a product (APPLIED).
    Utilised,
    /// In circulation (INTRODUCED).
    Introduced,
    /// Written off (`WRITTEN_OFF`).
    Dropped,
    /// Out of circulation, because its product got another one (RETIRED).
    Retired,
    /// Not applied in time.
    Annulled,
}

/// The marks of one code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) given: u8,
    pub(super) utilised: u8,
    pub(super) dropped: u8,
    pub(super) introduced: u8,
    pub(super) standing: Standing,
}

const NEW: Mark =
    Mark { given: 1, utilised: 0, dropped: 0, introduced: 0, standing: Standing::Given };

/// One trade item of one order.
#[derive(Debug)]
pub(super) struct Lot {
    order: String,
    group: &'static str,
    mould: Mould,
    template: Template,
    price: u32,
    serials: Serials,
    /// Of those that were given out, in their order.
    marks: Vec<Mark>,
    /// When codes that are not applied are annulled; none: never.
    annulled_at_ms: Option<i64>,
}

#[derive(Debug)]
pub(super) enum Serials {
    /// The operator's, from this number on.
    From(u64),
    /// The participant's own.
    Own(Vec<String>),
}

/// What a lot is made for.
#[derive(Debug)]
pub(super) struct NewLot<'a> {
    pub(super) order: &'a str,
    pub(super) group: &'static str,
    pub(super) gtin: &'a str,
    pub(super) template: Template,
    pub(super) digit: Option<char>,
    pub(super) price: u32,
    pub(super) quantity: usize,
    /// Empty: the operator makes them.
    pub(super) own: Vec<String>,
    pub(super) annulled_at_ms: Option<i64>,
}

/// Serial numbers of one trade item and one length.
#[derive(Debug)]
struct Shelf {
    mould: Mould,
    next: u64,
    /// Numbers of serials that participants made themselves.
    taken: BTreeSet<u64>,
    /// First number and lot.
    lots: BTreeMap<u64, usize>,
}

/// Where the marks of a code are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Lot(usize, usize),
    Brought(String),
}

/// What the ledger says to a text in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Code(Place),
    /// There is such a code, but with another check part.
    OtherTail,
    Nothing,
}

/// Every code the issuer has to do with.
#[derive(Debug, Default)]
pub struct Ledger {
    seed: u64,
    lots: Vec<Lot>,
    shelves: HashMap<(String, usize), Shelf>,
    own: HashMap<(String, String), (usize, usize)>,
    /// Codes that were given out elsewhere.
    brought: BTreeMap<String, Mark>,
    brought_by_identification: HashMap<String, String>,
    /// Codes in reports that the issuer never gave out, and how often.
    strangers: BTreeMap<String, u32>,
    pub(super) hurried: u64,
    pub(super) sign_ins: u64,
    pub(super) thrown_out: u64,
    file: Option<BufWriter<File>>,
}

/// Something that happened, as one line of the file.
#[derive(serde::Serialize)]
struct Entry<'a> {
    at_ms: i64,
    what: &'static str,
    /// The order, block or report that it happened in.
    within: &'a str,
    code: &'a str,
    result: u32,
}

impl Ledger {
    /// An empty one. Codes come from the seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// From now on a line of JSON is written for everything that happens.
    pub(super) fn write_to(&mut self, file: Option<File>) {
        self.file = file.map(BufWriter::new);
    }

    /// What became of a code.
    pub fn fate(&self, code: &str) -> Option<Fate> {
        match self.find(code) {
            Found::Code(place) => Some(self.fate_at(&place)),
            Found::OtherTail | Found::Nothing => None,
        }
    }

    /// Every code and its fate, in no order.
    pub fn codes(&self) -> impl Iterator<Item = (String, Fate)> {
        self.places().map(|place| (self.code_at(&place), self.fate_at(&place)))
    }

    /// How many codes were given out in orders.
    pub fn given_out(&self) -> usize {
        self.lots.iter().map(|lot| lot.marks.len()).sum()
    }

    /// How many codes stand so.
    pub fn standing(&self, standing: Standing) -> usize {
        self.marks().filter(|mark| mark.standing == standing).count()
    }

    /// The codes of an order.
    pub fn of_order(&self, order: &str) -> Vec<String> {
        let lots = self.lots.iter().filter(|lot| lot.order == order);
        lots.flat_map(|lot| (0..lot.marks.len()).map(|at| lot.code(at))).collect()
    }

    /// Codes that reports named more than once for the same thing.
    pub fn told_twice(&self) -> Vec<String> {
        let twice = |place: &Place| {
            let mark = self.mark(place);
            mark.utilised > 1 || mark.dropped > 1 || mark.introduced > 1
        };
        self.places().filter(twice).map(|place| self.code_at(&place)).collect()
    }

    /// Codes in reports that the issuer never gave out, and how often each was named.
    pub fn strangers(&self) -> &BTreeMap<String, u32> {
        &self.strangers
    }

    /// Requests that came although ten had come within the 0.95 s before.
    pub fn hurried(&self) -> u64 {
        self.hurried
    }

    /// How often a token was given out.
    pub fn sign_ins(&self) -> u64 {
        self.sign_ins
    }

    /// How often a sign-in killed a token that still had more than half of its life.
    pub fn thrown_out(&self) -> u64 {
        self.thrown_out
    }

    fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.lots.iter().flat_map(|lot| &lot.marks).chain(self.brought.values())
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        let lots = self.lots.iter().enumerate();
        lots.flat_map(|(at, lot)| (0..lot.marks.len()).map(move |index| Place::Lot(at, index)))
            .chain(self.brought.keys().cloned().map(Place::Brought))
    }

    /// Finds a code. A report may carry more identifiers behind the check part.
    pub(super) fn find(&self, text: &str) -> Found {
        let Some(place) = self.find_identification(codes::identification(text)) else {
            return Found::Nothing;
        };
        let code = self.code_at(&place);
        let more = text.strip_prefix(&code);
        let same = more.is_some_and(|more| more.is_empty() || more.starts_with(codes::GS));
        if same { Found::Code(place) } else { Found::OtherTail }
    }

    /// Finds a code by the part before its check part.
    pub(super) fn find_identification(&self, identification: &str) -> Option<Place> {
        if let Some(code) = self.brought_by_identification.get(identification) {
            return Some(Place::Brought(code.clone()));
        }
        let (gtin, serial) = codes::gtin_and_serial(identification)?;
        let key = (gtin.to_owned(), serial.to_owned());
        let place = match self.own.get(&key) {
            Some((lot, index)) => Place::Lot(*lot, *index),
            None => self.find_made(gtin, serial)?,
        };
        let Place::Lot(lot, index) = &place else { return Some(place) };
        let given = *index < self.lots[*lot].marks.len();
        (given && codes::identification(&self.lots[*lot].code(*index)) == identification)
            .then_some(place)
    }

    fn find_made(&self, gtin: &str, serial: &str) -> Option<Place> {
        let stock = self.shelves.get(&(gtin.to_owned(), serial.len()))?;
        let number = stock.mould.number(serial)?;
        let (first, lot) = stock.lots.range(..=number).next_back()?;
        Some(Place::Lot(*lot, usize::try_from(number - first).ok()?))
    }

    /// Whether a serial number is taken, whether it was given out or not.
    pub(super) fn serial_is_taken(&self, gtin: &str, serial: &str) -> bool {
        let own = self.own.contains_key(&(gtin.to_owned(), serial.to_owned()));
        let stock = self.shelves.get(&(gtin.to_owned(), serial.len()));
        let made = stock.is_some_and(|s| s.mould.number(serial).is_some_and(|n| n < s.next));
        let brought = format!("01{gtin}21{serial}");
        own || made || self.brought_by_identification.contains_key(&brought)
    }

    /// Makes room for the codes of an order. Gives the number of the lot.
    pub(super) fn open(&mut self, new: NewLot<'_>) -> usize {
        let at = self.lots.len();
        let key = (new.gtin.to_owned(), new.template.serial);
        let mould = Mould::new(self.seed, new.gtin, new.template.serial, new.digit);
        let fresh = || Shelf {
            mould: mould.clone(),
            next: 0,
            taken: BTreeSet::new(),
            lots: BTreeMap::new(),
        };
        let stock = self.shelves.entry(key).or_insert_with(fresh);
        let serials = if new.own.is_empty() {
            let quantity = new.quantity as u64;
            while let Some(taken) = stock.taken.range(stock.next..stock.next + quantity).next_back()
            {
                stock.next = taken + 1;
            }
            let first = stock.next;
            stock.next += quantity;
            stock.lots.insert(first, at);
            Serials::From(first)
        } else {
            stock.taken.extend(new.own.iter().filter_map(|serial| stock.mould.number(serial)));
            for (index, serial) in new.own.iter().enumerate() {
                self.own.insert((new.gtin.to_owned(), serial.clone()), (at, index));
            }
            Serials::Own(new.own)
        };
        self.lots.push(Lot {
            order: new.order.to_owned(),
            group: new.group,
            mould,
            template: new.template,
            price: new.price,
            serials,
            marks: Vec::new(),
            annulled_at_ms: new.annulled_at_ms,
        });
        at
    }

    /// Gives out the next codes of a lot.
    pub(super) fn give(&mut self, lot: usize, quantity: usize, standing: Standing) {
        let marks = &mut self.lots[lot].marks;
        marks.resize(marks.len() + quantity, Mark { standing, ..NEW });
    }

    /// A code of a lot.
    pub(super) fn code(&self, lot: usize, index: usize) -> String {
        self.lots[lot].code(index)
    }

    /// Takes in a code that was given out elsewhere. Says whether it is new.
    pub(super) fn bring(&mut self, code: &str) -> bool {
        if self.find(code) != Found::Nothing {
            return false;
        }
        let identification = codes::identification(code).to_owned();
        self.brought_by_identification.insert(identification, code.to_owned());
        self.brought.insert(code.to_owned(), NEW);
        true
    }

    /// Annuls what was not applied by now. `all`: whenever it would have been.
    pub(super) fn annul(&mut self, now_ms: i64, all: bool) {
        for lot in &mut self.lots {
            if all || lot.annulled_at_ms.is_some_and(|at| at <= now_ms) {
                for mark in lot.marks.iter_mut().filter(|m| m.standing == Standing::Given) {
                    mark.standing = Standing::Annulled;
                }
                lot.annulled_at_ms = None;
            }
        }
    }

    /// When the next lot is annulled.
    pub(super) fn next_annulment(&self) -> Option<i64> {
        self.lots.iter().filter_map(|lot| lot.annulled_at_ms).min()
    }

    pub(super) fn mark(&self, place: &Place) -> &Mark {
        match place {
            Place::Lot(lot, index) => &self.lots[*lot].marks[*index],
            Place::Brought(code) => &self.brought[code],
        }
    }

    pub(super) fn mark_mut(&mut self, place: &Place) -> &mut Mark {
        match place {
            Place::Lot(lot, index) => &mut self.lots[*lot].marks[*index],
            Place::Brought(code) => self.brought.get_mut(code).expect("a place is there"),
        }
    }

    /// The product group, where it is known.
    pub(super) fn group(&self, place: &Place) -> Option<&'static str> {
        match place {
            Place::Lot(lot, _) => Some(self.lots[*lot].group),
            Place::Brought(_) => None,
        }
    }

    pub(super) fn code_at(&self, place: &Place) -> String {
        match place {
            Place::Lot(lot, index) => self.lots[*lot].code(*index),
            Place::Brought(code) => code.clone(),
        }
    }

    fn fate_at(&self, place: &Place) -> Fate {
        let order = match place {
            Place::Lot(lot, _) => self.lots[*lot].order.clone(),
            Place::Brought(_) => KNOWN.to_owned(),
        };
        let mark = self.mark(place);
        Fate {
            order,
            group: self.group(place).map(str::to_owned),
            given: mark.given.into(),
            utilised: mark.utilised.into(),
            dropped: mark.dropped.into(),
            introduced: mark.introduced.into(),
            standing: mark.standing,
        }
    }

    pub(super) fn stranger(&mut self, code: &str) {
        *self.strangers.entry(code.to_owned()).or_default() += 1;
    }

    /// Writes a line, where there is a file.
    pub(super) fn write(
        &mut self,
        at_ms: i64,
        what: &'static str,
        within: &str,
        code: &str,
        result: u32,
    ) {
        let Some(file) = &mut self.file else { return };
        let line = serde_json::to_string(&Entry { at_ms, what, within, code, result });
        let line = line.expect("strings and numbers are always JSON");
        if let Err(error) = writeln!(file, "{line}") {
            tracing::warn!(%error, "the issuer's ledger file cannot be written; going on without");
            self.file = None;
        }
    }

    /// Brings what was written to the file.
    pub(super) fn flush(&mut self) {
        if let Some(Err(error)) = self.file.as_mut().map(BufWriter::flush) {
            tracing::warn!(%error, "the issuer's ledger file cannot be written; going on without");
            self.file = None;
        }
    }
}

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let codes: BTreeMap<String, Fate> = self.codes().collect();
        let mut ledger = serializer.serialize_struct("Ledger", 2)?;
        ledger.serialize_field("codes", &codes)?;
        ledger.serialize_field("strangers", &self.strangers)?;
        ledger.end()
    }
}

impl Lot {
    fn code(&self, index: usize) -> String {
        let mut code = String::with_capacity(132);
        match &self.serials {
            Serials::Own(own) => {
                self.mould.code(self.template, &own[index], self.price, &mut code);
            }
            Serials::From(first) => {
                let serial = self.mould.serial(first + index as u64);
                self.mould.code(self.template, &serial, self.price, &mut code);
            }
        }
        code
    }
}

/// The order of codes that were not ordered here.
const KNOWN: &str = "known";
