//! Alarms with all their steps: from what lines record, and from what people answer.
mod records;
mod seat;

use super::{Store, StoreError, outbox, people};
use crate::alarm::{Alarm, Flood, Step, flood};
use crate::line::StopReason;
use crate::telemetry::clock::Micros;
use seat::{Row, Seat, Stumble, load};
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use std::time::Duration;

pub(super) use records::note;

const WHAT: &str = "remember an alarm";
const LOOK: &str = "look up alarms";
/// A flood that began longer ago than this is told by its own alarms.
const FLOOD_LOOKS_BACK: i64 = 6 * 3600 * 1_000_000;

/// What a person answers to an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmAnswer {
    /// Takes notice.
    Acknowledge,
    /// Lets go of a latched one, whose cause is gone.
    Reset,
    /// Puts it aside for so long.
    Shelve(Duration),
    /// Brings it back from the shelf before the time.
    Unshelve,
    /// Takes it out of service, and says why.
    TakeOut(String),
    /// Brings it back into service.
    PutBack,
}

/// An alarm as it stands, and who put it aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmNow {
    /// The alarm.
    pub alarm: Alarm,
    /// Who shelved it or took it out of service; empty if nobody did.
    pub person: String,
    /// Why.
    pub note: String,
}

/// What a screen of a line says of its alarms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlarmsOnScreen {
    /// Kinds that are shelved, suppressed or out of service.
    pub hidden: Vec<String>,
    /// How many wait for somebody to take notice.
    pub unacknowledged: u64,
}

/// A step that an alarm took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmStep {
    /// Its place in the order.
    pub id: i64,
    /// Its kind, such as `printer.out_of_labels`.
    pub kind: String,
    /// When.
    pub at: Micros,
    /// The step, as [`Step::word`].
    pub step: String,
    /// How it was shown before, as [`crate::alarm::State::word`].
    pub was: String,
    /// How it is shown since.
    pub is_now: String,
    /// Who; empty where the line or the clock did it.
    pub person: String,
    /// The reason that was given, or until when.
    pub detail: String,
}

impl AlarmAnswer {
    const fn step(&self) -> Step {
        match self {
            Self::Acknowledge => Step::Acknowledge,
            Self::Reset => Step::Reset,
            Self::Shelve(_) => Step::Shelve,
            Self::Unshelve => Step::Unshelve,
            Self::TakeOut(_) => Step::TakeOut,
            Self::PutBack => Step::PutBack,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Shelve(time) => format!("for {} min", time.as_secs() / 60),
            Self::TakeOut(reason) => reason.clone(),
            Self::Acknowledge | Self::Reset | Self::Unshelve | Self::PutBack => String::new(),
        }
    }

    fn until(&self, at: Micros) -> Option<Micros> {
        let Self::Shelve(time) = self else { return None };
        Some(Micros(at.0.saturating_add(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))))
    }
}

