//! The tables of one line.
use super::camera;
use super::check::SECOND;
use super::label::{label_head, try_label};
use super::plc;
use super::reader::Reader;
use super::shifts;
use super::stations;
use super::{LineConfig, Work};
use crate::apply::PlcSettings;
use crate::code::{Gtin, ProductGroup};
use crate::label::{self, DesignProblem, Head};
use crate::line::{
    LineSettings, OnceByHand, PictureBy, QualitySettings, RejectShare, RollSettings, Scenario,
    Stations,
};
use crate::oee::Shifts;
use crate::print::{PrinterSettings, Profile, ProfileError};
use crate::pull::StockRule;
use crate::record::RingSettings;
use crate::store::{Goods, Lot};
use crate::symbol::Separator;
use crate::verify::{CameraSettings, Trigger};
use std::path::Path;
use std::time::Duration;

pub(super) const MS: Duration = Duration::from_millis(1);

/// Every key of a line.
const KEYS: &str = "name, scenario, by_itself, clearance, challenge_every_hours, design, planned, design_per_minute, micro_stop, shifts, limits, stations, quality, recorder, roll, printer, plc, camera, goods, stock";

pub(super) fn line_config(
    mut at: Reader<'_>,
    data_dir: &Path,
    usual: &Shifts,
    rules: &mut Vec<StockRule>,
) -> Option<LineConfig> {
    let name = name(&mut at);
    let wanted = "\"print_apply\", \"roll\", \"preprinted\" or \"manual\"";
    let scenario = at.read("scenario", wanted, |text| text.parse::<Scenario>().ok());
    let belt = scenario.is_none_or(Scenario::has_belt);
    let prints = scenario.is_none_or(Scenario::prints);
    let is_roll = scenario.is_some_and(Scenario::is_roll);
    refuse(&mut at, scenario);
    let known = (belt && at.has("stations")).then(|| stations::stations(at.table("stations")));
    let stations = known.flatten();
    let settings =
        limits(at.table("limits"), scenario.unwrap_or(Scenario::PrintApply), stations.as_ref());
    let quality = quality(at.table("quality"));
    let plan = shifts::plan(&mut at, usual);
    let by_itself = at.flag_or("by_itself", !belt);
    let clearance = at.flag_or("clearance", false);
    let challenge_every = if belt { challenge_every(&mut at) } else { None };
    let roll = if is_roll { roll(&mut at) } else { Media::default() };
    let recorder = recorder(at.table("recorder"));
    let profile = at.shown("printer", "profile").unwrap_or_default();
    let printer = prints.then(|| printer(at.table("printer")));
    let plc = belt.then(|| plc::plc(at.table("plc")));
    let shown = name.clone().unwrap_or_default();
    let watched = belt || (is_roll && at.has("camera"));
    let within = (settings.picture_within, settings.trigger_within);
    let camera =
        watched.then(|| camera::camera(at.table("camera"), data_dir, &shown, belt, within));
    if let (Some(stations), Some(Some(plc)), Some(Some(camera))) = (stations, &plc, &camera) {
        let only_counts = camera.source.only_counts() == Some(true);
        stations::check_way(&mut at, stations, &settings, plc.cycle, only_counts);
    }
    let seer = camera.as_ref().and_then(Option::as_ref);
    check_names(&mut at, scenario, seer);
    let work = at.has("goods").then(|| work(&mut at, prints));
    let rule = at.has("stock").then(|| stock(at.table("stock")));
    if let (Some(Some(work)), Some(printer)) = (&work, printer.as_ref().and_then(Option::as_ref)) {
        check_label(&mut at, work, head(printer, &roll));
    }
    at.end(KEYS);
    let work = work.map_or(Some(None), |work| work.map(Some))?;
    if let (Some(rule), Some(work), Some(name)) = (rule, &work, &name) {
        rules.push(rule_for(name, work, rule));
    }
    let printer = if prints { Some(printer??) } else { None };
    Some(LineConfig {
        name: name?,
        settings: LineSettings {
            ends_with_codes: rule.is_none(),
            rows_in_printer: printer.as_ref().map_or(1, |(printer, ..)| printer.window),
            roll: RollSettings { camera: is_roll && watched, ..roll.settings },
            asks_for_pictures: asks_for_pictures(seer),
            once: once(seer, plc.as_ref().and_then(Option::as_ref)),
            quality: quality?,
            ..settings
        },
        by_itself,
        recorder,
        dots_per_mm: printer.as_ref().map_or(0.0, |(_, dots_per_mm, _)| *dots_per_mm),
        separator: printer.as_ref().map_or(Separator::Fnc1, |(.., separator)| *separator),
        printer: printer.map(|(printer, ..)| printer),
        plc: plc.flatten(),
        camera: camera.flatten(),
        profile,
        pitch_mm: roll.pitch_mm,
        gap_mm: roll.gap_mm,
        plan,
        work,
        clearance,
        challenge_every,
    })
}

