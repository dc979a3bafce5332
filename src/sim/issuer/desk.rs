//! The issuer's desk: its orders, reports, papers, tokens and ledger. Everything that happens on it
//! comes from a request, so that the same requests make the same desk again.
use super::groups::Group;
use super::ledger::Ledger;
use super::order_form::NewOrder;
use super::orders::{Asked, Orders, Taking};
use super::papers::{self, NewPaper, Papers};
use super::refusal::Refusal;
use super::report_form::{NewBoxes, NewReport, Rules};
use super::reports::{Kind, Reports, Times};
use super::tokens::{SignIn, Tokens};
use super::trouble::Luck;
use super::{Country, IssuerSettings, codes, ms};
use crate::sim::dice::Dice;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The query or the path parameters of a request.
pub(super) type Query = HashMap<String, String>;

/// A request that was let in.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) now_ms: i64,
    /// The parts of the path that have names.
    pub(super) path: &'a Query,
    pub(super) query: &'a Query,
    pub(super) body: &'a [u8],
    pub(super) luck: &'a Luck,
}

/// What is answered to it.
#[derive(Debug)]
pub(super) enum Answer {
    Json(Value),
    /// JSON that is a text already.
    Written(String),
    Plain(String),
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

pub(super) type Answered = Result<Answer, Refusal>;

/// Everything behind the counter.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) oms_id: String,
    pub(super) inn: String,
    pub(super) country: Country,
    pub(super) strict_groups: bool,
    order_takes_ms: (i64, i64),
    report_takes_ms: i64,
    pub(super) orders: Orders,
    pub(super) reports: Reports,
    pub(super) papers: Papers,
    pub(super) tokens: Tokens,
    pub(super) ledger: Ledger,
    pub(super) refuse_orders: Option<String>,
    seed: u64,
    /// How many identifiers were given.
    pub(super) ids: u64,
    annulment_at_ms: i64,
}

/// The body of `POST /order/close`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Closing {
    order_id: String,
    gtin: Option<String>,
}

impl Desk {
    /// A desk with nothing on it.
    pub(super) fn new(settings: &IssuerSettings) -> Self {
        let longest = settings.order_takes_at_most.unwrap_or(settings.order_takes);
        Self {
            oms_id: settings.oms_id.clone(),
            inn: settings.inn.clone(),
            country: settings.country,
            strict_groups: settings.strict_groups,
            order_takes_ms: (ms(settings.order_takes), ms(longest.max(settings.order_takes))),
            report_takes_ms: ms(settings.report_takes),
            orders: Orders::default(),
            reports: Reports::default(),
            papers: Papers::default(),
            tokens: Tokens::new(settings),
            ledger: Ledger::new(settings.seed),
            refuse_orders: None,
            seed: settings.seed,
            ids: 0,
            annulment_at_ms: i64::MAX,
        }
    }

    /// Takes in codes that were given out elsewhere. Gives how many are new here.
    pub(super) fn know(&mut self, raw: &[u8]) -> usize {
        codes::read_array(raw).iter().filter(|code| self.ledger.bring(code)).count()
    }

    /// Lets time do its work.
    pub(super) fn look_at_the_clock(&mut self, now_ms: i64) {
        if now_ms >= self.annulment_at_ms {
            self.ledger.annul(now_ms, false);
            self.annulment_at_ms = self.ledger.next_annulment().unwrap_or(i64::MAX);
        }
    }

    /// Annuls what is not applied, and closes every buffer.
    pub(super) fn annul_all(&mut self, now_ms: i64) {
        self.orders.expire(now_ms);
        self.ledger.annul(now_ms, true);
    }

    pub(super) fn order_ids(&self) -> Vec<String> {
        self.orders.0.keys().cloned().collect()
    }

    /// A product group in the path or in the query must be one.
    pub(super) fn check_group(call: &Call<'_>) -> Result<(), Refusal> {
        if let Some(name) = call.path.get("ext").filter(|name| Group::named(name).is_none()) {
            return Err(Refusal::not_found("extension", name));
        }
        for name in ["pg", "productGroup"] {
            if call.query.get(name).is_some_and(|group| Group::named(group).is_none()) {
                return Err(Refusal::field(name, "unknown product group"));
            }
        }
        Ok(())
    }

    pub(super) fn ping(&self, version: &str) -> Value {
        json!({ "omsId": self.oms_id, "apiVersion": version, "omsVersion": "fake" })
    }

