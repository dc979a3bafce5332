//! The fake printer as TSPL printer, as one with a JSON port, and with labels side by side.
use crate::sim_printer_kit::{MILK, Scene, WATER, decode, format, nth_code, scene_with, soon};
use markwright::sim::printer::{
    Fault, Incident, Language, Mood, PrinterSettings, Script, Why, read_ledger,
};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

const SHORT: Duration = Duration::from_millis(60);
const READY: &[u8] = b"\x02@@@@\x03\r\n";

fn quick() -> PrinterSettings {
    let formats_in = Duration::from_millis(1);
    PrinterSettings { inches_per_second: 40.0, formats_in, ..PrinterSettings::default() }
}

async fn tspl() -> Scene {
    scene_with(PrinterSettings { language: Language::Tspl, ..quick() }).await
}

async fn tspl_with(incident: Incident) -> Scene {
    let script = incident.into();
    scene_with(PrinterSettings { language: Language::Tspl, script, ..quick() }).await
}

fn dmatrix(code: &str, side: u32) -> String {
    let data = code.replace('~', "~~").replace('"', "~d034").replace('\u{1d}', "~1");
    format!("DMATRIX 40,40,200,200,c126,x4,r0,a0,{side},{side},\"~1{data}\"\r\n")
}

fn label(code: &str, side: u32) -> String {
    format!("CLS\r\n{}PRINT 1,1\r\n", dmatrix(code, side))
}

impl Scene {
    async fn set_up(&mut self) {
        self.send("SIZE 58 mm,40 mm\r\nGAP 3 mm,0\r\nSPEED 6\r\nDENSITY 8\r\nDIRECTION 1\r\n")
            .await;
        self.send("REFERENCE 0,0\r\nOFFSET 0 mm\r\nCODEPAGE UTF-8\r\n").await;
    }

    /// `<ESC>!S`.
    async fn state(&mut self) -> Vec<u8> {
        self.host.write_all(b"\x1b!S").await.unwrap();
        let mut answer = [0; 8];
        soon(self.host.read_exact(&mut answer)).await.unwrap();
        answer.to_vec()
    }

    /// `<ESC>!?`.
    async fn state_byte(&mut self) -> u8 {
        self.host.write_all(b"\x1b!?").await.unwrap();
        let mut answer = [0];
        soon(self.host.read_exact(&mut answer)).await.unwrap();
        answer[0]
    }
}

#[tokio::test]
async fn a_tspl_printer_draws_forced_symbols_that_read_back_to_the_byte() {
    let mut scene = tspl().await;
    scene.set_up().await;
    let odd = "0104600000000008215\"~,;%\u{1d}93dGVz";
    for (code, side) in [(MILK, 20), (WATER, 22), (odd, 22)] {
        scene.send(&label(code, side)).await;
        let label = scene.label().await;
        assert_eq!(decode(&label.raster), Some((code.to_owned(), true)), "{side}");
        assert_eq!(label.codes, [code.to_owned()]);
        assert_eq!((label.raster.width(), label.raster.height()), (464, 320));
    }
}

#[tokio::test]
async fn the_image_buffer_is_kept_until_cls() {
    let mut scene = tspl().await;
    scene.send(&label(MILK, 20)).await;
    assert_eq!(scene.label().await.codes, [MILK.to_owned()]);
    scene.send("PRINT 1\r\n").await;
    assert_eq!(scene.label().await.codes, [MILK.to_owned()]);
    scene.send("CLS\r\nPRINT 1\r\n").await;
    assert!(scene.label().await.codes.is_empty());
}

