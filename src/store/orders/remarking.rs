//! A product that came back gets a new code: an order of one label.
use super::place::insert;
use crate::code::ProductGroup;
use crate::order::{OrderId, PriceList, RemarkCause, Wish};
use crate::store::{PaperState, PersonId, Store, StoreError};
use crate::telemetry::clock::Micros;

const WHAT: &str = "order a new label for a product";

/// What the document about a remarked product needs besides the order of its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRemarking {
    /// The old code without its check part; empty if it cannot be read.
    pub old_code: String,
    /// Why it gets a new one.
    pub cause: RemarkCause,
    /// Country of production.
    pub country: String,
    /// Colour.
    pub colour: String,
    /// Size.
    pub size: String,
    /// Who owns the card of the trade item, if it is somebody else.
    pub producer: String,
}

/// A remarking, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemarkingView {
    /// The order of its label.
    pub order: OrderId,
    /// The customer.
    pub customer: PersonId,
    /// What is made.
    pub name: String,
    /// The old code without its check part; empty if it cannot be read.
    pub old_code: String,
    /// Why, in words.
    pub cause: &'static str,
    /// How the order of the label stands, by its word.
    pub order_state: String,
    /// How the new code stands, by its word.
    pub code_state: Option<String>,
    /// Whether the state system was told that the new code is on a product.
    pub told: bool,
    /// The document and how it stands.
    pub paper: Option<(i64, PaperState)>,
    /// When it was asked for.
    pub at: Micros,
}

impl RemarkingView {
    /// What is next, for a person.
    pub fn next(&self) -> &'static str {
        match (&self.paper, self.code_state.as_deref(), self.order_state.as_str()) {
            (Some((_, PaperState::Done)), _, _) => {
                "done: the product may be sold with its new code"
            }
            (Some((_, state)), _, _) if state.is_open() => "the state system checks the document",
            (Some(_), _, _) => "the document was not taken: look at it",
            (None, _, "declined" | "cancelled") => "nothing: the order came to nothing",
            (None, Some("verified"), _) if self.told => "the document is made within seconds",
            (None, Some("verified"), _) => "the new code is reported as applied first",
            (None, _, "submitted") => "the centre accepts the order",
            (None, _, "printed" | "handed_over" | "closed") => "apply the label, then scan it",
            (None, _, _) => "the label is made",
        }
    }
}

type Row =
    (i64, i64, String, String, String, String, Option<String>, Option<i64>, Option<String>, i64);

impl Store {
    /// Orders one label with a new code for a product that came back. Refused where the old code
    /// is being replaced already, or was.
    pub async fn place_remarking(
        &self,
        customer: PersonId,
        wish: &Wish,
        group: ProductGroup,
        prices: &PriceList,
        new: &NewRemarking,
    ) -> Result<OrderId, StoreError> {
        let at = Micros::now();
        let mut tx = self.begin(WHAT).await?;
        let other: Option<i64> = sqlx::query_scalar(
            "select order_id from remarking join label_order on id = order_id
             where old_code = ? and old_code <> '' and state not in ('declined', 'cancelled')",
        )
        .bind(&new.old_code)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if let Some(other) = other {
            let why = format!("this code is replaced by order {other} already");
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let id = insert(&mut tx, customer, wish, (group, 1), prices, at).await?;
        sqlx::query(
            "insert into remarking (order_id, old_code, cause, country, colour, size, producer, at)
             values (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.0)
        .bind(&new.old_code)
        .bind(new.cause.word())
        .bind(&new.country)
        .bind(&new.colour)
        .bind(&new.size)
        .bind(&new.producer)
        .bind(at.0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(id)
    }

    /// Whether an order is of a new label for a product that came back.
    pub(super) async fn is_remarking(&self, id: OrderId) -> Result<bool, StoreError> {
        Ok(self.remarked_by(&id.pool()).await?.is_some())
    }

    /// Whether codes of this pool are for products that came back; if so, who owns the card of the
    /// trade item, empty where it is the participant.
    pub async fn remarked_by(&self, pool: &str) -> Result<Option<String>, StoreError> {
        let Some(order) = pool.strip_prefix("order:") else { return Ok(None) };
        sqlx::query_scalar("select producer from remarking where order_id = cast(? as integer)")
            .bind(order)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("look whether codes are for remarking"))
    }

    /// The latest remarkings, newest first: those of one customer, or all.
    pub async fn remarkings(
        &self,
        of: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<RemarkingView>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select r.order_id, o.customer_id, o.name, r.old_code, r.cause, o.state,
               c.state, c.told_at,
               (select p.id || ' ' || p.state from paper p where p.origin = 'remarking:' || r.order_id
                order by p.id desc limit 1), r.at
             from remarking r join label_order o on o.id = r.order_id
             left join code c on c.id = (select id from code where pool = 'order:' || r.order_id
                                         order by state = 'verified' desc, id desc limit 1)
             where ?1 is null or o.customer_id = ?1 order by r.order_id desc limit ?2",
        )
        .bind(of.map(|person| person.0))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("list the remarkings"))?;
        Ok(rows.into_iter().map(view).collect())
    }
}

fn view(row: Row) -> RemarkingView {
    let (order, customer, name, old_code, cause, order_state, code_state, told, paper, at) = row;
    let paper = paper.and_then(|paper| {
        let (id, word) = paper.split_once(' ')?;
        let state = PaperState::ALL.into_iter().find(|state| state.word() == word)?;
        Some((id.parse().ok()?, state))
    });
    RemarkingView {
        order: OrderId(order),
        customer: PersonId(customer),
        name,
        old_code,
        cause: RemarkCause::from_word(&cause).map_or("", RemarkCause::words),
        order_state,
        code_state,
        told: told.is_some(),
        paper,
        at: Micros(at),
    }
}
