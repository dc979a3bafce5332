//! How busy a fast printer is kept: the daemon against a fake printer at eighteen inches a second.
use super::site::{Job, Site, Template};
use crate::daemon_kit::Daemon;
use markwright::sim::PrintedLabel;
use markwright::sim::dice::Dice;
use markwright::sim::printer::{
    Identity, Language, Printer, PrinterSettings, SheetOut, standstill,
};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The fastest label printers.
const INCHES_PER_SECOND: f32 = 18.0;
/// Labels of one measurement.
const LABELS: u32 = 200;
/// The first labels, while the driver learns how long one takes.
const WARM_UP: u32 = 10;
/// The part of the cycle that the web may stand still.
const STANDSTILL_MAX: f64 = 0.05;
/// The same for a printer without a counter: one label at a time is in it, which must be seen
/// coming to rest before the next one is sent and formatted.
const ONE_AT_A_TIME_MAX: f64 = 0.75;
const SOON: Duration = Duration::from_mins(2);

/// Prints a roll, and gives the ledger of it.
async fn roll(language: Language, design: &'static str) -> Vec<SheetOut> {
    let job = Job::long(language, LABELS as usize, design);
    let settings = PrinterSettings {
        language,
        identity: Identity { dots_per_mm: 12.0, ..PrinterSettings::default().identity },
        inches_per_second: INCHES_PER_SECOND,
        width: 1248,
        ..PrinterSettings::default()
    };
    let (out, mut labels) = mpsc::channel::<PrintedLabel>(1);
    let printer = Printer::start(settings, out).await.unwrap();
    let mut heap = JoinSet::new();
    heap.spawn(async move { while labels.recv().await.is_some() {} });
    let template = Template::make().await;
    let site = Site::build(&template, &job, &printer, &mut Dice::new(1)).await;
    let daemon = Daemon::start(&site.config, drop).await;
    let all = printer.controls.until(|now| now.sheets >= u64::from(LABELS));
    timeout(SOON, all).await.expect("the roll is printed");
    daemon.end().await;
    let ledger = printer.controls.ledger();
    printer.stop().await;
    heap.shutdown().await;
    ledger
}

/// A label of 40 mm is out in 87 ms, one of 60 mm in 131 ms: what is wanted of 50 mm lies between.
async fn is_kept_busy(language: Language, (design, millimetres): (&'static str, u32), most: f64) {
    let ledger = roll(language, design).await;
    assert_eq!(ledger.len(), LABELS as usize);
    let measured = &ledger[WARM_UP as usize..];
    let (first, last) = (measured.first().unwrap(), measured.last().unwrap());
    let minutes = (last.ended_ms - first.began_ms) / 60_000.0;
    let (stood, rate) = (standstill(measured), f64::from(LABELS - WARM_UP) / minutes);
    println!(
        "{language:?}: {rate:.0} labels of {millimetres} mm a minute, the web stood {:.2} %",
        stood * 100.0
    );
    assert!(stood <= most, "the web stood still for {:.1} % of the time", stood * 100.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zpl_printer_at_eighteen_inches_a_second_is_kept_busy() {
    is_kept_busy(Language::Zpl, ("58x40", 40), STANDSTILL_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zpl_printer_at_eighteen_inches_a_second_is_kept_busy_with_long_labels() {
    is_kept_busy(Language::Zpl, ("clothing", 60), STANDSTILL_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tspl_printer_prints_one_label_at_a_time_and_stands_in_between() {
    is_kept_busy(Language::Tspl, ("58x40", 40), ONE_AT_A_TIME_MAX).await;
}