#[tokio::test]
async fn texts_boxes_bars_and_pictures_come_out_dot_by_dot() {
    let mut scene = tspl().await;
    let mut sent = b"SIZE 10 mm,10 mm\r\nCLS\r\nBITMAP 8,0,1,1,0,".to_vec();
    sent.extend([0b0101_0101]);
    sent.extend(b"\r\nBAR 0,10,3,2\r\nBOX 20,20,30,30,2\r\nTEXT 40,40,\"1\",0,1,1,\"A\"\r\n");
    // Three dots of a BMP: black, white, black; 1 is black in its palette.
    let mut bmp = b"BM".to_vec();
    bmp.extend([0; 8]);
    for word in [62_u32, 40, 3, 1] {
        bmp.extend(word.to_le_bytes());
    }
    bmp.extend([1, 0, 1, 0]);
    bmp.resize(54, 0);
    bmp.extend([255, 255, 255, 0, 0, 0, 0, 0, 0b1010_0000, 0, 0, 0]);
    sent.extend(format!("DOWNLOAD F,\"L.BMP\",{},", bmp.len()).into_bytes());
    sent.extend(&bmp);
    sent.extend(
        b"\r\nPUTBMP 60,0,\"L.BMP\"\r\nBARCODE 0,60,\"128\",10,0,0,1,2,\"1\"\r\nPRINT 1\r\n",
    );
    scene.host.write_all(&sent).await.unwrap();
    let raster = scene.label().await.raster;
    let row = |xs: std::ops::Range<u32>, y| -> String {
        xs.map(|x| if raster.get_pixel(x, y).0[0] == 0 { '#' } else { '.' }).collect()
    };
    assert_eq!(row(8..16, 0), "#.#.#.#.", "a bit of 0 is black");
    assert_eq!((row(0..4, 10), row(0..4, 12)), ("###.".to_owned(), "....".to_owned()));
    assert_eq!(row(19..31, 25), ".##......##.");
    assert_eq!(row(60..64, 0), "#.#.");
    assert!((40..52).any(|y| row(40..48, y).contains('#')));
    assert!(row(0..40, 65).contains('#'));
    scene.send("~!F\r\n").await;
    scene.until(|s| s.printing.is_none()).await;
    assert_eq!(scene.printer.controls.look().errors, 0);
}

#[tokio::test]
async fn a_tspl_printer_says_who_it_is_only_when_it_is_ready() {
    let mut scene = tspl().await;
    scene.send("~!T\r\n").await;
    assert_eq!(scene.answer(b"\r\n").await, "FAKE-203dpi\r\n");
    scene.host.write_all(b"\x1b!P").await.unwrap();
    scene.until(|s| s.paused).await;
    scene.send("~!T\r\n~!A\r\n~!@\r\n~!I\r\n~!F\r\n").await;
    scene.host.write_all(b"\x1b!O").await.unwrap();
    assert_eq!(scene.state().await, READY, "no word before");
    scene.send("~!A\r\n~!@\r\nOUT \"here\"\r\n").await;
    assert_eq!(scene.answer(b"here\r\n").await, "8192 KBytes\r\n0\r\nhere\r\n");
}

#[tokio::test]
async fn the_state_shows_printing_pausing_and_each_fault() {
    let mut scene = tspl().await;
    assert_eq!((scene.state().await, scene.state_byte().await), (READY.to_vec(), 0));
    scene.host.write_all(b"\x1b!P").await.unwrap();
    scene.send(&label(MILK, 20)).await;
    assert_eq!(&scene.state().await[..2], b"\x02`");
    assert_eq!(scene.state_byte().await, 0x10);
    let controls = scene.printer.controls.clone();
    for (fault, long, short) in [
        (Fault::MediaOut, *b"E@@A", 0x04),
        (Fault::RibbonOut, *b"E@@D", 0x08),
        (Fault::HeadOpen, *b"E@@`", 0x01),
        (Fault::TooHot, *b"E@A@", 0x80),
    ] {
        controls.raise(fault);
        assert_eq!(scene.state().await[1..5], long, "{fault:?}");
        assert_eq!(scene.state_byte().await, short, "{fault:?}");
        controls.mend(fault);
    }
    scene.host.write_all(b"\x1b!O").await.unwrap();
    scene.all_out(1).await;
    assert_eq!(scene.state().await, READY);
}

#[tokio::test]
async fn a_label_under_the_head_shows_as_a_batch() {
    let mut scene = scene_with(PrinterSettings {
        language: Language::Tspl,
        inches_per_second: 2.0,
        ..PrinterSettings::default()
    })
    .await;
    scene.send(&label(MILK, 20)).await;
    scene.until(|s| s.printing == Some(1)).await;
    assert_eq!(&scene.state().await[..2], b"\x02P");
    assert_eq!(scene.state_byte().await, 0x20);
}

