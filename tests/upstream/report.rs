//! Told upstream.
use super::station::Fault;
use super::{Bench, Station, Tasks, all_there, gtin, until};
use markwright::code::{CodeText, ProductGroup, parse};
use markwright::report::{self, Flush, Settings};
use markwright::store::{
    NewBlock, RefusedChoice, RefusedDecision, Report, ReportKind, ReportState, Want,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) fn settings() -> Settings {
    Settings {
        every: Duration::from_millis(20),
        at_most: 1_000,
        look_every: Duration::from_millis(5),
        look_at_least_every: Duration::from_millis(20),
        ..Settings::default()
    }
}

pub(crate) fn start(
    tasks: &mut Tasks,
    bench: &Bench,
    station: &Station,
    settings: Settings,
) -> Flush {
    let (store, client, flush) = (bench.store.clone(), station.client(), Flush::default());
    let handed = flush.clone();
    tasks.start(|stop| Box::pin(report::keep(settings, store, client, handed, stop)));
    flush
}

pub(crate) fn text(n: usize) -> String {
    format!("01{}21{n:08}\u{1d}93dGVz", gtin())
}

/// Stores codes number `from` to `to`.
pub(crate) async fn codes(bench: &Bench, from: usize, to: usize) {
    let id = bench.store.want_codes("line:one", gtin(), ProductGroup::MILK, 1_000).await.unwrap();
    let want: Want = bench.store.want(id).await.unwrap().unwrap();
    let taken: Vec<_> = (from..=to)
        .map(|n| {
            let text = text(n);
            let parts = parse(&text).unwrap();
            markwright::code::ArrayLine {
                line: n,
                text: CodeText::new(text.as_str()),
                gtin: parts.gtin,
                serial: parts.serial.to_owned(),
                group: parts.group(),
            }
        })
        .collect();
    let block =
        NewBlock { want: &want, id: &format!("b{id}"), quantity: 1_000, taken: &taken, aside: &[] };
    bench.store.store_block(block).await.unwrap();
}

/// Gives codes number `from` to `to` a fate, by legal steps.
pub(crate) async fn settle(bench: &Bench, from: usize, to: usize, fate: &str) {
    let steps: &[&str] = match fate {
        "verified" => &["sent", "printed", "applied", "verified"],
        "rejected" => &["sent", "printed", "applied", "rejected"],
        "scrapped" => &["sent", "scrapped"],
        "sampled" => &["sent", "printed", "sampled"],
        "doubtful" => &["sent", "doubtful"],
        other => panic!("{other}"),
    };
    let (from, to) = (format!("{from:08}"), format!("{to:08}"));
    for step in steps {
        sqlx::query(
            "update code set state = ?, moved_at = moved_at + 1 where serial between ? and ?",
        )
        .bind(step)
        .bind(&from)
        .bind(&to)
        .execute(&bench.sql)
        .await
        .unwrap();
    }
    sqlx::query("update code set settled = 1 where serial between ? and ?")
        .bind(&from)
        .bind(&to)
        .execute(&bench.sql)
        .await
        .unwrap();
}

pub(crate) async fn until_nothing_waits(bench: &Bench) {
    until("nothing waits", async || bench.store.unreported().await.unwrap().waiting == 0).await;
}

pub(crate) async fn told(bench: &Bench) -> i64 {
    bench.number("select count(*) from code where told_at is not null").await
}

pub(crate) async fn only_report(bench: &Bench) -> Report {
    let mut reports = bench.store.reports(10).await.unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.remove(0)
}

/// How often the station took notice of each code.
pub(crate) fn taken_notice(station: &Station) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for (code, result) in station.reports().into_iter().flat_map(|report| report.results) {
        *times.entry(code).or_default() += usize::from(result == 0);
    }
    times
}

