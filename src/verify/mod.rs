//! Read back: one task a camera. Frames come over HTTP, readings go to the line, and the pictures
//! that the line asks for go into files.
mod ahead;
#[cfg(feature = "aravis")]
mod aravis;
mod ends;
mod folder;
mod frames;
mod http;
#[cfg(any(test, feature = "v4l2"))]
mod luma;
mod marked;
mod multipart;
mod picture;
mod reader;
mod reading;
mod session;
mod shelf;
mod source;
#[cfg(any(feature = "aravis", feature = "v4l2"))]
mod thread;
#[cfg(feature = "v4l2")]
mod v4l2;

pub use reader::{Framing, Kind, Pattern, PatternProblem, ReaderSettings, readings_of_any_bytes};
pub use source::{Afterwards, AravisSettings, FileOrder, FolderSettings, Source, Trigger};

use crate::calibration::{Calibration, CalibrationProblem};
use crate::dial::{self, BackOff};
use crate::line::{CameraCommand, CameraEvent, Event, PictureId};
use crate::symbol::Region;
use crate::symbol::grade::{self, Conditions};
use crate::telemetry::LastWord;
use ahead::Ahead;
use frames::Shots;
use session::{Camera, End};
use shelf::{Recent, Shelf, Shown};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// Whether this program was built with Aravis (`--features aravis`).
pub const HAS_ARAVIS: bool = cfg!(feature = "aravis");
/// Whether this program was built with `Video4Linux` (`--features v4l2`).
pub const HAS_V4L2: bool = cfg!(feature = "v4l2");

/// Pictures that wait to be written. The disk may be slow; the line is not.
const PICTURES_WAITING: usize = 64;
/// And no more than this many bytes of them: they are held in memory until they are written.
const BYTES_WAITING: u32 = 64 * 1024 * 1024;

/// Where a camera is and what becomes of its pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraSettings {
    /// Where pictures or readings come from.
    pub source: Source,
    /// Who says when one is taken.
    pub trigger: Trigger,
    /// How long one frame may be looked at, its decoding included. What is easily read takes a few milliseconds; the rest
    /// is for symbols that are blurred or damaged, and for frames without any.
    pub deep_within: Duration,
    /// How symbols are graded; nothing: they are not.
    pub grading: Option<Conditions>,
    /// Where calibrations are kept, and the name of this camera's. It says more than `grading`
    /// does.
    pub calibration: Option<(PathBuf, String)>,
    /// What is known of the symbols of this job.
    pub symbol: Option<JobSymbol>,
    /// Pixels a millimetre of the object; a calibration says it better.
    pub px_per_mm: Option<f32>,
    /// Where symbols roughly are, until one of ours was seen.
    pub place: Option<Region>,
    /// The folder of this line's kept pictures; they are named `<picture>.png`, and beside each
    /// lies `<picture>-overlay.png`.
    pub frames_dir: PathBuf,
    /// How many bytes of kept pictures there may be; the oldest make room.
    pub frames_max_bytes: u64,
    /// The biggest frame that is taken, in bytes.
    pub frame_max_bytes: usize,
    /// How long a connection, and the answer on it, may take.
    pub connect_within: Duration,
    /// How long a frame or a message may take from its first byte to its last. Between frames a
    /// camera may be quiet for ever: no product, no picture.
    pub frame_within: Duration,
    /// The first pause between two connections, and the longest.
    pub retry: (Duration, Duration),
}

/// The symbols of a job: all of them are of one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JobSymbol {
    /// Modules along one side, finder included.
    pub side: u32,
    /// Side of a module in millimetres.
    pub module_mm: f32,
}

