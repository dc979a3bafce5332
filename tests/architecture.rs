//! Who may name whom, and which rooms are pure: the plan in `docs/ARCHITECTURE.md`, held against
//! what the sources say.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A room and the rooms that it may name. `*` is everybody.
const ROOMS: [(&str, &str); 32] = [
    ("code", ""),
    ("symbol", "code"),
    ("label", "code symbol"),
    ("line", "code"),
    ("order", "code"),
    ("access", "code"),
    // `telemetry` for the word for a time.
    ("alarm", "line telemetry"),
    ("oee", "line telemetry"),
    ("files", "code"),
    ("crew", ""),
    ("dial", ""),
    ("telemetry", "code"),
    // `telemetry` for the wall clock: a token outlives the process.
    ("upstream", "code telemetry"),
    ("store", "code line order access alarm oee telemetry files"),
    ("pull", "code upstream store telemetry"),
    ("print", "code line label dial telemetry"),
    ("apply", "code line dial telemetry"),
    ("verify", "code line symbol calibration dial telemetry"),
    ("report", "code upstream store telemetry"),
    ("papers", "code order upstream store telemetry"),
    ("calibration", "symbol telemetry"),
    ("grading", "calibration code label symbol telemetry"),
    // `line` for the scenario of the jobs that it files.
    ("centre", "code line order label store telemetry"),
    ("publish", "code line order access label store telemetry"),
    // `crew` because the pages watch every line with a task each; `symbol` for what a grade says.
    (
        "web",
        "code line order access alarm oee files label store telemetry crew symbol grading calibration",
    ),
    ("drive", "code line store record telemetry"),
    ("record", "code line telemetry"),
    // What was written becomes the settings of each room; nobody else sees the whole.
    (
        "config",
        "code symbol line oee order label upstream pull store print apply verify report papers centre publish web calibration record",
    ),
    // A fake that shared our encoders or parsers would agree with their mistakes.
    // `telemetry` for the wall clock: the times of a fake issuer are true ones.
    ("sim", "code telemetry"),
    ("app", "*"),
    ("cli", "*"),
    ("main", "cli"),
];

/// Packages that speak to the world, and the only rooms that may know them.
const PACKAGES: [(&str, &str); 22] = [
    ("sqlx", "store"),
    ("argon2", "store"),
    ("tokio_modbus", "apply"),
    ("tokio_serial", "apply"),
    ("rumqttc", "publish"),
    ("reqwest", "upstream verify"),
    ("aravis", "verify"),
    ("v4l", "verify"),
    ("rxing", "symbol"),
    // The fake plant's symbols come from another package than the one that reads them.
    ("datamatrix", "sim"),
    ("printpdf", "label"),
    ("pdf_writer", "label"),
    ("subsetter", "label"),
    ("ttf_parser", "label"),
    ("ab_glyph", "label"),
    ("barcoders", "label"),
    ("axum", "web sim"),
    ("askama", "web"),
    ("socket2", "dial"),
    ("rustix", "upstream"),
    ("quick_xml", "files"),
    ("clap", "cli"),
];

/// Rooms that never wait, open, log or read a clock.
const PURE: [&str; 9] =
    ["code", "symbol", "label", "line", "order", "access", "alarm", "oee", "files"];
const IMPURE: [&str; 6] = ["tokio::", "async fn", ".await", "tracing::", "::now(", ".elapsed("];
/// Longer files hide something that wants a name of its own.
const LINES_MAX: usize = 500;

/// A source file without comments and the insides of texts.
struct Source {
    path: PathBuf,
    room: String,
    /// How many `super` lead out of it to the root of the crate.
    depth: usize,
    code: String,
}

