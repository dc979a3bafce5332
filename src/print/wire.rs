//! One connection to a printer: whole writes, one question at a time, a time limit on each.
use super::reply::{LONGEST_ANSWER, Reply};
use super::zpl::echo;
use crate::line::Cause;
use crate::telemetry::LastWord;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A device that sends more than this many answers' worth unasked is no printer.
const MOST_UNASKED_READS: usize = 16;

/// The only hand that writes to this printer.
pub(super) struct Wire {
    stream: TcpStream,
    answer_within: Duration,
    last_word: LastWord,
    /// What the printer said back of its labels, where it does.
    echoes: Option<Vec<Vec<u8>>>,
    /// An echo that has begun.
    begun: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, answer_within: Duration, last_word: LastWord) -> Self {
        Self { stream, answer_within, last_word, echoes: None, begun: Vec::new() }
    }

    /// Keeps what comes between and inside the answers: see [`Wire::take_echoes`].
    pub(super) fn listen_for_echoes(&mut self) {
        self.echoes = Some(Vec::new());
    }

    /// What the printer said back of its labels since the last time.
    pub(super) fn take_echoes(&mut self) -> Vec<Vec<u8>> {
        self.echoes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes echoes out of what came. Gives how much of it can be read as an answer.
    fn sift(&mut self, bytes: &mut Vec<u8>) -> usize {
        self.echoes.as_mut().map_or(bytes.len(), |echoes| echo::take_out(bytes, echoes))
    }

    /// Sends all of it in one go.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        match timeout(self.answer_within, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Cause::Unreachable),
            Err(_) => Err(Cause::Silent),
        }
    }

    /// Asks one question and waits for the whole answer.
    pub(super) async fn ask<T>(
        &mut self,
        question: &[u8],
        read: fn(&[u8]) -> Reply<T>,
    ) -> Result<T, Cause> {
        self.ask_within(self.answer_within, question, read).await
    }

    /// The same for a question that some do not answer: the quarter of the usual time is enough
    /// for those that do.
    pub(super) async fn ask_shortly<T>(
        &mut self,
        question: &[u8],
        read: fn(&[u8]) -> Reply<T>,
    ) -> Result<T, Cause> {
        self.ask_within(self.answer_within / 4, question, read).await
    }

    async fn ask_within<T>(
        &mut self,
        within: Duration,
        question: &[u8],
        read: fn(&[u8]) -> Reply<T>,
    ) -> Result<T, Cause> {
        self.forget_unasked()?;
        self.write(question).await?;
        let mut answer = std::mem::take(&mut self.begun);
        let heard = timeout(within, self.listen(&mut answer, read)).await;
        let readable = self.sift(&mut answer);
        self.begun = answer.split_off(readable);
        match heard {
            Ok(result) => result,
            Err(_) if answer.iter().all(u8::is_ascii_whitespace) => Err(Cause::Silent),
            Err(_) => Err(Cause::Garbled),
        }
    }

    async fn listen<T>(
        &mut self,
        answer: &mut Vec<u8>,
        read: fn(&[u8]) -> Reply<T>,
    ) -> Result<T, Cause> {
        while answer.len() < LONGEST_ANSWER {
            match self.stream.read_buf(answer).await {
                Ok(0) | Err(_) => return Err(Cause::Unreachable),
                Ok(_) => {}
            }
            let readable = self.sift(answer);
            match read(&answer[..readable]) {
                Reply::NotYet => {}
                Reply::Nonsense => return Err(Cause::Garbled),
                Reply::Is(told) => {
                    self.last_word.heard();
                    return Ok(told);
                }
            }
        }
        Err(Cause::Garbled)
    }

    /// Throws away what came without a question: line ends after an answer, alerts, and what was
    /// meant for whoever had the connection before. Notices a connection that was closed.
    pub(super) fn forget_unasked(&mut self) -> Result<(), Cause> {
        let mut unasked = [0; LONGEST_ANSWER];
        for _ in 0..MOST_UNASKED_READS {
            match self.stream.try_read(&mut unasked) {
                Ok(0) => return Err(Cause::Unreachable),
                Ok(len) => {
                    self.begun.extend_from_slice(&unasked[..len]);
                    self.forget_but_echoes();
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Cause::Unreachable),
            }
        }
        Err(Cause::Garbled)
    }

    fn forget_but_echoes(&mut self) {
        let mut bytes = std::mem::take(&mut self.begun);
        let readable = self.sift(&mut bytes);
        self.begun = bytes.split_off(readable);
    }
}
