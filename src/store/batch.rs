//! The report of a batch: everything that a quality manager signs about one job.
use super::closing::hex;
use super::open::{count, word};
use super::{
    Amendments, Challenge, Clearance, Closure, Goods, Job, JobSums, Lot, Sample, Signature, Store,
    StoreError,
};
use crate::line::{LineState, PictureId, RejectReason, StopReason};
use crate::telemetry::clock::Micros;
use sha2::{Digest, Sha256};

/// Rejects, alarms and stops that a report names: more are counted and not listed.
pub const LISTED_MAX: usize = 1_000;

/// The report of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The job.
    pub job: Job,
    /// What was made.
    pub goods: Option<Goods>,
    /// The lot on the labels.
    pub lot: Lot,
    /// Its sums: as they were signed, once it is closed.
    pub sums: JobSums,
    /// The sums now.
    pub sums_now: JobSums,
    /// It is closed, and what is kept of the sums is not what the signatures name.
    pub sums_spoiled: bool,
    /// What changed in the sums since it was closed.
    pub amendments: Amendments,
    /// Products and labels that were rejected, the first [`LISTED_MAX`].
    pub rejects: Vec<BatchReject>,
    /// Rejects by reason, the commonest first.
    pub reasons: Vec<(&'static str, u64)>,
    /// Alarms while it was made: what, since when, until when.
    pub alarms: Vec<(String, Micros, Option<Micros>)>,
    /// Every time that the line stood: state, why, since when, until when.
    pub stops: Vec<Stop>,
    /// Who asked its line or the job for something, in the order in which they first did.
    pub people: Vec<String>,
    /// SHA-256 of the verified codes (on a roll: of the good ones), each with a line feed behind it, in
    /// the order in which they were taken; hex. And how many they are. Once the job is closed: as it was
    /// then.
    pub codes_sha256: (String, u64),
    /// The same now.
    pub codes_sha256_now: (String, u64),
    /// Line clearances.
    pub clearances: Vec<Clearance>,
    /// Challenge tests.
    pub challenges: Vec<Challenge>,
    /// Samples.
    pub samples: Vec<Sample>,
    /// Reports to the state system: number, its name there, kind, state, codes of this job.
    pub reports: Vec<(i64, Option<String>, String, String, u64)>,
    /// How it was closed.
    pub closure: Option<Closure>,
    /// Who signed.
    pub signatures: Vec<Signature>,
}

/// A rejected product, or a bad label of a roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchReject {
    /// The product's tag; on a roll, the place of the label.
    pub tag: u32,
    /// When.
    pub at: Micros,
    /// Why.
    pub reason: Option<RejectReason>,
    /// The serial number of its code, if it had one.
    pub serial: Option<String>,
    /// Its picture.
    pub picture: Option<PictureId>,
}

/// A time in which a line stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The state that it stood in.
    pub state: LineState,
    /// Why, in words.
    pub why: String,
    /// Since when.
    pub from: Micros,
    /// Until when; nothing where it stands.
    pub to: Option<Micros>,
}

const WHAT: &str = "write the report of a batch";

const REJECTS: &str = "\
    select tag, coalesce(judged_at, settled_at) as at, reason, serial, picture from product \
    left join code on code.id = code_id \
    where job_id = $1 and fate = 'rejected' \
    union all \
    select place, read_at, reason, serial, picture from roll_label \
    join code on code.id = code_id where job_id = $1 and reading = 'bad' \
    order by at limit $2";

const REASONS: &str = "\
    select reason, sum(n) from (\
    select reason, count(*) as n from product where job_id = $1 and fate = 'rejected' \
      and reason is not null group by reason \
    union all \
    select reason, count(*) from roll_label where job_id = $1 and reading = 'bad' \
      and reason is not null group by reason) group by reason order by 2 desc, 1";

/// Codes that went out with this job: now, or ($2) by their state when it was closed. A label that a
/// camera is to read gets its reading with its job.
const GOOD: &str = "\
    select text from (select code.id, text, case when $2 then coalesce((\
        select was from amendment where amendment.job_id = $1 and amendment.code_id = code.id \
          and tag is null order by amendment.id limit 1), state) else state end as stands \
      from job_code join code on code.id = job_code.code_id where job_code.job_id = $1) as one \
    where stands = 'verified' or (stands = 'printed' and exists \
        (select 1 from roll_label where code_id = one.id and (to_read = 0 or reading = 'good'))) \
    order by one.id";

const REPORTS: &str = "\
    select report.id, report.upstream_id, kind, report.state, count(*) \
    from job_code join code on code.id = job_code.code_id join report on report.id = code.report_id \
    where job_code.job_id = $1 group by report.id order by report.id";

const PEOPLE: &str = "\
    select person from audit where (what = 'asked a line' and at between $1 and $2 \
      and substr(detail, 1, length($3) + 2) = $3 || ': ') \
    or (what = 'asked of a job' and substr(detail, 1, length($4)) = $4) \
    or (what in ('signed a job') and substr(detail, 1, length($4)) = $4) \
    or (what = 'cleared a line' and detail in ($3 || ': before job ' || $5, $3 || ': after job ' || $5)) \
    or (what = 'challenged a line' and at between $1 and $2 \
      and substr(detail, 1, length($3) + 2) = $3 || ': ') \
    group by person order by min(id)";

