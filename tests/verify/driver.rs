//! The camera driver against a small scripted camera that speaks HTTP byte by byte.
use crate::verify_kit::{self, DEADLINE, HEIGHT, WIDTH, frame, good, grey_map, part, pixels, text};
use markwright::line::{CameraEvent, Cause, FrameOf, PictureId, Reading, Tag};
use markwright::verify::{CameraSettings, Source, Trigger};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";

struct Bench {
    listener: TcpListener,
    driver: verify_kit::Bench,
}

async fn bench(change: impl FnOnce(&mut CameraSettings)) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/stream", listener.local_addr().unwrap());
    Bench { listener, driver: verify_kit::bench(Source::Stream { url }, change) }
}

impl std::ops::Deref for Bench {
    type Target = verify_kit::Bench;

    fn deref(&self) -> &Self::Target {
        &self.driver
    }
}

impl std::ops::DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.driver
    }
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
    assert_eq!(bench.serial().await, (FrameOf::Count(1), Some(1)));
    for (trigger, count) in [(40, 2), (41, 3), (44, 6)] {
        let headers = format!("{kind}X-Trigger: {trigger}\r\n");
        camera.write_all(&part(&headers, &body)).await.unwrap();
        assert_eq!(bench.serial().await, (FrameOf::Count(count), Some(1)), "two were lost");
    }
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
    bench.keep(PictureId(1)).await;
    bench.keep(picture).await;
    let kept = image::open(bench.file(&format!("{}.png", picture.0)).await).unwrap().into_luma8();
    assert_eq!(kept.into_raw(), luma);
    assert!(!bench.folder.path().join("line-1/1.png").exists(), "never taken, never kept");
}

#[tokio::test]
async fn a_quiet_camera_stays_up_and_a_stuck_frame_does_not() {
    let mut bench = bench(|settings| settings.frame_within = Duration::from_millis(100)).await;
    let mut camera = bench.streaming().await;
    bench.nothing_for(Duration::from_millis(300)).await;
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

/// A JPEG of a grey picture.
fn jpeg(serial: u32) -> Vec<u8> {
    let grey = image::GrayImage::from_raw(320, 240, pixels(&text(serial))).unwrap();
    let mut file = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut file, image::ImageFormat::Jpeg).unwrap();
    file.into_inner()
}

fn free_frame(serial: u32) -> Vec<u8> {
    [b"--frame\r\nContent-Type: image/jpeg\r\n\r\n", &jpeg(serial)[..], b"\r\n"].concat()
}

#[tokio::test]
async fn a_free_running_camera_without_lengths_tells_each_new_symbol_once() {
    let mut bench = bench(|settings| settings.trigger = Trigger::Nobody).await;
    let mut camera = bench.streaming().await;
    for (count, serial) in (1..).zip([5, 6, 5]) {
        // More of them may be dropped unread; the first and the last are not both.
        camera.write_all(&free_frame(serial)).await.unwrap();
        assert_eq!(bench.serial().await, (FrameOf::Count(count), Some(serial)));
        camera.write_all(&free_frame(serial)).await.unwrap();
    }
}

#[tokio::test]
async fn of_a_free_running_camera_the_line_takes_the_frame_that_begins_after_it_asked() {
    let mut bench = bench(|settings| settings.trigger = Trigger::Line).await;
    let mut camera = bench.streaming().await;
    let begun = free_frame(1);
    camera.write_all(&begun[..200]).await.unwrap();
    bench.nothing_for(Duration::from_millis(50)).await;
    bench.take(77).await;
    bench.nothing_for(Duration::from_millis(50)).await;
    camera.write_all(&[&begun[200..], b"\r\n"].concat()).await.unwrap();
    bench.nothing_for(Duration::from_millis(100)).await;
    camera.write_all(&free_frame(2)).await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(77)), Some(2)));
    camera.write_all(&free_frame(3)).await.unwrap();
    bench.nothing_for(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn of_a_free_running_camera_a_hand_gets_the_next_frame_whatever_it_shows() {
    let mut bench = bench(|settings| settings.trigger = Trigger::Nobody).await;
    let mut camera = bench.streaming().await;
    camera.write_all(&free_frame(5)).await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Count(1), Some(5)));
    bench.take(0).await;
    bench.nothing_for(Duration::from_millis(50)).await;
    camera.write_all(&free_frame(5)).await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(0)), Some(5)), "the same as before");
    camera.write_all(&free_frame(6)).await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Count(2), Some(6)), "and only that one");
}

