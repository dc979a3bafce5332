//! The outbox: what is to be published, written in the transaction of what it tells of.
use super::open::{count, word};
use super::packml::status_json;
use super::{Store, StoreError, alarms, counts};
use crate::code::Step;
use crate::line::{Record, StatusTags, StopReason};
use crate::telemetry::clock::Micros;
use serde_json::{Value, json};
use sqlx::SqliteConnection;

const WHAT: &str = "put into the outbox";

/// How many messages wait for a broker that is away. Line states, alarms and jobs are a few a
/// minute and counts are one a line, so that this is weeks; after that the oldest are dropped.
const KEPT: i64 = 100_000;

/// A message that waits to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its place in the order; never given twice.
    pub id: i64,
    /// The topic below the configured prefix, such as `line1/state`.
    pub topic: String,
    /// JSON.
    pub payload: String,
    /// Whether the broker keeps it for those who come later.
    pub retain: bool,
}

impl Store {
    /// The oldest messages, in order.
    pub async fn outbox(&self, limit: u32) -> Result<Vec<Message>, StoreError> {
        let rows: Vec<(i64, String, String, bool)> =
            sqlx::query_as("select id, topic, payload, retain from outbox order by id limit $1")
                .bind(limit)
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking("read the outbox"))?;
        let message = |(id, topic, payload, retain)| Message { id, topic, payload, retain };
        Ok(rows.into_iter().map(message).collect())
    }

    /// The broker has everything up to this message: it is forgotten here.
    pub async fn outbox_published(&self, up_to: i64) -> Result<(), StoreError> {
        const WHAT: &str = "empty the outbox";
        let mut tx = self.begin(WHAT).await?;
        sqlx::query("delete from outbox where id <= $1")
            .bind(up_to)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// Waits until something was put into the outbox since this was last waited for. For one
    /// waiter only.
    pub async fn outbox_grows(&self) {
        self.outbox_grew.notified().await;
    }
}

/// Puts what these records tell into the outbox; answers whether they tell anything.
pub(super) async fn tell(
    db: &mut SqliteConnection,
    line: &str,
    job: Option<i64>,
    at: Micros,
    records: &[Record],
) -> Result<bool, StoreError> {
    let mut rows: Vec<Row> = Vec::new();
    for record in records {
        if let Record::AlarmRaised(reason) | Record::AlarmCleared(reason) = record {
            rows.push(alarms::message(db, line, at, *reason).await?);
        }
        rows.extend(announced(line, at, record));
    }
    if records.iter().any(changes_status) {
        rows.push(status(db, line, at, records).await?);
    }
    if records.iter().any(changes_counts) {
        rows.push(counted(db, line, job, at).await?);
    }
    put(db, at, &rows).await?;
    Ok(!rows.is_empty())
}

/// Puts how a job stands into the outbox.
pub(super) async fn tell_job(
    db: &mut SqliteConnection,
    id: i64,
    at: Micros,
) -> Result<(), StoreError> {
    let (line, state, gtin, planned, done): (String, String, String, i64, i64) =
        sqlx::query_as("select line, state, gtin, planned, done from job where id = $1")
            .bind(id)
            .fetch_one(&mut *db)
            .await
            .map_err(StoreError::asking(WHAT))?;
    let body = json!({
        "at": rfc3339(at), "job": id, "state": state, "gtin": gtin,
        "planned": planned, "done": done,
    });
    put(db, at, &[row(&line, "job", &body, false)]).await
}

/// Topic, payload, retain.
pub(super) type Row = (String, String, bool);

pub(super) fn row(line: &str, what: &str, body: &Value, retain: bool) -> Row {
    // These three have a meaning in topics.
    let line = line.replace(['/', '+', '#'], "_");
    (format!("{line}/{what}"), body.to_string(), retain)
}

