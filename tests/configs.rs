//! Configurations: every shipped one is right, and a wrong one is told everything at once.
#![allow(clippy::unwrap_used, clippy::too_many_lines, missing_docs, reason = "a test")]
#[path = "configs/import.rs"]
mod import;
#[path = "configs/products.rs"]
mod products;
#[path = "configs/without_printer.rs"]
mod without_printer;

use markwright::config::load;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A right configuration; tests spoil it.
const RIGHT: &str = r#"
[[line]]
name = "a"
scenario = "print_apply"
printer = { profile = "generic-zpl-300", address = "printer:9100" }
plc = { address = "plc:502" }
camera = { url = "http://camera/stream" }
"#;

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("line-configs");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files
}

fn write(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

/// All problems of a text, without the file's name.
fn problems(text: &str) -> Vec<String> {
    let (_folder, file) = write(text);
    let Err(error) = load(&file) else { return Vec::new() };
    let named = format!("{}: ", file.display());
    error.to_string().lines().map(|line| line.strip_prefix(&named).unwrap().to_owned()).collect()
}

fn markwright(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_markwright")).args(arguments).output().unwrap()
}

#[test]
fn every_shipped_configuration_is_right() {
    let files = shipped();
    assert_eq!(files.len(), 6, "{files:?}");
    for file in files {
        if let Err(error) = load(&file) {
            assert!(error.is_of_this_machine(), "{error}");
        }
    }
}

#[test]
fn with_its_secret_files_every_shipped_configuration_can_run() {
    for file in shipped() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = fs::read_to_string(&file).unwrap();
        for secret in ["client-token", "mark-user", "mqtt-password", "participant.key"] {
            let path = folder.path().join(secret);
            fs::write(&path, "name:secret\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            text = text.replace(&format!("\"{secret}\""), &format!("{path:?}"));
        }
        let copy = folder.path().join("copy.toml");
        fs::write(&copy, text).unwrap();
        let config = load(&copy).unwrap();
        assert!(!config.lines.is_empty(), "{}", file.display());
    }
}

/// The keys that a table of this path may have, from what is said of one that it may not have.
fn known_keys(spoiled: &str, at: &str) -> Vec<String> {
    let all = problems(spoiled);
    let wanted = format!("{at}: found a key that means nothing here, wanted one of ");
    let list = all.iter().find_map(|line| line.strip_prefix(&wanted));
    let list = list.unwrap_or_else(|| panic!("{at}: {all:?}"));
    list.split(", ").map(str::to_owned).collect()
}

#[test]
fn every_key_is_explained_in_a_shipped_configuration() {
    let shipped: String = shipped().iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let lines: Vec<&str> = shipped.lines().collect();
    // Neighbours share a comment.
    let is_key = |line: &&&str| !line.starts_with('#') && line.contains(" = ");
    let under_comment = |at: usize| {
        lines[..at].iter().rev().find(|line| !is_key(line)).is_some_and(|l| l.starts_with('#'))
    };
    let explained = |key: &str| {
        let within = ["", "line.", "issuer.", "electronic_mark.", "electronic_mark.dialect."];
        let mut tables = within.map(|at| format!("[{at}{key}]")).to_vec();
        tables.extend(within.map(|at| format!("[[{at}{key}]]")));
        let (written, shown) = (format!("{key} = "), format!("# {key} = "));
        lines.iter().enumerate().any(|(at, line)| {
            tables.iter().any(|table| table == line)
                || (line.starts_with(&written) && under_comment(at))
                || line.starts_with(&shown)
        })
    };
    let goods = r#"gtin = "04810093011694", group = "milk", name = "x""#;
    let tables = [
        ("x".to_owned(), "x = 1".to_owned() + RIGHT),
        ("mqtt.x".to_owned(), "[mqtt]\nhost = \"x\"\nx = 1".to_owned() + RIGHT),
        ("issuer.sign.x".to_owned(), "[issuer.sign]\nby = \"test\"\nx = 1".to_owned() + RIGHT),
        ("line[0].x".to_owned(), RIGHT.to_owned() + "x = 1"),
        ("line[0].printer.x".to_owned(), RIGHT.replace(":9100\"", ":9100\", x = 1")),
        ("line[0].plc.x".to_owned(), RIGHT.replace(":502\"", ":502\", x = 1")),
        ("line[0].camera.x".to_owned(), RIGHT.replace("stream\"", "stream\", x = 1")),
        ("line[0].limits.x".to_owned(), RIGHT.to_owned() + "limits = { x = 1 }"),
        ("line[0].stations.x".to_owned(), RIGHT.to_owned() + "stations = { x = 1 }"),
        ("line[0].goods.x".to_owned(), format!("{RIGHT}goods = {{ {goods}, x = 1 }}")),
        ("line[0].stock.x".to_owned(), RIGHT.to_owned() + "stock = { x = 1 }"),
    ];
    let plain = "web issuer issuer.sign_in electronic_mark electronic_mark.dialect true_api centre";
    let plain = plain.split(' ').map(|at| (format!("{at}.x"), format!("[{at}]\nx = 1{RIGHT}")));
    let mut keys = 0;
    for (at, spoiled) in tables.into_iter().chain(plain) {
        for key in known_keys(&spoiled, &at) {
            keys += 1;
            assert!(explained(&key), "{at}: {key}");
        }
    }
    assert!(keys > 50, "only {keys}");
}

