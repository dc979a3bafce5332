//! What the report of a batch says of its line: when it stood and why, its alarms, and its people.
use super::open::count;
use super::{Job, LISTED_MAX, Store, StoreError};
use crate::line::LineState;
use crate::oee::{self, Window};
use crate::telemetry::clock::Micros;

/// The first [`LISTED_MAX`] of something, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// Those that are listed.
    pub listed: Vec<T>,
    /// How many there are in all.
    pub all: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { listed: Vec::new(), all: 0 }
    }
}

impl<T> Listed<T> {
    fn of(mut listed: Vec<T>, all: u64) -> Self {
        listed.truncate(LISTED_MAX);
        Self { listed, all }
    }

    /// That there are more than are listed, in words.
    pub fn more(&self) -> Option<String> {
        let shown = self.listed.len() as u64;
        (shown < self.all).then(|| {
            format!("There are {} more: they are counted and not listed.", self.all - shown)
        })
    }
}

/// A time in which a line did not run: the same stops, and the same causes, as at its page of
/// availability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The state that it began in; nothing where the program did not run.
    pub state: Option<LineState>,
    /// Why, in words: what a person said, otherwise what the line proposes.
    pub why: String,
    /// What the person said besides.
    pub note: String,
    /// Who said why; nothing where nobody did.
    pub person: Option<String>,
    /// Since when, within the job.
    pub from: Micros,
    /// Until when; nothing where it stands.
    pub to: Option<Micros>,
}

impl Stop {
    /// The state by its name.
    pub fn state_name(&self) -> &'static str {
        self.state.map_or("NotKnown", LineState::name)
    }

    /// Why, and who said so.
    pub fn words(&self) -> String {
        match &self.person {
            None => self.why.clone(),
            Some(person) if self.note.is_empty() => format!("{} ({person})", self.why),
            Some(person) => format!("{}: {} ({person})", self.why, self.note),
        }
    }
}

/// An alarm: what, since when, until when.
pub(super) type AlarmTime = (String, Micros, Option<Micros>);

const WHAT: &str = "write the report of a batch";

/// Also those that stood when the job began.
const ALARMS: &str = "\
    select words, raised_at, cleared_at, count(*) over () from alarm where line = $1 \
    and (raised_at between $2 and $3 or (raised_at < $2 and (cleared_at is null or cleared_at > $2))) \
    order by raised_at, id limit $4";

/// Whoever did something for a job, whatever it was; the first one first.
const PEOPLE: &str = "\
    select person from (\
      select person, at from audit where at between $1 and $2 \
        and what in ('asked a line', 'confirmed a new printer') \
        and substr(detail, 1, length($3) + 2) = $3 || ': ' \
      union all select person, at from audit where what in ('asked of a job', 'signed a job') \
        and substr(detail, 1, length($4)) = $4 \
      union all select person, at from clearance where job_id = $5 \
      union all select person, begun_at from challenge where job_id = $5 \
      union all select person, at from sample where job_id = $5 \
      union all select returned_by, returned_at from sample where job_id = $5 \
      union all select person, at from rework \
        where exists (select 1 from job_code where job_id = $5 and code_id = rework.code_id) \
      union all select body ->> 'by', at from journal where kind = 'decided' \
        and exists (select 1 from job_code where job_id = $5 and code_id = journal.code_id) \
      union all select person, decided_at from refused \
        where exists (select 1 from job_code where job_id = $5 and code_id = refused.code_id) \
      union all select person, made_at from paper where origin = 'job:' || $5 \
      union all select person, at from stop_reason join line_span on line_span.id = span_id \
        where line = $3 and from_at < $2 and coalesce(to_at, $2) > $1 \
      union all select person, at from alarm_step where line = $3 and at between $1 and $2 \
      union all select person, at from bin_emptied where line = $3 and $2 > 0 \
        and (job_id = $5 or at between $1 and $2 \
          or id = (select min(id) from bin_emptied where line = $3 and at >= $2))\
    ) where coalesce(person, '') <> '' group by person order by min(at)";

impl Store {
    pub(super) async fn alarms_of(&self, job: &Job) -> Result<Listed<AlarmTime>, StoreError> {
        let Some((from, to)) = made_between(job) else { return Ok(Listed::default()) };
        let rows: Vec<(String, i64, Option<i64>, i64)> = sqlx::query_as(ALARMS)
            .bind(&job.wanted.line)
            .bind(from.0)
            .bind(to.0)
            .bind(i64::try_from(LISTED_MAX).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let all = rows.first().map_or(0, |(.., all)| count(*all));
        let alarm = |(words, at, end, _): (String, i64, Option<i64>, i64)| {
            (words, Micros(at), end.map(Micros))
        };
        Ok(Listed::of(rows.into_iter().map(alarm).collect(), all))
    }

    pub(super) async fn stops_of(&self, job: &Job) -> Result<Listed<Stop>, StoreError> {
        let Some((from, to)) = made_between(job) else { return Ok(Listed::default()) };
        let line = &job.wanted.line;
        let spans = self.spans(line, (from, to)).await?;
        let said = self.stops_said(line, &spans).await?;
        let window = Window { name: String::new(), from, to };
        let account = oee::account(&spans, &[window], to);
        let lasts = job.ended_at.is_none();
        let stop = |stop: &oee::Stop| {
            let said = said.get(&stop.span);
            let began = spans.iter().find(|span| span.id == stop.span);
            Stop {
                state: began.and_then(|span| span.state),
                why: said.map_or(stop.proposed, |said| said.reason).words(),
                note: said.map(|said| said.note.clone()).unwrap_or_default(),
                person: said.map(|said| said.person.clone()),
                from: stop.from.max(from),
                to: (stop.ended || !lasts).then_some(stop.to.min(to)),
            }
        };
        let all = account.stops.len() as u64;
        Ok(Listed::of(account.stops.iter().map(stop).collect(), all))
    }

    pub(super) async fn people_at(&self, job: &Job) -> Result<Vec<String>, StoreError> {
        let (from, to) = made_between(job).unwrap_or((Micros(0), Micros(0)));
        sqlx::query_scalar(PEOPLE)
            .bind(from.0)
            .bind(to.0)
            .bind(&job.wanted.line)
            .bind(format!("job {}: ", job.id))
            .bind(job.id)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))
    }
}

/// From when to when a job was made.
fn made_between(job: &Job) -> Option<(Micros, Micros)> {
    Some((job.started_at?, job.ended_at.unwrap_or_else(Micros::now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_counted() {
        let some = Listed::of(vec![0; LISTED_MAX + 1], LISTED_MAX as u64 + 7);
        assert_eq!(some.listed.len(), LISTED_MAX);
        assert!(some.more().unwrap().starts_with("There are 7 more"));
        assert_eq!(Listed::of(vec![0], 1).more(), None);
    }
}
