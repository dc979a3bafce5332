//! Everything that can happen to a line. The drivers learn these words, not the other way.
use super::{Mode, PlcCounts, Quality, RejectReason, StopReason};
use crate::code::{Code, CodeId};
use std::fmt;
use std::time::Duration;

/// The number that the PLC gives a product at the infeed. It grows by one a product and is the
/// name of the product in every later fact.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Tag(pub u32);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a picture that a camera driver holds for a while; it names the file, too, when
/// the picture is kept.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct PictureId(pub u64);

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Event {
    /// A deadline asked for by [`super::Line::next_wake`] may have passed.
    Wake,
    /// A person asked for something.
    Operator(Request),
    /// A person changes what the line is there for.
    Mode(Mode),
    /// A setter moves something by hand.
    Hand(Hand),
    /// A person with the right has seen to it: this latched reason is over.
    Release(StopReason),
    /// Codes from the store, for this line's job, in the order in which they will be printed.
    CodesArrived(Vec<Code>),
    /// The store has no more codes for this job for now.
    CodesExhausted,
    /// The answer to [`super::Command::LookUp`]: what the store knows of the text that was read on
    /// this product, whether it came with its label or shows one that is not of the row.
    Known {
        /// The product.
        tag: Tag,
        /// What it is.
        found: Found,
    },
    /// A person scanned a label that he put on by hand.
    Scanned {
        /// The number of the product, given by whoever asks: no other under way has it.
        tag: Tag,
        /// What the scanner made of its label; that is undone where it is looked up.
        text: String,
    },
    /// A person decides about these codes, which were in doubt: the line lets go of them.
    Decided(Vec<CodeId>),
    /// A challenge test is asked for so often, the first one in `left`: see
    /// [`super::Line::challenge_every`].
    ChallengeEvery {
        /// How often.
        every: Duration,
        /// Until the first one is due; nothing: it is due now.
        left: Option<Duration>,
        /// Whether there is any label that could be a duplicate.
        used: bool,
    },
    /// A person puts a test product at the infeed, which must be rejected.
    Challenge {
        /// What is wrong with it.
        kind: super::ChallengeKind,
        /// The beginning of the text on its label, where it has one: trade item and serial number.
        shows: Option<String>,
    },
    /// From the printer.
    Printer(PrinterEvent),
    /// From the PLC.
    Plc(PlcEvent),
    /// From the camera.
    Camera(CameraEvent),
}

/// What the store knows of a text that was read on a product which came with its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Found {
    /// A code of the job: its label is printed, and nobody has read it on a product, on this line
    /// or elsewhere.
    New(CodeId),
    /// It must not pass, and why.
    Not(RejectReason),
}

/// What a person can ask of a line: PackML commands by their standard names and numbers. Which
/// state takes which: `LineState::after`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[repr(u8)]
pub enum Request {
    /// From Stopped, Complete or Aborted to Idle; ends latched alarms, but those that somebody
    /// with the right must release.
    Reset = 1,
    /// From Idle to Execute; from Held back to Execute, as Unhold.
    Start = 2,
    /// Finish what is on the belt, then rest.
    Stop = 3,
    /// Everything stands still where it is; can go on.
    Hold = 4,
    /// From Held back to Execute.
    Unhold = 5,
    /// Wait, as for a neighbour machine, until somebody says Unsuspend.
    Suspend = 6,
    /// From Suspended back to Execute.
    Unsuspend = 7,
    /// At once.
    Abort = 8,
    /// From Aborted to Stopped.
    Clear = 9,
    /// End the job with what is made: finish what is on the belt, then Complete.
    Complete = 10,
}

/// What a setter moves by hand, in the mode Manual while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Hand {
    /// Everything stands.
    Stand,
    /// The belt moves, the infeed is closed.
    Belt,
    /// The belt moves and products may enter; the gate rejects them.
    BeltAndInfeed,
    /// The applicator discards every label on its pad.
    ClearPad,
    /// One picture is taken, of whatever stands before the camera.
    TakePicture,
    /// The gate opens and falls once, on an empty belt that stands.
    MoveGate,
}

/// Facts from the printer driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PrinterEvent {
    /// Connected, identified, counter read, format stored, nothing in its buffer: ready for labels.
    Up,
    /// Not one byte of this code's row was written, and none will be: it was waiting when the
    /// connection was lost, which is told next. Said only by the driver that had the row in hand.
    NotWritten(CodeId),
    /// The connection is lost or not to be trusted. Labels handed over and not yet confirmed are
    /// in doubt; the driver has thrown away what it had not sent.
    Down(Cause),
    /// Connected, but it cannot print until somebody helps. Labels handed over are still in it.
    Blocked(Cause),
    /// It can print again.
    Unblocked,
    /// By the best evidence the printer gives, the label of this code came out.
    Printed(CodeId),
    /// It was told that this label came out, and it was the last one that did: since then the
    /// printer moved a label that nobody sent. It may be a second one of this code.
    MaybeTwice(CodeId),
    /// The oldest [`super::RollMark`] that was handed over came out.
    MarkPrinted,
}

