//! What will happen to a printer: a list of incidents, each at a label of its life.
//!
//! Stable: [`Script`], [`Incident`], [`Mood`], [`Script::parse`], [`Script::by_chance`]. The written
//! form is described in `docs/sim-printer.md`.
mod chance;
mod parse;

use std::time::Duration;

/// A fault that the printer knows of and shows in its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The labels are used up.
    MediaOut,
    /// The ribbon is used up.
    RibbonOut,
    /// The head is open.
    HeadOpen,
    /// The head is too hot: the label under it is finished, the next one waits. It goes on by
    /// itself once the head is cool.
    TooHot,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MediaOut, Self::RibbonOut, Self::HeadOpen, Self::TooHot];

    /// The label under the head is cut off, and somebody must press PAUSE after it was mended.
    pub fn stops_the_web(self) -> bool {
        self != Self::TooHot
    }
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Mood {
    /// A fault, until it is mended.
    Fault(Fault),
    /// Somebody pauses the printer: the label under the head is finished.
    Paused,
    /// The receive buffer is full: nothing more is read.
    BufferFull,
    /// The power goes, with everything volatile, and comes back.
    PowerCycle,
    /// The connection is reset in the middle of the next format that is received.
    ResetConnection,
    /// The connection that is served is neither read nor answered any more, and not closed. New
    /// connections are served.
    HalfOpen,
    /// A fault during which the data port answers nothing at all.
    SilentInFault(Fault),
    /// No answers; labels are printed all the same.
    Silent,
    /// So many of the next answers are garbage.
    GarbledAnswers(u32),
    /// Answers come byte by byte with pauses.
    SplitAnswers,
    /// Answers are held, then sent together.
    MergedAnswers,
    /// Somebody else's label is printed: the counter moves.
    SecondTalker,
    /// The FEED key: a blank label, the counter moves.
    FeedPressed,
    /// The REPRINT key: the last label once more, unless `^JJ` or `SET PRINTKEY` switched it off.
    ReprintPressed,
    /// The odometer goes back by so many.
    CounterBackwards(u64),
    /// So many labels from this one on are printed at another speed.
    Slow {
        /// The speed.
        inches_per_second: f32,
        /// How many labels, this one included. No number: until the incident ends.
        labels: Option<u64>,
    },
    /// From the next power-up on another printer stands here. Where the incident lasts for a time,
    /// the first printer comes back after it, with another power-up.
    Swapped {
        /// Its unique id.
        unique_id: String,
    },
    /// Dots of the head that stay white.
    DeadDots {
        /// The first one, counted from 0.
        column: u32,
        /// How many.
        columns: u32,
    },
    /// Nothing is printed on this label.
    LostLabel {
        /// The odometer counts it all the same.
        counted: bool,
    },
}

/// Something that happens once.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// The label during which it begins, counted from one over the life of the printer.
    pub label: u64,
    /// The part of that label that is printed before it, from 0 to 1.
    pub after: f64,
    /// What happens.
    pub mood: Mood,
    /// How long until it ends by itself. Nothing: until somebody ends it.
    pub lasts: Option<Duration>,
    /// Somebody presses PAUSE when the fault has ended. Otherwise the printer stays paused.
    pub resumes: bool,
}

impl Incident {
    /// An incident at the beginning of a label that stands until somebody ends it.
    pub fn new(label: u64, mood: Mood) -> Self {
        Self { label, after: 0.0, mood, lasts: None, resumes: true }
    }

    /// The same after a part of the label.
    #[must_use]
    pub fn after(self, part: f64) -> Self {
        Self { after: part, ..self }
    }

    /// The same for a time.
    #[must_use]
    pub fn lasts(self, time: Duration) -> Self {
        Self { lasts: Some(time), ..self }
    }
}

/// All that will happen to a printer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// In any order.
    pub incidents: Vec<Incident>,
}

impl From<Incident> for Script {
    fn from(incident: Incident) -> Self {
        Self { incidents: vec![incident] }
    }
}
