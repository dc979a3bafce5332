//! Reports to the state system: which codes are untold, which report tells them, what came of it.
use super::reports_refused as refused;
use super::{Lot, Store, StoreError};
use crate::code::{Code, CodeId, CodeText, ProductGroup};
use crate::telemetry::clock::Micros;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

/// What there is to tell of a code: each goes in a report of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Telling {
    /// It is on a product and was read back.
    Applied,
    /// Its label or product was spoiled.
    Spoiled,
    /// It was taken for quality control.
    Sampled,
}

impl Telling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Applied, Self::Spoiled, Self::Sampled];

    /// The kind of the report.
    pub const fn kind(self) -> ReportKind {
        match self {
            Self::Applied => ReportKind::Utilisation,
            Self::Spoiled | Self::Sampled => ReportKind::Dropout,
        }
    }

    /// The states of the codes that are told so, as a JSON list.
    pub(super) const fn states(self) -> &'static str {
        match self {
            Self::Applied => r#"["verified"]"#,
            Self::Spoiled => r#"["rejected", "scrapped"]"#,
            Self::Sampled => r#"["sampled"]"#,
        }
    }

    fn of_state(state: &str) -> Option<Self> {
        match state {
            "verified" => Some(Self::Applied),
            "rejected" | "scrapped" => Some(Self::Spoiled),
            "sampled" => Some(Self::Sampled),
            _ => None,
        }
    }
}

/// The kind of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportKind {
    /// Codes that are on products.
    Utilisation,
    /// Codes that are not, and never will be.
    Dropout,
    /// The same where the station has no report for it: a document of True API.
    WriteOff,
    /// Codes that are on products, which the station told itself when it gave them out.
    Automatic,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Utilisation, Self::Dropout, Self::WriteOff, Self::Automatic];

    /// The word in the store and on the pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Utilisation => "utilisation",
            Self::Dropout => "dropout",
            Self::WriteOff => "write_off",
            Self::Automatic => "automatic",
        }
    }
}

/// How far a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportState {
    /// Nothing was sent.
    Made,
    /// The station may have it.
    Sent,
    /// The station took notice of every code.
    Success,
    /// Of some.
    Partially,
    /// Of none.
    Failed,
    /// The station turned it down as a whole.
    Rejected,
    /// The station did not even accept it.
    Refused,
}

impl ReportState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Made,
        Self::Sent,
        Self::Success,
        Self::Partially,
        Self::Failed,
        Self::Rejected,
        Self::Refused,
    ];

    /// The word in the store and on the pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Sent => "sent",
            Self::Success => "success",
            Self::Partially => "partially",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
        }
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: ReportKind,
    /// The product group of all its codes.
    pub group: ProductGroup,
    /// How far it is.
    pub state: ReportState,
    /// The station's name for it.
    pub upstream_id: Option<String>,
    /// How often it was sent.
    pub sends: u32,
    /// Codes in it.
    pub codes: u64,
    /// Codes of it that the station took notice of.
    pub told: u64,
    /// When it was made.
    pub made_at: Micros,
    /// When it was first sent.
    pub first_sent_at: Option<Micros>,
    /// When it was last sent.
    pub sent_at: Option<Micros>,
    /// When it came to its end.
    pub ended_at: Option<Micros>,
    /// What stands or stood against it, for a person.
    pub problem: Option<String>,
    /// The lot of all its codes, where their product group is told by lots.
    pub lot: Lot,
}

/// Codes that no report tells yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// Their product group.
    pub group: ProductGroup,
    /// What there is to tell.
    pub telling: Telling,
    /// How many.
    pub count: u64,
}

/// How far unreported codes are counted, so that a screen can ask every second.
pub const UNREPORTED_COUNTED_MAX: u64 = 10_000;

/// Codes that the state system took no notice of yet, counted up to [`UNREPORTED_COUNTED_MAX`] in
/// each of three parts: in no report, in a report on its way, in a report that ended badly or is a
/// document for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unreported {
    /// How many, those of reports that ended badly included.
    pub count: u64,
    /// Those of them that still go their way without anybody's help.
    pub waiting: u64,
    /// There are more than were counted, and the oldest may be older.
    pub more: bool,
    /// When the oldest of those that wait and were counted got its fate.
    pub oldest_at: Option<Micros>,
}

/// The end of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEnd {
    /// The final state.
    pub state: ReportState,
    /// The codes that the station took notice of.
    pub told: Told,
    /// What stood against it.
    pub problem: Option<String>,
    /// What the station has against codes that it took no notice of, one by one.
    pub refused: Vec<Refused>,
}

