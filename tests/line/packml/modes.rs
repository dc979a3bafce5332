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

pub(super) fn in_mode(mode: Mode) -> Bench {
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

/// In Manual, on a line whose devices can do this once.
fn in_hand(once: OnceByHand) -> Bench {
    let settings = LineSettings { once, ..settings() };
    let mut bench = Bench { line: Line::new(settings, Order::default()), ..Bench::new() };
    bench.plc(PlcEvent::Up(Since::Known));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.ask(Request::Reset);
    bench.say(Event::Mode(Mode::Manual));
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.forget();
    bench
}

const BOTH: OnceByHand = OnceByHand { picture: PictureBy::Plc, gate: true };
const MOVES: Command = Command::Plc(PlcCommand::MoveGate);
const TRIGGERS: Command = Command::Plc(PlcCommand::TriggerCamera);

#[test]
fn a_picture_by_hand_is_asked_for_once_and_shown_and_is_of_no_product() {
    let ways = [
        (PictureBy::Plc, TRIGGERS, FrameOf::Tag(Tag(0))),
        (PictureBy::Plc, TRIGGERS, FrameOf::Count(1)),
        (PictureBy::Camera, Command::TakePicture(Tag(0)), FrameOf::Tag(Tag(0))),
    ];
    for (picture, wanted, of) in ways {
        let mut bench = in_hand(OnceByHand { picture, gate: false });
        bench.say(Event::Hand(Hand::TakePicture));
        assert_eq!(bench.commands.iter().filter(|command| **command == wanted).count(), 1);
        assert_eq!(bench.line.view().once.asked, Asked::Waits);
        bench.plc(PlcEvent::Triggered(Tag(0)));
        bench.forget();
        let (reading, picture) = (symbol(1), Some(PictureId(7)));
        bench.say(Event::Camera(CameraEvent::Read { of, reading: reading.clone(), picture }));
        let OnceView { asked, shown, .. } = bench.line.view().once;
        assert_eq!((asked, shown), (Asked::Done, Some(HandPicture { reading, picture })));
        assert_eq!(bench.commands, [Command::KeepPicture(PictureId(7))]);
        assert!(bench.records.is_empty(), "{:?}", bench.records);
        assert!(bench.line.view().verdicts.is_empty());
        bench.later(1_000 * MS);
        assert!(bench.line.view().alarms.is_empty(), "{:?}", bench.line.view().alarms);
    }
}

#[test]
fn a_picture_that_does_not_come_is_said_so_and_alarms_nobody() {
    for triggered in [false, true] {
        let mut bench = in_hand(BOTH);
        bench.say(Event::Hand(Hand::TakePicture));
        if triggered {
            bench.plc(PlcEvent::Triggered(Tag(0)));
        }
        bench.later(1_000 * MS);
        let view = bench.line.view();
        let wanted = if triggered { Asked::Triggered } else { Asked::Silent };
        assert_eq!((view.once.asked, view.alarms), (wanted, vec![]));
        assert!(bench.line.next_wake().is_none(), "nothing is due any more");
    }
}

#[test]
fn a_frame_that_a_hand_asked_for_is_not_taken_for_that_of_the_next_product() {
    let mut bench = in_hand(BOTH);
    bench.say(Event::Hand(Hand::TakePicture));
    let read = |count| CameraEvent::Read {
        of: FrameOf::Count(count),
        reading: symbol(i64::from(count)),
        picture: None,
    };
    bench.say(Event::Camera(read(1)));
    bench.ask(Request::Stop);
    bench.say(Event::Mode(Mode::Production));
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((2..=5).map(code).collect()));
    bench.ask(Request::Start);
    bench.plc(PlcEvent::PadCleared);
    assert_eq!(bench.line.state(), LineState::Starting, "a late frame may still come");
    bench.later(260 * MS);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.labelled(1);
    bench.say(Event::Camera(read(2)));
    bench.later(60 * MS);
    assert_eq!(bench.passes(), [1]);
    assert!(bench.line.view().alarms.is_empty(), "{:?}", bench.line.view().alarms);
}

#[test]
fn the_gate_is_moved_once_by_hand_and_only_on_an_empty_belt_that_stands() {
    let mut bench = in_hand(BOTH);
    bench.say(Event::Hand(Hand::MoveGate));
    assert_eq!(bench.commands, [MOVES]);
    assert_eq!(bench.line.view().once.gate, Asked::Waits);
    bench.forget();
    bench.say(Event::Hand(Hand::Belt));
    assert!(bench.commands.is_empty(), "the belt stands until the gate is at rest");
    bench.plc(PlcEvent::GateMoved);
    assert_eq!(bench.line.view().once.gate, Asked::Done);

    bench.say(Event::Hand(Hand::BeltAndInfeed));
    bench.say(Event::Hand(Hand::MoveGate));
    bench.plc(PlcEvent::ProductArrived(Tag(1)));
    bench.say(Event::Hand(Hand::Stand));
    let refused = bench.line.view().offers_hand(Hand::MoveGate).unwrap_err();
    assert!(refused.contains("products on the belt"), "{refused}");
    bench.say(Event::Hand(Hand::MoveGate));
    assert!(!bench.commands.contains(&MOVES), "neither while it runs nor with a product on it");
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    bench.say(Event::Hand(Hand::MoveGate));
    assert!(bench.commands.contains(&MOVES));
    bench.later(3_000 * MS);
    assert_eq!(bench.line.view().once.gate, Asked::Silent, "the PLC may refuse, and says nothing");
}

#[test]
fn gate_and_camera_are_moved_by_hand_in_manual_only_and_where_there_is_somebody_to_do_it() {
    let mut bench = in_hand(OnceByHand::default());
    for (hand, because) in [(Hand::TakePicture, "no trigger to give"), (Hand::MoveGate, "cannot")] {
        let refused = bench.line.view().offers_hand(hand).unwrap_err();
        assert!(refused.contains(because), "{refused}");
        bench.say(Event::Hand(hand));
    }
    assert!(bench.commands.is_empty());
    for mode in [Mode::Production, Mode::Maintenance] {
        let mut bench = in_hand(BOTH);
        bench.ask(Request::Stop);
        bench.say(Event::Mode(mode));
        bench.ask(Request::Reset);
        bench.ask(Request::Start);
        bench.forget();
        for hand in [Hand::TakePicture, Hand::MoveGate] {
            assert!(bench.line.view().offers_hand(hand).is_err(), "{mode}");
            bench.say(Event::Hand(hand));
        }
        assert!(bench.commands.is_empty(), "{mode}: {:?}", bench.commands);
    }
    let mut bench = in_hand(BOTH);
    bench.ask(Request::Stop);
    bench.say(Event::Hand(Hand::MoveGate));
    assert!(!bench.commands.contains(&MOVES), "not in {}", bench.line.state());
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

pub(super) fn latched(unseen: bool) -> (Bench, StopReason) {
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
