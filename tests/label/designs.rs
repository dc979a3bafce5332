//! The shipped designs and their elements on the dots of real print heads.
use crate::label_kit::{HEADS, codes, goods, text, with};
use markwright::code::{CodeText, parse};
use markwright::label::{Design, DesignProblem, Goods, Item, Placed, design, designs, place};
use markwright::label::{preview_png, raster};
use markwright::symbol::read;
use std::path::Path;

/// Groups that a shipped design does not hold at 203, 300 and 600 dpi. All others hold every group.
const TOO_SMALL: [(&str, [&[&str]; 3]); 4] = [
    ("20x20", [&["lp", "shoes"], &["lp", "shoes"], &["shoes"]]),
    ("15x15", [&["lp", "shoes"], &["lp", "shoes"], &["lp", "shoes"]]),
    ("dairy", [&["lp", "shoes"], &["lp", "shoes"], &["shoes"]]),
    ("clothing", [&["shoes"], &[], &[]]),
];

fn too_small(design: &Design, head: usize) -> &'static [&'static str] {
    TOO_SMALL.iter().find(|(name, _)| *name == design.name).map_or(&[], |(_, at)| at[head])
}

fn placed(design: &Design) -> Placed {
    place(design, &goods(), &codes()[1], 8.0).unwrap()
}

fn group(code: &CodeText) -> &'static str {
    parse(code.as_str()).unwrap().group().alias()
}

#[test]
fn every_shipped_design_carries_the_codes_of_its_groups_on_every_head() {
    let mut carried = 0;
    for (at, dots) in HEADS.into_iter().enumerate() {
        for design in designs() {
            let held = |code: &CodeText| !too_small(design, at).contains(&group(code));
            for code in codes().into_iter().filter(held) {
                let placed = place(design, &goods(), &code, dots).unwrap_or_else(|problem| {
                    panic!("{} at {dots} dots a mm, {code:?}: {problem}", design.name)
                });
                let picture = raster(&placed, &code).unwrap();
                let found = read(picture.as_raw(), picture.width(), picture.height(), None);
                let found = found.unwrap_or_else(|| panic!("{} {dots} {code:?}", design.name));
                let found = (found.text.as_str(), found.identifier.as_str());
                assert_eq!(found, (code.as_str(), "]d2"));
                carried += 1;
            }
        }
    }
    // 18 labels of six designs, and what the four others hold.
    assert_eq!(carried, 18 * 6 + 13 + 12 + 13 + 17);
}

#[test]
fn a_design_that_is_too_small_for_a_group_names_the_label_that_takes_it() {
    for (at, dots) in HEADS.into_iter().enumerate() {
        for design in designs() {
            let refused = |code: &CodeText| too_small(design, at).contains(&group(code));
            for code in codes().into_iter().filter(refused) {
                let said = place(design, &goods(), &code, dots).unwrap_err().to_string();
                let begins = format!("the symbol of {} has ", group(&code));
                assert!(said.starts_with(&begins), "{}: {said}", design.name);
                assert!(said.contains("the smallest shipped label that takes it is"), "{said}");
            }
        }
    }
    let shoes = place(design("20x20").unwrap(), &goods(), &codes()[5], 8.0).unwrap_err();
    assert_eq!(
        shoes.to_string(),
        "the symbol of shoes has 44 x 44 modules: with 3 dots = 0.375 mm each and its quiet zone it \
         measures 17.2 mm and reaches 4.9 mm over the edge of its room; the smallest shipped label \
         that takes it is 30x20"
    );
}

#[test]
fn every_shipped_design_carries_goods_of_which_little_is_known() {
    let little = Goods { name: "Сыр".into(), ..Goods::default() };
    for design in designs() {
        for dots in HEADS {
            place(design, &little, &codes()[1], dots).unwrap();
            assert!(design.holds(&codes()[1], dots), "{}", design.name);
        }
    }
    assert!(!design("15x15").unwrap().holds(&codes()[5], 8.0));
}

