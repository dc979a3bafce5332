//! Jobs in the hands of people: verbs, line clearance, challenge tests, samples, rework, closing with two
//! signatures, the report of a batch, and one code from order to report.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a test")]
#[path = "jobs/batch.rs"]
mod batch;
#[path = "jobs/bin.rs"]
mod bin;
#[path = "jobs/closed.rs"]
mod closed;
mod jobs_site;
#[path = "jobs/story.rs"]
mod story_of_code;
#[allow(dead_code, reason = "a part of the bench is needed here")]
mod line_bench;
mod site_kit;
mod store_kit;
mod web_house;

use line_bench::{Bench, MS, code, symbol};
use markwright::access::Role;
use markwright::code::{CodeId, Step};
use markwright::line::*;
use markwright::store::{Clearing, JobVerb, Lot, NewJob, Phase, RollJob, Standing, Store};
use reqwest::StatusCode;
use reqwest::header::COOKIE;
use std::time::Duration;
use store_kit::{Kit, LINE, POOL, gtin, moved};
use web_house::{House, text};

const HOUR: Duration = Duration::from_hours(1);

fn new_job(line: &str) -> NewJob {
    NewJob {
        line: line.into(),
        scenario: Scenario::PrintApply,
        pool: format!("line:{line}"),
        gtin: gtin(),
        design: "43x25".into(),
        planned: 3,
        roll: RollJob::default(),
        lot: Lot { batch: "B-17".into(), ..Lot::default() },
    }
}

// The line.

fn challenged(bench: &Bench) -> Option<(ChallengeKind, ChallengeResult, ChallengeSeen)> {
    bench.records.iter().rev().find_map(|record| {
        let Record::Challenged { kind, result, why, .. } = record else { return None };
        Some((*kind, *result, *why))
    })
}

