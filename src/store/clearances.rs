//! Line clearance: what must be so before a line begins a job and after it has ended one.
use super::open::count;
use super::people::note;
use super::{Bin, Job, Store, StoreError, bin};
use crate::telemetry::clock::Micros;
use std::fmt;
use std::str::FromStr;

/// Which clearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing of another job is left, and what the job needs is there.
    Before,
    /// Nothing of this job is left.
    After,
}

impl Phase {
    /// The word in the store and in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Phase {
    type Err = UnknownPhase;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = [Self::Before, Self::After].into_iter().find(|phase| phase.word() == word);
        found.ok_or_else(|| UnknownPhase(word.to_owned()))
    }
}

/// A word that names no clearance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no clearance; there are before and after")]
pub struct UnknownPhase(String);

/// What the books say of a line: no person ticks this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineStands {
    /// Labels handed to the printer that its counter has not told of.
    pub in_printer: u64,
    /// Labels that came out and are on no product.
    pub on_pad: u64,
    /// Products between infeed and gate.
    pub on_belt: u64,
    /// What should lie in the bin.
    pub bin: Bin,
}

/// What a person says and what the program checked for him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearing {
    /// Products counted in the bin, which is empty now.
    pub bin_counted: Option<u64>,
    /// Why that is not what the line put there.
    pub bin_reason: String,
    /// Whether the person may let the bin differ.
    pub may_differ: bool,
    /// The ribbon, as scanned.
    pub ribbon_lot: String,
    /// The labels, as scanned.
    pub label_lot: String,
    /// What the camera is set to, or why that does not fit the job.
    pub recipe: Result<String, String>,
}

/// One thing that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub name: &'static str,
    /// How it stands; what to do, if it is open.
    pub words: String,
    /// Whether it stands in the way.
    pub open: bool,
}

/// A clearance that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearance {
    /// Before or after.
    pub phase: Phase,
    /// When.
    pub at: Micros,
    /// Who.
    pub person: String,
    /// Counted in the bin.
    pub bin_counted: u64,
    /// Put there by the line.
    pub bin_expected: u64,
    /// Why they differ.
    pub bin_reason: String,
    /// The ribbon.
    pub ribbon_lot: String,
    /// The labels.
    pub label_lot: String,
    /// What the camera was set to.
    pub recipe: String,
}

/// Every item, in the order in which a person goes through them. Lots are of meaning before a job.
pub fn items(phase: Phase, job: &Job, stands: &LineStands, said: &Clearing) -> Vec<Item> {
    let belt = job.wanted.scenario.has_belt();
    let prints = job.wanted.scenario.prints();
    let mut items = Vec::new();
    if prints {
        items.push(printer_item(stands));
    }
    if belt {
        items.push(belt_item(stands));
    }
    if job.wanted.scenario.has_bin() {
        items.push(bin_item(stands, said));
    }
    if phase == Phase::Before {
        let control = &job.control;
        if prints {
            items.push(lot_item("Ribbon", &control.ribbon_lot, &said.ribbon_lot));
        }
        items.push(lot_item("Labels", &control.label_lot, &said.label_lot));
        items.push(recipe_item(&said.recipe));
    }
    items
}

fn printer_item(stands: &LineStands) -> Item {
    let n = stands.in_printer;
    let words = match n {
        0 => "empty: every label handed over was counted out".to_owned(),
        _ => format!(
            "{n} labels were handed over and not counted out: see the printer, and decide about \
             codes in doubt"
        ),
    };
    Item { name: "Printer buffer", words, open: n > 0 }
}

fn belt_item(stands: &LineStands) -> Item {
    let LineStands { on_pad, on_belt, .. } = *stands;
    let words = if on_pad + on_belt == 0 {
        "empty: no product and no label is under way".to_owned()
    } else {
        format!(
            "{on_belt} products on the belt and {on_pad} labels before the applicator: press Stop \
             at the line and wait until it is empty"
        )
    };
    Item { name: "Belt", words, open: on_pad + on_belt > 0 }
}

fn bin_item(stands: &LineStands, said: &Clearing) -> Item {
    let explained = !said.bin_reason.trim().is_empty();
    let expected = stands.bin.expected();
    let (words, open) = match said.bin_counted {
        None => ("empty it, count what was in it, and type the number".to_owned(), true),
        Some(n) if stands.bin.agrees(n) => {
            (format!("emptied; {n} counted, as the line says"), false)
        }
        Some(n) if explained && said.may_differ => {
            (format!("emptied; {n} counted, the line says {expected}: {}", said.bin_reason), false)
        }
        Some(n) => (
            format!(
                "{n} counted, the line put {expected} there: count again and look for the others; \
                 a manager may explain the difference"
            ),
            true,
        ),
    };
    Item { name: "Bin", words, open }
}

fn lot_item(name: &'static str, wanted: &str, said: &str) -> Item {
    let (words, open) = match (wanted.trim(), said.trim()) {
        (_, "") => ("scan its lot".to_owned(), true),
        ("", said) => (format!("lot {said}"), false),
        (wanted, said) if wanted == said => (format!("lot {said}, as the job wants"), false),
        (wanted, said) => {
            (format!("lot {said} is loaded, the job wants {wanted}: change it"), true)
        }
    };
    Item { name, words, open }
}

