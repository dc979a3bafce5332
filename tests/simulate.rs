//! Thousands of seeded shifts on a line with bad luck: the pure core against a plant in a box.
//!
//! A failing seed is printed; `SEED=n cargo test --test simulate one_seed` runs it alone
//! (with `COUNTS=1` for a camera that counts its triggers).
#![allow(
    clippy::pedantic,
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]
#[path = "simulate/books.rs"]
mod books;
#[path = "simulate/world.rs"]
mod world;

use books::Books;
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::*;
use std::time::{Duration, Instant};
use world::{Luck, TICK, World};

/// With a camera that counts, what waits for its frame and twice what waits for its trigger must be
/// less than the way from one product to the next: 18 ticks of 5 ms at least.
fn settings(counts: bool) -> LineSettings {
    let ms = Duration::from_millis;
    LineSettings {
        scenario: Scenario::PrintApply,
        stock_low: 5,
        stock_full: 20,
        labels_ahead: 4,
        rows_in_printer: 4,
        print_within: ms(500),
        picture_within: ms(if counts { 55 } else { 200 }),
        trigger_within: ms(15),
        quality: QualitySettings { least_grade: Some(books::LEAST_GRADE), keep_one_in: 10 },
        drain_within: ms(5000),
        settle_within: ms(300),
        clear_within: ms(200),
        refill_after: ms(500),
        ends_with_codes: false,
        passes_before_bin_eye_max: 3,
        rejects_in_a_row_max: 5,
        rejects_of_last: RejectShare::default(),
        asks_for_pictures: false,
        roll: RollSettings::default(),
    }
}

const GOOD_LUCK: Luck = Luck {
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
};

const BAD_LUCK: Luck = Luck {
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
};

struct Shift {
    world: World,
    books: Books,
    line: Line,
    now: Instant,
    last_taken: CodeId,
    inbox: Vec<Event>,
    kills: u64,
    counts: bool,
    /// Somebody takes the line out of production now and then.
    modes: bool,
}

