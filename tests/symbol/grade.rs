//! Grades against the truth that is built into the picture: reflectance, geometry, damage.
//! The tolerances are those that docs/grading.md names.
use crate::grade_kit::{Chance, GROWTH, Print, REFLECTANCE, near, off, print, value, whole};
use datamatrix::SymbolSize;
use markwright::symbol::grade::{Angle, Aperture, Calibration, Cause, Conditions, Edition, Kind};

const AXIAL: f32 = 0.02;

const GRID: f32 = 0.06;

const MODULATION: f32 = 0.08;

#[test]
fn a_perfect_symbol_is_perfect_at_every_turn_and_scale() {
    for (at, scale) in [4.0, 4.6, 5.0, 5.7, 6.3, 7.1, 8.0, 9.4, 12.0].into_iter().enumerate() {
        for turn in [0.0, 90.0, 180.0, 270.0, 7.0 + 31.0 * at as f64] {
            let mut print = Print::new(SymbolSize::Square32);
            print.module = (scale, scale);
            print.degrees = turn;
            print.frame = (560, 560);
            let grade = print.grade();
            let what = format!("{scale} px, {turn} degrees");
            assert_eq!(whole(&grade), [4.0; 8], "{what}: {grade:?}");
            assert_eq!((grade.letter(), grade.notation().as_str()), ('A', "4.0/0.8X/660"));
            near(value(&grade, Kind::SymbolContrast), 0.80, REFLECTANCE, &what);
            near(grade.brightest, 0.86, REFLECTANCE, &what);
            near(grade.darkest, 0.06, REFLECTANCE, &what);
            near(value(&grade, Kind::AxialNonUniformity), 0.0, AXIAL, &what);
            near(value(&grade, Kind::GridNonUniformity), 0.0, GRID, &what);
            near(grade.growth.0, 0.0, GROWTH, &what);
            near(grade.growth.1, 0.0, GROWTH, &what);
            near(grade.x_dimension_px, scale, 0.02, &what);
            assert!(off(&grade, &print) < 0.1, "{what}: {} px", off(&grade, &print));
            println!(
                "{what}: off {:.3} anu {:.4} gnu {:.4} growth {:.3?} mod {:.2}",
                off(&grade, &print),
                value(&grade, Kind::AxialNonUniformity),
                value(&grade, Kind::GridNonUniformity),
                grade.growth,
                value(&grade, Kind::Modulation)
            );
        }
    }
}

#[test]
fn contrast_is_what_was_painted() {
    for (light, ink) in [(0.93, 0.05), (0.80, 0.20), (0.62, 0.08), (0.40, 0.15), (0.31, 0.17)] {
        let mut print = print(SymbolSize::Square20, 5.0);
        (print.light, print.ink) = (light, ink);
        let grade = print.grade();
        near(value(&grade, Kind::SymbolContrast), light - ink, REFLECTANCE, "contrast");
        near(grade.threshold, f64::midpoint(light, ink), REFLECTANCE, "threshold");
        near(grade.mrd(), light - ink, 2.0 * REFLECTANCE, "difference");
        let steps = [0.70, 0.55, 0.40, 0.20].iter().filter(|end| light - ink >= **end).count();
        near(grade.of(Kind::SymbolContrast).grade, steps as f64, 0.0, "grade");
        assert_eq!(grade.of(Kind::Modulation).grade, 4.0);
    }
}

#[test]
fn a_card_makes_reflectance_of_grey_values() {
    let print = print(SymbolSize::Square20, 6.0);
    // Painted 0.06 and 0.86 are grey 15.3 and 219.3; the card says what they really are.
    let card = Calibration { dark: (15.3, 0.03), light: (219.3, 0.70) };
    let conditions = Conditions { calibration: Some(card), ..Conditions::default() };
    let grade = print.graded(&conditions);
    assert!(grade.calibrated && !print.grade().calibrated);
    near(value(&grade, Kind::SymbolContrast), 0.67, 0.01, "contrast");
    assert_eq!(grade.of(Kind::SymbolContrast).grade, 3.0);
    let useless = Calibration { dark: (9.0, 0.1), light: (9.0, 0.9) };
    let useless = Conditions { calibration: Some(useless), ..Conditions::default() };
    assert!(!print.graded(&useless).calibrated);
}

