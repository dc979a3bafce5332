//! One step of one report: send it, or ask what became of it (`follow`).
use super::attributes::{about, about_spoiled, as_told};
use super::{Reporter, StepError};
use crate::code::{Code, parse};
use crate::store::{Refused, Report, ReportEnd, ReportState, Telling, Told};
use crate::upstream::{DropoutReason, OmsError, Planted, ReportWish, Tells};

impl Reporter {
    pub(super) async fn step(&mut self, report: &Report) -> Result<(), StepError> {
        match &report.upstream_id {
            None => self.send(report).await,
            Some(upstream_id) => self.follow(report, upstream_id).await,
        }
    }

    /// Sends a report, for the first time or because the answer to it was lost.
    async fn send(&mut self, report: &Report) -> Result<(), StepError> {
        let (telling, codes) = self.store.told_by(report.id).await?;
        self.store.report_is_sent(report.id).await?;
        let mut handed_over = self.hand_over(report, telling, &codes).await;
        if handed_over.is_err() && Planted::SentUncounted.is_in() {
            handed_over = self.hand_over(report, telling, &codes).await;
        }
        if Planted::ToldWhenSent.is_in() {
            return self.end(report, ReportState::Success, Told::All, None, Vec::new()).await;
        }
        match handed_over {
            Ok(upstream_id) => {
                self.store.report_is_taken(report.id, &upstream_id).await?;
                tracing::info!(report = report.id, upstream_id, codes = codes.len(), "reported");
                self.agenda.later(report.id);
                Ok(())
            }
            Err(OmsError::Refused { status, words, .. }) => {
                let problem = format!("the station refused the report ({status}): {words}");
                self.end(
                    report,
                    ReportState::Refused,
                    Told::Only(Vec::new()),
                    Some(problem),
                    Vec::new(),
                )
                .await
            }
            Err(error) if error.nothing_happened() || Planted::SentIsUnsent.is_in() => {
                if report.problem.as_deref() != Some(&error.to_string()) {
                    tracing::warn!(report = report.id, %error, "not reported yet");
                }
                self.store.report_is_unsent(report.id, &error.to_string()).await?;
                self.agenda.after(report.id, self.client.again_after(&error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn hand_over(
        &self,
        report: &Report,
        telling: Telling,
        codes: &[Code],
    ) -> Result<String, OmsError> {
        let codes: Vec<String> = codes.iter().map(|code| self.as_told(code)).collect();
        let tells = match telling {
            Telling::Applied => Tells::Applied,
            Telling::Spoiled => Tells::DroppedOut(DropoutReason::Defect),
            Telling::Sampled => Tells::DroppedOut(DropoutReason::QaSamples),
        };
        let group = report.group;
        let attributes = match telling {
            Telling::Applied => {
                let more = self.settings.attributes.get(group.alias());
                about(group, &report.lot, self.client.words(), more)
            }
            Telling::Spoiled | Telling::Sampled => {
                about_spoiled(group, self.settings.spoiled.get(group.alias()))
            }
        };
        let kind = self.settings.utilisation.get(group.alias()).map(String::as_str);
        let wish = ReportWish { group, tells, kind, attributes: &attributes, codes: &codes };
        self.client.report(&wish).await
    }

    /// The code with what belongs behind its check part in reports.
    fn as_told(&self, code: &Code) -> String {
        let text = code.text.as_str();
        let Ok(parts) = parse(text) else { return text.to_owned() };
        as_told(&parts, self.settings.appended.get(&parts.gtin).map(String::as_str))
    }

    pub(super) async fn end(
        &mut self,
        report: &Report,
        state: ReportState,
        told: Told,
        problem: Option<String>,
        refused: Vec<Refused>,
    ) -> Result<(), StepError> {
        if state == ReportState::Success {
            tracing::info!(report = report.id, codes = report.codes, "the station took notice");
        } else {
            tracing::warn!(report = report.id, state = state.word(), problem, "not taken");
        }
        self.store.report_ended(report.id, &ReportEnd { state, told, problem, refused }).await?;
        Ok(())
    }
}
