//! Frames and triggers: a camera that counts, print quality, and the pictures that are kept.
use crate::line_bench::{self, Bench, MS, settings, symbol};
use markwright::code::Step;
use markwright::line::*;

/// A bench that runs, whose labels have all come out.
fn running() -> Bench {
    let mut bench = Bench::running();
    bench.printed(3);
    bench.forget();
    bench
}

fn counted(bench: &mut Bench, count: u32, reading: Reading) {
    let (of, picture) = (FrameOf::Count(count), Some(PictureId(u64::from(count))));
    bench.say(Event::Camera(CameraEvent::Read { of, reading, picture }));
}

fn raised(bench: &Bench, reason: StopReason) -> bool {
    bench.records.contains(&Record::AlarmRaised(reason))
}

const GOOD: Option<Verdict> = Some(Verdict::Good);
const UNSEEN: Option<Verdict> = Some(Verdict::Bad(RejectReason::NoPicture));

#[test]
fn the_nth_frame_is_of_the_nth_trigger_whichever_is_told_first() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    assert_eq!(bench.verdict(1), GOOD);

    bench.later(60 * MS);
    bench.plc(PlcEvent::ProductArrived(Tag(2)));
    bench.plc(PlcEvent::Applied(Tag(2)));
    counted(&mut bench, 2, symbol(2));
    assert_eq!(bench.verdict(2), None, "nobody told of its trigger");
    bench.plc(PlcEvent::Triggered(Tag(2)));
    assert_eq!(bench.verdict(2), GOOD);
    bench.later(60 * MS);
    assert_eq!(bench.passes(), [1, 2]);
}

#[test]
fn a_number_left_out_is_a_product_without_a_picture_and_no_more() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    bench.later(60 * MS);
    bench.labelled(2);
    bench.later(200 * MS);
    bench.labelled(3);
    counted(&mut bench, 3, symbol(3));
    assert_eq!([1, 2, 3].map(|tag| bench.verdict(tag)), [GOOD, UNSEEN, GOOD]);
    assert_eq!(bench.line.state(), LineState::Execute);
}

#[test]
fn a_frame_from_before_a_reconnection_is_nobodys() {
    let mut bench = running();
    bench.labelled(1);
    bench.say(Event::Camera(CameraEvent::Down(Cause::Unreachable)));
    assert_eq!(bench.line.state(), LineState::Holding);
    bench.say(Event::Camera(CameraEvent::Up));
    // The belt runs out: product 2 comes by, and the new connection begins with a frame of it. Its
    // trigger is told later than that of product 1.
    bench.plc(PlcEvent::ProductArrived(Tag(2)));
    bench.plc(PlcEvent::Applied(Tag(2)));
    counted(&mut bench, 1, symbol(2));
    bench.plc(PlcEvent::Triggered(Tag(2)));
    bench.later(300 * MS);
    assert_eq!([1, 2].map(|tag| bench.verdict(tag)), [UNSEEN, UNSEEN]);

    bench.ask(Request::Start);
    bench.labelled(3);
    counted(&mut bench, 2, symbol(3));
    assert_eq!(bench.verdict(3), GOOD, "the counts begin anew at a standstill");
    assert!(!raised(&bench, StopReason::FramesOutOfStep));
}

#[test]
fn after_a_reconnection_the_belt_waits_until_everything_was_told() {
    let mut bench = running();
    bench.say(Event::Camera(CameraEvent::Down(Cause::Unreachable)));
    bench.later(300 * MS);
    bench.say(Event::Camera(CameraEvent::Up));
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Unholding);
    bench.later(259 * MS);
    assert_eq!(bench.line.state(), LineState::Unholding);
    bench.later(MS);
    assert_eq!(bench.line.state(), LineState::Execute);
}

