//! The table of a camera: what the document shows is right, and what is wrong is told.
use markwright::config::load;
use markwright::verify::{HAS_ARAVIS, HAS_V4L2, Source, Trigger};
use std::fs;
use std::path::Path;

const BELT: &str = r#"
[[line]]
name = "a"
scenario = "print_apply"
printer = { profile = "generic-zpl-300", address = "printer:9100" }
plc = { address = "plc:502" }
"#;

/// The settings of a line's camera, or all problems.
fn camera(table: &str) -> Result<(Source, Trigger, bool), Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("line.toml");
    fs::write(&file, format!("{BELT}{table}")).unwrap();
    let named = format!("{}: line[0].camera.", file.display());
    match load(&file) {
        Ok(mut config) => {
            let line = config.lines.remove(0);
            let camera = line.camera.unwrap();
            Ok((camera.source, camera.trigger, line.settings.asks_for_pictures))
        }
        Err(error) => Err(error.to_string().lines().map(|line| line.replace(&named, "")).collect()),
    }
}

fn problem(table: &str) -> String {
    camera(table).unwrap_err().join("\n")
}

#[test]
fn every_example_in_the_document_is_right() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cameras.md");
    let page = fs::read_to_string(page).unwrap();
    let examples: Vec<_> = page.split("```toml\n").skip(1).collect();
    assert_eq!(examples.len(), 10, "one for each way");
    for example in examples {
        let example = example.split("```").next().unwrap();
        match camera(example) {
            Ok((_, trigger, asks)) => assert_eq!(asks, trigger == Trigger::Line, "{example}"),
            Err(problems) => {
                let built_without = "which this program was built without";
                assert!(problems.len() == 1 && problems[0].contains(built_without), "{problems:?}");
                let aravis = example.contains("\"aravis\"") && !HAS_ARAVIS;
                assert!(aravis || (example.contains("\"v4l2\"") && !HAS_V4L2), "{problems:?}");
            }
        }
    }
}

#[test]
fn an_old_table_is_a_stream_with_a_wire() {
    let (source, trigger, asks) = camera("camera = { url = \"http://camera/stream\" }").unwrap();
    assert_eq!(source, Source::Stream { url: "http://camera/stream".to_owned() });
    assert_eq!((trigger, asks), (Trigger::Device, false));
}

#[test]
fn a_free_running_camera_is_refused_where_products_pass() {
    let said = problem("camera = { url = \"http://camera/stream\", trigger = \"none\" }");
    assert_eq!(
        said,
        "trigger: found \"none\", wanted \"device\" (a wire to the camera) or \"line\" (we tell \
         it): a camera that runs freely does not say which product a picture shows"
    );
    let folder = "source = \"folder\", path = \"/x\", afterwards = \"leave\", trigger = \"line\"";
    let said = problem(&format!("camera = {{ {folder} }}"));
    assert!(said.starts_with("trigger: found \"line\", wanted \"device\""), "{said}");
}

#[test]
fn products_that_follow_too_closely_for_a_camera_that_counts_are_refused_with_the_numbers() {
    let counts = "source = \"reader\", kind = \"plain\", address = \"r:23\"";
    let said = problem(&format!("camera = {{ {counts} }}"));
    assert_eq!(
        said,
        "product_every: found nothing, wanted the least time from one product to the next, such as \
         \"750ms\": this camera only counts its frames, and that is certain where it is more than \
         picture_within + 2 x trigger_within (500ms + 2 x 100ms)"
    );
    let said = problem(&format!("camera = {{ {counts}, product_every = \"700ms\" }}"));
    assert_eq!(
        said,
        "product_every: found \"700ms\", wanted more than picture_within + 2 x trigger_within (500ms \
         + 2 x 100ms), because frames that are only counted are not certain otherwise: make these two \
         shorter in [line.limits], or let the camera tell the tag of the product"
    );
    let fast = "limits = { picture_within = \"80ms\", trigger_within = \"50ms\" }";
    for right in [
        format!("camera = {{ {counts}, product_every = \"701ms\" }}"),
        format!("camera = {{ {counts}, product_every = \"181ms\" }}\n{fast}"),
        // With a tag, or where the line asks, products may follow as they like.
        format!("camera = {{ {counts}, pattern = \"{{tag}},{{code}}\" }}"),
        format!(
            "camera = {{ {counts}, trigger = \"line\", trigger_on = \"T\", product_every = \"1ms\" }}"
        ),
    ] {
        assert!(camera(&right).is_ok(), "{right}: {:?}", camera(&right));
    }
    // Nobody knows yet whether this stream tells tags; what is said must be right all the same.
    let stream = "camera = { url = \"http://camera/stream\", product_every = \"200ms\" }";
    assert!(problem(stream).starts_with("product_every: found \"200ms\", wanted more than"));
}

#[test]
fn where_symbols_are_is_four_numbers() {
    let with = |at: &str| format!("camera = {{ url = \"http://camera/s\", symbol_at = \"{at}\" }}");
    assert!(camera(&with("400, 300,480,360")).is_ok());
    for wrong in ["", "1,2,3", "1,2,0,4", "1,2,3,4,5", "a,b,c,d", "-1,2,3,4"] {
        assert!(problem(&with(wrong)).starts_with("symbol_at: found"), "{wrong}");
    }
}

#[test]
fn what_is_wrong_with_a_reader_is_said_in_words() {
    let reader = |rest: &str| {
        let usual = "source = \"reader\", address = \"r:23\", product_every = \"750ms\"";
        problem(&format!("camera = {{ {usual}, {rest} }}"))
    };
    let cases = [
        ("kind = \"abacus\"", "kind: found \"abacus\", wanted one of dataman, in-sight,"),
        (
            "kind = \"plain\", pattern = \"{tag}{code}\"",
            "pattern: found \"{tag}{code}\": nothing stands between {tag} and {code}: give a width",
        ),
        ("kind = \"plain\", end = \"\"", "end: found nothing, wanted what every message ends with"),
        ("kind = \"plain\", end = \"\\u001d\"", "end: found GS (29), wanted"),
        ("kind = \"plain\", trigger = \"line\"", "trigger_on: found nothing, wanted what makes"),
        ("kind = \"plain\", no_read = \"x\"", "no_read: found a text, wanted a list of texts"),
        ("kind = \"plain\", colour = \"x\"", "colour: found a key that means nothing here"),
    ];
    for (rest, wanted) in cases {
        let said = reader(rest);
        assert!(said.starts_with(wanted), "{rest}: {said}");
    }
}

#[test]
fn a_source_that_nobody_knows_is_refused() {
    let said = problem("camera = { source = \"film\" }");
    assert!(said.contains("source: found \"film\", wanted one of stream, mjpeg,"), "{said}");
}

#[cfg(not(feature = "aravis"))]
#[test]
fn a_source_that_is_not_built_in_says_how_to_build_it() {
    let said = problem("camera = { source = \"aravis\", product_every = \"750ms\" }");
    assert_eq!(
        said,
        "source: found \"aravis\", which this program was built without, wanted a program that \
         has it: install libaravis-dev (0.8.25 or later), then cargo build --release --features aravis"
    );
}
