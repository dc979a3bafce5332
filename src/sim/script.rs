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

/// Reads a script, event by event. An error names the line and what may stand there.
pub(super) fn read<Event: DeserializeOwned, Read>(
    text: &str,
    event: impl Fn(&Event) -> Result<Read, Wrong>,
) -> Result<Vec<Read>, ScriptError> {
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let written: Written<Event> = toml::from_str(text).map_err(|error| ScriptError {
        line: line(error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let one = |written: &Spanned<Event>| {
        event(written.as_ref()).map_err(|(span, problem)| ScriptError {
            line: line(span.unwrap_or_else(|| written.span()).start),
            problem,
        })
    };
    written.event.iter().map(one).collect()
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
