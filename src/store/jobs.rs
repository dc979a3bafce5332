//! Jobs: what a line makes, one after the other.
use super::open::{count, word};
use super::{Control, Lot, Store, StoreError, outbox};
use crate::code::Gtin;
use crate::line::Scenario;
use crate::telemetry::clock::Micros;
use std::fmt;
use std::str::FromStr;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Nobody has begun it.
    Waiting,
    /// A line is on it.
    Running,
    /// It is finished.
    Done,
    /// It will not be finished.
    Cancelled,
}

/// A job to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The line that is to make it.
    pub line: String,
    /// Which stations it uses.
    pub scenario: Scenario,
    /// Where its codes come from: `line:NAME` or `order:NUMBER`.
    pub pool: String,
    /// What is made.
    pub gtin: Gtin,
    /// The name of the label design.
    pub design: String,
    /// How many; 0 = until somebody stops it.
    pub planned: u64,
    /// What is asked of the roll; of no meaning for a line with a belt.
    pub roll: RollJob,
    /// Its own lot; where nothing is said, the lot of the goods is printed.
    pub lot: Lot,
}

/// What a job asks of a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RollJob {
    /// So many labels in a hundred beyond the number planned, if there are codes.
    pub spare_percent: u32,
    /// So many good labels fill a roll.
    pub pause_after: Option<u64>,
    /// Whether a label before the first says what follows.
    pub leader: bool,
    /// Whether a label after the last says what was there.
    pub trailer: bool,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What was asked for.
    pub wanted: NewJob,
    /// How it stands.
    pub state: JobState,
    /// Good products so far (labels, where the scenario ends at the printer).
    pub done: u64,
    /// When it was asked for.
    pub made_at: Micros,
    /// When a line began it.
    pub started_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
    /// The profile of the printer that it was made on.
    pub printer: Option<String>,
    /// The number that this printer answers with, where it is known.
    pub printer_id: Option<String>,
    /// What people said of it.
    pub control: Control,
}

/// A word that names no state of a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no state of a job")]
pub struct UnknownJobWord(String);

impl JobState {
    /// The word in the store, on the pages and in topics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for JobState {
    type Err = UnknownJobWord;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Waiting, Self::Running, Self::Done, Self::Cancelled]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| UnknownJobWord(word.to_owned()))
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl RollJob {
    pub(super) fn pause_after_row(&self) -> Option<i64> {
        self.pause_after.map(|most| i64::try_from(most).unwrap_or(i64::MAX))
    }
}

const ASK: &str = "look up a job";

/// A job with everything that stands elsewhere.
const JOB: &str = "\
    select job.*, closure.at as closed_at, \
    (select line.state from line where name = job.line and line.job_id = job.id) as line_state \
    from job left join closure on closure.job_id = job.id ";

fn select(condition: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{JOB}{condition}"))
}

impl Store {
    /// Files a job; it waits until its line takes it (`StoreAndStart`). Answers its number.
    pub async fn add_job(&self, job: &NewJob) -> Result<i64, StoreError> {
        self.file_job(job, true).await
    }

    /// Files a job that no line may take before somebody starts it (`Store`). Answers its number.
    pub async fn store_job(&self, job: &NewJob) -> Result<i64, StoreError> {
        self.file_job(job, false).await
    }

    async fn file_job(&self, job: &NewJob, allowed: bool) -> Result<i64, StoreError> {
        const WHAT: &str = "add a job";
        let mut tx = self.begin(WHAT).await?;
        let id = sqlx::query_scalar(
            "insert into job (line, scenario, pool, gtin, design, planned, made_at, \
             spare_percent, pause_after, leader, trailer, batch, date, best_before, allowed) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id",
        )
        .bind(&job.line)
        .bind(job.scenario.word())
        .bind(&job.pool)
        .bind(job.gtin.as_str())
        .bind(&job.design)
        .bind(i64::try_from(job.planned).unwrap_or(i64::MAX))
        .bind(Micros::now().0)
        .bind(job.roll.spare_percent)
        .bind(job.roll.pause_after_row())
        .bind(job.roll.leader)
        .bind(job.roll.trailer)
        .bind(&job.lot.batch)
        .bind(&job.lot.date)
        .bind(&job.lot.best_before)
        .bind(allowed)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        self.commit_job(tx, WHAT, id).await?;
        Ok(id)
    }

    /// The job that this line may take next: the one that a person has chosen, or else the one that
    /// has waited longest.
    pub async fn next_job(&self, line: &str) -> Result<Option<Job>, StoreError> {
        let next = "where line = $1 and job.state = 'waiting' and allowed = 1 \
                    order by chosen_at is null, chosen_at, id limit 1";
        self.job_where(line, next).await
    }

    /// Any job that waits for this line, allowed to start or not.
    pub async fn waiting_job(&self, line: &str) -> Result<Option<Job>, StoreError> {
        let waiting = "where line = $1 and job.state = 'waiting' order by id limit 1";
        self.job_where(line, waiting).await
    }

    /// The job that runs on this line.
    pub async fn running_job(&self, line: &str) -> Result<Option<Job>, StoreError> {
        self.job_where(line, "where line = $1 and job.state = 'running' limit 1").await
    }

