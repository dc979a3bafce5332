//! Where pictures are graded, a few at once, and where the last reports wait to be looked at.
use super::super::page::Refusal;
use crate::grading::{self, Ask, NoPicture, Picture, Report};
use crate::symbol::{self, Coloured};
use axum::body::Bytes;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Reports of uploaded pictures that can still be opened; each takes up to 3 MB for its drawing.
const REPORTS_KEPT: usize = 24;
/// Pictures that are graded in the same time.
const AT_ONCE: usize = 2;
/// Pictures that are on their way in or wait in the same time; each is up to 24 MB.
const UPLOADS_MAX: usize = 8;
/// Most pixels of a picture: no camera of a line has more, and each takes up to eight bytes while
/// it is read.
pub(super) const MOST_PIXELS: u64 = 32_000_000;

/// A report, and the drawing of its symbol where one was found.
#[derive(Debug)]
pub(super) struct Graded {
    pub(super) report: Report,
    pub(super) close_up: Option<Coloured>,
    /// The same as PNG in base 64, for the page.
    pub(super) drawing: Option<String>,
}

/// The last reports. They are in memory only: whoever needs one longer takes the document.
#[derive(Debug)]
pub(in crate::web) struct Shelf {
    reports: Mutex<VecDeque<(Uuid, Arc<Graded>)>>,
    permits: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl Default for Shelf {
    fn default() -> Self {
        let (permits, uploads) = (Semaphore::new(AT_ONCE), Semaphore::new(UPLOADS_MAX));
        Self { reports: Mutex::default(), permits: Arc::new(permits), uploads: Arc::new(uploads) }
    }
}

impl Shelf {
    /// A seat for one picture on its way in, or why there is none.
    pub(super) fn seat(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| {
            let words = "Too many pictures are being graded just now. Wait a moment and send \
                         yours again.";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, words)
                .with_way_out("/grade", "Grade a picture")
        })
    }

    /// Grades a picture on a thread that may take its time.
    pub(super) async fn grade(
        &self,
        name: String,
        bytes: Bytes,
        ask: Ask,
    ) -> Result<Result<Graded, NoPicture>, Refusal> {
        self.work(move || {
            let picture = Picture::read_up_to(&bytes, MOST_PIXELS)?;
            drop(bytes);
            let report = grading::look(&name, &picture, &ask);
            let grade = report.found.as_ref().map(|found| &found.grade);
            let close_up = grade.map(|grade| symbol::close_up(&picture.grey(), grade));
            let drawing = close_up.as_ref().map(|drawn| STANDARD.encode(grading::png(drawn)));
            Ok(Graded { report, close_up, drawing })
        })
        .await
    }

    /// Does this on a thread that may take its time, when it is its turn.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            // Whoever asked may be gone before this ends: the work has the permit, not the request.
            let _permit = permit;
            work()
        });
        done.await.map_err(|problem| {
            tracing::error!(%problem, "a picture could not be graded");
            Refusal::cannot_be_made()
        })
    }

    /// Keeps a report for a while, under a name that nobody guesses.
    pub(super) fn put(&self, graded: Graded) -> Uuid {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let id = Uuid::new_v4();
        reports.push_back((id, Arc::new(graded)));
        while reports.len() > REPORTS_KEPT {
            reports.pop_front();
        }
        id
    }

    pub(super) fn get(&self, id: &str) -> Result<Arc<Graded>, Refusal> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let found = reports.iter().find(|(known, _)| known.to_string() == id);
        found.map(|(_, graded)| Arc::clone(graded)).ok_or_else(|| {
            let words = format!(
                "This report is no longer kept: the last {REPORTS_KEPT} are, until Markwright is \
                 restarted. Grade the picture again."
            );
            Refusal::new(StatusCode::NOT_FOUND, words).with_way_out("/grade", "Grade a picture")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_oldest_report_makes_room() {
        let shelf = Shelf::default();
        let picture = Picture { luma: vec![0; 4], width: 2, height: 2 };
        let graded = || Graded {
            report: grading::look("x", &picture, &Ask::default()),
            close_up: None,
            drawing: None,
        };
        let ids: Vec<Uuid> = (0..=REPORTS_KEPT).map(|_| shelf.put(graded())).collect();
        assert!(shelf.get(&ids[0].to_string()).is_err());
        assert!(shelf.get(&ids[1].to_string()).is_ok());
        assert!(shelf.get("nonsense").is_err());
    }

    #[test]
    fn a_picture_whose_sender_is_gone_still_counts_until_it_is_graded() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            // The only thread is busy, so that the picture waits for as long as we like.
            let (go_on, wait) = std::sync::mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || wait.recv());
            let shelf = Shelf::default();
            let request = shelf.grade("x".to_owned(), Bytes::new(), Ask::default());
            assert!(tokio::time::timeout(Duration::from_millis(1), request).await.is_err());
            assert_eq!(shelf.permits.available_permits(), AT_ONCE - 1);
            go_on.send(()).unwrap();
            busy.await.unwrap().unwrap();
            let all = shelf.permits.acquire_many(u32::try_from(AT_ONCE).unwrap());
            let all = tokio::time::timeout(Duration::from_secs(10), all).await;
            assert!(all.is_ok(), "the permit comes back");
        });
    }
}
