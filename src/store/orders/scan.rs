//! Validating applied labels: one scan, one transaction.
use super::fill::{Arrow, move_codes};
use super::{LabelOrder, OrderCounts, Viewer, counts, order_for};
use crate::code::{CodeId, CodeText, Step};
use crate::order::{Known, OrderId, Scan, judge_scan, keys_to_look_up};
use crate::store::{Store, StoreError};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};

const WHAT: &str = "validate a label";

/// What a scan came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The order, as it stands.
    pub order: LabelOrder,
    /// The verdict.
    pub scan: Scan,
    /// The order's codes after it.
    pub counts: OrderCounts,
}

/// A scan of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanView {
    /// When.
    pub at: Micros,
    /// `good`, `duplicate`, `foreign` or `malformed`.
    pub verdict: String,
    /// Why, for a person.
    pub words: String,
    /// The serial number, where a code was recognised.
    pub serial: Option<String>,
}

impl Store {
    /// Judges what was scanned and remembers it. A good label is `verified` and settled, so that
    /// the report room tells the state system. Nothing if this person sees no such order; refused
    /// if the order is not one whose labels can be validated now.
    pub async fn scan_label(
        &self,
        id: OrderId,
        viewer: Viewer,
        input: &str,
        at: Micros,
    ) -> Result<Option<Scanned>, StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let Some(order) = order_for(&mut tx, id, viewer).await? else { return Ok(None) };
        if !order.state.takes_scans() {
            let why = format!("the labels of an order that is {} cannot be validated", order.state);
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let known = look_up(&mut tx, id, input).await?;
        let scan = judge_scan(input, &known);
        if let Scan::Good { code, .. } = scan {
            verify(&mut tx, id, code, &known, at).await?;
        }
        remember(&mut tx, id, viewer, &scan, at).await?;
        let counts = counts(&mut tx, id).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(Some(Scanned { order, scan, counts }))
    }

    /// The last scans of an order, newest first.
    pub async fn last_scans(&self, id: OrderId, n: u32) -> Result<Vec<ScanView>, StoreError> {
        let rows: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
            "select s.at, s.verdict, s.words, c.serial from scan s
             left join code c on c.id = s.code_id where s.order_id = ? order by s.id desc limit ?",
        )
        .bind(id.0)
        .bind(n)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("list the last scans"))?;
        let view =
            |(at, verdict, words, serial)| ScanView { at: Micros(at), verdict, words, serial };
        Ok(rows.into_iter().map(view).collect())
    }

    /// How many validated labels of an order the state system has taken notice of.
    pub async fn label_order_told(&self, id: OrderId) -> Result<u32, StoreError> {
        sqlx::query_scalar(
            "select count(*) from scan s join code c on c.id = s.code_id
             where s.order_id = ? and s.verdict = 'good' and c.told_at is not null",
        )
        .bind(id.0)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking("count the labels that were reported"))
    }
}

async fn look_up(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    input: &str,
) -> Result<Vec<Known>, StoreError> {
    let keys: Vec<_> = keys_to_look_up(input)
        .into_iter()
        .map(|key| serde_json::json!([key.gtin.as_str(), key.serial]))
        .collect();
    let rows: Vec<(i64, String, bool, String, i64)> = sqlx::query_as(
        "select id, text, pool = $1, state, moved_at from code
         where id in (select c.id from json_each($2) j cross join code c
                      on c.gtin = j.value ->> 0 and c.serial = j.value ->> 1)",
    )
    .bind(id.pool())
    .bind(serde_json::Value::Array(keys).to_string())
    .fetch_all(&mut **tx)
    .await
    .map_err(StoreError::asking(WHAT))?;
    rows.into_iter()
        .map(|(code, text, of_this_order, state, since)| {
            let unknown = |e: crate::code::UnknownState| StoreError::Refused {
                what: WHAT,
                why: e.to_string(),
            };
            let state = state.parse().map_err(unknown)?;
            Ok(Known { code: CodeId(code), text: CodeText::new(text), of_this_order, state, since })
        })
        .collect()
}

async fn verify(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    code: CodeId,
    known: &[Known],
    at: Micros,
) -> Result<(), StoreError> {
    let found = known.iter().find(|k| k.code == code).expect("a good code is one of the known");
    let moved = move_codes(tx, id, &[code.0], Arrow::of(found.state, Step::Verify), at).await?;
    if moved == 1 {
        return Ok(());
    }
    Err(StoreError::Refused { what: WHAT, why: format!("code {code} moved meanwhile") })
}

async fn remember(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    viewer: Viewer,
    scan: &Scan,
    at: Micros,
) -> Result<(), StoreError> {
    let code = match scan {
        Scan::Good { code, .. } | Scan::Duplicate { code, .. } => Some(code.0),
        Scan::Foreign(_) | Scan::Malformed(_) => None,
    };
    sqlx::query(
        "insert into scan (order_id, person_id, at, verdict, code_id, words)
         values (?, ?, ?, ?, ?, ?)",
    )
    .bind(id.0)
    .bind(viewer.person().0)
    .bind(at.0)
    .bind(scan.word())
    .bind(code)
    .bind(scan.words())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking(WHAT))?;
    Ok(())
}
