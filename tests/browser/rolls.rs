//! A look with a real browser at the pages of rolls: jobs, passport, codes in doubt, and the order
//! with its passport; on a panel and on a phone.
use crate::orders_walk::{self, Browser};
use crate::store_kit::{array, gtin, moved};
use crate::web_house::{House, PASSWORD};
use markwright::access::Role;
use markwright::code::{CodeId, ProductGroup, Step};
use markwright::line::{LineState, Record, RejectReason, Scenario, Verdict};
use markwright::order::{Delivery, PriceList, Wish};
use markwright::store::{Goods, NewJob, RollJob, SignIn};
use markwright::telemetry::clock::Micros;
use reqwest::header::COOKIE;

const LINE: &str = "one";
const GOODS: &str = "Сыр полутвёрдый «Брестский», 45 %, брусок";
/// Labels of the first piece; the second one is as long.
const PIECE: i64 = 12;
/// Widths and heights of a panel at the line and of a phone.
const WINDOWS: [(&str, u32, u32); 2] = [("panel", 1024, 600), ("phone", 390, 844)];

/// An order of labels on a roll: two pieces, some labels void, some in doubt.
async fn house() -> House {
    let house = House::open(LineState::Idle).await;
    let customer = house.store.check_password("customer", PASSWORD).await.unwrap();
    let SignIn::Welcome(customer) = customer else { panic!("{customer:?}") };
    let issue = (ProductGroup::MILK, 24);
    let wish = Wish {
        gtin: gtin(),
        name: GOODS.into(),
        hs_code: "0406".into(),
        sale: markwright::order::Sale::default(),
        design: "58x40".into(),
        delivery: Delivery::Roll,
        issue: Some(issue),
    };
    let (prices, now) = (PriceList::default(), Micros::now());
    house.store.place_label_order(customer.id, &wish, issue, &prices, now).await.unwrap();
    house.store.put_goods(&goods()).await.unwrap();
    house.store.store_codes("order:1", "test", &array(30)).await.unwrap();
    let job = begin(&house).await;
    house.store.append(LINE, Some(job), &records()).await.unwrap();
    house.store.end_job(job, true).await.unwrap();
    // The centre's part: the order knows its job.
    let url = format!("sqlite://{}", house.folder.path().join("house.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("update label_order set job_id = $1, state = 'printed'")
        .bind(job)
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    house
}

fn goods() -> Goods {
    Goods {
        gtin: gtin(),
        name: GOODS.into(),
        hs_code: "0406".into(),
        group: ProductGroup::MILK,
        article: String::new(),
        size: String::new(),
        colour: String::new(),
        composition: String::new(),
        country: String::new(),
        maker: String::new(),
        importer: String::new(),
        lot: markwright::store::Lot::default(),
    }
}

async fn begin(house: &House) -> i64 {
    let roll = RollJob { leader: true, trailer: true, spare_percent: 5, ..RollJob::default() };
    let wanted = NewJob {
        line: LINE.into(),
        scenario: Scenario::Roll,
        pool: "order:1".into(),
        gtin: gtin(),
        design: "58x40".into(),
        planned: 24,
        roll,
        lot: markwright::store::Lot::default(),
    };
    let job = house.store.add_job(&wanted).await.unwrap();
    house.store.start_job(job).await.unwrap();
    house.store.note_printer(job, "zebra-zt411-300", Some("52J194501234")).await.unwrap();
    job
}

/// Of each piece the fifth label is bad, and the last two of the first one are in doubt.
fn records() -> Vec<Record> {
    let mut records = Vec::new();
    for code in 1..=2 * PIECE {
        let piece = if code <= PIECE { 1 } else { 2 };
        let place = u32::try_from((code - 1) % PIECE + 1).unwrap();
        let on_roll = Record::OnRoll { code: CodeId(code), piece, place, to_read: true };
        records.extend([moved(code, Step::Send), on_roll]);
        if code > PIECE - 2 && code <= PIECE {
            records.push(moved(code, Step::Doubt));
            continue;
        }
        let bad = place == 5;
        records.push(moved(code, Step::Print));
        records.extend(bad.then(|| moved(code, Step::Reject)));
        let verdict = if bad { Verdict::Bad(RejectReason::NoRead) } else { Verdict::Good };
        records.push(Record::LabelRead { code: CodeId(code), verdict, picture: None });
    }
    records
}

#[tokio::test]
async fn the_pages_of_a_roll_fit_a_panel_and_a_phone() {
    let house = house().await;
    for (window, width, height) in WINDOWS {
        let browser = Browser::open(&house.url, width, height).await;
        let manager = orders_walk::SignIn { name: "manager".into(), password: PASSWORD.into() };
        browser.sign_in(&manager).await;
        let pages = [
            ("jobs", "/lines/one/jobs", "Jobs of one"),
            ("passport", "/lines/one/jobs/1/passport", "Roll passport: job 1"),
            ("doubtful", "/lines/one/doubtful", "Codes in doubt: 2"),
            ("order_roll", "/orders/1", GOODS),
        ];
        for (name, path, words) in pages {
            browser.go(path).await;
            browser.see("h1", words).await;
            browser.fits().await;
            browser.shoot(&format!("{name}_{window}.png")).await;
        }
        browser.click("#passport").await;
        browser.see("h1", "Roll passport: order 1").await;
        browser.close().await;
    }
    let cookie = house.sign_in(Role::Manager).await;
    let pdf = house.get("/lines/one/jobs/1/passport.pdf").header(COOKIE, cookie);
    let pdf = pdf.send().await.unwrap().bytes().await.unwrap();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("passport.pdf");
    std::fs::write(file, pdf).unwrap();
}
