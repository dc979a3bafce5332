//! Every likely text behind what a hand scanner sent: layout, case, prefix and separator undone.
use crate::code::{GS, Gap, Gtin, parse, readings};

/// One way to undo what scanner, keyboard and computer may have done to a text.
#[expect(clippy::struct_excessive_bools, reason = "each happens by itself, or with every other")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Guess {
    /// Without what stands around a code; every way to show `GS` is character 29.
    pub(super) text: String,
    /// The keys were taken for Cyrillic ones.
    pub(super) layout: bool,
    /// Capitals and small letters were exchanged.
    pub(super) case: bool,
    /// Written as people read it, with brackets: nobody expects character 29 there.
    pub(super) brackets: bool,
    /// What stood before the code, such as `]d2`.
    pub(super) before: String,
    /// Character 29 stood before everything.
    pub(super) leading_gs: bool,
    /// How the separator was shown, if not as character 29.
    pub(super) shown: Option<String>,
}

/// How the separators of a code came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Separators {
    Whole,
    /// As another character.
    Shown(char),
    Lost,
}

/// Symbology identifiers of AIM (ISO/IEC 15424) for symbols of GS1: `DataMatrix`, Code 128, QR,
/// `DataBar`, `DotCode`; and what a reader says of those that are none.
pub(super) const IDENTIFIERS: [&str; 10] =
    ["]d2", "]d1", "]C1", "]C0", "]Q3", "]Q1", "]e0", "]J1", "]E0", "]E4"];

/// How programs and scanners show character 29, without regard to case. `<F8>` is the key that
/// some scanners press for it; `{GS]` is `{GS}` on a Belarusian keyboard, which has one key for both.
const SHOWN: [&str; 14] = [
    "<GS>", "{GS}", "{GS]", "[GS]", "<F8>", "<FNC1>", "{FNC1}", "[FNC1]", "\\u001d", "\\x1d",
    "%1d", "&#29;", "^]", "\u{241d}",
];

/// The characters that the keys of a US keyboard give in the Russian layout, and what they give
/// in English; `і ў '` stand where the Belarusian layout differs.
pub(super) const RUSSIAN: &str =
    "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ.,\"№;:?/іўІЎ'";
pub(super) const ENGLISH: &str =
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~/?@#$^&|boBO]";

/// Every likely text behind the input, the plainest first.
pub(super) fn guesses(input: &str) -> Vec<Guess> {
    let (english, swapped) = (as_if_english(input), swap_case(input));
    // Caps Lock turns what the layout made; a scanner turns what it then types.
    let both = [as_if_english(&swapped), swap_case(&english)];
    let [caps, turned] = both;
    let typed = [
        (false, false, input.to_owned()),
        (true, false, english),
        (false, true, swapped),
        (true, true, caps),
        (true, true, turned),
    ];
    let mut all: Vec<Guess> = Vec::new();
    for (layout, case, text) in typed {
        let guess = Guess { layout, case, ..tidy(&text) };
        if !guess.text.is_empty() && all.iter().all(|g| g.text != guess.text) {
            all.push(guess);
        }
    }
    all
}

/// The whole code in a guess, and how its separators came. Lost ones are put back where only one
/// reading is possible.
pub(super) fn restored(text: &str) -> Option<(String, Separators)> {
    if parse(text).is_ok() {
        return Some((text.to_owned(), Separators::Whole));
    }
    // A character of the serial number may look like a separator: then there are two ways, too.
    match (shown_as_one_character(text), readings(text, Gap::Lost, None).as_slice()) {
        (shown, []) => shown,
        (None, [code]) => Some((code.clone(), Separators::Lost)),
        _ => None,
    }
}

/// One character that is no letter stands wherever a separator should.
fn shown_as_one_character(text: &str) -> Option<(String, Separators)> {
    let mut tried = Vec::new();
    for shown in text.chars().skip(HEAD).filter(|c| c.is_ascii() && !c.is_ascii_alphanumeric()) {
        if tried.contains(&shown) || shown == GS {
            continue;
        }
        tried.push(shown);
        if let [code] = readings(text, Gap::Shown(shown), None).as_slice() {
            return Some((code.clone(), Separators::Shown(shown)));
        }
    }
    None
}

