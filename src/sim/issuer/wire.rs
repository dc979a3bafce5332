//! The issuer's port: connections that can be cut before an answer leaves.
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The knife for one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Knife(Arc<AtomicBool>);

impl Knife {
    /// Cuts the connection: nothing more goes either way.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Port>> for Knife {
    fn connect_info(stream: IncomingStream<'_, Port>) -> Self {
        stream.remote_addr().clone()
    }
}

/// The listening port. While `down`, whoever connects is hung up on.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) listener: TcpListener,
    pub(super) down: Arc<AtomicBool>,
}

impl Listener for Port {
    type Io = Wire;
    type Addr = Knife;

    async fn accept(&mut self) -> (Wire, Knife) {
        loop {
            match self.listener.accept().await {
                Ok(_) if self.down.load(Ordering::SeqCst) => {}
                Ok((stream, _)) => {
                    let knife = Knife::default();
                    let (cut, down) = (Arc::clone(&knife.0), Arc::clone(&self.down));
                    return (Wire { stream, cut, down }, knife);
                }
                Err(error) => {
                    tracing::debug!(%error, "the fake issuer could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Knife> {
        self.listener.local_addr().map(|_| Knife::default())
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
    down: Arc<AtomicBool>,
}

impl Wire {
    fn whole(&self) -> io::Result<()> {
        if self.cut.load(Ordering::SeqCst) || self.down.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.whole()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.whole()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
