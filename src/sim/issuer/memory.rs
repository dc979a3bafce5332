//! The file of the issuer's memory: every request that changed something, one line of JSON each. A
//! killed issuer reads it, does the same requests again at the same times, and goes on.
use super::desk::{Call, Desk, Query};
use super::table;
use super::trouble::Luck;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

/// A request that was done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Deed {
    at_ms: i64,
    /// How many identifiers were given before it.
    ids: u64,
    method: String,
    /// As in the table, with names in braces.
    path: String,
    #[serde(default)]
    parts: Query,
    #[serde(default)]
    query: Query,
    body: String,
    #[serde(default)]
    luck: Luck,
}

/// What else changes the desk: the hands of whoever runs the issuer.
pub(super) const KNOW: &str = "know";
pub(super) const REFUSE_ORDERS: &str = "refuse_orders";
pub(super) const ANNUL: &str = "annul";

impl Deed {
    pub(super) fn of(entry: &table::Entry, call: &Call<'_>, ids: u64) -> Self {
        Self {
            at_ms: call.now_ms,
            ids,
            method: entry.method.to_owned(),
            path: entry.path.to_owned(),
            parts: call.path.clone(),
            query: call.query.clone(),
            body: String::from_utf8_lossy(call.body).into_owned(),
            luck: call.luck.clone(),
        }
    }

    /// Something done by hand.
    pub(super) fn by_hand(what: &str, body: &str, at_ms: i64) -> Self {
        Self {
            at_ms,
            ids: 0,
            method: "HAND".to_owned(),
            path: what.to_owned(),
            parts: Query::new(),
            query: Query::new(),
            body: body.to_owned(),
            luck: Luck::default(),
        }
    }

    /// Does it, as at first. Only what was done is in the file, so nothing is refused.
    pub(super) fn again(&self, desk: &mut Desk) -> io::Result<()> {
        desk.look_at_the_clock(self.at_ms);
        match (self.method.as_str(), self.path.as_str()) {
            ("HAND", KNOW) => {
                desk.know(self.body.as_bytes());
                return Ok(());
            }
            ("HAND", REFUSE_ORDERS) => {
                desk.refuse_orders = serde_json::from_str(&self.body)?;
                return Ok(());
            }
            ("HAND", ANNUL) => {
                desk.annul_all(self.at_ms);
                return Ok(());
            }
            _ => {}
        }
        let unknown = || io::Error::new(io::ErrorKind::InvalidData, self.path.clone());
        let entry = table::entry(&self.method, &self.path).ok_or_else(unknown)?;
        desk.ids = self.ids;
        let call = Call {
            now_ms: self.at_ms,
            path: &self.parts,
            query: &self.query,
            body: self.body.as_bytes(),
            luck: &self.luck,
        };
        if self.luck.annulled {
            desk.annul_all(self.at_ms);
        }
        let answer = (entry.handle)(desk, &call);
        answer.map(drop).map_err(|_| io::Error::other(format!("{} is refused now", self.path)))
    }
}

/// Does everything in a file again. Gives the time of the last deed. A last line that was cut off
/// was never answered, and is left out.
pub(super) fn remember(path: &Path, desk: &mut Desk) -> io::Result<Option<i64>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut lines = BufReader::new(file);
    let (mut last, mut line, mut number) = (None, String::new(), 0);
    loop {
        line.clear();
        number += 1;
        if lines.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            break;
        }
        let wrong = |error: io::Error| io::Error::other(format!("line {number}: {error}"));
        let deed: Deed = serde_json::from_str(&line).map_err(|error| wrong(error.into()))?;
        deed.again(desk).map_err(wrong)?;
        last = Some(deed.at_ms);
    }
    Ok(last)
}

/// Opens the file for more. A last line that was cut off is taken away.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let whole = match std::fs::read(path) {
        Ok(raw) => raw.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let file = File::options().create(true).append(true).open(path)?;
    file.set_len(whole as u64)?;
    Ok(file)
}

/// Writes a deed down, before it is answered.
pub(super) fn write(file: &mut File, deed: &Deed) -> io::Result<()> {
    let mut line = serde_json::to_vec(deed)?;
    line.push(b'\n');
    file.write_all(&line)
}
