//! One connection to a printer, from the first question to the reason for its end.
use super::answers::{self, HostStatus};
use super::window::{Out, Window};
use super::wire::Wire;
use super::{LabelFormat, PrinterSettings, throw_away};
use crate::line::{Cause, Event, PrinterCommand, PrinterEvent};
use std::convert::Infallible;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Throws away whatever the printer got and has not printed, and the half format that a lost
/// connection may have left.
const CANCEL_ALL: &[u8] = b"~JA\r\n~JX\r\n";

/// No second print of a label that met an error (`^JZN`; every power-on sets it back), and a
/// visible mark instead of a symbol whose data does not fit (`^CVY`).
const NO_REPRINT: &[u8] = b"^XA^JZN^CVY^XZ\r\n";

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
pub(super) struct Session<'a> {
    settings: &'a PrinterSettings,
    format: &'a LabelFormat,
    wire: Wire,
    facts: &'a mpsc::Sender<Event>,
    up: bool,
    blocked: Option<Cause>,
    /// A fault came while labels were out: one of them may never come (`^JZN`).
    shaken: bool,
    /// Since when the printer is empty and labels are not counted.
    empty_since: Option<Instant>,
}

enum Next {
    Obey(PrinterCommand),
    Ask,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a PrinterSettings,
        format: &'a LabelFormat,
        wire: Wire,
        facts: &'a mpsc::Sender<Event>,
    ) -> Self {
        Self {
            settings,
            format,
            wire,
            facts,
            up: false,
            blocked: None,
            shaken: false,
            empty_since: None,
        }
    }

    /// Whether the printer was ready for labels on this connection.
    pub(super) fn was_up(&self) -> bool {
        self.up
    }

    /// Makes the printer ready and feeds it until something ends this. `unique_id` is the printer
    /// that must answer; the first one that does becomes it.
    pub(super) async fn run(
        &mut self,
        unique_id: &mut Option<String>,
        jobs: &mut mpsc::Receiver<PrinterCommand>,
        stop: &CancellationToken,
    ) -> End {
        // Nothing that prints is sent before `Up`, so that this may be cut short anywhere.
        let ready = tokio::select! {
            () = stop.cancelled() => return End::Asked,
            () = throw_away(jobs) => return End::Asked,
            ready = self.make_ready(unique_id) => ready,
        };
        let mut window = match ready {
            Ok(window) => window,
            Err(cause) => return End::Lost(cause),
        };
        self.up = true;
        // Whatever was queued before this `Up` is in doubt like the rest of the lost connection.
        while jobs.try_recv().is_ok() {}
        match self.feed(&mut window, jobs, stop).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
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
        }
    }

    async fn make_ready(&mut self, unique_id: &mut Option<String>) -> Result<Window, Cause> {
        self.wire.write(CANCEL_ALL).await?;
        self.identify(unique_id).await?;
        let count = self.come_to_rest().await?;
        self.wire.write(NO_REPRINT).await?;
        self.wire.write(&self.format.setup).await?;
        // A setup that was cut short, or that prints, would spoil the first label and the count.
        let status = self.status().await?;
        if status.partial_format {
            return Err(Cause::Garbled);
        }
        Ok(Window::new(self.settings.window, count))
    }

    async fn identify(&mut self, unique_id: &mut Option<String>) -> Result<(), Cause> {
        let model = self.wire.ask(answers::ASK_MODEL, answers::model).await?;
        let languages = self.wire.ask(answers::ASK_LANGUAGES, answers::variable).await?;
        if languages.is_some_and(|known| !known.to_ascii_lowercase().contains("zpl")) {
            return Err(Cause::WrongDevice);
        }
        if let (Some(wanted), Some(found)) = (self.settings.dots_per_mm, model.dots_per_mm)
            && wanted != found
        {
            tracing::warn!(wanted, found, "printer has another resolution (dots per mm)");
            return Err(Cause::WrongDevice);
        }
        let found = self.wire.ask(answers::ASK_UNIQUE_ID, answers::variable).await?;
        tracing::info!(model.name, model.firmware, unique_id = found, "printer identified");
        match (unique_id.as_ref(), found) {
            (Some(known), Some(found)) if *known != found => Err(Cause::Swapped),
            (Some(_), None) => Err(Cause::Swapped),
            (Some(_), Some(_)) => Ok(()),
            (None, found) => {
                *unique_id = found;
                Ok(())
            }
        }
    }

    /// Waits until nothing is left in the printer and its counter stands still, because the label
    /// that was being printed at `~JA` still comes out. Gives the count.
    async fn come_to_rest(&mut self) -> Result<u64, Cause> {
        let deadline = Instant::now() + self.settings.rest_within;
        let mut still: Option<(u64, Instant)> = None;
        loop {
            let status = self.status().await?;
            let count = self.count().await?;
            let now = Instant::now();
            match still {
                Some((before, since)) if before == count && status.is_empty() => {
                    if now >= since + self.settings.still_for {
                        return Ok(count);
                    }
                }
                _ => still = status.is_empty().then_some((count, now)),
            }
            if now >= deadline {
                return Err(status.trouble().unwrap_or(Cause::CounterOff));
            }
            sleep(self.settings.ask_every).await;
        }
    }

    /// Asks how it stands. Some printers do not answer that while they are in trouble (Zebra's manual
    /// says so of labels, ribbon and head), and then answer what the trouble is.
    async fn status(&mut self) -> Result<HostStatus, Cause> {
        let answer = self.wire.ask(answers::ASK_STATUS, answers::status).await;
        if answer != Err(Cause::Silent) {
            return answer;
        }
        match self.wire.ask(answers::ASK_ERRORS, answers::errors).await? {
            Some(status) => Ok(status),
            // The trouble may have ended between the two questions.
            None => self.wire.ask(answers::ASK_STATUS, answers::status).await,
        }
    }

    /// A printer without a counter cannot confirm labels.
    async fn count(&mut self) -> Result<u64, Cause> {
        self.wire.ask(answers::ASK_COUNT, answers::count).await?.ok_or(Cause::WrongDevice)
    }

    async fn step(
        &mut self,
        window: &mut Window,
        jobs: &mut mpsc::Receiver<PrinterCommand>,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let rhythm = if window.is_empty() && self.blocked.is_none() {
            self.settings.ask_idle_every
        } else {
            self.settings.ask_every
        };
        let takes = window.has_room() && self.blocked.is_none() && !self.shaken;
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(End::Asked),
            job = jobs.recv(), if takes => Next::Obey(job.ok_or(End::Asked)?),
            () = sleep_until(Instant::now() + rhythm) => Next::Ask,
        };
        match next {
            Next::Obey(PrinterCommand::Row(codes)) => {
                let codes_out = codes.iter().map(|code| code.id).collect();
                self.print(window, Out::Row(codes_out), &(self.format.row)(&codes)).await
            }
            Next::Obey(PrinterCommand::Mark(mark)) => {
                self.print(window, Out::Mark, &(self.format.mark)(&mark)).await
            }
            // The next connection begins with `~JA`.
            Next::Obey(PrinterCommand::Cancel) => Err(End::Lost(Cause::Silent)),
            Next::Ask => self.look(window).await,
        }
    }

    async fn print(&mut self, window: &mut Window, out: Out, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            // A label that cannot be made must not be counted among those that come out.
            return Err(End::Lost(Cause::Garbled));
        }
        // Counted as out before the first byte: from there on nobody knows.
        window.send(out);
        self.empty_since = None;
        self.wire.write(bytes).await?;
        Ok(())
    }

    async fn look(&mut self, window: &mut Window) -> Result<(), End> {
        // In this order: a printer that was empty before its counter was read has counted all
        // that it will ever count.
        let status = self.status().await?;
        let count = self.count().await?;
        let faulty = !matches!(status.trouble(), None | Some(Cause::Paused | Cause::TooHot));
        self.shaken = !window.is_empty() && (self.shaken || faulty);
        let printed = window.counted(count, self.shaken).map_err(|error| {
            tracing::warn!(%error, "printer counts other labels than were sent");
            Cause::CounterOff
        })?;
        self.shaken &= !window.is_empty();
        for out in printed {
            match out {
                Out::Row(codes) => {
                    for code in codes {
                        self.say(PrinterEvent::Printed(code)).await?;
                    }
                }
                Out::Mark => self.say(PrinterEvent::MarkPrinted).await?,
            }
        }
        self.say_trouble(status.trouble()).await?;
        self.miss_labels(window, status)
    }

    async fn say_trouble(&mut self, trouble: Option<Cause>) -> Result<(), End> {
        if trouble == self.blocked {
            return Ok(());
        }
        self.blocked = trouble;
        self.say(trouble.map_or(PrinterEvent::Unblocked, PrinterEvent::Blocked)).await
    }

    fn miss_labels(&mut self, window: &Window, status: HostStatus) -> Result<(), End> {
        let idle = status.is_empty() && !status.label_waiting && status.trouble().is_none();
        if !idle || window.is_empty() {
            self.empty_since = None;
            return Ok(());
        }
        let now = Instant::now();
        let since = *self.empty_since.get_or_insert(now);
        let patience =
            if self.shaken { self.settings.still_for } else { self.settings.count_within };
        if now < since + patience {
            return Ok(());
        }
        tracing::warn!("printer is empty and did not count every label that it got");
        Err(End::Lost(Cause::CounterOff))
    }

    async fn say(&self, event: PrinterEvent) -> Result<(), End> {
        self.facts.send(Event::Printer(event)).await.map_err(|_| End::Asked)
    }
}
