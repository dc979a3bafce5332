//! Products that come with their labels, on a belt and in a person's hand.
use crate::line_bench::{Bench, MS, code, settings, symbol};
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::*;

/// A line without a printer that runs.
fn running() -> Bench {
    running_as(Scenario::Preprinted)
}

fn running_as(scenario: Scenario) -> Bench {
    let line = Line::new(LineSettings { scenario, ..settings() }, Order::default());
    let mut bench = Bench { line, ..Bench::new() };
    if scenario.has_belt() {
        bench.plc(PlcEvent::Up(Since::Known));
        bench.say(Event::Camera(CameraEvent::Up));
        bench.later(500 * MS);
    }
    bench.say(Event::Operator(Request::Reset));
    bench.say(Event::Operator(Request::Start));
    assert_eq!(bench.line.state(), LineState::Execute, "{:?}", bench.line.view());
    bench
}

/// A product that the camera was triggered for.
fn comes(bench: &mut Bench, tag: u32) {
    bench.plc(PlcEvent::ProductArrived(Tag(tag)));
    bench.plc(PlcEvent::Triggered(Tag(tag)));
}

fn asked(bench: &Bench) -> Vec<u32> {
    let asked = bench.commands.iter().filter_map(|command| match command {
        Command::LookUp { tag, .. } => Some(tag.0),
        _ => None,
    });
    asked.collect()
}

fn answer(bench: &mut Bench, tag: u32, found: Found) {
    bench.say(Event::Known { tag: Tag(tag), found });
}

fn bad(reason: RejectReason) -> Option<Verdict> {
    Some(Verdict::Bad(reason))
}

#[test]
fn a_line_without_a_printer_runs_without_one_and_asks_for_no_codes() {
    let bench = running();
    let none = |command: &Command| {
        !matches!(
            command,
            Command::Refill { .. } | Command::Printer(_) | Command::Plc(PlcCommand::ClearPad)
        )
    };
    assert!(bench.commands.iter().all(none), "{:?}", bench.commands);
    assert_eq!(bench.line.view().printer, None);
}

#[test]
fn a_new_code_of_the_job_passes_and_is_verified_before_the_pass_is_spoken() {
    let mut bench = running();
    comes(&mut bench, 1);
    bench.read(1, symbol(7));
    assert_eq!((asked(&bench), bench.passes().len()), (vec![1], 0));
    answer(&mut bench, 1, Found::New(CodeId(7)));
    assert_eq!(bench.moved(7), [Step::Verify]);
    let on = Record::ProductLabelled { tag: Tag(1), code: Some(CodeId(7)) };
    assert!(bench.records.contains(&on));
    assert_eq!(bench.passes(), [1]);
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert_eq!(bench.line.view().done, 1);
}

#[test]
fn what_the_store_does_not_know_as_new_is_rejected_for_its_reason_and_its_code_stays_as_it_is() {
    for reason in [
        RejectReason::Foreign,
        RejectReason::UnknownCode,
        RejectReason::OtherJob,
        RejectReason::Duplicate,
        RejectReason::InDoubt,
        RejectReason::UsedUp,
        RejectReason::NotPrinted,
    ] {
        let mut bench = running();
        comes(&mut bench, 1);
        bench.read(1, symbol(7));
        answer(&mut bench, 1, Found::Not(reason));
        assert_eq!(bench.verdict(1), bad(reason));
        bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
        assert!(bench.moved(7).is_empty() && bench.passes().is_empty(), "{reason:?}");
        assert_eq!(bench.line.state(), LineState::Execute, "one odd product holds nothing");
    }
}

#[test]
fn of_two_products_with_one_code_only_the_first_passes_whenever_the_store_was_asked() {
    let mut bench = running();
    comes(&mut bench, 1);
    comes(&mut bench, 2);
    bench.read(1, symbol(7));
    bench.read(2, symbol(7));
    // Both were asked for before either became durable.
    answer(&mut bench, 2, Found::New(CodeId(7)));
    answer(&mut bench, 1, Found::New(CodeId(7)));
    assert_eq!(bench.verdict(1), bad(RejectReason::Duplicate));
    assert_eq!(bench.passes(), [2]);
    assert_eq!(bench.moved(7), [Step::Verify]);
}

