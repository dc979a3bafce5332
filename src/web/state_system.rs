//! How one code stands at the state system: a question of a page that somebody else carries there.
use crate::code::ProductGroup;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Questions that wait; people do not ask faster.
const WAITING: usize = 8;
/// A page waits so long for the answer.
const WITHIN: Duration = Duration::from_secs(20);

/// A question after one code. Who dropped the other end of `answer` waits no more.
#[derive(Debug)]
pub struct CodeQuestion {
    /// Its product group.
    pub group: ProductGroup,
    /// The code without its check part.
    pub code: String,
    /// Where the answer goes, or why there is none.
    pub answer: oneshot::Sender<Result<CodeStanding, String>>,
}

/// How the state system has a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeStanding {
    /// Its word; empty where the code is not known there.
    pub status: String,
    /// What the word says to a person, where it is known here.
    pub means: Option<&'static str>,
    /// A special state, or empty.
    pub special: String,
    /// The owner's number, or empty.
    pub owner: String,
    /// What it has against the code.
    pub problem: Option<String>,
}

/// The way to the state system, if there is one.
#[derive(Debug, Clone, Default)]
pub struct StateSystem(Option<mpsc::Sender<CodeQuestion>>);

impl PartialEq for StateSystem {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => one.same_channel(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl StateSystem {
    /// A way, and its other end.
    pub fn open() -> (Self, mpsc::Receiver<CodeQuestion>) {
        let (questions, asked) = mpsc::channel(WAITING);
        (Self(Some(questions)), asked)
    }

    pub(super) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Asks; what is not answered in time is said in words.
    pub(super) async fn ask(
        &self,
        group: ProductGroup,
        code: String,
    ) -> Result<CodeStanding, String> {
        let Some(questions) = &self.0 else {
            return Err("the configuration has no table [true_api]".to_owned());
        };
        let (answer, answered) = oneshot::channel();
        let asking = async {
            let question = CodeQuestion { group, code, answer };
            questions.send(question).await.ok()?;
            answered.await.ok()
        };
        match timeout(WITHIN, asking).await {
            Ok(Some(said)) => said,
            Ok(None) => Err("nobody asks the state system just now".to_owned()),
            Err(_) => Err(format!("no answer within {} seconds", WITHIN.as_secs())),
        }
    }
}
