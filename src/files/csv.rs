//! Tables (RFC 4180): the first line names the columns, one of them has the codes.
use super::{Broken, Found, Hearer, is_code_name, lines};
use std::io::BufRead;

/// Characters between columns, the commonest first.
const BETWEEN: [char; 3] = [';', ',', '\t'];

/// The columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    between: char,
    count: usize,
    codes: usize,
}

impl Columns {
    /// What a line of names says; nothing if no name is that of codes.
    pub(super) fn of(names: &str) -> Option<Self> {
        BETWEEN.into_iter().find_map(|between| {
            let names = split(names, between)?;
            let codes = names.iter().position(|name| is_code_name(name))?;
            Some(Self { between, count: names.len(), codes })
        })
    }

    fn code(self, line: &str) -> Found {
        match split(line, self.between) {
            None => Found::Bad("a quotation mark is not closed".to_owned()),
            Some(mut fields) if fields.len() == self.count => {
                Found::Text(fields.swap_remove(self.codes))
            }
            Some(fields) => Found::Bad(format!(
                "{} columns, wanted {}: a code that holds '{}' must stand in quotation marks",
                fields.len(),
                self.count,
                self.between
            )),
        }
    }
}

/// Reads a table. One without names is read line by line.
pub(super) fn read(from: &mut dyn BufRead, each: Hearer<'_>) -> Result<(), Broken> {
    let (mut columns, mut begun) = (None, false);
    lines(from, &mut |place, line| {
        if line.trim().is_empty() || (!begun && line.starts_with("sep=")) {
            return true;
        }
        if !begun {
            begun = true;
            columns = Columns::of(line);
            if columns.is_some() {
                return true;
            }
        }
        let found = match columns {
            Some(columns) => columns.code(line),
            None => Found::Text(line.to_owned()),
        };
        each(place, found)
    })
}

/// The fields of a line; nothing where a quotation mark is not closed.
pub(super) fn split(line: &str, between: char) -> Option<Vec<String>> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let mut chars = line.chars().peekable();
    loop {
        if chars.peek() == Some(&'"') {
            chars.next();
            loop {
                match chars.next()? {
                    '"' if chars.peek() == Some(&'"') => field.extend(chars.next()),
                    '"' => break,
                    other => field.push(other),
                }
            }
        }
        loop {
            match chars.next() {
                None => {
                    fields.push(field);
                    return Some(fields);
                }
                Some(c) if c == between => break,
                Some(other) => field.push(other),
            }
        }
        fields.push(std::mem::take(&mut field));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_and_separators_inside_fields_survive() {
        let fields = split(r#""a;b";"c""d";e"f;"#, ';').unwrap();
        assert_eq!(fields, ["a;b", "c\"d", "e\"f", ""]);
        assert_eq!(split("\"open", ';'), None);
    }

    #[test]
    fn the_column_of_codes_is_found_by_its_name() {
        for names in ["GTIN;Код маркировки;n", "gtin,\"KM\",n", "gtin\tcode\tn"] {
            let columns = Columns::of(names).unwrap();
            assert_eq!((columns.codes, columns.count), (1, 3), "{names}");
        }
        assert_eq!(Columns::of("gtin;name"), None);
    }
}
