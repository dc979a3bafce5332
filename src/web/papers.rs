//! Documents for the state system: what was sent, what came of it, and goods that are introduced.
use super::WebState;
use super::orders::sentence;
use super::page::{Frame, Page, Refusal, must};
use super::signed_in::SignedIn;
use crate::access::Permission;
use crate::code::ProductGroup;
use crate::order::{Facts, PaperKind};
use crate::store::{About, Origin, Paper, PaperDecision, Person, StoreError};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

/// Documents on the page: the latest.
const LISTED: u32 = 200;
/// Codes of a document that are shown.
const CODES_SHOWN: u32 = 50;
/// Characters of anything that is typed.
const WORDS_MAX: usize = 300;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/papers", get(list))
        .route("/papers/new", get(form).post(make))
        .route("/papers/{id}", get(show).post(decide))
        .route("/papers/{id}/document.json", get(document))
        .route("/api/papers", get(api))
}

#[derive(Template)]
#[template(path = "pages/papers.html")]
struct ListPage {
    frame: Frame,
    papers: Vec<Paper>,
    sends: bool,
}

async fn list(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::MakePapers)?;
    let papers = state.store.papers(LISTED).await?;
    let sends = state.settings.participant.is_some();
    Ok(Page(ListPage { frame: Frame::of(Some(person)), papers, sends }))
}

/// The same for programs.
async fn api(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::MakePapers)?;
    let papers = state.store.papers(LISTED).await?;
    Ok(Json(papers.iter().map(paper_json).collect::<Vec<_>>()))
}

fn paper_json(paper: &Paper) -> serde_json::Value {
    json!({
        "paper": paper.id, "kind": paper.kind.word(), "product_group": paper.group.alias(),
        "about": paper.origin.word(), "state": paper.state.word(), "codes": paper.codes,
        "name": paper.upstream_id, "sends": paper.sends, "person": paper.person,
        "problem": paper.problem, "errors": paper.errors,
    })
}

#[derive(Template)]
#[template(path = "pages/paper.html")]
struct PaperPage {
    frame: Frame,
    paper: Paper,
    codes: Vec<String>,
}

async fn paper_of(state: &WebState, id: i64) -> Result<Paper, Refusal> {
    let found = state.store.paper(id).await?;
    found.ok_or_else(|| {
        Refusal::not_found("document of this number").with_way_out("/papers", "To the documents")
    })
}

async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::MakePapers)?;
    let paper = paper_of(&state, id).await?;
    let codes = state.store.paper_codes(id, CODES_SHOWN).await?;
    Ok(Page(PaperPage { frame: Frame::of(Some(person)), paper, codes }))
}

/// The very bytes that were signed.
async fn document(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::MakePapers)?;
    let paper = paper_of(&state, id).await?;
    let bytes = state.store.paper_document(paper.id).await?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], bytes))
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    SendAgain,
    IsThere,
    Withdraw,
}

#[derive(Deserialize)]
struct Decided {
    #[serde(rename = "do")]
    wanted: Wanted,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reason: String,
}

async fn decide(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(id): Path<i64>,
    Form(asked): Form<Decided>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::MakePapers)?;
    let not_so = |words: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words);
    let reason: String = asked.reason.trim().chars().take(WORDS_MAX).collect();
    if reason.is_empty() {
        return Err(not_so("Say where you looked, or why: the reason is kept."));
    }
    let decision = match asked.wanted {
        Wanted::SendAgain => PaperDecision::SendAgain,
        Wanted::Withdraw => PaperDecision::Withdraw,
        Wanted::IsThere => {
            let name = asked.name.trim().to_owned();
            let good = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if name.is_empty() || name.len() > 100 || !name.bytes().all(good) {
                return Err(not_so("Write the document's number as the state system shows it."));
            }
            PaperDecision::IsThere(name)
        }
    };
    state.store.decide_paper(id, &decision, &person.name, &reason).await.map_err(refused)?;
    Ok(Redirect::to(&format!("/papers/{id}")))
}

fn refused(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        let refusal = Refusal::new(StatusCode::CONFLICT, sentence(&why));
        return refusal.with_way_out("/papers", "To the documents");
    }
    problem.into()
}