#[tokio::test]
async fn a_graded_reject_is_kept_with_what_was_found_drawn_over_it() {
    let grading = Some(markwright::symbol::grade::Conditions::default());
    let mut bench = bench(|settings| settings.grading = grading).await;
    let mut camera = bench.streaming().await;
    camera.write_all(&frame(4)).await.unwrap();
    let (_, reading, picture) = bench.read().await;
    let Reading::Symbol { quality: Some(quality), .. } = reading else { panic!("{reading:?}") };
    assert_eq!((quality.overall, quality.calibrated), (40, false));
    bench.keep(picture).await;
    let overlay = image::open(bench.file(&format!("{}-overlay.png", picture.0)).await).unwrap();
    assert_eq!((overlay.width(), overlay.height()), (320, 240));
}

#[tokio::test]
async fn a_picture_in_which_nothing_was_read_is_kept_with_the_place_that_was_looked_at() {
    let mut bench = bench(|_| {}).await;
    let mut camera = bench.streaming().await;
    // A symbol of which a quarter is covered cannot be read, and is where to look.
    let mut spoilt = pixels(&text(8));
    for y in 50..160 {
        spoilt[y * WIDTH + 60..y * WIDTH + 115].fill(210);
    }
    let frames = [(1, grey_map(&spoilt)), (2, grey_map(&vec![180; WIDTH * HEIGHT]))];
    let mut marks = Vec::new();
    for (tag, body) in frames {
        let headers = format!("Content-Type: image/x-portable-graymap\r\nX-Tag: {tag}\r\n");
        camera.write_all(&part(&headers, &body)).await.unwrap();
        let (_, reading, picture) = bench.read().await;
        assert_eq!(reading, Reading::Nothing);
        bench.keep(picture).await;
        let overlay = bench.file(&format!("{}-overlay.png", picture.0)).await;
        let overlay = image::open(overlay).unwrap().into_rgb8();
        let marked = |x: u32, y: u32| overlay.get_pixel(x, y).0 == [208, 0, 208];
        marks.push((marked(0, 239), (0..320).any(|x| (60..200).any(|y| marked(x, y)))));
    }
    assert_eq!(marks[0], (false, true), "a frame around the likeliest place");
    assert!(marks[1].0, "the whole frame");
}

/// A line that is busy for long: nobody hears the facts. The camera sends 60 frames of 60 products
/// and goes. What is told after that?
async fn told_late(headers: impl Fn(u32) -> String) -> Vec<(FrameOf, Option<u32>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/stream", listener.local_addr().unwrap());
    let driver = verify_kit::bench_for(Source::Stream { url }, 1, |_| {});
    let mut bench = Bench { listener, driver };
    let mut camera = bench.streaming().await;
    for serial in 1..=60 {
        let kind = "Content-Type: image/x-portable-graymap\r\n";
        let frame = part(&format!("{kind}{}", headers(serial)), &grey_map(&pixels(&text(serial))));
        camera.write_all(&frame).await.unwrap();
    }
    camera.shutdown().await.unwrap();
    // It closes its side when it has taken everything in.
    let mut nothing = [0; 1];
    let closed = tokio::time::timeout(DEADLINE, camera.read(&mut nothing)).await;
    assert_eq!(closed.expect("it hears the end in time").unwrap(), 0);
    let mut told = Vec::new();
    loop {
        match bench.fact().await {
            CameraEvent::Read { of, reading, .. } => told.push((of, verify_kit::serial(&reading))),
            CameraEvent::Down(cause) => {
                assert_eq!(cause, Cause::Unreachable);
                return told;
            }
            other @ (CameraEvent::Up | CameraEvent::Wears { .. }) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn frames_that_come_too_fast_are_lost_with_their_numbers_and_never_taken_for_others() {
    let counted: Vec<_> = told_late(|_| String::new()).await;
    let tagged: Vec<_> = told_late(|serial| format!("X-Tag: {serial}\r\n")).await;
    let number = |of: &FrameOf| match of {
        FrameOf::Count(n) | FrameOf::Tag(Tag(n)) => *n,
    };
    for told in [counted, tagged] {
        for (of, serial) in &told {
            assert_eq!(Some(number(of)), *serial, "the frame of another product");
        }
        assert!(told.is_sorted_by_key(|(of, _)| number(of)));
        assert_eq!(told.last().map(|(_, serial)| *serial), Some(Some(60)), "the newest is there");
        // One was told, one waited to be told, four to be read; and what was read while the last
        // of the others came in.
        assert!((5..=12).contains(&told.len()), "{} of 60", told.len());
    }
}