fn rule_for(name: &str, work: &Work, (low, order): (u64, u32)) -> StockRule {
    let (gtin, group) = (work.goods.gtin, work.goods.group);
    StockRule { pool: format!("line:{name}"), gtin, group, low, order }
}

fn asks_for_pictures(camera: Option<&CameraSettings>) -> bool {
    camera.is_some_and(|camera| camera.trigger == Trigger::Line)
}

/// What its devices can do once by hand.
fn once(camera: Option<&CameraSettings>, plc: Option<&PlcSettings>) -> OnceByHand {
    let triggers = plc.is_some_and(|plc| plc.profile.triggers_camera());
    let picture = match camera {
        Some(camera) if camera.can_be_asked() => PictureBy::Camera,
        Some(camera) if camera.trigger == Trigger::Device && triggers => PictureBy::Plc,
        Some(_) | None => PictureBy::Nobody,
    };
    OnceByHand { picture, gate: plc.is_some_and(|plc| plc.profile.moves_gate()) }
}

/// Keys that mean nothing in this scenario, each with the reason.
fn refuse(at: &mut Reader<'_>, scenario: Option<Scenario>) {
    let Some(scenario) = scenario.filter(|scenario| !scenario.prints()) else { return };
    for key in ["printer", "design", "roll"] {
        at.refuse(key, "nothing: this line prints no labels, its products come with them");
    }
    at.refuse(
        "stock",
        "nothing: codes of labels that were printed elsewhere come from a file (markwright codes \
         import) or with the order that was printed (markwright job add --order)",
    );
    if scenario.has_belt() {
        return;
    }
    for key in ["plc", "camera", "stations", "quality", "challenge_every_hours"] {
        at.refuse(key, "nothing: labels put on by hand are read by a person with a scanner");
    }
}

/// With nothing that a product should carry, a frame of its neighbour looks as good as its own: a
/// camera that only counts cannot be held to anything.
fn check_names(at: &mut Reader<'_>, scenario: Option<Scenario>, camera: Option<&CameraSettings>) {
    let Some(camera) = camera.filter(|_| scenario == Some(Scenario::Preprinted)) else { return };
    if camera.trigger == Trigger::Device && camera.source.only_counts() == Some(true) {
        let wanted = "a camera that tells the tag of the product, or trigger = \"line\": without a \
                      code that the product should carry, nobody would notice that a frame is of its \
                      neighbour";
        at.wrong("camera.source", "a camera that only counts its frames", wanted);
    }
}

fn name(at: &mut Reader<'_>) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    at.read("name", "letters, digits, - and _", |text| {
        (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_owned())
    })
}

/// How often a challenge test is asked for; 0 hours: never.
fn challenge_every(at: &mut Reader<'_>) -> Option<Duration> {
    let hours = at.number_or("challenge_every_hours", 0, 0, 168);
    (hours > 0).then(|| Duration::from_secs(hours * 3_600))
}

fn head(
    (printer, dots_per_mm, separator): &(PrinterSettings, f32, Separator),
    roll: &Media,
) -> Head {
    let across = roll.settings.labels_per_row;
    label_head(printer, *dots_per_mm, *separator, (across, roll.pitch_mm, roll.gap_mm))
}

