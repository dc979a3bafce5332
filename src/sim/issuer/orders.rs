//! Orders: what was ordered, what was given out of it in which block, what is closed.
use super::groups::{Group, Template};
use super::ledger::{Ledger, NewLot, Standing};
use super::order_form::NewOrder;
use super::refusal::Refusal;
use super::trouble::Luck;
use super::{Country, codes};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Codes in one call (CRPT "API СУЗ 3.0", page 156).
const MOST_IN_A_CALL: usize = 150_000;
/// Orders that still have codes to give, and as many that wait for theirs (same, page 32).
const MOST_ACTIVE: usize = 100;
const DAY_MS: i64 = 86_400_000;
/// Days end at midnight of Moscow; that it is Moscow's is a guess.
const MOSCOW_MS: i64 = 3 * 3_600_000;

/// An order that was taken.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) group: &'static Group,
    /// What it was called by whoever placed it (`productionOrderId`).
    pub(super) called: Option<String>,
    pub(super) provider: Option<String>,
    /// `releaseMethodType`: what the codes are for.
    pub(super) release: Option<String>,
    pub(super) taken_at_ms: i64,
    /// When its codes are made, in milliseconds since 1970.
    pub(super) ready_at_ms: i64,
    /// Why it is refused after all.
    pub(super) declined: Option<String>,
    /// By version 2: no part closes itself.
    pub(super) old: bool,
    pub(super) closed_at_ms: Option<i64>,
    /// By trade item.
    pub(super) parts: BTreeMap<String, Part>,
}

/// The part of an order for one trade item.
#[derive(Debug)]
pub(super) struct Part {
    template: Template,
    cis_type: String,
    attributes: Value,
    quantity: usize,
    given: usize,
    /// Its codes in the ledger.
    lot: usize,
    pub(super) blocks: Vec<Block>,
    closed: bool,
    /// When codes that are not applied expire; none: never.
    expires_at_ms: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) id: String,
    pub(super) at_ms: i64,
    /// Place of its first code in the part, and how many there are.
    first: usize,
    pub(super) quantity: usize,
}

/// Every order.
#[derive(Debug, Default)]
pub(super) struct Orders(pub(super) BTreeMap<String, Order>);

/// Where an answer is asked for, and the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) order: &'a str,
    pub(super) now_ms: i64,
}

/// How an order is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking<'a> {
    pub(super) country: Country,
    pub(super) takes_ms: i64,
    pub(super) luck: &'a Luck,
    pub(super) old: bool,
}

impl Orders {
    /// Takes an order under this identifier.
    pub(super) fn take(
        &mut self,
        asked: Asked<'_>,
        new: NewOrder,
        taking: Taking<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), Refusal> {
        let group = Group::named(&new.product_group)
            .ok_or_else(|| Refusal::field("productGroup", "unknown product group"))?;
        self.check_room(asked.now_ms)?;
        new.check(group, (taking.country, asked.now_ms), ledger)?;
        let ready_at_ms = asked.now_ms + taking.takes_ms;
        let expires_at_ms =
            (!new.is_paid_by_emission(group)).then_some(ready_at_ms + group.lives_days * DAY_MS);
        let mut order = Order {
            group,
            called: new.text("productionOrderId"),
            provider: new.service_provider_id.clone(),
            release: new.text("releaseMethodType"),
            taken_at_ms: asked.now_ms,
            ready_at_ms,
            declined: taking.luck.declined.clone(),
            old: taking.old,
            closed_at_ms: None,
            parts: BTreeMap::new(),
        };
        let digit = codes::country_digit(taking.country, group);
        for product in new.products {
            let template =
                product.template(group, asked.now_ms).expect("the order was just checked");
            let quantity = usize::try_from(product.quantity).unwrap_or_default();
            let digits = digit.map(String::from).unwrap_or_default();
            let own = product.serial_numbers.iter().flatten().map(|s| format!("{digits}{s}"));
            let lot = ledger.open(NewLot {
                order: asked.order,
                group: group.alias,
                gtin: &product.gtin,
                template,
                digit,
                price: product.price(),
                quantity,
                own: own.collect(),
                annulled_at_ms: expires_at_ms.map(midnight_after),
            });
            let part = Part {
                template,
                cis_type: product.cis_type.unwrap_or_else(|| "UNIT".to_owned()),
                attributes: product.attributes.unwrap_or_default().into(),
                quantity,
                given: 0,
                lot,
                blocks: Vec::new(),
                closed: false,
                expires_at_ms,
            };
            order.parts.insert(product.gtin, part);
        }
        self.0.insert(asked.order.to_owned(), order);
        Ok(())
    }

