//! Every fault of a hand scanner and its computer, and every pair of them, for codes of several
//! groups: the code is recognised, and exactly the faults are named. The keyboard here is one of
//! keys, with tables of its own.
use markwright::code::{CodeText, GS, parse};
use markwright::order::{Trouble, diagnose, test_code};
use std::collections::BTreeSet;

/// What the keys give, row by row, without and with Shift.
const ENGLISH: [&str; 2] = [
    "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./ ",
    "~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>? ",
];
const RUSSIAN: [&str; 2] = [
    "ё1234567890-=йцукенгшщзхъ\\фывапролджэячсмитьбю. ",
    "Ё!\"№;%:?*()_+ЙЦУКЕНГШЩЗХЪ/ФЫВАПРОЛДЖЭЯЧСМИТЬБЮ, ",
];
const BELARUSIAN: [&str; 2] = [
    "ё1234567890-=йцукенгшўзх'\\фывапролджэячсмітьбю. ",
    "Ё!\"№;%:?*()_+ЙЦУКЕНГШЎЗХ'/ФЫВАПРОЛДЖЭЯЧСМІТЬБЮ, ",
];

/// A way from the symbol to the program.
#[expect(clippy::struct_excessive_bools, reason = "each happens by itself, or with every other")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Path {
    before: &'static str,
    leading_gs: bool,
    /// What the scanner makes of the separators.
    separator: &'static str,
    brackets: bool,
    /// What is lost for good.
    loss: Loss,
    /// The scanner exchanges capitals and small letters.
    swaps: bool,
    caps_lock: bool,
    layout: [&'static str; 2],
    suffix: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    None,
    Upper,
    Lower,
    AfterGs,
    Characters,
}

const RIGHT: Path = Path {
    before: "]d2",
    leading_gs: false,
    separator: "\u{1d}",
    brackets: false,
    loss: Loss::None,
    swaps: false,
    caps_lock: false,
    layout: ENGLISH,
    suffix: "\r",
};

/// Every fault as what it changes of the right way: a group, of which there can be one, and how.
fn faults() -> Vec<(&'static str, Path)> {
    let mut faults = Vec::new();
    for before in ["", "]d1", "]C1", "]Q3", "]J1", "P00", "w"] {
        faults.push(("before", Path { before, ..RIGHT }));
    }
    faults.push(("leading", Path { leading_gs: true, ..RIGHT }));
    let shown = [
        "", "<GS>", "{GS}", "[GS]", "<F8>", "\\u001d", "\\x1d", "%1d", "&#29;", "^]", "\u{241d}",
        "|", "~", "#", "@", "^", " ",
    ];
    for separator in shown {
        faults.push(("code", Path { separator, ..RIGHT }));
    }
    faults.push(("code", Path { brackets: true, ..RIGHT }));
    for loss in [Loss::Upper, Loss::Lower] {
        faults.push(("case", Path { loss, ..RIGHT }));
    }
    for loss in [Loss::AfterGs, Loss::Characters] {
        faults.push(("code", Path { loss, ..RIGHT }));
    }
    faults.push(("case", Path { swaps: true, ..RIGHT }));
    faults.push(("case", Path { caps_lock: true, ..RIGHT }));
    for layout in [RUSSIAN, BELARUSIAN] {
        faults.push(("layout", Path { layout, ..RIGHT }));
    }
    for suffix in ["", "\t"] {
        faults.push(("suffix", Path { suffix, ..RIGHT }));
    }
    faults
}

/// Both faults on one way.
fn both(one: &Path, other: &Path) -> Path {
    macro_rules! pick {
        ($($field:ident),*) => {
            Path { $($field: if other.$field == RIGHT.$field { one.$field } else { other.$field }),* }
        };
    }
    pick!(before, leading_gs, separator, brackets, loss, swaps, caps_lock, layout, suffix)
}

fn swapped(c: char) -> char {
    let other = if c.is_uppercase() { c.to_lowercase().next() } else { c.to_uppercase().next() };
    other.unwrap()
}