/// Refuses what the line makes if its labels cannot be made here.
fn check_label(at: &mut Reader<'_>, work: &Work, head: Head) {
    // Labels in a row without their distance are told elsewhere.
    let side_by_side = head.across == 1 || head.pitch_mm > 0.0;
    let Some(design) = label::design(&work.design).filter(|_| side_by_side) else { return };
    let Err(problem) = try_label(design, &work.goods, &Lot::default(), &head) else { return };
    let wanted = if matches!(problem, DesignProblem::WiderThanHead { .. }) {
        "a design, or labels in a row, that the print head is wide enough for"
    } else if matches!(problem, DesignProblem::Memory { .. }) {
        "a label that this printer can store"
    } else {
        "a design that holds these goods at this printer"
    };
    at.wrong("design", format_args!("\"{}\": {problem}", work.design), wanted);
}

/// How much of what the line was told is kept; with 0 megabytes, nothing is recorded.
fn recorder(mut at: Reader<'_>) -> Option<RingSettings> {
    let megabytes = at.number_or("megabytes", 512, 0, 1_000_000);
    let hours = at.number_or("hours", 72, 1, 10_000);
    at.end("megabytes, hours");
    let hours_max = u32::try_from(hours).expect("bounded");
    (megabytes > 0).then_some(RingSettings { bytes_max: megabytes << 20, hours_max })
}

fn limits(mut at: Reader<'_>, scenario: Scenario, stations: Option<&Stations>) -> LineSettings {
    // Where the distances are known, they say what else would have to be guessed.
    let usual = 500 * MS;
    let room = |stations: &Stations| stations.picture_within(20 * MS, Duration::ZERO);
    let picture_usual = stations.map_or(usual, |at| room(at).clamp(10 * MS, usual));
    let passes_usual = stations.map_or(3, Stations::passes_before_bin_eye_max);
    let small = |n: u64| usize::try_from(n).expect("bounded");
    if !scenario.prints() {
        for key in ["codes_in_hand", "labels_ahead", "print_within", "clear_within"] {
            at.refuse(key, "nothing: this line prints no labels");
        }
    }
    let stock_full = small(at.number_or("codes_in_hand", 200, 10, 10_000));
    let settings = LineSettings {
        scenario,
        stock_low: stock_full / 2,
        stock_full,
        labels_ahead: small(at.number_or("labels_ahead", 3, 1, 4)),
        // The printer says so, and is read with the whole line.
        rows_in_printer: 1,
        print_within: at.time_or("print_within", 5 * SECOND, 100 * MS, 600 * SECOND),
        picture_within: at.time_or("picture_within", picture_usual, 10 * MS, 60 * SECOND),
        trigger_within: at.time_or("trigger_within", 100 * MS, 5 * MS, 10 * SECOND),
        drain_within: at.time_or("drain_within", 30 * SECOND, SECOND, 600 * SECOND),
        settle_within: at.time_or("settle_within", SECOND, 10 * MS, 60 * SECOND),
        clear_within: at.time_or("clear_within", 5 * SECOND, 100 * MS, 600 * SECOND),
        belt_within: at.time_or(
            "belt_within",
            LineSettings::usual_belt_within(),
            100 * MS,
            60 * SECOND,
        ),
        refill_after: SECOND,
        // Whether more codes can come is known with the whole line.
        ends_with_codes: true,
        passes_before_bin_eye_max: u32::try_from(at.number_or(
            "passes_before_bin_eye_max",
            passes_usual.into(),
            0,
            100,
        ))
        .expect("bounded"),
        on_belt_max: stations.map_or(0, Stations::on_belt_max),
        rejects_in_a_row_max: u32::try_from(at.number_or("rejects_in_a_row_max", 5, 1, 1_000))
            .expect("bounded"),
        rejects_of_last: share(&mut at),
        // The camera's table says so.
        asks_for_pictures: false,
        once: OnceByHand::default(),
        quality: QualitySettings::default(),
        roll: RollSettings::default(),
    };
    at.end(
        "codes_in_hand, labels_ahead, print_within, picture_within, trigger_within, drain_within, \
         settle_within, clear_within, belt_within, passes_before_bin_eye_max, rejects_in_a_row_max, rejects_of_last_max, \
         rejects_of_last",
    );
    settings
}

