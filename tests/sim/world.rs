//! The fake plant over its real sockets: PLC, belt, ledger.
use crate::sim_hands::{BELT, CLEAR_PAD, DEADLINE, INFEED, Pc, a_run, count, settings, world};
use markwright::sim::alone::run_plc;
use markwright::sim::faults::Faults;
use markwright::sim::labels::draw_label;
use markwright::sim::ledger::{Books, LabelPlace, Ledger};
use markwright::sim::plant::Plant;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use tokio_modbus::prelude::*;
use tokio_util::sync::CancellationToken;

async fn exchange(at: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut plc = TcpStream::connect(at).await.unwrap();
    plc.write_all(request).await.unwrap();
    let mut answer = vec![0; 512];
    // Hung up on with bytes unread shows as a reset: no answer either way.
    let length = timeout(DEADLINE, plc.read(&mut answer)).await.unwrap().unwrap_or(0);
    answer.truncate(length);
    answer
}

#[tokio::test]
async fn the_bytes_on_the_wire_are_modbus() {
    let world = world(settings()).await;
    let at = world.plant.plc_addr;
    let version = exchange(at, &[0x12, 0x34, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1]).await;
    assert_eq!(version, [0x12, 0x34, 0, 0, 0, 5, 1, 4, 2, 0, 1]);
    let single = [0, 7, 0, 0, 0, 6, 1, 6, 0, 27, 0xab, 0xcd];
    assert_eq!(exchange(at, &single).await, single);
    let several = [0, 8, 0, 0, 0, 11, 1, 16, 0, 4, 0, 2, 4, 0, 1, 0, 2];
    assert_eq!(exchange(at, &several).await, [0, 8, 0, 0, 0, 6, 1, 16, 0, 4, 0, 2]);
    let back = exchange(at, &[0, 9, 0, 0, 0, 6, 1, 3, 0, 4, 0, 2]).await;
    assert_eq!(back, [0, 9, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2]);
}

#[tokio::test]
async fn what_the_plc_cannot_do_it_refuses_by_number() {
    let world = world(settings()).await;
    let at = world.plant.plc_addr;
    let refusals: [(&[u8], u8); 6] = [
        (&[1, 43, 14, 1, 0], 1),
        (&[1, 4, 0, 124, 0, 2], 2),
        (&[1, 3, 0, 28, 0, 1], 2),
        (&[1, 6, 0, 28, 0, 1], 2),
        (&[1, 4, 0, 0, 0, 126], 3),
        (&[9, 4, 0, 0, 0, 1], 11),
    ];
    for (body, why) in refusals {
        let mut request = vec![0, 1, 0, 0, 0, u8::try_from(body.len()).unwrap()];
        request.extend(body);
        let answer = exchange(at, &request).await;
        assert_eq!(answer, [0, 1, 0, 0, 0, 3, body[0], body[1] | 0x80, why], "{body:?}");
    }
}

#[tokio::test]
async fn what_is_not_modbus_is_hung_up_on() {
    let world = world(settings()).await;
    let answer = exchange(world.plant.plc_addr, b"GET / HTTP/1.1\r\n\r\n").await;
    assert!(answer.is_empty());
}

#[tokio::test]
async fn silence_rejects_every_product() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    let events = a_run(&mut pc, 6, |_| false).await;
    assert_eq!(count(&events, 6), count(&events, 1));
    let books = world.plant.stop().await.books();
    assert_eq!((books.good().count(), books.rejected().count()), (0, books.products_seen()));
}

#[tokio::test]
async fn a_pass_in_time_passes_its_product_and_no_other() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    let events = a_run(&mut pc, 9, |tag| tag % 3 == 0).await;
    let of = |kind| events.iter().filter(move |(k, _)| *k == kind).map(|(_, tag)| *tag);
    assert!(of(5).all(|tag| tag % 3 == 0) && of(6).all(|tag| tag % 3 != 0));
    assert!(of(5).count() >= 3);
    assert_eq!(pc.block[11], u16::try_from(of(5).count()).unwrap());
    let books = world.plant.stop().await.books();
    assert!(books.good().all(|product| product.tag % 3 == 0 && product.pass_at_us.is_some()));
    sums_close(&books);
}

/// What must be true of every ledger after the belt was emptied.
fn sums_close(books: &Books) {
    let places = books.good().count() + books.rejected().count() + books.taken_off().count();
    assert_eq!(books.products_seen(), places);
    assert_eq!(books.on_belt().count(), 0);
    let on_products: usize = books.products().iter().map(|product| product.labels.len()).sum();
    let is_on_product = |place| matches!(place, LabelPlace::Product(_));
    assert_eq!(books.labels().iter().filter(|l| is_on_product(l.place)).count(), on_products);
    assert!(books.physical_duplicates().is_empty());
    assert_eq!(books.physical_labels(), books.labels().len());
}

