//! The forms of codes by product group, each with the days between which it holds, as data.
use super::{Day, ProductGroup, Trust};

/// What follows the serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tail {
    /// `93` and four characters.
    Short,
    /// `91` and a key of four, `92` and a signature of this many characters.
    Long(usize),
    /// A block of tobacco: `8005` and the sum of prices in kopecks, six digits; `93` and four.
    Block,
    /// A pack of tobacco, without application identifiers: the price in four characters, then four
    /// that check it. Not `priced`: always `AAAA`, for goods without a greatest price.
    Pack {
        /// Whether the price may be another one than none.
        priced: bool,
    },
}

/// What may follow the check part in reports and in scanned symbols; we print none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extra {
    /// `3103`: net weight in grams, six digits.
    Weight,
    /// `335Y`: volume in litres, Y digits after the point, six digits.
    Volume,
    /// `97`: factory serial number, base64.
    FactorySerial,
    /// `30`: how many pieces, up to eight digits.
    Count,
    /// `310Y`: net weight in kilograms, Y digits after the point, six digits.
    Kilograms,
    /// `311Y`: length in metres, Y digits after the point, six digits.
    Metres,
}

/// One form of a code: `01` GTIN `21` serial GS tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Whose codes look like this.
    pub group: ProductGroup,
    /// Its number in an order; 0 for a form of neighbours whose number is not known.
    pub template_id: u32,
    /// Length of the serial number, country digit included.
    pub serial_len: usize,
    /// What follows the serial number.
    pub tail: Tail,
    /// Whether `240` and the first four digits of the HS code may stand after the serial number.
    pub with_hs: bool,
    /// What may follow the check part in reports and scans.
    pub extras: &'static [Extra],
    /// The first day on which codes of this form were ordered, if one is known.
    pub from: Option<Day>,
    /// The first day on which they could not be ordered any more.
    pub until: Option<Day>,
    /// How sure the row is.
    pub trust: Trust,
    /// Modules along one side of the square symbol that holds the worst such code in ASCII
    /// encodation (letters in the serial, digit pairs elsewhere; ISO/IEC 16022 capacities).
    pub modules: u32,
}

impl Template {
    /// Whether codes of this form could be ordered on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// Whether an order that names this number gets codes of this form. Where the number of a form
    /// is not known, it is what the order named.
    pub const fn is_named(&self, template: u32) -> bool {
        self.template_id == template || self.template_id == 0
    }

    /// Whether it is a symbol of GS1: FNC1 first, then application identifiers.
    pub const fn is_gs1(&self) -> bool {
        !matches!(self.tail, Tail::Pack { .. })
    }

    /// Whether a code with this tail may be one of this form.
    pub(super) fn takes(&self, serial_len: usize, tail: Tail, has_hs: bool) -> bool {
        let packs = (self.tail, tail);
        let same = self.tail == tail
            || packs == (Tail::Pack { priced: true }, Tail::Pack { priced: false });
        same && self.serial_len == serial_len && (self.with_hs || !has_hs)
    }
}

impl ProductGroup {
    /// The number of the form that an order names (`templateId`; CRPT "API СУЗ 3.0", 5.3.1.4), the
    /// first of the group's; nothing where it is not known. Its lengths change with the years, the
    /// number does not; a test holds that. Of tobacco it is the form of blocks: packs are ordered
    /// by naming theirs.
    pub fn template_id(self) -> Option<u32> {
        let first = self.forms().next().map(|form| form.template_id);
        first.filter(|number| *number != 0)
    }

    /// Every form that codes of this group ever had.
    pub fn forms(self) -> impl Iterator<Item = &'static Template> {
        TEMPLATES.iter().filter(move |t| t.group == self)
    }

    /// The form that an order of this day gets, where nobody names another one: the first that holds.
    pub fn form_on(self, day: Day) -> Option<&'static Template> {
        self.forms().find(|t| t.holds_on(day))
    }
}

/// The manual of September 2025 says of some forms that they are over, without a day. This is the
/// last one that it can have been.
const OVER: Day = Day::known(2025, 9, 1);
/// Since then, template 70 has a serial number of thirteen (manual, 5.3.1.4, note 7).
const NICOTINE: Day = Day::known(2025, 10, 1);

