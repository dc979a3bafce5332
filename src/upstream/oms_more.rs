//! What a station can also be asked: for people who set it up, and aggregation reports. Answers
//! that nobody here works with are given as they come.
use super::OmsError;
use super::oms::{Oms, SubOrder};
use super::oms_call::SLOW;
use super::wire::ReportTaken;
use crate::code::ProductGroup;
use serde::Serialize;
use serde_json::Value;

/// Reports of print quality in one answer (manual, p. 328).
const QUALITY_IN_A_PAGE: usize = 100;
/// Answers that are asked for at most: a station that says the same again and again is left.
const QUALITY_PAGES_MAX: u32 = 100;

/// One box of a report of aggregation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregationUnit {
    /// The box: 18 to 74 characters without brackets; an SSCC with its `00`.
    pub unit_serial_number: String,
    /// Codes that fit into it.
    pub aggregation_unit_capacity: u32,
    /// What is in it: codes **without** check parts.
    pub sntins: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitBody<'a> {
    #[serde(flatten)]
    unit: &'a AggregationUnit,
    aggregation_type: &'static str,
    aggregated_items_count: usize,
}

impl<'a> UnitBody<'a> {
    fn of(unit: &'a AggregationUnit) -> Self {
        let aggregated_items_count = unit.sntins.len();
        Self { unit, aggregation_type: "AGGREGATION", aggregated_items_count }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AggregationBody<'a> {
    /// Not in version 2: there it stands in the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_group: Option<&'a str>,
    participant_id: &'a str,
    aggregation_units: Vec<UnitBody<'a>>,
}

impl Oms {
    /// What an order says of its trade items.
    pub async fn products(&self, of: SubOrder<'_>) -> Result<Value, OmsError> {
        let path = self.path(of.group, "order/product", "order/product");
        self.get("ask after the goods of an order", &path, &[("orderId", of.order)], 1).await
    }

    /// Who prints codes for others.
    pub async fn providers(&self, group: ProductGroup) -> Result<Value, OmsError> {
        let path = self.path(group, "providers", "providers");
        self.get("ask for service providers", &path, &[], 1).await
    }

    /// Reports of print quality, by their names, to the last: one answer for each hundred.
    pub async fn quality_reports(&self, group: ProductGroup) -> Result<Vec<Value>, OmsError> {
        let mut pages = Vec::new();
        for number in 1..=QUALITY_PAGES_MAX {
            let page = self.quality(group, number).await?;
            let named = page["results"].as_array().map_or(0, Vec::len);
            if named > 0 || pages.is_empty() {
                pages.push(page);
            }
            if named < QUALITY_IN_A_PAGE {
                break;
            }
        }
        Ok(pages)
    }

    /// Reports of print quality, by their names; `page` from 1.
    pub async fn quality(&self, group: ProductGroup, page: u32) -> Result<Value, OmsError> {
        let path = self.path(group, "quality", "quality");
        let page = page.max(1).to_string();
        let limit = QUALITY_IN_A_PAGE.to_string();
        let query = [("limit", limit.as_str()), ("skip", page.as_str())];
        self.get("ask for reports of print quality", &path, &query, 1).await
    }

    /// The codes of one report of print quality, with their grades.
    pub async fn quality_codes(
        &self,
        group: ProductGroup,
        report: &str,
    ) -> Result<Value, OmsError> {
        let path = self.path(group, "quality/cisList", "quality/cisList");
        self.get("ask for grades", &path, &[("reportId", report)], SLOW).await
    }

    /// The participant's places of activity.
    pub async fn places(&self, group: ProductGroup) -> Result<Value, OmsError> {
        let path = self.path(group, "mod", "mod");
        let query = [("productGroup", group.alias()), ("limit", "1000"), ("skip", "0")];
        self.get("ask for places of activity", &path, &query, 1).await
    }

    /// Reports what was packed into boxes (at most 30,000 codes). Answers with the station's name
    /// for the report.
    pub async fn aggregate(
        &self,
        group: ProductGroup,
        participant: &str,
        units: &[AggregationUnit],
    ) -> Result<String, OmsError> {
        let path = self.path(group, "aggregation", "aggregation");
        let body = AggregationBody {
            product_group: (!self.is_v2()).then_some(group.alias()),
            participant_id: participant,
            aggregation_units: units.iter().map(UnitBody::of).collect(),
        };
        let taken: ReportTaken = self.post("report boxes", &path, &[], &body).await?;
        Ok(taken.report_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_box_says_how_many_codes_are_in_it() {
        let unit = AggregationUnit {
            unit_serial_number: "00046000000000000015".to_owned(),
            aggregation_unit_capacity: 12,
            sntins: vec!["0104600000000008215JDYQZ".to_owned()],
        };
        let wanted = json!({
            "unitSerialNumber": "00046000000000000015", "aggregationType": "AGGREGATION",
            "aggregationUnitCapacity": 12, "aggregatedItemsCount": 1,
            "sntins": ["0104600000000008215JDYQZ"],
        });
        assert_eq!(json!(UnitBody::of(&unit)), wanted);
    }
}