#[test]
fn the_module_of_least_modulation_is_named() {
    for (row, col, reflectance) in [(5, 9, 0.60), (14, 3, 0.72), (8, 8, 0.55), (3, 12, 0.65)] {
        let mut print = print(SymbolSize::Square20, 6.0);
        let (row, col) = (row as usize, col as usize);
        // Light modules become greyer, dark ones paler.
        let dark = print.at(row, col);
        let painted = if dark { 0.92 - reflectance } else { reflectance };
        print.odd.push((row as i32, col as i32, painted));
        let grade = print.grade();
        let wanted = 2.0 * (painted - 0.46_f64).abs() / 0.80;
        assert_eq!(grade.contrast_uniformity.1, (row as i32, col as i32));
        near(grade.contrast_uniformity.0, wanted, MODULATION, "contrast uniformity");
        near(grade.modulation.at(row + 1, col + 1), wanted, MODULATION, "module map");
        near(grade.reflectance.at(row + 1, col + 1), painted, REFLECTANCE, "reflectance");
        let difference = (painted - if dark { 0.86 } else { 0.06 }).abs();
        near(grade.mrd(), difference, 2.0 * REFLECTANCE, "difference");
    }
}

/// Modules of as many different codewords, far apart, none of them in a frame.
fn far_apart(print: &Print, count: usize) -> Vec<(usize, usize)> {
    let clean = print.words();
    let (mut hit, mut places) = (vec![false; clean.len()], Vec::new());
    for at in 0..print.dark.len() {
        let (row, col) = (at * 7 % print.dark.len() / print.cols, at * 7 % print.cols);
        let mut other = Print { dark: print.dark.clone(), ..Print::new(SymbolSize::Square10) };
        (other.rows, other.cols) = (print.rows, print.cols);
        other.flip(row, col);
        let changed: Vec<usize> = other
            .words()
            .iter()
            .zip(&clean)
            .enumerate()
            .filter(|(_, (a, b))| a != b)
            .map(|(at, _)| at)
            .collect();
        let near =
            places.iter().any(|(r, c): &(usize, usize)| r.abs_diff(row).max(c.abs_diff(col)) < 2);
        if let [word] = changed[..]
            && !hit[word]
            && !near
        {
            hit[word] = true;
            places.push((row, col));
        }
        if places.len() == count {
            break;
        }
    }
    assert_eq!(places.len(), count);
    places
}

#[test]
fn wrong_modules_cost_exactly_their_codewords() {
    for size in [SymbolSize::Square20, SymbolSize::Square36, SymbolSize::Square52] {
        let clean = print(size, 5.0);
        // Correction words of a block, and blocks.
        let (each, blocks) = match size {
            SymbolSize::Square20 => (18, 1),
            SymbolSize::Square36 => (42, 1),
            _ => (42, 2),
        };
        for flips in [0, 1, 3, 5, 8] {
            let mut print = print(size, 5.0);
            for (row, col) in far_apart(&clean, flips) {
                print.flip(row, col);
            }
            let words = clean.words();
            let differ: Vec<usize> =
                (0..words.len()).filter(|at| print.words()[*at] != words[*at]).collect();
            assert_eq!(differ.len(), flips);
            let worst = (0..blocks).map(|b| differ.iter().filter(|at| **at % blocks == b).count());
            let wanted = 1.0 - 2.0 * worst.max().unwrap() as f64 / f64::from(each);
            let grade = print.grade();
            near(value(&grade, Kind::UnusedErrorCorrection), wanted, 1e-5, "unused");
            assert_eq!((grade.corrected, &grade.wrong_words), (flips, &differ));
            assert_eq!(grade.budget, each as usize * blocks);
            assert_eq!(grade.damaged.len(), flips);
            assert_eq!(grade.of(Kind::Decode).grade, 4.0);
            let ends = [0.62, 0.50, 0.37, 0.25];
            let steps = ends.iter().filter(|end| wanted >= **end).count() as f32;
            assert_eq!(grade.of(Kind::UnusedErrorCorrection).grade, steps);
            assert_eq!(grade.of(Kind::Modulation).grade, 4.0);
            assert_eq!(grade.of(Kind::ReflectanceMargin).grade, steps);
            assert_eq!(grade.of(Kind::FixedPatternDamage).grade, 4.0);
        }
    }
}

