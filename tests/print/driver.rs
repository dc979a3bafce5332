//! The printer driver against a small scripted printer: connecting, printing, counting.
use crate::print_kit::bench;
use markwright::code::CodeId;
use markwright::line::{Cause, PrinterEvent};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_printer_is_emptied_identified_and_set_up_before_it_is_up() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    let heard = bench.script.lock().unwrap().heard.clone();
    let place = |what: &str| heard.iter().position(|c| c.contains(what)).expect(what);
    assert_eq!(place("~JA"), 0);
    assert!(place("odometer") < place("^JZN"), "{heard:?}");
    assert!(place("^JZN") < place("^DFE:M.ZPL"), "{heard:?}");
    assert!(bench.last_word.age().is_some());
}

#[tokio::test]
async fn every_label_is_written_once_and_told_in_order() {
    let mut bench = bench(|_, settings| settings.window = 3).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=12).await;
    for id in 1..=12 {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
    let wanted: Vec<_> = (1..=12).map(|id| format!("^XA^FDcode{id}^XZ")).collect();
    assert_eq!(bench.script.lock().unwrap().labels, wanted);
}

#[tokio::test]
async fn never_more_labels_are_out_than_the_window_holds() {
    let mut bench = bench(|script, settings| {
        script.prints = false;
        settings.window = 2;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=5).await;
    bench.until(|s| s.labels.len() == 2).await;
    let asked = bench.script.lock().unwrap().heard.len();
    bench.until(|s| s.heard.len() > asked + 20).await;
    assert_eq!(bench.script.lock().unwrap().labels.len(), 2);
    bench.set(|s| s.prints = true);
    for id in 1..=5 {
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(id)));
    }
}

#[tokio::test]
async fn without_paper_it_is_blocked_and_goes_on_with_the_labels_it_has() {
    let mut bench = bench(|script, settings| {
        script.paper_out = true;
        settings.window = 1;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
    bench.print([1, 2]).await;
    bench.set(|s| s.paper_out = false);
    assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(1)));
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(2)));
}

#[tokio::test]
async fn a_fault_puts_all_that_is_out_in_doubt_whatever_was_counted_since_the_last_look() {
    for counted in 0..=3 {
        let mut bench = bench(|script, settings| {
            script.prints = false;
            settings.window = 3;
        })
        .await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.print(1..=4).await;
        bench.until(|s| s.labels.len() == 3).await;
        bench.set(|s| {
            s.count += counted;
            s.waiting -= usize::try_from(counted).unwrap();
            s.paper_out = true;
        });
        let first = bench.fact().await;
        assert_eq!(first, PrinterEvent::NotWritten(CodeId(4)), "{counted}");
        assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::OutOfLabels), "{counted}");
        // What was left in it is thrown away, and nothing of it is told later.
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
        bench.set(|s| (s.paper_out, s.prints) = (false, true));
        assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
        bench.print([9]).await;
        assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(9)));
        let labels = bench.script.lock().unwrap().labels.len();
        assert_eq!(labels, 4, "the fourth label never left");
    }
}

#[tokio::test]
async fn a_printer_that_gives_no_status_in_trouble_is_asked_for_the_trouble() {
    let mut bench = bench(|script, _| script.no_status_in_trouble = true).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.paper_out = true);
    assert_eq!(bench.fact().await, PrinterEvent::Blocked(Cause::OutOfLabels));
    bench.set(|s| s.paper_out = false);
    assert_eq!(bench.fact().await, PrinterEvent::Unblocked);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(1)));
    assert_eq!(bench.script.lock().unwrap().connections, 1);
}

#[tokio::test]
async fn a_silent_printer_is_down_and_comes_back_when_it_speaks() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.silent = true);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.until(|s| s.connections >= 3).await;
    bench.set(|s| s.silent = false);
    assert_eq!(bench.fact().await, PrinterEvent::Up, "Down is said once, not at every attempt");
}

#[tokio::test]
async fn nonsense_is_garbled() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| s.garbage = true);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Garbled));
}

#[tokio::test]
async fn after_a_cut_connection_no_queued_label_is_ever_printed() {
    let mut bench = bench(|script, settings| {
        script.hangs_up_at_label = true;
        settings.window = 1;
    })
    .await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print(1..=6).await;
    let mut fact = bench.fact().await;
    while let PrinterEvent::NotWritten(CodeId(id)) = fact {
        assert!((2..=6).contains(&id), "the first one was begun: {id}");
        fact = bench.fact().await;
    }
    assert_eq!(fact, PrinterEvent::Down(Cause::Unreachable));
    bench.set(|s| s.hangs_up_at_label = false);
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([7]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Printed(CodeId(7)));
    assert_eq!(bench.script.lock().unwrap().labels, ["^XA^FDcode7^XZ"]);
}

#[tokio::test]
async fn a_counter_that_jumps_or_falls_back_is_not_believed() {
    for jump in [1003, 999] {
        let mut bench = bench(|_, _| {}).await;
        assert_eq!(bench.fact().await, PrinterEvent::Up);
        bench.set(|s| s.count = jump);
        assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
        assert_eq!(bench.fact().await, PrinterEvent::Up);
    }
}

#[tokio::test]
async fn a_label_that_vanished_in_the_printer_is_not_waited_for_for_ever() {
    let mut bench = bench(|script, _| script.loses_labels = true).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.print([1]).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::CounterOff));
}

#[tokio::test]
async fn another_printer_at_the_same_address_is_refused() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| {
        s.unique_id = "ANOTHER";
        s.silent = true;
    });
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.set(|s| s.silent = false);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Swapped));
}

#[tokio::test]
async fn another_printer_is_taken_when_somebody_makes_it_known() {
    let mut bench = bench(|_, _| {}).await;
    assert_eq!(bench.fact().await, PrinterEvent::Up);
    bench.set(|s| (s.unique_id, s.silent) = ("ANOTHER", true));
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Silent));
    bench.set(|s| s.silent = false);
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Swapped));
    assert_eq!(bench.identity.stranger(), Some("ANOTHER".to_owned()));
    bench.identity.settle(Some("ANOTHER".to_owned()));
    assert_eq!(bench.fact().await, PrinterEvent::Up);
}

#[tokio::test]
async fn a_printer_of_another_language_resolution_or_number_gets_no_label() {
    let mut other_language = bench(|script, _| script.languages = "epl").await;
    assert_eq!(other_language.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    let mut other_dots = bench(|_, settings| settings.dots_per_mm = Some(8)).await;
    assert_eq!(other_dots.fact().await, PrinterEvent::Down(Cause::WrongDevice));
    let mut other_number = bench(|_, settings| settings.unique_id = Some("MINE".into())).await;
    assert_eq!(other_number.fact().await, PrinterEvent::Down(Cause::Swapped));
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut bench = bench(|_, settings| settings.addr = free.to_string()).await;
    assert_eq!(bench.fact().await, PrinterEvent::Down(Cause::Unreachable));
}
