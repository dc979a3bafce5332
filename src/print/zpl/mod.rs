//! ZPL: what a Zebra printer, or one that emulates it, is told and asked.
mod answers;
pub(super) mod echo;
mod errors;
mod host_status;
mod json;

use super::health::{Health, Sight};
use super::reply::Reply;
use super::wire::Wire;
use crate::line::Cause;

/// Throws away whatever the printer got and has not printed, and the half format that a lost
/// connection may have left.
pub(super) const CANCEL: &[u8] = b"~JA\r\n~JX\r\n";

/// Asks for model, firmware and dots per millimetre: no printer of another language answers.
pub(super) const ASK_MODEL: &[u8] = b"~HI\r\n";
const ASK_STATUS: &[u8] = b"~HS\r\n";
/// Answered by printers, too, that do not answer [`ASK_STATUS`] in trouble.
const ASK_ERRORS: &[u8] = b"~HQES\r\n";
const ASK_UNIQUE_ID: &[u8] = b"! U1 getvar \"device.unique_id\"\r\n";
const ASK_LANGUAGES: &[u8] = b"! U1 getvar \"device.languages\"\r\n";
/// How many labels it printed in its life.
const ASK_COUNT: &[u8] = b"! U1 getvar \"odometer.total_label_count\"\r\n";
const ASK_REPRINT: &[u8] = b"! U1 getvar \"ezpl.reprint_mode\"\r\n";

/// A visible mark instead of a symbol whose data does not fit.
const VALIDATE: &[u8] = b"^XA^CVY^XZ\r\n";
/// The same, and no second print of a label that met an error (`^JZN`; every power-on sets it back).
///
/// The REPRINT input of an applicator port stays as it is: `^JJ`, which closes it, sets all of that
/// port. A label that it prints is noticed by the counter.
const SETTINGS: &[u8] = b"^XA^JZN^CVY^XZ\r\n";
const NO_REPRINT: &[u8] = b"! U1 setvar \"ezpl.reprint_mode\" \"off\"\r\n";

/// Finds out who answers, and refuses a printer of another language or resolution. Gives the
/// number that no other printer has, if it knows one.
pub(super) async fn identify(
    wire: &mut Wire,
    dots_per_mm: Option<u32>,
) -> Result<Option<String>, Cause> {
    let model = wire.ask(ASK_MODEL, answers::model).await?;
    let languages = wire.ask(ASK_LANGUAGES, answers::variable).await?;
    if languages.is_some_and(|known| !known.to_ascii_lowercase().contains("zpl")) {
        return Err(Cause::WrongDevice);
    }
    if let (Some(wanted), Some(found)) = (dots_per_mm, model.dots_per_mm)
        && wanted != found
    {
        tracing::warn!(wanted, found, "printer has another resolution (dots per mm)");
        return Err(Cause::WrongDevice);
    }
    let unique_id = wire.ask(ASK_UNIQUE_ID, answers::variable).await?;
    tracing::info!(model.name, model.firmware, unique_id, "printer identified");
    Ok(unique_id)
}

/// Whether a device that does not answer in another language answers in this one.
pub(super) async fn answers_at_all(wire: &mut Wire) -> bool {
    // What was asked in the other language may have begun a line here: this ends it.
    wire.write(b"\r\n").await.is_ok() && wire.ask(ASK_MODEL, answers::model).await.is_ok()
}

/// Sets what a power-on sets back, and reads back the one setting that could print a code twice.
/// Firmware that does not know the variable is believed `^JZN`.
pub(super) async fn set(wire: &mut Wire, reprint_off: bool) -> Result<(), Cause> {
    if !reprint_off {
        return wire.write(VALIDATE).await;
    }
    wire.write(SETTINGS).await?;
    if wire.ask(ASK_REPRINT, answers::variable).await?.as_deref() != Some("on") {
        return Ok(());
    }
    wire.write(NO_REPRINT).await?;
    if wire.ask(ASK_REPRINT, answers::variable).await?.as_deref() == Some("on") {
        tracing::warn!("printer keeps printing labels again after an error (ezpl.reprint_mode)");
        return Err(Cause::WrongDevice);
    }
    Ok(())
}

/// Its counter; nothing where it has none.
pub(super) async fn count(wire: &mut Wire) -> Result<Option<u64>, Cause> {
    wire.ask(ASK_COUNT, answers::count).await
}

/// Asks how it stands. Some printers do not answer that while they are in trouble (Zebra's manual
/// says so of labels, ribbon and head), and then answer what the trouble is. `mute` remembers one
/// that was found so: until its trouble is over it is asked for that only.
///
/// Silence without a trouble may hide one that was over when it was asked for: this is told.
pub(super) async fn health(wire: &mut Wire, mute: &mut bool) -> Result<Health, Cause> {
    if !*mute {
        let answer = wire.ask_shortly(ASK_STATUS, health_of).await;
        // Half an answer may be the first half of a slow one.
        if !matches!(answer, Err(Cause::Silent | Cause::Garbled)) {
            return answer;
        }
    }
    let was_silent = !*mute;
    let (late, trouble) = wire.ask(ASK_ERRORS, late_health_and_errors).await?;
    *mute = trouble.is_some();
    match (trouble, late) {
        (Some(health), _) | (None, Some(health)) => Ok(health),
        (None, None) => {
            let health = wire.ask(ASK_STATUS, health_of).await?;
            Ok(Health { was_silent, ..health })
        }
    }
}

/// The answer to [`ASK_ERRORS`], and before it the one to [`ASK_STATUS`] if that was only slow.
fn late_health_and_errors(bytes: &[u8]) -> Reply<(Option<Health>, Option<Health>)> {
    errors::errors(bytes).map(|errors| match health_of(bytes) {
        Reply::Is(late) => (Some(late), errors.health()),
        Reply::NotYet | Reply::Nonsense => (None, errors.health()),
    })
}

fn health_of(bytes: &[u8]) -> Reply<Health> {
    host_status::host_status(bytes).map(|status| status.health())
}

/// Asks everything at once over the status channel.
pub(super) async fn sight_by_json(wire: &mut Wire) -> Result<Sight, Cause> {
    // Neither well nor in trouble, or nothing said at all: that is silence.
    wire.ask(json::ASK_SIGHT, json::sight).await?.ok_or(Cause::Silent)
}

/// The number that no other printer has, as the status channel knows it.
pub(super) async fn unique_id_by_json(wire: &mut Wire) -> Result<Option<String>, Cause> {
    wire.ask(json::ASK_UNIQUE_ID, json::unique_id).await
}

const STX: u8 = 2;
const ETX: u8 = 3;

/// The texts between STX and ETX; whatever stands outside is passed over.
fn framed(bytes: &[u8]) -> Vec<String> {
    let mut strings = Vec::new();
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|b| *b == STX) {
        let Some(len) = rest[start + 1..].iter().position(|b| *b == ETX) else { break };
        let text = &rest[start + 1..start + 1 + len];
        strings.push(String::from_utf8_lossy(text).into_owned());
        rest = &rest[start + 2 + len..];
    }
    strings
}

/// Runs every reader of this language over these bytes.
pub(super) fn read_all(bytes: &[u8]) {
    let _ = (health_of(bytes), late_health_and_errors(bytes));
    echo::take_out(&mut bytes.to_vec(), &mut Vec::new());
    let _ = (answers::model(bytes), answers::variable(bytes), answers::count(bytes));
    let _ = (json::sight(bytes), json::unique_id(bytes));
    let text = String::from_utf8_lossy(bytes);
    let _ = (host_status::of_lines(&text), errors::system_status(&text).map(|e| e.health()));
}
