//! Labelled, produced, shipped: in this order, and once.
use super::{House, POOL, plain, until};
use markwright::pull;
use markwright::report::mark::{self, MarkTelling};
use markwright::report::{Flush, Settings};
use markwright::sim::issuer::{MarkStanding, Trouble};
use markwright::store::{NewShipment, RefusedChoice, RefusedDecision, ReportState, WantState};
use std::time::Duration;

fn telling() -> MarkTelling {
    MarkTelling {
        report: Settings {
            every: Duration::from_millis(20),
            at_most: 1_000,
            look_every: Duration::from_millis(5),
            look_at_least_every: Duration::from_millis(20),
            ..Settings::default()
        },
        search_after: Duration::from_millis(100),
        ..MarkTelling::default()
    }
}

fn start(house: &mut House) {
    let (store, client, flush) = (house.store.clone(), house.client(), Flush::default());
    house.start(|stop| Box::pin(mark::keep(telling(), store, client, flush, stop)));
}

/// A house with so many codes of a job, all of this fate.
async fn house_with(quantity: u32, fate: &'static str) -> (House, i64) {
    let mut house = House::new().await;
    let id = house.want(quantity).await;
    let (store, client) = (house.store.clone(), house.client());
    let settings =
        pull::Settings { look_every: Duration::from_millis(5), ..pull::Settings::default() };
    house.start(|stop| Box::pin(pull::mark::keep(settings, store, client, stop)));
    house.until_state(id, WantState::Done).await;
    house.rest().await;
    let job = house.job().await;
    house.settle(fate).await;
    (house, job)
}

fn count(house: &House, standing: MarkStanding) -> usize {
    house.issuer.controls.electronic_mark().ledger(|ledger| ledger.standing(standing))
}

/// How often codes took a step twice, and reports that came out of order.
fn assert_the_order_was_kept(house: &House) {
    house.issuer.controls.electronic_mark().ledger(|ledger| {
        for (code, fate) in ledger.codes() {
            let mut steps = fate.steps.clone();
            steps.dedup();
            assert_eq!(steps, fate.steps, "{code}");
        }
        assert_eq!(ledger.refused_steps(), 0);
        assert!(ledger.strangers().is_empty());
    });
}

fn named_once(house: &House) -> bool {
    house.issuer.controls.electronic_mark().ledger(|ledger| {
        ledger.codes().all(|(_, fate)| (fate.named_marked, fate.named_manufactured) == (1, 1))
    })
}

fn shipment() -> NewShipment {
    NewShipment {
        waybill: "tnttn".to_owned(),
        number: "ТТН-001234".to_owned(),
        agent: 18_413,
        country: "643".to_owned(),
        day: "2026-08-02".to_owned(),
        papers: "{}".to_owned(),
        person: "tests".to_owned(),
    }
}

#[tokio::test]
async fn verified_codes_are_labelled_then_produced_and_not_shipped_by_themselves() {
    let (mut house, job) = house_with(2_300, "verified").await;
    start(&mut house);
    until("all are produced", async || count(&house, MarkStanding::Manufactured) == 2_300).await;
    until("all is over", async || {
        house.number("select count(*) from mark_production where state = 'success'").await == 3
    })
    .await;
    house.rest().await;
    assert_the_order_was_kept(&house);
    assert!(named_once(&house));
    let reports = house.store.reports(10).await.unwrap();
    assert!(reports.iter().all(|report| report.state == ReportState::Success), "{reports:?}");
    assert_eq!(reports.iter().map(|report| report.told).sum::<u64>(), 2_300);
    let words = house.store.mark_words(reports[0].id).await.unwrap().unwrap();
    assert_eq!((words.job, words.params["manufacture_date"].as_str()), (Some(job), "2026-08-01"));
    let said = house.texts("select distinct params ->> 'expiration_date' from mark_production");
    assert_eq!(said.await, ["2026-08-15"]);
    let steps = house.store.mark_steps(job).await.unwrap();
    assert_eq!((steps.labelled, steps.produced, steps.shipped), (2_300, 2_300, 0));
}

#[tokio::test]
async fn a_report_whose_answer_was_lost_is_looked_for_and_not_done_twice() {
    for path in ["/addMark", "/addManufacture"] {
        let (mut house, _) = house_with(300, "verified").await;
        house.trouble(path, 1, Trouble::LostAnswer);
        start(&mut house);
        until("all are produced", async || {
            house.number("select count(*) from mark_production where state = 'success'").await == 1
        })
        .await;
        house.rest().await;
        assert_the_order_was_kept(&house);
        assert!(named_once(&house), "{path}");
        assert_eq!(count(&house, MarkStanding::Manufactured), 300);
    }
}

