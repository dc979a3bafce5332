//! Alarms and the time of a line, from the records to the pages: what is remembered, what people
//! answer, and that it changes nothing about the line.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
mod orders_walk;
mod store_kit;
mod web_house;

use markwright::access::Role;
use markwright::alarm::State;
use markwright::code::Step;
use markwright::config::load;
use markwright::line::{
    Cause, Fate, LineState, PictureId, Record, RejectReason, StopReason, Tag, Verdict,
};
use markwright::oee::{StopCause, Window, account};
use markwright::store::{AlarmAnswer, AlarmNow, Store, StoreError};
use markwright::telemetry::clock::Micros;
use markwright::web::WebSettings;
use orders_walk::Browser;
use reqwest::StatusCode;
use reqwest::header::COOKIE;
use serde_json::Value;
use std::time::Duration;
use store_kit::{Kit, LINE, POOL, moved, way_to_verified};
use web_house::{House, text, view};

const RIBBON: StopReason = StopReason::Printer(Cause::OutOfRibbon);
const PASSED: StopReason = StopReason::BadProductPassed;

fn came(reason: StopReason) -> Record {
    Record::AlarmRaised(reason)
}

fn went(reason: StopReason) -> Record {
    Record::AlarmCleared(reason)
}

fn line(from: LineState, to: LineState, why: Option<StopReason>) -> Record {
    Record::Line { from, to, why }
}

async fn of(store: &Store, reason: StopReason) -> AlarmNow {
    let alarms = store.alarms(LINE).await.unwrap();
    alarms.into_iter().find(|now| now.alarm.reason == reason).unwrap()
}

async fn state(store: &Store, reason: StopReason) -> State {
    let alarms = store.alarms(LINE).await.unwrap();
    let found = alarms.iter().find(|now| now.alarm.reason == reason);
    found.map_or(State::Normal, |now| now.alarm.state())
}

