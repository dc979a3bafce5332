//! Test your scanner: a symbol to scan, and what arrived in words. It knows nothing of this house,
//! so that everybody may use it.
use super::WebState;
use super::page::{Frame, Page, Refusal};
use super::signed_in::Visitor;
use crate::code::{CodeText, GS, parse};
use crate::label::symbol_svg;
use crate::order::{Diagnosis, Trouble, diagnose, test_code};
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

/// Characters of a scan; the longest code has 129, each as six with everything shown.
const SCAN_CHARS_MAX: usize = 1_000;
const SCRIPT: &str = include_str!("../../templates/assets/scanner.js");

#[derive(Template)]
#[template(path = "pages/scanner.html")]
struct ScannerPage {
    frame: Frame,
    /// The test symbol, drawn by us.
    symbol: String,
    /// What it says, for a person.
    says: String,
    result: Option<Shown>,
}

/// The result of one scan, as the page shows it.
struct Shown {
    /// Which colour and shape: as the verdicts on labels have them.
    look: &'static str,
    word: &'static str,
    words: String,
    troubles: Vec<Trouble>,
    came: String,
}

/// What the page sends.
#[derive(Deserialize)]
struct Input {
    scan: String,
    /// How the scan ended: `enter`, `tab`, or `pause` where no key said so. Without the script
    /// nobody knows: then it was Enter or the button.
    #[serde(default)]
    end: String,
}

pub(super) fn routes() -> Router<WebState> {
    let script = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Router::new()
        .route("/scanner", get(show).post(scan))
        .route("/assets/scanner.js", get(async move || (script, SCRIPT)))
}

async fn show(Visitor(person): Visitor) -> Result<impl IntoResponse, Refusal> {
    page(Frame::of(person), None)
}

async fn scan(
    Visitor(person): Visitor,
    Form(input): Form<Input>,
) -> Result<impl IntoResponse, Refusal> {
    if input.scan.chars().count() > SCAN_CHARS_MAX {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "That is not one code."));
    }
    let end = match input.end.as_str() {
        "tab" => "\t",
        "pause" => "",
        _ => "\r",
    };
    let came = input.scan + end;
    let found = diagnose(&came, Some(&test_code()));
    page(Frame::of(person), Some(Shown::of(found, &came)))
}

fn page(frame: Frame, result: Option<Shown>) -> Result<impl IntoResponse, Refusal> {
    let symbol = symbol_svg(&test_code()).map_err(|problem| {
        tracing::error!(%problem, "the test symbol cannot be drawn");
        Refusal::cannot_be_made()
    })?;
    Ok(Page(ScannerPage { frame, symbol, says: visible(test_code().as_str()), result }))
}

impl Shown {
    fn of(found: Diagnosis, came: &str) -> Self {
        let (look, word) = match (found.is_right(), &found.code) {
            (true, _) => ("good", "✔ Right"),
            (false, Some(_)) => ("foreign", "✖ Wrong settings"),
            (false, None) => ("malformed", "? Not a code"),
        };
        let words = match (&found.code, &found.unread) {
            (Some(code), _) => what_code(code, found.is_right()),
            (None, why) => super::orders::sentence(why.as_deref().unwrap_or_default()),
        };
        Self { look, word, words, troubles: found.troubles, came: visible(came) }
    }
}

fn what_code(code: &CodeText, right: bool) -> String {
    let of_test = *code == test_code();
    let which = match parse(code.as_str()).map(|parts| parts.gtin) {
        Ok(_) if of_test => "The code of the test symbol".to_owned(),
        Ok(gtin) => format!("A code of goods {gtin}"),
        Err(_) => "A code".to_owned(),
    };
    if right {
        return format!("{which} arrived as it is.");
    }
    format!("{which} was recognised, but it did not arrive as it is:")
}

/// With everything that has no shape of its own made visible.
fn visible(text: &str) -> String {
    text.chars().fold(String::new(), |shown, c| match c {
        GS => shown + "<GS>",
        '\r' => shown + "<CR>",
        '\n' => shown + "<LF>",
        '\t' => shown + "<TAB>",
        c => format!("{shown}{c}"),
    })
}
