//! A `GigE` Vision camera through Aravis: its fake camera on a loopback of its own, because every
//! fake wants the same port.
#![cfg(feature = "aravis")]
use crate::verify_kit::{Bench, bench};
use markwright::line::{CameraEvent, Cause, FrameOf, Reading, Tag};
use markwright::verify::{AravisSettings, Source, Trigger};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const FAKE: &str = "arv-fake-gv-camera-0.8";
const INSIDE: &str = "MARKWRIGHT_TEST_HAS_ITS_OWN_LOOPBACK";

fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Whether this is the process that has a loopback of its own. If not, runs the test in one, or
/// says why that cannot be done here.
fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !works(Command::new("unshare").args(["-n", "ip", "link", "set", "lo", "up"])) {
        eprintln!("skipped: `unshare -n ip link set lo up` cannot be done here (root, iproute2)");
        return false;
    }
    if !works(Command::new(FAKE).arg("--help")) {
        eprintln!("skipped: {FAKE} of aravis-tools is not here");
        return false;
    }
    let again = "ip link set lo up && exec \"$0\" --exact \"$1\" --nocapture";
    let mut run = Command::new("unshare");
    run.args(["-n", "sh", "-c", again])
        .arg(std::env::current_exe().unwrap())
        .arg(format!("aravis::{test}"));
    let ended = run.env(INSIDE, "1").status().unwrap();
    assert!(ended.success(), "{ended}");
    false
}

/// A fake camera that ends with the test.
struct Fake(Child);

impl Fake {
    fn begin(more: &[&str]) -> Self {
        let mut command = Command::new(FAKE);
        command.args(["-i", "127.0.0.1", "-s", "T1"]).args(more);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn driver(trigger: Trigger) -> Bench {
    driver_at(trigger, "")
}

/// With a wire at this input.
fn driver_at(trigger: Trigger, line: &str) -> Bench {
    let source = Source::Aravis(AravisSettings {
        name: Some("Aravis-Fake-T1".to_owned()),
        region: Some((0, 0, 320, 240)),
        exposure_us: Some(500),
        line: line.to_owned(),
    });
    bench(source, |settings| {
        settings.trigger = trigger;
        settings.retry = (Duration::from_millis(50), Duration::from_millis(200));
    })
}

/// The camera may need a moment to begin, or to let go of its owner before.
async fn up(bench: &mut Bench) {
    loop {
        match bench.fact().await {
            CameraEvent::Up => return,
            CameraEvent::Down(_) => {}
            other @ (CameraEvent::Read { .. } | CameraEvent::Wears { .. }) => {
                panic!("{other:?} before it is up")
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_the_line_asks_for_is_of_that_product() {
    if !inside("a_picture_that_the_line_asks_for_is_of_that_product") {
        return;
    }
    let _fake = Fake::begin(&[]);
    let mut bench = driver(Trigger::Line);
    up(&mut bench).await;
    for tag in 40..50 {
        bench.take(tag).await;
        let (of, reading, picture) = bench.reading().await;
        assert_eq!((of, reading), (FrameOf::Tag(Tag(tag)), Reading::Nothing));
        if tag == 49 {
            let picture = picture.unwrap();
            bench.keep(picture).await;
            let kept = image::open(bench.file(&format!("{}.png", picture.0)).await).unwrap();
            assert_eq!((kept.width(), kept.height()), (320, 240));
        }
    }
    bench.nothing_for(Duration::from_millis(200)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_counted_and_a_camera_that_was_let_go_of_has_another_owner_at_once() {
    if !inside("frames_are_counted_and_a_camera_that_was_let_go_of_has_another_owner_at_once") {
        return;
    }
    let _fake = Fake::begin(&[]);
    for _ in 0..2 {
        let mut bench = driver(Trigger::Device);
        up(&mut bench).await;
        for count in 1..=20 {
            let (of, _, picture) = bench.reading().await;
            assert_eq!(of, FrameOf::Count(count));
            assert!(picture.is_some());
        }
    }
}

/// What the camera says of itself to whoever asks; only its owner may change it.
fn says(feature: &str) -> String {
    let tool = Command::new("arv-tool-0.8").args(["control", feature]).output().unwrap();
    let said = String::from_utf8(tool.stdout).unwrap();
    let value = said.lines().find_map(|line| line.strip_prefix(&format!("{feature} = ")));
    value.unwrap_or(&said).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_wire_a_frame_is_taken_for_a_pulse_at_its_input_and_for_nothing_else() {
    if !inside("with_a_wire_a_frame_is_taken_for_a_pulse_at_its_input_and_for_nothing_else") {
        return;
    }
    let _fake = Fake::begin(&[]);
    let mut bench = driver_at(Trigger::Device, "Line0");
    up(&mut bench).await;
    let said = tokio::task::spawn_blocking(|| ["TriggerMode", "TriggerSource"].map(says));
    assert_eq!(said.await.unwrap(), ["On", "Line0"]);
    // Nothing pulses the fake's input. It takes 25 frames a second without a trigger; we hear none,
    // also not for a wish of the line, and a quiet camera stays up: it is asked once a second.
    bench.take(3).await;
    bench.nothing_for(Duration::from_millis(2500)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_the_camera_does_not_have_is_the_wrong_device() {
    if !inside("an_input_that_the_camera_does_not_have_is_the_wrong_device") {
        return;
    }
    let _fake = Fake::begin(&[]);
    let mut bench = driver_at(Trigger::Device, "Line7");
    loop {
        match bench.fact().await {
            CameraEvent::Down(Cause::WrongDevice) => break,
            // It may need a moment to begin.
            CameraEvent::Down(_) => {}
            other @ (CameraEvent::Up | CameraEvent::Read { .. } | CameraEvent::Wears { .. }) => {
                panic!("{other:?} with an input that is not there")
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_with_lost_packets_is_one_in_which_nothing_can_be_read() {
    if !inside("a_frame_with_lost_packets_is_one_in_which_nothing_can_be_read") {
        return;
    }
    let _fake = Fake::begin(&["-r", "100"]);
    let mut bench = driver(Trigger::Device);
    up(&mut bench).await;
    let mut last = 0;
    for _ in 0..5 {
        let (FrameOf::Count(count), reading, picture) = bench.reading().await else { panic!() };
        assert!(count > last);
        assert_eq!((reading, picture), (Reading::Nothing, None));
        last = count;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_unplugged_is_unreachable_and_comes_back() {
    if !inside("a_camera_that_is_unplugged_is_unreachable_and_comes_back") {
        return;
    }
    let fake = Fake::begin(&[]);
    let mut bench = driver(Trigger::Line);
    up(&mut bench).await;
    drop(fake);
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Unreachable));
    let _fake = Fake::begin(&[]);
    bench.up().await;
    bench.take(7).await;
    assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(7)), None));
}
