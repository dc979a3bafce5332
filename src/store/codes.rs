//! The stock of codes: taken in, set aside, and handed to a line in order.
use super::{Store, StoreError};
use crate::code::{ArrayLine, Code, CodeId, CodeText, Gtin, SetAside};
use crate::telemetry::clock::Micros;
use serde_json::json;
use std::collections::HashSet;

const STORE: &str = "store codes";
const ASIDE: &str = "set lines of an array aside";

/// Codes written in one transaction: long enough to be quick, short enough that a line that runs
/// meanwhile waits for some milliseconds only.
const BATCH: usize = 1_000;

/// What became of the lines of an array.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Codes that are in the store now.
    pub taken: u64,
    /// Lines set aside because the store has their code already.
    pub set_aside: u64,
}

pub(super) const STOCK: &str = "\
    select id, text from code \
    where pool = $1 and gtin = $2 and state = 'stored' and id > $3 order by id limit $4";

impl Store {
    /// Any code of this trade item in this pool, whatever became of it: what its label looks like.
    pub async fn sample_code(
        &self,
        pool: &str,
        gtin: Gtin,
    ) -> Result<Option<CodeText>, StoreError> {
        let text: Option<String> =
            sqlx::query_scalar("select text from code where gtin = $1 and pool = $2 limit 1")
                .bind(gtin.as_str())
                .bind(pool)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking("look at a code"))?;
        Ok(text.map(CodeText::new))
    }

    /// Stores codes in the order given, which is the order in which they will be printed. A code
    /// that is already in the store (same GTIN and serial number) is set aside with the reason.
    /// `source` says where they came from, such as a file's name.
    ///
    /// It is written in parts: after a failure, storing the same array again goes on.
    pub async fn store_codes(
        &self,
        pool: &str,
        source: &str,
        codes: &[ArrayLine],
    ) -> Result<Imported, StoreError> {
        let mut imported = Imported::default();
        for batch in codes.chunks(BATCH) {
            let known = self.store_batch(pool, source, batch).await?;
            imported.set_aside += known;
            imported.taken += batch.len() as u64 - known;
        }
        Ok(imported)
    }

    /// Stores one batch; answers how many of its codes the store had already.
    async fn store_batch(
        &self,
        pool: &str,
        source: &str,
        batch: &[ArrayLine],
    ) -> Result<u64, StoreError> {
        let rows: Vec<_> = batch
            .iter()
            .map(|c| (c.text.as_str(), c.gtin.as_str(), c.serial.as_str(), c.group.alias()))
            .collect();
        let mut tx = self.begin(STORE).await?;
        let taken: Vec<(String, String)> = sqlx::query_as(
            "insert into code (pool, text, gtin, serial, product_group, moved_at) \
             select $1, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, $2 \
             from json_each($3) j where true order by j.key \
             on conflict (gtin, serial) do nothing returning gtin, serial",
        )
        .bind(pool)
        .bind(Micros::now().0)
        .bind(json!(rows).to_string())
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::asking(STORE))?;
        let mut taken: HashSet<_> = taken.into_iter().collect();
        let known: Vec<_> = batch
            .iter()
            .filter(|c| !taken.remove(&(c.gtin.to_string(), c.serial.clone())))
            .map(|c| (c.line, "the same code is already in the store".to_owned()))
            .collect();
        write_aside(&mut tx, pool, source, &known).await?;
        tx.commit().await.map_err(StoreError::asking(STORE))?;
        Ok(known.len() as u64)
    }

    /// Keeps the lines of an array that are no codes of this pool, each with its reason.
    pub async fn set_aside(
        &self,
        pool: &str,
        source: &str,
        lines: &[SetAside],
    ) -> Result<(), StoreError> {
        for batch in lines.chunks(BATCH) {
            let rows: Vec<_> = batch.iter().map(|l| (l.line, l.refusal.to_string())).collect();
            let mut tx = self.begin(ASIDE).await?;
            write_aside(&mut tx, pool, source, &rows).await?;
            tx.commit().await.map_err(StoreError::asking(ASIDE))?;
        }
        Ok(())
    }

    /// Codes of a pool for this trade item that can be printed, after the one that was handed out
    /// last (`CodeId(0)` to begin with). They stay `stored` until their `Send` is appended.
    pub async fn take_stock(
        &self,
        pool: &str,
        gtin: Gtin,
        after: CodeId,
        limit: usize,
    ) -> Result<Vec<Code>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(STOCK)
            .bind(pool)
            .bind(gtin.as_str())
            .bind(after.0)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("take codes from the stock"))?;
        let code = |(id, text)| Code { id: CodeId(id), text: CodeText::new(text) };
        Ok(rows.into_iter().map(|(id, text): (i64, String)| code((id, text))).collect())
    }
}

async fn write_aside(
    db: &mut sqlx::SqliteConnection,
    pool: &str,
    source: &str,
    lines: &[(usize, String)],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into set_aside (pool, source, line, reason, at) \
         select $1, $2, j.value ->> 0, j.value ->> 1, $3 from json_each($4) j order by j.key",
    )
    .bind(pool)
    .bind(source)
    .bind(Micros::now().0)
    .bind(json!(lines).to_string())
    .execute(db)
    .await
    .map_err(StoreError::asking(ASIDE))?;
    Ok(())
}
