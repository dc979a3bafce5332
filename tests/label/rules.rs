//! A design that breaks a rule is refused with the reason and the nearest that holds.
use crate::label_kit::{codes, goods, text, toml_with, with};
use markwright::code::CodeText;
use markwright::label::{
    Design, DesignProblem, Goods, Head, Item, LabelFormat, Language, Placed, design, place, raster,
};
use proptest::prelude::*;

fn placed(design: &Design) -> Result<Placed, DesignProblem> {
    place(design, &goods(), &codes()[1], 8.0)
}

fn refused(elements: &str) -> DesignProblem {
    placed(&with(elements)).unwrap_err()
}

fn symbol(label_mm: f32, symbol: &str) -> Design {
    let head = format!("name='t'\ntitle='t'\nwidth_mm={label_mm}\nheight_mm={label_mm}\n");
    Design::parse(&format!("{head}[[element]]\nkind='datamatrix'\n{symbol}")).unwrap()
}

#[test]
fn a_module_outside_of_the_range_is_refused_with_the_nearest_that_holds() {
    let said = |module: &str, dots| {
        let design = symbol(40.0, &format!("x_mm=1\ny_mm=1\nmodule={module}"));
        place(&design, &goods(), &codes()[1], dots).unwrap_err().to_string()
    };
    let at_300 = said("{mm=0.255}", 11.811);
    assert!(
        at_300.contains("3 dots is 0.254 mm") && at_300.contains("4 dots = 0.339 mm"),
        "{at_300}"
    );
    let at_203 = said("{mm=0.255}", 8.0);
    assert!(
        at_203.contains("2 dots is 0.250 mm") && at_203.contains("3 dots = 0.375 mm"),
        "{at_203}"
    );
    let large = said("{dots=9}", 11.811);
    assert!(large.contains("9 dots is 0.762 mm") && large.contains("8 dots = 0.677 mm"), "{large}");
}

#[test]
fn a_symbol_larger_than_its_label_says_which_module_and_which_label_hold() {
    let shoes = &codes()[5];
    let said = |label_mm, element: &str| {
        place(&symbol(label_mm, element), &goods(), shoes, 8.0).unwrap_err().to_string()
    };
    assert_eq!(
        said(20.0, "x_mm=0\ny_mm=0\nmodule={dots=4}"),
        "the symbol of shoes has 44 x 44 modules: with 4 dots = 0.500 mm each and its quiet zone it \
         measures 23.0 mm and reaches 3.0 mm over the right edge of the label; a module of 3 dots = \
         0.375 mm would fit; the smallest shipped label that takes it is 30x20"
    );
    let moved = said(20.0, "x_mm=4\ny_mm=1\nmodule={dots=3}");
    assert!(moved.ends_with("the nearest place that holds is x_mm = 2.75, y_mm = 1.00"), "{moved}");
    let tiny = said(15.0, "x_mm=0\ny_mm=0\nmodule={dots=3}");
    assert!(tiny.ends_with("; the smallest shipped label that takes it is 30x20"), "{tiny}");
}

#[test]
fn what_leaves_the_label_or_touches_the_symbol_is_refused_with_the_nearest_place() {
    let line = |x: f32, y: f32, width: f32| {
        format!("[[element]]\nkind='line'\nx_mm={x}\ny_mm={y}\nwidth_mm={width}\nheight_mm=0.3")
    };
    assert!(placed(&with(&line(12.0, 5.0, 46.0))).is_ok());
    assert_eq!(
        refused(&line(12.0, 5.0, 47.0)).to_string(),
        "element 2 (line) reaches 1.0 mm over the right edge of the label; the nearest place that \
         holds is x_mm = 11.00, y_mm = 5.00"
    );
    let lower = refused(&line(12.0, 41.0, 3.0)).to_string();
    assert!(lower.contains("over the lower edge of the label"), "{lower}");
    assert_eq!(
        refused(&line(9.5, 5.0, 10.0)).to_string(),
        "element 2 (line) lies on the symbol or in its quiet zone, which must stay white; the \
         nearest place that holds is x_mm = 10.00, y_mm = 5.00"
    );
    let around = "[[element]]\nkind='box'\nx_mm=0\ny_mm=0\nwidth_mm=20\nheight_mm=20";
    assert!(placed(&with(around)).is_ok(), "a box may stand around the symbol");
}