#[test]
fn a_footwear_symbol_on_the_small_label_is_15_6_mm_at_300_dpi() {
    let placed = place(design("30x20").unwrap(), &goods(), &codes()[5], 11.811).unwrap();
    assert_eq!((placed.symbol.module, placed.symbol.side), (4, 44));
    let side = f64::from(placed.symbol.with_quiet_zone().width) / 11.811;
    assert!((15.5..15.65).contains(&side), "{side}");
}

#[test]
fn a_symbol_that_may_fill_its_room_has_the_largest_modules_that_the_rules_allow() {
    let design = design("58x40").unwrap();
    let module = |code: &CodeText, dots| place(design, &goods(), code, dots).unwrap().symbol.module;
    let codes = codes();
    // Dairy: 5 dots are 0.625 mm, 6 would be 0.75 mm. Footwear: 48 modules of 3 dots are 18.0 mm.
    assert_eq!([module(&codes[1], 8.0), module(&codes[5], 8.0)], [5, 3]);
    // 8 dots are 0.677 mm; 48 modules of 4 dots are 16.3 mm.
    assert_eq!([module(&codes[1], 11.811), module(&codes[5], 11.811)], [8, 4]);
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
    assert!(dark(172, 10, 280, 70) > 500, "the name is drawn");
    assert!(dark(12, 248, 290, 60) > 500, "the code is drawn");
    assert!(dark(310, 240, 140, 70) > 300, "the size is drawn");
    let placed = place(design("58x40").unwrap(), &goods(), &codes()[5], 8.0).unwrap();
    let (whole, symbol) = (placed.symbol.with_quiet_zone(), placed.symbol);
    assert_eq!(dark(whole.x, whole.y, whole.width, symbol.quiet), 0, "the quiet zone is white");
    assert_eq!(dark(whole.x, whole.y, symbol.quiet, whole.height), 0, "the quiet zone is white");
}

#[test]
fn a_text_shrinks_to_its_least_line_and_breaks_at_spaces() {
    let area = "x_mm=20\ny_mm=20\nwidth_mm=20\nline_mm=4";
    let line_of = |design| match placed(&design).items.as_slice() {
        [Item::Words { line, .. }] => *line,
        other => panic!("{other:?}"),
    };
    assert_eq!(line_of(text("коротко", area)), 32);
    let long = "слова которые не входят";
    let shrunk = line_of(text(long, &format!("{area}\nleast_line_mm=1.5")));
    assert!((12..32).contains(&shrunk), "{shrunk}");
    assert_eq!(placed(&text(long, &format!("{area}\nlines=2"))).items.len(), 2);
}

#[test]
fn lines_stand_left_in_the_middle_and_right() {
    let x_of = |align: &str| {
        let design = text("42", &format!("x_mm=20\ny_mm=20\nwidth_mm=20\nline_mm=4\n{align}"));
        match placed(&design).items.as_slice() {
            [Item::Words { x, .. }] => *x,
            other => panic!("{other:?}"),
        }
    };
    let (left, centre, right) = (x_of(""), x_of("align='centre'"), x_of("align='right'"));
    assert!((left - 160.0).abs() < f32::EPSILON, "{left}");
    assert!((centre - f32::midpoint(left, right)).abs() <= 1.0, "{left} {centre} {right}");
    assert!((280.0..320.0).contains(&right), "{right}");
}

#[test]
fn the_pilot_form_has_31_characters() {
    let area = "x_mm=1\ny_mm=22\nwidth_mm=55\nline_mm=3.6\nform='pilot'";
    let code = &codes()[5];
    let on = |lines: usize| {
        let design = with(&format!("[[element]]\nkind='code'\n{area}\nlines={lines}"));
        place(&design, &goods(), code, 8.0).unwrap().items
    };
    let one = on(1);
    let [Item::Words { text: before, .. }, Item::Serial { after, .. }] = &one[..] else {
        panic!("{one:?}")
    };
    assert_eq!(format!("{before}5AbCdEfGhIjKl{after}").len(), 31);
    assert_eq!((before.as_str(), after.as_str()), ("04810093011694", "6403"));
    let two = on(2);
    assert!(
        matches!(&two[..], [Item::Words { text, .. }, Item::Serial { after, .. }]
            if text == "04810093011694" && after == "6403"),
        "{two:?}"
    );
    assert_eq!(on(3).len(), 3);
}

