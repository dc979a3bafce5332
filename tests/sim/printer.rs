//! Sessions with the fake printer over a raw socket.
use crate::sim_printer_kit::{
    MILK, Scene, WATER, decode, format, nth_code, scene, scene_with, soon,
};
use markwright::sim::printer::{Fault, Identity, Incident, Mood, Printer, PrinterSettings, Why};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

#[tokio::test]
async fn forced_symbols_are_drawn_and_read_back_to_the_byte() {
    let mut scene = scene().await;
    let key = "EE08";
    let lp = format!("{}\u{1d}91{key}\u{1d}92{}", &WATER[..31], "aB+/".repeat(11));
    let shoes = format!("{}\u{1d}91{key}\u{1d}92{}", &WATER[..31], "xY=z".repeat(22));
    for (code, side) in [(MILK, 20), (WATER, 22), (&lp, 36), (&shoes, 44)] {
        scene.send(&format(code, side)).await;
        let label = scene.label().await;
        assert_eq!(decode(&label.raster), Some((code.to_owned(), true)), "{side}");
        assert_eq!(label.codes, [code.to_owned()]);
        let wide = (0..464).filter(|x| (0..320).any(|y| label.raster.get_pixel(*x, y).0[0] == 0));
        assert_eq!(wide.count(), side as usize * 4, "modules across");
    }
}

#[tokio::test]
async fn a_separator_may_also_be_sent_as_the_character_29() {
    let mut scene = scene().await;
    for gs in ["|]", "|d029", "_1D"] {
        let data = WATER.replace('\u{1d}', gs);
        scene.send(&format!("^XA^FO40,40^BXN,4,200,22,22,,|^FH^FD|1{data}^FS^XZ")).await;
        assert_eq!(decode(&scene.label().await.raster), Some((WATER.to_owned(), true)), "{gs}");
    }
}

#[tokio::test]
async fn without_the_leading_fnc1_the_symbol_is_not_gs1() {
    let mut scene = scene().await;
    scene.send("^XA^FO40,40^BXN,4,200,,,,|^FDhello^FS^XZ").await;
    assert_eq!(decode(&scene.label().await.raster), Some(("hello".to_owned(), false)));
}

#[tokio::test]
async fn a_symbol_that_does_not_fit_is_blank_or_says_so() {
    let mut scene = scene().await;
    scene.send(&format(WATER, 20)).await;
    let blank = scene.label().await;
    assert!(blank.codes.is_empty());
    assert!(blank.raster.pixels().all(|p| p.0[0] == 255));
    scene.send(&format(WATER, 20).replace("^XA", "^XA^CVY")).await;
    let says = scene.label().await;
    assert!(says.codes.is_empty());
    assert!(says.raster.pixels().any(|p| p.0[0] == 0));
    assert_eq!(scene.printer.controls.look().errors, 2);
}

#[tokio::test]
async fn a_turned_symbol_is_the_same_symbol() {
    let mut scene = scene().await;
    for turn in ["N", "R", "I", "B"] {
        scene.send(&format(WATER, 22).replace("^BXN", &format!("^BX{turn}"))).await;
        assert_eq!(decode(&scene.label().await.raster).unwrap().0, WATER, "{turn}");
    }
}

#[tokio::test]
async fn a_stored_format_is_filled_in_and_r_is_lost_with_the_power() {
    let mut scene = scene().await;
    let stored = "^FO40,40^BXN,4,200,22,22,,|^FN1^FS^FO200,40^A0N,30,30^FN2^FS^XZ";
    scene.send(&format!("^XA^DFR:M.ZPL^FS{stored}^XA^DFE:M.ZPL^FS{stored}")).await;
    let data = WATER.replace('\u{1d}', "|1");
    let recall =
        |device| format!("^XA^XF{device}:M.ZPL^FS^FN1^FD|1{data}^FS^FN2^FDhello^FS^PQ1,0,1,N^XZ");
    scene.send(&recall("R")).await;
    let label = scene.label().await;
    assert_eq!(decode(&label.raster).unwrap().0, WATER);
    let text = (200..400).any(|x| (40..70).any(|y| label.raster.get_pixel(x, y).0[0] == 0));
    assert!(text, "the text stands beside it");

    scene.until(|s| s.odometer == 1).await;
    scene.printer.controls.power_cycle();
    scene.host = TcpStream::connect(scene.printer.addr).await.unwrap();
    scene.send(&recall("R")).await;
    assert!(scene.label().await.codes.is_empty(), "R: is gone");
    scene.send(&recall("E")).await;
    assert_eq!(scene.label().await.codes, [WATER.to_owned()]);
}