#[test]
fn before_the_plc_has_told_of_the_trigger_it_may_still_tell_that_products_touch() {
    let mut bench = running();
    bench.plc(PlcEvent::ProductArrived(Tag(1)));
    bench.plc(PlcEvent::Down(Cause::Silent));
    bench.plc(PlcEvent::Up(Since::Known));
    bench.say(Event::Operator(Request::Clear));
    // The camera was faster than what the PLC still has to tell.
    bench.read(1, symbol(7));
    answer(&mut bench, 1, Found::New(CodeId(7)));
    assert!(bench.passes().is_empty() && bench.moved(7).is_empty());
    bench.plc(PlcEvent::ProductArrived(Tag(2)));
    bench.plc(PlcEvent::Touching(Tag(2)));
    bench.plc(PlcEvent::Triggered(Tag(1)));
    assert_eq!(bench.verdict(1), bad(RejectReason::Touching));
    assert!(bench.passes().is_empty() && bench.moved(7).is_empty());
}

#[test]
fn a_store_that_says_nothing_in_time_is_a_no_and_a_late_answer_changes_nothing() {
    let mut bench = running();
    comes(&mut bench, 1);
    bench.read(1, symbol(7));
    bench.later(201 * MS);
    assert_eq!(bench.verdict(1), bad(RejectReason::NoAnswer));
    answer(&mut bench, 1, Found::New(CodeId(7)));
    assert!(bench.passes().is_empty() && bench.moved(7).is_empty());
    comes(&mut bench, 2);
    bench.later(201 * MS);
    assert_eq!(bench.verdict(2), bad(RejectReason::NoPicture));
}

#[test]
fn a_frame_that_is_only_counted_passes_nobody() {
    let mut bench = running();
    comes(&mut bench, 1);
    let of = FrameOf::Count(1);
    bench.say(Event::Camera(CameraEvent::Read { of, reading: symbol(7), picture: None }));
    assert_eq!(bench.verdict(1), bad(RejectReason::PictureUnsure));
    assert!(asked(&bench).is_empty());
    assert_eq!(bench.line.view().why, Some(StopReason::FramesOutOfStep));
}

#[test]
fn a_label_below_the_least_grade_is_used_up_with_its_product() {
    let quality = QualitySettings { least_grade: Some(15), ..QualitySettings::default() };
    let set = LineSettings { scenario: Scenario::Preprinted, quality, ..settings() };
    let mut bench = running();
    bench.line = Line::new(set, Order::default());
    bench.plc(PlcEvent::Up(Since::Known));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.later(500 * MS);
    bench.say(Event::Operator(Request::Reset));
    bench.say(Event::Operator(Request::Start));
    comes(&mut bench, 1);
    let Reading::Symbol { text, identifier, .. } = symbol(7) else { panic!("a symbol") };
    let low = Quality { overall: 10, parameters: [Some(10); 8], growth: None, calibrated: false };
    bench.read(1, Reading::Symbol { text, identifier, quality: Some(low) });
    answer(&mut bench, 1, Found::New(CodeId(7)));
    assert_eq!(bench.verdict(1), bad(RejectReason::LowGrade));
    assert_eq!(bench.moved(7), [Step::Reject]);
}

#[test]
fn a_product_in_sight_at_a_kill_is_not_believed_and_one_found_good_gets_its_pass_again() {
    let known = Restored {
        state: Some(LineState::Execute),
        under_way: vec![(code(7), CodeState::Verified), (code(8), CodeState::Printed)],
        products: vec![
            OpenProduct { tag: Tag(1), code: Some(CodeId(7)), good: Some(true) },
            OpenProduct { tag: Tag(2), code: None, good: None },
        ],
        ..Restored::default()
    };
    let set = LineSettings { scenario: Scenario::Preprinted, ..settings() };
    let (line, opening) = Line::restore(set, Order::default(), known);
    // What nobody has read on a product is no label under way.
    assert!(!opening.records.iter().any(|record| matches!(record, Record::Moved { .. })));
    let mut bench = Bench { line, ..Bench::new() };
    bench.plc(PlcEvent::Up(Since::Known));
    assert_eq!(bench.passes(), [1]);
    bench.plc(PlcEvent::Triggered(Tag(2)));
    bench.read(2, symbol(8));
    assert!(asked(&bench).is_empty());
    bench.plc(PlcEvent::RejectConfirmed(Tag(2)));
    let rejected = Record::ProductSettled { tag: Tag(2), fate: Fate::Rejected };
    assert!(bench.records.contains(&rejected));
}