impl CameraSettings {
    /// A camera; `frames_dir` is the folder of all lines, `line` the name of this one.
    pub fn new(source: Source, frames_dir: impl Into<PathBuf>, line: &str) -> Self {
        Self {
            source,
            trigger: Trigger::Device,
            deep_within: Duration::from_millis(100),
            grading: Some(Conditions::default()),
            calibration: None,
            symbol: None,
            px_per_mm: None,
            place: None,
            frames_dir: frames_dir.into().join(line),
            frames_max_bytes: 512 * 1024 * 1024,
            frame_max_bytes: 8 * 1024 * 1024,
            connect_within: Duration::from_secs(3),
            frame_within: Duration::from_secs(2),
            retry: (Duration::from_millis(200), Duration::from_secs(5)),
        }
    }

    /// Takes over what is known of this camera. Without a calibration, grades say so.
    async fn calibrate(&mut self, (folder, camera): (PathBuf, String)) {
        match spawn_blocking(move || Calibration::load(&folder, &camera)).await {
            Ok(Ok(known)) => {
                self.px_per_mm = known.px_per_mm.or(self.px_per_mm);
                if let Some(grading) = &mut self.grading {
                    grading.calibration = Some(grade::Calibration {
                        dark: (known.dark.grey, known.dark.reflectance),
                        light: (known.light.grey, known.light.reflectance),
                    });
                }
            }
            Ok(Err(CalibrationProblem::Missing { .. })) | Err(_) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the calibration of the camera is not used");
            }
        }
        if let Some(grading) = &mut self.grading {
            grading.px_per_mm = self.px_per_mm.or(grading.px_per_mm);
        }
    }

    /// Whether a picture can be had of it that no product triggers: it waits to be told, or what it
    /// shows now is told when somebody asks.
    pub fn can_be_asked(&self) -> bool {
        match self.trigger {
            Trigger::Line => true,
            Trigger::Device => false,
            Trigger::Nobody => !matches!(self.source, Source::Folder(_) | Source::Reader(_)),
        }
    }

    /// Side of a module in pixels, where that can be said before one was seen.
    fn module(&self) -> Option<f32> {
        Some(self.symbol?.module_mm * self.px_per_mm?)
    }
}

/// Keeps a camera connected until asked to stop, or until nobody hears the facts any more. Pictures
/// that `commands` want kept are written into files while the next frames are read.
pub async fn keep(
    mut settings: CameraSettings,
    commands: mpsc::Receiver<CameraCommand>,
    facts: mpsc::Sender<Event>,
    last_word: LastWord,
    stop: CancellationToken,
) {
    if let Some(kept) = settings.calibration.clone() {
        settings.calibrate(kept).await;
    }
    let (recent, shots, ahead) = (Recent::default(), Shots::default(), Ahead::default());
    let (to_shelf, kept) = mpsc::channel(PICTURES_WAITING);
    let shelf = (settings.frames_dir.clone(), settings.frames_max_bytes);
    let done = stop.child_token();
    let watching = async {
        let camera = Camera::new(&settings, (&recent, &shots, &ahead), &facts, last_word);
        watch(&settings, camera, &facts, &stop).await;
        done.cancel();
    };
    let side = settings.symbol.map(|symbol| symbol.side);
    let obeying = obey(commands, &shots, (&ahead, side), &recent, to_shelf, &done);
    tokio::join!(watching, obeying, put_away(shelf, kept));
}

/// A picture on its way to the disk. It is held itself, not its number: new pictures may have driven
/// it from memory by the time the disk gets to it.
struct Kept {
    id: PictureId,
    shown: Arc<Shown>,
    /// The room that it takes in the queue.
    _room: OwnedSemaphorePermit,
}

/// Hands on what the line wants, without waiting for anything: a picture that is asked for must not
/// wait for another one to be written.
async fn obey(
    mut commands: mpsc::Receiver<CameraCommand>,
    shots: &Shots,
    (ahead, side): (&Ahead, Option<u32>),
    recent: &Recent,
    to_shelf: mpsc::Sender<Kept>,
    done: &CancellationToken,
) {
    let room = Arc::new(Semaphore::new(BYTES_WAITING as usize));
    loop {
        let command = tokio::select! {
            biased;
            command = commands.recv() => command,
            () = done.cancelled() => return,
        };
        match command {
            Some(CameraCommand::Take(tag)) => shots.put(tag),
            Some(CameraCommand::Expect(codes)) => ahead.put(&codes, side),
            Some(CameraCommand::Keep(id)) => keep_picture(id, recent, &room, &to_shelf),
            None => return,
        }
    }
}

