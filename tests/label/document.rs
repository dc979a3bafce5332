//! Documents as poppler shows them: their words, their pages, what stands at the foot.
use crate::label_oracle::output;
use markwright::label::Document;
use std::process::Command;

fn passport(codes: usize) -> Vec<u8> {
    let mut document = Document::new("Roll passport 2026-11-22/7");
    document.facts(&[
        ("Job", "Сыр полутвёрдый «Белый», 45 %".into()),
        ("GTIN", "04810093011694".into()),
        ("First code", "0104810093011694212k6rsrti\u{1d}93#SzU".into()),
        ("Last code", "0104810093011694219k6rsrti\u{1d}93#SzU".into()),
        ("Printer", "Zebra ZT411 300 dpi, 58 x 40 mm".into()),
    ]);
    document.heading("Counts");
    document.table(
        &[("What", 60.0), ("Labels", 30.0), ("Part of the roll", 40.0)],
        &[
            vec!["Printed and read".into(), "4 988".into(), "99.8 %".into()],
            vec!["Void, replaced by a new code".into(), "9".into(), "0.2 %".into()],
            vec!["In doubt".into(), "3".into(), "0.1 %".into()],
        ],
    );
    document.heading("Grades");
    document.bars(&[("A", 4_810.0), ("B", 150.0), ("C", 28.0), ("D", 0.0)]);
    document.heading("In doubt");
    document
        .paragraph("These codes may be on a label or not. Look for them before the roll leaves.");
    let rows: Vec<Vec<String>> = (0..codes)
        .map(|n| {
            vec![
                (n + 1).to_string(),
                format!("01048100930116942100000{n:03}\u{1d}93#SzU"),
                "power cycle".into(),
            ]
        })
        .collect();
    document.table(&[("No.", 14.0), ("Code", 120.0), ("Why", 40.0)], &rows);
    document.signatures(&["Printed by", "Checked by"]);
    document.finish().unwrap()
}

#[test]
fn a_document_says_everything_and_numbers_its_pages() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("passport.pdf");
    std::fs::write(&file, passport(70)).unwrap();
    let page = |n: &str| {
        output(Command::new("pdftotext").args(["-layout", "-f", n, "-l", n]).arg(&file).arg("-"))
    };
    let (first, third) = (page("1"), page("3"));
    for words in
        ["Roll passport 2026-11-22/7", "Сыр полутвёрдый «Белый», 45 %", "4 988", "page 1 of 3"]
    {
        assert!(first.contains(words), "{words} is not in {first}");
    }
    assert!(first.contains("2k6rsrti<GS>93#SzU"), "{first}");
    for words in ["Code", "0000069<GS>", "Checked by", "Roll passport 2026-11-22/7", "page 3 of 3"]
    {
        assert!(third.contains(words), "{words} is not in {third}");
    }
    let info = output(Command::new("pdfinfo").arg(&file));
    assert!(info.contains("(A4)"), "{info}");
    let fonts = output(Command::new("pdffonts").arg(&file));
    // Embedded and with a way back to Unicode; printpdf without its layout engine puts in all of it.
    let whole = |font: &str| font.contains("Identity-H       yes no  yes");
    assert!(fonts.lines().skip(2).all(whole), "{fonts}");
}
