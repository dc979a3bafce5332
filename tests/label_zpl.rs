//! ZPL labels: their bytes, and what an interpreter that is not ours makes of them.
#![allow(clippy::unwrap_used, reason = "a test")]
mod label_oracle;

use label_oracle::{as_read, python};
use markwright::code::CodeText;
use markwright::label::{Design, Goods, LabelFormat, design, designs};
use markwright::symbol::Separator;

const DAIRY: &str = "0104810093011694212k6rsr\u{1d}93#SzU";

fn clothing(serial: &str) -> String {
    let signature = "aZ/+".repeat(11);
    format!("010481009301169421{serial}\u{1d}91EE11\u{1d}92{signature}")
}

fn footwear(serial: &str) -> String {
    let signature = "aZ/+".repeat(22);
    format!("010481009301169421{serial}\u{1d}91EE11\u{1d}92{signature}")
}

fn goods() -> Goods {
    Goods { name: "Сыр «Белый», 45 %".into(), size: "42".into(), ..Goods::default() }
}

fn format_for(design: &Design, sample: &str) -> LabelFormat {
    let sample = CodeText::new(sample);
    LabelFormat::new(design, &goods(), &sample, 8.0, Separator::Fnc1).unwrap()
}

fn label(format: &LabelFormat, code: &str) -> String {
    String::from_utf8(format.label_bytes(&CodeText::new(code)).unwrap()).unwrap()
}

/// The dairy label is made for the short codes of dairy only.
fn holds(design: &Design, code: &str) -> bool {
    design.holds(&CodeText::new(code), 8.0)
}

/// A design with one symbol and nothing else.
fn bare() -> Design {
    Design::parse(
        "name='t'\ntitle='t'\nwidth_mm=30\nheight_mm=20\n[[element]]\nkind='datamatrix'\nx_mm=1\n\
         y_mm=1\nmodule={mm=0.375}",
    )
    .unwrap()
}

#[test]
fn the_wire_form_of_a_label_is_frozen() {
    let format = format_for(&bare(), DAIRY);
    assert_eq!(
        String::from_utf8(format.setup_bytes().to_vec()).unwrap(),
        "^XA^DFR:M3790.ZPL^FS^CI28^PW240^LL160^LH0,0^CVY\
         ^FO11,11^BXN,3,200,20,20,,|^FN1^FS^PQ1,0,1,N^XZ"
    );
    assert_eq!(
        label(&format, DAIRY),
        "^XA^XFR:M3790.ZPL^FS^FN1^FD|10104810093011694212k6rsr|193#SzU^FS^XZ"
    );
    let format = format_for(design("30x20").unwrap(), &footwear("5AbCdEfGhIjKl"));
    let expected = format!(
        "^XA^XFR:{}.ZPL^FS^FN1^FD|1010481009301169421a_c\"%&'()*+,-|191EE11|192{}^FS\
         ^FN2^FDa_c\"%&'()*+,-^FS^XZ",
        format.name(),
        "aZ/+".repeat(22)
    );
    assert_eq!(label(&format, &footwear("a_c\"%&'()*+,-")), expected);
}

#[test]
fn a_label_costs_few_bytes() {
    for (code, most) in [
        (DAIRY.to_owned(), 100),
        (clothing("5AbCdEfGhIjKl"), 145),
        (footwear("5AbCdEfGhIjKl"), 190),
    ] {
        for design in designs().iter().filter(|design| holds(design, &code)) {
            let bytes = label(&format_for(design, &code), &code).len();
            assert!(bytes <= most, "{}: {bytes} bytes for {} characters", design.name, code.len());
        }
    }
}

#[test]
fn a_changed_design_has_another_name_and_the_same_design_the_same() {
    let name = |design| format_for(design, DAIRY).name().to_owned();
    let (a, b) = (design("58x40").unwrap(), design("dairy").unwrap());
    assert_eq!(name(a), name(a));
    assert_ne!(name(a), name(b));
}

#[test]
fn a_separator_can_be_a_literal_gs() {
    let sample = CodeText::new(DAIRY);
    let format = LabelFormat::new(&bare(), &goods(), &sample, 8.0, Separator::Gs).unwrap();
    let bytes = format.label_bytes(&sample).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("|10104810093011694212k6rsr|d02993#SzU^FS"));
}

