//! Orders as the store remembers them: who sees which, arrays, scans, accounts.
use crate::orders_kit::{Kit, code, codes, now};
use markwright::code::CodeState;
use markwright::order::{Delivery, Kopecks, OrderState, OrderStep, Scan, Source, Trouble};
use markwright::store::StoreError;

#[tokio::test]
async fn an_order_is_seen_by_its_customer_and_the_centre_and_by_nobody_else() {
    let kit = Kit::new().await;
    let id = kit.issued(500, Delivery::Roll).await;
    let own = kit.store.label_order(id, kit.anna).await.unwrap().unwrap();
    assert_eq!((own.price, own.state), (Kopecks(25_000), OrderState::Submitted));
    assert_eq!(kit.store.label_order(id, kit.boris).await.unwrap(), None);
    assert_eq!(kit.store.label_orders(kit.anna).await.unwrap().len(), 1);
    assert_eq!(kit.store.label_orders(kit.boris).await.unwrap(), []);
    assert_eq!(kit.store.label_orders(kit.manager).await.unwrap().len(), 1);
    let step = kit.store.step_label_order(id, OrderStep::Cancel, kit.boris, "", now());
    assert_eq!(step.await.unwrap(), None);
    assert_eq!(kit.state(id).await, OrderState::Submitted);
}

#[tokio::test]
async fn a_decided_order_is_not_decided_again_and_its_history_says_who_and_why() {
    let kit = Kit::new().await;
    let id = kit.issued(5, Delivery::Roll).await;
    let (store, manager) = (&kit.store, kit.manager);
    let no = store.step_label_order(id, OrderStep::Decline, manager, "no such GTIN", now());
    assert_eq!(no.await.unwrap(), Some(OrderState::Declined));
    let yes = store.step_label_order(id, OrderStep::Accept, manager, "", now()).await;
    assert!(matches!(yes, Err(StoreError::Refused { .. })), "{yes:?}");
    assert_eq!(kit.order(id).await.reason.as_deref(), Some("no such GTIN"));
    let last = store.label_order_events(id).await.unwrap().pop().unwrap();
    assert_eq!((last.person.as_deref(), last.what.as_str()), (Some("manager"), "Declined"));
    assert_eq!(last.detail, "no such GTIN");
}

#[tokio::test]
async fn an_array_is_taken_in_its_order_and_its_bad_lines_are_named() {
    let kit = Kit::new().await;
    let file = format!("{}\nrubbish\n{}\n{}\n", code(2), code(1), code(2));
    let order = kit.array(kit.anna.person(), &file, Delivery::Roll).await.unwrap();
    assert_eq!((order.quantity, order.source), (2, Source::Array));
    assert_eq!(order.price, Kopecks(100));
    let gtin = order.gtin;
    let stock = kit.store.take_stock(&order.id.pool(), gtin, markwright::code::CodeId(0), 9).await;
    let texts: Vec<_> = stock.unwrap().into_iter().map(|c| c.text.as_str().to_owned()).collect();
    assert_eq!(texts, [code(2), code(1)]);
    let (all, aside) = kit.store.label_order_aside(order.id, 1).await.unwrap();
    assert_eq!((all, aside.len(), aside[0].line), (2, 1, 2));
}

#[tokio::test]
async fn an_array_larger_than_a_transaction_is_taken_whole() {
    let kit = Kit::new().await;
    let order = kit.array(kit.anna.person(), &codes(0..1_001), Delivery::Roll).await.unwrap();
    assert_eq!((order.quantity, kit.counts(order.id).await.taken()), (1_001, 1_001));
}

#[tokio::test]
async fn codes_that_we_hold_are_set_aside_and_the_order_shrinks() {
    let kit = Kit::new().await;
    let anna = kit.anna.person();
    kit.array(anna, &codes(0..3), Delivery::Roll).await.unwrap();
    let order = kit.array(kit.boris.person(), &codes(1..5), Delivery::Roll).await.unwrap();
    assert_eq!((order.quantity, order.price), (2, Kopecks(100)));
    let (all, aside) = kit.store.label_order_aside(order.id, 9).await.unwrap();
    assert_eq!(all, 2);
    assert_eq!((aside[0].line, aside[0].reason.as_str()), (1, "we hold this code already"));
    assert_eq!(kit.array(anna, &codes(0..3), Delivery::Roll).await, None);
}

