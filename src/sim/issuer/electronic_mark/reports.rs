//! The strict order of Electronic Mark: put on, made, shipped; and writing off.
use super::ledger::{MarkLedger, MarkStanding};
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Codes in a labelling report. Not public: this fake's own.
const MOST_MARKED: usize = 30_000;
/// Codes in a production report.
const MOST_MANUFACTURED: usize = 10_000;
/// Codes in a shipment to another state of the Union, and to anybody else.
const MOST_SHIPPED_EAEU: usize = 30_000;
const MOST_SHIPPED: usize = 100_000;
/// Other states of the Union.
const EAEU: [&str; 4] = ["643", "398", "417", "051"];
/// Words that a reason is cut to in an answer.
const DETAILS_SHOWN: usize = 100;

/// What a report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Marked,
    Manufactured,
    WrittenOff,
}

/// The body of a report. Clients write codes as texts or as objects.
#[derive(Debug, Deserialize)]
pub(super) struct NewReport {
    group: String,
    labels: Vec<Label>,
    #[serde(default)]
    params: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Label {
    Plain(String),
    Object { label: String },
}

impl Label {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Plain(label) | Self::Object { label } => label,
        }
    }
}

/// The body of `POST /v3/ships/add`.
#[derive(Debug, Deserialize)]
pub(super) struct NewShipment {
    shipping_doc: String,
    nomer_tn: String,
    agent: u64,
    count: usize,
    country: String,
    operation_date: String,
    labels: Vec<Label>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Report {
    id: u64,
    kind: Kind,
    group: String,
    codes: Vec<String>,
    ready_at_ms: i64,
    /// What came of it: codes that took the step, and the others with the reason.
    done: Option<(usize, Vec<(String, String)>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Shipment {
    document: String,
    number: String,
    agent: u64,
    codes: usize,
    ready_at_ms: i64,
}

/// Reports and shipments.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Reports {
    /// By their long names.
    reports: BTreeMap<String, Report>,
    shipments: BTreeMap<u64, Shipment>,
}

/// When something comes and when it is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) ready_at_ms: i64,
}

impl Kind {
    const fn most(self) -> usize {
        match self {
            Self::Marked | Self::WrittenOff => MOST_MARKED,
            Self::Manufactured => MOST_MANUFACTURED,
        }
    }

    /// Where a code comes to.
    const fn leads_to(self) -> MarkStanding {
        match self {
            Self::Marked => MarkStanding::Marked,
            Self::Manufactured => MarkStanding::Manufactured,
            Self::WrittenOff => MarkStanding::WrittenOff,
        }
    }

    /// Where it may come from.
    fn starts_from(self, standing: MarkStanding) -> bool {
        match self {
            Self::Marked => standing == MarkStanding::Made,
            Self::Manufactured => standing == MarkStanding::Marked,
            Self::WrittenOff => standing < MarkStanding::Shipped,
        }
    }
}

impl Reports {
    /// Takes a report. A production report that comes before its labelling report is done is refused
    /// as a whole; what is wrong with single codes of another report is told in its results.
    pub(super) fn take(
        &mut self,
        uid: &str,
        kind: Kind,
        new: &NewReport,
        times: Times,
        ledger: &mut MarkLedger,
    ) -> Result<Value, Refusal> {
        check_report(kind, new)?;
        let codes: Vec<String> = new.labels.iter().map(|label| label.text().to_owned()).collect();
        name_codes(&codes, ledger, |fate| match kind {
            Kind::Marked => fate.named_marked += 1,
            Kind::Manufactured => fate.named_manufactured += 1,
            Kind::WrittenOff => {}
        });
        if kind == Kind::Manufactured {
            keep_order(&codes, MarkStanding::Marked, "POST /v3/reports/addMark", ledger)?;
        }
        let id = u64::try_from(self.reports.len()).unwrap_or_default() + 1;
        let Times { ready_at_ms } = times;
        let report = Report { id, kind, group: new.group.clone(), codes, ready_at_ms, done: None };
        self.reports.insert(uid.to_owned(), report);
        Ok(json!({ "report_id": id, "report_uid": uid }))
    }

