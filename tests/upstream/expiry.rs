//! Codes that die, and codes that run short: what is told of them.
use super::pull::{POOL, look, settings, start, until_state, want};
use super::station::Station;
use super::{Bench, Tasks, all_there, gtin, until};
use markwright::alarm::State;
use markwright::app::App;
use markwright::code::{ArrayLine, CodeText, ProductGroup};
use markwright::config;
use markwright::line::{Scenario, StopReason};
use markwright::store::{Lot, NewJob, RollJob, WantState};
use markwright::telemetry::clock::Micros;
use serde_json::Value;
use std::ops::Range;

#[tokio::test]
async fn codes_that_have_expired_are_never_printed() {
    let (bench, station, mut tasks) = all_there().await;
    let soon_ms = markwright::telemetry::clock::Micros::now().0 / 1000 + 3_600_000;
    station.world.lock().unwrap().expires_ms = Some(soon_ms);
    let id = want(&bench, 5).await;
    start(&mut tasks, &bench, &station, settings());
    until_state(&bench, id, WantState::Done).await;
    tasks.stop().await;
    let at = look(&bench, id).await.expires_at.unwrap();
    assert_eq!(at.0, soon_ms * 1000);

    let after = |hours: i64| markwright::telemetry::clock::Micros(at.0 + hours * 3_600_000_000);
    let dying = bench.store.dying_before(after(1)).await.unwrap();
    assert_eq!((dying.len(), dying[0].codes), (1, 5));
    assert_eq!(bench.store.expire_codes(after(-1)).await.unwrap(), 0);
    let first = markwright::code::CodeId(0);
    assert_eq!(bench.store.take_stock(POOL, gtin(), first, 10).await.unwrap().len(), 5);
    assert_eq!(bench.store.expire_codes(after(1)).await.unwrap(), 5);
    assert_eq!(bench.store.take_stock(POOL, gtin(), first, 10).await.unwrap().len(), 0);
    assert_eq!(bench.store.stock_of(POOL).await.unwrap().stored, 0);
    assert_eq!(bench.store.expired_codes().await.unwrap(), 5);
    // Not even one that a line has in hand.
    let sent = sqlx::query("update code set state = 'sent' where id = 1").execute(&bench.sql).await;
    assert!(sent.unwrap_err().to_string().contains("expired"));
}

/// Codes from an array, numbered so.
async fn put(bench: &Bench, numbers: Range<usize>) {
    let code = |line: usize| {
        let serial = format!("{line:08}");
        let text = CodeText::new(format!("01{}21{serial}\u{1d}93dGVz", gtin()));
        ArrayLine { line, text, gtin: gtin(), serial, group: ProductGroup::MILK }
    };
    let codes: Vec<_> = numbers.map(code).collect();
    bench.store.store_codes(POOL, "test", &codes).await.unwrap();
}

/// A job without an end runs, and used 20 codes a minute.
async fn use_twenty_a_minute(bench: &Bench) {
    let job = NewJob {
        line: "one".to_owned(),
        scenario: Scenario::Roll,
        pool: POOL.to_owned(),
        gtin: gtin(),
        design: "30x20".to_owned(),
        planned: 0,
        roll: RollJob::default(),
        lot: Lot::default(),
    };
    let id = bench.store.add_job(&job).await.unwrap();
    bench.store.start_job(id).await.unwrap();
    let minute = Micros::now().0 / 60_000_000 - 29;
    sqlx::query(
        "insert into made (line, minute, job_id, what, n) values ('one', ?, ?, 'codes', 600)",
    )
    .bind(minute)
    .bind(id)
    .execute(&bench.sql)
    .await
    .unwrap();
}

/// The alarms of the line that are not normal: state and what is said.
async fn alarms(bench: &Bench) -> Vec<(StopReason, State)> {
    let known = bench.store.alarms("one").await.unwrap();
    known.into_iter().map(|now| (now.alarm.reason, now.alarm.state())).collect()
}

async fn watch(bench: &Bench) {
    bench.store.watch_stock("one", POOL, Micros::now()).await.unwrap();
}

