//! What a line does that makes a roll, fact by fact.
use crate::line_bench::{Bench, MS, code, settings, symbol};
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::*;

fn serial(n: i64) -> String {
    format!("2k{n:06}")
}

fn roll(roll: RollSettings) -> LineSettings {
    LineSettings { scenario: Scenario::Roll, ends_with_codes: true, roll, ..settings() }
}

fn marked() -> RollSettings {
    RollSettings { leader: true, trailer: true, ..RollSettings::default() }
}

fn watched() -> RollSettings {
    RollSettings { camera: true, ..RollSettings::default() }
}

fn order(planned: u64) -> Order {
    Order { planned, done: 0, job: 7 }
}

/// In Execute, with these codes in hand and nothing forgotten.
fn running(settings: LineSettings, planned: u64, codes: i64) -> Bench {
    let mut bench = Bench { line: Line::new(settings, order(planned)), ..Bench::new() };
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.say(Event::Camera(CameraEvent::Up));
    bench.ask(Request::Reset);
    bench.say(Event::CodesArrived((1..=codes).map(code).collect()));
    bench.ask(Request::Start);
    assert_eq!(bench.line.state(), LineState::Execute);
    bench
}

fn rows(bench: &Bench) -> Vec<Vec<i64>> {
    let row = |command: &Command| match command {
        Command::Printer(PrinterCommand::Row(codes)) => {
            Some(codes.iter().map(|code| code.id.0).collect())
        }
        _ => None,
    };
    bench.commands.iter().filter_map(row).collect()
}

fn marks(bench: &Bench) -> Vec<RollMark> {
    let mark = |command: &Command| match command {
        Command::Printer(PrinterCommand::Mark(mark)) => Some(mark.clone()),
        _ => None,
    };
    bench.commands.iter().filter_map(mark).collect()
}

fn mark_out(bench: &mut Bench) {
    bench.say(Event::Printer(PrinterEvent::MarkPrinted));
}

fn stood(bench: &Bench) -> (LineState, Option<StopReason>) {
    (bench.line.state(), bench.line.view().why)
}

#[test]
fn labels_stand_in_rows_and_the_last_row_may_be_short() {
    let two_up = RollSettings { labels_per_row: 2, ..RollSettings::default() };
    let settings = LineSettings { labels_ahead: 2, ..roll(two_up) };
    let mut bench = running(settings, 5, 8);
    assert_eq!(rows(&bench), [vec![1, 2], vec![3, 4]]);
    (1..=4).for_each(|n| bench.printed(n));
    assert_eq!(rows(&bench).last().unwrap(), &[5]);
    bench.printed(5);
    assert_eq!(bench.line.state(), LineState::Complete);
}

#[test]
fn a_printer_with_a_window_of_one_row_gets_one_row_at_a_time_and_so_much_is_in_doubt() {
    let two_up = RollSettings { labels_per_row: 2, ..RollSettings::default() };
    let settings = LineSettings { labels_ahead: 4, rows_in_printer: 1, ..roll(two_up) };
    let mut bench = running(settings, 8, 8);
    assert_eq!(rows(&bench), [vec![1, 2]]);
    (1..=2).for_each(|n| bench.printed(n));
    assert_eq!(rows(&bench), [vec![1, 2], vec![3, 4]]);
    bench.forget();
    bench.say(Event::Printer(PrinterEvent::Down(Cause::HeadOpen)));
    let doubtful = |n| Record::Moved { code: CodeId(n), step: Step::Doubt };
    let moved: Vec<_> =
        bench.records.iter().filter(|r| matches!(r, Record::Moved { .. })).cloned().collect();
    assert_eq!(moved, [3, 4].map(doubtful));
}

#[test]
fn a_row_waits_for_its_codes_as_long_as_codes_can_come() {
    let two_up = RollSettings { labels_per_row: 2, ..RollSettings::default() };
    let mut bench = running(roll(two_up), 10, 1);
    assert_eq!(rows(&bench), Vec::<Vec<i64>>::new());
    bench.say(Event::CodesArrived(vec![code(2)]));
    assert_eq!(rows(&bench), [vec![1, 2]]);

    let two_up = RollSettings { labels_per_row: 2, ..RollSettings::default() };
    let mut bench = running(roll(two_up), 10, 1);
    bench.say(Event::CodesExhausted);
    assert_eq!(rows(&bench), [vec![1]], "no more are coming");
}

