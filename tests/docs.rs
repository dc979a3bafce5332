//! What the documents say is so: commands can be given, paths and names exist.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_markwright");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found
}

fn documents() -> Vec<PathBuf> {
    let mut all = files("docs", "md");
    all.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    assert!(all.len() > 15, "{all:?}");
    all
}

/// Every line of the blocks that are marked `sh`, and of the comments of the configurations that
/// begin with a command.
fn commands() -> Vec<String> {
    let mut found = Vec::new();
    for path in documents() {
        let mut inside = false;
        for line in fs::read_to_string(path).unwrap().lines() {
            match line {
                "```sh" => inside = true,
                "```" => inside = false,
                line if inside => found.push(line.to_owned()),
                _ => {}
            }
        }
    }
    for path in files("line-configs", "toml") {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("#   "));
        found.extend(lines.filter(|line| line.starts_with("markwright ")).map(str::to_owned));
    }
    found
}

/// The arguments that a command line gives to Markwright, if it does.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let ours = line.rsplit('|').next().unwrap().trim();
    let starts =
        ["markwright ", "cargo run --release -- ", "/usr/bin/time -v target/release/markwright "];
    let rest = starts.iter().find_map(|start| ours.strip_prefix(start))?;
    Some(rest.split_whitespace().collect())
}

fn markwright(arguments: &[&str]) -> Output {
    Command::new(BINARY).current_dir(root()).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let mut seen = BTreeSet::new();
    for line in commands() {
        let Some(mut given) = arguments(&line) else { continue };
        seen.insert(given[0].to_owned());
        // Behind everything else: what stands before it is read first, and refused if it is wrong.
        given.push("--help");
        let answer = markwright(&given);
        assert!(answer.status.success(), "{line}\n{}", text(&answer.stderr));
    }
    let all = [
        "calibrate",
        "check",
        "codes",
        "demo",
        "grade",
        "job",
        "label",
        "mark",
        "papers",
        "read",
        "replay",
        "report",
        "run",
        "sim",
        "user",
    ]
    .map(str::to_owned);
    assert_eq!(seen, BTreeSet::from(all), "every command has an example");
}

#[test]
fn a_wrong_command_would_be_noticed() {
    for wrong in [vec!["demo", "--sekonds", "3", "--help"], vec!["walk", "--help"]] {
        assert!(!markwright(&wrong).status.success(), "{wrong:?}");
    }
}

#[test]
fn every_command_has_help_with_an_example_of_itself() {
    let commands: [&[&str]; 16] = [
        &["demo"],
        &["run"],
        &["read"],
        &["grade"],
        &["calibrate"],
        &["check"],
        &["codes", "parse"],
        &["codes", "explain"],
        &["codes", "forms"],
        &["codes", "import"],
        &["sim", "printer"],
        &["sim", "plc"],
        &["sim", "camera"],
        &["sim", "issuer"],
        &["sim", "site"],
        &["user", "add"],
    ];
    for command in commands {
        let help = text(&markwright(&[command, &["--help"]].concat()).stdout);
        let (_, examples) = help.split_once("Examples:").unwrap_or_else(|| panic!("{command:?}"));
        let example = format!("  markwright {}", command.join(" "));
        assert!(examples.contains(&example), "{help}");
        for line in examples.lines().filter_map(|line| arguments(line.trim())) {
            // Quotes are for a shell.
            let mut given: Vec<_> = line.into_iter().filter(|word| !word.contains('"')).collect();
            given.push("--help");
            assert!(markwright(&given).status.success(), "{given:?}");
        }
    }
}

#[test]
fn quick_commands_of_the_documents_do_what_they_say() {
    let folder = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let quick = |line: &&String| {
        line.starts_with("markwright check ") || line.ends_with("| markwright codes parse")
    };
    let lines = commands();
    let quick: Vec<_> = lines.iter().filter(quick).collect();
    assert!(quick.len() >= 3, "{quick:?}");
    for line in quick {
        let mut shell = Command::new("sh");
        let done =
            shell.args(["-c", line]).env("PATH", &path).current_dir(root()).output().unwrap();
        assert!(done.status.success(), "{line}\n{}", text(&done.stderr));
        assert!(!done.stdout.is_empty(), "{line}");
    }
}

#[test]
fn the_demo_prints_its_sums_as_json() {
    let done = markwright(&["demo", "--seconds", "3", "--json"]);
    let out = text(&done.stdout);
    assert!(done.status.success(), "{out}{}", text(&done.stderr));
    let sums: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(sums["ledger_agrees"], true, "{out}");
    assert!(sums["verified"].as_u64().unwrap() > 0, "{out}");
    for key in ["taken", "doubtful", "reported", "physical_labels", "physical_duplicates"] {
        assert!(sums[key].is_u64(), "{key}: {out}");
    }
    for key in ["p50", "p99", "p999", "max"] {
        assert!(sums["verdict_ms"][key].is_f64(), "{key}: {out}");
    }
}

/// What stands between single backquotes.
fn quoted(text: &str) -> Vec<&str> {
    let mut outside = true;
    let mut found = Vec::new();
    for block in text.split("```") {
        if outside {
            found.extend(block.lines().flat_map(|line| line.split('`').skip(1).step_by(2)));
        }
        outside = !outside;
    }
    found
}

#[test]
fn every_path_in_the_documents_exists() {
    let mut wrong = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let folders = ["src/", "tests/", "docs/", "printers/", "templates/", "line-configs/"];
        let named = quoted(&text).into_iter().filter(|name| {
            !name.contains([' ', '*', '<', '…']) && folders.iter().any(|f| name.starts_with(f))
        });
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let linked = linked.filter(|link| !link.starts_with("http"));
        for path in named {
            if !root().join(path).exists() {
                wrong.push(format!("{}: {path}", document.display()));
            }
        }
        for link in linked {
            if !document.parent().unwrap().join(link).exists() {
                wrong.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_name(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.contains("::") && text.chars().all(letters)
}

#[test]
fn every_name_of_the_code_in_the_documents_exists() {
    let sources: Vec<_> =
        files("src", "rs").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let sources = sources.join("\n");
    let words: BTreeSet<&str> =
        sources.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let mut names = 0;
    let mut wrong = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for name in quoted(&text).into_iter().filter(|name| is_name(name)) {
            names += 1;
            if !name.split("::").all(|part| words.contains(part)) {
                wrong.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(names > 40, "only {names}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_has_a_sentence_that_says_why() {
    let cargo: toml::Table =
        fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let reasons = fs::read_to_string(root().join("docs/decisions/0014-crates.md")).unwrap();
    let named: BTreeSet<&str> =
        reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let used: BTreeSet<&str> = ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|table| cargo[*table].as_table().unwrap().keys().map(String::as_str))
        .collect();
    assert_eq!(named, used);
}

#[test]
fn the_documents_name_no_place_on_anybodys_machine() {
    let mut all = documents();
    all.extend(files("line-configs", "toml"));
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        for place in ["/home/", "/root/", "/Users/"] {
            assert!(!text.contains(place), "{}: {place}", path.display());
        }
    }
}
