//! PackML on this line: the table of commands, modes, the handshake, and what every state does.
mod handshake;
mod modes;
mod rejecting;

use crate::line_bench::{Bench, MS, code, settings, symbol};
use markwright::code::Step;
use markwright::line::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// What an independent machine takes: `PackMLpy` by A. Köcher (MIT), commit c71c9e6, asked by
/// `tests/judges/packml.py`.
const PACKMLPY: &str = include_str!("../judges/packml.txt");

/// Commands that we take and `PackMLpy` does not, and why.
const DIFFERENCES: [(LineState, Request, &str); 3] = [
    (LineState::Aborted, Request::Reset, "one button less: Clear, and on to Idle by itself"),
    (LineState::Execute, Request::Complete, "the command is younger than PackMLpy (TR88, 2022)"),
    (LineState::Held, Request::Start, "the operator has one button to go on: it is Unhold"),
];

fn stopped() -> Bench {
    Bench::new()
}

fn idle() -> Bench {
    let mut bench = Bench::new();
    bench.plc(PlcEvent::Up(Since::Known));
    bench.ask(Request::Reset);
    bench
}

/// The printer is not there yet.
fn starting() -> Bench {
    let mut bench = idle();
    bench.ask(Request::Start);
    bench
}

/// Three labels are still in the printer.
fn holding() -> Bench {
    let mut bench = Bench::running();
    bench.ask(Request::Hold);
    bench
}

fn held() -> Bench {
    let mut bench = holding();
    (1..=3).for_each(|n| bench.printed(n));
    bench
}

/// Waits for the pad to be cleared: the printer was lost meanwhile, with labels in it.
fn unholding() -> Bench {
    let mut bench = held();
    lose_printer(&mut bench);
    bench.ask(Request::Unhold);
    bench
}

fn lose_printer(bench: &mut Bench) {
    bench.say(Event::Printer(PrinterEvent::Down(Cause::CounterOff)));
    bench.say(Event::Printer(PrinterEvent::Up));
}

fn suspended() -> Bench {
    let mut bench = Bench::running();
    (1..=3).for_each(|n| bench.printed(n));
    bench.ask(Request::Suspend);
    bench
}

fn unsuspending() -> Bench {
    let mut bench = suspended();
    lose_printer(&mut bench);
    bench.ask(Request::Unsuspend);
    bench
}

/// A product is on the belt.
fn stopping() -> Bench {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.ask(Request::Stop);
    bench
}

fn completing() -> Bench {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.ask(Request::Complete);
    bench
}

fn complete() -> Bench {
    let mut bench = Bench::running();
    (1..=3).for_each(|n| bench.printed(n));
    bench.ask(Request::Complete);
    bench.plc(PlcEvent::PadCleared);
    bench
}

fn aborted() -> Bench {
    let mut bench = Bench::running();
    bench.ask(Request::Abort);
    bench
}

/// Every state in which the line can stand; through the others it only passes.
const STANDS_IN: [(LineState, fn() -> Bench); 13] = [
    (LineState::Stopped, stopped),
    (LineState::Idle, idle),
    (LineState::Starting, starting),
    (LineState::Execute, Bench::running),
    (LineState::Holding, holding),
    (LineState::Held, held),
    (LineState::Unholding, unholding),
    (LineState::Suspended, suspended),
    (LineState::Unsuspending, unsuspending),
    (LineState::Stopping, stopping),
    (LineState::Completing, completing),
    (LineState::Complete, complete),
    (LineState::Aborted, aborted),
];

/// The states that the line went through since it was last asked.
fn way(bench: &Bench) -> Vec<LineState> {
    let to = |record: &Record| if let Record::Line { to, .. } = record { Some(*to) } else { None };
    bench.records.iter().filter_map(to).collect()
}

fn runs(bench: &Bench) -> Option<Run> {
    let run = |command: &Command| {
        if let Command::Plc(PlcCommand::Run(run)) = command { Some(*run) } else { None }
    };
    bench.commands.iter().rev().find_map(run)
}

const STANDS: Run = Run { belt: false, infeed: false };
const EMPTIES: Run = Run { belt: true, infeed: false };

