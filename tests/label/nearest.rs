//! Whatever a refusal names instead, holds when it is done.
use crate::label_kit::{codes, goods};
use markwright::code::CodeText;
use markwright::label::{
    Bar, CodeElement, Design, DesignProblem, Element, Goods, Head, LabelFormat, Language, Module,
    PictureElement, TextElement, design, designs, place,
};
use markwright::print::Profile;
use proptest::prelude::*;
use std::collections::HashSet;

/// The heads of all shipped profiles, each once, and some that are narrow or forgetful.
fn heads() -> Vec<Head> {
    let mut met = HashSet::new();
    let mut heads = Vec::new();
    for name in Profile::names() {
        let profile = Profile::load(name).unwrap();
        let (width, memory) = (profile.head_width_dots, profile.memory_bytes());
        let mut head = Head::new(profile.language, profile.exact_dots_per_mm());
        (head.width_dots, head.memory_bytes) = (Some(width), Some(memory));
        if met.insert((head.language == Language::Zpl, profile.dots_per_mm, width, memory)) {
            heads.push(head);
        }
    }
    let odd = |width_mm: u16, kilobytes: usize| Head {
        width_dots: Some(u32::from(width_mm) * 8),
        memory_bytes: Some(kilobytes * 1024),
        ..Head::new(Language::Zpl, 8.0)
    };
    heads.extend([odd(54, 64), odd(42, 64), odd(25, 64), odd(15, 64), odd(104, 2), odd(104, 1)]);
    heads
}

/// The word behind this in a message.
fn behind<'a>(said: &'a str, what: &str) -> Option<&'a str> {
    let word = said.split_once(what)?.1.split([' ', ';', ',', ':']).next()?;
    Some(word.trim_end_matches('.'))
}

fn number(said: &str, what: &str) -> Option<f32> {
    behind(said, what).map(|word| word.parse().unwrap())
}

#[test]
fn the_design_that_is_named_instead_holds_at_that_printer_for_that_code() {
    let (mut refused, mut named) = (0, 0);
    for head in heads() {
        // Dairy, clothing, footwear.
        for code in [1, 4, 5].map(|form| codes()[form].clone()) {
            let made = |design: &Design| LabelFormat::new(design, &goods(), &code, &head).map(drop);
            for design in designs() {
                let Err(problem) = made(design) else { continue };
                refused += 1;
                let said = problem.to_string();
                let other = behind(&said, "the smallest shipped label that takes it is ")
                    .or_else(|| behind(&said, "the largest shipped label for it is "));
                if let Some(other) = other.filter(|other| *other != "none") {
                    named += 1;
                    let other = markwright::label::design(other).unwrap();
                    assert_eq!(made(other), Ok(()), "{said}");
                } else {
                    let holding = designs().iter().find(|design| made(design).is_ok());
                    let holding = holding.map(|design| design.name.as_str());
                    let holding = holding.filter(|_| !said.contains(" over the "));
                    assert_eq!(holding, None, "{}: {said}", design.name);
                }
                if let Some(room) = number(&said, "a room of fit_mm = ") {
                    let roomy = with_module(design, Module::Fit(room));
                    assert_eq!(made(&roomy), Ok(()), "{}: {said}", design.name);
                }
            }
        }
    }
    assert!(refused > 80 && named > 40, "{refused} refused, {named} named another");
}

fn with_module(design: &Design, module: Module) -> Design {
    let mut other = design.clone();
    for element in &mut other.elements {
        if let Element::Datamatrix(symbol) = element {
            symbol.module = module;
        }
    }
    other
}

/// The design with an element (from 1) elsewhere, smaller where a size is given.
fn moved(design: &Design, number: usize, (x, y): (f32, f32), size: Option<(f32, f32)>) -> Design {
    let mut other = design.clone();
    match &mut other.elements[number - 1] {
        Element::Datamatrix(symbol) => (symbol.x_mm, symbol.y_mm) = (x, y),
        Element::Barcode(barcode) => (barcode.x_mm, barcode.y_mm) = (x, y),
        Element::Text(TextElement { x_mm, y_mm, width_mm, line_mm, lines, .. })
        | Element::Code(CodeElement { x_mm, y_mm, width_mm, line_mm, lines, .. }) => {
            (*x_mm, *y_mm) = (x, y);
            if let Some((width, height)) = size {
                (*width_mm, *line_mm) = (width, height / f32::from(u8::try_from(*lines).unwrap()));
            }
        }
        Element::Picture(PictureElement { x_mm, y_mm, width_mm, height_mm, .. })
        | Element::Box(Bar { x_mm, y_mm, width_mm, height_mm, .. })
        | Element::Line(Bar { x_mm, y_mm, width_mm, height_mm, .. }) => {
            (*x_mm, *y_mm) = (x, y);
            if let Some((width, height)) = size {
                (*width_mm, *height_mm) = (width, height);
            }
        }
    }
    other
}

