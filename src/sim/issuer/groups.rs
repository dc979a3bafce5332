//! Product groups and the forms of their codes, as the manuals' tables have them.
//!
//! CRPT "API СУЗ 3.0": ids pages 412 to 414, templates 387 to 391, lifetimes 404 to 407, dropout 172,
//! aggregation 184, reports of the station itself 220. Groups of version 2 only (`alcohol`,
//! `appliances`) have no known id or template number. Templates from 77 on are newer than the manual
//! and come from a classifier of 1C (2.5.27); so do their groups, whose ids are not known.

/// What stands behind the serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// `93` and four characters.
    Short,
    /// `91` and four characters, `92` and so many.
    Long(usize),
    /// `8005` and the price in six digits, `93` and four characters.
    Block,
    /// No application identifiers at all: price in four characters, four more.
    Pack,
}

/// The form of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Template {
    /// Its number; 0 fits any.
    pub(super) id: u32,
    /// Characters of the serial number, the country digit among them.
    pub(super) serial: usize,
    pub(super) tail: Tail,
    /// Between these times, in milliseconds since 1970: from the first on, until before the second.
    pub(super) held: (i64, i64),
}

/// A product group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) id: u32,
    pub(super) alias: &'static str,
    /// Its name in version 2, where that differs.
    old_name: &'static str,
    /// What the station does by itself and takes.
    habits: Habits,
    /// Codes that are not applied are annulled after so many days.
    pub(super) lives_days: i64,
    pub(super) templates: &'static [Template],
}

/// What the station does with the codes of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habits {
    /// Only application is reported.
    Plain,
    /// Boxes are reported, too.
    Boxes,
    /// So is dropout.
    BoxesAndDropout,
    /// The station reports application itself when it gives codes out.
    ByItself,
}

impl Group {
    /// The group of this name, in either version.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        GROUPS.iter().find(|g| g.alias == name || g.old_name == name)
    }

    /// Application is reported by the station itself.
    pub(super) fn applied_when_given(&self) -> bool {
        self.habits == Habits::ByItself
    }

    /// There is a dropout report.
    pub(super) fn takes_dropout(&self) -> bool {
        self.habits == Habits::BoxesAndDropout
    }

    /// There is an aggregation report.
    pub(super) fn takes_boxes(&self) -> bool {
        matches!(self.habits, Habits::Boxes | Habits::BoxesAndDropout)
    }

    /// Tobacco and its like: another table of results, own serial numbers in full length.
    pub(super) fn is_tobacco(&self) -> bool {
        matches!(self.alias, "tobacco" | "otp" | "ncp")
    }

    /// The operator puts no country digit before the serial number.
    pub(super) fn without_country_digit(&self) -> bool {
        self.is_tobacco() || matches!(self.alias, "pharma" | "alcohol" | "appliances")
    }

    /// The template of this number, as it is at this time.
    pub(super) fn template(&self, id: u32, now_ms: i64) -> Option<Template> {
        let fits = |t: &&Template| t.id == id || t.id == 0;
        self.templates_at(now_ms).find(fits).copied()
    }

    /// Every template that can be ordered at this time.
    pub(super) fn templates_at(&self, now_ms: i64) -> impl Iterator<Item = &'static Template> {
        self.templates.iter().filter(move |t| (t.held.0..t.held.1).contains(&now_ms))
    }

    /// Its names, one of version 3 and perhaps another one of version 2.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        let other = (self.old_name != self.alias).then_some(self.old_name);
        std::iter::once(self.alias).chain(other)
    }
}

/// Every group.
pub(super) fn all() -> impl Iterator<Item = &'static Group> {
    GROUPS.iter()
}

const fn s(id: u32, serial: usize) -> Template {
    other(id, serial, Tail::Short)
}

const fn l(id: u32, serial: usize) -> Template {
    other(id, serial, Tail::Long(44))
}

const fn other(id: u32, serial: usize, tail: Tail) -> Template {
    Template { id, serial, tail, held: (i64::MIN, i64::MAX) }
}

const fn since(from_ms: i64, template: Template) -> Template {
    Template { held: (from_ms, template.held.1), ..template }
}

const fn until(until_ms: i64, template: Template) -> Template {
    Template { held: (template.held.0, until_ms), ..template }
}

const fn group(
    id: u32,
    alias: &'static str,
    habits: Habits,
    lives_days: i64,
    templates: &'static [Template],
) -> Group {
    Group { id, alias, old_name: alias, habits, lives_days, templates }
}

const fn renamed(old_name: &'static str, group: Group) -> Group {
    Group { old_name, ..group }
}

use Habits::{Boxes, BoxesAndDropout as All, ByItself, Plain};

/// 2025-09-01: the manual of that month says of some lengths that they are over, not since when.
const SEPTEMBER_MS: i64 = 1_756_684_800_000;
/// 2025-10-01: template 70 becomes longer (same, 5.3.1.4, note 7).
const OCTOBER_MS: i64 = 1_759_276_800_000;