/// Queues a picture for the disk.
fn keep_picture(
    id: PictureId,
    recent: &Recent,
    room: &Arc<Semaphore>,
    to_shelf: &mpsc::Sender<Kept>,
) {
    let Some(shown) = recent.get(id) else {
        tracing::warn!(picture = id.0, "picture is no longer in memory");
        return;
    };
    // One that is bigger than all the room waits alone.
    let bytes = u32::try_from(shown.picture.luma.len()).unwrap_or(u32::MAX).min(BYTES_WAITING);
    let taken = Arc::clone(room).try_acquire_many_owned(bytes);
    let queued = taken.is_ok_and(|room| to_shelf.try_send(Kept { id, shown, _room: room }).is_ok());
    if !queued {
        tracing::warn!(picture = id.0, "too many pictures wait: not kept");
    }
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
            tracing::warn!(source = settings.source.place(), "camera {}", cause.words());
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
async fn put_away((folder, most_bytes): (PathBuf, u64), mut kept: mpsc::Receiver<Kept>) {
    let mut shelf = None;
    while let Some(picture) = kept.recv().await {
        let id = picture.id;
        let (open, folder) = (shelf.take(), folder.clone());
        let written = spawn_blocking(move || {
            let mut shelf = open.map_or_else(|| Shelf::open(folder, most_bytes), Ok)?;
            shelf.put(id, &picture.shown).map(|()| shelf)
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

#[cfg(test)]
mod tests {
    use super::picture::Picture;
    use super::reading::Spot;
    use super::*;

    fn shown(side: u32) -> Arc<Shown> {
        let luma = vec![200; (side * side) as usize];
        let picture = Picture { width: side, height: side, luma };
        Arc::new(Shown { picture, spot: Spot::Unread, grade: None })
    }

    /// What waits for the disk when these pictures were wanted.
    async fn wanted(recent: &Recent, ids: impl Iterator<Item = u64>) -> mpsc::Receiver<Kept> {
        let (to_shelf, kept) = mpsc::channel(PICTURES_WAITING);
        let (tell, commands) = mpsc::channel(PICTURES_WAITING * 2);
        for id in ids {
            tell.send(CameraCommand::Keep(PictureId(id))).await.unwrap();
        }
        drop(tell);
        let (shots, ahead) = (Shots::default(), Ahead::default());
        obey(commands, &shots, (&ahead, None), recent, to_shelf, &CancellationToken::new()).await;
        kept
    }

    #[tokio::test]
    async fn a_picture_that_waits_for_a_slow_disk_is_written_whatever_comes_after_it() {
        let recent = Recent::default();
        recent.put(PictureId(1), shown(16));
        let kept = wanted(&recent, 1..=1).await;
        (2..=200).for_each(|id| recent.put(PictureId(id), shown(16)));
        assert!(recent.get(PictureId(1)).is_none(), "it is no longer among the last");
        let folder = tempfile::tempdir().unwrap();
        put_away((folder.path().to_owned(), u64::MAX), kept).await;
        assert!(folder.path().join("1.png").exists());
    }

    #[tokio::test]
    async fn pictures_that_wait_have_a_bound_in_number_and_in_bytes() {
        let recent = Recent::default();
        recent.put(PictureId(1), shown(16));
        let kept = wanted(&recent, std::iter::repeat_n(1, PICTURES_WAITING + 1)).await;
        assert_eq!(kept.len(), PICTURES_WAITING);
        recent.put(PictureId(2), shown(4096));
        let kept = wanted(&recent, std::iter::repeat_n(2, 5)).await;
        assert_eq!(kept.len(), 4, "of 16 MiB each");
    }
}
