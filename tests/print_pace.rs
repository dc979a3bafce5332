//! A fast printer is kept busy: the driver asks as often as it must and sends in time.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a test")]

use markwright::code::{Code, CodeId, CodeText};
use markwright::line::{Event, PrinterCommand, PrinterEvent, RollMark};
use markwright::print::{LabelFormat, PrinterSettings, keep};
use markwright::sim::printer::{self, Printer, standstill};
use markwright::telemetry::LastWord;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const LABELS: i64 = 60;

/// 50 mm at 203 dpi, by a printer of 18 inches a second: 109 ms a label.
async fn standstill_of(window: usize, json: bool) -> f64 {
    let settings = printer::PrinterSettings {
        inches_per_second: 18.0,
        label_length: 400,
        json_listen: json.then(|| ([127, 0, 0, 1], 0).into()),
        ..printer::PrinterSettings::default()
    };
    let (out, mut heap) = mpsc::channel(64);
    let fake = Printer::start(settings, out).await.unwrap();
    tokio::spawn(async move { while heap.recv().await.is_some() {} });
    let settings = PrinterSettings {
        window,
        status_port: fake.json_addr.map(|addr| addr.port()),
        still_for: Duration::from_millis(300),
        ..PrinterSettings::new(fake.addr.to_string())
    };
    let format = LabelFormat {
        setup: Vec::new(),
        row: Arc::new(|codes: &[Code]| {
            let code = codes[0].text.as_str();
            format!("^XA^LL400^FO24,24^BXN,4,200,,,,|^FD|1{code}^FS^XZ\r\n").into_bytes()
        }),
        mark: Arc::new(|_: &RollMark| Vec::new()),
    };
    let (jobs, job_inbox) = mpsc::channel(64);
    let (fact_outbox, mut facts) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let driver = keep(settings, format, job_inbox, fact_outbox, LastWord::default(), stop.clone());
    let driver = tokio::spawn(driver);
    assert_eq!(facts.recv().await, Some(Event::Printer(PrinterEvent::Up)));
    // As a line does: never more under way than a few, the next one when one came out.
    let send = async |id: i64| {
        let text = CodeText::new(format!("0104810093011694212k{id:04}"));
        let row = PrinterCommand::Row(vec![Code { id: CodeId(id), text }]);
        jobs.send(row).await.unwrap();
    };
    let ahead = i64::try_from(window).unwrap();
    for id in 1..=ahead {
        send(id).await;
    }
    for id in 1..=LABELS {
        let fact = tokio::time::timeout(Duration::from_secs(10), facts.recv()).await.unwrap();
        assert_eq!(fact, Some(Event::Printer(PrinterEvent::Printed(CodeId(id)))));
        if id + ahead <= LABELS {
            send(id + ahead).await;
        }
    }
    let sheets = fake.controls.ledger();
    assert_eq!(sheets.len(), usize::try_from(LABELS).unwrap());
    stop.cancel();
    driver.await.unwrap();
    fake.stop().await;
    standstill(&sheets)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_of_eighteen_inches_a_second_stands_still_for_less_than_a_twentieth() {
    let still = standstill_of(4, false).await;
    assert!(still <= 0.05, "{still}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_over_its_status_channel_it_stands_still_no_more() {
    let still = standstill_of(3, true).await;
    assert!(still <= 0.05, "{still}");
}
