//! Closing a job, and what is decided about it afterwards.
use super::store_kit::{self, Kit, LINE, POOL, moved};
use super::web_house::{House, PASSWORD, text};
use super::{made, new_job, said, story};
use markwright::access::Role;
use markwright::code::{CodeId, Step};
use markwright::line::*;
use markwright::store::{Closure, Decision, JobSums, JobVerb, Phase, Second, SignIn, Store};
use reqwest::StatusCode;
use reqwest::header::COOKIE;
use serde_json::Value;

pub(crate) async fn person(store: &Store, name: &str, role: Role) -> markwright::store::Person {
    store.add_person(name, PASSWORD, role).await.unwrap();
    let SignIn::Welcome(person) = store.check_password(name, PASSWORD).await.unwrap() else {
        panic!("{name} cannot sign in")
    };
    person
}

#[tokio::test]
async fn a_job_with_anything_open_is_closed_by_two_different_people_or_not_at_all() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    let job = kit.store.job(id).await.unwrap().unwrap();
    let sums = kit.store.job_sums(&job).await.unwrap();
    assert!(sums.codes_close() && sums.products_close(), "{sums:?}");
    assert_eq!((sums.handed_over, sums.products.seen, sums.batch.as_str()), (3, 3, "B-17"));
    let open = sums.open();
    assert_eq!(open.len(), 3, "one in doubt, one unaccounted, the bin not counted: {open:?}");
    let anna = person(&kit.store, "anna", Role::Operator).await;
    let boris = person(&kit.store, "boris", Role::Manager).await;
    let olga = person(&kit.store, "olga", Role::Operator).await;
    let close = async |first, second: Option<&Second>| {
        kit.store.close_job(&job, false, first, second).await.map_err(|e| e.to_string())
    };
    let why = close(&anna, None).await.unwrap_err();
    assert!(why.contains("1 codes are in doubt") && why.contains("a second person signs"), "{why}");
    let second = |person: &markwright::store::Person, reason: &str| Second {
        person: person.clone(),
        reason: reason.into(),
    };
    let why = close(&boris, Some(&second(&boris, "seen"))).await.unwrap_err();
    assert!(why.contains("not the one who closes"), "{why}");
    let why = close(&anna, Some(&second(&olga, "seen"))).await.unwrap_err();
    assert!(why.contains("may not sign"), "{why}");
    let why = close(&anna, Some(&second(&boris, " "))).await.unwrap_err();
    assert!(why.contains("say why"), "{why}");
    assert_eq!(kit.store.closure(id).await.unwrap(), None);
    close(&anna, Some(&second(&boris, "product 3 was found broken"))).await.unwrap();
    let signed = kit.store.signatures_of(id).await.unwrap();
    let who: Vec<_> = signed.iter().map(|s| (s.person.as_str(), s.meaning.as_str())).collect();
    assert_eq!(who, [("anna", "closed"), ("boris", "approved")]);
    assert_eq!(signed[0].sums_sha256, kit.store.closure(id).await.unwrap().unwrap().sums_sha256);
    assert!(close(&anna, None).await.is_err(), "not twice");
    for sql in [
        "update signature set reason = 'x'",
        "delete from signature",
        "update closure set sums = '{}'",
        "delete from closure",
    ] {
        assert!(sqlx::query(sql).execute(&kit.plain).await.is_err(), "{sql}");
    }
    kit.store.job_verb(id, JobVerb::Clear, "anna").await.unwrap();
}

#[tokio::test]
async fn a_clean_job_is_closed_by_one_person_after_its_line_is_cleared() {
    let kit = Kit::with_codes(4).await;
    let id = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let anna = person(&kit.store, "anna", Role::Operator).await;
    let job = async || kit.store.job(id).await.unwrap().unwrap();
    let why = kit.store.close_job(&job().await, true, &anna, None).await.unwrap_err().to_string();
    assert!(why.contains("has not ended"), "{why}");
    kit.store.end_job(id, true).await.unwrap();
    let why = kit.store.close_job(&job().await, true, &anna, None).await.unwrap_err().to_string();
    assert!(why.contains("not cleared"), "{why}");
    kit.store.clear_line(&job().await, Phase::After, &said(0), "anna").await.unwrap();
    kit.store.close_job(&job().await, true, &anna, None).await.unwrap();
    assert!(job().await.control.closed_at.is_some());
}