const fn form(group: ProductGroup, template_id: u32, serial_len: usize, tail: Tail) -> Template {
    let modules = modules(serial_len, tail, false);
    let (from, until, trust, extras) = (None, None, Trust::Manual, &[]);
    let with_hs = false;
    Template { group, template_id, serial_len, tail, with_hs, extras, from, until, trust, modules }
}

impl Template {
    const fn with_hs(self) -> Self {
        Self { with_hs: true, modules: modules(self.serial_len, self.tail, true), ..self }
    }

    const fn with(self, extras: &'static [Extra]) -> Self {
        Self { extras, ..self }
    }

    const fn from(self, day: Day) -> Self {
        Self { from: Some(day), ..self }
    }

    const fn until(self, day: Day) -> Self {
        Self { until: Some(day), ..self }
    }

    const fn by(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }
}

/// Codewords of the longest code of a form: FNC1, digit pairs, a word a letter.
const fn words(serial_len: usize, tail: Tail, with_hs: bool) -> usize {
    // FNC1, `01` and the GTIN, `21`.
    let head = 1 + 8 + 1;
    // The separator, `24`, then `0` and four that need not be digits.
    let hs = if with_hs { 1 + 1 + 5 } else { 0 };
    let check = match tail {
        Tail::Short => 1 + 1 + 4,
        Tail::Long(signature) => 1 + 1 + 4 + 1 + 1 + signature,
        Tail::Block => 1 + 5 + 1 + 1 + 4,
        Tail::Pack { .. } => return 7 + serial_len + 4 + 4,
    };
    head + serial_len + hs + check
}

/// Modules along one side of the smallest square for the longest code (ISO/IEC 16022, table 7).
const fn modules(serial_len: usize, tail: Tail, with_hs: bool) -> u32 {
    const SQUARES: [(u32, usize); 10] = [
        (16, 12),
        (18, 18),
        (20, 22),
        (22, 30),
        (24, 36),
        (26, 44),
        (32, 62),
        (36, 86),
        (40, 114),
        (44, 144),
    ];
    let words = words(serial_len, tail, with_hs);
    let mut at = 0;
    while SQUARES[at].1 < words {
        at += 1;
    }
    SQUARES[at].0
}

/// Forms by group. Where groups share a form, the first is the one that a code without further
/// knowledge is taken for; where a group has several, the first that holds is the one that is
/// ordered.
pub const TEMPLATES: &[Template] = &TABLE;

use Extra::{Count, FactorySerial, Kilograms, Metres, Volume, Weight};
use ProductGroup as G;
use Tail::{Block, Long, Short};
const PACK: Tail = Tail::Pack { priced: true };
const PLAIN_PACK: Tail = Tail::Pack { priced: false };
const RADIO: &[Extra] = &[Count, Kilograms, Metres, Volume];

