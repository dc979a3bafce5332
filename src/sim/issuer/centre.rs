//! What the station says of others: service providers, what one of them printed, places of activity.
use super::desk::{Answered, Call, number, wanted};
use super::refusal::Refusal;
use serde_json::{Value, json};

/// The only report of print quality, and the order that it is about: nobody here placed that one.
const REPORT: &str = "f0000000-0000-4000-8000-000000000001";
const ORDER: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/// One label-printing centre; its groups are all that have more than one form.
pub(super) fn providers() -> Value {
    json!({ "providers": [{
        "serviceProviderId": "9e0c1b5a-0000-4000-8000-00000000ce47",
        "providerName": "Demo centre",
        "name": "Demo centre",
        "taxIdentificationNumber": "7700000001",
        "country": "RU",
        "address": "here",
        "contactPerson": "Nobody",
        "email": "nobody@example.org",
        "role": "CEM",
        "productGroups": ["shoes", "lp", "milk"],
    }] })
}

/// The names of reports (CRPT "API СУЗ 3.0", pages 327 to 330). Pages are counted from one.
pub(super) fn quality(call: &Call<'_>) -> Answered {
    let limit = number(call.query, "limit", 10, 100)?;
    let page = number(call.query, "skip", 1, 10_000)?;
    let asked = call.query.get("orderId").is_none_or(|order| order == ORDER);
    let results = if asked && limit > 0 && page <= 1 { vec![REPORT] } else { vec![] };
    Ok(json!({ "totalCount": u8::from(asked), "results": results }).into())
}

/// The codes of a report, without their check parts, each with its grade (pages 331 to 333).
pub(super) fn grades(call: &Call<'_>) -> Answered {
    let name = wanted(call.query, "reportId")?;
    if name != REPORT {
        return Err(Refusal::not_found("report", name));
    }
    let code = |serial: &str, quality: &str| json!({ "code": format!("010460000000000821{serial}"), "quality": quality });
    let codes = [code("5AbCdEfGhIjKl", "A"), code("5AbCdEfGhIjKm", "F")];
    Ok(json!({ "sntins": codes, "usageType": "VERIFIED", "orderId": ORDER }).into())
}

pub(super) fn places(call: &Call<'_>) -> Answered {
    let limit = number(call.query, "limit", 10, 1_000)?;
    number(call.query, "skip", 0, 10_000)?;
    let place = json!({
        "fiasId": "0c5b2444-70a0-4932-980c-b4dc0d3f02b5",
        "kpp": "770001001",
        "address": "here",
        "productGroups": [call.query.get("productGroup").map_or("milk", String::as_str)],
    });
    let results = if limit == 0 { vec![] } else { vec![place] };
    Ok(json!({ "totalCount": results.len(), "results": results }).into())
}
