//! Catalogue, orders and downloads of Electronic Mark.
use super::ledger::{MarkFate, MarkLedger};
use super::refusal::Refusal;
use crate::sim::dice::Dice;
use crate::sim::issuer::codes::is_gtin;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Codes in one order.
const MOST_IN_ORDER: i64 = 1_000;
/// Trade items in one question.
const MOST_GTINS: usize = 100;
/// Orders in one group. Not public; this fake's own.
const MOST_IN_GROUP: usize = 100;
/// Orders on a page. Not public; this fake's own.
const ON_A_PAGE: usize = 20;
/// The separator.
const GS: char = '\u{1d}';
/// Characters of serial numbers: letters and digits are enough for a fake, and both states take them.
const SERIAL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// What a check part is drawn from: all printable ASCII, as the operator's own example has `#`.
const PRINTABLE: std::ops::RangeInclusive<u8> = b'!'..=b'~';

/// Kinds of codes that the operator knows: number, word, and whether this fake makes them.
const TYPES: [(u32, &str, bool); 6] = [
    (7, "Код маркировки ЕАЭС", true),
    (20, "Средство идентификации", true),
    (12, "Код маркировки молочной продукции", true),
    (6, "SSCC", false),
    (13, "Собственный агрегат", false),
    (19, "Знак защиты", false),
];

/// One order.
#[derive(Debug, Deserialize)]
pub(super) struct NewOrder {
    label_type: u32,
    count: i64,
    gtin: String,
    #[serde(default)]
    comment: String,
}

/// Several at once.
#[derive(Debug, Deserialize)]
pub(super) struct NewGroup {
    group: String,
    orders: BTreeMap<String, NewOrder>,
}

/// An order that was taken.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    id: u64,
    label_type: u32,
    group: String,
    gtin: String,
    count: usize,
    comment: String,
    taken_at_ms: i64,
    ready_at_ms: i64,
    declined: Option<String>,
    /// Made when it became ready.
    codes: Vec<String>,
    downloads: u32,
}

/// Everything about orders.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Orders {
    /// Trade items of the participant, and their product groups.
    items: BTreeMap<String, String>,
    by_number: BTreeMap<u64, Order>,
    last_code: u64,
}

/// What an order is taken with.
#[derive(Debug, Clone)]
pub(super) struct Taking {
    pub(super) now_ms: i64,
    pub(super) ready_at_ms: i64,
    pub(super) declined: Option<String>,
}

impl Orders {
    /// `POST /items/addByGtin`.
    pub(super) fn add_item(
        &mut self,
        gtin: &str,
        strange: &BTreeSet<String>,
    ) -> Result<Value, Refusal> {
        if !is_gtin(gtin) {
            return Err(Refusal::wrong("gtin: 14 digits with a right check digit"));
        }
        if strange.contains(gtin) {
            return Err(Refusal::not_found(&format!("GTIN {gtin} in ePASS")));
        }
        self.items.entry(gtin.to_owned()).or_default();
        Ok(json!({ "gtin": gtin, "name": format!("Товар {gtin}") }))
    }

    /// `POST /items/checkGtin`.
    pub(super) fn check_items(&self, gtins: &[String]) -> Result<Value, Refusal> {
        if !(1..=MOST_GTINS).contains(&gtins.len()) {
            return Err(Refusal::wrong(format!("gtins: 1 to {MOST_GTINS}")));
        }
        let found = gtins
            .iter()
            .map(|gtin| json!({ "gtin": gtin, "exists": self.items.contains_key(gtin) }));
        Ok(json!({ "results": found.collect::<Vec<_>>() }))
    }

    /// `POST /items/findItems`.
    pub(super) fn items(&self) -> Value {
        let item = |(gtin, group): (&String, &String)| json!({ "gtin": gtin, "group": group });
        json!({ "items": self.items.iter().map(item).collect::<Vec<_>>() })
    }

    /// `GET /labels/types`.
    pub(super) fn types() -> Value {
        let types = TYPES.map(|(code, name, _)| json!({ "code": code, "name": name }));
        json!({ "types": types })
    }

    /// `POST /v3/orders/add`.
    pub(super) fn add(&mut self, new: &NewOrder, taking: &Taking) -> Result<Value, Refusal> {
        self.check(new)?;
        let group = self.group_of(new);
        Ok(self.take(new, group, taking))
    }

