//! A look with a real browser: the page of a line renders, on a panel and on a phone.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod web_house;

use image::{GrayImage, Luma};
use markwright::line::{
    Cause, DeviceView, LineState, LineView, PictureId, RejectReason, StopReason, Tag, Verdict,
    VerdictView,
};
use markwright::web::WebSettings;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;
use web_house::{House, view};

/// Names of the same browser in different distributions.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// A browser on two busy cores.
const BROWSER_ENDS_WITHIN: Duration = Duration::from_secs(90);

/// A line that stands because the ribbon is out, after some rejects.
fn held() -> LineView {
    let mut held = view(LineState::Held);
    held.why = Some(StopReason::Printer(Cause::OutOfRibbon));
    held.alarms = vec![StopReason::Printer(Cause::OutOfRibbon), StopReason::AirLow];
    held.printer = DeviceView::Down(Cause::OutOfRibbon);
    (held.done, held.planned) = (12_480, 20_000);
    (held.labels_under_way, held.products_on_belt) = (2, 4);
    held.rejects_in_a_row = 1;
    for n in 0..20 {
        let verdict = match n {
            3 => Verdict::Bad(RejectReason::WrongCode),
            9 => Verdict::Bad(RejectReason::NoLabel),
            19 => Verdict::Bad(RejectReason::NoRead),
            _ => Verdict::Good,
        };
        let picture = (n != 9).then_some(PictureId(n));
        let tag = Tag(12_500 + u32::try_from(n).unwrap());
        held.verdicts.push_front(VerdictView { tag, verdict, picture });
    }
    held
}

/// A grey square pattern, as a camera would see a label.
fn draw(path: &Path) {
    let picture = GrayImage::from_fn(320, 240, |x, y| {
        let inside = (100..220).contains(&x) && (60..180).contains(&y);
        let dark = inside && ((x / 8) * 7 + (y / 8) * 13 + (x / 8) * (y / 8)) % 3 == 0;
        Luma([if dark { 40 } else { 200 }])
    });
    picture.save(path).unwrap();
}

async fn house() -> House {
    let house = House::with(&["line-1", "line-2"], held(), WebSettings::default()).await;
    for n in [3, 19] {
        draw(&house.folder.path().join(format!("frames/{n}.png")));
    }
    house.printer.heard();
    house.views[1].send(view(LineState::Execute)).unwrap();
    house
}

/// Runs the browser with a fresh profile and gives what it wrote to its standard output.
async fn browse(arguments: &[&str], url: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    for browser in BROWSERS {
        let ran = Command::new(browser)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg(url)
            .kill_on_drop(true)
            .output();
        match tokio::time::timeout(BROWSER_ENDS_WITHIN, ran).await.expect("the browser hangs") {
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {}
            Err(problem) => panic!("{browser} does not start: {problem}"),
            Ok(ran) => {
                let said = String::from_utf8_lossy(&ran.stderr).into_owned();
                assert!(ran.status.success(), "{browser}: {said}");
                return String::from_utf8(ran.stdout).unwrap();
            }
        }
    }
    panic!("this test needs a browser; install one: apt-get install chromium");
}

/// A picture of the page in the folder for leavings of tests, and its size in pixels.
async fn shoot(url: &str, name: &str, width: u32, height: u32) -> (u32, u32, usize) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&file);
    let (to, size) = (format!("--screenshot={}", file.display()), format!("{width},{height}"));
    browse(&[&to, &format!("--window-size={size}")], url).await;
    let shot = image::open(&file).unwrap().to_rgb8();
    let mut colours: Vec<_> = shot.pixels().map(|pixel| pixel.0).collect();
    colours.sort_unstable();
    colours.dedup();
    (shot.width(), shot.height(), colours.len())
}

#[tokio::test]
async fn the_page_in_a_browser_says_the_state_and_what_to_do() {
    let house = house().await;
    let page = browse(&["--dump-dom"], &house.url).await;
    for words in ["<h1>Held</h1>", "The printer is out of ribbon", "/lines/line-1/pictures/19.png"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn the_page_fits_a_panel_and_a_phone() {
    let house = house().await;
    for (name, width, height) in [("panel.png", 1024, 600), ("phone.png", 390, 844)] {
        let (shot_width, shot_height, colours) = shoot(&house.url, name, width, height).await;
        assert_eq!((shot_width, shot_height), (width, height), "{name}");
        assert!(colours > 20, "{name} is empty: {colours} colours");
    }
}