#[test]
fn every_state_takes_the_commands_of_the_table_and_no_others() {
    for (state, comes_to) in STANDS_IN {
        for request in Request::ALL {
            let mut bench = comes_to();
            assert_eq!(bench.line.state(), state);
            bench.forget();
            let offered = bench.line.view().offers(request).ok();
            bench.ask(request);
            assert_eq!(
                way(&bench).first().copied(),
                state.after(request),
                "{request:?} in {state}"
            );
            assert_eq!(offered, state.after(request), "{request:?} offered in {state}");
        }
    }
}

#[test]
fn states_that_the_line_passes_through_are_recorded_all_the_same() {
    let mut bench = stopped();
    bench.ask(Request::Reset);
    assert_eq!(way(&bench), [LineState::Resetting, LineState::Idle]);
    let mut bench = aborted();
    bench.forget();
    bench.ask(Request::Clear);
    assert_eq!(way(&bench), [LineState::Clearing, LineState::Stopped]);
    let mut bench = aborted();
    bench.forget();
    bench.ask(Request::Reset);
    let to_idle = [LineState::Clearing, LineState::Stopped, LineState::Resetting, LineState::Idle];
    assert_eq!(way(&bench), to_idle);
    let mut bench = Bench::running();
    bench.ask(Request::Abort);
    assert_eq!(way(&bench), [LineState::Aborting, LineState::Aborted]);
    let mut bench = Bench::running();
    bench.ask(Request::Suspend);
    assert_eq!(way(&bench), [LineState::Suspending, LineState::Suspended]);
}

fn table() -> String {
    let mut table = String::from("| No | State |");
    for request in Request::ALL {
        write!(table, " {} {} |", request.number(), request.name()).unwrap();
    }
    table.push_str(" State Complete | By itself, with a reason |\n|---|---|");
    table.push_str(&"---|".repeat(Request::ALL.len() + 2));
    table.push('\n');
    for state in LineState::ALL {
        write!(table, "| {} | **{state}** |", state.number()).unwrap();
        let name = |state: Option<LineState>| state.map_or("", LineState::name);
        for request in Request::ALL {
            write!(table, " {} |", name(state.after(request))).unwrap();
        }
        let asked: BTreeSet<_> = Request::ALL.iter().filter_map(|r| state.after(*r)).collect();
        let own = LineState::ALL.into_iter().filter(|next| state.may_become(*next));
        let own = own.filter(|next| !asked.contains(next) && state.when_done() != Some(*next));
        let own: Vec<_> = own.chain(aborts(state)).map(LineState::name).collect();
        writeln!(table, " {} | {} |", name(state.when_done()), own.join(", ")).unwrap();
    }
    table
}

/// Trouble of the machine leads where Abort leads; Execute holds and suspends itself, too.
fn aborts(state: LineState) -> Vec<LineState> {
    use LineState as S;
    let moves = !state.is_at_rest()
        && !matches!(state, S::Held | S::Aborting | S::Clearing | S::Resetting | S::Starting);
    let mut by_itself = Vec::new();
    if state == S::Execute {
        by_itself.extend([S::Holding, S::Suspending]);
    }
    if state == S::Suspended {
        by_itself.push(S::Unsuspending);
    }
    by_itself.extend(moves.then_some(S::Aborting));
    by_itself
}

#[test]
fn the_document_shows_the_table_of_the_machine() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/packml.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- table: begin -->\n", "<!-- table: end -->");
    let (head, rest) = text.split_once(begin).unwrap();
    let (shown, tail) = rest.split_once(end).unwrap();
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{}{end}{tail}", table())).unwrap();
        return;
    }
    assert_eq!(shown, table(), "WRITE_DOCS=1 writes the table anew");
    for (state, request, why) in DIFFERENCES {
        let row = format!("| {state} | {} | {why} |", request.name());
        assert!(text.contains(&row), "{row}");
    }
}

#[test]
fn every_test_that_the_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/packml.md")).unwrap();
    let tests = ["packml", "packml/rejecting", "facts", "roll"];
    let tests = tests.map(|name| root.join(format!("tests/line/{name}.rs")));
    let tests: String = tests.map(|path| std::fs::read_to_string(path).unwrap()).concat();
    let (_, section) = text.split_once("## What the states do here").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let named = section.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 3);
    let named: Vec<_> = named.collect();
    assert!(named.len() > 12, "{named:?}");
    for name in named {
        assert!(tests.contains(&format!("fn {name}()")), "{name}");
    }
}