#[rustfmt::skip]
const TABLE: [Template; 89] = [
    form(G::SHOES, 1, 13, Long(88)).with_hs(),
    form(G::MILK, 20, 6, Short).with(&[Weight]),
    // Made in Belarus: the page of its operator on dairy marking.
    form(G::MILK, 20, 8, Short).by(Trust::Neighbour),
    form(G::LP, 10, 13, Long(44)),
    form(G::WATER, 16, 13, Short),
    form(G::BEER, 18, 7, Short).with(&[Volume]),
    // The manual says that it is over, and not since when.
    form(G::BEER, 18, 13, Short).with(&[Volume]).until(OVER),
    form(G::TOBACCO, 3, 7, Block),
    form(G::OTP, 14, 7, Block),
    form(G::OTP, 15, 7, PLAIN_PACK),
    form(G::NCP, 21, 7, Block),
    form(G::NCP, 22, 7, PLAIN_PACK),
    form(G::TOBACCO, 4, 7, PACK),
    form(G::PHARMA, 5, 13, Long(44)),
    // "2" was withdrawn; the manual says of medicines that a group of 88 is over (8.7).
    form(G::PHARMA, 2, 13, Long(88)).until(OVER).by(Trust::Derived),
    form(G::TIRES, 7, 13, Long(44)),
    form(G::ELECTRONICS, 8, 20, Long(44)),
    form(G::PERFUMERY, 9, 13, Long(44)),
    form(G::BICYCLE, 11, 13, Long(44)),
    form(G::WHEELCHAIRS, 12, 13, Long(44)).with(&[FactorySerial]),
    form(G::BIO, 23, 13, Short),
    form(G::BIO, 30, 13, Long(44)),
    form(G::ANTISEPTIC, 25, 13, Short),
    form(G::ANTISEPTIC, 31, 13, Long(44)),
    form(G::PETFOOD, 41, 6, Short),
    form(G::PETFOOD, 26, 6, Long(44)),
    form(G::SEAFOOD, 38, 6, Short),
    form(G::SEAFOOD, 27, 6, Long(44)),
    form(G::NABEER, 28, 7, Short).with(&[Volume]),
    form(G::SOFTDRINKS, 29, 13, Short),
    form(G::MEAT, 32, 6, Short),
    form(G::MEAT, 74, 13, Long(44)),
    form(G::TOYS, 59, 6, Short),
    form(G::TOYS, 34, 13, Long(44)),
    form(G::TOYS, 34, 6, Long(44)).until(OVER),
    form(G::RADIO, 37, 13, Short).with(RADIO),
    form(G::RADIO, 36, 13, Long(44)).with(RADIO),
    // The classifier has twenty where the manual has thirteen.
    form(G::RADIO, 37, 20, Short).with(RADIO).by(Trust::Classifier),
    form(G::RADIO, 36, 20, Long(44)).with(RADIO).by(Trust::Classifier),
    form(G::TITAN, 39, 13, Short),
    form(G::VEGETABLEOIL, 40, 13, Short),
    form(G::VEGETABLEOIL, 51, 13, Long(44)),
    form(G::GROCERY, 43, 13, Short),
    form(G::GROCERY, 42, 13, Long(44)),
    form(G::OPTICFIBER, 45, 13, Short),
    form(G::OPTICFIBER, 44, 13, Long(44)),
    form(G::CHEMISTRY, 47, 6, Short),
    form(G::CHEMISTRY, 46, 6, Long(44)),
    form(G::CONSERVE, 49, 6, Short),
    form(G::CONSERVE, 48, 6, Long(44)),
    form(G::VETPHARMA, 50, 13, Long(44)),
    form(G::BOOKS, 52, 13, Long(44)),
    form(G::CONSTRUCTION, 53, 13, Short),
    form(G::CONSTRUCTION, 54, 13, Long(44)),
    form(G::FIRE, 55, 6, Short),
    form(G::FIRE, 56, 13, Long(44)),
    form(G::FIRE, 56, 6, Long(44)).until(OVER),
    form(G::HEATER, 57, 6, Short),
    form(G::HEATER, 58, 6, Long(44)),
    form(G::AUTOFLUIDS, 60, 13, Short),
    form(G::AUTOFLUIDS, 61, 13, Long(44)),
    form(G::CABLERAW, 62, 13, Short),
    form(G::CABLERAW, 63, 13, Long(44)),
    form(G::POLYMER, 64, 6, Short),
    form(G::POLYMER, 65, 6, Long(44)),
    form(G::SWEETS, 66, 6, Short),
    form(G::SWEETS, 67, 13, Long(44)),
    form(G::CARPARTS, 68, 6, Short),
    form(G::CARPARTS, 69, 13, Long(44)),
    form(G::NICOTINDEV, 70, 13, Short).from(NICOTINE),
    form(G::NICOTINDEV, 70, 6, Short).until(NICOTINE),
    form(G::NICOTINDEV, 71, 13, Long(44)),
    form(G::GADGETS, 72, 20, Short),
    form(G::GADGETS, 73, 20, Long(44)),
    form(G::VETBIO, 75, 6, Short),
    form(G::VETBIO, 76, 13, Long(44)),
    // Uzbekistan.
    form(G::ALCOHOL, 0, 7, Short).by(Trust::Neighbour),
    form(G::APPLIANCES, 0, 20, Long(44)).by(Trust::Neighbour),
    // Newer than the manual.
    form(G::HOMEWARE, 77, 6, Short).by(Trust::Classifier),
    form(G::HOMEWARE, 78, 13, Long(44)).by(Trust::Classifier),
    form(G::INDUSTRIAL, 79, 6, Short).by(Trust::Classifier),
    form(G::INDUSTRIAL, 80, 13, Long(44)).by(Trust::Classifier),
    form(G::FERTILIZERS, 81, 6, Short).by(Trust::Classifier),
    form(G::FERTILIZERS, 82, 13, Long(44)).by(Trust::Classifier),
    form(G::FROZEN, 83, 6, Short).by(Trust::Classifier),
    form(G::FROZEN, 84, 13, Long(44)).by(Trust::Classifier),
    form(G::PYROTECHNICS, 86, 6, Short).by(Trust::Classifier),
    form(G::PYROTECHNICS, 87, 13, Long(44)).by(Trust::Classifier),
    form(G::FURSLP, 85, 13, Long(44)).by(Trust::Classifier),
];

