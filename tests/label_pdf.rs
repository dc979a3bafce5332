//! PDF labels, rendered by poppler and read by zxing-cpp: codes exact, words searchable.
#![allow(clippy::unwrap_used, reason = "a test")]
mod label_oracle;

use label_oracle::{as_read, output, read_pages};
use markwright::code::CodeText;
use markwright::label::{DesignProblem, Goods, MOST_PAGES, design, designs, pdf_of};
use std::path::{Path, PathBuf};
use std::process::Command;

fn goods() -> Goods {
    Goods {
        name: "Кефір «Ранішні», 3,2 % №5, з ўкропам".into(),
        article: "Щ-1".into(),
        size: "42".into(),
        ..Goods::default()
    }
}

fn dairy(serial: &str) -> CodeText {
    CodeText::new(format!("010481009301169421{serial}\u{1d}93#SzU"))
}

fn footwear(serial: &str) -> CodeText {
    let signature = "aZ/+".repeat(22);
    CodeText::new(format!("010481009301169421{serial}\u{1d}91EE11\u{1d}92{signature}"))
}

fn written(pdf: &[u8], dir: &Path) -> PathBuf {
    let file = dir.join("labels.pdf");
    std::fs::write(&file, pdf).unwrap();
    file
}

#[test]
fn every_page_carries_exactly_its_code() {
    let codes = [
        dairy("2k6rsrti"),
        dairy("\"%&'()*+"),
        footwear("a_c,-./0:;<=>"),
        footwear("5AbCdEfGhIjKl"),
        dairy("?AZ_z!2k"),
    ];
    for design in designs() {
        let dir = tempfile::tempdir().unwrap();
        let held = |code: &&CodeText| design.holds(code, 11.811);
        let codes: Vec<CodeText> = codes.iter().filter(held).cloned().collect();
        let file = written(&pdf_of(design, &goods(), &codes).unwrap(), dir.path());
        let wanted: Vec<String> = codes.iter().map(|code| as_read(code.as_str())).collect();
        assert_eq!(read_pages(&file, dir.path()), wanted, "{}", design.name);
    }
}

#[test]
fn cyrillic_words_and_the_code_are_found_by_search() {
    let dir = tempfile::tempdir().unwrap();
    let codes = [dairy("2k6rsrti"), dairy("7k6rsrti")];
    let pdf = pdf_of(design("58x40").unwrap(), &goods(), &codes).unwrap();
    let file = written(&pdf, dir.path());
    let text = output(Command::new("pdftotext").arg("-layout").arg(&file).arg("-"));
    let said: Vec<&str> = text.split_whitespace().collect();
    for word in ["Кефір", "«Ранішні»,", "№5,", "ўкропам", "Щ-1", "(21)2k6rsrti", "(21)7k6rsrti"]
    {
        assert!(said.contains(&word), "{word} is not in {text}");
    }
    assert!(!text.contains("Состав"), "what is not known is not printed: {text}");
}

#[test]
fn each_page_has_the_size_of_its_label() {
    let dir = tempfile::tempdir().unwrap();
    let codes = [dairy("2k6rsrti"), dairy("7k6rsrti"), dairy("8k6rsrti")];
    let pdf = pdf_of(design("43x25").unwrap(), &goods(), &codes).unwrap();
    let said = output(Command::new("pdfinfo").arg(written(&pdf, dir.path())));
    let after = |key: &str| said.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
    assert_eq!(after("Pages:"), "3");
    let size: Vec<f32> = after("Page size:").split(' ').filter_map(|n| n.parse().ok()).collect();
    // 43 x 25 mm at 72 points an inch.
    assert!((size[0] - 121.89).abs() < 0.02 && (size[1] - 70.87).abs() < 0.02, "{size:?}");
}

#[test]
fn a_file_that_would_be_too_large_is_refused() {
    let codes = vec![dairy("2k6rsrti"); MOST_PAGES + 1];
    let refused = pdf_of(design("43x25").unwrap(), &goods(), &codes).unwrap_err();
    assert_eq!(refused, DesignProblem::TooManyPages { found: MOST_PAGES + 1, most: MOST_PAGES });
}
