//! Reports: what the line says became of its codes, and the station's judgement of each one.
use super::codes;
use super::groups::Group;
use super::ledger::{Found, Ledger, Standing};
use super::refusal::Refusal;
use super::report_form::{NewBoxes, NewReport};
use super::trouble::Luck;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Utilisation,
    Dropout,
    Aggregation,
}

/// A report that was taken.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) kind: Kind,
    pub(super) group: String,
    pub(super) taken_at_ms: i64,
    pub(super) done_at_ms: i64,
    /// Why it is refused as a whole.
    refused: Option<String>,
    /// Identification and result of each code, as in the manual's table of results.
    results: Vec<(String, u32)>,
}

/// Every report.
#[derive(Debug, Default)]
pub(super) struct Reports {
    pub(super) all: BTreeMap<String, Report>,
    /// What is in which box.
    boxed: BTreeMap<String, String>,
    boxes: std::collections::BTreeSet<String>,
}

/// When a report was taken and is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) taken_at_ms: i64,
    pub(super) done_at_ms: i64,
}

/// Results of single codes (CRPT "API СУЗ 3.0", pages 415 and 416).
const DONE: u32 = 0;
const ALREADY: u32 = 1;
const NO_SUCH_CODE: u32 = 2;
const WRITTEN_OFF: u32 = 4;
const BAD_CHECK_PART: u32 = 103;

impl Reports {
    /// Takes a report and judges every code of it.
    pub(super) fn take(
        &mut self,
        id: &str,
        kind: Kind,
        new: &NewReport,
        (times, luck): (Times, &Luck),
        ledger: &mut Ledger,
    ) {
        let mut results = Vec::with_capacity(new.sntins.len());
        let (bad, because) = luck.codes_refused.unwrap_or((0, 0));
        for (at, code) in new.sntins.iter().enumerate() {
            let result = match () {
                () if luck.report_refused.is_some() => continue,
                () if at < bad as usize => because,
                () => judge(kind, code, &new.product_group, ledger),
            };
            let what = if kind == Kind::Dropout { "dropped" } else { "utilised" };
            ledger.write(times.taken_at_ms, what, id, code, result);
            results.push((codes::identification(code).to_owned(), result));
        }
        self.keep(id, kind, &new.product_group, (times, luck), results);
    }

    /// Takes a report of boxes. A box may lie in another one of the same report.
    pub(super) fn take_boxes(
        &mut self,
        id: &str,
        new: &NewBoxes,
        (times, luck): (Times, &Luck),
        ledger: &Ledger,
    ) {
        let mut results = Vec::new();
        let (bad, because) = luck.codes_refused.unwrap_or((0, 0));
        let codes = new.aggregation_units.iter();
        for unit in codes.filter(|_| luck.report_refused.is_none()) {
            for code in &unit.sntins {
                let result = match () {
                    () if results.len() < bad as usize => because,
                    () if self.boxed.contains_key(code) => ALREADY,
                    () if ledger.find_identification(code).is_none()
                        && !self.boxes.contains(code) =>
                    {
                        NO_SUCH_CODE
                    }
                    () => DONE,
                };
                if result == DONE {
                    self.boxed.insert(code.clone(), unit.unit_serial_number.clone());
                }
                results.push((code.clone(), result));
            }
            self.boxes.insert(unit.unit_serial_number.clone());
        }
        self.keep(id, Kind::Aggregation, &new.product_group, (times, luck), results);
    }

    fn keep(
        &mut self,
        id: &str,
        kind: Kind,
        group: &str,
        (times, luck): (Times, &Luck),
        results: Vec<(String, u32)>,
    ) {
        let report = Report {
            kind,
            group: group.to_owned(),
            taken_at_ms: times.taken_at_ms,
            done_at_ms: times.done_at_ms,
            refused: luck.report_refused.clone(),
            results,
        };
        self.all.insert(id.to_owned(), report);
    }

    /// The box that a code is in.
    pub(super) fn box_of(&self, identification: &str) -> Option<&str> {
        self.boxed.get(identification).map(String::as_str)
    }

    /// What is in a box.
    pub(super) fn inside(&self, name: &str) -> Option<Vec<&str>> {
        let lies_in = |(_, at): &(&String, &String)| *at == name;
        let codes = self.boxed.iter().filter(lies_in).map(|(code, _)| code.as_str());
        self.boxes.contains(name).then(|| codes.collect())
    }

