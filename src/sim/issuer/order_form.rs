//! What an order must be like.
use super::groups::{Group, Tail, Template};
use super::ledger::Ledger;
use super::refusal::Refusal;
use super::{Country, codes};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Trade items in one order (CRPT "API СУЗ 3.0", page 32).
const MOST_PRODUCTS: usize = 10;
/// Codes in an order of one trade item, and of each of several (same, page 32).
const MOST_OF_ONE: usize = 2_000_000;
const MOST_OF_EACH: usize = 150_000;
/// Same, pages 381 to 383, and what version 2 knows besides.
const RELEASES: [&str; 8] = [
    "PRODUCTION",
    "IMPORT",
    "REMAINS",
    "REMARK",
    "COMMISSION",
    "REAPPLY",
    "CROSSBORDER",
    "CONTRACT_PRODUCTION",
];
/// Same, page 385. All but the first want a service provider.
const CREATIONS: [&str; 5] = ["SELF_MADE", "CEM", "CM", "CL", "CA"];

/// The body of `POST /order`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOrder {
    pub(super) product_group: String,
    pub(super) products: Vec<NewProduct>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
    pub(super) service_provider_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewProduct {
    pub(super) gtin: String,
    pub(super) quantity: i64,
    serial_number_type: String,
    pub(super) serial_numbers: Option<Vec<String>>,
    template_id: u32,
    pub(super) cis_type: Option<String>,
    #[serde(default)]
    pub(super) attributes: Option<Map<String, Value>>,
}

impl NewOrder {
    /// The body of version 2: everything flat, the group in the path. What a product says besides
    /// lies flat, too, such as `mrp`.
    pub(super) fn from_old(group: &str, body: &[u8]) -> Result<Self, Refusal> {
        let mut flat: Value = super::desk::parse(body)?;
        let fields = flat.as_object_mut().ok_or_else(|| Refusal::field("body", "an object"))?;
        let mut products = fields.remove("products").unwrap_or_default();
        for product in products.as_array_mut().into_iter().flatten() {
            gather_attributes(product);
        }
        let provider = fields.remove("serviceProviderId").unwrap_or_default();
        let order = json!({
            "productGroup": group,
            "products": products,
            "serviceProviderId": provider,
            "attributes": flat,
        });
        serde_json::from_value(order).map_err(|error| Refusal::field("body", error.to_string()))
    }

    fn said(&self, name: &str) -> Option<&Value> {
        self.attributes.as_ref().and_then(|all| all.get(name))
    }

    /// An attribute of the order.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.said(name).and_then(Value::as_str).map(str::to_owned)
    }

    /// Where codes are paid when they are made, they live for ever, except those that live 90 days
    /// in any case (same, page 406).
    pub(super) fn is_paid_by_emission(&self, group: &Group) -> bool {
        let kind = self.said("paymentType");
        let one = kind.is_some_and(|k| k.as_i64() == Some(1) || k.as_str() == Some("1"));
        one && group.lives_days < 90
    }

    pub(super) fn check(
        &self,
        group: &Group,
        (country, now_ms): (Country, i64),
        ledger: &Ledger,
    ) -> Result<(), Refusal> {
        if !(1..=MOST_PRODUCTS).contains(&self.products.len()) {
            return Err(Refusal::field("products", format!("1 to {MOST_PRODUCTS} GTINs")));
        }
        self.check_attributes(group)?;
        let most = if self.products.len() == 1 { MOST_OF_ONE } else { MOST_OF_EACH };
        for (at, product) in self.products.iter().enumerate() {
            if self.products[..at].iter().any(|p| p.gtin == product.gtin) {
                return Err(Refusal::field(format!("products[{at}].gtin"), "stands there twice"));
            }
            product.check(at, (group, country, now_ms), most, ledger)?;
        }
        Ok(())
    }

    fn check_attributes(&self, group: &Group) -> Result<(), Refusal> {
        let lists = [("releaseMethodType", &RELEASES[..]), ("createMethodType", &CREATIONS)];
        for (name, words) in lists {
            let field = format!("attributes.{name}");
            match self.said(name) {
                None | Some(Value::Null) if group.applied_when_given() => {
                    return Err(Refusal::field(field, "must be given"));
                }
                None | Some(Value::Null) => {}
                Some(Value::String(word)) if words.contains(&word.as_str()) => {}
                Some(_) => {
                    return Err(Refusal::field(field, format!("one of {}", words.join(", "))));
                }
            }
        }
        let own = self.text("createMethodType").is_none_or(|method| method == "SELF_MADE");
        if own == self.service_provider_id.is_some() {
            let text = if own {
                "only for a provider's createMethodType"
            } else {
                "must be given for this createMethodType"
            };
            return Err(Refusal::field("serviceProviderId", text));
        }
        Ok(())
    }
}

