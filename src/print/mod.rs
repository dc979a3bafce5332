//! Sent and printed: one task a printer. Labels in, facts out, one connection at a time.
mod answers;
mod profile;
mod session;
mod window;
mod wire;

pub use profile::{Profile, ProfileError};

use crate::code::Code;
use crate::dial::{self, BackOff};
use crate::line::{Cause, Event, PrinterCommand, PrinterEvent, RollMark};
use crate::telemetry::LastWord;
use session::{End, Session};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wire::Wire;

/// Where a printer is and how it is to be treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterSettings {
    /// `host:port`; raw ZPL is at port 9100.
    pub addr: String,
    /// The `device.unique_id` that must answer; any, if nothing is said.
    pub unique_id: Option<String>,
    /// The resolution that the labels are made for; a printer that names another one is refused.
    pub dots_per_mm: Option<u32>,
    /// How many rows of labels may be out and not yet counted, 1 to 4: more cannot be called back, fewer
    /// keep the printer from making the next label ready while it prints.
    pub window: usize,
    /// How often it is asked while labels are out, 25 to 50 ms.
    pub ask_every: Duration,
    /// How often it is asked while nothing is out.
    pub ask_idle_every: Duration,
    /// How long a connection may take.
    pub connect_within: Duration,
    /// How long an answer, or taking a label in, may last. A printer in trouble that answers only
    /// what the trouble is (`~HQES`) is asked so after this time, again and again.
    pub answer_within: Duration,
    /// How long its counter must stand still after `~JA` before it is believed: longer than the
    /// label takes that was being printed.
    pub still_for: Duration,
    /// How long it may take to come to rest after `~JA`.
    pub rest_within: Duration,
    /// How long a printer may be empty and untroubled while labels that it got are not counted:
    /// then they are gone (with `^JZN` a label that ran out of paper is not made again).
    pub count_within: Duration,
    /// The first pause between two connections, and the longest.
    pub retry: (Duration, Duration),
}

impl PrinterSettings {
    /// A printer at `addr` with usual times: those of a label printer on the plant's network
    /// that prints a label in less than a second.
    pub fn new(addr: impl Into<String>) -> Self {
        Self {
            addr: addr.into(),
            unique_id: None,
            dots_per_mm: None,
            window: 2,
            ask_every: Duration::from_millis(25),
            ask_idle_every: Duration::from_millis(500),
            connect_within: Duration::from_secs(3),
            answer_within: Duration::from_secs(2),
            still_for: Duration::from_secs(1),
            rest_within: Duration::from_secs(15),
            count_within: Duration::from_secs(5),
            retry: (Duration::from_millis(200), Duration::from_secs(5)),
        }
    }
}

/// Makes the whole format that prints the labels of these codes side by side, once. Nothing, if
/// that cannot be.
pub type RowOf = dyn Fn(&[Code]) -> Vec<u8> + Send + Sync;

/// Makes the whole format that prints a label without a code, once.
pub type MarkOf = dyn Fn(&RollMark) -> Vec<u8> + Send + Sync;

/// A label design in the printer's language.
#[derive(Clone)]
pub struct LabelFormat {
    /// Stored in the printer on every connection; prints nothing.
    pub setup: Vec<u8>,
    /// Makes a row of labels.
    pub row: Arc<RowOf>,
    /// Makes the labels that belong to the roll.
    pub mark: Arc<MarkOf>,
}

impl fmt::Debug for LabelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LabelFormat({} bytes of setup)", self.setup.len())
    }
}

/// Keeps a printer connected until asked to stop, or until nobody hears the facts or sends labels
/// any more. A label is written at most once; what was queued for a lost connection is thrown
/// away, because it is in doubt already.
pub async fn keep(
    settings: PrinterSettings,
    format: LabelFormat,
    mut jobs: mpsc::Receiver<PrinterCommand>,
    facts: mpsc::Sender<Event>,
    last_word: LastWord,
    stop: CancellationToken,
) {
    let mut back_off = BackOff::new(settings.retry.0, settings.retry.1);
    let mut unique_id = settings.unique_id.clone();
    let mut told = None;
    loop {
        let connected = tokio::select! {
            () = stop.cancelled() => return,
            () = throw_away(&mut jobs) => return,
            connected = dial::connect(&settings.addr, settings.connect_within) => connected,
        };
        let end = match connected {
            Ok(stream) => {
                let wire = Wire::new(stream, settings.answer_within, last_word.clone());
                let mut session = Session::new(&settings, &format, wire, &facts);
                let end = session.run(&mut unique_id, &mut jobs, &stop).await;
                if session.was_up() {
                    back_off.reset();
                    told = None;
                }
                end
            }
            Err(error) => {
                tracing::debug!(addr = settings.addr, %error, "printer not reached");
                End::Lost(Cause::Unreachable)
            }
        };
        let End::Lost(cause) = end else { return };
        if told != Some(cause) {
            tracing::warn!(addr = settings.addr, "printer {}", cause.words());
            told = Some(cause);
            if facts.send(Event::Printer(PrinterEvent::Down(cause))).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = throw_away(&mut jobs) => return,
            () = tokio::time::sleep(back_off.pause(dial::chance())) => {}
        }
    }
}

/// Takes labels and throws them away, for as long as the printer is not up. Ends when nobody sends
/// labels any more.
async fn throw_away(jobs: &mut mpsc::Receiver<PrinterCommand>) {
    while let Some(command) = jobs.recv().await {
        tracing::debug!(?command, "thrown away: the printer is not up");
    }
}
