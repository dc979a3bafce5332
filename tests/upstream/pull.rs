//! Codes in.
use super::station::Fault;
use super::{Bench, Station, Tasks, all_there, gtin, until};
use markwright::code::ProductGroup;
use markwright::pull::{self, Settings, StockRule};
use markwright::store::{Want, WantState};
use markwright::upstream::OmsError;
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) const POOL: &str = "line:one";

pub(crate) fn settings() -> Settings {
    Settings {
        block: 10,
        look_every: Duration::from_millis(5),
        look_at_least_every: Duration::from_millis(20),
        search_after: Duration::ZERO,
        search_every: Duration::from_millis(20),
        rest_after_failure: Duration::from_mins(10),
        rules: Vec::new(),
        ..Settings::default()
    }
}

pub(crate) fn start(tasks: &mut Tasks, bench: &Bench, station: &Station, settings: Settings) {
    let (store, client) = (bench.store.clone(), station.client());
    tasks.start(|stop| Box::pin(pull::keep(settings, store, client, stop)));
}

pub(crate) async fn want(bench: &Bench, quantity: u32) -> i64 {
    bench.store.want_codes(POOL, gtin(), ProductGroup::MILK, quantity).await.unwrap()
}

pub(crate) async fn look(bench: &Bench, id: i64) -> Want {
    bench.store.want(id).await.unwrap().unwrap()
}

pub(crate) async fn until_state(bench: &Bench, id: i64, state: WantState) {
    until(state.word(), async || look(bench, id).await.state == state).await;
}

/// Pulls until this want is done.
async fn pull_until_done(bench: &Bench, station: &Station, tasks: &mut Tasks, id: i64) {
    start(tasks, bench, station, settings());
    until_state(bench, id, WantState::Done).await;
    tasks.stop().await;
}

/// Every code that the station gave out is here once, and no order was placed twice.
async fn assert_nothing_lost_or_doubled(bench: &Bench, station: &Station, quantity: usize) {
    let orders = station.orders();
    assert_eq!(orders.len(), 1);
    let given: Vec<_> = orders[0].blocks.iter().flat_map(|(_, codes)| codes.clone()).collect();
    assert_eq!(given.len(), quantity);
    let here = bench.texts("select text from code").await;
    assert_eq!(here.len(), quantity);
    assert_eq!(here.iter().collect::<BTreeSet<_>>(), given.iter().collect::<BTreeSet<_>>());
    assert_eq!(bench.number("select count(*) from set_aside").await, 0);
}

#[tokio::test]
async fn an_order_is_placed_and_all_its_codes_are_stored() {
    let (bench, station, mut tasks) = all_there().await;
    station.world.lock().unwrap().pending_polls = 2;
    let id = want(&bench, 25).await;
    assert_eq!(bench.store.wanted_or_coming(POOL).await.unwrap(), 25);
    pull_until_done(&bench, &station, &mut tasks, id).await;

    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
    let order = &station.orders()[0];
    assert_eq!((order.gtin.as_str(), order.group.as_str()), ("04810093011694", "milk"));
    let blocks: Vec<_> = order.blocks.iter().map(|(_, codes)| codes.len()).collect();
    assert_eq!(blocks, [10, 10, 4, 1]);
    let done = look(&bench, id).await;
    assert_eq!((done.taken, done.problem), (25, None));
    let stock = bench.store.stock_of(POOL).await.unwrap();
    assert_eq!((stock.stored, stock.coming), (25, 0));
    assert_eq!(station.calls_of("order/list"), 0, "routine use is forbidden");
}

#[tokio::test]
async fn the_station_is_pinged_with_our_token() {
    let station = Station::start().await;
    assert_eq!(station.client().ping(ProductGroup::MILK).await.unwrap().api_version, "3.0.27");
    station.world.lock().unwrap().takes_no_token = true;
    let error = station.client().ping(ProductGroup::MILK).await.unwrap_err();
    assert!(matches!(error, OmsError::Unauthorized { status: 401, .. }), "{error}");
}

#[tokio::test]
async fn codes_are_stored_in_the_order_in_which_they_came() {
    let (bench, station, mut tasks) = all_there().await;
    let id = want(&bench, 12).await;
    pull_until_done(&bench, &station, &mut tasks, id).await;
    let given: Vec<_> =
        station.orders()[0].blocks.iter().flat_map(|(_, codes)| codes.clone()).collect();
    assert_eq!(bench.texts("select text from code order by id").await, given);
}