fn recipe_item(recipe: &Result<String, String>) -> Item {
    let (words, open) = match recipe {
        Ok(words) => (words.clone(), false),
        Err(words) => (words.clone(), true),
    };
    Item { name: "Camera", words, open }
}

const WHAT: &str = "clear a line";

/// Labels of belts only: on a roll, a printed label is where it should be.
const STANDS: &str = "\
    select (select count(*) from code where state = 'sent' \
            and state in ('sent', 'printed', 'applied') and pool in \
            (select 'line:' || $1 union select pool from job where line = $1)), \
           (select count(*) from code where state = 'printed' \
            and state in ('sent', 'printed', 'applied') and pool in \
            (select pool from job where line = $1 and scenario = 'print_apply') \
            and not exists (select 1 from roll_label where code_id = code.id)), \
           (select count(*) from product where line = $1 and fate is null)";

impl Store {
    /// What the books say of a line now.
    pub async fn line_stands(&self, line: &str) -> Result<LineStands, StoreError> {
        let (in_printer, on_pad, on_belt): (i64, i64, i64) = sqlx::query_as(STANDS)
            .bind(line)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::asking(WHAT))?;
        Ok(LineStands {
            in_printer: count(in_printer),
            on_pad: count(on_pad),
            on_belt: count(on_belt),
            bin: self.bin(line).await?,
        })
    }

    /// Gives a clearance. Refused, with the items that stand open, where one does.
    pub async fn clear_line(
        &self,
        job: &Job,
        phase: Phase,
        said: &Clearing,
        person: &str,
    ) -> Result<(), StoreError> {
        fits(job, phase)?;
        let stands = self.line_stands(&job.wanted.line).await?;
        let items = items(phase, job, &stands, said);
        let open: Vec<_> = items
            .iter()
            .filter(|item| item.open)
            .map(|item| format!("{}: {}", item.name, item.words))
            .collect();
        if !open.is_empty() {
            return Err(refused(format!("still open: {}", open.join("; "))));
        }
        let mut tx = self.begin(WHAT).await?;
        sqlx::query(
            "insert into clearance (line, job_id, phase, at, person, bin_counted, bin_expected, \
             bin_reason, rejected, ribbon_lot, label_lot, recipe) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&job.wanted.line)
        .bind(job.id)
        .bind(phase.word())
        .bind(Micros::now().0)
        .bind(person)
        .bind(said.bin_counted.map_or(0, u64::cast_signed))
        .bind(stands.bin.seen().cast_signed())
        .bind(said.bin_reason.trim())
        .bind(stands.bin.rejected.cast_signed())
        .bind(said.ribbon_lot.trim())
        .bind(said.label_lot.trim())
        .bind(said.recipe.as_deref().unwrap_or_default())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::asking(WHAT))?;
        if let Some(counted) = said.bin_counted {
            // Before a job, what was in it is of the one before.
            let of = (phase == Phase::After).then_some(job.id);
            bin::empty(&mut tx, (&job.wanted.line, of), counted, person).await?;
        }
        let detail = format!("{}: {phase} job {}", job.wanted.line, job.id);
        note(&mut tx, person, "cleared a line", &detail).await?;
        tx.commit().await.map_err(StoreError::asking(WHAT))
    }

    /// Whether a line is cleared for a job: nothing else was begun on it since. After a job: since it
    /// ended.
    pub async fn is_cleared(&self, job: &Job, phase: Phase) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "select exists (select 1 from clearance where job_id = $1 and phase = $2 and at > \
             coalesce((select max(started_at) from job where line = $3 and id <> $1 \
                       and $2 = 'before'), $4))",
        )
        .bind(job.id)
        .bind(phase.word())
        .bind(&job.wanted.line)
        .bind(job.ended_at.map_or(0, |at| at.0))
        .fetch_one(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))
    }

    /// The clearances of a job, oldest first.
    pub async fn clearances_of(&self, job: i64) -> Result<Vec<Clearance>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select phase = 'before' as before, at, person, bin_counted, bin_expected, bin_reason, \
             ribbon_lot, label_lot, recipe from clearance where job_id = $1 order by id",
        )
        .bind(job)
        .fetch_all(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        Ok(rows.into_iter().map(Clearance::from).collect())
    }
}

/// A clearance belongs before the beginning or after the end.
fn fits(job: &Job, phase: Phase) -> Result<(), StoreError> {
    let (waits, ended) = (job.started_at.is_none(), job.ended_at.is_some());
    match phase {
        Phase::Before if waits && !ended => Ok(()),
        Phase::Before => Err(refused("the job was begun before".to_owned())),
        Phase::After if ended => Ok(()),
        Phase::After => Err(refused("the job has not ended: stop it first".to_owned())),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    before: bool,
    at: i64,
    person: String,
    bin_counted: i64,
    bin_expected: i64,
    bin_reason: String,
    ribbon_lot: String,
    label_lot: String,
    recipe: String,
}

impl From<Row> for Clearance {
    fn from(row: Row) -> Self {
        Self {
            phase: if row.before { Phase::Before } else { Phase::After },
            at: Micros(row.at),
            person: row.person,
            bin_counted: count(row.bin_counted),
            bin_expected: count(row.bin_expected),
            bin_reason: row.bin_reason,
            ribbon_lot: row.ribbon_lot,
            label_lot: row.label_lot,
            recipe: row.recipe,
        }
    }
}

fn refused(why: String) -> StoreError {
    StoreError::Refused { what: WHAT, why }
}