impl Path {
    /// What the program gets.
    fn take(&self, code: &str) -> String {
        let lost = match self.loss {
            Loss::None | Loss::Upper | Loss::Lower => code.to_owned(),
            Loss::AfterGs => code.split(GS).next().unwrap().to_owned(),
            // The second character of the serial number.
            Loss::Characters => {
                code.chars().enumerate().filter(|(n, _)| *n != 19).map(|c| c.1).collect()
            }
        };
        let sent = if self.brackets {
            parse(&lost).unwrap().human_readable()
        } else {
            lost.replace(GS, self.separator)
        };
        let leading = if self.leading_gs { "\u{1d}" } else { "" };
        let sent = format!("{}{leading}{sent}", self.before);
        let cased: String = match self.loss {
            Loss::Upper => sent.to_ascii_uppercase(),
            Loss::Lower => sent.to_ascii_lowercase(),
            Loss::None | Loss::AfterGs | Loss::Characters if self.swaps => {
                sent.chars().map(swapped).collect()
            }
            Loss::None | Loss::AfterGs | Loss::Characters => sent,
        };
        let typed: String = cased.chars().map(|c| self.key(c)).collect();
        typed + self.suffix
    }

    /// The key that gives this character in English, pressed on this computer.
    fn key(&self, c: char) -> char {
        let press = |shift: usize| {
            let at = ENGLISH[shift].chars().position(|key| key == c)?;
            let given = self.layout[shift].chars().nth(at).unwrap();
            // Caps Lock is Shift for letters.
            Some(if self.caps_lock { swapped(given) } else { given })
        };
        press(0).or_else(|| press(1)).unwrap_or(c)
    }

    /// The faults by their names.
    fn names(&self) -> BTreeSet<String> {
        let mut troubles = Vec::new();
        let mut add = |is: bool, trouble: Trouble| {
            if is {
                troubles.push(format!("{trouble:?}"));
            }
        };
        let whole = !self.brackets && self.loss != Loss::AfterGs;
        add(self.layout != ENGLISH, Trouble::Layout);
        add(self.swaps || self.caps_lock, Trouble::Case);
        add(matches!(self.loss, Loss::Upper | Loss::Lower), Trouble::CaseLost);
        add(self.loss == Loss::AfterGs, Trouble::CutAtGs);
        add(self.loss == Loss::Characters, Trouble::CharactersLost(1));
        add(self.brackets, Trouble::Brackets);
        add(whole && self.separator.is_empty(), Trouble::GsLost);
        add(
            whole && !["", "\u{1d}"].contains(&self.separator),
            Trouble::GsShown(self.separator.to_owned()),
        );
        add(self.before.is_empty(), Trouble::NoIdentifier);
        let identifier = self.before.starts_with(']');
        add(identifier && self.before != "]d2", Trouble::OtherSymbol(self.before.to_owned()));
        add(!identifier && !self.before.is_empty(), Trouble::ForeignPrefix(self.before.to_owned()));
        add(self.leading_gs, Trouble::LeadingGs);
        add(self.suffix.is_empty(), Trouble::NoEnd);
        add(self.suffix == "\t", Trouble::EndsWithTab);
        troubles.into_iter().collect()
    }
}

fn codes() -> Vec<String> {
    let dairy = "0104810093011694212k,Srt\u{1d}93#SzU".to_owned();
    let clothing = format!(
        "0104810093011694215;b/dEfG.IjKl\u{1d}91EE11\u{1d}92{}=",
        "aB/+x".repeat(8) + "yZ3"
    );
    let footwear = format!(
        "010481009301169421'&bCdEfG?IjKl\u{1d}91FFd0\u{1d}92{}=",
        "aB/+".repeat(21) + "xYz"
    );
    assert_eq!((dairy.len(), clothing.len(), footwear.len()), (31, 85, 129));
    vec![dairy, clothing, footwear, test_code().as_str().to_owned()]
}

/// Every single fault and every pair that can be together.
fn ways() -> Vec<Path> {
    let faults = faults();
    let mut ways = vec![RIGHT];
    ways.extend(faults.iter().map(|(_, path)| *path));
    for (n, (group, one)) in faults.iter().enumerate() {
        for (other_group, other) in &faults[n + 1..] {
            let same = group == other_group;
            // A separator that is no key of a keyboard, and one in small letters, are what they are.
            if !same {
                ways.push(both(one, other));
            }
        }
    }
    ways
}

/// The ways on which the diagnosis of this code is another one than it should be, and how many
/// ways there were.
fn wrong_diagnoses(code: &str, ways: &[Path], expected: Option<&CodeText>) -> (usize, Vec<String>) {
    // `\u001D` came back in the case that it was sent in.
    let plain = |name: String| name.to_lowercase();
    let wrong = ways.iter().filter_map(|way| {
        let came = way.take(code);
        let found = diagnose(&came, expected);
        let named = found.troubles.iter().map(|t| plain(format!("{t:?}"))).collect::<BTreeSet<_>>();
        let wanted = way.names().into_iter().map(plain).collect::<BTreeSet<_>>();
        let is_right = found.code.as_ref().is_some_and(|found| found.as_str() == code);
        let differs = !is_right || named != wanted;
        differs.then(|| format!("{came:?}\n   found {found:?}\n   wanted {wanted:?}"))
    });
    (ways.len(), wrong.collect())
}

