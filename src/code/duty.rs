//! Which goods must be marked, and since when: by HS code, country, shelf life and day.
use super::{Country, Day, ProductGroup};

/// How long goods keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShelfLife {
    /// So many days.
    Days(u32),
    /// Without a limit.
    Unlimited,
}

impl ShelfLife {
    /// Where the rules for dairy draw the line: not more than this, or more.
    const SHORT: Self = Self::Days(40);

    /// What a person writes: a number of days, or `unlimited`.
    pub fn from_word(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("unlimited") {
            return Some(Self::Unlimited);
        }
        word.parse().ok().filter(|days| *days > 0).map(Self::Days)
    }
}

impl std::fmt::Display for ShelfLife {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Days(days) => days.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

/// Why goods that fall under a rule need not be marked all the same. A number says none of it:
/// whoever knows the goods does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exemption {
    /// Returnable packaging of more than 20 litres or kilograms.
    LargeReturnable,
    /// 30 grams net or less.
    Small,
    /// Packed where it is sold.
    PackedInShop,
    /// For children up to three years.
    ForBabies,
    /// For therapy or prophylaxis.
    Dietetic,
    /// Edible ice and desserts of 2105 00 without butterfat and milk protein.
    NoMilk,
    /// For an exhibition, or as a sample: not in circulation.
    Exhibit,
}

impl Exemption {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::LargeReturnable,
        Self::Small,
        Self::PackedInShop,
        Self::ForBabies,
        Self::Dietetic,
        Self::NoMilk,
        Self::Exhibit,
    ];

    /// The word in forms, commands and the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LargeReturnable => "large_returnable",
            Self::Small => "small",
            Self::PackedInShop => "packed_in_shop",
            Self::ForBabies => "for_babies",
            Self::Dietetic => "dietetic",
            Self::NoMilk => "no_milk",
            Self::Exhibit => "exhibit",
        }
    }

    /// The exemption of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|exemption| exemption.word() == word)
    }

    /// For a person, after "exempt because".
    pub const fn words(self) -> &'static str {
        match self {
            Self::LargeReturnable => {
                "it is in returnable packaging of more than 20 litres or 20 kilograms"
            }
            Self::Small => "it weighs 30 grams or less",
            Self::PackedInShop => "it is packed by a nonindustrial method in a retail outlet",
            Self::ForBabies => "it is food for children up to three years",
            Self::Dietetic => "it is therapeutic or prophylactic dietetic food",
            Self::NoMilk => "it is edible ice or a dessert without butterfat and milk protein",
            Self::Exhibit => "it is a sample or for an exhibition, and not in circulation",
        }
    }

    /// Whether it is one of the rule's own.
    fn is_of(self, rule: &Rule) -> bool {
        match self {
            Self::NoMilk => rule.hs.starts_with("2105"),
            Self::Exhibit => rule.group == ProductGroup::SHOES,
            Self::LargeReturnable
            | Self::Small
            | Self::PackedInShop
            | Self::ForBabies
            | Self::Dietetic => rule.group == ProductGroup::MILK,
        }
    }
}

/// A rule that makes marking a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Where.
    pub country: Country,
    /// Digits that the HS code begins with. The longest that fits is the one that counts.
    pub hs: &'static str,
    /// What it is, for a person.
    pub goods: &'static str,
    /// The group whose codes such goods carry.
    pub group: ProductGroup,
    /// Since when: goods that keep for 40 days or less, and all others.
    since: (Day, Day),
    /// Where that is written.
    pub source: &'static str,
}

/// What goods are, as far as somebody says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// HS code: four to ten digits, with or without spaces.
    pub hs: &'a str,
    /// Where they are sold.
    pub country: Country,
    /// How long they keep, if known.
    pub shelf_life: Option<ShelfLife>,
    /// Why they would be exempt, if somebody says so.
    pub exemption: Option<Exemption>,
}

