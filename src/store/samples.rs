//! Samples taken and returned, and rejected products that go back for a new label.
use super::amendments::sign_amendments;
use super::people::note;
use super::{Store, StoreError, Story};
use crate::code::{CodeId, CodeState, Step};
use crate::telemetry::clock::Micros;
use serde_json::json;

/// A sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its code.
    pub code: CodeId,
    /// The serial number of that.
    pub serial: String,
    /// What it was before.
    pub was: String,
    /// Whether the state system had heard of it before: it is withdrawn there by hand.
    pub told: bool,
    /// When it was taken.
    pub at: Micros,
    /// By whom.
    pub person: String,
    /// Why.
    pub reason: String,
    /// When, by whom and in which state it came back.
    pub returned: Option<(Micros, String, String)>,
}

/// A product that went back for a new label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rework {
    /// When.
    pub at: Micros,
    /// Who destroyed the label.
    pub person: String,
    /// What was said of it.
    pub note: String,
}

const SAMPLE: &str = "take a sample";
const REWORK: &str = "send a product back for a new label";

impl Store {
    /// Takes the product or label of this code as a sample. A code that a report tells of stays as it
    /// was told. Refused where its label is not where a person can have it in his hand.
    pub async fn take_sample(
        &self,
        story: &Story,
        reason: &str,
        person: &str,
    ) -> Result<(), StoreError> {
        let told = story.report.is_some();
        sampleable(story)?;
        if reason.trim().is_empty() {
            return Err(refused(SAMPLE, "say what the sample is for"));
        }
        let (code, was, at) = (story.code.id.0, story.state, Micros::now());
        let job = story.job.as_ref().map(|(id, _)| *id);
        let mut tx = self.begin(SAMPLE).await?;
        if !told {
            let to = was.after(Step::Sample).map_err(|e| refused(SAMPLE, &e.to_string()))?;
            let done = sqlx::query(
                "update code set state = $2, settled = 1, moved_at = $3 \
                 where id = $1 and state = $4 and report_id is null",
            )
            .bind(code)
            .bind(to.word())
            .bind(at.0)
            .bind(was.word())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(SAMPLE))?;
            if done.rows_affected() != 1 {
                return Err(refused(SAMPLE, "the code has moved on meanwhile: scan it again"));
            }
            sqlx::query(
                "update product set fate = 'sampled' \
                 where code_id = $1 and fate in ('verified', 'unaccounted')",
            )
            .bind(code)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(SAMPLE))?;
            let why = format!("sample: {}", reason.trim());
            sign_amendments(&mut tx, &[code], at, (person, &why)).await?;
            let body = json!({"code": code, "was": was.word(), "is": to.word(), "by": person});
            sqlx::query(
                "insert into journal (line, at, kind, code_id, body) \
                 values ($1, $2, 'sampled', $3, $4)",
            )
            .bind(&story.line)
            .bind(at.0)
            .bind(code)
            .bind(body.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(SAMPLE))?;
        }
        sqlx::query(
            "insert into sample (code_id, line, job_id, was, told, at, person, reason) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(code)
        .bind(&story.line)
        .bind(job)
        .bind(was.word())
        .bind(told)
        .bind(at.0)
        .bind(person)
        .bind(reason.trim())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(SAMPLE))?;
        note(&mut tx, person, "took a sample", &format!("{}: {reason}", story.serial)).await?;
        tx.commit().await.map_err(StoreError::asking(SAMPLE))
    }

    /// A sample came back. Its code stays what it is: nothing leads back from sampled, so that the
    /// product is not shipped with this label.
    pub async fn return_sample(
        &self,
        story: &Story,
        how: &str,
        person: &str,
    ) -> Result<(), StoreError> {
        if how.trim().is_empty() {
            return Err(refused(SAMPLE, "say how the sample came back"));
        }
        let mut tx = self.begin(SAMPLE).await?;
        let done = sqlx::query(
            "update sample set returned_at = $2, returned_by = $3, returned = $4 \
             where code_id = $1 and returned_at is null",
        )
        .bind(story.code.id.0)
        .bind(Micros::now().0)
        .bind(person)
        .bind(how.trim())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(SAMPLE))?;
        if done.rows_affected() != 1 {
            return Err(refused(SAMPLE, "this is no sample that is away"));
        }
        note(&mut tx, person, "returned a sample", &format!("{}: {how}", story.serial)).await?;
        tx.commit().await.map_err(StoreError::asking(SAMPLE))
    }

    /// A rejected product goes back to the line without its label: it will get a new code. The old
    /// code stays rejected, and nothing is printed.
    pub async fn rework(&self, story: &Story, said: &str, person: &str) -> Result<(), StoreError> {
        let fits = story.state == CodeState::Rejected
            || (story.state == CodeState::Sampled && story.sample.is_some());
        if !fits {
            let why = format!("this code is {}: only rejected products go back", story.state);
            return Err(refused(REWORK, &why));
        }
        let mut tx = self.begin(REWORK).await?;
        let done = sqlx::query(
            "insert into rework (code_id, at, person, note) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(story.code.id.0)
        .bind(Micros::now().0)
        .bind(person)
        .bind(said.trim())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(REWORK))?;
        if done.rows_affected() != 1 {
            let why = "the label of this code was destroyed before: this is a second one, keep it \
                       and tell the manager";
            return Err(refused(REWORK, why));
        }
        note(&mut tx, person, "sent a product back for a new label", &story.serial).await?;
        tx.commit().await.map_err(StoreError::asking(REWORK))
    }

    /// The sample of a code.
    pub(super) async fn sample_of(&self, code: i64) -> Result<Option<Sample>, StoreError> {
        let sql = "where code_id = $1";
        Ok(self.samples_where(sql, code).await?.pop())
    }

    /// The samples of a job, oldest first.
    pub async fn samples_of_job(&self, job: i64) -> Result<Vec<Sample>, StoreError> {
        self.samples_where("where job_id = $1", job).await
    }

    async fn samples_where(
        &self,
        condition: &'static str,
        id: i64,
    ) -> Result<Vec<Sample>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select code_id, serial, was, told, at, person, reason, returned_at, returned_by, returned \
             from sample join code on code.id = code_id {condition} order by sample.id"
        )))
        .bind(id)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(SAMPLE))?;
        Ok(rows.into_iter().map(Sample::from).collect())
    }

    /// Whether a code's product went back for a new label.
    pub(super) async fn rework_of(&self, code: i64) -> Result<Option<Rework>, StoreError> {
        let row: Option<(i64, String, String)> =
            sqlx::query_as("select at, person, note from rework where code_id = $1")
                .bind(code)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(REWORK))?;
        Ok(row.map(|(at, person, note)| Rework { at: Micros(at), person, note }))
    }
}

