//! Walks what was written and collects every problem, so that a person mends a file once.
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The key, with its tables: `line.printer.address`. Empty: the file as a whole.
    pub key: String,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub wanted: String,
    /// Not a fault of the text: a file that it names is not on this machine, or not private.
    pub of_this_machine: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, key, found, wanted, .. } = self;
        let at = if key.is_empty() { "file" } else { key };
        write!(f, "{}: {at}: found {found}, wanted {wanted}", file.display())
    }
}

/// One table of a file. Keys are taken out of it one by one; what is left at the end is unknown.
pub(super) struct Reader<'a> {
    file: &'a Path,
    at: String,
    table: Table,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        file: &'a Path,
        at: String,
        table: Table,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self { file, at, table, problems }
    }

    fn key(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(super) fn wrong(&mut self, name: &str, found: impl fmt::Display, wanted: &str) {
        let (file, key) = (self.file.to_owned(), self.key(name));
        let (found, wanted) = (found.to_string(), wanted.to_owned());
        self.problems.push(Problem { file, key, found, wanted, of_this_machine: false });
    }

    /// The text of a file that only its owner may read, named under `name`.
    pub(super) fn secret(&mut self, name: &str) -> Option<String> {
        let named = |path: &str| (!path.is_empty()).then(|| path.to_owned());
        let path = self.read(name, "the name of a file", named)?;
        let found = match private_text(Path::new(&path)) {
            Ok(text) => return Some(text),
            Err(found) => format!("\"{path}\", which {found}"),
        };
        self.wrong(name, found, "a file with one line of text, that only its owner may read");
        let last = self.problems.last_mut().expect("it was pushed a moment ago");
        last.of_this_machine = true;
        None
    }

    /// The name of a file that only its owner may read, which stands under `name`.
    pub(super) fn private_file(&mut self, name: &str) -> Option<PathBuf> {
        let path = self.shown_here(name);
        self.secret(name)?;
        path.map(PathBuf::from)
    }

    /// The table under `name`; an empty one if it is not there.
    pub(super) fn table(&mut self, name: &str) -> Reader<'_> {
        let table = self.optional_table(name).unwrap_or_default();
        let at = self.key(name);
        Reader::new(self.file, at, table, self.problems)
    }

    /// The text under `name` in the table `table`, which is not read by this.
    pub(super) fn shown(&self, table: &str, name: &str) -> Option<String> {
        self.table.get(table)?.get(name)?.as_str().map(str::to_owned)
    }

    /// The text under `name`, which is read by somebody else.
    pub(super) fn shown_here(&self, name: &str) -> Option<String> {
        self.table.get(name)?.as_str().map(str::to_owned)
    }

    /// A list of texts.
    pub(super) fn texts_or(&mut self, name: &str, default: &[String]) -> Vec<String> {
        let value = match self.table.remove(name) {
            None => return default.to_owned(),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                match texts.collect::<Option<Vec<_>>>() {
                    Some(texts) => return texts,
                    None => "something else in the list",
                }
            }
            Some(other) => kind(&other),
        };
        self.wrong(name, value, "a list of texts, such as [\"ERROR\", \"NoRead\"]");
        default.to_owned()
    }

    /// What makes no sense here, and why.
    pub(super) fn refuse(&mut self, name: &str, why: &str) {
        if self.table.remove(name).is_some() {
            self.wrong(name, "a key that makes no sense here", why);
        }
    }

    /// A list of whole numbers.
    pub(super) fn whole_numbers_or(&mut self, name: &str, default: &[i64]) -> Vec<i64> {
        let value = match self.table.remove(name) {
            None => return default.to_owned(),
            Some(Value::Array(items)) => {
                let numbers = items.iter().map(Value::as_integer);
                match numbers.collect::<Option<Vec<_>>>() {
                    Some(numbers) => return numbers,
                    None => "something else in the list",
                }
            }
            Some(other) => kind(&other),
        };
        self.wrong(name, value, "a list of whole numbers, such as [30]");
        default.to_owned()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// The table under `name` as it stands: its keys are names of somebody's own.
    pub(super) fn own_names(&mut self, name: &str) -> Table {
        self.optional_table(name).unwrap_or_default()
    }

    fn optional_table(&mut self, name: &str) -> Option<Table> {
        let value = self.table.remove(name)?;
        if let Value::Table(table) = value {
            return Some(table);
        }
        self.wrong(name, kind(&value), "a table");
        None
    }

    /// The tables of an array of tables, each with its place as part of its key.
    pub(super) fn tables(&mut self, name: &str) -> Vec<(String, Table)> {
        let key = self.key(name);
        match self.table.remove(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let mut tables = Vec::new();
                for (place, item) in items.into_iter().enumerate() {
                    let at = format!("{key}[{place}]");
                    if let Value::Table(table) = item {
                        tables.push((at, table));
                    } else {
                        self.wrong(name, kind(&item), "tables");
                    }
                }
                tables
            }
            Some(other) => {
                self.wrong(name, kind(&other), "tables, each under [[…]]");
                Vec::new()
            }
        }
    }

    pub(super) fn file_and_problems(&mut self) -> (&'a Path, &mut Vec<Problem>) {
        (self.file, self.problems)
    }

    pub(super) fn text_or(&mut self, name: &str, default: &str) -> String {
        match self.table.remove(name) {
            None => default.to_owned(),
            Some(Value::String(text)) => text,
            Some(other) => {
                self.wrong(name, kind(&other), "text in quotes");
                default.to_owned()
            }
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str, wanted: &str) -> String {
        if !self.has(name) {
            self.wrong(name, "nothing", wanted);
        }
        self.text_or(name, "")
    }

    /// A text that must be there and be read.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let missing = !self.has(name);
        let text = self.text(name, wanted);
        let value = read(&text);
        if value.is_none() && !missing {
            self.wrong(name, format_args!("\"{text}\""), wanted);
        }
        value
    }

    pub(super) fn number_or(&mut self, name: &str, default: u64, from: u64, to: u64) -> u64 {
        let wanted = format!("a whole number from {from} to {to}");
        match self.table.remove(name) {
            None => default,
            Some(Value::Integer(n)) if u64::try_from(n).is_ok_and(|n| (from..=to).contains(&n)) => {
                n.unsigned_abs()
            }
            Some(other) => {
                self.wrong(name, other, &wanted);
                default
            }
        }
    }

    pub(super) fn decimal_or(&mut self, name: &str, default: f32, from: f32, to: f32) -> f32 {
        let wanted = format!("a number from {from} to {to}");
        let number = match self.table.remove(name) {
            None => return default,
            Some(Value::Integer(n)) => n.to_string().parse::<f32>(),
            Some(Value::Float(n)) => n.to_string().parse::<f32>(),
            Some(other) => {
                self.wrong(name, kind(&other), &wanted);
                return default;
            }
        };
        match number {
            Ok(number) if (from..=to).contains(&number) => number,
            Ok(number) => {
                self.wrong(name, number, &wanted);
                default
            }
            Err(_) => default,
        }
    }

    pub(super) fn flag_or(&mut self, name: &str, default: bool) -> bool {
        match self.table.remove(name) {
            None => default,
            Some(Value::Boolean(flag)) => flag,
            Some(other) => {
                self.wrong(name, kind(&other), "true or false");
                default
            }
        }
    }

    /// A time such as `20ms`, `1.5s`, `10min`.
    pub(super) fn time_or(
        &mut self,
        name: &str,
        default: Duration,
        from: Duration,
        to: Duration,
    ) -> Duration {
        let wanted = format!("a time from {from:?} to {to:?}, such as \"20ms\", \"10s\", \"5min\"");
        match self.table.remove(name) {
            None => default,
            Some(Value::String(text)) => {
                let time = time(&text).filter(|time| (from..=to).contains(time));
                if time.is_none() {
                    self.wrong(name, format_args!("\"{text}\""), &wanted);
                }
                time.unwrap_or(default)
            }
            Some(other) => {
                self.wrong(name, other, &wanted);
                default
            }
        }
    }

    /// Whatever is left was not asked for.
    pub(super) fn end(mut self, known: &str) {
        let left: Vec<_> = self.table.keys().cloned().collect();
        for name in left {
            self.wrong(&name, "a key that means nothing here", &format!("one of {known}"));
        }
    }
}

/// The text of a file that only its owner may read, or what is wrong with it.
pub fn private_text(path: &Path) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt as _;
    let unreadable = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return "is not there".to_owned();
        }
        format!("cannot be read: {}", error.to_string().to_lowercase())
    };
    let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("others may read (mode {:o}; chmod 600)", mode & 0o777));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?.trim().to_owned();
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text) }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

/// Reads a number with a unit: `ms`, `s`, `min` or `h`.
fn time(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(time("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(time("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(time("5min"), Some(Duration::from_mins(5)));
        assert_eq!((time("20"), time("ms"), time("1 parsec")), (None, None, None));
    }
}
