//! What a line records is kept whole or not at all, and what is asked for after a restart is
//! exactly what was open.
mod packs;

use crate::store_kit::{self, Kit, LINE, POOL, array, gtin, labelled, moved, way_to_verified};
use markwright::code::{CodeId, CodeState, Step};
use markwright::line::{
    Cause, Fate, InBin, LineState, Mode, OpenProduct, PictureId, Record, RejectReason, Scenario,
    StopReason, Tag, Verdict,
};
use markwright::store::{NewJob, Store, StoreError};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn seen(tag: u32) -> Record {
    Record::ProductSeen { tag: Tag(tag) }
}

fn settled(tag: u32, fate: Fate) -> Record {
    Record::ProductSettled { tag: Tag(tag), fate }
}

fn judged(tag: u32, verdict: Verdict) -> Record {
    Record::ProductJudged { tag: Tag(tag), verdict, picture: Some(PictureId(u64::MAX)) }
}

fn line(from: LineState, to: LineState, why: Option<StopReason>) -> Record {
    Record::Line { from, to, why }
}

async fn assert_refused(kit: &Kit, records: &[Record]) {
    let answer = kit.store.append(LINE, None, records).await;
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
}

#[tokio::test]
async fn the_arrows_in_the_store_are_those_of_the_code() {
    let kit = Kit::new().await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("select was, is_now from life").fetch_all(&kit.plain).await.unwrap();
    let stored: BTreeSet<_> = rows.into_iter().collect();
    let mut known = BTreeSet::new();
    for from in CodeState::ALL {
        for to in Step::ALL.into_iter().filter_map(|step| from.after(step).ok()) {
            known.insert((from.word().to_owned(), to.word().to_owned()));
        }
    }
    assert_eq!(stored, known);
}

#[tokio::test]
async fn plain_sql_cannot_print_a_code_again_or_lose_it() {
    let kit = Kit::with_codes(2).await;
    kit.append(&[moved(1, Step::Send)]).await;
    for sql in [
        "update code set state = 'stored' where id = 1",
        "update code set state = 'verified' where id = 2",
        "delete from code where id = 2",
        "insert into code (pool, gtin, serial, tail, product_group, state, moved_at) \
         values ('p', 4810093011694, 'x', '', 'milk', 'sent', 0)",
    ] {
        assert!(sqlx::query(sql).execute(&kit.plain).await.is_err(), "{sql}");
    }
    assert_eq!(kit.state(1).await.0, "sent");
    assert_eq!(kit.state(2).await.0, "stored");
}

#[tokio::test]
async fn a_good_product_that_fell_into_the_bin_is_taken_back_unless_it_is_told_already() {
    let kit = Kit::with_codes(2).await;
    for n in [1, 2] {
        kit.append(&way_to_verified(u32::try_from(n).unwrap(), n)).await;
    }
    let good = [1, 2].map(|tag| judged(tag, Verdict::Good));
    kit.append(&good).await;
    kit.append(&[settled(1, Fate::Verified), settled(2, Fate::Verified)]).await;
    for sql in [
        "insert into report (id, kind, product_group, made_at) values (1, 'utilisation', 'milk', 0)",
        "update code set report_id = 1 where id = 2",
    ] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    kit.append(&[1, 2].map(|tag| Record::CameBack { tag: Tag(tag) })).await;
    assert_eq!(kit.state(1).await, ("rejected".to_owned(), true));
    assert_eq!(kit.state(2).await, ("verified".to_owned(), true));
    let fates = kit.store.reconcile(LINE, POOL).await.unwrap().products;
    assert_eq!((fates.verified, fates.rejected), (1, 1));
    let bin = kit.store.bin(LINE).await.unwrap();
    assert_eq!((bin.rejected, bin.not_ordered, bin.seen()), (1, 1, 2));
}

