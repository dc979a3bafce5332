//! Whatever stands in a label design: it is refused with the reason, or placed, and then it is drawn.
#![no_main]
use libfuzzer_sys::fuzz_target;
use markwright::code::CodeText;
use markwright::label::{Design, Goods, place};

/// A dairy code and a footwear code: the smallest and the largest symbol.
const CODES: [&str; 2] = [
    "0104810093011694212k6rsrti\u{1d}93#SzU",
    "0104810093011694215AbCdEfGhIjKl\u{1d}91EE11\u{1d}92aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+\
     aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+aZ/+",
];

fuzz_target!(|text: &str| {
    let Ok(design) = Design::parse(text) else { return };
    let goods = Goods {
        name: "Кефир «Раница» 2,5 %".to_owned(),
        hs_code: "0403".to_owned(),
        ..Goods::default()
    };
    for code in CODES {
        let _ = place(&design, &goods, &CodeText::new(code), 8.0);
    }
});
