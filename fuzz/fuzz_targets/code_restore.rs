//! Whatever loses separators comes back as it was, or is refused; and nothing is taken from a text or
//! added to it but separators.
#![no_main]
use markwright::code::{self, GS, Malformed, ProductGroup};

libfuzzer_sys::fuzz_target!(|input: (&str, u64)| {
    let (text, lost) = input;
    let plain = |text: &str| text.replace(GS, "");
    for group in [None, Some(ProductGroup::SHOES), Some(ProductGroup::RADIO)] {
        let found = match group {
            Some(group) => code::restore_as(text, group),
            None => code::restore(text),
        };
        if let Ok(found) = found {
            assert_eq!(plain(&found), plain(text), "{text:?}");
            code::parse(&found).expect("what was restored is a code");
        }
    }
    // A whole code loses some of its separators.
    let Ok(was) = code::parse(text) else { return };
    let mut at = 0;
    let maimed: String = text
        .chars()
        .filter(|c| {
            at += u32::from(*c == GS);
            *c != GS || lost >> (at % 64) & 1 == 0
        })
        .collect();
    // Only fields that the form's groups have may follow: others are taken, and never put back.
    let forms = was.groups().into_iter().flat_map(ProductGroup::forms);
    let known = forms.flat_map(|form| form.extras);
    let known: Vec<_> = known.collect();
    let all_known = was.extras().iter().all(|field| {
        use code::Extra as E;
        known.iter().any(|extra| match extra {
            E::Weight => field.ai == "3103",
            E::Volume => field.ai.starts_with("335"),
            E::FactorySerial => field.ai == "97",
            E::Count => field.ai == "30",
            E::Kilograms => field.ai.starts_with("310"),
            E::Metres => field.ai.starts_with("311"),
        })
    });
    if !all_known {
        return;
    }
    match code::restore(&maimed) {
        Ok(found) => {
            let found = code::parse(&found).expect("what was restored is a code");
            assert_eq!((found.canonical(), found.tail), (was.canonical(), was.tail), "{maimed:?}");
        }
        Err(Malformed::TwoReadings(..)) => {}
        Err(other) => panic!("{maimed:?}: {other}"),
    }
});
