//! The bin in the account of a job: what people counted in it against what the line rejected.
use super::bin::{Bin, empty};
use super::open::count;
use super::{Job, Store, StoreError};
use crate::telemetry::clock::Micros;
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

/// What was counted in the bin for a job, and what the line had put there by then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobBin {
    /// Products that people counted; nothing while nobody did since the job ended.
    pub counted: Option<u64>,
    /// Products whose fate is rejected.
    pub rejected: u64,
    /// What else the bin's eye saw falling.
    pub nameless: u64,
    /// Products that were pushed out and not seen falling: they may be there.
    pub unseen: u64,
}

/// One time that a person counted the bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinCount {
    /// When.
    pub at: Micros,
    /// Who.
    pub person: String,
    /// How many products.
    pub counted: u64,
    /// What the line had put there.
    pub put_there: Bin,
}

impl JobBin {
    /// What the line put there, in words.
    pub fn expected(&self) -> String {
        self.as_bin().expected()
    }

    const fn as_bin(&self) -> Bin {
        Bin {
            rejected: self.rejected,
            flushed: self.nameless,
            not_ordered: 0,
            unseen: self.unseen,
            emptied_at: None,
        }
    }

    /// What stands in the way of closing a job that rejected so many products.
    pub fn open(&self, rejects: u64) -> Option<String> {
        let Some(counted) = self.counted else {
            let words = "the bin is not counted: empty it, count what was in it, type the number";
            return Some(words.to_owned());
        };
        if !self.as_bin().agrees(counted) {
            let expected = self.expected();
            return Some(format!(
                "{counted} products were counted in the bin, the line put {expected} there: look \
                 for the others"
            ));
        }
        // The bin may hold rejects of the job before; it may not hold fewer than those of this one.
        let missing = rejects.saturating_sub(self.rejected);
        (missing > 0).then(|| {
            format!(
                "{missing} rejects are not among those in the bin when it was counted: count again"
            )
        })
    }

    /// Whether a person counted what the line put there.
    pub fn agrees(&self, rejects: u64) -> bool {
        self.open(rejects).is_none()
    }
}

const WHAT: &str = "count the bin for a job";

/// Those while the job was made, the first one after it (or after the next job began: nobody counted
/// before), and those that a person says are for it.
const COUNTS: &str = "\
    select at, person, counted, rejected, flushed, not_ordered, unseen from bin_emptied \
    where line = $1 and (job_id = $4 or (at > $2 and at < $3) \
      or id = (select min(id) from bin_emptied where line = $1 and at >= $3)) \
    order by id";

impl Store {
    /// Every time that the bin was counted for a job, the first one first.
    pub async fn bin_counts_of(&self, job: &Job) -> Result<Vec<BinCount>, StoreError> {
        let mut db = self.readers.acquire().await.map_err(StoreError::asking(WHAT))?;
        counts(&mut db, job).await
    }

    /// A person emptied the bin and counted what was in it, to close this job. Where that is not what
    /// the line put there, it is taken only from a person who is `sure`: who has counted twice.
    pub async fn count_bin(
        &self,
        job: &Job,
        counted: u64,
        sure: bool,
        person: &str,
    ) -> Result<(), StoreError> {
        let refuse = |why: String| Err(StoreError::Refused { what: WHAT, why });
        if !job.wanted.scenario.has_bin() {
            return refuse(format!("{} has no bin", job.wanted.line));
        }
        if job.started_at.is_none() || job.control.closed_at.is_some() {
            return refuse(format!("job {} was not begun, or is closed", job.id));
        }
        let mut tx = self.begin(WHAT).await?;
        let bin = empty(&mut tx, (&job.wanted.line, Some(job.id)), counted, person).await?;
        if !sure && !bin.agrees(counted) {
            return refuse(format!(
                "{counted} counted, the line put {} there: count again; if it is so, say that you \
                 counted twice",
                bin.expected()
            ));
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }
}

/// What the account of a job says of the bin; nothing where there is none.
pub(super) async fn of_job(
    db: &mut SqliteConnection,
    job: &Job,
) -> Result<Option<JobBin>, StoreError> {
    if !job.wanted.scenario.has_bin() || job.started_at.is_none() {
        return Ok(None);
    }
    let counts = counts(db, job).await?;
    let mut bin = JobBin::default();
    for one in &counts {
        bin.rejected += one.put_there.rejected;
        bin.nameless += one.put_there.flushed + one.put_there.not_ordered;
        bin.unseen += one.put_there.unseen;
    }
    let since_its_end = |one: &BinCount| job.ended_at.is_some_and(|ended| one.at >= ended);
    if counts.iter().any(since_its_end) {
        bin.counted = Some(counts.iter().map(|one| one.counted).sum());
    }
    Ok(Some(bin))
}

async fn counts(db: &mut SqliteConnection, job: &Job) -> Result<Vec<BinCount>, StoreError> {
    type Row = (i64, String, i64, i64, i64, i64, i64);
    let (Some(started), ended) = (job.started_at, job.ended_at.unwrap_or(Micros(i64::MAX))) else {
        return Ok(Vec::new());
    };
    let rows: Vec<Row> = sqlx::query_as(COUNTS)
        .bind(&job.wanted.line)
        .bind(started.0)
        .bind(ended.0)
        .bind(job.id)
        .fetch_all(db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    let read = |(at, person, counted, rejected, flushed, not_ordered, unseen): Row| BinCount {
        at: Micros(at),
        person,
        counted: count(counted),
        put_there: Bin {
            rejected: count(rejected),
            flushed: count(flushed),
            not_ordered: count(not_ordered),
            unseen: count(unseen),
            emptied_at: None,
        },
    };
    Ok(rows.into_iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bin_agrees_when_a_person_counted_every_reject_of_the_job() {
        let bin = |counted, rejected, unseen| JobBin { counted, rejected, nameless: 1, unseen };
        assert!(bin(None, 3, 0).open(3).unwrap().contains("not counted"));
        assert!(bin(Some(4), 3, 0).agrees(3) && bin(Some(5), 3, 1).agrees(3));
        assert!(bin(Some(3), 3, 0).open(3).unwrap().contains("the line put 4 there"));
        assert!(bin(Some(6), 5, 0).agrees(3), "rejects of the job before were in it, too");
        assert!(bin(Some(4), 3, 0).open(5).unwrap().contains("2 rejects are not among"));
    }
}
