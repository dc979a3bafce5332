//! What one line does, fact by fact.
use crate::line_bench::{Bench, MS, code, settings, symbol};
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::*;

#[test]
fn a_product_with_its_own_code_passes_and_is_settled_at_the_gate() {
    let mut bench = Bench::running();
    bench.printed(1);
    bench.labelled(1);
    bench.read(1, symbol(1));
    assert_eq!(bench.moved(1), [Step::Print, Step::Apply, Step::Verify]);
    assert_eq!(bench.passes(), [1]);
    bench.plc(PlcEvent::Passed(Tag(1)));
    let settled = Record::ProductSettled { tag: Tag(1), fate: Fate::Verified };
    assert!(bench.records.contains(&settled));
    assert_eq!(bench.line.view().done, 1);
}

#[test]
fn a_plain_data_matrix_with_the_right_text_does_not_pass() {
    let mut bench = Bench::running();
    bench.labelled(1);
    let text = code(1).text.as_str().to_owned();
    bench.read(1, Reading::Symbol { text, identifier: "]d1".to_owned(), quality: None });
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::NotGs1)));
    assert!(bench.passes().is_empty());
}

#[test]
fn a_second_reading_of_a_judged_product_changes_nothing() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, Reading::Nothing);
    bench.forget();
    bench.read(1, symbol(1));
    assert!(bench.records.is_empty() && bench.commands.is_empty());
}

#[test]
fn no_picture_in_time_is_a_reject() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.later(201 * MS);
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::NoPicture)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
}

#[test]
fn a_good_product_in_the_bin_came_too_late_and_its_code_is_rejected() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::LateVerdict)));
    assert_eq!(bench.line.view().done, 0);
}

#[test]
fn a_reject_may_be_seen_after_later_products_passed_but_not_for_ever() {
    let mut bench = Bench::running();
    for tag in 1..=3 {
        bench.labelled(tag);
    }
    bench.read(1, Reading::Nothing);
    bench.read(2, symbol(2));
    bench.read(3, symbol(3));
    bench.plc(PlcEvent::Passed(Tag(2)));
    bench.plc(PlcEvent::Passed(Tag(3)));
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.labelled(4);
    bench.read(4, symbol(4));
    bench.plc(PlcEvent::Passed(Tag(4)));
    let lost = Record::ProductSettled { tag: Tag(1), fate: Fate::Unaccounted };
    assert!(bench.records.contains(&lost));
    assert_eq!(bench.line.view().why, Some(StopReason::ProductMissing));
}

#[test]
fn a_lost_printer_holds_the_line_and_puts_unconfirmed_labels_in_doubt() {
    let mut bench = Bench::running();
    bench.printed(1);
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Unreachable)));
    assert_eq!(bench.moved(1), [Step::Print]);
    assert_eq!(bench.moved(2), [Step::Doubt]);
    assert_eq!(bench.moved(3), [Step::Doubt]);
    let why = StopReason::Printer(Cause::Unreachable);
    assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Held, Some(why)));

    bench.forget();
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear(), "what lies behind the known label is not known");
    assert!(bench.take_prints().is_empty());
    bench.plc(PlcEvent::PadCleared);
    assert_eq!(bench.moved(1), [Step::Scrap]);
    assert_eq!(bench.take_prints(), [4, 5, 6]);
}

#[test]
fn a_counter_that_is_off_leaves_a_label_that_nobody_knows_and_the_pad_is_cleared() {
    let mut bench = Bench::running();
    (1..=3).for_each(|n| bench.printed(n));
    bench.say(Event::Printer(PrinterEvent::Down(Cause::CounterOff)));
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.later(300 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
    bench.forget();
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear());
    bench.plc(PlcEvent::PadCleared);
    assert_eq!(bench.line.state(), LineState::Execute);
    assert_eq!([1, 2, 3].map(|n| bench.moved(n)), [[Step::Scrap], [Step::Scrap], [Step::Scrap]]);
}

