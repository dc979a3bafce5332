//! Codes as a table for printing houses that set their own labels.
use super::PaperProblem;
use crate::code::{CodeText, GS, parse};
use crate::label::DesignProblem;
use std::io::{BufWriter, Write};

/// Writes one row a code, in their order, below a head. RFC 4180: every field in quotes, lines end
/// with CR LF; plain ASCII.
///
/// | Column | What |
/// |---|---|
/// | `number` | from 1 |
/// | `code` | the whole code, each separator (character 29) as `\u001d`; no code contains a backslash |
/// | `gtin` | trade item, 14 digits |
/// | `serial` | serial number |
/// | `human_readable` | every part behind its application identifier in parentheses |
///
/// A symbol must begin with FNC1, which is not a part of the text.
pub fn stream_csv<'a>(
    write: impl Write,
    codes: impl IntoIterator<Item = &'a CodeText>,
) -> Result<(), PaperProblem> {
    let mut write = BufWriter::new(write);
    write.write_all(b"\"number\",\"code\",\"gtin\",\"serial\",\"human_readable\"\r\n")?;
    for (at, code) in codes.into_iter().enumerate() {
        let parts = parse(code.as_str()).map_err(DesignProblem::from)?;
        let (number, whole) = ((at + 1).to_string(), code.as_str().replace(GS, "\\u001d"));
        let human = parts.human_readable();
        let fields =
            [number.as_str(), whole.as_str(), parts.gtin.as_str(), parts.serial, human.as_str()];
        let fields = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        write!(write, "{}\r\n", fields.join(","))?;
    }
    write.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_and_separators_escaped() {
        let mut csv = Vec::new();
        let code = CodeText::new("0104810093011694212\"6,srti\u{1d}93#SzU");
        stream_csv(&mut csv, [&code]).unwrap();
        let row = String::from_utf8(csv).unwrap();
        assert!(row.starts_with("\"number\",\"code\",\"gtin\",\"serial\",\"human_readable\"\r\n"));
        let wanted = "\"1\",\"0104810093011694212\"\"6,srti\\u001d93#SzU\",\"04810093011694\",\
                      \"2\"\"6,srti\",";
        assert!(row.contains(wanted), "{row}");
        assert!(row.ends_with("\"\r\n") && !row.contains('\u{1d}'));
    }
}
