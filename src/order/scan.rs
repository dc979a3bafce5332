//! What a scanned label means: from the text that a hand scanner typed to a verdict in words.
//!
//! A scanner that plays keyboard loses things on the way: character 29, the keyboard layout, the
//! case. What came is undone in every likely way, and each guess is compared with the codes that
//! the store knows; the check part makes a chance match as unlikely as guessing a code.
use crate::code::{
    CodeId, CodeState, CodeText, GS, Gtin, GtinProblem, Malformed, TEMPLATES, parse,
};

/// By what the store finds a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its trade item.
    pub gtin: Gtin,
    /// Its serial number.
    pub serial: String,
}

/// A code that the store has under one of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub code: CodeId,
    /// Its whole text.
    pub text: CodeText,
    /// Whether it is of the order that is being validated.
    pub of_this_order: bool,
    /// Where it is on its way.
    pub state: CodeState,
    /// Since when, in microseconds since 1970.
    pub since: i64,
}

/// What the scan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// A label of this order, seen for the first time.
    Good {
        /// Its code.
        code: CodeId,
        /// What to set right at the scanner.
        advice: Vec<Advice>,
    },
    /// A label of this order that was validated before.
    Duplicate {
        /// Its code.
        code: CodeId,
        /// When it was validated, in microseconds since 1970.
        when: i64,
    },
    /// A code, but not one that may be on a label of this order.
    Foreign(&'static str),
    /// Not a code, and why.
    Malformed(String),
}

/// What the scanner or the keyboard did to the text. The code was recognised all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Character 29 did not arrive.
    GsLost,
    /// The computer took the scanner's keys for Cyrillic ones.
    Layout,
    /// Capitals and small letters are exchanged.
    Case,
}

impl Advice {
    /// What happened, and the setting that cures it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::GsLost => {
                "The scanner left out the GS separator (character 29). Switch on \"send GS / \
                 function characters\" in the scanner's manual."
            }
            Self::Layout => {
                "The keyboard layout is Russian or Belarusian: switch this computer to English (US)."
            }
            Self::Case => "Capitals and small letters are exchanged: switch Caps Lock off.",
        }
    }
}

impl Scan {
    /// The word in the store.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Good { .. } => "good",
            Self::Duplicate { .. } => "duplicate",
            Self::Foreign(_) => "foreign",
            Self::Malformed(_) => "malformed",
        }
    }

    /// For a person: why, and what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Good { advice, .. } => {
                advice.iter().map(|a| a.words()).collect::<Vec<_>>().join(" ")
            }
            Self::Duplicate { .. } => {
                "this label was validated before: is it on two products?".to_owned()
            }
            Self::Foreign(why) => (*why).to_owned(),
            Self::Malformed(why) => why.clone(),
        }
    }
}

const OF_ANOTHER: &str = "not a label of this order";
const NOT_PRINTED: &str = "the code is of this order, but no label of it has left the printer";
const WRITTEN_OFF: &str = "the label was written off: take it off the product";
const OTHER_CHECK_PART: &str =
    "the serial number is of this order, but the check part is another: not a label of ours";

