//! The report of a batch: everything that a quality manager signs about one job.
use super::closing::hex;
use super::open::count;
use super::{
    Amendments, BatchTold, BinCount, Challenge, Clearance, Closure, Goods, Job, JobSums, Listed,
    Lot, Sample, Signature, Stop, Store, StoreError,
};
use crate::line::{PictureId, RejectReason};
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
    /// Alarms that stood while it was made: what, since when, until when.
    pub alarms: Listed<(String, Micros, Option<Micros>)>,
    /// Every time that the line stood, as its page of availability has it.
    pub stops: Listed<Stop>,
    /// Who did something for it, whatever it was, in the order in which they first did.
    pub people: Vec<String>,
    /// Every time that the bin was counted for it.
    pub bin_counts: Vec<BinCount>,
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
    /// What the state systems were told.
    pub told: BatchTold,
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
            told: self.told_of_job(id).await?,
            bin_counts: self.bin_counts_of(&job).await?,
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
}

fn reason_of(word: &str) -> Option<RejectReason> {
    RejectReason::ALL.into_iter().find(|reason| reason.word() == word)
}