async fn wrote_off(store: &Store, code: i64, reason: &str, person: &str) -> u64 {
    let codes = Some(vec![CodeId(code)]);
    let decision = Decision::WriteOff { codes, reason: reason.into() };
    store.decide(LINE, &[CodeId(code)], &decision, person).await.unwrap()
}

/// A job with one good code, one rejected and one in doubt, closed by two people.
async fn closed(store: &Store, id: i64) -> (JobSums, Closure) {
    let job = store.job(id).await.unwrap().unwrap();
    let sums = store.job_sums(&job).await.unwrap();
    let anna = person(store, "anna", Role::Operator).await;
    let boris = person(store, "boris", Role::Manager).await;
    let second = Second { person: boris, reason: "product 3 was found broken".into() };
    store.close_job(&job, false, &anna, Some(&second)).await.unwrap();
    (sums, store.closure(id).await.unwrap().unwrap())
}

#[tokio::test]
async fn signed_sums_stay_as_they_were_signed_and_what_is_decided_later_is_an_amendment() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    let (sums, closure) = closed(&kit.store, id).await;
    assert_eq!(closure.signed_sums(), Some(sums.clone()));
    let before = kit.store.batch(id).await.unwrap().unwrap();
    assert!(before.amendments.is_empty() && before.sums == sums && before.sums_now == sums);

    assert_eq!(wrote_off(&kit.store, 3, "burnt with product 3", "boris").await, 1);
    kit.store.take_sample(&story(&kit.store, 1).await, "lab", "anna").await.unwrap();

    let after = kit.store.batch(id).await.unwrap().unwrap();
    assert_eq!(after.sums, sums, "as they were signed");
    assert_eq!(after.codes_sha256, before.codes_sha256, "and so is the list of codes");
    assert_eq!((after.codes_sha256.1, after.codes_sha256_now.1), (1, 0));
    assert!(!after.sums_spoiled && after.sums_now != sums);
    assert_eq!(kit.store.closure(id).await.unwrap().unwrap(), closure);
    assert!(after.sums_now.differ_from(&sums));
    let reported = JobSums { told: 1, untold: 0, ..sums.clone() };
    assert!(!reported.differ_from(&sums), "what was reported is no amendment");
    let listed = &after.amendments.listed;
    let words: Vec<_> = listed.iter().map(|one| (one.words(), one.because())).collect();
    let said = |words: &str, because: &str| (words.to_owned(), because.to_owned());
    let wanted = [
        said("code 00000003: doubtful, now scrapped", "boris: written off: burnt with product 3"),
        said("code 00000001: verified, now sampled", "anna: sample: lab"),
        said("product 1: verified, now sampled", "anna: sample: lab"),
    ];
    assert_eq!(words, wanted);
    let [doubtful, scrapped] = [sums.codes.doubtful - 1, sums.codes.scrapped + 1];
    let now = &after.sums_now.codes;
    assert_eq!((now.doubtful, now.scrapped, now.sampled), (doubtful, scrapped, 1));
    assert!(after.sums_now.codes_close() && after.sums_now.products_close());
    for sql in [
        "update amendment set is_now = 'verified'",
        "update amendment set person = 'x'",
        "delete from amendment",
    ] {
        assert!(sqlx::query(sql).execute(&kit.plain).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn a_job_that_is_open_has_no_amendments_whatever_is_decided() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    wrote_off(&kit.store, 3, "lost", "boris").await;
    let batch = kit.store.batch(id).await.unwrap().unwrap();
    assert!(batch.amendments.is_empty() && batch.sums == batch.sums_now);
    assert_eq!(kit.number("select count(*) from amendment").await, 0);
}

#[tokio::test]
async fn what_the_line_sees_of_a_doubtful_label_after_the_signature_is_told_as_its_own_finding() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    closed(&kit.store, id).await;
    kit.append(&[moved(3, Step::Reject)]).await;
    let listed = kit.store.amendments_of(id).await.unwrap().listed;
    let words: Vec<_> = listed.iter().map(|one| (one.words(), one.because())).collect();
    let wanted =
        ("code 00000003: doubtful, now rejected".to_owned(), "the line found out".to_owned());
    assert_eq!(words, [wanted]);
}