    /// The job of this number.
    pub async fn job(&self, id: i64) -> Result<Option<Job>, StoreError> {
        let row: Option<Row> = sqlx::query_as(select("where job.id = $1"))
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(ASK))?;
        row.map(Job::try_from).transpose()
    }

    /// A line takes a waiting job. Refused if it does not wait or the line is on another job.
    pub async fn start_job(&self, id: i64) -> Result<(), StoreError> {
        const WHAT: &str = "start a job";
        let mut tx = self.begin(WHAT).await?;
        let done = sqlx::query(
            "update job set state = 'running', started_at = $2 \
             where id = $1 and state = 'waiting' and not exists \
             (select 1 from job other where other.line = job.line and other.state = 'running')",
        )
        .bind(id)
        .bind(Micros::now().0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            let why = format!("job {id} does not wait, or its line is on another job");
            return Err(StoreError::Refused { what: WHAT, why });
        }
        self.commit_job(tx, WHAT, id).await
    }

    /// The jobs of a line, newest first, at most so many.
    pub async fn jobs_of(&self, line: &str, most: u32) -> Result<Vec<Job>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as(select("where line = $1 order by job.id desc limit $2"))
                .bind(line)
                .bind(most)
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking(ASK))?;
        rows.into_iter().map(Job::try_from).collect()
    }

    /// Remembers which printer a job is made on.
    pub async fn note_printer(
        &self,
        job: i64,
        profile: &str,
        unique_id: Option<&str>,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "note the printer of a job";
        let mut tx = self.begin(WHAT).await?;
        sqlx::query("update job set printer = $2, printer_id = $3 where id = $1")
            .bind(job)
            .bind(profile)
            .bind(unique_id)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// A job is finished (`finished`) or given up. Refused if it has ended before, or is to be
    /// finished and was never started.
    pub async fn end_job(&self, id: i64, finished: bool) -> Result<(), StoreError> {
        const WHAT: &str = "end a job";
        let end = if finished { JobState::Done } else { JobState::Cancelled };
        let mut tx = self.begin(WHAT).await?;
        let done = sqlx::query(
            "update job set state = $2, ended_at = $3 \
             where id = $1 and (state = 'running' or (state = 'waiting' and $2 = 'cancelled'))",
        )
        .bind(id)
        .bind(end.word())
        .bind(Micros::now().0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            let why = format!("job {id} is not running");
            return Err(StoreError::Refused { what: WHAT, why });
        }
        self.commit_job(tx, WHAT, id).await
    }

    async fn job_where(&self, line: &str, condition: &str) -> Result<Option<Job>, StoreError> {
        let row: Option<Row> = sqlx::query_as(select(condition))
            .bind(line)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(ASK))?;
        row.map(Job::try_from).transpose()
    }

    /// Tells of the job where somebody wants to hear it, and commits.
    pub(super) async fn commit_job(
        &self,
        mut tx: sqlx::Transaction<'static, sqlx::Sqlite>,
        what: &'static str,
        id: i64,
    ) -> Result<(), StoreError> {
        if self.publishes {
            outbox::tell_job(&mut tx, id, Micros::now()).await?;
        }
        tx.commit().await.map_err(StoreError::asking(what))?;
        if self.publishes {
            self.outbox_grew.notify_one();
        }
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    line: String,
    scenario: String,
    pool: String,
    gtin: String,
    design: String,
    planned: i64,
    done: i64,
    state: String,
    made_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    spare_percent: u32,
    pause_after: Option<i64>,
    leader: bool,
    trailer: bool,
    printer: Option<String>,
    printer_id: Option<String>,
    batch: String,
    date: String,
    best_before: String,
    allowed: bool,
    chosen_at: Option<i64>,
    ends: Option<String>,
    cleared_at: Option<i64>,
    closed_at: Option<i64>,
    ribbon_lot: String,
    label_lot: String,
    line_state: Option<String>,
}

impl TryFrom<Row> for Job {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let control = Control {
            allowed: row.allowed,
            chosen_at: row.chosen_at.map(Micros),
            ends: row.ends.map(|ends| word(ASK, &ends)).transpose()?,
            cleared_at: row.cleared_at.map(Micros),
            closed_at: row.closed_at.map(Micros),
            ribbon_lot: row.ribbon_lot,
            label_lot: row.label_lot,
            line_state: row.line_state.map(|state| word(ASK, &state)).transpose()?,
        };
        Ok(Self {
            control,
            id: row.id,
            wanted: NewJob {
                line: row.line,
                scenario: word(ASK, &row.scenario)?,
                pool: row.pool,
                gtin: word(ASK, &row.gtin)?,
                design: row.design,
                planned: count(row.planned),
                roll: RollJob {
                    spare_percent: row.spare_percent,
                    pause_after: row.pause_after.map(count),
                    leader: row.leader,
                    trailer: row.trailer,
                },
                lot: Lot { batch: row.batch, date: row.date, best_before: row.best_before },
            },
            state: word(ASK, &row.state)?,
            done: count(row.done),
            made_at: Micros(row.made_at),
            started_at: row.started_at.map(Micros),
            ended_at: row.ended_at.map(Micros),
            printer: row.printer,
            printer_id: row.printer_id,
        })
    }
}
