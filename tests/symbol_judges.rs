//! Our reader beside zxing-cpp and libdmtx, on symbols that four other encoders drew and a program
//! that is not ours spoilt. `tests/run` installs what this needs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test"
)]
use markwright::symbol::{Grey, Hints, find};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What the readers made of the pictures of one condition.
#[derive(Debug, Default)]
struct Sum {
    pictures: usize,
    /// Read by us, by zxing-cpp, by libdmtx.
    read: [usize; 3],
    wrong: [usize; 3],
}

/// Where the judges live; another place is named by the variable.
fn place(variable: &str, usual: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os(variable).map_or_else(|| root.join(usual), PathBuf::from)
}

#[test]
fn under_every_condition_we_read_no_less_than_others_and_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let frames = std::env::var("FRAMES").unwrap_or_else(|_| "1".to_owned());
    let seed = std::env::var("SEED").unwrap_or_else(|_| "7".to_owned());
    let done = Command::new(place("JUDGES_PYTHON", "target/test-venv/bin/python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/symbol_judges/draw.py"))
        .args([folder.path().as_os_str(), frames.as_ref(), seed.as_ref()])
        .arg(place("JUDGES_BWIP", "target/oracles/node_modules/bwip-js"))
        .status();
    assert!(done.expect("tests/run installs the judges").success(), "draw.py failed");
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let seen = std::fs::read(folder.path().join("seen.tsv")).unwrap();
    let seen: String = seen.into_iter().map(char::from).collect();
    for line in seen.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, condition, _, text, first, second, ms] = fields[..] else { panic!("{line}") };
        let picture = image::open(folder.path().join(name)).unwrap().into_luma8();
        let grey = Grey::new(&picture, picture.width(), picture.height()).unwrap();
        let begun = Instant::now();
        let found = find(&grey, &Hints::default());
        ours.push(begun.elapsed().as_secs_f64() * 1000.0);
        theirs.push(ms.parse().unwrap());
        let own = found.map_or(String::new(), |found| found.text.replace('\u{1d}', "~"));
        let sum = sums.entry(condition.to_owned()).or_default();
        sum.pictures += 1;
        for (at, said) in [own.as_str(), first, second].into_iter().enumerate() {
            sum.read[at] += usize::from(said == text);
            sum.wrong[at] += usize::from(said != text && !said.is_empty());
        }
        if own != text {
            println!("{name}: {own:?} instead of {text:?}; zxing-cpp {}", first == text);
        }
    }
    println!("| condition | ours | zxing-cpp, defaults | libdmtx, 200 ms |\n|---|---|---|---|");
    for (condition, sum) in &sums {
        let cell = |at: usize| match sum.wrong[at] {
            0 => format!("{}/{}", sum.read[at], sum.pictures),
            wrong => format!("{}/{}, {wrong} wrong", sum.read[at], sum.pictures),
        };
        println!("| {condition} | {} | {} | {} |", cell(0), cell(1), cell(2));
    }
    println!("ms, median / p95 / max: ours {}, zxing-cpp {}", times(ours), times(theirs));
    for (condition, sum) in &sums {
        assert_eq!(sum.wrong[0], 0, "{condition}");
        assert!(sum.read[0] >= sum.read[1] && sum.read[0] >= sum.read[2], "{condition}: {sum:?}");
    }
    let read = |at: usize| sums.values().map(|sum| sum.read[at]).sum::<usize>();
    assert!(read(0) > read(1) && read(0) > read(2));
}

fn times(mut ms: Vec<f64>) -> String {
    ms.sort_by(f64::total_cmp);
    let at = |of: usize| ms[(ms.len() - 1) * of / 100];
    format!("{:.2} / {:.2} / {:.2}", at(50), at(95), at(100))
}
