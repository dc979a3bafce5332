//! Touching products, the gate and the bin, many products at once, and a line that comes back.
use crate::line_bench::{Bench, MS, code, settings, symbol};
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::*;

fn settled(tag: u32, fate: Fate) -> Record {
    Record::ProductSettled { tag: Tag(tag), fate }
}

#[test]
fn products_that_touch_are_rejected_as_a_pair_and_their_codes_with_them() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::ProductArrived(Tag(1)));
    bench.plc(PlcEvent::ProductArrived(Tag(2)));
    bench.plc(PlcEvent::Touching(Tag(2)));
    let touching = Some(Verdict::Bad(RejectReason::Touching));
    assert_eq!([1, 2].map(|tag| bench.verdict(tag)), [touching, touching]);
    for tag in [1, 2] {
        bench.plc(PlcEvent::Applied(Tag(tag)));
        bench.plc(PlcEvent::Triggered(Tag(tag)));
        bench.read(tag, symbol(i64::from(tag)));
    }
    assert!(bench.passes().is_empty());
    for tag in [1, 2] {
        bench.plc(PlcEvent::RejectConfirmed(Tag(tag)));
        assert!(bench.records.contains(&settled(tag, Fate::Rejected)));
        assert_eq!(bench.moved(i64::from(tag)).last(), Some(&Step::Reject));
    }
    assert_eq!(bench.line.view().done, 0);
}

#[test]
fn a_product_that_comes_to_touch_behind_the_camera_takes_its_good_neighbour_with_it() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.labelled(2);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Touching(Tag(2)));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::Touching)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt));
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
}

#[test]
fn a_good_product_that_falls_before_it_left_is_rejected_with_an_alarm_of_its_own() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::NotOrdered(Tag(1)));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::FalseEject)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
    assert!(bench.records.contains(&settled(1, Fate::Rejected)));
    assert_eq!(bench.line.view().why, Some(StopReason::FalseEject));
}

#[test]
fn a_good_product_that_left_by_the_books_and_lies_in_the_bin_counts_no_more() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert_eq!(bench.line.view().done, 1);
    bench.plc(PlcEvent::NotOrdered(Tag(1)));
    assert!(bench.records.contains(&Record::CameBack { tag: Tag(1) }));
    assert_eq!(bench.line.view().done, 0);
    assert_eq!(bench.line.view().why, Some(StopReason::FalseEject));
}

#[test]
fn more_in_the_bin_than_was_pushed_out_is_counted_and_holds_the_line() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::NotOrdered(Tag(0)));
    let more = Record::Bin { tag: Tag(0), what: InBin::NotOrdered };
    assert!(bench.records.contains(&more));
    assert_eq!(bench.line.view().why, Some(StopReason::BinNotOrdered));
}

#[test]
fn a_product_without_a_tag_is_flushed_and_counted_in_the_bin() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::RejectConfirmed(Tag(0)));
    assert_eq!(bench.records, [Record::Bin { tag: Tag(0), what: InBin::Flushed }]);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.plc(PlcEvent::RejectUnconfirmed(Tag(0)));
    assert_eq!(bench.line.view().why, Some(StopReason::RejectUnconfirmed));
}

