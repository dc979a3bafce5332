//! The task tree: every task has a name, a way to be told to stop, and somebody waiting for it.
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A set of tasks that live and end together.
#[derive(Debug, Default)]
pub struct Crew {
    tasks: JoinSet<&'static str>,
    stop: CancellationToken,
}

impl Crew {
    /// Starts a task. It must end soon after the token it is given is cancelled.
    pub fn hire<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = work(self.stop.child_token());
        self.tasks.spawn(async move {
            work.await;
            name
        });
    }

    /// A token that is cancelled when this crew is told to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Waits until `asked` happens or any task ends by itself, then lets everybody finish.
    pub async fn work_until(mut self, asked: impl Future<Output = ()>, grace: Duration) {
        tokio::select! {
            () = asked => tracing::info!("asked to stop"),
            Some(ended) = self.tasks.join_next() => tracing::error!(?ended, "task ended by itself"),
        }
        self.stop(grace).await;
    }

    /// Tells everybody to stop and waits for them, at most for the grace period.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::error!(left = self.tasks.len(), "tasks did not end in time; leaving them");
        }
    }
}