#[tokio::test]
async fn a_report_that_did_not_arrive_is_sent_again() {
    let (mut house, _) = house_with(300, "verified").await;
    house.trouble("/addMark", 2, Trouble::Error500);
    house.trouble("/addManufacture", 2, Trouble::Error500);
    start(&mut house);
    until("all are produced", async || count(&house, MarkStanding::Manufactured) == 300).await;
    house.rest().await;
    assert_the_order_was_kept(&house);
    assert!(named_once(&house));
}

#[tokio::test]
async fn codes_that_are_not_taken_are_told_from_those_that_are() {
    let (mut house, job) = house_with(300, "verified").await;
    // Somebody else wrote ten of them off, in the operator's cabinet.
    let texts = house.texts("select text from code order by id limit 10").await;
    let codes: Vec<_> = texts.iter().map(|text| plain(text)).collect();
    let (group, params) = (markwright::code::ProductGroup::MILK, std::collections::BTreeMap::new());
    let gtin = super::gtin();
    let labels = &codes;
    let report =
        markwright::upstream::electronic_mark::MarkReport { group, gtin, labels, params: &params };
    house.client().write_off(report).await.unwrap();
    until("they are written off", async || count(&house, MarkStanding::WrittenOff) == 10).await;

    start(&mut house);
    until("the others are produced", async || {
        house.number("select count(*) from mark_production where state = 'success'").await == 1
    })
    .await;
    house.rest().await;
    let reports = house.store.reports(10).await.unwrap();
    assert_eq!((reports[0].state, reports[0].told), (ReportState::Partially, 290));
    assert!(reports[0].problem.as_deref().unwrap().contains("статус 70"), "{reports:?}");
    let steps = house.store.mark_steps(job).await.unwrap();
    assert_eq!((steps.labelled, steps.produced), (290, 290));
    assert_eq!(count(&house, MarkStanding::Manufactured), 290);
}

#[tokio::test]
async fn a_shipment_leaves_when_a_person_says_so_and_once() {
    let (mut house, job) = house_with(300, "verified").await;
    let early = house.store.make_shipment(job, &shipment(), 30_000).await.unwrap();
    assert_eq!(early, None, "nothing was produced yet");
    start(&mut house);
    until("all are produced", async || house.store.mark_steps(job).await.unwrap().produced == 300)
        .await;
    house.trouble("/v3/ships/add", 1, Trouble::LostAnswer);
    let id = house.store.make_shipment(job, &shipment(), 200).await.unwrap().unwrap();
    let again = house.store.make_shipment(job, &shipment(), 200).await.unwrap_err().to_string();
    assert!(again.contains("is that of shipment"), "{again}");
    let other = NewShipment { number: "ТТН-2".to_owned(), ..shipment() };
    let rest = house.store.make_shipment(job, &other, 30_000).await.unwrap().unwrap();
    assert_ne!(rest, id);
    until("both left", async || {
        let all = house.store.shipments().await.unwrap();
        all.iter().filter(|shipment| shipment.state == "success").count() == 2
    })
    .await;
    house.rest().await;
    let sizes: Vec<_> = house.store.shipments().await.unwrap().iter().map(|s| s.codes).collect();
    assert_eq!(sizes, [100, 200]);
    assert_eq!(count(&house, MarkStanding::Shipped), 300);
    assert_eq!(house.store.mark_steps(job).await.unwrap().shipped, 300);
    assert_the_order_was_kept(&house);
    house.issuer.controls.electronic_mark().ledger(|ledger| {
        assert!(ledger.codes().all(|(_, fate)| fate.named_shipped == 1));
    });
}

#[tokio::test]
async fn a_shipment_that_is_refused_lets_its_codes_go_with_another_one() {
    let (mut house, job) = house_with(50, "verified").await;
    start(&mut house);
    until("all are produced", async || house.store.mark_steps(job).await.unwrap().produced == 50)
        .await;
    let stranger = NewShipment { agent: 1, ..shipment() };
    house.store.make_shipment(job, &stranger, 30_000).await.unwrap().unwrap();
    until("it is refused", async || house.store.shipments().await.unwrap()[0].state == "refused")
        .await;
    let problem = house.store.shipments().await.unwrap()[0].problem.clone().unwrap();
    assert!(problem.contains("partners"), "{problem}");
    house.store.make_shipment(job, &shipment(), 30_000).await.unwrap().unwrap();
    until("it left", async || count(&house, MarkStanding::Shipped) == 50).await;
    house.rest().await;
    assert_the_order_was_kept(&house);
}

