//! What a hand scanner and the computer behind it do to a code, in words, with the setting that
//! cures it.
use super::undo::{self, Guess, HEAD, Separators, guesses, is_cyrillic, restored};
use crate::code::{CodeText, GS, Gtin, GtinProblem, Malformed, TEMPLATES, parse};

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The computer took the scanner's keys for Cyrillic ones.
    Layout,
    /// Capitals and small letters are exchanged.
    Case,
    /// All letters are capitals, or all are small: which was which is lost.
    CaseLost,
    /// Character 29 did not arrive.
    GsLost,
    /// Character 29 came as something else.
    GsShown(String),
    /// Only what stands before a separator arrived.
    CutAtGs,
    /// So many characters did not arrive.
    CharactersLost(usize),
    /// The code came as people read it, with brackets.
    Brackets,
    /// Another kind of symbol was read: its identifier.
    OtherSymbol(String),
    /// Something stands before the code that is no identifier of AIM.
    ForeignPrefix(String),
    /// No identifier of the kind of symbol.
    NoIdentifier,
    /// Character 29 stands before the code.
    LeadingGs,
    /// The scan ends with the key Tab.
    EndsWithTab,
    /// The scan has no end.
    NoEnd,
}

impl Trouble {
    /// Whether the text was changed; everything else is only less convenient or less sure.
    pub const fn spoils(&self) -> bool {
        !matches!(self, Self::NoIdentifier | Self::LeadingGs | Self::EndsWithTab | Self::NoEnd)
    }

    /// What happened.
    pub fn words(&self) -> String {
        match self {
            Self::Layout => "The keyboard layout of this computer is Russian or Belarusian.".into(),
            Self::Case => "Capitals and small letters are exchanged.".into(),
            Self::CaseLost => "Capitals and small letters have become the same.".into(),
            Self::GsLost => "The scanner left out the GS separator (character 29).".into(),
            Self::GsShown(shown) => {
                format!("The GS separator (character 29) came as \"{shown}\".")
            }
            Self::CutAtGs => {
                "Only what stands before the GS separator (character 29) arrived.".into()
            }
            Self::CharactersLost(1) => "One character did not arrive.".into(),
            Self::CharactersLost(lost) => format!("{lost} characters did not arrive."),
            Self::Brackets => "The code came with brackets around its identifiers.".into(),
            Self::OtherSymbol(identifier) => format!(
                "The identifier {identifier} says that {} was read, not a GS1 DataMatrix (]d2).",
                symbol_of(identifier)
            ),
            Self::ForeignPrefix(before) => format!("\"{before}\" stands before the code."),
            Self::NoIdentifier => {
                "The scanner does not say which kind of symbol it read (]d2).".into()
            }
            Self::LeadingGs => "GS (character 29) stands before the code.".into(),
            Self::EndsWithTab => "The scan ends with Tab.".into(),
            Self::NoEnd => "The scan has no end: nothing says that the code is complete.".into(),
        }
    }

    /// The setting that cures it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Layout => {
                "Switch this computer to English (US), or set the scanner to \"keyboard: ALT codes\", \
                 or use its serial or TCP interface."
            }
            Self::Case => {
                "Switch Caps Lock off; in the scanner, switch off \"swap case\" and set the keyboard \
                 to \"Caps Lock off\"."
            }
            Self::CaseLost => {
                "In the scanner, switch off \"convert to upper case\" and \"convert to lower case\"."
            }
            Self::GsLost => {
                "In the scanner, switch on \"send FNC1 as GS (ASCII 29)\", also called \"send function \
                 characters\"; as a keyboard it must send it as Ctrl+]: \"control characters\"."
            }
            Self::GsShown(_) => {
                "In the scanner, switch off the replacement of GS (\"FNC1 substitution\", \"data \
                 formatting\") and switch on \"send FNC1 as GS (ASCII 29)\"."
            }
            Self::CutAtGs => {
                "GS must not end the scan: set the end of the scan to CR (Enter) only, and in the \
                 program that takes serial data, too."
            }
            Self::CharactersLost(_) => {
                "In the scanner, set \"inter-character delay\" to 5 to 20 ms; wait until the cursor \
                 stands in the field before you scan."
            }
            Self::Brackets => {
                "In the scanner, switch off \"GS1 formatting\" (also \"human readable\", \"parse GS1\")."
            }
            Self::OtherSymbol(_) => {
                "Aim at the square symbol alone; in the scanner, switch on \"DataMatrix\" and \"GS1 \
                 DataMatrix\"."
            }
            Self::ForeignPrefix(_) => {
                "In the scanner, switch off every prefix and \"code ID\" but the AIM identifier."
            }
            Self::NoIdentifier => {
                "In the scanner, switch on \"AIM identifier\" (\"AIM code ID\"): then the kind of \
                 symbol is checked, too."
            }
            Self::LeadingGs => {
                "It does no harm here; in the scanner it is \"send FNC1 in first position\"."
            }
            Self::EndsWithTab => "In the scanner, set the suffix to CR (Enter).",
            Self::NoEnd => "In the scanner, switch on the suffix CR (Enter).",
        }
    }
}