#[test]
fn a_test_product_with_a_foreign_code_is_rejected_as_it_must_and_one_with_a_good_code_fails() {
    for (found, wanted) in [
        (Found::Not(RejectReason::Foreign), ChallengeResult::Rejected),
        (Found::Not(RejectReason::UsedUp), ChallengeResult::Failed),
        (Found::New(CodeId(7)), ChallengeResult::Failed),
    ] {
        let mut bench = running();
        bench.say(Event::Challenge { kind: ChallengeKind::Foreign, shows: None });
        comes(&mut bench, 1);
        bench.read(1, symbol(7));
        answer(&mut bench, 1, found);
        assert_eq!(bench.verdict(1), bad(RejectReason::Challenge));
        bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
        let result = bench.records.iter().find_map(|record| match record {
            Record::Challenged { result, .. } => Some(*result),
            _ => None,
        });
        assert_eq!(result, Some(wanted), "{found:?}");
        assert!(bench.moved(7).is_empty() && bench.passes().is_empty());
    }
}

fn scan(bench: &mut Bench, tag: u32, n: i64) {
    let Reading::Symbol { text, .. } = symbol(n) else { panic!("a symbol") };
    bench.say(Event::Scanned { tag: Tag(tag), text });
}

#[test]
fn a_label_scanned_by_hand_comes_into_the_books_with_verdict_and_fate_in_one() {
    let mut bench = running_as(Scenario::Manual);
    scan(&mut bench, 1, 7);
    assert!(bench.records.iter().all(|record| !matches!(record, Record::ProductSeen { .. })));
    bench.records.clear();
    answer(&mut bench, 1, Found::New(CodeId(7)));
    let tag = Tag(1);
    assert_eq!(
        bench.records,
        [
            Record::ProductSeen { tag },
            Record::ProductLabelled { tag, code: Some(CodeId(7)) },
            Record::Moved { code: CodeId(7), step: Step::Verify },
            Record::ProductJudged { tag, verdict: Verdict::Good, picture: None },
            Record::ProductSettled { tag, fate: Fate::Verified },
        ]
    );
    assert_eq!((bench.line.view().done, bench.line.is_empty()), (1, true));
}

#[test]
fn the_label_that_was_good_just_now_is_the_same_one_and_a_later_copy_is_a_duplicate() {
    let mut bench = running_as(Scenario::Manual);
    scan(&mut bench, 1, 7);
    answer(&mut bench, 1, Found::New(CodeId(7)));
    scan(&mut bench, 2, 7);
    assert_eq!(asked(&bench), [1]);
    assert_eq!(bench.line.view().verdicts[0].verdict, Verdict::Good);
    assert_eq!(bench.line.view().done, 1);
    scan(&mut bench, 3, 8);
    answer(&mut bench, 3, Found::Not(RejectReason::Foreign));
    scan(&mut bench, 4, 7);
    answer(&mut bench, 4, Found::Not(RejectReason::Duplicate));
    let fates: Vec<_> = bench
        .records
        .iter()
        .filter(|record| matches!(record, Record::ProductSettled { fate: Fate::Rejected, .. }))
        .collect();
    assert_eq!(fates.len(), 2);
}

#[test]
fn a_line_of_hands_that_does_not_run_takes_no_scan_and_a_silent_store_is_a_no() {
    let mut bench = running_as(Scenario::Manual);
    scan(&mut bench, 1, 7);
    bench.later(201 * MS);
    assert_eq!(bench.verdict(1), bad(RejectReason::NoAnswer));
    assert!(bench.line.is_empty());
    bench.say(Event::Operator(Request::Hold));
    scan(&mut bench, 2, 8);
    assert_eq!(asked(&bench), [1]);
}
