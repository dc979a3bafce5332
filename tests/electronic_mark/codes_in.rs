//! Small orders in groups, arrays taken once.
use super::{House, gtin, until};
use markwright::pull::{self, Settings};
use markwright::sim::issuer::{MarkSettings, Trouble};
use markwright::store::WantState;
use std::collections::BTreeSet;
use std::time::Duration;

fn settings() -> Settings {
    Settings {
        look_every: Duration::from_millis(5),
        look_at_least_every: Duration::from_millis(20),
        search_after: Duration::from_millis(1),
        search_every: Duration::from_millis(20),
        ..Settings::default()
    }
}

fn start(house: &mut House) {
    let (store, client) = (house.store.clone(), house.client());
    house.start(|stop| Box::pin(pull::mark::keep(settings(), store, client, stop)));
}

/// Every code that the operator made is here once.
async fn assert_nothing_lost_or_doubled(house: &House, quantity: usize, orders: usize) {
    let made: BTreeSet<String> = house.issuer.controls.electronic_mark().ledger(|ledger| {
        let of: BTreeSet<_> = ledger.codes().map(|(_, fate)| fate.order).collect();
        assert_eq!(of.len(), orders, "orders at the operator");
        ledger.codes().map(|(code, _)| code.to_owned()).collect()
    });
    let here = house.texts("select text from code").await;
    assert_eq!((here.len(), made.len()), (quantity, quantity));
    assert_eq!(here.into_iter().collect::<BTreeSet<_>>(), made);
    assert_eq!(house.number("select count(*) from set_aside").await, 0);
}

#[tokio::test]
async fn five_thousand_codes_come_in_orders_of_a_thousand() {
    let mut house = House::new().await;
    let id = house.want(5_000).await;
    start(&mut house);
    house.until_state(id, WantState::Done).await;
    house.rest().await;
    assert_nothing_lost_or_doubled(&house, 5_000, 5).await;
    let done = house.look(id).await;
    assert_eq!((done.taken, done.problem), (5_000, None));
    let controls = &house.issuer.controls;
    assert_eq!(controls.requests("/v3/orders/addGroupOrders"), 1);
    assert_eq!(controls.requests("/v2/orders/statusList"), 0);
    assert_eq!(controls.electronic_mark().ledger(markwright::sim::issuer::MarkLedger::sign_ins), 1);
}

#[tokio::test]
async fn a_group_whose_answer_was_lost_is_found_again_by_our_names() {
    for trouble in [Trouble::LostAnswer, Trouble::Garbled] {
        let mut house = House::new().await;
        house.trouble("/addGroupOrders", 1, trouble.clone());
        let id = house.want(2_500).await;
        start(&mut house);
        house.until_state(id, WantState::Done).await;
        house.rest().await;
        assert_nothing_lost_or_doubled(&house, 2_500, 3).await;
        let controls = &house.issuer.controls;
        assert_eq!(controls.requests("/v3/orders/addGroupOrders"), 1, "{trouble:?}");
        assert_eq!(controls.requests("/v2/orders/statusList"), 1, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_group_that_did_not_reach_the_operator_is_placed_again() {
    let mut house = House::new().await;
    house.trouble("/addGroupOrders", 2, Trouble::Error500);
    let id = house.want(1_500).await;
    start(&mut house);
    house.until_state(id, WantState::Done).await;
    house.rest().await;
    assert_nothing_lost_or_doubled(&house, 1_500, 2).await;
    assert_eq!(house.issuer.controls.requests("/v3/orders/addGroupOrders"), 3);
}

#[tokio::test]
async fn an_array_whose_answer_was_lost_is_taken_again_and_stored_once() {
    for trouble in [Trouble::LostAnswer, Trouble::Garbled, Trouble::Error500] {
        let mut house = House::new().await;
        house.trouble("/downloads", 2, trouble);
        let id = house.want(1_200).await;
        start(&mut house);
        house.until_state(id, WantState::Done).await;
        house.rest().await;
        assert_nothing_lost_or_doubled(&house, 1_200, 2).await;
    }
}

#[tokio::test]
async fn a_daemon_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let mut house = House::new().await;
    let id = house.want(3_300).await;
    for calls in 1..12 {
        house.trouble("", 1, if calls % 2 == 0 { Trouble::LostAnswer } else { Trouble::Garbled });
        start(&mut house);
        let before = house.look(id).await;
        // Until something has happened, whatever it is.
        until("a step", async || {
            let now = house.look(id).await;
            now.moved_at != before.moved_at || now.problem.is_some() || now.state == WantState::Done
        })
        .await;
        house.kill().await;
    }
    start(&mut house);
    house.until_state(id, WantState::Done).await;
    house.rest().await;
    assert_nothing_lost_or_doubled(&house, 3_300, 4).await;
}

#[tokio::test]
async fn a_token_that_dies_is_replaced_without_a_word() {
    let mut house = House::with(MarkSettings {
        order_takes: Duration::from_millis(50),
        ..MarkSettings::default()
    })
    .await;
    let first = house.want(1_000).await;
    start(&mut house);
    house.until_state(first, WantState::Done).await;
    house.issuer.controls.electronic_mark().forget_tokens();
    let second = house.want(1_000).await;
    house.until_state(second, WantState::Done).await;
    house.rest().await;
    let sign_ins = house
        .issuer
        .controls
        .electronic_mark()
        .ledger(markwright::sim::issuer::MarkLedger::sign_ins);
    assert_eq!(sign_ins, 2);
    assert_nothing_lost_or_doubled(&house, 2_000, 2).await;
}

#[tokio::test]
async fn what_the_operator_refuses_fails_with_its_words() {
    let strange = BTreeSet::from([gtin().as_str().to_owned()]);
    let settings = MarkSettings { not_in_catalogue: strange, ..MarkSettings::default() };
    let mut house = House::with(settings).await;
    let id = house.want(1_500).await;
    start(&mut house);
    house.until_state(id, WantState::Failed).await;
    house.rest().await;
    let problem = house.look(id).await.problem.unwrap();
    assert!(problem.contains("not found in your catalogue"), "{problem}");

    let mut house = House::new().await;
    house.issuer.controls.electronic_mark().refuse_orders(Some("no money"));
    let id = house.want(1_500).await;
    start(&mut house);
    house.until_state(id, WantState::Failed).await;
    house.rest().await;
    let problem = house.look(id).await.problem.unwrap();
    assert!(problem.contains("no money"), "{problem}");
}

#[tokio::test]
async fn a_group_of_goods_that_nobody_named_is_not_ordered() {
    let mut house = House::new().await;
    let beer = markwright::code::ProductGroup::BEER;
    let id = house.store.want_codes(super::POOL, gtin(), beer, 10).await.unwrap();
    start(&mut house);
    house.until_state(id, WantState::Failed).await;
    house.rest().await;
    assert!(house.look(id).await.problem.unwrap().contains("label_types"));
    assert_eq!(house.issuer.controls.requests("/auth"), 0);
}
