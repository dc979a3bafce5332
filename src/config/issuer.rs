//! What `[issuer]` says of the station beside its address: country, version, what orders and reports
//! say besides.
use super::product::products;
use super::reader::Reader;
use crate::code::{Country, Gtin, ProductGroup};
use crate::pull::Serials;
use crate::report::{self, Duties, may_be_appended};
use crate::upstream::{Api, OmsSettings, ProductRules, UTILISATIONS, V2Profile};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use toml::Table;

/// The keys that are read here.
pub(super) const KEYS: &str = "country, api, contact_person, user_name, usage, ext, order, order_fields, product, about, about_spoiled, utilisation, appended, serials, serials_of";

const COUNTRIES: [&str; 6] = ["RU", "KZ", "KG", "UZ", "AM", "BY"];

/// Which country's rules hold, and how its station wants to be spoken to.
pub(super) struct Manner {
    api: Api,
    duties: Duties,
    order: BTreeMap<String, Map<String, Value>>,
    products: ProductRules,
    about: BTreeMap<String, Map<String, Value>>,
    spoiled: BTreeMap<String, Map<String, Value>>,
    utilisation: BTreeMap<String, String>,
    appended: BTreeMap<Gtin, String>,
    serials: Serials,
}

impl Manner {
    pub(super) fn read(at: &mut Reader<'_>) -> Self {
        let country = at.text_or("country", "RU");
        if !COUNTRIES.contains(&country.as_str()) {
            at.wrong("country", format!("\"{country}\""), "RU, KZ, KG, UZ, AM or BY");
        }
        let usual = if matches!(country.as_str(), "KZ" | "KG" | "UZ") { "v2" } else { "v3" };
        let version = at.text_or("api", usual);
        if !matches!(version.as_str(), "v2" | "v3") {
            at.wrong("api", format!("\"{version}\""), "v2 or v3");
        }
        let profile = profile(at, &country);
        let api = if version == "v2" { Api::V2(profile) } else { Api::V3 };
        let (order, about) = (by_group(at, "order"), by_group(at, "about"));
        let spoiled = by_group(at, "about_spoiled");
        let (products, utilisation) = (products(at), utilisation(at));
        let appended = appended(at);
        let (duties, serials) = (Duties::of_country(&country), serials(at, &country));
        Self { api, duties, order, products, about, spoiled, utilisation, appended, serials }
    }

    /// Who makes the serial numbers.
    pub(super) fn serials(&self) -> Serials {
        self.serials.clone()
    }

    pub(super) fn set(self, oms: &mut OmsSettings, report: &mut report::Settings) {
        oms.api = self.api;
        oms.order_attributes = self.order;
        oms.products = self.products;
        report.duties = self.duties;
        report.attributes = self.about;
        report.spoiled = self.spoiled;
        report.utilisation = self.utilisation;
        report.appended = self.appended;
    }
}

fn profile(at: &mut Reader<'_>, country: &str) -> V2Profile {
    let person = at.text_or("contact_person", "");
    let user_name = at.text_or("user_name", "API");
    let usage = at.text_or("usage", "VERIFIED");
    let known = ["VERIFIED", "PRINTED", "USED_FOR_PRODUCTION"];
    if !known.contains(&usage.as_str()) {
        at.wrong("usage", format!("\"{usage}\""), "VERIFIED, PRINTED or USED_FOR_PRODUCTION");
    }
    let mut extensions = BTreeMap::new();
    for (group, name) in at.own_names("ext") {
        match name.as_str() {
            Some(name) if ProductGroup::from_alias(&group).is_some() => {
                extensions.insert(group, name.to_owned());
            }
            _ => at.wrong("ext", &group, "a product group, with its name in the station's paths"),
        }
    }
    V2Profile {
        extensions,
        contact_person: (!person.is_empty()).then_some(person),
        user_name,
        order_fields: json(at.own_names("order_fields")),
        usage,
        by_series: country == "KZ",
        says_kind: country == "RU",
        old_receipts: matches!(country, "KZ" | "KG" | "UZ"),
        bearer_too: country == "UZ",
    }
}

/// Tables by product group.
fn by_group(at: &mut Reader<'_>, name: &str) -> BTreeMap<String, Map<String, Value>> {
    let mut all = BTreeMap::new();
    for (group, fields) in at.own_names(name) {
        match fields.as_table() {
            Some(fields) if ProductGroup::from_alias(&group).is_some() => {
                all.insert(group, json(fields.clone()));
            }
            Some(_) | None => {
                at.wrong(name, &group, "a product group with a table of the station's fields");
            }
        }
    }
    all
}

/// What kind of application reports of a group tell.
fn utilisation(at: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (group, word) in at.own_names("utilisation") {
        match word.as_str() {
            Some(word) if UTILISATIONS.iter().any(|known| known.fits(word, &group)) => {
                all.insert(group, word.to_owned());
            }
            _ => at.wrong(
                "utilisation",
                format!("{group} = {word}"),
                "beer = \"RESORT\", chemistry = \"REMARK\", or a product group with SPLITMARK or DIVISIONMARK",
            ),
        }
    }
    all
}

fn appended(at: &mut Reader<'_>) -> BTreeMap<Gtin, String> {
    let mut all = BTreeMap::new();
    for (gtin, field) in at.own_names("appended") {
        match (gtin.parse(), field.as_str()) {
            (Ok(gtin), Some(field)) if may_be_appended(field) => {
                all.insert(gtin, field.to_owned());
            }
            _ => at.wrong(
                "appended",
                format!("{gtin} = {field}"),
                "a GTIN with 3103, 310Y, 311Y or 335Y (Y is 0 to 5) and six digits, 30 and a number, or 97 and base64, such as \"3103001324\"",
            ),
        }
    }
    all
}

fn serials(at: &mut Reader<'_>, country: &str) -> Serials {
    let own = |word: &str| match word {
        "own" => Some(true),
        "station" => Some(false),
        _ => None,
    };
    let usual = at.text_or("serials", "station");
    let mut serials = Serials { country: Country::from_letters(country), ..Serials::default() };
    match own(&usual) {
        Some(own) => serials.own = own,
        None => at.wrong("serials", format!("\"{usual}\""), "own or station"),
    }
    for (name, word) in at.own_names("serials_of") {
        let own = own(word.as_str().unwrap_or_default());
        match (own, ProductGroup::from_alias(&name), name.parse()) {
            (Some(own), Some(group), _) => _ = serials.of_groups.insert(group, own),
            (Some(own), None, Ok(gtin)) => _ = serials.of_items.insert(gtin, own),
            _ => at.wrong(
                "serials_of",
                format!("{name} = {word}"),
                "a product group or a GTIN with \"own\" or \"station\"",
            ),
        }
    }
    if serials.are_used() && serials.country.is_none() {
        let wanted =
            "\"station\": nobody said which digit the operator of this country puts in front";
        at.wrong("serials", format!("\"own\" in {country}"), wanted);
    }
    serials
}

pub(super) fn json(table: Table) -> Map<String, Value> {
    match serde_json::to_value(table) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}
