//! How the state system has a code now: by the command, and on the page of the code.
use crate::daemon_kit::{Daemon, Person, program};
use crate::house::House;
use crate::killed::move_out;
use sqlx::SqlitePool;
use std::path::Path;
use tokio::process::Command;

async fn ask(config: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(program());
    command.args(["papers", "status", "--config"]).arg(config).args(words);
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_how_the_state_system_has_a_code_by_the_command_and_on_its_page() {
    let mut house = House::open(None).await;
    let order = house.printed(2).await;
    let codes = house.codes(order).await;
    house.apply(order, &codes[..1]).await;
    house.rest().await;
    let (config, _) = move_out(&house).await;
    let bare = |code: &str| code.split('\u{1d}').next().unwrap().to_owned();
    let (applied, given) = (bare(&codes[0]), bare(&codes[1]));
    let spelled = codes[0].replace('\u{1d}', "<GS>");

    let (exit, said, problem) = ask(&config, &[&spelled, &given]).await;
    assert_eq!(exit, Some(0), "{said}{problem}");
    assert!(said.contains(&format!("{applied}  APPLIED (reported as applied")), "{said}");
    // Footwear counts as applied when its codes are given out.
    assert!(said.contains(&format!("{given}  APPLIED")), "{said}");
    let stranger = "0104600000000008215ZZZZZZZZZZZZ";
    let (exit, said, _) = ask(&config, &["--group", "shoes", "--json", stranger]).await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((exit, &said["status"], &said["code"]), (Some(1), &"".into(), &stranger.into()));
    assert_eq!(said["problem"], "there is no such code");
    let (exit, _, problem) = ask(&config, &[stranger]).await;
    assert!(exit != Some(0) && problem.contains("name its --group"), "{problem}");

    // The customer of the house is an operator here.
    let file = house.kit.dir.path().join("data/markwright.db");
    let sql = SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let change = sqlx::query("update person set role = 'operator' where name = 'anna'");
    change.execute(&sql).await.unwrap();
    sql.close().await;
    let daemon = Daemon::start(&config, drop).await;
    let person = Person::sign_in(&daemon, "desk").await;
    let page = async |query: &str| {
        let scan: Vec<_> = applied.bytes().map(|b| format!("%{b:02X}")).collect();
        let scan = scan.concat();
        let path = format!("/codes?scan={scan}{query}");
        String::from_utf8(person.get(&path).await).unwrap()
    };
    let before = page("").await;
    assert!(before.contains("How does the state system have it now?"), "{before}");
    assert!(!before.contains("<b>APPLIED</b>"), "{before}");
    let after = page("&ask=state-system").await;
    assert!(after.contains("<b>APPLIED</b> (reported as applied"), "{after}");
    daemon.kill().await;
    house.close().await;
}
