//! The account at the end of a run: what the store believes, held against what the issuer knows.
use super::mark::{self, MarkBooks};
use super::plan::Plan;
use super::site::connect;
use markwright::sim::issuer::{Controls, Fate, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A code of the store.
#[derive(Debug)]
pub(crate) struct CodeRow {
    pub(crate) state: String,
    pub(crate) report: Option<i64>,
    pub(crate) told: bool,
}

/// An order of the store.
#[derive(Debug)]
pub(crate) struct WantRow {
    pub(crate) quantity: i64,
    pub(crate) taken: i64,
    pub(crate) state: String,
    order: Option<String>,
    problem: Option<String>,
}

/// A report of the store.
#[derive(Debug)]
pub(crate) struct ReportRow {
    pub(crate) id: i64,
    state: String,
    pub(crate) sends: i64,
    problem: Option<String>,
}

/// What the store says.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) codes: BTreeMap<String, CodeRow>,
    pub(crate) wants: Vec<WantRow>,
    pub(crate) reports: Vec<ReportRow>,
    pub(crate) mark: MarkBooks,
    set_aside: i64,
}

impl Books {
    pub(crate) async fn read(store_file: &Path) -> Self {
        let db = connect(store_file).await;
        let sql = "select text, state, report_id, told_at is not null from code";
        let rows: Vec<(String, String, Option<i64>, bool)> =
            sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        let all = rows.len();
        let code = |(text, state, report, told)| (text, CodeRow { state, report, told });
        let codes: BTreeMap<_, _> = rows.into_iter().map(code).collect();
        assert_eq!(codes.len(), all, "no text stands in the store twice");
        let sql = "select quantity, taken, state, upstream_id, problem from want order by id";
        let rows: Vec<(i64, i64, String, Option<String>, Option<String>)> =
            sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        let want = |(quantity, taken, state, order, problem)| WantRow {
            quantity,
            taken,
            state,
            order,
            problem,
        };
        let wants = rows.into_iter().map(want).collect();
        let sql = "select id, state, sends, problem from report order by id";
        let rows: Vec<(i64, String, i64, Option<String>)> =
            sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        let report = |(id, state, sends, problem)| ReportRow { id, state, sends, problem };
        let reports = rows.into_iter().map(report).collect();
        let sql = "select count(*) from set_aside";
        let set_aside = sqlx::query_scalar(sql).fetch_one(&db).await.unwrap();
        let mark = MarkBooks::read(&db).await;
        db.close().await;
        Self { codes, wants, reports, mark, set_aside }
    }
}

/// What the issuer knows of each code that it gave out.
type Given = BTreeMap<String, Fate>;

/// What is held against each other.
pub(crate) struct Account<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) books: &'a Books,
    pub(crate) controls: &'a Controls,
    /// How often somebody asked for a token.
    pub(crate) sign_ins: usize,
    /// Kills, outages and bad luck that can have cost a token on its way.
    pub(crate) hindered: usize,
}

