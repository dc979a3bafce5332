//! Closing a job: its sums, what stands open, and who signs for it.
use super::bin_job::{self, JobBin};
use super::closing_counts::{self, HeldAgainst};
use super::counts::{ProductTally, Tally};
use super::open::{count, word};
use super::people::note;
use super::{Job, JobState, Lot, Person, Phase, Store, StoreError};
use crate::access::{Permission, may};
use crate::code::{CodeState, Gtin};
use crate::line::RejectReason;
use crate::telemetry::clock::Micros;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Both sums of the promises, for what one job made: one trade item, one lot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobSums {
    /// The trade item.
    pub gtin: String,
    /// The lot that stands on the labels; empty: none.
    pub batch: String,
    /// Codes handed to the printer for this job, counted as they were; where products come with their
    /// labels, codes that were found on its products.
    pub handed_over: u64,
    /// The same codes by what became of them. `stored` is always 0.
    pub codes: Tally,
    /// Labels that are where they should be although nobody read them: on a roll.
    pub on_roll: u64,
    /// Products that came in, counted as they came, and the same by what became of them.
    pub products: ProductTally,
    /// Products whose fate is not known yet.
    pub on_belt: u64,
    /// Rejected products among them that were test products.
    pub challenges: u64,
    /// Good products with a verified code of their own.
    pub paired: u64,
    /// Where products come with their labels: printed codes of the array that nobody has read on a
    /// product. They stay printed.
    pub never_seen: u64,
    /// Codes that the state system took notice of.
    pub told: u64,
    /// Codes whose fate is settled, and it did not yet.
    pub untold: u64,
    /// The bin as people counted it; nothing where the line has none.
    pub bin: Option<JobBin>,
    /// Counts that were made apart, against the same sums.
    pub held: Vec<HeldAgainst>,
}

impl JobSums {
    /// Codes between printer and verdict.
    pub fn under_way(&self) -> u64 {
        self.codes.under_way() - self.on_roll
    }

    /// taken = stored + scrapped + sampled + rejected + verified + doubtful (+ on the roll, + under way).
    pub fn codes_close(&self) -> bool {
        self.handed_over == self.codes.taken()
    }

    /// seen = verified + rejected + sampled + unaccounted (+ on the belt), and every good product has
    /// a verified code.
    pub fn products_close(&self) -> bool {
        let products = &self.products;
        products.seen == products.settled() + self.on_belt && products.verified == self.paired
    }

    /// Whether other sums stand here, but for what was reported, and counted in the bin, meanwhile.
    pub fn differ_from(&self, signed: &Self) -> bool {
        let (told, untold, bin) = (signed.told, signed.untold, signed.bin.clone());
        let (never_seen, held) = (signed.never_seen, signed.held.clone());
        let as_told = Self { never_seen, told, untold, bin, held, ..self.clone() };
        as_told != *signed
    }

    /// What stands in the way of closing, unless a second person signs. Empty: nothing.
    pub fn open(&self) -> Vec<String> {
        let mut open = Vec::new();
        let mut say = |n: u64, words: &str| {
            if n > 0 {
                open.push(format!("{n} {words}"));
            }
        };
        say(self.codes.doubtful, "codes are in doubt: decide about them");
        say(self.products.unaccounted, "products are unaccounted for: look for them");
        say(self.under_way(), "codes are under way: let the line come to rest");
        say(self.on_belt, "products are on the belt: let the line empty it");
        if !self.codes_close() {
            open.push("the sum of the codes does not close".to_owned());
        }
        if !self.products_close() {
            open.push("the sum of the products does not close".to_owned());
        }
        let differing = self.held.iter().filter(|held| !held.agrees());
        open.extend(differing.map(|held| format!("{}: find out why they differ", held.words())));
        open.extend(self.bin.as_ref().and_then(|bin| bin.open(self.products.rejected)));
        open
    }

