//! A report for programs.
use super::words;
use super::{Ask, Found, Report};
use crate::symbol;
use crate::symbol::grade::{Grade, Kind, Segment};
use crate::telemetry::clock::Micros;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The short form, for one line of output: text, grades, segments.
pub fn short(report: &Report) -> Value {
    let found = report.found.as_ref();
    let grade = found.map(|found| &found.grade);
    let mut object = json!({
        "file": report.file,
        "text": found.map(|found| &found.symbol.text),
        "identifier": found.map(|found| found.symbol.identifier),
        "overall": number(report.overall()),
        "letter": report.letter().to_string(),
        "notation": report.notation(),
        "edition": report.ask.conditions.edition.word(),
        "aperture_mm": grade.and_then(|grade| grade.aperture_mm).map(number),
        "calibrated": report.ask.calibration.is_some(),
        "corners": grade.map(|grade| grade.corners.map(|(x, y)| [number(x), number(y)])),
        "ms": report.ms,
        "parameters": parameters(grade),
        "fpd_segments": grade.map_or_else(Vec::new, |grade| segments(&grade.segments)),
        "print_growth": grade.map(|g| json!({ "x": number(g.growth.0), "y": number(g.growth.1) })),
    });
    if let Some(right) = report.is_expected() {
        object["expected"] = json!(right);
    }
    if report.found.is_none() {
        object["error"] = json!("no symbol can be read");
    }
    object
}

/// The same for a file that could not be opened, or is no picture: `reason` says why.
pub fn unopened(file: &str, reason: &str, ask: &Ask) -> Value {
    let pixels = (0, 0);
    let nothing = Report {
        file: file.to_owned(),
        at: Micros(0),
        ask: ask.clone(),
        ms: 0.0,
        pixels,
        found: None,
    };
    let mut object = short(&nothing);
    object["error"] = json!(reason);
    object
}

/// Everything that a verifier's report says.
pub fn full(report: &Report) -> Value {
    let mut object = short(report);
    let conditions = &report.ask.conditions;
    let card = report.ask.calibration.as_ref().map(|card| {
        json!({
            "camera": card.camera, "taken": time(card.taken.0), "card": card.card,
            "age_seconds": report.at.0.saturating_sub(card.taken.0) / 1_000_000,
            "stale": card.is_stale(report.at),
            "dark": { "grey": number(card.dark.grey), "reflectance": number(card.dark.reflectance) },
            "light": { "grey": number(card.light.grey), "reflectance": number(card.light.reflectance) },
        })
    });
    object["graded"] = json!(time(report.at.0));
    object["code"] = json!(report.code());
    object["pixels"] = json!([report.pixels.0, report.pixels.1]);
    object["standard"] = json!(conditions.standard.word());
    object["wavelength_nm"] = json!(conditions.wavelength_nm);
    object["angle"] = json!(conditions.angle.word());
    object["px_per_mm"] = json!(conditions.px_per_mm.map(number));
    object["calibration"] = json!(card);
    object["wanted"] = json!(report.ask.wanted.map(number));
    object["pass"] = json!(report.passes());
    object["verdict"] = json!(report.verdict());
    object["advice"] = advice(report);
    if let Some(found) = &report.found {
        object["symbol"] = symbol_of(found);
        object["reflectance"] = reflectance(report, &found.grade);
        object["module_map"] = module_map(&found.grade);
        object["codewords"] = codewords(found);
    }
    object
}

/// Thousandths are exact enough, and `0.1` stays `0.1`.
fn number(value: f32) -> f64 {
    (f64::from(value) * 1_000.0).round() / 1_000.0
}

fn time(micros: i64) -> Option<String> {
    Timestamp::from_microsecond(micros).map(|time| time.to_string()).ok()
}

