//! `markwright label`: what it writes, what it refuses, and what it leaves alone.
use crate::label_oracle::codes::{Chance, forms};
use crate::label_oracle::printers::{Paper, Pictures};
use crate::label_oracle::{as_read, output, python, read_pages};
use std::path::Path;
use std::process::{Command, Output};

const CODE: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

/// Prints what is read in a picture.
const READ: &str = r"
import sys, zxingcpp
from PIL import Image
found = zxingcpp.read_barcodes(Image.open(sys.argv[1]).convert('L'), formats=zxingcpp.BarcodeFormat.DataMatrix)
print(' '.join(r.symbology_identifier.encode().hex() + r.bytes.hex() for r in found))
";

fn label(arguments: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_markwright"));
    command.arg("label").args(arguments).current_dir(dir).output().unwrap()
}

/// Does it, and gives what it said beside its output.
fn done(arguments: &[&str], dir: &Path) -> String {
    let done = label(arguments, dir);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{arguments:?}: {said}");
    said
}

/// Is refused with exit code 1, and gives why.
fn refused(arguments: &[&str], dir: &Path) -> String {
    refused_with(1, arguments, dir)
}

fn refused_with(code: i32, arguments: &[&str], dir: &Path) -> String {
    let done = label(arguments, dir);
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(done.stdout.is_empty(), "{arguments:?} wrote something");
    said
}

fn render<'a>(form: &'a str, file: &'a str) -> Vec<&'a str> {
    let code = "0104810093011694212k6rsrti<GS>93#SzU";
    let name = "Кефір «Ранішні»";
    vec!["render", "--design", "58x40", "--code", code, "--name", name, "--as", form, "-o", file]
}

fn files(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn one_label_is_the_same_code_in_every_language_and_picture() {
    let dir = tempfile::tempdir().unwrap();
    for form in ["zpl", "tspl", "png", "pdf", "eps"] {
        done(&render(form, &format!("label.{form}")), dir.path());
    }
    assert_eq!(
        files(dir.path()),
        ["label.eps", "label.pdf", "label.png", "label.tspl", "label.zpl"]
    );
    let wanted = as_read(CODE);
    let read = |name: &str| {
        let file = dir.path().join(name);
        python(READ, &[file.to_str().unwrap()]).trim().to_owned()
    };
    assert_eq!(read("label.png"), wanted);
    let bytes = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    let paper = Paper { width_mm: 58.0, height_mm: 40.0, dots_per_mm: 12.0 };
    let zpl = Pictures::by_zplkit(&[bytes("label.zpl")], paper);
    assert_eq!(zpl.read(), std::slice::from_ref(&wanted));
    let tspl = Pictures::by_labelize(&[bytes("label.tspl")], "tspl", paper);
    assert_eq!(tspl.read(), std::slice::from_ref(&wanted));
    let mut gs = Command::new("gs");
    gs.args(["-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dEPSCrop", "-sDEVICE=pnggray", "-r300"]);
    gs.arg("-dGraphicsAlphaBits=4").arg("-sOutputFile=eps.png").arg("label.eps");
    output(gs.current_dir(dir.path()));
    assert_eq!(read("eps.png"), wanted);
    let pages = tempfile::tempdir().unwrap();
    assert_eq!(read_pages(&dir.path().join("label.pdf"), pages.path()), [wanted]);
}

#[test]
fn standard_output_gets_the_same_bytes_as_a_file() {
    let dir = tempfile::tempdir().unwrap();
    done(&render("zpl", "label.zpl"), dir.path());
    let piped = label(&render("zpl", "-"), dir.path());
    assert!(piped.status.success() && piped.stdout.starts_with(b"~DG") || !piped.stdout.is_empty());
    assert_eq!(piped.stdout, std::fs::read(dir.path().join("label.zpl")).unwrap());
}

#[test]
fn a_thousand_codes_of_a_file_are_on_their_pages_and_in_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let mut chance = Chance::new(29);
    let codes: Vec<String> =
        forms().into_iter().cycle().take(1_000).map(|form| chance.code(form)).collect();
    let array = codes.join("\n").replace('\u{1d}', "<GS>");
    std::fs::write(dir.path().join("codes.txt"), array).unwrap();
    let sheet = ["sheet", "--design", "30x20", "--codes", "codes.txt"];
    let said = done(
        &[&sheet[..], &["--paper", "label", "--as", "pdf", "-o", "roll.pdf"]].concat(),
        dir.path(),
    );
    assert_eq!(said, "roll.pdf: 1000 labels, one a page\n");
    let read = read_pages(&dir.path().join("roll.pdf"), dir.path());
    assert_eq!(read, codes.iter().map(|code| as_read(code)).collect::<Vec<_>>());
    done(&[&sheet[..], &["--as", "csv", "-o", "codes.csv"]].concat(), dir.path());
    let table = std::fs::read_to_string(dir.path().join("codes.csv")).unwrap();
    for (row, code) in table.lines().skip(1).zip(&codes) {
        let code = code.replace('\u{1d}', "\\u001d").replace('"', "\"\"");
        assert!(row.contains(&format!(",\"{code}\",")), "{code} is not in {row}");
    }
}