#[tokio::test]
async fn the_odometer_counts_labels_that_are_out_and_no_others() {
    let (out, pad) = mpsc::channel(1);
    let settings = PrinterSettings { inches_per_second: 1_000.0, ..PrinterSettings::default() };
    let printer = Printer::start(settings, out).await.unwrap();
    let host = TcpStream::connect(printer.addr).await.unwrap();
    let mut scene = Scene { printer, host, pad };
    for n in 0..3 {
        scene.send(&format(&nth_code(n), 22)).await;
    }
    scene.until(|s| s.odometer == 1 && s.waiting == 2).await;
    scene.send("^XA^MMP^XZ~HS").await;
    let status = scene.answer(b"0000,0\x03\r\n").await;
    assert!(status.contains("001,0,0,0,1,1,6,1,00000000"), "a label waits to be taken: {status}");
    assert_eq!(scene.getvar("odometer.total_label_count").await, "1");
    scene.label().await;
    scene.until(|s| s.odometer == 2 && s.sheets == 2 && s.waiting == 1).await;
    scene.label().await;
    scene.label().await;
    scene.until(|s| s.odometer == 3).await;
    assert_eq!(scene.getvar("odometer.total_label_count").await, "3");
}

#[tokio::test]
async fn host_status_has_three_strings() {
    let mut scene = scene().await;
    scene.send("^XA^LL0308^JZN^XZ~HS").await;
    let idle = scene.answer(b"0000,0\x03\r\n").await;
    let wanted = "\x02030,0,0,0308,000,0,0,0,000,0,0,0\x03\r\n\
                  \x02001,0,0,0,1,2,6,0,00000000,1,000\x03\r\n\x020000,0\x03\r\n";
    assert_eq!(idle, wanted);
    scene.send("~PP^XA^FO1,1^GB9,9,9^FS^XZ^XA^FO1,1^GB9,9,9^FS^XZ~HS").await;
    let paused = scene.answer(b"0000,0\x03\r\n").await;
    assert!(paused.starts_with("\x02030,0,1,0308,002,0,0,0,"), "{paused}");
    scene.send("~PS").await;
    scene.until(|s| s.odometer == 2).await;
}

#[tokio::test]
async fn it_says_who_it_is() {
    let mut scene = scene().await;
    scene.send("~HI").await;
    assert_eq!(scene.answer(b"\x03\r\n").await, "\x02FAKE-203dpi,V93.21.33Z,8,65536KB\x03\r\n");
    assert_eq!(scene.getvar("device.unique_id").await, "FAKE0000001");
    assert_eq!(scene.getvar("device.languages").await, "zpl");
    assert_eq!(scene.getvar("no.such_thing").await, "?");
    assert_eq!(scene.getvar("ezpl.reprint_mode").await, "on");
    scene.send("^XA^JZN^XZ").await;
    assert_eq!(scene.getvar("ezpl.reprint_mode").await, "off");
    let other = Identity {
        unique_id: "OTHER".to_owned(),
        model: "X".to_owned(),
        firmware: "V1".to_owned(),
        dots_per_mm: 8.0,
    };
    scene.printer.controls.swap(other, 77);
    scene.host = TcpStream::connect(scene.printer.addr).await.unwrap();
    assert_eq!(scene.getvar("device.unique_id").await, "OTHER");
    assert_eq!(scene.getvar("odometer.total_label_count").await, "77");
    assert_eq!(scene.getvar("ezpl.reprint_mode").await, "on", "^JZ is Y at every power-up");
}

#[tokio::test]
async fn cancel_all_clears_what_waits() {
    let mut scene = scene().await;
    scene.send("~PP").await;
    for n in 0..3 {
        scene.send(&format(&nth_code(n), 22)).await;
    }
    scene.until(|s| s.waiting == 3).await;
    scene.send("~JA~PS").await;
    scene.until(|s| s.waiting == 0 && !s.paused).await;
    scene.send(&format(&nth_code(9), 22)).await;
    assert_eq!(scene.label().await.codes, [nth_code(9)]);
    scene.until(|s| s.odometer == 1).await;
}