#[test]
fn every_piece_has_a_leader_and_a_trailer_that_count_in_the_printer_and_not_in_the_job() {
    let mut bench = running(roll(marked()), 2, 8);
    let leader = RollMark::Leader { job: 7, first: serial(1), count: 2 };
    assert_eq!(marks(&bench), [leader]);
    mark_out(&mut bench);
    (1..=2).for_each(|n| bench.printed(n));
    assert_eq!(bench.line.view().done, 2);
    let (first, last) = (serial(1), serial(2));
    let trailer = RollMark::Trailer { job: 7, first, last, count: 2 };
    assert_eq!(marks(&bench).last(), Some(&trailer));
    assert_eq!(bench.line.state(), LineState::Completing);
    mark_out(&mut bench);
    assert_eq!(bench.line.state(), LineState::Complete);
}

#[test]
fn a_full_roll_is_closed_and_held_and_goes_on_with_a_leader_after_start() {
    let settings = RollSettings { pause_after: Some(2), ..marked() };
    let mut bench = running(roll(settings), 3, 8);
    assert_eq!(rows(&bench), [vec![1], vec![2]], "no label beyond the roll");
    mark_out(&mut bench);
    (1..=2).for_each(|n| bench.printed(n));
    assert!(matches!(marks(&bench).last(), Some(RollMark::Trailer { count: 2, .. })));
    mark_out(&mut bench);
    assert_eq!(stood(&bench), (LineState::Held, Some(StopReason::RollFull)));
    let words = StopReason::RollFull.words().sentence();
    assert_eq!(words, "Roll is full: change it, then press Start.");
    bench.forget();
    bench.ask(Request::Start);
    let leader = RollMark::Leader { job: 7, first: serial(3), count: 1 };
    assert_eq!((marks(&bench), rows(&bench)), (vec![leader], vec![vec![3]]));
    let place = Record::OnRoll { code: CodeId(3), piece: 2, place: 1, to_read: false };
    assert!(bench.records.contains(&place), "{:?}", bench.records);
}

#[test]
fn a_roll_that_was_stopped_begins_a_new_piece() {
    let mut bench = running(roll(marked()), 9, 8);
    mark_out(&mut bench);
    (1..=3).for_each(|n| bench.printed(n));
    bench.ask(Request::Stop);
    (4..=6).for_each(|n| bench.printed(n));
    assert!(matches!(marks(&bench).last(), Some(RollMark::Trailer { count: 6, .. })));
    mark_out(&mut bench);
    assert_eq!(bench.line.state(), LineState::Stopped);
    bench.forget();
    bench.ask(Request::Reset);
    bench.ask(Request::Start);
    assert!(matches!(marks(&bench).as_slice(), [RollMark::Leader { count: 3, .. }]));
}

#[test]
fn a_row_that_was_never_written_is_handed_over_again_without_a_second_step() {
    let mut bench = running(roll(marked()), 9, 8);
    mark_out(&mut bench);
    bench.printed(1);
    let last = *rows(&bench).last().and_then(|row| row.last()).unwrap();
    assert!(last >= 3, "one is in the printer, others wait");
    bench.forget();
    for n in 3..=last {
        bench.say(Event::Printer(PrinterEvent::NotWritten(CodeId(n))));
        assert!(bench.records.contains(&Record::TakenBack { code: CodeId(n) }));
    }
    assert_eq!(rows(&bench), Vec::<Vec<i64>>::new(), "a printer that gives back gets nothing");
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Silent)));
    assert_eq!(bench.moved(2).last(), Some(&Step::Doubt));
    assert_eq!(bench.moved(3), [], "it never left us");
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Start);
    assert_eq!(rows(&bench).first(), Some(&vec![3]));
    assert_eq!(bench.moved(3), [], "it is sent already");
    let place = Record::OnRoll { code: CodeId(3), piece: 2, place: 1, to_read: false };
    assert!(bench.records.contains(&place), "{:?}", bench.records);
}

