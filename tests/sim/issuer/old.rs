//! The station's version 2.
use super::{GTIN, Scene, WITHIN, scene_with, texts};
use markwright::sim::issuer::{Country, IssuerSettings, PlannedTrouble, Trouble};
use serde_json::{Value, json};
use std::time::Duration;

async fn neighbour(country: Country) -> Scene {
    strictly(country, false).await
}

async fn strictly(country: Country, strict_groups: bool) -> Scene {
    let quick = Duration::from_millis(20);
    scene_with(IssuerSettings {
        country,
        strict_groups,
        order_takes: quick,
        report_takes: quick,
        ..IssuerSettings::default()
    })
    .await
}

impl Scene {
    /// A path of version 2.
    fn old_url(&self, path: &str, query: &[(&str, &str)]) -> String {
        self.url(path, query).replace("/api/v3/", "/api/v2/")
    }

    async fn old_get(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        let request = self.client.get(self.old_url(path, query)).bearer_auth(&self.token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn old_post(&self, path: &str, query: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let request = self.client.post(self.old_url(path, query));
        let answer = request.header("clientToken", &self.token).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn old_order(&self, quantity: u32) -> String {
        let (status, taken) = self.old_post("/milk/orders", &[], &old_order(quantity)).await;
        assert_eq!(status, 200, "{taken}");
        let id = taken["orderId"].as_str().unwrap().to_owned();
        let known = [("orderId", id.as_str()), ("gtin", GTIN)];
        let begun = tokio::time::Instant::now();
        while self.old_get("/milk/buffer/status", &known).await.1["bufferStatus"] != "ACTIVE" {
            assert!(begun.elapsed() < WITHIN);
        }
        id
    }
}

fn old_order(quantity: u32) -> Value {
    json!({
        "contactPerson": "Somebody", "releaseMethodType": "IMPORT", "createMethodType": "SELF_MADE",
        "products": [{ "gtin": GTIN, "quantity": quantity, "serialNumberType": "OPERATOR", "templateId": 20 }],
    })
}

#[tokio::test]
async fn the_block_behind_the_last_one_comes_again() {
    let scene = neighbour(Country::Kz).await;
    let order = scene.old_order(10).await;
    let ask = |quantity, last| {
        [("orderId", order.as_str()), ("gtin", GTIN), ("quantity", quantity), ("lastBlockId", last)]
    };
    let trouble = Trouble::LostAnswer;
    scene.issuer.controls.plan(PlannedTrouble { path: "/codes".to_owned(), times: 1, trouble });
    let url = scene.old_url("/milk/codes", &ask("6", "0"));
    assert!(scene.client.get(url).bearer_auth(&scene.token).send().await.is_err());
    let (_, first) = scene.old_get("/milk/codes", &ask("6", "0")).await;
    let (_, again) = scene.old_get("/milk/codes", &ask("6", "0")).await;
    assert_eq!(first, again, "as long as it is not known to be stored");
    assert!(texts(&first)[0].starts_with(&format!("01{GTIN}213")), "the country digit: {first}");
    let block = first["blockId"].as_str().unwrap();
    let (_, last) = scene.old_get("/milk/codes", &ask("4", block)).await;
    assert_eq!(texts(&last).len(), 4);
    assert!(texts(&last).iter().all(|code| !texts(&first).contains(code)));
    assert_eq!(scene.old_get("/milk/codes", &ask("4", block)).await.1, last, "even the last one");
    assert_eq!(scene.old_get("/milk/codes", &ask("4", "nonsense")).await.0, 400);

    let known = [("orderId", order.as_str()), ("gtin", GTIN)];
    let (_, buffer) = scene.old_get("/milk/buffer/status", &known).await;
    assert_eq!(buffer["bufferStatus"], "EXHAUSTED", "nothing closes by itself");
    assert_eq!((&buffer["orderId"], &buffer["omsId"]), (&json!(order), &json!(scene.oms_id)));
    assert!(buffer["poolInfos"][0]["status"].is_string() && buffer["expiredDate"].is_i64());
    let close = [known[0], known[1], ("lastBlockId", last["blockId"].as_str().unwrap())];
    assert_eq!(scene.old_post("/milk/buffer/close", &close, &json!({})).await.0, 200);
    assert_eq!(scene.old_get("/milk/codes", &ask("1", block)).await.0, 400);
}

#[tokio::test]
async fn reports_want_a_usage_type_and_end_as_sent() {
    let scene = neighbour(Country::Kz).await;
    let order = scene.old_order(2).await;
    let ask = [("orderId", order.as_str()), ("gtin", GTIN), ("quantity", "2")];
    let codes = texts(&scene.old_get("/milk/codes", &ask).await.1);
    let plain = json!({ "sntins": codes, "expirationDate": "2026-08-31", "seriesNumber": "1" });
    let (status, why) = scene.old_post("/milk/utilisation", &[], &plain).await;
    assert_eq!((status, &why["fieldErrors"][0]["fieldName"]), (400, &json!("usageType")));
    assert!(why["fieldErrors"][0]["errorCode"].is_null(), "{why}");
    let mut right = plain;
    right["usageType"] = "VERIFIED".into();
    let (_, taken) = scene.old_post("/milk/utilisation", &[], &right).await;
    let report = taken["reportId"].as_str().unwrap();
    scene.issuer.controls.pass(Duration::from_mins(1));
    let (_, info) = scene.old_get("/milk/report/info", &[("reportId", report)]).await;
    assert_eq!(info["reportStatus"], "SENT");
    let (_, receipts) = scene.old_get("/milk/receipts", &[("docId", report)]).await;
    let content = receipts["receipts"][0]["content"].as_str().unwrap();
    assert!(content.contains("SUCCESS"), "{content}");
    let dropout = json!({ "sntins": codes, "dropoutReason": "DEFECT" });
    assert_eq!(scene.old_post("/milk/dropout", &[], &dropout).await.0, 200);
}

#[tokio::test]
async fn every_country_words_its_errors() {
    for (country, plain) in
        [(Country::Ru, false), (Country::Uz, false), (Country::Kz, true), (Country::Kg, true)]
    {
        let scene = neighbour(country).await;
        let (status, why) =
            scene.old_get("/milk/buffer/status", &[("orderId", "x"), ("gtin", GTIN)]).await;
        assert_eq!(status, 404);
        assert_eq!(why["globalErrors"][0].is_string(), plain, "{country:?}: {why}");
        assert_eq!(scene.old_get("/cheese/ping", &[]).await.0, 404);
        assert_eq!(scene.old_get("/milk/ping", &[]).await.1["omsId"], scene.oms_id);
        let mut nobody = old_order(1);
        nobody["contactPerson"].take();
        let wanted = if country == Country::Ru { 200 } else { 400 };
        assert_eq!(scene.old_post("/milk/orders", &[], &nobody).await.0, wanted);
        let (_, refused) = scene.old_post("/milk/orders", &[], &old_order(150_001)).await;
        assert_eq!(refused["fieldErrors"][0]["fieldName"], "products[0].quantity");
    }
}

/// What a report lacks, in the words of the station; nothing if it is taken.
async fn lacks(scene: &Scene, path: &str, body: &Value) -> Option<String> {
    let (status, said) = scene.old_post(path, &[], body).await;
    let field = said["fieldErrors"][0]["fieldName"].as_str().map(str::to_owned);
    assert_eq!(status == 200, field.is_none(), "{path} {body}: {said}");
    field
}

#[tokio::test]
async fn every_country_has_reports_and_fields_of_its_own() {
    let bare = json!({ "sntins": ["0104600000000008215abcde"], "usageType": "VERIFIED" });
    let with = |fields: &Value| {
        let mut body = bare.clone();
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let dairy = with(&json!({ "expirationDate": "2026-08-31", "seriesNumber": "1" }));
    let kinds = with(&json!({ "cisType": "UNIT" }));
    let scene = strictly(Country::Kz, true).await;
    let lack = async |path: &str, body: &Value| lacks(&scene, path, body).await;
    assert_eq!(lack("/milk/utilisation", &bare).await.as_deref(), Some("expirationDate"));
    assert_eq!(lack("/milk/utilisation", &dairy).await, None);
    assert_eq!(lack("/water/utilisation", &bare).await, None);
    assert_eq!(lack("/shoes/utilisation", &bare).await.as_deref(), Some("productGroup"));

    let russia = strictly(Country::Ru, true).await;
    assert_eq!(lacks(&russia, "/milk/utilisation", &bare).await.as_deref(), Some("cisType"));
    assert_eq!(lacks(&russia, "/milk/utilisation", &kinds).await, None);
    let uzbekistan = strictly(Country::Uz, true).await;
    assert_eq!(lacks(&uzbekistan, "/beer/utilisation", &bare).await, None);
    assert_eq!(
        lacks(&uzbekistan, "/alcohol/utilisation", &bare).await.as_deref(),
        Some("productGroup")
    );
    let kyrgyzstan = strictly(Country::Kg, true).await;
    let tobacco = lacks(&kyrgyzstan, "/tobacco/utilisation", &bare).await;
    assert_eq!(tobacco.as_deref(), Some("productionLineId"));
}

#[tokio::test]
async fn every_country_has_dropouts_of_its_own() {
    let bare = json!({ "sntins": ["0104600000000008215abcde"], "dropoutReason": "DEFECT" });
    let mut whole = bare.clone();
    whole["participantId"] = "7700000001".into();
    whole["withChild"] = false.into();
    let scene = strictly(Country::Kz, true).await;
    assert_eq!(lacks(&scene, "/milk/dropout", &bare).await.as_deref(), Some("participantId"));
    assert_eq!(lacks(&scene, "/milk/dropout", &whole).await, None);
    assert_eq!(lacks(&scene, "/pharma/dropout", &whole).await.as_deref(), Some("address"));
    whole["address"] = "Astana".into();
    assert_eq!(lacks(&scene, "/pharma/dropout", &whole).await, None, "medicine, too");
    assert_eq!(lacks(&scene, "/water/dropout", &whole).await.as_deref(), Some("productGroup"));
    let russia = strictly(Country::Ru, true).await;
    assert_eq!(lacks(&russia, "/milk/dropout", &bare).await, None);
    assert_eq!(lacks(&russia, "/otp/dropout", &bare).await.as_deref(), Some("address"));
}

#[tokio::test]
async fn what_only_russias_version_2_has_is_nowhere_else() {
    let scene = strictly(Country::Ru, true).await;
    let order = scene.old_order(2).await;
    let ask = [("orderId", order.as_str()), ("gtin", GTIN), ("quantity", "2")];
    let codes = texts(&scene.old_get("/milk/codes", &ask).await.1);
    let report = json!({ "sntins": codes, "usageType": "VERIFIED", "cisType": "UNIT" });
    let (_, taken) = scene.old_post("/milk/utilisation", &[], &report).await;
    let report = taken["reportId"].as_str().unwrap();
    let (status, results) = scene
        .old_get("/milk/receipts/document", &[("resultDocId", report), ("docId", report)])
        .await;
    assert_eq!(status, 200, "{results}");
    assert!(results["content"].as_str().unwrap().contains(r#""code":0"#), "{results}");
    let search = json!({ "filter": { "resultDocIds": [report] } });
    let (_, found) = scene.old_post("/milk/receipts/receipt/search", &[], &search).await;
    assert_eq!(found["totalCount"], 1, "{found}");
    let (_, grades) = scene.old_get("/milk/quality", &[]).await;
    let name = grades["results"][0].as_str().unwrap();
    let (_, codes) = scene.old_get("/milk/quality/cisList", &[("reportId", name)]).await;
    assert_eq!(codes["sntins"][0]["quality"], "A");
    assert_eq!(scene.old_get("/beer/mod", &[]).await.0, 200);

    let kazakhstan = strictly(Country::Kz, true).await;
    for path in ["/milk/quality", "/milk/mod", "/milk/receipts/receipt", "/milk/providers"] {
        assert_eq!(kazakhstan.old_get(path, &[("resultDocId", "x")]).await.0, 404, "{path}");
    }
    let receipts = kazakhstan.old_get("/milk/receipts", &[("docId", "x")]).await;
    assert!(receipts.1.to_string().contains("receipt x"), "this one is there: {receipts:?}");
}
