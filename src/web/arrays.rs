//! Arrays of codes that a person brings as a file: taken while they arrive, as `codes import` takes
//! them.
use super::WebState;
use super::page::{Frame, Page, Refusal, must};
use super::signed_in::SignedIn;
use crate::access::Permission;
use crate::code::{Gtin, ProductGroup};
use crate::files::Form;
use crate::store::{ArrayFile, ArrayFileError, Imported, Pace};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::io::{self, BufReader, Read};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The largest file: a million of the longest codes in XML.
const FILE_BYTES_MAX: usize = 384 * 1024 * 1024;
/// The fields of the form around the file.
const FORM_BYTES_MAX: usize = 16 * 1024;
/// The file comes in pieces; so many may wait for the store.
const PIECES_WAITING: usize = 4;
/// Whoever sends nothing for so long is not waited for.
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a field that is no file.
const FIELD_BYTES_MAX: usize = 200;
/// Characters of the file's name that are kept.
const NAME_CHARS_MAX: usize = 200;
/// Places set aside that the page names.
const NAMED_MAX: usize = 1_000;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/files/array", post(take))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX + FORM_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "pages/array_taken.html")]
struct TakenPage {
    frame: Frame,
    line: String,
    source: String,
    imported: Imported,
    /// The first places that were set aside, with the reason.
    named: Vec<(usize, String)>,
    /// Why it was not read to its end.
    broken: Option<String>,
}

/// Where codes go: what the fields before the file say.
struct Goal {
    line: String,
    pool: String,
    only: (Gtin, ProductGroup),
    printed: bool,
    form: Option<Form>,
}

async fn take(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    head: HeaderMap,
    mut form: Multipart,
) -> Result<Response, Refusal> {
    must(&person, Permission::DecideDoubts)?;
    if length(&head).is_some_and(|bytes| bytes > FILE_BYTES_MAX + FORM_BYTES_MAX) {
        return Err(too_large("Nothing of it was taken."));
    }
    let Ok(_turn) = state.arrays.try_acquire() else {
        let words = "Another array is being taken just now. Wait until it is in, then try again.";
        return Err(no(StatusCode::SERVICE_UNAVAILABLE, words));
    };
    let (mut line, mut asked) = (String::new(), String::new());
    while let Some(field) = form.next_field().await.map_err(|problem| unread(&problem))? {
        match field.name().unwrap_or_default() {
            "line" => line = short(field).await?,
            "as" => asked = short(field).await?,
            "array" => {
                let goal = state.goal(&line, &asked)?;
                return state.take_array(person, goal, field).await;
            }
            _ => {}
        }
    }
    Err(no(StatusCode::UNPROCESSABLE_ENTITY, "Choose the file with your codes."))
}

impl WebState {
    fn goal(&self, line: &str, asked: &str) -> Result<Goal, Refusal> {
        let not_so = |words: String| no(StatusCode::UNPROCESSABLE_ENTITY, &words);
        if line.is_empty() {
            return Err(not_so("Choose the line before the file.".to_owned()));
        }
        let desk = self.desk(line)?;
        let only = self.rules(line).goods.ok_or_else(|| {
            not_so(format!(
                "{line} has no [line.goods] in the configuration: nobody knows whose codes it takes."
            ))
        })?;
        let form = match asked {
            "" | "auto" => None,
            word => Some(word.parse().map_err(|_| not_so("Choose txt, csv, json or xml.".into()))?),
        };
        // A line without a printer: whatever comes for it is on a label already.
        let printed = !desk.line.scenario.prints();
        Ok(Goal { line: line.to_owned(), pool: desk.line.pool.clone(), only, printed, form })
    }

