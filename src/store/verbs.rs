//! What people do with jobs, by the verbs of ISA-95 (OPC 10031-4, job control): which verb is taken in which
//! state, and who asked.
use super::open::{count, word};
use super::people::note;
use super::{Job, JobState, Store, StoreError};
use crate::line::LineState;
use crate::telemetry::clock::Micros;
use std::fmt;
use std::str::FromStr;

/// What a person asks of a job that is on the list. `Store` is [`Store::store_job`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobVerb {
    /// Its line may take it, as the next one.
    Start,
    /// Its line may not take it after all.
    RevokeStart,
    /// Its line holds.
    Pause,
    /// Its line goes on.
    Resume,
    /// Its line empties the belt; the job ends as it is.
    Stop,
    /// Its line stops at once; the job ends as it is.
    Abort,
    /// It is off the list, before anybody began it.
    Cancel,
    /// It is off the list, after it has ended and is closed.
    Clear,
}

/// How a job stands, by the names of OPC 10031-4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Stored; no line may take it.
    NotAllowedToStart,
    /// Its line may take it.
    AllowedToStart,
    /// Its line is on it.
    Running,
    /// Its line was on it and stands.
    Interrupted,
    /// It has ended by itself or by Stop.
    Ended,
    /// It has ended by Abort.
    Aborted,
}

/// What people said of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// A line may take it.
    pub allowed: bool,
    /// When a person named it to be the next one.
    pub chosen_at: Option<Micros>,
    /// Stop or Abort, where the job ends so as soon as its line rests.
    pub ends: Option<JobVerb>,
    /// When it was taken off the list.
    pub cleared_at: Option<Micros>,
    /// When it was closed.
    pub closed_at: Option<Micros>,
    /// The ribbon that it must be made with; empty: any.
    pub ribbon_lot: String,
    /// The labels that it must be made on; empty: any.
    pub label_lot: String,
    /// The state of its line, where that is on it.
    pub line_state: Option<LineState>,
}

/// A word that names no verb.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no verb of a job; there are start, revoke, pause, resume, stop, abort, cancel and clear"
)]
pub struct UnknownVerb(String);

impl JobVerb {
    /// Every verb.
    pub const ALL: [Self; 8] = [
        Self::Start,
        Self::RevokeStart,
        Self::Pause,
        Self::Resume,
        Self::Stop,
        Self::Abort,
        Self::Cancel,
        Self::Clear,
    ];

    /// The word in the store, in forms and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::RevokeStart => "revoke",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
            Self::Abort => "abort",
            Self::Cancel => "cancel",
            Self::Clear => "clear",
        }
    }

    /// What stands on its button.
    pub const fn button(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::RevokeStart => "Revoke start",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::Stop => "Stop",
            Self::Abort => "Abort",
            Self::Cancel => "Cancel",
            Self::Clear => "Clear",
        }
    }
}

impl FromStr for JobVerb {
    type Err = UnknownVerb;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|verb| verb.word() == word);
        found.ok_or_else(|| UnknownVerb(word.to_owned()))
    }
}

