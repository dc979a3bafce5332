//! What the state systems were told of the codes of a job: reports, documents, refusals.
use super::open::count;
use super::{LISTED_MAX, Paper, Store, StoreError};
use crate::telemetry::clock::Micros;

/// Everything that the state systems were told of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchTold {
    /// Reports, with production and shipments at Electronic Mark.
    pub reports: Vec<BatchReport>,
    /// Documents, the first [`LISTED_MAX`].
    pub papers: Vec<BatchPaper>,
    /// What was refused for good, by report and reason, the first [`LISTED_MAX`].
    pub refusals: Vec<BatchRefusal>,
}

/// A report that tells of codes of a job.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BatchReport {
    /// Its number.
    pub id: i64,
    /// Its name at the state system.
    pub upstream_id: Option<String>,
    /// Its kind; `production` and `shipment` are those of Electronic Mark.
    pub kind: String,
    /// How far it is.
    pub state: String,
    /// Codes of the job in it.
    pub codes: i64,
}

/// A document with codes of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPaper {
    /// The document.
    pub paper: Paper,
    /// Codes of the job in it.
    pub codes: u64,
}

/// Codes of a job that were refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRefusal {
    /// The report that they were in.
    pub report: i64,
    /// Its name at the state system.
    pub upstream_id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// The state system's words.
    pub words: String,
    /// What was decided: `open`, `again`, `written_off`, `ignored`.
    pub state: String,
    /// How many codes.
    pub codes: u64,
    /// When the first was refused.
    pub at: Micros,
}

impl BatchRefusal {
    /// Why, and what became of it.
    pub fn because(&self) -> String {
        let decided = match self.state.as_str() {
            "again" => "told again",
            "written_off" => "written off",
            "ignored" => "left as it is",
            _ => "nobody has decided yet",
        };
        format!("{}; {decided}", self.words)
    }
}

const WHAT: &str = "write the report of a batch";

const REPORTS: &str = "\
    with own as (select code.report_id as id, count(*) as codes from job_code \
      join code on code.id = job_code.code_id \
      where job_code.job_id = $1 and code.report_id is not null group by code.report_id) \
    select own.id as id, upstream_id, kind, state, codes from own join report on report.id = own.id \
    union all \
    select own.id, upstream_id, 'production', state, codes \
      from own join mark_production on report_id = own.id \
    union all \
    select mark_shipment.id, upstream_id, 'shipment', state, count(*) from job_code \
      join mark_shipped on mark_shipped.code_id = job_code.code_id \
      join mark_shipment on mark_shipment.id = shipment_id \
      where job_code.job_id = $1 group by mark_shipment.id \
    order by 1, 3 desc";

const PAPERS: &str = "\
    select paper_id, count(*) from job_code \
    join paper_code on paper_code.code_id = job_code.code_id \
    where job_code.job_id = $1 group by paper_id order by paper_id limit $2";

const REFUSALS: &str = "\
    select report_id as report, report.upstream_id, kind, words, refused.state, count(*) as codes, \
      min(refused.at) as at from job_code \
    join refused on refused.code_id = job_code.code_id join report on report.id = report_id \
    where job_code.job_id = $1 group by report_id, words, refused.state \
    order by min(refused.at), report_id limit $2";

/// A report's row, the station's name for it, kind, words, what was decided, codes, when.
type Row = (i64, Option<String>, String, String, String, i64, i64);

impl Store {
    pub(super) async fn told_of_job(&self, job: i64) -> Result<BatchTold, StoreError> {
        let most = i64::try_from(LISTED_MAX).unwrap_or(i64::MAX);
        let reports = sqlx::query_as(REPORTS)
            .bind(job)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let refusals: Vec<Row> = sqlx::query_as(REFUSALS)
            .bind(job)
            .bind(most)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let found: Vec<(i64, i64)> = sqlx::query_as(PAPERS)
            .bind(job)
            .bind(most)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let mut papers = Vec::new();
        for (id, codes) in found {
            let paper = self.paper(id).await?;
            papers.extend(paper.map(|paper| BatchPaper { paper, codes: count(codes) }));
        }
        let refusal = |(report, upstream_id, kind, words, state, codes, at): Row| {
            let (codes, at) = (count(codes), Micros(at));
            BatchRefusal { report, upstream_id, kind, words, state, codes, at }
        };
        let refusals = refusals.into_iter().map(refusal).collect();
        Ok(BatchTold { reports, papers, refusals })
    }
}