#[test]
fn the_report_of_a_real_verifier_comes_out_again() {
    // 16 x 36, 7 of 32 + 24 codewords corrected, X = 0.516 mm, rows 11.2 % shorter.
    let mut print = print(SymbolSize::Rect16x36, 12.0);
    (print.light, print.ink) = (0.83, 0.05);
    print.module = (12.0 * 1.056, 12.0 * 0.944);
    print.frame = (560, 320);
    for (row, col) in far_apart(&print, 7) {
        print.flip(row, col);
    }
    let conditions = Conditions {
        px_per_mm: Some(12.0 / 0.516),
        aperture: Aperture::Millimetres(0.4),
        angle: Angle::Deg45Q,
        ..Conditions::default()
    };
    let grade = print.graded(&conditions);
    near(value(&grade, Kind::UnusedErrorCorrection), 0.4167, 1e-3, "unused");
    assert_eq!((grade.corrected, grade.budget), (7, 24));
    near(value(&grade, Kind::SymbolContrast), 0.78, REFLECTANCE, "contrast");
    near(value(&grade, Kind::AxialNonUniformity), 0.112, AXIAL, "axial");
    // Decode, contrast, modulation, margin, axial, grid, fixed patterns, unused correction.
    assert_eq!(whole(&grade), [4.0, 4.0, 4.0, 2.0, 1.0, 4.0, 4.0, 2.0]);
    assert_eq!((grade.notation().as_str(), grade.letter()), ("1.0/16/660/45Q", 'D'));
    near(grade.x_dimension_mm.unwrap(), 0.516, 0.005, "X dimension");
    let ratios = grade.segments.iter().filter(|s| s.name == "TTR" || s.name == "RTR");
    assert_eq!(ratios.map(|s| (s.value, s.grade)).collect::<Vec<_>>(), [(0.0, 4.0); 4]);
}

#[test]
fn columns_and_rows_of_different_pitch_are_axial_non_uniformity() {
    for (turn, stretch) in [(0.0, 1.03), (20.0, 1.07), (45.0, 0.92), (211.0, 1.11), (90.0, 1.14)] {
        let mut print = print(SymbolSize::Square26, 5.0);
        print.degrees = turn;
        print.module.1 *= stretch;
        let grade = print.grade();
        let wanted = (stretch - 1.0_f64).abs() / f64::midpoint(stretch, 1.0);
        near(value(&grade, Kind::AxialNonUniformity), wanted, 0.003, "axial");
        let cause = if stretch > 1.0 { Cause::WideRows } else { Cause::WideColumns };
        let tall = grade.of(Kind::AxialNonUniformity).grade < 4.0;
        assert_eq!(grade.causes.contains(&cause), tall, "{stretch}");
        assert_eq!(grade.of(Kind::GridNonUniformity).grade, 4.0);
    }
}

/// The farthest middle of a module from its place between the corners, in modules.
fn unevenness(print: &Print) -> f64 {
    let corners = print.corners();
    let mut most = 0.0_f64;
    for (row, col) in (0..print.rows).flat_map(|r| (0..print.cols).map(move |c| (r, c))) {
        let (u, v) = (col as f64 + 0.5, row as f64 + 0.5);
        let (a, b) = (u / print.cols as f64, v / print.rows as f64);
        let mix = |of: fn(&(f64, f64)) -> f64| {
            let [p, q, r, s] = corners.each_ref().map(of);
            (p * (1.0 - a) + q * a) * (1.0 - b) + (s * (1.0 - a) + r * a) * b
        };
        let (x, y) = print.pixel(u, v);
        most = most.max((x - mix(|c| c.0)).hypot(y - mix(|c| c.1)));
    }
    most / f64::midpoint(print.module.0, print.module.1)
}

