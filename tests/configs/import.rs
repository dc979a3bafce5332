//! Codes of a file for the line of a configuration.
use super::markwright;
use std::fs;

#[test]
fn codes_are_imported_once_and_the_rest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("line.toml");
    let text = fs::read_to_string("line-configs/from-files.toml").unwrap();
    let data = format!("data_dir = {:?}", folder.path().join("data"));
    fs::write(&config, text.replace("data_dir = \"markwright-data\"", &data)).unwrap();
    let array = folder.path().join("array.txt");
    let codes = "0104810093011694212k6rsrti<GS>93#SzU\n0104810093011694212k6rsrtj<GS>93#SzU\nno\n";
    fs::write(&array, codes).unwrap();
    let (config, array) = (config.to_str().unwrap(), array.to_str().unwrap());
    let import = || markwright(&["codes", "import", array, "--config", config, "--line", "line-1"]);

    let first = import();
    let (out, err) =
        (String::from_utf8(first.stdout).unwrap(), String::from_utf8(first.stderr).unwrap());
    assert!(out.ends_with("array.txt: 2 codes taken, 1 lines set aside\n"), "{out}{err}");
    assert!(err.contains("array.txt:3: "), "{err}");
    let again = String::from_utf8(import().stdout).unwrap();
    assert!(again.ends_with("array.txt: 0 codes taken, 3 lines set aside\n"), "{again}");
}

#[test]
fn serial_numbers_for_an_order_by_hand_have_the_length_of_the_group_and_none_is_there_twice() {
    let made = markwright(&["codes", "serials", "--group", "shoes", "--count", "500"]);
    let made = String::from_utf8(made.stdout).unwrap();
    let serials: std::collections::BTreeSet<_> = made.lines().collect();
    assert_eq!((made.lines().count(), serials.len()), (500, 500));
    assert!(serials.iter().all(|serial| serial.len() == 12), "{made}");
    let many = markwright(&["codes", "serials", "--group", "milk", "--count", "91614"]);
    let words = String::from_utf8(many.stderr).unwrap();
    assert!(!many.status.success() && words.contains("let the operator make them"), "{words}");
}