    pub(super) fn place(&mut self, call: &Call<'_>, new: NewOrder, old: bool) -> Answered {
        let id = self.new_id();
        let mut luck = call.luck.clone();
        luck.declined = luck.declined.or_else(|| self.refuse_orders.clone());
        let (least, most) = self.order_takes_ms;
        let by_chance =
            Dice::of(self.seed, self.ids ^ 0x0_0DE8).roll((most - least + 1).unsigned_abs());
        let usual = least + i64::try_from(by_chance).unwrap_or_default();
        let takes_ms = luck.takes_ms.unwrap_or(usual);
        let asked = Asked { order: &id, now_ms: call.now_ms };
        let taking = Taking { country: self.country, takes_ms, luck: &luck, old };
        self.orders.take(asked, new, taking, &mut self.ledger)?;
        self.annulment_at_ms = self.ledger.next_annulment().unwrap_or(i64::MAX);
        let mut answer = json!({ "omsId": self.oms_id, "orderId": id });
        answer["expectedCompleteTimestamp"] = takes_ms.into();
        Ok(answer.into())
    }

    pub(super) fn status(&mut self, call: &Call<'_>) -> Answered {
        let gtin = call.query.get("gtin").map(String::as_str);
        Ok(self.orders.status(asked(call)?, gtin)?.into())
    }

    /// Orders as a list shows them, those that a filter lets through.
    pub(super) fn list(&self, now_ms: i64, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let all = self.orders.0.keys().map(|id| self.orders.summary(id, now_ms));
        all.filter_map(Result::ok).filter(|order| wanted(order)).collect()
    }

    pub(super) fn order_list(&self, now_ms: i64) -> Value {
        json!({ "omsId": self.oms_id, "orderInfos": self.list(now_ms, |_| true) })
    }

    /// New in 3.0.33; known only from a client of it.
    pub(super) fn search_orders(&mut self, call: &Call<'_>) -> Answered {
        #[derive(Deserialize)]
        struct Search {
            #[serde(default)]
            filter: serde_json::Map<String, Value>,
            limit: Option<usize>,
            page: Option<usize>,
        }
        let search: Search = parse(call.body)?;
        let limit = search.limit.unwrap_or(10);
        if !(1..=100).contains(&limit) {
            return Err(Refusal::field("limit", "1 to 100"));
        }
        let lists = [
            ("orderIds", "orderId"),
            ("orderStatuses", "orderStatus"),
            ("productGroups", "productGroup"),
            ("productionOrderIds", "productionOrderId"),
            ("serviceProviderIds", "serviceProviderId"),
        ];
        let created = |order: &Value| order["createdTimestamp"].as_i64().unwrap_or_default();
        let bound = |name: &str| search.filter.get(name).and_then(Value::as_i64);
        let found = self.list(call.now_ms, |order| {
            lists.iter().all(|(list, field)| {
                let list = search.filter.get(*list).and_then(Value::as_array);
                list.is_none_or(|list| list.contains(&order[*field]))
            }) && bound("startCreatedTimestamp").is_none_or(|start| created(order) >= start)
                && bound("endCreatedTimestamp").is_none_or(|end| created(order) <= end)
        });
        let skip = search.page.unwrap_or(0).saturating_mul(limit);
        let page: Vec<_> = found.iter().skip(skip).take(limit).collect();
        Ok(json!({ "totalCount": found.len(), "results": page }).into())
    }

    pub(super) fn codes(&mut self, call: &Call<'_>) -> Answered {
        let asked = asked(call)?;
        let gtin = wanted(call.query, "gtin")?;
        let quantity = wanted(call.query, "quantity")?
            .parse()
            .map_err(|_| Refusal::field("quantity", "a whole number above zero"))?;
        let block = self.new_id();
        let group = self.orders.order(asked.order)?.group;
        let applied = self.strict_groups && group.applied_when_given();
        let ledger = &mut self.ledger;
        self.orders.give(asked, gtin, quantity, block.clone(), applied, ledger)?;
        Ok(self.written(&block, "given", call.now_ms))
    }

