//! The truth about what came out: one entry a sheet, and what can be counted from them.
//!
//! Stable: [`SheetOut`], [`Why`], [`good_labels`], [`duplicates`], [`read_ledger`].
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Why a label came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A format asked for it.
    Format,
    /// It is the second try of a label that a fault stopped (`^JZY`, `SET REPRINT ON`).
    AfterFault,
    /// Somebody pressed FEED.
    Feed,
    /// Somebody pressed REPRINT, or a host sent `PRINT -1`.
    Reprint,
    /// Somebody else asked for it, over another connection.
    SecondTalker,
}

/// A label that came out, as the printer's ledger has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct SheetOut {
    /// Counted from one over the life of the printer.
    pub number: u64,
    /// What each symbol on it carries that can be read, left to right as the format has them: GS
    /// as character 29, without the leading FNC1.
    pub codes: Vec<String>,
    /// Only a part of it was printed.
    pub partial: bool,
    /// The part of its length that was printed: 1 is all of it.
    pub cut: f64,
    /// Not one dot is black.
    pub blank: bool,
    /// The printer printed a void pattern over it (`ezpl.reprint_void`): no code on it is good.
    pub voided: bool,
    /// Why it was printed.
    pub why: Why,
    /// The odometer counted it.
    pub counted: bool,
    /// When it began to move, milliseconds since the printer started.
    pub began_ms: f64,
    /// When it stood still or the next one began.
    pub ended_ms: f64,
}

impl SheetOut {
    /// It is a second print of something that was printed before, in whole or in part.
    pub fn is_reprint(&self) -> bool {
        matches!(self.why, Why::AfterFault | Why::Reprint)
    }

    /// It is complete: what can be read on it would be put on a product.
    pub fn is_good(&self) -> bool {
        !self.partial && !self.voided && !self.codes.is_empty()
    }
}

/// On how many good labels each code is.
pub fn good_labels(sheets: &[SheetOut]) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for sheet in sheets.iter().filter(|sheet| sheet.is_good()) {
        for code in &sheet.codes {
            *counts.entry(code.as_str()).or_default() += 1;
        }
    }
    counts
}

/// Codes that are on more than one good label, and on how many.
pub fn duplicates(sheets: &[SheetOut]) -> BTreeMap<&str, u64> {
    let mut counts = good_labels(sheets);
    counts.retain(|_, count| *count > 1);
    counts
}

/// The part of the time between the first and the last label during which the web stood still:
/// 0 is a web that never stopped.
pub fn standstill(sheets: &[SheetOut]) -> f64 {
    let (Some(first), Some(last)) = (sheets.first(), sheets.last()) else { return 0.0 };
    let moved: f64 = sheets.iter().map(|sheet| sheet.ended_ms - sheet.began_ms).sum();
    let all = last.ended_ms - first.began_ms;
    if all > 0.0 { (1.0 - moved / all).max(0.0) } else { 0.0 }
}

/// Reads a ledger that a printer wrote, one JSON object a line. Fails when it cannot be read; a
/// last line that was cut off by the end of the process is left out.
pub fn read_ledger(file: &Path) -> io::Result<Vec<SheetOut>> {
    let text = std::fs::read_to_string(file)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
}

/// The file in which every sheet is written down.
#[derive(Debug)]
pub(super) struct Book(File);

impl Book {
    /// Opens it; what stands in it stays.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Writes a sheet at the end.
    pub(super) fn write(&mut self, sheet: &SheetOut) {
        let written = serde_json::to_string(sheet)
            .map_err(io::Error::from)
            .and_then(|line| self.0.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            tracing::error!(sheet = sheet.number, %error, "a sheet is not in the ledger file");
        }
    }
}
