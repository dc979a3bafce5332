//! The line as a pure machine: facts in, records and commands out.
//!
//! `note` turns a fact into records and cannot issue a command; `decide` looks at how things stand
//! and adds records and commands. Deciding twice adds nothing.
mod at;
mod belt;
mod by_hand;
mod carried;
mod command;
mod challenge;
mod decide;
mod event;
mod frames;
mod gate;
mod guard;
mod mode;
mod note;
mod once;
mod outcome;
mod packtags;
mod planted;
mod plc_counts;
#[cfg(test)]
#[path = "../../tests/simulate/planted.rs"]
mod planted_errors;
mod quality;
mod reading;
mod reason;
mod rejecting;
mod restore;
mod roll;
mod settings;
mod state;
mod stations;
mod steps;
mod strange;
mod twice;
mod view;
mod words;

pub use at::relative_to;
pub use challenge::{ChallengeKind, ChallengeResult, ChallengeSeen, UnknownChallenge};
pub use event::{
    Along, CameraEvent, Cause, Conditions, Event, Found, FrameOf, Hand, PictureId, PlcEvent,
    PrinterEvent, Reading, Request, Since, Tag,
};
pub use guard::RejectShare;
pub use mode::{Mode, UnknownMode};
pub use once::{Asked, HandPicture, OnceByHand, OnceView, PictureBy};
pub use outcome::{
    CameraCommand, Command, Fate, InBin, Light, Outcome, PlcCommand, PrinterCommand, Record,
    RollMark, Run, StopReason, Verdict,
};
pub use packtags::{CommandTags, Handshake, Refused, StatusTags, Written};
pub use plc_counts::PlcCounts;
pub use quality::{Quality, QualitySettings, Wear, letter};
pub use reason::RejectReason;
pub use restore::{LastOut, OpenProduct, Restored};
pub use settings::{LineSettings, Order, RollSettings, Scenario, UnknownScenario};
pub use state::{LineState, UnknownLineState};
pub use stations::Stations;
pub use view::{DeviceView, LineView, VERDICTS_KEPT, VerdictView};
pub use words::{AlarmWords, UnknownStopReason};

use crate::code::{Code, CodeId, CodeText, Step};
use belt::{Belt, OnProduct, Product};
use by_hand::{ByHand, Wishes};
use challenge::Challenges;
use frames::Frames;
use guard::Guard;
use planted::Planted;
use quality::Trend;
use roll::Roll;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

/// How a device stands. Nothing is known of it before its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Device {
    Unknown,
    Up,
    Down(Cause),
}

impl Device {
    const fn is_up(self) -> bool {
        matches!(self, Self::Up)
    }

    const fn cause(self) -> Cause {
        match self {
            Self::Down(cause) => cause,
            Self::Unknown | Self::Up => Cause::Unreachable,
        }
    }
}

/// The space between printer and applicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Pad {
    /// The labels on it are the ones in [`Belt::pad`], in that order.
    Known,
    /// Something else may lie on it: nothing is printed before it was cleared.
    Uncertain,
    /// The PLC was asked to clear it; asked again at this time.
    Clearing(#[serde(with = "at::moment")] Instant),
}

/// Nothing moves.
const STANDS: Run = Run { belt: false, infeed: false };

/// Why the line asked to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// A label does not come out.
    Print,
    /// A reading does not come.
    Picture,
    /// The belt does not get empty.
    Drain,
    /// What is under way at a hold does not settle.
    Settle,
    /// The belt does not run.
    Belt,
    /// The pad is not cleared.
    Clear,
    /// The store had no codes.
    Refill,
    /// A challenge test is due.
    Challenge,
    /// What a setter asked for does not come.
    Hand,
}

