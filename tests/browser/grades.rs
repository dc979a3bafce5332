//! The pages of grading: who may, what a picture comes to, the report in its three forms; and a
//! look at them with a real browser, on a panel and on a phone.
use crate::graded_kit::{drawn, png, written};
use crate::orders_walk::{Browser, SignIn};
use crate::symbol_kit::Fault;
use crate::web_house::{House, PASSWORD, location, text};
use markwright::access::Role;
use markwright::calibration::{Calibration, Patch};
use markwright::line::LineState;
use markwright::telemetry::clock::Micros;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap};
use reqwest::{Response, StatusCode};
use serde_json::Value;

const BOUNDARY: &str = "-------------a-boundary";

fn multipart(fields: &[(&str, &str)], picture: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n").bytes());
    }
    let head = "Content-Disposition: form-data; name=\"picture\"; filename=\"frame.png\"";
    body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").bytes());
    body.extend(picture);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    body
}

async fn upload(house: &House, cookie: &str, fields: &[(&str, &str)], picture: &[u8]) -> Response {
    // Header by header, the second would stand beside the first.
    let kind = format!("multipart/form-data; boundary={BOUNDARY}").parse().unwrap();
    let post = house.post("/grade", "").body(multipart(fields, picture));
    let post = post.headers(HeaderMap::from_iter([(CONTENT_TYPE, kind)]));
    post.header(COOKIE, cookie).send().await.unwrap()
}

fn calibrate(house: &House) {
    let calibration = Calibration {
        camera: "one".into(),
        taken: Micros(Micros::now().0 - 3 * 86_400_000_000),
        dark: Patch { grey: 10.0, reflectance: 0.03 },
        light: Patch { grey: 230.0, reflectance: 0.86 },
        px_per_mm: Some(15.0),
        card: Some("No. 4711".into()),
    };
    calibration.save(&house.folder.path().join("calibration")).unwrap();
}

