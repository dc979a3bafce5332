//! What the printer says of itself: host status, host queries, and the set/get/do channel.
use super::super::device::Device;
use super::super::script::Fault;
use super::stream::Command;

const STX: char = '\u{2}';
const ETX: char = '\u{3}';

/// Does a `~` command and gives its answer. `~JA` and `~JX` also concern the format that is being
/// received; the connection sees to that.
pub(super) fn tilde(device: &mut Device, command: &Command) -> Option<Vec<u8>> {
    match &command.name {
        b"HS" if device.silent_in_fault && device.is_stopped() => {}
        b"HS" => return Some(host_status(device).concat().into_bytes()),
        b"HI" => return Some(identification(device).into_bytes()),
        b"HQ" => return query(device, &command.args),
        b"JA" => device.cancel_all(),
        b"PP" => device.paused = true,
        b"PS" => device.paused = device.is_stopped(),
        b"PR" => drop(device.reprint()),
        b"JP" => {
            device.paused = true;
            device.cancel_all();
        }
        b"JR" => restart(device),
        b"DG" => device.errors += u64::from(!device.memory.store_graphic(command)),
        b"DY" => device.errors += u64::from(!device.memory.store_object(command)),
        b"JX" | b"SD" | b"TA" | b"JC" | b"HU" => {}
        _ => device.errors += 1,
    }
    None
}

fn restart(device: &mut Device) {
    device.lose_power();
    device.on = true;
}

/// Does a `! U1 …` line and gives its answer.
pub(super) fn line(device: &mut Device, line: &str) -> Option<Vec<u8>> {
    let mut quoted = line.split('"').skip(1).step_by(2);
    let (name, value) = (quoted.next().unwrap_or_default(), quoted.next().unwrap_or_default());
    match line.split_whitespace().nth(2).unwrap_or_default() {
        "getvar" => {
            let silent = device.silent_in_fault && device.is_stopped();
            if silent && name == "device.host_status" {
                return None;
            }
            let value = get(device, name).unwrap_or_else(|| "?".to_owned());
            Some(format!("\"{value}\"").into_bytes())
        }
        "setvar" => {
            device.errors += u64::from(!set(device, name, value));
            None
        }
        "do" => {
            match name {
                "formats.cancel_all" => device.cancel_all(),
                "device.reset" => restart(device),
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

/// The value of a setting. Nothing where the printer does not know the name.
pub(in super::super) fn get(device: &Device, name: &str) -> Option<String> {
    let word = |fault, bad: &str| {
        let word = if device.faults.contains(&fault) { bad } else { "ok" };
        word.to_owned()
    };
    let switch = |on, [yes, no]: [&str; 2]| if on { yes.to_owned() } else { no.to_owned() };
    let identity = &device.identity;
    match name {
        "odometer.total_label_count" => Some(device.told_odometer().to_string()),
        "odometer.total_print_length" => {
            let inches = device.mileage_mm / 25.4;
            Some(format!("{:.0} INCHES, {:.0} CENTIMETERS", inches, device.mileage_mm / 10.0))
        }
        "device.unique_id" => Some(identity.unique_id.clone()),
        "device.friendly_name" | "device.product_name" => Some(identity.model.clone()),
        "appl.name" => Some(identity.firmware.clone()),
        "device.languages" => Some("zpl".to_owned()),
        "head.resolution.in_dpi" => Some(format!("{:.0}", identity.dots_per_mm * 25.4)),
        "media.status" => Some(word(Fault::MediaOut, "out")),
        "head.latch" => Some(word(Fault::HeadOpen, "open")),
        "device.status" => Some(switch(device.is_printing(), ["busy", "ready"])),
        "ezpl.reprint_mode" => Some(switch(device.memory.reprint_after_error, ["on", "off"])),
        "device.applicator.reprint" => {
            Some(switch(device.memory.reprint_input, ["enabled", "disabled"]))
        }
        "device.host_status" => {
            let frame = |s: &String| s.trim_start_matches(STX).replace(ETX, "");
            Some(host_status(device).iter().map(frame).collect())
        }
        "zpl.system_status" => Some(system_status(device)),
        _ => device.memory.kept(name).map(str::to_owned),
    }
}

/// Sets a setting. False where the printer does not know the name.
pub(in super::super) fn set(device: &mut Device, name: &str, value: &str) -> bool {
    match name {
        "ezpl.reprint_mode" => device.memory.reprint_after_error = value == "on",
        "device.applicator.reprint" => device.memory.reprint_input = value == "enabled",
        _ => return device.memory.keep(name, value),
    }
    true
}

/// `~HS`: three strings, each in STX … ETX CR LF (ZPL II Programming Guide).
fn host_status(device: &Device) -> [String; 3] {
    let flag = |fault| u8::from(device.faults.contains(&fault));
    let (paper, head, ribbon) =
        (flag(Fault::MediaOut), flag(Fault::HeadOpen), flag(Fault::RibbonOut));
    let hot = flag(Fault::TooHot);
    let (paused, full) = (u8::from(device.paused), u8::from(!device.has_room()));
    let (length, waiting) = (device.memory.setup.length, device.waiting() + device.held_twice());
    let partial = u8::from(device.partial_format);
    let mode = print_mode(device.memory.setup.mode);
    let (taken, left) = (u8::from(device.label_waiting && mode == 1), device.unfinished());
    let strings = [
        format!("030,{paper},{paused},{length:04},{waiting:03},{full},0,{partial},000,0,0,{hot}"),
        format!("001,0,{head},{ribbon},1,{mode},6,{taken},{left:08},1,000"),
        "0000,0".to_owned(),
    ];
    strings.map(|s| format!("{STX}{s}{ETX}\r\n"))
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

/// Error bits as the last eight digits of `~HQES` have them: the first nibble is 1 media out,
/// 2 ribbon out, 4 head open; the second one 1 head too hot (ZPL II Programming Guide, `~HQ`).
fn error_bits(device: &Device) -> u32 {
    let bit = |fault, bit: u32| if device.faults.contains(&fault) { bit } else { 0 };
    bit(Fault::MediaOut, 1)
        + bit(Fault::RibbonOut, 2)
        + bit(Fault::HeadOpen, 4)
        + bit(Fault::TooHot, 0x10)
}

/// `~HQES`. Other questions are not answered.
fn query(device: &mut Device, what: &[u8]) -> Option<Vec<u8>> {
    if what != b"ES" {
        device.errors += 1;
        return None;
    }
    let bits = error_bits(device);
    let any = u8::from(bits != 0);
    let errors = format!("ERRORS:         {any} 00000000 {bits:08X}");
    let warnings = "WARNINGS:       0 00000000 00000000";
    Some(format!("{STX}\r\nPRINTER STATUS\r\n{errors}\r\n{warnings}\r\n{ETX}").into_bytes())
}

/// `zpl.system_status`: paused, errors as in `~HQES`, warnings.
fn system_status(device: &Device) -> String {
    let (paused, bits) = (u8::from(device.paused), error_bits(device));
    let any = u8::from(bits != 0);
    format!("{paused},{any},00000000,{bits:08X},0,00000000,00000000")
}
