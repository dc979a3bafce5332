//! What a screen of a line asks beside the line's own view: the job, codes left, what is not reported.
use super::{AlarmsOnScreen, Store, StoreError, Unreported};

/// What the store knows and the line's view does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenFacts {
    /// The job that runs, or else the one that ran last.
    pub job: Option<JobOnScreen>,
    /// Codes that can still be printed.
    pub stored: u64,
    /// Codes whose fate a person must settle.
    pub doubtful: u64,
    /// What the state system does not know yet.
    pub unreported: Unreported,
    /// Why codes do not come: what stands in the way of the last order for this pool.
    pub order_trouble: Option<String>,
    /// Why reports do not get through.
    pub report_trouble: Option<String>,
    /// Alarms that are not shown, and those of which nobody has taken notice.
    pub alarms: AlarmsOnScreen,
}

/// A job, for a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOnScreen {
    /// The number in our store.
    pub id: i64,
    /// The trade item.
    pub gtin: String,
    /// Its name; the GTIN again where the goods are not known.
    pub name: String,
    /// How many; 0 = until somebody stops it.
    pub planned: u64,
    /// Its state, as in the table `job`.
    pub state: String,
}

/// Of the last want of a pool; a want that went well has none.
const ORDER_TROUBLE: &str = "select problem from want where pool = $1 order by id desc limit 1";
/// Of the newest report that is not told; `$1` is not used.
const REPORT_TROUBLE: &str = "\
    select problem from report where state <> 'success' and problem is not null and $1 = '' \
    order by id desc limit 1";

impl Store {
    /// What a screen of this line shows beside its view. `pool` is asked where no job is known.
    pub async fn screen_facts(&self, line: &str, pool: &str) -> Result<ScreenFacts, StoreError> {
        let (job, pool) = match self.job_on_screen(line).await? {
            Some((job, pool)) => (Some(job), pool),
            None => (None, pool.to_owned()),
        };
        Ok(ScreenFacts {
            job,
            stored: self.codes_in(&pool, "stored").await?,
            doubtful: self.codes_in(&pool, "doubtful").await?,
            unreported: self.unreported().await?,
            order_trouble: self.trouble(ORDER_TROUBLE, &pool).await?,
            report_trouble: self.trouble(REPORT_TROUBLE, "").await?,
            alarms: self.alarms_on_screen(line).await?,
        })
    }

    async fn trouble(&self, sql: &'static str, pool: &str) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = sqlx::query_scalar(sql)
            .bind(pool)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("look for trouble with the state system"))?;
        Ok(found.flatten())
    }

    async fn job_on_screen(&self, line: &str) -> Result<Option<(JobOnScreen, String)>, StoreError> {
        let row: Option<(i64, String, String, i64, String, String)> = sqlx::query_as(
            "select job.id, job.gtin, coalesce(goods.name, job.gtin), planned, state, pool
             from job left join goods on goods.gtin = job.gtin
             where line = ? and state in ('running', 'done')
             order by state = 'running' desc, job.id desc limit 1",
        )
        .bind(line)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking("find the job of a line"))?;
        Ok(row.map(|(id, gtin, name, planned, state, pool)| {
            (JobOnScreen { id, gtin, name, planned: count(planned), state }, pool)
        }))
    }

    async fn codes_in(&self, pool: &str, state: &'static str) -> Result<u64, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select n from tally where pool = ? and state = ?")
                .bind(pool)
                .bind(state)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking("count the codes of a pool"))?;
        Ok(row.map_or(0, |(n,)| count(n)))
    }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::UNREPORTED_COUNTED_MAX;
    use super::*;
    use crate::telemetry::clock::Micros;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("screen.db")).await.unwrap();
        (folder, store)
    }

    async fn run(store: &Store, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&store.writer).await.unwrap();
    }

    #[tokio::test]
    async fn an_empty_store_has_nothing_to_show() {
        let (_folder, store) = store().await;
        let facts = store.screen_facts("one", "line:one").await.unwrap();
        assert_eq!(
            facts,
            ScreenFacts {
                job: None,
                stored: 0,
                doubtful: 0,
                unreported: Unreported::default(),
                order_trouble: None,
                report_trouble: None,
                alarms: AlarmsOnScreen::default(),
            }
        );
    }

    #[tokio::test]
    async fn the_running_job_goes_before_the_last_one_and_brings_its_pool() {
        let (_folder, store) = store().await;
        run(
            &store,
            "insert into goods (gtin, name, product_group) values ('04810093011694', 'Milk', 'milk');
             insert into job (line, scenario, pool, gtin, design, planned, state, made_at) values
                 ('one', 'print_apply', 'line:one', '04810093011694', 'd', 50, 'running', 1),
                 ('one', 'print_apply', 'other', '04600000000000', 'd', 9, 'done', 2);
             insert into code (pool, gtin, serial, tail, product_group, moved_at) values
                 ('line:one', 4810093011694, 'a', '', 'milk', 1),
                 ('line:one', 4810093011694, 'b', '', 'milk', 1),
                 ('other', 4810093011694, 'c', '', 'milk', 1)",
        )
        .await;
        let facts = store.screen_facts("one", "nothing").await.unwrap();
        let job = facts.job.unwrap();
        assert_eq!((job.name.as_str(), job.planned), ("Milk", 50));
        assert_eq!(facts.stored, 2);
    }

    #[tokio::test]
    async fn a_screen_never_counts_further_than_a_person_reads() {
        let (_folder, store) = store().await;
        run(
            &store,
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10002)
             insert into code (pool, gtin, serial, tail, product_group, moved_at)
             select 'p', 1, i, '', 'milk', i from n;
             update code set state = 'scrapped', settled = 1",
        )
        .await;
        let unreported = store.screen_facts("one", "p").await.unwrap().unreported;
        assert_eq!((unreported.count, unreported.more), (UNREPORTED_COUNTED_MAX, true));
        assert_eq!(unreported.oldest_at, Some(Micros(1)));
    }

    #[tokio::test]
    async fn what_stands_in_the_way_of_codes_and_reports_is_shown_until_it_is_gone() {
        let (_folder, store) = store().await;
        run(
            &store,
            "insert into want (pool, gtin, product_group, quantity, state, problem, made_at, moved_at)
             values ('line:one', '04810093011694', 'milk', 5, 'placing', 'station away', 1, 1);
             insert into report (kind, product_group, state, made_at, problem)
             values ('utilisation', 'milk', 'made', 1, 'token refused')",
        )
        .await;
        let facts = store.screen_facts("one", "line:one").await.unwrap();
        assert_eq!(facts.order_trouble.as_deref(), Some("station away"));
        assert_eq!(facts.report_trouble.as_deref(), Some("token refused"));
        run(
            &store,
            "update want set state = 'done', problem = null;
             update report set state = 'success'",
        )
        .await;
        let facts = store.screen_facts("one", "line:one").await.unwrap();
        assert_eq!((facts.order_trouble, facts.report_trouble), (None, None));
    }
}
