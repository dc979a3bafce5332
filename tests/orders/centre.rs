//! The centre fills orders: codes wanted, jobs filed, files made once, crashes survived.
use crate::orders_kit::{DESK, Kit, code, codes, now};
use markwright::centre;
use markwright::code::{CodeId, CodeState};
use markwright::order::{Delivery, OrderId, OrderState, OrderStep};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// An accepted order for a file, its codes received.
async fn ready_for_a_file(kit: &Kit, n: u32) -> OrderId {
    let order = kit.array(kit.anna.person(), &codes(0..n), Delivery::Pdf).await.unwrap();
    kit.step(order.id, OrderStep::Accept).await;
    kit.fill(1).await;
    assert_eq!(kit.state(order.id).await, OrderState::CodesReceived);
    order.id
}

/// What the centre remembers before it acts: all codes of the order are sent.
async fn send_all(kit: &Kit, id: OrderId) {
    let gtin = kit.order(id).await.gtin;
    let stock = kit.store.take_stock(&id.pool(), gtin, CodeId(0), 1_000).await.unwrap();
    kit.store.send_to_file(id, &stock, now()).await.unwrap();
}

#[tokio::test]
async fn nothing_is_wanted_before_a_manager_accepts() {
    let kit = Kit::new().await;
    let id = kit.issued(5, Delivery::Roll).await;
    kit.fill(2).await;
    assert_eq!(kit.store.label_order_want(id).await.unwrap(), None);
}

#[tokio::test]
async fn an_accepted_order_wants_its_codes_once_and_is_printed_as_a_roll() {
    let kit = Kit::new().await;
    let id = kit.issued(3, Delivery::Roll).await;
    kit.step(id, OrderStep::Accept).await;
    kit.fill(3).await;
    let want = kit.store.label_order_want(id).await.unwrap().unwrap();
    assert_eq!((want.quantity, want.state.as_str()), (3, "wanted"));
    assert_eq!(kit.state(id).await, OrderState::Accepted);

    kit.issue(id, &codes(0..2)).await;
    kit.fill(2).await;
    assert_eq!(kit.state(id).await, OrderState::Accepted, "two of three codes are not enough");
    kit.issue(id, &codes(2..3)).await;
    kit.fill(3).await;
    assert_eq!(kit.state(id).await, OrderState::InPrint);
    let job = kit.store.next_job(DESK).await.unwrap().unwrap();
    assert_eq!((job.wanted.planned, job.wanted.pool), (3, id.pool()));
    let goods = kit.store.goods(job.wanted.gtin).await.unwrap().unwrap();
    assert_eq!(goods.name, "Сыр полутвёрдый");

    kit.print(3).await;
    kit.fill(1).await;
    assert_eq!(kit.state(id).await, OrderState::InPrint, "the job still runs");
    kit.end_job(true).await;
    kit.fill(1).await;
    assert_eq!(kit.state(id).await, OrderState::Printed);
    assert_eq!(kit.scan_word(id, &code(1)).await, Some("good"));
}

#[tokio::test]
async fn a_job_that_was_taken_back_is_filed_again_for_the_rest() {
    let kit = Kit::new().await;
    let order = kit.array(kit.anna.person(), &codes(0..3), Delivery::Roll).await.unwrap();
    kit.step(order.id, OrderStep::Accept).await;
    kit.fill(2).await;
    kit.print(1).await;
    kit.end_job(false).await;
    kit.fill(1).await;
    let job = kit.store.next_job(DESK).await.unwrap().unwrap();
    assert_eq!(job.wanted.planned, 2);
    kit.print(2).await;
    kit.end_job(true).await;
    kit.fill(1).await;
    assert_eq!(kit.state(order.id).await, OrderState::Printed);
    assert_eq!(kit.count(order.id, CodeState::Printed).await, 3);
}

#[tokio::test]
async fn a_file_is_made_once_and_all_its_codes_are_printed() {
    let kit = Kit::new().await;
    let id = ready_for_a_file(&kit, 3).await;
    kit.fill(1).await;
    assert_eq!(kit.state(id).await, OrderState::Printed);
    assert_eq!(kit.count(id, CodeState::Printed).await, 3);
    let file = kit.orders_dir().join(id.file_name());
    let first = std::fs::read(&file).unwrap();
    assert!(first.starts_with(b"%PDF-"));
    kit.fill(3).await;
    assert_eq!(std::fs::read(&file).unwrap(), first);
    assert!(!file.with_extension("part").exists());
}

