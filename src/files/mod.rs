//! Codes in files (pure): arrays and reports as TXT, CSV, JSON and XML, for systems without an
//! interface.
//!
//! The separator (character 29) survives in each of them: TXT and CSV carry it as it is, JSON as
//! `\u001d`, and XML, which may not carry it, has codes in base64.
mod boxes;
mod csv;
mod json;
mod write;
mod xml;

pub use boxes::{Packed, read_boxes};
pub use write::{Head, Row, Unwritable, Writer};

use std::fmt;
use std::io::BufRead;
use std::str::FromStr;

/// The most bytes of a line that are looked at; no code is a tenth as long.
const LINE_BYTES_MAX: u64 = 4_096;
/// Names under which files have codes, in small letters.
const CODE_NAMES: [&str; 14] = [
    "code",
    "code_gs29",
    "cis",
    "ki",
    "km",
    "label",
    "mark",
    "sntin",
    "uit",
    "км",
    "ки",
    "код",
    "код маркировки",
    "кодмаркировки",
];

/// What a file looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One code a line.
    Txt,
    /// A table with a line of names.
    Csv,
    /// Texts, or objects with a code in each.
    Json,
    /// Elements with a code in each.
    Xml,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Txt, Self::Csv, Self::Json, Self::Xml];

    /// The word on the command line, and the end of a file's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xml => "xml",
        }
    }

    /// What it is called in HTTP.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Txt => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }

    /// What a file is, by its beginning. What is nothing else is one code a line.
    pub fn guess(beginning: &[u8]) -> Self {
        let text = String::from_utf8_lossy(beginning);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let second = text.chars().nth(1);
        match text.chars().next() {
            Some('{' | '[') => Self::Json,
            Some('<') if second.is_some_and(|c| c == '?' || c == '!' || c.is_alphabetic()) => {
                if text.starts_with("<GS>") {
                    Self::Txt
                } else {
                    Self::Xml
                }
            }
            _ if csv::Columns::of(text.lines().next().unwrap_or_default()).is_some() => Self::Csv,
            _ => Self::Txt,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Form {
    type Err = UnknownForm;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|form| form.word() == word);
        known.ok_or_else(|| UnknownForm(word.to_owned()))
    }
}

/// A word that names no form of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no form of a file; there are txt, csv, json and xml")]
pub struct UnknownForm(String);

/// What stands at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A text that should be a code.
    Text(String),
    /// Something that cannot be one.
    Bad(String),
}

/// A file that cannot be read any further: what came before it was handed over.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The file itself.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
    /// It is not what it should be from there on.
    #[error("not {form} from there on: {why}")]
    Form {
        /// What it should be.
        form: Form,
        /// Where and why.
        why: String,
    },
}

/// Who hears what stands in a file: its place, counted from one (the line of TXT and CSV, the
/// number of the code in JSON and XML), and what is there. `false` ends the reading.
pub type Hearer<'a> = &'a mut dyn FnMut(usize, Found) -> bool;

/// Reads a file from beginning to end, without keeping it.
pub fn read(form: Form, from: &mut dyn BufRead, each: Hearer<'_>) -> Result<(), Broken> {
    match form {
        Form::Txt => lines(from, &mut |place, line| {
            line.trim().is_empty() || each(place, Found::Text(line.to_owned()))
        }),
        Form::Csv => csv::read(from, each),
        Form::Json => json::read(from, each),
        Form::Xml => xml::read(from, each),
    }
}

/// Lines without their ends and without a byte order mark; of one that is too long only the
/// beginning, which is no code. Bytes that are not UTF-8 become a character that no code has.
fn lines(from: &mut dyn BufRead, each: &mut dyn FnMut(usize, &str) -> bool) -> Result<(), Broken> {
    let mut raw = Vec::new();
    for place in 1.. {
        raw.clear();
        let mut some = std::io::Read::take(&mut *from, LINE_BYTES_MAX);
        if some.read_until(b'\n', &mut raw)? == 0 {
            break;
        }
        if raw.last() == Some(&b'\n') {
            raw.pop();
        } else if raw.len() as u64 == LINE_BYTES_MAX {
            skip_line(from)?;
        }
        let text = String::from_utf8_lossy(&raw);
        let text = text.trim_end_matches('\r');
        let text = if place == 1 { text.trim_start_matches('\u{feff}') } else { text };
        if !each(place, text) {
            break;
        }
    }
    Ok(())
}

fn skip_line(from: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let some = from.fill_buf()?;
        let end = some.iter().position(|byte| *byte == b'\n');
        let (used, over) = end.map_or((some.len(), some.is_empty()), |at| (at + 1, true));
        from.consume(used);
        if over {
            return Ok(());
        }
    }
}

fn is_code_name(name: &str) -> bool {
    let name = name.trim().to_lowercase();
    CODE_NAMES.contains(&name.as_str())
}

#[cfg(test)]
mod tests;
