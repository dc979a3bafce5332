//! Orders: what was ordered, what was given out of it in which block, what is closed.
use super::codes::{self, Form};
use super::ledger::{Ledger, Standing};
use super::refusal::Refusal;
use crate::sim::dice::Dice;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Trade items in one order (CRPT "API СУЗ 3.0", page 32).
const MOST_PRODUCTS: usize = 10;
/// Codes in an order of one trade item, and of each of several (same, page 32).
const MOST_OF_ONE: usize = 2_000_000;
const MOST_OF_EACH: usize = 150_000;
/// Codes in one call (same, page 156).
const MOST_IN_A_CALL: usize = 150_000;
/// Orders that still have codes to give (same, page 32).
const MOST_ACTIVE: usize = 100;
/// Unused codes are annulled after 90 days (same, page 404: shoes; other groups differ).
const CODES_LIVE_MS: i64 = 90 * 86_400_000;

/// The body of `POST /order`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOrder {
    product_group: String,
    products: Vec<NewProduct>,
    #[serde(default)]
    attributes: Value,
    service_provider_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewProduct {
    gtin: String,
    quantity: i64,
    serial_number_type: String,
    #[serde(default)]
    serial_numbers: Vec<String>,
    template_id: u32,
    cis_type: String,
}

/// An order that was taken.
#[derive(Debug)]
struct Order {
    form: Form,
    /// What it was called by whoever placed it (`productionOrderId`).
    called: Option<String>,
    taken_at_ms: i64,
    /// When its codes are made, in milliseconds since 1970.
    ready_at_ms: i64,
    /// Why it is refused after all.
    declined: Option<String>,
    /// By trade item.
    parts: BTreeMap<String, Part>,
}

/// The part of an order for one trade item.
#[derive(Debug)]
struct Part {
    quantity: usize,
    given: usize,
    serials: Vec<String>,
    blocks: Vec<Block>,
    closed: bool,
}

#[derive(Debug)]
struct Block {
    id: String,
    at_ms: i64,
    codes: Vec<String>,
}

/// Every order.
#[derive(Debug, Default)]
pub(super) struct Orders(BTreeMap<String, Order>);

/// Where an answer is asked for, and the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) order: &'a str,
    pub(super) now_ms: i64,
}

impl Orders {
    /// Takes an order under this identifier. `declined`: it will turn out to be refused.
    pub(super) fn take(
        &mut self,
        asked: Asked<'_>,
        new: NewOrder,
        ready_at_ms: i64,
        declined: Option<String>,
        ledger: &Ledger,
    ) -> Result<(), Refusal> {
        let form = codes::form_of(&new.product_group)
            .ok_or_else(|| Refusal::field("productGroup", "unknown product group"))?;
        self.check(&new, form, asked.now_ms, ledger)?;
        let part = |p: NewProduct| {
            let quantity = usize::try_from(p.quantity).unwrap_or_default();
            let serials = p.serial_numbers;
            (p.gtin, Part { quantity, given: 0, serials, blocks: Vec::new(), closed: false })
        };
        let called = new.attributes.get("productionOrderId").and_then(Value::as_str);
        let called = called.map(str::to_owned);
        let parts = new.products.into_iter().map(part).collect();
        let order = Order { form, called, taken_at_ms: asked.now_ms, ready_at_ms, declined, parts };
        self.0.insert(asked.order.to_owned(), order);
        Ok(())
    }