#[tokio::test]
async fn a_crash_between_sending_and_the_file_leaves_the_codes_in_doubt_for_ever() {
    let kit = Kit::new().await;
    let id = ready_for_a_file(&kit, 3).await;
    send_all(&kit, id).await;
    // Here the power goes. The centre starts again and looks.
    kit.fill(4).await;
    assert_eq!(kit.count(id, CodeState::Doubtful).await, 3);
    assert!(!kit.orders_dir().join(id.file_name()).exists());
    assert_eq!(kit.state(id).await, OrderState::InPrint);
    let events = kit.store.label_order_events(id).await.unwrap();
    assert!(events.last().unwrap().detail.contains("3 codes are in doubt"), "{events:?}");

    kit.store.go_on_without(id, kit.manager.person(), now()).await.unwrap();
    assert_eq!(kit.state(id).await, OrderState::Printed);
    assert_eq!(kit.count(id, CodeState::Doubtful).await, 3);
}

#[tokio::test]
async fn a_crash_after_the_file_got_its_name_costs_no_code() {
    let kit = Kit::new().await;
    let id = ready_for_a_file(&kit, 3).await;
    send_all(&kit, id).await;
    std::fs::create_dir_all(kit.orders_dir()).unwrap();
    std::fs::write(kit.orders_dir().join(id.file_name()), "whole").unwrap();
    kit.fill(2).await;
    assert_eq!(kit.count(id, CodeState::Printed).await, 3);
    assert_eq!(kit.state(id).await, OrderState::Printed);
    assert_eq!(std::fs::read(kit.orders_dir().join(id.file_name())).unwrap(), b"whole");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_costs_no_code() {
    let kit = Kit::new().await;
    let id = ready_for_a_file(&kit, 2).await;
    // A file stands where the directory should be.
    std::fs::write(kit.orders_dir(), "").unwrap();
    assert!(centre::fill_once(&kit.settings(), &kit.store).await.is_err());
    assert_eq!(kit.count(id, CodeState::Stored).await, 2);
    std::fs::remove_file(kit.orders_dir()).unwrap();
    kit.fill(1).await;
    assert_eq!(kit.state(id).await, OrderState::Printed);
}

#[tokio::test]
async fn missing_codes_are_bought_again_only_when_a_manager_says_so() {
    let kit = Kit::new().await;
    let id = kit.issued(2, Delivery::Pdf).await;
    kit.step(id, OrderStep::Accept).await;
    kit.fill(1).await;
    kit.issue(id, &codes(0..2)).await;
    // The pull room is through with the want.
    kit.plain("update want set state = 'done', taken = quantity where pool = ?", id.pool()).await;
    kit.fill(1).await;
    send_all(&kit, id).await;
    kit.fill(3).await;
    assert_eq!(kit.count(id, CodeState::Doubtful).await, 2);
    let want = || kit.store.label_order_want(id);
    assert!(!want().await.unwrap().unwrap().is_open(), "nothing is bought by itself");
    let by = Some(kit.manager.person());
    assert_eq!(kit.store.want_codes_for_order(id, by, 0, now()).await.unwrap(), 2);
    assert_eq!(
        kit.store.want_codes_for_order(id, by, 0, now()).await.unwrap(),
        0,
        "once is enough"
    );
    kit.issue(id, &codes(2..4)).await;
    kit.fill(1).await;
    assert_eq!(kit.state(id).await, OrderState::Printed);
    assert_eq!(kit.count(id, CodeState::Printed).await, 2);
}

#[tokio::test]
async fn the_keeper_brings_an_order_to_its_file_and_stops_when_told() {
    let kit = Kit::new().await;
    let order = kit.array(kit.anna.person(), &codes(0..2), Delivery::Pdf).await.unwrap();
    kit.step(order.id, OrderStep::Accept).await;
    let stop = CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(centre::keep(kit.settings(), kit.store.clone(), stop.clone()));
    let printed = async {
        while kit.state(order.id).await != OrderState::Printed {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), printed).await.expect("never printed");
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(20), tasks.join_next()).await;
    ended.expect("it does not stop").unwrap().unwrap();
}

#[tokio::test]
async fn an_order_on_a_roll_asks_for_spare_codes_and_a_file_does_not() {
    let kit = Kit::new().await;
    for (delivery, wanted) in [(Delivery::Roll, 42), (Delivery::Pdf, 40)] {
        let id = kit.issued(40, delivery).await;
        kit.step(id, OrderStep::Accept).await;
        assert_eq!(kit.store.want_codes_for_order(id, None, 4, now()).await.unwrap(), wanted);
    }
}