/// Takes off what scanners add, and turns every way to show `GS` into character 29.
fn tidy(input: &str) -> Guess {
    // `str::trim` leaves character 29 alone; a leading one is the FNC1 of the symbol.
    let around = |c: char| c.is_whitespace() || c == GS;
    let trimmed = input.trim();
    let (before, code) = split_identifier(trimmed.trim_matches(around));
    let leading_gs = trimmed.starts_with(GS) || code.starts_with(GS);
    let code = code.trim_matches(around);
    // What is a code as it stands has nothing shown in it: `^]` may be a part of the check part.
    let (text, shown) = if parse(code).is_ok() { (code.to_owned(), None) } else { unveiled(code) };
    let (more, text) = split_foreign(text.trim_matches(around));
    let leading_gs = leading_gs || more.ends_with(GS);
    let before = before.to_owned() + more.trim_end_matches(GS);
    let guess = Guess { before, leading_gs, shown, ..Guess::default() };
    if !text.starts_with("(01)") {
        return Guess { text: text.to_owned(), ..guess };
    }
    let plain = ["01", "21", "240", "8005", "91", "92", "93"]
        .iter()
        .fold(text.to_owned(), |text, ai| text.replacen(&format!("({ai})"), ai, 1));
    Guess { text: plain, brackets: true, ..guess }
}

fn split_identifier(text: &str) -> (&str, &str) {
    let known = IDENTIFIERS.iter().any(|identifier| text.starts_with(identifier));
    if known { text.split_at(3) } else { ("", text) }
}

/// Letters that are no part of the code, such as a scanner's own mark of the symbology.
fn split_foreign(text: &str) -> (&str, &str) {
    /// The longest mark that any maker puts there.
    const MOST: usize = 6;
    let starts = text.char_indices().map(|(at, _)| at).take(MOST + 1);
    let begins = |rest: &str| gtin_of(rest).is_some() || rest.starts_with("(01)");
    text.split_at(starts.into_iter().find(|at| begins(&text[*at..])).unwrap_or(0))
}

fn unveiled(text: &str) -> (String, Option<String>) {
    let (mut text, mut shown) = (text.to_owned(), None);
    for one in SHOWN {
        while let Some(at) = find_in_any_case(&text, one) {
            let came = if one == "{GS]" { "{GS}" } else { &text[at..at + one.len()] };
            shown.get_or_insert_with(|| came.to_owned());
            text.replace_range(at..at + one.len(), "\u{1d}");
        }
    }
    (text, shown)
}

fn find_in_any_case(text: &str, wanted: &str) -> Option<usize> {
    let windows = text.as_bytes().windows(wanted.len());
    windows.enumerate().find(|(_, w)| w.eq_ignore_ascii_case(wanted.as_bytes())).map(|(at, _)| at)
}

/// Every letter, not only those of ASCII: Caps Lock knows Cyrillic, too.
pub(super) fn swap_case(text: &str) -> String {
    let swapped = |c: char| {
        let (small, large) = (c.to_lowercase().next(), c.to_uppercase().next());
        if c.is_uppercase() { small.unwrap_or(c) } else { large.unwrap_or(c) }
    };
    text.chars().map(swapped).collect()
}

pub(super) fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{0400}'..='\u{04ff}' | '№')
}

/// What the same keys would have typed in the English (US) layout. A text without one Cyrillic
/// character was not typed in the other layout.
fn as_if_english(text: &str) -> String {
    if !text.chars().any(is_cyrillic) {
        return text.to_owned();
    }
    let key = |c: char| RUSSIAN.chars().zip(ENGLISH.chars()).find(|(r, _)| *r == c);
    text.chars().map(|c| key(c).map_or(c, |(_, english)| english)).collect()
}

/// Where serial numbers begin: after `01`, fourteen digits and `21`.
pub(super) const HEAD: usize = 18;

/// The trade item of a text that begins as codes do.
pub(super) fn gtin_of(text: &str) -> Option<Gtin> {
    let rest = text.strip_prefix("01")?;
    let gtin = rest.get(..14)?.parse().ok()?;
    rest[14..].starts_with("21").then_some(gtin)
}
