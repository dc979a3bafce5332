//! What the PLC counts by itself, for whoever holds it against the books. Nothing is decided by it.
use super::{Line, Record};

/// What a PLC has counted since its program started. Each number wraps at 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PlcCounts {
    /// The PLC's start.
    pub boot: u16,
    /// Products seen by the infeed eye.
    pub infeed: u32,
    /// Labels applied.
    pub applied: u32,
    /// Products that left on the good side.
    pub passed: u32,
    /// Products that the gate pushed out.
    pub reject_ordered: u32,
    /// Products that the eye of the bin saw.
    pub reject_confirmed: u32,
    /// Verdicts that named a product already past the gate.
    pub verdict_late: u32,
}

impl Line {
    /// Kept where the belt stands: there is no use in a number of a moment, and no record for every
    /// product.
    pub(super) fn keep_plc_counts(&mut self, records: &mut Vec<Record>) {
        if self.belt_runs() || self.plc_counts == self.plc_counts_kept {
            return;
        }
        self.plc_counts_kept = self.plc_counts;
        records.extend(self.plc_counts.map(Record::PlcCounted));
    }
}
