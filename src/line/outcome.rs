//! What a line answers: records to remember, then commands to carry out.
use super::{Cause, LineState, Mode, PictureId, PlcCounts, Quality, RejectReason, Tag, Wear};
use crate::code::{Code, CodeId, CodeText, Step};

/// The answer to one event. The shell makes `records` durable first and only then lets
/// `commands` out; if the first fails, the second never happens.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// What must be remembered.
    pub records: Vec<Record>,
    /// What must be done.
    pub commands: Vec<Command>,
}

/// What the store must remember; also all that MQTT, the pages and the reports are told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Record {
    /// A code took a step of its life.
    Moved {
        /// Which.
        code: CodeId,
        /// The step.
        step: Step,
    },
    /// A product entered.
    ProductSeen {
        /// Its tag.
        tag: Tag,
    },
    /// A label is on a product, or is known not to be on it after all.
    ProductLabelled {
        /// The product.
        tag: Tag,
        /// The code on its label; nothing if nobody knows where that label is.
        code: Option<CodeId>,
    },
    /// The verdict on a product, before the gate.
    ProductJudged {
        /// The product.
        tag: Tag,
        /// Good, or why not.
        verdict: Verdict,
        /// The picture that shows it.
        picture: Option<PictureId>,
    },
    /// What became of a product.
    ProductSettled {
        /// The product.
        tag: Tag,
        /// Where it is.
        fate: Fate,
    },
    /// A label was handed over to be printed on a roll: where it will be.
    OnRoll {
        /// Its code.
        code: CodeId,
        /// The piece of the roll, counted from one within the job. Every piece begins where nobody
        /// can say that the label before it is the one in the books.
        piece: u32,
        /// Its number among the labels of this piece that carry a code, from one.
        place: u32,
        /// Whether it counts only when the camera behind the head has read it.
        to_read: bool,
    },
    /// This code was handed over and never written to the printer. It stays `sent`, has no place on
    /// a roll any more, and is handed over again before any other, or scrapped when the line rests.
    TakenBack {
        /// Which.
        code: CodeId,
    },
    /// This code may be on two labels of the roll: it is in doubt, unless it is `printed` no more.
    /// Then somebody had its label in his hand since.
    MaybeTwice {
        /// Which.
        code: CodeId,
    },
    /// The camera behind the head has seen a label of a roll, or should have.
    LabelRead {
        /// Its code.
        code: CodeId,
        /// Good, or why not.
        verdict: Verdict,
        /// The picture that shows it.
        picture: Option<PictureId>,
    },
    /// A symbol was graded.
    Graded {
        /// The code that was read, where it is the one that should be there.
        code: Option<CodeId>,
        /// The product; on a roll, the number of the trigger.
        tag: Tag,
        /// How well it is printed.
        quality: Quality,
        /// The picture that shows it.
        picture: Option<PictureId>,
    },
    /// A product that had left as good lies in the bin: its code is rejected, unless the state
    /// system is being told of it already.
    CameBack {
        /// The product.
        tag: Tag,
    },
    /// Something is in the bin that no product with a fate stands for, or may be.
    Bin {
        /// The product; 0 if nobody knows which.
        tag: Tag,
        /// What it is.
        what: InBin,
    },
    /// What came of a case of a challenge test.
    Challenged {
        /// The case.
        kind: super::ChallengeKind,
        /// The test product, if it came.
        tag: Option<Tag>,
        /// What came of it.
        result: super::ChallengeResult,
        /// What the line saw.
        why: super::ChallengeSeen,
        /// With it every case of the test is passed: the next test is due in its time.
        #[serde(default)]
        whole: bool,
    },
    /// The line changed its state.
    Line {
        /// From.
        from: LineState,
        /// To.
        to: LineState,
        /// Why, where there is a cause beyond a request.
        why: Option<StopReason>,
    },
    /// The line changed its mode.
    Mode {
        /// From.
        from: Mode,
        /// To.
        to: Mode,
    },
    /// An alarm came.
    AlarmRaised(StopReason),
    /// The reason for an alarm is gone.
    AlarmCleared(StopReason),
    /// What the PLC had counted by itself when the belt stood.
    PlcCounted(PlcCounts),
    /// Everything up to this PLC event is dealt with.
    Heard {
        /// The PLC's start.
        boot: u16,
        /// The event number.
        seq: u16,
    },
}

/// Whether a product may pass.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Verdict {
    /// The right code was read back.
    Good,
    /// It must not pass.
    Bad(RejectReason),
}

/// What became of a product.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Fate {
    /// On the good side, with a verified code.
    Verified,
    /// In the bin.
    Rejected,
    /// Taken for quality control.
    Sampled,
    /// Nobody knows.
    Unaccounted,
}

impl Fate {
    /// The word in the store and in topics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::Sampled => "sampled",
            Self::Unaccounted => "unaccounted",
        }
    }
}

/// What is, or may be, in the bin beside the products that were rejected by the books.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum InBin {
    /// A product that the line does not know, or knows no more: it was flushed.
    Flushed,
    /// Something that the gate did not push out, and nobody knows what.
    NotOrdered,
    /// A rejected product that the bin's eye did not see: it may be there.
    Unseen,
}

impl InBin {
    /// The word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flushed => "flushed",
            Self::NotOrdered => "not_ordered",
            Self::Unseen => "unseen",
        }
    }
}

