//! The driver and the fake printer: a fast one is kept busy, and one without a counter is believed.
use crate::print_kit::learner;
use markwright::code::{Code, CodeId, CodeText};
use markwright::label::Language;
use markwright::line::{Cause, Event, PrinterCommand, PrinterEvent, RollMark};
use markwright::print::{Evidence, LabelFormat, PrinterSettings, keep};
use markwright::sim::printer::{
    self, Fault, Habit, Incident, Mood, Printer, duplicates, good_labels, standstill,
};
use markwright::telemetry::LastWord;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

const LABELS: i64 = 60;

fn zpl(code: &str) -> String {
    format!("^XA^LL400^FO24,24^BXN,4,200,,,,|^FD|1{code}^FS^XZ\r\n")
}

/// The same, with an echo of each label.
fn zpl_with_echo(code: &str) -> String {
    format!("^XA^LL400^FO24,24^BXN,4,200,,,,|^FN1^FD|1{code}^FS^FH_^HV1,256,MW:,_0D_0A,L^FS^XZ\r\n")
}

fn tspl(code: &str) -> String {
    format!("CLS\r\nDMATRIX 24,24,160,160,c126,x4,\"~1{code}\"\r\nPRINT 1\r\n")
}

fn text(id: i64) -> String {
    format!("0104810093011694212k{id:04}")
}

struct Bench {
    fake: Printer,
    jobs: mpsc::Sender<PrinterCommand>,
    facts: mpsc::Receiver<Event>,
    _stop: DropGuard,
}

/// The fake printer and its driver, ready for labels.
async fn bench(fake: printer::PrinterSettings, window: usize, evidence: Evidence) -> Bench {
    patient_bench(fake, window, evidence, Duration::from_millis(500)).await
}

/// The same for a printer that may take so long for an answer.
async fn patient_bench(
    fake: printer::PrinterSettings,
    window: usize,
    evidence: Evidence,
    answer_within: Duration,
) -> Bench {
    let (out, mut heap) = mpsc::channel(64);
    let language = fake.language;
    let fake = Printer::start(fake, out).await.unwrap();
    tokio::spawn(async move { while heap.recv().await.is_some() {} });
    let (row_of, language): (fn(&str) -> String, _) = match language {
        printer::Language::Zpl if evidence == Evidence::Echo => (zpl_with_echo, Language::Zpl),
        printer::Language::Zpl => (zpl, Language::Zpl),
        printer::Language::Tspl => (tspl, Language::Tspl),
    };
    let settings = PrinterSettings {
        window,
        evidence,
        language,
        status_port: fake.json_addr.map(|addr| addr.port()),
        still_for: Duration::from_millis(300),
        answer_within,
        ask_every: Duration::from_millis(20),
        ..PrinterSettings::new(fake.addr.to_string())
    };
    let format = LabelFormat {
        setup: Vec::new(),
        row: Arc::new(move |codes: &[Code]| row_of(codes[0].text.as_str()).into_bytes()),
        mark: Arc::new(|_: &RollMark| Vec::new()),
    };
    let (jobs, job_inbox) = mpsc::channel(64);
    let (fact_outbox, facts) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let (identity, word) = (learner::identity(settings.unique_id.clone()), LastWord::default());
    tokio::spawn(keep(settings, format, identity, job_inbox, fact_outbox, word, stop.clone()));
    let mut bench = Bench { fake, jobs, facts, _stop: stop.drop_guard() };
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench
}

impl Bench {
    async fn fact(&mut self) -> PrinterEvent {
        let fact = tokio::time::timeout(Duration::from_secs(20), self.facts.recv()).await;
        let Ok(Some(Event::Printer(event))) = fact else { panic!("{fact:?} from a printer") };
        event
    }

    async fn send(&self, id: i64) {
        let text = CodeText::new(text(id));
        let row = PrinterCommand::Row(vec![Code { id: CodeId(id), text }]);
        self.jobs.send(row).await.unwrap();
    }
}

