//! What a report of applied codes says besides the codes, out of a job's lot (pure).
use crate::code::{Extra, GS, Parts, ProductGroup};
use crate::store::Lot;
use crate::upstream::ReportWords;
use serde_json::{Map, Value, json};

/// What a product group wants to hear (manual, p. 221–236): the names of its fields.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    groups: &'static [&'static str],
    production: Option<&'static str>,
    best_before: Option<&'static str>,
    batch: Option<&'static str>,
    /// Dates with a time of day and the zone.
    with_time: bool,
}

const WANTED: &[Wanted] = &[
    Wanted {
        groups: &["milk"],
        production: Some("productionDate"),
        best_before: Some("expDate"),
        batch: Some("batchNumber"),
        with_time: false,
    },
    Wanted {
        groups: &["tobacco", "otp", "ncp"],
        production: Some("productionDate"),
        best_before: None,
        batch: Some("productionOrderId"),
        with_time: true,
    },
    Wanted {
        groups: &["pharma"],
        production: Some("productionDate"),
        best_before: Some("expirationDate"),
        batch: Some("seriesNumber"),
        with_time: false,
    },
    Wanted {
        groups: &["chemistry"],
        production: Some("productionDate"),
        best_before: Some("expirationDate"),
        batch: None,
        with_time: false,
    },
];

/// Dairy and medicines in Kazakhstan, whose interface description of 2023 knows no other fields.
const BY_SERIES: Wanted = Wanted {
    groups: &["milk", "pharma"],
    production: None,
    best_before: Some("expirationDate"),
    batch: Some("seriesNumber"),
    with_time: false,
};

/// Goods that are good for 72 hours or less are told with the hour (manual, p. 231).
const SHORT_LIVED_DAYS: i32 = 3;

fn wanted(group: ProductGroup) -> Option<&'static Wanted> {
    WANTED.iter().find(|wanted| wanted.groups.contains(&group.alias()))
}

/// What the station of this country wants to hear of it.
fn wanted_by(group: ProductGroup, words: ReportWords) -> Option<&'static Wanted> {
    let by_series = words == ReportWords::V2BySeries && BY_SERIES.groups.contains(&group.alias());
    if by_series { Some(&BY_SERIES) } else { wanted(group) }
}

/// Whether codes of different lots need different reports.
pub(super) fn is_by_lot(group: ProductGroup) -> bool {
    wanted(group).is_some()
}

/// The attributes of a report of applied codes: `more` as configured, and what the lot says. A text
/// that is no date is left out: the station says what it misses.
pub(super) fn about(
    group: ProductGroup,
    lot: &Lot,
    words: ReportWords,
    more: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let mut about = more.cloned().unwrap_or_default();
    let Some(wanted) = wanted_by(group, words) else { return about };
    let mut say = |key: Option<&str>, value: Option<String>| {
        if let (Some(key), Some(value)) = (key, value.filter(|value| !value.is_empty())) {
            about.insert(key.to_owned(), json!(value));
        }
    };
    let date = |text: &str| date(text).map(|date| worded(date, wanted.with_time));
    say(wanted.production, date(&lot.date));
    say(wanted.batch, Some(lot.batch.trim().to_owned()));
    let until = if wanted.best_before == Some("expDate") { short_lived(lot) } else { None };
    match (words, wanted.best_before) {
        (ReportWords::V2, Some("expDate")) if until.is_some() => {
            say(Some("expDate72"), until.map(|until| until.strftime("%y%m%d%H%M").to_string()));
        }
        (_, Some("expDate")) if until.is_some() => {
            say(Some("expDate72"), until.map(|until| until.strftime("%Y-%m-%dT%H:%M").to_string()));
        }
        // As the live station had it in 2023: six digits in Russia.
        (ReportWords::V2, Some("expDate")) => {
            say(Some("expDate"), self::date(&lot.best_before).map(six_digits));
        }
        (_, best_before) => say(best_before, date(&lot.best_before)),
    }
    about
}

