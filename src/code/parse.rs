//! From text to parts, or the reason why not.
use super::parts::{Element, Fields, Parts};
use super::restore::{Gap, readings};
use super::template::{self, SERIAL_MAX};
use super::{Extra, GS, Gtin, Malformed, ProductGroup, Sscc, Tail, price};

/// Where the serial number begins: after `01`, the GTIN and `21`.
pub(super) const HEAD: usize = 18;
/// Characters of a code without application identifiers: a pack of tobacco.
pub(super) const PACK: usize = 29;
/// Characters of a pack's GTIN, and of what identifies it: with serial number and price.
const GTIN: usize = 14;
pub(super) const PACK_IDENTIFICATION: usize = 25;

/// Characters of GS1 AI encodable character set 82 (GS1 General Specifications, figure 7.11-1), one
/// bit each. Check parts of Belarusian codes go beyond it (`#` in the operator's own example), so
/// that the tail is held to printable ASCII only.
const SET_82: u128 = {
    let all =
        b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    let (mut bits, mut at) = (0, 0);
    while at < all.len() {
        bits |= 1 << all[at];
        at += 1;
    }
    bits
};

/// Whether a character is one of the set that serial numbers are made of.
pub(super) const fn in_set_82(byte: u8) -> bool {
    byte < 128 && SET_82 >> byte & 1 == 1
}

/// Reads one code. The text has `GS` as character 29 and no symbology prefix. Every form is taken
/// that ever held: goods in stock carry old ones.
///
/// Where several groups have this form, [`Parts::group`] is the first of them and
/// [`Parts::groups`] names all. Fields that may follow the check part in reports are taken, too:
/// see [`Parts::extras`].
pub fn parse(text: &str) -> Result<Parts<'_>, Malformed> {
    take_apart(text).map_err(|problem| explained(text, problem))
}

/// Reads one code whose group is known: by its pool, its goods or its order.
pub fn parse_as(text: &str, group: ProductGroup) -> Result<Parts<'_>, Malformed> {
    parse(text)?.of_group(group)
}

/// What a code is not, said as well as it can be: more is asked than on the way of good codes.
pub(super) fn explained(text: &str, problem: Malformed) -> Malformed {
    let early = matches!(problem, Malformed::NoGtin(_) | Malformed::NoSerial(_));
    if early && text.len() == 20 && text.parse::<Sscc>().is_ok() {
        return Malformed::Sscc;
    }
    let late = matches!(
        problem,
        Malformed::NoCheckPart
            | Malformed::CheckPart { .. }
            | Malformed::Serial { .. }
            | Malformed::AfterCheckPart { .. }
    );
    if late && !readings(text, Gap::Lost, None).is_empty() {
        return Malformed::GsLost;
    }
    problem
}

/// As [`parse`], with the plainest reason.
pub(super) fn take_apart(text: &str) -> Result<Parts<'_>, Malformed> {
    if text.is_empty() {
        return Err(Malformed::Empty);
    }
    let bytes = text.as_bytes();
    let Some(end) = end_of_serial(bytes) else {
        return without_separator(text);
    };
    let gtin = gtin_of(text, 2)?;
    let serial = &text[HEAD..end];
    if let Some(at) = serial.bytes().position(|b| !in_set_82(b)) {
        return Err(character(text, HEAD + at));
    }
    let mut rest = Rest { text, at: end + 1 };
    let mut fields = Fields::default();
    let has_hs = rest.starts_with("240");
    if has_hs {
        let field = rest.exactly("240", 4).ok_or_else(|| rest.no_check_part())?;
        fields.push(field);
        rest.past_separator().ok_or(Malformed::NoCheckPart)?;
    }
    let tail = check_part(&mut rest, &mut fields)?;
    let (checked, canonical) = (fields.len(), rest.at);
    extras(&mut rest, &mut fields)?;
    let template = template::first(serial.len(), tail, has_hs);
    let template = template.ok_or(Malformed::Serial { found: serial.len() })?;
    Ok(Parts {
        gtin,
        serial,
        tail: fields,
        template,
        text,
        checked,
        canonical,
        form: (tail, has_hs),
    })
}

/// The end of the serial number, where a text begins as a code does and has a separator near.
fn end_of_serial(bytes: &[u8]) -> Option<usize> {
    let begins = bytes.starts_with(b"01") && bytes.get(16..HEAD) == Some(b"21");
    let after = bytes.get(HEAD..).filter(|_| begins)?;
    Some(HEAD + after.iter().position(|b| *b == GS as u8)?)
}

