//! Documents are made: codes are tied to them before anything is sent.
use super::StoreError;
use super::open::count;
use super::paper_words::Origin;
use super::papers::{PaperMade, WHAT};
use crate::code::{CodeText, ProductGroup};
use crate::order::{Facts, PAPER_CODES_MAX, PaperKind};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};

/// Makes a document in a transaction of the caller's.
pub(super) async fn make(
    tx: &mut Transaction<'static, Sqlite>,
    kind: PaperKind,
    origin: Origin,
    facts: &Facts,
    person: &str,
) -> Result<PaperMade, StoreError> {
    whole(facts, kind)?;
    let (group, codes) = free_codes(tx, kind, origin).await?;
    let facts = &Facts { dairy: group == Some(ProductGroup::MILK), ..facts.clone() };
    whole(facts, kind)?;
    let not_told = not_told(tx, kind, origin).await?;
    let Some(group) = group else { return Err(nothing(kind, origin, not_told)) };
    let (ids, texts): (Vec<i64>, Vec<String>) = codes.into_iter().unzip();
    let id: i64 = sqlx::query_scalar(
        "insert into paper (kind, product_group, origin, facts, document, person, made_at)
         values (?, ?, ?, ?, ?, ?, ?) returning id",
    )
    .bind(kind.word())
    .bind(group.alias())
    .bind(origin.word())
    .bind(serde_json::to_string(facts).expect("texts become JSON"))
    .bind(facts.document(kind, &texts))
    .bind(person)
    .bind(Micros::now().0)
    .fetch_one(&mut **tx)
    .await
    .map_err(StoreError::asking(WHAT))?;
    let ids = serde_json::to_string(&ids).expect("numbers become JSON");
    for tie in [
        "insert into paper_code (paper_id, code_id) select ?1, value from json_each(?2) where ?3 <> ''",
        "insert into paper_claim (paper_id, code_id, what) select ?1, value, ?3 from json_each(?2)",
    ] {
        sqlx::query(tie)
            .bind(id)
            .bind(&ids)
            .bind(claim(kind))
            .execute(&mut **tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
    }
    Ok(PaperMade { id, codes: u64::try_from(texts.len()).unwrap_or(u64::MAX), not_told })
}

/// Refuses a document that lacks something.
fn whole(facts: &Facts, kind: PaperKind) -> Result<(), StoreError> {
    let missing: Vec<_> = facts.missing(kind).iter().map(ToString::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(StoreError::Refused { what: WHAT, why: missing.join("; ") })
}

/// What a document does to a code at most once.
const fn claim(kind: PaperKind) -> &'static str {
    match kind {
        PaperKind::Introduction | PaperKind::Import => "introduced",
        PaperKind::Remark => "remarked",
        PaperKind::WriteOff => "written_off",
    }
}

/// The codes that a document of this kind can take, with their product group.
async fn free_codes(
    tx: &mut Transaction<'static, Sqlite>,
    kind: PaperKind,
    origin: Origin,
) -> Result<(Option<ProductGroup>, Vec<(i64, String)>), StoreError> {
    let fit = match kind {
        PaperKind::WriteOff => "settled = 1 and told_at is null",
        PaperKind::Introduction | PaperKind::Import | PaperKind::Remark => {
            "state = 'verified' and told_at is not null"
        }
    };
    let question = format!(
        "select id, text, product_group from code where {} and {fit}
           and not exists (select 1 from paper_claim where code_id = code.id and what = $2)
         order by id limit $3",
        origin.codes()
    );
    let rows: Vec<(i64, String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(question))
        .bind(origin.number())
        .bind(claim(kind))
        .bind(PAPER_CODES_MAX)
        .fetch_all(&mut **tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
    let group = rows.first().and_then(|(_, _, group)| ProductGroup::from_alias(group));
    let same = rows.iter().filter(|(_, _, alias)| group.is_some_and(|g| g.alias() == alias));
    let codes = same.map(|(id, text, _)| (*id, bare(text))).collect();
    Ok((group, codes))
}

/// What names a code in a document.
pub(super) fn bare(text: &str) -> String {
    CodeText::new(text).identification().to_owned()
}

/// Verified codes of this origin that the state system was not told of.
async fn not_told(
    tx: &mut Transaction<'static, Sqlite>,
    kind: PaperKind,
    origin: Origin,
) -> Result<u64, StoreError> {
    if kind == PaperKind::WriteOff {
        return Ok(0);
    }
    let question = format!(
        "select count(*) from code where {} and state = 'verified' and told_at is null",
        origin.codes()
    );
    let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(question))
        .bind(origin.number())
        .fetch_one(&mut **tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
    Ok(count(rows))
}

fn nothing(kind: PaperKind, origin: Origin, not_told: u64) -> StoreError {
    let about = origin.word().replace(':', " ");
    let why = if not_told > 0 {
        format!(
            "{not_told} codes of {about} are still to be reported as applied: wait for the report"
        )
    } else {
        format!("no code of {about} is left that can be {}", claim(kind).replace('_', " "))
    };
    StoreError::Refused { what: WHAT, why }
}