/// Year, month, day of a date as it stands on labels: `2026-08-31`, `31.08.2026`, `31.08.26`,
/// `31/08/2026`, or `260831` as in AI 17. A time after the date is passed over.
pub(super) fn date(text: &str) -> Option<(i32, u32, u32)> {
    let text = text.split_whitespace().next()?.split('T').next()?;
    let parts: Vec<&str> = text.split(['.', '-', '/']).collect();
    let number = |text: &str| text.parse::<u32>().ok();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        [day, month, year] if year.len() == 4 => (number(year)?, number(month)?, number(day)?),
        [day, month, year] if year.len() == 2 => {
            (2000 + number(year)?, number(month)?, number(day)?)
        }
        [digits] if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            (2000 + number(&digits[..2])?, number(&digits[2..4])?, number(&digits[4..])?)
        }
        _ => return None,
    };
    let date = (i32::try_from(year).ok()?, month, day);
    civil(date).map(|_| date)
}

/// The moment until which goods are good that live 72 hours or less: a best-before day with a time
/// of day (`02.08.2026 14:00`), at most three days after the day of production.
fn short_lived(lot: &Lot) -> Option<jiff::civil::DateTime> {
    let day = |text: &str| civil(date(text)?);
    let (made, until) = (day(&lot.date)?, day(&lot.best_before)?);
    let (_, time) = lot.best_before.trim().split_once([' ', 'T'])?;
    let (hour, minute) = time.trim().split_once(':')?;
    // Seconds, or a word behind it, do not matter.
    let minute = minute.get(..2)?;
    let time = jiff::civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    let days = until.since(made).ok()?.get_days();
    (0..=SHORT_LIVED_DAYS).contains(&days).then(|| until.to_datetime(time))
}

fn civil((year, month, day): (i32, u32, u32)) -> Option<jiff::civil::Date> {
    let small = |n: u32| i8::try_from(n).ok();
    jiff::civil::Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()
}

fn worded((year, month, day): (i32, u32, u32), with_time: bool) -> String {
    let date = format!("{year:04}-{month:02}-{day:02}");
    // Nobody said when; the zone is that of the manual's examples.
    if with_time { date + "T00:00:00+0300" } else { date }
}

fn six_digits((year, month, day): (i32, u32, u32)) -> String {
    format!("{:02}{month:02}{day:02}", year % 100)
}

/// Whether reports of this group's spoiled codes say more than the reason (manual, p. 177).
pub fn spoiled_says_more(group: ProductGroup) -> bool {
    ["tobacco", "otp", "ncp"].contains(&group.alias())
}

/// The attributes of a report of spoiled codes: as configured. Where nobody says otherwise, what is
/// in a box that was spoiled is not spoiled with it.
pub(super) fn about_spoiled(
    group: ProductGroup,
    more: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let mut about = more.cloned().unwrap_or_default();
    if spoiled_says_more(group) {
        about.entry("withChild").or_insert(json!(false));
    }
    about
}

/// The code as it is told: `appended` belongs behind the check part in reports only, such as the
/// weight of dairy (`3103`) or the volume of beer (`335Y`). What stands there already is not
/// appended again.
pub(super) fn as_told(code: &Parts<'_>, appended: Option<&str>) -> String {
    let has = |field: &str| {
        code.extras().iter().any(|extra| field == format!("{}{}", extra.ai, extra.value))
    };
    match appended {
        Some(appended) if !has(appended) => format!("{}{GS}{appended}", code.text()),
        Some(_) | None => code.text().to_owned(),
    }
}

