//! The parts of a code, and the texts that are made of them.
use super::parse::{HEAD, PACK, PACK_IDENTIFICATION, in_set_82};
use super::{Country, GS, Gtin, Malformed, ProductGroup, TEMPLATES, Tail, Template, price};
use std::ops::Deref;

/// One application identifier and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Element<'a> {
    /// The identifier, such as `21`; empty in a pack of tobacco, which has none.
    pub ai: &'a str,
    /// Its value.
    pub value: &'a str,
}

/// Fields that a code may have behind its serial number: `240`, three of a check part at most, and
/// each of the five that may follow.
const FIELDS_MAX: usize = 8;

/// The fields behind the serial number, in order: a slice that needs no memory of its own.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    all: [Element<'a>; FIELDS_MAX],
    len: u8,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self { all: [Element { ai: "", value: "" }; FIELDS_MAX], len: 0 }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn push(&mut self, field: Element<'a>) {
        self.all[usize::from(self.len)] = field;
        self.len += 1;
    }
}

impl<'a> Deref for Fields<'a> {
    type Target = [Element<'a>];

    fn deref(&self) -> &Self::Target {
        &self.all[..usize::from(self.len)]
    }
}

impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Fields<'_> {}

impl std::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

/// The parts of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The trade item.
    pub gtin: Gtin,
    /// The serial number within the trade item.
    pub serial: &'a str,
    /// What follows the serial number, in order.
    pub tail: Fields<'a>,
    /// The form that it has: of the group that was asked for, or the first that fits.
    pub template: &'static Template,
    pub(super) text: &'a str,
    /// Fields up to the end of the check part.
    pub(super) checked: usize,
    /// Bytes up to the end of the check part.
    pub(super) canonical: usize,
    /// What the text itself says of its form.
    pub(super) form: (Tail, bool),
}

impl<'a> Parts<'a> {
    /// The group whose form the code has: the one that was asked for, or the first that fits.
    pub fn group(&self) -> ProductGroup {
        self.template.group
    }

    /// Every form that fits, whatever the day.
    fn forms(&self) -> impl Iterator<Item = &'static Template> {
        let (serial, (tail, has_hs)) = (self.serial.len(), self.form);
        TEMPLATES.iter().filter(move |form| form.takes(serial, tail, has_hs))
    }

    /// Every group that has, or had, codes of this form; the likeliest first.
    pub fn groups(&self) -> Vec<ProductGroup> {
        let mut groups = vec![self.group()];
        for form in self.forms() {
            if !groups.contains(&form.group) {
                groups.push(form.group);
            }
        }
        groups
    }

    /// The same code, known to be of this group.
    pub fn of_group(self, group: ProductGroup) -> Result<Self, Malformed> {
        let template = self.forms().find(|form| form.group == group);
        match template {
            Some(template) => Ok(Self { template, ..self }),
            None => Err(Malformed::OtherGroup { found: self.group(), wanted: group }),
        }
    }

    /// The same code, known to have been ordered with a form of this number; in its group, whatever
    /// the day.
    pub fn of_template(self, ordered: u32) -> Result<Self, Malformed> {
        let group = self.group();
        let template = self.forms().find(|form| form.group == group && form.is_named(ordered));
        match template {
            Some(template) => Ok(Self { template, ..self }),
            None => {
                Err(Malformed::OtherTemplate { found: self.template.template_id, wanted: ordered })
            }
        }
    }

    fn value(&self, ai: &str) -> Option<&'a str> {
        self.tail.iter().find(|field| field.ai == ai).map(|field| field.value)
    }

    /// The verification key (`91`), where the form has one.
    pub fn key(&self) -> Option<&'a str> {
        self.value("91")
    }

    /// The check part proper: `93`, or `92`, or the last four characters of a pack.
    pub fn check(&self) -> &'a str {
        self.tail[self.checked - 1].value
    }

    /// The first digits of the HS code (`240`), where the code carries them.
    pub fn hs(&self) -> Option<&'a str> {
        self.value("240")
    }

    /// The greatest price of a pack, or the sum of those of a block, in kopecks; nothing where the
    /// code says none.
    pub fn kopecks(&self) -> Option<u32> {
        let written = match self.form.0 {
            Tail::Pack { .. } => price::kopecks_of(self.tail[0].value),
            Tail::Block => self.value("8005").and_then(|digits| digits.parse().ok()),
            Tail::Short | Tail::Long(_) => None,
        };
        written.filter(|kopecks| *kopecks > 0)
    }

    /// What follows the check part: appended for a report, or scanned from another's label.
    pub fn extras(&self) -> &[Element<'a>] {
        &self.tail[self.checked..]
    }

    /// The country that the first digit of the serial number names, where the operator adds one.
    pub fn country(&self) -> Option<Country> {
        let adds = self.template.own_serial_len() < self.template.serial_len;
        Country::of_serial(self.serial).filter(|_| adds)
    }

    /// Whether the check part has characters that only Belarus uses: outside of character set 82.
    pub fn is_beyond_set_82(&self) -> bool {
        self.tail.iter().any(|field| !field.value.bytes().all(in_set_82))
    }

    /// The code as it is stored and compared: without what follows the check part.
    pub fn canonical(&self) -> &'a str {
        &self.text[..self.canonical]
    }

    /// The whole text, with what follows the check part.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What names the product: the code without its check part.
    pub fn identification(&self) -> &'a str {
        identification(self.text)
    }

    /// The text as people read it: identifiers in brackets. A pack of tobacco has none.
    pub fn human_readable(&self) -> String {
        if let Tail::Pack { .. } = self.form.0 {
            return self.text.to_owned();
        }
        let head = format!("(01){}(21){}", self.gtin, self.serial);
        self.tail.iter().fold(head, |text, e| format!("{text}({}){}", e.ai, e.value))
    }
}

/// What names the product in a text that is, or may be, a code: everything before the first `GS`;
/// of a block of tobacco, `8005` and the price, too; of a pack, GTIN, serial number and price
/// (CRPT "API СУЗ 3.0", 8.1). That the separator stays in a block's is derived: the manual
/// names the groups of data only.
pub(super) fn identification(text: &str) -> &str {
    const PRICE: usize = "8005000000".len();
    let Some((head, rest)) = text.split_once(GS) else {
        let is_pack = text.len() == PACK && text.is_ascii();
        return if is_pack { &text[..PACK_IDENTIFICATION] } else { text };
    };
    let price = rest.split(GS).next().unwrap_or_default();
    let is_block = head.len() >= HEAD && price.starts_with("8005") && price.len() == PRICE;
    if is_block { &text[..head.len() + 1 + PRICE] } else { head }
}
