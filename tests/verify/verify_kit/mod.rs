//! A camera driver under test, and pictures with symbols in them.
use datamatrix::{DataMatrix, SymbolList};
use markwright::line::{CameraCommand, CameraEvent, Event, FrameOf, PictureId, Reading, Tag};
use markwright::telemetry::LastWord;
use markwright::verify::{CameraSettings, Source, keep};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct Bench {
    pub(crate) commands: mpsc::Sender<CameraCommand>,
    pub(crate) facts: mpsc::Receiver<Event>,
    pub(crate) folder: tempfile::TempDir,
    _stop: DropGuard,
}

/// A driver for this source, that is not patient and does not grade.
pub(crate) fn bench(source: Source, change: impl FnOnce(&mut CameraSettings)) -> Bench {
    bench_for(source, 64, change)
}

/// The same with room for so many facts that nobody has heard yet.
pub(crate) fn bench_for(
    source: Source,
    facts: usize,
    change: impl FnOnce(&mut CameraSettings),
) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = CameraSettings {
        frame_within: Duration::from_millis(200),
        retry: (Duration::from_millis(20), Duration::from_millis(50)),
        grading: None,
        ..CameraSettings::new(source, folder.path(), "line-1")
    };
    change(&mut settings);
    let (commands, inbox) = mpsc::channel(64);
    let (fact_outbox, facts) = mpsc::channel(facts);
    let stop = CancellationToken::new();
    tokio::spawn(keep(settings, inbox, fact_outbox, LastWord::default(), stop.clone()));
    Bench { commands, facts, folder, _stop: stop.drop_guard() }
}

impl Bench {
    pub(crate) async fn fact(&mut self) -> CameraEvent {
        let fact = tokio::time::timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time");
        let fact = fact.unwrap();
        let Event::Camera(event) = fact else { panic!("{fact:?} from a camera") };
        event
    }

    pub(crate) async fn up(&mut self) {
        assert_eq!(self.fact().await, CameraEvent::Up);
    }

    pub(crate) async fn reading(&mut self) -> (FrameOf, Reading, Option<PictureId>) {
        let fact = self.fact().await;
        let CameraEvent::Read { of, reading, picture } = fact else {
            panic!("{fact:?} instead of a reading")
        };
        (of, reading, picture)
    }

    pub(crate) async fn read(&mut self) -> (Tag, Reading, PictureId) {
        let (FrameOf::Tag(tag), reading, Some(picture)) = self.reading().await else {
            panic!("no tag or no picture")
        };
        (tag, reading, picture)
    }

    /// What is told of the next frame: whose it is, and the serial number in it.
    pub(crate) async fn serial(&mut self) -> (FrameOf, Option<u32>) {
        let (of, reading, _) = self.reading().await;
        (of, serial(&reading))
    }

    pub(crate) async fn take(&self, tag: u32) {
        self.commands.send(CameraCommand::Take(Tag(tag))).await.unwrap();
    }

    pub(crate) async fn keep(&self, picture: PictureId) {
        self.commands.send(CameraCommand::Keep(picture)).await.unwrap();
    }

    pub(crate) async fn nothing_for(&mut self, time: Duration) {
        let quiet = tokio::time::timeout(time, self.facts.recv()).await;
        assert!(quiet.is_err(), "{quiet:?}");
    }

    pub(crate) async fn file(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join("line-1").join(name);
        let wait = async {
            while !path.exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("a file in time");
        path
    }
}

/// The serial number of a reading by [`text`].
pub(crate) fn serial(reading: &Reading) -> Option<u32> {
    let Reading::Symbol { text, .. } = reading else { return None };
    let serial = text.split('\u{1d}').next()?.strip_prefix("01048100930116942100")?;
    Some(serial.parse().unwrap())
}

pub(crate) fn text(serial: u32) -> String {
    format!("01048100930116942100{serial:06}\u{1d}93#SzU")
}

pub(crate) fn good(serial: u32) -> Reading {
    Reading::Symbol { text: text(serial), identifier: "]d2".into(), quality: None }
}

pub(crate) const WIDTH: usize = 320;
pub(crate) const HEIGHT: usize = 240;

/// A grey picture with the symbol of `text`, its corner at (60, 50).
pub(crate) fn pixels(text: &str) -> Vec<u8> {
    let mut luma = vec![210; WIDTH * HEIGHT];
    let symbol =
        DataMatrix::encode_gs1(text.as_bytes(), SymbolList::default().enforce_square()).unwrap();
    for (x, y) in symbol.bitmap().pixels() {
        for n in 0..25 {
            luma[(50 + y * 5 + n / 5) * WIDTH + 60 + x * 5 + n % 5] = 25;
        }
    }
    luma
}

pub(crate) fn grey_map(luma: &[u8]) -> Vec<u8> {
    [format!("P5\n{WIDTH} {HEIGHT}\n255\n").as_bytes(), luma].concat()
}

pub(crate) fn part(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("--frame\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body, b"\r\n"].concat()
}

pub(crate) fn frame(tag: u32) -> Vec<u8> {
    let headers = format!("Content-Type: image/x-portable-graymap\r\nX-Tag: {tag}\r\n");
    part(&headers, &grey_map(&pixels(&text(tag))))
}
