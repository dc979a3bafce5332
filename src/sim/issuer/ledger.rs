//! What the issuer remembers of every code: the truth that tests compare with.
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// What became of one code, as far as the issuer knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// The order that it was given out in; `known` for a code that was brought along.
    pub order: String,
    /// Its product group, where that is known.
    pub group: Option<String>,
    /// How often it left the issuer: once, and once more with each repeated block.
    pub given: u32,
    /// How often a report said that it was applied, whether that was taken or not.
    pub utilised: u32,
    /// How often a report said that it was spoiled, whether that was taken or not.
    pub dropped: u32,
    /// How the issuer sees it now.
    pub standing: Standing,
}

/// How the issuer sees a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Given out.
    Given,
    /// Applied to a product.
    Utilised,
    /// Written off.
    Dropped,
}

/// Every code the issuer has to do with.
#[derive(Debug, Default, Serialize)]
pub struct Ledger {
    codes: HashMap<String, Fate>,
    /// Full codes by the part before the first GS.
    #[serde(skip)]
    by_identification: HashMap<String, String>,
    /// Codes in reports that the issuer never gave out, and how often.
    strangers: BTreeMap<String, u32>,
    #[serde(skip)]
    file: Option<BufWriter<File>>,
}

/// Something that happened, as one line of the file.
#[derive(Serialize)]
struct Entry<'a> {
    at_ms: i64,
    what: &'static str,
    /// The order, block or report that it happened in.
    within: &'a str,
    code: &'a str,
    result: u32,
}

impl Ledger {
    /// A ledger that also writes a line of JSON for everything that happens.
    pub(super) fn with_file(file: Option<File>) -> Self {
        Self { file: file.map(BufWriter::new), ..Self::default() }
    }

    /// What became of a code.
    pub fn fate(&self, code: &str) -> Option<&Fate> {
        self.codes.get(code)
    }

    /// Every code and its fate, in no order.
    pub fn codes(&self) -> impl Iterator<Item = (&str, &Fate)> {
        self.codes.iter().map(|(code, fate)| (code.as_str(), fate))
    }

    /// How many codes were given out in orders.
    pub fn given_out(&self) -> usize {
        self.codes.values().filter(|f| f.order != KNOWN).count()
    }

    /// How many codes stand so.
    pub fn standing(&self, standing: Standing) -> usize {
        self.codes.values().filter(|f| f.standing == standing).count()
    }

    /// The codes of an order.
    pub fn of_order(&self, order: &str) -> Vec<&str> {
        self.codes().filter(|(_, fate)| fate.order == order).map(|(code, _)| code).collect()
    }

    /// Codes that reports named more than once for the same thing.
    pub fn told_twice(&self) -> Vec<&str> {
        let twice = |(_, fate): &(&str, &Fate)| fate.utilised > 1 || fate.dropped > 1;
        self.codes().filter(twice).map(|(code, _)| code).collect()
    }

    /// Codes in reports that the issuer never gave out, and how often each was named.
    pub fn strangers(&self) -> &BTreeMap<String, u32> {
        &self.strangers
    }

    /// Whether some code starts with this identification.
    pub(super) fn knows_identification(&self, identification: &str) -> bool {
        self.by_identification.contains_key(identification)
    }

    pub(super) fn fate_mut(&mut self, code: &str) -> Option<&mut Fate> {
        self.codes.get_mut(code)
    }

    pub(super) fn enter(&mut self, code: &str, order: &str, group: Option<&str>) {
        let identification = super::codes::identification(code).to_owned();
        self.by_identification.insert(identification, code.to_owned());
        let fate = Fate {
            order: order.to_owned(),
            group: group.map(str::to_owned),
            given: 1,
            utilised: 0,
            dropped: 0,
            standing: Standing::Given,
        };
        self.codes.insert(code.to_owned(), fate);
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

/// The order of codes that were not ordered here.
pub(super) const KNOWN: &str = "known";