#[test]
fn elements_on_top_of_each_other_are_refused() {
    let words = |x: f32, y: f32| {
        format!(
            "[[element]]\nkind='text'\nx_mm={x}\ny_mm={y}\nwidth_mm=20\nline_mm=4\nlines=2\n\
             text='{{size}}'\n"
        )
    };
    let neighbours = words(20.0, 10.0) + &words(20.0, 18.0) + &words(40.0 - 2.0, 26.0);
    assert!(placed(&with(&neighbours)).is_ok());
    let said = refused(&(words(20.0, 10.0) + &words(20.0, 17.0))).to_string();
    assert_eq!(
        said,
        "element 3 (text) lies on element 2 (text); the nearest place that holds is x_mm = 20.00, \
         y_mm = 18.00"
    );
    let picture =
        "[[element]]\nkind='picture'\nname='keep-dry'\nx_mm=38\ny_mm=8\nwidth_mm=6\nheight_mm=6";
    let said = refused(&(words(20.0, 10.0) + picture)).to_string();
    assert!(said.starts_with("element 3 (picture) lies on element 2 (text)"), "{said}");
    // Words may stand on a line or in a box.
    let line = "[[element]]\nkind='line'\nx_mm=20\ny_mm=12\nwidth_mm=30\nheight_mm=0.3\n";
    assert!(placed(&with(&(words(20.0, 10.0) + line))).is_ok());
}

#[test]
fn what_is_nowhere_free_is_told_a_size_that_would_be() {
    let wide = "[[element]]\nkind='text'\nx_mm=2\ny_mm=2\nwidth_mm=56\nline_mm=34\ntext='{size}'";
    let said = refused(wide).to_string();
    assert!(said.contains("made smaller to"), "{said}");
    let bar = "[[element]]\nkind='line'\nx_mm=2\ny_mm=2\nwidth_mm=56\nheight_mm=39";
    assert!(refused(bar).to_string().contains("made smaller to"));
    let bars = "symbology='itf14'\nmodule={mm=0.5}";
    assert!(refused(&barcode(bars)).to_string().ends_with("no place on this label is free for it"));
}

#[test]
fn a_text_that_does_not_fit_says_at_which_size_it_would_and_how_much_of_it_does() {
    let said = "слова которые не входят";
    let area = "x_mm=20\ny_mm=20\nwidth_mm=20\nline_mm=4";
    let problem = placed(&text(said, area)).unwrap_err();
    let DesignProblem::TextTooLong { fits_mm: Some(fits_mm), fits_letters, .. } = problem else {
        panic!("{problem}")
    };
    let words = problem.to_string();
    assert!(
        words.starts_with("element 2 (text): 'слова которые не входят' does not fit"),
        "{words}"
    );
    assert!(
        words.contains(&format!("least_line_mm = {fits_mm:.2}; its first {fits_letters}")),
        "{words}"
    );
    assert!(placed(&text(said, &format!("{area}\nleast_line_mm={fits_mm:.2}"))).is_ok());
    let start: String = said.chars().take(fits_letters).collect();
    let more: String = said.chars().take(fits_letters + 1).collect();
    assert!(placed(&text(&start, area)).is_ok());
    assert!(placed(&text(&more, area)).is_err());
}

#[test]
fn a_label_wider_than_the_head_is_refused_with_the_largest_that_fits() {
    let large = design("58x40").unwrap();
    // 104 mm at 203 dpi; 25.4 and 5 mm.
    let of_width = |width_dots| {
        let head = Head { width_dots: Some(width_dots), ..Head::new(Language::Zpl, 8.0) };
        LabelFormat::new(large, &goods(), &codes()[0], &head).map(|_| ())
    };
    assert_eq!(of_width(832), Ok(()));
    let said = of_width(344).unwrap_err().to_string();
    assert_eq!(
        said,
        "a row of labels of 58.0 mm is wider than the print head of 43.0 mm; the largest shipped label \
         for it is plain"
    );
    let none = of_width(40).unwrap_err().to_string();
    assert!(none.ends_with("is none"), "{none}");
    // Two beside each other reach 118 mm, and the head ends at 104.
    let head = |across| {
        let head = Head::new(Language::Zpl, 8.0);
        Head { across, pitch_mm: 60.0, width_dots: Some(832), ..head }
    };
    let made = |across| LabelFormat::new(large, &goods(), &codes()[0], &head(across)).map(|_| ());
    assert_eq!(made(1), Ok(()));
    assert!(matches!(made(2), Err(DesignProblem::WiderThanHead { .. })), "{:?}", made(2));
}

