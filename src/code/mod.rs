//! What a marking code is and how it lives. Pure: no clock, no socket, no database.
mod array;
mod gtin;
mod life;
mod parse;
mod template;

pub use array::{ArrayLine, Refusal, SetAside, read_array, read_array_line};
pub use gtin::{Gtin, GtinProblem};
pub use life::{CodeState, IllegalStep, Step, UnknownState};
pub use parse::{Element, Malformed, Parts, parse};
pub use template::{ProductGroup, TEMPLATES, Tail, Template};

use std::fmt;
use std::sync::Arc;

/// The group separator (ASCII 29) between a variable-length field and the next one.
pub const GS: char = '\u{1d}';

/// The number of a code in our store. It has no meaning outside.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct CodeId(pub i64);

impl fmt::Display for CodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The whole text of a code as an element string: application identifiers without brackets, `GS`
/// as character 29, no leading FNC1 (the printer adds that).
///
/// `Debug` hides the check part, because logs above debug must not carry usable codes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub struct CodeText(Arc<str>);

impl CodeText {
    /// Takes a text as it is. Only [`parse`] says whether it is a code.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text, with `GS` as character 29.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first `GS`: the identification code, without the check part.
    pub fn identification(&self) -> &str {
        self.0.split(GS).next().unwrap_or_default()
    }
}

impl From<String> for CodeText {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<CodeText> for String {
    fn from(text: CodeText) -> Self {
        text.as_str().to_owned()
    }
}

impl fmt::Debug for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeText({}…)", self.identification())
    }
}

/// One marking code in our store.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Code {
    /// Its number in our store.
    pub id: CodeId,
    /// What its symbol carries.
    pub text: CodeText,
}
