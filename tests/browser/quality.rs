//! A look with a real browser at the page of print quality: good, getting worse, bad; on a panel
//! and on a phone.
use crate::orders_walk::Browser;
use crate::web_house::{House, view};
use markwright::calibration::{Calibration, Patch};
use markwright::line::{Along, LineState, Quality, Record, StopReason, Tag, Wear};
use markwright::telemetry::clock::Micros;
use markwright::web::WebSettings;

const WINDOWS: [(&str, u32, u32); 2] = [("panel", 1024, 600), ("phone", 390, 844)];
const MINUTES: i64 = 55;

fn quality(overall: u8, growth: i16) -> Quality {
    let mut parameters =
        [Some(40), Some(38), Some(overall), Some(overall), Some(40), Some(39), Some(36), Some(40)];
    parameters[7] = Some(overall.saturating_add(4).min(40));
    Quality { overall, parameters, growth: Some((growth, growth / 2)), calibrated: true }
}

/// An hour of symbols: every minute six of them, written now and dated back.
async fn grades(house: &House, overall: impl Fn(i64) -> u8) {
    let records: Vec<_> = (0..MINUTES * 6)
        .map(|n| {
            let scatter = u8::try_from(n * 7 % 3).unwrap();
            let overall = overall(n / 6).saturating_sub(scatter);
            let growth = i16::try_from(n / 5).unwrap();
            let tag = Tag(u32::try_from(n).unwrap());
            Record::Graded { code: None, tag, quality: quality(overall, growth), picture: None }
        })
        .collect();
    house.store.append("one", None, &records).await.unwrap();
    let url = format!("sqlite://{}", house.folder.path().join("house.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("update grade set at = $1 + id * 10000000")
        .bind(Micros::now().0 - MINUTES * 60_000_000)
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

fn calibrate(house: &House, days: i64) {
    let calibration = Calibration {
        camera: "one".into(),
        taken: Micros(Micros::now().0 - days * 86_400_000_000 - 60_000_000),
        dark: Patch { grey: 10.0, reflectance: 0.03 },
        light: Patch { grey: 230.0, reflectance: 0.86 },
        px_per_mm: None,
        card: Some("No. 4711".into()),
    };
    calibration.save(&house.folder.path().join("calibration")).unwrap();
}

async fn shown(name: &str, words: &str, house: &House) {
    for (window, width, height) in WINDOWS {
        let browser = Browser::open(&house.url, width, height).await;
        browser.go("/lines/one/quality").await;
        browser.see("h1", words).await;
        browser.fits().await;
        browser.shoot(&format!("quality_{name}_{window}.png")).await;
        browser.close().await;
    }
}

#[tokio::test]
async fn three_seconds_tell_good_from_worse_from_bad() {
    let house = House::open(LineState::Execute).await;
    shown("none", "Not graded", &house).await;
    assert!(house.page("/lines/one/quality").await.contains("▲ Uncalibrated."));
    calibrate(&house, 3);
    grades(&house, |_| 38).await;
    shown("good", "Good", &house).await;
    let answer = house.get("/api/lines/one/quality?over=shift").send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["standing"], "good");
    assert_eq!(answer["calibration"]["card"], "No. 4711");
    assert_eq!(answer["calibration"]["stale"], false);
    let page = house.page("/lines/one/quality").await;
    assert!(page.contains("Calibrated with card No. 4711: 3 days old."), "{page}");
    assert_eq!(answer["letters"]["A"], MINUTES * 6);
    assert_eq!(house.get("/api/lines/two/quality").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_print_that_falls_says_so_and_why() {
    let mut falls = view(LineState::Execute);
    falls.least_grade = Some(15);
    let worn = Wear { along: Along::Column, column: 7, share: 94 };
    falls.alarms = vec![StopReason::HeadWears(worn), StopReason::QualityFalls];
    let house = House::with(&["one"], falls, WebSettings::default()).await;
    calibrate(&house, 45);
    grades(&house, |minute| 39 - u8::try_from(minute / 4).unwrap()).await;
    shown("worse", "Getting worse", &house).await;
    let page = house.page("/lines/one/quality").await;
    assert!(
        page.contains("45 days old.</b> A card is to be measured again after 30 days"),
        "{page}"
    );

    let mut bad = view(LineState::Execute);
    bad.least_grade = Some(25);
    let house = House::with(&["one"], bad, WebSettings::default()).await;
    grades(&house, |minute| 39 - u8::try_from(minute / 3).unwrap()).await;
    shown("bad", "Bad", &house).await;
}
