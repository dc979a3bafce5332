//! The data port: one connection is served, the others are parked until it closes.
use super::Bench;
use super::device::{Device, Job};
use super::format::Builder;
use super::status;
use super::stream::{Piece, Stream};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// A host that does not take an answer for this long is dropped.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// More connections than this are closed at once.
const MOST_CONNECTIONS: usize = 16;
/// Answers that wait for the host.
const ANSWERS_WAITING: usize = 256;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
}

/// Accepts connections for ever; the caller drops it to stop. While the printer is off or
/// refuses connections, the port is closed.
pub(super) async fn run(bench: Arc<Bench>, listener: TcpListener, addr: SocketAddr) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        bench.until(|d| d.on && !d.refuses).await;
        let open = match listener.take() {
            Some(open) => open,
            None => match bind_again(addr).await {
                Some(open) => open,
                None => continue,
            },
        };
        tokio::select! {
            () = bench.until(|d| !d.on || d.refuses) => drop(open),
            () = accept(&bench, &open, &mut connections) => {}
        }
    }
}

async fn bind_again(addr: SocketAddr) -> Option<TcpListener> {
    match TcpListener::bind(addr).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            tracing::debug!(%error, %addr, "the data port is not free yet");
            sleep(Duration::from_millis(20)).await;
            None
        }
    }
}

