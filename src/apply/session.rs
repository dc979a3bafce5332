//! One connection to a PLC, from the first read to the reason for its end.
use super::events::EventsMap;
use super::link::Link;
use super::map::{Block, CLEAR_PAD, MOVE_GATE, Orders, Passes, TRIGGER_CAMERA};
use super::{PlcSettings, throw_away};
use crate::line::{Cause, Conditions, Event, PlcCommand, PlcCounts, PlcEvent, Since};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

/// While the belt runs, what the PLC counted is told once in this time.
const COUNTS_EVERY: Duration = Duration::from_secs(1);

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// We were told to stop, or nobody is there to work for.
    Asked,
    /// The PLC is lost, or not to be trusted.
    Lost(Cause),
}

impl From<Cause> for End {
    fn from(cause: Cause) -> Self {
        Self::Lost(cause)
    }
}

/// One connection.
pub(super) struct Session<'a> {
    settings: &'a PlcSettings,
    map: &'a EventsMap,
    link: Link,
    facts: &'a mpsc::Sender<Event>,
    heard: &'a mut Option<(u16, u16)>,
    up: bool,
    our_heartbeat: u16,
    beaten_at: Instant,
}

/// What is known of the PLC since `Up`.
struct Known {
    boot: u16,
    event_seq: u16,
    conditions: Conditions,
    /// What of its counts was told last, and when.
    counted: Option<(PlcCounts, Instant)>,
    heartbeat: u16,
    heartbeat_moved_at: Instant,
    command_echo: u16,
    verdict_echo: u16,
    orders: Orders,
    passes: Passes,
}

enum Next {
    Told(PlcCommand),
    Cycle,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        settings: &'a PlcSettings,
        map: &'a EventsMap,
        link: Link,
        facts: &'a mpsc::Sender<Event>,
        heard: &'a mut Option<(u16, u16)>,
    ) -> Self {
        let beaten_at = Instant::now();
        Self { settings, map, link, facts, heard, up: false, our_heartbeat: 0, beaten_at }
    }

    /// Whether the PLC was usable on this connection.
    pub(super) fn was_up(&self) -> bool {
        self.up
    }

    /// Works with the PLC until something ends this.
    pub(super) async fn run(
        &mut self,
        commands: &mut mpsc::Receiver<PlcCommand>,
        stop: &CancellationToken,
    ) -> End {
        let first = tokio::select! {
            () = stop.cancelled() => return End::Asked,
            () = throw_away(commands) => return End::Asked,
            first = self.first_beat() => first,
        };
        let first = match first {
            Ok(first) => first,
            Err(cause) => return End::Lost(cause),
        };
        self.up = true;
        // Whatever was queued before this `Up` was meant for the lost connection.
        while commands.try_recv().is_ok() {}
        match self.work(first, commands, stop).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    /// Checks the map and orders that nothing runs, then waits until the heartbeat moves and that
    /// order is carried out: a PLC that kept the order of a connection before this one forgets it
    /// together with our first beat. Gives the block in which that was so.
    async fn first_beat(&mut self) -> Result<(Block, Orders), Cause> {
        let first = self.read().await?;
        if first.map_version != self.map.version() {
            tracing::warn!(
                found = first.map_version,
                wanted = self.map.version(),
                "PLC register map"
            );
            return Err(Cause::WrongDevice);
        }
        let deadline = Instant::now() + self.settings.heartbeat_within;
        let orders = Orders::after(first.command_echo);
        loop {
            self.beat(&orders).await?;
            let block = self.read().await?;
            let beats = block.heartbeat != first.heartbeat;
            if beats && orders.are_carried_out(block.command_echo) {
                return Ok((block, orders));
            }
            if Instant::now() >= deadline {
                if beats {
                    tracing::warn!("PLC does not carry out commands");
                    return Err(Cause::Silent);
                }
                return Err(Cause::HeartbeatLost);
            }
            sleep(self.settings.cycle).await;
        }
    }

    async fn work(
        &mut self,
        (first, orders): (Block, Orders),
        commands: &mut mpsc::Receiver<PlcCommand>,
        stop: &CancellationToken,
    ) -> Result<Infallible, End> {
        let mut known = self.say_up(&first, orders).await?;
        self.take_in(&mut known, &first).await?;
        let mut cycle = interval(self.settings.cycle);
        cycle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(End::Asked),
                command = commands.recv() => Next::Told(command.ok_or(End::Asked)?),
                _ = cycle.tick() => Next::Cycle,
            };
            match next {
                Next::Told(command) => {
                    note(&mut known, command)?;
                    while let Ok(command) = commands.try_recv() {
                        note(&mut known, command)?;
                    }
                }
                Next::Cycle => {
                    let block = self.read().await?;
                    self.take_in(&mut known, &block).await?;
                }
            }
            self.speak(&mut known).await?;
        }
    }

    /// Says whether we know everything that happened, and from which event on we hear.
    async fn say_up(&mut self, block: &Block, orders: Orders) -> Result<Known, End> {
        let (since, event_seq) = resume(*self.heard, block)?;
        self.say(PlcEvent::Up(since)).await?;
        self.say(PlcEvent::Condition(block.conditions)).await?;
        if *self.heard != Some((block.boot, event_seq)) {
            self.say_heard(block.boot, event_seq).await?;
        }
        Ok(Known {
            boot: block.boot,
            event_seq,
            conditions: block.conditions,
            counted: None,
            heartbeat: block.heartbeat,
            heartbeat_moved_at: Instant::now(),
            command_echo: block.command_echo,
            verdict_echo: block.verdict_echo,
            orders,
            passes: self.map.passes_after(block.verdict_echo),
        })
    }

    /// Says what is new in a block.
    async fn take_in(&mut self, known: &mut Known, block: &Block) -> Result<(), End> {
        known.watch_heartbeat(block, self.settings.heartbeat_within)?;
        let events = block.events_after(known.event_seq).map_err(|error| {
            tracing::warn!(%error, "PLC");
            Cause::Garbled
        })?;
        let Some(events) = events else {
            // We came too late for some of them: the next connection starts anew.
            tracing::warn!("PLC events were overwritten before they were read");
            return Err(End::Lost(Cause::Silent));
        };
        if block.conditions != known.conditions {
            known.conditions = block.conditions;
            self.say(PlcEvent::Condition(block.conditions)).await?;
        }
        if !events.is_empty() {
            for event in events {
                self.say(event).await?;
            }
            known.event_seq = block.event_seq;
            self.say_heard(known.boot, known.event_seq).await?;
        }
        self.say_counts(known, block).await?;
        (known.command_echo, known.verdict_echo) = (block.command_echo, block.verdict_echo);
        Ok(())
    }

    /// Says what it counted, when that is new: at once while the belt stands.
    async fn say_counts(&mut self, known: &mut Known, block: &Block) -> Result<(), End> {
        let stands = block.conditions.belt_runs == Some(false);
        let due = |(told, at): (PlcCounts, Instant)| {
            block.counts != Some(told) && (stands || at.elapsed() >= COUNTS_EVERY)
        };
        let Some(counts) = block.counts.filter(|_| known.counted.is_none_or(due)) else {
            return Ok(());
        };
        known.counted = Some((counts, Instant::now()));
        self.say(PlcEvent::Counted(counts)).await
    }

    /// Writes what is due: passes first, because the gate does not wait.
    async fn speak(&mut self, known: &mut Known) -> Result<(), Cause> {
        if known.passes.advance(known.verdict_echo) {
            let words = self.map.verdict_words(&known.passes);
            self.link.write(self.map.verdicts.at, &words).await?;
        }
        let ordered = known.orders.is_due(known.command_echo);
        if ordered {
            known.orders.advance();
        }
        if ordered || self.beaten_at.elapsed() >= self.settings.beat_every {
            self.beat(&known.orders).await?;
        }
        Ok(())
    }

    /// Reads everything that the PLC says.
    async fn read(&mut self) -> Result<Block, Cause> {
        let words = self.link.read_words(self.map.block).await?;
        Block::read(self.map, &words).map_err(|error| {
            tracing::warn!(%error, "PLC");
            Cause::Garbled
        })
    }

    async fn beat(&mut self, orders: &Orders) -> Result<(), Cause> {
        self.our_heartbeat = self.our_heartbeat.wrapping_add(1);
        self.beaten_at = Instant::now();
        let words = self.map.order_words(self.our_heartbeat, orders);
        self.link.write(self.map.orders.at, &words).await
    }

    async fn say_heard(&mut self, boot: u16, seq: u16) -> Result<(), End> {
        *self.heard = Some((boot, seq));
        self.say(PlcEvent::Heard { boot, seq }).await
    }

    // By `&mut`, because the Modbus client cannot be shared between threads.
    async fn say(&mut self, event: PlcEvent) -> Result<(), End> {
        self.facts.send(Event::Plc(event)).await.map_err(|_| End::Asked)
    }
}

