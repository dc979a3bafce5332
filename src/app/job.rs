//! One line's post: takes its jobs one after the other, each with its own devices and label.
use super::learner::Learner;
use super::marks;
use super::verbs::Verbs;
use crate::code::{Code, CodeText, Gtin};
use crate::config::{LineConfig, on_label};
use crate::crew::Crew;
use crate::drive::{Books, Desk, DriveError, End, Hands, drive};
use crate::label::{self, Design, DesignProblem};
use crate::line::{
    Event, Line, LineSettings, LineState, LineView, Mode, Order, RollMark, RollSettings, StopReason,
};
use crate::print::{LabelFormat, PrinterSettings};
use crate::record::{Opening, Recorder};
use crate::store::{Job, JobVerb, LineLeft, Phase, RollJob, Store, StoreError};
use crate::telemetry::{Identity, LastWord};
use crate::verify::{CameraSettings, JobSymbol};
use crate::{apply, print, verify};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Facts that wait for the line: a second of a fast line. Full means that the store is slow, and
/// then the devices wait, too.
const FACTS_WAITING: usize = 256;
/// Commands that wait for a device: more than a line can have under way.
const COMMANDS_WAITING: usize = 64;
/// How often an idle line looks for a job.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a line stands that could not be driven, before it is tried again.
const STAND_FOR: Duration = Duration::from_secs(5);
/// How long the devices of a job may take to end.
const DEVICES_GRACE: Duration = Duration::from_secs(5);

/// Why a job cannot be worked on.
#[derive(Debug, thiserror::Error)]
enum JobProblem {
    #[error("the store does not answer")]
    Store(#[from] StoreError),
    #[error("no label design is called '{0}'")]
    NoDesign(String),
    #[error("nothing is known of goods {0}")]
    NoGoods(Gtin),
    #[error("the label cannot be made")]
    Label(#[from] DesignProblem),
    #[error("it cannot be driven")]
    Drive(#[from] DriveError),
}

/// How the labels of a job are printed.
struct Printing {
    settings: PrinterSettings,
    format: LabelFormat,
    symbol: JobSymbol,
}

/// A line with everything that stays from job to job.
pub(super) struct Post {
    pub(super) line: LineConfig,
    pub(super) store: Store,
    pub(super) requests: mpsc::Receiver<Event>,
    pub(super) view: watch::Sender<LineView>,
    /// Printer, PLC, camera.
    pub(super) words: [LastWord; 3],
    pub(super) printer_id: Identity,
    /// Where its recordings are.
    pub(super) recordings: PathBuf,
}

impl Post {
    /// Works until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.next(&stop).await {
                Ok(()) => {}
                Err(problem) => {
                    let error = chain(&problem);
                    tracing::error!(line = self.line.name, error, "the line stands");
                    self.view.send_modify(|view| {
                        view.state = LineState::Aborted;
                        view.why = Some(StopReason::NotDriven);
                    });
                    stop.run_until_cancelled(tokio::time::sleep(STAND_FOR)).await;
                }
            }
        }
    }

    async fn next(&mut self, stop: &CancellationToken) -> Result<(), JobProblem> {
        let left = self.store.restore(&self.line.name).await?;
        if let Some((job, ends)) = left.job.as_ref().and_then(|job| Some((job, job.control.ends?)))
        {
            // It was to end when its line rests, and a line that is not driven rests.
            self.store.end_job(job.id, ends == JobVerb::Stop).await?;
            return Ok(());
        }
        let (job, fresh) = match left.job.clone() {
            Some(job) => (Some(job), false),
            // A line that somebody took out of production begins nothing new.
            None if left.known.mode == Mode::Production => {
                (self.begin_next_job(left.known.state).await?, true)
            }
            None => (None, false),
        };
        let Some(job) = job else {
            self.wait(stop, None).await?;
            return Ok(());
        };
        let wanted = &job.wanted;
        let Some(sample) = self.store.sample_code(&wanted.pool, wanted.gtin).await? else {
            self.wait(stop, Some(StopReason::NoCodes)).await?;
            return Ok(());
        };
        let by_itself = self.begins_by_itself(&job, fresh).await?;
        let end = self.work_on(&job, left, &sample, by_itself, stop).await?;
        let ends = self.store.job(job.id).await?.and_then(|job| job.control.ends);
        let finished = match (end, ends) {
            (End::Complete, _) | (End::Asked, Some(JobVerb::Stop)) => true,
            (End::Asked, Some(_)) => false,
            (End::Asked, None) => return Ok(()),
        };
        self.store.end_job(job.id, finished).await?;
        tracing::info!(line = self.line.name, job = job.id, finished, "job ends");
        Ok(())
    }

