//! What a line needs to go on after a restart: its state, its job, and whatever was under way.
use super::open::word;
use super::{Job, Store, StoreError};
use crate::code::{Code, CodeId, CodeState, CodeText};
use crate::line::{LastOut, LineState, Mode, OpenProduct, Restored, StopReason, Tag};

const WHAT: &str = "restore a line";

/// How a line was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLeft {
    /// The job that runs on it.
    pub job: Option<Job>,
    /// The last PLC event that was dealt with: the PLC's start and the event number.
    pub heard: Option<(u16, u16)>,
    /// Its state by the last record; codes that were sent, printed, applied or doubtful, and
    /// verified ones whose product is not through the gate, by id; products whose fate is not
    /// known, oldest first. A printed label of a roll is not under way: it is where it should be,
    /// unless a camera was to read it and did not.
    pub known: Restored,
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
                   union select pool from job where line = $1 and scenario = 'print_apply' \
                   except select pool from job \
                   where line = $1 and scenario in ('preprinted', 'manual')) \
      and state in ('printed', 'applied') and state in ('sent', 'printed', 'applied') \
      and not exists (select 1 from roll_label where code_id = id) \
    union all \
    select code.id, text, state from roll_label join code on code.id = code_id \
    where job_id in (select id from job where line = $1) and to_read = 1 and reading is null \
      and state = 'printed' \
    union all \
    select id, text, state from code \
    where pool in (select 'line:' || $1 union select pool from job where line = $1) \
      and state = 'doubtful' \
    union \
    select code.id, code.text, code.state from product join code on code.id = product.code_id \
    where product.line = $1 and product.fate is null and code.state = 'verified' \
    order by 1";

/// Codes in doubt that were verified at some time.
const WERE_GOOD: &str = "\
    select id from code \
    where pool in (select 'line:' || $1 union select pool from job where line = $1) \
      and state = 'doubtful' \
      and exists (select 1 from journal where journal.code_id = code.id \
                  and kind = 'moved' and body ->> 'is' = 'verified') \
    order by id";

pub(super) const PRODUCTS_OPEN: &str = "\
    select tag, code_id, verdict = 'good' from product \
    where line = $1 and fate is null order by id";

/// The place of the label that came out last, whatever became of it since, and those labels about
/// it that still count: a few more than may stand side by side. Asked again, it names no label of
/// another row, so that a line that is restored often loses one row once.
const LAST_OUT: &str = "\
    select label.place, newest.place, code.id, code.text from \
    (select piece, place from roll_label where job_id = $1 and to_read = 0 \
     and exists (select 1 from journal where journal.code_id = roll_label.code_id \
                 and kind = 'moved' and body ->> 'is' = 'printed') \
     order by piece desc, place desc limit 1) as newest \
    join roll_label as label on job_id = $1 and label.piece = newest.piece \
     and label.place between newest.place - 15 and newest.place \
    join code on code.id = label.code_id \
    where to_read = 0 and state = 'printed' and report_id is null order by label.place desc";

impl Store {
    /// How this line was left.
    pub async fn restore(&self, line: &str) -> Result<LineLeft, StoreError> {
        let (state, heard, mode) = self.line_row(line).await?.unwrap_or_default();
        let job = self.running_job(line).await?;
        let pieces = self.pieces_of(job.as_ref().map(|job| job.id)).await?;
        let last_out = self.last_out(job.as_ref().map(|job| job.id)).await?;
        Ok(LineLeft {
            heard,
            job,
            known: Restored {
                mode,
                state,
                under_way: self.under_way(line).await?,
                were_good: self.were_good(line).await?,
                products: self.products_open(line).await?,
                alarms: self.alarms_standing(line).await?,
                pieces,
                last_out,
            },
        })
    }

    async fn line_row(
        &self,
        line: &str,
    ) -> Result<Option<(Option<LineState>, Option<(u16, u16)>, Mode)>, StoreError> {
        let row: Option<(String, Option<u16>, Option<u16>, String)> =
            sqlx::query_as("select state, plc_boot, plc_seq, mode from line where name = $1")
                .bind(line)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let Some((state, boot, seq, mode)) = row else { return Ok(None) };
        Ok(Some((Some(word(WHAT, &state)?), boot.zip(seq), word(WHAT, &mode)?)))
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

    async fn were_good(&self, line: &str) -> Result<Vec<CodeId>, StoreError> {
        let ids: Vec<i64> = sqlx::query_scalar(WERE_GOOD)
            .bind(line)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(ids.into_iter().map(CodeId).collect())
    }

    async fn alarms_standing(&self, line: &str) -> Result<Vec<StopReason>, StoreError> {
        let kinds: Vec<String> = sqlx::query_scalar(
            "select kind from alarm where line = $1 and cleared_at is null order by id",
        )
        .bind(line)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        // A kind that a newer version wrote stays as it is, and so does what no line tells.
        let reasons = kinds.iter().filter_map(|kind| kind.parse().ok());
        Ok(reasons.filter(|reason: &StopReason| !reason.is_of_stock()).collect())
    }

    /// Pieces of its roll that a job has begun.
    async fn pieces_of(&self, job: Option<i64>) -> Result<u32, StoreError> {
        sqlx::query_scalar("select coalesce(max(piece), 0) from roll_label where job_id = $1")
            .bind(job)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))
    }

    /// What a job printed last on a roll that no camera looks at.
    async fn last_out(&self, job: Option<i64>) -> Result<LastOut, StoreError> {
        let rows: Vec<(u32, u32, i64, String)> = sqlx::query_as(LAST_OUT)
            .bind(job)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let place = rows.first().map_or(0, |(_, newest, ..)| *newest);
        let code =
            |(place, _, id, text)| (place, Code { id: CodeId(id), text: CodeText::new(text) });
        Ok(LastOut { place, counting: rows.into_iter().map(code).collect() })
    }

    async fn products_open(&self, line: &str) -> Result<Vec<OpenProduct>, StoreError> {
        let rows: Vec<(u32, Option<i64>, Option<bool>)> = sqlx::query_as(PRODUCTS_OPEN)
            .bind(line)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let read = |(tag, code, good): (u32, Option<i64>, _)| OpenProduct {
            tag: Tag(tag),
            code: code.map(CodeId),
            good,
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
            (UNDER_WAY, "USING INDEX roll_label_unread (job_id=?)"),
            (PRODUCTS_OPEN, "USING INDEX product_open (line=?)"),
            (LAST_OUT, "USING INDEX roll_label_of (job_id=?)"),
            (LAST_OUT, "USING INDEX roll_label_of (job_id=? AND piece=? AND place>? AND place<?)"),
            (LAST_OUT, "USING INDEX journal_of_code (code_id=?)"),
            (WERE_GOOD, "USING COVERING INDEX code_doubtful (pool=?)"),
            (WERE_GOOD, "USING INDEX journal_of_code (code_id=?)"),
            (STOCK, "USING INDEX code_stock (pool=? AND gtin=? AND rowid>?)"),
        ] {
            let plan = plan(&store, sql).await;
            assert!(plan.contains(index), "{plan}");
            for table in
                ["SCAN code", "SCAN product", "SCAN job", "SCAN roll_label", "SCAN journal"]
            {
                assert!(!plan.contains(table), "{plan}");
            }
        }
        assert_eq!(store.restore("one").await.unwrap().known.under_way.len(), 1_000);
    }
}
