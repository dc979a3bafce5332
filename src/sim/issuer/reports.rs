//! Reports: what the line says became of its codes, and the station's judgement of each one.
use super::codes;
use super::ledger::{Ledger, Standing};
use super::refusal::Refusal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Codes in one report (CRPT "API СУЗ 3.0", page 176).
const MOST_IN_A_REPORT: usize = 30_000;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Utilisation,
    Dropout,
}

/// The body of `POST /utilisation` and `POST /dropout`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewReport {
    product_group: String,
    sntins: Vec<String>,
    dropout_reason: Option<String>,
    utilisation_type: Option<String>,
}

/// A report that was taken.
#[derive(Debug)]
struct Report {
    kind: Kind,
    taken_at_ms: i64,
    done_at_ms: i64,
    /// Identification and result of each code, as in the manual's table of results.
    results: Vec<(String, u32)>,
}

/// Every report.
#[derive(Debug, Default)]
pub(super) struct Reports(HashMap<String, Report>);

/// Results of single codes (same, pages 415 and 416).
const DONE: u32 = 0;
const ALREADY: u32 = 1;
const NO_SUCH_CODE: u32 = 2;
const WRITTEN_OFF: u32 = 4;
const BAD_CHECK_PART: u32 = 103;

impl NewReport {
    /// Refuses what the station refuses at once.
    pub(super) fn check(&self, kind: Kind, strict_groups: bool) -> Result<(), Refusal> {
        let form = codes::form_of(&self.product_group)
            .ok_or_else(|| Refusal::field("productGroup", "unknown product group"))?;
        let has_report = match kind {
            Kind::Utilisation => !form.utilised_when_given,
            Kind::Dropout => form.takes_dropout,
        };
        if strict_groups && !has_report {
            return Err(Refusal::field("productGroup", "this group has no such report"));
        }
        if !(1..=MOST_IN_A_REPORT).contains(&self.sntins.len()) {
            return Err(Refusal::field("sntins", format!("1 to {MOST_IN_A_REPORT} codes")));
        }
        match (kind, &self.dropout_reason, self.utilisation_type.as_deref()) {
            (Kind::Dropout, reason, _) => self.check_reason(reason.as_deref()),
            (Kind::Utilisation, _, None | Some("UTILISATION" | "RESORT" | "REMARK")) => Ok(()),
            (Kind::Utilisation, _, Some(_)) => Err(Refusal::field("utilisationType", "unknown")),
        }
    }

    /// Reasons (same, page 398); dairy knows two of them.
    fn check_reason(&self, reason: Option<&str>) -> Result<(), Refusal> {
        let all = [
            "DEFECT",
            "QA_SAMPLES",
            "EXPIRY",
            "PRODUCT_RECALL",
            "COMPLAINTS",
            "PRODUCT_TESTING",
            "DEMO_SAMPLES",
            "OTHER",
            "DAMAGE_LOSS",
            "DESTRUCTION",
            "LIQUIDATION",
            "CONFISCATION",
        ];
        let allowed = if self.product_group == "milk" { &all[..2] } else { &all[..] };
        match reason {
            Some(reason) if allowed.contains(&reason) => Ok(()),
            _ => Err(Refusal::field("dropoutReason", format!("one of {}", allowed.join(", ")))),
        }
    }
}

impl Reports {
    /// Takes a report and judges every code of it.
    pub(super) fn take(
        &mut self,
        id: &str,
        kind: Kind,
        new: &NewReport,
        (taken_at_ms, done_at_ms): (i64, i64),
        ledger: &mut Ledger,
    ) {
        let mut results = Vec::with_capacity(new.sntins.len());
        for code in &new.sntins {
            let result = judge(kind, code, &new.product_group, ledger);
            let what = if kind == Kind::Dropout { "dropped" } else { "utilised" };
            ledger.write(taken_at_ms, what, id, code, result);
            results.push((codes::identification(code).to_owned(), result));
        }
        self.0.insert(id.to_owned(), Report { kind, taken_at_ms, done_at_ms, results });
    }

