//! Smart readers: they read by themselves and send what they read as text over TCP.
mod frame;
mod kind;
mod login;
mod pattern;
mod result;

pub use frame::Framing;
pub use kind::Kind;
pub use pattern::{Pattern, PatternProblem};

use super::frames::Shots;
use super::session::{Count, Post, Trouble, Unasked};
use super::{CameraSettings, Trigger};
use crate::dial;
use crate::line::{CameraEvent, Cause, FrameOf, Tag};
use frame::Cutter;
use kind::Said;
use result::Read;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};

/// A reader and what was agreed on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderSettings {
    /// Whose reader it is.
    pub kind: Kind,
    /// Its address; or ours, where it connects to us.
    pub address: String,
    /// It connects to us.
    pub listen: bool,
    /// What stands around a message.
    pub framing: Framing,
    /// What a message says.
    pub pattern: Pattern,
    /// What is sent when the line wants a reading.
    pub trigger_on: Vec<u8>,
    /// What is sent when nothing came within `read_within`; may be empty.
    pub trigger_off: Vec<u8>,
    /// How long it may look for a symbol.
    pub read_within: Duration,
    /// Texts that say that nothing was read.
    pub no_read: Vec<String>,
    /// Messages that begin so say nothing: greetings, signs of life.
    pub ignore: Vec<String>,
    /// The AIM identifier of whatever it reads, where it does not send one; nothing: it sends it.
    pub identifier: Option<String>,
    /// What it sends in place of the separator GS (character 29); nothing: GS itself.
    pub separator: Option<String>,
    /// User and password, for a kind that asks for them.
    pub login: (String, String),
    /// In-Sight: the cell that is asked for after a trigger, such as `A001`; nothing: the result
    /// comes by itself.
    pub cell: Option<String>,
}

impl ReaderSettings {
    /// A reader as it leaves the factory, its messages being the code alone.
    pub fn new(kind: Kind, address: impl Into<String>, pattern: Pattern) -> Self {
        let (trigger_on, trigger_off) = kind.trigger();
        Self {
            kind,
            address: address.into(),
            listen: false,
            framing: kind.framing(),
            pattern,
            trigger_on: trigger_on.into(),
            trigger_off: trigger_off.into(),
            read_within: Duration::from_millis(300),
            no_read: kind.no_read().iter().map(|text| (*text).to_owned()).collect(),
            ignore: Vec::new(),
            identifier: None,
            separator: None,
            login: ("admin".to_owned(), String::new()),
            cell: None,
        }
    }
}

/// What the reader was asked for and has not answered.
struct Asked {
    tag: Tag,
    /// When it is told to give up, if it has not been told.
    off_at: Option<Instant>,
    /// When it should have said something at the latest.
    late_at: Instant,
    /// The result lies in its cell: ask for that.
    to_fetch: bool,
}

/// A connection with a reader.
struct Talk<'a> {
    settings: &'a CameraSettings,
    reader: &'a ReaderSettings,
    post: &'a Post<'a>,
    stream: TcpStream,
    cutter: Cutter,
    /// Since when a message is under way.
    begun: Option<Instant>,
    asked: Option<Asked>,
    count: Count,
    unasked: Unasked,
}

/// What happens next.
enum Next {
    Wanted(Tag),
    Bytes(usize),
    Due,
}

/// One connection, until it is lost.
pub(super) async fn session(
    settings: &CameraSettings,
    reader: &ReaderSettings,
    door: &mut Option<TcpListener>,
    shots: &Shots,
    post: &Post<'_>,
) -> Trouble {
    let stream = match connect(settings, reader, door).await {
        Ok(stream) => stream,
        Err(cause) => return cause.into(),
    };
    let digits = reader.pattern.count_digits();
    let mut talk = Talk {
        settings,
        reader,
        post,
        stream,
        cutter: Cutter::new(reader.framing.clone()),
        begun: None,
        asked: None,
        count: digits.map_or_else(Count::default, Count::of_digits),
        unasked: Unasked::default(),
    };
    if let Err(trouble) = post.up().await {
        return trouble;
    }
    shots.clear();
    loop {
        if let Err(trouble) = talk.step(shots).await {
            return trouble;
        }
    }
}

