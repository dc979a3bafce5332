//! Remembered: what must survive. Asked by intent, one file a subject.
mod alarms;
mod amendments;
mod append;
mod array_file;
mod bin;
mod bin_job;
mod boxes;
mod batch;
mod batch_line;
mod batch_pictures;
mod batch_told;
mod challenges;
mod clearances;
mod closing;
mod closing_counts;
mod codes;
mod counts;
mod doubts;
mod file_reports;
mod goods;
mod grades;
mod intake;
mod jobs;
mod line_row;
mod lookup;
mod mark_orders;
mod mark_reports;
mod mark_shipments;
mod mark_unproduced;
mod moved;
mod made;
mod open;
mod orders;
mod outbox;
mod outlook;
mod paper_words;
mod papers;
mod papers_about;
mod papers_due;
mod papers_make;
mod packml;
mod people;
mod plc_counts;
mod printers;
mod rejects;
mod reports;
mod reports_make;
mod reports_refused;
mod restore;
mod rolls;
mod samples;
mod screen;
mod serials;
mod verbs;
mod spans;
mod stock_alarms;
mod views;
mod story;
mod story_told;
mod wants;
mod wants_stock;

pub use alarms::{AlarmAnswer, AlarmNow, AlarmStep, AlarmsOnScreen};
pub use amendments::{Amendment, Amendments};
pub use array_file::{ArrayFile, ArrayFileError};
pub use batch::{Batch, BatchReject, LISTED_MAX};
pub use batch_line::{Listed, Stop};
pub use batch_told::{BatchPaper, BatchRefusal, BatchReport, BatchTold};
pub use bin::Bin;
pub use bin_job::{BinCount, JobBin};
pub use boxes::{BoxReport, BoxUnit, NewBoxes};
pub use challenges::Challenge;
pub use clearances::{Clearance, Clearing, Item, LineStands, Phase, UnknownPhase, items};
pub use closing::{Closure, JobSums, Second, Signature};
pub use closing_counts::HeldAgainst;
pub use codes::{Imported, Intake, Pace};
pub use counts::{ProductTally, Reconciliation, Tally};
pub use doubts::{Decision, Doubt};
pub use file_reports::{FileChoice, FileCode, FileReport, file_head};
pub use goods::{Goods, Lot};
pub use grades::{GradeStretch, JobGrades};
pub use jobs::{Job, JobState, NewJob, RollJob, UnknownJobWord};
pub use mark_orders::{MarkPart, PartState};
pub use mark_reports::{
    MarkParams, MarkSteps, MarkWords, NewMarkReport, NextToMark, Production, ProductionEnd,
};
pub use mark_shipments::{MarkShipment, NewShipment};
pub use mark_unproduced::PRODUCTION;
pub use open::{Store, StoreError};
pub use orders::{
    AsideView, LabelOrder, Left, NewRemarking, OrderCounts, OrderEvent, RemarkingView, ScanView,
    Scanned, Viewer, WantView,
};
pub use outbox::Message;
pub use outlook::Outlook;
pub use packml::status_json;
pub use paper_words::{Origin, PaperState};
pub use papers::{Paper, PaperDecision, PaperEnd, PaperMade};
pub use papers_about::About;
pub use people::{
    FAILURES_MAX, LOCKED_FOR_MICROS, NAME_CHARS_MAX, Note, PASSWORD_CHARS_MIN, Person, PersonId,
    SignIn,
};
pub use plc_counts::JobPlcCounts;
pub use rejects::{KeptReject, RejectPlace};
pub use reports::{
    Refused, Report, ReportEnd, ReportKind, ReportState, Telling, Told, UNREPORTED_COUNTED_MAX,
    Unreported, Untold,
};
pub use reports_make::NewReport;
pub use reports_refused::{RefusedChoice, RefusedDecided, RefusedDecision, RefusedGroup};
pub use restore::LineLeft;
pub use rolls::{Fates, OddLabel, Passport, Piece};
pub use samples::{Rework, Sample};
pub use screen::{JobOnScreen, ScreenFacts};
pub use spans::StopSaid;
pub use story::{CodeJob, FromFile, Story, UpstreamOrder};
pub use story_told::{CodeRefusal, MarkedStep, RefusalDecided, ToldBeside};
pub use verbs::{Control, JobVerb, Standing, UnknownVerb};
pub use views::{AlarmRow, JournalRow, ProductRow};
pub use wants::{BlockStored, NewBlock, Stock, Want, WantState};
pub use wants_stock::{Demand, Dying};