fn barcode(rest: &str) -> String {
    format!("[[element]]\nkind='barcode'\nx_mm=1\ny_mm=20\nheight_mm=10\n{rest}")
}

#[test]
fn a_linear_barcode_never_carries_the_serial_number() {
    let toml = toml_with(&barcode("symbology='code128'\nmodule={mm=0.25}\ndata='{gtin}{serial}'"));
    let said = Design::parse(&toml).unwrap_err().to_string();
    assert!(
        said.starts_with("element 2 (barcode): a linear barcode cannot carry {serial}"),
        "{said}"
    );
    assert!(said.contains("kind 'code' or 'text'") && said.contains("{gtin}"), "{said}");
}

#[test]
fn a_barcode_out_of_its_range_or_without_room_is_refused() {
    let said = refused(&barcode("symbology='ean13'\nmodule={mm=0.25}")).to_string();
    assert!(said.contains("0.250 mm here, outside of 0.264 to 0.660 mm for EAN-13"), "{said}");
    assert!(said.contains("nearest that holds is 3 dots = 0.375 mm"), "{said}");
    let large = refused(&barcode("symbology='itf14'\nmodule={mm=0.5}")).to_string();
    assert!(large.contains("element 2 (barcode) reaches 20.5 mm over the right edge"), "{large}");
    assert!(large.ends_with("no place on this label is free for it"), "{large}");
    let line = "\n[[element]]\nkind='line'\nx_mm=1.5\ny_mm=25\nwidth_mm=9\nheight_mm=0.3";
    let crossed = refused(&(barcode("symbology='ean13'\nmodule={mm=0.375}") + line)).to_string();
    assert!(crossed.starts_with("element 3 (line) lies on element 2 (barcode)"), "{crossed}");
}

#[test]
fn a_barcode_that_cannot_carry_the_data_says_what_can() {
    let carton = CodeText::new("0114810093011691212k6rsr\u{1d}93#SzU");
    let ean = with(&barcode("symbology='ean13'\nmodule={mm=0.375}"));
    let said = place(&ean, &goods(), &carton, 8.0).unwrap_err().to_string();
    assert!(said.contains("EAN-13 cannot carry '14810093011691'"), "{said}");
    assert!(said.ends_with("take symbology = \"itf14\""), "{said}");
    let itf = with(&barcode("symbology='itf14'\nmodule={mm=0.25}"));
    assert!(place(&itf, &goods(), &carton, 8.0).is_ok());
    let words = refused(&barcode("symbology='code128'\nmodule={mm=0.25}\ndata='{article}'"));
    assert!(words.to_string().contains("up to 48 characters of ASCII"), "{words}");
    let nothing = with(&barcode("symbology='code128'\nmodule={mm=0.25}\ndata='{article}'"));
    let unknown = place(&nothing, &Goods::default(), &codes()[1], 8.0).unwrap();
    assert!(unknown.items.is_empty(), "what is not known is not printed");
}

#[test]
fn a_picture_is_loaded_by_its_name_and_refused_if_it_is_none() {
    let toml = |name| {
        let area = "x_mm=20\ny_mm=20\nwidth_mm=10\nheight_mm=6";
        toml_with(&format!("[[element]]\nkind='picture'\nname='{name}'\n{area}"))
    };
    let wide = image::GrayImage::from_pixel(40, 10, image::Luma([0]));
    let mut png = std::io::Cursor::new(Vec::new());
    wide.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let load = |name: &str| (name == "logo.png").then(|| png.get_ref().clone());
    let design = Design::parse_with(&toml("logo.png"), load).unwrap();
    let items = placed(&design).unwrap().items;
    let [Item::Picture(picture)] = &items[..] else { panic!("{items:?}") };
    // 10 x 2.5 mm in the middle of 10 x 6 mm.
    assert_eq!((picture.at.width, picture.at.height), (80, 20));
    assert_eq!((picture.at.x, picture.at.y), (160, 174));
    assert_eq!(picture.runs().map(|run| run.width).sum::<u32>(), 80 * 20);
    let missing = Design::parse_with(&toml("other.png"), load).unwrap_err().to_string();
    assert!(missing.contains("no picture 'other.png'; shipped are conformity, keep-dry, wash-30"));
    let broken = Design::parse_with(&toml("a.png"), |_| Some(b"GIF89a".to_vec())).unwrap_err();
    assert!(broken.to_string().contains("picture 'a.png' is not a PNG"), "{broken}");
}

