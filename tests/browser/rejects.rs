//! The kept rejects of a line: each with its picture, what was found in it, and why; with a real
//! browser on a panel and on a phone.
use crate::graded_kit::{drawn, written};
use crate::orders_walk::{Browser, SignIn};
use crate::store_kit::{array, gtin, moved};
use crate::symbol_kit::Fault;
use crate::web_house::{House, PASSWORD, location, text};
use markwright::access::Role;
use markwright::code::{CodeId, Step};
use markwright::line::{
    LineState, PictureId, Quality, Record, RejectReason, Scenario, Tag, Verdict,
};
use markwright::store::{Lot, NewJob, RollJob};
use reqwest::StatusCode;
use reqwest::header::COOKIE;

/// A product that is rejected, with a picture of this number.
async fn reject(house: &House, line: &str, tag: u32, reason: RejectReason, picture: u64) {
    let (tag, picture) = (Tag(tag), Some(PictureId(picture)));
    let verdict = Verdict::Bad(reason);
    let mut records =
        vec![Record::ProductSeen { tag }, Record::ProductJudged { tag, verdict, picture }];
    if reason == RejectReason::LowGrade {
        let (parameters, growth) = ([Some(12); 8], None);
        let quality = Quality { overall: 12, parameters, growth, calibrated: false };
        records.push(Record::Graded { code: None, tag, quality, picture });
    }
    house.store.append(line, None, &records).await.unwrap();
}

/// A picture, and beside it what stands for its overlay.
fn keep(house: &House, fault: Fault, number: u64) -> String {
    let frames = house.folder.path().join("frames");
    let (picture, code) = drawn(fault, number);
    written(&picture, &frames, &format!("{number}.png"));
    written(&picture.to_rgb8().into(), &frames, &format!("{number}-overlay.png"));
    code
}