#[tokio::test]
async fn every_fate_is_told_in_a_report_of_its_own() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 14).await;
    settle(&bench, 1, 5, "verified").await;
    settle(&bench, 6, 7, "rejected").await;
    settle(&bench, 8, 8, "scrapped").await;
    settle(&bench, 9, 10, "sampled").await;
    settle(&bench, 11, 12, "doubtful").await;
    assert_eq!(bench.store.unreported().await.unwrap().count, 10);
    start(&mut tasks, &bench, &station, settings());
    until_nothing_waits(&bench).await;
    tasks.stop().await;

    let mut told_so = BTreeMap::new();
    for report in station.reports() {
        let reason = report.body["dropoutReason"].as_str().unwrap_or("-").to_owned();
        assert_eq!(report.body["productGroup"], "milk");
        let all: BTreeSet<_> = report.codes.into_iter().collect();
        assert!(told_so.insert((report.path, reason), all).is_none(), "one report a fate");
    }
    let numbers = |from: usize, to: usize| (from..=to).map(text).collect::<BTreeSet<_>>();
    let key = |path: &str, reason: &str| (path.to_owned(), reason.to_owned());
    assert_eq!(told_so[&key("utilisation", "-")], numbers(1, 5));
    assert_eq!(told_so[&key("dropout", "DEFECT")], numbers(6, 8));
    assert_eq!(told_so[&key("dropout", "QA_SAMPLES")], numbers(9, 10));
    assert_eq!(told_so.len(), 3);
    assert_eq!(told(&bench).await, 10);
    let reports = bench.store.reports(10).await.unwrap();
    assert!(reports.iter().all(|r| r.state == ReportState::Success && r.told == r.codes));
    let unreported = bench.store.unreported().await.unwrap();
    assert_eq!((unreported.count, unreported.oldest_at), (0, None));
}

#[tokio::test]
async fn a_report_whose_answer_was_lost_is_sent_again_and_its_duplicates_count_as_told() {
    for fault in [Fault::LoseAnswer, Fault::DoAndFail, Fault::Garble] {
        let (bench, station, mut tasks) = all_there().await;
        codes(&bench, 1, 5).await;
        settle(&bench, 1, 5, "verified").await;
        station.fault("utilisation", fault);
        start(&mut tasks, &bench, &station, settings());
        until_nothing_waits(&bench).await;
        tasks.stop().await;
        assert_eq!(station.reports().len(), 2, "{fault:?}");
        let report = only_report(&bench).await;
        assert_eq!((report.state, report.told, report.sends), (ReportState::Success, 5, 2));
    }
}

#[tokio::test]
async fn a_duplicate_in_a_report_that_was_sent_once_is_not_told() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 5).await;
    settle(&bench, 1, 5, "verified").await;
    // Somebody else reported our code.
    let (group, tells) = (ProductGroup::MILK, markwright::upstream::Tells::Applied);
    let (attributes, codes) = (serde_json::Map::new(), [text(3)]);
    let wish = markwright::upstream::ReportWish {
        group,
        tells,
        kind: None,
        attributes: &attributes,
        codes: &codes,
    };
    station.client().report(&wish).await.unwrap();
    start(&mut tasks, &bench, &station, settings());
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!((report.state, report.told), (ReportState::Partially, 4));
    let untold = bench.texts("select serial from code where told_at is null").await;
    assert_eq!(untold, ["00000003"]);
}

#[tokio::test]
async fn of_a_partly_taken_report_only_the_taken_codes_are_told() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 5).await;
    settle(&bench, 1, 5, "verified").await;
    station.world.lock().unwrap().bad_codes.extend([text(2), text(4)]);
    start(&mut tasks, &bench, &station, settings());
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!((report.state, report.told, report.codes), (ReportState::Partially, 3, 5));
    assert_eq!(
        report.problem.unwrap(),
        "some codes were not taken; 2 × result 103: the check part is wrong"
    );
    let untold = bench.texts("select serial from code where told_at is null order by id").await;
    assert_eq!(untold, ["00000002", "00000004"]);
    let unreported = bench.store.unreported().await.unwrap();
    assert_eq!((unreported.count, unreported.waiting), (2, 0));
    assert_eq!(station.reports().len(), 1, "what failed is not told again by itself");
}

