//! What a report must be like.
use super::Country;
use super::groups::Group;
use super::old_forms;
use super::refusal::Refusal;
use super::reports::Kind;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Codes in one report (CRPT "API СУЗ 3.0", page 176).
const MOST_IN_A_REPORT: usize = 30_000;
/// Obsolete but for the last and the third.
const USAGES: [&str; 5] =
    ["USED_FOR_PRODUCTION", "SENT_TO_PRINTER", "PRINTED", "PRINTER_LOST", "VERIFIED"];
const TYPES: [&str; 5] = ["UTILISATION", "RESORT", "REMARK", "SPLITMARK", "DIVISIONMARK"];
/// Reasons of dropout (same, page 398).
const REASONS: [&str; 13] = [
    "DEFECT",
    "QA_SAMPLES",
    "EXPIRY",
    "PRODUCT_RECALL",
    "COMPLAINTS",
    "PRODUCT_TESTING",
    "DEMO_SAMPLES",
    "OTHER",
    "DAMAGE_LOSS",
    "DESTRUCTION",
    "LIQUIDATION",
    "CONFISCATION",
    "OWN_USE_EXCISE",
];

/// Whose rules a report is held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// As the manual has it by groups; otherwise every group takes everything.
    pub(super) strict: bool,
    pub(super) country: Country,
    /// Version 2.
    pub(super) old: bool,
}

/// The body of `POST /utilisation` and `POST /dropout`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewReport {
    #[serde(default)]
    pub(super) product_group: String,
    pub(super) sntins: Vec<String>,
    dropout_reason: Option<String>,
    utilisation_type: Option<String>,
    /// Only in version 2, and there it must be.
    usage_type: Option<String>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
    /// Version 2 has its attributes beside the others.
    #[serde(flatten)]
    flat: Map<String, Value>,
}

/// The body of `POST /aggregation`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewBoxes {
    #[serde(default)]
    pub(super) product_group: String,
    participant_id: String,
    pub(super) aggregation_units: Vec<NewBox>,
    #[serde(default, rename = "attributes")]
    _attributes: Option<Map<String, Value>>,
    #[serde(flatten)]
    flat: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewBox {
    pub(super) unit_serial_number: String,
    aggregation_type: String,
    aggregation_unit_capacity: usize,
    aggregated_items_count: usize,
    pub(super) sntins: Vec<String>,
}

impl Rules {
    /// Whether a group has a report, and which fields of version 2 it must have.
    fn report(self, kind: Kind, group: &Group) -> Result<&'static [&'static str], Refusal> {
        let none = || Refusal::field("productGroup", "this group has no such report");
        if !self.strict {
            return Ok(&[]);
        }
        // The station reports these itself when it gives them out, whatever it has a path for.
        if kind == Kind::Utilisation && group.applied_when_given() {
            return Err(none());
        }
        let known = if self.old { old_forms::of(self.country, group, kind) } else { None };
        if let Some(wanted) = known {
            return wanted.ok_or_else(none);
        }
        let has = match kind {
            Kind::Dropout => group.takes_dropout(),
            Kind::Utilisation => true,
            Kind::Aggregation => group.takes_boxes(),
        };
        if has { Ok(&[]) } else { Err(none()) }
    }
}

impl NewReport {
    /// Refuses what the station refuses at once.
    pub(super) fn check(&self, kind: Kind, rules: Rules) -> Result<(), Refusal> {
        let group = Group::named(&self.product_group)
            .ok_or_else(|| Refusal::field("productGroup", "unknown product group"))?;
        let wanted = rules.report(kind, group)?;
        if !(1..=MOST_IN_A_REPORT).contains(&self.sntins.len()) {
            return Err(Refusal::field("sntins", format!("1 to {MOST_IN_A_REPORT} codes")));
        }
        if kind == Kind::Dropout {
            self.check_reason(group, rules)?;
        } else {
            self.check_words(rules)?;
        }
        must_have(&self.flat, wanted)?;
        match (rules.strict && !rules.old, kind) {
            (true, Kind::Dropout) => self.check_dropout(group),
            (true, Kind::Utilisation | Kind::Aggregation) => self.check_attributes(group),
            (false, _) => Ok(()),
        }
    }

    fn check_words(&self, rules: Rules) -> Result<(), Refusal> {
        let usage = self.usage_type.as_deref();
        if rules.old && !usage.is_some_and(|usage| USAGES.contains(&usage)) {
            return Err(Refusal::field("usageType", format!("one of {}", USAGES.join(", "))));
        }
        let texts = ["expirationDate", "seriesNumber"];
        let number =
            |name: &&str| self.flat.get(*name).is_some_and(|v| !v.is_string() && !v.is_null());
        if let Some(name) = texts.into_iter().find(number) {
            return Err(Refusal::field(name, "a text"));
        }
        if self.utilisation_type.as_deref().is_some_and(|word| !TYPES.contains(&word)) {
            return Err(Refusal::field("utilisationType", format!("one of {}", TYPES.join(", "))));
        }
        Ok(())
    }

