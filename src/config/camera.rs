//! The table of a camera: where pictures or readings come from.
use super::check::SECOND;
use super::line::{ADDRESS, MS, is_address};
use super::reader::Reader;
use crate::calibration::Calibration;
use crate::symbol::Region;
use crate::symbol::grade::Conditions;
use crate::verify::{
    Afterwards, AravisSettings, CameraSettings, FileOrder, FolderSettings, HAS_ARAVIS, HAS_V4L2,
    Kind, Pattern, ReaderSettings, Source, Trigger,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SOURCES: &str = "one of stream, mjpeg, snapshot, folder, reader, v4l2, aravis";

/// Reads the table of a camera. `belt`: it must be known which product a frame shows; `within` is
/// how long a frame waits for its picture and for its trigger to be told.
pub(super) fn camera(
    mut at: Reader<'_>,
    data_dir: &Path,
    line: &str,
    belt: bool,
    within: (Duration, Duration),
) -> Option<CameraSettings> {
    let word = at.text_or("source", "stream");
    without(&mut at, &word);
    let source = match word.as_str() {
        "stream" | "mjpeg" => stream(&mut at),
        "snapshot" => snapshot(&mut at),
        "folder" => folder(&mut at),
        "reader" => reader(&mut at),
        "v4l2" => v4l2(&mut at),
        "aravis" => Some(aravis(&mut at)),
        _ => {
            at.wrong("source", format_args!("\"{word}\""), SOURCES);
            return None;
        }
    };
    let trigger = trigger(&mut at, &word, belt);
    let grading = at.flag_or("grade", true).then(Conditions::default);
    let deep_within = at.time_or("deep_within", 100 * MS, MS, 10 * SECOND);
    let megabytes = at.number_or("frames_max_megabytes", 512, 1, 1_000_000);
    let px_per_mm = at.decimal_or("px_per_mm", 0.0, 0.0, 1_000.0);
    let place = symbol_at(&mut at);
    let by_wire = belt && trigger == Some(Trigger::Device);
    let source_by_wire = source.as_ref().filter(|_| by_wire);
    let only_counts = source_by_wire.map_or(Some(false), Source::only_counts);
    product_every(&mut at, only_counts, within);
    let connect_within = at.time_or("connect_within", 3 * SECOND, 100 * MS, 60 * SECOND);
    let frame_within = at.time_or("frame_within", 2 * SECOND, 10 * MS, 60 * SECOND);
    at.end(&format!(
        "{}, source, trigger, grade, deep_within, px_per_mm, symbol_at, product_every, \
         frames_max_megabytes, connect_within, frame_within",
        keys(&word)
    ));
    let mut settings = CameraSettings::new(source?, data_dir.join("frames"), line);
    settings.trigger = trigger?;
    settings.grading = grading;
    settings.deep_within = deep_within;
    settings.px_per_mm = (px_per_mm > 0.0).then_some(px_per_mm);
    settings.place = place;
    settings.calibration = Some((Calibration::folder(data_dir), line.to_owned()));
    settings.frames_max_bytes = megabytes * 1_000_000;
    (settings.connect_within, settings.frame_within) = (connect_within, frame_within);
    Some(settings)
}

/// Where symbols roughly are.
fn symbol_at(at: &mut Reader<'_>) -> Option<Region> {
    let wanted = "left, top, width and height in pixels, such as \"400, 300, 480, 360\"";
    let region = |text: &str| {
        let numbers: Option<Vec<u32>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
        match numbers?[..] {
            [x, y, width, height] if width.min(height) > 0 => Some(Region { x, y, width, height }),
            _ => None,
        }
    };
    if at.has("symbol_at") { at.read("symbol_at", wanted, region) } else { None }
}

/// Frames that are only counted belong to their products for certain where no next product can come
/// before the camera while that would put them in doubt: the trigger is told within `trigger`, the
/// frame comes within `picture` after that, and a trigger that is told within `trigger` after the
/// frame may have been before it.
fn product_every(
    at: &mut Reader<'_>,
    only_counts: Option<bool>,
    (picture, trigger): (Duration, Duration),
) {
    let said = at.has("product_every");
    let every = at.time_or("product_every", 60 * SECOND, MS, 600 * SECOND);
    if only_counts == Some(false) {
        return;
    }
    let least = picture + 2 * trigger;
    let gap =
        format!("more than picture_within + 2 x trigger_within ({picture:?} + 2 x {trigger:?})");
    if !said && only_counts.is_some() {
        let wanted = format!(
            "the least time from one product to the next, such as \"750ms\": this camera only counts \
             its frames, and that is certain where it is {gap}"
        );
        at.wrong("product_every", "nothing", &wanted);
    } else if said && every <= least {
        let wanted = format!(
            "{gap}, because frames that are only counted are not certain otherwise: make these two \
             shorter in [line.limits], or let the camera tell the tag of the product"
        );
        at.wrong("product_every", format_args!("\"{every:?}\""), &wanted);
    }
}

/// Says how a program is built that has what this one was built without.
fn without(at: &mut Reader<'_>, word: &str) {
    let (has, feature, package) = match word {
        "aravis" => (HAS_ARAVIS, "aravis", "libaravis-dev (0.8.25 or later)"),
        "v4l2" => (HAS_V4L2, "v4l2", "libclang-dev"),
        _ => return,
    };
    if !has {
        let wanted = format!(
            "a program that has it: install {package}, then cargo build --release --features {feature}"
        );
        at.wrong(
            "source",
            format_args!("\"{word}\", which this program was built without"),
            &wanted,
        );
    }
}

/// The keys that only this source has.
fn keys(source: &str) -> &'static str {
    match source {
        "snapshot" => "url, every",
        "folder" => "path, afterwards, done, tag_before, tag_after, order, every, settle",
        "reader" => {
            "kind, address, listen, pattern, start, end, trigger_on, trigger_off, read_within, \
             no_read, ignore, identifier, separator, user, password, cell"
        }
        "v4l2" => "device, width, height",
        "aravis" => "camera, line, exposure_us, left, top, width, height",
        _ => "url",
    }
}

