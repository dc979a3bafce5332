//! A camera that must be waited for on a thread: what that thread says, and how it is told to end.
use super::frames::{Frame, Frames};
use super::session::{Post, Trouble};
use crate::line::Cause;
use crate::telemetry::LastWord;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// A thread lets go of its camera within this time, or is left alone.
const RELEASE_WITHIN: Duration = Duration::from_secs(3);

/// What a thread says.
pub(super) enum Said {
    /// The camera is usable.
    Up,
    /// It is lost.
    Lost(Cause),
}

/// The thread's side.
pub(super) struct Eyes {
    frames: Frames,
    said: mpsc::Sender<Said>,
    last_word: LastWord,
    close: Arc<AtomicBool>,
}

impl Eyes {
    /// Whether the thread is to end.
    pub(super) fn are_to_close(&self) -> bool {
        self.close.load(Ordering::Relaxed)
    }

    /// Hands a frame out.
    pub(super) fn put(&self, frame: Frame) {
        self.frames.put(frame);
    }

    /// The camera said something.
    pub(super) fn heard(&self) {
        self.last_word.heard();
    }

    /// Nobody may hear it any more; then the thread is about to be told so.
    pub(super) fn say(&self, said: Said) {
        if self.said.try_send(said).is_err() {
            tracing::debug!("nobody listens to a camera any more");
        }
    }
}

/// When the thread of a session before this one has let go of its camera.
#[derive(Default)]
pub(super) struct Released(Option<oneshot::Receiver<()>>);

impl Released {
    /// Waits for it, not for ever.
    pub(super) async fn wait(&mut self) {
        let Some(released) = self.0.take() else { return };
        // The other side is dropped when the thread ends.
        if timeout(RELEASE_WITHIN, released).await.is_err() {
            tracing::error!("a camera is not let go of; leaving it");
        }
    }
}

/// Tells the thread to end, also when the session is cut short.
struct Close(Arc<AtomicBool>);

impl Drop for Close {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lets `work` run on a thread of its own until the camera is lost or the thread is to end.
pub(super) async fn watch(
    name: &'static str,
    work: impl FnOnce(&Eyes) -> Result<(), Cause> + Send + 'static,
    frames: &Frames,
    post: &Post<'_>,
    released: &mut Released,
) -> Trouble {
    let (said, mut hear) = mpsc::channel(4);
    let (here, gone) = oneshot::channel::<()>();
    let close = Close(Arc::default());
    let eyes = Eyes {
        frames: frames.clone(),
        said,
        last_word: post.last_word(),
        close: Arc::clone(&close.0),
    };
    let body = move || {
        if let Err(cause) = work(&eyes) {
            eyes.say(Said::Lost(cause));
        }
        drop(here);
    };
    if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(body) {
        tracing::error!(%error, "no thread for a camera");
        return Cause::Unreachable.into();
    }
    *released = Released(Some(gone));
    loop {
        match hear.recv().await {
            Some(Said::Up) => {
                if let Err(trouble) = post.up().await {
                    return trouble;
                }
            }
            Some(Said::Lost(cause)) => return cause.into(),
            // It went down without a word; where it was told to end, nobody listens.
            None => return Cause::Faulty.into(),
        }
    }
}
