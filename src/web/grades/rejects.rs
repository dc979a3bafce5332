//! The kept rejects of a line: each picture with what was found in it, the latest first.
use super::super::WebState;
use super::super::orders::at;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::calibration_of;
use super::shelf::MOST_PIXELS;
use crate::access::Permission;
use crate::grading::{self, Ask, Picture, Report};
use crate::line::{RejectReason, letter};
use crate::store::KeptReject;
use crate::telemetry::clock::Micros;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

/// Rejects on one page.
const SHOWN: usize = 12;
/// How long one picture is looked at, so that the page comes within seconds also where nothing can
/// be read in any; the full report looks longer.
const LOOKED_AT: Duration = Duration::from_millis(250);
/// Files that are larger are no pictures of a line's camera.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

#[derive(Template)]
#[template(path = "pages/rejects.html")]
struct RejectsPage {
    frame: Frame,
    line: String,
    rejects: Vec<Shown>,
    /// Whether this is not the first page.
    earlier: bool,
    /// The time of the last one of this page, if others follow.
    next: Option<i64>,
}

/// A reject, as the page shows it.
struct Shown {
    title: String,
    reason: &'static str,
    time: String,
    /// The code that was read, or that nothing was.
    read: String,
    /// A grade and its letter.
    grade: Option<(String, char)>,
    /// Addresses of the picture and of what was found in it.
    picture: Option<String>,
    overlay: Option<String>,
}

/// Which page of them.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<i64>,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(line): Path<String>,
    Query(Place { before }): Query<Place>,
) -> Result<impl IntoResponse, Refusal> {
    must(&person, Permission::SeeLine)?;
    let folder = state.desk(&line)?.line.frames_dir.clone();
    let until = before.map_or(Micros(i64::MAX), Micros);
    let most = u32::try_from(SHOWN + 1).unwrap_or(u32::MAX);
    let mut found = state.store.kept_rejects(&line, until, most).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| more).map(|last| last.at.0);
    let calibration = calibration_of(&state, &line).await;
    let ask = Ask { calibration, deep_within: Some(LOOKED_AT), ..Ask::default() };
    let name = line.clone();
    let one = move |reject: &KeptReject| shown(&name, &folder, reject, &ask);
    let rejects = state.grades.work(move || found.iter().map(one).collect()).await?;
    let (frame, earlier) = (Frame::of(Some(person)), before.is_some());
    Ok(Page(RejectsPage { frame, line, rejects, earlier, next }))
}

/// It waits for the disk, and reads the picture.
fn shown(line: &str, folder: &FilePath, reject: &KeptReject, ask: &Ask) -> Shown {
    let (number, there) = (reject.picture.0, |path: PathBuf| path.is_file());
    let file = folder.join(format!("{number}.png"));
    let address = |name: &str| format!("/lines/{line}/pictures/{number}{name}.png");
    let overlay = there(folder.join(format!("{number}-overlay.png"))).then(|| address("-overlay"));
    let picture = there(file.clone()).then(|| address(""));
    let ask = Ask { expected: reject.expected.clone(), ..ask.clone() };
    let report = picture.as_ref().and_then(|_| look(&file, &ask));
    let graded = reject.overall.map(|tenths| (f32::from(tenths) / 10.0, letter(tenths)));
    let now = report.as_ref().filter(|report| report.found.is_some());
    let graded = graded.or_else(|| now.map(|report| (report.overall(), report.letter())));
    Shown {
        title: reject.tag.map_or("Label of a roll".to_owned(), |tag| format!("Product {tag}")),
        reason: reject.reason.map_or("rejected", RejectReason::words),
        time: at(reject.at),
        read: what_is_there(picture.is_some(), report.as_ref()),
        grade: graded.map(|(grade, letter)| (format!("{grade:.1} {letter}"), letter)),
        picture,
        overlay,
    }
}

fn look(file: &FilePath, ask: &Ask) -> Option<Report> {
    let fits = std::fs::metadata(file).is_ok_and(|about| about.len() <= FILE_BYTES_MAX);
    let bytes = fits.then(|| std::fs::read(file).ok()).flatten()?;
    let picture = Picture::read_up_to(&bytes, MOST_PIXELS).ok()?;
    Some(grading::look("", &picture, ask))
}

fn what_is_there(kept: bool, report: Option<&Report>) -> String {
    let Some(report) = report else {
        let why = if kept { "cannot be opened" } else { "has made room for newer ones" };
        return format!("The picture {why}.");
    };
    let Some(code) = report.code() else { return "Nothing is read in it.".to_owned() };
    match report.is_expected() {
        Some(true) => format!("{code}, the code that was expected"),
        Some(false) => format!("{code}, another code than expected"),
        None => code,
    }
}
