//! The report of a batch as a document.
use super::at;
use super::paper::{facts, sums};
use super::pictures::{PICTURES_MAX, Small};
use crate::label::{DesignProblem, Document, Tile};
use crate::line::RejectReason;
use crate::store::{
    Batch, BatchPaper, BatchRefusal, BatchReject, BatchReport, BinCount, LISTED_MAX, Listed, Stop,
};
use crate::telemetry::clock::Micros;

/// On paper, with these pictures of rejects.
pub(super) fn pdf(batch: &Batch, small: &[Small]) -> Result<Vec<u8>, DesignProblem> {
    let mut paper = Document::new(&format!("Batch report: job {}", batch.job.id));
    paper.heading(&format!("Job {}", batch.job.id));
    paper.facts(&facts(batch));
    write_sums(&mut paper, batch);
    write_rejects(&mut paper, batch);
    write_pictures(&mut paper, batch, small);
    write_line(&mut paper, batch);
    write_told(&mut paper, batch);
    write_people(&mut paper, batch);
    paper.finish()
}

/// As they were signed, and what was decided since.
fn write_sums(paper: &mut Document, batch: &Batch) {
    match &batch.closure {
        Some(_) if batch.sums_spoiled => {
            paper.heading("Sums now");
            paper.paragraph(
                "What is kept of the signed sums is not what the signatures name. What follows is \
                 how things stand now.",
            );
        }
        Some(closure) => {
            paper.heading(&format!("Sums as they were signed, {}", at(closure.at)));
            paper.paragraph(&format!("SHA-256 {}", closure.sums_sha256));
        }
        None => paper.heading("Sums"),
    }
    for sum in sums(&batch.sums) {
        paper.paragraph(&sum);
    }
    for open in batch.sums.open() {
        paper.paragraph(&format!("Open: {open}."));
    }
    if batch.amendments.is_empty() && !batch.sums_now.differ_from(&batch.sums) {
        return;
    }
    if batch.amendments.is_empty() {
        paper.paragraph(
            "The sums are others now, and no amendment says why: that was before amendments were \
             kept.",
        );
    }
    let columns = [("Time", 34.0), ("What", 76.0), ("Who and why", 68.0)];
    let row = |one: &crate::store::Amendment| vec![at(one.at), one.words(), one.because()];
    let rows: Vec<_> = batch.amendments.listed.iter().map(row).collect();
    table(paper, "Amendments since", &columns, &rows);
    for (words, n) in &batch.amendments.counted {
        paper.paragraph(&format!("{n} {words}"));
    }
    paper.paragraph("With them, now:");
    for sum in sums(&batch.sums_now) {
        paper.paragraph(&sum);
    }
    let (list, n) = &batch.codes_sha256_now;
    paper.paragraph(&format!("{n} codes went out now, SHA-256 of their list {list}"));
}

fn table(paper: &mut Document, heading: &str, columns: &[(&str, f32)], rows: &[Vec<String>]) {
    paper.heading(heading);
    if rows.is_empty() {
        return paper.paragraph("None.");
    }
    paper.table(columns, rows);
}

fn write_rejects(paper: &mut Document, batch: &Batch) {
    paper.heading("Rejects by reason");
    if batch.reasons.is_empty() {
        paper.paragraph("None.");
    } else {
        #[expect(clippy::cast_precision_loss, reason = "numbers of rejects are small")]
        let bars: Vec<_> = batch.reasons.iter().map(|(words, n)| (*words, *n as f64)).collect();
        paper.bars(&bars);
    }
    let row = |one: &BatchReject| {
        let reason = one.reason.map_or("rejected", RejectReason::words).to_owned();
        let picture = one.picture.map_or_else(|| "–".to_owned(), |p| p.0.to_string());
        let serial = one.serial.clone().unwrap_or_else(|| "–".to_owned());
        vec![at(one.at), one.tag.to_string(), serial, reason, picture]
    };
    let columns = [
        ("Time", 34.0),
        ("Product", 18.0),
        ("Serial number", 40.0),
        ("Reason", 52.0),
        ("Picture", 34.0),
    ];
    let rows: Vec<_> = batch.rejects.iter().map(row).collect();
    table(paper, "Rejected codes", &columns, &rows);
    if rows.len() == LISTED_MAX {
        paper.paragraph("There are more: they are counted above and not listed.");
    }
}

/// The pictures that are there, each with the number that the table names.
fn write_pictures(paper: &mut Document, batch: &Batch, small: &[Small]) {
    let with_picture = batch.rejects.iter().filter(|one| one.picture.is_some()).count();
    if with_picture == 0 {
        return;
    }
    paper.heading("Pictures of rejects");
    let tiles: Vec<_> = small
        .iter()
        .filter_map(|small| {
            let picture = small.picture()?;
            let one = batch.rejects.iter().find(|one| one.picture == Some(small.id));
            let reason = one.and_then(|one| one.reason).map_or("rejected", RejectReason::words);
            let tag = one.map_or(0, |one| one.tag);
            let words = [format!("{}: product {tag}", small.id.0), reason.to_owned()];
            let (width, height) = (picture.width, picture.height);
            Some(Tile { words, width, height, luma: picture.luma })
        })
        .collect();
    paper.tiles(&tiles);
    if small.len() < with_picture {
        paper.paragraph(&format!(
            "{} of {with_picture} pictures: a report holds {PICTURES_MAX} at most, and a camera keeps \
             its last ones only.",
            small.len()
        ));
    }
}

