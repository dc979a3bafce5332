//! The pages of rolls over real sockets: jobs, passports, and what a manager decides about codes in
//! doubt.
use crate::store_kit::{array, gtin, moved};
use crate::web_house::{self, House, SOON, location, text};
use markwright::access::Role;
use markwright::code::{CodeId, Step};
use markwright::line::{Event, LineState, Record, RejectReason, Scenario, Verdict};
use markwright::order::{Delivery, PriceList, Wish};
use markwright::store::{Lot, NewJob, RollJob};
use markwright::telemetry::clock::Micros;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use serde_json::Value;
use tokio::time::timeout;

const LINE: &str = "one";

/// A house with a roll of five labels: 1 and 2 good, 3 bad, 4 in doubt, 5 good; codes of this pool.
async fn house(pool: &str) -> (House, i64) {
    let house = House::open(LineState::Idle).await;
    house.store.store_codes(pool, "test", &array(6)).await.unwrap();
    let wanted = NewJob {
        line: LINE.into(),
        scenario: Scenario::Roll,
        pool: pool.into(),
        gtin: gtin(),
        design: "dairy".into(),
        planned: 3,
        roll: RollJob { leader: true, trailer: true, ..RollJob::default() },
        lot: Lot {
            batch: "B-17".into(),
            date: "21.11.2026".into(),
            best_before: "01.12.2026".into(),
        },
    };
    let job = house.store.add_job(&wanted).await.unwrap();
    house.store.start_job(job).await.unwrap();
    house.store.note_printer(job, "desk-zpl-203", None).await.unwrap();
    let mut records = Vec::new();
    for (place, code) in (1_u32..).zip(1..=5) {
        let on_roll = Record::OnRoll { code: CodeId(code), piece: 1, place, to_read: true };
        records.extend([moved(code, Step::Send), on_roll]);
    }
    records.extend([1, 2, 3, 5].map(|code| moved(code, Step::Print)));
    records.extend([moved(3, Step::Reject), moved(4, Step::Doubt)]);
    let bad = Verdict::Bad(RejectReason::NoRead);
    let readings = [(1, Verdict::Good), (2, Verdict::Good), (3, bad), (5, Verdict::Good)];
    let read = |(code, verdict)| Record::LabelRead { code: CodeId(code), verdict, picture: None };
    records.extend(readings.map(read));
    house.store.append(LINE, Some(job), &records).await.unwrap();
    house.store.end_job(job, true).await.unwrap();
    (house, job)
}

#[tokio::test]
async fn an_operator_finds_the_passport_of_a_job_by_the_page_of_its_line() {
    let (house, job) = house("line:one").await;
    let cookie = house.sign_in(Role::Operator).await;
    let page = |path: String| text(house.get(&path).header(COOKIE, &cookie), StatusCode::OK);
    assert!(page("/".into()).await.contains(r#"href="/lines/one/jobs""#));
    let address = format!("/lines/one/jobs/{job}/passport");
    assert!(page("/lines/one/jobs".into()).await.contains(&address));
    let sheet = page(address.clone()).await;
    for words in [
        "5 handed over = 3 good + 1 void + 1 in doubt + 0 under way: it closes.",
        "symbol not readable",
        "handed to the printer; nobody knows whether it came out",
        "desk-zpl-203",
        "<dt>Batch</dt><dd>B-17</dd>",
        "<dt>Date of production</dt><dd>21.11.2026</dd>",
        "<dt>Best before</dt><dd>01.12.2026</dd>",
        "Not graded.",
        &format!("{address}.pdf"),
    ] {
        assert!(sheet.contains(words), "{words}: {sheet}");
    }
}

#[tokio::test]
async fn a_passport_comes_as_json_and_as_a_document() {
    let (house, job) = house("line:one").await;
    let cookie = house.sign_in(Role::Manager).await;
    let address = format!("/lines/one/jobs/{job}/passport");
    let get = |form: &str| house.get(&format!("{address}.{form}")).header(COOKIE, &cookie);
    let json: Value = serde_json::from_str(&text(get("json"), StatusCode::OK).await).unwrap();
    assert_eq!(json["counts"]["good"], 3);
    assert_eq!(json["void"][0]["place"], 3);
    assert_eq!(json["pieces"][0]["last"], "00000005");
    assert_eq!(json["sums_close"], true);
    assert_eq!(json["lot"]["batch"], "B-17");
    assert_eq!(json["lot"]["best_before"], "01.12.2026");
    assert_eq!(json["good_codes_sha256"].as_str().unwrap().len(), 64);
    let answer = get("pdf").send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/pdf");
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"%PDF-"));
}

