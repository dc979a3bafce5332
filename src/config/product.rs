//! `[issuer.product.…]`: what orders say of goods, and whether the rules of stock can order with it.
use super::IssuerConfig;
use super::issuer::json;
use super::reader::Reader;
use crate::code::{Gtin, ProductGroup, TEMPLATES};
use crate::pull;
use crate::report::Way;
use crate::store::Telling;
use crate::upstream::{Api, CODE_KINDS, ProductRule, ProductRules, V2_TEMPLATES};
use serde_json::Value;
use toml::Table;

/// Reads the tables by product group and by trade item.
pub(super) fn products(at: &mut Reader<'_>) -> ProductRules {
    let mut rules = ProductRules::default();
    for (name, said) in at.own_names("product") {
        let key = format!("product.{name}");
        let Some(said) = said.as_table().cloned() else {
            at.wrong(&key, said, "a table, such as { template = 4, mrp = \"14000\" }");
            continue;
        };
        if let Some(group) = ProductGroup::from_alias(&name) {
            let rule = rule(at, &key, said, Some(group));
            rules.by_group.insert(name, rule);
        } else if let Ok(gtin) = name.parse::<Gtin>() {
            let rule = rule(at, &key, said, None);
            rules.by_gtin.insert(gtin, rule);
        } else {
            at.wrong("product", &name, "a product group or a GTIN in quotes");
        }
    }
    rules
}

fn rule(
    at: &mut Reader<'_>,
    key: &str,
    mut said: Table,
    group: Option<ProductGroup>,
) -> ProductRule {
    let template = said.remove("template").and_then(|number| {
        let is_one = |number: &u32| is_a_template(*number, group);
        let read = number.as_integer().and_then(|n| u32::try_from(n).ok()).filter(is_one);
        if read.is_none() {
            let whose = group.map_or_else(String::new, |group| format!(" of {group}"));
            let wanted =
                format!("the number of a form{whose} (`markwright codes forms` lists all)");
            at.wrong(&format!("{key}.template"), number, &wanted);
        }
        read
    });
    let kind = said.remove("cis_type").and_then(|kind| {
        let read = kind.as_str().filter(|kind| CODE_KINDS.contains(kind)).map(str::to_owned);
        if read.is_none() {
            at.wrong(&format!("{key}.cis_type"), kind, "UNIT, BUNDLE, GROUP or SET");
        }
        read
    });
    let mut fields = json(said);
    if let Some(price) = fields.get_mut("mrp") {
        // The station wants it as a text; people write a number.
        let text = price.as_str().map_or_else(|| price.to_string(), str::to_owned);
        if text.parse::<u32>().is_ok_and(|kopecks| kopecks > 0) {
            *price = Value::String(text);
        } else {
            at.wrong(
                &format!("{key}.mrp"),
                text,
                "the greatest price in kopecks, such as \"14000\"",
            );
        }
    }
    ProductRule { template, kind, fields }
}

/// Whether some form has this number: one of the group's, or of any group that it may be of.
fn is_a_template(number: u32, group: Option<ProductGroup>) -> bool {
    let mut forms = TEMPLATES.iter().filter(|form| group.is_none_or(|group| group == form.group));
    forms.any(|form| form.template_id == number)
        || (V2_TEMPLATES.contains(&number)
            && group.is_none_or(|group| group.template_id().is_none()))
}

/// Tobacco's orders want to know these of the factory (manual, p. 60; version 2 the line, too).
const FACTORY: [&str; 5] =
    ["factoryId", "factoryCountry", "productCode", "productDescription", "productionLineId"];
/// Tobacco's and nicotine's spoiled codes are told with these (manual, p. 177).
const SPOILED: [&str; 2] = ["address", "participantId"];

/// What a rule of stock orders must be such that the station takes it.
pub(super) fn check(top: &mut Reader<'_>, issuer: &IssuerConfig, rules: &[pull::StockRule]) {
    for rule in rules {
        let alias = rule.group.alias();
        if let Err(problem) = issuer.oms.product(rule.group, rule.gtin) {
            let key = format!("issuer.product.{alias}.{}", problem.key);
            top.wrong(&key, problem.found, &problem.wanted);
        }
        if rule.group == ProductGroup::TOBACCO {
            let said = issuer.oms.order_attributes.get(alias);
            let wanted = if issuer.oms.api == Api::V3 { &FACTORY[..4] } else { &FACTORY[..] };
            for field in wanted.iter().filter(|f| !said.is_some_and(|all| all.contains_key(**f))) {
                let key = format!("issuer.order.{alias}.{field}");
                top.wrong(&key, "nothing", "what the station asks of every order of tobacco");
            }
        }
        let by_station = issuer.report.duties.way(rule.group, Telling::Spoiled) == Way::Station;
        if by_station && crate::report::spoiled_says_more(rule.group) {
            let said = issuer.report.spoiled.get(alias);
            for field in SPOILED.iter().filter(|f| !said.is_some_and(|all| all.contains_key(**f))) {
                let key = format!("issuer.about_spoiled.{alias}.{field}");
                top.wrong(
                    &key,
                    "nothing",
                    "what the station asks of every report of spoiled codes",
                );
            }
        }
    }
}
