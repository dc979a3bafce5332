//! What lines record of alarms: causes that come and go.
use super::super::StoreError;
use super::WHAT;
use super::seat::{Seat, load};
use crate::alarm::{Came, Condition, State, Step, begins_burst, is_warning, suppressed_by};
use crate::line::{Record, StopReason};
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;

/// Raises that are looked at to find the one before: warnings, which begin no burst, among them.
const RAISES_BEFORE: i64 = 20;

/// Notes what these records say of alarms.
pub(in super::super) async fn note(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    records: &[Record],
) -> Result<(), StoreError> {
    let first = first_out(db, line, at, records).await?;
    for record in records {
        if let Record::AlarmRaised(reason) = record {
            raised(db, line, at, (*reason, first == Some(*reason))).await?;
        } else if let Record::AlarmCleared(reason) = record {
            cleared(db, line, at, *reason).await?;
        }
    }
    Ok(())
}

/// Which of the alarms that these records raise began a burst: the one for which the line left its
/// state, else the first one.
async fn first_out(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    records: &[Record],
) -> Result<Option<StopReason>, StoreError> {
    let raised = |record: &Record| {
        let Record::AlarmRaised(reason) = record else { return None };
        Some(*reason).filter(|reason| !is_warning(*reason))
    };
    let Some(first) = records.iter().find_map(raised) else { return Ok(None) };
    let why = records.iter().find_map(|record| {
        let Record::Line { why, .. } = record else { return None };
        why.filter(|why| records.iter().any(|record| raised(record) == Some(*why)))
    });
    let before: Vec<(String, i64)> = sqlx::query_as(
        "select kind, raised_at from alarm where line = $1 and announced = 1 \
         order by raised_at desc limit $2",
    )
    .bind(line)
    .bind(RAISES_BEFORE)
    .fetch_all(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    let mut before = before.into_iter();
    let last = before.find(|(kind, _)| kind.parse().is_ok_and(|reason| !is_warning(reason)));
    let first = why.unwrap_or(first);
    Ok(begins_burst(first, at, last.map(|(_, at)| Micros(at))).then_some(first))
}

async fn raised(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    (reason, first_out): (StopReason, bool),
) -> Result<(), StoreError> {
    let brought_about = any_active(db, line, suppressed_by(reason)).await?;
    let mut seat = Seat::take(db, line, reason, at).await?;
    if brought_about && !seat.now.alarm.state().is_hidden() {
        seat.step(Step::Suppress, None, ("", "")).await?;
    }
    let was = seat.now.alarm.state();
    let came = seat.now.alarm.raise(at, first_out);
    let step = if came == Came::Again { Step::Repeat } else { Step::Raise };
    if came != Came::Already {
        seat.keep(step, was, ("", "")).await?;
    }
    let first_out = seat.now.alarm.first_out;
    match came {
        Came::New | Came::Hidden => {
            begin(db, line, at, (reason, first_out, came == Came::New)).await?;
        }
        Came::Again => go_on(db, line, reason).await?,
        Came::Already => {}
    }
    for other in brought_about_by(reason) {
        let mut seat = Seat::take(db, line, other, at).await?;
        let Condition { state, active, .. } = seat.now.alarm.condition;
        if active && !state.is_hidden() {
            seat.step(Step::Suppress, None, ("", "")).await?;
        }
    }
    Ok(())
}

async fn cleared(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    reason: StopReason,
) -> Result<(), StoreError> {
    let mut seat = Seat::take(db, line, reason, at).await?;
    let was = seat.now.alarm.state();
    if seat.now.alarm.clear(at) {
        seat.keep(Step::Clear, was, ("", "")).await?;
    }
    sqlx::query(
        "update alarm set cleared_at = $1 where line = $2 and kind = $3 and cleared_at is null",
    )
    .bind(at.0)
    .bind(line)
    .bind(&*reason.kind())
    .execute(&mut *db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    for other in brought_about_by(reason) {
        if any_active(db, line, suppressed_by(other)).await? {
            continue;
        }
        let mut seat = Seat::take(db, line, other, at).await?;
        if seat.now.alarm.state() == State::SuppressedByDesign {
            seat.step(Step::Unsuppress, None, ("", "")).await?;
        }
    }
    Ok(())
}

/// Alarms that are suppressed while this one stands.
fn brought_about_by(reason: StopReason) -> impl Iterator<Item = StopReason> {
    StopReason::every().filter(move |other| suppressed_by(*other).contains(&reason))
}

async fn any_active(
    db: &mut SqliteConnection,
    line: &str,
    reasons: &[StopReason],
) -> Result<bool, StoreError> {
    for reason in reasons {
        if load(db, line, *reason).await?.alarm.condition.active {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A new occurrence.
async fn begin(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    (reason, first_out, announced): (StopReason, bool, bool),
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into alarm (line, kind, words, raised_at, first_out, announced) \
         select $1, $2, $3, $4, $5, $6 where not exists \
         (select 1 from alarm where line = $1 and kind = $2 and cleared_at is null)",
    )
    .bind(line)
    .bind(&*reason.kind())
    .bind(reason.words().sentence())
    .bind(at.0)
    .bind(first_out)
    .bind(announced)
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}

/// The last occurrence stands again.
async fn go_on(
    db: &mut SqliteConnection,
    line: &str,
    reason: StopReason,
) -> Result<(), StoreError> {
    sqlx::query(
        "update alarm set cleared_at = null, repeats = repeats + 1 \
         where id = (select id from alarm where line = $1 and kind = $2 order by id desc limit 1)",
    )
    .bind(line)
    .bind(&*reason.kind())
    .execute(db)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}