#[test]
fn every_room_names_only_the_rooms_that_it_may() {
    let allowed: BTreeMap<&str, &str> = ROOMS.into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(may) = allowed.get(source.room.as_str()) else {
            wrong.push(format!("{}: its room is not in the table", source.path.display()));
            continue;
        };
        let roots = ["crate", "markwright"];
        for other in roots.iter().flat_map(|root| named(&source.code, root)) {
            let known = allowed.contains_key(other.as_str());
            let itself = other == source.room;
            if known && !itself && *may != "*" && !may.split(' ').any(|room| room == other) {
                wrong.push(format!("{}: names {other}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_leaves_his_room_by_the_back_door() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.depth > 0) {
        let way_out = vec!["super"; source.depth].join("::") + "::";
        // Tests sit one module deeper and may name their own file.
        if without_tests(&source.code).contains(&way_out) {
            wrong.push(format!("{}: {way_out}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "say `crate::room`, so that it can be seen:\n{}", wrong.join("\n"));
}

#[test]
fn a_package_that_speaks_to_the_world_is_known_in_its_room_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (package, rooms) in PACKAGES {
            let named = !named(&without_tests(&source.code), package).is_empty();
            if named && !rooms.split(' ').any(|room| room == source.room) {
                wrong.push(format!("{}: names {package}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_rooms_never_wait_open_log_or_read_a_clock() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.room.as_str())) {
        let code = without_tests(&source.code);
        for found in IMPURE.into_iter().filter(|word| stands(&code, word)) {
            wrong.push(format!("{}: {found}", source.path.display()));
        }
        for part in named(&code, "std") {
            if ["fs", "net", "env", "process", "thread"].contains(&part.as_str()) {
                wrong.push(format!("{}: std::{part}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for path in ["src", "tests"].iter().flat_map(|folder| rust_files(&root.join(folder))) {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.lines().count() > LINES_MAX {
            wrong.push(format!("{}: more than {LINES_MAX} lines", path.display()));
        }
        if !text.starts_with("//! ") && !path.ends_with("src/main.rs") {
            wrong.push(format!("{}: begins without its purpose", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_room_and_no_other() {
    let rooms: BTreeSet<String> = sources().into_iter().map(|source| source.room).collect();
    let table: BTreeSet<String> = ROOMS.into_iter().map(|(room, _)| room.to_owned()).collect();
    assert_eq!(table, rooms);
}

#[test]
fn the_reader_of_sources_is_not_fooled() {
    let code = bare(
        "// crate::a\nuse crate::{b, c::{d, e}};\nlet t = \"crate::f\"; let r = r#\"crate::\"g\"#;\n\
         let c = '\"'; fn f<'a>(x: &'a crate::h::I) {} /* crate::j */ mycrate::k;",
    );
    assert_eq!(named(&code, "crate"), ["b", "c", "h"]);
    let tested = bare("use a;\n#[cfg(test)]\nmod tests { fn f() { tokio::x } }\nfn g() {}");
    assert_eq!(without_tests(&tested).replace('\n', " "), "use a;  fn g() {}");
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&root);
    assert!(files.len() > 100, "only {} files", files.len());
    let mut sources = Vec::new();
    for path in files {
        let within = path.strip_prefix(&root).unwrap().with_extension("");
        let mut parts: Vec<_> = within.iter().map(|part| part.to_str().unwrap()).collect();
        if parts == ["lib"] {
            continue;
        }
        if parts.len() > 1 && parts.last() == Some(&"mod") {
            parts.pop();
        }
        let depth = if parts == ["main"] { 0 } else { parts.len() };
        let code = bare(&std::fs::read_to_string(&path).unwrap());
        sources.push(Source { room: parts[0].to_owned(), depth, code, path });
    }
    sources
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What stands first behind `root::`, braces opened.
fn named(code: &str, root: &str) -> Vec<String> {
    let start = format!("{root}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&start) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads(group)),
            None => found.push(head(rest)),
        }
    }
    found
}

/// The first names of a group such as `a, b::{c, d}}`.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(head(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(head(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// Whether a word stands in the code, and not only as the beginning of a longer one.
fn stands(code: &str, word: &str) -> bool {
    let goes_on =
        |c: char| word.ends_with(char::is_alphanumeric) && (c.is_alphanumeric() || c == '_');
    code.match_indices(word).any(|(at, _)| !code[at + word.len()..].starts_with(goes_on))
}

fn head(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The code without what stands under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let Some((before, after)) = code.split_once("#[cfg(test)]") else {
        return code.to_owned();
    };
    let mut depth = 0;
    for (at, c) in after.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c == ';' || c == '}') {
            return format!("{before}{}", without_tests(&after[at + 1..]));
        }
    }
    before.to_owned()
}

/// The code without comments, texts emptied, so that neither names anybody.
fn bare(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_text(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let opening = hashes + 2;
            opening + rest[opening..].find(&end).unwrap() + end.len()
        } else if c == '"' {
            text_end(rest)
        } else if c == '\'' {
            char_end(rest)
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    out
}

/// How many `#` open the raw text that begins here.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn text_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A letter in quotes as a whole; of a lifetime only its tick.
fn char_end(rest: &str) -> usize {
    let letters: Vec<(usize, char)> = rest.char_indices().take(4).collect();
    match letters[..] {
        [_, (_, '\\'), ..] => 3 + rest[3..].find('\'').map_or(0, |at| at + 1),
        [_, _, (at, '\''), ..] => at + 1,
        _ => 1,
    }
}
