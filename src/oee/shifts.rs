//! When a line is planned to run: shifts by the clock on the wall.
use crate::telemetry::clock::Micros;
use std::fmt;

const MINUTE: i64 = 60_000_000;
const DAY_MINUTES: i64 = 24 * 60;
/// How far back a shift is looked for: a plant that worked once in two weeks.
const LOOK_BACK_DAYS: i64 = 15;

/// The shifts of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shifts {
    /// How far the clock on the wall is ahead of UTC, in minutes.
    pub ahead_minutes: i64,
    /// The shifts; they do not overlap.
    pub list: Vec<Shift>,
}

/// A shift, on every one of its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Its name.
    pub name: String,
    /// When it begins, in minutes after midnight.
    pub from: i64,
    /// When it ends; not later than it begins = on the next day.
    pub to: i64,
    /// The days on which it begins.
    pub days: Days,
}

/// Days of the week, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(pub [bool; 7]);

impl Days {
    /// Their names in configurations.
    pub const NAMES: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    /// All of them.
    pub const ALL: Self = Self([true; 7]);
}

/// A stretch of planned time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The name of the shift.
    pub name: String,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub to: Micros,
}

/// Why shifts cannot be as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShiftProblem {
    /// Two shifts have the same name.
    SameName(String),
    /// Two shifts overlap.
    Overlap(String, String),
}

impl fmt::Display for ShiftProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName(name) => write!(f, "two shifts called \"{name}\""),
            Self::Overlap(one, other) if one == other => {
                write!(f, "the shift \"{one}\", which overlaps with itself")
            }
            Self::Overlap(one, other) => {
                write!(f, "the shifts \"{one}\" and \"{other}\", which overlap")
            }
        }
    }
}

impl Default for Shifts {
    /// The whole day, every day, by UTC.
    fn default() -> Self {
        let day = Shift { name: "day".to_owned(), from: 0, to: DAY_MINUTES, days: Days::ALL };
        Self { ahead_minutes: 0, list: vec![day] }
    }
}

impl Shifts {
    /// Planned time between these times, the earliest first; what sticks out is cut off.
    pub fn windows(&self, from: Micros, to: Micros) -> Vec<Window> {
        let mut windows: Vec<Window> = (self.day(from) - 1..=self.day(to))
            .flat_map(|day| self.of_day(day))
            .map(|window| Window { from: window.from.max(from), to: window.to.min(to), ..window })
            .filter(|window| window.from < window.to)
            .collect();
        windows.sort_by_key(|window| window.from);
        windows
    }

    /// The shift that runs, or else the last one, and from there so many back.
    pub fn shift(&self, now: Micros, back: usize) -> Option<Window> {
        let days = self.day(now) - LOOK_BACK_DAYS..=self.day(now);
        let mut begun: Vec<_> =
            days.flat_map(|day| self.of_day(day)).filter(|window| window.from <= now).collect();
        begun.sort_by_key(|window| window.from);
        begun.into_iter().rev().nth(back)
    }

    /// The day by the clock on the wall, and from there so many back.
    pub fn whole_day(&self, now: Micros, back: usize) -> Window {
        let day = self.day(now) - i64::try_from(back).unwrap_or_default();
        let at = |day: i64| Micros((day * DAY_MINUTES - self.ahead_minutes) * MINUTE);
        Window { name: "day".to_owned(), from: at(day), to: at(day + 1) }
    }

    /// What is wrong with them. A week of shifts repeats, so that two show everything.
    pub fn problem(&self) -> Option<ShiftProblem> {
        for (at, shift) in self.list.iter().enumerate() {
            if self.list[..at].iter().any(|other| other.name == shift.name) {
                return Some(ShiftProblem::SameName(shift.name.clone()));
            }
        }
        let mut all: Vec<_> = (0..14).flat_map(|day| self.of_day(day)).collect();
        all.sort_by_key(|window| window.from);
        let overlap = all.windows(2).find(|pair| pair[0].to > pair[1].from)?;
        Some(ShiftProblem::Overlap(overlap[0].name.clone(), overlap[1].name.clone()))
    }

    /// Days since 1970 by the clock on the wall.
    const fn day(&self, at: Micros) -> i64 {
        (at.0.div_euclid(MINUTE) + self.ahead_minutes).div_euclid(DAY_MINUTES)
    }

    /// The shifts that begin on a day.
    fn of_day(&self, day: i64) -> Vec<Window> {
        // 1970 began on a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default();
        let at = |minute: i64| Micros((day * DAY_MINUTES + minute - self.ahead_minutes) * MINUTE);
        let window = |shift: &Shift| {
            let next_day = if shift.to <= shift.from { DAY_MINUTES } else { 0 };
            let (from, to) = (at(shift.from), at(shift.to + next_day));
            Window { name: shift.name.clone(), from, to }
        };
        self.list.iter().filter(|shift| shift.days.0[weekday]).map(window).collect()
    }
}

