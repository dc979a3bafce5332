//! The second step: labelled codes are reported as produced.
use super::{Reporter, StepError, texts, words};
use crate::store::{Production, ProductionEnd, StoreError};
use crate::upstream::OmsError;
use crate::upstream::electronic_mark::{MarkReport, ReportEnds};
use tokio_util::sync::CancellationToken;

impl Reporter {
    /// Makes the reports of production that are due, and takes each open one a step further.
    pub(super) async fn produce(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        for (report, labelled) in self.store.labelled_reports().await? {
            let params = words::of_production(&self.store, &self.settings.words, &labelled).await?;
            self.store.make_production(report, &params).await?;
        }
        let open = self.store.open_productions().await?;
        self.producing.keep_only(&open.iter().map(|production| production.report).collect());
        for production in &open {
            if stop.is_cancelled() || !self.producing.is_due(production.report) {
                continue;
            }
            match self.step_production(production).await {
                Ok(()) => {}
                Err(StepError::Store(error)) => return Err(error),
                Err(StepError::Oms(error)) => {
                    let (id, words) = (production.report, error.to_string());
                    self.producing.after(id, self.client.again_after(&error));
                    if production.problem.as_deref() != Some(&words) {
                        tracing::warn!(report = id, words, "production not reported yet");
                        self.store.production_is_troubled(id, &words).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn step_production(&mut self, production: &Production) -> Result<(), StepError> {
        match &production.upstream_id {
            Some(name) => self.follow_production(production, name).await,
            None if production.sends > 0 => self.look_for_production(production).await,
            None => self.send_production(production).await,
        }
    }

    async fn send_production(&mut self, production: &Production) -> Result<(), StepError> {
        let id = production.report;
        let codes = self.store.labelled_codes(id).await?;
        let labels = texts(&codes);
        let (group, gtin, params) =
            (production.group, production.words.gtin, &production.words.params);
        self.store.production_is_sent(id).await?;
        let body = MarkReport { group, gtin, labels: &labels, params };
        match self.client.add_manufacture(body).await {
            Ok(name) => {
                self.store.production_is_taken(id, &name).await?;
                tracing::info!(report = id, name, codes = codes.len(), "production reported");
                self.producing.later(id);
                Ok(())
            }
            Err(error @ OmsError::Refused { .. }) => {
                self.conclude_production(production, "refused", error.to_string()).await
            }
            Err(error) if error.nothing_happened() => {
                self.store.production_is_unsent(id, &error.to_string()).await?;
                self.producing.after(id, self.client.again_after(&error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The answer was lost: the codes show whether the report arrived.
    async fn look_for_production(&mut self, production: &Production) -> Result<(), StepError> {
        if let Some(wait) = self.too_early(production.sent_at) {
            self.producing.after(production.report, wait);
            return Ok(());
        }
        let codes = self.store.labelled_codes(production.report).await?;
        let numbers = &self.client.dialect().numbers.manufactured;
        if self.standing(&codes, numbers).await?.reached.is_empty() {
            return self.send_production(production).await;
        }
        let words = "the answer was lost; these codes do not stand as produced".to_owned();
        self.conclude_production(production, "partially", words).await
    }

    async fn follow_production(
        &mut self,
        production: &Production,
        name: &str,
    ) -> Result<(), StepError> {
        match self.ends(name).await? {
            ReportEnds::UnderWay => {
                self.producing.later(production.report);
                Ok(())
            }
            ReportEnds::Done => {
                let end = ProductionEnd { state: "success", not_taken: Vec::new(), problem: None };
                Ok(self.store.production_ended(production.report, &end).await?)
            }
            ReportEnds::InPart { words } => {
                self.conclude_production(production, "partially", words).await
            }
        }
    }

    /// Not everything was taken: the codes show what was.
    async fn conclude_production(
        &mut self,
        production: &Production,
        state: &'static str,
        words: String,
    ) -> Result<(), StepError> {
        let id = production.report;
        let codes = self.store.labelled_codes(id).await?;
        let numbers = &self.client.dialect().numbers.manufactured;
        let standing = self.standing(&codes, numbers).await?;
        let end = match (standing.reached.len(), standing.not.len()) {
            (_, 0) => ProductionEnd { state: "success", not_taken: Vec::new(), problem: None },
            (reached, _) => {
                let state = match state {
                    "partially" if reached == 0 => "failed",
                    "refused" if reached > 0 => "partially",
                    state => state,
                };
                tracing::warn!(report = id, state, words, "production not taken");
                ProductionEnd { state, not_taken: standing.not, problem: Some(words) }
            }
        };
        Ok(self.store.production_ended(id, &end).await?)
    }
}