#[tokio::test]
async fn set_reprint_decides_whether_a_cut_label_comes_again() {
    for (word, again) in [("ON", true), ("OFF", false)] {
        let fault = Mood::Fault(Fault::RibbonOut);
        let mut scene = tspl_with(Incident::new(1, fault).after(0.3).lasts(SHORT)).await;
        scene.send(&format!("SET REPRINT {word}\r\n")).await;
        scene.send(&label(&nth_code(1), 22)).await;
        scene.send(&label(&nth_code(2), 22)).await;
        let sheets = scene.all_out(2 + u64::from(again)).await;
        assert!(sheets[0].partial && sheets[0].codes.is_empty());
        let codes: Vec<_> = sheets.iter().flat_map(|sheet| sheet.codes.clone()).collect();
        let wanted = if again { vec![nth_code(1), nth_code(2)] } else { vec![nth_code(2)] };
        assert_eq!(codes, wanted);
    }
}

#[tokio::test]
async fn the_last_label_comes_again_on_request_and_by_the_key() {
    let mut scene = tspl().await;
    scene.send(&label(MILK, 20)).await;
    scene.all_out(1).await;
    scene.send("PRINT -1\r\n").await;
    let sheets = scene.all_out(2).await;
    assert_eq!((sheets[1].why, &sheets[1].codes[..]), (Why::Reprint, &[MILK.to_owned()][..]));
    assert!(scene.printer.controls.press_reprint());
    scene.all_out(3).await;
    scene.send("SET PRINTKEY OFF\r\n~!T\r\n").await;
    scene.answer(b"\r\n").await;
    assert!(!scene.printer.controls.press_reprint());
    scene.printer.controls.power_cycle();
    scene.reconnect().await;
    scene.send(&label(MILK, 20)).await;
    scene.all_out(4).await;
    assert!(!scene.printer.controls.press_reprint(), "SET values outlive the power");
}

#[tokio::test]
async fn what_waits_is_cancelled_at_once() {
    let mut scene = tspl().await;
    scene.host.write_all(b"\x1b!P").await.unwrap();
    scene.send(&label(&nth_code(1), 22)).await;
    scene.until(|s| s.waiting == 1).await;
    scene.host.write_all(b"\x1b!.\x1b!O").await.unwrap();
    scene.send(&label(&nth_code(2), 22)).await;
    assert_eq!(scene.label().await.codes, [nth_code(2)]);
}

#[tokio::test]
async fn a_response_comes_for_each_label_or_for_each_batch() {
    let mut scene = tspl().await;
    scene.send("SET RESPONSE ON\r\nCLS\r\nPRINT 1,2\r\n").await;
    assert_eq!(scene.answer(b"OK\r\nOK\r\n").await, "OK\r\nOK\r\n");
    scene.send("SET RESPONSE BATCH\r\nPRINT 1,2\r\n").await;
    scene.all_out(4).await;
    scene.send("OUT \"end\"\r\n").await;
    assert_eq!(scene.answer(b"end\r\n").await, "OK\r\nend\r\n");
}

#[tokio::test]
async fn a_reset_button_loses_the_working_memory_and_the_connection() {
    let mut scene = tspl().await;
    scene.send("DOWNLOAD \"R.BMP\",2,xx\r\nDOWNLOAD F,\"F.BMP\",2,xx\r\n~!F\r\n").await;
    assert_eq!(scene.answer(b"\x1a").await, "F:F.BMP\rR.BMP\r\x1a");
    scene.host.write_all(b"\x1b!R").await.unwrap();
    scene.ended().await;
    scene.reconnect().await;
    scene.send("~!F\r\n").await;
    assert_eq!(scene.answer(b"\x1a").await, "F:F.BMP\r\x1a");
}

#[tokio::test]
async fn a_tspl_connection_breaks_inside_a_label_too() {
    let mut scene = tspl_with(Incident::new(1, Mood::ResetConnection)).await;
    scene.send(&label(&nth_code(1), 22)).await;
    scene.all_out(1).await;
    scene.send(&label(&nth_code(2), 22)).await;
    scene.ended().await;
    scene.reconnect().await;
    scene.send(&label(&nth_code(3), 22)).await;
    let codes: Vec<_> = scene.all_out(2).await.into_iter().flat_map(|sheet| sheet.codes).collect();
    assert_eq!(codes, [nth_code(1), nth_code(3)]);
}

