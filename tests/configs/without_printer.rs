//! Lines without a printer: what makes no sense there is refused.
use super::problems;

#[test]
fn what_makes_no_sense_without_a_printer_is_refused_with_the_reason() {
    let line = |scenario: &str, more: &str| {
        format!("[[line]]\nname = \"a\"\nscenario = \"{scenario}\"\n{more}")
    };
    let belt = "plc = { address = \"plc:502\" }\ncamera = { url = \"http://camera/stream\" }\n";
    assert_eq!(problems(&line("preprinted", belt)), [""; 0]);
    assert_eq!(problems(&line("manual", "")), [""; 0]);
    for (scenario, key, more) in [
        ("preprinted", "printer", "printer = { profile = \"generic-zpl-300\", address = \"p:1\" }"),
        ("preprinted", "design", "design = \"43x25\""),
        ("preprinted", "roll", "roll = { leader = true }"),
        ("preprinted", "stock", "stock = { low = 5 }"),
        ("preprinted", "limits.labels_ahead", "limits = { labels_ahead = 2 }"),
        ("manual", "plc", "plc = { address = \"plc:502\" }"),
        ("manual", "camera", "camera = { url = \"http://camera/stream\" }"),
        ("manual", "challenge_every_hours", "challenge_every_hours = 8"),
    ] {
        let devices = if scenario == "preprinted" { belt } else { "" };
        let told = problems(&line(scenario, &format!("{devices}{more}")));
        let wanted = format!("line[0].{key}: found a key that makes no sense here");
        assert!(told.len() == 1 && told[0].starts_with(&wanted), "{scenario} {key}: {told:?}");
    }
    let counts = belt
        .replace("url = \"http://camera/stream\"", "source = \"aravis\", product_every = \"2s\"");
    let told = problems(&line("preprinted", &counts)).join("\n");
    assert!(told.contains("line[0].camera.source: found a camera that only counts"), "{told}");
}
