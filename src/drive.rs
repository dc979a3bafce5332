//! Runs one line: the only place where facts become deeds.
use crate::code::CodeId;
use crate::line::Request;
use crate::line::{
    CameraCommand, Command, Event, Line, LineState, LineView, Mode, Outcome, PlcCommand,
    PrinterCommand,
};
use crate::record::Recorder;
use crate::store::{Job, Store, StoreError};
use std::time::Instant;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Facts that are dealt with in one go and become durable in one transaction. A burst is as long
/// as what a PLC tells in one cycle; more would only make the first of them wait.
const FACTS_AT_ONCE: usize = 32;

/// The mailboxes of the devices. Handing over never waits: a full mailbox is a stuck device.
#[derive(Debug)]
pub struct Hands {
    /// What the printer is told; none where the scenario has none.
    pub printer: Option<mpsc::Sender<PrinterCommand>>,
    /// What the PLC is told; none where the scenario has no belt.
    pub plc: Option<mpsc::Sender<PlcCommand>>,
    /// What the camera is told; none where the scenario has no camera.
    pub camera: Option<mpsc::Sender<CameraCommand>>,
}

impl Hands {
    /// Tells the camera what the line does not depend on.
    fn hint(&self, command: CameraCommand) {
        if let Some(Err(error)) = self.camera.as_ref().map(|to| to.try_send(command)) {
            tracing::warn!(%error, "the camera is not told");
        }
    }
}

/// What goes in and out of a running line beside its devices.
#[derive(Debug)]
pub struct Desk<'a> {
    /// Facts from the devices.
    pub facts: mpsc::Receiver<Event>,
    /// What people ask for.
    pub requests: &'a mut mpsc::Receiver<Event>,
    /// How the line stands, after it became durable.
    pub view: &'a watch::Sender<LineView>,
}

/// Where a line's records go and its codes come from.
#[derive(Debug, Clone)]
pub struct Books {
    /// The store.
    pub store: Store,
    /// The line's name.
    pub line: String,
    /// The job that it is on.
    pub job: Job,
}

/// Why a drive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The job is done.
    Complete,
    /// Asked to stop, and at rest.
    Asked,
}

/// Why a line cannot be driven any further. It stands still: nothing was done that is not
/// remembered.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// What it did could not be written down, or codes could not be read.
    #[error("the line stands: its store does not answer")]
    Store(#[from] StoreError),
    /// A device takes no commands any more.
    #[error("the line stands: {device} takes no commands any more")]
    Stuck {
        /// Which.
        device: &'static str,
    },
}

/// Drives a line until its job is done or it was asked to stop and came to rest.
///
/// `opening` is what [`Line::restore`] said. With `by_itself`, nobody has to press reset and start.
#[expect(clippy::too_many_arguments, reason = "each is handed over once, by one caller")]
pub async fn drive(
    mut line: Line,
    opening: Outcome,
    books: &Books,
    desk: &mut Desk<'_>,
    hands: &Hands,
    by_itself: bool,
    mut recorder: Recorder,
    stop: &CancellationToken,
) -> Result<End, DriveError> {
    let mut stock = Stock { after: CodeId(0) };
    let mut leaving = false;
    let mut events = Vec::with_capacity(FACTS_AT_ONCE);
    carry_out(opening, books, hands, &mut stock).await?;
    if by_itself && line.mode() == Mode::Production {
        events.extend([Event::Operator(Request::Reset), Event::Operator(Request::Start)]);
    }
    loop {
        let mut outcome = Outcome::default();
        for event in events.drain(..) {
            let now = now();
            let heard = recorder.hear(now, &event);
            let said = line.handle(now, event);
            recorder.answer(heard, &said);
            let Outcome { records, commands } = said;
            outcome.records.extend(records);
            outcome.commands.extend(commands);
        }
        recorder.hand_over(now(), &line);
        events.extend(carry_out(outcome, books, hands, &mut stock).await?);
        desk.view.send_if_modified(|view| replace(view, line.view()));
        if line.state() == LineState::Complete {
            return Ok(End::Complete);
        }
        if leaving && line.state().is_at_rest() {
            return Ok(End::Asked);
        }
        if !events.is_empty() {
            continue;
        }
        leaving |= wait(&line, desk, leaving, &mut events, stop).await;
    }
}

/// Waits for the next facts. Says whether the line is asked to leave.
async fn wait(
    line: &Line,
    desk: &mut Desk<'_>,
    leaving: bool,
    events: &mut Vec<Event>,
    stop: &CancellationToken,
) -> bool {
    // The select only chooses: all branches can be cut short without losing a fact.
    tokio::select! {
        biased;
        () = stop.cancelled(), if !leaving => {
            events.push(Event::Operator(Request::Stop));
            return true;
        }
        Some(request) = desk.requests.recv() => events.push(request),
        _ = desk.facts.recv_many(events, FACTS_AT_ONCE) => {}
        // Last: what was told in time and not yet heard must not count as late.
        () = wake(line) => events.push(Event::Wake),
    }
    false
}

fn replace(view: &mut LineView, new: LineView) -> bool {
    let differs = *view != new;
    *view = new;
    differs
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

async fn wake(line: &Line) {
    match line.next_wake() {
        Some((due, _)) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

/// Which codes were taken from the store for printing.
struct Stock {
    after: CodeId,
}

/// Remembers, then acts. Gives back what the store answered to the line.
async fn carry_out(
    outcome: Outcome,
    books: &Books,
    hands: &Hands,
    stock: &mut Stock,
) -> Result<Vec<Event>, DriveError> {
    books.store.append(&books.line, Some(books.job.id), &outcome.records).await?;
    let mut answers = Vec::new();
    for command in outcome.commands {
        match command {
            Command::Refill { want } => answers.push(refill(books, stock, want).await?),
            Command::LookUp { tag, text } => {
                let found = books.store.look_up(&books.job.wanted, &text).await?;
                answers.push(Event::Known { tag, found });
            }
            Command::Printer(command) => {
                if let Some(printer) = &hands.printer {
                    hand_over("the printer", printer, command)?;
                }
            }
            Command::Plc(command) => {
                if let Some(plc) = &hands.plc {
                    hand_over("the PLC", plc, command)?;
                }
            }
            // Pictures are for people, an expectation is a hint: neither must stop the line.
            Command::KeepPicture(picture) => hands.hint(CameraCommand::Keep(picture)),
            Command::Expect(codes) => hands.hint(CameraCommand::Expect(codes)),
            Command::TakePicture(tag) => {
                if let Some(camera) = &hands.camera {
                    hand_over("the camera", camera, CameraCommand::Take(tag))?;
                }
            }
        }
    }
    Ok(answers)
}

fn hand_over<T>(
    device: &'static str,
    mailbox: &mpsc::Sender<T>,
    command: T,
) -> Result<(), DriveError> {
    mailbox.try_send(command).map_err(|_| DriveError::Stuck { device })
}

async fn refill(books: &Books, stock: &mut Stock, want: usize) -> Result<Event, DriveError> {
    let job = &books.job.wanted;
    let codes = books.store.take_stock(&job.pool, job.gtin, stock.after, want).await?;
    Ok(match codes.last() {
        Some(last) => {
            stock.after = last.id;
            Event::CodesArrived(codes)
        }
        None => Event::CodesExhausted,
    })
}
