//! One connection to inputs and outputs without tags. Products are matched by counting, a pass is a
//! coil that is on for one product only, and whatever does not fit ends the connection.
use super::counts::{Counts, CountsMap, Inputs};
use super::link::Link;
use super::session::End;
use super::tally::Tally;
use super::{PlcSettings, throw_away};
use crate::line::{Cause, Conditions, Event, Light, PlcCommand, PlcEvent, Run, Since};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// One connection.
pub(super) struct CountedSession<'a> {
    settings: &'a PlcSettings,
    map: &'a CountsMap,
    link: Link,
    facts: &'a mpsc::Sender<Event>,
    heard: &'a mut Option<(u16, u16)>,
    last_tag: &'a mut u32,
    up: bool,
    /// Whether an output was ever written.
    written: bool,
    /// What each coil was told.
    coils: BTreeMap<&'static str, bool>,
    beaten_at: Instant,
    /// When `beat_back` was last seen to follow `beat`.
    followed_at: Instant,
}

/// What is known and wanted since `Up`.
struct Known {
    tally: Tally,
    conditions: Conditions,
    run: Run,
    light: Light,
    /// "Clear the pad" was asked for; whether the coil was on in the reading before.
    clearing: Option<bool>,
    /// How long the belt had run when the counters were last read.
    belt_time: Duration,
    /// When they were asked for, and when they were there.
    asked_at: Instant,
    read_at: Instant,
}

enum Next {
    Told(PlcCommand),
    Cycle,
}

impl<'a> CountedSession<'a> {
    pub(super) fn new(
        settings: &'a PlcSettings,
        map: &'a CountsMap,
        mut link: Link,
        facts: &'a mpsc::Sender<Event>,
        (heard, last_tag): (&'a mut Option<(u16, u16)>, &'a mut u32),
    ) -> Self {
        link.hurry(limit(map));
        let coils = map.coil_places().map(|(name, _)| (name, false)).collect();
        let now = Instant::now();
        Self {
            settings,
            map,
            link,
            facts,
            heard,
            last_tag,
            up: false,
            written: false,
            coils,
            beaten_at: now,
            followed_at: now,
        }
    }

    /// Whether it was usable on this connection.
    pub(super) fn was_up(&self) -> bool {
        self.up
    }

    /// Works until something ends this. Then every output is told to be off, if there is a way to.
    pub(super) async fn run(
        &mut self,
        commands: &mut mpsc::Receiver<PlcCommand>,
        stop: &CancellationToken,
    ) -> End {
        let first = tokio::select! {
            () = stop.cancelled() => Err(End::Asked),
            () = throw_away(commands) => Err(End::Asked),
            first = self.first_beat() => first.map_err(End::Lost),
        };
        let end = match first {
            Ok(first) => {
                self.up = true;
                while commands.try_recv().is_ok() {}
                match self.work(first, commands, stop).await {
                    Ok(never) => match never {},
                    Err(end) => end,
                }
            }
            Err(end) => end,
        };
        // Also when it is silent: it may hear us, or only we were too slow.
        if self.written && end != End::Lost(Cause::Unreachable) {
            let _ = self.all_off().await;
        }
        end
    }

    /// Reads everything once, puts every output off, then waits until the input follows the
    /// heartbeat both ways.
    async fn first_beat(&mut self) -> Result<(Counts, Inputs), Cause> {
        // Nothing is written to a module that does not have our points.
        self.read_counts().await?;
        self.read_inputs().await?;
        self.link.read_bits(self.map.coils).await?;
        self.all_off().await?;
        let deadline = Instant::now() + self.settings.heartbeat_within;
        let mut wanted = [false, true, false].into_iter();
        let mut level = wanted.next();
        while let Some(beat) = level {
            self.set("beat", beat).await?;
            let inputs = self.read_inputs().await?;
            if inputs.beat_back == beat {
                level = wanted.next();
            } else if Instant::now() >= deadline {
                return Err(Cause::HeartbeatLost);
            } else {
                sleep(self.settings.cycle).await;
            }
        }
        self.followed_at = Instant::now();
        let counts = self.read_counts().await?;
        Ok((counts, self.read_inputs().await?))
    }

