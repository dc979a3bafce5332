//! Reports that come late: sent again, and after a week without the station.
use super::report::*;
use super::station::Fault;
use super::{Tasks, all_there, until};
use markwright::report::{self, Flush, Settings};
use markwright::store::{RefusedChoice, RefusedDecision, ReportState};
use std::time::Duration;

/// Another program told of one of our codes while the answer to our own report was lost: only what
/// our first report told counts.
#[tokio::test]
async fn a_duplicate_counts_only_if_the_first_report_is_found_and_told_it() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 5).await;
    settle(&bench, 1, 5, "verified").await;
    // Its report is not of ours, and did not get through with this code in ours.
    station.world.lock().unwrap().bad_codes.insert(text(4));
    station.fault("utilisation", Fault::LoseAnswer);
    let unbad = async || {
        let mut world = station.world.lock().unwrap();
        let sent = world.reports.len() == 1;
        if sent {
            world.bad_codes.clear();
        }
        sent
    };
    start(&mut tasks, &bench, &station, settings());
    until("the first sending", unbad).await;
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!((report.sends, report.state), (2, ReportState::Success));
    assert_eq!(report.told, 5, "four by the first sending, one by the second");
    assert_eq!(station.calls_of("receipts/receipt/search"), 1);
}

/// A week without the station: the store grows, and everything goes in few, large reports after it.
#[tokio::test]
async fn a_week_offline_is_told_in_reports_of_thirty_thousand() {
    let (bench, mut station, mut tasks) = all_there().await;
    station.off().await;
    let url = format!("http://{}", station.address);
    let token = markwright::upstream::ClientToken::new("token-1");
    let mut client = markwright::upstream::OmsSettings::new(&url, token, "oms-1");
    client.again_after = Duration::from_millis(50);
    let client = markwright::upstream::Oms::new(client).unwrap();
    let (store, flush) = (bench.store.clone(), Flush::default());
    let settings = Settings { at_once: 100, at_most: 30_000, ..settings() };
    tasks.start(|stop| Box::pin(report::keep(settings, store, client, flush, stop)));
    for day in 0..7 {
        codes(&bench, day * 6_000 + 1, (day + 1) * 6_000).await;
        settle(&bench, day * 6_000 + 1, (day + 1) * 6_000, "verified").await;
    }
    let made = "select count(*) from report";
    assert!(bench.number(made).await <= 3, "the codes wait in the store, not in reports");
    station.on().await;
    let all_told = async || told(&bench).await == 42_000;
    let waited = tokio::time::timeout(Duration::from_secs(90), async {
        while !all_told().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.unwrap();
    tasks.stop().await;
    let reports = station.reports();
    assert!(reports.iter().all(|report| report.codes.len() <= 30_000));
    assert!(reports.len() <= 5, "{}", reports.len());
    assert!(taken_notice(&station).values().all(|times| *times == 1));
}

#[tokio::test]
async fn a_first_sending_whose_results_come_one_call_late_counts() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 5).await;
    settle(&bench, 1, 5, "verified").await;
    station.fault("utilisation", Fault::LoseAnswer);
    station.fault("receipts/receipt/search", Fault::LoseAnswer);
    start(&mut tasks, &bench, &station, settings());
    // The results of the second sending were had; those of the first are refused.
    until("it is looked for", async || station.calls_of("receipts/receipt/search") > 0).await;
    station.world.lock().unwrap().refuses_results_of = Some(("REPORT-1".to_owned(), 1));
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!((report.sends, report.state, report.told), (2, ReportState::Success, 5));
    assert!(station.world.lock().unwrap().refuses_results_of.is_none(), "it was refused once");
}

/// The word "partially" is there before the receipt, and the receipt before its document.
#[tokio::test]
async fn a_receipt_that_comes_one_call_late_costs_no_code() {
    for late in ["receipts/receipt", "receipts/document"] {
        let (bench, station, mut tasks) = all_there().await;
        codes(&bench, 1, 5).await;
        settle(&bench, 1, 5, "verified").await;
        station.world.lock().unwrap().bad_codes.insert(text(2));
        station.fault(late, Fault::Refuse(404));
        start(&mut tasks, &bench, &station, settings());
        until_nothing_waits(&bench).await;
        tasks.stop().await;
        let report = only_report(&bench).await;
        assert_eq!((report.state, report.told), (ReportState::Partially, 4), "{late}");
        let refused = bench.store.refused().await.unwrap();
        assert_eq!((refused.len(), refused[0].codes, refused[0].result), (1, 1, Some(103)));
    }
}

#[tokio::test]
async fn how_long_a_receipt_is_waited_for_is_remembered_over_a_restart() {
    let (bench, station, mut tasks) = all_there().await;
    codes(&bench, 1, 3).await;
    settle(&bench, 1, 3, "verified").await;
    station.world.lock().unwrap().bad_codes.insert(text(2));
    (0..10_000).for_each(|_| station.fault("receipts/receipt", Fault::Refuse(404)));
    start(&mut tasks, &bench, &station, settings());
    until("it waits", async || {
        let reports = bench.store.reports(1).await.unwrap();
        let problem = reports.first().and_then(|report| report.problem.as_ref());
        problem.is_some_and(|problem| problem.contains("it is asked again"))
    })
    .await;
    tasks.kill().await;
    sql(&bench, "update report set receipt_late_at = receipt_late_at - 1900000000").await;
    let mut tasks = Tasks::default();
    start(&mut tasks, &bench, &station, settings());
    until_nothing_waits(&bench).await;
    tasks.stop().await;
    let report = only_report(&bench).await;
    assert_eq!((report.state, report.told), (ReportState::Partially, 0), "after half an hour");
}

/// The first report took four of five codes and never said which. Told again, they are known there:
/// by us.
#[tokio::test]
async fn codes_whose_results_never_came_are_told_when_they_are_sent_again() {
    for comes_after_all in [true, false] {
        let (bench, station, mut tasks) = all_there().await;
        codes(&bench, 1, 5).await;
        settle(&bench, 1, 5, "verified").await;
        station.world.lock().unwrap().bad_codes.insert(text(2));
        (0..1_000).for_each(|_| station.fault("receipts/receipt", Fault::Refuse(404)));
        let receipt_within = Duration::from_millis(100);
        start(&mut tasks, &bench, &station, Settings { receipt_within, ..settings() });
        until_nothing_waits(&bench).await;
        let waiting = bench.store.refused().await.unwrap();
        assert_eq!((waiting.len(), waiting[0].codes, waiting[0].result), (1, 5, None));
        station.world.lock().unwrap().faults.clear();
        if !comes_after_all {
            station.world.lock().unwrap().without_results = Some("REPORT-1".to_owned());
        }
        let again = RefusedChoice {
            report: waiting[0].report,
            result: None,
            decision: RefusedDecision::Again,
            person: "anna".to_owned(),
            reason: "the station said nothing".to_owned(),
        };
        bench.store.decide_refused(&again).await.unwrap();
        until_nothing_waits(&bench).await;
        tasks.stop().await;
        assert_eq!(told(&bench).await, 4);
        let refused = bench.store.refused().await.unwrap();
        assert_eq!((refused.len(), refused[0].codes, refused[0].result), (1, 1, Some(103)));
    }
}