#[tokio::test]
async fn the_bin_is_counted_until_somebody_empties_it() {
    let kit = Kit::new().await;
    let in_bin = |what| Record::Bin { tag: Tag(0), what };
    kit.append(&[seen(1), seen(2), seen(3)]).await;
    kit.append(&[settled(1, Fate::Rejected), settled(2, Fate::Unaccounted)]).await;
    kit.append(&[in_bin(InBin::Unseen), in_bin(InBin::Flushed), in_bin(InBin::NotOrdered)]).await;
    let bin = kit.store.bin(LINE).await.unwrap();
    assert_eq!((bin.rejected, bin.flushed, bin.not_ordered, bin.unseen), (1, 1, 1, 1));
    assert_eq!([2, 3, 4, 5].map(|counted| bin.agrees(counted)), [false, true, true, false]);
    assert_eq!(bin.emptied_at, None);

    assert_eq!(kit.store.empty_bin(LINE, 4, "anna").await.unwrap(), bin);
    let new = kit.store.bin(LINE).await.unwrap();
    assert!(new.seen() == 0 && new.unseen == 0 && new.emptied_at.is_some(), "{new:?}");
    kit.append(&[settled(3, Fate::Rejected)]).await;
    assert_eq!(kit.store.bin(LINE).await.unwrap().rejected, 1);
    assert_eq!(kit.number("select counted from bin_emptied where person = 'anna'").await, 4);
    let other = kit.store.bin("another line").await.unwrap();
    assert_eq!(other, markwright::store::Bin::default());
}

#[tokio::test]
async fn a_bad_record_in_the_middle_leaves_nothing() {
    let kit = Kit::with_codes(3).await;
    for bad in [moved(2, Step::Verify), moved(99, Step::Send), labelled(7, 2), moved(1, Step::Send)]
    {
        let stop = line(LineState::Execute, LineState::Holding, Some(StopReason::NoCodes));
        let raised = Record::AlarmRaised(StopReason::NoCodes);
        let heard = Record::Heard { boot: 1, seq: 1 };
        assert_refused(&kit, &[moved(1, Step::Send), seen(1), stop, raised, heard, bad]).await;
    }
    let left = "select (select count(*) from journal) + (select count(*) from product) \
                + (select count(*) from line) + (select count(*) from alarm) \
                + (select count(*) from code where state <> 'stored')";
    assert_eq!(kit.number(left).await, 0);
    assert_eq!(kit.store.tally(POOL).await.unwrap().stored, 3);
}

#[tokio::test]
async fn what_was_appended_is_there_after_the_store_was_dropped() {
    let Kit { store, plain, dir } = Kit::with_codes(1).await;
    store
        .append(LINE, None, &[moved(1, Step::Send), Record::Heard { boot: 7, seq: 9 }])
        .await
        .unwrap();
    drop((store, plain));
    let store = Store::open(&dir.path().join("line.db")).await.unwrap();
    let restored = store.restore(LINE).await.unwrap();
    assert_eq!(restored.heard, Some((7, 9)));
    assert_eq!(restored.known.under_way[0].1, CodeState::Sent);
}

#[tokio::test]
async fn a_verified_code_is_settled_only_when_its_product_is_through_the_gate() {
    let kit = Kit::with_codes(1).await;
    kit.append(&way_to_verified(1, 1)).await;
    kit.append(&[judged(1, Verdict::Good)]).await;
    assert_eq!(kit.state(1).await, ("verified".into(), false));
    kit.append(&[settled(1, Fate::Verified)]).await;
    assert_eq!(kit.state(1).await, ("verified".into(), true));
    assert_eq!(kit.store.unreported_of(POOL).await.unwrap(), 1);
}

#[tokio::test]
async fn spoiled_codes_are_settled_at_once_and_doubtful_ones_are_not() {
    let kit = Kit::with_codes(4).await;
    kit.append(&[moved(1, Step::Scrap), moved(2, Step::Send), moved(2, Step::Reject)]).await;
    kit.append(&[moved(3, Step::Send), moved(3, Step::Print), moved(3, Step::Sample)]).await;
    kit.append(&[moved(4, Step::Send), moved(4, Step::Doubt)]).await;
    assert_eq!(kit.state(1).await, ("scrapped".into(), true));
    assert_eq!(kit.state(2).await, ("rejected".into(), true));
    assert_eq!(kit.state(3).await, ("sampled".into(), true));
    assert_eq!(kit.state(4).await, ("doubtful".into(), false));
}

