//! A passport as facts in words, as JSON, and as a document.
use super::at;
use crate::label::{DesignProblem, Document};
use crate::store::{OddLabel, Passport};
use crate::telemetry::clock::Micros;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Letters of print quality (ISO/IEC 15415), the best first.
const GRADES: [&str; 5] = ["A", "B", "C", "D", "F"];

/// What the head of a passport says: name and value.
pub(super) fn facts(sheet: &Passport) -> Vec<(&'static str, String)> {
    let (job, wanted) = (&sheet.job, &sheet.job.wanted);
    let time = |time: Option<Micros>| time.map_or_else(|| "–".to_owned(), at);
    let unknown = || "not known".to_owned();
    let printer = job.printer.clone().map_or_else(unknown, |profile| match &job.printer_id {
        Some(id) => format!("{profile}, number {id}"),
        None => profile,
    });
    let ordered = match wanted.planned {
        0 => "until somebody stops it".to_owned(),
        planned => planned.to_string(),
    };
    let lot = sheet.lot();
    let or_dash = |said: String| if said.is_empty() { "–".to_owned() } else { said };
    let people = if sheet.people.is_empty() { unknown() } else { sheet.people.join(", ") };
    vec![
        ("State", job.state.to_string()),
        ("Line", wanted.line.clone()),
        ("Goods", sheet.goods.as_ref().map_or_else(unknown, |goods| goods.name.clone())),
        ("GTIN", wanted.gtin.to_string()),
        ("Batch", or_dash(lot.batch)),
        ("Date of production", or_dash(lot.date)),
        ("Best before", or_dash(lot.best_before)),
        ("Label design", wanted.design.clone()),
        ("Printer", printer),
        ("Begun", time(job.started_at)),
        ("Ended", time(job.ended_at)),
        ("People", people),
        ("Labels ordered", ordered),
        ("Spare labels", format!("{} %", wanted.roll.spare_percent)),
    ]
}

/// What became of the labels: name and number.
pub(super) fn counts(sheet: &Passport) -> Vec<(&'static str, u64)> {
    vec![
        ("Handed to the printer", sheet.handed_over),
        ("Good", sheet.fates.good),
        ("Void: must not be used", sheet.fates.void),
        ("In doubt", sheet.fates.doubtful),
        ("Under way", sheet.fates.under_way),
    ]
}

/// Good labels by grade; nothing where none was graded.
pub(super) fn grades(sheet: &Passport) -> Vec<(&'static str, u64)> {
    if sheet.grades.is_empty() {
        return Vec::new();
    }
    let of = |letter: &'static str| (letter, sheet.grades.get(letter).copied().unwrap_or_default());
    let mut grades: Vec<_> = GRADES.into_iter().map(of).collect();
    grades.push(("not graded", sheet.not_graded()));
    grades
}

