//! `markwright grade` and `calibrate`: what they say, write, refuse, and what they do with files
//! that are no pictures.
use crate::graded_kit::{drawn, written};
use crate::symbol_kit::Fault;
use image::{DynamicImage, GrayImage, Luma};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_markwright"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The JSON lines of `grade`, and its exit code.
fn graded(arguments: &[&str], folder: &Path) -> (Vec<Value>, i32) {
    let done = run(&[&["grade", "--json"], arguments].concat(), folder);
    let said = text(&done.stdout);
    let objects = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (objects, done.status.code().unwrap())
}

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

const KEYS: &str = "aperture_mm calibrated corners edition file fpd_segments identifier letter ms \
                    notation overall parameters print_growth text";
const PARAMETERS: &str = "anu decode fpd gnu mod rm sc uec";

#[test]
fn a_clean_symbol_has_a_grade_under_every_key() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, code) = drawn(Fault::Clean, 1);
    written(&picture, folder.path(), "clean.png");
    let (objects, exit) = graded(&["clean.png", "--px-per-mm", "12"], folder.path());
    let [object] = &objects[..] else { panic!("{objects:?}") };
    assert_eq!(exit, 0);
    assert_eq!(keys(object).join(" "), KEYS);
    assert_eq!(keys(&object["parameters"]).join(" "), PARAMETERS);
    for key in PARAMETERS.split(' ') {
        assert_eq!(keys(&object["parameters"][key]), ["grade", "value"], "{key}");
    }
    assert_eq!(keys(&object["print_growth"]), ["x", "y"]);
    assert_eq!(
        (object["file"].as_str(), object["text"].as_str()),
        (Some("clean.png"), Some(&*code))
    );
    assert_eq!((&object["identifier"], &object["edition"]), (&"]d2".into(), &"2011".into()));
    assert_eq!((&object["calibrated"], &object["letter"]), (&false.into(), &"A".into()));
    assert!(object["notation"].as_str().unwrap().starts_with("4.0/"), "{object}");
    assert!(object["aperture_mm"].as_f64().unwrap() > 0.1, "{object}");
    assert!(object["ms"].as_f64().unwrap() > 0.0);
    assert_eq!(object["corners"].as_array().unwrap().len(), 4);
    let segments = object["fpd_segments"].as_array().unwrap();
    for name in ["L1", "L2", "QZL1", "QZL2", "AG"] {
        assert!(segments.iter().any(|segment| segment["name"] == name), "{name}: {segments:?}");
    }
}

#[test]
fn an_older_or_newer_edition_and_another_aperture_are_written_into_the_grade() {
    let folder = tempfile::tempdir().unwrap();
    written(&drawn(Fault::Inverted, 2).0, folder.path(), "a.png");
    let arguments = ["--edition", "2024", "--aperture", "0.2", "--px-per-mm", "20", "a.png"];
    let (objects, _) = graded(&[&arguments[..], &["--angle", "30Q"]].concat(), folder.path());
    assert_eq!(objects[0]["edition"], "2024");
    let notation = objects[0]["notation"].as_str().unwrap();
    assert!(notation.ends_with("/08/660/30Q"), "{notation}");
    assert!((objects[0]["aperture_mm"].as_f64().unwrap() - 0.2).abs() < 1e-3);
    let refused = run(&["grade", "--aperture", "0.2", "a.png"], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("--px-per-mm"));
    for wrong in [["--edition", "2012"], ["--standard", "15416"], ["--px-per-mm", "0"]] {
        let refused = run(&["grade", wrong[0], wrong[1], "a.png"], folder.path());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn damage_costs_grades_and_a_wanted_grade_decides_about_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    written(&drawn(Fault::Damage, 3).0, folder.path(), "bad.png");
    let (objects, exit) = graded(&["bad.png"], folder.path());
    assert_eq!(exit, 0);
    let overall = objects[0]["overall"].as_f64().unwrap();
    assert!(overall < 4.0, "{overall}");
    assert!(objects[0]["parameters"]["uec"]["value"].as_f64().unwrap() < 1.0);
    assert_eq!(graded(&["--want", "A", "bad.png"], folder.path()).1, 1);
    assert_eq!(graded(&["--want", "0", "bad.png"], folder.path()).1, 0);
}

#[test]
fn another_code_than_expected_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, code) = drawn(Fault::Clean, 4);
    written(&picture, folder.path(), "a.png");
    let expect = code.replace('\u{1d}', "<GS>");
    let (objects, exit) = graded(&["--expect", &expect, "a.png"], folder.path());
    assert_eq!((&objects[0]["expected"], exit), (&true.into(), 0));
    let (objects, exit) = graded(&["--expect", "0104810093011694", "a.png"], folder.path());
    assert_eq!((&objects[0]["expected"], exit), (&false.into(), 1));
}

