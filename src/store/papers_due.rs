//! Documents that nobody has to ask for: write-offs of spoiled codes, remarkings of validated labels.
use super::paper_words::{Origin, PaperState};
use super::papers::PaperMade;
use super::papers_make::make;
use super::{Store, StoreError};
use crate::order::{Facts, PAPER_CODES_MAX, PaperKind};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};
use std::time::Duration;

/// Who makes documents that nobody asked for, in the books.
const BY: &str = "markwright";

const DUE: &str = "make the documents that are due";

type RemarkingRow = (i64, String, String, String, String, String, String);

impl Store {
    /// Makes the documents that are due: one for every report that only a document can tell and that
    /// is as old as `write_off_every` or full, and one for every remarked product whose new label was validated and told. `participant` = our
    /// number; `day` = today, `YYYY-MM-DD`.
    pub async fn make_due_papers(
        &self,
        participant: &str,
        day: &str,
        write_off_every: Duration,
    ) -> Result<Vec<PaperMade>, StoreError> {
        let mut made = Vec::new();
        let every = i64::try_from(write_off_every.as_micros()).unwrap_or(i64::MAX);
        let old = Micros::now().0.saturating_sub(every);
        let reports: Vec<i64> = sqlx::query_scalar(
            "select id from report where kind = 'write_off' and state = 'made' and (made_at <= ?1
               or (select count(*) from code where report_id = report.id) >= ?2) order by id",
        )
        .bind(old)
        .bind(PAPER_CODES_MAX)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(DUE))?;
        for report in reports {
            made.extend(self.make_write_off(report, participant, day).await?);
        }
        let orders: Vec<i64> = sqlx::query_scalar(
            "select order_id from remarking where exists (
               select 1 from code where pool = 'order:' || order_id and state = 'verified'
                 and told_at is not null)
               and not exists (select 1 from paper where origin = 'remarking:' || order_id)
             order by order_id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(DUE))?;
        for order in orders {
            match self.make_remark(order, participant, day).await {
                Ok(one) => made.push(one),
                // One that lacks something does not stand in the way of the others.
                Err(StoreError::Refused { why, .. }) => tracing::debug!(order, why, "not remarked"),
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }

    /// A report becomes a document: from then on it collects no more codes.
    async fn make_write_off(
        &self,
        report: i64,
        participant: &str,
        day: &str,
    ) -> Result<Option<PaperMade>, StoreError> {
        let mut tx = self.begin(DUE).await?;
        let asking = || StoreError::asking(DUE);
        let sampled: bool = sqlx::query_scalar(
            "select exists (select 1 from code where report_id = ? and state = 'sampled')",
        )
        .bind(report)
        .fetch_one(&mut *tx)
        .await
        .map_err(asking())?;
        let cause = if sampled { "QA_SAMPLES" } else { "DEFECT" };
        let facts = Facts {
            participant: participant.to_owned(),
            cause: cause.to_owned(),
            date: day.to_owned(),
            number: format!("MW-{report}"),
            ..Facts::default()
        };
        let made =
            match make(&mut tx, PaperKind::WriteOff, Origin::Report(report), &facts, BY).await {
                Ok(made) => made,
                // All of its codes are in a document already.
                Err(StoreError::Refused { why, .. }) if why.starts_with("no code of") => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
        sqlx::query(
            "update report set state = 'sent', sends = 1, sent_at = ?1, first_sent_at = ?1
             where id = ?2 and state = 'made'",
        )
        .bind(Micros::now().0)
        .bind(report)
        .execute(&mut *tx)
        .await
        .map_err(asking())?;
        tx.commit().await.map_err(asking())?;
        Ok(Some(made))
    }

    async fn make_remark(
        &self,
        order: i64,
        participant: &str,
        day: &str,
    ) -> Result<PaperMade, StoreError> {
        let mut tx = self.begin(DUE).await?;
        let facts = remark_facts(&mut tx, order, participant, day).await?;
        let made = make(&mut tx, PaperKind::Remark, Origin::Remarking(order), &facts, BY).await?;
        tx.commit().await.map_err(StoreError::asking(DUE))?;
        Ok(made)
    }

    /// Reports whose documents came to their end: each with its number, and whether it was taken.
    pub async fn reports_told_by_papers(&self) -> Result<Vec<(i64, bool, String)>, StoreError> {
        let rows: Vec<(i64, String, String, String)> = sqlx::query_as(
            "select r.id, p.state, coalesce(p.problem, ''), p.errors from report r
             join paper p on p.origin = 'report:' || r.id
             where r.kind = 'write_off' and r.state = 'sent' and r.state <> 'success'
               and p.state in ('done', 'not_done', 'refused', 'withdrawn')
             group by r.id having p.id = max(p.id)",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look for reports that a document told"))?;
        let told = |(id, state, problem, errors): (i64, String, String, String)| {
            let errors: Vec<String> = serde_json::from_str(&errors).unwrap_or_default();
            let words = [problem].into_iter().chain(errors).filter(|words| !words.is_empty());
            (id, state == PaperState::Done.word(), words.collect::<Vec<_>>().join("; "))
        };
        Ok(rows.into_iter().map(told).collect())
    }
}

async fn remark_facts(
    tx: &mut Transaction<'static, Sqlite>,
    order: i64,
    participant: &str,
    day: &str,
) -> Result<Facts, StoreError> {
    let row: RemarkingRow = sqlx::query_as(
        "select r.order_id, r.old_code, r.cause, r.country, r.colour, r.size, o.hs_code
         from remarking r join label_order o on o.id = r.order_id where r.order_id = ?",
    )
    .bind(order)
    .fetch_one(&mut **tx)
    .await
    .map_err(StoreError::asking(DUE))?;
    let (_, old_code, cause, country, colour, size, hs_code) = row;
    Ok(Facts {
        participant: participant.to_owned(),
        date: day.to_owned(),
        old_code,
        cause,
        country,
        colour,
        size,
        hs_code,
        ..Facts::default()
    })
}