#[tokio::test]
async fn unknown_tspl_commands_are_ignored_and_counted() {
    let mut scene = tspl().await;
    scene.send("NONSENSE 1,2\r\nCLS\r\nQRCODE 1,1,H,4,A,0,\"x\"\r\n").await;
    scene.send("DOWNLOAD \"A.BAS\"\r\nPRINT 9\r\nEOP\r\n").await;
    scene.send(&dmatrix(MILK, 20)).await;
    scene.send("PRINT 1\r\n").await;
    assert_eq!(scene.label().await.codes, [MILK.to_owned()]);
    assert_eq!(scene.printer.controls.look().errors, 2);
}

async fn with_json(settings: PrinterSettings) -> (Scene, TcpStream) {
    let json_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let scene = scene_with(PrinterSettings { json_listen, ..settings }).await;
    let json = TcpStream::connect(scene.printer.json_addr.unwrap()).await.unwrap();
    (scene, json)
}

async fn asked(json: &mut TcpStream, question: &str) -> serde_json::Value {
    json.write_all(question.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let mut piece = [0; 512];
        let count = soon(json.read(&mut piece)).await.unwrap();
        assert!(count > 0, "closed after {heard:?}");
        heard.extend_from_slice(&piece[..count]);
        if let Ok(answer) = serde_json::from_slice(&heard) {
            return answer;
        }
    }
}

