//! One session with a camera, from the connection to the reason for its end.
use super::ahead::Ahead;
use super::folder;
use super::frames::{Content, Frame, Frames, Shots};
use super::http::{self, Http};
use super::picture::{NoPicture, Picture};
use super::reader;
use super::reading::{self, Known, Seen};
use super::shelf::{Recent, Shown};
use super::{CameraSettings, Source};
use crate::line::{Along, CameraEvent, Cause, Event, FrameOf, PictureId, Reading};
use crate::symbol::grade::Conditions;
use crate::symbol::trend::{self, Columns, Wear};
use crate::telemetry::LastWord;
use crate::telemetry::clock::Micros;
use reqwest::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// We were told to stop, or nobody is there to work for.
    Asked,
    /// The camera is lost, or not to be trusted.
    Lost {
        /// Why.
        cause: Cause,
        /// Whether it was usable before.
        was_up: bool,
    },
}

/// Why one step did not work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Asked,
    Lost(Cause),
}

impl From<Cause> for Trouble {
    fn from(cause: Cause) -> Self {
        Self::Lost(cause)
    }
}

/// Where facts go.
pub(super) struct Post<'a> {
    facts: &'a mpsc::Sender<Event>,
    last_word: &'a LastWord,
    up: AtomicBool,
}

impl Post<'_> {
    /// The device is usable.
    pub(super) async fn up(&self) -> Result<(), Trouble> {
        self.heard();
        self.up.store(true, Ordering::Relaxed);
        self.say(CameraEvent::Up).await
    }

    /// For a thread that hears the device itself.
    #[cfg_attr(
        not(any(feature = "aravis", feature = "v4l2")),
        expect(dead_code, reason = "only these have threads")
    )]
    pub(super) fn last_word(&self) -> LastWord {
        self.last_word.clone()
    }

    /// The device said something.
    pub(super) fn heard(&self) {
        self.last_word.heard();
    }

    pub(super) async fn say(&self, event: CameraEvent) -> Result<(), Trouble> {
        self.facts.send(Event::Camera(event)).await.map_err(|_| Trouble::Asked)
    }
}

/// Counts frames since the device was up, by its own counter where it has one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    last: u32,
    /// What the device's counter stood at before the first one.
    base: Option<u32>,
    /// The device's counter goes from this to zero.
    wraps_at: Option<u32>,
}

impl Count {
    /// For a counter that shows so many decimal digits.
    pub(super) fn of_digits(digits: u32) -> Self {
        let wraps_at = 10_u32.checked_pow(digits);
        Self { wraps_at, ..Self::default() }
    }

    /// What the device's counter stands at before the first frame.
    pub(super) fn begin_after(&mut self, counter: Option<u32>) {
        self.base = counter;
    }

    /// The next frame. `counter` is what the device counts. A counter that does not grow says
    /// nothing: the device was started anew.
    pub(super) fn next(&mut self, counter: Option<u32>) -> Result<FrameOf, Cause> {
        let count = match counter {
            None => self.last + 1,
            Some(counter) => {
                // What was counted before without it goes on.
                let base = *self.base.get_or_insert(self.before(counter, self.last));
                self.distance(base, counter)
            }
        };
        // Half of the numbers are behind, the other half ahead.
        let ahead = match self.wraps_at {
            Some(at) => (count % at + at - self.last % at) % at,
            None => count.wrapping_sub(self.last),
        };
        if ahead == 0 || ahead > self.wraps_at.unwrap_or(u32::MAX) / 2 {
            tracing::warn!(counter, "the camera's counter does not grow");
            return Err(Cause::Garbled);
        }
        self.last = self.last.wrapping_add(ahead);
        Ok(FrameOf::Count(self.last))
    }

    fn before(&self, counter: u32, known: u32) -> u32 {
        match self.wraps_at {
            Some(at) => (counter % at + 2 * at - 1 - known % at) % at,
            None => counter.wrapping_sub(1).wrapping_sub(known),
        }
    }

