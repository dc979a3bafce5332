//! A TSPL command as a name and its parameters.
use super::stream::split;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// In capital letters.
    pub(super) name: String,
    args: Vec<Vec<u8>>,
}

impl Words {
    /// Takes a line apart.
    pub(super) fn new(line: &[u8]) -> Self {
        let end = line.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(line.len());
        let name = String::from_utf8_lossy(&line[..end]).to_ascii_uppercase();
        let rest = line[end..].trim_ascii();
        let args = if rest.is_empty() { Vec::new() } else { split(rest) };
        Self { name, args }
    }

    /// How many parameters there are.
    pub(super) fn len(&self) -> usize {
        self.args.len()
    }

    /// The parameter at this place, counted from zero, without spaces around it.
    pub(super) fn arg(&self, place: usize) -> &[u8] {
        self.args.get(place).map_or(&[], |arg| arg.trim_ascii())
    }

    /// The parameter as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, place: usize) -> Option<T> {
        std::str::from_utf8(self.arg(place)).ok()?.parse().ok()
    }

    /// The parameter as a word in capital letters.
    pub(super) fn word(&self, place: usize) -> String {
        String::from_utf8_lossy(self.arg(place)).to_ascii_uppercase()
    }

    /// The words of the first parameter, which some commands have instead of commas.
    pub(super) fn first_words(&self) -> Vec<String> {
        self.word(0).split_whitespace().map(str::to_owned).collect()
    }

    /// The parameter between its quotes. Nothing where it has none.
    pub(super) fn quoted(&self, place: usize) -> Option<Vec<u8>> {
        let inside = self.arg(place).strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(plain(inside))
    }

    /// The last parameter between its quotes.
    pub(super) fn content(&self) -> Option<Vec<u8>> {
        self.quoted(self.len().checked_sub(1)?)
    }
}

/// Takes out what stands for a quote and for line ends inside an expression (TSPL2 Programming
/// Manual, `TEXT`).
fn plain(inside: &[u8]) -> Vec<u8> {
    const STAND_FOR: [(&[u8], u8); 3] = [(b"\\[\"]", b'"'), (b"\\[R]", b'\r'), (b"\\[L]", b'\n')];
    let mut plain = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let [first, tail @ ..] = rest {
        let found = STAND_FOR.iter().find(|(text, _)| rest.starts_with(text));
        let (byte, after) =
            found.map_or((*first, tail), |(text, byte)| (*byte, &rest[text.len()..]));
        plain.push(byte);
        rest = after;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let words = Words::new(br#"text 10, 20 ,"3",0,1,1,"say \["]hi\["], you""#);
        assert_eq!((words.name.as_str(), words.len()), ("TEXT", 7));
        assert_eq!((words.number(0), words.number(1)), (Some(10), Some(20)));
        assert_eq!(words.quoted(2).unwrap(), b"3");
        assert_eq!(words.content().unwrap(), b"say \"hi\", you");
        assert_eq!(Words::new(b"SET REPRINT OFF").first_words(), ["REPRINT", "OFF"]);
        assert_eq!(Words::new(b"CLS").len(), 0);
    }
}
