//! The report of a batch as facts in words, as JSON, and as a document.
use super::at;
use crate::label::{DesignProblem, Document};
use crate::line::RejectReason;
use crate::store::{Batch, BatchReject, JobSums, LISTED_MAX};
use crate::telemetry::clock::Micros;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What the head of a report says: name and value.
pub(super) fn facts(batch: &Batch) -> Vec<(&'static str, String)> {
    let (job, wanted) = (&batch.job, &batch.job.wanted);
    let dash = |said: &str| if said.is_empty() { "–".to_owned() } else { said.to_owned() };
    let time = |time: Option<Micros>| time.map_or_else(|| "–".to_owned(), at);
    let ordered = match wanted.planned {
        0 => "until somebody stops it".to_owned(),
        planned => planned.to_string(),
    };
    let closed = batch.closure.as_ref().map_or_else(
        || "not yet".to_owned(),
        |closure| format!("{} by {}", at(closure.at), closure.person),
    );
    vec![
        ("State", job.standing().words().to_owned()),
        ("Closed", closed),
        ("Line", wanted.line.clone()),
        ("Goods", batch.goods.as_ref().map_or_else(|| "–".to_owned(), |g| g.name.clone())),
        ("GTIN", wanted.gtin.to_string()),
        ("Batch", dash(&batch.lot.batch)),
        ("Date of production", dash(&batch.lot.date)),
        ("Best before", dash(&batch.lot.best_before)),
        ("Label design", wanted.design.clone()),
        ("Ordered", ordered),
        ("Begun", time(job.started_at)),
        ("Ended", time(job.ended_at)),
        ("People", dash(&batch.people.join(", "))),
        ("Codes that went out", batch.codes_sha256.1.to_string()),
        ("SHA-256 of their list", batch.codes_sha256.0.clone()),
    ]
}

/// Both sums in words: codes, then products.
pub(super) fn sums(sums: &JobSums) -> [String; 2] {
    let says = |closes: bool| if closes { "it closes." } else { "IT DOES NOT CLOSE." };
    let codes = &sums.codes;
    let roll = match sums.on_roll {
        0 => String::new(),
        n => format!(" + {n} on the roll"),
    };
    let products = &sums.products;
    let under_way = sums.under_way();
    let never_seen = match sums.never_seen {
        0 => String::new(),
        n => format!(
            " {n} more labels of the array are printed, and nobody has seen them on a product."
        ),
    };
    [
        format!(
            "{} codes handed over = {} verified{roll} + {} rejected + {} scrapped + {} sampled + {} \
             in doubt + {under_way} under way: {}{never_seen}",
            sums.handed_over,
            codes.verified,
            codes.rejected,
            codes.scrapped,
            codes.sampled,
            codes.doubtful,
            says(sums.codes_close())
        ),
        format!(
            "{} products seen = {} verified + {} rejected ({} of them test products) + {} sampled + \
             {} unaccounted + {} on the belt: {}",
            products.seen,
            products.verified,
            products.rejected,
            sums.challenges,
            products.sampled,
            products.unaccounted,
            sums.on_belt,
            says(sums.products_close())
        ),
    ]
}

fn rfc3339(time: Micros) -> Option<String> {
    Timestamp::from_microsecond(time.0).map(|t| t.to_string()).ok()
}

/// For programs.
pub(super) fn json(batch: &Batch) -> Value {
    let (job, wanted) = (&batch.job, &batch.job.wanted);
    let line = &wanted.line;
    let rejects: Vec<_> = batch.rejects.iter().map(|one| reject(line, one)).collect();
    let reasons: Vec<_> =
        batch.reasons.iter().map(|(words, n)| json!({"reason": words, "n": n})).collect();
    let alarms: Vec<_> = batch
        .alarms
        .iter()
        .map(|(words, from, to)| {
            json!({"words": words, "raised": rfc3339(*from), "cleared": to.and_then(rfc3339)})
        })
        .collect();
    let stops: Vec<_> = batch
        .stops
        .iter()
        .map(|stop| {
            json!({
                "state": stop.state.name(), "why": stop.why,
                "from": rfc3339(stop.from), "to": stop.to.and_then(rfc3339),
            })
        })
        .collect();
    let reports: Vec<_> = batch
        .reports
        .iter()
        .map(|(id, name, kind, state, n)| {
            json!({"report": id, "upstream_id": name, "kind": kind, "state": state, "codes": n})
        })
        .collect();
    json!({
        "job": job.id, "standing": job.standing().name(), "line": line,
        "gtin": wanted.gtin.as_str(), "goods": batch.goods.as_ref().map(|goods| &goods.name),
        "lot": {
            "batch": batch.lot.batch, "date": batch.lot.date,
            "best_before": batch.lot.best_before,
        },
        "design": wanted.design, "ordered": wanted.planned,
        "begun": job.started_at.and_then(rfc3339), "ended": job.ended_at.and_then(rfc3339),
        "people": batch.people,
        "sums": batch.sums, "codes_close": batch.sums.codes_close(),
        "products_close": batch.sums.products_close(), "open": batch.sums.open(),
        "sums_spoiled": batch.sums_spoiled, "sums_now": batch.sums_now,
        "amendments": amendments(batch),
        "amendments_counted": batch.amendments.counted.iter()
            .map(|(words, n)| json!({"what": words, "n": n})).collect::<Vec<_>>(),
        "rejects_by_reason": reasons, "rejects": rejects,
        "alarms": alarms, "stops": stops,
        "codes": batch.codes_sha256.1, "codes_sha256": batch.codes_sha256.0,
        "codes_now": batch.codes_sha256_now.1, "codes_sha256_now": batch.codes_sha256_now.0,
        "clearances": clearances(batch), "challenges": challenges(batch),
        "samples": samples(batch), "reports": reports,
        "closed": batch.closure.as_ref().map(|closure| json!({
            "at": rfc3339(closure.at), "by": closure.person, "sums_sha256": closure.sums_sha256,
            "sums": closure.sums,
        })),
        "signatures": batch.signatures.iter().map(|one| json!({
            "at": rfc3339(Micros(one.at)), "person": one.person, "role": one.role,
            "meaning": one.meaning, "reason": one.reason, "sums_sha256": one.sums_sha256,
        })).collect::<Vec<_>>(),
    })
}