#[test]
fn data_never_becomes_a_command() {
    let format = format_for(design("dairy").unwrap(), DAIRY);
    let tricky = "0104810093011694212k6rsr\u{1d}93^X~\\";
    let sent = label(&format, tricky);
    assert!(sent.contains("^FH\\^FD|10104810093011694212k6rsr|193\\5EX\\7E\\5C^FS"), "{sent}");
    assert!(!sent.contains('~'));
    // A name of goods is drawn, never spelt.
    let goods = Goods { name: "^XZ~JA".into(), ..Goods::default() };
    let sample = CodeText::new(DAIRY);
    let dairy = design("dairy").unwrap();
    let format = LabelFormat::new(dairy, &goods, &sample, 8.0, Separator::Fnc1).unwrap();
    let setup = String::from_utf8(format.setup_bytes().to_vec()).unwrap();
    assert_eq!((setup.matches("^XZ").count(), setup.matches('~').count()), (1, 0));
}

#[test]
fn a_code_with_the_escape_character_goes_as_a_whole_format_with_another() {
    let format = format_for(design("dairy").unwrap(), DAIRY);
    let sent = label(&format, "0104810093011694212k6rsr\u{1d}93|SzU");
    assert!(!sent.contains("^XF"), "{sent}");
    assert!(sent.contains(",,@^FD@10104810093011694212k6rsr@193|SzU^FS"), "{sent}");
}

#[test]
fn codes_of_another_form_are_refused() {
    let format = format_for(design("58x40").unwrap(), DAIRY);
    let said = format.label_bytes(&CodeText::new(footwear("5AbCdEfGhIjKl"))).unwrap_err();
    assert!(said.to_string().contains("make a new format"), "{said}");
}

/// Renders the file and prints, for every label, each symbol as hex of identifier and bytes.
/// zplkit refuses commands of the device; ours is the quantity.
const ORACLE: &str = r"
import io, re, sys, zxingcpp
from zplkit import Options, render
from PIL import Image
zpl = re.sub(rb'\^PQ[^^]*', b'', open(sys.argv[1], 'rb').read())
size = dict(width=int(sys.argv[2]), height=int(sys.argv[3]), dpi=203)
for label in render(zpl, Options(profile='zd621', **size)).labels:
    picture = Image.open(io.BytesIO(label.png())).convert('L')
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.DataMatrix)
    print(' '.join(r.symbology_identifier.encode().hex() + r.bytes.hex() for r in found))
";

/// What zplkit draws and zxing-cpp reads, label by label.
fn read_by_others(zpl: &[u8], design: &Design) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("labels.zpl");
    std::fs::write(&file, zpl).unwrap();
    let dots = |mm: f32| format!("{:.0}", mm * 8.0);
    let (width, height) = (dots(design.width_mm), dots(design.height_mm));
    let printed = python(ORACLE, &[file.to_str().unwrap(), &width, &height]);
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn every_design_is_drawn_by_zplkit_and_read_by_zxing_exactly() {
    let serials = ["a_c\"%&'()*+,-", "./0:;<=>?AZ_z", "!5AbCdEfGhIjK"];
    for design in designs() {
        let mut zpl = Vec::new();
        let mut wanted = Vec::new();
        let tricky = [DAIRY, "0104810093011694212k6rsr\u{1d}93~|S\\", DAIRY].map(str::to_owned);
        let groups = [serials.map(clothing), serials.map(footwear), tricky];
        for codes in groups.into_iter().filter(|codes| holds(design, &codes[0])) {
            let format = format_for(design, &codes[0]);
            zpl.extend_from_slice(format.setup_bytes());
            for code in codes {
                zpl.extend(format.label_bytes(&CodeText::new(code.as_str())).unwrap());
                wanted.push(as_read(&code));
            }
        }
        assert_eq!(read_by_others(&zpl, design), wanted, "{}", design.name);
    }
}

#[test]
fn hundreds_of_serials_and_check_parts_are_printed_exactly() {
    let set_82 =
        "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    let printable: String = ('!'..='~').collect();
    let mut state = 2_463_534_242_u32;
    let mut some = |from: &str, count: usize| -> String {
        (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                char::from(from.as_bytes()[state as usize % from.len()])
            })
            .collect()
    };
    let format = format_for(design("dairy").unwrap(), DAIRY);
    let codes: Vec<String> = (0..400)
        .map(|_| format!("010481009301169421{}\u{1d}93{}", some(set_82, 6), some(&printable, 4)))
        .collect();
    // zplkit takes 64 labels at once.
    for codes in codes.chunks(60) {
        let mut zpl = format.setup_bytes().to_vec();
        for code in codes {
            zpl.extend(format.label_bytes(&CodeText::new(code.as_str())).unwrap());
        }
        let wanted: Vec<String> = codes.iter().map(|code| as_read(code)).collect();
        assert_eq!(read_by_others(&zpl, design("dairy").unwrap()), wanted);
    }
}
