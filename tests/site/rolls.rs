//! Rolls end to end: the daemon as a process, a fake printer (and a camera behind its head) over
//! real sockets, and a person at the pages.
use crate::daemon_kit::{Daemon, Person};
use crate::roll_kit::{GTIN, LINE, Plan, SOON, Site, rows, serial};
use markwright::code::{CodeState, CodeText};
use markwright::label::{self, Goods};
use markwright::line::LineState;
use markwright::sim::PrintedLabel;
use markwright::sim::printer::{Fault, Incident, Language, Mood, SheetOut};
use serde_json::Value;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// Two labels side by side, three rolls: two full ones, and the last with one label.
const TWO_UP: &str = "labels_per_row = 2\npitch_mm = 33\nleader = true\ntrailer = true\n\
    pause_after = 10\n";
/// Three labels side by side.
const THREE_UP: &str = "labels_per_row = 3\npitch_mm = 32\nleader = true\ntrailer = true\n";

/// A daemon, and a person at its pages.
async fn begin(site: &Site) -> (Daemon, Person) {
    Person::add(&site.store_file()).await;
    let daemon = site.start().await;
    let person = Person::sign_in(&daemon, LINE).await;
    (daemon, person)
}

/// What a PDF says, by the reader that everybody has.
async fn words_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passport.pdf");
    std::fs::write(&file, pdf).unwrap();
    let read = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output().await.unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap()
}

/// Serial numbers of the labels that came out, in their order.
fn serials(ledger: &[SheetOut]) -> Vec<String> {
    ledger.iter().flat_map(|sheet| &sheet.codes).map(|code| serial(code)).collect()
}

/// Whether the page of the line gives this as the reason why it does not run.
fn says(line: &Value, words: &str) -> bool {
    line["trouble"]["cause"].as_str().is_some_and(|cause| cause.contains(words))
}

/// The codes of a job by their states, as a passport has them.
fn states(counts: &[(CodeState, u64)]) -> Value {
    let states = counts.iter().map(|(state, n)| (state.word().to_owned(), Value::from(*n)));
    states.collect::<serde_json::Map<_, _>>().into()
}

