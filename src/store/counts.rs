//! Counting: how many codes and products stand where, and whether the sums close.
use super::open::{count, word};
use super::{Store, StoreError};
use crate::code::CodeState;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

const CODES: &str = "count codes";
const PRODUCTS: &str = "count products";

/// Codes by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of `CodeState`, which has the docs")]
pub struct Tally {
    pub stored: u64,
    pub sent: u64,
    pub printed: u64,
    pub applied: u64,
    pub verified: u64,
    pub doubtful: u64,
    pub scrapped: u64,
    pub rejected: u64,
    pub sampled: u64,
}

impl Tally {
    /// Every code, whatever its state.
    pub fn taken(&self) -> u64 {
        self.stored
            + self.under_way()
            + self.verified
            + self.doubtful
            + self.scrapped
            + self.rejected
            + self.sampled
    }

    /// Codes between store and verdict. On a roll, `printed` is where a label stays.
    pub fn under_way(&self) -> u64 {
        self.sent + self.printed + self.applied
    }

    fn from_rows(rows: Vec<(String, i64)>) -> Result<Self, StoreError> {
        let mut tally = Self::default();
        for (state, n) in rows {
            *tally.of(word(CODES, &state)?) += count(n);
        }
        Ok(tally)
    }

    pub(super) fn of(&mut self, state: CodeState) -> &mut u64 {
        match state {
            CodeState::Stored => &mut self.stored,
            CodeState::Sent => &mut self.sent,
            CodeState::Printed => &mut self.printed,
            CodeState::Applied => &mut self.applied,
            CodeState::Verified => &mut self.verified,
            CodeState::Doubtful => &mut self.doubtful,
            CodeState::Scrapped => &mut self.scrapped,
            CodeState::Rejected => &mut self.rejected,
            CodeState::Sampled => &mut self.sampled,
        }
    }
}

/// Products by fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductTally {
    /// All that passed the infeed eye.
    pub seen: u64,
    /// On the good side.
    pub verified: u64,
    /// In the bin.
    pub rejected: u64,
    /// Taken for quality control.
    pub sampled: u64,
    /// Nobody knows.
    pub unaccounted: u64,
}

impl ProductTally {
    /// Products whose fate is known, "nobody knows" included.
    pub fn settled(&self) -> u64 {
        self.verified + self.rejected + self.sampled + self.unaccounted
    }

    /// `None` for a word that is no fate: a product that is still on the belt.
    pub(super) fn of(&mut self, word: Option<&str>) -> Option<&mut u64> {
        match word? {
            "seen" => Some(&mut self.seen),
            "verified" => Some(&mut self.verified),
            "rejected" => Some(&mut self.rejected),
            "sampled" => Some(&mut self.sampled),
            "unaccounted" => Some(&mut self.unaccounted),
            _ => None,
        }
    }
}

/// Whether every code and every product is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// Codes that ever came in, counted as they came.
    pub taken: u64,
    /// Codes of the pool by state, counted one by one now.
    pub codes: Tally,
    /// `seen` counted as they came, the fates one by one now.
    pub products: ProductTally,
    /// Products whose fate is not known yet.
    pub on_belt: u64,
    /// Codes that the state system took notice of.
    pub reported: u64,
    /// Codes whose fate is settled and of which the state system does not know yet.
    pub unreported: u64,
    /// Lines of arrays that were not taken.
    pub set_aside: u64,
}

impl Reconciliation {
    /// Whether both sums close: `taken` = stored + scrapped + sampled + rejected + verified +
    /// doubtful + what is under way; `seen` = verified + rejected + sampled + unaccounted + what
    /// is on the belt.
    pub fn closes(&self) -> bool {
        self.taken == self.codes.taken()
            && self.products.seen == self.products.settled() + self.on_belt
    }
}

impl Store {
    /// Codes of a pool by state. Quick, however many there are.
    pub async fn tally(&self, pool: &str) -> Result<Tally, StoreError> {
        let mut db = self.readers.acquire().await.map_err(StoreError::asking(CODES))?;
        tally(&mut db, pool).await
    }

