//! What is remembered of rolls: where every label lies, what was read, and the passport of it all;
//! and what a person decides about codes in doubt.
use crate::store_kit::{Kit, LINE, POOL, array, gtin, moved};
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::{
    Cause, Line, LineSettings, OnceByHand, Order, PictureId, Record, RejectReason, RejectShare,
    Scenario, StopReason, Verdict,
};
use markwright::store::{Decision, NewJob, RollJob, Store, StoreError};
use sha2::{Digest, Sha256};

fn on_roll(code: i64, piece: u32, place: u32, to_read: bool) -> Record {
    Record::OnRoll { code: CodeId(code), piece, place, to_read }
}

fn read(code: i64, verdict: Verdict) -> Record {
    Record::LabelRead { code: CodeId(code), verdict, picture: Some(PictureId(9)) }
}

async fn job(kit: &Kit, pool: &str) -> i64 {
    let roll = RollJob { spare_percent: 5, pause_after: Some(2_000), leader: true, trailer: true };
    let wanted = NewJob {
        line: LINE.into(),
        scenario: Scenario::Roll,
        pool: pool.into(),
        gtin: gtin(),
        design: "dairy".into(),
        planned: 4,
        roll,
        lot: markwright::store::Lot::default(),
    };
    let id = kit.store.add_job(&wanted).await.unwrap();
    assert_eq!(kit.store.job(id).await.unwrap().unwrap().wanted, wanted);
    kit.store.start_job(id).await.unwrap();
    id
}

/// Codes 1 to 6 on two pieces, read by a camera: 1 and 2 good, 3 bad, 4 lost with the printer, 5
/// good, 6 printed and not yet read.
async fn made(kit: &Kit) -> i64 {
    let job = job(kit, POOL).await;
    let places = [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 1, 4), (5, 2, 1), (6, 2, 2)];
    for (code, piece, place) in places {
        let sent = [moved(code, Step::Send), on_roll(code, piece, place, true)];
        kit.store.append(LINE, Some(job), &sent).await.unwrap();
    }
    let bad = Verdict::Bad(RejectReason::NoRead);
    let printed = [1, 2, 5, 6].map(|code| moved(code, Step::Print));
    kit.store.append(LINE, Some(job), &printed).await.unwrap();
    let rest = [
        read(1, Verdict::Good),
        read(2, Verdict::Good),
        moved(3, Step::Reject),
        read(3, bad),
        moved(4, Step::Doubt),
        read(5, Verdict::Good),
    ];
    kit.store.append(LINE, Some(job), &rest).await.unwrap();
    job
}

#[tokio::test]
async fn with_a_camera_a_job_counts_labels_that_were_read_good() {
    let kit = Kit::with_codes(8).await;
    let job = made(&kit).await;
    assert_eq!(kit.store.job(job).await.unwrap().unwrap().done, 3);
    let copy = Verdict::Bad(RejectReason::Duplicate);
    kit.store.append(LINE, Some(job), &[moved(1, Step::Doubt), read(1, copy)]).await.unwrap();
    assert_eq!(kit.store.job(job).await.unwrap().unwrap().done, 2);
}

#[tokio::test]
async fn a_label_that_was_read_is_not_under_way_and_one_that_was_not_is() {
    let kit = Kit::with_codes(8).await;
    made(&kit).await;
    let known = kit.store.restore(LINE).await.unwrap().known;
    let ids: Vec<_> = known.under_way.iter().map(|(code, state)| (code.id.0, *state)).collect();
    assert_eq!(ids, [(4, CodeState::Doubtful), (6, CodeState::Printed)]);
    assert_eq!(known.pieces, 2);
}

#[tokio::test]
async fn a_label_lies_on_one_roll_only() {
    let kit = Kit::with_codes(2).await;
    let job = job(&kit, POOL).await;
    let sent = [moved(1, Step::Send), on_roll(1, 1, 1, false)];
    kit.store.append(LINE, Some(job), &sent).await.unwrap();
    assert!(kit.store.append(LINE, Some(job), &[on_roll(1, 1, 2, false)]).await.is_err());
    let unknown = kit.store.append(LINE, Some(job), &[read(2, Verdict::Good)]).await;
    assert!(matches!(unknown, Err(StoreError::Refused { .. })), "{unknown:?}");
}

