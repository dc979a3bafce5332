//! Told to Electronic Mark, in its strict order: labelled, then produced, then, when a person says
//! so, shipped.
//!
//! Each step has its row in the store before its first byte is sent, and says the same when it is
//! sent again. Where an answer was lost, the codes themselves are asked how they stand: what shows
//! that the step was done is not done again.
mod production;
mod shipping;
mod words;

pub use words::MarkWords;

use super::{Flush, Settings, StepError, UNSENT_MAX};
use crate::code::{Code, CodeId, CodeText};
use crate::store::{
    NewMarkReport, Report, ReportEnd, ReportState, Store, StoreError, Telling, Told,
};
use crate::telemetry::clock::Micros;
use crate::upstream::electronic_mark::{ElectronicMark, MarkReport, ReportEnds};
use crate::upstream::{Agenda, OmsError, Planted};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Keeps telling until it is told to stop.
pub async fn keep(
    settings: MarkTelling,
    store: Store,
    client: ElectronicMark,
    flush: Flush,
    stop: CancellationToken,
) {
    let look_every = settings.report.look_every;
    let mut reporter = Reporter::new(settings, store, client);
    let mut all = false;
    while !stop.is_cancelled() {
        if let Err(error) = reporter.look(all, &stop).await {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "report: store");
        }
        all = flush.rings_within(look_every, &stop).await;
    }
}

/// How Electronic Mark is told.
#[derive(Debug, Clone, Default)]
pub struct MarkTelling {
    /// How reports are made.
    pub report: Settings,
    /// What is said of codes beside what their job says.
    pub words: MarkWords,
    /// After a lost answer, codes are asked how they stand after this long: the report may still be
    /// on its way.
    pub search_after: Duration,
}

struct Reporter {
    settings: MarkTelling,
    store: Store,
    client: ElectronicMark,
    labelling: Agenda,
    producing: Agenda,
    shipping: Agenda,
    told_all_at: Option<Instant>,
}

/// Codes of a report, by how the system has them.
struct Standing {
    reached: Vec<CodeId>,
    not: Vec<CodeId>,
}

impl Reporter {
    fn new(settings: MarkTelling, store: Store, client: ElectronicMark) -> Self {
        let Settings { look_every, look_at_least_every, .. } = settings.report;
        let agenda = || Agenda::new(look_every, look_at_least_every);
        let (labelling, producing, shipping) = (agenda(), agenda(), agenda());
        Self { settings, store, client, labelling, producing, shipping, told_all_at: None }
    }

    async fn look(&mut self, all: bool, stop: &CancellationToken) -> Result<(), StoreError> {
        let open = self.store.open_reports().await?;
        self.labelling.keep_only(&open.iter().map(|report| report.id).collect());
        let unsent = open.iter().filter(|report| report.upstream_id.is_none()).count();
        for report in &open {
            if !stop.is_cancelled() && self.labelling.is_due(report.id) {
                self.take_further(report).await?;
            }
        }
        self.produce(stop).await?;
        self.ship(stop).await?;
        if unsent < UNSENT_MAX && !stop.is_cancelled() {
            self.tell(all, stop).await?;
        }
        Ok(())
    }

    /// Puts what is untold and due into reports.
    async fn tell(&mut self, all: bool, stop: &CancellationToken) -> Result<(), StoreError> {
        let every = self.settings.report.every;
        let all = all || self.told_all_at.is_none_or(|at| at.elapsed() >= every);
        if all {
            self.told_all_at = Some(Instant::now());
        }
        let at_most = self.client.dialect().most.mark.min(self.client.dialect().most.manufacture);
        let at_most = at_most.min(self.settings.report.at_most).max(1);
        let at_once = u64::from(self.settings.report.at_once.min(at_most));
        let can_write_off = !self.client.dialect().paths.write_off.is_empty();
        for untold in self.store.untold().await? {
            if self.client.terms(untold.group).is_none()
                || (untold.telling != Telling::Applied && !can_write_off)
            {
                continue;
            }
            let mut left = untold.count;
            while !stop.is_cancelled() && left > 0 && (all || left >= at_once) {
                let next = self.store.next_to_mark(untold.group, untold.telling).await?;
                let Some(next) = next else { break };
                let params = words::of_labelling(&self.store, &self.settings.words, &next).await?;
                let (group, telling) = (untold.group, untold.telling);
                let new = NewMarkReport { group, telling, next: &next, params: &params, at_most };
                let Some(id) = self.store.make_mark_report(new).await? else { break };
                let Some(report) = self.store.report(id).await? else { break };
                self.take_further(&report).await?;
                if self.store.report(id).await?.is_some_and(|report| report.upstream_id.is_none()) {
                    return Ok(());
                }
                left = left.saturating_sub(report.codes);
            }
        }
        Ok(())
    }