/// Puts the attributes of a product of version 2 where version 3 has them.
fn gather_attributes(product: &mut Value) {
    let known = [
        "gtin",
        "quantity",
        "serialNumberType",
        "serialNumbers",
        "templateId",
        "cisType",
        "attributes",
    ];
    let Some(fields) = product.as_object_mut() else { return };
    let names: Vec<String> =
        fields.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
    let moved: Vec<_> =
        names.into_iter().filter_map(|name| fields.remove_entry(name.as_str())).collect();
    let attributes = fields.entry("attributes").or_insert_with(|| json!({}));
    if let Some(attributes) = attributes.as_object_mut() {
        attributes.extend(moved);
    }
}

impl NewProduct {
    /// The form of its codes.
    pub(super) fn template(&self, group: &Group, now_ms: i64) -> Option<Template> {
        let found = group.template(self.template_id, now_ms);
        found.map(|t| Template { id: self.template_id, ..t })
    }

    /// The greatest price, in kopecks.
    pub(super) fn price(&self) -> u32 {
        let price = self.attributes.as_ref().and_then(|all| all.get("mrp"));
        let text = price.and_then(|p| {
            p.as_str().map(str::to_owned).or_else(|| p.as_u64().map(|n| n.to_string()))
        });
        text.and_then(|t| t.parse().ok()).unwrap_or(0)
    }

    fn check(
        &self,
        at: usize,
        (group, country, now_ms): (&Group, Country, i64),
        most: usize,
        ledger: &Ledger,
    ) -> Result<(), Refusal> {
        let refuse =
            |name: &str, text: &str| Err(Refusal::field(format!("products[{at}].{name}"), text));
        let quantity = usize::try_from(self.quantity).unwrap_or_default();
        if !codes::is_gtin(&self.gtin) {
            return refuse("gtin", "14 digits with a right check digit");
        }
        if !(1..=most).contains(&quantity) {
            return refuse("quantity", &format!("1 to {most}"));
        }
        let Some(template) = self.template(group, now_ms) else {
            let ids: Vec<_> = group.templates_at(now_ms).map(|t| t.id.to_string()).collect();
            return refuse("templateId", &format!("{} for {}", ids.join(" or "), group.alias));
        };
        let kinds = ["UNIT", "BUNDLE", "GROUP", "SET"];
        if self.cis_type.as_deref().is_some_and(|kind| !kinds.contains(&kind)) {
            return refuse("cisType", "UNIT, BUNDLE, GROUP or SET");
        }
        // The neighbours' tobacco has no greatest price: their orders have no field for one.
        let priced = group.alias == "tobacco" && country == Country::Ru;
        if priced && !(1..=40_960_000).contains(&self.price()) {
            return refuse("attributes.mrp", "the greatest price in kopecks must be given");
        }
        if template.tail == Tail::Block && self.price() > 999_999 {
            return refuse("attributes.mrp", "six digits at most");
        }
        self.check_serials(template, codes::country_digit(country, group), quantity, ledger)
            .map_err(|(name, text)| Refusal::field(format!("products[{at}].{name}"), text))
    }

    fn check_serials(
        &self,
        template: Template,
        digit: Option<char>,
        quantity: usize,
        ledger: &Ledger,
    ) -> Result<(), (&'static str, &'static str)> {
        let name = "serialNumbers";
        let own = self.serial_numbers.as_deref().unwrap_or_default();
        let length = template.serial - usize::from(digit.is_some());
        let digit = digit.map(String::from).unwrap_or_default();
        let known = |s: &String| ledger.serial_is_taken(&self.gtin, &format!("{digit}{s}"));
        let unique: std::collections::HashSet<_> = own.iter().collect();
        match self.serial_number_type.as_str() {
            "OPERATOR" if !own.is_empty() => Err((name, "only with SELF_MADE")),
            "SELF_MADE" if own.len() != quantity => Err((name, "as many as the quantity says")),
            "SELF_MADE" if !own.iter().all(|s| codes::is_serial(s, length)) => {
                Err((name, "wrong length or characters"))
            }
            "SELF_MADE" if unique.len() != own.len() => Err((name, "one stands there twice")),
            "SELF_MADE" if own.iter().any(known) => Err((name, "was used before")),
            "OPERATOR" | "SELF_MADE" => Ok(()),
            _ => Err(("serialNumberType", "OPERATOR or SELF_MADE")),
        }
    }
}
