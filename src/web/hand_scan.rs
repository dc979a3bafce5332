//! Labels that were put on by hand: an operator scans each, and the line says what it is.
use super::WebState;
use super::desk::Desk;
use super::look::LineNow;
use super::page::{Frame, Page, Refusal, must};
use super::signed_in::SignedIn;
use crate::access::Permission;
use crate::line::{Event, LineState, LineView, Mode, RejectReason, Scenario, Tag, Verdict};
use crate::store::Person;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;

/// Characters of a scan; the longest code has 127, each as six with everything shown.
const SCAN_CHARS_MAX: usize = 1_000;
/// The line has this long to take a scan and to judge it: nobody waits longer with a product in his
/// hand.
const JUDGED_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/lines/{name}/scan", get(show).post(scan))
}

#[derive(Template)]
#[template(path = "pages/hand_scan.html")]
struct ScanPage {
    frame: Frame,
    line: String,
    /// Why the line takes no scan; empty if it does.
    stands: String,
    last: Option<Shown>,
    done: u64,
    planned: u64,
    before: Vec<Shown>,
}

/// A verdict as the page shows it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    /// Colour and shape: as the verdicts on labels of orders have them.
    look: &'static str,
    word: &'static str,
    words: &'static str,
}

impl LineNow {
    /// For the pages: whether a person scans what this line makes.
    pub(super) fn takes_scans(&self) -> bool {
        self.scenario == Scenario::Manual.words()
    }
}

#[derive(Deserialize)]
struct Input {
    scan: String,
}

async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let desk = scans_at(&state, &name, &person)?;
    Ok(page(desk, person, None))
}

async fn scan(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
    Form(input): Form<Input>,
) -> Result<impl IntoResponse, Refusal> {
    let desk = scans_at(&state, &name, &person)?;
    if input.scan.chars().count() > SCAN_CHARS_MAX {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "That is not one code."));
    }
    if !stands(&desk.line.view.borrow()).is_empty() {
        return Ok(page(desk, person, Some(NOT_TAKEN)));
    }
    state.store.note(&person.name, "scanned a label", &name).await?;
    let shown = judged(desk, input.scan).await.map_or(NO_ANSWER, shown);
    Ok(page(desk, person, Some(shown)))
}

fn scans_at<'a>(state: &'a WebState, name: &str, person: &Person) -> Result<&'a Desk, Refusal> {
    must(person, Permission::ControlLine)?;
    let desk = state.desk(name)?;
    if desk.line.scenario != Scenario::Manual {
        return Err(Refusal::not_found("page: this line's labels are not scanned by hand"));
    }
    Ok(desk)
}

/// What the line says of this label; nothing if it says nothing in time.
async fn judged(desk: &Desk, text: String) -> Option<Verdict> {
    let tag = Tag(desk.next_scan());
    let mut view = desk.line.view.clone();
    let of =
        |view: &LineView| view.verdicts.iter().find(|one| one.tag == tag).map(|one| one.verdict);
    let answer = async {
        desk.line.requests.send(Event::Scanned { tag, text }).await.ok()?;
        of(&*view.wait_for(|view| of(view).is_some()).await.ok()?)
    };
    timeout(JUDGED_WITHIN, answer).await.ok().flatten()
}

const NOT_TAKEN: Shown = Shown {
    look: "malformed",
    word: "? Not taken",
    words: "The line does not run: nothing was looked up.",
};
const NO_ANSWER: Shown = Shown {
    look: "malformed",
    word: "? No answer",
    words: "The line said nothing in time. Scan the label again before the product goes on.",
};

fn shown(verdict: Verdict) -> Shown {
    use RejectReason as R;
    let (look, word, words) = match verdict {
        Verdict::Good => ("good", "✔ Good", "The label is of this job and was not read before."),
        Verdict::Bad(R::Duplicate) => {
            ("duplicate", "✖ Duplicate", "This label was read before: is it on two products?")
        }
        Verdict::Bad(R::NotGs1) => {
            ("malformed", "? Not a code", "Scan again; if it stays so, test your scanner.")
        }
        Verdict::Bad(R::NoAnswer) => ("malformed", NO_ANSWER.word, NO_ANSWER.words),
        Verdict::Bad(reason @ (R::Foreign | R::OtherJob | R::UnknownCode)) => {
            ("foreign", "✖ Foreign", reason.words())
        }
        Verdict::Bad(reason) => ("foreign", "✖ Rejected", reason.words()),
    };
    Shown { look, word, words }
}

/// Why the line takes no scan; empty if it does.
fn stands(view: &LineView) -> String {
    if view.state == LineState::Execute && view.mode == Mode::Production {
        return String::new();
    }
    let why = view.why.map(|why| format!(" {}", why.words().sentence())).unwrap_or_default();
    format!("The line is {} and takes no scans.{why}", view.state)
}

fn page(desk: &Desk, person: Person, last: Option<Shown>) -> Page<ScanPage> {
    let view = desk.line.view.borrow().clone();
    let before = view.verdicts.iter().skip(usize::from(last.is_some())).take(10);
    Page(ScanPage {
        frame: Frame::of(Some(person)),
        line: desk.line.name.clone(),
        stands: stands(&view),
        last,
        done: view.done,
        planned: view.planned,
        before: before.map(|one| shown(one.verdict)).collect(),
    })
}