#[test]
fn modules_beside_their_places_are_grid_non_uniformity() {
    for size in [SymbolSize::Square20, SymbolSize::Square40, SymbolSize::Rect16x48] {
        for (at, depth) in [0.1_f64, 0.2, 0.3, 0.42].into_iter().enumerate() {
            for shape in 0..3_usize {
                let mut print = print(size, 6.0);
                print.degrees = 40.0 * at as f64;
                let length = print.lines.len() as f64 - 1.0;
                for (line, off) in print.lines.iter_mut().enumerate() {
                    let part = line as f64 / length;
                    *off = depth.min([1.0, 0.3, 0.3][shape])
                        * match shape {
                            // A swing of the feed, a slip in the middle, one line aside.
                            0 => (std::f64::consts::PI * part).sin(),
                            1 => {
                                if part < 0.5 {
                                    part
                                } else {
                                    part - 1.0
                                }
                            }
                            _ => f64::from(u8::from(line == 7 || line == 8)),
                        };
                }
                let grade = print.grade();
                let wanted = unevenness(&print);
                let what = format!("{size:?} {shape} {depth}");
                println!("{what}: {} {wanted}", value(&grade, Kind::GridNonUniformity));
                near(value(&grade, Kind::GridNonUniformity), wanted, GRID, &what);
            }
        }
    }
}

#[test]
fn a_slip_that_led_the_reader_astray_is_put_right() {
    let mut print = print(SymbolSize::Square20, 6.0);
    print.degrees = 120.0;
    for (line, off) in print.lines.iter_mut().enumerate() {
        *off = 0.42 * (line as f64 / 20.0 - f64::from(u8::from(line >= 10)));
    }
    let grade = print.grade();
    near(value(&grade, Kind::GridNonUniformity), unevenness(&print), GRID, "grid");
    assert_eq!(grade.damaged, []);
}

#[test]
fn print_growth_is_measured_and_does_not_move_the_grid() {
    for growth in [(0.12, 0.12), (-0.10, -0.10), (0.2, 0.0), (0.0, 0.15), (-0.15, 0.0)] {
        for pixels in [4.3, 6.0, 8.8] {
            let mut print = print(SymbolSize::Square40, pixels);
            print.growth = growth;
            let grade = print.grade();
            let what = format!("{growth:?} {pixels} px");
            println!("{what}: {:?} off {:.3}", grade.growth, off(&grade, &print));
            near(grade.growth.0, growth.0 / 0.15, GROWTH, &what);
            near(grade.growth.1, growth.1 / 0.15, GROWTH, &what);
            assert!(off(&grade, &print) < 0.3, "{what}: {} px", off(&grade, &print));
            near(value(&grade, Kind::GridNonUniformity), 0.0, GRID, &what);
        }
    }
}

#[test]
fn the_grid_lies_within_three_tenths_of_a_pixel_in_noise_and_growth() {
    let mut chance = Chance::new(11);
    let mut offs = Vec::new();
    for at in 0..40 {
        let sizes = [SymbolSize::Square20, SymbolSize::Square36, SymbolSize::Square44];
        let mut print = print(sizes[at % 3], 4.0 + chance.part() * 4.0);
        print.degrees = 360.0 * chance.part();
        print.beside = (chance.part(), chance.part());
        let growth = [0.0, 0.15, -0.15, 0.1][at % 4];
        print.growth = (growth, growth);
        let picture = print.noisy(&print.reflectance(), 8.0, &mut chance);
        let Some(grade) = picture.graded(&Conditions::default()) else { panic!("not read: {at}") };
        offs.push(off(&grade, &print));
    }
    offs.sort_by(f64::total_cmp);
    println!("worst corner: median {:.3}, worst {:.3} px", offs[20], offs[39]);
    assert!(offs[39] < 0.3, "{offs:?}");
}