fn gtin_of(text: &str, at: usize) -> Result<Gtin, Malformed> {
    let digits = text.as_bytes().get(at..at + GTIN).and_then(|digits| digits.try_into().ok());
    let digits: [u8; GTIN] = digits.ok_or_else(|| Malformed::NoGtin(start(text)))?;
    match Gtin::of_digits(digits) {
        Ok(gtin) => Ok(gtin),
        // Say it of the character that stands there, which may be more than one byte.
        Err(_) if digits.iter().any(|b| !(b'!'..=b'~').contains(b)) => Err(bad_character(text, at)),
        Err(problem) => Err(problem.into()),
    }
}

/// A text that has no separator where one should be: a pack of tobacco, or no code.
fn without_separator(text: &str) -> Result<Parts<'_>, Malformed> {
    let bytes = text.as_bytes();
    let begins = bytes.starts_with(b"01") && bytes.get(16..HEAD) == Some(b"21");
    if bytes.len() == PACK
        && bytes[..GTIN].iter().all(u8::is_ascii_digit)
        // A code that was cut here: no pack of an American trade item that looks like one.
        && !(begins && gtin_of(text, 2).is_ok())
    {
        return pack(text);
    }
    if let Some(at) = bytes.iter().position(|b| !matches!(b, b'!'..=b'~' | 29)) {
        return Err(bad_character(text, at));
    }
    if !bytes.starts_with(b"01") || bytes.len() < 2 + GTIN {
        return Err(Malformed::NoGtin(start(text)));
    }
    gtin_of(text, 2)?;
    if bytes.get(16..HEAD) != Some(b"21") {
        return Err(Malformed::NoSerial(start(&text[16..])));
    }
    match bytes[HEAD..].iter().position(|b| !in_set_82(*b)) {
        Some(at) if at < 6 => Err(character(text, HEAD + at)),
        _ => Err(Malformed::NoCheckPart),
    }
}

/// GTIN, serial number, price and check, without application identifiers.
fn pack(text: &str) -> Result<Parts<'_>, Malformed> {
    const SERIAL: usize = 7;
    if let Some(at) = text.bytes().position(|b| !matches!(b, b'!'..=b'~')) {
        return Err(bad_character(text, at));
    }
    let gtin = gtin_of(text, 0)?;
    let serial = &text[GTIN..GTIN + SERIAL];
    if let Some(at) = serial.bytes().position(|b| !in_set_82(b)) {
        return Err(character(text, GTIN + at));
    }
    let written = &text[GTIN + SERIAL..PACK_IDENTIFICATION];
    if price::kopecks_of(written).is_none() {
        return Err(Malformed::CheckPart { found: format!("{written} for a price") });
    }
    let mut fields = Fields::default();
    fields.push(Element { ai: "", value: written });
    fields.push(Element { ai: "", value: &text[PACK_IDENTIFICATION..] });
    let tail = Tail::Pack { priced: written != price::NO_PRICE };
    let template = template::first(SERIAL, tail, false).expect("both have a row");
    let (checked, canonical) = (fields.len(), PACK);
    Ok(Parts {
        gtin,
        serial,
        tail: fields,
        template,
        text,
        checked,
        canonical,
        form: (tail, false),
    })
}