/// Whether this may be appended to every code of a trade item: one field of those that may stand
/// behind a check part, such as `3103` and six digits.
pub fn may_be_appended(text: &str) -> bool {
    Extra::of_field(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::parse;

    fn lot() -> Lot {
        let (batch, date) = ("L0801".to_owned(), "01.08.2026".to_owned());
        Lot { batch, date, best_before: "2026-08-31".to_owned() }
    }

    fn of(alias: &str, words: ReportWords) -> Option<Value> {
        ProductGroup::from_alias(alias)
            .map(|group| Value::Object(about(group, &lot(), words, None)))
    }

    #[test]
    fn dairy_is_told_with_dates_and_batch() {
        let wanted = json!({"expDate": "2026-08-31", "productionDate": "2026-08-01",
                            "batchNumber": "L0801"});
        assert_eq!(of("milk", ReportWords::V3), Some(wanted));
        assert_eq!(of("milk", ReportWords::V2).unwrap()["expDate"], "260831");
        assert_eq!(of("water", ReportWords::V3), Some(json!({})), "no attributes");
        assert!(is_by_lot(ProductGroup::MILK) && !is_by_lot(ProductGroup::WATER));
    }

    #[test]
    fn dairy_that_lives_three_days_is_told_with_the_hour() {
        let told = |date: &str, best_before: &str, words| {
            let lot = Lot { date: date.into(), best_before: best_before.into(), ..lot() };
            let about = about(ProductGroup::MILK, &lot, words, None);
            let text = |key: &str| about.get(key).and_then(Value::as_str).map(str::to_owned);
            (text("expDate72"), text("expDate"))
        };
        let text = |text: &str| Some(text.to_owned());
        for best_before in ["04.08.2026 14:05", "2026-08-04T14:05", "04.08.26  14:05:00"] {
            let hour = (text("2026-08-04T14:05"), None);
            assert_eq!(told("01.08.2026", best_before, ReportWords::V3), hour, "{best_before}");
        }
        assert_eq!(
            told("01.08.2026", "04.08.2026 14:05", ReportWords::V2),
            (text("2608041405"), None)
        );
        for (date, best_before) in [
            ("01.08.2026", "05.08.2026 14:05"),
            ("05.08.2026", "05.08.2026"),
            ("01.08.2026", "04.08.2026 25:05"),
            ("", "04.08.2026 14:05"),
            ("06.08.2026", "05.08.2026 14:05"),
        ] {
            let day = self::date(best_before).map(|date| worded(date, false));
            assert_eq!(
                told(date, best_before, ReportWords::V3),
                (None, day),
                "{date} {best_before}"
            );
        }
    }

    #[test]
    fn every_group_has_its_own_names() {
        for wanted in WANTED {
            assert!(!wanted.groups.is_empty() && wanted.production.is_some());
        }
        if let Some(about) = of("tobacco", ReportWords::V3) {
            assert_eq!(about["productionDate"], "2026-08-01T00:00:00+0300");
        }
    }

    #[test]
    fn dates_are_read_as_they_stand_on_labels() {
        for text in
            ["2026-08-31", "31.08.2026", "31.08.26", "31/08/2026", "260831", "31.08.2026 14:00"]
        {
            assert_eq!(date(text), Some((2026, 8, 31)), "{text}");
        }
        for text in ["", "soon", "31.02.2026", "2026", "99.99.9999"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn kazakhstan_hears_of_dairy_by_series() {
        let wanted = json!({"expirationDate": "2026-08-31", "seriesNumber": "L0801"});
        assert_eq!(of("milk", ReportWords::V2BySeries), Some(wanted.clone()));
        assert_eq!(of("pharma", ReportWords::V2BySeries), Some(wanted));
    }

    #[test]
    fn spoiled_tobacco_is_told_with_what_is_configured_and_without_what_is_in_it() {
        let more = json!({"address": "Minsk", "participantId": "1"});
        let more = more.as_object();
        let of = |group, more| Value::Object(about_spoiled(group, more));
        let wanted = json!({"address": "Minsk", "participantId": "1", "withChild": false});
        assert_eq!(of(ProductGroup::TOBACCO, more), wanted);
        assert_eq!(of(ProductGroup::MILK, None), json!({}));
    }

    #[test]
    fn a_weight_is_appended_behind_the_check_part_and_once() {
        let code = "0104640016748389215fp(IS\u{1d}93dGVz";
        let told = |code: &str, appended| as_told(&parse(code).unwrap(), appended);
        let weighed = told(code, Some("3103001324"));
        assert_eq!(weighed, format!("{code}\u{1d}3103001324"));
        assert_eq!(told(&weighed, Some("3103001324")), weighed);
        assert_eq!(told(code, None), code);
        // A serial number that looks like what is appended is none.
        let counted = "0104640016748389215fp305\u{1d}93dGVz";
        assert_eq!(told(counted, Some("305")), format!("{counted}\u{1d}305"));
    }

    #[test]
    fn what_may_stand_behind_a_check_part_may_be_appended() {
        for right in
            ["3103001324", "3350000500", "3355000500", "3012", "3102000010", "3110000001", "97QUJD"]
        {
            assert!(may_be_appended(right), "{right}");
        }
        for wrong in
            ["", "310300132", "31030013245", "3356000500", "3359000500", "91ABCD", "97QUJ", "30"]
        {
            assert!(!may_be_appended(wrong), "{wrong}");
        }
    }
}
