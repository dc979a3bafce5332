//! Codes in doubt, and what a person decides about them.
use super::amendments::sign_amendments;
use super::open::{count, word};
use super::people::note;
use super::{Store, StoreError};
use crate::code::{CodeId, CodeState, CodeText, Gtin, Step};
use crate::order::{Known, Scan, judge_scan, keys_to_look_up};
use crate::telemetry::clock::Micros;
use serde_json::json;
use sqlx::SqliteConnection;

const WHAT: &str = "decide about codes in doubt";

/// A code in doubt, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The code.
    pub code: CodeId,
    /// Its trade item.
    pub gtin: Gtin,
    /// Its serial number.
    pub serial: String,
    /// Since when.
    pub since: Micros,
    /// Job, piece and place on the roll where its label should be, if it was for a roll.
    pub on_roll: Option<(i64, u32, u32)>,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These codes are written off, with the reason.
    WriteOff {
        /// Which; nothing means all that are in doubt now.
        codes: Option<Vec<CodeId>>,
        /// Why.
        reason: String,
    },
    /// The person has read this label on its product.
    Read {
        /// What the scanner said.
        scan: String,
    },
}

/// Codes that this line may have printed: its own pool, and the pools of its jobs.
const POOLS: &str = "(select 'line:' || $1 union select pool from job where line = $1)";

/// Not those on a product that is still on the belt: gate and bin know more than a person.
const OFF_THE_BELT: &str =
    "not exists (select 1 from product where code_id = code.id and fate is null)";

impl Store {
    /// The codes in doubt of a line that come after this one, oldest first, at most so many; and how
    /// many there are in all. No code has the number 0.
    pub async fn doubts(
        &self,
        line: &str,
        after: CodeId,
        most: u32,
    ) -> Result<(Vec<Doubt>, u64), StoreError> {
        let condition = format!("pool in {POOLS} and state = 'doubtful' and {OFF_THE_BELT}");
        let count_all = format!("select count(*) from code where {condition}");
        let all: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count_all))
            .bind(line)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let list = format!(
            "select id, printf('%014d', gtin) as gtin, serial, moved_at, job_id, piece, place from code \
             left join roll_label on code_id = id \
             where {condition} and id > $2 order by id limit $3"
        );
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(list))
            .bind(line)
            .bind(after.0)
            .bind(most)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let doubts: Result<_, _> = rows.into_iter().map(Doubt::try_from).collect();
        Ok((doubts?, count(all)))
    }

    /// The codes that a decision is about: the line must let go of them before it is carried out.
    /// Refused, with the reason, where a scan shows no code in doubt.
    pub async fn codes_of(
        &self,
        line: &str,
        decision: &Decision,
    ) -> Result<Vec<CodeId>, StoreError> {
        match decision {
            Decision::WriteOff { codes: Some(codes), .. } => Ok(codes.clone()),
            Decision::WriteOff { codes: None, .. } => {
                let (doubts, _) = self.doubts(line, CodeId(0), u32::MAX).await?;
                Ok(doubts.into_iter().map(|doubt| doubt.code).collect())
            }
            Decision::Read { scan } => Ok(vec![self.scanned(line, scan).await?]),
        }
    }

    /// Carries out what a person decided about these codes, and remembers who it was. Answers how
    /// many codes it was about: what is in doubt no more is left alone.
    pub async fn decide(
        &self,
        line: &str,
        codes: &[CodeId],
        decision: &Decision,
        person: &str,
    ) -> Result<u64, StoreError> {
        let (step, words) = match decision {
            Decision::WriteOff { reason, .. } => (Step::Scrap, format!("written off: {reason}")),
            Decision::Read { .. } => (Step::Verify, "read on its product: good".to_owned()),
        };
        let to = CodeState::Doubtful.after(step).expect("both ways lead out of doubt");
        let ids: Vec<i64> = codes.iter().map(|code| code.0).collect();
        let at = Micros::now();
        let mut tx = self.begin(WHAT).await?;
        let update = format!(
            "update code set state = $2, settled = 1, moved_at = $3 where pool in {POOLS} \
             and id in (select value from json_each($4)) and state = 'doubtful' \
             and report_id is null and {OFF_THE_BELT} returning id, serial"
        );
        let moved: Vec<(i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(update))
            .bind(line)
            .bind(to.word())
            .bind(at.0)
            .bind(json!(ids).to_string())
            .fetch_all(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        for (code, serial) in &moved {
            let body = json!({"code": code, "was": "doubtful", "is": to.word(), "by": person});
            journal(&mut tx, line, *code, &body.to_string(), at).await?;
            note(&mut tx, person, "decided about a code in doubt", &format!("{serial}: {words}"))
                .await?;
        }
        let ids: Vec<i64> = moved.iter().map(|(code, _)| *code).collect();
        sign_amendments(&mut tx, &ids, at, (person, &words)).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(moved.len() as u64)
    }

    /// The code in doubt that a scanner read.
    async fn scanned(&self, line: &str, scan: &str) -> Result<CodeId, StoreError> {
        let keys: Vec<_> = keys_to_look_up(scan)
            .into_iter()
            .map(|key| json!([key.gtin.as_str(), key.serial]))
            .collect();
        let find = format!(
            "select id, text, pool in {POOLS}, state, moved_at from code \
             where id in (select c.id from json_each($2) j cross join code c \
                          on c.gtin = j.value ->> 0 and c.serial = j.value ->> 1)"
        );
        let rows: Vec<(i64, String, bool, String, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(find))
            .bind(line)
            .bind(json!(keys).to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let mut known = Vec::new();
        for (id, text, of_this_order, state, since) in rows {
            let (code, text) = (CodeId(id), CodeText::new(text));
            known.push(Known { code, text, of_this_order, state: word(WHAT, &state)?, since });
        }
        let refuse = |why: String| Err(StoreError::Refused { what: WHAT, why });
        let judged = judge_scan(scan, &known);
        match judged {
            Scan::Good { code, .. } => {
                let is_in_doubt = |k: &Known| k.code == code && k.state == CodeState::Doubtful;
                if known.iter().any(is_in_doubt) {
                    return Ok(code);
                }
                refuse("this code is not in doubt".to_owned())
            }
            Scan::Duplicate { .. } | Scan::Foreign(_) | Scan::Malformed(_) => {
                refuse(judged.words())
            }
        }
    }
}

async fn journal(
    db: &mut SqliteConnection,
    line: &str,
    code: i64,
    body: &str,
    at: Micros,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into journal (line, at, kind, code_id, body) values ($1, $2, 'decided', $3, $4)",
    )
    .bind(line)
    .bind(at.0)
    .bind(code)
    .bind(body)
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    gtin: String,
    serial: String,
    moved_at: i64,
    job_id: Option<i64>,
    piece: Option<u32>,
    place: Option<u32>,
}

impl TryFrom<Row> for Doubt {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let place = row.job_id.zip(row.piece).zip(row.place);
        Ok(Self {
            code: CodeId(row.id),
            gtin: word(WHAT, &row.gtin)?,
            serial: row.serial,
            since: Micros(row.moved_at),
            on_roll: place.map(|((job, piece), place)| (job, piece, place)),
        })
    }
}
