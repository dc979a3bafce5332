//! Codes in doubt: what is known of them, and what a person decides.
use super::super::WebState;
use super::super::orders::sentence;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use crate::access::Permission;
use crate::code::CodeId;
use crate::line::Event;
use crate::store::{Decision, Doubt, StoreError};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

/// Codes on one page, the oldest first.
const SHOWN: u32 = 200;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 300;
/// Characters of a scan: the longest code has 127, each as six with everything shown.
const SCAN_CHARS_MAX: usize = 1_000;
#[derive(Template)]
#[template(path = "pages/doubtful.html")]
struct DoubtsPage {
    frame: Frame,
    line: String,
    doubts: Vec<Doubt>,
    all: u64,
    /// Whether this is not the first page.
    later: bool,
    /// The last code of this page, if others follow.
    next: Option<CodeId>,
    may_decide: bool,
}

/// Which page of them.
#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    after: i64,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Query(Place { after }): Query<Place>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    state.desk(&line)?;
    let (mut doubts, all) = state.store.doubts(&line, CodeId(after), SHOWN + 1).await?;
    let more = doubts.len() > SHOWN as usize;
    doubts.truncate(SHOWN as usize);
    let next = doubts.last().filter(|_| more).map(|last| last.code);
    let later = after > 0;
    let frame = Frame::of(Some(person));
    let may_decide = frame.may(Permission::DecideDoubts);
    Ok(Page(DoubtsPage { frame, line, doubts, all, later, next, may_decide }))
}

/// What the buttons of the page say.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    WriteOff,
    WriteOffAll,
    Read,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "do")]
    wanted: Wanted,
    code: Option<i64>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    scan: String,
}

impl Asked {
    fn decision(self) -> Result<Decision, Refusal> {
        let not_so = |words: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
        if let Wanted::Read = self.wanted {
            let scan = self.scan;
            let fits = !scan.is_empty() && scan.chars().count() <= SCAN_CHARS_MAX;
            return if fits { Ok(Decision::Read { scan }) } else { Err(not_so("Scan one code.")) };
        }
        let reason: String = self.reason.trim().chars().take(REASON_CHARS_MAX).collect();
        if reason.is_empty() {
            return Err(not_so("Say what became of the label: the reason is kept."));
        }
        let codes = match (self.wanted, self.code) {
            (Wanted::WriteOff, Some(code)) => Some(vec![CodeId(code)]),
            (Wanted::WriteOff, None) => return Err(not_so("Say which code.")),
            (Wanted::WriteOffAll | Wanted::Read, _) => None,
        };
        Ok(Decision::WriteOff { codes, reason })
    }
}

/// The line lets go of the codes first: from then on it does nothing more with them, so that no
/// picture can contradict what the person says.
pub(super) async fn decide(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    let desk = state.desk(&line)?;
    let decision = asked.decision()?;
    let codes = state.store.codes_of(&line, &decision).await.map_err(refused)?;
    desk.tell(Event::Decided(codes.clone())).await?;
    let n = state.store.decide(&line, &codes, &decision, &person.name).await.map_err(refused)?;
    if n == 0 {
        let words = "Nothing of that is in doubt any more, or it lies on a product on the belt.";
        return Err(Refusal::new(StatusCode::CONFLICT, words));
    }
    tracing::info!(line, person = person.name, n, "a person decided about codes in doubt");
    Ok(Redirect::to(&format!("/lines/{line}/doubtful")))
}

fn refused(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        return Refusal::new(StatusCode::CONFLICT, sentence(&why));
    }
    problem.into()
}
