//! Goods that a person sends off by Electronic Mark.
use super::open::count;
use super::{MarkSteps, Store, StoreError};
use crate::code::CodeText;
use crate::telemetry::clock::Micros;

/// A shipment that a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShipment {
    /// The kind of the waybill, such as `tnttn`.
    pub waybill: String,
    /// Its number.
    pub number: String,
    /// Who gets the goods: the number of a partner.
    pub agent: i64,
    /// Where to: the number of a country, 643 = Russia.
    pub country: String,
    /// The day, year first.
    pub day: String,
    /// Papers of the goods, as JSON.
    pub papers: String,
    /// Who asks.
    pub person: String,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkShipment {
    /// Its number.
    pub id: i64,
    /// What was asked for.
    pub wanted: NewShipment,
    /// `made`, `sent`, `success` or `refused`.
    pub state: String,
    /// The system's name for it.
    pub upstream_id: Option<String>,
    /// How often it was sent.
    pub sends: u32,
    /// Codes in it.
    pub codes: u64,
    /// When it was made.
    pub made_at: Micros,
    /// When it was last sent.
    pub sent_at: Option<Micros>,
    /// What stands or stood against it.
    pub problem: Option<String>,
}

/// Codes of a job that were produced and did not leave yet.
const CAN_LEAVE: &str = "
    from mark_report cross join mark_production using (report_id)
    cross join code on code.report_id = mark_report.report_id
    where mark_report.job_id = ?1 and mark_production.ended_at is not null
      and code.told_at is not null
      and not exists (select 1 from mark_unproduced where code_id = code.id
                        and state not in ('produced', 'refused'))
      and not exists (select 1 from mark_shipped where code_id = code.id)";

const SHIPMENTS: &str = "
    select id, waybill, number, agent, country, day, papers, person, state, upstream_id, sends,
      (select count(*) from mark_shipped where shipment_id = mark_shipment.id) as codes,
      made_at, sent_at, problem
    from mark_shipment ";

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    waybill: String,
    number: String,
    agent: i64,
    country: String,
    day: String,
    papers: String,
    person: String,
    state: String,
    upstream_id: Option<String>,
    sends: u32,
    codes: i64,
    made_at: i64,
    sent_at: Option<i64>,
    problem: Option<String>,
}

impl From<Row> for MarkShipment {
    fn from(row: Row) -> Self {
        let Row { waybill, number, agent, country, day, papers, person, .. } = row;
        Self {
            id: row.id,
            wanted: NewShipment { waybill, number, agent, country, day, papers, person },
            state: row.state,
            upstream_id: row.upstream_id,
            sends: row.sends,
            codes: count(row.codes),
            made_at: Micros(row.made_at),
            sent_at: row.sent_at.map(Micros),
            problem: row.problem,
        }
    }
}