#[test]
fn a_picture_without_a_symbol_has_grade_zero() {
    let folder = tempfile::tempdir().unwrap();
    let noise = GrayImage::from_fn(200, 150, |x, y| {
        Luma([(x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_be_bytes()[1]])
    });
    written(&noise.into(), folder.path(), "noise.png");
    written(&DynamicImage::new_luma8(1, 1), folder.path(), "one.png");
    let (objects, exit) = graded(&["noise.png", "one.png"], folder.path());
    assert_eq!((objects.len(), exit), (2, 1));
    for object in &objects {
        assert!(object["text"].is_null() && object["corners"].is_null(), "{object}");
        assert_eq!((&object["overall"], &object["letter"]), (&0.0.into(), &"F".into()));
        assert_eq!(object["parameters"]["decode"]["grade"], 0.0);
        assert_eq!(object["error"], "no symbol can be read");
        assert_eq!(keys(&object["parameters"]).join(" "), PARAMETERS);
    }
}

#[test]
fn broken_files_are_named_and_the_next_one_is_graded() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, code) = drawn(Fault::Clean, 5);
    let whole = std::fs::read(written(&picture, folder.path(), "z.png")).unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("cut.png", &whole[..whole.len() / 2]);
    put("empty.png", b"");
    put("huge.pgm", b"P5 20000 20000 255\n");
    put("text.png", b"this is a text, and no picture");
    std::fs::create_dir(folder.path().join("empty_folder")).unwrap();
    std::fs::create_dir_all(folder.path().join("mixed/folder.png")).unwrap();
    put("mixed/notes.txt", b"not looked at");
    put("mixed/Z.PNG", &whole);
    for command in ["grade", "read"] {
        let names = [
            "empty_folder",
            "cut.png",
            "empty.png",
            "huge.pgm",
            "missing.png",
            "text.png",
            "z.png",
            "z.png",
            "mixed",
        ];
        let done = run(&[&[command, "--json"], &names[..]].concat(), folder.path());
        let said = text(&done.stdout);
        let objects: Vec<Value> =
            said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((objects.len(), done.status.code()), (9, Some(1)), "{said}");
        let reasons =
            ["no picture", "broken", "empty", "20000 x 20000", "cannot be read", "no picture"];
        for (object, reason) in objects.iter().zip(reasons) {
            let error = object["error"].as_str().unwrap();
            assert!(error.contains(reason) && object["text"].is_null(), "{object}");
            for key in ["file", "text", "identifier", "corners", "ms"] {
                assert!(object.get(key).is_some(), "{key}: {object}");
            }
        }
        assert!(objects[6..].iter().all(|object| object["text"] == *code), "{said}");
    }
}

#[test]
fn every_format_and_depth_gives_the_same_grade() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, code) = drawn(Fault::Clean, 6);
    for ending in ["png", "pgm", "bmp", "tiff"] {
        written(&picture, folder.path(), &format!("a.{ending}"));
    }
    written(&picture.to_luma16().into(), folder.path(), "deep.png");
    written(&picture.to_rgb8().into(), folder.path(), "colour.png");
    written(&picture.to_rgba16().into(), folder.path(), "glass.tiff");
    written(&picture, folder.path(), "lossy.jpg");
    std::fs::write(folder.path().join("notes.txt"), "not looked at").unwrap();
    let (objects, exit) = graded(&["."], folder.path());
    assert_eq!((objects.len(), exit), (8, 0));
    for object in &objects {
        assert_eq!(object["text"], *code, "{object}");
        let lossy = object["file"].as_str().unwrap().ends_with("jpg");
        assert!(lossy || object["parameters"] == objects[0]["parameters"], "{object}");
    }
}

#[test]
fn a_scale_that_no_camera_has_is_refused_with_the_range() {
    let folder = tempfile::tempdir().unwrap();
    for scale in ["0", "-3", "0.5", "1e9", "inf", "many"] {
        let refused = run(&["grade", &format!("--px-per-mm={scale}"), "a.png"], folder.path());
        assert_eq!(refused.status.code(), Some(2));
        let said = text(&refused.stderr);
        assert!(said.contains("wanted 1 to 1000 pixels a millimetre"), "{scale}: {said}");
    }
}

