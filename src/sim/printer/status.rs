//! What the printer says of itself: host status, host queries, and the set/get/do channel.
use super::Fault;
use super::device::Device;
use super::stream::Command;

const STX: char = '\u{2}';
const ETX: char = '\u{3}';

/// Does a `~` command and gives its answer. `~JA` and `~JX` also concern the format that is being
/// received; the connection sees to that.
pub(super) fn tilde(device: &mut Device, command: &Command) -> Option<Vec<u8>> {
    match &command.name {
        b"HS" => return host_status(device).map(|s| s.concat().into_bytes()),
        b"HI" => return Some(identification(device).into_bytes()),
        b"HQ" => return query(device, &command.args),
        b"JA" => device.cancel_all(),
        b"PP" => device.paused = true,
        b"PS" => device.paused = !device.faults.is_empty(),
        b"JP" => {
            device.paused = true;
            device.cancel_all();
        }
        b"DG" => device.errors += u64::from(!device.memory.store_graphic(command)),
        b"DY" => device.errors += u64::from(!device.memory.store_object(command)),
        b"JX" | b"SD" | b"TA" | b"JC" | b"HU" => {}
        _ => device.errors += 1,
    }
    None
}

/// Does a `! U1 …` line and gives its answer.
pub(super) fn line(device: &mut Device, line: &str) -> Option<Vec<u8>> {
    let mut quoted = line.split('"').skip(1).step_by(2);
    let (name, value) = (quoted.next().unwrap_or_default(), quoted.next().unwrap_or_default());
    match line.split_whitespace().nth(2).unwrap_or_default() {
        "getvar" => {
            let known = variable(device, name);
            if known.is_none() && name == "device.host_status" {
                return None;
            }
            Some(format!("\"{}\"", known.unwrap_or_else(|| "?".to_owned())).into_bytes())
        }
        "setvar" => {
            if name == "ezpl.reprint_mode" {
                device.memory.reprint_after_error = value == "on";
            }
            None
        }
        "do" => {
            match name {
                "formats.cancel_all" => device.cancel_all(),
                "device.reset" => {
                    device.lose_power();
                    device.on = true;
                }
                _ => device.errors += 1,
            }
            None
        }
        _ => {
            device.errors += 1;
            None
        }
    }
}

fn variable(device: &Device, name: &str) -> Option<String> {
    let word = |fault, bad: &str| {
        let word = if device.faults.contains(&fault) { bad } else { "ok" };
        word.to_owned()
    };
    match name {
        "odometer.total_label_count" => Some(device.odometer.to_string()),
        "device.unique_id" => Some(device.identity.unique_id.clone()),
        "device.friendly_name" => Some(device.identity.model.clone()),
        "appl.name" => Some(device.identity.firmware.clone()),
        "device.languages" => Some("zpl".to_owned()),
        "media.status" => Some(word(Fault::MediaOut, "out")),
        "head.latch" => Some(word(Fault::HeadOpen, "open")),
        "ezpl.reprint_mode" => {
            Some(if device.memory.reprint_after_error { "on" } else { "off" }.to_owned())
        }
        "device.host_status" => host_status(device).map(|strings| {
            let frame = |s: &String| s.trim_start_matches(STX).replace(ETX, "");
            strings.iter().map(frame).collect()
        }),
        _ => None,
    }
}

/// `~HS`: three strings, each in STX … ETX CR LF (ZPL II Programming Guide). None where the
/// printer is silent: its manual says so for media out, ribbon out and head open.
fn host_status(device: &Device) -> Option<[String; 3]> {
    if device.silent_in_fault && !device.faults.is_empty() {
        return None;
    }
    let flag = |fault| u8::from(device.faults.contains(&fault));
    let (paper, head, ribbon) =
        (flag(Fault::MediaOut), flag(Fault::HeadOpen), flag(Fault::RibbonOut));
    let (paused, full) = (u8::from(device.paused), u8::from(!device.has_room()));
    let (length, waiting) = (device.memory.setup.length, device.queue.len());
    let partial = u8::from(device.partial_format);
    let mode = print_mode(device.memory.setup.mode);
    let (taken, left) = (u8::from(device.label_waiting && mode == 1), device.unfinished());
    let strings = [
        format!("030,{paper},{paused},{length:04},{waiting:03},{full},0,{partial},000,0,0,0"),
        format!("001,0,{head},{ribbon},1,{mode},6,{taken},{left:08},1,000"),
        "0000,0".to_owned(),
    ];
    Some(strings.map(|s| format!("{STX}{s}{ETX}\r\n")))
}

/// The number of a print mode in `~HS`.
fn print_mode(letter: u8) -> u8 {
    match letter {
        b'R' => 0,
        b'P' => 1,
        b'C' => 3,
        b'A' => 4,
        b'D' => 5,
        _ => 2,
    }
}

/// `~HI`: model, firmware, dots a millimetre, memory.
fn identification(device: &Device) -> String {
    let identity = &device.identity;
    format!(
        "{STX}{},{},{:.0},65536KB{ETX}\r\n",
        identity.model, identity.firmware, identity.dots_per_mm
    )
}

/// `~HQES`: the error bits are 1 media out, 2 ribbon out, 4 head open. Other questions are not
/// answered.
fn query(device: &mut Device, what: &[u8]) -> Option<Vec<u8>> {
    if what != b"ES" {
        device.errors += 1;
        return None;
    }
    let bit = |fault, bit: u32| if device.faults.contains(&fault) { bit } else { 0 };
    let bits = bit(Fault::MediaOut, 1) + bit(Fault::RibbonOut, 2) + bit(Fault::HeadOpen, 4);
    let any = u8::from(bits != 0);
    let errors = format!("ERRORS:         {any} 00000000 {bits:08X}");
    let warnings = "WARNINGS:       0 00000000 00000000";
    Some(format!("{STX}\r\nPRINTER STATUS\r\n{errors}\r\n{warnings}\r\n{ETX}").into_bytes())
}
