//! TSPL: what a TSC printer, or one that emulates it, is told and asked. It has no counter.
mod answers;

use super::health::Health;
use super::wire::Wire;
use crate::line::Cause;

/// Throws away whatever the printer got and has not printed. Not every clone knows it: what comes
/// out afterwards is waited for, and one label at a time is in flight.
pub(super) const CANCEL: &[u8] = b"\x1b!.";

/// Answered at any time, also in trouble and while printing.
const ASK_STATUS: &[u8] = b"\x1b!S";
const ASK_BYTE: &[u8] = b"\x1b!?";
/// Answered only by a printer that is ready.
const ASK_MODEL: &[u8] = b"~!T\r\n";

/// No label by the print key.
const SETTINGS: &[u8] = b"SET PRINTKEY OFF\r\n";
/// No waiting for a hand that takes the label.
const NO_PEEL: &[u8] = b"SET PEEL OFF\r\n";
/// No second print of a label that met an error.
const NO_REPRINT: &[u8] = b"SET REPRINT OFF\r\n";

/// Which of the two questions for its status a printer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// `<ESC>!S`, eight bytes.
    Letters,
    /// `<ESC>!?`, one byte.
    Byte,
}

/// Finds out how it tells its status.
pub(super) async fn meet(wire: &mut Wire) -> Result<Speech, Cause> {
    match wire.ask(ASK_STATUS, answers::status).await {
        Ok(_) => Ok(Speech::Letters),
        Err(Cause::Silent) => wire.ask(ASK_BYTE, answers::byte).await.map(|_| Speech::Byte),
        Err(cause) => Err(cause),
    }
}

/// Whether a device that does not answer in another language answers in this one.
pub(super) async fn answers_at_all(wire: &mut Wire) -> bool {
    wire.ask(ASK_STATUS, answers::status).await.is_ok()
}

/// Asks a printer at rest for its model: the only identity that there is.
pub(super) async fn model(wire: &mut Wire) -> Result<Option<String>, Cause> {
    match wire.ask(ASK_MODEL, answers::model).await {
        Ok(model) => {
            tracing::info!(model, "printer identified");
            Ok(Some(model).filter(|model| !model.is_empty()))
        }
        // Clones need not know it.
        Err(Cause::Silent) => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Sets what must not print a label twice, and not wait at a peeler where there may be one.
pub(super) async fn set(wire: &mut Wire, reprint_off: bool, peel_off: bool) -> Result<(), Cause> {
    if reprint_off {
        wire.write(NO_REPRINT).await?;
    }
    if peel_off {
        wire.write(NO_PEEL).await?;
    }
    wire.write(SETTINGS).await
}

/// Asks how it stands.
pub(super) async fn health(wire: &mut Wire, speech: Speech) -> Result<Health, Cause> {
    match speech {
        Speech::Letters => {
            wire.ask(ASK_STATUS, |bytes| answers::status(bytes).map(answers::Status::health)).await
        }
        Speech::Byte => wire.ask(ASK_BYTE, answers::byte).await,
    }
}

/// Runs every reader of this language over these bytes.
pub(super) fn read_all(bytes: &[u8]) {
    let _ = (answers::status(bytes).map(answers::Status::health), answers::byte(bytes));
    let _ = answers::model(bytes);
}