    /// Does what reports say whose time has come, in the order in which they came.
    pub(super) fn settle(&mut self, now_ms: i64, ledger: &mut MarkLedger) {
        let due = |r: &&mut Report| r.done.is_none() && r.ready_at_ms <= now_ms;
        let mut due: Vec<_> = self.reports.values_mut().filter(due).collect();
        due.sort_by_key(|report| report.id);
        for report in due {
            let mut failed = Vec::new();
            for code in &report.codes {
                if let Err(reason) = step(report.kind, &report.group, code, ledger) {
                    failed.push((code.clone(), reason));
                }
            }
            report.done = Some((report.codes.len() - failed.len(), failed));
        }
    }

    /// `POST /v3/reports`.
    pub(super) fn look(&self, uids: &[String]) -> Value {
        let known = uids.iter().filter_map(|uid| self.reports.get(uid).map(|report| (uid, report)));
        json!({ "results": known.map(|(uid, report)| report.describe(uid)).collect::<Vec<_>>() })
    }

    /// `POST /v3/ships/add`. A waybill that is known already is refused with the number it has.
    pub(super) fn ship(
        &mut self,
        new: &NewShipment,
        agents: &BTreeSet<u64>,
        times: Times,
        ledger: &mut MarkLedger,
    ) -> Result<Value, Refusal> {
        check_shipment(new, agents)?;
        let same = |s: &Shipment| s.document == new.shipping_doc && s.number == new.nomer_tn;
        if let Some((id, _)) = self.shipments.iter().find(|(_, shipment)| same(shipment)) {
            return Err(Refusal::wrong(format!(
                "waybill {} is shipment {id} already",
                new.nomer_tn
            )));
        }
        let codes: Vec<String> = new.labels.iter().map(|label| label.text().to_owned()).collect();
        name_codes(&codes, ledger, |fate| fate.named_shipped += 1);
        keep_order(&codes, MarkStanding::Manufactured, "POST /v3/reports/addManufacture", ledger)?;
        for code in &codes {
            if let Some(fate) = ledger.fate_mut(code) {
                fate.steps.push(MarkStanding::Shipped);
            }
        }
        let id = u64::try_from(self.shipments.len()).unwrap_or_default() + 1;
        let shipment = Shipment {
            document: new.shipping_doc.clone(),
            number: new.nomer_tn.clone(),
            agent: new.agent,
            codes: codes.len(),
            ready_at_ms: times.ready_at_ms,
        };
        self.shipments.insert(id, shipment);
        Ok(json!({ "id": id }))
    }

