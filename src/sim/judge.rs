//! Beliefs held against the truth: where the books of whoever ran the line contradict what
//! physically happened, or what the issuer knows.
use super::issuer;
use super::ledger::Books;
use crate::code::{CodeState, CodeText};
use std::collections::{BTreeMap, HashSet};

/// What somebody believes at the end of a run, with nothing under way.
#[derive(Debug, Clone, Default)]
pub struct Beliefs {
    /// Every code that was ever handed to a printer, and its state.
    pub codes: BTreeMap<CodeText, CodeState>,
    /// Products seen, and those of them that are in the bin.
    pub products: (u64, u64),
    /// Codes that were in a report whose answer was lost, so that it was sent again.
    pub told_again: HashSet<CodeText>,
    /// Something went wrong that leaves doubt: products that nobody heard of, good products whose
    /// code is doubtful.
    pub troubled: bool,
}

impl Beliefs {
    /// Everything that contradicts what happened on the floor, in words: no code is on two labels;
    /// every good product carries exactly one code, verified; every verified code is on one good
    /// product; every label's code was handed over.
    pub fn against_plant(&self, truth: &Books) -> Vec<String> {
        let twice = truth.physical_duplicates().into_iter();
        let mut wrong: Vec<_> =
            twice.map(|code| format!("on two labels: {}", shown(code))).collect();
        for code in truth.labels().iter().flat_map(|label| &label.codes) {
            if !self.codes.contains_key(&CodeText::new(code.as_str())) {
                wrong.push(format!("on a label, but not handed over by us: {}", shown(code)));
            }
        }
        wrong.extend(self.against_products(truth));
        wrong
    }

    /// The same where labels come from elsewhere, so that some are copies or nobody's.
    pub fn against_products(&self, truth: &Books) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut out = HashSet::new();
        for product in truth.good() {
            let codes = truth.codes_of(product);
            let [code] = codes[..] else {
                wrong.push(format!("good product {} carries {} codes", product.tag, codes.len()));
                continue;
            };
            let code = CodeText::new(code);
            let state = self.codes.get(&code).copied();
            if !self.may_be_good(state) {
                let code = shown(code.as_str());
                wrong.push(format!("good product {} with a {state:?} code: {code}", product.tag));
            }
            if !out.insert(code) {
                wrong.push(format!("product {} left with a code that left before", product.tag));
            }
        }
        let verified = self.codes.iter().filter(|(_, state)| **state == CodeState::Verified);
        for (code, _) in verified.filter(|(code, _)| !out.contains(*code)) {
            wrong.push(format!("verified, but not on the good side: {}", code.identification()));
        }
        wrong.extend(self.miscounted(truth));
        wrong
    }

    fn may_be_good(&self, state: Option<CodeState>) -> bool {
        let doubted = self.troubled && state == Some(CodeState::Doubtful);
        doubted || state == Some(CodeState::Verified)
    }

    /// Products that the books have too few of, or too many.
    fn miscounted(&self, truth: &Books) -> Vec<String> {
        let true_counts = [truth.products_seen() as u64, truth.rejected().count() as u64];
        let believed = [self.products.0, self.products.1];
        let words = ["products seen", "products in the bin"];
        let counts = words.into_iter().zip(believed).zip(true_counts);
        counts
            .filter(|((_, ours), theirs)| ours > theirs || (ours < theirs && !self.troubled))
            .map(|((what, ours), theirs)| format!("{what}: {ours} by the books, {theirs} in truth"))
            .collect()
    }

    /// Everything that contradicts the issuer's ledger: it gave out every code, and heard of each
    /// in one report, and only of its own.
    pub fn against_issuer(&self, office: &issuer::Ledger) -> Vec<String> {
        let unknown = self.codes.keys().filter(|code| office.fate(code.as_str()).is_none());
        let mut wrong: Vec<_> = unknown
            .map(|code| format!("unknown to the issuer: {}", code.identification()))
            .collect();
        for code in office.told_twice() {
            if !self.told_again.contains(&CodeText::new(code.as_str())) {
                wrong.push(format!("told to the issuer twice: {}", shown(&code)));
            }
        }
        for (code, fate) in office.codes() {
            if fate.utilised > 0 && fate.dropped > 0 {
                wrong.push(format!("told as applied and as spoiled: {}", shown(&code)));
            }
        }
        for code in office.strangers().keys() {
            wrong.push(format!("told to the issuer, but not its own: {}", shown(code)));
        }
        wrong
    }
}

/// A code without its check part: what may stand on a screen.
fn shown(code: &str) -> String {
    CodeText::new(code).identification().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ledger::{Entry, Fact, LabelPlace, ProductPlace};

    const A: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";
    const B: &str = "0104810093011694213k6rsrti\u{1d}93#SzU";

    fn truth(labels: &[&str], facts: impl IntoIterator<Item = Fact>) -> Books {
        let mut books = Books::default();
        let came = labels.iter().map(|code| Fact::LabelCame {
            number: 1,
            codes: vec![(*code).to_owned()],
            partial: false,
        });
        for fact in came.chain(facts) {
            books.note(&Entry { at_us: 0, fact });
        }
        books
    }

    fn one_good_product() -> [Fact; 3] {
        [
            Fact::ProductEntered { boot: 1, tag: 1 },
            Fact::LabelMoved { label: 1, place: LabelPlace::Product(1) },
            Fact::ProductMoved { product: 1, place: ProductPlace::Good },
        ]
    }

    fn beliefs(codes: &[(&str, CodeState)]) -> Beliefs {
        let codes = codes.iter().map(|(code, state)| (CodeText::new(*code), *state)).collect();
        Beliefs { codes, products: (1, 0), ..Beliefs::default() }
    }

    #[test]
    fn a_good_product_with_one_verified_code_is_agreed_on() {
        let beliefs = beliefs(&[(A, CodeState::Verified)]);
        assert_eq!(beliefs.against_plant(&truth(&[A], one_good_product())), [""; 0]);
    }

    #[test]
    fn doubt_about_a_good_product_needs_a_reason() {
        let mut beliefs = beliefs(&[(A, CodeState::Doubtful)]);
        let truth = truth(&[A], one_good_product());
        assert_eq!(beliefs.against_plant(&truth).len(), 1);
        beliefs.troubled = true;
        assert_eq!(beliefs.against_plant(&truth), [""; 0]);
        beliefs.codes.insert(CodeText::new(A), CodeState::Rejected);
        assert_eq!(beliefs.against_plant(&truth).len(), 1);
    }

    #[test]
    fn every_other_contradiction_is_named() {
        let verified = beliefs(&[(A, CodeState::Verified)]);
        let cases = [
            (truth(&[A, A], one_good_product()), "on two labels"),
            (truth(&[A, B], one_good_product()), "not handed over by us"),
            (truth(&[B], one_good_product()), "verified, but not on the good side"),
            (
                truth(&[A], [Fact::ProductEntered { boot: 1, tag: 1 }]),
                "verified, but not on the good",
            ),
            (
                truth(&[], [one_good_product()[0].clone(), one_good_product()[2].clone()]),
                "carries 0",
            ),
            (truth(&[A], []), "products seen: 1 by the books, 0 in truth"),
        ];
        for (truth, words) in cases {
            let wrong = verified.against_plant(&truth);
            assert!(wrong.iter().any(|line| line.contains(words)), "{words}: {wrong:?}");
        }
    }
}