/// A person can have it in his hand: behind the gate, on a roll that was read, or taken off the belt
/// and missed there.
fn sampleable(story: &Story) -> Result<(), StoreError> {
    use CodeState as S;
    if story.sample.is_some() {
        return Err(refused(SAMPLE, "this is a sample already"));
    }
    if story.products.iter().any(|product| product.fate.is_none()) {
        return Err(refused(SAMPLE, "its product is on the belt: take it behind the gate"));
    }
    match story.state {
        S::Verified | S::Doubtful => Ok(()),
        S::Printed if story.on_roll.is_some() && !story.waits_for_camera => Ok(()),
        S::Stored | S::Sent | S::Printed | S::Applied | S::Scrapped | S::Rejected | S::Sampled => {
            let why = format!("this code is {}: only good products are sampled", story.state);
            Err(refused(SAMPLE, &why))
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    code_id: i64,
    serial: String,
    was: String,
    told: bool,
    at: i64,
    person: String,
    reason: String,
    returned_at: Option<i64>,
    returned_by: Option<String>,
    returned: Option<String>,
}

impl From<Row> for Sample {
    fn from(row: Row) -> Self {
        let Row { returned_at, returned_by, returned, .. } = row;
        Self {
            code: CodeId(row.code_id),
            serial: row.serial,
            was: row.was,
            told: row.told,
            at: Micros(row.at),
            person: row.person,
            reason: row.reason,
            returned: returned_at.map(|at| {
                (Micros(at), returned_by.unwrap_or_default(), returned.unwrap_or_default())
            }),
        }
    }
}

fn refused(what: &'static str, why: &str) -> StoreError {
    StoreError::Refused { what, why: why.to_owned() }
}
