//! Label orders of customers: who may see which, how they stand, what happened to them.
mod fill;
mod place;
mod remarking;
mod scan;

pub use remarking::{NewRemarking, RemarkingView};
pub use scan::{ScanView, Scanned};

use super::{PersonId, Store, StoreError};
use crate::code::{CodeState, Country, Exemption, Gtin, ProductGroup, ShelfLife};
use crate::order::{Delivery, Kopecks, OrderId, OrderState, OrderStep, Sale, Source};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Who asks. The question itself keeps customers apart, so that no page can forget to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A customer: sees what he ordered himself.
    Customer(PersonId),
    /// Somebody of the centre: sees every order.
    Centre(PersonId),
}

impl Viewer {
    /// The person.
    pub const fn person(self) -> PersonId {
        match self {
            Self::Customer(person) | Self::Centre(person) => person,
        }
    }

    /// The customer whose orders alone may be seen; nothing if all may be.
    const fn only(self) -> Option<i64> {
        match self {
            Self::Customer(person) => Some(person.0),
            Self::Centre(_) => None,
        }
    }
}

/// A label order as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelOrder {
    /// Its number.
    pub id: OrderId,
    /// Who ordered.
    pub customer_id: PersonId,
    /// The customer's name.
    pub customer: String,
    /// The trade item.
    pub gtin: Gtin,
    /// The name of the goods.
    pub name: String,
    /// The commodity code.
    pub hs_code: String,
    /// Where the goods are sold, and what else decides whether they must be marked.
    pub sale: Sale,
    /// The product group.
    pub group: ProductGroup,
    /// How many labels.
    pub quantity: u32,
    /// The label design.
    pub design: String,
    /// How the labels reach the customer.
    pub delivery: Delivery,
    /// Where the codes come from.
    pub source: Source,
    /// Where it is on its way.
    pub state: OrderState,
    /// What it costs.
    pub price: Kopecks,
    /// Why it was declined.
    pub reason: Option<String>,
    /// The want that brings its codes.
    pub want_id: Option<i64>,
    /// The job that prints it.
    pub job_id: Option<i64>,
    /// When it was placed.
    pub made_at: Micros,
    /// When it changed its state last.
    pub moved_at: Micros,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// When.
    pub at: Micros,
    /// Who did it; nothing if the centre did it by itself.
    pub person: Option<String>,
    /// What, in a few words.
    pub what: String,
    /// More about it.
    pub detail: String,
}

/// A line of an uploaded array that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideView {
    /// Its line in the file, counted from one.
    pub line: i64,
    /// Why.
    pub reason: String,
}

/// How the codes of an order stand: each code is in exactly one state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderCounts(BTreeMap<CodeState, u32>);

/// What is still missing before an order can be printed or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Labels that are still to be printed.
    pub to_print: u32,
    /// Codes for them that are not there.
    pub missing: u32,
    /// Codes whose fate is open: an order with such codes cannot be closed.
    pub open: u32,
}

/// How the want stands that brings an order's codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantView {
    /// Its word in the store.
    pub state: String,
    /// Codes asked for.
    pub quantity: u32,
    /// Codes taken so far.
    pub taken: u32,
    /// What went wrong.
    pub problem: Option<String>,
}

impl WantView {
    /// Whether codes are still to be expected from it.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "done" | "failed")
    }
}

impl OrderCounts {
    /// Codes in this state.
    pub fn of(&self, state: CodeState) -> u32 {
        self.0.get(&state).copied().unwrap_or_default()
    }

    /// Codes ever taken for the order.
    pub fn taken(&self) -> u32 {
        self.0.values().sum()
    }

    /// Labels that came out of a printer or stand in a file, and are not spoiled.
    pub fn made(&self) -> u32 {
        use CodeState::{Applied, Printed, Sampled, Verified};
        [Printed, Applied, Verified, Sampled].into_iter().map(|s| self.of(s)).sum()
    }

    /// Labels that wait for their validation.
    pub fn to_validate(&self) -> u32 {
        self.of(CodeState::Printed) + self.of(CodeState::Applied)
    }

    /// What is missing for an order of this quantity.
    pub fn left(&self, quantity: u32) -> Left {
        use CodeState::{Applied, Doubtful, Printed, Sent, Stored};
        let to_print = quantity.saturating_sub(self.made() + self.of(Sent));
        Left {
            to_print,
            missing: to_print.saturating_sub(self.of(Stored)),
            open: [Stored, Sent, Printed, Applied, Doubtful].into_iter().map(|s| self.of(s)).sum(),
        }
    }
}

/// How many orders a list shows: the newest.
const LISTED: i64 = 200;

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: i64,
    customer_id: i64,
    customer: String,
    gtin: String,
    name: String,
    hs_code: String,
    country: String,
    shelf_life: String,
    exemption: String,
    product_group: String,
    quantity: u32,
    design: String,
    delivery: String,
    source: String,
    state: String,
    price_kopecks: i64,
    reason: Option<String>,
    want_id: Option<i64>,
    job_id: Option<i64>,
    made_at: i64,
    moved_at: i64,
}