#[tokio::test]
async fn a_second_connection_is_parked_until_the_first_one_closes() {
    let mut scene = scene().await;
    scene.getvar("device.languages").await;
    let mut second = TcpStream::connect(scene.printer.addr).await.unwrap();
    second.write_all(format(MILK, 20).as_bytes()).await.unwrap();
    scene.send(&format(WATER, 22)).await;
    assert_eq!(scene.label().await.codes, [WATER.to_owned()]);
    assert_eq!(scene.getvar("odometer.total_label_count").await.len(), 1);
    assert_eq!(scene.printer.controls.look().connections_served, 1);
    scene.host.shutdown().await.unwrap();
    assert_eq!(scene.label().await.codes, [MILK.to_owned()]);
}

#[tokio::test]
async fn packets_may_be_cut_and_merged_anywhere() {
    let mut scene = scene().await;
    scene.host.set_nodelay(true).unwrap();
    for byte in format(WATER, 22).bytes() {
        scene.host.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(scene.label().await.codes, [WATER.to_owned()]);
    let merged = [format(MILK, 20), "~HI".to_owned(), format(WATER, 22)].concat();
    scene.send(&merged).await;
    assert_eq!(scene.label().await.codes, [MILK.to_owned()]);
    assert_eq!(scene.label().await.codes, [WATER.to_owned()]);
    scene.answer(b"\x03\r\n").await;
}

#[tokio::test]
async fn a_label_stopped_half_way_is_printed_again_only_if_jz_says_so() {
    for again in [true, false] {
        let mut scene = scene().await;
        let controls = scene.printer.controls.clone();
        controls.plan(Incident::new(1, Mood::Fault(Fault::RibbonOut)).after(0.3));
        scene.send(if again { "^XA^JZY^XZ" } else { "^XA^JZN^XZ" }).await;
        scene.send(&format(&nth_code(1), 22)).await;
        scene.send(&format(&nth_code(2), 22)).await;
        let part = scene.label().await;
        assert!(part.partial && part.codes.is_empty() && decode(&part.raster).is_none());
        scene.until(|s| s.paused && s.faults == [Fault::RibbonOut]).await;
        scene.send("~HS~HQES").await;
        let errors = scene.answer(b"\x03").await;
        assert!(errors.contains("ERRORS:         1 00000000 00000002"), "~HS is silent: {errors}");
        controls.mend(Fault::RibbonOut);
        assert_eq!(controls.look().odometer, 0);
        controls.press_pause();
        if again {
            assert_eq!(scene.label().await.codes, [nth_code(1)]);
        }
        assert_eq!(scene.label().await.codes, [nth_code(2)]);
        scene.until(|s| s.odometer == 1 + u64::from(again)).await;
    }
}

#[tokio::test]
async fn a_power_cycle_loses_the_queue_and_the_connection() {
    let mut scene = scene().await;
    scene.send("~PP").await;
    scene.send(&format(MILK, 20)).await;
    scene.until(|s| s.waiting == 1).await;
    scene.printer.controls.power_off();
    let mut byte = [0];
    assert!(matches!(soon(scene.host.read(&mut byte)).await, Ok(0) | Err(_)));
    scene.printer.controls.power_on();
    let mut tries = 0;
    scene.host = loop {
        match TcpStream::connect(scene.printer.addr).await {
            Ok(host) => break host,
            Err(_) if tries < 1_000 => tries += 1,
            Err(error) => panic!("{error}"),
        }
        tokio::task::yield_now().await;
    };
    scene.send(&format(WATER, 22)).await;
    assert_eq!(scene.label().await.codes, [WATER.to_owned()], "the old label is lost");
}

#[tokio::test]
async fn a_reset_inside_a_format_prints_nothing_of_it() {
    let mut scene = scene().await;
    scene.printer.controls.reset_in_next_format();
    scene.send(&format(MILK, 20)).await;
    let mut byte = [0];
    assert!(soon(scene.host.read(&mut byte)).await.is_err(), "reset, not closed");
    scene.host = TcpStream::connect(scene.printer.addr).await.unwrap();
    scene.send(&format(WATER, 22)).await;
    assert_eq!(scene.label().await.codes, [WATER.to_owned()]);
}

#[tokio::test]
async fn answers_can_be_garbled_and_withheld() {
    let mut scene = scene().await;
    scene.printer.controls.garble_answers(1);
    scene.send("! U1 getvar \"odometer.total_label_count\"\r\n").await;
    let mut byte = [0];
    soon(scene.host.read_exact(&mut byte)).await.unwrap();
    assert_ne!(byte, *b"\"");
    scene.printer.controls.mute(true);
    scene.send(&format!("~HS{}", format(WATER, 22))).await;
    scene.label().await;
    scene.printer.controls.mute(false);
    scene.send("~HI").await;
    assert!(scene.answer(b"\x03\r\n").await.contains("FAKE-203dpi"));
}

#[tokio::test]
async fn keys_pressed_at_the_printer_move_the_counter() {
    let mut scene = scene().await;
    let controls = scene.printer.controls.clone();
    assert!(!controls.press_reprint(), "there is nothing to print again");
    scene.send(&format(WATER, 22)).await;
    scene.label().await;
    scene.until(|s| s.odometer == 1).await;
    controls.press_feed();
    assert!(scene.label().await.codes.is_empty());
    scene.until(|s| s.odometer == 2).await;
    assert!(controls.press_reprint());
    assert_eq!(scene.label().await.codes, [WATER.to_owned()]);
    scene.until(|s| s.odometer == 3).await;
    let why: Vec<_> = controls.ledger().iter().map(|sheet| sheet.why).collect();
    assert_eq!(why, [Why::Format, Why::Feed, Why::Reprint]);
    scene.send("^XA^JJ0,0,p,e,d^XZ~HI").await;
    scene.answer(b"\x03\r\n").await;
    assert!(!controls.press_reprint(), "^JJ switched it off");
    assert!(controls.last_png().unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn graphics_come_out_dot_by_dot() {
    let mut scene = scene().await;
    scene.send("^XA^LL40^PW40^FO8,8^GFA,4,4,2,FF00,^FS^XZ").await;
    let label = scene.label().await;
    let row = |y| (0..40).map(|x| u8::from(label.raster.get_pixel(x, y).0[0] == 0)).collect();
    let (first, second): (Vec<u8>, Vec<u8>) = (row(8), row(9));
    assert_eq!(first[8..24], [[1; 8], [0; 8]].concat());
    assert_eq!(second[8..24], [0; 16], "the comma filled this row");

    scene.send("~DGR:LOGO.GRF,4,2,FF0000FF^XA^FO8,8^XGR:LOGO.GRF,2,1^FS^XZ").await;
    let stored = scene.label().await.raster;
    assert_eq!((8..40).filter(|x| stored.get_pixel(*x, 8).0[0] == 0).count(), 16);

    scene.host.write_all(b"^XA^FO0,0^GFB,2,2,1,^~^FS^XZ").await.unwrap();
    let binary = scene.label().await.raster;
    let bits: Vec<u8> = (0..8).map(|x| u8::from(binary.get_pixel(x, 0).0[0] == 0)).collect();
    assert_eq!(bits, [0, 1, 0, 1, 1, 1, 1, 0], "0x5E");
}

#[tokio::test]
async fn an_echo_comes_for_each_label() {
    let mut scene = scene().await;
    scene.send("^XA^FO1,1^A0N,20,20^FN1^FDabc^FS^HV1,8,out:,;,L^PQ2^XZ").await;
    assert_eq!(scene.answer(b";").await, "out:abc;");
    assert_eq!(scene.answer(b";").await, "out:abc;");
    scene.until(|s| s.odometer == 2).await;
}

#[tokio::test]
async fn a_full_receive_buffer_stops_the_host() {
    let settings = PrinterSettings { receive_buffer: 512, ..PrinterSettings::default() };
    let mut scene = scene_with(settings).await;
    scene.printer.controls.press_pause();
    let job = format(WATER, 22);
    let refused = async {
        loop {
            scene.host.write_all(job.as_bytes()).await.unwrap();
        }
    };
    let stopped = tokio::time::timeout(Duration::from_millis(500), refused).await;
    assert!(stopped.is_err(), "the socket filled up");
    let waiting = scene.printer.controls.look().waiting;
    assert!(waiting < 40, "{waiting} formats were taken");
}

#[tokio::test(start_paused = true)]
async fn a_label_takes_its_time() {
    let begun = tokio::time::Instant::now();
    let settings = PrinterSettings { inches_per_second: 2.0, ..PrinterSettings::default() };
    let mut scene = scene_with(settings).await;
    // 4 inches at 203.2 dots an inch.
    scene.send("^XA^LL813^FO1,1^GB9,9,9^FS^XZ").await;
    soon(scene.pad.recv()).await.unwrap();
    let took = begun.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(3)).contains(&took), "{took:?}");
    scene.printer.stop().await;
}

#[tokio::test]
async fn unknown_commands_are_counted() {
    let mut scene = scene().await;
    scene.send("^XA^FO1,1^B7N,100^FD123^FS^ZZ^XZ~QQ\r\n").await;
    scene.until(|s| s.errors >= 3).await;
}
