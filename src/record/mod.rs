//! The flight recorder of a line: every fact that it was told, and every record and command that it
//! answered, in files of its own. It never makes the line wait.
//!
//! A recording begins where a line is restored. It goes on in another file whenever it has grown, and
//! after a gap: that one begins with how the line stood. So each file replays alone, and the oldest
//! can go.
mod replay;
mod ring;
mod writer;

pub use replay::{Difference, Replay, ReplayError, replay};
pub use ring::RingSettings;

use crate::line::{Command, Event, Line, LineSettings, Order, Outcome, Record, Restored};
use crate::telemetry::clock::Micros;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use writer::{Piece, Writer};

/// Pieces that wait for the disk: some seconds of a fast line.
const PIECES_WAITING: usize = 256;

/// A gap in a recording is ended after so many facts at the earliest: a disk that takes nothing shall
/// not be asked for a new file again and again.
const FACTS_AFTER_GAP: u64 = 1_000;

/// The first line of a recording, as JSON; every later one is an [`Entry`].
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// Always [`Head::KIND`].
    kind: String,
    /// The version of the form: [`Head::FORM`].
    form: u32,
    /// The program that wrote it.
    program: String,
    line: String,
    /// When it began, in microseconds since 1970 (UTC).
    at: i64,
    start: Start,
}

/// What is known where a recording begins.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Start {
    /// The line was restored.
    Restored(Box<FromRestored>),
    /// It goes on: this is how the line stood.
    Standing(Box<Line>),
}

/// What a line was restored from, and what it said to that.
#[derive(Debug, Serialize, Deserialize)]
struct FromRestored {
    settings: LineSettings,
    order: Order,
    restored: Restored,
    records: Vec<Record>,
    commands: Vec<Command>,
}

impl Head {
    const KIND: &str = "markwright recording";
    const FORM: u32 = 2;

    fn new(line: &str, at: Micros, start: Start) -> Self {
        Self {
            kind: Self::KIND.to_owned(),
            form: Self::FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            line: line.to_owned(),
            at: at.0,
            start,
        }
    }
}

/// One line of a recording.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// A fact and its answer.
    Fact {
        /// Its number, from one.
        n: u64,
        /// Nanoseconds since the file began.
        t: u64,
        event: Event,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        records: Vec<Record>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        commands: Vec<Command>,
    },
    /// So many facts before this line are missing, because the disk was slow or full.
    Lost(u64),
}

/// What a recording begins with.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The name of the line.
    pub line: &'a str,
    /// How it is set up.
    pub settings: &'a LineSettings,
    /// What it is asked to make.
    pub order: Order,
    /// What it was restored from.
    pub restored: &'a Restored,
    /// What it said to that.
    pub said: &'a Outcome,
}

/// Takes down what a line is told and answers. Dropping it ends the recording.
#[derive(Debug)]
pub struct Recorder {
    tape: Option<Tape>,
    /// The file that is being written began then.
    began: Instant,
    /// Facts in this file.
    facts: u64,
    piece: Piece,
    /// Facts that were not handed over.
    lost: u64,
}

/// Where a recording goes.
#[derive(Debug)]
struct Tape {
    to: mpsc::Sender<Piece>,
    line: String,
    /// A file goes on in another one when it has so many bytes.
    bytes_max: u64,
    /// Bytes of this file.
    bytes: u64,
    /// Raised by the writer: something of this file is missing.
    has_gap: Arc<AtomicBool>,
}

impl Recorder {
    /// Records nothing.
    pub fn off() -> Self {
        let began = tokio::time::Instant::now().into_std();
        Self { tape: None, began, facts: 0, piece: Piece::default(), lost: 0 }
    }

    /// Begins a recording in this folder. The second part writes it: it is to be run as a task of
    /// its own, and ends after the recorder was dropped.
    pub fn begin(
        folder: &Path,
        ring: RingSettings,
        opening: &Opening<'_>,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let start = FromRestored {
            settings: opening.settings.clone(),
            order: opening.order,
            restored: opening.restored.clone(),
            records: opening.said.records.clone(),
            commands: opening.said.commands.clone(),
        };
        let head = Head::new(opening.line, Micros::now(), Start::Restored(Box::new(start)));
        let (to, pieces) = mpsc::channel(PIECES_WAITING);
        let has_gap = Arc::<AtomicBool>::default();
        let writer = Writer::new(folder.to_owned(), ring, Arc::clone(&has_gap));
        let (line, bytes_max) = (opening.line.to_owned(), ring.bytes_of_a_file());
        let tape = Tape { to, line, bytes_max, bytes: 0, has_gap };
        let off = Self::off();
        let piece = Piece { opens: Some((head, off.began)), ..Piece::default() };
        let recorder = Self { tape: Some(tape), piece, ..off };
        let write = async move {
            if let Err(error) = tokio::task::spawn_blocking(move || writer.write(pieces)).await {
                tracing::error!(%error, "the flight recorder failed");
            }
        };
        (recorder, write)
    }

    /// Writes down a fact, before the line hears of it.
    pub fn hear(&mut self, now: Instant, event: &Event) -> Option<Heard> {
        self.tape.as_ref()?;
        self.facts += 1;
        let since: Duration = now.saturating_duration_since(self.began);
        let t = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let event = event.clone();
        Some(Heard { n: self.facts, t, event })
    }

    /// Writes down what the line answered.
    pub fn answer(&mut self, heard: Option<Heard>, outcome: &Outcome) {
        let Some(Heard { n, t, event }) = heard else { return };
        let (records, commands) = (outcome.records.clone(), outcome.commands.clone());
        push(&mut self.piece, &Entry::Fact { n, t, event, records, commands });
        self.piece.facts += 1;
    }

    /// Hands over what was written down since the last time. What does not fit is lost, and the
    /// recording says so. A file that has grown, or has a gap, is ended; the next one begins with
    /// how the line stands now.
    pub fn hand_over(&mut self, now: Instant, line: &Line) {
        let Some(tape) = &mut self.tape else { return };
        if self.piece.is_empty() {
            return;
        }
        let has_gap = tape.has_gap.load(Ordering::Relaxed);
        let mut piece = std::mem::take(&mut self.piece);
        piece.lost_before = self.lost;
        tape.bytes += piece.bytes.len() as u64;
        match tape.to.try_send(piece) {
            Ok(()) => self.lost = 0,
            Err(error) => {
                self.lost += error.into_inner().facts;
                // A new file follows the gap.
                tape.bytes = tape.bytes_max;
                return;
            }
        }
        if tape.bytes >= tape.bytes_max || (has_gap && self.facts >= FACTS_AFTER_GAP) {
            let head =
                Head::new(&tape.line, Micros::now(), Start::Standing(Box::new(line.clone())));
            tape.bytes = 0;
            tape.has_gap.store(false, Ordering::Relaxed);
            (self.began, self.facts) = (now, 0);
            self.piece.opens = Some((head, now));
        }
    }
}

/// A fact on its way through the line.
#[derive(Debug)]
pub struct Heard {
    n: u64,
    t: u64,
    event: Event,
}

fn push(piece: &mut Piece, entry: &impl Serialize) {
    serde_json::to_writer(&mut piece.bytes, entry).expect("words and numbers become JSON");
    piece.bytes.push(b'\n');
}
