//! Placing an order: with codes that the centre will get, or with an array of the customer's own.
use super::{Done, LabelOrder, Viewer, note, order_for};
use crate::code::{ArrayLine, Exemption, ProductGroup, SetAside};
use crate::order::{OrderId, OrderState, PriceList, Wish};
use crate::store::intake::{Runs, insert_new, last_id, note_stretch};
use crate::store::{PersonId, Store, StoreError};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};

/// Codes in one transaction. The line waits for the same writer: a chunk must take a few
/// milliseconds, not the time of a whole array.
pub(super) const CHUNK: usize = 250;

const WHAT: &str = "place a label order";
const TAKE: &str = "take the codes of an array";

impl Store {
    /// Places an order whose codes the centre gets from the state system.
    pub async fn place_label_order(
        &self,
        customer: PersonId,
        wish: &Wish,
        (group, quantity): (ProductGroup, u32),
        prices: &PriceList,
        at: Micros,
    ) -> Result<OrderId, StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let id = insert(&mut tx, customer, wish, (group, quantity), prices, at).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(id)
    }

    /// Places an order with an array of the customer's own: its codes go into the order's pool,
    /// in the order of the file; the lines that cannot be taken are kept with their reasons. Codes
    /// that we hold already are set aside, but for those of an order of the same customer that
    /// was declined or cancelled. Nothing is placed if no code at all can be taken.
    ///
    /// `taken` must be of one trade item and one product group. A crash on the way leaves an
    /// order that nobody can accept.
    pub async fn place_array_order(
        &self,
        customer: PersonId,
        wish: &Wish,
        (taken, aside): (&[ArrayLine], &[SetAside]),
        prices: &PriceList,
        at: Micros,
    ) -> Result<Option<LabelOrder>, StoreError> {
        let Some(first) = taken.first() else { return Ok(None) };
        let quantity = u32::try_from(taken.len()).unwrap_or(u32::MAX);
        let mut tx = self.begin(WHAT).await?;
        let id = insert(&mut tx, customer, wish, (first.group, quantity), prices, at).await?;
        let reasons: Vec<_> = aside.iter().map(|a| (a.line, a.refusal.to_string())).collect();
        set_aside(&mut tx, id, &reasons, at).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        let mut held = 0_u32;
        for chunk in taken.chunks(CHUNK) {
            held += self.take_chunk(id, customer, chunk, at).await?;
        }
        self.settle_quantity(id, quantity - held, prices, at).await
    }

    /// Takes some lines; answers how many of them we hold already.
    async fn take_chunk(
        &self,
        id: OrderId,
        customer: PersonId,
        chunk: &[ArrayLine],
        at: Micros,
    ) -> Result<u32, StoreError> {
        let mut tx = self.begin(TAKE).await?;
        let runs = &mut Runs::default();
        let before = last_id(&mut tx, TAKE).await?;
        let known = insert_new(&mut tx, TAKE, &id.pool(), chunk, at, runs).await?;
        let person: String = sqlx::query_scalar("select name from person where id = $1")
            .bind(customer.0)
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::asking(TAKE))?;
        let from = (format!("the array of order {}", id.0), person);
        note_stretch(&mut tx, TAKE, (&from.0, &from.1, at), before, None).await?;
        let known: Vec<ArrayLine> = known.into_iter().map(|(code, _)| code.clone()).collect();
        let mine = if known.is_empty() {
            Vec::new()
        } else {
            take_back(&mut tx, id, customer, &known).await?
        };
        let reasons: Vec<_> = known
            .iter()
            .filter(|line| !mine.contains(&line.serial))
            .map(|l| (l.line, "we hold this code already".to_owned()))
            .collect();
        set_aside(&mut tx, id, &reasons, at).await?;
        tx.commit().await.map_err(StoreError::asking(TAKE))?;
        Ok(u32::try_from(reasons.len()).unwrap_or(u32::MAX))
    }

    /// Makes the order as large as its array turned out to be. An order without a code is
    /// cancelled, and nothing is answered.
    async fn settle_quantity(
        &self,
        id: OrderId,
        quantity: u32,
        prices: &PriceList,
        at: Micros,
    ) -> Result<Option<LabelOrder>, StoreError> {
        let mut tx = self.begin(TAKE).await?;
        let detail = format!("{quantity} codes taken");
        note(&mut tx, id, "Array taken", &Done { person: None, detail: &detail, at }).await?;
        // Somebody may have decided about the order meanwhile: only an empty one changes its state.
        sqlx::query(
            "update label_order set quantity = max(1, $1), price_kopecks = $2,
                 state = case when $1 = 0 then 'cancelled' else state end where id = $3",
        )
        .bind(quantity)
        .bind(prices.price(quantity).0)
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(TAKE))?;
        let order = order_for(&mut tx, id, Viewer::Centre(PersonId(0))).await?;
        tx.commit().await.map_err(StoreError::asking(TAKE))?;
        Ok(order.filter(|_| quantity > 0))
    }
}

