//! Numbers as arguments: what may stand there is said in our own words.
use std::ops::RangeInclusive;

/// Takes whole numbers of this range; `of` says of what, in the plural.
pub(super) fn whole<T: TryFrom<u64>>(
    range: RangeInclusive<u64>,
    of: &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |written| {
        let number = written.trim().parse().ok().filter(|number| range.contains(number));
        let number = number.and_then(|number: u64| T::try_from(number).ok());
        number.ok_or_else(|| {
            format!("wanted a whole number from {} to {} {of}", range.start(), range.end())
        })
    }
}

/// Takes numbers of this range, with a fraction or without.
pub(super) fn some(
    range: RangeInclusive<f32>,
    of: &'static str,
) -> impl Fn(&str) -> Result<f32, String> + Clone + Send + Sync + 'static {
    move |written| {
        let number = written.trim().parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("wanted {} to {} {of}", range.start(), range.end()))
    }
}

/// How fast products come.
pub(super) fn rate(written: &str) -> Result<f64, String> {
    some(1.0..=6_000.0, "products a minute")(written).map(f64::from)
}

/// Where all chance comes from: any number.
pub(super) fn seed(written: &str) -> Result<u64, String> {
    whole(0..=u64::MAX, "as a seed")(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_of_its_range_is_told_the_range() {
        let labels = whole::<u32>(1..=1_000_000, "labels");
        assert_eq!(labels("17"), Ok(17));
        for wrong in ["0", "-3", "1000001", "99999999999999999999", "1.5", "many", ""] {
            let said = labels(wrong).unwrap_err();
            assert_eq!(said, "wanted a whole number from 1 to 1000000 labels", "{wrong}");
        }
        let gap = some(0.0..=100.0, "mm");
        assert_eq!(gap("2.5"), Ok(2.5));
        for wrong in ["-0.1", "nan", "inf", "100.1", "2 mm"] {
            assert_eq!(gap(wrong).unwrap_err(), "wanted 0 to 100 mm", "{wrong}");
        }
    }
}
