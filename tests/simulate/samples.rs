//! Samples: a person takes a product that left, or that he had taken off the belt, and brings some of
//! them back. The rules are those of `src/store/samples.rs`, written once more.
use super::super::books::{Books, Row};
use super::super::world::{Item, Place, Print, World};
use super::Shift;
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::{Event, Fate};

fn code_on(item: &Item) -> Option<CodeId> {
    let Some(Print::Code(code, _)) = &item.label else { return None };
    Some(*code)
}

impl Shift {
    /// Somebody of the laboratory comes by.
    pub(super) fn sample(&mut self) {
        if self.world.dice.roll(3) == 0 {
            return self.bring_back();
        }
        let items = &self.world.items;
        // Of two labels with one code nobody could say which of the products the code stands for.
        let is_alone = |item: &Item| {
            let same = items.iter().filter(|other| code_on(other) == code_on(item));
            same.count() == 1
        };
        let reach = |item: &Item| matches!(item.place, Place::Good | Place::TakenOff);
        let there: Vec<_> = (0..items.len())
            .filter(|at| reach(&items[*at]) && !items[*at].escaped && is_alone(&items[*at]))
            .collect();
        if there.is_empty() {
            return;
        }
        let at = there[self.world.dice.roll(there.len() as u64) as usize];
        let Some(code) = code_on(&self.world.items[at]) else { return };
        if !self.books.is_sampleable(code) {
            return;
        }
        if self.books.codes[&code].1 == CodeState::Doubtful {
            self.handle(Event::Decided(vec![code]));
        }
        self.books.take_sample(code);
        self.world.items[at].place = Place::Sampled;
    }

    /// It goes on a shelf; where products come with their labels, somebody may lay it on the belt again.
    fn bring_back(&mut self) {
        let away = |item: &&mut Item| item.place == Place::Sampled;
        let Some(item) = self.world.items.iter_mut().find(away) else { return };
        item.place = Place::Returned;
        if self.way.carries() {
            let label = item.label.clone();
            self.world.strange.extend(label);
        }
    }
}

impl Books {
    /// A person can have it in his hand: a good or doubtful code, and no product of it on the belt. Of two
    /// labels with one code, one may be elsewhere.
    fn is_sampleable(&self, code: CodeId) -> bool {
        // The label of a test product that was taken off by hand is in no books.
        let ours = self.codes.get(&code);
        let known = ours
            .is_some_and(|(_, state)| matches!(state, CodeState::Verified | CodeState::Doubtful));
        let on_belt = |row: &Row| row.code == Some(code) && row.fate.is_none();
        known && !self.is_of_others(code) && !self.products.iter().any(|(_, row)| on_belt(row))
    }

    fn take_sample(&mut self, code: CodeId) {
        let (_, state) = self.codes.get_mut(&code).expect("a code of ours");
        *state = state.after(Step::Sample).unwrap_or_else(|e| panic!("life: {code}: {e}"));
        for (_, row) in self.products.iter_mut().filter(|(_, row)| row.code == Some(code)) {
            if matches!(row.fate, Some(Fate::Verified | Fate::Unaccounted)) {
                row.fate = Some(Fate::Sampled);
            }
        }
        self.samples.insert(code);
    }

    /// What is or was away is sampled for good, and both sums have it: as many codes as products, but for
    /// those whose product the line had lost sight of.
    pub fn samples_are_counted(&self, world: &World) {
        let taken = |item: &&Item| matches!(item.place, Place::Sampled | Place::Returned);
        let there: Vec<_> = world.items.iter().filter(taken).filter_map(code_on).collect();
        assert_eq!(there.len(), self.samples.len(), "samples: some are in no books");
        for code in &there {
            assert_eq!(self.codes[code].1, CodeState::Sampled, "samples: {code}");
            assert!(self.samples.contains(code), "samples: {code} was never taken");
        }
        let of_fate = |fate| {
            let rows = self.products.iter().filter(move |(_, row)| row.fate == Some(fate));
            rows.filter_map(|(_, row)| row.code)
        };
        assert!(of_fate(Fate::Sampled).all(|code| self.samples.contains(&code)), "samples: a fate");
        let good = of_fate(Fate::Verified).any(|code| self.samples.contains(&code));
        assert!(!good, "samples: a product counts as good, and its code is sampled");
        let fates = [Fate::Verified, Fate::Rejected, Fate::Sampled, Fate::Unaccounted];
        let settled: usize = fates.iter().map(|fate| self.fates(Some(*fate))).sum();
        assert_eq!(settled, self.products.len(), "sums: seen = verified + rejected + sampled + …");
    }
}
