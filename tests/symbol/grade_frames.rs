//! Fixed patterns segment by segment against damage that was painted, and symbols of other kinds:
//! seen from behind, light on dark, marks in the material.
use crate::grade_kit::{GROWTH, REFLECTANCE, near, off, print, segment, value, whole};
use datamatrix::SymbolSize;
use markwright::symbol::grade::{Conditions, Kind, Standard};

#[test]
fn each_damaged_side_shows_in_its_own_segment() {
    // Name, modules of the segment, damage in modules, grade: 0 / 9 / 13 / 17 % and
    // 10 / 15 / 20 / 25 % of 20 modules (21 beside the legs).
    let cases: [(&str, usize, usize, f32); 14] = [
        ("L1", 20, 1, 3.0),
        ("L1", 20, 2, 2.0),
        ("L1", 20, 3, 1.0),
        ("L1", 20, 4, 0.0),
        ("L2", 20, 1, 3.0),
        ("L2", 20, 3, 1.0),
        ("QZL1", 21, 1, 3.0),
        ("QZL1", 21, 4, 0.0),
        ("QZL2", 21, 2, 2.0),
        ("TCT", 20, 1, 4.0),
        ("TCT", 20, 3, 2.0),
        ("RCT", 20, 4, 1.0),
        ("TQZ", 20, 1, 4.0),
        ("RQZ", 20, 1, 4.0),
    ];
    for (name, length, count, wanted) in cases {
        let mut print = print(SymbolSize::Square20, 6.0);
        for at in 0..count as i32 {
            // Far from each other, so that no five modules hold three of them.
            let at = 3 + 4 * at;
            let (row, col) = match name {
                "L1" => (at, 0),
                "L2" => (19, at),
                "QZL1" => (at, -1),
                "QZL2" => (20, at),
                "TCT" => (0, at),
                "RCT" => (at, 19),
                "TQZ" => (-1, at),
                _ => (at, 20),
            };
            if (0..20).contains(&row) && (0..20).contains(&col) {
                print.flip(row as usize, col as usize);
            } else {
                print.odd.push((row, col, print.ink));
            }
        }
        let grade = print.grade();
        let what = format!("{name}, {count} damaged: {:?}", grade.segments);
        for other in &grade.segments {
            if other.name == name {
                near(other.value, count as f64 / length as f64, 1e-4, &what);
                assert_eq!(other.grade, wanted, "{what}");
            } else if !["AG", "TTR", "RTR", "TCR", "RCR"].contains(&other.name) {
                assert_eq!((other.value, other.grade), (0.0, 4.0), "{what}");
            }
        }
        let all = grade.of(Kind::FixedPatternDamage).grade;
        let lowest = grade.segments.iter().map(|segment| segment.grade).fold(4.0, f32::min);
        assert_eq!(all, lowest, "{what}");
        // One side of grade 2 or 3 makes a mean below 4: 3 at the best.
        let average = segment(&grade, "AG")[0];
        near(average.value, 4.0 - (4.0 - f64::from(lowest.min(wanted))) / 5.0, 0.25, &what);
    }
}

#[test]
fn clock_tracks_are_graded_by_transitions_and_by_regularity_too() {
    let mut print = print(SymbolSize::Square20, 6.0);
    // Two dark spots in the quiet zone above: four transitions there, 19 in the clock track.
    print.odd.extend([(-1, 5, 0.06), (-1, 12, 0.06)]);
    let grade = print.grade();
    near(segment(&grade, "TTR")[0].value, 3.0 / 19.0, 1e-4, "transition ratio");
    assert_eq!(segment(&grade, "TTR")[0].grade, 0.0);
    let mut print = self::print(SymbolSize::Square20, 6.0);
    for row in [6, 7, 9] {
        print.flip(row, 19);
    }
    let grade = print.grade();
    assert_eq!((segment(&grade, "RCR")[0].value, segment(&grade, "RCR")[0].grade), (3.0, 0.0));
    near(segment(&grade, "RCT")[0].value, 0.15, 1e-4, "clock damage");
    assert_eq!(grade.of(Kind::FixedPatternDamage).grade, 0.0);
}