    /// A block as the answer to who asked for it.
    pub(super) fn written(&mut self, block: &str, what: &'static str, now_ms: i64) -> Answer {
        let codes = self.orders.write_block(block, what, now_ms, &mut self.ledger);
        let (oms, block) = (json!(self.oms_id), json!(block));
        Answer::Written(format!(r#"{{"omsId":{oms},"codes":{codes},"blockId":{block}}}"#))
    }

    pub(super) fn blocks(&mut self, call: &Call<'_>) -> Answered {
        let asked = asked(call)?;
        let gtin = wanted(call.query, "gtin")?;
        let blocks = self.orders.blocks(asked, gtin)?;
        let (oms, order) = (&self.oms_id, asked.order);
        Ok(json!({ "omsId": oms, "orderId": order, "gtin": gtin, "blocks": blocks }).into())
    }

    pub(super) fn retry(&mut self, call: &Call<'_>) -> Answered {
        let block = wanted(call.query, "blockId")?;
        self.orders.give_again(block, call.now_ms, &mut self.ledger)?;
        Ok(self.written(block, "given_again", call.now_ms))
    }

    pub(super) fn products(&mut self, call: &Call<'_>) -> Answered {
        Ok(self.orders.products(asked(call)?.order)?.into())
    }

    pub(super) fn close(&mut self, call: &Call<'_>) -> Answered {
        let closing: Closing = parse(call.body)?;
        let asked = Asked { order: &closing.order_id, now_ms: call.now_ms };
        self.orders.close(asked, closing.gtin.as_deref())?;
        Ok(json!({ "omsId": self.oms_id }).into())
    }

    pub(super) fn report(
        &mut self,
        call: &Call<'_>,
        kind: Kind,
        new: &NewReport,
        old: bool,
    ) -> Answered {
        new.check(kind, self.rules(old))?;
        let id = self.new_id();
        let how = (self.times(call.now_ms), call.luck);
        self.reports.take(&id, kind, new, how, &mut self.ledger);
        Ok(json!({ "omsId": self.oms_id, "reportId": id }).into())
    }

    fn rules(&self, old: bool) -> Rules {
        Rules { strict: self.strict_groups, country: self.country, old }
    }

    pub(super) fn boxes(&mut self, call: &Call<'_>, new: &NewBoxes, old: bool) -> Answered {
        new.check(self.rules(old))?;
        let id = self.new_id();
        let how = (self.times(call.now_ms), call.luck);
        self.reports.take_boxes(&id, new, how, &self.ledger);
        Ok(json!({ "omsId": self.oms_id, "reportId": id }).into())
    }

    pub(super) fn report_info(&mut self, call: &Call<'_>, old: bool) -> Answered {
        let mut info = self.reports.info(wanted(call.query, "reportId")?, call.now_ms, old)?;
        info["omsId"] = self.oms_id.clone().into();
        Ok(info.into())
    }

    pub(super) fn sign_in(&mut self, call: &Call<'_>) -> Answered {
        let answer: SignIn = parse(call.body)?;
        let token = self.new_id();
        let connection = call.path.get("omsConnection").map(String::as_str);
        let given = self.tokens.sign_in(connection, &answer, &token, call.now_ms)?;
        self.ledger.sign_ins += 1;
        self.ledger.thrown_out += u64::from(given.thrown_out);
        Ok(given.answer.into())
    }

    pub(super) fn challenge(&mut self, now_ms: i64) -> Value {
        let (id, data) = (self.new_id(), self.new_id().replace('-', "").to_uppercase());
        self.tokens.challenge(id, data, now_ms)
    }

    pub(super) fn register(&mut self, call: &Call<'_>) -> Answered {
        let new = parse(call.body)?;
        let id = self.new_id();
        Ok(self.tokens.register(id, &new).into())
    }

    pub(super) fn paper(&mut self, call: &Call<'_>) -> Answered {
        let new: NewPaper = parse(call.body)?;
        let id = self.new_id();
        let group = wanted(call.query, "pg")?;
        let times = (call.now_ms, self.report_takes_ms);
        self.papers.take(&id, &new, group, times, (call.luck, &mut self.ledger))?;
        Ok(Answer::Plain(id))
    }

    pub(super) fn paper_info(&mut self, call: &Call<'_>) -> Answered {
        let id = call.path.get("id").map(String::as_str).unwrap_or_default();
        let body = call.query.get("body").is_some_and(|wanted| wanted == "true");
        Ok(self.papers.info(id, (&self.inn, body), call.now_ms)?.into())
    }

    pub(super) fn info_of_codes(&mut self, call: &Call<'_>) -> Answered {
        let books = (&self.ledger, &self.reports, &self.orders);
        Ok(papers::info_of_codes(call.body, books, &self.inn)?.into())
    }

    fn times(&self, now_ms: i64) -> Times {
        Times { taken_at_ms: now_ms, done_at_ms: now_ms + self.report_takes_ms }
    }

    /// Counted, not drawn: a request that is not done takes none from those that are.
    pub(super) fn new_id(&mut self) -> String {
        self.ids += 1;
        let mut dice = Dice::of(self.seed ^ 0x1D, self.ids);
        let (high, low) = (dice.bits(), dice.bits());
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

pub(super) fn asked<'a>(call: &'a Call<'_>) -> Result<Asked<'a>, Refusal> {
    Ok(Asked { order: wanted(call.query, "orderId")?, now_ms: call.now_ms })
}

pub(super) fn wanted<'a>(query: &'a Query, name: &str) -> Result<&'a str, Refusal> {
    let value = query.get(name).filter(|value| !value.is_empty());
    value.map(String::as_str).ok_or_else(|| Refusal::field(name, "must be given"))
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::field("body", error.to_string()))
}

/// A number in the query, from 0 to `most`.
pub(super) fn number(
    query: &Query,
    name: &str,
    otherwise: usize,
    most: usize,
) -> Result<usize, Refusal> {
    let Some(text) = query.get(name) else { return Ok(otherwise) };
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| Refusal::field(name, format!("a whole number up to {most}")))
}