#[test]
fn a_bad_line_is_named_and_nothing_is_written_unless_it_may_be_left_out() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("codes.txt"), format!("{CODE}\nrubbish\n{CODE}\n")).unwrap();
    std::fs::write(dir.path().join("out.pdf"), "from before").unwrap();
    let sheet =
        ["sheet", "--design", "58x40", "--codes", "codes.txt", "--as", "pdf", "-o", "out.pdf"];
    let said = refused(&sheet, dir.path());
    assert!(
        said.contains("codes.txt:2: ") && said.contains("codes.txt:3: the same code"),
        "{said}"
    );
    assert!(said.contains("--skip-bad"), "{said}");
    assert_eq!(std::fs::read(dir.path().join("out.pdf")).unwrap(), b"from before");
    let said = done(&[&sheet[..], &["--skip-bad"]].concat(), dir.path());
    assert!(said.ends_with("out.pdf: 1 label on 1 sheet of 3 x 6\n"), "{said}");
    assert!(std::fs::read(dir.path().join("out.pdf")).unwrap().starts_with(b"%PDF-1.7"));
    assert_eq!(files(dir.path()), ["codes.txt", "out.pdf"], "nothing half-written is left");
}

#[test]
fn what_cannot_be_drawn_is_refused_and_no_file_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let clothing =
        format!("0104810093011694212k6rsrtiABCDE\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(11));
    std::fs::write(dir.path().join("codes.txt"), format!("{CODE}\n{clothing}\n")).unwrap();
    let sheet = |more: &[&'static str]| {
        let all = ["sheet", "--codes", "codes.txt", "--as", "pdf", "-o", "out.pdf"];
        refused(&[&all[..], more].concat(), dir.path())
    };
    let said = sheet(&["--design", "15x15"]);
    assert!(said.contains("codes.txt:2: "), "the line whose code the design does not hold: {said}");
    let said = sheet(&["--design", "58x40", "--paper", "a5", "--margin-mm", "60"]);
    assert!(said.contains("58 x 40 mm does not fit on the sheet"), "{said}");
    let said = sheet(&["--design", "58x40", "--columns", "4"]);
    assert!(said.contains("from 1 to 3"), "{said}");
    let said = sheet(&["--design", "58x40", "--name", "\u{1F9C0}"]);
    assert!(said.contains("no letter"), "{said}");
    let said = sheet(&["--design", "59x40"]);
    assert!(said.contains("'59x40'") && said.contains("58x40, "), "{said}");
    assert_eq!(files(dir.path()), ["codes.txt"]);
}

#[test]
fn wrong_arguments_say_what_would_be_right() {
    let dir = tempfile::tempdir().unwrap();
    let render = |more: &[&'static str]| {
        let all = ["render", "--design", "58x40", "--as", "zpl", "-o", "-"];
        [&all[..], more].concat()
    };
    let said = refused(&render(&["--code", "rubbish"]), dir.path());
    assert!(said.contains("--code: ") && said.contains("<GS>"), "{said}");
    let code = "0104810093011694212k6rsrti<GS>93#SzU";
    let said = refused(&render(&["--code", code, "--printer", "typewriter"]), dir.path());
    assert!(said.contains("typewriter") && said.contains("generic-zpl-300"), "{said}");
    refused_with(2, &["render", "--design", "58x40"], dir.path());
    std::fs::write(dir.path().join("mine.toml"), "name = 3").unwrap();
    let mine = ["render", "--design", "mine.toml", "--as", "zpl", "-o", "-", "--code", code];
    let said = refused_with(78, &mine, dir.path());
    assert!(said.contains("mine.toml: "), "{said}");
}

