//! The interface of Electronic Mark over HTTP.
use super::orders::{NewGroup, NewOrder, Orders};
use super::refusal::Refusal;
use super::reports::{Kind, Label, NewReport, NewShipment};
use super::{Desk, ElectronicMark, MarkSettings, times};
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Form, FromRequest as _, Path, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// 100,000 codes of 140 characters fill about 15 MB.
const LONGEST_BODY: usize = 24 << 20;
/// Codes in one question. Not public: this fake's own.
const MOST_ASKED: usize = 10_000;

type Answer = Result<Json<Value>, Refusal>;
type Here = State<ElectronicMark>;

/// Who signs in.
#[derive(Deserialize)]
struct Person {
    username: String,
    password: String,
}

/// One trade item.
#[derive(Deserialize)]
struct Item {
    gtin: String,
}

/// A page of the orders of one kind of codes, from one.
#[derive(Deserialize)]
struct OrdersPage {
    label_type: Option<u32>,
    page: usize,
}

/// A file, by its name or by its order.
#[derive(Deserialize)]
struct Download {
    filename: Option<String>,
    order_id: Option<u64>,
}

/// Several reports.
#[derive(Deserialize)]
struct ReportIds {
    uuid_list: Vec<String>,
}

/// Several codes.
#[derive(Deserialize)]
struct Codes {
    labels: Vec<Label>,
}

/// The whole interface.
pub(in crate::sim::issuer) fn router<S>(mark: &ElectronicMark) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .merge(catalogue())
        .merge(orders())
        .merge(reports())
        .route("/logout", post(sign_out))
        .layer(middleware::from_fn_with_state(mark.clone(), token))
        .route("/auth", post(sign_in))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(mark.clone())
}

fn catalogue() -> Router<ElectronicMark> {
    Router::new()
        .route(
            "/items/addByGtin",
            post(|here: Here, body: Bytes| async move {
                here.take(&body, |desk, item: Item, settings, _| {
                    desk.orders.add_item(&item.gtin, &settings.not_in_catalogue)
                })
            }),
        )
        .route(
            "/items/checkGtin",
            post(|here: Here, body: Bytes| async move {
                here.take(&body, |desk, gtins: Vec<String>, _, _| desk.orders.check_items(&gtins))
            }),
        )
        .route(
            "/items/findItems",
            post(|here: Here| async move { here.answer(|desk, _, _| Ok(desk.orders.items())) }),
        )
        .route(
            "/labels/types",
            get(|here: Here| async move { here.answer(|_, _, _| Ok(Orders::types())) }),
        )
        .route("/directories/{code}", get(directory))
        .route("/contracts/agentsList", post(agents))
}

fn orders() -> Router<ElectronicMark> {
    Router::new()
        .route(
            "/v3/orders/add",
            post(|here: Here, body: Bytes| async move {
                here.take(&body, |desk, new: NewOrder, settings, now| {
                    let taking = desk.taking(settings, now);
                    desk.orders.add(&new, &taking)
                })
            }),
        )
        .route(
            "/v3/orders/addGroupOrders",
            post(|here: Here, body: Bytes| async move {
                here.take(&body, |desk, new: NewGroup, settings, now| {
                    let taking = desk.taking(settings, now);
                    desk.orders.add_group(&new, &taking)
                })
            }),
        )
        .route(
            "/v3/orders/list/{id}",
            get(|here: Here, id: Result<Path<u64>, PathRejection>| async move {
                let Path(id) = id.map_err(|_| Refusal::not_found("order"))?;
                here.answer(|desk, _, now| desk.orders.detail(id, now))
            }),
        )
        .route(
            "/v2/orders/statusList",
            post(|here: Here, body: Bytes| async move {
                here.take(&body, |desk, asked: OrdersPage, _, now| {
                    let OrdersPage { label_type, page } = asked;
                    Ok(desk.orders.page(label_type, page, now))
                })
            }),
        )
        .route(
            "/v3/orders/downloads",
            post(|here: Here, body: Bytes| async move {
                here.take(&body, |desk, asked: Download, _, now| {
                    let Download { filename, order_id } = asked;
                    let is = |id: u64, file: &str| {
                        order_id == Some(id) || filename.as_deref() == Some(file)
                    };
                    let codes = desk.orders.download(is, now, &mut desk.ledger)?;
                    Ok(json!({ "labels": codes }))
                })
            }),
        )
        .route("/downloads/{filename}", get(file))
}

