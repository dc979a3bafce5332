//! The table of the distances on a line.
use super::reader::Reader;
use crate::line::{LineSettings, Stations};
use std::time::Duration;

/// Reads `[line.stations]`: milliseconds at full speed, or counts of the belt's encoder.
pub(super) fn stations(mut at: Reader<'_>) -> Option<Stations> {
    let read = |word: &str| match word {
        "ms" => Some(false),
        "counts" => Some(true),
        _ => None,
    };
    let said = at.has("unit");
    let counts = if said { at.read("unit", "\"ms\" or \"counts\"", read) } else { Some(false) };
    let per_second = at.number_or("counts_per_second", 0, 1, 1_000_000);
    if counts == Some(true) && per_second == 0 {
        let wanted = "how many counts the belt's encoder gives in a second at full speed";
        at.wrong("counts_per_second", "nothing", wanted);
    }
    let mut way = |name: &str, wanted: &str| {
        if !at.has(name) {
            at.wrong(name, "nothing", wanted);
        }
        let way = at.number_or(name, 0, 1, 10_000_000);
        if counts == Some(true) {
            Duration::from_micros(way * 1_000_000 / per_second.max(1))
        } else {
            Duration::from_millis(way)
        }
    };
    let from = "the way from the infeed eye, a whole number";
    let stations = Stations {
        applicator: way("applicator", from),
        camera: way("camera", from),
        gate: way("gate", from),
        bin_eye: way("bin_eye", from),
        apart: way("products_apart", "the least way from the front of one product to the next"),
    };
    let complete = counts.is_some() && stations.apart > Duration::ZERO;
    if complete && !stations.are_in_order() && stations.bin_eye > Duration::ZERO {
        at.wrong("gate", "stations out of order", "applicator < camera < gate < bin_eye");
    }
    at.end("unit, counts_per_second, applicator, camera, gate, bin_eye, products_apart");
    (complete && stations.are_in_order()).then_some(stations)
}

/// A good product must not come to the gate before its pass: the way there must be long enough.
pub(super) fn check_way(
    line: &mut Reader<'_>,
    stations: Stations,
    settings: &LineSettings,
    cycle: Duration,
    only_counts: bool,
) {
    let held = if only_counts { settings.trigger_within } else { Duration::ZERO };
    let room = stations.picture_within(cycle, held);
    if settings.picture_within > room {
        let found =
            format!("{:?} from camera to gate", stations.gate.saturating_sub(stations.camera));
        let wanted = format!(
            "{:?} more, or picture_within of at most {room:?}: a pass must be at the gate before \
             its product",
            settings.picture_within.saturating_sub(room)
        );
        line.wrong("stations.gate", found, &wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Problem;
    use std::path::Path;

    const MS: Duration = Duration::from_millis(1);

    fn read(text: &str) -> (Option<Stations>, Vec<String>) {
        let mut problems = Vec::new();
        let table = text.parse().unwrap();
        let at = "line[0].stations".to_owned();
        let found = stations(Reader::new(Path::new("x.toml"), at, table, &mut problems));
        let told = |problem: Problem| format!("{}: wanted {}", problem.key, problem.wanted);
        (found, problems.into_iter().map(told).collect())
    }

    #[test]
    fn counts_become_times_at_full_speed() {
        let text = "unit = \"counts\"\ncounts_per_second = 2000\napplicator = 600\ncamera = 1000\n\
                    gate = 1800\nbin_eye = 2000\nproducts_apart = 200";
        let (in_counts, none) = read(text);
        let (in_ms, _) = read(
            "applicator = 300\ncamera = 500\ngate = 900\nbin_eye = 1000\nproducts_apart = 100",
        );
        assert!(none.is_empty(), "{none:?}");
        assert_eq!(in_counts, in_ms);
        assert_eq!(in_ms.unwrap().gate, 900 * MS);
    }

    #[test]
    fn every_problem_of_the_distances_is_told() {
        let (found, told) = read("unit = \"counts\"\napplicator = 9\ncamera = 8\ngate = 0");
        assert_eq!(found, None);
        let keys: Vec<_> = told.iter().map(|line| line.split_once(':').unwrap().0).collect();
        let wanted = ["counts_per_second", "gate", "bin_eye", "products_apart"];
        assert_eq!(keys, wanted.map(|key| format!("line[0].stations.{key}")), "{told:?}");
        let (found, told) =
            read("applicator = 9\ncamera = 8\ngate = 10\nbin_eye = 11\nproducts_apart = 1");
        assert_eq!(found, None);
        assert_eq!(told, ["line[0].stations.gate: wanted applicator < camera < gate < bin_eye"]);
    }

    const LINE: &str = r#"
[[line]]
name = "a"
scenario = "print_apply"
printer = { profile = "generic-zpl-300", address = "printer:9100" }
plc = { address = "plc:502" }
camera = { url = "http://camera/stream" }
stations = { applicator = 300, camera = 500, gate = 900, bin_eye = 1000, products_apart = 100 }
"#;

    fn line(more: &str) -> Result<LineSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("line.toml");
        std::fs::write(&file, format!("{LINE}{more}")).unwrap();
        let mut config = crate::config::load(&file).map_err(|error| error.to_string())?;
        Ok(config.lines.remove(0).settings)
    }

    #[test]
    fn what_is_not_set_follows_from_the_distances() {
        let settings = line("").unwrap();
        assert_eq!((settings.on_belt_max, settings.passes_before_bin_eye_max), (21, 1));
        assert_eq!(settings.picture_within, 310 * MS);
        let set = "limits = { passes_before_bin_eye_max = 5, picture_within = \"100ms\" }";
        let settings = line(set).unwrap();
        assert_eq!(settings.passes_before_bin_eye_max, 5);
        assert_eq!(settings.picture_within, 100 * MS);
    }

    #[test]
    fn a_way_on_which_a_pass_would_come_too_late_is_refused() {
        let told = line("limits = { picture_within = \"400ms\" }").unwrap_err();
        assert!(told.contains("line[0].stations.gate: found 400ms from camera to gate"), "{told}");
        assert!(told.contains("wanted 90ms more"), "{told}");
    }
}