    /// Products of a line by fate. Quick, however many there are.
    pub async fn product_tally(&self, line: &str) -> Result<ProductTally, StoreError> {
        let mut db = self.readers.acquire().await.map_err(StoreError::asking(PRODUCTS))?;
        product_tally(&mut db, line).await
    }

    /// Codes of a pool that the state system took notice of.
    pub async fn reported(&self, pool: &str) -> Result<u64, StoreError> {
        Ok(self.pool_count(pool).await?.2)
    }

    /// Codes of a pool whose fate is settled and of which the state system does not know yet.
    pub async fn unreported_of(&self, pool: &str) -> Result<u64, StoreError> {
        let (_, settled, told) = self.pool_count(pool).await?;
        Ok(settled.saturating_sub(told))
    }

    /// The account of a line and a pool. It counts every code anew, which takes a second for a
    /// million codes: for the end of a job, not for a page.
    pub async fn reconcile(&self, line: &str, pool: &str) -> Result<Reconciliation, StoreError> {
        // One transaction, so that all numbers are of one moment.
        let mut tx = self.readers.begin().await.map_err(StoreError::asking(CODES))?;
        let counted =
            sqlx::query_as("select state, count(*) from code where pool = $1 group by state")
                .bind(pool)
                .fetch_all(&mut *tx)
                .await
                .map_err(StoreError::asking(CODES))?;
        let (taken, settled, told) = pool_count(&mut tx, pool).await?;
        let (products, on_belt) = count_products(&mut tx, line).await?;
        let set_aside = sqlx::query_scalar("select count(*) from set_aside where pool = $1")
            .bind(pool)
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::asking(CODES))?;
        Ok(Reconciliation {
            taken,
            codes: Tally::from_rows(counted)?,
            products,
            on_belt,
            reported: told,
            unreported: settled.saturating_sub(told),
            set_aside: count(set_aside),
        })
    }

    async fn pool_count(&self, pool: &str) -> Result<(u64, u64, u64), StoreError> {
        let mut db = self.readers.acquire().await.map_err(StoreError::asking(CODES))?;
        pool_count(&mut db, pool).await
    }
}

pub(super) async fn tally(db: &mut SqliteConnection, pool: &str) -> Result<Tally, StoreError> {
    let rows = sqlx::query_as("select state, n from tally where pool = $1")
        .bind(pool)
        .fetch_all(db)
        .await
        .map_err(StoreError::asking(CODES))?;
    Tally::from_rows(rows)
}

pub(super) async fn product_tally(
    db: &mut SqliteConnection,
    line: &str,
) -> Result<ProductTally, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("select fate, n from product_tally where line = $1")
            .bind(line)
            .fetch_all(db)
            .await
            .map_err(StoreError::asking(PRODUCTS))?;
    let mut tally = ProductTally::default();
    for (fate, n) in rows {
        if let Some(place) = tally.of(Some(&fate)) {
            *place = count(n);
        }
    }
    Ok(tally)
}

/// Taken, settled, told.
async fn pool_count(db: &mut SqliteConnection, pool: &str) -> Result<(u64, u64, u64), StoreError> {
    let row: Option<(i64, i64, i64)> =
        sqlx::query_as("select taken, settled, told from pool_count where pool = $1")
            .bind(pool)
            .fetch_optional(db)
            .await
            .map_err(StoreError::asking(CODES))?;
    let (taken, settled, told) = row.unwrap_or_default();
    Ok((count(taken), count(settled), count(told)))
}

/// The fates of a line's products, counted one by one, and how many are still on the belt.
async fn count_products(
    db: &mut SqliteConnection,
    line: &str,
) -> Result<(ProductTally, u64), StoreError> {
    let seen = product_tally(db, line).await?.seen;
    let rows: Vec<(Option<String>, i64)> =
        sqlx::query_as("select fate, count(*) from product where line = $1 group by fate")
            .bind(line)
            .fetch_all(db)
            .await
            .map_err(StoreError::asking(PRODUCTS))?;
    let mut tally = ProductTally { seen, ..ProductTally::default() };
    let mut on_belt = 0;
    for (fate, n) in rows {
        *tally.of(fate.as_deref()).unwrap_or(&mut on_belt) = count(n);
    }
    Ok((tally, on_belt))
}
