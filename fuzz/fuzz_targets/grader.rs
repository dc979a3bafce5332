//! Whatever is done to the picture of a symbol that was read: its grade is a number from 0 to 4.
#![no_main]
use markwright::symbol::grade::{Aperture, Calibration, Conditions, Edition, Standard, grade};
use markwright::symbol::{Grey, Hints, Separator, Size, encode_gs1, find};

/// Pixels a module, and modules around the symbol.
const PIXELS: u32 = 4;
const MARGIN: u32 = 3;

libfuzzer_sys::fuzz_target!(|input: (u8, [f32; 6], Vec<(u16, u8)>, bool)| {
    let (length, numbers, spots, before) = input;
    let text = "01048100930116942".chars().cycle().take(usize::from(length) + 1);
    let text: String = text.collect();
    let Ok(modules) = encode_gs1(&text, Size::Smallest, Separator::Fnc1) else { return };
    let side = (modules.side() + 2 * MARGIN) * PIXELS;
    let mut luma: Vec<u8> = (0..side * side)
        .map(|at| {
            let (x, y) = (at % side / PIXELS, at / side / PIXELS);
            let inside = x >= MARGIN && y >= MARGIN && modules.get(x - MARGIN, y - MARGIN);
            if inside { 20 } else { 220 }
        })
        .collect();
    let spoil = |luma: &mut Vec<u8>| {
        let length = luma.len();
        for (at, value) in &spots {
            luma[usize::from(*at) * 7 % length] = *value;
        }
    };
    if before {
        spoil(&mut luma);
    }
    let picture = luma.clone();
    let Some(symbol) = Grey::new(&picture, side, side).and_then(|g| find(&g, &Hints::default()))
    else {
        return;
    };
    if !before {
        spoil(&mut luma);
    }
    let grey = Grey::new(&luma, side, side).expect("it has as many bytes as before");
    let [share, scale, a, b, c, d] = numbers;
    let conditions = Conditions {
        edition: if length % 2 == 0 { Edition::Y2011 } else { Edition::Y2024 },
        standard: if length % 3 == 0 { Standard::Iso29158 } else { Standard::Iso15415 },
        aperture: if length % 5 == 0 { Aperture::Millimetres(share) } else { Aperture::OfX(share) },
        px_per_mm: Some(scale),
        calibration: Some(Calibration { dark: (a, b), light: (c, d) }),
        ..Conditions::default()
    };
    let grade = grade(&grey, &symbol, &conditions);
    assert!((0.0..=4.0).contains(&grade.overall));
    assert!(grade.parameters.iter().all(|p| p.value.is_finite() && p.grade >= grade.overall));
    assert!(grade.segments.iter().all(|s| s.value.is_finite()));
    assert!(grade.reflectance.values().iter().all(|value| value.is_finite()));
    assert!(grade.corners.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
});
