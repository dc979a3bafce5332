//! A day of the calendar: forms of codes and duties hold from a day until a day.
use std::fmt;
use std::str::FromStr;

/// A day. Whoever reads a clock makes one and hands it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no day: wanted YEAR-MONTH-DAY, such as 2025-10-01")]
pub struct NoDay(String);

impl Day {
    /// The day of this date; nothing where the calendar has no such day.
    pub const fn of(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if day >= 1 && day <= last { Some(Self { year, month, of_month: day }) } else { None }
    }

    /// A day before every rule: for questions whose answer does not hang on the day.
    pub const EARLY: Self = Self::known(2000, 1, 1);

    /// A day of a table in this room.
    pub(super) const fn known(year: u16, month: u8, day: u8) -> Self {
        match Self::of(year, month, day) {
            Some(day) => day,
            None => panic!("the calendar has no such day"),
        }
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// As people write it: `8 July 2021`.
    pub fn words(self) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        format!("{} {} {}", self.of_month, MONTHS[usize::from(self.month) - 1], self.year)
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let read = || {
            let (year, rest) = text.split_once('-')?;
            let (month, day) = rest.split_once('-')?;
            let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
            let right = [year, month, day].map(str::len) == [4, 2, 2];
            let right = right && digits(year) && digits(month) && digits(day);
            right.then_some(())?;
            Self::of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        };
        read().ok_or_else(|| NoDay(text.to_owned()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_written_and_in_order() {
        let day: Day = "2025-10-01".parse().unwrap();
        assert_eq!((day.to_string(), day.words()), ("2025-10-01".into(), "1 October 2025".into()));
        assert!(day > "2025-09-30".parse().unwrap());
        assert!("2024-02-29".parse::<Day>().is_ok());
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        for wrong in
            ["2025-02-29", "2025-13-01", "2025-00-01", "25-1-1", "2025-1-01", "", "+025-01-01"]
        {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }
}
