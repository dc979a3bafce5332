//! Line clearance: the items, those that the program has looked at and those that a person tells.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{not_so, refused, typed};
use crate::access::{Permission, may};
use crate::store::{Clearance, Clearing, Item, Job, Person, Phase, items};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "pages/clearance.html")]
struct ClearancePage {
    frame: Frame,
    line: String,
    job: Job,
    phase: Phase,
    items: Vec<Item>,
    given: Vec<Clearance>,
    cleared: bool,
    may_differ: bool,
}

impl ClearancePage {
    fn is_before(&self) -> bool {
        self.phase == Phase::Before
    }
}

fn phase_of(word: &str) -> Result<Phase, Refusal> {
    word.parse().map_err(|_| Refusal::not_found("such clearance"))
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id, phase)): Path<(String, i64, String)>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let (job, phase) = (state.job(&line, id).await?, phase_of(&phase)?);
    let stands = state.store.line_stands(&line).await?;
    let said = said(&state, &job, &person, Told::default()).await?;
    let items = items(phase, &job, &stands, &said);
    let given = state.store.clearances_of(id).await?;
    let given = given.into_iter().filter(|one| one.phase == phase).collect();
    let cleared = state.store.is_cleared(&job, phase).await?;
    let may_differ = said.may_differ;
    let frame = Frame::of(Some(person));
    Ok(Page(ClearancePage { frame, line, job, phase, items, given, cleared, may_differ }))
}

#[derive(Deserialize, Default)]
pub(super) struct Told {
    #[serde(default)]
    bin_counted: String,
    #[serde(default)]
    bin_reason: String,
    #[serde(default)]
    ribbon_lot: String,
    #[serde(default)]
    label_lot: String,
}

async fn said(
    state: &WebState,
    job: &Job,
    person: &Person,
    told: Told,
) -> Result<Clearing, Refusal> {
    let counted = told.bin_counted.trim();
    let bin_counted = if counted.is_empty() {
        None
    } else {
        let number: Option<u32> = counted.parse().ok();
        Some(number.ok_or_else(|| not_so("Type how many products were in the bin: a number."))?)
    };
    Ok(Clearing {
        bin_counted: bin_counted.map(u64::from),
        bin_reason: typed(&told.bin_reason),
        may_differ: may(person.role, Permission::SignJobs),
        ribbon_lot: typed(&told.ribbon_lot),
        label_lot: typed(&told.label_lot),
        recipe: state.recipe(job).await?,
    })
}

pub(super) async fn give(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, id, phase)): Path<(String, i64, String)>,
    Form(told): Form<Told>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let (job, phase) = (state.job(&line, id).await?, phase_of(&phase)?);
    let said = said(&state, &job, &person, told).await?;
    state.store.clear_line(&job, phase, &said, &person.name).await.map_err(refused)?;
    tracing::info!(line, person = person.name, job = id, %phase, "a line is cleared");
    Ok(Redirect::to(&match phase {
        Phase::Before => format!("/lines/{line}/jobs"),
        Phase::After => format!("/lines/{line}/jobs/{id}/reconcile"),
    }))
}
