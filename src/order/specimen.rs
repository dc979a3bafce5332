//! A code for a preview: it has the form of a real one and says by itself that it is none.
use crate::code::{CodeText, GS, Gtin, ProductGroup, Tail, Template};

/// The longest code that an order of this group brings, for this trade item, with zeros for its
/// check part.
pub fn specimen(gtin: Gtin, group: ProductGroup) -> CodeText {
    let (number, symbol) = (group.template_id(), |t: &&Template| t.until.is_none() && t.is_gs1());
    let forms =
        group.forms().filter(symbol).filter(|t| number.is_none_or(|number| t.is_named(number)));
    let form = forms.max_by_key(|t| t.serial_len).expect("every group has a form of today");
    let serial: String =
        "SPECIMEN".chars().chain("0".chars().cycle()).take(form.serial_len).collect();
    let tail = match form.tail {
        Tail::Short | Tail::Pack { .. } => "930000".to_owned(),
        Tail::Block => format!("8005000000{GS}930000"),
        Tail::Long(signature) => format!("910000{GS}92{}", "0".repeat(signature)),
    };
    CodeText::new(format!("01{gtin}21{serial}{GS}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::parse_as;

    #[test]
    fn the_specimen_of_every_group_is_a_code_of_that_group() {
        let gtin = "04810093011694".parse().unwrap();
        for group in ProductGroup::ALL {
            let code = specimen(gtin, group);
            let parts = parse_as(code.as_str(), group).unwrap();
            assert!(group.template_id().is_none_or(|number| parts.template.is_named(number)));
            assert!(parts.serial.starts_with("SPECIM"), "{code:?}");
        }
    }
}