/// Labels that are not like the others, under their headings.
pub(super) fn odd(sheet: &Passport) -> [(&'static str, &[OddLabel]); 2] {
    [("Void labels: must not be used", &sheet.voids), ("Labels in doubt", &sheet.doubtful)]
}

/// The sum check in words.
pub(super) fn sum_words(sheet: &Passport) -> String {
    let fates = &sheet.fates;
    let sum = format!(
        "{} handed over = {} good + {} void + {} in doubt + {} under way",
        sheet.handed_over, fates.good, fates.void, fates.doubtful, fates.under_way
    );
    if sheet.sums_close() { format!("{sum}: it closes.") } else { format!("{sum}: IT DOES NOT.") }
}

/// For programs.
pub(super) fn json(sheet: &Passport) -> Value {
    let (job, wanted) = (&sheet.job, &sheet.job.wanted);
    let lot = sheet.lot();
    let some = |said: &str| Some(said.to_owned()).filter(|said| !said.is_empty());
    let time = |time: Micros| Timestamp::from_microsecond(time.0).map(|t| t.to_string()).ok();
    let odd = |label: &OddLabel| {
        json!({
            "serial": label.serial, "piece": label.piece, "place": label.place,
            "known": label.known,
        })
    };
    let pieces: Vec<_> = sheet
        .pieces
        .iter()
        .map(|piece| {
            json!({
                "piece": piece.number, "first": piece.first, "last": piece.last,
                "good": piece.good, "handed_over": piece.handed_over,
            })
        })
        .collect();
    let states: serde_json::Map<_, _> =
        sheet.states.iter().map(|(state, n)| (state.word().to_owned(), json!(n))).collect();
    json!({
        "job": job.id, "state": job.state.word(), "line": wanted.line,
        "gtin": wanted.gtin.as_str(), "goods": sheet.goods.as_ref().map(|goods| &goods.name),
        "lot": {
            "batch": some(&lot.batch), "date": some(&lot.date),
            "best_before": some(&lot.best_before),
        },
        "design": wanted.design, "printer": job.printer, "printer_id": job.printer_id,
        "begun": job.started_at.and_then(time), "ended": job.ended_at.and_then(time),
        "people": sheet.people, "ordered": wanted.planned,
        "spare_percent": wanted.roll.spare_percent, "pause_after": wanted.roll.pause_after,
        "handed_over": sheet.handed_over,
        "counts": {
            "good": sheet.fates.good, "void": sheet.fates.void,
            "doubtful": sheet.fates.doubtful, "under_way": sheet.fates.under_way,
        },
        "states": states,
        "sums_close": sheet.sums_close(),
        "pieces": pieces,
        "grades": sheet.grades, "not_graded": sheet.not_graded(),
        "void": sheet.voids.iter().map(odd).collect::<Vec<_>>(),
        "doubtful": sheet.doubtful.iter().map(odd).collect::<Vec<_>>(),
        "good_codes_sha256": sheet.good_sha256,
    })
}

/// On paper.
pub(super) fn pdf(title: &str, sheets: &[Passport]) -> Result<Vec<u8>, DesignProblem> {
    let mut paper = Document::new(title);
    for sheet in sheets {
        write(&mut paper, sheet);
    }
    paper.finish()
}

fn write(paper: &mut Document, sheet: &Passport) {
    paper.heading(&format!("Job {}", sheet.job.id));
    paper.facts(&facts(sheet));
    paper.heading("Labels");
    let counts: Vec<_> = counts(sheet).into_iter().map(|(what, n)| (what, n.to_string())).collect();
    paper.facts(&counts);
    paper.paragraph(&sum_words(sheet));
    paper.paragraph(&format!(
        "SHA-256 of the good codes in the order of the roll, each with a line feed behind it: {}",
        sheet.good_sha256
    ));
    paper.heading("Pieces of the roll");
    let columns =
        [("Piece", 18.0), ("First good", 50.0), ("Last good", 50.0), ("Good", 22.0), ("All", 22.0)];
    let rows: Vec<_> = sheet
        .pieces
        .iter()
        .map(|p| {
            let (good, all) = (p.good.to_string(), p.handed_over.to_string());
            vec![p.number.to_string(), p.first.clone(), p.last.clone(), good, all]
        })
        .collect();
    paper.table(&columns, &rows);
    paper.heading("Print quality");
    let grades = grades(sheet);
    if grades.is_empty() {
        paper.paragraph("Not graded.");
    } else {
        #[expect(clippy::cast_precision_loss, reason = "numbers of labels are small")]
        let bars: Vec<_> = grades.into_iter().map(|(letter, n)| (letter, n as f64)).collect();
        paper.bars(&bars);
    }
    for (heading, labels) in odd(sheet) {
        odd_labels(paper, heading, labels);
    }
}

fn odd_labels(paper: &mut Document, heading: &str, labels: &[OddLabel]) {
    paper.heading(heading);
    if labels.is_empty() {
        return paper.paragraph("None.");
    }
    let columns = [("Piece", 18.0), ("Place", 18.0), ("Serial number", 50.0), ("Known", 90.0)];
    let row = |label: &OddLabel| {
        let (piece, place) = (label.piece.to_string(), label.place.to_string());
        vec![piece, place, label.serial.clone(), label.known.clone()]
    };
    paper.table(&columns, &labels.iter().map(row).collect::<Vec<_>>());
}