#[test]
fn a_product_from_before_a_restart_shows_its_doubtful_code_and_the_line_runs_on() {
    let product = OpenProduct { tag: Tag(1), code: Some(CodeId(1)), good: None };
    let known = Restored {
        state: None,
        under_way: vec![(code(1), CodeState::Applied)],
        products: vec![product],
        ..Restored::default()
    };
    let (line, out) = Line::restore(settings(), Order::default(), known);
    let verdict = Verdict::Bad(RejectReason::Flushed);
    let flushed = Record::ProductJudged { tag: Tag(1), verdict, picture: None };
    assert!(out.records.contains(&flushed), "{out:?}");
    let mut bench = Bench { line, ..Bench::new() };
    bench.start(2..=9);
    bench.forget();
    bench.read(1, symbol(1));
    assert_eq!(bench.verdict(1), None, "what is flushed stays flushed");
    assert!(bench.passes().is_empty());
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    assert_eq!(bench.moved(1), [Step::Reject]);
}

#[test]
fn a_blocked_printer_holds_the_line_and_its_labels_are_not_in_doubt() {
    let mut bench = Bench::running();
    bench.say(Event::Printer(PrinterEvent::Blocked(Cause::OutOfLabels)));
    bench.later(2_000 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
    assert!(bench.moved(1).is_empty());
    bench.say(Event::Printer(PrinterEvent::Unblocked));
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
}

#[test]
fn a_print_head_that_is_too_hot_holds_the_line_until_it_has_cooled() {
    let hot = StopReason::Printer(Cause::TooHot);
    let after = |others: &[Event]| {
        let mut bench = Bench::running();
        (1..=3).for_each(|n| bench.printed(n));
        bench.say(Event::Printer(PrinterEvent::Blocked(Cause::TooHot)));
        assert_eq!((bench.line.state(), bench.line.view().why), (LineState::Held, Some(hot)));
        for other in others {
            bench.say(other.clone());
        }
        bench.say(Event::Printer(PrinterEvent::Unblocked));
        bench.line.state()
    };
    assert_eq!(after(&[]), LineState::Execute, "nobody had to do anything");
    let in_bin = Event::Plc(PlcEvent::NotOrdered(Tag(0)));
    let no_labels = Event::Printer(PrinterEvent::Blocked(Cause::OutOfLabels));
    let lost = Event::Printer(PrinterEvent::Down(Cause::Silent));
    let back = Event::Printer(PrinterEvent::Up);
    for others in [vec![in_bin], vec![no_labels], vec![lost, back]] {
        assert_eq!(after(&others), LineState::Held, "somebody has to look: {others:?}");
    }
}

#[test]
fn a_label_that_does_not_come_out_holds_the_line_in_time() {
    let mut bench = Bench::running();
    bench.later(501 * MS);
    assert_eq!(bench.line.view().why, Some(StopReason::PrintLate));
    assert_eq!(bench.moved(1), [Step::Doubt]);
}

#[test]
fn a_later_label_in_the_picture_puts_those_before_it_in_doubt_and_the_row_moves_up() {
    let mut bench = Bench::running();
    for tag in 1..=3 {
        bench.labelled(tag);
    }
    bench.read(1, symbol(1));
    // Label 2 was swallowed: product 2 carries 3, product 3 carries 4.
    bench.read(2, symbol(3));
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::WrongCode)));
    assert_eq!(bench.moved(2).last(), Some(&Step::Doubt));
    assert_eq!(bench.moved(3).last(), Some(&Step::Reject));
    bench.read(3, symbol(4));
    assert_eq!(bench.verdict(3), Some(Verdict::Good));
    assert_eq!(bench.passes(), [1, 3]);
}

#[test]
fn a_code_seen_twice_holds_the_line_and_nothing_is_printed_before_the_pad_is_clear() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.labelled(2);
    bench.read(2, symbol(1));
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::Duplicate)));
    assert_eq!(bench.line.state(), LineState::Held);
    for n in 2..=5 {
        assert_eq!(bench.moved(n).last(), Some(&Step::Doubt), "code {n}");
    }
    bench.forget();
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear());
    assert!(bench.take_prints().is_empty());
}

#[test]
fn rejects_in_a_row_hold_the_line() {
    let mut bench = Bench::running();
    for tag in 1..=3 {
        assert_eq!(bench.line.state(), LineState::Execute);
        bench.labelled(tag);
        bench.read(tag, Reading::Nothing);
    }
    assert_eq!(bench.line.view().why, Some(StopReason::TooManyRejects));
    // The labels that the printer still has come out before the line is held.
    assert_eq!(bench.line.state(), LineState::Holding);
    bench.printed(6);
    assert_eq!(bench.line.state(), LineState::Held);
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
}

