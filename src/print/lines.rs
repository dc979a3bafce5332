//! The one or two connections to a printer and the language that is spoken on them.
use super::health::{Health, Sight};
use super::wire::Wire;
use super::{Evidence, PrinterSettings, tspl, zpl};
use crate::dial;
use crate::label::Language;
use crate::line::Cause;
use crate::telemetry::LastWord;
use tokio::net::TcpStream;

/// A printer that can be told and asked.
pub(super) struct Lines {
    data: Wire,
    /// Where status is asked, if not on the data connection; then that one carries only labels.
    status: Option<Wire>,
    speech: Speech,
    counts: bool,
    /// The printer says in its trouble no more than what that is.
    mute: bool,
}

#[derive(Debug, Clone, Copy)]
enum Speech {
    Zpl,
    Tspl(tspl::Speech),
}

impl Lines {
    pub(super) fn new(settings: &PrinterSettings, stream: TcpStream, last_word: &LastWord) -> Self {
        let speech = match settings.language {
            Language::Zpl => Speech::Zpl,
            Language::Tspl => Speech::Tspl(tspl::Speech::Letters),
        };
        let mut data = Wire::new(stream, settings.answer_within, last_word.clone());
        if settings.evidence == Evidence::Echo {
            data.listen_for_echoes();
        }
        Self {
            data,
            status: None,
            speech,
            counts: settings.evidence == Evidence::Counter,
            mute: false,
        }
    }

    /// Sends it in one go.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.data.write(bytes).await
    }

    /// What the printer said back of its labels since the last time.
    pub(super) fn take_echoes(&mut self) -> Vec<Vec<u8>> {
        self.data.take_echoes()
    }

    /// Throws away what the printer has.
    pub(super) async fn cancel(&mut self) -> Result<(), Cause> {
        let cancel = match self.speech {
            Speech::Zpl => zpl::CANCEL,
            Speech::Tspl(_) => tspl::CANCEL,
        };
        self.data.write(cancel).await
    }

    /// Makes sure that the printer speaks this language, and learns what can be learned of a
    /// printer that need not be at rest.
    pub(super) async fn meet(&mut self, dots_per_mm: Option<u32>) -> Result<Met, Cause> {
        let met = match self.speech {
            Speech::Zpl => zpl::identify(&mut self.data, dots_per_mm).await.map(Met::As),
            Speech::Tspl(_) => tspl::meet(&mut self.data).await.map(|speech| {
                self.speech = Speech::Tspl(speech);
                Met::AtRest
            }),
        };
        if met == Err(Cause::Silent) && self.speaks_otherwise().await {
            tracing::warn!("printer speaks another language than the profile says");
            return Err(Cause::WrongDevice);
        }
        met
    }

    async fn speaks_otherwise(&mut self) -> bool {
        match self.speech {
            Speech::Zpl => tspl::answers_at_all(&mut self.data).await,
            Speech::Tspl(_) => zpl::answers_at_all(&mut self.data).await,
        }
    }

    /// Who a printer is that says so only at rest.
    pub(super) async fn name(&mut self) -> Result<Option<String>, Cause> {
        tspl::model(&mut self.data).await
    }

    /// Opens the status channel. Where that does not answer, the data connection is asked.
    pub(super) async fn open_status(
        &mut self,
        settings: &PrinterSettings,
        known: Option<&str>,
        last_word: &LastWord,
    ) -> Result<(), Cause> {
        // Echoes and health must come in one stream, so that they are of one moment.
        let echoes = settings.evidence == Evidence::Echo;
        let Some(port) = settings.status_port.filter(|_| !echoes) else { return Ok(()) };
        let host = settings.addr.rsplit_once(':').map_or(settings.addr.as_str(), |(host, _)| host);
        let opened = dial::connect(&format!("{host}:{port}"), settings.connect_within).await;
        let mut wire = match opened {
            Ok(stream) => Wire::new(stream, settings.answer_within, last_word.clone()),
            Err(error) => {
                tracing::warn!(host, port, %error, "status channel is closed, asked beside the labels");
                return Ok(());
            }
        };
        match zpl::unique_id_by_json(&mut wire).await {
            Ok(found) if known.is_some() && found.is_some() && found.as_deref() != known => {
                Err(Cause::Swapped)
            }
            Ok(_) => {
                self.status = Some(wire);
                Ok(())
            }
            Err(cause) => {
                let why = cause.what();
                tracing::warn!(
                    host,
                    port,
                    why,
                    "status channel is no use, asked beside the labels"
                );
                Ok(())
            }
        }
    }

    /// Sets what a power-on sets back, as far as the printer can be told.
    pub(super) async fn set(&mut self, settings: &PrinterSettings) -> Result<(), Cause> {
        let reprint_off = settings.sets_reprint_off;
        match self.speech {
            Speech::Zpl => zpl::set(&mut self.data, reprint_off).await,
            Speech::Tspl(_) => tspl::set(&mut self.data, reprint_off, settings.sets_peel_off).await,
        }
    }

    /// Asks on the data connection: everything sent before was received when the answer comes.
    pub(super) async fn health(&mut self) -> Result<Health, Cause> {
        match self.speech {
            Speech::Zpl => zpl::health(&mut self.data, &mut self.mute).await,
            Speech::Tspl(speech) => tspl::health(&mut self.data, speech).await,
        }
    }

    /// Asks for the counter alone; nothing where there is none.
    pub(super) async fn count(&mut self) -> Result<Option<u64>, Cause> {
        match &mut self.status {
            _ if !self.counts => Ok(None),
            Some(status) => Ok(zpl::sight_by_json(status).await?.count),
            None => zpl::count(&mut self.data).await,
        }
    }

    /// Looks at the printer. One that does not say its count, although it must, is no use.
    pub(super) async fn look(&mut self) -> Result<Sight, Cause> {
        let sight = if let Some(status) = &mut self.status {
            self.data.forget_unasked()?;
            zpl::sight_by_json(status).await?
        } else {
            // In this order: see `Sight::count`.
            let count = self.count().await?;
            Sight { count, health: self.health().await?, reprints: false }
        };
        if self.counts && sight.count.is_none() {
            return Err(Cause::WrongDevice);
        }
        Ok(sight)
    }

    /// Makes sure of what a look shows before labels are believed to be out: whether the counter
    /// stood still while it was asked how the printer stands, so that both are of one moment. Over
    /// a status channel, a label that has not arrived yet looks like one that has left the printer:
    /// the data connection is asked, whose answer comes behind the labels.
    pub(super) async fn make_sure(&mut self, sight: &mut Sight) -> Result<bool, Cause> {
        if sight.health.fault().is_some() {
            // Nothing is believed in a fault, and an answer may not come.
            return Ok(false);
        }
        if self.status.is_some() {
            sight.health = self.health().await?;
        }
        Ok(self.count().await? == sight.count)
    }
}

/// What a printer told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Met {
    /// The number that no other one has, if it knows one.
    As(Option<String>),
    /// It tells its name only at rest.
    AtRest,
}