    async fn work(
        &mut self,
        (counts, inputs): (Counts, Inputs),
        commands: &mut mpsc::Receiver<PlcCommand>,
        stop: &CancellationToken,
    ) -> Result<Infallible, End> {
        self.say_up(inputs.conditions).await?;
        let mut known = Known {
            tally: Tally::new(self.map.travel, counts, *self.last_tag),
            conditions: inputs.conditions,
            run: Run { belt: false, infeed: false },
            light: Light::Off,
            clearing: None,
            belt_time: Duration::ZERO,
            asked_at: Instant::now(),
            read_at: Instant::now(),
        };
        let mut cycle = interval(self.settings.cycle.min(limit(self.map)));
        cycle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stale_at = known.asked_at + limit(self.map);
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(End::Asked),
                command = commands.recv() => Next::Told(command.ok_or(End::Asked)?),
                _ = cycle.tick() => Next::Cycle,
                () = sleep_until(stale_at), if self.coils["pass"] => Next::Cycle,
            };
            match next {
                Next::Told(command) => {
                    note(&mut known, command);
                    while let Ok(command) = commands.try_recv() {
                        note(&mut known, command);
                    }
                }
                Next::Cycle => {}
            }
            // Also after a command: a pass is given only by counters that were just read.
            self.turn(&mut known).await?;
        }
    }

    async fn turn(&mut self, known: &mut Known) -> Result<(), End> {
        self.look(known).await?;
        let inputs = self.read_inputs().await?;
        self.look_again(known).await?;
        self.check_coils().await?;
        self.look_again(known).await?;
        self.take_in(known, inputs).await?;
        self.speak(known).await
    }

    /// Reads the counters, and puts the coil of the pass as they say.
    async fn look(&mut self, known: &mut Known) -> Result<(), End> {
        if !self.coils["pass"] {
            known.tally.no_pass();
        }
        let belt_runs = self.coils["run_belt"];
        known.asked_at = Instant::now();
        let counts = self.read_counts().await?;
        let run_since = |then: Instant, now| if belt_runs { now - then } else { Duration::ZERO };
        let asked = known.belt_time + run_since(known.read_at, known.asked_at);
        let now = Instant::now();
        known.belt_time += run_since(known.read_at, now);
        known.read_at = now;
        let events = known.tally.see(counts, (asked, known.belt_time)).map_err(|drift| {
            tracing::warn!(%drift, "PLC");
            Cause::Miscounted
        })?;
        *self.last_tag = known.tally.last_tag();
        let pass = belt_runs && known.tally.pass(known.belt_time);
        self.set("pass", pass).await?;
        for event in events {
            self.say(event).await?;
        }
        Ok(())
    }

    /// While the gate is open, nothing else is done for long: see [`limit`].
    async fn look_again(&mut self, known: &mut Known) -> Result<(), End> {
        let stale = known.asked_at.elapsed() >= limit(self.map);
        if self.coils["pass"] && stale { self.look(known).await } else { Ok(()) }
    }

    /// Nobody else writes what we write, and what we wrote is there.
    async fn check_coils(&mut self) -> Result<(), Cause> {
        let bits = self.link.read_bits(self.map.coils).await?;
        for (name, at) in self.map.coil_places() {
            if bits[self.map.coils.index(at)] != self.coils[name] {
                tracing::warn!(name, "PLC: this coil is not as it was written");
                return Err(Cause::Garbled);
            }
        }
        Ok(())
    }

    async fn take_in(&mut self, known: &mut Known, inputs: Inputs) -> Result<(), End> {
        let now = Instant::now();
        if inputs.beat_back == self.coils["beat"] {
            self.followed_at = now;
        } else if now >= self.followed_at + self.settings.heartbeat_within {
            return Err(End::Lost(Cause::HeartbeatLost));
        }
        if inputs.conditions != known.conditions {
            known.conditions = inputs.conditions;
            self.say(PlcEvent::Condition(inputs.conditions)).await?;
        }
        if inputs.conditions.emergency_stop || inputs.conditions.guard_open {
            // A machine never starts by itself when a guard closes (EN ISO 13849-1, 5.2.2).
            known.run = Run { belt: false, infeed: false };
            // Nor does the applicator: it is cleared when somebody asks for it anew.
            known.clearing = None;
        }
        if known.clearing == Some(true) && inputs.pad_clear {
            known.clearing = None;
            self.say(PlcEvent::PadCleared).await?;
        }
        Ok(())
    }

    async fn speak(&mut self, known: &mut Known) -> Result<(), End> {
        let wanted = [
            ("run_belt", known.run.belt),
            ("open_infeed", known.run.infeed),
            ("clear_pad", known.clearing.is_some()),
            ("light_green", known.light == Light::Green),
            ("light_amber", known.light == Light::Amber),
            ("light_red", known.light == Light::Red),
        ];
        known.clearing = known.clearing.map(|_| true);
        for (name, on) in wanted {
            self.set(name, on).await?;
            self.look_again(known).await?;
        }
        let followed = self.followed_at >= self.beaten_at;
        if followed && self.beaten_at.elapsed() >= self.settings.beat_every {
            self.beaten_at = Instant::now();
            self.set("beat", !self.coils["beat"]).await?;
        }
        Ok(())
    }

    /// Puts everything off, one after the other, whatever becomes of each; gives the first error.
    /// Takes as long as eight answers may, at the most.
    async fn all_off(&mut self) -> Result<(), Cause> {
        let mut done = Ok(());
        for name in OFF_ORDER {
            let written = self.write_coil(name, false).await;
            done = done.and(written);
        }
        done
    }

    /// Writes a coil that is there and is not so already.
    async fn set(&mut self, name: &'static str, on: bool) -> Result<(), Cause> {
        match self.coils.get(name) {
            Some(before) if *before != on => self.write_coil(name, on).await,
            _ => Ok(()),
        }
    }

    async fn write_coil(&mut self, name: &'static str, on: bool) -> Result<(), Cause> {
        let Some((_, at)) = self.map.coil_places().find(|(known, _)| *known == name) else {
            return Ok(());
        };
        self.coils.insert(name, on);
        self.written = true;
        self.link.write_coil(at, on).await
    }

    async fn read_counts(&mut self) -> Result<Counts, Cause> {
        let words = self.link.read_words(self.map.counters).await?;
        Ok(self.map.counts(&words))
    }

    async fn read_inputs(&mut self) -> Result<Inputs, Cause> {
        let bits = self.link.read_bits(self.map.inputs).await?;
        Ok(self.map.read_inputs(&bits))
    }

    /// Counters have no memory of which product is where: every connection but the first of all
    /// begins with an empty belt. The number of this one stands for the start of the PLC.
    async fn say_up(&mut self, conditions: Conditions) -> Result<(), End> {
        let since = if self.heard.is_none() { Since::Known } else { Since::Lost };
        let boot = self.heard.map_or(1, |(boot, _)| boot.wrapping_add(1).max(1));
        *self.heard = Some((boot, 0));
        self.say(PlcEvent::Up(since)).await?;
        self.say(PlcEvent::Condition(conditions)).await?;
        self.say(PlcEvent::Heard { boot, seq: 0 }).await
    }

    /// Nobody waits for a slow listener while the gate is open.
    async fn say(&mut self, event: PlcEvent) -> Result<(), End> {
        let Err(full) = self.facts.try_send(Event::Plc(event)) else { return Ok(()) };
        self.set("pass", false).await?;
        match timeout(limit(self.map), self.facts.send(full.into_inner())).await {
            Ok(sent) => sent.map_err(|_| End::Asked),
            Err(_) => Err(End::Lost(Cause::Silent)),
        }
    }
}

/// What may do harm goes off first.
const OFF_ORDER: [&str; 8] = [
    "pass",
    "run_belt",
    "open_infeed",
    "clear_pad",
    "beat",
    "light_green",
    "light_amber",
    "light_red",
];

/// An eighth of the time between two products. While the gate is open, counters are read again when
/// they are so old, after the request under way. So at the worst, four requests' time goes by from
/// one look at the counters until the coil is off: half of the time between two products.
fn limit(map: &CountsMap) -> Duration {
    map.travel.apart / 8
}

fn note(known: &mut Known, command: PlcCommand) {
    match command {
        PlcCommand::Pass(tag) => known.tally.grant(tag),
        PlcCommand::Run(run) => known.run = run,
        PlcCommand::ClearPad => known.clearing = Some(false),
        PlcCommand::Show(light) => known.light = light,
        // Never asked for: its profile says that it cannot.
        PlcCommand::TriggerCamera | PlcCommand::MoveGate => {}
    }
}
