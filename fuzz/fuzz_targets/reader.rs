//! Whatever a picture holds: it is read or not, the same again with the time running out, and no
//! symbol of more modules than were looked for comes out.
#![no_main]
use libfuzzer_sys::fuzz_target;
use markwright::symbol::{Expected, Grey, Hints, Region, find, find_within};
use std::cell::Cell;
use std::time::Duration;

fuzz_target!(|input: (u8, u8, u8, [u8; 4], &[u8])| {
    let (width, known, steps, corner, pixels) = input;
    // A few bytes make a picture: they are repeated until it is full.
    let (width, height) = (u32::from(width) + 1, 1 + u32::from(corner[3]));
    let luma: Vec<u8> =
        pixels.iter().copied().chain([0]).cycle().take((width * height) as usize).collect();
    let Some(grey) = Grey::new(&luma, width, height) else { return };
    let [x, y, side, _] = corner.map(u32::from);
    let hints = Hints {
        region: (known & 1 == 1).then_some(Region { x, y, width: side, height: side }),
        size: (known & 2 == 2).then_some((20, 20)),
        module: (known & 4 == 4).then_some(f32::from(steps) / 16.0),
        ..Hints::default()
    };
    let found = find(&grey, &hints);
    if let (Some(found), Some(size)) = (&found, hints.size) {
        assert_eq!((found.rows, found.cols), size);
    }
    let left = Cell::new(u32::from(steps));
    let clock = || {
        left.set(left.get().saturating_sub(1));
        Duration::from_millis(left.get().into())
    };
    let expected = Expected::new("0104810093011694212k6rsrti\u{1d}93#SzU");
    find_within(&grey, &hints, Some(&expected), &clock);
});