    /// The identifiers of all orders.
    pub(super) fn ids(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// `GET /order/list`: every order (same, pages 151 to 154).
    pub(super) fn list(&self, now_ms: i64) -> Value {
        let info = |(id, order): (&String, &Order)| {
            let parts = order.parts.iter();
            let buffers: Vec<_> =
                parts.map(|(gtin, part)| order.describe(gtin, part, now_ms)).collect();
            json!({
                "orderId": id,
                "createdTimestamp": order.taken_at_ms,
                "productGroup": order.form.group,
                "buffers": buffers,
            })
        };
        self.0.iter().map(info).collect()
    }

    fn check(
        &self,
        new: &NewOrder,
        form: Form,
        now_ms: i64,
        ledger: &Ledger,
    ) -> Result<(), Refusal> {
        let active = self.0.values().filter(|o| o.is_active(now_ms)).count();
        if active >= MOST_ACTIVE {
            return Err(Refusal::state(format!("there are {MOST_ACTIVE} active orders already")));
        }
        if !(1..=MOST_PRODUCTS).contains(&new.products.len()) {
            return Err(Refusal::field("products", format!("1 to {MOST_PRODUCTS} GTINs")));
        }
        let attribute = |name: &str| new.attributes.get(name).and_then(Value::as_str);
        if form.utilised_when_given {
            for name in ["releaseMethodType", "createMethodType"] {
                attribute(name)
                    .ok_or_else(|| Refusal::field(format!("attributes.{name}"), "must be given"))?;
            }
        }
        let own = attribute("createMethodType").is_none_or(|method| method == "SELF_MADE");
        if !own && new.service_provider_id.is_none() {
            return Err(Refusal::field(
                "serviceProviderId",
                "must be given for this createMethodType",
            ));
        }
        let most = if new.products.len() == 1 { MOST_OF_ONE } else { MOST_OF_EACH };
        for (at, product) in new.products.iter().enumerate() {
            let again = new.products[..at].iter().any(|p| p.gtin == product.gtin);
            if again {
                return Err(Refusal::field(format!("products[{at}].gtin"), "stands there twice"));
            }
            product.check(at, form, most, ledger)?;
        }
        Ok(())
    }

    /// `GET /order/status`.
    pub(super) fn status(&self, asked: Asked<'_>, gtin: Option<&str>) -> Result<Value, Refusal> {
        let order = self.order(asked.order)?;
        if let Some(gtin) = gtin {
            order.part(gtin)?;
        }
        let parts = order.parts.iter().filter(|(name, _)| gtin.is_none_or(|g| g == *name));
        Ok(parts.map(|(gtin, part)| order.describe(gtin, part, asked.now_ms)).collect())
    }

    /// `GET /codes`: new codes, never given before. When the last one goes, the part closes itself.
    pub(super) fn give(
        &mut self,
        asked: Asked<'_>,
        gtin: &str,
        quantity: usize,
        block: String,
        (dice, ledger): (&mut Dice, &mut Ledger),
    ) -> Result<Vec<String>, Refusal> {
        let order = self.0.get_mut(asked.order).ok_or_else(|| no_order(asked.order))?;
        order.must_be_active(gtin, asked.now_ms)?;
        let form = order.form;
        let part = order.parts.get_mut(gtin).expect("it was just looked up");
        let left = part.quantity - part.given;
        if !(1..=MOST_IN_A_CALL).contains(&quantity) || quantity > left {
            let most = left.min(MOST_IN_A_CALL);
            return Err(Refusal::field("quantity", format!("1 to {most} can be had")));
        }
        let mut codes = Vec::with_capacity(quantity);
        for at in part.given..part.given + quantity {
            let code = fresh(form, gtin, part.serials.get(at), dice, ledger);
            ledger.enter(&code, asked.order, Some(form.group));
            ledger.write(asked.now_ms, "given", asked.order, &code, 0);
            codes.push(code);
        }
        part.given += quantity;
        part.closed = part.given == part.quantity;
        part.blocks.push(Block { id: block, at_ms: asked.now_ms, codes: codes.clone() });
        Ok(codes)
    }

    /// Lets the station itself report what it gave out, as it does for some groups.
    pub(super) fn utilise(codes: &[String], ledger: &mut Ledger) {
        for code in codes {
            if let Some(fate) = ledger.fate_mut(code) {
                fate.standing = Standing::Utilised;
            }
        }
    }

    /// The form of an order's codes.
    pub(super) fn form(&self, order: &str) -> Option<Form> {
        self.0.get(order).map(|o| o.form)
    }

    /// `GET /order/codes/blocks`.
    pub(super) fn blocks(&self, asked: Asked<'_>, gtin: &str) -> Result<Value, Refusal> {
        let order = self.order(asked.order)?;
        order.must_be_active(gtin, asked.now_ms)?;
        let block = |b: &Block| json!({ "blockId": b.id, "blockDateTime": b.at_ms, "quantity": b.codes.len() });
        Ok(order.part(gtin)?.blocks.iter().map(block).collect())
    }

    /// `GET /order/codes/retry`: a block again, while its part is open.
    pub(super) fn retry(
        &self,
        block: &str,
        now_ms: i64,
        ledger: &mut Ledger,
    ) -> Result<Vec<String>, Refusal> {
        for order in self.0.values() {
            for (gtin, part) in &order.parts {
                let Some(found) = part.blocks.iter().find(|b| b.id == block) else { continue };
                order.must_be_active(gtin, now_ms)?;
                for code in &found.codes {
                    if let Some(fate) = ledger.fate_mut(code) {
                        fate.given += 1;
                    }
                    ledger.write(now_ms, "given_again", block, code, 0);
                }
                return Ok(found.codes.clone());
            }
        }
        Err(Refusal::not_found("block", block))
    }

    /// `POST /order/close`: one trade item or the whole order. Closing twice is no error.
    pub(super) fn close(&mut self, order: &str, gtin: Option<&str>) -> Result<(), Refusal> {
        let found = self.0.get_mut(order).ok_or_else(|| no_order(order))?;
        if let Some(gtin) = gtin {
            found.part(gtin)?;
        }
        for (name, part) in &mut found.parts {
            part.closed |= gtin.is_none_or(|g| g == name);
        }
        Ok(())
    }

    fn order(&self, id: &str) -> Result<&Order, Refusal> {
        self.0.get(id).ok_or_else(|| no_order(id))
    }
}

impl NewProduct {
    fn check(&self, at: usize, form: Form, most: usize, ledger: &Ledger) -> Result<(), Refusal> {
        let refuse =
            |name: &str, text: &str| Err(Refusal::field(format!("products[{at}].{name}"), text));
        let quantity = usize::try_from(self.quantity).unwrap_or_default();
        if !codes::is_gtin(&self.gtin) {
            return refuse("gtin", "14 digits with a right check digit");
        }
        if !(1..=most).contains(&quantity) {
            return refuse("quantity", &format!("1 to {most}"));
        }
        if self.template_id != form.template {
            return refuse("templateId", &format!("{} for {}", form.template, form.group));
        }
        if !["UNIT", "BUNDLE", "GROUP", "SET"].contains(&self.cis_type.as_str()) {
            return refuse("cisType", "UNIT, BUNDLE, GROUP or SET");
        }
        let known =
            |serial: &String| ledger.knows_identification(&format!("01{}215{serial}", self.gtin));
        match self.serial_number_type.as_str() {
            "SELF_MADE" if self.serial_numbers.len() != quantity => {
                refuse("serialNumbers", "as many as the quantity says")
            }
            "SELF_MADE" if !self.serial_numbers.iter().all(|s| codes::is_serial(s, form)) => {
                refuse("serialNumbers", "wrong length or characters")
            }
            "SELF_MADE" if self.serial_numbers.iter().any(known) => {
                refuse("serialNumbers", "was used before")
            }
            "OPERATOR" | "SELF_MADE" => Ok(()),
            _ => refuse("serialNumberType", "OPERATOR or SELF_MADE"),
        }
    }
}

impl Order {
    fn part(&self, gtin: &str) -> Result<&Part, Refusal> {
        self.parts.get(gtin).ok_or_else(|| Refusal::not_found("GTIN", gtin))
    }

