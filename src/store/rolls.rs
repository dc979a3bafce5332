//! The passport of a job's rolls: what lies where on them, and what must not be used.
use super::open::word;
use super::{Goods, Job, Lot, Store, StoreError};
use crate::code::CodeState;
use crate::line::RejectReason;
use crate::telemetry::clock::Micros;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const WHAT: &str = "write the passport of a roll";

/// Everything that is known of the rolls of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passport {
    /// The job.
    pub job: Job,
    /// What was made.
    pub goods: Option<Goods>,
    /// Who asked the line for something while it was made, in the order in which they first did.
    pub people: Vec<String>,
    /// Labels handed to the printer, counted by themselves.
    pub handed_over: u64,
    /// The same by what became of them.
    pub fates: Fates,
    /// The same by the states of their codes now.
    pub states: BTreeMap<CodeState, u64>,
    /// The pieces of the roll, in order.
    pub pieces: Vec<Piece>,
    /// Labels that must not be used.
    pub voids: Vec<OddLabel>,
    /// Labels of which nobody knows whether they are there, or whether they are good.
    pub doubtful: Vec<OddLabel>,
    /// Good labels by the letter of their print quality (ISO/IEC 15415), where they were graded.
    pub grades: BTreeMap<String, u64>,
    /// SHA-256 of the good codes, each with a line feed behind it, in the order of the roll; hex.
    pub good_sha256: String,
}

/// What became of the labels of a roll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fates {
    /// Where they should be; with a camera, read.
    pub good: u64,
    /// Not to be used.
    pub void: u64,
    /// Nobody knows.
    pub doubtful: u64,
    /// Still on their way.
    pub under_way: u64,
}

/// A piece of a roll: from a leader to a trailer, or to where sight was lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// Its number within the job.
    pub number: u32,
    /// Serial numbers of the first and the last good label.
    pub first: String,
    /// See `first`.
    pub last: String,
    /// Good labels.
    pub good: u64,
    /// All labels that were handed to the printer for it.
    pub handed_over: u64,
}

/// A label that is not like the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddLabel {
    /// Its serial number.
    pub serial: String,
    /// The piece of the roll.
    pub piece: u32,
    /// Its number among the labels of the piece, from one.
    pub place: u32,
    /// What is known of it, in words.
    pub known: String,
}

impl Passport {
    /// Whether every label that was handed to the printer is accounted for.
    pub fn sums_close(&self) -> bool {
        let Fates { good, void, doubtful, under_way } = self.fates;
        let pieces: u64 = self.pieces.iter().map(|piece| piece.good).sum();
        self.handed_over == good + void + doubtful + under_way && pieces == good
    }

    /// The lot that stands on the labels: the job's own, or else that of the goods as they are now.
    /// Labels of an order say nothing of a lot.
    pub fn lot(&self) -> Lot {
        let own = &self.job.wanted.lot;
        if !own.is_empty() || self.job.wanted.pool.starts_with("order:") {
            return own.clone();
        }
        self.goods.as_ref().map_or_else(Lot::default, |goods| goods.lot.clone())
    }

    /// Good labels that nobody graded.
    pub fn not_graded(&self) -> u64 {
        self.fates.good.saturating_sub(self.grades.values().sum())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    piece: u32,
    place: u32,
    to_read: bool,
    reading: Option<String>,
    reason: Option<String>,
    grade: Option<String>,
    serial: String,
    text: String,
    state: String,
    came_out: bool,
}

impl Row {
    fn reason_words(&self) -> Option<&'static str> {
        let reason = self.reason.as_deref()?;
        RejectReason::ALL.into_iter().find(|known| known.word() == reason).map(RejectReason::words)
    }

    /// Why it must not be used.
    fn void_words(&self, state: CodeState) -> String {
        let plain = if state == CodeState::Scrapped { "written off" } else { "rejected" };
        self.reason_words().unwrap_or(plain).to_owned()
    }

    fn doubt_words(&self) -> String {
        match (self.reason.as_deref(), self.came_out) {
            (Some("duplicate"), _) => "two labels of this code were seen: use neither".to_owned(),
            (None, true) if !self.to_read => {
                "it came out, and may have come out twice: use neither".to_owned()
            }
            (Some(_), _) => self.reason_words().unwrap_or_default().to_owned(),
            (None, true) => "it came out of the printer and was not read".to_owned(),
            (None, false) => "handed to the printer; nobody knows whether it came out".to_owned(),
        }
    }

