//! Reports that come late: sent again, and after a week without the station.
use super::report::*;
use super::station::Fault;
use super::{all_there, until};
use markwright::report::{self, Flush, Settings};
use markwright::store::ReportState;
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