/// Who says when a picture is taken; a free running camera is of no use where products pass.
fn trigger(at: &mut Reader<'_>, source: &str, belt: bool) -> Option<Trigger> {
    let wanted = match (source, belt) {
        ("folder", _) => "\"device\": who drops files has a trigger of its own",
        (_, true) => {
            "\"device\" (a wire to the camera) or \"line\" (we tell it): a camera that runs freely \
             does not say which product a picture shows"
        }
        (_, false) => "\"device\" (a wire to the camera) or \"none\" (it runs freely)",
    };
    // A camera without a trigger input shows the web of a roll as it goes by.
    let usual = match (source, belt) {
        ("v4l2", true) => "line",
        ("v4l2", false) => "none",
        _ => "device",
    };
    if !at.has("trigger") {
        return Some(of_word(usual)?.0);
    }
    at.read("trigger", wanted, |word| {
        let (trigger, with_belt, with_roll) = of_word(word)?;
        let fits = if belt { with_belt } else { with_roll };
        (fits && (source != "folder" || trigger == Trigger::Device)).then_some(trigger)
    })
}

/// The trigger, whether it goes with a belt, and whether with a roll.
fn of_word(word: &str) -> Option<(Trigger, bool, bool)> {
    match word {
        "device" => Some((Trigger::Device, true, true)),
        "line" => Some((Trigger::Line, true, false)),
        "none" => Some((Trigger::Nobody, false, true)),
        _ => None,
    }
}

fn url(at: &mut Reader<'_>, wanted: &str) -> Option<String> {
    at.read("url", wanted, |text| text.starts_with("http://").then(|| text.to_owned()))
}

fn stream(at: &mut Reader<'_>) -> Option<Source> {
    let wanted = "the address of its stream, such as \"http://192.168.1.30/stream\"";
    Some(Source::Stream { url: url(at, wanted)? })
}

fn snapshot(at: &mut Reader<'_>) -> Option<Source> {
    let wanted = "the address of its picture, such as \"http://192.168.1.30/snapshot.jpg\"";
    let url = url(at, wanted);
    let every = at.time_or("every", 50 * MS, 5 * MS, 10 * SECOND);
    Some(Source::Snapshot { url: url?, every })
}

fn folder(at: &mut Reader<'_>) -> Option<Source> {
    let named = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    let path = at.read("path", "a folder, such as \"/srv/ftp/line-1\"", named);
    let wanted = "\"delete\", \"move\" (with `done`) or \"leave\"";
    let word = at.read("afterwards", wanted, |word| {
        ["delete", "move", "leave"].contains(&word).then(|| word.to_owned())
    });
    let afterwards = match word.as_deref() {
        Some("delete") => Some(Afterwards::Delete),
        Some("move") => {
            let wanted = "a folder on the same disk as `path`, for files that were read";
            at.read("done", wanted, named).map(Afterwards::Move)
        }
        Some(_) => Some(Afterwards::Leave),
        None => None,
    };
    let tagged = at.has("tag_before") || at.has("tag_after");
    let between = (at.text_or("tag_before", ""), at.text_or("tag_after", ""));
    let order = if at.has("order") {
        at.read("order", "\"name\" or \"time\"", |word| match word {
            "name" => Some(FileOrder::Name),
            "time" => Some(FileOrder::Time),
            _ => None,
        })
    } else {
        Some(FileOrder::Name)
    };
    let every = at.time_or("every", 20 * MS, 5 * MS, 10 * SECOND);
    let settle = at.time_or("settle", 2 * SECOND, 50 * MS, 60 * SECOND);
    Some(Source::Folder(FolderSettings {
        path: path?,
        every,
        settle,
        tag_between: tagged.then_some(between),
        order: order?,
        afterwards: afterwards?,
    }))
}

