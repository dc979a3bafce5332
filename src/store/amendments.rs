//! What was decided about a job after it was signed: its sums stay as they were signed, and every change
//! since is an amendment with its day, person and reason.
use super::closing::hex;
use super::open::count;
use super::{Closure, JobSums, LISTED_MAX, Store, StoreError};
use crate::telemetry::clock::Micros;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

const WHAT: &str = "amend a closed job";
const LIST: &str = "list the amendments of a job";

/// What changed in the sums of a job since it was closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amendments {
    /// Each change, oldest first, the first [`LISTED_MAX`]: a roll may be validated label by label
    /// after its job.
    pub listed: Vec<Amendment>,
    /// How many codes or products went from one word to another.
    pub counted: Vec<(String, u64)>,
}

impl Amendments {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// One change of a signed sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// When.
    pub at: Micros,
    /// The serial number of the code, where there is one.
    pub serial: Option<String>,
    /// The product, where it is its fate that changed; nothing: it is the state of the code.
    pub tag: Option<u32>,
    /// What it was; nothing for a product that was on the belt.
    pub was: Option<String>,
    /// What it is since.
    pub is_now: String,
    /// Who decided; nothing where the line itself found out.
    pub person: Option<String>,
    /// Why.
    pub reason: String,
}

impl Amendment {
    /// What changed, in words.
    pub fn words(&self) -> String {
        let was = self.was.as_deref().unwrap_or("on the belt");
        let serial = self.serial.as_deref().unwrap_or("unknown");
        match self.tag {
            Some(tag) => format!("product {tag}: {was}, now {}", self.is_now),
            None => format!("code {serial}: {was}, now {}", self.is_now),
        }
    }

    /// Who and why, in words.
    pub fn because(&self) -> String {
        match (&self.person, self.reason.as_str()) {
            (None, _) => "the line found out".to_owned(),
            (Some(person), "") => person.clone(),
            (Some(person), reason) => format!("{person}: {reason}"),
        }
    }
}

impl Closure {
    /// The sums as they were signed; nothing if what is kept is not what the signatures name.
    pub fn signed_sums(&self) -> Option<JobSums> {
        let name = hex(&Sha256::digest(self.sums.as_bytes()));
        (name == self.sums_sha256).then(|| serde_json::from_str(&self.sums).ok())?
    }
}

/// Whoever changed these codes at this moment gives his name and his reason for what that amends.
pub(super) async fn sign_amendments(
    db: &mut SqliteConnection,
    codes: &[i64],
    at: Micros,
    (person, reason): (&str, &str),
) -> Result<(), StoreError> {
    sqlx::query(
        "update amendment set person = $1, reason = $2 \
         where code_id in (select value from json_each($3)) and person = '' and at = $4",
    )
    .bind(person)
    .bind(reason)
    .bind(serde_json::json!(codes).to_string())
    .bind(at.0)
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

/// Who validated a label of an order stands with the scan.
const AMENDMENTS: &str = "\
    select amendment.at, code.serial, tag, was, is_now, reason, \
      coalesce(nullif(person, ''), (select person.name from scan \
        join person on person.id = scan.person_id \
        where scan.code_id = amendment.code_id and scan.at = amendment.at \
          and scan.verdict = 'good')) \
    from amendment left join code on code.id = amendment.code_id \
    where job_id = $1 order by amendment.id limit $2";

impl Store {
    /// What changed in the sums of a job since it was closed.
    pub async fn amendments_of(&self, job: i64) -> Result<Amendments, StoreError> {
        type Row =
            (i64, Option<String>, Option<u32>, Option<String>, String, String, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(AMENDMENTS)
            .bind(job)
            .bind(i64::try_from(LISTED_MAX).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(LIST))?;
        let counted: Vec<(String, i64)> = sqlx::query_as(
            "select iif(tag is null, 'codes ', 'products ') || coalesce(was, 'on the belt') \
               || ', now ' || is_now, count(*) \
             from amendment where job_id = $1 group by 1 order by 2 desc, 1",
        )
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(LIST))?;
        let amendment = |(at, serial, tag, was, is_now, reason, person): Row| Amendment {
            at: Micros(at),
            serial,
            tag,
            was,
            is_now,
            person,
            reason,
        };
        Ok(Amendments {
            listed: rows.into_iter().map(amendment).collect(),
            counted: counted.into_iter().map(|(words, n)| (words, count(n))).collect(),
        })
    }
}
