//! The report of a batch: its stops as its line knows them, its alarms, everybody who had a hand in it, and
//! pictures that stay.
use super::store_kit::{self, Kit, LINE, POOL, moved};
use super::web_house::{House, PASSWORD, text};
use super::{made_in, new_job, story};
use markwright::access::Role;
use markwright::code::{CodeId, Step};
use markwright::line::*;
use markwright::oee::{PeopleCause, StopCause};
use markwright::store::{AlarmAnswer, Decision, LISTED_MAX};
use markwright::telemetry::clock::Micros;
use reqwest::StatusCode;
use reqwest::header::COOKIE;

fn line(from: LineState, to: LineState, why: Option<StopReason>) -> Record {
    Record::Line { from, to, why }
}

#[tokio::test]
async fn the_report_names_the_cause_that_a_person_confirmed_and_the_time_without_the_program() {
    use LineState as S;
    let kit = Kit::with_codes(1).await;
    let id = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let append = async |record| kit.store.append(LINE, Some(id), &[record]).await.unwrap();
    append(line(S::Starting, S::Execute, None)).await;
    append(line(S::Execute, S::Held, Some(StopReason::BinFull))).await;
    append(line(S::Held, S::Execute, None)).await;
    append(line(S::Execute, S::Held, Some(StopReason::AirLow))).await;
    append(line(S::Held, S::Execute, None)).await;
    kit.store.is_alive(Micros::now()).await.unwrap();
    kit.store.came_up(&[LINE], Micros(Micros::now().0 + 1_000)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    append(line(S::Stopped, S::Execute, None)).await;
    let from = Micros(0);
    let spans = kit.store.spans(LINE, (from, Micros::now())).await.unwrap();
    let stop = spans.iter().find(|span| span.why == Some(StopReason::BinFull)).unwrap().id;
    let jam = StopCause::People(PeopleCause::Jam);
    kit.store.say_stop(LINE, stop, (jam, "a box lay across"), "olga").await.unwrap();
    kit.store.end_job(id, true).await.unwrap();
    let batch = kit.store.batch(id).await.unwrap().unwrap();
    let words: Vec<_> = batch.stops.listed.iter().map(markwright::store::Stop::words).collect();
    let wanted = [
        "Not known: the program did not run".to_owned(),
        "Jam cleared: a box lay across (olga)".to_owned(),
        StopReason::AirLow.words().cause,
        "Not known: the program did not run".to_owned(),
        "Not started".to_owned(),
    ];
    assert_eq!(words, wanted);
    assert_eq!(batch.stops.listed[3].state_name(), "NotKnown");
    assert_eq!(batch.stops.all, 5);
    assert_eq!(batch.people, ["olga"]);
}

#[tokio::test]
async fn an_alarm_that_stood_when_the_job_began_is_in_its_report_and_none_is_cut_off_in_silence() {
    let kit = Kit::with_codes(1).await;
    kit.append(&[Record::AlarmRaised(StopReason::AirLow)]).await;
    kit.append(&[Record::AlarmRaised(StopReason::BinFull)]).await;
    kit.append(&[Record::AlarmCleared(StopReason::BinFull)]).await;
    let id = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let batch = async || kit.store.batch(id).await.unwrap().unwrap();
    let alarms = batch().await.alarms;
    assert_eq!(alarms.all, 1, "{alarms:?}");
    assert_eq!(alarms.listed[0].0, StopReason::AirLow.words().sentence());
    sqlx::query(
        "with n (n) as (select 1 union all select n + 1 from n where n < $1) \
         insert into alarm (line, kind, words, raised_at) select 'one', 'x', 'x', $2 from n",
    )
    .bind(i64::try_from(LISTED_MAX).unwrap() + 4)
    .bind(Micros::now().0)
    .execute(&kit.plain)
    .await
    .unwrap();
    let alarms = batch().await.alarms;
    assert_eq!(alarms.listed.len(), LISTED_MAX);
    assert!(alarms.more().unwrap().starts_with("There are 5 more"), "{:?}", alarms.more());
}

#[tokio::test]
async fn everybody_who_had_a_hand_in_a_job_is_named_in_its_report() {
    let kit = Kit::with_codes(6).await;
    let id = kit.store.add_job(&new_job(LINE)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let air = StopReason::AirLow;
    let mut records = vec![Record::AlarmRaised(air)];
    for n in 1..=3_u32 {
        let code = i64::from(n);
        records.extend(store_kit::way_to_verified(n, code));
        records.push(Record::ProductJudged { tag: Tag(n), verdict: Verdict::Good, picture: None });
        records.push(Record::ProductSettled { tag: Tag(n), fate: Fate::Verified });
    }
    records.extend([moved(4, Step::Send), moved(4, Step::Doubt)]);
    records.extend([moved(5, Step::Send), moved(5, Step::Reject)]);
    kit.store.append(LINE, Some(id), &records).await.unwrap();
    kit.store.answer_alarm(LINE, air, &AlarmAnswer::Acknowledge, "alarmed").await.unwrap();
    kit.store.change_printer(LINE, Some("P2"), "printer").await.unwrap();
    kit.store.end_job(id, true).await.unwrap();
    kit.store.take_sample(&story(&kit.store, 1).await, "lab", "taker").await.unwrap();
    kit.store.return_sample(&story(&kit.store, 1).await, "whole", "returner").await.unwrap();
    kit.store.rework(&story(&kit.store, 5).await, "", "reworker").await.unwrap();
    let codes = Some(vec![CodeId(4)]);
    let lost = Decision::WriteOff { codes, reason: "lost".into() };
    kit.store.decide(LINE, &[CodeId(4)], &lost, "decider").await.unwrap();
    let job = kit.store.job(id).await.unwrap().unwrap();
    kit.store.count_bin(&job, 0, true, "counter").await.unwrap();
    let people = kit.store.batch(id).await.unwrap().unwrap().people;
    let wanted = ["alarmed", "printer", "taker", "returner", "reworker", "decider", "counter"];
    assert_eq!(people, wanted);
    let other = kit.store.add_job(&new_job(LINE)).await.unwrap();
    assert_eq!(kit.store.batch(other).await.unwrap().unwrap().people, [""; 0]);
}

#[tokio::test]
async fn pictures_of_rejects_are_in_the_document_and_stay_with_a_closed_job() {
    let house = House::open(LineState::Idle).await;
    house.store.store_codes(POOL, "test", &store_kit::array(4)).await.unwrap();
    let id = made_in(&house.store).await;
    let file = house.folder.path().join("frames/7.png");
    image::GrayImage::from_pixel(800, 600, image::Luma([120])).save(&file).unwrap();
    let cookie = house.sign_in(Role::Operator).await;
    let base = format!("/lines/{LINE}/jobs/{id}");
    let get = async |path: &str| {
        let answer = house.get(&format!("{base}/{path}")).header(COOKIE, &cookie).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.bytes().await.unwrap()
    };
    let images = |pdf: &[u8]| pdf.windows(6).filter(|word| *word == b"/Image").count();
    assert_eq!(
        images(&get("report.pdf").await),
        1,
        "of a job that is open, from the camera's shelf"
    );
    assert!(get("pictures/7.png").await.starts_with(b"\x89PNG"));
    let password = PASSWORD.replace(' ', "+");
    let form = format!("name=manager&password={password}&reason=seen");
    let close = house.post(&format!("{base}/reconcile"), &form).header(COOKIE, &cookie);
    text(close, StatusCode::SEE_OTHER).await;
    std::fs::remove_file(&file).unwrap();
    let small = get("pictures/7.jpg").await;
    assert!(small.starts_with(b"\xff\xd8") && small.len() < 20_000, "{}", small.len());
    assert_eq!(get("pictures/7.png").await, small, "it stands in for the one that is gone");
    assert_eq!(images(&get("report.pdf").await), 1);
    let page = String::from_utf8(get("report").await.to_vec()).unwrap();
    assert!(page.contains(&format!("{base}/pictures/7.jpg")), "{page}");
}