fn announced(line: &str, at: Micros, record: &Record) -> Option<Row> {
    match *record {
        Record::Line { to, why, .. } => {
            let body = json!({
                "at": rfc3339(at), "state": to.name(), "number": to.number(),
                "why": why.map(StopReason::kind),
                "words": why.map(|why| why.words().sentence()),
            });
            Some(row(line, "state", &body, true))
        }
        Record::AlarmRaised(_)
        | Record::AlarmCleared(_)
        | Record::Moved { .. }
        | Record::ProductSeen { .. }
        | Record::ProductLabelled { .. }
        | Record::ProductJudged { .. }
        | Record::ProductSettled { .. }
        | Record::OnRoll { .. }
        | Record::TakenBack { .. }
        | Record::MaybeTwice { .. }
        | Record::LabelRead { .. }
        | Record::Graded { .. }
        | Record::Mode { .. }
        | Record::CameBack { .. }
        | Record::Bin { .. }
        | Record::Challenged { .. }
        | Record::PlcCounted(_)
        | Record::Heard { .. } => None,
    }
}

const fn changes_status(record: &Record) -> bool {
    matches!(record, Record::Line { .. } | Record::Mode { .. })
}

/// The line's `PackTags` as they stand after these records. Those that still wait are dropped.
async fn status(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    records: &[Record],
) -> Result<Row, StoreError> {
    let (state, mode): (String, String) =
        sqlx::query_as("select state, mode from line where name = $1")
            .bind(line)
            .fetch_one(&mut *db)
            .await
            .map_err(StoreError::asking(WHAT))?;
    let why = records
        .iter()
        .rev()
        .find_map(|record| if let Record::Line { why, .. } = record { Some(*why) } else { None });
    let tags = StatusTags::of(word(WHAT, &mode)?, word(WHAT, &state)?, why.flatten());
    let mut body = status_json(&tags);
    body["at"] = rfc3339(at).into();
    let row = row(line, "status", &body, true);
    drop_waiting(db, &row.0).await?;
    Ok(row)
}

/// Counts are told when a product's fate is known or a code falls out of the way.
fn changes_counts(record: &Record) -> bool {
    match record {
        Record::ProductSettled { .. }
        | Record::LabelRead { .. }
        | Record::MaybeTwice { .. }
        | Record::CameBack { .. } => true,
        Record::Moved { step, .. } => {
            matches!(step, Step::Doubt | Step::Scrap | Step::Reject | Step::Sample)
        }
        Record::ProductSeen { .. }
        | Record::ProductLabelled { .. }
        | Record::ProductJudged { .. }
        | Record::Line { .. }
        | Record::Mode { .. }
        | Record::AlarmRaised(_)
        | Record::AlarmCleared(_)
        | Record::OnRoll { .. }
        | Record::TakenBack { .. }
        | Record::Graded { .. }
        | Record::Bin { .. }
        | Record::Challenged { .. }
        | Record::PlcCounted(_)
        | Record::Heard { .. } => false,
    }
}

/// How the line's counts stand now. Counts that still wait are dropped: the new ones say more.
async fn counted(
    db: &mut SqliteConnection,
    line: &str,
    job: Option<i64>,
    at: Micros,
) -> Result<Row, StoreError> {
    let on: Option<(String, i64, i64)> =
        sqlx::query_as("select pool, planned, done from job where id = $1")
            .bind(job)
            .fetch_optional(&mut *db)
            .await
            .map_err(StoreError::asking(WHAT))?;
    let (pool, planned, done) = on.unwrap_or_else(|| (format!("line:{line}"), 0, 0));
    let body = json!({
        "at": rfc3339(at), "job": job, "planned": count(planned), "done": count(done),
        "codes": counts::tally(db, &pool).await?,
        "products": counts::product_tally(db, line).await?,
    });
    let row = row(line, "counts", &body, true);
    drop_waiting(db, &row.0).await?;
    Ok(row)
}

