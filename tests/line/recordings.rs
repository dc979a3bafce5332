//! What a line was told once, today's core answers as it did then. Every file in `tests/recordings`
//! is a test; docs/recorder.md says how to add one and how to renew them.
use crate::line_bench::{Bench, code, settings, symbol};
use markwright::line::*;
use markwright::record::{Opening, Recorder, Replay, RingSettings, replay};
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

const RING: RingSettings = RingSettings { bytes_max: 1 << 20, hours_max: 1 };

fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}

fn replayed(text: &str) -> Replay {
    replay(Cursor::new(text), now()).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        assert_private(file);
    }
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// A recording of one file.
async fn record(ring: RingSettings) -> String {
    let mut files = record_files(ring).await;
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// A line that begins, prints, and judges a good product and one that cannot be read, recorded.
async fn record_files(ring: RingSettings) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let restored = Restored::default();
    let (line, said) = Line::restore(settings(), Order::default(), restored.clone());
    let settings = settings();
    let order = Order::default();
    let opening =
        Opening { line: "one", settings: &settings, order, restored: &restored, said: &said };
    let (mut recorder, write) = Recorder::begin(folder.path(), ring, &opening);
    let mut bench = Bench { line, ..Bench::new() };
    let mut tell = |bench: &mut Bench, event: Event| {
        let heard = recorder.hear(bench.now, &event);
        let said = bench.line.handle(bench.now, event);
        recorder.answer(heard, &said);
        recorder.hand_over(bench.now, &bench.line);
    };
    let (of, picture) = (|n| FrameOf::Tag(Tag(n)), Some(PictureId(7)));
    let plc = Event::Plc;
    for event in [
        Event::Printer(PrinterEvent::Up),
        Event::Camera(CameraEvent::Up),
        plc(PlcEvent::Up(Since::Known)),
        Event::Operator(Request::Reset),
        Event::CodesArrived((1..=8).map(code).collect()),
        Event::Operator(Request::Start),
        plc(PlcEvent::PadCleared),
    ] {
        tell(&mut bench, event);
    }
    bench.now += Duration::from_millis(260);
    tell(&mut bench, Event::Wake);
    for n in 1..=2_u32 {
        bench.now += Duration::from_micros(50_001);
        let label = markwright::code::CodeId(n.into());
        tell(&mut bench, Event::Printer(PrinterEvent::Printed(label)));
        tell(&mut bench, plc(PlcEvent::ProductArrived(Tag(n))));
        tell(&mut bench, plc(PlcEvent::Applied(Tag(n))));
        tell(&mut bench, plc(PlcEvent::Triggered(Tag(n))));
        let reading = if n == 1 { symbol(1) } else { Reading::Nothing };
        tell(&mut bench, Event::Camera(CameraEvent::Read { of: of(n), reading, picture }));
    }
    bench.now += Duration::from_secs(1);
    tell(&mut bench, Event::Wake);
    drop(recorder);
    write.await;
    files(folder.path())
}

#[cfg(unix)]
fn assert_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "code texts are secrets of their owner");
}

#[tokio::test]
async fn what_was_recorded_replays_alone_and_the_same() {
    let text = record(RING).await;
    let done = replayed(&text);
    assert_eq!((done.differs, done.facts, done.is_cut, done.lost), (None, 19, false, 0));
    assert!(text.contains("\"Verify\"") && text.contains("NoRead"), "{text}");
}

#[tokio::test]
async fn the_first_difference_is_shown_with_its_number_its_time_and_both_sides() {
    let text = record(RING).await;
    let changed = text.replacen("NoRead", "NotGs1", 1);
    let done = replayed(&changed);
    let differs = done.differs.unwrap();
    assert_eq!(differs.n, 18);
    assert!(differs.event.contains("Nothing"), "{}", differs.event);
    assert!(differs.recorded.concat().contains("NotGs1"));
    assert!(differs.today.concat().contains("NoRead"));
    let after_start = differs.at - done.at;
    assert!((360_000..60_000_000).contains(&after_start), "{after_start} us");
}

#[tokio::test]
async fn a_file_that_was_cut_anywhere_is_read_up_to_its_last_whole_fact() {
    let text = record(RING).await;
    let head = text.find('\n').unwrap() + 1;
    for end in (head..text.len()).step_by(7) {
        let cut = &text[..end];
        let done = replayed(cut);
        assert_eq!(done.differs, None, "cut at {end}");
        assert_eq!(done.facts, cut[head..].matches('\n').count() as u64);
        assert_eq!(done.is_cut, !cut.ends_with('\n'));
    }
}

#[tokio::test]
async fn where_facts_are_missing_the_replay_ends_and_says_how_many() {
    let text = record(RING).await;
    let mut lines: Vec<&str> = text.lines().collect();
    // The disk was full in the middle of the fifth fact.
    let half = &lines[5][..lines[5].len() / 2];
    lines.splice(5..8, [half, "{\"lost\":3}"]);
    let done = replayed(&(lines.join("\n") + "\n"));
    assert_eq!((done.facts, done.lost, done.differs), (4, 3, None));
}

#[tokio::test]
async fn a_recording_that_has_grown_goes_on_in_another_file_and_each_replays_alone() {
    let whole = record(RING).await;
    let facts = whole.len() - whole.find('\n').unwrap();
    let files = record_files(RingSettings { bytes_max: 8 * facts as u64 / 3, ..RING }).await;
    let done: Vec<_> = files.iter().map(|text| replayed(text)).collect();
    assert!(done.len() >= 2, "{done:?}");
    for part in &done {
        assert_eq!((&part.differs, part.lost), (&None, 0), "{done:?}");
    }
    assert!(done.iter().map(|part| part.facts).sum::<u64>() <= 19);
    assert!(files.last().unwrap().contains("\"standing\""), "it begins with how the line stood");
}

#[tokio::test]
async fn what_is_no_recording_is_refused() {
    for text in ["", "rubbish\n", "{\"kind\":\"markwright recording\",\"form\":99}\n"] {
        assert!(replay(Cursor::new(text), now()).is_err(), "{text}");
    }
    let text = record(RING).await;
    let rubbish = text.replacen("\n{\"fact\"", "\n{\"fakt\"", 3);
    assert!(replay(Cursor::new(rubbish), now()).is_err());
}

#[test]
fn every_recording_in_the_folder_replays_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut facts = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "rec") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let done = replay(Cursor::new(text), now()).unwrap();
        assert_eq!(done.differs, None, "{}: docs/recorder.md says what to do", path.display());
        assert_eq!(done.lost, 0);
        facts += done.facts;
    }
    assert!(facts > 300, "only {facts} facts");
}