impl Store {
    /// Every alarm of a line that is not normal.
    pub async fn alarms(&self, line: &str) -> Result<Vec<AlarmNow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select * from alarm_state where line = $1 and state <> 'normal' order by raised_at",
        )
        .bind(line)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(LOOK))?;
        Ok(rows.into_iter().filter_map(Row::read).collect())
    }

    /// What a screen of a line says of its alarms.
    pub(super) async fn alarms_on_screen(&self, line: &str) -> Result<AlarmsOnScreen, StoreError> {
        let (mut hidden, mut unacknowledged) = (Vec::new(), 0);
        for AlarmNow { alarm, .. } in self.alarms(line).await? {
            unacknowledged += u64::from(alarm.state().is_unacknowledged());
            if alarm.state().is_hidden() {
                hidden.push(alarm.reason.kind().into_owned());
            }
        }
        Ok(AlarmsOnScreen { hidden, unacknowledged })
    }

    /// How many alarms of a line came lately.
    pub async fn alarm_flood(&self, line: &str, now: Micros) -> Result<Flood, StoreError> {
        let raised: Vec<i64> = sqlx::query_scalar(
            "select raised_at from alarm where line = $1 and raised_at > $2 and announced = 1 \
             order by raised_at",
        )
        .bind(line)
        .bind(now.0.saturating_sub(FLOOD_LOOKS_BACK))
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(LOOK))?;
        let raised: Vec<_> = raised.into_iter().map(Micros).collect();
        Ok(flood(&raised, now))
    }

    /// What happened to the alarms of a line before this step (or last), newest first.
    pub async fn alarm_steps(
        &self,
        line: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AlarmStep>, StoreError> {
        type Raw = (i64, String, i64, String, String, String, String, String);
        let rows: Vec<Raw> = sqlx::query_as(
            "select id, kind, at, step, was, is_now, person, detail from alarm_step \
             where line = $1 and id < $2 order by id desc limit $3",
        )
        .bind(line)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(LOOK))?;
        let step = |(id, kind, at, step, was, is_now, person, detail): Raw| AlarmStep {
            id,
            kind,
            at: Micros(at),
            step,
            was,
            is_now,
            person,
            detail,
        };
        Ok(rows.into_iter().map(step).collect())
    }

    /// A person answers an alarm. [`StoreError::Refused`] says why it cannot be so now, and what to
    /// do instead.
    pub async fn answer_alarm(
        &self,
        line: &str,
        reason: StopReason,
        answer: &AlarmAnswer,
        person: &str,
    ) -> Result<(), StoreError> {
        self.answer_alarms(line, &[reason], answer, person).await
    }

    /// A person takes notice of every alarm of a line that nobody has taken notice of. Answers how
    /// many there were.
    pub async fn acknowledge_alarms(&self, line: &str, person: &str) -> Result<usize, StoreError> {
        let alarms = self.alarms(line).await?.into_iter().map(|now| now.alarm);
        let reasons: Vec<_> = alarms
            .filter(|alarm| alarm.state().is_unacknowledged())
            .map(|alarm| alarm.reason)
            .collect();
        self.answer_alarms(line, &reasons, &AlarmAnswer::Acknowledge, person).await?;
        Ok(reasons.len())
    }

    async fn answer_alarms(
        &self,
        line: &str,
        reasons: &[StopReason],
        answer: &AlarmAnswer,
        person: &str,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "answer an alarm";
        let at = Micros::now();
        let detail = answer.detail();
        let mut tx = self.begin(WHAT).await?;
        for reason in reasons {
            let mut seat = Seat::take(&mut tx, line, *reason, at).await?;
            let refused = |illegal: crate::alarm::IllegalStep| StoreError::Refused {
                what: WHAT,
                why: format!("{}: {illegal}", reason.words().cause),
            };
            seat.step(answer.step(), answer.until(at), (person, &detail)).await.map_err(
                |problem| match problem {
                    Stumble::Illegal(illegal) => refused(illegal),
                    Stumble::Store(problem) => problem,
                },
            )?;
            let what = format!("answered an alarm: {}", answer.step().word());
            let about = format!("{line}: {} {detail}", reason.kind());
            people::note(&mut tx, person, &what, about.trim_end()).await?;
            if self.publishes {
                let rows = [message(&mut tx, line, at, *reason).await?];
                outbox::put(&mut tx, at, &rows).await?;
            }
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        if self.publishes {
            self.outbox_grew.notify_one();
        }
        Ok(())
    }

    /// Alarms whose shelving is over come back. Answers how many.
    pub async fn end_shelving(&self, at: Micros) -> Result<usize, StoreError> {
        let due: Vec<(String, String)> =
            sqlx::query_as("select line, kind from alarm_state where until <= $1")
                .bind(at.0)
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking(LOOK))?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.begin(WHAT).await?;
        let mut ended = 0;
        for (line, kind) in due {
            let Ok(reason) = kind.parse() else { continue };
            let mut seat = Seat::take(&mut tx, &line, reason, at).await?;
            if seat.now.alarm.is_due(at) {
                seat.step(Step::Unshelve, None, ("", "its time is over")).await?;
                ended += 1;
                if self.publishes {
                    let rows = [message(&mut tx, &line, at, reason).await?];
                    outbox::put(&mut tx, at, &rows).await?;
                }
            }
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        if self.publishes {
            self.outbox_grew.notify_one();
        }
        Ok(ended)
    }
}

/// What the broker is told of an alarm: topic, payload, retain.
pub(super) async fn message(
    db: &mut SqliteConnection,
    line: &str,
    at: Micros,
    reason: StopReason,
) -> Result<outbox::Row, StoreError> {
    let AlarmNow { alarm, person, .. } = load(db, line, reason).await?;
    let rating = alarm.rating();
    let body: Value = json!({
        "at": outbox::rfc3339(at), "kind": reason.kind(),
        "words": reason.words().sentence(), "standing": alarm.condition.active,
        "state": alarm.state().word(), "priority": rating.priority.word(),
        "respond_within_seconds": rating.respond_within.as_secs(),
        "first_out": alarm.first_out, "repeats": alarm.repeats,
        "until": alarm.since.until.map(outbox::rfc3339), "person": person,
    });
    Ok(outbox::row(line, "alarm", &body, false))
}
