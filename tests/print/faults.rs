//! The printer driver against a small scripted printer: everything that goes wrong, and what
//! becomes of the labels that were in it.
use crate::print_kit::{Bench, bench};
use markwright::code::CodeId;
use markwright::line::{Cause, PrinterEvent};
use std::time::Duration;

fn printed(id: i64) -> PrinterEvent {
    PrinterEvent::Printed(CodeId(id))
}

/// Up, with these labels in a printer that does not print yet.
async fn with_labels_in_it(labels: i64) -> Bench {
    let mut bench = bench(|script, settings| {
        script.prints = false;
        settings.window = 4;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=labels).await;
    bench.until(|s| s.waiting == usize::try_from(labels).unwrap()).await;
    bench
}

#[tokio::test]
async fn a_paused_or_hot_printer_is_waited_for_and_its_labels_go_on() {
    for cause in [Cause::Paused, Cause::TooHot] {
        let mut bench = with_labels_in_it(3).await;
        bench.set(|s| {
            (s.paused, s.too_hot) = (cause == Cause::Paused, cause == Cause::TooHot);
            s.prints = true;
        });
        assert_eq!(bench.fact().await, PrinterEvent::Blocked(cause));
        bench.set(|s| (s.paused, s.too_hot) = (false, false));
        let mut facts = Vec::new();
        for _ in 0..4 {
            facts.push(bench.fact().await);
        }
        facts.retain(|fact| *fact != PrinterEvent::Unblocked);
        assert_eq!(facts, [1, 2, 3].map(printed));
        assert_eq!(bench.script.lock().unwrap().connections, 1);
    }
}

#[tokio::test]
async fn every_fault_that_may_spoil_a_label_has_its_name_and_ends_the_connection() {
    let cases = [
        ("00000001", Cause::OutOfLabels),
        ("00000002", Cause::OutOfRibbon),
        ("00000004", Cause::HeadOpen),
        ("00000008", Cause::Faulty),
        ("40000000", Cause::Faulty),
    ];
    for (errors, cause) in cases {
        let mut bench = with_labels_in_it(2).await;
        bench.set(|s| (s.no_status_in_trouble, s.errors) = (true, errors));
        assert_eq!(bench.fact().await, PrinterEvent::Down(cause), "{errors}");
        bench.set(|s| (s.errors, s.prints) = ("00000000", true));
        assert_eq!(bench.fact().await, PrinterEvent::Up, "{errors}");
        bench.print([9]).await;
        assert_eq!(bench.fact().await, printed(9), "{errors}");
    }
}

#[tokio::test]
async fn a_full_buffer_gets_no_label_until_it_has_room() {
    let mut bench = bench(|_, settings| settings.window = 4).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.full = true);
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 6).await;
    bench.print([1, 2]).await;
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 6).await;
    assert_eq!(bench.script.lock().unwrap().labels.len(), 0);
    bench.set(|s| s.full = false);
    assert_eq!(bench.fact().await, printed(1));
    assert_eq!(bench.fact().await, printed(2));
}

#[tokio::test]
async fn labels_of_somebody_else_in_the_printer_are_noticed() {
    let mut bench = with_labels_in_it(1).await;
    bench.set(|s| s.foreign = 1);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn a_label_that_was_fed_by_hand_is_not_taken_for_the_one_that_is_still_in_the_printer() {
    let mut bench = with_labels_in_it(2).await;
    bench.set(|s| s.fed = 1);
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 10).await;
    // The counter moved by one with two labels out, and none of the two is out.
    bench.set(|s| s.prints = true);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

/// Three labels were sent: one is under the head, two wait, and somebody has fed one.
async fn with_a_fed_label_and_one_under_the_head() -> Bench {
    let bench = with_labels_in_it(3).await;
    bench.set(|s| (s.waiting, s.printing, s.fed) = (2, 1, 1));
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 10).await;
    bench
}