impl Store {
    /// The report of a job; nothing if there is no such job.
    pub async fn batch(&self, id: i64) -> Result<Option<Batch>, StoreError> {
        let Some(job) = self.job(id).await? else { return Ok(None) };
        let sums_now = self.job_sums(&job).await?;
        let closure = self.closure(id).await?;
        let signed = closure.as_ref().map(Closure::signed_sums);
        let amendments = self.amendments_of(id).await?;
        let codes_sha256 = self.hash_of_codes(id, true).await?;
        let codes_sha256_now = if amendments.is_empty() {
            codes_sha256.clone()
        } else {
            self.hash_of_codes(id, false).await?
        };
        Ok(Some(Batch {
            goods: self.goods(job.wanted.gtin).await?,
            lot: self.lot_of(&job).await?,
            sums_spoiled: signed == Some(None),
            sums: signed.flatten().unwrap_or_else(|| sums_now.clone()),
            sums_now,
            amendments,
            rejects: self.rejects_of(id).await?,
            reasons: self.reasons_of(id).await?,
            alarms: self.alarms_of(&job).await?,
            stops: self.stops_of(&job).await?,
            people: self.people_at(&job).await?,
            codes_sha256,
            codes_sha256_now,
            clearances: self.clearances_of(id).await?,
            challenges: self.challenges_of(id).await?,
            samples: self.samples_of_job(id).await?,
            reports: self.reports_of(id).await?,
            closure,
            signatures: self.signatures_of(id).await?,
            job,
        }))
    }

    async fn rejects_of(&self, job: i64) -> Result<Vec<BatchReject>, StoreError> {
        type Row = (u32, Option<i64>, Option<String>, Option<String>, Option<i64>);
        let rows: Vec<Row> = sqlx::query_as(REJECTS)
            .bind(job)
            .bind(i64::try_from(LISTED_MAX).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let reject = |(tag, at, reason, serial, picture): Row| BatchReject {
            tag,
            at: Micros(at.unwrap_or_default()),
            reason: reason.as_deref().and_then(reason_of),
            serial,
            picture: picture.map(|picture| PictureId(picture.cast_unsigned())),
        };
        Ok(rows.into_iter().map(reject).collect())
    }

    async fn reasons_of(&self, job: i64) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(REASONS)
            .bind(job)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let known = |(word, n): (String, i64)| Some((reason_of(&word)?.words(), count(n)));
        Ok(rows.into_iter().filter_map(known).collect())
    }

    async fn alarms_of(
        &self,
        job: &Job,
    ) -> Result<Vec<(String, Micros, Option<Micros>)>, StoreError> {
        let Some((from, to)) = made_between(job) else { return Ok(Vec::new()) };
        let rows: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
            "select words, raised_at, cleared_at from alarm where line = $1 \
             and raised_at between $2 and $3 order by id limit $4",
        )
        .bind(&job.wanted.line)
        .bind(from)
        .bind(to)
        .bind(i64::try_from(LISTED_MAX).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let alarm =
            |(words, at, end): (String, i64, Option<i64>)| (words, Micros(at), end.map(Micros));
        Ok(rows.into_iter().map(alarm).collect())
    }

    async fn stops_of(&self, job: &Job) -> Result<Vec<Stop>, StoreError> {
        let Some((from, to)) = made_between(job) else { return Ok(Vec::new()) };
        let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "select at, body ->> 'to', body ->> 'why' from journal \
             where line = $1 and kind = 'line' and at between $2 and $3 order by at, id",
        )
        .bind(&job.wanted.line)
        .bind(from)
        .bind(to)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        stops(&rows)
    }

    async fn people_at(&self, job: &Job) -> Result<Vec<String>, StoreError> {
        let (from, to) = made_between(job).unwrap_or_default();
        sqlx::query_scalar(PEOPLE)
            .bind(from)
            .bind(to)
            .bind(&job.wanted.line)
            .bind(format!("job {}: ", job.id))
            .bind(job.id.to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))
    }

    async fn hash_of_codes(&self, job: i64, then: bool) -> Result<(String, u64), StoreError> {
        let codes: Vec<String> = sqlx::query_scalar(GOOD)
            .bind(job)
            .bind(then)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let mut sum = Sha256::new();
        for code in &codes {
            sum.update(code.as_bytes());
            sum.update(b"\n");
        }
        Ok((hex(&sum.finalize()), codes.len() as u64))
    }

    async fn reports_of(
        &self,
        job: i64,
    ) -> Result<Vec<(i64, Option<String>, String, String, u64)>, StoreError> {
        let rows: Vec<(i64, Option<String>, String, String, i64)> = sqlx::query_as(REPORTS)
            .bind(job)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let report = |(id, name, kind, state, n)| (id, name, kind, state, count(n));
        Ok(rows.into_iter().map(report).collect())
    }
}

fn reason_of(word: &str) -> Option<RejectReason> {
    RejectReason::ALL.into_iter().find(|reason| reason.word() == word)
}

/// From when to when a job was made.
fn made_between(job: &Job) -> Option<(i64, i64)> {
    Some((job.started_at?.0, job.ended_at.unwrap_or_else(Micros::now).0))
}

/// Times in which the line stood, from its changes of state.
fn stops(rows: &[(i64, String, Option<String>)]) -> Result<Vec<Stop>, StoreError> {
    let mut stops: Vec<Stop> = Vec::new();
    for (at, state, why) in rows {
        let state: LineState = word(WHAT, state)?;
        if let Some(last) = stops.last_mut().filter(|last| last.to.is_none()) {
            last.to = Some(Micros(*at));
        }
        if stands(state) && stops.len() < LISTED_MAX {
            let known = why.as_deref().map(|why| match why.parse::<StopReason>() {
                Ok(reason) => reason.words().cause,
                Err(_) => why.to_owned(),
            });
            let why = known.unwrap_or_else(|| "a person asked for it".to_owned());
            stops.push(Stop { state, why, from: Micros(*at), to: None });
        }
    }
    Ok(stops)
}

const fn stands(state: LineState) -> bool {
    matches!(
        state,
        LineState::Held | LineState::Suspended | LineState::Aborted | LineState::Stopped
    )
}
