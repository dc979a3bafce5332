//! One step of one report: send it, or ask what became of it.
use super::attributes::{about, as_told};
use super::results::{First, says_known, some_known, sort, taken};
use super::{Reporter, StepError};
use crate::code::{Code, Gtin};
use crate::store::{Refused, Report, ReportEnd, ReportKind, ReportState, Telling, Told};
use crate::telemetry::clock::Micros;
use crate::upstream::{
    CodeResult, DropoutReason, OmsError, Planted, RECEIPTS_MAX, RECEIPTS_SPAN_MS, Receipt,
    ReceiptWish, ReportInfo, ReportStatus, ReportWish, Tells,
};
use std::collections::{BTreeSet, HashSet};

/// A report that was sent is looked for so long before and after: an hour.
const LOOKED_AROUND_MS: i64 = 60 * 60 * 1000;
/// Hundreds of receipts that are looked through (manual, p. 342: 10,000 at most).
const PAGES_MAX: u32 = 100;

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
                about(group, &report.lot, self.client.is_v2(), more)
            }
            Telling::Spoiled | Telling::Sampled => serde_json::Map::new(),
        };
        let wish = ReportWish { group, tells, attributes: &attributes, codes: &codes };
        self.client.report(&wish).await
    }

    /// The code with what belongs behind its check part in reports.
    fn as_told(&self, code: &Code) -> String {
        let text = code.text.as_str();
        let gtin = text.get(2..16).and_then(|digits| digits.parse::<Gtin>().ok());
        let appended = gtin.and_then(|gtin| self.settings.appended.get(&gtin));
        as_told(text, appended.map(String::as_str))
    }

    async fn follow(&mut self, report: &Report, upstream_id: &str) -> Result<(), StepError> {
        let info = self.client.report_info(report.group, upstream_id).await?;
        let state = match info.status {
            ReportStatus::UnderWay => {
                self.agenda.later(report.id);
                return Ok(());
            }
            ReportStatus::Success => {
                return self.end(report, ReportState::Success, Told::All, None, Vec::new()).await;
            }
            ReportStatus::Sent if !self.client.is_v2() => {
                self.agenda.later(report.id);
                return Ok(());
            }
            ReportStatus::Partially | ReportStatus::Processed | ReportStatus::Sent => {
                ReportState::Partially
            }
            ReportStatus::Failed => ReportState::Failed,
            ReportStatus::Rejected => ReportState::Rejected,
        };
        let Some((results, done_ms, all_good)) = self.results(report, upstream_id).await? else {
            self.agenda.later(report.id);
            return Ok(());
        };
        let says_no_more = matches!(info.status, ReportStatus::Processed | ReportStatus::Sent);
        if says_no_more && all_good && results.is_empty() {
            return self.end(report, ReportState::Success, Told::All, None, Vec::new()).await;
        }
        let sent_again = report.sends > 1 && !Planted::DuplicateIsForeign.is_in();
        // Some stations say nothing of single codes, and know no search for reports: where such a
        // one turns a second sending down because it was told before, that was ourselves.
        if let Some(reason) = info.error_reason.as_deref().filter(|reason| says_known(reason))
            && sent_again
            && results.is_empty()
        {
            let problem = Some(format!("sent {} times, then: {reason}", report.sends));
            return self.end(report, ReportState::Success, Told::All, problem, Vec::new()).await;
        }
        let first = if !sent_again {
            First::Never
        } else if some_known(&results) {
            self.first_report(report, upstream_id, done_ms).await?
        } else {
            First::NotAsked
        };
        self.conclude(report, state, &info, &results, &first).await
    }

    /// The station did not take notice of everything: finds out of what it did.
    async fn conclude(
        &mut self,
        report: &Report,
        state: ReportState,
        info: &ReportInfo,
        results: &[CodeResult],
        first: &First,
    ) -> Result<(), StepError> {
        let (_, codes) = self.store.told_by(report.id).await?;
        let verdicts = sort(&codes, results, first);
        let all_told = verdicts.told.len() == codes.len();
        let state = if all_told { ReportState::Success } else { state };
        let words = [info.error_reason.clone().unwrap_or_default(), verdicts.problem];
        let words: Vec<_> = words.into_iter().filter(|words| !words.is_empty()).collect();
        let problem = (!words.is_empty()).then(|| words.join("; "));
        // Where it says nothing of any code, what it says of the report holds for all.
        let refused = if results.is_empty() { Vec::new() } else { verdicts.refused };
        self.end(report, state, Told::Only(verdicts.told), problem, refused).await
    }

    /// The results of the codes of a report; nothing while the station still works on them. Where
    /// it has no receipt for us there are none.
    async fn results(
        &self,
        report: &Report,
        upstream_id: &str,
    ) -> Result<Option<(Vec<CodeResult>, Option<i64>, bool)>, OmsError> {
        let receipts = match self.client.receipts(report.group, upstream_id).await {
            Err(OmsError::Refused { .. }) => return Ok(Some((Vec::new(), None, true))),
            // An answer that was garbled on the way says nothing: it is asked for again.
            receipts => receipts?,
        };
        if receipts.iter().any(|receipt| receipt.state == "IN_PROGRESS") {
            return Ok(None);
        }
        let done_ms = receipts.iter().filter_map(|receipt| receipt.result_doc_date).max();
        let mut results = Vec::new();
        for receipt in &receipts {
            results.extend(self.results_of(report, upstream_id, receipt).await?);
        }
        let all_good = receipts.iter().all(|receipt| receipt.state == "SUCCESS");
        Ok(Some((results, done_ms, all_good)))
    }

    /// What one receipt says of codes.
    async fn results_of(
        &self,
        report: &Report,
        upstream_id: &str,
        receipt: &Receipt,
    ) -> Result<Vec<CodeResult>, OmsError> {
        let operations = receipt.operations.iter();
        let documents: BTreeSet<&String> = operations.filter_map(|op| op.doc_id.as_ref()).collect();
        let mut results = Vec::new();
        for document in documents {
            match self.client.code_results(report.group, upstream_id, document).await {
                Err(OmsError::Refused { .. }) => {}
                found => results.extend(found?),
            }
        }
        Ok(results)
    }

    /// The codes that the station took notice of when this report reached it before: its answers
    /// were lost, so that its name is not known. It is looked for by the station's own clock, from
    /// the receipt of the one that is known.
    async fn first_report(
        &self,
        report: &Report,
        upstream_id: &str,
        done_ms: Option<i64>,
    ) -> Result<First, StepError> {
        let now_ms = Micros::now().0 / 1000;
        let to_ms = done_ms.unwrap_or(now_ms) + LOOKED_AROUND_MS;
        let age_ms = report.first_sent_at.map_or(0, |at| now_ms - at.0 / 1000);
        let from_ms = (to_ms - age_ms - 2 * LOOKED_AROUND_MS).max(to_ms - RECEIPTS_SPAN_MS);
        let workflow = match report.kind {
            ReportKind::Utilisation => "REPORT_UTILIZE",
            ReportKind::Dropout | ReportKind::WriteOff | ReportKind::Automatic => "REPORT_DROPOUT",
        };
        let mut found = HashSet::new();
        for page in 1..=PAGES_MAX {
            let wish = ReceiptWish { from_ms, to_ms, workflow, page };
            let receipts = match self.client.find_receipts(report.group, &wish).await {
                Err(OmsError::Refused { .. }) => return Ok(First::NotAsked),
                receipts => receipts?,
            };
            for receipt in receipts.iter().filter(|receipt| receipt.result_doc_id != upstream_id) {
                let id = &receipt.result_doc_id;
                // One call each, and all of them again after a trouble: only those that may be it.
                if self.store.is_told_whole(id).await? {
                    continue;
                }
                found.extend(taken(self.results_of(report, id, receipt).await?));
            }
            if receipts.len() < RECEIPTS_MAX as usize {
                break;
            }
        }
        tracing::info!(report = report.id, codes = found.len(), "looked for the first sending");
        Ok(First::Found(found))
    }

    async fn end(
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
