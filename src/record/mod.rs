//! The flight recorder of a line: every fact that it was told, and every record and command that it
//! answered, in files of its own. It never makes the line wait.
//!
//! A recording begins where a line is restored, and ends with its job or its process. It holds the
//! settings, the order and what was restored, so that it replays alone.
mod replay;
mod ring;
mod writer;

pub use replay::{Difference, Replay, ReplayError, replay};
pub use ring::RingSettings;

use crate::line::{Command, Event, LineSettings, Order, Outcome, Record, Restored};
use crate::telemetry::clock::Micros;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use writer::Piece;

/// Pieces that wait for the disk: some seconds of a fast line.
const PIECES_WAITING: usize = 256;

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
    settings: LineSettings,
    order: Order,
    restored: Restored,
    /// What the line said when it was restored.
    records: Vec<Record>,
    commands: Vec<Command>,
}

impl Head {
    const KIND: &str = "markwright recording";
    const FORM: u32 = 1;
}

/// One line of a recording.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// A fact and its answer.
    Fact {
        /// Its number, from one.
        n: u64,
        /// Nanoseconds since the recording began.
        t: u64,
        event: Event,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        records: Vec<Record>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        commands: Vec<Command>,
    },
    /// So many facts before this line are missing, because the disk was slow or full.
    Lost(u64),
    /// The recording is as large as it may be. The next one begins with the next job.
    Full,
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
    to: Option<mpsc::Sender<Piece>>,
    began: Instant,
    facts: u64,
    piece: Piece,
    /// Facts that were not handed over.
    lost: u64,
}

impl Recorder {
    /// Records nothing.
    pub fn off() -> Self {
        let began = tokio::time::Instant::now().into_std();
        Self { to: None, began, facts: 0, piece: Piece::default(), lost: 0 }
    }

    /// Begins a recording in this folder. The second part writes it: it is to be run as a task of
    /// its own, and ends after the recorder was dropped.
    pub fn begin(
        folder: &Path,
        ring: RingSettings,
        opening: &Opening<'_>,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let at = Micros::now();
        let head = Head {
            kind: Head::KIND.to_owned(),
            form: Head::FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            line: opening.line.to_owned(),
            at: at.0,
            settings: opening.settings.clone(),
            order: opening.order,
            restored: opening.restored.clone(),
            records: opening.said.records.clone(),
            commands: opening.said.commands.clone(),
        };
        let (to, pieces) = mpsc::channel(PIECES_WAITING);
        let mut recorder = Self { to: Some(to), ..Self::off() };
        push(&mut recorder.piece, &head);
        let path = folder.join(format!("{:020}.rec", at.0));
        let write = async move {
            let done = tokio::task::spawn_blocking(move || writer::write(&path, ring, pieces));
            if let Err(error) = done.await {
                tracing::error!(%error, "the flight recorder failed");
            }
        };
        (recorder, write)
    }

    /// Writes down a fact, before the line hears of it.
    pub fn hear(&mut self, now: Instant, event: &Event) -> Option<Heard> {
        self.to.as_ref()?;
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
    /// recording says so.
    pub fn hand_over(&mut self) {
        let Some(to) = &self.to else { return };
        if self.piece.bytes.is_empty() {
            return;
        }
        let mut piece = std::mem::take(&mut self.piece);
        piece.lost_before = self.lost;
        match to.try_send(piece) {
            Ok(()) => self.lost = 0,
            Err(error) => self.lost += error.into_inner().facts,
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
