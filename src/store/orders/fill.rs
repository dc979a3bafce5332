//! Filling an order: codes wanted, a job for a line, or a file; every step durable before it is
//! acted upon.
use super::place::CHUNK;
use super::{Done, LabelOrder, OrderRow, Viewer, WantView, advance, counts, note, order_for};
use crate::code::{Code, CodeState, Step};
use crate::line::Scenario;
use crate::order::{Delivery, OrderId, OrderState, OrderStep, Source};
use crate::store::{JobState, PersonId, RollJob, Store, StoreError, UnknownJobWord};
use crate::telemetry::clock::Micros;
use sqlx::{Sqlite, Transaction};

const WHAT: &str = "fill an order";

impl Store {
    /// The orders that the centre has to do something about, oldest first.
    pub async fn label_orders_to_fill(&self) -> Result<Vec<LabelOrder>, StoreError> {
        sqlx::query_as::<_, OrderRow>(
            "select o.*, p.name as customer from label_order o join person p on p.id = o.customer_id
             where o.state in ('accepted', 'codes_received', 'in_print') order by o.id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("list the orders to fill"))?
        .into_iter()
        .map(LabelOrder::try_from)
        .collect()
    }

    /// How the last want for an order stands; nothing if codes were never asked for.
    pub async fn label_order_want(&self, id: OrderId) -> Result<Option<WantView>, StoreError> {
        let row: Option<(String, u32, u32, Option<String>)> = sqlx::query_as(
            "select w.state, w.quantity, w.taken, w.problem from label_order o
             join want w on w.id = o.want_id where o.id = ?",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking("read the want of an order"))?;
        let view = |(state, quantity, taken, problem)| WantView { state, quantity, taken, problem };
        Ok(row.map(view))
    }

    /// How the job of an order stands; nothing if there is none.
    pub async fn label_order_job(&self, id: OrderId) -> Result<Option<JobState>, StoreError> {
        let word: Option<String> = sqlx::query_scalar(
            "select j.state from label_order o join job j on j.id = o.job_id where o.id = ?",
        )
        .bind(id.0)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking("read the job of an order"))?;
        let unread = |why: UnknownJobWord| StoreError::Refused {
            what: "read the job of an order",
            why: why.to_string(),
        };
        word.map(|word| word.parse().map_err(unread)).transpose()
    }

    /// Asks for the codes that the order lacks, and for so many in a hundred to spare, where its
    /// labels are on a roll. Refused while an earlier want is open; one that failed is replaced.
    /// Answers how many codes are wanted now.
    pub async fn want_codes_for_order(
        &self,
        id: OrderId,
        by: Option<PersonId>,
        spare_percent: u32,
        at: Micros,
    ) -> Result<u32, StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let order = existing(&mut tx, id).await?;
        let open: bool = sqlx::query_scalar(
            "select exists (select 1 from want where pool = ? and state not in ('done', 'failed'))",
        )
        .bind(id.pool())
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let missing = counts(&mut tx, id).await?.left(order.quantity).missing;
        let fillable = matches!(
            order.state,
            OrderState::Accepted | OrderState::CodesReceived | OrderState::InPrint
        );
        if open || !fillable || missing == 0 || order.source != Source::Issuer {
            return Ok(0);
        }
        let on_roll = order.delivery == Delivery::Roll;
        // A product that came back gets one new code, not some.
        let spare_percent = if self.is_remarking(id).await? { 0 } else { spare_percent };
        let spare = if on_roll { u64::from(missing) * u64::from(spare_percent) } else { 0 };
        let wanted = missing.saturating_add(u32::try_from(spare.div_ceil(100)).unwrap_or(0));
        let want: i64 = sqlx::query_scalar(
            "insert into want (pool, gtin, product_group, quantity, made_at, moved_at)
             values ($1, $2, $3, $4, $5, $5) returning id",
        )
        .bind(id.pool())
        .bind(order.gtin.as_str())
        .bind(order.group.alias())
        .bind(wanted)
        .bind(at.0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        sqlx::query("update label_order set want_id = ? where id = ?")
            .bind(want)
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let detail = format!("{wanted} codes");
        note(&mut tx, id, "Codes wanted", &Done { person: by, detail: &detail, at }).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(wanted)
    }