#[tokio::test]
async fn without_a_receipt_a_failed_report_tells_nothing() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 2).await;
    settle(&bench, 1, 2, "verified").await;
    station.world.lock().unwrap().bad_codes.extend([text(1), text(2)]);
    (0..100).for_each(|_| station.fault("receipts/receipt", Fault::Refuse(404)));
    let receipt_within = Duration::from_millis(100);
    start(&mut tasks, &bench, &station, Settings { receipt_within, ..settings() });
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!((report.state, report.told), (ReportState::Failed, 0));
    assert_eq!(report.problem.unwrap(), "some codes were not taken; 2 × no result");
}

#[tokio::test]
async fn a_refused_report_is_kept_for_a_person() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 2).await;
    settle(&bench, 1, 2, "verified").await;
    station.fault("utilisation", Fault::Refuse(400));
    start(&mut tasks, &bench, &station, settings());
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!(report.state, ReportState::Refused);
    assert_eq!(report.problem.unwrap(), "the station refused the report (400): as scripted (1000)");
    assert_eq!(bench.store.unreported().await.unwrap().count, 2);
}

#[tokio::test]
async fn an_outage_delays_reports_and_then_all_goes_together() {
    let (bench, mut station, mut tasks) = all_there().await;
    station.off().await;
    codes(&bench, 1, 50).await;
    start(&mut tasks, &bench, &station, settings());
    settle(&bench, 1, 1, "verified").await;
    until("a problem", async || {
        bench.store.reports(1).await.unwrap().iter().any(|report| report.problem.is_some())
    })
    .await;
    let first = bench.store.reports(10).await.unwrap().pop().unwrap();
    assert_eq!((first.state, first.sends), (ReportState::Made, 0), "nothing can have been sent");
    for n in 2..=50 {
        settle(&bench, n, n, "verified").await;
    }
    let away = bench.store.unreported().await.unwrap();
    assert_eq!((away.count, away.waiting), (50, 50));
    assert!(away.oldest_at.is_some());
    station.on().await;
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    assert_eq!(told(&bench).await, 50);
    assert!(taken_notice(&station).values().all(|times| *times == 1));
    assert!(station.reports().len() <= 4, "{}", station.reports().len());
}

#[tokio::test]
async fn a_report_holds_no_more_codes_than_allowed() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 25).await;
    settle(&bench, 1, 25, "verified").await;
    start(&mut tasks, &bench, &station, Settings { at_most: 10, ..settings() });
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let sizes: Vec<_> = station.reports().iter().map(|report| report.codes.len()).collect();
    assert_eq!(sizes, [10, 10, 5]);
}

#[tokio::test]
async fn a_flush_tells_at_once_what_would_have_waited() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 25).await;
    let settings = Settings { every: Duration::from_hours(1), at_most: 10, ..settings() };
    let flush = start(&mut tasks, &bench, &station, settings);
    // The first look tells everything; it must be over before the codes are settled.
    settle(&bench, 1, 1, "verified").await;
    flush.and_wait(&bench.store, super::DEADLINE).await.unwrap();
    settle(&bench, 2, 21, "verified").await;
    until("two full reports", async || told(&bench).await == 21).await;
    settle(&bench, 22, 25, "verified").await;
    assert_eq!(bench.store.unreported().await.unwrap().waiting, 4);
    let left = flush.and_wait(&bench.store, super::DEADLINE).await.unwrap();
    tasks.stop().await;
    assert_eq!(left.count, 0);
    let sizes: Vec<_> = station.reports().iter().map(|report| report.codes.len()).collect();
    assert_eq!(sizes, [1, 10, 10, 4]);
}

