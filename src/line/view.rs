//! How a line stands, for everybody who only looks.
use super::{
    Cause, LineState, Mode, OnceView, PictureId, Quality, RejectShare, Run, StopReason, Tag,
    Verdict,
};
use std::collections::VecDeque;

/// How many verdicts a view keeps.
pub const VERDICTS_KEPT: usize = 20;

/// How a line stands. Made from what is already durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    /// Its PackML state.
    pub state: LineState,
    /// Whether it has a job that it is driven for: nothing can be started without one.
    pub has_job: bool,
    /// How many commands and changes of mode it has dealt with, taken or not: whoever asked for one
    /// knows by this that it was answered.
    pub heard: u64,
    /// What it is there for.
    pub mode: Mode,
    /// What a hand lets run, in the mode Manual.
    pub by_hand: Run,
    /// What a hand does once, in the mode Manual, and what came of it.
    pub once: OnceView,
    /// The first cause of the standing trouble, if it does not run.
    pub why: Option<StopReason>,
    /// Alarms that stand, oldest first.
    pub alarms: Vec<StopReason>,
    /// Good products of this job (labels printed, where the scenario ends at the printer).
    pub done: u64,
    /// How many the job asks for; 0 = until somebody stops it.
    pub planned: u64,
    /// Labels handed to the printer and not yet read back.
    pub labels_under_way: usize,
    /// Products between infeed and gate.
    pub products_on_belt: usize,
    /// Rejects without a good product between them.
    pub rejects_in_a_row: u32,
    /// How many of them stop the line.
    pub rejects_in_a_row_max: u32,
    /// Rejects among the last products, where so many of so many stop the line.
    pub rejects_of_last: u32,
    /// How many of how many.
    pub rejects_of_last_max: RejectShare,
    /// The least grade in tenths that passes, if one is set.
    pub least_grade: Option<u8>,
    /// The last verdicts, newest first.
    pub verdicts: VecDeque<VerdictView>,
    /// The printer; nothing where the scenario has none.
    pub printer: Option<DeviceView>,
    /// The PLC; nothing where the scenario has none.
    pub plc: Option<DeviceView>,
    /// Whether the PLC sees no label between printer and applicator; nothing where it does not tell.
    pub pad_clear: Option<bool>,
    /// The camera; nothing where the scenario has none.
    pub camera: Option<DeviceView>,
}

impl LineView {
    /// Standing alarms that only somebody with the right can end.
    pub fn to_release(&self) -> impl Iterator<Item = StopReason> {
        self.alarms.iter().copied().filter(|reason| reason.needs_release())
    }
}

/// One verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VerdictView {
    /// The product.
    pub tag: Tag,
    /// Good, or why not.
    pub verdict: Verdict,
    /// The picture, if one was taken; kept in a file if the verdict is bad.
    pub picture: Option<PictureId>,
    /// How well the symbol is printed, where it was graded.
    pub quality: Option<Quality>,
}

/// How a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceView {
    /// Usable.
    Up,
    /// Not usable.
    Down(Cause),
}