#[test]
fn people_get_a_table_with_thresholds_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    written(&drawn(Fault::Faint, 7).0, folder.path(), "faint.png");
    let done = run(&["grade", "faint.png", "--want", "C"], folder.path());
    let said = text(&done.stdout);
    for words in [
        "FAIL: grade ",
        "wanted 1.5 C",
        "uncalibrated",
        "Parameter ",
        "Axial non-uniformity",
        "Unused error correction",
        "from 40 %",
        "Symbol contrast: what to do",
        "Matrix size",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains('\u{1b}'), "colour is for terminals");
}

#[test]
fn overlays_have_the_names_of_their_pictures() {
    let folder = tempfile::tempdir().unwrap();
    written(&drawn(Fault::Damage, 8).0, folder.path(), "a.png");
    written(&drawn(Fault::Clean, 9).0, folder.path(), "b.png");
    let refused = run(&["grade", "--overlay", "o.png", "a.png", "b.png"], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("name a folder"), "{refused:?}");
    let refused = run(&["grade", "--overlay", "o.jpg", "a.png"], folder.path());
    assert!(text(&refused.stderr).contains("PNG is written"), "{refused:?}");
    assert!(!folder.path().join("o.jpg").exists());
    let done = run(&["grade", "--overlay", "marked", "a.png", "b.png"], folder.path());
    assert!(done.status.success(), "{done:?}");
    for name in ["marked/a-overlay.png", "marked/b-overlay.png"] {
        let marked = image::open(folder.path().join(name)).unwrap().into_rgb8();
        assert_eq!(marked.dimensions(), (320, 240));
        let green = marked.pixels().filter(|p| p.0[1] > p.0[0] && p.0[1] > p.0[2]).count();
        assert!(green > 1_000, "{name}: {green} pixels are green");
    }
    let wrong = |name: &str| {
        let marked = image::open(folder.path().join(name)).unwrap().into_rgb8();
        marked.pixels().filter(|p| p.0 == [208, 0, 208]).count()
    };
    assert!(wrong("marked/a-overlay.png") > wrong("marked/b-overlay.png"), "damage is marked");
    let done = run(&["grade", "--overlay", "one.png", "a.png"], folder.path());
    assert!(done.status.success() && folder.path().join("one.png").is_file());
}