    /// What must be said of dairy and of medicine (same, pages 227 to 236).
    fn check_attributes(&self, group: &Group) -> Result<(), Refusal> {
        let none = Map::new();
        let said = self.attributes.as_ref().unwrap_or(&none);
        let has = |name: &str| said.get(name).is_some_and(|value| !value.is_null());
        match group.alias {
            "milk" if !["expDate", "expDate72", "expDateConditions"].into_iter().any(has) => {
                Err(Refusal::field("attributes.expDate", "must be given"))
            }
            "pharma" => {
                within_attributes(must_have(said, &["expirationDate", "seriesNumber", "subjectId"]))
            }
            _ => Ok(()),
        }
    }

    /// What must be said of tobacco and its like that is dropped out (same, pages 177 and 178).
    fn check_dropout(&self, group: &Group) -> Result<(), Refusal> {
        if !group.is_tobacco() {
            return Ok(());
        }
        let none = Map::new();
        let said = self.attributes.as_ref().unwrap_or(&none);
        within_attributes(must_have(said, &["address", "withChild", "participantId"]))
    }

    /// Dairy knows two reasons, only tobacco knows the last one; version 2 has a list of its own,
    /// and only Russia's has the last one.
    fn check_reason(&self, group: &Group, rules: Rules) -> Result<(), Refusal> {
        let allowed = match group.alias {
            "milk" if !rules.old => &REASONS[..2],
            _ if rules.old && rules.country == Country::Ru => &REASONS[..],
            _ if group.is_tobacco() && !rules.old => &REASONS[..],
            _ => &REASONS[..12],
        };
        match self.dropout_reason.as_deref() {
            Some(reason) if allowed.contains(&reason) => Ok(()),
            _ => Err(Refusal::field("dropoutReason", format!("one of {}", allowed.join(", ")))),
        }
    }
}

/// Refuses what lacks a field, or has one of another type or length.
fn must_have(said: &Map<String, Value>, wanted: &[&str]) -> Result<(), Refusal> {
    for name in wanted {
        let text = said.get(*name).and_then(Value::as_str).map(|text| text.chars().count());
        let wrong = match *name {
            "withChild" => (!said.get(*name).is_some_and(Value::is_boolean)).then_some("a boolean"),
            "address" => (!text.is_some_and(|n| (2..=256).contains(&n)))
                .then_some("an address, 2 to 256 characters"),
            _ => text.is_none_or(|n| n == 0).then_some("must be given"),
        };
        if let Some(wrong) = wrong {
            return Err(Refusal::field(*name, wrong));
        }
    }
    Ok(())
}

fn within_attributes(checked: Result<(), Refusal>) -> Result<(), Refusal> {
    checked.map_err(|refusal| refusal.within("attributes"))
}

impl NewBoxes {
    /// Refuses what the station refuses at once (same, pages 184 to 218).
    pub(super) fn check(&self, rules: Rules) -> Result<(), Refusal> {
        let group = Group::named(&self.product_group)
            .ok_or_else(|| Refusal::field("productGroup", "unknown product group"))?;
        must_have(&self.flat, rules.report(Kind::Aggregation, group)?)?;
        let digits = self.participant_id.bytes().all(|b| b.is_ascii_digit());
        if !digits || !(9..=14).contains(&self.participant_id.len()) {
            return Err(Refusal::field("participantId", "an INN"));
        }
        let codes: usize = self.aggregation_units.iter().map(|unit| unit.sntins.len()).sum();
        if !(1..=MOST_IN_A_REPORT).contains(&codes) {
            return Err(Refusal::field(
                "aggregationUnits",
                format!("1 to {MOST_IN_A_REPORT} codes"),
            ));
        }
        for (at, unit) in self.aggregation_units.iter().enumerate() {
            unit.check().map_err(|(name, text)| {
                Refusal::field(format!("aggregationUnits[{at}].{name}"), text)
            })?;
        }
        Ok(())
    }
}

impl NewBox {
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let name = &self.unit_serial_number;
        if !(18..=74).contains(&name.len()) || name.contains(['(', ')']) {
            return Err(("unitSerialNumber", "18 to 74 characters without brackets"));
        }
        if self.aggregation_type != "AGGREGATION" {
            return Err(("aggregationType", "AGGREGATION"));
        }
        if self.aggregated_items_count != self.sntins.len() {
            return Err(("aggregatedItemsCount", "as many as sntins has"));
        }
        if self.aggregated_items_count > self.aggregation_unit_capacity {
            return Err(("aggregationUnitCapacity", "less than there is in it"));
        }
        Ok(())
    }
}