fn symbol_of(identifier: &str) -> &'static str {
    match identifier {
        "]d1" => "a DataMatrix without FNC1",
        "]C1" => "a linear GS1-128",
        "]C0" => "a linear Code 128",
        "]Q3" => "a GS1 QR Code",
        "]Q1" => "a QR Code",
        "]e0" => "a GS1 DataBar",
        "]J1" => "a GS1 DotCode",
        _ => "the bar code of the goods (EAN)",
    }
}

/// What one scan says about the scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The code that was meant, if that can still be said.
    pub code: Option<CodeText>,
    /// Everything that is not as it should be, the gravest first.
    pub troubles: Vec<Trouble>,
    /// Where no code was recognised: why, for a person.
    pub unread: Option<String>,
}

impl Diagnosis {
    /// Whether the code arrived as it is.
    pub fn is_right(&self) -> bool {
        self.code.is_some() && !self.troubles.iter().any(Trouble::spoils)
    }
}

/// The code of the symbol on the test page: the form of clothing with two separators, both cases,
/// digits, and signs that change with the keyboard layout. Its GTIN is nobody's.
pub fn test_code() -> CodeText {
    CodeText::new(format!(
        "010000000000000021TeSt;ScAn,2&?{GS}91aB7z{GS}92abcdefghijklmnopqrstuvwxyz0123456789+/ABCDE="
    ))
}

/// Says what happened to a code on its way. `came` is the text as it came, with prefix and suffix.
/// Which letters were capitals, and what is missing, can be told for sure of the code that is
/// expected; any other code is judged by its form.
pub fn diagnose(came: &str, expected: Option<&CodeText>) -> Diagnosis {
    let body = came.trim_end_matches(['\r', '\n', '\t']);
    let mut found = whole(body, expected);
    let last = if body.trim().is_empty() { None } else { end_of(&came[body.len()..]) };
    found.troubles.extend(last);
    found
}

fn end_of(suffix: &str) -> Option<Trouble> {
    match suffix {
        "" => Some(Trouble::NoEnd),
        _ if suffix.contains(['\r', '\n']) => None,
        _ => Some(Trouble::EndsWithTab),
    }
}

fn whole(body: &str, expected: Option<&CodeText>) -> Diagnosis {
    let guesses = guesses(body);
    let codes: Vec<_> = guesses
        .iter()
        .filter_map(|guess| restored(&guess.text).map(|(code, how)| (guess, code, how)))
        .collect();
    let is_expected = |code: &str| expected.is_some_and(|wanted| wanted.as_str() == code);
    if let Some((guess, code, how)) = codes.iter().find(|(_, code, _)| is_expected(code)) {
        return recognised(guess, code, how);
    }
    if let Some(found) = expected.and_then(|wanted| maimed(&guesses, wanted)) {
        return found;
    }
    // `]D2` is no identifier, so that a guess with `]d2` is the better one.
    let likely = codes.iter().min_by_key(|(guess, _, how)| {
        (is_foreign(&guess.before), *how != Separators::Whole, *how == Separators::Lost)
    });
    match likely {
        Some((guess, code, how)) => recognised(guess, code, how),
        None => unread(&guesses),
    }
}

fn is_foreign(before: &str) -> bool {
    !before.is_empty() && !undo::IDENTIFIERS.contains(&before)
}

fn recognised(guess: &Guess, code: &str, how: &Separators) -> Diagnosis {
    Diagnosis {
        code: Some(CodeText::new(code)),
        troubles: typed(guess).chain(separators(guess, how)).chain(before(guess)).collect(),
        unread: None,
    }
}

/// What became of the separators.
fn separators(guess: &Guess, how: &Separators) -> Option<Trouble> {
    match how {
        _ if guess.brackets => Some(Trouble::Brackets),
        Separators::Lost => Some(Trouble::GsLost),
        Separators::Shown(shown) => Some(Trouble::GsShown(shown.to_string())),
        Separators::Whole => guess.shown.clone().map(Trouble::GsShown),
    }
}

