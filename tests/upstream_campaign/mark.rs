//! Electronic Mark in the campaign: its table in the configuration, the goods that leave, and what the
//! store believes, held against what the operator knows.
use super::account::Books;
use super::site::{GTIN, LINE};
use markwright::line::Scenario;
use markwright::sim::issuer::{ElectronicMark, MarkFate, MarkLedger, MarkSettings, MarkStanding};
use markwright::store::{Lot, NewJob, RollJob, Store};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Codes that leave together, as long as more are to come, and at most.
const LEAVE_FROM: i64 = 300;
const LEAVE_AT_MOST: i64 = 2_000;
/// The one partner of the fake operator.
const AGENT: i64 = 18_413;

/// What the configuration says of it. Numbers and the path of write-offs are the fake's own.
pub(crate) fn table(folder: &Path, issuer: SocketAddr) -> String {
    let MarkSettings { user, password, .. } = MarkSettings::default();
    let file = folder.join("mark-user");
    std::fs::write(&file, format!("{user}:{password}")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.display();
    // The waits of the real one would make an hour of a minute.
    format!(
        "[electronic_mark]\nurl = \"http://{issuer}\"\nuser_file = \"{file}\"\n\
         report_every = \"200ms\"\nlost_after = \"1500ms\"\nagain_after = \"1s\"\n\
         rest_after_failure = \"500ms\"\nanswer_within = \"5s\"\n\
         [electronic_mark.dialect.paths]\nwrite_off = \"v3/reports/addWriteOff\"\n\
         [electronic_mark.dialect.numbers]\norder_refused = [90]\nwritten_off = [70]\n"
    )
}

/// The job that all codes are for: only codes of a job can leave. No line takes it.
pub(crate) async fn job(store_file: &Path) {
    let job = NewJob {
        line: LINE.to_owned(),
        scenario: Scenario::Roll,
        pool: format!("line:{LINE}"),
        gtin: GTIN.parse().unwrap(),
        design: "30x20".to_owned(),
        planned: 0,
        roll: RollJob::default(),
        lot: Lot::default(),
    };
    Store::open(store_file).await.unwrap().store_job(&job).await.unwrap();
}

/// These codes are handed over for the job.
pub(crate) async fn of_the_job(db: &mut SqliteConnection, codes: &[i64]) {
    let sql = "insert or ignore into job_code (job_id, code_id)
        select (select max(id) from job), value from json_each($1)";
    let codes = serde_json::to_string(codes).unwrap();
    sqlx::query(sql).bind(codes).execute(db).await.unwrap();
}

/// Sends goods off, as a person would: some as soon as there are many, and in the end all. Whether
/// all have left that can leave.
pub(crate) async fn ship(db: &SqlitePool, all: bool) -> bool {
    let mut db = db.acquire().await.unwrap();
    let mut write = db.begin_with("begin immediate").await.unwrap();
    let sql = "select
        (select count(*) from code left join mark_production using (report_id)
           where code.state = 'verified' and coalesce(mark_production.state, 'made')
             in ('made', 'sent', 'success')
             and not exists (select 1 from mark_shipped where code_id = code.id)),
        (select count(*) from code join mark_production using (report_id)
           where code.state = 'verified' and mark_production.state = 'success'
             and not exists (select 1 from mark_shipped where code_id = code.id)),
        (select count(*) from mark_shipment where state in ('made', 'sent')),
        (select count(*) from mark_shipment)";
    let (here, ready, open, shipments): (i64, i64, i64, i64) =
        sqlx::query_as(sql).fetch_one(&mut *write).await.unwrap();
    if ready >= LEAVE_FROM || (all && ready > 0) {
        let sql = "insert into mark_shipment
            (waybill, number, agent, country, day, papers, person, made_at)
            values ('tnttn', $1, $2, '643', '2026-11-22', '{}', 'hand', 1) returning id";
        let shipment: i64 = sqlx::query_scalar(sql)
            .bind(format!("TTN-{}", shipments + 1))
            .bind(AGENT)
            .fetch_one(&mut *write)
            .await
            .unwrap();
        let sql = "insert into mark_shipped (code_id, shipment_id)
            select code.id, $1 from code join mark_production using (report_id)
            where code.state = 'verified' and mark_production.state = 'success'
              and not exists (select 1 from mark_shipped where code_id = code.id)
            order by code.id limit $2";
        let tie = sqlx::query(sql).bind(shipment).bind(LEAVE_AT_MOST);
        tie.execute(&mut *write).await.unwrap();
    }
    write.commit().await.unwrap();
    here == 0 && open == 0
}

/// How often the reports were sent that name a code.
#[derive(Debug, Default, Clone, Copy)]
struct Sends {
    labelled: i64,
    produced: i64,
    shipped: i64,
}

/// A report of production or a shipment.
#[derive(Debug)]
struct Paper {
    state: String,
    sends: i64,
    problem: Option<String>,
}

/// What the store says of Electronic Mark.
#[derive(Debug)]
pub(crate) struct MarkBooks {
    /// The system's number of each order, how many codes, and how far it is.
    orders: Vec<(Option<String>, i64, String)>,
    sends: BTreeMap<String, Sends>,
    productions: Vec<Paper>,
    shipments: Vec<Paper>,
}

impl MarkBooks {
    pub(crate) async fn read(db: &SqlitePool) -> Self {
        let sql = "select upstream_id, quantity, state from mark_order";
        let orders = sqlx::query_as(sql).fetch_all(db).await.unwrap();
        let sql = "select code.text, report.sends, coalesce(mark_production.sends, 0),
            coalesce(mark_shipment.sends, 0)
            from code join report on report.id = code.report_id
            left join mark_production using (report_id)
            left join mark_shipped on code_id = code.id
            left join mark_shipment on mark_shipment.id = shipment_id";
        let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(sql).fetch_all(db).await.unwrap();
        let sends =
            |(text, labelled, produced, shipped)| (text, Sends { labelled, produced, shipped });
        let sends = rows.into_iter().map(sends).collect();
        let productions = papers(db, "select state, sends, problem from mark_production").await;
        let shipments = papers(db, "select state, sends, problem from mark_shipment").await;
        Self { orders, sends, productions, shipments }
    }

    /// What happened, counted.
    pub(crate) fn counts(&self) -> [(&'static str, usize); 4] {
        let again = |papers: &[Paper]| papers.iter().filter(|paper| paper.sends > 1).count();
        [
            ("productions", self.productions.len()),
            ("productions sent again", again(&self.productions)),
            ("shipments", self.shipments.len()),
            ("shipments sent again", again(&self.shipments)),
        ]
    }
}

async fn papers(db: &SqlitePool, sql: &'static str) -> Vec<Paper> {
    let rows: Vec<(String, i64, Option<String>)> = sqlx::query_as(sql).fetch_all(db).await.unwrap();
    rows.into_iter().map(|(state, sends, problem)| Paper { state, sends, problem }).collect()
}

/// Codes that were given out, and those that were more than once.
pub(crate) fn given(operator: &ElectronicMark) -> (usize, usize) {
    operator.ledger(|ledger| {
        let again = ledger.codes().filter(|(_, fate)| fate.given > 1).count();
        (ledger.given_out(), again)
    })
}

/// Every contradiction between the store and the operator, in words.
pub(crate) fn contradictions(books: &Books, operator: &ElectronicMark) -> Vec<String> {
    let mut wrong = operator.ledger(|ledger| {
        let mut wrong = lost(books, ledger);
        wrong.extend(fates(books, ledger));
        if !ledger.strangers().is_empty() {
            wrong.push(format!("told of codes that nobody made: {:?}", ledger.strangers()));
        }
        if ledger.refused_steps() > 0 {
            wrong.push(format!("{} reports came out of their order", ledger.refused_steps()));
        }
        wrong
    });
    wrong.extend(orders(books, &operator.orders()));
    let papers = books.mark.productions.iter().chain(&books.mark.shipments);
    wrong.extend(papers.filter(|paper| paper.state != "success").map(
        |Paper { state, sends, problem }| format!("ends as {state} after {sends}: {problem:?}"),
    ));
    wrong
}

/// An array can be had again and again: no code that was made is lost, and none comes from nowhere.
fn lost(books: &Books, ledger: &MarkLedger) -> Vec<String> {
    let lost = ledger.codes().filter(|(code, _)| !books.codes.contains_key(*code));
    let lost = lost.map(|(code, fate)| format!("lost of order {}: {code:?}", fate.order));
    let strange = books.codes.keys().filter(|code| ledger.fate(code).is_none());
    let strange = strange.map(|code| format!("from nowhere: {code:?}"));
    lost.chain(strange).take(10).collect()
}

/// Each step was taken once and in its order, and named at most as often as its report was sent.
fn fates(books: &Books, ledger: &MarkLedger) -> Vec<String> {
    use MarkStanding::{Manufactured, Marked, Shipped, WrittenOff};
    let mut wrong = Vec::new();
    for (code, row) in &books.codes {
        let Some(fate) = ledger.fate(code) else { continue };
        let sends = books.mark.sends.get(code).copied().unwrap_or_default();
        let steps: &[MarkStanding] = match row.state.as_str() {
            "stored" => &[],
            "verified" => &[Marked, Manufactured, Shipped],
            "rejected" | "sampled" | "scrapped" => &[WrittenOff],
            other => {
                wrong.push(format!("ends as {other}: {code:?}"));
                continue;
            }
        };
        let told = row.told == (row.state != "stored");
        if fate.steps != steps || !told || !named_in_time(fate, sends) {
            wrong.push(format!("{code:?}: {row:?}, {sends:?}; the operator: {fate:?}"));
        }
    }
    wrong.truncate(10);
    wrong
}

fn named_in_time(fate: &MarkFate, sends: Sends) -> bool {
    [
        (fate.named_marked, MarkStanding::Marked, sends.labelled),
        (fate.named_manufactured, MarkStanding::Manufactured, sends.produced),
        (fate.named_shipped, MarkStanding::Shipped, sends.shipped),
    ]
    .into_iter()
    .all(|(named, step, sends)| {
        let named = i64::from(named);
        if fate.steps.contains(&step) { (1..=sends).contains(&named) } else { named == 0 }
    })
}

/// Every order of the operator belongs to one want, and what was not refused is here.
fn orders(books: &Books, known: &[u64]) -> Vec<String> {
    let orders = &books.mark.orders;
    let ours: BTreeSet<&str> = orders.iter().filter_map(|(id, ..)| id.as_deref()).collect();
    let mut wrong = Vec::new();
    for order in known.iter().filter(|order| !ours.contains(order.to_string().as_str())) {
        wrong.push(format!("order {order} was placed, and no want knows of it"));
    }
    for (id, _, state) in orders.iter().filter(|(.., state)| state != "here" && state != "failed") {
        wrong.push(format!("order {id:?} ends as {state}"));
    }
    let failed: i64 = orders.iter().filter(|(.., state)| state == "failed").map(|row| row.1).sum();
    let short: i64 = books.wants.iter().map(|want| want.quantity - want.taken).sum();
    if short != failed {
        wrong.push(format!("{short} codes short, {failed} were refused: {:?}", books.wants));
    }
    wrong
}
