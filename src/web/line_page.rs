//! The page of a line: how it stands, live, and the buttons that ask something of it.
use super::WebState;
use super::desk::Desk;
use super::look::LineNow;
use super::page::{Frame, Page, Refusal, must};
use super::signed_in::Visitor;
use super::words;
use crate::access::{Permission, may};
use crate::store::Person;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::stream::{self, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// A live page hears something at least this often, because ages grow while nothing happens.
const AT_LEAST_EVERY: Duration = Duration::from_secs(1);
/// And not more often than this: no eye follows more.
const AT_MOST_EVERY: Duration = Duration::from_millis(200);
/// After this long a browser that lost the connection tries again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// No camera makes pictures larger than this; what is larger is not a picture of ours.
const PICTURE_BYTES_MAX: u64 = 32 * 1024 * 1024;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/", get(first_line))
        .route("/lines/{name}", get(line))
        .route("/lines/{name}/pictures/{file}", get(picture))
}

/// Answers that never end by themselves: outside the time limit.
pub(super) fn live_routes() -> Router<WebState> {
    Router::new().route("/lines/{name}/events", get(events))
}

/// Whether this visitor may look at lines: whoever may by role, and strangers where the settings
/// say so.
pub(super) fn must_see(state: &WebState, person: Option<&Person>) -> Result<(), Refusal> {
    match person {
        Some(person) => must(person, Permission::SeeLine),
        None if state.settings.open_to_look => Ok(()),
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "Sign in to see the lines.")
            .with_way_out("/sign-in", "Sign in")),
    }
}

/// The part of the page that lives: drawn into the first page and sent again as it changes.
#[derive(Template)]
#[template(path = "parts/line_now.html")]
struct LinePart {
    now: LineNow,
    tabs: Vec<Tab>,
    may: Rights,
}

/// What whoever looks may do.
#[derive(Clone, Copy)]
struct Rights {
    control: bool,
    change_mode: bool,
    release: bool,
}

impl Rights {
    fn of(frame: &Frame) -> Self {
        Self {
            control: frame.may(Permission::ControlLine),
            change_mode: frame.may(Permission::ChangeMode),
            release: frame.may(Permission::ReleaseLatch),
        }
    }
}

struct Tab {
    name: String,
    state: &'static str,
    shape: &'static str,
    is_this: bool,
}

#[derive(Template)]
#[template(path = "pages/line.html")]
struct LinePage {
    frame: Frame,
    part: LinePart,
}

#[derive(Template)]
#[template(path = "pages/no_lines.html")]
struct NoLinesPage {
    frame: Frame,
}

impl LinePart {
    fn of(state: &WebState, desk: &Desk, may: Rights) -> Self {
        let now = desk.look();
        let tabs = state.desks().iter().map(|other| {
            let view = other.line.view.borrow();
            Tab {
                name: other.line.name.clone(),
                state: view.state.name(),
                shape: words::mood(view.state).shape(),
                is_this: other.line.name == desk.line.name,
            }
        });
        Self { now, tabs: tabs.collect(), may }
    }
}

async fn first_line(
    State(state): State<WebState>,
    Visitor(person): Visitor,
) -> Result<Response, Refusal> {
    let sees = person.as_ref().is_none_or(|person| may(person.role, Permission::SeeLine));
    if !sees {
        return Ok(Redirect::to("/orders").into_response());
    }
    must_see(&state, person.as_ref())?;
    Ok(match state.desks().first() {
        Some(desk) => line_page(&state, desk, person),
        None => Page(NoLinesPage { frame: Frame::of(person) }).into_response(),
    })
}

async fn line(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    must_see(&state, person.as_ref())?;
    Ok(line_page(&state, state.desk(&name)?, person))
}

fn line_page(state: &WebState, desk: &Desk, person: Option<Person>) -> Response {
    let frame = Frame::of(person);
    let may = Rights::of(&frame);
    Page(LinePage { part: LinePart::of(state, desk, may), frame }).into_response()
}

/// What a screen with live updates holds on to.
struct Screen {
    state: WebState,
    desk: Arc<Desk>,
    view: tokio::sync::watch::Receiver<crate::line::LineView>,
    may: Rights,
    is_first: bool,
    /// Given back when the browser goes away.
    _seat: OwnedSemaphorePermit,
}

async fn events(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    must_see(&state, person.as_ref())?;
    let desk = Arc::clone(state.desk(&name)?);
    let seat = Arc::clone(&state.screens).try_acquire_owned().map_err(|_| {
        let words = "Too many screens are open. Close one and try again.";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, words)
    })?;
    let may = Rights::of(&Frame::of(person));
    let (view, stop) = (desk.line.view.clone(), state.stop.clone());
    let screen = Screen { state, desk, view, may, is_first: true, _seat: seat };
    let updates = stream::unfold(screen, |mut screen| async move {
        let update = screen.next_update().await;
        Some((Ok::<_, Infallible>(update), screen))
    });
    // Without this an open page would keep the server from stopping.
    let updates = updates.take_until(stop.cancelled_owned());
    Ok(Sse::new(updates).keep_alive(KeepAlive::default()))
}

impl Screen {
    async fn next_update(&mut self) -> SseEvent {
        if !self.is_first {
            tokio::time::sleep(AT_MOST_EVERY).await;
            let left = AT_LEAST_EVERY.saturating_sub(AT_MOST_EVERY);
            if let Ok(Err(_)) = tokio::time::timeout(left, self.view.changed()).await {
                // Nobody drives the line any more, so nothing will ever change but ages.
                tokio::time::sleep(left).await;
            }
        }
        self.is_first = false;
        self.view.mark_unchanged();
        let update = SseEvent::default().event("line").retry(AGAIN_AFTER);
        match LinePart::of(&self.state, &self.desk, self.may).render() {
            Ok(html) => update.data(html),
            Err(problem) => {
                tracing::error!(%problem, "a live update could not be written");
                update.event("trouble").data("the page cannot be written")
            }
        }
    }
}

/// The picture of a reject.
async fn picture(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path((name, file)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    must_see(&state, person.as_ref())?;
    let bytes = kept_picture(&state, &name, &file).await?;
    let headers =
        [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=3600")];
    Ok((headers, bytes).into_response())
}

/// The bytes of a kept picture, or of what was found in it drawn over it (`NUMBER-overlay.png`). The number names the file, so that no address leads out of the
/// folder.
pub(super) async fn kept_picture(
    state: &WebState,
    line: &str,
    file: &str,
) -> Result<Vec<u8>, Refusal> {
    let desk = state.desk(line)?;
    let gone = || Refusal::not_found("such picture");
    let stem = file.strip_suffix(".png").ok_or_else(gone)?;
    let (number, drawn) =
        stem.strip_suffix("-overlay").map_or((stem, ""), |number| (number, "-overlay"));
    let number: u64 = number.parse().map_err(|_| gone())?;
    let path = desk.line.frames_dir.join(format!("{number}{drawn}.png"));
    let about = tokio::fs::metadata(&path).await.map_err(|_| gone())?;
    if !about.is_file() || about.len() > PICTURE_BYTES_MAX {
        return Err(gone());
    }
    tokio::fs::read(&path).await.map_err(|_| gone())
}
