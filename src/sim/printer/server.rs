//! The data port: one connection is served, the others are parked until it closes.
use super::controls::Bench;
use super::device::{Device, Reply};
use super::settings::Language;
use super::speak::{say, speak};
use super::{tspl, zpl};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::ReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// More connections than this are closed at once.
const MOST_CONNECTIONS: usize = 16;
/// Answers that wait for the host.
const ANSWERS_WAITING: usize = 256;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    /// It is not served any more, and nobody told the host.
    HalfOpen(u64),
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
                if connections.len() < MOST_CONNECTIONS && stream.set_nodelay(true).is_ok() {
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
        let end = take_a_seat(&bench, &mut stream).await;
        if let End::HalfOpen(number) = end {
            // The seat is free for others; this one hears nothing, not even that it is over.
            bench.until(|d| d.fate.half_open_over >= number).await;
            return End::Reset;
        }
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

async fn take_a_seat(bench: &Bench, stream: &mut TcpStream) -> End {
    let _seat = bench.seat.acquire().await;
    let number = bench.change(|d| {
        d.served += 1;
        d.served
    });
    let end = tokio::select! {
        biased;
        () = bench.until(|d| d.fate.half_open >= number) => End::HalfOpen(number),
        end = serve(bench, stream) => end,
    };
    bench.change(|d| d.partial_format = false);
    end
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

async fn hear(bench: &Bench, read: &mut ReadHalf<'_>, reply: Reply) -> End {
    let mut session = Session::new(bench.look(|d| d.language), reply.clone());
    let mut buffer = [0; 1024];
    loop {
        let Ok(count @ 1..) = read.read(&mut buffer).await else { return End::Closed };
        // A full receive buffer: the host's data waits on its side.
        bench.until(Device::has_room).await;
        for byte in &buffer[..count] {
            let answer = session.push(bench, *byte);
            if session.breaks() {
                return End::Reset;
            }
            if let Some(answer) = answer
                && reply.send(answer).await.is_err()
            {
                return End::Closed;
            }
        }
    }
}

/// One host, in the language of the printer.
#[derive(Debug)]
enum Session {
    Zpl(Box<zpl::Session>),
    Tspl(tspl::Session),
}

impl Session {
    fn new(language: Language, reply: Reply) -> Self {
        match language {
            Language::Zpl => Self::Zpl(Box::new(zpl::Session::new(reply))),
            Language::Tspl => Self::Tspl(tspl::Session::new(reply)),
        }
    }

    fn push(&mut self, bench: &Bench, byte: u8) -> Option<Vec<u8>> {
        let change = |take: &mut dyn FnMut(&mut Device)| bench.change(take);
        match self {
            Self::Zpl(session) => session.push(byte, change),
            Self::Tspl(session) => session.push(byte, change),
        }
    }

    fn breaks(&self) -> bool {
        match self {
            Self::Zpl(session) => session.breaks(),
            Self::Tspl(session) => session.breaks(),
        }
    }
}
