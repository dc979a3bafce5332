//! Sent and printed: one task a printer. Labels in, facts out, one connection at a time.
//!
//! What holds for every printer is in `session` (window, evidence, trouble, rhythm of asking) and
//! `ready`; each language is a leaf of its own (`zpl`, `tspl`), and `lines` chooses between them.
mod drain;
mod echoed;
mod fits;
mod health;
mod lines;
mod pace;
mod profile;
mod ready;
mod reply;
mod session;
mod tspl;
mod window;
mod wire;
mod zpl;

pub use profile::{Confirms, Profile, ProfileError, StatusChannel};

use crate::code::Code;
use crate::dial::{self, BackOff};
use crate::label::Language;
use crate::line::{Cause, Event, PrinterCommand, PrinterEvent, RollMark};
use crate::telemetry::{Identity, LastWord};
use lines::Lines;
use session::{End, Session};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How the driver knows that a label came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The printer's lifetime counter moved.
    Counter,
    /// The printer said back what is on the label.
    Echo,
    /// The printer was seen busy with the one label that it had, and is at rest again.
    BatchDrain,
}

/// Where a printer is and how it is to be treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterSettings {
    /// `host:port`; labels are taken at port 9100.
    pub addr: String,
    /// What it speaks.
    pub language: Language,
    /// What it confirms labels with.
    pub evidence: Evidence,
    /// The port of the same host where status is asked as JSON; nothing: beside the labels.
    pub status_port: Option<u16>,
    /// Whether it can be told not to print a label again after an error.
    pub sets_reprint_off: bool,
    /// Whether it has a bar that peels labels off, and is to be told not to wait at it.
    pub sets_peel_off: bool,
    /// The printer that must answer: its `device.unique_id` (ZPL), its model (TSPL, which knows no
    /// more). If nothing is said, the first one that answers becomes it. An [`Identity`] is made of
    /// this; [`keep`] goes by that.
    pub unique_id: Option<String>,
    /// The resolution that the labels are made for; a printer that names another one is refused.
    pub dots_per_mm: Option<u32>,
    /// The widest line that its head prints, in dots, where that is known.
    pub head_width_dots: Option<u32>,
    /// What it can store, in bytes, where that is known.
    pub memory_bytes: Option<usize>,
    /// Millimetres of paper a second, where that is known.
    pub speed_mm_per_s: Option<u32>,
    /// How many rows of labels may be out and not yet counted, 1 to 4: more cannot be called back, fewer
    /// keep the printer from making the next label ready while it prints.
    pub window: usize,
    /// The pause between two questions when a label is due, 10 to 50 ms.
    pub ask_every: Duration,
    /// The pause while nothing is out or it cannot print, and the longest one while labels are out.
    pub ask_idle_every: Duration,
    /// How long a connection may take.
    pub connect_within: Duration,
    /// How long an answer, or taking a label in, may last. A printer in trouble that answers only
    /// what the trouble is (`~HQES`) is asked so after this time, again and again.
    pub answer_within: Duration,
    /// How long a label takes at most. So long its counter must stand still after everything was
    /// cancelled before it is believed, because the label that was being printed still comes out.
    pub still_for: Duration,
    /// How long it may take to come to rest after everything was cancelled.
    pub rest_within: Duration,
    /// How long a printer may be empty and untroubled while labels that it got are not counted, or
    /// hold labels that it counted: then its counter is off.
    pub count_within: Duration,
    /// The first pause between two connections, and the longest.
    pub retry: (Duration, Duration),
}

impl PrinterSettings {
    /// A ZPL printer at `addr` with a counter and usual times: those of a label printer on the
    /// plant's network that prints a label in less than a second.
    pub fn new(addr: impl Into<String>) -> Self {
        Self {
            addr: addr.into(),
            language: Language::Zpl,
            evidence: Evidence::Counter,
            status_port: None,
            sets_reprint_off: true,
            sets_peel_off: false,
            unique_id: None,
            dots_per_mm: None,
            head_width_dots: None,
            memory_bytes: None,
            speed_mm_per_s: None,
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
/// any more. A label is written at most once. Rows that were in hand and not begun when a
/// connection is lost are given back; what comes after that is thrown away, because it is in doubt
/// already. It is up only with the printer that `identity` knows.
pub async fn keep(
    settings: PrinterSettings,
    format: LabelFormat,
    identity: Identity,
    mut jobs: mpsc::Receiver<PrinterCommand>,
    facts: mpsc::Sender<Event>,
    last_word: LastWord,
    stop: CancellationToken,
) {
    let mut back_off = BackOff::new(settings.retry.0, settings.retry.1);
    let (mut said, mut told) = (None, None);
    loop {
        let connected = tokio::select! {
            () = stop.cancelled() => return,
            () = throw_away(&mut jobs) => return,
            connected = dial::connect(&settings.addr, settings.connect_within) => connected,
        };
        let end = match connected {
            Ok(stream) => {
                let lines = Lines::new(&settings, stream, &last_word);
                let mut session = Session::new(&settings, &format, lines, &last_word, &facts);
                session.told = told.take();
                let end = session.run(&identity, &mut jobs, &stop).await;
                if session.was_up() {
                    back_off.reset();
                    said = None;
                }
                told = session.told.take();
                end
            }
            Err(error) => {
                tracing::debug!(addr = settings.addr, %error, "printer not reached");
                End::Lost(Cause::Unreachable)
            }
        };
        let End::Lost(cause) = end else { return };
        if said != Some(cause) {
            tracing::warn!(addr = settings.addr, "printer {}", cause.words());
            said = Some(cause);
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

/// Runs every reader of every language over these bytes, whatever they are: for fuzzing.
#[doc(hidden)]
pub fn answers_of_any_bytes(bytes: &[u8]) {
    zpl::read_all(bytes);
    tspl::read_all(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            answers_of_any_bytes(&bytes);
        }

        #[test]
        fn fields_of_any_kind_make_no_reader_panic(
            fields in "[\x02\x03,\"0-9A-Z\r\n@`{}:?. ]{0,160}",
        ) {
            answers_of_any_bytes(fields.as_bytes());
        }

        #[test]
        fn an_answer_that_was_cut_or_spoilt_makes_no_reader_panic(
            which in 0..5_usize,
            cut in 0..400_usize,
            at in 0..400_usize,
            byte in any::<u8>(),
        ) {
            let answers: [&[u8]; 5] = [
                b"\x02030,0,0,0308,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n\x020000,0\x03\r\n",
                b"\x02\r\nPRINTER STATUS\r\nERRORS: 1 00000000 00000001\r\nWARNINGS: 0 00000000 00000000\r\n\x03\r\n",
                b"{\"odometer.total_label_count\":\"1\",\"zpl.system_status\":\"0,0,00000000,00000000,0,00000000,00000000\"}",
                b"\x02@@@@\x03\r\n",
                b"\x02ZT411-300dpi,V92.21.39Z,12,65536KB\x03\r\n\"XXRAJ180702803\"",
            ];
            let mut answer = answers[which].to_vec();
            if let Some(place) = answer.get_mut(at) {
                *place = byte;
            }
            answer.truncate(cut);
            answers_of_any_bytes(&answer);
        }
    }
}
