//! Jobs of a whole fake site: test products on the belt, one code from order to report, the verbs.
use crate::site_kit::{self, Site, Troubled, Works};
use crate::web_house::PASSWORD;
use markwright::access::Role;
use markwright::line::*;
use markwright::sim::challenge::TestProduct;
use markwright::store::{JobState, Standing, Store};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use std::fmt::Write as _;

struct Browser {
    client: Client,
    url: String,
    cookie: String,
}

impl Browser {
    async fn sign_in(works: &Works, name: &str) -> Self {
        let redirect = reqwest::redirect::Policy::none();
        let client = Client::builder().redirect(redirect).build().unwrap();
        let url = format!("http://{}", works.app.web_addr);
        let mut browser = Self { client, url, cookie: String::new() };
        let form = format!("name={name}&password={}", PASSWORD.replace(' ', "+"));
        let answer = browser.send("/sign-in", &form).await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }

    async fn send(&self, path: &str, form: &str) -> reqwest::Response {
        self.client
            .post(format!("{}{path}", self.url))
            .header(COOKIE, &self.cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.to_owned())
            .send()
            .await
            .unwrap()
    }

    async fn post(&self, path: &str, form: &str) {
        let answer = self.send(path, form).await;
        let status = answer.status();
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {}", answer.text().await.unwrap());
    }