    /// `GET /report/info`.
    pub(super) fn info(&self, id: &str, now_ms: i64, old: bool) -> Result<Value, Refusal> {
        let report = self.report(id)?;
        let word = report.word(now_ms);
        // Version 2 knows neither success nor a part of it.
        let shown = match word {
            "SUCCESS" | "PARTIALLY" if old => "SENT",
            "FAILED" if old => "REJECTED",
            "SENT" if old => "READY_TO_SEND",
            word => word,
        };
        let mut info = json!({ "reportId": id, "reportStatus": shown });
        if let Some(reason) = report.reason().filter(|_| shown == "REJECTED" || word == "FAILED") {
            info["errorReason"] = reason.into();
        }
        Ok(info)
    }

    /// `GET /receipts/document`: the result of each code, a JSON text inside JSON.
    pub(super) fn document(&self, id: &str) -> Result<Value, Refusal> {
        let line = |(cis, code): &(String, u32)| json!({ "cis": cis, "code": code, "description": explain(*code) });
        let list: Vec<Value> = self.report(id)?.results.iter().map(line).collect();
        Ok(json!({ "content": json!({ "cislist": list }).to_string() }))
    }

    fn report(&self, id: &str) -> Result<&Report, Refusal> {
        self.all.get(id).ok_or_else(|| Refusal::not_found("report", id))
    }
}

impl Report {
    /// Codes that were done, and all.
    pub(super) fn sums(&self) -> (usize, usize) {
        let done = self.results.iter().filter(|(_, result)| *result == DONE).count();
        (done, self.results.len())
    }

    /// Where it is: each of the four stations takes a quarter of the time.
    pub(super) fn word(&self, now_ms: i64) -> &'static str {
        let (done, all) = self.sums();
        let quarter = (self.done_at_ms - self.taken_at_ms) / 4;
        match now_ms {
            now if now < self.taken_at_ms + quarter => "DRAFT",
            now if now < self.taken_at_ms + 2 * quarter => "PENDING",
            now if now < self.taken_at_ms + 3 * quarter => "READY_TO_SEND",
            now if now < self.done_at_ms => "SENT",
            _ if self.refused.is_some() => "REJECTED",
            _ if done == all => "SUCCESS",
            _ if done > 0 => "PARTIALLY",
            _ => "FAILED",
        }
    }

    fn reason(&self) -> Option<String> {
        let first = self.results.iter().find(|(_, result)| *result != DONE);
        let of_code = first.map(|(_, result)| format!("{result}: {}", explain(*result)));
        self.refused.clone().or(of_code)
    }
}

/// The truth about one code, and what the report changes in it.
fn judge(kind: Kind, code: &str, group: &str, ledger: &mut Ledger) -> u32 {
    let place = match ledger.find(code) {
        Found::Code(place) => place,
        Found::OtherTail => {
            ledger.stranger(code);
            return BAD_CHECK_PART;
        }
        Found::Nothing => {
            ledger.stranger(code);
            return NO_SUCH_CODE;
        }
    };
    let same_group =
        ledger.group(&place).is_none_or(|g| Group::named(group).is_some_and(|n| n.alias == g));
    let mark = ledger.mark_mut(&place);
    let (times, after) = match kind {
        Kind::Dropout => (&mut mark.dropped, Standing::Dropped),
        Kind::Utilisation | Kind::Aggregation => (&mut mark.utilised, Standing::Utilised),
    };
    *times = times.saturating_add(1);
    if !same_group {
        return NO_SUCH_CODE;
    }
    match (kind, mark.standing) {
        (_, Standing::Retired | Standing::Annulled)
        | (Kind::Utilisation | Kind::Aggregation, Standing::Dropped) => return WRITTEN_OFF,
        (Kind::Utilisation | Kind::Aggregation, Standing::Utilised | Standing::Introduced)
        | (Kind::Dropout, Standing::Dropped) => return ALREADY,
        (_, Standing::Given) | (Kind::Dropout, Standing::Utilised | Standing::Introduced) => {}
    }
    mark.standing = after;
    DONE
}

/// Same, pages 415 and 416, in our words.
fn explain(result: u32) -> &'static str {
    match result {
        DONE => "done",
        ALREADY => "already reported",
        NO_SUCH_CODE => "there is no such code in this product group",
        3 => "the data of the report are wrong",
        WRITTEN_OFF => "the code is written off",
        6 => "not enough money",
        7 => "no billing account",
        8 => "wrong tariff",
        9 => "the codes are somebody else's",
        11 => "the weight is missing",
        12 => "there is no product card",
        13 => "there is a weight, but none is wanted",
        14 => "the volume is missing",
        31 => "the expiry date is wrong",
        34 => "the production date is wrong",
        39 => "the kind of code is wrong",
        40 => "the release method is wrong",
        41 => "the way of payment is wrong",
        101 => "the structure of the code is wrong",
        102 => "the code is not in the data of the state system",
        BAD_CHECK_PART => "the check part is wrong",
        132 => "the storage condition is wrong",
        _ => "refused",
    }
}