#[test]
fn what_was_never_written_is_scrapped_when_the_line_rests() {
    let mut bench = running(roll(marked()), 9, 8);
    mark_out(&mut bench);
    bench.say(Event::Printer(PrinterEvent::NotWritten(CodeId(3))));
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Silent)));
    assert_eq!(bench.line.state(), LineState::Held);
    bench.ask(Request::Stop);
    assert_eq!(bench.line.state(), LineState::Stopped);
    assert_eq!(bench.moved(3).last(), Some(&Step::Scrap));
}

#[test]
fn a_lost_printer_ends_the_piece_because_nobody_knows_what_came_out_last() {
    let mut bench = running(roll(marked()), 9, 8);
    mark_out(&mut bench);
    bench.printed(1);
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Silent)));
    assert_eq!(bench.moved(2).last(), Some(&Step::Doubt));
    bench.forget();
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.ask(Request::Start);
    assert!(matches!(marks(&bench).as_slice(), [RollMark::Leader { .. }]));
    assert_eq!(rows(&bench).first(), Some(&vec![5]));
}

#[test]
fn a_new_roll_in_the_printer_begins_a_new_piece_after_start() {
    for cause in [Cause::OutOfLabels, Cause::OutOfRibbon, Cause::HeadOpen] {
        let settings = RollSettings { pause_after: Some(5), ..marked() };
        let mut bench = running(roll(settings), 9, 8);
        mark_out(&mut bench);
        (1..=2).for_each(|n| bench.printed(n));
        bench.say(Event::Printer(PrinterEvent::Blocked(cause)));
        bench.say(Event::Printer(PrinterEvent::Unblocked));
        (3..=5).for_each(|n| bench.printed(n));
        assert_eq!(stood(&bench), (LineState::Held, Some(StopReason::Printer(cause))));
        bench.forget();
        bench.ask(Request::Start);
        if cause == Cause::OutOfLabels {
            // Three labels that were in the printer are on the new roll already.
            let leader = RollMark::Leader { job: 7, first: serial(6), count: 2 };
            assert_eq!((marks(&bench), rows(&bench)), (vec![leader], vec![vec![6], vec![7]]));
        } else {
            assert_eq!(stood(&bench), (LineState::Held, Some(StopReason::RollFull)));
        }
    }
}

#[test]
fn a_paused_printer_ends_no_piece() {
    let mut bench = running(roll(marked()), 9, 8);
    mark_out(&mut bench);
    bench.say(Event::Printer(PrinterEvent::Blocked(Cause::Paused)));
    bench.say(Event::Printer(PrinterEvent::Unblocked));
    (1..=3).for_each(|n| bench.printed(n));
    bench.forget();
    bench.ask(Request::Start);
    assert_eq!((marks(&bench), rows(&bench).len()), (Vec::new(), 3));
}

#[test]
fn a_label_that_is_late_is_cancelled_before_its_code_is_in_doubt() {
    let mut bench = running(roll(RollSettings::default()), 9, 8);
    bench.forget();
    bench.later(501 * MS);
    assert_eq!(bench.line.view().why, Some(StopReason::PrintLate));
    assert!(bench.commands.contains(&Command::Printer(PrinterCommand::Cancel)));
    assert_eq!(bench.moved(1), [Step::Doubt]);
}

#[test]
fn spare_labels_are_made_if_there_are_codes_for_them() {
    let settings = RollSettings { spare_percent: 25, ..RollSettings::default() };
    assert_eq!((settings.goal(4), settings.goal(5), settings.goal(0)), (5, 7, 0));
    let mut bench = running(roll(settings.clone()), 4, 8);
    (1..=5).for_each(|n| bench.printed(n));
    assert_eq!((bench.line.state(), bench.line.view().done), (LineState::Complete, 5));
    assert_eq!(bench.line.view().planned, 4);

    let mut bench = running(roll(settings), 4, 4);
    bench.say(Event::CodesExhausted);
    (1..=4).for_each(|n| bench.printed(n));
    assert_eq!((bench.line.state(), bench.line.view().done), (LineState::Complete, 4));
}

