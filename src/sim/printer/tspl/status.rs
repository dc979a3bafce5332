//! What a TSPL printer says of itself, and what it does at once.
use super::super::device::Device;
use super::super::script::Fault;

/// Does what stands behind `<ESC>!` and gives its answer (TSPL2 Programming Manual, "Status
/// Polling and Immediate Commands").
pub(super) fn at_once(device: &mut Device, command: u8) -> Option<Vec<u8>> {
    match command {
        b'?' => return Some(vec![state(device)]),
        b'S' => return Some(long_state(device)),
        b'R' => {
            device.lose_power();
            device.on = true;
        }
        b'.' => device.cancel_all(),
        b'P' => device.paused = true,
        b'O' => device.paused = device.is_stopped(),
        b'F' => device.feed(),
        _ => device.errors += 1,
    }
    None
}

/// Answers what stands behind `~!`, but only while nothing is printed and nothing hinders it.
pub(super) fn question(device: &mut Device, what: u8) -> Option<Vec<u8>> {
    if !device.is_ready() {
        return None;
    }
    match what {
        b'T' => Some(format!("{}\r\n", device.identity.model).into_bytes()),
        b'A' => Some(b"8192 KBytes\r\n".to_vec()),
        b'@' => Some(format!("{:.0}\r\n", (device.mileage_mm / 1e6).floor()).into_bytes()),
        b'I' => {
            let page = if device.memory.setup.utf8 { "UTF-8" } else { "850" };
            Some(format!("{page},001\r\n").into_bytes())
        }
        b'F' => Some(files(device)),
        b'E' => None,
        _ => {
            device.errors += 1;
            None
        }
    }
}

/// Every name with CR behind it, then 0x1A.
fn files(device: &Device) -> Vec<u8> {
    let names = device.memory.file_names().map(|name| {
        let name = name.strip_prefix("R:").unwrap_or(name);
        format!("{name}\r")
    });
    let mut list = names.collect::<String>().into_bytes();
    list.push(0x1a);
    list
}

/// `<ESC>!?`: bit 0 head open, 2 out of paper, 3 out of ribbon, 4 paused, 5 printing, 7 another
/// error. A printer in a fault says the fault and not that it is paused as well.
fn state(device: &Device) -> u8 {
    let bit = |fault, bit| if device.faults.contains(&fault) { bit } else { 0 };
    let errors = bit(Fault::HeadOpen, 0x01)
        | bit(Fault::MediaOut, 0x04)
        | bit(Fault::RibbonOut, 0x08)
        | bit(Fault::TooHot, 0x80);
    match errors {
        0 if device.paused => 0x10,
        0 if device.is_ready() => 0,
        0 => 0x20,
        errors => errors,
    }
}

/// `<ESC>!S`: message, warning, two bytes of errors between STX and ETX CR LF.
fn long_state(device: &Device) -> Vec<u8> {
    let bit = |fault, bit| if device.faults.contains(&fault) { bit } else { 0 };
    let peeled = device.label_waiting && device.memory.setup.mode == b'P';
    let message = match () {
        () if device.is_stopped() => b'E',
        () if device.paused => b'`',
        () if peeled => b'L',
        () if device.is_ready() => b'@',
        () => b'P',
    };
    let warning = if device.has_room() { 0x40 } else { 0x48 };
    let heat = 0x40 | bit(Fault::TooHot, 0x01);
    let media = 0x40
        | bit(Fault::MediaOut, 0x01)
        | bit(Fault::RibbonOut, 0x04)
        | bit(Fault::HeadOpen, 0x20);
    vec![0x02, message, warning, heat, media, 0x03, b'\r', b'\n']
}
