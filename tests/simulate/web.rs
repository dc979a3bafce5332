//! A printer with a roll, and a camera behind its head, in a box: with bad luck.
use markwright::code::{Code, CodeId};
use markwright::line::{
    CameraEvent, Cause, Command, Event, FrameOf, PictureId, PrinterCommand, PrinterEvent, Reading,
    RollMark, Tag,
};
use markwright::sim::dice::Dice;
use std::collections::{BTreeSet, VecDeque};

/// What came out, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    Label(CodeId, String),
    Blank,
    Mark(RollMark),
}

/// How likely each bad thing is: one in so many chances; 0 = never.
#[derive(Debug, Clone, Copy, Default)]
pub struct Luck {
    /// These three can only be noticed by a camera.
    pub label_swallowed: u64,
    pub label_twice: u64,
    pub blank_fed: u64,
    pub unreadable: u64,
    pub misread: u64,
    pub trigger_missed: u64,
    pub frame_lost: u64,
    pub camera_lost: u64,
    pub printer_lost: u64,
    pub printer_blocked: u64,
    /// A row is forgotten by a printer that goes on as if nothing were.
    pub printer_stuck: u64,
}

#[derive(Debug)]
pub struct Web {
    pub dice: Dice,
    luck: Luck,
    camera: bool,
    tick: u64,
    up: bool,
    blocked: bool,
    stuck: bool,
    back: u64,
    camera_up: bool,
    camera_back: u64,
    queue: VecDeque<(PrinterCommand, u64)>,
    pub things: Vec<Thing>,
    /// Texts that the daemon heard of; of this process alone; twice in one process.
    pub seen: BTreeSet<String>,
    seen_now: BTreeSet<String>,
    pub seen_twice: BTreeSet<String>,
    trigger: u32,
    facts: Vec<(u64, Event)>,
}

impl Web {
    pub fn new(seed: u64, luck: Luck, camera: bool) -> Self {
        Self {
            dice: Dice::new(seed),
            luck,
            camera,
            tick: 0,
            up: false,
            blocked: false,
            stuck: false,
            back: 2,
            camera_up: false,
            camera_back: 3,
            queue: VecDeque::new(),
            things: Vec::new(),
            seen: BTreeSet::new(),
            seen_now: BTreeSet::new(),
            seen_twice: BTreeSet::new(),
            trigger: 0,
            facts: Vec::new(),
        }
    }

    fn unlucky(&mut self, one_in: u64) -> bool {
        one_in != 0 && self.dice.roll(one_in) == 0
    }

    /// Facts of one device never overtake each other.
    fn say(&mut self, ticks: u64, event: Event) {
        let same =
            |other: &Event| matches!(other, Event::Camera(_)) == matches!(event, Event::Camera(_));
        let last = self.facts.iter().filter(|(_, other)| same(other)).map(|(at, _)| *at).max();
        let at = last.unwrap_or(0).max(self.tick + ticks);
        self.facts.push((at, event));
    }