async fn three_rolls_two_up(language: Language, window: usize) {
    let plan = Plan { language, window, planned: 21, roll: TWO_UP, ..Plan::default() };
    let site = Site::build(plan).await;
    let (daemon, person) = begin(&site).await;
    person.start().await;
    for done in [10, 20] {
        let full = |line: &Value| line["done"] == done && line["state"] == "Held";
        let line = person.until("the roll is full", full).await;
        assert!(says(&line, "oll is full"), "{line}");
        person.press("start").await;
    }
    person.until_state(LineState::Complete).await;

    let sheet = person.passport_when_done(1).await;
    assert_eq!(sheet["states"], states(&[(CodeState::Printed, 21)]));
    assert_eq!(sheet["sums_close"], true, "{sheet}");
    let words = words_of(&person.get(&format!("/lines/{LINE}/jobs/1/passport.pdf")).await).await;
    daemon.end().await;

    let ledger = site.close().await;
    let full = [0, 2, 2, 2, 2, 2, 0];
    assert_eq!(rows(&ledger), [&full[..], &full, &[0, 1, 0]].concat());
    let out = serials(&ledger);
    for (n, piece) in out.chunks(10).enumerate() {
        let told = &sheet["pieces"][n];
        assert_eq!(told["first"], Value::from(piece[0].as_str()), "{told}");
        assert_eq!(told["last"], Value::from(piece.last().unwrap().as_str()), "{told}");
        assert_eq!(
            (&told["good"], &told["handed_over"]),
            (&piece.len().into(), &piece.len().into())
        );
        assert!(words.contains(&piece[0]) && words.contains(piece.last().unwrap()), "{words}");
    }
    assert!(words.contains("Job 1") && words.contains("it closes"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_rolls_of_rows_of_two_are_made_as_the_books_say_zpl() {
    three_rolls_two_up(Language::Zpl, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_rolls_of_rows_of_two_are_made_as_the_books_say_tspl() {
    three_rolls_two_up(Language::Tspl, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_filed_by_hand_are_made_one_after_the_other_with_their_spare_labels() {
    let site = Site::build(Plan { roll: "", ..Plan::default() }).await;
    let file = async |count: &str, spare: &str| {
        let words = ["job", "add", "--line", LINE, "--design", "30x20", "--gtin", GTIN];
        let more = ["--count", count, "--spare-percent", spare];
        site.markwright(&[&words[..], &more].concat()).await
    };
    assert_eq!(file("10", "20").await, "job 1: 10 labels on roll-1\n");
    let (daemon, person) = begin(&site).await;
    assert_eq!(file("5", "0").await, "job 2: 5 labels on roll-1\n");
    person.start().await;
    person.until("job 2", |line| line["planned"] == 5).await;
    person.bring_to_the_end().await;
    for (job, ordered, made) in [(1, 10, 12), (2, 5, 5)] {
        let sheet = person.passport_when_done(job).await;
        assert_eq!((&sheet["ordered"], &sheet["handed_over"]), (&ordered.into(), &made.into()));
        assert_eq!(sheet["states"], states(&[(CodeState::Printed, made)]));
    }
    daemon.end().await;
    let listed = site.markwright(&["job", "list"]).await;
    assert_eq!(listed.matches("\"state\":\"done\"").count(), 2, "{listed}");
    assert_eq!(rows(&site.close().await), [1; 17]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_killed_in_the_middle_of_a_roll_begins_a_new_piece_and_loses_nothing() {
    let window = 2;
    let plan = Plan {
        planned: 30,
        codes: 60,
        roll: THREE_UP,
        window,
        inches_per_second: 3.0,
        ..Plan::default()
    };
    let site = Site::build(plan).await;
    let (daemon, person) = begin(&site).await;
    person.start().await;
    let middle = site.printer.controls.until(|now| now.sheets >= 4);
    timeout(SOON, middle).await.expect("a few rows");
    daemon.kill().await;

    let daemon = site.start().await;
    let person = Person::sign_in(&daemon, LINE).await;
    person.bring_to_the_end().await;
    let sheet = person.passport_when_done(1).await;
    daemon.end().await;
    let codes = site.states().await;
    let ledger = site.close().await;

    assert_eq!(sheet["sums_close"], true, "{sheet}");
    assert_eq!(sheet["counts"]["good"], 30, "{sheet}");
    let doubtful = sheet["counts"]["doubtful"].as_u64().unwrap();
    let most = 3 * (window as u64 + 1);
    assert!((1..=most).contains(&doubtful), "{doubtful} in doubt: {sheet}");
    let of_store = codes.values().filter(|state| **state == CodeState::Doubtful).count();
    assert_eq!(of_store as u64, doubtful);
    assert_eq!(sheet["doubtful"].as_array().unwrap().len() as u64, doubtful);
    assert_eq!(sheet["pieces"].as_array().unwrap().len(), 2, "{sheet}");
    // A leader, the rows of the first piece, a leader, the rest, a trailer.
    let rows = rows(&ledger);
    assert_eq!(rows.iter().filter(|codes| **codes == 0).count(), 3, "{rows:?}");
    let second = rows.iter().skip(1).position(|codes| *codes == 0).unwrap() + 1;
    let first_of_second = serial(&ledger[second + 1].codes[0]);
    assert_eq!(sheet["pieces"][1]["first"], Value::from(first_of_second), "{sheet}");
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_run_out_in_the_middle_of_a_label_end_the_piece() {
    let out = Incident::new(5, Mood::Fault(Fault::MediaOut)).after(0.4);
    let plan = Plan {
        language: Language::Tspl,
        window: 1,
        script: out.lasts(Duration::from_secs(1)).into(),
        ..Plan::default()
    };
    let site = Site::build(plan).await;
    let (daemon, person) = begin(&site).await;
    person.start().await;
    let line = person.until_state(LineState::Held).await;
    assert!(says(&line, "out of labels"), "{line}");
    person.bring_to_the_end().await;
    let sheet = person.passport_when_done(1).await;
    daemon.end().await;
    let ledger = site.close().await;
    let counts = &sheet["counts"];
    assert_eq!((&counts["good"], &sheet["sums_close"]), (&10.into(), &true.into()), "{sheet}");
    let doubtful = counts["doubtful"].as_u64().unwrap();
    assert!((1..=2).contains(&doubtful), "{sheet}");
    let cut = ledger.iter().position(|sheet| sheet.partial).unwrap();
    assert!(ledger[cut + 1..].iter().any(|sheet| sheet.codes.is_empty()), "a new leader");
    assert_eq!(sheet["pieces"].as_array().unwrap().len(), 2, "{sheet}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_the_camera_cannot_read_is_void_and_another_code_takes_its_place() {
    // The head is dead over a part of the symbol while labels 4 and 5 are printed.
    let plan = Plan { planned: 8, inches_per_second: 6.0, camera: true, ..Plan::default() };
    let dead = Mood::DeadDots { column: 30, columns: 60 };
    let script = Incident::new(4, dead).lasts(Duration::from_millis(150)).into();
    let site = Site::build(Plan { script, ..plan }).await;
    let (daemon, person) = begin(&site).await;
    person.start().await;
    person.bring_to_the_end().await;
    let sheet = person.passport_when_done(1).await;
    daemon.end().await;
    let codes = site.states().await;
    let ledger = site.close().await;
    let counts = &sheet["counts"];
    assert_eq!((&counts["good"], &sheet["sums_close"]), (&8.into(), &true.into()), "{sheet}");
    let void = counts["void"].as_u64().unwrap();
    assert!(void >= 1, "{sheet}");
    assert_eq!(sheet["handed_over"], 8 + void);
    let rejected = codes.values().filter(|state| **state == CodeState::Rejected).count();
    assert_eq!(rejected as u64, void);
    for label in sheet["void"].as_array().unwrap() {
        assert_eq!(label["known"], "symbol not readable", "{label}");
    }
    // Leader, good labels, trailer; the void ones, and a label behind each that says so. Of the
    // fourth label of the roll nothing can be read.
    assert_eq!(ledger.len() as u64, 1 + 8 + 1 + 2 * void);
    assert!(ledger[3].codes.is_empty() && !ledger[3].blank, "{:?}", ledger[3]);
    assert_eq!(sheet["void"][0]["place"], 3, "{sheet}");
}

/// The lot that the configuration names with the goods.
const CONFIGURED: &str =
    "country = \"Беларусь\"\nbatch = \"17\"\ndate = \"20.11.2026\"\nbest_before = \"04.12.2026\"\n";

/// The words of the lot on a printed label of the design `dairy` (right of the symbol, 7.1 to 14 mm from above), dot
/// by dot: whether they are these.
fn says_of_its_lot(label: &PrintedLabel, [batch, date, best_before]: [&str; 3]) -> bool {
    let goods = Goods {
        name: "Кефир «Раница» 2,5 %".into(),
        batch: batch.into(),
        date: date.into(),
        best_before: best_before.into(),
        ..Goods::default()
    };
    let design = label::design("dairy").unwrap();
    let code = CodeText::new(label.codes[0].as_str());
    let placed = label::place(design, &goods, &code, 300.0 / 25.4).unwrap();
    let wanted = label::raster(&placed, &code).unwrap();
    let dots = |tenths_of_mm: u32| tenths_of_mm * 300 / 254;
    let mut area = (dots(71)..dots(140)).flat_map(|y| (dots(146)..dots(392)).map(move |x| (x, y)));
    // A dot is printed where the ink of a letter covers two fifths of it.
    let covered = |(x, y)| wanted.get_pixel(x, y).0[0] < 153;
    let burnt = |(x, y)| label.raster.get_pixel(x, y).0[0] == 0;
    let drawn = area.clone().filter(|at| covered(*at)).count();
    assert!(drawn > 500, "{drawn}");
    area.all(|at| burnt(at) == covered(at))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_label_that_leaves_carries_the_lot_of_its_job_also_after_the_daemon_was_killed() {
    let plan = Plan { roll: "", design: "dairy", goods: CONFIGURED, ..Plan::default() };
    let site = Site::build(Plan { inches_per_second: 3.0, ..plan }).await;
    let file = async |count: &str, lot: &[&str]| {
        let words = ["job", "add", "--line", LINE, "--design", "dairy", "--gtin", GTIN];
        site.markwright(&[&words[..], &["--count", count], lot].concat()).await
    };
    file("2", &[]).await;
    // A lot is taken whole: this one says nothing of a date of production.
    file("12", &["--batch", "18", "--best-before", "05.12.2026"]).await;
    let (daemon, person) = begin(&site).await;
    person.start().await;
    person.until("job 2", |line| line["planned"] == 12).await;
    person.start().await;
    let middle = site.printer.controls.until(|now| now.sheets >= 4);
    timeout(SOON, middle).await.expect("a few labels");
    daemon.kill().await;

    let daemon = site.start().await;
    let person = Person::sign_in(&daemon, LINE).await;
    person.bring_to_the_end().await;
    person.passport_when_done(2).await;
    daemon.end().await;
    let labels = site.heap.lock().unwrap().clone();
    let whole: Vec<_> = labels.iter().filter(|label| !label.partial).collect();
    assert!(whole.len() >= 14, "{}", whole.len());
    for (number, label) in whole.iter().enumerate() {
        let (first, second) = (["17", "20.11.2026", "04.12.2026"], ["18", "", "05.12.2026"]);
        let (wanted, other) = if number < 2 { (first, second) } else { (second, first) };
        assert!(says_of_its_lot(label, wanted), "label {number}");
        assert!(!says_of_its_lot(label, other), "label {number}");
    }
    site.close().await;
}
