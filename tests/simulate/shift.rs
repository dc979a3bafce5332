//! One shift: the line, the plant in a box and the books, step by step.
#[path = "samples.rs"]
mod samples;

use super::books::{self, Books};
use super::world::{Luck, TICK, Way, World};
use markwright::code::{CodeId, Step};
use markwright::line::*;
use std::time::{Duration, Instant};

/// With a camera that counts, what waits for its frame and twice what waits for its trigger must be
/// less than the way from one product to the next: 18 ticks of 5 ms at least.
pub fn settings(way: Way) -> LineSettings {
    let ms = Duration::from_millis;
    LineSettings {
        scenario: if way.carries() { Scenario::Preprinted } else { Scenario::PrintApply },
        stock_low: 5,
        stock_full: 20,
        labels_ahead: 4,
        rows_in_printer: 4,
        print_within: ms(500),
        picture_within: ms(if way.counts() { 55 } else { 200 }),
        trigger_within: ms(15),
        quality: QualitySettings { least_grade: Some(books::LEAST_GRADE), keep_one_in: 10 },
        drain_within: ms(5000),
        settle_within: ms(300),
        clear_within: ms(200),
        belt_within: ms(400),
        refill_after: ms(500),
        ends_with_codes: false,
        passes_before_bin_eye_max: 3,
        // A pair that touches, and one more in eighteen ticks of the way to the bin's eye.
        on_belt_max: 24,
        rejects_in_a_row_max: 5,
        rejects_of_last: RejectShare::default(),
        asks_for_pictures: false,
        once: OnceByHand { picture: PictureBy::Plc, gate: true },
        roll: RollSettings::default(),
    }
}

pub const GOOD_LUCK: Luck = Luck {
    label_swallowed: 0,
    label_twice: 0,
    blank_fed: 0,
    unreadable: 0,
    misread: 0,
    trigger_missed: 0,
    frame_lost: 0,
    frame_late: 0,
    pulse_missed: 0,
    pulse_twice: 0,
    low_grade: 0,
    taken_off: 0,
    gate_leaks: 0,
    eye_blind: 0,
    printer_lost: 0,
    printer_blocked: 0,
    camera_lost: 0,
    plc_lost: 0,
    machine_trouble: 0,
    touching: 0,
    false_eject: 0,
    stray: 0,
    wrong_tag: 0,
    said_twice: 0,
    came_copied: 0,
    came_strange: 0,
    came_bare: 0,
    answer_lost: 0,
    answer_late: 0,
};

pub const BAD_LUCK: Luck = Luck {
    label_swallowed: 150,
    label_twice: 150,
    blank_fed: 200,
    unreadable: 40,
    misread: 300,
    trigger_missed: 200,
    frame_lost: 150,
    frame_late: 300,
    pulse_missed: 300,
    pulse_twice: 300,
    low_grade: 150,
    taken_off: 300,
    gate_leaks: 400,
    eye_blind: 60,
    printer_lost: 4000,
    printer_blocked: 4000,
    camera_lost: 5000,
    plc_lost: 4000,
    machine_trouble: 4000,
    touching: 120,
    false_eject: 150,
    stray: 5000,
    wrong_tag: 1000,
    said_twice: 300,
    came_copied: 30,
    came_strange: 25,
    came_bare: 60,
    answer_lost: 300,
    answer_late: 100,
};

/// A line is written down and read again after so many facts, as a recording does that goes on in
/// another file: nothing of it may be left out.
const WRITTEN_EVERY: u64 = 199;

fn written_and_read(line: &mut Line, now: Instant) {
    let text = relative_to(now, || serde_json::to_string(line)).unwrap();
    *line = relative_to(now, || serde_json::from_str(&text)).unwrap();
}

/// With nothing that a product should carry, nobody can notice that a camera names another one: such
/// a camera must name the right one.
fn luck_of(way: Way, luck: Luck) -> Luck {
    if way.carries() { Luck { wrong_tag: 0, ..luck } } else { luck }
}

pub struct Shift {
    pub world: World,
    pub books: Books,
    pub line: Line,
    now: Instant,
    last_taken: CodeId,
    inbox: Vec<Event>,
    pub kills: u64,
    told: u64,
    way: Way,
    /// Somebody takes the line out of production now and then, or tests it.
    people: bool,
}

impl Shift {
    fn new(seed: u64, luck: Luck, way: Way) -> Self {
        let order = Order::default();
        Self {
            world: World::new(seed, luck_of(way, luck), way),
            books: Books::default(),
            line: Line::new(settings(way), order),
            now: Instant::now(),
            last_taken: CodeId(0),
            inbox: Vec::new(),
            kills: 0,
            told: 0,
            way,
            people: false,
        }
    }

