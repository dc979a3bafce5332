//! One connection to a printer, from the first question to the reason for its end.
use super::drain::{Drain, Seen};
use super::echoed::Echoed;
use super::fits::{Fits, Look};
use super::health::{Health, Sight, spoils};
use super::lines::Lines;
use super::pace::Pace;
use super::window::{CounterOff, Out, Told, Window};
use super::{Evidence, LabelFormat, PrinterSettings, throw_away};
use crate::line::{Cause, Event, PrinterCommand, PrinterEvent};
use crate::telemetry::{Identity, LastWord};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Commands that wait here, so that a [`PrinterCommand::Cancel`] behind them is heard at once. A
/// line has no more than its `rows_in_printer` under way, and a few marks.
const MOST_WAITING: usize = 32;

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// We were told to stop, or nobody is there to work for.
    Asked,
    /// The printer is lost, or not to be trusted.
    Lost(Cause),
}

impl From<Cause> for End {
    fn from(cause: Cause) -> Self {
        Self::Lost(cause)
    }
}

/// One connection.
#[expect(clippy::struct_excessive_bools, reason = "each is known of the printer by itself")]
pub(super) struct Session<'a> {
    pub(super) settings: &'a PrinterSettings,
    pub(super) format: &'a LabelFormat,
    pub(super) lines: Lines,
    pub(super) last_word: &'a LastWord,
    facts: &'a mpsc::Sender<Event>,
    up: bool,
    blocked: Option<Cause>,
    /// A fault that somebody mends with his hands came since it was set up.
    spoilt: bool,
    /// Commands that were heard and not yet obeyed.
    waiting: VecDeque<PrinterCommand>,
    /// The printer takes no more data for now.
    full: bool,
    pace: Pace,
    /// When it is asked next.
    ask_at: Instant,
    drain: Drain,
    echoed: Echoed,
    /// A trouble came while labels were out: what is missing then does not come any more.
    shaken: bool,
    /// Since when what the printer tells does not fit to what it was sent: it rests and labels are
    /// not counted, or it surely holds labels that its counter counted.
    amiss_since: Option<Instant>,
    /// Whether its counter fits to what left it.
    fits: Fits,
    /// What was certain when the connection before this one ended, or this one.
    pub(super) told: Option<Told>,
}