/// How many rejects among how many products; none, if the configuration does not say both.
fn share(at: &mut Reader<'_>) -> RejectShare {
    let small = |n: u64| u32::try_from(n).expect("bounded");
    let most = small(at.number_or("rejects_of_last_max", 0, 0, 1_000));
    let of = small(at.number_or("rejects_of_last", 0, 0, 1_000));
    if (most == 0) != (of == 0) || most > of {
        let wanted = "rejects_of_last_max and rejects_of_last together, the first not greater";
        at.wrong("rejects_of_last", format_args!("{most} of the last {of}"), wanted);
    }
    RejectShare { most, of }
}

/// What is asked of the print.
fn quality(mut at: Reader<'_>) -> Option<QualitySettings> {
    let wanted = "\"A\", \"B\", \"C\", \"D\", or a number such as \"1.5\"";
    let asked = at.has("least_grade");
    let least_grade = if asked { at.read("least_grade", wanted, tenths) } else { None };
    let usual = QualitySettings::default().keep_one_in;
    let keep_one_in = at.number_or("keep_one_in", usual.into(), 0, 1_000_000);
    at.end("least_grade, keep_one_in");
    let keep_one_in = u32::try_from(keep_one_in).expect("bounded");
    (least_grade.is_some() == asked).then_some(QualitySettings { least_grade, keep_one_in })
}

/// A grade in tenths: a letter is the least grade that bears it (ISO/IEC 15415).
fn tenths(text: &str) -> Option<u8> {
    match text {
        "A" => Some(35),
        "B" => Some(25),
        "C" => Some(15),
        "D" => Some(5),
        number => (1..=40_u8).find(|tenths| format!("{}.{}", tenths / 10, tenths % 10) == number),
    }
}

/// What a roll is made of.
struct Media {
    settings: RollSettings,
    pitch_mm: f32,
    gap_mm: f32,
}

impl Default for Media {
    fn default() -> Self {
        Self { settings: RollSettings::default(), pitch_mm: 0.0, gap_mm: 2.0 }
    }
}

fn roll(line: &mut Reader<'_>) -> Media {
    let watched = line.has("camera");
    let mut at = line.table("roll");
    let across = at.number_or("labels_per_row", 1, 1, 4);
    let pause_after = at.number_or("pause_after", 0, 0, 1_000_000);
    let settings = RollSettings {
        labels_per_row: usize::try_from(across).expect("bounded"),
        leader: at.flag_or("leader", false),
        trailer: at.flag_or("trailer", false),
        pause_after: (pause_after != 0).then_some(pause_after),
        spare_percent: u32::try_from(at.number_or("spare_percent", 0, 0, 100)).expect("bounded"),
        camera: watched,
    };
    let pitch_mm = at.decimal_or("pitch_mm", 0.0, 0.0, 500.0);
    let gap_mm = at.decimal_or("gap_mm", 2.0, 0.0, 500.0);
    if across > 1 && pitch_mm == 0.0 {
        let wanted = "millimetres from the left edge of a label to the left edge of the next";
        at.wrong("pitch_mm", "nothing", wanted);
    }
    if across > 1 && watched {
        let wanted = "1: a camera behind the print head sees one label at a time";
        at.wrong("labels_per_row", across, wanted);
    }
    at.end("labels_per_row, pitch_mm, gap_mm, leader, trailer, pause_after, spare_percent");
    Media { settings, pitch_mm, gap_mm }
}

pub(super) fn is_address(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    (!host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0)).then(|| text.to_owned())
}

pub(super) const ADDRESS: &str = "host and port, such as \"192.168.1.20:9100\"";

fn printer(mut at: Reader<'_>) -> Option<(PrinterSettings, f32, Separator)> {
    let profile = profile(&mut at);
    let address = at.read("address", ADDRESS, is_address);
    let unique_id = at.text_or("unique_id", "");
    let usual_port = profile.as_ref().and_then(|(_, usual)| usual.status_port).unwrap_or(0);
    let status_port = at.number_or("status_port", usual_port.into(), 0, 65_535);
    let separator = separator(&mut at);
    at.end("profile, address, unique_id, status_port, separator");
    let (profile, usual) = profile?;
    let settings = PrinterSettings {
        addr: address?,
        unique_id: (!unique_id.is_empty()).then_some(unique_id),
        status_port: u16::try_from(status_port).ok().filter(|port| *port != 0),
        ..usual
    };
    Some((settings, profile.exact_dots_per_mm(), separator?))
}

