//! The hand that gives codes their fate, instead of a line: straight in the store, by legal steps.
use super::mark;
use super::plan::Plan;
use super::site::connect;
use markwright::sim::dice::Dice;
use sqlx::{Connection as _, SqlitePool};
use std::path::{Path, PathBuf};

const FOR_FATES: u64 = 4;
/// Codes that get their fate at once.
const AT_ONCE: u32 = 700;

/// How far a store has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Wants that were made, and those that are still open.
    wants: i64,
    open_wants: i64,
    /// Wants that brought less than was wanted: a rule rests then.
    bad_wants: i64,
    /// Codes without a fate.
    stored: i64,
    /// Codes with a fate that no report tells, and reports that are on their way.
    untold: i64,
    open_reports: i64,
}

/// Gives fates to codes of one store.
pub(crate) struct Hand {
    store_file: PathBuf,
    seed: u64,
    /// Orders that a rule makes as long as all codes get a fate.
    orders: i64,
    by_rule: bool,
    mark: bool,
}

impl Hand {
    pub(crate) fn new(plan: &Plan, store_file: &Path) -> Self {
        let orders = i64::try_from(plan.orders.len()).unwrap();
        let (store_file, seed) = (store_file.to_owned(), plan.seed);
        Self { store_file, seed, orders, by_rule: plan.by_rule, mark: plan.mark }
    }

    /// Gives some codes their fate. Whether everything is done that was to be done.
    pub(crate) async fn work(&self) -> (bool, Progress) {
        let db = connect(&self.store_file).await;
        let before = progress(&db).await;
        let rests = self.rests(before);
        if before.stored > rests {
            self.give_fates(&db, rests).await;
        }
        let now = progress(&db).await;
        let all_came = now.open_wants == 0 && self.no_more_come(now);
        let all_told = now.stored <= self.rests(now) && now.untold + now.open_reports == 0;
        let done = all_came && all_told;
        let all_left = !self.mark || mark::ship(&db, done).await;
        db.close().await;
        (done && all_left, now)
    }

    fn no_more_come(&self, now: Progress) -> bool {
        now.wants >= self.orders || (self.by_rule && now.bad_wants > 0)
    }

    /// Codes that stay in stock, so that a rule orders no more.
    fn rests(&self, now: Progress) -> i64 {
        i64::from(self.by_rule && self.no_more_come(now))
    }

    async fn give_fates(&self, db: &SqlitePool, rests: i64) {
        let mut db = db.acquire().await.unwrap();
        let mut write = db.begin_with("begin immediate").await.unwrap();
        let sql = "select id from code where state = 'stored' order by id limit $1";
        let mut ids: Vec<i64> =
            sqlx::query_scalar(sql).bind(AT_ONCE).fetch_all(&mut *write).await.unwrap();
        let left: i64 = sqlx::query_scalar("select count(*) from code where state = 'stored'")
            .fetch_one(&mut *write)
            .await
            .unwrap();
        let may = usize::try_from(left - rests).unwrap_or_default();
        ids.truncate(may);
        if self.mark {
            mark::of_the_job(&mut write, &ids).await;
        }
        for steps in [
            ["sent", "printed", "verified"].as_slice(),
            &["sent", "printed", "applied", "rejected"],
            &["sent", "printed", "sampled"],
            &["sent", "scrapped"],
        ] {
            let fate = steps.last().unwrap();
            let of_fate: Vec<i64> =
                ids.iter().copied().filter(|id| self.fate(*id) == *fate).collect();
            let list = serde_json::to_string(&of_fate).unwrap();
            for step in steps {
                let sql = "update code set state = $1, moved_at = moved_at + 1,
                    settled = ($1 in ('verified', 'rejected', 'sampled', 'scrapped'))
                    where id in (select value from json_each($2))";
                sqlx::query(sql).bind(step).bind(&list).execute(&mut *write).await.unwrap();
            }
        }
        write.commit().await.unwrap();
    }

    fn fate(&self, id: i64) -> &'static str {
        let dice = &mut Dice::of(self.seed, FOR_FATES ^ id.cast_unsigned() << 8);
        match dice.roll(100) {
            0..80 => "verified",
            80..92 => "rejected",
            92..96 => "sampled",
            _ => "scrapped",
        }
    }
}

async fn progress(db: &SqlitePool) -> Progress {
    let sql = "select (select count(*) from want),
        (select count(*) from want where state not in ('done', 'failed')),
        (select count(*) from want where state = 'failed' or taken < quantity and state = 'done'),
        (select count(*) from code where state = 'stored'),
        (select count(*) from code where settled = 1 and report_id is null),
        (select count(*) from report where state in ('made', 'sent'))";
    let (wants, open_wants, bad_wants, stored, untold, open_reports) =
        sqlx::query_as(sql).fetch_one(db).await.unwrap();
    Progress { wants, open_wants, bad_wants, stored, untold, open_reports }
}