#[test]
fn large_symbols_have_segments_for_every_region() {
    let mut print = print(SymbolSize::Square36, 6.0);
    // The solid bar between the regions of the lower row, from left to right, and its clock track.
    print.flip(17, 5);
    print.flip(17, 25);
    print.flip(25, 17);
    print.flip(29, 17);
    let grade = print.grade();
    let at = |name: &str, region| {
        let found = grade.segments.iter().find(|s| s.name == name && s.region == Some(region));
        (found.unwrap().value, found.unwrap().grade)
    };
    assert_eq!(segment(&grade, "TCT").len(), 4);
    assert_eq!(segment(&grade, "L1").len(), 2);
    // One module of 18.
    assert_eq!(at("TSA", (1, 0)), (1.0 / 18.0, 4.0));
    assert_eq!(at("TSA", (1, 1)), (1.0 / 18.0, 4.0));
    assert_eq!(at("RCT", (1, 0)), (2.0 / 18.0, 3.0));
    assert_eq!(at("RCT", (0, 0)), (0.0, 4.0));
    assert_eq!(at("RSA", (1, 0)), (0.0, 4.0));
}

#[test]
fn weak_modulation_of_a_side_is_damage_too() {
    let mut print = print(SymbolSize::Square20, 6.0);
    // Paler ink in four modules of the left side: modulation 2 * (0.46 - 0.32) / 0.8 = 0.35.
    print.odd.extend([3, 7, 11, 15].map(|row| (row, 0, 0.32)));
    let grade = print.grade();
    let left = segment(&grade, "L1")[0];
    // At level 4 and 3 20 % are damaged, at level 2 none is.
    assert_eq!((left.value, left.grade), (0.2, 2.0));
    assert_eq!(grade.of(Kind::UnusedErrorCorrection).grade, 4.0);
}

#[test]
fn mirrored_and_inverted_symbols_are_graded_like_others() {
    for size in [SymbolSize::Square20, SymbolSize::Square44, SymbolSize::Rect12x36] {
        for (mirrored, inverted) in [(true, false), (false, true), (true, true)] {
            let mut print = print(size, 6.0);
            print.mirrored = mirrored;
            if inverted {
                (print.light, print.ink) = (print.ink, print.light);
            }
            print.growth = (0.08, 0.0);
            let grade = print.grade();
            let what = format!("{size:?} {mirrored} {inverted}");
            assert_eq!((grade.mirrored, grade.inverted), (mirrored, inverted), "{what}");
            assert_eq!(whole(&grade), [4.0; 8], "{what}");
            let seen = if mirrored { (0.0, 0.08) } else { (0.08, 0.0) };
            near(grade.growth.0, seen.0 / 0.15, GROWTH, &what);
            near(grade.growth.1, seen.1 / 0.15, GROWTH, &what);
            assert!(off(&grade, &print) < 0.3, "{what}: {} px", off(&grade, &print));
        }
    }
}

#[test]
fn the_sides_of_a_symbol_from_behind_are_named_as_they_are_seen() {
    let mut print = print(SymbolSize::Square20, 6.0);
    print.mirrored = true;
    // Turned so that its solid sides lie left and below, its own left side lies below.
    print.flip(9, 0);
    let grade = print.grade();
    assert_eq!(segment(&grade, "L1")[0].value, 0.0);
    near(segment(&grade, "L2")[0].value, 0.05, 1e-4, "the lower side, as seen");
}

#[test]
fn marks_in_the_material_are_graded_by_cells() {
    let mut print = print(SymbolSize::Square20, 6.0);
    (print.light, print.ink) = (0.40, 0.26);
    print.odd.push((6, 6, 0.5));
    let conditions = Conditions { standard: Standard::Iso29158, ..Conditions::default() };
    let grade = print.graded(&conditions);
    // The one odd module hardly moves the mean of its class.
    near(value(&grade, Kind::SymbolContrast), 0.14 / 0.40, 0.02, "cell contrast");
    assert_eq!(grade.of(Kind::SymbolContrast).grade, 4.0);
    near(grade.minimum_reflectance.unwrap().value, 0.40, REFLECTANCE, "minimum reflectance");
    assert_eq!(segment(&grade, "DD").len(), 1);
    assert_eq!((segment(&grade, "AG").len(), grade.overall), (0, 4.0));
    assert_eq!(print.grade().of(Kind::SymbolContrast).grade, 1.0);
}
