//! The orders of a want at Electronic Mark: a few codes each, placed in groups.
use super::{Store, StoreError, Want};
use crate::telemetry::clock::Micros;
use std::collections::HashSet;

/// One order of a want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkPart {
    /// Its number within the want, from one.
    pub part: u32,
    /// How many codes.
    pub quantity: u32,
    /// How far it is.
    pub state: PartState,
    /// The system's number for it.
    pub upstream_id: Option<String>,
    /// When it last came further.
    pub moved_at: Micros,
}

impl MarkPart {
    /// The name that it carries at the system. No other order of any store has it.
    pub fn mark(&self, want: &Want) -> String {
        format!("{}-{}", want.mark(), self.part)
    }
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartState {
    /// Nobody was asked yet.
    Wanted,
    /// It is being placed, or the answer was lost.
    Placing,
    /// The system has it.
    Placed,
    /// Its codes are here.
    Here,
    /// It will bring nothing.
    Failed,
}

impl PartState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Wanted, Self::Placing, Self::Placed, Self::Here, Self::Failed];

    /// The word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Placing => "placing",
            Self::Placed => "placed",
            Self::Here => "here",
            Self::Failed => "failed",
        }
    }
}

impl Store {
    /// The orders of a want. They are written down the first time, each of at most so many codes.
    pub async fn mark_parts(&self, want: &Want, most: u32) -> Result<Vec<MarkPart>, StoreError> {
        let parts = self.known_mark_parts(want.id).await?;
        if !parts.is_empty() {
            return Ok(parts);
        }
        let what = "divide a want into orders";
        let mut tx = self.begin(what).await?;
        let sizes = serde_json::to_string(&sizes(want.quantity, most)).expect("numbers are JSON");
        sqlx::query(
            "insert or ignore into mark_order (want_id, part, quantity, moved_at)
             select ?1, key + 1, value, ?2 from json_each(?3)",
        )
        .bind(want.id)
        .bind(Micros::now().0)
        .bind(sizes)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))?;
        self.known_mark_parts(want.id).await
    }

    async fn known_mark_parts(&self, want: i64) -> Result<Vec<MarkPart>, StoreError> {
        let what = "look up the orders of a want";
        let rows: Vec<(u32, u32, String, Option<String>, i64)> = sqlx::query_as(
            "select part, quantity, state, upstream_id, moved_at from mark_order
             where want_id = ? order by part",
        )
        .bind(want)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        let part = |(part, quantity, state, upstream_id, at): (u32, u32, String, _, i64)| {
            let known = PartState::ALL.into_iter().find(|known| known.word() == state);
            let why = || format!("'{state}' is no state of an order");
            let state = known.ok_or_else(|| StoreError::Refused { what, why: why() })?;
            Ok(MarkPart { part, quantity, state, upstream_id, moved_at: Micros(at) })
        };
        rows.into_iter().map(part).collect()
    }

    /// The system's numbers of all orders that are known here.
    pub async fn known_mark_orders(&self) -> Result<HashSet<String>, StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar("select upstream_id from mark_order where upstream_id is not null")
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking("look up the orders that were placed"))?;
        Ok(ids.into_iter().collect())
    }

    /// Orders of a want come further together, all or none: each with the system's number for it,
    /// where it has one.
    pub async fn mark_parts_are(
        &self,
        want: i64,
        state: PartState,
        parts: &[(u32, Option<&str>)],
        problem: Option<&str>,
    ) -> Result<(), StoreError> {
        let what = "note how orders stand";
        let mut tx = self.begin(what).await?;
        let parts = serde_json::to_string(parts).expect("numbers and texts are JSON");
        sqlx::query(
            "update mark_order set state = ?1, problem = ?2, moved_at = ?3,
               upstream_id = coalesce(upstream_id, (select value ->> 1 from json_each(?5)
                                                    where value ->> 0 = mark_order.part))
             where want_id = ?4 and state not in ('here', 'failed')
               and part in (select value ->> 0 from json_each(?5))",
        )
        .bind(state.word())
        .bind(problem)
        .bind(Micros::now().0)
        .bind(want)
        .bind(parts)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))
    }
}

/// So many codes in orders of at most so many.
fn sizes(quantity: u32, most: u32) -> Vec<u32> {
    let most = most.max(1);
    let whole = std::iter::repeat_n(most, (quantity / most) as usize);
    whole.chain(Some(quantity % most).filter(|rest| *rest > 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn five_thousand_codes_are_five_orders() {
        assert_eq!(sizes(5_000, 1_000), [1_000; 5]);
        assert_eq!(sizes(2_001, 1_000), [1_000, 1_000, 1]);
        assert_eq!(sizes(7, 1_000), [7]);
    }
}