#[test]
fn a_lost_heartbeat_aborts_the_line_and_reset_leads_back_to_idle() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::Down(Cause::HeartbeatLost));
    assert_eq!(bench.line.state(), LineState::Aborted);
    bench.plc(PlcEvent::Up(Since::Known));
    bench.ask(Request::Reset);
    assert_eq!(bench.line.state(), LineState::Idle);
    bench.forget();
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear());
}

#[test]
fn products_are_unaccounted_when_the_plc_forgot_them() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Down(Cause::Silent));
    bench.plc(PlcEvent::Up(Since::Lost));
    let lost = Record::ProductSettled { tag: Tag(1), fate: Fate::Unaccounted };
    assert!(bench.records.contains(&lost));
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt));
}

#[test]
fn a_pass_is_said_again_after_a_lost_connection_while_the_product_is_on_the_belt() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Down(Cause::Silent));
    bench.forget();
    bench.plc(PlcEvent::Up(Since::Known));
    assert_eq!(bench.passes(), [1]);
}

#[test]
fn codes_used_up_close_the_infeed_before_a_product_comes_without_a_label() {
    let mut bench = Bench::running();
    bench.say(Event::CodesExhausted);
    for tag in 1..=5 {
        bench.labelled(tag);
        bench.read(tag, symbol(i64::from(tag)));
        bench.say(Event::CodesExhausted);
    }
    bench.forget();
    for tag in 6..=8 {
        bench.plc(PlcEvent::ProductArrived(Tag(tag)));
    }
    let closed = Command::Plc(PlcCommand::Run(Run { belt: true, infeed: false }));
    assert!(bench.commands.contains(&closed), "{:?}", bench.commands);
}

#[test]
fn an_orderly_stop_empties_the_belt_and_scraps_the_labels_on_the_pad() {
    let mut bench = Bench::running();
    for n in 1..=3 {
        bench.printed(n);
    }
    bench.labelled(1);
    bench.printed(4);
    bench.read(1, symbol(1));
    bench.ask(Request::Stop);
    assert_eq!(bench.line.state(), LineState::Stopping);
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert!(bench.asked_to_clear());
    bench.plc(PlcEvent::PadCleared);
    assert_eq!(bench.line.state(), LineState::Stopped);
    assert_eq!(bench.moved(2).last(), Some(&Step::Scrap));
    assert!(bench.line.is_empty());
}

#[test]
fn a_restored_line_doubts_what_was_under_way_and_clears_the_pad_before_it_prints() {
    let known = Restored {
        state: Some(LineState::Execute),
        under_way: vec![
            (code(1), CodeState::Sent),
            (code(2), CodeState::Applied),
            (code(3), CodeState::Verified),
        ],
        products: vec![
            OpenProduct { tag: Tag(7), code: Some(CodeId(3)), good: Some(true) },
            OpenProduct { tag: Tag(8), code: Some(CodeId(2)), good: None },
        ],
        ..Restored::default()
    };
    let (line, opening) = Line::restore(settings(), Order::default(), known);
    let mut bench = Bench { line, ..Bench::new() };
    bench.records = opening.records;
    assert_eq!(bench.moved(1), [Step::Doubt]);
    assert_eq!(bench.moved(2), [Step::Doubt]);
    assert!(bench.moved(3).is_empty());

    bench.say(Event::Printer(PrinterEvent::Up));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.plc(PlcEvent::Up(Since::Known));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived(vec![code(4)]));
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear());
    assert!(bench.take_prints().is_empty());
    bench.plc(PlcEvent::PadCleared);
    // What a PLC or a camera tells late must have been told before the belt moves.
    bench.later(260 * MS);
    assert_eq!(bench.take_prints(), [4]);

    bench.plc(PlcEvent::Passed(Tag(7)));
    bench.plc(PlcEvent::RejectConfirmed(Tag(8)));
    assert_eq!(bench.moved(2), [Step::Doubt, Step::Reject]);
    assert_eq!(bench.line.view().done, 1);
}

