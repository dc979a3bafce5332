//! What a scanned label means: from the text that a hand scanner typed to a verdict in words.
//!
//! A scanner that plays keyboard loses things on the way: character 29, the keyboard layout, the
//! case. What came is undone in every likely way, and each guess is compared with the codes that
//! the store knows; the check part makes a chance match as unlikely as guessing a code.
use super::scanner::{GOODS, Trouble, is_goods};
use super::undo::{Guess, HEAD, gtin_of, guesses, is_cyrillic};
use crate::code::{CodeId, CodeState, CodeText, GS, Gtin, Malformed, TEMPLATES, parse};

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
        advice: Vec<Trouble>,
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
                let said = advice.iter().map(|a| format!("{} {}", a.words(), a.cure()));
                said.collect::<Vec<_>>().join(" ")
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
            Scan::Good { code: found.code, advice: advice(guess, found.text.as_str()) }
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
    if is_goods(&first.text) {
        return Scan::Malformed(GOODS.to_owned());
    }
    let why = parse(&first.text).map_or_else(|problem| problem.to_string(), |_| String::new());
    let layout = first.text.chars().any(is_cyrillic);
    let cure = if layout { format!(". {}", Trouble::Layout.cure()) } else { String::new() };
    Scan::Malformed(format!("{why}{cure}"))
}

/// What to set right. That a code was shown with other separators, or has no identifier, is told
/// where scanners are tested: it is no reason to stop.
fn advice(guess: &Guess, whole: &str) -> Vec<Trouble> {
    let gs_lost = !guess.brackets && guess.text != whole;
    let all =
        [(Trouble::Layout, guess.layout), (Trouble::Case, guess.case), (Trouble::GsLost, gs_lost)];
    all.into_iter().filter(|(_, is)| *is).map(|(advice, _)| advice).collect()
}

/// The keys that the text may have. Its `GS` may be lost, so that the length of the serial number
/// is taken from the known forms.
fn keys_of(text: &str) -> Vec<Key> {
    let Some(gtin) = gtin_of(text) else {
        // A pack of tobacco has no identifiers.
        let pack = parse(text).ok().into_iter();
        return pack.map(|p| Key { gtin: p.gtin, serial: p.serial.to_owned() }).collect();
    };
    let mut lengths: Vec<usize> = TEMPLATES.iter().map(|t| t.serial_len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let serial = |length| text.get(HEAD..HEAD + length).map(str::to_owned);
    lengths.into_iter().filter_map(serial).map(|serial| Key { gtin, serial }).collect()
}

/// Whether two texts are one code, with or without its separators. The first one is a code that the
/// store knows: another with the same characters would have to share its serial number's beginning
/// and its whole check part.
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
    use super::super::undo::{ENGLISH, RUSSIAN, swap_case};
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

    fn good(advice: &[Trouble]) -> Scan {
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
        assert_eq!(judged(&DAIRY.replace('\u{1d}', "")), good(&[Trouble::GsLost]));
        let long = footwear();
        let half = long.replacen('\u{1d}', "", 1);
        let none = long.replace('\u{1d}', "");
        for input in [half, none] {
            let scan = judge_scan(&input, &known(&long, CodeState::Printed));
            assert_eq!(scan, good(&[Trouble::GsLost]), "{input}");
        }
    }

    #[test]
    fn a_code_typed_in_the_russian_layout_is_recognised() {
        let input = typed_in_russian(DAIRY);
        assert!(input.contains('№'), "{input}");
        assert_eq!(judged(&input), good(&[Trouble::Layout]));
        let long = footwear();
        let scan = judge_scan(&typed_in_russian(&long), &known(&long, CodeState::Printed));
        assert_eq!(scan, good(&[Trouble::Layout]));
    }

    #[test]
    fn layout_case_and_separator_may_all_be_wrong_at_once() {
        let input = typed_in_russian(&swap_case(&DAIRY.replace('\u{1d}', "")));
        assert_eq!(judged(&input), good(&[Trouble::Layout, Trouble::Case, Trouble::GsLost]));
        assert_eq!(judged(&swap_case(DAIRY)), good(&[Trouble::Case]));
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
