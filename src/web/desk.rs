//! One line as the pages see it: its view, its devices' last words, what the store says of it, and
//! the only thing the pages can do to it, a request.
use super::look::{LineNow, Seen};
use super::page::Refusal;
use super::pulse::Pulse;
use crate::line::{Event, Handshake, LineView, Scenario};
use crate::oee::Plan;
use crate::store::{ScreenFacts, Store};
use crate::telemetry::clock::Micros;
use crate::telemetry::{Identity, LastWord};
use axum::http::StatusCode;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{self, Permit};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The line has this long to take a request.
const TAKEN_WITHIN: Duration = Duration::from_secs(1);

/// What the pages need of a line.
#[derive(Debug)]
pub struct LineDesk {
    /// Its name, as in addresses: letters, digits, `-` and `_`.
    pub name: String,
    /// What kind of work it does.
    pub scenario: Scenario,
    /// Where its codes are while no job is known.
    pub pool: String,
    /// When the printer was last heard.
    pub printer: Option<LastWord>,
    /// Which printer is known, and which one answers.
    pub printer_id: Identity,
    /// When the PLC was last heard.
    pub plc: Option<LastWord>,
    /// When the camera was last heard.
    pub camera: Option<LastWord>,
    /// How the line stands.
    pub view: watch::Receiver<LineView>,
    /// Where requests of people go.
    pub requests: mpsc::Sender<Event>,
    /// When it should run, and how fast.
    pub plan: Plan,
    /// Where the pictures of rejects are, as `NUMBER.png`.
    pub frames_dir: PathBuf,
}

/// How often the store is asked and the pulse is felt, when nothing happens.
const EVERY: Duration = Duration::from_secs(1);
/// How long the store may take to answer a screen.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// A line desk with what is remembered about it between two looks.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) line: LineDesk,
    pulse: Mutex<Pulse>,
    facts: Mutex<Option<(Micros, ScreenFacts)>>,
    /// What programs ask of the line by its tags.
    pub(super) handshake: Mutex<Handshake>,
    /// The number of the last label that was scanned by hand.
    scans: AtomicU32,
}

impl Desk {
    /// A number for the next label that is scanned by hand.
    pub(super) fn next_scan(&self) -> u32 {
        self.scans.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    pub(super) fn new(line: LineDesk) -> Self {
        let pulse = Pulse::new(Micros::now(), &line.view.borrow());
        Self {
            line,
            pulse: Mutex::new(pulse),
            facts: Mutex::new(None),
            handshake: Mutex::default(),
            scans: AtomicU32::new(0),
        }
    }

    /// How the line stands at this moment.
    pub(super) fn look(&self) -> LineNow {
        let at = Micros::now();
        let view = self.line.view.borrow().clone();
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        pulse.beat(at, &view);
        let facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |word: &Option<LastWord>| word.as_ref().and_then(LastWord::age);
        LineNow::of(&Seen {
            name: &self.line.name,
            scenario: self.line.scenario,
            at,
            alive: self.is_alive(),
            view: &view,
            pulse: &pulse,
            stranger: self.line.printer_id.stranger(),
            facts: facts.as_ref(),
            ages: [age(&self.line.printer), age(&self.line.plc), age(&self.line.camera)],
        })
    }

    /// Whether somebody still drives the line: the driver holds the other end of the view.
    pub(super) fn is_alive(&self) -> bool {
        self.line.view.has_changed().is_ok()
    }

    /// A place in the line's mailbox, or words for whoever asks.
    pub(super) async fn place(&self) -> Result<Permit<'_, Event>, Refusal> {
        let reserved = tokio::time::timeout(TAKEN_WITHIN, self.line.requests.reserve()).await;
        let Ok(Ok(place)) = reserved else {
            let name = &self.line.name;
            let words = format!("{name} does not listen just now. Look at it and try again.");
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, words));
        };
        Ok(place)
    }

    /// Tells the line something, or says that it does not listen.
    pub(super) async fn tell(&self, event: Event) -> Result<(), Refusal> {
        self.place().await?.send(event);
        Ok(())
    }

    /// Asks the store what a screen shows. If it does not answer, the old facts stay and grow old
    /// before everybody's eyes.
    pub(super) async fn ask_store(&self, store: &Store) {
        let asked = store.screen_facts(&self.line.name, &self.line.pool);
        match tokio::time::timeout(STORE_ANSWERS_WITHIN, asked).await {
            Ok(Ok(facts)) => {
                let mut kept = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
                *kept = Some((Micros::now(), facts));
            }
            Ok(Err(problem)) => {
                tracing::warn!(line = self.line.name, %problem, "the store does not answer a screen");
            }
            Err(_) => tracing::warn!(line = self.line.name, "the store is slow for a screen"),
        }
    }

    /// Feels the pulse and asks the store, until told to stop.
    pub(super) async fn keep(&self, store: &Store, stop: CancellationToken) {
        let work = async {
            loop {
                self.ask_store(store).await;
                self.watch_for(EVERY).await;
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Feels the pulse at every change of the view for so long.
    async fn watch_for(&self, so_long: Duration) {
        let mut view = self.line.view.clone();
        let watching = async {
            while view.changed().await.is_ok() {
                let now = view.borrow_and_update().clone();
                let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
                pulse.beat(Micros::now(), &now);
            }
            std::future::pending::<()>().await;
        };
        // Being interrupted is how this ends.
        let _ = tokio::time::timeout(so_long, watching).await;
    }
}
