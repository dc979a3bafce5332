//! Boxes: what was packed into what, as it is told to the station (aggregation).
use super::{Store, StoreError};
use crate::code::{ProductGroup, Sscc};
use crate::telemetry::clock::Micros;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{Sqlite, Transaction};
use std::collections::HashSet;

const WHAT: &str = "make a report of boxes";
/// Codes in one report of boxes.
const CODES_MAX: usize = 30_000;
/// Reasons that are named before a report of boxes is refused.
const NAMED: usize = 5;

/// A box, and what lies in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxUnit {
    /// Its name: 18 to 74 characters without brackets, such as an SSCC with its `00`.
    pub name: String,
    /// Codes that fit into it.
    pub capacity: u32,
    /// What lies in it: codes without check parts, or names of boxes.
    pub holds: Vec<String>,
}

/// A report of boxes that a person asks for.
#[derive(Debug, Clone, Copy)]
pub struct NewBoxes<'a> {
    /// The product group of all codes.
    pub group: ProductGroup,
    /// The participant's number.
    pub participant: &'a str,
    /// The boxes.
    pub units: &'a [BoxUnit],
    /// Who asks.
    pub person: &'a str,
}

/// A report of boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxReport {
    /// Its number.
    pub id: i64,
    /// The product group.
    pub group: ProductGroup,
    /// The participant's number.
    pub participant: String,
    /// The boxes.
    pub units: Vec<BoxUnit>,
    /// `made`, `sent`, `success`, `partially`, `failed` or `refused`.
    pub state: String,
    /// The station's name for it.
    pub upstream_id: Option<String>,
    /// What stands or stood against it.
    pub problem: Option<String>,
    /// What was refused of it, each with the reason.
    pub refused: Vec<(String, String)>,
    /// When it was last sent.
    pub sent_at: Option<Micros>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    product_group: String,
    participant: String,
    units: String,
    state: String,
    upstream_id: Option<String>,
    problem: Option<String>,
    refused: String,
    sent_at: Option<i64>,
}

impl Row {
    fn report(self) -> Result<BoxReport, StoreError> {
        let what = "look up reports of boxes";
        let not_so = |why: String| StoreError::Refused { what, why };
        let group = ProductGroup::from_alias(&self.product_group)
            .ok_or_else(|| not_so(format!("'{}' is no product group", self.product_group)))?;
        let read = |error: serde_json::Error| not_so(error.to_string());
        Ok(BoxReport {
            id: self.id,
            group,
            participant: self.participant,
            units: serde_json::from_str(&self.units).map_err(read)?,
            state: self.state,
            upstream_id: self.upstream_id,
            problem: self.problem,
            refused: serde_json::from_str(&self.refused).map_err(read)?,
            sent_at: self.sent_at.map(Micros),
        })
    }
}

const REPORTS: &str =
    "select id, product_group, participant, units, state, upstream_id, problem, refused,
      sent_at from box_report ";