    /// `GET /v3/ships/list`.
    pub(super) fn shipments(&self, now_ms: i64) -> Value {
        let shipment = |(id, s): (&u64, &Shipment)| {
            let (number, word) = if s.ready_at_ms <= now_ms {
                (30, "Подтверждена")
            } else {
                (20, "В обработке")
            };
            json!({
                "id": id,
                "shipping_doc": s.document,
                "nomer_tn": s.number,
                "agent": s.agent,
                "count": s.codes,
                "status": { "code": number, "message": word },
            })
        };
        json!({ "ships": self.shipments.iter().map(shipment).collect::<Vec<_>>() })
    }
}

impl Report {
    fn describe(&self, uid: &str) -> Value {
        let Some((good, failed)) = &self.done else {
            let status = json!({ "code": 20, "message": "В обработке" });
            return json!({ "report_uid": uid, "report_id": self.id, "status": status, "result": null });
        };
        let (number, word) = match (good, failed.len()) {
            (_, 0) => (30, "Выполнен"),
            (0, _) => (90, "Отклонён"),
            _ => (40, "Выполнен частично"),
        };
        let details: Vec<_> =
            failed.iter().map(|(code, why)| json!({ "label": code, "message": why })).collect();
        json!({
            "report_uid": uid,
            "report_id": self.id,
            "status": { "code": number, "message": word },
            "result": { "labels": {
                "success": good,
                "failed": failed.len(),
                "details": details,
                "all": self.codes.len(),
            } },
        })
    }
}

fn check_report(kind: Kind, new: &NewReport) -> Result<(), Refusal> {
    check_labels(&new.labels, kind.most())?;
    if new.group.is_empty() {
        return Err(Refusal::wrong("group: must be given"));
    }
    let dated = |name: &str| new.params.get(name).and_then(Value::as_str).is_some_and(is_day);
    if kind != Kind::WrittenOff && !dated("manufacture_date") {
        return Err(Refusal::wrong("params.manufacture_date: a day such as 2026-08-01"));
    }
    Ok(())
}

fn check_labels(labels: &[Label], most: usize) -> Result<(), Refusal> {
    if !(1..=most).contains(&labels.len()) {
        return Err(Refusal::wrong(format!("labels: 1 to {most}")));
    }
    let mut seen = BTreeSet::new();
    match labels.iter().find(|label| !seen.insert(label.text())) {
        Some(_) => Err(Refusal::wrong("labels: a code stands there twice")),
        None => Ok(()),
    }
}

fn check_shipment(new: &NewShipment, agents: &BTreeSet<u64>) -> Result<(), Refusal> {
    let abroad = EAEU.contains(&new.country.as_str());
    check_labels(&new.labels, if abroad { MOST_SHIPPED_EAEU } else { MOST_SHIPPED })?;
    let wrong = [
        (new.shipping_doc.is_empty(), "shipping_doc: must be given"),
        (new.nomer_tn.is_empty(), "nomer_tn: must be given"),
        (new.count != new.labels.len(), "count: is not the number of labels"),
        (!is_day(&new.operation_date), "operation_date: a day such as 2026-08-01"),
        (!agents.contains(&new.agent), "agent: not among your partners"),
    ];
    match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
        Some((_, words)) => Err(Refusal::wrong(words)),
        None => Ok(()),
    }
}

fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

fn name_codes(codes: &[String], ledger: &mut MarkLedger, how: impl Fn(&mut super::MarkFate)) {
    for code in codes {
        match ledger.fate_mut(code) {
            Some(fate) => how(fate),
            None => ledger.stranger(code),
        }
    }
}

/// Every code must stand here, or nothing is done.
fn keep_order(
    codes: &[String],
    wanted: MarkStanding,
    first: &str,
    ledger: &mut MarkLedger,
) -> Result<(), Refusal> {
    let wrong = |code: &String| {
        let standing = ledger.fate(code).map(super::MarkFate::standing);
        let why = match standing {
            None => "код не найден".to_owned(),
            Some(standing) if standing == wanted => return None,
            Some(other) => format!("статус {} {}", other.number(), other.word()),
        };
        Some(json!({ "label": code, "message": why }))
    };
    let mut wrong: Vec<Value> = codes.iter().filter_map(wrong).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    ledger.refused_steps += 1;
    let words = format!(
        "{} codes are not in status {} ({}): {first} comes first",
        wrong.len(),
        wanted.number(),
        wanted.word()
    );
    wrong.truncate(DETAILS_SHOWN);
    Err(Refusal::codes(words, wrong))
}

fn step(kind: Kind, group: &str, code: &str, ledger: &mut MarkLedger) -> Result<(), String> {
    let fate = ledger.fate_mut(code).ok_or("код не найден")?;
    if fate.group != group {
        return Err(format!("код группы {}", fate.group));
    }
    let standing = fate.standing();
    if !kind.starts_from(standing) {
        return Err(format!("статус {} {}", standing.number(), standing.word()));
    }
    fate.steps.push(kind.leads_to());
    Ok(())
}