#[tokio::test]
async fn an_alarm_is_kept_with_every_step_and_who_took_it() {
    let kit = Kit::new().await;
    kit.append(&[came(PASSED)]).await;
    let store = &kit.store;
    store.answer_alarm(LINE, PASSED, &AlarmAnswer::Acknowledge, "anna").await.unwrap();
    let problem = store.answer_alarm(LINE, PASSED, &AlarmAnswer::Reset, "anna").await.unwrap_err();
    let StoreError::Refused { why, .. } = problem else { panic!("{problem:?}") };
    assert!(why.contains("its cause still stands"), "{why}");
    kit.append(&[went(PASSED)]).await;
    assert_eq!(state(store, PASSED).await, State::LatchedAcknowledged);
    // A restart of the program forgets nothing.
    let again = Store::open(&kit.dir.path().join("line.db")).await.unwrap();
    assert_eq!(state(&again, PASSED).await, State::LatchedAcknowledged);
    again.answer_alarm(LINE, PASSED, &AlarmAnswer::Reset, "boris").await.unwrap();
    assert_eq!(state(&again, PASSED).await, State::Normal);
    let steps = again.alarm_steps(LINE, None, 10).await.unwrap();
    let told: Vec<_> = steps.iter().map(|s| (s.step.as_str(), s.person.as_str())).collect();
    assert_eq!(told, [("reset", "boris"), ("clear", ""), ("acknowledge", "anna"), ("raise", "")]);
    let notes = again.notes(5).await.unwrap();
    assert_eq!(
        (notes[0].person.as_str(), notes[0].what.as_str()),
        ("boris", "answered an alarm: reset")
    );
    for sql in ["delete from alarm_step", "update alarm_step set person = 'nobody'"] {
        assert!(sqlx::query(sql).execute(&kit.plain).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn the_words_of_states_in_the_store_are_those_of_the_machine() {
    let kit = Kit::new().await;
    let sql: String =
        sqlx::query_scalar("select sql from sqlite_schema where name = 'alarm_state'")
            .fetch_one(&kit.plain)
            .await
            .unwrap();
    let list = sql.split_once("check (state in (").unwrap().1.split_once("))").unwrap().0;
    let words: Vec<_> = list.split(',').map(|word| word.trim().trim_matches('\'')).collect();
    assert_eq!(words, State::ALL.map(State::word));
}

#[tokio::test]
async fn shelving_ends_by_itself_and_out_of_service_does_not() {
    let kit = Kit::new().await;
    let store = &kit.store;
    kit.append(&[came(RIBBON), came(StopReason::BinFull)]).await;
    let shelve = AlarmAnswer::Shelve(Duration::from_mins(15));
    store.answer_alarm(LINE, RIBBON, &shelve, "anna").await.unwrap();
    let out = AlarmAnswer::TakeOut("the eye is broken".to_owned());
    store.answer_alarm(LINE, StopReason::BinFull, &out, "boris").await.unwrap();
    let shelved = of(store, RIBBON).await;
    assert_eq!((shelved.person.as_str(), shelved.alarm.state()), ("anna", State::Shelved));
    let until = shelved.alarm.since.until.unwrap();
    assert_eq!(store.end_shelving(Micros(until.0 - 1)).await.unwrap(), 0);
    assert_eq!(store.end_shelving(until).await.unwrap(), 1);
    assert_eq!(state(store, RIBBON).await, State::Unacknowledged);
    assert_eq!(store.end_shelving(Micros(i64::MAX)).await.unwrap(), 0);
    let out = of(store, StopReason::BinFull).await;
    assert_eq!((out.alarm.state(), out.note.as_str()), (State::OutOfService, "the eye is broken"));
}

#[tokio::test]
async fn the_cause_of_the_stop_is_the_first_of_a_burst_and_only_it() {
    let kit = Kit::new().await;
    let hold = line(LineState::Execute, LineState::Holding, Some(RIBBON));
    // What stands is told in the order of the line's own table, not of time.
    kit.append(&[hold, came(StopReason::NoCodes), came(RIBBON)]).await;
    kit.append(&[came(StopReason::BinFull), came(StopReason::QualityFalls)]).await;
    let first: Vec<_> = kit.store.alarms(LINE).await.unwrap();
    let first: Vec<_> =
        first.iter().filter(|now| now.alarm.first_out).map(|now| now.alarm.reason).collect();
    assert_eq!(first, [RIBBON]);
    assert_eq!(kit.number("select count(*) from alarm where first_out = 1").await, 1);
}

#[tokio::test]
async fn a_cause_that_rattles_is_one_alarm_and_nothing_of_it_is_lost() {
    let kit = Kit::new().await;
    for _ in 0..20 {
        kit.append(&[came(StopReason::GuardOpen)]).await;
        kit.append(&[went(StopReason::GuardOpen)]).await;
    }
    assert_eq!(of(&kit.store, StopReason::GuardOpen).await.alarm.repeats, 19);
    assert_eq!(kit.number("select count(*) from alarm").await, 1);
    assert_eq!(kit.number("select count(*) from alarm_step").await, 40);
    assert!(!kit.store.alarm_flood(LINE, Micros::now()).await.unwrap().is_flood);
    assert_eq!(kit.number("select count(*) from alarm where cleared_at is null").await, 0);
}

#[tokio::test]
async fn eleven_alarms_are_a_flood_and_those_put_aside_are_not_counted() {
    let kit = Kit::new().await;
    let out = AlarmAnswer::TakeOut("x".to_owned());
    kit.store.answer_alarm(LINE, StopReason::AirLow, &out, "boris").await.unwrap();
    kit.append(&[came(StopReason::AirLow)]).await;
    let causes: Vec<_> = Cause::ALL.map(|cause| came(StopReason::Camera(cause))).into();
    kit.append(&causes[..10]).await;
    assert!(!kit.store.alarm_flood(LINE, Micros::now()).await.unwrap().is_flood);
    kit.append(&causes[10..11]).await;
    let flood = kit.store.alarm_flood(LINE, Micros::now()).await.unwrap();
    assert_eq!((flood.count, flood.is_flood), (11, true));
}

#[tokio::test]
async fn an_emergency_stop_brings_low_air_about() {
    let kit = Kit::new().await;
    kit.append(&[came(StopReason::EmergencyStop)]).await;
    kit.append(&[came(StopReason::AirLow)]).await;
    assert_eq!(state(&kit.store, StopReason::AirLow).await, State::SuppressedByDesign);
    kit.append(&[went(StopReason::EmergencyStop)]).await;
    assert_eq!(state(&kit.store, StopReason::AirLow).await, State::Unacknowledged);
}

#[tokio::test]
async fn time_in_states_survives_a_kill_and_the_time_between_is_not_known() {
    let kit = Kit::new().await;
    let store = &kit.store;
    let start = Micros::now();
    store.came_up(&[LINE], Micros(start.0 - 60_000_000)).await.unwrap();
    kit.append(&[line(LineState::Starting, LineState::Execute, None)]).await;
    let alive = Micros(Micros::now().0 + 10_000_000);
    store.is_alive(alive).await.unwrap();
    // Killed; started again half a minute after the last sign of life.
    let up = Micros(alive.0 + 30_000_000);
    store.came_up(&[LINE], up).await.unwrap();
    let window = Window { name: String::new(), from: start, to: Micros(up.0 + 5_000_000) };
    let spans = store.spans(LINE, (window.from, window.to)).await.unwrap();
    let account = account(&spans, std::slice::from_ref(&window), window.to);
    assert_eq!(account.planned, account.run + account.stopped());
    let told: Vec<_> = account.stops.iter().map(|s| (s.proposed, s.planned)).collect();
    assert_eq!(
        told[told.len() - 2..],
        [(StopCause::NotKnown, 30_000_000), (StopCause::NotStarted, 5_000_000),]
    );
    assert!((10_000_000..20_000_000).contains(&account.run), "{}", account.run);
}

/// Products and labels counted one by one, beside the counts by the minute.
async fn assert_counted(kit: &Kit, wanted: (u64, u64, u64)) {
    let now = Micros::now();
    let counts = kit.store.made(LINE, (Micros(0), now), None).await.unwrap();
    assert_eq!((counts.processed(), counts.good, counts.defective()), wanted);
    assert_eq!(counts.processed(), counts.good + counts.defective() + counts.open());
    assert_eq!(kit.number("select count(*) from made where n < 0").await, 0);
}

#[tokio::test]
async fn processed_is_good_and_defective_and_open_whoever_changes_a_fate() {
    let kit = Kit::with_codes(9).await;
    let settled = |tag, fate| Record::ProductSettled { tag: Tag(tag), fate };
    kit.append(&way_to_verified(1, 1)).await;
    kit.append(&[settled(1, Fate::Verified)]).await;
    let bad = Verdict::Bad(RejectReason::NoRead);
    let judged = Record::ProductJudged { tag: Tag(2), verdict: bad, picture: Some(PictureId(1)) };
    kit.append(&[Record::ProductSeen { tag: Tag(2) }, judged]).await;
    kit.append(&[settled(2, Fate::Rejected)]).await;
    kit.append(&[Record::ProductSeen { tag: Tag(3) }, settled(3, Fate::Unaccounted)]).await;
    kit.append(&[Record::ProductSeen { tag: Tag(4) }]).await;
    assert_counted(&kit, (4, 1, 2)).await;
    let counts = kit.store.made(LINE, (Micros(0), Micros::now()), None).await.unwrap();
    assert_eq!((counts.codes, counts.labels, counts.open()), (1, 1, 1));
    assert_eq!(counts.rejected.get("no_read"), Some(&1));
    // A sample is taken from the good side later.
    sqlx::query("update product set fate = 'sampled' where tag = 1")
        .execute(&kit.plain)
        .await
        .unwrap();
    assert_counted(&kit, (4, 0, 3)).await;
}

#[tokio::test]
async fn labels_of_a_roll_are_its_products() {
    let kit = Kit::with_codes(9).await;
    sqlx::query(
        "insert into job (id, line, scenario, pool, gtin, design, state, made_at, started_at) \
         values (5, 'one', 'roll', $1, '04810093011694', 'd', 'running', 1, 1)",
    )
    .bind(POOL)
    .execute(&kit.plain)
    .await
    .unwrap();
    let on_roll = |code: i64, to_read| Record::OnRoll {
        code: markwright::code::CodeId(code),
        piece: 1,
        place: u32::try_from(code).unwrap(),
        to_read,
    };
    let read = |code: i64, verdict| Record::LabelRead {
        code: markwright::code::CodeId(code),
        verdict,
        picture: None,
    };
    for code in 1..=5 {
        let records = [moved(code, Step::Send), on_roll(code, code > 2), moved(code, Step::Print)];
        kit.store.append(LINE, Some(5), &records).await.unwrap();
    }
    assert_counted(&kit, (5, 2, 0)).await;
    let bad = Verdict::Bad(RejectReason::NoRead);
    kit.store
        .append(LINE, Some(5), &[read(3, Verdict::Good), read(4, bad), moved(4, Step::Reject)])
        .await
        .unwrap();
    assert_counted(&kit, (5, 3, 1)).await;
    kit.store.append(LINE, Some(5), &[moved(1, Step::Doubt), moved(5, Step::Doubt)]).await.unwrap();
    assert_counted(&kit, (5, 2, 3)).await;
    let of_job = kit.store.made(LINE, (Micros(0), Micros::now()), Some(5)).await.unwrap();
    assert_eq!((of_job.seen, of_job.unaccounted), (5, 2));
}

#[test]
fn shifts_are_read_for_all_lines_and_for_one_and_wrong_ones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let line = "[[line]]\nname = \"a\"\nscenario = \"print_apply\"\n\
                printer = { profile = \"generic-zpl-300\", address = \"p:9100\" }\n\
                plc = { address = \"p:502\" }\ncamera = { url = \"http://c/s\" }\n";
    let read = |text: &str| {
        let file = folder.path().join("x.toml");
        std::fs::write(&file, text).unwrap();
        load(&file).map_err(|error| error.to_string())
    };
    let shift = |name, from, to| {
        format!("[[shifts.shift]]\nname = \"{name}\"\nfrom = \"{from}\"\nto = \"{to}\"\n")
    };
    let early = shift("early", "06:00", "14:00");
    let own = line.replace("\"a\"", "\"b\"")
        + "design_per_minute = 90\nmicro_stop = \"30s\"\nshifts = { utc_offset = \"-01:00\" }\n";
    let right = format!("[shifts]\nutc_offset = \"+03:00\"\n{early}{line}{own}");
    let lines = read(&right).unwrap().lines;
    assert_eq!(lines[0].plan.shifts.ahead_minutes, 180);
    assert_eq!((lines[0].plan.shifts.list.len(), lines[0].plan.design_per_minute), (1, None));
    assert_eq!(
        (lines[1].plan.shifts.ahead_minutes, lines[1].plan.design_per_minute),
        (-60, Some(90.0))
    );
    for (text, wanted) in [
        (early.clone() + &shift("late", "13:59", "22:00"), "which overlap"),
        (
            early.clone() + &early.replace("06", "15").replace("14", "16"),
            "two shifts called \"early\"",
        ),
        (early.replace("06:00", "6"), "shifts.shift[0].from: found \"6\", wanted a time such as"),
        ("[shifts]\nutc_offset = \"Minsk\"\n".to_owned(), "shifts.utc_offset: found \"Minsk\""),
        (early.clone() + "days = [\"monday\"]\n", "shifts.shift[0].days: found [\"monday\"]"),
    ] {
        let told = read(&(text + line)).unwrap_err();
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
}

async fn json(house: &House, path: &str) -> Value {
    serde_json::from_str(&house.page(path).await).unwrap()
}

#[tokio::test]
async fn people_answer_alarms_as_far_as_they_may_and_the_line_hears_nothing_of_it() {
    let mut house = House::open(LineState::Held).await;
    house.store.append(LINE, None, &[came(RIBBON), came(StopReason::BinFull)]).await.unwrap();
    let path = "/lines/one/alarms";
    let page = house.page(path).await;
    assert!(
        page.contains("2 alarms")
            && page.contains("Load a new ribbon.")
            && !page.contains("Acknowledge")
    );
    let ask = async |cookie: &str, form: &str| {
        house.post(path, form).header(COOKIE, cookie).send().await.unwrap()
    };
    let operator = house.sign_in(Role::Operator).await;
    let manager = house.sign_in(Role::Manager).await;
    let customer = house.sign_in(Role::Customer).await;
    let shelve = "do=shelve&kind=printer.out_of_ribbon&minutes=15";
    assert_eq!(ask(&customer, shelve).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ask(&operator, shelve).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(ask(&operator, shelve).await.status(), StatusCode::CONFLICT);
    let long = "do=shelve&kind=bin_full&minutes=9999";
    assert_eq!(ask(&operator, long).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let out = "do=take_out&kind=bin_full&reason=eye+broken";
    assert_eq!(ask(&operator, out).await.status(), StatusCode::FORBIDDEN);
    let silent = "do=take_out&kind=bin_full&reason=+";
    assert_eq!(ask(&manager, silent).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&manager, out).await.status(), StatusCode::SEE_OTHER);
    let told = json(&house, "/api/lines/one/alarms").await;
    assert_eq!(told["board"]["top"].as_array().unwrap().len(), 0);
    assert_eq!(told["board"]["aside"].as_array().unwrap().len(), 2);
    assert_eq!(told["steps"][0]["person"], "manager");
    assert_eq!(
        ask(&operator, "do=unshelve&kind=printer.out_of_ribbon").await.status(),
        StatusCode::SEE_OTHER
    );
    assert_eq!(ask(&operator, "do=acknowledge_all").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(state(&house.store, RIBBON).await, State::Acknowledged);
    assert_eq!(state(&house.store, StopReason::BinFull).await, State::OutOfService);
    assert!(house.requests.try_recv().is_err(), "the line was told something");
}

/// A day in a minute: the spans and products are written now and dated back.
async fn a_day(house: &House) {
    let store = &house.store;
    store.came_up(&[LINE], Micros::now()).await.unwrap();
    let url = format!("sqlite://{}", house.folder.path().join("house.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let now = Micros::now().0;
    let states = [
        ("Execute", None, 80),
        ("Held", Some("printer.out_of_ribbon"), 9),
        ("Execute", None, 60),
        ("Suspended", Some("blocked"), 1),
        ("Execute", None, 50),
        ("Aborted", Some("guard_open"), 4),
        ("Execute", None, 30),
        ("NotKnown", None, 6),
        ("Stopped", None, 5),
        ("Execute", None, 70),
    ];
    let mut at = now - states.iter().map(|state| state.2 * 60_000_000).sum::<i64>();
    sqlx::query("delete from line_span").execute(&pool).await.unwrap();
    for (n, (state, why, minutes)) in states.into_iter().enumerate() {
        let to = at + minutes * 60_000_000;
        sqlx::query("insert into line_span (line, state, why, from_at, to_at) values ('one', $1, $2, $3, $4)")
            .bind(state).bind(why).bind(at).bind((n + 1 < states.len()).then_some(to))
            .execute(&pool).await.unwrap();
        at = to;
    }
    for (what, n) in [
        ("seen", 15_040_i64),
        ("verified", 14_800),
        ("rejected.no_read", 180),
        ("rejected.low_grade", 44),
        ("unaccounted", 4),
        ("codes", 15_100),
        ("labels", 15_060),
    ] {
        sqlx::query(
            "insert into made (line, minute, job_id, what, n) values ('one', $1, 0, $2, $3)",
        )
        .bind(now / 60_000_000)
        .bind(what)
        .bind(n)
        .execute(&pool)
        .await
        .unwrap();
    }
    pool.close().await;
}

#[tokio::test]
async fn a_stop_is_proposed_confirmed_and_weighed() {
    let house = House::open(LineState::Execute).await;
    a_day(&house).await;
    let told = json(&house, "/api/lines/one/oee").await;
    let n = |key: &str| told[key].as_f64().unwrap();
    assert!(
        (n("planned_seconds") - n("run_seconds") - n("stopped_seconds")).abs() < 1e-3,
        "{told}"
    );
    assert!((n("oee") - n("availability") * n("performance") * n("quality")).abs() < 1e-9);
    let counts = &told["counts"];
    let sum =
        ["good", "defective", "open"].map(|key| counts[key].as_u64().unwrap()).iter().sum::<u64>();
    assert_eq!(counts["processed"], sum);
    assert_eq!(counts["open"], 12);
    let stops = told["stops"].as_array().unwrap();
    let Some(ribbon) = stops.iter().find(|stop| stop["proposed"] == "printer.out_of_ribbon") else {
        // The day began a short time ago: the stop was yesterday.
        return;
    };
    let say = async |form: String, cookie: &str| {
        house
            .post("/lines/one/oee/stops", &form)
            .header(COOKIE, cookie)
            .send()
            .await
            .unwrap()
            .status()
    };
    let operator = house.sign_in(Role::Operator).await;
    let customer = house.sign_in(Role::Customer).await;
    let form = format!("stop={}&cause=material&note=new+ribbon", ribbon["stop"]);
    assert_eq!(say(form.clone(), &customer).await, StatusCode::FORBIDDEN);
    assert_eq!(
        say(form.replace("material", "magic"), &operator).await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(say("stop=999&cause=material".to_owned(), &operator).await, StatusCode::CONFLICT);
    assert_eq!(say(form, &operator).await, StatusCode::SEE_OTHER);
    let told = json(&house, "/api/lines/one/oee").await;
    let bars: Vec<_> =
        told["pareto"].as_array().unwrap().iter().map(|bar| bar["cause"].clone()).collect();
    assert!(
        bars.contains(&"material".into()) && !bars.contains(&"printer.out_of_ribbon".into()),
        "{bars:?}"
    );
    let unknown = text(house.get("/api/lines/two/oee"), StatusCode::NOT_FOUND).await;
    assert!(unknown.contains("no line of this name"), "{unknown}");
}

#[tokio::test]
async fn three_seconds_tell_what_stands_and_where_the_time_went() {
    let mut shown = view(LineState::Held);
    shown.why = Some(RIBBON);
    shown.alarms = vec![RIBBON, StopReason::BinFull, StopReason::AirLow];
    let house = House::with(&["one"], shown, WebSettings::default()).await;
    a_day(&house).await;
    let hold = line(LineState::Execute, LineState::Holding, Some(RIBBON));
    house.store.append(LINE, None, &[hold, came(RIBBON), came(StopReason::BinFull)]).await.unwrap();
    house.store.append(LINE, None, &[came(PASSED), came(StopReason::AirLow)]).await.unwrap();
    let shelve = AlarmAnswer::Shelve(Duration::from_mins(15));
    house.store.answer_alarm(LINE, StopReason::AirLow, &shelve, "anna").await.unwrap();
    look(&house, "alarms", "3 alarms").await;
    let browser = Browser::open(&house.url, 1280, 800).await;
    browser.go("/lines/one").await;
    browser.see("#trouble", "Also: The reject bin is full").await;
    let gone = "return !document.getElementById('trouble').innerText.includes('Air pressure')";
    browser.holds("what is shelved is not told", gone).await;
    browser.see("#job", "3 not acknowledged").await;
    browser.shoot("standing_line.png").await;
    browser.close().await;
    look(&house, "oee?over=day", "OEE").await;
    let causes = Cause::ALL.map(|cause| came(StopReason::Camera(cause)));
    house.store.append(LINE, None, &causes).await.unwrap();
    look(&house, "alarms", "Flood").await;
}

async fn look(house: &House, page: &str, words: &str) {
    for (window, width, height) in [("desk", 1280, 800), ("phone", 390, 844)] {
        let browser = Browser::open(&house.url, width, height).await;
        let person =
            orders_walk::SignIn { name: "manager".into(), password: web_house::PASSWORD.into() };
        browser.sign_in(&person).await;
        browser.go(&format!("/lines/one/{page}")).await;
        browser.see("h1", words).await;
        browser.fits().await;
        let name: String = words.chars().filter(char::is_ascii_alphanumeric).collect();
        browser.shoot(&format!("standing_{name}_{window}.png")).await;
        browser.close().await;
    }
}