#[tokio::test]
async fn the_label_under_the_head_is_not_out_although_a_fed_one_was_counted() {
    let mut bench = with_a_fed_label_and_one_under_the_head().await;
    // It is cut off, and this printer counts such labels.
    bench.set(|s| (s.printing, s.fed, s.paper_out) = (0, 2, true));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::OutOfLabels));
}

#[tokio::test]
async fn while_the_counter_may_be_ahead_nothing_is_sent_until_it_is_known() {
    let mut bench = with_a_fed_label_and_one_under_the_head().await;
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 40).await;
    bench.print([4]).await;
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 10).await;
    assert_eq!(bench.script.lock().unwrap().labels.len(), 3);
    bench.set(|s| (s.printing, s.waiting, s.fed) = (0, 0, 4));
    let mut fact = bench.fact().await;
    if fact == printed(1) {
        // The count was read before this, the rest after it: one of ours is out indeed.
        fact = bench.fact().await;
    }
    assert_eq!(fact, PrinterEvent::NotWritten(CodeId(4)));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn a_label_that_was_told_may_have_come_out_twice_when_the_counter_moves_by_itself() {
    let mut bench = bench(|_, settings| settings.window = 4).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1, 2]).await;
    assert_eq!(bench.fact().await, printed(1));
    assert_eq!(bench.fact().await, printed(2));
    bench.set(|s| s.fed = 1);
    assert_eq!(bench.fact().await, PrinterEvent::MaybeTwice(CodeId(2)));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
    assert_eq!(bench.fact().await, PrinterEvent::Up);
}

#[tokio::test]
async fn a_label_that_came_out_while_nobody_looked_puts_the_last_one_in_doubt() {
    for (fed, doubted) in [(0, false), (1, true)] {
        let mut bench = bench(|_, settings| settings.window = 4).await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print([1]).await;
        assert_eq!(bench.fact().await, printed(1));
        bench.set(|s| (s.silent, s.fed) = (true, fed));
        assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
        bench.set(|s| s.silent = false);
        if doubted {
            assert_eq!(bench.fact().await, PrinterEvent::MaybeTwice(CodeId(1)));
        }
        assert_eq!(bench.fact().await, PrinterEvent::Up);
    }
}

#[tokio::test]
async fn a_status_that_counts_the_label_under_the_head_twice_does_no_harm() {
    let mut bench = with_labels_in_it(3).await;
    bench.set(|s| s.printing = 1);
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 10).await;
    bench.set(|s| (s.waiting, s.fed) = (1, 2));
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 10).await;
    bench.set(|s| (s.waiting, s.printing, s.fed) = (0, 0, 3));
    for id in 1..=3 {
        assert_eq!(bench.fact().await, printed(id));
    }
    // It is known by now. While it prints, its counter tells nothing.
    bench.print(4..=6).await;
    bench.until(|s| s.waiting == 3).await;
    bench.set(|s| (s.waiting, s.printing, s.fed) = (1, 1, 5));
    bench.looks(3).await;
    assert!(bench.facts.try_recv().is_err());
    bench.set(|s| (s.waiting, s.printing, s.fed) = (0, 0, 6));
    for id in 4..=6 {
        assert_eq!(bench.fact().await, printed(id));
    }
}