    fn check_room(&self, now_ms: i64) -> Result<(), Refusal> {
        let waiting = |o: &&Order| now_ms < o.ready_at_ms && o.is_open();
        let active = |o: &&Order| now_ms >= o.ready_at_ms && o.has_active(now_ms);
        let full =
            |what| Err(Refusal::state(format!("there are {MOST_ACTIVE} {what} orders already")));
        match () {
            () if self.0.values().filter(active).count() >= MOST_ACTIVE => full("active"),
            () if self.0.values().filter(waiting).count() >= MOST_ACTIVE => full("waiting"),
            () => Ok(()),
        }
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

    /// One order, as the list of orders shows it (CRPT "API СУЗ 3.0", pages 151 to 154).
    pub(super) fn summary(&self, id: &str, now_ms: i64) -> Result<Value, Refusal> {
        let order = self.order(id)?;
        let parts = order.parts.iter();
        let buffers: Vec<_> =
            parts.map(|(gtin, part)| order.describe(gtin, part, now_ms)).collect();
        let mut info = json!({
            "orderId": id,
            "orderStatus": order.word(now_ms),
            "createdTimestamp": order.taken_at_ms,
            "productGroup": order.group.alias,
            "buffers": buffers,
        });
        let texts = [
            ("productionOrderId", &order.called),
            ("serviceProviderId", &order.provider),
            ("declineReason", &order.declined),
        ];
        for (name, text) in texts {
            let hidden = name == "declineReason" && now_ms < order.ready_at_ms;
            if let Some(text) = text.as_ref().filter(|_| !hidden) {
                info[name] = text.as_str().into();
            }
        }
        Ok(info)
    }

    /// `GET /order/product`: what was said of each trade item (same, page 165).
    pub(super) fn products(&self, order: &str) -> Result<Value, Refusal> {
        let parts = self.order(order)?.parts.iter();
        Ok(parts.map(|(gtin, part)| (gtin.clone(), part.attributes.clone())).collect())
    }

    /// `GET /codes`: new codes, never given before. When the last one goes, the part closes itself.
    pub(super) fn give(
        &mut self,
        asked: Asked<'_>,
        gtin: &str,
        quantity: usize,
        block: String,
        applied: bool,
        ledger: &mut Ledger,
    ) -> Result<(), Refusal> {
        let order = self.0.get_mut(asked.order).ok_or_else(|| no_order(asked.order))?;
        order.must_be_active(gtin, asked.now_ms)?;
        if order.provider.is_some() {
            return Err(Refusal::state("these codes are distributed to the service provider"));
        }
        let old = order.old;
        let part = order.parts.get_mut(gtin).expect("it was just looked up");
        let left = part.quantity - part.given;
        if !(1..=MOST_IN_A_CALL).contains(&quantity) || quantity > left {
            let most = left.min(MOST_IN_A_CALL);
            return Err(Refusal::field("quantity", format!("1 to {most} can be had")));
        }
        let standing = if applied { Standing::Utilised } else { Standing::Given };
        ledger.give(part.lot, quantity, standing);
        part.blocks.push(Block { id: block, at_ms: asked.now_ms, first: part.given, quantity });
        part.given += quantity;
        part.closed = part.given == part.quantity && !old;
        Ok(())
    }

    /// The codes of a block as a JSON array. Writes each into the ledger.
    pub(super) fn write_block(
        &self,
        id: &str,
        what: &'static str,
        now_ms: i64,
        ledger: &mut Ledger,
    ) -> String {
        let Some((order, _, part, block)) = self.block(id) else { return "[]".to_owned() };
        let mut text = String::with_capacity(block.quantity * 140 + 2);
        text.push('[');
        for index in block.first..block.first + block.quantity {
            let code = ledger.code(part.lot, index);
            if index > block.first {
                text.push(',');
            }
            write_json(&code, &mut text);
            ledger.write(now_ms, what, if what == "given" { order } else { id }, &code, 0);
        }
        text.push(']');
        text
    }

    /// A block, with its order, its GTIN and its part.
    pub(super) fn block(&self, id: &str) -> Option<(&str, &str, &Part, &Block)> {
        self.0.iter().find_map(|(order, o)| {
            o.parts.iter().find_map(|(gtin, part)| {
                let block = part.blocks.iter().find(|b| b.id == id)?;
                Some((order.as_str(), gtin.as_str(), part, block))
            })
        })
    }

    /// `GET /order/codes/blocks`.
    pub(super) fn blocks(&self, asked: Asked<'_>, gtin: &str) -> Result<Value, Refusal> {
        let order = self.order(asked.order)?;
        order.must_be_active(gtin, asked.now_ms)?;
        let block = |b: &Block| json!({ "blockId": b.id, "blockDateTime": b.at_ms, "quantity": b.quantity });
        Ok(order.part(gtin)?.blocks.iter().map(block).collect())
    }

    /// `GET /order/codes/retry`: whether a block can be had again: while its part is open. Counts it.
    pub(super) fn give_again(
        &self,
        id: &str,
        now_ms: i64,
        ledger: &mut Ledger,
    ) -> Result<(), Refusal> {
        let found = self.block(id).ok_or_else(|| Refusal::not_found("block", id))?;
        let (order, gtin, part, block) = found;
        self.order(order)?.must_be_active(gtin, now_ms)?;
        for index in block.first..block.first + block.quantity {
            let mark = ledger.mark_mut(&super::ledger::Place::Lot(part.lot, index));
            mark.given = mark.given.saturating_add(1);
        }
        Ok(())
    }

    /// In version 2: the block behind the last one that the client has stored, if there is one. `0`
    /// stands before the first (CRPT station of version 2; that exactly this happens is from memory).
    pub(super) fn block_behind(
        &self,
        asked: Asked<'_>,
        gtin: &str,
        last: &str,
    ) -> Result<Option<String>, Refusal> {
        let blocks = &self.order(asked.order)?.part(gtin)?.blocks;
        let behind = match blocks.iter().position(|b| b.id == last) {
            Some(at) => at + 1,
            None if last == "0" => 0,
            None => return Err(Refusal::field("lastBlockId", "there is no such block")),
        };
        Ok(blocks.get(behind).map(|b| b.id.clone()))
    }

    /// `POST /order/close`: one trade item or the whole order. Closing twice is no error.
    pub(super) fn close(&mut self, asked: Asked<'_>, gtin: Option<&str>) -> Result<(), Refusal> {
        let found = self.0.get_mut(asked.order).ok_or_else(|| no_order(asked.order))?;
        if let Some(gtin) = gtin {
            found.part(gtin)?;
        }
        for (name, part) in &mut found.parts {
            part.closed |= gtin.is_none_or(|g| g == name);
        }
        found.closed_at_ms.get_or_insert(asked.now_ms);
        Ok(())
    }

    /// Every open buffer expires now.
    pub(super) fn expire(&mut self, now_ms: i64) {
        for part in self.0.values_mut().flat_map(|order| order.parts.values_mut()) {
            part.expires_at_ms = Some(now_ms - DAY_MS);
        }
    }

    pub(super) fn order(&self, id: &str) -> Result<&Order, Refusal> {
        self.0.get(id).ok_or_else(|| no_order(id))
    }
}

impl Order {
    pub(super) fn part(&self, gtin: &str) -> Result<&Part, Refusal> {
        self.parts.get(gtin).ok_or_else(|| Refusal::not_found("GTIN", gtin))
    }

