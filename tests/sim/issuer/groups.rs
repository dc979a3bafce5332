//! Every product group and every form of its codes.
use super::{GTIN, Scene, scene, scene_with, texts};
use markwright::code::{Day, ProductGroup, TEMPLATES, Tail, Template};
use markwright::sim::issuer::IssuerSettings;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Days between which forms changed.
const DAYS: [&str; 3] = ["2025-08-15", "2025-09-15", "2026-01-15"];

/// Characters of a code of this form.
fn length(form: &Template) -> usize {
    let tail = match form.tail {
        Tail::Short => 7,
        Tail::Long(signature) => 10 + signature,
        Tail::Block => 18,
        Tail::Pack { .. } => return 14 + form.serial_len + 8,
    };
    18 + form.serial_len + tail
}

/// Orders one code and gives its length, or what is said instead.
async fn made(scene: &Scene, group: &str, template: u32) -> Result<usize, String> {
    let attributes = if group == "tobacco" { json!({ "mrp": "12000" }) } else { json!({}) };
    let order = json!({
        "productGroup": group,
        "products": [{
            "gtin": GTIN, "quantity": 1, "serialNumberType": "OPERATOR", "templateId": template,
            "attributes": attributes,
        }],
        "attributes": { "releaseMethodType": "IMPORT", "createMethodType": "SELF_MADE" },
    });
    let (status, answer) = scene.post("/order", &order).await;
    let Some(order) = answer["orderId"].as_str().filter(|_| status == 200) else {
        return Err(answer.to_string());
    };
    let code = texts(&scene.codes(order, "1").await.1).remove(0);
    assert!(markwright::code::parse(&code).is_ok(), "{group} {template}: {code:?}");
    Ok(code.len())
}

/// A text such as `2025-08-15` as the issuer's settings want it.
fn at_ms(day: &str) -> i64 {
    let noon: jiff::Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    noon.as_millisecond()
}

#[tokio::test]
async fn every_group_and_template_that_we_know_is_served_as_it_was_on_the_day() {
    for day in DAYS {
        let settings = IssuerSettings {
            starts_at_ms: Some(at_ms(day)),
            order_takes: Duration::ZERO,
            ..IssuerSettings::default()
        };
        let scene = scene_with(settings).await;
        let holds: Day = day.parse().unwrap();
        let mut lengths: BTreeMap<(&str, u32), BTreeSet<usize>> = BTreeMap::new();
        for form in TEMPLATES.iter().filter(|form| form.holds_on(holds)) {
            let key = (form.group.alias(), form.template_id);
            lengths.entry(key).or_default().insert(length(form));
        }
        let mut wrong = Vec::new();
        for ((group, template), lengths) in lengths {
            // The forms of Uzbekistan have no number: it takes any.
            match made(&scene, group, template.max(1)).await {
                Ok(length) if lengths.contains(&length) => {}
                other => {
                    wrong.push(format!("{day} {group} {template}: {other:?}, not {lengths:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[tokio::test]
async fn the_document_of_the_interface_names_every_group_that_is_served() {
    let scene = scene().await;
    let url = format!("http://{}/openapi.json", scene.issuer.addr);
    let document: serde_json::Value =
        scene.client.get(url).send().await.unwrap().json().await.unwrap();
    let listed = |pointer: &str| -> BTreeSet<String> {
        let list = document.pointer(pointer).and_then(|list| list.as_array());
        let list = list.unwrap_or_else(|| panic!("no {pointer} in the document"));
        list.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let known: BTreeSet<String> =
        ProductGroup::ALL.into_iter().map(|group| group.alias().to_owned()).collect();
    assert_eq!(listed("/components/schemas/ProductGroup/enum"), known);
    let old = listed("/paths/~1api~1v2~1{ext}~1ping/get/parameters/0/schema/enum");
    let mut names = known;
    names.extend(ProductGroup::ALL.into_iter().filter_map(|g| g.v2().map(str::to_owned)));
    assert_eq!(old, names, "version 2 has some other names");
}