#[test]
fn a_line_needs_no_more_than_its_devices() {
    assert_eq!(problems(RIGHT), [""; 0]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_problem_is_named_with_key_found_and_wanted() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            r#"profile = "generic-zpl-300""#,
            r#"profile = "typewriter""#,
            &[
                r#"line[0].printer.profile: found "typewriter", wanted one of desk-zpl-203, generic-tspl-203, generic-zpl-203, generic-zpl-300, tsc-ml241-203, tsc-mx241p-203, tsc-pex-1121, tsc-pex-1131, zebra-zd621-203, zebra-zd621-300, zebra-ze511-203, zebra-ze511-300, zebra-ze521-203, zebra-ze521-300, zebra-zt411-203, zebra-zt411-300, zebra-zt411-600, zebra-zt610-203, zebra-zt610-300, zebra-zt610-600, or the path of a profile"#,
            ],
        ),
        (
            r#"profile = "generic-zpl-300""#,
            r#"profile = "no/such.toml", status_port = 70000"#,
            &[
                r#"line[0].printer.profile: found "no/such.toml": printer profile no/such.toml cannot be read: No such file or directory (os error 2), wanted a right profile"#,
                "line[0].printer.status_port: found 70000, wanted a whole number from 0 to 65535",
            ],
        ),
        (
            r#"name = "a""#,
            r#"name = "line 1""#,
            &[r#"line[0].name: found "line 1", wanted letters, digits, - and _"#],
        ),
        (
            r#"scenario = "print_apply""#,
            r#"scenario = "by_hand""#,
            &[
                r#"line[0].scenario: found "by_hand", wanted "print_apply", "roll", "preprinted" or "manual""#,
            ],
        ),
        (
            r#"address = "plc:502""#,
            r#"address = "plc""#,
            &[
                r#"line[0].plc.address: found "plc", wanted host and port, such as "192.168.1.20:9100""#,
            ],
        ),
        (
            r#"plc = { address = "plc:502" }"#,
            r#"plc = { address = "plc:502", unit = 256, cycle = "1ms" }"#,
            &[
                "line[0].plc.unit: found 256, wanted a whole number from 0 to 255",
                r#"line[0].plc.cycle: found "1ms", wanted a time from 5ms to 100ms, such as "20ms", "10s", "5min""#,
            ],
        ),
        (
            r#"camera = { url = "http://camera/stream" }"#,
            "",
            &[
                r#"line[0].camera.url: found nothing, wanted the address of its stream, such as "http://192.168.1.30/stream""#,
            ],
        ),
        (
            "[[line]]",
            "[issuer]\n[[line]]",
            &[
                r#"issuer.url: found nothing, wanted an address such as "https://suzgrid.crpt.ru""#,
                "issuer.oms_id: found nothing, wanted the participant's id at the station",
                "issuer.token_file: found nothing, wanted the name of a file",
            ],
        ),
        (
            "[[line]]",
            "[issuer]\ncountry = \"UZ\"\nserials = \"mine\"\nserials_of = { bread = \"own\", milk = \"own\" }\n[[line]]",
            &[
                r#"issuer.url: found nothing, wanted an address such as "https://suzgrid.crpt.ru""#,
                "issuer.oms_id: found nothing, wanted the participant's id at the station",
                "issuer.token_file: found nothing, wanted the name of a file",
                r#"issuer.serials: found "mine", wanted own or station"#,
                r#"issuer.serials_of: found bread = "own", wanted a product group or a GTIN with "own" or "station""#,
                r#"issuer.serials: found "own" in UZ, wanted "station": nobody said which digit the operator of this country puts in front"#,
            ],
        ),
        (
            "[[line]]",
            "[centre]\ndesk_line = \"a\"\n[[line]]",
            &[r#"centre.desk_line: found "a", wanted the name of a line with scenario "roll""#],
        ),
        (
            r#"name = "a""#,
            "name = \"a\"\nstock = { low = 0 }",
            &["line[0].stock.low: found 0, wanted a whole number from 1 to 1000000"],
        ),
        (
            r#"name = "a""#,
            "name = \"a\"\nspeed = 3\nlimits = { labels_ahead = 5, print_within = 5 }",
            &[
                "line[0].limits.labels_ahead: found 5, wanted a whole number from 1 to 4",
                r#"line[0].limits.print_within: found 5, wanted a time from 100ms to 600s, such as "20ms", "10s", "5min""#,
                "line[0].speed: found a key that means nothing here, wanted one of name, scenario, by_itself, clearance, challenge_every_hours, design, planned, design_per_minute, micro_stop, shifts, limits, stations, quality, recorder, roll, printer, plc, camera, goods, stock",
            ],
        ),
        (
            r#"name = "a""#,
            "name = \"a\"\ndesign = \"43x25\"\ngoods = { gtin = \"4810093011695\", group = \"bread\" }",
            &[
                r#"line[0].goods.gtin: found "4810093011695", wanted 8 to 14 digits with a right check digit"#,
                r#"line[0].goods.group: found "bread", wanted a product group, such as shoes or milk (`markwright codes forms` lists all)"#,
                "line[0].goods.name: found nothing, wanted what is printed and shown",
            ],
        ),
        (
            "[[line]]",
            "[mqtt]\nport = 0\nprefix = \"a/#\"\n[web]\nlisten = \"here\"\n[[line]]",
            &[
                r#"web.listen: found "here", wanted an address such as "127.0.0.1:8080""#,
                "mqtt.host: found nothing, wanted the broker's name or address",
                "mqtt.port: found 0, wanted a whole number from 1 to 65535",
                "mqtt.prefix: found a/#, wanted a topic without + and #",
            ],
        ),
    ];
    for (right, wrong, wanted) in cases {
        assert!(RIGHT.contains(right), "{right}");
        assert_eq!(problems(&RIGHT.replace(right, wrong)), *wanted, "{wrong}");
    }
}

#[test]
fn a_printer_that_confirms_nothing_is_refused_for_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mute.toml");
    let file = file.to_str().unwrap();
    let profile = include_str!("../printers/generic-zpl-300.toml");
    fs::write(file, profile.replace(r#"["counter", "batch_drain"]"#, r#"["external_io"]"#))
        .unwrap();
    let found = problems(&RIGHT.replace("generic-zpl-300", file));
    let wanted = format!(
        "line[0].printer.profile: found \"{file}\", which confirms no label, wanted a profile that \
         confirms by counter or batch_drain; with this one, labels can only be rendered into files \
         (markwright label)"
    );
    assert_eq!(found, [wanted]);
}

#[test]
fn two_lines_of_one_name_are_refused() {
    let wanted = [r#"line: found the name "a" twice, wanted a name of its own for every line"#];
    assert_eq!(problems(&RIGHT.repeat(2)), wanted);
}

#[test]
fn a_stock_rule_without_an_issuer_is_refused() {
    let goods = "design = \"dairy\"\n[line.stock]\n[line.goods]\n\
                 gtin = \"04810093011694\"\ngroup = \"milk\"\nname = \"x\"\n";
    let wanted = [
        "line.stock: found an order rule, wanted a table [issuer] or [electronic_mark] to order codes from",
    ];
    assert_eq!(problems(&(RIGHT.to_owned() + goods)), wanted);
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line() {
    let found = problems("[web]\nlisten = ");
    assert!(found[0].starts_with("file: found ") && found[0].contains("on line 2"), "{found:?}");
}

#[test]
fn a_token_that_others_may_read_is_refused_by_run_and_only_mentioned_by_check() {
    let (folder, file) = write("");
    let token = folder.path().join("token");
    fs::write(&token, "secret").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    let issuer = format!("[issuer]\nurl = \"http://x\"\noms_id = \"x\"\ntoken_file = {token:?}\n");
    fs::write(&file, issuer + RIGHT).unwrap();
    let error = load(&file).unwrap_err();
    assert!(error.is_of_this_machine());
    assert!(error.to_string().contains("others may read (mode 644; chmod 600)"), "{error}");

    let path = file.to_str().unwrap();
    let check = markwright(&["check", path]);
    assert_eq!(check.status.code(), Some(0));
    assert!(String::from_utf8(check.stdout).unwrap().contains("token_file"));
    let run = markwright(&["run", "--config", path]);
    assert_eq!(run.status.code(), Some(78), "EX_CONFIG of sysexits.h");
}

#[test]
fn check_ends_with_78_and_tells_the_problems_of_every_file() {
    let (folder, file) = write("[web]\nlisten = 1\n");
    fs::write(folder.path().join("right.toml"), RIGHT).unwrap();
    fs::write(folder.path().join("also.toml"), "data_dir = 1").unwrap();
    let check = markwright(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(check.status.code(), Some(78), "EX_CONFIG of sysexits.h");
    let (right, wrong) =
        (String::from_utf8(check.stdout).unwrap(), String::from_utf8(check.stderr).unwrap());
    assert!(right.contains("right.toml: right"), "{right}");
    let named = format!("{}: web.listen: found ", file.display());
    assert!(wrong.contains(&named), "{wrong}");
    assert!(
        wrong.contains("also.toml: data_dir: found a number, wanted text in quotes"),
        "{wrong}"
    );
}

/// A right configuration of a line that makes rolls.
const ROLL: &str = r#"
[[line]]
name = "desk"
scenario = "roll"
printer = { profile = "desk-zpl-203", address = "printer:9100" }
"#;

#[test]
fn a_roll_is_made_as_its_line_is_configured() {
    let roll = "[line.roll]\nlabels_per_row = 3\npitch_mm = 32\ngap_mm = 2.5\nleader = true\n\
                pause_after = 1000\nspare_percent = 2\n";
    let (_folder, file) = write(&(ROLL.to_owned() + roll));
    let config = load(&file).unwrap();
    let line = &config.lines[0];
    let made = &line.settings.roll;
    assert_eq!((made.labels_per_row, made.pause_after, made.spare_percent), (3, Some(1_000), 2));
    assert!(made.leader && !made.trailer && !made.camera);
    assert_eq!((line.pitch_mm, line.gap_mm, line.profile.as_str()), (32.0, 2.5, "desk-zpl-203"));
    let (_folder, file) = write(&(ROLL.to_owned() + "camera = { url = \"http://camera/s\" }"));
    let config = load(&file).unwrap();
    assert!(config.lines[0].settings.roll.camera && config.lines[0].camera.is_some());
}

#[test]
fn a_roll_that_cannot_be_made_is_refused_with_the_reason() {
    let roll = "roll = { labels_per_row = 2, spare_percent = 101 }\n\
                camera = { url = \"http://camera/s\" }";
    let wanted = [
        "line[0].roll.spare_percent: found 101, wanted a whole number from 0 to 100",
        "line[0].roll.pitch_mm: found nothing, wanted millimetres from the left edge of a label to the left edge of the next",
        "line[0].roll.labels_per_row: found 2, wanted 1: a camera behind the print head sees one label at a time",
    ];
    assert_eq!(problems(&(ROLL.to_owned() + roll)), wanted);
    // The head of the desk printer prints 104 mm.
    let wide = "design = \"58x40\"\nroll = { labels_per_row = 2, pitch_mm = 60 }\n[line.goods]\n\
                gtin = \"04810093011694\"\ngroup = \"milk\"\nname = \"Cheese\"\n";
    let wanted = [
        "line[0].design: found \"58x40\": a row of labels of 118.0 mm is wider than the print head of 104.0 mm; the largest shipped label for it is plain, wanted a design, or labels in a row, that the print head is wide enough for",
    ];
    assert_eq!(problems(&(ROLL.to_owned() + wide)), wanted);
    let wanted = ["line[0].roll.gap_mm: found a text, wanted a number from 0 to 500"];
    assert_eq!(problems(&(ROLL.to_owned() + "roll = { gap_mm = \"two\" }")), wanted);
}

#[test]
fn a_share_of_rejects_is_told_whole() {
    let limits = |limits: &str| problems(&(RIGHT.to_owned() + limits));
    let wanted = [
        "line[0].limits.rejects_of_last: found 6 of the last 5, wanted rejects_of_last_max and rejects_of_last together, the first not greater",
    ];
    assert_eq!(limits("limits = { rejects_of_last_max = 6, rejects_of_last = 5 }"), wanted);
    assert_eq!(limits("limits = { rejects_of_last = 5 }").len(), 1);
}

#[test]
fn what_labels_say_of_the_goods_is_checked_with_the_configuration() {
    let line = |printer: &str, more: &str| {
        format!(
            "[[line]]\nname = \"desk\"\nscenario = \"roll\"\ndesign = \"dairy\"\n\
             printer = {{ profile = {printer:?}, address = \"printer:9100\" }}\n[line.goods]\n\
             gtin = \"04810093011694\"\ngroup = \"milk\"\nname = \"Творог\"\n{more}"
        )
    };
    let desk = |more: &str| problems(&line("desk-zpl-203", more));
    let right = "country = \"Беларусь\"\nmaker = \"x\"\nimporter = \"y\"\nbatch = \"17\"\n\
                 date = \"21.11.2026\"\nbest_before = \"05.12.2026\"";
    assert_eq!(desk(right), [""; 0]);
    for (wrong, wanted) in [
        ("batch = 17", "line[0].goods.batch: found a number, wanted text in quotes"),
        ("date = 2026-11-21", "line[0].goods.date: found a date, wanted text in quotes"),
        (
            "produced = \"21.11.2026\"",
            "line[0].goods.produced: found a key that means nothing here, wanted one of gtin, group, name, hs_code, article, size, colour, composition, country, maker, importer, batch, date, best_before",
        ),
    ] {
        assert_eq!(desk(wrong), [wanted]);
    }
    let long = desk(&format!("batch = \"{}\"", "1234567890".repeat(9)));
    assert!(long[0].starts_with("line[0].design: found \"dairy\": element 5 (text): 'Партия 123"));
    assert!(long[0].contains("characters fit as they are, wanted a design that holds"), "{long:?}");
    let letter = desk("batch = \"批\"");
    assert!(letter[0].contains("no letter for '批' in the font of labels"), "{letter:?}");

    // A printer that can keep less than the label has dots.
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small.toml");
    let profile = include_str!("../printers/zebra-zt610-600.toml");
    let profile = profile.replace("memory_kilobytes = 65536", "memory_kilobytes = 64");
    fs::write(&small, profile).unwrap();
    let text = line(small.to_str().unwrap(), "").replace("\"dairy\"", "\"clothing\"");
    let full = problems(&text.replace("\"milk\"", "\"lp\""));
    assert!(
        full[0].starts_with(
            "line[0].design: found \"clothing\": the stored format with its picture takes "
        ) && full[0].contains(" kilobytes, and the printer's memory is 64 kilobytes; ")
            && full[0].ends_with("wanted a label that this printer can store"),
        "{full:?}"
    );
}

#[test]
fn a_job_for_a_roll_is_filed_from_the_command_line_and_listed() {
    let goods = "design = \"dairy\"\nroll = { trailer = true, spare_percent = 3 }\n[line.goods]\n\
                 gtin = \"04810093011694\"\ngroup = \"milk\"\nname = \"Cheese\"\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.toml");
    let data = format!("data_dir = {:?}\n", folder.path().join("data"));
    fs::write(&file, data + ROLL + goods).unwrap();
    let file = file.to_str().unwrap();
    let add = |line: &str, gtin: &str, design: &str| {
        markwright(&[
            "job",
            "add",
            "--config",
            file,
            "--line",
            line,
            "--gtin",
            gtin,
            "--design",
            design,
            "--count",
            "500",
            "--pause-after",
            "200",
        ])
    };
    let filed = add("desk", "04810093011694", "dairy");
    let said = String::from_utf8(filed.stdout).unwrap();
    assert_eq!(said, "job 1: 500 labels on desk\n", "{:?}", filed.stderr);
    for (line, gtin, design, wanted) in [
        ("door", "04810093011694", "dairy", "no line is called 'door'"),
        ("desk", "04810093011694", "none", "no label design is called 'none'"),
        ("desk", "04600000000008", "dairy", "nothing is known of goods 04600000000008"),
    ] {
        let refused = add(line, gtin, design);
        let words = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && words.contains(wanted), "{words}");
    }
    let lot = ["--batch", "19", "--best-before", "05.12.2026"];
    let common = ["--line", "desk", "--gtin", "04810093011694", "--design", "dairy"];
    let with_lot = |lot: &[&str]| {
        markwright(&[&["job", "add", "--config", file, "--count", "5"][..], &common, lot].concat())
    };
    let refused = with_lot(&["--batch", &"1234567890".repeat(9)]);
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && words.contains("does not fit into"), "{words}");
    assert!(with_lot(&lot).status.success());
    let listed = markwright(&["job", "list", "--config", file]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let jobs: Vec<serde_json::Value> =
        listed.lines().map(|job| serde_json::from_str(job).unwrap()).collect();
    assert_eq!(jobs.len(), 2, "{listed}");
    let said = ["batch", "date", "best_before"].map(|key| jobs[0][key].as_str().unwrap());
    assert_eq!(said, ["19", "", "05.12.2026"]);
    let job = &jobs[1];
    assert_eq!((&job["planned"], &job["pause_after"]), (&500.into(), &200.into()));
    assert_eq!((&job["spare_percent"], &job["state"]), (&3.into(), &"waiting".into()));
}
