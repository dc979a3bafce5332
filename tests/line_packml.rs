//! PackML on this line: the table of commands, modes, the handshake, and what every state does.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a test")]
mod line_bench;

use line_bench::{Bench, MS, code, settings, symbol};
use markwright::code::Step;
use markwright::line::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// What an independent machine takes: PackMLpy by A. Köcher (MIT), commit c71c9e6, asked by
/// `tests/judges/packml.py`.
const PACKMLPY: &str = include_str!("judges/packml.txt");

/// Commands that we take and PackMLpy does not, and why.
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

#[test]
fn the_mode_changes_in_stopped_idle_and_aborted_only() {
    for (state, comes_to) in STANDS_IN {
        let mut bench = comes_to();
        let offered = bench.line.view().offers_mode(Mode::Manual).is_ok();
        bench.say(Event::Mode(Mode::Manual));
        let changed = bench.line.mode() == Mode::Manual;
        assert_eq!((changed, offered), (Mode::may_change_in(state), changed), "{state}");
    }
}

fn in_mode(mode: Mode) -> Bench {
    let mut bench = idle();
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.say(Event::CodesArrived((1..=8).map(code).collect()));
    bench.say(Event::Mode(mode));
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench
}

#[test]
fn in_maintenance_the_belt_runs_empty_and_nothing_is_printed_or_found_good() {
    let mut bench = in_mode(Mode::Maintenance);
    assert_eq!(runs(&bench), Some(EMPTIES));
    assert!(bench.commands.contains(&Command::Plc(PlcCommand::Show(Light::Amber))));
    for tag in 1..=5 {
        bench.labelled(tag);
        bench.read(tag, symbol(i64::from(tag)));
    }
    assert!(bench.passes().is_empty() && bench.take_prints().is_empty());
    assert_eq!(bench.line.state(), LineState::Execute, "five rejects hold nothing here");
    bench.ask(Request::Suspend);
    bench.ask(Request::Complete);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.ask(Request::Hold);
    assert_eq!(bench.line.state(), LineState::Held);
    bench.ask(Request::Stop);
    assert_eq!(bench.line.state(), LineState::Stopped, "what lies on the belt stays there");
}

#[test]
fn a_label_from_before_is_not_found_good_in_maintenance() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.ask(Request::Abort);
    bench.say(Event::Mode(Mode::Maintenance));
    bench.ask(Request::Reset);
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.read(1, symbol(1));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::InDoubt)));
    assert!(bench.passes().is_empty());
}

#[test]
fn in_manual_everything_stands_until_a_hand_moves_it() {
    let mut bench = in_mode(Mode::Manual);
    assert_eq!(runs(&bench).unwrap_or(STANDS), STANDS);
    for (hand, wanted) in [
        (Hand::Belt, EMPTIES),
        (Hand::BeltAndInfeed, Run { belt: true, infeed: true }),
        (Hand::Stand, STANDS),
    ] {
        bench.say(Event::Hand(hand));
        assert_eq!(runs(&bench), Some(wanted));
        assert_eq!(bench.line.view().by_hand, wanted);
    }
    bench.forget();
    bench.say(Event::Hand(Hand::ClearPad));
    assert!(bench.asked_to_clear());
    bench.plc(PlcEvent::PadCleared);
    bench.say(Event::Hand(Hand::Belt));
    bench.ask(Request::Hold);
    assert_eq!(bench.line.state(), LineState::Execute, "there is nothing to hold");
    bench.ask(Request::Stop);
    assert_eq!((bench.line.state(), runs(&bench)), (LineState::Stopped, Some(STANDS)));
    bench.say(Event::Hand(Hand::Belt));
    assert_eq!(bench.line.view().by_hand, STANDS, "a hand moves things only while it runs");
    assert!(bench.take_prints().is_empty());
}

