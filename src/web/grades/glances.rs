//! Kept pictures of rejects, read again for a page: one at a time, and what was found is remembered.
use super::super::page::Refusal;
use super::shelf::MOST_PIXELS;
use crate::grading::{self, Ask, Picture, Report};
use axum::http::StatusCode;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Pictures of which is remembered what was found, each in less than a kilobyte: some forty pages.
const REMEMBERED: usize = 500;
/// How long a page waits for another one whose pictures are read.
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// Files that are larger are no pictures of a line's camera.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// What is found in a picture when it is read again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) words: String,
    pub(super) grade: Option<(f32, char)>,
}

/// A picture, and all that its words depend on: what is expected in it, of when the calibration is.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    file: PathBuf,
    expected: Option<String>,
    calibrated: Option<i64>,
}

/// It has one thread at most, so that verdicts and uploaded pictures keep theirs.
#[derive(Debug)]
pub(super) struct Glances {
    one: Arc<Semaphore>,
    remembered: Mutex<VecDeque<(Key, Seen)>>,
}

impl Default for Glances {
    fn default() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), remembered: Mutex::default() }
    }
}

impl Glances {
    /// The turn of a page, or why it does not come.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.one).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            let words = "The pictures of other rejects are being read just now. Wait a moment and \
                         load the page again.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, words)
        })
    }

    /// What is found in a picture. It waits for the disk, and reads the picture if it is not
    /// remembered.
    pub(super) fn at(&self, file: PathBuf, ask: &Ask) -> Seen {
        let calibrated = ask.calibration.as_ref().map(|card| card.taken.0);
        let key = Key { file, expected: ask.expected.clone(), calibrated };
        if let Some(seen) = self.remembered(&key) {
            return seen;
        }
        let Some(report) = look(&key.file, ask) else {
            // It may still be written: the next one looks again.
            return Seen { words: "The picture cannot be opened.".to_owned(), grade: None };
        };
        let grade = report.found.as_ref().map(|_| (report.overall(), report.letter()));
        let seen = Seen { words: words(&report), grade };
        self.remember(key, seen.clone());
        seen
    }

    fn remembered(&self, key: &Key) -> Option<Seen> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.iter().find(|(known, _)| known == key).map(|(_, seen)| seen.clone())
    }

    fn remember(&self, key: Key, seen: Seen) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.push_back((key, seen));
        while remembered.len() > REMEMBERED {
            remembered.pop_front();
        }
    }
}

fn look(file: &Path, ask: &Ask) -> Option<Report> {
    let fits = std::fs::metadata(file).is_ok_and(|about| about.len() <= FILE_BYTES_MAX);
    let bytes = fits.then(|| std::fs::read(file).ok()).flatten()?;
    let picture = Picture::read_up_to(&bytes, MOST_PIXELS).ok()?;
    Some(grading::look("", &picture, ask))
}

/// What the line read is not remembered; it had other time and knew other things.
fn words(report: &Report) -> String {
    let Some(code) = report.code() else { return "Read again now: nothing.".to_owned() };
    match report.is_expected() {
        Some(true) => format!("Read again now: {code}, the code that was expected"),
        Some(false) => format!("Read again now: {code}, another code than expected"),
        None => format!("Read again now: {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_read_once_and_the_oldest_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("1.png");
        let (glances, ask) = (Glances::default(), Ask::default());
        assert_eq!(glances.at(file.clone(), &ask).words, "The picture cannot be opened.");
        image::GrayImage::new(64, 64).save(&file).unwrap();
        let seen = glances.at(file.clone(), &ask);
        assert_eq!(seen.words, "Read again now: nothing.");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(glances.at(file.clone(), &ask), seen);
        let other = Ask { expected: Some("x".to_owned()), ..Ask::default() };
        assert_eq!(glances.at(file.clone(), &other).words, "The picture cannot be opened.");
        for at in 0..REMEMBERED {
            let key = Key { file: at.to_string().into(), expected: None, calibrated: None };
            glances.remember(key, seen.clone());
        }
        assert_eq!(glances.at(file, &ask).words, "The picture cannot be opened.");
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_waits_for_another_one_but_not_for_ever() {
        let glances = Glances::default();
        let first = glances.turn().await.unwrap();
        assert!(glances.turn().await.is_err());
        drop(first);
        assert!(glances.turn().await.is_ok());
    }
}
