//! The whole daemon as a process, with a fake plant and the operator: ordered, printed, read back,
//! labelled, produced, shipped; killed in between.
use crate::daemon_kit::Person;
use crate::operator::{bring_back, sign_in, start};
use crate::site_kit::{LINE, LOOK_EVERY, POOL, SOON, Site};
use markwright::code::CodeState;
use markwright::sim::issuer::{MarkSettings, MarkStanding};
use markwright::sim::judge::Beliefs;
use markwright::store::Store;
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// The job that the configuration gives the line.
const JOB: &str = "1";

/// The site, with Electronic Mark instead of the station.
async fn site() -> Site {
    let site = Site::build(240.0, 40).await;
    let text = std::fs::read_to_string(&site.stage.config).unwrap();
    let (head, rest) = text.split_once("[issuer]").unwrap();
    let (_, rest) = rest.split_once("[centre]").unwrap();
    let MarkSettings { user, password, .. } = MarkSettings::default();
    let file = site.dir.path().join("mark-user");
    std::fs::write(&file, format!("{user}:{password}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (url, file) = (site.stage.issuer.addr, file.display());
    let mark = format!(
        "[electronic_mark]\nurl = \"http://{url}\"\nuser_file = \"{file}\"\n\
         report_every = \"200ms\"\nlost_after = \"500ms\"\n\n[centre]"
    );
    std::fs::write(&site.stage.config, format!("{head}{mark}{rest}")).unwrap();
    Person::add(&site.store_file()).await;
    site
}

fn standing(site: &Site, standing: MarkStanding) -> usize {
    site.stage.issuer.controls.electronic_mark().ledger(|ledger| ledger.standing(standing))
}

async fn until<F: Future<Output = bool>>(what: &str, mut level: impl FnMut() -> F) {
    let waited = timeout(SOON, async {
        while !level().await {
            sleep(LOOK_EVERY).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("within {SOON:?}: {what}"));
}

/// `markwright mark …`, as a person at the same machine.
async fn mark(site: &Site, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_markwright"));
    command.arg("mark").arg("--config").arg(&site.stage.config).args(words);
    timeout(SOON, command.output()).await.unwrap().unwrap()
}

async fn said(site: &Site, words: &[&str]) -> String {
    let output = mark(site, words).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// So many codes are verified, and their products are through the gate.
async fn verified(store: &Store) -> usize {
    usize::try_from(store.tally(POOL).await.unwrap().verified).unwrap()
}

#[tokio::test]
async fn codes_go_from_the_order_over_print_and_read_back_to_the_shipment() {
    let site = site().await;
    let daemon = start(&site).await;
    bring_back(&sign_in(&daemon).await, &site).await;
    until("some are produced", async || standing(&site, MarkStanding::Manufactured) >= 5).await;
    daemon.kill().await;

    let daemon = start(&site).await;
    bring_back(&sign_in(&daemon).await, &site).await;
    daemon.end().await;
    let store = Store::open(&site.store_file()).await.unwrap();
    let made = verified(&store).await;
    assert!(made >= 8, "{made}");

    // From now on nothing is made; what is there is told.
    site.edit("by_itself = true", "by_itself = false");
    let daemon = start(&site).await;
    until("all are produced", async || standing(&site, MarkStanding::Manufactured) == made).await;
    until("the books know it", async || {
        let steps: Value = said(&site, &["steps", "--job", JOB]).await.parse().unwrap();
        steps["labelled"] == made && steps["produced"] == made && steps["shipped"] == 0
    })
    .await;
    let known = said(&site, &["gtin", "04810093011694"]).await;
    assert!(known.contains("\"exists\":true"), "{known}");
    let agents = said(&site, &["agents"]).await;
    let (agent, _) = agents.split_once('\t').unwrap();
    let ship = ["ship", "--job", JOB, "--number", "ТТН-001234", "--agent", agent];
    let told = said(&site, &ship).await;
    assert!(told.contains("job 1, waybill tnttn ТТН-001234"), "{told}");
    let again = mark(&site, &["ship", "--job", JOB, "--number", "ТТН-2", "--agent", agent]).await;
    assert!(!again.status.success(), "{again:?}");
    assert!(String::from_utf8_lossy(&again.stderr).contains("all left already"), "{again:?}");
    until("they left", async || standing(&site, MarkStanding::Shipped) == made).await;
    until("orders come to their end", async || store.open_wants().await.unwrap().is_empty()).await;
    daemon.end().await;
    assert_books_are_right(&site, &store).await;
    let (_, issuer) = site.stage.stop().await;
    issuer.stop().await;
}

/// The operator, the store and the floor agree.
async fn assert_books_are_right(site: &Site, store: &Store) {
    let handed: Vec<_> = store.codes_handed_over(POOL).await.unwrap();
    let good: BTreeSet<String> = handed
        .iter()
        .filter(|(_, state)| *state == CodeState::Verified)
        .map(|(code, _)| code.as_str().to_owned())
        .collect();
    let made: Vec<String> = site.stage.issuer.controls.electronic_mark().ledger(|ledger| {
        let shipped = ledger.codes().filter(|(_, fate)| fate.standing() == MarkStanding::Shipped);
        let shipped: BTreeSet<_> = shipped.map(|(code, _)| code.to_owned()).collect();
        assert_eq!(shipped, good, "what left is what was read back");
        for (code, fate) in ledger.codes() {
            let mut steps = fate.steps.clone();
            steps.dedup();
            assert_eq!(steps, fate.steps, "{code}");
        }
        assert_eq!((ledger.refused_steps(), ledger.strangers().len()), (0, 0));
        ledger.codes().map(|(code, _)| code.to_owned()).collect()
    });
    for code in &made {
        assert!(store.story(code).await.unwrap().is_some(), "ordered and not here: {code:?}");
    }
    let sums = store.reconcile(LINE, POOL).await.unwrap();
    assert_eq!(sums.taken, made.len() as u64, "every code is here once");
    assert!(sums.closes(), "{sums:?}");
    let beliefs = Beliefs {
        codes: handed.into_iter().collect(),
        products: (sums.products.seen, sums.products.rejected),
        troubled: true,
        ..Beliefs::default()
    };
    let wrong = site.stage.ledger().ask(|truth| beliefs.against_plant(truth));
    assert_eq!(wrong, [""; 0], "{sums:?}");
}