#[tokio::test]
async fn a_picture_becomes_a_report_in_three_forms() {
    let house = House::open(LineState::Idle).await;
    calibrate(&house);
    let cookie = house.sign_in(Role::Operator).await;
    let form = text(house.get("/grade").header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(form.contains("<option>one</option>"), "the camera can be chosen: {form}");
    let (picture, code) = drawn(Fault::Damage, 1);
    let fields = [("camera", "one"), ("wanted", "A"), ("edition", "2024")];
    let answer = upload(&house, &cookie, &fields, &png(&picture)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let address = location(&answer).to_owned();
    let get = |form: &str| house.get(&format!("{address}{form}")).header(COOKIE, &cookie);
    let page = text(get(""), StatusCode::OK).await;
    let json: Value =
        serde_json::from_str(&text(get("/report.json"), StatusCode::OK).await).unwrap();
    assert_eq!(json["text"], *code);
    assert_eq!((&json["edition"], &json["calibrated"]), (&"2024".into(), &true.into()));
    assert_eq!(json["calibration"]["card"], "No. 4711");
    assert!(json["calibration"]["age_seconds"].as_i64().unwrap() >= 3 * 86_400);
    let notation = json["notation"].as_str().unwrap();
    for words in [
        notation,
        "FAIL: grade ",
        "frame.png",
        "3 days old, card No. 4711",
        "data:image/png;base64,",
        "<svg class=\"map\"",
        "class=\"wrong\"",
        "QZL1",
        "FNC1, GS1 DataMatrix",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let answer = get("/report.pdf").send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/pdf");
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-"));
    text(house.get("/grade/other").header(COOKIE, &cookie), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn what_cannot_be_graded_comes_back_with_the_reason() {
    let house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Manager).await;
    let refused = async |fields: &[(&str, &str)], picture: &[u8]| {
        let answer = upload(&house, &cookie, fields, picture).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        answer.text().await.unwrap()
    };
    assert!(refused(&[], b"").await.contains("choose a picture"));
    assert!(refused(&[], b"a text").await.contains("it is no picture"));
    let picture = png(&drawn(Fault::Clean, 2).0);
    assert!(refused(&[("px_per_mm", "many")], &picture).await.contains("from 1 to 1000"));
    assert!(refused(&[("camera", "../x")], &picture).await.contains("no name of a camera"));
    let huge = refused(&[], b"P5 9000 9000 255\n").await;
    assert!(huge.contains("9000 x 9000 pixels") && huge.contains("32 million"), "{huge}");
    let answer = upload(&house, &cookie, &[], &vec![0; 25 * 1024 * 1024]).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().await.unwrap().contains("larger than 24 MB"));
    let blank = png(&image::DynamicImage::new_luma8(64, 64));
    let answer = upload(&house, &cookie, &[], &blank).await;
    let page = text(house.get(location(&answer)).header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(page.contains("FAIL: no symbol can be read") && page.contains("letter F"), "{page}");
    let pdf = house.get(&format!("{}/report.pdf", location(&answer))).header(COOKIE, &cookie);
    assert_eq!(pdf.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn grading_is_for_people_of_the_house() {
    let house = House::open(LineState::Idle).await;
    let answer = house.get("/grade").send().await.unwrap();
    assert_eq!(location(&answer), "/sign-in?next=/grade");
    let cookie = house.sign_in(Role::Customer).await;
    text(house.get("/grade").header(COOKIE, &cookie), StatusCode::FORBIDDEN).await;
    let answer = upload(&house, &cookie, &[], &png(&drawn(Fault::Clean, 3).0)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    text(
        house.get("/lines/one/pictures/7.png/grade").header(COOKIE, &cookie),
        StatusCode::FORBIDDEN,
    )
    .await;
}

#[tokio::test]
async fn the_kept_picture_of_a_reject_is_graded_with_its_lines_calibration() {
    let house = House::open(LineState::Idle).await;
    calibrate(&house);
    written(&drawn(Fault::Dot, 4).0, &house.folder.path().join("frames"), "7.png");
    std::fs::write(house.folder.path().join("frames/8.png"), "no picture").unwrap();
    let cookie = house.sign_in(Role::Operator).await;
    let get = |path: &str| house.get(path).header(COOKIE, &cookie);
    let address = "/lines/one/pictures/7.png/grade";
    let page = text(get(address), StatusCode::OK).await;
    assert!(page.contains("one, picture 7.png") && page.contains("card No. 4711"), "{page}");
    assert!(page.contains(&format!("{address}/report.pdf")));
    let json = text(get(&format!("{address}/report.json")), StatusCode::OK).await;
    assert!(serde_json::from_str::<Value>(&json).unwrap()["overall"].is_number());
    let answer = get(&format!("{address}/report.pdf")).send().await.unwrap();
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-"));
    for (path, status) in [
        ("/lines/one/pictures/8.png/grade", StatusCode::UNPROCESSABLE_ENTITY),
        ("/lines/one/pictures/9.png/grade", StatusCode::NOT_FOUND),
        ("/lines/one/pictures/..%2F7.png/grade", StatusCode::NOT_FOUND),
        ("/lines/two/pictures/7.png/grade", StatusCode::NOT_FOUND),
    ] {
        text(get(path), status).await;
    }
}

#[tokio::test]
async fn a_report_fits_a_panel_and_a_phone() {
    let house = House::open(LineState::Idle).await;
    calibrate(&house);
    let file = written(&drawn(Fault::Mixed, 5).0, house.folder.path(), "frame.png");
    for (window, width, height) in [("panel", 1280, 900), ("phone", 390, 844)] {
        let browser = Browser::open(&house.url, width, height).await;
        let who = SignIn { name: Role::Manager.word().into(), password: PASSWORD.into() };
        browser.sign_in(&who).await;
        browser.go("/grade").await;
        browser.see("h1", "Grade a picture").await;
        browser.fits().await;
        browser.shoot(&format!("grade_form_{window}.png")).await;
        browser.type_into("#picture", file.to_str().unwrap()).await;
        browser.click("#grade").await;
        browser.see(".parameters", "Symbol contrast").await;
        browser.see("h1", "/660").await;
        browser.fits().await;
        browser.shoot(&format!("grade_{window}.png")).await;
        browser.go(&format!("{}/report.json", browser.path().await)).await;
        browser.close().await;
    }
}
