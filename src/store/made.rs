//! What came of a line's work, by the minute: products by fate, codes and labels used.
use super::open::count;
use super::{Store, StoreError};
use crate::oee::Counts;
use crate::telemetry::clock::Micros;
use serde_json::json;
use sqlx::SqliteConnection;

const WHAT: &str = "count what was made";
const MINUTE: i64 = 60_000_000;

impl Store {
    /// What a line made of the products that it first saw between these times (whole minutes),
    /// and what it used meanwhile; of one job only, if one is named.
    pub async fn made(
        &self,
        line: &str,
        (from, to): (Micros, Micros),
        job: Option<i64>,
    ) -> Result<Counts, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select what, sum(n) from made \
             where line = $1 and minute >= $2 and minute < $3 and ($4 is null or job_id = $4) \
             group by what",
        )
        .bind(line)
        .bind(from.0.div_euclid(MINUTE))
        // The minute that runs counts.
        .bind(to.0.div_euclid(MINUTE) + i64::from(to.0.rem_euclid(MINUTE) > 0))
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let mut counts = Counts::default();
        for (what, n) in rows {
            counts.add(&what, count(n));
        }
        Ok(counts)
    }
}

/// Codes handed to the printer, and labels that came out of it.
pub(super) async fn used(
    db: &mut SqliteConnection,
    (line, job, at): (&str, Option<i64>, Micros),
    codes: i64,
    labels: i64,
) -> Result<(), StoreError> {
    if codes == 0 && labels == 0 {
        return Ok(());
    }
    sqlx::query(
        "insert into made (line, minute, job_id, what, n) \
         select $1, $2, coalesce($3, 0), value ->> 0, value ->> 1 from json_each($4) \
         where value ->> 1 > 0 \
         on conflict (line, minute, job_id, what) do update set n = n + excluded.n",
    )
    .bind(line)
    .bind(at.0.div_euclid(MINUTE))
    .bind(job)
    .bind(json!([["codes", codes], ["labels", labels]]).to_string())
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

/// Labels of a roll that came out (1), or were found spoiled or in doubt since (-1). Where no
/// camera looks, a label that came out is good.
pub(super) async fn labels_out(
    db: &mut SqliteConnection,
    at: Micros,
    labels_out: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "update roll_label set printed_at = coalesce(printed_at, $1), \
         made_as = coalesce(made_as, iif(to_read = 0, 'verified', null)) \
         where code_id in (select value ->> 0 from json_each($2) where value ->> 1 > 0)",
    )
    .bind(at.0)
    .bind(labels_out)
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    // A label that was read bad has its reason already.
    sqlx::query(
        "update roll_label set made_as = 'unaccounted' \
         where (made_as is null or made_as = 'verified') and printed_at is not null \
         and code_id in (select value ->> 0 from json_each($1) where value ->> 1 < 0)",
    )
    .bind(labels_out)
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}
