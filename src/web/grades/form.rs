//! The form: a picture, and what is known and wanted of it.
use super::super::WebState;
use super::super::page::{Frame, Page, Refusal, must};
use super::super::signed_in::SignedIn;
use super::{UPLOAD_BYTES_MAX, from_disk};
use crate::access::Permission;
use crate::calibration::{Calibration, PX_PER_MM};
use crate::grading::Ask;
use crate::store::Person;
use crate::symbol::grade::{Conditions, Edition};
use askama::Template;
use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

/// Characters of a field that are looked at.
const FIELD_CHARS_MAX: usize = 300;

/// What came with the form.
#[derive(Debug, Default, Clone)]
struct Filled {
    picture: Bytes,
    name: String,
    expected: String,
    wanted: String,
    edition: String,
    camera: String,
    px_per_mm: String,
}

#[derive(Template)]
#[template(path = "pages/grade_form.html")]
struct FormPage {
    frame: Frame,
    filled: Filled,
    cameras: Vec<String>,
    problem: Option<String>,
}

pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
) -> Result<Response, Refusal> {
    must(&person, Permission::SeeLine)?;
    let filled = Filled { wanted: "C".to_owned(), ..Filled::default() };
    Ok(page(&state, person, filled, None).await)
}

/// Grades the picture and leads to its report; a form that cannot be taken comes back with the
/// reason.
pub(super) async fn take(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    form: Multipart,
) -> Result<Response, Refusal> {
    must(&person, Permission::SeeLine)?;
    let _seat = state.grades.seat()?;
    let filled = read(form).await.map_err(|problem| unread(&problem))?;
    let ask = match ask(&state, &filled).await {
        Ok(ask) => ask,
        Err(problem) => return Ok(page(&state, person, filled, Some(problem)).await),
    };
    let (name, bytes) = (filled.name.clone(), filled.picture.clone());
    match state.grades.grade(name, bytes, ask).await? {
        Ok(graded) => {
            let id = state.grades.put(graded);
            Ok(Redirect::to(&format!("/grade/{id}")).into_response())
        }
        Err(problem) => Ok(page(&state, person, filled, Some(problem.to_string())).await),
    }
}

async fn page(
    state: &WebState,
    person: Person,
    filled: Filled,
    problem: Option<String>,
) -> Response {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let cameras = from_disk(state, Calibration::names).await.unwrap_or_default();
    let frame = Frame::of(Some(person));
    (status, Page(FormPage { frame, filled, cameras, problem })).into_response()
}

/// Why the form did not come in.
fn unread(problem: &MultipartError) -> Refusal {
    let words = match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => format!(
            "The picture is larger than {} MB. Cut out the part with the symbol, or send it as PNG \
             or JPEG.",
            UPLOAD_BYTES_MAX / 1_048_576
        ),
        _ => "The picture did not arrive whole. Send it again.".to_owned(),
    };
    Refusal::new(problem.status(), words).with_way_out("/grade", "Grade a picture")
}

async fn read(mut form: Multipart) -> Result<Filled, MultipartError> {
    let mut filled = Filled::default();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "picture" {
            let file = field.file_name().unwrap_or("picture");
            filled.name = file.chars().filter(|c| !c.is_control()).take(FIELD_CHARS_MAX).collect();
            filled.picture = field.bytes().await?;
            continue;
        }
        let text = field.text().await?;
        let text: String = text.trim().chars().take(FIELD_CHARS_MAX).collect();
        match name.as_str() {
            "expected" => filled.expected = text,
            "wanted" => filled.wanted = text,
            "edition" => filled.edition = text,
            "camera" => filled.camera = text,
            "px_per_mm" => filled.px_per_mm = text,
            _ => {}
        }
    }
    Ok(filled)
}

/// What the form asks for, or what is wrong with it.
async fn ask(state: &WebState, filled: &Filled) -> Result<Ask, String> {
    if filled.picture.is_empty() {
        return Err("choose a picture".to_owned());
    }
    let px_per_mm = match filled.px_per_mm.replace(',', ".") {
        empty if empty.is_empty() => None,
        text => {
            let number = text.parse().ok().filter(|n: &f32| PX_PER_MM.contains(n));
            Some(number.ok_or("pixels a millimetre: wanted a number from 1 to 1000")?)
        }
    };
    let calibration = match filled.camera.clone() {
        none if none.is_empty() => None,
        name => {
            let found = from_disk(state, move |folder| Calibration::load(folder, &name)).await;
            let found = found.ok_or("the calibration cannot be opened just now: send it again")?;
            Some(found.map_err(|problem| problem.to_string())?)
        }
    };
    let edition = Edition::named(&filled.edition).unwrap_or_default();
    let conditions = Conditions { edition, px_per_mm, ..Conditions::default() };
    let expected = Some(filled.expected.replace("<GS>", "\u{1d}")).filter(|text| !text.is_empty());
    Ok(Ask { expected, conditions, calibration, wanted: least(&filled.wanted), ..Ask::default() })
}

/// The least grade of a letter; of everything else none.
pub(super) fn least(letter: &str) -> Option<f32> {
    match letter {
        "A" => Some(3.5),
        "B" => Some(2.5),
        "C" => Some(1.5),
        "D" => Some(0.5),
        _ => None,
    }
}
