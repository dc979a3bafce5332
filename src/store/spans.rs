//! What a line did with its time: its states one after the other, also while the program was not
//! running, and what people said about its stops.
use super::open::word;
use super::{Store, StoreError, people};
use crate::line::{LineState, Mode, Record, StopReason};
use crate::oee::{NOT_KNOWN, Span, StopCause};
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

const WHAT: &str = "remember how long a line is in its state";
const LOOK: &str = "look up what a line did";

/// What was said about a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopSaid {
    /// Why it was.
    pub reason: StopCause,
    /// In other words.
    pub note: String,
    /// Who said so.
    pub person: String,
    /// When.
    pub at: Micros,
}

impl Store {
    /// The program begins. What lies between its last sign of life and now is known to be not
    /// known; each line stands until it is started again. To be called before anything is recorded.
    pub async fn came_up(&self, lines: &[&str], now: Micros) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let alive: Option<i64> = sqlx::query_scalar("select alive_at from program")
            .fetch_optional(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        for line in lines {
            let open: Option<(i64, Option<i64>)> = sqlx::query_as(
                "select from_at, job_id from line_span where line = $1 and to_at is null",
            )
            .bind(line)
            .fetch_optional(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
            let job = open.and_then(|(_, job)| job);
            if let Some((from, _)) = open {
                let died = Micros(alive.unwrap_or(from).clamp(from.min(now.0), now.0));
                end(&mut tx, line, died).await?;
                begin(&mut tx, (line, job), (NOT_KNOWN, None), died).await?;
            }
            end(&mut tx, line, now).await?;
            begin(&mut tx, (line, job), (LineState::Stopped.name(), None), now).await?;
        }
        lives(&mut tx, now).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// The program runs at this moment.
    pub async fn is_alive(&self, now: Micros) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        lives(&mut tx, now).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// What a line did between these times, the oldest first. It begins with the last time that
    /// the line ran before, so that a stop is told from its beginning.
    pub async fn spans(
        &self,
        line: &str,
        (from, to): (Micros, Micros),
    ) -> Result<Vec<Span>, StoreError> {
        type Raw = (i64, Option<i64>, String, Option<String>, i64, Option<i64>);
        let rows: Vec<Raw> = sqlx::query_as(
            "select id, job_id, state, why, from_at, to_at from line_span \
             where line = $1 and from_at < $3 and from_at >= coalesce( \
             (select max(from_at) from line_span \
              where line = $1 and state = 'Execute' and from_at <= $2), 0) \
             order by id",
        )
        .bind(line)
        .bind(from.0)
        .bind(to.0)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(LOOK))?;
        let read = |(id, job, state, why, from, to): Raw| {
            let known = state != NOT_KNOWN;
            Ok(Span {
                id,
                job,
                state: if known { Some(word(LOOK, &state)?) } else { None },
                // A cause that a newer version wrote is no cause here.
                why: why.and_then(|why| why.parse().ok()),
                from: Micros(from),
                to: to.map(Micros),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// What was said about the stops that begin with these spans.
    pub async fn stops_said(
        &self,
        line: &str,
        spans: &[Span],
    ) -> Result<BTreeMap<i64, StopSaid>, StoreError> {
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return Ok(BTreeMap::new());
        };
        let rows: Vec<(i64, String, String, String, i64)> = sqlx::query_as(
            "select span_id, reason, note, person, at from stop_reason \
             where span_id between $1 and $2 \
             and span_id in (select id from line_span where line = $3 and id between $1 and $2)",
        )
        .bind(first.id)
        .bind(last.id)
        .bind(line)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(LOOK))?;
        let read = |(id, reason, note, person, at): (i64, String, String, String, i64)| {
            let reason = reason.parse().ok()?;
            Some((id, StopSaid { reason, note, person, at: Micros(at) }))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// A person says why the line stood. `span` is the one that the stop begins with.
    pub async fn say_stop(
        &self,
        line: &str,
        span: i64,
        (reason, note): (StopCause, &str),
        person: &str,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "say why a line stood";
        let mut tx = self.begin(WHAT).await?;
        let done = sqlx::query(
            "insert into stop_reason (span_id, reason, note, person, at) \
             select id, $1, $2, $3, $4 from line_span \
             where id = $5 and line = $6 and state <> 'Execute' \
             on conflict (span_id) do update set reason = $1, note = $2, person = $3, at = $4",
        )
        .bind(&*reason.kind())
        .bind(note)
        .bind(person)
        .bind(Micros::now().0)
        .bind(span)
        .bind(line)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            let why = format!("{line} had no such stop; look at the page again");
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let detail = format!("{line}: stop {span}: {} {note}", reason.kind());
        people::note(&mut tx, person, "said why a line stood", detail.trim_end()).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }
}

/// Notes what these records say of the line's state: where it ends up, and the first cause.
pub(super) async fn note(
    db: &mut SqliteConnection,
    (line, job): (&str, Option<i64>),
    at: Micros,
    records: &[Record],
) -> Result<(), StoreError> {
    let changes = records.iter().filter_map(|record| {
        let Record::Line { from, to, why } = record else { return None };
        Some((*from, *to, *why))
    });
    // States that are only passed through take no time: but what stopped the line is not lost, and
    // neither is that it ran.
    let (mut last, mut why) = (None, None);
    for (from, to, cause) in changes {
        let stops_now = from == LineState::Execute || to == LineState::Execute;
        why = if stops_now { cause } else { why.or(cause) };
        last = Some(to);
    }
    let Some(mut state) = last else { return Ok(()) };
    // Out of production it may run as it likes: nothing is made, so that it stands.
    if state == LineState::Execute && !produces(db, line).await? {
        state = LineState::Stopped;
    }
    end(db, line, at).await?;
    let why = why.map(StopReason::kind);
    begin(db, (line, job), (state.name(), why.as_deref()), at).await
}

/// Whether the line is there for goods; the mode changes only where nothing moves.
async fn produces(db: &mut SqliteConnection, line: &str) -> Result<bool, StoreError> {
    let mode: Option<String> = sqlx::query_scalar("select mode from line where name = $1")
        .bind(line)
        .fetch_optional(db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    Ok(mode.is_none_or(|mode| mode == Mode::Production.name()))
}

async fn end(db: &mut SqliteConnection, line: &str, at: Micros) -> Result<(), StoreError> {
    sqlx::query("update line_span set to_at = max(from_at, $1) where line = $2 and to_at is null")
        .bind(at.0)
        .bind(line)
        .execute(db)
        .await
        .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

async fn begin(
    db: &mut SqliteConnection,
    (line, job): (&str, Option<i64>),
    (state, why): (&str, Option<&str>),
    at: Micros,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into line_span (line, job_id, state, why, from_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(line)
    .bind(job)
    .bind(state)
    .bind(why)
    .bind(at.0)
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

async fn lives(db: &mut SqliteConnection, now: Micros) -> Result<(), StoreError> {
    sqlx::query(
        "insert into program (id, alive_at) values (1, $1) \
         on conflict (id) do update set alive_at = $1",
    )
    .bind(now.0)
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}