    fn is_open(&self) -> bool {
        self.parts.values().any(|part| !part.closed)
    }

    fn has_active(&self, now_ms: i64) -> bool {
        self.parts.values().any(|part| self.word_of(part, now_ms) == "ACTIVE")
    }

    /// `orderStatus` (CRPT "API СУЗ 3.0", page 397).
    pub(super) fn word(&self, now_ms: i64) -> &'static str {
        match () {
            () if now_ms < self.ready_at_ms => "PENDING",
            () if self.declined.is_some() => "DECLINED",
            () if self.is_open() => "READY",
            () => "CLOSED",
        }
    }

    /// `bufferStatus` (same, page 394).
    fn word_of(&self, part: &Part, now_ms: i64) -> &'static str {
        let expired = part.expires_at_ms.is_some_and(|at| midnight_after(at) <= now_ms);
        match () {
            () if part.closed => "CLOSED",
            () if now_ms < self.ready_at_ms => "PENDING",
            () if self.declined.is_some() => "REJECTED",
            () if expired && self.old => "EXPIRED",
            () if expired => "CLOSED",
            () if part.given == part.quantity => "EXHAUSTED",
            () => "ACTIVE",
        }
    }

    fn must_be_active(&self, gtin: &str, now_ms: i64) -> Result<(), Refusal> {
        match self.word_of(self.part(gtin)?, now_ms) {
            // Only in version 2: nothing new, but the old blocks.
            "ACTIVE" | "EXHAUSTED" => Ok(()),
            word => Err(Refusal::state(format!("the buffer of {gtin} is {word}, not ACTIVE"))),
        }
    }

    /// One `BufferInfo`. Every counter of a buffer that waits or was refused is −1.
    fn describe(&self, gtin: &str, part: &Part, now_ms: i64) -> Value {
        let word = self.word_of(part, now_ms);
        let hidden = matches!(word, "PENDING" | "REJECTED");
        let count = |n: usize| if hidden { -1 } else { i64::try_from(n).unwrap_or(i64::MAX) };
        let open = matches!(word, "ACTIVE" | "EXHAUSTED");
        let available = if open { part.quantity - part.given } else { 0 };
        let expires = part.expires_at_ms.unwrap_or(0);
        let mut info = json!({
            "gtin": gtin,
            "bufferStatus": word,
            "leftInBuffer": count(0),
            "totalCodes": count(part.quantity),
            "totalPassed": count(part.given),
            "availableCodes": count(available),
            "unavailableCodes": count(part.quantity - part.given - available),
            "poolsExhausted": !hidden && part.given == part.quantity,
            // Version 3 shows it as a text, against its own table; version 2 as a number.
            "expiredDate": if self.old { json!(expires) } else { json!(expires.to_string()) },
            "templateId": part.template.id,
            "cisType": part.cis_type,
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

/// 00:00 of the day after (CRPT "API СУЗ 3.0", page 406).
fn midnight_after(at_ms: i64) -> i64 {
    ((at_ms + MOSCOW_MS).div_euclid(DAY_MS) + 1) * DAY_MS - MOSCOW_MS
}

/// A code as a JSON text. Codes are ASCII; of what JSON escapes they have quotes and separators.
fn write_json(code: &str, out: &mut String) {
    out.push('"');
    for character in code.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                let written = write!(out, "\\u{:04x}", u32::from(control));
                written.expect("a text takes everything");
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
}

fn no_order(id: &str) -> Refusal {
    Refusal::not_found("order", id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_json_texts() {
        let mut text = String::new();
        write_json("01\"\u{1d}93\\é", &mut text);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "01\"\u{1d}93\\é");
    }

    #[test]
    fn a_day_ends_at_midnight_of_moscow() {
        // 2026-01-01 00:00 UTC is 03:00 in Moscow.
        assert_eq!(midnight_after(1_767_225_600_000), 1_767_225_600_000 + 21 * 3_600_000);
    }
}