#[test]
fn production_after_a_hand_begins_with_a_pad_that_is_cleared() {
    let mut bench = in_mode(Mode::Manual);
    bench.say(Event::Hand(Hand::ClearPad));
    bench.plc(PlcEvent::PadCleared);
    bench.ask(Request::Stop);
    bench.say(Event::Mode(Mode::Production));
    bench.ask(Request::Reset);
    bench.forget();
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear() && bench.take_prints().is_empty());
}

#[test]
fn the_mode_outlives_the_process() {
    let known = Restored { mode: Mode::Maintenance, ..Restored::default() };
    let (line, _) = Line::restore(settings(), Order::default(), known);
    assert_eq!(line.view().mode, Mode::Maintenance);
}

#[test]
fn three_rejects_of_the_last_five_hold_the_line_although_none_follows_another() {
    let share = RejectShare { most: 3, of: 5 };
    let settings = LineSettings { rejects_of_last: share, rejects_in_a_row_max: 9, ..settings() };
    let mut bench = Bench { line: Line::new(settings, Order::default()), ..Bench::new() };
    bench.start(1..=20);
    for tag in 1..=5_u32 {
        assert_eq!(bench.line.state(), LineState::Execute, "product {tag}");
        bench.labelled(tag);
        let bad = tag % 2 == 1;
        bench.read(tag, if bad { Reading::Nothing } else { symbol(i64::from(tag)) });
    }
    assert_eq!(bench.line.view().why, Some(StopReason::TooManyOfLast));
    bench.later(301 * MS);
    bench.ask(Request::Start);
    assert_eq!(bench.line.view().rejects_of_last, 0, "a person has looked");
}

fn latched(unseen: bool) -> (Bench, StopReason) {
    let mut bench = Bench::running();
    (1..=3).for_each(|n| bench.printed(n));
    bench.labelled(1);
    bench.read(1, Reading::Nothing);
    let (told, reason) = if unseen {
        (PlcEvent::RejectUnconfirmed(Tag(1)), StopReason::RejectUnconfirmed)
    } else {
        (PlcEvent::Passed(Tag(1)), StopReason::BadProductPassed)
    };
    bench.plc(told);
    bench.printed(4);
    bench.later(301 * MS);
    assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Held, Some(reason)));
    (bench, reason)
}

#[test]
fn what_may_lie_among_the_good_ones_latches_the_line_until_it_is_released() {
    for unseen in [true, false] {
        let (mut bench, reason) = latched(unseen);
        for request in [Request::Start, Request::Unhold] {
            let refused = bench.line.view().offers(request).unwrap_err();
            assert!(refused.contains("released"), "{refused}");
            bench.forget();
            bench.ask(request);
            assert_eq!(bench.line.state(), LineState::Held);
            assert!(runs(&bench).is_none(), "the belt does not move");
        }
        bench.ask(Request::Stop);
        bench.plc(PlcEvent::PadCleared);
        bench.ask(Request::Reset);
        assert_eq!(bench.line.state(), LineState::Idle);
        bench.forget();
        bench.ask(Request::Start);
        assert_eq!(
            (bench.line.state(), bench.line.view().why),
            (LineState::Starting, Some(reason))
        );
        bench.say(Event::Release(reason));
        assert!(bench.records.contains(&Record::AlarmCleared(reason)));
        bench.later(260 * MS);
        assert_eq!(bench.line.state(), LineState::Execute);
    }
}

#[test]
fn a_latch_outlives_the_process_and_other_alarms_do_not() {
    let alarms = vec![StopReason::BinFull, StopReason::RejectUnconfirmed];
    let known = Restored { alarms, ..Restored::default() };
    let (line, opening) = Line::restore(settings(), Order::default(), known);
    assert_eq!(opening.records, [Record::AlarmCleared(StopReason::BinFull)]);
    let mut bench = Bench { line, ..Bench::new() };
    assert_eq!(bench.line.view().why, Some(StopReason::RejectUnconfirmed));
    bench.ask(Request::Reset);
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Starting);
    assert!(!bench.records.contains(&Record::AlarmRaised(StopReason::RejectUnconfirmed)));
    bench.say(Event::Release(StopReason::TooManyRejects));
    assert_eq!(bench.line.view().to_release().count(), 1, "another reason is none of this");
    bench.say(Event::Release(StopReason::RejectUnconfirmed));
    assert_eq!(bench.line.view().to_release().count(), 0);
}

