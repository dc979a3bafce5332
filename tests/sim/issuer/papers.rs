//! True API: documents and what is known of codes.
use super::sign_in::sign;
use super::{Scene, scene, texts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use markwright::sim::issuer::Standing;
use serde_json::{Value, json};
use std::time::Duration;

impl Scene {
    /// Sends a document and gives how it ended.
    async fn paper(&self, kind: &str, content: &Value) -> Value {
        let raw = content.to_string();
        let (status, id) = self.send_paper(kind, &raw, &sign("detached", raw.as_bytes())).await;
        assert_eq!(status, 200, "{id}");
        let path = format!("/api/v4/true-api/doc/{}/info", id.as_str().unwrap());
        let (_, before) = self.true_api(&path, &self.token, None).await;
        assert_eq!(before[0]["type"], kind);
        self.issuer.controls.pass(Duration::from_mins(1));
        self.true_api(&path, &self.token, None).await.1[0].clone()
    }

    async fn send_paper(&self, kind: &str, raw: &str, signature: &str) -> (u16, Value) {
        let body = json!({
            "document_format": "MANUAL",
            "product_document": STANDARD.encode(raw),
            "type": kind,
            "signature": signature,
        });
        let path = "/api/v3/true-api/lk/documents/create?pg=milk";
        self.true_api(path, &self.token, Some(body)).await
    }

    async fn status_of(&self, cis: &str) -> Value {
        let path = "/api/v3/true-api/cises/info?pg=milk";
        let (status, info) = self.true_api(path, &self.token, Some(json!([cis]))).await;
        assert_eq!(status, 200, "{info}");
        info[0]["cisInfo"]["status"].clone()
    }

    fn stands(&self, code: &str) -> Standing {
        self.issuer.controls.ledger(|l| l.fate(code).unwrap().standing)
    }
}

/// The code without its check part.
fn cis(code: &str) -> &str {
    code.split('\u{1d}').next().unwrap()
}

fn introduction(codes: &[&str]) -> Value {
    let products: Vec<Value> = codes.iter().map(|c| json!({ "uit_code": cis(c) })).collect();
    json!({
        "participant_inn": "7700000001", "producer_inn": "7700000001", "owner_inn": "7700000001",
        "production_date": "2026-01-01", "production_type": "OWN_PRODUCTION", "products": products,
    })
}

#[tokio::test]
async fn only_applied_codes_come_into_circulation() {
    let scene = scene().await;
    let order = scene.order("milk", 3).await;
    let codes = texts(&scene.codes(&order, "3").await.1);
    assert_eq!(scene.status_of(cis(&codes[0])).await, "EMITTED");
    let ended = scene.paper("LP_INTRODUCE_GOODS", &introduction(&[&codes[0]])).await;
    assert_eq!(ended["status"], "CHECKED_NOT_OK");
    assert!(ended["errors"][0].as_str().unwrap().contains("EMITTED"), "{ended}");

    scene.report("/utilisation", &super::utilisation(&codes[..2])).await;
    assert_eq!(scene.status_of(cis(&codes[0])).await, "APPLIED");
    let both = introduction(&[&codes[0], &codes[2]]);
    let ended = scene.paper("LP_INTRODUCE_GOODS", &both).await;
    assert_eq!(ended["status"], "CHECKED_NOT_OK", "one wrong code refuses the whole");
    assert_eq!(scene.status_of(cis(&codes[0])).await, "APPLIED");

    let ended = scene.paper("LP_INTRODUCE_GOODS", &introduction(&[&codes[0]])).await;
    assert_eq!(ended["status"], "CHECKED_OK", "{ended}");
    assert_eq!(scene.status_of(cis(&codes[0])).await, "INTRODUCED");
    let import = json!({
        "trade_participant_inn": "7700000001", "declaration_number": "10000000/010126/0000001",
        "declaration_date": "2026-01-01", "products_list": [{ "cis": cis(&codes[1]) }],
    });
    assert_eq!(scene.paper("LP_FTS_INTRODUCE", &import).await["status"], "CHECKED_OK");
    assert_eq!(scene.stands(&codes[1]), Standing::Introduced);
}

#[tokio::test]
async fn remarking_retires_the_old_code_and_brings_in_the_new_one() {
    let scene = scene().await;
    let order = scene.order("milk", 4).await;
    let codes = texts(&scene.codes(&order, "4").await.1);
    scene.report("/utilisation", &super::utilisation(&codes[..3])).await;
    scene.paper("LP_INTRODUCE_GOODS", &introduction(&[&codes[0]])).await;
    let remark = |new: &str| {
        json!({
            "participant_inn": "7700000001", "remarking_date": "2026-01-02",
            "remarking_cause": "KM_SPOILED",
            "products": [{ "last_uin": cis(&codes[0]), "new_uin": cis(new), "tnved_10": "0401" }],
        })
    };
    let ended = scene.paper("LK_REMARK", &remark(&codes[3])).await;
    assert_eq!(ended["status"], "CHECKED_NOT_OK", "it was not applied");
    let ended = scene.paper("LK_REMARK", &remark(&codes[1])).await;
    assert_eq!(ended["status"], "CHECKED_OK", "{ended}");
    assert_eq!(scene.status_of(cis(&codes[0])).await, "RETIRED");
    assert_eq!(scene.status_of(cis(&codes[1])).await, "INTRODUCED");

    let off = json!({
        "participantId": "7700000001", "dropoutReason": "DEFECT", "sourceDocType": "OTHER",
        "sntins": [cis(&codes[2]), cis(&codes[3])],
    });
    assert_eq!(scene.paper("WRITE_OFF", &off).await["status"], "CHECKED_OK");
    for code in &codes[2..] {
        assert_eq!(scene.stands(code), Standing::Dropped);
    }
    assert_eq!(scene.paper("WRITE_OFF", &off).await["status"], "CHECKED_NOT_OK", "once is enough");
}

#[tokio::test]
async fn documents_are_signed_over_their_bytes_and_say_what_is_missing() {
    let scene = scene().await;
    let raw = introduction(&["0104600000000008215abcde"]).to_string();
    let over_base64 = sign("detached", STANDARD.encode(&raw).as_bytes());
    let (status, why) = scene.send_paper("LP_INTRODUCE_GOODS", &raw, &over_base64).await;
    assert_eq!((status, &why["description"]), (400, &json!("signature")), "{why}");
    let attached = sign("attached", raw.as_bytes());
    assert_eq!(scene.send_paper("LP_INTRODUCE_GOODS", &raw, &attached).await.0, 400);
    let poor = json!({ "products": [] }).to_string();
    let signature = sign("detached", poor.as_bytes());
    let (status, why) = scene.send_paper("LP_INTRODUCE_GOODS", &poor, &signature).await;
    assert_eq!((status, &why["description"]), (400, &json!("participant_inn")), "{why}");
    assert_eq!(scene.send_paper("LOVE_LETTER", &poor, &signature).await.0, 400);
}

#[tokio::test]
async fn anybody_may_ask_of_a_whole_code() {
    let scene = scene().await;
    let order = scene.order("milk", 1).await;
    let codes = texts(&scene.codes(&order, "1").await.1);
    let ask = json!({ "codes": [codes[0], "0104600000000008215zzzzz\u{1d}93zzzz"] });
    let (_, said) = scene.true_api("/api/v4/true-api/codes/check", &scene.token, Some(ask)).await;
    assert_eq!(
        (&said["codes"][0]["found"], &said["codes"][0]["utilised"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(said["codes"][1]["found"], false);
}

impl Scene {
    async fn papers(&self, query: &str) -> (u16, Value) {
        let path = format!("/api/v4/true-api/doc/list?{query}");
        self.true_api(&path, &self.token, None).await
    }

    /// Hands in an introduction of a code that nobody knows.
    async fn hand_in(&self, kind: &str) -> String {
        let stranger = json!([{ "cis": "0104600000000008215abcde" }]);
        let raw = match kind {
            "LP_RETURN" => json!({ "products_list": stranger }),
            _ => introduction(&["0104600000000008215abcde"]),
        };
        let raw = raw.to_string();
        let (status, id) = self.send_paper(kind, &raw, &sign("detached", raw.as_bytes())).await;
        assert_eq!(status, 200, "{id}");
        id.as_str().unwrap().to_owned()
    }
}

fn numbers(list: &Value) -> Vec<&str> {
    let rows = list["results"].as_array().unwrap_or_else(|| panic!("{list}"));
    rows.iter().map(|row| row["number"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_list_of_documents_is_filtered() {
    let scene = scene().await;
    let early = scene.hand_in("LP_INTRODUCE_GOODS").await;
    scene.issuer.controls.pass(Duration::from_hours(2));
    let back = scene.hand_in("LP_RETURN").await;
    let late = scene.hand_in("LP_INTRODUCE_GOODS").await;
    let now = markwright::telemetry::clock::Micros::now().0 / 1_000_000;
    let time = |hours: i64| jiff::Timestamp::from_second(now + hours * 3_600).unwrap().to_string();
    let dates = |from, to| format!("dateFrom={}&dateTo={}", time(from), time(to));
    let mut newest = vec![back.as_str(), late.as_str()];
    for (query, wanted) in [
        ("documentType=LP_RETURN".to_owned(), vec![back.as_str()]),
        ("pg=milk&documentType=LP_SHIP_GOODS".to_owned(), vec![]),
        ("pg=shoes".to_owned(), vec![]),
        (dates(-1, 1), vec![early.as_str()]),
        (dates(-1, 3) + "&documentType=LP_INTRODUCE_GOODS", vec![late.as_str(), early.as_str()]),
        (dates(-1, 3) + "&documentType=LP_INTRODUCE_GOODS&order=ASC", vec![&early, &late]),
        (dates(3, 4), vec![]),
        ("input=true".to_owned(), vec![]),
        (format!("number={back}"), vec![back.as_str()]),
        ("documentStatus=CHECKED_OK".to_owned(), vec![]),
    ] {
        let (status, list) = scene.papers(&query).await;
        assert_eq!((status, numbers(&list)), (200, wanted), "{query}");
    }
    let (_, list) = scene.papers(&dates(1, 3)).await;
    let mut found = numbers(&list);
    found.sort_unstable();
    newest.sort_unstable();
    assert_eq!(found, newest);
    for wrong in [
        "dateFrom=2026-01-01T00:00:00Z",
        "dateFrom=today&dateTo=today",
        "limit=0",
        "limit=1001",
        "order=UP",
        "did=nobody&orderedColumnValue=x",
        "did=nobody",
        "input=maybe",
        "number=",
        "number=",
    ] {
        let (status, why) = scene.papers(wrong).await;
        assert_eq!(status, 400, "{wrong}: {why}");
    }
}

#[tokio::test]
async fn the_list_of_documents_is_read_page_by_page_to_its_end() {
    let scene = scene().await;
    let mut sent = Vec::new();
    for _ in 0..120 {
        sent.push(scene.hand_in("LP_INTRODUCE_GOODS").await);
    }
    let (mut read, mut query) = (Vec::new(), "limit=50".to_owned());
    loop {
        let (_, list) = scene.papers(&query).await;
        read.extend(numbers(&list).into_iter().map(str::to_owned));
        let end = list["results"].as_array().unwrap().last().unwrap();
        if list["nextPage"] == false {
            break;
        }
        let (number, date) = (&end["number"], &end["docDate"]);
        let (number, date) = (number.as_str().unwrap(), date.as_str().unwrap());
        query = format!("limit=50&did={number}&orderedColumnValue={date}&pageDir=NEXT");
    }
    assert_eq!(read.len(), 120);
    read.sort_unstable();
    sent.sort_unstable();
    assert_eq!(read, sent, "each once");
}
