//! The kept rejects of a line: each picture with what was found in it, the latest first.
use super::super::WebState;
use super::super::orders::at;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::calibration_of;
use super::glances::Glances;
use super::shelf::work;
use crate::access::Permission;
use crate::grading::Ask;
use crate::line::{RejectReason, letter};
use crate::store::{KeptReject, RejectPlace};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Rejects on one page.
const SHOWN: usize = 12;
/// How long one picture is looked at, so that the page comes within seconds also where nothing can
/// be read in any; the full report looks longer.
const LOOKED_AT: Duration = Duration::from_millis(250);
const NOT_THERE: &str = "The picture was not kept, or has made room for newer ones.";

#[derive(Template)]
#[template(path = "pages/rejects.html")]
struct RejectsPage {
    frame: Frame,
    line: String,
    rejects: Vec<Shown>,
    /// Whether this is not the first page.
    earlier: bool,
    /// The place of the last one of this page, if others follow.
    next: Option<RejectPlace>,
}

/// A reject, as the page shows it.
struct Shown {
    title: String,
    reason: &'static str,
    time: String,
    /// The code that is read now, or that nothing is.
    read: String,
    /// A grade and its letter.
    grade: Option<(String, char)>,
    /// Whether that was made now, because the line made none.
    graded_now: bool,
    /// Addresses of the picture and of what was found in it.
    picture: Option<String>,
    overlay: Option<String>,
}

/// Which page of them.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<String>,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Query(Place { before }): Query<Place>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let folder = state.desk(&line)?.line.frames_dir.clone();
    let until = before.as_deref().map_or(Ok(RejectPlace::NEWEST), str::parse);
    let until = until.map_err(|_| Refusal::not_found("such page of rejects"))?;
    let most = u32::try_from(SHOWN + 1).unwrap_or(u32::MAX);
    let mut found = state.store.kept_rejects(&line, until, most).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| more).map(|last| last.place);
    let calibration = calibration_of(&state, &line).await;
    let ask = Ask { calibration, deep_within: Some(LOOKED_AT), ..Ask::default() };
    let (name, glances) = (line.clone(), Arc::clone(&state.grades.glances));
    let turn = glances.turn().await?;
    let all = move || found.iter().map(|one| shown(&name, &folder, one, &ask, &glances)).collect();
    let rejects = work(Some(turn), all).await?;
    let (frame, earlier) = (Frame::of(Some(person)), before.is_some());
    Ok(Page(RejectsPage { frame, line, rejects, earlier, next }))
}

/// It waits for the disk, and reads the picture if that was not done lately.
fn shown(
    line: &str,
    folder: &FilePath,
    reject: &KeptReject,
    ask: &Ask,
    glances: &Glances,
) -> Shown {
    let (number, there) = (reject.picture.0, |path: PathBuf| path.is_file());
    let file = folder.join(format!("{number}.png"));
    let address = |name: &str| format!("/lines/{line}/pictures/{number}{name}.png");
    let overlay = there(folder.join(format!("{number}-overlay.png"))).then(|| address("-overlay"));
    let picture = there(file.clone()).then(|| address(""));
    let ask = Ask { expected: reject.expected.clone(), ..ask.clone() };
    let seen = picture.as_ref().map(|_| glances.at(file, &ask));
    let graded = reject.overall.map(|tenths| (f32::from(tenths) / 10.0, letter(tenths)));
    let now = seen.as_ref().and_then(|seen| seen.grade);
    Shown {
        title: reject.tag.map_or("Label of a roll".to_owned(), |tag| format!("Product {tag}")),
        reason: reject.reason.map_or("rejected", RejectReason::words),
        time: at(reject.at),
        read: seen.map_or_else(|| NOT_THERE.to_owned(), |seen| seen.words),
        grade: graded.or(now).map(|(grade, letter)| (format!("{grade:.1} {letter}"), letter)),
        graded_now: graded.is_none() && now.is_some(),
        picture,
        overlay,
    }
}
