//! The camera driver against a small scripted camera that speaks HTTP byte by byte.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a test")]

use datamatrix::{DataMatrix, SymbolList};
use markwright::line::{CameraEvent, Cause, Event, FrameOf, PictureId, Reading, Tag};
use markwright::telemetry::LastWord;
use markwright::verify::{CameraSettings, keep};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

const DEADLINE: Duration = Duration::from_secs(10);
const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";

struct Bench {
    listener: TcpListener,
    kept: mpsc::Sender<PictureId>,
    facts: mpsc::Receiver<Event>,
    folder: tempfile::TempDir,
    _stop: DropGuard,
}

async fn bench(change: impl FnOnce(&mut CameraSettings)) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}/stream", listener.local_addr().unwrap());
    let mut settings = CameraSettings {
        frame_within: Duration::from_millis(200),
        retry: (Duration::from_millis(20), Duration::from_millis(50)),
        ..CameraSettings::new(url, folder.path(), "line-1")
    };
    change(&mut settings);
    let (kept, kept_inbox) = mpsc::channel(16);
    let (fact_outbox, facts) = mpsc::channel(64);
    let stop = CancellationToken::new();
    tokio::spawn(keep(settings, kept_inbox, fact_outbox, LastWord::default(), stop.clone()));
    Bench { listener, kept, facts, folder, _stop: stop.drop_guard() }
}

impl Bench {
    /// Waits for the driver and reads its request.
    async fn asked(&self) -> TcpStream {
        let accepted = tokio::time::timeout(DEADLINE, self.listener.accept()).await;
        let (mut stream, _) = accepted.expect("a connection in time").unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        assert!(request.starts_with(b"GET /stream HTTP/1.1\r\n"));
        stream
    }

    /// Answers with a stream and sees the driver up.
    async fn streaming(&mut self) -> TcpStream {
        let mut stream = self.asked().await;
        stream.write_all(STREAM.as_bytes()).await.unwrap();
        assert_eq!(self.fact().await, CameraEvent::Up);
        stream
    }

    async fn fact(&mut self) -> CameraEvent {
        let fact = tokio::time::timeout(DEADLINE, self.facts.recv()).await.expect("a fact in time");
        let fact = fact.unwrap();
        let Event::Camera(event) = fact else { panic!("{fact:?} from a camera") };
        event
    }

    async fn read(&mut self) -> (Tag, Reading, PictureId) {
        let fact = self.fact().await;
        let CameraEvent::Read { of: FrameOf::Tag(tag), reading, picture: Some(picture) } = fact
        else {
            panic!("{fact:?} instead of a reading")
        };
        (tag, reading, picture)
    }

    async fn file(&self, picture: PictureId) -> PathBuf {
        let path = self.folder.path().join(format!("line-1/{}.png", picture.0));
        let wait = async {
            while !path.exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.expect("a file in time");
        path
    }
}

fn text(serial: u32) -> String {
    format!("01048100930116942100{serial:06}\u{1d}93#SzU")
}

fn good(serial: u32) -> Reading {
    Reading::Symbol { text: text(serial), identifier: "]d2".into(), quality: None }
}

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

/// A grey picture with the symbol of `text`, its corner at (60, 50).
fn pixels(text: &str) -> Vec<u8> {
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

fn grey_map(luma: &[u8]) -> Vec<u8> {
    [format!("P5\n{WIDTH} {HEIGHT}\n255\n").as_bytes(), luma].concat()
}

fn part(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("--frame\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body, b"\r\n"].concat()
}

fn frame(tag: u32) -> Vec<u8> {
    let headers = format!("Content-Type: image/x-portable-graymap\r\nX-Tag: {tag}\r\n");
    part(&headers, &grey_map(&pixels(&text(tag))))
}

#[tokio::test]
async fn each_frame_is_read_and_told_with_its_tag() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    let mut pictures = Vec::new();
    for tag in [7, 8, 12] {
        camera.write_all(&frame(tag)).await.unwrap();
        let (told, reading, picture) = bench.read().await;
        assert_eq!((told, reading), (Tag(tag), good(tag)));
        pictures.push(picture);
    }
    assert!(pictures.is_sorted_by(|a, b| a < b), "{pictures:?}");
}

#[tokio::test]
async fn frames_that_come_in_pieces_or_together_are_read_one_by_one() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    camera.set_nodelay(true).unwrap();
    let bytes = [frame(1), frame(2), frame(3)].concat();
    let sending = tokio::spawn(async move {
        for piece in bytes.chunks(1500) {
            camera.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        camera
    });
    for tag in 1..=3 {
        let (told, reading, _) = bench.read().await;
        assert_eq!((told, reading), (Tag(tag), good(tag)));
    }
    sending.await.unwrap();
}

#[tokio::test]
async fn a_picture_without_a_symbol_reads_nothing() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    let body = grey_map(&vec![180; WIDTH * HEIGHT]);
    let headers = "Content-Type: image/x-portable-graymap\r\nX-Tag: 5\r\n";
    camera.write_all(&part(headers, &body)).await.unwrap();
    let (tag, reading, _) = bench.read().await;
    assert_eq!((tag, reading), (Tag(5), Reading::Nothing));
}

#[tokio::test]
async fn a_camera_without_tags_is_counted() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    let body = grey_map(&pixels(&text(1)));
    let kind = "Content-Type: image/x-portable-graymap\r\n";
    camera.write_all(&part(kind, &body)).await.unwrap();
    assert_eq!(bench.read().await.0, Tag(1));
    camera.write_all(&part(&format!("{kind}X-Trigger: 40\r\n"), &body)).await.unwrap();
    assert_eq!(bench.read().await.0, Tag(40));
}