#[test]
fn a_product_that_nobody_saw_entering_is_flushed_however_well_it_is_read() {
    let mut bench = Bench::running();
    bench.plc(PlcEvent::Applied(Tag(7)));
    bench.plc(PlcEvent::Triggered(Tag(7)));
    bench.read(7, symbol(1));
    assert_eq!(bench.verdict(7), Some(Verdict::Bad(RejectReason::Flushed)));
    assert!(bench.passes().is_empty());
    bench.plc(PlcEvent::RejectConfirmed(Tag(7)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
}

/// Twenty products stand between the applicator and the gate, good ones and bad ones.
#[test]
fn twenty_products_between_printer_and_gate_are_told_apart_by_their_tags() {
    let mut bench = Bench::new();
    bench.start(1..=8);
    let mut codes = 8;
    for tag in 1..=20 {
        bench.printed(i64::from(tag));
        bench.labelled(tag);
        if bench.commands.iter().any(|command| matches!(command, Command::Refill { .. })) {
            bench.say(Event::CodesArrived((codes + 1..=codes + 4).map(code).collect()));
            codes += 4;
        }
        bench.commands.retain(|command| matches!(command, Command::Plc(PlcCommand::Pass(_))));
    }
    assert_eq!(bench.line.view().products_on_belt, 20);
    let bad = |tag: u32| tag.is_multiple_of(4);
    for tag in 1..=20 {
        bench.read(tag, if bad(tag) { Reading::Nothing } else { symbol(i64::from(tag)) });
    }
    assert_eq!(bench.passes(), (1..=20).filter(|tag| !bad(*tag)).collect::<Vec<_>>());
    for tag in 1..=20 {
        let left = if bad(tag) { PlcEvent::RejectConfirmed } else { PlcEvent::Passed };
        bench.plc(left(Tag(tag)));
    }
    for tag in 1..=20 {
        let fate = if bad(tag) { Fate::Rejected } else { Fate::Verified };
        assert!(bench.records.contains(&settled(tag, fate)), "{tag}");
        let last = if bad(tag) { Step::Reject } else { Step::Verify };
        assert_eq!(bench.moved(i64::from(tag)).last(), Some(&last), "{tag}");
    }
    assert_eq!((bench.line.view().done, bench.line.state()), (15, LineState::Execute));
}

#[test]
fn what_is_beyond_the_length_of_the_belt_is_not_on_it_any_more() {
    let belt = LineSettings { on_belt_max: 3, ..settings() };
    let mut bench = Bench { line: Line::new(belt, Order::default()), ..Bench::new() };
    bench.start(1..=8);
    for tag in 1..=4 {
        bench.plc(PlcEvent::ProductArrived(Tag(tag)));
    }
    assert!(bench.records.contains(&settled(1, Fate::Unaccounted)));
    assert_eq!(bench.line.view().why, Some(StopReason::ProductMissing));
}

#[test]
fn after_a_restart_what_was_good_waits_for_the_gate_and_the_others_are_flushed() {
    let open = |tag, good| OpenProduct { tag: Tag(tag), code: Some(CodeId(i64::from(tag))), good };
    let known = Restored {
        under_way: vec![(code(1), CodeState::Verified), (code(3), CodeState::Applied)],
        products: vec![open(1, Some(true)), open(2, Some(false)), open(3, None)],
        ..Restored::default()
    };
    let (line, out) = Line::restore(settings(), Order::default(), known);
    let verdict = Verdict::Bad(RejectReason::Flushed);
    let judged = |record: &Record| matches!(record, Record::ProductJudged { .. });
    let judged: Vec<_> = out.records.into_iter().filter(judged).collect();
    assert_eq!(judged, [Record::ProductJudged { tag: Tag(3), verdict, picture: None }]);
    let mut bench = Bench { line, ..Bench::new() };
    bench.plc(PlcEvent::Up(Since::Known));
    assert_eq!(bench.passes(), [1]);
    for tag in [2, 3] {
        bench.plc(PlcEvent::RejectConfirmed(Tag(tag)));
        assert!(bench.records.contains(&settled(tag, Fate::Rejected)));
    }
    assert_eq!(bench.moved(3), [Step::Reject]);
}

#[test]
fn labels_that_lay_on_the_pad_before_the_start_are_thrown_away_and_then_it_is_primed() {
    let mut bench = Bench::new();
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.plc(PlcEvent::Up(Since::Known));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((1..=8).map(code).collect()));
    bench.ask(Request::Start);
    assert!(bench.asked_to_clear() && bench.take_prints().is_empty());
    bench.plc(PlcEvent::PadCleared);
    bench.later(260 * MS);
    // Before the first product is here, so many labels wait for it.
    assert_eq!(bench.take_prints(), [1, 2, 3]);
}

#[test]
fn a_copy_of_a_label_that_was_good_before_a_restart_tells_nothing_about_the_first_one() {
    // The pass of product 1 was spoken, then its picture became unsure, then the power was cut.
    let known = Restored {
        under_way: vec![(code(1), CodeState::Doubtful)],
        were_good: vec![CodeId(1)],
        products: vec![OpenProduct { tag: Tag(1), code: Some(CodeId(1)), good: Some(false) }],
        ..Restored::default()
    };
    let (line, _) = Line::restore(settings(), Order::default(), known);
    let mut bench = Bench { line, ..Bench::new() };
    bench.start(2..=9);
    bench.labelled(2);
    bench.read(2, symbol(1));
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::Duplicate)));
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert!(bench.records.contains(&Record::AlarmRaised(StopReason::BadProductPassed)));
    bench.plc(PlcEvent::RejectConfirmed(Tag(2)));
    assert_eq!(bench.moved(1), [], "one of the two left: its code stays in doubt");
}

#[test]
fn a_flushed_product_with_the_label_of_a_good_one_that_vanished_does_not_reject_its_code() {
    let mut bench = Bench::running();
    for tag in [1, 2] {
        bench.labelled(tag);
        bench.read(tag, symbol(i64::from(tag)));
    }
    bench.plc(PlcEvent::Passed(Tag(2)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt), "nobody saw it leave");
    bench.plc(PlcEvent::Applied(Tag(7)));
    bench.plc(PlcEvent::Triggered(Tag(7)));
    bench.read(7, symbol(1));
    bench.plc(PlcEvent::RejectConfirmed(Tag(7)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt));
}

