//! Electronic Mark in the fake issuer: its calls, its strict order, and what it remembers.
use markwright::sim::issuer::{
    ElectronicMark, Issuer, IssuerSettings, MarkSettings, MarkStanding, PlannedTrouble, Trouble,
};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

const GTIN: &str = "04810093011694";
const STRANGE: &str = "04600000000008";
const AN_HOUR: Duration = Duration::from_hours(1);

struct Scene {
    issuer: Issuer,
    client: reqwest::Client,
    token: String,
}

/// Orders and reports take an hour of the fake's clock, which tests put forward.
async fn scene() -> Scene {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let electronic_mark = MarkSettings {
        order_takes: AN_HOUR,
        report_takes: AN_HOUR,
        token_life: 1000 * AN_HOUR,
        not_in_catalogue: BTreeSet::from([STRANGE.to_owned()]),
        ..MarkSettings::default()
    };
    scene_with(electronic_mark).await
}

async fn scene_with(electronic_mark: MarkSettings) -> Scene {
    let issuer = Issuer::start(IssuerSettings { electronic_mark, ..IssuerSettings::default() });
    let issuer = issuer.await.unwrap();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let mut scene = Scene { issuer, client, token: String::new() };
    let said = scene.sign_in().await;
    said["token"].as_str().unwrap().clone_into(&mut scene.token);
    scene
}

impl Scene {
    fn mark(&self) -> &ElectronicMark {
        self.issuer.controls.electronic_mark()
    }