    /// The name by which signatures name these sums: SHA-256 of their JSON.
    fn named(&self) -> (String, String) {
        let json = serde_json::to_string(self).expect("numbers and words are JSON");
        let name = hex(&Sha256::digest(json.as_bytes()));
        (json, name)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A signature: who, when, what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// When, in microseconds since 1970.
    pub at: i64,
    /// Who.
    pub person: String,
    /// What he was.
    pub role: String,
    /// `closed` or `approved`.
    pub meaning: String,
    /// Why, where something stood open.
    pub reason: String,
    /// What was signed: SHA-256 of the sums.
    pub sums_sha256: String,
}

/// A closed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// When.
    pub at: Micros,
    /// Who.
    pub person: String,
    /// The sums as they were then, as JSON.
    pub sums: String,
    /// Their name.
    pub sums_sha256: String,
}

/// The second person, who has given name and password again, and says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Second {
    /// Who.
    pub person: Person,
    /// Why it is right to close all the same.
    pub reason: String,
}

const WHAT: &str = "close a job";

/// A job's codes by state; labels that rest on a roll; told; settled and untold.
const CODES: &str = "\
    select state, count(*), \
      sum(state = 'printed' and exists (select 1 from roll_label where code_id = code.id \
          and (to_read = 0 or reading = 'good'))), \
      sum(told_at is not null), sum(settled = 1 and told_at is null) \
    from job_code join code on code.id = job_code.code_id where job_code.job_id = $1 group by state";

const PRODUCTS: &str = "\
    select product.fate, count(*), sum(reason is $2 and fate = 'rejected'), \
      sum(fate = 'verified' and code.state = 'verified') \
    from product left join code on code.id = product.code_id where product.job_id = $1 \
    group by product.fate";