impl Standing {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::NotAllowedToStart,
        Self::AllowedToStart,
        Self::Running,
        Self::Interrupted,
        Self::Ended,
        Self::Aborted,
    ];

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAllowedToStart => "NotAllowedToStart",
            Self::AllowedToStart => "AllowedToStart",
            Self::Running => "Running",
            Self::Interrupted => "Interrupted",
            Self::Ended => "Ended",
            Self::Aborted => "Aborted",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotAllowedToStart => "Stored",
            Self::AllowedToStart => "May start",
            Self::Running => "Running",
            Self::Interrupted => "Interrupted",
            Self::Ended => "Ended",
            Self::Aborted => "Aborted",
        }
    }

    /// Whether this verb is taken (OPC 10031-4, figure 5; Start of a job that may start already makes
    /// it the next one).
    pub const fn takes(self, verb: JobVerb) -> bool {
        use JobVerb as V;
        match self {
            Self::NotAllowedToStart => matches!(verb, V::Start | V::Abort | V::Cancel),
            Self::AllowedToStart => {
                matches!(verb, V::Start | V::RevokeStart | V::Abort | V::Cancel)
            }
            Self::Running => matches!(verb, V::Pause | V::Stop | V::Abort),
            Self::Interrupted => matches!(verb, V::Resume | V::Stop | V::Abort),
            Self::Ended | Self::Aborted => matches!(verb, V::Clear),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Job {
    /// How it stands, by the names of OPC 10031-4.
    pub fn standing(&self) -> Standing {
        use LineState as S;
        let runs = |state: &LineState| {
            matches!(state, S::Starting | S::Execute | S::Completing | S::Complete | S::Stopping)
        };
        match self.state {
            JobState::Waiting if self.control.allowed => Standing::AllowedToStart,
            JobState::Waiting => Standing::NotAllowedToStart,
            JobState::Running if self.control.line_state.as_ref().is_some_and(runs) => {
                Standing::Running
            }
            JobState::Running => Standing::Interrupted,
            JobState::Done => Standing::Ended,
            JobState::Cancelled => Standing::Aborted,
        }
    }

    /// The verbs that it takes now.
    pub fn verbs(&self) -> Vec<JobVerb> {
        if self.control.cleared_at.is_some() {
            return Vec::new();
        }
        let ends = self.control.ends;
        let takes = |verb: &JobVerb| {
            // What is about to end can only end faster.
            let about_to_end = self.state == JobState::Running && ends.is_some();
            self.standing().takes(*verb) && (!about_to_end || *verb == JobVerb::Abort)
        };
        JobVerb::ALL.into_iter().filter(takes).collect()
    }

    /// Whether an order of a customer is waiting for it.
    pub fn is_of_order(&self) -> bool {
        self.wanted.pool.starts_with("order:")
    }
}

const WHAT: &str = "do that with a job";

impl Store {
    /// Does what a person asks of a job, and remembers who it was. Pause, Resume, Stop and Abort of a
    /// running job are remembered here and done by its line. Refused, with what to do, where the job
    /// does not take the verb now.
    pub async fn job_verb(&self, id: i64, verb: JobVerb, person: &str) -> Result<(), StoreError> {
        let job = self.job(id).await?;
        let job = job.ok_or_else(|| refused(format!("there is no job {id}")))?;
        self.may(&job, verb).await?;
        let mut tx = self.begin(WHAT).await?;
        let done = sqlx::query(sqlx::AssertSqlSafe(format!(
            "update job set {} where id = $1 and state = $2 and $3 > 0",
            written(verb, job.state)
        )))
        .bind(id)
        .bind(job.state.word())
        .bind(Micros::now().0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            return Err(refused(format!("job {id} has changed meanwhile: look at it again")));
        }
        note(&mut tx, person, "asked of a job", &format!("job {id}: {}", verb.word())).await?;
        self.commit_job(tx, WHAT, id).await
    }

    async fn may(&self, job: &Job, verb: JobVerb) -> Result<(), StoreError> {
        let (id, standing) = (job.id, job.standing());
        if !job.verbs().contains(&verb) {
            let takes: Vec<_> = job.verbs().into_iter().map(JobVerb::button).collect();
            let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
            return Err(refused(format!(
                "job {id} is {standing} and does not take {}; it takes {takes}",
                verb.button()
            )));
        }
        let early = job.state == JobState::Waiting;
        if early && matches!(verb, JobVerb::Abort | JobVerb::Cancel) && job.is_of_order() {
            return Err(refused(format!("a customer waits for job {id}: decide about the order")));
        }
        if verb == JobVerb::Resume && job.control.line_state == Some(LineState::Aborted) {
            return Err(refused(
                "the line is aborted: see that it is safe, and press Reset at the line".to_owned(),
            ));
        }
        if verb == JobVerb::Clear
            && job.control.closed_at.is_none()
            && self.used_by_job(id).await? > 0
        {
            return Err(refused(format!("close job {id} first: see its reconciliation")));
        }
        Ok(())
    }

    /// Codes that were handed over for a job.
    async fn used_by_job(&self, id: i64) -> Result<u64, StoreError> {
        let n: i64 = sqlx::query_scalar("select count(*) from job_code where job_id = $1")
            .bind(id)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(count(n))
    }

    /// What a person asked of a running job and its line has not done yet.
    pub async fn asked_of(&self, id: i64) -> Result<Option<JobVerb>, StoreError> {
        let asked: Option<Option<String>> =
            sqlx::query_scalar("select asked from job where id = $1")
                .bind(id)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        asked.flatten().map(|asked| word(WHAT, &asked)).transpose()
    }

    /// The line has heard what was asked.
    pub async fn job_heard(&self, id: i64, verb: JobVerb) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        sqlx::query("update job set asked = null where id = $1 and asked = $2")
            .bind(id)
            .bind(verb.word())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// Whether a person named this job to be the next one after the last one of its line ended.
    pub async fn is_chosen_anew(&self, job: &Job) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "select coalesce(chosen_at, 0) > \
             coalesce((select max(ended_at) from job other where other.line = job.line), 0) \
             from job where id = $1",
        )
        .bind(job.id)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    /// Whether the last job that this line was on ended by Abort.
    pub async fn last_job_was_aborted(&self, line: &str) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "select coalesce((select ends is 'abort' from job where line = $1 \
             and (state = 'done' or (state = 'cancelled' and ends is not null)) \
             order by ended_at desc limit 1), 0)",
        )
        .bind(line)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    /// Says with which ribbon and labels a job must be made; empty: any.
    pub async fn job_lots(&self, id: i64, ribbon: &str, labels: &str) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        sqlx::query(
            "update job set ribbon_lot = $2, label_lot = $3 where id = $1 and state = 'waiting'",
        )
        .bind(id)
        .bind(ribbon)
        .bind(labels)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }
}

/// What a verb writes; $3 is the time.
const fn written(verb: JobVerb, state: JobState) -> &'static str {
    let waits = matches!(state, JobState::Waiting);
    match verb {
        JobVerb::Start => "allowed = 1, chosen_at = $3",
        JobVerb::RevokeStart => "allowed = 0, chosen_at = null",
        JobVerb::Pause => "asked = 'pause'",
        JobVerb::Resume => "asked = 'resume'",
        JobVerb::Stop => "asked = 'stop', ends = 'stop'",
        JobVerb::Abort if waits => "state = 'cancelled', ended_at = $3",
        JobVerb::Abort => "asked = 'abort', ends = 'abort'",
        JobVerb::Cancel => "state = 'cancelled', ended_at = $3, cleared_at = $3",
        JobVerb::Clear => "cleared_at = $3",
    }
}

fn refused(why: String) -> StoreError {
    StoreError::Refused { what: WHAT, why }
}