    /// A line that asks for clearance waits for the person who gives it and starts the job. After an
    /// abort nothing begins by itself: a person has to see that it is safe.
    async fn begin_next_job(&self, was: Option<LineState>) -> Result<Option<Job>, StoreError> {
        let Some(job) = self.store.next_job(&self.line.name).await? else { return Ok(None) };
        if was == Some(LineState::Aborted) && !self.store.is_chosen_anew(&job).await? {
            return Ok(None);
        }
        if self.line.clearance {
            let chosen = job.control.chosen_at.is_some();
            if !(chosen && self.store.is_cleared(&job, Phase::Before).await?) {
                return Ok(None);
            }
        }
        self.store.start_job(job.id).await?;
        tracing::info!(line = self.line.name, job = job.id, "job begins");
        Ok(Some(job))
    }

    /// Who chose a job has asked its line to begin, too; not once more after a power cut. After a job
    /// that was aborted nobody else has.
    async fn begins_by_itself(&self, job: &Job, fresh: bool) -> Result<bool, StoreError> {
        if fresh && self.store.last_job_was_aborted(&self.line.name).await? {
            return self.store.is_chosen_anew(job).await;
        }
        Ok(self.line.by_itself || (fresh && job.control.chosen_at.is_some()))
    }

    /// Nothing can be done now. Requests that come meanwhile are for a line that has no work.
    async fn wait(
        &mut self,
        stop: &CancellationToken,
        why: Option<StopReason>,
    ) -> Result<(), StoreError> {
        self.view.send_if_modified(|view| {
            let why = why.or_else(|| view.to_release().next());
            let differs = view.why != why || view.has_job;
            view.has_job = false;
            if view.why == Some(StopReason::NotDriven) {
                view.state = LineState::Stopped;
            }
            view.why = why;
            differs
        });
        let asked = tokio::time::timeout(LOOK_EVERY, self.asked());
        if let Some(Ok(event)) = stop.run_until_cancelled(asked).await {
            self.hear_without_job(&event).await?;
        }
        while let Ok(event) = self.requests.try_recv() {
            self.hear_without_job(&event).await?;
        }
        Ok(())
    }

    async fn asked(&mut self) -> Event {
        match self.requests.recv().await {
            Some(event) => event,
            // Nobody is left who could ask.
            None => std::future::pending().await,
        }
    }

    async fn work_on(
        &mut self,
        job: &Job,
        left: LineLeft,
        sample: &CodeText,
        by_itself: bool,
        stop: &CancellationToken,
    ) -> Result<End, JobProblem> {
        let (facts_tx, facts) = mpsc::channel(FACTS_WAITING);
        let mut crew = Crew::default();
        let printing = match &self.line.printer {
            Some(printer) => Some(self.printing(job, sample, printer).await?),
            None => None,
        };
        if printing.is_some() {
            let learner = self.learner(job.id);
            learner.note().await?;
            crew.hire("printer's name", |stop| learner.keep(stop));
        }
        let tells_within =
            printing.as_ref().map_or(Duration::ZERO, |printing| printing.settings.tells_within());
        let settings = self.settings_of(job, tells_within);
        // Stop of the job is the stop of the line, and the job ends with it.
        let stop = stop.child_token();
        let verbs = self.verbs(job, facts_tx.clone(), stop.clone());
        crew.hire("verbs of the job", |stop| verbs.keep(stop));
        if let Some(every) = self.line.challenge_every {
            let left = self.challenge_left(job, every).await?;
            let used = self.store.any_code_used().await?;
            // First in the queue: before any device is ready, and so before anything is made.
            let first = facts_tx.try_send(Event::ChallengeEvery { every, left, used });
            first.expect("the queue was made for this job and is empty");
        }
        let hands = self.hire_devices(&mut crew, printing, left.heard, facts_tx);
        let order = Order { planned: job.wanted.planned, done: job.done, job: job.id };
        let restored = left.known;
        let (line, opening) = Line::restore(settings.clone(), order, restored.clone());
        let opened = Opening {
            line: &self.line.name,
            settings: &settings,
            order,
            restored: &restored,
            said: &opening,
        };
        let recorder = self.recorder(&mut crew, &opened);
        let books =
            Books { store: self.store.clone(), line: self.line.name.clone(), job: job.clone() };
        let mut desk = Desk { facts, requests: &mut self.requests, view: &self.view };
        let end = drive(line, opening, &books, &mut desk, &hands, by_itself, recorder, &stop).await;
        drop(hands);
        crew.stop(DEVICES_GRACE).await;
        Ok(end?)
    }

    /// What the printer of this job is told with every label.
    async fn printing(
        &self,
        job: &Job,
        sample: &CodeText,
        printer: &PrinterSettings,
    ) -> Result<Printing, JobProblem> {
        let design = Self::design_of(job)?;
        let (format, symbol) = self.label_format(job, design, sample).await?;
        let settings = printer.clone().for_rows_of(design.height_mm + self.line.gap_mm);
        Ok(Printing { settings, format, symbol })
    }