#[test]
fn the_gs1_form_is_broken_before_the_serial_number() {
    let area = "x_mm=1\ny_mm=22\nwidth_mm=30\nline_mm=3\nform='gs1'";
    let design = with(&format!("[[element]]\nkind='code'\n{area}\nlines=2"));
    let items = placed(&design).items;
    assert!(
        matches!(&items[..], [Item::Words { text: a, .. }, Item::Words { text: b, .. }, Item::Serial { .. }]
            if a == "(01)04810093011694" && b == "(21)"),
        "{items:?}"
    );
    let narrow =
        place(&with(&format!("[[element]]\nkind='code'\n{area}")), &goods(), &codes()[5], 8.0);
    assert!(matches!(narrow, Err(DesignProblem::TextTooLong { .. })), "{narrow:?}");
}

#[test]
fn words_that_nobody_can_draw_are_refused() {
    let area = "x_mm=1\ny_mm=30\nwidth_mm=55\nline_mm=3";
    let refused = |wording| place(&text(wording, area), &goods(), &codes()[1], 8.0).unwrap_err();
    let element = || "element 2 (text)".to_owned();
    assert_eq!(refused("鞋"), DesignProblem::NoLetter { element: element(), found: '鞋' });
    assert_eq!(refused("{serial} штук"), DesignProblem::NotAscii { element: element() });
    assert_eq!(placed(&text("Серия {serial}", area)).items.len(), 2);
}

#[test]
fn a_label_is_not_drawn_for_a_code_of_another_form() {
    let placed = placed(&with(""));
    let said = raster(&placed, &codes()[5]).unwrap_err().to_string();
    assert!(said.contains("shoes") && said.contains("milk"), "{said}");
    let rubbish = raster(&placed, &CodeText::new("hello")).unwrap_err();
    assert!(matches!(rubbish, DesignProblem::Code(_)), "{rubbish}");
}

/// The code and the goods on the pictures of `docs/labels.md`.
fn shown(design: &Design) -> (CodeText, Goods) {
    let codes = codes();
    match design.name.as_str() {
        "20x20" | "15x15" | "dairy" => (
            codes[1].clone(),
            Goods {
                name: "Сыр «Белый», 45 %".into(),
                article: "С-45".into(),
                size: String::new(),
                ..goods()
            },
        ),
        "clothing" => (
            codes[4].clone(),
            Goods {
                name: "Куртка жаночая «Мроя»".into(),
                size: "48".into(),
                composition: "верх: 100 % полиэстер; подкладка: 100 % вискоза".into(),
                ..goods()
            },
        ),
        _ => (codes[5].clone(), goods()),
    }
}

#[test]
fn the_pictures_in_the_documents_show_the_designs_as_they_are() {
    let mut old = Vec::new();
    for design in designs() {
        let (code, goods) = shown(design);
        let png = preview_png(design, &goods, &code, 11.811).unwrap();
        let name = format!("docs/pictures/labels/{}.png", design.name);
        let kept = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name));
        let kept = kept.ok().and_then(|png| image::load_from_memory(&png).ok());
        if kept.map(image::DynamicImage::into_luma8)
            != image::load_from_memory(&png).ok().map(image::DynamicImage::into_luma8)
        {
            let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.png", design.name));
            std::fs::write(&new, png).unwrap();
            old.push(format!("cp {} {name}", new.display()));
        }
    }
    assert!(
        old.is_empty(),
        "designs have changed; look at the new pictures, then:\n{}",
        old.join("\n")
    );
}