async fn connect(
    settings: &CameraSettings,
    reader: &ReaderSettings,
    door: &mut Option<TcpListener>,
) -> Result<TcpStream, Cause> {
    let within = settings.connect_within;
    let mut stream = if reader.listen {
        accept(&reader.address, door, within).await
    } else {
        dial::connect(&reader.address, within).await
    }
    .map_err(|error| {
        tracing::debug!(%error, "reader not reached");
        Cause::Unreachable
    })?;
    if reader.kind == Kind::InSight {
        timeout(within, login::log_in(&mut stream, &reader.login))
            .await
            .map_err(|_| Cause::Silent)??;
    }
    Ok(stream)
}

/// The next reader that connects to us. The door stays open: who comes while we pause waits.
async fn accept(
    address: &str,
    door: &mut Option<TcpListener>,
    within: Duration,
) -> std::io::Result<TcpStream> {
    let open = match door.take() {
        Some(open) => open,
        None => TcpListener::bind(address).await.inspect_err(|error| {
            tracing::warn!(%error, address, "nobody can connect to us here");
        })?,
    };
    let (stream, _) = timeout(within, door.insert(open).accept()).await??;
    dial::watch(&stream)?;
    Ok(stream)
}

impl Talk<'_> {
    async fn step(&mut self, shots: &Shots) -> Result<(), Trouble> {
        let due = self.due();
        let idle = self.asked.is_none() && self.settings.trigger == Trigger::Line;
        let mut bytes = [0; 2048];
        let next = tokio::select! {
            read = self.stream.read(&mut bytes) => match read {
                Ok(read) if read > 0 => Next::Bytes(read),
                Ok(_) | Err(_) => return Err(Cause::Unreachable.into()),
            },
            tag = shots.next(), if idle => Next::Wanted(tag),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Next::Due,
        };
        match next {
            Next::Bytes(read) => self.take_in(&bytes[..read]).await,
            Next::Wanted(tag) => self.ask(tag).await,
            Next::Due => self.be_late().await,
        }
    }

    /// When something should have happened.
    fn due(&self) -> Option<Instant> {
        let asked = self.asked.as_ref().map(|asked| asked.off_at.unwrap_or(asked.late_at));
        let begun = self.begun.map(|begun| begun + self.settings.frame_within);
        [asked, begun].into_iter().flatten().min()
    }

    async fn ask(&mut self, tag: Tag) -> Result<(), Trouble> {
        let now = Instant::now();
        let off_at = now + self.reader.read_within;
        self.asked = Some(Asked {
            tag,
            off_at: (!self.reader.trigger_off.is_empty()).then_some(off_at),
            late_at: off_at + self.settings.frame_within,
            to_fetch: self.reader.cell.is_some(),
        });
        self.send(&self.reader.trigger_on).await
    }

    async fn be_late(&mut self) -> Result<(), Trouble> {
        let now = Instant::now();
        if self.begun.is_some_and(|begun| begun + self.settings.frame_within <= now) {
            tracing::warn!("the end of a reader's message does not come: is `end` right?");
            return Err(Cause::Garbled.into());
        }
        let Some(asked) = &mut self.asked else { return Ok(()) };
        match asked.off_at {
            Some(off_at) if off_at <= now => {
                asked.off_at = None;
                self.send(&self.reader.trigger_off).await
            }
            // What comes later would be taken for the next product.
            None if asked.late_at <= now => Err(Cause::Silent.into()),
            Some(_) | None => Ok(()),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        match timeout(self.settings.connect_within, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Cause::Unreachable.into()),
            Err(_) => Err(Cause::Silent.into()),
        }
    }

    async fn take_in(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.post.heard();
        self.cutter.push(bytes);
        loop {
            match self.cutter.next() {
                Ok(Some(message)) => {
                    self.begun = None;
                    self.understand(&message).await?;
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "reader");
                    return Err(Cause::Garbled.into());
                }
            }
        }
        if !self.cutter.is_in_message() {
            self.begun = None;
        } else if self.begun.is_none() {
            self.begun = Some(Instant::now());
        }
        Ok(())
    }

    async fn understand(&mut self, message: &[u8]) -> Result<(), Trouble> {
        let ignored = |start: &String| message.starts_with(start.as_bytes());
        if self.reader.ignore.iter().any(ignored) {
            return Ok(());
        }
        match self.reader.kind.understand(message) {
            Said::Done => self.fetch().await,
            Said::Refused => {
                tracing::warn!(answer = %message.escape_ascii(), "the reader refuses a command");
                Err(Cause::Faulty.into())
            }
            Said::Result(message) => self.tell(&message).await,
        }
    }

    /// A command was carried out: its result can be asked for.
    async fn fetch(&mut self) -> Result<(), Trouble> {
        let (Some(cell), Some(asked)) = (&self.reader.cell, &mut self.asked) else { return Ok(()) };
        if !std::mem::take(&mut asked.to_fetch) {
            return Ok(());
        }
        self.send(format!("GV{cell}\r\n").as_bytes()).await
    }

    async fn tell(&mut self, message: &[u8]) -> Result<(), Trouble> {
        let Some(Read { reading, tag, count, numbered }) = result::read(self.reader, message)
        else {
            tracing::debug!(message = %message.escape_ascii(), "not understood");
            tracing::warn!("a reader's message does not look like its pattern");
            return Err(Cause::Garbled.into());
        };
        let of = match (self.settings.trigger, tag) {
            (Trigger::Line, _) => {
                let Some(asked) = self.asked.take() else {
                    tracing::warn!("a reader says what nobody asked for");
                    return Ok(());
                };
                FrameOf::Tag(asked.tag)
            }
            (_, Some(tag)) => FrameOf::Tag(tag),
            (Trigger::Nobody, None) => match self.unasked.of(&reading) {
                Some(of) => of,
                None => return Ok(()),
            },
            (Trigger::Device, None) if numbered => {
                // The reader says which product a code is of, and of this it does not: the line
                // waits for it in vain.
                tracing::debug!("nothing read, of an unknown product");
                return Ok(());
            }
            (Trigger::Device, None) => self.count.next(count)?,
        };
        self.post.say(CameraEvent::Read { of, reading, picture: None }).await
    }
}