/// What keyboard and computer did.
fn typed(guess: &Guess) -> impl Iterator<Item = Trouble> {
    let layout = guess.layout.then_some(Trouble::Layout);
    layout.into_iter().chain(guess.case.then_some(Trouble::Case))
}

/// What stands before the code.
fn before(guess: &Guess) -> impl Iterator<Item = Trouble> {
    let prefix = match guess.before.as_str() {
        "]d2" => None,
        "" => Some(Trouble::NoIdentifier),
        other if is_foreign(other) => Some(Trouble::ForeignPrefix(other.to_owned())),
        other => Some(Trouble::OtherSymbol(other.to_owned())),
    };
    prefix.into_iter().chain(guess.leading_gs.then_some(Trouble::LeadingGs))
}

/// The expected code, of which something is lost that cannot be put back.
fn maimed(guesses: &[Guess], wanted: &CodeText) -> Option<Diagnosis> {
    /// Fewer characters may be anything.
    const LEAST: usize = 10;
    let plain = |text: &str| text.chars().filter(|c| *c != GS).collect::<String>();
    let whole = plain(wanted.as_str());
    let cut = |text: &str| {
        let mut ends = wanted.as_str().match_indices(GS);
        ends.any(|(at, _)| wanted.as_str()[..at] == *text)
    };
    guesses.iter().find_map(|guess| {
        let (text, how) = restored(&guess.text).unwrap_or_else(|| {
            let there = guess.text.contains(GS) || cut(&guess.text);
            (guess.text.clone(), if there { Separators::Whole } else { Separators::Lost })
        });
        let came = plain(&text);
        let one_case = came == came.to_ascii_uppercase() || came == came.to_ascii_lowercase();
        let lost = whole.len().saturating_sub(came.len());
        let mut guess = guess.clone();
        let trouble = if cut(&text) {
            Trouble::CutAtGs
        } else if one_case && came.eq_ignore_ascii_case(&whole) {
            // Exchanged letters are of both cases, as the code's are.
            guess.before = in_its_own_case(&guess.before);
            Trouble::CaseLost
        } else if came.len() >= LEAST && lost > 0 && is_in_order(&came, &whole) {
            Trouble::CharactersLost(lost)
        } else {
            return None;
        };
        let troubles = [trouble].into_iter().chain(typed(&guess));
        let troubles = troubles.chain(separators(&guess, &how)).chain(before(&guess)).collect();
        Some(Diagnosis { code: Some(wanted.clone()), troubles, unread: None })
    })
}

/// An identifier as it is written, where the scanner changed its case, too.
fn in_its_own_case(before: &str) -> String {
    let known = undo::IDENTIFIERS.iter().find(|known| known.eq_ignore_ascii_case(before));
    known.map_or(before, |known| known).to_owned()
}

/// Whether the characters of `part` stand in `whole` in this order.
fn is_in_order(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|c| rest.any(|other| other == c))
}

fn unread(guesses: &[Guess]) -> Diagnosis {
    let none =
        |troubles, why: &str| Diagnosis { code: None, troubles, unread: Some(why.to_owned()) };
    // What was typed in Cyrillic letters is told in the letters that were meant.
    let layout = |guess: &&Guess| !guess.text.chars().any(is_cyrillic);
    let Some(guess) = guesses.iter().find(layout).or(guesses.first()) else {
        return none(Vec::new(), "nothing was scanned");
    };
    if is_goods(&guess.text) {
        return none(typed(guess).collect(), GOODS);
    }
    let troubles = typed(guess);
    match parse(&guess.text) {
        Err(Malformed::NoCheckPart) if is_a_head(&guess.text) => {
            none(troubles.chain([Trouble::CutAtGs]).collect(), "the check part is missing")
        }
        Err(problem) => none(troubles.collect(), &problem.to_string()),
        Ok(_) => none(troubles.collect(), "not a code"),
    }
}

/// What is said of the linear bar code beside the symbol.
pub(super) const GOODS: &str =
    "this is the bar code of the goods: scan the square symbol on the label";

/// Whether it is a bare number of a trade item.
pub(super) fn is_goods(text: &str) -> bool {
    matches!(text.parse::<Gtin>(), Ok(_) | Err(GtinProblem::CheckDigit { .. }))
}

/// Whether a text is all that stands before the first separator.
fn is_a_head(text: &str) -> bool {
    TEMPLATES.iter().any(|form| text.chars().count() == HEAD + form.serial_len)
}
