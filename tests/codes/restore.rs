//! Lost separators come back where they stood, or the code is refused; nothing else ever comes.
use super::make::{Dice, SET_82, TRAPS, fields, maimed, whole};
use markwright::code::{
    Malformed, ProductGroup, TEMPLATES, Tail, Template, parse, parse_as, restore, restore_as,
};

const CODES: usize = 100_000;

/// One template of each shape that has separators.
fn shapes() -> Vec<&'static Template> {
    let shape = |t: &Template| (t.serial_len, t.tail, t.with_hs, t.extras);
    let mut shapes: Vec<&Template> = Vec::new();
    for form in TEMPLATES.iter().filter(|t| t.is_gs1()) {
        if !shapes.iter().any(|other| shape(other) == shape(form)) {
            shapes.push(form);
        }
    }
    shapes
}

/// Codes of a form lose separators. Counts what came back and what was refused.
fn lose(form: &Template, seed: u64, known: bool) -> (usize, usize) {
    let mut dice = Dice(seed);
    let (mut back, mut refused) = (0, 0);
    for n in 0..CODES {
        let from = if n % 2 == 0 { SET_82 } else { TRAPS };
        let all = fields(&mut dice, form, from, n % 3 == 0);
        let (code, text) = (whole(&all), maimed(&mut dice, &all));
        let found = if known { restore_as(&text, form.group) } else { restore(&text) };
        match found {
            Ok(found) => {
                // Behind a field of fixed length GS1 needs no separator: the fields are the same.
                let (found, was) = (parse(&found).unwrap(), parse(&code).unwrap());
                assert_eq!(found.canonical(), was.canonical(), "of {text:?}");
                assert_eq!(found.tail, was.tail, "of {text:?}");
                back += 1;
            }
            Err(Malformed::TwoReadings(one, other)) => {
                assert_ne!(one, other);
                refused += 1;
            }
            Err(other) => panic!("{text:?} of {code:?}: {other}"),
        }
    }
    (back, refused)
}

#[test]
fn a_hundred_thousand_codes_of_each_form_come_back_as_they_were_or_are_refused() {
    let shapes = shapes();
    assert!(shapes.len() >= 14, "{}", shapes.len());
    let mut refused_of_all = 0;
    for (seed, form) in (1..).zip(shapes) {
        let (back, refused) = lose(form, seed, false);
        println!(
            "{} {} {:?}: {back} back, {refused} refused",
            form.group, form.serial_len, form.tail
        );
        assert_eq!(back + refused, CODES);
        assert!(refused * 10 < CODES, "{refused}");
        refused_of_all += refused;
    }
    assert!(refused_of_all > 0, "no text with two readings was met");
}

#[test]
fn who_knows_the_group_gets_more_codes_back() {
    let block = TEMPLATES.iter().find(|t| t.tail == Tail::Block).unwrap();
    let (blind, knowing) = (lose(block, 77, false), lose(block, 77, true));
    assert!(blind.1 > 0 && knowing.1 == 0, "{blind:?} {knowing:?}");
}

#[test]
fn a_whole_code_is_given_back_as_it_is() {
    let mut dice = Dice(3);
    for form in TEMPLATES {
        for _ in 0..200 {
            let code = whole(&fields(&mut dice, form, SET_82, true));
            assert_eq!(restore(&code).unwrap(), code);
            let parts = parse(&code).unwrap_or_else(|problem| panic!("{code:?}: {problem}"));
            assert!(parts.groups().contains(&form.group), "{code:?}: {:?}", parts.groups());
            assert_eq!(parse_as(&code, form.group).unwrap().group(), form.group);
        }
    }
}

#[test]
fn two_readings_are_both_told_without_their_check_parts() {
    // A block of tobacco, or a radio with a serial number of thirteen and a count of pieces.
    let text = "010481009301169421abcdefg8005009300933012";
    let problem = restore(text).unwrap_err();
    let said = problem.to_string();
    assert!(matches!(problem, Malformed::TwoReadings(..)), "{said}");
    assert!(said.contains("serial number abcdefg with 8005 + 6, 93 + 4"), "{said}");
    assert!(said.contains("serial number abcdefg800500 with 93 + 4, 30 + 2"), "{said}");
    let block = restore_as(text, ProductGroup::TOBACCO).unwrap();
    assert_eq!(block, "010481009301169421abcdefg\u{1d}8005009300\u{1d}933012");
}
