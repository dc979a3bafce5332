//! The pages of orders over a real socket: ordering, deciding, fetching the file, validating.
use crate::web_house::{House, PASSWORD, location, text};
use markwright::access::Role;
use markwright::centre::{Settings, fill_once};
use markwright::line::LineState;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Response, StatusCode};
use std::time::Duration;

const BOUNDARY: &str = "a-boundary-that-no-field-contains";

/// A house in which the customers `customer` and `boris` and a manager have signed in.
struct Office {
    house: House,
    customer: String,
    boris: String,
    manager: String,
}

/// The form as a browser sends it.
const FORM: [(&str, &str); 8] = [
    ("gtin", "4810093011694"),
    ("name", "Сыр «Брест»"),
    ("hs_code", "0406 90"),
    ("group", "milk"),
    ("quantity", "3"),
    ("design", "58x40"),
    ("delivery", "pdf"),
    ("source", "array"),
];

fn code(n: u32) -> String {
    format!("010481009301169421ab{n:06}\u{1d}93#SzU")
}

fn array() -> String {
    (0..3).map(|n| code(n) + "\r\n").collect::<String>() + "rubbish\r\n"
}

/// `FORM` with some fields written otherwise, as multipart.
fn multipart(other: &[(&str, &str)], file: &str) -> String {
    let field = |(name, value): (&str, &str)| {
        let value = other.iter().find(|(n, _)| *n == name).map_or(value, |(_, v)| v);
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n")
    };
    let body: Vec<_> = FORM.into_iter().map(field).collect();
    let head = "Content-Disposition: form-data; name=\"array\"; filename=\"codes.csv\"";
    let end = format!("--{BOUNDARY}\r\n{head}\r\n\r\n{file}\r\n--{BOUNDARY}--\r\n");
    body.concat() + &end
}

/// Percent encoding of everything.
fn percent(text: &str) -> String {
    text.bytes().flat_map(|b| ['%', digit(b >> 4), digit(b & 15)]).collect()
}

fn digit(of: u8) -> char {
    char::from_digit(u32::from(of), 16).unwrap()
}

impl Office {
    async fn open() -> Self {
        let house = House::open(LineState::Idle).await;
        house.store.add_person("boris", PASSWORD, Role::Customer).await.unwrap();
        let answer = house.try_sign_in("boris", PASSWORD).await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        let boris = cookie.split(';').next().unwrap().to_owned();
        let customer = house.sign_in(Role::Customer).await;
        let manager = house.sign_in(Role::Manager).await;
        Self { house, customer, boris, manager }
    }

    async fn order(&self, other: &[(&str, &str)], file: &str) -> Response {
        // Header by header, the second would stand beside the first.
        let kind = format!("multipart/form-data; boundary={BOUNDARY}").parse().unwrap();
        self.house
            .post("/orders/new", "")
            .body(multipart(other, file))
            .headers(HeaderMap::from_iter([(CONTENT_TYPE, kind)]))
            .header(COOKIE, &self.customer)
            .send()
            .await
            .unwrap()
    }

    /// The customer's order with an array, up to its file; its address.
    async fn printed(&self) -> String {
        let placed = self.order(&[], &array()).await;
        assert_eq!(placed.status(), StatusCode::SEE_OTHER);
        let order = location(&placed).to_owned();
        assert_eq!(self.act(&self.manager, &order, "do=accept").await.0, StatusCode::SEE_OTHER);
        let settings = Settings {
            desk_line: "desk".to_owned(),
            orders_dir: self.house.folder.path().join("orders"),
            roll: markwright::store::RollJob::default(),
            look_every: Duration::from_secs(1),
        };
        for _ in 0..2 {
            fill_once(&settings, &self.house.store).await.unwrap();
        }
        order
    }