#[test]
fn the_document_says_everything_that_a_verifier_says() {
    let folder = tempfile::tempdir().unwrap();
    written(&drawn(Fault::Mixed, 10).0, folder.path(), "a.png");
    let done = run(&["grade", "--report", "r.pdf", "--px-per-mm", "15", "a.png"], folder.path());
    assert!(done.status.success(), "{done:?}");
    run(&["grade", "--report", "r.json", "--px-per-mm", "15", "a.png"], folder.path());
    let json: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let mut pdftotext = Command::new("pdftotext");
    pdftotext.args(["-layout", "r.pdf", "-"]).current_dir(folder.path());
    let said = text(&pdftotext.output().expect("tests/run installs poppler-utils").stdout);
    let words: Vec<&str> = said.split_whitespace().collect();
    let segments = json[0]["fpd_segments"].as_array().unwrap();
    assert!(segments.len() >= 13, "{segments:?}");
    for segment in segments {
        let name = segment["name"].as_str().unwrap();
        assert!(words.contains(&name), "{name} is not in {said}");
    }
    for part in [
        json[0]["notation"].as_str().unwrap(),
        json[0]["code"].as_str().unwrap(),
        "Symbol contrast",
        "Unused error correction",
        "Matrix size",
        "Horizontal bar growth",
        "Error correction budget",
        "Correction capacity used",
        "Polarity",
        " mil)",
        "Contrast uniformity",
        "Minimum reflectance difference",
        "uncalibrated",
        "Modulation of every module",
        "threshold",
        "FNC1, GS1 DataMatrix",
        "Released by",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let map = json[0]["module_map"]["modulation_percent"].as_array().unwrap();
    assert_eq!(map.len() as u64, json[0]["symbol"]["rows"].as_u64().unwrap() + 2);
    let stars = said.matches('*').count();
    let corrected = json[0]["codewords"]["corrected_places"].as_array().unwrap().len();
    assert!(corrected > 0 && stars >= corrected, "{corrected} corrected, {stars} stars");
}

/// A card: a symbol on grey 200, a light and a dark patch.
fn card(folder: &Path, light: u8, dark: u8) {
    let (picture, _) = drawn(Fault::Clean, 11);
    let mut picture = picture.into_luma8();
    let mut wide = GrayImage::from_pixel(520, 240, Luma([120]));
    image::imageops::replace(&mut wide, &picture, 0, 0);
    for (x, grey) in [(340, light), (430, dark)] {
        picture = GrayImage::from_fn(80, 80, |x, y| {
            Luma([grey.saturating_add((x + y).to_le_bytes()[0] % 3)])
        });
        image::imageops::replace(&mut wide, &picture, x, 60);
    }
    written(&wide.into(), folder, "card.png");
}

#[test]
fn a_calibrated_camera_grades_light_and_says_how_old_its_card_is() {
    let folder = tempfile::tempdir().unwrap();
    card(folder.path(), 210, 20);
    let arguments = ["calibrate", "card.png", "--camera", "line-1", "--data", "data"];
    let patches = ["--light", "345,65,70,70=0.85", "--dark", "435,65,70,70=0.04"];
    let more = ["--symbol-mm", "10", "--card", "No. 4711"];
    let done = run(&[&arguments[..], &patches[..], &more[..]].concat(), folder.path());
    assert!(done.status.success(), "{done:?}");
    let kept = std::fs::read_to_string(folder.path().join("data/calibration/line-1.toml")).unwrap();
    assert!(kept.contains("reflectance = 0.85") && kept.contains("px_per_mm = "), "{kept}");
    let grade = |calibration: &str| {
        let arguments = ["--data", "data", "--calibration", calibration, "--aperture", "0.8X"];
        graded(&[&arguments[..], &["card.png"]].concat(), folder.path()).0[0].clone()
    };
    let by_name = grade("line-1");
    assert_eq!(by_name["calibrated"], true);
    // What camera and card say: (light less dark grey) times the slope between the patches.
    let plain = graded(&["--aperture", "0.8X", "card.png"], folder.path()).0[0].clone();
    let contrast = |object: &Value| object["parameters"]["sc"]["value"].as_f64().unwrap();
    let slope = (0.85 - 0.04) / (210.0 - 20.0) * 255.0;
    assert!((contrast(&by_name) - contrast(&plain) * slope).abs() < 0.02, "{by_name} {plain}");
    assert!(by_name["aperture_mm"].as_f64().is_some());
    let by_file = grade("data/calibration/line-1.toml");
    assert_eq!(by_file["parameters"], by_name["parameters"]);
    let said =
        run(&["grade", "--data", "data", "--calibration", "line-1", "card.png"], folder.path());
    assert!(text(&said.stdout).contains("0 minutes old, card No. 4711"), "{said:?}");
    let refused =
        run(&["grade", "--data", "data", "--calibration", "other", "card.png"], folder.path());
    assert!(text(&refused.stderr).contains("there are: line-1"), "{refused:?}");
}

#[test]
fn a_card_that_says_nothing_is_refused_and_the_old_calibration_stays() {
    let folder = tempfile::tempdir().unwrap();
    let calibrate = |light: &str, dark: &str| {
        let patches = ["--light", light, "--dark", dark];
        let arguments = ["calibrate", "card.png", "--camera", "c", "--data", "."];
        let done = run(&[&arguments[..], &patches[..]].concat(), folder.path());
        (done.status.code().unwrap(), text(&done.stderr))
    };
    let (light, dark) = ("345,65,70,70=0.85", "435,65,70,70=0.04");
    card(folder.path(), 210, 20);
    assert_eq!(calibrate(light, dark).0, 0);
    let kept = || std::fs::read_to_string(folder.path().join("calibration/c.toml")).unwrap();
    let before = kept();
    for (light, dark, words) in [
        ("435,65,70,70=0.85", "345,65,70,70=0.04", "exchanged"),
        ("345,65,70,70=0.04", "435,65,70,70=0.85", "certificate"),
        ("300,65,120,70=0.85", dark, "not even"),
        ("515,65,70,70=0.85", dark, "not inside"),
        ("345,65,4,4=0.85", dark, "too small"),
    ] {
        let (exit, said) = calibrate(light, dark);
        assert!(exit == 1 && said.contains(words), "{light} {dark}: {said}");
    }
    card(folder.path(), 255, 20);
    assert!(calibrate(light, dark).1.contains("over-exposed"));
    assert_eq!(calibrate("somewhere", dark).0, 2);
    assert_eq!(kept(), before);
}
