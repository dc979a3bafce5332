//! Counts that were made apart from the rows of codes and products, held against them when a job is
//! closed. Another count (of a PLC, of a printer) becomes one more row here.
use super::closing::JobSums;
use super::open::count;
use super::{Job, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;

/// A count that was made apart, and what the sums say of the same thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeldAgainst {
    /// What was counted.
    pub what: String,
    /// How many.
    pub counted: u64,
    /// At least so many there should be.
    pub least: u64,
    /// And at most so many.
    pub most: u64,
}

impl HeldAgainst {
    /// Whether the count is what the sums say.
    pub const fn agrees(&self) -> bool {
        self.least <= self.counted && self.counted <= self.most
    }

    /// Both, in words.
    pub fn words(&self) -> String {
        let Self { what, counted, least, most } = self;
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        format!("{counted} {what}, {wanted} by the sums")
    }
}

const WHAT: &str = "hold other counts against the sums of a job";

/// Counted by the minute with every append; nothing for a job of a time before that.
const MADE: &str = "\
    select coalesce(sum(iif(what = 'codes', n, 0)), 0), coalesce(sum(iif(what = 'seen', n, 0)), 0), \
      count(*), (select done from job where id = $2) \
    from made where line = $1 and job_id = $2 and minute >= $3";

/// The counts that there are of a job, against its sums.
pub(super) async fn of_job(
    db: &mut SqliteConnection,
    job: &Job,
    sums: &JobSums,
) -> Result<Vec<HeldAgainst>, StoreError> {
    let Some(started) = job.started_at else { return Ok(Vec::new()) };
    let (codes, seen, rows, done): (i64, i64, i64, i64) = sqlx::query_as(MADE)
        .bind(&job.wanted.line)
        .bind(job.id)
        .bind(started.0 / 60_000_000)
        .fetch_one(db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    let held = |what: &str, counted, least, most| {
        let what = what.to_owned();
        HeldAgainst { what, counted, least, most }
    };
    let scenario = job.wanted.scenario;
    let mut all = Vec::new();
    if rows > 0 && scenario.prints() {
        let handed = sums.handed_over;
        all.push(held("codes that the line recorded as sent", count(codes), handed, handed));
    }
    if rows > 0 && !scenario.is_roll() {
        let products = sums.products.seen;
        all.push(held("products counted by the minute", count(seen), products, products));
    }
    if !scenario.is_roll() {
        // A sample was good when the line counted it, or it was missing.
        let good = sums.products.verified;
        let most = good + sums.products.sampled;
        all.push(held("good products counted by the line", count(done), good, most));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_agrees_with_the_sums_or_says_both_numbers() {
        let held = |counted| HeldAgainst { what: "labels".to_owned(), counted, least: 3, most: 4 };
        assert!(held(3).agrees() && held(4).agrees() && !held(5).agrees());
        assert_eq!(held(2).words(), "2 labels, 3 to 4 by the sums");
    }
}