#[test]
fn a_printer_gets_no_file_of_another_language() {
    let dir = tempfile::tempdir().unwrap();
    for (printer, form, wanted) in
        [("zebra-zt411-300", "tspl", "zpl"), ("tsc-mx241p-203", "zpl", "tspl")]
    {
        let arguments = [&render(form, "label.out")[..], &["--printer", printer]].concat();
        let said = refused(&arguments, dir.path());
        assert!(said.contains(&format!("ask for --as {wanted}")), "{said}");
    }
    assert_eq!(files(dir.path()), Vec::<String>::new());
}

#[test]
fn designs_are_listed_and_checked_for_a_printer() {
    let dir = tempfile::tempdir().unwrap();
    let listed = label(&["list", "--printer", "desk-zpl-203"], dir.path());
    let listed = String::from_utf8(listed.stdout).unwrap();
    let dairy = listed.lines().find(|line| line.starts_with("dairy ")).unwrap();
    let (size, groups) = dairy.split_once("; for every group but ").unwrap();
    assert!(size.contains("40 x 20 mm"), "{dairy}");
    assert!(groups.split(", ").any(|g| g == "shoes") && !groups.contains("milk"), "{dairy}");
    let checked = label(&["check", "--design", "dairy", "--printer", "desk-zpl-203"], dir.path());
    assert!(checked.status.success());
    let checked = String::from_utf8(checked.stdout).unwrap();
    let of = |group: &str| checked.lines().find(|line| line.starts_with(group)).unwrap();
    assert!(of("milk").contains("holds, modules of 0."), "{checked}");
    assert!(of("shoes").contains("the nearest design that holds is '"), "{checked}");
    let design = "name='t'\ntitle='t'\nwidth_mm=20\nheight_mm=20\n[[element]]\n\
                  kind='datamatrix'\nx_mm=1\ny_mm=1\nmodule={dots=2}\n";
    std::fs::write(dir.path().join("fine.toml"), design).unwrap();
    let fine = label(&["check", "--design", "fine.toml", "--printer", "desk-zpl-203"], dir.path());
    assert_eq!(fine.status.code(), Some(1));
    let said = String::from_utf8(fine.stdout).unwrap();
    assert!(said.contains("2 dots is 0.250 mm") && said.contains("3 dots = 0.375 mm"), "{said}");
}

#[test]
fn a_label_larger_than_the_memory_of_the_printer_is_refused_with_both_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let profile = include_str!("../../printers/zebra-zt610-600.toml");
    let small = profile.replace("memory_kilobytes = 65536", "memory_kilobytes = 64");
    std::fs::write(dir.path().join("small.toml"), small).unwrap();
    let words = "kilobytes, and the printer's memory is 64 kilobytes";
    let printer = ["--design", "clothing", "--printer", "small.toml"];
    let checked = label(&[&["check"][..], &printer].concat(), dir.path());
    let said = String::from_utf8(checked.stdout).unwrap();
    let of = |group: &str| said.lines().find(|line| line.starts_with(group)).unwrap();
    assert!(of("milk").contains(words), "{said}");
    assert_eq!(checked.status.code(), Some(1));
    let code = "0104810093011694212k6rsrti<GS>93#SzU";
    let drawn = ["--code", code, "--as", "zpl", "-o", "label.zpl"];
    let drawn = label(&[&["render"][..], &printer, &drawn].concat(), dir.path());
    let said = String::from_utf8(drawn.stderr).unwrap();
    assert!(!drawn.status.success() && said.contains(words), "{said}");
    assert!(!dir.path().join("label.zpl").exists());
    let plain = ["check", "--design", "plain", "--printer", "small.toml"];
    assert!(label(&plain, dir.path()).status.success(), "nothing is stored but the format");
}

