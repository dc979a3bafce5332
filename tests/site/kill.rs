//! `kill -9` at any moment, start again: the daemon as a process of its own against the fake site.
//!
//! Twelve kills by default; `KILLS=300` makes a campaign of it, `SEED` another one, `CODES` says how
//! many codes each order brings, `STOCK` how many lie in another line's stock. In every fourth life the disk gets full before the kill, and in half
//! of these there is room again.
//!
//! A full disk is a limit on the size of files that is set from outside (`prlimit`), which needs no
//! rights; a read-only one is mounted, where that is allowed.
use crate::daemon_kit::campaign::number_from;
use crate::daemon_kit::{Daemon, Person};
use crate::operator::{bring_back, sign_in, start};
use crate::site_kit::{self, Account, LOOK_EVERY, POOL, SOON, Site, Troubled};
use markwright::code::{CodeState, CodeText, read_array};
use markwright::line::LineState;
use markwright::sim::dice::Dice;
use markwright::sim::ledger::Books;
use markwright::store::{Pace, Store};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The longest life of a daemon that will be killed.
const LIFE_MAX_MS: usize = 5_000;

/// Every order and every report has come to its end, so that the issuer owes nothing.
async fn settled(site: &Site) {
    let store = Store::open(&site.store_file()).await.unwrap();
    let settled = timeout(SOON, async {
        while !store.open_wants().await.unwrap().is_empty() {
            sleep(LOOK_EVERY).await;
        }
    });
    settled.await.expect("orders come to their end");
}

async fn end_and_account(site: Site, daemon: Daemon) -> Account {
    settled(&site).await;
    daemon.end().await;
    let account = site.close(Troubled::Yes).await;
    account.assert_right();
    account
}

/// From the start of the process until it says that it is ready.
const READY_MAX: Duration = Duration::from_secs(2);

/// Codes in the same tables that another line will print.
async fn fill_the_stock(site: &Site, codes: usize) {
    let store = Store::open(&site.store_file()).await.unwrap();
    let mut intake = store.intake("line:another", "stock.txt", Pace::Alone).await.unwrap();
    for first in (0..codes).step_by(5_000) {
        let mut lines = String::new();
        for n in first..codes.min(first + 5_000) {
            // Serial numbers in no order, as stations give them.
            let serial = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 10_u64.pow(13);
            writeln!(lines, "010481009301169421{serial:013}\u{1d}91EE11\u{1d}92{}", "x".repeat(88))
                .unwrap();
        }
        let (codes, aside) = read_array(&lines, None);
        assert_eq!(aside, []);
        intake.store(&codes, &aside).await.unwrap();
    }
    intake.finish().await.unwrap();
}

/// Between two lives: whatever the plant has done was remembered before. No code stands on two
/// labels, none that came out of the printer is still in the stock, and what went through the gate is
/// verified.
async fn assert_remembered_before_it_acted(site: &Site) {
    let store = Store::open(&site.store_file()).await.unwrap();
    let handed_over = store.codes_handed_over(POOL).await.unwrap();
    let states: HashMap<CodeText, CodeState> = handed_over.into_iter().collect();
    let truth = site.stage.ledger().books();
    assert_eq!(truth.physical_duplicates(), [""; 0]);
    for code in truth.labels().iter().flat_map(|label| &label.codes) {
        assert!(
            states.contains_key(&CodeText::new(code.as_str())),
            "printed, not remembered: {code:?}"
        );
    }
    for code in truth.good().flat_map(|product| truth.codes_of(product)) {
        let state = states.get(&CodeText::new(code));
        assert_eq!(state, Some(&CodeState::Verified), "through the gate: {code:?}");
    }
}

#[tokio::test]
async fn a_daemon_killed_at_any_moment_prints_no_code_twice_and_loses_none() {
    let (kills, seed) = (number_from("KILLS", 12), number_from("SEED", 1));
    let mut dice = Dice::new(seed);
    let codes = u32::try_from(number_from("CODES", 100)).unwrap();
    let site = Site::build(240.0, codes).await;
    site.edit("[centre]", "lost_order_after = \"1s\"\n[centre]");
    Person::add(&site.store_file()).await;
    fill_the_stock(&site, usize::try_from(number_from("STOCK", 0)).unwrap()).await;
    let mut ready = Vec::new();
    for life in 0..kills {
        let daemon = start(&site).await;
        ready.push(daemon.ready_after);
        if life == 0 {
            bring_back(&sign_in(&daemon).await, &site).await;
        }
        let rest = dice.below(LIFE_MAX_MS) as u64;
        let full_for = if life % 4 == 3 { dice.below(LIFE_MAX_MS) as u64 } else { 0 };
        sleep(Duration::from_millis(rest)).await;
        if full_for > 0 {
            daemon.disk_is_full(true).await;
            sleep(Duration::from_millis(full_for)).await;
            daemon.disk_is_full(life % 8 == 3).await;
        }
        daemon.kill().await;
        // Whoever opens the store tidies up what the kill left: every second start does so itself.
        if life % 2 == 0 {
            assert_remembered_before_it_acted(&site).await;
        }
    }
    let daemon = start(&site).await;
    let operator = sign_in(&daemon).await;
    bring_back(&operator, &site).await;
    ready.sort_unstable();
    let account = end_and_account(site, daemon).await;
    println!("killed {kills} times, seed {seed}: {:?}", account.sums);
    println!("ready after {:?}, at most {:?}", ready[ready.len() / 2], ready[ready.len() - 1]);
    assert!(ready.iter().all(|after| *after <= READY_MAX), "{ready:?}");
    // A life leaves in doubt at most what was between printer and camera.
    let doubtful = account.sums.codes.doubtful;
    assert!(doubtful <= 10 * kills, "{doubtful} doubtful after {kills} kills");
    assert!(account.sums.codes.verified >= 3, "{:?}", account.sums);
}

