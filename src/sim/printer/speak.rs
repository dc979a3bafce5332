//! How the printer answers: at once, late, in pieces, together, as garbage, or not at all.
use super::controls::Bench;
use super::device::Device;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::WriteHalf;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// A host that does not take an answer for this long is dropped.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Between the bytes of an answer that comes in pieces.
const BETWEEN_BYTES: Duration = Duration::from_millis(2);

/// How the printer answers on its data port.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub(super) struct Answers {
    /// So many of the next ones are garbage.
    pub(super) garbled: u32,
    pub(super) after: Duration,
    pub(super) mute: bool,
    pub(super) mute_in_fault: bool,
    /// Byte by byte.
    pub(super) split: bool,
    /// Held until this ends, then all together.
    pub(super) held: bool,
}

/// Says what comes until there is nobody who says anything, or the host does not listen.
pub(super) async fn speak(
    bench: &Bench,
    write: &mut WriteHalf<'_>,
    answers: &mut mpsc::Receiver<Vec<u8>>,
) {
    while let Some(mut answer) = answers.recv().await {
        if bench.look(|d| d.answers.held) {
            bench.until(|d| !d.answers.held).await;
            while let Ok(next) = answers.try_recv() {
                answer.extend(next);
            }
        }
        if !say(bench, write, answer).await {
            return;
        }
    }
}

/// Says one answer. False when the host does not take it.
pub(super) async fn say(bench: &Bench, write: &mut WriteHalf<'_>, answer: Vec<u8>) -> bool {
    let (after, split) = bench.look(|d| (d.answers.after, d.answers.split));
    if !after.is_zero() {
        sleep(after).await;
    }
    let Some(answer) = bench.change(|d| d.spoil(answer)) else { return true };
    if !split {
        return wrote(write, &answer).await;
    }
    for byte in answer {
        if !wrote(write, &[byte]).await {
            return false;
        }
        sleep(BETWEEN_BYTES).await;
    }
    true
}

async fn wrote(write: &mut WriteHalf<'_>, bytes: &[u8]) -> bool {
    matches!(timeout(ANSWER_WITHIN, write.write_all(bytes)).await, Ok(Ok(())))
}

impl Device {
    /// What really leaves for an answer: nothing, or perhaps garbage.
    fn spoil(&mut self, mut answer: Vec<u8>) -> Option<Vec<u8>> {
        if self.answers.mute || (self.answers.mute_in_fault && self.is_stopped()) {
            return None;
        }
        let by_chance = self.dice.chance(self.chances.garbled_answer);
        if self.answers.garbled > 0 || by_chance {
            self.answers.garbled = self.answers.garbled.saturating_sub(1);
            let keep = self.dice.below(answer.len()) + 1;
            answer.truncate(keep);
            for byte in &mut answer {
                *byte ^= 0x15;
            }
        }
        Some(answer)
    }
}