#[tokio::test]
async fn after_a_decline_the_same_customer_orders_again_with_the_same_codes() {
    let kit = Kit::new().await;
    let anna = kit.anna.person();
    let first = kit.array(anna, &codes(0..300), Delivery::Roll).await.unwrap();
    kit.step(first.id, OrderStep::Decline).await;
    assert_eq!(kit.array(kit.boris.person(), &codes(0..300), Delivery::Roll).await, None);
    let second = kit.array(anna, &codes(0..300), Delivery::Roll).await.unwrap();
    assert_eq!(second.quantity, 300);
    assert_eq!(kit.counts(first.id).await.taken(), 0);
    assert_eq!(kit.count(second.id, CodeState::Stored).await, 300);
    for id in [first.id, second.id] {
        let account = kit.store.reconcile("desk", &id.pool()).await.unwrap();
        assert!(account.closes(), "{account:?}");
    }
}

#[tokio::test]
async fn an_order_whose_upload_broke_off_is_not_accepted() {
    let kit = Kit::new().await;
    let order = kit.array(kit.anna.person(), &codes(0..3), Delivery::Roll).await.unwrap();
    kit.plain("update label_order set quantity = 9 where id = ?", order.id.0).await;
    let step = kit.store.step_label_order(order.id, OrderStep::Accept, kit.manager, "", now());
    let refused = step.await.unwrap_err().to_string();
    assert!(refused.contains("3 of 9 codes were taken"), "{refused}");
}

#[tokio::test]
async fn a_validated_label_is_verified_settled_and_counted() {
    let kit = Kit::new().await;
    let id = kit.printed(&codes(0..3)).await;
    let scan = kit.scan(id, kit.anna, &code(1)).await.unwrap();
    assert!(matches!(&scan, Scan::Good { advice, .. } if advice.is_empty()), "{scan:?}");
    let lost = kit.scan(id, kit.anna, &code(2).replace('\u{1d}', "")).await.unwrap();
    assert!(matches!(&lost, Scan::Good { advice, .. } if *advice == [Trouble::GsLost]), "{lost:?}");
    let counts = kit.counts(id).await;
    assert_eq!((counts.of(CodeState::Verified), counts.to_validate()), (2, 1));
    assert_eq!(kit.store.unreported_of(&id.pool()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_second_scan_a_strange_code_and_nonsense_change_nothing() {
    let kit = Kit::new().await;
    let id = kit.printed(&codes(0..2)).await;
    let other = kit.printed(&codes(2..4)).await;
    kit.scan(id, kit.anna, &code(0)).await.unwrap();
    let before = kit.counts(id).await;
    let verdicts = [(code(0), "duplicate"), (code(2), "foreign"), (code(99), "foreign")];
    for (input, word) in
        verdicts.iter().map(|(i, w)| (i.as_str(), *w)).chain([("hello", "malformed")])
    {
        assert_eq!(kit.scan(id, kit.anna, input).await.unwrap().word(), word, "{input}");
    }
    assert_eq!(kit.counts(id).await, before);
    assert_eq!(kit.count(other, CodeState::Printed).await, 2);
    let last = kit.store.last_scans(id, 9).await.unwrap();
    let words: Vec<_> = last.iter().map(|s| s.verdict.as_str()).collect();
    assert_eq!(words, ["malformed", "foreign", "foreign", "duplicate", "good"]);
}

#[tokio::test]
async fn nobody_validates_the_order_of_another_or_one_that_is_not_printed() {
    let kit = Kit::new().await;
    let id = kit.printed(&codes(0..1)).await;
    assert_eq!(kit.scan(id, kit.boris, &code(0)).await, None);
    assert_eq!(kit.count(id, CodeState::Printed).await, 1);
    let early = kit.array(kit.anna.person(), &codes(5..6), Delivery::Roll).await.unwrap().id;
    let scanned = kit.store.scan_label(early, kit.anna, &code(5), now()).await;
    assert!(matches!(scanned, Err(StoreError::Refused { .. })), "{scanned:?}");
}

#[tokio::test]
async fn an_order_is_closed_only_when_every_label_is_accounted_for() {
    let kit = Kit::new().await;
    let id = kit.printed(&codes(0..3)).await;
    kit.scan(id, kit.anna, &code(0)).await.unwrap();
    kit.step(id, OrderStep::HandOver).await;
    let close = || kit.store.step_label_order(id, OrderStep::Close, kit.manager, "", now());
    let refused = close().await.unwrap_err().to_string();
    assert!(refused.contains("2 labels are not accounted for"), "{refused}");
    let anna = kit.anna.person();
    let written_off = kit.store.write_off_rest(id, anna, "fell into the sea", now()).await;
    assert_eq!(written_off.unwrap(), 2);
    assert_eq!(close().await.unwrap(), Some(OrderState::Closed));
    assert_eq!(kit.scan_word(id, &code(1)).await, None, "a closed order takes no scans");
    assert_eq!(kit.store.unreported_of(&id.pool()).await.unwrap(), 3);
}