    pub fn heard(&mut self) -> Vec<Event> {
        let tick = self.tick;
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.facts).into_iter().partition(|(at, _)| *at <= tick);
        self.facts = later;
        for (_, event) in &due {
            self.note_seen(event);
        }
        due.into_iter().map(|(_, event)| event).collect()
    }

    fn note_seen(&mut self, event: &Event) {
        if let Event::Camera(CameraEvent::Read { reading: Reading::Symbol { text, .. }, .. }) =
            event
        {
            self.seen.insert(text.clone());
            if !self.seen_now.insert(text.clone()) {
                self.seen_twice.insert(text.clone());
            }
        }
    }

    pub fn obey(&mut self, command: &Command) {
        match command {
            Command::Printer(PrinterCommand::Cancel) if self.up => self.lose_printer(Cause::Silent),
            Command::Printer(command) if self.up => {
                self.queue.push_back((command.clone(), self.tick));
            }
            Command::Printer(_)
            | Command::Plc(_)
            | Command::KeepPicture(_)
            | Command::TakePicture(_)
            | Command::Expect(_)
            | Command::LookUp { .. }
            | Command::Refill { .. } => {}
        }
    }

    pub fn daemon_died(&mut self) {
        self.seen_now.clear();
        self.facts.clear();
        self.finish_one_and_forget();
        self.facts.clear();
        (self.up, self.camera_up, self.stuck) = (false, false, false);
        (self.back, self.camera_back) = (self.tick + 20, self.tick + 20);
    }

    fn lose_printer(&mut self, cause: Cause) {
        (self.up, self.stuck) = (false, false);
        self.back = self.tick + 10 + self.dice.roll(200);
        // What was printed and not told is not told any more.
        self.facts.retain(|(_, event)| !matches!(event, Event::Printer(_)));
        if cause == Cause::Unreachable {
            self.give_back_some();
        }
        self.say(1, Event::Printer(PrinterEvent::Down(cause)));
        self.finish_one_and_forget();
        self.facts.retain(|(_, event)| {
            !matches!(event, Event::Printer(PrinterEvent::Printed(_) | PrinterEvent::MarkPrinted))
        });
    }

    /// The last rows were never written by the driver.
    fn give_back_some(&mut self) {
        let written = self.dice.roll(self.queue.len() as u64 + 1) as usize;
        let left: Vec<_> = self.queue.drain(written..).collect();
        for (command, _) in left {
            if let PrinterCommand::Row(codes) = command {
                for code in codes {
                    self.say(1, Event::Printer(PrinterEvent::NotWritten(code.id)));
                }
            }
        }
    }

    fn finish_one_and_forget(&mut self) {
        if self.dice.roll(2) == 0 {
            self.print_one();
        }
        self.queue.clear();
    }

    pub fn step(&mut self) {
        self.tick += 1;
        if self.up && self.unlucky(self.luck.printer_lost) {
            self.lose_printer(Cause::Unreachable);
        } else if !self.up && self.tick >= self.back {
            (self.up, self.blocked) = (true, false);
            self.say(2, Event::Printer(PrinterEvent::Up));
        }
        if self.up && !self.blocked && self.unlucky(self.luck.printer_blocked) {
            self.blocked = true;
            self.say(5, Event::Printer(PrinterEvent::Blocked(Cause::OutOfRibbon)));
        } else if self.blocked && self.dice.roll(100) == 0 {
            self.blocked = false;
            self.say(5, Event::Printer(PrinterEvent::Unblocked));
        }
        self.stuck |= self.unlucky(self.luck.printer_stuck);
        let due = self.queue.front().is_some_and(|(_, sent)| sent + 6 <= self.tick);
        if self.up && !self.blocked && !self.stuck && due {
            self.print_one();
        }
        if self.camera {
            self.step_camera();
        }
    }

    fn step_camera(&mut self) {
        if self.camera_up && self.unlucky(self.luck.camera_lost) {
            self.camera_up = false;
            self.camera_back = self.tick + 10 + self.dice.roll(200);
            self.say(1, Event::Camera(CameraEvent::Down(Cause::Unreachable)));
        } else if !self.camera_up && self.tick >= self.camera_back {
            self.camera_up = true;
            self.say(1, Event::Camera(CameraEvent::Up));
        }
    }

    fn print_one(&mut self) {
        let Some((command, _)) = self.queue.pop_front() else { return };
        if self.unlucky(self.luck.blank_fed) {
            self.comes_out(Thing::Blank);
        }
        match command {
            PrinterCommand::Row(codes) => self.print_row(&codes),
            PrinterCommand::Mark(mark) => {
                self.comes_out(Thing::Mark(mark));
                self.say(10, Event::Printer(PrinterEvent::MarkPrinted));
            }
            PrinterCommand::Cancel => {}
        }
        if let Some((_, sent)) = self.queue.front_mut() {
            *sent = self.tick;
        }
    }

    fn print_row(&mut self, codes: &[Code]) {
        for code in codes {
            let label = Thing::Label(code.id, code.text.as_str().to_owned());
            if self.unlucky(self.luck.label_swallowed) {
                continue;
            }
            self.comes_out(label.clone());
            if self.unlucky(self.luck.label_twice) {
                self.comes_out(label);
            }
        }
        for code in codes {
            self.say(10, Event::Printer(PrinterEvent::Printed(code.id)));
        }
    }

    fn comes_out(&mut self, thing: Thing) {
        self.things.push(thing.clone());
        if !self.camera || self.unlucky(self.luck.trigger_missed) {
            return;
        }
        self.trigger += 1;
        if !self.camera_up || self.unlucky(self.luck.frame_lost) {
            return;
        }
        let tag = Tag(self.trigger);
        let reading = match thing {
            Thing::Label(..) if self.unlucky(self.luck.unreadable) => Reading::Nothing,
            Thing::Label(_, text) => {
                let other = self.unlucky(self.luck.misread);
                let text = if other { "0104600000000008215other".into() } else { text };
                Reading::Symbol { text, identifier: "]d2".into(), quality: None }
            }
            Thing::Blank | Thing::Mark(_) => Reading::Nothing,
        };
        let delay = 1 + self.dice.roll(12);
        let picture = Some(PictureId(self.tick));
        self.say(
            delay,
            Event::Camera(CameraEvent::Read { of: FrameOf::Tag(tag), reading, picture }),
        );
    }
}
