//! Which printer belongs to a line, and which one answers. The driver tells who answers and goes on
//! only with the one that is known; somebody with a store makes it known.
use std::sync::Arc;
use tokio::sync::watch;

/// How it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Who {
    known: Option<String>,
    /// Who answered last; empty for a printer that has no number.
    answered: Option<String>,
}

/// The number of a line's printer. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Identity {
    who: Arc<watch::Sender<Who>>,
    is_configured: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl Identity {
    /// The configured number holds; without one, that of the printer that was learnt before.
    pub fn new(configured: Option<String>, learnt: Option<String>) -> Self {
        let is_configured = configured.is_some();
        let who = Who { known: configured.or(learnt), answered: None };
        Self { who: Arc::new(watch::Sender::new(who)), is_configured }
    }

    /// Whether the configuration names the printer, so that no other one can become known.
    pub fn is_configured(&self) -> bool {
        self.is_configured
    }

    /// The printer of this line.
    pub fn known(&self) -> Option<String> {
        self.who.borrow().known.clone()
    }

    /// From now on this one is known; nothing: the next one that answers. To be called when it is
    /// durable. A configured number stays.
    pub fn settle(&self, known: Option<String>) {
        if !self.is_configured {
            self.who.send_modify(|who| who.known = known);
        }
    }

    /// A printer says who it is. Answers which one is known; where none is, waits until it is.
    /// A printer without a number is nobody that could be known.
    pub async fn answers(&self, found: Option<String>) -> Option<String> {
        self.who.send_if_modified(|who| {
            let answered = Some(found.clone().unwrap_or_default());
            let differs = who.answered != answered;
            who.answered = answered;
            differs
        });
        if found.is_none() {
            return self.known();
        }
        let mut changes = self.who.subscribe();
        let known = changes.wait_for(|who| who.known.is_some()).await;
        known.ok().and_then(|who| who.known.clone())
    }

    /// Who answered and is to be made known, because nobody is.
    pub fn to_learn(&self) -> Option<String> {
        let who = self.who.borrow();
        who.answered.clone().filter(|answered| who.known.is_none() && !answered.is_empty())
    }

    /// Who answered and is not the printer of this line, though it may become it; empty for a
    /// printer that has no number.
    pub fn stranger(&self) -> Option<String> {
        let who = self.who.borrow();
        let known = who.known.as_ref().filter(|_| !self.is_configured)?;
        who.answered.clone().filter(|answered| answered != known)
    }

    /// Makes sure that no change is missed between two looks.
    pub fn changes(&self) -> Changes {
        Changes(self.who.subscribe())
    }
}

/// Waits for changes of an [`Identity`].
#[derive(Debug)]
pub struct Changes(watch::Receiver<Who>);

impl Changes {
    /// Waits until something is other than it was when this was asked last.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody can change it any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(id: impl Into<Option<&'static str>>) -> Option<String> {
        id.into().map(str::to_owned)
    }

    #[tokio::test]
    async fn the_first_printer_that_answers_is_waited_for_until_it_is_known() {
        let identity = Identity::default();
        let mut changes = identity.changes();
        let learns = async {
            changes.next().await;
            let found = identity.to_learn();
            identity.settle(found);
        };
        let (known, ()) = tokio::join!(identity.answers(some("A")), learns);
        assert_eq!(known, some("A"));
        assert_eq!((identity.to_learn(), identity.stranger()), (None, None));
        assert_eq!(identity.answers(some("B")).await, some("A"));
        assert_eq!(identity.stranger(), some("B"));
        identity.settle(some("B"));
        assert_eq!(identity.stranger(), None);
    }

    #[tokio::test]
    async fn a_configured_number_wins_and_stays() {
        let identity = Identity::new(some("MINE"), some("LEARNT"));
        assert_eq!(identity.answers(some("B")).await, some("MINE"));
        assert_eq!(identity.stranger(), None, "nobody may become it at the page");
        identity.settle(some("B"));
        assert_eq!(identity.known(), some("MINE"));
    }

    #[tokio::test]
    async fn a_printer_without_a_number_is_nobody() {
        let identity = Identity::default();
        assert_eq!(identity.answers(None).await, None);
        assert_eq!(identity.to_learn(), None);
        let learnt = Identity::new(None, some("A"));
        assert_eq!(learnt.answers(None).await, some("A"));
        assert_eq!(learnt.stranger(), some(""));
    }
}
