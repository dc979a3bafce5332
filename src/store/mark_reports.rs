//! Reports to Electronic Mark: what a labelling report says, and the report of production after it.
use super::{Store, StoreError, Telling, mark_unproduced};
use crate::code::{Code, CodeId, CodeText, Gtin, ProductGroup};
use crate::telemetry::clock::Micros;
use std::collections::BTreeMap;

/// What a report says of all its codes.
pub type MarkParams = BTreeMap<String, String>;

/// The codes that wait longest to be told: what they are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextToMark {
    /// Their trade item.
    pub gtin: Gtin,
    /// The job that they were made for.
    pub job: Option<i64>,
    /// When the first of them got its fate.
    pub since: Micros,
}

/// A report to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewMarkReport<'a> {
    /// The product group.
    pub group: ProductGroup,
    /// What it tells.
    pub telling: Telling,
    /// Of what.
    pub next: &'a NextToMark,
    /// What it says of all its codes.
    pub params: &'a MarkParams,
    /// Codes in it at most.
    pub at_most: u32,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkWords {
    /// The trade item of all its codes.
    pub gtin: Gtin,
    /// The job that they were made for.
    pub job: Option<i64>,
    /// What it says of all its codes.
    pub params: MarkParams,
}

/// A report of production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    /// The labelling report that it follows.
    pub report: i64,
    /// The product group.
    pub group: ProductGroup,
    /// What it is about.
    pub words: MarkWords,
    /// The system's name for it.
    pub upstream_id: Option<String>,
    /// How often it was sent.
    pub sends: u32,
    /// When it was last sent.
    pub sent_at: Option<Micros>,
    /// What stands against it.
    pub problem: Option<String>,
}

/// How a report of production ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductionEnd {
    /// `success`, `partially`, `failed` or `refused`.
    pub state: &'static str,
    /// Codes that were not taken.
    pub not_taken: Vec<CodeId>,
    /// Why.
    pub problem: Option<String>,
}

/// How the reports of a job stand, for a page: labelled, produced, shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarkSteps {
    /// Codes that were taken as labelled.
    pub labelled: u64,
    /// Of those, codes that were taken as produced.
    pub produced: u64,
    /// Of those, codes in a shipment that was not refused.
    pub shipped: u64,
}

type ProductionRow =
    (i64, String, String, Option<i64>, String, Option<String>, u32, Option<i64>, Option<String>);

const OF_JOB: &str = "exists (select 1 from job_code where job_id = ?4 and code_id = code.id)";
const OF_NO_JOB: &str = "not exists (select 1 from job where job.gtin = printf('%014d', code.gtin)
    and exists (select 1 from job_code where job_id = job.id and code_id = code.id))";

impl Store {
    /// What the codes are of that wait longest to be told so.
    pub async fn next_to_mark(
        &self,
        group: ProductGroup,
        telling: Telling,
    ) -> Result<Option<NextToMark>, StoreError> {
        let what = "look for codes to be labelled";
        let first: Option<(i64, String, i64)> = sqlx::query_as(
            "select id, printf('%014d', gtin), moved_at from code
             where product_group = ?1 and settled = 1 and report_id is null
               and state in (select value from json_each(?2)) order by moved_at, id limit 1",
        )
        .bind(group.alias())
        .bind(telling.states())
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        let Some((code, gtin, since)) = first else { return Ok(None) };
        let job: Option<i64> = sqlx::query_scalar(
            "select id from job where gtin = ?1 and exists
               (select 1 from job_code where job_id = job.id and code_id = ?2)
             order by id desc limit 1",
        )
        .bind(&gtin)
        .bind(code)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        let gtin = gtin_of(what, &gtin)?;
        Ok(Some(NextToMark { gtin, job, since: Micros(since) }))
    }

