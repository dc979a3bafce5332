//! What the state systems were told of one code beside its report: documents, refusals, production and
//! shipment.
use super::{Paper, Report, Store, StoreError};
use crate::telemetry::clock::Micros;

/// What was told of a code beside the report that tells of it now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldBeside {
    /// Times that it was refused for good, oldest first.
    pub refusals: Vec<CodeRefusal>,
    /// Documents that it is in, oldest first.
    pub papers: Vec<Paper>,
    /// Electronic Mark: its report of production.
    pub production: Option<MarkedStep>,
    /// Electronic Mark: its shipment.
    pub shipment: Option<MarkedStep>,
}

/// A code was refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRefusal {
    /// The report that it was in.
    pub report: Report,
    /// When.
    pub at: Micros,
    /// The state system's words.
    pub words: String,
    /// What was decided, when, by whom and why; nothing while nobody did.
    pub decided: Option<RefusalDecided>,
}

/// What a person decided about a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalDecided {
    /// The word of the decision.
    pub what: String,
    /// When.
    pub at: Micros,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// A step at Electronic Mark after labelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedStep {
    /// Our number: of a shipment, or of the labelling report that production follows.
    pub id: i64,
    /// The system's name for it.
    pub upstream_id: Option<String>,
    /// `made`, `sent`, `success`, `partially`, `failed` or `refused`.
    pub state: String,
    /// When it was made.
    pub made_at: Micros,
    /// When it was last sent.
    pub sent_at: Option<Micros>,
    /// When it came to its end.
    pub ended_at: Option<Micros>,
    /// Whether this code was not taken.
    pub not_taken: bool,
    /// The waybill and the person who asked for it; of production, nothing.
    pub detail: String,
}

const WHAT: &str = "tell the story of a code";

const PRODUCTION: &str = "\
    select report_id as id, upstream_id, state, made_at, sent_at, ended_at, '' as detail, \
      state in ('failed', 'refused') \
        or exists (select 1 from mark_unproduced where code_id = $2) as not_taken \
    from mark_production where report_id = $1";

const SHIPMENT: &str = "\
    select id, upstream_id, state, made_at, sent_at, ended_at, \
      waybill || ' ' || number || ', ' || person as detail, state = 'refused' as not_taken \
    from mark_shipped join mark_shipment on id = shipment_id where code_id = $2 and $1 is $1";

#[derive(sqlx::FromRow)]
struct RefusedRow {
    report_id: i64,
    at: i64,
    words: String,
    state: String,
    decided_at: Option<i64>,
    person: Option<String>,
    reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct StepRow {
    id: i64,
    upstream_id: Option<String>,
    state: String,
    made_at: i64,
    sent_at: Option<i64>,
    ended_at: Option<i64>,
    not_taken: bool,
    detail: String,
}

impl Store {
    /// Everything that was told of a code beside its report.
    pub(super) async fn told_beside(
        &self,
        code: i64,
        report: Option<i64>,
    ) -> Result<ToldBeside, StoreError> {
        Ok(ToldBeside {
            refusals: self.refusals_of(code).await?,
            papers: self.papers_of_code(code).await?,
            production: self.mark_step(PRODUCTION, code, report).await?,
            shipment: self.mark_step(SHIPMENT, code, report).await?,
        })
    }

    async fn refusals_of(&self, code: i64) -> Result<Vec<CodeRefusal>, StoreError> {
        let rows: Vec<RefusedRow> = sqlx::query_as(
            "select report_id, at, words, state, decided_at, person, reason from refused \
             where code_id = $1 order by id",
        )
        .bind(code)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let mut refusals = Vec::new();
        for row in rows {
            let Some(report) = self.report(row.report_id).await? else { continue };
            let decided = row.decided_at.map(|at| RefusalDecided {
                what: row.state,
                at: Micros(at),
                person: row.person.unwrap_or_default(),
                reason: row.reason.unwrap_or_default(),
            });
            refusals.push(CodeRefusal { report, at: Micros(row.at), words: row.words, decided });
        }
        Ok(refusals)
    }

    async fn papers_of_code(&self, code: i64) -> Result<Vec<Paper>, StoreError> {
        let rule = "where id in (select paper_id from paper_code where code_id = ?) order by id";
        self.papers_where(rule, code).await
    }

    async fn mark_step(
        &self,
        sql: &'static str,
        code: i64,
        report: Option<i64>,
    ) -> Result<Option<MarkedStep>, StoreError> {
        let row: Option<StepRow> = sqlx::query_as(sql)
            .bind(report)
            .bind(code)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(row.map(MarkedStep::from))
    }
}

impl From<StepRow> for MarkedStep {
    fn from(row: StepRow) -> Self {
        Self {
            id: row.id,
            upstream_id: row.upstream_id,
            state: row.state,
            made_at: Micros(row.made_at),
            sent_at: row.sent_at.map(Micros),
            ended_at: row.ended_at.map(Micros),
            not_taken: row.not_taken,
            detail: row.detail,
        }
    }
}