/// Whether goods must be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// They must be, since this day, by this rule.
    MustSince(Day, &'static Rule),
    /// They must be from this day on, which is still to come.
    MustFrom(Day, &'static Rule),
    /// They need not be.
    Exempt(Exemption),
    /// It cannot be said.
    Unknown(Lack),
}

/// Why it cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// No rule that we know names these goods. That is no promise that there is none.
    NoRule,
    /// A longer HS code decides.
    Digits,
    /// The shelf life decides.
    ShelfLife,
    /// The exemption that was named is not one of the rule's.
    OtherExemption(&'static Rule),
}

const BY_DAIRY: &str = "Belarus: decree of the President No. 243 of 10.06.2011, Council of Ministers No. 230 of 22.04.2021";
const RU_DAIRY: &str = "Russia: government decree 2099 of 15.12.2020";
const RU_SHOES: &str =
    "Russia: government order 792-r of 28.04.2018, as announced then; the day was moved later";

const JUNE: Day = Day::known(2021, 6, 1);
const JULY: Day = Day::known(2021, 7, 8);
const SEPTEMBER: Day = Day::known(2021, 9, 1);
const DECEMBER: Day = Day::known(2021, 12, 1);
const SHOES: Day = Day::known(2019, 7, 1);

/// Dairy goods: HS code, description. The Belarusian operator's page on dairy marking.
const DAIRY: [(&str, &str); 11] = [
    ("0401", "milk and cream, not concentrated nor sweetened"),
    ("0402", "milk and cream, concentrated or sweetened"),
    ("0403", "buttermilk, yogurt, kephir and other fermented milk"),
    ("0404", "whey, products of natural milk constituents"),
    ("0405", "butter and other fats of milk, dairy spreads"),
    ("0406", "cheese and curd"),
    ("040610500", "fresh cheese"),
    ("210500", "ice cream and other edible ice"),
    ("2202999100", "drinks with less than 0.2 % of milk fat"),
    ("2202999500", "drinks with 0.2 % to 2 % of milk fat"),
    ("2202999900", "drinks with 2 % or more of milk fat"),
];

/// Footwear: the headings of the pilot project.
const FOOTWEAR: [&str; 5] = ["6401", "6402", "6403", "6404", "6405"];

/// Every rule. Dairy in Belarus: the table of the operator's page. Dairy in Russia: the same page
/// names another first day for cheese and ice, and is silent about the rest: derived to be alike.
/// Footwear: the Russian operator's page of 2018.
pub const RULES: [Rule; 2 * DAIRY.len() + FOOTWEAR.len()] = {
    let no_day = Rule {
        country: Country::Russia,
        hs: "",
        goods: "footwear",
        group: ProductGroup::SHOES,
        since: (SHOES, SHOES),
        source: RU_SHOES,
    };
    let mut rules = [no_day; 2 * DAIRY.len() + FOOTWEAR.len()];
    let mut at = 0;
    while at < DAIRY.len() {
        let (hs, goods) = DAIRY[at];
        // Cheese (but fresh cheese) and ice: one day, however long they keep.
        let at_once = at == 5 || at == 7;
        let (belarus, russia) = if at_once {
            ((JULY, JULY), (JUNE, JUNE))
        } else {
            ((DECEMBER, SEPTEMBER), (DECEMBER, SEPTEMBER))
        };
        let group = ProductGroup::MILK;
        rules[2 * at] =
            Rule { country: Country::Belarus, hs, goods, group, since: belarus, source: BY_DAIRY };
        rules[2 * at + 1] =
            Rule { country: Country::Russia, hs, goods, group, since: russia, source: RU_DAIRY };
        at += 1;
    }
    let mut at = 0;
    while at < FOOTWEAR.len() {
        rules[2 * DAIRY.len() + at].hs = FOOTWEAR[at];
        at += 1;
    }
    rules
};

/// The same, with an address: answers point at a rule.
static ALL: &[Rule] = &RULES;

/// Whether goods must be marked on this day.
pub fn duty(question: &Question<'_>, day: Day) -> Duty {
    let digits: String = question.hs.chars().filter(char::is_ascii_digit).collect();
    let of_country = || ALL.iter().filter(|rule| rule.country == question.country);
    let fits = of_country().filter(|rule| digits.starts_with(rule.hs));
    let rule = fits.max_by_key(|rule| rule.hs.len());
    // More digits could lead to another rule with another day.
    let finer = of_country().any(|other| {
        other.hs.len() > digits.len()
            && !digits.is_empty()
            && other.hs.starts_with(&digits)
            && rule.is_none_or(|rule| rule.since != other.since)
    });
    let rule = match rule {
        _ if finer => return Duty::Unknown(Lack::Digits),
        None => return Duty::Unknown(Lack::NoRule),
        Some(rule) => rule,
    };
    match question.exemption {
        Some(exemption) if exemption.is_of(rule) => return Duty::Exempt(exemption),
        Some(_) => return Duty::Unknown(Lack::OtherExemption(rule)),
        None => {}
    }
    let (short, long) = rule.since;
    let since = match question.shelf_life {
        _ if short == long => short,
        Some(life) if life <= ShelfLife::SHORT => short,
        Some(_) => long,
        None => return Duty::Unknown(Lack::ShelfLife),
    };
    if since <= day { Duty::MustSince(since, rule) } else { Duty::MustFrom(since, rule) }
}

impl Duty {
    /// For a person: a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::MustSince(day, rule) => {
                format!("must be marked since {} ({})", day.words(), rule.goods)
            }
            Self::MustFrom(day, rule) => {
                format!("must be marked from {} on ({})", day.words(), rule.goods)
            }
            Self::Exempt(exemption) => format!("exempt because {}", exemption.words()),
            Self::Unknown(Lack::NoRule) => {
                "no rule that is known here names this HS code: ask whoever sells the goods"
                    .to_owned()
            }
            Self::Unknown(Lack::Digits) => {
                "a longer HS code decides: write all ten digits".to_owned()
            }
            Self::Unknown(Lack::ShelfLife) => {
                "the shelf life decides: write how many days the goods keep".to_owned()
            }
            Self::Unknown(Lack::OtherExemption(rule)) => {
                format!("the reason that was named exempts no goods of this kind ({})", rule.goods)
            }
        }
    }

    /// Where the rule is written, if there is one.
    pub const fn source(&self) -> Option<&'static str> {
        match self {
            Self::MustSince(_, rule) | Self::MustFrom(_, rule) => Some(rule.source),
            Self::Exempt(_) | Self::Unknown(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(hs: &str, country: Country, days: Option<u32>) -> Duty {
        let shelf_life = days.map(ShelfLife::Days);
        let question = Question { hs, country, shelf_life, exemption: None };
        duty(&question, "2026-11-22".parse().unwrap())
    }

    fn since(duty: Duty) -> String {
        let Duty::MustSince(day, _) = duty else { panic!("{duty:?}") };
        day.to_string()
    }

    /// The table of the Belarusian operator's page, line by line.
    #[test]
    fn every_line_of_the_operators_table_is_here() {
        let by = |hs, days| since(asked(hs, Country::Belarus, Some(days)));
        for hs in ["0401 10", "0402", "0403 20", "0404", "0405 10", "0406 10 500 0"] {
            assert_eq!(by(hs, 40), "2021-12-01", "{hs}");
            assert_eq!(by(hs, 41), "2021-09-01", "{hs}");
        }
        for hs in ["2202 99 910 0", "2202 99 950 0", "2202 99 990 0"] {
            assert_eq!(by(hs, 5), "2021-12-01", "{hs}");
            assert_eq!(by(hs, 400), "2021-09-01", "{hs}");
        }
        for hs in ["0406 90", "0406 10 300 0", "2105 00 100 0"] {
            assert_eq!(since(asked(hs, Country::Belarus, None)), "2021-07-08", "{hs}");
            assert_eq!(since(asked(hs, Country::Russia, None)), "2021-06-01", "{hs}");
        }
    }

    #[test]
    fn what_is_not_said_and_decides_is_asked_for() {
        let by = |hs| asked(hs, Country::Belarus, None);
        assert_eq!(by("0401"), Duty::Unknown(Lack::ShelfLife));
        assert_eq!(by("0406"), Duty::Unknown(Lack::Digits));
        assert_eq!(by("0406 10"), Duty::Unknown(Lack::Digits));
        assert_eq!(by("2202"), Duty::Unknown(Lack::Digits));
        assert_eq!(by("8517"), Duty::Unknown(Lack::NoRule));
        assert_eq!(by(""), Duty::Unknown(Lack::NoRule));
        assert_eq!(by("6403"), Duty::Unknown(Lack::NoRule));
        assert_eq!(asked("0401", Country::Kazakhstan, Some(5)), Duty::Unknown(Lack::NoRule));
    }

    #[test]
    fn footwear_is_marked_in_russia_since_the_day_that_was_announced() {
        for hs in ["6401", "6403919300", "6405 90"] {
            assert_eq!(since(asked(hs, Country::Russia, None)), "2019-07-01");
        }
        assert_eq!(asked("6406", Country::Russia, None), Duty::Unknown(Lack::NoRule));
    }

    #[test]
    fn an_exemption_counts_for_its_own_goods_only() {
        let said = |hs, exemption| {
            let country = Country::Belarus;
            let question = Question { hs, country, shelf_life: None, exemption: Some(exemption) };
            duty(&question, "2026-11-22".parse().unwrap())
        };
        assert_eq!(said("0401", Exemption::Small), Duty::Exempt(Exemption::Small));
        assert_eq!(said("2105 00", Exemption::NoMilk), Duty::Exempt(Exemption::NoMilk));
        assert!(matches!(said("0401", Exemption::NoMilk), Duty::Unknown(Lack::OtherExemption(_))));
        assert!(matches!(said("0401", Exemption::Exhibit), Duty::Unknown(Lack::OtherExemption(_))));
        assert_eq!(said("8517", Exemption::Small), Duty::Unknown(Lack::NoRule));
        for exemption in Exemption::ALL {
            assert_eq!(Exemption::from_word(exemption.word()), Some(exemption));
        }
    }

    #[test]
    fn before_its_day_a_duty_is_to_come() {
        let question = Question {
            hs: "0401",
            country: Country::Belarus,
            shelf_life: Some(ShelfLife::Unlimited),
            exemption: None,
        };
        let on = |day: &str| duty(&question, day.parse().unwrap());
        assert!(matches!(on("2021-08-31"), Duty::MustFrom(..)));
        assert!(matches!(on("2021-09-01"), Duty::MustSince(..)));
        assert!(on("2021-08-31").words().starts_with("must be marked from 1 September 2021 on"));
    }
}