#[tokio::test]
async fn a_product_is_not_good_without_a_verified_code_of_its_own() {
    let kit = Kit::with_codes(2).await;
    kit.append(&[seen(1)]).await;
    assert_refused(&kit, &[settled(1, Fate::Verified)]).await;
    kit.append(&way_to_verified(2, 1)).await;
    kit.append(&[seen(3), labelled(3, 1), settled(2, Fate::Verified)]).await;
    assert_refused(&kit, &[settled(3, Fate::Verified)]).await;
}

#[tokio::test]
async fn a_code_that_stands_in_a_report_keeps_its_fate() {
    let kit = Kit::with_codes(1).await;
    kit.append(&way_to_verified(1, 1)).await;
    kit.append(&[settled(1, Fate::Verified)]).await;
    for sql in [
        "insert into report (id, kind, product_group, made_at) values (1, 'utilisation', 'milk', 0)",
        "update code set report_id = 1 where id = 1",
    ] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    assert_refused(&kit, &[moved(1, Step::Doubt)]).await;
    let plain = sqlx::query("update code set state = 'doubtful' where id = 1");
    assert!(plain.execute(&kit.plain).await.is_err());
    assert_eq!(kit.state(1).await, ("verified".into(), true));
}

#[tokio::test]
async fn a_fate_is_given_once_and_tags_may_come_again() {
    let kit = Kit::new().await;
    kit.append(&[seen(1), settled(1, Fate::Unaccounted)]).await;
    assert_refused(&kit, &[settled(1, Fate::Rejected)]).await;
    kit.append(&[seen(1), judged(1, Verdict::Bad(RejectReason::NoRead))]).await;
    kit.append(&[settled(1, Fate::Rejected)]).await;
    let tally = kit.store.product_tally(LINE).await.unwrap();
    assert_eq!((tally.seen, tally.unaccounted, tally.rejected), (2, 1, 1));
}

#[tokio::test]
async fn restore_gives_exactly_what_is_open() {
    let kit = Kit::with_codes(12).await;
    kit.append(&[moved(1, Step::Send)]).await;
    kit.append(&[moved(2, Step::Send), moved(2, Step::Print)]).await;
    kit.append(&[moved(3, Step::Send), moved(3, Step::Print), seen(3), moved(3, Step::Apply)])
        .await;
    kit.append(&[labelled(3, 3)]).await;
    kit.append(&way_to_verified(4, 4)).await;
    kit.append(&[judged(4, Verdict::Good)]).await;
    kit.append(&way_to_verified(5, 5)).await;
    kit.append(&[settled(5, Fate::Verified), moved(6, Step::Scrap)]).await;
    kit.append(&[moved(7, Step::Send), moved(7, Step::Doubt), seen(6)]).await;
    kit.append(&[judged(6, Verdict::Bad(RejectReason::NoLabel))]).await;
    kit.append(&[Record::Heard { boot: 3, seq: 4 }, Record::Heard { boot: 3, seq: 65_535 }]).await;
    kit.append(&[line(LineState::Idle, LineState::Starting, None)]).await;
    kit.append(&[line(LineState::Starting, LineState::Execute, None)]).await;

    let restored = kit.store.restore(LINE).await.unwrap();
    assert_eq!(restored.known.state, Some(LineState::Execute));
    assert_eq!(restored.heard, Some((3, 65_535)));
    let under_way: Vec<_> =
        restored.known.under_way.iter().map(|(c, state)| (c.id.0, *state)).collect();
    let wanted = [CodeState::Sent, CodeState::Printed, CodeState::Applied, CodeState::Verified];
    let wanted: Vec<_> = (1..).zip(wanted).chain([(7, CodeState::Doubtful)]).collect();
    assert_eq!(under_way, wanted);
    assert!(restored.known.under_way[0].0.text.as_str().starts_with("0104810093011694"));
    assert!(restored.known.were_good.is_empty(), "7 never was");
    kit.append(&[moved(4, Step::Doubt)]).await;
    assert_eq!(kit.store.restore(LINE).await.unwrap().known.were_good, [CodeId(4)]);
    let open = |tag, code: Option<i64>, verdict| OpenProduct {
        tag: Tag(tag),
        code: code.map(CodeId),
        good: verdict,
    };
    let wanted = [open(3, Some(3), None), open(4, Some(4), Some(true)), open(6, None, Some(false))];
    assert_eq!(restored.known.products, wanted);
}