#[tokio::test]
async fn a_passport_is_not_for_everybody() {
    let (house, job) = house("line:one").await;
    let address = format!("/lines/one/jobs/{job}/passport");
    let answer = house.get(&address).send().await.unwrap();
    assert_eq!(location(&answer), format!("/sign-in?next={address}"), "a stranger signs in first");
    let cookie = house.sign_in(Role::Customer).await;
    text(house.get(&address).header(COOKIE, &cookie), StatusCode::FORBIDDEN).await;
    let cookie = house.sign_in(Role::Operator).await;
    let other = format!("/lines/one/jobs/{}/passport", job + 1);
    text(house.get(&other).header(COOKIE, &cookie), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn a_customer_sees_the_passport_of_his_own_order_and_of_no_other() {
    let (house, _) = house("order:1").await;
    let wish = Wish {
        gtin: gtin(),
        name: "Cheese".into(),
        hs_code: "0406".into(),
        sale: markwright::order::Sale::default(),
        design: "dairy".into(),
        delivery: Delivery::Roll,
        issue: Some((markwright::code::ProductGroup::MILK, 3)),
    };
    let issue = (markwright::code::ProductGroup::MILK, 3);
    let other = house.store.add_person("other", web_house::PASSWORD, Role::Customer).await.unwrap();
    let answer = house.try_sign_in("customer", web_house::PASSWORD).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let customer = house.store.check_password("customer", web_house::PASSWORD).await.unwrap();
    let markwright::store::SignIn::Welcome(customer) = customer else { panic!("{customer:?}") };
    for who in [customer.id, other.id] {
        let (prices, now) = (PriceList::default(), Micros::now());
        house.store.place_label_order(who, &wish, issue, &prices, now).await.unwrap();
    }
    let get = |path: &str| house.get(path).header(COOKIE, cookie);
    assert!(text(get("/orders/1/passport"), StatusCode::OK).await.contains("it closes."));
    let json: Value =
        serde_json::from_str(&text(get("/orders/1/passport.json"), StatusCode::OK).await).unwrap();
    assert_eq!(json["jobs"][0]["counts"]["void"], 1);
    let answer = get("/orders/1/passport.pdf").send().await.unwrap();
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-"));
    text(get("/orders/2/passport"), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn a_manager_writes_off_a_code_in_doubt_and_the_line_lets_go_of_it_first() {
    let (mut house, _) = house("line:one").await;
    let cookie = house.sign_in(Role::Manager).await;
    let address = "/lines/one/doubtful";
    let page = text(house.get(address).header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(page.contains("Codes in doubt: 1") && page.contains("00000004"), "{page}");
    let post = |form: &str| house.post(address, form).header(COOKIE, &cookie);
    text(post("do=write_off&code=4&reason="), StatusCode::UNPROCESSABLE_ENTITY).await;
    let answer = post("do=write_off&code=4&reason=cut+off").send().await.unwrap();
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, address));
    let heard = timeout(SOON, house.requests.recv()).await.unwrap();
    assert_eq!(heard, Some(Event::Decided(vec![CodeId(4)])));
    let notes = house.store.notes(1).await.unwrap();
    assert_eq!(notes[0].detail, "00000004: written off: cut off");
    let page = text(house.get(address).header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(page.contains("Codes in doubt: 0"), "{page}");
}

#[tokio::test]
async fn a_manager_reads_a_label_in_doubt_and_it_is_good() {
    let (mut house, _) = house("line:one").await;
    let cookie = house.sign_in(Role::Manager).await;
    let post = |form: &str| house.post("/lines/one/doubtful", form).header(COOKIE, &cookie);
    let scan = |n: usize| {
        let text = array(6)[n - 1].text.as_str().to_owned();
        let text = text.replace('\u{1d}', "%1D").replace('#', "%23");
        format!("do=read&scan={text}")
    };
    text(post(&scan(1)), StatusCode::CONFLICT).await;
    let answer = post(&scan(4)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(house.requests.recv().await.is_some());
    assert_eq!(house.store.tally("line:one").await.unwrap().verified, 1);
}

#[tokio::test]
async fn an_operator_sees_codes_in_doubt_and_decides_nothing() {
    let (house, _) = house("line:one").await;
    let cookie = house.sign_in(Role::Operator).await;
    let page = text(house.get("/lines/one/doubtful").header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(
        page.contains("A manager decides.")
            && !page.contains("<form method=\"post\" action=\"/lines"),
        "{page}"
    );
    let post = house.post("/lines/one/doubtful", "do=write_off_all&reason=x");
    text(post.header(COOKIE, &cookie), StatusCode::FORBIDDEN).await;
}

#[tokio::test]
async fn codes_in_doubt_come_in_pages_of_two_hundred() {
    let (house, job) = house("line:one").await;
    house.store.store_codes("line:one", "more", &array(450)).await.unwrap();
    // The first six of the array were there already, and their numbers stay free.
    let records: Vec<_> =
        (13..=416).flat_map(|code| [moved(code, Step::Send), moved(code, Step::Doubt)]).collect();
    house.store.append(LINE, Some(job), &records).await.unwrap();
    let cookie = house.sign_in(Role::Operator).await;
    let page =
        async |path: &str| text(house.get(path).header(COOKIE, &cookie), StatusCode::OK).await;
    let next = |page: &str| {
        let (_, rest) = page.split_once("id=\"next\" href=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let mut path = "/lines/one/doubtful".to_owned();
    let mut rows = Vec::new();
    loop {
        let page = page(&path).await;
        assert!(page.contains("Codes in doubt: 405"), "{page}");
        rows.push(page.matches("not known</td>").count() + page.matches("label 4</td>").count());
        assert_eq!(page.contains("First 200"), rows.len() > 1);
        match next(&page) {
            Some(address) => path = address,
            None => break,
        }
    }
    assert_eq!(rows, [200, 200, 5]);
}