    /// `POST /v3/orders/addGroupOrders`: all of them or none.
    pub(super) fn add_group(&mut self, new: &NewGroup, taking: &Taking) -> Result<Value, Refusal> {
        if !(1..=MOST_IN_GROUP).contains(&new.orders.len()) {
            return Err(Refusal::wrong(format!("orders: 1 to {MOST_IN_GROUP}")));
        }
        for order in new.orders.values() {
            self.check(order)?;
        }
        let mut taken = serde_json::Map::new();
        for (key, order) in &new.orders {
            taken.insert(key.clone(), self.take(order, new.group.clone(), taking));
        }
        Ok(json!({ "orders": taken }))
    }

    fn check(&self, new: &NewOrder) -> Result<(), Refusal> {
        if !(1..=MOST_IN_ORDER).contains(&new.count) {
            return Err(Refusal::wrong(format!("count: 1 to {MOST_IN_ORDER}")));
        }
        if !TYPES.iter().any(|(number, _, made)| *number == new.label_type && *made) {
            return Err(Refusal::wrong("label_type: this fake makes 7, 12 and 20"));
        }
        if !self.items.contains_key(&new.gtin) {
            return Err(Refusal::wrong(format!("GTIN {} not found in your catalogue", new.gtin)));
        }
        Ok(())
    }

    fn group_of(&self, new: &NewOrder) -> String {
        let known = self.items.get(&new.gtin).filter(|group| !group.is_empty());
        known
            .cloned()
            .unwrap_or_else(|| if new.label_type == 12 { "milk" } else { "lp" }.to_owned())
    }

    fn take(&mut self, new: &NewOrder, group: String, taking: &Taking) -> Value {
        self.items.insert(new.gtin.clone(), group.clone());
        let id = self.by_number.keys().last().map_or(2_000_000_001, |last| last + 1);
        let order = Order {
            id,
            label_type: new.label_type,
            group,
            gtin: new.gtin.clone(),
            count: usize::try_from(new.count).unwrap_or_default(),
            comment: new.comment.clone(),
            taken_at_ms: taking.now_ms,
            ready_at_ms: taking.ready_at_ms,
            declined: taking.declined.clone(),
            codes: Vec::new(),
            downloads: 0,
        };
        self.by_number.insert(id, order);
        json!({ "id": id, "created_at": super::moment(taking.now_ms) })
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.by_number.keys().copied().collect()
    }

    /// Makes the codes of orders whose time has come.
    pub(super) fn settle(&mut self, now_ms: i64, seed: u64, ledger: &mut MarkLedger) {
        let ready =
            |o: &&mut Order| o.codes.is_empty() && o.declined.is_none() && o.ready_at_ms <= now_ms;
        for order in self.by_number.values_mut().filter(ready) {
            while order.codes.len() < order.count {
                self.last_code += 1;
                let code = new_code(order, &mut Dice::of(seed, self.last_code));
                let fate = MarkFate {
                    order: order.id,
                    group: order.group.clone(),
                    label_type: order.label_type,
                    given: 0,
                    named_marked: 0,
                    named_manufactured: 0,
                    named_shipped: 0,
                    steps: Vec::new(),
                };
                if ledger.enter(code.clone(), fate) {
                    order.codes.push(code);
                }
            }
        }
    }

    /// `GET /v3/orders/list/{id}`.
    pub(super) fn detail(&self, id: u64, now_ms: i64) -> Result<Value, Refusal> {
        let order = self.by_number.get(&id).ok_or_else(|| Refusal::not_found("order"))?;
        Ok(json!({ "detail": order.describe(now_ms) }))
    }

    /// `POST /v2/orders/statusList`: a page of orders, the youngest first; an empty one is the last.
    pub(super) fn page(&self, label_type: Option<u32>, page: usize, now_ms: i64) -> Value {
        let wanted = |order: &&Order| label_type.is_none_or(|kind| kind == order.label_type);
        let orders = self.by_number.values().rev().filter(wanted);
        let orders = orders.skip(page.saturating_sub(1).saturating_mul(ON_A_PAGE)).take(ON_A_PAGE);
        let list: Vec<_> = orders.map(|order| order.describe(now_ms)).collect();
        json!({ "orders_list": list })
    }