impl Store {
    /// Makes a report of boxes and ties their codes to it, all or nothing. Every code must be ours,
    /// verified, told as applied, and in no other box. Answers its number.
    pub async fn make_boxes(&self, new: NewBoxes<'_>) -> Result<i64, StoreError> {
        let names: HashSet<&str> = new.units.iter().map(|unit| unit.name.as_str()).collect();
        let mut problems = shape(new.units, &names);
        let mut tx = self.begin(WHAT).await?;
        let (ids, wrong) = codes_in(&mut tx, &new).await.map_err(StoreError::asking(WHAT))?;
        problems.extend(wrong);
        let wrong = boxes_in(&mut tx, &new, &names).await.map_err(StoreError::asking(WHAT))?;
        problems.extend(wrong);
        if !problems.is_empty() {
            let more = problems.len().saturating_sub(NAMED);
            problems.truncate(NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            return Err(StoreError::Refused { what: WHAT, why: problems.join("; ") + &more });
        }
        let report: i64 = sqlx::query_scalar(
            "insert into box_report (product_group, participant, units, person, made_at)
             values (?, ?, ?, ?, ?) returning id",
        )
        .bind(new.group.alias())
        .bind(new.participant)
        .bind(serde_json::to_string(new.units).expect("texts become JSON"))
        .bind(new.person)
        .bind(Micros::now().0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        for (tie, what) in [
            (
                "insert into boxed (box_report_id, code_id) select ?1, value from json_each(?2)",
                json!(ids),
            ),
            (
                "insert into box_name (box_report_id, name) select ?1, value from json_each(?2)",
                json!(names),
            ),
        ] {
            let tied = sqlx::query(tie).bind(report).bind(what.to_string());
            tied.execute(&mut *tx).await.map_err(StoreError::asking(WHAT))?;
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(report)
    }

    /// The latest reports of boxes, the newest first.
    pub async fn box_reports(&self, limit: u32) -> Result<Vec<BoxReport>, StoreError> {
        let ask = sqlx::AssertSqlSafe(format!("{REPORTS} order by id desc limit ?"));
        let rows: Vec<Row> = sqlx::query_as(ask)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up reports of boxes"))?;
        rows.into_iter().map(Row::report).collect()
    }

    /// One report of boxes.
    pub async fn box_report(&self, id: i64) -> Result<Option<BoxReport>, StoreError> {
        let ask = sqlx::AssertSqlSafe(format!("{REPORTS} where id = ?"));
        let row: Option<Row> = sqlx::query_as(ask)
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("look up a report of boxes"))?;
        row.map(Row::report).transpose()
    }

    /// A report of boxes is about to be sent: from now on the station may have it. It is sent only
    /// when nobody sent it before, or it is proven that it did not arrive; `false`: it is not.
    pub async fn boxes_are_sent(&self, id: i64) -> Result<bool, StoreError> {
        let what = "note that a report of boxes is sent";
        let mut tx = self.begin(what).await?;
        let sent = "update box_report set state = 'sent', sent_at = ?, problem = null
             where id = ? and state = 'made'";
        let sent = sqlx::query(sent).bind(Micros::now().0).bind(id);
        let done = sent.execute(&mut *tx).await.map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(done.rows_affected() == 1)
    }

    /// It is proven that the station does not have it.
    pub async fn boxes_are_unsent(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update box_report set state = 'made', sent_at = null, problem = ?
             where id = ? and state = 'sent' and upstream_id is null",
        );
        self.write_one("note that a report of boxes did not get out", write.bind(problem).bind(id))
            .await
    }

    /// The station has it, under this name.
    pub async fn boxes_are_taken(&self, id: i64, name: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update box_report set upstream_id = ?, problem = null
             where id = ? and state = 'sent' and upstream_id is null",
        );
        self.write_one("note the name of a report of boxes", write.bind(name).bind(id)).await
    }

    /// Something stands in its way; nothing is given up.
    pub async fn boxes_are_troubled(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query("update box_report set problem = ? where id = ?");
        self.write_one("note the trouble of a report of boxes", write.bind(problem).bind(id)).await
    }

    /// It is at its end: `success`, `partially`, `failed` or `refused`. What was refused may go into
    /// another box; where nothing was taken, all of it.
    pub async fn boxes_ended(
        &self,
        id: i64,
        state: &str,
        problem: Option<&str>,
        refused: &[(String, String)],
    ) -> Result<(), StoreError> {
        let what = "note the end of a report of boxes";
        let mut tx = self.begin(what).await?;
        sqlx::query(
            "update box_report set state = ?, problem = ?, refused = ?, ended_at = ? where id = ?",
        )
        .bind(state)
        .bind(problem)
        .bind(json!(refused).to_string())
        .bind(Micros::now().0)
        .bind(id)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        let keys: Vec<_> = refused.iter().filter_map(|(text, _)| key(text)).collect();
        let free = [
            "delete from boxed where box_report_id = ?1 and (?2 or code_id in (
               select c.id from json_each(?3) j join code c
               on c.gtin = cast(j.value ->> 0 as integer) and c.serial = j.value ->> 1))",
            "delete from box_name where box_report_id = ?1 and ?2 and ?3 <> ''",
        ];
        for free in free {
            sqlx::query(free)
                .bind(id)
                .bind(matches!(state, "failed" | "refused"))
                .bind(json!(keys).to_string())
                .execute(&mut *tx)
                .await
                .map_err(StoreError::asking(what))?;
        }
        tx.commit().await.map_err(StoreError::asking(what))
    }
}

/// The codes of these boxes, and what is wrong with them.
/// The code as it was given, its row, whether it is told as applied, whether it is of the group, and the
/// report that holds it already.
type Looked = (String, Option<i64>, bool, bool, Option<i64>);

