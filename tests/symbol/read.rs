//! Our own reader over pictures that are spoilt in known ways, drawn from symbols of another
//! encoder.
use crate::symbol_kit::through::through;
use crate::symbol_kit::{Chance, Fault, MORE, Scene, TEN, code, drawn, encoded, scene};
use datamatrix::{SymbolList, SymbolSize};
use markwright::symbol::{Grey, Hints, Region, Symbol, find, find_all};
use proptest::prelude::*;

const VGA: (usize, usize) = (640, 480);

fn looked_at(scene: &Scene) -> Option<Symbol> {
    find(&scene.grey(), &Hints::default())
}

/// Pixels between the true corners and those that were found.
fn off(symbol: &Symbol, scene: &Scene) -> f32 {
    let pairs = symbol.corners.iter().zip(&scene.corners);
    pairs.map(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1)).fold(0.0, f32::max)
}

#[test]
fn every_condition_is_read_rightly_and_placed_within_half_a_pixel() {
    for (at, fault) in TEN.into_iter().chain(MORE).enumerate() {
        let length = [31, 85, 129][at % 3];
        let scene = scene(fault, length, VGA, 7);
        let found = looked_at(&scene).unwrap_or_else(|| panic!("{fault:?} is not read"));
        assert_eq!(found.text, scene.text, "{fault:?}");
        assert_eq!(found.identifier, "]d2");
        assert_eq!((found.rows as usize, found.cols as usize), (scene.rows, scene.cols));
        // Where the surface is bent the outermost corner has no edges beyond it to hold on to.
        let most = if fault == Fault::Curved { 1.5 } else { 0.5 };
        assert!(off(&found, &scene) < most, "{fault:?}: {} px", off(&found, &scene));
        assert_eq!(found.mirrored, fault == Fault::Mirrored, "{fault:?}");
        assert_eq!(found.inverted, fault == Fault::Inverted, "{fault:?}");
    }
}

#[test]
fn what_only_its_outline_shows_is_placed_within_half_a_pixel_too() {
    let cases = [(Fault::Blur, VGA), (Fault::Stretched, (1280, 1024))];
    for (fault, size) in cases {
        let scene = scene(fault, 85, size, 0);
        let found = looked_at(&scene).unwrap();
        assert_eq!(found.text, scene.text, "{fault:?}");
        assert!(off(&found, &scene) < 0.5, "{fault:?}: {} px", off(&found, &scene));
    }
}

#[test]
fn every_size_of_another_encoder_is_read() {
    let mut read = 0;
    for size in SymbolList::with_extended_rectangles() {
        let (list, mut chance) = (SymbolList::with_whitelist([size]), Chance::new(3));
        let Some(modules) = [64, 20, 8, 2].into_iter().find_map(|length| {
            let text = code(length, &mut chance);
            encoded(&text, list.clone()).map(|modules| (text, modules))
        }) else {
            continue;
        };
        let (text, (dark, cols)) = modules;
        let rows = dark.len() / cols;
        // The crate deals the correction words of 144 x 144 in another turn than everybody else.
        if rows == 144 {
            continue;
        }
        let frame = (cols * 4 + 60, rows * 4 + 60);
        let scene = drawn(Fault::Clean, &text, (dark, cols), 4.0, frame, &mut chance);
        let found = looked_at(&scene).unwrap_or_else(|| panic!("{rows} x {cols} is not read"));
        assert_eq!((found.text, found.rows as usize), (text, rows), "{rows} x {cols}");
        read += 1;
    }
    assert_eq!(read, 47);
}

#[test]
fn flipped_modules_are_counted_as_words_put_right() {
    let (mut chance, text) = (Chance::new(11), "0104810093011694212k6rsrti\u{1d}93#SzU");
    let only = SymbolList::with_whitelist([SymbolSize::Square22]);
    let (clean, cols) = encoded(text, only).unwrap();
    for flips in 0..5 {
        let mut dark = clean.clone();
        // Eight modules apart: never two in one codeword.
        for flip in 0..flips {
            dark[(3 + 7 * (flip / 2)) * cols + 3 + 8 * (flip % 2)] ^= true;
        }
        let frame = (260, 260);
        let scene = drawn(Fault::Clean, text, (dark, cols), 5.0, frame, &mut chance);
        let found = looked_at(&scene).unwrap();
        assert_eq!(found.wrong.len(), flips);
        let unused = 1.0 - 2.0 * flips as f32 / 20.0;
        assert!((found.unused - unused).abs() < 1e-6);
        assert_eq!(found.text, text);
    }
}

