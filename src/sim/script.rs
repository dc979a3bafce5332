//! Scripts of fakes as people write them: TOML, one `[[event]]` table for each thing that happens.
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;

/// A script that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ScriptError {
    /// Where, counted from one.
    pub line: usize,
    /// What is wrong, and what may stand there.
    pub problem: String,
}

/// Where (the whole event, if nowhere), and what.
pub(super) type Wrong = (Option<Range<usize>>, String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<Event> {
    #[serde(default = "Vec::new")]
    event: Vec<Spanned<Event>>,
}

/// The same, for a fake with a clock: what that shows at the start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Timed<Event> {
    start: Option<Spanned<String>>,
    #[serde(default = "Vec::new")]
    event: Vec<Spanned<Event>>,
}

/// Reads a script, event by event. An error names the line and what may stand there.
pub(super) fn read<Event: DeserializeOwned, Read>(
    text: &str,
    event: impl Fn(&Event) -> Result<Read, Wrong>,
) -> Result<Vec<Read>, ScriptError> {
    let written: Written<Event> = parse(text)?;
    each(text, &written.event, event)
}

/// Reads a script with a time of the start, in milliseconds since 1970.
pub(super) fn read_timed<Event: DeserializeOwned, Read>(
    text: &str,
    event: impl Fn(&Event) -> Result<Read, Wrong>,
) -> Result<(Option<i64>, Vec<Read>), ScriptError> {
    let written: Timed<Event> = parse(text)?;
    let time = |start: &Spanned<String>| {
        let read: Result<jiff::Timestamp, _> = start.as_ref().parse();
        read.map(jiff::Timestamp::as_millisecond).map_err(|_| ScriptError {
            line: line(text, start.span().start),
            problem: "`start` is a time such as 2026-01-01T00:00:00Z".to_owned(),
        })
    };
    let start = written.start.as_ref().map(time).transpose()?;
    Ok((start, each(text, &written.event, event)?))
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn parse<Written: DeserializeOwned>(text: &str) -> Result<Written, ScriptError> {
    toml::from_str(text).map_err(|error| ScriptError {
        line: line(text, error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })
}

fn each<Event, Read>(
    text: &str,
    events: &[Spanned<Event>],
    event: impl Fn(&Event) -> Result<Read, Wrong>,
) -> Result<Vec<Read>, ScriptError> {
    let one = |written: &Spanned<Event>| {
        event(written.as_ref()).map_err(|(span, problem)| ScriptError {
            line: line(text, span.unwrap_or_else(|| written.span()).start),
            problem,
        })
    };
    events.iter().map(one).collect()
}

/// Refuses a key that stands where it means nothing, and names those that mean something there:
/// the `usual` ones and those that `may` stand beside them.
pub(super) fn only_what_belongs(
    given: impl IntoIterator<Item = (&'static str, Option<Range<usize>>)>,
    usual: &[&str],
    may: &[&str],
) -> Result<(), Wrong> {
    for (key, span) in given {
        if span.is_some() && !may.contains(&key) {
            let others = [usual, may].concat().join(", ");
            return Err((span, format!("`{key}` says nothing here; there may be: {others}")));
        }
    }
    Ok(())
}
