//! The table of a line's PLC.
use super::check::SECOND;
use super::line::{ADDRESS, MS, is_address, whole};
use super::reader::Reader;
use crate::apply::{Parity, PlcProfile, PlcProfileError, PlcSettings, SerialLine, Transport};
use std::sync::Arc;
use std::time::Duration;

const KEYS: &str = "profile, transport, address, baud, parity, stop_bits, unit, cycle, \
                    answer_within, heartbeat_within";

pub(super) fn plc(mut at: Reader<'_>) -> Option<PlcSettings> {
    let profile = profile(&mut at);
    let transport = transport(&mut at);
    let serial = matches!(transport, Some(Transport::Serial(_)));
    let address = if serial {
        let wanted = "the path of a serial device, such as \"/dev/ttyUSB0\"";
        at.read("address", wanted, |text| (text.starts_with('/')).then(|| text.to_owned()))
    } else {
        at.read("address", ADDRESS, is_address)
    };
    let usual = profile.as_ref().map_or(1, |profile| profile.unit.into());
    let unit = at.number_or("unit", usual, 0, 255);
    let cycle_max = profile.as_ref().map_or(100 * MS, PlcProfile::cycle_max);
    let cycle = at.time_or("cycle", 20 * MS, 5 * MS, cycle_max);
    let answer_within = at.time_or("answer_within", 500 * MS, 10 * MS, 10 * SECOND);
    let heartbeat_within = at.time_or("heartbeat_within", SECOND, 100 * MS, 10 * SECOND);
    let unit = u8::try_from(unit).expect("bounded");
    if let (Some(profile), Some(Transport::Serial(line))) = (&profile, transport) {
        fits_the_line(&mut at, profile, line, answer_within);
    }
    // Unit 0 is everybody on a serial line, and nobody answers (Modbus over Serial Line V1.02, 2.1).
    if transport.is_some_and(|by| by != Transport::Tcp) && !(1..=247).contains(&unit) {
        at.wrong("unit", unit, "1 to 247 on a serial line");
    }
    at.end(KEYS);
    Some(PlcSettings {
        transport: transport?,
        profile: Arc::new(profile?),
        unit,
        cycle,
        answer_within,
        heartbeat_within,
        ..PlcSettings::new(address?)
    })
}

/// What takes longer on the line than it may is never answered in time.
fn fits_the_line(
    at: &mut Reader<'_>,
    profile: &PlcProfile,
    line: SerialLine,
    answer_within: Duration,
) {
    let within = profile.hurries().map_or(answer_within, |most| most.min(answer_within));
    let takes = profile.on_the_line(line);
    if within <= takes {
        let found = format_args!("{}", line.baud);
        let wanted = format!(
            "a faster line: the longest request takes {} ms on it, and its answer must be there in {} ms",
            takes.as_millis(),
            within.as_millis()
        );
        at.wrong("baud", found, &wanted);
    }
}

fn profile(at: &mut Reader<'_>) -> Option<PlcProfile> {
    let name = at.text_or("profile", "markwright.v1");
    let names: Vec<_> = PlcProfile::names().collect();
    let wanted = format!("one of {}, or the path of a profile", names.join(", "));
    match PlcProfile::load(&name) {
        Ok(profile) => Some(profile),
        Err(PlcProfileError::Unknown { .. }) => {
            at.wrong("profile", format_args!("\"{name}\""), &wanted);
            None
        }
        Err(error) => {
            at.wrong("profile", format_args!("\"{name}\": {}", whole(&error)), "a right profile");
            None
        }
    }
}

