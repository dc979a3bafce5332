//! Reports are made: codes are tied to them before anything is sent.
use super::reports::{UNREPORTED_COUNTED_MAX, number};
use super::{Lot, ReportKind, Store, StoreError, Telling, Unreported};
use crate::code::ProductGroup;
use crate::telemetry::clock::Micros;
use serde_json::json;
use sqlx::{Sqlite, Transaction};

/// A report to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewReport {
    /// The product group of its codes.
    pub group: ProductGroup,
    /// What it tells of them.
    pub telling: Telling,
    /// Codes of one job only, because it says their dates.
    pub by_lot: bool,
    /// Codes in it at most.
    pub at_most: u32,
}

/// Which codes go together: those of one job, or of one trade item of one pool.
enum Together {
    All,
    Job(i64),
    Pool(String, i64),
}

impl Store {
    /// How much the state system does not know yet.
    pub async fn unreported(&self) -> Result<Unreported, StoreError> {
        // `cross join`: from the few reports that are not over to their codes, never the other way.
        // Every part goes through a partial index and stops counting in good time.
        let (free, tied, stuck, oldest): (i64, i64, i64, Option<i64>) = sqlx::query_as(
            "with tied as (
               select code.moved_at from report cross join code on code.report_id = report.id
               where report.state <> 'success' and report.state in ('made', 'sent')
                 and report.kind <> 'write_off' and code.told_at is null
                 and not exists (select 1 from file_report where report_id = report.id) limit ?1),
             stuck as (
               select 1 from report cross join code on code.report_id = report.id
               where report.state <> 'success'
                 and (report.state not in ('made', 'sent') or report.kind = 'write_off'
                   or exists (select 1 from file_report where report_id = report.id))
                 and code.told_at is null
                 and not exists (select 1 from refused where code_id = code.id
                                   and report_id = report.id and state = 'ignored') limit ?1),
             free as (
               select moved_at from code where settled = 1 and report_id is null
                 and state in ('verified', 'rejected', 'scrapped', 'sampled') limit ?1)
             select (select count(*) from free),
               (select count(*) from tied),
               (select count(*) from stuck),
               (select min(at) from (select min(moved_at) as at from free
                  union all select min(moved_at) from tied))",
        )
        .bind(i64::try_from(UNREPORTED_COUNTED_MAX + 1).unwrap_or(i64::MAX))
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("count the codes that are not reported"))?;
        let counted = |n: i64| number(n).min(UNREPORTED_COUNTED_MAX);
        Ok(Unreported {
            count: counted(free) + counted(tied) + counted(stuck),
            waiting: counted(free) + counted(tied),
            more: [free, tied, stuck].iter().any(|n| number(*n) > UNREPORTED_COUNTED_MAX),
            oldest_at: oldest.map(Micros),
        })
    }

    /// Makes a report of the codes that wait longest and ties them to it, all or nothing. From
    /// then on no other report can tell them. Nothing if there are none.
    pub async fn make_report(&self, new: NewReport) -> Result<Option<i64>, StoreError> {
        let what = "make a report";
        let asking = StoreError::asking;
        let mut tx = self.begin(what).await?;
        let (together, lot) = if new.by_lot {
            let Some(first) = first_of(&mut tx, &new).await.map_err(asking(what))? else {
                return Ok(None);
            };
            lot_of_code(&mut tx, first).await.map_err(asking(what))?
        } else {
            (Together::All, Lot::default())
        };
        let kind = new.telling.kind();
        let report = insert(&mut tx, kind, new.group, &lot).await.map_err(asking(what))?;
        let tied = tie(&mut tx, report, &new, &together).await.map_err(asking(what))?;
        if tied == 0 {
            return Ok(None);
        }
        tx.commit().await.map_err(asking(what))?;
        Ok(Some(report))
    }

    /// Ties codes that the station has no report for to a document that a person or True API
    /// writes off: the one of this group and fate that is not on its way yet, or a new one. Answers
    /// how many were tied.
    pub async fn collect_write_offs(&self, new: NewReport) -> Result<u64, StoreError> {
        let what = "collect codes to be written off";
        let asking = StoreError::asking;
        let about = json!({"telling": new.telling.states()}).to_string();
        let mut tx = self.begin(what).await?;
        let open: Option<(i64, i64)> = sqlx::query_as(
            "select id, (select count(*) from code where report_id = report.id) from report
             where kind = 'write_off' and product_group = ? and state = 'made' and about = ?
             order by id desc limit 1",
        )
        .bind(new.group.alias())
        .bind(&about)
        .fetch_optional(&mut *tx)
        .await
        .map_err(asking(what))?;
        let (report, room) = match open {
            Some((id, codes)) if codes < i64::from(new.at_most) => {
                (id, u32::try_from(i64::from(new.at_most) - codes).unwrap_or_default())
            }
            Some(_) | None => {
                let report = insert(&mut tx, ReportKind::WriteOff, new.group, &Lot::default())
                    .await
                    .map_err(asking(what))?;
                let named = sqlx::query("update report set about = ? where id = ?");
                named.bind(&about).bind(report).execute(&mut *tx).await.map_err(asking(what))?;
                (report, new.at_most)
            }
        };
        let tied = tie(&mut tx, report, &NewReport { at_most: room, ..new }, &Together::All)
            .await
            .map_err(asking(what))?;
        if tied > 0 {
            tx.commit().await.map_err(asking(what))?;
        }
        Ok(tied)
    }

    /// Notes codes as told that the station told itself when it gave them out. Answers how many.
    pub async fn tell_automatic(&self, new: NewReport) -> Result<u64, StoreError> {
        let what = "note codes that the station told itself";
        let asking = StoreError::asking;
        let now = Micros::now().0;
        let mut tx = self.begin(what).await?;
        let report = insert(&mut tx, ReportKind::Automatic, new.group, &Lot::default())
            .await
            .map_err(asking(what))?;
        let tied = tie(&mut tx, report, &new, &Together::All).await.map_err(asking(what))?;
        if tied == 0 {
            return Ok(0);
        }
        for note in [
            "update code set told_at = ?1 where report_id = ?2",
            "update report set state = 'success', ended_at = ?1, problem =
               'the station reported these codes itself when it gave them out' where id = ?2",
        ] {
            let note = sqlx::query(note).bind(now).bind(report);
            note.execute(&mut *tx).await.map_err(asking(what))?;
        }
        tx.commit().await.map_err(asking(what))?;
        Ok(tied)
    }
}

