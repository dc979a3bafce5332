//! `markwright scan-test` as a process, with a hand scanner over a real socket and at a pipe.
use markwright::order::test_code;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

fn scan_test(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_markwright"));
    command.args(["scan-test", "--json"]).args(arguments).stdout(Stdio::piped());
    command
}

fn told(output: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_scanner_in_the_network_is_heard_scan_by_scan_however_its_bytes_come() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let running = scan_test(&["--tcp", &addr]).spawn().unwrap();
    let (mut scanner, _) = listener.accept().unwrap();
    scanner.set_nodelay(true).unwrap();
    let right = format!("]d2{}\r\n", test_code().as_str());
    let no_gs = format!("]d2{}\r", test_code().as_str().replace('\u{1d}', ""));
    for byte in right.as_bytes() {
        scanner.write_all(&[*byte]).unwrap();
    }
    scanner
        .write_all((no_gs + "4810093011694\r\n" + &right[..right.len() - 2]).as_bytes())
        .unwrap();
    drop(scanner);
    let scans = told(&running.wait_with_output().unwrap().stdout);
    let verdicts: Vec<_> = scans.iter().map(|scan| scan["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["right", "wrong settings", "not a code", "right"]);
    assert_eq!(scans[0]["troubles"], Value::Array(vec![]));
    assert!(scans[1]["troubles"][0]["cure"].as_str().unwrap().contains("send FNC1 as GS"));
    assert_eq!(scans[1]["code"], test_code().as_str());
    assert!(scans[2]["unread"].as_str().unwrap().contains("bar code of the goods"));
    assert!(scans[3]["troubles"][0]["words"].as_str().unwrap().contains("no end"));
}

#[test]
fn a_scanner_at_a_device_file_is_heard_also_where_no_end_comes() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    assert!(Command::new("mkfifo").arg(&port).status().unwrap().success());
    let path = port.to_str().unwrap();
    let running = scan_test(&["--serial", path, "--scans", "1"]).spawn().unwrap();
    // Opening waits until somebody reads.
    let mut scanner = std::fs::OpenOptions::new().write(true).open(&port).unwrap();
    scanner.write_all(b"]C1").unwrap();
    scanner.write_all(test_code().as_str().as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let scans = told(&output.stdout);
    let troubles = scans[0]["troubles"].as_array().unwrap();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles[0]["words"].as_str().unwrap().contains("linear GS1-128"));
    assert!(output.status.success());
}

/// A serial port with two ends, by Python's standard library: what is written to the process
/// arrives at the device file whose name it says first.
const PSEUDO_TERMINAL: &str = "
import os, sys, tty
scanner, port = os.openpty()
tty.setraw(port)
print(os.ttyname(port), flush=True)
while sent := os.read(0, 4096):
    os.write(scanner, sent)
";

#[test]
fn a_scanner_at_a_serial_port_is_heard() {
    let mut wire = Command::new("python3")
        .args(["-c", PSEUDO_TERMINAL])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tests/run installs python3");
    let mut port = String::new();
    BufReader::new(wire.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let running = scan_test(&["--serial", port.trim(), "--scans", "2"]).spawn().unwrap();
    let mut scanner = wire.stdin.take().unwrap();
    let right = format!("]d2{}\r\n", test_code().as_str());
    let no_gs = format!("]d2{}\r\n", test_code().as_str().replace('\u{1d}', ""));
    // What is sent before anybody listens waits in the port.
    scanner.write_all((right + &no_gs).as_bytes()).unwrap();
    let scans = told(&running.wait_with_output().unwrap().stdout);
    drop(scanner);
    assert!(wire.wait().unwrap().success());
    assert_eq!(scans[0]["verdict"], "right");
    assert_eq!(scans[1]["verdict"], "wrong settings");
    assert!(scans[1]["troubles"][0]["cure"].as_str().unwrap().contains("send FNC1 as GS"));
}

#[test]
fn a_scanner_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    drop(listener);
    let output = scan_test(&["--tcp", &addr]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains(&format!("connect to {addr}")), "{said}");
    let none = scan_test(&[]).stderr(Stdio::piped()).output().unwrap();
    assert!(String::from_utf8(none.stderr).unwrap().contains("--tcp"), "one of them must be said");
}
