//! Documents for True API: made and tied to their codes before anything is sent, followed to their
//! end.
use super::open::count;
use super::paper_words::{Origin, PaperState};
use super::papers_make::{bare, make};
use super::people::note;
use super::{Store, StoreError};
use crate::code::ProductGroup;
use crate::order::{Facts, PaperKind};
use crate::telemetry::clock::Micros;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: PaperKind,
    /// The product group of its codes.
    pub group: ProductGroup,
    /// What it is about.
    pub origin: Origin,
    /// How far it is.
    pub state: PaperState,
    /// True API's name for it.
    pub upstream_id: Option<String>,
    /// How often it was sent.
    pub sends: u32,
    /// Codes in it.
    pub codes: u64,
    /// Who made it.
    pub person: String,
    /// When it was made.
    pub made_at: Micros,
    /// When it was first sent.
    pub first_sent_at: Option<Micros>,
    /// When it was last sent.
    pub sent_at: Option<Micros>,
    /// When it came to its end.
    pub ended_at: Option<Micros>,
    /// What stands or stood against it.
    pub problem: Option<String>,
    /// What True API found wrong.
    pub errors: Vec<String>,
}

/// A document that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaperMade {
    /// Its number.
    pub id: i64,
    /// Codes in it.
    pub codes: u64,
    /// Codes that would belong to it, but that the state system was not told of yet.
    pub not_told: u64,
}

/// The end of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperEnd {
    /// The final state.
    pub state: PaperState,
    /// What stands against it, in words of ours.
    pub problem: Option<String>,
    /// What True API found wrong.
    pub errors: Vec<String>,
}

/// What a person decides about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaperDecision {
    /// It was looked for at the state system and is not there: it is sent again.
    SendAgain,
    /// It is there, under this name.
    IsThere(String),
    /// It is not to be sent at all.
    Withdraw,
}

pub(super) const WHAT: &str = "make a document";
const MOVE: &str = "move a document";

#[derive(sqlx::FromRow)]
struct PaperRow {
    id: i64,
    kind: String,
    product_group: String,
    origin: String,
    state: String,
    upstream_id: Option<String>,
    sends: u32,
    codes: i64,
    person: String,
    made_at: i64,
    first_sent_at: Option<i64>,
    sent_at: Option<i64>,
    ended_at: Option<i64>,
    problem: Option<String>,
    errors: String,
}

const COLUMNS: &str = "select id, kind, product_group, origin, state, upstream_id, sends,
    (select count(*) from paper_code where paper_id = paper.id) as codes, person, made_at,
    first_sent_at, sent_at, ended_at, problem, errors from paper";

