//! What pages show of a line, its products and its journal.
use super::open::word;
use super::{Store, StoreError};
use crate::code::{CodeId, CodeState, CodeText};
use crate::line::{Fate, PictureId, RejectReason, Tag, Verdict};
use crate::telemetry::clock::Micros;

/// A product, as far as its way is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// Its tag. Tags start anew when the PLC does.
    pub tag: Tag,
    /// The line that it was on, and the job.
    pub line: String,
    /// See `line`.
    pub job: Option<i64>,
    /// When it passed the infeed eye.
    pub seen_at: Micros,
    /// The code on its label.
    pub code: Option<CodeId>,
    /// The serial number of that code.
    pub serial: Option<String>,
    /// Good, or why not.
    pub verdict: Option<Verdict>,
    /// The picture that the verdict comes from.
    pub picture: Option<PictureId>,
    /// When it was judged.
    pub judged_at: Option<Micros>,
    /// What became of it.
    pub fate: Option<Fate>,
}

/// An alarm that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRow {
    /// Its kind, such as `printer.out_of_labels`.
    pub kind: String,
    /// What is wrong and what to do.
    pub words: String,
    /// Since when.
    pub raised_at: Micros,
}

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place in the order.
    pub id: i64,
    /// The line that recorded it.
    pub line: String,
    /// When it was written down.
    pub at: Micros,
    /// What kind of record.
    pub kind: String,
    /// What it says, as JSON; codes by their numbers only.
    pub body: String,
}

const VERDICTS: &str = "look up the last verdicts";
const JOURNAL: &str = "read the journal";
const TRACE: &str = "trace a code";

impl Store {
    /// Every code of a pool that was ever handed to a printer, and its state.
    pub async fn codes_handed_over(
        &self,
        pool: &str,
    ) -> Result<Vec<(CodeText, CodeState)>, StoreError> {
        const WHAT: &str = "list the codes that were handed over";
        let rows: Vec<(String, String)> = sqlx::query_as(
            "select text, state from code where pool = $1 and state <> 'stored' order by id",
        )
        .bind(pool)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let read = |(text, state): (String, String)| Ok((CodeText::new(text), word(WHAT, &state)?));
        rows.into_iter().map(read).collect()
    }

    /// The products of a line that were judged last, newest first.
    pub async fn last_verdicts(
        &self,
        line: &str,
        limit: u32,
    ) -> Result<Vec<ProductRow>, StoreError> {
        let rows: Vec<RawProduct> = sqlx::query_as(
            "select product.*, code.serial from product \
             left join code on code.id = product.code_id \
             where product.line = $1 and product.judged_at is not null \
             order by product.id desc limit $2",
        )
        .bind(line)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(VERDICTS))?;
        Ok(rows.into_iter().map(ProductRow::from).collect())
    }

    /// The alarms of a line that stand, the first one first.
    pub async fn standing_alarms(&self, line: &str) -> Result<Vec<AlarmRow>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "select kind, words, raised_at from alarm \
             where line = $1 and cleared_at is null order by id",
        )
        .bind(line)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up alarms"))?;
        let alarm = |(kind, words, at)| AlarmRow { kind, words, raised_at: Micros(at) };
        Ok(rows.into_iter().map(alarm).collect())
    }

    /// What a line recorded before this place (or last), newest first.
    pub async fn journal(
        &self,
        line: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<JournalRow>, StoreError> {
        let rows: Vec<RawJournal> = sqlx::query_as(
            "select id, line, at, kind, body from journal \
             where line = $1 and id < $2 order by id desc limit $3",
        )
        .bind(line)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(JOURNAL))?;
        Ok(rows.into_iter().map(JournalRow::from).collect())
    }

    pub(super) async fn products_of(&self, code: i64) -> Result<Vec<ProductRow>, StoreError> {
        let rows: Vec<RawProduct> = sqlx::query_as(
            "select product.*, code.serial from product \
             join code on code.id = product.code_id \
             where product.code_id = $1 order by product.id",
        )
        .bind(code)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(TRACE))?;
        Ok(rows.into_iter().map(ProductRow::from).collect())
    }

    pub(super) async fn journal_of(&self, code: i64) -> Result<Vec<JournalRow>, StoreError> {
        let rows: Vec<RawJournal> = sqlx::query_as(
            "select id, line, at, kind, body from journal where code_id = $1 order by id",
        )
        .bind(code)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(TRACE))?;
        Ok(rows.into_iter().map(JournalRow::from).collect())
    }
}

type RawJournal = (i64, String, i64, String, String);

impl From<RawJournal> for JournalRow {
    fn from((id, line, at, kind, body): RawJournal) -> Self {
        Self { id, line, at: Micros(at), kind, body }
    }
}

#[derive(sqlx::FromRow)]
struct RawProduct {
    tag: u32,
    line: String,
    job_id: Option<i64>,
    seen_at: i64,
    code_id: Option<i64>,
    serial: Option<String>,
    verdict: Option<String>,
    reason: Option<String>,
    picture: Option<i64>,
    judged_at: Option<i64>,
    fate: Option<String>,
}

impl From<RawProduct> for ProductRow {
    fn from(raw: RawProduct) -> Self {
        Self {
            tag: Tag(raw.tag),
            line: raw.line,
            job: raw.job_id,
            seen_at: Micros(raw.seen_at),
            code: raw.code_id.map(CodeId),
            serial: raw.serial,
            verdict: verdict(raw.verdict.as_deref(), raw.reason.as_deref()),
            picture: raw.picture.map(|picture| PictureId(picture.cast_unsigned())),
            judged_at: raw.judged_at.map(Micros),
            fate: raw.fate.as_deref().and_then(fate),
        }
    }
}

/// `good` or a reason; a bad product always has one.
fn verdict(verdict: Option<&str>, reason: Option<&str>) -> Option<Verdict> {
    if verdict == Some("good") {
        return Some(Verdict::Good);
    }
    RejectReason::ALL.into_iter().find(|r| Some(r.word()) == reason).map(Verdict::Bad)
}

fn fate(word: &str) -> Option<Fate> {
    [Fate::Verified, Fate::Rejected, Fate::Sampled, Fate::Unaccounted]
        .into_iter()
        .find(|fate| fate.word() == word)
}
