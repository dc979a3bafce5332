//! Scripts as people write them: TOML, one `[[event]]` table for each thing that goes wrong.
use super::trouble::{Rule, Trouble};
use crate::sim::script::{self, ScriptError, Wrong};
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    trouble: Spanned<Name>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    after: u32,
    times: Option<u32>,
    chance: Option<Spanned<f64>>,
    ms: Option<Spanned<u64>>,
    seconds: Option<Spanned<u64>>,
    status: Option<Spanned<u16>>,
    reason: Option<Spanned<String>>,
    codes: Option<Spanned<u32>>,
    result: Option<Spanned<u32>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    #[serde(rename = "error_500")]
    Error500,
    TooMany,
    Refused,
    Unheard,
    Silent,
    Slow,
    LostAnswer,
    DoneLate,
    Garbled,
    HalfAnswer,
    TokenGone,
    OrderDeclined,
    OrderTakes,
    ReportRefused,
    CodesRefused,
    Annulled,
    Restart,
}

/// A script that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// What the issuer's clock shows at the start, in milliseconds since 1970, where it says so.
    pub starts_at_ms: Option<i64>,
    /// What goes wrong.
    pub rules: Vec<Rule>,
}

/// Reads a script. What may stand in it is in `docs/sim-issuer.md`.
pub fn read(text: &str) -> Result<Script, ScriptError> {
    let (starts_at_ms, rules) = script::read_timed(text, rule)?;
    Ok(Script { starts_at_ms, rules })
}

fn rule(event: &Event) -> Result<Rule, Wrong> {
    let chance = event.chance.as_ref().map(|chance| *chance.as_ref());
    if !(0.0..=1.0).contains(&chance.unwrap_or(1.0)) {
        let span = event.chance.as_ref().map(Spanned::span);
        return Err((span, "`chance` is from 0.0 to 1.0".to_owned()));
    }
    only_what_belongs(event)?;
    Ok(Rule {
        path: event.path.clone(),
        after: event.after,
        // What was planned comes once, what comes by chance has no end.
        times: event.times.or_else(|| chance.is_none().then_some(1)),
        chance: chance.unwrap_or(1.0),
        trouble: trouble(event)?,
    })
}

fn only_what_belongs(event: &Event) -> Result<(), Wrong> {
    let given = [
        ("ms", event.ms.as_ref().map(Spanned::span)),
        ("seconds", event.seconds.as_ref().map(Spanned::span)),
        ("status", event.status.as_ref().map(Spanned::span)),
        ("reason", event.reason.as_ref().map(Spanned::span)),
        ("codes", event.codes.as_ref().map(Spanned::span)),
        ("result", event.result.as_ref().map(Spanned::span)),
    ];
    let usual = ["trouble", "path", "after", "times", "chance"];
    script::only_what_belongs(given, &usual, keys(*event.trouble.as_ref()))
}

/// The keys that may stand beside the usual ones.
fn keys(name: Name) -> &'static [&'static str] {
    match name {
        Name::Error500
        | Name::Unheard
        | Name::LostAnswer
        | Name::Garbled
        | Name::HalfAnswer
        | Name::TokenGone
        | Name::Annulled => &[],
        Name::TooMany => &["seconds"],
        Name::Refused => &["status", "reason"],
        Name::Silent | Name::Slow | Name::DoneLate | Name::Restart => &["ms"],
        Name::OrderDeclined | Name::ReportRefused => &["reason"],
        Name::OrderTakes => &["ms", "seconds"],
        Name::CodesRefused => &["codes", "result"],
    }
}