fn check_part<'a>(rest: &mut Rest<'a>, fields: &mut Fields<'a>) -> Result<Tail, Malformed> {
    let wrong = *rest;
    let mut one = |rest: &mut Rest<'a>, ai, length| {
        let field = rest.exactly(ai, length)?;
        fields.push(field);
        Some(())
    };
    let read = if rest.starts_with("93") {
        one(rest, "93", 4).filter(|()| rest.at == rest.field_end()).map(|()| Tail::Short)
    } else if rest.starts_with("91") {
        (|| {
            one(rest, "91", 4)?;
            rest.past_separator()?;
            let signature = (rest.field_end() - rest.at).checked_sub(2)?;
            one(rest, "92", signature).filter(|()| matches!(signature, 44 | 88))?;
            Some(Tail::Long(signature))
        })()
    } else {
        (|| {
            one(rest, "8005", 6)?;
            rest.past_separator()?;
            one(rest, "93", 4).filter(|()| rest.at == rest.field_end())?;
            Some(Tail::Block)
        })()
    };
    match read {
        Some(Tail::Block) if !digits(fields[0].value) => Err(wrong.no_check_part()),
        Some(tail) => Ok(tail),
        None => Err(wrong.no_check_part()),
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// What may follow the check part: each once, in any order. A field whose length GS1 fixes needs no
/// separator after it.
fn extras<'a>(rest: &mut Rest<'a>, fields: &mut Fields<'a>) -> Result<(), Malformed> {
    let checked = fields.len();
    while rest.at < rest.text.len() {
        let wrong = *rest;
        let no = || Malformed::AfterCheckPart { found: describe(wrong.text, wrong.at) };
        let after_fixed = fields.len() > checked
            && fields[fields.len() - 1].ai.starts_with('3')
            && fields[fields.len() - 1].ai.len() == 4;
        if rest.past_separator().is_none() && !after_fixed {
            return Err(no());
        }
        let field = extra(rest).ok_or_else(no)?;
        let kind = &field.ai[..field.ai.len().min(3)];
        if fields[checked..].iter().any(|other| other.ai.starts_with(kind)) {
            return Err(no());
        }
        fields.push(field);
    }
    Ok(())
}

fn extra<'a>(rest: &mut Rest<'a>) -> Option<Element<'a>> {
    let found = Extra::ALL.into_iter().find(|extra| rest.starts_with(extra.begins()))?;
    let field = match found.length() {
        Ok(fixed) => {
            let ai = rest.text.get(rest.at..rest.at + 4)?;
            rest.exactly(ai, fixed)?
        }
        Err(most) => {
            let field = rest.up_to(found.begins())?;
            (1..=most).contains(&field.value.len()).then_some(field)?
        }
    };
    let right = match found {
        Extra::FactorySerial => is_base64(field.value),
        Extra::Weight | Extra::Volume | Extra::Count | Extra::Kilograms | Extra::Metres => {
            // The digit that says where the point stands goes up to five (GS1, 3.6.5).
            let point = field.ai.len() < 4 || field.ai.ends_with(['0', '1', '2', '3', '4', '5']);
            digits(field.value) && point
        }
    };
    right.then_some(field)
}

/// Whether it is base64 as it is written by default: in fours, filled up with `=` (RFC 4648, 4). A
/// factory serial number of any length would make codes of footwear from those of devices.
fn is_base64(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    text.len().is_multiple_of(4) && text.len() - bare.len() <= 2 && bare.bytes().all(letter)
}

/// What of a text has not been read. A field holds printable ASCII only.
#[derive(Clone, Copy)]
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    fn starts_with(&self, ai: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(ai.as_bytes())
    }

    /// Where the field ends that begins here.
    fn field_end(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        self.at + rest.iter().position(|b| *b == GS as u8).unwrap_or(rest.len())
    }

    /// A field of this length. What follows it is the caller's business.
    fn exactly(&mut self, ai: &str, length: usize) -> Option<Element<'a>> {
        let (begin, end) = (self.at + ai.len(), self.at + ai.len() + length);
        let field = self.text.as_bytes().get(self.at..end)?;
        let right =
            field.starts_with(ai.as_bytes()) && field.iter().all(|b| matches!(b, b'!'..=b'~'));
        right.then_some(())?;
        let element = Element { ai: &self.text[self.at..begin], value: &self.text[begin..end] };
        self.at = end;
        Some(element)
    }

    /// A field as long as it is.
    fn up_to(&mut self, ai: &str) -> Option<Element<'a>> {
        let length = self.field_end().checked_sub(self.at + ai.len())?;
        self.exactly(ai, length)
    }

    fn past_separator(&mut self) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&(GS as u8))).then(|| self.at += 1)
    }

    /// Why no check part stands here.
    fn no_check_part(&self) -> Malformed {
        let bytes = self.text.as_bytes();
        match bytes.iter().position(|b| !matches!(b, b'!'..=b'~' | 29)) {
            Some(at) => bad_character(self.text, at),
            None => Malformed::CheckPart { found: describe(self.text, self.at) },
        }
    }
}

/// What a text begins with: enough to see what it is, and not the whole code.
fn start(text: &str) -> String {
    const SHOWN: usize = 6;
    let start: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() { start + "…" } else { start }
}