    /// Takes the file while it arrives, beside the lines that run.
    async fn take_array(
        &self,
        person: crate::store::Person,
        goal: Goal,
        mut field: Field<'_>,
    ) -> Result<Response, Refusal> {
        let source = name_of(&field);
        let first = next(&mut field).await.map_err(|why| not_whole(&why))?.unwrap_or_default();
        if first.starts_with(b"PK\x03\x04") {
            let words = "This is an archive or an Excel file. Save it as CSV or text.";
            return Err(no(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
        let (pieces, arriving) = mpsc::channel(PIECES_WAITING);
        let array = ArrayFile {
            pool: &goal.pool,
            source: &source,
            person: &person.name,
            form: goal.form,
            only: goal.only,
            pace: Pace::Gentle,
            printed: goal.printed,
        };
        let mut named = Vec::new();
        let mut aside = |line: usize, reason: &str| {
            if named.len() < NAMED_MAX {
                named.push((line, reason.to_owned()));
            }
        };
        let from = BufReader::new(Arriving { pieces: arriving, now: Bytes::new() });
        let taking = self.store.take_array(array, from, &mut aside);
        let (taken, fed) = tokio::join!(taking, feed(first, &mut field, pieces));
        let (imported, broken) = match taken {
            Ok(imported) => (imported, fed.err()),
            Err(ArrayFileError::Unread { imported, source }) => {
                (imported, Some(fed.err().unwrap_or_else(|| source.to_string())))
            }
            Err(ArrayFileError::Store(problem)) => return Err(problem.into()),
        };
        if imported == Imported::default() && broken.is_none() {
            let words = "The file has no codes. Choose the file with your codes.";
            return Err(no(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
        let (Imported { taken, set_aside }, line) = (imported, goal.line);
        let words = format!("{source}, for {line}: {taken} codes taken, {set_aside} set aside");
        self.store.note(&person.name, "took an array", &words).await?;
        tracing::info!(person = person.name, line, source, taken, set_aside, "array taken");
        let status = if broken.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let frame = Frame::of(Some(person));
        let page = TakenPage { frame, line, source, imported, named, broken };
        Ok((status, Page(page)).into_response())
    }
}

/// Hands over what arrives; what nobody reads any more is passed over, so that the answer is heard.
/// Answers why the file did not arrive whole.
async fn feed(
    first: Bytes,
    field: &mut Field<'_>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), String> {
    let mut piece = first;
    loop {
        // Nobody reads on behind something that is no JSON or XML.
        let _ = pieces.send(Ok(piece)).await;
        match next(field).await {
            Ok(Some(next)) => piece = next,
            Ok(None) => return Ok(()),
            Err(why) => {
                let _ = pieces.send(Err(io::Error::other(why.clone()))).await;
                return Err(why);
            }
        }
    }
}

/// The next piece of the file; nothing at its end.
async fn next(field: &mut Field<'_>) -> Result<Option<Bytes>, String> {
    match timeout(PIECE_WITHIN, field.chunk()).await {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(problem)) if problem.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(limit()),
        Ok(Err(_)) => Err("it did not arrive whole".to_owned()),
        Err(_) => Err(format!("nothing more of it arrived for {} seconds", PIECE_WITHIN.as_secs())),
    }
}

/// A file that is read while it arrives.
struct Arriving {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    now: Bytes,
}

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.now = piece?,
                None => return Ok(0),
            }
        }
        let some = self.now.len().min(into.len());
        into[..some].copy_from_slice(&self.now.split_to(some));
        Ok(some)
    }
}

/// A field that is no file.
async fn short(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = next(&mut field).await.map_err(|why| not_whole(&why))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > FIELD_BYTES_MAX {
            let words = "A field of the form is too long. Fill it in again.";
            return Err(no(StatusCode::UNPROCESSABLE_ENTITY, words));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

fn name_of(field: &Field<'_>) -> String {
    let name = field.file_name().filter(|name| !name.is_empty()).unwrap_or("array");
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

fn length(head: &HeaderMap) -> Option<usize> {
    head.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn limit() -> String {
    format!("it is larger than {} MB", FILE_BYTES_MAX / 1_048_576)
}

fn too_large(what: &str) -> Refusal {
    let words = format!(
        "The file does not fit: {}. {what} Cut it into parts, or use markwright codes import.",
        limit()
    );
    no(StatusCode::PAYLOAD_TOO_LARGE, &words)
}

fn unread(problem: &MultipartError) -> Refusal {
    no(problem.status(), "The form did not arrive whole. Send it again.")
}

fn not_whole(why: &str) -> Refusal {
    no(StatusCode::BAD_REQUEST, &format!("Nothing of the file was taken: {why}. Send it again."))
}

fn no(status: StatusCode, words: &str) -> Refusal {
    Refusal::new(status, words).with_way_out("/files", "To the files")
}
