//! What a customer writes in an order, checked all at once.
use crate::code::{
    Country, Day, Duty, Exemption, Gtin, Lack, ProductGroup, Question, ShelfLife, duty,
};
use std::str::FromStr;

/// A field of the order form, by the name that it has in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The trade item.
    Gtin,
    /// The name of the goods as it stands on the label.
    Name,
    /// The commodity code of customs.
    HsCode,
    /// Where the goods are sold.
    Country,
    /// How long they keep.
    ShelfLife,
    /// Why they need not be marked.
    Exemption,
    /// The product group.
    Group,
    /// How many labels.
    Quantity,
    /// The label design.
    Design,
    /// Printed roll or file.
    Delivery,
    /// Where the codes come from.
    Source,
    /// The uploaded array of codes.
    Array,
}

/// What is wrong with one field, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub field: Field,
    /// What, and what is wanted.
    pub words: String,
}

/// How the labels reach the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Printed by the centre.
    Roll,
    /// A file that the customer prints.
    Pdf,
}

/// Where the codes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The centre orders them from the state system.
    Issuer,
    /// The customer brings them.
    Array,
}

impl Delivery {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Roll, Self::Pdf];

    /// The word in forms and in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Roll => "roll",
            Self::Pdf => "pdf",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Roll => "printed roll",
            Self::Pdf => "PDF, one label a page",
        }
    }
}

impl Source {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Issuer, Self::Array];

    /// The word in forms and in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Array => "array",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Issuer => "ordered from the state system",
            Self::Array => "your own array",
        }
    }
}

impl FromStr for Delivery {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|d| d.word() == word);
        found.ok_or_else(|| format!("choose printed roll or PDF; found '{word}'"))
    }
}

impl FromStr for Source {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|s| s.word() == word);
        found.ok_or_else(|| format!("choose where the codes come from; found '{word}'"))
    }
}

/// How much may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Labels in one order.
    pub quantity_max: u32,
    /// Labels in one file.
    pub file_max: u32,
    /// Characters in a name: what two lines of the smallest design hold.
    pub name_max: usize,
    /// The designs that the centre can print, by name.
    pub designs: Vec<String>,
}

/// An order form as it was filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The trade item.
    pub gtin: String,
    /// The name of the goods.
    pub name: String,
    /// The commodity code.
    pub hs_code: String,
    /// Two letters of the country; Russia if nothing is written.
    pub country: String,
    /// Days, `unlimited`, or nothing.
    pub shelf_life: String,
    /// The word of an exemption, or nothing.
    pub exemption: String,
    /// The alias of the product group; where the customer brings the codes, it may be empty.
    pub group: String,
    /// How many labels; not looked at where the customer brings the codes.
    pub quantity: String,
    /// The design.
    pub design: String,
    /// The delivery.
    pub delivery: String,
    /// The source.
    pub source: String,
}

/// What says whether goods must be marked, beside their HS code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    /// Where they are sold.
    pub country: Country,
    /// How long they keep, if that is said.
    pub shelf_life: Option<ShelfLife>,
    /// Why they would be exempt, if that is said.
    pub exemption: Option<Exemption>,
}

impl Default for Sale {
    fn default() -> Self {
        Self { country: Country::Russia, shelf_life: None, exemption: None }
    }
}

impl Sale {
    /// Whether goods with this HS code must be marked on a day.
    pub fn duty(&self, hs_code: &str, day: Day) -> Duty {
        let Self { country, shelf_life, exemption } = *self;
        duty(&Question { hs: hs_code, country, shelf_life, exemption }, day)
    }
}

/// A form in which everything is as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The trade item.
    pub gtin: Gtin,
    /// The name of the goods.
    pub name: String,
    /// The commodity code.
    pub hs_code: String,
    /// Where it is sold, and what else decides whether it must be marked.
    pub sale: Sale,
    /// The design.
    pub design: String,
    /// The delivery.
    pub delivery: Delivery,
    /// Product group and quantity, where the centre orders the codes; nothing where the customer
    /// brings them: then the array says both.
    pub issue: Option<(ProductGroup, u32)>,
}

impl Wish {
    /// Where its codes come from.
    pub const fn source(&self) -> Source {
        match self.issue {
            Some(_) => Source::Issuer,
            None => Source::Array,
        }
    }
}

impl Limits {
    /// Labels in one order with this delivery.
    pub fn most(&self, delivery: Option<Delivery>) -> u32 {
        match delivery {
            Some(Delivery::Pdf) => self.quantity_max.min(self.file_max),
            Some(Delivery::Roll) | None => self.quantity_max,
        }
    }
}

