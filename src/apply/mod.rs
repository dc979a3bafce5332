//! On the product: one task a PLC. Passes and orders in, facts out, over Modbus.
mod counted;
mod counts;
mod events;
mod link;
mod map;
mod points;
mod profile;
mod serial;
mod session;
mod tally;

use crate::dial::{self, BackOff};
use crate::line::{Cause, Event, PlcCommand, PlcEvent};
use crate::telemetry::LastWord;
use counted::CountedSession;
use link::Link;
use profile::Map;
pub use profile::{PlcProfile, PlcProfileError};
pub use serial::{Parity, SerialLine};
use session::{End, Session};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What carries the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Modbus TCP: a head with a transaction number.
    Tcp,
    /// Frames of a serial line in a TCP connection, as simple gateways carry them.
    RtuOverTcp,
    /// A serial line.
    Serial(SerialLine),
}

/// Where a PLC is and how it is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlcSettings {
    /// `host:port` (Modbus TCP is at port 502), or the path of a serial device.
    pub addr: String,
    /// What carries the requests.
    pub transport: Transport,
    /// Where everything stands in the PLC.
    pub profile: Arc<PlcProfile>,
    /// Unit number; 1 unless the PLC says otherwise.
    pub unit: u8,
    /// How often it is read, 10 to 20 ms: the time until a fact is known.
    pub cycle: Duration,
    /// How often our heartbeat is written; the map asks for at least every 100 ms.
    pub beat_every: Duration,
    /// How long a connection may take.
    pub connect_within: Duration,
    /// How long an answer may take. Later ones drop the connection: an answer that comes after
    /// all would be taken for that of the next question.
    pub answer_within: Duration,
    /// How long its heartbeat may stand still.
    pub heartbeat_within: Duration,
    /// The first pause between two connections, and the longest.
    pub retry: (Duration, Duration),
}

impl PlcSettings {
    /// A PLC at `addr` with the times of the map.
    pub fn new(addr: impl Into<String>) -> Self {
        Self {
            addr: addr.into(),
            transport: Transport::Tcp,
            profile: Arc::new(PlcProfile::usual()),
            unit: 1,
            cycle: Duration::from_millis(20),
            beat_every: Duration::from_millis(50),
            connect_within: Duration::from_secs(2),
            answer_within: Duration::from_millis(500),
            heartbeat_within: Duration::from_secs(1),
            retry: (Duration::from_millis(200), Duration::from_secs(5)),
        }
    }
}

/// Keeps a PLC connected until asked to stop, or until nobody hears the facts or commands any
/// more. `heard` is the last event that our records know, as (boot, event number).
pub async fn keep(
    settings: PlcSettings,
    mut heard: Option<(u16, u16)>,
    mut commands: mpsc::Receiver<PlcCommand>,
    facts: mpsc::Sender<Event>,
    last_word: LastWord,
    stop: CancellationToken,
) {
    let mut back_off = BackOff::new(settings.retry.0, settings.retry.1);
    let mut told = None;
    let mut last_tag = 0;
    loop {
        let connected = tokio::select! {
            () = stop.cancelled() => return,
            () = throw_away(&mut commands) => return,
            connected = Link::open(&settings, last_word.clone()) => connected,
        };
        let end = match connected {
            Ok(link) => {
                let (end, was_up) = match &settings.profile.map {
                    Map::Events(map) => {
                        let mut session = Session::new(&settings, map, link, &facts, &mut heard);
                        let end = session.run(&mut commands, &stop).await;
                        (end, session.was_up())
                    }
                    Map::Counts(map) => {
                        let known = (&mut heard, &mut last_tag);
                        let mut session = CountedSession::new(&settings, map, link, &facts, known);
                        let end = session.run(&mut commands, &stop).await;
                        (end, session.was_up())
                    }
                };
                if was_up {
                    back_off.reset();
                    told = None;
                }
                end
            }
            Err(error) => {
                tracing::debug!(addr = settings.addr, %error, "PLC not reached");
                End::Lost(Cause::Unreachable)
            }
        };
        let End::Lost(cause) = end else { return };
        if told != Some(cause) {
            tracing::warn!(addr = settings.addr, "PLC {}", cause.words());
            told = Some(cause);
            // Outputs are off by now; only the next connection waits for a slow listener, for as
            // long as it takes: a line that has not heard of the loss must not go on. Whatever it
            // says meanwhile is for the lost connection.
            let said = tokio::select! {
                () = stop.cancelled() => return,
                () = throw_away(&mut commands) => return,
                said = facts.send(Event::Plc(PlcEvent::Down(cause))) => said,
            };
            if said.is_err() {
                return;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = throw_away(&mut commands) => return,
            () = tokio::time::sleep(back_off.pause(dial::chance())) => {}
        }
    }
}

/// Takes commands and throws them away, for as long as the PLC is not up. Ends when nobody sends
/// commands any more.
async fn throw_away(commands: &mut mpsc::Receiver<PlcCommand>) {
    while let Some(command) = commands.recv().await {
        tracing::debug!(?command, "command thrown away: the PLC is not up");
    }
}
