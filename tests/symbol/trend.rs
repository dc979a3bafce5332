//! A failing dot of the print head is told before it costs a label, and nothing else is taken for one.
use crate::grade_kit::{Chance, Print, picture};
use datamatrix::{DataMatrix, SymbolList, SymbolSize};
use markwright::symbol::grade::{Conditions, Grade};
use markwright::symbol::trend::{Along, Columns, Wear};

const SIDE: usize = 24;

/// A label of this trade item with another serial number and crypto code each time.
fn label(chance: &mut Chance) -> Print {
    let letters = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    let mut random = |n: usize| {
        (0..n).map(|_| char::from(letters[chance.below(letters.len())])).collect::<String>()
    };
    let text = format!("010481009301169421{}\u{1d}93{}", random(6), random(4));
    let size = SymbolSize::Square24;
    let list = SymbolList::with_whitelist([size]);
    let map = DataMatrix::encode_gs1(text.as_bytes(), list).unwrap().bitmap();
    let mut print = Print::new(size);
    print.dark.fill(false);
    for (x, y) in map.pixels() {
        print.dark[y * SIDE + x] = true;
    }
    print
}

/// What the camera sees: brighter at the left by this share, and noisy.
fn seen(print: &Print, uneven: f64, chance: &mut Chance) -> Grade {
    let width = print.frame.0;
    let mut light = print.reflectance();
    for (at, value) in light.iter_mut().enumerate() {
        *value *= 1.0 - uneven * (at % width) as f64 / width as f64;
    }
    let noisy = print.noisy(&light, 3.0, chance);
    assert_eq!(picture(&light, width).luma.len(), noisy.luma.len());
    noisy.graded(&Conditions::default()).expect("it is read")
}

/// The dark modules of a column (or row) are lighter by this share of the contrast.
fn fade(print: &mut Print, along: Along, number: usize, share: f64) {
    let reflectance = print.ink + share * (print.light - print.ink);
    for other in 0..SIDE {
        let (row, col) = if along == Along::Column { (other, number) } else { (number, other) };
        if print.at(row, col) {
            print.odd.push((row as i32, col as i32, reflectance));
        }
    }
}

#[test]
fn a_dot_that_fades_is_told_before_it_costs_a_label() {
    for (seed, along, number) in [
        (1, Along::Column, 6),
        (2, Along::Column, 0),
        (3, Along::Column, SIDE - 1),
        (4, Along::Row, 13),
        (5, Along::Column, 17),
    ] {
        let mut chance = Chance::new(seed);
        let mut columns = Columns::new();
        for _ in 0..24 {
            let print = label(&mut chance);
            assert_eq!(columns.see(&seen(&print, 0.0, &mut chance)), None, "seed {seed}");
        }
        let told = (1..=100).find_map(|percent| {
            let mut print = label(&mut chance);
            fade(&mut print, along, number, f64::from(percent) / 100.0);
            let grade = seen(&print, 0.0, &mut chance);
            assert!(grade.overall >= 1.5, "a reject after {percent} labels, and not a word");
            columns.see(&grade).map(|wear| (percent, wear))
        });
        let (percent, wear) = told.expect("it is told");
        assert_eq!((wear.along, wear.column as usize), (along, number + 1), "at {percent} %");
        assert!(wear.share > 80 && percent < 35, "at {percent} %: {wear:?}");

        let mut worse = label(&mut chance);
        fade(&mut worse, along, number, 0.3);
        assert_eq!(columns.see(&seen(&worse, 0.0, &mut chance)), None, "told twice");
        let healed = (0..40).find_map(|_| {
            let print = label(&mut chance);
            columns.see(&seen(&print, 0.0, &mut chance))
        });
        assert_eq!(healed, Some(Wear { share: 0, ..wear }));
    }
}

#[test]
fn a_dot_that_was_dead_from_the_beginning_is_told() {
    let mut chance = Chance::new(9);
    let mut columns = Columns::new();
    let told = (0..40).find_map(|n| {
        let mut print = label(&mut chance);
        fade(&mut print, Along::Column, 10, 0.3);
        columns.see(&seen(&print, 0.0, &mut chance)).map(|wear| (n, wear.along, wear.column))
    });
    assert_eq!(told, Some((15, Along::Column, 11)));
}

#[test]
fn random_codes_growth_and_uneven_light_are_no_dead_dots() {
    for seed in 0..6_u64 {
        let mut chance = Chance::new(100 + seed);
        let mut columns = Columns::new();
        for n in 0..80 {
            let mut print = label(&mut chance);
            let drift = f64::from(n) / 80.0;
            print.growth = match seed % 3 {
                0 => (0.0, 0.0),
                1 => (0.12 * drift, -0.05 * drift),
                _ => (-0.12 * drift, 0.08 * chance.part() - 0.04),
            };
            print.beside = (chance.part(), chance.part());
            let uneven = if seed < 3 { 0.0 } else { 0.35 * drift };
            let grade = seen(&print, uneven, &mut chance);
            assert_eq!(columns.see(&grade), None, "seed {seed}, label {n}");
        }
    }
}