#[test]
fn sums_that_differ_when_the_belt_stands_hold_the_line_and_put_its_products_in_doubt() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    bench.later(60 * MS);
    bench.labelled(2);
    bench.ask(Request::Hold);
    bench.later(259 * MS);
    assert!(!raised(&bench, StopReason::FramesOutOfStep));
    bench.later(MS);
    assert!(raised(&bench, StopReason::FramesOutOfStep));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::PictureUnsure)));
    assert_eq!(bench.moved(1), [Step::Apply, Step::Verify, Step::Doubt]);
    assert_eq!(bench.verdict(2), UNSEEN);
    bench.later(100 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
    assert!(StopReason::FramesOutOfStep.words().sentence().contains("trigger cable"));

    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.labelled(3);
    counted(&mut bench, 2, symbol(3));
    assert_eq!(bench.verdict(3), GOOD);
}

#[test]
fn equal_sums_when_the_belt_stands_are_no_news() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    bench.ask(Request::Hold);
    bench.later(400 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
    assert!(bench.line.view().alarms.is_empty());
    assert_eq!(bench.verdict(1), GOOD);
}

#[test]
fn a_frame_that_nobody_was_triggered_for_holds_the_line_in_time() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    counted(&mut bench, 2, symbol(1));
    bench.later(59 * MS);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.later(MS);
    assert_eq!(bench.line.state(), LineState::Holding);
    assert!(raised(&bench, StopReason::FramesOutOfStep));
    bench.labelled(2);
    assert_eq!(bench.verdict(2), None, "the frame before it is not its own");
}

const UNSURE: Option<Verdict> = Some(Verdict::Bad(RejectReason::PictureUnsure));

#[test]
fn a_counted_frame_passes_nobody_while_the_next_product_is_before_the_camera_already() {
    let mut bench = running();
    bench.labelled(1);
    bench.labelled(2);
    // Had the camera missed the first trigger, and the first label been lost, this would be it.
    counted(&mut bench, 1, symbol(1));
    assert_eq!(bench.verdict(1), UNSURE);
    assert_eq!(bench.moved(1), [Step::Apply, Step::Verify, Step::Doubt]);
    assert_eq!(bench.line.view().rejects_in_a_row, 1);
    counted(&mut bench, 2, symbol(2));
    assert_eq!(bench.verdict(2), GOOD, "no other trigger was told");
    bench.later(60 * MS);
    assert_eq!(bench.passes(), [2]);
}

#[test]
fn a_trigger_that_is_told_too_soon_after_a_counted_frame_makes_that_unsure() {
    // Until its own trigger would have been told, the frame may be of the next product.
    for (wait, passes, verdict) in [(59, &[][..], UNSURE), (60, &[1][..], GOOD)] {
        let mut bench = running();
        bench.labelled(1);
        counted(&mut bench, 1, symbol(1));
        bench.later(wait * MS);
        assert_eq!(bench.passes(), passes, "{wait} ms: a pass is not taken back");
        bench.labelled(2);
        assert_eq!(bench.verdict(1), verdict, "{wait} ms");
        counted(&mut bench, 2, symbol(2));
        assert_eq!(bench.verdict(2), GOOD);
        bench.later(60 * MS);
        assert_eq!(bench.passes(), [passes, &[2]].concat());
    }
}

#[test]
fn the_line_wakes_by_itself_to_speak_for_a_counted_product() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    assert_eq!(bench.line.next_wake(), Some((bench.now + 60 * MS, Deadline::Picture)));
    // With a tag there is nothing to wait for.
    bench.labelled(2);
    bench.read(2, symbol(2));
    assert_eq!(bench.passes(), [2]);
}

#[test]
fn a_product_is_unsure_also_where_its_frame_came_at_the_end_of_its_time() {
    let mut bench = running();
    bench.labelled(1);
    // The camera missed that trigger, and the label slipped to the next product.
    bench.later(195 * MS);
    counted(&mut bench, 1, symbol(1));
    bench.later(20 * MS);
    bench.plc(PlcEvent::ProductArrived(Tag(2)));
    bench.plc(PlcEvent::Triggered(Tag(2)));
    assert_eq!(bench.verdict(1), UNSURE, "the picture was due at 200 ms, this is told at 215");
    bench.later(300 * MS);
    assert!(bench.passes().is_empty());
}

