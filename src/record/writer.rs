//! Writes a recording: a thread that may wait for the disk.
use super::Head;
use super::ring::RingSettings;
use crate::line::relative_to;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::mpsc;

/// Some lines of a recording.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// They are the first of a new file, which begins like this. Times in it are told from then.
    pub(super) opens: Option<(Head, Instant)>,
    pub(super) bytes: Vec<u8>,
    pub(super) facts: u64,
    /// Facts that did not fit into the queue before this piece.
    pub(super) lost_before: u64,
}

impl Piece {
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Writes files of a recording, one after the other.
#[derive(Debug)]
pub(super) struct Writer {
    folder: PathBuf,
    ring: RingSettings,
    /// Nothing is written while there is none.
    file: Option<File>,
    /// Facts that could not be written.
    lost: u64,
    has_gap: Arc<AtomicBool>,
}

impl Writer {
    pub(super) const fn new(folder: PathBuf, ring: RingSettings, has_gap: Arc<AtomicBool>) -> Self {
        Self { folder, ring, file: None, lost: 0, has_gap }
    }

    /// Takes pieces until the recorder is gone. A disk that takes nothing costs facts, not the line.
    pub(super) fn write(mut self, mut pieces: mpsc::Receiver<Piece>) {
        while let Some(mut piece) = pieces.blocking_recv() {
            if let Some((head, since)) = piece.opens.take() {
                self.open(&head, since);
            }
            self.take(&piece);
        }
    }

    /// What is missing of the file before does not concern the new one.
    fn open(&mut self, head: &Head, since: Instant) {
        let path = self.folder.join(format!("{:020}.rec", head.at));
        let text = relative_to(since, || serde_json::to_vec(head));
        let mut text = text.expect("words and numbers become JSON");
        text.push(b'\n');
        let made = create(&path).and_then(|mut file| file.write_all(&text).map(|()| file));
        match made {
            Ok(file) => (self.file, self.lost) = (Some(file), 0),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "nothing is recorded");
                self.file = None;
                self.has_gap.store(true, Ordering::Relaxed);
            }
        }
        self.ring.make_room(&path, self.ring.bytes_of_a_file());
    }

    fn take(&mut self, piece: &Piece) {
        let Some(file) = &mut self.file else {
            self.has_gap.store(true, Ordering::Relaxed);
            return;
        };
        let was_lost = self.lost;
        self.lost += piece.lost_before;
        let mut bytes = Vec::new();
        if self.lost > 0 {
            // What was written last may be half a line.
            bytes.extend_from_slice(format!("\n{{\"lost\":{}}}\n", self.lost).as_bytes());
        }
        bytes.extend_from_slice(&piece.bytes);
        match file.write_all(&bytes) {
            Ok(()) => self.lost = 0,
            Err(error) => {
                if was_lost == 0 {
                    tracing::warn!(%error, "facts are not recorded");
                }
                self.lost += piece.facts;
                self.has_gap.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// Code texts are in it: nobody but the owner may read it.
fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