/// The power goes when a call was carried out and before its answer came; for every call in turn.
#[tokio::test]
async fn after_a_power_cut_at_any_call_every_code_is_told_once() {
    for cut_at in 1.. {
        let (bench, station) = (Bench::new().await, Station::start().await);
        codes(&bench, 1, 12).await;
        settle(&bench, 1, 8, "verified").await;
        settle(&bench, 9, 12, "rejected").await;
        station.world.lock().unwrap().silent_from = Some(cut_at);
        let mut first = Tasks::default();
        start(&mut first, &bench, &station, Settings { at_most: 5, ..settings() });
        let done = async || told(&bench).await == 12;
        until("the call", async || station.calls() >= cut_at || done().await).await;
        first.kill().await;
        if done().await {
            assert!(cut_at > 6, "there were calls");
            break;
        }
        station.world.lock().unwrap().silent_from = None;
        let mut second = Tasks::default();
        start(&mut second, &bench, &station, Settings { at_most: 5, ..settings() });
        until_nothing_waits(&bench).await;
        second.stop().await;
        assert_eq!(told(&bench).await, 12, "cut at call {cut_at}");
        let taken = taken_notice(&station);
        assert!(taken.len() == 12 && taken.values().all(|times| *times == 1), "{taken:?}");
        let twice = "select count(*) from report where sends > 2";
        assert_eq!(bench.number(twice).await, 0);
    }
}

pub(crate) async fn sql(bench: &Bench, statement: &'static str) {
    sqlx::query(statement).execute(&bench.sql).await.unwrap();
}

#[tokio::test]
async fn codes_of_different_lots_are_told_with_their_own_dates() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 10).await;
    sql(
        &bench,
        "insert into job (id, line, scenario, pool, gtin, design, made_at, batch, date, best_before)
         values (1, 'one', 'print_apply', 'line:one', '04810093011694', 'dairy', 1, 'L1', '01.08.2026', '31.08.2026'),
                (2, 'one', 'print_apply', 'line:one', '04810093011694', 'dairy', 2, 'L2', '02.08.2026', '01.09.2026')",
    )
    .await;
    sql(&bench, "insert into job_code (job_id, code_id) select iif(id <= 6, 1, 2), id from code")
        .await;
    settle(&bench, 1, 9, "verified").await;
    settle(&bench, 10, 10, "rejected").await;
    start(&mut tasks, &bench, &station, settings());
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let mut said: Vec<_> = station
        .reports()
        .iter()
        .map(|report| (report.codes.len(), report.body["attributes"].clone()))
        .collect();
    said.sort_by_key(|(codes, _)| std::cmp::Reverse(*codes));
    let lot = |batch: &str, made: &str, until: &str| serde_json::json!({"batchNumber": batch, "productionDate": made, "expDate": until});
    assert_eq!(said[0], (6, lot("L1", "2026-08-01", "2026-08-31")));
    assert_eq!(said[1], (3, lot("L2", "2026-08-02", "2026-09-01")));
    assert_eq!(said[2], (1, serde_json::Value::Null), "spoiled codes have no dates");
}

#[tokio::test]
async fn a_weight_is_told_and_not_stored() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 2).await;
    settle(&bench, 1, 2, "verified").await;
    let appended = [(gtin(), "3103001324".to_owned())].into();
    start(&mut tasks, &bench, &station, Settings { appended, ..settings() });
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let wanted: Vec<_> = (1..=2).map(|n| format!("{}\u{1d}3103001324", text(n))).collect();
    assert_eq!(station.reports()[0].codes, wanted);
    assert_eq!(bench.texts("select text from code order by id").await, [text(1), text(2)]);
}

