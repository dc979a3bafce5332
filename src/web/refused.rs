//! Codes that the state system refused, and what a person decides about them.
use super::WebState;
use super::page::{Frame, Page, Refusal, must};
use super::signed_in::SignedIn;
use crate::access::Permission;
use crate::store::{PRODUCTION, RefusedChoice, RefusedDecided, RefusedDecision, RefusedGroup};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

/// Codes of one refusal that are shown.
const CODES_SHOWN: u32 = 1_000;
/// Decisions that are shown.
const DECIDED_SHOWN: u32 = 50;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 300;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/refused", get(show).post(decide)).route("/refused/codes", get(codes))
}

#[derive(Template)]
#[template(path = "pages/refused.html")]
struct RefusedPage {
    frame: Frame,
    groups: Vec<RefusedGroup>,
    decided: Vec<RefusedDecided>,
    may_decide: bool,
}

#[derive(Template)]
#[template(path = "pages/refused_codes.html")]
struct CodesPage {
    frame: Frame,
    report: i64,
    codes: Vec<String>,
}

async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let mut groups = state.store.refused().await?;
    groups.extend(state.store.unproduced().await?);
    groups.sort_by_key(|group| std::cmp::Reverse(group.report));
    let mut decided = state.store.refused_decided(DECIDED_SHOWN).await?;
    decided.extend(state.store.unproduced_decided(DECIDED_SHOWN).await?);
    decided.sort_by_key(|decided| std::cmp::Reverse(decided.at));
    let frame = Frame::of(Some(person));
    let may_decide = frame.may(Permission::DecideDoubts);
    Ok(Page(RefusedPage { frame, groups, decided, may_decide }))
}

/// Which refusal.
#[derive(Deserialize)]
struct Which {
    report: i64,
    result: Option<i64>,
    #[serde(default)]
    kind: String,
}

async fn codes(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Query(Which { report, result, kind }): Query<Which>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let codes = if kind == PRODUCTION {
        state.store.unproduced_codes(report, CODES_SHOWN).await?
    } else {
        state.store.refused_codes(report, result, CODES_SHOWN).await?
    };
    Ok(Page(CodesPage { frame: Frame::of(Some(person)), report, codes }))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "do")]
    decision: String,
    report: i64,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    result: String,
    #[serde(default)]
    reason: String,
}

async fn decide(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    let not_so = |words: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
    let decision = RefusedDecision::of_word(&asked.decision)
        .ok_or_else(|| not_so("Choose what is to be done with the codes."))?;
    let reason: String = asked.reason.trim().chars().take(REASON_CHARS_MAX).collect();
    if reason.is_empty() {
        return Err(not_so("Say why: the reason is kept."));
    }
    let result = match asked.result.as_str() {
        "" => None,
        number => Some(number.parse().map_err(|_| not_so("This refusal is not known."))?),
    };
    let person = person.name;
    let choice = RefusedChoice { report: asked.report, result, decision, person, reason };
    let n = if asked.kind == PRODUCTION {
        state.store.decide_unproduced(&choice).await?
    } else {
        state.store.decide_refused(&choice).await?
    };
    if n == 0 {
        let words = "Somebody has decided about these codes meanwhile.";
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    }
    tracing::info!(
        report = choice.report,
        decision = decision.word(),
        person = choice.person,
        n,
        "decided about refused codes"
    );
    Ok(Redirect::to("/refused"))
}

fn decision_words(word: &str) -> &'static str {
    match word {
        "again" => "sent again",
        "written_off" => "written off",
        _ => "put aside",
    }
}
