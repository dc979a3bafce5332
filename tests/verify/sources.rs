//! Snapshots and folders, as cameras and readers that drop files make them.
use crate::verify_kit::{self, bench, grey_map, pixels, text};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use markwright::line::{CameraEvent, Cause, FrameOf, Reading, Tag};
use markwright::verify::{Afterwards, FileOrder, FolderSettings, Source, Trigger};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A camera that shows its last frame to whoever asks.
#[derive(Clone, Default)]
struct Shows(Arc<Inner>);

/// Headers and body.
type Answer = (Vec<(&'static str, String)>, Vec<u8>);

#[derive(Default)]
struct Inner {
    /// What it shows: headers and picture.
    frame: Mutex<Option<Answer>>,
    asked: AtomicUsize,
    unchanged: AtomicUsize,
}

impl Shows {
    async fn begin() -> (Self, String) {
        let camera = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/snapshot", listener.local_addr().unwrap());
        let routes = Router::new().route("/snapshot", get(answer)).with_state(camera.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        (camera, url)
    }

    fn show(&self, serial: u32, headers: &[(&'static str, String)]) {
        let picture = grey_map(&pixels(&text(serial)));
        *self.0.frame.lock().unwrap() = Some((headers.to_vec(), picture));
    }
}

async fn answer(State(camera): State<Shows>, asked: HeaderMap) -> Response {
    camera.0.asked.fetch_add(1, Ordering::Relaxed);
    let Some((headers, picture)) = camera.0.frame.lock().unwrap().clone() else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let etag = headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| value.clone());
    let known = asked.get(header::IF_NONE_MATCH).map(|value| value.to_str().unwrap().to_owned());
    if etag.is_some() && etag == known {
        camera.0.unchanged.fetch_add(1, Ordering::Relaxed);
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut answer = ([("content-type", "image/x-portable-graymap")], picture).into_response();
    for (name, value) in headers {
        answer.headers_mut().insert(name, value.parse().unwrap());
    }
    answer
}

fn snapshot(url: String) -> Source {
    Source::Snapshot { url, every: Duration::from_millis(10) }
}

#[tokio::test]
async fn a_snapshot_is_a_frame_when_it_is_another_one_than_before() {
    let (camera, url) = Shows::begin().await;
    camera.show(1, &[]);
    let mut bench = bench(snapshot(url), |_| {});
    bench.up().await;
    bench.nothing_for(Duration::from_millis(100)).await;
    for (count, serial) in (1..).zip([2, 3, 2]) {
        camera.show(serial, &[]);
        assert_eq!(bench.serial().await, (FrameOf::Count(count), Some(serial)));
    }
    camera.show(4, &[("x-tag", "99".to_owned())]);
    assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(99)), Some(4)));
}

#[tokio::test]
async fn snapshots_with_numbers_have_gaps_and_the_same_picture_is_not_sent_twice() {
    let (camera, url) = Shows::begin().await;
    let numbered = |n: u32| [("x-trigger", n.to_string()), ("etag", format!("\"{n}\""))];
    camera.show(1, &numbered(500));
    let mut bench = bench(snapshot(url), |_| {});
    bench.up().await;
    camera.show(2, &numbered(503));
    assert_eq!(bench.serial().await, (FrameOf::Count(3), Some(2)), "two passed unseen");
    bench.nothing_for(Duration::from_millis(100)).await;
    assert!(camera.0.unchanged.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn a_snapshot_that_the_line_asks_for_is_of_that_product() {
    let (camera, url) = Shows::begin().await;
    camera.show(1, &[]);
    let mut bench = bench(snapshot(url), |settings| settings.trigger = Trigger::Line);
    bench.up().await;
    bench.nothing_for(Duration::from_millis(100)).await;
    let before = camera.0.asked.load(Ordering::Relaxed);
    for tag in [41, 42] {
        bench.take(tag).await;
        assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(tag)), Some(1)), "the same picture");
    }
    assert_eq!(camera.0.asked.load(Ordering::Relaxed), before + 2);
}

#[tokio::test]
async fn a_camera_that_has_no_picture_yet_is_up_and_a_page_is_the_wrong_device() {
    let (camera, url) = Shows::begin().await;
    let mut bench = bench(snapshot(url.clone()), |_| {});
    bench.up().await;
    camera.show(7, &[]);
    assert_eq!(bench.serial().await, (FrameOf::Count(1), Some(7)));
    let mut wrong = verify_kit::bench(snapshot(url.replace("snapshot", "elsewhere")), |_| {});
    assert_eq!(wrong.fact().await, CameraEvent::Down(Cause::WrongDevice));
}

fn drop_into(path: &Path, afterwards: Afterwards, tagged: bool) -> Source {
    Source::Folder(FolderSettings {
        path: path.to_owned(),
        every: Duration::from_millis(10),
        settle: Duration::from_millis(100),
        tag_between: tagged.then(|| ("_".to_owned(), String::new())),
        order: FileOrder::Name,
        afterwards,
    })
}

fn file(folder: &Path, name: &str, serial: u32) {
    fs::write(folder.join(name), grey_map(&pixels(&text(serial)))).unwrap();
}

#[tokio::test]
async fn files_that_are_dropped_are_read_once_and_put_away() {
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    file(folder.path(), "a_1.pgm", 1);
    let source = drop_into(folder.path(), Afterwards::Move(done.clone()), true);
    let mut driver = bench(source.clone(), |_| {});
    driver.up().await;
    file(folder.path(), "a_0022.pgm", 2);
    assert_eq!(driver.serial().await, (FrameOf::Tag(Tag(22)), Some(2)));
    let bytes = grey_map(&pixels(&text(3)));
    fs::write(folder.path().join("a_23.part"), &bytes).unwrap();
    driver.nothing_for(Duration::from_millis(50)).await;
    fs::rename(folder.path().join("a_23.part"), folder.path().join("a_23.pgm")).unwrap();
    assert_eq!(driver.serial().await, (FrameOf::Tag(Tag(23)), Some(3)));
    drop(driver);
    file(folder.path(), "a_24.pgm", 4);
    let mut again = bench(source, |_| {});
    again.up().await;
    again.nothing_for(Duration::from_millis(100)).await;
    let mut names: Vec<_> =
        fs::read_dir(&done).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a_0022.pgm", "a_1.pgm", "a_23.pgm", "a_24.pgm"]);
}

#[tokio::test]
async fn a_file_that_stays_incomplete_is_a_frame_with_nothing_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = bench(drop_into(folder.path(), Afterwards::Delete, false), |_| {});
    bench.up().await;
    let whole = grey_map(&pixels(&text(1)));
    fs::write(folder.path().join("1.pgm"), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(bench.reading().await, (FrameOf::Count(1), Reading::Nothing, None));
    file(folder.path(), "2.pgm", 2);
    assert_eq!(bench.serial().await, (FrameOf::Count(2), Some(2)));
}

#[tokio::test]
async fn a_folder_that_is_gone_is_unreachable_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ftp");
    let mut bench = bench(drop_into(&path, Afterwards::Delete, false), |_| {});
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Unreachable));
    fs::create_dir(&path).unwrap();
    bench.up().await;
    file(&path, "1.pgm", 1);
    assert_eq!(bench.serial().await, (FrameOf::Count(1), Some(1)));
}

#[cfg(not(feature = "aravis"))]
#[tokio::test]
async fn a_source_that_is_not_built_in_is_the_wrong_device() {
    let mut bench = bench(Source::Aravis(markwright::verify::AravisSettings::default()), |_| {});
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::WrongDevice));
}