#[test]
fn a_hundred_noisy_pictures_of_one_symbol_get_one_grade() {
    let conditions = Conditions { edition: Edition::Y2024, ..Conditions::default() };
    for (name, change) in CHANGES {
        let mut print = print(SymbolSize::Square40, 5.0);
        change(&mut print);
        let (mut chance, clean) = (Chance::new(3), print.reflectance());
        let grades: Vec<f32> = (0..100)
            .map(|_| {
                // The camera never sees it in the same place twice: here a different noise does.
                let picture = print.noisy(&clean, 5.0, &mut chance);
                picture.graded(&conditions).unwrap().overall
            })
            .collect();
        let mean = grades.iter().sum::<f32>() / 100.0;
        let spread = grades.iter().map(|grade| (grade - mean).abs()).fold(0.0, f32::max);
        println!("{name}: {mean:.2} ± {spread:.2}");
        assert!(spread <= 0.2, "{name}: {mean} ± {spread}: {grades:?}");
    }
}

type Change = fn(&mut Print);

const CHANGES: [(&str, Change); 5] = [
    ("as it should be", |_| {}),
    ("pale", |print| (print.light, print.ink) = (0.62, 0.14)),
    ("grown", |print| print.growth = (0.2, 0.2)),
    ("stretched", |print| print.module.1 *= 1.09),
    ("damaged", |print| {
        for at in [5, 11, 19, 26, 33] {
            print.flip(at, at / 2 + 3);
            print.odd.push((at as i32, 0, 0.40));
        }
    }),
];

#[test]
fn apertures_follow_x_dimension_and_conditions() {
    let print = print(SymbolSize::Square20, 6.0);
    let with = |aperture, px_per_mm| {
        let grade = print.graded(&Conditions { aperture, px_per_mm, ..Conditions::default() });
        let mm = grade.aperture_mm.map(|mm| (mm * 1000.0).round() as i32);
        (grade.notation(), mm)
    };
    let notation = |text: &str, mm| (text.to_owned(), mm);
    // X = 0.30, 0.45, 0.12 mm.
    assert_eq!(with(Aperture::ByXDimension, Some(20.0)), notation("4.0/06/660", Some(150)));
    assert_eq!(with(Aperture::ByXDimension, Some(6.0 / 0.45)), notation("4.0/08/660", Some(200)));
    assert_eq!(with(Aperture::ByXDimension, Some(50.0)), notation("4.0/04/660", Some(96)));
    assert_eq!(with(Aperture::ByXDimension, None), notation("4.0/0.8X/660", None));
    assert_eq!(with(Aperture::OfX(0.5), None), notation("4.0/0.5X/660", None));
    assert_eq!(with(Aperture::Millimetres(0.25), Some(15.0)), notation("4.0/10/660", Some(250)));
    assert_eq!(with(Aperture::OfX(f32::NAN), Some(f32::NAN)), notation("4.0/0.8X/660", None));
}

#[test]
fn a_column_of_pale_modules_is_told_and_so_is_pale_ink() {
    let mut print = print(SymbolSize::Square32, 6.0);
    for row in 0..32 {
        if print.at(row, 9) {
            print.odd.push((row as i32, 9, 0.45));
        }
    }
    let grade = print.grade();
    near(grade.columns_light[9], 0.39 / 0.8, 0.05, "column");
    assert!(grade.columns_light.iter().enumerate().all(|(at, share)| at == 9 || *share < 0.1));
    assert!(grade.causes.contains(&Cause::LightColumn), "{:?}", grade.causes);
    assert!(grade.advice(Kind::Modulation).unwrap().contains("dot of the print head"));
    let mut print = self::print(SymbolSize::Square20, 6.0);
    print.ink = 0.4;
    let grade = print.grade();
    assert!(grade.advice(Kind::SymbolContrast).unwrap().contains("darkness"));
    assert_eq!(grade.advice(Kind::GridNonUniformity), None);
}
