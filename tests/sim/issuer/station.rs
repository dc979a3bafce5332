//! The station's version 3 beyond the way of an order: boxes, receipts, lists, the document.
use super::{GTIN, OTHER, order_of, scene, scene_with, texts, utilisation};
use markwright::sim::issuer::IssuerSettings;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn boxes_hold_every_code_once() {
    let scene = scene().await;
    let order = scene.order("milk", 4).await;
    let codes = texts(&scene.codes(&order, "4").await.1);
    let cis = |at: usize| codes[at].split('\u{1d}').next().unwrap().to_owned();
    let boxed = |name: &str, inside: &[String]| {
        json!({
            "productGroup": "milk", "participantId": "7700000001",
            "aggregationUnits": [{
                "unitSerialNumber": name, "aggregationType": "AGGREGATION",
                "aggregationUnitCapacity": 12, "aggregatedItemsCount": inside.len(), "sntins": inside,
            }],
        })
    };
    let first = boxed("00046000000000000015", &[cis(0), cis(1)]);
    let (_, word) = scene.report("/aggregation", &first).await;
    assert_eq!(word, "SUCCESS");
    let second = boxed("00046000000000000022", &[cis(1), cis(2)]);
    let (id, word) = scene.report("/aggregation", &second).await;
    assert_eq!((word.as_str(), scene.results(&id).await), ("PARTIALLY", vec![1, 0]));
    let pallet = boxed("00046000000000000039", &["00046000000000000015".to_owned()]);
    assert_eq!(scene.report("/aggregation", &pallet).await.1, "SUCCESS", "a box in a box");
    let mut wrong = boxed("00046000000000000046", &[cis(3)]);
    wrong["aggregationUnits"][0]["aggregatedItemsCount"] = 2.into();
    let (status, why) = scene.post("/aggregation", &wrong).await;
    let field = &why["fieldErrors"][0]["fieldName"];
    assert_eq!((status, field), (400, &json!("aggregationUnits[0].aggregatedItemsCount")));
}

#[tokio::test]
async fn receipts_tell_of_orders_blocks_and_reports() {
    let scene = scene().await;
    let order = scene.order("milk", 4).await;
    let (_, given) = scene.codes(&order, "3").await;
    let (report, _) = scene.report("/utilisation", &utilisation(&texts(&given))).await;
    let search = |filter: Value| json!({ "filter": filter, "limit": 10 });
    let (_, found) = scene.post("/receipts/receipt/search", &search(json!({}))).await;
    assert_eq!(found["totalCount"], 3);
    let of_order = search(json!({ "orderIds": [order], "workflowTypes": ["GET_CODES"] }));
    let (_, found) = scene.post("/receipts/receipt/search", &of_order).await;
    let details = &found["results"][0]["operations"][0]["details"];
    assert_eq!(details["products"][0], json!({ "gtin": GTIN, "quantity": 3 }));
    assert_eq!(found["results"][0]["resultDocId"], given["blockId"]);
    let (_, receipt) = scene.get("/receipts/receipt", &[("resultDocId", &report)]).await;
    assert_eq!(receipt["results"][0]["workflow"], "REPORT_UTILIZE");
    for (wrong, field) in [
        (json!({ "limit": 101 }), "limit"),
        (json!({ "limit": 100, "skip": 101 }), "skip"),
        (
            search(json!({ "startCreateDocDate": 0, "endCreateDocDate": 700_000_000 })),
            "filter.endCreateDocDate",
        ),
    ] {
        let (status, why) = scene.post("/receipts/receipt/search", &wrong).await;
        assert_eq!((status, &why["fieldErrors"][0]["fieldName"]), (400, &json!(field)));
    }
}

#[tokio::test]
async fn strict_groups_miss_what_must_be_there() {
    let settings = IssuerSettings {
        strict_groups: true,
        order_takes: Duration::ZERO,
        report_takes: Duration::ZERO,
        ..IssuerSettings::default()
    };
    let scene = scene_with(settings).await;
    let order = scene.order("milk", 1).await;
    let codes = texts(&scene.codes(&order, "1").await.1);
    let bare = json!({ "productGroup": "milk", "sntins": codes });
    let (status, why) = scene.post("/utilisation", &bare).await;
    assert_eq!((status, &why["fieldErrors"][0]["fieldName"]), (400, &json!("attributes.expDate")));
    let weighed: Vec<String> = codes.iter().map(|c| format!("{c}\u{1d}3103001324")).collect();
    let (_, word) = scene.report("/utilisation", &utilisation(&weighed)).await;
    assert_eq!(word, "SUCCESS", "more behind the check part");

    let mut tobacco = order_of("tobacco", 2);
    tobacco["products"][0]["templateId"] = 4.into();
    let (_, why) = scene.post("/order", &tobacco).await;
    assert_eq!(why["fieldErrors"][0]["fieldName"], "products[0].attributes.mrp");
    tobacco["products"][0]["attributes"] = json!({ "mrp": "12345" });
    let (_, taken) = scene.post("/order", &tobacco).await;
    let id = taken["orderId"].as_str().unwrap();
    let (_, products) = scene.get("/order/product", &[("orderId", id)]).await;
    assert_eq!(products[GTIN]["mrp"], "12345");
    let packs = texts(&scene.codes(id, "2").await.1);
    assert_eq!((packs[0].len(), &packs[0][21..25]), (29, "AB:Z"));
    let (_, word) =
        scene.report("/utilisation", &json!({ "productGroup": "tobacco", "sntins": packs })).await;
    assert_eq!(word, "SUCCESS");

    let order = scene.order("shoes", 1).await;
    let (_, given) = scene.codes(&order, "1").await;
    let (_, receipt) = scene
        .get("/receipts/receipt", &[("resultDocId", given["blockId"].as_str().unwrap())])
        .await;
    let made = &receipt["results"][0]["operations"][1]["operationType"];
    assert_eq!(made, "GET_CODES_GENERATED_REPORT");
}

