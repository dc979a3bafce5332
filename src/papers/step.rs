//! One step of one document: send it, look for it, or ask what became of it.
use super::{Clerk, StepError};
use crate::store::{Paper, PaperEnd, PaperState};
use crate::telemetry::clock::Micros;
use crate::upstream::{DocumentStatus, TrueApiError};
use std::time::Duration;

/// True API's clock may differ from ours by so much.
const CLOCKS_DIFFER: Duration = Duration::from_mins(10);

impl Clerk {
    pub(super) async fn step(&mut self, paper: &Paper) -> Result<(), StepError> {
        match (paper.state, &paper.upstream_id) {
            (PaperState::Made, _) => self.send(paper).await,
            (PaperState::Sending, _) => self.look_for(paper).await,
            (PaperState::Sent, Some(name)) => self.follow(paper, name).await,
            _ => Ok(()),
        }
    }

    async fn send(&mut self, paper: &Paper) -> Result<(), StepError> {
        let document = self.store.paper_document(paper.id).await?;
        self.store.paper_is_sending(paper.id).await?;
        match self.client.create(paper.group, paper.kind.word(), &document).await {
            Ok(name) => {
                self.store.paper_is_taken(paper.id, &name).await?;
                tracing::info!(
                    paper = paper.id,
                    name,
                    codes = paper.codes,
                    "a document is handed in"
                );
                self.agenda.later(paper.id);
                Ok(())
            }
            // Also 401 after a second try: a token that is not taken is nobody's fault but ours.
            Err(TrueApiError::Refused { status, words, .. }) if status != 401 => {
                let problem = format!("True API refused the document ({status}): {words}");
                self.end(paper, PaperState::Refused, Some(problem), Vec::new()).await
            }
            Err(error) if error.nothing_happened() => {
                let problem = error.whole();
                if paper.problem.as_ref() != Some(&problem) {
                    tracing::warn!(paper = paper.id, problem, "a document is not sent yet");
                }
                self.store.paper_is_unsent(paper.id, &problem).await?;
                self.agenda.after(paper.id, self.client.again_after(&error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The answer to a document was lost: it may be there, under a name that we do not know.
    async fn look_for(&mut self, paper: &Paper) -> Result<(), StepError> {
        let first = paper.first_sent_at.unwrap_or(paper.made_at);
        let now = Micros::now();
        // It came in between the first sending and the time when the last one would be given up.
        let sent = paper.sent_at.unwrap_or(first);
        let latest = now.min(moved(sent, self.settings.lost_after, true));
        let (from, to) = (moved(first, CLOCKS_DIFFER, false), moved(latest, CLOCKS_DIFFER, true));
        let kind = paper.kind.word();
        let (names, all) =
            self.client.documents(paper.group, kind, &in_words(from), &in_words(to)).await?;
        let codes = self.store.paper_codes(paper.id, 1).await?;
        let mut hidden = 0_u32;
        for name in names {
            if self.store.knows_paper(&name).await? {
                continue;
            }
            let Some(code) = codes.first() else { break };
            match self.client.document_holds(paper.group, &name, code).await? {
                Some(false) => {}
                None => hidden += 1,
                Some(true) => {
                    tracing::info!(paper = paper.id, name, "a document is found again");
                    self.store.paper_is_taken(paper.id, &name).await?;
                    self.agenda.now(paper.id);
                    return Ok(());
                }
            }
        }
        let early = now < moved(sent, self.settings.lost_after, true);
        if early || !all || hidden > 0 {
            self.agenda.later(paper.id);
            return Ok(self.note_trouble(paper, lost_words(early, hidden)).await?);
        }
        let words = "it is not in the list of documents: it is sent again";
        self.store.paper_is_unsent(paper.id, words).await?;
        self.agenda.now(paper.id);
        Ok(())
    }

    async fn follow(&mut self, paper: &Paper, name: &str) -> Result<(), StepError> {
        let info = self.client.document(paper.group, name).await?;
        match info.status {
            DocumentStatus::UnderWay => {
                self.agenda.later(paper.id);
                Ok(())
            }
            DocumentStatus::Taken => self.end(paper, PaperState::Done, None, info.errors).await,
            DocumentStatus::NotTaken => {
                let problem = format!("True API says {}", info.word);
                self.end(paper, PaperState::NotDone, Some(problem), info.errors).await
            }
        }
    }

    async fn end(
        &mut self,
        paper: &Paper,
        state: PaperState,
        problem: Option<String>,
        errors: Vec<String>,
    ) -> Result<(), StepError> {
        if state == PaperState::Done {
            tracing::info!(paper = paper.id, codes = paper.codes, "a document has effect");
        } else {
            tracing::warn!(
                paper = paper.id,
                state = state.word(),
                problem,
                "a document came to nothing"
            );
        }
        self.store.paper_ended(paper.id, &PaperEnd { state, problem, errors }).await?;
        Ok(())
    }
}

/// What a person is told while a document is looked for.
fn lost_words(early: bool, hidden: u32) -> &'static str {
    if early {
        return "the answer was lost, and it is not in the list of documents yet; if it stays away, \
                it is sent again";
    }
    if hidden > 0 {
        return "the answer was lost, and there are documents in the list that may be it: look for \
                it in the personal account, then say here whether it is there";
    }
    "the answer was lost, and the list of documents is too long to look through: look for it in the \
     personal account, then say here whether it is there"
}

fn moved(at: Micros, by: Duration, later: bool) -> Micros {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Micros(if later { at.0.saturating_add(by) } else { at.0.saturating_sub(by) })
}

/// As True API writes times: `2026-11-22T08:00:00.000Z`.
fn in_words(at: Micros) -> String {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_true_api_writes_them() {
        assert_eq!(in_words(Micros(1_790_000_000_123_456)), "2026-09-21T14:13:20.123Z");
    }
}
