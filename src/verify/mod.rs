//! Read back: one task a camera. Frames come over HTTP, readings go to the line, and the pictures
//! that the line asks for go into files.
mod multipart;
mod picture;
mod reading;
mod session;
mod shelf;

use crate::dial::{self, BackOff};
use crate::line::{CameraEvent, Cause, Event, PictureId};
use crate::telemetry::LastWord;
use session::{Camera, End};
use shelf::{Recent, Shelf};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// Where a camera is and what becomes of its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraSettings {
    /// The stream: HTTP, `multipart/x-mixed-replace`, a part a product with `Content-Length`,
    /// `Content-Type` grey map, JPEG or PNG, and `X-Tag` (or `X-Trigger`).
    pub url: String,
    /// The folder of this line's kept pictures; they are named `<picture>.png`.
    pub frames_dir: PathBuf,
    /// How many bytes of kept pictures there may be; the oldest make room.
    pub frames_max_bytes: u64,
    /// The biggest frame that is taken, in bytes.
    pub frame_max_bytes: usize,
    /// How long a connection, and the answer on it, may take.
    pub connect_within: Duration,
    /// How long a frame may take from its first byte to its last. Between frames a camera may be
    /// quiet for ever: no product, no picture.
    pub frame_within: Duration,
    /// The first pause between two connections, and the longest.
    pub retry: (Duration, Duration),
}

impl CameraSettings {
    /// A camera at `url`; `frames_dir` is the folder of all lines, `line` the name of this one.
    pub fn new(url: impl Into<String>, frames_dir: impl Into<PathBuf>, line: &str) -> Self {
        Self {
            url: url.into(),
            frames_dir: frames_dir.into().join(line),
            frames_max_bytes: 512 * 1024 * 1024,
            frame_max_bytes: 8 * 1024 * 1024,
            connect_within: Duration::from_secs(3),
            frame_within: Duration::from_secs(2),
            retry: (Duration::from_millis(200), Duration::from_secs(5)),
        }
    }
}

/// Keeps a camera connected until asked to stop, or until nobody hears the facts any more. What
/// comes through `kept` is written into files while the next frames are read.
pub async fn keep(
    settings: CameraSettings,
    kept: mpsc::Receiver<PictureId>,
    facts: mpsc::Sender<Event>,
    last_word: LastWord,
    stop: CancellationToken,
) {
    let recent = Recent::default();
    let shelf = (settings.frames_dir.clone(), settings.frames_max_bytes);
    let done = stop.child_token();
    let watching = async {
        let camera = Camera::new(&settings, &recent, &facts, last_word);
        watch(&settings, camera, &facts, &stop).await;
        done.cancel();
    };
    tokio::join!(watching, put_away(shelf, recent.clone(), kept, &done));
}

async fn watch(
    settings: &CameraSettings,
    mut camera: Camera<'_>,
    facts: &mpsc::Sender<Event>,
    stop: &CancellationToken,
) {
    let mut back_off = BackOff::new(settings.retry.0, settings.retry.1);
    let mut told = None;
    loop {
        let End::Lost { cause, was_up } = camera.session(stop).await else { return };
        if was_up {
            back_off.reset();
            told = None;
        }
        if told != Some(cause) {
            tracing::warn!(settings.url, "camera {}", cause.words());
            told = Some(cause);
            if facts.send(Event::Camera(CameraEvent::Down(cause))).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(back_off.pause(dial::chance())) => {}
        }
    }
}

/// Writes pictures one after the other; what was asked for before the end is still written.
async fn put_away(
    (folder, most_bytes): (PathBuf, u64),
    recent: Recent,
    mut kept: mpsc::Receiver<PictureId>,
    done: &CancellationToken,
) {
    let mut shelf = None;
    loop {
        let id = tokio::select! {
            biased;
            id = kept.recv() => id,
            () = done.cancelled() => return,
        };
        let Some(id) = id else { return };
        let Some(picture) = recent.get(id) else {
            tracing::warn!(picture = id.0, "picture is no longer in memory");
            continue;
        };
        let (open, folder) = (shelf.take(), folder.clone());
        let written = spawn_blocking(move || {
            let mut shelf = open.map_or_else(|| Shelf::open(folder, most_bytes), Ok)?;
            shelf.put(id, &picture).map(|()| shelf)
        });
        match written.await {
            Ok(Ok(open)) => shelf = Some(open),
            // The line goes on without the picture; the next one opens the folder anew.
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, picture = id.0, "picture not kept");
            }
            Err(error) => tracing::error!(%error, picture = id.0, "picture not kept"),
        }
    }
}
