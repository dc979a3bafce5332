//! Codes into a file, one after the other.
use super::Form;
use crate::code::{CodeText, GS};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use std::io::{self, Write};

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Head {
    /// When it was written.
    pub made_at: String,
    /// What it tells: `applied`, `rejected`, `all`.
    pub what: String,
    /// The reports that it is; none for a copy.
    pub reports: Vec<i64>,
}

/// One code of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The code.
    pub code: CodeText,
    /// Its trade item.
    pub gtin: String,
    /// Its serial number.
    pub serial: String,
    /// Its product group.
    pub group: String,
    /// What became of it, in one word.
    pub fate: String,
    /// When.
    pub at: String,
}

/// Why a code was not written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// The file.
    #[error("the file cannot be written")]
    Io(#[from] io::Error),
    /// In a text file nobody could tell what this code says.
    #[error(
        "code {0}… has no separator and holds what a separator is spelled as: take another form"
    )]
    Spelled(String),
}

/// A file that is being written.
#[derive(Debug)]
pub struct Writer<W: Write> {
    form: Form,
    to: W,
    rows: u64,
}

/// The names of the columns. `code_gs29`: the separator stands there as character 29.
const COLUMNS: &str = "\"code_gs29\";\"gtin\";\"serial\";\"group\";\"fate\";\"at\"\r\n";

impl<W: Write> Writer<W> {
    /// Begins a file.
    pub fn new(form: Form, mut to: W, head: &Head) -> io::Result<Self> {
        match form {
            Form::Txt => {}
            Form::Csv => to.write_all(COLUMNS.as_bytes())?,
            Form::Json => {
                let head = serde_json::to_string(head).expect("texts and numbers become JSON");
                write!(to, "{},\"codes\":[", head.trim_end_matches('}'))?;
            }
            Form::Xml => {
                let reports: Vec<_> = head.reports.iter().map(i64::to_string).collect();
                write!(
                    to,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                     <codes made_at=\"{}\" what=\"{}\" reports=\"{}\">",
                    attribute(&head.made_at),
                    attribute(&head.what),
                    reports.join(" ")
                )?;
            }
        }
        Ok(Self { form, to, rows: 0 })
    }

    /// Writes one code.
    pub fn row(&mut self, row: &Row) -> Result<(), Unwritable> {
        let code = row.code.as_str();
        match self.form {
            Form::Txt => {
                let spelled = ["\\u001d", "\\u001D", "<GS>"].iter().any(|word| code.contains(word));
                if spelled && !code.contains(GS) {
                    return Err(Unwritable::Spelled(code.chars().take(18).collect()));
                }
                writeln!(self.to, "{code}")?;
            }
            Form::Csv => {
                let fields = [code, &row.gtin, &row.serial, &row.group, &row.fate, &row.at];
                let fields = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
                write!(self.to, "{}\r\n", fields.join(";"))?;
            }
            Form::Json => {
                let row = serde_json::to_string(row).expect("texts become JSON");
                write!(self.to, "{}\n{row}", if self.rows == 0 { "" } else { "," })?;
            }
            Form::Xml => write!(
                self.to,
                "\n<code encoding=\"base64\" gtin=\"{}\" serial=\"{}\" group=\"{}\" fate=\"{}\" \
                 at=\"{}\">{}</code>",
                attribute(&row.gtin),
                attribute(&row.serial),
                attribute(&row.group),
                attribute(&row.fate),
                attribute(&row.at),
                BASE64_STANDARD.encode(code)
            )?,
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends the file; answers what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        match self.form {
            Form::Txt | Form::Csv => {}
            Form::Json => self.to.write_all(b"\n]}\n")?,
            Form::Xml => self.to.write_all(b"\n</codes>\n")?,
        }
        self.to.flush()?;
        Ok(self.to)
    }

    /// What it is written to, to be taken away in parts.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.to
    }
}

fn attribute(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
