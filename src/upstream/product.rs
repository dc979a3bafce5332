//! What an order says of its goods: the form of their codes, and what the product group wants besides.
use super::oms::{Api, OmsSettings};
use crate::code::{Day, Gtin, ProductGroup, Tail, Template};
use crate::telemetry::clock;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The kinds of codes that an order can name (`cisType`; manual, p. 399).
pub const CODE_KINDS: [&str; 4] = ["UNIT", "BUNDLE", "GROUP", "SET"];

/// The numbers that version 2 takes for a form: its interface descriptions name 1 to 16, 20, 22 or
/// 24, by country.
pub const V2_TEMPLATES: std::ops::RangeInclusive<u32> = 1..=24;

/// What is configured of goods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductRule {
    /// The number of the form of their codes; nothing: the group's usual one.
    pub template: Option<u32>,
    /// The kind of their codes; nothing: as the form says.
    pub kind: Option<String>,
    /// What is said of the goods besides, in the station's words.
    pub fields: Map<String, Value>,
}

/// What is configured of all goods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProductRules {
    /// By the product group's alias.
    pub by_group: BTreeMap<String, ProductRule>,
    /// By trade item: it counts before the group's, field by field.
    pub by_gtin: BTreeMap<Gtin, ProductRule>,
}

/// What an order says of one trade item.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductWords {
    /// The number of the form of its codes.
    pub template: u32,
    /// The kind of its codes.
    pub kind: String,
    /// What is said of it besides.
    pub fields: Map<String, Value>,
}

/// Why an order for goods cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductProblem {
    /// The key in `[issuer.product.…]`.
    pub key: &'static str,
    /// What is configured.
    pub found: String,
    /// What would be right.
    pub wanted: String,
}

impl fmt::Display for ProductProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, found, wanted } = self;
        write!(f, "[issuer.product] {key}: found {found}, wanted {wanted}")
    }
}

impl OmsSettings {
    /// What an order of today says of this trade item.
    pub fn product(&self, group: ProductGroup, gtin: Gtin) -> Result<ProductWords, ProductProblem> {
        let words = self.products.of(group, gtin, clock::today())?;
        let v2 = matches!(self.api, Api::V2(_));
        if v2 && !V2_TEMPLATES.contains(&words.template) {
            let found = words.template.to_string();
            let wanted = "a number from 1 to 24: version 2 takes no other".to_owned();
            return Err(ProductProblem { key: "template", found, wanted });
        }
        // Russia, in either version; the neighbours do not know the field.
        let is_priced = group == ProductGroup::TOBACCO && !self.is_neighbour();
        if is_priced && !words.fields.contains_key("mrp") {
            let found = format!("nothing for {gtin}");
            let wanted = "the greatest price in kopecks, such as mrp = \"14000\"".to_owned();
            return Err(ProductProblem { key: "mrp", found, wanted });
        }
        Ok(words)
    }

    /// Whether it is a station of Kazakhstan, Kyrgyzstan or Uzbekistan.
    pub(super) fn is_neighbour(&self) -> bool {
        matches!(&self.api, Api::V2(profile) if profile.old_receipts)
    }
}

impl ProductRules {
    /// What an order of this day says of a trade item.
    pub fn of(
        &self,
        group: ProductGroup,
        gtin: Gtin,
        today: Day,
    ) -> Result<ProductWords, ProductProblem> {
        let rules = [self.by_gtin.get(&gtin), self.by_group.get(group.alias())];
        let mut rules = rules.into_iter().flatten();
        let template = rules.clone().find_map(|rule| rule.template);
        let template = template.or_else(|| group.template_id()).ok_or_else(|| ProductProblem {
            key: "template",
            found: "nothing".to_owned(),
            wanted: format!(
                "the number that the station has for the form of {group}: its interface description or its support says it"
            ),
        })?;
        let form = form(group, template, today)?;
        let kind = rules.clone().find_map(|rule| rule.kind.clone());
        let kind = kind.unwrap_or_else(|| usual_kind(form).to_owned());
        let mut fields = Map::new();
        for (name, value) in rules.by_ref().flat_map(|rule| &rule.fields) {
            fields.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(ProductWords { template, kind, fields })
    }
}

/// The form of this number, which must be one of the group's that can be ordered on this day.
fn form(
    group: ProductGroup,
    template: u32,
    today: Day,
) -> Result<&'static Template, ProductProblem> {
    let named = || group.forms().filter(|form| form.is_named(template));
    let wrong = |found: String| {
        let mut numbers: Vec<u32> = group
            .forms()
            .filter(|form| form.holds_on(today))
            .map(|form| form.template_id)
            .collect();
        numbers.dedup();
        let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
        let wanted = format!("one that {group} can be ordered with today: {}", numbers.join(", "));
        ProductProblem { key: "template", found, wanted }
    };
    if template == 0 || named().next().is_none() {
        return Err(wrong(format!("{template} for {group}")));
    }
    let over = || wrong(format!("{template} for {group}, which cannot be ordered any more"));
    named().find(|form| form.holds_on(today)).ok_or_else(over)
}