/// A printer whose labels take so long that a difference of its counter is not doubted for that.
async fn slow_with_labels_in_it(labels: i64) -> Bench {
    let mut bench = bench(|script, settings| {
        script.prints = false;
        settings.window = 4;
        settings.still_for = Duration::from_millis(400);
        settings.count_within = Duration::from_millis(800);
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=labels).await;
    bench.until(|s| s.waiting == usize::try_from(labels).unwrap()).await;
    bench
}

/// A copy of the label before them is counted while three labels are in it, and then two of them.
async fn a_copy_comes_out_before(bench: &mut Bench, labels: std::ops::RangeInclusive<i64>) {
    let before = bench.script.lock().unwrap().fed;
    bench.print(labels).await;
    bench.until(|s| s.waiting == 3).await;
    bench.set(|s| s.fed = before + 1);
    bench.looks(3).await;
    bench.set(|s| (s.waiting, s.fed) = (1, before + 3));
    bench.looks(3).await;
    bench.set(|s| (s.waiting, s.fed) = (0, before + 4));
}

#[tokio::test]
async fn heat_without_a_status_teaches_no_habit_and_a_reprint_behind_it_takes_the_right_row_back() {
    let mut bench = slow_with_labels_in_it(2).await;
    bench.set(|s| (s.no_status_in_trouble, s.errors) = (true, "00000010"));
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::TooHot));
    // Hot and silent, the first label comes out and is counted: what it holds, nobody knows.
    bench.set(|s| (s.waiting, s.fed) = (1, 1));
    bench.looks(2).await;
    bench.set(|s| (s.waiting, s.fed, s.errors) = (0, 2, "00000000"));
    let mut facts = vec![bench.fact().await, bench.fact().await, bench.fact().await];
    facts.retain(|fact| *fact != PrinterEvent::Unblocked);
    assert_eq!(facts, [printed(1), printed(2)]);
    a_copy_comes_out_before(&mut bench, 3..=5).await;
    assert_eq!(bench.fact().await, PrinterEvent::MaybeTwice(CodeId(2)));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn with_a_habit_a_reprint_takes_back_the_row_that_was_told_last() {
    let mut bench = slow_with_labels_in_it(1).await;
    bench.set(|s| s.fed = 1);
    bench.looks(3).await;
    bench.set(|s| s.waiting = 0);
    assert_eq!(bench.fact().await, printed(1), "a moment early is its habit");
    a_copy_comes_out_before(&mut bench, 2..=4).await;
    assert_eq!(bench.fact().await, PrinterEvent::MaybeTwice(CodeId(1)));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn a_fault_that_was_over_when_it_was_asked_for_is_not_taken_for_nothing() {
    let mut bench = with_labels_in_it(2).await;
    // In the silence the first one was cut off and counted.
    bench.set(|s| (s.waiting, s.fed, s.skips_status) = (1, 1, 1));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
}

#[tokio::test]
async fn a_counter_that_stays_ahead_of_the_printer_is_off() {
    let mut bench = with_labels_in_it(1).await;
    bench.set(|s| s.fed = 1);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn after_a_connection_that_broke_in_a_label_everything_is_set_anew() {
    let mut bench = bench(|script, _| script.hangs_up_at_label = true).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Unreachable));
    bench.set(|s| {
        s.hangs_up_at_label = false;
        s.heard.clear();
    });
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([2]).await;
    assert_eq!(bench.fact().await, printed(2));
    let heard = bench.script.lock().unwrap().heard.clone();
    let place = |what: &str| heard.iter().rposition(|c| c.contains(what)).expect(what);
    assert!(place("~JA") < place("~JX") && place("~JX") < place("^JZN"), "{heard:?}");
    assert!(place("^JZN") < place("^DFE:M.ZPL"), "{heard:?}");
    assert!(place("^DFE:M.ZPL") < place("code2"), "{heard:?}");
    assert!(!heard.iter().any(|c| c.contains("code1")), "{heard:?}");
}

#[tokio::test]
async fn after_a_mended_fault_settings_and_format_are_sent_again_before_the_next_label() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.paper_out = true);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
    // Mended, it stays paused until somebody presses the key.
    bench.set(|s| (s.paper_out, s.paused) = (false, true));
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::Paused));
    bench.set(|s| {
        s.paused = false;
        s.heard.clear();
    });
    assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
    let heard = bench.script.lock().unwrap().heard.clone();
    assert!(heard.iter().any(|c| c.contains("^JZN")), "{heard:?}");
    assert!(heard.iter().any(|c| c.contains("^DFE:M.ZPL")), "{heard:?}");
}

#[tokio::test]
async fn a_printer_that_prints_again_after_errors_is_told_not_to() {
    let mut bench = bench(|script, _| script.reprint = "on").await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    assert_eq!(bench.script.lock().unwrap().reprint, "off");
}

