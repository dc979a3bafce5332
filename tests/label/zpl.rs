//! ZPL labels: their bytes, and what interpreters that are not ours make of them.
use crate::label_oracle::as_read;
use crate::label_oracle::codes::{Chance, forms};
use crate::label_oracle::printers::{Paper, Pictures, compared};
use markwright::code::CodeText;
use markwright::label::{Design, DesignProblem, Goods, Head, LabelFormat, Language};
use markwright::label::{design, designs};
use markwright::symbol::Separator;
use std::collections::BTreeSet;

const DAIRY: &str = "0104810093011694212k6rsr\u{1d}93#SzU";
const LARGE: Paper = Paper { width_mm: 58.0, height_mm: 40.0, dots_per_mm: 8.0 };
const SEPARATORS: [Separator; 2] = [Separator::Fnc1, Separator::Gs];

fn clothing(serial: &str) -> String {
    let signature = "aZ/+".repeat(11);
    format!("010481009301169421{serial}\u{1d}91EE11\u{1d}92{signature}")
}

fn footwear(serial: &str) -> String {
    let signature = "aZ/+".repeat(22);
    format!("010481009301169421{serial}\u{1d}91EE11\u{1d}92{signature}")
}

fn goods() -> Goods {
    Goods {
        name: "Сыр «Белый», 45 %".into(),
        size: "42".into(),
        hs_code: "6403".into(),
        ..Goods::default()
    }
}

fn head(dots_per_mm: f32) -> Head {
    Head::new(Language::Zpl, dots_per_mm)
}

fn in_rows(across: u32) -> Head {
    Head { across, pitch_mm: 32.5, ..head(8.0) }
}

fn made(design: &Design, sample: &str, head: &Head) -> LabelFormat {
    LabelFormat::new(design, &goods(), &CodeText::new(sample), head).unwrap()
}

fn format_for(design: &Design, sample: &str) -> LabelFormat {
    made(design, sample, &head(8.0))
}

fn texts<S: AsRef<str>>(codes: &[S]) -> Vec<CodeText> {
    codes.iter().map(|code| CodeText::new(code.as_ref())).collect()
}

fn row<S: AsRef<str>>(format: &LabelFormat, codes: &[S]) -> String {
    String::from_utf8(format.row_bytes(&texts(codes)).unwrap()).unwrap()
}

fn setup(format: &LabelFormat) -> String {
    String::from_utf8(format.setup_bytes().to_vec()).unwrap()
}

fn all_as_read(codes: &[String]) -> String {
    codes.iter().map(|code| as_read(code)).collect::<Vec<_>>().join(" ")
}

/// Whether the design is made for codes as long as this one.
fn holds(design: &Design, code: &str) -> bool {
    LabelFormat::new(design, &goods(), &CodeText::new(code), &head(8.0)).is_ok()
}

/// A design with one symbol and what else is given.
fn bare(more: &str) -> Design {
    Design::parse(&format!(
        "name='t'\ntitle='t'\nwidth_mm=30\nheight_mm=20\n[[element]]\nkind='datamatrix'\nx_mm=1\n\
         y_mm=1\nmodule={{mm=0.375}}\n{more}"
    ))
    .unwrap()
}

/// A bar and the serial number below a small symbol.
const BAR_AND_SERIAL: &str = "[[element]]\nkind='line'\nx_mm=20\ny_mm=1\nwidth_mm=2\n\
    height_mm=0.25\n[[element]]\nkind='text'\nx_mm=1\ny_mm=15\nwidth_mm=28\nline_mm=2.5\n\
    text='{serial}'\n";

