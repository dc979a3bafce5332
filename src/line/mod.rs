//! The line as a pure machine: facts in, records and commands out.
mod event;
mod outcome;
mod state;
mod view;

pub use event::{
    CameraEvent, Cause, Conditions, Event, PictureId, PlcEvent, PrinterEvent, Reading, Request,
    Since, Tag,
};
pub use outcome::{
    Command, Fate, Light, Outcome, Record, RejectReason, Run, StopReason, Verdict,
};
pub use state::{LineState, UnknownLineState};
pub use view::{DeviceView, LineView, VERDICTS_KEPT, VerdictView};
