//! The status channel of newer Zebra printers: variables as JSON at port 9200 (pure).
//!
//! Source: Zebra ZPL programming guide, JSON: a question is `{}` and an object of names with
//! `null`; the answer is an object with the same names and their values as texts.
use super::errors::system_status;
use super::host_status::of_lines;
use crate::line::Cause;
use crate::print::health::{Health, Sight};
use crate::print::reply::Reply;
use serde_json::{Map, Value};

/// Asks for everything that one look needs. The counter comes first, so that it is not newer than
/// the faults beside it.
pub(super) const ASK_SIGHT: &[u8] = b"{}{\"odometer.total_label_count\":null,\
    \"zpl.system_status\":null,\"device.host_status\":null,\"ezpl.reprint_mode\":null}\r\n";
/// Asks for the number that no other printer has.
pub(super) const ASK_UNIQUE_ID: &[u8] = b"{}{\"device.unique_id\":null}\r\n";

/// Reads the answer to [`ASK_SIGHT`]; nothing where the printer says neither how it stands nor what
/// is wrong.
pub(super) fn sight(bytes: &[u8]) -> Reply<Option<Sight>> {
    object(bytes).map(|told| {
        Some(Sight {
            count: text(&told, "odometer.total_label_count").and_then(|text| text.parse().ok()),
            health: health(&told)?,
            reprints: text(&told, "ezpl.reprint_mode") == Some("on"),
        })
    })
}

/// Reads the answer to [`ASK_UNIQUE_ID`]; nothing where the printer does not know it.
pub(super) fn unique_id(bytes: &[u8]) -> Reply<Option<String>> {
    object(bytes).map(|told| text(&told, "device.unique_id").map(str::to_owned))
}

/// A printer in trouble may not give its host status: then its errors are all that is known.
fn health(told: &Map<String, Value>) -> Option<Health> {
    let errors = text(told, "zpl.system_status").and_then(system_status);
    let status = text(told, "device.host_status").and_then(of_lines);
    match (status, errors) {
        (Some(status), errors) => {
            let health = status.health();
            let worse = errors.and_then(|errors| errors.trouble());
            // Of a pause and a fault the fault is the better word, whoever says it.
            let trouble = match (health.trouble, worse) {
                (None | Some(Cause::Paused), Some(worse)) => Some(worse),
                (trouble, _) => trouble,
            };
            Some(Health { trouble, ..health })
        }
        (None, errors) => errors?.health(),
    }
}

/// The value of a name that the printer knows.
fn text<'a>(told: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    told.get(name)?.as_str().map(str::trim).filter(|text| !matches!(*text, "" | "?"))
}

fn object(bytes: &[u8]) -> Reply<Map<String, Value>> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Map<String, Value>>();
    match values.next() {
        // `{}` is the mark of a question; a printer that echoes it has not answered yet.
        Some(Ok(empty)) if empty.is_empty() => match values.next() {
            Some(Ok(told)) => Reply::Is(told),
            Some(Err(error)) if !error.is_eof() => Reply::Nonsense,
            Some(Err(_)) | None => Reply::NotYet,
        },
        Some(Ok(told)) => Reply::Is(told),
        Some(Err(error)) if error.is_eof() => Reply::NotYet,
        Some(Err(_)) => Reply::Nonsense,
        None => Reply::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: &str = r#"{"odometer.total_label_count":"123","zpl.system_status":"0,0,00000000,00000000,0,00000000,00000000","device.host_status":"030,0,0,0308,001,0,0,0,000,0,0,0\r\n001,0,0,0,1,2,6,0,00000000,1,000\r\n0000,0\r\n","ezpl.reprint_mode":"off"}"#;

    fn told(text: &str) -> Option<Sight> {
        let Reply::Is(told) = sight(text.as_bytes()) else { panic!("{text}") };
        told
    }

    #[test]
    fn counter_and_health_come_in_one_answer() {
        let sight = told(CALM).unwrap();
        assert_eq!(sight.count, Some(123));
        assert_eq!((sight.health.held, sight.health.trouble), (1, None));
        assert!(!sight.reprints);
        let lost = CALM.replace(r#"mode":"off""#, r#"mode":"on""#);
        assert!(told(&lost).unwrap().reprints);
    }

    #[test]
    fn a_printer_without_host_status_is_known_by_its_errors_and_by_nothing_else() {
        let silent = r#"{"odometer.total_label_count":"7","zpl.system_status":"1,1,00000000,00000001,0,00000000,00000000","device.host_status":""}"#;
        let health = told(silent).unwrap().health;
        assert_eq!((health.trouble, health.empty), (Some(Cause::OutOfLabels), false));
        let nothing = silent.replace("1,1,00000000,00000001", "0,0,00000000,00000000");
        assert_eq!(told(&nothing), None, "silence is not health");
        let unknown = r#"{"odometer.total_label_count":"?","device.host_status":"?"}"#;
        assert_eq!(told(unknown), None);
    }

    #[test]
    fn a_fault_is_a_better_word_than_the_pause_that_it_brings() {
        let paused = CALM
            .replace("030,0,0,", "030,0,1,")
            .replace("0,0,00000000,00000000,0", "1,1,00000000,00000002,0");
        assert_eq!(told(&paused).unwrap().health.trouble, Some(Cause::OutOfRibbon));
    }

    #[test]
    fn an_answer_is_read_only_when_it_is_whole() {
        for cut in 0..CALM.len() {
            assert_eq!(sight(&CALM.as_bytes()[..cut]), Reply::NotYet, "{cut}");
        }
        assert_eq!(sight(b"\r\n{}"), Reply::NotYet);
        assert_eq!(sight(b"[1]"), Reply::Nonsense);
        assert_eq!(sight(b"\x02030"), Reply::Nonsense);
    }

    #[test]
    fn the_unique_number_is_read() {
        let answer = br#"{"device.unique_id":"XXRAJ180702803"}"#;
        assert_eq!(unique_id(answer), Reply::Is(Some("XXRAJ180702803".to_owned())));
        assert_eq!(unique_id(br#"{"device.unique_id":"?"}"#), Reply::Is(None));
    }
}