#[test]
fn words_of_one_product_are_not_printed_on_codes_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let other = "0104600439931256210000001<GS>93abcd";
    let array = format!("{CODE}\n{other}\n");
    std::fs::write(dir.path().join("codes.txt"), array).unwrap();
    for form in ["pdf", "csv"] {
        let sheet =
            ["sheet", "--design", "58x40", "--codes", "codes.txt", "--as", form, "-o", "out"];
        let named = [&sheet[..], &["--name", "Сыр"]].concat();
        let said = refused(&named, dir.path());
        for words in
            ["codes.txt:2 is a code of 04600439931256", "codes.txt:1 one of 04810093011694"]
        {
            assert!(said.contains(words), "{said}");
        }
        assert!(
            said.contains("--name") && said.contains("--gtin 04600439931256 --skip-bad"),
            "{said}"
        );
        assert_eq!(files(dir.path()), ["codes.txt"]);
        let one = [&named[..], &["--gtin", "04810093011694", "--skip-bad"]].concat();
        let said = done(&one, dir.path());
        assert!(said.contains("codes.txt:2: ") && said.contains("out: 1 "), "{said}");
        // Labels that say nothing but the code may be of any goods.
        assert!(done(&sheet, dir.path()).contains("out: 2 "));
        std::fs::remove_file(dir.path().join("out")).unwrap();
    }
}

#[test]
fn the_table_has_a_column_for_everything_that_the_design_prints() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("codes.txt"), CODE).unwrap();
    let head = |design: &str| {
        let sheet = ["sheet", "--codes", "codes.txt", "--as", "csv", "-o", "codes.csv"];
        done(
            &[&sheet[..], &["--design", design, "--name", "Сыр", "--size", "L"]].concat(),
            dir.path(),
        );
        let table = std::fs::read_to_string(dir.path().join("codes.csv")).unwrap();
        table.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let always = "\"number\",\"code\",\"gtin\",\"serial\",\"human_readable\"";
    let universal = head("58x40");
    let wanted =
        "\"code_gs1\",\"name\",\"article\",\"size\",\"colour\",\"composition\",\"batch\",\"date\"";
    assert_eq!(universal[0], format!("{always},{wanted}"));
    let said = "\"(01)04810093011694(21)2k6rsrti\",\"Сыр\",\"\",\"L\",\"\",\"\",\"\",\"\"";
    assert!(universal[1].ends_with(said), "{}", universal[1]);
    assert!(!head("footwear")[0].contains("batch"), "the design does not print it");
}

#[test]
fn a_number_out_of_range_is_answered_with_the_range() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("codes.txt"), CODE).unwrap();
    let sheet =
        ["sheet", "--design", "58x40", "--codes", "codes.txt", "--as", "pdf", "-o", "out.pdf"];
    for (option, value, words) in [
        ("--rows", "-3", "wanted a whole number from 1 to 100 rows"),
        ("--columns", "99999999999", "wanted a whole number from 1 to 100 columns"),
        ("--gap-mm", "-1", "wanted 0 to 100 mm"),
        ("--margin-mm", "nan", "wanted 0 to 100 mm"),
    ] {
        let said = refused_with(2, &[&sheet[..], &[option, value]].concat(), dir.path());
        assert!(said.contains(words) && !said.contains("unexpected"), "{said}");
    }
    let said = refused(&[&sheet[..], &["--paper", "label", "--rows", "3"]].concat(), dir.path());
    assert!(said.contains("--rows is for sheets"), "{said}");
    assert_eq!(files(dir.path()), ["codes.txt"]);
}

#[test]
fn an_error_of_a_file_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let markwright = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_markwright"));
        let done = command.args(arguments).current_dir(dir.path()).output().unwrap();
        assert!(!done.status.success(), "{arguments:?}");
        String::from_utf8(done.stderr).unwrap()
    };
    let printer = ["sim", "printer", "--listen", "127.0.0.1:0"];
    let said = markwright(&[&printer[..], &["--ledger", "no/ledger.jsonl"]].concat());
    assert!(said.contains("no/ledger.jsonl"), "{said}");
    let said = markwright(&[&printer[..], &["--last-label", "no/label.png"]].concat());
    assert!(said.contains("there is no folder no"), "{said}");
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/line-configs/labelling-centre.toml");
    let job = ["job", "add", "--config", config, "--line", "desk", "--design", "58x40"];
    let count = |count| [&job[..], &["--gtin", "04810093011694", "--count", count]].concat();
    for wrong in ["-3", "0", "1000001", "18446744073709551615"] {
        let said = markwright(&count(wrong));
        assert!(said.contains("wanted a whole number from 1 to 1000000 labels"), "{said}");
    }
}
