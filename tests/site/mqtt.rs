//! What a broker hears of a whole site's run: states, alarms and counts, in the order of the journal.
//!
//! Needs Mosquitto (`apt-get install mosquitto mosquitto-clients`).
use crate::broker::{Broker, Heard, Watcher};
use crate::site_kit::{LINE, Site, Troubled, Works};
use markwright::line::{Cause, LineState, StopReason};
use markwright::store::Store;
use serde_json::Value;

const PAUSED: &str = "printer.paused";

/// Everything up to the message that `is_last` finds.
async fn hear_until(watcher: &mut Watcher, is_last: impl Fn(&Heard) -> bool) -> Vec<Heard> {
    let mut heard = Vec::new();
    loop {
        heard.push(watcher.next().await);
        if is_last(&heard[heard.len() - 1]) {
            return heard;
        }
    }
}

fn says(heard: &Heard, topic: &str, key: &str, value: &str) -> bool {
    heard.topic == topic && heard.body[key] == value
}

/// States and alarms, in order, as short words.
fn told(heard: &[Heard]) -> Vec<String> {
    let words = |heard: &Heard| match heard.topic.as_str() {
        "plant/line-1/state" => heard.body["state"].as_str().map(str::to_owned),
        "plant/line-1/alarm" => {
            Some(format!("{} {}", text(&heard.body["kind"]), heard.body["standing"]))
        }
        _ => None,
    };
    heard.iter().filter_map(words).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The same from the journal.
async fn recorded(store: &Store) -> Vec<String> {
    let mut rows = store.journal(LINE, None, 1_000_000).await.unwrap();
    rows.reverse();
    let words = rows.iter().filter_map(|row| {
        let body: Value = serde_json::from_str(&row.body).unwrap();
        match row.kind.as_str() {
            "line" => Some(text(&body["to"]).to_owned()),
            "alarm_raised" => Some(format!("{} true", text(&body["alarm"]))),
            "alarm_cleared" => Some(format!("{} false", text(&body["alarm"]))),
            _ => None,
        }
    });
    words.collect()
}

#[tokio::test]
async fn a_broker_hears_states_alarms_and_counts_of_a_run_in_the_order_of_the_journal() {
    let broker = Broker::start().await;
    let mut watcher = broker.watch("plant/line-1/#").await;
    let site = Site::build(240.0, 200).await;
    let mqtt =
        format!("[mqtt]\nhost = \"127.0.0.1\"\nport = {}\nprefix = \"plant\"\n", broker.port);
    site.edit("[centre]", &(mqtt + "[centre]"));
    let works = Works::start(site).await;
    works.more_good(3).await;
    let printer = works.site.stage.printer.controls.clone();
    printer.press_pause();
    let paused = Some(StopReason::Printer(Cause::Paused));
    works.until("held", |view| view.state == LineState::Held && view.why == paused).await;
    printer.press_pause();
    works.comes_back().await;

    let alarm = "plant/line-1/alarm";
    let mut heard = hear_until(&mut watcher, |heard| says(heard, alarm, "kind", PAUSED)).await;
    let state = "plant/line-1/state";
    heard.extend(hear_until(&mut watcher, |heard| says(heard, state, "state", "Execute")).await);
    heard.extend(hear_until(&mut watcher, |heard| heard.topic == "plant/line-1/counts").await);
    let counts = &heard[heard.len() - 1].body;
    assert!(counts["products"]["verified"].as_u64().unwrap() >= 3, "{counts}");
    assert_eq!(counts["products"]["verified"].as_u64(), counts["done"].as_u64(), "{counts}");
    let store = works.app.store.clone();
    works.close(Troubled::No).await;

    let (told, recorded) = (told(&heard), recorded(&store).await);
    assert!(told.iter().any(|word| word == "Held"), "{told:?}");
    assert_eq!(told, recorded[..told.len()], "{recorded:?}");
}