/// One line.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Line {
    settings: LineSettings,
    order: Order,
    state: LineState,
    mode: Mode,
    by_hand: ByHand,
    wishes: Wishes,
    /// Commands and changes of mode so far.
    #[serde(default)]
    heard: u64,
    /// The first cause of the standing trouble.
    why: Option<StopReason>,
    /// Troubles that stay until a person starts or resets the line; some until somebody with the
    /// right releases them.
    latched: Vec<StopReason>,
    alarms: Vec<StopReason>,
    printer: Device,
    blocked: Option<Cause>,
    plc: Device,
    camera: Device,
    conditions: Conditions,
    stock: VecDeque<Code>,
    /// Codes in hand that are `sent` already and never reached the printer: they are first in
    /// [`Self::stock`].
    taken_back: HashSet<CodeId>,
    /// The printer gives back what it did not get: that it is lost follows.
    gives_back: bool,
    refilling: bool,
    #[serde(with = "at::due")]
    refill_at: Option<Instant>,
    pad: Pad,
    belt: Belt,
    roll: Roll,
    frames: Frames,
    trend: Trend,
    /// When the next label must have come out, while one is awaited.
    #[serde(with = "at::due")]
    print_due: Option<Instant>,
    #[serde(with = "at::due")]
    drain_due: Option<Instant>,
    /// The belt stands although it has to get empty: see [`Self::follow_belt`].
    #[serde(default)]
    drain_paused: bool,
    /// Whether the belt moved when that was looked at last.
    #[serde(default)]
    belt_ran: Option<bool>,
    #[serde(with = "at::due")]
    settle_due: Option<Instant>,
    /// When the belt must run at the latest, while it stands although it was ordered to.
    #[serde(default, with = "at::due")]
    belt_due: Option<Instant>,
    guard: Guard,
    /// Good products that wait to be spoken for.
    to_pass: Vec<Tag>,
    /// Products whose picture is to be taken now.
    to_take: Vec<Tag>,
    /// The last products that left as good.
    left: VecDeque<Tag>,
    to_keep: Vec<PictureId>,
    /// Readings that the store is to be asked about.
    to_look_up: Vec<(Tag, String)>,
    /// What a hand scanner read on the last good label: scanned once more, it is the same one.
    scanned_good: Option<String>,
    /// The codes that the camera was told to expect.
    expected: Vec<CodeText>,
    /// Good symbols since one was kept.
    good_since_kept: u32,
    /// Codes verified since the start of the process, and older ones that are not settled, as hashes.
    /// What is seen of them again is a duplicate, and tells nothing about the first one; a collision
    /// costs one product. Of all the others the store is asked.
    verified: HashSet<u64>,
    /// Codes in doubt, by text: a picture may show one of them.
    in_doubt: BTreeMap<String, CodeId>,
    verdicts: VecDeque<VerdictView>,
    told: Option<(Run, Light)>,
    /// What the PLC counted last, and what of it was kept last.
    #[serde(default)]
    plc_counts: Option<PlcCounts>,
    #[serde(default)]
    plc_counts_kept: Option<PlcCounts>,
    challenges: Challenges,
}

impl Line {
    /// Takes one fact; says what to write down and then what to do.
    pub fn handle(&mut self, now: Instant, event: Event) -> Outcome {
        let mut out = Outcome::default();
        self.note(now, event, &mut out.records);
        self.decide(now, &mut out);
        out
    }

    /// When, and why, [`Event::Wake`] is wanted if nothing else happens before.
    pub fn next_wake(&self) -> Option<(Instant, Deadline)> {
        let clear = match self.pad {
            Pad::Clearing(again) => Some(again),
            Pad::Known | Pad::Uncertain => None,
        };
        [
            (self.print_due, Deadline::Print),
            (self.belt.picture_due(), Deadline::Picture),
            (self.roll.reading_due(), Deadline::Picture),
            (self.frames.due(), Deadline::Picture),
            (self.drain_due, Deadline::Drain),
            (self.settle_due, Deadline::Settle),
            (self.belt_due, Deadline::Belt),
            (clear, Deadline::Clear),
            (self.refill_at, Deadline::Refill),
            (self.challenges.due(), Deadline::Challenge),
            (self.by_hand.once.due(), Deadline::Hand),
        ]
        .into_iter()
        .filter_map(|(due, why)| Some((due?, why)))
        .min()
    }

    /// What it is there for.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The PackML state.
    pub const fn state(&self) -> LineState {
        self.state
    }

    /// Whether nothing is between the printer and the gate, and the roll has its end.
    pub fn is_empty(&self) -> bool {
        self.belt.pad.is_empty() && self.belt.products.is_empty() && self.roll_rests()
    }