#[tokio::test]
async fn a_cleared_pad_is_clear_and_its_labels_are_waste() {
    let (web, labels) = mpsc::channel(1);
    let world = Plant::start(settings(), labels).await.unwrap();
    for number in 1..=3 {
        web.send(draw_label(number, "0104810093011694212k6rsrti\u{1d}93#SzU")).await.unwrap();
    }
    let mut pc = Pc::connect(world.plc_addr).await;
    let ledger = world.ledger.clone();
    pc.run_until(|_| false, |_, _| ledger.ask(|books| books.labels().len() == 3)).await;
    pc.run_until(|_| false, |pc, _| !pc.status(2)).await;
    pc.order(CLEAR_PAD);
    let events = pc.run_until(|_| false, |_, all| !all.is_empty()).await;
    assert_eq!(events, [(8, 0)]);
    assert!(pc.status(2));
    let books = ledger.books();
    assert!(books.labels().iter().all(|label| label.place == LabelPlace::Waste));
    assert_eq!(books.physical_duplicates().len(), 1);
}

#[tokio::test]
async fn the_printer_is_held_up_while_the_pad_is_full_and_what_hangs_on_the_web_is_counted() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    let ledger = world.plant.ledger.clone();
    pc.run_until(|_| false, |_, _| ledger.ask(|books| books.labels().len() >= 4)).await;
    pc.order(BELT);
    pc.run_until(|_| false, |pc, _| pc.status(1)).await;
    assert_eq!(ledger.ask(|books| books.labels().len()), 4);
    drop(world.printer);
    let books = world.plant.stop().await.books();
    let on_roll = books.labels().iter().filter(|label| label.place == LabelPlace::Roll);
    assert_eq!(on_roll.count(), 1, "the one in the channel");
}

#[tokio::test]
async fn a_product_without_a_label_is_told_and_never_photographed_as_if_it_had_one() {
    let (_web, labels) = mpsc::channel(1);
    let plant = Plant::start(settings(), labels).await.unwrap();
    let mut pc = Pc::connect(plant.plc_addr).await;
    let events = a_run(&mut pc, 3, |_| false).await;
    assert_eq!(count(&events, 3), count(&events, 1));
    assert_eq!(count(&events, 2), 0);
    assert!(plant.stop().await.books().products().iter().all(|p| p.labels.is_empty()));
}

#[tokio::test]
async fn the_belt_stops_when_the_other_side_is_silent_for_a_second_and_beats_do_not_start_it() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.order(BELT);
    falls_silent(&mut pc).await;
    // The connection lived all the time, and the beats come back with the old command and its number.
    for _ in 0..50 {
        pc.cycle().await;
        assert!(!pc.status(1), "a beat is no order");
        sleep(Duration::from_millis(10)).await;
    }
    pc.order(BELT);
    pc.run_until(|_| false, |pc, _| pc.status(1)).await;
}

#[tokio::test]
async fn a_program_that_keeps_its_command_goes_on_with_the_next_beat() {
    let world = world(settings()).await;
    world.plant.controls.faults(|faults| faults.talk.keeps_command = true);
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.order(BELT);
    falls_silent(&mut pc).await;
    pc.run_until(|_| false, |pc, _| pc.status(1)).await;
}

/// The belt runs; then no beat comes until it stands.
async fn falls_silent(pc: &mut Pc) {
    pc.run_until(|_| false, |pc, _| pc.status(1)).await;
    let mut ticks = interval(Duration::from_millis(20));
    let stopped = async {
        while pc.plc.read_input_registers(3, 1).await.unwrap().unwrap()[0] & 2 != 0 {
            ticks.tick().await;
        }
    };
    timeout(DEADLINE, stopped).await.unwrap();
}

#[tokio::test]
async fn an_emergency_stop_holds_the_belt_until_it_is_commanded_anew() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.order(BELT);
    pc.run_until(|_| false, |pc, _| pc.status(1)).await;
    world.plant.controls.faults(|faults| faults.machine.emergency_stop = true);
    pc.run_until(|_| false, |pc, _| pc.status(6) && !pc.status(1) && !pc.status(0)).await;
    world.plant.controls.faults(|faults| faults.machine.emergency_stop = false);
    pc.run_until(|_| false, |pc, _| pc.status(0)).await;
    pc.cycle().await;
    assert!(!pc.status(1));
    pc.order(BELT);
    pc.run_until(|_| false, |pc, _| pc.status(1)).await;
}