fn assert_none(checked: usize, wrong: &[String]) {
    let some = &wrong[..wrong.len().min(12)];
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), some.join("\n"));
}

#[test]
fn every_fault_and_every_pair_is_named_where_the_code_is_expected() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for code in codes() {
        let expected = CodeText::new(code.as_str());
        let (more, found) = wrong_diagnoses(&code, &ways(), Some(&expected));
        checked += more;
        wrong.extend(found);
    }
    assert!(checked > 1_500, "{checked}");
    assert_none(checked, &wrong);
}

#[test]
fn of_an_unknown_code_everything_is_named_that_can_be_known() {
    // What is lost for good is not in the text any more, and which letters were capitals is seen
    // in the identifier alone. Whether the scanner or Caps Lock exchanged them, is seen in `]`,
    // which a Belarusian keyboard does not have.
    let can_be_known = |way: &Path| {
        let case = way.swaps || way.caps_lock;
        let by_whom = !(way.swaps && way.layout == BELARUSIAN);
        by_whom && way.loss == Loss::None && (!case || way.before.starts_with(']'))
    };
    let ways: Vec<_> = ways().into_iter().filter(can_be_known).collect();
    let (mut checked, mut wrong) = (0, Vec::new());
    for code in codes() {
        let other = test_code();
        for expected in [None, Some(&other).filter(|other| other.as_str() != code)] {
            let (more, found) = wrong_diagnoses(&code, &ways, expected);
            checked += more;
            wrong.extend(found);
        }
    }
    assert!(checked > 1_500, "{checked}");
    assert_none(checked, &wrong);
}

#[test]
fn a_right_scan_is_right_and_every_trouble_has_words_and_a_setting() {
    for code in codes() {
        for suffix in ["\r", "\n", "\r\n"] {
            let found = diagnose(&format!("]d2{code}{suffix}"), None);
            assert!(found.is_right() && found.troubles.is_empty(), "{found:?}");
        }
        let found = diagnose(&format!("{code}\r"), None);
        assert!(found.is_right(), "the identifier is a wish: {found:?}");
        assert_eq!(found.troubles, [Trouble::NoIdentifier]);
    }
    for way in ways() {
        for trouble in diagnose(&way.take(&codes()[0]), None).troubles {
            assert!(trouble.words().ends_with('.') && trouble.cure().ends_with('.'));
        }
    }
}

#[test]
fn what_is_no_code_is_told_in_words() {
    let unread = |came: &str| {
        let found = diagnose(came, Some(&test_code()));
        assert!(found.code.is_none() && !found.is_right(), "{found:?}");
        (found.unread.unwrap(), found.troubles)
    };
    assert_eq!(unread(""), ("nothing was scanned".to_owned(), vec![]));
    assert_eq!(unread(" \r\n").0, "nothing was scanned");
    assert!(unread("4810093011694\r").0.contains("bar code of the goods"));
    assert!(unread("]E04810093011694\r").0.contains("bar code of the goods"));
    let (why, troubles) = unread("]d20104810093011694212k6rsrti\r");
    assert!(why.contains("check part") && troubles == [Trouble::CutAtGs], "{why} {troubles:?}");
    assert!(unread("привет\r").1.contains(&Trouble::Layout));
}

#[test]
fn no_text_stops_the_diagnosis() {
    let code = test_code();
    let pieces = [
        "]d2",
        "]C1",
        "01",
        "(01)",
        "00000000000000",
        "21",
        "TeSt;ScAn,2&?",
        "\u{1d}",
        "91aB7z",
        "92",
        "<GS>",
        "{gs]",
        "^]",
        "\u{241d}",
        "\u{130}",
        "ß",
        "№",
        "ў",
        "'",
        "\r",
        "\t",
        " ",
        "🏷",
        "93#SzU",
    ];
    let mut dice = 9_u64;
    let mut below = |n: usize| {
        // xorshift64
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % n as u64).unwrap()
    };
    for _ in 0..20_000 {
        let came: String = (0..below(12)).map(|_| pieces[below(pieces.len())]).collect();
        for expected in [None, Some(&code)] {
            let found = diagnose(&came, expected);
            assert_ne!(found.code.is_some(), found.unread.is_some(), "{came:?}: {found:?}");
            if let Some(code) = found.code {
                assert!(parse(code.as_str()).is_ok(), "{came:?}: {code:?}");
            }
        }
    }
}