    async fn get(&self, path: &str) -> Vec<u8> {
        let get = self.client.get(format!("{}{path}", self.url)).header(COOKIE, &self.cookie);
        let answer = get.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    async fn page(&self, path: &str) -> String {
        String::from_utf8(self.get(path).await).unwrap()
    }
}

/// A site of 240 products a minute whose line has this setting, and an operator and a manager.
async fn site(setting: &str) -> (Works, Browser) {
    let site = Site::build(240.0, 200).await;
    site.edit("by_itself = true", &format!("by_itself = true\n{setting}"));
    let works = Works::begin(site).await;
    for (name, role) in [("anna", Role::Operator), ("boris", Role::Manager)] {
        works.app.store.add_person(name, PASSWORD, role).await.unwrap();
    }
    let browser = Browser::sign_in(&works, "anna").await;
    (works, browser)
}

async fn until_challenge(works: &Works, n: usize) {
    let store = works.app.store.clone();
    let job = store.running_job(site_kit::LINE).await.unwrap().unwrap().id;
    let done = async {
        loop {
            let all = store.challenges_of(job).await.unwrap();
            if all.iter().filter(|one| one.result.is_some()).count() >= n {
                return all;
            }
            tokio::time::sleep(site_kit::LOOK_EVERY).await;
        }
    };
    let all = tokio::time::timeout(site_kit::SOON, done).await;
    let all = all.unwrap_or_else(|_| panic!("challenge {n}: {:?}", works.view()));
    assert_eq!(all[n - 1].result, Some(ChallengeResult::Rejected), "{all:?}");
    assert_eq!(all[n - 1].person, "anna");
}

#[tokio::test]
async fn test_products_go_the_real_way_and_a_code_is_followed_from_order_to_report_on_one_page() {
    let (works, anna) = site("challenge_every_hours = 8").await;
    let due = |view: &LineView| view.why == Some(StopReason::ChallengeDue);
    works.until("a test is due before anything is made", due).await;
    let plant = works.site.stage.plant.controls.clone();
    let foreign = "010460714330994421FOREIGN1\u{1d}93TEST";
    let cases = [
        ("no_symbol", TestProduct::NoSymbol, String::new()),
        ("bad_symbol", TestProduct::BadSymbol, String::new()),
        ("foreign", TestProduct::Shows(foreign.to_owned()), "010460714330994421FOREIGN1".into()),
    ];
    for (n, (kind, product, scan)) in cases.into_iter().enumerate() {
        plant.bring_test_product(product);
        let standing =
            |view: &LineView| matches!(view.state, LineState::Starting | LineState::Held);
        works.until("it can be tested", standing).await;
        anna.post("/lines/line-1/challenge", &format!("kind={kind}&scan={scan}")).await;
        until_challenge(&works, n + 1).await;
    }
    works.until("it makes goods", |view| view.done >= 3).await;
    let store = works.app.store.clone();
    let job = store.running_job(site_kit::LINE).await.unwrap().unwrap().id;
    // A duplicate: the label of a product that was made.
    let handed = store.codes_handed_over(site_kit::POOL).await.unwrap();
    let is_verified = |state| state == markwright::code::CodeState::Verified;
    let (made, _) = handed.into_iter().find(|(_, state)| is_verified(*state)).unwrap();
    plant.bring_test_product(TestProduct::Shows(made.as_str().to_owned()));
    let scan = made.identification().bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    });
    anna.post("/lines/line-1/challenge", &format!("kind=duplicate&scan={scan}")).await;
    until_challenge(&works, 4).await;
    works.more_good(2).await;
    // The job is stopped by its verb, and ends.
    anna.post("/lines/line-1/jobs", &format!("job={job}&verb=stop")).await;
    let ended = async {
        while store.job(job).await.unwrap().unwrap().state != JobState::Done {
            tokio::time::sleep(site_kit::LOOK_EVERY).await;
        }
        while store.story(made.as_str()).await.unwrap().unwrap().told_at.is_none() {
            tokio::time::sleep(site_kit::LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(site_kit::SOON, ended).await.unwrap();
    follow(&anna, &store, &scan, job).await;
    account(&anna, job).await;
    let account = works.close(Troubled::No).await;
    let in_bin = account.truth.rejected().count();
    assert!(in_bin >= 4, "all test products are in the bin: {in_bin}");
}

/// One page says where a code came from, what happened to it, and under which name it was reported.
async fn follow(anna: &Browser, store: &Store, scan: &str, job: i64) {
    let page = anna.page(&format!("/codes?scan={scan}")).await;
    let known = store.story(&urldecoded(scan)).await.unwrap().unwrap();
    let order = known.order.clone().unwrap().upstream_id.unwrap();
    let report = known.report.clone().unwrap().upstream_id.unwrap();
    let mut last = 0;
    for words in [
        "Ordered",
        "Received and stored",
        "Sent to the printer",
        "Printed",
        "Applied to a product",
        "Read back: verified",
        "Put into a report",
        "The state system took notice",
    ] {
        let at = page.find(&format!("{words}</b>")).unwrap_or_else(|| panic!("{words}: {page}"));
        assert!(at > last, "{words} comes too early: {page}");
        last = at;
    }
    for words in [order, report, format!("/lines/line-1/jobs/{job}/report"), "reported".into()] {
        assert!(page.contains(&words), "{words}: {page}");
    }
}

fn urldecoded(scan: &str) -> String {
    let bytes = scan.split('%').skip(1).map(|hex| u8::from_str_radix(hex, 16).unwrap());
    String::from_utf8(bytes.collect()).unwrap()
}

/// The job closes without a second person, and its report says everything.
async fn account(anna: &Browser, job: i64) {
    let base = format!("/lines/line-1/jobs/{job}");
    let sheet = anna.page(&format!("{base}/reconcile")).await;
    assert!(sheet.contains("(4 of them test products)"), "{sheet}");
    assert_eq!(sheet.matches("it closes.").count(), 2, "{sheet}");
    let there = sheet.split("The line put ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    anna.post(&format!("{base}/bin"), &format!("counted={there}")).await;
    anna.post(&format!("{base}/reconcile"), "").await;
    let report: Value =
        serde_json::from_str(&anna.page(&format!("{base}/report.json")).await).unwrap();
    assert_eq!(report["sums"]["challenges"], 4, "{report}");
    assert_eq!(report["sums"]["bin"]["counted"].to_string(), there, "{report}");
    assert_eq!(report["bin_counts"][0]["person"], "anna");
    assert_eq!(report["challenges"].as_array().unwrap().len(), 4);
    assert_eq!(report["signatures"][0]["person"], "anna");
    assert_eq!(report["people"][0], "anna", "{report}");
    assert_eq!(report["codes"], report["sums"]["codes"]["verified"]);
    assert_eq!(report["codes_sha256"].as_str().unwrap().len(), 64);
    assert!(report["reports"][0]["upstream_id"].is_string(), "{report}");
    assert!(report["rejects"][0]["picture"].is_string(), "{report}");
    let picture = report["rejects"][0]["picture"].as_str().unwrap();
    assert!(anna.get(picture).await.starts_with(b"\x89PNG"));
    assert!(anna.get(&format!("{base}/report.pdf")).await.starts_with(b"%PDF"));
    let page = anna.page(&format!("{base}/report")).await;
    assert!(page.contains("Foreign GTIN, anna: rejected"), "{page}");
}

#[tokio::test]
async fn a_job_is_paused_resumed_and_aborted_by_its_verbs() {
    let (works, anna) = site("").await;
    works.until("goods", |view| view.done >= 2).await;
    let store = works.app.store.clone();
    let job = store.running_job(site_kit::LINE).await.unwrap().unwrap().id;
    let say = async |verb: &str| {
        anna.post("/lines/line-1/jobs", &format!("job={job}&verb={verb}")).await;
    };
    say("pause").await;
    works.until("held", |view| view.state == LineState::Held).await;
    assert_eq!(store.job(job).await.unwrap().unwrap().standing(), Standing::Interrupted);
    say("resume").await;
    works.until("runs", |view| view.state == LineState::Execute).await;
    works.more_good(1).await;
    say("abort").await;
    let aborted = async {
        while store.job(job).await.unwrap().unwrap().state != JobState::Cancelled {
            tokio::time::sleep(site_kit::LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(site_kit::SOON, aborted).await.unwrap();
    assert_eq!(store.job(job).await.unwrap().unwrap().standing(), Standing::Aborted);
    works.app.stop().await;
}
