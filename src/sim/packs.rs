//! Products that come with their labels: what a factory before the line hands over. Most carry a code
//! of the array that belongs to them; some a copy, a code of other goods, a code that nobody gave
//! out, or no label.
use super::PrintedLabel;
use super::dice::Dice;
use super::labels::{blank_label, draw_label, random_dairy_code};
use std::collections::{HashSet, VecDeque};

/// How many of the last codes a copy is made of.
const COPIED_FROM: usize = 12;

/// What products come with. A chance is a probability from 0 (never) to 1 (always).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PackSettings {
    /// Codes in the array that the labels were printed from.
    pub codes: usize,
    /// A label with a code that was on one of the last products.
    pub copied_chance: f64,
    /// A label with a code of other goods.
    pub foreign_chance: f64,
    /// A label with a code of these goods that is in no array.
    pub unknown_chance: f64,
    /// No label at all.
    pub bare_chance: f64,
}

impl PackSettings {
    /// A usual day of a demo: one product in thirty is not what it should be.
    pub fn demo(codes: usize) -> Self {
        let (copied_chance, foreign_chance) = (0.01, 0.01);
        Self { codes, copied_chance, foreign_chance, unknown_chance: 0.005, bare_chance: 0.01 }
    }
}

/// The products to come, one after the other.
#[derive(Debug)]
pub struct Packs {
    settings: PackSettings,
    dice: Dice,
    codes: VecDeque<String>,
    last: VecDeque<String>,
}

impl Packs {
    /// All chance comes from the seed.
    pub fn new(settings: PackSettings, seed: u64) -> Self {
        let mut dice = Dice::of(seed, 11);
        let mut known = HashSet::new();
        let mut codes = VecDeque::with_capacity(settings.codes);
        while codes.len() < settings.codes {
            let code = random_dairy_code(&mut dice);
            if known.insert(code.clone()) {
                codes.push_back(code);
            }
        }
        Self { settings, dice, codes, last: VecDeque::new() }
    }

    /// The array, a code a line, as a printing house gets it.
    pub fn array(&self) -> String {
        self.codes.iter().map(|code| code.replace('\u{1d}', "<GS>") + "\n").collect()
    }

    /// What the next product carries. When the array is used up, products come bare.
    pub fn next(&mut self, number: u64) -> PrintedLabel {
        let PackSettings { copied_chance, foreign_chance, unknown_chance, bare_chance, .. } =
            self.settings;
        if self.dice.chance(bare_chance) {
            return blank_label(number);
        }
        if self.dice.chance(foreign_chance) {
            let other = random_dairy_code(&mut self.dice);
            return draw_label(number, &other.replacen("04810093011694", "04600000000008", 1));
        }
        if self.dice.chance(unknown_chance) {
            return draw_label(number, &random_dairy_code(&mut self.dice));
        }
        if !self.last.is_empty() && self.dice.chance(copied_chance) {
            let which = self.dice.below(self.last.len());
            return draw_label(number, &self.last[which]);
        }
        let Some(code) = self.codes.pop_front() else { return blank_label(number) };
        self.last.push_back(code.clone());
        if self.last.len() > COPIED_FROM {
            self.last.pop_front();
        }
        draw_label(number, &code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bad_luck_every_product_carries_the_next_code_of_the_array() {
        let mut packs = Packs::new(PackSettings { codes: 20, ..PackSettings::default() }, 1);
        let array = packs.array().replace("<GS>", "\u{1d}");
        let came: Vec<_> = (1..=20).flat_map(|number| packs.next(number).codes).collect();
        assert_eq!(array.lines().collect::<Vec<_>>(), came);
        assert!(packs.next(21).codes.is_empty());
    }

    #[test]
    fn copies_foreign_and_unknown_codes_and_bare_products_come_as_often_as_they_should() {
        let settings = PackSettings {
            codes: 1_000,
            copied_chance: 0.1,
            foreign_chance: 0.1,
            unknown_chance: 0.1,
            bare_chance: 0.1,
        };
        let mut packs = Packs::new(settings, 2);
        let array: HashSet<_> =
            packs.array().lines().map(|line| line.replace("<GS>", "\u{1d}")).collect();
        let (mut seen, mut kinds) = (HashSet::new(), [0; 5]);
        for number in 1..=1_000 {
            let kind = match packs.next(number).codes.pop() {
                None => 0,
                Some(code) if !code.contains("04810093011694") => 1,
                Some(code) if !array.contains(&code) => 2,
                Some(code) if !seen.insert(code.clone()) => 3,
                Some(_) => 4,
            };
            kinds[kind] += 1;
        }
        assert!(kinds[..4].iter().all(|n| (60..=140).contains(n)), "{kinds:?}");
    }
}
