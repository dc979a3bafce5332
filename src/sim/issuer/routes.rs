//! The issuer over HTTP: every entry of the table, behind one door.
use super::desk::{Answer, Call, Desk, Query};
use super::memory::{self, Deed};
use super::refusal::{Refusal, Tongue};
use super::table::{self, Entry, Guard};
use super::tokens::SignIn;
use super::trouble::Luck;
use super::{Office, door, openapi, signatures};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, Query as Asked, RawPathParams, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;

/// No body is longer: two million serial numbers of an order fill about 50 MB.
const LONGEST_BODY: usize = 64 << 20;

type Here = State<Arc<Office>>;

/// The whole interface.
pub(super) fn router(office: Arc<Office>) -> Router {
    let mut router = Router::new();
    for entry in table::entries() {
        let method = match entry.method {
            "GET" => MethodFilter::GET,
            "DELETE" => MethodFilter::DELETE,
            _ => MethodFilter::POST,
        };
        router = router.route(entry.path, on(method, serve.layer(Extension(*entry))));
    }
    router
        .route("/openapi.json", get(async |here: Here| Json(openapi::document(&here.oms_id))))
        .fallback(async |uri: Uri, here: Here| {
            Refusal::not_found("path", uri.path()).answer(here.tongue(uri.path()))
        })
        .merge(super::electronic_mark::router(&office.mark))
        .layer(middleware::from_fn_with_state(Arc::clone(&office), door::door))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(office)
}

/// Everything that comes with a request.
struct Letter<'a> {
    uri: &'a Uri,
    headers: &'a HeaderMap,
    query: &'a Query,
    body: Bytes,
    luck: Luck,
}

/// One entry of the table.
async fn serve(
    State(office): Here,
    Extension(entry): Extension<Entry>,
    Extension(luck): Extension<Luck>,
    parts: RawPathParams,
    query: Result<Asked<Query>, axum::extract::rejection::QueryRejection>,
    (uri, headers): (Uri, HeaderMap),
    body: Bytes,
) -> Response {
    let tongue = office.tongue(uri.path());
    let Ok(Asked(query)) = query else {
        return Refusal::field("query", "cannot be read").answer(tongue);
    };
    let parts: Query = parts.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let mut letter = Letter { uri: &uri, headers: &headers, query: &query, body, luck };
    let let_in = office.let_in(&entry, &mut letter).await;
    let answered = let_in.and_then(|()| {
        let call = Call {
            now_ms: office.clock.now_ms(),
            path: &parts,
            query: &query,
            body: &letter.body,
            luck: &letter.luck,
        };
        office.answer(&entry, &call)
    });
    match answered {
        Ok(Answer::Json(value)) => Json(value).into_response(),
        Ok(Answer::Written(text)) => {
            ([(header::CONTENT_TYPE, "application/json;charset=UTF-8")], text).into_response()
        }
        Ok(Answer::Plain(text)) => text.into_response(),
        Err(refusal) => refusal.answer(tongue),
    }
}

/// The signed part of a sign-in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedChallenge {
    uuid: String,
    data: String,
    #[serde(default)]
    united_token: bool,
}

impl Office {
    pub(super) fn tongue(&self, path: &str) -> Tongue {
        if path.contains("/true-api/") {
            return Tongue::TrueApi;
        }
        Tongue::Station(self.country)
    }

    /// Does it, and writes it down before it is answered.
    fn answer(&self, entry: &Entry, call: &Call<'_>) -> Result<Answer, Refusal> {
        self.with(|desk, file| {
            desk.look_at_the_clock(call.now_ms);
            if call.luck.annulled {
                desk.annul_all(call.now_ms);
            }
            desk.check_path(entry.path)?;
            Desk::check_group(call)?;
            let ids = desk.ids;
            let answer = (entry.handle)(desk, call);
            desk.ledger.flush();
            if let (true, true, Some(file)) = (answer.is_ok(), entry.changes, file) {
                memory::write(file, &Deed::of(entry, call, ids)).map_err(|error| {
                    tracing::error!(%error, "the fake issuer's memory cannot be written");
                    Refusal::internal()
                })?;
            }
            answer
        })
    }