#[tokio::test]
async fn a_daemon_that_is_killed_again_and_again_tells_once() {
    let (mut house, _) = house_with(400, "verified").await;
    for n in 0..12_u32 {
        let path = ["/addMark", "/v3/reports", "/addManufacture", "/v2/labels"][n as usize % 4];
        house.trouble(path, 1, Trouble::LostAnswer);
        start(&mut house);
        let calls = |house: &House| {
            ["/v3/reports/addMark", "/v3/reports", "/v3/reports/addManufacture", "/v2/labels"]
                .iter()
                .map(|path| house.issuer.controls.requests(path))
                .sum::<u64>()
        };
        let before = calls(&house);
        let over = async || {
            house.number("select count(*) from mark_production where state = 'success'").await == 1
        };
        until("a call", async || calls(&house) > before || over().await).await;
        house.kill().await;
    }
    start(&mut house);
    until("all are produced", async || {
        house.number("select count(*) from mark_production where state = 'success'").await == 1
    })
    .await;
    house.rest().await;
    assert_the_order_was_kept(&house);
    assert_eq!(count(&house, MarkStanding::Manufactured), 400);
}

#[tokio::test]
async fn spoiled_codes_are_written_off_where_the_configuration_says_how() {
    let (mut house, _) = house_with(30, "rejected").await;
    start(&mut house);
    until("they are written off", async || count(&house, MarkStanding::WrittenOff) == 30).await;
    until("it is known", async || house.store.unreported().await.unwrap().count == 0).await;
    house.rest().await;
    assert_eq!(house.store.stock_of(POOL).await.unwrap().stored, 0);
}

#[tokio::test]
async fn a_write_off_whose_answer_was_lost_is_seen_in_its_codes() {
    let (mut house, _) = house_with(30, "rejected").await;
    house.trouble("/addWriteOff", 1, Trouble::LostAnswer);
    start(&mut house);
    until("it is known", async || house.store.unreported().await.unwrap().count == 0).await;
    house.rest().await;
    assert_eq!(count(&house, MarkStanding::WrittenOff), 30);
    assert_eq!(house.texts("select state from report").await, ["success"]);
    assert_eq!(house.number("select max(sends) from report").await, 1);
}

#[tokio::test]
async fn what_is_not_taken_as_produced_waits_for_a_person_and_is_told_again_when_he_says_so() {
    let (mut house, job) = house_with(30, "verified").await;
    let no = Trouble::Refused(400, "срок годности вышел".to_owned());
    house.trouble("/addManufacture", 1, no);
    start(&mut house);
    until("it is refused", async || !house.store.unproduced().await.unwrap().is_empty()).await;
    house.rest().await;
    let waiting = house.store.unproduced().await.unwrap();
    assert_eq!((waiting.len(), waiting[0].codes, waiting[0].group.as_str()), (1, 30, "milk"));
    assert!(waiting[0].words.contains("срок годности вышел"), "{waiting:?}");
    assert_eq!(house.store.mark_steps(job).await.unwrap().produced, 0);
    assert_eq!(house.store.make_shipment(job, &shipment(), 30_000).await.unwrap(), None);

    let choice = RefusedChoice {
        report: waiting[0].report,
        result: None,
        decision: RefusedDecision::Again,
        person: "anna".to_owned(),
        reason: "the day is mended".to_owned(),
    };
    assert_eq!(house.store.decide_unproduced(&choice).await.unwrap(), 30);
    assert_eq!(house.store.decide_unproduced(&choice).await.unwrap(), 0, "decided once");
    house.trouble("/addManufacture", 1, Trouble::LostAnswer);
    start(&mut house);
    until("all are produced", async || house.store.mark_steps(job).await.unwrap().produced == 30)
        .await;
    house.rest().await;
    assert_eq!(count(&house, MarkStanding::Manufactured), 30);
    assert!(house.store.unproduced().await.unwrap().is_empty());
    let decided = house.store.unproduced_decided(10).await.unwrap();
    assert_eq!((decided[0].decision.as_str(), decided[0].codes), ("again", 30));
    assert!(house.store.make_shipment(job, &shipment(), 30_000).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_not_produced_and_put_aside_is_told_no_more_and_does_not_leave() {
    let (mut house, job) = house_with(30, "verified").await;
    let no = Trouble::Refused(400, "нет".to_owned());
    house.trouble("/addManufacture", 1, no);
    start(&mut house);
    until("it is refused", async || !house.store.unproduced().await.unwrap().is_empty()).await;
    let report = house.store.unproduced().await.unwrap()[0].report;
    let (person, reason) = ("anna".to_owned(), "told by hand".to_owned());
    let decision = RefusedDecision::Ignore;
    let choice = RefusedChoice { report, result: None, decision, person, reason };
    house.store.decide_unproduced(&choice).await.unwrap();
    let asked = house.issuer.controls.requests("/v3/reports/addManufacture");
    tokio::time::sleep(Duration::from_millis(100)).await;
    house.rest().await;
    assert_eq!(house.issuer.controls.requests("/v3/reports/addManufacture"), asked);
    assert_eq!(house.store.mark_steps(job).await.unwrap().produced, 0);
    assert_eq!(house.store.make_shipment(job, &shipment(), 30_000).await.unwrap(), None);
}