#[test]
fn a_design_with_very_many_elements_is_refused() {
    let line = "[[element]]\nkind='line'\nx_mm=20\ny_mm=20\nwidth_mm=1\nheight_mm=1\n";
    let said = Design::parse(&toml_with(&line.repeat(100))).unwrap_err().to_string();
    assert_eq!(said, "a design has at most 100 elements; found 101");
}

/// Numbers as nobody should write them, among some that are fine.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0.0..60.0_f32).prop_map(|mm| format!("{mm:.2}")),
        1 => prop::sample::select(vec!["nan", "inf", "-inf", "-3.0", "0.0", "1e30", "-0.0", "1e-30"])
            .prop_map(str::to_owned),
    ]
}

fn module() -> impl Strategy<Value = String> {
    (
        prop::sample::select(vec!["mm", "fit_mm"]),
        prop_oneof![3 => Just("0.375".to_owned()), 2 => number()],
    )
        .prop_map(|(key, mm)| format!("{{{key}={mm}}}"))
}

fn element() -> impl Strategy<Value = String> {
    let rest = prop::sample::select(vec![
        "kind='box'\nthickness_mm=N",
        "kind='line'",
        "kind='picture'\nname='wash-30'",
        "kind='text'\nline_mm=N\nleast_line_mm=M\nlines=3\nalign='centre'\ntext='{name} {serial}'",
        "kind='text'\nline_mm=N\nlines=9000000000\nalign='right'\ntext='{composition}'",
        "kind='code'\nline_mm=N\nleast_line_mm=M\nlines=2\nform='pilot'",
        "kind='barcode'\nsymbology='code128'\nmodule={fit_mm=N}\ndigits_mm=M\ndata='{name}'",
        "kind='barcode'\nsymbology='ean13'\nmodule={mm=0.375}\ndigits_mm=M",
        "kind='barcode'\nsymbology='itf14'\nmodule={fit_mm=M}",
    ]);
    (rest, number(), number(), number(), number(), number(), number()).prop_map(
        |(rest, x, y, w, h, n, m)| {
            let rest = rest.replace("=N", &format!("={n}")).replace("=M", &format!("={m}"));
            let width =
                if rest.contains("barcode") { String::new() } else { format!("width_mm={w}\n") };
            let tall = rest.contains("'text'") || rest.contains("'code'");
            let height = if tall { String::new() } else { format!("height_mm={h}\n") };
            format!("[[element]]\nx_mm={x}\ny_mm={y}\n{width}{height}{rest}\n")
        },
    )
}

#[test]
fn a_symbol_without_white_around_it_is_refused_with_the_rule() {
    let design = |quiet: &str| {
        let symbol = "[[element]]\nkind='datamatrix'\nx_mm=1\ny_mm=1\nmodule={mm=0.3}\n";
        let head = "name='t'\ntitle='t'\nwidth_mm=58\nheight_mm=40\n";
        Design::parse(&format!("{head}{symbol}quiet_modules={quiet}\n"))
    };
    for quiet in ["1", "2", "99"] {
        assert!(design(quiet).is_ok());
    }
    for quiet in ["0", "100"] {
        let said = design(quiet).unwrap_err().to_string();
        assert!(said.starts_with(&format!("element 1 (datamatrix): quiet_modules is {quiet}; ")));
        assert!(said.contains("1 to 99 white modules") && said.contains("ISO/IEC 16022"), "{said}");
    }
}

#[test]
fn what_has_no_size_is_refused_and_not_drawn_as_a_hair() {
    for (element, key) in [
        ("kind='line'\nwidth_mm=0\nheight_mm=1", "width_mm is 0"),
        ("kind='box'\nwidth_mm=9\nheight_mm=-9", "height_mm is -9"),
        ("kind='box'\nwidth_mm=9\nheight_mm=9\nthickness_mm=nan", "thickness_mm is NaN"),
        ("kind='text'\ntext='a'\nwidth_mm=-1\nline_mm=2", "width_mm is -1"),
        ("kind='text'\ntext='a'\nwidth_mm=9\nline_mm=2\nleast_line_mm=0.1", "least_line_mm is 0.1"),
        ("kind='barcode'\nsymbology='ean13'\nmodule={mm=0.3}\nheight_mm=0", "height_mm is 0"),
    ] {
        let toml = toml_with(&format!("[[element]]\nx_mm=20\ny_mm=20\n{element}"));
        let said = Design::parse(&toml).unwrap_err().to_string();
        assert!(said.starts_with("element 2 (") && said.contains(key), "{said}");
    }
}

