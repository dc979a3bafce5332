//! What was packed into what, told by the command: once, and only of codes that are ours and told.
use super::asked::{configured, ordered_whole, station};
use markwright::code::{parse, read_array};
use markwright::sim::issuer::{Country, PlannedTrouble, Trouble};
use markwright::store::Store;
use serde_json::Value;
use sqlx::SqlitePool;
use std::path::{Path, PathBuf};

const PATH: &str = "/api/v3/aggregation";

/// A folder with a configuration and a store, in which all codes but the last are verified and told.
async fn told(dir: &Path, codes: &[String]) {
    let file = dir.join("markwright.db");
    let store = Store::open(&file).await.unwrap();
    let (taken, _) = read_array(&codes.join("\n"), None);
    store.store_codes("line:one", "test", &taken).await.unwrap();
    let sql = SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    for step in [
        "update code set state = 'sent'",
        "update code set state = 'printed'",
        "update code set state = 'applied'",
        "update code set state = 'verified', settled = 1",
        "insert into report (id, kind, product_group, made_at) values (7, 'utilisation', 'milk', 1)",
        "update code set report_id = 7 where id < (select max(id) from code)",
        "update code set told_at = 1 where report_id = 7",
    ] {
        sqlx::query(step).execute(&sql).await.unwrap();
    }
    sql.close().await;
}

struct Desk {
    dir: tempfile::TempDir,
    config: PathBuf,
}

impl Desk {
    async fn ask(&self, words: &[&str]) -> (bool, Vec<Value>, String) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_markwright"));
        command.arg("station").args(words).arg("--config").arg(&self.config);
        let output =
            tokio::time::timeout(super::DEADLINE, command.output()).await.unwrap().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.success(), lines, String::from_utf8(output.stderr).unwrap())
    }

    async fn aggregate(&self, file: &str) -> (bool, Vec<Value>, String) {
        let path = self.dir.path().join("boxes");
        std::fs::write(&path, file).unwrap();
        let path = path.display().to_string();
        self.ask(&["aggregate", &path, "--group", "milk", "--participant", "7700000001"]).await
    }
}

#[tokio::test]
async fn boxes_of_a_file_are_told_once_and_what_is_refused_is_shown() {
    let (issuer, fake, client) = station(Country::Ru).await;
    let (_, codes) = ordered_whole(&client, 5).await;
    let dir = tempfile::tempdir().unwrap();
    let config = configured(dir.path(), &issuer, &fake);
    told(dir.path(), &codes).await;
    let desk = Desk { dir, config };
    let bare = |at: usize| parse(&codes[at]).unwrap().identification().to_owned();
    let spelled = codes[0].replace('\u{1d}', "<GS>").replace('"', "\"\"");
    let [first, second] = ["00046000000000000015", "00046000000000000022"];
    let file = format!(
        "box;code\n{first};\"{spelled}\"\n{first};\"{}\"\n{second};\"{}\"\n",
        bare(1).replace('"', "\"\""),
        bare(2).replace('"', "\"\"")
    );
    let (well, said, problem) = desk.aggregate(&file).await;
    assert!(well, "{said:?} {problem}");
    assert_eq!(
        (&said[0]["state"], &said[0]["boxes"], &said[0]["codes"]),
        (&"success".into(), &2.into(), &3.into())
    );
    let asked = || issuer.controls.requests(PATH);
    assert_eq!(asked(), 1);

    let (well, _, problem) = desk.aggregate(&file).await;
    assert!(!well && problem.contains("it is in report 1 already"), "{problem}");
    let strange =
        serde_json::json!({"00046000000000000039": [bare(4), "0104600000000008215ZZZZZ"]});
    let (well, _, problem) = desk.aggregate(&strange.to_string()).await;
    assert!(!well && problem.contains("not verified and told as applied"), "{problem}");
    assert!(problem.contains("no such code was ever here"), "{problem}");
    assert_eq!(asked(), 1, "nothing was sent");

    let trouble = Trouble::LostAnswer;
    issuer.controls.plan(PlannedTrouble { path: "/aggregation".to_owned(), times: 1, trouble });
    let last = serde_json::json!([{"box": "00046000000000000039", "codes": [bare(3)]}]).to_string();
    let (well, said, _) = desk.aggregate(&last).await;
    assert_eq!((well, &said[0]["state"], &said[0]["name"]), (false, &"sent".into(), &Value::Null));
    assert!(said[0]["problem"].as_str().unwrap().contains("look in its cabinet"), "{said:?}");
    let (well, _, problem) = desk.aggregate(&last).await;
    assert!(!well && problem.contains("it is in report 2 already"), "{problem}");
    assert_eq!(asked(), 2, "what may be there is not sent again by itself");

    // A person says that it is not there, and is wrong: the station says so of the code.
    desk.ask(&["boxes", "--report", "2", "--send"]).await;
    let mut shown = Value::Null;
    for _ in 0..100 {
        shown = desk.ask(&["boxes"]).await.1.remove(0);
        if shown["state"] == "failed" {
            break;
        }
    }
    assert_eq!(shown["refused"][0]["code"], bare(3), "{shown}");
    let again = desk.ask(&["boxes", "--report", "2", "--send"]).await;
    assert!(!again.0 && again.2.contains("it is not sent again"), "{again:?}");
    assert_eq!(asked(), 3);
    issuer.stop().await;
}
