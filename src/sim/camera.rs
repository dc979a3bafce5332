//! The fake camera: a frame for every trigger, served over HTTP as a multipart stream; a slow or absent client never holds up the belt.
use super::PrintedLabel;
use super::dice::Dice;
use super::ledger::{Fact, Ledger};
use super::scene::{Look, SceneSettings, picture, portable_greymap};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

/// Frames that wait for one client; more are dropped, the newest first.
const FRAMES_WAITING: usize = 4;
/// Cameras serve few clients.
const MOST_VIEWERS: usize = 8;
const GREYMAP: &str = "image/x-portable-graymap";

/// A trigger: what stood before the camera at that moment.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Counted from one over the life of the plant.
    pub product: u64,
    /// The tag that the PLC gave it.
    pub tag: u32,
    /// Counted from one over the life of the plant.
    pub trigger: u64,
    /// What is to be seen of the label.
    pub look: Look,
    /// The label on it.
    pub label: Option<Arc<PrintedLabel>>,
}

/// The camera. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Camera(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: SceneSettings,
    seed: u64,
    ledger: Ledger,
    viewers: Mutex<Vec<mpsc::Sender<Part>>>,
    last: Mutex<Option<Shot>>,
}

#[derive(Debug, Clone)]
struct Part {
    shot: Shot,
    bytes: Bytes,
}

impl Camera {
    /// A camera that looks at a world of this seed.
    pub fn new(settings: SceneSettings, seed: u64, ledger: Ledger) -> Self {
        let (viewers, last) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { settings, seed, ledger, viewers, last }))
    }

    /// Makes a frame of every shot and hands it to whoever watches, until told to stop.
    pub async fn shoot(self, mut shots: mpsc::Receiver<Shot>, stop: CancellationToken) {
        loop {
            let shot = tokio::select! {
                shot = shots.recv() => shot,
                () = stop.cancelled() => None,
            };
            let Some(shot) = shot else { break };
            *locked(&self.0.last) = Some(shot.clone());
            self.hand_out(shot).await;
        }
        self.drop_viewers();
    }

    /// Answers HTTP until told to stop.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let routes = Router::new()
            .route("/stream", get(stream))
            .route("/snapshot", get(snapshot))
            .with_state(self);
        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "fake camera cannot set TCP_NODELAY");
            }
        });
        let served = axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!(%error, "fake camera stopped");
        }
    }

    /// Closes every stream.
    pub fn drop_viewers(&self) {
        locked(&self.0.viewers).clear();
    }

    async fn hand_out(&self, shot: Shot) {
        let viewers: Vec<_> = {
            let mut viewers = locked(&self.0.viewers);
            viewers.retain(|viewer| !viewer.is_closed());
            viewers.clone()
        };
        let product = shot.product;
        if viewers.is_empty() {
            self.0.ledger.note(Fact::FrameDropped { product });
            return;
        }
        let Some(file) = self.frame(shot.clone()).await else { return };
        let part = Part { bytes: part(&shot, &file), shot };
        for viewer in viewers {
            if viewer.try_send(part.clone()).is_err() {
                self.0.ledger.note(Fact::FrameDropped { product });
            }
        }
    }

    /// The frame of a shot as a file; the same for the same shot, whenever it is asked for.
    async fn frame(&self, shot: Shot) -> Option<Vec<u8>> {
        let inner = Arc::clone(&self.0);
        let work = move || {
            let mut dice = Dice::of(inner.seed, shot.trigger.wrapping_add(1_000));
            portable_greymap(&picture(&inner.settings, shot.label.as_deref(), shot.look, &mut dice))
        };
        let made = tokio::task::spawn_blocking(work).await;
        made.inspect_err(|error| tracing::error!(%error, "fake camera made no frame")).ok()
    }

    /// A place among the viewers, while there is one.
    fn watch(&self) -> Option<mpsc::Receiver<Part>> {
        let mut viewers = locked(&self.0.viewers);
        viewers.retain(|viewer| !viewer.is_closed());
        let (sender, parts) = mpsc::channel(FRAMES_WAITING);
        (viewers.len() < MOST_VIEWERS).then(|| viewers.push(sender))?;
        Some(parts)
    }
}

async fn stream(State(camera): State<Camera>) -> Response {
    let Some(parts) = camera.watch() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many viewers").into_response();
    };
    let ledger = camera.0.ledger.clone();
    let handed = ReceiverStream::new(parts).map(move |Part { shot, bytes }| {
        let Shot { product, trigger, look, .. } = shot;
        ledger.note(Fact::FrameHanded { product, trigger, look });
        Ok::<_, Infallible>(bytes)
    });
    let kind = (header::CONTENT_TYPE, "multipart/x-mixed-replace; boundary=frame");
    ([kind], Body::from_stream(handed)).into_response()
}

async fn snapshot(State(camera): State<Camera>) -> Response {
    let last = locked(&camera.0.last).clone();
    let Some(shot) = last else {
        return StatusCode::NO_CONTENT.into_response();
    };
    match camera.frame(shot).await {
        Some(file) => ([(header::CONTENT_TYPE, GREYMAP)], file).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn part(shot: &Shot, file: &[u8]) -> Bytes {
    let head = format!(
        "--frame\r\nContent-Type: {GREYMAP}\r\nContent-Length: {}\r\nX-Tag: {}\r\nX-Trigger: {}\r\n\r\n",
        file.len(),
        shot.tag,
        shot.trigger
    );
    Bytes::from([head.as_bytes(), file, b"\r\n"].concat())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
