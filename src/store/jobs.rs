//! Jobs: what a line makes, one after the other.
use super::open::{count, word};
use super::{Store, StoreError, outbox};
use crate::code::Gtin;
use crate::telemetry::clock::Micros;
use std::fmt;
use std::str::FromStr;

/// Which stations a job uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// A label for each product: printed, applied, read back.
    PrintApply,
    /// Labels on a roll.
    Roll,
}

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
}

/// A word that names no scenario and no state of a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no scenario and no state of a job")]
pub struct UnknownJobWord(String);

impl Scenario {
    /// The word in the store and in configurations.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PrintApply => "print_apply",
            Self::Roll => "roll",
        }
    }
}

impl FromStr for Scenario {
    type Err = UnknownJobWord;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::PrintApply, Self::Roll]
            .into_iter()
            .find(|scenario| scenario.word() == word)
            .ok_or_else(|| UnknownJobWord(word.to_owned()))
    }
}

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

const ASK: &str = "look up a job";

impl Store {
    /// Files a job; it waits until its line takes it. Answers its number.
    pub async fn add_job(&self, job: &NewJob) -> Result<i64, StoreError> {
        const WHAT: &str = "add a job";
        let mut tx = self.begin(WHAT).await?;
        let id = sqlx::query_scalar(
            "insert into job (line, scenario, pool, gtin, design, planned, made_at) \
             values ($1, $2, $3, $4, $5, $6, $7) returning id",
        )
        .bind(&job.line)
        .bind(job.scenario.word())
        .bind(&job.pool)
        .bind(job.gtin.as_str())
        .bind(&job.design)
        .bind(i64::try_from(job.planned).unwrap_or(i64::MAX))
        .bind(Micros::now().0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        self.commit_job(tx, WHAT, id).await?;
        Ok(id)
    }

    /// The job that has waited longest for this line.
    pub async fn next_job(&self, line: &str) -> Result<Option<Job>, StoreError> {
        self.job_of(line, JobState::Waiting).await
    }

    /// The job that runs on this line.
    pub async fn running_job(&self, line: &str) -> Result<Option<Job>, StoreError> {
        self.job_of(line, JobState::Running).await
    }

    /// The job of this number.
    pub async fn job(&self, id: i64) -> Result<Option<Job>, StoreError> {
        let row: Option<Row> = sqlx::query_as("select * from job where id = $1")
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

    async fn job_of(&self, line: &str, state: JobState) -> Result<Option<Job>, StoreError> {
        let row: Option<Row> =
            sqlx::query_as("select * from job where line = $1 and state = $2 order by id limit 1")
                .bind(line)
                .bind(state.word())
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(ASK))?;
        row.map(Job::try_from).transpose()
    }

    /// Tells of the job where somebody wants to hear it, and commits.
    async fn commit_job(
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
}

impl TryFrom<Row> for Job {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            wanted: NewJob {
                line: row.line,
                scenario: word(ASK, &row.scenario)?,
                pool: row.pool,
                gtin: word(ASK, &row.gtin)?,
                design: row.design,
                planned: count(row.planned),
            },
            state: word(ASK, &row.state)?,
            done: count(row.done),
            made_at: Micros(row.made_at),
            started_at: row.started_at.map(Micros),
            ended_at: row.ended_at.map(Micros),
        })
    }
}
