//! From a fresh connection to a printer that is known, empty and set up.
use super::lines::Met;
use super::session::Session;
use crate::line::Cause;
use crate::telemetry::Identity;
use tokio::time::{Instant, sleep};

impl Session<'_> {
    /// Empties the printer, makes sure that it is the right one, waits until it rests, and sets it
    /// up. Nothing of this prints. Gives the count.
    pub(super) async fn make_ready(&mut self, identity: &Identity) -> Result<u64, Cause> {
        self.lines.cancel().await?;
        let met = self.lines.meet(self.settings.dots_per_mm).await?;
        if let Met::As(found) = &met {
            recognise(identity, found.clone()).await?;
        }
        let (settings, known) = (self.settings, identity.known());
        self.lines.open_status(settings, known.as_deref(), self.last_word).await?;
        let mut count = self.come_to_rest().await?;
        if met == Met::AtRest {
            let found = self.lines.name().await?;
            recognise(identity, found).await?;
        }
        self.set_up().await?;
        let after = self.come_to_rest_at(count).await?;
        if after != count {
            tracing::warn!("printer printed while it was being set up");
            count = after;
        }
        Ok(count)
    }

    /// Throws away what is in the printer, without a new connection: nothing was lost, and what
    /// came to us after the order to cancel is still to be printed.
    pub(super) async fn cancel(&mut self) -> Result<u64, Cause> {
        self.lines.cancel().await?;
        self.come_to_rest().await
    }

    /// Sends what a power-on takes away: settings and the stored format.
    pub(super) async fn set_up(&mut self) -> Result<(), Cause> {
        self.lines.set(self.settings).await?;
        self.lines.write(&self.format.setup).await?;
        // A setup that was cut short would swallow the first label.
        let deadline = Instant::now() + self.settings.answer_within;
        loop {
            let health = self.lines.health().await?;
            if !health.partial_format && (health.empty || health.trouble.is_some()) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Cause::Garbled);
            }
            sleep(self.settings.ask_every).await;
        }
    }

    /// Waits until nothing is left in the printer and its counter stands still, because the label
    /// that was being printed when everything was cancelled still comes out. Gives the count.
    ///
    /// A printer without a counter must be free of trouble, too: a clone that does not know how to
    /// cancel prints what it has when the trouble ends.
    async fn come_to_rest(&mut self) -> Result<u64, Cause> {
        let deadline = Instant::now() + self.settings.rest_within;
        let mut still: Option<(Option<u64>, Instant)> = None;
        loop {
            let asked = Instant::now();
            let sight = self.lines.look().await?;
            let now = Instant::now();
            let rests =
                sight.health.empty && (sight.count.is_some() || sight.health.trouble.is_none());
            match still {
                Some((before, since)) if before == sight.count && rests => {
                    if asked >= since + self.settings.still_for {
                        return Ok(sight.count.unwrap_or_default());
                    }
                }
                _ => still = rests.then_some((sight.count, now)),
            }
            if now >= deadline {
                return Err(sight.health.trouble.unwrap_or(Cause::CounterOff));
            }
            sleep(self.settings.ask_every).await;
        }
    }

    /// The count after the set-up, which prints nothing.
    async fn come_to_rest_at(&mut self, count: u64) -> Result<u64, Cause> {
        Ok(self.lines.look().await?.count.unwrap_or(count))
    }
}

/// Another printer than the one that is known is refused. The first one that ever answered becomes
/// known before anything is sent to it.
async fn recognise(identity: &Identity, found: Option<String>) -> Result<(), Cause> {
    let known = identity.answers(found.clone()).await;
    if known == found { Ok(()) } else { Err(Cause::Swapped) }
}
