//! The sums of a ledger: every label, every product, and where they are. Pure.
use super::{Entry, Fact};
use crate::sim::scene::Look;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelPlace {
    /// Still on the web behind the printer.
    Roll,
    /// At the applicator, waiting for a product.
    Pad,
    /// On this product.
    Product(u64),
    /// Thrown away.
    Waste,
}

/// Where a product is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductPlace {
    /// Between the infeed eye and the end of the belt.
    Belt,
    /// It left on the good side.
    Good,
    /// In the bin.
    Bin,
    /// Somebody took it off by hand.
    TakenOff,
}

/// What is true of one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelTruth {
    /// What the printer counted.
    pub number: u64,
    /// The data of each symbol on it; none on a blank label.
    pub codes: Vec<String>,
    /// Only a part of it was printed.
    pub partial: bool,
    /// Where it is.
    pub place: LabelPlace,
}

/// What is true of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductTruth {
    /// The start of the PLC that gave the tag.
    pub boot: u16,
    /// Its tag.
    pub tag: u32,
    /// The labels on it, in order of coming, counted from one.
    pub labels: Vec<u64>,
    /// Where it is.
    pub place: ProductPlace,
    /// What the first frame that was handed over showed.
    pub look: Option<Look>,
    /// When that was, in microseconds since the ledger was opened.
    pub frame_at_us: Option<u64>,
    /// When its pass was first taken up.
    pub pass_at_us: Option<u64>,
}

impl ProductTruth {
    /// From the frame being handed to the socket to the pass being in the register, in microseconds.
    pub fn verdict_latency_us(&self) -> Option<u64> {
        Some(self.pass_at_us?.saturating_sub(self.frame_at_us?))
    }
}

/// Everything that is true.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    labels: Vec<LabelTruth>,
    products: Vec<ProductTruth>,
    frames_handed: u64,
    frames_dropped: u64,
}

