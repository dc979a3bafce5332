//! Codes come in once, in order, are handed out in order, and the counts are always those of the
//! rows.
use crate::store_kit::{Kit, LINE, POOL, array, gtin, moved};
use markwright::code::{CodeId, CodeState, CodeText, Gtin, ProductGroup, Step, read_array};
use markwright::line::{Fate, Record, Scenario, Tag};
use markwright::order::{Facts, PaperKind};
use markwright::store::{Goods, JobState, Lot, NewJob, Origin, Pace, StoreError, Tally};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::BTreeMap;

fn other() -> Gtin {
    "4600000000008".parse().unwrap()
}

#[tokio::test]
async fn codes_come_out_in_the_order_in_which_they_came_in() {
    let kit = Kit::new().await;
    let mut codes = array(2_500);
    codes.reverse();
    let imported = kit.store.store_codes(POOL, "test", &codes).await.unwrap();
    assert_eq!((imported.taken, imported.set_aside), (2_500, 0));
    let mut out = kit.store.take_stock(POOL, gtin(), CodeId(0), 2_000).await.unwrap();
    let last = out.last().unwrap().id;
    out.extend(kit.store.take_stock(POOL, gtin(), last, 2_000).await.unwrap());
    let texts: Vec<_> = out.iter().map(|code| &code.text).collect();
    assert_eq!(texts, codes.iter().map(|code| &code.text).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_stock_of_one_trade_item_never_gives_codes_of_another() {
    let kit = Kit::new().await;
    let mut codes = array(4);
    for code in &mut codes[..2] {
        code.gtin = other();
        code.text = CodeText::new(code.text.as_str().replace(gtin().as_str(), other().as_str()));
    }
    kit.store.store_codes(POOL, "test", &codes).await.unwrap();
    kit.append(&[moved(3, Step::Send)]).await;
    let stock = kit.store.take_stock(POOL, gtin(), CodeId(0), 10).await.unwrap();
    assert_eq!(stock.iter().map(|code| code.id.0).collect::<Vec<_>>(), [4]);
    assert!(kit.store.take_stock("line:two", gtin(), CodeId(0), 10).await.unwrap().is_empty());
}

/// While nobody else writes, the trigger of new codes is away: what it counts and forbids stays so.
#[tokio::test]
async fn an_import_alone_counts_as_a_gentle_one_and_leaves_the_store_as_strict_as_it_was() {
    let kit = Kit::new().await;
    let rules = "select count(*) from sqlite_schema where type = 'trigger'";
    let before = kit.number(rules).await;
    let mut alone = kit.store.intake(POOL, "alone.txt", Pace::Alone).await.unwrap();
    alone.store(&array(30)[10..], &[]).await.unwrap();
    drop(alone);
    assert_eq!(kit.number("select count(*) from code").await, 0, "what was not ended is undone");
    let mut alone = kit.store.intake(POOL, "alone.txt", Pace::Alone).await.unwrap();
    for part in array(30).chunks(7) {
        alone.store(part, &[]).await.unwrap();
    }
    assert_eq!(alone.store(&array(31), &[]).await.unwrap().len(), 30);
    assert_eq!(alone.finish().await.unwrap().taken, 31);
    assert_eq!(kit.number(rules).await, before);
    assert_eq!(kit.number("select n from tally where state = 'stored'").await, 31);
    assert_eq!(kit.number("select taken from pool_count").await, 31);
    kit.store.store_codes("line:two", "more.txt", &array(40)).await.unwrap();
    assert_eq!(kit.number("select sum(n) from tally").await, 40);
    let printed = "insert into code (pool, gtin, serial, tail, product_group, state, moved_at) \
                   values ('p', 4810093011694, 'x', '', 'milk', 'sent', 0)";
    assert!(sqlx::query(printed).execute(&kit.plain).await.is_err());
}

#[tokio::test]
async fn codes_that_are_in_the_store_already_are_set_aside_by_line() {
    let kit = Kit::with_codes(3).await;
    let mut codes = array(5);
    codes.push(codes[4].clone());
    codes[5].line = 6;
    let imported = kit.store.store_codes("order:1", "again.txt", &codes).await.unwrap();
    assert_eq!((imported.taken, imported.set_aside), (2, 4));
    let rows: Vec<(String, i64, String)> =
        sqlx::query_as("select source, line, reason from set_aside order by id")
            .fetch_all(&kit.plain)
            .await
            .unwrap();
    assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [1, 2, 3, 6]);
    assert_eq!(rows[0].0, "again.txt");
    assert_eq!(rows[0].2, "the same code is already in the store");
    assert_eq!(rows[3].2, "the same code stands on line 5");
    assert_eq!(kit.store.tally(POOL).await.unwrap().stored, 3);
    assert_eq!(kit.store.tally("order:1").await.unwrap().stored, 2);
}

#[tokio::test]
async fn a_code_whose_text_does_not_say_its_parts_is_refused() {
    let kit = Kit::new().await;
    let mut codes = array(2);
    codes[1].serial = "99999999".into();
    let refused = kit.store.store_codes(POOL, "test", &codes).await;
    assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    assert_eq!(kit.store.tally(POOL).await.unwrap().stored, 0);
}

#[tokio::test]
async fn codes_of_the_longer_shape_move_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("old.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let old = SqlitePool::connect_with(options.clone()).await.unwrap();
    let all = sqlx::migrate!("migrations/sqlite");
    let before: Vec<_> = all.iter().filter(|m| m.version < 12).cloned().collect();
    let before = sqlx::migrate::Migrator { migrations: before.into(), ..all };
    before.run(&old).await.unwrap();
    for line in array(50) {
        sqlx::query(
            "insert into code (pool, gtin, serial, text, product_group, moved_at)
             values ('line:one', ?, ?, ?, 'milk', 7)",
        )
        .bind(line.gtin.as_str())
        .bind(&line.serial)
        .bind(line.text.as_str())
        .execute(&old)
        .await
        .unwrap();
    }
    let rows = "select text || state || settled || moved_at || coalesce(told_at, '') from code order by id";
    for sql in [
        "update code set state = 'scrapped', settled = 1, told_at = 9 where id <= 10",
        "update code set state = 'sent' where id > 40",
        "insert into product (line, tag, seen_at, code_id) values ('one', 1, 1, 45)",
    ] {
        sqlx::query(sql).execute(&old).await.unwrap();
    }
    let were: Vec<String> = sqlx::query_scalar(rows).fetch_all(&old).await.unwrap();
    old.close().await;

    let store = markwright::store::Store::open(&file).await.unwrap();
    let plain = SqlitePool::connect_with(options.foreign_keys(true)).await.unwrap();
    let are: Vec<String> = sqlx::query_scalar(rows).fetch_all(&plain).await.unwrap();
    assert_eq!(are, were);
    let account = store.reconcile(LINE, POOL).await.unwrap();
    assert!(account.closes(), "{account:?}");
    assert_eq!((account.taken, account.codes.stored, account.reported), (50, 30, 10));
    let broken = sqlx::query("pragma foreign_key_check").fetch_all(&plain).await.unwrap();
    assert!(broken.is_empty(), "a product lost its code");
    for sql in [
        "insert into product (line, tag, seen_at, code_id) values ('one', 2, 1, 99)",
        "update code set state = 'stored' where id = 45",
        "update code set serial = 'x' where id = 45",
        "delete from code where id = 45",
    ] {
        assert!(sqlx::query(sql).execute(&plain).await.is_err(), "{sql}");
    }
    let again = store.store_codes(POOL, "again", &array(51)).await.unwrap();
    assert_eq!((again.taken, again.set_aside), (1, 50));
}

#[tokio::test]
async fn packs_of_tobacco_blocks_and_codes_of_footwear_come_out_as_they_came_in() {
    let kit = Kit::new().await;
    let item = gtin();
    let signature = "a".repeat(88);
    let file = [
        format!("{item}aB!d/F7AB3Awxyz"),
        format!("01{item}21aB!d/F8\u{1d}8005123456\u{1d}93dGVz"),
        format!("{item}5b!d/F9AAAAwxyz"),
        format!("01{item}215AbCdEfGhIjKl\u{1d}2406403\u{1d}91EE11\u{1d}92{signature}"),
    ];
    let (codes, aside) = read_array(&file.join("\n"), None);
    assert_eq!((codes.len(), aside.len()), (4, 0), "{aside:?}");
    kit.store.store_codes(POOL, "mixed", &codes).await.unwrap();
    let out = kit.store.take_stock(POOL, item, CodeId(0), 10).await.unwrap();
    assert_eq!(out.iter().map(|code| code.text.as_str()).collect::<Vec<_>>(), file);
    let story = kit.store.story(&file[0]).await.unwrap().unwrap();
    assert_eq!((story.gtin, story.serial.as_str()), (item, "aB!d/F7"));
    let again = kit.store.store_codes(POOL, "again", &codes).await.unwrap();
    assert_eq!((again.taken, again.set_aside), (0, 4));
    let mut other = codes[..1].to_vec();
    other[0].serial = "aB!d/F".into();
    let refused = kit.store.store_codes(POOL, "short", &other).await;
    assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
}

/// As the manual has it: of a pack the first 25 characters, of a block the price, too.
#[tokio::test]
async fn documents_name_packs_and_blocks_without_their_check_parts() {
    let kit = Kit::new().await;
    let item = gtin();
    let block = format!("01{item}21aB!d/F8\u{1d}8005123456");
    let file = [format!("{item}aB!d/F7AB3Awxyz"), format!("{block}\u{1d}93dGVz")];
    let (codes, _) = read_array(&file.join("\n"), None);
    kit.store.store_codes("order:1", "tobacco", &codes).await.unwrap();
    for sql in [
        "update code set state = 'sent'",
        "update code set state = 'printed'",
        "update code set state = 'verified', settled = 1",
        "update code set told_at = 5",
    ] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    let facts = Facts {
        participant: "7700000001".into(),
        producer: "7700000001".into(),
        owner: "7700000001".into(),
        hs_code: "2402209000".into(),
        production_date: "2026-11-22".into(),
        ..Facts::default()
    };
    let kind = PaperKind::Introduction;
    let made = kit.store.make_paper(kind, Origin::Order(1), &facts, "manager").await.unwrap();
    let names = [format!("{item}aB!d/F7AB3A"), block];
    assert_eq!(kit.store.paper_codes(made.id, 10).await.unwrap(), names);
    let document = kit.store.paper_document(made.id).await.unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    let said = document["products"].as_array().unwrap().iter().map(|one| &one["uit_code"]);
    assert!(said.eq(&names), "{document}");
}

#[tokio::test]
async fn bad_lines_of_an_array_are_kept_with_their_reasons() {
    let kit = Kit::new().await;
    let file = "0104810093011694212k6rsrti\u{1d}93#SzU\nrubbish\n010481009301169421abcdefg8005009300933012";
    let (codes, aside) = read_array(file, None);
    kit.store.store_codes(POOL, "a.txt", &codes).await.unwrap();
    kit.store.set_aside(POOL, "a.txt", &aside).await.unwrap();
    let account = kit.store.reconcile(LINE, POOL).await.unwrap();
    assert_eq!((account.taken, account.set_aside), (1, 2));
    let reason = "select count(*) from set_aside where line = 3 and reason like '%GS%lost%'";
    assert_eq!(kit.number(reason).await, 1);
}

#[tokio::test]
async fn told_codes_are_counted_as_reported() {
    let kit = Kit::with_codes(3).await;
    kit.append(&[moved(1, Step::Scrap), moved(2, Step::Scrap)]).await;
    assert_eq!(kit.store.unreported_of(POOL).await.unwrap(), 2);
    sqlx::query("update code set told_at = 5 where id = 1").execute(&kit.plain).await.unwrap();
    let account = kit.store.reconcile(LINE, POOL).await.unwrap();
    assert_eq!((account.reported, account.unreported), (1, 1));
    assert_eq!(kit.store.reported(POOL).await.unwrap(), 1);
    assert!(account.closes());
}

#[tokio::test]
async fn a_lost_code_or_product_does_not_close_the_sums() {
    let kit = Kit::with_codes(3).await;
    kit.append(&[Record::ProductSeen { tag: Tag(1) }]).await;
    assert!(kit.store.reconcile(LINE, POOL).await.unwrap().closes());
    sqlx::query("delete from product").execute(&kit.plain).await.unwrap();
    assert!(!kit.store.reconcile(LINE, POOL).await.unwrap().closes());

    let kit = Kit::with_codes(3).await;
    for sql in ["drop trigger code_is_never_lost", "delete from code where id = 2"] {
        sqlx::query(sql).execute(&kit.plain).await.unwrap();
    }
    assert!(!kit.store.reconcile(LINE, POOL).await.unwrap().closes());
}

fn lot(batch: &str) -> Lot {
    Lot { batch: batch.into(), date: "21.11.2026".into(), best_before: "05.12.2026".into() }
}

#[tokio::test]
async fn goods_are_kept_and_replaced() {
    let kit = Kit::new().await;
    assert_eq!(kit.store.goods(gtin()).await.unwrap(), None);
    let mut goods = Goods {
        gtin: gtin(),
        name: "Творог 5 %".into(),
        hs_code: "0406105000".into(),
        group: ProductGroup::MILK,
        article: "T5".into(),
        size: String::new(),
        colour: String::new(),
        composition: "молоко, закваска".into(),
        country: "Беларусь".into(),
        maker: "ОАО «Раница»".into(),
        importer: "ООО «Восток»".into(),
        lot: lot("17"),
    };
    for (name, batch) in [("Творог 5 %", "17"), ("Творог 9 %", "18")] {
        (goods.name, goods.lot) = (name.into(), lot(batch));
        kit.store.put_goods(&goods).await.unwrap();
        assert_eq!(kit.store.goods(gtin()).await.unwrap().as_ref(), Some(&goods));
    }
}

#[tokio::test]
async fn a_line_takes_its_jobs_one_after_the_other() {
    let kit = Kit::new().await;
    let wanted = NewJob {
        line: LINE.into(),
        scenario: Scenario::Roll,
        pool: "order:1".into(),
        gtin: gtin(),
        design: "plain".into(),
        planned: 20,
        roll: markwright::store::RollJob::default(),
        lot: lot("19"),
    };
    let first = kit.store.add_job(&wanted).await.unwrap();
    let second = kit.store.add_job(&wanted).await.unwrap();
    let next = kit.store.next_job(LINE).await.unwrap().unwrap();
    assert_eq!((next.id, &next.wanted, next.state), (first, &wanted, JobState::Waiting));
    assert_eq!(kit.store.next_job("two").await.unwrap(), None);

    kit.store.start_job(first).await.unwrap();
    assert_eq!(kit.store.running_job(LINE).await.unwrap().unwrap().id, first);
    for again in [first, second] {
        let refused = kit.store.start_job(again).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    }
    kit.store.end_job(first, true).await.unwrap();
    assert!(kit.store.end_job(first, true).await.is_err());
    assert!(kit.store.end_job(second, true).await.is_err(), "it was never started");
    kit.store.end_job(second, false).await.unwrap();
    assert_eq!(kit.store.job(second).await.unwrap().unwrap().state, JobState::Cancelled);
    assert_eq!(kit.store.next_job(LINE).await.unwrap(), None);
}

/// A small generator (xorshift64), so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// What the store should do with records: all of a slice, or nothing of it.
#[derive(Clone, Default)]
struct Model {
    codes: BTreeMap<i64, CodeState>,
    on_belt: Vec<u32>,
    seen: u32,
    rejected: u64,
}

impl Model {
    fn take(&mut self, record: &Record) -> bool {
        match *record {
            Record::Moved { code, step } => {
                let Some(state) = self.codes.get_mut(&code.0) else { return false };
                let Ok(next) = state.after(step) else { return false };
                *state = next;
            }
            Record::ProductSeen { tag } => {
                self.seen = tag.0;
                self.on_belt.push(tag.0);
            }
            Record::ProductSettled { tag, .. } => {
                let Some(at) = self.on_belt.iter().position(|t| *t == tag.0) else { return false };
                self.on_belt.remove(at);
                self.rejected += 1;
            }
            Record::ProductLabelled { .. }
            | Record::ProductJudged { .. }
            | Record::OnRoll { .. }
            | Record::TakenBack { .. }
            | Record::MaybeTwice { .. }
            | Record::LabelRead { .. }
            | Record::Line { .. }
            | Record::Mode { .. }
            | Record::AlarmRaised(_)
            | Record::AlarmCleared(_)
            | Record::Graded { .. }
            | Record::CameBack { .. }
            | Record::Bin { .. }
            | Record::Challenged { .. }
            | Record::PlcCounted(_)
            | Record::Heard { .. } => panic!("not drawn: {record:?}"),
        }
        true
    }
}

fn draw(dice: &mut Dice, seen: u32) -> Record {
    let step = Step::ALL[usize::try_from(dice.below(8)).unwrap()];
    // Mostly codes that were drawn before, so that long ways come up.
    let code = 1 + i64::try_from(dice.below(dice.0 % 40 + 1)).unwrap();
    let tag = Tag(u32::try_from(dice.below(u64::from(seen) + 2)).unwrap());
    match dice.below(8) {
        0 => Record::ProductSeen { tag: Tag(seen + 1) },
        1 => Record::ProductSettled { tag, fate: Fate::Rejected },
        _ => moved(code, step),
    }
}

#[tokio::test]
async fn whatever_is_recorded_the_counts_are_those_of_the_rows() {
    for seed in 1..=4_u64 {
        let kit = Kit::with_codes(40).await;
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut model = Model {
            codes: (1..=40).map(|id| (id, CodeState::Stored)).collect(),
            ..Model::default()
        };
        let mut taken = 0;
        for _ in 0..250 {
            let n = 1 + dice.below(3);
            let mut after = model.clone();
            let mut records = Vec::new();
            let mut good = true;
            for _ in 0..n {
                let record = draw(&mut dice, after.seen);
                good &= after.take(&record);
                records.push(record);
            }
            let answer = kit.store.append(LINE, None, &records).await;
            assert_eq!(answer.is_ok(), good, "seed {seed}: {records:?} {answer:?}");
            if good {
                model = after;
                taken += 1;
            }
        }
        assert!(taken > 30, "seed {seed}: only {taken} slices were good");
        assert_counts(&kit, &model).await;
    }
}

async fn assert_counts(kit: &Kit, model: &Model) {
    let tally = kit.store.tally(POOL).await.unwrap();
    let account = kit.store.reconcile(LINE, POOL).await.unwrap();
    assert!(account.closes(), "{account:?}");
    assert_eq!(account.codes, tally);
    let rows: Vec<(i64, String)> = sqlx::query_as("select id, state from code order by id")
        .fetch_all(&kit.plain)
        .await
        .unwrap();
    let words: Vec<_> = model.codes.iter().map(|(id, s)| (*id, s.word().to_owned())).collect();
    assert_eq!(rows, words);
    let n = |state| model.codes.values().filter(|s| **s == state).count() as u64;
    let wanted = Tally {
        stored: n(CodeState::Stored),
        sent: n(CodeState::Sent),
        printed: n(CodeState::Printed),
        applied: n(CodeState::Applied),
        verified: n(CodeState::Verified),
        doubtful: n(CodeState::Doubtful),
        scrapped: n(CodeState::Scrapped),
        rejected: n(CodeState::Rejected),
        sampled: n(CodeState::Sampled),
    };
    assert_eq!(tally, wanted);
    assert_eq!(account.on_belt, model.on_belt.len() as u64);
    assert_eq!(account.products.rejected, model.rejected);
    assert_eq!(account.products, kit.store.product_tally(LINE).await.unwrap());
    let settled = kit.number("select count(*) from code where settled = 1").await;
    assert_eq!(account.unreported, u64::try_from(settled).unwrap());
}