/// Facts from the PLC driver. Every fact about a product carries its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PlcEvent {
    /// Connected, right register map, heartbeat seen. `since` tells whether facts were lost.
    Up(Since),
    /// Connection or heartbeat lost.
    Down(Cause),
    /// The PLC has taken notice of this event number: kept with the records, so that a restart
    /// goes on after it.
    Heard {
        /// A number that is new each time the PLC starts.
        boot: u16,
        /// The number of the last event.
        seq: u16,
    },
    /// How the machine stands; sent when it changes and after [`PlcEvent::Up`].
    Condition(Conditions),
    /// A product passed the infeed eye and got this tag.
    ProductArrived(Tag),
    /// The applicator put a label on it.
    Applied(Tag),
    /// It passed the applicator, and no label was there to put on.
    NotApplied(Tag),
    /// The camera was triggered for it. Tag 0: for no product, because a setter asked.
    Triggered(Tag),
    /// It left on the good side.
    Passed(Tag),
    /// The gate pushed it out and the eye of the bin saw it fall. Tag 0: it was on the belt when
    /// the PLC started, and has no tag.
    RejectConfirmed(Tag),
    /// The gate pushed it out, and the eye of the bin did not see it.
    RejectUnconfirmed(Tag),
    /// No label is left between printer and applicator; what was there is in the waste.
    PadCleared,
    /// It touches the product before it: nobody can tell the two apart.
    Touching(Tag),
    /// The bin's eye saw a product that the gate was not to push out: this one, which had a pass,
    /// or, with tag 0, nobody knows which.
    NotOrdered(Tag),
    /// The gate opened and fell once, because a setter asked.
    GateMoved,
    /// What it has counted by itself; sent after [`PlcEvent::Up`], when it changes while the belt
    /// stands, and once a second while it runs.
    Counted(PlcCounts),
}

/// Whether the PLC remembers everything that happened since we last heard it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Since {
    /// It goes on where we were: nothing was lost, or this is the first time ever.
    Known,
    /// More happened than it remembers, or it restarted: products on the belt are not known.
    Lost,
}

/// The state of the machine around the line.
#[expect(clippy::struct_excessive_bools, reason = "each is one bit of the PLC's status")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Conditions {
    /// Emergency stop pressed.
    pub emergency_stop: bool,
    /// A guard is open.
    pub guard_open: bool,
    /// The machine after the line does not take products.
    pub blocked: bool,
    /// The machine before the line gives none.
    pub starved: bool,
    /// Not enough air for the gate.
    pub air_low: bool,
    /// The reject bin is full.
    pub bin_full: bool,
    /// The PLC says that something is wrong with itself.
    pub fault: bool,
    /// Whether the machine runs, or could at once; nothing where the PLC does not tell.
    #[serde(default)]
    pub ready: Option<bool>,
    /// Whether the belt runs; nothing where the PLC does not tell.
    #[serde(default)]
    pub belt_runs: Option<bool>,
    /// Whether no label is between printer and applicator; nothing where the PLC does not tell. For
    /// people: the line goes by [`PlcEvent::PadCleared`].
    #[serde(default)]
    pub pad_clear: Option<bool>,
}

/// Which product a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum FrameOf {
    /// The product of this tag: the camera was told it with the trigger. Tag 0: of no product, because
    /// a setter asked.
    Tag(Tag),
    /// The product of the n-th trigger since [`CameraEvent::Up`], from one. A number that is left
    /// out is a frame that was lost.
    Count(u32),
}

impl fmt::Display for FrameOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Count(count) => write!(f, "trigger {count}"),
        }
    }
}

/// In which direction a line of modules runs through the symbol.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Along {
    /// From top to bottom.
    Column,
    /// From left to right.
    Row,
}

/// Facts from the camera driver.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum CameraEvent {
    /// Connected.
    Up,
    /// Connection lost.
    Down(Cause),
    /// A frame was read, well or not.
    Read {
        /// The product that the frame shows, by its trigger.
        of: FrameOf,
        /// What was found in it.
        reading: Reading,
        /// The frame, kept if [`super::Command::KeepPicture`] says so in time; readers that do not
        /// give pictures give none.
        picture: Option<PictureId>,
    },
    /// Across the print head, in this column (or row) of modules, dark modules are lighter than
    /// their neighbours in nearly every one of the last labels: a dot of the head fails. Said once
    /// when it begins and once, with a share of 0, when it is over.
    Wears {
        /// Whether it is a column or a row.
        along: Along,
        /// Its number in the symbol, from one, the finder pattern included.
        column: u32,
        /// In how many of a hundred of the last labels.
        share: u8,
    },
}

/// What a reader found in one picture.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Reading {
    /// No symbol that could be read.
    Nothing,
    /// A symbol.
    Symbol {
        /// Its text; `GS` as character 29, no leading FNC1.
        text: String,
        /// AIM symbology identifier; `]d2` is GS1 DataMatrix (ISO/IEC 15424, 16022 annex N).
        identifier: String,
        /// How well it is printed, where it was graded.
        quality: Option<Quality>,
    },
}

/// Why a device is not usable, in words that an operator can act on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Cause {
    /// No connection.
    Unreachable,
    /// Connected, and no answer in time.
    Silent,
    /// Answers that make no sense.
    Garbled,
    /// It speaks another language, or a register map of another version.
    WrongDevice,
    /// Another device answers at this address than before.
    Swapped,
    /// Its label counter ran backwards or ahead of what was sent.
    CounterOff,
    /// No labels.
    OutOfLabels,
    /// No ribbon.
    OutOfRibbon,
    /// Print head open.
    HeadOpen,
    /// Somebody pressed pause.
    Paused,
    /// Too hot; it goes on by itself.
    TooHot,
    /// It reports a fault that has no name here.
    Faulty,
    /// Heartbeat does not move.
    HeartbeatLost,
    /// What its eyes counted does not belong together: nobody knows which product is where.
    Miscounted,
}
