//! What people do with products in their hands: samples, and rejected products that get a new label.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{codes, not_so, refused, typed};
use crate::access::Permission;
use crate::code::CodeState;
use crate::line::{Event, RejectReason, Verdict};
use crate::store::Story;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "pages/samples.html")]
struct SamplesPage {
    frame: Frame,
    scan: String,
    story: Option<Story>,
}

#[derive(Template)]
#[template(path = "pages/rework.html")]
struct ReworkPage {
    frame: Frame,
    scan: String,
    story: Option<Story>,
    what_to_do: &'static str,
    may_rework: bool,
    reason: Option<&'static str>,
    picture: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Looked {
    #[serde(default)]
    scan: String,
}

async fn story_of(state: &WebState, scan: &str) -> Result<Option<Story>, Refusal> {
    if scan.trim().is_empty() {
        return Ok(None);
    }
    let story = state.store.story(scan).await?;
    story.map(Some).ok_or_else(|| {
        not_so("This code was never here, or the scan is not whole. Scan it again; test the scanner at /scanner.")
    })
}

pub(super) async fn samples(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Query(Looked { scan }): Query<Looked>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::ControlLine)?;
    let story = story_of(&state, &scan).await?;
    Ok(Page(SamplesPage { frame: Frame::of(Some(person)), scan, story }))
}

#[derive(Deserialize)]
pub(super) struct Said {
    scan: String,
    #[serde(rename = "do", default)]
    wanted: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn sample(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Form(said): Form<Said>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let story = story_of(&state, &said.scan).await?.ok_or_else(|| not_so("Scan a code."))?;
    let reason = typed(&said.reason);
    if said.wanted == "return" {
        state.store.return_sample(&story, &reason, &person.name).await.map_err(refused)?;
    } else {
        let_go(&state, &story).await?;
        state.store.take_sample(&story, &reason, &person.name).await.map_err(refused)?;
    }
    Ok(Redirect::to("/samples"))
}

/// A line lets go of a code in doubt before anybody else decides about it.
async fn let_go(state: &WebState, story: &Story) -> Result<(), Refusal> {
    if story.state != CodeState::Doubtful || story.line.is_empty() {
        return Ok(());
    }
    state.desk(&story.line)?.tell(Event::Decided(vec![story.code.id])).await
}

pub(super) async fn station(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Query(Looked { scan }): Query<Looked>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::ControlLine)?;
    let story = story_of(&state, &scan).await?;
    let (what_to_do, may_rework) = story.as_ref().map_or(("", false), what_to_do);
    let product = story.as_ref().and_then(|story| story.products.last());
    let reason = product.and_then(|product| match product.verdict {
        Some(Verdict::Bad(reason)) => Some(RejectReason::words(reason)),
        Some(Verdict::Good) | None => None,
    });
    let picture = product.and_then(codes::picture_of);
    let frame = Frame::of(Some(person));
    Ok(Page(ReworkPage { frame, scan, story, what_to_do, may_rework, reason, picture }))
}

/// What a person does with the product of this code, and whether it goes back to the line.
fn what_to_do(story: &Story) -> (&'static str, bool) {
    if story.rework.is_some() {
        return (
            "The label of this code was destroyed before. This is a second one: keep it, and tell the manager.",
            false,
        );
    }
    match story.state {
        CodeState::Rejected => (
            "Take the label off and destroy it. The product goes back to the infeed and gets a new label with a new code. This code is never printed again.",
            true,
        ),
        CodeState::Sampled => (
            "A sample. It is not shipped with this label. To bring it back: destroy the label; the product gets a new one at the infeed.",
            story.sample.as_ref().is_some_and(|sample| sample.returned.is_some()),
        ),
        CodeState::Verified => ("This product is good. Put it to the good ones.", false),
        CodeState::Doubtful => (
            "Nobody knows what became of this label. A manager decides at Codes in doubt of the line.",
            false,
        ),
        CodeState::Scrapped => ("A label that should be in the waste. Destroy it.", false),
        CodeState::Stored => (
            "This code was never printed here: the label is a copy. Keep it, and tell the manager.",
            false,
        ),
        CodeState::Sent | CodeState::Printed | CodeState::Applied => (
            "Its label is under way on the line. Wait until the line is at rest, then scan again.",
            false,
        ),
    }
}

pub(super) async fn rework(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Form(said): Form<Said>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let story = story_of(&state, &said.scan).await?.ok_or_else(|| not_so("Scan a code."))?;
    state.store.rework(&story, &typed(&said.reason), &person.name).await.map_err(refused)?;
    Ok(Redirect::to("/rework"))
}