    /// Who asks, for which installation, and whose signature it is, in this order.
    async fn let_in(&self, entry: &Entry, letter: &mut Letter<'_>) -> Result<(), Refusal> {
        match entry.guard {
            Guard::Open => Ok(()),
            Guard::Registration => {
                if letter.header("X-RegistrationKey") != Some(self.registration_key.as_str()) {
                    return Err(Refusal::forbidden("X-RegistrationKey is missing or wrong", 1060));
                }
                self.check_installation(letter)?;
                self.check_signature(entry, letter).await
            }
            Guard::Station | Guard::Signed => {
                let now = self.clock.now_ms();
                let token = letter.token().unwrap_or_default();
                if !self.with(|desk, _| desk.tokens.opens_station(token, now)) {
                    return Err(Refusal::token());
                }
                self.check_installation(letter)?;
                self.check_signature(entry, letter).await
            }
            Guard::TrueApi => self.check_true_api(letter),
            Guard::Paper => {
                self.check_true_api(letter)?;
                self.check_paper(letter).await
            }
            Guard::SignIn => self.check_challenge(letter).await,
        }
    }

    fn check_installation(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        match letter.query.get("omsId") {
            Some(id) if *id == self.oms_id => Ok(()),
            _ => Err(Refusal::field("omsId", "is missing or wrong")),
        }
    }

    fn check_true_api(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let token = bearer_of(letter.headers).unwrap_or_default();
        let now = self.clock.now_ms();
        let good = self.with(|desk, _| desk.tokens.opens_true_api(token, now));
        if good { Ok(()) } else { Err(Refusal::token()) }
    }

    /// Over the body of a POST, over path and query of a GET (CRPT "API СУЗ 3.0", page 14). An order
    /// or a report over which another text was signed is taken and turns out to be refused.
    async fn check_signature(&self, entry: &Entry, letter: &mut Letter<'_>) -> Result<(), Refusal> {
        let must =
            self.wants_signature && matches!(entry.guard, Guard::Signed | Guard::Registration);
        let Some(signature) = letter.header("X-Signature").filter(|text| !text.is_empty()) else {
            return if must { Err(Refusal::state("X-Signature is missing")) } else { Ok(()) };
        };
        let asked = letter.uri.path_and_query().map(|p| p.as_str().as_bytes().to_vec());
        let signed =
            if entry.method == "POST" { letter.body.to_vec() } else { asked.unwrap_or_default() };
        match self.signatures.detached(signature, &signed).await {
            Ok(()) => Ok(()),
            Err(signatures::Wrong::Attached) => Err(Refusal::attached()),
            Err(signatures::Wrong::OtherBytes) if entry.guard == Guard::Signed => {
                // As in a log of the real station.
                let reason = "Signature validation failed: message-digest attribute value does not match calculated value";
                let closes = entry.path.ends_with("/close");
                letter.luck.declined = Some(reason.to_owned());
                letter.luck.report_refused = Some(reason.to_owned());
                if closes { Err(Refusal::state(reason)) } else { Ok(()) }
            }
            Err(wrong) => Err(Refusal::state(format!("X-Signature: {}", wrong.words()))),
        }
    }

    /// The signature of a document is over its bytes, not over their base64.
    async fn check_paper(&self, letter: &Letter<'_>) -> Result<(), Refusal> {
        let paper: super::papers::NewPaper = super::desk::parse(&letter.body)?;
        let checked = self.signatures.detached(&paper.signature, &paper.raw()?).await;
        checked.map_err(|wrong| Refusal::field("signature", wrong.words()))
    }

    /// Replaces the body by what was signed.
    async fn check_challenge(&self, letter: &mut Letter<'_>) -> Result<(), Refusal> {
        let answer: SignedChallenge = super::desk::parse(&letter.body)?;
        let signed = self.signatures.attached(&answer.data).await.map_err(|wrong| {
            // A user of the real one saw number 2 after a detached signature.
            Refusal::forbidden(format!("Код ошибки: 2. {}", wrong.words()), 2)
        })?;
        let signed = String::from_utf8_lossy(&signed).into_owned();
        let body = SignIn { uuid: answer.uuid, signed, united_token: answer.united_token };
        letter.body = serde_json::to_vec(&body).expect("texts are always JSON").into();
        Ok(())
    }
}

impl<'a> Letter<'a> {
    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn token(&self) -> Option<&'a str> {
        token_of(self.headers)
    }
}

/// `clientToken`, or `Authorization: Bearer`, or `Authorization: token`.
pub(super) fn token_of(headers: &HeaderMap) -> Option<&str> {
    let own = headers.get("clientToken").and_then(|value| value.to_str().ok());
    own.or_else(|| bearer_of(headers))
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())?;
    text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("token "))
}
