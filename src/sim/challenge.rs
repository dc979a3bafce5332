//! Test products: what a person puts on the empty belt to see whether the line rejects it.
use super::PrintedLabel;
use super::labels::draw_label;
use super::scene::Look;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a test product shows to the camera. Whatever the applicator puts on it is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestProduct {
    /// White where the symbol should be.
    NoSymbol,
    /// A symbol that nobody can read.
    BadSymbol,
    /// A label with this code.
    Shows(String),
}

/// Test products that wait at the infeed, and those on the belt, by their number.
#[derive(Debug, Default)]
pub(super) struct TestProducts {
    waiting: VecDeque<TestProduct>,
    on_belt: BTreeMap<u64, TestProduct>,
}

impl TestProducts {
    /// A person stands at the infeed with it.
    pub(super) fn bring(&mut self, product: TestProduct) {
        self.waiting.push_back(product);
    }

    /// A product enters; onto an empty belt it is the one that the person puts there.
    pub(super) fn enter(&mut self, number: u64, belt_was_empty: bool) {
        if belt_was_empty && let Some(product) = self.waiting.pop_front() {
            self.on_belt.insert(number, product);
        }
    }

    /// What the camera sees of this product, if it is a test product.
    pub(super) fn seen(&self, number: u64) -> Option<(Look, Option<Arc<PrintedLabel>>)> {
        Some(match self.on_belt.get(&number)? {
            TestProduct::NoSymbol => (Look::NoLabel, None),
            TestProduct::BadSymbol => (Look::Spoiled, Some(Arc::new(draw_label(0, CARD)))),
            TestProduct::Shows(code) => (Look::Clean, Some(Arc::new(draw_label(0, code)))),
        })
    }

    /// It left the belt.
    pub(super) fn leave(&mut self, number: u64) {
        self.on_belt.remove(&number);
    }
}

/// What stands on the card with the bad symbol.
const CARD: &str = "010460714330994421TESTCARD\u{1d}93TEST";