/// Why the station took no notice of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The code.
    pub code: CodeId,
    /// The station's number for why.
    pub result: Option<i64>,
    /// Its words.
    pub words: String,
    /// What a person can do.
    pub remedy: String,
}

/// The codes of a report that the station took notice of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// All.
    All,
    /// Only these.
    Only(Vec<CodeId>),
}

type ReportRow = (
    i64,
    String,
    String,
    String,
    Option<String>,
    u32,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    String,
);

// `state <> 'success'` again: it lets SQLite use the index of the reports that are not over.
// Of an open report, no code is told.
const OPEN: &str = "select id, kind, product_group, state, upstream_id, sends,
      (select count(*) from code where report_id = report.id), 0,
      made_at, first_sent_at, sent_at, ended_at, problem, about
    from report where state <> 'success' and state in ('made', 'sent')
      and kind in ('utilisation', 'dropout')
      and not exists (select 1 from file_report where report_id = report.id) order by id";
const LATEST: &str = "select id, kind, product_group, state, upstream_id, sends,
      (select count(*) from code where report_id = report.id),
      (select count(*) from code where report_id = report.id and told_at is not null),
      made_at, first_sent_at, sent_at, ended_at, problem, about
    from report order by id desc limit ?";

const ONE: &str = "select id, kind, product_group, state, upstream_id, sends,
      (select count(*) from code where report_id = report.id),
      (select count(*) from code where report_id = report.id and told_at is not null),
      made_at, first_sent_at, sent_at, ended_at, problem, about
    from report where id = ?";

