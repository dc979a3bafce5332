//! Codes as a table for printing houses that set their own labels.
use super::PaperProblem;
use crate::code::{CodeText, GS, Parts, parse};
use crate::label::wording::{self, SERIAL};
use crate::label::{CodeForm, Design, DesignProblem, Element, Goods};
use std::io::{self, BufWriter, Write};

/// Writes one row a code, in their order, below a head. RFC 4180: every field in quotes, lines end
/// with CR LF; UTF-8.
///
/// | Column | What |
/// |---|---|
/// | `number` | from 1 |
/// | `code` | the whole code, each separator (character 29) as `\u001d`; no code contains a backslash |
/// | `gtin` | trade item, 14 digits |
/// | `serial` | serial number |
/// | `human_readable` | every part behind its application identifier in parentheses |
/// | `code_pilot`, `code_gs1` | the code in letters as the design prints it, in one line |
/// | `name`, `article` … | each variable of the design's texts and barcodes; empty where nothing is known |
///
/// A symbol must begin with FNC1, which is not a part of the text.
pub fn stream_csv<'a>(
    write: impl Write,
    design: &Design,
    goods: &Goods,
    codes: impl IntoIterator<Item = &'a CodeText>,
) -> Result<(), PaperProblem> {
    let mut write = BufWriter::new(write);
    let (forms, variables) = (forms(design), variables(design));
    let always = ["number", "code", "gtin", "serial", "human_readable"];
    let head = always.into_iter().chain(forms.iter().map(|form| form.column()));
    row(&mut write, head.chain(variables.iter().copied()))?;
    for (at, code) in codes.into_iter().enumerate() {
        let parts = parse(code.as_str()).map_err(DesignProblem::from)?;
        let mut fields = vec![
            (at + 1).to_string(),
            code.as_str().replace(GS, "\\u001d"),
            parts.gtin.to_string(),
            parts.serial.to_owned(),
            parts.human_readable(),
        ];
        fields.extend(forms.iter().map(|form| said(form.wording(1), goods, &parts)));
        fields.extend(variables.iter().map(|name| said(&format!("{{{name}}}"), goods, &parts)));
        row(&mut write, fields.iter().map(String::as_str))?;
    }
    write.flush()?;
    Ok(())
}

fn row<'a>(write: &mut impl Write, fields: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let quoted = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
    write!(write, "{}\r\n", quoted.collect::<Vec<_>>().join(","))
}

/// What a wording says on the label of a code.
fn said(wording: &str, goods: &Goods, code: &Parts<'_>) -> String {
    wording::fill(wording, goods, code).unwrap_or_default().replace(SERIAL, code.serial)
}

/// The forms in which a design prints the code in letters, each once.
fn forms(design: &Design) -> Vec<CodeForm> {
    let mut forms = Vec::new();
    for element in &design.elements {
        if let Element::Code(code) = element
            && !forms.contains(&code.form)
        {
            forms.push(code.form);
        }
    }
    forms
}

/// The variables of a design that have no column of their own, in the order of the documentation.
fn variables(design: &Design) -> Vec<&'static str> {
    let wordings = design.elements.iter().filter_map(|element| match element {
        Element::Text(text) => Some(text.text.as_str()),
        Element::Barcode(barcode) => Some(barcode.data.as_str()),
        Element::Datamatrix(_)
        | Element::Code(_)
        | Element::Picture(_)
        | Element::Box(_)
        | Element::Line(_) => None,
    });
    let used = wording::variables(wordings);
    used.into_iter().filter(|name| !matches!(*name, "gtin" | "serial")).collect()
}

impl CodeForm {
    /// The name of its column.
    fn column(self) -> &'static str {
        match self {
            Self::Pilot => "code_pilot",
            Self::Gs1 => "code_gs1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::design;

    fn table(design: &Design, goods: &Goods) -> Vec<String> {
        let mut csv = Vec::new();
        let code = CodeText::new("0104810093011694212\"6,srti\u{1d}93#SzU");
        stream_csv(&mut csv, design, goods, [&code]).unwrap();
        String::from_utf8(csv).unwrap().split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn quotes_are_doubled_and_separators_escaped() {
        let rows = table(design("plain").unwrap(), &Goods::default());
        assert!(rows[0].starts_with("\"number\",\"code\",\"gtin\",\"serial\",\"human_readable\""));
        let wanted = "\"1\",\"0104810093011694212\"\"6,srti\\u001d93#SzU\",\"04810093011694\",\
                      \"2\"\"6,srti\",";
        assert!(rows[1].contains(wanted), "{rows:?}");
        assert!(rows[1].ends_with('"') && !rows[1].contains('\u{1d}'));
    }

    #[test]
    fn a_table_carries_what_the_design_prints() {
        let goods = Goods {
            name: "Сапоги «Мроя»".into(),
            size: "42".into(),
            hs_code: "6403919300".into(),
            batch: "not on this label".into(),
            ..Goods::default()
        };
        let rows = table(design("footwear").unwrap(), &goods);
        let of_design = "\"human_readable\",\"code_pilot\",\"name\",\"article\",\"size\",\
                         \"colour\",\"composition\"";
        assert!(rows[0].ends_with(of_design), "{}", rows[0]);
        let said = "\"048100930116942\"\"6,srti6403\",\"Сапоги «Мроя»\",\"\",\"42\",\"\",\"\"";
        assert!(rows[1].ends_with(said), "{}", rows[1]);
    }
}
