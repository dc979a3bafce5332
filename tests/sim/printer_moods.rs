//! Everything that a script can do to the fake printer, seen by a host at a raw socket.
use crate::sim_printer_kit::{Scene, decode, format, nth_code, scene_with, soon};
use markwright::sim::printer::{
    Fault, Incident, Mood, PrinterSettings, Script, SheetOut, Why, duplicates, good_labels,
    read_ledger, standstill,
};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(60);
const STOPS: [Fault; 3] = [Fault::MediaOut, Fault::RibbonOut, Fault::HeadOpen];

fn quick(script: impl Into<Script>) -> PrinterSettings {
    PrinterSettings {
        inches_per_second: 40.0,
        formats_in: Duration::from_millis(1),
        script: script.into(),
        ..PrinterSettings::default()
    }
}

/// A printer to which this happens once.
async fn with(incident: Incident) -> Scene {
    scene_with(quick(incident)).await
}

impl Scene {
    async fn print(&mut self, codes: std::ops::Range<u32>) {
        for n in codes {
            self.send(&format(&nth_code(n), 22)).await;
        }
    }

    async fn counter(&mut self) -> u64 {
        self.getvar("odometer.total_label_count").await.parse().unwrap()
    }

    /// Everything that comes until the connection has been quiet for a while.
    async fn pieces(&mut self, bytes: usize) -> Vec<Vec<u8>> {
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        while pieces.iter().map(Vec::len).sum::<usize>() < bytes {
            let mut piece = [0; 512];
            let count = soon(self.host.read(&mut piece)).await.unwrap();
            pieces.push(piece[..count].to_vec());
        }
        pieces
    }
}

fn codes(sheets: &[SheetOut]) -> Vec<String> {
    sheets.iter().flat_map(|sheet| sheet.codes.clone()).collect()
}

#[tokio::test]
async fn a_fault_cuts_the_label_where_the_script_says_and_jz_decides_whether_it_comes_again() {
    for fault in STOPS {
        for again in [true, false] {
            let mut scene =
                with(Incident::new(2, Mood::Fault(fault)).after(0.3).lasts(SHORT)).await;
            scene.send(if again { "^XA^JZY^XZ" } else { "^XA^JZN^XZ" }).await;
            scene.print(1..4).await;
            let sheets = scene.all_out(3 + u64::from(again)).await;
            assert!(sheets[1].partial && (sheets[1].cut - 0.3).abs() < 1e-9 && !sheets[1].counted);
            let wanted = if again { vec![1, 2, 3] } else { vec![1, 3] };
            assert_eq!(codes(&sheets), wanted.into_iter().map(nth_code).collect::<Vec<_>>());
            assert_eq!(sheets[2].why, if again { Why::AfterFault } else { Why::Format });
            assert_eq!(sheets[2].is_reprint(), again);
            assert!(duplicates(&sheets).is_empty());
        }
    }
}

#[tokio::test]
async fn after_a_fault_the_printer_stays_paused_where_nobody_resumes_it() {
    let fault = Incident::new(1, Mood::Fault(Fault::MediaOut)).after(0.5).lasts(SHORT);
    let mut scene = with(Incident { resumes: false, ..fault }).await;
    scene.print(1..3).await;
    scene.until(|s| s.sheets == 1 && s.paused && s.faults.is_empty()).await;
    scene.send("~HS").await;
    let says = scene.answer(b"0000,0\x03\r\n").await;
    assert!(says.starts_with("\x02030,0,1,0320,001,"), "{says}");
    assert!(says.contains(",00000001,"), "the label that comes again: {says}");
    scene.send("~PS").await;
    scene.all_out(3).await;
}

#[tokio::test]
async fn a_pause_lets_the_label_under_the_head_come_out() {
    let mut scene = with(Incident::new(1, Mood::Paused).after(0.2).lasts(SHORT)).await;
    scene.print(1..3).await;
    scene.until(|s| s.paused && s.sheets == 1).await;
    let sheets = scene.all_out(2).await;
    assert!(sheets.iter().all(SheetOut::is_good));
    assert!(sheets[1].began_ms - sheets[0].ended_ms > 10.0, "it stood for a while");
}

#[tokio::test]
async fn a_hot_head_waits_and_goes_on_by_itself() {
    let mut scene = with(Incident::new(1, Mood::Fault(Fault::TooHot)).lasts(SHORT)).await;
    scene.print(1..3).await;
    scene.until(|s| s.faults == [Fault::TooHot] && s.sheets == 1).await;
    scene.send("~HQES").await;
    let says = scene.answer(b"\x03").await;
    assert!(says.contains("ERRORS:         1 00000000 00000010"), "{says}");
    let sheets = scene.all_out(2).await;
    assert!(sheets.iter().all(SheetOut::is_good), "no label was cut");
}

