//! PDF labels, rendered by poppler and read by zxing-cpp: codes exact, words searchable.
use crate::label_oracle::{as_read, output, read_pages};
use markwright::code::CodeText;
use markwright::label::{Goods, PaperProblem, design, designs, pdf_of, stream_pdf};
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
fn the_font_is_embedded_and_only_its_used_letters_are() {
    let dir = tempfile::tempdir().unwrap();
    let pdf = pdf_of(design("58x40").unwrap(), &goods(), &[dairy("2k6rsrti")]).unwrap();
    assert!(pdf.len() < 30_000, "{} bytes; the whole font has 384,000", pdf.len());
    let said = output(Command::new("pdffonts").arg(written(&pdf, dir.path())));
    let fonts: Vec<&str> = said.lines().skip(2).collect();
    // Columns: encoding, embedded, subset, with a way back to Unicode.
    assert!(fonts.len() == 1 && fonts[0].contains("Identity-H       yes yes yes"), "{said}");
    assert!(fonts[0][6..].starts_with("+PTSansNarrow-Regular"), "{said}");
}

#[test]
fn many_pages_hang_in_a_tree_and_each_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let codes: Vec<CodeText> = (0..601).map(|n| dairy(&format!("{n:08}"))).collect();
    let pdf = pdf_of(design("30x20").unwrap(), &goods(), &codes).unwrap();
    let file = written(&pdf, dir.path());
    let text = output(Command::new("pdftotext").args(["-raw"]).arg(&file).arg("-"));
    for (page, said) in text.split('\x0c').take(601).enumerate() {
        assert!(said.contains(&format!("{page:08}")), "page {page} says {said}");
    }
    assert_eq!(text.matches('\x0c').count(), 601);
}

#[test]
fn a_writer_that_fails_is_a_problem_of_writing() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let codes = [dairy("2k6rsrti")];
    let failed = stream_pdf(Full, design("30x20").unwrap(), &goods(), &codes).unwrap_err();
    assert!(matches!(failed, PaperProblem::Write(_)), "{failed:?}");
}