#[test]
fn the_wire_form_of_a_label_is_frozen() {
    let format = format_for(&bare(""), DAIRY);
    let name = format.name();
    assert_eq!(
        setup(&format),
        format!(
            "^XA^DFR:{name}^FS^CI28^PW240^LL160^LH0,0^CVY\
             ^FO11,11^BXN,3,200,20,20,,|^FN1^FS^PQ1,0,1,N^XZ"
        )
    );
    let recall = format!("^XA^XFR:{name}^FS^FN1^FD|10104810093011694212k6rsr|193#SzU^FS^XZ");
    assert_eq!(row(&format, &[DAIRY]), recall);
    let format = format_for(design("30x20").unwrap(), &footwear("5AbCdEfGhIjKl"));
    let expected = format!(
        "^XA^XFR:{}^FS^FN1^FD|1010481009301169421a_c\"%&'()*+,-|191EE11|192{}^FS\
         ^FN2^FDa_c\"%&'()*+,-^FS^XZ",
        format.name(),
        "aZ/+".repeat(22)
    );
    assert_eq!(row(&format, &[footwear("a_c\"%&'()*+,-")]), expected);
}

#[test]
fn what_stays_is_one_stored_picture_for_all_labels_of_a_row() {
    let format = made(&bare(BAR_AND_SERIAL), DAIRY, &in_rows(2));
    let name = format.name();
    let lanes = "^FO160,8^XGR:NAME.GRF,1,1^FS^FO11,11^BXN,3,200,20,20,,|^FN1^FS\
                 ^FO8,124^A0N,15,15^FN2^FS\
                 ^FO420,8^XGR:NAME.GRF,1,1^FS^FO271,11^BXN,3,200,20,20,,|^FN3^FS\
                 ^FO268,124^A0N,15,15^FN4^FS";
    assert_eq!(
        setup(&format),
        format!(
            "~DGR:{name}.GRF,4,2,!:\r\n^XA^DFR:{name}^FS^CI28^PW500^LL160^LH0,0^CVY{}\
             ^PQ1,0,1,N^XZ",
            lanes.replace("NAME", name)
        )
    );
    let symbol = "|10104810093011694212k6rsr|193#SzU";
    let recall = format!(
        "^XA^XFR:{name}^FS^FN1^FD{symbol}^FS^FN2^FD2k6rsr^FS^FN3^FD{symbol}^FS^FN4^FD2k6rsr^FS^XZ"
    );
    assert_eq!(row(&format, &[DAIRY, DAIRY]), recall);
    // The last, short row recalls the picture only.
    let short = row(&format, &[DAIRY]);
    assert_eq!(short.matches("^XGR").count(), 1);
    assert!(!short.contains("^XF") && short.contains("^PW500"), "{short}");
}

#[test]
fn a_label_costs_few_bytes() {
    let groups = [
        (DAIRY.to_owned(), 100),
        (clothing("5AbCdEfGhIjKl"), 145),
        (footwear("5AbCdEfGhIjKl"), 190),
    ];
    for (code, most) in groups {
        for design in designs().iter().filter(|design| holds(design, &code)) {
            for dots_per_mm in [8.0, 12.0, 24.0] {
                let format = made(design, &code, &head(dots_per_mm));
                let bytes = row(&format, &[&code]).len();
                assert!(bytes <= most, "{}: {bytes} bytes for {}", design.name, code.len());
                // A row of two with one code: only the picture was stored before.
                let two = Head { pitch_mm: 100.0, across: 2, ..head(dots_per_mm) };
                let bytes = row(&made(design, &code, &two), &[&code]).len();
                // A large picture of a 600 dpi head is stored in bands, each of which is recalled.
                let most = if dots_per_mm < 20.0 { 380 } else { 600 };
                assert!(bytes <= most, "{}: {bytes} bytes without a stored format", design.name);
            }
        }
    }
}

