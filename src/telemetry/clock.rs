//! The only place that reads the wall clock.
use crate::code::Day;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Today, in the time zone of this house.
pub fn today() -> Day {
    let date = Timestamp::from_microsecond(Micros::now().0).unwrap_or_default();
    let date = date.to_zoned(TimeZone::system()).date();
    let part = |n: i8| u8::try_from(n).unwrap_or_default();
    let year = u16::try_from(date.year()).unwrap_or_default();
    Day::of(year, part(date.month()), part(date.day())).unwrap_or(Day::EARLY)
}

/// Microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// How long ago this was; nothing if it is yet to come.
    pub fn age(self) -> Duration {
        let age = Self::now().0.saturating_sub(self.0);
        Duration::from_micros(u64::try_from(age).unwrap_or_default())
    }
}
