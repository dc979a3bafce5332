//! A proxy for Modbus TCP that misbehaves. It knows frames and nothing of registers.
#![allow(missing_docs, unreachable_pub, reason = "a test")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How it behaves. One exchange is struck in each such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It passes everything on.
    Well,
    /// The PLC obeys at once, its answer comes late.
    LateReplies { every: Duration, by: Duration },
    /// The PLC hears the request late, when nobody waits for its answer any more.
    LateRequests { every: Duration, by: Duration },
    /// The PLC does not hear of it; the gateway answers with exception 11, target failed to respond.
    Exceptions { every: Duration },
    /// The answer names another unit.
    WrongUnit { every: Duration },
    /// The answer before, once more, instead of this one.
    OldReplies { every: Duration },
    /// For a while of each time, the same answer to every read, and none of it reaches the PLC.
    Frozen { every: Duration, stands: Duration },
    /// Connections are cut.
    Drops { every: Duration },
}

/// Strikes of a mood: a slow machine needs all its time to come back from them.
const MOST: u64 = 6;

#[derive(Debug)]
struct Shared {
    mood: Mutex<Mood>,
    struck_at: Mutex<Instant>,
    struck: AtomicU64,
}

/// The proxy at work.
pub struct Proxy {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

impl Proxy {
    pub async fn start(plc: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            mood: Mutex::new(Mood::Well),
            struck_at: Mutex::new(Instant::now()),
            struck: AtomicU64::new(0),
        });
        let ours = Arc::clone(&shared);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&ours);
                connections.spawn(async move { carry(client, plc, &shared).await.unwrap_or(()) });
            }
        });
        Self { addr, shared, _task: task }
    }

    pub fn mood(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// How often it misbehaved.
    pub fn struck(&self) -> u64 {
        self.shared.struck.load(Ordering::Relaxed)
    }
}

impl Shared {
    /// Whether this exchange is struck: the first one in each such time.
    fn strikes(&self, every: Duration) -> bool {
        let mut struck_at = self.struck_at.lock().unwrap();
        let strikes = struck_at.elapsed() >= every && self.struck.load(Ordering::Relaxed) < MOST;
        if strikes {
            *struck_at = Instant::now();
            self.struck.fetch_add(1, Ordering::Relaxed);
        }
        strikes
    }
}

/// A frame: the head with its length, and what follows.
async fn frame(from: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![0; 6];
    from.read_exact(&mut frame).await?;
    let rest = usize::from(u16::from_be_bytes([frame[4], frame[5]]));
    frame.resize(6 + rest, 0);
    from.read_exact(&mut frame[6..]).await?;
    Ok(frame)
}

/// Asks the PLC.
async fn ask(plc: &mut TcpStream, request: &[u8]) -> std::io::Result<Vec<u8>> {
    plc.write_all(request).await?;
    frame(plc).await
}

async fn carry(mut client: TcpStream, plc: SocketAddr, shared: &Shared) -> std::io::Result<()> {
    let mut plc = TcpStream::connect(plc).await?;
    let began = Instant::now();
    let mut last: Option<Vec<u8>> = None;
    let mut last_read: Option<Vec<u8>> = None;
    loop {
        let request = frame(&mut client).await?;
        let reads = request[7] == 4;
        let mood = *shared.mood.lock().unwrap();
        let mut answer = match mood {
            Mood::LateRequests { every, by } if shared.strikes(every) => {
                sleep(by).await;
                ask(&mut plc, &request).await?
            }
            Mood::LateReplies { every, by } if shared.strikes(every) => {
                let answer = ask(&mut plc, &request).await?;
                sleep(by).await;
                answer
            }
            Mood::Exceptions { every } if shared.strikes(every) => {
                vec![request[0], request[1], 0, 0, 0, 3, request[6], request[7] | 0x80, 11]
            }
            Mood::Frozen { every, stands }
                if began.elapsed().as_millis() % every.as_millis()
                    > every.saturating_sub(stands).as_millis() =>
            {
                shared.struck.fetch_add(1, Ordering::Relaxed);
                match last_read.clone().filter(|_| reads) {
                    Some(frozen) => frozen,
                    // A write is confirmed and does nothing.
                    None if !reads => {
                        let mut done = request[..12].to_vec();
                        done[4..6].copy_from_slice(&[0, 6]);
                        done
                    }
                    None => ask(&mut plc, &request).await?,
                }
            }
            Mood::Drops { every } if shared.strikes(every) => return Ok(()),
            Mood::OldReplies { every } if shared.strikes(every) => {
                let answer = ask(&mut plc, &request).await?;
                let old = last.clone().unwrap_or(answer);
                client.write_all(&old).await?;
                continue;
            }
            Mood::WrongUnit { every } if shared.strikes(every) => {
                let mut answer = ask(&mut plc, &request).await?;
                answer[6] = answer[6].wrapping_add(1);
                answer
            }
            Mood::Well
            | Mood::LateReplies { .. }
            | Mood::LateRequests { .. }
            | Mood::Exceptions { .. }
            | Mood::WrongUnit { .. }
            | Mood::OldReplies { .. }
            | Mood::Frozen { .. }
            | Mood::Drops { .. } => ask(&mut plc, &request).await?,
        };
        last = Some(answer.clone());
        if reads {
            last_read = Some(answer.clone());
        }
        // Whatever it is an answer to, it bears the number of the request.
        answer[..2].copy_from_slice(&request[..2]);
        client.write_all(&answer).await?;
    }
}