#[tokio::test]
async fn a_stock_that_runs_short_is_an_alarm_with_the_minutes_that_are_left() {
    let bench = Bench::new().await;
    put(&bench, 0..105).await;
    watch(&bench).await;
    assert_eq!(alarms(&bench).await, [], "nobody uses any");
    use_twenty_a_minute(&bench).await;
    // They last five minutes; an order takes ten.
    watch(&bench).await;
    watch(&bench).await;
    let short = StopReason::CodesShort(None);
    assert_eq!(alarms(&bench).await, [(short, State::Unacknowledged)]);
    assert_eq!(bench.number("select count(*) from alarm_step").await, 1, "raised once");
    let told = bench.store.standing_alarms("one").await.unwrap();
    assert!(told[0].words.starts_with("Codes run out in 5 minutes"), "{told:?}");
    let left = bench.store.restore("one").await.unwrap();
    assert_eq!(
        left.known.alarms,
        [],
        "it is none of the line's: a line that starts leaves it alone"
    );

    // 15 minutes would not have raised it, and do not end it either.
    put(&bench, 105..320).await;
    watch(&bench).await;
    assert_eq!(alarms(&bench).await, [(short, State::Unacknowledged)]);
    put(&bench, 320..1_000).await;
    watch(&bench).await;
    assert_eq!(alarms(&bench).await, [(short, State::ReturnedUnacknowledged)]);
}

/// Five codes of the pool that die in two days.
async fn put_dying(bench: &Bench) {
    let (station, mut tasks) = (Station::start().await, Tasks::default());
    let dies_ms = Micros::now().0 / 1000 + 48 * 3_600_000;
    station.world.lock().unwrap().expires_ms = Some(dies_ms);
    let id = want(bench, 5).await;
    start(&mut tasks, bench, &station, settings());
    until_state(bench, id, WantState::Done).await;
    tasks.stop().await;
}

#[tokio::test]
async fn codes_that_die_soon_are_an_alarm_unless_the_line_uses_them_before() {
    let bench = Bench::new().await;
    put_dying(&bench).await;
    watch(&bench).await;
    let dying = StopReason::CodesExpire(None);
    assert_eq!(alarms(&bench).await, [(dying, State::Unacknowledged)]);
    let told = bench.store.standing_alarms("one").await.unwrap();
    assert!(told[0].words.starts_with("Codes of the stock die in 47 hours"), "{told:?}");
    put(&bench, 0..1_000).await;
    use_twenty_a_minute(&bench).await;
    watch(&bench).await;
    assert_eq!(alarms(&bench).await, [(dying, State::ReturnedUnacknowledged)]);
}

#[tokio::test]
async fn a_daemon_raises_the_alarms_of_the_stock_once_and_shows_what_is_left_now() {
    let bench = Bench::new().await;
    put_dying(&bench).await;
    let file = bench.dir.path().join("markwright.toml");
    let text = format!(
        "data_dir = \"{}\"\n[web]\nlisten = \"127.0.0.1:0\"\n\
         [[line]]\nname = \"one\"\nscenario = \"roll\"\ndesign = \"30x20\"\n\
         printer = {{ profile = \"desk-zpl-203\", address = \"127.0.0.1:9\" }}\n\
         [line.goods]\ngtin = \"{}\"\ngroup = \"milk\"\nname = \"Milk\"\nhs_code = \"0401\"\n",
        bench.dir.path().display(),
        gtin()
    );
    std::fs::write(&file, text).unwrap();
    for start in 0..2 {
        let app = App::start(config::load(&file).unwrap()).await.unwrap();
        let dying = (StopReason::CodesExpire(None), State::Unacknowledged);
        until("the alarm", async || alarms(&bench).await.contains(&dying)).await;
        let url = format!("http://{}/api/lines/one/alarms", app.web_addr);
        let said: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let mut cards = said["board"]["top"].as_array().unwrap().iter();
        let card = cards.find(|card| card["kind"] == "codes_expire").unwrap();
        assert_eq!(card["active"], true);
        assert_eq!(card["cause"], "Codes of the stock die in 47 hours", "start {start}");
        assert_eq!(card["priority"], "low");
        app.stop().await;
    }
    let raised = "select count(*) from alarm_step where kind = 'codes_expire'";
    assert_eq!(bench.number(raised).await, 1);
}