#[test]
fn what_begins_beyond_the_left_or_upper_edge_and_letters_without_height_are_refused() {
    let symbol = "[[element]]\nkind='datamatrix'\nx_mm=1\ny_mm=1\nmodule={mm=0.3}\n";
    let design = |element: &str| {
        Design::parse(&format!("name='t'\ntitle='t'\nwidth_mm=58\nheight_mm=40\n{symbol}{element}"))
    };
    let text = |x: &str, line: &str| {
        design(&format!(
            "[[element]]\nkind='text'\nx_mm={x}\ny_mm=1\nwidth_mm=9\nline_mm={line}\ntext='a'\n"
        ))
    };
    assert!(text("20", "2").is_ok());
    for (x, line, said) in [
        ("-8", "2", "element 2 (text): x_mm is -8; wanted 0 or more"),
        ("nan", "2", "element 2 (text): x_mm is NaN; wanted 0 or more"),
        ("20", "0", "element 2 (text): line_mm is 0; wanted 0.8 or more"),
    ] {
        assert_eq!(text(x, line).unwrap_err().to_string(), said);
    }
    let bar =
        "[[element]]\nkind='box'\nx_mm=1\ny_mm=-25\nwidth_mm=9\nheight_mm=30\nthickness_mm=1\n";
    assert!(design(bar).unwrap_err().to_string().contains("y_mm is -25"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_design_and_no_words_of_goods_end_in_a_panic(
        width in 5.0..60.0_f32,
        height in 5.0..60.0_f32,
        (x, y, module, quiet) in (number(), number(), module(), 0..200_u32),
        elements in prop::collection::vec(element(), 0..5),
        name in ".{0,60}",
        composition in "[а-яА-Яa-z0-9 ,.]{0,80}",
        code in 0..6_usize,
        dots in prop_oneof![Just(8.0_f32), Just(11.811), 4.0..52.0_f32],
    ) {
        let head = format!("name='t'\ntitle='t'\nwidth_mm={width}\nheight_mm={height}\n");
        let symbol = format!(
            "[[element]]\nkind='datamatrix'\nx_mm={x}\ny_mm={y}\nmodule={module}\nquiet_modules={quiet}\n"
        );
        let toml = format!("{head}{symbol}{}", elements.concat());
        // Numbers that nothing can be placed by are refused before.
        let Ok(design) = Design::parse(&toml) else { return Ok(()) };
        let goods = Goods { name, composition, ..goods() };
        let code = &codes()[code];
        match place(&design, &goods, code, dots) {
            Ok(placed) => drop(raster(&placed, code).unwrap()),
            Err(problem) => prop_assert!(!problem.to_string().is_empty()),
        }
    }

    #[test]
    fn any_text_is_a_design_or_says_why_not(text in ".{0,300}") {
        if let Err(problem) = Design::parse(&text) {
            prop_assert!(!problem.to_string().is_empty());
        }
    }

    #[test]
    fn the_place_that_a_refusal_names_holds(
        x in 0.0..58.0_f32,
        y in 0.0..40.0_f32,
        width in 1.0..40.0_f32,
        height in 1.0..30.0_f32,
    ) {
        let line = |x: f32, y: f32| {
            with(&format!(
                "[[element]]\nkind='line'\nx_mm={x:.2}\ny_mm={y:.2}\nwidth_mm={width:.2}\nheight_mm={height:.2}"
            ))
        };
        let nearest = match placed(&line(x, y)) {
            Err(DesignProblem::Outside { nearest, .. } | DesignProblem::OnSymbol { nearest, .. }) => nearest,
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
            Ok(_) => return Ok(()),
        };
        if let Some(nearest) = nearest {
            prop_assert!(placed(&line(nearest.x_mm, nearest.y_mm)).is_ok(), "{:?}", nearest);
        }
    }
}