    fn handle(&mut self, event: Event) {
        let told = format!("{event:?}");
        let out = self.line.handle(self.now, event);
        if std::env::var("TRACE").is_ok() && out != Outcome::default() {
            println!("{told}\n    {:?}\n    {:?}", out.records, out.commands);
        }
        self.states_are_the_tables(&out.records);
        self.carry_out(out);
        self.told += 1;
        if self.told.is_multiple_of(WRITTEN_EVERY) {
            written_and_read(&mut self.line, self.now);
        }
        let again = self.line.handle(self.now, Event::Wake);
        assert_eq!(again, Outcome::default(), "decide once: deciding again added something");
    }

    /// Every change of state stands in the table; only in Production codes leave and products are
    /// found good.
    fn states_are_the_tables(&self, records: &[Record]) {
        let produces = self.line.mode() == Mode::Production;
        for record in records {
            match record {
                Record::Line { from, to, .. } => {
                    assert!(from.may_become(*to), "states: {from} to {to}");
                    assert!(self.line.mode().has(*to), "states: {to} in {}", self.line.mode());
                }
                Record::Moved { step: Step::Send | Step::Verify, .. }
                | Record::ProductJudged { verdict: Verdict::Good, .. } => {
                    assert!(produces, "states: {record:?} in {}", self.line.mode());
                }
                _ => {}
            }
        }
    }

    fn carry_out(&mut self, out: Outcome) {
        self.books.write(&out);
        for command in &out.commands {
            if let Command::Refill { want } = command {
                let codes = self.books.stock(self.last_taken, *want);
                self.last_taken = codes.last().map_or(self.last_taken, |code| code.id);
                self.inbox.push(Event::CodesArrived(codes));
            }
            if let Command::LookUp { tag, text } = command {
                let found = self.books.look_up(text);
                self.world.store_answers(*tag, found);
            }
            if matches!(command, Command::Plc(PlcCommand::MoveGate | PlcCommand::TriggerCamera)) {
                self.is_in_hand(command);
            }
            self.world.obey(command);
        }
    }

    /// What a setter does once is done in Manual only, on a belt that stands; and the gate moves
    /// where the books have no product.
    fn is_in_hand(&self, command: &Command) {
        let view = self.line.view();
        let manual = view.mode == Mode::Manual && view.state == LineState::Execute;
        assert!(
            manual && !view.by_hand.belt,
            "by hand: {command:?} in {} {}",
            view.mode,
            view.state
        );
        let empty =
            view.products_on_belt == 0 || *command == Command::Plc(PlcCommand::TriggerCamera);
        assert!(empty, "by hand: the gate moves with products on the belt");
    }

    /// The factory before the line never runs out of labels.
    fn bring_labels(&mut self) {
        while self.way.carries() && self.world.roll.len() < 4 {
            self.world.roll.push_back(self.books.label_of_job());
        }
        while self.way.carries() && self.world.strange.len() < 2 {
            let kind = self.world.dice.roll(7);
            self.world.strange.push_back(self.books.label_not_to_pass(kind));
        }
    }

    fn step(&mut self) {
        self.bring_labels();
        self.now += TICK;
        self.step_world();
        let mut events = self.world.heard();
        events.append(&mut self.inbox);
        for event in events {
            self.handle(event);
        }
        while self.line.next_wake().is_some_and(|(due, _)| due <= self.now) {
            self.handle(Event::Wake);
            let due = self.line.next_wake().map(|(due, why)| (due <= self.now, why));
            assert!(!matches!(due, Some((true, _))), "decide once: a deadline that stays: {due:?}");
        }
    }

    /// Where the line knows that a reject might not end in the bin, and the PLC obeys, no product
    /// comes before the gate.
    fn step_world(&mut self) {
        let obeys = self.world.hears() && self.line.view().plc == Some(DeviceView::Up);
        let came = self.world.came_to_gate;
        let danger = self.books.endangers_rejects().filter(|_| obeys);
        self.world.step(self.books.heard);
        if let Some(reason) = danger {
            let state = self.line.state();
            assert_eq!(self.world.came_to_gate, came, "gate: it moves in {state}: {reason:?}");
        }
    }

    /// The person at the line: starts what can be started.
    fn operate(&mut self) {
        use LineState as S;
        let state = self.line.state();
        let to_release: Vec<_> = self.line.view().to_release().collect();
        // Whoever may not release it, or has no patience, presses Stop.
        if self.people && state == S::Held && self.world.dice.roll(8) == 0 {
            self.handle(Event::Operator(Request::Stop));
        } else if !to_release.is_empty() {
            to_release.into_iter().for_each(|reason| self.handle(Event::Release(reason)));
        } else if self.wants_another_mode() {
            self.operate_mode(state);
        } else if matches!(state, S::Stopped | S::Complete | S::Aborted) {
            self.handle(Event::Operator(Request::Reset));
        } else if matches!(state, S::Idle | S::Held) {
            self.handle(Event::Operator(Request::Start));
        } else if self.people && self.world.dice.roll(80) == 0 {
            let kind = ChallengeKind::ALL[self.world.dice.roll(4) as usize];
            let shows = self.world.hold_test(kind);
            self.handle(Event::Challenge { kind, shows });
        }
    }

