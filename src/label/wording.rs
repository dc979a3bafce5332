//! What a text says: variables filled in, the place of the serial number kept open.
use super::DesignProblem;
use crate::code::Parts;

/// What the goods of a job are called. Empty where a label says nothing about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goods {
    /// Name of the product.
    pub name: String,
    /// Article number of the maker.
    pub article: String,
    /// Size.
    pub size: String,
    /// Colour.
    pub colour: String,
    /// What it is made of.
    pub composition: String,
    /// Batch.
    pub batch: String,
    /// Date of production, as it is to be printed.
    pub date: String,
    /// Date up to which it is good, as it is to be printed.
    pub best_before: String,
    /// Country of origin.
    pub country: String,
    /// Who made it.
    pub maker: String,
    /// Who brought it into the country.
    pub importer: String,
    /// Customs code (HS), of which the first four digits are printed in the pilot form.
    pub hs_code: String,
}

/// Stands in a wording for the serial number, which changes from label to label. A private
/// character: no font has it, and none is taken from outside.
pub(super) const SERIAL: char = '\u{e000}';

/// Every variable that a text can have.
const VARIABLES: [&str; 14] = [
    "name",
    "article",
    "size",
    "colour",
    "composition",
    "batch",
    "date",
    "best_before",
    "country",
    "maker",
    "importer",
    "hs4",
    "gtin",
    "serial",
];

/// The pieces of a text: as it is, or the name of a variable.
enum Piece<'a> {
    Plain(&'a str),
    Variable(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let variable = rest.strip_prefix('{').and_then(|after| after.split_once('}'));
        if let Some((name, after)) = variable {
            rest = after;
            return Some(Piece::Variable(name));
        }
        let first = rest.chars().next()?.len_utf8();
        let end = rest[first..].find('{').map_or(rest.len(), |at| at + first);
        let (plain, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Plain(plain))
    })
}

/// The variables that these texts have, in the order of [`VARIABLES`].
pub(super) fn variables<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'static str> {
    let used: Vec<&str> = texts
        .flat_map(pieces)
        .filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name),
            Piece::Plain(_) => None,
        })
        .collect();
    VARIABLES.into_iter().filter(|name| used.contains(name)).collect()
}

/// Refuses names in braces that mean nothing.
pub(super) fn check_variables(text: &str, element: &str) -> Result<(), DesignProblem> {
    let unknown = pieces(text).find_map(|piece| match piece {
        Piece::Variable(name) if !VARIABLES.contains(&name) => Some(name),
        Piece::Variable(_) | Piece::Plain(_) => None,
    });
    match unknown {
        Some(name) => Err(DesignProblem::UnknownVariable {
            element: element.to_owned(),
            name: name.to_owned(),
            known: VARIABLES.join(", "),
        }),
        None => Ok(()),
    }
}

/// Refuses the data of a linear barcode that would change from label to label.
pub(super) fn check_barcode(data: &str, element: &str) -> Result<(), DesignProblem> {
    check_variables(data, element)?;
    if pieces(data).any(|piece| matches!(piece, Piece::Variable("serial"))) {
        return Err(DesignProblem::SerialInBarcode { element: element.to_owned() });
    }
    Ok(())
}

/// Fills in everything that is the same on every label of a job; [`SERIAL`] stays. `None` where
/// all variables of the text are empty: then there is nothing to say.
pub(super) fn fill(text: &str, goods: &Goods, code: &Parts<'_>) -> Option<String> {
    let (mut filled, mut asked, mut answered) = (String::new(), false, false);
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => filled.push_str(plain),
            Piece::Variable(name) => {
                let value = value(name, goods, code);
                asked = true;
                answered |= !value.is_empty();
                filled.push_str(&value);
            }
        }
    }
    (answered || !asked).then_some(filled)
}

fn value(name: &str, goods: &Goods, code: &Parts<'_>) -> String {
    let given = match name {
        "gtin" => return code.gtin.to_string(),
        "serial" => return SERIAL.to_string(),
        "name" => &goods.name,
        "article" => &goods.article,
        "size" => &goods.size,
        "colour" => &goods.colour,
        "composition" => &goods.composition,
        "batch" => &goods.batch,
        "date" => &goods.date,
        "best_before" => &goods.best_before,
        "country" => &goods.country,
        "maker" => &goods.maker,
        "importer" => &goods.importer,
        "hs4" => return goods.hs_code.chars().take(4).collect(),
        _ => "",
    };
    // A line break of the customer is a space; what no font draws is left out.
    given.split_whitespace().collect::<Vec<_>>().join(" ").replace(SERIAL, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::parse;

    #[test]
    fn variables_are_filled_and_the_serial_stays_open() {
        let code = parse("0104810093011694212k6rsrti\u{1d}93#SzU").unwrap();
        let goods = Goods { name: "Сыр\n«Белый»".into(), ..Goods::default() };
        let fill = |text| fill(text, &goods, &code);
        assert_eq!(fill("{name}!").as_deref(), Some("Сыр «Белый»!"));
        assert_eq!(
            fill("(01){gtin}(21){serial}").as_deref(),
            Some("(01)04810093011694(21)\u{e000}")
        );
        assert_eq!(fill("Размер {size}"), None);
        assert_eq!(fill("a {b").as_deref(), Some("a {b"));
    }
}
