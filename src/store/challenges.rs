//! Challenge tests: test products that must be rejected, with the names of those who put them on the belt.
use super::open::{count, word};
use super::people::note;
use super::{Job, Store, StoreError};
use crate::line::{ChallengeKind, ChallengeResult, Record};
use crate::order::keys_to_look_up;
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;

/// One case of a challenge test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Which.
    pub kind: ChallengeKind,
    /// The code on the test product, without its check part; empty where it has none.
    pub shows: String,
    /// Who put it on the belt.
    pub person: String,
    /// When it was begun.
    pub begun_at: Micros,
    /// The product.
    pub tag: Option<u32>,
    /// What came of it; nothing while it is under way.
    pub result: Option<ChallengeResult>,
    /// What the line saw.
    pub why: String,
    /// When that was known.
    pub ended_at: Option<Micros>,
}

const WHAT: &str = "challenge a line";

impl Store {
    /// Begins one case, for the person. What the test product shows is what he scanned: the code
    /// of this house that is used up (duplicate), a code of other goods (foreign). Answers the
    /// beginning of what the camera should read: trade item and serial number.
    pub async fn begin_challenge(
        &self,
        job: &Job,
        kind: ChallengeKind,
        scan: &str,
        person: &str,
    ) -> Result<Option<String>, StoreError> {
        let shows = self.shown(job, kind, scan).await?;
        let mut tx = self.begin(WHAT).await?;
        sqlx::query(
            "update challenge set result = 'given_up', ended_at = $2, why = 'another was begun' \
             where line = $1 and result is null",
        )
        .bind(&job.wanted.line)
        .bind(Micros::now().0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        sqlx::query(
            "insert into challenge (line, job_id, kind, shows, person, begun_at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&job.wanted.line)
        .bind(job.id)
        .bind(kind.word())
        .bind(shows.as_deref().unwrap_or_default())
        .bind(person)
        .bind(Micros::now().0)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let detail = format!("{}: {}", job.wanted.line, kind.word());
        note(&mut tx, person, "challenged a line", &detail).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(shows)
    }

    async fn shown(
        &self,
        job: &Job,
        kind: ChallengeKind,
        scan: &str,
    ) -> Result<Option<String>, StoreError> {
        if !kind.shows_code() {
            return Ok(None);
        }
        let keys = keys_to_look_up(scan);
        let Some(key) = keys.first() else {
            return refuse("scan the label of the test product: this is no code");
        };
        if kind == ChallengeKind::Foreign {
            if key.gtin == job.wanted.gtin {
                return refuse("this is a code of the job's own goods: take a foreign product");
            }
            // However long the serial number is: the trade item and its beginning are enough.
            return Ok(Some(format!("01{}21{}", key.gtin, key.serial)));
        }
        let keys: Vec<_> = keys.iter().map(|key| (key.gtin.to_string(), &key.serial)).collect();
        let used: Option<(String, String)> = sqlx::query_as(
            "select printf('%014d', c.gtin), c.serial from json_each($1) j cross join code c \
             where c.gtin = j.value ->> 0 and c.serial = j.value ->> 1 \
             and c.state in ('verified', 'sampled', 'rejected', 'scrapped')",
        )
        .bind(serde_json::json!(keys).to_string())
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let Some((gtin, serial)) = used else {
            return refuse("this code was never used up here: take the label of a former product");
        };
        Ok(Some(format!("01{gtin}21{serial}")))
    }

    /// The cases of a job's challenge tests, oldest first.
    pub async fn challenges_of(&self, job: i64) -> Result<Vec<Challenge>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select kind, shows, person, begun_at, tag, result, why, ended_at \
             from challenge where job_id = $1 order by id",
        )
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        rows.into_iter().map(Challenge::try_from).collect()
    }

    /// Whether any code was ever used up, so that its label could be a duplicate.
    pub async fn any_code_used(&self) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "select coalesce(sum(n), 0) > 0 from tally \
             where state in ('verified', 'sampled', 'rejected', 'scrapped')",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    /// When a job's last challenge test was passed as a whole, by what its line said then; nothing if
    /// a case failed since.
    pub async fn challenge_passed_at(&self, job: i64) -> Result<Option<Micros>, StoreError> {
        let last: Option<(bool, i64)> = sqlx::query_as(
            "select whole, ended_at from challenge \
             where job_id = $1 and (whole or result = 'failed') order by id desc limit 1",
        )
        .bind(job)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        Ok(last.filter(|(whole, _)| *whole).map(|(_, at)| Micros(at)))
    }
}

fn refuse<T>(why: &str) -> Result<T, StoreError> {
    Err(StoreError::Refused { what: WHAT, why: why.to_owned() })
}

/// What a line found out about its test product goes to the case that is under way.
pub(super) async fn write(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    records: &[Record],
) -> Result<(), StoreError> {
    for record in records {
        let Record::Challenged { kind, tag, result, why, whole } = record else { continue };
        sqlx::query(
            "update challenge set tag = $3, result = $4, why = $5, ended_at = $6, whole = $7 \
             where id = (select max(id) from challenge \
                         where line = $1 and kind = $2 and result is null)",
        )
        .bind(line)
        .bind(kind.word())
        .bind(tag.map(|tag| tag.0))
        .bind(result.word())
        .bind(why.words())
        .bind(at.0)
        .bind(*whole)
        .execute(&mut *db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    shows: String,
    person: String,
    begun_at: i64,
    tag: Option<i64>,
    result: Option<String>,
    why: String,
    ended_at: Option<i64>,
}

impl TryFrom<Row> for Challenge {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            kind: word(WHAT, &row.kind)?,
            shows: row.shows,
            person: row.person,
            begun_at: Micros(row.begun_at),
            tag: row.tag.and_then(|tag| u32::try_from(count(tag)).ok()),
            result: row.result.map(|result| word(WHAT, &result)).transpose()?,
            why: row.why,
            ended_at: row.ended_at.map(Micros),
        })
    }
}
