//! A relay between daemon and issuer that writes down when which request came. It knows nothing of
//! the issuer, and changes nothing.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Calls a second that the station likes.
const MOST_IN_A_SECOND: usize = 10;
/// Over a longer time the pace shows, whatever the machine does meanwhile: ten in 1.2 s, and one.
const LONG: Duration = Duration::from_secs(5);
const MOST_IN_LONG: usize = 43;
/// Requests that a failure shows.
const SHOWN: usize = 60;

/// One request.
#[derive(Debug)]
struct Seen {
    at: Instant,
    /// The daemon that sent it, counted from 0: a new one knows nothing of the pace of the last.
    life: usize,
    call: String,
}

#[derive(Debug, Default)]
struct Book {
    life: usize,
    requests: Vec<Seen>,
}

/// A running relay.
pub(crate) struct Relay {
    pub(crate) addr: SocketAddr,
    book: Arc<Mutex<Book>>,
    _task: JoinSet<()>,
}

impl Relay {
    pub(crate) async fn start(issuer: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let book = Arc::<Mutex<Book>>::default();
        let mut task = JoinSet::new();
        let seen = Arc::clone(&book);
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(relay(stream, issuer, Arc::clone(&seen)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { addr, book, _task: task }
    }

    /// From here on another daemon talks.
    pub(crate) fn next_life(&self) {
        self.book.lock().unwrap().life += 1;
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.book.lock().unwrap().requests.len() as u64
    }

    /// How often each call came.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for seen in &self.book.lock().unwrap().requests {
            *calls.entry(seen.call.clone()).or_default() += 1;
        }
        calls
    }

    /// How often somebody asked for a token.
    pub(crate) fn sign_ins(&self) -> usize {
        let calls = self.calls();
        let is_one = |call: &str| call.contains("/auth/simpleSignIn") || call == "POST /auth";
        calls.iter().filter(|(call, _)| is_one(call)).map(|(_, n)| n).sum()
    }

    /// The most requests of one daemon in any second.
    pub(crate) fn most_in_a_second(&self) -> usize {
        self.most_within(Duration::from_secs(1))
    }

    /// What is wrong with the pace.
    pub(crate) fn too_fast(&self) -> Option<String> {
        let (short, long) = (self.most_in_a_second(), self.most_within(LONG));
        (short > MOST_IN_A_SECOND || long > MOST_IN_LONG)
            .then(|| format!("{short} requests in a second, {long} in {LONG:?}"))
    }

    /// Signing in to True API is not counted: that is another system, which only the fake has on the
    /// same address.
    fn most_within(&self, time: Duration) -> usize {
        let book = self.book.lock().unwrap();
        let to_it: Vec<&Seen> =
            book.requests.iter().filter(|seen| !seen.call.contains("/true-api/")).collect();
        let after = |(at, first): (usize, &&Seen)| {
            let same = |seen: &&&Seen| seen.life == first.life && seen.at < first.at + time;
            to_it[at..].iter().take_while(same).count()
        };
        to_it.iter().enumerate().map(after).max().unwrap_or_default()
    }

    /// The last requests, for a person.
    pub(crate) fn story(&self) -> String {
        let book = self.book.lock().unwrap();
        let skipped = book.requests.len().saturating_sub(SHOWN);
        let mut text = String::new();
        let Some(first) = book.requests.first() else { return text };
        for seen in &book.requests[skipped..] {
            let at = (seen.at - first.at).as_secs_f64();
            let _ = writeln!(text, "  {at:8.3} daemon {} {}", seen.life, seen.call);
        }
        text
    }
}

async fn relay(mut daemon: TcpStream, issuer: SocketAddr, book: Arc<Mutex<Book>>) {
    let Ok(mut issuer) = TcpStream::connect(issuer).await else { return };
    let (mut from_daemon, mut to_daemon) = daemon.split();
    let (mut from_issuer, mut to_issuer) = issuer.split();
    let asks = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from_daemon.read(&mut buffer).await {
            note(&buffer[..length], &book);
            if to_issuer.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let answers = tokio::io::copy(&mut from_issuer, &mut to_daemon);
    // Whoever hangs up first ends both ways.
    tokio::select! {
        () = asks => {}
        _ = answers => {}
    }
}

/// A head is written at once and comes at once: its first line is at the beginning of what came.
fn note(came: &[u8], book: &Mutex<Book>) {
    let line = came.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..line.len().min(200)]);
    let mut words = line.split(' ');
    let (Some(method @ ("GET" | "POST")), Some(target)) = (words.next(), words.next()) else {
        return;
    };
    let path = target.split('?').next().unwrap_or_default();
    let call = format!("{method} {path}");
    let mut seen_so_far = book.lock().unwrap();
    let life = seen_so_far.life;
    seen_so_far.requests.push(Seen { at: Instant::now(), life, call });
}
