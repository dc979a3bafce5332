//! When lines are planned to run, and how fast.
use super::reader::Reader;
use crate::oee::{Days, Plan, Shift, Shifts, clock, offset};
use std::time::Duration;

/// The table `shifts`, of all lines or of one; `usual` where there is none.
pub(super) fn shifts(at: &mut Reader<'_>, usual: &Shifts) -> Shifts {
    if !at.has("shifts") {
        return usual.clone();
    }
    let mut table = at.table("shifts");
    let ahead_minutes = if table.has("utc_offset") {
        let wanted = "what the clock on the wall is ahead of UTC, such as \"+03:00\" or \"Z\"";
        table.read("utc_offset", wanted, offset)
    } else {
        Some(usual.ahead_minutes)
    };
    let tables = table.tables("shift");
    let (file, problems) = table.file_and_problems();
    let read = |(key, of_shift)| shift(Reader::new(file, key, of_shift, problems));
    let read: Vec<_> = tables.into_iter().map(read).collect();
    let list: Vec<Shift> = read.iter().flatten().cloned().collect();
    let is_whole = list.len() == read.len();
    let list = if list.is_empty() { usual.list.clone() } else { list };
    let shifts = Shifts { ahead_minutes: ahead_minutes.unwrap_or_default(), list };
    if let Some(problem) = shifts.problem().filter(|_| is_whole) {
        table.wrong("shift", problem, "shifts with names of their own, one after the other");
    }
    table.end("utc_offset, shift");
    shifts
}

fn shift(mut at: Reader<'_>) -> Option<Shift> {
    let wanted = "a time such as \"06:00\"";
    let name = at.text("name", "a name, such as \"early\"");
    let from = at.read("from", wanted, |text| clock(text).filter(|from| *from < 24 * 60));
    let to = at.read("to", wanted, clock);
    let every_day: Vec<String> = Days::NAMES.map(str::to_owned).into();
    let named = at.texts_or("days", &every_day);
    let is_day = |day: &String| Days::NAMES.contains(&day.as_str());
    if named.is_empty() || !named.iter().all(is_day) {
        let found = format!("[\"{}\"]", named.join("\", \""));
        at.wrong("days", found, "days of mon, tue, wed, thu, fri, sat, sun");
    }
    at.end("name, from, to, days");
    let days = Days(Days::NAMES.map(|day| named.iter().any(|named| named == day)));
    Some(Shift { name, from: from?, to: to?, days })
}

/// What is planned for a line.
pub(super) fn plan(at: &mut Reader<'_>, usual: &Shifts) -> Plan {
    let design = at.decimal_or("design_per_minute", 0.0, 0.0, 100_000.0);
    let micro_stop = at.time_or(
        "micro_stop",
        Plan::default().micro_stop,
        Duration::from_secs(1),
        Duration::from_hours(1),
    );
    let design_per_minute = (design > 0.0).then_some(design);
    Plan { shifts: shifts(at, usual), design_per_minute, micro_stop }
}
