//! An array of codes goes into the store while its file is being read: a million codes never lie in
//! memory at once. One way for the command and the page.
use super::{Imported, Pace, Store, StoreError};
use crate::code::{ArrayLine, Gtin, ProductGroup, Refusal, SetAside, read_array_line_of};
use crate::files::{self, Broken, Form, Found};
use std::io::{self, BufRead, Read as _};
use tokio::sync::mpsc;

/// Bytes of a line that are looked at; no code is a tenth as long.
const LINE_BYTES_MAX: u64 = 4_096;
/// Lines that go from the reader to the store in one piece.
const PIECE: usize = 5_000;

/// An array that is to be taken.
#[derive(Debug, Clone, Copy)]
pub struct ArrayFile<'a> {
    /// The pool that its codes go into.
    pub pool: &'a str,
    /// Where it came from, such as a file's name.
    pub source: &'a str,
    /// Who brings it, for the story of each code.
    pub person: &'a str,
    /// What it looks like; nothing: whatever its beginning looks like.
    pub form: Option<Form>,
    /// Codes of other trade items and groups are set aside.
    pub only: (Gtin, ProductGroup),
    /// How much is written in one go.
    pub pace: Pace,
    /// Its codes are on labels already.
    pub printed: bool,
}

/// Why an array was not taken to its end.
#[derive(Debug, thiserror::Error)]
pub enum ArrayFileError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be read any further. What came before is in the store.
    #[error("the file cannot be read to its end")]
    Unread {
        /// What was taken before.
        imported: Imported,
        /// Why.
        source: io::Error,
    },
}

/// Some lines of the file, read.
#[derive(Default)]
struct Piece {
    codes: Vec<ArrayLine>,
    aside: Vec<SetAside>,
}

impl Store {
    /// Stores the codes of a file while it is read. `aside` hears every place that was set aside (the
    /// line, or the number of the code), with the reason. After a failure the same file goes on.
    pub async fn take_array(
        &self,
        array: ArrayFile<'_>,
        from: impl BufRead + Send + 'static,
        aside: &mut (dyn FnMut(usize, &str) + Send),
    ) -> Result<Imported, ArrayFileError> {
        let ArrayFile { pool, source, person, form, only, pace, printed } = array;
        let mut intake = self.intake(pool, source, pace).await?.brought_by(person);
        if printed {
            intake = intake.of_printed_labels();
        }
        let (pieces, mut read) = mpsc::channel(2);
        let lines = pace.batch().min(PIECE);
        let reader =
            tokio::task::spawn_blocking(move || read_any(from, form, only, (lines, &pieces)));
        while let Some(piece) = read.recv().await {
            let known = intake.store(&piece.codes, &piece.aside).await?;
            tell(&piece, known, aside);
        }
        let read = reader.await.map_err(io::Error::other).flatten();
        let imported = intake.finish().await?;
        read.map(|()| imported).map_err(|source| ArrayFileError::Unread { imported, source })
    }
}

fn tell(piece: &Piece, known: Vec<(usize, String)>, aside: &mut (dyn FnMut(usize, &str) + Send)) {
    let mut all = known;
    all.extend(piece.aside.iter().map(|place| (place.line, place.refusal.to_string())));
    all.sort_unstable_by_key(|(line, _)| *line);
    for (line, reason) in &all {
        aside(*line, reason);
    }
}

/// Reads a file of any form: of this one, or of whatever it looks like.
fn read_any(
    mut file: impl BufRead,
    form: Option<Form>,
    only: (Gtin, ProductGroup),
    (lines, pieces): (usize, &mpsc::Sender<Piece>),
) -> io::Result<()> {
    let form = match form {
        Some(form) => form,
        None => Form::guess(file.fill_buf()?),
    };
    if form == Form::Txt {
        return read_lines(file, only, (lines, pieces));
    }
    let (mut piece, mut last) = (Piece::default(), 0);
    let ended = files::read(form, &mut file, &mut |line, found| {
        last = line;
        let read = match found {
            Found::Text(text) => read_array_line_of(line, &text, Some(only.0), only.1),
            Found::Bad(why) => Some(Err(Refusal::Unreadable(why))),
        };
        match read {
            Some(Ok(code)) => piece.codes.push(code),
            Some(Err(refusal)) => piece.aside.push(SetAside { line, refusal }),
            None => {}
        }
        let is_full = piece.codes.len() + piece.aside.len() >= lines;
        !is_full || pieces.blocking_send(std::mem::take(&mut piece)).is_ok()
    });
    let ended = match ended {
        Ok(()) => Ok(()),
        Err(Broken::Io(error)) => Err(error),
        Err(broken @ Broken::Form { .. }) => {
            let refusal = Refusal::Unreadable(format!("{broken}; nothing after it was read"));
            piece.aside.push(SetAside { line: last + 1, refusal });
            Ok(())
        }
    };
    // Nobody takes it any more: the store has failed and says so itself.
    let _ = pieces.blocking_send(piece);
    ended
}

fn read_lines(
    mut file: impl BufRead,
    (gtin, group): (Gtin, ProductGroup),
    (lines, pieces): (usize, &mpsc::Sender<Piece>),
) -> io::Result<()> {
    let (mut piece, mut raw) = (Piece::default(), Vec::new());
    let mut ended = Ok(());
    for line in 1.. {
        match read_raw(&mut file, &mut raw) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
        let text = String::from_utf8_lossy(&raw);
        let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { &text };
        match read_array_line_of(line, text, Some(gtin), group) {
            Some(Ok(code)) => piece.codes.push(code),
            Some(Err(refusal)) => piece.aside.push(SetAside { line, refusal }),
            None => {}
        }
        if piece.codes.len() + piece.aside.len() >= lines {
            let full = std::mem::take(&mut piece);
            if pieces.blocking_send(full).is_err() {
                return Ok(());
            }
        }
    }
    let _ = pieces.blocking_send(piece);
    ended
}

/// The next line without its end, or so much of it as a code could be; nothing at the end.
fn read_raw(file: &mut impl BufRead, raw: &mut Vec<u8>) -> io::Result<bool> {
    raw.clear();
    if file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', raw)? == 0 {
        return Ok(false);
    }
    if raw.last() == Some(&b'\n') {
        raw.pop();
    } else if raw.len() as u64 == LINE_BYTES_MAX {
        file.skip_until(b'\n')?;
    }
    Ok(true)
}
