//! What is known of a code before its picture is looked at: it makes reading quicker, never wrong.
use crate::symbol_kit::{Chance, Fault, TEN, code, drawn, scene};
use markwright::symbol::{
    Expected, Grey, Hints, Modules, Separator, Size, encode_gs1, find, find_within, read_within,
};
use std::cell::Cell;
use std::time::{Duration, Instant};

const FOREVER: &dyn Fn() -> Duration = &|| Duration::MAX;

/// The modules of our own encoder.
fn ours(text: &str, separator: Separator) -> (Vec<bool>, usize) {
    let modules: Modules = encode_gs1(text, Size::Smallest, separator).unwrap();
    let side = modules.side();
    let dark = (0..side * side).map(|at| modules.get(at % side, at / side)).collect();
    (dark, side as usize)
}

/// The code with another last character of its serial number.
fn neighbour(text: &str) -> String {
    let at = text.find('\u{1d}').unwrap() - 1;
    let other = if text.as_bytes()[at] == b'7' { "8" } else { "7" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[test]
fn a_neighbour_that_differs_in_one_character_is_never_taken_for_the_expected_code() {
    let mut chance = Chance::new(21);
    let (mut read, mut damaged) = (0, 0);
    for turn in 0..120 {
        let text = code([31, 85, 129][turn % 3], &mut chance);
        let expected = Expected::new(&neighbour(&text));
        let (mut dark, cols) = ours(&text, [Separator::Fnc1, Separator::Gs][turn % 2]);
        // From nothing to far more than can be corrected.
        for _ in 0..turn / 2 {
            let at = chance.below(dark.len());
            dark[at] ^= true;
        }
        let frame = (cols * 4 + 60, cols * 4 + 60);
        let scene = drawn(Fault::Clean, &text, (dark, cols), 4.0, frame, &mut chance);
        let found = find_within(&scene.grey(), &Hints::default(), Some(&expected), FOREVER);
        let alone = find(&scene.grey(), &Hints::default());
        assert!(found.as_ref().is_none_or(|found| found.text == text), "turn {turn}");
        damaged += usize::from(alone.is_none());
        read += usize::from(found.is_some());
    }
    assert!(read > 30 && damaged > 20, "{read} read, {damaged} beyond reading");
}

#[test]
fn comparison_counts_the_errors_that_correction_counts() {
    let mut chance = Chance::new(22);
    for flips in 0..7 {
        let text = code(31, &mut chance);
        let (mut dark, cols) = ours(&text, Separator::Fnc1);
        for flip in 0..flips {
            // Far from one another: never two in one codeword.
            dark[(3 + 7 * (flip / 3)) * cols + 2 + 7 * (flip % 3)] ^= true;
        }
        let scene = drawn(Fault::Clean, &text, (dark, cols), 5.0, (260, 260), &mut chance);
        let known = Expected::new(&text);
        let found = find_within(&scene.grey(), &Hints::default(), Some(&known), FOREVER).unwrap();
        let alone = find(&scene.grey(), &Hints::default()).unwrap();
        assert_eq!((found.wrong.len(), found.unused), (alone.wrong.len(), alone.unused));
        assert_eq!((found.words, found.text), (alone.words, text));
    }
}

#[test]
fn what_is_there_is_read_also_when_another_size_was_expected() {
    let expected = Expected::new("0104810093011694212k6rsrti\u{1d}93#SzU");
    assert_eq!(expected.size(), Some((22, 22)));
    let scene = scene(Fault::Clean, 129, (640, 480), 5);
    let found = find_within(&scene.grey(), &Hints::default(), Some(&expected), FOREVER).unwrap();
    assert_eq!(found.text, scene.text);
    // A text that has no symbol of ours is looked for like every other.
    let nothing = Expected::new("ж");
    let found = find_within(&scene.grey(), &Hints::default(), Some(&nothing), FOREVER).unwrap();
    assert_eq!((found.text, nothing.size()), (scene.text.clone(), None));
}

#[test]
fn every_condition_is_read_with_the_expected_code_of_another_encoder() {
    for fault in TEN {
        let scene = scene(fault, 85, (640, 480), 3);
        let expected = Expected::new(&scene.text);
        let found = find_within(&scene.grey(), &Hints::default(), Some(&expected), FOREVER);
        assert_eq!(found.map(|found| found.text), Some(scene.text.clone()), "{fault:?}");
    }
}

#[test]
fn when_the_time_is_over_nothing_more_is_begun() {
    let scene = scene(Fault::Noise, 129, (640, 480), 2);
    let over: &dyn Fn() -> Duration = &|| Duration::ZERO;
    assert_eq!(find_within(&scene.grey(), &Hints::default(), None, over), None);
    assert_eq!(read_within(&scene.luma, 640, 480, None, None, over), None);
    // A clock that runs out at its n-th look: never another text, and never many looks after it.
    for end in [1, 2, 3, 5, 8, 13] {
        let looks = Cell::new(0_u32);
        let left = || {
            looks.set(looks.get() + 1);
            if looks.get() >= end { Duration::ZERO } else { Duration::from_millis(5) }
        };
        let found = find_within(&scene.grey(), &Hints::default(), None, &left);
        assert!(found.is_none_or(|found| found.text == scene.text));
        assert!(looks.get() < end + 12, "{} looks after the {end}-th", looks.get());
    }
}

/// Lattices all over a picture were followed and searched for frames to their end, up to ten times
/// the time that was given.
#[test]
#[expect(clippy::disallowed_methods, reason = "time is what it is about")]
fn a_lattice_that_fills_the_picture_takes_little_more_than_its_time() {
    let (mut chance, width, height) = (Chance::new(5), 1250, 1000);
    let modules: Vec<u8> =
        (0..width / 5 * height / 5).map(|_| [30, 220][chance.below(2)]).collect();
    let luma: Vec<u8> = (0..width * height)
        .map(|at| modules[at / width / 5 * (width / 5) + at % width / 5])
        .collect();
    let grey = Grey::new(&luma, width as u32, height as u32).unwrap();
    let within = Duration::from_millis(20);
    // Another program may hold the machine: the shortest of some.
    let spent = (0..5).map(|_| {
        let begun = Instant::now();
        let left = || within.saturating_sub(begun.elapsed());
        assert_eq!(find_within(&grey, &Hints::default(), None, &left), None);
        begun.elapsed()
    });
    let spent = spent.min().unwrap();
    assert!(spent < within + Duration::from_millis(30), "{spent:?}");
}

#[test]
fn a_picture_of_more_pixels_than_can_be_looked_at_is_refused_at_once() {
    let side = 10_000;
    let luma = vec![128; side * side];
    let looks = Cell::new(0);
    let left = || {
        looks.set(looks.get() + 1);
        Duration::MAX
    };
    let grey = Grey::new(&luma, side as u32, side as u32).unwrap();
    assert_eq!(find_within(&grey, &Hints::default(), None, &left), None);
    assert_eq!(looks.get(), 0);
}