impl Written {
    /// Checks every field and names every problem.
    pub fn check(&self, limits: &Limits) -> Result<Wish, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut note = |field, words: String| problems.push(Problem { field, words });
        let gtin = self.gtin().map_err(|words| note(Field::Gtin, words)).ok();
        let name = self.name(limits).map_err(|words| note(Field::Name, words)).ok();
        let hs_code = self.hs_code().map_err(|words| note(Field::HsCode, words)).ok();
        let sale = match &hs_code {
            Some(hs_code) => self.sale(hs_code).map_err(|(field, words)| note(field, words)).ok(),
            None => None,
        };
        let design = self.design(limits).map_err(|words| note(Field::Design, words)).ok();
        let delivery =
            self.delivery.parse::<Delivery>().map_err(|words| note(Field::Delivery, words)).ok();
        let source = self.source.parse::<Source>().map_err(|words| note(Field::Source, words)).ok();
        let issue = match source {
            Some(Source::Issuer) => {
                let group = self.group().map_err(|words| note(Field::Group, words)).ok();
                let quantity = self
                    .quantity(limits.most(delivery))
                    .map_err(|words| note(Field::Quantity, words))
                    .ok();
                group.zip(quantity)
            }
            Some(Source::Array) | None => None,
        };
        match (gtin, name, hs_code, sale, design, delivery) {
            (Some(gtin), Some(name), Some(hs_code), Some(sale), Some(design), Some(delivery))
                if problems.is_empty() =>
            {
                Ok(Wish { gtin, name, hs_code, sale, design, delivery, issue })
            }
            _ => Err(problems),
        }
    }

    fn gtin(&self) -> Result<Gtin, String> {
        let digits: String = self.gtin.chars().filter(|c| !c.is_whitespace()).collect();
        digits.parse::<Gtin>().map_err(|problem| problem.to_string())
    }

    fn name(&self, limits: &Limits) -> Result<String, String> {
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = name.chars().count();
        if let Some(odd) = name.chars().find(|c| c.is_control()) {
            return Err(format!("the name has a character that cannot be printed: {odd:?}"));
        }
        match length {
            0 => Err("write the name as it must stand on the label".to_owned()),
            n if n > limits.name_max => {
                Err(format!("the name has {n} characters; at most {} fit", limits.name_max))
            }
            _ => Ok(name),
        }
    }

    /// A commodity code has 4 digits (heading), 6 (subheading, worldwide) or up to 10 (EAEU).
    fn hs_code(&self) -> Result<String, String> {
        let digits: String = self.hs_code.chars().filter(|c| !c.is_whitespace()).collect();
        let good = (4..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if good { Ok(digits) } else { Err("an HS code has 4 to 10 digits".to_owned()) }
    }

    /// What decides whether these goods must be marked; asked for where a rule needs it.
    fn sale(&self, hs_code: &str) -> Result<Sale, (Field, String)> {
        let written = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let country = match written(&self.country) {
            None => Sale::default().country,
            Some(letters) => Country::from_letters(&letters)
                .ok_or_else(|| (Field::Country, format!("choose a country; found '{letters}'")))?,
        };
        let shelf_life = match written(&self.shelf_life) {
            None => None,
            Some(word) => Some(ShelfLife::from_word(&word).ok_or_else(|| {
                (Field::ShelfLife, "write a number of days, or 'unlimited', or nothing".to_owned())
            })?),
        };
        let exemption = match written(&self.exemption) {
            None => None,
            Some(word) => Some(Exemption::from_word(&word).ok_or_else(|| {
                (Field::Exemption, format!("choose a reason, or none; found '{word}'"))
            })?),
        };
        let sale = Sale { country, shelf_life, exemption };
        // What is lacking does not hang on the day.
        let duty = sale.duty(hs_code, Day::EARLY);
        match duty {
            Duty::Unknown(Lack::ShelfLife) => Err((Field::ShelfLife, duty.words())),
            Duty::Unknown(Lack::OtherExemption(_)) => Err((Field::Exemption, duty.words())),
            Duty::Unknown(Lack::NoRule | Lack::Digits)
            | Duty::MustSince(..)
            | Duty::MustFrom(..)
            | Duty::Exempt(_) => Ok(sale),
        }
    }

    fn group(&self) -> Result<ProductGroup, String> {
        let found = ProductGroup::from_alias(&self.group);
        found.ok_or_else(|| format!("choose a product group; found '{}'", self.group))
    }

    fn quantity(&self, most: u32) -> Result<u32, String> {
        let wanted = format!("write a whole number from 1 to {most}");
        let quantity = self.quantity.trim().parse::<u32>().map_err(|_| wanted.clone())?;
        if (1..=most).contains(&quantity) { Ok(quantity) } else { Err(wanted) }
    }

    fn design(&self, limits: &Limits) -> Result<String, String> {
        if limits.designs.contains(&self.design) {
            return Ok(self.design.clone());
        }
        Err(format!("choose a label design; found '{}'", self.design))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { quantity_max: 500, file_max: 100, name_max: 40, designs: vec!["58x40".to_owned()] }
    }

    fn written() -> Written {
        Written {
            gtin: "4810093011694".into(),
            name: "  Сыр  полутвёрдый «Брест» ".into(),
            hs_code: "0406 90".into(),
            country: "BY".into(),
            shelf_life: String::new(),
            exemption: String::new(),
            group: "milk".into(),
            quantity: "500".into(),
            design: "58x40".into(),
            delivery: "roll".into(),
            source: "issuer".into(),
        }
    }

    #[test]
    fn a_right_form_is_taken_and_tidied() {
        let wish = written().check(&limits()).unwrap();
        assert_eq!(wish.gtin.as_str(), "04810093011694");
        assert_eq!(wish.name, "Сыр полутвёрдый «Брест»");
        assert_eq!(wish.hs_code, "040690");
        assert_eq!(wish.issue, Some((ProductGroup::MILK, 500)));
        assert_eq!(wish.delivery, Delivery::Roll);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let problems = Written::default().check(&limits()).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|p| p.field).collect();
        let all = [
            Field::Gtin,
            Field::Name,
            Field::HsCode,
            Field::Design,
            Field::Delivery,
            Field::Source,
        ];
        assert_eq!(fields, all);
    }

    #[test]
    fn a_wrong_check_digit_says_which_is_right() {
        let form = Written { gtin: "04810093011695".into(), ..written() };
        let problems = form.check(&limits()).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].words, "wrong check digit: found 5, wanted 4");
    }

    #[test]
    fn quantities_outside_the_limit_are_refused() {
        for quantity in ["0", "501", "-1", "1.5", "", "many"] {
            let form = Written { quantity: quantity.into(), ..written() };
            let problems = form.check(&limits()).unwrap_err();
            assert_eq!(problems[0].field, Field::Quantity, "{quantity}");
        }
    }

    #[test]
    fn a_file_holds_fewer_labels_than_a_roll() {
        let form = Written { delivery: "pdf".into(), quantity: "101".into(), ..written() };
        let problems = form.check(&limits()).unwrap_err();
        assert_eq!(problems[0].words, "write a whole number from 1 to 100");
    }

    #[test]
    fn an_order_with_own_codes_needs_no_quantity_and_no_group() {
        let form = Written {
            source: "array".into(),
            quantity: String::new(),
            group: String::new(),
            ..written()
        };
        assert_eq!(form.check(&limits()).unwrap().source(), Source::Array);
    }

    #[test]
    fn the_shelf_life_is_asked_for_where_a_rule_needs_it() {
        let milk = Written { hs_code: "0401 10".into(), ..written() };
        let problems = milk.check(&limits()).unwrap_err();
        assert_eq!(problems[0].field, Field::ShelfLife);
        let said = Written { shelf_life: "10".into(), ..milk.clone() };
        let sale = said.check(&limits()).unwrap().sale;
        assert_eq!(sale.shelf_life, Some(ShelfLife::Days(10)));
        let day = "2026-11-22".parse().unwrap();
        let words = sale.duty("040110", day).words();
        assert!(words.starts_with("must be marked since 1 December 2021"), "{words}");
        let exempt = Written { exemption: "small".into(), ..milk.clone() };
        let words = exempt.check(&limits()).unwrap().sale.duty("040110", day).words();
        assert_eq!(words, "exempt because it weighs 30 grams or less");
        for (wrong, field) in [
            (Written { exemption: "exhibit".into(), ..milk.clone() }, Field::Exemption),
            (Written { exemption: "none".into(), ..milk.clone() }, Field::Exemption),
            (Written { shelf_life: "0".into(), ..milk.clone() }, Field::ShelfLife),
            (Written { country: "DE".into(), ..milk }, Field::Country),
        ] {
            assert_eq!(wrong.check(&limits()).unwrap_err()[0].field, field);
        }
    }

    #[test]
    fn hs_codes_names_and_designs_have_bounds() {
        for hs in ["123", "12345678901", "04O6"] {
            let form = Written { hs_code: hs.into(), ..written() };
            assert_eq!(form.check(&limits()).unwrap_err()[0].field, Field::HsCode, "{hs}");
        }
        let long = Written { name: "ж".repeat(41), ..written() };
        assert_eq!(long.check(&limits()).unwrap_err()[0].field, Field::Name);
        let other = Written { design: "1x1".into(), ..written() };
        assert_eq!(other.check(&limits()).unwrap_err()[0].field, Field::Design);
    }
}