#[test]
fn two_formats_never_share_a_name_and_one_keeps_its_own() {
    let dairy = design("dairy").unwrap();
    let name = |goods: &Goods, head: &Head| {
        let format = LabelFormat::new(dairy, goods, &CodeText::new(DAIRY), head).unwrap();
        format.name().to_owned()
    };
    assert_eq!(name(&goods(), &head(8.0)), name(&goods(), &head(8.0)));
    let mut names = BTreeSet::new();
    for number in 0..60 {
        let goods = Goods { name: format!("Сыр {number}"), ..Goods::default() };
        assert!(names.insert(name(&goods, &head(8.0))), "{number}");
    }
    let wide = |pitch_mm| Head { across: 2, pitch_mm, ..head(8.0) };
    let echo = Head { echo: true, ..head(8.0) };
    for other in [head(12.0), wide(80.0), wide(80.5), Head { across: 3, ..wide(80.0) }, echo] {
        assert!(names.insert(name(&goods(), &other)), "{other:?}");
    }
    assert!(names.iter().all(|name| name.len() == 5 && name.starts_with('M')), "{names:?}");
}

#[test]
fn a_separator_can_be_a_literal_gs() {
    let format = made(&bare(""), DAIRY, &Head { separator: Separator::Gs, ..head(8.0) });
    assert!(row(&format, &[DAIRY]).contains("|10104810093011694212k6rsr|]93#SzU^FS"));
}

#[test]
fn data_never_becomes_a_command() {
    let dairy = design("dairy").unwrap();
    let tricky = "0104810093011694212k6rsr\u{1d}93^X~\\";
    let sent = row(&format_for(dairy, DAIRY), &[tricky]);
    assert!(sent.contains("^FH\\^FD|10104810093011694212k6rsr|193\\5EX\\7E\\5C^FS"), "{sent}");
    assert!(!sent.contains('~'));
    // A name of goods is drawn, never spelt.
    let goods = Goods { name: "^XZ^XA~JA\"\\".into(), ..Goods::default() };
    let sample = CodeText::new(DAIRY);
    let format = LabelFormat::new(dairy, &goods, &sample, &head(8.0)).unwrap();
    let sent = setup(&format);
    assert_eq!((sent.matches("^XZ").count(), sent.matches('~').count()), (1, 1), "{sent}");
    assert!(sent.starts_with("~DGR:"), "{sent}");
    let mark = String::from_utf8(format.mark_bytes(&["^XZ~JA".into()])).unwrap();
    assert_eq!((mark.matches("^XZ").count(), mark.matches('~').count()), (1, 0));
    let label = format.label_bytes(&sample).unwrap();
    let paper = Paper { width_mm: dairy.width_mm, height_mm: dairy.height_mm, ..LARGE };
    assert_eq!(Pictures::by_zplkit(&[label], paper).read(), [as_read(DAIRY)]);
}

#[test]
fn a_code_with_the_escape_character_goes_as_a_whole_format_with_another() {
    let format = format_for(design("dairy").unwrap(), DAIRY);
    let sent = row(&format, &["0104810093011694212k6rsr\u{1d}93|SzU"]);
    assert!(!sent.contains("^XF"), "{sent}");
    assert!(sent.contains(",,@^FD@10104810093011694212k6rsr@193|SzU^FS"), "{sent}");
}

#[test]
fn a_code_of_another_form_brings_its_whole_label_along() {
    let format = format_for(design("58x40").unwrap(), DAIRY);
    let sent = row(&format, &[footwear("5AbCdEfGhIjKl")]);
    assert!(sent.contains("44,44,,|") && sent.contains("^GFA,"), "{sent}");
    assert!(!sent.contains("^XF") && !sent.contains("^XG"), "{sent}");
}

#[test]
fn what_is_no_row_is_refused() {
    let format = made(&bare(""), DAIRY, &in_rows(2));
    for count in [0, 3] {
        let said = format.row_bytes(&texts(&vec![DAIRY; count])).unwrap_err();
        assert_eq!(said, DesignProblem::RowCodes { found: count, most: 2 });
    }
    let said = format.row_bytes(&[CodeText::new("no code")]).unwrap_err();
    assert!(matches!(said, DesignProblem::Code(_)), "{said}");
    for (across, pitch_mm) in [(0, 32.0), (2, 29.9), (17, 32.0), (2, f32::NAN)] {
        let head = Head { across, pitch_mm, ..head(8.0) };
        let said = LabelFormat::new(&bare(""), &goods(), &CodeText::new(DAIRY), &head).unwrap_err();
        assert!(matches!(said, DesignProblem::Across { .. }), "{said}");
    }
}