#[tokio::test]
async fn a_png_is_read_and_the_picture_asked_for_is_kept_in_a_file() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    let luma = pixels(&text(3));
    let grey = image::GrayImage::from_raw(320, 240, luma.clone()).unwrap();
    let mut png = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let headers = "Content-Type: image/png\r\nX-Tag: 3\r\n";
    camera.write_all(&part(headers, png.get_ref())).await.unwrap();
    let (_, reading, picture) = bench.read().await;
    assert_eq!(reading, good(3));
    bench.kept.send(PictureId(1)).await.unwrap();
    bench.kept.send(picture).await.unwrap();
    let kept = image::open(bench.file(picture).await).unwrap().into_luma8();
    assert_eq!(kept.into_raw(), luma);
    assert!(!bench.folder.path().join("line-1/1.png").exists(), "never taken, never kept");
}

#[tokio::test]
async fn a_quiet_camera_stays_up_and_a_stuck_frame_does_not() {
    let mut bench = bench(|settings| settings.frame_within = Duration::from_millis(100)).await;
    let mut camera = bench.streaming().await;
    let quiet = tokio::time::timeout(Duration::from_millis(300), bench.facts.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    camera.write_all(&frame(1)[..500]).await.unwrap();
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Silent));
}

#[tokio::test]
async fn a_cut_stream_is_unreachable_and_comes_back() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    camera.write_all(&frame(1)[..500]).await.unwrap();
    drop(camera);
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Unreachable));
    let mut camera = bench.streaming().await;
    camera.write_all(&frame(2)).await.unwrap();
    assert_eq!(bench.read().await.0, Tag(2));
}

#[tokio::test]
async fn garbage_in_the_stream_or_in_a_frame_is_garbled() {
    let mut huge = frame(1);
    huge.splice(.., b"--frame\r\nContent-Length: 99999999999\r\n\r\n".iter().copied());
    let ruin = part("Content-Type: image/jpeg\r\nX-Tag: 1\r\n", b"\xff\xd8 not a picture");
    for garbage in [b"<html>sorry</html>\r\n".to_vec(), huge, ruin] {
        let mut bench = bench(|_| {}).await;
        let mut camera = bench.streaming().await;
        camera.write_all(&garbage).await.unwrap();
        assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Garbled));
        bench.streaming().await;
    }
}

#[tokio::test]
async fn what_is_no_stream_is_the_wrong_device() {
    let answers = [
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
    ];
    for answer in answers {
        let mut bench = bench(|_| {}).await;
        let mut camera = bench.asked().await;
        camera.write_all(answer.as_bytes()).await.unwrap();
        assert_eq!(bench.fact().await, CameraEvent::Down(Cause::WrongDevice));
    }
}
