//! The issuer's desk: its orders, reports and ledger, and the trouble that waits for requests.
use super::ledger::{KNOWN, Ledger};
use super::orders::{Asked, NewOrder, Orders};
use super::refusal::Refusal;
use super::reports::{Kind, NewReport, Reports};
use super::{Chances, IssuerSettings, PlannedTrouble, Trouble, codes};
use crate::sim::dice::Dice;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;

/// The query of a request.
pub(super) type Query = HashMap<String, String>;

/// Everything behind the counter.
#[derive(Debug)]
pub(super) struct Desk {
    oms_id: String,
    strict_groups: bool,
    order_takes_ms: i64,
    report_takes_ms: i64,
    orders: Orders,
    reports: Reports,
    pub(super) ledger: Ledger,
    dice: Dice,
    pub(super) chances: Chances,
    pub(super) planned: Vec<PlannedTrouble>,
    pub(super) refuse_orders: Option<String>,
    pub(super) requests: HashMap<String, u64>,
}

/// The body of `POST /order/close`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closing {
    order_id: String,
    gtin: Option<String>,
}

impl Desk {
    /// A desk with nothing on it.
    pub(super) fn new(settings: &IssuerSettings) -> std::io::Result<Self> {
        let append = |path| File::options().create(true).append(true).open(path);
        let file = settings.ledger_file.as_ref().map(append).transpose()?;
        let ms = |duration: std::time::Duration| {
            i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
        };
        Ok(Self {
            oms_id: settings.oms_id.clone(),
            strict_groups: settings.strict_groups,
            order_takes_ms: ms(settings.order_takes),
            report_takes_ms: ms(settings.report_takes),
            orders: Orders::default(),
            reports: Reports::default(),
            ledger: Ledger::with_file(file),
            dice: Dice::new(settings.seed),
            chances: settings.chances,
            planned: Vec::new(),
            refuse_orders: None,
            requests: HashMap::new(),
        })
    }

    /// Takes in codes that were given out elsewhere. Gives how many are new here.
    pub(super) fn know(&mut self, raw: &[u8]) -> usize {
        let mut new = 0;
        for code in codes::read_array(raw) {
            if self.ledger.fate(&code).is_none() {
                self.ledger.enter(&code, KNOWN, None);
                new += 1;
            }
        }
        new
    }

    /// What goes wrong with the request that just came.
    pub(super) fn trouble(&mut self, path: &str) -> Option<Trouble> {
        let planned = self.planned.iter().position(|p| path.ends_with(&p.path));
        if let Some(at) = planned {
            let trouble = self.planned[at].trouble;
            self.planned[at].times = self.planned[at].times.saturating_sub(1);
            if self.planned[at].times == 0 {
                self.planned.remove(at);
            }
            return Some(trouble);
        }
        let chances = self.chances;
        [
            (chances.error_500, Trouble::Error500),
            (chances.slow, Trouble::Slow(chances.slow_by)),
            (chances.lost_answer, Trouble::LostAnswer),
            (chances.garbled, Trouble::Garbled),
        ]
        .into_iter()
        .find(|(probability, _)| self.dice.chance(*probability))
        .map(|(_, trouble)| trouble)
    }

    pub(super) fn order_ids(&self) -> Vec<String> {
        self.orders.ids()
    }

    pub(super) fn ping(&self) -> Value {
        json!({ "omsId": self.oms_id, "apiVersion": "3.0.33", "omsVersion": "fake" })
    }

    pub(super) fn order(&mut self, new: NewOrder, now_ms: i64) -> Result<Value, Refusal> {
        let by_chance = self.dice.chance(self.chances.order_refused);
        let declined = self.refuse_orders.clone();
        let declined = declined.or_else(|| by_chance.then(|| "refused by chance".to_owned()));
        let id = self.new_id();
        let asked = Asked { order: &id, now_ms };
        self.orders.take(asked, new, now_ms + self.order_takes_ms, declined, &self.ledger)?;
        Ok(json!({
            "omsId": self.oms_id,
            "orderId": id,
            "expectedCompleteTimestamp": self.order_takes_ms,
        }))
    }

    pub(super) fn status(&self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let asked = Asked { order: wanted(query, "orderId")?, now_ms };
        self.orders.status(asked, query.get("gtin").map(String::as_str))
    }

    pub(super) fn list(&self, now_ms: i64) -> Value {
        json!({ "omsId": self.oms_id, "orderInfos": self.orders.list(now_ms) })
    }

    pub(super) fn codes(&mut self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let asked = Asked { order: wanted(query, "orderId")?, now_ms };
        let gtin = wanted(query, "gtin")?;
        let quantity = wanted(query, "quantity")?
            .parse()
            .map_err(|_| Refusal::field("quantity", "a whole number above zero"))?;
        let block = self.new_id();
        let store = (&mut self.dice, &mut self.ledger);
        let codes = self.orders.give(asked, gtin, quantity, block.clone(), store)?;
        let form = self.orders.form(asked.order);
        if self.strict_groups && form.is_some_and(|f| f.utilised_when_given) {
            Orders::utilise(&codes, &mut self.ledger);
        }
        Ok(json!({ "omsId": self.oms_id, "codes": codes, "blockId": block }))
    }

    pub(super) fn blocks(&self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let asked = Asked { order: wanted(query, "orderId")?, now_ms };
        let gtin = wanted(query, "gtin")?;
        let blocks = self.orders.blocks(asked, gtin)?;
        let (oms, order) = (&self.oms_id, asked.order);
        Ok(json!({ "omsId": oms, "orderId": order, "gtin": gtin, "blocks": blocks }))
    }

    pub(super) fn retry(&mut self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let block = wanted(query, "blockId")?;
        let codes = self.orders.retry(block, now_ms, &mut self.ledger)?;
        Ok(json!({ "omsId": self.oms_id, "codes": codes, "blockId": block }))
    }

    pub(super) fn close(&mut self, closing: &Closing) -> Result<Value, Refusal> {
        self.orders.close(&closing.order_id, closing.gtin.as_deref())?;
        Ok(json!({ "omsId": self.oms_id }))
    }

    pub(super) fn report(
        &mut self,
        kind: Kind,
        new: &NewReport,
        now_ms: i64,
    ) -> Result<Value, Refusal> {
        new.check(kind, self.strict_groups)?;
        let id = self.new_id();
        let times = (now_ms, now_ms + self.report_takes_ms);
        self.reports.take(&id, kind, new, times, &mut self.ledger);
        Ok(json!({ "omsId": self.oms_id, "reportId": id }))
    }

    pub(super) fn report_info(&self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        let mut info = self.reports.info(wanted(query, "reportId")?, now_ms)?;
        info["omsId"] = self.oms_id.clone().into();
        Ok(info)
    }

    pub(super) fn receipt(&self, query: &Query, now_ms: i64) -> Result<Value, Refusal> {
        self.reports.receipt(wanted(query, "resultDocId")?, now_ms)
    }

    pub(super) fn document(&self, query: &Query) -> Result<Value, Refusal> {
        self.reports.document(wanted(query, "resultDocId")?)
    }

    fn new_id(&mut self) -> String {
        let (high, low) = (self.dice.bits(), self.dice.bits());
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

fn wanted<'a>(query: &'a Query, name: &str) -> Result<&'a str, Refusal> {
    let value = query.get(name).filter(|value| !value.is_empty());
    value.map(String::as_str).ok_or_else(|| Refusal::field(name, "must be given"))
}