#[tokio::test]
async fn the_json_port_answers_while_the_data_port_is_silent() {
    let fault = Mood::SilentInFault(Fault::RibbonOut);
    let settings = PrinterSettings { script: Incident::new(1, fault).after(0.5).into(), ..quick() };
    let (mut scene, mut json) = with_json(settings).await;
    let question =
        r#"{}{"odometer.total_label_count":null,"zpl.system_status":null,"no.such":null}"#;
    let first = asked(&mut json, question).await;
    assert_eq!(first["odometer.total_label_count"], "0");
    assert_eq!(first["zpl.system_status"], "0,0,00000000,00000000,0,00000000,00000000");
    assert_eq!(first["no.such"], "?");
    scene.send(&format(MILK, 20)).await;
    scene.until(|s| s.paused).await;
    let second = asked(&mut json, question).await;
    assert_eq!(second["zpl.system_status"], "1,1,00000000,00000002,0,00000000,00000000");
    let status = asked(&mut json, r#"{}{"device.host_status":null}"#).await;
    assert!(status["device.host_status"].as_str().unwrap().starts_with("030,0,1,"), "{status}");
}

#[tokio::test]
async fn settings_are_set_on_either_port_and_seen_on_both() {
    let (mut scene, mut json) = with_json(quick()).await;
    let set = asked(&mut json, r#"{}{"ezpl.reprint_mode":"off"}"#).await;
    assert_eq!(set["ezpl.reprint_mode"], "off");
    assert_eq!(scene.getvar("ezpl.reprint_mode").await, "off");
    scene.send("! U1 setvar \"device.applicator.end_print\" \"3\"\r\n").await;
    assert_eq!(scene.getvar("device.applicator.end_print").await, "3");
    let seen = asked(&mut json, r#"{}{"device.applicator.end_print":null}"#).await;
    assert_eq!(seen["device.applicator.end_print"], "3");
}

#[tokio::test]
async fn labels_side_by_side_are_one_row_one_count_and_several_codes() {
    let settings = PrinterSettings { width: 832, ..quick() };
    let mut scene = scene_with(settings).await;
    let symbol = |x, n| {
        let data = nth_code(n).replace('\u{1d}', "|1");
        format!("^FO{x},40^BXN,4,200,22,22,,|^FD|1{data}^FS")
    };
    let row: String = (0..3).map(|n| symbol(40 + n * 260, n)).collect();
    scene.send(&format!("^XA^PW832^LL320{row}^XZ")).await;
    let label = scene.label().await;
    assert_eq!(label.codes, [nth_code(0), nth_code(1), nth_code(2)]);
    assert_eq!(scene.getvar("odometer.total_label_count").await, "1");
    // A dead part of the head spoils one label of the row, not its neighbours.
    scene.printer.controls.plan(Incident::new(2, Mood::DeadDots { column: 320, columns: 40 }));
    scene.send(&format!("^XA^PW832^LL320{row}^XZ")).await;
    assert_eq!(scene.label().await.codes, [nth_code(0), nth_code(2)]);
}

#[tokio::test]
async fn a_stored_graphic_and_one_field_number_in_two_places() {
    let mut scene = scene_with(quick()).await;
    scene.send("~DGR:T.GRF,4,2,HF,!\r\n").await;
    let stored = "^FO40,40^BXN,4,200,22,22,,|^FN1^FS^FO300,40^A0N,20,20^FN2^FS\
                  ^FO300,80^A0N,20,20^FN2^FS^FO0,0^XGR:T.GRF,1,1^FS";
    scene.send(&format!("^XA^CI28^PW464^LL320^DFR:M.ZPL^FS{stored}^XZ")).await;
    let data = WATER.replace('\u{1d}', "|1");
    let echo = "^FH^HV1,64,<,>_0D_0A,L^FS";
    scene.send(&format!("^XA^XFR:M.ZPL^FS^FN1^FD|1{data}^FS^FN2^FDhi^FS{echo}^XZ")).await;
    let label = scene.label().await;
    assert_eq!(label.codes, [WATER.to_owned()]);
    let black = |xs: std::ops::Range<u32>, ys: std::ops::Range<u32>| {
        xs.clone().any(|x| ys.clone().any(|y| label.raster.get_pixel(x, y).0 == [0]))
    };
    assert!(black(300..340, 40..60) && black(300..340, 80..100), "the number stands twice");
    assert!(black(0..16, 1..2), "the graphic");
    assert_eq!(scene.answer(b"\r\n").await, format!("<|1{data}>\r\n"));
}

#[test]
fn every_script_in_the_documentation_is_read() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sim-printer.md");
    let text = std::fs::read_to_string(page).unwrap();
    let scripts = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let scripts: Vec<Script> = scripts.map(|script| Script::parse(script).unwrap()).collect();
    let incidents = scripts.iter().flat_map(|script| &script.incidents);
    let kinds: BTreeSet<String> =
        incidents.map(|incident| format!("{:?}", incident.mood)).collect();
    assert!(kinds.len() >= 22, "an example of every mood: {kinds:?}");
}

/// `markwright sim printer` with these arguments.
fn command(arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_markwright"));
    command.args(["sim", "printer", "--listen", "127.0.0.1:0"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_command_runs_a_script_and_writes_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let (script, ledger) = (dir.path().join("script.toml"), dir.path().join("sheets.jsonl"));
    std::fs::write(&script, "[[event]]\nlabel = 1\nmood = \"lost_label\"\n").unwrap();
    let files = [script.to_str().unwrap(), ledger.to_str().unwrap()];
    let arguments = ["--language", "tspl", "--script", files[0], "--ledger", files[1]];
    let mut process = command(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = soon(lines.next_line()).await.unwrap().unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let mut host = TcpStream::connect(said["listens"].as_str().unwrap()).await.unwrap();
    let sent = format!("SET RESPONSE ON\r\n{}{}", label(MILK, 20), label(WATER, 22));
    host.write_all(sent.as_bytes()).await.unwrap();
    let mut answers = [0; 8];
    soon(host.read_exact(&mut answers)).await.unwrap();
    let sheets = read_ledger(&ledger).unwrap();
    assert!(sheets[0].blank && sheets[1].codes == [WATER.to_owned()], "{sheets:?}");
}

#[tokio::test]
async fn the_command_says_what_is_wrong_with_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script.toml");
    std::fs::write(&script, "[[event]]\nlabel = 1\nmood = \"gloomy\"\n").unwrap();
    let ended = soon(command(&["--script", script.to_str().unwrap()]).output()).await.unwrap();
    let says = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    assert!(says.contains("line 3") && says.contains("media_out"), "{says}");
}
