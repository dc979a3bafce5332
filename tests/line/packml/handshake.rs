//! Write the value, raise the request: taken once, answered always.
use super::{held, idle, stopped};
use crate::line_bench::{Bench, MS};
use markwright::line::*;

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

fn asks(request: Request) -> Written {
    let number = Some(i64::from(request.number()));
    Written { cntrl_cmd: number, cmd_change_request: Some(true), ..Written::default() }
}

#[test]
fn a_request_that_the_line_has_dealt_with_is_answered_although_the_state_is_the_same() {
    let mut held = held();
    held.plc(PlcEvent::Condition(Conditions { bin_full: true, ..Conditions::default() }));
    let mut suspended = Bench::running();
    suspended.plc(PlcEvent::Condition(Conditions { blocked: true, ..Conditions::default() }));
    for (mut bench, request) in [(held, Request::Start), (suspended, Request::Unsuspend)] {
        let state = bench.line.state();
        let mut tags = Handshake::default();
        assert!(tags.write(bench.now, asks(request), &bench.line.view())[0].is_ok());
        bench.ask(request);
        assert_eq!(bench.line.state(), state, "it falls back");
        assert_eq!(tags.status(bench.now, &bench.line.view()).state_requested, state);
        assert!(tags.write(bench.now, asks(request), &bench.line.view())[0].is_ok(), "once more");
    }
    // A mode that the line does not take any more is answered, too.
    let mut bench = idle();
    let mut tags = Handshake::default();
    let manual =
        Written { unit_mode: Some(3), unit_mode_change_request: Some(true), ..Written::default() };
    assert!(tags.write(bench.now, manual, &bench.line.view())[0].is_ok());
    bench.ask(Request::Start);
    bench.say(Event::Mode(Mode::Manual));
    assert_eq!(bench.line.mode(), Mode::Production);
    assert!(tags.write(bench.now, asks(Request::Stop), &bench.line.view())[0].is_ok());
}

#[test]
fn stop_and_abort_are_taken_whatever_is_on_its_way() {
    let bench = idle();
    let view = bench.line.view();
    for request in [Request::Stop, Request::Abort] {
        let mut tags = Handshake::default();
        assert!(tags.write(bench.now, asks(Request::Start), &view)[0].is_ok());
        assert_eq!(tags.write(bench.now, asks(request), &view), [Ok(Event::Operator(request))]);
        let mut tags = Handshake::default();
        let both =
            Written { unit_mode: Some(3), unit_mode_change_request: Some(true), ..asks(request) };
        let answers = tags.write(bench.now, both, &view);
        assert_eq!(answers, [Ok(Event::Mode(Mode::Manual)), Ok(Event::Operator(request))]);
    }
}