/// 50 mm at 203 dpi, by a printer of 18 inches a second: 109 ms a label.
async fn standstill_of(window: usize, json: bool) -> f64 {
    let fake = printer::PrinterSettings {
        inches_per_second: 18.0,
        label_length: 400,
        json_listen: json.then(|| ([127, 0, 0, 1], 0).into()),
        ..printer::PrinterSettings::default()
    };
    let mut bench = bench(fake, window, Evidence::Counter).await;
    // As a line does: never more under way than a few, the next one when one came out.
    let ahead = i64::try_from(window).unwrap();
    for id in 1..=ahead {
        bench.send(id).await;
    }
    for id in 1..=LABELS {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
        if id + ahead <= LABELS {
            bench.send(id + ahead).await;
        }
    }
    let sheets = bench.fake.controls.ledger();
    assert_eq!(sheets.len(), usize::try_from(LABELS).unwrap());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_that_says_back_its_labels_is_believed_and_says_which_one_it_printed_again() {
    let mut bench = bench(printer::PrinterSettings::default(), 3, Evidence::Echo).await;
    for id in 1..=6 {
        bench.send(id).await;
    }
    for id in 1..=6 {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
    assert!(bench.fake.controls.press_reprint());
    assert_eq!(bench.fact().await, PrinterEvent::MaybeTwice(CodeId(6)));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
    let sheets = bench.fake.controls.ledger();
    assert_eq!(duplicates(&sheets).keys().copied().collect::<Vec<_>>(), [text(6)]);
    assert_eq!(bench.fact().await, PrinterEvent::Up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_that_are_said_back_byte_by_byte_between_answers_that_come_so_are_told() {
    let split = Incident::new(1, Mood::SplitAnswers).lasts(Duration::from_mins(1));
    let fake = printer::PrinterSettings {
        script: printer::Script { incidents: vec![split] },
        ..printer::PrinterSettings::default()
    };
    // An answer takes a quarter of a second and more: a quarter of the limit must hold it.
    let mut bench = patient_bench(fake, 2, Evidence::Echo, Duration::from_secs(8)).await;
    for id in 1..=4 {
        bench.send(id).await;
    }
    for id in 1..=4 {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_whose_numbers_do_not_fit_at_every_moment_is_believed_when_it_rests() {
    for habit in [Habit::CountsEarly, Habit::CountsLate, Habit::HoldsTwice] {
        let fake = printer::PrinterSettings { habit, ..printer::PrinterSettings::default() };
        let mut bench = bench(fake, 3, Evidence::Counter).await;
        for id in 1..=9 {
            bench.send(id).await;
        }
        for id in 1..=9 {
            assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)), "{habit:?}");
        }
        assert!(bench.fake.controls.press_reprint());
        assert_eq!(bench.fact().await, PrinterEvent::MaybeTwice(CodeId(9)), "{habit:?}");
        assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff), "{habit:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_without_a_counter_prints_each_code_once_and_only_the_one_in_a_fault_is_in_doubt()
{
    let fake = printer::PrinterSettings {
        language: printer::Language::Tspl,
        ..printer::PrinterSettings::default()
    };
    let mut bench = bench(fake, 1, Evidence::BatchDrain).await;
    for id in 1..=3 {
        bench.send(id).await;
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
    bench.fake.controls.plan(Incident::new(4, Mood::Fault(Fault::MediaOut)).after(0.5));
    bench.send(4).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::OutOfLabels));
    bench.fake.controls.mend(Fault::MediaOut);
    bench.fake.controls.press_pause();
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.send(5).await;
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(5)));
    let sheets = bench.fake.controls.ledger();
    let good = good_labels(&sheets);
    let wanted: Vec<_> = [1, 2, 3, 5].map(text).to_vec();
    assert_eq!(good.keys().copied().collect::<Vec<_>>(), wanted);
    assert!(duplicates(&sheets).is_empty());
}