/// The codes that the store should look for before [`judge_scan`].
pub fn keys_to_look_up(input: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    for guess in guesses(input) {
        for key in keys_of(&guess.text) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Judges one scan, knowing what the store has under [`keys_to_look_up`].
pub fn judge_scan(input: &str, known: &[Known]) -> Scan {
    let guesses = guesses(input);
    let ours = || known.iter().filter(|k| k.of_this_order);
    for guess in &guesses {
        if let Some(found) = ours().find(|k| same(k.text.as_str(), &guess.text)) {
            return judge_own(found, guess);
        }
    }
    let same_key = |k: &&Known| guesses.iter().any(|g| starts_alike(k.text.as_str(), &g.text));
    if known
        .iter()
        .any(|k| !k.of_this_order && guesses.iter().any(|g| same(k.text.as_str(), &g.text)))
    {
        return Scan::Foreign(OF_ANOTHER);
    }
    if ours().any(|k| same_key(&k)) {
        return Scan::Foreign(OTHER_CHECK_PART);
    }
    judge_unknown(&guesses)
}

fn judge_own(found: &Known, guess: &Guess) -> Scan {
    match found.state {
        // A label in doubt that lies under the scanner has come out: that is the evidence.
        CodeState::Printed | CodeState::Applied | CodeState::Doubtful => {
            Scan::Good { code: found.code, advice: guess.advice(found.text.as_str()) }
        }
        CodeState::Verified => Scan::Duplicate { code: found.code, when: found.since },
        CodeState::Stored | CodeState::Sent => Scan::Foreign(NOT_PRINTED),
        CodeState::Scrapped | CodeState::Rejected | CodeState::Sampled => {
            Scan::Foreign(WRITTEN_OFF)
        }
    }
}

/// No code of ours. A whole code is foreign; of anything else, say what is wrong.
fn judge_unknown(guesses: &[Guess]) -> Scan {
    let whole = |g: &Guess| matches!(parse(&g.text), Ok(_) | Err(Malformed::GsLost));
    if guesses.iter().any(whole) {
        return Scan::Foreign(OF_ANOTHER);
    }
    let Some(first) = guesses.first() else {
        return Scan::Malformed("nothing was scanned".to_owned());
    };
    if matches!(first.text.parse::<Gtin>(), Ok(_) | Err(GtinProblem::CheckDigit { .. })) {
        let words = "this is the bar code of the goods: scan the square symbol on the label";
        return Scan::Malformed(words.to_owned());
    }
    let why = parse(&first.text).map_or_else(|problem| problem.to_string(), |_| String::new());
    let layout = first.text.chars().any(is_cyrillic);
    let cure = if layout { format!(". {}", Advice::Layout.words()) } else { String::new() };
    Scan::Malformed(format!("{why}{cure}"))
}

/// One way to undo what the keyboard may have done.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Guess {
    text: String,
    layout: bool,
    case: bool,
    /// Typed as people read it, with brackets: nobody expects character 29 there.
    brackets: bool,
}

impl Guess {
    fn advice(&self, whole: &str) -> Vec<Advice> {
        let gs_lost = !self.brackets && self.text != whole;
        let all =
            [(Advice::Layout, self.layout), (Advice::Case, self.case), (Advice::GsLost, gs_lost)];
        all.into_iter().filter(|(_, is)| *is).map(|(advice, _)| advice).collect()
    }
}

/// Every likely text behind the input, the plainest first.
fn guesses(input: &str) -> Vec<Guess> {
    let mut all: Vec<Guess> = Vec::new();
    for (layout, case) in [(false, false), (true, false), (false, true), (true, true)] {
        let text = if layout { as_if_english(input) } else { input.to_owned() };
        let text = if case { swap_case(&text) } else { text };
        let (text, brackets) = tidy(&text);
        if !text.is_empty() && all.iter().all(|g| g.text != text) {
            all.push(Guess { text, layout, case, brackets });
        }
    }
    all
}

/// Takes off what scanners add, and turns every way to show `GS` into character 29.
fn tidy(input: &str) -> (String, bool) {
    let mut text = input.trim().to_owned();
    for shown in ["<GS>", "<gs>", "{GS}", "\\u001d", "\\u001D", "\\x1d", "\\x1D", "^]", "\u{241d}"]
    {
        text = text.replace(shown, "\u{1d}");
    }
    // `str::trim` leaves character 29 alone; a leading one is the FNC1 of the symbol.
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == GS);
    // AIM symbology identifiers of GS1 symbols (ISO/IEC 15424): DataMatrix, Code 128, QR,
    // DataBar, DotCode. Case and layout guesses see them as the keyboard made them.
    let prefixes = ["]d2", "]C1", "]Q3", "]e0", "]J1", "<FNC1>"];
    let text = prefixes.iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == GS);
    if !text.starts_with("(01)") {
        return (text.to_owned(), false);
    }
    let plain = ["01", "21", "91", "92", "93"]
        .iter()
        .fold(text.to_owned(), |text, ai| text.replacen(&format!("({ai})"), ai, 1));
    (plain, true)
}