/// All of them. Lifetimes that the manual does not give are taken as 30 days.
const GROUPS: [Group; 50] = [
    group(1, "lp", ByItself, 90, &[l(10, 13)]),
    group(2, "shoes", ByItself, 90, &[other(1, 13, Tail::Long(88))]),
    group(3, "tobacco", All, 30, &[other(4, 7, Tail::Pack), other(3, 7, Tail::Block)]),
    renamed("perfum", group(4, "perfumery", ByItself, 90, &[l(9, 13)])),
    group(5, "tires", ByItself, 90, &[l(7, 13)]),
    renamed("photo", group(6, "electronics", ByItself, 90, &[l(8, 20)])),
    group(7, "pharma", Plain, 30, &[l(5, 13), until(SEPTEMBER_MS, other(2, 13, Tail::Long(88)))]),
    group(8, "milk", All, 30, &[s(20, 6)]),
    group(9, "bicycle", Plain, 30, &[l(11, 13)]),
    group(10, "wheelchairs", Boxes, 30, &[l(12, 13)]),
    group(12, "otp", All, 30, &[other(15, 7, Tail::Pack), other(14, 7, Tail::Block)]),
    group(13, "water", All, 30, &[s(16, 13)]),
    group(15, "beer", All, 60, &[since(SEPTEMBER_MS, s(18, 7)), until(SEPTEMBER_MS, s(18, 13))]),
    group(16, "ncp", All, 30, &[other(22, 7, Tail::Pack), other(21, 7, Tail::Block)]),
    group(17, "bio", All, 30, &[s(23, 13), l(30, 13)]),
    group(19, "antiseptic", All, 30, &[s(25, 13), l(31, 13)]),
    group(20, "petfood", Plain, 30, &[s(41, 6), l(26, 6)]),
    group(21, "seafood", Plain, 30, &[s(38, 6), l(27, 6)]),
    group(22, "nabeer", Plain, 60, &[s(28, 7)]),
    group(23, "softdrinks", Boxes, 30, &[s(29, 13)]),
    group(25, "meat", Plain, 30, &[s(32, 6), l(74, 13)]),
    group(26, "vetpharma", Boxes, 30, &[l(50, 13)]),
    group(
        27,
        "toys",
        Plain,
        30,
        &[s(59, 6), since(SEPTEMBER_MS, l(34, 13)), until(SEPTEMBER_MS, l(34, 6))],
    ),
    group(28, "radio", Boxes, 30, &[l(36, 13), s(37, 13)]),
    group(31, "titan", Plain, 30, &[s(39, 13)]),
    group(32, "conserve", Plain, 30, &[l(48, 6), s(49, 6)]),
    renamed("vegs", group(33, "vegetableoil", Plain, 30, &[s(40, 13), l(51, 13)])),
    group(34, "opticfiber", Boxes, 30, &[l(44, 13), s(45, 13)]),
    group(35, "chemistry", Plain, 60, &[l(46, 6), s(47, 6)]),
    group(36, "books", Plain, 30, &[l(52, 13)]),
    group(37, "grocery", Plain, 30, &[l(42, 13), s(43, 13)]),
    group(39, "construction", Plain, 30, &[s(53, 13), l(54, 13)]),
    group(
        40,
        "fire",
        Plain,
        30,
        &[s(55, 6), since(SEPTEMBER_MS, l(56, 13)), until(SEPTEMBER_MS, l(56, 6))],
    ),
    group(41, "heater", Plain, 30, &[s(57, 6), l(58, 6)]),
    group(42, "cableraw", Plain, 30, &[s(62, 13), l(63, 13)]),
    group(43, "autofluids", Plain, 30, &[s(60, 13), l(61, 13)]),
    group(44, "polymer", Plain, 30, &[s(64, 6), l(65, 6)]),
    group(45, "sweets", Plain, 30, &[s(66, 6), l(67, 13)]),
    group(48, "carparts", Plain, 30, &[s(68, 6), l(69, 13)]),
    group(
        50,
        "nicotindev",
        Plain,
        30,
        &[since(OCTOBER_MS, s(70, 13)), until(OCTOBER_MS, s(70, 6)), l(71, 13)],
    ),
    group(51, "gadgets", Plain, 30, &[s(72, 20), l(73, 20)]),
    group(55, "vetbio", Plain, 30, &[s(75, 6), l(76, 13)]),
    group(0, "homeware", Plain, 30, &[s(77, 6), l(78, 13)]),
    group(0, "industrial", Plain, 30, &[s(79, 6), l(80, 13)]),
    group(0, "fertilizers", Plain, 30, &[s(81, 6), l(82, 13)]),
    group(0, "frozen", Plain, 30, &[s(83, 6), l(84, 13)]),
    group(0, "furslp", Plain, 30, &[l(85, 13)]),
    group(0, "pyrotechnics", Plain, 30, &[s(86, 6), l(87, 13)]),
    // Neighbours only: Uzbek examples, other particulars unknown.
    group(0, "alcohol", All, 30, &[s(0, 7)]),
    group(0, "appliances", Plain, 30, &[l(0, 20)]),
];