/// Minutes after midnight of a time such as `06:00`; `24:00` is the end of the day.
pub fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let at = hours * 60 + minutes;
    (minutes < 60 && at <= DAY_MINUTES).then_some(at)
}

/// Minutes ahead of UTC of an offset such as `+03:00`, `-05:30` or `Z`.
pub fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    // No place is further from UTC than 14 hours.
    clock(rest).filter(|minutes| *minutes <= 14 * 60).map(|minutes| sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shift(name: &str, from: &str, to: &str, days: Days) -> Shift {
        let (from, to) = (clock(from).unwrap(), clock(to).unwrap());
        Shift { name: name.to_owned(), from, to, days }
    }

    fn three(ahead: &str) -> Shifts {
        let week = Days([true, true, true, true, true, false, false]);
        Shifts {
            ahead_minutes: offset(ahead).unwrap(),
            list: vec![
                shift("early", "06:00", "14:00", week),
                shift("late", "14:00", "22:00", week),
                shift("night", "22:00", "06:00", week),
            ],
        }
    }

    fn at(text: &str) -> Micros {
        Micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn a_night_shift_goes_over_midnight_by_the_clock_on_the_wall() {
        let minsk = three("+03:00");
        let friday = minsk.shift(at("2026-11-20T22:30:00Z"), 0).unwrap();
        assert_eq!((friday.name.as_str(), friday.from), ("night", at("2026-11-20T19:00:00Z")));
        assert_eq!(friday.to, at("2026-11-21T03:00:00Z"));
        // On Sunday, the last one was that of Friday night; the one before, the late one.
        assert_eq!(minsk.shift(at("2026-11-22T10:00:00Z"), 0), Some(friday));
        assert_eq!(minsk.shift(at("2026-11-22T10:00:00Z"), 1).unwrap().name, "late");
        assert!(minsk.windows(at("2026-11-21T03:00:00Z"), at("2026-11-23T03:00:00Z")).is_empty());
        let day = minsk.whole_day(at("2026-11-20T22:30:00Z"), 0);
        assert_eq!((day.from, day.to), (at("2026-11-20T21:00:00Z"), at("2026-11-21T21:00:00Z")));
    }

    #[test]
    fn shifts_that_overlap_are_named() {
        let mut shifts = three("Z");
        assert_eq!(shifts.problem(), None);
        shifts.list[1].to = 23 * 60;
        let wanted = ShiftProblem::Overlap("late".to_owned(), "night".to_owned());
        assert_eq!(shifts.problem(), Some(wanted));
        shifts.list[1] = shift("early", "15:00", "16:00", Days::ALL);
        assert_eq!(shifts.problem(), Some(ShiftProblem::SameName("early".to_owned())));
        // A day and more: from Monday 06:00 to Tuesday 06:00, and again.
        shifts.list = vec![shift("long", "06:00", "06:00", Days::ALL)];
        assert_eq!(shifts.problem(), None);
    }

    #[test]
    fn times_and_offsets_are_read_or_refused() {
        assert_eq!(
            (clock("00:00"), clock("24:00"), clock("06:05")),
            (Some(0), Some(1440), Some(365))
        );
        assert_eq!(
            (clock("24:01"), clock("6:00"), clock("06:60"), clock("+6:00")),
            (None, None, None, None)
        );
        assert_eq!(
            (offset("+03:00"), offset("-05:30"), offset("Z")),
            (Some(180), Some(-330), Some(0))
        );
        assert_eq!((offset("03:00"), offset("+15:00"), offset("")), (None, None, None));
    }

    proptest! {
        #[test]
        fn windows_are_apart_in_order_and_within(
            from in 0..3_000_000_000_i64, length in 0..2_000_000_i64, ahead in -840..840_i64,
        ) {
            let shifts = Shifts { ahead_minutes: ahead, ..three("Z") };
            let (from, to) = (Micros(from * 1_000_000), Micros((from + length) * 1_000_000));
            let windows = shifts.windows(from, to);
            prop_assert!(windows.iter().all(|w| from <= w.from && w.from < w.to && w.to <= to));
            prop_assert!(windows.windows(2).all(|pair| pair[0].to <= pair[1].from));
            // The whole day, every day, leaves nothing out.
            let all = Shifts { ahead_minutes: ahead, ..Shifts::default() };
            let planned: i64 = all.windows(from, to).iter().map(|w| w.to.0 - w.from.0).sum();
            prop_assert_eq!(planned, to.0 - from.0);
        }
    }
}
