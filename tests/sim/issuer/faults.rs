//! What goes wrong on purpose, and what the issuer remembers over its own death.
use super::{GTIN, Scene, dropout, order_of, scene, scene_with, texts, utilisation};
use markwright::sim::issuer::{
    Chances, IssuerSettings, Ledger, PlannedTrouble, Standing, Trouble, read_script,
};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

impl Scene {
    fn next(&self, path: &str, trouble: Trouble) {
        self.issuer.controls.plan(PlannedTrouble { path: path.to_owned(), times: 1, trouble });
    }

    /// Whether an answer comes, whole.
    async fn answers(&self, path: &str, query: &[(&str, &str)]) -> bool {
        let request = self.client.get(self.url(path, query)).header("clientToken", &self.token);
        match request.send().await {
            Ok(answer) => answer.bytes().await.is_ok(),
            Err(_) => false,
        }
    }

    async fn blocks(&self, order: &str) -> usize {
        let known = [("orderId", order), ("gtin", GTIN)];
        let (_, answer) = self.get("/order/codes/blocks", &known).await;
        answer["blocks"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn requests_are_refused_or_vanish_without_being_done() {
    let scene = scene().await;
    let order = scene.order("milk", 9).await;
    let ask = [("orderId", order.as_str()), ("gtin", GTIN), ("quantity", "1")];
    scene.next("/codes", Trouble::TooMany(Some(7)));
    let request = scene.client.get(scene.url("/codes", &ask)).header("clientToken", &scene.token);
    let answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    scene.next("/codes", Trouble::Refused(503, "maintenance".to_owned()));
    let (status, why) = scene.codes(&order, "1").await;
    assert_eq!((status, &why["globalErrors"][0]["error"]), (503, &json!("maintenance")));
    scene.next("/codes", Trouble::Unheard);
    assert!(!scene.answers("/codes", &ask).await);
    scene.next("/codes", Trouble::Silent(Duration::from_millis(30)));
    assert!(!scene.answers("/codes", &ask).await);
    assert_eq!(scene.blocks(&order).await, 0, "none was done");
}

#[tokio::test]
async fn answers_break_although_it_was_done() {
    let scene = scene().await;
    let order = scene.order("milk", 9).await;
    let ask = [("orderId", order.as_str()), ("gtin", GTIN), ("quantity", "1")];
    scene.next("/codes", Trouble::HalfAnswer);
    assert!(!scene.answers("/codes", &ask).await);
    assert_eq!(scene.blocks(&order).await, 1);
    scene.next("/codes", Trouble::DoneLate(Duration::from_millis(100)));
    assert!(!scene.answers("/codes", &ask).await);
    let begun = Instant::now();
    while scene.blocks(&order).await < 2 {
        assert!(begun.elapsed() < super::WITHIN, "it is done after the connection is gone");
    }
    scene.next("/codes", Trouble::Restart(Duration::from_millis(50)));
    assert!(!scene.answers("/codes", &ask).await);
    let begun = Instant::now();
    while !scene.answers("/ping", &[]).await {
        assert!(begun.elapsed() < super::WITHIN, "it comes back");
    }
    assert_eq!(scene.blocks(&order).await, 3);
}

#[tokio::test]
async fn orders_and_reports_end_as_the_script_says() {
    let script = read_script(
        r#"
        [[event]]
        path = "/order"
        trouble = "order_declined"
        reason = "no contract"

        [[event]]
        path = "/order"
        trouble = "order_takes"
        seconds = 1800

        [[event]]
        path = "/utilisation"
        trouble = "codes_refused"
        codes = 1
        result = 12

        [[event]]
        path = "/utilisation"
        trouble = "report_refused"
        reason = "overloaded"
        "#,
    )
    .unwrap();
    let quick = Duration::from_millis(10);
    let settings = IssuerSettings {
        script: script.rules,
        order_takes: quick,
        report_takes: quick,
        // Half an hour in a moment.
        speed: 20_000.0,
        ..IssuerSettings::default()
    };
    let scene = scene_with(settings).await;
    let (_, taken) = scene.post("/order", &order_of("milk", 5)).await;
    let rejected = scene.until(taken["orderId"].as_str().unwrap(), "REJECTED").await;
    assert_eq!(rejected["rejectionReason"], "Order declined: no contract");
    let (_, taken) = scene.post("/order", &order_of("milk", 5)).await;
    assert_eq!(taken["expectedCompleteTimestamp"], 1_800_000);
    let order = taken["orderId"].as_str().unwrap();
    scene.until(order, "ACTIVE").await;
    let codes = texts(&scene.codes(order, "2").await.1);
    let (id, word) = scene.report("/utilisation", &utilisation(&codes)).await;
    assert_eq!(word, "PARTIALLY");
    assert_eq!(scene.results(&id).await, [12, 0]);
    let (_, word) = scene.report("/utilisation", &utilisation(&codes)).await;
    assert_eq!(word, "REJECTED");
    assert_eq!(scene.issuer.controls.ledger(|l| l.standing(Standing::Utilised)), 1);
}

#[tokio::test]
async fn codes_that_are_not_applied_are_annulled_after_their_time() {
    // Days are counted from midnight in Moscow: a time that is far from it.
    let scene = scene_with(IssuerSettings {
        starts_at_ms: Some(super::NEW_YEAR_MS),
        order_takes: Duration::ZERO,
        report_takes: Duration::ZERO,
        ..IssuerSettings::default()
    })
    .await;
    let order = scene.order("milk", 4).await;
    let codes = texts(&scene.codes(&order, "3").await.1);
    scene.report("/utilisation", &utilisation(&codes[..1])).await;
    let day = Duration::from_hours(24);
    scene.issuer.controls.pass(day * 30);
    assert_eq!(scene.issuer.controls.ledger(|l| l.standing(Standing::Annulled)), 0);
    scene.issuer.controls.pass(day);
    assert_eq!(scene.issuer.controls.ledger(|l| l.standing(Standing::Annulled)), 2);
    scene.until(&order, "CLOSED").await;
    let (id, _) = scene.report("/utilisation", &utilisation(&codes[1..2])).await;
    assert_eq!(scene.results(&id).await, [4]);

    let order = scene.order("shoes", 2).await;
    scene.issuer.controls.annul();
    scene.until(&order, "CLOSED").await;
}

#[tokio::test]
async fn a_killed_issuer_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let settings = IssuerSettings {
        memory_file: Some(folder.path().join("issuer.jsonl")),
        order_takes: Duration::ZERO,
        chances: Chances { lost_answer: 0.2, order_refused: 0.2, ..Chances::default() },
        ..IssuerSettings::default()
    };
    let first = scene_with(settings.clone()).await;
    first.issuer.controls.know(b"0104810093011694212k6rsrti\\u001d93#SzU");
    for _ in 0..20 {
        let _ = first.try_post("/order", &order_of("milk", 10)).await;
    }
    first.issuer.controls.set_chances(Chances::default());
    let (_, list) = first.get("/order/list", &[]).await;
    let ready = list["orderInfos"].as_array().unwrap().iter();
    let ready =
        ready.filter(|o| o["orderStatus"] == "READY").map(|o| o["orderId"].as_str().unwrap());
    let ready: Vec<&str> = ready.collect();
    let codes = texts(&first.codes(ready[0], "4").await.1);
    first.post("/utilisation", &utilisation(&codes[..2])).await;
    first.post("/dropout", &dropout(&codes[2..3])).await;
    let (_, blocks) =
        first.get("/order/codes/blocks", &[("orderId", ready[0]), ("gtin", GTIN)]).await;
    let memory = |l: &Ledger| serde_json::to_value(l).unwrap();
    let before = first.issuer.controls.ledger(memory);
    drop(first);

    let file = folder.path().join("issuer.jsonl");
    let mut cut = std::fs::read(&file).unwrap();
    cut.extend_from_slice(b"{\"at_ms\":1767");
    std::fs::write(&file, cut).unwrap();
    let settings = IssuerSettings { chances: Chances::default(), ..settings };
    let second = scene_with(settings).await;
    assert_eq!(second.issuer.controls.ledger(memory), before);
    let (_, list_now) = second.get("/order/list", &[]).await;
    assert_eq!(list_now, list_now_with_codes(&list, &list_now), "the same orders");
    let block = blocks["blocks"][0]["blockId"].as_str().unwrap();
    assert_eq!(texts(&second.get("/order/codes/retry", &[("blockId", block)]).await.1), codes);
    let more = texts(&second.codes(ready[0], "6").await.1);
    assert!(more.iter().all(|code| !codes.contains(code)), "none twice");
    let (_, taken) = second.post("/order", &order_of("milk", 1)).await;
    assert!(!list.to_string().contains(taken["orderId"].as_str().unwrap()), "a new identifier");
}

#[tokio::test]
async fn electronic_mark_is_remembered_too() {
    let folder = tempfile::tempdir().unwrap();
    let memory_file = Some(folder.path().join("issuer.jsonl"));
    let settings = IssuerSettings { memory_file, ..IssuerSettings::default() };
    let first = scene_with(settings.clone()).await;
    let mark = &settings.electronic_mark;
    let person = format!("username={}&password={}", mark.user, mark.password);
    let url = format!("http://{}/auth", first.issuer.addr);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let request = first.client.post(url).header(kind.0, kind.1).body(person);
    let token: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    let kept = first.issuer.controls.electronic_mark().keep();
    drop(first);
    let second = scene_with(settings.clone()).await;
    assert_eq!(second.issuer.controls.electronic_mark().keep(), kept);
    assert!(kept.contains(token["token"].as_str().unwrap()));
}

/// The list before, but for the counters of the order that codes were taken of afterwards.
fn list_now_with_codes(before: &serde_json::Value, now: &serde_json::Value) -> serde_json::Value {
    let mut wanted = before.clone();
    let pairs = now["orderInfos"].as_array().unwrap().iter().enumerate();
    for (at, order) in pairs {
        wanted["orderInfos"][at]["buffers"] = order["buffers"].clone();
    }
    wanted
}

#[tokio::test]
async fn haste_is_counted_and_too_much_of_it_stays_outside() {
    let settings = IssuerSettings { most_a_second: Some(100), ..IssuerSettings::default() };
    let scene = scene_with(settings).await;
    let mut outside = 0;
    for _ in 0..400 {
        outside += u32::from(scene.get("/ping", &[]).await.0 == 429);
    }
    let hurried = scene.issuer.controls.ledger(Ledger::hurried);
    assert!(outside > 0 && hurried > u64::from(outside), "{outside} {hurried}");
}

#[tokio::test]
async fn two_million_codes_need_little_memory() {
    let scene = scene().await;
    let order = scene.order("milk", 2_000_000).await;
    let first = texts(&scene.codes(&order, "150000").await.1);
    assert_eq!(first.len(), 150_000);
    let fate = scene.issuer.controls.ledger(|l| l.fate(&first[149_999]).unwrap());
    assert_eq!((fate.given, fate.order), (1, order));
    assert!(first.iter().collect::<std::collections::HashSet<_>>().len() == 150_000);
}