#[tokio::test]
async fn a_printer_that_cannot_be_told_is_refused() {
    let mut bench = bench(|script, _| (script.reprint, script.stubborn) = ("on", true)).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    assert!(bench.script.lock().unwrap().labels.is_empty());
}

#[tokio::test]
async fn cancelled_labels_are_not_told_and_what_comes_after_is_printed_on_the_same_connection() {
    let mut bench = with_labels_in_it(2).await;
    bench.cancel().await;
    bench.print([7]).await;
    bench.until(|s| s.labels.len() == 3).await;
    bench.set(|s| s.prints = true);
    assert_eq!(bench.fact().await, printed(7));
    let script = bench.script.lock().unwrap();
    assert_eq!(script.connections, 1);
    assert_eq!(script.heard.iter().filter(|c| *c == "~JA").count(), 2);
}

#[tokio::test]
async fn a_cancel_is_heard_behind_labels_that_wait_for_a_printer_in_trouble() {
    let mut bench = bench(|script, settings| {
        script.paused = true;
        settings.window = 1;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::Paused));
    bench.print(1..=4).await;
    bench.cancel().await;
    bench.until(|s| s.heard.iter().filter(|c| *c == "~JA").count() == 2).await;
    bench.print([5]).await;
    bench.set(|s| s.paused = false);
    assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
    assert_eq!(bench.fact().await, printed(5));
    assert_eq!(bench.script.lock().unwrap().labels, ["^XA^FDcode5^XZ"]);
}

#[tokio::test]
async fn with_a_status_channel_the_data_connection_is_asked_only_when_labels_came_out() {
    let mut bench = bench(|_, settings| settings.status_port = Some(9200)).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.heard.clear());
    bench.print(1..=5).await;
    for id in 1..=5 {
        assert_eq!(bench.fact().await, printed(id));
    }
    let heard = bench.script.lock().unwrap().heard.clone();
    let asked = heard.iter().filter(|c| *c == "~HS").count();
    assert!(heard.iter().all(|c| c == "~HS" || c.starts_with("^XA^FDcode")), "{heard:?}");
    assert!((1..=5).contains(&asked), "{heard:?}");
    assert!(bench.script.lock().unwrap().json_asked > 2);
}

#[tokio::test]
async fn a_closed_status_channel_is_asked_beside_the_labels() {
    // Port 1 of the loopback is nobody's.
    let mut bench = bench(|_, settings| settings.status_port = Some(1)).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, printed(1));
    assert_eq!(bench.script.lock().unwrap().json_asked, 0);
}

#[tokio::test]
async fn faults_come_over_the_status_channel() {
    let mut bench = bench(|script, settings| {
        settings.status_port = Some(9200);
        script.prints = false;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    bench.until(|s| s.waiting == 1).await;
    bench.set(|s| s.errors = "00000004");
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::HeadOpen));
}

#[tokio::test]
async fn a_printer_that_lost_its_settings_unseen_is_set_up_again() {
    let mut bench = bench(|_, settings| settings.status_port = Some(9200)).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.reprint = "on");
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Unreachable));
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    assert_eq!(bench.script.lock().unwrap().reprint, "off");
}

#[tokio::test]
async fn rows_that_were_never_written_are_given_back_and_the_written_one_is_not() {
    let mut bench = bench(|script, settings| {
        script.prints = false;
        settings.window = 1;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1, 2, 3]).await;
    bench.until(|s| s.labels.len() == 1).await;
    bench.set(|s| s.silent = true);
    assert_eq!(bench.fact().await, PrinterEvent::NotWritten(CodeId(2)));
    assert_eq!(bench.fact().await, PrinterEvent::NotWritten(CodeId(3)));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.set(|s| (s.silent, s.prints) = (false, true));
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([2]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(2)));
    let labels = bench.script.lock().unwrap().labels.clone();
    assert_eq!(labels, ["^XA^FDcode1^XZ", "^XA^FDcode2^XZ"]);
}