#[test]
fn a_printer_that_echoes_says_the_symbol_of_every_label() {
    let format = made(&bare(BAR_AND_SERIAL), DAIRY, &Head { echo: true, ..in_rows(2) });
    let sent = setup(&format);
    for number in [1, 3] {
        let echo = format!("^FN{number}^FS^FH_^HV{number},256,MW:,_0D_0A,L^FS");
        assert!(sent.contains(&echo), "{sent}");
    }
    let short = row(&format, &[DAIRY]);
    assert!(short.contains("|^FN1^FD|1") && short.contains("^HV1,"), "{short}");
    let paper = Paper { width_mm: 62.5, height_mm: 20.0, dots_per_mm: 8.0 };
    let file = format.file_bytes(&texts(&[DAIRY; 3])).unwrap();
    let one = as_read(DAIRY);
    assert_eq!(Pictures::by_zplkit(&[file], paper).read(), [format!("{one} {one}"), one]);
}

#[test]
fn every_design_is_drawn_by_zplkit_and_read_by_zxing_exactly() {
    let serials = ["a_c\"%&'()*+,-", "./0:;<=>?AZ_z", "!5AbCdEfGhIjK"];
    for design in designs() {
        let (mut files, mut wanted) = (Vec::new(), Vec::new());
        let tricky = [DAIRY, "0104810093011694212k6rsr\u{1d}93~|S\\", DAIRY].map(str::to_owned);
        let groups = [serials.map(clothing), serials.map(footwear), tricky];
        for codes in groups.into_iter().filter(|codes| holds(design, &codes[0])) {
            files.push(format_for(design, &codes[0]).file_bytes(&texts(&codes)).unwrap());
            wanted.extend(codes.iter().map(|code| as_read(code)));
        }
        let paper = Paper { width_mm: design.width_mm, height_mm: design.height_mm, ..LARGE };
        assert!(!files.is_empty(), "{} holds no code", design.name);
        assert_eq!(Pictures::by_zplkit(&files, paper).read(), wanted, "{}", design.name);
    }
}

#[test]
fn a_thousand_random_codes_are_drawn_by_zplkit_and_read_by_zxing_exactly() {
    let mut chance = Chance::new(1);
    for dots_per_mm in [8.0, 12.0] {
        let (files, wanted) = random_files(&mut chance, dots_per_mm);
        assert_eq!(wanted.len(), 504);
        let pictures = Pictures::by_zplkit(&files, Paper { dots_per_mm, ..LARGE });
        assert_eq!(pictures.read(), wanted);
    }
}

#[test]
fn labels_of_a_600_dpi_head_are_drawn_by_zplkit_and_read_by_zxing_exactly() {
    let mut chance = Chance::new(3);
    for design in designs() {
        let (mut files, mut wanted) = (Vec::new(), Vec::new());
        for form in forms() {
            let codes: Vec<String> = (0..2).map(|_| chance.code(form)).collect();
            let sample = CodeText::new(codes[0].as_str());
            // As its maker names it: 24 dots a millimetre.
            let Ok(format) = LabelFormat::new(design, &goods(), &sample, &head(24.0)) else {
                continue;
            };
            files.push(format.file_bytes(&texts(&codes)).unwrap());
            wanted.extend(codes.iter().map(|code| as_read(code)));
        }
        let (width_mm, height_mm) = (design.width_mm, design.height_mm);
        let paper = Paper { width_mm, height_mm, dots_per_mm: 24.0 };
        // Six forms of codes, of which the smallest labels hold those of dairy, water and beer.
        assert!(wanted.len() >= 8, "{} holds {} codes", design.name, wanted.len());
        assert_eq!(Pictures::by_zplkit(&files, paper).read(), wanted, "{}", design.name);
    }
}

#[test]
fn a_second_reader_of_the_files_agrees() {
    let (files, wanted) = random_files(&mut Chance::new(2), 8.0);
    assert_eq!(Pictures::by_labelize(&files, "zpl", LARGE).read(), wanted);
}

