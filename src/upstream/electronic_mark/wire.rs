//! The JSON of Electronic Mark, as working clients of others show it. Read with patience: a number
//! may come as text, a trade item as a text or as an object.
use super::super::problem::without_check_parts;
use super::dialect::LabelsAs;
use crate::code::CodeText;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One order to be placed, alone or in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkOrder {
    /// The kind of the codes: 12 = dairy, 20 = footwear, clothing and tyres, 7 = for the Union.
    pub label_type: u32,
    /// How many.
    pub count: u32,
    /// The trade item.
    pub gtin: String,
    /// A name of ours, by which an order is found again whose answer was lost.
    pub comment: String,
}

/// Answer to an order; also one of a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Placed {
    #[serde(deserialize_with = "name")]
    pub(super) id: String,
}

/// Answer to a group of orders. In version 2 the map stands alone.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum PlacedGroup {
    Wrapped { orders: BTreeMap<String, Placed> },
    Bare(BTreeMap<String, Placed>),
}

impl PlacedGroup {
    pub(super) fn into_names(self) -> BTreeMap<String, String> {
        let (Self::Wrapped { orders } | Self::Bare(orders)) = self;
        orders.into_iter().map(|(key, placed)| (key, placed.id)).collect()
    }
}

/// An order as the system knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownOrder {
    /// Its number there, kept as text.
    #[serde(deserialize_with = "name")]
    pub id: String,
    /// How many codes.
    #[serde(default, deserialize_with = "maybe_number")]
    pub count: Option<i64>,
    /// What we called it.
    #[serde(default, deserialize_with = "maybe_text")]
    pub comment: Option<String>,
    /// The trade item.
    #[serde(default, deserialize_with = "gtin")]
    pub gtin: Option<String>,
    /// When it was made, as the system writes it.
    #[serde(default, deserialize_with = "maybe_text")]
    pub created_at: Option<String>,
    /// How it stands.
    #[serde(default, deserialize_with = "or_default")]
    pub status: Stands,
    /// Where its codes are.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) files: Files,
}

impl KnownOrder {
    /// The file with its codes, once there is one.
    pub fn filename(&self) -> Option<&str> {
        self.files.labels.filename.as_deref().filter(|name| !name.is_empty())
    }
}

/// A number and its words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Stands {
    /// The number.
    #[serde(default, deserialize_with = "maybe_number")]
    pub code: Option<i64>,
    /// In words.
    #[serde(default, deserialize_with = "maybe_text")]
    pub message: Option<String>,
}

impl Stands {
    /// For a person.
    pub fn words(&self) -> String {
        let code = self.code.map_or_else(|| "without a number".to_owned(), |c| c.to_string());
        match &self.message {
            Some(message) => format!("{code} ({message})"),
            None => code,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(super) struct Files {
    #[serde(default, deserialize_with = "or_default")]
    labels: File,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
struct File {
    #[serde(default, deserialize_with = "maybe_text")]
    filename: Option<String>,
}

/// Answer to a question after one order.
#[derive(Debug, Deserialize)]
pub(super) struct Detail {
    pub(super) detail: KnownOrder,
}

/// Answer to a question after many.
#[derive(Debug, Deserialize)]
pub(super) struct OrdersList {
    #[serde(default, alias = "orders")]
    pub(super) orders_list: Vec<KnownOrder>,
}

/// An array of codes, as it came.
#[derive(Debug, Deserialize)]
pub(super) struct Array {
    #[serde(deserialize_with = "codes")]
    pub(super) labels: Vec<CodeText>,
}

/// Answer to a report.
#[derive(Debug, Deserialize)]
pub(super) struct ReportTaken {
    #[serde(alias = "report_uuid", deserialize_with = "name")]
    pub(super) report_uid: String,
}

/// How far a report is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownReport {
    /// Its name; seen under this key.
    #[serde(default, deserialize_with = "maybe_text")]
    pub report_id: Option<String>,
    /// Its name under another key, where the first one is a number.
    #[serde(default, alias = "uuid", deserialize_with = "maybe_text")]
    pub report_uid: Option<String>,
    /// The number.
    #[serde(default, deserialize_with = "or_default")]
    pub status: Stands,
    /// What came of it.
    #[serde(default, deserialize_with = "or_default")]
    pub result: ReportResult,
}

/// What came of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct ReportResult {
    /// What came of its codes.
    #[serde(default, deserialize_with = "or_default")]
    pub labels: ReportLabels,
    /// The number of an error; 0 or nothing = none.
    #[serde(default, deserialize_with = "maybe_number")]
    pub error: Option<i64>,
    /// The error in words.
    #[serde(default, deserialize_with = "maybe_text")]
    pub message: Option<String>,
}

/// What came of the codes of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct ReportLabels {
    /// Codes that were taken.
    #[serde(default, deserialize_with = "maybe_number")]
    pub success: Option<i64>,
    /// Codes that were not.
    #[serde(default, deserialize_with = "maybe_number")]
    pub failed: Option<i64>,
    /// Codes of the report.
    #[serde(default, deserialize_with = "maybe_number")]
    pub all: Option<i64>,
    /// Why codes were not taken, each in words.
    #[serde(default, deserialize_with = "many_texts")]
    pub details: Vec<String>,
}

/// How a report ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportEnds {
    /// Not yet.
    UnderWay,
    /// Every code was taken.
    Done,
    /// Some were, perhaps none: how each code stands says which.
    InPart {
        /// What the system says against the others.
        words: String,
    },
}

impl KnownReport {
    /// Whether it is called so.
    pub fn is(&self, name: &str) -> bool {
        [&self.report_id, &self.report_uid].into_iter().any(|known| known.as_deref() == Some(name))
    }