#[tokio::test]
async fn after_a_kill_in_full_run_the_line_comes_back_by_itself_and_catches_up() {
    let site = Site::build(240.0, 200).await;
    Person::add(&site.store_file()).await;
    for _ in 0..2 {
        let daemon = start(&site).await;
        let good = || site.stage.ledger().ask(|truth| truth.good().count());
        let wanted = good() + 4;
        if !site_kit::happens(|| good() >= wanted, SOON).await {
            let line = sign_in(&daemon).await.line().await;
            panic!("without anybody's help, no good products within {SOON:?}: {line}");
        }
        daemon.kill().await;
    }
    let daemon = start(&site).await;
    let operator = sign_in(&daemon).await;
    bring_back(&operator, &site).await;
    let account = end_and_account(site, daemon).await;
    // The belt stops a second after the daemon died: the PLC remembers what happened until then.
    assert_eq!(account.sums.products.unaccounted, 0, "{:?}", account.sums);
}

#[tokio::test]
async fn where_a_person_must_start_the_line_it_waits_for_the_person_after_a_kill() {
    let site = Site::build(240.0, 200).await;
    site.edit("by_itself = true", "by_itself = false");
    Person::add(&site.store_file()).await;
    let daemon = start(&site).await;
    bring_back(&sign_in(&daemon).await, &site).await;
    daemon.kill().await;

    let daemon = start(&site).await;
    let operator = sign_in(&daemon).await;
    assert_eq!(operator.state().await, LineState::Stopped);
    bring_back(&operator, &site).await;
    end_and_account(site, daemon).await;
}

#[tokio::test]
async fn a_full_disk_stops_the_line_which_says_why_and_prints_nothing_until_there_is_room_again() {
    let site = Site::build(240.0, 200).await;
    Person::add(&site.store_file()).await;
    let daemon = start(&site).await;
    let operator = sign_in(&daemon).await;
    bring_back(&operator, &site).await;

    daemon.disk_is_full(true).await;
    let mut line = Value::Null;
    let stands = timeout(SOON, async {
        while line["state"] != "Aborted" {
            sleep(LOOK_EVERY).await;
            line = operator.line().await;
        }
    });
    assert!(stands.await.is_ok(), "it runs on: {line}");
    let why = line["trouble"]["action"].as_str().unwrap_or_default();
    assert!(why.contains("Look at the disk"), "it does not say why: {line}");
    let out = || site.stage.ledger().ask(Books::physical_labels);
    let before = out();
    // Longer than the daemon waits before it tries again.
    sleep(Duration::from_secs(7)).await;
    assert_eq!(out(), before, "it prints what it cannot remember");

    daemon.disk_is_full(false).await;
    bring_back(&operator, &site).await;
    end_and_account(site, daemon).await;
}

/// A small file system of its own, where mounting is allowed.
struct Mount(std::path::PathBuf);

impl Mount {
    fn over(folder: std::path::PathBuf) -> Option<Self> {
        let mount = Self(folder);
        mount.with(&["-t", "tmpfs", "-o", "size=64m", "none"]).then_some(mount)
    }

    fn with(&self, arguments: &[&str]) -> bool {
        let done = std::process::Command::new("mount").args(arguments).arg(&self.0).output();
        done.is_ok_and(|done| done.status.success())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn on_a_read_only_disk_the_daemon_says_why_it_does_not_start_and_prints_nothing() {
    let site = Site::build(240.0, 200).await;
    let Some(disk) = Mount::over(site.dir.path().join("data")) else {
        println!("not tested: mounting is not allowed here");
        return;
    };
    Person::add(&site.store_file()).await;
    let daemon = start(&site).await;
    bring_back(&sign_in(&daemon).await, &site).await;
    daemon.kill().await;

    assert!(disk.with(&["-o", "remount,ro"]));
    let out = || site.stage.ledger().ask(Books::physical_labels);
    // What the printer had when the daemon died still comes out.
    let mut before = usize::MAX;
    while out() != before {
        before = out();
        sleep(Duration::from_secs(1)).await;
    }
    let said = Daemon::try_start(&site.stage.config, drop)
        .await
        .err()
        .expect("it starts on a read-only disk");
    assert!(said.to_lowercase().contains("read"), "{said}");
    assert_eq!(out(), before);

    assert!(disk.with(&["-o", "remount,rw"]));
    let daemon = start(&site).await;
    bring_back(&sign_in(&daemon).await, &site).await;
    end_and_account(site, daemon).await;
}
