//! The table of the distances on a line.
use super::reader::Reader;
use crate::line::{LineSettings, Stations};
use std::time::Duration;

/// Reads `[line.stations]`: milliseconds at full speed, or counts of the belt's encoder.
pub(super) fn stations(mut at: Reader<'_>) -> Option<Stations> {
    let counts = match at.has("unit") {
        false => Some(false),
        true => at.read("unit", "\"ms\" or \"counts\"", |word| match word {
            "ms" => Some(false),
            "counts" => Some(true),
            _ => None,
        }),
    };
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
        let found = format!("{:?} from camera to gate", stations.gate - stations.camera);
        let wanted = format!(
            "{:?} more, or picture_within of at most {room:?}: a pass must be at the gate before \
             its product",
            settings.picture_within - room
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
}