    /// Makes a report of one trade item and one job, ties its codes to it, and writes down what it
    /// says, all or nothing. Nothing if there are no codes.
    pub async fn make_mark_report(
        &self,
        new: NewMarkReport<'_>,
    ) -> Result<Option<i64>, StoreError> {
        let what = "make a labelling report";
        let mut tx = self.begin(what).await?;
        let report: i64 = sqlx::query_scalar(
            "insert into report (kind, product_group, made_at) values (?, ?, ?) returning id",
        )
        .bind(new.telling.kind().word())
        .bind(new.group.alias())
        .bind(Micros::now().0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        let of = if new.next.job.is_some() { OF_JOB } else { OF_NO_JOB };
        let tie = format!(
            "update code set report_id = ?1 where id in (
               select id from code where product_group = ?2 and settled = 1 and report_id is null
                 and state in (select value from json_each(?3)) and gtin = ?5 and {of}
               order by moved_at, id limit ?6)"
        );
        let tied = sqlx::query(sqlx::AssertSqlSafe(tie))
            .bind(report)
            .bind(new.group.alias())
            .bind(new.telling.states())
            .bind(new.next.job.unwrap_or_default())
            .bind(new.next.gtin.as_str().parse::<i64>().unwrap_or_default())
            .bind(new.at_most)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(what))?;
        if tied.rows_affected() == 0 {
            return Ok(None);
        }
        sqlx::query(
            "insert into mark_report (report_id, gtin, job_id, params) values (?, ?, ?, ?)",
        )
        .bind(report)
        .bind(new.next.gtin.as_str())
        .bind(new.next.job)
        .bind(json(new.params))
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(Some(report))
    }

    /// What a report says; nothing for one that is not for Electronic Mark.
    pub async fn mark_words(&self, report: i64) -> Result<Option<MarkWords>, StoreError> {
        let what = "look up what a report says";
        let row: Option<(String, Option<i64>, String)> =
            sqlx::query_as("select gtin, job_id, params from mark_report where report_id = ?")
                .bind(report)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(what))?;
        row.map(|row| words(what, row)).transpose()
    }

    /// Labelling reports that came to their end, had codes taken, and have no report of production
    /// yet, or are to have another one: number, and what they said.
    pub async fn labelled_reports(&self) -> Result<Vec<(i64, MarkWords)>, StoreError> {
        let what = "look for labelled codes";
        let rows: Vec<(i64, String, Option<i64>, String)> = sqlx::query_as(
            "select report.id, mark_report.gtin, mark_report.job_id, mark_report.params
             from mark_report join report on report.id = mark_report.report_id
             left join mark_production using (report_id)
             where coalesce(mark_production.again, 1) = 1 and report.kind = 'utilisation'
               and report.state in ('success', 'partially') order by report.id limit 100",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        rows.into_iter()
            .map(|(id, gtin, job, params)| Ok((id, words(what, (gtin, job, params))?)))
            .collect()
    }

    /// A report of production is to follow: the first, or another one that a person asked for.
    pub async fn make_production(
        &self,
        report: i64,
        params: &MarkParams,
    ) -> Result<(), StoreError> {
        let write = sqlx::query(
            "insert into mark_production (report_id, params, made_at) values (?, ?, ?)
             on conflict (report_id) do update set params = excluded.params, state = 'made',
               upstream_id = null, sends = 0, sent_at = null, problem = null, again = 0
             where again = 1",
        );
        let write = write.bind(report).bind(json(params)).bind(Micros::now().0);
        self.write_one("make a report of production", write).await
    }

    /// The reports of production that are not at their end, oldest first.
    pub async fn open_productions(&self) -> Result<Vec<Production>, StoreError> {
        let what = "look for open reports of production";
        let rows: Vec<ProductionRow> = sqlx::query_as(
            "select report.id, report.product_group, mark_report.gtin, mark_report.job_id,
               mark_production.params, mark_production.upstream_id, mark_production.sends,
               mark_production.sent_at, mark_production.problem
             from mark_production join mark_report using (report_id)
             join report on report.id = mark_production.report_id
             where mark_production.state in ('made', 'sent') order by report.id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        let production = |row: ProductionRow| {
            let (report, group, gtin, job, params, upstream_id, sends, sent_at, problem) = row;
            let why = || format!("report {report}: '{group}' is no product group");
            let group = ProductGroup::from_alias(&group);
            let group = group.ok_or_else(|| StoreError::Refused { what, why: why() })?;
            let words = words(what, (gtin, job, params))?;
            let sent_at = sent_at.map(Micros);
            Ok(Production { report, group, words, upstream_id, sends, sent_at, problem })
        };
        rows.into_iter().map(production).collect()
    }

    /// The codes of the report of production: those of a labelling report that were taken; in
    /// another report, those that the last one did not bring through.
    pub async fn labelled_codes(&self, report: i64) -> Result<Vec<Code>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select id, text from code where report_id = ?1 and told_at is not null
               and (not exists (select 1 from mark_unproduced where report_id = ?1)
                 or exists (select 1 from mark_unproduced
                            where code_id = code.id and report_id = ?1 and state = 'again'))
             order by id",
        )
        .bind(report)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up labelled codes"))?;
        let code = |(id, text): (i64, String)| Code { id: CodeId(id), text: CodeText::new(text) };
        Ok(rows.into_iter().map(code).collect())
    }

    /// A report of production is about to be sent.
    pub async fn production_is_sent(&self, report: i64) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update mark_production set state = 'sent', sends = sends + 1, sent_at = ?
             where report_id = ? and state in ('made', 'sent') and upstream_id is null",
        );
        let write = write.bind(Micros::now().0).bind(report);
        self.write_one("note that a report of production is sent", write).await
    }

    /// It is proven that the system did not get it this time.
    pub async fn production_is_unsent(&self, report: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update mark_production set sends = sends - 1, state = iif(sends = 1, 'made', 'sent'),
               sent_at = iif(sends = 1, null, sent_at), problem = ?
             where report_id = ? and state = 'sent' and upstream_id is null",
        );
        let write = write.bind(problem).bind(report);
        self.write_one("note that a report of production did not get out", write).await
    }

    /// The system has it.
    pub async fn production_is_taken(&self, report: i64, name: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update mark_production set upstream_id = ?, problem = null
             where report_id = ? and state = 'sent' and upstream_id is null",
        );
        let write = write.bind(name).bind(report);
        self.write_one("note the name of a report of production", write).await
    }

    /// Something stands in its way; nothing is given up.
    pub async fn production_is_troubled(
        &self,
        report: i64,
        problem: &str,
    ) -> Result<(), StoreError> {
        let write = sqlx::query("update mark_production set problem = ? where report_id = ?");
        let write = write.bind(problem).bind(report);
        self.write_one("note the trouble of a report of production", write).await
    }

    /// It is at its end. Codes that were not taken wait for a person: they cannot be shipped.
    pub async fn production_ended(
        &self,
        report: i64,
        end: &ProductionEnd,
    ) -> Result<(), StoreError> {
        let what = "note the end of a report of production";
        let mut tx = self.begin(what).await?;
        let (now, words) = (Micros::now().0, end.problem.as_deref());
        mark_unproduced::note(&mut tx, report, &end.not_taken, words, now)
            .await
            .map_err(StoreError::asking(what))?;
        sqlx::query(
            "update mark_production set state = ?, problem = ?, ended_at = ? where report_id = ?",
        )
        .bind(end.state)
        .bind(&end.problem)
        .bind(now)
        .bind(report)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))
    }
}

pub(super) fn gtin_of(what: &'static str, gtin: &str) -> Result<Gtin, StoreError> {
    let why = |why| StoreError::Refused { what, why: format!("GTIN '{gtin}': {why}") };
    gtin.parse().map_err(why)
}

fn words(
    what: &'static str,
    (gtin, job, params): (String, Option<i64>, String),
) -> Result<MarkWords, StoreError> {
    let why = |error: serde_json::Error| StoreError::Refused { what, why: error.to_string() };
    let params = serde_json::from_str(&params).map_err(why)?;
    Ok(MarkWords { gtin: gtin_of(what, &gtin)?, job, params })
}

fn json(params: &MarkParams) -> String {
    serde_json::to_string(params).expect("texts become JSON")
}