#[tokio::test]
async fn the_passport_says_what_lies_where_and_its_sums_close() {
    let kit = Kit::with_codes(8).await;
    let job = made(&kit).await;
    kit.store.note("olga", "asked a line", &format!("{LINE}: Start")).await.unwrap();
    kit.store.note("oleg", "asked a line", "another: Start").await.unwrap();
    kit.store.note_printer(job, "zt411-203", Some("99J1234")).await.unwrap();
    let sheet = kit.store.passport(job).await.unwrap().unwrap();
    assert!(sheet.sums_close());
    let fates = (sheet.fates.good, sheet.fates.void, sheet.fates.doubtful, sheet.fates.under_way);
    assert_eq!((fates, sheet.handed_over), ((3, 1, 1, 1), 6));
    let ends = |at: usize| (sheet.pieces[at].first.as_str(), sheet.pieces[at].last.as_str());
    assert_eq!((ends(0), ends(1)), (("00000001", "00000002"), ("00000005", "00000005")));
    let void = &sheet.voids[0];
    let words = (void.serial.as_str(), void.piece, void.place, void.known.as_str());
    assert_eq!(words, ("00000003", 1, 3, "symbol not readable"));
    assert_eq!(sheet.doubtful[0].known, "handed to the printer; nobody knows whether it came out");
    assert_eq!((sheet.people.as_slice(), sheet.not_graded()), (["olga".to_owned()].as_slice(), 3));
    assert_eq!(sheet.job.printer_id.as_deref(), Some("99J1234"));
    let list = [1, 2, 5].map(|n| array(8)[n - 1].text.as_str().to_owned() + "\n").concat();
    assert_eq!(sheet.good_sha256, format!("{:x}", Sha256::digest(list)));
}

#[tokio::test]
async fn a_graded_label_stands_in_the_histogram() {
    let kit = Kit::with_codes(8).await;
    let job = made(&kit).await;
    for sql in ["update roll_label set grade = 'A' where code_id in (1, 2)"] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    let sheet = kit.store.passport(job).await.unwrap().unwrap();
    assert_eq!((sheet.grades["A"], sheet.not_graded()), (2, 1));
    let sql = "update roll_label set grade = 'Z' where code_id = 1";
    assert!(sqlx::query(sql).execute(&kit.plain).await.is_err());
}

#[tokio::test]
async fn a_person_writes_off_codes_in_doubt_and_it_is_written_down_who() {
    let kit = Kit::with_codes(8).await;
    made(&kit).await;
    let (doubts, all) = kit.store.doubts(LINE, CodeId(0), 10).await.unwrap();
    assert_eq!((doubts[0].code, all), (CodeId(4), 1));
    assert_eq!(doubts[0].on_roll.map(|(_, piece, place)| (piece, place)), Some((1, 4)));
    let decision = Decision::WriteOff { codes: None, reason: "cut off the roll".into() };
    let codes = kit.store.codes_of(LINE, &decision).await.unwrap();
    assert_eq!(kit.store.decide(LINE, &codes, &decision, "maria").await.unwrap(), 1);
    assert_eq!(kit.state(4).await, ("scrapped".to_owned(), true));
    let notes = kit.store.notes(1).await.unwrap();
    assert_eq!(notes[0].person, "maria");
    assert_eq!(notes[0].detail, "00000004: written off: cut off the roll");
    assert_eq!(kit.store.decide(LINE, &codes, &decision, "maria").await.unwrap(), 0, "once");
}

