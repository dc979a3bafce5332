//! Designs on the dots of real print heads: what fits carries the code, what does not says why.
#![allow(clippy::unwrap_used, reason = "a test")]
use markwright::code::CodeText;
use markwright::label::raster;
use markwright::label::{Design, DesignProblem, Goods, Item, design, designs, place, preview_png};
use markwright::symbol::read;

/// 203, 300 and 600 dpi.
const HEADS: [f32; 3] = [8.0, 11.811, 23.622];

/// One code of each form: dairy with 6 and 8, water, beer, clothing, footwear.
fn codes() -> Vec<CodeText> {
    let head = "010481009301169421";
    let long = |signature| format!("5AbCdEfGhIjKl\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(signature));
    [
        "2k6rsr\u{1d}93#SzU".to_owned(),
        "2k6rsrti\u{1d}93#SzU".to_owned(),
        "5AbCdEfGhIjKl\u{1d}93SzU1".to_owned(),
        "2k6rsrt\u{1d}93SzU1".to_owned(),
        long(11),
        long(22),
    ]
    .map(|tail| CodeText::new(format!("{head}{tail}")))
    .to_vec()
}

fn goods() -> Goods {
    Goods {
        name: "Сапожкі зімовыя «Мроя», скура, №7".into(),
        article: "АБ-4471/2".into(),
        size: "42".into(),
        colour: "чёрны".into(),
        composition: "верх: натуральная кожа; подкладка: шерсть; подошва: ТПУ".into(),
        batch: "П-17".into(),
        date: "21.11.2026".into(),
        hs_code: "6403919300".into(),
    }
}

/// A design of 58 x 40 mm with a symbol of 3 dots a module at 203 dpi, and what is given.
fn with(elements: &str) -> Design {
    let head = "name='t'\ntitle='t'\nwidth_mm=58\nheight_mm=40\n";
    let symbol = "[[element]]\nkind='datamatrix'\nx_mm=1\ny_mm=1\nmodule={mm=0.375}\n";
    Design::parse(&format!("{head}{symbol}{elements}")).unwrap()
}

fn text(wording: &str, rest: &str) -> Design {
    with(&format!("[[element]]\nkind='text'\ntext='''{wording}'''\n{rest}"))
}

fn placed(design: &Design) -> Result<markwright::label::Placed, DesignProblem> {
    place(design, &goods(), &codes()[1], 8.0)
}

#[test]
fn every_shipped_design_carries_every_code_on_every_head() {
    for design in designs() {
        // The dairy label is made for short codes only.
        let longest = if design.name == "dairy" { 40 } else { 200 };
        let codes = codes().into_iter().filter(|code| code.as_str().len() < longest);
        for (code, dots) in codes.flat_map(|code| HEADS.map(|dots| (code.clone(), dots))) {
            let code = &code;
            let placed = place(design, &goods(), code, dots).unwrap_or_else(|problem| {
                panic!("{} at {dots} dots a mm, {code:?}: {problem}", design.name)
            });
            let picture = raster(&placed, code).unwrap();
            let found = read(picture.as_raw(), picture.width(), picture.height(), None);
            let found = found.unwrap_or_else(|| panic!("{} {dots} {code:?}", design.name));
            assert_eq!((found.text.as_str(), found.identifier.as_str()), (code.as_str(), "]d2"));
        }
    }
}

#[test]
fn a_footwear_symbol_on_the_small_label_is_15_6_mm_at_300_dpi() {
    let placed = place(design("30x20").unwrap(), &goods(), &codes()[5], 11.811).unwrap();
    assert_eq!((placed.symbol.module, placed.symbol.side), (4, 44));
    let side = f64::from(placed.symbol.with_quiet_zone().width) / 11.811;
    assert!((15.5..15.65).contains(&side), "{side}");
}

#[test]
fn a_preview_is_a_png_of_the_whole_label() {
    let png = preview_png(design("58x40").unwrap(), &goods(), &codes()[5], 8.0).unwrap();
    let picture = image::load_from_memory(&png).unwrap().into_luma8();
    assert_eq!(picture.dimensions(), (464, 320));
    let dark = |x, y, width, height| {
        let part = image::imageops::crop_imm(&picture, x, y, width, height).to_image();
        part.pixels().filter(|dot| dot.0[0] < 128).count()
    };
    assert!(dark(180, 16, 272, 90) > 500, "the name is drawn");
    assert!(dark(12, 248, 440, 60) > 500, "the code is drawn");
    assert_eq!(dark(12, 12, 138, 6), 0, "the quiet zone is white");
}

#[test]
fn a_module_outside_of_the_range_is_refused_with_the_nearest_that_holds() {
    let mut design = with("");
    let module = |design: &Design, dots| place(design, &goods(), &codes()[1], dots);
    assert_eq!(module(&design, 8.0).unwrap().symbol.module, 3);
    assert_eq!(module(&design, 11.811).unwrap().symbol.module, 4);
    let set = |design: &mut Design, module: &str| {
        let toml = "name='t'\ntitle='t'\nwidth_mm=58\nheight_mm=40\n[[element]]\n\
                    kind='datamatrix'\nx_mm=1\ny_mm=1\nmodule=";
        *design = Design::parse(&format!("{toml}{module}")).unwrap();
    };
    set(&mut design, "{mm=0.255}");
    let said = module(&design, 11.811).unwrap_err().to_string();
    assert!(said.contains("3 dots is 0.254 mm") && said.contains("4 dots = 0.339 mm"), "{said}");
    let said = module(&design, 8.0).unwrap_err().to_string();
    assert!(said.contains("2 dots is 0.250 mm") && said.contains("3 dots = 0.375 mm"), "{said}");
    set(&mut design, "{dots=9}");
    let said = module(&design, 11.811).unwrap_err().to_string();
    assert!(said.contains("9 dots is 0.762 mm") && said.contains("8 dots = 0.677 mm"), "{said}");
}

#[test]
fn what_leaves_the_label_or_touches_the_symbol_is_refused() {
    let line = |x, y, width| {
        with(&format!(
            "[[element]]\nkind='line'\nx_mm={x}\ny_mm={y}\nwidth_mm={width}\nheight_mm=0.3"
        ))
    };
    assert!(placed(&line(12.0, 5.0, 46.0)).is_ok());
    let right = placed(&line(12.0, 5.0, 47.0)).unwrap_err();
    assert_eq!(
        right.to_string(),
        "element 2 (line) reaches 1.0 mm over the right edge of the label"
    );
    let lower = placed(&line(12.0, 41.0, 3.0)).unwrap_err();
    assert!(matches!(lower, DesignProblem::Outside { edge: "lower", .. }), "{lower}");
    let touching = placed(&line(9.5, 5.0, 10.0)).unwrap_err();
    assert_eq!(touching, DesignProblem::OnSymbol { element: "element 2 (line)".into() });
    let around = "[[element]]\nkind='box'\nx_mm=0\ny_mm=0\nwidth_mm=20\nheight_mm=20";
    assert!(placed(&with(around)).is_ok(), "a box may stand around the symbol");
    let tiny = Design::parse(
        "name='t'\ntitle='t'\nwidth_mm=15\nheight_mm=15\n[[element]]\nkind='datamatrix'\nx_mm=0\n\
         y_mm=0\nmodule={mm=0.34}",
    );
    let outside = place(&tiny.unwrap(), &goods(), &codes()[5], 11.811).unwrap_err();
    assert!(matches!(outside, DesignProblem::Outside { edge: "right", .. }), "{outside}");
}

#[test]
fn a_text_shrinks_to_its_least_line_and_is_refused_below_it() {
    let area = "x_mm=20\ny_mm=20\nwidth_mm=20\nline_mm=4";
    let line_of = |design| match placed(&design).unwrap().items.as_slice() {
        [Item::Words { line, .. }] => *line,
        other => panic!("{other:?}"),
    };
    assert_eq!(line_of(text("коротко", area)), 32);
    let long = "слова которые не входят";
    let shrunk = line_of(text(long, &format!("{area}\nleast_line_mm=1.5")));
    assert!((12..32).contains(&shrunk), "{shrunk}");
    let said = placed(&text(long, area)).unwrap_err().to_string();
    assert!(said.starts_with("element 2 (text): 'слова которые не входят' does not fit"), "{said}");
    let two = placed(&text(long, &format!("{area}\nlines=2"))).unwrap();
    assert_eq!(two.items.len(), 2);
}

#[test]
fn the_pilot_form_has_31_characters_in_one_line() {
    let area = "x_mm=1\ny_mm=30\nwidth_mm=55\nline_mm=3";
    let code = &codes()[5];
    let placed = place(&text("{gtin}{serial}{hs4}", area), &goods(), code, 8.0).unwrap();
    let [Item::Serial { before, after, .. }] = placed.items.as_slice() else {
        panic!("{:?}", placed.items)
    };
    assert_eq!(format!("{before}5AbCdEfGhIjKl{after}").len(), 31);
    assert_eq!((before.as_str(), after.as_str()), ("04810093011694", "6403"));
}

#[test]
fn words_that_nobody_can_draw_are_refused() {
    let area = "x_mm=1\ny_mm=30\nwidth_mm=55\nline_mm=3";
    let chinese = placed(&text("鞋", area)).unwrap_err();
    assert_eq!(
        chinese,
        DesignProblem::NoLetter { element: "element 2 (text)".into(), found: '鞋' }
    );
    let behind = placed(&text("{serial} штук", area)).unwrap_err();
    assert_eq!(behind, DesignProblem::NotAscii { element: "element 2 (text)".into() });
    assert_eq!(placed(&text("Серия {serial}", area)).unwrap().items.len(), 2);
}

#[test]
fn a_label_is_not_drawn_for_a_code_of_another_form() {
    let placed = placed(&with("")).unwrap();
    let said = raster(&placed, &codes()[5]).unwrap_err().to_string();
    assert!(said.contains("shoes") && said.contains("milk"), "{said}");
    let rubbish = raster(&placed, &CodeText::new("hello")).unwrap_err();
    assert!(matches!(rubbish, DesignProblem::Code(_)), "{rubbish}");
}