    /// Whether it is over, and how. `refused` are numbers that mean a report turned down.
    pub fn ends(&self, refused: &[i64]) -> ReportEnds {
        let labels = &self.result.labels;
        let (success, failed) = (labels.success.unwrap_or(0), labels.failed.unwrap_or(0));
        let all = labels.all.unwrap_or(0);
        let turned_down = self.status.code.is_some_and(|code| refused.contains(&code))
            || self.result.error.is_some_and(|error| error != 0);
        if !turned_down && all > 0 && success >= all && failed == 0 {
            ReportEnds::Done
        } else if turned_down || (all > 0 && success + failed >= all) {
            ReportEnds::InPart { words: self.words() }
        } else {
            ReportEnds::UnderWay
        }
    }

    fn words(&self) -> String {
        const DETAILS_SHOWN: usize = 5;
        let labels = &self.result.labels;
        let mut words: Vec<String> = labels.details.iter().take(DETAILS_SHOWN).cloned().collect();
        words.extend(self.result.message.clone());
        if words.is_empty() {
            words.push(format!("the report stands at {}", self.status.words()));
        }
        without_check_parts(&words.join("; "))
    }
}

/// Answer to a question after reports.
#[derive(Debug, Deserialize)]
pub(super) struct Reports {
    #[serde(default)]
    pub(super) results: Vec<KnownReport>,
}

/// How a code stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLabel {
    /// The code, as the system writes it.
    pub label: CodeText,
    /// Its number.
    pub status: Option<i64>,
}

/// How codes stand. The answer was not seen anywhere: whatever list of objects it holds is read,
/// with the code under `label` or `code`, and the number under `status`, alone or in an object.
pub(super) fn known_labels(answer: &Value) -> Option<Vec<KnownLabel>> {
    let list = match answer {
        Value::Array(list) => list,
        Value::Object(object) => {
            ["labels", "results", "list"].iter().find_map(|key| object.get(*key)?.as_array())?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let label = |one: &Value| {
        let label = ["label", "code", "cis"].iter().find_map(|key| one.get(*key)?.as_str())?;
        let status = one.get("status").or_else(|| one.get("status_code"));
        let status = status.and_then(|s| number(s.get("code").unwrap_or(s)));
        Some(KnownLabel { label: CodeText::new(label), status })
    };
    Some(list.iter().filter_map(label).collect())
}

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its number, which a shipment names.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// The partners; the answer was not seen anywhere.
pub(super) fn agents(answer: &Value) -> Option<Vec<Agent>> {
    let list = match answer {
        Value::Array(list) => list,
        Value::Object(object) => ["agents", "agents_list", "results", "list"]
            .iter()
            .find_map(|key| object.get(*key)?.as_array())?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let agent = |one: &Value| {
        let id = ["id", "agent", "agent_id"].iter().find_map(|key| number(one.get(*key)?))?;
        let name = ["name", "org_name", "full_name", "short_name"]
            .iter()
            .find_map(|key| one.get(*key)?.as_str())
            .unwrap_or_default();
        Some(Agent { id, name: name.to_owned() })
    };
    Some(list.iter().filter_map(agent).collect())
}

/// What a report says of its codes.
pub type Params = BTreeMap<String, String>;

/// Body of a report.
pub(super) fn report(
    group: &str,
    gtin: &str,
    labels: &[CodeText],
    params: &Params,
    labels_as: LabelsAs,
) -> Value {
    let labels: Vec<Value> = labels
        .iter()
        .map(|code| match labels_as {
            LabelsAs::Objects => json!({"label": code.as_str()}),
            LabelsAs::Texts => json!(code.as_str()),
        })
        .collect();
    json!({"group": group, "gtin": gtin, "labels": labels, "params": params})
}

/// Goods that leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shipment {
    /// The kind of the waybill, such as `tnttn`.
    pub shipping_doc: String,
    /// Its number.
    pub nomer_tn: String,
    /// Who gets them, by number.
    pub agent: i64,
    /// How many codes.
    pub count: usize,
    /// Where to: the number of a country, 643 = Russia.
    pub country: String,
    /// The day, year first.
    pub operation_date: String,
    /// The codes.
    pub labels: Vec<CodeText>,
    /// Papers of the goods by GTIN; the system wants them for the Union.
    pub eas_products: Value,
}

/// A number goes back as a number.
pub(super) fn as_it_came(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| json!(id), Value::from)
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(&Value::deserialize(from)?).ok_or_else(|| serde::de::Error::custom("a name is missing"))
}

fn maybe_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(number(&Value::deserialize(from)?))
}

fn maybe_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(text(&Value::deserialize(from)?))
}

fn many_texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Array(list) => list.iter().map(detail).collect(),
        Value::Null => Vec::new(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![detail(&other)]
        }
    })
}

/// Seen as texts; a code with its reason may come as an object.
fn detail(value: &Value) -> String {
    let label = value.get("label").and_then(Value::as_str);
    let words = value.get("message").and_then(Value::as_str);
    match (label, words) {
        (Some(label), Some(words)) => {
            format!("{}: {words}", CodeText::new(label).identification())
        }
        _ => text(value).unwrap_or_else(|| value.to_string()),
    }
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

fn gtin<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(text(value.get("gtin").unwrap_or(&value)))
}

fn codes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<CodeText>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum One {
        Text(String),
        Object { label: String },
    }
    let codes = Vec::<One>::deserialize(from)?.into_iter().map(|one| {
        let (One::Text(text) | One::Object { label: text }) = one;
        CodeText::new(text)
    });
    Ok(codes.collect())
}

#[cfg(test)]
mod tests;