/// Whatever a reader sends, every parser of it comes to an end; for fuzzing. Says how many
/// messages were understood.
pub fn readings_of_any_bytes(bytes: &[u8]) -> usize {
    let patterns = ["{code}", "{tag};{code};{grade}", "{count:4}{code},{skip}"]
        .map(|pattern| Pattern::new(pattern).expect("these can be read in one way only"));
    let (at, bytes) = bytes.split_first().map_or((0, bytes), |(at, rest)| (usize::from(*at), rest));
    let (one, two) = bytes.split_at(at.min(bytes.len()));
    let mut understood = 0;
    for kind in Kind::ALL {
        for pattern in &patterns {
            let mut reader = ReaderSettings::new(kind, "", pattern.clone());
            reader.separator = Some("<GS>".to_owned());
            let whole = messages(&reader.framing, &[bytes]);
            assert_eq!(whole, messages(&reader.framing, &[one, two]), "wherever it was cut");
            for message in whole {
                if let Said::Result(text) = kind.understand(&message) {
                    understood += usize::from(result::read(&reader, &text).is_some());
                }
            }
        }
    }
    understood
}

fn messages(framing: &Framing, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut cutter = Cutter::new(framing.clone());
    let mut messages = Vec::new();
    for piece in pieces {
        cutter.push(piece);
        while let Ok(Some(message)) = cutter.next() {
            messages.push(message);
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes that frames, answers and codes are made of come more often than others.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte =
            prop_oneof![prop::sample::select(b"\x02\x03\r\n\x1d;,|[]{}01A".to_vec()), any::<u8>(),];
        proptest::collection::vec(byte, 0..200)
    }

    #[test]
    fn results_of_every_kind_are_understood() {
        for line in [&b"\0]d201\r\n"[..], b"\0ERROR\r", b"\0\x0217;01;B\x03", b"\0\x0201\r\n"] {
            assert!(readings_of_any_bytes(line) > 0, "{line:?}");
        }
        assert_eq!(readings_of_any_bytes(b"\0no end"), 0);
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_reader_make_a_parser_panic(bytes in bytes()) {
            readings_of_any_bytes(&bytes);
        }
    }
}
