//! What time it is at the fake issuer.
use super::{GTIN, NEW_YEAR_MS, Scene, order_of, scene, scene_with};
use markwright::sim::issuer::IssuerSettings;
use markwright::telemetry::clock::Micros;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const HOUR_MS: i64 = 3_600_000;

fn now_ms() -> i64 {
    Micros::now().0 / 1_000
}

/// When the only order was placed.
async fn ordered_at_ms(scene: &Scene) -> i64 {
    scene.post("/order", &order_of("milk", 1)).await;
    let (_, list) = scene.get("/order/list", &[]).await;
    list["orderInfos"][0]["createdTimestamp"].as_i64().unwrap()
}

#[tokio::test]
async fn its_times_are_true_unless_somebody_says_otherwise() {
    let settings = IssuerSettings {
        new_sign_in: true,
        order_takes: Duration::ZERO,
        ..IssuerSettings::default()
    };
    let scene = scene_with(settings).await;
    let begun = now_ms();
    let connection = format!("/{}", IssuerSettings::default().oms_connection);
    let (_, token) = scene.sign_in(&connection).await;
    let ends: jiff::Timestamp = token["expireDate"].as_str().unwrap().parse().unwrap();
    let left = ends.as_millisecond() - begun;
    assert!((10 * HOUR_MS - 1_000..11 * HOUR_MS).contains(&left), "{token}");

    let order = scene.order("milk", 1).await;
    let (_, status) = scene.get("/order/status", &[("orderId", &order), ("gtin", GTIN)]).await;
    let dies: i64 = status[0]["expiredDate"].as_str().unwrap().parse().unwrap();
    assert!(dies > now_ms() + 29 * 24 * HOUR_MS, "{status}");
    let week = json!({ "startCreateDocDate": now_ms() - 7 * 24 * HOUR_MS + HOUR_MS, "endCreateDocDate": now_ms() + HOUR_MS });
    let (_, found) = scene.post("/receipts/receipt/search", &json!({ "filter": week })).await;
    assert_eq!(found["totalCount"], 1, "the last seven days: {found}");
}

#[tokio::test]
async fn it_starts_at_the_time_that_it_is_told() {
    let settings = IssuerSettings { starts_at_ms: Some(NEW_YEAR_MS), ..IssuerSettings::default() };
    let scene = scene_with(settings).await;
    let since = ordered_at_ms(&scene).await - NEW_YEAR_MS;
    assert!((0..HOUR_MS).contains(&since), "{since}");
}

/// A process that ends with the test.
struct Alone(Child);

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// When an order was placed at an issuer of its own that was started so.
async fn ordered_at_with(arguments: &[&str]) -> String {
    let program = Command::new(env!("CARGO_BIN_EXE_markwright"))
        .args(["sim", "issuer", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn();
    let mut alone = Alone(program.unwrap());
    let mut line = String::new();
    BufReader::new(alone.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let mut scene = scene().await;
    scene.issuer.addr = said["listens"].as_str().unwrap().parse().unwrap();
    let at = ordered_at_ms(&scene).await;
    jiff::Timestamp::from_millisecond(at).unwrap().strftime("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn the_command_takes_its_time_from_the_flag_then_from_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.toml");
    std::fs::write(&script, "start = \"2024-02-29T12:00:00Z\"\n").unwrap();
    let script = ["--script", script.to_str().unwrap()];
    assert_eq!(ordered_at_with(&script).await, "2024-02-29");
    let both = [script[0], script[1], "--start", "2026-01-01T12:00:00Z"];
    assert_eq!(ordered_at_with(&both).await, "2026-01-01");
}
