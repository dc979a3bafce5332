//! Arrays of codes as people download them, through `demo --codes`: every dialect, and bad lines
//! named, counted, set aside, never printed.
use markwright::sim::dice::Dice;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const DAIRY: &str = "04810093011694";
const SHOES: &str = "04600000000008";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn some(dice: &mut Dice, alphabet: &[u8], count: usize) -> String {
    (0..count).map(|_| char::from(alphabet[dice.below(alphabet.len())])).collect()
}

/// Belarus dairy: `21` + 8, `93` + 4 that may contain `#`.
fn dairy(count: usize) -> Vec<String> {
    let mut dice = Dice::new(3);
    let code = |_| {
        let serial = some(&mut dice, LETTERS, 8);
        let check = some(&mut dice, b"abcXYZ019#", 3);
        format!("01{DAIRY}21{serial}\u{1d}93#{check}")
    };
    (0..count).map(code).collect()
}

/// Footwear: `21` + 13, `91` + 4, `92` + 88.
fn shoes(count: usize) -> Vec<String> {
    let mut dice = Dice::new(4);
    let code = |_| {
        let serial = some(&mut dice, LETTERS, 13);
        let key = some(&mut dice, LETTERS, 4);
        let check = some(&mut dice, b"ABCabc019+/=", 88);
        format!("01{SHOES}21{serial}\u{1d}91{key}\u{1d}92{check}")
    };
    (0..count).map(code).collect()
}

struct Demo {
    output: Output,
    stderr: String,
    _dir: TempDir,
}

impl Demo {
    fn of(file: &[u8], seconds: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("array.txt");
        std::fs::write(&path, file).unwrap();
        let output = demo(&path, seconds);
        let stderr = String::from_utf8(output.stderr.clone()).unwrap();
        Self { output, stderr, _dir: dir }
    }

    /// The sums of a demo that went well.
    fn sums(&self) -> Value {
        let stdout = String::from_utf8_lossy(&self.output.stdout);
        assert!(self.output.status.success(), "{stdout}\n{}", self.stderr);
        let sums: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(
            (&sums["ledger_agrees"], &sums["physical_duplicates"]),
            (&true.into(), &0.into())
        );
        sums
    }
}

fn demo(codes: &Path, seconds: u32) -> Output {
    Command::new(env!("CARGO_BIN_EXE_markwright"))
        .args(["demo", "--seconds", &seconds.to_string(), "--rate", "240", "--json", "--codes"])
        .arg(codes)
        .env("RUST_LOG", "error")
        .output()
        .unwrap()
}

/// Everything was taken, and some of it became good products.
fn assert_all_taken(demo: &Demo, count: usize) {
    let sums = demo.sums();
    assert_eq!((&sums["taken"], &sums["set_aside"]), (&count.into(), &0.into()), "{sums}");
    assert!(sums["verified"].as_u64().unwrap() >= 5, "{sums}");
}

#[test]
fn footwear_codes_are_printed_and_read_back() {
    assert_all_taken(&Demo::of(shoes(60).join("\n").as_bytes(), 5), 60);
}

#[test]
fn dairy_codes_in_every_dialect_in_one_file_are_printed_and_read_back() {
    let codes = dairy(60);
    let dialects: [fn(&str) -> String; 6] = [
        |code| format!("{code}\n"),
        |code| format!("{code}\r\n"),
        |code| format!("{}\n", code.replace('\u{1d}', "\\u001d")),
        |code| format!("{}\r\n", code.replace('\u{1d}', "<GS>")),
        |code| format!("\"{code}\"\r\n"),
        |code| format!("\"{}\"\n", code.replace('\u{1d}', "\\u001D")),
    ];
    let lines = codes.iter().zip(dialects.iter().cycle());
    let file: String = lines.map(|(code, dialect)| dialect(code)).collect();
    assert_all_taken(&Demo::of(format!("\u{feff}{file}").as_bytes(), 5), 60);
}

#[test]
fn quoted_codes_with_quotes_in_them_are_printed_as_they_are() {
    let codes = (0..30).map(|n| format!("01{DAIRY}212\"{n:02}\"rst\u{1d}93\"S\"U"));
    let lines: Vec<_> = codes.map(|code| format!("\"{}\"", code.replace('"', "\"\""))).collect();
    assert_all_taken(&Demo::of(lines.join("\n").as_bytes(), 5), 30);
}

#[test]
fn bad_lines_are_named_and_the_rest_of_the_array_is_printed() {
    let good = dairy(40);
    let mut lines = good.clone();
    lines.insert(3, good[0].clone());
    lines.insert(5, good[1].replacen(DAIRY, "04810093011695", 1));
    lines.insert(8, good[2].replace('\u{1d}', ""));
    lines.insert(9, String::new());
    lines.insert(12, good[3].replacen("21", "21ж", 1));
    lines.insert(20, "rubbish".to_owned());
    let demo = Demo::of(lines.join("\n").as_bytes(), 5);
    let sums = demo.sums();
    assert_eq!((&sums["taken"], &sums["set_aside"]), (&40.into(), &5.into()), "{sums}");
    let named = [
        ("array.txt:4:", "line 1"),
        ("array.txt:6:", "check digit"),
        // The separator that it lost is put back: then it is the code of line 3.
        ("array.txt:9:", "stands on line 3"),
        ("array.txt:13:", "'ж'"),
        ("array.txt:21:", "starts with 01"),
    ];
    for (place, words) in named {
        let line = demo.stderr.lines().find(|line| line.contains(place));
        let line = line.unwrap_or_else(|| panic!("{place} is not in {}", demo.stderr));
        assert!(line.contains(words), "{words}: {line}");
    }
    assert!(!demo.stderr.contains("93#"), "no check part on a screen: {}", demo.stderr);
}

#[test]
fn bytes_that_are_no_text_cost_only_their_line() {
    let mut file = dairy(30).join("\n").into_bytes();
    file.extend(b"\n01048100930116942\xff\xfe\xe6rsrti\x1d93#SzU\n");
    let demo = Demo::of(&file, 3);
    let sums = demo.sums();
    assert_eq!((&sums["taken"], &sums["set_aside"]), (&30.into(), &1.into()), "{sums}");
    assert!(demo.stderr.contains("array.txt:31:"), "{}", demo.stderr);
}

#[test]
fn several_trade_items_in_one_file_are_made_one_after_the_other_until_all_codes_are_used() {
    let mut codes = dairy(8);
    codes.extend(shoes(8));
    let sums = Demo::of(codes.join("\n").as_bytes(), 60).sums();
    assert_eq!((&sums["taken"], &sums["stored"]), (&16.into(), &0.into()), "{sums}");
    assert!(sums["verified"].as_u64().unwrap() >= 12, "{sums}");
}

#[test]
fn a_file_without_a_code_or_no_file_at_all_is_a_clear_error() {
    let empty = Demo::of(b"\n\r\n", 3);
    assert!(!empty.output.status.success());
    assert!(empty.stderr.contains("array.txt: no line is a code"), "{}", empty.stderr);
    let bad = Demo::of(b"rubbish\n", 3);
    assert!(bad.stderr.contains("array.txt:1:"), "{}", bad.stderr);
    let missing = demo(&PathBuf::from("/no/such/array.txt"), 3);
    let stderr = String::from_utf8(missing.stderr).unwrap();
    assert!(!missing.status.success());
    assert!(stderr.contains("read /no/such/array.txt: No such file"), "{stderr}");
}
