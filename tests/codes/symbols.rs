//! The size of every form's symbol, against the encoder.
use super::make::{Dice, fields, whole};
use markwright::code::{Extra, TEMPLATES, Template};
use markwright::symbol::{Separator, Size, encode_gs1};

/// The worst code of a form: letters, and every field that may be printed.
fn worst(form: &Template) -> String {
    let mut dice = Dice(5);
    let lettered = Template { extras: &[] as &[Extra], ..*form };
    let codes = (0..200).map(|_| whole(&fields(&mut dice, &lettered, b"abcdefghij", false)));
    codes.max_by_key(String::len).unwrap()
}

#[test]
fn the_side_of_every_form_is_that_of_the_symbol_that_the_encoder_draws() {
    for form in TEMPLATES.iter().filter(|form| form.is_gs1()) {
        let drawn = encode_gs1(&worst(form), Size::Smallest, Separator::Fnc1).unwrap();
        assert_eq!(drawn.side(), form.modules, "{} {}", form.group, form.template_id);
    }
}

#[test]
fn no_code_of_a_form_needs_a_larger_symbol() {
    let mut dice = Dice(11);
    for form in TEMPLATES.iter().filter(|form| form.is_gs1()) {
        for from in [super::make::SET_82, super::make::TRAPS] {
            for _ in 0..50 {
                let code = whole(&fields(&mut dice, form, from, false));
                let side = Size::Side(form.modules);
                assert!(encode_gs1(&code, side, Separator::Fnc1).is_ok(), "{code:?}");
            }
        }
    }
}
