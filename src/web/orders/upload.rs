//! The order form as it arrives: fields and, perhaps, an array of codes.
use crate::code::{
    ArrayLine, Gtin, ProductGroup, Refusal, SetAside, read_array, read_array_line,
    read_array_line_of, read_array_of,
};
use crate::files::{self, Form, Found};
use crate::order::Written;
use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use std::collections::HashMap;

/// What came with the form.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) written: Written,
    /// The bytes of the array; empty if no file was chosen.
    pub(super) array: Bytes,
}

/// Characters of a field that are looked at; longer ones are refused by their own checks.
const FIELD_CHARS_MAX: usize = 1_000;

/// Reads the whole form. What it does not know, it passes over.
pub(super) async fn read(mut form: Multipart) -> Result<Filled, MultipartError> {
    let mut filled = Filled::default();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "array" {
            filled.array = field.bytes().await?;
            continue;
        }
        let text: String = field.text().await?.chars().take(FIELD_CHARS_MAX).collect();
        let written = &mut filled.written;
        match name.as_str() {
            "gtin" => written.gtin = text,
            "name" => written.name = text,
            "hs_code" => written.hs_code = text,
            "country" => written.country = text,
            "shelf_life" => written.shelf_life = text,
            "exemption" => written.exemption = text,
            "group" => written.group = text,
            "quantity" => written.quantity = text,
            "design" => written.design = text,
            "delivery" => written.delivery = text,
            "source" => written.source = text,
            _ => {}
        }
    }
    Ok(filled)
}

/// The lines of an array that can be taken, and those that cannot.
pub(super) type Lines = (Vec<ArrayLine>, Vec<SetAside>);

/// Bytes that say what form a file has.
const LOOKED_AT: usize = 4_096;

/// Lines that are named where a whole array is refused.
const NAMED: usize = 5;

/// Reads an array for this trade item, or says why nothing of it can be taken. Where no group is
/// named, it is the first that has codes of this form.
pub(super) fn read_lines(
    bytes: &[u8],
    gtin: Gtin,
    group: Option<ProductGroup>,
    max: u32,
) -> Result<Lines, String> {
    if bytes.is_empty() {
        return Err("choose the file with your codes".to_owned());
    }
    if bytes.starts_with(b"PK") {
        return Err("this is an archive or an Excel file: save it as CSV or text".to_owned());
    }
    let (taken, aside) = match Form::guess(&bytes[..bytes.len().min(LOOKED_AT)]) {
        Form::Txt => {
            let text = std::str::from_utf8(bytes).map_err(|e| {
                let byte = e.valid_up_to() + 1;
                format!("the file is not UTF-8 text (byte {byte}): save it as UTF-8")
            })?;
            match group {
                Some(group) => read_array_of(text, Some(gtin), group),
                None => read_array(text, Some(gtin)),
            }
        }
        form @ (Form::Csv | Form::Json | Form::Xml) => read_form(form, bytes, gtin, group),
    };
    let Some(first) = taken.first() else { return Err(nothing_taken(&aside)) };
    if let Some(other) = taken.iter().find(|line| line.group != first.group) {
        return Err(format!(
            "line {} is a code of the group {}, but line {} of {}: one group in one order",
            other.line, other.group, first.line, first.group
        ));
    }
    match u32::try_from(taken.len()) {
        Ok(n) if n <= max => Ok((taken, aside)),
        _ => Err(format!("the file has {} codes; one order takes at most {max}", taken.len())),
    }
}

/// Reads a table, JSON or XML. What breaks off in the middle is read up to there.
fn read_form(form: Form, bytes: &[u8], gtin: Gtin, group: Option<ProductGroup>) -> Lines {
    let (mut taken, mut aside) = (Vec::new(), Vec::new());
    let mut first_at: HashMap<String, usize> = HashMap::new();
    let mut last = 0;
    let ended = files::read(form, &mut &*bytes, &mut |line, found| {
        last = line;
        let read = match found {
            Found::Text(text) => match group {
                Some(group) => read_array_line_of(line, &text, Some(gtin), group),
                None => read_array_line(line, &text, Some(gtin)),
            },
            Found::Bad(why) => Some(Err(Refusal::Unreadable(why))),
        };
        let read = read.map(|read| {
            read.and_then(|code| match first_at.get(&code.serial) {
                Some(&first) => Err(Refusal::Duplicate { first }),
                None => Ok(code),
            })
        });
        match read {
            Some(Ok(code)) => {
                first_at.insert(code.serial.clone(), line);
                taken.push(code);
            }
            Some(Err(refusal)) => aside.push(SetAside { line, refusal }),
            None => {}
        }
        true
    });
    if let Err(broken) = ended {
        let refusal = Refusal::Unreadable(format!("{broken}; nothing after it was read"));
        aside.push(SetAside { line: last + 1, refusal });
    }
    (taken, aside)
}

fn nothing_taken(aside: &[SetAside]) -> String {
    let lines = aside.iter().take(NAMED).map(|a| format!("line {}: {}", a.line, a.refusal));
    let lines = lines.collect::<Vec<_>>().join("; ");
    format!("no line of the file is a code of this GTIN ({lines})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

    fn read(bytes: &[u8]) -> Result<Lines, String> {
        read_lines(bytes, "04810093011694".parse().unwrap(), None, 2)
    }

    #[test]
    fn good_lines_are_taken_and_bad_ones_set_aside() {
        let (taken, aside) = read(format!("{CODE}\nrubbish\n").as_bytes()).unwrap();
        assert_eq!((taken.len(), aside[0].line), (1, 2));
    }

    #[test]
    fn codes_are_of_the_group_that_was_chosen_where_several_have_their_form() {
        let code = "0104810093011694215AbCdEfGhIjKl\u{1d}93SzU1";
        let group = |chosen| {
            let gtin = "04810093011694".parse().unwrap();
            read_lines(code.as_bytes(), gtin, chosen, 2).map(|(taken, _)| taken[0].group)
        };
        assert_eq!(group(None), Ok(ProductGroup::WATER));
        assert_eq!(group(Some(ProductGroup::SOFTDRINKS)), Ok(ProductGroup::SOFTDRINKS));
        let refused = group(Some(ProductGroup::SHOES)).unwrap_err();
        assert!(refused.contains("it has the form of water, not of shoes"), "{refused}");
    }

    #[test]
    fn an_array_may_be_a_table_json_or_xml() {
        let json = CODE.replace('\u{1d}', "\\u001d");
        for file in [
            format!("n;code\n1;\"{CODE}\"\n2;x\n1;\"{CODE}\"\n"),
            format!("[\"{json}\",\"x\",\"{json}\"]"),
            format!("<a><km>{}</km><km>x</km>", CODE.replace('\u{1d}', "&lt;GS&gt;")),
        ] {
            let (taken, aside) = read(file.as_bytes()).unwrap();
            assert_eq!((taken.len(), aside.len()), (1, 2), "{file} {aside:?}");
            assert_eq!(taken[0].text.as_str(), CODE);
        }
    }

    #[test]
    fn a_file_of_which_nothing_can_be_taken_says_why() {
        assert!(read(b"").unwrap_err().contains("choose"));
        assert!(read(b"PK\x03\x04").unwrap_err().contains("Excel"));
        assert!(read(b"abc\xff").unwrap_err().contains("byte 4"));
        assert!(read(b"rubbish").unwrap_err().contains("line 1"));
        let three = ["2k6rsrt1", "2k6rsrt2", "2k6rsrt3"].map(|s| CODE.replace("2k6rsrti", s));
        assert!(read(three.join("\n").as_bytes()).unwrap_err().contains("at most 2"));
    }
}
