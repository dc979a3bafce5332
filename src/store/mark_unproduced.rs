//! Codes that Electronic Mark did not take as produced, and what people decide about them.
use super::open::count;
use super::{RefusedChoice, RefusedDecided, RefusedDecision, RefusedGroup, Store, StoreError};
use crate::code::{CodeId, CodeText};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};

/// What a person can do.
const REMEDY: &str = "correct what it says (the dates of the job, the parameters of production in the \
     configuration), then send again: that makes a new report of production";

/// The kind of these refusals, beside the kinds of reports.
pub const PRODUCTION: &str = "production";

/// Codes that were not taken by the last report of production, and where it stands against that.
pub(super) async fn note(
    tx: &mut Transaction<'static, Sqlite>,
    report: i64,
    not_taken: &[CodeId],
    words: Option<&str>,
    now: i64,
) -> Result<(), sqlx::Error> {
    let ids: Vec<i64> = not_taken.iter().map(|code| code.0).collect();
    let ids = serde_json::to_string(&ids).expect("numbers are JSON");
    sqlx::query(
        "update mark_unproduced set state = iif(code_id in (select value from json_each(?2)),
             'refused', 'produced')
         where report_id = ?1 and state = 'again'",
    )
    .bind(report)
    .bind(&ids)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "insert into mark_unproduced (code_id, report_id, words, at)
         select value, ?1, ?3, ?4 from json_each(?2)",
    )
    .bind(report)
    .bind(&ids)
    .bind(words.unwrap_or("the system gives no reason"))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Store {
    /// Codes that wait for a decision because they were not taken as produced, by report, the latest
    /// first. Their kind is [`PRODUCTION`].
    pub async fn unproduced(&self) -> Result<Vec<RefusedGroup>, StoreError> {
        type Row = (i64, String, String, i64, String, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "select report_id, product_group, words, codes,
               (select text from code where id = first), at
             from (select u.report_id, report.product_group, min(u.words) as words,
                     count(*) as codes, min(u.code_id) as first, min(u.at) as at
                   from mark_unproduced u join report on report.id = u.report_id
                   where u.state = 'open' group by u.report_id)
             order by report_id desc limit 200",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up what was not produced"))?;
        let group = |(report, group, words, codes, first, at): Row| RefusedGroup {
            report,
            kind: PRODUCTION.to_owned(),
            group,
            result: None,
            words,
            remedy: REMEDY.to_owned(),
            codes: count(codes),
            first: CodeText::new(first).identification().to_owned(),
            at: Micros(at),
        };
        Ok(rows.into_iter().map(group).collect())
    }

    /// The identifications of codes of this report that wait for a decision, at most so many.
    pub async fn unproduced_codes(
        &self,
        report: i64,
        at_most: u32,
    ) -> Result<Vec<String>, StoreError> {
        let texts: Vec<String> = sqlx::query_scalar(
            "select code.text from mark_unproduced u join code on code.id = u.code_id
             where u.report_id = ? and u.state = 'open' order by code.id limit ?",
        )
        .bind(report)
        .bind(at_most)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up what was not produced"))?;
        let bare = |text: String| CodeText::new(text).identification().to_owned();
        Ok(texts.into_iter().map(bare).collect())
    }

    /// What was decided lately about codes that were not taken as produced.
    pub async fn unproduced_decided(&self, limit: u32) -> Result<Vec<RefusedDecided>, StoreError> {
        type Row = (i64, String, i64, String, String, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "select report_id, iif(state in ('produced', 'refused'), 'again', state) as decision,
               count(*), person, reason, decided_at from mark_unproduced
             where state <> 'open' group by report_id, decision, person, reason, decided_at
             order by decided_at desc limit ?",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up what was decided about production"))?;
        let decided = |(report, decision, codes, person, reason, at): Row| {
            let (codes, at) = (count(codes), Micros(at));
            RefusedDecided { report, decision, codes, person, reason, at }
        };
        Ok(rows.into_iter().map(decided).collect())
    }

    /// A person decides about codes that were not taken as produced. Answers how many. Those to be
    /// told again go along with a new report of production; the others are not told.
    pub async fn decide_unproduced(&self, choice: &RefusedChoice) -> Result<u64, StoreError> {
        let what = "decide about what was not produced";
        let mut tx = self.begin(what).await?;
        let decided = sqlx::query(
            "update mark_unproduced set state = ?, decided_at = ?, person = ?, reason = ?
             where report_id = ? and state = 'open'",
        )
        .bind(choice.decision.word())
        .bind(Micros::now().0)
        .bind(&choice.person)
        .bind(&choice.reason)
        .bind(choice.report)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        if choice.decision == RefusedDecision::Again && decided.rows_affected() > 0 {
            sqlx::query("update mark_production set again = 1 where report_id = ?")
                .bind(choice.report)
                .execute(&mut *tx)
                .await
                .map_err(StoreError::asking(what))?;
        }
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(decided.rows_affected())
    }
}