#[tokio::test]
async fn rejects_are_shown_with_picture_overlay_reason_and_what_was_read() {
    let house = House::open(LineState::Idle).await;
    let code = keep(&house, Fault::Damage, 7);
    let blank = image::DynamicImage::new_luma8(64, 64);
    written(&blank, &house.folder.path().join("frames"), "8.png");
    reject(&house, "one", 41, RejectReason::LowGrade, 7).await;
    reject(&house, "one", 42, RejectReason::NoRead, 8).await;
    reject(&house, "one", 43, RejectReason::Foreign, 9).await;
    reject(&house, "two", 44, RejectReason::NoLabel, 7).await;
    let cookie = house.sign_in(Role::Operator).await;
    let get = |path: &str| house.get(path).header(COOKIE, &cookie);
    assert!(text(get("/lines/one"), StatusCode::OK).await.contains("/lines/one/rejects"));
    let page = text(get("/lines/one/rejects"), StatusCode::OK).await;
    // Its number and the part before the first separator; what follows may be written otherwise.
    let code = &code[..18];
    for words in [
        "printed below the least grade",
        "symbol not readable",
        "code is not of this job",
        "Read again now: nothing.",
        "was not kept, or has made room for newer ones",
        "Grade <span class=\"chip D\">1.2 D",
        "src=\"/lines/one/pictures/7-overlay.png\"",
        "href=\"/lines/one/pictures/8.png/grade\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains(code), "{code}: {page}");
    assert!(page.contains(&format!("Read again now: {code}")), "{page}");
    assert!(!page.contains("Graded now"), "the one that can be read was graded by the line");
    assert!(!page.contains("8-overlay.png") && !page.contains("Product 44"));
    let place = |words: &str| page.find(words).unwrap();
    assert!(place("Product 43") < place("Product 42") && place("Product 42") < place("Product 41"));
    let overlay = get("/lines/one/pictures/7-overlay.png").send().await.unwrap();
    assert_eq!(overlay.status(), StatusCode::OK);
    text(get("/lines/one/pictures/x-overlay.png"), StatusCode::NOT_FOUND).await;
    text(get("/lines/three/rejects"), StatusCode::NOT_FOUND).await;
    let stranger = house.get("/lines/one/rejects").send().await.unwrap();
    assert_eq!(location(&stranger), "/sign-in?next=/lines/one/rejects");
}

#[tokio::test]
async fn the_page_is_bounded_and_leads_to_earlier_ones() {
    let house = House::open(LineState::Idle).await;
    for tag in 1..=30 {
        reject(&house, "one", tag, RejectReason::NoRead, u64::from(tag)).await;
    }
    let cookie = house.sign_in(Role::Operator).await;
    let mut path = "/lines/one/rejects".to_owned();
    for wanted in [12, 12, 6] {
        let page = text(house.get(&path).header(COOKIE, &cookie), StatusCode::OK).await;
        assert_eq!(page.matches("<article").count(), wanted, "{page}");
        let older = page.split("id=\"older\" href=\"").nth(1).and_then(|at| at.split('"').next());
        assert_eq!(older.is_some(), wanted == 12);
        path = older.unwrap_or_default().to_owned();
    }
}

#[tokio::test]
async fn a_grade_that_is_made_now_is_not_the_lines() {
    let house = House::open(LineState::Idle).await;
    keep(&house, Fault::Clean, 7);
    reject(&house, "one", 41, RejectReason::Foreign, 7).await;
    let cookie = house.sign_in(Role::Operator).await;
    let page = house.get("/lines/one/rejects").header(COOKIE, &cookie);
    let page = text(page, StatusCode::OK).await;
    assert!(page.contains("Graded now, not by the line:"), "{page}");
}

#[tokio::test]
async fn none_of_many_rejects_of_the_same_moment_is_left_out() {
    let house = House::open(LineState::Idle).await;
    let doubted = |tag| {
        let (tag, verdict) = (Tag(tag), Verdict::Bad(RejectReason::NoRead));
        let picture = Some(PictureId(u64::from(tag.0)));
        [Record::ProductSeen { tag }, Record::ProductJudged { tag, verdict, picture }]
    };
    let records: Vec<Record> = (1..=30).flat_map(doubted).collect();
    house.store.append("one", None, &records).await.unwrap();
    let cookie = house.sign_in(Role::Operator).await;
    let mut path = "/lines/one/rejects".to_owned();
    let mut seen = Vec::new();
    while !path.is_empty() {
        let page = text(house.get(&path).header(COOKIE, &cookie), StatusCode::OK).await;
        let tags = page.split("<p>Product ").skip(1).filter_map(|after| after.split(' ').next());
        seen.extend(tags.map(|tag| tag.parse::<u32>().unwrap()));
        let older = page.split("id=\"older\" href=\"").nth(1).and_then(|at| at.split('"').next());
        path = older.unwrap_or_default().to_owned();
    }
    assert_eq!(seen, (1..=30).rev().collect::<Vec<_>>());
    let nonsense = house.get("/lines/one/rejects?before=x").header(COOKIE, &cookie);
    text(nonsense, StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn a_bad_label_of_a_roll_is_among_the_rejects() {
    let house = House::open(LineState::Idle).await;
    house.store.store_codes("line:one", "test", &array(2)).await.unwrap();
    let wanted = NewJob {
        line: "one".into(),
        scenario: Scenario::Roll,
        pool: "line:one".into(),
        gtin: gtin(),
        design: "dairy".into(),
        planned: 2,
        roll: RollJob::default(),
        lot: Lot::default(),
    };
    let job = house.store.add_job(&wanted).await.unwrap();
    house.store.start_job(job).await.unwrap();
    let code = CodeId(1);
    let verdict = Verdict::Bad(RejectReason::NotGs1);
    let records = [
        moved(1, Step::Send),
        Record::OnRoll { code, piece: 1, place: 1, to_read: true },
        moved(1, Step::Print),
        Record::LabelRead { code, verdict, picture: Some(PictureId(3)) },
    ];
    house.store.append("one", Some(job), &records).await.unwrap();
    let cookie = house.sign_in(Role::Operator).await;
    let page = house.get("/lines/one/rejects").header(COOKIE, &cookie);
    let page = text(page, StatusCode::OK).await;
    assert!(page.contains("Label of a roll") && page.contains("not a GS1 DataMatrix"), "{page}");
}

#[tokio::test]
async fn the_rejects_fit_a_panel_and_a_phone() {
    let house = House::open(LineState::Idle).await;
    for (at, fault) in [Fault::Damage, Fault::Dot, Fault::Faint].into_iter().enumerate() {
        let number = u64::try_from(at).unwrap() + 1;
        keep(&house, fault, number);
        reject(&house, "one", u32::try_from(at).unwrap(), RejectReason::LowGrade, number).await;
    }
    for (window, width, height) in [("panel", 1280, 900), ("phone", 390, 844)] {
        let browser = Browser::open(&house.url, width, height).await;
        let who = SignIn { name: Role::Manager.word().into(), password: PASSWORD.into() };
        browser.sign_in(&who).await;
        browser.go("/lines/one/rejects").await;
        browser.see("h1", "Rejects of one").await;
        browser.fits().await;
        browser.shoot(&format!("rejects_{window}.png")).await;
        browser.close().await;
    }
}
