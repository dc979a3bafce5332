//! A line whose products come with their labels, end to end: the real daemon, Modbus, camera and state
//! system over sockets, the array taken by the command, `kill -9` included.
use crate::daemon_kit::Person;
use crate::operator::{bring_back, sign_in, start};
use crate::site_kit::{Account, LINE, LOOK_EVERY, POOL, SOON, Site, Troubled, Works};
use markwright::access::Role;
use markwright::app::App;
use markwright::config;
use markwright::line::{LineState, StopReason, Verdict};
use markwright::sim::dice::Dice;
use markwright::sim::faults::Luck;
use markwright::sim::ledger::ProductTruth;
use markwright::sim::packs::{PackSettings, Packs};
use markwright::sim::stage::PACKS_ARRAY;
use markwright::store::Store;
use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn odd_packs(codes: usize) -> PackSettings {
    PackSettings {
        codes,
        copied_chance: 0.08,
        foreign_chance: 0.08,
        unknown_chance: 0.08,
        bare_chance: 0.05,
    }
}

async fn site(rate: f64, packs: PackSettings) -> Site {
    let site = Site::build_with(rate, 100, Some(packs)).await;
    // Single products are not what they should be, and that is what is looked at here.
    site.edit("by_itself = true", "by_itself = true\nlimits = { rejects_in_a_row_max = 50 }");
    let imported = import(&site);
    let said = String::from_utf8_lossy(&imported.stdout).into_owned();
    assert!(imported.status.success(), "{said}{}", String::from_utf8_lossy(&imported.stderr));
    site
}

/// `markwright codes import`.
fn import(site: &Site) -> Output {
    Command::new(env!("CARGO_BIN_EXE_markwright"))
        .args(["codes", "import", "--line", LINE, "--config"])
        .arg(&site.stage.config)
        .arg(site.dir.path().join(PACKS_ARRAY))
        .output()
        .unwrap()
}

/// Why products of the line were rejected.
async fn reasons(store: &Store) -> BTreeSet<String> {
    let products = store.last_verdicts(LINE, 10_000).await.unwrap();
    let reason = |verdict: Option<Verdict>| match verdict {
        Some(Verdict::Bad(reason)) => Some(reason.word().to_owned()),
        Some(Verdict::Good) | None => None,
    };
    products.into_iter().filter_map(|product| reason(product.verdict)).collect()
}

/// Whether a good product carries anything but a code of the array that no other good one carries.
fn wrong_ones(account: &Account, array: &str) -> Vec<u32> {
    let array: BTreeSet<_> = array.lines().map(|line| line.replace("<GS>", "\u{1d}")).collect();
    let mut out = BTreeSet::new();
    let mut is_wrong = |product: &&ProductTruth| match account.truth.codes_of(product)[..] {
        [code] => !array.contains(code) || !out.insert(code.to_owned()),
        _ => true,
    };
    account.truth.good().filter(|product| is_wrong(product)).map(|product| product.tag).collect()
}

#[tokio::test]
async fn products_that_come_with_labels_pass_once_each_and_all_others_are_rejected_with_the_reason()
{
    let site = site(480.0, odd_packs(2_000)).await;
    let array = std::fs::read_to_string(site.dir.path().join(PACKS_ARRAY)).unwrap();
    let store = Store::open(&site.store_file()).await.unwrap();
    let works = Works::start(site).await;
    works.site.stage.plant.controls.faults(|faults| {
        faults.luck = Luck { spoiled_chance: 0.03, missed_trigger_chance: 0.02, ..Luck::default() };
    });
    let wanted = ["duplicate", "foreign", "unknown_code", "no_read", "no_picture"];
    let seen = timeout(2 * SOON, async {
        loop {
            let reasons = reasons(&store).await;
            if wanted.iter().all(|wanted| reasons.contains(*wanted)) {
                return reasons;
            }
            works.comes_back().await;
        }
    });
    let seen = seen.await.expect("every kind of reject comes");
    assert!(!seen.contains("other_job") && !seen.contains("no_answer"), "{seen:?}");
    // Everything that is settled is told, and nothing else.
    let account = works.close(Troubled::No).await;
    assert_eq!(wrong_ones(&account, &array), [0; 0]);
    let codes = &account.sums.codes;
    assert_eq!(codes.verified, account.truth.good().count() as u64, "{codes:?}");
    assert_eq!(codes.stored + codes.sent + codes.doubtful, 0, "{codes:?}");
    // What nobody has seen stays printed.
    assert_eq!(codes.printed + codes.verified + codes.rejected, 2_000, "{codes:?}");
}

#[tokio::test]
async fn a_daemon_killed_at_any_moment_passes_no_label_twice_and_believes_nothing_in_sight() {
    let site = site(300.0, odd_packs(3_000)).await;
    let array = std::fs::read_to_string(site.dir.path().join(PACKS_ARRAY)).unwrap();
    Person::add(&site.store_file()).await;
    let mut dice = Dice::new(5);
    for life in 0..8 {
        let daemon = start(&site).await;
        if life % 4 == 0 {
            bring_back(&sign_in(&daemon).await, &site).await;
        }
        sleep(Duration::from_millis(dice.below(4_000) as u64)).await;
        daemon.kill().await;
    }
    let daemon = start(&site).await;
    bring_back(&sign_in(&daemon).await, &site).await;
    daemon.end().await;
    let store = Store::open(&site.store_file()).await.unwrap();
    // Whoever was in sight at a kill and not yet read.
    let flushed = reasons(&store).await.contains("flushed");
    let account = site.close(Troubled::Yes).await;
    account.assert_right();
    assert_eq!(wrong_ones(&account, &array), [0; 0]);
    assert!(account.sums.codes.verified >= 9, "{:?}", account.sums);
    assert!(flushed, "eight kills in full run left nobody on the belt");
}