    fn distance(&self, base: u32, counter: u32) -> u32 {
        match self.wraps_at {
            // What was counted before, too, but only its last digits.
            Some(at) => (counter % at + at - base) % at,
            None => counter.wrapping_sub(base),
        }
    }
}

/// One camera over all its connections.
pub(super) struct Camera<'a> {
    settings: &'a CameraSettings,
    recent: &'a Recent,
    shots: &'a Shots,
    ahead: &'a Ahead,
    facts: &'a mpsc::Sender<Event>,
    last_word: LastWord,
    client: Option<Client>,
    /// Where a reader connects to us.
    door: Option<TcpListener>,
    /// The thread of the session before.
    #[cfg(any(feature = "aravis", feature = "v4l2"))]
    released: super::thread::Released,
    eye: Eye,
}

/// What was seen so far.
#[derive(Default)]
struct Eye {
    /// Columns and rows of modules that grow lighter.
    columns: Columns,
    /// How symbols are graded, if they are.
    conditions: Option<Conditions>,
    /// Where the last symbol of ours was, and how large its modules.
    known: Known,
    last_picture: u64,
    unasked: Unasked,
}

/// Readings of frames that nobody asked for.
#[derive(Debug, Default)]
pub(super) struct Unasked {
    last_text: Option<String>,
    count: Count,
}

impl Unasked {
    /// Only a symbol that the frame before did not show is worth telling.
    pub(super) fn of(&mut self, reading: &Reading) -> Option<FrameOf> {
        let Reading::Symbol { text, .. } = reading else { return None };
        if self.last_text.as_ref() == Some(text) {
            return None;
        }
        self.last_text = Some(text.clone());
        self.count.next(None).ok()
    }

    /// The device is up again: what it shows is told, whatever it was.
    fn begin(&mut self) {
        *self = Self::default();
    }
}

impl<'a> Camera<'a> {
    pub(super) fn new(
        settings: &'a CameraSettings,
        (recent, shots, ahead): (&'a Recent, &'a Shots, &'a Ahead),
        facts: &'a mpsc::Sender<Event>,
        last_word: LastWord,
    ) -> Self {
        let client = match &settings.source {
            Source::Stream { .. } | Source::Snapshot { .. } => {
                Some(http::client(settings.connect_within))
            }
            Source::Folder(_) | Source::Reader(_) | Source::V4l2 { .. } | Source::Aravis(_) => None,
        };
        let (place, module) = (settings.place, settings.module());
        let known = Known { place, module, ..Known::default() };
        let eye = Eye { conditions: settings.grading, known, ..Eye::default() };
        Self {
            settings,
            recent,
            shots,
            ahead,
            facts,
            last_word,
            client,
            door: None,
            #[cfg(any(feature = "aravis", feature = "v4l2"))]
            released: super::thread::Released::default(),
            eye,
        }
    }

    /// Connects once and reads what comes until something ends this.
    pub(super) async fn session(&mut self, stop: &CancellationToken) -> End {
        let last_word = self.last_word.clone();
        let post = Post { facts: self.facts, last_word: &last_word, up: AtomicBool::new(false) };
        self.shots.clear();
        // Two sessions cannot have one camera.
        #[cfg(any(feature = "aravis", feature = "v4l2"))]
        self.released.wait().await;
        let trouble = tokio::select! {
            () = stop.cancelled() => Trouble::Asked,
            trouble = self.work(&post) => trouble,
        };
        // Nobody may keep a camera when we are gone.
        #[cfg(any(feature = "aravis", feature = "v4l2"))]
        if trouble == Trouble::Asked {
            self.released.wait().await;
        }
        match trouble {
            Trouble::Asked => End::Asked,
            Trouble::Lost(cause) => End::Lost { cause, was_up: post.up.into_inner() },
        }
    }

    async fn work(&mut self, post: &Post<'_>) -> Trouble {
        if let Source::Reader(reader) = &self.settings.source {
            return reader::session(self.settings, reader, &mut self.door, self.shots, post).await;
        }
        self.eye.unasked.begin();
        let frames = Frames::default();
        let hand = Hand {
            settings: self.settings,
            client: self.client.as_ref(),
            frames: &frames,
            shots: self.shots,
            post,
            #[cfg(any(feature = "aravis", feature = "v4l2"))]
            released: &mut self.released,
        };
        let work = hand.take();
        let taking = async {
            let trouble = work.await;
            let Trouble::Lost(cause) = trouble else { return trouble };
            // What came before is still read.
            frames.end(cause);
            std::future::pending().await
        };
        let looking = self.eye.look(self.settings, (self.recent, self.ahead), &frames, post);
        tokio::select! {
            trouble = taking => trouble,
            trouble = looking => trouble,
        }
    }
}

/// What takes frames from a source.
struct Hand<'a> {
    settings: &'a CameraSettings,
    client: Option<&'a Client>,
    frames: &'a Frames,
    shots: &'a Shots,
    post: &'a Post<'a>,
    #[cfg(any(feature = "aravis", feature = "v4l2"))]
    released: &'a mut super::thread::Released,
}

