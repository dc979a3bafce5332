//! What a marking code is and how it lives. Pure: no clock, no socket, no database.
mod array;
mod check_digit;
mod day;
mod duty;
mod group;
mod gtin;
mod life;
mod link;
mod malformed;
mod parse;
mod parts;
mod price;
mod restore;
mod serial;
mod sscc;
mod template;

pub use array::{
    ArrayLine, Refusal, SetAside, read_array, read_array_line, read_array_line_of, read_array_of,
};
pub use day::{Day, NoDay};
pub use duty::{Duty, Exemption, Lack, Question, RULES, Rule, ShelfLife, duty};
pub use group::{GROUPS, GroupFacts, ProductGroup, Trust};
pub use gtin::{Gtin, GtinProblem};
pub use life::{CodeState, IllegalStep, Step, UnknownState};
pub use link::{Link, LinkProblem};
pub use malformed::Malformed;
pub use parse::{parse, parse_as};
pub use parts::{Element, Fields, Parts};
pub use price::{kopecks_of, price_of};
pub use restore::{Gap, readings, restore, restore_as};
pub use serial::{Country, GUESS, SerialProblem, as_issued, own_serials};
pub use sscc::{Sscc, SsccProblem};
pub use template::{Extra, TEMPLATES, Tail, Template};

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
/// as character 29, no leading FNC1 (the printer adds that). A pack of tobacco has neither.
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

    /// What names the product, without the check part: before the first `GS`; of a block of tobacco
    /// with its price, of a pack the first 25 characters.
    pub fn identification(&self) -> &str {
        parts::identification(&self.0)
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