/// Blocks of tobacco and of nicotine products are packs together; whatever else is not said to be
/// a set or a group is one thing.
fn usual_kind(form: &Template) -> &'static str {
    let in_packs = [ProductGroup::TOBACCO, ProductGroup::NCP].contains(&form.group);
    if in_packs && form.tail == Tail::Block { "GROUP" } else { "UNIT" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gtin() -> Gtin {
        "04600000000008".parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn rule(template: Option<u32>, fields: &Value) -> ProductRule {
        let fields = fields.as_object().unwrap().clone();
        ProductRule { template, kind: None, fields }
    }

    #[test]
    fn a_trade_item_counts_before_its_group_field_by_field() {
        let mut rules = ProductRules::default();
        let of = |rules: &ProductRules| {
            let words = rules.of(ProductGroup::TOBACCO, gtin(), day("2026-01-01")).unwrap();
            (words.template, words.kind, Value::Object(words.fields))
        };
        assert_eq!(of(&rules), (3, "GROUP".to_owned(), json!({})), "blocks, if nobody says");
        rules.by_group.insert("tobacco".to_owned(), rule(Some(4), &json!({"mrp": "1", "a": 1})));
        assert_eq!(of(&rules), (4, "UNIT".to_owned(), json!({"mrp": "1", "a": 1})));
        rules.by_gtin.insert(gtin(), rule(None, &json!({"mrp": "2"})));
        assert_eq!(of(&rules), (4, "UNIT".to_owned(), json!({"mrp": "2", "a": 1})));
        rules.by_gtin.get_mut(&gtin()).unwrap().kind = Some("SET".to_owned());
        assert_eq!(of(&rules).1, "SET");
    }

    #[test]
    fn a_form_must_be_one_of_the_group_and_of_the_day() {
        let of = |group, template, on| {
            let mut rules = ProductRules::default();
            rules.by_gtin.insert(gtin(), rule(Some(template), &json!({})));
            rules.of(group, gtin(), day(on)).map(|words| words.template)
        };
        assert_eq!(of(ProductGroup::BIO, 30, "2026-01-01"), Ok(30));
        let foreign = of(ProductGroup::BIO, 20, "2026-01-01").unwrap_err();
        assert_eq!(foreign.found, "20 for bio");
        assert!(foreign.wanted.ends_with("today: 23, 30"), "{foreign}");
        assert_eq!(of(ProductGroup::PHARMA, 2, "2025-01-01"), Ok(2));
        let over = of(ProductGroup::PHARMA, 2, "2026-01-01").unwrap_err();
        assert!(over.found.ends_with("cannot be ordered any more"), "{over}");
    }

    #[test]
    fn a_form_without_a_known_number_is_never_ordered_by_zero() {
        for group in [ProductGroup::ALCOHOL, ProductGroup::APPLIANCES] {
            let mut rules = ProductRules::default();
            let of = |rules: &ProductRules| rules.of(group, gtin(), day("2026-01-01"));
            assert_eq!(of(&rules).unwrap_err().key, "template", "{group}");
            rules.by_group.insert(group.alias().to_owned(), rule(Some(0), &json!({})));
            assert!(of(&rules).is_err(), "{group}");
            rules.by_group.insert(group.alias().to_owned(), rule(Some(11), &json!({})));
            assert_eq!(of(&rules).unwrap().template, 11, "{group}");
        }
    }
}