impl Store {
    /// How far the codes of a job are at Electronic Mark.
    pub async fn mark_steps(&self, job: i64) -> Result<MarkSteps, StoreError> {
        let what = "look how far a job is at Electronic Mark";
        let (labelled, produced, shipped): (i64, i64, i64) = sqlx::query_as(
            "select count(*), coalesce(sum(done), 0), coalesce(sum(done and shipped), 0) from (
               select mark_production.ended_at is not null
                   and not exists (select 1 from mark_unproduced where code_id = code.id
                                     and state not in ('produced', 'refused')) as done,
                 exists (select 1 from mark_shipped join mark_shipment
                   on mark_shipment.id = shipment_id
                   where code_id = code.id and mark_shipment.state <> 'refused') as shipped
               from mark_report left join mark_production using (report_id)
               join code on code.report_id = mark_report.report_id
               where mark_report.job_id = ? and code.told_at is not null
                 and code.state = 'verified')",
        )
        .bind(job)
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking(what))?;
        let [labelled, produced, shipped] = [labelled, produced, shipped].map(count);
        Ok(MarkSteps { labelled, produced, shipped })
    }

    /// Ships the codes of a job that were produced and did not leave yet, at most so many. Answers
    /// the number of the shipment; nothing if no code can leave. A waybill that a shipment has
    /// already is refused.
    pub async fn make_shipment(
        &self,
        job: i64,
        new: &NewShipment,
        at_most: u32,
    ) -> Result<Option<i64>, StoreError> {
        let what = "make a shipment";
        let mut tx = self.begin(what).await?;
        let same: Option<i64> = sqlx::query_scalar(
            "select id from mark_shipment where waybill = ? and number = ? and state <> 'refused'",
        )
        .bind(&new.waybill)
        .bind(&new.number)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        if let Some(same) = same {
            let why = format!("waybill {} {} is that of shipment {same}", new.waybill, new.number);
            return Err(StoreError::Refused { what, why });
        }
        let shipment: i64 = sqlx::query_scalar(
            "insert into mark_shipment
               (waybill, number, agent, country, day, papers, person, made_at)
             values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
        )
        .bind(&new.waybill)
        .bind(&new.number)
        .bind(new.agent)
        .bind(&new.country)
        .bind(&new.day)
        .bind(&new.papers)
        .bind(&new.person)
        .bind(Micros::now().0)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::asking(what))?;
        let tie = format!(
            "insert into mark_shipped (code_id, shipment_id)
             select code.id, ?2 {CAN_LEAVE} order by code.id limit ?3"
        );
        let tied = sqlx::query(sqlx::AssertSqlSafe(tie))
            .bind(job)
            .bind(shipment)
            .bind(at_most)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(what))?;
        if tied.rows_affected() == 0 {
            return Ok(None);
        }
        tx.commit().await.map_err(StoreError::asking(what))?;
        Ok(Some(shipment))
    }

    /// The shipments that are not at their end, oldest first.
    pub async fn open_shipments(&self) -> Result<Vec<MarkShipment>, StoreError> {
        self.shipments_where("where state in ('made', 'sent') order by id limit 100").await
    }

    /// The latest shipments, newest first, for a page.
    pub async fn shipments(&self) -> Result<Vec<MarkShipment>, StoreError> {
        self.shipments_where("order by id desc limit 100").await
    }

    async fn shipments_where(&self, which: &str) -> Result<Vec<MarkShipment>, StoreError> {
        let ask = sqlx::AssertSqlSafe(format!("{SHIPMENTS}{which}"));
        let rows: Vec<Row> = sqlx::query_as(ask)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking("look up shipments"))?;
        Ok(rows.into_iter().map(MarkShipment::from).collect())
    }

    /// The codes of a shipment.
    pub async fn shipped_codes(&self, shipment: i64) -> Result<Vec<CodeText>, StoreError> {
        let texts: Vec<String> = sqlx::query_scalar(
            "select text from mark_shipped join code on code.id = code_id
             where shipment_id = ? order by code_id",
        )
        .bind(shipment)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking("look up the codes of a shipment"))?;
        Ok(texts.into_iter().map(CodeText::new).collect())
    }

    /// A shipment is about to be sent.
    pub async fn shipment_is_sent(&self, id: i64) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update mark_shipment set state = 'sent', sends = sends + 1, sent_at = ?
             where id = ? and state in ('made', 'sent')",
        );
        self.write_one("note that a shipment is sent", write.bind(Micros::now().0).bind(id)).await
    }

    /// It is proven that the system did not get it this time.
    pub async fn shipment_is_unsent(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update mark_shipment set sends = sends - 1, state = iif(sends = 1, 'made', 'sent'),
               sent_at = iif(sends = 1, null, sent_at), problem = ?
             where id = ? and state = 'sent'",
        );
        self.write_one("note that a shipment did not get out", write.bind(problem).bind(id)).await
    }

    /// Something stands in its way; nothing is given up.
    pub async fn shipment_is_troubled(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let write = sqlx::query("update mark_shipment set problem = ? where id = ?");
        self.write_one("note the trouble of a shipment", write.bind(problem).bind(id)).await
    }

    /// The system took it.
    pub async fn shipment_is_taken(&self, id: i64, name: Option<&str>) -> Result<(), StoreError> {
        let write = sqlx::query(
            "update mark_shipment set state = 'success', upstream_id = ?, problem = null,
               ended_at = ? where id = ?",
        );
        let write = write.bind(name).bind(Micros::now().0).bind(id);
        self.write_one("note that a shipment was taken", write).await
    }

    /// The system refused it: nothing was done, and its codes can leave with another one.
    pub async fn shipment_is_refused(&self, id: i64, problem: &str) -> Result<(), StoreError> {
        let what = "note that a shipment was refused";
        let mut tx = self.begin(what).await?;
        let refused =
            "update mark_shipment set state = 'refused', problem = ?, ended_at = ? where id = ?";
        sqlx::query(refused)
            .bind(problem)
            .bind(Micros::now().0)
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(what))?;
        sqlx::query("delete from mark_shipped where shipment_id = ?")
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::asking(what))?;
        tx.commit().await.map_err(StoreError::asking(what))
    }
}