#[tokio::test]
async fn a_hundred_active_orders_are_enough() {
    let settings = IssuerSettings { order_takes: Duration::ZERO, ..IssuerSettings::default() };
    let scene = scene_with(settings).await;
    for _ in 0..100 {
        assert_eq!(scene.post("/order", &order_of("milk", 1)).await.0, 200);
    }
    let (status, why) = scene.post("/order", &order_of("milk", 1)).await;
    assert_eq!(status, 400, "{why}");
    let (_, page) = scene.post("/orders/search", &json!({ "limit": 7, "page": 14 })).await;
    assert_eq!((&page["totalCount"], page["results"].as_array().unwrap().len()), (&json!(100), 2));
    let id = page["results"][0]["orderId"].as_str().unwrap();
    scene.post("/order/close", &json!({ "orderId": id })).await;
    assert_eq!(scene.post("/order", &order_of("milk", 1)).await.0, 200);
}

#[tokio::test]
async fn a_provider_gets_the_codes_of_his_orders_himself() {
    let scene = scene().await;
    let (_, providers) = scene.get("/providers", &[]).await;
    let provider = &providers["providers"][0]["serviceProviderId"];
    let mut order = order_of("shoes", 2);
    order["serviceProviderId"] = provider.clone();
    let (_, why) = scene.post("/order", &order).await;
    assert_eq!(why["fieldErrors"][0]["fieldName"], "serviceProviderId", "only with CEM");
    order["attributes"]["createMethodType"] = "CEM".into();
    let (_, taken) = scene.post("/order", &order).await;
    let id = taken["orderId"].as_str().unwrap();
    scene.until(id, "ACTIVE").await;
    assert_eq!(scene.codes(id, "1").await.0, 400);
    for path in ["/quality", "/mod"] {
        assert_eq!(scene.get(path, &[("limit", "10")]).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn several_trade_items_have_buffers_of_their_own() {
    let scene = scene().await;
    let mut order = order_of("milk", 3);
    let mut other = order["products"][0].clone();
    other["gtin"] = OTHER.into();
    other["quantity"] = 150_001.into();
    order["products"].as_array_mut().unwrap().push(other);
    let (_, why) = scene.post("/order", &order).await;
    assert_eq!(why["fieldErrors"][0]["fieldName"], "products[1].quantity");
    order["products"][1]["quantity"] = 4.into();
    let (_, taken) = scene.post("/order", &order).await;
    let id = taken["orderId"].as_str().unwrap();
    scene.until(id, "ACTIVE").await;
    scene.codes(id, "3").await;
    scene.until(id, "CLOSED").await;
    let (_, buffers) = scene.get("/order/status", &[("orderId", id)]).await;
    assert_eq!(buffers.as_array().unwrap().len(), 2);
    assert!(buffers.as_array().unwrap().iter().any(|b| b["bufferStatus"] == "ACTIVE"));
}

#[tokio::test]
async fn the_document_names_everything_that_is_served() {
    let scene = scene().await;
    let url = format!("http://{}/openapi.json", scene.issuer.addr);
    let document: Value = scene.client.get(url).send().await.unwrap().json().await.unwrap();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let url = format!("http://{}{path}", scene.issuer.addr);
            let method = method.to_uppercase().parse().unwrap();
            let status = scene.client.request(method, url).send().await.unwrap().status();
            assert!(status != 404 && status != 405, "{path}: {status}");
        }
    }
    for name in text.split("#/components/schemas/").skip(1) {
        let name = name.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    for name in schemas.keys() {
        assert!(text.contains(&format!("#/components/schemas/{name}\"")), "nobody uses {name}");
    }
}

#[tokio::test]
async fn tobacco_that_is_dropped_out_says_where_and_by_whom() {
    let settings = IssuerSettings { strict_groups: true, ..IssuerSettings::default() };
    let scene = scene_with(settings).await;
    let mut report = json!({
        "productGroup": "tobacco", "dropoutReason": "DEFECT", "sntins": ["0104600000000008215abcde"],
    });
    let mut attributes = serde_json::Map::new();
    for (name, value) in [
        ("address", json!("Moscow")),
        ("withChild", json!(false)),
        ("participantId", json!("7700000001")),
    ] {
        report["attributes"] = attributes.clone().into();
        let (status, why) = scene.post("/dropout", &report).await;
        let field = format!("attributes.{name}");
        assert_eq!((status, &why["fieldErrors"][0]["fieldName"]), (400, &json!(field)), "{why}");
        attributes.insert(name.to_owned(), value);
    }
    report["attributes"] = attributes.into();
    assert_eq!(scene.post("/dropout", &report).await.0, 200);
    let milk = super::dropout(&["0104600000000008215abcde".to_owned()]);
    assert_eq!(scene.post("/dropout", &milk).await.0, 200, "dairy says nothing of that");
}
