//! Write the value, raise the request: taken once, answered always.
use super::{idle, stopped};
use crate::line_bench::MS;
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