    /// `POST /v3/orders/downloads` and `GET /downloads/{filename}`: as often as wanted.
    pub(super) fn download(
        &mut self,
        which: impl Fn(u64, &str) -> bool,
        now_ms: i64,
        ledger: &mut MarkLedger,
    ) -> Result<Vec<String>, Refusal> {
        let found = self.by_number.values_mut().find(|order| which(order.id, &order.file()));
        let order = found.ok_or_else(|| Refusal::not_found("file"))?;
        if order.number(now_ms) != READY {
            return Err(Refusal::wrong(format!("order {} is not ready", order.id)));
        }
        order.downloads += 1;
        for code in &order.codes {
            if let Some(fate) = ledger.fate_mut(code) {
                fate.given += 1;
            }
        }
        Ok(order.codes.clone())
    }
}

/// The only number of an order that clients are known to wait for. The others are this fake's own.
const READY: u32 = 30;
const UNDER_WAY: u32 = 20;
const DECLINED: u32 = 90;

impl Order {
    fn number(&self, now_ms: i64) -> u32 {
        match () {
            () if now_ms < self.ready_at_ms => UNDER_WAY,
            () if self.declined.is_some() => DECLINED,
            () => READY,
        }
    }

    fn status(&self, now_ms: i64) -> Value {
        let number = self.number(now_ms);
        let words = match number {
            READY => "Выполнен".to_owned(),
            UNDER_WAY => "В обработке".to_owned(),
            _ => format!("Отклонён: {}", self.declined.as_deref().unwrap_or_default()),
        };
        json!({ "code": number, "message": words })
    }

    fn file(&self) -> String {
        format!("labels-{}.txt", self.id)
    }

    fn describe(&self, now_ms: i64) -> Value {
        let ready = self.number(now_ms) == READY;
        let file = ready.then(|| json!({ "filename": self.file(), "downloads": self.downloads }));
        json!({
            "id": self.id,
            "count": self.count,
            "gtin": { "gtin": self.gtin },
            "group": self.group,
            "comment": self.comment,
            "created_at": super::moment(self.taken_at_ms),
            "status": self.status(now_ms),
            "type": { "code": self.label_type },
            "files": { "labels": file },
        })
    }
}

/// A code of the form that its kind and group have. The digit 2 is Belarus.
fn new_code(order: &Order, dice: &mut Dice) -> String {
    let milk = order.group == "milk";
    // Dairy: eight inside the country (the operator's page), six in the Union; others thirteen.
    let serial = match (milk, order.label_type) {
        (true, 12 | 20) => 8,
        (true, _) => 6,
        (false, _) => 13,
    };
    let own: String = (1..serial).map(|_| char::from(SERIAL[dice.below(SERIAL.len())])).collect();
    let head = format!("01{}212{own}{GS}", order.gtin);
    if milk {
        return format!("{head}93{}", check(4, dice));
    }
    let signature = if order.group == "shoes" { 88 } else { 44 };
    format!("{head}91{}{GS}92{}", check(4, dice), check(signature, dice))
}

fn check(length: usize, dice: &mut Dice) -> String {
    let span = u64::from(PRINTABLE.end() - PRINTABLE.start()) + 1;
    let place = |dice: &mut Dice| u8::try_from(dice.roll(span)).unwrap_or_default();
    (0..length).map(|_| char::from(PRINTABLE.start() + place(dice))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(group: &str, label_type: u32) -> String {
        let order = Order {
            id: 1,
            label_type,
            group: group.to_owned(),
            gtin: "04810093011694".to_owned(),
            count: 1,
            comment: String::new(),
            taken_at_ms: 0,
            ready_at_ms: 0,
            declined: None,
            codes: Vec::new(),
            downloads: 0,
        };
        new_code(&order, &mut Dice::new(3))
    }

    #[test]
    fn codes_have_the_form_of_their_kind() {
        for (group, label_type, length) in
            [("milk", 12, 33), ("milk", 7, 31), ("shoes", 20, 129), ("lp", 20, 85), ("lp", 7, 85)]
        {
            let code = code(group, label_type);
            assert_eq!(code.len(), length, "{group} {label_type}: {code:?}");
            assert!(crate::code::parse(&code).is_ok(), "{group} {label_type}: {code:?}");
        }
    }
}
