//! The state systems, as clients.
mod agenda;
mod call;
pub mod electronic_mark;
mod oms;
mod oms_block;
mod oms_call;
mod oms_more;
mod oms_reports;
mod oms_v2;
mod pace;
mod planted;
mod problem;
mod product;
mod result_codes;
mod sign;
mod station;
mod token;
mod true_api;
mod true_api_wire;
mod wire;
mod words;

pub use agenda::Agenda;
pub use oms::{Api, ClientToken, Limits, Oms, OmsSettings, OrderWish, SubOrder};
pub use oms_block::{CodeBlock, CodeTexts};
pub use oms_more::AggregationUnit;
pub use oms_reports::{
    RECEIPTS_MAX, RECEIPTS_SPAN_MS, ReceiptWish, ReportWish, ReportWords, Tells, UTILISATIONS,
    Utilisation,
};
pub use oms_v2::V2Profile;
pub(crate) use planted::Planted;
pub use problem::OmsError;
pub use product::{
    CODE_KINDS, ProductProblem, ProductRule, ProductRules, ProductWords, V2_TEMPLATES,
};
pub use result_codes::{RESULTS, ResultWords, result_words};
pub use sign::{Form, SignAddress, SignCommand, SignError, SignSettings, Signer};
pub use station::Station;
pub use token::{
    Installation, Registered, RegistrationKey, SignInError, SignInSettings, TokenKeeper, register,
};
pub use true_api::{
    CODES_IN_A_QUESTION_MAX, CodeInfo, DocumentInfo, DocumentStatus, TrueApi, TrueApiError,
    TrueApiSettings,
};
pub use wire::{
    Buffer, BufferStatus, CodeResult, DropoutReason, ListedBlock, ListedOrder, Placed, Pong,
    Receipt, ReceiptOperation, ReportInfo, ReportStatus,
};
