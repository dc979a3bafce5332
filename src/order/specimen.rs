//! A code for a preview: it has the form of a real one and says by itself that it is none.
use crate::code::{CodeText, GS, Gtin, ProductGroup, TEMPLATES, Tail};

/// The longest code that this group uses, for this trade item, with zeros for its check part.
pub fn specimen(gtin: Gtin, group: ProductGroup) -> CodeText {
    let forms = TEMPLATES.iter().filter(|t| t.group == group);
    let form = forms.max_by_key(|t| t.serial_len).expect("every group has a form");
    let serial: String =
        "SPECIMEN".chars().chain("0".chars().cycle()).take(form.serial_len).collect();
    let tail = match form.tail {
        Tail::Short => "930000".to_owned(),
        Tail::Long(signature) => format!("910000{GS}92{}", "0".repeat(signature)),
    };
    CodeText::new(format!("01{gtin}21{serial}{GS}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::parse;

    #[test]
    fn the_specimen_of_every_group_is_a_code_of_that_group() {
        let gtin = "04810093011694".parse().unwrap();
        for group in ProductGroup::ALL {
            let code = specimen(gtin, group);
            let parts = parse(code.as_str()).unwrap();
            assert_eq!(parts.group(), group);
            assert!(parts.serial.starts_with("SPECIM"), "{code:?}");
        }
    }
}
