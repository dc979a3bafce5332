//! The state systems, as clients.
mod agenda;
pub mod electronic_mark;
mod oms;
mod pace;
mod problem;
mod wire;

pub use agenda::Agenda;
pub use oms::{ClientToken, Oms, OmsSettings, OrderWish};
pub use problem::OmsError;
pub use wire::{
    Buffer, BufferStatus, CodeBlock, CodeResult, DropoutReason, ListedBlock, ListedOrder, Placed,
    Pong, Receipt, ReceiptOperation, ReportInfo, ReportStatus,
};