pub(super) async fn insert(
    tx: &mut Transaction<'static, Sqlite>,
    kind: ReportKind,
    group: ProductGroup,
    lot: &Lot,
) -> Result<i64, sqlx::Error> {
    let about = if lot.is_empty() {
        json!({})
    } else {
        json!({"batch": lot.batch, "date": lot.date, "best_before": lot.best_before})
    };
    sqlx::query_scalar(
        "insert into report (kind, product_group, made_at, about) values (?, ?, ?, ?) returning id",
    )
    .bind(kind.word())
    .bind(group.alias())
    .bind(Micros::now().0)
    .bind(about.to_string())
    .fetch_one(&mut **tx)
    .await
}

/// The code that waits longest: its number, trade item and pool.
async fn first_of(
    tx: &mut Transaction<'static, Sqlite>,
    new: &NewReport,
) -> Result<Option<(i64, i64, String)>, sqlx::Error> {
    sqlx::query_as(
        "select id, gtin, pool from code where product_group = ? and settled = 1
           and report_id is null and state in (select value from json_each(?))
         order by moved_at, id limit 1",
    )
    .bind(new.group.alias())
    .bind(new.telling.states())
    .fetch_optional(&mut **tx)
    .await
}

/// The lot of a code: of the job that it was handed over for, or else of the goods.
async fn lot_of_code(
    tx: &mut Transaction<'static, Sqlite>,
    (code, gtin, pool): (i64, i64, String),
) -> Result<(Together, Lot), sqlx::Error> {
    let text = format!("{gtin:014}");
    let job: Option<(i64, String, String, String)> = sqlx::query_as(
        "select id, batch, date, best_before from job where gtin = ?1
           and exists (select 1 from job_code where job_id = job.id and code_id = ?2)
         order by id desc limit 1",
    )
    .bind(&text)
    .bind(code)
    .fetch_optional(&mut **tx)
    .await?;
    let (together, lot) = match job {
        Some((id, batch, date, best_before)) => {
            (Together::Job(id), Lot { batch, date, best_before })
        }
        None => (Together::Pool(pool, gtin), Lot::default()),
    };
    if !lot.is_empty() {
        return Ok((together, lot));
    }
    let of_goods: Option<(String, String, String)> =
        sqlx::query_as("select batch, date, best_before from goods where gtin = ?")
            .bind(&text)
            .fetch_optional(&mut **tx)
            .await?;
    let (batch, date, best_before) = of_goods.unwrap_or_default();
    Ok((together, Lot { batch, date, best_before }))
}

async fn tie(
    tx: &mut Transaction<'static, Sqlite>,
    report: i64,
    new: &NewReport,
    together: &Together,
) -> Result<u64, sqlx::Error> {
    let (job, pool, gtin) = match together {
        Together::All => (None, None, None),
        Together::Job(job) => (Some(*job), None, None),
        Together::Pool(pool, gtin) => (None, Some(pool), Some(*gtin)),
    };
    let tied = sqlx::query(
        "update code set report_id = ?1 where id in (
           select id from code where product_group = ?2 and settled = 1 and report_id is null
             and state in (select value from json_each(?3))
             and (?5 is null or exists (select 1 from job_code where job_id = ?5 and code_id = id))
             and (?6 is null or (pool = ?6 and gtin = ?7))
           order by moved_at, id limit ?4)",
    )
    .bind(report)
    .bind(new.group.alias())
    .bind(new.telling.states())
    .bind(new.at_most)
    .bind(job)
    .bind(pool)
    .bind(gtin)
    .execute(&mut **tx)
    .await?;
    Ok(tied.rows_affected())
}