#[test]
fn with_a_camera_only_labels_that_were_read_count() {
    let mut bench = running(roll(watched()), 2, 8);
    bench.printed(1);
    assert_eq!(bench.line.view().done, 0);
    bench.read(1, symbol(1));
    bench.read(2, symbol(2));
    assert_eq!(bench.moved(2), [Step::Send, Step::Print], "read before the counter moved");
    assert_eq!((bench.line.state(), bench.line.view().done), (LineState::Complete, 2));
}

#[test]
fn a_bad_label_is_rejected_and_marked_and_replaced_by_a_new_code() {
    let mut bench = running(roll(watched()), 3, 8);
    assert_eq!(rows(&bench), [vec![1], vec![2], vec![3]]);
    bench.read(1, Reading::Nothing);
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
    assert_eq!(marks(&bench), [RollMark::Void { serial: serial(1), back: 3 }]);
    assert_eq!(rows(&bench).last(), Some(&vec![4]));
    bench.read(2, symbol(2));
    bench.read(3, symbol(3));
    bench.read(4, Reading::Nothing);
    assert!(bench.moved(4) == [Step::Send], "the fourth was the mark");
    bench.read(5, symbol(4));
    assert_eq!((bench.line.state(), bench.line.view().done), (LineState::Complete, 3));
}

#[test]
fn a_label_that_the_camera_was_not_triggered_for_is_bad_and_the_others_keep_their_places() {
    let mut bench = running(roll(watched()), 3, 8);
    bench.read(1, symbol(2));
    let unseen = Verdict::Bad(RejectReason::NoPicture);
    let read = |code, verdict, picture| Record::LabelRead { code: CodeId(code), verdict, picture };
    assert!(bench.records.contains(&read(1, unseen, None)));
    assert!(bench.records.contains(&read(2, Verdict::Good, Some(PictureId(1)))));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
}

#[test]
fn a_label_that_is_not_read_in_time_is_bad() {
    let mut bench = running(roll(watched()), 3, 8);
    bench.printed(1);
    bench.later(201 * MS);
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
    assert!(matches!(marks(&bench).as_slice(), [RollMark::Void { back: 3, .. }]));
}

#[test]
fn a_copy_of_a_label_holds_the_roll_and_neither_of_the_two_counts() {
    let mut bench = running(roll(watched()), 9, 8);
    bench.read(1, symbol(1));
    bench.read(2, symbol(1));
    assert_eq!(bench.line.view().done, 0);
    assert_eq!(bench.moved(1).last(), Some(&Step::Doubt));
    assert_eq!(bench.line.view().why, Some(StopReason::DuplicateSeen));
}

#[test]
fn a_label_of_somebody_else_holds_the_roll() {
    let mut bench = running(roll(watched()), 9, 8);
    bench.read(1, symbol(900));
    assert_eq!(bench.line.view().why, Some(StopReason::ForeignSeen));
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject));
}

#[test]
fn a_label_that_came_out_after_its_printer_was_lost_is_rejected_where_the_camera_sees_it() {
    let mut bench = running(roll(watched()), 9, 8);
    bench.say(Event::Printer(PrinterEvent::Down(Cause::Silent)));
    bench.read(1, symbol(1));
    assert_eq!(bench.moved(1), [Step::Send, Step::Doubt, Step::Reject]);
}

#[test]
fn after_a_power_cut_a_printed_label_is_in_doubt_only_where_a_camera_was_to_read_it() {
    for (camera, doubts) in [(true, 1), (false, 0)] {
        let known = Restored {
            state: Some(LineState::Execute),
            under_way: vec![(code(1), CodeState::Printed)],
            pieces: 4,
            ..Restored::default()
        };
        let settings = roll(RollSettings { camera, ..marked() });
        let (line, opening) = Line::restore(settings, order(9), known);
        let mut bench = Bench { line, ..Bench::new() };
        bench.records = opening.records;
        assert_eq!(bench.moved(1).len(), doubts, "camera: {camera}");
        bench.say(Event::Printer(PrinterEvent::Up));
        bench.say(Event::Camera(CameraEvent::Up));
        bench.ask(Request::Reset);
        bench.say(Event::CodesArrived(vec![code(2)]));
        bench.ask(Request::Start);
        let place = Record::OnRoll { code: CodeId(2), piece: 5, place: 1, to_read: camera };
        assert!(bench.records.contains(&place), "{:?}", bench.records);
    }
}

