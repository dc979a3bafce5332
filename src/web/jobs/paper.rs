//! The report of a batch as facts in words, and as JSON.
use super::{at, pictures};
use crate::line::RejectReason;
use crate::store::{
    Batch, BatchPaper, BatchRefusal, BatchReject, BatchReport, BinCount, JobBin, JobSums,
    Signature, Stop,
};
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

/// The sums in words: codes, products, the bin where there is one, and what was counted apart.
pub(super) fn sums(sums: &JobSums) -> Vec<String> {
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
    let bin = sums.bin.as_ref().map(|bin| in_bin(bin, products.rejected));
    let both = [
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
    ];
    let held = sums.held.iter().map(|held| {
        let says = if held.agrees() { "they agree." } else { "THEY DO NOT AGREE." };
        format!("{}: {says}", held.words())
    });
    both.into_iter().chain(bin).chain(held).collect()
}

/// What was counted in the bin against what the line rejected, in words.
fn in_bin(bin: &JobBin, rejects: u64) -> String {
    let Some(counted) = bin.counted else {
        return format!("The bin, with {rejects} rejects of this job, is not counted yet.");
    };
    let others = match bin.rejected.saturating_sub(rejects) {
        0 => String::new(),
        n => format!(", {n} of them of other jobs"),
    };
    let nameless = match bin.nameless {
        0 => String::new(),
        n => format!(", {n} that the line did not know"),
    };
    let says = if bin.agrees(rejects) { "they agree." } else { "THEY DO NOT AGREE." };
    format!(
        "{counted} products counted in the bin, {} put there by the line ({} rejects{others}\
         {nameless}): {says}",
        bin.expected(),
        bin.rejected
    )
}

fn rfc3339(time: Micros) -> Option<String> {
    Timestamp::from_microsecond(time.0).map(|t| t.to_string()).ok()
}

/// For programs.
pub(super) fn json(batch: &Batch) -> Value {
    let (job, wanted) = (&batch.job, &batch.job.wanted);
    let line = &wanted.line;
    let rejects: Vec<_> = batch.rejects.iter().map(|one| reject(line, job.id, one)).collect();
    let reasons: Vec<_> =
        batch.reasons.iter().map(|(words, n)| json!({"reason": words, "n": n})).collect();
    let alarms: Vec<_> = batch
        .alarms
        .listed
        .iter()
        .map(|(words, from, to)| {
            json!({"words": words, "raised": rfc3339(*from), "cleared": to.and_then(rfc3339)})
        })
        .collect();
    let stops: Vec<_> = batch.stops.listed.iter().map(stop).collect();
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
        "amendments_counted": amendments_counted(batch),
        "rejects_by_reason": reasons, "rejects": rejects,
        "alarms": alarms, "alarms_counted": batch.alarms.all,
        "stops": stops, "stops_counted": batch.stops.all, "bin_counts": bin_counts(batch),
        "codes": batch.codes_sha256.1, "codes_sha256": batch.codes_sha256.0,
        "codes_now": batch.codes_sha256_now.1, "codes_sha256_now": batch.codes_sha256_now.0,
        "clearances": clearances(batch), "challenges": challenges(batch),
        "samples": samples(batch), "reports": reports(batch),
        "documents": documents(batch), "refusals": refusals(batch),
        "closed": closed(batch), "signatures": signatures(batch),
    })
}

fn closed(batch: &Batch) -> Option<Value> {
    let closure = batch.closure.as_ref()?;
    Some(json!({
        "at": rfc3339(closure.at), "by": closure.person, "sums_sha256": closure.sums_sha256,
        "sums": closure.sums,
    }))
}

fn signatures(batch: &Batch) -> Vec<Value> {
    let one = |one: &Signature| {
        json!({
            "at": rfc3339(Micros(one.at)), "person": one.person, "role": one.role,
            "meaning": one.meaning, "reason": one.reason, "sums_sha256": one.sums_sha256,
        })
    };
    batch.signatures.iter().map(one).collect()
}

fn amendments_counted(batch: &Batch) -> Vec<Value> {
    let counted = batch.amendments.counted.iter();
    counted.map(|(words, n)| json!({"what": words, "n": n})).collect()
}

fn stop(stop: &Stop) -> Value {
    json!({
        "state": stop.state_name(), "why": stop.why, "note": stop.note, "person": stop.person,
        "from": rfc3339(stop.from), "to": stop.to.and_then(rfc3339),
    })
}

fn bin_counts(batch: &Batch) -> Vec<Value> {
    let one = |one: &BinCount| {
        json!({
            "at": rfc3339(one.at), "person": one.person, "counted": one.counted,
            "put_there": one.put_there.seen(), "unseen": one.put_there.unseen,
        })
    };
    batch.bin_counts.iter().map(one).collect()
}

fn reports(batch: &Batch) -> Vec<Value> {
    let one = |one: &BatchReport| {
        json!({
            "report": one.id, "upstream_id": one.upstream_id, "kind": one.kind,
            "state": one.state, "codes": one.codes,
        })
    };
    batch.told.reports.iter().map(one).collect()
}

fn documents(batch: &Batch) -> Vec<Value> {
    let one = |one: &BatchPaper| {
        json!({
            "document": one.paper.id, "upstream_id": one.paper.upstream_id,
            "kind": one.paper.kind.word(), "state": one.paper.state.word(), "codes": one.codes,
            "made": rfc3339(one.paper.made_at), "ended": one.paper.ended_at.and_then(rfc3339),
            "problem": one.paper.problem,
        })
    };
    batch.told.papers.iter().map(one).collect()
}

fn refusals(batch: &Batch) -> Vec<Value> {
    let one = |one: &BatchRefusal| {
        json!({
            "report": one.report, "upstream_id": one.upstream_id, "kind": one.kind,
            "words": one.words, "state": one.state, "codes": one.codes, "at": rfc3339(one.at),
        })
    };
    batch.told.refusals.iter().map(one).collect()
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

fn reject(line: &str, job: i64, one: &BatchReject) -> Value {
    let picture = one.picture.map(|picture| pictures::address(line, job, picture));
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