/// A profile that confirms nothing prints labels for files, but a line would not know what became
/// of its codes.
fn profile(at: &mut Reader<'_>) -> Option<(Profile, PrinterSettings)> {
    let names: Vec<_> = Profile::names().collect();
    let wanted = format!("one of {}, or the path of a profile", names.join(", "));
    let missing = !at.has("profile");
    let name = at.text("profile", &wanted);
    if missing || name.is_empty() {
        return None;
    }
    let profile = match Profile::load(&name) {
        Ok(profile) => profile,
        Err(ProfileError::Unknown { .. }) => {
            at.wrong("profile", format_args!("\"{name}\""), &wanted);
            return None;
        }
        Err(error) => {
            at.wrong("profile", format_args!("\"{name}\": {}", whole(&error)), "a right profile");
            return None;
        }
    };
    let Some(settings) = profile.settings("") else {
        at.wrong(
            "profile",
            format_args!("\"{name}\", which confirms no label"),
            "a profile that confirms by counter or batch_drain; with this one, labels can only be \
             rendered into files (markwright label)",
        );
        return None;
    };
    Some((profile, settings))
}

/// An error with everything that it came from.
pub(super) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {}", error.to_string().trim());
        source = error.source();
    }
    text
}

/// Between the fields of a symbol stands FNC1 (codeword 232), as GS1 has it. Some readers want the
/// control character GS (29) there; the text that is read is the same.
fn separator(at: &mut Reader<'_>) -> Option<Separator> {
    if !at.has("separator") {
        return Some(Separator::Fnc1);
    }
    at.read("separator", "\"fnc1\" or \"gs\"", |word| match word {
        "fnc1" => Some(Separator::Fnc1),
        "gs" => Some(Separator::Gs),
        _ => None,
    })
}

fn work(line: &mut Reader<'_>, prints: bool) -> Option<Work> {
    if !prints {
        let planned = line.number_or("planned", 0, 0, 1_000_000_000);
        return Some(Work { goods: goods(line.table("goods"))?, design: String::new(), planned });
    }
    let names: Vec<_> = label::designs().iter().map(|design| design.name.as_str()).collect();
    let wanted = format!("one of {}", names.join(", "));
    let design = line.read("design", &wanted, |name| label::design(name).map(|_| name.to_owned()));
    let planned = line.number_or("planned", 0, 0, 1_000_000_000);
    let goods = goods(line.table("goods"));
    Some(Work { goods: goods?, design: design?, planned })
}

fn goods(mut at: Reader<'_>) -> Option<Goods> {
    let wanted = "8 to 14 digits with a right check digit";
    let gtin = at.read("gtin", wanted, |text| text.parse::<Gtin>().ok());
    let wanted = "a product group, such as shoes or milk (`markwright codes forms` lists all)";
    let group = at.read("group", wanted, ProductGroup::from_alias);
    let name = at.text("name", "what is printed and shown");
    let goods = Goods {
        gtin: gtin?,
        name,
        hs_code: at.text_or("hs_code", ""),
        group: group?,
        article: at.text_or("article", ""),
        size: at.text_or("size", ""),
        colour: at.text_or("colour", ""),
        composition: at.text_or("composition", ""),
        country: at.text_or("country", ""),
        maker: at.text_or("maker", ""),
        importer: at.text_or("importer", ""),
        lot: Lot {
            batch: at.text_or("batch", ""),
            date: at.text_or("date", ""),
            best_before: at.text_or("best_before", ""),
        },
    };
    at.end(
        "gtin, group, name, hs_code, article, size, colour, composition, country, maker, \
         importer, batch, date, best_before",
    );
    Some(goods)
}

fn stock(mut at: Reader<'_>) -> (u64, u32) {
    let low = at.number_or("low", 500, 1, 1_000_000);
    let order = u32::try_from(at.number_or("order", 1_000, 1, 150_000)).expect("bounded");
    at.end("low, order");
    (low, order)
}
