//! A person tests a hand scanner at the page: on a phone without signing in, with the keys that
//! scanners press.
use crate::orders_walk::{Browser, CTRL_BRACKET, ENTER};
use crate::web_house::House;
use markwright::line::LineState;
use markwright::order::test_code;

/// The Tab key and F8 (W3C `WebDriver`, 17.4.2: key codes).
const TAB: &str = "\u{e004}";
const F8: &str = "\u{e038}";

/// What the scanner types: the test code with this for each separator.
fn keys(separator: &str) -> String {
    test_code().as_str().replace('\u{1d}', separator)
}

async fn scan(browser: &Browser, keys: &str, word: &str) {
    browser.type_into("#scan", keys).await;
    browser.see("#verdict", word).await;
}

async fn says(browser: &Browser, words: &[&str]) {
    for words in words {
        browser.see("#troubles", words).await;
    }
    let count =
        format!("return document.querySelectorAll('#troubles li').length === {}", words.len());
    browser.holds("nothing else is said", &count).await;
}

#[tokio::test]
async fn a_scanner_that_plays_keyboard_is_tested_on_a_phone() {
    let house = House::open(LineState::Idle).await;
    let phone = Browser::open(&house.url, 390, 844).await;
    phone.go("/scanner").await;
    phone.see("#verdict", "Ready").await;
    phone.fits().await;
    phone
        .holds(
            "the symbol is drawn, and large enough to be scanned",
            "const s = document.querySelector('.test-symbol svg').getBoundingClientRect(); \
             return s.width >= 200 && s.width === s.height && s.right <= window.innerWidth",
        )
        .await;

    phone.click("#other-ways summary").await;
    phone.see("#other-ways", "markwright scan-test --serial /dev/ttyUSB0").await;
    phone.fits().await;
    phone.shoot("scanner_other_ways_phone.png").await;
    phone.go("/scanner").await;
    scan(&phone, &format!("]d2{}{ENTER}", keys(CTRL_BRACKET)), "Right").await;
    says(&phone, &[]).await;
    scan(&phone, &format!("]d2{}{ENTER}", keys("")), "Wrong settings").await;
    says(&phone, &["send FNC1 as GS (ASCII 29)"]).await;
    scan(&phone, &format!("]C1{}{TAB}", keys(CTRL_BRACKET)), "Wrong settings").await;
    says(&phone, &["a linear GS1-128 was read", "ends with Tab"]).await;
    scan(&phone, &format!("]d2{}{ENTER}", keys(F8)), "Wrong settings").await;
    says(&phone, &["came as \"<F8>\""]).await;
    phone.see("#came", "<F8>91aB7z").await;

    // A Russian keyboard with Caps Lock, and no key at the end.
    let russian = "ЪВ2010000000000000021еУыЕЖыСфТБ2?,91Фи7Я\
        92ФИСВУАПРШОЛДЬТЩЗЙКЫЕГМЦЧНЯ0123456789+.фисву=";
    scan(&phone, russian, "Wrong settings").await;
    let cures = ["keyboard layout", "Caps Lock off", "left out the GS", "no end"];
    says(&phone, &cures).await;
    phone.fits().await;
    phone.shoot("scanner_phone.png").await;

    scan(&phone, &format!("4810093011694{ENTER}"), "Not a code").await;
    phone.see("#verdict", "bar code of the goods").await;
    phone
        .holds("the field is empty again", "return document.getElementById('scan').value === ''")
        .await;
    phone.go("/").await;
    phone.click("nav a[href='/scanner']").await;
    phone.see("h1", "Test your scanner").await;
    phone.close().await;
}
