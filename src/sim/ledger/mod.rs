//! What physically happened on the fake floor, as it happened: the truth that beliefs are compared with.
mod books;

pub use books::{Books, LabelPlace, LabelTruth, ProductPlace, ProductTruth};

use super::scene::Look;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A label came from the printer. Labels are numbered in this order, from one.
    LabelCame {
        /// What the printer counted.
        number: u64,
        /// The data of each symbol on it.
        codes: Vec<String>,
        /// Only a part of it was printed.
        partial: bool,
    },
    /// A label is now somewhere else.
    LabelMoved {
        /// Which, in order of coming.
        label: u64,
        /// Where it is.
        place: LabelPlace,
    },
    /// A product passed the infeed eye. Products are numbered in this order, from one.
    ProductEntered {
        /// The start of the PLC that gave the tag.
        boot: u16,
        /// The tag that the PLC gave it.
        tag: u32,
    },
    /// A product is now somewhere else.
    ProductMoved {
        /// Which, in order of entering.
        product: u64,
        /// Where it is.
        place: ProductPlace,
    },
    /// A frame was handed to the socket of a camera client.
    FrameHanded {
        /// The product that it shows.
        product: u64,
        /// Counted from one since the camera started.
        trigger: u64,
        /// What was to be seen.
        look: Look,
    },
    /// A frame was not handed over: nobody watched, or a client was too slow.
    FrameDropped {
        /// The product that it would have shown.
        product: u64,
    },
    /// The PLC took up a pass for this product.
    PassHeard {
        /// Which.
        product: u64,
    },
}

/// One line of the ledger's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds since the ledger was opened.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// Why a ledger cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be made, read or written.
    #[error("ledger file {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not a fact.
    #[error("ledger file {path}, line {line}: not a fact of a ledger")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from one.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// Where facts are noted. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Ledger {
    opened: Instant,
    pages: Arc<Mutex<Pages>>,
}

#[derive(Debug, Default)]
struct Pages {
    books: Books,
    file: Option<File>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::with(Pages::default())
    }
}

impl Ledger {
    /// A ledger that also writes every fact to a new file, one JSON object a line, at once.
    pub fn written_to(path: &Path) -> Result<Self, LedgerError> {
        let file = File::create(path).map_err(|source| cannot(path, source))?;
        Ok(Self::with(Pages { books: Books::default(), file: Some(file) }))
    }

    /// Reads the books back from such a file. An unfinished last line is passed over: its writer
    /// was cut off.
    pub fn read(path: &Path) -> Result<Books, LedgerError> {
        let mut reader = BufReader::new(File::open(path).map_err(|source| cannot(path, source))?);
        let (mut books, mut text) = (Books::default(), String::new());
        for line in 1.. {
            text.clear();
            reader.read_line(&mut text).map_err(|source| cannot(path, source))?;
            if !text.ends_with('\n') {
                break;
            }
            let entry = serde_json::from_str(&text).map_err(|source| LedgerError::Line {
                path: path.to_owned(),
                line,
                source,
            })?;
            books.note(&entry);
        }
        Ok(books)
    }

    /// Notes a fact. A file that cannot be written is given up with an error in the log; the
    /// books in memory go on.
    pub fn note(&self, fact: Fact) {
        let since = self.opened.elapsed().as_micros();
        let entry = Entry { at_us: u64::try_from(since).unwrap_or(u64::MAX), fact };
        let mut pages = self.pages();
        pages.books.note(&entry);
        if let Err(error) = pages.write(&entry) {
            tracing::error!(%error, "ledger file cannot be written; going on without it");
            pages.file = None;
        }
    }

    /// A copy of the books as they are now.
    pub fn books(&self) -> Books {
        self.pages().books.clone()
    }

    /// Asks the books without copying them.
    pub fn ask<T>(&self, question: impl FnOnce(&Books) -> T) -> T {
        question(&self.pages().books)
    }

    fn with(pages: Pages) -> Self {
        Self { opened: Instant::now(), pages: Arc::new(Mutex::new(pages)) }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        file.write_all(&line)
    }
}

fn cannot(path: &Path, source: io::Error) -> LedgerError {
    LedgerError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_short_day(ledger: &Ledger) {
        let came = |number, code: &str| Fact::LabelCame {
            number,
            codes: vec![code.to_owned()],
            partial: false,
        };
        ledger.note(came(1, "A\u{1d}1"));
        ledger.note(came(2, "B"));
        ledger.note(Fact::ProductEntered { boot: 9, tag: 1 });
        ledger.note(Fact::LabelMoved { label: 1, place: LabelPlace::Product(1) });
        let look = Look::Clean;
        ledger.note(Fact::FrameHanded { product: 1, trigger: 1, look });
        ledger.note(Fact::PassHeard { product: 1 });
        ledger.note(Fact::ProductMoved { product: 1, place: ProductPlace::Good });
    }

    #[test]
    fn a_ledger_is_read_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let ledger = Ledger::written_to(&path).unwrap();
        a_short_day(&ledger);
        assert_eq!(Ledger::read(&path).unwrap(), ledger.books());
        assert_eq!(ledger.books().codes_on(1), ["A\u{1d}1"]);
    }

    #[test]
    fn a_line_that_was_cut_off_is_passed_over_and_a_wrong_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        a_short_day(&Ledger::written_to(&path).unwrap());
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        assert_eq!(Ledger::read(&path).unwrap().good().count(), 0);
        std::fs::write(&path, format!("{whole}{{}}\n")).unwrap();
        let error = Ledger::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 8"), "{error}");
    }
}
