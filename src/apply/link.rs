//! One Modbus TCP connection: one request at a time, a time limit on each, and the reason why it
//! is of no more use.
use super::PlcSettings;
use super::map::{BLOCK_LEN, Block};
use crate::line::Cause;
use crate::telemetry::LastWord;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::{Error, Request, Response, Slave};

/// The only hand that asks this PLC.
pub(super) struct Link {
    modbus: Context,
    answer_within: Duration,
    last_word: LastWord,
}

impl Link {
    pub(super) fn new(stream: TcpStream, settings: &PlcSettings, last_word: LastWord) -> Self {
        let modbus = tcp::attach_slave(stream, Slave(settings.unit));
        Self { modbus, answer_within: settings.answer_within, last_word }
    }

    /// Reads everything that the PLC says.
    pub(super) async fn read(&mut self) -> Result<Block, Cause> {
        let Response::ReadInputRegisters(words) =
            self.ask(Request::ReadInputRegisters(0, BLOCK_LEN)).await?
        else {
            return Err(Cause::Garbled);
        };
        Block::read(&words).map_err(|error| {
            tracing::warn!(%error, "PLC");
            Cause::Garbled
        })
    }

    /// Writes registers that stand together.
    pub(super) async fn write(&mut self, at: u16, words: &[u16]) -> Result<(), Cause> {
        self.ask(Request::WriteMultipleRegisters(at, words.into())).await.map(|_| ())
    }

    async fn ask(&mut self, request: Request<'_>) -> Result<Response, Cause> {
        match timeout(self.answer_within, self.modbus.call(request)).await {
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
