//! What version 2 of the station's interface has otherwise: the product group in the path, flat
//! bodies, one buffer an answer. Shapes: the interface descriptions that the live stations served
//! on 2023-10-31.
use super::oms_reports::{ReportWish, Tells};
use super::wire::{AttributesBody, Buffer, ProductBody};
use crate::code::ProductGroup;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How a station of version 2 wants to be spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each country differs in a way of its own")]
pub struct V2Profile {
    /// The names of product groups in paths, where they are not their aliases.
    pub extensions: BTreeMap<String, String>,
    /// Whom to ask about an order (Kazakhstan wants it).
    pub contact_person: Option<String>,
    /// Who reports, as they say of themselves (`userName`).
    pub user_name: String,
    /// The country's fields of an order, such as `country`.
    pub order_fields: Map<String, Value>,
    /// What a report of applied codes says of its codes; `PRINTED` and `VERIFIED` are in use, and
    /// some stations still want `USED_FOR_PRODUCTION`.
    pub usage: String,
    /// Receipts are had by `receipts?docId=…`, without results of single codes (Kazakhstan,
    /// Kyrgyzstan, Uzbekistan: their interface descriptions of 2023 have no other path).
    pub old_receipts: bool,
    /// Dairy and medicines are told by date of expiry and series, without a kind of code
    /// (Kazakhstan).
    pub by_series: bool,
    /// Every product says what kind of code is wanted, a single unit too: everywhere but for footwear
    /// and tobacco (Russia).
    pub says_kind: bool,
    /// The token is wanted as `Authorization: Bearer`, too (Uzbekistan).
    pub bearer_too: bool,
}

impl V2Profile {
    /// The product group's name in a path. Names that differ from those of version 3: the
    /// interface description of 2023.
    pub(super) fn extension(&self, group: ProductGroup) -> &str {
        let alias = group.alias();
        match self.extensions.get(alias) {
            Some(name) => name,
            None => match alias {
                "perfumery" => "perfum",
                "electronics" => "photo",
                "vegetableoil" => "vegs",
                _ => alias,
            },
        }
    }
}

/// The body of an order: everything side by side.
pub(super) fn order(
    profile: &V2Profile,
    group: ProductGroup,
    product: &ProductBody<'_>,
    attributes: &AttributesBody<'_>,
) -> Map<String, Value> {
    let mut body = profile.order_fields.clone();
    if let Value::Object(flat) = json!(attributes) {
        body.extend(flat);
    }
    if let Some(person) = &profile.contact_person {
        body.insert("contactPerson".to_owned(), json!(person));
    }
    let mut said = product.attributes.clone();
    if let Value::Object(fields) = json!({
        "gtin": product.gtin, "quantity": product.quantity,
        "serialNumberType": product.serial_number_type, "templateId": product.template_id,
    }) {
        said.extend(fields);
    }
    if !product.serial_numbers.is_empty() {
        said.insert("serialNumbers".to_owned(), json!(product.serial_numbers));
    }
    // Not every country knows the field.
    let says_kind = profile.says_kind && !matches!(group.alias(), "shoes" | "tobacco");
    if says_kind || product.cis_type != "UNIT" {
        said.insert("cisType".to_owned(), json!(product.cis_type));
    }
    body.insert("products".to_owned(), json!([said]));
    body
}

/// The body of a report.
pub(super) fn report(profile: &V2Profile, wish: &ReportWish<'_>) -> Map<String, Value> {
    let mut body = wish.attributes.clone();
    body.insert("sntins".to_owned(), json!(wish.codes));
    match wish.tells {
        Tells::Applied => {
            body.insert("usageType".to_owned(), json!(profile.usage));
            // Groups of dairy are told as what they are: as configured.
            if !profile.by_series && !body.contains_key("cisType") {
                body.insert("cisType".to_owned(), json!("UNIT"));
            }
        }
        Tells::DroppedOut(reason) => {
            body.insert("dropoutReason".to_owned(), json!(reason.word()));
        }
    }
    body
}

/// How the codes of one trade item stand. What can be taken now is sometimes only said as what is
/// left in the buffer.
pub(super) fn buffer(mut info: Value) -> Option<Buffer> {
    let fields = info.as_object_mut()?;
    if !fields.contains_key("availableCodes")
        && let Some(left) = fields.get("leftInBuffer").cloned()
    {
        fields.insert("availableCodes".to_owned(), left);
    }
    serde_json::from_value(info).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::wire::BufferStatus;

    fn profile() -> V2Profile {
        V2Profile {
            contact_person: Some("Line 1".to_owned()),
            order_fields: Map::from_iter([("country".to_owned(), json!("KZ"))]),
            usage: "VERIFIED".to_owned(),
            ..V2Profile::default()
        }
    }

    #[test]
    fn an_order_is_flat() {
        let product = ProductBody {
            gtin: "04600000000008",
            quantity: 5,
            serial_number_type: "OPERATOR",
            serial_numbers: &[],
            template_id: 1,
            cis_type: "UNIT",
            attributes: Map::from_iter([("stickerId".to_owned(), json!("7"))]),
        };
        let attributes = AttributesBody {
            release_method_type: "IMPORT",
            create_method_type: "SELF_MADE",
            production_order_id: "WO-1",
            more: None,
        };
        let wanted = json!({
            "contactPerson": "Line 1", "country": "KZ", "createMethodType": "SELF_MADE",
            "releaseMethodType": "IMPORT", "productionOrderId": "WO-1",
            "products": [{"gtin": "04600000000008", "quantity": 5,
                          "serialNumberType": "OPERATOR", "templateId": 1,
                          "stickerId": "7"}],
        });
        let group = ProductGroup::MILK;
        assert_eq!(Value::Object(order(&profile(), group, &product, &attributes)), wanted);
        let russian = V2Profile { says_kind: true, ..profile() };
        let body = order(&russian, group, &product, &attributes);
        assert_eq!(body["products"][0]["cisType"], "UNIT");
        let body = order(&russian, ProductGroup::SHOES, &product, &attributes);
        assert_eq!(body["products"][0].get("cisType"), None);
    }

    #[test]
    fn a_report_says_what_its_codes_were_used_for() {
        let attributes = Map::from_iter([("expDate".to_owned(), json!("260831"))]);
        let wish = ReportWish {
            group: ProductGroup::MILK,
            tells: Tells::Applied,
            kind: None,
            attributes: &attributes,
            codes: &["0104".to_owned()],
        };
        let wanted = json!({
            "sntins": ["0104"], "usageType": "VERIFIED", "cisType": "UNIT", "expDate": "260831",
        });
        assert_eq!(Value::Object(report(&profile(), &wish)), wanted);
    }

    #[test]
    fn one_buffer_is_read_with_what_is_left_for_what_can_be_taken() {
        let info = json!({
            "omsId": "o", "orderId": "a", "gtin": "04600000000008", "bufferStatus": "ACTIVE",
            "leftInBuffer": 7, "totalCodes": 10, "totalPassed": 3, "poolsExhausted": false,
            "expiredDate": 0, "poolInfos": [{"status": "READY", "quantity": 10}],
        });
        let buffer = buffer(info).unwrap();
        assert_eq!((buffer.status, buffer.available_codes), (BufferStatus::Active, 7));
    }

    #[test]
    fn some_groups_have_other_names_in_paths() {
        let mut profile = profile();
        assert_eq!(profile.extension(ProductGroup::MILK), "milk");
        profile.extensions.insert("milk".to_owned(), "dairy".to_owned());
        assert_eq!(profile.extension(ProductGroup::MILK), "dairy");
    }
}
