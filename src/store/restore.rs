//! What a line needs to go on after a restart: its state, its job, and whatever was under way.
use super::open::word;
use super::{Job, Store, StoreError};
use crate::code::{Code, CodeId, CodeState, CodeText};
use crate::line::{LineState, Tag};

const WHAT: &str = "restore a line";

/// How a line was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Its state by the last record; nothing for a line that never ran.
    pub state: Option<LineState>,
    /// The job that runs on it.
    pub job: Option<Job>,
    /// The last PLC event that was dealt with: the PLC's start and the event number.
    pub heard: Option<(u16, u16)>,
    /// Codes that were sent, printed or applied, and verified ones whose product is not through
    /// the gate, by id. A printed label of a roll is not under way: it is where it should be.
    pub under_way: Vec<(Code, CodeState)>,
    /// Products whose fate is not known, oldest first.
    pub products_open: Vec<OpenProduct>,
    /// How far the job is: good products, or labels where the scenario ends at the printer.
    pub done: u64,
}

/// A product whose fate is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenProduct {
    /// Its tag.
    pub tag: Tag,
    /// The code on its label.
    pub code: Option<CodeId>,
    /// Good or bad, if it was judged.
    pub verdict: Option<bool>,
}

/// Codes of the line's own pool and of the jobs it has run. Written so that every part is found
/// by an index: the number of stored and of settled codes does not matter.
pub(super) const UNDER_WAY: &str = "\
    select id, text, state from code \
    where pool in (select 'line:' || $1 union select pool from job where line = $1) \
      and state = 'sent' and state in ('sent', 'printed', 'applied') \
    union all \
    select id, text, state from code \
    where pool in (select 'line:' || $1 \
                   union select pool from job where line = $1 and scenario = 'print_apply') \
      and state in ('printed', 'applied') and state in ('sent', 'printed', 'applied') \
    union \
    select code.id, code.text, code.state from product join code on code.id = product.code_id \
    where product.line = $1 and product.fate is null and code.state = 'verified' \
    order by 1";

pub(super) const PRODUCTS_OPEN: &str = "\
    select tag, code_id, verdict = 'good' from product \
    where line = $1 and fate is null order by id";

impl Store {
    /// How this line was left.
    pub async fn restore(&self, line: &str) -> Result<Restored, StoreError> {
        let (state, heard) = self.line_row(line).await?.unwrap_or_default();
        let job = self.running_job(line).await?;
        Ok(Restored {
            state,
            heard,
            done: job.as_ref().map_or(0, |job| job.done),
            job,
            under_way: self.under_way(line).await?,
            products_open: self.products_open(line).await?,
        })
    }

    async fn line_row(
        &self,
        line: &str,
    ) -> Result<Option<(Option<LineState>, Option<(u16, u16)>)>, StoreError> {
        let row: Option<(String, Option<u16>, Option<u16>)> =
            sqlx::query_as("select state, plc_boot, plc_seq from line where name = $1")
                .bind(line)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let Some((state, boot, seq)) = row else { return Ok(None) };
        Ok(Some((Some(word(WHAT, &state)?), boot.zip(seq))))
    }

    async fn under_way(&self, line: &str) -> Result<Vec<(Code, CodeState)>, StoreError> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(UNDER_WAY)
            .bind(line)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let read = |(id, text, state): (i64, String, String)| {
            let code = Code { id: CodeId(id), text: CodeText::new(text) };
            Ok((code, word(WHAT, &state)?))
        };
        rows.into_iter().map(read).collect()
    }

    async fn products_open(&self, line: &str) -> Result<Vec<OpenProduct>, StoreError> {
        let rows: Vec<(u32, Option<i64>, Option<bool>)> = sqlx::query_as(PRODUCTS_OPEN)
            .bind(line)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let read = |(tag, code, verdict): (u32, Option<i64>, _)| OpenProduct {
            tag: Tag(tag),
            code: code.map(CodeId),
            verdict,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{ArrayLine, ProductGroup};
    use crate::store::codes::STOCK;
    use sqlx::AssertSqlSafe;

    fn array(n: usize) -> Vec<ArrayLine> {
        let gtin = "04810093011694".parse().unwrap();
        let line = |line| ArrayLine {
            line,
            text: CodeText::new(format!("0104810093011694210{line:07}\u{1d}93#SzU")),
            gtin,
            serial: format!("0{line:07}"),
            group: ProductGroup::MILK,
        };
        (1..=n).map(line).collect()
    }

    async fn plan(store: &Store, sql: &str) -> String {
        let mut explain = sqlx::query_as(AssertSqlSafe(format!("explain query plan {sql}")));
        for _ in 0..sql.matches('$').count() {
            explain = explain.bind("1");
        }
        let rows: Vec<(i64, i64, i64, String)> = explain.fetch_all(&store.readers).await.unwrap();
        rows.into_iter().map(|row| row.3 + "\n").collect()
    }

    #[tokio::test]
    async fn restart_and_stock_are_found_by_index_among_200_000_codes() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("big.db")).await.unwrap();
        store.store_codes("line:one", "test", &array(200_000)).await.unwrap();
        for sql in [
            "update code set state = 'sent' where id > 199000",
            "update code set state = 'printed' where id > 199900",
            "insert into product (line, tag, seen_at, fate, code_id) \
             select 'one', id, 0, 'verified', id from code where id < 1000",
            "analyze",
        ] {
            sqlx::query(sql).execute(&store.writer).await.unwrap();
        }
        for (sql, index) in [
            (UNDER_WAY, "USING INDEX code_under_way (pool=? AND state=?)"),
            (UNDER_WAY, "USING INDEX product_open (line=?)"),
            (PRODUCTS_OPEN, "USING INDEX product_open (line=?)"),
            (STOCK, "USING INDEX code_stock (pool=? AND gtin=? AND id>?)"),
        ] {
            let plan = plan(&store, sql).await;
            assert!(plan.contains(index), "{plan}");
            for table in ["SCAN code", "SCAN product", "SCAN job"] {
                assert!(!plan.contains(table), "{plan}");
            }
        }
        assert_eq!(store.restore("one").await.unwrap().under_way.len(), 1_000);
    }
}