#[tokio::test]
async fn the_mode_of_a_line_is_remembered_and_a_change_of_state_leaves_it() {
    let kit = Kit::with_codes(1).await;
    let mode = Record::Mode { from: Mode::Production, to: Mode::Manual };
    kit.append(&[mode]).await;
    assert_eq!(kit.store.restore(LINE).await.unwrap().known.state, Some(LineState::Stopped));
    kit.append(&[line(LineState::Stopped, LineState::Resetting, None)]).await;
    let known = kit.store.restore(LINE).await.unwrap().known;
    assert_eq!((known.mode, known.state), (Mode::Manual, Some(LineState::Resetting)));
    let row = &kit.store.journal(LINE, None, 2).await.unwrap()[1];
    assert_eq!(
        (row.kind.as_str(), row.body.as_str()),
        ("mode", r#"{"from":"Production","to":"Manual"}"#)
    );
}

#[tokio::test]
async fn a_line_that_never_ran_is_restored_empty() {
    let restored = Kit::with_codes(3).await.store.restore(LINE).await.unwrap();
    assert_eq!((restored.known.state, restored.job, restored.heard), (None, None, None));
    assert!(restored.known.under_way.is_empty() && restored.known.products.is_empty());
}

fn job(scenario: Scenario, pool: &str) -> NewJob {
    NewJob {
        line: LINE.into(),
        scenario,
        pool: pool.into(),
        gtin: gtin(),
        design: "plain".into(),
        planned: 10,
        roll: markwright::store::RollJob::default(),
        lot: markwright::store::Lot::default(),
    }
}

#[tokio::test]
async fn the_job_counts_good_products() {
    let kit = Kit::with_codes(2).await;
    let id = kit.store.add_job(&job(Scenario::PrintApply, POOL)).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    kit.store.append(LINE, Some(id), &way_to_verified(1, 1)).await.unwrap();
    assert_eq!(kit.store.restore(LINE).await.unwrap().job.unwrap().done, 0);
    kit.store.append(LINE, Some(id), &[settled(1, Fate::Verified)]).await.unwrap();
    let restored = kit.store.restore(LINE).await.unwrap();
    let job = restored.job.unwrap();
    assert_eq!((job.done, job.id), (1, id));
}

#[tokio::test]
async fn on_a_roll_printed_labels_are_what_the_job_counts_and_are_not_under_way() {
    let kit = Kit::new().await;
    kit.store.store_codes("order:7", "test", &store_kit::array(4)).await.unwrap();
    let id = kit.store.add_job(&job(Scenario::Roll, "order:7")).await.unwrap();
    kit.store.start_job(id).await.unwrap();
    let sent: Vec<_> = (1..=4).map(|code| moved(code, Step::Send)).collect();
    kit.store.append(LINE, Some(id), &sent).await.unwrap();
    let printed: Vec<_> = (1..=3).map(|code| moved(code, Step::Print)).collect();
    kit.store.append(LINE, Some(id), &printed).await.unwrap();
    kit.store.append(LINE, Some(id), &[moved(3, Step::Scrap)]).await.unwrap();
    let restored = kit.store.restore(LINE).await.unwrap();
    assert_eq!(restored.job.unwrap().done, 2);
    let ids: Vec<_> = restored.known.under_way.iter().map(|(code, _)| code.id.0).collect();
    assert_eq!(ids, [4]);
}

#[tokio::test]
async fn an_alarm_stands_once_until_it_is_cleared() {
    let kit = Kit::new().await;
    let ribbon = StopReason::Printer(Cause::OutOfRibbon);
    kit.append(&[Record::AlarmRaised(ribbon), Record::AlarmRaised(ribbon)]).await;
    kit.append(&[Record::AlarmRaised(StopReason::BinFull)]).await;
    let standing = kit.store.standing_alarms(LINE).await.unwrap();
    assert_eq!(standing.len(), 2);
    assert_eq!(standing[0].kind, "printer.out_of_ribbon");
    assert_eq!(standing[0].words, "The printer is out of ribbon: load a new ribbon.");
    kit.append(&[Record::AlarmCleared(ribbon)]).await;
    let standing = kit.store.standing_alarms(LINE).await.unwrap();
    assert_eq!(standing.iter().map(|a| a.kind.as_str()).collect::<Vec<_>>(), ["bin_full"]);
}

#[tokio::test]
async fn the_way_of_a_code_and_the_last_verdicts_can_be_looked_up() {
    let kit = Kit::with_codes(2).await;
    kit.append(&way_to_verified(1, 2)).await;
    kit.append(&[judged(1, Verdict::Good), seen(2)]).await;
    kit.append(&[judged(2, Verdict::Bad(RejectReason::NoLabel)), settled(1, Fate::Verified)]).await;

    let texts: Vec<_> = array(3).into_iter().map(|code| code.text).collect();
    let story = kit.store.story(texts[1].as_str()).await.unwrap().unwrap();
    assert_eq!((story.state, story.settled, story.told_at), (CodeState::Verified, true, None));
    assert_eq!(story.products.len(), 1);
    assert_eq!(story.products[0].fate, Some(Fate::Verified));
    let kinds: Vec<_> = story.journal.iter().map(|row| row.kind.as_str()).collect();
    let moved = "moved";
    let wanted = [moved, moved, moved, "product_labelled", moved, "product_settled"];
    assert_eq!(kinds, wanted);
    assert_eq!(kit.store.story(texts[2].as_str()).await.unwrap(), None, "nobody knows it");

    let last = kit.store.last_verdicts(LINE, 20).await.unwrap();
    let verdicts: Vec<_> = last.iter().map(|p| (p.tag.0, p.verdict.unwrap())).collect();
    assert_eq!(verdicts, [(2, Verdict::Bad(RejectReason::NoLabel)), (1, Verdict::Good)]);
    assert_eq!(last[1].serial.as_deref(), Some("00000002"));
    assert_eq!(last[1].picture, Some(PictureId(u64::MAX)));

    let journal = kit.store.journal(LINE, None, 3).await.unwrap();
    assert_eq!(journal[0].body, r#"{"fate":"verified","tag":1}"#);
    let older = kit.store.journal(LINE, Some(journal[2].id), 100).await.unwrap();
    assert_eq!(journal.len() + older.len(), 10);
    assert!(journal.iter().chain(&older).all(|row| !row.body.contains("#SzU")));
}

/// What the next test kills: appends until it dies, and says how far it is.
#[tokio::test]
#[ignore = "an endless program of its own, started by the next test"]
async fn append_until_killed() {
    let file = std::env::var_os("MARKWRIGHT_TEST_STORE").unwrap();
    let store = Store::open(file.as_ref()).await.unwrap();
    for code in 1.. {
        let records = [moved(code, Step::Send), moved(code, Step::Print)];
        store.append(LINE, None, &records).await.unwrap();
        println!("appended {code}");
    }
}

#[tokio::test]
async fn what_was_appended_survives_a_kill_whole_and_nothing_is_there_in_halves() {
    let Kit { store, plain, dir } = Kit::with_codes(20_000).await;
    drop((store, plain));
    let file = dir.path().join("line.db");
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "line::append_until_killed", "--nocapture"])
        .env("MARKWRIGHT_TEST_STORE", &file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(program.stdout.take().unwrap()).lines().map_while(Result::ok);
    let number = |line: String| line.strip_prefix("appended ")?.parse::<u64>().ok();
    let middle = said.by_ref().filter_map(number).find(|n| *n == 100);
    assert_eq!(middle, Some(100));
    program.kill().unwrap();
    let last = said.filter_map(number).last().unwrap_or(100);
    program.wait().unwrap();

    let store = Store::open(&file).await.unwrap();
    let tally = store.tally(POOL).await.unwrap();
    assert_eq!(tally.sent, 0, "half of an append");
    assert!((last..=last + 1).contains(&tally.printed), "said {last}, kept {tally:?}");
    assert_eq!(store.restore(LINE).await.unwrap().known.under_way.len() as u64, tally.printed);
    assert!(store.reconcile(LINE, POOL).await.unwrap().closes());
}