#[test]
fn a_connection_that_is_lost_makes_no_product_sure() {
    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    bench.say(Event::Camera(CameraEvent::Down(Cause::Unreachable)));
    assert!(bench.passes().is_empty(), "the PLC may still tell of the next product");
    bench.labelled(2);
    assert_eq!(bench.verdict(1), UNSURE);

    let mut bench = running();
    bench.labelled(1);
    counted(&mut bench, 1, symbol(1));
    bench.plc(PlcEvent::Down(Cause::Unreachable));
    assert_eq!(bench.verdict(1), UNSURE, "nobody tells in time");
    bench.plc(PlcEvent::Up(Since::Known));
    bench.later(60 * MS);
    assert!(bench.passes().is_empty());
}

#[test]
fn products_told_too_soon_one_after_another_hold_the_line() {
    let mut bench = running();
    for tag in 1..=3 {
        bench.labelled(tag);
        counted(&mut bench, tag, symbol(i64::from(tag)));
        bench.later(59 * MS);
    }
    assert_eq!(bench.line.view().rejects_in_a_row, 0, "the third is not unsure yet");
    bench.labelled(4);
    assert_eq!([1, 2, 3].map(|tag| bench.verdict(tag)), [UNSURE; 3]);
    assert!(raised(&bench, StopReason::TooManyRejects));
    assert!(bench.passes().is_empty());
}

#[test]
fn products_that_follow_too_closely_for_a_camera_that_counts_hold_the_line() {
    let mut bench = running();
    bench.labelled(1);
    for tag in 2..=4 {
        bench.labelled(tag);
        counted(&mut bench, tag - 1, symbol(i64::from(tag) - 1));
        assert_eq!(bench.verdict(tag - 1), UNSURE, "{tag}");
    }
    assert!(raised(&bench, StopReason::TooManyRejects));
}

#[test]
fn with_tags_products_may_follow_as_closely_as_they_like() {
    let mut bench = running();
    bench.labelled(1);
    bench.labelled(2);
    bench.read(1, symbol(1));
    bench.read(2, symbol(2));
    assert_eq!([1, 2].map(|tag| bench.verdict(tag)), [GOOD, GOOD]);
}

fn expected(bench: &Bench) -> Vec<Vec<String>> {
    let of = |command: &Command| match command {
        Command::Expect(codes) => Some(codes.iter().map(|c| c.as_str().to_owned()).collect()),
        _ => None,
    };
    bench.commands.iter().filter_map(of).collect()
}

fn text(n: i64) -> String {
    let Reading::Symbol { text, .. } = symbol(n) else { unreachable!() };
    text
}

#[test]
fn the_camera_is_told_which_codes_it_may_see_and_only_when_that_changes() {
    let mut bench = Bench::new();
    bench.start(1..=8);
    assert_eq!(expected(&bench).last().unwrap(), &(1..=3).map(text).collect::<Vec<_>>());
    bench.printed(3);
    bench.forget();
    bench.plc(PlcEvent::ProductArrived(Tag(1)));
    bench.plc(PlcEvent::Triggered(Tag(1)));
    assert!(expected(&bench).is_empty(), "nothing new");
    bench.plc(PlcEvent::Applied(Tag(1)));
    bench.read(1, symbol(1));
    let told = expected(&bench);
    assert_eq!(told.last().unwrap()[0], text(2), "the first is read, the second is the next");
    assert!(told.iter().all(|codes| codes.len() <= 8));
}

