//! Each fake device runs alone, says where it listens, and answers there.
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// A fake device in a process of its own; it ends with the test.
struct Alone {
    _process: Child,
    said: Value,
}

impl Alone {
    async fn start(device: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_markwright"))
            .args(["sim", device, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(SOON, lines.next_line()).await.unwrap().unwrap().unwrap();
        Self { _process: process, said: serde_json::from_str(&line).unwrap() }
    }

    fn addr(&self) -> &str {
        self.said["listens"].as_str().unwrap()
    }

    /// Sends bytes, gives back the first that come.
    async fn asked(&self, question: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.addr()).await.unwrap();
        stream.write_all(question).await.unwrap();
        let mut answer = vec![0; 4096];
        let n = timeout(SOON, stream.read(&mut answer)).await.unwrap().unwrap();
        answer.truncate(n);
        answer
    }
}

#[tokio::test]
async fn a_printer_alone_says_who_it_is() {
    let printer = Alone::start("printer").await;
    let answer = printer.asked(b"~HI").await;
    assert!(String::from_utf8_lossy(&answer).contains("FAKE"), "{answer:?}");
}

#[tokio::test]
async fn a_plc_alone_shows_its_register_map() {
    let plc = Alone::start("plc").await;
    // Transaction 1, unit 1, function 4: one input register from 0, the version of the map.
    let answer = plc.asked(&[0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1]).await;
    assert_eq!(answer, [0, 1, 0, 0, 0, 5, 1, 4, 2, 0, 1]);
}

#[tokio::test]
async fn a_camera_alone_streams_pictures() {
    let camera = Alone::start("camera").await;
    let answer = camera.asked(b"GET /stream HTTP/1.1\r\nHost: camera\r\n\r\n").await;
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(head.contains("200 ok") && head.contains("multipart/x-mixed-replace"), "{head}");
}

#[tokio::test]
async fn an_issuer_alone_names_its_token_and_takes_it() {
    let issuer = Alone::start("issuer").await;
    let (token, oms) = (&issuer.said["client_token"], &issuer.said["oms_id"]);
    let (token, oms) = (token.as_str().unwrap(), oms.as_str().unwrap());
    let ping = format!(
        "GET /api/v3/ping?omsId={oms} HTTP/1.1\r\nHost: issuer\r\nclientToken: {token}\r\n\r\n"
    );
    let answer = issuer.asked(ping.as_bytes()).await;
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 200"), "{answer:?}");
}