impl Books {
    /// Adds what happened. Facts about labels or products that never came are passed over.
    pub fn note(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::LabelCame { number, codes, partial } => self.labels.push(LabelTruth {
                number: *number,
                codes: codes.clone(),
                partial: *partial,
                place: LabelPlace::Roll,
            }),
            Fact::LabelMoved { label, place } => self.move_label(*label, *place),
            Fact::ProductEntered { boot, tag } => self.products.push(ProductTruth {
                boot: *boot,
                tag: *tag,
                labels: Vec::new(),
                place: ProductPlace::Belt,
                look: None,
                frame_at_us: None,
                pass_at_us: None,
            }),
            Fact::ProductMoved { product, place } => {
                self.change(*product, |truth| truth.place = *place);
            }
            Fact::FrameHanded { product, look, .. } => {
                self.frames_handed += 1;
                self.change(*product, |truth| {
                    truth.look.get_or_insert(*look);
                    truth.frame_at_us.get_or_insert(entry.at_us);
                });
            }
            Fact::FrameDropped { .. } => self.frames_dropped += 1,
            Fact::PassHeard { product } => {
                self.change(*product, |truth| {
                    truth.pass_at_us.get_or_insert(entry.at_us);
                });
            }
        }
    }

    /// Every label that ever came, in order.
    pub fn labels(&self) -> &[LabelTruth] {
        &self.labels
    }

    /// Every product that ever entered, in order.
    pub fn products(&self) -> &[ProductTruth] {
        &self.products
    }

    /// How many labels with a code came out of the printer, partial ones too, blank ones not.
    pub fn physical_labels(&self) -> usize {
        self.labels.iter().filter(|label| !label.codes.is_empty()).count()
    }

    /// Codes that stand on two complete labels. None, if the house keeps its first promise.
    pub fn physical_duplicates(&self) -> Vec<&str> {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for label in self.labels.iter().filter(|label| !label.partial) {
            for code in &label.codes {
                *count.entry(code).or_default() += 1;
            }
        }
        count.into_iter().filter(|(_, count)| *count > 1).map(|(code, _)| code).collect()
    }

    /// How many products passed the infeed eye.
    pub fn products_seen(&self) -> usize {
        self.products.len()
    }

    /// Products that left on the good side.
    pub fn good(&self) -> impl Iterator<Item = &ProductTruth> {
        self.at(ProductPlace::Good)
    }

    /// Products in the bin.
    pub fn rejected(&self) -> impl Iterator<Item = &ProductTruth> {
        self.at(ProductPlace::Bin)
    }

    /// Products between the infeed eye and the end of the belt.
    pub fn on_belt(&self) -> impl Iterator<Item = &ProductTruth> {
        self.at(ProductPlace::Belt)
    }

    /// Products that somebody took off by hand.
    pub fn taken_off(&self) -> impl Iterator<Item = &ProductTruth> {
        self.at(ProductPlace::TakenOff)
    }

    /// The codes on a product, by its number in order of entering, counted from one.
    pub fn codes_on(&self, product: u64) -> Vec<&str> {
        place_of(product)
            .and_then(|at| self.products.get(at))
            .map_or(Vec::new(), |p| self.codes_of(p))
    }

    /// The codes on this product.
    pub fn codes_of(&self, product: &ProductTruth) -> Vec<&str> {
        let labels = product.labels.iter().filter_map(|label| self.labels.get(place_of(*label)?));
        labels.flat_map(|label| label.codes.iter().map(String::as_str)).collect()
    }

    /// Frames that were handed to a socket, and frames that were not.
    pub fn frames(&self) -> (u64, u64) {
        (self.frames_handed, self.frames_dropped)
    }

    /// For every product that got a pass: microseconds from its frame to the register, shortest first.
    pub fn verdict_latencies_us(&self) -> Vec<u64> {
        let mut all: Vec<_> =
            self.products.iter().filter_map(ProductTruth::verdict_latency_us).collect();
        all.sort_unstable();
        all
    }

    fn at(&self, place: ProductPlace) -> impl Iterator<Item = &ProductTruth> {
        self.products.iter().filter(move |product| product.place == place)
    }

    fn move_label(&mut self, label: u64, place: LabelPlace) {
        let Some(truth) = place_of(label).and_then(|at| self.labels.get_mut(at)) else { return };
        truth.place = place;
        if let LabelPlace::Product(product) = place {
            self.change(product, |truth| truth.labels.push(label));
        }
    }

    fn change(&mut self, product: u64, how: impl FnOnce(&mut ProductTruth)) {
        if let Some(truth) = place_of(product).and_then(|at| self.products.get_mut(at)) {
            how(truth);
        }
    }
}

/// Numbers count from one, places from zero.
fn place_of(number: u64) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books_with(labels: &[(&str, bool)]) -> Books {
        let mut books = Books::default();
        for (code, partial) in labels {
            let codes = if code.is_empty() { Vec::new() } else { vec![(*code).to_owned()] };
            let fact = Fact::LabelCame { number: 1, codes, partial: *partial };
            books.note(&Entry { at_us: 0, fact });
        }
        books
    }

    #[test]
    fn a_code_on_two_complete_labels_is_a_duplicate() {
        let books = books_with(&[("A", false), ("B", false), ("A", false)]);
        assert_eq!(books.physical_duplicates(), ["A"]);
        assert_eq!(books.physical_labels(), 3);
    }

    #[test]
    fn partial_and_blank_labels_are_no_duplicates() {
        let books = books_with(&[("A", true), ("A", false), ("", false), ("", false)]);
        assert!(books.physical_duplicates().is_empty());
        assert_eq!(books.physical_labels(), 2);
    }

    #[test]
    fn the_latency_counts_from_the_first_frame_to_the_first_pass() {
        let mut books = Books::default();
        let look = Look::Clean;
        let day = [
            (0, Fact::ProductEntered { boot: 1, tag: 1 }),
            (10, Fact::FrameHanded { product: 1, trigger: 1, look }),
            (11, Fact::FrameHanded { product: 1, trigger: 1, look }),
            (40, Fact::PassHeard { product: 1 }),
            (60, Fact::PassHeard { product: 1 }),
        ];
        for (at_us, fact) in day {
            books.note(&Entry { at_us, fact });
        }
        assert_eq!(books.verdict_latencies_us(), [30]);
    }
}