/// The form as it was filled in. `about` = `job:17` or `order:3`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Written {
    about: String,
    kind: String,
    hs_code: String,
    production_date: String,
    producer: String,
    owner: String,
    certificate_type: String,
    certificate_number: String,
    certificate_date: String,
    declaration: String,
    declaration_date: String,
    colour: String,
    size: String,
    vsd: String,
}

impl Written {
    fn facts(&self, participant: &str) -> Facts {
        let typed = |text: &str| text.trim().chars().take(WORDS_MAX).collect::<String>();
        let or_ours = |text: &str| {
            let text = typed(text);
            if text.is_empty() { participant.to_owned() } else { text }
        };
        Facts {
            participant: participant.to_owned(),
            producer: or_ours(&self.producer),
            owner: or_ours(&self.owner),
            hs_code: typed(&self.hs_code).split_whitespace().collect(),
            production_date: typed(&self.production_date),
            certificate: (
                typed(&self.certificate_type),
                typed(&self.certificate_number),
                typed(&self.certificate_date),
            ),
            declaration: typed(&self.declaration),
            declaration_date: typed(&self.declaration_date),
            colour: typed(&self.colour),
            size: typed(&self.size),
            vsd: typed(&self.vsd),
            ..Facts::default()
        }
    }

    fn is_import(&self) -> bool {
        self.kind == PaperKind::Import.word()
    }

    fn kind(&self) -> PaperKind {
        if self.is_import() { PaperKind::Import } else { PaperKind::Introduction }
    }
}

#[derive(Template)]
#[template(path = "pages/paper_new.html")]
struct FormPage {
    frame: Frame,
    written: Written,
    about: Option<About>,
    participant: Option<String>,
    problems: Vec<String>,
}

/// Which job or order is meant, in the words of a person, too: `job 17`, `17`.
fn origin_of(about: &str) -> Option<Origin> {
    let about = about.trim().to_lowercase().replace(' ', ":");
    match Origin::from_word(&about)? {
        found @ (Origin::Job(_) | Origin::Order(_)) => Some(found),
        Origin::Report(_) | Origin::Remarking(_) => None,
    }
}

async fn form(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Query(mut written): Query<Written>,
) -> Result<Response, Refusal> {
    must(&person, Permission::MakePapers)?;
    let about = match origin_of(&written.about) {
        Some(origin) => state.store.about(origin).await?,
        None => None,
    };
    let mut problems = Vec::new();
    match &about {
        Some(about) => {
            let fill = |field: &mut String, from: &str| {
                if field.is_empty() {
                    from.clone_into(field);
                }
            };
            fill(&mut written.hs_code, &about.hs_code);
            fill(&mut written.colour, &about.colour);
            fill(&mut written.size, &about.size);
        }
        None if written.about.trim().is_empty() => {}
        None => problems.push("there is no such job or order; write job 17 or order 3".to_owned()),
    }
    Ok(page(&state, person, written, about, problems).into_response())
}

fn page(
    state: &WebState,
    person: Person,
    written: Written,
    about: Option<About>,
    problems: Vec<String>,
) -> Page<FormPage> {
    let participant = state.settings.participant.clone();
    Page(FormPage { frame: Frame::of(Some(person)), written, about, participant, problems })
}

async fn make(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Form(written): Form<Written>,
) -> Result<Response, Refusal> {
    must(&person, Permission::MakePapers)?;
    let (Some(origin), Some(participant)) =
        (origin_of(&written.about), state.settings.participant.clone())
    else {
        let words = "Name a job or an order; documents need [true_api] in the configuration.";
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words));
    };
    let about = state.store.about(origin).await?;
    let dairy = about.as_ref().is_some_and(|about| about.group == Some(ProductGroup::MILK));
    let (facts, kind) = (Facts { dairy, ..written.facts(&participant) }, written.kind());
    let problems: Vec<_> = facts.missing(kind).iter().map(ToString::to_string).collect();
    if !problems.is_empty() {
        let page = page(&state, person, written, about, problems);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let made = state.store.make_paper(kind, origin, &facts, &person.name).await.map_err(refused)?;
    tracing::info!(paper = made.id, codes = made.codes, person = person.name, "goods introduced");
    Ok(Redirect::to(&format!("/papers/{}", made.id)).into_response())
}
