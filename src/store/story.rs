//! The story of one code, from the order that brought it to the report that told of it.
use super::open::word;
use super::samples::{Rework, Sample};
use super::story_told::ToldBeside;
use super::views::ProductRow;
use super::{JournalRow, Report, Store, StoreError};
use crate::code::{Code, CodeId, CodeState, CodeText, Gtin, ProductGroup};
use crate::order::keys_to_look_up;
use crate::telemetry::clock::Micros;

/// Everything that is known of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The code.
    pub code: Code,
    /// Its product group.
    pub group: ProductGroup,
    /// Its trade item.
    pub gtin: Gtin,
    /// Its serial number.
    pub serial: String,
    /// What the trade item is called, if it is known.
    pub goods: Option<String>,
    /// Who may print it.
    pub pool: String,
    /// Where it is on its way, since when, and whether that is final.
    pub state: CodeState,
    /// See `state`.
    pub moved_at: Micros,
    /// See `state`.
    pub settled: bool,
    /// The order at the state system that brought it; nothing for a code from a file.
    pub order: Option<UpstreamOrder>,
    /// The file that brought it.
    pub file: Option<FromFile>,
    /// The order of a customer that it is for: its number, the customer's name.
    pub customer: Option<(i64, String)>,
    /// The line of `job`; empty while it is stored.
    pub line: String,
    /// The job of its product, or the last one where it was on none; and its batch.
    pub job: Option<(i64, String)>,
    /// Every job that it had a part in, in the order in which they were begun: a roll printed ahead
    /// and the job that put its labels on products are two.
    pub jobs: Vec<CodeJob>,
    /// Piece and place on a roll.
    pub on_roll: Option<(u32, u32)>,
    /// Whether a camera behind the print head has still to read it.
    pub waits_for_camera: bool,
    /// The products that it was on: one, if all is well.
    pub products: Vec<ProductRow>,
    /// Its last grade in tenths.
    pub grade: Option<u8>,
    /// What was recorded of it, oldest first.
    pub journal: Vec<JournalRow>,
    /// What a customer scanned: when, who, what it was.
    pub scans: Vec<(Micros, String, String)>,
    /// The report that tells of it.
    pub report: Option<Report>,
    /// When the state system took notice.
    pub told_at: Option<Micros>,
    /// What was told of it beside that report.
    pub beside: ToldBeside,
    /// Whether it is a sample.
    pub sample: Option<Sample>,
    /// Whether its product went back for a new label.
    pub rework: Option<Rework>,
}

/// A job that a code had a part in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CodeJob {
    /// Its number.
    pub id: i64,
    /// Its batch.
    pub batch: String,
    /// Its line.
    pub line: String,
}

/// The file that brought a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromFile {
    /// Its name.
    pub name: String,
    /// Who brought it; empty: nobody is known.
    pub person: String,
    /// When it was taken in.
    pub at: Micros,
}

/// The order that brought a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamOrder {
    /// Our number.
    pub want: i64,
    /// The station's name of the order, if it is known.
    pub upstream_id: Option<String>,
    /// When it was wanted.
    pub wanted_at: Micros,
    /// The station's name of the block, and when it came.
    pub block: String,
    /// See `block`.
    pub came_at: Micros,
}

const WHAT: &str = "tell the story of a code";
/// A grade is written within so many microseconds of its verdict.
const NEAR: i64 = 10_000_000;

const CODE: &str = "\
    select c.id, printf('%014d', c.gtin) as gtin, c.serial, c.text, c.pool, c.state, c.settled, \
    c.moved_at, c.report_id, c.told_at, c.product_group, \
    (select name from goods where goods.gtin = printf('%014d', c.gtin)) as goods \
    from json_each($1) j cross join code c \
    where c.gtin = j.value ->> 0 and c.serial = j.value ->> 1 limit 1";

/// The block that began last before this code, if it is long enough.
const ORDER: &str = "\
    select want.id, want.upstream_id, want.made_at, block.upstream_id, block.at \
    from block join want on want.id = block.want_id \
    where want.gtin = $1 and first_code <= $2 and first_code + block.quantity > $2 \
    order by first_code desc limit 1";

/// A job owns a code that it printed, and one that was found on its product.
const JOBS: &str = "\
    select id, batch, line from job where (pool = $1 and exists \
      (select 1 from job_code where job_id = job.id and code_id = $2)) \
    or id in (select job_id from product where code_id = $2) \
    order by coalesce(started_at, made_at), id";

const FILE: &str = "\
    select source, person, at from file_intake \
    where first_code = (select max(first_code) from file_intake where first_code <= $1) \
    and last_code >= $1";