/// Modules of a code in a size.
fn modules(length: usize, size: SymbolSize) -> (String, (Vec<bool>, usize)) {
    let text = code(length, &mut Chance::new(29));
    let modules = encoded(&text, SymbolList::with_whitelist([size])).unwrap();
    (text, modules)
}

/// A place turned about the middle of a picture, in modules from the middle of a symbol.
fn turned(angle: f32, module: f32, (x, y): (f32, f32)) -> (f32, f32) {
    let (sin, cos) = angle.sin_cos();
    ((x * cos + y * sin) / module, (y * cos - x * sin) / module)
}

/// Whether a symbol that is seen so is read: nothing beside it, whole modules.
fn is_read(length: usize, size: SymbolSize, place: impl Fn(f32, f32) -> (f32, f32)) {
    let (text, modules) = modules(length, size);
    let (cols, rows) = (modules.1 as f32, (modules.0.len() / modules.1) as f32);
    let from_middle = |x: f32, y: f32| {
        let (u, v) = place(x - 160.0, y - 160.0);
        (u + cols / 2.0, v + rows / 2.0)
    };
    let luma = through(&modules, (320, 320), from_middle, |_, _| true, |_, _| false);
    let found = find(&Grey::new(&luma, 320, 320).unwrap(), &Hints::default());
    assert_eq!(found.map(|found| found.text), Some(text));
}

#[test]
fn a_feed_that_wobbles_within_a_few_rows_is_followed() {
    for (swing, rows) in [(0.2, 9.0), (0.3, 14.0), (0.45, 12.0)] {
        is_read(31, SymbolSize::Square20, |x, y| {
            let (u, v) = turned(0.3, 6.0, (x, y));
            (u, v + swing * (v * std::f32::consts::TAU / rows).sin())
        });
        is_read(129, SymbolSize::Square40, |x, y| {
            let (u, v) = turned(2.2, 5.0, (x, y));
            (u, v + swing * (v * std::f32::consts::TAU / rows).sin())
        });
    }
}

#[test]
fn a_web_that_slips_by_half_a_module_is_followed() {
    is_read(85, SymbolSize::Square36, |x, y| {
        let (u, v) = turned(0.1, 5.0, (x, y));
        (u, if v > 3.0 { v + 0.5 } else { v })
    });
}

#[test]
fn a_label_stretched_or_slanted_by_a_third_is_read() {
    for stretch in [0.7, 1.4_f32] {
        is_read(85, SymbolSize::Square36, |x, y| {
            let (u, v) = turned(0.5, 4.5, (x, y));
            (u * stretch.sqrt(), v / stretch.sqrt())
        });
    }
    is_read(85, SymbolSize::Square36, |x, y| {
        let (u, v) = turned(0.5, 4.5, (x, y));
        (u + 0.33 * v, v)
    });
}

#[test]
fn the_smallest_symbols_are_read_where_the_camera_is_not_upright() {
    for size in [SymbolSize::Square12, SymbolSize::Square14, SymbolSize::Square16] {
        is_read(2, size, |x, y| {
            let far = 1.0 + (x * 0.8 + y * 0.6) * 0.006;
            turned(0.7, 5.5, (x / far, y / far))
        });
    }
}

#[test]
fn modules_of_two_pixels_are_read() {
    for angle in [0.0, 0.35, 2.0] {
        is_read(31, SymbolSize::Square20, |x, y| turned(angle, 2.0, (x, y)));
        is_read(2, SymbolSize::Square14, |x, y| turned(angle, 2.1, (x, y)));
    }
}

#[test]
fn marks_of_separate_dots_are_read() {
    let (text, modules) = modules(31, SymbolSize::Square20);
    for (wide, angle) in [(0.55_f32, 0.4), (0.7, 1.3)] {
        let place = |x: f32, y: f32| {
            let (u, v) = turned(angle, 7.0, (x - 160.0, y - 160.0));
            (u + 10.0, v + 10.0)
        };
        let dot = |u: f32, v: f32| u.hypot(v) < wide / 2.0;
        let luma = through(&modules, (320, 320), place, dot, |_, _| false);
        let found = find(&Grey::new(&luma, 320, 320).unwrap(), &Hints::default());
        assert_eq!(found.map(|found| found.text), Some(text.clone()), "dots of {wide}");
    }
}

