//! A plant in a box: printer, pad, belt, camera and gate as simple physics on a 5 ms clock, with
//! bad luck. It knows what is physically true and delivers facts late, as real devices do.
#[path = "luck.rs"]
mod luck;
#[path = "stations.rs"]
mod stations;

pub use luck::{Luck, Way};

use markwright::code::{Code, CodeId};
use markwright::line::{
    CameraEvent, Cause, ChallengeKind, Command, Conditions, Event, Found, PictureId, PlcCommand,
    PlcEvent, PrinterCommand, PrinterEvent, Run, Since, Tag,
};
use markwright::sim::dice::Dice;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub const TICK: Duration = Duration::from_millis(5);
/// Events that the PLC remembers (docs/plc/markwright.v1.md).
const RING: usize = 32;
const PAD_HOLDS: usize = 6;
const APPLICATOR: u32 = 60;
const CAMERA: u32 = 120;
const GATE: u32 = 180;
/// The way between two products that touch.
const TOUCHING: u32 = 4;
/// The least way from one product to the next where the camera counts.
const CLOSEST: u32 = 18;
/// Further than from one product to the next: a good one passes before a reject is seen.
const BIN_EYE: u32 = 215;

/// What is physically on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Print {
    Code(CodeId, String),
    /// A code that is nobody's.
    Strange(String),
    Blank,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Belt,
    Good,
    Bin,
    TakenOff,
    /// A person took it as a sample, and it is away.
    Sampled,
    /// A sample that came back.
    Returned,
}

#[derive(Debug)]
pub struct Item {
    pub tag: Tag,
    pub at: u32,
    pub label: Option<Print>,
    pub place: Place,
    pub escaped: bool,
    /// It touches the product before it or behind it.
    pub touches: bool,
    /// The PLC started anew and does not know it.
    tagless: bool,
    /// It had its pass, and the gate pushed it out all the same.
    false_eject: bool,
    /// When the PLC told of that.
    told: Option<(u16, u16)>,
    /// The PLC told of that, and nobody heard it.
    pub unknowable: bool,
    /// A person put it on the belt to see it rejected.
    pub is_test: bool,
}

#[derive(Debug)]
pub struct World {
    pub dice: Dice,
    luck: Luck,
    tick: u64,
    printer_up: bool,
    printer_blocked: bool,
    printer_back: u64,
    queue: VecDeque<(Code, u64)>,
    last: Option<Print>,
    pub pad: VecDeque<Print>,
    pub items: Vec<Item>,
    run: Run,
    next_arrival: u64,
    passes: BTreeSet<Tag>,
    plc_up: bool,
    plc_back: u64,
    boot: u16,
    seq: u16,
    ring: VecDeque<(u16, PlcEvent)>,
    conditions: Conditions,
    told: Conditions,
    camera_up: bool,
    camera_back: u64,
    pub way: Way,
    /// How far a camera that counts its triggers is.
    frames: u32,
    /// Labels that products will come with, and such as should be on none.
    pub roll: VecDeque<Print>,
    pub strange: VecDeque<Print>,
    /// Which product every picture shows.
    pub pictures: BTreeMap<PictureId, Tag>,
    facts: Vec<(u64, Event)>,
    /// Every label that ever came out, by code.
    pub labels: BTreeMap<CodeId, u32>,
    pub camera_saw: BTreeMap<Tag, Print>,
    /// The next product comes too close.
    comes_close: bool,
    /// A test product that a person holds at the infeed, and what is on it.
    test: Option<Option<Print>>,
    /// Things in the bin that are no products of this line.
    pub strays: usize,
    /// How often a setter moved the gate.
    pub gate_moves: u64,
    /// Whether the PLC told more than it was asked for in time.
    pub facts_lost: bool,
    /// Products that came before the gate so far.
    pub came_to_gate: u64,
}

impl World {
    pub fn new(seed: u64, luck: Luck, way: Way) -> Self {
        Self {
            dice: Dice::new(seed),
            luck,
            tick: 0,
            printer_up: false,
            printer_blocked: false,
            printer_back: 2,
            queue: VecDeque::new(),
            last: None,
            pad: VecDeque::new(),
            items: Vec::new(),
            run: Run { belt: false, infeed: false },
            next_arrival: 0,
            passes: BTreeSet::new(),
            plc_up: false,
            plc_back: 3,
            boot: 1,
            seq: 0,
            ring: VecDeque::new(),
            conditions: Conditions::default(),
            told: Conditions::default(),
            camera_up: false,
            camera_back: 4,
            way,
            frames: 0,
            roll: VecDeque::new(),
            strange: VecDeque::new(),
            pictures: BTreeMap::new(),
            facts: Vec::new(),
            labels: BTreeMap::new(),
            camera_saw: BTreeMap::new(),
            comes_close: false,
            test: None,
            strays: 0,
            gate_moves: 0,
            facts_lost: false,
            came_to_gate: 0,
        }
    }