impl Shift {
    fn new(seed: u64, luck: Luck, counts: bool) -> Self {
        let order = Order::default();
        Self {
            world: World::new(seed, luck, counts),
            books: Books::default(),
            line: Line::new(settings(counts), order),
            now: Instant::now(),
            last_taken: CodeId(0),
            inbox: Vec::new(),
            kills: 0,
            counts,
            modes: false,
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
        let again = self.line.handle(self.now, Event::Wake);
        assert_eq!(again, Outcome::default(), "deciding again added something");
    }

    /// Every change of state stands in the table; only in Production codes leave and products are
    /// found good.
    fn states_are_the_tables(&self, records: &[Record]) {
        let produces = self.line.mode() == Mode::Production;
        for record in records {
            match record {
                Record::Line { from, to, .. } => {
                    assert!(from.may_become(*to), "{from} to {to}");
                    assert!(self.line.mode().has(*to), "{to} in {}", self.line.mode());
                }
                Record::Moved { step: Step::Send | Step::Verify, .. }
                | Record::ProductJudged { verdict: Verdict::Good, .. } => {
                    assert!(produces, "{record:?} in {}", self.line.mode());
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
            self.world.obey(command);
        }
    }

    fn step(&mut self) {
        self.now += TICK;
        self.world.step(self.books.heard);
        let mut events = self.world.heard();
        events.append(&mut self.inbox);
        for event in events {
            self.handle(event);
        }
        while self.line.next_wake().is_some_and(|(due, _)| due <= self.now) {
            self.handle(Event::Wake);
            let due = self.line.next_wake().map(|(due, why)| (due <= self.now, why));
            assert!(!matches!(due, Some((true, _))), "a deadline that stays: {due:?}");
        }
    }

    /// The person at the line: starts what can be started.
    fn operate(&mut self) {
        use LineState as S;
        let state = self.line.state();
        let to_release: Vec<_> = self.line.view().to_release().collect();
        if !to_release.is_empty() {
            to_release.into_iter().for_each(|reason| self.handle(Event::Release(reason)));
        } else if self.wants_another_mode() {
            self.operate_mode(state);
        } else if matches!(state, S::Stopped | S::Complete | S::Aborted) {
            self.handle(Event::Operator(Request::Reset));
        } else if matches!(state, S::Idle | S::Held) {
            self.handle(Event::Operator(Request::Start));
        }
    }

    /// Now and then somebody takes the line out of production for a while.
    fn wants_another_mode(&mut self) -> bool {
        let leaves =
            self.modes && Mode::may_change_in(self.line.state()) && self.world.dice.roll(30) == 0;
        self.line.mode() != Mode::Production || leaves
    }

    fn operate_mode(&mut self, state: LineState) {
        use LineState as S;
        let hands = [Hand::Belt, Hand::BeltAndInfeed, Hand::Stand, Hand::ClearPad];
        match (self.line.mode(), state) {
            (Mode::Production, _) => {
                let mode = [Mode::Maintenance, Mode::Manual][self.world.dice.roll(2) as usize];
                self.handle(Event::Mode(mode));
            }
            (_, S::Execute) if self.world.dice.roll(5) == 0 => {
                self.handle(Event::Operator(Request::Stop));
            }
            (Mode::Manual, S::Execute) => {
                let hand = hands[self.world.dice.roll(4) as usize];
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
        let settings = settings(self.counts);
        let (line, out) = Line::restore(settings, Order::default(), self.books.restored());
        self.line = line;
        self.carry_out(out);
    }

    /// Stops the line as a person would who does not go home before it is empty.
    fn stop(&mut self) {
        for round in 0..60_000 {
            self.step();
            let rests = self.line.state().is_at_rest() && self.line.is_empty();
            if rests && self.line.state() == LineState::Stopped {
                return;
            }
            if round % 40 == 0 {
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
        panic!("does not come to rest: {:?}", self.line.view());
    }
}

fn shift(seed: u64, luck: Luck, counts: bool, kill_one_in: u64) -> Shift {
    let mut shift = Shift::new(seed, luck, counts);
    shift.modes = kill_one_in != 0;
    for tick in 0..4_000 {
        shift.step();
        if tick % 60 == 59 {
            shift.operate();
        }
        if kill_one_in != 0 && shift.world.dice.roll(kill_one_in) == 0 {
            shift.kill();
        }
    }
    shift.stop();
    shift.books.sums_close();
    Books::nothing_left_twice(&shift.world);
    shift.books.only_what_was_read_counts(&shift.world);
    shift.books.pictures_are_their_own(&shift.world);
    shift
}

#[test]
fn a_lucky_shift_verifies_every_product() {
    for counts in [false, true] {
        let shift = shift(1, GOOD_LUCK, counts, 0);
        let verified = shift.books.count(CodeState::Verified);
        assert!(verified > 120, "only {verified}");
        assert_eq!(verified, shift.world.items.len(), "{:?}", shift.line.view());
        assert_eq!(shift.books.count(CodeState::Doubtful), 0);
        assert_eq!(shift.books.alarms, 0);
    }
}

#[test]
fn a_lost_frame_of_a_camera_that_counts_costs_one_product() {
    let luck = Luck { frame_lost: 25, frame_late: 25, ..GOOD_LUCK };
    let shift = shift(1, luck, true, 0);
    let verified = shift.books.count(CodeState::Verified);
    let rejected = shift.books.count(CodeState::Rejected);
    assert!(rejected > 5 && verified > 100, "{verified} verified, {rejected} rejected");
    assert_eq!(verified + rejected, shift.world.items.len());
    // The frame after a late one is late, too.
    assert!(rejected * 10 < verified * 2, "{verified} verified, {rejected} rejected");
}

#[test]
fn a_trigger_that_the_camera_missed_or_saw_twice_verifies_no_neighbour() {
    let mut alarms = 0;
    for seed in 0..40 {
        let pulses = Luck { pulse_missed: 60, pulse_twice: 60, ..GOOD_LUCK };
        let luck = Luck { label_twice: 30, label_swallowed: 30, ..pulses };
        let shift = shift(seed, luck, true, 0);
        alarms += shift.books.alarms;
    }
    assert!(alarms > 100, "only {alarms}");
}

#[test]
fn what_is_printed_too_badly_does_not_pass() {
    let shift = shift(1, Luck { low_grade: 20, ..GOOD_LUCK }, false, 0);
    let rejected = shift.books.count(CodeState::Rejected) as u64;
    assert!(rejected > 3 && rejected == shift.books.low_grades, "{rejected}");
}

#[test]
fn a_reject_that_is_still_falling_when_the_next_product_passes_is_not_missing() {
    let shift = shift(1, Luck { unreadable: 20, ..GOOD_LUCK }, false, 0);
    let rejected = shift.books.count(CodeState::Rejected);
    assert!(rejected > 3, "only {rejected}");
    assert_eq!(shift.books.count(CodeState::Doubtful), 0);
    assert_eq!(shift.books.alarms, 0, "{:?}", shift.line.view());
}

/// How many seeds: 1,000 unless `SHIFTS` says otherwise.
fn shifts() -> u64 {
    std::env::var("SHIFTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// Every other pair of shifts has a camera that counts.
fn counts(n: u64) -> bool {
    n % 4 >= 2
}

fn seed_of(n: u64) -> u64 {
    n.wrapping_mul(7919)
}

fn campaign(first: u64, every: u64) -> (u64, u64, u64) {
    let (mut verified, mut products, mut kills) = (0, 0, 0);
    let mut n = first;
    while n < shifts() {
        let done = std::panic::catch_unwind(|| shift(seed_of(n), BAD_LUCK, counts(n), 2_000));
        let done = done.unwrap_or_else(|e| {
            println!("SEED={} {}", seed_of(n), if counts(n) { "COUNTS=1" } else { "" });
            std::panic::resume_unwind(e)
        });
        verified += done.books.count(CodeState::Verified) as u64;
        products += done.world.items.len() as u64;
        kills += done.kills;
        n += every;
    }
    (verified, products, kills)
}

#[test]
fn a_thousand_unlucky_shifts_keep_every_promise() {
    let other = std::thread::spawn(|| campaign(1, 2));
    let (verified, products, kills) = campaign(0, 2);
    let (more, others, also) = other.join().unwrap();
    let (verified, products, kills) = (verified + more, products + others, kills + also);
    println!("{} shifts: {products} products, {verified} verified, {kills} kills", shifts());
    assert!(verified > shifts() * 20, "the line hardly ran: {verified}");
    assert!(kills >= shifts(), "too few kills: {kills}");
}

#[test]
fn one_seed() {
    let seed = std::env::var("SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7919);
    shift(seed, BAD_LUCK, std::env::var("COUNTS").is_ok(), 2_000);
}
