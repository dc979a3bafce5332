//! The order form: written, shown, priced, checked, placed.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::upload::{self, Filled, Lines, read_lines};
use super::{OrderSettings, preview};
use crate::access::Permission;
use crate::code::{Country, Duty, Exemption, ProductGroup, ShelfLife};
use crate::label::designs;
use crate::order::{Field, OrderId, PriceList, Problem, Sale, Wish, Written, specimen};
use crate::store::Person;
use crate::telemetry::clock::{self, Micros};
use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "pages/orders_new.html")]
struct FormPage {
    frame: Frame,
    written: Written,
    problems: Vec<Problem>,
    prices: PriceList,
    quantity_max: u32,
}

impl FormPage {
    fn of(person: Person, written: Written, problems: Vec<Problem>, s: &OrderSettings) -> Self {
        let frame = Frame::of(Some(person));
        let (prices, quantity_max) = (s.prices, s.quantity_max);
        Self { frame, written, problems, prices, quantity_max }
    }

    /// What is wrong with the field of this name.
    fn problem(&self, name: &str) -> Option<&str> {
        let found = self.problems.iter().find(|p| name_of(p.field) == name);
        found.map(|p| p.words.as_str())
    }

    /// The country that is chosen.
    fn country(&self) -> Country {
        Country::from_letters(&self.written.country).unwrap_or(Sale::default().country)
    }

    /// Whether anything is said, or wrong, of what decides whether goods must be marked.
    fn asks_for_sale(&self) -> bool {
        let said = !self.written.shelf_life.is_empty() || !self.written.exemption.is_empty();
        said || ["country", "shelf_life", "exemption"].iter().any(|n| self.problem(n).is_some())
    }

    /// Whether the goods must be marked, as far as the form says what they are.
    fn duty(&self) -> Option<Duty> {
        let written = &self.written;
        let (shelf_life, exemption) = (written.shelf_life.trim(), &written.exemption);
        let shelf_life = ShelfLife::from_word(shelf_life);
        let sale = Sale {
            country: self.country(),
            shelf_life,
            exemption: Exemption::from_word(exemption),
        };
        let digits: String = written.hs_code.chars().filter(char::is_ascii_digit).collect();
        (digits.len() >= 4).then(|| sale.duty(&digits, clock::today()))
    }

    /// The price, if the quantity is a number.
    fn price(&self) -> Option<String> {
        let quantity = self.written.quantity.trim().parse().ok()?;
        (1..=self.quantity_max).contains(&quantity).then(|| self.prices.price(quantity).to_string())
    }

    /// The address of the preview.
    fn preview(&self) -> String {
        let w = &self.written;
        let pairs = [
            ("gtin", &w.gtin),
            ("name", &w.name),
            ("hs_code", &w.hs_code),
            ("group", &w.group),
            ("design", &w.design),
        ];
        let pairs: Vec<_> =
            pairs.iter().map(|(key, value)| format!("{key}={}", percent(value))).collect();
        format!("/orders/preview.png?{}", pairs.join("&"))
    }
}

/// Percent encoding of everything but letters and digits (RFC 3986, 2.1).
fn percent(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The name of a field in the form.
const fn name_of(field: Field) -> &'static str {
    match field {
        Field::Gtin => "gtin",
        Field::Name => "name",
        Field::HsCode => "hs_code",
        Field::Country => "country",
        Field::ShelfLife => "shelf_life",
        Field::Exemption => "exemption",
        Field::Group => "group",
        Field::Quantity => "quantity",
        Field::Design => "design",
        Field::Delivery => "delivery",
        Field::Source => "source",
        Field::Array => "array",
    }
}

/// A form that somebody began: the Preview button works without a script.
#[derive(Deserialize)]
pub(super) struct Begun {
    #[serde(default)]
    gtin: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    hs_code: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    shelf_life: String,
    #[serde(default)]
    exemption: String,
    group: Option<String>,
    quantity: Option<String>,
    design: Option<String>,
    delivery: Option<String>,
    source: Option<String>,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Query(begun): Query<Begun>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::OrderLabels)?;
    let first = designs().first().map(|d| d.name.clone());
    let written = Written {
        gtin: begun.gtin,
        name: begun.name,
        hs_code: begun.hs_code,
        country: begun.country,
        shelf_life: begun.shelf_life,
        exemption: begun.exemption,
        group: begun.group.unwrap_or_else(|| ProductGroup::MILK.alias().to_owned()),
        quantity: begun.quantity.unwrap_or_else(|| "500".to_owned()),
        design: begun.design.or(first).unwrap_or_default(),
        delivery: begun.delivery.unwrap_or_else(|| "roll".to_owned()),
        source: begun.source.unwrap_or_else(|| "issuer".to_owned()),
    };
    Ok(Page(FormPage::of(person, written, Vec::new(), &state.orders)))
}

pub(super) async fn place(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    form: Multipart,
) -> Result<Response, Refusal> {
    must(&person, Permission::OrderLabels)?;
    let filled = upload::read(form).await.map_err(|problem| {
        Refusal::new(problem.status(), format!("The form did not arrive: {}.", problem.body_text()))
            .with_way_out("/orders/new", "Back to the form")
    })?;
    match try_to_place(&state, &person, &filled).await? {
        Ok(id) => Ok(Redirect::to(&format!("/orders/{id}")).into_response()),
        Err(problems) => {
            let page = Page(FormPage::of(person, filled.written, problems, &state.orders));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// The number of the new order, or everything that is wrong with the form.
async fn try_to_place(
    state: &WebState,
    person: &Person,
    filled: &Filled,
) -> Result<Result<OrderId, Vec<Problem>>, Refusal> {
    let limits = state.orders.limits();
    let wish = match filled.written.check(&limits) {
        Ok(wish) => wish,
        Err(problems) => return Ok(Err(problems)),
    };
    let (store, prices, now) = (&state.store, &state.orders.prices, Micros::now());
    if let Some((group, quantity)) = wish.issue {
        if let Err(words) = preview::try_out(&wish, &specimen(wish.gtin, group)) {
            return Ok(Err(vec![Problem { field: Field::Design, words }]));
        }
        let placed = store.place_label_order(person.id, &wish, (group, quantity), prices, now);
        return Ok(Ok(placed.await?));
    }
    let (taken, aside) = match lines_for(filled, &wish, limits.most(Some(wish.delivery))).await {
        Ok(lines) => lines,
        Err(problem) => return Ok(Err(vec![problem])),
    };
    let order = store.place_array_order(person.id, &wish, (&taken, &aside), prices, now).await?;
    let none = || {
        let words = "we hold every code of this file already: nothing was ordered".to_owned();
        vec![Problem { field: Field::Array, words }]
    };
    Ok(order.map(|order| order.id).ok_or_else(none))
}

/// Reads the array on a thread for such work, and tries the label out with its first code.
async fn lines_for(filled: &Filled, wish: &Wish, max: u32) -> Result<Lines, Problem> {
    let (bytes, gtin) = (filled.array.clone(), wish.gtin);
    let group = ProductGroup::from_alias(&filled.written.group);
    let read = tokio::task::spawn_blocking(move || read_lines(&bytes, gtin, group, max)).await;
    let lines = read
        .unwrap_or_else(|_| Err("the file could not be read: try again".to_owned()))
        .map_err(|words| Problem { field: Field::Array, words })?;
    if let Some(first) = lines.0.first() {
        preview::try_out(wish, &first.text)
            .map_err(|words| Problem { field: Field::Design, words })?;
    }
    Ok(lines)
}
