//! Takes a file of codes into the store while it is being read: a million codes never lie in memory
//! at once.
use crate::cli::say_to_person;
use crate::code::{ArrayLine, Gtin, ProductGroup, Refusal, SetAside, read_array_line_of};
use crate::files::{self, Broken, Form, Found};
use crate::store::{Imported, Pace, Store};
use anyhow::Context;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Bytes of a line that are looked at; no code is a tenth as long.
const LINE_BYTES_MAX: u64 = 4_096;
/// Lines that go from the reader to the store in one piece.
const PIECE: usize = 5_000;

/// Some lines of the file, read.
#[derive(Default)]
struct Piece {
    codes: Vec<ArrayLine>,
    aside: Vec<SetAside>,
}

/// Stores the codes of a file; what is set aside is named on the way.
pub(super) async fn take(
    store: &Store,
    (pool, person): (&str, &str),
    (path, form): (&Path, Option<Form>),
    only: (Gtin, ProductGroup),
    pace: Pace,
    printed: bool,
) -> anyhow::Result<Imported> {
    let source = path.display().to_string();
    let mut intake = store.intake(pool, &source, pace).await?.brought_by(person);
    if printed {
        intake = intake.of_printed_labels();
    }
    let (pieces, mut read) = mpsc::channel(2);
    let file: PathBuf = path.to_owned();
    let lines = pace.batch().min(PIECE);
    let reader = tokio::task::spawn_blocking(move || read_any(&file, form, only, (lines, &pieces)));
    while let Some(Piece { codes, aside }) = read.recv().await {
        let known = intake.store(&codes, &aside).await?;
        name(&source, &aside, &known);
    }
    reader.await.context("read the file")?.with_context(|| format!("read {source}"))?;
    Ok(intake.finish().await?)
}

fn name(source: &str, aside: &[SetAside], known: &[(usize, String)]) {
    for SetAside { line, refusal } in aside {
        say_to_person(&format!("{source}:{line}: {refusal}"));
    }
    for (line, reason) in known {
        say_to_person(&format!("{source}:{line}: {reason}"));
    }
}

/// Reads a file of any form: of this one, or of whatever it looks like.
fn read_any(
    path: &Path,
    form: Option<Form>,
    only: (Gtin, ProductGroup),
    (lines, pieces): (usize, &mpsc::Sender<Piece>),
) -> io::Result<()> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let form = match form {
        Some(form) => form,
        None => Form::guess(file.fill_buf()?),
    };
    if form == Form::Txt {
        return read_file(path, only, (lines, pieces));
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
    match ended {
        Ok(()) => {}
        Err(Broken::Io(error)) => return Err(error),
        Err(broken @ Broken::Form { .. }) => {
            let refusal = Refusal::Unreadable(format!("{broken}; nothing after it was read"));
            piece.aside.push(SetAside { line: last + 1, refusal });
        }
    }
    let _ = pieces.blocking_send(piece);
    Ok(())
}

fn read_file(
    path: &Path,
    (gtin, group): (Gtin, ProductGroup),
    (lines, pieces): (usize, &mpsc::Sender<Piece>),
) -> io::Result<()> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let (mut piece, mut raw) = (Piece::default(), Vec::new());
    for line in 1.. {
        if !read_raw(&mut file, &mut raw)? {
            break;
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
    // Nobody takes it any more: the store has failed and says so itself.
    let _ = pieces.blocking_send(piece);
    Ok(())
}

/// The next line without its end, or so much of it as a code could be; nothing at the end.
fn read_raw(file: &mut BufReader<File>, raw: &mut Vec<u8>) -> io::Result<bool> {
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