#[tokio::test]
async fn a_restarted_plc_has_a_new_boot_number_and_rejects_what_it_forgot() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.order(BELT | INFEED);
    pc.run_until(|_| true, |_, all| count(all, 4) >= 2).await;
    let (boot, before) = (pc.block[1], world.plant.ledger.books().products_seen());
    world.plant.controls.restart_plc();
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    assert_ne!((pc.block[1], pc.block[1]), (boot, 0));
    assert_eq!(pc.block[6..18], [0; 12]);
    let events = a_run(&mut pc, 3, |_| true).await;
    // What was on the belt has no tag any more, and may be pushed out before.
    assert_eq!(events.iter().find(|(_, tag)| *tag != 0), Some(&(1, 1)));
    let books = world.plant.stop().await.books();
    assert!(books.good().all(|product| product.boot != boot || product.pass_at_us.is_some()));
    assert!(books.products()[before - 1].pass_at_us.is_none());
    assert!(books.products_seen() > before);
}

#[tokio::test]
async fn a_blind_bin_eye_and_a_hand_on_the_belt_are_told_as_the_plc_can_know_them() {
    let world = world(settings()).await;
    world.plant.controls.faults(|faults| faults.luck.bin_eye_blind_chance = 1.0);
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.order(BELT | INFEED);
    let mut events = pc.run_until(|_| false, |_, all| count(all, 4) >= 2).await;
    let gone = world.plant.controls.take_off_product().unwrap();
    pc.order(BELT);
    events.extend(pc.run_until(|_| false, |_, all| count(all, 7) >= 2).await);
    assert_eq!(count(&events, 6), 0);
    assert!(!events.contains(&(7, gone)));
    let books = world.plant.stop().await.books();
    assert_eq!(books.taken_off().map(|p| p.tag).collect::<Vec<_>>(), [gone]);
}

#[tokio::test]
async fn a_frozen_program_stops_its_heartbeat_while_its_card_answers() {
    let world = world(settings()).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.run_until(|_| false, |pc, _| pc.block[2] > 3).await;
    world.plant.controls.faults(|faults| faults.talk.frozen = true);
    pc.cycle().await;
    let beat = pc.block[2];
    for _ in 0..20 {
        pc.cycle().await;
        assert_eq!(pc.block[2], beat);
    }
    world.plant.controls.faults(|faults| faults.talk.frozen = false);
    pc.run_until(|_| false, |pc, _| pc.block[2] != beat).await;
}

#[tokio::test]
async fn a_plc_can_be_silent_late_garbled_cut_off_or_of_another_version() {
    let world = world(settings()).await;
    let (at, hands) = (world.plant.plc_addr, &world.plant.controls);
    let ask = [0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1];
    let right = exchange(at, &ask).await;
    hands.faults(|faults| faults.talk.garbled_chance = 1.0);
    assert_ne!(exchange(at, &ask).await, right);
    hands.faults(|faults| faults.talk = Faults::default().talk);
    hands.faults(|faults| faults.talk.late_chance = 1.0);
    assert_eq!(exchange(at, &ask).await, right);
    hands.faults(|faults| faults.talk.drop_chance = 1.0);
    assert!(exchange(at, &ask).await.is_empty());
    hands.faults(|faults| faults.talk = Faults::default().talk);
    hands.faults(|faults| faults.talk.map_version = 2);
    assert_eq!(exchange(at, &ask).await[10], 2);
    hands.faults(|faults| faults.talk.silent_chance = 1.0);
    let mut plc = TcpStream::connect(at).await.unwrap();
    plc.write_all(&ask).await.unwrap();
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(200), plc.read(&mut byte)).await.is_err());
    hands.drop_plc_connections();
    assert_eq!(timeout(DEADLINE, plc.read(&mut byte)).await.unwrap().unwrap_or(0), 0);
}

#[tokio::test]
async fn the_ledger_survives_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    let mut settings = settings();
    settings.ledger_file = Some(path.clone());
    let world = world(settings).await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    a_run(&mut pc, 3, |_| true).await;
    drop(world.printer);
    let books = world.plant.stop().await.books();
    assert_eq!(Ledger::read(&path).unwrap(), books);
    sums_close(&books);
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let world = world(settings()).await;
    let mut second = settings();
    second.plc_listen = world.plant.plc_addr;
    let error = Plant::start(second, mpsc::channel(1).1).await.unwrap_err().to_string();
    assert_eq!(error, format!("the fake PLC cannot listen at {}", world.plant.plc_addr));
}

#[tokio::test]
async fn the_plc_alone_has_products_and_labels_of_its_own() {
    let (stop, (tell, told)) = (CancellationToken::new(), oneshot::channel());
    let mut alone = JoinSet::new();
    let here = "127.0.0.1:0".parse().unwrap();
    let started = stop.clone();
    alone.spawn(async move {
        run_plc(here, |at| tell.send(at).unwrap(), started).await.unwrap();
    });
    let mut pc = Pc::connect(timeout(DEADLINE, told).await.unwrap().unwrap()).await;
    let events = a_run(&mut pc, 3, |_| true).await;
    assert!(count(&events, 2) >= 2 && count(&events, 5) >= 3);
    stop.cancel();
    timeout(DEADLINE, alone.join_next()).await.unwrap().unwrap().unwrap();
}