fn trouble(event: &Event) -> Result<Trouble, Wrong> {
    let time = || {
        let ms = event.ms.as_ref().map(|ms| Duration::from_millis(*ms.as_ref()));
        let seconds = event.seconds.as_ref().map(|s| Duration::from_secs(*s.as_ref()));
        ms.or(seconds).ok_or_else(|| wants("ms", "how long, in milliseconds"))
    };
    let reason = || event.reason.as_ref().map_or("by script", |reason| reason.as_ref()).to_owned();
    Ok(match *event.trouble.as_ref() {
        Name::Error500 => Trouble::Error500,
        Name::TooMany => Trouble::TooMany(event.seconds.as_ref().map(|s| *s.as_ref())),
        Name::Refused => Trouble::Refused(status(event)?, reason()),
        Name::Unheard => Trouble::Unheard,
        Name::Silent => Trouble::Silent(time()?),
        Name::Slow => Trouble::Slow(time()?),
        Name::LostAnswer => Trouble::LostAnswer,
        Name::DoneLate => Trouble::DoneLate(time()?),
        Name::Garbled => Trouble::Garbled,
        Name::HalfAnswer => Trouble::HalfAnswer,
        Name::TokenGone => Trouble::TokenGone,
        Name::OrderDeclined => Trouble::Declined(reason()),
        Name::OrderTakes => Trouble::OrderTakes(time()?),
        Name::ReportRefused => Trouble::ReportRefused(reason()),
        Name::CodesRefused => {
            let result = event.result.as_ref().map(|result| *result.as_ref());
            let result = result.filter(|result| *result > 0);
            let result = result.ok_or_else(|| wants("result", "a result other than 0"))?;
            Trouble::CodesRefused(event.codes.as_ref().map_or(1, |codes| *codes.as_ref()), result)
        }
        Name::Annulled => Trouble::Annulled,
        Name::Restart => Trouble::Restart(time()?),
    })
}

fn status(event: &Event) -> Result<u16, Wrong> {
    let Some(status) = &event.status else { return Ok(400) };
    match *status.as_ref() {
        number @ 400..=599 => Ok(number),
        _ => Err((Some(status.span()), "`status` is from 400 to 599".to_owned())),
    }
}

fn wants(key: &str, what: &str) -> Wrong {
    (None, format!("this trouble wants `{key}`: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_script_is_read() {
        let text = r#"
start = "2026-01-01T03:00:00+03:00"

[[event]]
path = "/codes"
after = 2
trouble = "lost_answer"

[[event]]
chance = 0.05
trouble = "slow"
ms = 1500

[[event]]
path = "/utilisation"
times = 3
trouble = "codes_refused"
codes = 2
result = 12
"#;
        let rule = |path: &str, after, times, chance, trouble| Rule {
            path: path.to_owned(),
            after,
            times,
            chance,
            trouble,
        };
        let wanted = vec![
            rule("/codes", 2, Some(1), 1.0, Trouble::LostAnswer),
            rule("", 0, None, 0.05, Trouble::Slow(Duration::from_millis(1_500))),
            rule("/utilisation", 0, Some(3), 1.0, Trouble::CodesRefused(2, 12)),
        ];
        assert_eq!(read(text), Ok(Script { starts_at_ms: Some(1_767_225_600_000), rules: wanted }));
        assert_eq!(read(""), Ok(Script::default()));
    }

    #[test]
    fn an_error_names_the_line_and_what_may_stand_there() {
        let refused = |text: &str| {
            let error = read(text).unwrap_err();
            (error.line, error.problem)
        };
        let (line, says) = refused("[[event]]\ntrouble = \"bad_day\"\n");
        assert!(line == 2 && says.contains("lost_answer") && says.contains("error_500"), "{says}");
        let (line, says) = refused("[[event]]\ntrouble = \"garbled\"\nms = 3\n");
        assert!(line == 3 && says.contains("path, after, times, chance"), "{says}");
        let (line, says) = refused("\n[[event]]\ntrouble = \"garbled\"\nchance = 1.5\n");
        assert!(line == 4 && says.contains("0.0 to 1.0"), "{says}");
        let (line, says) = refused("[[event]]\ntrouble = \"slow\"\n");
        assert!(line == 1 && says.contains("ms"), "{says}");
        let (line, says) = refused("[[event]]\ntrouble = \"refused\"\nstatus = 200\n");
        assert!(line == 3 && says.contains("400 to 599"), "{says}");
        let (line, says) = refused("\nstart = \"2026-01-01\"\n");
        assert!(line == 2 && says.contains("2026-01-01T00:00:00Z"), "{says}");
        let (line, says) = refused("[[event]]\ntrouble = \"codes_refused\"\nresult = 0\n");
        assert!(line == 1 && says.contains("result"), "{says}");
    }
}
