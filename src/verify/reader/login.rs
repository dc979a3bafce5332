//! In-Sight asks who is there before it listens: prompts without an end of line.
use crate::line::Cause;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// No greeting is longer.
const LONGEST_PROMPT: usize = 1024;

/// Answers the two questions of the native mode.
pub(super) async fn log_in(stream: &mut TcpStream, login: &(String, String)) -> Result<(), Cause> {
    read_until(stream, b"User:").await?;
    send(stream, &login.0).await?;
    read_until(stream, b"Password:").await?;
    send(stream, &login.1).await?;
    let answer = read_until(stream, b"\n").await?;
    let answer = String::from_utf8_lossy(&answer).trim().to_ascii_lowercase();
    if answer.is_empty() {
        // The line of the password prompt ended; the answer is the next one.
        let answer = read_until(stream, b"\n").await?;
        return accepted(&String::from_utf8_lossy(&answer).trim().to_ascii_lowercase());
    }
    accepted(&answer)
}

fn accepted(answer: &str) -> Result<(), Cause> {
    if answer.contains("logged in") {
        return Ok(());
    }
    tracing::warn!(answer, "the reader does not take user and password");
    Err(Cause::WrongDevice)
}

async fn send(stream: &mut TcpStream, text: &str) -> Result<(), Cause> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.map_err(|_| Cause::Unreachable)
}

/// Byte by byte: what comes behind belongs to the next step.
async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Result<Vec<u8>, Cause> {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        seen.push(stream.read_u8().await.map_err(|_| Cause::Unreachable)?);
        if seen.len() > LONGEST_PROMPT {
            tracing::warn!("this reader does not ask who is there");
            return Err(Cause::WrongDevice);
        }
    }
    Ok(seen)
}