    /// How it stands, for everybody who only looks.
    pub fn view(&self) -> LineView {
        let device = |device: Device| match device {
            Device::Up => DeviceView::Up,
            Device::Unknown | Device::Down(_) => DeviceView::Down(device.cause()),
        };
        let belt = self.settings.scenario.has_belt();
        LineView {
            state: self.state,
            has_job: true,
            heard: self.heard,
            mode: self.mode,
            by_hand: self.by_hand.run,
            once: self.by_hand.once.view(self.settings.once),
            why: self.why,
            alarms: self.alarms.clone(),
            done: self.order.done,
            planned: self.order.planned,
            labels_under_way: self.labels_under_way(),
            products_on_belt: self.belt.products.len(),
            rejects_in_a_row: self.guard.in_a_row(),
            rejects_of_last: self.guard.among_last(self.settings.rejects_of_last),
            rejects_of_last_max: self.settings.rejects_of_last,
            rejects_in_a_row_max: self.settings.rejects_in_a_row_max,
            least_grade: self.settings.quality.least_grade,
            verdicts: self.verdicts.clone(),
            printer: self
                .settings
                .scenario
                .prints()
                .then(|| self.blocked.map_or_else(|| device(self.printer), DeviceView::Down)),
            plc: belt.then(|| device(self.plc)),
            pad_clear: self.conditions.pad_clear.filter(|_| self.settings.scenario.has_pad()),
            camera: self.settings.has_camera().then(|| device(self.camera)),
        }
    }

    fn latch(&mut self, reason: StopReason) {
        if !self.latched.contains(&reason) {
            self.latched.push(reason);
        }
    }

    /// Puts a code in doubt and remembers its text, in case that a picture shows it.
    fn doubt(&mut self, code: &Code, records: &mut Vec<Record>) {
        records.push(Record::Moved { code: code.id, step: Step::Doubt });
        self.look_for(&code.text, code.id);
    }

    /// Nobody knows where a label is that was on a product. If its code is used up, that is its end.
    fn doubt_on(&mut self, on: Option<OnProduct>, records: &mut Vec<Record>) {
        let Some(OnProduct { id, text, state }) = on else { return };
        if state.after(Step::Doubt).is_ok() {
            records.push(Record::Moved { code: id, step: Step::Doubt });
            if let Some(text) = text {
                self.look_for(&text, id);
            }
        }
    }

    /// A picture may show this label, and then it ends in the bin. Not so a label that was good once:
    /// that one may have left, and another one with its text says nothing about it.
    fn look_for(&mut self, text: &CodeText, id: CodeId) {
        if !self.verified.contains(&hash(text.as_str())) {
            self.in_doubt.insert(text.as_str().to_owned(), id);
        }
    }

    /// Labels handed to the printer and not yet where they should be.
    fn labels_under_way(&self) -> usize {
        self.belt.pad.len() + self.roll.labels()
    }

    /// Every label handed to the printer that was not seen coming out is in doubt from now on, and
    /// so is what lies on the pad behind it.
    fn lose_printer(&mut self, records: &mut Vec<Record>) {
        self.lose_roll(records);
        let (printed, lost): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.belt.pad).into_iter().partition(|label| label.printed);
        self.belt.pad = printed;
        if !lost.is_empty() {
            self.pad = Pad::Uncertain;
        }
        for label in lost {
            if Planted::SentGoesBack.is_in() {
                self.taken_back.insert(label.code.id);
                self.stock.push_front(label.code);
            } else {
                self.doubt(&label.code, records);
            }
        }
        self.print_due = None;
    }

    /// A code is handed over: `sent` from now on, if it was not before.
    fn send(&mut self, id: CodeId, records: &mut Vec<Record>) {
        if !self.taken_back.remove(&id) {
            records.push(Record::Moved { code: id, step: Step::Send });
        }
    }

    /// The printer's driver never wrote this code: it is handed over again.
    fn take_back(&mut self, id: CodeId, records: &mut Vec<Record>) {
        self.gives_back = true;
        let Some(code) = self.belt.take_unprinted(id).or_else(|| self.roll.take_unprinted(id))
        else {
            return;
        };
        records.push(Record::TakenBack { code: id });
        self.stock.insert(self.taken_back.len(), code);
        self.taken_back.insert(id);
        self.scrap_at_rest(records);
    }

    /// Where the line rests, what was taken back is of no more use: it never became a label.
    fn scrap_at_rest(&mut self, records: &mut Vec<Record>) {
        if !matches!(self.state, LineState::Stopped | LineState::Aborted | LineState::Complete) {
            return;
        }
        for code in self.stock.drain(..self.taken_back.len()) {
            records.push(Record::Moved { code: code.id, step: Step::Scrap });
        }
        self.taken_back.clear();
    }

    /// The product's code takes a step, if its state allows it.
    fn step_of(product: &mut Product, step: Step, records: &mut Vec<Record>) {
        if let Some(code) = &mut product.code
            && let Ok(next) = code.state.after(step)
        {
            code.state = next;
            records.push(Record::Moved { code: code.id, step });
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
