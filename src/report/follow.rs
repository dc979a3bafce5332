//! What became of a report: the station's word, its receipts, and what may be concluded from them.
use super::results::{First, Heard, says_known, some_known, sort, taken};
use super::{Reporter, StepError};
use crate::store::{Report, ReportKind, ReportState, StoreError, Told};
use crate::telemetry::clock::Micros;
use crate::upstream::{
    CodeResult, OmsError, Planted, RECEIPTS_MAX, RECEIPTS_SPAN_MS, Receipt, ReceiptWish,
    ReportInfo, ReportStatus,
};
use std::collections::{BTreeSet, HashSet};

/// A report that was sent is looked for so long before and after: an hour.
const LOOKED_AROUND_MS: i64 = 60 * 60 * 1000;
/// Hundreds of receipts that are looked through (manual, p. 342: 10,000 at most).
const PAGES_MAX: u32 = 100;

/// Whether the answer to it was lost, so that the station may have it twice.
fn was_sent_again(report: &Report) -> bool {
    report.sends > 1 && !Planted::DuplicateIsForeign.is_in()
}

impl Reporter {
    pub(super) async fn follow(
        &mut self,
        report: &Report,
        upstream_id: &str,
    ) -> Result<(), StepError> {
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
        let heard = self.results(report, upstream_id).await?;
        if heard.under_way || self.may_still_come(report, info.status, &heard).await? {
            self.agenda.later(report.id);
            return Ok(());
        }
        let results = &heard.results;
        let says_no_more = matches!(info.status, ReportStatus::Processed | ReportStatus::Sent);
        if says_no_more && heard.all_good && results.is_empty() {
            return self.end(report, ReportState::Success, Told::All, None, Vec::new()).await;
        }
        // Some stations say nothing of single codes, and know no search for reports: where such a
        // one turns a second sending down because it was told before, that was ourselves.
        if let Some(reason) = info.error_reason.as_deref().filter(|reason| says_known(reason))
            && was_sent_again(report)
            && results.is_empty()
        {
            let problem = Some(format!("sent {} times, then: {reason}", report.sends));
            return self.end(report, ReportState::Success, Told::All, problem, Vec::new()).await;
        }
        let (first, all_seen) = self.what_we_told(report, upstream_id, &heard).await?;
        if !all_seen && !first.explains(results) && self.is_waited_for(report).await? {
            self.agenda.later(report.id);
            return Ok(());
        }
        self.conclude(report, state, &info, results, &first).await
    }

    /// Whether more may come of what the station says of codes: its word for the report comes
    /// before its receipt, and the receipt before the results. Not for ever.
    async fn may_still_come(
        &self,
        report: &Report,
        status: ReportStatus,
        heard: &Heard,
    ) -> Result<bool, StoreError> {
        let says_no_more = matches!(status, ReportStatus::Processed | ReportStatus::Sent);
        let is_all = if status == ReportStatus::Rejected {
            // As a whole: there are no codes to tell of.
            true
        } else if says_no_more && heard.all_good && heard.results.is_empty() {
            heard.some
        } else if self.client.tells_of_codes() {
            heard.of_all(report.codes)
        } else {
            heard.some
        };
        if is_all { Ok(false) } else { self.is_waited_for(report).await }
    }

    /// Whether what is missing of the station's account is waited for still, and says so.
    async fn is_waited_for(&self, report: &Report) -> Result<bool, StoreError> {
        let late = self.store.receipt_is_late(report.id).await?.age();
        if late >= self.settings.receipt_within {
            return Ok(false);
        }
        let why = "the station does not say yet what became of every code: it is asked again";
        self.note_trouble(report, why).await?;
        Ok(true)
    }

