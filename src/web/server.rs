//! The web server: routes, what lies around every answer, start and stop.
use super::desk::{Desk, LineDesk};
use super::grades::{self, Shelf};
use super::jobs::{self, JobRules};
use super::orders::{self, OrderSettings};
use super::page::{self, Refusal};
use super::sessions::Sessions;
use super::state_system::StateSystem;
use super::{
    alarms, api, arrays, assets, commands, files, hand_scan, line_page, new_printer, oee, papers,
    refused, rolls, scanner, sign_in, stock, trend,
};
use crate::crew::Crew;
use crate::store::Store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as SessionDuration;
use tower_sessions::{Expiry, SessionManagerLayer};

/// How the pages are served.
#[derive(Debug, Clone, PartialEq)]
pub struct WebSettings {
    /// Whether browsers may send the session cookie over HTTPS only. Off for plain HTTP on a
    /// shop-floor network, where a browser would else keep the cookie to itself.
    pub secure_cookies: bool,
    /// Whether anybody may look at the lines without signing in. To control one, everybody signs
    /// in.
    pub open_to_look: bool,
    /// Where the calibrations of cameras are kept.
    pub calibration_dir: PathBuf,
    /// What is asked of the jobs of each line.
    pub jobs: BTreeMap<String, JobRules>,
    /// The participant's number, for documents; nothing where none are sent.
    pub participant: Option<String>,
    /// Where it is asked how a code stands at the state system.
    pub state_system: StateSystem,
}

impl Default for WebSettings {
    fn default() -> Self {
        let calibration_dir = PathBuf::from("calibration");
        let jobs = BTreeMap::new();
        Self {
            secure_cookies: false,
            open_to_look: true,
            calibration_dir,
            jobs,
            participant: None,
            state_system: StateSystem::default(),
        }
    }
}

/// The longest body of a request; a route that takes more sets its own `DefaultBodyLimit`.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a handler may take. Live updates are not under this limit.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long connections may take to end after the stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// A shift and its handing over; then everybody signs in again.
const SESSION_HOURS: i64 = 12;
/// Passwords that are looked at in the same time; one takes 19 MiB.
const SIGN_INS_AT_ONCE: usize = 2;
/// Arrays that are taken in the same time: lines have the store for themselves in between.
const ARRAYS_AT_ONCE: usize = 1;
/// Screens that get live updates in the same time.
const SCREENS_MAX: usize = 64;
/// Only what this server itself serves is loaded, nothing is framed, forms go only here.
const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What every handler gets.
#[derive(Debug, Clone)]
pub(super) struct WebState {
    pub(super) store: Store,
    pub(super) settings: WebSettings,
    pub(super) orders: Arc<OrderSettings>,
    /// Cancelled when the server stops: whatever streams must end then.
    pub(super) stop: CancellationToken,
    pub(super) sign_ins: Arc<Semaphore>,
    pub(super) screens: Arc<Semaphore>,
    pub(super) arrays: Arc<Semaphore>,
    pub(super) grades: Arc<Shelf>,
    desks: Arc<[Arc<Desk>]>,
}

impl WebState {
    /// Every line, in the order of the configuration.
    pub(super) fn desks(&self) -> &[Arc<Desk>] {
        &self.desks
    }

    /// A line by its name.
    pub(super) fn desk(&self, name: &str) -> Result<&Arc<Desk>, Refusal> {
        let found = self.desks.iter().find(|desk| desk.line.name == name);
        found.ok_or_else(|| Refusal::not_found("line of this name"))
    }
}

/// Serves the pages until told to stop, then ends within a few seconds, also where somebody has a
/// live page open.
pub async fn serve(
    listener: TcpListener,
    settings: WebSettings,
    store: Store,
    lines: Vec<LineDesk>,
    orders: OrderSettings,
    stop: CancellationToken,
) {
    let desks: Arc<[_]> = lines.into_iter().map(|line| Arc::new(Desk::new(line))).collect();
    let mut crew = Crew::default();
    for desk in desks.iter() {
        desk.ask_store(&store).await;
        let (desk, store) = (Arc::clone(desk), store.clone());
        crew.hire("screen of a line", |stop| async move { desk.keep(&store, stop).await });
    }
    let state = WebState {
        store,
        settings,
        orders: Arc::new(orders),
        stop: stop.clone(),
        sign_ins: Arc::new(Semaphore::new(SIGN_INS_AT_ONCE)),
        screens: Arc::new(Semaphore::new(SCREENS_MAX)),
        arrays: Arc::new(Semaphore::new(ARRAYS_AT_ONCE)),
        grades: Arc::default(),
        desks,
    };
    let serving = axum::serve(listener, router(state))
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        ended = serving => tracing::info!(?ended, "the web server has stopped"),
        () = too_late => tracing::warn!("some connections did not end in time; leaving them"),
    }
    crew.stop(STOP_WITHIN).await;
}

fn router(state: WebState) -> Router {
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN);
    let sessions = SessionManagerLayer::new(Sessions(state.store.clone()))
        .with_name("markwright")
        .with_secure(state.settings.secure_cookies)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(SessionDuration::hours(SESSION_HOURS)));
    let pages = Router::new()
        .merge(line_page::routes())
        .merge(sign_in::routes())
        .merge(api::routes())
        .merge(commands::routes())
        .merge(new_printer::routes())
        .merge(hand_scan::routes())
        .merge(jobs::routes())
        .merge(rolls::routes())
        .merge(scanner::routes())
        .merge(trend::routes())
        .merge(alarms::routes())
        .merge(oee::routes())
        .merge(papers::routes())
        .merge(refused::routes())
        .merge(files::routes())
        .merge(stock::routes())
        .layer(timeout);
    Router::new()
        .merge(pages)
        .merge(line_page::live_routes())
        .merge(orders::routes())
        .merge(arrays::routes())
        .merge(grades::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(sessions)
        .layer(CsrfLayer::new())
        .merge(assets::routes())
        .fallback(async || Refusal::not_found("page"))
        .layer(map_response(page::dress_errors))
        .layer(always(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        .layer(always(header::REFERRER_POLICY, "same-origin"))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .with_state(state)
}

/// A header for every answer that has not one of its own.
fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
