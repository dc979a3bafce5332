//! Arrays of codes that a person brings to the page, over a real socket.
use crate::web_house::{House, text, view};
use markwright::access::Role;
use markwright::code::{CodeId, ProductGroup};
use markwright::line::LineState;
use markwright::web::{JobRules, WebSettings};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap};
use reqwest::{RequestBuilder, StatusCode};

const BOUNDARY: &str = "a-boundary-that-no-field-contains";
const GTIN: &str = "04810093011694";

fn code(serial: &str) -> String {
    format!("01{GTIN}21{serial}\u{1d}93#SzU")
}

/// A house whose first line makes goods; the second has none.
async fn house() -> House {
    let goods = Some((GTIN.parse().unwrap(), ProductGroup::MILK));
    let jobs = [("one".to_owned(), JobRules { goods, ..JobRules::default() })].into();
    let settings = WebSettings { jobs, ..WebSettings::default() };
    House::with(&["one", "two"], view(LineState::Idle), settings).await
}

fn body(line: &str, form: &str, file: &str) -> String {
    let field = |name: &str, value: &str| {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n")
    };
    let head = "Content-Disposition: form-data; name=\"array\"; filename=\"array.txt\"";
    let file = format!("--{BOUNDARY}\r\n{head}\r\n\r\n{file}");
    field("line", line) + &field("as", form) + &file
}

fn upload(house: &House, cookie: &str, body: String) -> RequestBuilder {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}").parse().unwrap();
    house
        .post("/files/array", "")
        .body(body)
        .headers(HeaderMap::from_iter([(CONTENT_TYPE, kind)]))
        .header(COOKIE, cookie)
}

fn whole(line: &str, form: &str, file: &str) -> String {
    body(line, form, file) + &format!("\r\n--{BOUNDARY}--\r\n")
}

async fn stock(house: &House) -> Vec<String> {
    let stock = house.store.take_stock("line:one", GTIN.parse().unwrap(), CodeId(0), 100).await;
    stock.unwrap().iter().map(|code| code.text.as_str().to_owned()).collect()
}

#[tokio::test]
async fn an_array_of_every_form_is_taken_at_the_page_and_what_is_no_code_is_named() {
    let house = house().await;
    let manager = house.sign_in(Role::Manager).await;
    let page = text(house.get("/files").header(COOKIE, &manager), StatusCode::OK).await;
    assert!(page.contains("<option>one</option>") && !page.contains("<option>two</option>"));
    let json = code("jsonjson").replace('\u{1d}', "\\u001d");
    let xml = code("xmlxmlxm").replace('\u{1d}', "&lt;GS&gt;");
    let files = [
        ("txt", format!("{}\r\nrubbish\r\n", code("txttxttx"))),
        ("csv", format!("n;code\r\n1;\"{}\"\r\n2;rubbish\r\n", code("csvcsvcs"))),
        ("json", format!("[\"{json}\",\"rubbish\"]")),
        ("xml", format!("<a><km>{xml}</km><km>rubbish</km></a>")),
    ];
    for (form, file) in &files {
        for asked in [form, "auto"] {
            let request = upload(&house, &manager, whole("one", asked, file));
            let page = text(request, StatusCode::OK).await;
            let (taken, aside) = if asked == *form { (1, 1) } else { (0, 2) };
            let words = format!("<b>{taken} codes taken</b> for <a href=\"/lines/one\">one</a>");
            assert!(page.contains(&words), "{form} as {asked}: {page}");
            assert!(page.contains(&format!("{aside} places set aside")), "{form}: {page}");
            let place = if *form == "csv" { 3 } else { 2 };
            assert!(page.contains(&format!("<td data-name=\"Place\">{place}</td>")), "{page}");
            assert_eq!(page.contains("already in the store"), taken == 0, "{page}");
        }
    }
    let wanted = ["txttxttx", "csvcsvcs", "jsonjson", "xmlxmlxm"].map(code);
    assert_eq!(stock(&house).await, wanted);
    let notes = house.store.notes(10).await.unwrap();
    assert!(notes.iter().any(|note| note.what == "took an array" && note.person == "manager"));
}

#[tokio::test]
async fn an_array_that_breaks_off_is_taken_up_to_there_and_goes_on_when_it_comes_again() {
    let house = house().await;
    let manager = house.sign_in(Role::Manager).await;
    let lines: Vec<_> = (0..2_500).map(|n| code(&format!("ab{n:06}"))).collect();
    let file = lines.join("\n") + "\n";
    let half = &file[..file.len() / 2];
    let broken = upload(&house, &manager, body("one", "auto", half));
    let page = text(broken, StatusCode::BAD_REQUEST).await;
    assert!(page.contains("not read to its end"), "{page}");
    let first = house.store.reconcile("one", "line:one").await.unwrap().taken;
    assert!((500..=1_250).contains(&first), "{first}");
    let again = text(upload(&house, &manager, whole("one", "auto", &file)), StatusCode::OK).await;
    let rest = format!("<b>{} codes taken</b>", grouped(2_500 - first));
    assert!(again.contains(&rest), "{first} {again}");
    assert_eq!(house.store.reconcile("one", "line:one").await.unwrap().taken, 2_500);
}

fn grouped(n: u64) -> String {
    if n < 1_000 { n.to_string() } else { format!("{}\u{202f}{:03}", n / 1_000, n % 1_000) }
}

#[tokio::test]
async fn only_a_manager_takes_arrays_and_a_form_that_makes_no_sense_is_refused_in_words() {
    let house = house().await;
    for role in [Role::Operator, Role::Customer] {
        let cookie = house.sign_in(role).await;
        let file = whole("one", "auto", &code("txttxttx"));
        let request = upload(&house, &cookie, file);
        text(request, StatusCode::FORBIDDEN).await;
    }
    let manager = house.sign_in(Role::Manager).await;
    for (line, form, file, words) in [
        ("two", "auto", "x", "two has no [line.goods]"),
        ("", "auto", "x", "Choose the line"),
        ("one", "xls", "x", "Choose txt, csv, json or xml"),
        ("one", "auto", "", "The file has no codes"),
        ("one", "auto", "PK\u{3}\u{4}", "Save it as CSV"),
    ] {
        let request = upload(&house, &manager, whole(line, form, file));
        let page = text(request, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(page.contains(words), "{page}");
    }
    assert!(stock(&house).await.is_empty());
}
