//! The picture of the label as it will be, with a code that is none.
use super::super::page::Refusal;
use super::super::signed_in::SignedIn;
use super::viewer;
use crate::code::{CodeText, Gtin, ProductGroup};
use crate::label::{Goods, design, preview_png};
use crate::order::{Wish, specimen};
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;

/// Dots per millimetre of the printers that the centre has: 300 dots an inch.
const DOTS_PER_MM: f32 = 11.81;

/// What is shown while the customer is still writing.
const NO_GTIN: &str = "00000000000000";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    gtin: String,
    name: String,
    hs_code: String,
    group: String,
    design: String,
}

pub(super) async fn show(
    SignedIn(person): SignedIn,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Refusal> {
    viewer(&person)?;
    let gtin: Gtin = asked
        .gtin
        .trim()
        .parse()
        .or_else(|_| NO_GTIN.parse())
        .expect("fourteen zeros have the check digit zero");
    let group = ProductGroup::from_alias(&asked.group).unwrap_or(ProductGroup::MILK);
    let goods = goods(&asked.name, &asked.hs_code);
    // Drawing takes milliseconds in which this thread would serve nobody.
    let work = move || draw(&asked.design, &goods, &specimen(gtin, group));
    let drawn = tokio::task::spawn_blocking(work).await;
    let png = drawn.unwrap_or_else(|_| Err("the label was not drawn: try again".to_owned()));
    let png = png.map_err(|words| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png))
}

/// Whether the label of this wish can be drawn, with this code or with a specimen.
pub(super) fn try_out(wish: &Wish, code: &CodeText) -> Result<(), String> {
    draw(&wish.design, &goods(&wish.name, &wish.hs_code), code).map(drop)
}

fn goods(name: &str, hs_code: &str) -> Goods {
    Goods { name: name.to_owned(), hs_code: hs_code.to_owned(), ..Goods::default() }
}

fn draw(name: &str, goods: &Goods, code: &CodeText) -> Result<Vec<u8>, String> {
    let design = design(name).ok_or_else(|| format!("there is no label design '{name}'"))?;
    preview_png(design, goods, code, DOTS_PER_MM).map_err(|problem| problem.to_string())
}
