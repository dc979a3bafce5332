//! Two people at a browser: an importer orders labels on a phone and validates them, a manager
//! accepts and hands over.
use crate::orders_walk::{Browser, CTRL_BRACKET, Order, SignIn};
use crate::web_house::{House, PASSWORD};
use markwright::centre::{Settings, keep};
use markwright::line::LineState;
use std::path::PathBuf;
use std::time::Duration;

const GTIN: &str = "04810093011694";

fn code(n: u32) -> String {
    format!("01{GTIN}21aB{n:06}\u{1d}93#SzU")
}

fn person(name: &str) -> SignIn {
    SignIn { name: name.to_owned(), password: PASSWORD.to_owned() }
}

/// A house in which the centre works, and a file with three codes.
async fn house() -> (House, PathBuf) {
    let mut house = House::open(LineState::Idle).await;
    let settings = Settings {
        desk_line: "desk".to_owned(),
        orders_dir: house.folder.path().join("orders"),
        roll: markwright::store::RollJob::default(),
        look_every: Duration::from_millis(100),
    };
    house.served.spawn(keep(settings, house.store.clone(), house.stop.clone()));
    let file = house.folder.path().join("codes.csv");
    let codes: String = (0..3).map(|n| code(n) + "\r\n").collect();
    std::fs::write(&file, codes + "rubbish\r\n").unwrap();
    (house, file)
}

#[tokio::test]
async fn an_importer_orders_labels_on_a_phone_and_validates_them() {
    let (house, file) = house().await;
    let (customer, manager) = (person("customer"), person("manager"));
    let phone = Browser::open(&house.url, 390, 844).await;
    phone.sign_in(&customer).await;
    let (gtin, name, hs_code) = (GTIN, "Сыр полутвёрдый «Брест»", "0406 90");
    let array = Some(file.as_path());
    let wanted = Order { gtin, name, hs_code, quantity: 3, delivery: "pdf", array };
    let order = phone.order(&wanted).await;
    phone.see("h1", name).await;
    phone.see("table.aside", "a code starts with 01").await;
    phone.fits().await;

    phone.sign_in(&manager).await;
    phone.go(&order).await;
    phone.click("#accept").await;
    phone.await_state(&order, "Printed").await;
    phone.click("#hand-over").await;
    phone.see("#state", "Handed over").await;

    phone.sign_in(&customer).await;
    phone.go(&order).await;
    phone.see("#download", "Download PDF").await;
    phone.shoot("order_phone.png").await;
    phone.click("#validate").await;
    phone.fits().await;
    phone.scan(&code(0).replace('\u{1d}', ""), "Good").await;
    phone.see("#verdict", "GS separator").await;
    phone.scan(&code(1).replace('\u{1d}', CTRL_BRACKET), "Good").await;
    phone.see("#validated", "2").await;
    phone
        .holds("no advice", "return document.querySelector('#verdict p').textContent === ''")
        .await;
    phone.scan(&code(1).replace('\u{1d}', ""), "Duplicate").await;
    phone.scan(&code(8).replace('\u{1d}', ""), "Foreign").await;
    phone.scan("4810093011694", "Malformed").await;
    phone.see("#verdict", "bar code of the goods").await;
    phone.see("#left", "1").await;
    phone.holds("five scans", "return document.querySelectorAll('#scans li').length === 5").await;
    phone.shoot("validate_phone.png").await;
    phone.close().await;

    let pool = format!("order:{}", order.rsplit('/').next().unwrap());
    assert_eq!(house.store.unreported_of(&pool).await.unwrap(), 2, "they wait for their report");
}

#[tokio::test]
async fn the_form_shows_label_price_and_errors_while_one_writes() {
    let (house, _) = house().await;
    let desk = Browser::open(&house.url, 1200, 900).await;
    desk.sign_in(&person("customer")).await;
    desk.go("/orders/new").await;
    let drawn =
        "const p = document.getElementById('preview'); return p.complete && p.naturalWidth > 100";
    desk.holds("a label is drawn", drawn).await;
    desk.fill("input[name=name]", "Сыр").await;
    let with_name = format!(
        "if (!document.getElementById('preview').src.includes('%D0%A1%D1%8B%D1%80')) return false; {drawn}"
    );
    desk.holds("the label carries the name", &with_name).await;
    desk.fill("input[name=quantity]", "250").await;
    desk.see("#price", "125.00 RUB").await;
    desk.fill("input[name=gtin]", "4810093011695").await;
    desk.click("#order").await;
    desk.see("#gtin-problem", "wrong check digit: found 5, wanted 4").await;
    desk.see("#hs_code-problem", "4 to 10 digits").await;
    desk.holds(
        "what was written is kept",
        "return document.forms['order-form'].elements.name.value === 'Сыр'",
    )
    .await;
    desk.fits().await;
    desk.shoot("order_form.png").await;
    desk.close().await;
}
