//! Codes that the state system refused for good, and what people decide about them.
use super::reports::number;
use super::{Lot, ReportEnd, ReportKind, Store, StoreError, reports_make};
use crate::code::{CodeText, ProductGroup};
use crate::telemetry::clock::Micros;
use serde_json::json;
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeMap;

/// Codes of one report that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedGroup {
    /// The report.
    pub report: i64,
    /// Its kind.
    pub kind: String,
    /// The product group's alias.
    pub group: String,
    /// The station's number for why; nothing if it said nothing of the codes.
    pub result: Option<i64>,
    /// Its words.
    pub words: String,
    /// What a person can do.
    pub remedy: String,
    /// How many codes.
    pub codes: u64,
    /// The first of them, without its check part.
    pub first: String,
    /// When the first was refused.
    pub at: Micros,
}

/// What was decided about refused codes, for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedDecided {
    /// The report.
    pub report: i64,
    /// The word of the decision.
    pub decision: String,
    /// How many codes.
    pub codes: u64,
    /// Who decided.
    pub person: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Micros,
}

/// What a person decides about refused codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedDecision {
    /// What stood against them is mended: they are told again.
    Again,
    /// They are written off.
    WriteOff,
    /// It is known elsewhere, or does not matter.
    Ignore,
}

impl RefusedDecision {
    /// Every decision.
    pub const ALL: [Self; 3] = [Self::Again, Self::WriteOff, Self::Ignore];

    /// The word in the store and in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::WriteOff => "written_off",
            Self::Ignore => "ignored",
        }
    }

    /// By its word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }
}

/// The refused codes of one report with one reason, that a person decides about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedChoice {
    /// The report.
    pub report: i64,
    /// The station's number for why.
    pub result: Option<i64>,
    /// What is decided.
    pub decision: RefusedDecision,
    /// Who decides.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// Notes what the station has against codes of a report that ended.
