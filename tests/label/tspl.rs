//! TSPL labels: their bytes, and what a program that is not ours makes of them.
use crate::label_oracle::as_read;
use crate::label_oracle::codes::{Chance, forms};
use crate::label_oracle::printers::{Paper, Pictures, compared};
use markwright::code::CodeText;
use markwright::label::{Design, Goods, Head, LabelFormat, Language, design};
use markwright::symbol::Separator;

const DAIRY: &str = "0104810093011694212k6rsr\u{1d}93#SzU";
const LARGE: Paper = Paper { width_mm: 58.0, height_mm: 40.0, dots_per_mm: 8.0 };

fn goods() -> Goods {
    Goods { name: "Сыр «Белый», 45 %".into(), size: "42".into(), ..Goods::default() }
}

fn format_for(design: &Design, sample: &str, head: &Head) -> LabelFormat {
    LabelFormat::new(design, &goods(), &CodeText::new(sample), head).unwrap()
}

fn head(dots_per_mm: f32) -> Head {
    Head::new(Language::Tspl, dots_per_mm)
}

/// A design with one symbol and what else is given.
fn bare(more: &str) -> Design {
    Design::parse(&format!(
        "name='t'\ntitle='t'\nwidth_mm=30\nheight_mm=20\n[[element]]\nkind='datamatrix'\nx_mm=1\n\
         y_mm=1\nmodule={{mm=0.375}}\n{more}"
    ))
    .unwrap()
}

const SERIAL: &str = "[[element]]\nkind='text'\nx_mm=1\ny_mm=15\nwidth_mm=28\nline_mm=3\n\
                      least_line_mm=1.5\ntext='{serial}'\n";

fn texts(codes: &[String]) -> Vec<CodeText> {
    codes.iter().map(|code| CodeText::new(code.as_str())).collect()
}

fn row(format: &LabelFormat, codes: &[&str]) -> String {
    let codes: Vec<CodeText> = codes.iter().map(|code| CodeText::new(*code)).collect();
    String::from_utf8(format.row_bytes(&codes).unwrap()).unwrap()
}

#[test]
fn the_wire_form_of_a_label_is_frozen() {
    let format = format_for(&bare(SERIAL), DAIRY, &head(8.0));
    assert_eq!(
        String::from_utf8(format.setup_bytes().to_vec()).unwrap(),
        "SIZE 30 mm,20 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nREFERENCE 0,0\r\nCODEPAGE UTF-8\r\n"
    );
    assert_eq!(
        row(&format, &["0104810093011694212k\"rsr\u{1d}93~SzU"]),
        "CLS\r\nDMATRIX 11,11,60,60,c126,x3,r0,a0,20,20,\
         \"~10104810093011694212k~d034rsr~193~~SzU\"\r\n\
         TEXT 8,122,\"2\",0,1,1,\"2k\\[\"]rsr\"\r\nPRINT 1,1\r\n"
    );
}

#[test]
fn a_separator_can_be_a_literal_gs() {
    let head = Head { separator: Separator::Gs, ..head(8.0) };
    let format = format_for(&bare(""), DAIRY, &head);
    assert!(row(&format, &[DAIRY]).contains("\"~10104810093011694212k6rsr~d02993#SzU\""));
}

#[test]
fn what_stays_is_stored_once_and_recalled_by_its_name() {
    let format = format_for(design("58x40").unwrap(), DAIRY, &head(8.0));
    let sent = row(&format, &[DAIRY]);
    assert!(sent.contains(&format!(",\"{}.BMP\"\r\n", format.name())), "{sent}");
    assert!(sent.len() < 250, "{} bytes", sent.len());
    assert!((2_000..30_000).contains(&format.memory_bytes()), "{}", format.memory_bytes());
    let (start, file) = download(&format);
    assert_eq!(file.len(), format.memory_bytes());
    assert_eq!(&format.setup_bytes()[start + file.len()..], b"\r\n");
}

/// Where the stored picture begins in the setup, and the picture.
fn download(format: &LabelFormat) -> (usize, Vec<u8>) {
    let setup = format.setup_bytes();
    let command = format!("DOWNLOAD \"{}.BMP\",", format.name());
    let at = setup.windows(command.len()).position(|w| w == command.as_bytes()).unwrap();
    let rest = &setup[at + command.len()..];
    let comma = rest.iter().position(|byte| *byte == b',').unwrap();
    let size: usize = std::str::from_utf8(&rest[..comma]).unwrap().parse().unwrap();
    (at + command.len() + comma + 1, rest[comma + 1..][..size].to_vec())
}

