//! A document on its way when the daemon, a process of its own, is killed.
use crate::daemon_kit::Daemon;
use crate::house::{House, INN, until};
use crate::papers::import;
use markwright::order::PaperKind;
use markwright::sim::issuer::{IssuerSettings, Standing, Trouble};
use markwright::store::{Origin, PaperState, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::path::PathBuf;
use std::time::Duration;

const CREATE: &str = "/api/v3/true-api/lk/documents/create";
/// Longer than any life here.
const VERY_LATE: Duration = Duration::from_mins(10);

/// The store of the house as that of a daemon, and its configuration.
pub(crate) async fn move_out(house: &House) -> (PathBuf, Store) {
    let data = house.kit.dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let file = data.join("markwright.db");
    let options = SqliteConnectOptions::new().filename(house.kit.dir.path().join("house.db"));
    let old = SqlitePool::connect_with(options).await.unwrap();
    let into = file.display().to_string();
    sqlx::query("vacuum into $1").bind(into).execute(&old).await.unwrap();
    old.close().await;
    let (at, oms) = (house.issuer.addr, IssuerSettings::default());
    let text = format!(
        "data_dir = \"{}\"\n[web]\nlisten = \"127.0.0.1:0\"\n\
         [issuer]\nurl = \"http://{at}\"\noms_id = \"{}\"\nsign = {{ by = \"test\" }}\n\
         sign_in = {{ url = \"http://{at}/api/v3/true-api\", connection = \"{}\" }}\n\
         [true_api]\nurl = \"http://{at}/api/v3/true-api\"\ninn = \"{INN}\"\n\
         lost_document_after = \"1s\"\n\
         [[line]]\nname = \"desk\"\nscenario = \"roll\"\n\
         printer = {{ profile = \"desk-zpl-203\", address = \"127.0.0.1:9\" }}\n",
        data.display(),
        oms.oms_id,
        oms.oms_connection
    );
    let config = house.kit.dir.path().join("markwright.toml");
    std::fs::write(&config, text).unwrap();
    (config, Store::open(&file).await.unwrap())
}

/// `heard`: the document was there before the daemon died.
async fn is_told_once(trouble: Trouble, heard: bool, requests: u64) {
    let mut house = House::open(None).await;
    let order = house.printed(2).await;
    let codes = house.codes(order).await;
    house.apply(order, &codes).await;
    house.rest().await;
    let (config, store) = move_out(&house).await;
    let origin = Origin::Order(order.0);
    let made = store.make_paper(PaperKind::Import, origin, &import(), "manager").await.unwrap();
    house.trouble("/documents/create", 1, trouble);
    let asked = || house.issuer.controls.requests(CREATE);
    let daemon = Daemon::start(&config, drop).await;
    until("it waits for the answer", || async {
        let is_there = !heard || house.standing(&codes[0]) == Standing::Introduced;
        (asked() == 1 && is_there).then_some(())
    })
    .await;
    daemon.kill().await;
    let left = store.paper(made.id).await.unwrap().unwrap();
    assert_eq!((left.state, left.upstream_id), (PaperState::Sending, None));

    let daemon = Daemon::start(&config, drop).await;
    let done = until("it has effect", || async {
        let paper = store.paper(made.id).await.unwrap().unwrap();
        (paper.state == PaperState::Done).then_some(paper)
    })
    .await;
    daemon.kill().await;
    assert_eq!((u64::from(done.sends), asked()), (requests, requests));
    for code in &codes {
        let fate = house.issuer.controls.ledger(|ledger| ledger.fate(code).unwrap());
        assert_eq!((fate.introduced, fate.standing), (1, Standing::Introduced));
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_was_taken_before_the_daemon_was_killed_is_found_and_told_once() {
    is_told_once(Trouble::Slow(VERY_LATE), true, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_was_not_heard_before_the_daemon_was_killed_is_sent_again() {
    is_told_once(Trouble::Silent(VERY_LATE), false, 2).await;
}