impl Hand<'_> {
    /// Takes frames from the source until it is lost.
    async fn take(self) -> Trouble {
        let Self { settings, client, frames, shots, post, .. } = self;
        let count = Count::default();
        let http = client.map(|client| Http { settings, client, frames, shots, post, count });
        match (&settings.source, http) {
            (Source::Stream { url }, Some(http)) => http.stream(url).await,
            (Source::Snapshot { url, every }, Some(http)) => http.snapshots(url, *every).await,
            (Source::Folder(folder), _) => {
                folder::watch(folder, settings.frame_max_bytes, frames, post).await
            }
            #[cfg(feature = "aravis")]
            (Source::Aravis(camera), _) => {
                let (camera, trigger) = (camera.clone(), settings.trigger);
                let shots = shots.clone();
                let work = move |eyes: &_| super::aravis::work(&camera, trigger, &shots, eyes);
                super::thread::watch("aravis", work, frames, post, self.released).await
            }
            #[cfg(feature = "v4l2")]
            (Source::V4l2 { device, size }, _) => {
                let (device, size) = (device.clone(), *size);
                let (trigger, shots) = (settings.trigger, shots.clone());
                let work = move |eyes: &_| super::v4l2::work(&device, size, trigger, &shots, eyes);
                super::thread::watch("v4l2", work, frames, post, self.released).await
            }
            // The configuration says which feature this program was built without.
            _ => Trouble::Lost(Cause::WrongDevice),
        }
    }
}

impl Eye {
    /// Reads frame after frame until there are no more.
    async fn look(
        &mut self,
        settings: &CameraSettings,
        (recent, ahead): (&Recent, &Ahead),
        frames: &Frames,
        post: &Post<'_>,
    ) -> Trouble {
        loop {
            let seen = match frames.next().await {
                Ok(frame) => {
                    self.known.codes = ahead.get();
                    self.look_at(settings, recent, frame).await
                }
                Err(cause) => return cause.into(),
            };
            let events = match seen {
                Ok(events) => events,
                Err(trouble) => return trouble,
            };
            for event in events.into_iter().flatten() {
                if let Err(trouble) = post.say(event).await {
                    return trouble;
                }
            }
        }
    }

