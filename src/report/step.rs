//! One step of one report: send it, or ask what became of it.
use super::results::sort;
use super::{Reporter, StepError};
use crate::code::Code;
use crate::store::{Report, ReportEnd, ReportState, Telling, Told};
use crate::upstream::{
    CodeResult, DropoutReason, OmsError, ReportInfo, ReportStatus, ReportWish, Tells,
};
use std::collections::BTreeSet;

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
        match self.hand_over(report, telling, &codes).await {
            Ok(upstream_id) => {
                self.store.report_is_taken(report.id, &upstream_id).await?;
                tracing::info!(report = report.id, upstream_id, codes = codes.len(), "reported");
                self.agenda.later(report.id);
                Ok(())
            }
            Err(OmsError::Refused { status, words, .. }) => {
                let problem = format!("the station refused the report ({status}): {words}");
                self.end(report, ReportState::Refused, Told::Only(Vec::new()), Some(problem)).await
            }
            Err(error) if error.nothing_happened() => {
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
        let codes: Vec<String> = codes.iter().map(|code| code.text.as_str().to_owned()).collect();
        let tells = match telling {
            Telling::Applied => Tells::Applied,
            Telling::Spoiled => Tells::DroppedOut(DropoutReason::Defect),
            Telling::Sampled => Tells::DroppedOut(DropoutReason::QaSamples),
        };
        let attributes = serde_json::Map::new();
        let group = report.group;
        let wish = ReportWish { group, tells, attributes: &attributes, codes: &codes };
        self.client.report(&wish).await
    }

    async fn follow(&mut self, report: &Report, upstream_id: &str) -> Result<(), StepError> {
        let info = self.client.report_info(report.group, upstream_id).await?;
        let state = match info.status {
            ReportStatus::UnderWay => {
                self.agenda.later(report.id);
                return Ok(());
            }
            ReportStatus::Success => {
                return self.end(report, ReportState::Success, Told::All, None).await;
            }
            ReportStatus::Partially => ReportState::Partially,
            ReportStatus::Failed => ReportState::Failed,
            ReportStatus::Rejected => ReportState::Rejected,
        };
        let Some(results) = self.results(report, upstream_id).await? else {
            self.agenda.later(report.id);
            return Ok(());
        };
        self.conclude(report, state, &info, &results).await
    }

    /// The station did not take notice of everything: finds out of what it did.
    async fn conclude(
        &mut self,
        report: &Report,
        state: ReportState,
        info: &ReportInfo,
        results: &[CodeResult],
    ) -> Result<(), StepError> {
        let (_, codes) = self.store.told_by(report.id).await?;
        let verdicts = sort(&codes, results, report.sends > 1);
        let all_told = verdicts.told.len() == codes.len();
        let state = if all_told { ReportState::Success } else { state };
        let words = [info.error_reason.clone().unwrap_or_default(), verdicts.problem];
        let words: Vec<_> = words.into_iter().filter(|words| !words.is_empty()).collect();
        let problem = (!words.is_empty()).then(|| words.join("; "));
        self.end(report, state, Told::Only(verdicts.told), problem).await
    }

    /// The results of the codes of a report; nothing while the station still works on them. Where
    /// it has no receipt for us there are none.
    async fn results(
        &self,
        report: &Report,
        upstream_id: &str,
    ) -> Result<Option<Vec<CodeResult>>, OmsError> {
        let group = report.group;
        let receipts = match self.client.receipts(group, upstream_id).await {
            Err(OmsError::Refused { .. }) => return Ok(Some(Vec::new())),
            // An answer that was garbled on the way says nothing: it is asked for again.
            receipts => receipts?,
        };
        if receipts.iter().any(|receipt| receipt.state == "IN_PROGRESS") {
            return Ok(None);
        }
        let documents: BTreeSet<String> = receipts
            .into_iter()
            .flat_map(|receipt| receipt.operations)
            .filter_map(|operation| operation.doc_id)
            .collect();
        let mut results = Vec::new();
        for document in documents {
            match self.client.code_results(group, upstream_id, &document).await {
                Err(OmsError::Refused { .. }) => {}
                found => results.extend(found?),
            }
        }
        Ok(Some(results))
    }

    async fn end(
        &mut self,
        report: &Report,
        state: ReportState,
        told: Told,
        problem: Option<String>,
    ) -> Result<(), StepError> {
        if state == ReportState::Success {
            tracing::info!(report = report.id, codes = report.codes, "the station took notice");
        } else {
            tracing::warn!(report = report.id, state = state.word(), problem, "not taken");
        }
        self.store.report_ended(report.id, &ReportEnd { state, told, problem }).await?;
        Ok(())
    }
}