async fn codes_in(
    tx: &mut Transaction<'static, Sqlite>,
    new: &NewBoxes<'_>,
) -> Result<(Vec<i64>, Vec<String>), sqlx::Error> {
    let held = new.units.iter().flat_map(|unit| &unit.holds);
    let keys: Vec<_> = held
        .filter_map(|text| key(text).map(|(gtin, serial)| json!([gtin, serial, text])))
        .collect();
    let looked: Vec<Looked> = sqlx::query_as(
        "select j.value ->> 2, c.id,
           coalesce(c.state = 'verified' and c.told_at is not null, 0),
           coalesce(c.product_group = ?2, 0), boxed.box_report_id
         from json_each(?1) j
         left join code c on c.gtin = cast(j.value ->> 0 as integer) and c.serial = j.value ->> 1
         left join boxed on boxed.code_id = c.id order by j.key",
    )
    .bind(json!(keys).to_string())
    .bind(new.group.alias())
    .fetch_all(&mut **tx)
    .await?;
    let (mut ids, mut problems) = (Vec::new(), Vec::new());
    for (text, id, told, of_group, other) in looked {
        let problem = match (id, other) {
            (None, _) => Some("no such code was ever here".to_owned()),
            (_, Some(other)) => Some(format!("it is in report {other} already")),
            _ if !of_group => Some(format!("it is not of {}", new.group.alias())),
            _ if !told => Some("it is not verified and told as applied".to_owned()),
            _ => None,
        };
        problems.extend(problem.map(|problem| format!("{text}: {problem}")));
        ids.extend(id);
    }
    Ok((ids, problems))
}

/// What is wrong with the names of these boxes, and of those that lie in them.
async fn boxes_in(
    tx: &mut Transaction<'static, Sqlite>,
    new: &NewBoxes<'_>,
    names: &HashSet<&str>,
) -> Result<Vec<String>, sqlx::Error> {
    let held = new.units.iter().flat_map(|unit| &unit.holds);
    let inner: Vec<&str> = held
        .map(String::as_str)
        .filter(|text| key(text).is_none() && !names.contains(text))
        .collect();
    let strange: Vec<String> = sqlx::query_scalar(
        "select value from json_each(?) where value not in (select name from box_name)",
    )
    .bind(json!(inner).to_string())
    .fetch_all(&mut **tx)
    .await?;
    let told: Vec<(String, i64)> = sqlx::query_as(
        "select name, box_report_id from box_name where name in (select value from json_each(?))",
    )
    .bind(json!(names).to_string())
    .fetch_all(&mut **tx)
    .await?;
    let strange = strange
        .into_iter()
        .map(|name| format!("{name}: neither a code nor a box that is known here"));
    let told = told.into_iter().map(|(name, id)| format!("{name}: it is a box of report {id}"));
    Ok(strange.chain(told).collect())
}

/// What is wrong with the boxes before anything is looked up.
fn shape(units: &[BoxUnit], names: &HashSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut seen, mut all) = (HashSet::new(), 0);
    if names.len() < units.len() {
        problems.push("a box stands there twice".to_owned());
    }
    for BoxUnit { name, capacity, holds } in units {
        let plain = (18..=74).contains(&name.len()) && !name.contains(['(', ')']);
        let digits = name.bytes().all(|b| b.is_ascii_digit());
        let sscc = digits && matches!(name.len(), 18 | 20);
        if !plain {
            problems.push(format!("box '{name}': wanted 18 to 74 characters without brackets"));
        } else if let (true, Err(why)) = (sscc, name.parse::<Sscc>()) {
            problems.push(format!("box {name}: {why}"));
        }
        if holds.len() > *capacity as usize {
            problems.push(format!("box {name}: {} in it, {capacity} fit", holds.len()));
        }
        all += holds.len();
        let twice = holds.iter().filter(|text| !seen.insert(text.as_str()));
        problems.extend(twice.map(|text| format!("{text}: it stands there twice")));
    }
    if all > CODES_MAX {
        problems.push(format!("{all} codes; at most {CODES_MAX} go into one report"));
    }
    problems
}

/// GTIN and serial number of a code without its check part; of a pack of tobacco, too.
fn key(text: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if let Some(rest) = text.strip_prefix("01")
        && let (Some(gtin), Some(serial)) = (rest.get(..14), rest.get(14..))
        && digits(gtin)
        && let Some(serial) = serial.strip_prefix("21")
    {
        return Some((gtin, serial));
    }
    let is_pack = text.len() == 25 && !digits(text) && text.get(..14).is_some_and(digits);
    is_pack.then(|| text.get(14..21).map(|serial| (&text[..14], serial))).flatten()
}