/// Footwear: the station reports application itself when it gives codes out, and has no report of
/// spoiled ones.
#[tokio::test]
async fn footwear_is_not_reported_a_second_time_and_its_spoiled_codes_wait_for_a_document() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 9).await;
    sql(&bench, "update code set product_group = 'shoes'").await;
    settle(&bench, 1, 6, "verified").await;
    settle(&bench, 7, 9, "rejected").await;
    start(&mut tasks, &bench, &station, settings());
    until("the good ones are told", async || told(&bench).await == 6).await;
    let collected = "select count(*) from report join code on report_id = report.id
                     where kind = 'write_off' and report.state = 'made'";
    until("the others are collected", async || bench.number(collected).await == 3).await;
    tasks.stop().await;
    assert_eq!(station.reports().len(), 0);
    let reports = bench.store.reports(10).await.unwrap();
    let automatic = reports.iter().find(|report| report.kind == ReportKind::Automatic).unwrap();
    assert_eq!((automatic.state, automatic.told), (ReportState::Success, 6));
    assert!(automatic.problem.as_ref().unwrap().contains("itself"));
    let left = bench.store.unreported().await.unwrap();
    assert_eq!((left.count, left.waiting), (3, 0), "a document is needed, nobody waits for it");
}

async fn refused_code(bench: &Bench, station: &Station) {
    codes(bench, 1, 5).await;
    station.world.lock().unwrap().bad_codes.insert(text(3));
    settle(bench, 1, 5, "verified").await;
    let mut tasks = Tasks::default();
    start(&mut tasks, bench, station, settings());
    until_nothing_waits(bench).await;
    tasks.stop().await;
}

fn choice(report: i64, decision: RefusedDecision) -> RefusedChoice {
    let (person, reason) = ("anna".to_owned(), "the card is published now".to_owned());
    RefusedChoice { report, result: Some(103), decision, person, reason }
}

#[tokio::test]
async fn a_refused_code_waits_for_a_person_and_is_told_again_when_it_is_mended() {
    let (bench, station) = (Bench::new().await, Station::start().await);
    refused_code(&bench, &station).await;
    let refused = bench.store.refused().await.unwrap();
    assert_eq!(refused.len(), 1);
    let group = &refused[0];
    assert_eq!((group.codes, group.result), (1, Some(103)));
    assert!(group.words.contains("check part is wrong"), "{}", group.words);
    assert!(group.remedy.contains("mark it anew"), "{}", group.remedy);
    assert!(!group.first.contains("93dGVz"), "without its check part");
    let codes = bench.store.refused_codes(group.report, Some(103), 10).await.unwrap();
    assert_eq!(codes, std::slice::from_ref(&group.first));
    // Nobody but a person takes a code out of its report.
    let untied = sqlx::query("update code set report_id = null where serial = '00000003'");
    assert!(untied.execute(&bench.sql).await.is_err());

    station.world.lock().unwrap().bad_codes.clear();
    let again = choice(group.report, RefusedDecision::Again);
    assert_eq!(bench.store.decide_refused(&again).await.unwrap(), 1);
    assert_eq!(bench.store.decide_refused(&again).await.unwrap(), 0, "once");
    let mut tasks = Tasks::default();
    start(&mut tasks, &bench, &station, settings());
    until("all are told", async || told(&bench).await == 5).await;
    tasks.stop().await;
    assert_eq!(station.reports().last().unwrap().codes, [text(3)]);
    let decided = bench.store.refused_decided(10).await.unwrap();
    assert_eq!((decided.len(), decided[0].person.as_str()), (1, "anna"));
    assert!(bench.store.refused().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refused_code_is_written_off_or_put_aside_with_a_reason() {
    for decision in [RefusedDecision::WriteOff, RefusedDecision::Ignore] {
        let (bench, station) = (Bench::new().await, Station::start().await);
        refused_code(&bench, &station).await;
        let report = bench.store.refused().await.unwrap()[0].report;
        bench.store.decide_refused(&choice(report, decision)).await.unwrap();
        let left = bench.store.unreported().await.unwrap();
        let in_document = "select count(*) from code join report on report.id = report_id
                           where kind = 'write_off' and report.state = 'made'";
        let in_document = bench.number(in_document).await;
        match decision {
            RefusedDecision::WriteOff => assert_eq!((in_document, left.count), (1, 1)),
            RefusedDecision::Again | RefusedDecision::Ignore => {
                assert_eq!((in_document, left.count), (0, 0));
            }
        }
        assert_eq!(station.reports().len(), 1, "nothing is told to the station");
    }
}
