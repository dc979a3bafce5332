//! What a customer orders: the way of an order, its price, what may be written in it, and what a
//! scanned label means. Pure: no clock, no socket, no database.
mod paper;
mod price;
mod remark;
mod scan;
mod scanner;
mod undo;
mod specimen;
mod state;
mod wish;

pub use paper::{Facts, Missing, PAPER_CODES_MAX, PaperKind, UnknownPaper};
pub use price::{Kopecks, PriceList};
pub use remark::RemarkCause;
pub use scan::{Key, Known, Scan, judge_scan, keys_to_look_up};
pub use scanner::{Diagnosis, Trouble, diagnose, test_code};
pub use specimen::specimen;
pub use state::{IllegalOrderStep, OrderState, OrderStep, UnknownOrderState};
pub use wish::{Delivery, Field, Limits, Problem, Sale, Source, Wish, Written};

use std::fmt;

/// The number of a label order: what customer and centre call it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub i64);

impl OrderId {
    /// The pool that its codes lie in.
    pub fn pool(self) -> String {
        format!("order:{}", self.0)
    }

    /// What its file is called.
    pub fn file_name(self) -> String {
        format!("{}.pdf", self.0)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