/// Identifiers and lengths of the fields from a place on.
fn describe(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default().trim_start_matches(GS);
    let fields = rest.split(GS).map(|field| match field.split_at_checked(2) {
        Some((ai @ ("91" | "92" | "93"), value)) => format!("{ai} + {}", value.chars().count()),
        _ => start(field),
    });
    fields.collect::<Vec<_>>().join(" and ")
}

/// The first character of a text, from this byte on, that no code can contain.
fn bad_character(text: &str, from: usize) -> Malformed {
    let odd = |c: char| c != GS && !matches!(c, '!'..='~');
    let found = text.char_indices().find(|(_, c)| odd(*c)).map_or(from, |(at, _)| at);
    character(text, found)
}

fn character(text: &str, at: usize) -> Malformed {
    let found = text[at..].chars().next().unwrap_or_default();
    Malformed::Character { found, place: text[..at].chars().count() + 1 }
}

impl Extra {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Weight,
        Self::Volume,
        Self::FactorySerial,
        Self::Kilograms,
        Self::Metres,
        Self::Count,
    ];

    /// Which one this field is, identifier and value; nothing if it is none, or not only that.
    pub fn of_field(text: &str) -> Option<Self> {
        let mut rest = Rest { text, at: 0 };
        extra(&mut rest).filter(|_| rest.at == text.len())?;
        Self::ALL.into_iter().find(|extra| text.starts_with(extra.begins()))
    }

    /// What its identifier begins with. Where that is shorter than four, a digit follows that says
    /// how many digits stand after the point.
    pub(super) const fn begins(self) -> &'static str {
        match self {
            Self::Weight => "3103",
            Self::Volume => "335",
            Self::FactorySerial => "97",
            Self::Count => "30",
            Self::Kilograms => "310",
            Self::Metres => "311",
        }
    }

    /// Its length: a fixed one, or the greatest (GS1 General Specifications, 3.2).
    pub(super) const fn length(self) -> Result<usize, usize> {
        match self {
            Self::Weight | Self::Volume | Self::Kilograms | Self::Metres => Ok(6),
            Self::FactorySerial => Err(90),
            Self::Count => Err(8),
        }
    }
}

const _: () = assert!(SERIAL_MAX == 20, "the longest serial number that GS1 knows");

#[cfg(test)]
mod tests {
    use super::super::GtinProblem;
    use super::*;

    #[test]
    fn the_dairy_example_of_the_operator_is_read() {
        let parts = parse("0104810093011694212k6rsrti\u{1d}93#SzU").unwrap();
        assert_eq!(parts.gtin.as_str(), "04810093011694");
        assert_eq!(parts.serial, "2k6rsrti");
        assert_eq!(parts.group(), ProductGroup::MILK);
        assert_eq!(parts.human_readable(), "(01)04810093011694(21)2k6rsrti(93)#SzU");
    }

    #[test]
    fn a_footwear_code_is_read() {
        let text = format!("0104810093011694215AbCdEfGhIjKl\u{1d}91EE11\u{1d}92{}", "a".repeat(88));
        assert_eq!(parse(&text).unwrap().group(), ProductGroup::SHOES);
    }

    #[test]
    fn a_lost_separator_is_named() {
        assert_eq!(parse("0104810093011694212k6rsrti93#SzU"), Err(Malformed::GsLost));
        let text = format!("0104810093011694215AbCdEfGhIjKl91EE1192{}", "a".repeat(88));
        assert_eq!(parse(&text), Err(Malformed::GsLost));
    }

    #[test]
    fn bad_parts_are_named() {
        assert_eq!(parse(""), Err(Malformed::Empty));
        assert_eq!(parse("hello"), Err(Malformed::NoGtin("hello".into())));
        let wrong = parse("0104810093011695212k6rsrti\u{1d}93#SzU");
        assert!(matches!(wrong, Err(Malformed::Gtin(GtinProblem::CheckDigit { .. }))));
        let long = parse("0104810093011694212k6rsrti9\u{1d}93#SzU");
        assert_eq!(long, Err(Malformed::Serial { found: 9 }));
        let cut = parse("0104810093011694212k6rsrti");
        assert_eq!(cut, Err(Malformed::NoCheckPart));
        let cyrillic = parse("0104810093011694212k6rsrtж\u{1d}93#SzU");
        assert_eq!(cyrillic, Err(Malformed::Character { found: 'ж', place: 26 }));
        let hash = parse("0104810093011694212k#rsrti\u{1d}93#SzU");
        assert_eq!(hash, Err(Malformed::Character { found: '#', place: 21 }));
    }
}
