//! Talks with the fake issuer over HTTP.
mod electronic_mark;
mod faults;
mod groups;
mod old;
mod papers;
mod sign_in;
mod station;
mod time;

use markwright::sim::issuer::{Issuer, IssuerSettings, PlannedTrouble, Standing, Trouble};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

const GTIN: &str = "04600000000008";
const OTHER: &str = "04810093011694";
/// 2026-01-01, 03:00 in Moscow.
const NEW_YEAR_MS: i64 = 1_767_225_600_000;
const WITHIN: Duration = Duration::from_secs(20);

struct Scene {
    issuer: Issuer,
    client: reqwest::Client,
    token: String,
    oms_id: String,
}

async fn scene() -> Scene {
    let quick = Duration::from_millis(30);
    scene_with(IssuerSettings {
        order_takes: quick,
        report_takes: quick,
        ..IssuerSettings::default()
    })
    .await
}

async fn scene_with(settings: IssuerSettings) -> Scene {
    // A second test in the same process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (token, oms_id) = (settings.client_token.clone(), settings.oms_id.clone());
    let issuer = Issuer::start(settings).await.unwrap();
    let client = reqwest::Client::builder().timeout(WITHIN).build().unwrap();
    Scene { issuer, client, token, oms_id }
}

impl Scene {
    fn url(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut url =
            reqwest::Url::parse(&format!("http://{}/api/v3{path}", self.issuer.addr)).unwrap();
        url.query_pairs_mut().append_pair("omsId", &self.oms_id).extend_pairs(query);
        url.into()
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        let request = self.client.get(self.url(path, query)).header("clientToken", &self.token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.try_post(path, body).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.client
            .post(self.url(path, &[]))
            .header("clientToken", &self.token)
            .json(body)
            .send()
            .await
    }

    /// Orders, waits until the codes are there, and gives the order's identifier.
    async fn order(&self, group: &str, quantity: i64) -> String {
        let (status, answer) = self.post("/order", &order_of(group, quantity)).await;
        assert_eq!(status, 200, "{answer}");
        let order = answer["orderId"].as_str().unwrap().to_owned();
        self.until(&order, "ACTIVE").await;
        order
    }

    async fn until(&self, order: &str, word: &str) -> Value {
        let begun = Instant::now();
        loop {
            let (_, status) =
                self.get("/order/status", &[("orderId", order), ("gtin", GTIN)]).await;
            if status[0]["bufferStatus"] == word {
                return status[0].clone();
            }
            assert!(begun.elapsed() < WITHIN, "never {word}: {status}");
            tokio::task::yield_now().await;
        }
    }

    async fn codes(&self, order: &str, quantity: &str) -> (u16, Value) {
        self.get("/codes", &[("orderId", order), ("gtin", GTIN), ("quantity", quantity)]).await
    }

    /// Sends a report and follows it to its final state.
    async fn report(&self, path: &str, body: &Value) -> (String, String) {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{answer}");
        let id = answer["reportId"].as_str().unwrap().to_owned();
        let begun = Instant::now();
        loop {
            let (_, info) = self.get("/report/info", &[("reportId", &id)]).await;
            let word = info["reportStatus"].as_str().unwrap();
            if !["DRAFT", "PENDING", "READY_TO_SEND", "SENT"].contains(&word) {
                return (id, word.to_owned());
            }
            assert!(begun.elapsed() < WITHIN, "never done: {info}");
            tokio::task::yield_now().await;
        }
    }

    async fn results(&self, report: &str) -> Vec<i64> {
        let query = [("resultDocId", report), ("docId", report)];
        let (_, document) = self.get("/receipts/document", &query).await;
        let content: Value = serde_json::from_str(document["content"].as_str().unwrap()).unwrap();
        let list = content["cislist"].as_array().unwrap();
        list.iter().map(|line| line["code"].as_i64().unwrap()).collect()
    }
}

fn order_of(group: &str, quantity: i64) -> Value {
    let template = match group {
        "shoes" => 1,
        "lp" => 10,
        "water" => 16,
        _ => 20,
    };
    json!({
        "productGroup": group,
        "products": [{
            "gtin": GTIN, "quantity": quantity, "serialNumberType": "OPERATOR",
            "templateId": template, "cisType": "UNIT",
        }],
        "attributes": { "releaseMethodType": "IMPORT", "createMethodType": "SELF_MADE" },
    })
}

fn texts(answer: &Value) -> Vec<String> {
    let codes = answer["codes"].as_array().unwrap_or_else(|| panic!("{answer}"));
    codes.iter().map(|c| c.as_str().unwrap().to_owned()).collect()
}

fn utilisation(codes: &[String]) -> Value {
    json!({ "productGroup": "milk", "sntins": codes, "attributes": { "expDate": "2026-08-31" } })
}

fn dropout(codes: &[String]) -> Value {
    json!({ "productGroup": "milk", "sntins": codes, "dropoutReason": "DEFECT" })
}

fn plan(path: &str, trouble: Trouble) -> PlannedTrouble {
    PlannedTrouble { path: path.to_owned(), times: 1, trouble }
}

#[tokio::test]
async fn a_whole_order_is_given_out_without_a_code_twice() {
    let settings = IssuerSettings { order_takes: WITHIN, ..IssuerSettings::default() };
    let slow = scene_with(settings).await;
    let (_, answer) = slow.post("/order", &order_of("milk", 5)).await;
    let order = answer["orderId"].as_str().unwrap();
    let (_, status) = slow.get("/order/status", &[("orderId", order)]).await;
    let pending = &status[0];
    assert_eq!(pending["bufferStatus"], "PENDING");
    for counter in
        ["leftInBuffer", "totalCodes", "availableCodes", "unavailableCodes", "totalPassed"]
    {
        assert_eq!(pending[counter], -1, "{counter}");
    }
    assert_eq!(slow.codes(order, "1").await.0, 400, "nothing is given while it is pending");

    let scene = scene().await;
    let order = scene.order("milk", 250).await;
    let mut seen = HashSet::new();
    for quantity in ["100", "100", "50"] {
        let (status, answer) = scene.codes(&order, quantity).await;
        assert_eq!(status, 200, "{answer}");
        seen.extend(texts(&answer));
    }
    assert_eq!(seen.len(), 250);
    for code in &seen {
        assert_eq!(code.len(), 31);
        assert!(code.starts_with(&format!("01{GTIN}215")) && code[24..].starts_with("\u{1d}93"));
        assert!(markwright::code::parse(code).is_ok(), "{code}");
    }
    let closed = scene.until(&order, "CLOSED").await;
    assert_eq!((&closed["totalPassed"], &closed["availableCodes"]), (&json!(250), &json!(0)));
    let remembered: HashSet<String> =
        scene.issuer.controls.ledger(|l| l.of_order(&order).into_iter().collect());
    assert_eq!(remembered, seen);
}

#[tokio::test]
async fn every_group_has_its_form() {
    let scene = scene().await;
    for (group, length) in [("milk", 31), ("shoes", 129), ("lp", 85), ("water", 38)] {
        let order = scene.order(group, 3).await;
        for code in texts(&scene.codes(&order, "3").await.1) {
            assert_eq!(code.len(), length, "{group}");
            assert!(markwright::code::parse(&code).is_ok(), "{code:?}");
        }
    }
}

#[tokio::test]
async fn a_lost_block_can_be_had_again_until_the_last_code_is_gone() {
    let scene = scene().await;
    let order = scene.order("milk", 10).await;
    let known = [("orderId", order.as_str()), ("gtin", GTIN)];
    scene.issuer.controls.plan(plan("/codes", Trouble::LostAnswer));
    let url = scene.url("/codes", &[known[0], known[1], ("quantity", "6")]);
    let lost = scene.client.get(url).header("clientToken", &scene.token).send().await;
    assert!(lost.is_err(), "the connection closed before the answer");

    let (_, answer) = scene.get("/order/codes/blocks", &known).await;
    let blocks = answer["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0]["quantity"], 6);
    let block = blocks[0]["blockId"].as_str().unwrap();
    let (_, again) = scene.get("/order/codes/retry", &[("blockId", block)]).await;
    let found = texts(&again);
    assert_eq!(found.len(), 6);
    assert_eq!(scene.issuer.controls.ledger(|l| l.fate(&found[0]).unwrap().given), 2);

    assert_eq!(texts(&scene.codes(&order, "4").await.1).len(), 4);
    let (status, why) = scene.get("/order/codes/retry", &[("blockId", block)]).await;
    assert_eq!(status, 400, "the order closed itself: {why}");
    assert_eq!(scene.get("/order/codes/blocks", &known).await.0, 400);
    assert_eq!(scene.codes(&order, "1").await.0, 400);
}

#[tokio::test]
async fn the_list_of_orders_names_each_by_what_it_was_called() {
    let scene = scene().await;
    let mut new = order_of("milk", 3);
    new["attributes"]["productionOrderId"] = "WO-17".into();
    let (_, answer) = scene.post("/order", &new).await;
    let (status, list) = scene.get("/order/list", &[]).await;
    assert_eq!(status, 200, "{list}");
    let info = &list["orderInfos"][0];
    assert_eq!(info["orderId"], answer["orderId"]);
    assert_eq!(info["buffers"][0]["productionOrderId"], "WO-17", "{list}");
    assert!(info["createdTimestamp"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn a_closed_order_gives_nothing_more() {
    let scene = scene().await;
    let order = scene.order("milk", 10).await;
    scene.codes(&order, "3").await;
    let closing = json!({ "orderId": order, "gtin": GTIN });
    assert_eq!(scene.post("/order/close", &closing).await.0, 200);
    assert_eq!(scene.until(&order, "CLOSED").await["totalPassed"], 3);
    assert_eq!(scene.codes(&order, "1").await.0, 400);
    assert_eq!(scene.issuer.controls.ledger(markwright::sim::issuer::Ledger::given_out), 3);
}

#[tokio::test]
async fn reports_meet_the_truth_about_each_code() {
    let scene = scene().await;
    let order = scene.order("milk", 6).await;
    let codes = texts(&scene.codes(&order, "6").await.1);
    let (_, word) = scene.report("/utilisation", &utilisation(&codes[..3])).await;
    assert_eq!(word, "SUCCESS");

    let (id, word) = scene.report("/utilisation", &utilisation(&codes[..3])).await;
    assert_eq!(word, "FAILED", "told twice");
    assert_eq!(scene.results(&id).await, [1, 1, 1]);
    let (_, receipt) = scene.get("/receipts/receipt", &[("resultDocId", &id)]).await;
    assert_eq!(receipt["results"][0]["state"], "FAILED");

    let stranger = format!("01{OTHER}215abcde\u{1d}93abcd");
    let mut forged = codes[4].clone();
    forged.replace_range(forged.len() - 1.., if forged.ends_with('A') { "B" } else { "A" });
    let mixed = [codes[2].clone(), codes[3].clone(), stranger.clone(), forged];
    let (id, word) = scene.report("/utilisation", &utilisation(&mixed)).await;
    assert_eq!(word, "PARTIALLY");
    assert_eq!(scene.results(&id).await, [1, 0, 2, 103]);

    let (_, word) = scene.report("/dropout", &dropout(&codes[4..5])).await;
    assert_eq!(word, "SUCCESS", "a code that was never applied may be dropped");
    let (id, _) = scene.report("/utilisation", &utilisation(&codes[4..5])).await;
    assert_eq!(scene.results(&id).await, [4]);

    scene.issuer.controls.ledger(|ledger| {
        assert_eq!(ledger.standing(Standing::Utilised), 4);
        assert_eq!(ledger.standing(Standing::Dropped), 1);
        assert_eq!(ledger.fate(&codes[2]).unwrap().utilised, 3);
        assert_eq!(ledger.told_twice().len(), 3);
        assert_eq!(ledger.strangers().get(&stranger), Some(&1));
        assert!(serde_json::to_value(ledger).unwrap()["codes"][&codes[0]].is_object());
    });
}

#[tokio::test]
async fn a_report_passes_through_its_stations() {
    let settings = IssuerSettings {
        order_takes: Duration::ZERO,
        report_takes: WITHIN,
        ..IssuerSettings::default()
    };
    let scene = scene_with(settings).await;
    let order = scene.order("milk", 1).await;
    let codes = texts(&scene.codes(&order, "1").await.1);
    let (_, answer) = scene.post("/utilisation", &utilisation(&codes)).await;
    let id = answer["reportId"].as_str().unwrap();
    let (_, info) = scene.get("/report/info", &[("reportId", id)]).await;
    assert_eq!(info["reportStatus"], "DRAFT");
    let (_, receipt) = scene.get("/receipts/receipt", &[("resultDocId", id)]).await;
    assert_eq!(receipt["results"][0]["state"], "IN_PROGRESS");
}

#[tokio::test]
async fn codes_that_were_brought_along_can_be_reported() {
    let scene = scene().await;
    let file = "\u{feff}0104810093011694212k6rsrti\\u001d93#SzU\r\n\"0104810093011694212k6rsrtj<GS>93#SzV\"\r\n";
    assert_eq!(scene.issuer.controls.know(file.as_bytes()), 2);
    assert_eq!(scene.issuer.controls.know(file.as_bytes()), 0, "they are known already");
    let code = "0104810093011694212k6rsrti\u{1d}93#SzU".to_owned();
    let (_, word) = scene.report("/utilisation", &utilisation(&[code])).await;
    assert_eq!(word, "SUCCESS");
}

#[tokio::test]
async fn strict_groups_report_for_themselves() {
    let settings = IssuerSettings {
        strict_groups: true,
        order_takes: Duration::ZERO,
        ..IssuerSettings::default()
    };
    let scene = scene_with(settings).await;
    let order = scene.order("shoes", 2).await;
    let codes = texts(&scene.codes(&order, "2").await.1);
    let utilised = scene.issuer.controls.ledger(|l| l.standing(Standing::Utilised));
    assert_eq!(utilised, 2);
    let report = json!({ "productGroup": "shoes", "sntins": codes });
    assert_eq!(scene.post("/utilisation", &report).await.0, 400);
}

#[tokio::test]
async fn wrong_tokens_and_installations_are_refused() {
    let mut scene = scene().await;
    assert_eq!(scene.get("/ping", &[]).await.1["omsId"], scene.oms_id);
    let right = std::mem::replace(&mut scene.token, "wrong".to_owned());
    let (status, body) = scene.get("/ping", &[]).await;
    assert_eq!((status, &body["success"]), (401, &json!(false)));
    assert!(body["globalErrors"][0]["error"].is_string());
    scene.token = right;
    scene.oms_id = "wrong".to_owned();
    let (status, body) = scene.get("/ping", &[]).await;
    assert_eq!((status, &body["fieldErrors"][0]["fieldName"]), (400, &json!("omsId")));
}

#[tokio::test]
async fn wrong_orders_name_the_field() {
    let scene = scene().await;
    let wrong = |pointer: &str, value: Value| {
        let mut order = order_of("milk", 5);
        *order.pointer_mut(pointer).unwrap() = value;
        order
    };
    let eleven: Value = (0..11).map(|_| order_of("milk", 1)["products"][0].clone()).collect();
    let twice: Value = (0..2).map(|_| order_of("milk", 1)["products"][0].clone()).collect();
    for (order, field) in [
        (wrong("/productGroup", json!("bread")), "productGroup"),
        (wrong("/products/0/gtin", json!("04600000000009")), "products[0].gtin"),
        (wrong("/products/0/quantity", json!(0)), "products[0].quantity"),
        (wrong("/products/0/quantity", json!(2_000_001)), "products[0].quantity"),
        (wrong("/products/0/templateId", json!(1)), "products[0].templateId"),
        (wrong("/products/0/cisType", json!("BOX")), "products[0].cisType"),
        (wrong("/products/0/serialNumberType", json!("MINE")), "products[0].serialNumberType"),
        (wrong("/products", eleven), "products"),
        (wrong("/products", twice), "products[1].gtin"),
        (wrong("/products", json!([])), "products"),
        (wrong("/attributes/createMethodType", json!("CEM")), "serviceProviderId"),
    ] {
        let (status, body) = scene.post("/order", &order).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(body["fieldErrors"][0]["fieldName"], field, "{body}");
    }
    let (status, body) = scene.get("/order/status", &[("orderId", "none")]).await;
    assert_eq!((status, &body["success"]), (404, &json!(false)));
    let many: Vec<String> = (0..30_001).map(|n| format!("{n}")).collect();
    let (status, body) = scene.post("/utilisation", &utilisation(&many)).await;
    assert_eq!((status, &body["fieldErrors"][0]["fieldName"]), (400, &json!("sntins")));
    let order = scene.order("milk", 5).await;
    assert_eq!(scene.codes(&order, "6").await.0, 400, "more than there is");
    assert_eq!(scene.codes(&order, "0").await.0, 400);
}

#[tokio::test]
async fn own_serial_numbers_are_used_once() {
    let scene = scene().await;
    let mut order = order_of("milk", 2);
    order["products"][0]["serialNumberType"] = "SELF_MADE".into();
    order["products"][0]["serialNumbers"] = json!(["AbC_1", "AbC_2"]);
    let (_, answer) = scene.post("/order", &order).await;
    let id = answer["orderId"].as_str().unwrap();
    scene.until(id, "ACTIVE").await;
    let codes = texts(&scene.codes(id, "2").await.1);
    assert!(codes[0].starts_with(&format!("01{GTIN}215AbC_1\u{1d}")), "{codes:?}");
    let (status, body) = scene.post("/order", &order).await;
    assert_eq!(
        (status, &body["fieldErrors"][0]["fieldName"]),
        (400, &json!("products[0].serialNumbers"))
    );
}

#[tokio::test]
async fn a_refused_order_says_why() {
    let scene = scene().await;
    scene.issuer.controls.refuse_orders(Some("no money"));
    let (_, answer) = scene.post("/order", &order_of("milk", 5)).await;
    let order = answer["orderId"].as_str().unwrap();
    let rejected = scene.until(order, "REJECTED").await;
    assert_eq!(rejected["rejectionReason"], "Order declined: no money");
    assert_eq!(rejected["totalCodes"], -1);
}

#[tokio::test]
async fn trouble_comes_as_planned_and_goes() {
    let scene = scene().await;
    let controls = scene.issuer.controls.clone();
    controls.plan(plan("/ping", Trouble::Error500));
    assert_eq!(scene.get("/ping", &[]).await.0, 500);

    let order = scene.order("milk", 3).await;
    let codes = texts(&scene.codes(&order, "3").await.1);
    controls.plan(plan("/utilisation", Trouble::LostAnswer));
    assert!(scene.try_post("/utilisation", &utilisation(&codes)).await.is_err());
    assert_eq!(controls.ledger(|l| l.standing(Standing::Utilised)), 3, "it was done all the same");

    controls.plan(plan("/ping", Trouble::Garbled));
    let garbled = scene.client.get(scene.url("/ping", &[])).header("clientToken", &scene.token);
    let garbled = garbled.send().await.unwrap();
    assert_eq!(garbled.status(), 200);
    assert!(garbled.json::<Value>().await.is_err());

    controls.plan(plan("/ping", Trouble::Slow(Duration::from_millis(80))));
    let begun = Instant::now();
    assert_eq!(scene.get("/ping", &[]).await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(80));

    controls.set_down(true);
    let down = scene.client.get(scene.url("/ping", &[])).send().await;
    assert!(down.is_err());
    controls.set_down(false);
    assert_eq!(scene.get("/ping", &[]).await.0, 200);
    assert_eq!(controls.requests("/api/v3/ping"), 4);
}

#[tokio::test]
async fn the_ledger_file_has_a_line_for_everything() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.jsonl");
    let settings = IssuerSettings {
        order_takes: Duration::ZERO,
        ledger_file: Some(file.clone()),
        ..IssuerSettings::default()
    };
    let scene = scene_with(settings).await;
    let order = scene.order("milk", 2).await;
    let codes = texts(&scene.codes(&order, "2").await.1);
    scene.post("/dropout", &dropout(&codes[..1])).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let what: Vec<_> = lines.iter().map(|l| l["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["given", "given", "dropped"]);
    assert_eq!(lines[2]["code"], codes[0]);
    scene.issuer.stop().await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_codes() {
    let mut both = Vec::new();
    for _ in 0..2 {
        let scene = scene().await;
        let order = scene.order("water", 5).await;
        both.push(texts(&scene.codes(&order, "5").await.1));
    }
    assert_eq!(both[0], both[1]);
}