/// Longest serial number of any form.
pub(super) const SERIAL_MAX: usize = 20;
/// Different tails.
const TAILS: usize = 6;

const fn kind(tail: Tail) -> usize {
    match tail {
        Tail::Short => 0,
        Tail::Long(44) => 1,
        Tail::Long(_) => 2,
        Tail::Block => 3,
        Tail::Pack { priced: true } => 4,
        Tail::Pack { priced: false } => 5,
    }
}

/// Row of the first form by length of the serial number and tail, counted from one; 0 for none.
const FIRST: [[u8; TAILS]; SERIAL_MAX + 1] = {
    let mut first = [[0; TAILS]; SERIAL_MAX + 1];
    let mut row = TABLE.len();
    while row > 0 {
        row -= 1;
        #[expect(clippy::cast_possible_truncation, reason = "the table has fewer than 255 rows")]
        let number = row as u8 + 1;
        first[TABLE[row].serial_len][kind(TABLE[row].tail)] = number;
    }
    first
};

/// The first form that a code with these parts may have.
pub(super) fn first(serial_len: usize, tail: Tail, has_hs: bool) -> Option<&'static Template> {
    let row = FIRST.get(serial_len)?[kind(tail)];
    let template = TEMPLATES.get(usize::from(row).checked_sub(1)?)?;
    (template.with_hs || !has_hs).then_some(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_form_holds_from_its_day_until_its_day() {
        let nicotine = |on| ProductGroup::NICOTINDEV.form_on(day(on)).unwrap();
        assert_eq!((nicotine("2025-09-30").serial_len, nicotine("2025-10-01").serial_len), (6, 13));
        let beer = ProductGroup::BEER;
        assert_eq!(beer.form_on(day("2026-01-01")).unwrap().serial_len, 7);
        assert_eq!(beer.forms().map(|t| t.serial_len).collect::<Vec<_>>(), [7, 13]);
    }

    #[test]
    fn every_group_can_be_ordered_on_every_day_and_its_number_never_changes() {
        for group in ProductGroup::ALL {
            for on in ["2019-07-01", "2025-09-01", "2025-09-30", "2025-10-01", "2030-01-01"] {
                let form = group.form_on(day(on)).unwrap_or_else(|| panic!("{group} {on}"));
                assert_eq!(form.template_id, group.template_id().unwrap_or(0), "{group} {on}");
            }
        }
    }

    #[test]
    fn the_first_form_is_the_one_that_a_search_would_find() {
        for form in TEMPLATES {
            let found = first(form.serial_len, form.tail, false).unwrap();
            let searched =
                TEMPLATES.iter().find(|t| (t.serial_len, t.tail) == (form.serial_len, form.tail));
            assert_eq!(Some(found), searched);
        }
        assert_eq!(first(9, Tail::Short, false), None);
        assert_eq!(first(13, Tail::Long(44), true), None);
    }

    #[test]
    fn a_number_names_one_group() {
        for form in TEMPLATES.iter().filter(|t| t.template_id != 0) {
            let others = TEMPLATES.iter().filter(|t| t.template_id == form.template_id);
            assert!(others.clone().all(|other| other.group == form.group), "{}", form.template_id);
        }
    }

    #[test]
    fn the_sizes_of_symbols_are_those_of_the_tables() {
        let of = |group: ProductGroup| group.forms().map(|t| t.modules).collect::<Vec<_>>();
        assert_eq!(of(ProductGroup::SHOES), [44]);
        assert_eq!(of(ProductGroup::MILK), [20, 22]);
        assert_eq!(of(ProductGroup::LP), [36]);
        assert_eq!(of(ProductGroup::TOBACCO), [22, 20]);
    }
}