impl Known {
    fn watch_heartbeat(&mut self, block: &Block, within: Duration) -> Result<(), Cause> {
        let now = Instant::now();
        if block.heartbeat != self.heartbeat {
            (self.heartbeat, self.heartbeat_moved_at) = (block.heartbeat, now);
        }
        // A PLC that started anew under the same connection has forgotten the belt.
        if block.boot != self.boot || now >= self.heartbeat_moved_at + within {
            return Err(Cause::HeartbeatLost);
        }
        Ok(())
    }
}

/// Where to go on after `heard`: whether nothing was lost, and the number of the last event that
/// is dealt with.
fn resume(heard: Option<(u16, u16)>, block: &Block) -> Result<(Since, u16), Cause> {
    let Some((boot, seq)) = heard else { return Ok((Since::Known, block.event_seq)) };
    if boot != block.boot {
        return Ok((Since::Lost, block.event_seq));
    }
    match block.events_after(seq) {
        Ok(Some(_)) => Ok((Since::Known, seq)),
        Ok(None) => Ok((Since::Lost, block.event_seq)),
        Err(_) => Err(Cause::Garbled),
    }
}

fn note(known: &mut Known, command: PlcCommand) -> Result<(), Cause> {
    match command {
        PlcCommand::Pass(tag) if !known.passes.push(tag) => {
            tracing::warn!("PLC does not take up verdicts");
            return Err(Cause::Silent);
        }
        PlcCommand::Pass(_) => {}
        PlcCommand::Run(run) => known.orders.run(run),
        PlcCommand::ClearPad => known.orders.once(CLEAR_PAD),
        PlcCommand::TriggerCamera => known.orders.once(TRIGGER_CAMERA),
        PlcCommand::MoveGate => known.orders.once(MOVE_GATE),
        PlcCommand::Show(light) => known.orders.show(light),
    }
    Ok(())
}
