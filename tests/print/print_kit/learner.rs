//! The identity of a printer for a driver alone: what answers first is known at once.
use markwright::telemetry::Identity;

/// The configured number, or a learner without a memory.
pub(crate) fn identity(configured: Option<String>) -> Identity {
    let identity = Identity::new(configured, None);
    let learns = identity.clone();
    tokio::spawn(async move {
        let mut changes = learns.changes();
        loop {
            if let Some(found) = learns.to_learn() {
                learns.settle(Some(found));
            }
            changes.next().await;
        }
    });
    identity
}
