//! Nothing moves past the gate while a reject might not end in the bin.
use super::modes::{in_mode, latched};
use super::{EMPTIES, STANDS, completing, runs, stopping};
use crate::line_bench::{Bench, MS, symbol};
use markwright::line::*;

type Sets = fn(&mut Conditions);

const TROUBLES: [(StopReason, Sets); 2] = [
    (StopReason::AirLow, |conditions| conditions.air_low = true),
    (StopReason::BinFull, |conditions| conditions.bin_full = true),
];

fn trouble(bench: &mut Bench, set: Sets) {
    let mut conditions = Conditions::default();
    set(&mut conditions);
    bench.plc(PlcEvent::Condition(conditions));
}

fn is_well(bench: &mut Bench) {
    bench.plc(PlcEvent::Condition(Conditions::default()));
}

#[test]
fn a_belt_that_is_to_get_empty_stands_while_the_gate_cannot_reject_and_goes_on_by_itself() {
    for comes_to in [completing as fn() -> Bench, stopping] {
        for (reason, set) in TROUBLES {
            let mut bench = comes_to();
            let state = bench.line.state();
            trouble(&mut bench, set);
            assert_eq!(runs(&bench), Some(STANDS), "{state} {reason:?}");
            assert_eq!((bench.line.state(), bench.line.view().why), (state, Some(reason)));
            bench.forget();
            // The time for getting empty does not count meanwhile: the product is on the belt still.
            bench.later(60_000 * MS);
            assert_eq!((bench.line.state(), bench.line.view().products_on_belt), (state, 1));
            assert!(runs(&bench).is_none());
            is_well(&mut bench);
            assert_eq!((runs(&bench), bench.line.view().why), (Some(EMPTIES), None));
            bench.later(5_001 * MS);
            assert_eq!(bench.line.view().products_on_belt, 0, "given up in its time");
        }
    }
}

#[test]
fn stop_of_a_line_that_is_held_because_the_gate_cannot_reject_does_not_move_the_belt() {
    for (reason, set) in TROUBLES {
        let mut bench = Bench::running();
        (1..=3).for_each(|n| bench.printed(n));
        bench.labelled(1);
        bench.read(1, symbol(1));
        trouble(&mut bench, set);
        bench.printed(4);
        assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Held, Some(reason)));
        bench.forget();
        bench.ask(Request::Stop);
        assert_eq!(bench.line.state(), LineState::Stopping);
        assert_eq!(runs(&bench).unwrap_or(STANDS), STANDS, "it stands still");
        is_well(&mut bench);
        assert_eq!(runs(&bench), Some(EMPTIES));
        bench.plc(PlcEvent::Passed(Tag(1)));
        bench.plc(PlcEvent::PadCleared);
        assert_eq!(bench.line.state(), LineState::Stopped);
    }
}

#[test]
fn a_reject_that_got_lost_while_the_belt_gets_empty_stops_it_until_it_is_released() {
    for comes_to in [completing as fn() -> Bench, stopping] {
        let mut bench = comes_to();
        let state = bench.line.state();
        bench.labelled(2);
        bench.read(1, Reading::Nothing);
        bench.read(2, symbol(2));
        bench.forget();
        bench.plc(PlcEvent::RejectUnconfirmed(Tag(1)));
        let reason = StopReason::RejectUnconfirmed;
        assert_eq!((runs(&bench), bench.line.view().why), (Some(STANDS), Some(reason)));
        bench.forget();
        bench.later(60_000 * MS);
        for request in Request::ALL.into_iter().filter(|request| *request != Request::Abort) {
            if state == LineState::Stopping || request != Request::Stop {
                bench.ask(request);
            }
        }
        assert_eq!((bench.line.state(), runs(&bench)), (state, None), "no command moves it");
        bench.say(Event::Release(reason));
        assert_eq!((runs(&bench), bench.line.view().why), (Some(EMPTIES), None));
    }
}

#[test]
fn stop_does_not_move_the_belt_of_a_latched_line_and_abort_is_taken_always() {
    for unseen in [true, false] {
        let (mut bench, reason) = latched(unseen);
        bench.labelled(2);
        bench.forget();
        bench.ask(Request::Stop);
        assert_eq!(bench.line.state(), LineState::Stopping);
        bench.ask(Request::Abort);
        assert_eq!(bench.line.state(), LineState::Aborted);
        assert_eq!(runs(&bench).unwrap_or(STANDS), STANDS, "it stood all the time");
        assert!(bench.line.view().to_release().eq([reason]), "it outlives the abort");
    }
}

#[test]
fn in_maintenance_the_line_holds_while_the_gate_cannot_reject() {
    for (reason, set) in TROUBLES {
        let mut bench = in_mode(Mode::Maintenance);
        trouble(&mut bench, set);
        assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Held, Some(reason)));
        assert_eq!(runs(&bench), Some(STANDS));
        bench.forget();
        bench.ask(Request::Start);
        assert_eq!((bench.line.state(), runs(&bench)), (LineState::Held, None));
        is_well(&mut bench);
        bench.ask(Request::Start);
        assert_eq!(runs(&bench), Some(EMPTIES));
    }
}

#[test]
fn in_manual_the_belt_stands_while_the_gate_cannot_reject_and_waits_for_a_hand_afterwards() {
    for (_, set) in TROUBLES {
        let mut bench = in_mode(Mode::Manual);
        bench.say(Event::Hand(Hand::BeltAndInfeed));
        trouble(&mut bench, set);
        assert_eq!(runs(&bench), Some(STANDS));
        bench.forget();
        let refused = bench.line.view().offers_hand(Hand::Belt).unwrap_err();
        assert!(refused.contains("might not end in the bin"), "{refused}");
        bench.say(Event::Hand(Hand::Belt));
        is_well(&mut bench);
        assert!(runs(&bench).is_none(), "nobody's hand is in it");
        bench.say(Event::Hand(Hand::Belt));
        assert_eq!(runs(&bench), Some(EMPTIES));
    }
}
