//! Codes, goods and designs for the tests of labels.
use markwright::code::CodeText;
use markwright::label::{Design, Goods};

/// 203, 300 and 600 dpi.
pub(crate) const HEADS: [f32; 3] = [8.0, 11.811, 23.622];

/// One code of each form: dairy with 6 and 8, water, beer, clothing, footwear.
pub(crate) fn codes() -> Vec<CodeText> {
    let head = "010481009301169421";
    let long = |signature| format!("5AbCdEfGhIjKl\u{1d}91EE11\u{1d}92{}", "aZ/+".repeat(signature));
    [
        "2k6rsr\u{1d}93#SzU".to_owned(),
        "2k6rsrti\u{1d}93#SzU".to_owned(),
        "5AbCdEfGhIjKl\u{1d}93SzU1".to_owned(),
        "2k6rsrt\u{1d}93SzU1".to_owned(),
        long(11),
        long(22),
    ]
    .map(|tail| CodeText::new(format!("{head}{tail}")))
    .to_vec()
}

/// Goods of which everything is known.
pub(crate) fn goods() -> Goods {
    Goods {
        name: "Сапожкі зімовыя жаночыя «Мроя», натуральная скура, №7".into(),
        article: "АБ-4471/2".into(),
        size: "42".into(),
        colour: "чёрны".into(),
        composition: "верх: натуральная кожа; подкладка: шерсть; подошва: ТПУ".into(),
        batch: "П-17".into(),
        date: "21.11.2026".into(),
        best_before: "05.12.2026".into(),
        country: "Беларусь".into(),
        maker: "ОАО «Мроя», г. Брест, ул. Советская, 12".into(),
        importer: "ООО «Импорт», г. Минск".into(),
        hs_code: "6403919300".into(),
    }
}

/// A design of 58 x 40 mm with a symbol of 3 dots a module at 203 dpi, and what is given.
pub(crate) fn with(elements: &str) -> Design {
    Design::parse(&toml_with(elements)).unwrap()
}

/// The file of the same.
pub(crate) fn toml_with(elements: &str) -> String {
    let head = "name='t'\ntitle='t'\nwidth_mm=58\nheight_mm=40\n";
    let symbol = "[[element]]\nkind='datamatrix'\nx_mm=1\ny_mm=1\nmodule={mm=0.375}\n";
    format!("{head}{symbol}{elements}")
}

/// One text on that design.
pub(crate) fn text(wording: &str, rest: &str) -> Design {
    with(&format!("[[element]]\nkind='text'\ntext='''{wording}'''\n{rest}"))
}
