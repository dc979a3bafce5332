//! One Modbus connection: TCP, RTU over TCP or a serial line; one request at a time, a time limit on
//! each, and the reason why it is of no more use.
use super::points::{Span, Table};
use super::{PlcSettings, Transport};
use crate::dial;
use crate::line::Cause;
use crate::telemetry::LastWord;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_modbus::client::{Client, Context, rtu, tcp};
use tokio_modbus::{Error, Request, Response, Slave};

/// A gateway or a converter may hold an answer back for longer than it takes by itself.
const QUIET_MIN: Duration = Duration::from_millis(500);

/// The only hand that asks this PLC.
pub(super) struct Link {
    modbus: Context,
    answer_within: Duration,
    /// Silence that a serial line wants before every frame; the library keeps none.
    silence: Duration,
    heard_at: Instant,
    last_word: LastWord,
}

impl Link {
    /// Connects by the transport of the settings.
    pub(super) async fn open(settings: &PlcSettings, last_word: LastWord) -> io::Result<Self> {
        let slave = Slave(settings.unit);
        let quiet = settings.answer_within.max(QUIET_MIN);
        let mut silence = Duration::ZERO;
        let modbus = match settings.transport {
            Transport::Tcp => {
                let stream = dial::connect(&settings.addr, settings.connect_within).await?;
                tcp::attach_slave(stream, slave)
            }
            Transport::RtuOverTcp => {
                let stream = dial::connect(&settings.addr, settings.connect_within).await?;
                quiet_rtu(stream, slave, quiet).await?
            }
            Transport::Serial(line) => {
                silence = line.silence();
                let port = line.open(&settings.addr)?;
                quiet_rtu(port, slave, quiet).await?
            }
        };
        let answer_within = settings.answer_within;
        Ok(Self { modbus, answer_within, silence, heard_at: Instant::now(), last_word })
    }

    /// Answers must come within this from now on, if they had longer.
    pub(super) fn hurry(&mut self, within: Duration) {
        self.answer_within = self.answer_within.min(within);
    }

    /// Reads registers that stand together.
    pub(super) async fn read_words(
        &mut self,
        Span { table, at, len }: Span,
    ) -> Result<Vec<u16>, Cause> {
        let request = match table {
            Table::HoldingRegister => Request::ReadHoldingRegisters(at, len),
            Table::InputRegister | Table::Coil | Table::DiscreteInput => {
                Request::ReadInputRegisters(at, len)
            }
        };
        let response = self.ask(request).await?;
        if let Response::ReadInputRegisters(words) | Response::ReadHoldingRegisters(words) =
            response
            && words.len() == usize::from(len)
        {
            return Ok(words);
        }
        Err(Cause::Garbled)
    }

    /// Reads bits that stand together.
    pub(super) async fn read_bits(
        &mut self,
        Span { table, at, len }: Span,
    ) -> Result<Vec<bool>, Cause> {
        let request = match table {
            Table::Coil => Request::ReadCoils(at, len),
            Table::DiscreteInput | Table::InputRegister | Table::HoldingRegister => {
                Request::ReadDiscreteInputs(at, len)
            }
        };
        let response = self.ask(request).await?;
        // Eight bits travel in a byte: there may be some too many, never too few.
        if let Response::ReadCoils(bits) | Response::ReadDiscreteInputs(bits) = response
            && bits.len() >= usize::from(len)
        {
            return Ok(bits);
        }
        Err(Cause::Garbled)
    }

    /// Writes registers that stand together.
    pub(super) async fn write(&mut self, at: u16, words: &[u16]) -> Result<(), Cause> {
        let answer = self.ask(Request::WriteMultipleRegisters(at, words.into())).await?;
        let wanted =
            u16::try_from(words.len()).map(|len| Response::WriteMultipleRegisters(at, len));
        if Ok(answer) == wanted { Ok(()) } else { Err(Cause::Garbled) }
    }

    /// Writes one coil.
    pub(super) async fn write_coil(&mut self, at: u16, on: bool) -> Result<(), Cause> {
        let answer = self.ask(Request::WriteSingleCoil(at, on)).await?;
        if answer == Response::WriteSingleCoil(at, on) { Ok(()) } else { Err(Cause::Garbled) }
    }

    async fn ask(&mut self, request: Request<'_>) -> Result<Response, Cause> {
        let answer = async {
            sleep_until(self.heard_at + self.silence).await;
            self.modbus.call(request).await
        };
        let answer = timeout(self.answer_within, answer).await;
        self.heard_at = Instant::now();
        match answer {
            Ok(Ok(Ok(response))) => {
                self.last_word.heard();
                Ok(response)
            }
            // A device that refuses these registers does not have the map.
            Ok(Ok(Err(exception))) => {
                tracing::warn!(%exception, "PLC refuses a request");
                Err(Cause::WrongDevice)
            }
            Ok(Err(Error::Protocol(error))) => {
                tracing::warn!(%error, "PLC");
                Err(Cause::Garbled)
            }
            Ok(Err(Error::Transport(error))) if error.kind() == io::ErrorKind::InvalidData => {
                Err(Cause::Garbled)
            }
            Ok(Err(Error::Transport(_))) => Err(Cause::Unreachable),
            Err(_) => Err(Cause::Silent),
        }
    }
}

/// RTU has no transaction numbers: an answer that was late for the connection before this one would
/// be taken for ours. So we listen first, and begin when the line has been quiet for as long as an
/// answer may take, and for half a second.
async fn quiet_rtu<T>(mut line: T, slave: Slave, quiet: Duration) -> io::Result<Context>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // A line on which somebody else talks for so long is not ours.
    const QUIETS_MAX: u32 = 8;
    let give_up = Instant::now() + quiet * QUIETS_MAX;
    let mut bytes = [0; 256];
    loop {
        match timeout(quiet, line.read(&mut bytes)).await {
            Err(_) => return Ok(rtu::attach_slave(line, slave)),
            Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Ok(_)) if Instant::now() < give_up => {}
            Ok(Ok(_)) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(Err(error)) => return Err(error),
        }
    }
}
