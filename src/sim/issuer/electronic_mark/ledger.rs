//! What the operator remembers of every code: the truth that tests compare with.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a code stands. Only 47 and 50 are known from the operator's clients; the other numbers are
/// this fake's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MarkStanding {
    /// Made for an order.
    Made,
    /// Put on a product: "Нанесён".
    Marked,
    /// The product was made: "Промаркирован".
    Manufactured,
    /// On its way to somebody else.
    Shipped,
    /// Destroyed or lost.
    WrittenOff,
}

impl MarkStanding {
    /// The operator's number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Made => 40,
            Self::Marked => 47,
            Self::Manufactured => 50,
            Self::Shipped => 60,
            Self::WrittenOff => 70,
        }
    }

    /// The operator's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Made => "Эмитирован",
            Self::Marked => "Нанесён",
            Self::Manufactured => "Промаркирован",
            Self::Shipped => "Отгружен",
            Self::WrittenOff => "Списан",
        }
    }
}

/// What became of one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkFate {
    /// The order that it was made for.
    pub order: u64,
    /// Its product group.
    pub group: String,
    /// The kind of code that was ordered.
    pub label_type: u32,
    /// How often it was downloaded.
    pub given: u32,
    /// How often a labelling report named it, whether that was taken or not.
    pub named_marked: u32,
    /// How often a production report named it, whether that was taken or not.
    pub named_manufactured: u32,
    /// How often a shipment named it, whether that was taken or not.
    pub named_shipped: u32,
    /// Each step that it took, in order: none is taken twice.
    pub steps: Vec<MarkStanding>,
}

impl MarkFate {
    /// Where it stands now.
    pub fn standing(&self) -> MarkStanding {
        self.steps.last().copied().unwrap_or(MarkStanding::Made)
    }
}

/// Every code of Electronic Mark, and the sign-ins.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct MarkLedger {
    codes: BTreeMap<String, MarkFate>,
    /// Codes in reports and shipments that were never made here, and how often.
    strangers: BTreeMap<String, u32>,
    pub(super) sign_ins: u64,
    pub(super) refused_steps: u64,
}

impl MarkLedger {
    /// What became of a code.
    pub fn fate(&self, code: &str) -> Option<&MarkFate> {
        self.codes.get(code)
    }

    /// Every code that was made, with its fate.
    pub fn codes(&self) -> impl Iterator<Item = (&str, &MarkFate)> {
        self.codes.iter().map(|(code, fate)| (code.as_str(), fate))
    }

    /// How many codes were downloaded at least once.
    pub fn given_out(&self) -> usize {
        self.codes.values().filter(|fate| fate.given > 0).count()
    }

    /// How many codes stand so.
    pub fn standing(&self, standing: MarkStanding) -> usize {
        self.codes.values().filter(|fate| fate.standing() == standing).count()
    }

    /// Codes in reports and shipments that were never made here.
    pub fn strangers(&self) -> &BTreeMap<String, u32> {
        &self.strangers
    }

    /// How often somebody signed in.
    pub fn sign_ins(&self) -> u64 {
        self.sign_ins
    }

    /// How many reports and shipments came out of their order and were not done.
    pub fn refused_steps(&self) -> u64 {
        self.refused_steps
    }

    pub(super) fn enter(&mut self, code: String, fate: MarkFate) -> bool {
        let new = !self.codes.contains_key(&code);
        if new {
            self.codes.insert(code, fate);
        }
        new
    }

    pub(super) fn fate_mut(&mut self, code: &str) -> Option<&mut MarkFate> {
        self.codes.get_mut(code)
    }

    pub(super) fn stranger(&mut self, code: &str) {
        *self.strangers.entry(code.to_owned()).or_default() += 1;
    }
}
