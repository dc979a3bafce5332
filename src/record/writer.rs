//! Writes a recording: a thread that may wait for the disk.
use super::ring::RingSettings;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use tokio::sync::mpsc;

/// The ring is looked after whenever so many bytes were written.
const LOOK_AFTER_BYTES: u64 = 1 << 23;
/// What the last line of a full recording takes.
const FULL: &[u8] = b"\"full\"\n";

/// Some lines of a recording.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) facts: u64,
    /// Facts that did not fit into the queue before this piece.
    pub(super) lost_before: u64,
}

/// Takes pieces until the recorder is gone. A disk that takes nothing costs facts, not the line.
pub(super) fn write(path: &Path, ring: RingSettings, mut pieces: mpsc::Receiver<Piece>) {
    let mut tape = match Tape::open(path, ring) {
        Ok(tape) => tape,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "nothing is recorded");
            return;
        }
    };
    while let Some(piece) = pieces.blocking_recv() {
        if !tape.take(&piece) {
            return;
        }
    }
}

struct Tape<'a> {
    path: &'a Path,
    ring: RingSettings,
    file: File,
    bytes: u64,
    looked_at: u64,
    lost: u64,
}

impl<'a> Tape<'a> {
    /// Code texts are in it: nobody but the owner may read it.
    fn open(path: &'a Path, ring: RingSettings) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = File::options();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        ring.make_room(path, 0);
        Ok(Self { path, ring, file, bytes: 0, looked_at: 0, lost: 0 })
    }

    /// Whether more is wanted.
    fn take(&mut self, piece: &Piece) -> bool {
        let was_lost = self.lost;
        self.lost += piece.lost_before;
        let mut bytes = Vec::new();
        if self.lost > 0 {
            // What was written last may be half a line.
            bytes.extend_from_slice(format!("\n{{\"lost\":{}}}\n", self.lost).as_bytes());
        }
        bytes.extend_from_slice(&piece.bytes);
        if self.bytes + bytes.len() as u64 > self.ring.bytes_max {
            tracing::info!(path = %self.path.display(), "the recording is full");
            let _ = self.file.write_all(FULL);
            return false;
        }
        match self.file.write_all(&bytes) {
            Ok(()) => self.lost = 0,
            Err(error) => {
                if was_lost == 0 {
                    tracing::warn!(%error, path = %self.path.display(), "facts are not recorded");
                }
                self.lost += piece.facts;
            }
        }
        self.bytes += bytes.len() as u64;
        if self.bytes - self.looked_at > LOOK_AFTER_BYTES {
            self.looked_at = self.bytes;
            self.ring.make_room(self.path, self.bytes);
        }
        true
    }
}
