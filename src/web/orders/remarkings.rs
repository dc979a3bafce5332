//! Products that came back with a damaged code: a new label for one, in either of two ways. The
//! centre prints a finished label, or the shop prints a file itself.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal};
use super::super::signed_in::SignedIn;
use super::{preview, refused, viewer};
use crate::code::{ProductGroup, TEMPLATES, parse};
use crate::label::designs;
use crate::order::{RemarkCause, Wish, Written, keys_to_look_up, specimen};
use crate::store::{NewRemarking, Person, RemarkingView, Viewer};
use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Remarkings on the page: the latest.
const LISTED: u32 = 100;
/// Characters of anything that is typed or scanned.
const WORDS_MAX: usize = 300;

#[derive(Template)]
#[template(path = "pages/remarkings.html")]
struct RemarkingsPage {
    frame: Frame,
    asked: Asked,
    problems: Vec<String>,
    list: Vec<RemarkingView>,
}

/// The form as it was filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    scan: String,
    gtin: String,
    name: String,
    hs_code: String,
    group: String,
    design: String,
    delivery: String,
    cause: String,
    country: String,
    colour: String,
    size: String,
    producer: String,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Refusal> {
    let design = designs().first().map(|d| d.name.clone()).unwrap_or_default();
    let group = ProductGroup::SHOES.alias().to_owned();
    let asked = Asked { design, group, cause: "KM_SPOILED".to_owned(), ..Asked::default() };
    page(&state, person, asked, Vec::new()).await
}

async fn page(
    state: &WebState,
    person: Person,
    asked: Asked,
    problems: Vec<String>,
) -> Result<Page<RemarkingsPage>, Refusal> {
    let of = match viewer(&person)? {
        Viewer::Customer(customer) => Some(customer),
        Viewer::Centre(_) => None,
    };
    let list = state.store.remarkings(of, LISTED).await?;
    Ok(Page(RemarkingsPage { frame: Frame::of(Some(person)), asked, problems, list }))
}

pub(super) async fn place(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Form(asked): Form<Asked>,
) -> Result<Response, Refusal> {
    viewer(&person)?;
    let (wish, group, new) = match asked.check(&state) {
        Ok(good) => good,
        Err(problems) => {
            let page = page(&state, person, asked, problems).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let placed = state.store.place_remarking(person.id, &wish, group, &state.orders.prices, &new);
    let id = placed.await.map_err(refused)?;
    Ok(Redirect::to(&format!("/orders/{id}")).into_response())
}

impl Asked {
    fn check(&self, state: &WebState) -> Result<(Wish, ProductGroup, NewRemarking), Vec<String>> {
        let typed = |text: &str| text.trim().chars().take(WORDS_MAX).collect::<String>();
        let mut problems = Vec::new();
        let old = self.old_code().map_err(|words| problems.push(words)).ok();
        let cause = RemarkCause::from_word(&self.cause);
        if cause.is_none() {
            problems.push("choose why the product gets a new code".to_owned());
        }
        let digits = self.hs_code.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        if digits.len() != 10 {
            problems.push("the document wants a customs code of 10 digits".to_owned());
        }
        let producer = typed(&self.producer);
        if !matches!(producer.len(), 0 | 10 | 12) || !producer.bytes().all(|b| b.is_ascii_digit()) {
            problems.push("the number of the card's owner (INN) has 10 or 12 digits".to_owned());
        }
        let gtin = match &old {
            Some((_, Some(gtin))) if self.gtin.trim().is_empty() => gtin.clone(),
            _ => self.gtin.clone(),
        };
        let wish = self.written(gtin).check(&state.orders.limits()).map_err(|wrong| {
            problems.extend(wrong.into_iter().map(|problem| problem.words));
        });
        match (wish, old, cause) {
            (Ok(wish), Some((old_code, _)), Some(cause)) if problems.is_empty() => {
                let (group, _) = wish.issue.expect("the codes come from the state system");
                preview::try_out(&wish, &specimen(wish.gtin, group))
                    .map_err(|words| vec![words])?;
                let (country, colour, size) =
                    (typed(&self.country), typed(&self.colour), typed(&self.size));
                let new = NewRemarking { old_code, cause, country, colour, size, producer };
                Ok((wish, group, new))
            }
            _ => Err(problems),
        }
    }

    /// The order of the one label.
    fn written(&self, gtin: String) -> Written {
        Written {
            gtin,
            name: self.name.clone(),
            hs_code: self.hs_code.clone(),
            group: self.group.clone(),
            quantity: "1".to_owned(),
            design: self.design.clone(),
            delivery: self.delivery.clone(),
            source: "issuer".to_owned(),
            ..Written::default()
        }
    }

    /// What the old label says, without its check part, and its trade item. Empty where nothing
    /// can be read of it.
    fn old_code(&self) -> Result<(String, Option<String>), String> {
        let scan: String = self.scan.trim().chars().take(WORDS_MAX).collect();
        if scan.is_empty() {
            return Ok((String::new(), None));
        }
        if let Ok(whole) = parse(scan.trim_start_matches("]d2")) {
            let (gtin, serial) = (whole.gtin.as_str(), whole.serial);
            return Ok((format!("01{gtin}21{serial}"), Some(gtin.to_owned())));
        }
        // The text beside the symbol, or a scan without separators: the group says how long the
        // serial number is.
        let lengths: Vec<usize> = TEMPLATES
            .iter()
            .filter(|form| form.group.alias() == self.group)
            .map(|form| form.serial_len)
            .collect();
        let mut keys = keys_to_look_up(&scan);
        keys.retain(|key| lengths.is_empty() || lengths.contains(&key.serial.len()));
        match keys.as_slice() {
            [key] => {
                let (gtin, serial) = (key.gtin.as_str(), &key.serial);
                Ok((format!("01{gtin}21{serial}"), Some(gtin.to_owned())))
            }
            [] => Err("the old code does not say a GTIN and a serial number: scan it again, or \
                       leave it empty if it cannot be read"
                .to_owned()),
            _ => Err("the old code can be read in two ways: type it as (01)…(21)…".to_owned()),
        }
    }
}