/// Of an unreadable picture: decode failed, and with it error correction; the rest is not known.
fn parameters(grade: Option<&Grade>) -> Value {
    let of = |kind: Kind| match grade {
        Some(grade) => {
            let parameter = grade.of(kind);
            json!({ "value": number(parameter.value), "grade": number(parameter.grade) })
        }
        None if matches!(kind, Kind::Decode | Kind::UnusedErrorCorrection) => {
            json!({ "value": 0.0, "grade": 0.0 })
        }
        None => json!({ "value": null, "grade": null }),
    };
    let all: Map<String, Value> =
        Kind::ALL.into_iter().map(|kind| (kind.key().to_owned(), of(kind))).collect();
    Value::Object(all)
}

fn segments(segments: &[Segment]) -> Vec<Value> {
    let one = |segment: &Segment| {
        let mut object = json!({
            "name": segment.name,
            "value": number(segment.value),
            "grade": number(segment.grade),
        });
        if let Some((row, col)) = segment.region {
            object["region"] = json!([row, col]);
        }
        object
    };
    segments.iter().map(one).collect()
}

fn advice(report: &Report) -> Value {
    let rows = report.rows();
    let some = rows.into_iter().filter_map(|row| Some((row.key.to_owned(), json!(row.advice?))));
    Value::Object(some.collect())
}

fn symbol_of(found: &Found) -> Value {
    let (symbol, grade) = (&found.symbol, &found.grade);
    let capacity = symbol::capacity(symbol.rows, symbol.cols);
    json!({
        "rows": symbol.rows, "cols": symbol.cols,
        "data_rows": capacity.map(|c| c.inner.0), "data_cols": capacity.map(|c| c.inner.1),
        "regions": capacity.map(|c| [c.regions.0, c.regions.1]),
        "data_codewords": capacity.map(|c| c.data),
        "correction_codewords": capacity.map(|c| c.correction),
        "blocks": capacity.map(|c| c.blocks),
        "correction_budget": grade.budget, "corrected": grade.corrected,
        "correction_used": 2 * grade.corrected,
        "polarity": if grade.inverted { "light on dark" } else { "dark on light" },
        "mirrored": grade.mirrored,
        "x_dimension_px": number(grade.x_dimension_px),
        "x_dimension_mm": grade.x_dimension_mm.map(number),
        "x_dimension_mil": grade.x_dimension_mm.map(|mm| number(mm / 0.0254)),
        "aperture_px": number(grade.aperture_px),
        "contrast_uniformity": {
            "value": number(grade.contrast_uniformity.0),
            "row": grade.contrast_uniformity.1.0, "col": grade.contrast_uniformity.1.1,
        },
        "minimum_reflectance_difference": number(grade.mrd()),
        "darkest_light_module": number(grade.nearest.0),
        "lightest_dark_module": number(grade.nearest.1),
        "wrong_modules": grade.damaged.iter().map(|(row, col)| [row, col]).collect::<Vec<_>>(),
    })
}

fn reflectance(report: &Report, grade: &Grade) -> Value {
    json!({
        "brightest": number(grade.brightest), "darkest": number(grade.darkest),
        "threshold": number(grade.threshold),
        "histogram": { "bin": 0.02, "modules": report.histogram() },
    })
}

/// Modulation of every module in percent, row by row, quiet zone included.
fn module_map(grade: &Grade) -> Value {
    let cells = &grade.modulation;
    #[expect(clippy::cast_possible_truncation, reason = "0 to 100")]
    let share = |row, col| (cells.at(row, col) * 100.0).floor() as i32;
    let row = |row| (0..cells.cols()).map(|col| share(row, col)).collect::<Vec<_>>();
    let rows: Vec<_> = (0..cells.rows()).map(row).collect();
    json!({ "first_row": -1, "first_col": -1, "modulation_percent": rows })
}

fn codewords(found: &Found) -> Value {
    let data = found.data();
    let parts = found.meanings().into_iter().map(|part| {
        json!({
            "from": part.words.start, "to": part.words.end,
            "encodation": part.encodation, "says": words::visible(&part.says),
        })
    });
    json!({
        "data": found.symbol.words[..data], "correction": found.symbol.words[data..],
        "corrected_places": found.grade.wrong_words,
        "encodation": parts.collect::<Vec<_>>(),
    })
}