    async fn take_further(&mut self, report: &Report) -> Result<(), StoreError> {
        match self.step(report).await {
            Ok(()) => Ok(()),
            Err(StepError::Store(error)) => Err(error),
            Err(StepError::Oms(error)) => {
                self.labelling.after(report.id, self.client.again_after(&error));
                self.note_trouble(report, &error.to_string()).await
            }
        }
    }

    async fn note_trouble(&self, report: &Report, problem: &str) -> Result<(), StoreError> {
        if report.problem.as_deref() == Some(problem) {
            return Ok(());
        }
        tracing::warn!(report = report.id, problem, "not reported yet");
        self.store.report_is_troubled(report.id, problem).await
    }

    async fn step(&mut self, report: &Report) -> Result<(), StepError> {
        match &report.upstream_id {
            Some(name) => self.follow(report, name).await,
            None if report.sends > 0 => self.look_for(report).await,
            None => self.send(report).await,
        }
    }

    async fn send(&mut self, report: &Report) -> Result<(), StepError> {
        let Some(words) = self.store.mark_words(report.id).await? else {
            // Made before this house had Electronic Mark: another station's business.
            self.labelling.later(report.id);
            return Ok(());
        };
        let (telling, codes) = self.store.told_by(report.id).await?;
        let labels = texts(&codes);
        let (group, gtin, params) = (report.group, words.gtin, &words.params);
        let body = MarkReport { group, gtin, labels: &labels, params };
        self.store.report_is_sent(report.id).await?;
        let answer = match telling {
            Telling::Applied => self.client.add_mark(body).await.map(Some),
            Telling::Spoiled | Telling::Sampled => self.client.write_off(body).await,
        };
        match answer {
            Ok(Some(name)) => {
                self.store.report_is_taken(report.id, &name).await?;
                tracing::info!(report = report.id, name, codes = codes.len(), "reported");
                self.labelling.later(report.id);
                Ok(())
            }
            Ok(None) => {
                let why = "the configuration does not say how spoiled codes are told";
                Ok(self.store.report_is_unsent(report.id, why).await?)
            }
            Err(error @ OmsError::Refused { .. }) if report.sends == 0 => {
                let why = error.to_string();
                self.end(report, ReportState::Refused, Told::Only(Vec::new()), Some(why)).await
            }
            Err(error @ OmsError::Refused { .. }) => {
                let why = error.to_string();
                self.conclude(report, telling, &codes, ReportState::Refused, why).await
            }
            Err(error) if error.nothing_happened() => {
                self.store.report_is_unsent(report.id, &error.to_string()).await?;
                self.labelling.after(report.id, self.client.again_after(&error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The answer was lost: the codes show whether the report arrived.
    async fn look_for(&mut self, report: &Report) -> Result<(), StepError> {
        if let Some(wait) = self.too_early(report.sent_at) {
            self.labelling.after(report.id, wait);
            return Ok(());
        }
        if Planted::LostIsDone.is_in() {
            return self.end(report, ReportState::Success, Told::All, None).await;
        }
        let (telling, codes) = self.store.told_by(report.id).await?;
        let standing = self.standing(&codes, self.shown_by(telling)).await?;
        if standing.reached.is_empty() {
            return self.send(report).await;
        }
        tracing::info!(report = report.id, codes = standing.reached.len(), "it had arrived");
        let words = "the answer was lost; these codes do not stand as they were told".to_owned();
        self.end_with(report, ReportState::Partially, standing, words).await
    }

    fn too_early(&self, sent_at: Option<Micros>) -> Option<Duration> {
        let age = sent_at.map(Micros::age).unwrap_or_default();
        let wait = self.settings.search_after.saturating_sub(age);
        (!wait.is_zero()).then_some(wait)
    }

    async fn follow(&mut self, report: &Report, name: &str) -> Result<(), StepError> {
        if Planted::LabelledWhenNamed.is_in() {
            return self.end(report, ReportState::Success, Told::All, None).await;
        }
        match self.ends(name).await? {
            ReportEnds::UnderWay => {
                self.labelling.later(report.id);
                Ok(())
            }
            ReportEnds::Done => self.end(report, ReportState::Success, Told::All, None).await,
            ReportEnds::InPart { words } => {
                let (telling, codes) = self.store.told_by(report.id).await?;
                self.conclude(report, telling, &codes, ReportState::Partially, words).await
            }
        }
    }

    /// How a report ended, by the system's name for it.
    async fn ends(&self, name: &str) -> Result<ReportEnds, OmsError> {
        let reports = self.client.reports(&[name]).await?;
        let refused = &self.client.dialect().numbers.report_refused;
        let known = reports.iter().find(|report| report.is(name));
        Ok(known.map_or(ReportEnds::UnderWay, |report| report.ends(refused)))
    }

    /// Not everything was taken: the codes show what was.
    async fn conclude(
        &mut self,
        report: &Report,
        telling: Telling,
        codes: &[Code],
        state: ReportState,
        words: String,
    ) -> Result<(), StepError> {
        let numbers = self.shown_by(telling);
        if numbers.is_empty() {
            return self.end(report, state, Told::Only(Vec::new()), Some(words)).await;
        }
        let standing = self.standing(codes, numbers).await?;
        self.end_with(report, state, standing, words).await
    }

    async fn end_with(
        &mut self,
        report: &Report,
        state: ReportState,
        standing: Standing,
        words: String,
    ) -> Result<(), StepError> {
        if standing.not.is_empty() {
            return self.end(report, ReportState::Success, Told::All, None).await;
        }
        let state = match (standing.reached.is_empty(), state) {
            (true, ReportState::Partially) => ReportState::Failed,
            (false, ReportState::Refused) => ReportState::Partially,
            (_, state) => state,
        };
        self.end(report, state, Told::Only(standing.reached), Some(words)).await
    }

    /// The numbers of codes of which this was told. Where nobody knows them, what was told of a
    /// code cannot be seen: told twice, it is refused, and a person looks at it.
    fn shown_by(&self, telling: Telling) -> &[i64] {
        let numbers = &self.client.dialect().numbers;
        match telling {
            Telling::Applied => &numbers.marked,
            Telling::Spoiled | Telling::Sampled => &numbers.written_off,
        }
    }

    async fn standing(&self, codes: &[Code], numbers: &[i64]) -> Result<Standing, OmsError> {
        if numbers.is_empty() {
            let not = codes.iter().map(|code| code.id).collect();
            return Ok(Standing { reached: Vec::new(), not });
        }
        let known = self.client.labels(&texts(codes)).await?;
        let good: HashSet<&str> = known
            .iter()
            .filter(|label| label.status.is_some_and(|status| numbers.contains(&status)))
            .map(|label| label.label.identification())
            .collect();
        let is_good = |code: &&Code| good.contains(code.text.identification());
        let (reached, not): (Vec<&Code>, Vec<&Code>) = codes.iter().partition(is_good);
        let ids = |codes: Vec<&Code>| codes.iter().map(|code| code.id).collect();
        Ok(Standing { reached: ids(reached), not: ids(not) })
    }

    async fn end(
        &mut self,
        report: &Report,
        state: ReportState,
        told: Told,
        problem: Option<String>,
    ) -> Result<(), StepError> {
        if state == ReportState::Success {
            tracing::info!(report = report.id, codes = report.codes, "Electronic Mark took notice");
        } else {
            tracing::warn!(report = report.id, state = state.word(), problem, "not taken");
        }
        Ok(self
            .store
            .report_ended(report.id, &ReportEnd { state, told, problem, refused: Vec::new() })
            .await?)
    }
}

fn texts(codes: &[Code]) -> Vec<CodeText> {
    codes.iter().map(|code| code.text.clone()).collect()
}
