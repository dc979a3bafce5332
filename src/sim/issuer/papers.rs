//! True API: documents about codes in circulation, and what the state system says of a code.
//!
//! Shapes of answers are partly from memory; `docs/sim-issuer.md` says which.
use super::codes;
use super::groups::Group;
use super::ledger::{Ledger, Place, Standing};
use super::refusal::Refusal;
use super::reports::Reports;
use super::trouble::Luck;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Codes in one question (True API, "Информация о КИ").
const MOST_ASKED: usize = 1_000;
/// Codes in one document; the real number differs by document.
const MOST_IN_A_PAPER: usize = 30_000;

/// The body of `POST /lk/documents/create`.
#[derive(Debug, Deserialize)]
pub(super) struct NewPaper {
    document_format: String,
    product_document: String,
    #[serde(rename = "type")]
    kind: String,
    pub(super) signature: String,
}

/// A document that was taken.
#[derive(Debug)]
pub(super) struct Paper {
    pub(super) kind: String,
    pub(super) group: String,
    pub(super) taken_at_ms: i64,
    done_at_ms: i64,
    errors: Vec<String>,
    /// What it says, as it came.
    content: Value,
}

/// Every document.
#[derive(Debug, Default)]
pub(super) struct Papers(BTreeMap<String, Paper>);

/// What a document wants to do with one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Introduce,
    /// The old one of a remarking.
    Retire,
    Return,
    WriteOff,
    /// Boxes only: it must be there.
    Name,
}

impl NewPaper {
    /// The bytes that were signed.
    pub(super) fn raw(&self) -> Result<Vec<u8>, Refusal> {
        STANDARD
            .decode(&self.product_document)
            .map_err(|_| Refusal::field("product_document", "not base64"))
    }
}

impl Papers {
    /// Takes a document and does what it says, all of it or nothing. That one wrong code refuses the
    /// whole is a simplification.
    pub(super) fn take(
        &mut self,
        id: &str,
        new: &NewPaper,
        group: &str,
        (now_ms, takes_ms): (i64, i64),
        (luck, ledger): (&Luck, &mut Ledger),
    ) -> Result<(), Refusal> {
        if new.document_format != "MANUAL" {
            return Err(Refusal::field("document_format", "this issuer reads MANUAL (JSON) only"));
        }
        if Group::named(group).is_none() {
            return Err(Refusal::field("pg", "unknown product group"));
        }
        let content: Value = serde_json::from_slice(&new.raw()?)
            .map_err(|error| Refusal::field("product_document", error.to_string()))?;
        let steps = steps(&new.kind, &content)?;
        let mut errors: Vec<String> = luck.report_refused.iter().cloned().collect();
        let mut places = Vec::with_capacity(steps.len());
        for (step, cis) in &steps {
            match ledger.find_identification(codes::identification(cis)) {
                None => errors.push(format!("{cis}: there is no such code")),
                Some(place) => match refusal_of(*step, ledger.mark(&place).standing) {
                    Some(why) => errors.push(format!("{cis}: {why}")),
                    None => places.push((*step, place)),
                },
            }
        }
        for (step, cis) in &steps {
            let what = if *step == Step::WriteOff { "dropped" } else { "paper" };
            ledger.write(now_ms, what, id, cis, u32::from(!errors.is_empty()));
        }
        let done = errors.is_empty();
        for (step, place) in &places {
            carry_out(*step, place, done, ledger);
        }
        let paper = Paper {
            kind: new.kind.clone(),
            group: group.to_owned(),
            taken_at_ms: now_ms,
            done_at_ms: now_ms + takes_ms,
            errors,
            content,
        };
        self.0.insert(id.to_owned(), paper);
        Ok(())
    }

    /// `GET /api/v4/true-api/doc/{id}/info`; with `body=true` what the document says, too.
    pub(super) fn info(
        &self,
        id: &str,
        (inn, body): (&str, bool),
        now_ms: i64,
    ) -> Result<Value, Refusal> {
        let paper = self.0.get(id).ok_or_else(|| Refusal::not_found("document", id))?;
        let mut info = paper.json(id, inn, now_ms);
        if body {
            info["body"] = paper.content.clone();
        }
        Ok(json!([info]))
    }

    /// Every document, the oldest first; those of the same moment by their numbers.
    pub(super) fn by_date(&self) -> Vec<(&String, &Paper)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(id, paper)| (paper.taken_at_ms, *id));
        all
    }
}