impl Store {
    /// Makes a document over the codes of its origin, and ties them to it, all or nothing: at most
    /// [`PAPER_CODES_MAX`], those first that came first. Only verified codes that the state system
    /// was told of are introduced; others it refuses. Refused if there are none, with the reason.
    pub async fn make_paper(
        &self,
        kind: PaperKind,
        origin: Origin,
        facts: &Facts,
        person: &str,
    ) -> Result<PaperMade, StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let made = make(&mut tx, kind, origin, facts, person).await?;
        let detail = format!("document {}: {} {}", made.id, kind.word(), origin.word());
        note(&mut tx, person, "made a document", &detail).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(made)
    }

    /// The documents that are not at their end, oldest first.
    pub async fn open_papers(&self) -> Result<Vec<Paper>, StoreError> {
        let rule = "where state in ('made', 'sending', 'sent') order by id limit ?";
        self.papers_where(rule, i64::from(u32::MAX)).await
    }

    /// The latest documents, newest first.
    pub async fn papers(&self, limit: u32) -> Result<Vec<Paper>, StoreError> {
        self.papers_where("order by id desc limit ?", i64::from(limit)).await
    }

    /// The document of this number.
    pub async fn paper(&self, id: i64) -> Result<Option<Paper>, StoreError> {
        Ok(self.papers_where("where id = ?", id).await?.pop())
    }

    pub(super) async fn papers_where(
        &self,
        rule: &str,
        value: i64,
    ) -> Result<Vec<Paper>, StoreError> {
        let what = "look up documents";
        let rows: Vec<PaperRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} {rule}")))
            .bind(value)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(what))?;
        rows.into_iter().map(|row| read(what, row)).collect()
    }

    /// The bytes of a document.
    pub async fn paper_document(&self, id: i64) -> Result<Vec<u8>, StoreError> {
        sqlx::query_scalar("select document from paper where id = ?")
            .bind(id)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking("read a document"))
    }

    /// The codes of a document without their check parts, at most so many.
    pub async fn paper_codes(&self, id: i64, limit: u32) -> Result<Vec<String>, StoreError> {
        let texts: Vec<String> = sqlx::query_scalar(
            "select text from paper_code join code on code.id = code_id where paper_id = ?
             order by code_id limit ?",
        )
        .bind(id)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("read the codes of a document"))?;
        Ok(texts.iter().map(|text| bare(text)).collect())
    }

    /// Whether a document of ours has this name at True API.
    pub async fn knows_paper(&self, upstream_id: &str) -> Result<bool, StoreError> {
        sqlx::query_scalar("select exists (select 1 from paper where upstream_id = ?)")
            .bind(upstream_id)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking("look up a document by its name"))
    }

    /// A document is about to be sent: from now on True API may have it.
    pub async fn paper_is_sending(&self, id: i64) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update paper set state = 'sending', sends = sends + 1, sent_at = $1,
               first_sent_at = coalesce(first_sent_at, $1) where id = $2 and state = 'made'",
        );
        self.write_one(MOVE, write.bind(Micros::now().0).bind(id)).await
    }

    /// It is known that True API did not get the document this time.
    pub async fn paper_is_unsent(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update paper set state = 'made', problem = ? where id = ? and state = 'sending'",
        );
        self.write_one(MOVE, write.bind(problem).bind(id)).await
    }

    /// True API has the document, under this name.
    pub async fn paper_is_taken(&self, id: i64, upstream_id: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update paper set state = 'sent', upstream_id = ?, problem = null
             where id = ? and state = 'sending'",
        );
        self.write_one(MOVE, write.bind(upstream_id).bind(id)).await
    }

    /// Something stands in the way of a document; nothing is given up.
    pub async fn paper_is_troubled(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query("update paper set problem = ? where id = ?");
        self.write_one(MOVE, write.bind(problem).bind(id)).await
    }

    /// A document is at its end. Where it has none, its codes are free for another one.
    pub async fn paper_ended(&self, id: i64, end: &PaperEnd) -> Result<(), StoreError> {
        let errors = serde_json::to_string(&end.errors).expect("texts become JSON");
        let write = sqlx::query(
            "update paper set state = ?, problem = ?, errors = ?, ended_at = ? where id = ?
               and state in ('made', 'sending', 'sent')",
        );
        let write = write.bind(end.state.word()).bind(&end.problem).bind(errors);
        self.write_one(MOVE, write.bind(Micros::now().0).bind(id)).await
    }

    /// Carries out what a person decided about a document, and remembers who it was and why.
    pub async fn decide_paper(
        &self,
        id: i64,
        decision: &PaperDecision,
        person: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let what = "decide about a document";
        let mut tx = self.begin(what).await?;
        let (name, write, words) = match decision {
            PaperDecision::SendAgain => (
                None,
                "update paper set state = 'made', problem = null where id = ? and state = 'sending'",
                "not there, send it again",
            ),
            PaperDecision::IsThere(name) => (
                Some(name.trim()),
                "update paper set state = 'sent', problem = null where id = ? and state = 'sending'",
                "it is there",
            ),
            PaperDecision::Withdraw => (
                None,
                "update paper set state = 'withdrawn' where id = ? and state = 'made'",
                "withdraw",
            ),
        };
        let asking = || StoreError::asking(what);
        let written = sqlx::query(write).bind(id).execute(&mut *tx).await.map_err(asking())?;
        if written.rows_affected() == 0 {
            let why = format!("document {id} is not in a state for that");
            return Err(StoreError::Refused { what, why });
        }
        let set = "update paper set upstream_id = coalesce(?, upstream_id),
                     ended_at = iif(state = 'withdrawn', ?, null) where id = ?";
        let set = sqlx::query(set).bind(name).bind(Micros::now().0).bind(id);
        set.execute(&mut *tx).await.map_err(asking())?;
        let detail = format!("document {id}: {words}: {reason}");
        note(&mut tx, person, "decided about a document", &detail).await?;
        tx.commit().await.map_err(StoreError::asking(what))
    }
}

fn read(what: &'static str, row: PaperRow) -> Result<Paper, StoreError> {
    let strange =
        |why: String| StoreError::Refused { what, why: format!("document {}: {why}", row.id) };
    let state = PaperState::ALL.into_iter().find(|known| known.word() == row.state);
    Ok(Paper {
        kind: row
            .kind
            .parse()
            .map_err(|why: crate::order::UnknownPaper| strange(why.to_string()))?,
        group: ProductGroup::from_alias(&row.product_group)
            .ok_or_else(|| strange(format!("'{}' is no product group", row.product_group)))?,
        origin: Origin::from_word(&row.origin)
            .ok_or_else(|| strange(format!("'{}' is no origin", row.origin)))?,
        state: state.ok_or_else(|| strange(format!("'{}' is no state", row.state)))?,
        errors: serde_json::from_str(&row.errors).unwrap_or_default(),
        id: row.id,
        upstream_id: row.upstream_id,
        sends: row.sends,
        codes: count(row.codes),
        person: row.person,
        made_at: Micros(row.made_at),
        first_sent_at: row.first_sent_at.map(Micros),
        sent_at: row.sent_at.map(Micros),
        ended_at: row.ended_at.map(Micros),
        problem: row.problem,
    })
}