#[test]
fn the_stored_picture_and_the_one_in_line_are_the_same_dots() {
    let beside = "[[element]]\nkind='text'\nx_mm=10\ny_mm=2\nwidth_mm=19\nline_mm=3\n\
                  text='{name}'\nlines=2\n[[element]]\nkind='box'\nx_mm=10\ny_mm=9.3\n\
                  width_mm=17.1\nheight_mm=5\n";
    let format = format_for(&bare(beside), DAIRY, &head(8.0));
    let dir = tempfile::tempdir().unwrap();
    let stored = dir.path().join("stored.bmp");
    std::fs::write(&stored, download(&format).1).unwrap();
    let recall = row(&format, &[DAIRY]);
    let place = recall.split_once("PUTBMP ").unwrap().1.split_once(",\"").unwrap().0;
    let (x, y) = place.split_once(',').unwrap();
    let paper = Paper { width_mm: 30.0, height_mm: 20.0, dots_per_mm: 8.0 };
    let label = format.label_bytes(&CodeText::new(DAIRY)).unwrap();
    let drawn = Pictures::by_labelize(&[label], "tspl", paper);
    let place = (x.parse().unwrap(), y.parse().unwrap());
    let (differ, black) = compared(&stored, &drawn.files[0], Some(place));
    assert_eq!(differ, 0);
    assert!(black > 300, "{black}");
}

#[test]
fn a_thousand_random_codes_are_drawn_by_labelize_and_read_by_zxing_exactly() {
    let mut chance = Chance::new(1);
    for dots_per_mm in [8.0, 12.0] {
        let (mut files, mut wanted) = (Vec::new(), Vec::new());
        for (form, separator) in forms().into_iter().flat_map(|f| BOTH.map(|s| (f, s))) {
            let codes: Vec<String> = (0..28).map(|_| chance.code(form)).collect();
            let head = Head { separator, ..head(dots_per_mm) };
            let format = format_for(design("58x40").unwrap(), &codes[0], &head);
            files.push(format.file_bytes(&texts(&codes)).unwrap());
            wanted.extend(codes.iter().map(|code| as_read(code)));
        }
        let paper = Paper { dots_per_mm, ..LARGE };
        assert_eq!(wanted.len(), 504);
        assert_eq!(Pictures::by_labelize(&files, "tspl", paper).read(), wanted);
    }
}

const BOTH: [Separator; 2] = [Separator::Fnc1, Separator::Gs];

#[test]
fn rows_carry_their_codes_from_left_to_right_and_the_last_may_be_short() {
    let mut chance = Chance::new(2);
    for across in [2, 3] {
        let head = Head { across, pitch_mm: 32.5, ..head(8.0) };
        let mut codes: Vec<String> = (0..2 * across).map(|_| chance.code((6, 4))).collect();
        // The last one has another form, and is alone in its row.
        codes.push(chance.code((13, 44)));
        let format = format_for(&bare(""), &codes[0], &head);
        let file = format.file_bytes(&texts(&codes)).unwrap();
        let paper = Paper { width_mm: 32.5, ..LARGE };
        let wanted: Vec<String> = codes.chunks(across as usize).map(all_as_read).collect();
        assert_eq!(Pictures::by_labelize(&[file], "tspl", paper).read(), wanted);
    }
}

fn all_as_read(codes: &[String]) -> String {
    codes.iter().map(|code| as_read(code)).collect::<Vec<_>>().join(" ")
}

#[test]
fn names_never_become_commands() {
    let name = "\"\r\nPRINT 99\r\n^XA~JA\"\\[R]".to_owned();
    let goods = Goods { name, ..Goods::default() };
    let sample = CodeText::new(DAIRY);
    let large = design("58x40").unwrap();
    let format = LabelFormat::new(large, &goods, &sample, &head(8.0)).unwrap();
    let drawn = [format.mark_bytes(&["\r\nPRINT 99\r\n".into()]), format.setup_bytes().to_vec()];
    for bytes in drawn {
        assert!(!bytes.windows(8).any(|eight| eight == b"PRINT 99"));
    }
    let read = Pictures::by_labelize(&[format.label_bytes(&sample).unwrap()], "tspl", LARGE).read();
    assert_eq!(read, [as_read(DAIRY)]);
}

#[test]
fn a_number_that_no_font_of_the_printer_fits_is_drawn_here() {
    let small = SERIAL.replace("line_mm=3\nleast_line_mm=1.5", "line_mm=1.4");
    let format = format_for(&bare(&small), DAIRY, &head(8.0));
    let sent = format.label_bytes(&CodeText::new(DAIRY)).unwrap();
    assert!(!sent.windows(4).any(|four| four == b"TEXT"));
    let paper = Paper { width_mm: 30.0, height_mm: 20.0, dots_per_mm: 8.0 };
    let bare = format_for(&bare(""), DAIRY, &head(8.0)).label_bytes(&CodeText::new(DAIRY)).unwrap();
    let with = Pictures::by_labelize(&[sent, bare], "tspl", paper);
    let (number, _) = compared(&with.files[0], &with.files[1], None);
    assert!(number > 20, "{number} dots for six letters");
}

#[test]
fn two_pictures_never_share_a_name() {
    let mut names = std::collections::BTreeSet::new();
    for number in 0..60 {
        let goods = Goods { name: format!("Сыр {number}"), ..Goods::default() };
        let sample = CodeText::new(DAIRY);
        let dairy = design("dairy").unwrap();
        let format = LabelFormat::new(dairy, &goods, &sample, &head(8.0)).unwrap();
        assert!(names.insert(format.name().to_owned()), "{number}: {}", format.name());
    }
}
