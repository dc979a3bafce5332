//! The socket side of the fake PLC: many clients, one request at a time each.
use super::modbus::{HEAD, Head, read_head};
use crate::sim::floor::{Reply, SharedFloor};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// A client that says nothing for so long is dropped, as PLCs do.
const IDLE_LIMIT: Duration = Duration::from_mins(1);
/// A request that has begun, or an answer, must be through in this time.
const FRAME_LIMIT: Duration = Duration::from_secs(5);
/// Small PLCs hold few connections.
const MOST_CLIENTS: usize = 16;

/// Serves clients until told to stop. Each change of `cut` closes all connections.
pub async fn serve(
    listener: TcpListener,
    floor: SharedFloor,
    cut: watch::Receiver<u64>,
    stop: CancellationToken,
) {
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        while clients.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) if clients.len() < MOST_CLIENTS => {
                let floor = floor.clone();
                clients.spawn(attend(stream, floor, cut.clone(), stop.clone()));
            }
            Ok(_) => tracing::warn!("fake PLC has too many clients; one was turned away"),
            Err(error) => {
                tracing::warn!(%error, "fake PLC cannot accept a client");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    while clients.join_next().await.is_some() {}
}

async fn attend(
    stream: TcpStream,
    floor: SharedFloor,
    mut cut: watch::Receiver<u64>,
    stop: CancellationToken,
) {
    cut.mark_unchanged();
    tokio::select! {
        ended = converse(stream, &floor) => tracing::debug!(?ended, "client of the fake PLC left"),
        _ = cut.changed() => {}
        () = stop.cancelled() => {}
    }
}

async fn converse(mut stream: TcpStream, floor: &SharedFloor) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some((head, body)) = read_frame(&mut stream).await? {
        let reply = floor.lock().hear(head, &body);
        let answer = match reply {
            Reply::Silence => continue,
            Reply::HangUp => return Ok(()),
            Reply::Now(answer) => answer,
            Reply::Late(answer, by) => {
                sleep(by).await;
                answer
            }
        };
        timeout(FRAME_LIMIT, stream.write_all(&answer)).await??;
    }
    Ok(())
}

/// The next frame; nothing when the other side is done, or does not speak Modbus.
async fn read_frame(stream: &mut TcpStream) -> std::io::Result<Option<(Head, Vec<u8>)>> {
    let mut head = [0; HEAD];
    if timeout(IDLE_LIMIT, stream.read(&mut head[..1])).await?? == 0 {
        return Ok(None);
    }
    timeout(FRAME_LIMIT, stream.read_exact(&mut head[1..])).await??;
    let Some(head) = read_head(head) else { return Ok(None) };
    let mut body = vec![0; head.following];
    timeout(FRAME_LIMIT, stream.read_exact(&mut body)).await??;
    Ok(Some((head, body)))
}
