//! A block of codes as it came, kept as one text: a block may hold 150,000 codes.
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// Codes that were given out together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeBlock {
    /// The station's name for it.
    pub block_id: String,
    /// The codes, as they came.
    pub codes: CodeTexts,
}

/// Many codes, one after the other in one text. `Debug` shows how many, and none of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CodeTexts {
    all: String,
    ends: Vec<u32>,
}

impl CodeTexts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The codes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.all[begin as usize..*end as usize])
    }

    /// Puts one more at the end. False if the text would become longer than 4 GiB.
    pub fn push(&mut self, code: &str) -> bool {
        self.all.push_str(code);
        let end = u32::try_from(self.all.len());
        end.map(|end| self.ends.push(end)).is_ok()
    }
}

impl fmt::Debug for CodeTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} codes", self.len())
    }
}

impl<'a> FromIterator<&'a str> for CodeTexts {
    fn from_iter<T: IntoIterator<Item = &'a str>>(codes: T) -> Self {
        let mut all = Self::default();
        for code in codes {
            all.push(code);
        }
        all
    }
}

impl<'de> Deserialize<'de> for CodeTexts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = CodeTexts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of codes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<CodeTexts, A::Error> {
        let mut all = CodeTexts::default();
        while let Some(Text(code)) = from.next_element::<Text<'de>>()? {
            if !all.push(&code) {
                return Err(A::Error::custom("too many codes"));
            }
        }
        Ok(all)
    }
}

/// A text that is copied only if it has escaped characters in it.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_keeps_its_codes_in_order_and_shows_none_in_debug() {
        let text = r#"{"omsId":"x","codes":["0104810093011694212k6rsrti\u001d93#SzU","b"],"blockId":"b1"}"#;
        let block: CodeBlock = serde_json::from_str(text).unwrap();
        assert_eq!(block.block_id, "b1");
        let codes: Vec<_> = block.codes.iter().collect();
        assert_eq!(codes, ["0104810093011694212k6rsrti\u{1d}93#SzU", "b"]);
        assert!(!format!("{block:?}").contains("SzU"), "{block:?}");
    }

    #[test]
    fn half_a_block_is_no_block() {
        for half in [r#"{"blockId":"b","codes":["a","#, r#"{"codes":["a"]}"#] {
            assert!(serde_json::from_str::<CodeBlock>(half).is_err(), "{half}");
        }
    }
}