#[test]
fn a_roll_needs_only_the_printer_and_is_complete_when_its_labels_are_out() {
    let settings = LineSettings { scenario: Scenario::Roll, ends_with_codes: true, ..settings() };
    let line = Line::new(settings, Order { planned: 2, ..Order::default() });
    let mut bench = Bench { line, ..Bench::new() };
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((1..=3).map(code).collect()));
    bench.ask(Request::Start);
    assert_eq!(bench.take_prints(), [1, 2]);
    bench.printed(1);
    bench.printed(2);
    assert_eq!(bench.line.state(), LineState::Complete);
    assert_eq!(bench.moved(2), [Step::Send, Step::Print]);
    assert_eq!(bench.moved(3), []);
}

#[test]
fn a_request_that_the_state_does_not_take_changes_nothing() {
    let mut bench = Bench::new();
    for request in [Request::Start, Request::Hold, Request::Stop, Request::Clear] {
        bench.ask(request);
        assert_eq!(bench.line.state(), LineState::Stopped, "{request:?}");
    }
    assert!(bench.records.is_empty());
}

#[test]
fn a_reject_that_nobody_saw_falling_puts_its_code_in_doubt() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::RejectUnconfirmed(Tag(1)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt));
    let lost = Record::ProductSettled { tag: Tag(1), fate: Fate::Unaccounted };
    assert!(bench.records.contains(&lost));
    assert_eq!(bench.line.view().why, Some(StopReason::RejectUnconfirmed));
}

#[test]
fn labels_that_a_second_clearing_took_away_are_not_trusted() {
    let mut bench = Bench::running();
    bench.printed(1);
    bench.plc(PlcEvent::PadCleared);
    assert_eq!(bench.line.view().why, Some(StopReason::LabelsOutOfStep));
    bench.labelled(1);
    assert!(!bench.moved(1).contains(&Step::Apply));
}

#[test]
fn a_job_whose_codes_are_used_up_ends_also_right_after_a_restart() {
    let settings = LineSettings { scenario: Scenario::Roll, ends_with_codes: true, ..settings() };
    let under_way = vec![(code(3), CodeState::Sent)];
    let known = Restored { state: Some(LineState::Execute), under_way, ..Restored::default() };
    let (line, opening) = Line::restore(settings, Order { planned: 3, done: 2, job: 1 }, known);
    let mut bench = Bench { line, ..Bench::new() };
    bench.records = opening.records;
    assert_eq!(bench.moved(3), [Step::Doubt]);
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Reset);
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Starting);
    bench.say(Event::CodesExhausted);
    assert_eq!(bench.line.state(), LineState::Complete);
}

#[test]
fn a_code_that_was_never_written_is_scrapped_also_where_the_line_stands_already() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::Down(Cause::Silent));
    bench.ask(Request::Clear);
    assert_eq!(bench.line.state(), LineState::Stopped);
    bench.say(Event::Printer(PrinterEvent::NotWritten(CodeId(1))));
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Unreachable)));
    assert_eq!(bench.moved(1), [Step::Scrap]);
    assert_eq!(bench.moved(2), [Step::Doubt]);
}

#[test]
fn labels_wait_on_the_pad_and_not_in_a_printer_with_a_small_window() {
    let settings = LineSettings { labels_ahead: 3, rows_in_printer: 1, ..settings() };
    let mut bench = Bench { line: Line::new(settings, Order::default()), ..Bench::new() };
    bench.start(1..=8);
    assert_eq!(bench.take_prints(), [1]);
    for n in 1..=2 {
        bench.printed(n);
        assert_eq!(bench.take_prints(), [n + 1]);
    }
    bench.printed(3);
    assert_eq!(bench.take_prints(), [0; 0], "three lie on the pad");
}

#[test]
fn a_camera_without_a_wire_is_told_whose_picture_to_take() {
    let mut bench = Bench::new();
    let settings = LineSettings { asks_for_pictures: true, ..settings() };
    bench.line = Line::new(settings, Order::default());
    bench.start(1..=8);
    bench.forget();
    bench.labelled(1);
    let asked = |bench: &Bench| -> Vec<Command> {
        let is = |command: &&Command| matches!(command, Command::TakePicture(_));
        bench.commands.iter().filter(is).cloned().collect()
    };
    assert_eq!(asked(&bench), [Command::TakePicture(Tag(1))]);
    bench.forget();
    bench.read(1, symbol(1));
    assert_eq!(bench.verdict(1), Some(Verdict::Good));
    assert!(asked(&bench).is_empty(), "once");
}
