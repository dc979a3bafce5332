//! One alarm of one line in the store.
use super::super::StoreError;
use super::super::open::count;
use super::{AlarmNow, LOOK, WHAT};
use crate::alarm::{Alarm, Condition, IllegalStep, Since, State, Step};
use crate::line::StopReason;
use crate::telemetry::clock::Micros;
use sqlx::SqliteConnection;

/// One alarm in the hands of one transaction.
pub(super) struct Seat<'a> {
    db: &'a mut SqliteConnection,
    line: &'a str,
    at: Micros,
    pub(super) now: AlarmNow,
}

/// Why a step was not taken.
pub(super) enum Stumble {
    Illegal(IllegalStep),
    Store(StoreError),
}

impl From<Stumble> for StoreError {
    fn from(stumble: Stumble) -> Self {
        match stumble {
            Stumble::Store(problem) => problem,
            Stumble::Illegal(illegal) => Self::Refused { what: WHAT, why: illegal.to_string() },
        }
    }
}

impl<'a> Seat<'a> {
    pub(super) async fn take(
        db: &'a mut SqliteConnection,
        line: &'a str,
        reason: StopReason,
        at: Micros,
    ) -> Result<Self, StoreError> {
        let now = load(db, line, reason).await?;
        Ok(Self { db, line, at, now })
    }

    /// A step that is neither its cause's coming nor its going.
    pub(super) async fn step(
        &mut self,
        step: Step,
        until: Option<Micros>,
        (person, detail): (&str, &str),
    ) -> Result<(), Stumble> {
        let was = self.now.alarm.state();
        self.now.alarm.step(step, self.at, until).map_err(Stumble::Illegal)?;
        let is_aside = matches!(step, Step::Shelve | Step::TakeOut);
        self.now.person = if is_aside { person.to_owned() } else { String::new() };
        self.now.note = if is_aside { detail.to_owned() } else { String::new() };
        self.keep(step, was, (person, detail)).await.map_err(Stumble::Store)
    }

    /// Writes down how it stands, and the step that led there.
    pub(super) async fn keep(
        &mut self,
        step: Step,
        was: State,
        (person, detail): (&str, &str),
    ) -> Result<(), StoreError> {
        let AlarmNow { alarm, person: aside_by, note } = &self.now;
        let kind = alarm.reason.kind();
        let Condition { state, active, latched } = alarm.condition;
        let Since { raised, cleared, acked, until } = alarm.since;
        sqlx::query(
            "insert into alarm_state (line, kind, state, active, latched, first_out, repeats, \
             raised_at, cleared_at, acked_at, until, person, note) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             on conflict (line, kind) do update set state = $3, active = $4, latched = $5, \
             first_out = $6, repeats = $7, raised_at = $8, cleared_at = $9, acked_at = $10, \
             until = $11, person = $12, note = $13",
        )
        .bind(self.line)
        .bind(&*kind)
        .bind(state.word())
        .bind(active)
        .bind(latched)
        .bind(alarm.first_out)
        .bind(alarm.repeats)
        .bind(raised.map(|at| at.0))
        .bind(cleared.map(|at| at.0))
        .bind(acked.map(|at| at.0))
        .bind(until.map(|at| at.0))
        .bind(aside_by)
        .bind(note)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        sqlx::query(
            "insert into alarm_step (line, kind, at, step, was, is_now, person, detail) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.line)
        .bind(&*kind)
        .bind(self.at.0)
        .bind(step.word())
        .bind(was.word())
        .bind(state.word())
        .bind(person)
        .bind(detail)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        Ok(())
    }
}

pub(super) async fn load(
    db: &mut SqliteConnection,
    line: &str,
    reason: StopReason,
) -> Result<AlarmNow, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("select * from alarm_state where line = $1 and kind = $2")
            .bind(line)
            .bind(&*reason.kind())
            .fetch_optional(db)
            .await
            .map_err(StoreError::asking(LOOK))?;
    let known = row.and_then(Row::read);
    let new = || AlarmNow { alarm: Alarm::new(reason), person: String::new(), note: String::new() };
    Ok(known.map_or_else(new, |now| AlarmNow {
        // What the line says now is more exact than what the kind names.
        alarm: Alarm { reason, ..now.alarm },
        ..now
    }))
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    kind: String,
    state: String,
    active: bool,
    latched: bool,
    first_out: bool,
    repeats: i64,
    raised_at: Option<i64>,
    cleared_at: Option<i64>,
    acked_at: Option<i64>,
    until: Option<i64>,
    person: String,
    note: String,
}

impl Row {
    /// Nothing of a kind or a state that a newer version wrote.
    pub(super) fn read(self) -> Option<AlarmNow> {
        let condition = Condition {
            state: self.state.parse().ok()?,
            active: self.active,
            latched: self.latched,
        };
        let since = Since {
            raised: self.raised_at.map(Micros),
            cleared: self.cleared_at.map(Micros),
            acked: self.acked_at.map(Micros),
            until: self.until.map(Micros),
        };
        let repeats = u32::try_from(count(self.repeats)).unwrap_or(u32::MAX);
        let reason = self.kind.parse().ok()?;
        let alarm = Alarm { reason, condition, since, first_out: self.first_out, repeats };
        Some(AlarmNow { alarm, person: self.person, note: self.note })
    }
}