impl OrderRow {
    /// Nothing where a word is none of ours.
    fn sale(&self) -> Option<Sale> {
        let said = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty());
        let shelf_life = match said(&self.shelf_life) {
            Some(word) => Some(ShelfLife::from_word(&word)?),
            None => None,
        };
        let exemption = match said(&self.exemption) {
            Some(word) => Some(Exemption::from_word(&word)?),
            None => None,
        };
        Some(Sale { country: Country::from_letters(&self.country)?, shelf_life, exemption })
    }
}

impl TryFrom<OrderRow> for LabelOrder {
    type Error = StoreError;
    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        let unread = |word: &str| StoreError::Refused {
            what: "read a label order",
            why: format!("order {} holds '{word}'", row.id),
        };
        Ok(Self {
            id: OrderId(row.id),
            customer_id: PersonId(row.customer_id),
            gtin: row.gtin.parse().map_err(|_| unread(&row.gtin))?,
            group: ProductGroup::from_alias(&row.product_group)
                .ok_or_else(|| unread(&row.product_group))?,
            delivery: Delivery::from_str(&row.delivery).map_err(|_| unread(&row.delivery))?,
            source: Source::from_str(&row.source).map_err(|_| unread(&row.source))?,
            state: OrderState::from_str(&row.state).map_err(|_| unread(&row.state))?,
            sale: row.sale().ok_or_else(|| unread(&row.country))?,
            customer: row.customer,
            name: row.name,
            hs_code: row.hs_code,
            quantity: row.quantity,
            design: row.design,
            price: Kopecks(row.price_kopecks),
            reason: row.reason,
            want_id: row.want_id,
            job_id: row.job_id,
            made_at: Micros(row.made_at),
            moved_at: Micros(row.moved_at),
        })
    }
}