    /// What is known of codes that the station was told of before: by this report, if it went out
    /// more than once, or by an earlier one whose results never came. And whether everything that
    /// could say so was to be had.
    async fn what_we_told(
        &self,
        report: &Report,
        upstream_id: &str,
        heard: &Heard,
    ) -> Result<(First, bool), StepError> {
        if !some_known(&heard.results) {
            let first = if was_sent_again(report) { First::NotAsked } else { First::Never };
            return Ok((first, true));
        }
        let (first, all_seen) = if was_sent_again(report) {
            self.first_report(report, upstream_id, heard.done_ms).await?
        } else {
            (First::Never, true)
        };
        let mut told = HashSet::new();
        for (earlier, codes) in self.store.heard_nothing_of(report.id).await? {
            let heard = self.results(report, &earlier).await?;
            if heard.results.is_empty() {
                // It took some of its codes, and says no more of which: these are they.
                told.extend(codes.iter().map(|code| code.identification().to_owned()));
            }
            told.extend(taken(heard.results));
        }
        Ok((first.and(told), all_seen))
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

    /// What the receipts of a report say. A refusal says that there is none, or none yet.
    async fn results(&self, report: &Report, upstream_id: &str) -> Result<Heard, OmsError> {
        let receipts = match self.client.receipts(report.group, upstream_id).await {
            Err(OmsError::Refused { .. }) => Vec::new(),
            // An answer that was garbled on the way says nothing: it is asked for again.
            receipts => receipts?,
        };
        let mut heard = Heard {
            under_way: receipts.iter().any(|receipt| receipt.state == "IN_PROGRESS"),
            done_ms: receipts.iter().filter_map(|receipt| receipt.result_doc_date).max(),
            all_good: receipts.iter().all(|receipt| receipt.state == "SUCCESS"),
            some: !receipts.is_empty(),
            results: Vec::new(),
        };
        for receipt in receipts.iter().filter(|_| !heard.under_way) {
            heard.results.extend(self.results_of(report, upstream_id, receipt).await?.0);
        }
        Ok(heard)
    }

    /// What one receipt says of codes, and whether all of its documents were to be had.
    async fn results_of(
        &self,
        report: &Report,
        upstream_id: &str,
        receipt: &Receipt,
    ) -> Result<(Vec<CodeResult>, bool), OmsError> {
        let operations = receipt.operations.iter();
        let documents: BTreeSet<&String> = operations.filter_map(|op| op.doc_id.as_ref()).collect();
        let (mut results, mut all_seen) = (Vec::new(), true);
        for document in documents {
            match self.client.code_results(report.group, upstream_id, document).await {
                Err(OmsError::Refused { .. }) => all_seen = false,
                found => results.extend(found?),
            }
        }
        Ok((results, all_seen))
    }

    /// The codes that the station took notice of when this report reached it before: its answers
    /// were lost, so that its name is not known. It is looked for by the station's own clock, from
    /// the receipt of the one that is known. And whether all that may be it could be looked at.
    async fn first_report(
        &self,
        report: &Report,
        upstream_id: &str,
        done_ms: Option<i64>,
    ) -> Result<(First, bool), StepError> {
        let now_ms = Micros::now().0 / 1000;
        let to_ms = done_ms.unwrap_or(now_ms) + LOOKED_AROUND_MS;
        let age_ms = report.first_sent_at.map_or(0, |at| now_ms - at.0 / 1000);
        let from_ms = (to_ms - age_ms - 2 * LOOKED_AROUND_MS).max(to_ms - RECEIPTS_SPAN_MS);
        let workflow = match report.kind {
            ReportKind::Utilisation => "REPORT_UTILIZE",
            ReportKind::Dropout | ReportKind::WriteOff | ReportKind::Automatic => "REPORT_DROPOUT",
        };
        let (mut found, mut all_seen) = (HashSet::new(), true);
        for page in 1..=PAGES_MAX {
            let wish = ReceiptWish { from_ms, to_ms, workflow, page };
            let receipts = match self.client.find_receipts(report.group, &wish).await {
                Err(OmsError::Refused { .. }) => return Ok((First::NotAsked, true)),
                receipts => receipts?,
            };
            for receipt in receipts.iter().filter(|receipt| receipt.result_doc_id != upstream_id) {
                let id = &receipt.result_doc_id;
                // One call each, and all of them again after a trouble: only those that may be it.
                if self.store.is_told_whole(id).await? {
                    continue;
                }
                let (results, seen) = self.results_of(report, id, receipt).await?;
                all_seen &= seen;
                found.extend(taken(results));
            }
            if receipts.len() < RECEIPTS_MAX as usize {
                break;
            }
        }
        tracing::info!(report = report.id, codes = found.len(), "looked for the first sending");
        Ok((First::Found(found), all_seen))
    }
}