#[tokio::test]
async fn a_full_buffer_reads_nothing_until_there_is_room() {
    let mut scene = with(Incident::new(1, Mood::BufferFull).lasts(SHORT * 10)).await;
    scene.print(1..2).await;
    scene.all_out(1).await;
    let asked = tokio::time::Instant::now();
    scene.send("~HI").await;
    scene.answer(b"\x03\r\n").await;
    assert!(asked.elapsed() > SHORT, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_power_cycle_loses_what_is_volatile_and_keeps_the_counter() {
    let mut scene = with(Incident::new(2, Mood::PowerCycle).after(0.5).lasts(SHORT)).await;
    scene.send("^XA^JZN^XZ^XA^DFR:M.ZPL^FS^FO1,1^A0N,20,20^FN1^FS^XZ").await;
    scene.print(1..4).await;
    scene.ended().await;
    scene.reconnect().await;
    assert_eq!(scene.getvar("ezpl.reprint_mode").await, "on", "^JZ is Y at every power-up");
    assert_eq!(scene.counter().await, 1);
    scene.send("^XA^XFR:M.ZPL^FS^FN1^FDhi^FS^XZ").await;
    let sheets = scene.all_out(3).await;
    assert!(sheets[1].partial && !sheets[1].counted, "{:?}", sheets[1]);
    assert!(sheets[2].blank, "the stored format is gone: {:?}", sheets[2]);
}

#[tokio::test]
async fn a_reset_comes_in_the_middle_of_a_format() {
    let mut scene = with(Incident::new(1, Mood::ResetConnection)).await;
    scene.print(1..2).await;
    scene.all_out(1).await;
    scene.print(2..3).await;
    scene.ended().await;
    scene.reconnect().await;
    scene.print(3..4).await;
    let sheets = scene.all_out(2).await;
    assert_eq!(codes(&sheets), [nth_code(1), nth_code(3)]);
}

#[tokio::test]
async fn a_half_open_connection_is_deaf_and_dumb_and_others_are_served() {
    let mut scene = with(Incident::new(1, Mood::HalfOpen).lasts(SHORT * 5)).await;
    scene.print(1..2).await;
    scene.all_out(1).await;
    scene.send(&format(&nth_code(2), 22)).await;
    let mut deaf =
        std::mem::replace(&mut scene.host, TcpStream::connect(scene.printer.addr).await.unwrap());
    assert_eq!(scene.counter().await, 1, "the new connection is served");
    let mut nothing = [0];
    assert!(soon(deaf.read(&mut nothing)).await.is_err(), "reset at last, and no word before");
    assert_eq!(scene.printer.controls.look().sheets, 1, "what was sent there is lost");
}

#[tokio::test]
async fn a_printer_may_say_nothing_at_all_in_a_fault() {
    for fault in STOPS {
        let mut scene = with(Incident::new(1, Mood::SilentInFault(fault)).lasts(SHORT * 8)).await;
        scene.print(1..2).await;
        scene.until(|s| s.faults == [fault]).await;
        scene.send("~HS~HQES! U1 getvar \"device.unique_id\"\r\n").await;
        scene.until(|s| s.faults.is_empty()).await;
        scene.send("~HI").await;
        let first = scene.answer(b"\x03\r\n").await;
        assert!(first.starts_with("\x02FAKE"), "nothing came before: {first}");
    }
}

#[tokio::test]
async fn a_silent_printer_goes_on_printing() {
    let mut scene = with(Incident::new(1, Mood::Silent).lasts(SHORT * 4)).await;
    scene.print(1..2).await;
    scene.until(|s| s.printing == Some(1)).await;
    scene.print(2..4).await;
    scene.send("~HQES").await;
    scene.all_out(3).await;
    let mut says = String::new();
    while !says.contains("FAKE") {
        scene.send("~HI").await;
        let read = tokio::time::timeout(SHORT, scene.answer(b"\x03\r\n")).await;
        says = read.unwrap_or_default();
    }
    assert!(!says.contains("STATUS"), "{says}");
}

#[tokio::test]
async fn some_answers_are_garbage() {
    let mut scene = with(Incident::new(1, Mood::GarbledAnswers(2))).await;
    scene.print(1..2).await;
    scene.all_out(1).await;
    scene.send("~HI~HI~HI").await;
    let says = scene.answer(b"\x03\r\n").await;
    assert_eq!(says.matches("FAKE").count(), 1, "{says:?}");
}

#[tokio::test]
async fn answers_may_come_byte_by_byte_or_all_together() {
    let one = "\x02FAKE-203dpi,V93.21.33Z,8,65536KB\x03\r\n";
    let mut scene = with(Incident::new(1, Mood::SplitAnswers)).await;
    scene.print(1..2).await;
    scene.all_out(1).await;
    scene.send("~HI").await;
    let pieces = scene.pieces(one.len()).await;
    assert!(pieces.len() > one.len() / 4, "{} pieces", pieces.len());
    assert_eq!(pieces.concat(), one.as_bytes());

    let mut scene = with(Incident::new(1, Mood::MergedAnswers).lasts(SHORT * 2)).await;
    scene.print(1..2).await;
    scene.all_out(1).await;
    scene.send("~HI").await;
    scene.send("~HI").await;
    let pieces = scene.pieces(2 * one.len()).await;
    assert_eq!(pieces, [one.repeat(2).into_bytes()]);
}

#[tokio::test]
async fn somebody_else_may_print_feed_and_print_again() {
    for (mood, why) in [
        (Mood::SecondTalker, Why::SecondTalker),
        (Mood::FeedPressed, Why::Feed),
        (Mood::ReprintPressed, Why::Reprint),
    ] {
        let mut scene = with(Incident::new(2, mood)).await;
        scene.print(1..3).await;
        let sheets = scene.all_out(3).await;
        let extra = sheets.iter().find(|sheet| sheet.why == why).unwrap();
        assert_eq!(scene.counter().await, 3, "{why:?} moves the counter");
        assert_eq!(extra.blank, why == Why::Feed);
        assert_eq!(!duplicates(&sheets).is_empty(), why == Why::Reprint, "{sheets:?}");
        if why == Why::SecondTalker {
            assert_eq!(good_labels(&sheets).get("SOMEBODY ELSE"), Some(&1));
        }
    }
}

#[tokio::test]
async fn the_reprint_key_does_nothing_where_it_is_switched_off() {
    let mut scene = with(Incident::new(2, Mood::ReprintPressed)).await;
    scene.send("! U1 setvar \"device.applicator.reprint\" \"disabled\"\r\n").await;
    scene.print(1..4).await;
    let sheets = scene.all_out(3).await;
    assert!(sheets.iter().all(|sheet| sheet.why == Why::Format));
}

#[tokio::test]
async fn the_counter_may_go_back() {
    let settings =
        PrinterSettings { odometer: 100, ..quick(Incident::new(2, Mood::CounterBackwards(40))) };
    let mut scene = scene_with(settings).await;
    scene.print(1..3).await;
    scene.all_out(2).await;
    assert_eq!(scene.counter().await, 62);
}

#[tokio::test]
async fn some_labels_are_slow() {
    let mood = Mood::Slow { inches_per_second: 10.0, labels: Some(2) };
    let mut scene = with(Incident::new(2, mood)).await;
    scene.print(1..5).await;
    let sheets = scene.all_out(4).await;
    let times: Vec<f64> = sheets.iter().map(|sheet| sheet.ended_ms - sheet.began_ms).collect();
    let slower: Vec<bool> = times.iter().map(|time| *time > 3.9 * times[0]).collect();
    assert_eq!(slower, [false, true, true, false], "{times:?}");
}

#[tokio::test]
async fn another_printer_may_stand_there_after_the_power_was_off() {
    let mood = Mood::Swapped { unique_id: "OTHER".to_owned() };
    let power = Incident::new(1, Mood::PowerCycle).after(0.5).lasts(Duration::ZERO);
    let incidents = vec![Incident::new(1, mood).lasts(SHORT * 4), power];
    let mut scene = scene_with(quick(Script { incidents })).await;
    assert_eq!(scene.getvar("device.unique_id").await, "FAKE0000001");
    scene.print(1..2).await;
    scene.ended().await;
    scene.reconnect().await;
    assert_eq!(scene.getvar("device.unique_id").await, "OTHER");
    scene.ended().await;
    scene.reconnect().await;
    assert_eq!(scene.getvar("device.unique_id").await, "FAKE0000001");
}

#[tokio::test]
async fn a_dead_dot_is_seen_and_many_make_the_code_unreadable() {
    for (columns, readable) in [(1, true), (40, false)] {
        let mut scene = with(Incident::new(2, Mood::DeadDots { column: 60, columns })).await;
        scene.print(1..3).await;
        assert_eq!(scene.label().await.codes, [nth_code(1)]);
        let label = scene.label().await;
        assert!((0..320).all(|y| label.raster.get_pixel(60, y).0 == [255]));
        assert_eq!(!label.codes.is_empty(), readable, "{columns} columns");
        assert_eq!(decode(&label.raster).is_some(), readable, "{columns} columns");
    }
}

#[tokio::test]
async fn a_lost_label_is_a_blank_sheet_that_is_counted_or_not() {
    for counted in [true, false] {
        let mut scene = with(Incident::new(2, Mood::LostLabel { counted })).await;
        scene.print(1..4).await;
        let sheets = scene.all_out(3).await;
        assert!(sheets[1].blank && !sheets[1].partial && sheets[1].counted == counted);
        assert_eq!(codes(&sheets), [nth_code(1), nth_code(3)]);
        assert_eq!(scene.counter().await, 2 + u64::from(counted));
    }
}

#[tokio::test]
async fn a_partial_label_is_voided_where_that_is_set() {
    let fault = Mood::Fault(Fault::RibbonOut);
    let mut scene = with(Incident::new(1, fault).after(0.9).lasts(SHORT)).await;
    scene.send("! U1 setvar \"ezpl.reprint_void\" \"on\"\r\n").await;
    scene.print(1..2).await;
    let sheets = scene.all_out(2).await;
    assert!(sheets[0].voided && sheets[0].codes.is_empty(), "{:?}", sheets[0]);
    assert_eq!(good_labels(&sheets).get(nth_code(1).as_str()), Some(&1));
}

#[tokio::test]
async fn what_is_cut_off_happens_during_the_next_label() {
    let cuts = Incident::new(1, Mood::Fault(Fault::MediaOut)).after(0.3).lasts(SHORT);
    let later = Incident::new(1, Mood::CounterBackwards(5)).after(0.8);
    let settings =
        PrinterSettings { odometer: 50, ..quick(Script { incidents: vec![later, cuts] }) };
    let mut scene = scene_with(settings).await;
    scene.print(1..2).await;
    scene.all_out(2).await;
    assert_eq!(scene.counter().await, 46);
}

/// 50 mm at 18 inches a second: 517 labels a minute with their gap of 3 mm.
fn fast() -> PrinterSettings {
    PrinterSettings {
        inches_per_second: 18.0,
        label_length: 424,
        receive_buffer: 1 << 20,
        ..PrinterSettings::default()
    }
}

#[tokio::test]
async fn a_printer_that_is_fed_in_time_never_stops_its_web() {
    let mut scene = scene_with(fast()).await;
    for n in 0..16 {
        scene.send(&format(&nth_code(n), 22).replace("^LL320", "")).await;
    }
    let sheets = scene.all_out(16).await;
    assert!(standstill(&sheets) < 0.01, "{}", standstill(&sheets));
    let cycle = sheets[1].began_ms - sheets[0].began_ms;
    assert!((cycle - 115.9).abs() < 1.0, "53 mm at 18 inches a second: {cycle} ms");
}

#[tokio::test]
async fn a_printer_that_gets_each_label_after_the_last_one_stops_between_them() {
    let formats_in = Duration::from_millis(60);
    let mut scene = scene_with(PrinterSettings { formats_in, ..fast() }).await;
    for n in 0..5 {
        scene.send(&format(&nth_code(n), 22).replace("^LL320", "")).await;
        scene.until(|s| s.odometer == u64::from(n) + 1).await;
    }
    let sheets = scene.all_out(5).await;
    assert!(standstill(&sheets) > 0.25, "{}", standstill(&sheets));
}

#[tokio::test]
async fn the_ledger_file_says_what_the_ledger_says() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sheets.jsonl");
    let fault = Incident::new(2, Mood::Fault(Fault::HeadOpen)).after(0.5).lasts(SHORT);
    let settings = PrinterSettings { ledger_file: Some(file.clone()), ..quick(fault) };
    let mut scene = scene_with(settings).await;
    scene.print(1..4).await;
    let sheets = scene.all_out(4).await;
    assert_eq!(read_ledger(&file).unwrap(), sheets);
    std::fs::write(&file, format!("{}{{\"number\":5,", std::fs::read_to_string(&file).unwrap()))
        .unwrap();
    assert_eq!(read_ledger(&file).unwrap(), sheets, "a line that was cut off is left out");
}