impl Paper {
    /// How far it is.
    pub(super) fn word(&self, now_ms: i64) -> &'static str {
        match () {
            () if now_ms < self.done_at_ms => "IN_PROGRESS",
            () if self.errors.is_empty() => "CHECKED_OK",
            () => "CHECKED_NOT_OK",
        }
    }

    pub(super) fn json(&self, id: &str, inn: &str, now_ms: i64) -> Value {
        let status = self.word(now_ms);
        let mut info = json!({
            "number": id,
            "docDate": day(self.taken_at_ms),
            "receivedAt": day(self.taken_at_ms),
            "type": self.kind,
            "status": status,
            "senderInn": inn,
            "productGroup": self.group,
        });
        if status == "CHECKED_NOT_OK" {
            info["errors"] = json!(self.errors);
        }
        info
    }
}

/// What a document does, code by code.
fn steps(kind: &str, content: &Value) -> Result<Vec<(Step, String)>, Refusal> {
    let step = match kind {
        "LP_INTRODUCE_GOODS"
        | "LK_CONTRACT_COMMISSIONING"
        | "LP_FTS_INTRODUCE"
        | "LP_GOODS_IMPORT"
        | "CROSSBORDER"
        | "LP_INTRODUCE_OST"
        | "LK_INDI_COMMISSIONING" => Step::Introduce,
        "LP_RETURN" => Step::Return,
        "WRITE_OFF" | "LK_KM_CANCELLATION" => Step::WriteOff,
        "AGGREGATION_DOCUMENT" | "REAGGREGATION_DOCUMENT" | "SETS_AGGREGATION" => Step::Name,
        "LK_REMARK" => return remarks(content),
        _ => return Err(Refusal::field("type", "this issuer does not know such a document")),
    };
    for field in wanted_fields(kind) {
        if content.get(field).is_none_or(Value::is_null) {
            return Err(Refusal::field(*field, "must be given"));
        }
    }
    let lists = ["products", "products_list", "sntins", "cis_list", "aggregationUnits"];
    let items = lists.iter().find_map(|name| content.get(name)).and_then(Value::as_array);
    let items = items.ok_or_else(|| Refusal::field("products", "must be given"))?;
    let mut found = Vec::new();
    for item in items {
        collect(item, &mut found);
    }
    if !(1..=MOST_IN_A_PAPER).contains(&found.len()) {
        return Err(Refusal::field("products", format!("1 to {MOST_IN_A_PAPER} codes")));
    }
    Ok(found.into_iter().map(|cis| (step, cis)).collect())
}

/// The codes in one entry of a document, whatever they are called there.
fn collect(item: &Value, found: &mut Vec<String>) {
    if let Some(cis) = item.as_str() {
        found.push(cis.to_owned());
        return;
    }
    let names = ["uit_code", "cis", "ki", "uit", "uitu_code", "uitu"];
    let cis = names.iter().find_map(|name| item.get(name)).and_then(Value::as_str);
    found.extend(cis.map(str::to_owned));
    for list in ["children", "sntins", "products"] {
        for child in item.get(list).and_then(Value::as_array).into_iter().flatten() {
            collect(child, found);
        }
    }
}

/// Fields without which a document is refused at once; the manual knows more.
fn wanted_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "LP_INTRODUCE_GOODS" | "LK_CONTRACT_COMMISSIONING" => {
            &["participant_inn", "producer_inn", "owner_inn", "production_date", "production_type"]
        }
        "LP_FTS_INTRODUCE" => &["trade_participant_inn", "declaration_number", "declaration_date"],
        "WRITE_OFF" => &["participantId", "dropoutReason", "sourceDocType"],
        _ => &[],
    }
}

fn remarks(content: &Value) -> Result<Vec<(Step, String)>, Refusal> {
    for field in ["participant_inn", "remarking_date", "remarking_cause"] {
        if content.get(field).is_none_or(Value::is_null) {
            return Err(Refusal::field(field, "must be given"));
        }
    }
    let causes = [
        "KM_SPOILED",
        "DESCRIPTION_ERRORS",
        "RETAIL_RETURN",
        "REMOTE_SALE_RETURN",
        "LEGAL_RETURN",
        "INTERNAL_RETURN",
        "EEC_EXPORT_RETURN",
    ];
    if !content["remarking_cause"].as_str().is_some_and(|cause| causes.contains(&cause)) {
        return Err(Refusal::field("remarking_cause", format!("one of {}", causes.join(", "))));
    }
    let products = content["products"].as_array().filter(|p| !p.is_empty());
    let products = products.ok_or_else(|| Refusal::field("products", "must be given"))?;
    let mut steps = Vec::new();
    for (at, product) in products.iter().enumerate() {
        let text = |name: &str| product.get(name).and_then(Value::as_str);
        let new = text("new_uin")
            .ok_or_else(|| Refusal::field(format!("products[{at}].new_uin"), "must be given"))?;
        steps.extend(text("last_uin").map(|old| (Step::Retire, old.to_owned())));
        steps.push((Step::Introduce, new.to_owned()));
    }
    Ok(steps)
}

