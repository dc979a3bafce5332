//! The codes that may be there: what their symbols look like where we drew them ourselves.
use super::encode::{Separator, Size, encode_words};
use super::sizes::Shape;
use super::text;

/// Codes of which one is expected, with their symbols in every square that they may have been
/// drawn in.
///
/// They make looking for it quicker and counting its errors certain. They never make a symbol more
/// readable than it is: words count as those of an expected code only where every block of them
/// differs in no more words than the correction can bear. Two codes differ in more than twice as
/// many, so no other code can come that near, whatever its print is like; and a reader without this
/// knowledge that looked as long at the same place would read the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    texts: Vec<String>,
    symbols: Vec<(&'static Shape, Vec<u8>)>,
}

impl Expected {
    /// One code in the smallest square that holds it.
    pub fn new(text: &str) -> Self {
        Self::one_of([text], Size::Smallest)
    }

    /// One of these codes, as they are transmitted: separators as character 29. A text that has no
    /// symbol of ours in this size is looked for like every other.
    pub fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>, size: Size) -> Self {
        let mut expected = Self { texts: Vec::new(), symbols: Vec::new() };
        for text in texts {
            expected.add(text, size);
        }
        expected
    }

    fn add(&mut self, text: &str, size: Size) {
        let encoded = [Separator::Fnc1, Separator::Gs]
            .into_iter()
            .filter_map(|separator| encode_words(text, size, separator).ok());
        for (shape, words) in encoded {
            let says = text::say(&words[..shape.data]).is_some_and(|said| said.text == text);
            if says && !self.symbols.iter().any(|(_, other)| *other == words) {
                self.symbols.push((shape, words));
            }
        }
        self.texts.push(text.to_owned());
    }

    /// Whether this text is one of the codes.
    pub fn includes(&self, text: &str) -> bool {
        self.texts.iter().any(|expected| expected == text)
    }

    /// Rows and columns that the symbols have where we draw them. Printers that encode themselves
    /// may need others.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.symbols.first().map(|(shape, _)| (shape.rows, shape.cols))
    }

    /// Words in a symbol of this shape, in every way that we may have written them.
    pub(super) fn words(&self, shape: &Shape) -> impl Iterator<Item = &[u8]> {
        let same = self.symbols.iter().filter(move |(other, _)| *other == shape);
        same.map(|(_, words)| words.as_slice())
    }
}