/// The machine's own trouble is what the core says it is.
#[test]
fn trouble_of_the_machine_aborts_every_state_that_the_table_says() {
    for (state, comes_to) in STANDS_IN {
        let mut bench = comes_to();
        bench.forget();
        let conditions = Conditions { emergency_stop: true, ..Conditions::default() };
        bench.plc(PlcEvent::Condition(conditions));
        let aborted = way(&bench).first() == Some(&LineState::Aborting);
        assert_eq!(aborted, aborts(state).contains(&LineState::Aborting), "{state}");
    }
}

#[test]
fn what_is_taken_is_what_an_independent_machine_takes_but_for_the_listed_differences() {
    let mut theirs = BTreeSet::new();
    for line in PACKMLPY.lines() {
        let (state, taken) = line.split_once(':').unwrap();
        let state: LineState = state.parse().unwrap();
        for one in taken.split_whitespace() {
            let (command, next) = one.split_once('>').unwrap();
            theirs.insert((state, Request::named(command).unwrap(), next.parse().unwrap()));
        }
    }
    assert_eq!(PACKMLPY.lines().count(), 17);
    let ours: BTreeSet<(LineState, Request, LineState)> = LineState::ALL
        .into_iter()
        .flat_map(|state| Request::ALL.map(|request| (state, request)))
        .filter_map(|(state, request)| Some((state, request, state.after(request)?)))
        .collect();
    assert_eq!(theirs.difference(&ours).count(), 0, "it takes more than we do");
    let more: Vec<_> =
        ours.difference(&theirs).map(|(state, request, _)| (*state, *request)).collect();
    let mut listed: Vec<_> =
        DIFFERENCES.iter().map(|(state, request, _)| (*state, *request)).collect();
    listed.sort_unstable();
    assert_eq!(more, listed);
}

#[test]
fn starting_waits_with_the_reason_shown_until_everything_is_there() {
    let mut bench = starting();
    let why = |bench: &Bench| bench.line.view().why;
    assert_eq!(why(&bench), Some(StopReason::Printer(Cause::Unreachable)));
    bench.say(Event::Printer(PrinterEvent::Up));
    assert_eq!(why(&bench), Some(StopReason::Camera(Cause::Unreachable)));
    bench.say(Event::Camera(CameraEvent::Up));
    assert_eq!(why(&bench), Some(StopReason::NoCodes));
    bench.say(Event::CodesArrived(vec![code(1), code(2)]));
    assert_eq!(why(&bench), None);
    assert!(bench.asked_to_clear() && bench.take_prints().is_empty());
    bench.plc(PlcEvent::PadCleared);
    bench.later(260 * MS);
    assert_eq!(bench.line.state(), LineState::Execute);
    assert_eq!(bench.take_prints(), [1, 2]);
}

#[test]
fn holding_prints_nothing_new_and_waits_for_what_is_under_way_but_not_for_ever() {
    let mut bench = holding();
    assert_eq!(runs(&bench), Some(STANDS));
    bench.forget();
    bench.printed(1);
    bench.later(299 * MS);
    assert_eq!(bench.line.state(), LineState::Holding);
    bench.later(2 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
    assert!(bench.take_prints().is_empty());
}

#[test]
fn unholding_falls_back_to_held_with_the_reason_and_the_belt_does_not_move() {
    let mut bench = held();
    bench.say(Event::Printer(PrinterEvent::Blocked(Cause::OutOfRibbon)));
    bench.forget();
    bench.ask(Request::Unhold);
    assert_eq!(way(&bench), [LineState::Unholding, LineState::Holding, LineState::Held]);
    assert_eq!(bench.line.view().why, Some(StopReason::Printer(Cause::OutOfRibbon)));
    assert_eq!(runs(&bench).unwrap_or(STANDS), STANDS);
}

#[test]
fn what_a_neighbour_suspends_goes_on_by_itself_and_what_a_person_suspends_does_not() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::Condition(Conditions { blocked: true, ..Conditions::default() }));
    assert_eq!(bench.line.state(), LineState::Suspended);
    assert_eq!(bench.line.view().why, Some(StopReason::Blocked));
    bench.plc(PlcEvent::Condition(Conditions::default()));
    assert_eq!(bench.line.state(), LineState::Execute);

    let mut bench = suspended();
    assert_eq!(runs(&bench), Some(STANDS));
    bench.plc(PlcEvent::Condition(Conditions { starved: true, ..Conditions::default() }));
    bench.plc(PlcEvent::Condition(Conditions::default()));
    assert_eq!(bench.line.state(), LineState::Suspended);
    bench.ask(Request::Unsuspend);
    assert_eq!(bench.line.state(), LineState::Execute);
}

