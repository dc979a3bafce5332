//! The JSON port: set-get-do in JSON, beside the data port and while that is blocked.
//!
//! Zebra, "JSON (JavaScript Object Notation)": port 9200, up to eight connections, only JSON is
//! accepted, and it works while the printer is printing. A question is `{}` and an object in which
//! what is asked for is null: `{}{"device.languages":null}`; the answer is the object with the
//! values as texts. A value that is not null is set first.
use super::controls::Bench;
use super::device::Device;
use super::zpl;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections at a time (Zebra's page on JSON).
const MOST_CONNECTIONS: usize = 8;
/// A longer question is nonsense.
const LONGEST: usize = 16 * 1024;
/// A host that does not take an answer for this long is dropped.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Accepts connections for ever; the caller drops it to stop.
pub(super) async fn run(bench: Arc<Bench>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                if connections.len() < MOST_CONNECTIONS && bench.look(|d| d.on) {
                    connections.spawn(connection(Arc::clone(&bench), stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(bench: Arc<Bench>, mut stream: TcpStream) {
    let power = bench.look(|d| d.power_cycles);
    tokio::select! {
        () = bench.until(|d| d.power_cycles != power) => {}
        () = serve(&bench, &mut stream) => {}
    }
}

async fn serve(bench: &Bench, stream: &mut TcpStream) {
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        heard.extend_from_slice(&buffer[..count]);
        let (questions, rest) = objects(&heard);
        for question in questions.iter().filter(|question| !question.is_empty()) {
            let answer = Value::Object(bench.change(|device| answered(device, question)));
            let answer = answer.to_string();
            let said = timeout(ANSWER_WITHIN, stream.write_all(answer.as_bytes()));
            if !matches!(said.await, Ok(Ok(()))) {
                return;
            }
        }
        heard = rest;
        if heard.len() > LONGEST {
            return;
        }
    }
}

/// The whole objects, and what is left behind them. What is no JSON is thrown away.
fn objects(heard: &[u8]) -> (Vec<Map<String, Value>>, Vec<u8>) {
    let mut found = Vec::new();
    let mut stream = serde_json::Deserializer::from_slice(heard).into_iter::<Map<String, Value>>();
    loop {
        match stream.next() {
            Some(Ok(object)) => found.push(object),
            Some(Err(error)) if error.is_eof() => {
                return (found, heard[stream.byte_offset()..].to_vec());
            }
            Some(Err(_)) | None => return (found, Vec::new()),
        }
    }
}

fn answered(device: &mut Device, question: &Map<String, Value>) -> Map<String, Value> {
    let mut answers = Map::new();
    for (name, value) in question {
        if let Some(value) = value.as_str() {
            zpl::set(device, name, value);
        }
        let known = zpl::get(device, name).unwrap_or_else(|| "?".to_owned());
        answers.insert(name.clone(), Value::String(known));
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_may_come_in_pieces_and_together() {
        let (found, rest) = objects(br#"{}{"a":null} {"b":"c"}{"d":n"#);
        let names: Vec<_> = found.iter().flat_map(Map::keys).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(rest, br#"{"d":n"#);
        assert_eq!(objects(b"~HS"), (Vec::new(), Vec::new()));
    }
}
