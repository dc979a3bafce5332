//! `codes`: arrays of codes, looked at without storing anything.
use super::say;
use crate::code::{self, ArrayLine, SetAside};
use anyhow::Context;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with an array.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Codes {
    /// Takes every code apart, one JSON object a line; says of every other line why it is no code.
    Parse {
        /// The array, one code a line; standard input if there is none.
        file: Option<PathBuf>,
        /// Codes of another trade item are refused.
        #[arg(long)]
        gtin: Option<code::Gtin>,
    },
}

impl Codes {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Parse { file, gtin } = self;
        let text = read(file.as_ref())?;
        let (taken, aside) = code::read_array(&text, *gtin);
        let mut lines: Vec<(usize, Value)> = taken.iter().map(of_code).collect();
        lines.extend(aside.iter().map(of_refusal));
        lines.sort_by_key(|(line, _)| *line);
        for (_, object) in &lines {
            say(&object.to_string());
        }
        Ok(if aside.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The text of a file, or of standard input. Bytes that are not UTF-8 become the replacement
/// character, which no code can contain: the line is refused by its number, the rest is read.
pub(super) fn read(file: Option<&PathBuf>) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if let Some(path) = file {
        bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    } else {
        std::io::stdin().lock().read_to_end(&mut bytes).context("read standard input")?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn of_code(code: &ArrayLine) -> (usize, Value) {
    let parts = code::parse(code.text.as_str()).expect("it was read a moment ago");
    let tail: serde_json::Map<_, _> =
        parts.tail.iter().map(|e| (e.ai.to_owned(), Value::from(e.value))).collect();
    let object = json!({
        "line": code.line,
        "ok": true,
        "group": code.group.alias(),
        "gtin": code.gtin.as_str(),
        "serial": code.serial,
        "tail": tail,
        "human_readable": parts.human_readable(),
        "text": code.text.as_str(),
    });
    (code.line, object)
}

fn of_refusal(aside: &SetAside) -> (usize, Value) {
    let reason = aside.refusal.to_string();
    (aside.line, json!({"line": aside.line, "ok": false, "reason": reason}))
}
