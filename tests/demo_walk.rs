//! The demo as it is, with a browser before it: the first page shows a line at work, and an order
//! of labels goes its whole way from sign-in to report.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod demo_kit;
mod label_oracle;
mod orders_walk;

use demo_kit::Demo;
use label_oracle::{as_read, read_pages};
use orders_walk::{Browser, Order};
use serde_json::Value;
use std::collections::HashSet;

const GTIN: &str = "04810093011694";
const NAME: &str = "Сыр полутвёрдый «Брест»";

fn order(quantity: u32, delivery: &str) -> Order<'_> {
    Order { gtin: GTIN, name: NAME, hs_code: "0406 90", quantity, delivery, array: None }
}

/// The texts of an order's codes, from the database of the running demo.
async fn codes_of(demo: &Demo, order: &str) -> HashSet<String> {
    let url = format!("sqlite://{}?mode=ro", demo.database().display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let of_order = format!("order:{}", order.rsplit('/').next().unwrap());
    let rows: Vec<(String,)> = sqlx::query_as("select text from code where pool = ?")
        .bind(of_order)
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    rows.into_iter().map(|(text,)| text).collect()
}

/// The manager accepts, waits for the labels, and hands them over.
async fn fill(browser: &Browser, demo: &Demo, order: &str) {
    browser.sign_in(&demo.sign_in("manager")).await;
    browser.see("main", NAME).await;
    browser.go(order).await;
    browser.click("#accept").await;
    // Going on before the answer is there would take the request back.
    browser.holds("it is accepted", "return !document.querySelector('#accept')").await;
    browser.await_state(order, "Printed").await;
    browser.click("#hand-over").await;
    browser.see("#state", "Handed over").await;
}

/// What the demo says at its end, which must be that all is well.
async fn closes(demo: Demo) -> Value {
    let (sums, ended) = demo.stop().await;
    assert!(ended.success(), "{ended}: {sums}");
    let sums: Value = serde_json::from_str(&sums).unwrap();
    assert_eq!((&sums["ledger_agrees"], &sums["physical_duplicates"]), (&true.into(), &0.into()));
    sums
}

#[tokio::test]
async fn an_order_of_twenty_labels_goes_its_way_from_sign_in_to_report() {
    let demo = Demo::start("120").await;
    let browser = Browser::open(&demo.url, 1200, 900).await;
    browser.sign_in(&demo.sign_in("importer")).await;
    let path = browser.order(&order(20, "roll")).await;
    browser.shoot("walk_ordered.png").await;
    fill(&browser, &demo, &path).await;
    browser.shoot("walk_manager.png").await;

    // What was physically printed is what was ordered, each once.
    let labels = demo.labels_of_the_desk();
    assert_eq!(labels.len(), 20);
    assert_eq!(labels.iter().cloned().collect::<HashSet<_>>(), codes_of(&demo, &path).await);

    browser.sign_in(&demo.sign_in("importer")).await;
    browser.go(&path).await;
    browser.click("#validate").await;
    let typed = |label: &str| label.replace('\u{1d}', "");
    for label in &labels[..4] {
        browser.scan(&typed(label), "Good").await;
    }
    browser.scan(&labels[4].replace('\u{1d}', orders_walk::CTRL_BRACKET), "Good").await;
    browser.scan(&typed(&labels[2]), "Duplicate").await;
    browser.scan(&format!("01{GTIN}21Zz9Zz9Zz93#SzU"), "Foreign").await;
    browser.scan("hello", "Malformed").await;
    browser.see("#validated", "5").await;
    browser.see("#left", "15").await;
    browser.shoot("walk_validated.png").await;
    browser.await_number(&path, "#reported", "5").await;
    browser.see("#validated", "5").await;
    browser.see("#left", "15").await;
    browser.shoot("walk_reported.png").await;
    browser.close().await;
    closes(demo).await;
}

#[tokio::test]
async fn a_file_of_labels_is_downloaded_and_every_page_reads_back() {
    let demo = Demo::start("120").await;
    let browser = Browser::open(&demo.url, 1200, 900).await;
    browser.sign_in(&demo.sign_in("importer")).await;
    let path = browser.order(&order(5, "pdf")).await;
    fill(&browser, &demo, &path).await;
    browser.sign_in(&demo.sign_in("importer")).await;
    browser.go(&path).await;
    browser.see("#download", "Download PDF").await;
    let pages = tempfile::tempdir().unwrap();
    let file = pages.path().join("labels.pdf");
    std::fs::write(&file, browser.download(&format!("{path}/labels.pdf")).await).unwrap();
    let read = read_pages(&file, pages.path());
    assert_eq!(read.len(), 5);
    let wanted: HashSet<String> = codes_of(&demo, &path).await.iter().map(|c| as_read(c)).collect();
    assert_eq!(read.into_iter().collect::<HashSet<_>>(), wanted);
    browser.close().await;
    closes(demo).await;
}

#[tokio::test]
async fn the_first_page_shows_the_line_at_work_with_pictures_of_its_rejects() {
    let demo = Demo::start("300").await;
    let panel = Browser::open(&demo.url, 1024, 600).await;
    panel.go("/").await;
    panel.see("h1", "Execute").await;
    panel.see("#job", "Кефир").await;
    let verdicts = "return document.querySelectorAll('#verdicts li').length === 20";
    panel.holds("twenty verdicts", verdicts).await;
    let pictures = "const all = [...document.querySelectorAll('#rejects img')]; \
                    return all.length > 0 && all.every(p => p.complete && p.naturalWidth > 100)";
    panel.holds("the picture of a reject", pictures).await;
    panel.fits().await;
    panel.shoot("walk_first_page.png").await;
    panel.close().await;
    let sums = closes(demo).await;
    assert!(sums["verified"].as_u64() > Some(20), "{sums}");
}