fn reader(at: &mut Reader<'_>) -> Option<Source> {
    let words = Kind::ALL.map(Kind::word).join(", ");
    let of_word = |word: &str| Kind::ALL.into_iter().find(|kind| kind.word() == word);
    let kind = at.read("kind", &format!("one of {words}"), of_word);
    let address = at.read("address", ADDRESS, is_address);
    let listen = at.flag_or("listen", false);
    let written = at.text_or("pattern", "{code}");
    let pattern = Pattern::new(&written);
    if let Err(problem) = &pattern {
        let wanted = "a pattern that can be read in one way, such as \"{tag};{code};{grade}\"";
        at.wrong("pattern", format_args!("\"{written}\": {problem}"), wanted);
    }
    let usual = ReaderSettings::new(kind.unwrap_or(Kind::Plain), "", Pattern::new("{code}").ok()?);
    let mut settings = ReaderSettings { listen, ..usual.clone() };
    framing(at, &mut settings);
    trigger_texts(at, &mut settings);
    settings.no_read = at.texts_or("no_read", &usual.no_read);
    settings.ignore = at.texts_or("ignore", &[]);
    let optional = |text: String| (!text.is_empty()).then_some(text);
    settings.identifier = optional(at.text_or("identifier", ""));
    settings.separator = optional(at.text_or("separator", ""));
    settings.login = (at.text_or("user", &usual.login.0), at.text_or("password", &usual.login.1));
    settings.cell = optional(at.text_or("cell", ""));
    kind?;
    Some(Source::Reader(ReaderSettings { address: address?, pattern: pattern.ok()?, ..settings }))
}

fn framing(at: &mut Reader<'_>, settings: &mut ReaderSettings) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (start, end) = (text(&settings.framing.start), text(&settings.framing.end));
    let (start, end) = (at.text_or("start", &start), at.text_or("end", &end));
    if end.is_empty() {
        at.wrong("end", "nothing", "what every message ends with, such as \"\\r\\n\"");
    }
    // The one control character that is part of a code.
    if start.contains('\u{1d}') || end.contains('\u{1d}') {
        at.wrong("end", "GS (29)", "characters that are not part of a code");
    }
    settings.framing.start = start.into_bytes();
    settings.framing.end = end.into_bytes();
}

fn trigger_texts(at: &mut Reader<'_>, settings: &mut ReaderSettings) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (on, off) = (text(&settings.trigger_on), text(&settings.trigger_off));
    settings.trigger_on = at.text_or("trigger_on", &on).into_bytes();
    settings.trigger_off = at.text_or("trigger_off", &off).into_bytes();
    settings.read_within = at.time_or("read_within", 300 * MS, 10 * MS, 10 * SECOND);
    let told = at.shown_here("trigger").is_some_and(|word| word == "line");
    if told && settings.trigger_on.is_empty() {
        let wanted = "what makes this reader read, because trigger = \"line\"";
        at.wrong("trigger_on", "nothing", wanted);
    }
}

fn v4l2(at: &mut Reader<'_>) -> Option<Source> {
    let wanted = "a device file, such as \"/dev/video0\"";
    let device = at.read("device", wanted, |text| text.starts_with('/').then(|| text.into()));
    Some(Source::V4l2 { device: device?, size: size(at) })
}

fn aravis(at: &mut Reader<'_>) -> Source {
    let named = |text: String| (!text.is_empty()).then_some(text);
    let name = named(at.text_or("camera", ""));
    let line = at.text_or("line", "Line0");
    let exposure = small(at.number_or("exposure_us", 0, 0, 10_000_000));
    let (left, top) = (at.number_or("left", 0, 0, 65_535), at.number_or("top", 0, 0, 65_535));
    let region = size(at).map(|(width, height)| (small(left), small(top), width, height));
    let exposure_us = (exposure != 0).then_some(exposure);
    Source::Aravis(AravisSettings { name, region, exposure_us, line })
}

/// Width and height; both or none.
fn size(at: &mut Reader<'_>) -> Option<(u32, u32)> {
    let (width, height) = (at.number_or("width", 0, 0, 8192), at.number_or("height", 0, 0, 8192));
    if (width == 0) != (height == 0) {
        at.wrong("height", height, "width and height, or neither");
    }
    (width != 0 && height != 0).then(|| (small(width), small(height)))
}

fn small(number: u64) -> u32 {
    u32::try_from(number).expect("bounded")
}