fn write_line(paper: &mut Document, batch: &Batch) {
    let until = |time: Option<Micros>| time.map_or_else(|| "stands".to_owned(), at);
    let columns = [("From", 34.0), ("To", 34.0), ("State", 24.0), ("Why", 86.0)];
    let row = |stop: &Stop| {
        vec![at(stop.from), until(stop.to), stop.state_name().to_owned(), stop.words()]
    };
    let rows: Vec<_> = batch.stops.listed.iter().map(row).collect();
    table(paper, "Stops", &columns, &rows);
    more(paper, &batch.stops);
    let columns = [("Came", 34.0), ("Went", 34.0), ("Alarm", 110.0)];
    let rows: Vec<_> = batch
        .alarms
        .listed
        .iter()
        .map(|(words, from, to)| vec![at(*from), until(*to), words.clone()])
        .collect();
    table(paper, "Alarms", &columns, &rows);
    more(paper, &batch.alarms);
}

fn more<T>(paper: &mut Document, some: &Listed<T>) {
    if let Some(words) = some.more() {
        paper.paragraph(&words);
    }
}

/// Reports, documents, and what was refused.
fn write_told(paper: &mut Document, batch: &Batch) {
    let dash = |name: &Option<String>| name.clone().unwrap_or_else(|| "–".to_owned());
    let columns =
        [("Number", 18.0), ("Name there", 74.0), ("Kind", 34.0), ("State", 28.0), ("Codes", 20.0)];
    let row = |one: &BatchReport| {
        let (kind, state) = (one.kind.clone(), one.state.clone());
        vec![one.id.to_string(), dash(&one.upstream_id), kind, state, one.codes.to_string()]
    };
    let rows: Vec<_> = batch.told.reports.iter().map(row).collect();
    table(paper, "Reports to the state system", &columns, &rows);
    let row = |BatchPaper { paper, codes }: &BatchPaper| {
        let (kind, state) = (paper.kind.words().to_owned(), paper.state.words().to_owned());
        vec![paper.id.to_string(), dash(&paper.upstream_id), kind, state, codes.to_string()]
    };
    let rows: Vec<_> = batch.told.papers.iter().map(row).collect();
    table(paper, "Documents to the state system", &columns, &rows);
    let columns = [("Time", 34.0), ("Report", 18.0), ("Codes", 18.0), ("Refused because", 104.0)];
    let row = |one: &BatchRefusal| {
        vec![at(one.at), one.report.to_string(), one.codes.to_string(), one.because()]
    };
    let rows: Vec<_> = batch.told.refusals.iter().map(row).collect();
    table(paper, "Refused by the state system", &columns, &rows);
}

fn write_people(paper: &mut Document, batch: &Batch) {
    let columns = [("Time", 34.0), ("Which", 16.0), ("Person", 28.0), ("Found", 100.0)];
    let rows: Vec<_> = batch
        .clearances
        .iter()
        .map(|one| {
            let found = format!(
                "bin {} of {} {}; ribbon {}, labels {}; {}",
                one.bin_counted,
                one.bin_expected,
                one.bin_reason,
                one.ribbon_lot,
                one.label_lot,
                one.recipe
            );
            vec![at(one.at), one.phase.word().to_owned(), one.person.clone(), found]
        })
        .collect();
    table(paper, "Line clearance", &columns, &rows);
    let columns = [("Time", 34.0), ("Person", 40.0), ("Counted", 24.0), ("Put there", 40.0)];
    let row = |one: &BinCount| {
        let counted = one.counted.to_string();
        vec![at(one.at), one.person.clone(), counted, one.put_there.expected()]
    };
    let rows: Vec<_> = batch.bin_counts.iter().map(row).collect();
    table(paper, "Bin counted", &columns, &rows);
    let columns = [("Time", 34.0), ("Case", 28.0), ("Person", 28.0), ("Result", 88.0)];
    let rows: Vec<_> = batch
        .challenges
        .iter()
        .map(|one| {
            let result = one.result.map_or("under way", crate::line::ChallengeResult::word);
            let result = format!("{result}: {}", one.why);
            vec![at(one.begun_at), one.kind.words().to_owned(), one.person.clone(), result]
        })
        .collect();
    table(paper, "Challenge tests", &columns, &rows);
    let columns = [("Time", 34.0), ("Serial number", 44.0), ("Person", 28.0), ("What for", 72.0)];
    let rows: Vec<_> = batch
        .samples
        .iter()
        .map(|one| vec![at(one.at), one.serial.clone(), one.person.clone(), one.reason.clone()])
        .collect();
    table(paper, "Samples", &columns, &rows);
    let columns = [("Time", 34.0), ("Person", 40.0), ("Meaning", 24.0), ("Reason", 80.0)];
    let rows: Vec<_> = batch
        .signatures
        .iter()
        .map(|one| {
            let who = format!("{} ({})", one.person, one.role);
            vec![at(Micros(one.at)), who, one.meaning.clone(), one.reason.clone()]
        })
        .collect();
    table(paper, "Signatures", &columns, &rows);
}