/// A line that asks for a test each hour and stands because one is due.
fn due() -> Bench {
    let mut bench = Bench::running();
    bench.line.challenge_every(bench.now, HOUR, None, true);
    bench.later(MS);
    bench.later(400 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
    assert_eq!(bench.line.view().why, Some(StopReason::ChallengeDue));
    bench.forget();
    bench
}

fn begin(bench: &mut Bench, kind: ChallengeKind, shows: Option<i64>) {
    let shows = shows.map(|n| format!("0104810093011694212k{n:06}"));
    bench.say(Event::Challenge { kind, shows });
    if bench.line.state() == LineState::Held {
        bench.ask(Request::Start);
    }
}

fn foreign() -> Reading {
    Reading::Symbol {
        text: "0104607143309944215F\u{1d}93TEST".to_owned(),
        identifier: "]d2".to_owned(),
        quality: None,
    }
}

#[test]
fn a_line_makes_nothing_until_every_test_product_was_rejected_by_camera_and_gate() {
    let mut bench = due();
    let cases = [
        (ChallengeKind::NoSymbol, None, Reading::Nothing),
        (ChallengeKind::BadSymbol, None, Reading::Nothing),
        (ChallengeKind::Duplicate, Some(900), symbol(900)),
    ];
    let mut tag = 0;
    for (kind, shows, reading) in cases {
        tag += 1;
        begin(&mut bench, kind, shows);
        bench.labelled(tag);
        bench.read(tag, reading);
        assert_eq!(bench.verdict(tag), Some(Verdict::Bad(RejectReason::Challenge)));
        assert_eq!(challenged(&bench), None, "{kind:?}: not before the bin's eye saw it");
        let found = Found::Not(RejectReason::Duplicate);
        if bench.commands.iter().any(|command| matches!(command, Command::LookUp { .. })) {
            bench.say(Event::Known { tag: Tag(tag), found });
        }
        bench.plc(PlcEvent::RejectConfirmed(Tag(tag)));
        let (of, result, _) = challenged(&bench).unwrap();
        assert_eq!((of, result), (kind, ChallengeResult::Rejected));
        bench.later(400 * MS);
        assert_eq!(bench.line.state(), LineState::Held, "three are not four");
        bench.forget();
    }
    bench.say(Event::Challenge {
        kind: ChallengeKind::Foreign,
        shows: Some("0104607143309944215F".to_owned()),
    });
    bench.ask(Request::Start);
    bench.labelled(4);
    bench.read(4, foreign());
    bench.plc(PlcEvent::RejectConfirmed(Tag(4)));
    let whole = |record: &Record| matches!(record, Record::Challenged { whole: true, .. });
    assert!(bench.records.iter().any(whole), "with the fourth the test is whole");
    bench.later(MS);
    assert_eq!(bench.line.state(), LineState::Execute, "{:?}", bench.line.view());
    assert!(bench.passes().is_empty(), "no test product was ever passed");
    assert_eq!(bench.line.view().rejects_in_a_row, 0, "test products are counted apart");
    assert!(!bench.take_prints().is_empty(), "it makes goods again");
    bench.later(HOUR + MS);
    bench.later(400 * MS);
    let alarms = bench.line.view().alarms;
    assert!(alarms.contains(&StopReason::ChallengeDue), "an hour later once more: {alarms:?}");
}

#[test]
fn a_test_product_that_leaves_on_the_good_side_fails_the_test_and_latches_the_line() {
    let mut bench = due();
    begin(&mut bench, ChallengeKind::NoSymbol, None);
    bench.labelled(1);
    bench.read(1, Reading::Nothing);
    bench.plc(PlcEvent::Passed(Tag(1)));
    let failed = (ChallengeKind::NoSymbol, ChallengeResult::Failed, ChallengeSeen::Passed);
    assert_eq!(challenged(&bench), Some(failed));
    assert!(bench.line.view().alarms.contains(&StopReason::ChallengeFailed));
    bench.later(400 * MS);
    assert_eq!(bench.line.state(), LineState::Held);
}

#[test]
fn a_test_product_that_the_camera_finds_good_is_not_passed_and_fails_the_test() {
    let mut bench = due();
    begin(&mut bench, ChallengeKind::BadSymbol, None);
    bench.labelled(1);
    bench.read(1, symbol(1));
    assert!(bench.passes().is_empty());
    assert_eq!(bench.moved(1).last(), Some(&Step::Reject), "its label is waste");
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    let (_, result, why) = challenged(&bench).unwrap();
    assert_eq!((result, why), (ChallengeResult::Failed, ChallengeSeen::ReadGood));
}

#[test]
fn a_reject_that_the_bin_did_not_see_or_that_no_picture_explains_is_no_proof() {
    for seen in [true, false] {
        let mut bench = due();
        begin(&mut bench, ChallengeKind::NoSymbol, None);
        bench.labelled(1);
        if seen {
            bench.read(1, Reading::Nothing);
            bench.plc(PlcEvent::RejectUnconfirmed(Tag(1)));
        } else {
            bench.later(201 * MS);
            bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
        }
        assert_eq!(challenged(&bench).unwrap().1, ChallengeResult::Failed, "{seen}");
    }
}

#[test]
fn a_test_product_without_the_scanned_code_is_another_product() {
    let mut bench = due();
    begin(&mut bench, ChallengeKind::Duplicate, Some(900));
    bench.labelled(1);
    bench.read(1, foreign());
    bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
    let (_, result, why) = challenged(&bench).unwrap();
    assert_eq!(result, ChallengeResult::Failed);
    assert_eq!(why, ChallengeSeen::OtherReason(RejectReason::WrongCode));
}

#[test]
fn a_duplicate_that_neither_the_line_nor_its_store_knows_fails_although_a_person_scanned_it() {
    for found in [None, Some(Found::Not(RejectReason::UnknownCode))] {
        let mut bench = due();
        begin(&mut bench, ChallengeKind::Duplicate, Some(900));
        bench.labelled(1);
        bench.read(1, symbol(900));
        if let Some(found) = found {
            bench.say(Event::Known { tag: Tag(1), found });
        }
        bench.plc(PlcEvent::RejectConfirmed(Tag(1)));
        let (_, result, why) = challenged(&bench).unwrap();
        assert_eq!(result, ChallengeResult::Failed);
        assert_eq!(why, ChallengeSeen::OtherReason(RejectReason::Foreign));
    }
}

#[test]
fn goods_that_are_on_the_belt_when_a_test_begins_are_made_to_the_end_first() {
    let mut bench = Bench::running();
    bench.labelled(1);
    begin(&mut bench, ChallengeKind::NoSymbol, None);
    let open = |bench: &Bench| {
        bench.commands.iter().rev().find_map(|command| {
            if let Command::Plc(PlcCommand::Run(run)) = command { Some(run.infeed) } else { None }
        })
    };
    assert_eq!(open(&bench), Some(false), "the belt empties first");
    bench.read(1, symbol(1));
    bench.plc(PlcEvent::Passed(Tag(1)));
    assert_eq!(bench.line.view().done, 1);
    assert_eq!(open(&bench), Some(true), "now the test product");
    bench.labelled(2);
    assert_eq!(open(&bench), Some(false), "and no other");
    bench.read(2, Reading::Nothing);
    assert_eq!(bench.verdict(2), Some(Verdict::Bad(RejectReason::Challenge)));
    assert_eq!(bench.moved(2).last(), Some(&Step::Reject));
    assert_eq!(code(2).id, CodeId(2));
}

// The store.

/// Three products: one good, one rejected, one vanished; the job has ended.
async fn made(kit: &Kit) -> i64 {
    made_in(&kit.store).await
}

async fn made_in(store: &Store) -> i64 {
    let id = store.add_job(&new_job(LINE)).await.unwrap();
    store.start_job(id).await.unwrap();
    let mut records = Vec::new();
    for n in 1..=3_u32 {
        let (tag, code) = (Tag(n), i64::from(n));
        records.extend([moved(code, Step::Send), moved(code, Step::Print)]);
        records.push(Record::ProductSeen { tag });
        records.push(Record::ProductLabelled { tag, code: Some(CodeId(code)) });
        records.push(moved(code, Step::Apply));
    }
    let judged = |tag, verdict| Record::ProductJudged {
        tag: Tag(tag),
        verdict,
        picture: Some(PictureId(7)),
    };
    records.extend([
        moved(1, Step::Verify),
        judged(1, Verdict::Good),
        Record::ProductSettled { tag: Tag(1), fate: Fate::Verified },
        moved(2, Step::Reject),
        judged(2, Verdict::Bad(RejectReason::NoRead)),
        Record::ProductSettled { tag: Tag(2), fate: Fate::Rejected },
        moved(3, Step::Doubt),
        Record::ProductSettled { tag: Tag(3), fate: Fate::Unaccounted },
    ]);
    store.append(LINE, Some(id), &records).await.unwrap();
    store.end_job(id, true).await.unwrap();
    id
}

#[tokio::test]
async fn a_job_takes_the_verbs_of_isa_95_in_the_states_where_they_are_taken() {
    let kit = Kit::with_codes(1).await;
    let id = kit.store.store_job(&new_job(LINE)).await.unwrap();
    let standing = async || kit.store.job(id).await.unwrap().unwrap().standing();
    let say = async |verb| kit.store.job_verb(id, verb, "anna").await;
    assert_eq!(standing().await, Standing::NotAllowedToStart);
    assert_eq!(kit.store.next_job(LINE).await.unwrap(), None, "nobody has started it");
    let why = say(JobVerb::Pause).await.unwrap_err().to_string();
    assert!(why.contains("NotAllowedToStart") && why.contains("it takes Start"), "{why}");
    say(JobVerb::Start).await.unwrap();
    assert_eq!(standing().await, Standing::AllowedToStart);
    say(JobVerb::RevokeStart).await.unwrap();
    assert_eq!(standing().await, Standing::NotAllowedToStart);
    say(JobVerb::Start).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    assert_eq!(standing().await, Standing::Interrupted, "its line does not run yet");
    let runs = Record::Line { from: LineState::Starting, to: LineState::Execute, why: None };
    kit.store.append(LINE, Some(id), &[runs]).await.unwrap();
    assert_eq!(standing().await, Standing::Running);
    say(JobVerb::Pause).await.unwrap();
    assert_eq!(kit.store.asked_of(id).await.unwrap(), Some(JobVerb::Pause));
    kit.store.job_heard(id, JobVerb::Pause).await.unwrap();
    assert_eq!(kit.store.asked_of(id).await.unwrap(), None);
    say(JobVerb::Stop).await.unwrap();
    assert!(say(JobVerb::Pause).await.is_err(), "it is about to end");
    kit.store.end_job(id, true).await.unwrap();
    assert_eq!(standing().await, Standing::Ended);
    say(JobVerb::Clear).await.unwrap();
    assert!(say(JobVerb::Clear).await.is_err(), "it is off the list");
    assert_eq!(kit.store.notes(20).await.unwrap().len(), 6, "every verb is in the books");
}

#[tokio::test]
async fn the_job_that_a_person_chose_comes_before_those_that_waited_longer() {
    let kit = Kit::with_codes(1).await;
    let first = kit.store.add_job(&new_job(LINE)).await.unwrap();
    let second = kit.store.add_job(&new_job(LINE)).await.unwrap();
    let next = async || kit.store.next_job(LINE).await.unwrap().map(|job| job.id);
    assert_eq!(next().await, Some(first));
    kit.store.job_verb(second, JobVerb::Start, "anna").await.unwrap();
    assert_eq!(next().await, Some(second));
    kit.store.job_verb(second, JobVerb::Cancel, "anna").await.unwrap();
    assert_eq!(next().await, Some(first));
}

#[tokio::test]
async fn after_an_aborted_job_the_store_says_so_until_another_one_was_made() {
    let kit = Kit::with_codes(1).await;
    let aborted = async || kit.store.last_job_was_aborted(LINE).await.unwrap();
    assert!(!aborted().await, "there was none");
    let first = kit.store.add_job(&new_job(LINE)).await.unwrap();
    let second = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(first).await.unwrap();
    kit.store.job_verb(first, JobVerb::Abort, "anna").await.unwrap();
    kit.store.end_job(first, false).await.unwrap();
    assert!(aborted().await);
    // Whoever takes a job off the list that nobody began aborts no line.
    let third = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.job_verb(third, JobVerb::Abort, "anna").await.unwrap();
    assert!(aborted().await);
    kit.store.start_job(second).await.unwrap();
    kit.store.end_job(second, true).await.unwrap();
    assert!(!aborted().await);
}

fn said(bin: u64) -> Clearing {
    Clearing {
        bin_counted: Some(bin),
        bin_reason: String::new(),
        may_differ: false,
        ribbon_lot: "R1".into(),
        label_lot: "L1".into(),
        recipe: Ok("22 x 22".into()),
    }
}

#[tokio::test]
async fn a_clearance_is_refused_with_the_items_that_stand_open() {
    let kit = Kit::with_codes(9).await;
    made(&kit).await;
    let id = kit.store.store_job(&new_job(LINE)).await.unwrap();
    kit.store.job_lots(id, "R2", "").await.unwrap();
    let job = kit.store.job(id).await.unwrap().unwrap();
    let busy = [Record::ProductSeen { tag: Tag(9) }];
    kit.store.append(LINE, None, &busy).await.unwrap();
    let wrong = Clearing { recipe: Err("too far".into()), label_lot: String::new(), ..said(4) };
    let clear = async |said: &Clearing| {
        kit.store.clear_line(&job, Phase::Before, said, "anna").await.map_err(|e| e.to_string())
    };
    let why = clear(&wrong).await.unwrap_err();
    for words in [
        "1 products on the belt",
        "4 counted, the line put 1 there",
        "lot R1 is loaded, the job wants R2",
        "Labels: scan its lot",
        "too far",
    ] {
        assert!(why.contains(words), "{words}: {why}");
    }
    assert!(!why.contains("Printer buffer"), "that is empty: {why}");
    kit.append(&[Record::ProductSettled { tag: Tag(9), fate: Fate::Rejected }]).await;
    let right = Clearing { ribbon_lot: "R2".into(), ..said(2) };
    clear(&right).await.unwrap();
    assert!(kit.store.is_cleared(&job, Phase::Before).await.unwrap());
    assert_eq!(kit.store.line_stands(LINE).await.unwrap().bin.seen(), 0, "the bin was emptied");
    let other = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(other).await.unwrap();
    assert!(!kit.store.is_cleared(&job, Phase::Before).await.unwrap(), "another job came between");
}

async fn story(store: &Store, n: i64) -> markwright::store::Story {
    let scan = format!("01{}21{n:08}\u{1d}93#SzU", gtin());
    store.story(&scan).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_sample_is_taken_once_and_never_becomes_good_again() {
    let kit = Kit::with_codes(4).await;
    let id = made(&kit).await;
    let good = story(&kit.store, 1).await;
    assert_eq!(good.job, Some((id, "B-17".into())));
    let why = kit.store.take_sample(&story(&kit.store, 2).await, "lab", "anna").await.unwrap_err();
    assert!(why.to_string().contains("rejected"), "{why}");
    kit.store.take_sample(&good, "lab", "anna").await.unwrap();
    assert_eq!(kit.state(1).await, ("sampled".into(), true));
    let sampled = story(&kit.store, 1).await;
    assert!(kit.store.take_sample(&sampled, "lab", "anna").await.is_err());
    let job = kit.store.job(id).await.unwrap().unwrap();
    let sums = kit.store.job_sums(&job).await.unwrap();
    assert_eq!((sums.codes.sampled, sums.products.sampled, sums.products.verified), (1, 1, 0));
    assert!(sums.codes_close() && sums.products_close(), "{sums:?}");
    kit.store.return_sample(&sampled, "tasted, whole", "anna").await.unwrap();
    assert_eq!(kit.state(1).await.0, "sampled", "it is not shipped with this label");
    kit.store.rework(&story(&kit.store, 1).await, "", "anna").await.unwrap();
    let missing = story(&kit.store, 3).await;
    kit.store.take_sample(&missing, "was in the hand of the lab", "anna").await.unwrap();
    kit.store.count_bin(&job, 1, false, "anna").await.unwrap();
    let sums = kit.store.job_sums(&job).await.unwrap();
    assert_eq!(sums.open(), [""; 0], "what was missing is found: {sums:?}");
}

#[tokio::test]
async fn a_rejected_product_goes_back_once_and_its_code_stays_rejected() {
    let kit = Kit::with_codes(4).await;
    made(&kit).await;
    assert!(kit.store.rework(&story(&kit.store, 1).await, "", "anna").await.is_err(), "it is good");
    kit.store.rework(&story(&kit.store, 2).await, "dirt", "anna").await.unwrap();
    assert_eq!(kit.state(2).await, ("rejected".into(), true));
    let again = kit.store.rework(&story(&kit.store, 2).await, "", "anna").await.unwrap_err();
    assert!(again.to_string().contains("second one"), "{again}");
}

#[tokio::test]
async fn no_way_prints_a_code_a_second_time() {
    let kit = Kit::with_codes(4).await;
    made(&kit).await;
    for n in 1..=3 {
        assert!(kit.store.append(LINE, None, &[moved(n, Step::Send)]).await.is_err(), "{n}");
        for state in ["stored", "sent", "printed"] {
            let by_hand = sqlx::query("update code set state = $1 where id = $2")
                .bind(state)
                .bind(n)
                .execute(&kit.plain)
                .await;
            assert!(by_hand.is_err(), "{n} back to {state}");
        }
    }
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_markwright"))
        .args(["job", "--help"])
        .output()
        .unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().to_lowercase().contains("reprint"));
}

// The pages.

#[tokio::test]
async fn a_line_that_asks_for_clearance_says_what_stands_open_and_starts_only_after_it() {
    let rules = markwright::web::JobRules { clearance: true, ..Default::default() };
    let jobs = [("one".to_owned(), rules)].into();
    let settings = markwright::web::WebSettings { jobs, ..Default::default() };
    let house = House::with(&["one"], web_house::view(LineState::Idle), settings).await;
    house.store.store_codes(POOL, "test", &store_kit::array(2)).await.unwrap();
    let id = house.store.store_job(&new_job("one")).await.unwrap();
    let cookie = house.sign_in(Role::Operator).await;
    let post = |path: &str, form: &str| house.post(path, form).header(COOKIE, &cookie);
    let start = format!("job=JOB{id}&verb=start");
    let page = text(post("/lines/one/jobs", &start), StatusCode::CONFLICT).await;
    assert!(page.contains("not cleared for job"), "{page}");
    let address = format!("/lines/one/jobs/{id}/clearance/before");
    let page = text(post(&address, "bin_counted=5"), StatusCode::CONFLICT).await;
    assert!(page.contains("5 counted, the line put 0 there"), "{page}");
    assert!(page.contains("Ribbon: scan its lot"), "{page}");
    let given = post(&address, "bin_counted=0&ribbon_lot=R1&label_lot=L1").send().await.unwrap();
    assert_eq!(given.status(), StatusCode::SEE_OTHER);
    let list = text(house.get("/lines/one/jobs").header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(!list.contains("Clear the line"), "{list}");
    let started = post("/lines/one/jobs", &start).send().await.unwrap();
    assert_eq!(started.status(), StatusCode::SEE_OTHER);
    let job = house.store.job(id).await.unwrap().unwrap();
    assert!(job.control.chosen_at.is_some());
    let customer = house.sign_in(Role::Customer).await;
    let no = house.post("/lines/one/jobs", &start).header(COOKIE, &customer).send().await.unwrap();
    assert_eq!(no.status(), StatusCode::FORBIDDEN);
}