#[tokio::test]
async fn a_label_that_was_used_on_another_line_or_written_off_does_not_pass() {
    let site = site(480.0, PackSettings { codes: 400, ..PackSettings::default() }).await;
    let store = Store::open(&site.store_file()).await.unwrap();
    let array = std::fs::read_to_string(site.dir.path().join(PACKS_ARRAY)).unwrap();
    // As another line would have it: verified there, rejected there, in doubt there.
    let ids: Vec<_> = store.codes_handed_over(POOL).await.unwrap();
    assert_eq!(ids.len(), 400);
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(site.store_file());
    let plain = sqlx::SqlitePool::connect_with(file).await.unwrap();
    for (step, rest) in [("verified", 3), ("rejected", 5), ("doubtful", 7)] {
        sqlx::query("update code set state = $1 where state = 'printed' and id % 8 = $2")
            .bind(step)
            .bind(rest)
            .execute(&plain)
            .await
            .unwrap();
    }
    plain.close().await;
    let works = Works::start(site).await;
    let wanted = BTreeSet::from(["duplicate", "in_doubt", "used_up"].map(str::to_owned));
    let all = timeout(SOON, async {
        while reasons(&store).await != wanted {
            sleep(LOOK_EVERY).await;
        }
    });
    assert!(all.await.is_ok(), "{:?}", reasons(&store).await);
    let line = works.line.clone();
    works.app.stop().await;
    drop(line);
    let (ledger, issuer) = works.site.stage.stop().await;
    issuer.stop().await;
    let truth = ledger.books();
    let array: Vec<_> = array.lines().map(|line| line.replace("<GS>", "\u{1d}")).collect();
    for product in truth.good() {
        let code = truth.codes_of(product)[0].to_owned();
        let id = array.iter().position(|known| *known == code).unwrap() + 1;
        assert!(![3, 5, 7].contains(&(id % 8)), "product {} passed with code {id}", product.tag);
    }
    assert!(truth.good().count() > 0);
}

const HANDS: &str = r#"
[web]
listen = "127.0.0.1:0"
[[line]]
name = "bench"
scenario = "manual"
[line.goods]
gtin = "04810093011694"
group = "milk"
name = "Milk"
"#;

/// What the page says of this scan.
async fn scanned(client: &reqwest::Client, url: &str, cookie: &str, text: &str) -> String {
    let form = text.bytes().fold(String::from("scan="), |form, byte| format!("{form}%{byte:02X}"));
    let answer = client
        .post(format!("{url}/lines/bench/scan"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
        .body(form);
    let page = answer.send().await.unwrap().text().await.unwrap();
    let verdict = page.split_once("id=\"verdict\"").unwrap().1;
    verdict.split_once("</b>").unwrap().0.split_once("<b>").unwrap().1.to_owned()
}

#[tokio::test]
async fn labels_put_on_by_hand_are_scanned_at_the_page_of_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hands.toml");
    let data = dir.path().join("data");
    std::fs::write(&file, format!("data_dir = {data:?}\n{HANDS}")).unwrap();
    let mut packs = Packs::new(PackSettings { codes: 20, ..PackSettings::default() }, 3);
    let array = dir.path().join("labels.txt");
    std::fs::write(&array, packs.array()).unwrap();
    let app = App::start(config::load(&file).unwrap()).await.unwrap();
    app.store.add_person("anna", "correct horse", Role::Operator).await.unwrap();
    let mut view = app.lines[0].view.clone();
    let waits = view.wait_for(|view| view.why == Some(StopReason::NoCodes));
    timeout(SOON, waits).await.expect("it knows no code").unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redirect = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().redirect(redirect).timeout(SOON).build().unwrap();
    let url = format!("http://{}", app.web_addr);
    let signed = client
        .post(format!("{url}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("name=anna&password=correct+horse");
    let signed = signed.send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let page = client.get(format!("{url}/lines/bench")).header("cookie", cookie);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("No codes of these labels are known"), "{page}");
    assert!(page.contains("codes import") && !page.contains("left to print"), "{page}");
    let import = Command::new(env!("CARGO_BIN_EXE_markwright"))
        .args(["codes", "import", "--line", "bench", "--config"])
        .args([&file, &array])
        .output()
        .unwrap();
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    let runs = view.wait_for(|view| view.state == LineState::Execute);
    timeout(SOON, runs).await.expect("it goes on by itself, without a device").unwrap();
    let mut code = |number| packs.next(number).codes.pop().unwrap();
    let (first, second) = (code(1), code(2));
    let other = second.replacen("04810093011694", "04600000000008", 1);
    for (text, word) in [
        (first.clone(), "✔ Good"),
        // Once more in one go is the same label.
        (first.clone(), "✔ Good"),
        // As a keyboard loses it.
        (second.replace('\u{1d}', ""), "✔ Good"),
        (first, "✖ Duplicate"),
        (other, "✖ Foreign"),
        ("hello".to_owned(), "? Not a code"),
    ] {
        assert_eq!(scanned(&client, &url, cookie, &text).await, word, "{text:?}");
    }
    let store = app.store.clone();
    app.stop().await;
    let sums = store.reconcile("bench", "line:bench").await.unwrap();
    assert_eq!((sums.codes.verified, sums.codes.printed), (2, 18), "{sums:?}");
    assert_eq!((sums.products.seen, sums.products.verified, sums.products.rejected), (5, 2, 3));
    assert_eq!(sums.on_belt, 0);
}