fn swap_case(text: &str) -> String {
    let swapped = |c: char| {
        if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }
    };
    text.chars().map(swapped).collect()
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{0400}'..='\u{04ff}' | '№')
}

/// The characters that the keys of a US keyboard give in the Russian layout, and what they give
/// in English; `і ў` stand where the Belarusian layout differs.
const RUSSIAN: &str =
    "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ.,\"№;:?/іўІЎ";
const ENGLISH: &str =
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~/?@#$^&|boBO";

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
const HEAD: usize = 18;

/// The keys that the text may have. Its `GS` may be lost, so that the length of the serial number
/// is taken from the known forms.
fn keys_of(text: &str) -> Vec<Key> {
    let Some(gtin) = gtin_of(text) else { return Vec::new() };
    let mut lengths: Vec<usize> = TEMPLATES.iter().map(|t| t.serial_len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let serial = |length| text.get(HEAD..HEAD + length).map(str::to_owned);
    lengths.into_iter().filter_map(serial).map(|serial| Key { gtin, serial }).collect()
}

fn gtin_of(text: &str) -> Option<Gtin> {
    let rest = text.strip_prefix("01")?;
    let gtin = rest.get(..14)?.parse().ok()?;
    rest[14..].starts_with("21").then_some(gtin)
}

/// Whether two texts are one code, with or without its separators. Forms differ in length, so
/// that leaving them out makes no two codes alike.
fn same(whole: &str, scanned: &str) -> bool {
    let plain = |c: &char| *c != GS;
    whole.chars().filter(plain).eq(scanned.chars().filter(plain))
}

/// Whether the scanned text begins with the identification part of this code.
fn starts_alike(whole: &str, scanned: &str) -> bool {
    scanned.starts_with(whole.split(GS).next().unwrap_or(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAIRY: &str = "0104810093011694212k6rSrti\u{1d}93#SzU";

    fn footwear() -> String {
        format!("0104810093011694215AbCdEfGhIjKl\u{1d}91EE11\u{1d}92{}=", "aB/+".repeat(21) + "xYz")
    }

    fn known(text: &str, state: CodeState) -> Vec<Known> {
        let text = CodeText::new(text);
        vec![Known { code: CodeId(7), text, of_this_order: true, state, since: 42 }]
    }

    fn judged(input: &str) -> Scan {
        judge_scan(input, &known(DAIRY, CodeState::Printed))
    }

    fn good(advice: &[Advice]) -> Scan {
        Scan::Good { code: CodeId(7), advice: advice.to_vec() }
    }

    /// What a Russian layout makes of the keys of a text.
    fn typed_in_russian(text: &str) -> String {
        let key = |c: char| ENGLISH.chars().zip(RUSSIAN.chars()).find(|(e, _)| *e == c);
        text.chars().map(|c| key(c).map_or(c, |(_, russian)| russian)).collect()
    }

    #[test]
    fn a_printed_label_of_the_order_is_good() {
        assert_eq!(judged(DAIRY), good(&[]));
    }

    #[test]
    fn what_scanners_add_is_taken_off() {
        for input in [
            format!("]d2{DAIRY}"),
            format!("\u{1d}{DAIRY}\r\n"),
            format!("{DAIRY}\t"),
            format!("]C1{DAIRY}\r"),
            DAIRY.replace('\u{1d}', "<GS>"),
            DAIRY.replace('\u{1d}', "\\u001d"),
            DAIRY.replace('\u{1d}', "^]"),
        ] {
            assert_eq!(judged(&input), good(&[]), "{input:?}");
        }
    }

    #[test]
    fn a_code_without_its_separator_is_recognised_and_the_setting_named() {
        assert_eq!(judged(&DAIRY.replace('\u{1d}', "")), good(&[Advice::GsLost]));
        let long = footwear();
        let half = long.replacen('\u{1d}', "", 1);
        let none = long.replace('\u{1d}', "");
        for input in [half, none] {
            let scan = judge_scan(&input, &known(&long, CodeState::Printed));
            assert_eq!(scan, good(&[Advice::GsLost]), "{input}");
        }
    }

    #[test]
    fn a_code_typed_in_the_russian_layout_is_recognised() {
        let input = typed_in_russian(DAIRY);
        assert!(input.contains('№'), "{input}");
        assert_eq!(judged(&input), good(&[Advice::Layout]));
        let long = footwear();
        let scan = judge_scan(&typed_in_russian(&long), &known(&long, CodeState::Printed));
        assert_eq!(scan, good(&[Advice::Layout]));
    }

    #[test]
    fn layout_case_and_separator_may_all_be_wrong_at_once() {
        let input = typed_in_russian(&swap_case(&DAIRY.replace('\u{1d}', "")));
        assert_eq!(judged(&input), good(&[Advice::Layout, Advice::Case, Advice::GsLost]));
        assert_eq!(judged(&swap_case(DAIRY)), good(&[Advice::Case]));
    }

    #[test]
    fn a_code_typed_from_the_label_with_brackets_is_taken() {
        assert_eq!(judged("(01)04810093011694(21)2k6rSrti(93)#SzU"), good(&[]));
    }

    #[test]
    fn every_key_that_is_needed_is_looked_up() {
        let wanted = Key { gtin: "04810093011694".parse().unwrap(), serial: "2k6rSrti".to_owned() };
        let spoiled = typed_in_russian(&swap_case(&DAIRY.replace('\u{1d}', "")));
        for input in [DAIRY.to_owned(), spoiled] {
            assert!(keys_to_look_up(&input).contains(&wanted), "{input}");
        }
        assert!(keys_to_look_up("rubbish").is_empty());
    }

    #[test]
    fn a_second_scan_is_a_duplicate_and_says_when() {
        let scan = judge_scan(DAIRY, &known(DAIRY, CodeState::Verified));
        assert_eq!(scan, Scan::Duplicate { code: CodeId(7), when: 42 });
    }

    #[test]
    fn a_doubtful_label_under_the_scanner_is_proven() {
        assert_eq!(judge_scan(DAIRY, &known(DAIRY, CodeState::Doubtful)), good(&[]));
    }

    #[test]
    fn labels_that_cannot_be_there_are_foreign() {
        for state in [CodeState::Stored, CodeState::Sent, CodeState::Scrapped] {
            assert!(matches!(judge_scan(DAIRY, &known(DAIRY, state)), Scan::Foreign(_)));
        }
        let mut other = known(DAIRY, CodeState::Printed);
        other[0].of_this_order = false;
        assert_eq!(judge_scan(DAIRY, &other), Scan::Foreign(OF_ANOTHER));
        assert_eq!(judge_scan(DAIRY, &[]), Scan::Foreign(OF_ANOTHER));
        assert_eq!(judge_scan(&DAIRY.replace('\u{1d}', ""), &[]), Scan::Foreign(OF_ANOTHER));
        let forged = DAIRY.replace("#SzU", "AAAA");
        assert_eq!(judged(&forged), Scan::Foreign(OTHER_CHECK_PART));
    }

    #[test]
    fn what_is_no_code_is_told_in_words() {
        let words = |input: &str| {
            let scan = judge_scan(input, &[]);
            assert_eq!(scan.word(), "malformed", "{input}");
            scan.words()
        };
        assert_eq!(words(""), "nothing was scanned");
        assert!(words("4810093011694").contains("bar code of the goods"));
        assert!(words("0104810093011694212k6rsrti").contains("check part"));
        assert!(words("привет").contains("English"));
        assert!(words("0104810093011695212k6rsrti\u{1d}93#SzU").contains("check digit"));
    }
}