    fn is_good(&self, state: CodeState) -> bool {
        use CodeState::{
            Applied, Doubtful, Printed, Rejected, Sampled, Scrapped, Sent, Stored, Verified,
        };
        match state {
            Printed => !self.to_read || self.reading.as_deref() == Some("good"),
            // Somebody had it in his hand since.
            Applied | Verified | Sampled => true,
            Stored | Sent | Doubtful | Scrapped | Rejected => false,
        }
    }
}

const LABELS: &str = "\
    select piece, place, to_read, reading, reason, grade, serial, text, state, \
    exists (select 1 from journal where journal.code_id = roll_label.code_id \
            and kind = 'moved' and body ->> 'is' = 'printed') as came_out \
    from roll_label join code on code.id = roll_label.code_id \
    where job_id = $1 order by piece, place";

impl Store {
    /// The passport of a job that makes a roll; nothing if there is no such job.
    pub async fn passport(&self, job: i64) -> Result<Option<Passport>, StoreError> {
        let Some(job) = self.job(job).await? else { return Ok(None) };
        let rows: Vec<Row> = sqlx::query_as(LABELS)
            .bind(job.id)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let handed_over: i64 =
            sqlx::query_scalar("select count(*) from roll_label where job_id = $1")
                .bind(job.id)
                .fetch_one(&self.readers)
                .await
                .map_err(StoreError::asking(WHAT))?;
        let mut sheet = Passport {
            goods: self.goods(job.wanted.gtin).await?,
            people: self.people_of(&job).await?,
            job,
            handed_over: super::open::count(handed_over),
            fates: Fates::default(),
            states: BTreeMap::new(),
            pieces: Vec::new(),
            voids: Vec::new(),
            doubtful: Vec::new(),
            grades: BTreeMap::new(),
            good_sha256: String::new(),
        };
        let mut sum = Sha256::new();
        for row in &rows {
            sheet.take(row, &mut sum)?;
        }
        for byte in sum.finalize() {
            let _ = write!(sheet.good_sha256, "{byte:02x}");
        }
        Ok(Some(sheet))
    }

    /// The jobs that print an order, oldest first.
    pub async fn jobs_of_pool(&self, pool: &str) -> Result<Vec<i64>, StoreError> {
        sqlx::query_scalar("select id from job where pool = $1 order by id")
            .bind(pool)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))
    }

    /// Who asked the job's line for something while it was made.
    async fn people_of(&self, job: &Job) -> Result<Vec<String>, StoreError> {
        let Some(from) = job.started_at else { return Ok(Vec::new()) };
        sqlx::query_scalar(
            "select person from audit where what = 'asked a line' and at between $1 and $2 \
             and substr(detail, 1, length($3) + 2) = $3 || ': ' group by person order by min(id)",
        )
        .bind(from.0)
        .bind(job.ended_at.unwrap_or_else(Micros::now).0)
        .bind(&job.wanted.line)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }
}

impl Passport {
    fn take(&mut self, row: &Row, good: &mut Sha256) -> Result<(), StoreError> {
        let state: CodeState = word(WHAT, &row.state)?;
        *self.states.entry(state).or_default() += 1;
        if self.pieces.last().is_none_or(|piece| piece.number != row.piece) {
            self.pieces.push(Piece { number: row.piece, ..Piece::default() });
        }
        let piece = self.pieces.last_mut().expect("one was just put there");
        piece.handed_over += 1;
        let odd = |known| OddLabel {
            serial: row.serial.clone(),
            piece: row.piece,
            place: row.place,
            known,
        };
        match state {
            CodeState::Doubtful => {
                self.fates.doubtful += 1;
                self.doubtful.push(odd(row.doubt_words()));
            }
            CodeState::Scrapped | CodeState::Rejected => {
                self.fates.void += 1;
                self.voids.push(odd(row.void_words(state)));
            }
            _ if row.is_good(state) => {
                self.fates.good += 1;
                piece.good += 1;
                if piece.good == 1 {
                    piece.first.clone_from(&row.serial);
                }
                piece.last.clone_from(&row.serial);
                good.update(row.text.as_bytes());
                good.update(b"\n");
                if let Some(grade) = &row.grade {
                    *self.grades.entry(grade.clone()).or_default() += 1;
                }
            }
            CodeState::Stored
            | CodeState::Sent
            | CodeState::Printed
            | CodeState::Applied
            | CodeState::Verified
            | CodeState::Sampled => self.fates.under_way += 1,
        }
        Ok(())
    }
}
