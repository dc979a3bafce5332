//! One code from order to report on one page.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::super::state_system::CodeStanding;
use crate::access::Permission;
use crate::code::CodeState;
use crate::line::{PictureId, RejectReason, Verdict};
use crate::store::{JournalRow, ProductRow, Story};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;

/// Characters of a scan: the longest code has 127, each as six with everything shown.
const SCAN_CHARS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "pages/codes.html")]
struct CodesPage {
    frame: Frame,
    scan: String,
    story: Option<Story>,
    steps: Vec<Step>,
    may_control: bool,
    /// Whether the state system can be asked.
    asks: bool,
    /// How it has the code, if it was asked.
    standing: Option<Result<CodeStanding, String>>,
}

/// One step of a code's way.
struct Step {
    at: Micros,
    what: String,
    detail: String,
    picture: Option<String>,
    /// Nothing good.
    bad: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    scan: String,
    /// Not empty: the state system is asked, too.
    #[serde(default)]
    ask: String,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Query(Asked { scan, ask }): Query<Asked>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let scan: String = scan.chars().take(SCAN_CHARS_MAX).collect();
    let story = if scan.trim().is_empty() { None } else { state.store.story(&scan).await? };
    let steps = story.as_ref().map(steps).unwrap_or_default();
    let way = &state.settings.state_system;
    let standing = match &story {
        Some(story) if !ask.is_empty() => {
            Some(way.ask(story.group, story.code.text.identification().to_owned()).await)
        }
        _ => None,
    };
    let (frame, asks) = (Frame::of(Some(person)), way.is_there());
    let may_control = frame.may(Permission::ControlLine);
    Ok(Page(CodesPage { frame, scan, story, steps, may_control, asks, standing }))
}

/// Every step, in the order of time; what has the same time stays in the order of a code's way.
fn steps(story: &Story) -> Vec<Step> {
    let mut steps = Vec::new();
    came_in(story, &mut steps);
    let recorded = story.journal.iter().filter_map(|row| recorded(story, row));
    steps.extend(recorded);
    for product in &story.products {
        on_product(story, product, &mut steps);
    }
    handled(story, &mut steps);
    reported(story, &mut steps);
    steps.sort_by_key(|step| step.at);
    steps
}

fn step(at: Micros, what: impl Into<String>, detail: impl Into<String>) -> Step {
    let (what, detail) = (what.into(), detail.into());
    Step { at, what, detail, picture: None, bad: false }
}

fn came_in(story: &Story, steps: &mut Vec<Step>) {
    let Some(order) = &story.order else { return };
    let name = order.upstream_id.as_deref().unwrap_or("not known");
    steps.push(step(order.wanted_at, "Ordered", format!("order {name} at the state system")));
    steps.push(step(order.came_at, "Received and stored", format!("in block {}", order.block)));
}

fn recorded(story: &Story, row: &JournalRow) -> Option<Step> {
    let body: Value = serde_json::from_str(&row.body).ok()?;
    let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let by = word("by");
    let by = if by.is_empty() { String::new() } else { format!("by {by}") };
    let (what, detail) = match row.kind.as_str() {
        "moved" => (moved(&word("is"))?, String::new()),
        "decided" => (format!("Decided: {}", word("is")), by),
        "sampled" => ("Taken as a sample".to_owned(), by),
        "on_roll" => {
            let number = |key: &str| body.get(key).and_then(Value::as_i64).unwrap_or_default();
            let detail = format!("piece {}, label {}", number("piece"), number("place"));
            ("Place on the roll".to_owned(), detail)
        }
        "label_read" if word("reading") == "good" => ("Read on the roll".to_owned(), String::new()),
        "label_read" => ("Bad on the roll".to_owned(), reason(&word("reason"))),
        "taken_back" => ("Not written by the printer, taken back".to_owned(), String::new()),
        _ => return None,
    };
    let mut step = step(row.at, what, detail);
    step.bad = matches!(word("is").as_str(), "doubtful" | "rejected" | "scrapped");
    let picture = body.get("picture").and_then(Value::as_i64).map(i64::cast_unsigned);
    step.picture = picture.map(|picture| address(story, PictureId(picture)));
    Some(step)
}

fn reason(word: &str) -> String {
    let known = RejectReason::ALL.into_iter().find(|known| known.word() == word);
    known.map_or_else(|| word.to_owned(), |known| known.words().to_owned())
}

/// What the page says of a step of the code's life.
fn moved(is: &str) -> Option<String> {
    Some(
        match is.parse::<CodeState>().ok()? {
            CodeState::Stored => "Stored",
            CodeState::Sent => "Sent to the printer",
            CodeState::Printed => "Printed",
            CodeState::Applied => "Applied to a product",
            CodeState::Verified => "Read back: verified",
            CodeState::Doubtful => "In doubt",
            CodeState::Scrapped => "Scrapped",
            CodeState::Rejected => "Rejected",
            CodeState::Sampled => "Sampled",
        }
        .to_owned(),
    )
}

fn address(story: &Story, picture: PictureId) -> String {
    format!("/lines/{}/pictures/{}.png", story.line, picture.0)
}

fn on_product(story: &Story, product: &ProductRow, steps: &mut Vec<Step>) {
    let tag = product.tag;
    steps.push(step(product.seen_at, format!("Product {tag} came in"), ""));
    if let (Some(at), Some(verdict)) = (product.judged_at, product.verdict) {
        let (words, bad) = match verdict {
            Verdict::Good => ("good".to_owned(), false),
            Verdict::Bad(reason) => (reason.words().to_owned(), true),
        };
        let grade = story.grade.map(|grade| format!(", grade {}.{}", grade / 10, grade % 10));
        let mut judged =
            step(at, format!("Camera: product {tag}"), words + &grade.unwrap_or_default());
        judged.bad = bad;
        judged.picture = product.picture.map(|picture| address(story, picture));
        steps.push(judged);
    }
}

fn handled(story: &Story, steps: &mut Vec<Step>) {
    for (at, who, words) in &story.scans {
        steps.push(step(*at, "Validated by hand", format!("{who}: {words}")));
    }
    if let Some(sample) = &story.sample {
        let told = if sample.told { "; told before: withdraw it at the state system" } else { "" };
        steps.push(step(
            sample.at,
            "Sample",
            format!("{}: {}{told}", sample.person, sample.reason),
        ));
        if let Some((at, who, how)) = &sample.returned {
            steps.push(step(*at, "Sample returned", format!("{who}: {how}")));
        }
    }
    if let Some(rework) = &story.rework {
        let detail = format!("{} {}", rework.person, rework.note);
        steps.push(step(rework.at, "Label destroyed, product back for a new one", detail));
    }
}

fn reported(story: &Story, steps: &mut Vec<Step>) {
    let Some(report) = &story.report else { return };
    let name = report.upstream_id.as_deref().unwrap_or("no name yet");
    let detail = format!("report {} ({}): {name}", report.id, report.kind.word());
    steps.push(step(report.made_at, "Put into a report", detail));
    if let Some(at) = report.sent_at {
        let detail = format!("sent {} times", report.sends);
        steps.push(step(at, "Sent to the state system", detail));
    }
    if let Some(at) = story.told_at {
        steps.push(step(at, "The state system took notice", format!("as {name}")));
    }
}
