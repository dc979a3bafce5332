//! A machine that is not ready, a belt that stands although it was told to run, and what the PLC
//! counted by itself.
use crate::line_bench::{Bench, MS, code, settings};
use markwright::line::*;

const READY: Conditions = conditions(Some(true), Some(true));

const fn conditions(ready: Option<bool>, belt_runs: Option<bool>) -> Conditions {
    Conditions {
        ready,
        belt_runs,
        pad_clear: None,
        emergency_stop: false,
        guard_open: false,
        blocked: false,
        starved: false,
        air_low: false,
        bin_full: false,
        fault: false,
    }
}

/// In Execute, and no label is awaited.
fn running() -> Bench {
    let mut bench = Bench::running();
    bench.printed(3);
    bench.forget();
    bench
}

fn says(bench: &mut Bench, conditions: Conditions) {
    bench.plc(PlcEvent::Condition(conditions));
}

fn ordered_belt(bench: &Bench) -> Vec<bool> {
    let run = |command: &Command| {
        if let Command::Plc(PlcCommand::Run(run)) = command { Some(run.belt) } else { None }
    };
    bench.commands.iter().filter_map(run).collect()
}

#[test]
fn a_line_whose_machine_is_not_ready_is_not_started_and_says_why() {
    let mut bench = Bench::new();
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.plc(PlcEvent::Up(Since::Known));
    says(&mut bench, conditions(Some(false), Some(false)));
    assert_eq!(bench.line.view().alarms, [StopReason::NotReady]);
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((1..=8).map(code).collect()));
    bench.ask(Request::Start);
    bench.plc(PlcEvent::PadCleared);
    bench.later(260 * MS);
    let waits = (LineState::Starting, Some(StopReason::NotReady));
    assert_eq!((bench.line.state(), bench.line.view().why), waits);
    assert!(!ordered_belt(&bench).contains(&true));
    says(&mut bench, conditions(Some(true), Some(false)));
    assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Execute, None));
    assert!(bench.line.view().alarms.is_empty());
}

#[test]
fn a_machine_that_is_no_longer_ready_aborts_the_line() {
    let mut bench = running();
    says(&mut bench, READY);
    assert_eq!(bench.line.state(), LineState::Execute);
    says(&mut bench, conditions(Some(false), Some(false)));
    let aborted = (LineState::Aborted, Some(StopReason::NotReady));
    assert_eq!((bench.line.state(), bench.line.view().why), aborted);
    assert_eq!(ordered_belt(&bench), [false]);
    says(&mut bench, READY);
    assert_eq!(bench.line.state(), LineState::Aborted, "a person must ask for more");
}

#[test]
fn an_emergency_stop_is_told_as_what_it_is_and_once() {
    let mut bench = running();
    let stopped = Conditions { emergency_stop: true, ..conditions(Some(false), Some(false)) };
    says(&mut bench, stopped);
    assert_eq!(bench.line.view().why, Some(StopReason::EmergencyStop));
    assert_eq!(bench.line.view().alarms, [StopReason::EmergencyStop]);
    // Released, and not acknowledged at the panel.
    says(&mut bench, conditions(Some(false), Some(false)));
    assert_eq!(bench.line.view().alarms, [StopReason::NotReady]);
}

#[test]
fn a_belt_that_stands_although_it_was_ordered_holds_the_line_and_is_ordered_anew_by_a_start() {
    let mut bench = running();
    says(&mut bench, READY);
    // A guard was open for less than a cycle: the PLC has forgotten its order, and says no more.
    says(&mut bench, conditions(Some(true), Some(false)));
    assert_eq!(bench.line.state(), LineState::Execute);
    assert!(bench.line.next_wake().unwrap().0 <= bench.now + settings().belt_within);
    bench.later(settings().belt_within.saturating_sub(MS));
    assert_eq!(bench.line.view().why, None);
    bench.later(MS);
    assert_eq!(bench.line.view().why, Some(StopReason::BeltStands));
    assert_eq!(bench.line.view().alarms, [StopReason::BeltStands]);
    bench.later(settings().settle_within);
    assert_eq!(bench.line.state(), LineState::Held);
    assert_eq!(ordered_belt(&bench), [false]);
    bench.forget();
    bench.ask(Request::Start);
    assert_eq!((bench.line.state(), ordered_belt(&bench)), (LineState::Execute, vec![true]));
    assert!(bench.line.view().alarms.is_empty());
    says(&mut bench, READY);
    bench.later(10 * settings().belt_within);
    assert_eq!(bench.line.view().why, None);
}

#[test]
fn a_belt_that_takes_its_time_or_stands_for_a_moment_holds_nothing() {
    let mut bench = running();
    let moment = settings().belt_within.saturating_sub(MS);
    for _ in 0..3 {
        says(&mut bench, conditions(Some(true), Some(false)));
        bench.later(moment);
        says(&mut bench, READY);
        bench.later(moment);
    }
    // What was late to be looked at is not late when the belt runs by then.
    says(&mut bench, conditions(Some(true), Some(false)));
    bench.now += 2 * moment;
    says(&mut bench, READY);
    assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Execute, None));
}

#[test]
fn a_belt_that_was_not_ordered_may_stand_and_a_plc_that_does_not_tell_is_believed() {
    let mut bench = Bench::new();
    bench.plc(PlcEvent::Up(Since::Known));
    says(&mut bench, conditions(Some(true), Some(false)));
    bench.later(10 * settings().belt_within);
    assert!(bench.line.view().alarms.is_empty());
    let mut bench = running();
    says(&mut bench, conditions(None, None));
    bench.later(10 * settings().belt_within);
    assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Execute, None));
}

#[test]
fn what_the_plc_counted_is_kept_whenever_the_belt_stands_and_once() {
    let mut bench = running();
    let counts = |passed| PlcCounts { boot: 7, passed, ..PlcCounts::default() };
    let kept = |bench: &Bench| {
        let count = |record: &Record| {
            if let Record::PlcCounted(counts) = record { Some(counts.passed) } else { None }
        };
        bench.records.iter().filter_map(count).collect::<Vec<_>>()
    };
    for passed in 1..=3 {
        bench.plc(PlcEvent::Counted(counts(passed)));
    }
    assert!(kept(&bench).is_empty(), "the belt runs");
    bench.ask(Request::Hold);
    bench.later(settings().settle_within);
    assert_eq!(kept(&bench), [3]);
    bench.plc(PlcEvent::Counted(counts(3)));
    bench.later(MS);
    assert_eq!(kept(&bench), [3]);
    bench.plc(PlcEvent::Counted(counts(4)));
    assert_eq!(kept(&bench), [3, 4]);
}