#[test]
fn a_line_that_touches_the_symbol_hides_it_not() {
    let (text, modules) = modules(85, SymbolSize::Square36);
    for side in 0..4 {
        let place = |x: f32, y: f32| {
            let (u, v) = turned(0.2, 5.0, (x - 160.0, y - 160.0));
            (u + 18.0, v + 18.0)
        };
        let line = |u: f32, v: f32| {
            let beyond = [-u, u - 36.0, -v, v - 36.0][side];
            (0.0..1.5).contains(&beyond)
        };
        let luma = through(&modules, (320, 320), place, |_, _| true, line);
        let found = find(&Grey::new(&luma, 320, 320).unwrap(), &Hints::default());
        assert_eq!(found.map(|found| found.text), Some(text.clone()), "side {side}");
    }
}

#[test]
fn knowing_the_region_and_the_size_changes_nothing_but_the_work() {
    let scene = scene(Fault::Clean, 31, VGA, 3);
    let alone = looked_at(&scene).unwrap();
    let (x, y) = scene.corners[0];
    let (x, y) = (x as u32 - 20, y as u32 - 20);
    let region = Some(Region { x, y, width: 180, height: 180 });
    let known = Hints { region, size: Some((20, 20)), ..Hints::default() };
    let found = find(&scene.grey(), &known).unwrap();
    assert_eq!(found.text, alone.text);
    assert!(off(&found, &scene) < 0.3 && off(&alone, &scene) < 0.3);
    let other = Hints { size: Some((22, 22)), ..Hints::default() };
    assert_eq!(find(&scene.grey(), &other), None);
    let elsewhere = Region { x: 0, y: 0, width: 8, height: 8 };
    assert_eq!(find(&scene.grey(), &Hints { region: Some(elsewhere), ..known }), None);
    let outside = Region { x: 600, y: 0, width: 41, height: 8 };
    assert_eq!(find(&scene.grey(), &Hints { region: Some(outside), ..known }), None);
}

#[test]
fn two_symbols_in_one_picture_are_both_found_once() {
    let frame = (320, 240);
    let (one, other) = (scene(Fault::Clean, 31, frame, 1), scene(Fault::Clean, 31, frame, 2));
    let rows = one.luma.chunks(320).zip(other.luma.chunks(320));
    let luma: Vec<u8> = rows.flat_map(|(a, b)| a.iter().chain(b).copied()).collect();
    let found = find_all(&Grey::new(&luma, 640, 240).unwrap(), &Hints::default());
    let mut texts: Vec<&str> = found.iter().map(|symbol| symbol.text.as_str()).collect();
    texts.sort_unstable();
    let mut wanted = [one.text.as_str(), other.text.as_str()];
    wanted.sort_unstable();
    assert_eq!(texts, wanted);
}

#[test]
fn the_same_picture_always_gives_the_same_answer() {
    let scene = scene(Fault::Mixed, 85, VGA, 5);
    assert_eq!(looked_at(&scene), looked_at(&scene));
}

#[test]
fn pictures_of_any_bytes_and_measures_give_an_answer() {
    let mut chance = Chance::new(17);
    let sizes = [(1, 1), (2, 300), (300, 2), (3, 3), (15, 15), (16, 16), (17, 40), (64, 64)];
    for turn in 0..48 {
        let (width, height) = sizes[turn % sizes.len()];
        let (width, height) = if turn < 40 { (width, height) } else { (120 + turn, 100) };
        let grain = 1 + chance.below(7);
        let blocks: Vec<u8> =
            (0..width * height).map(|_| [0, 255, chance.below(256) as u8][turn % 3]).collect();
        let luma: Vec<u8> = (0..width * height)
            .map(|at| blocks[at / width / grain * width + at % width / grain])
            .collect();
        let grey = Grey::new(&luma, width as u32, height as u32).unwrap();
        for symbol in find_all(&grey, &Hints::default()) {
            assert_ne!(symbol.identifier, "]d2", "noise is no marking code: {symbol:?}");
        }
    }
    assert!(Grey::new(&[], 0, 0).is_none());
    assert!(Grey::new(&[0; 5], 2, 2).is_none());
    assert!(Grey::new(&[0; 5], u32::MAX, u32::MAX).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_is_written_is_read(
        text in "[0-9A-Za-z!%&+./:;=?-]{1,60}",
        seed in any::<u32>(),
        module in 3.2_f32..7.0,
        turned in any::<bool>(),
    ) {
        let mut chance = Chance::new(u64::from(seed));
        let fault = if turned { Fault::Turned } else { Fault::Clean };
        let modules = encoded(&text, SymbolList::default().enforce_square()).unwrap();
        let side = (modules.1 as f32 * module * 1.5) as usize + 80;
        let scene = drawn(fault, &text, modules, module, (side, side), &mut chance);
        let found = looked_at(&scene);
        prop_assert!(found.is_some(), "not read");
        prop_assert_eq!(found.unwrap().text, text);
    }
}
