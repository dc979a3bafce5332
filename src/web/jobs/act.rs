//! What a person does with jobs: store one, choose one by its number, say a verb.
use super::super::WebState;
use super::super::page::{Refusal, must};
use super::super::signed_in::SignedIn;
use super::{not_so, refused, typed};
use crate::access::Permission;
use crate::code::Gtin;
use crate::label;
use crate::store::{Job, JobVerb, Lot, NewJob, Phase, RollJob};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use serde::Deserialize;

/// The most labels of one job: more than a line prints in a day.
const LABELS_MAX: u64 = 1_000_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The job's number, as a button says it or a scanner types it: `17`, `JOB17`, `job 17`.
    job: String,
    verb: String,
}

/// The number in what a scanner typed.
fn number(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches("]C1");
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok().filter(|id| *id > 0)
}

pub(super) async fn act(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let id = number(&asked.job);
    let id = id.ok_or_else(|| not_so("Scan or type the number of a job."))?;
    let verb: JobVerb = asked.verb.parse().map_err(|_| not_so("A job knows no such verb."))?;
    let job = state.job(&line, id).await?;
    if verb == JobVerb::Start {
        must_be_clear(&state, &job).await?;
    }
    state.store.job_verb(id, verb, &person.name).await.map_err(refused)?;
    tracing::info!(
        line,
        person = person.name,
        job = id,
        verb = verb.word(),
        "a person asks of a job"
    );
    Ok(Redirect::to(&format!("/lines/{line}/jobs")))
}

/// A line that asks for clearance has it before its job starts.
async fn must_be_clear(state: &WebState, job: &Job) -> Result<(), Refusal> {
    let line = &job.wanted.line;
    if !state.rules(line).clearance || state.store.is_cleared(job, Phase::Before).await? {
        return Ok(());
    }
    let words = format!(
        "{line} is not cleared for job {}: open Clear the line beside the job, and go through its items.",
        job.id
    );
    Err(Refusal::new(StatusCode::CONFLICT, words))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    gtin: String,
    /// Empty where the line prints nothing.
    #[serde(default)]
    design: String,
    planned: u64,
    #[serde(default)]
    batch: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    best_before: String,
    #[serde(default)]
    ribbon_lot: String,
    #[serde(default)]
    label_lot: String,
}

/// Stores a job that waits for its start.
pub(super) async fn store(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Form(wanted): Form<Wanted>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let desk = state.desk(&line)?;
    let gtin: Gtin = wanted.gtin.trim().parse().map_err(|_| {
        not_so("This is no GTIN: 8 to 14 digits with a right check digit. Type it from the goods.")
    })?;
    if !(1..=LABELS_MAX).contains(&wanted.planned) {
        return Err(not_so("A job has 1 to 1000000 labels. Type how many."));
    }
    let scenario = desk.line.scenario;
    let design = label::design(&wanted.design).filter(|_| scenario.prints());
    if scenario.prints() && design.is_none() {
        return Err(not_so("No label design has this name. Choose one."));
    }
    let Some(goods) = state.store.goods(gtin).await? else {
        let words =
            "Nothing is known of these goods: name them in [line.goods] of the configuration.";
        return Err(not_so(words));
    };
    let job = NewJob {
        line: line.clone(),
        scenario,
        pool: format!("line:{line}"),
        gtin: goods.gtin,
        design: design.map_or_else(String::new, |design| design.name.clone()),
        planned: wanted.planned,
        roll: RollJob::default(),
        lot: Lot {
            batch: typed(&wanted.batch),
            date: typed(&wanted.date),
            best_before: typed(&wanted.best_before),
        },
    };
    let id = state.store.store_job(&job).await.map_err(refused)?;
    let (ribbon, labels) = (typed(&wanted.ribbon_lot), typed(&wanted.label_lot));
    state.store.job_lots(id, &ribbon, &labels).await?;
    state.store.note(&person.name, "asked of a job", &format!("job {id}: store")).await?;
    Ok(Redirect::to(&format!("/lines/{line}/jobs")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_job_is_found_in_what_a_scanner_types() {
        for text in ["17", " 17\r\n", "JOB17", "job 17", "]C117", "№17"] {
            assert_eq!(number(text), Some(17), "{text}");
        }
        for text in ["", "job", "0", "17a", "-"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