async fn drop_waiting(db: &mut SqliteConnection, topic: &str) -> Result<(), StoreError> {
    sqlx::query("delete from outbox where topic = $1")
        .bind(topic)
        .execute(db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

pub(super) async fn put(
    db: &mut SqliteConnection,
    at: Micros,
    rows: &[Row],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let done = sqlx::query(
        "insert into outbox (topic, payload, retain, at) \
         select j.value ->> 0, j.value ->> 1, j.value ->> 2, $1 \
         from json_each($2) j order by j.key",
    )
    .bind(at.0)
    .bind(json!(rows).to_string())
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    sqlx::query("delete from outbox where id <= $1")
        .bind(done.last_insert_rowid() - KEPT)
        .execute(db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

pub(super) fn rfc3339(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(|_| String::new(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Fate, LineState, Mode, Tag};

    async fn store() -> (Store, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (Store::open(&dir.path().join("line.db")).await.unwrap(), dir)
    }

    fn rejected(tag: u32) -> [Record; 3] {
        let tag = Tag(tag);
        let (from, to) = (LineState::Starting, LineState::Execute);
        let line = Record::Line { from, to, why: None };
        [Record::ProductSeen { tag }, line, Record::ProductSettled { tag, fate: Fate::Rejected }]
    }

    #[tokio::test]
    async fn counts_that_still_wait_give_way_to_newer_ones_and_states_do_not() {
        let (store, _dir) = store().await;
        let store = store.publishing();
        for tag in 1..=3 {
            store.append("a/b", None, &rejected(tag)).await.unwrap();
        }
        let waiting = store.outbox(10).await.unwrap();
        let topics: Vec<_> = waiting.iter().map(|m| (m.topic.as_str(), m.retain)).collect();
        let state = ("a_b/state", true);
        let last = [("a_b/status", true), ("a_b/counts", true)];
        assert_eq!(topics, [state, state, state, last[0], last[1]]);
        assert!(waiting[4].payload.contains(r#""rejected":3"#), "{}", waiting[4].payload);
    }

    #[tokio::test]
    async fn status_tags_carry_number_and_name_of_state_and_mode() {
        let (store, _dir) = store().await;
        let store = store.publishing();
        let (from, to) = (LineState::Idle, LineState::Starting);
        let line = Record::Line { from, to, why: None };
        store.append("one", None, &[line]).await.unwrap();
        let mode = Record::Mode { from: Mode::Production, to: Mode::Manual };
        store.append("one", None, &[mode]).await.unwrap();
        let waiting = store.outbox(10).await.unwrap();
        let status = waiting.iter().find(|message| message.topic == "one/status").unwrap();
        let tags: Value = serde_json::from_str(&status.payload).unwrap();
        assert_eq!(
            (&tags["StateCurrent"], &tags["StateCurrentName"]),
            (&json!(3), &json!("Starting"))
        );
        assert_eq!(tags["StateRequestedName"], "Execute");
        assert_eq!(
            (&tags["UnitModeCurrent"], &tags["UnitModeCurrentName"]),
            (&json!(3), &json!("Manual"))
        );
    }

    #[tokio::test]
    async fn numbers_are_never_given_twice() {
        let (store, _dir) = store().await;
        let store = store.publishing();
        store.append("one", None, &rejected(1)).await.unwrap();
        let last = store.outbox(10).await.unwrap().last().unwrap().id;
        store.outbox_published(last).await.unwrap();
        assert!(store.outbox(10).await.unwrap().is_empty());
        store.append("one", None, &rejected(2)).await.unwrap();
        assert!(store.outbox(10).await.unwrap()[0].id > last);
    }

    #[tokio::test]
    async fn when_the_broker_is_away_too_long_the_oldest_are_dropped() {
        let (store, _dir) = store().await;
        let store = store.publishing();
        sqlx::query(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100010) \
             insert into outbox (topic, payload, at) select 'old', '{}', 0 from n",
        )
        .execute(&store.writer)
        .await
        .unwrap();
        store.append("one", None, &rejected(1)).await.unwrap();
        let rows: i64 = sqlx::query_scalar("select count(*) from outbox")
            .fetch_one(&store.readers)
            .await
            .unwrap();
        assert_eq!(rows, KEPT);
    }

    #[tokio::test]
    async fn without_a_broker_nothing_is_put_aside_for_one() {
        let (store, _dir) = store().await;
        store.append("one", None, &rejected(1)).await.unwrap();
        assert!(store.outbox(10).await.unwrap().is_empty());
    }
}
