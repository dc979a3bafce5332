//! One alarm of a line over time: the deadband against chatter, the end of shelving.
use super::state::{Condition, IllegalStep, State, Step};
use super::{Priority, Rating, latches, rate};
use crate::line::StopReason;
use crate::telemetry::clock::Micros;
use std::time::Duration;

/// A cause that comes back within this time after it went is the same occurrence: counted, not
/// told anew. Long enough for a bin that is half full and for a door that does not quite close,
/// shorter than anybody needs to mend and break something again.
pub const DEADBAND: Duration = Duration::from_secs(10);

/// Shelving ends at the latest after this time: a shift.
pub const SHELVED_AT_MOST: Duration = Duration::from_hours(8);

/// An alarm of a line that was ever raised or touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub reason: StopReason,
    /// How it stands.
    pub condition: Condition,
    /// When what happened to it last.
    pub since: Since,
    /// Whether it was the first of its burst.
    pub first_out: bool,
    /// How often its cause came back within the deadband since it was raised.
    pub repeats: u32,
}

/// When what happened to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Since {
    /// Its cause came, for the first time of this occurrence.
    pub raised: Option<Micros>,
    /// Its cause went last.
    pub cleared: Option<Micros>,
    /// Somebody took notice last.
    pub acked: Option<Micros>,
    /// The end of its shelving, if it is shelved.
    pub until: Option<Micros>,
}

/// How a cause came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// A new occurrence, which is to be told.
    New,
    /// The same occurrence as a moment ago.
    Again,
    /// A new occurrence that is not told: the alarm is shelved, suppressed or out of service.
    Hidden,
    /// It stood already.
    Already,
}

impl Alarm {
    /// Nothing was ever heard of it.
    pub fn new(reason: StopReason) -> Self {
        let condition = Condition::NEW;
        Self { reason, condition, since: Since::default(), first_out: false, repeats: 0 }
    }

    /// How it is shown.
    pub const fn state(&self) -> State {
        self.condition.state
    }

    /// How urgent it is.
    pub const fn rating(&self) -> Rating {
        rate(self.reason)
    }

    /// How urgent it is.
    pub const fn priority(&self) -> Priority {
        self.rating().priority
    }

    /// Its cause came. `first_out`: no other alarm came shortly before.
    pub fn raise(&mut self, at: Micros, first_out: bool) -> Came {
        let again = self.since.cleared.is_some_and(|cleared| within(DEADBAND, cleared, at));
        let step = if again { Step::Repeat } else { Step::Raise };
        if self.take(step).is_err() {
            return Came::Already;
        }
        if again {
            self.repeats = self.repeats.saturating_add(1);
            return Came::Again;
        }
        self.since = Since { raised: Some(at), cleared: None, acked: None, ..self.since };
        self.repeats = 0;
        let is_hidden = self.state().is_hidden();
        self.first_out = first_out && !is_hidden;
        if is_hidden { Came::Hidden } else { Came::New }
    }

    /// Its cause went. Says whether it had stood.
    pub fn clear(&mut self, at: Micros) -> bool {
        let stood = self.take(Step::Clear).is_ok();
        if stood {
            self.since.cleared = Some(at);
        }
        stood
    }

    /// Any other step. `until` is the end of a shelving, bounded by [`SHELVED_AT_MOST`].
    pub fn step(
        &mut self,
        step: Step,
        at: Micros,
        until: Option<Micros>,
    ) -> Result<(), IllegalStep> {
        self.take(step)?;
        if step == Step::Acknowledge {
            self.since.acked = Some(at);
        }
        let latest = Micros(at.0.saturating_add(micros(SHELVED_AT_MOST)));
        let is_shelved = self.state() == State::Shelved;
        self.since.until = is_shelved.then(|| until.unwrap_or(latest).min(latest));
        Ok(())
    }

    /// Whether its shelving is over.
    pub fn is_due(&self, at: Micros) -> bool {
        self.since.until.is_some_and(|until| until <= at)
    }

    /// Whether nobody took notice within the time to respond.
    pub fn is_overdue(&self, at: Micros) -> bool {
        let limit = micros(self.rating().respond_within);
        let late = |raised: Micros| at.0.saturating_sub(raised.0) > limit;
        self.state().is_unacknowledged() && self.since.raised.is_some_and(late)
    }

    fn take(&mut self, step: Step) -> Result<(), IllegalStep> {
        self.condition = self.condition.after(step, latches(self.reason))?;
        Ok(())
    }
}

/// Whether two moments are no further apart than this. Also of a clock that was set back.
fn within(limit: Duration, from: Micros, to: Micros) -> bool {
    to.0.saturating_sub(from.0).unsigned_abs() <= u64::try_from(micros(limit)).unwrap_or(0)
}

pub(super) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: i64) -> Micros {
        Micros(seconds * 1_000_000)
    }

    #[test]
    fn a_door_that_rattles_is_one_alarm_and_needs_one_acknowledgement() {
        let mut alarm = Alarm::new(StopReason::GuardOpen);
        assert_eq!(alarm.raise(s(0), true), Came::New);
        alarm.step(Step::Acknowledge, s(1), None).unwrap();
        for second in 2..12 {
            assert!(alarm.clear(s(second * 5)));
            assert_eq!(alarm.raise(s(second * 5 + 2), true), Came::Again);
        }
        assert_eq!((alarm.repeats, alarm.state()), (10, State::Acknowledged));
        assert_eq!(alarm.since.raised, Some(s(0)));
        alarm.clear(s(100));
        assert_eq!(alarm.raise(s(111), false), Came::New);
        assert_eq!((alarm.repeats, alarm.state()), (0, State::Unacknowledged));
    }

    #[test]
    fn shelving_ends_by_itself_and_never_later_than_a_shift() {
        let mut alarm = Alarm::new(StopReason::BinFull);
        alarm.raise(s(0), true);
        alarm.step(Step::Shelve, s(1), Some(s(600))).unwrap();
        assert!(!alarm.is_due(s(599)) && alarm.is_due(s(600)));
        alarm.step(Step::Unshelve, s(600), None).unwrap();
        assert_eq!((alarm.state(), alarm.since.until), (State::Unacknowledged, None));
        alarm.step(Step::Shelve, s(601), Some(s(1_000_000))).unwrap();
        assert_eq!(alarm.since.until, Some(s(601 + 8 * 3600)));
    }

    #[test]
    fn what_comes_while_it_is_put_aside_is_not_told_and_not_first() {
        let mut alarm = Alarm::new(StopReason::BinFull);
        alarm.step(Step::TakeOut, s(0), None).unwrap();
        assert_eq!(alarm.raise(s(1), true), Came::Hidden);
        assert!(!alarm.first_out);
        assert_eq!(alarm.raise(s(2), true), Came::Already);
    }

    #[test]
    fn an_alarm_that_nobody_answers_in_time_is_overdue() {
        let mut alarm = Alarm::new(StopReason::BadProductPassed);
        alarm.raise(s(0), true);
        assert!(!alarm.is_overdue(s(60)) && alarm.is_overdue(s(61)));
        alarm.step(Step::Acknowledge, s(61), None).unwrap();
        assert!(!alarm.is_overdue(s(62)));
    }
}
