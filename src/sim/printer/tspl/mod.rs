//! The TSPL front end: lines and immediate bytes become labels for the queue and answers.
use super::device::{Device, Reply};

/// What the printer keeps between the commands of a host.
#[derive(Debug, Default)]
pub(super) struct Desk;

impl Desk {
    /// What the host hears after a label.
    pub(super) fn response(&self, _ends_batch: bool) -> Option<Vec<u8>> {
        None
    }
}

/// What is known of the host while its connection lasts.
#[derive(Debug)]
pub(super) struct Session(Reply);

impl Session {
    pub(super) fn new(reply: Reply) -> Self {
        Self(reply)
    }
    pub(super) fn push(
        &mut self,
        _byte: u8,
        _change: impl FnOnce(&mut dyn FnMut(&mut Device)),
    ) -> Option<Vec<u8>> {
        None
    }
    pub(super) fn breaks(&self) -> bool {
        false
    }
}