    fn verbs(&self, job: &Job, facts: mpsc::Sender<Event>, ends: CancellationToken) -> Verbs {
        let (store, view) = (self.store.clone(), self.view.subscribe());
        Verbs { store, job: job.clone(), view, facts, ends }
    }

    /// How long until a challenge test is due; nothing where it is due already.
    async fn challenge_left(
        &self,
        job: &Job,
        every: Duration,
    ) -> Result<Option<Duration>, StoreError> {
        let Some(passed) = self.store.challenge_passed_at(job.id).await? else { return Ok(None) };
        Ok(every.checked_sub(passed.age()).filter(|left| !left.is_zero()))
    }

    /// Begins a recording of this job, in the line's own folder.
    fn recorder(&self, crew: &mut Crew, opening: &Opening<'_>) -> Recorder {
        let Some(ring) = self.line.recorder else { return Recorder::off() };
        let (recorder, write) = Recorder::begin(&self.recordings, ring, opening);
        crew.hire("flight recorder", |_| write);
        recorder
    }

    fn learner(&self, job: i64) -> Learner {
        Learner {
            store: self.store.clone(),
            line: self.line.name.clone(),
            job,
            profile: self.line.profile.clone(),
            identity: self.printer_id.clone(),
        }
    }

    /// The line's own settings, with what this job asks of the roll. No label is called late that
    /// its printer may not have told of yet.
    fn settings_of(&self, job: &Job, tells_within: Duration) -> LineSettings {
        let RollJob { spare_percent, pause_after, leader, trailer } = job.wanted.roll;
        let own = self.line.settings.clone();
        let roll = RollSettings { leader, trailer, pause_after, spare_percent, ..own.roll };
        LineSettings { roll, print_within: own.print_within.max(tells_within), ..own }
    }

    fn design_of(job: &Job) -> Result<&'static Design, JobProblem> {
        let named = &job.wanted.design;
        label::design(named).ok_or_else(|| JobProblem::NoDesign(named.clone()))
    }

    async fn label_format(
        &self,
        job: &Job,
        design: &Design,
        sample: &CodeText,
    ) -> Result<(LabelFormat, JobSymbol), JobProblem> {
        let wanted = &job.wanted;
        let goods = self.store.goods(wanted.gtin).await?;
        let mut goods = on_label(&goods.ok_or(JobProblem::NoGoods(wanted.gtin))?, &wanted.lot);
        if let Some((name, hs_code)) = self.store.wording_of(&wanted.pool).await? {
            // What another customer or the factory says of the same trade item does not matter.
            goods = label::Goods { name, hs_code, ..label::Goods::default() };
        }
        let head = self.line.head().expect("asked for only where there is a printer");
        let format = Arc::new(label::LabelFormat::new(design, &goods, sample, &head)?);
        let words = Arc::clone(&format);
        let (side, module_mm) = format.symbol();
        let setup = format.setup_bytes().to_vec();
        let row = move |codes: &[Code]| {
            let texts: Vec<CodeText> = codes.iter().map(|code| code.text.clone()).collect();
            format.row_bytes(&texts).unwrap_or_else(|problem| {
                // The driver sends nothing and gives up the connection: the code is in doubt.
                tracing::error!(%problem, "a label cannot be made");
                Vec::new()
            })
        };
        let mark = Arc::new(move |mark: &RollMark| words.mark_bytes(&marks::lines(mark)));
        let format = LabelFormat { setup, row: Arc::new(row), mark };
        Ok((format, JobSymbol { side, module_mm }))
    }

    fn hire_devices(
        &self,
        crew: &mut Crew,
        printing: Option<Printing>,
        heard: Option<(u16, u16)>,
        facts: mpsc::Sender<Event>,
    ) -> Hands {
        let [printer_word, plc_word, camera_word] = self.words.clone();
        let symbol = printing.as_ref().map(|printing| printing.symbol);
        let printer = printing.map(|Printing { settings, format, .. }| {
            let (printer, labels) = mpsc::channel(COMMANDS_WAITING);
            let identity = self.printer_id.clone();
            let to = facts.clone();
            crew.hire("printer", |stop| {
                print::keep(settings, format, identity, labels, to, printer_word, stop)
            });
            printer
        });
        let plc = self.line.plc.clone().map(|settings| {
            let (plc, commands) = mpsc::channel(COMMANDS_WAITING);
            let to = facts.clone();
            crew.hire("plc", |stop| apply::keep(settings, heard, commands, to, plc_word, stop));
            plc
        });
        let camera = self.line.camera.clone().map(|settings| {
            let settings = CameraSettings { symbol, ..settings };
            let (camera, kept) = mpsc::channel(COMMANDS_WAITING);
            crew.hire("camera", |stop| verify::keep(settings, kept, facts, camera_word, stop));
            camera
        });
        Hands { printer, plc, camera }
    }
}

/// An error with everything that it came from.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