    async fn act(&self, who: &str, order: &str, form: &str) -> (StatusCode, String) {
        let answer = self.house.post(order, form).header(COOKIE, who).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn page(&self, who: &str, path: &str, status: StatusCode) -> String {
        text(self.house.get(path).header(COOKIE, who), status).await
    }

    async fn scan(&self, order: &str, input: &str) -> serde_json::Value {
        let form = format!("scan={}", percent(input));
        let post = self.house.post(&format!("{order}/validate"), &form);
        let answer = post.header(COOKIE, &self.customer).header(ACCEPT, "application/json");
        serde_json::from_str(&text(answer, StatusCode::OK).await).unwrap()
    }
}

#[tokio::test]
async fn a_customer_orders_with_an_array_and_sees_what_was_not_taken() {
    let office = Office::open().await;
    let placed = office.order(&[], &array()).await;
    let page = office.page(&office.customer, location(&placed), StatusCode::OK).await;
    for words in ["Сыр «Брест»", "Submitted", "1.50 RUB", "not taken: 1", "<td>4</td>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let list = office.page(&office.customer, "/orders", StatusCode::OK).await;
    assert!(list.contains("Сыр «Брест»"), "{list}");
    assert!(!list.contains("customer ·"), "a customer needs no names: {list}");
}

#[tokio::test]
async fn a_customer_orders_codes_of_the_state_system() {
    let office = Office::open().await;
    let placed = office.order(&[("source", "issuer"), ("quantity", "500")], "").await;
    let page = office.page(&office.customer, location(&placed), StatusCode::OK).await;
    assert!(page.contains("250.00 RUB") && page.contains("Dairy"), "{page}");
}

#[tokio::test]
async fn every_error_stands_at_its_field_and_what_was_written_is_kept() {
    let office = Office::open().await;
    let other =
        [("gtin", "4810093011695"), ("hs_code", "12"), ("source", "issuer"), ("quantity", "0")];
    let answer = office.order(&other, "").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    for words in [
        "wrong check digit: found 5, wanted 4",
        "an HS code has 4 to 10 digits",
        "write a whole number from 1 to 1000",
        "value=\"4810093011695\"",
        "value=\"Сыр «Брест»\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let empty = office.order(&[], "").await;
    assert!(empty.text().await.unwrap().contains("choose the file with your codes"));
    let long = office.order(&[("delivery", "roll"), ("name", &"Ж".repeat(61))], &array()).await;
    assert!(long.text().await.unwrap().contains("at most 60 fit"));
}

#[tokio::test]
async fn a_large_array_is_taken_and_a_huge_one_is_refused_in_words() {
    let office = Office::open().await;
    let large = array() + &"\r\n".repeat(100_000);
    assert_eq!(office.order(&[], &large).await.status(), StatusCode::SEE_OTHER);
    let answer = office.order(&[], &"x".repeat(21 * 1024 * 1024)).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().await.unwrap().contains("/orders/new"));
}

#[tokio::test]
async fn the_preview_is_a_picture_of_the_label_in_every_design() {
    let office = Office::open().await;
    for design in markwright::label::designs() {
        let group = if design.name == "footwear" { "shoes" } else { "milk" };
        let query = format!("gtin=04810093011694&name={}&group={group}", percent("Сыр «Брест»"));
        let path = format!("/orders/preview.png?{query}&design={}", design.name);
        let get = office.house.get(&path).header(COOKIE, &office.customer);
        let answer = get.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{}", design.name);
        assert_eq!(answer.headers()[CONTENT_TYPE], "image/png");
        let picture = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
        assert!(picture.width() > 150, "{}", design.name);
    }
    let nothing = "/orders/preview.png?design=none";
    office.page(&office.customer, nothing, StatusCode::UNPROCESSABLE_ENTITY).await;
}

#[tokio::test]
async fn the_form_works_without_a_script() {
    let office = Office::open().await;
    let query = format!("name={}&design=43x25&quantity=7&source=issuer", percent("Сыр"));
    let page = office.page(&office.customer, &format!("/orders/new?{query}"), StatusCode::OK).await;
    assert!(page.contains("3.50 RUB"), "the price comes from the server: {page}");
    assert!(
        page.contains("name=%D0%A1%D1%8B%D1%80&#38;") || page.contains("name=%D0%A1%D1%8B%D1%80&")
    );
    assert!(page.contains("<option value=\"43x25\" selected>"), "{page}");
}

#[tokio::test]
async fn nobody_but_its_customer_and_the_centre_comes_near_an_order() {
    let office = Office::open().await;
    let order = office.printed().await;
    let missing = StatusCode::NOT_FOUND;
    for path in ["", "/validate", "/labels.pdf"] {
        office.page(&office.boris, &format!("{order}{path}"), missing).await;
    }
    let scan = format!("scan={}", percent(&code(0)));
    assert_eq!(office.act(&office.boris, &format!("{order}/validate"), &scan).await.0, missing);
    for act in ["do=cancel", "do=write_off&reason=x"] {
        assert_eq!(office.act(&office.boris, &order, act).await.0, missing, "{act}");
    }
    let list = office.page(&office.boris, "/orders", StatusCode::OK).await;
    assert!(!list.contains("Сыр"), "{list}");
    let operator = office.house.sign_in(Role::Operator).await;
    office.page(&operator, "/orders", StatusCode::FORBIDDEN).await;
    let stranger = office.house.get(&order).send().await.unwrap();
    assert!(location(&stranger).starts_with("/sign-in"));
}

#[tokio::test]
async fn a_customer_decides_nothing_and_a_manager_orders_nothing() {
    let office = Office::open().await;
    let placed = office.order(&[], &array()).await;
    let order = location(&placed).to_owned();
    for act in ["accept", "decline&reason=x", "hand_over", "close", "want_codes", "go_on_without"] {
        let answer = office.act(&office.customer, &order, &format!("do={act}")).await;
        assert_eq!(answer.0, StatusCode::FORBIDDEN, "{act}");
    }
    office.page(&office.manager, "/orders/new", StatusCode::FORBIDDEN).await;
    assert_eq!(office.act(&office.customer, &order, "do=cancel").await.0, StatusCode::SEE_OTHER);
    let late = office.act(&office.manager, &order, "do=accept").await;
    assert_eq!(late.0, StatusCode::CONFLICT);
    assert!(late.1.contains("cancelled"), "{}", late.1);
}

#[tokio::test]
async fn a_declined_order_shows_its_reason_to_the_customer() {
    let office = Office::open().await;
    let placed = office.order(&[], &array()).await;
    let order = location(&placed).to_owned();
    let silent = office.act(&office.manager, &order, "do=decline&reason=+").await;
    assert_eq!(silent.0, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = format!("do=decline&reason={}", percent("нет такого товара"));
    assert_eq!(office.act(&office.manager, &order, &reason).await.0, StatusCode::SEE_OTHER);
    let page = office.page(&office.customer, &order, StatusCode::OK).await;
    assert!(page.contains("Declined") && page.contains("нет такого товара"), "{page}");
}

#[tokio::test]
async fn a_file_leaves_the_house_only_when_its_codes_are_printed() {
    let office = Office::open().await;
    let early = office.order(&[("name", "Early")], &code(77)).await;
    let early = location(&early).to_owned();
    let file = format!("{early}/labels.pdf");
    office.page(&office.customer, &file, StatusCode::NOT_FOUND).await;
    let order = office.printed().await;
    let get = office.house.get(&format!("{order}/labels.pdf")).header(COOKIE, &office.customer);
    let answer = get.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/pdf");
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-"));
    let page = office.page(&office.manager, &order, StatusCode::OK).await;
    assert!(page.contains("PDF downloaded"), "{page}");
}

#[tokio::test]
async fn scans_are_judged_in_words_with_running_counts() {
    let office = Office::open().await;
    let order = office.printed().await;
    let good = office.scan(&order, &code(0)).await;
    assert_eq!(
        (&good["verdict"], &good["validated"], &good["left"]),
        (&"good".into(), &1.into(), &2.into())
    );
    let again = office.scan(&order, &code(0)).await;
    assert_eq!((&again["verdict"], &again["validated"]), (&"duplicate".into(), &1.into()));
    assert!(again["words"].as_str().unwrap().starts_with("Validated before, on "), "{again}");
    let lost = office.scan(&order, &code(1).replace('\u{1d}', "")).await;
    assert_eq!((&lost["verdict"], &lost["validated"]), (&"good".into(), &2.into()));
    assert!(lost["words"].as_str().unwrap().contains("GS"), "{lost}");
    assert_eq!(office.scan(&order, &code(50)).await["verdict"], "foreign");
    let typed = office.scan(&order, "ghbdtn привет").await;
    assert_eq!(typed["verdict"], "malformed");
    assert!(typed["words"].as_str().unwrap().contains("English"), "{typed}");
}

#[tokio::test]
async fn the_scanner_page_works_without_a_script() {
    let office = Office::open().await;
    let order = office.printed().await;
    let scan = format!("scan={}", percent(&code(2)));
    let (status, page) = office.act(&office.customer, &format!("{order}/validate"), &scan).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("✔ Good") && page.contains("ab000002"), "{page}");
    assert!(page.contains("autofocus"), "{page}");
}

#[tokio::test]
async fn the_whole_way_ends_with_a_closed_order() {
    let office = Office::open().await;
    let order = office.printed().await;
    let went = StatusCode::SEE_OTHER;
    assert_eq!(office.act(&office.manager, &order, "do=hand_over").await.0, went);
    office.scan(&order, &code(0)).await;
    assert_eq!(office.act(&office.manager, &order, "do=close").await.0, StatusCode::CONFLICT);
    let off = format!("do=write_off&reason={}", percent("упала в воду"));
    assert_eq!(office.act(&office.customer, &order, &off).await.0, went);
    assert_eq!(office.act(&office.manager, &order, "do=close").await.0, went);
    let page = office.page(&office.customer, &order, StatusCode::OK).await;
    assert!(page.contains("Closed") && page.contains("упала в воду"), "{page}");
}
