//! The stock of codes: how fast it goes, how fast it comes, and when it dies.
use super::open::count;
use super::{Stock, Store, StoreError};
use crate::telemetry::clock::Micros;
use std::time::Duration;

/// Codes that are moved out of the stock in one transaction, beside lines that run.
const MOVED_AT_ONCE: u32 = 2_000;
/// Orders whose time is looked at.
const LATELY: u32 = 10;
const MINUTE: i64 = 60_000_000;
/// Dying codes of one want are counted up to here.
const DYING_COUNTED_MAX: u64 = 200_000;

/// Codes of a pool whose end is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dying {
    /// The want that brought them.
    pub want: i64,
    /// Their pool.
    pub pool: String,
    /// The trade item.
    pub gtin: String,
    /// How many can still be printed, counted up to 200,000.
    pub codes: u64,
    /// When they die.
    pub at: Micros,
}

/// What the jobs of a pool still need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Codes that were handed to the printer in the time looked at.
    pub used: u64,
    /// How much of that time it is since the first of them: a line that began a while ago is as
    /// fast as it is, not as if it had run all the time.
    pub over: Duration,
    /// Labels that running and waiting jobs still want, those that say how many.
    pub left: u64,
    /// A job runs until somebody stops it.
    pub endless: bool,
}

impl Store {
    /// How many codes open wants will still bring to a pool.
    pub async fn wanted_or_coming(&self, pool: &str) -> Result<u64, StoreError> {
        Ok(self.stock_of(pool).await?.coming)
    }

    /// How a pool stands: what is here, what comes.
    pub async fn stock_of(&self, pool: &str) -> Result<Stock, StoreError> {
        let (stored, coming, failed_at): (i64, i64, Option<i64>) = sqlx::query_as(
            "select
               coalesce((select n from tally where pool = ?1 and state = 'stored'), 0),
               coalesce((select sum(max(0, quantity -
                   (select coalesce(sum(coalesce(b.lines_done, b.quantity)), 0) from block b where b.want_id = want.id)))
                 from want where pool = ?1 and state not in ('done', 'failed')), 0),
               (select max(moved_at) from want where pool = ?1
                 and (state = 'failed' or (state = 'done' and taken * 2 < quantity)))",
        )
        .bind(pool)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("look at the stock of a pool"))?;
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        Ok(Stock { stored: count(stored), coming: count(coming), failed_at: failed_at.map(Micros) })
    }

    /// How long orders took lately, from the want to its first codes: the longest but one of the
    /// last ten for this pool. Nothing if there was none.
    pub async fn orders_take(&self, pool: &str) -> Result<Option<Duration>, StoreError> {
        let mut took: Vec<i64> = sqlx::query_scalar(
            "select min(block.at) - want.made_at from want join block on block.want_id = want.id
             where want.pool = ? group by want.id order by want.id desc limit ?",
        )
        .bind(pool)
        .bind(LATELY)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up how long orders took"))?;
        took.sort_unstable();
        let at = took.len().saturating_sub(if took.len() > 3 { 2 } else { 1 });
        Ok(took.get(at).map(|took| Duration::from_micros(count(*took))))
    }

    /// What the line of a pool used in so long before now, and what its jobs still want.
    pub async fn demand_of(
        &self,
        pool: &str,
        now: Micros,
        back: Duration,
    ) -> Result<Demand, StoreError> {
        let line = pool.strip_prefix("line:").unwrap_or_default();
        let since = now.0.saturating_sub(i64::try_from(back.as_micros()).unwrap_or(i64::MAX));
        let (used, first, left, endless): (i64, Option<i64>, i64, bool) = sqlx::query_as(
            "select
               (select coalesce(sum(n), 0) from made where line = ?1 and what = 'codes'
                  and minute >= ?2),
               (select min(minute) from made where line = ?1 and what = 'codes'
                  and minute >= ?2),
               (select coalesce(sum(max(0, planned - done)), 0) from job
                  where pool = ?3 and state in ('waiting', 'running') and planned > 0),
               exists (select 1 from job where pool = ?3 and state = 'running' and planned = 0)",
        )
        .bind(line)
        .bind(since.div_euclid(MINUTE))
        .bind(pool)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("look up what a line needs"))?;
        let begun = first.map_or(since, |minute| minute.saturating_mul(MINUTE).max(since));
        let over = Duration::from_micros(count(now.0.saturating_sub(begun)));
        Ok(Demand { used: count(used), over, left: count(left), endless })
    }

    /// Codes that can be printed and die before this time, soonest first.
    pub async fn dying_before(&self, at: Micros) -> Result<Vec<Dying>, StoreError> {
        let rows: Vec<(i64, String, String, i64, i64)> = sqlx::query_as(
            "select want.id, want.pool, want.gtin, want.expires_at,
               (select count(*) from (select 1 from block cross join code
                  on code.id between block.first_code and block.last_code
                  where block.want_id = want.id and code.state = 'stored'
                    and code.pool not like 'expired:%' limit ?2))
             from want where expired = 0 and expires_at > 0 and expires_at < ?1
             order by expires_at limit 100",
        )
        .bind(at.0)
        .bind(i64::try_from(DYING_COUNTED_MAX).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look for codes that die soon"))?;
        let dying = |(want, pool, gtin, at, codes)| {
            let (at, codes) = (Micros(at), count(codes));
            Dying { want, pool, gtin, codes, at }
        };
        Ok(rows.into_iter().map(dying).filter(|dying| dying.codes > 0).collect())
    }

    /// Codes that died, counted: they are in no stock any more.
    pub async fn expired_codes(&self) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar(
            "select coalesce(sum(n), 0) from tally where pool like 'expired:%' and state = 'stored'",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("count the codes that expired"))?;
        Ok(count(n))
    }

    /// Takes codes that are dead by now out of every stock; answers how many. To be called before
    /// a line takes codes, and now and then.
    pub async fn expire_codes(&self, now: Micros) -> Result<u64, StoreError> {
        let what = "take expired codes out of the stock";
        let wants: Vec<i64> = sqlx::query_scalar(
            "select id from want where expired = 0 and expires_at > 0 and expires_at <= ?",
        )
        .bind(now.0)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        let mut all = 0;
        for want in wants {
            while let moved @ 1.. = self.expire_some(what, want).await? {
                all += moved;
            }
            let write = sqlx::query("update want set expired = 1 where id = ?");
            self.write_one(what, write.bind(want)).await?;
        }
        Ok(all)
    }

    async fn expire_some(&self, what: &'static str, want: i64) -> Result<u64, StoreError> {
        let mut tx = self.begin(what).await?;
        let moved = sqlx::query(
            "update code set pool = 'expired:' || pool where id in (
               select code.id from block cross join code
                 on code.id between block.first_code and block.last_code
               where block.want_id = ? and code.state = 'stored'
                 and code.pool not like 'expired:%' limit ?)",
        )
        .bind(want)
        .bind(MOVED_AT_ONCE)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(moved.rows_affected())
    }
}