pub(super) async fn insert(
    tx: &mut Transaction<'static, Sqlite>,
    customer: PersonId,
    wish: &Wish,
    (group, quantity): (ProductGroup, u32),
    prices: &PriceList,
    at: Micros,
) -> Result<OrderId, StoreError> {
    let id: i64 = sqlx::query_scalar(
        "insert into label_order (customer_id, gtin, name, hs_code, product_group, quantity, design,
             delivery, source, state, price_kopecks, made_at, moved_at, country, shelf_life, exemption)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15) returning id",
    )
    .bind(customer.0)
    .bind(wish.gtin.as_str())
    .bind(&wish.name)
    .bind(&wish.hs_code)
    .bind(group.alias())
    .bind(quantity)
    .bind(&wish.design)
    .bind(wish.delivery.word())
    .bind(wish.source().word())
    .bind(OrderState::Submitted.word())
    .bind(prices.price(quantity).0)
    .bind(at.0)
    .bind(wish.sale.country.letters())
    .bind(wish.sale.shelf_life.map(|life| life.to_string()).unwrap_or_default())
    .bind(wish.sale.exemption.map_or("", Exemption::word))
    .fetch_one(&mut **tx)
    .await
    .map_err(StoreError::asking(WHAT))?;
    let done = Done { person: Some(customer), detail: "", at };
    note(tx, OrderId(id), OrderState::Submitted.words(), &done).await?;
    Ok(OrderId(id))
}

/// Takes codes over from orders of this customer that came to nothing; answers their serials.
async fn take_back(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    customer: PersonId,
    chunk: &[ArrayLine],
) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar(
        "update code set pool = $1
         where id in (select c.id from json_each($2) j cross join code c
                      on c.gtin = j.value ->> 0 and c.serial = j.value ->> 1
                      where c.text = j.value ->> 2)
           and state = 'stored'
           and pool in (select 'order:' || o.id from label_order o
                        where o.customer_id = $3 and o.state in ('declined', 'cancelled'))
         returning serial",
    )
    .bind(id.pool())
    .bind(as_json(chunk))
    .bind(customer.0)
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::asking(TAKE))
}

/// One bind for a whole chunk: `[gtin, serial, text, group]` a code.
fn as_json(chunk: &[ArrayLine]) -> String {
    let row = |l: &ArrayLine| {
        serde_json::json!([l.gtin.as_str(), l.serial, l.text.as_str(), l.group.alias()])
    };
    serde_json::Value::Array(chunk.iter().map(row).collect()).to_string()
}

async fn set_aside(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    lines: &[(usize, String)],
    at: Micros,
) -> Result<(), StoreError> {
    let rows: Vec<_> =
        lines.iter().map(|(line, reason)| serde_json::json!([line, reason])).collect();
    sqlx::query(
        "insert into set_aside (pool, source, line, reason, at)
         select $1, 'upload', value ->> 0, value ->> 1, $2 from json_each($3)",
    )
    .bind(id.pool())
    .bind(at.0)
    .bind(serde_json::Value::Array(rows).to_string())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking(TAKE))?;
    Ok(())
}