/// Why a step cannot be made from this standing.
fn refusal_of(step: Step, standing: Standing) -> Option<&'static str> {
    let word = word(standing);
    match (step, standing) {
        (Step::Introduce, Standing::Utilised)
        | (Step::Retire, Standing::Utilised | Standing::Introduced | Standing::Retired)
        | (Step::Return, Standing::Retired)
        | (Step::WriteOff, Standing::Given | Standing::Utilised | Standing::Introduced)
        | (Step::Name, Standing::Utilised | Standing::Introduced) => None,
        _ => Some(match word {
            "EMITTED" => "its status is EMITTED: it was not applied",
            "APPLIED" => "its status is APPLIED: it is not in circulation",
            "INTRODUCED" => "its status is INTRODUCED: it is in circulation already",
            "WRITTEN_OFF" => "its status is WRITTEN_OFF",
            _ => "its status is RETIRED",
        }),
    }
}

/// `done`: the document was taken; otherwise it is only counted.
fn carry_out(step: Step, place: &Place, done: bool, ledger: &mut Ledger) {
    let mark = ledger.mark_mut(place);
    let (count, after) = match step {
        Step::Introduce => (Some(&mut mark.introduced), Standing::Introduced),
        Step::WriteOff => (Some(&mut mark.dropped), Standing::Dropped),
        Step::Return => (None, Standing::Introduced),
        Step::Retire => (None, Standing::Retired),
        Step::Name => return,
    };
    if let Some(count) = count {
        *count = count.saturating_add(1);
    }
    if done {
        mark.standing = after;
    }
}

/// True API's word for how a code stands.
fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Given => "EMITTED",
        Standing::Utilised => "APPLIED",
        Standing::Introduced => "INTRODUCED",
        Standing::Dropped | Standing::Annulled => "WRITTEN_OFF",
        Standing::Retired => "RETIRED",
    }
}

/// `POST /cises/info`: what is known of each code, asked without its check part.
pub(super) fn info_of_codes(
    body: &[u8],
    (ledger, reports, orders): (&Ledger, &Reports, &super::orders::Orders),
    inn: &str,
) -> Result<Value, Refusal> {
    let asked: Vec<String> = super::desk::parse(body)?;
    if !(1..=MOST_ASKED).contains(&asked.len()) {
        return Err(Refusal::field("cises", format!("1 to {MOST_ASKED} codes")));
    }
    let one = |cis: &String| {
        let Some(place) = ledger.find_identification(cis) else {
            return json!({
                "cisInfo": { "requestedCis": cis },
                "errorMessage": "there is no such code",
                "errorCode": "404",
            });
        };
        let fate = ledger.fate(&ledger.code_at(&place));
        let group = ledger.group(&place).and_then(Group::named);
        let order = fate.as_ref().and_then(|fate| orders.order(&fate.order).ok());
        let mut info = json!({
            "requestedCis": cis,
            "cis": cis,
            "gtin": codes::gtin_and_serial(cis).map(|(gtin, _)| gtin),
            "productGroup": group.map(|g| g.alias),
            "productGroupId": group.map(|g| g.id),
            "status": word(ledger.mark(&place).standing),
            "ownerInn": inn,
            "emissionType": order.map(|o| emission(o.release.as_deref())),
            "emissionDate": order.map(|o| day(o.ready_at_ms)),
        });
        if let Some(parent) = reports.box_of(cis) {
            info["parent"] = parent.into();
        }
        json!({ "cisInfo": info })
    };
    Ok(asked.iter().map(one).collect())
}

/// `POST /codes/check`: what anybody may ask of a whole code.
pub(super) fn check_codes(body: &[u8], ledger: &Ledger) -> Result<Value, Refusal> {
    #[derive(Deserialize)]
    struct Question {
        codes: Vec<String>,
    }
    let asked: Question = super::desk::parse(body)?;
    let one = |code: &String| {
        let standing = ledger.fate(code).map(|fate| fate.standing);
        json!({
            "cis": code,
            "valid": codes::gtin_and_serial(code).is_some(),
            "found": standing.is_some(),
            "verified": standing.is_some(),
            "utilised": standing.is_some_and(|s| s != Standing::Given && s != Standing::Annulled),
            "realizable": standing == Some(Standing::Introduced),
            "sold": standing == Some(Standing::Retired),
        })
    };
    let codes: Vec<Value> = asked.codes.iter().map(one).collect();
    Ok(json!({ "code": 0, "description": "ok", "codes": codes }))
}

/// Release method to kind of emission (True API, "Типы эмиссии").
fn emission(release: Option<&str>) -> &'static str {
    match release {
        Some("IMPORT") => "FOREIGN",
        Some("REMAINS") => "REMAINS",
        Some("CROSSBORDER") => "CROSSBORDER",
        Some("REMARK") => "REMARK",
        Some("COMMISSION") => "COMMISSION",
        Some("REAPPLY") => "REAPPLY",
        _ => "LOCAL",
    }
}

fn day(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string()
}