/// The design as the refusal says that it would hold; nothing where it names no number.
fn mended(design: &Design, problem: &DesignProblem) -> Option<Design> {
    let said = problem.to_string();
    let element: Option<usize> = behind(&said, "element ").map(|number| number.parse().unwrap());
    let symbol = design.elements.iter().position(|e| matches!(e, Element::Datamatrix(_))).unwrap();
    if let (Some(x), Some(y)) = (number(&said, "x_mm = "), number(&said, "y_mm = ")) {
        let size = said.split_once("made smaller to ").map(|(_, size)| {
            let mut words = size.split(' ').filter_map(|word| word.parse().ok());
            (words.next().unwrap(), words.next().unwrap())
        });
        return Some(moved(design, element.unwrap_or(symbol + 1), (x, y), size));
    }
    if let Some(line) = number(&said, "least_line_mm = ") {
        let mut other = design.clone();
        match &mut other.elements[element.unwrap() - 1] {
            Element::Text(text) => text.least_line_mm = Some(line),
            Element::Code(code) => code.least_line_mm = Some(line),
            wrong => panic!("{wrong:?}: {said}"),
        }
        return Some(other);
    }
    let module = behind(&said, "the nearest that holds is ").or(behind(&said, "a module of "));
    let inside = said.contains("the nearest that holds is ") || said.contains("would fit");
    let dots = Module::Dots(module.filter(|_| inside)?.parse().unwrap());
    let mut other = design.clone();
    match &mut other.elements[element.map_or(symbol, |number| number - 1)] {
        Element::Datamatrix(symbol) => symbol.module = dots,
        Element::Barcode(barcode) => barcode.module = dots,
        wrong => panic!("{wrong:?}: {said}"),
    }
    Some(other)
}

/// A shipped design with one element somewhere else, in another size or with another module.
fn spoilt() -> impl Strategy<Value = Design> {
    let place = (0.0..1.2_f32, 0.0..1.2_f32, 0.2..3.0_f32, 0.2..3.0_f32);
    let module =
        prop_oneof![(0.05..1.2_f32).prop_map(Module::Mm), (0..14_u32).prop_map(Module::Dots)];
    (prop::sample::select(designs()), any::<prop::sample::Index>(), place, module).prop_map(
        |(design, index, (x, y, width, height), module)| {
            let at = index.index(design.elements.len());
            let (x, y) = (x * design.width_mm, y * design.height_mm);
            let size = (width * 10.0, height * 5.0);
            let mut other = moved(&design, at + 1, (x, y), Some(size));
            match &mut other.elements[at] {
                Element::Datamatrix(symbol) => {
                    symbol.module = module;
                    (symbol.x_mm, symbol.y_mm) = (x / 3.0, y / 3.0);
                }
                Element::Barcode(barcode) => barcode.module = module,
                _ => {}
            }
            other
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_a_refusal_says_would_hold_holds(
        design in spoilt(),
        code in 0..6_usize,
        dots in prop::sample::select(vec![8.0_f32, 11.811, 12.0, 23.622]),
        little in any::<bool>(),
    ) {
        let goods = if little { Goods::default() } else { goods() };
        let code: &CodeText = &codes()[code];
        let Err(problem) = place(&design, &goods, code, dots) else { return Ok(()) };
        let said = problem.to_string();
        let Some(mended) = mended(&design, &problem) else { return Ok(()) };
        if let Err(still) = place(&mended, &goods, code, dots) {
            // Something else may be wrong as well: another element, or the place of words whose
            // letters were too large.
            let words = |p: &DesignProblem| matches!(p, DesignProblem::TextTooLong { .. });
            let placed = words(&problem) && !words(&still);
            let still = still.to_string();
            let (was, is) = (behind(&said, "element "), behind(&still, "element "));
            prop_assert!(placed || was.is_some() && was != is, "{said}\nthen {still}");
        }
    }
}

#[test]
fn a_box_that_reaches_over_the_edge_is_moved_as_a_whole() {
    let mut footwear = design("footwear").unwrap().clone();
    let at = footwear.elements.iter().position(|e| matches!(e, Element::Box(_))).unwrap();
    footwear = moved(&footwear, at + 1, (50.0, 8.4), None);
    let problem = place(&footwear, &goods(), &codes()[5], 8.0).unwrap_err();
    assert!(problem.to_string().contains("over the right edge"), "{problem}");
    let mended = mended(&footwear, &problem).unwrap();
    let Element::Box(bar) = &mended.elements[at] else { panic!("the box stays a box") };
    assert!((bar.x_mm - 44.0).abs() < 0.01 && (bar.width_mm - 14.0).abs() < 0.01, "{problem}");
    assert!(place(&mended, &goods(), &codes()[5], 8.0).is_ok());
}