fn transport(at: &mut Reader<'_>) -> Option<Transport> {
    let usual = SerialLine::default();
    let transport = if at.has("transport") {
        at.read("transport", "\"tcp\", \"rtu_over_tcp\" or \"serial\"", |word| match word {
            "tcp" => Some(Transport::Tcp),
            "rtu_over_tcp" => Some(Transport::RtuOverTcp),
            "serial" => Some(Transport::Serial(usual)),
            _ => None,
        })
    } else {
        Some(Transport::Tcp)
    };
    if !matches!(transport, Some(Transport::Serial(_))) {
        return transport;
    }
    let baud = u32::try_from(at.number_or("baud", usual.baud.into(), 9_600, 1_000_000));
    let parity = if at.has("parity") {
        at.read("parity", "\"even\", \"odd\" or \"none\"", |word| match word {
            "even" => Some(Parity::Even),
            "odd" => Some(Parity::Odd),
            "none" => Some(Parity::None),
            _ => None,
        })
    } else {
        Some(usual.parity)
    };
    let two_stop_bits = at.number_or("stop_bits", 1, 1, 2) == 2;
    Some(Transport::Serial(SerialLine {
        baud: baud.expect("bounded"),
        // A wrong one is told already: what follows is read as on any serial line.
        parity: parity.unwrap_or(usual.parity),
        two_stop_bits,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Problem;
    use std::path::Path;

    fn read(text: &str) -> (Option<PlcSettings>, Vec<String>) {
        let mut problems = Vec::new();
        let table = text.parse().unwrap();
        let at = "line[0].plc".to_owned();
        let found = plc(Reader::new(Path::new("x.toml"), at, table, &mut problems));
        let told = |Problem { key, found, wanted, .. }| format!("{key}: {found} / {wanted}");
        (found, problems.into_iter().map(told).collect())
    }

    #[test]
    fn a_plc_needs_no_more_than_its_address() {
        let (found, told) = read("address = \"plc:502\"");
        assert!(told.is_empty(), "{told:?}");
        let found = found.unwrap();
        assert_eq!((found.transport, found.unit), (Transport::Tcp, 1));
        assert_eq!((found.cycle, found.answer_within), (20 * MS, 500 * MS));
        assert_eq!(
            (found.heartbeat_within, found.profile.name.as_str()),
            (SECOND, "markwright.v1")
        );
    }

    #[test]
    fn a_serial_line_has_speed_parity_and_stop_bits() {
        let text = "transport = \"serial\"\naddress = \"/dev/ttyUSB0\"\nbaud = 230400\n\
                    parity = \"none\"\nstop_bits = 2\nunit = 17";
        let (found, told) = read(text);
        assert!(told.is_empty(), "{told:?}");
        let found = found.unwrap();
        let line = SerialLine { baud: 230_400, parity: Parity::None, two_stop_bits: true };
        assert_eq!((found.transport, found.unit), (Transport::Serial(line), 17));
    }

    #[test]
    fn the_usual_serial_line_is_even_with_one_stop_bit() {
        let (found, told) = read("transport = \"serial\"\naddress = \"/dev/ttyS0\"");
        assert!(told.is_empty(), "{told:?}");
        let line = SerialLine { baud: 115_200, parity: Parity::Even, two_stop_bits: false };
        assert_eq!(found.unwrap().transport, Transport::Serial(line));
    }

    #[test]
    fn what_no_serial_line_can_be_is_refused() {
        for (text, wanted) in [
            ("transport = \"serial\"\naddress = \"plc:502\"", "line[0].plc.address"),
            ("transport = \"serial\"\naddress = \"/dev/x\"\nunit = 0", "line[0].plc.unit"),
            (
                "transport = \"serial\"\naddress = \"/dev/x\"\nparity = \"mark\"",
                "line[0].plc.parity",
            ),
            (
                "transport = \"serial\"\naddress = \"/dev/x\"\nstop_bits = 3",
                "line[0].plc.stop_bits",
            ),
            ("transport = \"rtu_over_tcp\"\naddress = \"x:1\"\nunit = 248", "line[0].plc.unit"),
            ("transport = \"udp\"\naddress = \"x:1\"", "line[0].plc.transport"),
            ("address = \"/dev/ttyUSB0\"", "line[0].plc.address"),
            ("address = \"x:1\"\nbaud = 9600", "line[0].plc.baud"),
        ] {
            let (_, told) = read(text);
            assert!(told.len() == 1 && told[0].starts_with(wanted), "{text}: {told:?}");
        }
    }

    #[test]
    fn a_serial_line_on_which_no_answer_can_come_in_time_is_refused() {
        let slow = "transport = \"serial\"\naddress = \"/dev/x\"\nbaud = 9600\n\
                    answer_within = \"100ms\"";
        let (_, told) = read(slow);
        assert!(told.len() == 1 && told[0].contains("a faster line"), "{told:?}");
        let (_, told) = read(&slow.replace("9600", "115200"));
        assert!(told.is_empty(), "{told:?}");
    }

    #[test]
    fn a_module_without_a_program_is_read_in_an_eighth_of_the_time_between_two_products() {
        // 800 ms between two products (line-configs/plc/remote-io.toml).
        let text = "profile = \"remote-io\"\naddress = \"x:502\"\ncycle = ";
        let (_, told) = read(&format!("{text}\"100ms\""));
        assert!(told.is_empty(), "{told:?}");
        let (_, told) = read(&format!("{text}\"101ms\""));
        assert!(told.len() == 1 && told[0].contains("5ms to 100ms"), "{told:?}");
    }
}