pub(super) async fn note(
    tx: &mut Transaction<'static, Sqlite>,
    report: i64,
    end: &ReportEnd,
    now: i64,
) -> Result<(), sqlx::Error> {
    let said: Vec<_> =
        end.refused.iter().map(|r| json!([r.code.0, r.result, r.words, r.remedy])).collect();
    let otherwise = end.problem.as_deref().unwrap_or("the station gives no reason");
    sqlx::query(
        "insert into refused (code_id, report_id, result, words, remedy, at)
         select code.id, ?1, said.value ->> 1, coalesce(said.value ->> 2, ?3),
           coalesce(said.value ->> 3, 'correct what it says, then send again'), ?4
         from code left join json_each(?2) said on said.value ->> 0 = code.id
         where code.report_id = ?1 and code.told_at is null
         on conflict do nothing",
    )
    .bind(report)
    .bind(serde_json::to_string(&said).expect("numbers and texts become JSON"))
    .bind(otherwise)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Store {
    /// The station said how a report ended, and not yet what became of its codes. Answers since
    /// when that is so.
    pub async fn receipt_is_late(&self, id: i64) -> Result<Micros, StoreError> {
        let what = "note that a receipt is late";
        let mut tx = self.begin(what).await?;
        let since = sqlx::query_scalar(
            "update report set receipt_late_at = coalesce(receipt_late_at, ?) where id = ?
             returning receipt_late_at",
        )
        .bind(Micros::now().0)
        .bind(id)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(Micros(since))
    }

    /// Codes of this report that were in an earlier one of which the station took a part, without
    /// saying which: its name for that one, and the codes.
    pub async fn heard_nothing_of(
        &self,
        report: i64,
    ) -> Result<BTreeMap<String, Vec<CodeText>>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select earlier.upstream_id, code.text
             from code join refused on refused.code_id = code.id
               join report earlier on earlier.id = refused.report_id
             where code.report_id = ?1 and earlier.id <> ?1 and refused.result is null
               and earlier.state = 'partially' and earlier.upstream_id is not null",
        )
        .bind(report)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look for earlier reports of the same codes"))?;
        let mut by_report: BTreeMap<String, Vec<CodeText>> = BTreeMap::new();
        for (earlier, text) in rows {
            by_report.entry(earlier).or_default().push(CodeText::new(text));
        }
        Ok(by_report)
    }

    /// Refused codes that wait for a decision, by report and reason, the latest first.
    pub async fn refused(&self) -> Result<Vec<RefusedGroup>, StoreError> {
        type Row = (i64, String, String, Option<i64>, String, String, i64, String, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "select report_id, kind, product_group, result, words, remedy, codes,
               (select text from code where id = first), at
             from (select r.report_id, report.kind, report.product_group, r.result,
                     min(r.words) as words, max(r.remedy) as remedy, count(*) as codes,
                     min(r.code_id) as first, min(r.at) as at
                   from refused r join report on report.id = r.report_id
                   where r.state = 'open' group by r.report_id, r.result)
             order by report_id desc limit 200",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up the refused codes"))?;
        let group =
            |(report, kind, group, result, words, remedy, codes, first, at): Row| RefusedGroup {
                report,
                kind,
                group,
                result,
                words,
                remedy,
                codes: number(codes),
                first: CodeText::new(first).identification().to_owned(),
                at: Micros(at),
            };
        Ok(rows.into_iter().map(group).collect())
    }

    /// The identifications of refused codes of one report and reason, at most so many.
    pub async fn refused_codes(
        &self,
        report: i64,
        result: Option<i64>,
        at_most: u32,
    ) -> Result<Vec<String>, StoreError> {
        let texts: Vec<String> = sqlx::query_scalar(
            "select code.text from refused join code on code.id = refused.code_id
             where refused.report_id = ? and refused.result is ? and refused.state = 'open'
             order by code.id limit ?",
        )
        .bind(report)
        .bind(result)
        .bind(at_most)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up refused codes"))?;
        let bare = |text: String| CodeText::new(text).identification().to_owned();
        Ok(texts.into_iter().map(bare).collect())
    }

    /// What was decided lately.
    pub async fn refused_decided(&self, limit: u32) -> Result<Vec<RefusedDecided>, StoreError> {
        type Row = (i64, String, i64, String, String, i64);
        let rows: Vec<Row> = sqlx::query_as(
            "select report_id, state, count(*), person, reason, decided_at from refused
             where state <> 'open' group by report_id, state, person, reason, decided_at
             order by decided_at desc limit ?",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up what was decided about refused codes"))?;
        let decided = |(report, decision, codes, person, reason, at): Row| {
            let (codes, at) = (number(codes), Micros(at));
            RefusedDecided { report, decision, codes, person, reason, at }
        };
        Ok(rows.into_iter().map(decided).collect())
    }

    /// A person decides about refused codes. Answers how many. Those to be told again wait for a
    /// report as if they were new; those to be written off are tied to a document.
    pub async fn decide_refused(&self, choice: &RefusedChoice) -> Result<u64, StoreError> {
        let what = "decide about refused codes";
        let asking = StoreError::asking;
        let now = Micros::now().0;
        let mut tx = self.begin(what).await?;
        let decided = sqlx::query(
            "update refused set state = ?1, decided_at = ?2, person = ?3, reason = ?4
             where report_id = ?5 and result is ?6 and state = 'open'",
        )
        .bind(choice.decision.word())
        .bind(now)
        .bind(&choice.person)
        .bind(&choice.reason)
        .bind(choice.report)
        .bind(choice.result)
        .execute(&mut *tx)
        .await
        .map_err(asking(what))?;
        let to = match choice.decision {
            RefusedDecision::Ignore => None,
            RefusedDecision::Again => Some(None),
            RefusedDecision::WriteOff => {
                Some(Some(write_off(&mut tx, choice.report).await.map_err(asking(what))?))
            }
        };
        if let Some(report) = to {
            sqlx::query(
                "update code set report_id = ?1 where report_id = ?2 and told_at is null
                   and id in (select code_id from refused where report_id = ?2 and result is ?3
                                and decided_at = ?4)",
            )
            .bind(report)
            .bind(choice.report)
            .bind(choice.result)
            .bind(now)
            .execute(&mut *tx)
            .await
            .map_err(asking(what))?;
        }
        tx.commit().await.map_err(asking(what))?;
        Ok(decided.rows_affected())
    }
}

/// A document for the codes of this report.
async fn write_off(tx: &mut Transaction<'static, Sqlite>, report: i64) -> Result<i64, sqlx::Error> {
    let group: String = sqlx::query_scalar("select product_group from report where id = ?")
        .bind(report)
        .fetch_one(&mut **tx)
        .await?;
    let group = ProductGroup::from_alias(&group)
        .ok_or_else(|| sqlx::Error::Protocol(format!("'{group}' is no product group")))?;
    reports_make::insert(tx, ReportKind::WriteOff, group, &Lot::default()).await
}
