//! Reports that a person carries to a system without an interface, as a file.
//!
//! Such a report ties its codes like every other, before its file is written: no other report can
//! tell them. The file can be written again as often as need be; the person says what became of it.
use super::open::count;
use super::people::note;
use super::{ReportEnd, ReportState, Store, StoreError, Telling, Told};
use crate::code::{CodeId, CodeText, ProductGroup};
use crate::files::{Head, Row};
use crate::telemetry::clock::Micros;

/// Which codes go into a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileChoice {
    /// What there is to tell of them.
    pub tellings: Vec<Telling>,
    /// Only those of this job.
    pub job: Option<i64>,
    /// Only those that got their fate at this time or later.
    pub from: Option<Micros>,
    /// Only those that got their fate before this time.
    pub to: Option<Micros>,
}

/// A report that a person carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The number of the report.
    pub report: i64,
    /// `utilisation` or `dropout`.
    pub kind: String,
    /// The product group of its codes.
    pub group: String,
    /// How far it is, in one word: `sent` until the person says more.
    pub state: String,
    /// Codes in it.
    pub codes: u64,
    /// The job, if it was made for one.
    pub job: Option<i64>,
    /// Who made it.
    pub person: String,
    /// When.
    pub at: Micros,
    /// Why it was refused.
    pub problem: Option<String>,
}

/// A code as it goes into a file.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FileCode {
    /// Its number here.
    pub id: i64,
    /// The code.
    pub text: String,
    /// Its trade item.
    pub gtin: String,
    /// Its serial number.
    pub serial: String,
    /// Its product group.
    pub product_group: String,
    /// How it stands.
    pub state: String,
    /// Since when.
    pub moved_at: i64,
}

impl FileCode {
    /// As a file has it.
    pub fn row(&self) -> Row {
        Row {
            code: CodeText::new(self.text.as_str()),
            gtin: self.gtin.clone(),
            serial: self.serial.clone(),
            group: self.product_group.clone(),
            fate: self.state.clone(),
            at: moment(Micros(self.moved_at)),
        }
    }
}

impl FileChoice {
    /// Codes that are told so: `applied`, `rejected`, `all`. Nothing for another word.
    pub fn tellings(what: &str) -> Option<Vec<Telling>> {
        match what {
            "applied" => Some(vec![Telling::Applied]),
            "rejected" => Some(vec![Telling::Spoiled, Telling::Sampled]),
            "all" => Some(Telling::ALL.to_vec()),
            _ => None,
        }
    }
}

/// What a file says of itself.
pub fn file_head(what: &str, reports: &[i64]) -> Head {
    let (made_at, what, reports) = (moment(Micros::now()), what.to_owned(), reports.to_vec());
    Head { made_at, what, reports }
}

/// A moment as files have it: RFC 3339, UTC.
fn moment(at: Micros) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

const CHOSEN: &str = "settled = 1
    and state in (select value from json_each(?1))
    and (?2 is null or exists (select 1 from job_code where job_id = ?2 and code_id = code.id))
    and (?3 is null or moved_at >= ?3) and (?4 is null or moved_at < ?4)";

const REPORTS: &str = "
    select file_report.report_id, report.kind, report.product_group, report.state,
      (select count(*) from code where code.report_id = file_report.report_id),
      file_report.job_id, file_report.person, file_report.at, report.problem
    from file_report join report on report.id = file_report.report_id ";

type ReportRow = (i64, String, String, String, i64, Option<i64>, String, i64, Option<String>);

impl From<ReportRow> for FileReport {
    fn from((report, kind, group, state, codes, job, person, at, problem): ReportRow) -> Self {
        let (codes, at) = (count(codes), Micros(at));
        Self { report, kind, group, state, codes, job, person, at, problem }
    }
}

