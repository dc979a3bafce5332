//! Modes, and what stands until somebody releases it.
use super::{EMPTIES, STANDS, STANDS_IN, idle, runs};
use crate::line_bench::{Bench, MS, code, settings, symbol};
use markwright::line::*;

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
