//! The state systems, as clients.
mod agenda;
mod call;
mod oms;
mod pace;
mod problem;
mod sign;
mod wire;

pub use agenda::Agenda;
pub use oms::{ClientToken, Oms, OmsSettings, OrderWish};
pub use problem::OmsError;
pub use sign::{Form, SignAddress, SignCommand, SignError, SignSettings, Signer};
pub use wire::{
    Buffer, BufferStatus, CodeBlock, CodeResult, DropoutReason, ListedBlock, ListedOrder, Placed,
    Pong, Receipt, ReceiptOperation, ReportInfo, ReportStatus,
};