#[tokio::test]
async fn a_block_whose_answer_was_lost_is_recovered_without_loss_or_double() {
    for fault in [Fault::LoseAnswer, Fault::DoAndFail, Fault::Garble] {
        let (bench, station, mut tasks) = all_there().await;
        station.fault("codes", fault);
        station.fault("order/codes/retry", fault);
        let id = want(&bench, 25).await;
        pull_until_done(&bench, &station, &mut tasks, id).await;
        assert_nothing_lost_or_doubled(&bench, &station, 25).await;
        assert_eq!(station.calls_of("order/codes/retry"), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_last_answer_costs_one_code_and_is_told() {
    let (bench, station, mut tasks) = all_there().await;
    for _ in 0..3 {
        station.fault("codes", Fault::DoAndFail);
    }
    let id = want(&bench, 12).await;
    pull_until_done(&bench, &station, &mut tasks, id).await;
    let done = look(&bench, id).await;
    assert_eq!(done.taken, 11);
    assert!(done.problem.unwrap().contains("1 codes never came"));
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_found_and_not_placed_again() {
    for fault in [Fault::LoseAnswer, Fault::DoAndFail, Fault::Garble] {
        let (bench, station, mut tasks) = all_there().await;
        station.fault("order", fault);
        let id = want(&bench, 25).await;
        pull_until_done(&bench, &station, &mut tasks, id).await;
        assert_nothing_lost_or_doubled(&bench, &station, 25).await;
        assert_eq!(station.calls_of("order"), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_order_that_never_arrived_is_placed_again() {
    let (bench, station, mut tasks) = all_there().await;
    station.fault("order", Fault::Refuse(503));
    let id = want(&bench, 25).await;
    pull_until_done(&bench, &station, &mut tasks, id).await;
    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
    assert_eq!(station.calls_of("order"), 2);
}

#[tokio::test]
async fn an_order_that_nobody_can_tell_apart_is_left_to_a_person() {
    let (bench, station, mut tasks) = all_there().await;
    station.world.lock().unwrap().forgets_marks = true;
    station.fault("order", Fault::DoAndFail);
    let id = want(&bench, 25).await;
    start(&mut tasks, &bench, &station, settings());
    until("a problem", async || {
        look(&bench, id).await.problem.is_some_and(|why| why.contains("ORDER-1-mIxEd"))
    })
    .await;
    assert_eq!(look(&bench, id).await.state, WantState::Placing);
    assert_eq!(station.calls_of("order"), 1);
    // The person looked, and says that it is the one.
    bench.store.want_is_placed(id, "ORDER-1-mIxEd").await.unwrap();
    until_state(&bench, id, WantState::Done).await;
    tasks.stop().await;
    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
}

#[tokio::test]
async fn without_a_list_of_orders_a_lost_order_is_never_placed_again() {
    let (bench, station, mut tasks) = all_there().await;
    station.fault("order", Fault::DoAndFail);
    for _ in 0..3 {
        station.fault("order/list", Fault::Refuse(404));
    }
    let id = want(&bench, 25).await;
    pull_until_done(&bench, &station, &mut tasks, id).await;
    assert_eq!(station.calls_of("order/list"), 4);
    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
}

#[tokio::test]
async fn bad_codes_are_set_aside_with_their_lines_and_the_rest_is_taken() {
    let (bench, station, mut tasks) = all_there().await;
    // Already here, from an earlier order.
    let first = want(&bench, 1).await;
    start(&mut tasks, &bench, &station, settings());
    until_state(&bench, first, WantState::Done).await;
    station.world.lock().unwrap().odd_codes.extend([
        (2, "rubbish".to_owned()),
        (3, "0104600000000015212k6rsrti\u{1d}93#SzU".to_owned()),
        (5, "0104810093011694210200000493dGVz".to_owned()),
        (6, "01048100930116942102000004\u{1d}93dGVz".to_owned()),
        (8, "01048100930116942101000001\u{1d}93dGVz".to_owned()),
    ]);
    let second = want(&bench, 9).await;
    until_state(&bench, second, WantState::Done).await;
    tasks.stop().await;

    let done = look(&bench, second).await;
    assert_eq!(done.taken, 4);
    assert!(done.problem.as_ref().unwrap().contains("5 codes were set aside"), "{done:?}");
    let aside = bench.texts("select line || ' ' || reason from set_aside order by line").await;
    let expected = [
        "2 a code starts with 01 and a GTIN; found 'rubbis…'",
        "3 foreign GTIN 04600000000015, wanted 04810093011694",
        "5 the GS separator (character 29) before the check part was lost on the way",
        "6 the same code stands on line 4",
        "8 already stored as code 1 of pool line:one",
    ];
    assert_eq!(aside, expected);
    let source = bench.texts("select distinct source from set_aside").await;
    assert_eq!(source, ["block ORDER-2-mIxEd-block-1 of order ORDER-2-mIxEd"]);
    assert_eq!(bench.number("select count(*) from code").await, 5);
}

/// The power goes when a call was carried out and before its answer came; for every call in turn.
#[tokio::test]
async fn after_a_power_cut_at_any_call_nothing_is_lost_or_doubled() {
    let mut lost = Vec::new();
    for cut_at in 1.. {
        let (bench, station) = (Bench::new().await, Station::start().await);
        let id = want(&bench, 25).await;
        station.world.lock().unwrap().silent_from = Some(cut_at);
        let mut first = Tasks::default();
        start(&mut first, &bench, &station, settings());
        let done = async || look(&bench, id).await.state == WantState::Done;
        until("the call", async || station.calls() >= cut_at || done().await).await;
        first.kill().await;
        if done().await {
            assert!(cut_at > 8, "there were calls");
            break;
        }
        station.world.lock().unwrap().silent_from = None;
        let mut second = Tasks::default();
        start(&mut second, &bench, &station, settings());
        until_state(&bench, id, WantState::Done).await;
        second.stop().await;
        let want = look(&bench, id).await;
        match want.problem {
            None => assert_nothing_lost_or_doubled(&bench, &station, 25).await,
            Some(problem) => lost.push((want.taken, problem)),
        }
    }
    // Only the answer to the last code cannot be had again, and that is said.
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].0 == 24 && lost[0].1.contains("1 codes never came"), "{lost:?}");
}

#[tokio::test]
async fn a_restart_goes_on_from_every_state() {
    for state in ["wanted", "placing", "placed", "fetching"] {
        let (bench, station, mut tasks) = all_there().await;
        let id = want(&bench, 25).await;
        let client = station.client();
        let mark = look(&bench, id).await.mark();
        let (group, gtin) = (ProductGroup::MILK, gtin());
        if state != "wanted" {
            bench.store.want_is_placing(id).await.unwrap();
            let wish = markwright::upstream::OrderWish {
                group,
                gtin,
                quantity: 25,
                mark: &mark,
                remarked_by: None,
            };
            let placed = client.place(wish).await.unwrap();
            if state != "placing" {
                bench.store.want_is_placed(id, &placed.order_id).await.unwrap();
            }
            if state == "fetching" {
                bench.store.want_is_fetching(id).await.unwrap();
                // Taken, but the power went before it was stored.
                let order = &placed.order_id;
                let of = markwright::upstream::SubOrder { group, order, gtin };
                client.codes(of, 10, None).await.unwrap();
            }
        }
        assert_eq!(look(&bench, id).await.state.word(), state);
        pull_until_done(&bench, &station, &mut tasks, id).await;
        assert_nothing_lost_or_doubled(&bench, &station, 25).await;
    }
}

#[tokio::test]
async fn an_outage_of_the_station_delays_codes_and_nothing_else() {
    let (bench, mut station, mut tasks) = all_there().await;
    station.off().await;
    let id = want(&bench, 25).await;
    start(&mut tasks, &bench, &station, settings());
    until("a problem", async || look(&bench, id).await.problem.is_some()).await;
    assert_eq!(look(&bench, id).await.state, WantState::Wanted, "no order can have been placed");
    station.on().await;
    until("codes", async || look(&bench, id).await.taken > 0).await;
    station.off().await;
    station.on().await;
    until_state(&bench, id, WantState::Done).await;
    tasks.stop().await;
    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
    assert_eq!(station.calls_of("order/list"), 0);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_named_and_orders_wait() {
    let (bench, station, mut tasks) = all_there().await;
    station.world.lock().unwrap().takes_no_token = true;
    let id = want(&bench, 25).await;
    start(&mut tasks, &bench, &station, settings());
    until("a problem", async || {
        look(&bench, id).await.problem.is_some_and(|why| why.contains("client token (401)"))
    })
    .await;
    station.world.lock().unwrap().takes_no_token = false;
    until_state(&bench, id, WantState::Done).await;
    tasks.stop().await;
    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
}

#[tokio::test]
async fn a_refused_order_fails_with_the_words_of_the_station() {
    let (bench, station, mut tasks) = all_there().await;
    station.fault("order", Fault::Refuse(400));
    let refused = want(&bench, 25).await;
    start(&mut tasks, &bench, &station, settings());
    until_state(&bench, refused, WantState::Failed).await;
    assert_eq!(
        look(&bench, refused).await.problem.unwrap(),
        "the station refused the order (400): as scripted (1000)"
    );
    station.world.lock().unwrap().reject_orders = true;
    let rejected = want(&bench, 25).await;
    until_state(&bench, rejected, WantState::Failed).await;
    tasks.stop().await;
    assert_eq!(look(&bench, rejected).await.problem.unwrap(), "Order declined: no money");
    assert_eq!(bench.number("select count(*) from code").await, 0);
}

#[tokio::test]
async fn a_low_stock_is_filled_up_once() {
    let (bench, station, mut tasks) = all_there().await;
    let (pool, group) = (POOL.to_owned(), ProductGroup::MILK);
    let rule = StockRule { pool, gtin: gtin(), group, low: 30, order: 25 };
    start(&mut tasks, &bench, &station, Settings { rules: vec![rule], ..settings() });
    until("stock", async || bench.store.stock_of(POOL).await.unwrap().stored == 50).await;
    until("rest", async || bench.store.open_wants().await.unwrap().is_empty()).await;
    tasks.stop().await;
    assert_eq!(station.orders().len(), 2, "25 are fewer than 30, 50 are not");
}

#[tokio::test]
async fn a_stock_rule_rests_after_a_refusal() {
    let (bench, station, mut tasks) = all_there().await;
    station.fault("order", Fault::Refuse(400));
    let (pool, group) = (POOL.to_owned(), ProductGroup::MILK);
    let rule = StockRule { pool, gtin: gtin(), group, low: 30, order: 25 };
    start(&mut tasks, &bench, &station, Settings { rules: vec![rule], ..settings() });
    until("a refusal", async || bench.store.stock_of(POOL).await.unwrap().failed_at.is_some())
        .await;
    // A want of a person goes through many more looks of the task.
    let other = bench.store.want_codes("order:1", gtin(), ProductGroup::MILK, 25).await.unwrap();
    until_state(&bench, other, WantState::Done).await;
    tasks.stop().await;
    assert_eq!(bench.store.wants(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_station_that_asks_to_be_left_alone_hears_from_nobody() {
    let (bench, station, mut tasks) = all_there().await;
    station.fault("order", Fault::Busy(1));
    let first = want(&bench, 3).await;
    let second = want(&bench, 3).await;
    start(&mut tasks, &bench, &station, settings());
    until_state(&bench, first, WantState::Done).await;
    until_state(&bench, second, WantState::Done).await;
    tasks.stop().await;
    let at = station.world.lock().unwrap().called_at.clone();
    let quiet = at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(quiet >= Duration::from_millis(950), "{quiet:?}");
}

#[tokio::test]
async fn a_block_that_was_stored_by_half_is_fetched_again_and_nothing_is_doubled() {
    let (bench, station, mut tasks) = all_there().await;
    let id = want(&bench, 25).await;
    let client = station.client();
    let mark = look(&bench, id).await.mark();
    let (group, gtin) = (ProductGroup::MILK, gtin());
    bench.store.want_is_placing(id).await.unwrap();
    let wish = markwright::upstream::OrderWish {
        group,
        gtin,
        quantity: 25,
        mark: &mark,
        remarked_by: None,
    };
    let order = client.place(wish).await.unwrap().order_id;
    bench.store.want_is_placed(id, &order).await.unwrap();
    bench.store.want_asks(id, 10).await.unwrap();
    let of = markwright::upstream::SubOrder { group, order: &order, gtin };
    let block = client.codes(of, 10, None).await.unwrap();
    // The power goes when four of ten are stored.
    let text = block.codes.iter().take(4).collect::<Vec<_>>().join("\n");
    let (taken, aside) = markwright::code::read_array(&text, None);
    assert_eq!((taken.len(), aside.len()), (4, 0));
    let want = look(&bench, id).await;
    let part = markwright::store::NewBlock {
        want: &want,
        id: &block.block_id,
        quantity: 10,
        taken: &taken,
        aside: &[],
    };
    bench.store.store_block_part(part, 4).await.unwrap();
    assert_eq!(bench.store.blocks_of(id).await.unwrap().len(), 0, "not here yet");
    assert_eq!(look(&bench, id).await.asked, Some(10));

    pull_until_done(&bench, &station, &mut tasks, id).await;
    assert_nothing_lost_or_doubled(&bench, &station, 25).await;
    assert_eq!(station.calls_of("order/codes/retry"), 1);
    let done = look(&bench, id).await;
    assert_eq!((done.taken, done.asked, done.problem), (25, None, None));
}

#[tokio::test]
async fn the_hundred_and_first_order_waits_until_one_is_closed() {
    let (bench, station, mut tasks) = all_there().await;
    station.world.lock().unwrap().pending_polls = 1_000_000;
    let mut last = 0;
    for _ in 0..101 {
        last = want(&bench, 2).await;
    }
    start(&mut tasks, &bench, &station, settings());
    until("a hundred orders", async || station.orders().len() == 100).await;
    until("the last one waits", async || look(&bench, last).await.problem.is_some()).await;
    let waits = look(&bench, last).await;
    assert_eq!(waits.state, WantState::Wanted);
    assert!(waits.problem.unwrap().contains("100 orders are open"));
    assert_eq!(station.orders().len(), 100);
    station.world.lock().unwrap().pending_polls = 0;
    for order in &mut station.world.lock().unwrap().orders {
        order.pending_polls = 0;
    }
    until_state(&bench, last, WantState::Done).await;
    tasks.stop().await;
    assert_eq!(station.orders().len(), 101);
}