#[tokio::test]
async fn a_person_reads_a_code_in_doubt_and_no_other() {
    let kit = Kit::with_codes(8).await;
    made(&kit).await;
    let scan = |n: usize| Decision::Read { scan: array(8)[n - 1].text.as_str().to_owned() };
    let codes = kit.store.codes_of(LINE, &scan(4)).await.unwrap();
    assert_eq!(kit.store.decide(LINE, &codes, &scan(4), "maria").await.unwrap(), 1);
    assert_eq!(kit.state(4).await, ("verified".to_owned(), true));
    let sheet = kit.store.passport(1).await.unwrap().unwrap();
    assert_eq!((sheet.fates.good, sheet.fates.doubtful), (4, 0));
    assert!(sheet.sums_close());
    for other in [1, 7] {
        let refused = kit.store.codes_of(LINE, &scan(other)).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn alarms_that_stood_when_the_process_died_are_cleared_at_the_restart() {
    let kit = Kit::new().await;
    let silent = StopReason::Printer(Cause::Silent);
    kit.append(&[Record::AlarmRaised(silent), Record::AlarmRaised(StopReason::BinFull)]).await;
    let known = kit.store.restore(LINE).await.unwrap().known;
    assert_eq!(known.alarms, [silent, StopReason::BinFull]);
    let (_, opening) = Line::restore(settings(), Order::default(), known);
    kit.append(&opening.records).await;
    assert!(kit.store.standing_alarms(LINE).await.unwrap().is_empty());
}

/// Codes 1 to 6 on a roll that no camera looks at: 1 to 5 came out, the job is not done.
async fn came_out(kit: &Kit) -> i64 {
    let job = job(kit, POOL).await;
    for code in 1..=6 {
        let place = u32::try_from(code).unwrap();
        let sent = [moved(code, Step::Send), on_roll(code, 1, place, false)];
        kit.store.append(LINE, Some(job), &sent).await.unwrap();
    }
    let printed = [1, 2, 3, 4, 5].map(|code| moved(code, Step::Print));
    kit.store.append(LINE, Some(job), &printed).await.unwrap();
    job
}

/// The daemon begins again: gives which codes are in doubt then, and how many labels count.
async fn begins_again(kit: &Kit, job: i64, labels_per_row: usize) -> (Vec<i64>, u64) {
    let left = kit.store.restore(LINE).await.unwrap();
    let done = left.job.unwrap().done;
    let order = Order { planned: 6, done, job };
    let mut settings = settings();
    settings.roll.labels_per_row = labels_per_row;
    let (_, opening) = Line::restore(settings, order, left.known);
    kit.store.append(LINE, Some(job), &opening.records).await.unwrap();
    let doubtful = kit.store.restore(LINE).await.unwrap().known.under_way;
    let done = kit.store.job(job).await.unwrap().unwrap().done;
    (doubtful.into_iter().map(|(code, _)| code.id.0).collect(), done)
}

#[tokio::test]
async fn however_often_the_daemon_begins_again_one_row_that_came_out_is_taken_back() {
    for (labels_per_row, doubtful, done) in [(1, vec![5, 6], 4), (2, vec![5, 6], 4)] {
        let kit = Kit::with_codes(8).await;
        let job = came_out(&kit).await;
        for _ in 0..4 {
            assert_eq!(begins_again(&kit, job, labels_per_row).await, (doubtful.clone(), done));
        }
    }
}

#[tokio::test]
async fn a_row_that_came_out_after_a_restart_is_taken_back_at_the_next_one() {
    let kit = Kit::with_codes(8).await;
    let job = came_out(&kit).await;
    assert_eq!(begins_again(&kit, job, 2).await, (vec![5, 6], 4));
    let row = [7, 8].map(|code| {
        let place = u32::try_from(code - 6).unwrap();
        [moved(code, Step::Send), on_roll(code, 2, place, false), moved(code, Step::Print)]
    });
    kit.store.append(LINE, Some(job), &row.concat()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(begins_again(&kit, job, 2).await, (vec![5, 6, 7, 8], 4));
    }
}

#[tokio::test]
async fn a_row_that_a_person_has_decided_about_is_not_taken_back_and_none_before_it() {
    let kit = Kit::with_codes(8).await;
    let job = came_out(&kit).await;
    assert_eq!(begins_again(&kit, job, 1).await, (vec![5, 6], 4));
    for code in [5, 6] {
        let scan = Decision::Read { scan: array(8)[code - 1].text.as_str().to_owned() };
        let codes = kit.store.codes_of(LINE, &scan).await.unwrap();
        kit.store.decide(LINE, &codes, &scan, "maria").await.unwrap();
    }
    assert_eq!(begins_again(&kit, job, 1).await.0, [0_i64; 0]);
}

#[tokio::test]
async fn a_label_that_may_have_come_out_twice_counts_no_more_and_only_while_it_is_printed() {
    let kit = Kit::with_codes(8).await;
    let job = came_out(&kit).await;
    let twice = |code| [Record::MaybeTwice { code: CodeId(code) }];
    for _ in 0..2 {
        kit.store.append(LINE, Some(job), &twice(5)).await.unwrap();
        assert_eq!(kit.state(5).await, ("doubtful".to_owned(), false));
        assert_eq!(kit.store.job(job).await.unwrap().unwrap().done, 4, "once");
    }
    kit.store.append(LINE, Some(job), &twice(6)).await.unwrap();
    assert_eq!(kit.state(6).await.0, "sent");
    let sheet = kit.store.passport(job).await.unwrap().unwrap();
    let words = "it came out, and may have come out twice: use neither";
    assert_eq!((sheet.fates.good, sheet.doubtful[0].known.as_str()), (4, words));
    assert!(sheet.sums_close());
}

fn settings() -> LineSettings {
    let ms = std::time::Duration::from_millis;
    LineSettings {
        scenario: Scenario::Roll,
        stock_low: 4,
        stock_full: 8,
        labels_ahead: 3,
        rows_in_printer: 3,
        print_within: ms(500),
        picture_within: ms(200),
        trigger_within: ms(60),
        quality: markwright::line::QualitySettings::default(),
        drain_within: ms(5_000),
        settle_within: ms(300),
        clear_within: ms(200),
        belt_within: ms(400),
        refill_after: ms(500),
        ends_with_codes: true,
        passes_before_bin_eye_max: 2,
        on_belt_max: 0,
        rejects_in_a_row_max: 3,
        rejects_of_last: RejectShare::default(),
        asks_for_pictures: false,
        once: OnceByHand::default(),
        roll: markwright::line::RollSettings::default(),
    }
}

#[tokio::test]
async fn a_store_of_before_rolls_is_brought_to_this_version() {
    let kit = Kit::with_codes(2).await;
    let file = kit.dir.path().join("line.db");
    for sql in [
        "drop trigger label_is_amended",
        "drop table roll_label",
        "delete from _sqlx_migrations where version = 3",
    ] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    for column in ["spare_percent", "pause_after", "leader", "trailer", "printer", "printer_id"] {
        let sql = format!("alter table job drop column {column}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&kit.plain).await.unwrap();
    }
    sqlx::query(
        "insert into job (line, scenario, pool, gtin, design, made_at) \
         values ('one', 'roll', 'line:one', '04810093011694', 'dairy', 1)",
    )
    .execute(&kit.plain)
    .await
    .unwrap();
    drop((kit.store, kit.plain));
    let store = Store::open(&file).await.unwrap();
    assert_eq!(store.next_job(LINE).await.unwrap().unwrap().wanted.roll, RollJob::default());
}