    async fn sign_in(&self) -> Value {
        let MarkSettings { user, password, .. } = MarkSettings::default();
        let form = format!("username={}&password={password}", user.replace('@', "%40"));
        let request = self.client.post(self.url("/auth")).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.send().await.unwrap().json().await.unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.issuer.addr)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.url(path)).header("Token", &self.token).send().await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<(u16, Value)> {
        let request = self.client.post(self.url(path)).header("Token", &self.token);
        let answer = request.json(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.try_post(path, body).await.unwrap()
    }

    async fn done(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Orders codes, lets them be made, and downloads them.
    async fn codes(&self, count: usize) -> Vec<String> {
        self.done("/items/addByGtin", &json!({ "gtin": GTIN })).await;
        let order = self.done("/v3/orders/add", &order(count)).await;
        self.mark().pass(AN_HOUR);
        let asked = json!({ "order_id": order["id"] });
        texts(&self.done("/v3/orders/downloads", &asked).await)
    }

    /// Sends a report, lets it be done, and gives what came of it.
    async fn report(&self, path: &str, codes: &[String]) -> Value {
        let taken = self.done(path, &report(codes)).await;
        let asked = json!({ "uuid_list": [taken["report_uid"]] });
        let early = self.done("/v3/reports", &asked).await;
        assert_eq!(early["results"][0]["status"]["code"], 20, "{early}");
        self.mark().pass(AN_HOUR);
        self.done("/v3/reports", &asked).await["results"][0].clone()
    }

    /// A page of the orders of dairy.
    async fn orders(&self, page: u32) -> Vec<Value> {
        let asked = json!({ "label_type": 12, "page": page });
        let list = self.done("/v2/orders/statusList", &asked).await;
        serde_json::from_value(list["orders_list"].clone()).unwrap()
    }

    fn standing(&self, standing: MarkStanding) -> usize {
        self.mark().ledger(|ledger| ledger.standing(standing))
    }
}

fn order(count: usize) -> Value {
    json!({ "label_type": 12, "count": count, "gtin": GTIN, "comment": "WO-17" })
}

fn report(codes: &[String]) -> Value {
    let labels: Vec<_> = codes.iter().map(|code| json!({ "label": code })).collect();
    let params = json!({ "manufacture_date": "2026-08-01", "country": "112" });
    json!({ "group": "milk", "labels": labels, "params": params })
}

fn shipment(codes: &[String]) -> Value {
    json!({
        "shipping_doc": "tnttn", "nomer_tn": "1", "agent": 18_413, "count": codes.len(),
        "country": "643", "operation_date": "2026-08-02", "labels": codes, "eas_products": {},
    })
}

fn texts(answer: &Value) -> Vec<String> {
    serde_json::from_value(answer["labels"].clone()).unwrap()
}

#[tokio::test]
async fn an_order_is_made_in_its_time_and_downloaded_as_often_as_wanted() {
    let scene = scene().await;
    let (status, why) = scene.post("/v3/orders/add", &order(5)).await;
    assert_eq!(status, 400, "the trade item is not in the catalogue: {why}");
    scene.done("/items/addByGtin", &json!({ "gtin": GTIN })).await;
    let taken = scene.done("/v3/orders/add", &order(1_000)).await;
    let list = format!("/v3/orders/list/{}", taken["id"]);
    let detail = |text: String| serde_json::from_str::<Value>(&text).unwrap()["detail"].clone();
    let early = detail(scene.get(&list).await.1);
    assert_eq!((&early["status"]["code"], &early["files"]["labels"]), (&json!(20), &Value::Null));
    let asked = json!({ "order_id": taken["id"] });
    assert_eq!(scene.post("/v3/orders/downloads", &asked).await.0, 400, "not ready");

    scene.mark().pass(AN_HOUR);
    let ready = detail(scene.get(&list).await.1);
    assert_eq!((&ready["status"]["code"], &ready["comment"]), (&json!(30), &json!("WO-17")));
    assert_eq!(scene.orders(1).await[0]["id"], taken["id"]);
    assert!(scene.orders(2).await.is_empty(), "the last page");
    let file = ready["files"]["labels"]["filename"].as_str().unwrap();
    let once = texts(&scene.done("/v3/orders/downloads", &json!({ "filename": file })).await);
    let twice = texts(&scene.done("/v3/orders/downloads", &asked).await);
    let (_, text) = scene.get(&format!("/downloads/{file}")).await;
    assert_eq!(once, twice);
    assert_eq!(text.lines().collect::<Vec<_>>(), once);
    let different: HashSet<_> = once.iter().collect();
    assert_eq!(different.len(), 1_000);
    for code in &once {
        assert!(markwright::code::parse(code).is_ok(), "{code:?}");
    }
    let given = scene.mark().ledger(|l| (l.given_out(), l.fate(&once[0]).unwrap().given));
    assert_eq!(given, (1_000, 3));
}

#[tokio::test]
async fn more_than_a_thousand_are_ordered_in_a_group() {
    let scene = scene().await;
    scene.done("/items/addByGtin", &json!({ "gtin": GTIN })).await;
    let (status, why) = scene.post("/v3/orders/add", &order(1_001)).await;
    assert_eq!(status, 400, "{why}");
    let group = json!({ "group": "milk", "orders": { "k1": order(1_000), "k2": order(500) } });
    let taken = scene.done("/v3/orders/addGroupOrders", &group).await;
    assert_ne!(taken["orders"]["k1"]["id"], taken["orders"]["k2"]["id"]);
    let broken = json!({ "group": "milk", "orders": { "k1": order(10), "k2": order(0) } });
    assert_eq!(scene.post("/v3/orders/addGroupOrders", &broken).await.0, 400);
    assert_eq!(scene.orders(1).await.len(), 2, "of the broken group nothing was taken");
}

#[tokio::test]
async fn the_strict_order_of_reports_is_kept() {
    let scene = scene().await;
    let codes = scene.codes(4).await;
    let (status, why) = scene.post("/v3/reports/addManufacture", &report(&codes)).await;
    assert_eq!((status, why["details"].as_array().unwrap().len()), (400, 4), "{why}");
    assert!(why["message"].as_str().unwrap().contains("addMark comes first"), "{why}");

    let marked = scene.report("/v3/reports/addMark", &codes).await;
    assert_eq!(marked["status"]["code"], 30, "{marked}");
    assert_eq!(scene.standing(MarkStanding::Marked), 4);
    let (status, why) = scene.post("/v3/ships/add", &shipment(&codes)).await;
    assert_eq!(status, 400, "{why}");
    assert!(why["message"].as_str().unwrap().contains("addManufacture comes first"), "{why}");

    let made = scene.report("/v3/reports/addManufacture", &codes).await;
    assert_eq!(made["status"]["code"], 30, "{made}");
    let looked = scene.done("/v2/labels", &json!({ "labels": codes })).await;
    assert_eq!(looked["results"][3]["status"]["code"], 50, "{looked}");
    scene.done("/v3/ships/add", &shipment(&codes)).await;
    let (status, why) = scene.post("/v3/ships/add", &shipment(&codes)).await;
    assert_eq!(status, 400, "the waybill is known: {why}");
    scene.mark().ledger(|ledger| {
        let way = [MarkStanding::Marked, MarkStanding::Manufactured, MarkStanding::Shipped];
        assert!(ledger.codes().all(|(_, fate)| fate.steps == way));
        assert_eq!((ledger.refused_steps(), ledger.strangers().len()), (2, 0));
    });
}

#[tokio::test]
async fn what_was_told_twice_is_told_apart_code_by_code() {
    let scene = scene().await;
    let codes = scene.codes(3).await;
    scene.report("/v3/reports/addMark", &codes[..2]).await;
    let mut again = codes.clone();
    again.push(format!("01{STRANGE}21200000\u{1d}93abcd"));
    let partly = scene.report("/v3/reports/addMark", &again).await;
    let labels = &partly["result"]["labels"];
    assert_eq!(partly["status"]["code"], 40, "{partly}");
    assert_eq!((&labels["success"], &labels["failed"]), (&json!(1), &json!(3)));
    assert!(labels["details"][0]["message"].as_str().unwrap().contains("47"), "{labels}");
    let written_off = scene.report("/v3/reports/addWriteOff", &codes[..1]).await;
    assert_eq!(written_off["status"]["code"], 30, "{written_off}");
    scene.mark().ledger(|ledger| {
        assert_eq!(ledger.fate(&codes[0]).unwrap().named_marked, 2);
        let steps = &ledger.fate(&codes[0]).unwrap().steps;
        assert_eq!(steps, &[MarkStanding::Marked, MarkStanding::WrittenOff]);
        assert_eq!(ledger.strangers().len(), 1);
    });
}

#[tokio::test]
async fn a_token_lives_its_time() {
    let life = MarkSettings { token_life: AN_HOUR, one_token: true, ..MarkSettings::default() };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut scene = scene_with(life).await;
    assert_eq!(scene.get("/labels/types").await.0, 200);
    scene.mark().pass(AN_HOUR);
    assert_eq!(scene.get("/labels/types").await.0, 401, "it has expired");
    let fresh = scene.sign_in().await;
    assert!(fresh["user"]["expires_in"].as_str().unwrap().len() == 19, "{fresh}");
    let old = std::mem::replace(&mut scene.token, fresh["token"].as_str().unwrap().to_owned());
    assert_eq!(scene.get("/labels/types").await.0, 200);
    scene.sign_in().await;
    assert_eq!(scene.get("/labels/types").await.0, 401, "another one signed in");
    assert_ne!(old, scene.token);
    let wrong = json!({ "username": "demo@example.by", "password": "wrong" });
    assert_eq!(scene.post("/auth", &wrong).await.0, 401);
    assert_eq!(scene.mark().ledger(markwright::sim::issuer::MarkLedger::sign_ins), 3);
}

#[tokio::test]
async fn wrong_requests_are_refused_with_words() {
    let scene = scene().await;
    let codes = scene.codes(2).await;
    let with = |pointer: &str, value: Value| {
        let mut body = shipment(&codes);
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let many: Vec<String> = (0..10_001).map(|n| n.to_string()).collect();
    let gtins: Vec<_> = (0..101).map(|_| GTIN).collect();
    let mut undated = report(&codes);
    undated["params"] = json!({});
    let twice = [codes[0].clone(), codes[0].clone()];
    for (path, body) in [
        ("/items/addByGtin", json!({ "gtin": "04810093011695" })),
        ("/items/checkGtin", json!(gtins)),
        ("/v3/reports/addManufacture", report(&many)),
        ("/v3/reports/addMark", report(&twice)),
        ("/v3/reports/addMark", undated),
        ("/v3/ships/add", with("/agent", json!(1))),
        ("/v3/ships/add", with("/count", json!(3))),
        ("/v3/ships/add", with("/operation_date", json!("02.08.2026"))),
    ] {
        let (status, why) = scene.post(path, &body).await;
        assert_eq!(status, 400, "{path}: {why}");
        assert!(!why["message"].as_str().unwrap().is_empty());
    }
    let (status, _) = scene.post("/items/addByGtin", &json!({ "gtin": STRANGE })).await;
    assert_eq!(status, 404, "the national catalogue does not know it");
    assert_eq!(scene.done("/contracts/agentsList", &json!({})).await["agents"][0]["id"], 18_413);
}

#[tokio::test]
async fn trouble_strikes_here_as_elsewhere_and_what_was_done_stays_done() {
    let scene = scene().await;
    scene.done("/items/addByGtin", &json!({ "gtin": GTIN })).await;
    let plan = |path: &str, trouble| {
        let path = path.to_owned();
        scene.issuer.controls.plan(PlannedTrouble { path, times: 1, trouble });
    };
    plan("/orders/add", Trouble::LostAnswer);
    assert!(scene.try_post("/v3/orders/add", &order(3)).await.is_err());
    plan("/labels/types", Trouble::Error500);
    assert_eq!(scene.get("/labels/types").await.0, 500);
    assert_eq!(scene.orders(1).await[0]["comment"], "WO-17", "it is found again by its words");
    scene.mark().refuse_orders(Some("no money"));
    let declined = scene.done("/v3/orders/add", &order(3)).await;
    scene.mark().pass(AN_HOUR);
    let (_, detail) = scene.get(&format!("/v3/orders/list/{}", declined["id"])).await;
    assert!(detail.contains("no money"), "{detail}");
}

#[tokio::test]
async fn everything_is_remembered_over_a_restart() {
    let scene = scene().await;
    let codes = scene.codes(10).await;
    scene.report("/v3/reports/addMark", &codes[..4]).await;
    let kept = scene.mark().keep();
    let next = self::scene().await;
    next.mark().take_up(&kept).unwrap();
    let next = Scene { token: scene.token.clone(), ..next };
    assert_eq!(next.standing(MarkStanding::Marked), 4);
    let order = json!({ "order_id": 2_000_000_001 });
    let again = next.done("/v3/orders/downloads", &order).await;
    assert_eq!(texts(&again), codes);
    assert!(next.codes(10).await.iter().all(|code| !codes.contains(code)), "no code twice");
}