#[test]
fn unsuspend_before_a_neighbour_is_ready_leads_back_with_the_reason() {
    let mut bench = suspended();
    bench.plc(PlcEvent::Condition(Conditions { blocked: true, ..Conditions::default() }));
    bench.forget();
    bench.ask(Request::Unsuspend);
    let back = [LineState::Unsuspending, LineState::Suspending, LineState::Suspended];
    assert_eq!(way(&bench), back);
    assert_eq!(bench.line.view().why, Some(StopReason::Blocked));
    assert!(runs(&bench).is_none(), "the belt did not move");
    bench.plc(PlcEvent::Condition(Conditions::default()));
    assert_eq!(bench.line.state(), LineState::Execute);
}

#[test]
fn completing_empties_the_belt_and_the_pad_and_the_job_ends_with_what_is_made() {
    let mut bench = completing();
    assert_eq!(runs(&bench), Some(EMPTIES));
    bench.forget();
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert!(!bench.asked_to_clear(), "labels are still in the printer");
    (2..=4).for_each(|n| bench.printed(n));
    assert!(bench.asked_to_clear() && bench.take_prints().is_empty());
    bench.plc(PlcEvent::PadCleared);
    assert_eq!([2, 3].map(|n| bench.moved(n).last().copied()), [Some(Step::Scrap); 2]);
    assert_eq!((bench.line.state(), bench.line.view().done), (LineState::Complete, 1));
}

#[test]
fn a_roll_ends_early_too_although_labels_are_missing() {
    let settings = LineSettings { scenario: Scenario::Roll, labels_ahead: 1, ..settings() };
    let order = Order { planned: 9, ..Order::default() };
    let mut bench = Bench { line: Line::new(settings, order), ..Bench::new() };
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((1..=9).map(code).collect()));
    bench.ask(Request::Start);
    bench.ask(Request::Complete);
    bench.printed(1);
    assert_eq!((bench.line.state(), bench.line.view().done), (LineState::Complete, 1));
}

#[test]
fn a_belt_that_does_not_get_empty_in_time_is_given_up_and_counted() {
    for comes_to in [completing as fn() -> Bench, stopping] {
        let mut bench = comes_to();
        let ends_in = bench.line.state().when_done().unwrap();
        bench.later(5_001 * MS);
        bench.plc(PlcEvent::PadCleared);
        let lost = Record::ProductSettled { tag: Tag(1), fate: Fate::Unaccounted };
        assert!(bench.records.contains(&lost));
        assert_eq!(bench.moved(2).last(), Some(&Step::Doubt));
        assert_eq!(bench.line.state(), ends_in);
    }
}

#[test]
fn stopping_empties_the_belt_and_scraps_the_labels_on_the_pad() {
    let mut bench = stopping();
    assert_eq!(runs(&bench), Some(EMPTIES));
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Passed(Tag(1)));
    (2..=4).for_each(|n| bench.printed(n));
    bench.plc(PlcEvent::PadCleared);
    assert_eq!(bench.line.state(), LineState::Stopped);
    assert_eq!(bench.moved(2), [Step::Print, Step::Scrap]);
}

#[test]
fn aborting_stops_the_belt_at_once_and_takes_nothing_for_granted_afterwards() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.forget();
    bench.ask(Request::Abort);
    assert_eq!(runs(&bench), Some(STANDS));
    bench.ask(Request::Clear);
    bench.ask(Request::Reset);
    bench.forget();
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear() && bench.take_prints().is_empty());
    // What was found good before is good.
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert_eq!(bench.line.view().done, 1);
}
