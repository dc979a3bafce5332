//! How well a line prints: grade and parameters over time, and what to do about the worst of them.
mod card;
mod draw;
mod picture;

use super::WebState;
use super::desk::Desk;
use super::grades::calibration_of;
use super::line_page::must_see;
use super::page::{Frame, Page, Refusal, RefusalJson};
use super::signed_in::Visitor;
use crate::line::StopReason;
use crate::store::{GradeStretch, StoreError};
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use card::Card;
use picture::Quality;
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/lines/{name}/quality", get(page))
        .route("/api/lines/{name}/quality", get(for_programs))
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Over {
    /// The last hour.
    #[default]
    Hour,
    /// The last eight hours.
    Shift,
    /// The last day.
    Day,
}

impl Over {
    const ALL: [Self; 3] = [Self::Hour, Self::Shift, Self::Day];

    const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Shift => "shift",
            Self::Day => "day",
        }
    }

    /// On its button.
    const fn words(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Shift => "Last 8 hours",
            Self::Day => "Last day",
        }
    }

    const fn length(self) -> Duration {
        match self {
            Self::Hour => Duration::from_hours(1),
            Self::Shift => Duration::from_hours(8),
            Self::Day => Duration::from_hours(24),
        }
    }

    /// What is added up to one point: a hundred of them, or fewer, are enough for any screen.
    const fn stretch(self) -> Duration {
        match self {
            Self::Hour => Duration::from_mins(1),
            Self::Shift => Duration::from_mins(5),
            Self::Day => Duration::from_mins(15),
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    over: Over,
}

#[derive(Template)]
#[template(path = "pages/quality.html")]
struct QualityPage {
    frame: Frame,
    line: String,
    over: Over,
    quality: Quality,
    card: Card,
    warnings: Vec<String>,
}

async fn page(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    Query(Asked { over }): Query<Asked>,
) -> Result<Response, Refusal> {
    must_see(&state, person.as_ref())?;
    let desk = state.desk(&name)?;
    let quality = quality(&state, desk, over).await?;
    let card = card(&state, &name, &quality).await;
    let warnings = warnings(desk).iter().map(|reason| reason.words().sentence()).collect();
    let frame = Frame::of(person);
    Ok(Page(QualityPage { frame, line: name, over, quality, card, warnings }).into_response())
}

async fn for_programs(
    State(state): State<WebState>,
    Visitor(person): Visitor,
    Path(name): Path<String>,
    Query(Asked { over }): Query<Asked>,
) -> Result<Response, RefusalJson> {
    must_see(&state, person.as_ref())?;
    let desk = state.desk(&name)?;
    let quality = quality(&state, desk, over).await?;
    let card = card(&state, &name, &quality).await;
    let kinds: Vec<_> = warnings(desk).iter().map(|reason| reason.kind()).collect();
    let mut body = quality.as_json(&name, over.word(), &kinds);
    body["calibration"] = card.as_json();
    Ok(Json(body).into_response())
}

async fn card(state: &WebState, line: &str, quality: &Quality) -> Card {
    let kept = calibration_of(state, line).await;
    Card::new(kept, quality.recent.as_ref(), Micros::now())
}

/// What stands of the print's own alarms.
fn warnings(desk: &Desk) -> Vec<StopReason> {
    let is_of_print = |reason: &StopReason| {
        matches!(
            reason,
            StopReason::HeadWears(_) | StopReason::QualityFalls | StopReason::GrowthDrifts
        )
    };
    desk.line.view.borrow().alarms.iter().copied().filter(is_of_print).collect()
}

async fn quality(state: &WebState, desk: &Desk, over: Over) -> Result<Quality, StoreError> {
    let least = desk.line.view.borrow().least_grade;
    let to = Micros::now();
    let from = Micros(to.0 - micros(over.length()));
    let name = &desk.line.name;
    let stretches = state.store.grades_over_time(name, (from, to), over.stretch(), least).await?;
    let span = (from.0, to.0);
    let recent = recent(state, name, to, least).await?;
    Ok(Quality::new(
        span,
        micros(over.stretch()),
        stretches,
        recent,
        least,
        !warnings(desk).is_empty(),
    ))
}

/// The newest symbols: of the last minutes, or of the last hour if the line stood.
async fn recent(
    state: &WebState,
    line: &str,
    to: Micros,
    least: Option<u8>,
) -> Result<Option<GradeStretch>, StoreError> {
    for length in [Duration::from_mins(3), Duration::from_hours(1)] {
        let from = Micros(to.0 - micros(length));
        let found = state.store.grades_over_time(line, (from, to), length, least).await?;
        if let Some(stretch) = found.into_iter().next() {
            return Ok(Some(stretch));
        }
    }
    Ok(None)
}

fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}