impl Store {
    /// The orders that this person may see, newest first.
    pub async fn label_orders(&self, viewer: Viewer) -> Result<Vec<LabelOrder>, StoreError> {
        sqlx::query_as::<_, OrderRow>(
            "select o.*, p.name as customer from label_order o join person p on p.id = o.customer_id
             where $1 is null or o.customer_id = $1 order by o.id desc limit $2",
        )
        .bind(viewer.only())
        .bind(LISTED)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("list label orders"))?
        .into_iter()
        .map(LabelOrder::try_from)
        .collect()
    }

    /// One order; nothing if there is none that this person may see.
    pub async fn label_order(
        &self,
        id: OrderId,
        viewer: Viewer,
    ) -> Result<Option<LabelOrder>, StoreError> {
        let mut connection =
            self.readers.acquire().await.map_err(StoreError::asking("read a label order"))?;
        order_for(&mut connection, id, viewer).await
    }

    /// What happened to an order, oldest first.
    pub async fn label_order_events(&self, id: OrderId) -> Result<Vec<OrderEvent>, StoreError> {
        let rows: Vec<(i64, Option<String>, String, String)> = sqlx::query_as(
            "select e.at, p.name, e.what, e.detail from label_order_event e
             left join person p on p.id = e.person_id where e.order_id = ? order by e.id",
        )
        .bind(id.0)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("read the history of an order"))?;
        let event =
            |(at, person, what, detail)| OrderEvent { at: Micros(at), person, what, detail };
        Ok(rows.into_iter().map(event).collect())
    }

    /// How the codes of an order stand.
    pub async fn label_order_counts(&self, id: OrderId) -> Result<OrderCounts, StoreError> {
        let mut connection =
            self.readers.acquire().await.map_err(StoreError::asking("count an order's codes"))?;
        counts(&mut connection, id).await
    }

    /// Lines of the order's array that were set aside: how many, and the first of them.
    pub async fn label_order_aside(
        &self,
        id: OrderId,
        first: u32,
    ) -> Result<(u32, Vec<AsideView>), StoreError> {
        let asking = || StoreError::asking("list the lines of an array that were set aside");
        let all: u32 = sqlx::query_scalar("select count(*) from set_aside where pool = ?")
            .bind(id.pool())
            .fetch_one(&self.readers)
            .await
            .map_err(asking())?;
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select line, reason from set_aside where pool = ? order by line limit ?",
        )
        .bind(id.pool())
        .bind(first)
        .fetch_all(&self.readers)
        .await
        .map_err(asking())?;
        Ok((all, rows.into_iter().map(|(line, reason)| AsideView { line, reason }).collect()))
    }

    /// Writes something into the history of an order. What nobody did is written once, however
    /// often it is said in a row.
    pub async fn note_label_order(
        &self,
        id: OrderId,
        by: Option<PersonId>,
        what: &str,
        detail: &str,
        at: Micros,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "write the history of an order";
        let mut tx = self.begin(WHAT).await?;
        let last: Option<(String, String)> = sqlx::query_as(
            "select what, detail from label_order_event where order_id = ? order by id desc limit 1",
        )
        .bind(id.0)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if by.is_none() && last.is_some_and(|(w, d)| w == what && d == detail) {
            return Ok(());
        }
        note(&mut tx, id, what, &Done { person: by, detail, at }).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// Takes an order one step further, as somebody asked. `detail` is kept in the history; for a
    /// declined order it is the reason. Nothing if this person sees no such order.
    ///
    /// Refused are steps that the order's way does not allow, the acceptance of an order whose
    /// array was not taken whole, and the closing of one with labels unaccounted for.
    pub async fn step_label_order(
        &self,
        id: OrderId,
        step: OrderStep,
        viewer: Viewer,
        detail: &str,
        at: Micros,
    ) -> Result<Option<OrderState>, StoreError> {
        const WHAT: &str = "take an order one step further";
        let mut tx = self.begin(WHAT).await?;
        let Some(order) = order_for(&mut tx, id, viewer).await? else { return Ok(None) };
        let counts = counts(&mut tx, id).await?;
        if let Some(why) = hindrance(&order, step, &counts) {
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let done = Done { person: Some(viewer.person()), detail, at };
        let state = advance(&mut tx, &order, step, &done).await?;
        if step == OrderStep::Decline {
            sqlx::query("update label_order set reason = ? where id = ?")
                .bind(detail)
                .bind(id.0)
                .execute(&mut *tx)
                .await
                .map_err(StoreError::asking(WHAT))?;
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(Some(state))
    }
}

/// What stands against a step beside the state.
fn hindrance(order: &LabelOrder, step: OrderStep, counts: &OrderCounts) -> Option<String> {
    let (taken, wanted) = (counts.taken(), order.quantity);
    if step == OrderStep::Accept && order.source == Source::Array && taken != wanted {
        return Some(format!(
            "the upload broke off: {taken} of {wanted} codes were taken; decline it, and let the \
             customer order again"
        ));
    }
    let open = counts.left(wanted).open;
    (step == OrderStep::Close && open > 0)
        .then(|| format!("{open} labels are not accounted for: validate them or write them off"))
}

/// Who did something, what is to be said about it, and when.
struct Done<'a> {
    person: Option<PersonId>,
    detail: &'a str,
    at: Micros,
}

/// Changes the state of an order along its way and writes it into the history.
async fn advance(
    tx: &mut Transaction<'static, Sqlite>,
    order: &LabelOrder,
    step: OrderStep,
    done: &Done<'_>,
) -> Result<OrderState, StoreError> {
    const WHAT: &str = "change the state of an order";
    let next = order
        .state
        .after(step)
        .map_err(|illegal| StoreError::Refused { what: WHAT, why: illegal.to_string() })?;
    sqlx::query("update label_order set state = ?, moved_at = ? where id = ?")
        .bind(next.word())
        .bind(done.at.0)
        .bind(order.id.0)
        .execute(&mut **tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
    note(tx, order.id, next.words(), done).await?;
    Ok(next)
}

/// Writes into the history of an order.
async fn note(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    what: &str,
    done: &Done<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into label_order_event (order_id, person_id, at, what, detail) values (?, ?, ?, ?, ?)",
    )
    .bind(id.0)
    .bind(done.person.map(|person| person.0))
    .bind(done.at.0)
    .bind(what)
    .bind(done.detail)
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking("write the history of an order"))?;
    Ok(())
}

async fn order_for(
    connection: &mut SqliteConnection,
    id: OrderId,
    viewer: Viewer,
) -> Result<Option<LabelOrder>, StoreError> {
    sqlx::query_as::<_, OrderRow>(
        "select o.*, p.name as customer from label_order o join person p on p.id = o.customer_id
         where o.id = $1 and ($2 is null or o.customer_id = $2)",
    )
    .bind(id.0)
    .bind(viewer.only())
    .fetch_optional(connection)
    .await
    .map_err(StoreError::asking("read a label order"))?
    .map(LabelOrder::try_from)
    .transpose()
}

async fn counts(connection: &mut SqliteConnection, id: OrderId) -> Result<OrderCounts, StoreError> {
    const WHAT: &str = "count an order's codes";
    let rows: Vec<(String, u32)> = sqlx::query_as("select state, n from tally where pool = ?")
        .bind(id.pool())
        .fetch_all(connection)
        .await
        .map_err(StoreError::asking(WHAT))?;
    let state = |(word, n): (String, u32)| match word.parse::<CodeState>() {
        Ok(state) => Ok((state, n)),
        Err(unknown) => Err(StoreError::Refused { what: WHAT, why: unknown.to_string() }),
    };
    Ok(OrderCounts(rows.into_iter().map(state).collect::<Result<_, _>>()?))
}
