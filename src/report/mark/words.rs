//! What reports say of their codes: the dates and words of the job, and what the configuration adds.
use crate::store::{Job, MarkParams, MarkWords as Labelled, NextToMark, Store, StoreError};
use crate::telemetry::clock::Micros;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What is said of all codes, beside what their job says. What is configured is stronger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarkWords {
    /// In labelling reports.
    pub labelling: MarkParams,
    /// In reports of production.
    pub production: MarkParams,
}

/// What a labelling report says: when it was made, and what it is.
pub(super) async fn of_labelling(
    store: &Store,
    words: &MarkWords,
    next: &NextToMark,
) -> Result<MarkParams, StoreError> {
    let mut params = dates(store, next.job, next.since).await?;
    params.remove(EXPIRATION);
    let goods = store.goods(next.gtin).await?;
    if let Some(goods) = goods.filter(|goods| !goods.name.is_empty()) {
        params.insert("item_name".to_owned(), goods.name);
    }
    params.extend(words.labelling.clone());
    Ok(params)
}

/// What a report of production says: the same day as the labelling report, and how long it is good.
pub(super) async fn of_production(
    store: &Store,
    words: &MarkWords,
    labelled: &Labelled,
) -> Result<MarkParams, StoreError> {
    let mut params = dates(store, labelled.job, Micros::now()).await?;
    if let Some(day) = labelled.params.get(MANUFACTURE) {
        params.insert(MANUFACTURE.to_owned(), day.clone());
    }
    params.extend(words.production.clone());
    Ok(params)
}

const MANUFACTURE: &str = "manufacture_date";
const EXPIRATION: &str = "expiration_date";

/// The dates of a job's lot, year first. Where the lot names no day of production, it is the day on
/// which the first code was read on its product.
async fn dates(store: &Store, job: Option<i64>, since: Micros) -> Result<MarkParams, StoreError> {
    let job: Option<Job> = match job {
        Some(job) => store.job(job).await?,
        None => None,
    };
    let lot = match &job {
        Some(job) => store.lot_of(job).await?,
        None => crate::store::Lot::default(),
    };
    let made = day(&lot.date).or_else(|| day_of(since));
    let pairs = [(MANUFACTURE, made), (EXPIRATION, day(&lot.best_before))];
    Ok(pairs
        .into_iter()
        .filter_map(|(key, day)| Some((key.to_owned(), day?.to_string())))
        .collect())
}

fn day_of(at: Micros) -> Option<Date> {
    let at = jiff::Timestamp::from_microsecond(at.0).ok()?;
    Some(at.to_zoned(TimeZone::system()).date())
}

/// A day as labels have it: 01.08.2026, 01.08.26, 1/8/2026 or 2026-08-01.
fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let mut parts = text.split(['.', '/', '-']).map(str::trim);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let year: i16 = year.parse().ok()?;
    let year = if year < 100 { 2000 + year } else { year };
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn the_days_of_labels_are_read_and_nonsense_is_not() {
        for text in ["01.08.2026", "1.8.26", " 2026-08-01 ", "01/08/2026"] {
            assert_eq!(day(text).unwrap().to_string(), "2026-08-01", "{text}");
        }
        for text in ["", "August", "31.02.2026", "08.2026", "1.8.26.5"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
