//! What the PLC of a line counted by itself, whenever its belt stood.
use super::open::count;
use super::{Store, StoreError};
use crate::line::PlcCounts;
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;

const KEEP: &str = "keep what a PLC counted";
const READ: &str = "read what a PLC counted";

/// What a PLC counted while a line was on a job, to be held against the sums of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobPlcCounts {
    /// Products seen by the infeed eye.
    pub infeed: u64,
    /// Labels applied.
    pub applied: u64,
    /// Products that left on the good side.
    pub passed: u64,
    /// Products that the gate pushed out.
    pub reject_ordered: u64,
    /// Products that the eye of the bin saw.
    pub reject_confirmed: u64,
    /// Verdicts that named a product already past the gate.
    pub verdict_late: u64,
    /// So often the PLC program was started meanwhile. What it counted between its last telling and
    /// such a start is in nobody's numbers.
    pub restarts: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    is_of_job: bool,
    at: i64,
    boot: i64,
    infeed: i64,
    applied: i64,
    passed: i64,
    reject_ordered: i64,
    reject_confirmed: i64,
    verdict_late: i64,
}

const COLUMNS: &str = "at, boot, infeed, applied, passed, reject_ordered, reject_confirmed, \
                       verdict_late";

impl Store {
    /// What the PLC of this line had counted when its belt stood last, and when that was.
    pub async fn plc_counts(&self, line: &str) -> Result<Option<(Micros, PlcCounts)>, StoreError> {
        let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select 1 is_of_job, {COLUMNS} from plc_count where line = $1 order by id desc limit 1"
        )))
        .bind(line)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(READ))?;
        Ok(row.map(|row| (Micros(row.at), row.counts())))
    }

    /// What the PLC counted while its line was on this job, up to the last time that the belt stood;
    /// nothing if it told nothing of it, or counts nothing.
    pub async fn plc_counts_of_job(&self, job: i64) -> Result<Option<JobPlcCounts>, StoreError> {
        // From the last one before the job on: it is what the first one of the job is counted from.
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "with first as (select line, min(id) id from plc_count where job_id = $1) \
             select coalesce(job_id = $1, 0) is_of_job, {COLUMNS} from plc_count \
             where line = (select line from first) and id >= coalesce( \
                 (select max(p.id) from plc_count p, first \
                  where p.line = first.line and p.id < first.id), \
                 (select id from first)) \
             order by id"
        )))
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(READ))?;
        let mut sum = JobPlcCounts::default();
        for pair in rows.windows(2).filter(|pair| pair[1].is_of_job) {
            sum.add(&pair[0].counts(), &pair[1].counts());
        }
        Ok(rows.iter().any(|row| row.is_of_job).then_some(sum))
    }
}

impl JobPlcCounts {
    /// Adds what was counted from `before` to `now`. A program that was started counts from 0.
    fn add(&mut self, before: &PlcCounts, now: &PlcCounts) {
        let restarted = before.boot != now.boot;
        self.restarts += u64::from(restarted);
        let before = if restarted { PlcCounts::default() } else { *before };
        let more = |then: u32, now: u32| u64::from(now.wrapping_sub(then));
        self.infeed += more(before.infeed, now.infeed);
        self.applied += more(before.applied, now.applied);
        self.passed += more(before.passed, now.passed);
        self.reject_ordered += more(before.reject_ordered, now.reject_ordered);
        self.reject_confirmed += more(before.reject_confirmed, now.reject_confirmed);
        self.verdict_late += more(before.verdict_late, now.verdict_late);
    }
}

impl Row {
    fn counts(&self) -> PlcCounts {
        let wide = |n: i64| u32::try_from(count(n)).unwrap_or(u32::MAX);
        PlcCounts {
            boot: u16::try_from(count(self.boot)).unwrap_or(u16::MAX),
            infeed: wide(self.infeed),
            applied: wide(self.applied),
            passed: wide(self.passed),
            reject_ordered: wide(self.reject_ordered),
            reject_confirmed: wide(self.reject_confirmed),
            verdict_late: wide(self.verdict_late),
        }
    }
}

/// Keeps what the PLC of a line told.
pub(super) async fn keep(
    db: &mut SqliteConnection,
    (line, job, at): (&str, Option<i64>, Micros),
    counts: PlcCounts,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into plc_count (line, job_id, at, boot, infeed, applied, passed, reject_ordered, \
         reject_confirmed, verdict_late) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(line)
    .bind(job)
    .bind(at.0)
    .bind(counts.boot)
    .bind(counts.infeed)
    .bind(counts.applied)
    .bind(counts.passed)
    .bind(counts.reject_ordered)
    .bind(counts.reject_confirmed)
    .bind(counts.verdict_late)
    .execute(db)
    .await
    .map_err(StoreError::asking(KEEP))?;
    Ok(())
}