fn amendments(batch: &Batch) -> Vec<Value> {
    let one = |one: &crate::store::Amendment| {
        json!({
            "at": rfc3339(one.at), "serial": one.serial, "tag": one.tag, "was": one.was,
            "is": one.is_now, "person": one.person, "reason": one.reason,
        })
    };
    batch.amendments.listed.iter().map(one).collect()
}

fn reject(line: &str, one: &BatchReject) -> Value {
    let picture = one.picture.map(|picture| format!("/lines/{line}/pictures/{}.png", picture.0));
    json!({
        "tag": one.tag, "at": rfc3339(one.at), "reason": one.reason.map(RejectReason::word),
        "serial": one.serial, "picture": picture,
    })
}

fn clearances(batch: &Batch) -> Vec<Value> {
    let one = |one: &crate::store::Clearance| {
        json!({
            "phase": one.phase.word(), "at": rfc3339(one.at), "person": one.person,
            "bin_counted": one.bin_counted, "bin_expected": one.bin_expected,
            "bin_reason": one.bin_reason, "ribbon_lot": one.ribbon_lot,
            "label_lot": one.label_lot, "recipe": one.recipe,
        })
    };
    batch.clearances.iter().map(one).collect()
}

fn challenges(batch: &Batch) -> Vec<Value> {
    let one = |one: &crate::store::Challenge| {
        json!({
            "case": one.kind.word(), "shows": one.shows, "person": one.person,
            "begun": rfc3339(one.begun_at), "tag": one.tag,
            "result": one.result.map(crate::line::ChallengeResult::word), "why": one.why,
            "ended": one.ended_at.and_then(rfc3339),
        })
    };
    batch.challenges.iter().map(one).collect()
}

fn samples(batch: &Batch) -> Vec<Value> {
    let one = |one: &crate::store::Sample| {
        json!({
            "serial": one.serial, "was": one.was, "told_before": one.told,
            "at": rfc3339(one.at), "person": one.person, "reason": one.reason,
            "returned": one.returned.as_ref().map(|(at, who, how)| {
                json!({"at": rfc3339(*at), "person": who, "how": how})
            }),
        })
    };
    batch.samples.iter().map(one).collect()
}

/// On paper.
pub(super) fn pdf(batch: &Batch) -> Result<Vec<u8>, DesignProblem> {
    let mut paper = Document::new(&format!("Batch report: job {}", batch.job.id));
    paper.heading(&format!("Job {}", batch.job.id));
    paper.facts(&facts(batch));
    write_sums(&mut paper, batch);
    write_rejects(&mut paper, batch);
    write_line(&mut paper, batch);
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
        let picture = one.picture.map_or_else(|| "–".to_owned(), |p| format!("{}.png", p.0));
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

fn write_line(paper: &mut Document, batch: &Batch) {
    let until = |time: Option<Micros>| time.map_or_else(|| "stands".to_owned(), at);
    let columns = [("From", 34.0), ("To", 34.0), ("State", 24.0), ("Why", 86.0)];
    let rows: Vec<_> = batch
        .stops
        .iter()
        .map(|stop| {
            vec![at(stop.from), until(stop.to), stop.state.name().to_owned(), stop.why.clone()]
        })
        .collect();
    table(paper, "Stops", &columns, &rows);
    let columns = [("Came", 34.0), ("Went", 34.0), ("Alarm", 110.0)];
    let rows: Vec<_> = batch
        .alarms
        .iter()
        .map(|(words, from, to)| vec![at(*from), until(*to), words.clone()])
        .collect();
    table(paper, "Alarms", &columns, &rows);
    let columns =
        [("Report", 18.0), ("Name there", 80.0), ("Kind", 28.0), ("State", 28.0), ("Codes", 20.0)];
    let rows: Vec<_> = batch
        .reports
        .iter()
        .map(|(id, name, kind, state, n)| {
            let name = name.clone().unwrap_or_else(|| "–".to_owned());
            vec![id.to_string(), name, kind.clone(), state.clone(), n.to_string()]
        })
        .collect();
    table(paper, "Reports to the state system", &columns, &rows);
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