async fn accept(bench: &Arc<Bench>, listener: &TcpListener, connections: &mut JoinSet<()>) {
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                if connections.len() < MOST_CONNECTIONS {
                    connections.spawn(connection(Arc::clone(bench), stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Waits for the seat, then serves. A power cycle throws parked connections out as well.
async fn connection(bench: Arc<Bench>, mut stream: TcpStream) {
    let power = bench.look(|d| d.power_cycles);
    let served = async {
        let _seat = bench.seat.acquire().await;
        bench.change(|d| d.served += 1);
        let end = serve(&bench, &mut stream).await;
        bench.change(|d| d.partial_format = false);
        end
    };
    let end = tokio::select! {
        biased;
        () = bench.until(|d| d.power_cycles != power) => End::Reset,
        end = served => end,
    };
    if end == End::Reset && stream.set_zero_linger().is_err() {
        tracing::debug!("the connection was gone before it could be reset");
    }
}

async fn serve(bench: &Bench, stream: &mut TcpStream) -> End {
    let (mut read, mut write) = stream.split();
    let (reply, mut answers) = mpsc::channel(ANSWERS_WAITING);
    let end = tokio::select! {
        end = hear(bench, &mut read, reply) => end,
        () = speak(bench, &mut write, &mut answers) => End::Closed,
    };
    while end == End::Closed
        && let Ok(answer) = answers.try_recv()
    {
        if !say(bench, &mut write, answer).await {
            break;
        }
    }
    end
}

async fn speak(bench: &Bench, write: &mut WriteHalf<'_>, answers: &mut mpsc::Receiver<Vec<u8>>) {
    while let Some(answer) = answers.recv().await {
        if !say(bench, write, answer).await {
            return;
        }
    }
}

async fn say(bench: &Bench, write: &mut WriteHalf<'_>, answer: Vec<u8>) -> bool {
    let after = bench.look(|d| d.answers.after);
    sleep(after).await;
    let Some(answer) = bench.change(|d| d.spoil(answer)) else { return true };
    matches!(timeout(ANSWER_WITHIN, write.write_all(&answer)).await, Ok(Ok(())))
}

async fn hear(bench: &Bench, read: &mut ReadHalf<'_>, reply: mpsc::Sender<Vec<u8>>) -> End {
    let mut session =
        Session { stream: Stream::default(), builder: None, bytes: 0, doomed: false, reply };
    let mut buffer = [0; 1024];
    loop {
        // A full receive buffer: the host's data waits on its side.
        bench.until(Device::has_room).await;
        let Ok(count @ 1..) = read.read(&mut buffer).await else { return End::Closed };
        for byte in &buffer[..count] {
            let Some(piece) = session.stream.push(*byte) else { continue };
            let answer = bench.change(|device| session.take(device, piece));
            if session.doomed && session.stream.in_format() && session.bytes > 2 {
                return End::Reset;
            }
            if let Some(answer) = answer
                && session.reply.send(answer).await.is_err()
            {
                return End::Closed;
            }
        }
    }
}

/// What is known of the host while its connection lasts.
struct Session {
    stream: Stream,
    builder: Option<Builder>,
    /// Bytes of the format that is being received.
    bytes: usize,
    /// The connection will break inside this format.
    doomed: bool,
    reply: mpsc::Sender<Vec<u8>>,
}

impl Session {
    fn take(&mut self, device: &mut Device, piece: Piece) -> Option<Vec<u8>> {
        match piece {
            Piece::Line(line) => status::line(device, &line),
            Piece::Tilde(command) => {
                if matches!(&command.name, b"JA" | b"JX" | b"JP") {
                    self.stream.drop_format();
                    self.builder = None;
                    device.partial_format = false;
                }
                status::tilde(device, &command)
            }
            Piece::Caret(command) => {
                self.bytes += command.args.len() + 3;
                match (&command.name, &mut self.builder) {
                    (b"XA", _) => self.begin(device),
                    (b"XZ", _) => self.end(device),
                    (_, Some(builder)) => builder.take(&command, &mut device.memory),
                    (_, None) => device.errors += 1,
                }
                None
            }
        }
    }

    fn begin(&mut self, device: &mut Device) {
        self.bytes = 0;
        self.builder = Some(Builder::new());
        device.partial_format = true;
        let by_chance = device.dice.chance(device.chances.reset_in_format);
        self.doomed = std::mem::take(&mut device.reset_armed) || by_chance;
    }

    fn end(&mut self, device: &mut Device) {
        device.partial_format = false;
        let Some(builder) = self.builder.take() else { return };
        device.errors += builder.errors;
        if let Some(label) = builder.finish(&mut device.memory) {
            let (bytes, reply) = (self.bytes, self.reply.clone());
            device.queue.push_back(Job { label: Arc::new(label), bytes, reply });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::burn::Burnt;
    use super::*;
    use proptest::prelude::*;

    /// Sends a stream to a printer and burns whatever comes of it.
    fn burn(sent: &[u8]) -> usize {
        let mut device = Device::new(&super::super::PrinterSettings::default());
        let (reply, _answers) = mpsc::channel(1);
        let mut session =
            Session { stream: Stream::default(), builder: None, bytes: 0, doomed: false, reply };
        for byte in sent {
            if let Some(piece) = session.stream.push(*byte) {
                session.take(&mut device, piece);
            }
        }
        device.queue.iter().map(|job| Burnt::new(&job.label).codes().len()).sum()
    }

    #[test]
    fn a_format_is_burnt() {
        assert_eq!(burn(b"^XA^FO9,9^BXN,4,200,,,,|^FD|10104^FS^XZ"), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn no_stream_brings_the_printer_down(
            parts in proptest::collection::vec((
                prop::sample::select(vec![
                    "^XA", "^XZ", "^FS", "^FO", "^FT", "^BXN,", "^FD", "^FH", "^FN1", "^DFR:A", "^XFR:A",
                    "^GB", "^GFA,", "^GFB,", "~DGR:G,", "^XGR:G,", "~DYR:G,B,G,", "^A0", "^LL", "^PW",
                    "^LH", "^LS", "^BY", "^PQ", "^HV1,", "^CVY", "^CI28", "~HS", "~JA", "~HQES", "! U1 ",
                ]),
                "[0-9]{0,3}|[0-9]{9,20}|[ -~]{0,8}",
                prop::sample::select(vec!["", ",", ",,", "\r\n", "|1", "_1D", ",9,9,2,"]),
                "[0-9A-Fg-z,:!]{0,12}",
            ), 0..24)
        ) {
            let sent: String = parts.iter().flat_map(|(a, b, c, d)| [*a, b.as_str(), *c, d.as_str()]).collect();
            burn(sent.as_bytes());
        }
    }
}