#[test]
fn on_a_roll_the_camera_expects_the_labels_that_come_next() {
    let roll = RollSettings { camera: true, ..RollSettings::default() };
    let scenario = Scenario::Roll;
    let line = Line::new(LineSettings { scenario, roll, ..settings() }, Order::default());
    let mut bench = Bench { line, ..Bench::new() };
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((1..=8).map(line_bench::code).collect()));
    bench.ask(Request::Start);
    assert_eq!(expected(&bench).last().unwrap(), &(1..=3).map(text).collect::<Vec<_>>());
    bench.read(1, symbol(1));
    assert_eq!(expected(&bench).last().unwrap()[0], text(2));
}

#[test]
fn a_label_found_bad_or_in_doubt_is_expected_no_more() {
    let mut bench = running();
    bench.labelled(1);
    bench.labelled(2);
    bench.read(1, Reading::Nothing);
    assert_eq!(expected(&bench).last().unwrap()[0], text(2));
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Unreachable)));
    let left = expected(&bench).pop().unwrap();
    assert!(left.contains(&text(2)) && !left.contains(&text(5)), "{left:?}");
}

#[test]
fn a_counted_frame_that_shows_a_later_label_moves_no_label_in_the_books() {
    let mut bench = running();
    bench.labelled(1);
    bench.labelled(2);
    // The camera missed the first trigger: this is the second product.
    counted(&mut bench, 1, symbol(2));
    assert_eq!(bench.verdict(1), Some(Verdict::Bad(RejectReason::WrongCode)));
    assert!(raised(&bench, StopReason::FramesOutOfStep));
    assert_eq!(bench.moved(2), [Step::Apply, Step::Doubt]);
    counted(&mut bench, 2, symbol(3));
    assert_eq!(bench.verdict(2), None);
}

#[test]
fn a_late_counted_frame_holds_the_line_unless_it_shows_its_own_product() {
    // The camera saw the trigger of product 1 twice, and is late: what comes next is not of the next
    // product, whatever the time says.
    for (late, held) in [(symbol(2), false), (symbol(1), true), (Reading::Nothing, true)] {
        let mut bench = running();
        bench.labelled(1);
        counted(&mut bench, 1, symbol(1));
        bench.later(60 * MS);
        bench.labelled(2);
        bench.later(200 * MS);
        counted(&mut bench, 2, late.clone());
        assert_eq!(bench.verdict(2), UNSEEN);
        assert_eq!(raised(&bench, StopReason::FramesOutOfStep), held, "{late:?}");
        bench.labelled(3);
        counted(&mut bench, 3, symbol(3));
        assert_eq!(bench.verdict(3), if held { None } else { GOOD }, "{late:?}");
    }
}

#[test]
fn after_sums_that_differed_a_number_left_out_holds_the_line_again() {
    // Was the last frame before the standstill lost, or the first one after it?
    for (next, verdict) in [(2, GOOD), (3, None)] {
        let mut bench = running();
        bench.labelled(1);
        counted(&mut bench, 1, symbol(1));
        bench.later(60 * MS);
        bench.labelled(2);
        bench.ask(Request::Hold);
        bench.later(360 * MS);
        assert!(raised(&bench, StopReason::FramesOutOfStep));
        bench.ask(Request::Start);
        bench.forget();
        bench.labelled(3);
        bench.later(60 * MS);
        bench.labelled(4);
        counted(&mut bench, next, symbol(if next == 2 { 3 } else { 4 }));
        assert_eq!(bench.verdict(4), None);
        assert_eq!(raised(&bench, StopReason::FramesOutOfStep), verdict.is_none(), "{next}");
    }
}

#[test]
fn a_counted_frame_that_shows_a_product_with_a_verdict_is_out_of_step() {
    let mut bench = running();
    bench.labelled(1);
    let Reading::Symbol { text, quality, .. } = symbol(1) else { unreachable!() };
    let plain = Reading::Symbol { text, identifier: "]d1".to_owned(), quality };
    counted(&mut bench, 1, plain);
    bench.later(60 * MS);
    bench.labelled(2);
    counted(&mut bench, 2, symbol(1));
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::WrongCode)));
    assert_eq!(bench.moved(1), [Step::Apply, Step::Reject]);
    assert!(raised(&bench, StopReason::FramesOutOfStep));
}