    /// Reads one frame on a thread that may take its time; one frame at a time.
    async fn look_at(
        &mut self,
        settings: &CameraSettings,
        recent: &Recent,
        Frame { of, content }: Frame,
    ) -> Result<[Option<CameraEvent>; 2], Trouble> {
        self.known.roams = of.is_none();
        let (known, conditions) = (self.known.clone(), self.conditions);
        let deep_within = settings.deep_within;
        let read = spawn_blocking(move || {
            // Until the verdict everything counts: a large picture takes long to decode.
            let until = Instant::now() + deep_within;
            let Some(picture) = picture(content)? else { return Ok(None) };
            let left = || until.saturating_duration_since(Instant::now());
            let Seen { reading, spot, module, grade } =
                reading::read(&picture, &known, conditions.as_ref(), &left);
            Ok::<_, NoPicture>(Some((Shown { picture, spot, grade }, reading, module)))
        });
        let (shown, reading) = match read.await {
            Ok(Ok(Some((shown, reading, module)))) => {
                if self.known.makes_usual(&reading) {
                    self.known.place = shown.spot.next().or(self.known.place);
                    self.known.module = module.or(self.known.module);
                }
                (Some(shown), reading)
            }
            Ok(Ok(None)) => (None, Reading::Nothing),
            Ok(Err(error)) if matches!(settings.source, Source::Folder(_)) => {
                tracing::warn!(%error, ?of, "a file is no picture");
                (None, Reading::Nothing)
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, ?of, "camera frame");
                return Err(Cause::Garbled.into());
            }
            // Only while the whole program goes down.
            Err(_) => return Err(Trouble::Asked),
        };
        let Some(of) = of.or_else(|| self.unasked.of(&reading)) else { return Ok([None, None]) };
        let grade = shown.as_ref().and_then(|shown| shown.grade.as_ref());
        let wears = grade.and_then(|grade| self.columns.see(grade)).map(wears);
        let picture = shown.map(|shown| {
            let id = self.next_picture();
            recent.put(id, Arc::new(shown));
            id
        });
        Ok([Some(CameraEvent::Read { of, reading, picture }), wears])
    }

    /// Microseconds since 1970 make a number that is new after a restart, too.
    fn next_picture(&mut self) -> PictureId {
        let now = u64::try_from(Micros::now().0).unwrap_or_default();
        self.last_picture = now.max(self.last_picture + 1);
        PictureId(self.last_picture)
    }
}

/// A dot of the print head fails, or does not any more.
fn wears(wear: Wear) -> CameraEvent {
    let along = match wear.along {
        trend::Along::Column => Along::Column,
        trend::Along::Row => Along::Row,
    };
    CameraEvent::Wears { along, column: wear.column, share: wear.share }
}

fn picture(content: Content) -> Result<Option<Picture>, NoPicture> {
    match content {
        Content::File { kind, body } => Picture::read(&kind, &body).map(Some),
        Content::Grey(picture) => Ok(Some(picture)),
        Content::Spoiled => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(mut count: Count, counters: &[u32]) -> Vec<Result<FrameOf, Cause>> {
        counters.iter().map(|counter| count.next(Some(*counter))).collect()
    }

    #[test]
    fn frames_are_counted_with_the_gaps_of_the_devices_counter() {
        let of = |counts: &[u32]| counts.iter().map(|n| Ok(FrameOf::Count(*n))).collect::<Vec<_>>();
        assert_eq!(counts(Count::default(), &[40, 41, 44]), of(&[1, 2, 5]));
        assert_eq!(counts(Count::default(), &[u32::MAX, 0, 1]), of(&[1, 2, 3]));
        assert_eq!(
            counts(Count::of_digits(2), &[98, 99, 0, 3, 50, 99, 2]),
            of(&[1, 2, 3, 6, 53, 102, 105])
        );
        let mut known = Count::default();
        known.begin_after(Some(40));
        let mut mixed = Count::default();
        mixed.next(None).unwrap();
        assert_eq!(counts(mixed, &[40, 42]), of(&[2, 4]));
        assert_eq!(counts(known, &[42]), of(&[2]), "one was lost before we saw any");
    }

    #[test]
    fn a_counter_that_goes_back_or_stands_is_not_believed() {
        for counters in [[7, 7], [7, 6], [7, 0]] {
            assert_eq!(counts(Count::default(), &counters)[1], Err(Cause::Garbled));
        }
    }
}