impl Store {
    /// Ties the untold codes of this choice to reports that this person will carry: one for each
    /// product group and for each thing there is to tell. Answers their numbers; none if there is
    /// nothing to tell.
    pub async fn make_file_reports(
        &self,
        choice: &FileChoice,
        person: &str,
    ) -> Result<Vec<i64>, StoreError> {
        let what = "make reports for a file";
        let asking = StoreError::asking;
        let now = Micros::now().0;
        let mut tx = self.begin(what).await?;
        let mut made = Vec::new();
        for telling in &choice.tellings {
            let groups = format!(
                "select distinct product_group from code where report_id is null and {CHOSEN}"
            );
            let groups: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(groups))
                .bind(telling.states())
                .bind(choice.job)
                .bind(choice.from.map(|at| at.0))
                .bind(choice.to.map(|at| at.0))
                .fetch_all(&mut *tx)
                .await
                .map_err(asking(what))?;
            for group in groups.iter().filter_map(|group| ProductGroup::from_alias(group)) {
                let report: i64 = sqlx::query_scalar(
                    "insert into report (kind, product_group, state, sends, made_at, sent_at)
                     values (?1, ?2, 'sent', 1, ?3, ?3) returning id",
                )
                .bind(telling.kind().word())
                .bind(group.alias())
                .bind(now)
                .fetch_one(&mut *tx)
                .await
                .map_err(asking(what))?;
                let tie = format!(
                    "update code set report_id = ?5
                     where report_id is null and product_group = ?6 and {CHOSEN}"
                );
                sqlx::query(sqlx::AssertSqlSafe(tie))
                    .bind(telling.states())
                    .bind(choice.job)
                    .bind(choice.from.map(|at| at.0))
                    .bind(choice.to.map(|at| at.0))
                    .bind(report)
                    .bind(group.alias())
                    .execute(&mut *tx)
                    .await
                    .map_err(asking(what))?;
                sqlx::query(
                    "insert into file_report (report_id, job_id, person, at) values (?, ?, ?, ?)",
                )
                .bind(report)
                .bind(choice.job)
                .bind(person)
                .bind(now)
                .execute(&mut *tx)
                .await
                .map_err(asking(what))?;
                note(&mut tx, person, "made a report by file", &format!("report {report}")).await?;
                made.push(report);
            }
        }
        tx.commit().await.map_err(asking(what))?;
        Ok(made)
    }

    /// The reports that people carry, newest first.
    pub async fn file_reports(&self, limit: u32) -> Result<Vec<FileReport>, StoreError> {
        let ask = sqlx::AssertSqlSafe(format!("{REPORTS} order by report_id desc limit ?"));
        let rows: Vec<ReportRow> = sqlx::query_as(ask)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up the reports by file"))?;
        Ok(rows.into_iter().map(FileReport::from).collect())
    }

    /// The report of this number, if a person carries it.
    pub async fn file_report(&self, report: i64) -> Result<Option<FileReport>, StoreError> {
        let ask = sqlx::AssertSqlSafe(format!("{REPORTS} where report_id = ?"));
        let row: Option<ReportRow> = sqlx::query_as(ask)
            .bind(report)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking("look up a report by file"))?;
        Ok(row.map(FileReport::from))
    }

    /// Some codes of these reports after this one, in order.
    pub async fn codes_of_files(
        &self,
        reports: &[i64],
        after: CodeId,
        limit: u32,
    ) -> Result<Vec<FileCode>, StoreError> {
        sqlx::query_as(
            "select id, text, printf('%014d', gtin) as gtin, serial, product_group, state, moved_at
             from code where report_id in (select value from json_each(?)) and id > ?
             order by id limit ?",
        )
        .bind(serde_json::to_string(reports).expect("numbers become JSON"))
        .bind(after.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up the codes of a file"))
    }

    /// Some codes of this choice after this one, in order, whether they are told or not: for a copy
    /// that ties nothing.
    pub async fn codes_of_choice(
        &self,
        choice: &FileChoice,
        after: CodeId,
        limit: u32,
    ) -> Result<Vec<FileCode>, StoreError> {
        let lists = choice.tellings.iter().map(|telling| telling.states());
        let states: Vec<String> = lists
            .flat_map(|list| serde_json::from_str::<Vec<String>>(list).unwrap_or_default())
            .collect();
        let ask = format!(
            "select id, text, printf('%014d', gtin) as gtin, serial, product_group, state, moved_at
             from code where {CHOSEN} and id > ?5 order by id limit ?6"
        );
        sqlx::query_as(sqlx::AssertSqlSafe(ask))
            .bind(serde_json::to_string(&states).expect("texts become JSON"))
            .bind(choice.job)
            .bind(choice.from.map(|at| at.0))
            .bind(choice.to.map(|at| at.0))
            .bind(after.0)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up the codes of a copy"))
    }

    /// The person says what became of a report: taken as a whole, or refused with a reason. Said
    /// once.
    pub async fn file_report_is(
        &self,
        report: i64,
        refused: Option<&str>,
        person: &str,
    ) -> Result<(), StoreError> {
        let what = "note what became of a report by file";
        let why = match self.file_report(report).await? {
            None => format!("report {report} is none that a person carries"),
            Some(known) if known.state != "sent" => {
                format!("report {report} is {} already", known.state)
            }
            Some(_) => {
                let (state, told) = match refused {
                    None => (ReportState::Success, Told::All),
                    Some(_) => (ReportState::Refused, Told::Only(Vec::new())),
                };
                let problem = refused.map(str::to_owned);
                self.report_ended(report, &ReportEnd { state, told, problem, refused: Vec::new() })
                    .await?;
                let detail = format!("report {report}: {}", refused.unwrap_or("taken"));
                return self.note(person, "said of a report by file", &detail).await;
            }
        };
        Err(StoreError::Refused { what, why })
    }
}