#[test]
fn with_tags_a_frame_without_a_trigger_is_found_when_the_belt_stands() {
    let mut bench = running();
    bench.plc(PlcEvent::ProductArrived(Tag(1)));
    bench.plc(PlcEvent::Applied(Tag(1)));
    bench.read(1, symbol(1));
    assert_eq!(bench.verdict(1), GOOD, "the tag says which product it is");
    bench.ask(Request::Hold);
    bench.later(260 * MS);
    assert!(raised(&bench, StopReason::FramesOutOfStep));
    assert_eq!(bench.verdict(1), GOOD, "and is certain");
}

fn graded(n: i64, overall: u8) -> Reading {
    let Reading::Symbol { text, identifier, .. } = symbol(n) else { unreachable!() };
    let mut parameters = [Some(40); 8];
    parameters[2] = Some(overall);
    let quality = Quality { overall, parameters, growth: Some((80, 0)), calibrated: true };
    Reading::Symbol { text, identifier, quality: Some(quality) }
}

fn asking(quality: QualitySettings) -> Bench {
    let line = Line::new(LineSettings { quality, ..settings() }, Order::default());
    let mut bench = Bench { line, ..Bench::new() };
    bench.start(1..=8);
    bench.printed(3);
    bench.forget();
    bench
}

#[test]
fn the_right_code_below_the_least_grade_is_a_reject_with_its_grade_in_the_books() {
    let mut bench = asking(QualitySettings { least_grade: Some(15), keep_one_in: 0 });
    bench.labelled(1);
    bench.labelled(2);
    bench.read(1, graded(1, 15));
    bench.read(2, graded(2, 14));
    assert_eq!(bench.verdict(1), GOOD);
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::LowGrade)));
    assert_eq!(bench.moved(2), [Step::Apply, Step::Reject]);
    let grades = bench.records.iter().filter_map(|record| match record {
        Record::Graded { code, tag, quality, .. } => {
            Some((code.unwrap().0, tag.0, quality.overall))
        }
        _ => None,
    });
    assert_eq!(grades.collect::<Vec<_>>(), [(1, 1, 15), (2, 2, 14)]);
    let view = bench.line.view();
    let below = view.verdicts[0].quality.unwrap().below(view.least_grade.unwrap());
    assert_eq!(below, "below grade C: 1.4 (modulation 1.4, print growth +0.80, +0.00)");
}

#[test]
fn one_picture_in_so_many_good_ones_is_kept() {
    let mut bench = asking(QualitySettings { least_grade: None, keep_one_in: 2 });
    (1..=3).for_each(|tag| bench.labelled(tag));
    (1..=3_u32).for_each(|tag| bench.read(tag, graded(i64::from(tag), 40)));
    let kept = bench.commands.iter().filter_map(|command| match command {
        Command::KeepPicture(id) => Some(id.0),
        _ => None,
    });
    assert_eq!(kept.collect::<Vec<_>>(), [2]);
}

#[test]
fn a_worn_dot_is_told_while_the_line_runs_on_and_ends_by_itself() {
    let mut bench = running();
    let wears =
        |share| Event::Camera(CameraEvent::Wears { along: Along::Column, column: 7, share });
    bench.say(wears(94));
    let worn = StopReason::HeadWears(Wear { along: Along::Column, column: 7, share: 94 });
    assert!(raised(&bench, worn));
    assert_eq!(
        worn.words().sentence(),
        "A print-head dot fails: column 7 of the symbol is light in 94 % of the last labels: clean \
         the head, replace it before labels are rejected."
    );
    assert_eq!(bench.line.state(), LineState::Execute);
    bench.say(wears(0));
    assert!(bench.records.contains(&Record::AlarmCleared(worn)));
}
