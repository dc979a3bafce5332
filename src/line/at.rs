//! The times in a line, written down: nanoseconds from a moment that whoever writes or reads names.
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Writes or reads a line within `how`: its times are told from `since`. Outside of this, a line can
/// be neither written nor read.
pub fn relative_to<T>(since: Instant, how: impl FnOnce() -> T) -> T {
    let before = SINCE.replace(Some(since));
    let done = how();
    SINCE.set(before);
    done
}

fn to_nanos(at: Instant) -> Option<i64> {
    let since = SINCE.get()?;
    let (apart, is_before) = match at.checked_duration_since(since) {
        Some(after) => (after, false),
        None => (since.duration_since(at), true),
    };
    let nanos = i64::try_from(apart.as_nanos()).ok()?;
    Some(if is_before { -nanos } else { nanos })
}

fn from_nanos(nanos: i64) -> Option<Instant> {
    let since = SINCE.get()?;
    let apart = Duration::from_nanos(nanos.unsigned_abs());
    if nanos < 0 { since.checked_sub(apart) } else { since.checked_add(apart) }
}

const NO_BASE: &str = "the times of a line are told from a moment";

/// For a time.
pub(super) mod moment {
    use super::*;

    pub(in super::super) fn serialize<S: Serializer>(
        at: &Instant,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to_nanos(*at).ok_or_else(|| S::Error::custom(NO_BASE))?.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Instant, D::Error> {
        from_nanos(i64::deserialize(from)?).ok_or_else(|| D::Error::custom(NO_BASE))
    }
}

/// For a time that may not be set.
pub(super) mod due {
    use super::*;

    #[expect(clippy::ref_option, reason = "serde hands it over so")]
    pub(in super::super) fn serialize<S: Serializer>(
        at: &Option<Instant>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let nanos =
            at.map(|at| to_nanos(at).ok_or_else(|| S::Error::custom(NO_BASE))).transpose()?;
        nanos.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Instant>, D::Error> {
        let Some(nanos) = Option::<i64>::deserialize(from)? else { return Ok(None) };
        from_nanos(nanos).map(Some).ok_or_else(|| D::Error::custom(NO_BASE))
    }
}