    /// Now and then somebody takes the line out of production for a while.
    fn wants_another_mode(&mut self) -> bool {
        let leaves =
            self.people && Mode::may_change_in(self.line.state()) && self.world.dice.roll(6) == 0;
        self.line.mode() != Mode::Production || leaves
    }

    fn operate_mode(&mut self, state: LineState) {
        use LineState as S;
        let hands = [
            Hand::Belt,
            Hand::BeltAndInfeed,
            Hand::Stand,
            Hand::ClearPad,
            Hand::TakePicture,
            Hand::MoveGate,
        ];
        match (self.line.mode(), state) {
            (Mode::Production, _) => {
                let mode = [Mode::Maintenance, Mode::Manual][self.world.dice.roll(2) as usize];
                self.handle(Event::Mode(mode));
            }
            (_, S::Execute) if self.world.dice.roll(5) == 0 => {
                self.handle(Event::Operator(Request::Stop));
            }
            (Mode::Manual, S::Execute) => {
                let view = self.line.view();
                let at_rest = view.products_on_belt == 0 && !view.by_hand.belt;
                // Whoever came to adjust the gate does so before anything is on the belt.
                let first = if at_rest && self.world.dice.roll(2) == 0 { 4 } else { 0 };
                let hand = hands[first + self.world.dice.roll(6 - first as u64) as usize];
                self.handle(Event::Hand(hand));
            }
            (_, state) if Mode::may_change_in(state) && self.world.dice.roll(3) == 0 => {
                self.handle(Event::Mode(Mode::Production));
            }
            (_, S::Stopped | S::Aborted) => self.handle(Event::Operator(Request::Reset)),
            (_, S::Idle | S::Held) => self.handle(Event::Operator(Request::Start)),
            _ => {}
        }
    }

    fn kill(&mut self) {
        self.kills += 1;
        self.world.daemon_died();
        self.inbox.clear();
        self.last_taken = CodeId(0);
        let settings = settings(self.way);
        let (line, out) = Line::restore(settings, Order::default(), self.books.restored());
        self.line = line;
        self.carry_out(out);
    }

    /// Stops the line as a person would who does not go home before it is empty.
    fn stop(&mut self) {
        for round in 0..60_000 {
            self.step();
            let rests = self.line.state().is_at_rest() && self.line.is_empty();
            if rests && self.line.state() == LineState::Stopped && self.world.is_quiet() {
                return;
            }
            if round % 40 == 0 {
                let to_release: Vec<_> = self.line.view().to_release().collect();
                to_release.into_iter().for_each(|reason| self.handle(Event::Release(reason)));
                let state = self.line.state();
                if self.line.mode() != Mode::Production && Mode::may_change_in(state) {
                    self.handle(Event::Mode(Mode::Production));
                } else if state == LineState::Aborted {
                    self.handle(Event::Operator(Request::Clear));
                } else if state == LineState::Stopped {
                    // Something is left on the belt: run it out.
                    self.handle(Event::Operator(Request::Reset));
                } else if state != LineState::Stopping {
                    self.handle(Event::Operator(Request::Stop));
                }
            }
        }
        panic!("sums: does not come to rest: {:?}", self.line.view());
    }
}

pub fn shift(seed: u64, luck: Luck, way: Way, kill_one_in: u64) -> Shift {
    let mut shift = Shift::new(seed, luck, way);
    shift.people = kill_one_in != 0;
    for tick in 0..4_000 {
        shift.step();
        if tick % 60 == 59 {
            shift.operate();
        }
        if shift.people && tick % 90 == 89 {
            shift.sample();
        }
        if kill_one_in != 0 && shift.world.dice.roll(kill_one_in) == 0 {
            shift.kill();
        }
    }
    shift.stop();
    shift.books.sums_close(way);
    Books::nothing_left_twice(&shift.world);
    Books::nothing_left_that_touched(&shift.world);
    shift.books.nothing_left_of_others(&shift.world);
    shift.books.tests_are_rejected(&shift.world);
    shift.books.bin_is_counted(&shift.world);
    shift.books.samples_are_counted(&shift.world);
    shift.books.only_what_was_read_counts(&shift.world);
    shift.books.pictures_are_their_own(&shift.world);
    shift
}
