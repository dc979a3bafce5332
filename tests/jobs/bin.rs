//! The bin in the account of a job.
use super::closed::person;
use super::store_kit::{self, Kit, LINE, POOL};
use super::web_house::{House, text};
use super::{made, made_in, new_job};
use markwright::access::Role;
use markwright::line::*;
use markwright::store::{Job, NewJob, Second};
use reqwest::StatusCode;
use reqwest::header::COOKIE;

async fn job(kit: &Kit, id: i64) -> Job {
    kit.store.job(id).await.unwrap().unwrap()
}

/// What stands open about the bin.
async fn open(kit: &Kit, id: i64) -> Vec<String> {
    let sums = kit.store.job_sums(&job(kit, id).await).await.unwrap();
    sums.open().into_iter().filter(|words| words.contains("bin")).collect()
}

#[tokio::test]
async fn a_job_stands_open_until_a_person_counted_its_rejects_in_the_bin() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    assert!(open(&kit, id).await[0].contains("the bin is not counted"));
    let of = job(&kit, id).await;
    let why = kit.store.count_bin(&of, 7, false, "anna").await.unwrap_err().to_string();
    assert!(why.contains("7 counted, the line put 1 there: count again"), "{why}");
    assert_eq!(kit.store.bin_counts_of(&of).await.unwrap(), [], "a slip of the hand is not kept");
    kit.store.count_bin(&of, 0, true, "anna").await.unwrap();
    let words = open(&kit, id).await;
    assert!(words[0].contains("0 products were counted in the bin, the line put 1"), "{words:?}");
    kit.store.count_bin(&of, 1, true, "anna").await.unwrap();
    assert_eq!(open(&kit, id).await, [""; 0], "the other one was found behind the bin");
    assert_eq!(kit.store.bin(LINE).await.unwrap().seen(), 0, "the bin is empty");
    let batch = kit.store.batch(id).await.unwrap().unwrap();
    assert_eq!(batch.bin_counts.len(), 2);
    assert_eq!(batch.people, ["anna"]);
}

#[tokio::test]
async fn rejects_of_the_job_before_may_be_in_the_bin_those_of_this_one_must() {
    let kit = Kit::with_codes(4).await;
    made(&kit).await;
    let id = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let reject = async |tag| {
        let seen = Record::ProductSeen { tag: Tag(tag) };
        let fate = Record::ProductSettled { tag: Tag(tag), fate: Fate::Rejected };
        kit.store.append(LINE, Some(id), &[seen, fate]).await.unwrap();
    };
    reject(11).await;
    kit.store.count_bin(&job(&kit, id).await, 2, false, "anna").await.unwrap();
    reject(12).await;
    kit.store.end_job(id, true).await.unwrap();
    assert!(open(&kit, id).await[0].contains("not counted"), "not since it ended");
    kit.store.count_bin(&job(&kit, id).await, 1, false, "anna").await.unwrap();
    assert_eq!(open(&kit, id).await, [""; 0]);
    let bin = kit.store.job_sums(&job(&kit, id).await).await.unwrap().bin.unwrap();
    assert_eq!((bin.counted, bin.rejected), (Some(3), 3));
}

#[tokio::test]
async fn a_bin_that_differs_is_signed_for_by_a_second_person_and_a_later_count_amends_nothing() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    let of = job(&kit, id).await;
    let anna = person(&kit.store, "anna", Role::Operator).await;
    let boris = person(&kit.store, "boris", Role::Manager).await;
    let second = Second { person: boris, reason: "one fell off the belt, seen".into() };
    kit.store.close_job(&of, false, &anna, Some(&second)).await.unwrap();
    kit.store.empty_bin(LINE, 1, "vera").await.unwrap();
    let batch = kit.store.batch(id).await.unwrap().unwrap();
    assert_eq!(batch.sums.bin.as_ref().unwrap().counted, None, "as it was signed");
    assert!(!batch.sums_now.differ_from(&batch.sums), "{:?}", batch.sums_now);
    let why = kit.store.count_bin(&job(&kit, id).await, 1, false, "anna").await.unwrap_err();
    assert!(why.to_string().contains("closed"), "{why}");
}

#[tokio::test]
async fn a_roll_has_no_bin_to_count() {
    let kit = Kit::with_codes(1).await;
    let roll = NewJob { scenario: Scenario::Roll, ..new_job(LINE) };
    let id = kit.store.add_job(&roll).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    kit.store.end_job(id, true).await.unwrap();
    assert_eq!(open(&kit, id).await, [""; 0]);
    assert!(kit.store.count_bin(&job(&kit, id).await, 0, false, "anna").await.is_err());
}

#[tokio::test]
async fn the_bin_is_emptied_and_counted_at_the_page_of_closing() {
    let house = House::open(LineState::Idle).await;
    house.store.store_codes(POOL, "test", &store_kit::array(4)).await.unwrap();
    let id = made_in(&house.store).await;
    let cookie = house.sign_in(Role::Operator).await;
    let base = format!("/lines/{LINE}/jobs/{id}");
    let page = async || {
        let get = house.get(&format!("{base}/reconcile")).header(COOKIE, &cookie);
        text(get, StatusCode::OK).await
    };
    let count = async |form: &str, status| {
        text(house.post(&format!("{base}/bin"), form).header(COOKIE, &cookie), status).await
    };
    let before = page().await;
    assert!(before.contains("The line put 1 products there"), "{before}");
    assert!(before.contains("is not counted yet"), "{before}");
    let again = count("counted=2", StatusCode::CONFLICT).await;
    assert!(again.contains("count again"), "{again}");
    count("counted=two", StatusCode::UNPROCESSABLE_ENTITY).await;
    count("counted=2&sure=yes", StatusCode::SEE_OTHER).await;
    let differs = page().await;
    assert!(differs.contains("THEY DO NOT AGREE"), "{differs}");
    assert!(differs.contains("operator counted 2 products"), "{differs}");
    let get = house.get(&format!("{base}/report")).header(COOKIE, &cookie);
    let report = text(get, StatusCode::OK).await;
    assert!(report.contains("operator: 2 products; the line had put 1 there"), "{report}");
    let customer = house.sign_in(Role::Customer).await;
    let no = house.post(&format!("{base}/bin"), "counted=1").header(COOKIE, &customer);
    assert_eq!(no.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_count_that_was_made_apart_and_differs_from_the_sums_stands_open() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    let sums = async || kit.store.job_sums(&job(&kit, id).await).await.unwrap();
    let held = sums().await.held;
    assert_eq!(held.len(), 3, "{held:?}");
    assert!(held.iter().all(markwright::store::HeldAgainst::agrees), "{held:?}");
    for sql in [
        "update made set n = n + 1 where what = 'codes'",
        "update made set n = n + 2 where what = 'seen'",
        "update job set done = 5",
    ] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    let open = sums().await.open().join("; ");
    for words in [
        "4 codes that the line recorded as sent, 3 by the sums",
        "5 products counted by the minute, 3 by the sums",
        "5 good products counted by the line, 1 by the sums",
    ] {
        assert!(open.contains(words), "{words}: {open}");
    }
}