#[test]
fn a_flushed_product_that_shows_another_label_than_it_should_carry_puts_that_one_in_doubt() {
    let known = Restored {
        under_way: vec![(code(9), CodeState::Sent)],
        products: vec![OpenProduct { tag: Tag(1), code: None, good: None }],
        ..Restored::default()
    };
    let (line, _) = Line::restore(settings(), Order::default(), known);
    let mut bench = Bench { line, ..Bench::new() };
    bench.start(1..=8);
    bench.plc(PlcEvent::Applied(Tag(1)));
    bench.plc(PlcEvent::Triggered(Tag(1)));
    assert_eq!(bench.moved(1).last(), Some(&Step::Apply));
    bench.read(1, symbol(9));
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt), "wherever it is, it is not there");
    assert_eq!(bench.line.view().why, Some(StopReason::LabelsOutOfStep));
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    assert_eq!(bench.moved(9).last(), Some(&Step::Reject));
}

#[test]
fn a_rejected_code_whose_product_vanished_is_rejected_once_also_if_its_label_is_seen_again() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.later(200 * MS);
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject), "nobody saw it");
    bench.labelled(2);
    bench.read(2, symbol(2));
    bench.labelled(3);
    bench.plc(PlcEvent::RejectConfirmed(Tag(2)));
    assert!(bench.records.contains(&settled(1, Fate::Unaccounted)));
    bench.read(3, symbol(1));
    bench.plc(PlcEvent::RejectConfirmed(Tag(3)));
    assert_eq!(bench.moved(1), [Step::Print, Step::Apply, Step::Reject]);
}

#[test]
fn a_code_in_doubt_that_ended_in_the_bin_is_rejected_once_also_if_its_label_is_seen_again() {
    let known = Restored {
        under_way: vec![(code(1), CodeState::Applied)],
        products: vec![OpenProduct { tag: Tag(1), code: Some(CodeId(1)), good: None }],
        ..Restored::default()
    };
    let (line, opening) = Line::restore(settings(), Order::default(), known);
    let mut bench = Bench { line, ..Bench::new() };
    bench.records = opening.records;
    bench.start(2..=9);
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    bench.labelled(2);
    bench.read(2, symbol(1));
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::Foreign)));
    bench.plc(PlcEvent::RejectConfirmed(Tag(2)));
    assert_eq!(bench.moved(1), [Step::Doubt, Step::Reject]);
}

/// The label of product 1 was verified by a process before this one.
fn shows_a_label_from_before(found: Found) -> Bench {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.labelled(2);
    bench.read(1, symbol(900));
    let text = code(900).text.as_str().to_owned();
    assert!(bench.commands.contains(&Command::LookUp { tag: Tag(1), text }), "the store is asked");
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::Foreign)), "rejected at once");
    bench.say(Event::Known { tag: Tag(1), found });
    bench
}

#[test]
fn a_copy_of_a_label_that_was_verified_before_a_restart_is_a_duplicate_and_stops_the_line() {
    let mut bench = shows_a_label_from_before(Found::Not(RejectReason::Duplicate));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::Duplicate)));
    assert!(bench.line.view().alarms.contains(&StopReason::DuplicateSeen));
    assert_eq!(bench.moved(2).last(), Some(&Step::Doubt), "what follows cannot be trusted");
    assert_ne!(bench.line.state(), LineState::Execute);
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    assert!(bench.records.contains(&settled(1, Fate::Rejected)));
}

#[test]
fn a_label_that_the_store_does_not_know_as_verified_stays_foreign_and_the_line_runs_on() {
    for reason in [RejectReason::UnknownCode, RejectReason::Foreign, RejectReason::UsedUp] {
        let mut bench = shows_a_label_from_before(Found::Not(reason));
        assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::Foreign)));
        bench.read(2, symbol(2));
        assert_eq!((bench.passes(), bench.line.state()), (vec![2], LineState::Execute));
    }
}

#[test]
fn a_copy_that_lies_in_the_bin_before_the_store_answers_stops_the_line_all_the_same() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.read(1, symbol(900));
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    bench.say(Event::Known { tag: Tag(1), found: Found::Not(RejectReason::Duplicate) });
    assert!(bench.line.view().alarms.contains(&StopReason::DuplicateSeen));
}

#[test]
fn the_label_of_a_product_before_it_is_no_copy_and_the_store_is_not_asked() {
    let mut bench = Bench::running();
    bench.labelled(1);
    bench.labelled(2);
    bench.read(2, symbol(1));
    assert!(!bench.commands.iter().any(|command| matches!(command, Command::LookUp { .. })));
}