    fn is_active(&self, now_ms: i64) -> bool {
        self.parts.values().any(|p| matches!(self.word(p, now_ms), "PENDING" | "ACTIVE"))
    }

    fn word(&self, part: &Part, now_ms: i64) -> &'static str {
        match () {
            () if part.closed => "CLOSED",
            () if now_ms < self.ready_at_ms => "PENDING",
            () if self.declined.is_some() => "REJECTED",
            () => "ACTIVE",
        }
    }

    fn must_be_active(&self, gtin: &str, now_ms: i64) -> Result<(), Refusal> {
        match self.word(self.part(gtin)?, now_ms) {
            "ACTIVE" => Ok(()),
            word => Err(Refusal::state(format!("the buffer of {gtin} is {word}, not ACTIVE"))),
        }
    }

    /// One `BufferInfo`. Every counter of a buffer that waits or was refused is −1.
    fn describe(&self, gtin: &str, part: &Part, now_ms: i64) -> Value {
        let word = self.word(part, now_ms);
        let hidden = matches!(word, "PENDING" | "REJECTED");
        let count = |n: usize| if hidden { -1 } else { i64::try_from(n).unwrap_or(i64::MAX) };
        let available = if part.closed { 0 } else { part.quantity - part.given };
        let mut info = json!({
            "gtin": gtin,
            "bufferStatus": word,
            "leftInBuffer": count(0),
            "totalCodes": count(part.quantity),
            "totalPassed": count(part.given),
            "availableCodes": count(available),
            "unavailableCodes": count(part.quantity - part.given - available),
            "poolsExhausted": !hidden && part.given == part.quantity,
            "expiredDate": (self.ready_at_ms + CODES_LIVE_MS).to_string(),
            "templateId": self.form.template,
            "cisType": "UNIT",
        });
        if let Some(called) = &self.called {
            info["productionOrderId"] = called.as_str().into();
        }
        if let (Some(reason), "REJECTED") = (&self.declined, word) {
            info["rejectionReason"] = format!("Order declined: {reason}").into();
        }
        info
    }
}

fn no_order(id: &str) -> Refusal {
    Refusal::not_found("order", id)
}

/// A code whose identification was never used. Drawing again ends: the space of serials is far
/// larger than any order.
fn fresh(form: Form, gtin: &str, own: Option<&String>, dice: &mut Dice, ledger: &Ledger) -> String {
    loop {
        let code = codes::new_code(form, gtin, own.map(String::as_str), dice);
        if own.is_some() || !ledger.knows_identification(codes::identification(&code)) {
            return code;
        }
    }
}