    /// Notes that the pool holds enough codes, if it does. Answers whether it does.
    pub async fn receive_order_codes(&self, id: OrderId, at: Micros) -> Result<bool, StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let order = existing(&mut tx, id).await?;
        let counts = counts(&mut tx, id).await?;
        if counts.left(order.quantity).missing > 0 {
            return Ok(false);
        }
        let detail = format!("{} codes", counts.of(CodeState::Stored));
        let done = Done { person: None, detail: &detail, at };
        advance(&mut tx, &order, OrderStep::ReceiveCodes, &done).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(true)
    }

    /// Files a job on this line for the labels that are still to be printed, and tells the line
    /// what the goods are called.
    pub async fn file_order_job(
        &self,
        id: OrderId,
        line: &str,
        roll: RollJob,
        at: Micros,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let order = existing(&mut tx, id).await?;
        let planned = counts(&mut tx, id).await?.left(order.quantity).to_print;
        upsert_goods(&mut tx, &order).await?;
        let job: i64 = sqlx::query_scalar(
            "insert into job (line, scenario, pool, gtin, design, planned, made_at,
             spare_percent, pause_after, leader, trailer)
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id",
        )
        .bind(line)
        .bind(Scenario::Roll.word())
        .bind(id.pool())
        .bind(order.gtin.as_str())
        .bind(&order.design)
        .bind(planned)
        .bind(at.0)
        .bind(roll.spare_percent)
        .bind(roll.pause_after_row())
        .bind(roll.leader)
        .bind(roll.trailer)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        sqlx::query("update label_order set job_id = ? where id = ?")
            .bind(job)
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let detail = format!("job {job}: {planned} labels on {line}");
        start_print(&mut tx, &order, &Done { person: None, detail: &detail, at }).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// Remembers that these codes go into the order's file, before the file is there: from now on
    /// they are `sent`, and no other file or label will carry them. Refused if one of them is not
    /// `stored` any more.
    pub async fn send_to_file(
        &self,
        id: OrderId,
        codes: &[Code],
        at: Micros,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let order = existing(&mut tx, id).await?;
        let detail = format!("PDF with {} labels", codes.len());
        start_print(&mut tx, &order, &Done { person: None, detail: &detail, at }).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        for chunk in codes.chunks(CHUNK) {
            let mut tx = self.begin(WHAT).await?;
            let ids: Vec<i64> = chunk.iter().map(|c| c.id.0).collect();
            let moved =
                move_codes(&mut tx, id, &ids, Arrow::of(CodeState::Stored, Step::Send), at).await?;
            if moved != chunk.len() {
                let why = format!("{} codes are not stored any more", chunk.len() - moved);
                return Err(StoreError::Refused { what: WHAT, why });
            }
            tx.commit().await.map_err(StoreError::asking(WHAT))?;
        }
        Ok(())
    }

    /// Remembers that the order's file is whole: its codes are printed, and so is the order. May
    /// be asked again after a crash in the middle.
    pub async fn finish_file(&self, id: OrderId, at: Micros) -> Result<(), StoreError> {
        self.move_sent(id, Step::Print, at).await?;
        self.finish_order_print(id, at).await
    }

    /// The order's file did not become whole before the power went: nobody knows of its codes,
    /// and they are never printed again. Answers how many there are.
    pub async fn doubt_file(&self, id: OrderId, at: Micros) -> Result<u32, StoreError> {
        let doubted = self.move_sent(id, Step::Doubt, at).await?;
        let mut tx = self.begin(WHAT).await?;
        let detail = format!(
            "the file was not finished; {doubted} codes are in doubt and are not printed again"
        );
        note(&mut tx, id, "Interrupted", &Done { person: None, detail: &detail, at }).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(doubted)
    }

    /// Notes that everything of the order is printed.
    pub async fn finish_order_print(&self, id: OrderId, at: Micros) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let order = existing(&mut tx, id).await?;
        let made = counts(&mut tx, id).await?.made();
        let detail = format!("{made} of {} labels", order.quantity);
        let done = Done { person: None, detail: &detail, at };
        advance(&mut tx, &order, OrderStep::FinishPrint, &done).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// A manager goes on without the codes that are missing: the order becomes as small as what
    /// there is of it.
    pub async fn go_on_without(
        &self,
        id: OrderId,
        by: PersonId,
        at: Micros,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin(WHAT).await?;
        let order = existing(&mut tx, id).await?;
        let missing = counts(&mut tx, id).await?.left(order.quantity).missing;
        if order.state != OrderState::InPrint || missing == 0 {
            let why = "no label of this order is missing".to_owned();
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let detail = format!("{missing} of {} labels are not made", order.quantity);
        let done = Done { person: Some(by), detail: &detail, at };
        note(&mut tx, id, "Goes on without what is missing", &done).await?;
        if missing == order.quantity {
            advance(&mut tx, &order, OrderStep::FinishPrint, &done).await?;
        } else {
            sqlx::query("update label_order set quantity = quantity - ? where id = ?")
                .bind(missing)
                .bind(id.0)
                .execute(&mut *tx)
                .await
                .map_err(StoreError::asking(WHAT))?;
        }
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// Writes off every label of the order whose fate is open, with a reason: lost, spoiled, left
    /// over. They are scrapped and will be told as such. Answers how many.
    pub async fn write_off_rest(
        &self,
        id: OrderId,
        by: PersonId,
        reason: &str,
        at: Micros,
    ) -> Result<u32, StoreError> {
        let order = {
            let mut tx = self.begin(WHAT).await?;
            existing(&mut tx, id).await?
        };
        if !order.state.takes_scans() {
            let why = format!("an order that is {} has no labels to write off", order.state);
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let mut all = 0;
        for from in [CodeState::Stored, CodeState::Printed, CodeState::Doubtful] {
            all += self.move_all(id, Arrow::of(from, Step::Scrap), at).await?;
        }
        let mut tx = self.begin(WHAT).await?;
        let detail = format!("{all} labels: {reason}");
        note(&mut tx, id, "Written off", &Done { person: Some(by), detail: &detail, at }).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(all)
    }

    async fn move_sent(&self, id: OrderId, step: Step, at: Micros) -> Result<u32, StoreError> {
        self.move_all(id, Arrow::of(CodeState::Sent, step), at).await
    }

    /// Moves every code of the order that is in this state, a few at a time.
    async fn move_all(&self, id: OrderId, arrow: Arrow, at: Micros) -> Result<u32, StoreError> {
        let mut all = 0;
        loop {
            let mut tx = self.begin(WHAT).await?;
            let ids: Vec<i64> = sqlx::query_scalar(codes_in(arrow.from))
                .bind(id.pool())
                .bind(arrow.from.word())
                .bind(i64::try_from(CHUNK).expect("a small number"))
                .fetch_all(&mut *tx)
                .await
                .map_err(StoreError::asking(WHAT))?;
            if ids.is_empty() {
                return Ok(all);
            }
            let moved = move_codes(&mut tx, id, &ids, arrow, at).await?;
            tx.commit().await.map_err(StoreError::asking(WHAT))?;
            all += u32::try_from(moved).unwrap_or(u32::MAX);
        }
    }
}

/// One legal step of a code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrow {
    from: CodeState,
    to: CodeState,
}

impl Arrow {
    /// Only called with steps that the life of a code has; `CodeState::after` is asked all the
    /// same, so that no second list of arrows comes to be.
    pub(super) fn of(from: CodeState, step: Step) -> Self {
        Self { from, to: from.after(step).expect("a step of the life of a code") }
    }

    /// Whether no further step is expected, so that the state system may be told.
    const fn settles(self) -> bool {
        matches!(self.to, CodeState::Verified | CodeState::Scrapped)
    }
}

/// Some codes of a pool in this state. The conditions repeat those of the indexes word for word.
const fn codes_in(state: CodeState) -> &'static str {
    match state {
        CodeState::Stored => {
            "select id from code where pool = $1 and state = 'stored' and $2 = 'stored' limit $3"
        }
        CodeState::Doubtful => {
            "select id from code where pool = $1 and state = 'doubtful' and $2 = 'doubtful' limit $3"
        }
        CodeState::Sent
        | CodeState::Printed
        | CodeState::Applied
        | CodeState::Verified
        | CodeState::Scrapped
        | CodeState::Rejected
        | CodeState::Sampled => {
            "select id from code where pool = $1 and state = $2
             and state in ('sent', 'printed', 'applied') limit $3"
        }
    }
}

