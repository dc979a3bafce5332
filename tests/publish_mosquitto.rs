//! What lines record arrives at a real broker: in order, all of it, and nothing else.
//!
//! Needs Mosquitto (`apt-get install mosquitto mosquitto-clients`).
#![allow(clippy::unwrap_used, reason = "a test")]

mod broker;
mod store_kit;

use broker::{Broker, SOON, Watcher, soon};
use markwright::code::Step;
use markwright::crew::Crew;
use markwright::line::{Fate, LineState, Record, Scenario, StopReason, Tag};
use markwright::publish::{self, PublishSettings};
use markwright::store::{NewJob, Store};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::time::Duration;
use store_kit::{LINE, POOL, array, gtin, moved, way_to_verified};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn settings(port: u16) -> PublishSettings {
    PublishSettings {
        host: "127.0.0.1".into(),
        port,
        prefix: "plant".into(),
        client_id: "markwright-test".into(),
        login: None,
        answer_within: Duration::from_millis(500),
    }
}

fn publisher(port: u16, store: &Store) -> Crew {
    let (mut crew, store) = (Crew::default(), store.clone());
    crew.hire("publish", |stop| publish::keep(settings(port), store, stop));
    crew
}

async fn store() -> (Store, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (Store::open(&dir.path().join("line.db")).await.unwrap().publishing(), dir)
}

async fn add_job(store: &Store, planned: u64) {
    let job = NewJob {
        line: LINE.into(),
        scenario: Scenario::PrintApply,
        pool: POOL.into(),
        gtin: gtin(),
        design: "plain".into(),
        planned,
        roll: markwright::store::RollJob::default(),
        lot: markwright::store::Lot::default(),
    };
    store.add_job(&job).await.unwrap();
}

async fn assert_jobs(watcher: &mut Watcher, planned: std::ops::Range<u64>) {
    for wanted in planned {
        let heard = watcher.next().await;
        assert_eq!(
            (heard.topic.as_str(), &heard.body["planned"]),
            ("plant/one/job", &wanted.into())
        );
    }
}

#[tokio::test]
async fn messages_arrive_in_order_through_an_outage_of_the_broker_and_a_restart_of_the_daemon() {
    let mut broker = Broker::start().await;
    let (store, dir) = store().await;
    for n in 0..400 {
        add_job(&store, n).await;
    }
    let mut watcher = broker.watch("plant/#").await;
    let crew = publisher(broker.port, &store);
    assert_jobs(&mut watcher, 0..50).await;
    broker.end().await;
    for n in 400..500 {
        add_job(&store, n).await;
    }
    assert!(store.outbox(1_000).await.unwrap().len() >= 100);
    broker.start_again().await;
    assert_jobs(&mut watcher, 50..500).await;
    crew.stop(SOON).await;

    for n in 500..510 {
        add_job(&store, n).await;
    }
    drop(store);
    let store = Store::open(&dir.path().join("line.db")).await.unwrap().publishing();
    let crew = publisher(broker.port, &store);
    assert_jobs(&mut watcher, 500..510).await;
    crew.stop(SOON).await;
}

#[tokio::test]
async fn only_what_was_committed_is_published_and_state_and_counts_stay_at_the_broker() {
    let broker = Broker::start().await;
    let (store, _dir) = store().await;
    store.store_codes(POOL, "test", &array(3)).await.unwrap();
    let mut watcher = broker.watch("plant/#").await;
    let crew = publisher(broker.port, &store);
    let (raised, cleared) =
        (Record::AlarmRaised(StopReason::BinFull), Record::AlarmCleared(StopReason::BinFull));
    let state = |to, why| Record::Line { from: LineState::Execute, to, why };

    let holding = state(LineState::Holding, Some(StopReason::EmergencyStop));
    let refused = [holding, raised.clone(), moved(1, Step::Scrap), moved(2, Step::Verify)];
    assert!(store.append(LINE, None, &refused).await.is_err());
    store.append(LINE, None, &[raised]).await.unwrap();
    store.append(LINE, None, &way_to_verified(1, 1)).await.unwrap();
    let settled = Record::ProductSettled { tag: Tag(1), fate: Fate::Verified };
    store.append(LINE, None, &[cleared, settled]).await.unwrap();
    let why = Some(StopReason::NoCodes);
    store.append(LINE, None, &[state(LineState::Held, why)]).await.unwrap();

    let wanted = [
        ("alarm", "standing", Value::from(true)),
        ("alarm", "standing", false.into()),
        (
            "counts",
            "products",
            serde_json::json!(
            {"seen": 1, "verified": 1, "rejected": 0, "sampled": 0, "unaccounted": 0}),
        ),
        ("state", "state", "Held".into()),
        ("status", "StateCurrentName", "Held".into()),
    ];
    for (topic, key, value) in wanted {
        let heard = watcher.next().await;
        assert_eq!((heard.topic, heard.retained), (format!("plant/one/{topic}"), false));
        assert_eq!(heard.body[key], value);
        let at: jiff::Timestamp = heard.body["at"].as_str().unwrap().parse().unwrap();
        assert!(at > jiff::Timestamp::UNIX_EPOCH);
    }
    crew.stop(SOON).await;
    drop(watcher);

    let mut late = broker.watch("plant/one/+").await;
    let heard = [late.next().await, late.next().await, late.next().await];
    let mut kept = heard.map(|heard| (heard.topic, heard.retained, heard.body));
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!((kept[0].0.as_str(), kept[0].1), ("plant/one/counts", true));
    assert_eq!(
        (kept[0].2["codes"]["verified"].as_u64(), kept[0].2["codes"]["stored"].as_u64()),
        (Some(1), Some(2))
    );
    assert_eq!((kept[1].0.as_str(), kept[1].1), ("plant/one/state", true));
    assert_eq!(
        (kept[1].2["number"].as_u64(), kept[1].2["why"].as_str()),
        (Some(11), Some("no_codes"))
    );
    assert_eq!((kept[2].0.as_str(), kept[2].1), ("plant/one/status", true));
    assert_eq!(kept[2].2["StateCurrent"], 11);
}

#[tokio::test]
async fn a_broker_that_confirms_nothing_is_left_and_the_message_is_kept() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (store, _dir) = store().await;
    add_job(&store, 1).await;
    let crew = publisher(listener.local_addr().unwrap().port(), &store);
    for _ in 0..2 {
        let (mut socket, _) = soon("a connection", listener.accept()).await.unwrap();
        // CONNACK, accepted (MQTT 3.1.1, 3.2); nothing after it.
        socket.write_all(&[0x20, 2, 0, 0]).await.unwrap();
        let mut heard = Vec::new();
        soon("the connection is dropped", socket.read_to_end(&mut heard)).await.unwrap();
        assert!(heard.windows(13).any(|part| part == b"plant/one/job"), "{heard:?}");
    }
    assert_eq!(store.outbox(10).await.unwrap().len(), 1);
    crew.stop(SOON).await;
}
