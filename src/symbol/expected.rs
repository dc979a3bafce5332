//! The code that should be there: what its symbol looks like where we drew it ourselves.
use super::encode::{Separator, Size, encode_words};
use super::sizes::Shape;
use super::text;

/// A code that is expected, with its symbol in every square that it may have been drawn in.
///
/// It makes looking for it quicker and counting its errors certain. It never makes a symbol more
/// readable than it is: words count as the expected ones only where every block of them differs
/// in no more words than the correction can bear. Two codes differ in more than twice as many,
/// so no other code can come that near, whatever its print is like; and what a reader without
/// this knowledge would read is the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    text: String,
    symbols: Vec<(&'static Shape, Vec<u8>)>,
}

impl Expected {
    /// The code as it is transmitted: separators as character 29. A text that has no symbol of
    /// ours is looked for like every other.
    pub fn new(text: &str) -> Self {
        let encoded = [Separator::Fnc1, Separator::Gs]
            .into_iter()
            .filter_map(|separator| encode_words(text, Size::Smallest, separator).ok());
        let mut symbols: Vec<(&'static Shape, Vec<u8>)> = Vec::new();
        for (shape, words) in encoded {
            let says = text::say(&words[..shape.data]).is_some_and(|said| said.text == text);
            if says && !symbols.iter().any(|(_, other)| *other == words) {
                symbols.push((shape, words));
            }
        }
        Self { text: text.to_owned(), symbols }
    }

    /// The code.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Rows and columns that its symbol has where we draw it. Printers that encode themselves
    /// may need another.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.symbols.first().map(|(shape, _)| (shape.rows, shape.cols))
    }

    /// Its words in a symbol of this shape, in every way that we may have written them.
    pub(super) fn words(&self, shape: &Shape) -> impl Iterator<Item = &[u8]> {
        let same = self.symbols.iter().filter(move |(other, _)| *other == shape);
        same.map(|(_, words)| words.as_slice())
    }
}