impl Store {
    /// The story of the code that was scanned or typed; nothing if no such code was ever here.
    pub async fn story(&self, scan: &str) -> Result<Option<Story>, StoreError> {
        let keys: Vec<_> = keys_to_look_up(scan)
            .into_iter()
            .map(|key| (key.gtin.to_string(), key.serial))
            .collect();
        let found: Option<Row> = sqlx::query_as(CODE)
            .bind(serde_json::json!(keys).to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let Some(row) = found else { return Ok(None) };
        self.told(row).await.map(Some)
    }

    async fn told(&self, row: Row) -> Result<Story, StoreError> {
        let gtin: Gtin = word(WHAT, &row.gtin)?;
        let group = ProductGroup::from_alias(&row.product_group).ok_or_else(|| {
            let why = format!("'{}' is no product group", row.product_group);
            StoreError::Refused { what: WHAT, why }
        })?;
        let jobs = self.jobs_of_code(&row.pool, row.id).await?;
        let roll = self.roll_place(row.id).await?;
        let report = match row.report_id {
            Some(id) => self.report(id).await?,
            None => None,
        };
        let products = self.products_of(row.id).await?;
        let journal = self.journal_of(row.id).await?;
        let of_product = products.last().and_then(|product| product.job);
        let job = jobs.iter().find(|job| Some(job.id) == of_product).or(jobs.last()).cloned();
        let line = match &job {
            Some(job) => job.line.clone(),
            None => self.line_of_code(row.id).await?,
        };
        let grade = self.grade_of(row.id, &products).await?;
        let order = self.order_of(gtin, row.id).await?;
        Ok(Story {
            group,
            gtin,
            goods: row.goods,
            state: word(WHAT, &row.state)?,
            moved_at: Micros(row.moved_at),
            settled: row.settled,
            file: if order.is_some() { None } else { self.file_of(row.id).await? },
            order,
            customer: self.customer_of(&row.pool).await?,
            job: job.map(|job| (job.id, job.batch)),
            jobs,
            line,
            on_roll: roll.map(|(piece, place, _)| (piece, place)),
            waits_for_camera: roll.is_some_and(|(_, _, waits)| waits),
            grade,
            products,
            journal,
            scans: self.scans_of(row.id).await?,
            report,
            told_at: row.told_at.map(Micros),
            beside: self.told_beside(row.id, row.report_id).await?,
            sample: self.sample_of(row.id).await?,
            rework: self.rework_of(row.id).await?,
            code: Code { id: CodeId(row.id), text: CodeText::new(row.text) },
            serial: row.serial,
            pool: row.pool,
        })
    }

    /// The jobs that a code had a part in, the first one first.
    async fn jobs_of_code(&self, pool: &str, code: i64) -> Result<Vec<CodeJob>, StoreError> {
        sqlx::query_as(JOBS)
            .bind(pool)
            .bind(code)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))
    }

    /// The file that a code came with.
    async fn file_of(&self, code: i64) -> Result<Option<FromFile>, StoreError> {
        let row: Option<(String, String, i64)> = sqlx::query_as(FILE)
            .bind(code)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(row.map(|(name, person, at)| FromFile { name, person, at: Micros(at) }))
    }

    /// The line that first said something of a code.
    async fn line_of_code(&self, code: i64) -> Result<String, StoreError> {
        let line: Option<String> =
            sqlx::query_scalar("select line from journal where code_id = $1 order by id limit 1")
                .bind(code)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        Ok(line.unwrap_or_default())
    }

    /// The grade that was written with the last verdict on its product, while it is kept.
    async fn grade_of(&self, code: i64, products: &[ProductRow]) -> Result<Option<u8>, StoreError> {
        let last = products.last();
        let Some((line, judged)) = last.and_then(|last| Some((&last.line, last.judged_at?))) else {
            return Ok(None);
        };
        sqlx::query_scalar(
            "select overall from grade where line = $1 and at between $2 - $3 and $2 + $3 \
             and code_id = $4 order by id desc limit 1",
        )
        .bind(line)
        .bind(judged.0)
        .bind(NEAR)
        .bind(code)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    async fn roll_place(&self, code: i64) -> Result<Option<(u32, u32, bool)>, StoreError> {
        sqlx::query_as(
            "select piece, place, to_read = 1 and reading is null from roll_label \
             where code_id = $1",
        )
        .bind(code)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    async fn order_of(&self, gtin: Gtin, code: i64) -> Result<Option<UpstreamOrder>, StoreError> {
        let row: Option<(i64, Option<String>, i64, String, i64)> = sqlx::query_as(ORDER)
            .bind(gtin.as_str())
            .bind(code)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let order = |(want, upstream_id, wanted_at, block, came_at)| {
            let (wanted_at, came_at) = (Micros(wanted_at), Micros(came_at));
            UpstreamOrder { want, upstream_id, wanted_at, block, came_at }
        };
        Ok(row.map(order))
    }

    async fn customer_of(&self, pool: &str) -> Result<Option<(i64, String)>, StoreError> {
        let Some(order) = pool.strip_prefix("order:").and_then(|id| id.parse::<i64>().ok()) else {
            return Ok(None);
        };
        sqlx::query_as(
            "select label_order.id, person.name from label_order \
             join person on person.id = customer_id where label_order.id = $1",
        )
        .bind(order)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    async fn scans_of(&self, code: i64) -> Result<Vec<(Micros, String, String)>, StoreError> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "select at, person.name, words from scan join person on person.id = person_id \
             where order_id in (select label_order.id from label_order join code \
                on code.pool = 'order:' || label_order.id where code.id = $1) \
             and code_id = $1 order by scan.id",
        )
        .bind(code)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        Ok(rows.into_iter().map(|(at, who, words)| (Micros(at), who, words)).collect())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    gtin: String,
    serial: String,
    text: String,
    pool: String,
    state: String,
    settled: bool,
    moved_at: i64,
    report_id: Option<i64>,
    told_at: Option<i64>,
    goods: Option<String>,
    product_group: String,
}