    /// Whether the PLC hears what it is told.
    pub fn hears(&self) -> bool {
        self.plc_up
    }

    fn unlucky(&mut self, one_in: u64) -> bool {
        one_in != 0 && self.dice.roll(one_in) == 0
    }

    fn say_later(&mut self, ticks: u64, event: Event) {
        self.facts.push((self.tick + ticks, event));
    }

    /// Facts that are due, in the order in which they were said.
    pub fn heard(&mut self) -> Vec<Event> {
        let tick = self.tick;
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.facts).into_iter().partition(|(at, _)| *at <= tick);
        self.facts = later;
        due.into_iter().map(|(_, event)| event).collect()
    }

    pub fn obey(&mut self, command: &Command) {
        match command {
            Command::Printer(PrinterCommand::Row(codes)) if self.printer_up => {
                self.queue.extend(codes.iter().map(|code| (code.clone(), self.tick)));
            }
            Command::Plc(PlcCommand::Pass(tag)) if self.plc_up => {
                self.passes.insert(*tag);
            }
            Command::Plc(PlcCommand::Run(run)) if self.plc_up => self.run = *run,
            Command::Plc(PlcCommand::ClearPad) if self.plc_up => {
                self.pad.clear();
                self.plc_says(PlcEvent::PadCleared);
            }
            Command::Plc(PlcCommand::TriggerCamera) if self.plc_up => self.take_by_hand(),
            Command::Plc(PlcCommand::MoveGate) if self.plc_up => self.move_gate(),
            Command::Printer(_)
            | Command::Plc(_)
            | Command::KeepPicture(_)
            | Command::TakePicture(_)
            | Command::Expect(_)
            | Command::LookUp { .. }
            | Command::Refill { .. } => {}
        }
    }

    /// The daemon died: nobody hears what is on its way, the machine stops by itself.
    pub fn daemon_died(&mut self) {
        self.facts.clear();
        self.run = Run { belt: false, infeed: false };
        self.printer_up = false;
        self.plc_up = false;
        self.camera_up = false;
        // What the printer had in its buffer is cancelled at the next connection; one label may
        // still come out.
        self.finish_one_and_forget();
        self.printer_back = self.tick + 20;
        self.plc_back = self.tick + 20 + self.dice.roll(20);
        self.camera_back = self.tick + 20;
    }

    /// The last ones were never written by the driver.
    fn give_back_some(&mut self) {
        let written = self.dice.roll(self.queue.len() as u64 + 1) as usize;
        let left: Vec<_> = self.queue.drain(written..).collect();
        for (code, _) in left {
            self.say_later(1, Event::Printer(PrinterEvent::NotWritten(code.id)));
        }
    }

    fn finish_one_and_forget(&mut self) {
        if let Some((code, _)) = self.queue.pop_front()
            && self.dice.roll(2) == 0
        {
            self.come_out(&code);
        }
        self.queue.clear();
    }

    fn come_out(&mut self, code: &Code) {
        let print = Print::Code(code.id, code.text.as_str().to_owned());
        *self.labels.entry(code.id).or_default() += 1;
        self.last = Some(print.clone());
        self.pad.push_back(print);
    }

    fn plc_says(&mut self, event: PlcEvent) {
        self.seq = self.seq.wrapping_add(1);
        self.ring.push_back((self.seq, event));
        while self.ring.len() > RING {
            self.ring.pop_front();
        }
        if self.plc_up {
            let delay = 1 + self.dice.roll(3);
            let (boot, seq) = (self.boot, self.seq);
            // One cable: facts of one device never overtake each other.
            let at = self.last_plc_fact().max(self.tick + delay);
            self.facts.push((at, Event::Plc(event)));
            self.facts.push((at, Event::Plc(PlcEvent::Heard { boot, seq })));
        }
    }

    /// One connection: what a camera says never overtakes what it said before.
    fn camera_says(&mut self, ticks: u64, event: CameraEvent) {
        let camera = self.facts.iter().filter(|(_, event)| matches!(event, Event::Camera(_)));
        let last = camera.map(|(at, _)| *at).max().unwrap_or(0);
        self.facts.push((last.max(self.tick + ticks), Event::Camera(event)));
    }

    fn last_plc_fact(&self) -> u64 {
        let plc = self.facts.iter().filter(|(_, event)| matches!(event, Event::Plc(_)));
        plc.map(|(at, _)| *at).max().unwrap_or(0)
    }

    fn forget_plc_facts(&mut self) {
        self.facts.retain(|(_, event)| !matches!(event, Event::Plc(_)));
    }

    /// One step of 5 ms.
    pub fn step(&mut self, heard: Option<(u16, u16)>) {
        self.tick += 1;
        self.step_troubles(heard);
        if !self.way.carries() {
            self.step_printer();
        }
        self.step_belt();
    }

    fn step_troubles(&mut self, heard: Option<(u16, u16)>) {
        if self.plc_up && self.unlucky(self.luck.plc_lost) {
            self.plc_up = false;
            self.plc_back = self.tick + 10 + self.dice.roll(400);
            self.forget_plc_facts();
            self.say_later(1, Event::Plc(PlcEvent::Down(Cause::Silent)));
        } else if !self.plc_up && self.tick >= self.plc_back {
            self.plc_comes_back(heard);
        }
        if !self.plc_up && self.tick + 200 > self.plc_back + 200 {
            self.run = Run { belt: false, infeed: false };
        }
        if self.camera_up && self.unlucky(self.luck.camera_lost) {
            self.camera_up = false;
            self.camera_back = self.tick + 10 + self.dice.roll(200);
            // What was not sent when the connection broke is never sent.
            self.facts.retain(|(_, event)| !matches!(event, Event::Camera(_)));
            self.say_later(1, Event::Camera(CameraEvent::Down(Cause::Unreachable)));
        } else if !self.camera_up && self.tick >= self.camera_back {
            self.camera_up = true;
            self.frames = 0;
            self.camera_says(1, CameraEvent::Up);
        }
        if self.unlucky(self.luck.machine_trouble) {
            let which = self.dice.roll(9);
            self.conditions.emergency_stop = which == 0;
            self.conditions.blocked = which == 1;
            self.conditions.starved = which == 2;
            self.conditions.bin_full = which == 3;
            self.conditions.guard_open = which == 4;
            self.conditions.air_low = which == 5;
            self.conditions.fault = which == 6;
            self.conditions.ready = (which == 7).then_some(false);
            self.conditions.belt_runs = (which == 8).then_some(false);
        } else if self.dice.roll(200) == 0 {
            self.conditions = Conditions::default();
        }
        if self.unlucky(self.luck.stray) {
            self.strays += 1;
            self.plc_says(PlcEvent::NotOrdered(Tag(0)));
        }
        if self.plc_up && self.conditions != self.told {
            self.told = self.conditions;
            let at = self.last_plc_fact().max(self.tick + 1);
            self.facts.push((at, Event::Plc(PlcEvent::Condition(self.conditions))));
        }
    }

    fn plc_comes_back(&mut self, heard: Option<(u16, u16)>) {
        if self.dice.roll(12) == 0 {
            // It was restarted: nothing is remembered, and what is on the belt has no tag. Nor does
            // anybody know that something was forgotten, if nobody had heard of it ever.
            self.facts_lost |= heard.is_none() && !self.ring.is_empty();
            self.boot = self.boot.wrapping_add(1);
            self.seq = 0;
            self.ring.clear();
            for item in self.items.iter_mut().filter(|item| item.place == Place::Belt) {
                item.tagless = true;
            }
            self.passes.clear();
        }
        self.plc_up = true;
        self.told = Conditions::default();
        let missed = match heard {
            Some((boot, seq)) if boot == self.boot => Some(self.seq.wrapping_sub(seq) as usize),
            Some(_) => None,
            None => Some(usize::from(self.seq)),
        };
        match missed.filter(|n| *n <= self.ring.len()) {
            Some(n) => {
                self.say_later(1, Event::Plc(PlcEvent::Up(Since::Known)));
                let from = self.ring.len() - n;
                let missed: Vec<_> = self.ring.iter().skip(from).cloned().collect();
                for (_, event) in missed {
                    self.say_later(1, Event::Plc(event));
                }
            }
            None => {
                self.lose_facts(heard);
                self.say_later(1, Event::Plc(PlcEvent::Up(Since::Lost)));
            }
        }
        let (boot, seq) = (self.boot, self.seq);
        self.say_later(1, Event::Plc(PlcEvent::Heard { boot, seq }));
    }

    /// What was told of a good product in the bin, or will be of one that has no tag any more,
    /// nobody will ever know.
    fn lose_facts(&mut self, heard: Option<(u16, u16)>) {
        self.facts_lost = true;
        for item in self.items.iter_mut().filter(|item| item.false_eject) {
            let known = item.told.zip(heard).is_some_and(|(told, heard)| {
                told.0 < heard.0 || (told.0 == heard.0 && told.1 <= heard.1)
            });
            item.unknowable |= !known;
        }
    }

    fn step_printer(&mut self) {
        if self.printer_up && self.unlucky(self.luck.printer_lost) {
            self.printer_up = false;
            self.printer_back = self.tick + 10 + self.dice.roll(300);
            self.give_back_some();
            self.finish_one_and_forget();
            self.say_later(1, Event::Printer(PrinterEvent::Down(Cause::Unreachable)));
        } else if !self.printer_up && self.tick >= self.printer_back {
            self.printer_up = true;
            self.printer_blocked = false;
            self.say_later(2, Event::Printer(PrinterEvent::Up));
        }
        if self.printer_up && !self.printer_blocked && self.unlucky(self.luck.printer_blocked) {
            self.printer_blocked = true;
            self.say_later(5, Event::Printer(PrinterEvent::Blocked(Cause::OutOfLabels)));
        } else if self.printer_blocked && self.dice.roll(100) == 0 {
            self.printer_blocked = false;
            self.say_later(5, Event::Printer(PrinterEvent::Unblocked));
        }
        let can = self.printer_up && !self.printer_blocked && self.pad.len() < PAD_HOLDS;
        let due = self.queue.front().is_some_and(|(_, sent)| sent + 10 <= self.tick);
        if can && due {
            self.print_one();
        }
    }

    fn print_one(&mut self) {
        let Some((code, _)) = self.queue.pop_front() else { return };
        if self.unlucky(self.luck.blank_fed) {
            self.pad.push_back(Print::Blank);
        }
        if !self.unlucky(self.luck.label_swallowed) {
            self.come_out(&code);
            if self.unlucky(self.luck.label_twice) {
                self.come_out(&code);
            }
        }
        if let Some((_, sent)) = self.queue.front_mut() {
            *sent = self.tick;
        }
        self.say_later(10, Event::Printer(PrinterEvent::Printed(code.id)));
    }

    fn step_belt(&mut self) {
        let runs = self.run.belt && self.conditions.belt_runs != Some(false);
        if runs && self.run.infeed && self.tick >= self.next_arrival && self.has_room_at_infeed() {
            self.arrive();
        }
        for index in 0..self.items.len() {
            // What the gate has pushed out falls whether the belt runs or not.
            let moves = runs || self.items[index].at >= GATE;
            if self.items[index].place == Place::Belt && moves {
                self.items[index].at += 1;
                self.at_station(index);
            }
        }
    }

    /// A person holds a test product of this kind at the infeed. What can be read on it beforehand.
    pub fn hold_test(&mut self, kind: ChallengeKind) -> Option<String> {
        let left = |item: &&Item| item.place == Place::Good && !item.escaped;
        let left = self.items.iter().rev().find(left).and_then(|item| item.label.clone());
        let foreign = Print::Code(CodeId(-1), "0104600000000008215test".into());
        let label = match kind {
            ChallengeKind::NoSymbol => None,
            ChallengeKind::BadSymbol => Some(Print::Blank),
            ChallengeKind::Duplicate => Some(left.unwrap_or(foreign)),
            ChallengeKind::Foreign => Some(foreign),
        };
        self.test = Some(label.clone());
        let Some(Print::Code(_, text)) = label else { return None };
        Some(text)
    }

    /// The store answers at once, late, or not at all.
    pub fn store_answers(&mut self, tag: Tag, found: Found) {
        if self.unlucky(self.luck.answer_lost) {
            return;
        }
        let late = self.unlucky(self.luck.answer_late);
        let ticks = if late { 10 + self.dice.roll(60) } else { 1 };
        self.say_later(ticks, Event::Known { tag, found });
    }

    /// Whether nothing falls, and everything that was said is heard.
    pub fn is_quiet(&self) -> bool {
        let falls = |item: &Item| item.place == Place::Belt && item.at >= GATE;
        self.plc_up && self.facts.is_empty() && !self.items.iter().any(falls)
    }
}