impl Account<'_> {
    /// Every contradiction, in words.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let refused = self.plan.chances.order_refused > 0.0;
        let mut wrong = if self.plan.mark {
            mark::contradictions(self.books, self.controls.electronic_mark())
        } else {
            self.of_a_station()
        };
        if !refused && self.books.wants.iter().any(|want| want.state == "failed") {
            wrong.push(format!("an order failed that nobody refused: {:?}", self.books.wants));
        }
        wrong.extend(self.reports());
        wrong.extend(self.too_many_sign_ins());
        if self.books.set_aside > 0 {
            wrong.push(format!("{} good codes were set aside", self.books.set_aside));
        }
        wrong
    }

    fn of_a_station(&self) -> Vec<String> {
        let mut wrong = self.controls.ledger(|ledger| {
            let given: Given = ledger.codes().collect();
            let mut wrong = self.lost(&given);
            wrong.extend(self.fates(&given));
            let strangers = ledger.strangers();
            if !strangers.is_empty() {
                wrong.push(format!("told of codes that nobody gave out: {strangers:?}"));
            }
            wrong
        });
        wrong.extend(self.orders());
        wrong
    }

    /// What happened, counted.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let Books { codes, wants, reports, .. } = self.books;
        let (given, again, lost) = self.controls.ledger(|ledger| {
            let all: Vec<_> = ledger.codes().collect();
            let again = all.iter().filter(|(_, fate)| fate.given > 1).count();
            let lost = all.iter().filter(|(code, _)| !codes.contains_key(code)).count();
            (all.len(), again, lost)
        });
        let (given, again) = if self.plan.mark {
            mark::given(self.controls.electronic_mark())
        } else {
            (given, again)
        };
        let failed = wants.iter().filter(|want| want.state == "failed").count();
        let sent_again = reports.iter().filter(|report| report.sends > 1).count();
        BTreeMap::from([
            ("codes", given),
            ("codes fetched again", again),
            ("last codes lost with their answer", lost),
            ("orders", wants.len()),
            ("orders refused", failed),
            ("reports", reports.len()),
            ("reports sent again", sent_again),
            ("runs of Electronic Mark", usize::from(self.plan.mark)),
            ("runs of version 2", usize::from(self.plan.old)),
            ("runs with kills", usize::from(self.plan.kills() > 0)),
            ("runs by a stock rule", usize::from(self.plan.by_rule)),
            ("runs with signatures and sign-in", usize::from(self.plan.signs)),
            ("sign-ins", self.sign_ins),
        ])
        .into_iter()
        .chain(self.books.mark.counts())
        .collect()
    }

    /// Every code that was given out is in the store, and nothing else is. The station closes an
    /// order with its last code and gives nothing again then: if that answer is lost, this one code
    /// is lost, and the order must say so.
    fn lost(&self, given: &Given) -> Vec<String> {
        let mut wrong = Vec::new();
        for code in self.books.codes.keys().filter(|code| !given.contains_key(*code)) {
            wrong.push(format!("from nowhere: {code:?}"));
        }
        let mut lost: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (code, fate) in given.iter().filter(|(code, _)| !self.books.codes.contains_key(*code)) {
            lost.entry(&fate.order).or_default().push(code);
        }
        for (order, codes) in lost {
            let all_given = given.values().filter(|fate| fate.order == order).count();
            let want = self.books.wants.iter().find(|want| want.order.as_deref() == Some(order));
            let is_told = want.is_some_and(|want| {
                i64::try_from(all_given).unwrap() == want.quantity
                    && want.taken + 1 == want.quantity
                    && want.problem.as_deref().is_some_and(|why| why.contains("never came"))
            });
            if codes.len() > 1 || !is_told {
                wrong
                    .push(format!("lost of order {order}, {all_given} given: {codes:?}; {want:?}"));
            }
        }
        wrong
    }

    /// What the store tells of each code is what the issuer knows, and it heard it from one report.
    fn fates(&self, given: &Given) -> Vec<String> {
        let sends: BTreeMap<i64, i64> =
            self.books.reports.iter().map(|report| (report.id, report.sends)).collect();
        let mut wrong = Vec::new();
        for (code, row) in &self.books.codes {
            let Some(fate) = given.get(code) else { continue };
            let (standing, applied, spoiled) = match row.state.as_str() {
                "stored" => (Standing::Given, false, false),
                "verified" => (Standing::Utilised, true, false),
                "rejected" | "sampled" | "scrapped" => (Standing::Dropped, false, true),
                other => {
                    wrong.push(format!("ends as {other}: {code:?}"));
                    continue;
                }
            };
            let at_most = row.report.map_or(0, |report| sends[&report]);
            let fits = |named: u32, is: bool| {
                if is { (1..=at_most).contains(&i64::from(named)) } else { named == 0 }
            };
            let agrees = fate.standing == standing
                && fits(fate.utilised, applied)
                && fits(fate.dropped, spoiled)
                && row.told == (row.state != "stored");
            if !agrees {
                wrong
                    .push(format!("{code:?}: {row:?}, sent {at_most} times; the issuer: {fate:?}"));
            }
        }
        wrong.truncate(10);
        wrong
    }

    /// Every order of the issuer belongs to one want, and every want that is done has one.
    fn orders(&self) -> Vec<String> {
        let wants = &self.books.wants;
        let ours: BTreeSet<&str> = wants.iter().filter_map(|want| want.order.as_deref()).collect();
        let placed = wants.iter().filter(|want| want.order.is_some()).count();
        let mut wrong = Vec::new();
        if ours.len() != placed {
            wrong.push(format!("two wants have the same order: {wants:?}"));
        }
        let known = self.controls.orders();
        for order in known.iter().filter(|order| !ours.contains(order.as_str())) {
            wrong.push(format!("order {order} was placed, and no want knows of it"));
        }
        for want in wants.iter().filter(|want| want.state == "done") {
            let short = want.quantity - want.taken;
            let told = want.problem.as_deref().is_some_and(|why| why.contains("never came"));
            if short > i64::from(told) {
                wrong.push(format!("short: {want:?}"));
            }
        }
        wrong
    }

    /// A token is asked for once, and again only where it was taken away, where the answer to a
    /// sign-in was lost, or where the daemon died before it had kept it.
    fn too_many_sign_ins(&self) -> Option<String> {
        let signs = self.plan.signs || self.plan.mark;
        let most = if signs { 1 + self.plan.tokens_gone() + self.hindered } else { 0 };
        let found = self.sign_ins;
        (found > most).then(|| format!("{found} sign-ins, {most} expected at most"))
    }

    fn reports(&self) -> Vec<String> {
        let bad = self.books.reports.iter().filter(|report| report.state != "success");
        bad.map(|report| {
            format!("report {} ended as {}: {:?}", report.id, report.state, report.problem)
        })
        .collect()
    }
}
