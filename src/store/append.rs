//! Appending what a line recorded: all of it or nothing, and durable before anything is done.
use super::grades::{self, NewGrade};
use super::{
    Store, StoreError, alarms, bin, challenges, line_row, made, moved, outbox, plc_counts, spans,
};
use crate::code::{CodeId, CodeState, Step};
use crate::line::{Fate, InBin, PictureId, Record, StopReason, Tag, Verdict};
use crate::telemetry::clock::Micros;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use std::collections::HashMap;

const WHAT: &str = "append the records of a line";

impl Store {
    /// Remembers all `records` of a line or none of them; they are on the disk when this returns.
    /// `job` is the job that the line is on.
    ///
    /// [`StoreError::Refused`] means that a record contradicts what is remembered (a step that
    /// the code cannot take, a product that is not on the belt): the line must stop.
    pub async fn append(
        &self,
        line: &str,
        job: Option<i64>,
        records: &[Record],
    ) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin(WHAT).await?;
        let states = moved::states_of(&mut tx, records).await?;
        let mut entry = Entry {
            db: &mut tx,
            line,
            job,
            at: Micros::now(),
            states,
            labels_out: Vec::new(),
            read_good: 0,
            labels_read: false,
            grades: Vec::new(),
            codes_used: 0,
            labels_used: 0,
            journal: Vec::with_capacity(records.len()),
        };
        for record in records {
            entry.note(record).await?;
        }
        entry.note_labels_out().await?;
        line_row::note(entry.db, (line, job, entry.at), records).await?;
        entry.write_journal().await?;
        entry.write_used().await?;
        entry.write_grades().await?;
        let at = entry.at;
        challenges::write(&mut tx, line, at, records).await?;
        alarms::note(&mut tx, line, at, records).await?;
        spans::note(&mut tx, (line, job), at, records).await?;
        let told = self.publishes && outbox::tell(&mut tx, line, job, at, records).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))?;
        if told {
            self.outbox_grew.notify_one();
        }
        Ok(())
    }
}

/// One append on its way.
struct Entry<'a> {
    db: &'a mut SqliteConnection,
    line: &'a str,
    job: Option<i64>,
    at: Micros,
    /// States of the codes that these records move.
    states: HashMap<CodeId, CodeState>,
    /// Labels that came out of the printer (1), and those among them that were spoiled since (-1).
    labels_out: Vec<(i64, i64)>,
    /// Labels of a roll that were read good, less those among them that turned out bad.
    read_good: i64,
    /// Whether a label of a roll was read.
    labels_read: bool,
    grades: Vec<NewGrade>,
    /// Codes handed to the printer, and labels that came out of it.
    codes_used: i64,
    labels_used: i64,
    /// Kind, code and body of what goes into the journal.
    journal: Vec<(&'static str, Option<i64>, Value)>,
}