#[test]
fn alarms_that_stood_when_the_process_died_are_cleared_when_it_comes_back() {
    let alarms = vec![StopReason::PrintLate, StopReason::Camera(Cause::Silent)];
    let known = Restored { alarms, ..Restored::default() };
    let (_, opening) = Line::restore(settings(), Order::default(), known);
    let cleared = [StopReason::PrintLate, StopReason::Camera(Cause::Silent)];
    assert_eq!(opening.records, cleared.map(Record::AlarmCleared));
}

#[test]
fn a_code_that_a_person_decided_about_is_no_longer_the_lines() {
    let known = Restored { under_way: vec![(code(1), CodeState::Doubtful)], ..Restored::default() };
    let (line, _) = Line::restore(roll(watched()), order(9), known);
    let mut bench = Bench { line, ..Bench::new() };
    bench.say(Event::Decided(vec![CodeId(1)]));
    bench.read(1, symbol(1));
    assert_eq!(bench.moved(1), []);
}

#[test]
fn a_job_whose_last_label_may_be_there_twice_is_not_done_while_codes_are_left() {
    let mut bench = running(roll(marked()), 2, 4);
    mark_out(&mut bench);
    (1..=2).for_each(|n| bench.printed(n));
    assert_eq!(bench.line.state(), LineState::Completing, "its trailer is in the printer");
    bench.say(Event::Printer(PrinterEvent::MaybeTwice(CodeId(2))));
    bench.say(Event::Printer(PrinterEvent::Down(Cause::CounterOff)));
    let off = StopReason::Printer(Cause::CounterOff);
    bench.later(10_000 * MS);
    assert_eq!(stood(&bench), (LineState::Held, Some(off)));
    bench.say(Event::Printer(PrinterEvent::Up));
    bench.forget();
    bench.ask(Request::Start);
    assert_eq!(rows(&bench), [vec![3]], "a new one takes its place");
    mark_out(&mut bench);
    bench.printed(3);
    mark_out(&mut bench);
    assert_eq!(bench.line.state(), LineState::Complete);
}

#[test]
fn a_job_whose_last_label_may_be_there_twice_is_done_when_no_codes_are_left() {
    let mut bench = running(roll(marked()), 2, 2);
    mark_out(&mut bench);
    (1..=2).for_each(|n| bench.printed(n));
    bench.say(Event::CodesExhausted);
    bench.say(Event::Printer(PrinterEvent::MaybeTwice(CodeId(2))));
    bench.say(Event::Printer(PrinterEvent::Down(Cause::CounterOff)));
    assert_eq!(bench.line.state(), LineState::Complete);
}

#[test]
fn a_short_row_leaves_places_free_and_the_next_one_begins_behind_them() {
    let two_up = RollSettings { labels_per_row: 2, ..RollSettings::default() };
    let mut bench = running(roll(two_up), 9, 1);
    bench.say(Event::CodesExhausted);
    bench.say(Event::CodesArrived(vec![code(2), code(3)]));
    let place = |record: &Record| match record {
        Record::OnRoll { code, place, .. } => Some((code.0, *place)),
        _ => None,
    };
    let places: Vec<_> = bench.records.iter().filter_map(place).collect();
    assert_eq!(places, [(1, 1), (2, 3), (3, 4)]);
}

#[test]
fn of_what_came_out_before_a_restart_the_last_row_is_taken_back_and_not_the_one_before_it() {
    let two_up = RollSettings { labels_per_row: 2, ..RollSettings::default() };
    for (place, counting, taken) in [
        (5, vec![(5, code(3)), (4, code(2)), (3, code(1))], vec![3]),
        (4, vec![(4, code(2)), (3, code(1)), (2, code(9))], vec![2, 1]),
        (5, vec![(4, code(2)), (3, code(1))], vec![]),
    ] {
        let last_out = LastOut { place, counting };
        let known = Restored { last_out, ..Restored::default() };
        let (_, out) = Line::restore(roll(two_up.clone()), Order { done: 5, ..order(9) }, known);
        let twice = |record: &Record| match record {
            Record::MaybeTwice { code } => Some(code.0),
            _ => None,
        };
        assert_eq!(out.records.iter().filter_map(twice).collect::<Vec<i64>>(), taken);
    }
}