impl Store {
    /// The sums of a job now, all of one moment.
    pub async fn job_sums(&self, job: &Job) -> Result<JobSums, StoreError> {
        let lot = self.lot_of(job).await?;
        let mut tx = self.readers.begin().await.map_err(StoreError::asking(WHAT))?;
        let handed_over: i64 =
            sqlx::query_scalar("select count(*) from job_code where job_id = $1")
                .bind(job.id)
                .fetch_one(&mut *tx)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let codes: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(CODES)
            .bind(job.id)
            .fetch_all(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let products: Vec<(Option<String>, i64, i64, i64)> = sqlx::query_as(PRODUCTS)
            .bind(job.id)
            .bind(RejectReason::Challenge.word())
            .fetch_all(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let seen: i64 = sqlx::query_scalar("select count(*) from product where job_id = $1")
            .bind(job.id)
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let bin = bin_job::of_job(&mut tx, job).await?;
        let mut sums = JobSums::empty(job.wanted.gtin, lot.batch, count(handed_over), count(seen));
        sums.bin = bin;
        if !job.wanted.scenario.prints() {
            let left: Option<i64> =
                sqlx::query_scalar("select n from tally where pool = $1 and state = 'printed'")
                    .bind(&job.wanted.pool)
                    .fetch_optional(&mut *tx)
                    .await
                    .map_err(StoreError::asking(WHAT))?;
            sums.never_seen = count(left.unwrap_or(0));
        }
        for (state, n, on_roll, told, untold) in codes {
            let state: CodeState = word(WHAT, &state)?;
            *sums.codes.of(state) += count(n);
            sums.on_roll += count(on_roll);
            sums.told += count(told);
            sums.untold += count(untold);
        }
        for (fate, n, challenges, paired) in products {
            *sums.products.of(fate.as_deref()).unwrap_or(&mut sums.on_belt) += count(n);
            sums.challenges += count(challenges);
            sums.paired += count(paired);
        }
        sums.held = closing_counts::of_job(&mut tx, job, &sums).await?;
        Ok(sums)
    }

    /// The lot that stands on a job's labels.
    pub async fn lot_of(&self, job: &Job) -> Result<Lot, StoreError> {
        let own = &job.wanted.lot;
        if !own.is_empty() || job.is_of_order() {
            return Ok(own.clone());
        }
        Ok(self.goods(job.wanted.gtin).await?.map(|goods| goods.lot).unwrap_or_default())
    }

    /// Closes a job for the first person, and for the second one where something stands open.
    /// Refused, with everything that stands open, where it does and nobody else has signed.
    /// `cleared`: whether the line must have been cleared after it.
    pub async fn close_job(
        &self,
        job: &Job,
        cleared: bool,
        first: &Person,
        second: Option<&Second>,
    ) -> Result<(), StoreError> {
        if !matches!(job.state, JobState::Done | JobState::Cancelled) {
            return refuse(format!("job {} has not ended: stop it first", job.id));
        }
        if cleared && !self.is_cleared(job, Phase::After).await? {
            return refuse("the line is not cleared after this job: do that first".to_owned());
        }
        let sums = self.job_sums(job).await?;
        let open = sums.open();
        if let Some(second) = second {
            may_sign(first, second)?;
        } else if !open.is_empty() {
            let open = open.join("; ");
            return refuse(format!("{open}. Otherwise a second person signs, with a reason"));
        }
        self.write_closure(job, &sums, first, second).await
    }

    async fn write_closure(
        &self,
        job: &Job,
        sums: &JobSums,
        first: &Person,
        second: Option<&Second>,
    ) -> Result<(), StoreError> {
        let (json, name) = sums.named();
        let at = Micros::now();
        let mut tx = self.begin(WHAT).await?;
        let done = sqlx::query(
            "insert into closure (job_id, at, person, sums, sums_sha256) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(job.id)
        .bind(at.0)
        .bind(&first.name)
        .bind(json)
        .bind(&name)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            return refuse(format!("job {} is closed already", job.id));
        }
        let first = (first, "closed", "");
        let second = second.map(|second| (&second.person, "approved", second.reason.as_str()));
        for (person, meaning, reason) in std::iter::once(first).chain(second) {
            sqlx::query(
                "insert into signature (job_id, at, person, role, meaning, reason, sums_sha256) \
                 values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(job.id)
            .bind(at.0)
            .bind(&person.name)
            .bind(person.role.word())
            .bind(meaning)
            .bind(reason)
            .bind(&name)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
            let detail = format!("job {}: {meaning}; {reason}; sums {name}", job.id);
            note(&mut tx, &person.name, "signed a job", &detail).await?;
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// How a job was closed; nothing while it is open.
    pub async fn closure(&self, job: i64) -> Result<Option<Closure>, StoreError> {
        let row: Option<(i64, String, String, String)> =
            sqlx::query_as("select at, person, sums, sums_sha256 from closure where job_id = $1")
                .bind(job)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let closure = |(at, person, sums, sums_sha256)| {
            let at = Micros(at);
            Closure { at, person, sums, sums_sha256 }
        };
        Ok(row.map(closure))
    }

    /// Who signed for a job.
    pub async fn signatures_of(&self, job: i64) -> Result<Vec<Signature>, StoreError> {
        let rows: Vec<(i64, String, String, String, String, String)> = sqlx::query_as(
            "select at, person, role, meaning, reason, sums_sha256 from signature \
             where job_id = $1 order by id",
        )
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let signature = |(at, person, role, meaning, reason, sums_sha256)| Signature {
            at,
            person,
            role,
            meaning,
            reason,
            sums_sha256,
        };
        Ok(rows.into_iter().map(signature).collect())
    }
}

impl JobSums {
    fn empty(gtin: Gtin, batch: String, handed_over: u64, seen: u64) -> Self {
        Self {
            gtin: gtin.to_string(),
            batch,
            handed_over,
            products: ProductTally { seen, ..ProductTally::default() },
            ..Self::default()
        }
    }
}

fn may_sign(first: &Person, second: &Second) -> Result<(), StoreError> {
    let Second { person, reason } = second;
    if person.id == first.id {
        return refuse("a second person signs: not the one who closes".to_owned());
    }
    if !may(person.role, Permission::SignJobs) {
        let why = format!("{} ({}) may not sign: ask a manager", person.name, person.role);
        return refuse(why);
    }
    if reason.trim().is_empty() {
        return refuse("say why it is right to close the job all the same".to_owned());
    }
    Ok(())
}

fn refuse<T>(why: String) -> Result<T, StoreError> {
    Err(StoreError::Refused { what: WHAT, why })
}
