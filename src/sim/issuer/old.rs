//! The station's version 2, as the neighbours still speak it: the group in the path, flat bodies, one
//! buffer at a time, and `lastBlockId`.
use super::desk::{Answered, Call, Desk, asked, parse, wanted};
use super::groups::Group;
use super::order_form::NewOrder;
use super::orders::Asked;
use super::refusal::Refusal;
use super::report_form::{NewBoxes, NewReport};
use super::reports::Kind;
use serde_json::{Value, json};

/// Codes in one line of an order (swagger of Kazakhstan).
const MOST_IN_A_LINE: i64 = 150_000;

/// Paths of version 2 that only Russia's stations have (the descriptions of 2023-10-31).
const RUSSIAN: [&str; 9] = [
    "/order/product",
    "/product",
    "/receipts/receipt",
    "/receipts/receipt/search",
    "/receipts/document",
    "/providers",
    "/quality",
    "/quality/cisList",
    "/mod",
];

impl Desk {
    /// Where everything is as the real one has it: a neighbour's station has fewer paths.
    pub(super) fn check_path(&self, path: &str) -> Result<(), Refusal> {
        let old = path.strip_prefix("/api/v2/{ext}");
        let strange = self.strict_groups
            && self.country != super::Country::Ru
            && old.is_some_and(|rest| RUSSIAN.contains(&rest));
        if strange { Err(Refusal::not_found("path", path)) } else { Ok(()) }
    }

    fn old_group(call: &Call<'_>) -> Result<&'static Group, Refusal> {
        let name = call.path.get("ext").map(String::as_str).unwrap_or_default();
        Group::named(name).ok_or_else(|| Refusal::not_found("extension", name))
    }

    pub(super) fn old_order(&mut self, call: &Call<'_>) -> Answered {
        let new = NewOrder::from_old(Self::old_group(call)?.alias, call.body)?;
        let country = self.country;
        if country != super::Country::Ru && new.text("contactPerson").is_none() {
            return Err(Refusal::field("contactPerson", "must be given"));
        }
        if let Some(at) = new.products.iter().position(|p| p.quantity > MOST_IN_A_LINE) {
            let text = format!("1 to {MOST_IN_A_LINE}");
            return Err(Refusal::field(format!("products[{at}].quantity"), text));
        }
        self.place(call, new, true)
    }

    /// One object, not an array as in version 3.
    pub(super) fn old_status(&mut self, call: &Call<'_>) -> Answered {
        let (asked, gtin) = (asked(call)?, wanted(call.query, "gtin")?);
        let mut buffers = self.orders.status(asked, Some(gtin))?;
        let buffer = buffers.get_mut(0).map(Value::take).unwrap_or_default();
        Ok(self.old_buffer(buffer, asked).into())
    }

    /// A buffer with what version 2 says besides: its order, and its pools.
    fn old_buffer(&self, mut buffer: Value, asked: Asked<'_>) -> Value {
        let status = match buffer["bufferStatus"].as_str().unwrap_or_default() {
            "PENDING" => "REQUESTED",
            "REJECTED" => "REJECTED",
            "CLOSED" => "CLOSED",
            _ => "READY",
        };
        let pool = json!({
            "status": status,
            "quantity": buffer["totalCodes"],
            "leftInRegistrar": 0,
            "registrarId": "0000000000000001",
            "isRegistrarReady": true,
            "registrarErrorCount": 0,
            "lastRegistrarErrorTimestamp": 0,
        });
        buffer["omsId"] = self.oms_id.clone().into();
        buffer["orderId"] = asked.order.into();
        buffer["poolInfos"] = json!([pool]);
        buffer
    }

    pub(super) fn old_list(&mut self, call: &Call<'_>) -> Answered {
        let group = Self::old_group(call)?;
        let mut orders = self.list(call.now_ms, |order| order["productGroup"] == group.alias);
        for order in &mut orders {
            let id = order["orderId"].as_str().unwrap_or_default().to_owned();
            let asked = Asked { order: &id, now_ms: call.now_ms };
            let buffers = order["buffers"].as_array_mut().map(std::mem::take).unwrap_or_default();
            order["buffers"] = buffers.into_iter().map(|b| self.old_buffer(b, asked)).collect();
        }
        Ok(json!({ "omsId": self.oms_id, "orderInfos": orders }).into())
    }

    /// The block behind `lastBlockId` once more, if there is one; otherwise a new one.
    pub(super) fn old_codes(&mut self, call: &Call<'_>) -> Answered {
        let (asked, gtin) = (asked(call)?, wanted(call.query, "gtin")?);
        let last = call.query.get("lastBlockId").map_or("0", String::as_str);
        let Some(behind) = self.orders.block_behind(asked, gtin, last)? else {
            return self.codes(call);
        };
        self.orders.give_again(&behind, call.now_ms, &mut self.ledger)?;
        Ok(self.written(&behind, "given_again", call.now_ms))
    }

    pub(super) fn old_close(&mut self, call: &Call<'_>) -> Answered {
        let (asked, gtin) = (asked(call)?, call.query.get("gtin").map(String::as_str));
        self.orders.close(asked, gtin)?;
        Ok(json!({ "omsId": self.oms_id }).into())
    }

    pub(super) fn old_report(&mut self, call: &Call<'_>, kind: Kind) -> Answered {
        let group = Self::old_group(call)?;
        let mut new: NewReport = parse(call.body)?;
        group.alias.clone_into(&mut new.product_group);
        self.report(call, kind, &new, true)
    }

    pub(super) fn old_boxes(&mut self, call: &Call<'_>) -> Answered {
        let group = Self::old_group(call)?;
        let mut new: NewBoxes = parse(call.body)?;
        group.alias.clone_into(&mut new.product_group);
        self.boxes(call, &new, true)
    }

    /// `GET /{ext}/aggregation/info`: what is in a box; the shape is a guess.
    pub(super) fn old_box(&mut self, call: &Call<'_>) -> Answered {
        let name = wanted(call.query, "unitSerialNumber")?;
        let inside = self.reports.inside(name).ok_or_else(|| Refusal::not_found("unit", name))?;
        Ok(json!({ "omsId": self.oms_id, "unitSerialNumber": name, "sntins": inside }).into())
    }
}
