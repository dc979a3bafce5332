//! What the outside hears: MQTT from the durable outbox.
//!
//! Topics are `<prefix>/<line>/state`, `status` (`PackTags`), `counts` (all three retained), `alarm`
//! and `job`; payloads are JSON. A message is forgotten only after the broker's PUBACK, and the next one is sent only
//! then: so the order holds, and a lost connection repeats one message at the most. After a
//! restart of the daemon up to [`BATCH`] messages may come twice.
mod link;

use crate::store::{Store, StoreError};
use link::{Link, LinkLost};
use std::convert::Infallible;
use std::fmt;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Which broker, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishSettings {
    /// Name or address of the broker.
    pub host: String,
    /// Its port; 1883 by custom.
    pub port: u16,
    /// What stands before every topic, such as `markwright`; no `+` and no `#`.
    pub prefix: String,
    /// The name under which the broker knows us; another one for every daemon.
    pub client_id: String,
    /// Name and password, if the broker asks for them.
    pub login: Option<Login>,
    /// How long the broker may take to answer.
    pub answer_within: Duration,
}

/// Name and password at the broker.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.name)
    }
}

/// Messages read from the outbox, and then forgotten, at a time. Forgetting is a write that the
/// line waits for, so it is not done for every single message.
const BATCH: u32 = 64;

/// How long to wait after a lost connection: from, to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// Why a session with the broker ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the broker")]
    Link(#[from] LinkLost),
    #[error("the outbox")]
    Store(#[from] StoreError),
}

/// Takes the outbox of the store to the broker until told to stop. The store must be opened with
/// [`Store::publishing`], and nobody else may take its outbox.
///
/// Being told to stop cuts anything short: what the broker has not confirmed is sent again when
/// the daemon starts the next time.
pub async fn keep(settings: PublishSettings, store: Store, stop: CancellationToken) {
    let mut pause = PAUSE.0;
    loop {
        let mut connected = false;
        let Err(ended) = tokio::select! {
            () = stop.cancelled() => return,
            ended = session(&settings, &store, &mut connected) => ended,
        };
        if connected {
            pause = PAUSE.0;
        }
        tell_of_end(&settings, &ended, connected);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// One connection, until it is lost. Every session has a client of its own: one that reconnects by
/// itself drops what it has queued and tells nobody.
async fn session(
    settings: &PublishSettings,
    store: &Store,
    connected: &mut bool,
) -> Result<Infallible, Ended> {
    let mut link = Link::connect(settings).await?;
    *connected = true;
    tracing::info!(broker = settings.host, port = settings.port, "publishing");
    loop {
        let messages = store.outbox(BATCH).await?;
        let mut confirmed = None;
        let mut outcome = Ok(());
        for message in &messages {
            outcome = link.publish(&settings.prefix, message).await;
            if outcome.is_err() {
                break;
            }
            confirmed = Some(message.id);
        }
        if let Some(id) = confirmed {
            store.outbox_published(id).await?;
        }
        outcome?;
        if messages.is_empty() {
            wait_for_more(&mut link, store).await?;
        }
    }
}

async fn wait_for_more(link: &mut Link, store: &Store) -> Result<(), LinkLost> {
    tokio::select! {
        () = store.outbox_grows() => Ok(()),
        lost = link.idle() => Err(lost),
    }
}

fn tell_of_end(settings: &PublishSettings, ended: &Ended, connected: bool) {
    let why: &dyn std::error::Error = ended;
    if connected {
        tracing::warn!(broker = settings.host, why, "connection to the broker lost");
    } else {
        tracing::debug!(broker = settings.host, why, "no connection to the broker");
    }
}