#[test]
fn sums_that_are_not_what_was_signed_are_not_shown_as_signed() {
    let at = markwright::telemetry::clock::Micros(1);
    let (sums, sums_sha256) = ("{}".to_owned(), "00".repeat(32));
    let closure = Closure { at, person: "anna".into(), sums, sums_sha256 };
    assert_eq!(closure.signed_sums(), None);
}

#[tokio::test]
async fn page_document_and_json_show_the_signed_sums_and_the_amendments_apart() {
    let house = House::open(LineState::Idle).await;
    house.store.store_codes(POOL, "test", &store_kit::array(4)).await.unwrap();
    let id = super::made_in(&house.store).await;
    let (sums, closure) = closed(&house.store, id).await;
    wrote_off(&house.store, 3, "burnt with product 3", "boris").await;
    let cookie = house.sign_in(Role::Manager).await;
    let base = format!("/lines/{LINE}/jobs/{id}");
    for page in ["report", "reconcile"] {
        let get = house.get(&format!("{base}/{page}")).header(COOKIE, &cookie);
        let page = text(get, StatusCode::OK).await;
        let (signed, since) = page.split_once("Amendments since").unwrap();
        assert!(signed.contains("signed, ") && signed.contains("1 in doubt"), "{page}");
        assert!(since.contains("doubtful, now scrapped"), "{page}");
        assert!(since.contains("boris: written off: burnt with product 3"), "{page}");
        assert!(since.contains("0 in doubt") && since.contains("1 scrapped"), "{page}");
    }
    let get = house.get(&format!("{base}/report.json")).header(COOKIE, &cookie);
    let json: Value = serde_json::from_str(&text(get, StatusCode::OK).await).unwrap();
    assert_eq!(json["sums"], serde_json::to_value(&sums).unwrap());
    assert_eq!(json["closed"]["sums"].as_str(), Some(closure.sums.as_str()), "to be hashed");
    assert_eq!(json["sums_now"]["codes"]["scrapped"], 1);
    let amended = &json["amendments"][0];
    assert_eq!((&amended["person"], &amended["is"]), (&"boris".into(), &"scrapped".into()));
    assert!(amended["at"].as_str().is_some_and(|at| at.contains('T')));
    let get = house.get(&format!("{base}/report.pdf")).header(COOKIE, &cookie);
    let pdf = get.send().await.unwrap().bytes().await.unwrap();
    assert!(pdf.starts_with(b"%PDF"));
}

#[tokio::test]
async fn the_line_alone_says_when_a_challenge_test_is_whole_and_the_store_remembers_it() {
    let kit = Kit::with_codes(4).await;
    let id = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let job = kit.store.job(id).await.unwrap().unwrap();
    let passed = async || kit.store.challenge_passed_at(id).await.unwrap();
    let case = async |kind, result, whole| {
        let scan = "0104607143309944215F\u{1d}93TEST";
        kit.store.begin_challenge(&job, kind, scan, "anna").await.unwrap();
        let why = ChallengeSeen::Bin(RejectReason::NoRead);
        kit.append(&[Record::Challenged { kind, tag: Some(Tag(1)), result, why, whole }]).await;
    };
    let (good, bad) = (ChallengeResult::Rejected, ChallengeResult::Failed);
    // Before the first label of all there is no duplicate to test with: three cases are whole.
    case(ChallengeKind::NoSymbol, good, false).await;
    case(ChallengeKind::BadSymbol, good, false).await;
    assert_eq!(passed().await, None);
    case(ChallengeKind::Foreign, good, true).await;
    let at = passed().await;
    assert!(at.is_some());
    case(ChallengeKind::NoSymbol, good, false).await;
    assert_eq!(passed().await, at, "the next test has begun");
    case(ChallengeKind::BadSymbol, bad, false).await;
    assert_eq!(passed().await, None, "after a failure everything is tested again");
}