impl Entry<'_> {
    async fn note(&mut self, record: &Record) -> Result<(), StoreError> {
        match *record {
            Record::Moved { code, step } => self.moved(code, step).await,
            Record::ProductSeen { tag } => self.product_seen(tag).await,
            Record::ProductLabelled { tag, code } => self.product_labelled(tag, code).await,
            Record::ProductJudged { tag, verdict, picture } => {
                self.product_judged(tag, verdict, picture).await
            }
            Record::ProductSettled { tag, fate } => self.product_settled(tag, fate).await,
            Record::OnRoll { code, piece, place, to_read } => {
                self.on_roll(code, (piece, place), to_read).await
            }
            Record::TakenBack { code } => self.taken_back(code).await,
            Record::MaybeTwice { code } => self.maybe_twice(code).await,
            Record::LabelRead { code, verdict, picture } => {
                self.label_read(code, verdict, picture).await
            }
            Record::Graded { code, tag, quality, picture } => {
                self.grades.push(NewGrade { code, tag, quality, picture });
                Ok(())
            }
            Record::Line { from, to, why } => {
                let why = why.map(StopReason::kind);
                let body = json!({"from": from.name(), "to": to.name(), "why": why});
                self.journal.push(("line", None, body));
                Ok(())
            }
            Record::Mode { from, to } => {
                let body = json!({"from": from.name(), "to": to.name()});
                self.journal.push(("mode", None, body));
                Ok(())
            }
            Record::AlarmRaised(reason) => {
                self.journal.push(("alarm_raised", None, json!({"alarm": reason.kind()})));
                Ok(())
            }
            Record::AlarmCleared(reason) => {
                self.journal.push(("alarm_cleared", None, json!({"alarm": reason.kind()})));
                Ok(())
            }
            Record::CameBack { tag } => self.came_back(tag).await,
            Record::Bin { tag, what } => self.in_bin(tag, what).await,
            Record::PlcCounted(counts) => {
                plc_counts::keep(self.db, (self.line, self.job, self.at), counts).await
            }
            Record::Challenged { .. } | Record::Heard { .. } => Ok(()),
        }
    }

    async fn came_back(&mut self, tag: Tag) -> Result<(), StoreError> {
        let code = bin::came_back(self.db, self.line, tag, self.at).await?;
        self.journal.push(("came_back", code, json!({"tag": tag.0, "code": code})));
        Ok(())
    }

    async fn in_bin(&mut self, tag: Tag, what: InBin) -> Result<(), StoreError> {
        bin::add(self.db, self.line, what).await?;
        self.journal.push(("in_bin", None, json!({"tag": tag.0, "what": what.word()})));
        Ok(())
    }

    /// One step of a code's life. Scrapped, rejected and sampled codes are settled at once; a
    /// verified one only when its product is through the gate.
    async fn moved(&mut self, code: CodeId, step: Step) -> Result<(), StoreError> {
        use CodeState as S;
        let Some(was) = self.states.get(&code).copied() else {
            return Err(refused(format!("there is no code {code}")));
        };
        let now = was.after(step).map_err(|illegal| refused(format!("code {code}: {illegal}")))?;
        let settled = matches!(now, S::Scrapped | S::Rejected | S::Sampled);
        let done = sqlx::query(
            "update code set state = $1, settled = $2, moved_at = $3 \
             where id = $4 and state = $5 and report_id is null",
        )
        .bind(now.word())
        .bind(settled)
        .bind(self.at.0)
        .bind(code.0)
        .bind(was.word())
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            let why = format!("code {code} is {was}, and a report tells so: it cannot be {now}");
            return Err(refused(why));
        }
        self.states.insert(code, now);
        self.codes_used += i64::from(now == S::Sent);
        self.labels_used += i64::from(now == S::Printed);
        if now == S::Printed {
            self.labels_out.push((code.0, 1));
        } else if was == S::Printed && (settled || now == S::Doubtful) {
            self.labels_out.push((code.0, -1));
        }
        let body = json!({"code": code.0, "was": was.word(), "is": now.word()});
        self.journal.push(("moved", Some(code.0), body));
        Ok(())
    }

    /// A label that may have come out twice. One that somebody has decided about stays as it is.
    async fn maybe_twice(&mut self, code: CodeId) -> Result<(), StoreError> {
        let open: Option<i64> = sqlx::query_scalar(
            "select id from code where id = $1 and state = 'printed' and report_id is null",
        )
        .bind(code.0)
        .fetch_optional(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        match open {
            Some(_) => self.moved(code, Step::Doubt).await,
            None => Ok(()),
        }
    }

    async fn product_seen(&mut self, tag: Tag) -> Result<(), StoreError> {
        sqlx::query("insert into product (line, job_id, tag, seen_at) values ($1, $2, $3, $4)")
            .bind(self.line)
            .bind(self.job)
            .bind(tag.0)
            .bind(self.at.0)
            .execute(&mut *self.db)
            .await
            .map_err(StoreError::asking(WHAT))?;
        self.journal.push(("product_seen", None, json!({"tag": tag.0})));
        Ok(())
    }

    async fn product_labelled(&mut self, tag: Tag, code: Option<CodeId>) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update product set code_id = $1 where fate is null \
             and id = (select max(id) from product where line = $2 and tag = $3)",
        )
        .bind(code.map(|code| code.0))
        .bind(self.line)
        .bind(tag.0)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        one_product(tag, done.rows_affected())?;
        let code = code.map(|code| code.0);
        let body = json!({"tag": tag.0, "code": code});
        self.journal.push(("product_labelled", code, body));
        Ok(())
    }

    /// A verdict may be given again while the product is on the belt: a good one can turn bad.
    async fn product_judged(
        &mut self,
        tag: Tag,
        verdict: Verdict,
        picture: Option<PictureId>,
    ) -> Result<(), StoreError> {
        let (word, reason) = words_of(verdict);
        let picture = picture.map(|picture| picture.0.cast_signed());
        let done = sqlx::query(
            "update product set verdict = $1, reason = $2, \
             picture = coalesce($3, picture), judged_at = $4 \
             where fate is null \
             and id = (select max(id) from product where line = $5 and tag = $6)",
        )
        .bind(word)
        .bind(reason)
        .bind(picture)
        .bind(self.at.0)
        .bind(self.line)
        .bind(tag.0)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        one_product(tag, done.rows_affected())?;
        let body = json!({"tag": tag.0, "verdict": word, "reason": reason, "picture": picture});
        self.journal.push(("product_judged", None, body));
        Ok(())
    }

    async fn product_settled(&mut self, tag: Tag, fate: Fate) -> Result<(), StoreError> {
        let product: Option<(Option<i64>, Option<i64>)> = sqlx::query_as(
            "update product set fate = $1, settled_at = $2 where fate is null \
             and id = (select max(id) from product where line = $3 and tag = $4) \
             returning code_id, job_id",
        )
        .bind(fate.word())
        .bind(self.at.0)
        .bind(self.line)
        .bind(tag.0)
        .fetch_optional(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        one_product(tag, u64::from(product.is_some()))?;
        let (code, job) = product.unwrap_or_default();
        if fate == Fate::Verified {
            self.product_counts(tag, code, job).await?;
        }
        self.journal.push(("product_settled", code, json!({"tag": tag.0, "fate": fate.word()})));
        Ok(())
    }

    /// A good product: its code is verified, and counts for this product and no other.
    async fn product_counts(
        &mut self,
        tag: Tag,
        code: Option<i64>,
        job: Option<i64>,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "update code set settled = 1 where id = $1 and state = 'verified' and settled = 0",
        )
        .bind(code)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() != 1 {
            let why =
                format!("product {tag} is said to be good without a verified code of its own");
            return Err(refused(why));
        }
        sqlx::query("update job set done = done + 1 where id = $1")
            .bind(job)
            .execute(&mut *self.db)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(())
    }

    async fn on_roll(
        &mut self,
        code: CodeId,
        (piece, place): (u32, u32),
        to_read: bool,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into roll_label (code_id, job_id, piece, place, to_read) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(code.0)
        .bind(self.job)
        .bind(piece)
        .bind(place)
        .bind(to_read)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let body = json!({"code": code.0, "piece": piece, "place": place});
        self.journal.push(("on_roll", Some(code.0), body));
        Ok(())
    }

    async fn taken_back(&mut self, code: CodeId) -> Result<(), StoreError> {
        sqlx::query("delete from roll_label where code_id = $1 and reading is null")
            .bind(code.0)
            .execute(&mut *self.db)
            .await
            .map_err(StoreError::asking(WHAT))?;
        self.journal.push(("taken_back", Some(code.0), json!({"code": code.0})));
        Ok(())
    }

    async fn label_read(
        &mut self,
        code: CodeId,
        verdict: Verdict,
        picture: Option<PictureId>,
    ) -> Result<(), StoreError> {
        let (word, reason) = words_of(verdict);
        let was: Option<Option<String>> =
            sqlx::query_scalar("select reading from roll_label where code_id = $1")
                .bind(code.0)
                .fetch_optional(&mut *self.db)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let Some(was) = was else {
            return Err(refused(format!("code {code} was never on a roll")));
        };
        let picture = picture.map(|picture| picture.0.cast_signed());
        sqlx::query(
            "update roll_label set reading = $1, reason = $2, picture = $3, read_at = $4, \
             made_as = iif($2 is null, 'verified', 'rejected.' || $2) where code_id = $5",
        )
        .bind(word)
        .bind(reason)
        .bind(picture)
        .bind(self.at.0)
        .bind(code.0)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        self.labels_read = true;
        self.read_good += i64::from(word == "good") - i64::from(was.as_deref() == Some("good"));
        let body = json!({"code": code.0, "reading": word, "reason": reason, "picture": picture});
        self.journal.push(("label_read", Some(code.0), body));
        Ok(())
    }

    /// Where the scenario ends at the printer, a label that came out is what the job asks for; with
    /// a camera behind the head, one that was read good.
    async fn note_labels_out(&mut self) -> Result<(), StoreError> {
        if self.labels_out.is_empty() && self.read_good == 0 {
            return Ok(());
        }
        let labels_out = json!(self.labels_out).to_string();
        let done = sqlx::query(
            "update job set done = done + $1 + \
             (select coalesce(sum(out.value ->> 1), 0) from json_each($2) out \
              left join roll_label on code_id = out.value ->> 0 where coalesce(to_read, 0) = 0) \
             where id = $3 and scenario = 'roll'",
        )
        .bind(self.read_good)
        .bind(&labels_out)
        .bind(self.job)
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if done.rows_affected() == 1 {
            made::labels_out(self.db, self.at, &labels_out).await?;
        }
        Ok(())
    }

    /// Codes that were handed to the printer, each once, and labels that came out of it.
    async fn write_used(&mut self) -> Result<(), StoreError> {
        let of = (self.line, self.job, self.at);
        made::used(self.db, of, self.codes_used, self.labels_used).await
    }

    async fn write_grades(&mut self) -> Result<(), StoreError> {
        let of = (self.line, self.job, self.at);
        grades::write(self.db, of, &self.grades, self.labels_read).await
    }

    async fn write_journal(&mut self) -> Result<(), StoreError> {
        if self.journal.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into journal (line, at, kind, code_id, body) \
             select $1, $2, j.value ->> 0, j.value ->> 1, j.value ->> 2 \
             from json_each($3) j order by j.key",
        )
        .bind(self.line)
        .bind(self.at.0)
        .bind(json!(self.journal).to_string())
        .execute(&mut *self.db)
        .await
        .map_err(StoreError::asking(WHAT))?;
        Ok(())
    }
}

const fn words_of(verdict: Verdict) -> (&'static str, Option<&'static str>) {
    match verdict {
        Verdict::Good => ("good", None),
        Verdict::Bad(reason) => ("bad", Some(reason.word())),
    }
}

fn refused(why: String) -> StoreError {
    StoreError::Refused { what: WHAT, why }
}

fn one_product(tag: Tag, found: u64) -> Result<(), StoreError> {
    if found == 1 {
        return Ok(());
    }
    Err(refused(format!("product {tag} is not on the belt, or its fate is already known")))
}