impl Store {
    /// Codes that could be told and that no report tells yet, counted.
    pub async fn untold(&self) -> Result<Vec<Untold>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "select product_group, state, count(*) from code
             where settled = 1 and report_id is null group by product_group, state",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("count the codes that are not told yet"))?;
        let mut untold: Vec<Untold> = Vec::new();
        for (group, state, count) in rows {
            // A doubtful code has no fate to tell, settled or not.
            let (Some(group), Some(telling)) =
                (ProductGroup::from_alias(&group), Telling::of_state(&state))
            else {
                continue;
            };
            let count = number(count);
            match untold.iter_mut().find(|u| (u.group, u.telling) == (group, telling)) {
                Some(same) => same.count += count,
                None => untold.push(Untold { group, telling, count }),
            }
        }
        Ok(untold)
    }

    /// The reports that are not at their end, oldest first.
    pub async fn open_reports(&self) -> Result<Vec<Report>, StoreError> {
        let what = "look for open reports";
        let rows: Vec<ReportRow> = sqlx::query_as(OPEN)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        rows.into_iter().map(|row| report(what, row)).collect()
    }

    /// The latest reports, newest first, for a page.
    pub async fn reports(&self, limit: u32) -> Result<Vec<Report>, StoreError> {
        let what = "look up the latest reports";
        let rows: Vec<ReportRow> = sqlx::query_as(LATEST)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        rows.into_iter().map(|row| report(what, row)).collect()
    }

    /// The report of this number.
    pub async fn report(&self, id: i64) -> Result<Option<Report>, StoreError> {
        let what = "look up a report";
        let row: Option<ReportRow> = sqlx::query_as(ONE)
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        row.map(|row| report(what, row)).transpose()
    }

    /// The codes of a report and what it tells of them.
    pub async fn told_by(&self, report: i64) -> Result<(Telling, Vec<Code>), StoreError> {
        let what = "look up the codes of a report";
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as("select id, text, state from code where report_id = ? order by id")
                .bind(report)
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking(what))?;
        let mut tellings = rows.iter().map(|(_, _, state)| Telling::of_state(state));
        let telling = tellings.next().flatten();
        let (Some(telling), true) = (telling, tellings.all(|other| other == telling)) else {
            let why = format!("report {report} has no codes, or codes of several fates");
            return Err(StoreError::Refused { what, why });
        };
        let code = |(id, text, _): (i64, String, String)| Code {
            id: CodeId(id),
            text: CodeText::new(text),
        };
        Ok((telling, rows.into_iter().map(code).collect()))
    }

    /// A report is about to be sent: from now on the station may have it.
    pub async fn report_is_sent(&self, id: i64) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update report set state = 'sent', sends = sends + 1, sent_at = ?1,
               first_sent_at = coalesce(first_sent_at, ?1)
             where id = ?2 and state in ('made', 'sent') and upstream_id is null",
        );
        self.write_one("note that a report is sent", write.bind(Micros::now().0).bind(id)).await
    }

    /// It is proven that the station did not get the report this time.
    pub async fn report_is_unsent(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update report set sends = sends - 1, state = iif(sends = 1, 'made', 'sent'),
               sent_at = iif(sends = 1, null, sent_at),
               first_sent_at = iif(sends = 1, null, first_sent_at), problem = ?
             where id = ? and state = 'sent' and upstream_id is null",
        );
        self.write_one("note that a report did not get out", write.bind(problem).bind(id)).await
    }

    /// The station has the report.
    pub async fn report_is_taken(&self, id: i64, upstream_id: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update report set upstream_id = ?, problem = null
             where id = ? and state = 'sent' and upstream_id is null",
        );
        self.write_one("note the station's name for a report", write.bind(upstream_id).bind(id))
            .await
    }

    /// Whether this is the station's name for a report of ours of which every code was taken: no
    /// other report has one of them.
    pub async fn is_told_whole(&self, upstream_id: &str) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "select exists (select 1 from report where upstream_id = ? and state = 'success')",
        )
        .bind(upstream_id)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("look for a report by the station's name"))
    }

    /// Something stands in the way of a report; nothing is given up.
    pub async fn report_is_troubled(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query("update report set problem = ? where id = ?");
        self.write_one("note the trouble of a report", write.bind(problem).bind(id)).await
    }

    /// A report is at its end, and with it the codes that the station took notice of.
    pub async fn report_ended(&self, id: i64, end: &ReportEnd) -> Result<(), StoreError> {
        let what = "note the end of a report";
        let now = Micros::now().0;
        let mut tx = self.begin(what).await?;
        let only = match &end.told {
            Told::All => None,
            Told::Only(codes) => {
                let ids: Vec<i64> = codes.iter().map(|code| code.0).collect();
                Some(serde_json::to_string(&ids).expect("numbers become JSON"))
            }
        };
        sqlx::query(
            "update code set told_at = ?1 where report_id = ?2 and told_at is null
               and (?3 is null or id in (select value from json_each(?3)))",
        )
        .bind(now)
        .bind(id)
        .bind(only)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        sqlx::query("update report set state = ?, problem = ?, ended_at = ? where id = ?")
            .bind(end.state.word())
            .bind(&end.problem)
            .bind(now)
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(what))?;
        refused::note(&mut tx, id, end, now).await.map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))
    }

    /// A write that must find its row.
    pub(super) async fn write_one(
        &self,
        what: &'static str,
        write: Query<'_, Sqlite, SqliteArguments>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(what).await?;
        let written = write.execute(&mut *tx).await.map_err(StoreError::asking(what))?;
        if written.rows_affected() == 0 {
            let why = "it is not there, or not in a state for that".to_owned();
            return Err(StoreError::Refused { what, why });
        }
        tx.commit().await.map_err(StoreError::asking(what))
    }
}

/// A lot as it stands in a report's row.
pub(super) fn lot_of(about: &str) -> Lot {
    let about: serde_json::Value = serde_json::from_str(about).unwrap_or_default();
    let word = |key: &str| about[key].as_str().unwrap_or_default().to_owned();
    Lot { batch: word("batch"), date: word("date"), best_before: word("best_before") }
}

pub(super) fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

fn report(what: &'static str, row: ReportRow) -> Result<Report, StoreError> {
    let (
        id,
        kind,
        group,
        state,
        upstream_id,
        sends,
        codes,
        told,
        made,
        first,
        sent,
        ended,
        problem,
        about,
    ) = row;
    let strange = |why: String| StoreError::Refused { what, why: format!("report {id}: {why}") };
    Ok(Report {
        id,
        kind: ReportKind::ALL
            .into_iter()
            .find(|known| known.word() == kind)
            .ok_or_else(|| strange(format!("'{kind}' is no kind of a report")))?,
        group: ProductGroup::from_alias(&group)
            .ok_or_else(|| strange(format!("'{group}' is no product group")))?,
        state: ReportState::ALL
            .into_iter()
            .find(|known| known.word() == state)
            .ok_or_else(|| strange(format!("'{state}' is no state of a report")))?,
        upstream_id,
        sends,
        codes: number(codes),
        told: number(told),
        made_at: Micros(made),
        first_sent_at: first.map(Micros),
        sent_at: sent.map(Micros),
        ended_at: ended.map(Micros),
        problem,
        lot: lot_of(&about),
    })
}
