//! The PLC driver against Modbus servers that are not ours, and a Modbus client that is not ours
//! against the fake PLC.
use crate::plc_kit::{DEADLINE, Driver, Judge, quick};
use markwright::apply::{Parity, PlcSettings, SerialLine, Transport};
use markwright::line::{Cause, Light, PlcCommand, PlcEvent, Run, Since, Tag};
use markwright::sim::plant::{Plant, PlantSettings};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Everything that the two sides say to each other, once.
async fn they_understand_each_other(judge: &mut Judge, settings: PlcSettings) {
    let mut driver = Driver::start(quick(settings));
    assert_eq!(driver.fact().await, PlcEvent::Up(Since::Known));
    driver.tell(PlcCommand::Run(Run { belt: true, infeed: true })).await;
    driver.tell(PlcCommand::Show(Light::Green)).await;
    judge.until("command 7").await;
    for event in ["event 1 70000", "event 2 70000", "event 4 70000"] {
        judge.tell(event).await;
    }
    let tag = Tag(70_000);
    let before = driver.until(|fact| *fact == PlcEvent::Triggered(tag)).await;
    let wanted = [PlcEvent::ProductArrived(tag), PlcEvent::Applied(tag)];
    assert!(wanted.iter().all(|fact| before.contains(fact)), "{before:?}");
    driver.tell(PlcCommand::Pass(tag)).await;
    assert!(judge.until("pass 70000").await.is_empty(), "nothing else was passed");
    for tag in 1..=20 {
        driver.tell(PlcCommand::Pass(Tag(tag))).await;
    }
    let passes = judge.until("pass 20").await;
    let wanted: Vec<_> = (1..20).map(|tag| format!("pass {tag}")).collect();
    assert_eq!(passes, wanted);
    judge.tell("beats 0").await;
    driver.until(|fact| *fact == PlcEvent::Down(Cause::HeartbeatLost)).await;
    judge.tell("beats 1").await;
    driver.until(|fact| *fact == PlcEvent::Up(Since::Known)).await;
    judge.tell("boot 4712").await;
    driver.until(|fact| *fact == PlcEvent::Up(Since::Lost)).await;
}

#[tokio::test]
async fn pymodbus_over_tcp_understands_the_driver() {
    let mut judge = Judge::start("plc_events.py", &["tcp"]).await;
    let settings = PlcSettings::new(&judge.address);
    they_understand_each_other(&mut judge, settings).await;
}

#[tokio::test]
async fn pymodbustcp_understands_the_driver() {
    let mut judge = Judge::start("plc_events.py", &["pymodbustcp"]).await;
    let settings = PlcSettings::new(&judge.address);
    they_understand_each_other(&mut judge, settings).await;
}

#[tokio::test]
async fn pymodbus_with_frames_of_a_serial_line_over_tcp_understands_the_driver() {
    let mut judge = Judge::start("plc_events.py", &["rtu_over_tcp"]).await;
    let settings = PlcSettings::new(&judge.address);
    let settings = PlcSettings { transport: Transport::RtuOverTcp, ..settings };
    they_understand_each_other(&mut judge, settings).await;
}

#[tokio::test]
async fn pymodbus_on_a_serial_line_understands_the_driver() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|end| folder.path().join(end));
    let end = |path: &Path| format!("pty,raw,echo=0,link={}", path.display());
    let _cable = Command::new("socat")
        .args([end(&ours), end(&theirs)])
        .kill_on_drop(true)
        .spawn()
        .expect("`tests/run` installs socat");
    let plugged = async {
        while !ours.exists() || !theirs.exists() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, plugged).await.expect("a cable");
    let mut judge = Judge::start("plc_events.py", &["serial", theirs.to_str().unwrap()]).await;
    let settings = PlcSettings::new(ours.to_str().unwrap());
    // A pseudo-terminal has no check bit.
    let line = SerialLine { parity: Parity::None, ..SerialLine::default() };
    let transport = Transport::Serial(line);
    they_understand_each_other(&mut judge, PlcSettings { transport, ..settings }).await;
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_never_written_to() {
    for mode in ["tcp", "rtu_over_tcp"] {
        let mut judge = Judge::start("plc_events.py", &[mode]).await;
        let transport = if mode == "tcp" { Transport::Tcp } else { Transport::RtuOverTcp };
        let settings = PlcSettings { unit: 9, transport, ..PlcSettings::new(&judge.address) };
        let mut driver = Driver::start(quick(settings));
        let fact = driver.fact().await;
        assert!(matches!(fact, PlcEvent::Down(_)), "{fact:?}");
        // Nothing was carried out before what the right unit is told.
        drop(driver);
        let right = PlcSettings { transport, ..PlcSettings::new(&judge.address) };
        let mut driver = Driver::start(quick(right));
        driver.until_up().await;
        driver.tell(PlcCommand::ClearPad).await;
        assert_eq!(judge.until("command 32").await, ["command 0"], "{mode}");
    }
}

#[tokio::test]
async fn mbpoll_reads_the_fake_plc_as_the_document_says() {
    let (_web, labels) = mpsc::channel(1);
    let plant = Plant::start(PlantSettings::default(), labels).await.unwrap();
    let port = plant.plc_addr.port().to_string();
    let poll = |more: &[&str]| {
        let mut command = Command::new("mbpoll");
        command.args(["-m", "tcp", "-p", &port, "-0", "-1", "-q"]).args(more);
        command.stdin(Stdio::null());
        async move {
            let done = command.output().await.expect("`tests/run` installs mbpoll");
            String::from_utf8(done.stdout).unwrap() + &String::from_utf8_lossy(&done.stderr)
        }
    };
    let block = poll(&["-a", "1", "-t", "3", "-r", "0", "-c", "125", "127.0.0.1"]).await;
    let register = |text: &str, at: u16| {
        let line = text.lines().find(|line| line.starts_with(&format!("[{at}]:")));
        let value = line.unwrap_or_else(|| panic!("{text}")).split_whitespace().nth(1).unwrap();
        value.parse::<u16>().unwrap()
    };
    assert_eq!(register(&block, 0), 1, "map_version");
    assert_ne!(register(&block, 1), 0, "boot_id");
    assert_eq!(register(&block, 124), 0, "the last word of the ring");
    // Number 1 in the ring's slot 1; then everything is read back.
    let write = ["-a", "1", "-t", "4", "-r", "0", "127.0.0.1", "5", "0", "1"];
    let written = poll(&write).await;
    assert!(written.contains("Written 3 references"), "{written}");
    let holding = poll(&["-a", "1", "-t", "4", "-r", "0", "-c", "28", "127.0.0.1"]).await;
    assert_eq!([0, 1, 2].map(|at| register(&holding, at)), [5, 0, 1]);
    let echoed = async {
        loop {
            let block = poll(&["-a", "1", "-t", "3", "-r", "4", "-c", "1", "127.0.0.1"]).await;
            if register(&block, 4) == 1 {
                return;
            }
        }
    };
    timeout(DEADLINE, echoed).await.expect("command_seq is echoed");
    let other = poll(&["-a", "9", "-t", "3", "-r", "0", "-c", "1", "127.0.0.1"]).await;
    assert!(!other.contains("[0]:"), "{other}");
}