fn reports() -> Router<ElectronicMark> {
    let report = |kind: Kind| {
        post(move |here: Here, body: Bytes| async move {
            here.take(&body, |desk, new: NewReport, settings, now| {
                let uid = desk.name(settings.seed);
                let Desk { reports, ledger, .. } = desk;
                reports.take(&uid, kind, &new, times(settings, now), ledger)
            })
        })
    };
    Router::new()
        .route("/v3/reports/addMark", report(Kind::Marked))
        .route("/v3/reports/addManufacture", report(Kind::Manufactured))
        .route("/v3/reports/addWriteOff", report(Kind::WrittenOff))
        .route("/v3/reports", post(|here: Here, body: Bytes| async move {
            here.take(&body, |desk, asked: ReportIds, _, _| Ok(desk.reports.look(&asked.uuid_list)))
        }))
        .route("/v3/ships/add", post(|here: Here, body: Bytes| async move {
            here.take(&body, |desk, new: NewShipment, settings, now| {
                let agents = settings.agents.keys().copied().collect();
                desk.reports.ship(&new, &agents, times(settings, now), &mut desk.ledger)
            })
        }))
        .route("/v3/ships/list", get(|here: Here| async move {
            here.answer(|desk, _, now| Ok(desk.reports.shipments(now)))
        }))
        .route("/v2/labels", post(|here: Here, body: Bytes| async move {
            here.take(&body, |desk, asked: Codes, _, _| check_codes(desk, &asked.labels))
        }))
}

impl ElectronicMark {
    fn answer(
        &self,
        how: impl FnOnce(&mut Desk, &MarkSettings, i64) -> Result<Value, Refusal>,
    ) -> Answer {
        self.with(how).map(Json)
    }

    fn take<T: DeserializeOwned>(
        &self,
        body: &[u8],
        how: impl FnOnce(&mut Desk, T, &MarkSettings, i64) -> Result<Value, Refusal>,
    ) -> Answer {
        let asked = serde_json::from_slice(body).map_err(|why| Refusal::wrong(why.to_string()))?;
        self.answer(|desk, settings, now| how(desk, asked, settings, now))
    }
}

/// `POST /auth`: as a form (open clients) or as JSON (other descriptions).
async fn sign_in(here: Here, request: Request) -> Answer {
    let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let person = if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        Json::<Person>::from_request(request, &()).await.ok().map(|Json(person)| person)
    } else {
        Form::<Person>::from_request(request, &()).await.ok().map(|Form(person)| person)
    };
    let person = person.ok_or_else(|| Refusal::wrong("username and password must be given"))?;
    here.answer(|desk, settings, now| {
        desk.sign_in((&person.username, &person.password), settings, now)
    })
}

async fn sign_out(here: Here, headers: HeaderMap) -> Answer {
    here.answer(|desk, _, _| {
        desk.tokens.remove(token_of(&headers));
        Ok(json!({ "message": "OK" }))
    })
}

/// Everything but the sign-in wants a token that lives.
async fn token(here: Here, request: Request, next: Next) -> Response {
    let known = here.with(|desk, _, now| desk.knows(token_of(request.headers()), now));
    match known {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn token_of(headers: &HeaderMap) -> &str {
    headers.get("token").and_then(|token| token.to_str().ok()).unwrap_or_default()
}

/// `GET /directories/{code}`: lists of words. Only countries are known here.
async fn directory(here: Here, Path(code): Path<String>) -> Answer {
    here.answer(|_, _, _| match code.as_str() {
        "country" => Ok(json!({ "items": [
            { "code": "112", "name": "Беларусь" },
            { "code": "643", "name": "Россия" },
            { "code": "398", "name": "Казахстан" },
        ] })),
        _ => Err(Refusal::not_found("directory")),
    })
}

async fn agents(here: Here) -> Answer {
    here.answer(|_, settings, _| {
        let agent = |(id, name): (&u64, &String)| json!({ "id": id, "name": name });
        Ok(json!({ "agents": settings.agents.iter().map(agent).collect::<Vec<_>>() }))
    })
}

/// `GET /downloads/{filename}`: one code a line.
async fn file(here: Here, Path(filename): Path<String>) -> Result<String, Refusal> {
    here.with(|desk, _, now| {
        let is = |_: u64, file: &str| file == filename;
        let codes = desk.orders.download(is, now, &mut desk.ledger)?;
        Ok(codes.join("\n") + "\n")
    })
}

/// `POST /v2/labels`: how codes stand.
fn check_codes(desk: &Desk, labels: &[Label]) -> Result<Value, Refusal> {
    if labels.len() > MOST_ASKED {
        return Err(Refusal::wrong(format!("labels: at most {MOST_ASKED}")));
    }
    let look = |label: &Label| {
        let standing = desk.ledger.fate(label.text()).map(super::MarkFate::standing);
        let status = standing.map(|s| json!({ "code": s.number(), "message": s.word() }));
        json!({ "label": label.text(), "status": status })
    };
    Ok(json!({ "results": labels.iter().map(look).collect::<Vec<_>>() }))
}