/// Files with codes of every form, and both separators, and what is to be read from their labels.
fn random_files(chance: &mut Chance, dots_per_mm: f32) -> (Vec<Vec<u8>>, Vec<String>) {
    let (mut files, mut wanted) = (Vec::new(), Vec::new());
    for (form, separator) in forms().into_iter().flat_map(|f| SEPARATORS.map(|s| (f, s))) {
        let codes: Vec<String> = (0..28).map(|_| chance.code(form)).collect();
        let head = Head { separator, ..head(dots_per_mm) };
        let format = made(design("58x40").unwrap(), &codes[0], &head);
        files.push(format.file_bytes(&texts(&codes)).unwrap());
        wanted.extend(codes.iter().map(|code| as_read(code)));
    }
    (files, wanted)
}

#[test]
fn rows_carry_their_codes_from_left_to_right_and_the_last_may_be_short() {
    let mut chance = Chance::new(2);
    for across in [2, 3] {
        let mut codes: Vec<String> = (0..2 * across).map(|_| chance.code((6, 4))).collect();
        // One in a full row has another form, and so has the last one, alone in its row.
        codes[1] = chance.code((8, 4));
        codes.push(chance.code((13, 4)));
        let format = made(&bare(BAR_AND_SERIAL), &codes[0], &in_rows(across));
        let file = format.file_bytes(&texts(&codes)).unwrap();
        let width_mm = if across == 2 { 62.5 } else { 95.0 };
        let paper = Paper { width_mm, height_mm: 20.0, dots_per_mm: 8.0 };
        let wanted: Vec<String> = codes.chunks(across as usize).map(all_as_read).collect();
        let drawn = [
            Pictures::by_zplkit(std::slice::from_ref(&file), paper),
            Pictures::by_labelize(&[file], "zpl", paper),
        ];
        for pictures in drawn {
            assert_eq!(pictures.read(), wanted, "{across} side by side");
        }
    }
}

#[test]
fn a_label_is_the_same_dots_whether_stored_or_whole() {
    let design = design("58x40").unwrap();
    let format = format_for(design, DAIRY);
    let sample = CodeText::new(DAIRY);
    let recalled = format.file_bytes(std::slice::from_ref(&sample)).unwrap();
    let drawn = Pictures::by_zplkit(&[recalled, format.label_bytes(&sample).unwrap()], LARGE);
    let (differ, black) = compared(&drawn.files[0], &drawn.files[1], None);
    assert_eq!(differ, 0);
    assert!(black > 3_000, "{black}");
}

#[test]
fn a_mark_is_the_same_dots_in_both_languages() {
    let lines = ["Начало рулона".to_owned(), "job 17: 0104810093011694".to_owned()];
    let marks = [Language::Zpl, Language::Tspl].map(|language| {
        let head = Head { language, ..in_rows(2) };
        let format = made(&bare(""), DAIRY, &head);
        match language {
            Language::Zpl => format.mark_bytes(&lines),
            Language::Tspl => [format.setup_bytes(), &format.mark_bytes(&lines)].concat(),
        }
    });
    let paper = Paper { width_mm: 62.5, height_mm: 20.0, dots_per_mm: 8.0 };
    let [zpl, tspl] = marks;
    let zpl = Pictures::by_zplkit(&[zpl], paper);
    let tspl = Pictures::by_labelize(&[tspl], "tspl", paper);
    let (differ, black) = compared(&zpl.files[0], &tspl.files[0], None);
    assert_eq!(differ, 0);
    assert!(black > 6_000, "{black}");
}

#[test]
fn a_format_says_how_much_memory_it_takes() {
    let format = made(&bare(BAR_AND_SERIAL), DAIRY, &head(8.0));
    // Two rows of sixteen dots, and the text of the format.
    let text = setup(&format);
    let stored = text.split_once("\r\n").unwrap().1.len();
    assert_eq!(format.memory_bytes(), 4 + stored);
}
