//! Frames of the fake camera, read by an independent reader.
use image::GrayImage;
use markwright::sim::dice::Dice;
use markwright::sim::labels::{draw_label, random_dairy_code};
use markwright::sim::scene::{Look, SceneSettings, picture};
use rxing::{BarcodeFormat, DecodeHints};

/// What rxing reads, with its leading FNC1 (if it shows one) taken off.
fn read(frame: &GrayImage) -> Option<String> {
    let mut hints = DecodeHints::default();
    let (w, h) = frame.dimensions();
    let kind = Some(BarcodeFormat::DATA_MATRIX);
    let found =
        rxing::helpers::detect_in_luma_slice_with_hints(frame.as_raw(), w, h, kind, &mut hints);
    Some(found.ok()?.getText().trim_start_matches('\u{1d}').to_owned())
}

fn shot(seed: u64, look: Look, settings: &SceneSettings) -> (String, Option<String>) {
    let mut dice = Dice::of(seed, 77);
    let code = random_dairy_code(&mut dice);
    let label = draw_label(seed, &code);
    let frame = picture(settings, Some(&label), look, &mut dice);
    (code, read(&frame))
}

#[test]
fn an_independent_reader_reads_nearly_every_clean_frame_and_never_wrongly() {
    let settings = SceneSettings::default();
    let mut good = 0;
    for seed in 0..200 {
        let (code, text) = shot(seed, Look::Clean, &settings);
        if let Some(text) = text {
            assert_eq!(text, code, "seed {seed}");
            good += 1;
        }
    }
    assert!(good >= 196, "{good} of 200");
}

#[test]
fn nobody_reads_a_spoiled_label_or_one_without_a_symbol() {
    let settings = SceneSettings::default();
    for seed in 0..20 {
        for look in [Look::Spoiled, Look::NoSymbol] {
            assert_eq!(shot(seed, look, &settings).1, None, "{look:?} {seed}");
        }
    }
}

#[test]
fn a_frame_of_another_size_is_read_too() {
    let settings = SceneSettings { width: 320, height: 240, ..SceneSettings::default() };
    let read = (0..20).filter(|seed| {
        let (code, text) = shot(*seed, Look::Clean, &settings);
        text == Some(code)
    });
    assert!(read.count() >= 19);
}

#[test]
fn a_label_whose_symbol_lies_sideways_is_shown_whole_and_can_be_hidden_too() {
    let settings = SceneSettings::default();
    for seed in 0..10 {
        let mut dice = Dice::of(seed, 78);
        let code = random_dairy_code(&mut dice);
        let mut label = draw_label(seed, &code);
        label.raster = image::imageops::rotate90(&label.raster);
        let clean = picture(&settings, Some(&label), Look::Clean, &mut dice.clone());
        assert_eq!(read(&clean), Some(code), "seed {seed}");
        let bare = picture(&settings, Some(&label), Look::NoSymbol, &mut dice);
        assert_eq!(read(&bare), None);
    }
}
