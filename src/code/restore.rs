//! Separators put back where they were lost, if only one reading is possible.
use super::parse::{HEAD, explained, take_apart};
use super::{Extra, GS, Malformed, Parts, ProductGroup, TEMPLATES, Tail, Template};
use std::borrow::Cow;

/// How the separators of a text are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Some or all are missing; those that are there are right.
    Lost,
    /// Every one came as this other character.
    Shown(char),
}

/// The code with its separators. A code that is whole is given back as it is; one that lost some or
/// all of them gets them back if there is only one way to read it, over all forms that ever held and
/// all fields that may follow a check part. Nothing but separators may be missing.
pub fn restore(text: &str) -> Result<Cow<'_, str>, Malformed> {
    restored(text, None)
}

/// As [`restore`], for a code whose group is known: fewer readings are possible.
pub fn restore_as(text: &str, group: ProductGroup) -> Result<Cow<'_, str>, Malformed> {
    restored(text, Some(group))
}

fn restored(text: &str, group: Option<ProductGroup>) -> Result<Cow<'_, str>, Malformed> {
    let of_group = |parts: Parts<'_>| match group {
        Some(group) => parts.of_group(group).map(drop),
        None => Ok(()),
    };
    let Err(problem) = take_apart(text).and_then(of_group) else {
        return Ok(Cow::Borrowed(text));
    };
    let mut found = readings(text, Gap::Lost, group);
    match found.as_slice() {
        [] => Err(explained(text, problem)),
        [_] => Ok(Cow::Owned(found.remove(0))),
        [one, other, ..] => Err(Malformed::TwoReadings(told(one), told(other))),
    }
}

/// A reading without its check part: where the serial number ends, and which fields follow.
fn told(reading: &str) -> String {
    let Ok(parts) = take_apart(reading) else { return String::new() };
    let fields: Vec<_> =
        parts.tail.iter().map(|field| format!("{} + {}", field.ai, field.value.len())).collect();
    format!("serial number {} with {}", parts.serial, fields.join(", "))
}

/// Every code that becomes this text when separators are lost, or shown as another character. The
/// forms are those of the group, or of all.
pub fn readings(text: &str, gap: Gap, group: Option<ProductGroup>) -> Vec<String> {
    let bytes = text.as_bytes();
    let begins = bytes.starts_with(b"01") && bytes.get(16..HEAD) == Some(b"21");
    if !begins || !text.is_ascii() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, form) in TEMPLATES.iter().enumerate() {
        let same =
            |other: &Template| (other.serial_len, other.tail) == (form.serial_len, form.tail);
        let asked =
            |other: &&Template| group.is_none_or(|group| group == other.group) && same(other);
        let is_first = TEMPLATES[..at].iter().find(asked).is_none();
        if !is_first || !asked(&form) || !form.is_gs1() || bytes.len() < HEAD + form.serial_len {
            continue;
        }
        let extras: Vec<_> =
            TEMPLATES.iter().filter(asked).flat_map(|t| t.extras).copied().collect();
        let mut search = Search { text, gap, found: &mut found };
        let begun = &text[..HEAD + form.serial_len];
        search.check_part(form, begun.to_owned(), begun.len(), &extras);
        if form.with_hs {
            search.with_hs(form, begun.to_owned(), begun.len(), &extras);
        }
    }
    found
}

struct Search<'a, 'f> {
    text: &'a str,
    gap: Gap,
    found: &'f mut Vec<String>,
}

impl<'a> Search<'a, '_> {
    /// The place behind a separator that stands here, or should.
    fn separator(&self, built: &mut String, at: usize) -> Option<usize> {
        built.push(GS);
        match self.gap {
            Gap::Lost => Some(at + usize::from(self.rest(at).starts_with(GS))),
            Gap::Shown(shown) => self.rest(at).starts_with(shown).then_some(at + 1),
        }
    }

    /// Whether a field with this identifier may begin here.
    fn begins(&self, at: usize, ai: &str) -> bool {
        let rest = self.rest(at);
        rest.starts_with(ai) || rest.get(1..).is_some_and(|rest| rest.starts_with(ai))
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// A field of this length, behind a separator.
    fn field(&self, built: &mut String, at: usize, ai: &str, length: usize) -> Option<usize> {
        let at = self.separator(built, at)?;
        let field = self.rest(at).get(..ai.len() + length)?;
        let right = field.starts_with(ai) && !field.contains(GS);
        right.then_some(())?;
        built.push_str(field);
        Some(at + field.len())
    }

    fn with_hs(&mut self, form: &Template, mut built: String, at: usize, extras: &[Extra]) {
        if let Some(at) = self.field(&mut built, at, "240", 4) {
            self.check_part(form, built, at, extras);
        }
    }

    fn check_part(&mut self, form: &Template, mut built: String, at: usize, extras: &[Extra]) {
        let end = match form.tail {
            Tail::Short => self.field(&mut built, at, "93", 4),
            Tail::Long(signature) => self
                .field(&mut built, at, "91", 4)
                .and_then(|at| self.field(&mut built, at, "92", signature)),
            Tail::Block => self
                .field(&mut built, at, "8005", 6)
                .and_then(|at| self.field(&mut built, at, "93", 4)),
            Tail::Pack { .. } => None,
        };
        if let Some(at) = end {
            self.after_check_part(&built, at, extras);
        }
    }

    /// What is left is one of the fields that may follow, and then the others; or nothing.
    fn after_check_part(&mut self, built: &str, at: usize, extras: &[Extra]) {
        if at == self.text.len() {
            if take_apart(built).is_ok() && !self.found.iter().any(|other| other == built) {
                self.found.push(built.to_owned());
            }
            return;
        }
        for extra in extras {
            let ai = extra.begins();
            if !self.begins(at, ai) {
                continue;
            }
            let lengths = match extra.length() {
                // The digit that says where the point stands is a part of the identifier.
                Ok(fixed) => fixed + 4 - ai.len()..=fixed + 4 - ai.len(),
                Err(most) => 1..=most,
            };
            let others: Vec<_> = extras.iter().filter(|other| *other != extra).copied().collect();
            for length in lengths {
                let mut built = built.to_owned();
                if let Some(at) = self.field(&mut built, at, ai, length) {
                    self.after_check_part(&built, at, &others);
                }
            }
        }
    }
}
