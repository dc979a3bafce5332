//! Where pictures are graded, a few at once, and where the last reports wait to be looked at.
use super::super::page::Refusal;
use super::glances::Glances;
use crate::grading::{self, Ask, NoPicture, Picture, Report};
use crate::symbol;
use axum::body::Bytes;
use axum::http::StatusCode;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Reports of uploaded pictures that can still be opened. Each keeps its drawing as PNG, at most
/// 1,000 x 1,000 pixels: commonly some hundred kB.
const REPORTS_KEPT: usize = 24;
/// Pictures that are graded in the same time.
const AT_ONCE: u32 = 2;
/// A picture of more pixels is graded alone: decoded in colour it takes four bytes a pixel.
const LARGE_PIXELS: u64 = 8_000_000;
/// Pictures that are on their way in or wait in the same time; each is up to 24 MB.
const UPLOADS_MAX: usize = 4;
/// Most pixels of a picture: no camera of a line has more, and each takes up to eight bytes while
/// it is read.
pub(super) const MOST_PIXELS: u64 = 32_000_000;

/// A report, and the drawing of its symbol where one was found.
#[derive(Debug)]
pub(super) struct Graded {
    pub(super) report: Report,
    /// As PNG.
    pub(super) drawing: Option<Vec<u8>>,
}

/// The last reports. They are in memory only: whoever needs one longer takes the document.
#[derive(Debug)]
pub(in crate::web) struct Shelf {
    reports: Mutex<VecDeque<(Uuid, Arc<Graded>)>>,
    permits: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    pub(super) glances: Arc<Glances>,
}

impl Default for Shelf {
    fn default() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let (permits, uploads) = (semaphore(AT_ONCE as usize), semaphore(UPLOADS_MAX));
        Self { reports: Mutex::default(), permits, uploads, glances: Arc::default() }
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
        let large = grading::pixels(&bytes).is_some_and(|pixels| pixels > LARGE_PIXELS);
        let permit = Arc::clone(&self.permits);
        let permit = permit.acquire_many_owned(if large { AT_ONCE } else { 1 }).await;
        work(permit.ok(), move || {
            let picture = Picture::read_up_to(&bytes, MOST_PIXELS)?;
            drop(bytes);
            let report = grading::look(&name, &picture, &ask);
            let grade = report.found.as_ref().map(|found| &found.grade);
            let drawn = grade.map(|grade| symbol::close_up(&picture.grey(), grade));
            let drawing = drawn.as_ref().map(grading::png);
            Ok(Graded { report, drawing })
        })
        .await
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

/// Does this on a thread that may take its time.
pub(super) async fn work<T: Send + 'static>(
    permit: Option<OwnedSemaphorePermit>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_oldest_report_makes_room() {
        let shelf = Shelf::default();
        let picture = Picture { luma: vec![0; 4], width: 2, height: 2 };
        let graded =
            || Graded { report: grading::look("x", &picture, &Ask::default()), drawing: None };
        let ids: Vec<Uuid> = (0..=REPORTS_KEPT).map(|_| shelf.put(graded())).collect();
        assert!(shelf.get(&ids[0].to_string()).is_err());
        assert!(shelf.get(&ids[1].to_string()).is_ok());
        assert!(shelf.get("nonsense").is_err());
    }

    #[test]
    fn a_large_picture_is_graded_alone() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let shelf = Shelf::default();
            let other = shelf.permits.acquire().await.unwrap();
            let large = Bytes::from_static(b"P5 4000 3000 255\n");
            let graded = shelf.grade("large".to_owned(), large, Ask::default());
            tokio::pin!(graded);
            let soon = tokio::time::timeout(Duration::from_millis(20), &mut graded).await;
            assert!(soon.is_err(), "it waits for the other one");
            drop(other);
            let graded = tokio::time::timeout(Duration::from_secs(10), graded).await;
            assert!(matches!(graded, Ok(Ok(Err(NoPicture::Broken(_))))), "{graded:?}");
        });
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
            assert_eq!(shelf.permits.available_permits(), AT_ONCE as usize - 1);
            go_on.send(()).unwrap();
            busy.await.unwrap().unwrap();
            let all = shelf.permits.acquire_many(AT_ONCE);
            let all = tokio::time::timeout(Duration::from_secs(10), all).await;
            assert!(all.is_ok(), "the permit comes back");
        });
    }
}
