//! Tells today's core what a line was told, and compares what it says.
use super::{Entry, FromRestored, Head, Start};
use crate::line::{Line, Outcome, relative_to};
use serde::Serialize;
use std::io::BufRead;
use std::time::{Duration, Instant};

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read.
    #[error("read the recording")]
    Read(#[from] std::io::Error),
    /// It does not begin like a recording.
    #[error("this is no recording of a line, or one of a version whose words are not known today")]
    Head(#[source] serde_json::Error),
    /// It is of another form.
    #[error("the recording is of form {0}, this program reads form {form}", form = Head::FORM)]
    Form(u32),
    /// A line in the middle makes no sense.
    #[error("line {line} of the recording cannot be read")]
    Entry {
        /// Its number in the file, from one.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The name of the line.
    pub line: String,
    /// The program that recorded it.
    pub program: String,
    /// When it began, in microseconds since 1970 (UTC).
    pub at: i64,
    /// Facts that were replayed.
    pub facts: u64,
    /// The file ends in the middle of a line: the process that wrote it was killed.
    pub is_cut: bool,
    /// So many facts are missing from here on: what comes after them cannot be replayed.
    pub lost: u64,
    /// The first fact that today's core answers in another way.
    pub differs: Option<Difference>,
}

/// A fact that is answered in another way than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The number of the fact, from one; 0 = how the line was restored.
    pub n: u64,
    /// When, in microseconds since 1970 (UTC).
    pub at: i64,
    /// The fact, in words of the core.
    pub event: String,
    /// What was recorded.
    pub recorded: Vec<String>,
    /// What today's core says.
    pub today: Vec<String>,
}

/// Replays a recording up to its end, to the first difference, or to where facts are missing. `now`
/// is any time: only what lies between the facts matters.
pub fn replay(mut file: impl BufRead, now: Instant) -> Result<Replay, ReplayError> {
    let mut raw = Vec::new();
    file.read_until(b'\n', &mut raw)?;
    let form = serde_json::from_slice::<Form>(&raw).map_err(ReplayError::Head)?;
    if form.kind != Head::KIND || form.form != Head::FORM {
        return Err(ReplayError::Form(form.form));
    }
    let head: Head =
        relative_to(now, || serde_json::from_slice(&raw)).map_err(ReplayError::Head)?;
    let mut done = Replay {
        line: head.line,
        program: head.program,
        at: head.at,
        facts: 0,
        is_cut: false,
        lost: 0,
        differs: None,
    };
    let mut core = match head.start {
        Start::Restored(start) => {
            let FromRestored { settings, order, restored, records, commands } = *start;
            let (core, said) = Line::restore(settings, order, restored);
            let recorded = Outcome { records, commands };
            done.differs = compare((0, head.at), "restored", &recorded, &said);
            core
        }
        Start::Standing(core) => *core,
    };
    let mut line = 1;
    while done.differs.is_none() {
        line += 1;
        raw.clear();
        file.read_until(b'\n', &mut raw)?;
        if raw.is_empty() {
            break;
        }
        if raw == b"\n" {
            continue;
        }
        if raw.last() != Some(&b'\n') {
            done.is_cut = true;
            break;
        }
        match serde_json::from_slice(&raw) {
            Ok(Entry::Fact { n, t, event, records, commands }) => {
                let words = format!("{event:?}");
                let today = core.handle(now + Duration::from_nanos(t), event);
                let at = head.at + i64::try_from(t / 1_000).unwrap_or(i64::MAX);
                let recorded = Outcome { records, commands };
                done.facts = n;
                done.differs = compare((n, at), &words, &recorded, &today);
            }
            Ok(Entry::Lost(lost)) => {
                done.lost = lost;
                break;
            }
            Err(source) => {
                done.lost = lost_next(&mut file)?.ok_or(ReplayError::Entry { line, source })?;
                break;
            }
        }
    }
    Ok(done)
}

/// Enough of the head to say of which form it is.
#[derive(serde::Deserialize)]
struct Form {
    kind: String,
    form: u32,
}

/// Half a line stands where the disk was full: the next one says how much is missing.
fn lost_next(file: &mut impl BufRead) -> Result<Option<u64>, ReplayError> {
    let mut raw = Vec::new();
    file.read_until(b'\n', &mut raw)?;
    match serde_json::from_slice(&raw) {
        Ok(Entry::Lost(lost)) => Ok(Some(lost)),
        Ok(Entry::Fact { .. }) | Err(_) => Ok(None),
    }
}

fn compare(
    (n, at): (u64, i64),
    event: &str,
    recorded: &Outcome,
    today: &Outcome,
) -> Option<Difference> {
    (recorded != today).then(|| Difference {
        n,
        at,
        event: event.to_owned(),
        recorded: words(recorded),
        today: words(today),
    })
}

fn words(outcome: &Outcome) -> Vec<String> {
    let records = outcome.records.iter().map(|record| format!("record {record:?}"));
    let commands = outcome.commands.iter().map(|command| format!("command {command:?}"));
    records.chain(commands).collect()
}