enum Next {
    Hear(PrinterCommand),
    Ask,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a PrinterSettings,
        format: &'a LabelFormat,
        lines: Lines,
        last_word: &'a LastWord,
        facts: &'a mpsc::Sender<Event>,
    ) -> Self {
        Self {
            settings,
            format,
            lines,
            last_word,
            facts,
            up: false,
            blocked: None,
            spoilt: false,
            waiting: VecDeque::new(),
            full: false,
            pace: Pace::new(settings.ask_every, settings.ask_idle_every),
            ask_at: Instant::now(),
            drain: Drain::default(),
            echoed: Echoed::default(),
            shaken: false,
            amiss_since: None,
            fits: Fits::default(),
            told: None,
        }
    }

    /// Whether the printer was ready for labels on this connection.
    pub(super) fn was_up(&self) -> bool {
        self.up
    }

    /// Makes the printer ready and feeds it until something ends this.
    pub(super) async fn run(
        &mut self,
        identity: &Identity,
        jobs: &mut mpsc::Receiver<PrinterCommand>,
        stop: &CancellationToken,
    ) -> End {
        // Nothing that prints is sent before `Up`, so that this may be cut short anywhere.
        let ready = tokio::select! {
            () = stop.cancelled() => return End::Asked,
            () = throw_away(jobs) => return End::Asked,
            ready = self.make_ready(identity) => ready,
        };
        let count = match ready {
            Ok(count) => count,
            Err(cause) => return End::Lost(cause),
        };
        let Ok(mut window) = self.begin_at(count).await else { return End::Asked };
        self.up = true;
        // Whatever was queued before this `Up` is in doubt like the rest of the lost connection.
        while jobs.try_recv().is_ok() {}
        let Err(end) = self.feed(&mut window, jobs, stop).await;
        self.told = Some(window.told());
        let End::Lost(cause) = end else { return End::Asked };
        self.close(cause, jobs).await.err().unwrap_or(end)
    }

    /// Nothing is out, and the counter stands at `count`. If it moved since the last label was told,
    /// that may have been a second one of it: a printer that somebody has his hands in is asked for
    /// such a thing as easily as for an empty label.
    async fn begin_at(&mut self, count: u64) -> Result<Window, End> {
        let moved = |told: &Told| match self.settings.evidence {
            Evidence::Counter => told.count != count,
            // What was said meanwhile, nobody heard.
            Evidence::Echo => true,
            Evidence::BatchDrain => false,
        };
        if self.told.as_ref().is_some_and(moved) {
            self.doubt_last().await?;
        }
        self.lines.take_echoes();
        self.echoed = Echoed::default();
        let last = self.told.take().map(|told| told.last).unwrap_or_default();
        Ok(Window::new(self.settings.window, Told { count, last }))
    }

    /// Tells that the last row may have come out twice.
    async fn doubt_last(&mut self) -> Result<(), End> {
        for code in self.told.take().map(|told| told.last).unwrap_or_default() {
            self.say(PrinterEvent::MaybeTwice(code)).await?;
        }
        Ok(())
    }

    async fn close(
        &mut self,
        cause: Cause,
        jobs: &mut mpsc::Receiver<PrinterCommand>,
    ) -> Result<(), End> {
        self.give_back(jobs).await?;
        if cause == Cause::CounterOff {
            self.doubt_last().await?;
        }
        Ok(())
    }

    /// Rows that were heard and never written are no labels: the line may hand them over again.
    async fn give_back(&mut self, jobs: &mut mpsc::Receiver<PrinterCommand>) -> Result<(), End> {
        let mut left = std::mem::take(&mut self.waiting);
        while let Ok(command) = jobs.try_recv() {
            left.push_back(command);
        }
        for command in left {
            if let PrinterCommand::Row(codes) = command {
                for code in codes {
                    self.say(PrinterEvent::NotWritten(code.id)).await?;
                }
            }
        }
        Ok(())
    }

    async fn feed(
        &mut self,
        window: &mut Window,
        jobs: &mut mpsc::Receiver<PrinterCommand>,
        stop: &CancellationToken,
    ) -> Result<Infallible, End> {
        self.say(PrinterEvent::Up).await?;
        self.look(window).await?;
        loop {
            self.step(window, jobs, stop).await?;
            while let Some(command) = self.next_to_obey(window) {
                self.obey(window, command).await?;
            }
        }
    }

    async fn step(
        &mut self,
        window: &mut Window,
        jobs: &mut mpsc::Receiver<PrinterCommand>,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(End::Asked),
            job = jobs.recv(), if self.waiting.len() < MOST_WAITING => {
                Next::Hear(job.ok_or(End::Asked)?)
            }
            () = sleep_until(self.ask_at) => Next::Ask,
        };
        match next {
            // Not with a new connection: between `Down` and `Up` the line would hold, and rows that
            // it gives after this would be thrown away. Their codes are in doubt already; what
            // comes out now is not told.
            Next::Hear(PrinterCommand::Cancel) => {
                self.waiting.clear();
                let count = tokio::select! {
                    () = stop.cancelled() => return Err(End::Asked),
                    count = self.cancel() => count?,
                };
                self.told = Some(window.told());
                *window = self.begin_at(count).await?;
                (self.drain, self.amiss_since) = (Drain::default(), None);
                self.fits.begin_anew();
                self.pace.interrupted();
                Ok(())
            }
            Next::Hear(command) => {
                self.waiting.push_back(command);
                Ok(())
            }
            Next::Ask => self.look(window).await,
        }
    }

    fn next_to_obey(&mut self, window: &Window) -> Option<PrinterCommand> {
        let free = self.blocked.is_none() && !self.full && !self.fits.is_doubted();
        let able = window.has_room() && free;
        able.then(|| self.waiting.pop_front()).flatten()
    }

    async fn obey(&mut self, window: &mut Window, command: PrinterCommand) -> Result<(), End> {
        match command {
            PrinterCommand::Row(codes) => {
                let codes_out = codes.iter().map(|code| code.id).collect();
                self.print(window, Out::Row(codes_out), &(self.format.row)(&codes)).await
            }
            PrinterCommand::Mark(mark) => {
                self.print(window, Out::Mark, &(self.format.mark)(&mark)).await
            }
            // Heard, it is obeyed before it could wait.
            PrinterCommand::Cancel => Ok(()),
        }
    }

    async fn print(&mut self, window: &mut Window, out: Out, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            // A label that cannot be made must not be counted among those that come out.
            return Err(End::Lost(Cause::Garbled));
        }
        if window.is_empty() {
            let now = Instant::now();
            self.drain = Drain::default();
            self.pace.begins(now);
            self.ask_at = self.ask_at.min(now + self.pause(now, Duration::ZERO));
        }
        if self.settings.evidence == Evidence::Echo {
            let labels = if let Out::Row(codes) = &out { codes.len() } else { 0 };
            self.echoed.send(bytes, labels);
        }
        // Counted as out before the first byte: from there on nobody knows.
        window.send(out);
        self.amiss_since = None;
        self.lines.write(bytes).await?;
        Ok(())
    }

    /// Asks how it stands and what came out, and when to ask again.
    async fn look(&mut self, window: &mut Window) -> Result<(), End> {
        let asked = Instant::now();
        let mut sight = self.lines.look().await?;
        self.hear_echoes(window, &mut sight)?;
        let counts = self.settings.evidence == Evidence::Counter;
        let certain =
            !counts || !Self::is_news(window, &sight) || self.lines.make_sure(&mut sight).await?;
        let look = Look { asked, answered: Instant::now() };
        let now = look.answered;
        if sight.reprints {
            tracing::warn!(
                "printer lost its settings: it was switched off and on, or is set by others"
            );
            return Err(End::Lost(Cause::Unreachable));
        }
        Self::notice_others(window, &sight.health)?;
        let before = window.len();
        self.count(window, &sight, certain, look).await?;
        self.say_trouble(sight.health.trouble).await?;
        self.full = sight.health.full;
        self.miss_labels(window, &sight, now)?;
        self.shaken = !window.is_empty() && (self.shaken || sight.health.trouble.is_some());
        // What waited for the time of a label to pass says nothing of how long one takes.
        let guessed = self.drains() && !self.drain.was_seen();
        if sight.health.trouble.is_some() || (guessed && window.len() < before) {
            self.pace.interrupted();
        } else if window.len() < before {
            self.pace.came_out(now, before - window.len(), !window.is_empty());
        }
        let took = now - asked;
        let pause = match self.blocked.is_some() {
            false if !certain => self.settings.ask_every.min(took),
            false if !window.is_empty() => self.pause(now, took),
            _ => self.settings.ask_idle_every,
        };
        self.ask_at = now + pause;
        Ok(())
    }

    /// Counts what the printer said back up to its answer.
    fn hear_echoes(&mut self, window: &Window, sight: &mut Sight) -> Result<(), End> {
        if self.settings.evidence != Evidence::Echo {
            return Ok(());
        }
        for echo in self.lines.take_echoes() {
            self.echoed.hear(&echo).map_err(|error| {
                tracing::warn!(%error, "somebody printed a label again, or prints on this printer");
                Cause::CounterOff
            })?;
        }
        let held = sight.health.held.map_or(window.len(), |held| held.most);
        sight.count = Some(self.echoed.count(window.due(held)));
        Ok(())
    }

    /// Whether the counter or what the printer holds says that something came out.
    fn is_news(window: &Window, sight: &Sight) -> bool {
        let held = sight.health.held.map_or(window.len(), |held| held.most);
        sight.count.is_some_and(|count| !window.is_up_to_date(count, held))
    }

    fn drains(&self) -> bool {
        self.settings.evidence == Evidence::BatchDrain
    }

    /// The pause before the next question while labels are out; the last answer took this long. A
    /// printer without a counter must be seen at work, and twice at rest.
    fn pause(&self, now: Instant, answer_took: Duration) -> Duration {
        if self.drains() && self.drain.is_eager() {
            return self.settings.ask_every.max(answer_took);
        }
        self.pace.pause(now, answer_took)
    }

    /// More labels are in the printer than were sent: somebody else prints on it.
    fn notice_others(window: &Window, health: &Health) -> Result<(), End> {
        let held = health.held.unwrap_or_default().least;
        if held <= window.len() {
            return Ok(());
        }
        tracing::warn!(held, out = window.len(), "printer holds labels that we did not send");
        Err(End::Lost(Cause::CounterOff))
    }

    /// Tells what came out since the last look, if that is certain. A fault that may have come in
    /// the middle of a label ends the connection: all that is out is in doubt, and the next
    /// connection begins by throwing away what is left.
    async fn count(
        &mut self,
        window: &mut Window,
        sight: &Sight,
        certain: bool,
        look: Look,
    ) -> Result<(), End> {
        if let Some(cause) = sight.health.fault().filter(|_| !window.is_empty()) {
            return Err(End::Lost(cause));
        }
        let came_out = match (self.settings.evidence, sight.count) {
            (Evidence::Counter | Evidence::Echo, Some(_)) if !certain => Vec::new(),
            (Evidence::Counter | Evidence::Echo, Some(count)) => {
                self.counted(window, count, &sight.health, look).map_err(|error| {
                    tracing::warn!(%error, "printer counts other labels than were sent");
                    Cause::CounterOff
                })?
            }
            (Evidence::Counter | Evidence::Echo, None) => {
                return Err(End::Lost(Cause::WrongDevice));
            }
            (Evidence::BatchDrain, _) => self.drained(window, &sight.health, look)?,
        };
        for out in came_out {
            match out {
                Out::Row(codes) => {
                    for code in codes {
                        self.say(PrinterEvent::Printed(code)).await?;
                    }
                }
                Out::Mark => self.say(PrinterEvent::MarkPrinted).await?,
            }
        }
        Ok(())
    }

    /// What was counted and has left the printer, as long as the one fits to the other.
    fn counted(
        &mut self,
        window: &mut Window,
        count: u64,
        health: &Health,
        look: Look,
    ) -> Result<Vec<Out>, CounterOff> {
        let held = health.held.map_or(window.len(), |held| held.most);
        let ahead = window.ahead(count, held)?;
        // Where it is not known what it holds, nothing can differ from that.
        let known = health.held.is_some();
        if known {
            self.fits.see(look, ahead, health.empty, self.settings.still_for);
        }
        if !known || !self.fits.may_tell(ahead) {
            return Ok(Vec::new());
        }
        window.counted(count, held)
    }

    fn drained(
        &mut self,
        window: &mut Window,
        health: &Health,
        look: Look,
    ) -> Result<Vec<Out>, End> {
        if window.is_empty() {
            return Ok(Vec::new());
        }
        match self.drain.see(look, health, self.settings.still_for) {
            Seen::NotYet => Ok(Vec::new()),
            Seen::Out => Ok(window.all_out()),
            Seen::Strange => {
                tracing::warn!("printer feeds a label while another one is in it");
                Err(End::Lost(Cause::CounterOff))
            }
        }
    }

    async fn say_trouble(&mut self, trouble: Option<Cause>) -> Result<(), End> {
        if trouble == self.blocked {
            return Ok(());
        }
        self.blocked = trouble;
        // A mended printer stays paused for a while: that it was spoilt is not forgotten by that.
        self.spoilt |= trouble.is_some_and(spoils);
        if let Some(cause) = trouble {
            return self.say(PrinterEvent::Blocked(cause)).await;
        }
        if self.spoilt {
            // Somebody had his hands in it, and perhaps on its switch.
            self.set_up().await?;
            self.spoilt = false;
        }
        self.say(PrinterEvent::Unblocked).await
    }

    /// What does not fit may fit a moment later, but not for ever.
    fn miss_labels(&mut self, window: &Window, sight: &Sight, now: Instant) -> Result<(), End> {
        let health = &sight.health;
        let rests = health.empty && !health.label_waits && health.trouble.is_none();
        let lost = !self.drains() && rests && !window.is_empty();
        let told =
            sight.count.zip(health.held).map(|(count, held)| window.ahead(count, held.least));
        let counted_too_early = told.is_some_and(|ahead| ahead.is_ok_and(|by| by > 0));
        if !lost && !counted_too_early {
            self.amiss_since = None;
            return Ok(());
        }
        let patience = match (lost, self.shaken) {
            // What counts late rests before it is believed (`Fits`), and that is no loss.
            (true, true) => self.settings.still_for * 2,
            (true, false) => self.settings.count_within.max(self.settings.still_for * 2),
            // It may be right as soon as all of them are out.
            (false, _) => self.settings.count_within.max(self.settings.tells_within()),
        };
        if now < *self.amiss_since.get_or_insert(now) + patience {
            return Ok(());
        }
        tracing::warn!("printer's counter does not fit to the labels that it got");
        Err(End::Lost(Cause::CounterOff))
    }

    async fn say(&self, event: PrinterEvent) -> Result<(), End> {
        self.facts.send(Event::Printer(event)).await.map_err(|_| End::Asked)
    }
}