#[test]
fn a_value_without_its_request_does_nothing_and_the_request_takes_it_once() {
    let mut bench = idle();
    let mut tags = Handshake::default();
    let write = |cntrl_cmd, cmd_change_request| Written {
        cntrl_cmd,
        cmd_change_request,
        ..Written::default()
    };
    assert_eq!(tags.write(bench.now, write(Some(2), None), &bench.line.view()), []);
    let taken = tags.write(bench.now, write(None, Some(true)), &bench.line.view());
    assert_eq!(taken, [Ok(Event::Operator(Request::Start))]);
    assert_eq!(tags.tags(), CommandTags { cntrl_cmd: 2, ..CommandTags::default() }, "down again");
    let status = tags.status(bench.now, &bench.line.view());
    let shown = (status.state_requested, status.state_current, status.state_change_in_process);
    assert_eq!(shown, (LineState::Execute, LineState::Idle, true));
    let again = tags.write(bench.now, write(None, Some(true)), &bench.line.view());
    assert!(again[0].as_ref().unwrap_err().why.contains("still on its way"));

    bench.ask(Request::Start);
    let status = tags.status(bench.now, &bench.line.view());
    let shown = (status.state_requested, status.state_current, status.state_change_in_process);
    assert_eq!(shown, (LineState::Execute, LineState::Starting, true));
}

#[test]
fn a_refused_request_says_why_and_a_line_that_does_not_answer_is_asked_again() {
    let bench = stopped();
    let view = bench.line.view();
    let mut tags = Handshake::default();
    let ask = |number| Written {
        cntrl_cmd: Some(number),
        cmd_change_request: Some(true),
        ..Written::default()
    };
    let words = |answers: Vec<Result<Event, Refused>>| answers[0].clone().unwrap_err().to_string();
    assert_eq!(words(tags.write(bench.now, ask(2), &view)), "Start: Press Reset first.");
    let unknown = words(tags.write(bench.now, ask(0), &view));
    assert_eq!(unknown, "CntrlCmd 0: there are the commands 1 Reset to 10 Complete.");
    assert!(tags.write(bench.now, ask(1), &view)[0].is_ok());
    // The line never says anything.
    let later = bench.now + 2_001 * MS;
    assert!(!tags.status(later, &view).state_change_in_process);
    assert!(tags.write(later, ask(1), &view)[0].is_ok());
}

#[test]
fn a_mode_is_asked_for_by_its_own_request() {
    let mut bench = idle();
    let mut tags = Handshake::default();
    let ask = |number| Written {
        unit_mode: Some(number),
        unit_mode_change_request: Some(true),
        ..Written::default()
    };
    let taken = tags.write(bench.now, ask(3), &bench.line.view());
    assert_eq!(taken, [Ok(Event::Mode(Mode::Manual))]);
    let status = tags.status(bench.now, &bench.line.view());
    assert_eq!(
        (status.unit_mode_requested, status.unit_mode_current, status.unit_mode_change_in_process),
        (Mode::Manual, Mode::Production, true)
    );
    bench.say(Event::Mode(Mode::Manual));
    let status = tags.status(bench.now, &bench.line.view());
    assert_eq!(
        (status.unit_mode_current, status.unit_mode_change_in_process),
        (Mode::Manual, false)
    );
    let refused = tags.write(bench.now, ask(7), &bench.line.view());
    assert!(refused[0].as_ref().unwrap_err().why.contains("3 Manual"));
    bench.ask(Request::Start);
    let refused = tags.write(bench.now, ask(1), &bench.line.view());
    assert!(refused[0].as_ref().unwrap_err().why.contains("Press Stop first"));
}