/// Moves codes of the order along one arrow; answers how many stood where it begins.
pub(super) async fn move_codes(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
    ids: &[i64],
    arrow: Arrow,
    at: Micros,
) -> Result<usize, StoreError> {
    let moved = sqlx::query(
        "update code set state = $1, settled = $2, moved_at = $3
         where id in (select value from json_each($4)) and pool = $5 and state = $6",
    )
    .bind(arrow.to.word())
    .bind(arrow.settles())
    .bind(at.0)
    .bind(serde_json::json!(ids).to_string())
    .bind(id.pool())
    .bind(arrow.from.word())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking("move an order's codes"))?;
    Ok(usize::try_from(moved.rows_affected()).unwrap_or(usize::MAX))
}

async fn existing(
    tx: &mut Transaction<'static, Sqlite>,
    id: OrderId,
) -> Result<LabelOrder, StoreError> {
    let order = order_for(tx, id, Viewer::Centre(PersonId(0))).await?;
    let why = || format!("there is no order {id}");
    order.ok_or_else(|| StoreError::Refused { what: WHAT, why: why() })
}

/// The first label or file starts the printing; a later one is only noted.
async fn start_print(
    tx: &mut Transaction<'static, Sqlite>,
    order: &LabelOrder,
    done: &Done<'_>,
) -> Result<(), StoreError> {
    if order.state == OrderState::InPrint {
        return note(tx, order.id, "Printing goes on", done).await;
    }
    advance(tx, order, OrderStep::StartPrint, done).await.map(drop)
}

async fn upsert_goods(
    tx: &mut Transaction<'static, Sqlite>,
    order: &LabelOrder,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into goods (gtin, name, hs_code, product_group) values (?, ?, ?, ?)
         on conflict (gtin) do nothing",
    )
    .bind(order.gtin.as_str())
    .bind(&order.name)
    .bind(&order.hs_code)
    .bind(order.group.alias())
    .execute(&mut **tx)
    .await
    .map_err(StoreError::asking("remember what the goods are called"))?;
    Ok(())
}