    /// `GET /report/info`.
    pub(super) fn info(&self, id: &str, now_ms: i64) -> Result<Value, Refusal> {
        let report = self.0.get(id).ok_or_else(|| Refusal::not_found("report", id))?;
        let word = report.word(now_ms);
        let mut info = json!({ "reportId": id, "reportStatus": word });
        if word == "REJECTED" {
            let first = report.results.first().map_or(0, |(_, result)| *result);
            info["errorReason"] = format!("{first}: {}", explain(first)).into();
        }
        Ok(info)
    }

    /// `GET /receipts/receipt`, as far as reports go.
    pub(super) fn receipt(&self, id: &str, now_ms: i64) -> Result<Value, Refusal> {
        let report = self.0.get(id).ok_or_else(|| Refusal::not_found("receipt", id))?;
        let done = report.results.iter().filter(|(_, result)| *result == DONE).count();
        let (state, code) = match report.word(now_ms) {
            "SUCCESS" => ("SUCCESS", 0),
            "PARTIALLY" => ("PARTIALLY", 2),
            "REJECTED" => ("FAILED", 1),
            _ => ("IN_PROGRESS", 3),
        };
        let workflow = match report.kind {
            Kind::Utilisation => "REPORT_UTILIZE",
            Kind::Dropout => "REPORT_DROPOUT",
        };
        let operation = json!({
            "operationId": 1,
            "operationType": "RNMS_GIS_PROCESSED",
            "operationDate": report.done_at_ms,
            "docId": id,
            "details": { "state": state, "processed": done, "total": report.results.len() },
        });
        Ok(json!({ "results": [{
            "resultDocId": id,
            "resultDocDate": report.done_at_ms,
            "sourceDocId": id,
            "sourceDocDate": report.taken_at_ms,
            "state": state,
            "code": code,
            "description": state,
            "workflow": workflow,
            "workflowVersion": "1",
            "operations": [operation],
        }] }))
    }

    /// `GET /receipts/document`: the result of each code, a JSON text inside JSON.
    pub(super) fn document(&self, id: &str) -> Result<Value, Refusal> {
        let report = self.0.get(id).ok_or_else(|| Refusal::not_found("receipt", id))?;
        let line = |(cis, code): &(String, u32)| json!({ "cis": cis, "code": code, "description": explain(*code) });
        let list: Vec<Value> = report.results.iter().map(line).collect();
        Ok(json!({ "content": json!({ "cislist": list }).to_string() }))
    }
}

impl Report {
    /// Where it is: each of the first three stations takes a third of the time.
    fn word(&self, now_ms: i64) -> &'static str {
        let done = self.results.iter().filter(|(_, result)| *result == DONE).count();
        let third = (self.done_at_ms - self.taken_at_ms) / 3;
        match now_ms {
            now if now < self.taken_at_ms + third => "DRAFT",
            now if now < self.taken_at_ms + 2 * third => "PENDING",
            now if now < self.done_at_ms => "SENT",
            _ if done == self.results.len() => "SUCCESS",
            _ if done > 0 => "PARTIALLY",
            _ => "REJECTED",
        }
    }
}

/// The truth about one code, and what the report changes in it.
fn judge(kind: Kind, code: &str, group: &str, ledger: &mut Ledger) -> u32 {
    let known = ledger.knows_identification(codes::identification(code));
    let Some(fate) = ledger.fate_mut(code) else {
        ledger.stranger(code);
        return if known { BAD_CHECK_PART } else { NO_SUCH_CODE };
    };
    let (times, after) = match kind {
        Kind::Utilisation => (&mut fate.utilised, Standing::Utilised),
        Kind::Dropout => (&mut fate.dropped, Standing::Dropped),
    };
    *times += 1;
    if fate.group.as_deref().is_some_and(|g| g != group) {
        return NO_SUCH_CODE;
    }
    match (kind, fate.standing) {
        (Kind::Utilisation, Standing::Dropped) => return WRITTEN_OFF,
        (Kind::Utilisation, Standing::Utilised) | (Kind::Dropout, Standing::Dropped) => {
            return ALREADY;
        }
        (_, Standing::Given) | (Kind::Dropout, Standing::Utilised) => {}
    }
    fate.standing = after;
    DONE
}

fn explain(result: u32) -> &'static str {
    match result {
        DONE => "done",
        ALREADY => "already reported",
        NO_SUCH_CODE => "there is no such code in this product group",
        WRITTEN_OFF => "the code is written off",
        _ => "the check part is wrong",
    }
}
