//! One code from order to report on one page.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::super::state_system::CodeStanding;
use super::{pictures, told};
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
pub(super) struct Step {
    at: Micros,
    what: String,
    detail: String,
    /// The line that it was on, if it was on one.
    line: String,
    picture: Option<String>,
    /// Nothing good.
    pub(super) bad: bool,
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
    let recorded = story.journal.iter().filter_map(recorded);
    steps.extend(recorded);
    for product in &story.products {
        on_product(story, product, &mut steps);
    }
    handled(story, &mut steps);
    told::steps(story, &mut steps);
    steps.sort_by_key(|step| step.at);
    steps
}

pub(super) fn step(at: Micros, what: impl Into<String>, detail: impl Into<String>) -> Step {
    let (what, detail) = (what.into(), detail.into());
    Step { at, what, detail, line: String::new(), picture: None, bad: false }
}

impl Step {
    fn on(self, line: &str) -> Self {
        Self { line: line.to_owned(), ..self }
    }
}

fn came_in(story: &Story, steps: &mut Vec<Step>) {
    if let Some(file) = &story.file {
        let by =
            if file.person.is_empty() { String::new() } else { format!(", by {}", file.person) };
        steps.push(step(file.at, "Received and stored", format!("from {}{by}", file.name)));
    }
    let Some(order) = &story.order else { return };
    let name = order.upstream_id.as_deref().unwrap_or("not known");
    steps.push(step(order.wanted_at, "Ordered", format!("order {name} at the state system")));
    steps.push(step(order.came_at, "Received and stored", format!("in block {}", order.block)));
}

fn recorded(row: &JournalRow) -> Option<Step> {
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
    let mut step = step(row.at, what, detail).on(&row.line);
    step.bad = matches!(word("is").as_str(), "doubtful" | "rejected" | "scrapped");
    let picture = body.get("picture").and_then(Value::as_i64).map(i64::cast_unsigned);
    step.picture = picture.map(|picture| address(&row.line, PictureId(picture)));
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

/// A picture is kept by the line whose camera took it; a small one, by the product's job.
pub(super) fn picture_of(product: &ProductRow) -> Option<String> {
    let (line, picture) = (&product.line, product.picture?);
    Some(match product.job {
        Some(job) => pictures::address(line, job, picture),
        None => address(line, picture),
    })
}

fn address(line: &str, picture: PictureId) -> String {
    format!("/lines/{line}/pictures/{}.png", picture.0)
}

fn on_product(story: &Story, product: &ProductRow, steps: &mut Vec<Step>) {
    let (tag, line) = (product.tag, &product.line);
    steps.push(step(product.seen_at, format!("Product {tag} came in"), "").on(line));
    if let (Some(at), Some(verdict)) = (product.judged_at, product.verdict) {
        let (words, bad) = match verdict {
            Verdict::Good => ("good".to_owned(), false),
            Verdict::Bad(reason) => (reason.words().to_owned(), true),
        };
        let grade = story.grade.map(|grade| format!(", grade {}.{}", grade / 10, grade % 10));
        let mut judged =
            step(at, format!("Camera: product {tag}"), words + &grade.unwrap_or_default()).on(line);
        judged.bad = bad;
        judged.picture = picture_of(product);
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