/// Why the line does not run. Also the kinds of alarms.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum StopReason {
    /// The printer is not usable.
    Printer(Cause),
    /// The PLC is not usable.
    Plc(Cause),
    /// The camera is not usable.
    Camera(Cause),
    /// No codes left to print.
    NoCodes,
    /// Labels handed to the printer do not come out.
    PrintLate,
    /// Too many products were rejected one after another.
    TooManyRejects,
    /// Too many of the last products were rejected.
    TooManyOfLast,
    /// The bin's eye did not see a rejected product fall.
    RejectUnconfirmed,
    /// A product that was not good left on the good side.
    BadProductPassed,
    /// A code was read that had been verified before.
    DuplicateSeen,
    /// A product vanished between two stations.
    ProductMissing,
    /// A good product was seen falling into the bin.
    FalseEject,
    /// The bin's eye saw more fall than the gate pushed out.
    BinNotOrdered,
    /// Labels and products do not match: what lies between printer and applicator is not known.
    LabelsOutOfStep,
    /// The reject bin is full.
    BinFull,
    /// Not enough air for the gate.
    AirLow,
    /// Emergency stop.
    EmergencyStop,
    /// A guard is open.
    GuardOpen,
    /// The PLC reports a fault of the machine.
    MachineFault,
    /// The PLC says that the machine could not run, and not why.
    NotReady,
    /// The belt was ordered to run, and stands.
    BeltStands,
    /// The machine after the line does not take products.
    Blocked,
    /// No products come.
    Starved,
    /// The roll holds as many labels as it should.
    RollFull,
    /// A label that is not of this job was seen on the roll.
    ForeignSeen,
    /// Pictures and products do not belong together any more.
    FramesOutOfStep,
    /// A challenge test is due: nothing is made before it is passed.
    ChallengeDue,
    /// A test product was not rejected as it must be.
    ChallengeFailed,
    /// A dot of the print head fails. A warning: the line runs on.
    HeadWears(Wear),
    /// Print quality falls, or comes near the least grade. A warning: the line runs on.
    QualityFalls,
    /// Modules are printed too big or too small. A warning: the line runs on.
    GrowthDrifts,
    /// The codes in hand are used up before the next ones can be here; for so many minutes they last,
    /// where that is told. A warning that no line gives: whoever looks after the stock does.
    CodesShort(Option<u32>),
    /// Codes of the stock die unprinted; within so many hours, where that is told. A warning of the
    /// same kind.
    CodesExpire(Option<u32>),
    /// The line's own program cannot go on: the store does not take its records, or the label of
    /// its job cannot be made.
    NotDriven,
}

/// What the world must do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Command {
    /// Bring this many codes from the store.
    Refill {
        /// How many.
        want: usize,
    },
    /// Ask the store what this text is, which was read on a product that came with its label or shows
    /// one that is not of the row: [`super::Event::Known`] is the answer.
    LookUp {
        /// The product.
        tag: Tag,
        /// What was read.
        text: String,
    },
    /// Tell the printer.
    Printer(PrinterCommand),
    /// Tell the PLC.
    Plc(PlcCommand),
    /// Keep this picture in a file.
    KeepPicture(PictureId),
    /// Take a picture of this product, which is where the camera looks; tag 0: of whatever is there.
    TakePicture(Tag),
    /// Tell the camera which codes it may see now. A hint: a camera that was not told reads as
    /// well, and slower.
    Expect(Vec<CodeText>),
}

/// What a camera can be told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum CameraCommand {
    /// Keep this picture in a file.
    Keep(PictureId),
    /// Take a picture of this product, which is where the camera looks; tag 0: of whatever is there.
    /// Nothing of it outlives a connection.
    Take(Tag),
    /// The codes that may be before it from now on, the nearest first. Whatever it reads is told
    /// as it is: an expectation that is not true any more costs time and nothing else.
    Expect(Vec<CodeText>),
}

/// What a printer can be told. Nothing of it outlives a connection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PrinterCommand {
    /// Print these labels side by side, from left to right, in one movement of the web. Their
    /// codes are `Sent` from now on.
    Row(Vec<Code>),
    /// Print a label that carries no code.
    Mark(RollMark),
    /// Throw away whatever has not come out yet: its codes are in doubt.
    Cancel,
}

/// A label that belongs to the roll and not to a product. It carries no code.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RollMark {
    /// Before the first label.
    Leader {
        /// The job's number.
        job: i64,
        /// Serial number of the first label that follows.
        first: String,
        /// How many good labels are to follow.
        count: u64,
    },
    /// After the last label.
    Trailer {
        /// The job's number.
        job: i64,
        /// Serial number of the first good label since the leader.
        first: String,
        /// Serial number of the last good label.
        last: String,
        /// How many good labels there are since the leader.
        count: u64,
    },
    /// A label before this one must not be used.
    Void {
        /// Its serial number.
        serial: String,
        /// How many labels back it is.
        back: u32,
    },
}

/// What a PLC can be told. Nothing of it outlives a connection: after
/// [`super::PlcEvent::Up`] the line says again what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PlcCommand {
    /// Let this product pass the gate. Never said of any other product: the gate rejects what it
    /// hears nothing about.
    Pass(Tag),
    /// Run or stop the belt and the infeed.
    Run(Run),
    /// Discard every label between printer and applicator.
    ClearPad,
    /// Show this light.
    Show(Light),
    /// Trigger the camera once, for no product.
    TriggerCamera,
    /// Open the gate and let it fall, once; only while the belt stands and is empty.
    MoveGate,
}

/// What the machine should be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Run {
    /// The belt moves.
    pub belt: bool,
    /// New products may enter.
    pub infeed: bool,
}

/// The stack light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Light {
    /// Nothing is wanted of anybody.
    Off,
    /// Running.
    Green,
    /// Waiting, or about to change.
    Amber,
    /// Somebody must come.
    Red,
}
